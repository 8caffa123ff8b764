//! The application's keys in its database: what a server reads of them, and what an operator does
//! with them. (Keys of people are looked up one by one: [`crate::personal_keys`].)
//!
//! Private keys and the shared secret are sealed; a home with another sealing secret cannot open
//! them, and accepts the tokens of public keys all the same.

mod change;
mod error;
mod home;
mod list;

use serde_json::Value;
use tenantry_caller::{JwtSecret, KeyRing, OpaqueKey, OpaqueKind, PublicKey, Seal, SigningKey};
use tokio_postgres::Client;

pub use change::{Expiry, KeyChanges, NewKey, RevokedKey};
pub use error::KeyStoreError;
pub use home::HomeKeys;
pub use list::{ListedKey, list};

/// Where a change of the keys is said.
pub const CHANNEL: &str = "tenantry_keys";

const SIGNING_KEYS: &str = "\
select id::text, algorithm, status::text, public_jwk, sealed_key
from auth.signing_keys
where sealed_key is not null
order by status = 'in_use' desc, created_at desc, id";

const OPAQUE_KEYS: &str = "\
select id::text, kind, key_hash, extract(epoch from expires_at)::bigint
from auth.api_keys
where revoked_at is null
and coalesce(expires_at > now(), true)
order by created_at, id";

const NOTE_USE: &str = "\
update auth.api_keys
set last_used_at = now()
where id = any ($1::text[]::uuid[])";

/// The keys that count, as they are stored. Two are equal where servers need not do anything.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct StoredKeys {
    signing: Vec<StoredSigningKey>,
    opaque: Vec<StoredOpaqueKey>,
}

#[derive(Clone, PartialEq, Eq)]
struct StoredSigningKey {
    id: String,
    is_shared_secret: bool,
    status: String,
    public_jwk: Option<Value>,
    sealed: String,
}

#[derive(Clone, PartialEq, Eq)]
struct StoredOpaqueKey {
    id: String,
    kind: String,
    hash: String,
    expires_at: Option<i64>,
}

impl StoredKeys {
    /// Reads them, with a client that may read the schema `auth`.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub async fn read(client: &Client) -> Result<StoredKeys, tokio_postgres::Error> {
        let signing = client.query(SIGNING_KEYS, &[]).await?.into_iter();
        let signing = signing.map(|row| StoredSigningKey {
            id: row.get(0),
            is_shared_secret: row.get::<_, &str>(1) == "HS256",
            status: row.get(2),
            public_jwk: row.get(3),
            sealed: row.get(4),
        });
        let opaque = client.query(OPAQUE_KEYS, &[]).await?.into_iter();
        let opaque = opaque.map(|row| StoredOpaqueKey {
            id: row.get(0),
            kind: row.get(1),
            hash: row.get(2),
            expires_at: row.get(3),
        });
        Ok(StoredKeys { signing: signing.collect(), opaque: opaque.collect() })
    }

    /// The ring that servers use. What cannot be used is left out: one bad row locks nobody out.
    ///
    /// # Errors
    /// [`KeyStoreError::Key`] never in practice: public keys were looked at one by one.
    pub fn ring(&self, seal: &Seal, accepts_shared_secret: bool) -> Result<KeyRing, KeyStoreError> {
        let living = || self.asymmetric().filter(|key| key.status != "revoked");
        let public = living().filter_map(|key| PublicKey::parse(key.public_jwk.as_ref()?).ok());
        let opaque = self.opaque.iter().filter_map(|key| {
            let kind = OpaqueKind::named(&key.kind)?;
            OpaqueKey::new(key.id.clone(), kind, &key.hash, key.expires_at).ok()
        });
        let signing = self.signing_key(seal);
        let secret = self.shared_secrets(seal).find(|secret| secret.is_accepted);
        let secret = secret.filter(|_| accepts_shared_secret);
        Ok(KeyRing::new(
            signing,
            &public.collect::<Vec<_>>(),
            secret.map(|secret| JwtSecret::new(secret.text)),
            opaque.collect(),
        )?)
    }

    /// The key in use; where this home cannot open it, the newest that it can: its tokens are
    /// still accepted.
    fn signing_key(&self, seal: &Seal) -> Option<SigningKey> {
        self.asymmetric()
            .filter(|key| matches!(key.status.as_str(), "in_use" | "previously_used"))
            .find_map(|key| SigningKey::read(&key.id, &seal.open(&key.sealed).ok()?).ok())
    }

    /// The shared secrets that this home can open, newest first.
    fn shared_secrets<'a>(&'a self, seal: &'a Seal) -> impl Iterator<Item = SharedSecret> + 'a {
        let all = self.signing.iter().filter(|key| key.is_shared_secret);
        all.filter_map(|key| {
            let is_accepted = key.status != "revoked";
            Some(SharedSecret { text: seal.open(&key.sealed).ok()?, is_accepted })
        })
    }

    fn newest_shared_secret_is_off(&self) -> bool {
        let newest = self.signing.iter().find(|key| key.is_shared_secret);
        newest.is_some_and(|key| key.status == "revoked")
    }

    fn asymmetric(&self) -> impl Iterator<Item = &StoredSigningKey> {
        self.signing.iter().filter(|key| !key.is_shared_secret)
    }
}

struct SharedSecret {
    text: String,
    is_accepted: bool,
}

/// Notes that these opaque keys were used.
///
/// # Errors
/// What PostgreSQL says.
pub async fn note_use(client: &Client, ids: &[String]) -> Result<(), tokio_postgres::Error> {
    client.execute(NOTE_USE, &[&ids]).await.map(drop)
}
