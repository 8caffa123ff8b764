//! Migrations: pairs of SQL files, the ledger of what was applied, and seeds.
//!
//! [`Revisions::parse`] reads files into a linear chain of revisions; [`Migrator`] moves a database
//! along that chain and keeps the ledger `tenantry.migrations`. A revision and its row in the
//! ledger are one transaction. [`run_sql_seed`] and [`upsert_json_seed`] load an application's
//! data. Everything up to the database is pure: a file that cannot be read as SQL is refused before
//! a connection is used.
//!
//! This room knows SQL text and one `tokio_postgres` client. It may never know where files come
//! from, what an application's tables mean, or how a connection is made.

mod check;
mod directives;
mod error;
mod failure;
mod file;
mod ledger;
mod lexer;
mod lock;
mod migrator;
mod new;
mod plan;
mod progress;
mod refused;
mod report;
mod revisions;
mod run;
mod seed;
mod source;
mod statements;
mod target;

pub use error::MigrateError;
pub use failure::{StatementError, Stays};
pub use ledger::{AppliedRevision, LedgerState};
pub use migrator::Migrator;
pub use new::new_pair;
pub use progress::{Direction, Progress};
pub use report::{HistoryEntry, Status, Step};
pub use revisions::{Revision, Revisions};
pub use seed::{run_sql_seed, upsert_json_seed};
pub use source::{Place, SourceFile};
pub use target::Target;
