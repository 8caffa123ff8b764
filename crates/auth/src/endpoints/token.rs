//! `POST /token?grant_type=...`: tokens for a password, a refresh token, or the code of a PKCE flow.

mod password;
mod pkce;
mod refresh;

use std::sync::Arc;

use axum::response::Response;

use crate::AuthError;
use crate::api::Engine;
use crate::limits::Counted;
use crate::request::AuthRequest;

/// Chooses by the grant type.
pub(crate) async fn token(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    engine.limits.count(Counted::Token, &request)?;
    match request.parameter("grant_type").as_deref() {
        Some("password") => password::grant(&engine, &request).await,
        Some("refresh_token") => refresh::grant(&engine, &request).await,
        Some("pkce") => pkce::grant(&engine, &request).await,
        _ => Err(AuthError::UnsupportedGrant),
    }
}
