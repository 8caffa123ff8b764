//! Which of the ways between two relations an embed means.

use serde_json::{Value, json};
use tenantry_catalog::{Cardinality, Key, KeyedRelationship, QualifiedName, Relationship};

use super::{Planner, similarity};
use crate::error::DataError;
use crate::syntax::Embed;

impl Planner<'_> {
    pub(super) fn relationship(
        &self,
        parent: &QualifiedName,
        embed: &Embed,
    ) -> Result<Relationship, DataError> {
        let schema = &self.request.schema;
        let origin = QualifiedName::new(schema, &parent.name);
        let here: Vec<&Relationship> = self
            .catalog
            .relationships(&origin)
            .iter()
            .filter(|relationship| match relationship {
                Relationship::Keyed(keyed) => keyed.to.schema == *schema,
                Relationship::Computed(computed) => computed.function.schema == *schema,
            })
            .collect();
        let fitting: Vec<&Relationship> = here
            .iter()
            .copied()
            .filter(|relationship| fits(relationship, &embed.target, embed.hint.as_deref()))
            .collect();
        match fitting[..] {
            [one] => Ok(one.clone()),
            [] => Err(self.no_relationship(&origin, embed, &here)),
            _ => Err(DataError::AmbiguousRelationship {
                parent: parent.name.clone(),
                child: embed.target.clone(),
                found: fitting.iter().map(|one| described(one)).collect(),
                alternatives: fitting.iter().filter_map(|one| alternative(one)).collect(),
            }),
        }
    }

    fn no_relationship(
        &self,
        origin: &QualifiedName,
        embed: &Embed,
        here: &[&Relationship],
    ) -> DataError {
        let schema = &self.request.schema;
        let similar = if here.is_empty() {
            let parents = self.catalog.related_names(schema);
            similarity::most_similar(&origin.name, parents, similarity::FAR)
                .filter(|name| *name != origin.name)
                .map(|name| (name, origin.name.clone()))
        } else {
            let children = here.iter().map(|relationship| relationship.to().name.as_str());
            similarity::most_similar(&embed.target, children, similarity::FAR)
                .filter(|name| *name != embed.target)
                .map(|name| (name, embed.target.clone()))
        };
        DataError::NoRelationship {
            parent: origin.name.clone(),
            child: embed.target.clone(),
            schema: schema.clone(),
            hint: embed.hint.clone(),
            similar: similar.map(Box::new),
        }
    }
}

/// Whether a way is what a target and a hint name: the target a relation, or of a table the key
/// that leads there or its only column; the hint a key, a column of either side, or a junction.
fn fits(relationship: &Relationship, target: &str, hint: Option<&str>) -> bool {
    let keyed = match relationship {
        Relationship::Computed(computed) => return computed.function.name == target,
        Relationship::Keyed(keyed) => keyed,
    };
    let key = keyed.cardinality.key();
    let names_relation = keyed.to.name == target;
    let own = |name: &str| key.is_some_and(|key| only_column(key, |pair| &pair.0) == Some(name));
    let others = |name: &str| key.is_some_and(|key| only_column(key, |pair| &pair.1) == Some(name));
    let constraint = |name: &str| key.is_some_and(|key| key.constraint == name);
    let is_to_many = matches!(keyed.cardinality, Cardinality::OneToMany(_));
    if keyed.is_self {
        // One key leads both ways: the relation's name means the many, the column the one.
        return match hint {
            None => {
                let is_to_one = matches!(keyed.cardinality, Cardinality::ManyToOne(_));
                names_relation && is_to_many || own(target) && is_to_one
            }
            Some(hint) => names_relation && is_to_many && others(hint),
        };
    }
    match hint {
        None => names_relation || !keyed.to_is_view && (constraint(target) || own(target)),
        Some(hint) => {
            let junction = matches!(
                &keyed.cardinality,
                Cardinality::ManyToMany(junction) if junction.relation.name == hint
            );
            names_relation && (constraint(hint) || own(hint) || others(hint) || junction)
        }
    }
}

fn only_column<'a>(
    key: &'a Key,
    side: impl Fn(&'a (String, String)) -> &'a String,
) -> Option<&'a str> {
    match &key.columns[..] {
        [pair] => Some(side(pair)),
        _ => None,
    }
}

/// A way as the client is told.
fn described(relationship: &Relationship) -> Value {
    let Relationship::Keyed(keyed) = relationship else { return json!({}) };
    let KeyedRelationship { from, to, cardinality, .. } = keyed;
    let listed = |names: Vec<&str>| format!("({})", names.join(", "));
    let by_key = |key: &Key| {
        let (own, others) =
            key.columns.iter().map(|(own, other)| (own.as_str(), other.as_str())).unzip();
        format!(
            "{} using {}{} and {}{}",
            key.constraint,
            from.name,
            listed(own),
            to.name,
            listed(others)
        )
    };
    let (kind, way) = match cardinality {
        Cardinality::OneToMany(key) => ("one-to-many", by_key(key)),
        Cardinality::ManyToOne(key) => ("many-to-one", by_key(key)),
        Cardinality::OneToOne(key) => ("one-to-one", by_key(key)),
        Cardinality::ManyToMany(junction) => {
            let columns = |pairs: &[(String, String)]| {
                listed(
                    pairs.iter().map(|(_, of_junction)| of_junction.as_str()).collect::<Vec<_>>(),
                )
            };
            let way = format!(
                "{} using {}{} and {}{}",
                junction.relation.name,
                junction.source_constraint,
                columns(&junction.source_columns),
                junction.target_constraint,
                columns(&junction.target_columns)
            );
            ("many-to-many", way)
        }
    };
    json!({
        "cardinality": kind,
        "embedding": format!("{} with {}", from.name, to.name),
        "relationship": way,
    })
}

/// What to write to mean this way.
fn alternative(relationship: &Relationship) -> Option<String> {
    let Relationship::Keyed(keyed) = relationship else { return None };
    let hint = match &keyed.cardinality {
        Cardinality::ManyToMany(junction) => &junction.relation.name,
        other => &other.key()?.constraint,
    };
    Some(format!("{}!{hint}", keyed.to.name))
}
