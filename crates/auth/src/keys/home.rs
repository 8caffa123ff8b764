//! The keys that a home holds in the clear, and the same keys in the database.

use tenantry_caller::{KeyText, OpaqueKind};

use super::change::Expiry;
use super::{KeyChanges, KeyStoreError, StoredKeys};

/// What the opaque keys that a home prints are called.
const NAME: &str = "default";

/// The keys of one application that a home prints.
#[derive(Debug, Clone)]
pub struct HomeKeys {
    /// The shared secret (HS256).
    pub shared_secret: String,
    /// An opaque key for callers without rights of their own.
    pub publishable: KeyText,
    /// An opaque key that bypasses row security.
    pub secret: KeyText,
}

impl HomeKeys {
    /// Makes home and database agree: there is a signing key in use that this home can open, the
    /// shared secret is the database's, and both opaque keys are good. Answers with the keys that
    /// the home holds from now on. Changes nothing where all is so.
    ///
    /// # Errors
    /// [`KeyStoreError`].
    pub async fn settle(self, changes: &KeyChanges<'_>) -> Result<HomeKeys, KeyStoreError> {
        let stored = changes.stored().await?;
        if stored.signing_key(changes.seal()).is_none() {
            changes.rotate().await?;
        }
        let known = stored.shared_secrets(changes.seal()).next();
        let shared_secret = match known {
            Some(known) => known.text,
            None => {
                // Whether such tokens are accepted is not for another home to decide.
                let is_off = stored.newest_shared_secret_is_off();
                changes.add_shared_secret(&self.shared_secret, !is_off).await?;
                self.shared_secret
            }
        };
        Ok(HomeKeys {
            shared_secret,
            publishable: keep(changes, &stored, OpaqueKind::Publishable, self.publishable).await?,
            secret: keep(changes, &stored, OpaqueKind::Secret, self.secret).await?,
        })
    }
}

/// The key if it is good, else another one.
async fn keep(
    changes: &KeyChanges<'_>,
    stored: &StoredKeys,
    kind: OpaqueKind,
    text: KeyText,
) -> Result<KeyText, KeyStoreError> {
    let hash = text.hash();
    if stored.opaque.iter().any(|key| key.hash == hash) {
        return Ok(text);
    }
    // A key that was revoked is known to the database, and stays what it is.
    if changes.knows(&hash).await? {
        return Ok(changes.add_opaque_key(kind, NAME, &Expiry::Never).await?.text);
    }
    changes.keep_opaque_key(kind, NAME, &text, &Expiry::Never).await?;
    Ok(text)
}
