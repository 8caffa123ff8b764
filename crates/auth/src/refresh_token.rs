//! Refresh tokens.
//!
//! The first of a login session is random. Every later one follows from the one that was traded
//! for it, through a secret that is not in the database: who holds a token without the secret cannot tell the
//! next, but the server can, although it stores only hashes. A client that lost the answer to a
//! refresh can so be given the very token that it missed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::TryRngCore;
use rand::rngs::OsRng;
use sha2::{Digest, Sha256};
use tenantry_caller::Seal;

use crate::AuthError;

/// A refresh token in the clear. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RefreshToken(String);

impl RefreshToken {
    /// A new one: 256 random bits.
    pub(crate) fn random() -> Result<RefreshToken, AuthError> {
        let mut bytes = [0_u8; 32];
        OsRng.try_fill_bytes(&mut bytes).map_err(|_| AuthError::Unexpected("no random bytes"))?;
        Ok(RefreshToken(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// One that a client sent.
    pub(crate) fn presented(text: &str) -> RefreshToken {
        RefreshToken(text.to_owned())
    }

    /// The token that this one is traded for.
    pub(crate) fn successor(&self, seal: &Seal) -> RefreshToken {
        let mark = seal.mark("refresh token", &self.0);
        RefreshToken(URL_SAFE_NO_PAD.encode(Sha256::digest(mark)))
    }

    /// SHA-256 in hex: what is stored.
    pub(crate) fn hash(&self) -> String {
        Sha256::digest(self.0.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The text that the client keeps.
    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl std::fmt::Debug for RefreshToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("RefreshToken(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn successors_follow_from_the_token_and_the_secret() {
        let (ours, other) = (Seal::new(b"ours").unwrap(), Seal::new(b"another").unwrap());
        let first = RefreshToken::random().unwrap();
        let next = first.successor(&ours);
        assert_eq!(next, first.successor(&ours));
        assert_ne!(next, first.successor(&other));
        assert_ne!(next, next.successor(&ours));
        assert_eq!(next.clone().into_text().len(), 43);
        assert_eq!(next.hash().len(), 64);
        assert_ne!(first, RefreshToken::random().unwrap());
        assert_eq!(format!("{first:?}"), "RefreshToken(hidden)");
    }
}
