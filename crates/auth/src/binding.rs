//! The identity binding: generated triggers that keep an application's own tables equal to the
//! schema `auth`, in both directions and in the same transaction.
//!
//! Everything that is generated is a value first (`Function`, `Trigger`),
//! made from the manifest and the facts of the live columns, and is tested as text. Installing
//! compares those values with what stands and writes only where they differ.

mod accounts;
mod administration;
mod error;
mod facts;
mod function;
mod generate;
mod keys;
mod login_sessions;
mod mapping;
mod reconcile;
mod role_events;
mod sign_in;
mod tenant;
#[cfg(test)]
mod test_app;
mod users;

use std::collections::BTreeSet;

use tenantry_app::App;
use tenantry_postgres::quote_identifier;
use tokio_postgres::Client;

pub use error::BindingError;

const PRESENT: &str = include_str!("../sql/binding_present.sql");
const REMOVE: &str = include_str!("../sql/binding_remove.sql");
const UNBOUND: &str = include_str!("../sql/unbound.sql");

/// Serialises installations into one database; any number does that nobody else takes.
const INSTALL_LOCK: i64 = 0x0074_656e_616e_7472;

/// Installs the binding of an application, or brings it up to date. Changes nothing when it is as
/// it should be, and gives accounts without a row of their own, or rows without an account, the
/// other half. Call it after every migration and at every start, with a client that may become
/// `owner_role` and is in no transaction.
///
/// # Errors
/// [`BindingError`]; the database is then as it was.
pub async fn install(client: &Client, owner_role: &str, app: &App) -> Result<(), BindingError> {
    let Some(identity) = &app.manifest().identity else {
        check(client, app).await?;
        return uninstall(client, owner_role).await;
    };
    begin(client, owner_role).await?;
    let outcome = install_within(client, app, identity).await;
    finish(client, outcome).await?;
    reconcile::reconcile(client, identity).await
}

/// Removes the binding and leaves the schema `auth` as its migrations made it. Call it before
/// migrations run, up or down, with a client that may become `owner_role` and is in no transaction.
///
/// # Errors
/// [`BindingError`]; the database is then as it was.
pub async fn uninstall(client: &Client, owner_role: &str) -> Result<(), BindingError> {
    begin(client, owner_role).await?;
    let outcome = client.batch_execute(&format!("{REMOVE}\n{UNBOUND}")).await;
    finish(client, outcome.map_err(BindingError::from)).await
}

/// Whether everything that the manifest names exists in the live database.
///
/// # Errors
/// [`BindingError::Manifest`] with the manifest's lines.
pub async fn check(client: &Client, app: &App) -> Result<(), BindingError> {
    let facts = facts::read(client, app.manifest()).await?;
    Ok(app.manifest().check_against(&facts)?)
}

async fn install_within(
    client: &Client,
    app: &App,
    identity: &tenantry_app::Identity,
) -> Result<(), BindingError> {
    let facts = facts::read(client, app.manifest()).await?;
    app.manifest().check_against(&facts)?;
    let wanted = generate::generate(identity, &facts);
    let rows = client.query(PRESENT, &[]).await?;
    let present: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    if present == wanted.signature() {
        return Ok(());
    }
    client.batch_execute(REMOVE).await?;
    client.batch_execute(UNBOUND).await?;
    client.batch_execute(&wanted.sql()).await?;
    Ok(())
}

/// Functions and triggers belong to the owner, and names are read and written whole.
async fn begin(client: &Client, owner_role: &str) -> Result<(), BindingError> {
    let role = quote_identifier(owner_role);
    client
        .batch_execute(&format!(
            "begin;\n\
             select pg_catalog.pg_advisory_xact_lock({INSTALL_LOCK});\n\
             set local search_path = '';\n\
             set local role {role};"
        ))
        .await
        .map_err(BindingError::from)
}

async fn finish(client: &Client, outcome: Result<(), BindingError>) -> Result<(), BindingError> {
    let last = if outcome.is_ok() { "commit" } else { "rollback" };
    let ended = client.batch_execute(last).await;
    outcome.and(ended.map_err(BindingError::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both places hold the same functions, so that taking a binding away leaves what the
    /// migrations made.
    #[test]
    fn the_unbound_functions_are_those_of_the_migrations() {
        let migrations: Vec<String> = crate::migrations()
            .into_iter()
            .filter(|(name, _)| name.ends_with(".up.sql"))
            .map(|(_, text)| text.replace("create or replace function ", "create function "))
            .collect();
        let functions: Vec<&str> = UNBOUND.split("create or replace function ").skip(1).collect();
        assert_eq!(functions.len(), 12);
        for function in functions {
            let statement = format!("create function {}", function.trim());
            let name = format!("create function {}(", function.split('(').next().unwrap());
            let newest = migrations.iter().rfind(|text| text.contains(&name)).unwrap();
            assert!(newest.contains(&statement), "{statement}");
        }
    }

    /// What stands without a binding is replaced, never dropped: others may depend on it.
    #[test]
    fn unbound_functions_are_never_dropped() {
        for function in UNBOUND.split("create or replace function auth.bind_").skip(1) {
            let name = function.split('(').next().unwrap();
            assert!(REMOVE.contains(&format!("'bind_{name}'")), "{name}");
        }
    }
}
