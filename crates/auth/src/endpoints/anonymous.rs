use axum::response::Response;
use serde_json::{Map, Value};
use tenantry_postgres::Statement;

use crate::AuthError;
use crate::api::Engine;
use crate::limits::Counted;
use crate::login::{Method, NewLogin};
use crate::new_account::NewAccount;
use crate::request::AuthRequest;
use crate::store::is_true;

/// Whether the application's users table has room for people without an address.
const ALLOWED: &str = "select auth.bind_allows_anonymous()";

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
    let rows = engine.store.read(request, vec![Statement::new(ALLOWED)]).await?;
    if !rows.first().and_then(|rows| rows.first()).is_some_and(|row| is_true(row, 0)) {
        return Err(AuthError::AnonymousDisabled);
    }
    engine.limits.count(Counted::Anonymous, request)?;
    let new = NewAccount { user_metadata: data, anonymous: true, ..NewAccount::without_identity() };
    let login = NewLogin::new(Method::Anonymous)?;
    let mut statements = vec![new.account()];
    statements.extend(login.statements(engine, request, &new.id, None));
    let rows = engine.store.write(request, statements).await?;
    Ok(login.finish(engine, request, &rows).await?.into_response())
}
