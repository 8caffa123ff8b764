use std::time::Instant;

use axum::response::Response;
use serde::Deserialize;
use tenantry_postgres::Statement;

use crate::api::Engine;
use crate::login::{Method, NewLogin};
use crate::request::AuthRequest;
use crate::response::until_the_beat;
use crate::store::is_true;
use crate::{AuthError, changes, email};

const FIND_BY_EMAIL: &str = "\
select account.id, account.encrypted_password, state.locked
from auth.users as account
cross join lateral auth.bind_sign_in_state(account.id) as state
where lower(account.email) = $1::text
and not account.is_sso_user";
/// By whatever the application signs people in with beside the address.
const FIND_BY_NAME: &str = "\
select account.id, account.encrypted_password, state.locked
from auth.users as account
cross join lateral auth.bind_sign_in_state(account.id) as state
where account.id = (select auth.bind_find_user($1::text))";
const END_ONE_TIME_PASSWORD: &str = include_str!("../../../sql/end_one_time_password.sql");

#[derive(Deserialize)]
struct PasswordGrant {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
}

/// Unknown users, wrong passwords and locked accounts take the same work, get the same answer and,
/// as noting a failure takes a moment, wait for the same beat.
pub(super) async fn grant(engine: &Engine, request: &AuthRequest) -> Result<Response, AuthError> {
    let began = Instant::now();
    let outcome = check(engine, request).await;
    if matches!(outcome, Err(AuthError::InvalidCredentials)) {
        until_the_beat(began).await;
    }
    outcome
}

async fn check(engine: &Engine, request: &AuthRequest) -> Result<Response, AuthError> {
    let body: PasswordGrant = request.json()?;
    let address = match (body.email.as_deref(), body.phone.as_deref()) {
        (Some(address), _) if !address.is_empty() => address,
        (_, Some(phone)) if !phone.is_empty() => return Err(AuthError::PhoneDisabled),
        _ => return Err(AuthError::Validation("missing email or phone")),
    };
    let secret = body.password.unwrap_or_default();

    let find = match email::normalize(address) {
        Ok(address) => Statement::new(FIND_BY_EMAIL).bind(address),
        // PostgreSQL's texts hold no zero byte, so no name does.
        Err(_) => Statement::new(FIND_BY_NAME).bind(address.trim().replace('\0', "\u{fffd}")),
    };
    let rows = engine.store.read(request, vec![find]).await?;
    let found = rows.first().and_then(|rows| rows.first());
    let stored = found.and_then(|row| row.text(1));
    let good = engine.passwords.verify(&secret, stored).await?;
    let Some(row) = found else { return Err(AuthError::InvalidCredentials) };
    let user_id = row.text(0).unwrap_or_default();
    if !good {
        if !is_true(row, 2) {
            let note = changes::note_failure(user_id);
            engine.store.write(request, vec![note]).await?;
        }
        return Err(AuthError::InvalidCredentials);
    }

    let login = NewLogin::new(Method::Password)?;
    let mut statements = login.statements(engine, request, user_id, stored);
    let end = Statement::new(END_ONE_TIME_PASSWORD).bind(login.session_id().to_owned());
    statements.insert(statements.len() - 1, end);
    let rows = engine.store.write(request, statements).await?;
    Ok(login.finish(engine, request, &rows).await?.into_response())
}
