//! Settings that live in the database, as the login sees them.

use tenantry_catalog::QualifiedName;
use tenantry_postgres::quote_identifier;
use tokio_postgres::{Client, Error};

use super::settings::Settings;

/// `pgrst.*` as the login sees them, after the pre-config function set what it wants to.
const SETTINGS: &str = "
    select name, current_setting(name, true)
    from unnest($1::text[]) as name
    where nullif(current_setting(name, true), '') is not null";

/// Reads the login's settings. The client must be fresh: its session is what is read.
pub async fn read(
    client: &mut Client,
    pre_config: Option<&QualifiedName>,
) -> Result<Settings, Error> {
    let transaction = client.transaction().await?;
    if let Some(function) = pre_config {
        let schema = match function.schema.as_str() {
            "" => String::new(),
            schema => format!("{}.", quote_identifier(schema)),
        };
        let call = format!("select {schema}{}()", quote_identifier(&function.name));
        transaction.batch_execute(&call).await?;
    }
    let rows = transaction.query(SETTINGS, &[&Settings::names_of_database()]).await?;
    transaction.rollback().await?;
    Ok(Settings::of_database(rows.iter().map(|row| (row.get(0), row.get(1)))))
}
