//! Inserts, updates and deletes, with the rows that they answer.

use tenantry_postgres::{Statement, quote_literal};

use super::RESPONSE_SETTINGS;
use super::conditions::push_condition;
use super::rows::{Source, push_body, push_rows};
use crate::api_request::ApiRequest;
use crate::error::DataError;
use crate::fragment::Fragment;
use crate::plan::{WriteKind, WritePlan};
use crate::preferences::{Representation, Resolution};

pub(super) fn render_write(plan: &WritePlan, request: &ApiRequest) -> Result<Statement, DataError> {
    let mut sql = Fragment::default();
    sql.push("with written as (");
    match &plan.kind {
        WriteKind::Insert { conflict } => push_insert(&mut sql, plan, conflict.as_ref(), request)?,
        WriteKind::Update => push_update(&mut sql, plan, request)?,
        WriteKind::Delete => push_delete(&mut sql, plan),
    }
    sql.push(") ");
    let page = sql.alias();
    match request.preferences.representation {
        Representation::Full => {
            sql.push("select ");
            push_body(&mut sql, &page, request.media);
            sql.push(&format!(", count({page}.*)"));
        }
        _ => {
            sql.push(&format!("select null, count({page}.*)"));
        }
    }
    sql.push(", null, ");
    match request.preferences.representation {
        Representation::HeadersOnly if !plan.primary_key.is_empty() => push_key(&mut sql, plan),
        _ => {
            sql.push("null");
        }
    }
    sql.push(", ").push(RESPONSE_SETTINGS).push(" from (");
    if request.preferences.representation == Representation::Full {
        push_rows(&mut sql, &plan.answer, Source::Written, None);
    } else {
        sql.push("select 1 from written");
    }
    sql.push(&format!(") as {page}"));
    Ok(sql.statement())
}

/// The first written row's key as a JSON array of texts.
pub(super) fn push_key(sql: &mut Fragment, plan: &WritePlan) {
    sql.push("(select json_build_array(");
    for (place, column) in plan.primary_key.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).push("written.").name(column).push("::text");
    }
    sql.push(")::text from written limit 1)");
}

pub(super) fn push_insert(
    sql: &mut Fragment,
    plan: &WritePlan,
    conflict: Option<&(Vec<String>, Resolution)>,
    request: &ApiRequest,
) -> Result<(), DataError> {
    sql.push("insert into ").qualified(&plan.relation);
    if plan.columns.is_empty() {
        match plan.body_rows {
            // An empty array inserts nothing; empty objects insert rows of defaults.
            1 => {
                sql.push(" default values");
            }
            rows => {
                sql.push(&format!(" select from generate_series(1, {rows})"));
            }
        }
    } else {
        sql.push(" (");
        push_names(sql, &plan.columns);
        sql.push(") select ");
        push_names(sql, &plan.columns);
        sql.push(" from ");
        push_body_rows(sql, plan, request)?;
    }
    if let Some((columns, resolution)) = conflict {
        sql.push(" on conflict (");
        push_names(sql, columns);
        sql.push(")");
        let updated: Vec<&String> =
            plan.columns.iter().filter(|column| !columns.contains(column)).collect();
        match resolution {
            Resolution::Ignore => {
                sql.push(" do nothing");
            }
            Resolution::Merge if updated.is_empty() => {
                sql.push(" do nothing");
            }
            Resolution::Merge => {
                sql.push(" do update set ");
                for (place, column) in updated.into_iter().enumerate() {
                    sql.push(if place > 0 { ", " } else { "" })
                        .name(column)
                        .push(" = excluded.")
                        .name(column);
                }
            }
        }
    }
    push_returning(sql, plan, None);
    Ok(())
}

/// The body's objects as rows of the relation's type.
pub(super) fn push_body_rows(
    sql: &mut Fragment,
    plan: &WritePlan,
    request: &ApiRequest,
) -> Result<(), DataError> {
    let text = request.json_body()?;
    let is_array = text.trim_start().starts_with('[');
    let array = if is_array { text.to_owned() } else { format!("[{text}]") };
    if plan.defaults.is_empty() {
        sql.push("json_populate_recordset(null::").qualified(&plan.relation).push(", ");
        sql.value(array).push("::json) as body");
        return Ok(());
    }
    // Defaults are evaluated for each object, and what the object says goes over them.
    sql.push("jsonb_populate_recordset(null::").qualified(&plan.relation);
    sql.push(", (select jsonb_agg(jsonb_build_object(");
    for (place, (column, default)) in plan.defaults.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" });
        sql.push(quote_literal(column).trim_start()).push(", ").push(default);
    }
    sql.push(") || given) from jsonb_array_elements(").value(array);
    sql.push("::jsonb) as given)) as body");
    Ok(())
}

pub(super) fn push_update(
    sql: &mut Fragment,
    plan: &WritePlan,
    request: &ApiRequest,
) -> Result<(), DataError> {
    let target = sql.alias();
    if plan.columns.is_empty() {
        // Nothing to set is nothing to do.
        sql.push("select * from ")
            .qualified(&plan.relation)
            .push(&format!(" as {target} where false"));
        return Ok(());
    }
    sql.push("update ").qualified(&plan.relation).push(&format!(" as {target} set "));
    for (place, column) in plan.columns.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).name(column).push(" = body.").name(column);
    }
    sql.push(" from (select * from ");
    push_body_rows(sql, plan, request)?;
    sql.push(" limit 1) as body");
    push_where(sql, plan, &target);
    push_returning(sql, plan, Some(&target));
    Ok(())
}

pub(super) fn push_delete(sql: &mut Fragment, plan: &WritePlan) {
    let target = sql.alias();
    sql.push("delete from ").qualified(&plan.relation).push(&format!(" as {target}"));
    push_where(sql, plan, &target);
    push_returning(sql, plan, Some(&target));
}

pub(super) fn push_where(sql: &mut Fragment, plan: &WritePlan, target: &str) {
    for (place, condition) in plan.conditions.iter().enumerate() {
        sql.push(if place > 0 { " and " } else { " where " });
        push_condition(sql, condition, target);
    }
}

/// Only the columns that the answer needs: returning one needs the right to read it.
pub(super) fn push_returning(sql: &mut Fragment, plan: &WritePlan, target: Option<&str>) {
    sql.push(" returning ");
    let prefix = target.map(|target| format!("{target}.")).unwrap_or_default();
    match &plan.returning {
        None => {
            sql.push(&prefix).push("*");
        }
        Some(columns) if columns.is_empty() => {
            sql.push("1");
        }
        Some(columns) => {
            for (place, column) in columns.iter().enumerate() {
                sql.push(if place > 0 { ", " } else { "" }).push(&prefix).name(column);
            }
        }
    }
}

pub(super) fn push_names(sql: &mut Fragment, names: &[String]) {
    for (place, name) in names.iter().enumerate() {
        sql.push(if place > 0 { ", " } else { "" }).name(name);
    }
}
