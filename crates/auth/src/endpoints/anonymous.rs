use axum::response::Response;
use serde_json::{Map, Value};

use crate::AuthError;
use crate::api::Engine;
use crate::limits::Counted;
use crate::login::{Method, NewLogin};
use crate::new_account::NewAccount;
use crate::request::AuthRequest;

/// A sign-up without any identity: an account and a session at once, where the operator allows it.
/// It becomes a real account when an identity is added.
pub(super) async fn sign_in(
    engine: &Engine,
    request: &AuthRequest,
    data: Map<String, Value>,
) -> Result<Response, AuthError> {
    if !engine.config.settings.anonymous_users {
        return Err(AuthError::AnonymousDisabled);
    }
    engine.limits.count(Counted::Anonymous, request)?;
    let new = NewAccount { user_metadata: data, ..NewAccount::without_identity() };
    let login = NewLogin::new(Method::Anonymous)?;
    let mut statements = vec![new.account()];
    statements.extend(login.statements(engine, request, &new.id, None));
    let rows = engine.store.write(request, statements).await.map_err(|error| match error {
        // The users table of the application insists on an address.
        AuthError::RefusedByApplication(_) => AuthError::AnonymousDisabled,
        other => other,
    })?;
    Ok(login.finish(engine, request, &rows).await?.into_response())
}
