//! Roles that are given and taken are security events, whoever does it and by whatever way. And
//! whoever loses the administrator's role is no administrator of accounts any more.

use tenantry_app::{RoleTables, UserColumn};
use tenantry_postgres::{quote_identifier, quote_literal};

use super::function::{Binding, Function, Trigger, quote_table};
use super::mapping::UsersTable;

/// Adds a trigger to the table of who has which role and one to the users' role column, where they
/// are bound.
pub(super) fn generate(table: &UsersTable<'_>, binding: &mut Binding) {
    if let Some(roles) = &table.identity.roles {
        let assignments = assignment_changed(table, roles);
        let (table, function) = (roles.user_roles.value.clone(), assignments.name);
        binding.functions.push(assignments);
        binding.triggers.push(Trigger { table, event: "insert or update or delete", function });
    }
    if let Some(column) = table.column(UserColumn::Role) {
        let changed = role_changed(table, &column);
        let (table, function) = (table.identity.users.value.clone(), changed.name);
        binding.functions.push(changed);
        binding.triggers.push(Trigger { table, event: "update", function });
    }
}

/// The role that everybody has is no event when it is given, and neither are the roles of a person
/// who is deleted.
fn assignment_changed(table: &UsersTable<'_>, roles: &RoleTables) -> Function {
    let (user, role) = (quote_identifier(&roles.user.value), quote_identifier(&roles.role.value));
    let name_of = |row: &str| {
        format!(
            "coalesce((select known.{name}::text from {known} as known where known.{key} = {row}.{role}), {row}.{role}::text)",
            name = quote_identifier(&roles.role_name.value),
            known = quote_table(&roles.roles.value),
            key = quote_identifier(&roles.role_key.value),
        )
    };
    let worth_noting = match &table.identity.options.default_role {
        Some(default) => format!("role <> {}", quote_literal(&default.value)),
        None => "true".into(),
    };
    let administrator = &table.identity.administrator.roles_table_role;
    let unmake = administrator.as_ref().map_or(String::new(), |name| {
        let name = quote_literal(&name.value);
        format!(
            "\n        if role = {name} then\n            {};\n        end if;",
            unmake_administrator(&format!("old.{user}"))
        )
    });
    let body = format!(
        "\
declare
    role text;
begin
    if tg_op = 'UPDATE' and new.{user} = old.{user} and new.{role} = old.{role} then
        return null;
    end if;
    if tg_op <> 'INSERT' and exists (select from {people} as person where person.{key} = old.{user}) then
        role := {old_name};
        perform auth.note_event(
            'role_revoked',
            auth.uid(),
            jsonb_build_object('user_id', old.{user}, 'role', role)
        );{unmake}
    end if;
    if tg_op <> 'DELETE' then
        role := {new_name};
        if {worth_noting} then
            perform auth.note_event(
                'role_granted',
                auth.uid(),
                jsonb_build_object('user_id', new.{user}, 'role', role)
            );
        end if;
    end if;
    return null;
end",
        people = table.name,
        key = table.key(),
        old_name = name_of("old"),
        new_name = name_of("new"),
    );
    Function::trigger("bind_role_assignment_changed", body)
}

fn role_changed(table: &UsersTable<'_>, column: &str) -> Function {
    let key = table.key();
    let unmake = table.identity.administrator.column_role.as_ref().map_or(String::new(), |name| {
        let name = quote_literal(&name.value);
        format!(
            "\n        if old.{column}::text = {name} then\n            {};\n        end if;",
            unmake_administrator(&format!("old.{key}"))
        )
    });
    let body = format!(
        "\
begin
    if new.{column} is distinct from old.{column} then
        perform auth.note_event(
            'role_changed',
            auth.uid(),
            jsonb_build_object('user_id', new.{key}, 'from', old.{column}, 'to', new.{column})
        );{unmake}
    end if;
    return null;
end"
    );
    Function::trigger("bind_role_changed", body)
}

fn unmake_administrator(id: &str) -> String {
    format!("update auth.users set is_super_admin = false where id = {id}::uuid and is_super_admin")
}
