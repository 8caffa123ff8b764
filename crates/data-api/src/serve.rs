//! The conductor: all stages of a request, in order.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde_json::{Map, Value};
use tenantry_caller::{Authenticator, Caller};
use tenantry_catalog::CatalogHandle;
use tenantry_postgres::{Database, RequestSettings, Rows, Verdict};

use crate::api_request::{ApiRequest, Target};
use crate::error::DataError;
use crate::plan::{Exposed, Plan};
use crate::query::Query;
use crate::respond::{Answered, respond};

/// The settings of one data API.
#[derive(Debug, Clone)]
pub struct DataApiConfig {
    /// The exposed schemas; the first is the default.
    pub schemas: Vec<String>,
    /// Schemas whose names resolve without being exposed.
    pub extra_search_path: Vec<String>,
    /// The role of callers without a token.
    pub anonymous_role: String,
    /// The most rows that a read answers at any level.
    pub max_rows: Option<u64>,
    /// Whether `public` means the default schema where it is not exposed itself: Supabase's clients
    /// name it on every request unless they are told another.
    pub public_is_default: bool,
    /// The largest body, in bytes.
    pub max_body_bytes: usize,
}

impl Default for DataApiConfig {
    fn default() -> Self {
        DataApiConfig {
            schemas: vec!["public".into()],
            extra_search_path: Vec::new(),
            anonymous_role: "anon".into(),
            max_rows: None,
            public_is_default: false,
            max_body_bytes: 16 * 1024 * 1024,
        }
    }
}

impl DataApiConfig {
    fn exposed(&self) -> Exposed<'_> {
        Exposed {
            schemas: &self.schemas,
            max_rows: self.max_rows,
            public_is_default: self.public_is_default,
        }
    }
}

/// The data API of one database.
#[derive(Clone)]
pub struct DataApi {
    inner: Arc<Inner>,
}

struct Inner {
    config: DataApiConfig,
    authenticator: Authenticator,
    database: Database,
    catalog: CatalogHandle,
}

impl DataApi {
    /// A data API over a database.
    pub fn new(
        config: DataApiConfig,
        authenticator: Authenticator,
        database: Database,
        catalog: CatalogHandle,
    ) -> Self {
        DataApi { inner: Arc::new(Inner { config, authenticator, database, catalog }) }
    }

    /// Its routes: `/{relation}` and `/rpc/{function}`.
    pub fn router(self) -> axum::Router {
        use axum::routing::any;
        axum::Router::new()
            .route("/{relation}", any(relation))
            .route("/rpc/{function}", any(function))
            .fallback(async || DataError::Path.respond(true))
            .with_state(self)
    }

    /// Every stage of a request, in order.
    async fn serve(
        &self,
        caller: &Caller,
        target: Target,
        request: Request,
    ) -> Result<Response<Body>, DataError> {
        let Inner { config, database, catalog, .. } = &*self.inner;
        let (parts, body) = request.into_parts();
        let body = read_body(body, config.max_body_bytes).await?;
        let settings = settings(&parts.method, &target, &parts.headers);
        let query = parts.uri.query().unwrap_or("");
        let asked = ApiRequest::parse(target, &parts.method, query, &parts.headers, body)?;
        let plan = Plan::resolve(&asked, &catalog.current(), &config.exposed())?;
        let settings =
            RequestSettings { time_zone: asked.preferences.time_zone.clone(), ..settings };
        let work = Query::render(&plan, &asked, &config.extra_search_path, settings)?;
        let rows = self.run(database, caller, &asked, &plan, work).await?;
        respond(&asked, &plan, &config.schemas, &Answered::of(&rows))
    }

    /// Runs as the caller; where the rows decide whether the work may stay, looks at them first.
    async fn run(
        &self,
        database: &Database,
        caller: &Caller,
        asked: &ApiRequest,
        plan: &Plan,
        work: tenantry_postgres::Work,
    ) -> Result<Vec<Rows>, DataError> {
        if !Query::needs_decision(asked, plan) {
            let rows = database.run_as(caller, work).await?;
            Answered::of(&rows).check(asked, plan)?;
            return Ok(rows);
        }
        let mut refusal = None;
        let decide = |rows: &[Rows]| match Answered::of(rows).check(asked, plan) {
            Ok(()) if asked.preferences.rollback => Verdict::Rollback,
            Ok(()) => Verdict::Commit,
            Err(error) => {
                refusal = Some(error);
                Verdict::Rollback
            }
        };
        let (rows, _) = database.run_deciding(caller, work, decide).await?;
        refusal.map_or(Ok(rows), Err)
    }

    async fn answer(&self, target: Target, request: Request) -> Response<Body> {
        let caller = match self.inner.authenticator.identify(bearer(request.headers())) {
            Ok(caller) => caller,
            Err(error) => return DataError::Token(error).respond(true),
        };
        let anonymous = Query::is_anonymous(&caller, &self.inner.config.anonymous_role);
        self.serve(&caller, target, request).await.unwrap_or_else(|error| error.respond(anonymous))
    }
}

async fn relation(
    State(api): State<DataApi>,
    Path(name): Path<String>,
    request: Request,
) -> Response<Body> {
    if request.method() == Method::OPTIONS {
        return allow("OPTIONS,GET,HEAD,POST,PATCH,DELETE");
    }
    api.answer(Target::Relation(name), request).await
}

async fn function(
    State(api): State<DataApi>,
    Path(name): Path<String>,
    request: Request,
) -> Response<Body> {
    if request.method() == Method::OPTIONS {
        return allow("OPTIONS,GET,HEAD,POST");
    }
    api.answer(Target::Function(name), request).await
}

fn allow(methods: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
    response
}

/// The token of a person, else the key of the application, which is a token too.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = authorization.and_then(|value| {
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    token.or_else(|| headers.get("apikey").and_then(|value| value.to_str().ok()))
}

/// A client that sends too much hears so only if it may finish sending: the connection would break
/// under it otherwise. So much more than the limit is read, and thrown away.
const PATIENCE: usize = 4;

async fn read_body(mut body: Body, most: usize) -> Result<Bytes, DataError> {
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
fn settings(method: &Method, target: &Target, headers: &HeaderMap) -> RequestSettings {
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
        path: match target {
            Target::Relation(name) => format!("/{name}"),
            Target::Function(name) => format!("/rpc/{name}"),
        },
        headers: Value::Object(shown).to_string(),
        cookies: Value::Object(cookies).to_string(),
        time_zone: None,
    }
}
