//! `auth.tenant_id()`: the caller's tenant, from the users table and never from a token. And a
//! tenant that is suspended or hidden: its people's login sessions end with the same statement.

use tenantry_app::{TenantTable, UserColumn};
use tenantry_postgres::quote_identifier;

use super::function::{Binding, Callable, Function, Trigger, quote_table};
use super::mapping::UsersTable;

/// Adds the functions; without a bound tenant it answers null, as it does without a binding.
pub(super) fn generate(table: &UsersTable<'_>, binding: &mut Binding) {
    let body = match table.column(UserColumn::Tenant) {
        None => "begin\n    return null;\nend".into(),
        Some(column) => bound(table, &column),
    };
    binding.functions.push(Function {
        name: "tenant_id",
        arguments: "",
        returns: "uuid",
        volatility: "stable parallel safe",
        callable: Callable::AsMigrated,
        body,
    });
    if let (Some(tenants), Some(column)) =
        (&table.identity.tenants, table.column(UserColumn::Tenant))
        && let Some(changed) = tenant_changed(table, tenants, &column)
    {
        let (table, function) = (tenants.table.value.clone(), changed.name);
        binding.functions.push(changed);
        binding.triggers.push(Trigger { table, event: "update", function });
    }
}

/// A tenant whose row is deleted needs none of this: its people go with it, or lose their tenant by
/// an update of their own.
fn tenant_changed(table: &UsersTable<'_>, tenants: &TenantTable, column: &str) -> Option<Function> {
    let shut: Vec<String> = tenants
        .suspended_at
        .iter()
        .chain(&tenants.deleted_at)
        .map(|time| quote_identifier(&time.value))
        .map(|time| format!("new.{time} is not null and old.{time} is null"))
        .collect();
    if shut.is_empty() {
        return None;
    }
    let body = format!(
        "\
begin
    if {shut} then
        perform auth.end_refused_sessions(person.{key}::uuid)
        from {name} as person
        where person.{column} = new.{id};
    end if;
    return null;
end",
        shut = shut.join("\n        or "),
        key = table.key(),
        name = table.name,
        id = quote_identifier(&tenants.id.value),
    );
    Some(Function::trigger("bind_tenant_changed", body))
}

fn bound(table: &UsersTable<'_>, column: &str) -> String {
    let (name, key) = (&table.name, table.key());
    let caller = table.as_key("auth.uid()");
    let tenant = table.identity.tenants.as_ref().map_or(String::new(), |tenants| {
        let open: String = tenants
            .suspended_at
            .iter()
            .chain(&tenants.deleted_at)
            .map(|time| {
                format!("\n            and tenant.{} is null", quote_identifier(&time.value))
            })
            .collect();
        format!(
            "\n        join {} as tenant\n            on tenant.{} = person.{column}{open}",
            quote_table(&tenants.table.value),
            quote_identifier(&tenants.id.value)
        )
    });
    let not_deleted = table
        .column(UserColumn::DeletedAt)
        .map_or(String::new(), |deleted| format!("\n        and person.{deleted} is null"));
    format!(
        "\
begin
    return (
        select person.{column}::uuid
        from {name} as person{tenant}
        where person.{key} = {caller}{not_deleted}
    );
end"
    )
}
