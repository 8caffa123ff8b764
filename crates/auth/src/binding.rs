//! The identity binding: generated triggers that keep an application's own tables equal to the
//! schema `auth`, in both directions and in the same transaction.

mod error;
pub use error::BindingError;

use tenantry_app::App;
use tokio_postgres::Client;

/// Installs the binding of an application, or brings it up to date. Changes nothing when it is as
/// it should be. Call it after every migration and at every start.
///
/// # Errors
/// [`BindingError`]; the database is then as it was.
pub async fn install(client: &Client, owner_role: &str, app: &App) -> Result<(), BindingError> {
    let _ = (client, owner_role, app);
    Ok(())
}

/// Removes the binding and leaves the schema `auth` as its migrations made it. Call it before
/// migrations run, up or down.
///
/// # Errors
/// [`BindingError`]; the database is then as it was.
pub async fn uninstall(client: &Client, owner_role: &str) -> Result<(), BindingError> {
    let _ = (client, owner_role);
    Ok(())
}

/// Whether everything that the manifest names exists in the live database.
///
/// # Errors
/// [`BindingError::Manifest`] with the manifest's lines.
pub async fn check(client: &Client, app: &App) -> Result<(), BindingError> {
    let _ = (client, app);
    Ok(())
}
