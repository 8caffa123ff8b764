use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::response::json_response;

/// `GET /settings`: which ways to sign in there are.
pub(crate) async fn settings(engine: Arc<Engine>, _: AuthRequest) -> Result<Response, AuthError> {
    let body = json!({
        "external": { "email": true, "phone": false, "anonymous_users": false },
        "disable_signup": engine.config.settings.disable_signup,
        "mailer_autoconfirm": engine.config.autoconfirm(),
        "phone_autoconfirm": false,
        "sms_provider": "",
        "saml_enabled": false,
        "passkeys_enabled": false,
    });
    Ok(json_response(StatusCode::OK, &body))
}
