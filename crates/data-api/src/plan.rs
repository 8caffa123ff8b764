//! The second stage: what a request means in the schema. Pure: it reads a catalog, not a database.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tenantry_catalog::{Catalog, ForeignKey, Function, Relation, Returns};

use crate::api_request::{Action, ApiRequest, Target, is_null_test};
use crate::error::DataError;
use crate::preferences::{Representation, Resolution};
use crate::syntax::{Condition, Embed, Field, OrderTerm, SelectItem, Test};

/// A read of more rows gets a socket of its own: others would wait behind it.
const MOST_SHARED_ROWS: u64 = 1000;

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

/// Whether a read is of few rows: by its limit, or by the whole primary key.
fn is_bounded(catalog: &Catalog, plan: &ReadPlan) -> bool {
    if plan.limit.is_some_and(|limit| limit <= MOST_SHARED_ROWS) {
        return true;
    }
    let key = catalog
        .relation(&plan.relation.0, &plan.relation.1)
        .map_or(&[][..], |relation| relation.primary_key.as_slice());
    let is_given = |column: &String| {
        plan.conditions.iter().any(|condition| {
            matches!(
                condition,
                PlannedCondition::On(Condition::Filter { field, negated: false, test: Test::Compare("=", _) })
                    if field.column == *column && field.steps.is_empty()
            )
        })
    };
    !key.is_empty() && key.iter().all(is_given)
}

fn is_shareable(catalog: &Catalog, plan: &ReadPlan) -> bool {
    let relation = |(schema, name): &(String, String)| {
        catalog.relation(schema, name).is_some_and(|found| found.shareable_reads)
    };
    // A column that is none may be a function of the row.
    let known = catalog.relation(&plan.relation.0, &plan.relation.1);
    let plain = plan.columns.iter().all(|column| match column {
        SelectedColumn::All => true,
        SelectedColumn::Field { field, .. } => {
            known.is_some_and(|known| known.column(&field.column).is_some())
        }
    });
    plain
        && relation(&plan.relation)
        && plan.embeds.iter().all(|embed| {
            is_shareable(catalog, &embed.plan)
                && match &embed.link {
                    Link::Direct(_) => true,
                    Link::Junction { relation: junction, .. } => relation(junction),
                }
        })
}

struct Resolver<'a> {
    request: &'a ApiRequest,
    catalog: &'a Catalog,
    schema: &'a str,
    max_rows: Option<u64>,
}

