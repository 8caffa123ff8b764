//! Identity: `/auth/v1` in the shapes of Supabase's auth server, on the tables of the schema
//! `auth`, and the binding that keeps an application's own users table equal to them.
//!
//! The engine ([`AuthApi`]) works on `auth.*` alone and runs every statement as the role
//! `tenantry_auth`. What an application's own columns mean reaches it through generated database
//! functions only ([`binding`]). Tokens are stored as hashes.
//!
//! This room may never know an application's name, and never reads an application's table itself.

mod account;
mod api;
pub mod binding;
mod config;
mod email;
mod endpoints;
mod error;
mod login;
mod password;
mod refresh_token;
mod request;
mod response;
mod store;

pub use api::AuthApi;
pub use config::AuthConfig;
pub use error::AuthError;
pub use password::hash_password;
pub use tenantry_app::PasswordAlgorithm;

/// The migrations of the schema `auth`: (file name, text), each revision's up and down.
pub fn migrations() -> Vec<(&'static str, &'static str)> {
    vec![
        ("0001_identity.up.sql", include_str!("../migrations/0001_identity.up.sql")),
        ("0001_identity.down.sql", include_str!("../migrations/0001_identity.down.sql")),
        ("0002_erasures.up.sql", include_str!("../migrations/0005_erasures.up.sql")),
        ("0002_erasures.down.sql", include_str!("../migrations/0005_erasures.down.sql")),
    ]
}
