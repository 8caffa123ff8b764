use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Caller, JwtSecret, TokenError};

/// Clocks of issuer and server may differ by this many seconds.
const CLOCK_SKEW_SECONDS: i64 = 30;

/// The claims of an access token that tenantry issues, in GoTrue's layout.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The issuer: the application's auth URL.
    pub iss: String,
    /// The user's id.
    pub sub: String,
    /// Always `authenticated`.
    pub aud: String,
    /// Expiry, seconds since the epoch.
    pub exp: i64,
    /// Issue time, seconds since the epoch.
    pub iat: i64,
    /// The user's e-mail address, or the empty string.
    pub email: String,
    /// The user's telephone number, or the empty string.
    pub phone: String,
    /// Data about the user that only the server sets.
    pub app_metadata: Value,
    /// Data that the user set.
    pub user_metadata: Value,
    /// The database role that statements run as.
    pub role: String,
    /// Authenticator assurance level, `aal1` or `aal2`.
    pub aal: String,
    /// How the user proved who they are, newest first.
    pub amr: Value,
    /// The login session.
    pub session_id: String,
    /// Whether the user signed in without an identity.
    pub is_anonymous: bool,
}

/// Checks the tokens of one application and turns them into [`Caller`]s.
#[derive(Debug, Clone)]
pub struct Authenticator {
    secret: Option<JwtSecret>,
    anonymous_role: Option<String>,
}

impl Authenticator {
    /// An authenticator for tokens signed with `secret`. Without `anonymous_role`, a caller without
    /// a token is refused.
    pub fn new(secret: Option<JwtSecret>, anonymous_role: Option<String>) -> Self {
        Authenticator { secret, anonymous_role }
    }

    /// Who sends this bearer token, or the anonymous caller when there is none.
    ///
    /// # Errors
    /// Every [`TokenError`] but none that repeats the token.
    pub fn identify(&self, bearer: Option<&str>) -> Result<Caller, TokenError> {
        let Some(token) = bearer else {
            return self.anonymous();
        };
        let secret = self.secret.as_ref().ok_or(TokenError::NoSecret)?;
        let claims = verify(secret, token)?;
        check_times(&claims)?;
        check_audience_type(&claims)?;
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or("");
        let session = claims.get("session_id").and_then(Value::as_str);
        match claims.get("role").and_then(Value::as_str) {
            Some(role) => {
                let text = Value::Object(claims.clone()).to_string();
                Ok(Caller::verified(role, &text, subject, session))
            }
            None => {
                let role = self.anonymous_role.as_deref().ok_or(TokenError::AnonymousDisabled)?;
                let mut with_role = claims.clone();
                with_role.insert("role".into(), role.into());
                let text = Value::Object(with_role).to_string();
                Ok(Caller::verified(role, &text, subject, session))
            }
        }
    }

    fn anonymous(&self) -> Result<Caller, TokenError> {
        let role = self.anonymous_role.as_deref().ok_or(TokenError::AnonymousDisabled)?;
        let claims = serde_json::json!({ "role": role }).to_string();
        Ok(Caller::verified(role, &claims, "", None))
    }

    /// Signs claims with the application's secret (HS256).
    ///
    /// # Errors
    /// [`TokenError::NoSecret`] when there is no secret to sign with.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        let secret = self.secret.as_ref().ok_or(TokenError::NoSecret)?;
        let key = EncodingKey::from_secret(secret.bytes());
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key)
            .map_err(|_| TokenError::Undecodable)
    }
}

