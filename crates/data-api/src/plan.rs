//! The second stage: what a request means in the schema. Pure: it reads a catalog, not a database.

mod calls;
mod lanes;
mod reads;
mod relationships;
mod similarity;
mod writes;

use std::collections::BTreeSet;

use tenantry_catalog::{Catalog, Function, Returns};

use self::lanes::{is_bounded, is_shareable};
use self::reads::Resolver;
use crate::api_request::{Action, ApiRequest, Target};
use crate::error::DataError;
use crate::preferences::Resolution;
use crate::syntax::{Condition, Field, OrderTerm};

/// A request with its meaning.
#[derive(Debug)]
pub struct Plan {
    /// The schema that is spoken to.
    pub schema: String,
    /// What is done.
    pub work: PlannedWork,
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
    Call(CallPlan),
}

/// Rows of a relation with what is embedded in them.
#[derive(Debug)]
pub struct ReadPlan {
    /// Schema and name.
    pub relation: (String, String),
    /// The columns.
    pub columns: Vec<SelectedColumn>,
    /// The conditions.
    pub conditions: Vec<PlannedCondition>,
    /// The order.
    pub order: Vec<OrderTerm>,
    /// The limit.
    pub limit: Option<u64>,
    /// The offset.
    pub offset: u64,
    /// The embeds.
    pub embeds: Vec<EmbedPlan>,
}

/// A selected column.
#[derive(Debug, Clone)]
pub enum SelectedColumn {
    /// `*`
    All,
    /// One column or path.
    Field {
        /// What.
        field: Field,
        /// The output name, where it differs.
        alias: Option<String>,
        /// The cast.
        cast: Option<String>,
    },
}

/// A condition of a relation, or on whether an embed has rows.
#[derive(Debug)]
pub enum PlannedCondition {
    /// On columns.
    On(Condition),
    /// `embed=is.null` (true) or `embed=not.is.null` (false), by the embed's place.
    EmbedIsNull(usize, bool),
}

/// A relation that is embedded in another.
#[derive(Debug)]
pub struct EmbedPlan {
    /// The output name.
    pub name: String,
    /// How its rows are found.
    pub link: Link,
    /// Whether a parent has at most one.
    pub to_one: bool,
    /// Whether parents without one are left out.
    pub inner: bool,
    /// Whether its columns become the parent's.
    pub spread: bool,
    /// What is read of it.
    pub plan: ReadPlan,
}

/// How an embed's rows are found: pairs of the embed's column and the parent's column.
#[derive(Debug)]
pub enum Link {
    /// By a foreign key of either side.
    Direct(Vec<(String, String)>),
    /// Through a table with a foreign key to each side.
    Junction {
        /// Schema and name.
        relation: (String, String),
        /// Pairs of the embed's column and the junction's column.
        to_child: Vec<(String, String)>,
        /// Pairs of the junction's column and the parent's column.
        to_parent: Vec<(String, String)>,
    },
}

/// Rows that are written.
#[derive(Debug)]
pub struct WritePlan {
    /// Schema and name.
    pub relation: (String, String),
    /// How.
    pub kind: WriteKind,
    /// The columns that the body sets.
    pub columns: Vec<String>,
    /// The number of rows in the body.
    pub body_rows: usize,
    /// Columns with their defaults as SQL, for objects that leave them out under `missing=default`.
    pub defaults: Vec<(String, String)>,
    /// The columns that the answer needs of the written rows; `None`: all.
    pub returning: Option<BTreeSet<String>>,
    /// The key, for `Location`.
    pub primary_key: Vec<String>,
    /// The answer: conditions belong to the write, so it has none.
    pub answer: ReadPlan,
    /// Which rows are updated or deleted.
    pub conditions: Vec<Condition>,
}

/// How rows are written.
#[derive(Debug, PartialEq, Eq)]
pub enum WriteKind {
    /// INSERT, perhaps with what happens to rows that are there already.
    Insert {
        /// The conflict's columns and what happens.
        conflict: Option<(Vec<String>, Resolution)>,
    },
    /// UPDATE
    Update,
    /// DELETE
    Delete,
}

/// A function that is called.
#[derive(Debug)]
pub struct CallPlan {
    /// The function.
    pub function: Function,
    /// The arguments that are given.
    pub arguments: CallArguments,
    /// What is read of its rows, where it returns rows.
    pub answer: ReadPlan,
}

/// Where a function's arguments are.
#[derive(Debug)]
pub enum CallArguments {
    /// In a JSON object: names and types.
    Body(Vec<(String, String)>),
    /// In the query string: names, types and values.
    Query(Vec<(String, String, String)>),
    /// The whole body is the one argument, which has no name.
    Whole,
}

/// What of a database can be named.
#[derive(Debug, Clone, Copy)]
pub struct Exposed<'a> {
    /// The schemas; the first is the default.
    pub schemas: &'a [String],
    /// The most rows that a read answers at any level.
    pub max_rows: Option<u64>,
    /// Whether `public` means the default schema where it is not exposed itself: Supabase's clients
    /// name it on every request unless they are told another.
    pub public_is_default: bool,
}

impl Plan {
    /// Gives a request its meaning.
    ///
    /// # Errors
    /// [`DataError`]: what it names is not there, or is ambiguous.
    pub fn resolve(
        request: &ApiRequest,
        catalog: &Catalog,
        exposed: &Exposed<'_>,
    ) -> Result<Plan, DataError> {
        let Exposed { schemas, max_rows, public_is_default } = *exposed;
        let schema = match &request.profile {
            Some(profile) if schemas.contains(profile) => profile.clone(),
            Some(profile) if public_is_default && profile == "public" => {
                schemas.first().cloned().unwrap_or_default()
            }
            Some(profile) => return Err(DataError::Schema(profile.clone(), schemas.to_vec())),
            None => schemas.first().cloned().unwrap_or_default(),
        };
        let resolver = Resolver { request, catalog, schema: &schema, max_rows };
        let work = match (&request.target, request.action) {
            (Target::Relation(name), Action::Read { .. }) => {
                PlannedWork::Read(resolver.root(resolver.relation(name)?)?)
            }
            (Target::Relation(name), _) => {
                PlannedWork::Write(resolver.write(resolver.relation(name)?)?)
            }
            (Target::Function(name), _) => PlannedWork::Call(resolver.call(name)?),
        };
        let counts = request.preferences.count.is_some();
        let shareable = match &work {
            PlannedWork::Read(plan) => {
                !counts && is_bounded(catalog, plan) && is_shareable(catalog, plan)
            }
            PlannedWork::Write(_) | PlannedWork::Call(_) => false,
        };
        Ok(Plan { schema, work, shareable })
    }
}

/// Whether a function answers rows rather than a value.
pub fn answers_rows(function: &Function) -> bool {
    matches!(function.returns, Returns::Row | Returns::SetOfRows)
}
