use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Map, json};

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::response::json_response;

/// `GET /settings`: which ways to sign in there are.
pub(crate) async fn settings(engine: Arc<Engine>, _: AuthRequest) -> Result<Response, AuthError> {
    let settings = &engine.config.settings;
    let mut external = Map::new();
    external.insert("email".into(), true.into());
    external.insert("phone".into(), false.into());
    external.insert("anonymous_users".into(), settings.anonymous_users.into());
    for name in ["google", "github", "linkedin_oidc"] {
        external.insert(name.into(), false.into());
    }
    for name in settings.providers.keys() {
        external.insert(name.clone(), true.into());
    }
    let body = json!({
        "external": external,
        "disable_signup": settings.disable_signup,
        "mailer_autoconfirm": engine.config.autoconfirm(),
        "phone_autoconfirm": false,
        "sms_provider": "",
        "saml_enabled": false,
        "passkeys_enabled": false,
    });
    Ok(json_response(StatusCode::OK, &body))
}
