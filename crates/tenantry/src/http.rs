//! What surrounds the applications' routers: health, request ids, logs, CORS.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tenantry_caller::{Caller, Capability};
use tenantry_postgres::{Database, Lane, Statement, Work};
use tower::util::MapRequest;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};

use crate::hosts::Hosts;

/// The name of the header that carries a request's id, both ways.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Behind this, a path holds a key.
const MAILBOX: &str = "/mailbox/";
/// A client's own request id is kept if it is at most this long.
const LONGEST_REQUEST_ID: usize = 128;

/// One application's routers, below its base URL.
pub struct AppRoutes {
    /// The first segment of its paths.
    pub name: String,
    /// Names of hosts on which its paths need no such segment.
    pub hostnames: Vec<String>,
    /// `/rest/v1`
    pub data_api: Router,
    /// `/auth/v1`
    pub auth: Router,
    /// Asked by `/ready`.
    pub database: Database,
}

/// What the layers around every route need.
#[derive(Clone)]
struct Surroundings {
    trusted_proxies: Arc<[IpAddr]>,
    /// Whether clients are told the id of their request.
    tells_id: bool,
}

/// All routes: the applications, `/live` and `/ready`, and beside them pages that no other origin's
/// script may read.
pub fn router(apps: Vec<AppRoutes>, pages: Router, trusted_proxies: Vec<IpAddr>) -> Router {
    let databases: Arc<[(String, Database)]> =
        apps.iter().map(|app| (app.name.clone(), app.database.clone())).collect();
    let hosts = Hosts::new(&apps);
    let mut router = Router::new()
        .route("/live", get(|| async { Json(serde_json::json!({ "live": true })) }))
        .route("/ready", get(ready).with_state(databases));
    for app in apps {
        router = router
            .nest_service(&format!("/{}/rest/v1", app.name), app.data_api)
            .nest(&format!("/{}/auth/v1", app.name), app.auth);
    }
    let router = router.layer(cors()).merge(pages);
    // Before the routes are looked at, a host of an application's own becomes the path.
    let by_host = MapRequest::new(router, move |request| hosts.with_path(request));
    surround(Router::new().fallback_service(by_host), trusted_proxies, true)
}

/// Request ids and the log around any router; `tells_id`: whether answers have the id, too.
pub fn surround(router: Router, trusted_proxies: Vec<IpAddr>, tells_id: bool) -> Router {
    let surroundings = Surroundings { trusted_proxies: trusted_proxies.into(), tells_id };
    router.layer(middleware::from_fn_with_state(surroundings, identify_and_log))
}

/// Whether every application's database answers.
async fn ready(State(databases): State<Arc<[(String, Database)]>>) -> Response {
    let caller = Caller::capability(Capability::Auth);
    let mut apps = serde_json::Map::new();
    let mut all = true;
    for (name, database) in databases.iter() {
        let work = Work {
            lane: Lane::SharedRead,
            search_path: "".into(),
            settings: Default::default(),
            statements: vec![Statement::new("select 1")],
            isolation: Default::default(),
            runs_user_functions: false,
        };
        let answered = database.run_as(&caller, work).await.is_ok();
        all &= answered;
        apps.insert(name.clone(), answered.into());
    }
    let status = if all { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(serde_json::json!({ "ready": all, "apps": apps }))).into_response()
}

