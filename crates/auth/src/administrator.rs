//! The first administrator of an application: made by an operator, not by a request.

use rand::TryRngCore;
use rand::rngs::OsRng;
use tenantry_app::{App, PasswordAlgorithm, owner_role};
use tenantry_postgres::quote_identifier;
use tokio_postgres::{Client, Transaction};

use crate::{email, password};

/// Somebody who administers an application from now on.
#[derive(Debug)]
pub struct MadeAdministrator {
    /// The account.
    pub id: String,
    /// Its address, in lower case.
    pub email: String,
    /// The password of a new account, which opens one login session; nothing for one that was
    /// there before.
    pub one_time_password: Option<String>,
}

/// Why nobody could be made the administrator.
#[derive(Debug, thiserror::Error)]
pub enum AdministratorError {
    /// The address is none.
    #[error("this is no e-mail address: {0}")]
    Address(String),
    /// The password could not be made.
    #[error("the operating system has no random bytes")]
    NoPassword,
    /// What PostgreSQL says.
    #[error("{}", tenantry_postgres::provision::describe(.0))]
    Database(#[from] tokio_postgres::Error),
}

const FIND: &str = "\
select account.id::text
from auth.users as account
where lower(account.email) = $1
and not account.is_sso_user";

const INSERT: &str = "\
insert into auth.users (
    email, encrypted_password, email_confirmed_at, raw_app_meta_data, raw_user_meta_data
)
values (
    $1::text,
    $2::text,
    now(),
    auth.bind_administrator_metadata()
        || '{\"provider\": \"email\", \"providers\": [\"email\"], \"one_time_password\": true}',
    '{}'
)
returning id::text";

const INSERT_EMAIL_IDENTITY: &str = include_str!("../sql/insert_email_identity.sql");
const MAKE: &str = "select auth.bind_make_administrator($1::text::uuid)";
const PROVE_ADDRESS: &str = "select auth.prove_address($1::text::uuid)";

/// Makes the account of an address the administrator, and the account too where there is none.
/// `client` has to be able to become the application's owner.
///
/// # Errors
/// [`AdministratorError`]; nothing was changed then.
pub async fn make(
    client: &mut Client,
    app: &App,
    address: &str,
) -> Result<MadeAdministrator, AdministratorError> {
    let email =
        email::normalize(address).map_err(|_| AdministratorError::Address(address.to_owned()))?;
    let transaction = client.transaction().await?;
    let role = quote_identifier(&owner_role(app.name()));
    transaction.batch_execute(&format!("set local role {role}")).await?;
    let (id, one_time_password) = match transaction.query_opt(FIND, &[&email]).await? {
        Some(row) => (row.get(0), None),
        None => {
            let identity = app.manifest().identity.as_ref();
            let algorithm = identity.map(|identity| identity.options.password_algorithm);
            let (id, secret) = insert(&transaction, algorithm.unwrap_or_default(), &email).await?;
            (id, Some(secret))
        }
    };
    transaction.execute(MAKE, &[&id]).await?;
    transaction.execute(PROVE_ADDRESS, &[&id]).await?;
    transaction.commit().await?;
    Ok(MadeAdministrator { id, email, one_time_password })
}

async fn insert(
    transaction: &Transaction<'_>,
    algorithm: PasswordAlgorithm,
    email: &str,
) -> Result<(String, String), AdministratorError> {
    let secret = random_password().ok_or(AdministratorError::NoPassword)?;
    let hash =
        password::hash_password(algorithm, &secret).map_err(|_| AdministratorError::NoPassword)?;
    let id: String = transaction.query_one(INSERT, &[&email, &hash]).await?.get(0);
    let identity = INSERT_EMAIL_IDENTITY.replace("$1::uuid", "$1::text::uuid");
    transaction.execute(&identity, &[&id]).await?;
    Ok((id, secret))
}

/// Twenty characters that nobody takes for each other: 99 bits.
fn random_password() -> Option<String> {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 20];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    let letters = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    Some(letters.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_differ() {
        let (one, other) = (random_password().unwrap(), random_password().unwrap());
        assert_eq!(one.len(), 20);
        assert_ne!(one, other);
    }
}
