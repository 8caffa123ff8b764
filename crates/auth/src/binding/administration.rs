//! Who administers whom, by the roles that the manifest names, and how an administrator is made.
//!
//! The functions stand without a binding too, where only accounts with `is_super_admin` administer
//! anybody. Nobody administers by a role who could not sign in at this moment.

use tenantry_app::{Administration, UserColumn};
use tenantry_postgres::{quote_identifier, quote_literal};

use super::function::{Binding, Callable, Function, quote_table};
use super::mapping::UsersTable;

/// Adds the functions of the migration, in this application's words.
pub(super) fn generate(table: &UsersTable<'_>, binding: &mut Binding) {
    binding.functions.extend([
        administers(table),
        administered_users(table),
        may_invite(table),
        find_user(table),
        administrator_metadata(table),
        make_administrator(table),
        allows_anonymous(table),
    ]);
}

fn migrated(
    name: &'static str,
    arguments: &'static str,
    returns: &'static str,
    volatility: &'static str,
    body: String,
) -> Function {
    Function { name, arguments, returns, volatility, callable: Callable::AsMigrated, body }
}

/// The columns that the roles of the manifest are found in.
struct Roles<'a> {
    administration: &'a Administration,
    role: String,
    tenant: Option<String>,
}

impl<'a> Roles<'a> {
    fn of(table: &'a UsersTable<'_>) -> Option<Roles<'a>> {
        Some(Roles {
            administration: table.identity.administration.as_ref()?,
            role: table.column(UserColumn::Role)?,
            tenant: table.column(UserColumn::Tenant),
        })
    }

    /// Whether `acting`, or its account `administrator`, administers everybody.
    fn is_system(&self) -> String {
        match &self.administration.system_role {
            Some(system) => format!(
                "(administrator.is_super_admin or acting.{}::text = {})",
                self.role,
                quote_literal(&system.value)
            ),
            None => "administrator.is_super_admin".into(),
        }
    }

    /// Whether `acting` administers the tenant with this id.
    fn is_of_tenant(&self, tenant: &str) -> Option<String> {
        let (role, column) = (self.administration.tenant_role.as_ref()?, self.tenant.as_ref()?);
        Some(format!(
            "acting.{}::text = {}\n            and acting.{column} = {tenant}",
            self.role,
            quote_literal(&role.value)
        ))
    }

    /// Whether the `account` of `person` stands below an administrator of a tenant.
    fn is_below(&self) -> String {
        let system = self.administration.system_role.as_ref().map_or(String::new(), |system| {
            format!(
                "\n            and person.{}::text <> {}",
                self.role,
                quote_literal(&system.value)
            )
        });
        format!("account.is_super_admin is not true{system}")
    }
}

/// `administrator` is the acting account, `account` one that it administers.
fn administered(table: &UsersTable<'_>, actor: &str) -> String {
    let Some(roles) = Roles::of(table) else {
        return format!(
            "from auth.users as administrator
    cross join auth.users as account
    where administrator.id = {actor}
    and administrator.is_super_admin"
        );
    };
    let tenant = roles.tenant.iter().find_map(|column| {
        let of_tenant = roles.is_of_tenant(&format!("person.{column}"))?;
        Some(format!("\n        or {of_tenant}\n            and {}", roles.is_below()))
    });
    format!(
        "from auth.users as administrator
    left join {people} as acting on acting.{key} = {acting}
    cross join auth.users as account
    left join {people} as person on person.{key} = {person}
    where administrator.id = {actor}
    and (
        {system}{tenant}
    )",
        people = table.name,
        key = table.key(),
        acting = table.as_key("administrator.id"),
        person = table.as_key("account.id"),
        system = roles.is_system(),
        tenant = tenant.unwrap_or_default(),
    )
}

