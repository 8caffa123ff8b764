//! Inserts, updates and deletes, with the rows that they answer.

use bytes::Bytes;
use tenantry_postgres::{Statement, quote_literal};

use super::bodies::{Page, push_body};
use super::conditions::{self, Embeds};
use super::rows::{SOURCE, push_rows};
use super::{INSERTED, push_response_settings};
use crate::api_request::ApiRequest;
use crate::api_request::payload::Payload;
use crate::api_request::preferences::{Representation, Resolution};
use crate::fragment::Fragment;
use crate::plan::{BodyColumn, Condition, Handler, Plan, Returning, WriteKind, WritePlan};

/// The objects of the body as rows.
const BODY: &str = "tenantry_body";

pub(super) fn render(plan: &Plan, write: &WritePlan, request: &ApiRequest) -> Statement {
    let mut sql = Fragment::default();
    sql.push("with ").push(SOURCE).push(" as (");
    let body = match &request.payload {
        Some(Payload::Json(json)) => json.clone(),
        _ => Bytes::new(),
    };
    match &write.kind {
        WriteKind::Insert { .. } | WriteKind::Put { .. } => push_insert(&mut sql, write, body),
        WriteKind::Update(conditions) => push_update(&mut sql, write, conditions, body),
        WriteKind::Delete(conditions) => push_delete(&mut sql, write, conditions),
    }
    sql.push(")");
    let rows = |sql: &mut Fragment| match plan.handler {
        Handler::Nothing => {
            sql.push("select 1 from ").push(SOURCE);
        }
        _ => push_rows(sql, &write.answer),
    };
    let page = Page::open_behind(&mut sql, &plan.handler, rows);
    sql.push(" select ");
    push_body(&mut sql, &plan.handler, &page, None);
    sql.push(", count(").push(&page.alias).push(".*), null, ");
    push_key(&mut sql, write, request);
    sql.push(", ");
    push_response_settings(&mut sql, plan);
    sql.push(", ");
    if write.kind.resolution() == Some(Resolution::Merge) {
        sql.push("nullif(current_setting('").push(INSERTED).push("', true), '')");
    } else {
        sql.push("null");
    }
    sql.push(" from ");
    page.close(&mut sql, rows);
    sql.statement()
}

/// The first written row's key as a JSON array of texts.
fn push_key(sql: &mut Fragment, write: &WritePlan, request: &ApiRequest) {
    let is_insert = matches!(write.kind, WriteKind::Insert { .. });
    let wanted = request.preferences.representation == Some(Representation::HeadersOnly);
    if !is_insert || !wanted || write.primary_key.is_empty() {
        sql.push("null");
        return;
    }
    sql.push("(select json_build_array(");
    sql.separated(", ", &write.primary_key, |sql, column| {
        sql.column(SOURCE, column).push("::text");
    });
    sql.push(")::text from ").push(SOURCE).push(" limit 1)");
}

fn push_insert(sql: &mut Fragment, write: &WritePlan, body: Bytes) {
    let target = sql.alias_of(&write.relation);
    sql.push("insert into ").qualified(&write.relation).push(" as ").push(&target);
    if !write.columns.is_empty() {
        sql.push(" (").separated(", ", &write.columns, |sql, column| {
            sql.name(&column.name);
        });
        sql.push(")");
    }
    let only_one = matches!(write.kind, WriteKind::Put { .. });
    sql.push(" ");
    push_body_rows(sql, write, body, only_one);
    let merges = write.kind.resolution() == Some(Resolution::Merge);
    // Every row that is to be inserted counts, and every row that was there already counts back.
    if merges {
        sql.push(" where ");
        push_counting(sql, '+');
    }
    if let WriteKind::Put { conditions, .. } = &write.kind {
        sql.push(" and ");
        conditions::push_all(sql, conditions, BODY, Embeds::None);
    }
    let conflict = match &write.kind {
        WriteKind::Insert { conflict } => {
            conflict.as_ref().map(|(resolution, columns)| (*resolution, columns))
        }
        WriteKind::Put { key, .. } => Some((Resolution::Merge, key)),
        WriteKind::Update(_) | WriteKind::Delete(_) => None,
    };
    if let Some((resolution, columns)) = conflict {
        push_conflict(sql, write, resolution, columns);
    }
    push_returning(sql, &write.returning, &target);
}

fn push_counting(sql: &mut Fragment, sign: char) {
    sql.push(&format!(
        "set_config('{INSERTED}', (coalesce(nullif(current_setting('{INSERTED}', true), '')::int, 0) {sign} 1)::text, true) is not null"
    ));
}

/// Columns of the key are the same already; but where there are no others, they make the row one
/// that was written.
fn push_conflict(sql: &mut Fragment, write: &WritePlan, resolution: Resolution, key: &[String]) {
    sql.push(" on conflict (").separated(", ", key, |sql, column| {
        sql.name(column);
    });
    sql.push(")");
    if resolution == Resolution::Ignore || write.columns.is_empty() {
        sql.push(" do nothing");
        return;
    }
    let others: Vec<&BodyColumn> =
        write.columns.iter().filter(|column| !key.contains(&column.name)).collect();
    let updated = if others.is_empty() { write.columns.iter().collect() } else { others };
    sql.push(" do update set ").separated(", ", updated, |sql, column| {
        sql.name(&column.name).push(" = excluded.").name(&column.name);
    });
    sql.push(" where ");
    push_counting(sql, '-');
}

