use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use tenantry_app::TableName;

use crate::plan::Fate;

/// What an erasure did with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// Deleted it.
    Erased,
    /// Left it, under a pseudonym, because the law keeps it.
    Kept,
    /// Gave it to somebody else.
    HandedOver,
    /// Took out of it what named the person.
    Forgotten,
    /// Left of an entry of an audit trail only that it happened.
    Redacted,
}

/// How many rows of which table met with what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(pub BTreeMap<String, BTreeMap<Deed, u64>>);

impl Deed {
    /// What becomes of rows with a fate.
    pub(crate) fn of(fate: Fate) -> Deed {
        match fate {
            Fate::Erase => Deed::Erased,
            Fate::Keep => Deed::Kept,
            Fate::HandOver | Fate::Block => Deed::HandedOver,
            Fate::Forget => Deed::Forgotten,
        }
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Deed::Erased => "erased",
            Deed::Kept => "kept under a pseudonym",
            Deed::HandedOver => "handed over",
            Deed::Forgotten => "forget the person",
            Deed::Redacted => "redacted",
        })
    }
}

impl Counts {
    /// Counts rows; none leave no mark.
    pub(crate) fn add(&mut self, table: &TableName, deed: Deed, rows: u64) {
        if rows > 0 {
            *self.0.entry(table.to_string()).or_default().entry(deed).or_default() += rows;
        }
    }

    /// Whether any row of the table met with this.
    pub fn has(&self, table: &TableName, deed: Deed) -> bool {
        self.0.get(&table.to_string()).is_some_and(|deeds| deeds.contains_key(&deed))
    }
}
