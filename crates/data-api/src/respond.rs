//! The last stage: the answer's row becomes status, headers and body.

mod csv;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;
use tenantry_catalog::Returns;
use tenantry_postgres::{Row, Rows};

use crate::api_request::media_type::MediaType;
use crate::api_request::preferences::{Count, Preferences, Representation, Resolution};
use crate::api_request::query_string::encode;
use crate::api_request::range::content_range;
use crate::api_request::{Action, ApiRequest, CallMethod};
use crate::config::DataApiConfig;
use crate::error::{DataError, RangeError, Telling};
use crate::plan::{CallPlan, Handler, Plan, PlannedWork, WritePlan};
use crate::query::Query;

/// What the rows say.
#[derive(Clone, Copy)]
pub struct Answered<'a> {
    rows: &'a [Row],
    /// The rows of a body that is not made by PostgreSQL.
    page: Option<&'a Rows>,
    estimated: Option<u64>,
    is_plan: bool,
}

impl<'a> Answered<'a> {
    /// The rows of the statement that answers, and of the one that estimates.
    pub fn of(rows: &'a [Rows], query: &Query, plan: &Plan) -> Self {
        let estimated = query
            .estimate
            .and_then(|index| rows.get(index)?.first()?.text(0).map(str::to_owned))
            .and_then(|text| serde_json::from_str::<Value>(&text).ok())
            .and_then(|plan| plan.pointer("/0/Plan/Plan Rows")?.as_u64());
        Answered {
            rows: rows.get(query.answer).map_or(&[], |rows| &rows.rows),
            page: query.page.and_then(|index| rows.get(index)),
            estimated,
            is_plan: matches!(plan.media_type, MediaType::Plan(_)),
        }
    }

    fn row(&self) -> Option<&'a Row> {
        self.rows.first().filter(|_| !self.is_plan)
    }

    /// How many rows the body has, or were written.
    pub fn count(&self) -> u64 {
        match self.page {
            Some(page) => page.rows.len() as u64,
            None => self.number(1).unwrap_or(0),
        }
    }

    /// How many rows there are, as far as the request wants to know.
    fn total(&self, request: &ApiRequest, config: &DataApiConfig) -> Option<u64> {
        let counted = self.number(2);
        match request.preferences.count {
            Some(Count::Planned) => self.estimated,
            Some(Count::Estimated) => match (counted, config.max_rows) {
                (Some(counted), Some(most)) if counted > most => {
                    Some(counted.max(self.estimated.unwrap_or(0)))
                }
                _ => counted,
            },
            _ => counted,
        }
    }

    fn inserted(&self) -> u64 {
        self.number(6).unwrap_or(0)
    }

    fn number(&self, index: usize) -> Option<u64> {
        self.row()?.text(index)?.parse().ok()
    }

    /// Whether the answer is one that the request allows.
    ///
    /// # Errors
    /// [`DataError::NotSingular`], [`DataError::MaxAffected`], [`DataError::PutMismatch`].
    pub fn check(&self, request: &ApiRequest, plan: &Plan) -> Result<(), DataError> {
        if self.is_plan {
            return Ok(());
        }
        let count = self.count();
        if request.action == Action::Put && count != 1 {
            return Err(DataError::PutMismatch);
        }
        let changes = matches!(request.action, Action::Update | Action::Delete | Action::Call(_));
        if let Some(most) = request.preferences.most_affected().filter(|_| changes)
            && count > most
        {
            return Err(DataError::MaxAffected(count));
        }
        if matches!(plan.media_type, MediaType::Object { .. }) && count != 1 {
            return Err(DataError::NotSingular(count));
        }
        Ok(())
    }
}

/// Makes the response.
///
/// # Errors
/// [`DataError::ResponseHeaders`], [`DataError::ResponseStatus`]
pub fn respond(
    request: &ApiRequest,
    plan: &Plan,
    config: &DataApiConfig,
    answered: &Answered<'_>,
    telling: Telling,
) -> Result<Response<Body>, DataError> {
    let mut answer = match &plan.work {
        PlannedWork::Read(_) => of_read(request, config, answered, telling),
        PlannedWork::Write(write) => of_write(request, write, answered),
        PlannedWork::Call(call) => of_call(request, call, config, answered, telling),
        PlannedWork::Inspect | PlannedWork::Info(_) => Answer::new(StatusCode::OK),
    };
    if answer.shows_type {
        answer.set(header::CONTENT_TYPE, &plan.media_type.content_type());
    }
    if request.schema_was_chosen {
        answer.set(HeaderName::from_static("content-profile"), &request.schema);
    }
    if let Some(applied) = applied(request, plan).applied() {
        answer.set(HeaderName::from_static("preference-applied"), &applied);
    }
    if config.legacy_target_names && !plan.legacy_names.is_empty() {
        answer.set(header::WARNING, &deprecation(&plan.legacy_names));
    }
    if let Some(row) = answered.row() {
        apply_response_settings(&mut answer, row)?;
    }
    let headers = &mut answer.headers;
    if answer.status.is_success() && !headers.contains_key(header::VARY) {
        headers.insert(header::VARY, HeaderValue::from_static("Accept, Prefer, Range"));
    }
    let body = match answer.body {
        Shown::Nothing => Body::empty(),
        Shown::Text(text) => Body::from(text),
        Shown::Rows => rows_body(plan, answered),
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    Ok(response)
}

/// A response while it is made.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    shows_type: bool,
    body: Shown,
}

