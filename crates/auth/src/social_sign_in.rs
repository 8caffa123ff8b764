//! From what a provider says about a person to the account: the one that has this identity, the
//! one that is asked to link it, the one that has the same confirmed address, or a new one.

use serde_json::{Value, json};
use tenantry_mail::MailKind;
use tenantry_postgres::Statement;

use crate::AuthError;
use crate::account::Account;
use crate::api::Engine;
use crate::changes;
use crate::letter::{self, About, Letter, Purpose};
use crate::new_account::NewAccount;
use crate::provider::{Provider, ProviderIdentity};
use crate::request::AuthRequest;
use crate::store::with_account;

const FIND_BY_IDENTITY: &str = "\
select {account}
from auth.identities as identity
join auth.users as account on account.id = identity.user_id
where identity.provider = $1::text
and identity.provider_id = $2::text";
const PUT_IDENTITY: &str = include_str!("../sql/put_identity.sql");
const ADD_PROVIDER: &str = include_str!("../sql/add_provider.sql");
const TAKE_ADDRESS: &str = include_str!("../sql/take_provider_address.sql");

/// The account that somebody comes to, and what has to be written for it.
pub(crate) struct Arrival {
    pub user_id: String,
    pub statements: Vec<Statement>,
    /// The address still has to be confirmed by the mail that is sent: there is no session yet.
    pub waits_for_mail: bool,
}

/// Decides which account it is. `linking_target` is the signed-in person who asked for the link.
///
/// # Errors
/// [`AuthError::IdentityAlreadyExists`], [`AuthError::EmailExists`], [`AuthError::SignupDisabled`],
/// [`AuthError::ProviderEmail`].
pub(crate) async fn arrive(
    engine: &Engine,
    request: &AuthRequest,
    provider: &Provider,
    identity: &ProviderIdentity,
    linking_target: Option<&str>,
) -> Result<Arrival, AuthError> {
    let find = Statement::new(with_account(FIND_BY_IDENTITY))
        .bind(provider.name().to_owned())
        .bind(identity.subject.clone());
    let rows = engine.store.read(request, vec![find]).await?;
    let known = match rows.first().and_then(|rows| rows.first()) {
        Some(row) => Some(Account::from_row(row, 0)?),
        None => None,
    };
    match (linking_target, known) {
        (Some(target), Some(account)) if account.id != target => {
            Err(AuthError::IdentityAlreadyExists)
        }
        (_, Some(account)) => {
            let statements = vec![put_identity(provider, identity, &account.id)];
            Ok(Arrival { user_id: account.id, statements, waits_for_mail: false })
        }
        (Some(target), None) => {
            let account = Account::by_id(engine, request, target).await?;
            link(engine, provider, identity, account, false)
        }
        (None, None) => arrive_new(engine, request, provider, identity).await,
    }
}

/// Somebody whose identity is not known yet.
async fn arrive_new(
    engine: &Engine,
    request: &AuthRequest,
    provider: &Provider,
    identity: &ProviderIdentity,
) -> Result<Arrival, AuthError> {
    let known = match &identity.email {
        Some(address) => Account::find(engine, request, address).await?,
        None if provider.email_optional() => None,
        None => return Err(AuthError::ProviderEmail),
    };
    match known {
        Some((account, _)) if identity.email_verified => {
            link(engine, provider, identity, account, true)
        }
        // Who cannot show that the address is theirs does not get its account.
        Some(_) => Err(AuthError::EmailExists),
        None if engine.config.settings.disable_signup => Err(AuthError::SignupDisabled),
        None => make(engine, provider, identity),
    }
}

/// Links the identity to an account. `by_address`: because the provider vouches for the account's
/// address, so whoever signed up with it before without ever showing that it was theirs loses
/// their password and sessions.
fn link(
    engine: &Engine,
    provider: &Provider,
    identity: &ProviderIdentity,
    account: Account,
    by_address: bool,
) -> Result<Arrival, AuthError> {
    let mut statements = Vec::new();
    if by_address {
        statements.push(changes::give_up_unproven(&account.id));
        statements.push(changes::confirm(&account.id));
        statements.push(changes::prove_address(&account.id));
    } else if account.address().is_empty() {
        // Somebody who was nobody in particular becomes who the provider says.
        let vouched = identity.email.clone().filter(|_| identity.email_verified);
        statements.push(Statement::new(TAKE_ADDRESS).bind(account.id.clone()).bind_option(vouched));
        statements.push(changes::prove_address(&account.id));
    }
    statements.push(put_identity(provider, identity, &account.id));
    statements.push(
        Statement::new(ADD_PROVIDER)
            .bind(account.id.clone())
            .bind(provider.name().to_owned())
            .bind(Value::Object(identity.data.clone()).to_string()),
    );
    statements.extend(letter::notice(engine, MailKind::IdentityLinked, &account, |variables| {
        variables.provider = provider.name().to_owned()
    })?);
    Ok(Arrival { user_id: account.id, statements, waits_for_mail: false })
}

/// A new account. An address that the provider does not vouch for is confirmed by mail where
/// addresses have to be.
fn make(
    engine: &Engine,
    provider: &Provider,
    identity: &ProviderIdentity,
) -> Result<Arrival, AuthError> {
    let confirmed = identity.email_verified || engine.config.autoconfirm();
    let mut new = NewAccount {
        email: identity.email.clone(),
        confirmed: confirmed || identity.email.is_none(),
        user_metadata: identity.data.clone(),
        ..NewAccount::without_identity()
    };
    new.app_metadata.insert("provider".into(), provider.name().into());
    new.app_metadata.insert("providers".into(), json!([provider.name()]));
    let mut statements = vec![new.account()];
    statements.push(put_identity(provider, identity, &new.id));
    if identity.email_verified {
        statements.push(changes::prove_address(&new.id));
    }
    if !new.confirmed {
        let address = identity.email.as_deref().unwrap_or_default();
        engine.limits.count_mail(Purpose::SignUp.mail(), address)?;
        let about = About { user_id: &new.id, address, new_address: "", data: &new.user_metadata };
        let letter = Letter::new(engine, Purpose::SignUp, &about, None, false);
        statements.extend(letter.send(engine, &about)?);
    }
    Ok(Arrival { user_id: new.id, statements, waits_for_mail: !new.confirmed })
}

fn put_identity(provider: &Provider, identity: &ProviderIdentity, user_id: &str) -> Statement {
    Statement::new(PUT_IDENTITY)
        .bind(user_id.to_owned())
        .bind(provider.name().to_owned())
        .bind(identity.subject.clone())
        .bind(Value::Object(identity.data.clone()).to_string())
}
