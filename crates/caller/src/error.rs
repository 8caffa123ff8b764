/// Why a token was not accepted.
///
/// The messages are those that clients of PostgREST know; none of them repeats the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The token is not three parts of base64url-encoded JSON.
    #[error("Expected 3 parts in JWT; got {0}")]
    Malformed(usize),
    /// A part of the token cannot be decoded.
    #[error("JWT cryptographic operation failed")]
    Undecodable,
    /// The signature does not belong to this secret, or the algorithm is not one that we accept.
    #[error("No suitable key or wrong key type")]
    WrongKey,
    /// `exp` lies in the past.
    #[error("JWT expired")]
    Expired,
    /// `nbf` lies in the future.
    #[error("JWT not yet valid")]
    NotYetValid,
    /// `iat` lies in the future.
    #[error("JWT issued at future")]
    IssuedInFuture,
    /// `aud` names somebody else.
    #[error("JWT not in audience")]
    WrongAudience,
    /// A claim has another type than the standard gives it.
    #[error("The JWT '{0}' claim must be a {1}")]
    WrongType(&'static str, &'static str),
    /// There is no role for callers without a token.
    #[error("Anonymous access is disabled")]
    AnonymousDisabled,
    /// A token came, but no secret is configured to check it with.
    #[error("Server lacks JWT secret")]
    NoSecret,
}
