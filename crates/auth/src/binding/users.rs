//! The two halves of a person: `auth.users` and the application's row.
//!
//! Each direction compares before and after, and writes only what is different on the other side,
//! so the triggers that answer each other come to rest at once.

use tenantry_app::{TableName, UserColumn};
use tenantry_postgres::{quote_identifier, quote_literal};

use super::function::{Binding, Callable, Function, Trigger, quote_table};
use super::mapping::{BANNED_FOREVER, NO_PASSWORD, UsersTable};

/// Adds the functions and triggers of both directions.
pub(super) fn generate(table: &UsersTable<'_>, binding: &mut Binding) {
    let accounts = TableName { schema: "auth".into(), table: "users".into() };
    let people = table.identity.users.value.clone();
    binding.functions.extend([
        create_user(table),
        Function::trigger("bind_user_created", CALL_CREATE_USER.into()),
        user_changed(table),
        user_deleted(table),
        create_account(table),
        app_user_created(table),
        app_user_changed(table),
        app_user_deleted(table),
    ]);
    binding.triggers.extend(
        [
            (&accounts, "insert", "bind_user_created"),
            (&accounts, "update", "bind_user_changed"),
            (&accounts, "delete", "bind_user_deleted"),
            (&people, "insert", "bind_app_user_created"),
            (&people, "update", "bind_app_user_changed"),
            (&people, "delete", "bind_app_user_deleted"),
        ]
        .map(|(table, event, function)| Trigger { table: table.clone(), event, function }),
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
    let mapped = table.mapped();
    let columns = join(mapped.iter().filter_map(|meaning| table.column(*meaning)));
    let values = join(mapped.iter().filter_map(|meaning| table.initial_value(*meaning, "account")));
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

/// A changed account changes the row; a ban ends the login sessions.
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
    if new.banned_until > now() and coalesce(old.banned_until <= now(), true)
        or new.deleted_at is not null and old.deleted_at is null
    then
        delete from auth.sessions where user_id = new.id;
    end if;

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

/// The account of a row that has none.
fn create_account(table: &UsersTable<'_>) -> Function {
    let name = &table.name;
    let key = table.key();
    let bound = |meaning, otherwise: &str| {
        table.column(meaning).map_or(otherwise.to_owned(), |column| format!("person.{column}"))
    };
    let id = format!("person.{key}::uuid");
    let email = bound(UserColumn::Email, "null");
    let password = format!("nullif({}, {NO_PASSWORD})", bound(UserColumn::PasswordHash, "null"));
    let verified = bound(UserColumn::Verified, "true");
    let active = bound(UserColumn::Active, "true");
    let last_sign_in = bound(UserColumn::LastSignIn, "null");
    let deleted = bound(UserColumn::DeletedAt, "null");
    let provider = provider_of(table, "person");
    let phone = bound(UserColumn::Phone, "null");
    let app_meta = app_metadata(table);
    let user_meta = user_metadata(table);
    let body = format!(
        "\
declare
    person {name};
begin
    select *
    into strict person
    from {name}
    where {key} = person_id;

    insert into auth.users (
        id, aud, role, email, encrypted_password, email_confirmed_at, phone,
        raw_app_meta_data, raw_user_meta_data, last_sign_in_at, banned_until, deleted_at
    )
    values (
        {id},
        'authenticated',
        'authenticated',
        {email},
        {password},
        case when {verified} then now() end,
        (select nullif({phone}, '') where not exists (select from auth.users where phone = {phone})),
        jsonb_build_object('provider', {provider}, 'providers', jsonb_build_array({provider})){app_meta},
        jsonb_build_object({user_meta}),
        {last_sign_in},
        case when {active} is false then {BANNED_FOREVER} end,
        {deleted}
    )
    on conflict (id) do nothing;

    if found and {provider} = 'email' then
        insert into auth.identities (provider_id, user_id, provider, identity_data)
        values (
            {id}::text,
            {id},
            'email',
            jsonb_build_object(
                'sub', {id},
                'email', {email},
                'email_verified', coalesce({verified}, false),
                'phone_verified', false
            )
        )
        on conflict (provider_id, provider) do nothing;
    end if;
end"
    );
    Function {
        name: "bind_create_account",
        arguments: "person_id text",
        returns: "void",
        volatility: "",
        callable: Callable::Owner,
        body: body.replace("= person_id;", &format!("= person_id::{};", table.key_type())),
    }
}

/// The row's provider in the account's words.
fn provider_of(table: &UsersTable<'_>, row: &str) -> String {
    match table.column(UserColumn::Provider) {
        None => "'email'".into(),
        Some(column) => {
            let email = table.provider_email();
            format!("(case {row}.{column} when {email} then 'email' else {row}.{column} end)")
        }
    }
}

/// Role and tenant of the row, where they are bound, as more application metadata.
fn app_metadata(table: &UsersTable<'_>) -> String {
    let keys = [(UserColumn::Role, "role"), (UserColumn::Tenant, "tenant_id")];
    keys.into_iter()
        .filter_map(|(meaning, key)| {
            let column = table.column(meaning)?;
            Some(format!(
                "\n            || jsonb_strip_nulls(jsonb_build_object('{key}', person.{column}))"
            ))
        })
        .collect()
}

/// The names of the row as user metadata.
fn user_metadata(table: &UsersTable<'_>) -> String {
    let pairs = NAMES.iter().filter_map(|(meaning, key)| {
        table.column(*meaning).map(|column| format!("'{key}', person.{column}"))
    });
    join(pairs)
}

/// What a person may say about themselves, with the metadata's keys.
const NAMES: [(UserColumn, &str); 4] = [
    (UserColumn::Name, "name"),
    (UserColumn::Username, "username"),
    (UserColumn::FirstName, "first_name"),
    (UserColumn::LastName, "last_name"),
];

fn app_user_created(table: &UsersTable<'_>) -> Function {
    let key = table.key();
    let body = format!(
        "\
begin
    perform auth.bind_create_account(new.{key}::text);
    return null;
end"
    );
    Function::trigger("bind_app_user_created", body)
}

/// A changed row changes the account.
fn app_user_changed(table: &UsersTable<'_>) -> Function {
    let key = table.key();
    let changes: String =
        table.mapped().into_iter().filter_map(|meaning| change_account(table, meaning)).collect();
    let sign_in_facts = sign_in_facts(table);
    let body = format!(
        "\
declare
    account auth.users;
    target auth.users;
begin
    select *
    into account
    from auth.users
    where id = new.{key}::uuid
    for no key update;
    if not found then
        return null;
    end if;

    target := account;
{changes}
    if target is distinct from account then
        update auth.users
        set email = target.email,
            phone = target.phone,
            encrypted_password = target.encrypted_password,
            email_confirmed_at = target.email_confirmed_at,
            raw_app_meta_data = target.raw_app_meta_data,
            raw_user_meta_data = target.raw_user_meta_data,
            last_sign_in_at = target.last_sign_in_at,
            banned_until = target.banned_until,
            deleted_at = target.deleted_at,
            updated_at = now()
        where id = account.id;
    end if;
    if target.email is distinct from account.email then
        update auth.identities
        set identity_data = identity_data || jsonb_build_object('email', target.email),
            updated_at = now()
        where user_id = account.id
        and provider = 'email';
    end if;
{sign_in_facts}    return null;
end"
    );
    Function::trigger("bind_app_user_changed", body)
}

/// One column's way into the account: only where it changed and the account says otherwise.
fn change_account(table: &UsersTable<'_>, meaning: UserColumn) -> Option<String> {
    let column = table.column(meaning)?;
    let derived = table.changed_value(meaning, "account")?;
    let assignment = assign_account(table, meaning, &format!("new.{column}"))?;
    Some(format!(
        "    if new.{column} is distinct from old.{column} and new.{column} is distinct from {derived} then\n        {assignment}\n    end if;\n"
    ))
}

fn assign_account(table: &UsersTable<'_>, meaning: UserColumn, new: &str) -> Option<String> {
    let merge = |field: &str, key: &str, value: &str| {
        format!(
            "target.{field} := coalesce(target.{field}, '{{}}') || jsonb_build_object('{key}', {value});"
        )
    };
    let assignment = match meaning {
        UserColumn::Email => format!("target.email := {new};"),
        UserColumn::Name => merge("raw_user_meta_data", "name", new),
        UserColumn::Username => merge("raw_user_meta_data", "username", new),
        UserColumn::FirstName => merge("raw_user_meta_data", "first_name", new),
        UserColumn::LastName => merge("raw_user_meta_data", "last_name", new),
        UserColumn::Phone => format!(
            "if not exists (select from auth.users where phone = {new} and id <> account.id) then\n            \
             target.phone := nullif({new}, '');\n        end if;"
        ),
        UserColumn::PasswordHash => {
            format!("target.encrypted_password := nullif({new}, {NO_PASSWORD});")
        }
        UserColumn::Verified => {
            format!("target.email_confirmed_at := case when {new} then now() end;")
        }
        UserColumn::Active => {
            format!("target.banned_until := case when {new} is false then {BANNED_FOREVER} end;")
        }
        UserColumn::LastSignIn => format!("target.last_sign_in_at := {new};"),
        UserColumn::Provider => merge("raw_app_meta_data", "provider", &provider_of(table, "new")),
        UserColumn::Role => merge("raw_app_meta_data", "role", new),
        UserColumn::Tenant => merge("raw_app_meta_data", "tenant_id", new),
        UserColumn::DeletedAt => format!("target.deleted_at := {new};"),
        UserColumn::Id
        | UserColumn::PasswordSalt
        | UserColumn::Approved
        | UserColumn::Locked
        | UserColumn::FailedAttempts => return None,
    };
    Some(assignment)
}

/// What only the application knows: taking an approval back ends the login sessions, and a lock
/// that somebody sets or takes by hand has no time of its own.
fn sign_in_facts(table: &UsersTable<'_>) -> String {
    let mut sql = String::new();
    if let Some(approved) = table.column(UserColumn::Approved) {
        sql.push_str(&format!(
            "    if old.{approved} and new.{approved} is not true then\n        \
             delete from auth.sessions where user_id = account.id;\n    end if;\n"
        ));
    }
    if let Some(locked) = table.column(UserColumn::Locked) {
        sql.push_str(&format!(
            "    if old.{locked} and new.{locked} is not true then\n        \
             delete from auth.lockouts where user_id = account.id and locked_until is not null;\n    end if;\n    \
             if new.{locked} and old.{locked} is not true then\n        \
             delete from auth.lockouts where user_id = account.id and locked_until <= now();\n    end if;\n"
        ));
    }
    sql
}

fn app_user_deleted(table: &UsersTable<'_>) -> Function {
    let key = table.key();
    let body = format!(
        "\
begin
    delete from auth.users where id = old.{key}::uuid;
    return null;
end"
    );
    Function::trigger("bind_app_user_deleted", body)
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",\n        ")
}

fn join_wide(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(",\n            ")
}
