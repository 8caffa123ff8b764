//! A small application for the tests of what is generated.

use tenantry_app::{CatalogFacts, ColumnFacts, Manifest, TableName};

/// A manifest that binds `id`, `email` and the columns given.
pub(crate) fn manifest(columns: &str) -> Manifest {
    let text = format!(
        "name = \"small\"\ntitle = \"Small\"\nschemas = [\"public\"]\n[identity]\nusers = \"public.users\"\n\
         [identity.columns]\nid = \"id\"\nemail = \"email\"\n{columns}"
    );
    Manifest::parse("app.toml", &text).unwrap()
}

/// The columns that the live database has.
pub(crate) fn facts() -> CatalogFacts {
    let columns = [
        ("users", "id", "uuid", true, None),
        ("users", "email", "character varying", true, None),
        ("users", "flag", "boolean", true, None),
        ("users", "required", "character varying", true, None),
        ("users", "optional", "character varying", false, None),
        ("users", "a name; drop table", "text", false, None),
        ("users", "role", "public.user_role", true, Some("'user'::public.user_role")),
        ("users", "tenant_id", "uuid", false, None),
        ("users", "consented_at", "timestamp with time zone", false, None),
        ("roles", "id", "uuid", true, None),
        ("roles", "name", "text", true, None),
        ("user_roles", "user_id", "uuid", true, None),
        ("user_roles", "role_id", "uuid", true, None),
        ("tenants", "id", "uuid", true, None),
        ("tenants", "suspended_at", "timestamp with time zone", false, None),
    ];
    let mut facts = CatalogFacts::default();
    facts.add_schema("public");
    for (table, column, type_name, not_null, default) in columns {
        let table = TableName { schema: "public".into(), table: table.into() };
        let max_length = (type_name == "character varying").then_some(20);
        let default = default.map(String::from);
        let column_facts = ColumnFacts {
            type_name: type_name.into(),
            max_length,
            not_null,
            default,
            ignores_case: column == "optional",
        };
        facts.add_column(table, column, column_facts);
    }
    facts
}