/// The claims of a token whose signature is good.
fn verify(secret: &JwtSecret, token: &str) -> Result<Map<String, Value>, TokenError> {
    let parts = token.split('.').count();
    if parts != 3 {
        return Err(TokenError::Malformed(parts));
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let key = DecodingKey::from_secret(secret.bytes());
    jsonwebtoken::decode::<Map<String, Value>>(token, &key, &validation)
        .map(|data| data.claims)
        .map_err(|error| match error.kind() {
            jsonwebtoken::errors::ErrorKind::InvalidSignature
            | jsonwebtoken::errors::ErrorKind::InvalidAlgorithm => wrong_key_or_garbage(token),
            _ => TokenError::Undecodable,
        })
}

/// A token whose header is no JSON at all is garbage rather than signed by somebody else.
fn wrong_key_or_garbage(token: &str) -> TokenError {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    match header.map(|bytes| serde_json::from_slice::<Value>(&bytes)) {
        Some(Ok(_)) => TokenError::WrongKey,
        _ => TokenError::Undecodable,
    }
}

/// `exp`, `nbf` and `iat` are numbers of seconds (RFC 7519, 4.1), with some room for clocks.
fn check_times(claims: &Map<String, Value>) -> Result<(), TokenError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs() as i64);
    let seconds = |name: &'static str| match claims.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_f64()
            .map(|number| Some(number as i64))
            .ok_or(TokenError::WrongType(name, "number")),
    };
    if seconds("exp")?.is_some_and(|expiry| now - CLOCK_SKEW_SECONDS > expiry) {
        return Err(TokenError::Expired);
    }
    if seconds("nbf")?.is_some_and(|start| start > now + CLOCK_SKEW_SECONDS) {
        return Err(TokenError::NotYetValid);
    }
    if seconds("iat")?.is_some_and(|issued| issued > now + CLOCK_SKEW_SECONDS) {
        return Err(TokenError::IssuedInFuture);
    }
    Ok(())
}

/// Without a configured audience the value does not matter, but its type does.
fn check_audience_type(claims: &Map<String, Value>) -> Result<(), TokenError> {
    let valid = match claims.get("aud") {
        None | Some(Value::Null | Value::String(_)) => true,
        Some(Value::Array(items)) => items.iter().all(Value::is_string),
        Some(_) => false,
    };
    if valid { Ok(()) } else { Err(TokenError::WrongType("aud", "string or an array of strings")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn authenticator() -> Authenticator {
        let secret = JwtSecret::new("a secret of thirty-two characters");
        Authenticator::new(Some(secret), Some("anon".into()))
    }

    #[test]
    fn tokens_become_callers_or_reasons() {
        let server = authenticator();
        let stranger =
            Authenticator::new(Some(JwtSecret::new("another secret, just as long as it")), None);
        let sign = |claims: Value| server.sign(&claims).unwrap();
        let table: Vec<(&str, Option<String>, Result<&str, TokenError>)> = vec![
            ("no token", None, Ok("anon")),
            (
                "a role",
                Some(sign(json!({"role": "authenticated", "sub": "u1"}))),
                Ok("authenticated"),
            ),
            ("no role", Some(sign(json!({"sub": "u1"}))), Ok("anon")),
            ("expired", Some(sign(json!({"exp": 1}))), Err(TokenError::Expired)),
            (
                "future",
                Some(sign(json!({"nbf": 99_999_999_999_i64}))),
                Err(TokenError::NotYetValid),
            ),
            (
                "text expiry",
                Some(sign(json!({"exp": "soon"}))),
                Err(TokenError::WrongType("exp", "number")),
            ),
            ("two parts", Some("a.b".into()), Err(TokenError::Malformed(2))),
            ("empty", Some(String::new()), Err(TokenError::Malformed(1))),
            ("garbage", Some("a.b.c".into()), Err(TokenError::Undecodable)),
            (
                "stranger",
                Some(stranger.sign(&json!({"role": "x"})).unwrap()),
                Err(TokenError::WrongKey),
            ),
        ];
        for (name, token, expected) in table {
            let found = server.identify(token.as_deref());
            assert_eq!(
                found.as_ref().map(Caller::role),
                expected.as_ref().map(|role| *role),
                "{name}"
            );
        }
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let claims = URL_SAFE_NO_PAD.encode(r#"{"role":"service_role"}"#);
        let token = format!("{header}.{claims}.");
        assert!(authenticator().identify(Some(&token)).is_err());
    }
}
