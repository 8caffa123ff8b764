//! OpenID Connect Core 1.0: discovery, the code, the ID token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tenantry_caller::{Authenticator, TokenKeys};
use tokio::sync::OnceCell;

use super::http::Http;
use super::{ProviderIdentity, ProviderTokens, failure};
use crate::{AuthError, email};

/// A provider whose endpoints are asked for when they are first needed.
pub(super) struct Discovery {
    issuer: String,
    endpoints: OnceCell<Endpoints>,
}

/// What the provider's configuration says (OpenID Connect Discovery 1.0, 3).
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Endpoints {
    issuer: String,
    pub authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
}

impl Discovery {
    pub(super) fn new(issuer: String) -> Discovery {
        Discovery { issuer, endpoints: OnceCell::new() }
    }

    pub(super) async fn endpoints(&self, http: &Http) -> Result<&Endpoints, AuthError> {
        self.endpoints
            .get_or_try_init(|| async {
                let base = self.issuer.trim_end_matches('/');
                let url = format!("{base}/.well-known/openid-configuration");
                let found: Endpoints = serde_json::from_value(http.get(&url, None).await?)
                    .map_err(|error| failure(format!("the provider's configuration: {error}")))?;
                let told = found.issuer.trim_end_matches('/');
                // LinkedIn's configuration names its host; every other one has to be the issuer.
                let is_same = told == base || base.starts_with(&format!("{told}/"));
                if is_same { Ok(found) } else { Err(failure("the provider is another issuer")) }
            })
            .await
    }
}

/// The challenge of a verifier (RFC 7636).
pub(super) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    refresh_token: Option<String>,
    id_token: Option<String>,
}

/// Trades the code and reads who came.
pub(super) async fn identity(
    http: &Http,
    discovery: &Discovery,
    client_id: &str,
    form: &[(&str, &str)],
    nonce: &str,
) -> Result<ProviderIdentity, AuthError> {
    let endpoints = discovery.endpoints(http).await?;
    let answer = http.post_form(&endpoints.token_endpoint, form).await?;
    let answer: TokenAnswer =
        serde_json::from_value(answer).map_err(|_| failure("the token answer has no tokens"))?;
    let id_token = answer.id_token.as_deref().ok_or(failure("the token answer has no ID token"))?;
    let keys = http.get(&endpoints.jwks_uri, None).await?.to_string();
    let mut claims = verified(id_token, &keys, &endpoints.issuer, client_id, nonce)?;
    if !claims.contains_key("email")
        && let Some(url) = &endpoints.userinfo_endpoint
    {
        let told = http.get(url, Some(&answer.access_token)).await?;
        add_user_info(&mut claims, told)?;
    }
    let tokens = ProviderTokens { access: answer.access_token, refresh: answer.refresh_token };
    of_claims(claims, tokens)
}

/// The claims of an ID token after the checks of OpenID Connect Core 1.0, 3.1.3.7.
fn verified(
    id_token: &str,
    keys: &str,
    issuer: &str,
    client_id: &str,
    nonce: &str,
) -> Result<Map<String, Value>, AuthError> {
    let keys = TokenKeys::parse_public_set(keys.as_bytes()).map_err(failure)?;
    let caller = Authenticator::verifying(keys, Some("anon".into()))
        .for_audience(Some(client_id.to_owned()))
        .with_cache(0)
        .identify(Some(id_token))
        .map_err(failure)?;
    let claims: Map<String, Value> =
        serde_json::from_str(caller.claims()).map_err(|_| failure("the ID token has no claims"))?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
    let same = |left: &str, right: &str| bool::from(left.as_bytes().ct_eq(right.as_bytes()));
    for missing in ["iss", "sub", "aud", "exp", "iat"] {
        if !claims.contains_key(missing) {
            return Err(failure(format!("the ID token has no {missing}")));
        }
    }
    if text("iss").trim_end_matches('/') != issuer.trim_end_matches('/') {
        return Err(failure("the ID token is of another issuer"));
    }
    if !same(text("nonce"), nonce) {
        return Err(failure("the ID token is of another sign-in"));
    }
    let many = claims.get("aud").and_then(Value::as_array).is_some_and(|list| list.len() > 1);
    if (many || claims.contains_key("azp")) && text("azp") != client_id {
        return Err(failure("the ID token is for another client"));
    }
    Ok(claims)
}

/// What the provider tells elsewhere about the same person.
fn add_user_info(claims: &mut Map<String, Value>, told: Value) -> Result<(), AuthError> {
    let Value::Object(told) = told else { return Err(failure("the user info is no object")) };
    if told.get("sub") != claims.get("sub") {
        return Err(failure("the user info is of somebody else"));
    }
    for (name, value) in told {
        claims.entry(name).or_insert(value);
    }
    Ok(())
}

