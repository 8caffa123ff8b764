//! Rows of a relation with what is embedded in them, at every level.

use tenantry_postgres::{Statement, quote_identifier};

use super::calls::push_source;
use super::conditions::{push_condition, push_field};
use crate::api_request::{ApiRequest, Media};
use crate::fragment::Fragment;
use crate::plan::{CallPlan, EmbedPlan, Link, PlannedCondition, ReadPlan, SelectedColumn};
use crate::syntax::{Condition, Field, JsonKey, OrderTerm};

/// Where rows come from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Relation,
    Written,
    Call(&'a CallPlan, &'a ApiRequest),
}

pub(super) fn render_read(plan: &ReadPlan, request: &ApiRequest) -> Statement {
    let mut sql = Fragment::default();
    let page = sql.alias();
    sql.push("select ");
    push_body(&mut sql, &page, request.media);
    sql.push(&format!(", count({page}.*)"));
    push_total(&mut sql, plan, Source::Relation, request);
    sql.push(", null, null, null from (");
    push_rows(&mut sql, plan, Source::Relation, None);
    sql.push(&format!(") as {page}"));
    sql.statement()
}

/// The total of all rows, where it was asked for.
pub(super) fn push_total(
    sql: &mut Fragment,
    plan: &ReadPlan,
    source: Source<'_>,
    request: &ApiRequest,
) {
    if request.preferences.count.is_none() {
        sql.push(", null");
        return;
    }
    sql.push(", (select count(*) from (");
    push_matching(sql, plan, source);
    sql.push(") as counted)");
}

pub(super) fn push_body(sql: &mut Fragment, page: &str, media: Media) {
    match media {
        Media::Json => sql.push(&format!("coalesce(json_agg({page}.*), '[]')::text")),
        Media::SingleObject => sql.push(&format!("(json_agg({page}.*) -> 0)::text")),
        Media::Csv => sql.push(&format!(
            "coalesce((array_agg(array_to_string(array(select json_object_keys(row_to_json({page}.*))), ',')))[1], '') \
             || coalesce(E'\\n' || string_agg(substr({page}::text, 2, length({page}::text) - 2), E'\\n'), '')"
        )),
    };
}

/// `select ... from ...` for one level and everything below it.
pub(super) fn push_rows(
    sql: &mut Fragment,
    plan: &ReadPlan,
    source: Source<'_>,
    parent: Option<(&str, &Link)>,
) {
    let own = sql.alias();
    let embeds: Vec<String> = plan.embeds.iter().map(|_| sql.alias()).collect();
    sql.push("select ");
    push_columns(sql, plan, &own, &embeds);
    push_from(sql, plan, source, &own, &embeds, parent, true);
    push_order(sql, &plan.order, &own);
    if let Some(limit) = plan.limit {
        sql.push(" limit ").value(limit.to_string());
    }
    if plan.offset > 0 {
        sql.push(" offset ").value(plan.offset.to_string());
    }
}

/// The rows that match, whatever the page: for counting.
pub(super) fn push_matching(sql: &mut Fragment, plan: &ReadPlan, source: Source<'_>) {
    let own = sql.alias();
    let embeds: Vec<String> = plan.embeds.iter().map(|_| sql.alias()).collect();
    let restricts = plan.embeds.iter().any(|embed| embed.inner)
        || plan
            .conditions
            .iter()
            .any(|condition| matches!(condition, PlannedCondition::EmbedIsNull(..)));
    sql.push("select 1");
    push_from(sql, plan, source, &own, &embeds, None, restricts);
}

pub(super) fn push_columns(sql: &mut Fragment, plan: &ReadPlan, own: &str, embeds: &[String]) {
    let mut first = true;
    let mut comma = |sql: &mut Fragment| {
        if !std::mem::take(&mut first) {
            sql.push(", ");
        }
    };
    for column in &plan.columns {
        comma(sql);
        match column {
            SelectedColumn::All => {
                sql.push(own).push(".*");
            }
            SelectedColumn::Field { field, alias, cast } => {
                match cast {
                    // A cast names a type, which is a name like any other.
                    Some(cast) => {
                        sql.push("cast(");
                        push_field(sql, field, own);
                        sql.push(" as ").push(&type_name(cast)).push(")");
                    }
                    None => push_field(sql, field, own),
                }
                let name = alias.clone().unwrap_or_else(|| output_name(field));
                if alias.is_some() || cast.is_some() || !field.steps.is_empty() {
                    sql.push(" as ").name(&name);
                }
            }
        }
    }
    for (embed, alias) in plan.embeds.iter().zip(embeds) {
        comma(sql);
        match (embed.spread, embed.to_one) {
            (true, true) => {
                sql.push(alias).push(".*");
            }
            (_, true) => {
                sql.push(&format!("row_to_json({alias}.*) as ")).name(&embed.name);
            }
            (_, false) => {
                sql.push(alias).push(".rows as ").name(&embed.name);
            }
        }
    }
}

