//! Whether a token is good: its signature once, its times and audience at every use.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Caller, TokenError, TokenKeys};

/// Clocks of issuer and server may differ by this many seconds.
const CLOCK_SKEW_SECONDS: i64 = 30;

/// What a good signature vouches for.
#[derive(Debug)]
pub(crate) struct Verified {
    pub times: Result<Times, TokenError>,
    pub audience: Result<Audience, TokenError>,
    pub caller: Option<Caller>,
}

impl Verified {
    pub(crate) fn check(&self, audience: Option<&str>) -> Result<(), TokenError> {
        self.times.as_ref().map_err(Clone::clone)?.check()?;
        self.audience.as_ref().map_err(Clone::clone)?.check(audience)
    }
}

/// `exp`, `nbf` and `iat`: numbers of seconds (RFC 7519, 4.1).
#[derive(Debug)]
pub(crate) struct Times {
    expires: Option<i64>,
    starts: Option<i64>,
    issued: Option<i64>,
}

impl Times {
    pub(crate) fn of(claims: &Map<String, Value>) -> Result<Self, TokenError> {
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
        let now = now_seconds();
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
pub(crate) struct Audience(Option<Vec<String>>);

impl Audience {
    pub(crate) fn of(claims: &Map<String, Value>) -> Result<Self, TokenError> {
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
pub(crate) fn verified_claims(
    keys: &TokenKeys,
    token: &str,
) -> Result<Map<String, Value>, TokenError> {
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

/// Seconds since the epoch.
pub(crate) fn now_seconds() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs() as i64)
}
