//! Who was erased: the table `auth.erasures`, its copy outside of the database, and what is done
//! again after a restore.

use std::collections::HashSet;
use std::io;

use serde::{Deserialize, Serialize};
use tenantry_app::App;
use tokio::task::spawn_blocking;
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
    /// The e-mail addresses that the person had, as [`Outcome::Done`] has them.
    pub addresses: Vec<String>,
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
    for erasure in in_file(journal, |journal| journal.read()).await? {
        let (erased, addresses) = match is_there(client, app, &erasure.user_id).await? {
            false => (None, Vec::new()),
            true => {
                let erase_all =
                    choices.erase_all || erased_all(client, app, &erasure.counts).await?;
                let choices = Choices { erase_all, ..choices.clone() };
                match erase(client, app, Who::Id(&erasure.user_id), &choices).await? {
                    Outcome::Done { erasure: again, addresses } => {
                        if !choices.dry_run {
                            let entry = again.clone();
                            in_file(journal, move |journal| journal.append(&entry)).await?;
                        }
                        (Some(again), addresses)
                    }
                    Outcome::DoneBefore(_) => (None, Vec::new()),
                }
            }
        };
        steps.push(ReplayStep { user_id: erasure.user_id, erased, addresses });
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
    let written = in_file(journal, |journal| journal.read()).await?;
    let rows = transaction
        .query(&format!("select {COLUMNS} from auth.erasures order by erased_at"), &[])
        .await?;
    let known: Vec<Erasure> = rows.iter().map(from_row).collect();
    let have: HashSet<&str> = written.iter().map(|erasure| erasure.user_id.as_str()).collect();
    let lacking: Vec<Erasure> =
        known.into_iter().filter(|erasure| !have.contains(erasure.user_id.as_str())).collect();
    if !lacking.is_empty() {
        in_file(journal, move |journal| {
            lacking.iter().try_for_each(|erasure| journal.append(erasure))
        })
        .await?;
    }
    transaction
        .execute(
            "insert into auth.erasures (user_id, erased_at, counts)
             select written.user_id, written.erased_at, written.counts
             from jsonb_to_recordset($1)
                 as written (user_id uuid, erased_at timestamptz, counts jsonb)
             on conflict (user_id) do nothing",
            &[&Json(&written)],
        )
        .await?;
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

/// Reads or writes the file where that keeps no other work waiting.
async fn in_file<T: Send + 'static>(
    journal: &Journal,
    work: impl FnOnce(&Journal) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let journal = journal.clone();
    spawn_blocking(move || work(&journal)).await.map_err(io::Error::other)?
}

fn from_row(row: &Row) -> Erasure {
    let Json(counts) = row.get(2);
    Erasure { user_id: row.get(0), erased_at: row.get(1), counts }
}
