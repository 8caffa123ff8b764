use std::time::Duration;

use crate::failure::describe;
use crate::{Direction, Place, StatementError};

/// Why a migration or a seed was not done. Every message says what happened, where, and what to do.
///
/// Unless [`StatementError::stays`] says otherwise, the database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A `.sql` file's name is not that of a revision.
    #[error(
        "{file}: the name is not that of a migration; call it NNNN_name.up.sql or NNNN_name.down.sql, such as \
         0001_initial_schema.up.sql"
    )]
    FileName {
        /// The file.
        file: String,
    },
    /// One half of a pair is missing.
    #[error("{file}: {missing} is missing beside it; {advice}")]
    Unpaired {
        /// The half that is there.
        file: String,
        /// The name of the other half.
        missing: String,
        /// What to do.
        advice: &'static str,
    },
    /// Two files or two revisions claim the same number, name of a file or identifier.
    #[error("{first} and {second} are both {what}; rename or remove one")]
    Double {
        /// The one.
        first: String,
        /// The other.
        second: String,
        /// What both claim to be, such as `revision 0002`.
        what: String,
    },
    /// A number is left out.
    #[error(
        "{file}: revision {missing:04} is missing before it; revisions are numbered from 0001 without gaps (restore \
         the missing pair, above all if it was ever applied)"
    )]
    Gap {
        /// The revision after the gap.
        file: String,
        /// The number that is missing.
        missing: u32,
    },
    /// A `-- tenantry:` comment is wrong.
    #[error("{place}: {problem}")]
    Directive {
        /// Where.
        place: Place,
        /// What is wrong, and what to write.
        problem: String,
    },
    /// A file cannot be read as SQL statements, or has one that a migration may not have.
    #[error("{place}: {problem}")]
    Sql {
        /// Where.
        place: Place,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A JSON seed cannot be read.
    #[error("{place}: {problem}")]
    Json {
        /// Where.
        place: Place,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// A name for a new revision has no letter or digit.
    #[error("{0:?} is no name for a revision; use words such as `add_payments`")]
    Name(String),
    /// An applied file is not the one that was applied.
    #[error(
        "{file}: the file was changed after revision {revision} was applied at {applied_at} (SHA-256 then \
         {recorded}, now {found}); restore it, and put the change into a new revision"
    )]
    Changed {
        /// The file.
        file: String,
        /// The revision.
        revision: String,
        /// When it was applied, in UTC.
        applied_at: String,
        /// The checksum in the ledger.
        recorded: String,
        /// The checksum of the file now.
        found: String,
    },
    /// An applied revision is not among the files, and another one has its number.
    #[error(
        "{file}: the ledger says that revision {recorded} was applied at {applied_at}, but this file has its number; \
         restore the files of {recorded} and give this one the next free number"
    )]
    Replaced {
        /// The file that has the number now.
        file: String,
        /// The revision that was applied.
        recorded: String,
        /// When, in UTC.
        applied_at: String,
    },
    /// The database is ahead of the folder.
    #[error(
        "the database is at revision {recorded}, applied at {applied_at}, but the newest revision in the folder is \
         {head}; its files are missing, or this program is older than the one that migrated: restore the files or \
         use the newer program"
    )]
    NewerThanFolder {
        /// The applied revision.
        recorded: String,
        /// When it was applied, in UTC.
        applied_at: String,
        /// The newest revision of the folder, or `base`.
        head: String,
    },
    /// The ledger lacks a revision below its newest.
    #[error(
        "the ledger tenantry.migrations has revision {after} but not {missing:04}, so it was changed by hand; put \
         the missing row back (component {component}) or restore a backup"
    )]
    LedgerGap {
        /// The component.
        component: String,
        /// The number that is missing.
        missing: u32,
        /// The next one that is there.
        after: String,
    },
    /// A file that runs without a transaction stopped half-way and must be finished first.
    #[error(
        "{place}: revision {revision} stopped after {done} of its statements, which stay: {advice}"
    )]
    Interrupted {
        /// Where it goes on.
        place: Place,
        /// The revision.
        revision: String,
        /// How many statements are done.
        done: usize,
        /// What to do.
        advice: &'static str,
    },
    /// No revision has this name.
    #[error("there is no revision {target}; there {known} (or say head, base, +N or -N)")]
    UnknownTarget {
        /// What was asked for.
        target: String,
        /// The revisions that there are, as the end of a sentence.
        known: String,
    },
    /// Several revisions could be meant.
    #[error("{target} could be {first} or {second}; give the number")]
    AmbiguousTarget {
        /// What was asked for.
        target: String,
        /// One candidate.
        first: String,
        /// Another.
        second: String,
    },
    /// The target lies the other way.
    #[error("{target} does not lie {direction} from {current}; {advice}")]
    WrongDirection {
        /// What was asked for.
        target: String,
        /// The way that was asked for.
        direction: Direction,
        /// Where the database stands, or `base`.
        current: String,
        /// What to do.
        advice: String,
    },
    /// There are not so many revisions that way.
    #[error("{target} goes too far: {available} {direction} from {current}")]
    TooFar {
        /// What was asked for.
        target: String,
        /// How many there are, in words.
        available: String,
        /// The way that was asked for.
        direction: Direction,
        /// Where the database stands, or `base`.
        current: String,
    },
    /// A revision on the way says that it cannot be undone.
    #[error("{file}: revision {revision} cannot be undone: {reason}; restore a backup instead")]
    Irreversible {
        /// The up file that says so.
        file: String,
        /// The revision.
        revision: String,
        /// The reason that it gives.
        reason: String,
    },
    /// Another program migrates the same component of the same database.
    #[error(
        "another program is migrating component {component} of this database ({holder}); it was not done after \
         {waited:?}. Nothing was changed: try again when it is done"
    )]
    Busy {
        /// The component.
        component: String,
        /// Who holds the lock, as far as this login may see it.
        holder: String,
        /// How long this program waited.
        waited: Duration,
    },
    /// A statement failed.
    #[error(transparent)]
    Statement(#[from] Box<StatementError>),
    /// The table of a seed cannot be used.
    #[error("{place}: {problem}")]
    SeedTable {
        /// Where.
        place: Place,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// Work around the statements failed: the ledger, the lock, a role, the connection.
    #[error("{doing}: {}", describe(source))]
    Database {
        /// What was being done.
        doing: String,
        /// What the driver says.
        source: tokio_postgres::Error,
    },
}

impl MigrateError {
    pub(crate) fn database(doing: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let doing = doing.into();
        move |source| MigrateError::Database { doing, source }
    }
}
