//! What an operator does with keys. Every change is one transaction, and every server hears of it.

use tenantry_caller::{KeyText, OpaqueKind, PrivateKeyText, PublicKey, Seal, SigningKey};
use tenantry_postgres::quote_identifier;
use tokio_postgres::{Client, Transaction};

use super::{KeyStoreError, StoredKeys};

/// One change at a time: two rotations at once would meet at the key in use.
const LOCK: &str = "lock table auth.signing_keys, auth.api_keys in share row exclusive mode";

const ADD_SIGNING_KEY: &str = "\
insert into auth.signing_keys (id, algorithm, status, public_jwk, sealed_key)
values ($1::text::uuid, 'ES256', 'standby', $2, $3)";

const RETIRE: &str = "\
update auth.signing_keys
set status = 'previously_used',
    status_changed_at = now()
where status = 'in_use'";

const PUT_IN_USE: &str = "\
update auth.signing_keys
set status = 'in_use',
    status_changed_at = now()
where id = $1::text::uuid";

const STANDBY: &str = "\
select id::text, sealed_key
from auth.signing_keys
where status = 'standby'
order by created_at, id";

const STATUS: &str = "\
select algorithm, status::text
from auth.signing_keys
where id::text = $1
and status <> 'revoked'";

const REVOKE_SIGNING_KEY: &str = "\
update auth.signing_keys
set status = 'revoked',
    status_changed_at = now(),
    sealed_key = null
where id::text = $1";

const REVOKE_OPAQUE_KEY: &str = "\
update auth.api_keys
set revoked_at = now()
where id::text = $1
and revoked_at is null
returning key_hash, kind";

const ADD_OPAQUE_KEY: &str = "\
insert into auth.api_keys (name, kind, prefix, key_hash, expires_at)
values (
    $1,
    $2,
    $3,
    $4,
    coalesce($5::text::timestamptz, now() + make_interval(secs => $6::float8))
)
returning id::text";

const KNOWS: &str = "select from auth.api_keys where key_hash = $1";

const ADD_SHARED_SECRET: &str = "\
insert into auth.signing_keys (algorithm, status, sealed_key)
values ('HS256', $1::text::auth.signing_key_status, $2)";

const FORGET_SHARED_SECRETS: &str = "\
update auth.signing_keys
set status = 'revoked',
    status_changed_at = now(),
    sealed_key = null
where algorithm = 'HS256'
and sealed_key is not null";

const SWITCH_SHARED_SECRET: &str = "\
update auth.signing_keys
set status = $1::text::auth.signing_key_status,
    status_changed_at = now()
where algorithm = 'HS256'
and sealed_key is not null
and status <> $1::text::auth.signing_key_status";

/// A key that was made. The text is seen this once.
#[derive(Debug)]
pub struct NewKey {
    /// Its id.
    pub id: String,
    /// The key itself.
    pub text: KeyText,
}

/// A key that was revoked.
#[derive(Debug)]
pub struct RevokedKey {
    /// Of an opaque key: what is stored of it.
    pub hash: Option<String>,
    /// Of an opaque key: what it was for.
    pub kind: Option<OpaqueKind>,
}

/// When a key ends.
#[derive(Debug, Clone, Default)]
pub enum Expiry {
    /// Never.
    #[default]
    Never,
    /// After so many seconds.
    After(f64),
    /// At a time, as PostgreSQL reads it.
    At(String),
}

/// Changes of one application's keys: all or none.
pub struct KeyChanges<'a> {
    transaction: Transaction<'a>,
    seal: &'a Seal,
}

impl<'a> KeyChanges<'a> {
    /// Begins, as the application's owner.
    ///
    /// # Errors
    /// [`KeyStoreError::Database`].
    pub async fn begin(
        client: &'a mut Client,
        owner_role: &str,
        seal: &'a Seal,
    ) -> Result<Self, KeyStoreError> {
        let transaction = client.transaction().await?;
        let role = quote_identifier(owner_role);
        transaction.batch_execute(&format!("set local role {role}; {LOCK}")).await?;
        Ok(KeyChanges { transaction, seal })
    }

    /// Keeps what was done; without it, nothing was.
    ///
    /// # Errors
    /// [`KeyStoreError::Database`].
    pub async fn commit(self) -> Result<(), KeyStoreError> {
        Ok(self.transaction.commit().await?)
    }

    /// The keys as they are now.
    pub(super) async fn stored(&self) -> Result<StoredKeys, KeyStoreError> {
        Ok(StoredKeys::read(self.transaction.client()).await?)
    }

