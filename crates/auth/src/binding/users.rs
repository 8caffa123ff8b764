//! From the account to the application's row: what a new, changed or deleted row of `auth.users`
//! does to it. The other direction is in `accounts`.
//!
//! Each direction compares before and after, and writes only what is different on the other side,
//! so the triggers that answer each other come to rest at once.

use tenantry_app::{TableName, UserColumn};
use tenantry_postgres::{quote_identifier, quote_literal};

use super::function::{Binding, Callable, Function, Trigger, quote_table};
use super::mapping::UsersTable;

/// Adds the functions and triggers of this direction.
pub(super) fn generate(table: &UsersTable<'_>, binding: &mut Binding) {
    let accounts = TableName { schema: "auth".into(), table: "users".into() };
    binding.functions.extend([
        create_user(table),
        Function::trigger("bind_user_created", CALL_CREATE_USER.into()),
        user_changed(table),
        user_deleted(table),
    ]);
    binding.triggers.extend(
        [
            ("insert", "bind_user_created"),
            ("update", "bind_user_changed"),
            ("delete", "bind_user_deleted"),
        ]
        .map(|(event, function)| Trigger { table: accounts.clone(), event, function }),
    );
}

const CALL_CREATE_USER: &str = "\
begin
    perform auth.bind_create_user(new.id);
    return null;
end";

/// The application's row for an account that has none.
fn create_user(table: &UsersTable<'_>) -> Function {
    let name = &table.name;
    let filled = table.filled("account");
    let columns = join(filled.iter().map(|(column, _)| column.clone()));
    let values = join(filled.into_iter().map(|(_, value)| value));
    let key = table.key();
    let default_role = default_role(table);
    let body = format!(
        "\
declare
    account auth.users;
begin
    select *
    into strict account
    from auth.users
    where id = account_id;

    insert into {name} (
        {columns}
    )
    values (
        {values}
    )
    on conflict ({key}) do nothing;
{default_role}end"
    );
    Function {
        name: "bind_create_user",
        arguments: "account_id uuid",
        returns: "void",
        volatility: "",
        callable: Callable::Owner,
        body,
    }
}

/// Gives a person who just came the role that everybody has.
fn default_role(table: &UsersTable<'_>) -> String {
    let (Some(roles), Some(role)) = (&table.identity.roles, &table.identity.options.default_role)
    else {
        return String::new();
    };
    let user_type = table.type_of(&roles.user_roles.value, &roles.user.value);
    format!(
        "\n    if found then
        insert into {user_roles} ({user}, {role_column})
        select account.id::{user_type}, granted.{role_key}
        from {roles_table} as granted
        where granted.{role_name} = {role}
        on conflict do nothing;
    end if;\n",
        user_roles = quote_table(&roles.user_roles.value),
        user = quote_identifier(&roles.user.value),
        role_column = quote_identifier(&roles.role.value),
        role_key = quote_identifier(&roles.role_key.value),
        roles_table = quote_table(&roles.roles.value),
        role_name = quote_identifier(&roles.role_name.value),
        role = quote_literal(&role.value),
    )
}

/// A changed account changes the row.
fn user_changed(table: &UsersTable<'_>) -> Function {
    let name = &table.name;
    let key = table.key();
    let id = table.as_key("new.id");
    let mapped: Vec<UserColumn> =
        table.mapped().into_iter().filter(|meaning| *meaning != UserColumn::Id).collect();
    let changes: String =
        mapped.iter().filter_map(|meaning| change_user(table, *meaning)).collect();
    let columns: Vec<String> = mapped.iter().filter_map(|meaning| table.column(*meaning)).collect();
    let targets = join_wide(columns.iter().map(|column| format!("target.{column}")));
    let currents = join_wide(columns.iter().map(|column| format!("current.{column}")));
    let assignments = join_wide(columns.iter().map(|column| format!("{column} = target.{column}")));
    let body = format!(
        "\
declare
    current {name};
    target {name};
begin
    select *
    into current
    from {name}
    where {key} = {id}
    for no key update;
    if not found then
        return null;
    end if;

    target := current;
{changes}
    if row (
            {targets}
        ) is distinct from row (
            {currents}
        )
    then
        update {name}
        set {assignments}
        where {key} = {id};
    end if;
    return null;
end"
    );
    Function::trigger("bind_user_changed", body)
}

fn change_user(table: &UsersTable<'_>, meaning: UserColumn) -> Option<String> {
    let column = table.column(meaning)?;
    let (new, old) = (table.changed_value(meaning, "new")?, table.changed_value(meaning, "old")?);
    let guard = if table.keeps_on_null(meaning) {
        format!(" and {new} is not null")
    } else {
        String::new()
    };
    Some(format!(
        "    if {new} is distinct from {old}{guard} then\n        target.{column} := {new};\n    end if;\n"
    ))
}

fn user_deleted(table: &UsersTable<'_>) -> Function {
    let (name, key, id) = (&table.name, table.key(), table.as_key("old.id"));
    let body = format!(
        "\
begin
    delete from {name} where {key} = {id};
    return null;
end"
    );
    Function::trigger("bind_user_deleted", body)
}

pub(super) fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",\n        ")
}

fn join_wide(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",\n            ")
}
