//! Identity: `/auth/v1` in the shapes of Supabase's auth server, on the tables of the schema
//! `auth`, and the binding that keeps an application's own users table equal to them.
//!
//! The engine ([`AuthApi`]) works on `auth.*` alone and runs every statement as the role
//! `tenantry_auth`. What an application's own columns mean reaches it through generated database
//! functions only ([`binding`]). Tokens are stored as hashes.
//!
//! This room may never know an application's name, and never reads an application's table itself.

pub mod binding;
mod config;
mod error;

pub use config::AuthConfig;
pub use error::AuthError;
pub use tenantry_app::PasswordAlgorithm;

use tenantry_caller::Authenticator;
use tenantry_postgres::Database;

/// The auth API of one application.
#[derive(Clone)]
pub struct AuthApi {
    config: AuthConfig,
    authenticator: Authenticator,
    database: Database,
}

impl AuthApi {
    /// The API with its settings, the checker and signer of tokens, and the database.
    pub fn new(config: AuthConfig, authenticator: Authenticator, database: Database) -> Self {
        AuthApi { config, authenticator, database }
    }

    /// The routes, to be nested under `/APP/auth/v1`.
    pub fn router(self) -> axum::Router {
        let _ = (self.config, self.authenticator, self.database);
        axum::Router::new()
    }
}

/// The migrations of the schema `auth`: (path, text), in order.
pub fn migrations() -> Vec<(&'static str, &'static str)> {
    vec![
        ("0001_identity.up.sql", include_str!("../migrations/0001_identity.up.sql")),
        ("0001_identity.down.sql", include_str!("../migrations/0001_identity.down.sql")),
    ]
}

/// Hashes a password as the algorithm says. Takes tens of milliseconds: call it where blocking is
/// allowed.
///
/// # Errors
/// [`AuthError::WeakPassword`] for one that is too short or too long.
pub fn hash_password(algorithm: PasswordAlgorithm, password: &str) -> Result<String, AuthError> {
    let _ = (algorithm, password);
    Err(AuthError::WeakPassword)
}
