//! The settings of roles (`alter role ... set`), which hold while a request runs as one of them.

use std::collections::HashMap;

use tenantry_data_api::RoleSettings;
use tenantry_postgres::Isolation;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Error};

/// What the roles that a login ($1, or else the current one) can become are set to: only what the
/// login may set itself.
const ROLES: &str = "
    with login as (
        select oid
        from pg_roles
        where rolname = coalesce($1, current_user)
    ),
    settings as (
        select roles.rolname as role,
            lower(split_part(setting, '=', 1)) as name,
            substr(setting, strpos(setting, '=') + 1) as value
        from login
        join pg_auth_members as members on members.member = login.oid
        join pg_roles as roles on roles.oid = members.roleid
        cross join unnest(roles.rolconfig) as setting
    )
    select settings.role::text, settings.name, settings.value
    from login
    cross join settings
    join pg_settings as known on known.name = settings.name
    where known.context = 'user'
        or known.context = 'superuser'
            and has_parameter_privilege(login.oid, known.name, 'set')
    order by 1, 2";

/// Reads what the roles of a login are set to; without a name, of the one that reads.
pub async fn read(
    client: &Client,
    login: Option<&str>,
) -> Result<HashMap<String, RoleSettings>, Error> {
    let mut found: HashMap<String, (Vec<(String, String)>, Isolation)> = HashMap::new();
    // One message: behind a pooler, a prepared statement may be gone at the next.
    for row in client.query_typed(ROLES, &[(&login, Type::TEXT)]).await? {
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