/// `select ... from` the body's objects.
fn push_body_rows(sql: &mut Fragment, write: &WritePlan, body: Bytes, only_one: bool) {
    sql.push("select ").separated(", ", &write.columns, |sql, column| {
        sql.column(BODY, &column.name);
    });
    sql.push(" from (");
    push_objects(sql, &write.columns, write.fills_defaults, body);
    sql.push(if only_one { " limit 1) as " } else { ") as " }).push(BODY);
}

/// The body's objects, each column as its type.
fn push_objects(sql: &mut Fragment, columns: &[BodyColumn], fills_defaults: bool, body: Bytes) {
    let is_object = Payload::is_object(&body);
    let raw = sql.alias();
    sql.push("select ");
    if columns.is_empty() {
        sql.push("1 from ");
        if is_object {
            sql.push("(select ").value(body).push("::json) as ").push(&raw);
        } else {
            sql.push("json_array_elements(").value(body).push("::json) as ").push(&raw);
        }
        return;
    }
    sql.separated(", ", columns, |sql, column| match &column.transform {
        Some(function) => {
            sql.push(function).push("(").column(&raw, &column.name).push(") as ");
            sql.name(&column.name);
        }
        None => {
            sql.column(&raw, &column.name);
        }
    });
    sql.push(" from ");
    match (fills_defaults, is_object) {
        (false, true) => {
            sql.push("json_to_record(").value(body).push("::json)");
        }
        (false, false) => {
            sql.push("json_to_recordset(").value(body).push("::json)");
        }
        (true, true) => {
            sql.push("jsonb_to_record(");
            push_defaults(sql, columns);
            sql.push(" || ").value(body).push("::jsonb)");
        }
        (true, false) => {
            let given = sql.alias();
            sql.push("jsonb_to_recordset((select jsonb_agg(");
            push_defaults(sql, columns);
            sql.push(" || ").push(&given).push(") from jsonb_array_elements(").value(body);
            sql.push("::jsonb) as ").push(&given).push("))");
        }
    }
    sql.push(" as ").push(&raw).push(" (").separated(", ", columns, |sql, column| {
        sql.name(&column.name).push(" ").push(&column.data_type);
    });
    sql.push(")");
}

/// The columns that have defaults, with them: evaluated for each object, which then goes over them.
fn push_defaults(sql: &mut Fragment, columns: &[BodyColumn]) {
    let filled = columns.iter().filter_map(|column| Some((&column.name, column.default.as_ref()?)));
    sql.push("jsonb_build_object(").separated(", ", filled, |sql, (name, default)| {
        sql.push(quote_literal(name).trim_start()).push(", ").push(default);
    });
    sql.push(")");
}

fn push_update(sql: &mut Fragment, write: &WritePlan, conditions: &[Condition], body: Bytes) {
    let target = sql.alias_of(&write.relation);
    if write.columns.is_empty() {
        // Nothing to set is nothing to do; the columns are there for what is read of no rows.
        sql.push("select ");
        push_shown(sql, &write.returning, &target);
        sql.push(" from ").qualified(&write.relation).push(" as ").push(&target);
        sql.push(" where false");
        return;
    }
    sql.push("update ").qualified(&write.relation).push(" as ").push(&target).push(" set ");
    sql.separated(", ", &write.columns, |sql, column| {
        sql.name(&column.name).push(" = ").column(BODY, &column.name);
    });
    sql.push(" from (");
    push_objects(sql, &write.columns, write.fills_defaults, body);
    sql.push(" limit 1) as ").push(BODY);
    push_where(sql, conditions, &target);
    push_returning(sql, &write.returning, &target);
}

fn push_delete(sql: &mut Fragment, write: &WritePlan, conditions: &[Condition]) {
    let target = sql.alias_of(&write.relation);
    sql.push("delete from ").qualified(&write.relation).push(" as ").push(&target);
    push_where(sql, conditions, &target);
    push_returning(sql, &write.returning, &target);
}

fn push_where(sql: &mut Fragment, conditions: &[Condition], target: &str) {
    if !conditions.is_empty() {
        sql.push(" where ");
        conditions::push_all(sql, conditions, target, Embeds::None);
    }
}

fn push_returning(sql: &mut Fragment, returning: &Returning, target: &str) {
    sql.push(" returning ");
    push_shown(sql, returning, target);
}

/// Only the columns that the answer needs: showing one needs the right to read it.
pub(super) fn push_shown(sql: &mut Fragment, returning: &Returning, target: &str) {
    match returning {
        Returning::All => {
            sql.push(target).push(".*");
        }
        Returning::Columns(columns) if !columns.is_empty() => {
            sql.separated(", ", columns, |sql, column| {
                sql.column(target, column);
            });
        }
        Returning::Nothing | Returning::Columns(_) => {
            sql.push("1");
        }
    }
}
