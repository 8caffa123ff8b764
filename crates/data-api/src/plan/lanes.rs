//! Which reads are cheap enough to share a socket.

use tenantry_catalog::{Cardinality, Catalog, QualifiedName, Relationship};

use super::{Condition, ReadPlan};
use crate::api_request::ApiRequest;
use crate::api_request::media_type::MediaType;
use crate::config::DataApiConfig;
use crate::syntax::{Operator, Test};

/// A read of more rows gets a socket of its own: others would wait behind it.
const MOST_SHARED_ROWS: i64 = 1000;

/// Whether a read is of few rows, calls nothing of the application's and needs nothing beside.
pub(super) fn is_shareable(
    request: &ApiRequest,
    config: &DataApiConfig,
    catalog: &Catalog,
    plan: &ReadPlan,
) -> bool {
    config.pre_request.is_none()
        && request.preferences.count.is_none()
        && !request.accepts.iter().any(|(accepted, _)| matches!(accepted, MediaType::Plan(_)))
        && is_bounded(catalog, plan)
        && is_harmless(catalog, plan)
}

/// Whether it is of few rows: by its limit, or by the whole primary key.
fn is_bounded(catalog: &Catalog, plan: &ReadPlan) -> bool {
    if plan.range.limit.is_some_and(|limit| limit <= MOST_SHARED_ROWS) {
        return true;
    }
    let key = catalog
        .relation(plan.source.relation())
        .map_or(&[][..], |relation| relation.primary_key.as_slice());
    let is_given = |column: &String| {
        plan.conditions.iter().any(|condition| {
            matches!(
                condition,
                Condition::Filter {
                    field,
                    negated: false,
                    test: Test::Quantified(Operator::Plain("="), None, _),
                    ..
                } if field.name == *column && field.path.is_empty()
            )
        })
    };
    !key.is_empty() && key.iter().all(is_given)
}

fn is_harmless(catalog: &Catalog, plan: &ReadPlan) -> bool {
    let shareable = |name: &QualifiedName| {
        catalog.relation(name).is_some_and(|relation| relation.shareable_reads)
    };
    let own = plan.source.relation();
    let Some(relation) = catalog.relation(own) else { return false };
    // A column that is none may be a function of the row.
    let is_column = |name: &str| name == "*" || relation.column(name).is_some();
    let columns = plan.columns.iter().all(|column| {
        is_column(&column.field.name) && column.field.transform.is_none() && column.cast.is_none()
    });
    let order = plan.order.iter().all(|term| term.embed.is_some() || is_column(&term.field.name));
    columns
        && order
        && plan.conditions.iter().all(|condition| is_plain(condition, &is_column))
        && shareable(own)
        && plan.embeds.iter().all(|embed| {
            let way = match &embed.relationship {
                Relationship::Computed(_) => false,
                Relationship::Keyed(keyed) => match &keyed.cardinality {
                    Cardinality::ManyToMany(junction) => shareable(&junction.relation),
                    _ => true,
                },
            };
            way && is_harmless(catalog, &embed.plan)
        })
}

fn is_plain(condition: &Condition, is_column: &dyn Fn(&str) -> bool) -> bool {
    match condition {
        Condition::Filter { field, .. } => is_column(&field.name) && field.transform.is_none(),
        Condition::Group { members, .. } => {
            members.iter().all(|member| is_plain(member, is_column))
        }
        Condition::EmbedExists { .. } => true,
    }
}
