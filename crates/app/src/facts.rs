use std::collections::{BTreeMap, BTreeSet};

use crate::{FunctionName, TableName};

/// What a binding has to know about one column of the live database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnFacts {
    /// The type as `format_type` prints it without length, such as `character varying`.
    pub type_name: String,
    /// The most characters that fit, where the type has such a limit.
    pub max_length: Option<u32>,
    /// Whether null is refused.
    pub not_null: bool,
    /// The default's expression with qualified names, where there is one.
    pub default: Option<String>,
    /// Whether a unique index holds the column in lower case, so that case makes no difference.
    pub ignores_case: bool,
}

/// What a binding has to know about one function of the live database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FunctionFacts {
    /// The arguments' types as `format_type` prints them.
    pub arguments: Vec<String>,
    /// The columns that it answers with, and their types.
    pub columns: BTreeMap<String, String>,
}

/// Schemas, tables, columns and functions of the live database, as far as a manifest names them.
#[derive(Debug, Clone, Default)]
pub struct CatalogFacts {
    schemas: BTreeSet<String>,
    tables: BTreeMap<TableName, BTreeMap<String, ColumnFacts>>,
    functions: BTreeMap<FunctionName, FunctionFacts>,
}

impl CatalogFacts {
    /// Notes that a schema exists.
    pub fn add_schema(&mut self, schema: impl Into<String>) {
        self.schemas.insert(schema.into());
    }

    /// Notes that a table has a column.
    pub fn add_column(&mut self, table: TableName, column: impl Into<String>, facts: ColumnFacts) {
        self.tables.entry(table).or_default().insert(column.into(), facts);
    }

    /// Notes a function.
    pub fn add_function(&mut self, name: FunctionName, facts: FunctionFacts) {
        self.functions.insert(name, facts);
    }

    /// The function's facts, where there is one.
    pub fn function(&self, name: &FunctionName) -> Option<&FunctionFacts> {
        self.functions.get(name)
    }

    /// Whether the schema exists.
    pub fn has_schema(&self, schema: &str) -> bool {
        self.schemas.contains(schema)
    }

    /// Whether the table exists.
    pub fn has_table(&self, table: &TableName) -> bool {
        self.tables.contains_key(table)
    }

    /// The column's facts, where the table has it.
    pub fn column(&self, table: &TableName, column: &str) -> Option<&ColumnFacts> {
        self.tables.get(table)?.get(column)
    }

    /// The names of a table's columns, sorted.
    pub fn columns(&self, table: &TableName) -> impl Iterator<Item = &str> {
        self.tables.get(table).into_iter().flatten().map(|(name, _)| name.as_str())
    }
}
