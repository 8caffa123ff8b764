//! Login sessions: opening one, and the answer that carries its tokens.

use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;
use tenantry_postgres::{Row, Rows, Statement};

use crate::AuthError;
use crate::access_token::{self, SessionFacts};
use crate::account::{Account, User};
use crate::api::Engine;
use crate::changes;
use crate::refresh_token::RefreshToken;
use crate::request::AuthRequest;
use crate::response::json_response;
use crate::store::{is_true, with_account};

const OPEN_SESSION: &str = include_str!("../sql/open_session.sql");
const FIRST_REFRESH_TOKEN: &str = include_str!("../sql/first_refresh_token.sql");
const NOTE_SUCCESS: &str = include_str!("../sql/note_success.sql");
const NOTE_SIGN_IN: &str = include_str!("../sql/note_sign_in.sql");
const CLOSE_SESSION: &str = "delete from auth.sessions where id = $1::uuid";
const SIGN_IN_FACTS: &str = include_str!("../sql/sign_in_facts.sql");

/// How a person proved who they are: the names that tokens carry in `amr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Password,
    Otp,
    MagicLink,
    Recovery,
    Invite,
    EmailSignUp,
    EmailChange,
    OAuth,
    Anonymous,
    Totp,
}

impl Method {
    const ALL: [Method; 10] = [
        Method::Password,
        Method::Otp,
        Method::MagicLink,
        Method::Recovery,
        Method::Invite,
        Method::EmailSignUp,
        Method::EmailChange,
        Method::OAuth,
        Method::Anonymous,
        Method::Totp,
    ];

    /// The name in tokens and in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Method::Password => "password",
            Method::Otp => "otp",
            Method::MagicLink => "magiclink",
            Method::Recovery => "recovery",
            Method::Invite => "invite",
            Method::EmailSignUp => "email/signup",
            Method::EmailChange => "email_change",
            Method::OAuth => "oauth",
            Method::Anonymous => "anonymous",
            Method::Totp => "totp",
        }
    }

    /// The method of a name that was kept.
    pub(crate) fn named(name: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// A login session that is about to be opened.
pub(crate) struct NewLogin {
    session_id: String,
    refresh_token: RefreshToken,
    method: Method,
}

/// What came of it.
pub(crate) enum Opened {
    /// The session is open.
    Session(Account, SessionFacts),
    /// Something spoke against it; nothing of it was written.
    Refused(Account, AuthError),
}

impl NewLogin {
    pub(crate) fn new(method: Method) -> Result<NewLogin, AuthError> {
        let session_id = uuid::Uuid::new_v4().to_string();
        Ok(NewLogin { session_id, refresh_token: RefreshToken::random()?, method })
    }

    /// The id that the session will have.
    pub(crate) fn session_id(&self) -> &str {
        &self.session_id
    }

    /// The statements that open it for an account; where a password was checked, only while its
    /// hash is still that one. The last of them answers what [`NewLogin::outcome`] reads.
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
            changes::note_method(&self.session_id, self.method.name()),
            Statement::new(FIRST_REFRESH_TOKEN).bind(self.refresh_token.hash()).bind(session_id()),
            Statement::new(NOTE_SUCCESS).bind(session_id()),
            Statement::new(NOTE_SIGN_IN).bind(session_id()),
            Statement::new(with_account(SIGN_IN_FACTS)).bind(user_id.to_owned()).bind(session_id()),
        ]
    }

    /// Reads what the last of the statements answered.
    pub(crate) fn outcome(&self, rows: &[Rows]) -> Result<Opened, AuthError> {
        let row = rows.last().and_then(|rows| rows.first());
        let row = row.ok_or(AuthError::Unexpected("no account"))?;
        let account = Account::from_row(row, 0)?;
        Ok(match refusal(row) {
            None => Opened::Session(account, SessionFacts::from_row(row, 8)?),
            Some(error) => Opened::Refused(account, error),
        })
    }

    /// The session with its tokens, or why there is none.
    pub(crate) async fn finish(
        self,
        engine: &Engine,
        request: &AuthRequest,
        rows: &[Rows],
    ) -> Result<Session, AuthError> {
        match self.outcome(rows)? {
            Opened::Session(account, facts) => self.session(engine, request, account, facts).await,
            Opened::Refused(_, error) => Err(error),
        }
    }

    /// The open session with its tokens. Where the application's hook refuses them, it is closed
    /// again: nobody holds it.
    pub(crate) async fn session(
        self,
        engine: &Engine,
        request: &AuthRequest,
        account: Account,
        facts: SessionFacts,
    ) -> Result<Session, AuthError> {
        let method = self.method.name();
        let issued =
            Session::issue(engine, request, account, facts, self.refresh_token, method).await;
        if issued.is_err() {
            let close = Statement::new(CLOSE_SESSION).bind(self.session_id);
            engine.store.write(request, vec![close]).await?;
        }
        issued
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
pub(crate) struct Session {
    pub access_token: String,
    pub token_type: &'static str,
    pub expires_in: i64,
    pub expires_at: i64,
    pub refresh_token: String,
    user: User,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_refresh_token: Option<String>,
    #[serde(skip)]
    user_id: String,
    #[serde(skip)]
    session_id: String,
}

impl Session {
    /// The tokens of a session that is open. `method` is how it was reached this time.
    pub(crate) async fn issue(
        engine: &Engine,
        request: &AuthRequest,
        account: Account,
        facts: SessionFacts,
        refresh_token: RefreshToken,
        method: &str,
    ) -> Result<Session, AuthError> {
        let issued = access_token::issue(engine, request, &account, &facts, method).await?;
        Ok(Session {
            access_token: issued.text,
            token_type: "bearer",
            expires_in: issued.expires_in,
            expires_at: issued.expires_at,
            refresh_token: refresh_token.into_text(),
            user_id: account.id.clone(),
            user: account.into_user(),
            provider_token: None,
            provider_refresh_token: None,
            session_id: facts.id,
        })
    }

    /// The answer that carries it.
    pub(crate) fn into_response(self) -> Response {
        let mut response = json_response(StatusCode::OK, &self);
        for (name, value) in
            [("sb-auth-user-id", &self.user_id), ("sb-auth-session-id", &self.session_id)]
        {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_by_their_names() {
        for method in Method::ALL {
            assert_eq!(Method::named(method.name()), Some(method));
        }
        assert_eq!(Method::named("magic"), None);
    }
}
