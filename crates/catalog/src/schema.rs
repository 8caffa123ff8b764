use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Deserialize;

/// The live schema of one database: what requests can name, and how it hangs together.
///
/// An immutable value; a change of the schema makes a new one ([`CatalogHandle::replace`]).
#[derive(Debug, Default)]
pub struct Catalog {
    pub(crate) schemas: BTreeMap<String, Schema>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
}

/// One exposed schema.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    pub(crate) relations: BTreeMap<String, Relation>,
    pub(crate) functions: BTreeMap<String, Vec<Function>>,
}

/// A table or view.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: RelationKind,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// The columns of its primary key; empty without one.
    pub primary_key: Vec<String>,
    /// Whether a read of it calls only functions that are known to be harmless, so that it may share
    /// a socket: a table whose policies call nothing but functions of PostgreSQL and of the schema
    /// `auth` that are not volatile.
    pub shareable_reads: bool,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// A table, partitioned or not.
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    ForeignTable,
}

/// A column.
#[derive(Debug, Clone, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as `format_type` prints it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether it takes null.
    pub nullable: bool,
    /// Its default, as SQL.
    pub default: Option<String>,
    /// Whether it is computed from others.
    pub generated: bool,
    /// Whether it is an identity column.
    pub identity: bool,
}

/// A foreign key between two exposed relations.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The constraint's name.
    pub name: String,
    /// Schema and name of the relation that has the key.
    pub source: (String, String),
    /// Schema and name of the relation that it points at.
    pub target: (String, String),
    /// The columns of the key.
    pub source_columns: Vec<String>,
    /// The columns that they point at, in the same order.
    pub target_columns: Vec<String>,
    /// Whether at most one row of the source points at a row of the target.
    pub one_to_one: bool,
}

/// A function that can be called.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its input arguments, in their order.
    pub arguments: Vec<Argument>,
    /// Whether it may change something.
    pub volatile: bool,
    /// What it answers.
    pub returns: Returns,
    /// The exposed relation whose rows it returns, as schema and name.
    pub relation: Option<(String, String)>,
}

/// An input argument.
#[derive(Debug, Clone, Deserialize)]
pub struct Argument {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its type as `format_type` prints it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Whether it takes the rest of the arguments.
    pub variadic: bool,
    /// Whether a call may leave it out.
    #[serde(default)]
    pub has_default: bool,
}

/// The shape of a function's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Nothing.
    Void,
    /// One value.
    Scalar,
    /// A set of values.
    SetOfScalar,
    /// One row.
    Row,
    /// A set of rows.
    SetOfRows,
}

impl Catalog {
    /// A catalog of these parts, for whoever plans without a database.
    pub fn of(
        relations: Vec<Relation>,
        functions: Vec<Function>,
        foreign_keys: Vec<ForeignKey>,
    ) -> Self {
        let mut catalog = Catalog { foreign_keys, ..Catalog::default() };
        for relation in relations {
            let schema = catalog.schemas.entry(relation.schema.clone()).or_default();
            schema.relations.insert(relation.name.clone(), relation);
        }
        for function in functions {
            let schema = catalog.schemas.entry(function.schema.clone()).or_default();
            schema.functions.entry(function.name.clone()).or_default().push(function);
        }
        catalog
    }

    /// A relation by schema and name.
    pub fn relation(&self, schema: &str, name: &str) -> Option<&Relation> {
        self.schemas.get(schema)?.relations.get(name)
    }

    /// The names of a schema's relations.
    pub fn relation_names(&self, schema: &str) -> impl Iterator<Item = &str> {
        self.schemas
            .get(schema)
            .into_iter()
            .flat_map(|schema| schema.relations.keys().map(String::as_str))
    }

    /// The functions of this name, overloads included.
    pub fn functions(&self, schema: &str, name: &str) -> &[Function] {
        self.schemas
            .get(schema)
            .and_then(|schema| schema.functions.get(name))
            .map_or(&[], Vec::as_slice)
    }

    /// The names of a schema's functions.
    pub fn function_names(&self, schema: &str) -> impl Iterator<Item = &str> {
        self.schemas
            .get(schema)
            .into_iter()
            .flat_map(|schema| schema.functions.keys().map(String::as_str))
    }

    /// All foreign keys between exposed relations.
    pub fn foreign_keys(&self) -> &[ForeignKey] {
        &self.foreign_keys
    }
}

impl Relation {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The current catalog, shared by all requests: cheap to clone, replaced as a whole.
#[derive(Debug, Clone)]
pub struct CatalogHandle(Arc<RwLock<Arc<Catalog>>>);

impl CatalogHandle {
    /// A handle on a first catalog.
    pub fn new(catalog: Catalog) -> Self {
        CatalogHandle(Arc::new(RwLock::new(Arc::new(catalog))))
    }

    /// The catalog as it is now; a request keeps the one that it began with.
    pub fn current(&self) -> Arc<Catalog> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new one in its place.
    pub fn replace(&self, catalog: Catalog) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalog);
    }
}
