//! The pure stages in a row, from a request to what is sent to PostgreSQL: tables of requests and
//! what becomes of them. `tests/conformance` shows that PostgreSQL then answers as it should.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod library;

use axum::http::{HeaderMap, HeaderName, Method};
use bytes::Bytes;
use tenantry_data_api::api_request::{ApiRequest, Resource};
use tenantry_data_api::plan::Plan;
use tenantry_data_api::query::Query;
use tenantry_data_api::{DataApiConfig, DataError, Telling};
use tenantry_postgres::RequestSettings;

/// `GET /books?select=id`, headers behind it, and a body.
fn query(request: &str, body: &str) -> Result<Query, DataError> {
    let catalog = library::catalog();
    let config = DataApiConfig { aggregates: true, plans: true, ..DataApiConfig::default() };
    let mut words = request.split(' ');
    let method = Method::from_bytes(words.next().unwrap().as_bytes()).unwrap();
    let target = words.next().unwrap();
    let mut headers = HeaderMap::new();
    for header in words {
        let (name, value) = header.split_once(':').unwrap();
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let (path, parameters) = target.split_once('?').unwrap_or((target, ""));
    let resource = match path.strip_prefix("/rpc/") {
        Some(function) => Resource::Function(function.into()),
        None => Resource::Relation(path.trim_start_matches('/').into()),
    };
    let body = Bytes::copy_from_slice(body.as_bytes());
    let asked = ApiRequest::parse(&config, resource, &method, parameters, &headers, body)?;
    let plan = Plan::resolve(&asked, &catalog, &config)?;
    let settings = RequestSettings::default();
    Ok(Query::render(&plan, &asked, &config, "someone", settings).expect("rows are asked for"))
}

/// What becomes of a request: its lane and its statements with their parameters, or the error.
fn outcome(request: &str, body: &str) -> String {
    let query = match query(request, body) {
        Ok(query) => query,
        Err(error) => return error.body(Telling { anonymous: false, details: true }),
    };
    let mut lines = vec![match query.needs_decision {
        true => format!("{:?}, to be decided", query.work.lane),
        false => format!("{:?}", query.work.lane),
    }];
    for statement in &query.work.statements {
        lines.push(statement.sql.to_string());
        for (place, value) in statement.parameters.iter().enumerate() {
            let value = value.as_deref().map_or("null".into(), String::from_utf8_lossy);
            lines.push(format!("${} {value}", place + 1));
        }
    }
    lines.join("\n")
}

/// Every block of `stages.txt` is a request, a line with its body where it has one, and what becomes
/// of it.
#[test]
fn requests_become_statements() {
    let mut wrong = String::new();
    for block in include_str!("stages.txt").trim_end().split("\n\n") {
        let (request, rest) = block.split_once('\n').expect("a request and what becomes of it");
        let (body, expected) = match rest.strip_prefix("body ") {
            Some(rest) => rest.split_once('\n').expect("a body and what becomes of it"),
            None => ("", rest),
        };
        let found = outcome(request, body);
        if found != expected {
            wrong.push_str(&format!("{request}\n{found}\n\nbut expected\n\n{expected}\n\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
