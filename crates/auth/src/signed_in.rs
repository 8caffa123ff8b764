//! The person whom a bearer token names, while the login session lives.

use tenantry_postgres::Statement;

use crate::AuthError;
use crate::account::Account;
use crate::api::Engine;
use crate::changes;
use crate::request::AuthRequest;
use crate::store::{is_true, with_account};

const SHOW: &str = "\
select
    {account},
    $2::uuid is null or login.id is not null,
    account.encrypted_password,
    coalesce(login.created_at < now() - interval '24 hours', true),
    coalesce(login.aal::text, 'aal1')
from auth.users as account
left join auth.sessions as login
    on login.id = $2::uuid
    and login.user_id = account.id
    and coalesce(login.not_after > now(), true)
where account.id = $1::uuid
and account.deleted_at is null";

/// Somebody who is signed in.
pub(crate) struct SignedIn {
    pub account: Account,
    pub session_id: Option<String>,
    pub password_hash: Option<String>,
    /// Whether the login session is older than a day.
    pub is_old: bool,
    /// The assurance level of the login session.
    pub aal: String,
}

impl SignedIn {
    /// Reads whom the bearer token names.
    ///
    /// # Errors
    /// Those of the token, [`AuthError::SubjectNotFound`] and [`AuthError::SessionNotFound`].
    pub(crate) async fn read(engine: &Engine, request: &AuthRequest) -> Result<Self, AuthError> {
        let bearer = request.bearer(&engine.authenticator)?;
        let show = show(&bearer.user_id, bearer.session_id.as_deref());
        let rows = engine.store.read(request, vec![show]).await?;
        let row = rows.first().and_then(|rows| rows.first()).ok_or(AuthError::SubjectNotFound)?;
        if !is_true(row, 1) {
            return Err(AuthError::SessionNotFound);
        }
        Ok(SignedIn {
            account: Account::from_row(row, 0)?,
            session_id: bearer.session_id,
            password_hash: row.text(2).map(String::from),
            is_old: is_true(row, 3),
            aal: row.text(4).unwrap_or("aal1").to_owned(),
        })
    }

    /// The login session, for what cannot be done without one.
    ///
    /// # Errors
    /// [`AuthError::SessionNotFound`] for a token that belongs to none.
    pub(crate) fn session_id(&self) -> Result<&str, AuthError> {
        self.session_id.as_deref().ok_or(AuthError::SessionNotFound)
    }

    /// Turns away a session that a second factor should have raised and has not.
    ///
    /// # Errors
    /// [`AuthError::InsufficientAal`].
    pub(crate) fn require_second_factor(&self) -> Result<(), AuthError> {
        if self.account.has_second_factor() && self.aal != "aal2" {
            return Err(AuthError::InsufficientAal);
        }
        Ok(())
    }

    /// Whether this is the person's password. A wrong one counts as at a sign-in.
    ///
    /// # Errors
    /// [`AuthError::InvalidCredentials`].
    pub(crate) async fn check_password(
        &self,
        engine: &Engine,
        request: &AuthRequest,
        password: &str,
    ) -> Result<(), AuthError> {
        if engine.passwords.verify(password, self.password_hash.as_deref()).await? {
            return Ok(());
        }
        self.note_failure(engine, request).await?;
        Err(AuthError::InvalidCredentials)
    }

    /// Counts a failure as one at a sign-in: the fifth locks the account.
    pub(crate) async fn note_failure(
        &self,
        engine: &Engine,
        request: &AuthRequest,
    ) -> Result<(), AuthError> {
        let note = changes::note_failure(&self.account.id);
        engine.store.write(request, vec![note]).await?;
        Ok(())
    }

    /// The statement that reads the account again, as column 0.
    pub(crate) fn show(&self) -> Statement {
        show(&self.account.id, self.session_id.as_deref())
    }
}

fn show(user_id: &str, session_id: Option<&str>) -> Statement {
    Statement::new(with_account(SHOW))
        .bind(user_id.to_owned())
        .bind_option(session_id.map(String::from))
}
