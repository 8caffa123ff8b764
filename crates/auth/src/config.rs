use tenantry_app::PasswordAlgorithm;

/// The settings of one application's auth API.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// The auth API's URL, such as `http://127.0.0.1:8000/board/auth/v1`: the issuer of tokens.
    pub issuer: String,
    /// Where people use the application, such as `http://127.0.0.1:3000`.
    pub site_url: String,
    /// Whether an e-mail address counts as confirmed at once.
    pub autoconfirm: bool,
    /// Whether nobody can sign up by themselves.
    pub disable_signup: bool,
    /// How long an access token is valid, in seconds.
    pub access_token_seconds: i64,
    /// How long a login session lives without being refreshed, in seconds.
    pub session_seconds: i64,
    /// How long a refresh token that was used may be used again, in seconds: two tabs that refresh
    /// at once are not thieves.
    pub refresh_reuse_seconds: i64,
    /// How new passwords are hashed.
    pub password_algorithm: PasswordAlgorithm,
}

impl AuthConfig {
    /// The defaults for an API at `issuer`: addresses are confirmed at once, access tokens are
    /// valid for an hour, sessions end after thirty days without use.
    pub fn new(issuer: impl Into<String>, site_url: impl Into<String>) -> Self {
        AuthConfig {
            issuer: issuer.into(),
            site_url: site_url.into(),
            autoconfirm: true,
            disable_signup: false,
            access_token_seconds: 3600,
            session_seconds: 30 * 24 * 3600,
            refresh_reuse_seconds: 10,
            password_algorithm: PasswordAlgorithm::default(),
        }
    }
}
