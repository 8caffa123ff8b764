//! Answers, and errors in both of the shapes that clients ask for.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
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
    if matches!(error, AuthError::WeakPassword)
        && let Value::Object(body) = &mut body
    {
        body.insert("weak_password".into(), json!({ "reasons": ["length"] }));
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
