use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::verify::now_seconds;
use crate::{Caller, KeyError, TokenError};

/// What an opaque key of an application is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpaqueKind {
    /// For programs that anybody can look into: callers without rights of their own.
    Publishable,
    /// For servers: it bypasses row security.
    Secret,
}

impl OpaqueKind {
    /// The name in the database.
    pub fn name(self) -> &'static str {
        match self {
            OpaqueKind::Publishable => "publishable",
            OpaqueKind::Secret => "secret",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<OpaqueKind> {
        [OpaqueKind::Publishable, OpaqueKind::Secret].into_iter().find(|kind| kind.name() == name)
    }

    fn prefix(self) -> &'static str {
        match self {
            OpaqueKind::Publishable => "sb_publishable_",
            OpaqueKind::Secret => "sb_secret_",
        }
    }

    fn role(self) -> &'static str {
        match self {
            OpaqueKind::Publishable => "anon",
            OpaqueKind::Secret => "service_role",
        }
    }
}

/// A key in the clear: seen by who asked for it, once. Its `Debug` says nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyText {
    text: String,
    /// How much of it says what it is and is no secret.
    named: usize,
}

impl KeyText {
    /// A new opaque key, in the shape that scanners for leaked keys know: 132 random bits and a
    /// sum of them.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] where the operating system has no random bytes.
    pub fn opaque(kind: OpaqueKind) -> Result<KeyText, KeyError> {
        let random: String = random_text()?.chars().take(22).collect();
        let body = format!("{}{random}", kind.prefix());
        let sum = URL_SAFE_NO_PAD.encode(Sha256::digest(&body));
        let named = kind.prefix().len();
        Ok(KeyText { text: format!("{body}_{}", &sum[..8]), named })
    }

    /// A new key of a person, 256 random bits after a prefix.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] where the operating system has no random bytes.
    pub fn personal(prefix: &str) -> Result<KeyText, KeyError> {
        Ok(KeyText { text: format!("{prefix}{}", random_text()?), named: prefix.len() })
    }

    /// An opaque key that was shown before.
    pub fn known(kind: OpaqueKind, text: &str) -> KeyText {
        KeyText { text: text.to_owned(), named: kind.prefix().len() }
    }

    /// The first characters, by which people recognise it.
    pub fn prefix(&self) -> &str {
        const SHOWN: usize = 6;
        self.text.get(..self.named + SHOWN).unwrap_or_default()
    }

    /// What is stored of it: SHA-256, in hex.
    pub fn hash(&self) -> String {
        hash(&self.text).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyText(hidden)")
    }
}

/// 256 random bits, in 43 characters.
fn random_text() -> Result<String, KeyError> {
    let mut bytes = [0_u8; 32];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::NoKey)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// An opaque key that is accepted, by its hash.
#[derive(Debug, Clone)]
pub struct OpaqueKey {
    id: String,
    kind: OpaqueKind,
    hash: [u8; 32],
    expires_at: Option<i64>,
    used: Arc<AtomicBool>,
}

impl OpaqueKey {
    /// A key from what is stored of it; `expires_at` in seconds since the epoch.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] where the hash is no SHA-256 in hex.
    pub fn new(
        id: impl Into<String>,
        kind: OpaqueKind,
        hash: &str,
        expires_at: Option<i64>,
    ) -> Result<OpaqueKey, KeyError> {
        let bytes: Option<Vec<u8>> = (0..hash.len())
            .step_by(2)
            .map(|at| hash.get(at..at + 2).and_then(|byte| u8::from_str_radix(byte, 16).ok()))
            .collect();
        let hash = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(KeyError::NoKey)?;
        Ok(OpaqueKey { id: id.into(), kind, hash, expires_at, used: Arc::default() })
    }
}

/// The opaque keys of one application.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpaqueKeys(Vec<OpaqueKey>);

impl OpaqueKeys {
    pub(crate) fn new(keys: Vec<OpaqueKey>) -> Self {
        OpaqueKeys(keys)
    }

    /// Whose key this is; `None` where the text has not the form of one. Every key is compared to
    /// its end, so that the time tells nothing.
    pub(crate) fn caller(&self, text: &str) -> Option<Result<Caller, TokenError>> {
        let kinds = [OpaqueKind::Publishable, OpaqueKind::Secret];
        kinds.into_iter().find(|kind| text.starts_with(kind.prefix()))?;
        let presented = hash(text);
        let mut found = None;
        for key in &self.0 {
            if bool::from(key.hash.ct_eq(&presented)) {
                found = Some(key);
            }
        }
        let good = found.filter(|key| key.expires_at.is_none_or(|at| now_seconds() < at));
        Some(good.ok_or(TokenError::UnknownKey).map(|key| {
            key.used.store(true, Ordering::Relaxed);
            let role = key.kind.role();
            Caller::verified(role, &serde_json::json!({ "role": role }).to_string(), "", None)
        }))
    }

    /// The ids of the keys that were used since this was last asked.
    pub(crate) fn take_used(&self) -> Vec<String> {
        let used = self.0.iter().filter(|key| key.used.swap(false, Ordering::Relaxed));
        used.map(|key| key.id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_form_that_scanners_know() {
        for (kind, prefix) in
            [(OpaqueKind::Publishable, "sb_publishable_"), (OpaqueKind::Secret, "sb_secret_")]
        {
            let key = KeyText::opaque(kind).unwrap();
            let rest = key.as_str().strip_prefix(prefix).unwrap();
            assert_eq!((rest.len(), rest.as_bytes()[22]), (31, b'_'), "{prefix}");
            assert_eq!(key.prefix(), &key.as_str()[..prefix.len() + 6]);
            assert_ne!(key, KeyText::opaque(kind).unwrap());
            assert_eq!(OpaqueKind::named(kind.name()), Some(kind));
            assert_eq!(format!("{key:?}"), "KeyText(hidden)");
        }
        let key = KeyText::personal("my_shop_").unwrap();
        assert_eq!((key.as_str().len(), key.prefix().len()), (51, 14));
    }

    #[test]
    fn a_key_opens_by_its_hash_until_it_expires() {
        let text = KeyText::opaque(OpaqueKind::Secret).unwrap();
        let keys = |expires_at| {
            let key = OpaqueKey::new("1", OpaqueKind::Secret, &text.hash(), expires_at).unwrap();
            OpaqueKeys::new(vec![key])
        };
        let role = |keys: &OpaqueKeys, text: &str| {
            keys.caller(text).map(|found| found.map(|caller| caller.role().to_owned()))
        };
        let (living, over) = (keys(Some(now_seconds() + 60)), keys(Some(now_seconds() - 1)));
        assert_eq!(role(&living, text.as_str()), Some(Ok("service_role".into())));
        assert_eq!(living.take_used(), ["1"]);
        assert!(living.take_used().is_empty());
        assert_eq!(role(&over, text.as_str()), Some(Err(TokenError::UnknownKey)));
        let other = KeyText::opaque(OpaqueKind::Secret).unwrap();
        assert_eq!(role(&living, other.as_str()), Some(Err(TokenError::UnknownKey)));
        assert_eq!(role(&living, "sb_secret_"), Some(Err(TokenError::UnknownKey)));
        assert_eq!(role(&living, "a.b.c"), None);
        assert!(OpaqueKey::new("1", OpaqueKind::Secret, "abc", None).is_err());
        assert!(OpaqueKey::new("1", OpaqueKind::Secret, "é", None).is_err());
    }
}
