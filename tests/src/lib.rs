//! What the tests from the outside share: a program on a home of its own, started as a user would
//! start it, and HTTP and SQL to talk to it.
//!
//! Every test has its own home, so tests run side by side; homes are removed when they end.

mod http;
pub mod identity;
mod program;
mod smtp;

pub use http::{Answer, Client};
pub use program::{Home, Program, run, shipped_apps};
pub use smtp::MailServer;

/// Connects by a DSN as any driver would.
///
/// # Panics
/// When the server refuses.
pub async fn connect(dsn: &str) -> tokio_postgres::Client {
    try_connect(dsn).await.unwrap_or_else(|error| panic!("connecting failed: {error}"))
}

/// The same, for tests that expect a refusal.
///
/// # Errors
/// What the server says.
pub async fn try_connect(dsn: &str) -> Result<tokio_postgres::Client, tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(dsn, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}
