use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::cache::TokenCache;
use crate::role_claim::RoleClaim;
use crate::{Caller, JwtSecret, TokenError, TokenKeys};

/// Clocks of issuer and server may differ by this many seconds.
const CLOCK_SKEW_SECONDS: i64 = 30;
/// So many tokens' signatures are remembered unless another number is asked for.
const DEFAULT_CACHE_ENTRIES: usize = 1000;

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
    keys: TokenKeys,
    anonymous_role: Option<String>,
    audience: Option<String>,
    role_claim: RoleClaim,
    cache: Arc<TokenCache>,
}

impl Authenticator {
    /// An authenticator for tokens signed with `secret`. Without `anonymous_role`, a caller without
    /// a token is refused.
    pub fn new(secret: Option<JwtSecret>, anonymous_role: Option<String>) -> Self {
        let keys = secret.as_ref().map(TokenKeys::secret).unwrap_or_default();
        Authenticator { secret, ..Authenticator::verifying(keys, anonymous_role) }
    }

    /// An authenticator that only verifies, with any keys.
    pub fn verifying(keys: TokenKeys, anonymous_role: Option<String>) -> Self {
        Authenticator {
            secret: None,
            keys,
            anonymous_role,
            audience: None,
            role_claim: RoleClaim::default(),
            cache: Arc::new(TokenCache::new(DEFAULT_CACHE_ENTRIES)),
        }
    }

    /// The same, for tokens that name this audience or none (RFC 7519, 4.1.3).
    pub fn for_audience(mut self, audience: Option<String>) -> Self {
        self.audience = audience;
        self
    }

    /// The same, with the role elsewhere in the claims.
    pub fn with_role_claim(mut self, claim: RoleClaim) -> Self {
        self.role_claim = claim;
        self
    }

    /// The same, remembering the signatures of so many tokens; 0 for none.
    pub fn with_cache(mut self, entries: usize) -> Self {
        self.cache = Arc::new(TokenCache::new(entries));
        self
    }

    /// The role of callers without a token.
    pub fn anonymous_role(&self) -> Option<&str> {
        self.anonymous_role.as_deref()
    }

    /// Who sends this bearer token, or the anonymous caller when there is none.
    ///
    /// A signature that was good stays good, so that much is remembered; the times and the audience
    /// are looked at each time.
    ///
    /// # Errors
    /// Every [`TokenError`] but none that repeats the token.
    pub fn identify(&self, bearer: Option<&str>) -> Result<Caller, TokenError> {
        let Some(token) = bearer else {
            return self.anonymous();
        };
        if self.keys.is_empty() {
            return Err(TokenError::NoSecret);
        }
        let verified = match self.cache.get(token) {
            Some(verified) => verified,
            None => {
                let verified = Arc::new(self.verify(token)?);
                self.cache.insert(token, &verified);
                verified
            }
        };
        verified.check(self.audience.as_deref())?;
        verified.caller.clone().ok_or(TokenError::AnonymousDisabled)
    }

    /// The claims of a token whose signature is good, and who they make its sender.
    fn verify(&self, token: &str) -> Result<Verified, TokenError> {
        let claims = verified_claims(&self.keys, token)?;
        let subject = claims.get("sub").and_then(Value::as_str).unwrap_or("");
        let session = claims.get("session_id").and_then(Value::as_str);
        let role = self.role_claim.find(&claims).or_else(|| self.anonymous_role.clone());
        let caller = role.map(|role| {
            let mut shown = claims.clone();
            shown.insert("role".into(), role.as_str().into());
            Caller::verified(&role, &Value::Object(shown).to_string(), subject, session)
        });
        Ok(Verified { times: Times::of(&claims), audience: Audience::of(&claims), caller })
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

/// What a good signature vouches for.
#[derive(Debug)]
pub(crate) struct Verified {
    times: Result<Times, TokenError>,
    audience: Result<Audience, TokenError>,
    caller: Option<Caller>,
}

impl Verified {
    fn check(&self, audience: Option<&str>) -> Result<(), TokenError> {
        self.times.as_ref().map_err(Clone::clone)?.check()?;
        self.audience.as_ref().map_err(Clone::clone)?.check(audience)
    }
}

/// `exp`, `nbf` and `iat`: numbers of seconds (RFC 7519, 4.1).
#[derive(Debug)]
struct Times {
    expires: Option<i64>,
    starts: Option<i64>,
    issued: Option<i64>,
}

impl Times {
    fn of(claims: &Map<String, Value>) -> Result<Self, TokenError> {
        let seconds = |name: &'static str| match claims.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value
                .as_f64()
                .map(|number| Some(number as i64))
                .ok_or(TokenError::WrongType(name, "number")),
        };
        Ok(Times { expires: seconds("exp")?, starts: seconds("nbf")?, issued: seconds("iat")? })
    }

    /// With some room for clocks.
    fn check(&self) -> Result<(), TokenError> {
        let now =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs() as i64);
        if let Some(expires) = self.expires.filter(|at| now - CLOCK_SKEW_SECONDS > *at) {
            return Err(TokenError::Expired(now - expires));
        }
        let ahead =
            |time: Option<i64>| time.filter(|at| *at > now + CLOCK_SKEW_SECONDS).map(|at| at - now);
        if let Some(seconds) = ahead(self.starts) {
            return Err(TokenError::NotYetValid(seconds));
        }
        if let Some(seconds) = ahead(self.issued) {
            return Err(TokenError::IssuedInFuture(seconds));
        }
        Ok(())
    }
}

/// `aud`: a text or a list of texts.
#[derive(Debug)]
struct Audience(Option<Vec<String>>);

