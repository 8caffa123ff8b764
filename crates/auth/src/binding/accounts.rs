//! From the application's row to the account: what a new, changed or deleted row of the users
//! table does to `auth.users`. The other direction is in `users`.

use tenantry_app::UserColumn;

use super::function::{Binding, Callable, Function, Trigger};
use super::mapping::{BANNED_FOREVER, NO_PASSWORD, UsersTable};
use super::users::join;

/// Adds the functions and triggers of this direction.
pub(super) fn generate(table: &UsersTable<'_>, binding: &mut Binding) {
    let people = &table.identity.users.value;
    binding.functions.extend([
        create_account(table),
        app_user_created(table),
        app_user_changed(table),
        app_user_deleted(table),
    ]);
    binding.triggers.extend(
        [
            ("insert", "bind_app_user_created"),
            ("update", "bind_app_user_changed"),
            ("delete", "bind_app_user_deleted"),
        ]
        .map(|(event, function)| Trigger { table: people.clone(), event, function }),
    );
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
        | UserColumn::FailedAttempts
        | UserColumn::ConsentAt => return None,
    };
    Some(assignment)
}

/// What only the application knows: a lock that somebody sets or takes by hand has no time of its
/// own, and whoever is shut out by any of these columns has no login session any more.
fn sign_in_facts(table: &UsersTable<'_>) -> String {
    use UserColumn::{Active, Approved, DeletedAt, Locked, Tenant};
    let mut sql = String::new();
    if let Some(locked) = table.column(Locked) {
        sql.push_str(&format!(
            "    if old.{locked} and new.{locked} is not true then\n        \
             delete from auth.lockouts where user_id = account.id and locked_until is not null;\n    end if;\n    \
             if new.{locked} and old.{locked} is not true then\n        \
             delete from auth.lockouts where user_id = account.id and locked_until <= now();\n    end if;\n"
        ));
    }
    let changed: Vec<String> = [Approved, Active, Locked, Tenant, DeletedAt]
        .into_iter()
        .filter_map(|meaning| table.column(meaning))
        .map(|column| format!("new.{column} is distinct from old.{column}"))
        .collect();
    if !changed.is_empty() {
        sql.push_str(&format!(
            "    if {} then\n        perform auth.end_refused_sessions(account.id);\n    end if;\n",
            changed.join("\n        or ")
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
