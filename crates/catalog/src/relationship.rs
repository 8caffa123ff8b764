//! How relations hang together: by keys, through junctions, by functions.

use std::collections::BTreeMap;

use crate::schema::{QualifiedName, Relation};

/// A way from one relation to another. The order of the variants and fields is the order in which
/// ambiguous ones are listed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relationship {
    /// By keys.
    Keyed(KeyedRelationship),
    /// By a function from a row of the one to rows of the other.
    Computed(ComputedRelationship),
}

/// A way by keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyedRelationship {
    /// The relation that embeds.
    pub from: QualifiedName,
    /// The relation that is embedded.
    pub to: QualifiedName,
    /// Whether both are the same.
    pub is_self: bool,
    /// Which key, and how many rows.
    pub cardinality: Cardinality,
    /// Whether the embedding relation is a view.
    pub from_is_view: bool,
    /// Whether the embedded relation is a view.
    pub to_is_view: bool,
}

/// A way by a function.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ComputedRelationship {
    /// The function.
    pub function: QualifiedName,
    /// The relation whose rows it takes.
    pub from: QualifiedName,
    /// The relation whose rows it returns.
    pub to: QualifiedName,
    /// Whether it returns at most one.
    pub to_one: bool,
}

/// Which key, and how many rows. Pairs of columns are of the embedding and the embedded relation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cardinality {
    /// The key is the embedded relation's.
    OneToMany(Key),
    /// The key is the embedding relation's.
    ManyToOne(Key),
    /// Either, and its columns are unique.
    OneToOne(Key),
    /// Through a relation with a key to each.
    ManyToMany(Junction),
}

/// A foreign key as a relationship sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The constraint.
    pub constraint: String,
    /// Pairs of columns: of the embedding relation, of the embedded one.
    pub columns: Vec<(String, String)>,
    /// Whether the foreign key is the embedding relation's.
    pub is_own: bool,
}

/// A relation that joins many to many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Junction {
    /// The relation.
    pub relation: QualifiedName,
    /// Its key to the embedding relation.
    pub source_constraint: String,
    /// Its key to the embedded relation.
    pub target_constraint: String,
    /// Pairs of columns: of the embedding relation, of the junction.
    pub source_columns: Vec<(String, String)>,
    /// Pairs of columns: of the embedded relation, of the junction.
    pub target_columns: Vec<(String, String)>,
}

impl Relationship {
    /// The relation that embeds.
    pub fn from(&self) -> &QualifiedName {
        match self {
            Relationship::Keyed(keyed) => &keyed.from,
            Relationship::Computed(computed) => &computed.from,
        }
    }

    /// The relation that is embedded.
    pub fn to(&self) -> &QualifiedName {
        match self {
            Relationship::Keyed(keyed) => &keyed.to,
            Relationship::Computed(computed) => &computed.to,
        }
    }

    /// Whether a row has at most one of the other.
    pub fn is_to_one(&self) -> bool {
        match self {
            Relationship::Keyed(keyed) => {
                matches!(keyed.cardinality, Cardinality::ManyToOne(_) | Cardinality::OneToOne(_))
            }
            Relationship::Computed(computed) => computed.to_one,
        }
    }

    /// The columns of the embedding relation that the join needs.
    pub fn own_columns(&self) -> Vec<&str> {
        let Relationship::Keyed(keyed) = self else { return Vec::new() };
        let pairs = match &keyed.cardinality {
            Cardinality::OneToMany(key)
            | Cardinality::ManyToOne(key)
            | Cardinality::OneToOne(key) => &key.columns,
            Cardinality::ManyToMany(junction) => &junction.source_columns,
        };
        pairs.iter().map(|(own, _)| own.as_str()).collect()
    }
}

impl Cardinality {
    /// The key, unless a junction has two.
    pub fn key(&self) -> Option<&Key> {
        match self {
            Cardinality::OneToMany(key)
            | Cardinality::ManyToOne(key)
            | Cardinality::OneToOne(key) => Some(key),
            Cardinality::ManyToMany(_) => None,
        }
    }
}

