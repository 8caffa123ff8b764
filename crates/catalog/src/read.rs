use std::collections::BTreeMap;

use tokio_postgres::{Client, Row};

use crate::CatalogError;
use crate::relationship::{ComputedRelationship, ForeignKey};
use crate::schema::{
    Argument, Catalog, CatalogParts, Column, Function, MediaHandler, QualifiedName, Relation,
    RelationKind, Returns,
};
use crate::views::{View, ViewColumns};

const RELATIONS: &str = include_str!("sql/relations.sql");
const KEYS: &str = include_str!("sql/keys.sql");
const VIEWS: &str = include_str!("sql/views.sql");
const FUNCTIONS: &str = include_str!("sql/functions.sql");
const COMPUTED_RELATIONSHIPS: &str = include_str!("sql/computed_relationships.sql");
const REPRESENTATIONS: &str = include_str!("sql/representations.sql");
const MEDIA_HANDLERS: &str = include_str!("sql/media_handlers.sql");

/// PostgreSQL's numbers of commands, as bits.
const UPDATE: i32 = 1 << 2;
const INSERT: i32 = 1 << 3;
const DELETE: i32 = 1 << 4;

/// A primary or foreign key with the numbers of its columns.
struct KeyRow {
    constraint: String,
    is_primary: bool,
    table: u32,
    table_name: QualifiedName,
    numbers: Vec<i16>,
    columns: Vec<String>,
    other: u32,
    other_name: Option<QualifiedName>,
    other_numbers: Vec<i16>,
    other_columns: Vec<String>,
    one_to_one: bool,
}

impl Catalog {
    /// Reads what the exposed schemas offer, in one snapshot.
    ///
    /// # Errors
    /// [`CatalogError`] when the database cannot be asked.
    pub async fn read(client: &Client, schemas: &[String]) -> Result<Catalog, CatalogError> {
        // Without a search path, PostgreSQL writes every name with its schema.
        client
            .batch_execute(
                "begin isolation level repeatable read read only; set local search_path = ''",
            )
            .await?;
        let catalog = read_in_transaction(client, schemas).await;
        client.batch_execute(if catalog.is_ok() { "commit" } else { "rollback" }).await?;
        catalog
    }
}

async fn read_in_transaction(client: &Client, schemas: &[String]) -> Result<Catalog, CatalogError> {
    let mut parts = CatalogParts::default();
    for row in client.query(RELATIONS, &[&schemas]).await? {
        let relation = relation(&row)?;
        parts.relations.insert(relation.name.clone(), relation);
    }
    for row in client.query(FUNCTIONS, &[&schemas]).await? {
        parts.functions.extend(function(&row)?);
    }
    let keys: Vec<KeyRow> = client.query(KEYS, &[]).await?.iter().map(key).collect();
    let views: Vec<View> = client
        .query(VIEWS, &[])
        .await?
        .iter()
        .map(|row| {
            let name = QualifiedName::new(row.get::<_, &str>(1), row.get::<_, &str>(2));
            View::new(row.get(0), name, row.get(3), row.get(4))
        })
        .collect();
    let shown = ViewColumns::of(&views);
    add_primary_keys(&mut parts.relations, &keys, &shown);
    parts.foreign_keys =
        keys.iter().filter(|key| !key.is_primary).flat_map(|key| key.everywhere(&shown)).collect();
    parts.computed_relationships = client
        .query(COMPUTED_RELATIONSHIPS, &[&schemas])
        .await?
        .iter()
        .map(|row| ComputedRelationship {
            function: QualifiedName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)),
            from: QualifiedName::new(row.get::<_, &str>(2), row.get::<_, &str>(3)),
            to: QualifiedName::new(row.get::<_, &str>(4), row.get::<_, &str>(5)),
            to_one: row.get(6),
        })
        .collect();
    parts.representations = client
        .query(REPRESENTATIONS, &[])
        .await?
        .iter()
        .map(|row| ((row.get(0), row.get(1)), row.get(2)))
        .collect();
    parts.media_handlers =
        client.query(MEDIA_HANDLERS, &[&schemas]).await?.iter().map(media_handler).collect();
    Ok(Catalog::from(parts))
}

fn relation(row: &Row) -> Result<Relation, CatalogError> {
    let can: i32 = row.get(6);
    let columns: Vec<Column> = serde_json::from_str(row.get(5))?;
    Ok(Relation {
        name: QualifiedName::new(row.get::<_, &str>(1), row.get::<_, &str>(2)),
        kind: match row.get(3) {
            "v" => RelationKind::View,
            "m" => RelationKind::MaterializedView,
            "f" => RelationKind::ForeignTable,
            _ => RelationKind::Table,
        },
        comment: row.get(4),
        columns,
        primary_key: Vec::new(),
        insertable: can & INSERT != 0,
        updatable: can & UPDATE != 0,
        deletable: can & DELETE != 0,
        shareable_reads: row.get(7),
    })
}

