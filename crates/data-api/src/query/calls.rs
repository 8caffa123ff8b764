//! Calls of functions, with named arguments.

use tenantry_catalog::Returns;
use tenantry_postgres::Statement;

use super::RESPONSE_SETTINGS;
use super::rows::{Source, push_body, push_rows};
use crate::api_request::ApiRequest;
use crate::error::DataError;
use crate::fragment::Fragment;
use crate::plan::{CallArguments, CallPlan, ReadPlan, answers_rows};

pub(super) fn render_call(plan: &CallPlan, request: &ApiRequest) -> Result<Statement, DataError> {
    let mut sql = Fragment::default();
    let source = Source::Call(plan, request);
    if let CallArguments::Body(arguments) = &plan.arguments
        && !arguments.is_empty()
    {
        sql.push("with arguments as (select * from json_to_record(")
            .value(request.json_body()?.to_owned());
        sql.push("::json) as given (");
        for (place, (name, data_type)) in arguments.iter().enumerate() {
            sql.push(if place > 0 { ", " } else { "" }).name(name).push(" ").push(data_type);
        }
        sql.push(")) ");
    }
    let page = sql.alias();
    sql.push("select ");
    match plan.function.returns {
        Returns::Void => {
            sql.push("null, 1");
        }
        Returns::Scalar => {
            sql.push(&format!("coalesce((json_agg({page}.value) -> 0)::text, 'null'), count(*)"));
        }
        Returns::SetOfScalar => {
            sql.push(&format!("coalesce(json_agg({page}.value), '[]')::text, count(*)"));
        }
        Returns::Row => {
            sql.push(&format!(
                "coalesce((json_agg({page}.*) -> 0)::text, 'null'), count({page}.*)"
            ));
        }
        Returns::SetOfRows => {
            push_body(&mut sql, &page, request.media);
            sql.push(&format!(", count({page}.*)"));
        }
    }
    // Counting would call the function again, so the total is that of its rows without a limit.
    sql.push(", null, null, ").push(RESPONSE_SETTINGS).push(" from (");
    if answers_rows(&plan.function) {
        push_rows(&mut sql, &plan.answer, source, None);
    } else {
        push_source(&mut sql, &plan.answer, source);
    }
    sql.push(&format!(") as {page}"));
    if !answers_rows(&plan.function) && plan.function.returns != Returns::Void {
        sql.push("(value)");
    }
    Ok(sql.statement())
}

/// The call itself, as a query of its result's columns.
pub(super) fn push_source(sql: &mut Fragment, plan: &ReadPlan, source: Source<'_>) {
    let Source::Call(call, request) = source else {
        sql.push("select * from ").qualified(&plan.relation);
        return;
    };
    let result = sql.alias();
    let from_body =
        matches!(&call.arguments, CallArguments::Body(arguments) if !arguments.is_empty());
    sql.push("select ").push(&result).push(".* from ");
    if from_body {
        sql.push("arguments, lateral ");
    }
    sql.qualified(&(call.function.schema.clone(), call.function.name.clone())).push("(");
    match &call.arguments {
        CallArguments::Whole => {
            let data_type = &call.function.arguments[0].data_type;
            sql.value(request.body.clone()).push("::").push(data_type);
        }
        CallArguments::Body(arguments) => {
            for (place, (name, _)) in arguments.iter().enumerate() {
                push_argument(sql, call, place, name);
                sql.push("arguments.").name(name);
            }
        }
        CallArguments::Query(arguments) => {
            for (place, (name, data_type, value)) in arguments.iter().enumerate() {
                push_argument(sql, call, place, name);
                sql.value(value.clone()).push("::").push(data_type);
            }
        }
    }
    sql.push(") as ").push(&result);
}

pub(super) fn push_argument(sql: &mut Fragment, call: &CallPlan, place: usize, name: &str) {
    let variadic =
        call.function.arguments.iter().any(|argument| argument.name == name && argument.variadic);
    sql.push(if place > 0 { ", " } else { "" })
        .push(if variadic { "variadic " } else { "" })
        .name(name)
        .push(" => ");
}