/// Gives the request an id and the true address of its client, and writes one line about it.
async fn identify_and_log(
    State(surroundings): State<Surroundings>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = request_id(&request);
    let method = request.method().clone();
    // The query stays out of the log: filters hold personal data.
    let path = logged_path(request.uri().path());
    let client = set_client_address(&mut request, &surroundings.trusted_proxies);
    if surroundings.tells_id {
        request.headers_mut().insert(REQUEST_ID, id.clone());
    }
    let mut response = next.run(request).await;
    let status = response.status().as_u16();
    let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
    let id_text = id.to_str().unwrap_or("");
    if status >= 500 {
        tracing::error!(target: "request", request_id = id_text, %method, path, status, milliseconds, client, "failed");
    } else {
        tracing::info!(target: "request", request_id = id_text, %method, path, status, milliseconds, client, "answered");
    }
    if surroundings.tells_id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The path without what opens the mailbox.
fn logged_path(path: &str) -> String {
    match path.strip_prefix(MAILBOX) {
        Some(_) => format!("{MAILBOX}..."),
        None => path.to_owned(),
    }
}

/// The client's own id where it is short and printable, else a new one.
fn request_id(request: &Request) -> HeaderValue {
    request
        .headers()
        .get(REQUEST_ID)
        .filter(|value| value.len() <= LONGEST_REQUEST_ID && value.to_str().is_ok())
        .cloned()
        .unwrap_or_else(|| {
            let mut text = uuid::Uuid::encode_buffer();
            let id = new_request_id().hyphenated().encode_lower(&mut text);
            HeaderValue::from_str(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
        })
}

/// A UUID of version 7, without asking the kernel for randomness each time.
fn new_request_id() -> uuid::Uuid {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let milliseconds = u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX);
    uuid::Builder::from_unix_timestamp_millis(milliseconds, &rand::random()).into_uuid()
}

/// Audit trails and limits believe `x-forwarded-for`, so it is one address afterwards: that which the
/// connection came from, or, behind trusted proxies, the last one in the header that is none of
/// them. What stands before it, the client wrote itself.
fn set_client_address(request: &mut Request, trusted_proxies: &[IpAddr]) -> String {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_canonical());
    let told = request.headers().get(FORWARDED_FOR).and_then(|value| value.to_str().ok());
    let client = peer.map(|peer| client_behind(peer, told, trusted_proxies));
    let client = client.map(|client| client.to_string()).unwrap_or_default();
    match HeaderValue::from_str(&client) {
        Ok(value) if !client.is_empty() => drop(request.headers_mut().insert(FORWARDED_FOR, value)),
        _ => drop(request.headers_mut().remove(FORWARDED_FOR)),
    }
    client
}

fn client_behind(peer: IpAddr, told: Option<&str>, trusted_proxies: &[IpAddr]) -> IpAddr {
    let mut client = peer;
    for hop in told.unwrap_or_default().rsplit(',') {
        if !trusted_proxies.contains(&client) {
            break;
        }
        match hop.trim().parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => break,
        }
    }
    client
}

/// Browsers may call from any origin: tokens travel in headers, never in cookies.
fn cors() -> CorsLayer {
    let exposed = [
        header::CONTENT_RANGE,
        header::CONTENT_LOCATION,
        header::LOCATION,
        header::LINK,
        HeaderName::from_static("preference-applied"),
        HeaderName::from_static("x-total-count"),
        HeaderName::from_static("x-supabase-api-version"),
        HeaderName::from_static("x-sb-error-code"),
        REQUEST_ID,
    ];
    CorsLayer::new()
        .allow_origin(AllowOrigin::any())
        .allow_methods(AllowMethods::list([
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PATCH,
            Method::PUT,
            Method::DELETE,
            Method::OPTIONS,
        ]))
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(exposed)
        .max_age(Duration::from_secs(86_400))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_the_last_that_no_proxy_of_ours_is() {
        let proxies: Vec<IpAddr> = ["10.0.0.1", "10.0.0.2"].map(|ip| ip.parse().unwrap()).into();
        for (peer, told, expected) in [
            ("203.0.113.9", None, "203.0.113.9"),
            ("203.0.113.9", Some("127.0.0.1"), "203.0.113.9"),
            ("10.0.0.1", None, "10.0.0.1"),
            ("10.0.0.1", Some("198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("127.0.0.1, 198.51.100.7"), "198.51.100.7"),
            ("10.0.0.1", Some("127.0.0.1, 198.51.100.7, 10.0.0.2"), "198.51.100.7"),
            ("10.0.0.1", Some("127.0.0.1, nonsense"), "10.0.0.1"),
            ("10.0.0.1", Some("2001:db8::7"), "2001:db8::7"),
        ] {
            let found = client_behind(peer.parse().unwrap(), told, &proxies);
            assert_eq!(found.to_string(), expected, "{peer} {told:?}");
        }
    }
}
