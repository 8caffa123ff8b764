//! The conductor: all stages of a request, in order.

use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::Body as _;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tenantry_caller::{Authenticator, Caller, Credentials};
use tenantry_catalog::CatalogHandle;
use tenantry_postgres::{Database, RequestSettings, Rows, Verdict};

use crate::api_request::{ApiRequest, Resource};
use crate::config::DataApiConfig;
use crate::error::{DataError, Telling};
use crate::openapi;
use crate::plan::{Plan, PlannedWork};
use crate::query::Query;
use crate::respond::{Answered, respond};
use crate::timing::{Stage, Timing};

/// The data API of one database.
#[derive(Clone)]
pub struct DataApi {
    inner: Arc<Inner>,
}

struct Inner {
    rules: RwLock<Arc<Rules>>,
    database: Database,
    catalog: CatalogHandle,
}

/// What may be changed while requests are answered.
struct Rules {
    config: DataApiConfig,
    authenticator: Authenticator,
}

impl DataApi {
    /// A data API over a database.
    pub fn new(
        config: DataApiConfig,
        authenticator: Authenticator,
        database: Database,
        catalog: CatalogHandle,
    ) -> Self {
        let rules = RwLock::new(Arc::new(Rules { config, authenticator }));
        DataApi { inner: Arc::new(Inner { rules, database, catalog }) }
    }

    /// Other rules for every request from now on.
    pub fn reconfigure(&self, config: DataApiConfig, authenticator: Authenticator) {
        let rules = Arc::new(Rules { config, authenticator });
        *self.inner.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// The schemas that it exposes.
    pub fn schemas(&self) -> Vec<String> {
        self.rules().config.schemas.clone()
    }

    /// Its routes: `/`, `/{relation}` and `/rpc/{function}`.
    pub fn router(self) -> axum::Router {
        axum::Router::new().fallback(answer).with_state(self)
    }

    fn rules(&self) -> Arc<Rules> {
        self.inner.rules.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn answer(&self, request: Request) -> Response<Body> {
        let rules = self.rules();
        let mut timing = Timing::start();
        let traced = rules.config.trace_header.clone().and_then(|name| {
            let value = request.headers().get(&name).cloned()?;
            Some((name, value))
        });
        let mut response = self.identified(&rules, request, &mut timing).await;
        if let Some((name, value)) = traced {
            response.headers_mut().insert(name, value);
        }
        if rules.config.timing {
            response.headers_mut().insert("server-timing", timing.header());
        }
        response
    }

    async fn identified(
        &self,
        rules: &Rules,
        request: Request,
        timing: &mut Timing,
    ) -> Response<Body> {
        let details = rules.config.errors_have_details;
        let identified = rules.authenticator.authenticate(credentials(request.headers())).await;
        timing.ends(Stage::Jwt);
        let caller = match identified {
            Ok(caller) => caller,
            Err(error) => {
                let error = DataError::Token(error);
                return error.respond(Telling { anonymous: true, details });
            }
        };
        let anonymous = Some(caller.role()) == rules.authenticator.anonymous_role();
        let telling = Telling { anonymous, details };
        let served = self.serve(rules, &caller, request, timing, telling).await;
        served.unwrap_or_else(|error| error.respond(telling))
    }

    /// Every stage of a request, in order.
    async fn serve(
        &self,
        rules: &Rules,
        caller: &Caller,
        request: Request,
        timing: &mut Timing,
        telling: Telling,
    ) -> Result<Response<Body>, DataError> {
        let config = &rules.config;
        let (parts, body) = request.into_parts();
        let resource = resource(parts.uri.path())?;
        let body = read_body(body, config.max_body_bytes).await?;
        let query = parts.uri.query().unwrap_or("");
        let asked =
            ApiRequest::parse(config, resource, &parts.method, query, &parts.headers, body)?;
        timing.ends(Stage::Parse);
        let catalog = self.inner.catalog.current().ok_or(DataError::NoCatalog)?;
        let plan = Plan::resolve(&asked, &catalog, config)?;
        let settings = settings(&parts.method, parts.uri.path(), &parts.headers, &asked);
        let rendered = Query::render(&plan, &asked, config, caller.role(), settings.clone());
        let Some(query) = rendered else {
            if let PlannedWork::Info(methods) = plan.work {
                timing.ends(Stage::Response);
                return Ok(allow(methods));
            }
            timing.ends(Stage::Plan);
            let seen =
                openapi::Visible::read(&self.inner.database, caller, config, &asked, settings)
                    .await?;
            timing.ends(Stage::Transaction);
            let response = openapi::respond(&catalog, config, &asked, &seen);
            timing.ends(Stage::Response);
            return Ok(response);
        };
        timing.ends(Stage::Plan);
        if config.logs_queries {
            let sql = query
                .work
                .statements
                .get(query.page.unwrap_or(query.answer))
                .map(|statement| &*statement.sql);
            tracing::info!(target: "query", sql, "run");
        }
        let rows = self.run(caller, &asked, &plan, &query).await?;
        timing.ends(Stage::Transaction);
        let answered = Answered::of(&rows, &query, &plan);
        let response = respond(&asked, &plan, config, &answered, telling)?;
        timing.ends(Stage::Response);
        Ok(response)
    }

    /// Runs as the caller; where the rows decide whether the work may stay, looks at them first.
    async fn run(
        &self,
        caller: &Caller,
        asked: &ApiRequest,
        plan: &Plan,
        query: &Query,
    ) -> Result<Vec<Rows>, DataError> {
        let database = &self.inner.database;
        let work = query.work.clone();
        if !query.needs_decision {
            let rows = database.run_as(caller, work).await?;
            Answered::of(&rows, query, plan).check(asked, plan)?;
            return Ok(rows);
        }
        let mut refusal = None;
        let decide = |rows: &[Rows]| match Answered::of(rows, query, plan).check(asked, plan) {
            Ok(()) if query.rolls_back => Verdict::Rollback,
            Ok(()) => Verdict::Commit,
            Err(error) => {
                refusal = Some(error);
                Verdict::Rollback
            }
        };
        let (rows, _) = database.run_deciding(caller, work, decide).await?;
        refusal.map_or(Ok(rows), Err)
    }
}

async fn answer(State(api): State<DataApi>, request: Request) -> Response<Body> {
    api.answer(request).await
}

/// What a path names.
fn resource(path: &str) -> Result<Resource, DataError> {
    let decoded = |segment: &str| percent_decode_str(segment).decode_utf8_lossy().into_owned();
    let mut segments = path.strip_prefix('/').unwrap_or(path).split('/');
    match (segments.next().unwrap_or(""), segments.next(), segments.next()) {
        ("", None, _) => Ok(Resource::Schema),
        ("rpc", Some(name), None) if !name.is_empty() => Ok(Resource::Function(decoded(name))),
        ("", ..) | (_, Some(_), _) => Err(DataError::Path),
        (name, None, _) => Ok(Resource::Relation(decoded(name))),
    }
}

fn allow(methods: &[&str]) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    if let Ok(methods) = HeaderValue::from_str(&methods.join(",")) {
        headers.insert(header::ALLOW, methods);
    }
    response
}

/// The token of a person, and the key of the application.
fn credentials(headers: &HeaderMap) -> Credentials<'_> {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION).and_then(|value| {
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    Credentials { bearer, key: text(HeaderName::from_static("apikey")) }
}

