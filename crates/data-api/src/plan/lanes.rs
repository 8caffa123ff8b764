//! Which reads are cheap enough to share a socket.

use tenantry_catalog::Catalog;

use super::{Link, PlannedCondition, ReadPlan, SelectedColumn};
use crate::syntax::{Condition, Test};

/// A read of more rows gets a socket of its own: others would wait behind it.
const MOST_SHARED_ROWS: u64 = 1000;

/// Whether a read is of few rows: by its limit, or by the whole primary key.
pub(super) fn is_bounded(catalog: &Catalog, plan: &ReadPlan) -> bool {
    if plan.limit.is_some_and(|limit| limit <= MOST_SHARED_ROWS) {
        return true;
    }
    let key = catalog
        .relation(&plan.relation.0, &plan.relation.1)
        .map_or(&[][..], |relation| relation.primary_key.as_slice());
    let is_given = |column: &String| {
        plan.conditions.iter().any(|condition| {
            matches!(
                condition,
                PlannedCondition::On(Condition::Filter { field, negated: false, test: Test::Compare("=", _) })
                    if field.column == *column && field.steps.is_empty()
            )
        })
    };
    !key.is_empty() && key.iter().all(is_given)
}

pub(super) fn is_shareable(catalog: &Catalog, plan: &ReadPlan) -> bool {
    let relation = |(schema, name): &(String, String)| {
        catalog.relation(schema, name).is_some_and(|found| found.shareable_reads)
    };
    // A column that is none may be a function of the row.
    let known = catalog.relation(&plan.relation.0, &plan.relation.1);
    let plain = plan.columns.iter().all(|column| match column {
        SelectedColumn::All => true,
        SelectedColumn::Field { field, .. } => {
            known.is_some_and(|known| known.column(&field.column).is_some())
        }
    });
    plain
        && relation(&plan.relation)
        && plan.embeds.iter().all(|embed| {
            is_shareable(catalog, &embed.plan)
                && match &embed.link {
                    Link::Direct(_) => true,
                    Link::Junction { relation: junction, .. } => relation(junction),
                }
        })
}
