//! One program at a time: an advisory lock of the session, one for each component of a database.

use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};
use tokio_postgres::Client;

use crate::MigrateError;

const HOLDER: &str = include_str!("sql/lock_holder.sql");
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the lock, or says who has it after `wait`.
///
/// It asks again and again instead of waiting inside PostgreSQL: a statement that waits holds a
/// snapshot, and `create index concurrently` of the program that has the lock would wait for it.
pub(crate) async fn acquire(
    client: &Client,
    component: &str,
    wait: Duration,
) -> Result<(), MigrateError> {
    let key = key(component);
    let doing = || MigrateError::database("taking the lock for migrations");
    let started = Instant::now();
    loop {
        let row =
            client.query_one("select pg_try_advisory_lock($1)", &[&key]).await.map_err(doing())?;
        if row.try_get(0).map_err(doing())? {
            return Ok(());
        }
        if started.elapsed() >= wait {
            let row = client.query_one(HOLDER, &[&key]).await.map_err(doing())?;
            let holder = row.try_get(0).map_err(doing())?;
            return Err(MigrateError::Busy { component: component.into(), holder, waited: wait });
        }
        sleep(PAUSE).await;
    }
}

/// Gives the lock back. A connection that broke has given it back already.
pub(crate) async fn release(client: &Client, component: &str) {
    let key = key(component);
    if let Err(error) = client.execute("select pg_advisory_unlock($1)", &[&key]).await {
        tracing::warn!(%error, component, "the lock for migrations was not given back");
    }
}

/// PostgreSQL keeps advisory locks by database, so the component is all that the key must tell.
fn key(component: &str) -> i64 {
    let hash = Sha256::digest(format!("tenantry.migrations {component}"));
    hash.iter().take(8).fold(0, |key, byte| (key << 8) | i64::from(*byte))
}