/// What a body is.
enum Shown {
    Nothing,
    Rows,
    Text(String),
}

impl Answer {
    fn new(status: StatusCode) -> Self {
        Answer { status, headers: HeaderMap::new(), shows_type: false, body: Shown::Nothing }
    }

    fn showing(status: StatusCode, body: Shown) -> Self {
        Answer { shows_type: true, body, ..Answer::new(status) }
    }

    fn set(&mut self, name: HeaderName, value: &str) {
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            self.headers.insert(name, value);
        }
    }
}

/// The rows of a page: status, `Content-Range` and body.
fn of_page(
    request: &ApiRequest,
    config: &DataApiConfig,
    answered: &Answered<'_>,
    head: bool,
    telling: Telling,
) -> Answer {
    let (count, total) = (answered.count(), answered.total(request, config));
    let offset = request.range.offset;
    let begin = u64::try_from(offset).unwrap_or(0);
    let status = match total {
        Some(total) if begin > total => StatusCode::RANGE_NOT_SATISFIABLE,
        Some(total) if count < total => StatusCode::PARTIAL_CONTENT,
        _ => StatusCode::OK,
    };
    let body = match (head, total) {
        (true, _) => Shown::Nothing,
        (false, Some(total)) if status == StatusCode::RANGE_NOT_SATISFIABLE => {
            Shown::Text(DataError::Range(RangeError::Beyond { offset, total }).body(telling))
        }
        (false, _) => Shown::Rows,
    };
    let mut answer = Answer::showing(status, body);
    answer.set(header::CONTENT_RANGE, &content_range(offset, count, total));
    if status == StatusCode::RANGE_NOT_SATISFIABLE {
        answer.set(HeaderName::from_static("proxy-status"), "PostgREST; error=PGRST103");
    }
    answer
}

fn of_read(
    request: &ApiRequest,
    config: &DataApiConfig,
    answered: &Answered<'_>,
    telling: Telling,
) -> Answer {
    let head = request.action == Action::Read { head: true };
    let mut answer = of_page(request, config, answered, head, telling);
    if let crate::api_request::Resource::Relation(name) = &request.resource {
        let query = &request.query.canonical;
        let mark = if query.is_empty() { "" } else { "?" };
        answer.set(header::CONTENT_LOCATION, &format!("/{}{mark}{query}", encode(name)));
    }
    answer
}

fn of_call(
    request: &ApiRequest,
    call: &CallPlan,
    config: &DataApiConfig,
    answered: &Answered<'_>,
    telling: Telling,
) -> Answer {
    let head = request.action == Action::Call(CallMethod::Head);
    let mut answer = of_page(request, config, answered, head, telling);
    if call.function.returns == Returns::Void && !answered.is_plan {
        answer.status = StatusCode::NO_CONTENT;
        answer.shows_type = false;
        answer.body = Shown::Nothing;
    }
    answer
}

fn of_write(request: &ApiRequest, write: &WritePlan, answered: &Answered<'_>) -> Answer {
    let preferences = &request.preferences;
    let full = preferences.representation == Some(Representation::Full) || answered.is_plan;
    let status = match request.action {
        Action::Insert => {
            let merges = write.kind.resolution() == Some(Resolution::Merge);
            let only_updated = merges && answered.inserted() == 0;
            if only_updated { StatusCode::OK } else { StatusCode::CREATED }
        }
        Action::Put if full && answered.inserted() > 0 => StatusCode::CREATED,
        _ if full => StatusCode::OK,
        _ => StatusCode::NO_CONTENT,
    };
    let status = if answered.is_plan { StatusCode::OK } else { status };
    let mut answer = if full { Answer::showing(status, Shown::Rows) } else { Answer::new(status) };
    let count = answered.count();
    let total = preferences.count.map(|_| count);
    match request.action {
        Action::Update => answer.set(header::CONTENT_RANGE, &content_range(0, count, total)),
        Action::Insert | Action::Delete => {
            answer.set(header::CONTENT_RANGE, &content_range(0, 0, total));
        }
        _ => {}
    }
    if let Some(location) = location(request, write, answered) {
        answer.set(header::LOCATION, &location);
    }
    answer
}