/// A foreign key between two relations, tables or views, from its owner's side.
#[derive(Debug, Clone)]
pub struct ForeignKey {
    /// The constraint.
    pub constraint: String,
    /// The relation that has it.
    pub from: QualifiedName,
    /// The relation that it points at.
    pub to: QualifiedName,
    /// Pairs of columns, in the same order.
    pub columns: Vec<(String, String)>,
    /// Whether its columns are unique.
    pub one_to_one: bool,
    /// Whether the relation that has it is a view that shows a table's.
    pub from_is_view: bool,
    /// Whether the relation that it points at is a view that shows a table's.
    pub to_is_view: bool,
}

impl ForeignKey {
    fn forwards(&self) -> Relationship {
        let key = Key {
            constraint: self.constraint.clone(),
            columns: self.columns.clone(),
            is_own: true,
        };
        let cardinality =
            if self.one_to_one { Cardinality::OneToOne(key) } else { Cardinality::ManyToOne(key) };
        self.keyed(&self.from, &self.to, cardinality, self.from_is_view, self.to_is_view)
    }

    fn backwards(&self) -> Relationship {
        let key = Key {
            constraint: self.constraint.clone(),
            columns: swapped(&self.columns),
            is_own: false,
        };
        let cardinality =
            if self.one_to_one { Cardinality::OneToOne(key) } else { Cardinality::OneToMany(key) };
        self.keyed(&self.to, &self.from, cardinality, self.to_is_view, self.from_is_view)
    }

    /// From what `self` points at to what `other` points at, both being keys of one relation.
    fn through(&self, other: &ForeignKey) -> Relationship {
        let junction = Junction {
            relation: self.from.clone(),
            source_constraint: self.constraint.clone(),
            target_constraint: other.constraint.clone(),
            source_columns: swapped(&self.columns),
            target_columns: swapped(&other.columns),
        };
        self.keyed(
            &self.to,
            &other.to,
            Cardinality::ManyToMany(junction),
            self.to_is_view,
            other.to_is_view,
        )
    }

    fn keyed(
        &self,
        from: &QualifiedName,
        to: &QualifiedName,
        cardinality: Cardinality,
        from_is_view: bool,
        to_is_view: bool,
    ) -> Relationship {
        Relationship::Keyed(KeyedRelationship {
            is_self: from == to,
            from: from.clone(),
            to: to.clone(),
            cardinality,
            from_is_view,
            to_is_view,
        })
    }
}

fn swapped(pairs: &[(String, String)]) -> Vec<(String, String)> {
    pairs.iter().map(|(left, right)| (right.clone(), left.clone())).collect()
}

/// Makes every relationship between exposed relations: by each key both ways, through each
/// relation whose primary key holds two keys, and by functions, which replace what leads to a
/// relation of their own name.
pub(crate) fn relate(
    relations: &BTreeMap<QualifiedName, Relation>,
    keys: &[ForeignKey],
    computed: Vec<ComputedRelationship>,
) -> BTreeMap<QualifiedName, Vec<Relationship>> {
    let is_exposed = |name: &QualifiedName| relations.contains_key(name);
    let mut found: BTreeMap<QualifiedName, Vec<Relationship>> = BTreeMap::new();
    let mut add = |relationship: Relationship| {
        found.entry(relationship.from().clone()).or_default().push(relationship);
    };
    let mut by_owner: BTreeMap<&QualifiedName, Vec<&ForeignKey>> = BTreeMap::new();
    for key in keys {
        by_owner.entry(&key.from).or_default().push(key);
        if is_exposed(&key.from) && is_exposed(&key.to) {
            add(key.forwards());
            add(key.backwards());
        }
    }
    for (owner, keys) in by_owner {
        let Some(relation) = relations.get(owner) else { continue };
        let in_primary_key = |key: &ForeignKey| {
            key.columns.iter().all(|(column, _)| relation.primary_key.contains(column))
        };
        let joining: Vec<&&ForeignKey> = keys
            .iter()
            .filter(|key| !key.one_to_one && is_exposed(&key.to) && in_primary_key(key))
            .collect();
        for first in &joining {
            for second in &joining {
                if first.constraint != second.constraint {
                    add(first.through(second));
                }
            }
        }
    }
    for computed in computed {
        if !is_exposed(&computed.from) || !is_exposed(&computed.to) {
            continue;
        }
        let list = found.entry(computed.from.clone()).or_default();
        list.retain(|other| {
            matches!(other, Relationship::Computed(_)) || *other.to() != computed.function
        });
        list.push(Relationship::Computed(computed));
    }
    for list in found.values_mut() {
        list.sort();
        list.dedup();
    }
    found
}
