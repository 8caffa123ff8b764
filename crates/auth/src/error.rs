use axum::http::StatusCode;
use tenantry_caller::TokenError;
use tenantry_postgres::RunError;

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

/// What the client sees of an error.
pub(crate) struct PublicError {
    pub status: StatusCode,
    pub code: &'static str,
    pub message: String,
}

impl AuthError {
    /// One row per case: status, code, message.
    pub(crate) fn public(&self) -> PublicError {
        use StatusCode as S;
        let (status, code, message) = match self {
            Self::NoApiKey => (S::UNAUTHORIZED, "no_authorization", "No API key found in request"),
            Self::BadApiKey => (S::UNAUTHORIZED, "no_authorization", "Invalid API key"),
            Self::NoAuthorization => {
                (S::UNAUTHORIZED, "no_authorization", "This endpoint requires a valid Bearer token")
            }
            Self::BadToken(TokenError::Expired(_)) => {
                (S::FORBIDDEN, "bad_jwt", "invalid JWT: token is expired")
            }
            Self::BadToken(_) => {
                (S::FORBIDDEN, "bad_jwt", "invalid JWT: unable to parse or verify signature")
            }
            Self::NoSubject => (S::FORBIDDEN, "bad_jwt", "invalid claim: missing sub claim"),
            Self::NotAdmin => (S::FORBIDDEN, "not_admin", "User not allowed"),
            Self::NoEndpoint => (S::NOT_FOUND, "not_found", "There is no such endpoint"),
            Self::TooLarge => {
                (S::PAYLOAD_TOO_LARGE, "validation_failed", "The request body is too large")
            }
            Self::BadJson => (S::BAD_REQUEST, "bad_json", "Could not parse request body as JSON"),
            Self::Validation(message) => (S::BAD_REQUEST, "validation_failed", *message),
            Self::BadId => (S::NOT_FOUND, "validation_failed", "user_id must be an UUID"),
            Self::UnsupportedGrant => {
                (S::BAD_REQUEST, "invalid_credentials", "unsupported_grant_type")
            }
            Self::InvalidCredentials => {
                (S::BAD_REQUEST, "invalid_credentials", "Invalid login credentials")
            }
            Self::EmailNotConfirmed => {
                (S::BAD_REQUEST, "email_not_confirmed", "Email not confirmed")
            }
            Self::UserBanned => (S::BAD_REQUEST, "user_banned", "User is banned"),
            Self::ApprovalRequired => {
                (S::FORBIDDEN, "approval_required", "The account has not been approved yet")
            }
            Self::TenantSuspended => {
                (S::FORBIDDEN, "tenant_suspended", "The account's organisation is suspended")
            }
            Self::UserAlreadyExists => {
                (S::UNPROCESSABLE_ENTITY, "user_already_exists", "User already registered")
            }
            Self::EmailExists => (
                S::UNPROCESSABLE_ENTITY,
                "email_exists",
                "A user with this email address has already been registered",
            ),
            Self::SignupDisabled => (
                S::UNPROCESSABLE_ENTITY,
                "signup_disabled",
                "Signups not allowed for this instance",
            ),
            Self::AnonymousDisabled => (
                S::UNPROCESSABLE_ENTITY,
                "anonymous_provider_disabled",
                "Anonymous sign-ins are disabled",
            ),
            Self::PhoneDisabled => {
                (S::BAD_REQUEST, "phone_provider_disabled", "Phone logins are disabled")
            }
            Self::OtpDisabled => {
                (S::UNPROCESSABLE_ENTITY, "otp_disabled", "Signups not allowed for otp")
            }
            Self::OtpExpired => {
                (S::FORBIDDEN, "otp_expired", "Email link is invalid or has expired")
            }
            Self::OverRequestRate => {
                (S::TOO_MANY_REQUESTS, "over_request_rate_limit", "Request rate limit reached")
            }
            Self::OverMailRate(None) => {
                (S::TOO_MANY_REQUESTS, "over_email_send_rate_limit", "email rate limit exceeded")
            }
            Self::OverMailRate(Some(seconds)) => {
                return PublicError {
                    status: S::TOO_MANY_REQUESTS,
                    code: "over_email_send_rate_limit",
                    message: format!(
                        "For security purposes, you can only request this after {seconds} seconds."
                    ),
                };
            }
            Self::FlowStateNotFound => (
                S::NOT_FOUND,
                "flow_state_not_found",
                "invalid flow state, no valid flow state found",
            ),
            Self::FlowStateExpired => {
                (S::FORBIDDEN, "flow_state_expired", "invalid flow state, flow state has expired")
            }
            Self::BadCodeVerifier => (
                S::BAD_REQUEST,
                "bad_code_verifier",
                "code challenge does not match previously saved code verifier",
            ),
            Self::ReauthenticationNeeded => (
                S::UNAUTHORIZED,
                "reauthentication_needed",
                "Password update requires reauthentication",
            ),
            Self::ReauthenticationNotValid => (
                S::UNPROCESSABLE_ENTITY,
                "reauthentication_not_valid",
                "Nonce has expired or is invalid",
            ),
            Self::FactorNotFound => (S::NOT_FOUND, "mfa_factor_not_found", "Factor not found"),
            Self::ChallengeExpired => (
                S::UNPROCESSABLE_ENTITY,
                "mfa_challenge_expired",
                "MFA challenge has expired, verify against another challenge or create a new challenge.",
            ),
            Self::ChallengeElsewhere => (
                S::UNPROCESSABLE_ENTITY,
                "mfa_ip_address_mismatch",
                "Challenge and verify IP addresses mismatch.",
            ),
            Self::FactorVerificationFailed => {
                (S::UNPROCESSABLE_ENTITY, "mfa_verification_failed", "Invalid TOTP code entered")
            }
            Self::FactorTypeDisabled(message) => {
                (S::UNPROCESSABLE_ENTITY, "mfa_totp_enroll_not_enabled", *message)
            }
            Self::FactorNameConflict => (
                S::UNPROCESSABLE_ENTITY,
                "mfa_factor_name_conflict",
                "A factor with the friendly name for this user already exists",
            ),
            Self::TooManyFactors => (
                S::UNPROCESSABLE_ENTITY,
                "too_many_enrolled_mfa_factors",
                "Maximum number of verified factors reached, unenroll to continue",
            ),
            Self::InsufficientAal => (
                S::FORBIDDEN,
                "insufficient_aal",
                "AAL2 required to change second factors, email or password",
            ),
            Self::AnonymousPassword => (
                S::UNPROCESSABLE_ENTITY,
                "validation_failed",
                "Updating password of an anonymous user without an email or phone is not allowed",
            ),
            Self::ManualLinkingDisabled => {
                (S::NOT_FOUND, "manual_linking_disabled", "Manual linking is disabled")
            }
            Self::IdentityNotFound => {
                (S::UNPROCESSABLE_ENTITY, "identity_not_found", "Identity doesn't exist")
            }
            Self::IdentityAlreadyExists => {
                (S::UNPROCESSABLE_ENTITY, "identity_already_exists", "Identity is already linked")
            }
            Self::SingleIdentity => (
                S::UNPROCESSABLE_ENTITY,
                "single_identity_not_deletable",
                "User must have at least 1 identity after unlinking",
            ),
            Self::ProviderDisabled => (
                S::BAD_REQUEST,
                "validation_failed",
                "Unsupported provider: provider is not enabled",
            ),
            Self::Provider(_) => {
                (S::INTERNAL_SERVER_ERROR, "unexpected_failure", "Unable to exchange external code")
            }
            Self::ProviderEmail => (
                S::INTERNAL_SERVER_ERROR,
                "unexpected_failure",
                "Error getting user email from external provider",
            ),
            Self::ProviderRefused(reason) => {
                let printable = reason.chars().filter(|character| !character.is_control());
                return PublicError {
                    status: S::BAD_REQUEST,
                    code: "access_denied",
                    message: printable.take(200).collect(),
                };
            }
            Self::ProviderEmailNeedsVerification => (
                S::BAD_REQUEST,
                "provider_email_needs_verification",
                "Unverified email with the provider. A confirmation email has been sent to it",
            ),
            Self::BadOAuthState => {
                (S::BAD_REQUEST, "bad_oauth_state", "OAuth state is invalid or has expired")
            }
            Self::Hook(_) => (
                S::INTERNAL_SERVER_ERROR,
                "unexpected_failure",
                "Error running hook: the access token hook failed",
            ),
            Self::HookRefused { status, message } => {
                return PublicError {
                    status: S::from_u16(*status).unwrap_or(S::INTERNAL_SERVER_ERROR),
                    code: "unexpected_failure",
                    message: message.clone(),
                };
            }
            Self::WeakPassword => (
                S::UNPROCESSABLE_ENTITY,
                "weak_password",
                "Password should be at least 6 characters and at most 72 bytes.",
            ),
            Self::SamePassword => (
                S::UNPROCESSABLE_ENTITY,
                "same_password",
                "New password should be different from the old password.",
            ),
            Self::RefreshTokenNotFound => (
                S::BAD_REQUEST,
                "refresh_token_not_found",
                "Invalid Refresh Token: Refresh Token Not Found",
            ),
            Self::RefreshTokenAlreadyUsed => (
                S::BAD_REQUEST,
                "refresh_token_already_used",
                "Invalid Refresh Token: Already Used",
            ),
            Self::SessionExpired => (
                S::BAD_REQUEST,
                "session_expired",
                "Invalid Refresh Token: Session Expired (Inactivity)",
            ),
            Self::SessionNotFound => (
                S::FORBIDDEN,
                "session_not_found",
                "Session from session_id claim in JWT does not exist",
            ),
            Self::SubjectNotFound => {
                (S::FORBIDDEN, "user_not_found", "User from sub claim in JWT does not exist")
            }
            Self::UserNotFound => (S::NOT_FOUND, "user_not_found", "User not found"),
            Self::KeyNotFound => (S::NOT_FOUND, "key_not_found", "Key not found"),
            Self::Conflict => {
                (S::CONFLICT, "conflict", "Too many concurrent requests on the same account")
            }
            Self::RefusedByApplication(Some(rule)) => {
                return PublicError {
                    status: S::UNPROCESSABLE_ENTITY,
                    code: "validation_failed",
                    message: format!(
                        "The application does not accept this account: it breaks the rule {rule}"
                    ),
                };
            }
            Self::Duplicate(rule) => {
                return PublicError {
                    status: S::UNPROCESSABLE_ENTITY,
                    code: "validation_failed",
                    message: format!(
                        "Another account has the same value: it breaks the rule {}",
                        rule.as_deref().unwrap_or("of uniqueness")
                    ),
                };
            }
            Self::RefusedByApplication(None) => (
                S::UNPROCESSABLE_ENTITY,
                "validation_failed",
                "The application does not accept this account",
            ),
            Self::StillReferenced => (
                S::CONFLICT,
                "conflict",
                "The user still owns data that is kept; hand it over or delete it first",
            ),
            Self::Unavailable(_) => (
                S::SERVICE_UNAVAILABLE,
                "unexpected_failure",
                "The database is not available, try again",
            ),
            Self::TimedOut(_) => {
                (S::GATEWAY_TIMEOUT, "request_timeout", "Processing this request timed out")
            }
            Self::Database(_) | Self::Unexpected(_) => (
                S::INTERNAL_SERVER_ERROR,
                "unexpected_failure",
                "Unexpected failure, please check server logs for more information",
            ),
        };
        PublicError { status, code, message: message.to_owned() }
    }
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