impl<'a> Resolver<'a> {
    fn relation(&self, name: &str) -> Result<&'a Relation, DataError> {
        self.catalog.relation(self.schema, name).ok_or_else(|| DataError::NoRelation {
            schema: self.schema.into(),
            name: name.into(),
            similar: most_similar(name, self.catalog.relation_names(self.schema)),
        })
    }

    fn root(&self, relation: &Relation) -> Result<ReadPlan, DataError> {
        let mut used = vec![Vec::new()];
        let plan = self.read(relation, &self.request.select, &[], &mut used)?;
        self.refuse_strays(&used)?;
        Ok(plan)
    }

    /// Filters, orders and limits that belong to no embed of the request.
    fn refuse_strays(&self, used: &[Vec<String>]) -> Result<(), DataError> {
        let request = self.request;
        let paths = request
            .conditions
            .iter()
            .map(|(path, _)| path)
            .chain(request.orders.iter().map(|(path, _)| path))
            .chain(request.limits.iter().map(|(path, _)| path))
            .chain(request.offsets.iter().map(|(path, _)| path));
        for path in paths {
            if !used.contains(path) {
                return Err(DataError::NotEmbedded(path.join(".")));
            }
        }
        Ok(())
    }

    fn read(
        &self,
        relation: &Relation,
        items: &[SelectItem],
        path: &[String],
        used: &mut Vec<Vec<String>>,
    ) -> Result<ReadPlan, DataError> {
        let mut columns = Vec::new();
        let mut embeds: Vec<EmbedPlan> = Vec::new();
        for item in items {
            match item {
                SelectItem::All => columns.push(SelectedColumn::All),
                SelectItem::Field { field, alias, cast } => columns.push(SelectedColumn::Field {
                    field: field.clone(),
                    alias: alias.clone(),
                    cast: cast.clone(),
                }),
                SelectItem::Embed(embed) => embeds.push(self.embed(relation, embed, path, used)?),
            }
        }
        let at_path = |own: &Vec<String>| own.as_slice() == path;
        let request = self.request;
        let conditions = request
            .conditions
            .iter()
            .filter(|(own, _)| at_path(own))
            .map(|(_, condition)| self.condition(relation, condition, &embeds))
            .collect();
        let limit = request.limits.iter().find(|(own, _)| at_path(own)).map(|(_, limit)| *limit);
        Ok(ReadPlan {
            relation: (relation.schema.clone(), relation.name.clone()),
            columns,
            conditions,
            order: request
                .orders
                .iter()
                .find(|(own, _)| at_path(own))
                .map_or_else(Vec::new, |(_, order)| order.clone()),
            limit: match (limit, self.max_rows) {
                (Some(limit), Some(most)) => Some(limit.min(most)),
                (limit, most) => limit.or(most),
            },
            offset: request
                .offsets
                .iter()
                .find(|(own, _)| at_path(own))
                .map_or(0, |(_, offset)| *offset),
            embeds,
        })
    }

    /// `embed=is.null` asks whether the embed has rows, unless a column has that name.
    fn condition(
        &self,
        relation: &Relation,
        condition: &Condition,
        embeds: &[EmbedPlan],
    ) -> PlannedCondition {
        if let Condition::Filter { field, negated, test } = condition
            && relation.column(&field.column).is_none()
            && field.steps.is_empty()
            && let Some(is_null) = is_null_test(test)
            && let Some(place) = embeds.iter().position(|embed| embed.name == field.column)
        {
            return PlannedCondition::EmbedIsNull(place, is_null != *negated);
        }
        PlannedCondition::On(condition.clone())
    }

    fn embed(
        &self,
        parent: &Relation,
        embed: &Embed,
        path: &[String],
        used: &mut Vec<Vec<String>>,
    ) -> Result<EmbedPlan, DataError> {
        let relationship = self.relationship(parent, embed)?;
        let child = self
            .catalog
            .relation(&relationship.child.0, &relationship.child.1)
            .ok_or_else(|| self.no_relationship(parent, embed))?;
        let name = embed.alias.clone().unwrap_or_else(|| embed.target.clone());
        let own_path = [path, std::slice::from_ref(&name)].concat();
        used.push(own_path.clone());
        let plan = self.read(child, &embed.items, &own_path, used)?;
        Ok(EmbedPlan {
            name,
            to_one: relationship.to_one,
            link: relationship.link,
            inner: embed.inner,
            spread: embed.spread,
            plan,
        })
    }

    fn no_relationship(&self, parent: &Relation, embed: &Embed) -> DataError {
        DataError::NoRelationship {
            parent: parent.name.clone(),
            child: embed.target.clone(),
            schema: self.schema.into(),
            hint: embed.hint.clone(),
        }
    }

    fn relationship(&self, parent: &Relation, embed: &Embed) -> Result<Relationship, DataError> {
        let mut found = self.candidates(parent, &embed.target);
        if let Some(hint) = &embed.hint {
            found.retain(|one| one.answers_to(hint));
        }
        match found.len() {
            0 => Err(self.no_relationship(parent, embed)),
            1 => Ok(found.remove(0)),
            _ => Err(DataError::AmbiguousRelationship {
                parent: parent.name.clone(),
                child: embed.target.clone(),
                alternatives: found
                    .iter()
                    .map(|one| format!("{}!{}", embed.target, one.label))
                    .collect(),
                found: found.iter().map(|one| one.describe(&parent.name)).collect(),
            }),
        }
    }

    /// Every way from `parent` to what `target` names: a relation, a foreign key or its column.
    fn candidates(&self, parent: &Relation, target: &str) -> Vec<Relationship> {
        let here = (parent.schema.clone(), parent.name.clone());
        let mut found = Vec::new();
        for key in self.catalog.foreign_keys() {
            let by_key = key.name == target;
            if key.source == here
                && (key.target.1 == target || by_key || key.source_columns == [target])
            {
                found.push(Relationship::to_target(key));
            }
            if key.target == here && (key.source.1 == target || by_key) {
                found.push(Relationship::to_source(key));
            }
        }
        // A table whose primary key holds both foreign keys joins many to many.
        for first in self.catalog.foreign_keys().iter().filter(|key| key.target == here) {
            for second in self.catalog.foreign_keys() {
                let same_table = second.source == first.source && second.name != first.name;
                if same_table && second.target.1 == target && self.is_junction(first, second) {
                    found.push(Relationship::through(first, second));
                }
            }
        }
        found
    }

    fn is_junction(&self, first: &ForeignKey, second: &ForeignKey) -> bool {
        self.catalog.relation(&first.source.0, &first.source.1).is_some_and(|junction| {
            first
                .source_columns
                .iter()
                .chain(&second.source_columns)
                .all(|column| junction.primary_key.contains(column))
        })
    }

    fn write(&self, relation: &Relation) -> Result<WritePlan, DataError> {
        let request = self.request;
        let kind = match request.action {
            Action::Update => WriteKind::Update,
            Action::Delete => WriteKind::Delete,
            _ => WriteKind::Insert { conflict: self.conflict(relation) },
        };
        let (keys, body_rows) =
            if kind == WriteKind::Delete { (Vec::new(), 0) } else { self.body_keys()? };
        let columns = request.columns.clone().unwrap_or(keys);
        for column in &columns {
            if relation.column(column).is_none() {
                return Err(DataError::NoColumn(relation.name.clone(), column.clone()));
            }
        }
        let mut used = vec![Vec::new()];
        let mut answer = self.read(relation, &request.select, &[], &mut used)?;
        self.refuse_strays(&used)?;
        let conditions = std::mem::take(&mut answer.conditions)
            .into_iter()
            .filter_map(|condition| match condition {
                PlannedCondition::On(condition) => Some(condition),
                PlannedCondition::EmbedIsNull(..) => None,
            })
            .collect();
        answer.limit = None;
        answer.offset = 0;
        let returning = match request.preferences.representation {
            Representation::Full => returned_columns(&answer),
            Representation::HeadersOnly => Some(relation.primary_key.iter().cloned().collect()),
            Representation::Minimal => Some(BTreeSet::new()),
        };
        Ok(WritePlan {
            relation: (relation.schema.clone(), relation.name.clone()),
            kind,
            columns,
            body_rows,
            returning,
            primary_key: relation.primary_key.clone(),
            answer,
            conditions,
        })
    }

    fn conflict(&self, relation: &Relation) -> Option<(Vec<String>, Resolution)> {
        let resolution = self.request.preferences.resolution?;
        let columns =
            self.request.on_conflict.clone().unwrap_or_else(|| relation.primary_key.clone());
        (!columns.is_empty()).then_some((columns, resolution))
    }

    /// The keys of the body's objects, which have to be the same unless `columns=` chooses, and how
    /// many objects there are.
    fn body_keys(&self) -> Result<(Vec<String>, usize), DataError> {
        let text = self.request.json_body()?;
        let body: Value =
            serde_json::from_str(text).map_err(|error| DataError::Body(error.to_string()))?;
        let objects = match &body {
            Value::Array(items) => items.iter().collect(),
            other => vec![other],
        };
        let mut keys: Option<Vec<String>> = None;
        for object in &objects {
            let Value::Object(object) = object else {
                return Err(DataError::Body("All object keys must match".into()));
            };
            let mut own: Vec<String> = object.keys().cloned().collect();
            own.sort();
            if self.request.columns.is_none() && keys.as_ref().is_some_and(|first| *first != own) {
                return Err(DataError::Body("All object keys must match".into()));
            }
            keys.get_or_insert(own);
        }
        Ok((keys.unwrap_or_default(), objects.len()))
    }

    fn call(&self, name: &str) -> Result<CallPlan, DataError> {
        let request = self.request;
        let from_query = request.action != Action::Call;
        let given: Vec<String> = if from_query {
            request.arguments.iter().map(|(name, _)| name.clone()).collect()
        } else {
            match serde_json::from_str(request.json_body()?) {
                Ok(Value::Object(object)) => object.keys().cloned().collect(),
                _ => Vec::new(),
            }
        };
        let overloads = self.catalog.functions(self.schema, name);
        let function = self.overload(name, overloads, &given, from_query)?;
        let whole = function.arguments.len() == 1 && function.arguments[0].name.is_empty();
        let type_of = |argument: &str| {
            function
                .arguments
                .iter()
                .find(|one| one.name == argument)
                .map(|one| one.data_type.clone())
                .unwrap_or_default()
        };
        let arguments = if whole {
            CallArguments::Whole
        } else if from_query {
            CallArguments::Query(
                request
                    .arguments
                    .iter()
                    .map(|(name, value)| (name.clone(), type_of(name), value.clone()))
                    .collect(),
            )
        } else {
            CallArguments::Body(given.iter().map(|name| (name.clone(), type_of(name))).collect())
        };
        let mut used = vec![Vec::new()];
        let answer = match &function.relation {
            Some((schema, name)) => match self.catalog.relation(schema, name) {
                Some(relation) => self.read(relation, &request.select, &[], &mut used)?,
                None => self.read_unknown(),
            },
            None => self.read_unknown(),
        };
        Ok(CallPlan { function, arguments, answer })
    }

    /// Rows whose columns are only known to the database.
    fn read_unknown(&self) -> ReadPlan {
        let nameless = Relation {
            schema: String::new(),
            name: String::new(),
            kind: tenantry_catalog::RelationKind::View,
            columns: Vec::new(),
            primary_key: Vec::new(),
            shareable_reads: false,
        };
        let items: Vec<SelectItem> = self
            .request
            .select
            .iter()
            .filter(|item| !matches!(item, SelectItem::Embed(_)))
            .cloned()
            .collect();
        self.read(&nameless, &items, &[], &mut Vec::new())
            .unwrap_or_else(|_| unreachable!("only embeds can be unknown"))
    }

    fn overload(
        &self,
        name: &str,
        overloads: &[Function],
        given: &[String],
        from_query: bool,
    ) -> Result<Function, DataError> {
        let fits = |function: &&Function| {
            given
                .iter()
                .all(|name| function.arguments.iter().any(|argument| argument.name == *name))
                && function
                    .arguments
                    .iter()
                    .all(|argument| argument.has_default || given.contains(&argument.name))
        };
        let mut fitting: Vec<&Function> = overloads.iter().filter(fits).collect();
        // A function of one nameless JSON argument takes the whole body, if no other fits.
        if fitting.is_empty() && !from_query {
            fitting = overloads
                .iter()
                .filter(|one| {
                    one.arguments.len() == 1
                        && one.arguments[0].name.is_empty()
                        && matches!(one.arguments[0].data_type.as_str(), "json" | "jsonb")
                })
                .collect();
        }
        match fitting[..] {
            [one] => Ok(one.clone()),
            [] => Err(DataError::NoFunction {
                schema: self.schema.into(),
                name: name.into(),
                arguments: given.to_vec(),
            }),
            _ => Err(DataError::AmbiguousFunction(
                fitting.iter().map(|one| describe(one)).collect::<Vec<_>>().join(", "),
            )),
        }
    }
}

