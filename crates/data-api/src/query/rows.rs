//! Rows: what is selected, joined, filtered, grouped and ordered, at every level.

use tenantry_catalog::{Cardinality, Relationship};
use tenantry_postgres::{Statement, quote_identifier};

use super::conditions::{self, Embeds, push_field};
use crate::api_request::range::Range;
use crate::fragment::Fragment;
use crate::plan::{
    EmbedOutput, EmbedPlan, PlannedColumn, PlannedOrder, ReadPlan, Source, SpreadColumn,
};
use crate::syntax::Direction;

/// What was written or called before, for what is read of it.
pub(super) const SOURCE: &str = "tenantry_source";
/// The one column of embedded rows.
const ROWS: &str = "tenantry_rows";

/// The rows of a plan, as a query.
pub(super) fn push_rows(sql: &mut Fragment, plan: &ReadPlan) {
    push_query(sql, plan, None);
}

/// The estimate of how many rows there are, as a statement of its own.
pub(super) fn render_estimate(plan: &ReadPlan) -> Statement {
    let mut sql = Fragment::default();
    sql.push("explain (format json) ");
    push_counted(&mut sql, plan);
    sql.statement()
}

/// A query with a row for each row that there is, whatever is left out of the answer.
pub(super) fn push_counted(sql: &mut Fragment, plan: &ReadPlan) {
    push_count_query(sql, plan, None);
}

/// The same for the rows that an embed has in a row of its parent.
pub(super) fn push_counted_embed(sql: &mut Fragment, embed: &EmbedPlan, parent: &str) {
    push_count_query(sql, &embed.plan, Some((parent, &embed.relationship)));
}

type Parent<'a> = Option<(&'a str, &'a Relationship)>;

fn push_query(sql: &mut Fragment, plan: &ReadPlan, parent: Parent<'_>) {
    let own = sql.alias_of(plan.source.relation());
    let embeds: Vec<String> = plan.embeds.iter().map(|_| sql.alias()).collect();
    sql.push("select ");
    let grouped = push_columns(sql, plan, &own, &embeds);
    let joins = push_from(sql, plan, &own, parent);
    for (embed, alias) in plan.embeds.iter().zip(&embeds) {
        push_join(sql, embed, alias, &own);
    }
    push_where(sql, plan, &own, &joins, Embeds::Joined(&embeds));
    if !grouped.is_empty() {
        sql.push(" group by ").separated(", ", grouped, |sql, place| {
            sql.push(&place.to_string());
        });
    }
    push_order(sql, &plan.order, &own, &embeds);
    push_range(sql, plan.range);
}

fn push_count_query(sql: &mut Fragment, plan: &ReadPlan, parent: Parent<'_>) {
    let own = sql.alias_of(plan.source.relation());
    sql.push("select 1");
    let joins = push_from(sql, plan, &own, parent);
    let inner: Vec<&EmbedPlan> = plan.embeds.iter().filter(|embed| embed.inner).collect();
    push_where(sql, plan, &own, &joins, Embeds::Asked(&plan.embeds));
    let has_where = !plan.conditions.is_empty() || !joins.is_empty();
    for (place, embed) in inner.into_iter().enumerate() {
        sql.push(if has_where || place > 0 { " and exists (" } else { " where exists (" });
        push_counted_embed(sql, embed, &own);
        sql.push(")");
    }
}