/// What is kept of the claims, by GoTrue's names.
fn of_claims(
    claims: Map<String, Value>,
    tokens: ProviderTokens,
) -> Result<ProviderIdentity, AuthError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).map(String::from);
    let subject = text("sub").filter(|subject| !subject.is_empty());
    let subject = subject.ok_or(failure("the ID token has no subject"))?;
    // Some providers write the boolean as a text.
    let email_verified = match claims.get("email_verified") {
        Some(Value::Bool(verified)) => *verified,
        Some(Value::String(verified)) => verified == "true",
        _ => false,
    };
    let email = text("email").and_then(|address| email::normalize(&address).ok());
    let mut data = Map::new();
    for name in [
        "iss",
        "name",
        "given_name",
        "family_name",
        "preferred_username",
        "nickname",
        "picture",
        "locale",
        "zoneinfo",
    ] {
        if let Some(value) = text(name) {
            data.insert(name.into(), value.into());
        }
    }
    if let Some(name) = text("name") {
        data.insert("full_name".into(), name.into());
    }
    if let Some(picture) = text("picture") {
        data.insert("avatar_url".into(), picture.into());
    }
    data.insert("sub".into(), subject.clone().into());
    data.insert("provider_id".into(), subject.clone().into());
    if let Some(email) = &email {
        data.insert("email".into(), email.clone().into());
    }
    data.insert("email_verified".into(), email_verified.into());
    data.insert("phone_verified".into(), false.into());
    Ok(ProviderIdentity { subject, email, email_verified, data, tokens })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tenantry_caller::{KeyRing, SigningKey};

    fn check(claims: Value) -> Result<Map<String, Value>, AuthError> {
        let (key, _) = SigningKey::generate("k1").unwrap();
        let public = key.public_key().unwrap();
        let keys = json!({ "keys": [public.json()] }).to_string();
        let ring = KeyRing::new(Some(key), &[public], None, Vec::new()).unwrap();
        let token = Authenticator::with_keys(ring, None).sign(&claims).unwrap();
        verified(&token, &keys, "https://id.example.com", "client", "n1")
    }

    #[test]
    fn id_tokens_are_for_this_client_and_this_sign_in() {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let now = now.as_secs();
        let good = json!({
            "iss": "https://id.example.com", "sub": "u1", "aud": "client", "nonce": "n1",
            "iat": now, "exp": now + 60,
        });
        let with = |name: &str, value: Value| {
            let mut claims = good.clone();
            claims[name] = value;
            claims
        };
        let without = |name: &str| {
            let mut claims = good.clone();
            claims.as_object_mut().unwrap().remove(name);
            claims
        };
        let table = [
            ("good", good.clone(), true),
            ("issuer with a slash", with("iss", json!("https://id.example.com/")), true),
            ("other issuer", with("iss", json!("https://evil.example.com")), false),
            ("other client", with("aud", json!("other")), false),
            ("several clients", with("aud", json!(["client", "other"])), false),
            ("other party", with("azp", json!("other")), false),
            ("this party", with("azp", json!("client")), true),
            ("other sign-in", with("nonce", json!("n2")), false),
            ("no nonce", without("nonce"), false),
            ("no audience", without("aud"), false),
            ("no end", without("exp"), false),
            ("over", with("exp", json!(now - 60)), false),
            ("no subject", without("sub"), false),
        ];
        for (name, claims, expected) in table {
            assert_eq!(check(claims).is_ok(), expected, "{name}");
        }
    }

    #[test]
    fn claims_become_what_is_kept() {
        let tokens = || ProviderTokens { access: "a".into(), refresh: None };
        let claims = json!({
            "sub": "u1", "email": "Ann@Example.com", "email_verified": "true", "name": "Ann",
            "picture": "https://p", "hd": "left out",
        });
        let Value::Object(claims) = claims else { unreachable!() };
        let found = of_claims(claims, tokens()).unwrap();
        assert_eq!(found.email.as_deref(), Some("ann@example.com"));
        assert!(found.email_verified);
        let expected = json!({
            "name": "Ann", "picture": "https://p", "full_name": "Ann", "avatar_url": "https://p",
            "sub": "u1", "provider_id": "u1", "email": "ann@example.com", "email_verified": true,
            "phone_verified": false,
        });
        assert_eq!(Value::Object(found.data), expected);
        assert!(of_claims(Map::new(), tokens()).is_err());
    }

    #[test]
    fn user_info_is_of_the_same_person() {
        let mut claims = Map::new();
        claims.insert("sub".into(), "u1".into());
        assert!(add_user_info(&mut claims, json!({"sub": "u2", "email": "x@y.z"})).is_err());
        add_user_info(&mut claims, json!({"sub": "u1", "email": "a@b.c"})).unwrap();
        assert_eq!(claims["email"], "a@b.c");
    }
}
