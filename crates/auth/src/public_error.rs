//! What clients see of an error: status, code and message, a row for each case.

use axum::http::StatusCode;
use tenantry_caller::TokenError;

use crate::{AuthError, PersonRightsError};

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
            Self::BadToken(TokenError::SessionEnded) => (
                S::FORBIDDEN,
                "session_not_found",
                "Session from session_id claim in JWT does not exist",
            ),
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
            Self::PersonRights(PersonRightsError::Busy) => {
                (S::CONFLICT, "conflict", "Your data is being changed at this moment; try again")
            }
            Self::PersonRights(PersonRightsError::Refused(reason)) => {
                return PublicError {
                    status: S::CONFLICT,
                    code: "conflict",
                    message: reason.clone(),
                };
            }
            Self::PersonRights(PersonRightsError::Failed(_)) => (
                S::INTERNAL_SERVER_ERROR,
                "unexpected_failure",
                "Unexpected failure, please check server logs for more information",
            ),
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