/// A way from a parent to a child.
struct Relationship {
    child: (String, String),
    link: Link,
    to_one: bool,
    label: String,
    columns: Vec<String>,
    cardinality: &'static str,
}

impl Relationship {
    /// From the side that has the key.
    fn to_target(key: &ForeignKey) -> Self {
        Relationship {
            child: key.target.clone(),
            link: Link::Direct(pairs(&key.target_columns, &key.source_columns)),
            to_one: true,
            label: key.name.clone(),
            columns: key.source_columns.clone(),
            cardinality: if key.one_to_one { "one-to-one" } else { "many-to-one" },
        }
    }

    /// From the side that the key points at.
    fn to_source(key: &ForeignKey) -> Self {
        Relationship {
            child: key.source.clone(),
            link: Link::Direct(pairs(&key.source_columns, &key.target_columns)),
            to_one: key.one_to_one,
            label: key.name.clone(),
            columns: key.source_columns.clone(),
            cardinality: if key.one_to_one { "one-to-one" } else { "one-to-many" },
        }
    }

    fn through(to_parent: &ForeignKey, to_child: &ForeignKey) -> Self {
        Relationship {
            child: to_child.target.clone(),
            link: Link::Junction {
                relation: to_parent.source.clone(),
                to_child: pairs(&to_child.target_columns, &to_child.source_columns),
                to_parent: pairs(&to_parent.source_columns, &to_parent.target_columns),
            },
            to_one: false,
            label: to_parent.source.1.clone(),
            columns: Vec::new(),
            cardinality: "many-to-many",
        }
    }

