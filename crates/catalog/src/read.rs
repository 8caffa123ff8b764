use serde::Deserialize;
use tokio_postgres::{Client, Row};

use crate::CatalogError;
use crate::schema::{Argument, Catalog, ForeignKey, Function, Relation, RelationKind, Returns};

const RELATIONS: &str = include_str!("sql/relations.sql");
const FOREIGN_KEYS: &str = include_str!("sql/foreign_keys.sql");
const FUNCTIONS: &str = include_str!("sql/functions.sql");

#[derive(Deserialize)]
struct Key {
    primary: bool,
    columns: Vec<String>,
}

impl Catalog {
    /// Reads the exposed schemas, in three queries.
    ///
    /// # Errors
    /// [`CatalogError`] when the database cannot be asked.
    pub async fn read(client: &Client, schemas: &[String]) -> Result<Catalog, CatalogError> {
        let mut catalog = Catalog::default();
        for schema in schemas {
            catalog.schemas.entry(schema.clone()).or_default();
        }
        for row in client.query(RELATIONS, &[&schemas]).await? {
            let relation = relation(&row)?;
            let schema = catalog.schemas.entry(relation.schema.clone()).or_default();
            schema.relations.insert(relation.name.clone(), relation);
        }
        for row in client.query(FUNCTIONS, &[&schemas]).await? {
            let function = function(&row, &catalog)?;
            let schema = catalog.schemas.entry(function.schema.clone()).or_default();
            schema.functions.entry(function.name.clone()).or_default().push(function);
        }
        catalog.foreign_keys =
            client.query(FOREIGN_KEYS, &[&schemas]).await?.iter().map(foreign_key).collect();
        Ok(catalog)
    }
}

fn relation(row: &Row) -> Result<Relation, CatalogError> {
    let keys: Vec<Key> = serde_json::from_str(row.get(4))?;
    let primary = keys.into_iter().find(|key| key.primary);
    Ok(Relation {
        schema: row.get(0),
        name: row.get(1),
        kind: match row.get(2) {
            "v" => RelationKind::View,
            "m" => RelationKind::MaterializedView,
            "f" => RelationKind::ForeignTable,
            _ => RelationKind::Table,
        },
        columns: serde_json::from_str(row.get(3))?,
        primary_key: primary.map_or_else(Vec::new, |key| key.columns),
        shareable_reads: row.get(5),
    })
}

fn function(row: &Row, catalog: &Catalog) -> Result<Function, CatalogError> {
    let (set, kind, void): (bool, &str, bool) = (row.get(3), row.get(4), row.get(5));
    // `record` without OUT arguments is a row too: its columns are only known when it is called.
    let is_row =
        kind == "c" || kind == "p" && row.get::<_, bool>(8) || !row.get::<_, &str>(6).is_empty();
    let mut arguments: Vec<Argument> = serde_json::from_str(row.get(9))?;
    let first_default =
        arguments.len().saturating_sub(usize::try_from(row.get::<_, i32>(10)).unwrap_or(0));
    for argument in &mut arguments[first_default..] {
        argument.has_default = true;
    }
    let relation = (row.get::<_, String>(7), row.get::<_, String>(6));
    Ok(Function {
        schema: row.get(0),
        name: row.get(1),
        arguments,
        volatile: row.get(2),
        returns: match (void, is_row, set) {
            (true, _, _) => Returns::Void,
            (_, true, true) => Returns::SetOfRows,
            (_, true, false) => Returns::Row,
            (_, false, true) => Returns::SetOfScalar,
            (_, false, false) => Returns::Scalar,
        },
        relation: catalog.relation(&relation.0, &relation.1).is_some().then_some(relation),
    })
}

fn foreign_key(row: &Row) -> ForeignKey {
    ForeignKey {
        name: row.get(0),
        source: (row.get(1), row.get(2)),
        target: (row.get(3), row.get(4)),
        source_columns: row.get(5),
        target_columns: row.get(6),
        one_to_one: row.get(7),
    }
}
