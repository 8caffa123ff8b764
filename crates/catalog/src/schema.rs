use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Deserialize;

use crate::relationship::{ComputedRelationship, ForeignKey, Relationship, relate};

/// The name of something in a schema.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    /// The schema; empty for what a request itself makes.
    pub schema: String,
    /// The name.
    pub name: String,
}

impl QualifiedName {
    /// A name in a schema.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        QualifiedName { schema: schema.into(), name: name.into() }
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.name)
    }
}

/// The live schema of one database: what requests can name, and how it hangs together.
///
/// An immutable value; a change of the schema makes a new one ([`CatalogHandle::replace`]).
#[derive(Debug, Default)]
pub struct Catalog {
    pub(crate) relations: BTreeMap<QualifiedName, Relation>,
    pub(crate) functions: BTreeMap<QualifiedName, Vec<Function>>,
    /// By the relation that embeds, sorted.
    pub(crate) relationships: BTreeMap<QualifiedName, Vec<Relationship>>,
    /// From a type to a type, by a function written with its schema.
    pub(crate) representations: HashMap<(String, String), String>,
    pub(crate) media_handlers: Vec<MediaHandler>,
}

/// What a catalog is made of.
#[derive(Debug, Default)]
pub struct CatalogParts {
    /// Tables and views by name.
    pub relations: BTreeMap<QualifiedName, Relation>,
    /// Functions in any order, overloads included.
    pub functions: Vec<Function>,
    /// Foreign keys, also of relations that are not exposed.
    pub foreign_keys: Vec<ForeignKey>,
    /// Functions from rows to rows.
    pub computed_relationships: Vec<ComputedRelationship>,
    /// From a type to a type, by a function written with its schema.
    pub representations: HashMap<(String, String), String>,
    /// What makes media types of the application's own.
    pub media_handlers: Vec<MediaHandler>,
}

impl From<CatalogParts> for Catalog {
    fn from(parts: CatalogParts) -> Self {
        let mut functions: BTreeMap<QualifiedName, Vec<Function>> = BTreeMap::new();
        for function in parts.functions {
            functions.entry(function.name.clone()).or_default().push(function);
        }
        for overloads in functions.values_mut() {
            overloads.sort_by(|left, right| {
                (left.arguments.len(), &left.comment, &left.arguments).cmp(&(
                    right.arguments.len(),
                    &right.comment,
                    &right.arguments,
                ))
            });
        }
        Catalog {
            relationships: relate(
                &parts.relations,
                &parts.foreign_keys,
                parts.computed_relationships,
            ),
            relations: parts.relations,
            functions,
            representations: parts.representations,
            media_handlers: parts.media_handlers,
        }
    }
}

/// A table or view.
#[derive(Debug, Clone, Default)]
pub struct Relation {
    /// Its name.
    pub name: QualifiedName,
    /// What it is.
    pub kind: RelationKind,
    /// Its comment.
    pub comment: Option<String>,
    /// Its columns, in their order.
    pub columns: Vec<Column>,
    /// The columns of its primary key, for a view those that show the key of a table; empty without
    /// one.
    pub primary_key: Vec<String>,
    /// Whether rows can be inserted.
    pub insertable: bool,
    /// Whether rows can be updated.
    pub updatable: bool,
    /// Whether rows can be deleted.
    pub deletable: bool,
    /// Whether a read of it calls only functions that are known to be harmless, so that it may share
    /// a socket: a table whose policies call nothing but functions of PostgreSQL and of the schema
    /// `auth` that are not volatile.
    pub shareable_reads: bool,
}

/// What a relation is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RelationKind {
    /// A table, partitioned or not.
    #[default]
    Table,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    ForeignTable,
}

impl RelationKind {
    /// Whether it is a view of either kind.
    pub fn is_view(self) -> bool {
        matches!(self, RelationKind::View | RelationKind::MaterializedView)
    }
}

/// A column. Types are written with their schema unless they are PostgreSQL's own.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type with everything about it, such as `character varying(20)`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// Its type without length, of a domain over one of PostgreSQL's types that type.
    pub general_type: String,
    /// Its type below all domains.
    pub base_type: String,
    /// Whether it takes null.
    pub nullable: bool,
    /// Its default, or its type's, as SQL.
    pub default: Option<String>,
    /// The most characters that it takes.
    pub longest: Option<u32>,
    /// The labels of its enum.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Whether only PostgreSQL writes it.
    #[serde(default)]
    pub generated: bool,
    /// Its comment.
    pub comment: Option<String>,
}

