//! What a ring of keys accepts: tables of good and forged tokens, and keys that come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{
    Authenticator, Caller, Credentials, JwtSecret, KeyRing, KeyText, LookUp, OpaqueKey, OpaqueKind,
    PersonalKeyStore, PublicKey, SigningKey, TokenError,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Map, Value, json};

const SECRET: &str = "a secret of thirty-two characters";

fn signing_key(id: &str) -> (SigningKey, PublicKey) {
    let (key, _) = SigningKey::generate(id).unwrap();
    let public = key.public_key().unwrap();
    (key, public)
}

fn server(key: &SigningKey, public: &[PublicKey], secret: Option<&str>) -> Authenticator {
    let secret = secret.map(JwtSecret::new);
    let ring = KeyRing::new(Some(key.clone()), public, secret, Vec::new()).unwrap();
    Authenticator::with_keys(ring, Some("anon".into()))
}

fn claims() -> Value {
    json!({ "role": "service_role", "sub": "u1" })
}

/// A token with any header, whose signature is made of what is signed.
fn token(header: &Value, sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(&claims()));
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn hmac(secret: &[u8]) -> impl Fn(&[u8]) -> Vec<u8> {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
    move |text| ring::hmac::sign(&key, text).as_ref().to_vec()
}

fn header_of(token: &str) -> Value {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&header).unwrap()
}

#[test]
fn tokens_are_signed_with_the_key_and_name_it() {
    let (key, public) = signing_key("k1");
    let server = server(&key, &[public], Some(SECRET));
    let token = server.sign(&claims()).unwrap();
    assert_eq!(header_of(&token), json!({ "alg": "ES256", "typ": "JWT", "kid": "k1" }));
    assert_eq!(server.identify(Some(&token)).unwrap().role(), "service_role");
    let shared = JwtSecret::new(SECRET).sign(&claims()).unwrap();
    assert_eq!(server.identify(Some(&shared)).unwrap().user_id(), "u1");
}

#[test]
fn forged_tokens_are_refused() {
    let (key, public) = signing_key("k1");
    let (other, other_public) = signing_key("k2");
    let server = server(&key, std::slice::from_ref(&public), Some(SECRET));
    let good = server.sign(&claims()).unwrap();
    let jwk = public.json();
    let point = |name: &str| URL_SAFE_NO_PAD.decode(jwk[name].as_str().unwrap()).unwrap();
    let raw = [vec![4], point("x"), point("y")].concat();
    let hs = |kid: Option<&str>| json!({ "alg": "HS256", "typ": "JWT", "kid": kid });

    let random = SystemRandom::new();
    let algorithm = &ECDSA_P384_SHA384_FIXED_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let wide = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
    let wide = |text: &[u8]| wide.sign(&SystemRandom::new(), text).unwrap().as_ref().to_vec();

    let foreign = |id: &str| {
        let ring = KeyRing::new(Some(SigningKey::generate(id).unwrap().0), &[], None, Vec::new());
        Authenticator::with_keys(ring.unwrap(), None).sign(&claims()).unwrap()
    };
    let parts: Vec<&str> = good.split('.').collect();
    let raised = URL_SAFE_NO_PAD.encode(json!({ "role": "supabase_admin" }).to_string());

    let table = [
        (
            "HS256 with the public key's JSON",
            token(&hs(Some("k1")), hmac(jwk.to_string().as_bytes())),
            TokenError::WrongKey,
        ),
        ("HS256 with the public point", token(&hs(None), hmac(&raw)), TokenError::WrongKey),
        (
            "HS256 with the point's text",
            token(&hs(None), hmac(jwk["x"].as_str().unwrap().as_bytes())),
            TokenError::WrongKey,
        ),
        ("HS256 with nothing", token(&hs(None), hmac(b"")), TokenError::WrongKey),
        (
            "HS512 with the shared secret",
            token(&json!({ "alg": "HS512" }), hmac(SECRET.as_bytes())),
            TokenError::NoKey,
        ),
        ("no algorithm", token(&json!({ "alg": "none" }), |_| Vec::new()), TokenError::Unsigned),
        (
            "no algorithm, in capitals",
            token(&json!({ "alg": "NONE" }), |_| Vec::new()),
            TokenError::Undecodable,
        ),
        ("no header at all", token(&json!({}), |_| Vec::new()), TokenError::Undecodable),
        ("another application's key", foreign("other"), TokenError::NoKey),
        ("another application's key by our key's name", foreign("k1"), TokenError::WrongKey),
        ("another curve", token(&json!({ "alg": "ES384", "kid": "k1" }), wide), TokenError::NoKey),
        (
            "another curve that says it is ours",
            token(&json!({ "alg": "ES256", "kid": "k1" }), wide),
            TokenError::WrongKey,
        ),
        ("an empty signature", format!("{}.{}.", parts[0], parts[1]), TokenError::WrongKey),
        (
            "a signature of zeroes",
            token(&json!({ "alg": "ES256", "kid": "k1" }), |_| vec![0; 64]),
            TokenError::WrongKey,
        ),
        (
            "other claims under a good signature",
            format!("{}.{raised}.{}", parts[0], parts[2]),
            TokenError::WrongKey,
        ),
        (
            "a key that the token brings along",
            {
                let header = json!({ "alg": "ES256", "kid": "k2", "jwk": other_public.json() });
                let signed = foreign_sign(&other);
                let rest: Vec<&str> = signed.split('.').collect();
                let header = URL_SAFE_NO_PAD.encode(header.to_string());
                format!("{header}.{}.{}", rest[1], rest[2])
            },
            TokenError::NoKey,
        ),
    ];
    for (name, forged, expected) in table {
        // Twice: what was refused is not remembered as good.
        for _ in 0..2 {
            assert_eq!(server.identify(Some(&forged)).unwrap_err(), expected, "{name}");
        }
    }
}