/// `/posts?id=eq.7` for the one row that was inserted, by its whole key.
fn location(request: &ApiRequest, write: &WritePlan, answered: &Answered<'_>) -> Option<String> {
    if request.preferences.representation != Some(Representation::HeadersOnly) {
        return None;
    }
    let values: Vec<Option<String>> = serde_json::from_str(answered.row()?.text(3)?).ok()?;
    let pairs: Vec<String> = write
        .primary_key
        .iter()
        .zip(values)
        .map(|(column, value)| match value {
            Some(value) => format!("{}=eq.{}", encode(column), encode(&value)),
            None => format!("{}=is.null", encode(column)),
        })
        .collect();
    Some(format!("/{}?{}", encode(&write.relation.name), pairs.join("&")))
}

/// The preferences that made a difference to this kind of request.
fn applied(request: &ApiRequest, plan: &Plan) -> Preferences {
    let action = request.action;
    let has_key = match &plan.work {
        PlannedWork::Write(write) => {
            !write.primary_key.is_empty() || request.query.on_conflict.is_some()
        }
        _ => false,
    };
    let changes = matches!(action, Action::Update | Action::Delete | Action::Call(_));
    let given = request.preferences.clone();
    Preferences {
        resolution: given.resolution.filter(|_| action == Action::Insert && has_key),
        representation: given.representation.filter(|_| action.writes()),
        missing: given.missing.filter(|_| matches!(action, Action::Insert | Action::Update)),
        max_affected: given.max_affected.filter(|_| changes),
        ..given
    }
}

/// RFC 7234, 5.5: 299 is a warning that stays.
fn deprecation(names: &[(String, String)]) -> String {
    let updates: Vec<String> =
        names.iter().map(|(name, alias)| format!("`{name}` to `{alias}`")).collect();
    format!(
        "299 PostgREST \"Embedded resource was referenced by relation name even though it has an alias. This is deprecated and will stop working in a future release. Update {} in query string filters, orders or limits.\"",
        updates.join(", ")
    )
}

/// `response.headers` and `response.status`, as functions and triggers set them. Headers take the
/// place of ours; among themselves they may repeat.
fn apply_response_settings(answer: &mut Answer, row: &Row) -> Result<(), DataError> {
    if let Some(text) = row.text(4) {
        let listed: Vec<Value> =
            serde_json::from_str(text).map_err(|_| DataError::ResponseHeaders)?;
        let mut chosen = HeaderMap::new();
        for item in &listed {
            let object = item.as_object().filter(|object| object.len() == 1);
            let (name, value) =
                object.and_then(|object| object.iter().next()).ok_or(DataError::ResponseHeaders)?;
            let value = value.as_str().ok_or(DataError::ResponseHeaders)?;
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
                chosen.append(name, value);
            }
        }
        for name in chosen.keys() {
            answer.headers.remove(name);
        }
        for (name, value) in &chosen {
            answer.headers.append(name, value.clone());
        }
    }
    if let Some(text) = row.text(5) {
        let status = text.trim().parse().ok().and_then(|code| StatusCode::from_u16(code).ok());
        answer.status = status.ok_or(DataError::ResponseStatus)?;
    }
    Ok(())
}

fn rows_body(plan: &Plan, answered: &Answered<'_>) -> Body {
    if answered.is_plan {
        let mut lines = String::new();
        for row in answered.rows {
            lines.push_str(row.text(0).unwrap_or(""));
            lines.push('\n');
        }
        return Body::from(lines);
    }
    if let Some(page) = answered.page {
        return Body::from(csv::write(page));
    }
    let body = answered.row().and_then(|row| row.bytes(0)).unwrap_or_default();
    let is_binary = matches!(
        plan.handler,
        Handler::Aggregate { is_binary: true, .. } | Handler::AsReturned { is_binary: true }
    );
    if is_binary { Body::from(from_hex(&body)) } else { Body::from(body) }
}

/// Bytes out of PostgreSQL's notation, `\x` and pairs of digits.
fn from_hex(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.strip_prefix(b"\\x")
        .unwrap_or_default()
        .chunks_exact(2)
        .map(|pair| digit(pair[0]).unwrap_or(0) << 4 | digit(pair[1]).unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_out_of_their_notation() {
        assert_eq!(from_hex(b"\\x00ffA1"), [0, 255, 161]);
        assert!(from_hex(b"\\x").is_empty());
    }
}
