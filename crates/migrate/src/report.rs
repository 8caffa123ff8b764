use serde::Serialize;

use crate::{AppliedRevision, Direction};

/// A revision that a command ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The way.
    pub direction: Direction,
    /// The number, from 1.
    pub number: u32,
    /// Number and name, such as `0001_initial_schema`.
    pub revision: String,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// One line of the history: a revision of the folder, and when it was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// The number, from 1.
    pub number: u32,
    /// Number and name, such as `0001_initial_schema`.
    pub revision: String,
    /// The version that it belongs to.
    pub version: Option<String>,
    /// Its other name.
    pub identifier: Option<String>,
    /// Whether it can be undone.
    pub reversible: bool,
    /// Its row in the ledger, if it has one.
    pub applied: Option<AppliedRevision>,
}

/// How a database and its folder stand to each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The component, such as `app`.
    pub component: String,
    /// The newest revision that is applied as a whole; absent at the base.
    pub current: Option<String>,
    /// The revision whose file runs without a transaction and stopped half-way.
    pub unfinished: Option<String>,
    /// The newest revision of the folder; absent if there is none.
    pub head: Option<String>,
    /// The revisions that `up head` would run, oldest first.
    pub pending: Vec<String>,
    /// What would make `up` and `down` refuse, as their errors would say it.
    pub problems: Vec<String>,
}

impl Status {
    /// Whether there is nothing to do and nothing wrong.
    pub fn is_current(&self) -> bool {
        self.pending.is_empty() && self.problems.is_empty()
    }
}
