//! Secrets that have to be kept, and marks of secrets that need not.
//!
//! A mailed code is only ever compared, so the database holds its mark; the secret of an
//! authenticator has to be read again, so the database holds it sealed. Both need a key that is
//! not in the database: who reads a dump learns nothing.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::{hkdf, hmac};

/// Keys that follow from one secret of an application. Its `Debug` says nothing.
#[derive(Clone)]
pub struct Seal {
    keys: Arc<Keys>,
}

struct Keys {
    sealing: LessSafeKey,
    marking: hmac::Key,
}

/// What was sealed cannot be opened: it was made with another secret, or it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was sealed cannot be opened with this secret")]
pub struct SealError;

impl Seal {
    /// The keys that follow from a secret (HKDF, RFC 5869).
    ///
    /// # Errors
    /// [`SealError`] never in practice: the lengths are constants.
    pub fn new(secret: &[u8]) -> Result<Seal, SealError> {
        let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, b"tenantry").extract(secret);
        let sealing = derived(&extracted, b"sealing")?;
        let sealing = UnboundKey::new(&aead::CHACHA20_POLY1305, &sealing).map_err(|_| SealError)?;
        let marking = hmac::Key::new(hmac::HMAC_SHA256, &derived(&extracted, b"marking")?);
        Ok(Seal { keys: Arc::new(Keys { sealing: LessSafeKey::new(sealing), marking }) })
    }

    /// The text sealed (ChaCha20-Poly1305 with a random nonce), in base64.
    ///
    /// # Errors
    /// [`SealError`] where the operating system has no random bytes.
    pub fn seal(&self, plain: &str) -> Result<String, SealError> {
        let mut nonce = [0_u8; aead::NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| SealError)?;
        let mut sealed = plain.as_bytes().to_vec();
        self.keys
            .sealing
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut sealed,
            )
            .map_err(|_| SealError)?;
        let mut whole = nonce.to_vec();
        whole.append(&mut sealed);
        Ok(STANDARD_NO_PAD.encode(whole))
    }

    /// The text that was sealed.
    ///
    /// # Errors
    /// [`SealError`] where the secret is another one, or the text was changed.
    pub fn open(&self, sealed: &str) -> Result<String, SealError> {
        let mut whole = STANDARD_NO_PAD.decode(sealed).map_err(|_| SealError)?;
        let (nonce, text) = whole.split_at_mut_checked(aead::NONCE_LEN).ok_or(SealError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError)?;
        let plain =
            self.keys.sealing.open_in_place(nonce, Aad::empty(), text).map_err(|_| SealError)?;
        String::from_utf8(plain.to_vec()).map_err(|_| SealError)
    }

    /// What the database holds of a secret that is only compared: HMAC-SHA-256, in hex. `purpose`
    /// keeps the marks of different things apart.
    pub fn mark(&self, purpose: &str, secret: &str) -> String {
        let mut context = hmac::Context::with_key(&self.keys.marking);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(secret.as_bytes());
        context.sign().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn derived(extracted: &hkdf::Prk, purpose: &[u8]) -> Result<[u8; 32], SealError> {
    let mut key = [0_u8; 32];
    extracted
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|expanded| expanded.fill(&mut key))
        .map_err(|_| SealError)?;
    Ok(key)
}

impl fmt::Debug for Seal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seal(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_the_same_secret_only() {
        let (ours, other) = (Seal::new(b"ours").unwrap(), Seal::new(b"another").unwrap());
        for text in ["", "a secret", "Zoë's secret \u{1F511}"] {
            let sealed = ours.seal(text).unwrap();
            assert_eq!(ours.open(&sealed).as_deref(), Ok(text));
            assert_ne!(sealed, ours.seal(text).unwrap());
            assert_eq!(other.open(&sealed), Err(SealError));
            let mut changed = sealed.clone().into_bytes();
            changed[20] ^= 1;
            assert_eq!(ours.open(&String::from_utf8(changed).unwrap()), Err(SealError));
        }
        for none in ["", "AAAA", "not base64!"] {
            assert_eq!(ours.open(none), Err(SealError), "{none}");
        }
    }

    #[test]
    fn marks_depend_on_secret_purpose_and_key() {
        let (ours, other) = (Seal::new(b"ours").unwrap(), Seal::new(b"another").unwrap());
        let mark = ours.mark("code", "123456");
        assert_eq!(mark, ours.mark("code", "123456"));
        assert_eq!(mark.len(), 64);
        for different in [
            ours.mark("code", "123457"),
            ours.mark("codes", "123456"),
            other.mark("code", "123456"),
        ] {
            assert_ne!(mark, different);
        }
        assert_eq!(format!("{ours:?}"), "Seal(hidden)");
    }
}
