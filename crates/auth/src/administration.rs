//! Who administers accounts: the service key all of them, and people those whom the application's
//! own tables give them (`auth.bind_administers`, generated from the manifest).

use tenantry_postgres::Statement;

use crate::AuthError;
use crate::api::Engine;
use crate::request::AuthRequest;
use crate::signed_in::SignedIn;
use crate::store::is_true;

const ADMINISTERS: &str = "select auth.bind_administers($1::uuid, $2::uuid)";
const MAY_INVITE: &str = "select auth.bind_may_invite($1::uuid, $2::uuid, $3::text)";

/// Somebody who may administer at least somebody.
pub(crate) enum Administrator {
    /// Whoever holds the service key.
    Service,
    /// A signed-in person, by id.
    Person(String),
}

impl Administrator {
    /// Who asks: the service key, or a person whose login session lives.
    ///
    /// # Errors
    /// [`AuthError::NotAdmin`] for everybody else.
    pub(crate) async fn of(engine: &Engine, request: &AuthRequest) -> Result<Self, AuthError> {
        if request.require_admin(&engine.authenticator).is_ok() {
            return Ok(Administrator::Service);
        }
        // Without a good token the reason is the token; with one, that its person is none of these.
        match SignedIn::read(engine, request).await {
            Ok(person) => {
                person.require_second_factor()?;
                Ok(Administrator::Person(person.account.id))
            }
            Err(AuthError::NoSubject) => Err(AuthError::NotAdmin),
            Err(error) => Err(error),
        }
    }

    /// Whether the person may invite into the tenant as the role.
    ///
    /// # Errors
    /// [`AuthError::NotAdmin`].
    pub(crate) async fn require_invitation(
        &self,
        engine: &Engine,
        request: &AuthRequest,
        tenant: Option<&str>,
        role: Option<&str>,
    ) -> Result<(), AuthError> {
        let Administrator::Person(id) = self else { return Ok(()) };
        if tenant.is_some_and(|tenant| uuid::Uuid::parse_str(tenant).is_err()) {
            return Err(AuthError::NotAdmin);
        }
        let asked = Statement::new(MAY_INVITE)
            .bind(id.clone())
            .bind_option(tenant.map(String::from))
            .bind_option(role.map(String::from));
        granted(engine, request, asked).await
    }
}

/// Turns away whoever does not administer this account.
///
/// # Errors
/// [`AuthError::NotAdmin`], for accounts that do not exist, too.
pub(crate) async fn require(
    engine: &Engine,
    request: &AuthRequest,
    user_id: &str,
) -> Result<Administrator, AuthError> {
    let administrator = Administrator::of(engine, request).await?;
    if let Administrator::Person(id) = &administrator {
        let asked = Statement::new(ADMINISTERS).bind(id.clone()).bind(user_id.to_owned());
        granted(engine, request, asked).await?;
    }
    Ok(administrator)
}

async fn granted(
    engine: &Engine,
    request: &AuthRequest,
    asked: Statement,
) -> Result<(), AuthError> {
    let rows = engine.store.read(request, vec![asked]).await?;
    match rows.first().and_then(|rows| rows.first()) {
        Some(row) if is_true(row, 0) => Ok(()),
        _ => Err(AuthError::NotAdmin),
    }
}
