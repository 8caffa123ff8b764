//! The table `tenantry.migrations`.

use serde::Serialize;
use tokio_postgres::{Client, GenericClient, Row};

use crate::revisions::label;
use crate::{MigrateError, Revision};

const CREATE: &str = include_str!("sql/ledger.sql");
const READ: &str = include_str!("sql/ledger_read.sql");
const RECORD: &str = include_str!("sql/ledger_record.sql");

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AppliedRevision {
    /// The number, from 1.
    pub number: u32,
    /// The name, such as `initial_schema`.
    pub name: String,
    /// Its other name.
    pub identifier: Option<String>,
    /// The version that it belongs to.
    pub version: Option<String>,
    /// SHA-256 of the up file, in hex.
    pub up_checksum: String,
    /// SHA-256 of the down file, in hex, where there was one.
    pub down_checksum: Option<String>,
    /// When it was applied, in UTC, such as `2026-01-05T09:00:00Z`.
    pub applied_at: String,
    /// The login role that applied it.
    pub applied_by: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Whether it is whole.
    pub state: LedgerState,
    /// How many statements of the unfinished file are done.
    #[serde(skip)]
    pub(crate) statements_done: usize,
    /// SHA-256 of those statements.
    #[serde(skip)]
    pub(crate) statements_checksum: Option<String>,
}

/// Whether a revision's file ran to its end. Only a file without a transaction can stop half-way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerState {
    /// It is applied.
    Applied,
    /// Its up file has begun.
    Applying,
    /// Its down file has begun.
    Reverting,
}

impl LedgerState {
    fn text(self) -> &'static str {
        match self {
            LedgerState::Applied => "applied",
            LedgerState::Applying => "applying",
            LedgerState::Reverting => "reverting",
        }
    }

    fn from_text(text: &str) -> Self {
        match text {
            "applying" => LedgerState::Applying,
            "reverting" => LedgerState::Reverting,
            _ => LedgerState::Applied,
        }
    }
}

impl AppliedRevision {
    /// Number and name, such as `0001_initial_schema`.
    pub fn label(&self) -> String {
        label(self.number, &self.name)
    }

    fn from_row(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let number: i32 = row.try_get("revision")?;
        let statements_done: i32 = row.try_get("statements_done")?;
        Ok(AppliedRevision {
            number: u32::try_from(number).unwrap_or(0),
            name: row.try_get("name")?,
            identifier: row.try_get("identifier")?,
            version: row.try_get("version")?,
            up_checksum: row.try_get("up_checksum")?,
            down_checksum: row.try_get("down_checksum")?,
            applied_at: row.try_get("applied_at")?,
            applied_by: row.try_get("applied_by")?,
            duration_ms: row.try_get("duration_ms")?,
            state: LedgerState::from_text(row.try_get("state")?),
            statements_done: usize::try_from(statements_done).unwrap_or(0),
            statements_checksum: row.try_get("statements_checksum")?,
        })
    }
}

/// One component's part of the ledger.
pub(crate) struct Ledger<'a> {
    pub component: &'a str,
}

impl Ledger<'_> {
    /// Makes the table where it is missing.
    pub async fn create(&self, client: &Client) -> Result<(), MigrateError> {
        if exists(client).await? {
            return Ok(());
        }
        let doing = "creating the ledger tenantry.migrations";
        client.batch_execute(CREATE).await.map_err(MigrateError::database(doing))
    }

    /// The rows, oldest revision first; none where the table is missing.
    pub async fn read(&self, client: &Client) -> Result<Vec<AppliedRevision>, MigrateError> {
        if !exists(client).await? {
            return Ok(Vec::new());
        }
        let rows = client.query(READ, &[&self.component]).await.map_err(reading())?;
        let applied: Result<_, _> = rows.iter().map(AppliedRevision::from_row).collect();
        applied.map_err(reading())
    }

    /// Writes the revision's row, or adds to one that an unfinished run left.
    pub async fn record(
        &self,
        client: &impl GenericClient,
        revision: &Revision,
        state: LedgerState,
        duration_ms: i64,
    ) -> Result<(), MigrateError> {
        let down_checksum = revision.down.as_ref().map(|down| down.checksum.as_str());
        client
            .execute(
                RECORD,
                &[
                    &self.component,
                    &number(revision),
                    &revision.name(),
                    &revision.identifier(),
                    &revision.version(),
                    &revision.up.checksum,
                    &down_checksum,
                    &duration_ms,
                    &state.text(),
                ],
            )
            .await
            .map_err(writing(revision))?;
        Ok(())
    }

    /// Notes how far a file without a transaction came.
    pub async fn note(
        &self,
        client: &impl GenericClient,
        revision: &Revision,
        state: LedgerState,
        statements_done: usize,
        statements_checksum: Option<&str>,
    ) -> Result<(), MigrateError> {
        const NOTE: &str = "update tenantry.migrations
            set state = $3, statements_done = $4, statements_checksum = $5
            where component = $1 and revision = $2";
        let done = i32::try_from(statements_done).unwrap_or(i32::MAX);
        client
            .execute(
                NOTE,
                &[&self.component, &number(revision), &state.text(), &done, &statements_checksum],
            )
            .await
            .map_err(writing(revision))?;
        Ok(())
    }

    /// Removes the revision's row.
    pub async fn remove(
        &self,
        client: &impl GenericClient,
        revision: &Revision,
    ) -> Result<(), MigrateError> {
        const REMOVE: &str =
            "delete from tenantry.migrations where component = $1 and revision = $2";
        client
            .execute(REMOVE, &[&self.component, &number(revision)])
            .await
            .map_err(writing(revision))?;
        Ok(())
    }
}

async fn exists(client: &Client) -> Result<bool, MigrateError> {
    let row = client
        .query_one("select to_regclass('tenantry.migrations') is not null", &[])
        .await
        .map_err(reading())?;
    row.try_get(0).map_err(reading())
}

fn reading() -> impl FnOnce(tokio_postgres::Error) -> MigrateError {
    MigrateError::database("reading the ledger tenantry.migrations")
}

fn writing(revision: &Revision) -> impl FnOnce(tokio_postgres::Error) -> MigrateError {
    MigrateError::database(format!("writing revision {revision} to the ledger tenantry.migrations"))
}

/// PostgreSQL's integers are signed; a chain never gets near their end.
fn number(revision: &Revision) -> i32 {
    i32::try_from(revision.number()).unwrap_or(i32::MAX)
}