    /// A new signing key, published and not used yet.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    pub async fn add_signing_key(&self) -> Result<String, KeyStoreError> {
        let id = uuid::Uuid::new_v4().to_string();
        let (key, text): (SigningKey, PrivateKeyText) = SigningKey::generate(&id)?;
        let public: PublicKey = key.public_key()?;
        let sealed = self.seal.seal(text.as_str())?;
        self.transaction.execute(ADD_SIGNING_KEY, &[&id, public.json(), &sealed]).await?;
        Ok(id)
    }

    /// Signs with another key from now on: the oldest that stands by and that this home can open,
    /// else a new one. What the old key signed is accepted until it is revoked.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    pub async fn rotate(&self) -> Result<String, KeyStoreError> {
        let standby = self.transaction.query(STANDBY, &[]).await?;
        let own = standby.iter().find(|row| self.seal.open(row.get(1)).is_ok());
        let id = match own {
            Some(row) => row.get(0),
            None => self.add_signing_key().await?,
        };
        self.transaction.execute(RETIRE, &[]).await?;
        self.transaction.execute(PUT_IN_USE, &[&id]).await?;
        Ok(id)
    }

    /// A new opaque key.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    pub async fn add_opaque_key(
        &self,
        kind: OpaqueKind,
        name: &str,
        expiry: &Expiry,
    ) -> Result<NewKey, KeyStoreError> {
        let text = KeyText::opaque(kind)?;
        let id = self.keep_opaque_key(kind, name, &text, expiry).await?;
        Ok(NewKey { id, text })
    }

    pub(super) async fn keep_opaque_key(
        &self,
        kind: OpaqueKind,
        name: &str,
        text: &KeyText,
        expiry: &Expiry,
    ) -> Result<String, KeyStoreError> {
        let (at, after) = match expiry {
            Expiry::Never => (None, None),
            Expiry::After(seconds) => (None, Some(*seconds)),
            Expiry::At(time) => (Some(time.as_str()), None),
        };
        let (prefix, hash) = (text.prefix(), text.hash());
        let row = self
            .transaction
            .query_one(ADD_OPAQUE_KEY, &[&name, &kind.name(), &prefix, &hash, &at, &after])
            .await?;
        Ok(row.get(0))
    }

    /// Accepts a key no more, for good.
    ///
    /// # Errors
    /// [`KeyStoreError::NotFound`], [`KeyStoreError::InUse`] for the key that signs, and
    /// [`KeyStoreError::SharedSecret`] for what is switched instead.
    pub async fn revoke(&self, id: &str) -> Result<RevokedKey, KeyStoreError> {
        if let Some(row) = self.transaction.query_opt(REVOKE_OPAQUE_KEY, &[&id]).await? {
            let kind = OpaqueKind::named(row.get(1));
            return Ok(RevokedKey { hash: Some(row.get(0)), kind });
        }
        let row = self.transaction.query_opt(STATUS, &[&id]).await?;
        let row = row.ok_or_else(|| KeyStoreError::NotFound(id.to_owned()))?;
        match (row.get(0), row.get(1)) {
            ("HS256", _) => Err(KeyStoreError::SharedSecret),
            (_, "in_use") => Err(KeyStoreError::InUse),
            (_, _) => {
                self.transaction.execute(REVOKE_SIGNING_KEY, &[&id]).await?;
                Ok(RevokedKey { hash: None, kind: None })
            }
        }
    }

    /// Accepts the tokens of the shared secret, or does no more.
    ///
    /// # Errors
    /// [`KeyStoreError::NoSharedSecret`] where there is none to accept.
    pub async fn switch_shared_secret(&self, accepted: bool) -> Result<(), KeyStoreError> {
        if self.stored().await?.shared_secrets(self.seal).next().is_none() {
            return Err(KeyStoreError::NoSharedSecret);
        }
        self.transaction.execute(SWITCH_SHARED_SECRET, &[&status(accepted)]).await?;
        Ok(())
    }

    /// Puts another secret in the place of all there are, and accepts its tokens.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    pub async fn replace_shared_secret(&self, secret: &str) -> Result<(), KeyStoreError> {
        self.transaction.execute(FORGET_SHARED_SECRETS, &[]).await?;
        self.add_shared_secret(secret, true).await
    }

    pub(super) async fn add_shared_secret(
        &self,
        secret: &str,
        accepted: bool,
    ) -> Result<(), KeyStoreError> {
        let sealed = self.seal.seal(secret)?;
        self.transaction.execute(ADD_SHARED_SECRET, &[&status(accepted), &sealed]).await?;
        Ok(())
    }

    /// Whether there is an opaque key with this hash, good or not.
    pub(super) async fn knows(&self, hash: &str) -> Result<bool, KeyStoreError> {
        Ok(self.transaction.query_opt(KNOWS, &[&hash]).await?.is_some())
    }

    pub(super) fn seal(&self) -> &Seal {
        self.seal
    }
}

/// The shared secret never signs, so it is accepted as a key that did.
fn status(accepted: bool) -> &'static str {
    if accepted { "previously_used" } else { "revoked" }
}