/// The key that a path ends in; an index is not a name, so the last one before it is.
pub(super) fn output_name(field: &Field) -> String {
    field
        .steps
        .iter()
        .rev()
        .find_map(|step| match &step.key {
            JsonKey::Name(name) => Some(name.clone()),
            JsonKey::Index(_) => None,
        })
        .unwrap_or_else(|| field.column.clone())
}

/// A type's name: common ones are keywords with a meaning of their own, so a plain word stays bare.
pub(super) fn type_name(written: &str) -> String {
    let plain = written.chars().all(|character| {
        character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'
    });
    if plain && written.starts_with(|character: char| character.is_ascii_lowercase()) {
        written.to_owned()
    } else {
        quote_identifier(written)
    }
}

pub(super) fn push_from(
    sql: &mut Fragment,
    plan: &ReadPlan,
    source: Source<'_>,
    own: &str,
    embeds: &[String],
    parent: Option<(&str, &Link)>,
    with_embeds: bool,
) {
    sql.push(" from ");
    match source {
        Source::Relation => {
            sql.qualified(&plan.relation).push(" as ").push(own);
        }
        Source::Written => {
            sql.push("written as ").push(own);
        }
        Source::Call(..) => {
            sql.push("(");
            push_source(sql, plan, source);
            sql.push(") as ").push(own);
        }
    }
    let mut wheres: Vec<Where<'_>> = Vec::new();
    if let Some((parent, link)) = parent {
        push_link(sql, link, own, parent, &mut wheres);
    }
    if with_embeds {
        for (embed, alias) in plan.embeds.iter().zip(embeds) {
            push_embed(sql, embed, alias, own);
            if embed.inner && !embed.to_one {
                wheres.push(Where::Text(format!("{alias}.number > 0")));
            }
        }
    }
    for condition in &plan.conditions {
        wheres.push(match condition {
            PlannedCondition::On(condition) => Where::On(condition),
            PlannedCondition::EmbedIsNull(place, is_null) => {
                Where::Text(match (plan.embeds[*place].to_one, is_null) {
                    (true, true) => format!("row_to_json({}.*) is null", embeds[*place]),
                    (true, false) => format!("row_to_json({}.*) is not null", embeds[*place]),
                    (false, true) => format!("{}.number = 0", embeds[*place]),
                    (false, false) => format!("{}.number > 0", embeds[*place]),
                })
            }
        });
    }
    for (place, one) in wheres.into_iter().enumerate() {
        sql.push(if place > 0 { " and " } else { " where " });
        match one {
            Where::Text(text) => {
                sql.push(&text);
            }
            Where::On(condition) => push_condition(sql, condition, own),
        }
    }
}

pub(super) enum Where<'a> {
    Text(String),
    On(&'a Condition),
}

pub(super) fn push_link(
    sql: &mut Fragment,
    link: &Link,
    own: &str,
    parent: &str,
    wheres: &mut Vec<Where<'_>>,
) {
    let equal = |left: &str, (one, other): &(String, String), right: &str| {
        format!("{left}.{} = {right}.{}", quote_identifier(one), quote_identifier(other))
    };
    match link {
        Link::Direct(pairs) => {
            wheres.extend(pairs.iter().map(|pair| Where::Text(equal(own, pair, parent))))
        }
        Link::Junction { relation, to_child, to_parent } => {
            let junction = sql.alias();
            sql.push(", ").qualified(relation).push(" as ").push(&junction);
            wheres.extend(to_child.iter().map(|pair| Where::Text(equal(own, pair, &junction))));
            wheres.extend(to_parent.iter().map(|pair| Where::Text(equal(&junction, pair, parent))));
        }
    }
}

pub(super) fn push_embed(sql: &mut Fragment, embed: &EmbedPlan, alias: &str, own: &str) {
    let parent = Some((own, &embed.link));
    if embed.to_one {
        sql.push(if embed.inner { " join lateral (" } else { " left join lateral (" });
        push_rows(sql, &embed.plan, Source::Relation, parent);
    } else {
        let rows = sql.alias();
        sql.push(" left join lateral (select coalesce(json_agg(").push(&rows);
        sql.push(".*), '[]'::json) as rows, count(*) as number from (");
        push_rows(sql, &embed.plan, Source::Relation, parent);
        sql.push(") as ").push(&rows);
    }
    sql.push(") as ").push(alias).push(" on true");
}

pub(super) fn push_order(sql: &mut Fragment, order: &[OrderTerm], own: &str) {
    for (place, term) in order.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { " order by " });
        push_field(sql, &term.field, own);
        if term.descending {
            sql.push(" desc");
        }
        match term.nulls_first {
            Some(true) => {
                sql.push(" nulls first");
            }
            Some(false) => {
                sql.push(" nulls last");
            }
            None => {}
        }
    }
}
