//! Access tokens: the claims of a login session, what the application's own hook makes of them, and
//! the signature.

use std::time::{SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenantry_caller::AccessClaims;
use tenantry_postgres::{Row, Statement, quote_identifier};

use crate::AuthError;
use crate::account::Account;
use crate::api::Engine;
use crate::request::AuthRequest;

/// What the database says of an open login session.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SessionFacts {
    pub id: String,
    aal: Option<String>,
    amr: Value,
}

impl SessionFacts {
    /// The session in a column that holds it as JSON.
    pub(crate) fn from_row(row: &Row, column: usize) -> Result<SessionFacts, AuthError> {
        let bytes = row.bytes(column).ok_or(AuthError::Unexpected("no login session"))?;
        serde_json::from_slice(&bytes)
            .map_err(|_| AuthError::Unexpected("login session of another shape"))
    }
}

/// A signed token.
pub(crate) struct Issued {
    pub text: String,
    pub expires_in: i64,
    /// Seconds since the epoch.
    pub expires_at: i64,
}

/// The token of a login session. `method` is how it was reached this time: the hook is told.
pub(crate) async fn issue(
    engine: &Engine,
    request: &AuthRequest,
    account: &Account,
    session: &SessionFacts,
    method: &str,
) -> Result<Issued, AuthError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs() as i64);
    let expires_in = engine.config.settings.access_token_seconds;
    let claims = AccessClaims {
        iss: engine.config.issuer.clone(),
        sub: account.id.clone(),
        aud: account.aud.clone().unwrap_or_else(|| "authenticated".into()),
        exp: now + expires_in,
        iat: now,
        email: account.email.clone().unwrap_or_default(),
        phone: account.phone.clone().unwrap_or_default(),
        app_metadata: account.app_metadata(),
        user_metadata: account.user_metadata(),
        role: account.role().to_owned(),
        aal: session.aal.clone().unwrap_or_else(|| "aal1".into()),
        amr: session.amr.clone(),
        session_id: session.id.clone(),
        is_anonymous: account.is_anonymous,
    };
    let text = match &engine.config.settings.custom_access_token_hook {
        None => engine.authenticator.sign(&claims)?,
        Some(hook) => {
            let changed = ask_hook(engine, request, hook, &claims, method).await?;
            engine.authenticator.sign(&changed)?
        }
    };
    Ok(Issued { text, expires_in, expires_at: now + expires_in })
}

/// Claims that every token has to have, whatever a hook answers (as GoTrue requires them).
const REQUIRED: [&str; 7] = ["aud", "exp", "iat", "sub", "role", "aal", "session_id"];

#[derive(Deserialize)]
struct HookAnswer {
    claims: Option<Map<String, Value>>,
    error: Option<HookRefusal>,
}

#[derive(Deserialize)]
struct HookRefusal {
    http_code: Option<u16>,
    message: Option<String>,
}

/// Lets the application's SQL function change the claims.
async fn ask_hook(
    engine: &Engine,
    request: &AuthRequest,
    hook: &str,
    claims: &AccessClaims,
    method: &str,
) -> Result<Map<String, Value>, AuthError> {
    let event = json!({ "user_id": claims.sub, "claims": claims, "authentication_method": method });
    let call = Statement::new(call_of(hook)).bind(event.to_string());
    let rows = engine.store.ask_hook(request, call).await.map_err(broken)?;
    let bytes = rows.first().and_then(|rows| rows.first()).and_then(|row| row.bytes(0));
    let answer: HookAnswer = bytes
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .ok_or(AuthError::Hook("the hook answered no JSON object with claims".into()))?;
    if let Some(refusal) = answer.error {
        let message = refusal.message.unwrap_or_else(|| "refused by the access token hook".into());
        // What is no error's status would look like a success.
        let status = refusal.http_code.filter(|code| (400..600).contains(code)).unwrap_or(500);
        return Err(AuthError::HookRefused { status, message });
    }
    let changed = answer.claims.ok_or(AuthError::Hook("the hook answered no claims".into()))?;
    match REQUIRED.iter().find(|name| !changed.contains_key(**name)) {
        Some(name) => Err(AuthError::Hook(format!("the hook left out the claim {name}"))),
        None => Ok(changed),
    }
}

/// What the hook's own statements raise is not about the account, whatever it would mean elsewhere.
fn broken(error: AuthError) -> AuthError {
    match error {
        AuthError::Unavailable(_) | AuthError::TimedOut(_) | AuthError::Conflict => error,
        other => AuthError::Hook(other.to_string()),
    }
}

/// `schema.name` or `name` as a call with one parameter.
fn call_of(hook: &str) -> String {
    let name: Vec<String> = hook.split('.').map(quote_identifier).collect();
    format!("select {}($1::jsonb)", name.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_is_named_with_its_schema() {
        assert_eq!(call_of("public.f"), "select \"public\".\"f\"($1::jsonb)");
        assert_eq!(call_of("a\"; drop"), "select \"a\"\"; drop\"($1::jsonb)");
    }
}
