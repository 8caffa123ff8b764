//! Cross-origin requests, as PostgREST's clients know them: every origin may ask, unless some are
//! listed; then only those, with credentials.

use std::sync::{Arc, PoisonError, RwLock};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, header};
use axum::middleware::Next;

const METHODS: &str = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD";
const EXPOSED: &str = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit";
/// Headers that are allowed besides those that are asked for.
const SIMPLE_HEADERS: [&str; 3] = ["Accept", "Accept-Language", "Content-Language"];
const MOST_SECONDS: &str = "86400";

/// The origins that may ask; none listed means all. May be changed while requests are answered.
#[derive(Clone, Default)]
pub struct Origins(Arc<RwLock<Vec<String>>>);

impl Origins {
    /// Other origins from now on.
    pub fn replace(&self, origins: Vec<String>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = origins;
    }

    /// What an origin is allowed, if anything.
    fn allowance(&self, origin: &HeaderValue) -> Option<HeaderMap> {
        let listed = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut headers = HeaderMap::new();
        if listed.is_empty() {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        } else {
            listed.iter().find(|listed| listed.as_bytes() == origin.as_bytes())?;
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            headers
                .insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        Some(headers)
    }
}

/// Answers preflights, and says who may read other answers.
pub async fn allow(State(origins): State<Origins>, request: Request, next: Next) -> Response<Body> {
    let Some(origin) = request.headers().get(header::ORIGIN) else {
        return next.run(request).await;
    };
    let allowance = origins.allowance(origin);
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if is_preflight && let Some(allowance) = allowance {
        return preflight(request.headers(), allowance);
    }
    let mut response = next.run(request).await;
    if let Some(allowance) = allowance {
        response.headers_mut().extend(allowance);
        response
            .headers_mut()
            .insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    response
}

fn preflight(asked: &HeaderMap, allowance: HeaderMap) -> Response<Body> {
    let requested = asked
        .get(header::ACCESS_CONTROL_REQUEST_HEADERS)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    let requested = requested.split(',').map(str::trim).filter(|name| !name.is_empty());
    let headers: Vec<&str> =
        std::iter::once("Authorization").chain(requested).chain(SIMPLE_HEADERS).collect();
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = allowance;
    let all = response.headers_mut();
    all.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(METHODS));
    if let Ok(headers) = HeaderValue::from_str(&headers.join(", ")) {
        all.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
    }
    all.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MOST_SECONDS));
    response
}