fn function(row: &Row) -> Result<Option<Function>, CatalogError> {
    let mut arguments: Vec<Argument> = serde_json::from_str(row.get(8))?;
    let first_default =
        arguments.len().saturating_sub(usize::try_from(row.get::<_, i32>(9)).unwrap_or(0));
    for argument in &mut arguments[first_default..] {
        argument.has_default = true;
    }
    let nameless: Vec<&Argument> =
        arguments.iter().filter(|argument| argument.name.is_empty()).collect();
    let callable = match nameless[..] {
        [] => true,
        [one] => matches!(one.data_type.as_str(), "bytea" | "json" | "jsonb" | "text" | "xml"),
        _ => false,
    };
    if !callable {
        return Ok(None);
    }
    let (is_void, is_row): (bool, bool) = (row.get(5), row.get(6));
    let configuration: Vec<String> = row.get(10);
    let mut settings: Vec<(String, String)> = configuration
        .iter()
        .filter_map(|setting| setting.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let isolation = settings
        .iter()
        .position(|(name, _)| name == "default_transaction_isolation")
        .map(|place| settings.remove(place).1.to_lowercase());
    Ok(Some(Function {
        name: QualifiedName::new(row.get::<_, &str>(0), row.get::<_, &str>(1)),
        comment: row.get(2),
        arguments,
        volatile: row.get::<_, &str>(3) == "v",
        returns: match (is_void, is_row) {
            (true, _) => Returns::Void,
            (_, true) => Returns::Row,
            (_, false) => Returns::Value,
        },
        returns_set: row.get(4),
        result_name: row.get(7),
        result_type: row.get(11),
        settings,
        isolation,
    }))
}

fn key(row: &Row) -> KeyRow {
    let other: Option<&str> = row.get(8);
    KeyRow {
        constraint: row.get(0),
        is_primary: row.get::<_, &str>(1) == "p",
        table: row.get(2),
        table_name: QualifiedName::new(row.get::<_, &str>(3), row.get::<_, &str>(4)),
        numbers: row.get(5),
        columns: row.get(6),
        other: row.get(7),
        other_name: other.map(|schema| QualifiedName::new(schema, row.get::<_, &str>(9))),
        other_numbers: row.get(10),
        other_columns: row.get::<_, Option<Vec<String>>>(11).unwrap_or_default(),
        one_to_one: row.get(12),
    }
}

impl KeyRow {
    /// The key itself, and the same key between every pair of table and view that show its columns.
    fn everywhere(&self, shown: &ViewColumns) -> Vec<ForeignKey> {
        let Some(other_name) = &self.other_name else { return Vec::new() };
        let table = (&self.table_name, vec![self.columns.clone()], false);
        let other = (other_name, vec![self.other_columns.clone()], false);
        let views = |(view, choices)| (view, choices, true);
        let sources: Vec<_> = std::iter::once(table)
            .chain(shown.showing(self.table, &self.numbers).map(views))
            .collect();
        let targets: Vec<_> = std::iter::once(other)
            .chain(shown.showing(self.other, &self.other_numbers).map(views))
            .collect();
        let mut keys = Vec::new();
        for (from, own_choices, from_is_view) in &sources {
            for (to, other_choices, to_is_view) in &targets {
                for own in own_choices {
                    for others in other_choices {
                        keys.push(ForeignKey {
                            constraint: self.constraint.clone(),
                            from: (*from).clone(),
                            to: (*to).clone(),
                            columns: own.iter().cloned().zip(others.iter().cloned()).collect(),
                            one_to_one: self.one_to_one,
                            from_is_view: *from_is_view,
                            to_is_view: *to_is_view,
                        });
                    }
                }
            }
        }
        keys
    }
}

/// A table's own key; a view's is the key of a table that it shows, by the first names for it.
fn add_primary_keys(
    relations: &mut BTreeMap<QualifiedName, Relation>,
    keys: &[KeyRow],
    shown: &ViewColumns,
) {
    for key in keys.iter().filter(|key| key.is_primary) {
        if let Some(relation) = relations.get_mut(&key.table_name) {
            relation.primary_key.clone_from(&key.columns);
        }
        for (view, choices) in shown.showing(key.table, &key.numbers) {
            let Some(relation) = relations.get_mut(view) else { continue };
            for column in choices.into_iter().next().unwrap_or_default() {
                if !relation.primary_key.contains(&column) {
                    relation.primary_key.push(column);
                }
            }
        }
    }
}

fn media_handler(row: &Row) -> MediaHandler {
    let target: Option<&str> = row.get(3);
    MediaHandler {
        is_aggregate: row.get(0),
        function: QualifiedName::new(row.get::<_, &str>(1), row.get::<_, &str>(2)),
        target: target.map(|schema| QualifiedName::new(schema, row.get::<_, &str>(4))),
        media_type: row.get(5),
        is_binary: row.get(6),
    }
}