fn foreign_sign(key: &SigningKey) -> String {
    let ring = KeyRing::new(Some(key.clone()), &[], None, Vec::new()).unwrap();
    Authenticator::with_keys(ring, None).sign(&claims()).unwrap()
}

#[test]
fn what_a_key_vouched_for_ends_with_the_key() {
    let (first, first_public) = signing_key("k1");
    let (second, second_public) = signing_key("k2");
    let server = server(&first, std::slice::from_ref(&first_public), Some(SECRET));
    let clone = server.clone();
    let old = server.sign(&claims()).unwrap();
    let shared = JwtSecret::new(SECRET).sign(&claims()).unwrap();
    for token in [&old, &shared] {
        assert!(clone.identify(Some(token)).is_ok());
    }

    // Rotated: both keys' tokens are good.
    let both = [second_public.clone(), first_public];
    let secret = Some(JwtSecret::new(SECRET));
    let ring = KeyRing::new(Some(second.clone()), &both, secret, Vec::new()).unwrap();
    assert_eq!(ring.public_set()["keys"].as_array().unwrap().len(), 2);
    server.replace_keys(ring);
    let new = clone.sign(&claims()).unwrap();
    assert_eq!(header_of(&new)["kid"], "k2");
    for token in [&old, &new, &shared] {
        assert!(clone.identify(Some(token)).is_ok());
    }

    // The old key revoked, the shared secret off.
    let ring = KeyRing::new(Some(second), &[second_public], None, Vec::new()).unwrap();
    server.replace_keys(ring);
    assert!(clone.identify(Some(&new)).is_ok());
    for token in [&old, &shared] {
        assert_eq!(clone.identify(Some(token)).unwrap_err(), TokenError::NoKey);
    }
}

