/// Why a token was not accepted.
///
/// The messages are those that clients of PostgREST know; none of them repeats the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The header is there, the token is not.
    #[error("Empty JWT is sent in Authorization header")]
    Empty,
    /// The token is not three parts.
    #[error("Expected 3 parts in JWT; got {0}")]
    Malformed(usize),
    /// A part of the token cannot be decoded.
    #[error("JWT cryptographic operation failed")]
    Undecodable,
    /// The token is not signed.
    #[error("Wrong or unsupported encoding algorithm")]
    Unsigned,
    /// No key is for the token's algorithm.
    #[error("No suitable key or wrong key type")]
    NoKey,
    /// The signature belongs to none of the keys.
    #[error("No suitable key or wrong key type")]
    WrongKey,
    /// The claims are no JSON object.
    #[error("Parsing claims failed")]
    NoClaims,
    /// `exp` lies in the past, by so many seconds.
    #[error("JWT expired")]
    Expired(i64),
    /// The login session that the token belongs to is over.
    #[error("JWT of a login session that has ended")]
    SessionEnded,
    /// `nbf` lies in the future, by so many seconds.
    #[error("JWT not yet valid")]
    NotYetValid(i64),
    /// `iat` lies in the future, by so many seconds.
    #[error("JWT issued at future")]
    IssuedInFuture(i64),
    /// `aud` names somebody else.
    #[error("JWT not in audience")]
    WrongAudience,
    /// A claim has another type than the standard gives it.
    #[error("The JWT '{0}' claim must be a {1}")]
    WrongType(&'static str, &'static str),
    /// There is no role for callers without a token.
    #[error("Anonymous access is disabled")]
    AnonymousDisabled,
    /// The opaque key is none of the application's, or it was revoked or has expired.
    #[error("Invalid API key")]
    UnknownKey,
    /// Whether a person's key is good cannot be said at the moment.
    #[error("API keys cannot be checked at the moment")]
    KeysUnavailable,
    /// A token came, but no secret is configured to check it with.
    #[error("Server lacks JWT secret")]
    NoSecret,
}

impl TokenError {
    /// More about it, where there is more.
    pub fn details(&self) -> Option<String> {
        match self {
            TokenError::Unsigned => {
                Some("JWT is unsecured but expected 'alg' was not 'none'".into())
            }
            TokenError::NoKey => Some("No suitable key was found to decode the JWT".into()),
            TokenError::WrongKey => Some("None of the keys was able to decode the JWT".into()),
            TokenError::UnknownKey => {
                Some("It is no key of this application, was revoked, or has expired".into())
            }
            TokenError::Expired(seconds)
            | TokenError::NotYetValid(seconds)
            | TokenError::IssuedInFuture(seconds) => Some(format!("Invalid by {seconds} seconds")),
            _ => None,
        }
    }
}
