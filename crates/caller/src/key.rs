use std::fmt;

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;

use crate::{PublicKey, TokenError};

/// The shared secret of HS256 tokens. It never appears in a log: its `Debug` says nothing.
#[derive(Clone)]
pub struct JwtSecret(Vec<u8>);

impl JwtSecret {
    /// A secret from its bytes; for HS256 at least 32 of them are asked for (RFC 7518, 3.2).
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        JwtSecret(bytes.into())
    }

    /// A token with these claims (HS256).
    ///
    /// # Errors
    /// [`TokenError::Undecodable`] where the claims are no JSON.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        let key = EncodingKey::from_secret(&self.0);
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key)
            .map_err(|_| TokenError::Undecodable)
    }

    fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for JwtSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JwtSecret(hidden)")
    }
}

/// Why a text is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is too short to be a shared secret.
    #[error("The JWT secret must be at least 32 characters long.")]
    TooShort,
    /// It is a JSON Web Key that cannot be used.
    #[error("the JSON Web Key cannot be used: {0}")]
    Unusable(#[from] jsonwebtoken::errors::Error),
    /// It is no key of the kind that is wanted.
    #[error("this is no key of the kind that is wanted")]
    NoKey,
}

/// The keys that tokens may be signed with.
#[derive(Clone, Default)]
pub struct TokenKeys(Vec<TokenKey>);

#[derive(Clone)]
struct TokenKey {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl TokenKeys {
    /// Reads a shared secret, a JSON Web Key or a set of them (RFC 7517), whichever the bytes are.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeyError> {
        if let Ok(set) = serde_json::from_slice::<JwkSet>(bytes) {
            return set.keys.iter().map(TokenKey::of).collect::<Result<_, _>>().map(TokenKeys);
        }
        if let Ok(key) = serde_json::from_slice::<Jwk>(bytes) {
            return Ok(TokenKeys(vec![TokenKey::of(&key)?]));
        }
        if bytes.len() < 32 {
            return Err(KeyError::TooShort);
        }
        Ok(TokenKeys::secret(&JwtSecret::new(bytes)))
    }

    /// The public keys of somebody else, as a set (RFC 7517). Keys of unknown kinds are left out,
    /// and so are secrets: a set that everybody can read holds none, and whatever stands in it must
    /// not be taken for one.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] where nothing is left.
    pub fn parse_public_set(bytes: &[u8]) -> Result<Self, KeyError> {
        #[derive(serde::Deserialize)]
        struct AnySet {
            keys: Vec<serde_json::Value>,
        }
        let set: AnySet = serde_json::from_slice(bytes).map_err(|_| KeyError::NoKey)?;
        let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
        let public = known.filter(|key| !matches!(key.algorithm, AlgorithmParameters::OctetKey(_)));
        let keys: Vec<TokenKey> = public.filter_map(|key| TokenKey::of(&key).ok()).collect();
        if keys.is_empty() { Err(KeyError::NoKey) } else { Ok(TokenKeys(keys)) }
    }

    /// The shared secret only.
    pub fn secret(secret: &JwtSecret) -> Self {
        let key = DecodingKey::from_secret(secret.bytes());
        TokenKeys(vec![TokenKey { id: None, algorithms: vec![Algorithm::HS256], key }])
    }

    /// Public keys, and the shared secret where there is one. Each is for one algorithm only, so
    /// that a public key can never be taken for a secret.
    pub(crate) fn of(public: &[PublicKey], secret: Option<&JwtSecret>) -> Result<Self, KeyError> {
        let public = public.iter().map(|key| TokenKey::of(key.jwk()));
        let mut keys = public.collect::<Result<Vec<_>, _>>()?;
        keys.extend(secret.map(TokenKeys::secret).unwrap_or_default().0);
        Ok(TokenKeys(keys))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The keys that may have signed a token with this header.
    pub(crate) fn suitable<'a>(
        &'a self,
        algorithm: Algorithm,
        id: Option<&'a str>,
    ) -> impl Iterator<Item = &'a DecodingKey> {
        self.0
            .iter()
            .filter(move |key| key.algorithms.contains(&algorithm))
            .filter(move |key| match (id, &key.id) {
                (Some(wanted), Some(own)) => wanted == own,
                _ => true,
            })
            .map(|key| &key.key)
    }
}

impl TokenKey {
    fn of(jwk: &Jwk) -> Result<Self, KeyError> {
        let named = jwk.common.key_algorithm.and_then(|name| name.to_string().parse().ok());
        let algorithms = match (named, &jwk.algorithm) {
            (Some(algorithm), _) => vec![algorithm],
            (None, AlgorithmParameters::RSA(_)) => vec![
                Algorithm::RS256,
                Algorithm::RS384,
                Algorithm::RS512,
                Algorithm::PS256,
                Algorithm::PS384,
                Algorithm::PS512,
            ],
            (None, AlgorithmParameters::EllipticCurve(_)) => {
                vec![Algorithm::ES256, Algorithm::ES384]
            }
            (None, AlgorithmParameters::OctetKeyPair(_)) => vec![Algorithm::EdDSA],
            (None, AlgorithmParameters::OctetKey(_)) => {
                vec![Algorithm::HS256, Algorithm::HS384, Algorithm::HS512]
            }
        };
        let key = DecodingKey::from_jwk(jwk)?;
        Ok(TokenKey { id: jwk.common.key_id.clone(), algorithms, key })
    }
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenKeys({} hidden)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_set_holds_no_secrets() {
        let rsa = r#"{"kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256"}"#;
        let strange = r#"{"kty":"NEW","x":"AQAB"}"#;
        let secret = r#"{"kty":"oct","k":"YSBzZWNyZXQgb2YgdGhpcnR5LXR3byBjaGFyYWN0ZXJz"}"#;
        let set = |keys: &[&str]| format!("{{\"keys\":[{}]}}", keys.join(","));
        let table = [
            (set(&[rsa, strange, secret]), Some(1)),
            (set(&[rsa]), Some(1)),
            (set(&[secret]), None),
            (set(&[strange]), None),
            (set(&[]), None),
            ("a text that is long enough to be a secret".into(), None),
            (rsa.into(), None),
        ];
        for (text, expected) in table {
            let found = TokenKeys::parse_public_set(text.as_bytes()).ok().map(|keys| keys.0.len());
            assert_eq!(found, expected, "{text}");
        }
    }
}
