//! Answers, and errors in both of the shapes that clients ask for.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::{Value, json};

use crate::AuthError;

/// The header in which a client says which shape of errors it knows.
const API_VERSION: HeaderName = HeaderName::from_static("x-supabase-api-version");

/// The version since when an error's `code` is its name.
const NAMED_CODES: &str = "2024-01-01";

/// The shape of errors that a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorShape {
    /// `{code: <status>, error_code, msg}`
    Numbered,
    /// `{code: <name>, message}`
    Named,
}

impl ErrorShape {
    /// What the request's header asks for; versions are dates and compare as texts.
    pub(crate) fn asked(headers: &HeaderMap) -> ErrorShape {
        let version = headers.get(API_VERSION).and_then(|value| value.to_str().ok());
        match version {
            Some(version) if version >= NAMED_CODES => ErrorShape::Named,
            _ => ErrorShape::Numbered,
        }
    }

    /// Tells the client which shape it got.
    pub(crate) fn mark(self, response: &mut Response) {
        if self == ErrorShape::Named {
            response.headers_mut().insert(API_VERSION, HeaderValue::from_static(NAMED_CODES));
        }
    }
}

/// A body as JSON. Answers hold tokens and people: nobody may keep them.
pub(crate) fn json_response(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).unwrap_or_else(|_| b"{}".to_vec());
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Answers that must not tell whether there is an account wait for a multiple of this.
const BEAT: Duration = Duration::from_millis(100);

/// Does the work and answers on the next beat, so that the time does not tell what was done.
pub(crate) async fn on_the_beat<T>(work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let done = work.await;
    until_the_beat(began).await;
    done
}

/// Waits for the next beat since `began`.
pub(crate) async fn until_the_beat(began: Instant) {
    let beats = began.elapsed().as_millis() / BEAT.as_millis() + 1;
    let beats = u32::try_from(beats).unwrap_or(1);
    tokio::time::sleep_until((began + BEAT * beats).into()).await;
}

/// Sends the browser elsewhere. Nobody may keep where: it may carry tokens.
pub(crate) fn see_other(location: &str) -> Result<Response, AuthError> {
    // A header is ASCII; what an address has beyond it is written as its bytes.
    let location = utf8_percent_encode(location, &AsciiSet::EMPTY).to_string();
    let location = HeaderValue::from_str(&location)
        .map_err(|_| AuthError::Validation("the address to go back to cannot be used"))?;
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, location);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// Everything but the unreserved characters of RFC 3986, 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a value in a query string or a fragment.
pub(crate) fn query_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Pairs as a query string or a fragment.
pub(crate) fn query_string(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", query_encode(value))).collect();
    pairs.join("&")
}

/// The URL with these pairs in its query, before any fragment.
pub(crate) fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    let (base, fragment) = url.split_once('#').map_or((url, None), |(b, f)| (b, Some(f)));
    let joint = if base.contains('?') { '&' } else { '?' };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{base}{joint}{}{fragment}", query_string(pairs))
}

/// The URL with these pairs as its fragment.
pub(crate) fn with_fragment(url: &str, pairs: &[(&str, &str)]) -> String {
    let base = url.split('#').next().unwrap_or_default();
    format!("{base}#{}", query_string(pairs))
}

/// An answer without a body.
pub(crate) fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// An error as the client asked to see it, and its cause in the log.
pub(crate) fn error_response(error: &AuthError, shape: ErrorShape) -> Response {
    let public = error.public();
    if public.status.is_server_error() {
        tracing::error!(%error, "an auth request failed");
    } else {
        tracing::debug!(%error, "an auth request was refused");
    }
    let mut body = match shape {
        ErrorShape::Named => json!({ "code": public.code, "message": public.message }),
        ErrorShape::Numbered => json!({
            "code": public.status.as_u16(),
            "error_code": public.code,
            "msg": public.message,
        }),
    };
    if let Value::Object(body) = &mut body {
        if matches!(error, AuthError::WeakPassword) {
            body.insert("weak_password".into(), json!({ "reasons": ["length"] }));
        }
        if public.status.is_server_error() && shape == ErrorShape::Numbered {
            body.insert("error_id".into(), uuid::Uuid::new_v4().to_string().into());
        }
    }
    let mut response = json_response(public.status, &body);
    let headers = response.headers_mut();
    headers.insert("x-sb-error-code", HeaderValue::from_static(public.code));
    if public.status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn errors_come_in_the_shape_that_was_asked_for() {
        let table = [
            (
                ErrorShape::Named,
                AuthError::InvalidCredentials,
                json!({"code": "invalid_credentials", "message": "Invalid login credentials"}),
            ),
            (
                ErrorShape::Numbered,
                AuthError::InvalidCredentials,
                json!({"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}),
            ),
            (
                ErrorShape::Named,
                AuthError::WeakPassword,
                json!({
                    "code": "weak_password",
                    "message": "Password should be at least 6 characters and at most 72 bytes.",
                    "weak_password": {"reasons": ["length"]},
                }),
            ),
        ];
        for (shape, error, expected) in table {
            let response = error_response(&error, shape);
            assert_eq!(response.headers()["x-sb-error-code"], error.public().code);
            let body = to_bytes(response.into_body(), 10_000).await.unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
        }
    }

    #[test]
    fn pairs_go_where_they_belong() {
        let pairs = [("a", "1 2"), ("b", "x&y#z")];
        for (url, expected) in [
            ("http://h", "http://h?a=1%202&b=x%26y%23z"),
            ("http://h/p?q=1#f", "http://h/p?q=1&a=1%202&b=x%26y%23z#f"),
        ] {
            assert_eq!(with_query(url, &pairs), expected);
        }
        assert_eq!(with_fragment("http://h/#f", &pairs[..1]), "http://h/#a=1%202");
    }

    #[test]
    fn versions_compare_as_dates() {
        let table = [
            (None, ErrorShape::Numbered),
            (Some("2023-12-31"), ErrorShape::Numbered),
            (Some("2024-01-01"), ErrorShape::Named),
            (Some("2025-06-01"), ErrorShape::Named),
        ];
        for (version, expected) in table {
            let mut headers = HeaderMap::new();
            if let Some(version) = version {
                headers.insert(API_VERSION, HeaderValue::from_static(version));
            }
            assert_eq!(ErrorShape::asked(&headers), expected, "{version:?}");
        }
    }
}
