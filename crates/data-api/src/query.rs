//! The third stage: SQL. One statement per request, whose single row is the answer; of a page that
//! comes as rows, another before it has them. Pure.
//!
//! The columns of that row: the body, the number of rows in it, the total where it was asked for,
//! the key of a written row, `response.headers` and `response.status` where user code may set them,
//! and how many rows an upsert inserted.

mod bodies;
mod calls;
mod conditions;
mod rows;
mod writes;

use tenantry_postgres::{
    Isolation, Lane, RequestSettings, Statement, Work, quote_identifier, quote_search_path,
};

use self::bodies::{Page, push_body};
use crate::api_request::media_type::{MediaType, PlanType};
use crate::api_request::preferences::{Count, Ending};
use crate::api_request::{Action, ApiRequest, CallMethod};
use crate::config::DataApiConfig;
use crate::fragment::Fragment;
use crate::plan::{Handler, Plan, PlannedWork, ReadPlan};

/// What an upsert counts its inserted rows with.
const INSERTED: &str = "tenantry.inserted";

/// A request as SQL, ready to be run.
#[derive(Debug)]
pub struct Query {
    /// What is run.
    pub work: Work,
    /// Which of the statements has the answer.
    pub answer: usize,
    /// Which of them has the rows of the body, where they come as rows.
    pub page: Option<usize>,
    /// Which of them estimates the total.
    pub estimate: Option<usize>,
    /// Whether the rows decide if the work may stay.
    pub needs_decision: bool,
    /// Whether it is undone whatever the rows are.
    pub rolls_back: bool,
}

impl Query {
    /// Renders a plan. `role`: whose settings hold. Nothing for what asks no rows.
    pub fn render(
        plan: &Plan,
        request: &ApiRequest,
        config: &DataApiConfig,
        role: &str,
        settings: RequestSettings,
    ) -> Option<Query> {
        let (mut page, mut estimate) = (None, None);
        let statement = match &plan.work {
            PlannedWork::Read(read) if comes_as_rows(plan, request) => {
                page = Some(page_statement(read));
                settings_statement(plan)
            }
            PlannedWork::Read(read) => {
                let explains =
                    matches!(request.preferences.count, Some(Count::Planned | Count::Estimated));
                estimate = explains.then(|| rows::render_estimate(read));
                read_statement(plan, read, request, config)
            }
            PlannedWork::Write(write) => writes::render(plan, write, request),
            PlannedWork::Call(call) => calls::render(plan, call, request, config),
            PlannedWork::Inspect | PlannedWork::Info(_) => return None,
        };
        let statement = match &plan.media_type {
            MediaType::Plan(plan_type) => {
                estimate = None;
                explained(statement, plan_type)
            }
            _ => statement,
        };
        let pre_request = config.pre_request.as_ref().map(|function| {
            let schema = match function.schema.as_str() {
                "" => String::new(),
                schema => format!("{}.", quote_identifier(schema)),
            };
            Statement::new(format!("select {schema}{}()", quote_identifier(&function.name)))
        });
        let first = usize::from(pre_request.is_some());
        let answer = first + usize::from(page.is_some());
        let lane = lane(plan, request);
        let work = Work {
            lane,
            search_path: search_path(request, config),
            settings: role_settings(plan, config, role, settings),
            statements: pre_request
                .into_iter()
                .chain(page.clone())
                .chain([statement])
                .chain(estimate.clone())
                .collect(),
            isolation: isolation(plan, config, role),
            // Triggers, views and policies may call anything; only shared reads are known not to.
            runs_user_functions: matches!(plan.work, PlannedWork::Call(_))
                || config.pre_request.is_some(),
        };
        let rolls_back = lane == Lane::Write && rolls_back(request, config);
        Some(Query {
            needs_decision: rolls_back
                || work.isolation != Isolation::ReadCommitted
                || lane == Lane::Write && rows_decide(plan, request),
            page: page.map(|_| first),
            estimate: estimate.map(|_| answer + 1),
            rolls_back,
            answer,
            work,
        })
    }
}

/// The search path of a request: its schema, then what resolves without being exposed.
pub fn search_path(request: &ApiRequest, config: &DataApiConfig) -> std::sync::Arc<str> {
    let path = std::iter::once(request.schema.as_str())
        .chain(config.extra_search_path.iter().map(String::as_str));
    quote_search_path(path).into()
}

fn lane(plan: &Plan, request: &ApiRequest) -> Lane {
    match &plan.work {
        PlannedWork::Write(_) => Lane::Write,
        PlannedWork::Call(call) => {
            let posts = request.action == Action::Call(CallMethod::Post);
            if posts && call.function.volatile { Lane::Write } else { Lane::Read }
        }
        _ if plan.shareable => Lane::SharedRead,
        _ => Lane::Read,
    }
}

