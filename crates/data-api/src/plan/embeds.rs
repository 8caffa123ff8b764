//! What a row has to show so that its embeds can be found.

use std::collections::BTreeSet;

use tenantry_catalog::Relationship;

use super::{ReadPlan, Returning};

/// The columns that a read of earlier rows needs, with these beside.
pub(super) fn needed_columns(plan: &ReadPlan, beside: &[String]) -> Returning {
    let names: BTreeSet<&str> = plan
        .columns
        .iter()
        .map(|column| column.field.name.as_str())
        .chain(
            plan.order
                .iter()
                .filter(|term| term.embed.is_none())
                .map(|term| term.field.name.as_str()),
        )
        .collect();
    // What a function of the row looks at cannot be known.
    let computes =
        plan.embeds.iter().any(|embed| matches!(embed.relationship, Relationship::Computed(_)));
    if names.contains("*") || computes {
        return Returning::All;
    }
    let keys = plan.embeds.iter().flat_map(|embed| embed.relationship.own_columns());
    let all: BTreeSet<String> =
        names.into_iter().chain(keys).map(str::to_owned).chain(beside.iter().cloned()).collect();
    Returning::Columns(all)
}
