use axum::response::Response;
use serde::Deserialize;
use tenantry_postgres::Statement;

use crate::AuthError;
use crate::access_token::SessionFacts;
use crate::account::Account;
use crate::api::Engine;
use crate::login::Session;
use crate::refresh_token::RefreshToken;
use crate::request::AuthRequest;
use crate::store::{is_true, with_account};

const WAIT_AT_MOST: &str = "select set_config('lock_timeout', '5s', true)";
const FIND: &str = include_str!("../../../sql/refresh_find.sql");
const ROTATE: &str = include_str!("../../../sql/refresh_rotate.sql");
const USE_UP: &str = include_str!("../../../sql/refresh_use_up.sql");
const PROLONG: &str = include_str!("../../../sql/refresh_prolong.sql");
const END_STOLEN: &str = include_str!("../../../sql/refresh_end_stolen.sql");
const OUTCOME: &str = include_str!("../../../sql/refresh_outcome.sql");

/// How many refreshes may have happened since a token that crossed with them.
const LONGEST_CROSSING: usize = 8;

#[derive(Deserialize)]
struct RefreshGrant {
    refresh_token: Option<String>,
}

/// One transaction: lock the session, rotate, end what looks stolen, read what is. Where a token
/// was stolen the session's end is committed although the request is refused.
pub(super) async fn grant(engine: &Engine, request: &AuthRequest) -> Result<Response, AuthError> {
    let body: RefreshGrant = request.json()?;
    let text = body.refresh_token.filter(|text| !text.is_empty());
    let text = text.ok_or(AuthError::Validation("refresh_token required"))?;
    let presented = RefreshToken::presented(&text);
    let (old, new) = (presented.hash(), presented.successor(&engine.seal).hash());
    let settings = &engine.config.settings;
    let statements = vec![
        Statement::new(WAIT_AT_MOST),
        Statement::new(FIND).bind(old.clone()),
        Statement::new(ROTATE).bind(old.clone()).bind(new.clone()),
        Statement::new(USE_UP).bind(old.clone()).bind(new.clone()),
        Statement::new(PROLONG)
            .bind(new)
            .bind(settings.session_seconds.to_string())
            .bind_option(request.user_agent().map(String::from))
            .bind_option(request.client_address()),
        Statement::new(END_STOLEN)
            .bind(old.clone())
            .bind(settings.refresh_reuse_seconds.to_string()),
        Statement::new(with_account(OUTCOME)).bind(old),
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
    let [active, approved, tenant_ok] = [3, 4, 5].map(|column| is_true(outcome, column));
    match () {
        () if !active => return Err(AuthError::UserBanned),
        () if !approved => return Err(AuthError::ApprovalRequired),
        () if !tenant_ok => return Err(AuthError::TenantSuspended),
        () => {}
    }
    let active_hash = outcome.text(1).ok_or(AuthError::RefreshTokenAlreadyUsed)?;
    let current = descendant(engine, presented, active_hash)?;
    let account = Account::from_row(outcome, 0)?;
    let facts = SessionFacts::from_row(outcome, 2)?;
    let session = Session::issue(engine, request, account, facts, current, "token_refresh").await?;
    Ok(session.into_response())
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