/// What the role, the function and the application set for this request.
fn role_settings(
    plan: &Plan,
    config: &DataApiConfig,
    role: &str,
    settings: RequestSettings,
) -> RequestSettings {
    let of_role = config.roles.get(role).map(|role| role.settings.clone()).unwrap_or_default();
    let of_function = match &plan.work {
        PlannedWork::Call(call) => &call.function.settings[..],
        _ => &[],
    };
    let of_work = of_function
        .iter()
        .filter(|(name, _)| config.hoisted_settings.contains(name))
        .chain(&config.app_settings)
        .cloned()
        .collect();
    RequestSettings { of_role, of_work, ..settings }
}

fn isolation(plan: &Plan, config: &DataApiConfig, role: &str) -> Isolation {
    let of_function = match &plan.work {
        PlannedWork::Call(call) => call.function.isolation.as_deref().map(Isolation::named),
        _ => None,
    };
    of_function.or_else(|| config.roles.get(role).map(|role| role.isolation)).unwrap_or_default()
}

fn rolls_back(request: &ApiRequest, config: &DataApiConfig) -> bool {
    match request.preferences.ending {
        Some(ending) => ending == Ending::Rollback,
        None => config.transaction_end.rolls_back,
    }
}

/// Whether a wrong number of rows undoes the work.
fn rows_decide(plan: &Plan, request: &ApiRequest) -> bool {
    matches!(plan.media_type, MediaType::Object { .. })
        || request.action == Action::Put
        || request.preferences.most_affected().is_some()
}

fn explained(statement: Statement, plan: &PlanType) -> Statement {
    let format = if plan.as_json { "format json" } else { "format text" };
    let options: Vec<&str> = std::iter::once(format).chain(plan.options.iter().copied()).collect();
    let sql = format!("explain ({}) {}", options.join(", "), statement.sql);
    Statement { sql: sql.into(), ..statement }
}

/// What user code may set about the response, where there is any.
fn push_response_settings(sql: &mut Fragment, plan: &Plan) {
    if plan.shareable {
        sql.push("null, null");
        return;
    }
    sql.push("nullif(current_setting('response.headers', true), ''), ");
    sql.push("nullif(current_setting('response.status', true), '')");
}

/// Whether the body is made of rows here: what PostgreSQL would make out of its text functions
/// costs it four times as much. A total has to be of the same moment, so it is not counted apart.
fn comes_as_rows(plan: &Plan, request: &ApiRequest) -> bool {
    plan.handler == Handler::Csv
        && plan.media_type == MediaType::Csv
        && request.preferences.count.is_none()
}

fn page_statement(read: &ReadPlan) -> Statement {
    let mut sql = Fragment::default();
    rows::push_rows(&mut sql, read);
    Statement { names_columns: true, ..sql.statement() }
}

/// An answer without body and number of rows.
fn settings_statement(plan: &Plan) -> Statement {
    let mut sql = Fragment::default();
    sql.push("select null, null, null, null, ");
    push_response_settings(&mut sql, plan);
    sql.push(", null");
    sql.statement()
}

fn read_statement(
    plan: &Plan,
    read: &ReadPlan,
    request: &ApiRequest,
    config: &DataApiConfig,
) -> Statement {
    let mut sql = Fragment::default();
    let page = Page::open(&mut sql, &plan.handler, |sql| rows::push_rows(sql, read));
    sql.push("select ");
    push_body(&mut sql, &plan.handler, &page, None);
    sql.push(", count(").push(&page.alias).push(".*), ");
    push_total(&mut sql, read, request, config, &page);
    sql.push(", null, ");
    push_response_settings(&mut sql, plan);
    sql.push(", null from ");
    page.close(&mut sql, |sql| rows::push_rows(sql, read));
    sql.statement()
}

/// The total, where it is asked for: with nothing left out it is the number of rows.
fn push_total(
    sql: &mut Fragment,
    read: &ReadPlan,
    request: &ApiRequest,
    config: &DataApiConfig,
    page: &Page,
) {
    if !request.preferences.counts() {
        sql.push("null");
    } else if request.range.is_all() && config.max_rows.is_none() {
        sql.push("count(").push(&page.alias).push(".*)");
    } else {
        let estimated = request.preferences.count == Some(Count::Estimated);
        let counted = sql.alias();
        sql.push("(select count(*) from (");
        rows::push_counted(sql, read);
        if let Some(most) = config.max_rows.filter(|_| estimated) {
            sql.push(" limit ").value((most + 1).to_string());
        }
        sql.push(") as ").push(&counted).push(")");
    }
}
