//! What an operator may decide about one application's auth API, and where it is.

use std::collections::BTreeMap;

use serde::Deserialize;
use tenantry_app::PasswordAlgorithm;

/// The settings `[apps.NAME.auth]` of the settings file. Every one has a default.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthSettings {
    /// Whether an e-mail address has to be confirmed by mail before its first sign-in.
    pub confirm_email: bool,
    /// Whether nobody can sign up by themselves.
    pub disable_signup: bool,
    /// Whether people may sign in without an identity, where the application's users table allows it.
    pub anonymous_users: bool,
    /// Whether signed-in people may link further identities to their account.
    pub manual_linking: bool,
    /// How long an access token is valid, in seconds.
    pub access_token_seconds: i64,
    /// How long a login session lives without being refreshed, in seconds.
    pub session_seconds: i64,
    /// How long a refresh token that was used may be used again, in seconds: two tabs that refresh
    /// at once are not thieves.
    pub refresh_reuse_seconds: i64,
    /// How long a mailed code or link works, in seconds.
    pub otp_seconds: i64,
    /// How many digits a mailed code has: 6 to 10.
    pub otp_digits: u32,
    /// The least time between two mails of one kind to one address, in seconds.
    pub mail_interval_seconds: u64,
    /// How many mails the application may send in an hour; without a number, 30 where mail leaves
    /// the machine, and any number where it stays in the home's mailbox.
    pub mails_per_hour: Option<u32>,
    /// Whether a new e-mail address has to be confirmed from the old one too.
    pub secure_email_change: bool,
    /// Whether a login session older than a day needs a mailed code to change the password.
    pub reauthenticate_for_password: bool,
    /// The shortest password, in characters; never under 6.
    pub password_min_length: usize,
    /// How many second factors one account may have.
    pub most_factors: u32,
    /// An SQL function `f(event jsonb) returns jsonb`, as `schema.name`, that may change the claims
    /// of every access token.
    pub custom_access_token_hook: Option<String>,
    /// Whether tokens that the shared secret signed (HS256) are accepted.
    pub accept_shared_secret: bool,
    /// How often one client may ask.
    pub rate_limits: RateLimits,
    /// Identity providers by name: `google`, `github`, `linkedin_oidc`, or any other name for any
    /// OpenID Connect provider.
    pub providers: BTreeMap<String, ProviderSettings>,
}

impl Default for AuthSettings {
    fn default() -> Self {
        AuthSettings {
            confirm_email: false,
            disable_signup: false,
            anonymous_users: false,
            manual_linking: false,
            access_token_seconds: 3600,
            session_seconds: 30 * 24 * 3600,
            refresh_reuse_seconds: 10,
            otp_seconds: 3600,
            otp_digits: 6,
            mail_interval_seconds: 60,
            mails_per_hour: None,
            secure_email_change: true,
            reauthenticate_for_password: false,
            password_min_length: 6,
            most_factors: 10,
            custom_access_token_hook: None,
            accept_shared_secret: true,
            rate_limits: RateLimits::default(),
            providers: BTreeMap::new(),
        }
    }
}

/// How many requests one client's address may make; GoTrue's figures. Programs on this machine
/// are not counted unless `loopback` says so.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RateLimits {
    /// Sign-ups, one-time codes, recoveries, confirmations and changes of an account, in 5 minutes.
    pub flows: u32,
    /// Requests for tokens, in 5 minutes.
    pub tokens: u32,
    /// Anonymous sign-ins, in an hour.
    pub anonymous: u32,
    /// Challenges and codes of second factors, in a minute.
    pub factors: u32,
    /// Whether clients on the server's own machine are counted, too.
    pub loopback: bool,
}

impl Default for RateLimits {
    fn default() -> Self {
        RateLimits { flows: 30, tokens: 150, anonymous: 30, factors: 15, loopback: false }
    }
}

/// One identity provider.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderSettings {
    /// What the provider calls the application.
    pub client_id: String,
    /// What the application proves itself with. Hidden in every output.
    pub client_secret: String,
    /// The issuer of an OpenID Connect provider, whose endpoints are discovered; known for those
    /// that have a name of their own.
    #[serde(default)]
    pub issuer: Option<String>,
    /// What is asked for; the provider's usual scopes without it.
    #[serde(default)]
    pub scopes: Option<Vec<String>>,
    /// GitHub Enterprise and tests: another base URL than the provider's own.
    #[serde(default)]
    pub url: Option<String>,
    /// Whether an account may come without an e-mail address.
    #[serde(default)]
    pub email_optional: bool,
}

impl std::fmt::Debug for ProviderSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ProviderSettings").field("client_id", &self.client_id).finish()
    }
}

/// Everything that the auth API of one application is told.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// The auth API's URL, such as `http://127.0.0.1:8000/board/auth/v1`: the issuer of tokens.
    pub issuer: String,
    /// Where people use the application, such as `http://127.0.0.1:3000`.
    pub site_url: String,
    /// Where else people may be sent back to, as globs.
    pub redirect_urls: Vec<String>,
    /// How new passwords are hashed.
    pub password_algorithm: PasswordAlgorithm,
    /// What the keys of people's programs begin with, where the application keeps none itself.
    pub personal_key_prefix: Option<String>,
    /// Whether mail leaves the machine.
    pub mail_leaves: bool,
    /// The operator's decisions.
    pub settings: AuthSettings,
}

impl AuthConfig {
    /// The defaults for an API at `issuer`.
    pub fn new(issuer: impl Into<String>, site_url: impl Into<String>) -> Self {
        AuthConfig {
            issuer: issuer.into(),
            site_url: site_url.into(),
            redirect_urls: Vec::new(),
            password_algorithm: PasswordAlgorithm::default(),
            personal_key_prefix: None,
            mail_leaves: false,
            settings: AuthSettings::default(),
        }
    }

    /// Whether an address counts as confirmed at once.
    pub(crate) fn autoconfirm(&self) -> bool {
        !self.settings.confirm_email
    }

    /// How many mails may be sent in an hour.
    pub(crate) fn mails_per_hour(&self) -> Option<u32> {
        const USUAL: u32 = 30;
        self.settings.mails_per_hour.or(self.mail_leaves.then_some(USUAL))
    }
}