    /// A hint is a foreign key's name, one of its columns, or a junction's name.
    fn answers_to(&self, hint: &str) -> bool {
        self.label == hint || self.columns == [hint]
    }

    fn describe(&self, parent: &str) -> Value {
        json!({
            "cardinality": self.cardinality,
            "embedding": format!("{parent} with {}", self.child.1),
            "relationship": format!("{} using {parent}({})", self.label, self.columns.join(", ")),
        })
    }
}

fn pairs(left: &[String], right: &[String]) -> Vec<(String, String)> {
    left.iter().cloned().zip(right.iter().cloned()).collect()
}

fn describe(function: &Function) -> String {
    let arguments: Vec<String> =
        function.arguments.iter().map(|one| format!("{} => {}", one.name, one.data_type)).collect();
    format!("{}.{}({})", function.schema, function.name, arguments.join(", "))
}

/// The columns that an answer needs of the written rows: those selected, ordered by, and those that
/// embeds join on. `None` where `*` is among them.
fn returned_columns(answer: &ReadPlan) -> Option<BTreeSet<String>> {
    let mut columns = BTreeSet::new();
    for column in &answer.columns {
        match column {
            SelectedColumn::All => return None,
            SelectedColumn::Field { field, .. } => drop(columns.insert(field.column.clone())),
        }
    }
    columns.extend(answer.order.iter().map(|term| term.field.column.clone()));
    for embed in &answer.embeds {
        let joined = match &embed.link {
            Link::Direct(pairs) => pairs,
            Link::Junction { to_parent, .. } => to_parent,
        };
        columns.extend(joined.iter().map(|(_, parent)| parent.clone()));
    }
    Some(columns)
}

/// The name that is most like `wanted`, if one is like it at all.
fn most_similar<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    names
        .map(|name| (similarity(wanted, name), name))
        .filter(|(similarity, _)| *similarity >= 0.75)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name.to_owned())
}

/// One minus the edit distance as a part of the longer name.
fn similarity(left: &str, right: &str) -> f64 {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    let longest = left.len().max(right.len()).max(1);
    1.0 - row[right.len()] as f64 / longest as f64
}

/// Whether a function answers rows rather than a value.
pub fn answers_rows(function: &Function) -> bool {
    matches!(function.returns, Returns::Row | Returns::SetOfRows)
}
