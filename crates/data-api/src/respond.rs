//! The last stage: the answer's row becomes status, headers and body.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;
use tenantry_catalog::Returns;
use tenantry_postgres::{Row, Rows};

use crate::api_request::{Action, ApiRequest, Media};
use crate::error::DataError;
use crate::plan::{Plan, PlannedWork};
use crate::preferences::Representation;

/// What the answer's row says.
pub struct Answered<'a> {
    row: Option<&'a Row>,
}

impl<'a> Answered<'a> {
    /// The row of the only statement.
    pub fn of(rows: &'a [Rows]) -> Self {
        Answered { row: rows.first().and_then(Rows::first) }
    }

    /// How many rows the body has, or were written.
    pub fn count(&self) -> u64 {
        self.number(1).unwrap_or(0)
    }

    fn total(&self) -> Option<u64> {
        self.number(2)
    }

    fn number(&self, index: usize) -> Option<u64> {
        self.row?.text(index)?.parse().ok()
    }

    /// Whether the answer is one that the request allows.
    ///
    /// # Errors
    /// [`DataError::NotSingular`], [`DataError::MaxAffected`].
    pub fn check(&self, request: &ApiRequest, plan: &Plan) -> Result<(), DataError> {
        let scalar = matches!(&plan.work, PlannedWork::Call(call) if !matches!(call.function.returns, Returns::SetOfRows));
        if request.media == Media::SingleObject && !scalar && self.count() != 1 {
            return Err(DataError::NotSingular(self.count()));
        }
        match request.preferences.max_affected {
            Some(most)
                if request.preferences.strict
                    && !matches!(plan.work, PlannedWork::Read(_))
                    && self.count() > most =>
            {
                Err(DataError::MaxAffected(self.count()))
            }
            _ => Ok(()),
        }
    }
}

/// Makes the response.
///
/// # Errors
/// [`DataError::Range`] for an offset beyond the total.
pub fn respond(
    request: &ApiRequest,
    plan: &Plan,
    schemas: &[String],
    answered: &Answered<'_>,
) -> Result<Response<Body>, DataError> {
    let offset = request.offset();
    let (count, total) = (answered.count(), answered.total());
    let reads = matches!(plan.work, PlannedWork::Read(_));
    if let (true, Some(total)) = (reads, total)
        && offset > 0
        && offset >= total
    {
        return Err(DataError::Range(total.to_string()));
    }
    let mut response = Response::new(Body::empty());
    let status = status(request, plan, count, total);
    *response.status_mut() = status;
    let has_body = status != StatusCode::NO_CONTENT && status != StatusCode::CREATED
        || matches!(plan.work, PlannedWork::Write(_))
            && request.preferences.representation == Representation::Full;
    let headers = response.headers_mut();
    if let Some(range) = content_range(request, plan, count, total) {
        set(headers, header::CONTENT_RANGE, &range);
    }
    if let Some(applied) = request.preferences.applied(!reads) {
        set(headers, HeaderName::from_static("preference-applied"), &applied);
    }
    if schemas.len() > 1 {
        set(headers, HeaderName::from_static("content-profile"), &plan.schema);
    }
    if let Some(location) = location(plan, answered) {
        set(headers, header::LOCATION, &location);
    }
    if has_body {
        let content_type = match request.media {
            Media::Json => "application/json; charset=utf-8",
            Media::SingleObject => "application/vnd.pgrst.object+json; charset=utf-8",
            Media::Csv => "text/csv; charset=utf-8",
        };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    apply_response_settings(&mut response, answered);
    if has_body && request.action != (Action::Read { head: true }) {
        let body = answered.row.and_then(|row| row.bytes(0)).cloned().unwrap_or_default();
        *response.body_mut() = Body::from(body);
    }
    Ok(response)
}

fn status(request: &ApiRequest, plan: &Plan, count: u64, total: Option<u64>) -> StatusCode {
    let full = request.preferences.representation == Representation::Full;
    match (&plan.work, request.action) {
        (PlannedWork::Write(_), Action::Insert) => StatusCode::CREATED,
        (PlannedWork::Write(_), _) if full => StatusCode::OK,
        (PlannedWork::Write(_), _) => StatusCode::NO_CONTENT,
        (PlannedWork::Call(call), _) if call.function.returns == Returns::Void => {
            StatusCode::NO_CONTENT
        }
        _ => match total {
            Some(total) if count < total && count > 0 => StatusCode::PARTIAL_CONTENT,
            _ => StatusCode::OK,
        },
    }
}

fn content_range(
    request: &ApiRequest,
    plan: &Plan,
    count: u64,
    total: Option<u64>,
) -> Option<String> {
    let offset = request.offset();
    let total = total.map_or_else(|| "*".to_owned(), |total| total.to_string());
    match (&plan.work, request.action) {
        (PlannedWork::Write(_), Action::Update) if count > 0 => Some(format!("0-{}/*", count - 1)),
        (PlannedWork::Write(_), _) => {
            let counted =
                if request.preferences.count.is_some() { count.to_string() } else { "*".into() };
            Some(format!("*/{counted}"))
        }
        (PlannedWork::Call(call), _) if call.function.returns == Returns::Void => None,
        _ if count == 0 => Some(format!("*/{total}")),
        _ => Some(format!("{offset}-{}/{total}", offset + count - 1)),
    }
}

/// `/posts?id=eq.7` for a written row, by its whole key.
fn location(plan: &Plan, answered: &Answered<'_>) -> Option<String> {
    let PlannedWork::Write(write) = &plan.work else { return None };
    let values: Vec<Option<String>> = serde_json::from_str(answered.row?.text(3)?).ok()?;
    let pairs: Vec<String> = write
        .primary_key
        .iter()
        .zip(values)
        .map(|(column, value)| match value {
            Some(value) => format!("{}=eq.{}", encode(column), encode(&value)),
            None => format!("{}=is.null", encode(column)),
        })
        .collect();
    Some(format!("/{}?{}", encode(&write.relation.1), pairs.join("&")))
}

fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// `response.headers` and `response.status`, as functions and triggers set them.
fn apply_response_settings(response: &mut Response<Body>, answered: &Answered<'_>) {
    let Some(row) = answered.row else { return };
    let listed: Vec<Value> =
        row.text(4).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for (name, value) in listed.iter().filter_map(Value::as_object).flatten() {
        let name = HeaderName::from_bytes(name.as_bytes());
        let value = value.as_str().map(HeaderValue::from_str);
        if let (Ok(name), Some(Ok(value))) = (name, value) {
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(status) = row
        .text(5)
        .and_then(|text| text.parse().ok())
        .and_then(|number| StatusCode::from_u16(number).ok())
    {
        *response.status_mut() = status;
    }
}

fn set(headers: &mut axum::http::HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
