use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

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

/// `GET /.well-known/jwks.json`: the public keys. Tokens are signed with a shared secret, and
/// those are never listed; clients then ask `GET /user` instead of checking a token themselves.
pub(crate) async fn keys() -> Response {
    json_response(StatusCode::OK, &json!({ "keys": [] }))
}
