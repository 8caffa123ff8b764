//! `auth.tenant_id()`: the caller's tenant, from the users table and never from a token.

use tenantry_app::UserColumn;
use tenantry_postgres::quote_identifier;

use super::function::{Binding, Callable, Function, quote_table};
use super::mapping::UsersTable;

/// Adds the function; without a bound tenant it answers null, as it does without a binding.
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