/// The output columns; answers the places of those that aggregates are grouped by.
fn push_columns(sql: &mut Fragment, plan: &ReadPlan, own: &str, embeds: &[String]) -> Vec<usize> {
    let aggregates = plan.columns.iter().any(|column| column.aggregate.is_some())
        || plan.embeds.iter().any(|embed| match &embed.output {
            EmbedOutput::Spread(columns) => columns.iter().any(|one| one.aggregate.is_some()),
            _ => false,
        });
    let mut place = 0;
    let mut grouped = Vec::new();
    let mut next = |sql: &mut Fragment, is_grouped: bool| {
        if place > 0 {
            sql.push(", ");
        }
        place += 1;
        if aggregates && is_grouped {
            grouped.push(place);
        }
    };
    if plan.columns.is_empty() && plan.embeds.is_empty() {
        sql.push(own).push(".*");
    }
    for column in &plan.columns {
        next(sql, column.aggregate.is_none());
        push_column(sql, column, own);
    }
    for (embed, alias) in plan.embeds.iter().zip(embeds) {
        // Only jsonb can be compared, and so grouped by.
        let json_type = if aggregates { "jsonb" } else { "json" };
        match &embed.output {
            EmbedOutput::Hidden => {}
            EmbedOutput::Json => {
                next(sql, true);
                if embed.is_to_one() {
                    sql.push(&format!("row_to_json({alias}.*)"));
                    if aggregates {
                        sql.push("::jsonb");
                    }
                } else {
                    sql.push(&format!("coalesce({alias}.{ROWS}::{json_type}, '[]')"));
                }
                sql.push(" as ").name(&embed.name);
            }
            EmbedOutput::Spread(columns) => {
                for column in columns {
                    next(sql, column.aggregate.is_none());
                    push_spread_column(sql, column, alias, embed.is_to_one(), json_type);
                }
            }
        }
    }
    grouped
}

fn push_column(sql: &mut Fragment, column: &PlannedColumn, own: &str) {
    let aggregate_cast = column.aggregate.and(column.aggregate_cast.as_ref());
    if aggregate_cast.is_some() {
        sql.push("cast(");
    }
    if let Some(aggregate) = column.aggregate {
        sql.push(aggregate.function()).push("(");
    }
    if column.cast.is_some() {
        sql.push("cast(");
    }
    match &column.field.transform {
        Some(function) => {
            sql.push(function).push("(");
            push_field(sql, &column.field, own);
            sql.push(")");
        }
        None => push_field(sql, &column.field, own),
    }
    if let Some(cast) = &column.cast {
        sql.push(" as ").push(&type_name(cast)).push(")");
    }
    if column.aggregate.is_some() {
        sql.push(")");
    }
    if let Some(cast) = aggregate_cast {
        sql.push(" as ").push(&type_name(cast)).push(")");
    }
    if let Some(alias) = &column.alias {
        sql.push(" as ").name(alias);
    }
}

fn push_spread_column(
    sql: &mut Fragment,
    column: &SpreadColumn,
    alias: &str,
    to_one: bool,
    json_type: &str,
) {
    if column.name == "*" {
        sql.push(alias).push(".*");
        return;
    }
    if !to_one {
        sql.push("coalesce(").column(alias, &column.name).push(&format!("::{json_type}, '[]')"));
        sql.push(" as ").name(column.alias.as_ref().unwrap_or(&column.name));
        return;
    }
    let cast = column.aggregate.and(column.aggregate_cast.as_ref());
    if cast.is_some() {
        sql.push("cast(");
    }
    if let Some(aggregate) = column.aggregate {
        sql.push(aggregate.function()).push("(");
    }
    sql.column(alias, &column.name);
    if column.aggregate.is_some() {
        sql.push(")");
    }
    if let Some(cast) = cast {
        sql.push(" as ").push(&type_name(cast)).push(")");
    }
    if let Some(alias) = &column.alias {
        sql.push(" as ").name(alias);
    }
}

/// A type's name: common ones are keywords with a meaning of their own, so plain words stay bare.
fn type_name(written: &str) -> String {
    let plain = written
        .chars()
        .all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | ' '));
    if plain && written.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
        written.to_owned()
    } else {
        quote_identifier(written)
    }
}

