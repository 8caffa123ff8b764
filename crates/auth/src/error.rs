use tenantry_caller::TokenError;
use tenantry_postgres::RunError;

use crate::PersonRightsError;

/// Why an auth request is refused.
///
/// Codes are those that Supabase's clients know, and a few of our own for what an application
/// binds. `AuthError::public` has a row for each case; causes go to the log only.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// No `apikey` came with the request.
    #[error("no API key")]
    NoApiKey,
    /// The `apikey` is none of this application's keys.
    #[error("bad API key")]
    BadApiKey,
    /// The endpoint needs a bearer token.
    #[error("no bearer token")]
    NoAuthorization,
    /// The bearer token is not acceptable.
    #[error("bad token: {0}")]
    BadToken(#[from] TokenError),
    /// The bearer token belongs to nobody: it has no subject.
    #[error("token without a subject")]
    NoSubject,
    /// Only the service key may do this.
    #[error("not an administrator")]
    NotAdmin,
    /// There is no such endpoint.
    #[error("no such endpoint")]
    NoEndpoint,
    /// The body is larger than allowed.
    #[error("body too large")]
    TooLarge,
    /// The body is no JSON of the expected shape.
    #[error("bad JSON")]
    BadJson,
    /// A value cannot be accepted; the text says which and why.
    #[error("validation: {0}")]
    Validation(&'static str),
    /// An id in the path is no UUID.
    #[error("the id is no UUID")]
    BadId,
    /// The grant type is not one that exists here.
    #[error("unsupported grant type")]
    UnsupportedGrant,
    /// Wrong password, unknown user or locked account: all the same to the outside.
    #[error("invalid credentials")]
    InvalidCredentials,
    /// The address has not been confirmed yet.
    #[error("email not confirmed")]
    EmailNotConfirmed,
    /// The account was shut out.
    #[error("user banned")]
    UserBanned,
    /// The application lets nobody in before somebody approved.
    #[error("approval required")]
    ApprovalRequired,
    /// The person's tenant is suspended or deleted.
    #[error("tenant suspended")]
    TenantSuspended,
    /// Somebody has signed up with this address.
    #[error("user already exists")]
    UserAlreadyExists,
    /// Another account has this address.
    #[error("email exists")]
    EmailExists,
    /// Nobody can sign up by themselves.
    #[error("sign-up disabled")]
    SignupDisabled,
    /// There is no sign-in without an identity.
    #[error("anonymous sign-in disabled")]
    AnonymousDisabled,
    /// There is no sign-in by telephone.
    #[error("phone sign-in disabled")]
    PhoneDisabled,
    /// A one-time code may not make an account here.
    #[error("one-time codes make no accounts")]
    OtpDisabled,
    /// The link or code is wrong, too old, or was used.
    #[error("one-time token wrong, expired or used")]
    OtpExpired,
    /// This client asks too often.
    #[error("too many requests of one client")]
    OverRequestRate,
    /// Too many mails; the seconds until another to the same address may be asked for.
    #[error("too many mails")]
    OverMailRate(Option<u64>),
    /// There is no such browser flow.
    #[error("flow state not found")]
    FlowStateNotFound,
    /// The browser flow took too long.
    #[error("flow state expired")]
    FlowStateExpired,
    /// The verifier is not that of the challenge.
    #[error("bad code verifier")]
    BadCodeVerifier,
    /// The change needs a mailed code.
    #[error("reauthentication needed")]
    ReauthenticationNeeded,
    /// The mailed code is wrong or too old.
    #[error("reauthentication not valid")]
    ReauthenticationNotValid,
    /// There is no such second factor, or no such challenge of it.
    #[error("factor not found")]
    FactorNotFound,
    /// The challenge is too old or was answered.
    #[error("challenge expired")]
    ChallengeExpired,
    /// The challenge was made from another address.
    #[error("challenge from another address")]
    ChallengeElsewhere,
    /// The code of the second factor is wrong or was used.
    #[error("factor verification failed")]
    FactorVerificationFailed,
    /// Factors of this type do not exist here.
    #[error("factor type disabled: {0}")]
    FactorTypeDisabled(&'static str),
    /// Another factor has the name.
    #[error("factor name taken")]
    FactorNameConflict,
    /// The account has as many factors as it may have.
    #[error("too many factors")]
    TooManyFactors,
    /// The login session has to be raised by a second factor first.
    #[error("insufficient assurance level")]
    InsufficientAal,
    /// A password for somebody who could not enter it anywhere.
    #[error("an anonymous user has no address to sign in with")]
    AnonymousPassword,
    /// Identities cannot be linked by hand.
    #[error("manual linking disabled")]
    ManualLinkingDisabled,
    /// There is no such identity.
    #[error("identity not found")]
    IdentityNotFound,
    /// Another account has the identity.
    #[error("identity already exists")]
    IdentityAlreadyExists,
    /// An account keeps one identity.
    #[error("single identity")]
    SingleIdentity,
    /// The provider is not configured.
    #[error("provider disabled")]
    ProviderDisabled,
    /// The identity provider refused, or cannot be understood; the text is for the log.
    #[error("provider: {0}")]
    Provider(String),
    /// The provider told no address, or none that it confirmed.
    #[error("provider told no confirmed address")]
    ProviderEmail,
    /// The provider, or the person there, refused; the text is the provider's.
    #[error("refused by the provider: {0}")]
    ProviderRefused(String),
    /// The provider does not vouch for the address, so a mail was sent to it.
    #[error("the provider's address has to be confirmed")]
    ProviderEmailNeedsVerification,
    /// Whoever came back from the provider did not begin here.
    #[error("bad state of a provider's callback")]
    BadOAuthState,
    /// What a person asked about themselves was not done.
    #[error("a person's right: {0}")]
    PersonRights(#[from] PersonRightsError),
    /// The access token hook answered nonsense; the text is for the log.
    #[error("access token hook: {0}")]
    Hook(String),
    /// The access token hook refuses.
    #[error("access token hook refuses: {message}")]
    HookRefused {
        /// The status that it asks for.
        status: u16,
        /// What it says to the client.
        message: String,
    },
    /// The password is shorter than 6 or longer than 72 bytes.
    #[error("weak password")]
    WeakPassword,
    /// The new password is the old one.
    #[error("same password")]
    SamePassword,
    /// There is no such refresh token.
    #[error("refresh token not found")]
    RefreshTokenNotFound,
    /// The refresh token was used before; its login session is over.
    #[error("refresh token already used")]
    RefreshTokenAlreadyUsed,
    /// The login session was not used for too long.
    #[error("session expired")]
    SessionExpired,
    /// The login session is over.
    #[error("session not found")]
    SessionNotFound,
    /// The token's user does not exist any more.
    #[error("the token's user is gone")]
    SubjectNotFound,
    /// There is no such user.
    #[error("user not found")]
    UserNotFound,
    /// The person has no such key.
    #[error("key not found")]
    KeyNotFound,
    /// Two requests wanted to change the same thing at once.
    #[error("conflict")]
    Conflict,
    /// A rule of the application's own tables refuses the account; the rule's name where known.
    #[error("refused by the application: {}", .0.as_deref().unwrap_or("a rule"))]
    RefusedByApplication(Option<String>),
    /// Another account has a value that must be unique; the rule's name where known.
    #[error("duplicate: {}", .0.as_deref().unwrap_or("a rule"))]
    Duplicate(Option<String>),
    /// The user still owns what must not be lost.
    #[error("the user is still referred to")]
    StillReferenced,
    /// The database has no room or cannot be reached; the request may be repeated.
    #[error("unavailable: {0}")]
    Unavailable(#[source] RunError),
    /// The database did not answer in time.
    #[error("timed out: {0}")]
    TimedOut(#[source] RunError),
    /// Anything else that the database said.
    #[error("database: {0}")]
    Database(#[source] RunError),
    /// Something that cannot be.
    #[error("unexpected: {0}")]
    Unexpected(&'static str),
}

impl AuthError {
    /// What it means when another account has the same address; every other error stays.
    pub(crate) fn address_taken(self, meaning: AuthError) -> AuthError {
        match self {
            AuthError::Duplicate(Some(rule)) if rule.contains("email") => meaning,
            other => other,
        }
    }
}

impl From<RunError> for AuthError {
    fn from(error: RunError) -> Self {
        match &error {
            RunError::Busy { .. } | RunError::Unreachable(_) => AuthError::Unavailable(error),
            RunError::TimedOut { .. } => AuthError::TimedOut(error),
            RunError::Server(server) => match server.code.as_str() {
                "40001" | "40P01" | "55P03" => AuthError::Conflict,
                "57014" => AuthError::TimedOut(error),
                // Conditions of the engine's own statements (`auth.require`).
                "TNOTP" => AuthError::OtpExpired,
                "TNFLO" => AuthError::FlowStateNotFound,
                "TNMFA" => AuthError::FactorVerificationFailed,
                "TNSES" => AuthError::SessionNotFound,
                "TNONE" => AuthError::SingleIdentity,
                "TNRTY" => AuthError::Conflict,
                "23505" => AuthError::Duplicate(server.constraint.clone()),
                // The application's constraints, types and triggers speak in these classes.
                code if code.starts_with("22") || code.starts_with("23") || code == "P0001" => {
                    tracing::info!(%error, "an account was refused");
                    AuthError::RefusedByApplication(server.constraint.clone())
                }
                _ => AuthError::Database(error),
            },
        }
    }
}
