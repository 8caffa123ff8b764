//! What the live catalog says, as a value: tables, columns, primary keys and foreign keys.

use tenantry_app::TableName;
use tokio_postgres::{Error, GenericClient};

const COLUMNS: &str = include_str!("../sql/columns.sql");
const FOREIGN_KEYS: &str = include_str!("../sql/foreign_keys.sql");

/// The tables of a database and how they refer to each other.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Every table, without partitions, in the order of their names.
    pub tables: Vec<Table>,
    /// Every foreign key.
    pub foreign_keys: Vec<ForeignKey>,
}

/// One table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type as `format_type` prints it without length.
    pub type_name: String,
    /// The most characters that fit, where the type has such a limit.
    pub max_length: Option<u32>,
    /// What kind of values it holds.
    pub kind: Kind,
    /// Whether it is an array of them.
    pub array: bool,
    /// Whether null is refused.
    pub not_null: bool,
    /// Whether statements cannot write it.
    pub generated: bool,
    /// Whether it is part of the primary key.
    pub in_key: bool,
}

/// What kind of values a column holds, as far as it matters to a person's rights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A UUID.
    Uuid,
    /// Text of any kind.
    Text,
    /// `json`.
    Json,
    /// `jsonb`.
    Jsonb,
    /// A network address.
    Address,
    /// Bytes, vectors, full text, points and everything else that can be told from a person's data.
    Content,
    /// Numbers, times, truth values, enumerations.
    Measure,
}

/// One foreign key.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// The table that refers.
    pub from: TableName,
    /// Its columns, pairwise with those of `to_columns`.
    pub columns: Vec<String>,
    /// The table that is referred to.
    pub to: TableName,
    /// Its columns.
    pub to_columns: Vec<String>,
    /// What happens when the row that is referred to is deleted.
    pub on_delete: DeleteRule,
}

/// What a foreign key does when the row that it refers to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeleteRule {
    /// The referring row goes, too.
    Cascade,
    /// The reference becomes null or its default.
    Forget,
    /// The deletion is refused while there is a referring row.
    Refuse,
}

impl Facts {
    /// Reads the catalog.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub async fn read(client: &impl GenericClient) -> Result<Facts, Error> {
        let mut facts = Facts::default();
        for row in client.query(COLUMNS, &[]).await? {
            let name = TableName { schema: row.get(0), table: row.get(1) };
            let column = Column {
                name: row.get(2),
                type_name: row.get(3),
                max_length: row
                    .get::<_, Option<i32>>(4)
                    .and_then(|length| u32::try_from(length).ok()),
                kind: kind(row.get(5), row.get(6)),
                array: row.get(7),
                not_null: row.get(8),
                generated: row.get(9),
                in_key: row.get(10),
            };
            match facts.tables.last_mut() {
                Some(table) if table.name == name => table.columns.push(column),
                _ => facts.tables.push(Table { name, columns: vec![column] }),
            }
        }
        for row in client.query(FOREIGN_KEYS, &[]).await? {
            facts.foreign_keys.push(ForeignKey {
                name: row.get(0),
                from: TableName { schema: row.get(1), table: row.get(2) },
                columns: row.get(3),
                to: TableName { schema: row.get(4), table: row.get(5) },
                to_columns: row.get(6),
                on_delete: delete_rule(row.get(7)),
            });
        }
        Ok(facts)
    }

    /// The table with this name.
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == *name)
    }
}

impl Table {
    /// The column with this name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The columns of the primary key; none where there is none.
    pub fn key(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.in_key)
    }
}

impl Column {
    /// Whether a value can be an id, or an address that names somebody.
    pub fn can_name(&self) -> bool {
        matches!(self.kind, Kind::Uuid | Kind::Text)
    }

    /// Whether it holds JSON documents.
    pub fn is_json(&self) -> bool {
        matches!(self.kind, Kind::Json | Kind::Jsonb) && !self.array
    }
}

fn kind(type_name: &str, category: &str) -> Kind {
    match (type_name, category) {
        ("uuid", _) => Kind::Uuid,
        ("json", _) => Kind::Json,
        ("jsonb", _) => Kind::Jsonb,
        (_, "S") => Kind::Text,
        (_, "I") => Kind::Address,
        (_, "N" | "D" | "T" | "B" | "E" | "R") => Kind::Measure,
        _ => Kind::Content,
    }
}

fn delete_rule(letter: &str) -> DeleteRule {
    match letter {
        "c" => DeleteRule::Cascade,
        "n" | "d" => DeleteRule::Forget,
        _ => DeleteRule::Refuse,
    }
}