/// A client that sends too much hears so only if it may finish sending: the connection would break
/// under it otherwise. So much more than the limit is read, and thrown away.
const PATIENCE: usize = 4;

async fn read_body(mut body: Body, most: usize) -> Result<Bytes, DataError> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut collected = BytesMut::new();
    let mut received = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| DataError::Body(format!("The body could not be read: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        received += data.len();
        if received <= most {
            collected.extend_from_slice(&data);
        } else if received > most.saturating_mul(PATIENCE) {
            break;
        }
    }
    if received > most { Err(DataError::TooLarge(most)) } else { Ok(collected.freeze()) }
}

/// What `current_setting` shows of the request. Credentials stay out.
fn settings(
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    request: &ApiRequest,
) -> RequestSettings {
    const HIDDEN: [HeaderName; 3] =
        [header::AUTHORIZATION, header::COOKIE, HeaderName::from_static("apikey")];
    let mut shown = Map::new();
    for (name, value) in headers.iter().filter(|(name, _)| !HIDDEN.contains(name)) {
        shown.insert(
            name.as_str().to_owned(),
            Value::from(String::from_utf8_lossy(value.as_bytes())),
        );
    }
    let cookies: Map<String, Value> = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    RequestSettings {
        method: method.as_str().to_owned(),
        path: path.to_owned(),
        headers: Value::Object(shown).to_string(),
        cookies: Value::Object(cookies).to_string(),
        time_zone: request.preferences.time_zone.clone(),
        ..RequestSettings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_one_thing() {
        for (path, expected) in [
            ("/", Some(Resource::Schema)),
            ("", Some(Resource::Schema)),
            ("/items", Some(Resource::Relation("items".into()))),
            ("/a+b%20c", Some(Resource::Relation("a+b c".into()))),
            ("/rpc/f", Some(Resource::Function("f".into()))),
            ("/rpc", Some(Resource::Relation("rpc".into()))),
            ("/rpc/", None),
            ("/rpc/f/g", None),
            ("/items/1", None),
            ("//", None),
        ] {
            assert_eq!(resource(path).ok(), expected, "{path}");
        }
    }
}