fn administers(table: &UsersTable<'_>) -> Function {
    let body = format!(
        "\
begin
    return auth.is_admitted(bind_administers.actor) and exists (
    select
    {}
    and account.id = bind_administers.person
    );
end",
        administered(table, "bind_administers.actor")
    );
    migrated("bind_administers", "actor uuid, person uuid", "boolean", "stable", body)
}

fn administered_users(table: &UsersTable<'_>) -> Function {
    let body = format!(
        "\
begin
    if not auth.is_admitted(bind_administered_users.actor) then
        return;
    end if;
    return query
    select account.id
    {};
end",
        administered(table, "bind_administered_users.actor")
    );
    migrated("bind_administered_users", "actor uuid", "setof uuid", "stable", body)
}

fn may_invite(table: &UsersTable<'_>) -> Function {
    let condition = match Roles::of(table) {
        Some(roles) => may_invite_by_role(table, &roles),
        None => "
    from auth.users as administrator
    where administrator.id = bind_may_invite.actor
    and administrator.is_super_admin
    and bind_may_invite.tenant is null
    and bind_may_invite.role is null"
            .into(),
    };
    let body = format!(
        "\
begin
    return auth.is_admitted(bind_may_invite.actor) and exists (
    select{condition}
    );
end"
    );
    migrated("bind_may_invite", "actor uuid, tenant uuid, role text", "boolean", "stable", body)
}

/// Into an open tenant with one of the roles that are given by invitation (or the column's default,
/// where none is named). The role of the whole system belongs to no tenant.
fn may_invite_by_role(table: &UsersTable<'_>, roles: &Roles<'_>) -> String {
    let invites = &roles.administration.invites;
    let invites: Vec<String> = invites.iter().map(|role| quote_literal(&role.value)).collect();
    let named = match invites.is_empty() {
        true => "bind_may_invite.role is null".to_owned(),
        false => {
            format!("coalesce(bind_may_invite.role, {}) in ({})", invites[0], invites.join(", "))
        }
    };
    let tenant_type = table.facts(UserColumn::Tenant).map(|facts| facts.type_name.as_str());
    let asked = format!("bind_may_invite.tenant::{}", tenant_type.unwrap_or("uuid"));
    let open = open_tenant(table, &asked);
    let whole = roles.administration.system_role.as_ref().map_or(String::new(), |system| {
        format!(
            "\n        or bind_may_invite.tenant is null\n            and bind_may_invite.role = {}\n            and {}",
            quote_literal(&system.value),
            roles.is_system()
        )
    });
    let of_tenant = roles
        .is_of_tenant(&asked)
        .map_or(String::new(), |condition| format!("\n            or {condition}"));
    format!(
        "
    from auth.users as administrator
    left join {people} as acting on acting.{key} = {acting}
    where administrator.id = bind_may_invite.actor
    and (
        {named}
        and {open}
        and (
            {system}{of_tenant}
        ){whole}
    )",
        people = table.name,
        key = table.key(),
        acting = table.as_key("administrator.id"),
        system = roles.is_system(),
    )
}

/// Whether people may come into a tenant; without tenants there is none to name.
fn open_tenant(table: &UsersTable<'_>, asked: &str) -> String {
    let Some(tenants) = &table.identity.tenants else {
        let bound = table.column(UserColumn::Tenant).is_some();
        return format!("bind_may_invite.tenant is {}null", if bound { "not " } else { "" });
    };
    let open: String = tenants
        .suspended_at
        .iter()
        .chain(&tenants.deleted_at)
        .map(|time| format!(" and tenant.{} is null", quote_identifier(&time.value)))
        .collect();
    format!(
        "exists (select from {} as tenant where tenant.{} = {asked}{open})",
        quote_table(&tenants.table.value),
        quote_identifier(&tenants.id.value)
    )
}

