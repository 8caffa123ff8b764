//! What the engine asks about a person before a sign-in and says after it.

use tenantry_app::UserColumn;
use tenantry_postgres::quote_identifier;

use super::function::{Binding, Callable, Function, quote_table};
use super::mapping::UsersTable;

/// Adds the three functions that stand without a binding too.
pub(super) fn generate(table: &UsersTable<'_>, binding: &mut Binding) {
    binding.functions.extend([state(table), failed(table), succeeded(table)]);
}

fn state(table: &UsersTable<'_>) -> Function {
    let bound = |meaning| table.column(meaning).map(|column| format!("person.{column}"));
    let exists = format!("person.{} is not null", table.key());
    let approved = bound(UserColumn::Approved)
        .map_or("true".into(), |column| format!("coalesce({column}, false)"));
    let active = [
        Some(exists),
        bound(UserColumn::Active).map(|column| format!("{column} is not false")),
        bound(UserColumn::DeletedAt).map(|column| format!("{column} is null")),
    ];
    let active = active.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    let locked = bound(UserColumn::Locked).map_or(
        "coalesce(lockout.locked_until > now(), false)".into(),
        |column| {
            format!("coalesce({column}, false) and coalesce(lockout.locked_until > now(), true)")
        },
    );
    let (join_tenant, tenant_ok) = tenant(table);
    let (name, key, id) = (&table.name, table.key(), table.as_key("asked.id"));
    let body = format!(
        "\
begin
    return query
    select
        {approved},
        {active},
        {locked},
        lockout.locked_until,
        {tenant_ok}
    from (values (bind_sign_in_state.user_id)) as asked (id)
    left join {name} as person on person.{key} = {id}
    left join auth.lockouts as lockout on lockout.user_id = asked.id{join_tenant};
end"
    );
    Function {
        name: "bind_sign_in_state",
        arguments: "user_id uuid",
        returns: "table (approved boolean, active boolean, locked boolean, locked_until timestamptz, tenant_ok boolean)",
        volatility: "stable",
        callable: Callable::AsMigrated,
        body,
    }
}

/// The join with the tenants table and the condition that the person's tenant is open.
fn tenant(table: &UsersTable<'_>) -> (String, String) {
    let (Some(tenants), Some(column)) = (&table.identity.tenants, table.column(UserColumn::Tenant))
    else {
        return (String::new(), "true".into());
    };
    let name = quote_table(&tenants.table.value);
    let key = quote_identifier(&tenants.id.value);
    let open: String = tenants
        .suspended_at
        .iter()
        .chain(&tenants.deleted_at)
        .map(|time| format!(" and tenant.{} is null", quote_identifier(&time.value)))
        .collect();
    (
        format!("\n    left join {name} as tenant on tenant.{key} = person.{column}"),
        format!("person.{column} is null or tenant.{key} is not null{open}"),
    )
}

fn failed(table: &UsersTable<'_>) -> Function {
    let attempts =
        table.column(UserColumn::FailedAttempts).map(|column| (column, "lockout.failed_attempts"));
    let locked = table
        .column(UserColumn::Locked)
        .map(|column| (column, "(lockout.locked_until is not null)"));
    let columns: Vec<(String, &str)> = attempts.into_iter().chain(locked).collect();
    let mirror = if columns.is_empty() {
        String::new()
    } else {
        let set =
            columns.iter().map(|(column, value)| format!("{column} = {value}")).collect::<Vec<_>>();
        let differs = columns
            .iter()
            .map(|(column, value)| format!("person.{column} is distinct from {value}"));
        format!(
            "
    update {name} as person
    set {set}
    from auth.lockouts as lockout
    where lockout.user_id = bind_sign_in_failed.user_id
    and person.{key} = {id}
    and ({differs});\n",
            name = table.name,
            set = set.join(",\n        "),
            key = table.key(),
            id = table.as_key("lockout.user_id"),
            differs = differs.collect::<Vec<_>>().join(" or "),
        )
    };
    let body = format!(
        "\
declare
    attempts integer;
begin
    -- In the order of a sign-in, the account first, so that neither waits for the other for ever.
    perform
    from auth.users as account
    where account.id = bind_sign_in_failed.user_id
    for no key update;

    insert into auth.lockouts as lockout (user_id, failed_attempts)
    values (bind_sign_in_failed.user_id, 1)
    on conflict on constraint lockouts_pkey do update
    set failed_attempts = case
            when lockout.locked_until <= now() then 1
            else lockout.failed_attempts + 1
        end,
        locked_until = case
            when lockout.locked_until <= now() then null
            when lockout.failed_attempts + 1 >= 5 then now() + interval '15 minutes'
            else lockout.locked_until
        end
    returning lockout.failed_attempts into attempts;
{mirror}
    perform auth.note_event(
        'sign_in_failed',
        bind_sign_in_failed.user_id,
        jsonb_build_object('failed_attempts', attempts)
    );
    if attempts = 5 then
        perform auth.note_event(
            'account_locked',
            bind_sign_in_failed.user_id,
            jsonb_build_object('failed_attempts', attempts)
        );
    end if;
    perform auth.end_refused_sessions(bind_sign_in_failed.user_id);
end"
    );
    Function {
        name: "bind_sign_in_failed",
        arguments: "user_id uuid",
        returns: "void",
        volatility: "",
        callable: Callable::AsMigrated,
        body,
    }
}

fn succeeded(table: &UsersTable<'_>) -> Function {
    let attempts = table.column(UserColumn::FailedAttempts).map(|column| (column, "0"));
    let locked = table.column(UserColumn::Locked).map(|column| (column, "false"));
    let columns: Vec<(String, &str)> = attempts.into_iter().chain(locked).collect();
    let mirror = if columns.is_empty() {
        String::new()
    } else {
        let set =
            columns.iter().map(|(column, value)| format!("{column} = {value}")).collect::<Vec<_>>();
        let differs = columns
            .iter()
            .map(|(column, value)| format!("person.{column} is distinct from {value}"));
        format!(
            "
    update {name} as person
    set {set}
    where person.{key} = {id}
    and ({differs});\n",
            name = table.name,
            set = set.join(",\n        "),
            key = table.key(),
            id = table.as_key("bind_sign_in_succeeded.user_id"),
            differs = differs.collect::<Vec<_>>().join(" or "),
        )
    };
    let body = format!(
        "\
begin
    delete from auth.lockouts as lockout
    where lockout.user_id = bind_sign_in_succeeded.user_id;
{mirror}end"
    );
    Function {
        name: "bind_sign_in_succeeded",
        arguments: "user_id uuid",
        returns: "void",
        volatility: "",
        callable: Callable::AsMigrated,
        body,
    }
}
