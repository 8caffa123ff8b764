//! Any request against the stages before PostgreSQL: they must answer with SQL or with an error.
//!
//! An input is `METHOD TARGET`, headers as `name:value` behind it, and from the second line on the
//! body.
#![no_main]

#[path = "../../crates/data-api/tests/library/mod.rs"]
mod library;

use std::sync::LazyLock;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use tenantry_catalog::Catalog;
use tenantry_data_api::api_request::{ApiRequest, Resource};
use tenantry_data_api::plan::Plan;
use tenantry_data_api::query::Query;
use tenantry_data_api::{DataApiConfig, DataError, Telling};
use tenantry_postgres::RequestSettings;

static CATALOG: LazyLock<Catalog> = LazyLock::new(library::catalog);

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let (request, body) = text.split_once('\n').unwrap_or((&text, ""));
    match answer(request, body) {
        Some(Ok(Some(query))) => {
            for statement in &query.work.statements {
                // Every value is a parameter, and every parameter has a value.
                let places: Vec<usize> = statement
                    .sql
                    .split('$')
                    .skip(1)
                    .filter_map(|rest| {
                        let end = rest.find(|found: char| !found.is_ascii_digit());
                        rest[..end.unwrap_or(rest.len())].parse().ok()
                    })
                    .collect();
                for place in 1..=statement.parameters.len() {
                    assert!(places.contains(&place), "{}", statement.sql);
                }
                assert!(!statement.sql.contains('\0'), "PostgreSQL would not see the rest");
            }
        }
        Some(Err(error)) => {
            error.respond(Telling { anonymous: false, details: true });
        }
        // No method, or nothing to ask PostgreSQL.
        None | Some(Ok(None)) => {}
    }
});

fn answer(request: &str, body: &str) -> Option<Result<Option<Query>, DataError>> {
    let config = DataApiConfig {
        aggregates: true,
        plans: true,
        max_rows: Some(100),
        ..DataApiConfig::default()
    };
    let mut words = request.split(' ');
    let method = Method::from_bytes(words.next()?.as_bytes()).ok()?;
    let target = words.next()?;
    let mut headers = HeaderMap::new();
    for header in words {
        let Some((name, value)) = header.split_once(':') else { continue };
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let path = path.trim_start_matches('/');
    let resource = match (path, path.strip_prefix("rpc/")) {
        ("", _) => Resource::Schema,
        (_, Some(function)) => Resource::Function(function.into()),
        (relation, None) => Resource::Relation(relation.into()),
    };
    let body = Bytes::copy_from_slice(body.as_bytes());
    let outcome = ApiRequest::parse(&config, resource, &method, query, &headers, body).and_then(|asked| {
        let plan = Plan::resolve(&asked, &CATALOG, &config)?;
        Ok(Query::render(&plan, &asked, &config, "someone", RequestSettings::default()))
    });
    Some(outcome)
}