/// By address, else by the name that the application gives people to sign in with.
fn find_user(table: &UsersTable<'_>) -> Function {
    let by_address = "(
        select account.id
        from auth.users as account
        where lower(account.email) = lower(bind_find_user.identifier)
        and not account.is_sso_user
    )";
    let found = match (table.column(UserColumn::Username), table.facts(UserColumn::Username)) {
        (Some(column), Some(facts)) => {
            let as_indexed = |value: &str| {
                if facts.ignores_case { format!("lower({value})") } else { value.into() }
            };
            format!(
                "coalesce({by_address}, (
        select person.{key}::uuid
        from {name} as person
        where {known} = {asked}
    ))",
                key = table.key(),
                name = table.name,
                known = as_indexed(&format!("person.{column}")),
                asked = as_indexed("bind_find_user.identifier"),
            )
        }
        _ => by_address.into(),
    };
    let body = format!("begin\n    return {found};\nend");
    migrated("bind_find_user", "identifier text", "uuid", "stable", body)
}

fn administrator_metadata(table: &UsersTable<'_>) -> Function {
    let role = &table.identity.administrator.column_role;
    let metadata = role.as_ref().map_or("'{}'::jsonb".into(), |role| {
        format!("jsonb_build_object('role', {})", quote_literal(&role.value))
    });
    let body = format!("begin\n    return {metadata};\nend");
    migrated("bind_administrator_metadata", "", "jsonb", "stable", body)
}

fn make_administrator(table: &UsersTable<'_>) -> Function {
    let administrator = &table.identity.administrator;
    let metadata = match &administrator.column_role {
        Some(_) => {
            "\n        raw_app_meta_data = coalesce(account.raw_app_meta_data, '{}') - 'tenant_id' \
             || auth.bind_administrator_metadata(),"
        }
        None => "",
    };
    let approve = table.column(UserColumn::Approved).map_or(String::new(), |approved| {
        format!(
            "
    update {name}
    set {approved} = true
    where {key} = {id}
    and {approved} is not true;\n",
            name = table.name,
            key = table.key(),
            id = table.as_key("bind_make_administrator.person"),
        )
    });
    let (declaration, grant) = grant_role(table).unwrap_or_default();
    let body = format!(
        "\
{declaration}begin
    update auth.users as account
    set is_super_admin = true,{metadata}
        updated_at = now()
    where account.id = bind_make_administrator.person;
    if not found then
        raise exception 'there is no account %', bind_make_administrator.person
            using errcode = 'no_data_found';
    end if;
{approve}{grant}end"
    );
    migrated("bind_make_administrator", "person uuid", "void", "", body)
}

/// Gives the role of the roles table; a role that is not there is an error.
fn grant_role(table: &UsersTable<'_>) -> Option<(String, String)> {
    let roles = table.identity.roles.as_ref()?;
    let role = table.identity.administrator.roles_table_role.as_ref()?;
    let declaration = format!(
        "declare\n    granted {};\n",
        table.type_of(&roles.roles.value, &roles.role_key.value)
    );
    let grant = format!(
        "
    select known.{role_key}
    into strict granted
    from {known} as known
    where known.{role_name} = {role};
    insert into {user_roles} ({user}, {role_column})
    values (bind_make_administrator.person::{user_type}, granted)
    on conflict do nothing;\n",
        role_key = quote_identifier(&roles.role_key.value),
        known = quote_table(&roles.roles.value),
        role_name = quote_identifier(&roles.role_name.value),
        role = quote_literal(&role.value),
        user_roles = quote_table(&roles.user_roles.value),
        user = quote_identifier(&roles.user.value),
        role_column = quote_identifier(&roles.role.value),
        user_type = table.type_of(&roles.user_roles.value, &roles.user.value),
    );
    Some((declaration, grant))
}

/// Somebody without an address has a row only where the address may be missing.
fn allows_anonymous(table: &UsersTable<'_>) -> Function {
    let needed = table.facts(UserColumn::Email).is_some_and(|facts| facts.not_null);
    let body = format!("begin\n    return {};\nend", !needed);
    migrated("bind_allows_anonymous", "", "boolean", "stable", body)
}
