//! Writes: which columns, which rows, and what of them is shown.

use tenantry_catalog::Relation;

use super::{BodyColumn, Condition, Planner, ReadPlan, Returning, WriteKind, WritePlan, embeds};
use crate::api_request::Action;
use crate::api_request::preferences::{Missing, Representation, Resolution};
use crate::error::DataError;
use crate::syntax::{Operator, Test};

impl Planner<'_> {
    pub(super) fn write(
        &self,
        relation: &Relation,
        answer: ReadPlan,
    ) -> Result<WritePlan, DataError> {
        let request = self.request;
        let preferences = &request.preferences;
        let returning = match preferences.representation {
            None | Some(Representation::Minimal) => Returning::Nothing,
            Some(Representation::Full) => embeds::needed_columns(&answer, &relation.primary_key),
            Some(Representation::HeadersOnly) => {
                Returning::Columns(relation.primary_key.iter().cloned().collect())
            }
        };
        let kind = match request.action {
            Action::Put => self.put(relation)?,
            Action::Update => WriteKind::Update(self.root_conditions(relation)?),
            Action::Delete => WriteKind::Delete(self.root_conditions(relation)?),
            _ => {
                let key = request
                    .query
                    .on_conflict
                    .clone()
                    .unwrap_or_else(|| relation.primary_key.clone());
                let conflict = preferences.resolution.filter(|_| !key.is_empty());
                WriteKind::Insert { conflict: conflict.map(|resolution| (resolution, key)) }
            }
        };
        let in_table_order =
            |name: &String| relation.columns.iter().position(|column| column.name == *name);
        let mut primary_key = relation.primary_key.clone();
        primary_key.sort_by_key(in_table_order);
        Ok(WritePlan {
            relation: relation.name.clone(),
            kind,
            columns: self.body_columns(relation)?,
            fills_defaults: preferences.missing == Some(Missing::Default)
                && request.action != Action::Put,
            returning,
            primary_key,
            answer,
        })
    }

    fn body_columns(&self, relation: &Relation) -> Result<Vec<BodyColumn>, DataError> {
        self.request
            .columns
            .iter()
            .map(|name| {
                let column = relation.column(name).ok_or_else(|| DataError::NoColumn {
                    relation: relation.name.name.clone(),
                    column: name.clone(),
                })?;
                let transform = self.catalog.representation("json", &column.data_type);
                Ok(BodyColumn {
                    name: name.clone(),
                    data_type: match transform {
                        Some(_) => "json".into(),
                        None => column.data_type.clone(),
                    },
                    transform: transform.map(str::to_owned),
                    default: column.default.clone(),
                })
            })
            .collect()
    }

    fn root_conditions(&self, relation: &Relation) -> Result<Vec<Condition>, DataError> {
        let query = &self.request.query;
        let filters = query.filters.iter().filter(|(path, _)| path.is_empty());
        let logic = query.logic.iter().filter(|(path, _)| path.is_empty());
        filters
            .map(|(_, filter)| self.filter(filter, Some(relation), &[]))
            .chain(logic.map(|(_, logic)| self.logic(logic, Some(relation), &[])))
            .collect()
    }

    /// A PUT names one row by its whole key and nothing else.
    fn put(&self, relation: &Relation) -> Result<WriteKind, DataError> {
        let query = &self.request.query;
        let names_key = query.filter_names.iter().all(|name| relation.primary_key.contains(name))
            && relation.primary_key.iter().all(|name| query.filter_names.contains(name));
        let all_equal = query.filters.iter().all(|(_, filter)| {
            !filter.negated
                && matches!(filter.test, Test::Quantified(Operator::Plain("="), None, _))
        });
        if relation.primary_key.is_empty() || !names_key || !all_equal || !query.logic.is_empty() {
            return Err(DataError::PutFilters);
        }
        // What the body leaves out of the key would be made up by a default.
        if !relation.primary_key.iter().all(|name| self.request.columns.contains(name)) {
            return Err(DataError::PutMismatch);
        }
        Ok(WriteKind::Put {
            key: relation.primary_key.clone(),
            conditions: self.root_conditions(relation)?,
        })
    }
}

impl WriteKind {
    /// What happens to rows that are there already.
    pub fn resolution(&self) -> Option<Resolution> {
        match self {
            WriteKind::Insert { conflict: Some((resolution, _)) } => Some(*resolution),
            WriteKind::Put { .. } => Some(Resolution::Merge),
            _ => None,
        }
    }
}
