//! PostgreSQL: the embedded server or one by URL, roles and databases, pools, and the caller's
//! transaction.
//!
//! [`Database::run_as`] is the only way to the database for a request. Its sockets are private to
//! this crate, so no statement of a request can run without a [`tenantry_caller::Caller`].
//! Administration (migrations, seeds, the catalog) gets a `tokio_postgres` client from the server.
//!
//! This room knows the wire and the server. It may never know HTTP, an application's tables or a
//! capability's meaning.

mod address;
pub mod admin;
mod database;
mod distribution;
mod embedded;
mod error;
mod identifier;
mod pool;
pub mod provision;
mod service_user;
mod tls;
pub mod tuning;
mod wire;
mod work;

pub use address::{Address, AddressError, AddressHost, Encryption};
pub use database::{Database, DatabaseOptions};
pub use distribution::{Distribution, DistributionError, POSTGRES_VERSION};
pub use embedded::{EmbeddedError, EmbeddedServer, SUPERUSER};
pub use error::{RunError, ServerError};
pub use identifier::{quote_identifier, quote_literal, quote_search_path};
pub use service_user::{ServiceUser, ServiceUserError};
pub use work::{Isolation, Lane, RequestSettings, Row, Rows, Statement, Verdict, Work};
