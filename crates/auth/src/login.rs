//! Login sessions: opening one, and the answer that carries its tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::json;
use tenantry_caller::AccessClaims;
use tenantry_postgres::{Row, Statement};

use crate::AuthError;
use crate::account::{Account, User};
use crate::api::Engine;
use crate::refresh_token::RefreshToken;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::store::{is_true, with_account};

const OPEN_SESSION: &str = include_str!("../sql/open_session.sql");
const FIRST_REFRESH_TOKEN: &str = include_str!("../sql/first_refresh_token.sql");
const NOTE_SUCCESS: &str = include_str!("../sql/note_success.sql");
const NOTE_SIGN_IN: &str = include_str!("../sql/note_sign_in.sql");
const SIGN_IN_FACTS: &str = include_str!("../sql/sign_in_facts.sql");

/// A login session that is about to be opened.
pub(crate) struct NewLogin {
    session_id: String,
    refresh_token: RefreshToken,
}

/// What came of it.
pub(crate) enum Opened {
    /// The session is open.
    Session(Account),
    /// Something spoke against it; nothing was written.
    Refused(Account, AuthError),
}

impl NewLogin {
    pub(crate) fn new() -> Result<NewLogin, AuthError> {
        let session_id = uuid::Uuid::new_v4().to_string();
        Ok(NewLogin { session_id, refresh_token: RefreshToken::random()? })
    }

    /// The statements that open it for an account whose password hash was checked. The last of
    /// them answers what [`NewLogin::outcome`] reads.
    pub(crate) fn statements(
        &self,
        engine: &Engine,
        request: &AuthRequest,
        user_id: &str,
        checked_hash: Option<&str>,
    ) -> Vec<Statement> {
        let session_id = || self.session_id.clone();
        vec![
            Statement::new(OPEN_SESSION)
                .bind(session_id())
                .bind(user_id.to_owned())
                .bind(engine.config.settings.session_seconds.to_string())
                .bind_option(request.user_agent().map(String::from))
                .bind_option(request.client_address())
                .bind_option(checked_hash.map(String::from)),
            Statement::new(FIRST_REFRESH_TOKEN).bind(self.refresh_token.hash()).bind(session_id()),
            Statement::new(NOTE_SUCCESS).bind(session_id()),
            Statement::new(NOTE_SIGN_IN).bind(session_id()),
            Statement::new(with_account(SIGN_IN_FACTS)).bind(user_id.to_owned()).bind(session_id()),
        ]
    }

    /// Reads the row of the last statement.
    pub(crate) fn outcome(&self, row: &Row) -> Result<Opened, AuthError> {
        let account = Account::from_row(row, 0)?;
        Ok(match refusal(row) {
            None => Opened::Session(account),
            Some(error) => Opened::Refused(account, error),
        })
    }

    /// The answer with the session's tokens.
    pub(crate) fn response(self, engine: &Engine, account: Account) -> Result<Response, AuthError> {
        let began = now_seconds();
        session_response(engine, account, &self.session_id, began, self.refresh_token)
    }
}

/// Why no session was opened, the weightiest reason first; `None` where one was.
fn refusal(row: &Row) -> Option<AuthError> {
    let [open, banned, confirmed, locked, active, approved, tenant_ok] =
        [1, 2, 3, 4, 5, 6, 7].map(|column| is_true(row, column));
    match () {
        () if open => None,
        () if locked => Some(AuthError::InvalidCredentials),
        () if banned || !active => Some(AuthError::UserBanned),
        () if !confirmed => Some(AuthError::EmailNotConfirmed),
        () if !approved => Some(AuthError::ApprovalRequired),
        () if !tenant_ok => Some(AuthError::TenantSuspended),
        // The password was changed while it was checked.
        () => Some(AuthError::InvalidCredentials),
    }
}

/// The session object of the API.
#[derive(Serialize)]
struct Session {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    expires_at: i64,
    refresh_token: String,
    user: User,
}

/// The answer that carries a session's tokens. `began` is when the person proved who they are, in
/// seconds since the epoch.
pub(crate) fn session_response(
    engine: &Engine,
    account: Account,
    session_id: &str,
    began: i64,
    refresh_token: RefreshToken,
) -> Result<Response, AuthError> {
    let now = now_seconds();
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
        aal: "aal1".into(),
        amr: json!([{ "method": "password", "timestamp": began }]),
        session_id: session_id.to_owned(),
        is_anonymous: account.is_anonymous,
    };
    let user_id = account.id.clone();
    let session = Session {
        access_token: engine.authenticator.sign(&claims)?,
        token_type: "bearer",
        expires_in,
        expires_at: now + expires_in,
        refresh_token: refresh_token.into_text(),
        user: account.into_user(),
    };
    let mut response = json_response(StatusCode::OK, &session);
    for (name, value) in [("sb-auth-user-id", user_id.as_str()), ("sb-auth-session-id", session_id)]
    {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

fn now_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs() as i64)
}
