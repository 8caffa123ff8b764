use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::json;

use crate::api::Engine;
use crate::response::json_response;

/// `GET /health`: that this is an auth server, and which.
pub(crate) async fn health() -> Response {
    let body = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "name": "tenantry",
        "description": "tenantry serves the auth API of Supabase's clients",
    });
    json_response(StatusCode::OK, &body)
}

/// `GET /.well-known/jwks.json`: the public keys, by which clients check tokens themselves. They
/// may keep the answer for ten minutes, so a new key had better stand by for so long. The shared
/// secret is none of them.
pub(crate) async fn keys(State(engine): State<Arc<Engine>>) -> Response {
    let mut response = json_response(StatusCode::OK, &engine.authenticator.keys().public_set());
    let kept = HeaderValue::from_static("public, max-age=600");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    response
}
