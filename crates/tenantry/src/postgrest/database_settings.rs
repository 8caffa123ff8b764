//! Settings that live in the database: those of the login, and those of roles.

use std::collections::HashMap;

use tenantry_catalog::QualifiedName;
use tenantry_data_api::RoleSettings;
use tenantry_postgres::{Isolation, quote_identifier};
use tokio_postgres::{Client, Error};

use super::settings::Settings;

/// `pgrst.*` as the login sees them, after the pre-config function set what it wants to.
const SETTINGS: &str = "
    select name, current_setting(name, true)
    from unnest($1::text[]) as name
    where nullif(current_setting(name, true), '') is not null";

/// What the roles that the login can become are set to: only what the login may set itself.
const ROLES: &str = "
    with settings as (
        select roles.rolname as role,
            lower(split_part(setting, '=', 1)) as name,
            substr(setting, strpos(setting, '=') + 1) as value
        from pg_auth_members as members
        join pg_roles as roles on roles.oid = members.roleid
        cross join unnest(roles.rolconfig) as setting
        where members.member = current_user::regrole::oid
    )
    select settings.role::text, settings.name, settings.value
    from settings
    join pg_settings as known on known.name = settings.name
    where known.context = 'user'
        or known.context = 'superuser'
            and has_parameter_privilege(current_user::regrole::oid, known.name, 'set')
    order by 1, 2";

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

/// Reads what roles are set to.
pub async fn read_roles(client: &Client) -> Result<HashMap<String, RoleSettings>, Error> {
    let mut found: HashMap<String, (Vec<(String, String)>, Isolation)> = HashMap::new();
    for row in client.query(ROLES, &[]).await? {
        let (role, name, value): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let entry = found.entry(role).or_default();
        if name == "default_transaction_isolation" {
            entry.1 = Isolation::named(&value.to_lowercase());
        } else {
            entry.0.push((name, value));
        }
    }
    Ok(found
        .into_iter()
        .map(|(role, (settings, isolation))| {
            (role, RoleSettings { settings: settings.into(), isolation })
        })
        .collect())
}
