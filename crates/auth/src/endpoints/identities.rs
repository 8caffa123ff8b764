use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;
use tenantry_postgres::Statement;

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::signed_in::SignedIn;

const LOCK_ACCOUNT: &str = "select id from auth.users where id = $1::uuid for no key update";
const UNLINK: &str = include_str!("../../sql/unlink_identity.sql");

/// `DELETE /user/identities/{id}`: takes a way to sign in away, but not the last one.
pub(crate) async fn unlink(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let person = SignedIn::read(&engine, &request).await?;
    if !engine.config.settings.manual_linking {
        return Err(AuthError::ManualLinkingDisabled);
    }
    person.require_second_factor()?;
    let id = uuid::Uuid::parse_str(request.last_path_part());
    let id = id.map_err(|_| AuthError::IdentityNotFound)?.to_string();
    let is_own = person.account.identities.iter().any(|known| {
        known.get("identity_id").and_then(|value| value.as_str()) == Some(id.as_str())
    });
    if !is_own {
        return Err(AuthError::IdentityNotFound);
    }
    // The account is locked first: two identities must not go at once and leave none.
    let lock = Statement::new(LOCK_ACCOUNT).bind(person.account.id.clone());
    let unlink = Statement::new(UNLINK).bind(person.account.id.clone()).bind(id);
    engine.store.write(&request, vec![lock, unlink]).await?;
    Ok(json_response(StatusCode::OK, &json!({})))
}