#[tokio::test]
async fn a_key_beside_a_token_has_to_be_good() {
    let (key, public) = signing_key("k1");
    let publishable = KeyText::opaque(OpaqueKind::Publishable).unwrap();
    let stored = OpaqueKey::new("1", OpaqueKind::Publishable, &publishable.hash(), None).unwrap();
    let ring = |keys| KeyRing::new(Some(key.clone()), std::slice::from_ref(&public), None, keys);
    let server = Authenticator::with_keys(ring(vec![stored]).unwrap(), Some("anon".into()));
    let person = server.sign(&claims()).unwrap();
    let unknown = KeyText::opaque(OpaqueKind::Secret).unwrap();
    let (person, good) = (Some(person.as_str()), Some(publishable.as_str()));
    let unknown = Some(unknown.as_str());
    let table = [
        (None, None, Ok("anon")),
        (None, good, Ok("anon")),
        (good, good, Ok("anon")),
        (person, None, Ok("service_role")),
        (person, good, Ok("service_role")),
        (person, unknown, Err(TokenError::UnknownKey)),
        (unknown, good, Err(TokenError::UnknownKey)),
        (None, unknown, Err(TokenError::UnknownKey)),
        (None, Some("sb_publishable_"), Err(TokenError::UnknownKey)),
        (person, Some("nonsense"), Err(TokenError::Malformed(1))),
    ];
    for (bearer, key, expected) in table {
        let found = server.authenticate(Credentials { bearer, key }).await;
        let found = found.as_ref().map(Caller::role).map_err(Clone::clone);
        assert_eq!(found, expected, "{bearer:?} {key:?}");
    }
    server.replace_keys(ring(Vec::new()).unwrap());
    let revoked = server.authenticate(Credentials { bearer: person, key: good }).await;
    assert_eq!(revoked.unwrap_err(), TokenError::UnknownKey);
    // A server that only verifies never looked at the key beside a token.
    let keys = crate::TokenKeys::parse(SECRET.as_bytes()).unwrap();
    let verifying = Authenticator::verifying(keys, None);
    let shared = JwtSecret::new(SECRET).sign(&claims()).unwrap();
    let sent = Credentials { bearer: Some(&shared), key: Some("anything") };
    assert!(verifying.authenticate(sent).await.is_ok());
    let sent = Credentials { bearer: good, key: None };
    assert_eq!(verifying.authenticate(sent).await.unwrap_err(), TokenError::Malformed(1));
}

/// One good key, and how often it was asked for.
struct Store {
    asked: AtomicUsize,
}

impl PersonalKeyStore for Store {
    fn look_up<'a>(&'a self, key: &'a str) -> LookUp<'a> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let claims = match key {
            "shop_good" => json!({ "sub": "u1", "scopes": ["items:read"], "role": "service_role" }),
            "shop_nobody" => json!({ "scopes": [] }),
            "shop_boundless" => json!({ "sub": "u1" }),
            _ => Value::Null,
        };
        let claims: Option<Map<String, Value>> = serde_json::from_value(claims).unwrap();
        Box::pin(std::future::ready(Ok(claims)))
    }
}

#[tokio::test]
async fn keys_of_people_make_their_programs_callers() {
    let (key, public) = signing_key("k1");
    let store = Arc::new(Store { asked: AtomicUsize::new(0) });
    let server = server(&key, &[public], None).with_personal_keys("shop_", store.clone());
    for _ in 0..3 {
        let sent = Credentials { bearer: Some("shop_good"), key: None };
        let caller = server.authenticate(sent).await.unwrap();
        assert_eq!((caller.role(), caller.user_id()), ("authenticated", "u1"));
        let claims: Value = serde_json::from_str(caller.claims()).unwrap();
        assert_eq!(claims["scopes"], json!(["items:read"]));
        assert_eq!(claims["role"], "authenticated");
    }
    assert_eq!(store.asked.load(Ordering::Relaxed), 1, "a good key is remembered");
    for refused in ["shop_bad", "shop_nobody", "shop_boundless", "shop_"] {
        let sent = Credentials { bearer: None, key: Some(refused) };
        assert_eq!(server.authenticate(sent).await.unwrap_err(), TokenError::UnknownKey);
    }
    // Where only keys and tokens of the application are known, they are no keys.
    assert_eq!(server.identify(Some("shop_good")).unwrap_err(), TokenError::Malformed(1));
}