/// A function that can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: QualifiedName,
    /// Its comment.
    pub comment: Option<String>,
    /// Its input arguments, in their order.
    pub arguments: Vec<Argument>,
    /// Whether it may change something.
    pub volatile: bool,
    /// What it answers.
    pub returns: Returns,
    /// Whether it answers a set of that.
    pub returns_set: bool,
    /// The type of its rows, which may be a relation of its schema, or of its value.
    pub result_name: String,
    /// Its result's type as SQL.
    pub result_type: String,
    /// The settings that hold during a call, without the isolation level.
    pub settings: Vec<(String, String)>,
    /// The isolation level that it asks for, in lower case.
    pub isolation: Option<String>,
}

impl Function {
    /// Whether it answers at most one row or value.
    pub fn returns_single(&self) -> bool {
        !self.returns_set
    }

    /// What its rows are planned as: the relation whose type they have, else the function itself.
    pub fn row_type(&self) -> QualifiedName {
        let name = match self.returns {
            Returns::Row => &self.result_name,
            Returns::Void | Returns::Value => &self.name.name,
        };
        QualifiedName::new(&self.name.schema, name)
    }
}

/// An input argument.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Argument {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: String,
    /// The type that a value is read as, which takes any length.
    pub widest_type: String,
    /// Whether a call may leave it out.
    #[serde(default)]
    pub has_default: bool,
    /// Whether it takes the rest of the arguments.
    pub variadic: bool,
}

/// The shape of a function's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// Nothing.
    Void,
    /// A value; `record` without columns is one too.
    Value,
    /// A row.
    Row,
}

/// What makes a media type out of rows or values.
#[derive(Debug, Clone)]
pub struct MediaHandler {
    /// An aggregate; of a function that returns the media type itself, that function.
    pub function: QualifiedName,
    /// Whether rows are aggregated rather than returned as they are.
    pub is_aggregate: bool,
    /// The relation or function whose rows or value it takes; any where `None`.
    pub target: Option<QualifiedName>,
    /// The media type as it is written in the domain's name.
    pub media_type: String,
    /// Whether it makes bytes.
    pub is_binary: bool,
}

impl Catalog {
    /// A relation by name.
    pub fn relation(&self, name: &QualifiedName) -> Option<&Relation> {
        self.relations.get(name)
    }

    /// The relations of a schema, by name.
    pub fn relations_in<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a Relation> {
        self.relations.values().filter(move |relation| relation.name.schema == schema)
    }

    /// The functions of this name, overloads included, the shorter first.
    pub fn functions(&self, name: &QualifiedName) -> &[Function] {
        self.functions.get(name).map_or(&[], Vec::as_slice)
    }

    /// The functions of a schema, by name.
    pub fn functions_in<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a Function> {
        self.functions.values().flatten().filter(move |function| function.name.schema == schema)
    }

    /// The ways from a relation to others.
    pub fn relationships(&self, from: &QualifiedName) -> &[Relationship] {
        self.relationships.get(from).map_or(&[], Vec::as_slice)
    }

    /// Whether anything leads from or to this relation.
    pub fn has_relationships(&self, from: &QualifiedName) -> bool {
        self.relationships.contains_key(from)
    }

    /// The relations of a schema that lead anywhere.
    pub fn related_names<'a>(&'a self, schema: &'a str) -> impl Iterator<Item = &'a str> {
        self.relationships
            .keys()
            .filter(move |name| name.schema == schema)
            .map(|name| name.name.as_str())
    }

    /// The function that turns values of one type into another, where a cast says so.
    pub fn representation(&self, from: &str, to: &str) -> Option<&str> {
        if self.representations.is_empty() {
            return None;
        }
        self.representations.get(&(from.to_owned(), to.to_owned())).map(String::as_str)
    }

    /// What makes media types of the application's own.
    pub fn media_handlers(&self) -> &[MediaHandler] {
        &self.media_handlers
    }
}

impl Relation {
    /// A column by name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// The current catalog of a database, shared by everything that plans with it. It is empty until
/// the schema was read for the first time.
#[derive(Debug, Clone, Default)]
pub struct CatalogHandle(Arc<RwLock<Option<Arc<Catalog>>>>);

impl CatalogHandle {
    /// A handle on a first catalog.
    pub fn new(catalog: Catalog) -> Self {
        let handle = CatalogHandle::default();
        handle.replace(catalog);
        handle
    }

    /// The catalog as it is now, if it was read; a request keeps the one that it began with.
    pub fn current(&self) -> Option<Arc<Catalog>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a new one in its place.
    pub fn replace(&self, catalog: Catalog) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(catalog));
    }
}