/// Where the rows come from; answers the conditions that join them to their parent.
fn push_from(sql: &mut Fragment, plan: &ReadPlan, own: &str, parent: Parent<'_>) -> Vec<String> {
    sql.push(" from ");
    let keyed = match parent {
        Some((parent, Relationship::Computed(computed))) => {
            sql.qualified(&computed.function).push("(").push(parent).push("::");
            sql.qualified(&computed.from).push(") as ").push(own);
            return Vec::new();
        }
        Some((parent, Relationship::Keyed(keyed))) => Some((parent, keyed)),
        None => None,
    };
    match &plan.source {
        Source::Relation(name) => sql.qualified(name),
        Source::Earlier(_) => sql.push(SOURCE),
    };
    sql.push(" as ").push(own);
    let Some((parent, keyed)) = keyed else { return Vec::new() };
    let equal = |left: &str, one: &str, right: &str, other: &str| {
        format!("{left}.{} = {right}.{}", quote_identifier(one), quote_identifier(other))
    };
    match &keyed.cardinality {
        Cardinality::ManyToMany(junction) => {
            let between = sql.alias();
            sql.push(", ").qualified(&junction.relation).push(" as ").push(&between);
            let to_own = junction
                .target_columns
                .iter()
                .map(|(target, column)| equal(own, target, &between, column));
            let to_parent = junction
                .source_columns
                .iter()
                .map(|(source, column)| equal(&between, column, parent, source));
            to_own.chain(to_parent).collect()
        }
        other => other.key().map_or_else(Vec::new, |key| {
            key.columns
                .iter()
                .map(|(of_parent, of_own)| equal(own, of_own, parent, of_parent))
                .collect()
        }),
    }
}

/// Embedded rows. Those of which there may be many are gathered; without any there is no row.
fn push_join(sql: &mut Fragment, embed: &EmbedPlan, alias: &str, own: &str) {
    sql.push(if embed.inner { " join lateral (" } else { " left join lateral (" });
    let parent = Some((own, &embed.relationship));
    if embed.is_to_one() {
        push_query(sql, &embed.plan, parent);
    } else {
        let rows = sql.alias();
        sql.push("select ");
        match &embed.output {
            EmbedOutput::Spread(columns) if !columns.is_empty() => {
                sql.separated(", ", columns, |sql, column| {
                    sql.push("json_agg(").column(&rows, &column.name).push(") as ");
                    sql.name(&column.name);
                });
            }
            EmbedOutput::Json => {
                sql.push(&format!("json_agg({rows}.*) as {ROWS}"));
            }
            EmbedOutput::Hidden | EmbedOutput::Spread(_) => {
                sql.push(&format!("true as {ROWS}"));
            }
        }
        sql.push(" from (");
        push_query(sql, &embed.plan, parent);
        sql.push(") as ").push(&rows).push(" having count(*) > 0");
    }
    sql.push(") as ").push(alias).push(" on true");
}

fn push_where(
    sql: &mut Fragment,
    plan: &ReadPlan,
    own: &str,
    joins: &[String],
    embeds: Embeds<'_>,
) {
    if plan.conditions.is_empty() && joins.is_empty() {
        return;
    }
    sql.push(" where ");
    conditions::push_all(sql, &plan.conditions, own, embeds);
    if !plan.conditions.is_empty() && !joins.is_empty() {
        sql.push(" and ");
    }
    sql.push(&joins.join(" and "));
}

fn push_order(sql: &mut Fragment, order: &[PlannedOrder], own: &str, embeds: &[String]) {
    if order.is_empty() {
        return;
    }
    sql.push(" order by ").separated(", ", order, |sql, term| {
        let owner = term.embed.map_or(own, |place| &embeds[place]);
        push_field(sql, &term.field, owner);
        sql.push(match term.direction {
            None => "",
            Some(Direction::Ascending) => " asc",
            Some(Direction::Descending) => " desc",
        });
        sql.push(match term.nulls_first {
            None => "",
            Some(true) => " nulls first",
            Some(false) => " nulls last",
        });
    });
}

fn push_range(sql: &mut Fragment, range: Range) {
    if let Some(limit) = range.limit {
        sql.push(" limit ").value(limit.to_string());
    }
    if range.offset != 0 {
        sql.push(" offset ").value(range.offset.to_string());
    }
}
