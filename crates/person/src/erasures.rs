//! Who was erased: the table `auth.erasures`, its copy outside of the database, and what is done
//! again after a restore.

use serde::{Deserialize, Serialize};
use tenantry_app::App;
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Row, Transaction};

use crate::counts::{Counts, Deed};
use crate::erase::{Choices, Outcome, begin, erase};
use crate::facts::Facts;
use crate::plan::{Fate, Plan};
use crate::{Journal, PersonError, Rules, Who, person};

const COLUMNS: &str =
    "user_id::text, to_char(erased_at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), counts";

/// That a person was erased. Nothing about them but the id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The id of the account.
    pub user_id: String,
    /// When, in UTC, as RFC 3339 writes it.
    pub erased_at: String,
    /// How many rows of which table.
    pub counts: Counts,
}

/// What a replay did about one erasure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayStep {
    /// Whose.
    pub user_id: String,
    /// The new erasure; `None` where the person was not there.
    pub erased: Option<Erasure>,
}

/// Erases again whoever the table or the journal says was erased and who is there nevertheless,
/// because the database was restored from an older backup. Rows that were deleted then and would
/// pass to somebody else otherwise are deleted again.
///
/// # Errors
/// [`PersonError`] of the first person who could not be erased; those before are.
pub async fn replay(
    client: &mut Client,
    app: &App,
    journal: &Journal,
    choices: &Choices,
) -> Result<Vec<ReplayStep>, PersonError> {
    settle(client, app, journal).await?;
    let mut steps = Vec::new();
    for erasure in journal.read()? {
        let erased = match is_there(client, app, &erasure.user_id).await? {
            false => None,
            true => {
                let erase_all =
                    choices.erase_all || erased_all(client, app, &erasure.counts).await?;
                let choices = Choices { erase_all, ..choices.clone() };
                match erase(client, app, Who::Id(&erasure.user_id), &choices).await? {
                    Outcome::Done(again) if choices.dry_run => Some(again),
                    Outcome::Done(again) => {
                        journal.append(&again)?;
                        Some(again)
                    }
                    Outcome::DoneBefore(_) => None,
                }
            }
        };
        steps.push(ReplayStep { user_id: erasure.user_id, erased });
    }
    Ok(steps)
}

/// Makes the table and the journal agree: what one lacks, the other gives it.
///
/// # Errors
/// [`PersonError`].
pub async fn settle(client: &mut Client, app: &App, journal: &Journal) -> Result<(), PersonError> {
    let transaction = client.transaction().await?;
    begin(&transaction, app).await?;
    let written = journal.read()?;
    let rows = transaction
        .query(&format!("select {COLUMNS} from auth.erasures order by erased_at"), &[])
        .await?;
    let known: Vec<Erasure> = rows.iter().map(from_row).collect();
    for erasure in &known {
        if !written.iter().any(|other| other.user_id == erasure.user_id) {
            journal.append(erasure)?;
        }
    }
    for erasure in &written {
        transaction
            .execute(
                "insert into auth.erasures (user_id, erased_at, counts)
                 values ($1::text::uuid, $2::text::timestamptz, $3)
                 on conflict (user_id) do nothing",
                &[&erasure.user_id, &erasure.erased_at, &Json(&erasure.counts)],
            )
            .await?;
    }
    Ok(transaction.commit().await?)
}

/// Writes that a person was erased: into the table, and, without the id, into the identity engine's
/// trail.
pub(crate) async fn record(
    transaction: &Transaction<'_>,
    user_id: &str,
    counts: &Counts,
) -> Result<Erasure, PersonError> {
    let insert = format!(
        "insert into auth.erasures (user_id, erased_at, counts)
         values ($1::text::uuid, clock_timestamp(), $2)
         on conflict (user_id) do update
         set erased_at = excluded.erased_at,
             counts = excluded.counts
         returning {COLUMNS}"
    );
    let row = transaction.query_one(&insert, &[&user_id, &Json(counts)]).await?;
    transaction
        .execute(
            "insert into auth.audit_log_entries (payload)
             values (json_build_object(
                 'action', 'user_erased',
                 'log_type', 'account',
                 'traits', $1::jsonb
             ))",
            &[&Json(counts)],
        )
        .await?;
    Ok(from_row(&row))
}

/// The erasure of this id, where there is one.
pub(crate) async fn find(
    transaction: &Transaction<'_>,
    user: &str,
) -> Result<Option<Erasure>, PersonError> {
    let select = format!("select {COLUMNS} from auth.erasures where user_id::text = lower($1)");
    Ok(transaction.query_opt(&select, &[&user]).await?.as_ref().map(from_row))
}

async fn is_there(client: &mut Client, app: &App, user_id: &str) -> Result<bool, PersonError> {
    let transaction = client.transaction().await?;
    begin(&transaction, app).await?;
    let found = person::find(&transaction, &Rules::of(app.manifest()), Who::Id(user_id)).await?;
    Ok(found.is_some())
}

/// Whether rows were deleted that would pass to somebody else unless the operator said otherwise.
async fn erased_all(client: &mut Client, app: &App, counts: &Counts) -> Result<bool, PersonError> {
    let facts = Facts::read(client).await?;
    let plan = Plan::new(&facts, &Rules::of(app.manifest()), false)?;
    let only_by_choice = |fate| matches!(fate, Fate::HandOver | Fate::Block);
    let nodes = plan.nodes.iter().filter(|node| only_by_choice(node.fate));
    Ok(nodes.into_iter().any(|node| {
        counts.has(&node.table, Deed::Erased) && !counts.has(&node.table, Deed::HandedOver)
    }))
}

fn from_row(row: &Row) -> Erasure {
    let Json(counts) = row.get(2);
    Erasure { user_id: row.get(0), erased_at: row.get(1), counts }
}
