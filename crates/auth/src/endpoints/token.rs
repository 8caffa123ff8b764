use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::Response;
use serde::Deserialize;
use tenantry_postgres::Statement;

use crate::account::Account;
use crate::api::Engine;
use crate::login::{NewLogin, Opened, session_response};
use crate::refresh_token::RefreshToken;
use crate::request::AuthRequest;
use crate::store::{is_true, with_account};
use crate::{AuthError, email};

const FIND_BY_EMAIL: &str = "\
select account.id, account.encrypted_password, state.locked
from auth.users as account
cross join lateral auth.bind_sign_in_state(account.id) as state
where lower(account.email) = $1::text
and not account.is_sso_user";
const NOTE_FAILURE: &str = "select auth.bind_sign_in_failed($1::uuid)";

const WAIT_AT_MOST: &str = "select set_config('lock_timeout', '5s', true)";
const REFRESH_FIND: &str = include_str!("../../sql/refresh_find.sql");
const REFRESH_ROTATE: &str = include_str!("../../sql/refresh_rotate.sql");
const REFRESH_USE_UP: &str = include_str!("../../sql/refresh_use_up.sql");
const REFRESH_PROLONG: &str = include_str!("../../sql/refresh_prolong.sql");
const REFRESH_END_STOLEN: &str = include_str!("../../sql/refresh_end_stolen.sql");
const REFRESH_OUTCOME: &str = include_str!("../../sql/refresh_outcome.sql");

/// Wrong passwords are answered at multiples of this, so that the time tells nothing about whether
/// there is such a user.
const REFUSAL_BEAT: Duration = Duration::from_millis(100);

/// How many refreshes may have happened since a token that crossed with them.
const LONGEST_CROSSING: usize = 8;

/// `POST /token?grant_type=...`: tokens for a password or for a refresh token.
pub(crate) async fn token(
    engine: Arc<Engine>,
    request: AuthRequest,
) -> Result<Response, AuthError> {
    match request.parameter("grant_type").as_deref() {
        Some("password") => with_password(&engine, &request).await,
        Some("refresh_token") => with_refresh_token(&engine, &request).await,
        _ => Err(AuthError::UnsupportedGrant),
    }
}

#[derive(Deserialize)]
struct PasswordGrant {
    email: Option<String>,
    phone: Option<String>,
    password: Option<String>,
}

/// Unknown users, wrong passwords and locked accounts take the same work, get the same answer and,
/// as noting a failure takes a moment, wait for the same beat.
async fn with_password(engine: &Engine, request: &AuthRequest) -> Result<Response, AuthError> {
    let began = Instant::now();
    let outcome = check_password(engine, request).await;
    if matches!(outcome, Err(AuthError::InvalidCredentials)) {
        let beats = began.elapsed().as_millis() / REFUSAL_BEAT.as_millis() + 1;
        let beats = u32::try_from(beats).unwrap_or(1);
        tokio::time::sleep_until((began + REFUSAL_BEAT * beats).into()).await;
    }
    outcome
}

async fn check_password(engine: &Engine, request: &AuthRequest) -> Result<Response, AuthError> {
    let body: PasswordGrant = request.json()?;
    let address = match (body.email.as_deref(), body.phone.as_deref()) {
        (Some(address), _) if !address.is_empty() => address,
        (_, Some(phone)) if !phone.is_empty() => return Err(AuthError::PhoneDisabled),
        _ => return Err(AuthError::Validation("missing email or phone")),
    };
    let address = email::normalize(address).map_err(|_| AuthError::InvalidCredentials)?;
    let secret = body.password.unwrap_or_default();

    let find = Statement::new(FIND_BY_EMAIL).bind(address);
    let rows = engine.store.read(request, vec![find]).await?;
    let found = rows.first().and_then(|rows| rows.first());
    let stored = found.and_then(|row| row.text(1));
    let good = engine.passwords.verify(&secret, stored).await?;
    let Some(row) = found else { return Err(AuthError::InvalidCredentials) };
    let user_id = row.text(0).unwrap_or_default();
    if !good {
        if !is_true(row, 2) {
            let note = Statement::new(NOTE_FAILURE).bind(user_id.to_owned());
            engine.store.write(request, vec![note]).await?;
        }
        return Err(AuthError::InvalidCredentials);
    }

    let login = NewLogin::new()?;
    let statements = login.statements(engine, request, user_id, stored);
    let rows = engine.store.write(request, statements).await?;
    let row = rows.last().and_then(|rows| rows.first()).ok_or(AuthError::InvalidCredentials)?;
    match login.outcome(row)? {
        Opened::Session(account) => login.response(engine, account),
        Opened::Refused(_, error) => Err(error),
    }
}

