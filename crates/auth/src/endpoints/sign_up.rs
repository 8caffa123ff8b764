use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tenantry_postgres::Statement;

use crate::account::Account;
use crate::api::Engine;
use crate::login::{NewLogin, Opened};
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::{AuthError, email, password};

const INSERT_ACCOUNT: &str = include_str!("../../sql/insert_account.sql");
const INSERT_EMAIL_IDENTITY: &str = include_str!("../../sql/insert_email_identity.sql");
const NOW: &str = "select to_char(now() at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')";

#[derive(Deserialize, Default)]
struct SignUp {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
    data: Option<Map<String, Value>>,
}

/// `POST /signup`: a new account; with a session where its address counts as confirmed and the
/// application lets it in at once, otherwise only the user.
pub(crate) async fn sign_up(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    let body: SignUp = request.json_or_default()?;
    if engine.config.settings.disable_signup {
        return Err(AuthError::SignupDisabled);
    }
    let address = match (&body.email, &body.phone) {
        (Some(address), _) if !address.is_empty() => email::normalize(address)?,
        (_, Some(phone)) if !phone.is_empty() => return Err(AuthError::PhoneDisabled),
        _ => return Err(AuthError::AnonymousDisabled),
    };
    let secret = body.password.as_deref().filter(|secret| !secret.is_empty());
    let secret = secret.ok_or(AuthError::Validation("Signup requires a valid password"))?;
    password::check_length(secret)?;
    let hash = engine.passwords.hash(secret).await?;
    let data = Value::Object(body.data.unwrap_or_default());

    let id = uuid::Uuid::new_v4().to_string();
    let login = NewLogin::new()?;
    let mut statements = vec![
        Statement::new(INSERT_ACCOUNT)
            .bind(id.clone())
            .bind(address.clone())
            .bind(hash.clone())
            .bind(if engine.config.autoconfirm() { "true" } else { "false" })
            .bind(json!({ "provider": "email", "providers": ["email"] }).to_string())
            .bind(data.to_string())
            .bind_option(None::<String>)
            .bind_option(None::<String>),
        Statement::new(INSERT_EMAIL_IDENTITY).bind(id.clone()),
    ];
    statements.extend(login.statements(&engine, &request, &id, Some(&hash)));
    let written = engine.store.write(&request, statements).await;
    let rows = match written.map_err(|error| error.address_taken(AuthError::UserAlreadyExists)) {
        // Where addresses have to be confirmed, nobody learns who has signed up before.
        Err(AuthError::UserAlreadyExists) if !engine.config.autoconfirm() => {
            return stand_in(&engine, &request, &address, data).await;
        }
        other => other?,
    };
    let row =
        rows.last().and_then(|rows| rows.first()).ok_or(AuthError::Unexpected("no account"))?;
    match login.outcome(row)? {
        Opened::Session(account) => login.response(&engine, account),
        Opened::Refused(account, _) => Ok(json_response(StatusCode::OK, &account.into_user())),
    }
}

/// The answer of a sign-up that did not happen.
async fn stand_in(
    engine: &Engine,
    request: &AuthRequest,
    address: &str,
    data: Value,
) -> Result<Response, AuthError> {
    let rows = engine.store.read(request, vec![Statement::new(NOW)]).await?;
    let now =
        rows.first().and_then(|rows| rows.first()).and_then(|row| row.text(0)).unwrap_or_default();
    Ok(json_response(StatusCode::OK, &Account::stand_in(address, now, data)))
}