impl Audience {
    fn of(claims: &Map<String, Value>) -> Result<Self, TokenError> {
        let wrong = TokenError::WrongType("aud", "string or an array of strings");
        match claims.get("aud") {
            None | Some(Value::Null) => Ok(Audience(None)),
            Some(Value::String(name)) => Ok(Audience(Some(vec![name.clone()]))),
            Some(Value::Array(items)) if items.is_empty() => Ok(Audience(None)),
            Some(Value::Array(items)) => items
                .iter()
                .map(|item| item.as_str().map(str::to_owned))
                .collect::<Option<_>>()
                .map(|names| Audience(Some(names)))
                .ok_or(wrong),
            Some(_) => Err(wrong),
        }
    }

    /// Without a configured audience, any is right.
    fn check(&self, wanted: Option<&str>) -> Result<(), TokenError> {
        match (&self.0, wanted) {
            (Some(names), Some(wanted)) if !names.iter().any(|name| name == wanted) => {
                Err(TokenError::WrongAudience)
            }
            _ => Ok(()),
        }
    }
}

/// The part of a token's header that chooses the key.
#[derive(Deserialize)]
struct TokenHeader {
    alg: String,
    kid: Option<String>,
}

/// The claims of a token that one of the keys signed.
fn verified_claims(keys: &TokenKeys, token: &str) -> Result<Map<String, Value>, TokenError> {
    if token.is_empty() {
        return Err(TokenError::Empty);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return Err(TokenError::Malformed(parts.len()));
    };
    let decode = |part: &str| {
        URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|_| TokenError::Undecodable)
    };
    let header: TokenHeader =
        serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Undecodable)?;
    if header.alg == "none" {
        return Err(TokenError::Unsigned);
    }
    let algorithm: Algorithm = header.alg.parse().map_err(|_| TokenError::Undecodable)?;
    let claims = decode(payload)?;
    decode(signature)?;
    let signed = &token[..token.len() - signature.len() - 1];
    let signature = signature.trim_end_matches('=');
    let mut tried = false;
    for key in keys.suitable(algorithm, header.kid.as_deref()) {
        tried = true;
        if crypto::verify(signature, signed.as_bytes(), key, algorithm).unwrap_or(false) {
            return serde_json::from_slice(&claims).map_err(|_| TokenError::NoClaims);
        }
    }
    Err(if tried { TokenError::WrongKey } else { TokenError::NoKey })
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
            ("no role anywhere", Some(sign(json!({"aud": []}))), Ok("anon")),
            (
                "text expiry",
                Some(sign(json!({"exp": "soon"}))),
                Err(TokenError::WrongType("exp", "number")),
            ),
            ("two parts", Some("a.b".into()), Err(TokenError::Malformed(2))),
            ("empty", Some(String::new()), Err(TokenError::Empty)),
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
    fn times_have_some_room() {
        let server = authenticator();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        for (claims, message) in [
            (json!({"exp": now - 20}), None),
            (json!({"exp": now - 40}), Some("JWT expired")),
            (json!({"nbf": now + 20}), None),
            (json!({"nbf": now + 40}), Some("JWT not yet valid")),
            (json!({"iat": now + 40}), Some("JWT issued at future")),
            (json!({"iat": "now"}), Some("The JWT 'iat' claim must be a number")),
        ] {
            let found = server.identify(Some(&server.sign(&claims).unwrap()));
            assert_eq!(found.err().map(|error| error.to_string()).as_deref(), message, "{claims}");
        }
        let expired = server.sign(&json!({"exp": 1})).unwrap();
        for _ in 0..2 {
            let error = server.identify(Some(&expired)).unwrap_err();
            assert!(error.details().unwrap().starts_with("Invalid by "));
        }
    }

    #[test]
    fn audiences_are_for_whom_they_name() {
        let server = authenticator().for_audience(Some("shop".into()));
        for (audience, expected) in [
            (json!("shop"), true),
            (json!(["other", "shop"]), true),
            (json!([]), true),
            (json!(null), true),
            (json!("other"), false),
            (json!(""), false),
            (json!(["other"]), false),
            (json!([1]), false),
            (json!({"a": 1}), false),
        ] {
            let token = server.sign(&json!({"aud": audience})).unwrap();
            assert_eq!(server.identify(Some(&token)).is_ok(), expected, "{audience}");
        }
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
        let claims = URL_SAFE_NO_PAD.encode(r#"{"role":"service_role"}"#);
        let token = format!("{header}.{claims}.");
        assert_eq!(authenticator().identify(Some(&token)).unwrap_err(), TokenError::Unsigned);
    }

    #[test]
    fn keys_are_secrets_or_json_web_keys() {
        assert!(TokenKeys::parse(b"short").is_err());
        let secret = "a secret of thirty-two characters";
        let server = Authenticator::new(Some(JwtSecret::new(secret)), None);
        let token = server.sign(&json!({"role": "x"})).unwrap();
        let octets = URL_SAFE_NO_PAD.encode(secret);
        let jwk = format!(r#"{{"kty":"oct","k":"{octets}","alg":"HS256"}}"#);
        for text in [secret.to_owned(), jwk.clone(), format!(r#"{{"keys":[{jwk}]}}"#)] {
            let keys = TokenKeys::parse(text.as_bytes()).unwrap();
            assert!(Authenticator::verifying(keys, None).identify(Some(&token)).is_ok(), "{text}");
        }
        let other = r#"{"kty":"RSA","n":"AQAB","e":"AQAB","alg":"RS256"}"#;
        let keys = TokenKeys::parse(other.as_bytes()).unwrap();
        let refused = Authenticator::verifying(keys, None).identify(Some(&token)).unwrap_err();
        assert_eq!(refused, TokenError::NoKey);
    }
}
