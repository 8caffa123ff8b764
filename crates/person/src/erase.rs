//! Erases a person, in one transaction: the conductor and its stages.

mod clean;
mod delete;
mod kept;
mod others;
mod trail;

use std::time::{Duration, Instant};

use tenantry_app::{App, owner_role};
use tenantry_postgres::quote_identifier;
use tokio::time::sleep;
use tokio_postgres::{Client, Transaction};

use crate::collect::{self, Locking};
use crate::counts::{Counts, Deed};
use crate::erasures::{self, Erasure};
use crate::facts::Facts;
use crate::person::{self, Person, Who};
use crate::plan::{Fate, Plan};
use crate::{PersonError, Rules};

/// How long it tries again when rows are being changed, and how long it rests in between.
const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// How long it waits for others who hold a lock before it gives up.
const LOCK_TIMEOUT: &str = "10s";

/// What the person or an operator decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choices {
    /// Who gets the rows that pass to somebody else: an id, e-mail address, username or telephone
    /// number. Without it the application's own triggers decide.
    pub hand_over_to: Option<String>,
    /// Whether such rows go, too.
    pub erase_all: bool,
    /// Whether everything is undone at the end, so that only the counts are learned, or the refusal.
    pub dry_run: bool,
    /// How long a statement may take; none: as long as it needs.
    pub statement_timeout: Option<Duration>,
}

/// What an erasure came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done, or, in a dry run, could be.
    Done {
        /// What is remembered of it.
        erasure: Erasure,
        /// The person's e-mail addresses, for what the caller holds outside of the database. They are
        /// to be forgotten after that.
        addresses: Vec<String>,
    },
    /// It was done before. Nothing has changed.
    DoneBefore(Erasure),
}

/// Erases a person. `client` may become the owner of the application's tables, is in no transaction, and has its schema `auth` at the head.
/// The caller keeps the erasure in a [`crate::Journal`] besides, so that it outlives a restore.
///
/// # Errors
/// [`PersonError`]; the database is then as it was.
pub async fn erase(
    client: &mut Client,
    app: &App,
    who: Who<'_>,
    choices: &Choices,
) -> Result<Outcome, PersonError> {
    let started = Instant::now();
    loop {
        match attempt(client, app, who, choices).await {
            // Whoever changes one of the rows just now is soon done.
            Err(PersonError::Busy) if started.elapsed() < PATIENCE => sleep(PAUSE).await,
            outcome => return outcome,
        }
    }
}

async fn attempt(
    client: &mut Client,
    app: &App,
    who: Who<'_>,
    choices: &Choices,
) -> Result<Outcome, PersonError> {
    let transaction = client.transaction().await?;
    begin(&transaction, app).await?;
    if let Some(limit) = choices.statement_timeout {
        let limit = format!("set local statement_timeout = {}", limit.as_millis());
        transaction.batch_execute(&limit).await?;
    }
    let rules = Rules::of(app.manifest());
    let Some(person) = person::find(&transaction, &rules, who).await? else {
        let before = erasures::find(&transaction, who.text()).await?;
        return match before {
            Some(erasure) => Ok(Outcome::DoneBefore(erasure)),
            None => Err(PersonError::Unknown(who.text().into())),
        };
    };
    let facts = Facts::read(&transaction).await?;
    let plan = Plan::new(&facts, &rules, choices.erase_all)?;
    let work = Work {
        transaction: &transaction,
        facts: &facts,
        rules: &rules,
        plan: &plan,
        person: &person,
    };
    let counts = work.run(choices).await?;
    let erasure = erasures::record(&transaction, &person.id, &counts).await?;
    if choices.dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(Outcome::Done { erasure, addresses: person.emails })
}

/// Names are written whole, and nothing is waited for without end.
pub(crate) async fn begin(transaction: &Transaction<'_>, app: &App) -> Result<(), PersonError> {
    let role = quote_identifier(&owner_role(app.name()));
    let settings = format!(
        "set local role {role};
         set local search_path = '';
         set local timezone = 'UTC';
         set local lock_timeout = '{LOCK_TIMEOUT}';
         set local statement_timeout = 0"
    );
    Ok(transaction.batch_execute(&settings).await?)
}

/// What every stage works with.
struct Work<'a> {
    transaction: &'a Transaction<'a>,
    facts: &'a Facts,
    rules: &'a Rules,
    plan: &'a Plan,
    person: &'a Person,
}

impl Work<'_> {
    async fn run(&self, choices: &Choices) -> Result<Counts, PersonError> {
        // Before any row: whoever writes to a trail holds rows already, and waits for the trail while
        // this takes no row that it would have to wait for.
        let trails = self.open_trails().await?;
        let found =
            collect::collect(self.transaction, self.facts, self.plan, self.person, Locking::Lock)
                .await?;
        let mut counts = Counts::default();
        for (node, rows) in self.plan.nodes.iter().zip(&found) {
            counts.add(&node.table, Deed::of(node.fate), *rows);
        }
        self.hand_over(choices, &found).await?;
        self.pseudonymise_kept().await?;
        self.drop_mails(&mut counts).await?;
        self.forget_elsewhere(&mut counts).await?;
        self.find_former_rows().await?;
        self.redact_own_entries(&mut counts).await?;
        self.delete().await?;
        // The deletion itself was recorded by the application's triggers, with old values.
        self.redact_entries_about(&mut counts).await?;
        self.close_trails(trails).await?;
        self.transaction.batch_execute("set constraints all immediate").await?;
        self.clean(&counts).await?;
        collect::finish(self.transaction).await?;
        Ok(counts)
    }

    /// Gives rows to the heir, and refuses where rows are in the way and there is none.
    async fn hand_over(&self, choices: &Choices, found: &[u64]) -> Result<(), PersonError> {
        let heir = match &choices.hand_over_to {
            Some(user) => Some(
                person::find(self.transaction, self.rules, Who::Called(user))
                    .await?
                    .ok_or_else(|| PersonError::Unknown(user.clone()))?,
            ),
            None => None,
        };
        for (number, node) in self.plan.nodes.iter().enumerate() {
            if found[number] == 0 || !matches!(node.fate, Fate::HandOver | Fate::Block) {
                continue;
            }
            match &heir {
                Some(heir) => self.give(number, heir).await?,
                None if node.fate == Fate::Block => {
                    return Err(self.blocked(number));
                }
                None => {}
            }
        }
        Ok(())
    }
}
