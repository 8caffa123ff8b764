//! The second stage: what a request means in the schema. Pure: it reads a catalog, not a database.

mod calls;
mod embeds;
mod lanes;
mod negotiation;
mod planner;
mod reads;
mod relationships;
mod similarity;
mod spreads;
mod tree;
mod writes;

use std::collections::BTreeSet;

use tenantry_catalog::{Function, QualifiedName, Relationship};

use crate::api_request::media_type::MediaType;
use crate::api_request::preferences::Resolution;
use crate::api_request::range::Range;
use crate::syntax::{Aggregate, Direction, JsonStep, Test};

use self::planner::Planner;

/// A request with its meaning.
#[derive(Debug)]
pub struct Plan {
    /// What is done.
    pub work: PlannedWork,
    /// How the answer is made.
    pub handler: Handler,
    /// The media type of the answer.
    pub media_type: MediaType,
    /// Embeds that were named by their relation although they have an alias: name and alias.
    pub legacy_names: Vec<(String, String)>,
    /// Whether every part of a read is known to be cheap and harmless.
    pub shareable: bool,
}

/// What is done.
#[derive(Debug)]
pub enum PlannedWork {
    /// Rows are read.
    Read(ReadPlan),
    /// Rows are written, and perhaps read.
    Write(WritePlan),
    /// A function is called.
    Call(Box<CallPlan>),
    /// The schema is described.
    Inspect,
    /// The methods that can be used are told.
    Info(&'static [&'static str]),
}

/// How an answer is made of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handler {
    /// Not at all.
    Nothing,
    /// JSON: an array, or what a function returns.
    Json,
    /// The same without members that are null.
    JsonWithoutNulls,
    /// JSON: one object.
    Object {
        /// Whether members that are null are left out.
        without_nulls: bool,
    },
    /// Lines under a header.
    Csv,
    /// A GeoJSON feature collection.
    GeoJson,
    /// By an aggregate of the application's over rows, of this relation where it is one.
    Aggregate {
        /// The aggregate.
        function: QualifiedName,
        /// The relation whose rows it takes.
        of: Option<QualifiedName>,
        /// Whether it makes bytes.
        is_binary: bool,
    },
    /// As the function returned it.
    AsReturned {
        /// Whether that is bytes.
        is_binary: bool,
    },
}

/// Rows with what is embedded in them.
#[derive(Debug)]
pub struct ReadPlan {
    /// Where the rows come from.
    pub source: Source,
    /// The columns; none at all means that only embeds are wanted.
    pub columns: Vec<PlannedColumn>,
    /// The conditions, all of which have to hold.
    pub conditions: Vec<Condition>,
    /// The order.
    pub order: Vec<PlannedOrder>,
    /// Which of the rows.
    pub range: Range,
    /// The embeds.
    pub embeds: Vec<EmbedPlan>,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A relation.
    Relation(QualifiedName),
    /// What was written or called before; of this relation's rows, as far as is known.
    Earlier(QualifiedName),
}

impl Source {
    /// The relation, whichever way its rows come.
    pub fn relation(&self) -> &QualifiedName {
        match self {
            Source::Relation(name) | Source::Earlier(name) => name,
        }
    }
}

/// A column, or a path into one, in its relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlannedField {
    /// The column; `*` for all.
    pub name: String,
    /// The way into its value.
    pub path: Vec<JsonStep>,
    /// Whether its value has to become JSON before a path can lead into it.
    pub becomes_json: bool,
    /// The function that its values, or values compared with it, go through.
    pub transform: Option<String>,
    /// Whether the whole row is meant.
    pub whole_row: bool,
}

/// A selected column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlannedColumn {
    /// Which.
    pub field: PlannedField,
    /// The type that its value becomes.
    pub cast: Option<String>,
    /// What is made of its values.
    pub aggregate: Option<Aggregate>,
    /// The type that the aggregate's value becomes.
    pub aggregate_cast: Option<String>,
    /// The output name, where it differs.
    pub alias: Option<String>,
}

impl PlannedColumn {
    /// What the column is called outside.
    pub fn output_name(&self) -> &str {
        self.alias.as_deref().unwrap_or(&self.field.name)
    }
}

