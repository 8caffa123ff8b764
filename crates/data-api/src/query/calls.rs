//! Calls of functions, with what is read of their rows.

use bytes::Bytes;
use serde_json::{Map, Value};
use tenantry_catalog::{Argument, Function, Returns};
use tenantry_postgres::Statement;

use super::bodies::{Page, VALUE, push_body};
use super::conditions::array_literal;
use super::push_response_settings;
use super::rows::{SOURCE, push_counted, push_rows};
use super::writes::push_shown;
use crate::api_request::ApiRequest;
use crate::api_request::payload::Payload;
use crate::config::DataApiConfig;
use crate::fragment::Fragment;
use crate::plan::{CallArguments, CallPlan, Plan};

/// The arguments as they stand in the body.
const ARGUMENTS: &str = "tenantry_arguments";
/// What the function returns.
const CALL: &str = "tenantry_call";

pub(super) fn render(
    plan: &Plan,
    call: &CallPlan,
    request: &ApiRequest,
    config: &DataApiConfig,
) -> Statement {
    let function = &call.function;
    let mut sql = Fragment::default();
    sql.push("with ").push(SOURCE).push(" as (");
    push_call(&mut sql, call, request);
    sql.push(")");
    let rows = |sql: &mut Fragment| push_rows(sql, &call.answer);
    let page = Page::open_behind(&mut sql, &plan.handler, rows);
    let counted =
        if function.returns_single() { "1".to_owned() } else { format!("count({}.*)", page.alias) };
    sql.push(" select ");
    match function.returns {
        Returns::Void => {
            sql.push("null");
        }
        _ => push_body(&mut sql, &plan.handler, &page, Some(function)),
    }
    sql.push(", ").push(&counted).push(", ");
    if !request.preferences.counts() {
        sql.push("null");
    } else if request.range.is_all() && config.max_rows.is_none() {
        sql.push(&counted);
    } else {
        let all = sql.alias();
        sql.push("(select count(*) from (");
        push_counted(&mut sql, &call.answer);
        sql.push(") as ").push(&all).push(")");
    }
    sql.push(", null, ");
    push_response_settings(&mut sql, plan);
    sql.push(", null from ");
    page.close(&mut sql, rows);
    // The call has to happen even where nothing of its answer is looked at.
    if function.returns == Returns::Void {
        sql.push(" having count(").push(&page.alias).push(".*) >= 0");
    } else if function.returns_single() {
        sql.push(" having count(*) >= 0");
    }
    sql.statement()
}

/// What the function returns: its rows, or its values in one column.
fn push_call(sql: &mut Fragment, call: &CallPlan, request: &ApiRequest) {
    let function = &call.function;
    let is_row = function.returns == Returns::Row;
    sql.push("select ");
    if is_row {
        push_shown(sql, &call.returning, CALL);
    } else {
        sql.push(CALL).push(".").push(VALUE);
    }
    sql.push(" from ");
    let invoke = |sql: &mut Fragment, arguments: &mut dyn FnMut(&mut Fragment)| {
        if !is_row {
            sql.push("(select ");
        }
        sql.qualified(&function.name).push("(");
        arguments(sql);
        sql.push(")");
        if !is_row {
            sql.push(" as ").push(VALUE).push(")");
        }
        sql.push(" as ").push(CALL);
    };
    match &call.arguments {
        CallArguments::Whole => {
            let argument = function.arguments.first();
            invoke(sql, &mut |sql| {
                if let Some(argument) = argument {
                    let body = whole_body(request, argument);
                    sql.value(body).push("::").push(&argument.data_type);
                }
            });
        }
        CallArguments::Given(given) => invoke(sql, &mut |sql| {
            sql.separated(", ", given, |sql, (name, values)| {
                let Some(argument) = argument(function, name) else { return };
                push_argument_name(sql, argument);
                let value = match &values[..] {
                    [value] if !argument.variadic || is_array(argument, value) => value.clone(),
                    values => array_literal(values),
                };
                sql.value(value).push("::").push(&argument.widest_type);
            });
        }),
        CallArguments::Body(names) if names.is_empty() => invoke(sql, &mut |_| {}),
        CallArguments::Body(names) => {
            let body = match &request.payload {
                Some(Payload::Json(json)) => json.clone(),
                _ => Bytes::from_static(b"{}"),
            };
            let function_name =
                if Payload::is_object(&body) { "json_to_record" } else { "json_to_recordset" };
            let arguments: Vec<&Argument> =
                names.iter().filter_map(|name| argument(function, name)).collect();
            sql.push("(select * from ").push(function_name).push("(").value(body);
            sql.push("::json) as ").push(ARGUMENTS).push(" (");
            sql.separated(", ", &arguments, |sql, argument| {
                sql.name(&argument.name).push(" ").push(&argument.widest_type);
            });
            sql.push(") limit 1) as ").push(ARGUMENTS).push(", lateral ");
            invoke(sql, &mut |sql| {
                sql.separated(", ", &arguments, |sql, argument| {
                    push_argument_name(sql, argument);
                    sql.column(ARGUMENTS, &argument.name);
                });
            });
        }
    }
}

fn argument<'a>(function: &'a Function, name: &str) -> Option<&'a Argument> {
    function.arguments.iter().find(|argument| argument.name == name)
}

/// Whether one value is an array already, as clients write one: it is where no item could look so.
fn is_array(argument: &Argument, value: &str) -> bool {
    const MAY_HAVE_BRACES: [&str; 4] = ["text[]", "character varying[]", "json[]", "jsonb[]"];
    value.starts_with('{')
        && value.ends_with('}')
        && !MAY_HAVE_BRACES.contains(&argument.widest_type.as_str())
}

fn push_argument_name(sql: &mut Fragment, argument: &Argument) {
    if argument.variadic {
        sql.push("variadic ");
    }
    sql.name(&argument.name).push(" := ");
}

/// The body as the text of the one argument: bytes in PostgreSQL's notation.
fn whole_body(request: &ApiRequest, argument: &Argument) -> Bytes {
    let body = match &request.payload {
        Some(Payload::Json(body) | Payload::Raw(body)) => body.clone(),
        Some(Payload::Form(pairs)) => {
            let object: Map<String, Value> = pairs
                .iter()
                .map(|(name, value)| (name.clone(), Value::from(value.as_str())))
                .collect();
            Value::from(object).to_string().into()
        }
        None => Bytes::new(),
    };
    if argument.data_type != "bytea" {
        return body;
    }
    let mut hex = String::with_capacity(body.len() * 2 + 2);
    hex.push_str("\\x");
    for byte in &body {
        hex.push_str(&format!("{byte:02x}"));
    }
    hex.into()
}
