//! How two relations hang together: by a foreign key of either side, or through a junction.

use serde_json::{Value, json};
use tenantry_catalog::{ForeignKey, Relation};

use super::Link;
use super::reads::Resolver;
use crate::error::DataError;
use crate::syntax::Embed;

impl Resolver<'_> {
    pub(super) fn no_relationship(&self, parent: &Relation, embed: &Embed) -> DataError {
        DataError::NoRelationship {
            parent: parent.name.clone(),
            child: embed.target.clone(),
            schema: self.schema.into(),
            hint: embed.hint.clone(),
        }
    }

    pub(super) fn relationship(
        &self,
        parent: &Relation,
        embed: &Embed,
    ) -> Result<Relationship, DataError> {
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
    pub(super) fn candidates(&self, parent: &Relation, target: &str) -> Vec<Relationship> {
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

    pub(super) fn is_junction(&self, first: &ForeignKey, second: &ForeignKey) -> bool {
        self.catalog.relation(&first.source.0, &first.source.1).is_some_and(|junction| {
            first
                .source_columns
                .iter()
                .chain(&second.source_columns)
                .all(|column| junction.primary_key.contains(column))
        })
    }
}

/// A way from a parent to a child.
pub(super) struct Relationship {
    pub(super) child: (String, String),
    pub(super) link: Link,
    pub(super) to_one: bool,
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
