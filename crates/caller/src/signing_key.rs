use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{KeyError, TokenError};

/// A private ES256 key with the name that its tokens carry (`kid`). Its `Debug` says nothing.
#[derive(Clone)]
pub struct SigningKey {
    id: Arc<str>,
    pair: Arc<EcdsaKeyPair>,
}

/// A private key as text, which is only ever kept sealed. Its `Debug` says nothing.
pub struct PrivateKeyText(String);

/// The public half of a key, as a JSON Web Key that says what it is for: ES256 on P-256, and
/// verification.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicKey {
    jwk: Jwk,
    shown: Value,
}

impl SigningKey {
    /// A new key, and its text to be sealed.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] where the operating system has no random bytes.
    pub fn generate(id: &str) -> Result<(SigningKey, PrivateKeyText), KeyError> {
        let document =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .map_err(|_| KeyError::NoKey)?;
        let text = PrivateKeyText(STANDARD_NO_PAD.encode(document.as_ref()));
        Ok((SigningKey::read(id, text.as_str())?, text))
    }

    /// The key that [`PrivateKeyText`] is of.
    ///
    /// # Errors
    /// [`KeyError::NoKey`] where the text is of none.
    pub fn read(id: &str, text: &str) -> Result<SigningKey, KeyError> {
        let document = STANDARD_NO_PAD.decode(text).map_err(|_| KeyError::NoKey)?;
        let pair = EcdsaKeyPair::from_pkcs8(
            &ECDSA_P256_SHA256_FIXED_SIGNING,
            &document,
            &SystemRandom::new(),
        )
        .map_err(|_| KeyError::NoKey)?;
        Ok(SigningKey { id: id.into(), pair: Arc::new(pair) })
    }

    /// The public half, which anybody may have.
    ///
    /// # Errors
    /// [`KeyError`] never in practice: the key was read before.
    pub fn public_key(&self) -> Result<PublicKey, KeyError> {
        // An uncompressed point: 4, x and y.
        let point = self.pair.public_key().as_ref();
        let (x, y) =
            point.get(1..).and_then(|point| point.split_at_checked(32)).ok_or(KeyError::NoKey)?;
        PublicKey::parse(&json!({
            "kty": "EC",
            "crv": "P-256",
            "x": URL_SAFE_NO_PAD.encode(x),
            "y": URL_SAFE_NO_PAD.encode(y),
            "alg": "ES256",
            "use": "sig",
            "key_ops": ["verify"],
            "kid": &*self.id,
        }))
    }

    /// A token with these claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        let header = json!({ "alg": "ES256", "typ": "JWT", "kid": &*self.id });
        let claims = serde_json::to_vec(claims).map_err(|_| TokenError::Undecodable)?;
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = self
            .pair
            .sign(&SystemRandom::new(), token.as_bytes())
            .map_err(|_| TokenError::Undecodable)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        Ok(token)
    }
}

impl PrivateKeyText {
    /// The text, for sealing.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PublicKey {
    /// A public key as [`SigningKey::public_key`] made it. Another curve, another algorithm, a
    /// missing name, or anything private is refused.
    ///
    /// # Errors
    /// [`KeyError::NoKey`].
    pub fn parse(shown: &Value) -> Result<PublicKey, KeyError> {
        let jwk: Jwk = serde_json::from_value(shown.clone()).map_err(|_| KeyError::NoKey)?;
        let is_p256 = matches!(
            &jwk.algorithm,
            AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256
        );
        let is_es256 = jwk.common.key_algorithm == Some(KeyAlgorithm::ES256);
        let is_named = jwk.common.key_id.as_deref().is_some_and(|id| !id.is_empty());
        if is_p256 && is_es256 && is_named && shown.get("d").is_none() {
            Ok(PublicKey { jwk, shown: shown.clone() })
        } else {
            Err(KeyError::NoKey)
        }
    }

    /// The JSON Web Key.
    pub fn json(&self) -> &Value {
        &self.shown
    }

    pub(crate) fn jwk(&self) -> &Jwk {
        &self.jwk
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({}, hidden)", self.id)
    }
}

impl fmt::Debug for PrivateKeyText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PrivateKeyText(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_when_it_is_read_again() {
        let (made, text) = SigningKey::generate("k1").unwrap();
        let read = SigningKey::read("k1", text.as_str()).unwrap();
        assert_eq!(made.public_key().unwrap(), read.public_key().unwrap());
        for none in ["", "AAAA", "not base64!"] {
            assert!(SigningKey::read("k1", none).is_err(), "{none}");
        }
        let hidden = format!("{made:?} {text:?}");
        assert_eq!(hidden, "SigningKey(k1, hidden) PrivateKeyText(hidden)");
    }

    #[test]
    fn only_named_public_keys_of_the_curve_are_taken() {
        let good = SigningKey::generate("k1").unwrap().0.public_key().unwrap().json().clone();
        assert!(PublicKey::parse(&good).is_ok());
        for (member, value) in [
            ("crv", json!("P-384")),
            ("alg", json!("ES384")),
            ("alg", Value::Null),
            ("kid", json!("")),
            ("kid", Value::Null),
            ("d", json!("AAAA")),
            ("kty", json!("oct")),
        ] {
            let mut changed = good.clone();
            changed[member] = value;
            assert!(PublicKey::parse(&changed).is_err(), "{member}");
        }
    }
}
