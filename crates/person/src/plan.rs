//! What belongs to a person, from the facts of the catalog and the rules of the manifest. Pure.
//!
//! The plan begins at the users tables and follows foreign keys backward. What a cascade deletes is
//! the person's, and so is what hangs on it; where a key becomes null the row only mentions the
//! person; where a key refuses, the manifest has to say what is done.

mod trail;
mod walk;

use tenantry_app::TableName;

use crate::facts::{Column, DeleteRule, Facts, Table};
use crate::rules::{Rules, auth_table};

pub use trail::{Actor, Trail};

/// Everything that an export reads and an erasure touches.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The sets of rows that are reached from the person, the users tables first. A table has one
    /// for each fate that its rows can have.
    pub nodes: Vec<Node>,
    /// The audit trails.
    pub trails: Vec<Trail>,
    /// Tables that may name the person where no foreign key leads.
    pub others: Vec<Other>,
    /// How many of the nodes are users tables.
    pub roots: usize,
}

/// Rows of one table with one fate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The table.
    pub table: TableName,
    /// What an erasure does with the rows.
    pub fate: Fate,
    /// The ways on which the rows are reached.
    pub arrivals: Vec<Arrival>,
    /// The columns that hold ids of the rows themselves.
    pub ids: Vec<String>,
    /// The columns that other nodes, or an erasure, look up by.
    pub columns: Vec<String>,
}

/// What an erasure does with rows, and in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// They are deleted.
    Erase,
    /// The law keeps them: they stay under a pseudonym.
    Keep,
    /// They pass to somebody else.
    HandOver,
    /// A foreign key refuses the deletion while they are there, and nothing says what to do.
    Block,
    /// They stay and forget the person.
    Forget,
}

/// One way on which rows are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// How.
    pub way: Way,
    /// Whether PostgreSQL itself deletes the rows when what they hang on goes.
    pub cascades: bool,
}

/// How rows are reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// By a column that holds the person's id without a foreign key.
    Named {
        /// The columns; one of them is enough.
        columns: Vec<String>,
    },
    /// By a foreign key to rows of another node.
    ForeignKey {
        /// The constraint.
        name: String,
        /// The node that is referred to.
        parent: usize,
        /// The columns that refer, pairwise with those of the parent.
        columns: Vec<String>,
        /// The parent's columns.
        parent_columns: Vec<String>,
    },
}

/// A table in which the person may be named without a foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// The table.
    pub table: TableName,
    /// Columns that can hold an id or an address, without foreign key.
    pub names: Vec<String>,
    /// Columns of JSON.
    pub documents: Vec<String>,
}

/// Why a plan cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The users table is not there.
    #[error("the database has no table {0}; migrate the application first")]
    NoUsers(TableName),
    /// A kept row cannot forget whose it was.
    #[error(
        "{table} is to be kept when a person is erased, but every column of its foreign key {key} refuses null; let the column that names the person be null, with `on delete set null`"
    )]
    CannotForget {
        /// The table.
        table: TableName,
        /// The foreign key.
        key: String,
    },
}

impl Plan {
    /// Plans for an application. With `erase_all`, rows that would pass to somebody else, or that
    /// block the deletion, are the person's like all others.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn new(facts: &Facts, rules: &Rules, erase_all: bool) -> Result<Plan, PlanError> {
        let nodes = walk::walk(facts, rules, erase_all)?;
        let trails = trail::trails(facts, rules);
        let others = facts
            .tables
            .iter()
            .filter(|table| !trails.iter().any(|trail| trail.table == table.name))
            .filter_map(|table| other(facts, rules, table))
            .collect();
        Ok(Plan { nodes, trails, others, roots: rules.roots.len() })
    }

    /// The names of the columns that make a row, quoted as JSON, one of the person's: its own ids
    /// and what refers to rows that are theirs.
    pub fn owner_keys(&self) -> Vec<String> {
        let erased = self.nodes.iter().filter(|node| node.fate == Fate::Erase);
        let mut keys: Vec<String> = erased
            .flat_map(|node| {
                let referring = node.arrivals.iter().flat_map(|arrival| self.names_owner(arrival));
                node.ids.iter().cloned().chain(referring)
            })
            .collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// The columns of an arrival that hold an id of what it refers to; not those that a composite
    /// key has beside it, such as a tenant's.
    pub fn names_owner(&self, arrival: &Arrival) -> Vec<String> {
        match &arrival.way {
            Way::Named { columns } => columns.clone(),
            Way::ForeignKey { parent, columns, parent_columns, .. } => columns
                .iter()
                .zip(parent_columns)
                .filter(|(_, theirs)| self.nodes[*parent].ids.contains(theirs))
                .map(|(ours, _)| ours.clone())
                .collect(),
        }
    }

    /// The arrivals of a node that come from a users table.
    pub fn direct<'a>(&'a self, node: &'a Node) -> impl Iterator<Item = &'a Arrival> {
        node.arrivals.iter().filter(|arrival| match &arrival.way {
            Way::Named { .. } => true,
            Way::ForeignKey { parent, .. } => *parent < self.roots,
        })
    }

    /// Whether rows of the table belong to people, so that one that mentions this person may be
    /// another's.
    pub fn is_personal(&self, table: &TableName) -> bool {
        self.nodes
            .iter()
            .any(|node| node.table == *table && matches!(node.fate, Fate::Erase | Fate::HandOver))
    }
}

/// The columns of a table that are part of a foreign key.
pub(crate) fn referring<'a>(facts: &'a Facts, table: &TableName) -> Vec<&'a str> {
    let keys = facts.foreign_keys.iter().filter(|key| key.from == *table);
    keys.flat_map(|key| &key.columns).map(String::as_str).collect()
}

fn other(facts: &Facts, rules: &Rules, table: &Table) -> Option<Other> {
    let ledger = TableName { schema: "tenantry".into(), table: "migrations".into() };
    if table.name == auth_table("erasures") || table.name == ledger {
        return None;
    }
    let referring = referring(facts, &table.name);
    let free = |column: &&Column| !column.generated && !referring.contains(&column.name.as_str());
    let named = |wanted: fn(&Column) -> bool| -> Vec<String> {
        let columns = table.columns.iter().filter(free).filter(|column| wanted(column));
        columns.map(|column| column.name.clone()).collect()
    };
    let mut names = named(Column::can_name);
    // Whoever else has an account has its id and address in their own right.
    for root in rules.roots.iter().filter(|root| root.table == table.name) {
        names.retain(|name| *name != root.id && !root.emails.contains(name));
    }
    let documents = named(Column::is_json);
    let any = !names.is_empty() || !documents.is_empty();
    any.then(|| Other { table: table.name.clone(), names, documents })
}

/// Whether a foreign key's rule lets the row go, stay or refuse.
pub(crate) fn fate_by_rule(rule: DeleteRule) -> Fate {
    match rule {
        DeleteRule::Cascade => Fate::Erase,
        DeleteRule::Forget => Fate::Forget,
        DeleteRule::Refuse => Fate::Block,
    }
}

#[cfg(test)]
pub(crate) mod tests;
