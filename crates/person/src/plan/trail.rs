//! Audit trails: which of their columns say who, what and from where.

use tenantry_app::TableName;

use crate::facts::{Column, Facts, Kind, Table};
use crate::rules::{Root, Rules, auth_table};

/// An audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trail {
    /// The table.
    pub table: TableName,
    /// Where a row says who acted.
    pub actor: Option<Actor>,
    /// Columns of ids of what a row is about.
    pub subjects: Vec<String>,
    /// Columns that tell from where somebody acted.
    pub origin: Vec<String>,
    /// Columns of JSON.
    pub documents: Vec<String>,
    /// The keys of a document that stay when the person themselves acted.
    pub own_keys: Vec<String>,
    /// The keys of a document that stay when somebody else did something about the person.
    pub other_keys: Vec<String>,
}

/// Where a row of a trail says who acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// In a column.
    Column(String),
    /// In a document.
    Document {
        /// The column.
        column: String,
        /// The document's key.
        key: String,
    },
}

/// The application's trail and the identity engine's.
pub(super) fn trails(facts: &Facts, rules: &Rules) -> Vec<Trail> {
    let own = rules.audit.as_ref().and_then(|audit| {
        let table = facts.table(&audit.table.value)?;
        let named = audit.actor.as_ref().map(|actor| actor.value.clone());
        let actor = named.or_else(|| actor_by_key(facts, &rules.roots, table));
        let listed = |column: &Column| audit.origin.iter().any(|name| name.value == column.name);
        let origin = names(table, |column| listed(column) || column.kind == Kind::Address);
        let subjects = names(table, |column| {
            column.can_name()
                && !column.in_key
                && !column.array
                && actor.as_ref() != Some(&column.name)
                && !origin.contains(&column.name)
        });
        Some(Trail {
            table: table.name.clone(),
            documents: names(table, Column::is_json),
            actor: actor.map(Actor::Column),
            subjects,
            origin,
            own_keys: Vec::new(),
            other_keys: Vec::new(),
        })
    });
    own.into_iter().chain(engine(facts)).collect()
}

/// The identity engine's trail, whose rows are one document.
fn engine(facts: &Facts) -> Option<Trail> {
    let table = facts.table(&auth_table("audit_log_entries"))?;
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Some(Trail {
        table: table.name.clone(),
        actor: Some(Actor::Document { column: "payload".into(), key: "actor_id".into() }),
        subjects: Vec::new(),
        origin: owned(&["ip_address"]),
        documents: owned(&["payload"]),
        own_keys: owned(&["action", "log_type"]),
        other_keys: owned(&["action", "log_type", "actor_id", "actor_username"]),
    })
}

/// The column whose foreign key leads to a users table.
fn actor_by_key(facts: &Facts, roots: &[Root], table: &Table) -> Option<String> {
    let leads_to_person = |to: &TableName| roots.iter().any(|root| root.table == *to);
    let mut keys = facts.foreign_keys.iter().filter(|key| key.from == table.name);
    let key = keys.find(|key| leads_to_person(&key.to) && key.columns.len() == 1);
    key.map(|key| key.columns[0].clone())
}

fn names(table: &Table, wanted: impl Fn(&Column) -> bool) -> Vec<String> {
    table.columns.iter().filter(|column| wanted(column)).map(|column| column.name.clone()).collect()
}
