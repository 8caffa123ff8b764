use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_postgres::Client;

use crate::ledger::Ledger;
use crate::plan::{self, Todo};
use crate::progress::Silent;
use crate::run::{Scope, become_ourselves, become_owner, failed_at_commit, run, run_all};
use crate::{
    AppliedRevision, Direction, HistoryEntry, LedgerState, MigrateError, Progress, Revision,
    Revisions, Status, Stays, Step, Target, check, lock,
};

/// Moves a database along one chain of revisions.
///
/// A revision and its row in the ledger are one transaction, so an error leaves the database at the
/// revision before. After each file the session is `reset`: a setting of one file never reaches the
/// next, and settings that the caller made on the connection do not survive either.
#[derive(Clone)]
pub struct Migrator {
    component: String,
    owner_role: Option<String>,
    revisions: Revisions,
    lock_wait: Duration,
    progress: Arc<dyn Progress>,
}

const LOCK_WAIT: Duration = Duration::from_secs(10);

impl Migrator {
    /// A migrator for the chain that the ledger knows as `component` (`app` or `auth`). The
    /// statements run as `owner_role`, so that what they create belongs to it; without one, as the
    /// login role. The ledger is always written as the login role.
    pub fn new(component: &str, owner_role: Option<&str>, revisions: Revisions) -> Self {
        Migrator {
            component: component.into(),
            owner_role: owner_role.map(Into::into),
            revisions,
            lock_wait: LOCK_WAIT,
            progress: Arc::new(Silent),
        }
    }

    /// The same migrator, which tells `progress` of each revision.
    pub fn with_progress(self, progress: Arc<dyn Progress>) -> Self {
        Migrator { progress, ..self }
    }

    /// The same migrator, which waits so long for another program that migrates (10 seconds
    /// otherwise).
    pub fn with_lock_wait(self, lock_wait: Duration) -> Self {
        Migrator { lock_wait, ..self }
    }

    /// The chain.
    pub fn revisions(&self) -> &Revisions {
        &self.revisions
    }

    /// Applies the revisions up to `target`, oldest first, and answers what was done: nothing when
    /// the database stands there already.
    ///
    /// If the future is dropped half-way, drop the client too: its session holds the lock.
    ///
    /// # Errors
    /// Every [`MigrateError`] about the ledger, the target, the lock or a statement.
    pub async fn up(
        &self,
        client: &mut Client,
        target: &Target,
    ) -> Result<Vec<Step>, MigrateError> {
        self.go(client, target, Direction::Up).await
    }

    /// Undoes the revisions above `target`, newest first, and answers what was done.
    ///
    /// If the future is dropped half-way, drop the client too: its session holds the lock.
    ///
    /// # Errors
    /// As [`Migrator::up`]; above all [`MigrateError::Irreversible`], before anything is undone.
    pub async fn down(
        &self,
        client: &mut Client,
        target: &Target,
    ) -> Result<Vec<Step>, MigrateError> {
        self.go(client, target, Direction::Down).await
    }

    /// The newest row of the ledger, which may be unfinished; `None` at the base.
    ///
    /// # Errors
    /// [`MigrateError::Database`].
    pub async fn current(
        &self,
        client: &mut Client,
    ) -> Result<Option<AppliedRevision>, MigrateError> {
        Ok(self.ledger().read(client).await?.pop())
    }

    /// All revisions of the folder, oldest first, with when they were applied.
    ///
    /// # Errors
    /// [`MigrateError::Database`].
    pub async fn history(&self, client: &mut Client) -> Result<Vec<HistoryEntry>, MigrateError> {
        let applied = self.ledger().read(client).await?;
        let entry = |revision: &Revision| HistoryEntry {
            number: revision.number(),
            revision: revision.to_string(),
            version: revision.version().map(Into::into),
            identifier: revision.identifier().map(Into::into),
            reversible: revision.irreversible().is_none(),
            applied: applied.iter().find(|row| row.number == revision.number()).cloned(),
        };
        Ok(self.revisions.iter().map(entry).collect())
    }

    /// How the database and the folder stand to each other. Changes nothing.
    ///
    /// # Errors
    /// [`MigrateError::Database`].
    pub async fn status(&self, client: &mut Client) -> Result<Status, MigrateError> {
        let applied = self.ledger().read(client).await?;
        let mut problems = check::problems(&self.component, &self.revisions, &applied);
        let pending = match plan::up(&self.revisions, &applied, &Target::Head) {
            Ok(todos) => todos.iter().map(|todo| todo.revision.to_string()).collect(),
            Err(problem) => {
                if problems.is_empty() {
                    problems.push(problem);
                }
                Vec::new()
            }
        };
        let (whole, unfinished): (Vec<_>, Vec<_>) =
            applied.iter().partition(|row| row.state == LedgerState::Applied);
        Ok(Status {
            component: self.component.clone(),
            current: whole.last().map(|row| row.label()),
            unfinished: unfinished.first().map(|row| row.label()),
            head: self.revisions.head().map(Revision::to_string),
            pending,
            problems: problems.iter().map(ToString::to_string).collect(),
        })
    }

