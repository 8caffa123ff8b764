use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::opaque_key::OpaqueKeys;
use crate::{Caller, JwtSecret, OpaqueKey, PublicKey, SigningKey, TokenError, TokenKeys};

/// Every key of one application at one time. Cheap to clone; never changed, only replaced as a
/// whole ([`crate::Authenticator::replace_keys`]). Its `Debug` says nothing.
#[derive(Clone, Default)]
pub struct KeyRing {
    keys: Arc<Keys>,
}

#[derive(Default)]
struct Keys {
    /// New tokens are signed with it.
    signing: Option<SigningKey>,
    /// New tokens are signed with it where there is no signing key.
    shared_secret: Option<JwtSecret>,
    /// Whose signatures are accepted.
    accepted: TokenKeys,
    /// What anybody may know.
    public: Vec<Value>,
    /// `None`: this ring knows no such thing as an opaque key.
    opaque: Option<OpaqueKeys>,
}

impl KeyRing {
    /// The keys of an application of ours: what signs, whose signatures are accepted, the shared
    /// secret where its tokens are, and the opaque keys.
    ///
    /// # Errors
    /// [`crate::KeyError`] where a public key cannot be used.
    pub fn new(
        signing: Option<SigningKey>,
        public: &[PublicKey],
        shared_secret: Option<JwtSecret>,
        opaque: Vec<OpaqueKey>,
    ) -> Result<Self, crate::KeyError> {
        let accepted = TokenKeys::of(public, shared_secret.as_ref())?;
        let public = public.iter().map(|key| key.json().clone()).collect();
        let opaque = Some(OpaqueKeys::new(opaque));
        Ok(KeyRing { keys: Arc::new(Keys { signing, shared_secret, accepted, public, opaque }) })
    }

    /// A shared secret only.
    pub(crate) fn of_secret(secret: Option<JwtSecret>) -> Self {
        let accepted = secret.as_ref().map(TokenKeys::secret).unwrap_or_default();
        KeyRing { keys: Arc::new(Keys { shared_secret: secret, accepted, ..Keys::default() }) }
    }

    /// Keys that only verify.
    pub(crate) fn of_keys(accepted: TokenKeys) -> Self {
        KeyRing { keys: Arc::new(Keys { accepted, ..Keys::default() }) }
    }

    /// The public keys as a JSON Web Key Set (RFC 7517, 5).
    pub fn public_set(&self) -> Value {
        json!({ "keys": self.keys.public })
    }

    /// The ids of the opaque keys that were used since this was last asked.
    pub fn take_used(&self) -> Vec<String> {
        self.keys.opaque.as_ref().map(OpaqueKeys::take_used).unwrap_or_default()
    }

    pub(crate) fn accepted(&self) -> &TokenKeys {
        &self.keys.accepted
    }

    /// Whether a key that came beside a token has to be good, too.
    pub(crate) fn has_opaque_keys(&self) -> bool {
        self.keys.opaque.is_some()
    }

    /// Whose opaque key this is; `None` where it has not the form of one.
    pub(crate) fn opaque(&self, text: &str) -> Option<Result<Caller, TokenError>> {
        self.keys.opaque.as_ref()?.caller(text)
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        match (&self.keys.signing, &self.keys.shared_secret) {
            (Some(key), _) => key.sign(claims),
            (None, Some(secret)) => secret.sign(claims),
            (None, None) => Err(TokenError::NoSecret),
        }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyRing(hidden)")
    }
}

#[cfg(test)]
mod tests;
