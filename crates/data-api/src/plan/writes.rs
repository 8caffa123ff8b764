//! Writes: which columns the body sets, and which the answer needs.

use std::collections::BTreeSet;

use serde_json::Value;
use tenantry_catalog::Relation;

use super::reads::Resolver;
use super::{Link, PlannedCondition, ReadPlan, SelectedColumn, WriteKind, WritePlan};
use crate::api_request::Action;
use crate::error::DataError;
use crate::preferences::{Representation, Resolution};

impl Resolver<'_> {
    pub(super) fn write(&self, relation: &Relation) -> Result<WritePlan, DataError> {
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
            defaults: self.defaults(relation, &columns),
            columns,
            body_rows,
            returning,
            primary_key: relation.primary_key.clone(),
            answer,
            conditions,
        })
    }

    pub(super) fn conflict(&self, relation: &Relation) -> Option<(Vec<String>, Resolution)> {
        let resolution = self.request.preferences.resolution?;
        let columns =
            self.request.on_conflict.clone().unwrap_or_else(|| relation.primary_key.clone());
        (!columns.is_empty()).then_some((columns, resolution))
    }

    /// What objects get that leave a column out, where the client asked for it.
    fn defaults(&self, relation: &Relation, columns: &[String]) -> Vec<(String, String)> {
        let inserts = self.request.action == Action::Insert;
        if !(inserts && self.request.preferences.missing_default) {
            return Vec::new();
        }
        columns
            .iter()
            .filter_map(|name| Some((name.clone(), relation.column(name)?.default.clone()?)))
            .collect()
    }

    /// The keys of the body's objects, which have to be the same unless `columns=` chooses, and how
    /// many objects there are.
    pub(super) fn body_keys(&self) -> Result<(Vec<String>, usize), DataError> {
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