#[derive(Deserialize)]
struct RefreshGrant {
    refresh_token: Option<String>,
}

/// One transaction: lock the session, rotate, end what looks stolen, read what is. Where a token
/// was stolen the session's end is committed although the request is refused.
async fn with_refresh_token(engine: &Engine, request: &AuthRequest) -> Result<Response, AuthError> {
    let body: RefreshGrant = request.json()?;
    let text = body.refresh_token.filter(|text| !text.is_empty());
    let text = text.ok_or(AuthError::Validation("refresh_token required"))?;
    let presented = RefreshToken::presented(&text);
    let (old, new) = (presented.hash(), presented.successor(&engine.seal).hash());
    let config = &engine.config;
    let statements = vec![
        Statement::new(WAIT_AT_MOST),
        Statement::new(REFRESH_FIND).bind(old.clone()),
        Statement::new(REFRESH_ROTATE).bind(old.clone()).bind(new.clone()),
        Statement::new(REFRESH_USE_UP).bind(old.clone()).bind(new.clone()),
        Statement::new(REFRESH_PROLONG)
            .bind(new)
            .bind(config.settings.session_seconds.to_string())
            .bind_option(request.user_agent().map(String::from))
            .bind_option(request.client_address()),
        Statement::new(REFRESH_END_STOLEN)
            .bind(old.clone())
            .bind(config.settings.refresh_reuse_seconds.to_string()),
        Statement::new(with_account(REFRESH_OUTCOME)).bind(old),
    ];
    let rows = engine.store.write(request, statements).await?;
    let found = rows[1].first().ok_or(AuthError::RefreshTokenNotFound)?;
    let [too_old, banned] = [2, 3].map(|column| is_true(found, column));
    if too_old {
        return Err(AuthError::SessionExpired);
    }
    if banned {
        return Err(AuthError::UserBanned);
    }
    let Some(outcome) = rows[6].first() else { return Err(AuthError::RefreshTokenAlreadyUsed) };
    let [active, approved, tenant_ok] = [4, 5, 6].map(|column| is_true(outcome, column));
    match () {
        () if !active => return Err(AuthError::UserBanned),
        () if !approved => return Err(AuthError::ApprovalRequired),
        () if !tenant_ok => return Err(AuthError::TenantSuspended),
        () => {}
    }
    let active_hash = outcome.text(1).ok_or(AuthError::RefreshTokenAlreadyUsed)?;
    let current = descendant(engine, presented, active_hash)?;
    let account = Account::from_row(outcome, 0)?;
    let session_id = outcome.text(2).unwrap_or_default();
    let began = outcome.text(3).and_then(|text| text.parse().ok()).unwrap_or_default();
    session_response(engine, account, session_id, began, current)
}

/// The session's active token, found by walking on from the one that was presented.
fn descendant(
    engine: &Engine,
    presented: RefreshToken,
    active_hash: &str,
) -> Result<RefreshToken, AuthError> {
    let mut token = presented;
    for _ in 0..LONGEST_CROSSING {
        token = token.successor(&engine.seal);
        if token.hash() == active_hash {
            return Ok(token);
        }
    }
    Err(AuthError::RefreshTokenAlreadyUsed)
}