/// What has to hold for a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// A test of a column.
    Filter {
        /// The column.
        field: PlannedField,
        /// Whether its words are searched, in this language: then it is no search vector yet.
        searched_in: Option<Option<String>>,
        /// Whether the opposite is wanted.
        negated: bool,
        /// The test.
        test: Test,
    },
    /// Several conditions.
    Group {
        /// Whether the opposite is wanted.
        negated: bool,
        /// Whether one is enough.
        any: bool,
        /// The conditions.
        members: Vec<Condition>,
    },
    /// Whether an embed, by its place, has rows.
    EmbedExists {
        /// Which.
        place: usize,
        /// Whether it has to have some, or none.
        exists: bool,
    },
}

/// What rows are ordered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedOrder {
    /// The embed whose column it is, by its place.
    pub embed: Option<usize>,
    /// The column.
    pub field: PlannedField,
    /// Up or down.
    pub direction: Option<Direction>,
    /// Where nulls go.
    pub nulls_first: Option<bool>,
}

/// Rows that are embedded in others.
#[derive(Debug)]
pub struct EmbedPlan {
    /// The output name.
    pub name: String,
    /// How they are found.
    pub relationship: Relationship,
    /// Whether rows without one are left out.
    pub inner: bool,
    /// What they look like outside.
    pub output: EmbedOutput,
    /// What is read of them.
    pub plan: ReadPlan,
}

impl EmbedPlan {
    /// Whether a row has at most one.
    pub fn is_to_one(&self) -> bool {
        self.relationship.is_to_one()
    }
}

/// What embedded rows look like outside.
#[derive(Debug, PartialEq, Eq)]
pub enum EmbedOutput {
    /// Not at all: they only filter.
    Hidden,
    /// An object, or an array of objects.
    Json,
    /// Columns of the row that they are embedded in; of several rows, arrays.
    Spread(Vec<SpreadColumn>),
}

/// A column that an embed adds to the row that it is embedded in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpreadColumn {
    /// What the embed calls it.
    pub name: String,
    /// What is made of its values.
    pub aggregate: Option<Aggregate>,
    /// The type that the aggregate's value becomes.
    pub aggregate_cast: Option<String>,
    /// The output name, where it differs.
    pub alias: Option<String>,
}

/// Rows that are written.
#[derive(Debug)]
pub struct WritePlan {
    /// The relation.
    pub relation: QualifiedName,
    /// How.
    pub kind: WriteKind,
    /// The columns that the body sets.
    pub columns: Vec<BodyColumn>,
    /// Whether what an object leaves out becomes the column's default.
    pub fills_defaults: bool,
    /// What the written rows show.
    pub returning: Returning,
    /// The key, for `Location`, in the order of the columns.
    pub primary_key: Vec<String>,
    /// What is read of the written rows.
    pub answer: ReadPlan,
}

/// How rows are written.
#[derive(Debug, PartialEq, Eq)]
pub enum WriteKind {
    /// INSERT, perhaps with what happens to rows that are there already by these columns.
    Insert {
        /// The columns and what happens.
        conflict: Option<(Resolution, Vec<String>)>,
    },
    /// INSERT of one row that these conditions hold for, or UPDATE of the one with its key.
    Put {
        /// The key.
        key: Vec<String>,
        /// The conditions, on the body.
        conditions: Vec<Condition>,
    },
    /// UPDATE
    Update(Vec<Condition>),
    /// DELETE
    Delete(Vec<Condition>),
}

/// A column that a body sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyColumn {
    /// Its name.
    pub name: String,
    /// The type that its values are read as.
    pub data_type: String,
    /// The function that its values go through.
    pub transform: Option<String>,
    /// Its default, as SQL.
    pub default: Option<String>,
}

/// What written rows show to what is read of them.
#[derive(Debug, PartialEq, Eq)]
pub enum Returning {
    /// That they were written.
    Nothing,
    /// All columns.
    All,
    /// These columns; showing one needs the right to read it.
    Columns(BTreeSet<String>),
}

/// A function that is called.
#[derive(Debug)]
pub struct CallPlan {
    /// The function.
    pub function: Function,
    /// Where its arguments are.
    pub arguments: CallArguments,
    /// What its rows show to what is read of them.
    pub returning: Returning,
    /// What is read of its rows.
    pub answer: ReadPlan,
}

/// Where a function's arguments are.
#[derive(Debug, PartialEq, Eq)]
pub enum CallArguments {
    /// In a JSON object: the names.
    Body(BTreeSet<String>),
    /// In the query string or a form: names and values, several only for a variadic argument.
    Given(Vec<(String, Vec<String>)>),
    /// The whole body is the one argument, which has no name.
    Whole,
}