    fn ledger(&self) -> Ledger<'_> {
        Ledger { component: &self.component }
    }

    async fn go(
        &self,
        client: &mut Client,
        target: &Target,
        direction: Direction,
    ) -> Result<Vec<Step>, MigrateError> {
        lock::acquire(client, &self.component, self.lock_wait).await?;
        let outcome = self.go_locked(client, target, direction).await;
        lock::release(client, &self.component).await;
        outcome
    }

    async fn go_locked(
        &self,
        client: &mut Client,
        target: &Target,
        direction: Direction,
    ) -> Result<Vec<Step>, MigrateError> {
        self.ledger().create(client).await?;
        let applied = self.ledger().read(client).await?;
        let mut problems = check::problems(&self.component, &self.revisions, &applied);
        if !problems.is_empty() {
            return Err(problems.swap_remove(0));
        }
        let todos = match direction {
            Direction::Up => plan::up(&self.revisions, &applied, target)?,
            Direction::Down => plan::down(&self.revisions, &applied, target)?,
        };
        let mut steps = Vec::with_capacity(todos.len());
        for todo in &todos {
            steps.push(self.step(client, todo, direction).await?);
        }
        Ok(steps)
    }

    async fn step(
        &self,
        client: &mut Client,
        todo: &Todo<'_>,
        direction: Direction,
    ) -> Result<Step, MigrateError> {
        self.progress.started(direction, todo.revision);
        let started = Instant::now();
        if todo.file.directives.no_transaction {
            self.run_without_transaction(client, todo, direction, started).await?;
        } else {
            self.run_in_transaction(client, todo, direction, started).await?;
        }
        let duration = started.elapsed();
        tracing::info!(component = self.component, revision = %todo.revision, %direction, ?duration, "migrated");
        self.progress.applied(direction, todo.revision, duration);
        Ok(Step {
            direction,
            number: todo.revision.number(),
            revision: todo.revision.to_string(),
            duration_ms: milliseconds(duration),
        })
    }

    /// The file and the ledger, committed together.
    async fn run_in_transaction(
        &self,
        client: &mut Client,
        todo: &Todo<'_>,
        direction: Direction,
        started: Instant,
    ) -> Result<(), MigrateError> {
        let stays = || Stays::Nothing(self.rolled_back(todo.revision, direction));
        let beginning = format!("beginning revision {}", todo.revision);
        let transaction = client.transaction().await.map_err(MigrateError::database(beginning))?;
        become_owner(&transaction, self.owner_role.as_deref(), Scope::Transaction).await?;
        run_all(&transaction, todo.file, todo.done, stays).await?;
        become_ourselves(&transaction).await?;
        self.settle(&transaction, todo.revision, direction, started).await?;
        transaction.commit().await.map_err(|error| match error.as_db_error() {
            Some(_) => failed_at_commit(todo.file, &error, stays()),
            None => MigrateError::Database {
                doing: format!(
                    "committing revision {} (whether it was done is unknown: ask for the status)",
                    todo.revision
                ),
                source: error,
            },
        })
    }

    /// Statement by statement, with a note in the ledger after each.
    async fn run_without_transaction(
        &self,
        client: &mut Client,
        todo: &Todo<'_>,
        direction: Direction,
        started: Instant,
    ) -> Result<(), MigrateError> {
        let client = &*client;
        if direction == Direction::Up && todo.done == 0 {
            self.ledger().record(client, todo.revision, LedgerState::Applying, 0).await?;
        }
        let outcome = self.run_and_note(client, todo, direction).await;
        let reset = become_ourselves(client).await;
        outcome.and(reset)?;
        self.settle(client, todo.revision, direction, started).await
    }

    async fn run_and_note(
        &self,
        client: &Client,
        todo: &Todo<'_>,
        direction: Direction,
    ) -> Result<(), MigrateError> {
        let state = match direction {
            Direction::Up => LedgerState::Applying,
            Direction::Down => LedgerState::Reverting,
        };
        let total = todo.file.statements().len();
        for (done, statement) in todo.file.statements().enumerate().skip(todo.done) {
            let revision = todo.revision.to_string();
            let stays = || Stays::Statements { revision: revision.clone(), done, total, direction };
            become_owner(client, self.owner_role.as_deref(), Scope::Session).await?;
            run(client, statement, stays).await?;
            let doing = "going back to the login role";
            client.batch_execute("reset role").await.map_err(MigrateError::database(doing))?;
            let checksum = todo.file.checksum_of_first(done + 1);
            self.ledger().note(client, todo.revision, state, done + 1, Some(&checksum)).await?;
        }
        Ok(())
    }

    /// Writes the revision's whole row, or removes it.
    async fn settle(
        &self,
        client: &impl tokio_postgres::GenericClient,
        revision: &Revision,
        direction: Direction,
        started: Instant,
    ) -> Result<(), MigrateError> {
        let ledger = self.ledger();
        match direction {
            Direction::Up => {
                let duration_ms = milliseconds(started.elapsed());
                ledger.record(client, revision, LedgerState::Applied, duration_ms).await
            }
            Direction::Down => ledger.remove(client, revision).await,
        }
    }

    fn rolled_back(&self, revision: &Revision, direction: Direction) -> String {
        let stands = match direction {
            Direction::Up => self.revisions.label(revision.number() - 1),
            Direction::Down => revision.to_string(),
        };
        format!(
            "Revision {revision} was rolled back; the database stands at {stands}, as before it."
        )
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
