use std::sync::{Arc, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::cache::TokenCache;
use crate::ended_sessions::EndedSessions;
use crate::personal_key::PersonalKeys;
use crate::role_claim::RoleClaim;
use crate::verify::{Audience, Times, Verified, verified_claims};
use crate::{Caller, JwtSecret, KeyRing, PersonalKeyStore, TokenError, TokenKeys};

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

/// What a request shows of itself.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The token behind `Authorization: Bearer`.
    pub bearer: Option<&'a str>,
    /// The application's key, in the header `apikey`.
    pub key: Option<&'a str>,
}

/// Checks the tokens and keys of one application and turns them into [`Caller`]s. Clones share
/// their keys.
#[derive(Debug, Clone)]
pub struct Authenticator {
    current: Arc<RwLock<Arc<Current>>>,
    people: Option<PersonalKeys>,
    ended: EndedSessions,
    anonymous_role: Option<String>,
    audience: Option<String>,
    role_claim: RoleClaim,
}

/// The keys, and which tokens they found good: both go together, so that no token outlives its key.
#[derive(Debug)]
struct Current {
    keys: KeyRing,
    cache: TokenCache,
}

impl Authenticator {
    /// An authenticator for tokens signed with `secret`. Without `anonymous_role`, a caller without
    /// a token is refused.
    pub fn new(secret: Option<JwtSecret>, anonymous_role: Option<String>) -> Self {
        Authenticator::with_keys(KeyRing::of_secret(secret), anonymous_role)
    }

    /// An authenticator that only verifies, with any keys.
    pub fn verifying(keys: TokenKeys, anonymous_role: Option<String>) -> Self {
        Authenticator::with_keys(KeyRing::of_keys(keys), anonymous_role)
    }

    /// An authenticator with all keys of an application.
    pub fn with_keys(keys: KeyRing, anonymous_role: Option<String>) -> Self {
        Authenticator {
            current: Arc::new(RwLock::new(Current::new(keys, DEFAULT_CACHE_ENTRIES))),
            people: None,
            ended: EndedSessions::default(),
            anonymous_role,
            audience: None,
            role_claim: RoleClaim::default(),
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
    pub fn with_cache(self, entries: usize) -> Self {
        let keys = self.keys();
        self.replace(Current::new(keys, entries));
        self
    }

    /// The same, with keys of people that begin with `prefix`.
    pub fn with_personal_keys(mut self, prefix: &str, store: Arc<dyn PersonalKeyStore>) -> Self {
        self.people = Some(PersonalKeys::new(prefix, store));
        self
    }

    /// Other keys for every request from now on, here and in every clone. What older keys vouched
    /// for is forgotten.
    pub fn replace_keys(&self, keys: KeyRing) {
        let entries = self.current().cache.most();
        self.replace(Current::new(keys, entries));
    }

    /// The keys as they are now.
    pub fn keys(&self) -> KeyRing {
        self.current().keys.clone()
    }

    /// The role of callers without a token.
    pub fn anonymous_role(&self) -> Option<&str> {
        self.anonymous_role.as_deref()
    }

    /// Who sends this token or key of the application, or the anonymous caller when there is none.
    /// Keys of people are none of them: [`Authenticator::authenticate`] knows those, too.
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
        let current = self.current();
        if let Some(outcome) = current.keys.opaque(token) {
            return outcome;
        }
        if current.keys.accepted().is_empty() {
            return Err(TokenError::NoSecret);
        }
        let verified = match current.cache.get(token) {
            Some(verified) => verified,
            None => {
                let verified = Arc::new(self.verify(&current.keys, token)?);
                current.cache.insert(token, &verified);
                verified
            }
        };
        verified.check(self.audience.as_deref())?;
        let caller = verified.caller.clone().ok_or(TokenError::AnonymousDisabled)?;
        match caller.session_id() {
            Some(session) if self.ended.contains(session) => Err(TokenError::SessionEnded),
            _ => Ok(caller),
        }
    }

    /// The login sessions whose tokens are refused; whoever hears of another one adds it.
    pub fn ended_sessions(&self) -> &EndedSessions {
        &self.ended
    }

    /// Who asks for data: the bearer, else whose key it is. Where both come, both have to be good:
    /// a key that was revoked opens nothing, whoever's token stands beside it.
    ///
    /// # Errors
    /// Every [`TokenError`] but none that repeats the token.
    pub async fn authenticate(&self, sent: Credentials<'_>) -> Result<Caller, TokenError> {
        let caller = self.person_or_key(sent.bearer.or(sent.key)).await?;
        if let (Some(bearer), Some(key)) = (sent.bearer, sent.key)
            && bearer != key
            && self.current().keys.has_opaque_keys()
        {
            self.person_or_key(Some(key)).await?;
        }
        Ok(caller)
    }

    async fn person_or_key(&self, token: Option<&str>) -> Result<Caller, TokenError> {
        match (token, &self.people) {
            (Some(key), Some(people)) if people.claims(key) => people.caller(key).await,
            _ => self.identify(token),
        }
    }

    /// The claims of a token whose signature is good, and who they make its sender.
    fn verify(&self, keys: &KeyRing, token: &str) -> Result<Verified, TokenError> {
        let claims = verified_claims(keys.accepted(), token)?;
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

    /// Signs claims: with the signing key (ES256), or with the shared secret (HS256) where there
    /// is none.
    ///
    /// # Errors
    /// [`TokenError::NoSecret`] when there is nothing to sign with.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, TokenError> {
        self.current().keys.sign(claims)
    }

    fn current(&self) -> Arc<Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn replace(&self, current: Arc<Current>) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
    }
}

impl Current {
    fn new(keys: KeyRing, cache_entries: usize) -> Arc<Current> {
        Arc::new(Current { keys, cache: TokenCache::new(cache_entries) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::now_seconds;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
    fn tokens_of_ended_sessions_are_refused() {
        let server = authenticator();
        let token = |session: &str| {
            server.sign(&json!({ "role": "authenticated", "session_id": session })).unwrap()
        };
        let (over, open) = (token("s1"), token("s2"));
        assert!(server.identify(Some(&over)).is_ok());
        // A clone hears of it, too, and so does a token that was found good before.
        server.clone().ended_sessions().add(["s1"]);
        assert_eq!(server.identify(Some(&over)).unwrap_err(), TokenError::SessionEnded);
        assert!(server.identify(Some(&open)).is_ok());
        server.ended_sessions().forget(60);
        assert!(server.identify(Some(&over)).is_err());
        server.ended_sessions().forget(-60);
        assert!(server.identify(Some(&over)).is_ok());
    }

    #[test]
    fn times_have_some_room() {
        let server = authenticator();
        let now = now_seconds();
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
