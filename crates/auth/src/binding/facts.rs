//! What the live database has of the tables that a manifest names.

use tenantry_app::{CatalogFacts, ColumnFacts, FunctionFacts, FunctionName, Manifest, TableName};
use tokio_postgres::Client;

const FACTS: &str = include_str!("../../sql/binding_facts.sql");
const FUNCTION_FACTS: &str = include_str!("../../sql/binding_function_facts.sql");

/// Reads schemas, columns and functions. Defaults come with qualified names only while `search_path` is empty.
pub(super) async fn read(
    client: &Client,
    manifest: &Manifest,
) -> Result<CatalogFacts, tokio_postgres::Error> {
    let mut facts = CatalogFacts::default();
    for row in client.query("select nspname::text from pg_catalog.pg_namespace", &[]).await? {
        facts.add_schema(row.get::<_, String>(0));
    }
    let tables = manifest.bound_tables();
    let schemas: Vec<&str> = tables.iter().map(|table| table.schema.as_str()).collect();
    let names: Vec<&str> = tables.iter().map(|table| table.table.as_str()).collect();
    for row in client.query(FACTS, &[&schemas, &names]).await? {
        let table = TableName { schema: row.get(0), table: row.get(1) };
        let column = ColumnFacts {
            type_name: row.get(3),
            max_length: row.get::<_, Option<i32>>(4).and_then(|length| u32::try_from(length).ok()),
            not_null: row.get(5),
            default: row.get(6),
            ignores_case: row.get(7),
        };
        facts.add_column(table, row.get::<_, String>(2), column);
    }
    for name in manifest.bound_functions() {
        // A function of several forms is none that could be meant.
        let rows = client.query(FUNCTION_FACTS, &[&name.schema, &name.function]).await?;
        if let [row] = &rows[..] {
            let columns =
                row.get::<_, Vec<String>>(1).into_iter().zip(row.get::<_, Vec<String>>(2));
            let function = FunctionFacts { arguments: row.get(0), columns: columns.collect() };
            let name =
                FunctionName { schema: name.schema.clone(), function: name.function.clone() };
            facts.add_function(name, function);
        }
    }
    Ok(facts)
}
