//! Identity: `/auth/v1` in the shapes of Supabase's auth server, on the tables of the schema
//! `auth`, and the binding that keeps an application's own users table equal to them.
//!
//! The engine ([`AuthApi`]) works on `auth.*` alone and runs every statement as the role
//! `tenantry_auth`. What an application's own columns mean reaches it through generated database
//! functions only ([`binding`]). Tokens are stored as hashes.
//!
//! This room may never know an application's name, and never reads an application's table itself.

mod access_token;
mod account;
mod administration;
pub mod administrator;
pub mod alerts;
mod api;
mod ban;
pub mod binding;
mod changes;
mod config;
mod email;
mod email_change;
mod endpoints;
mod error;
mod flow_state;
pub mod keys;
mod letter;
mod limits;
mod login;
mod new_account;
mod one_time_token;
mod page;
mod password;
mod person_rights;
mod personal_keys;
mod provider;
mod public_error;
mod rate_limit;
mod redirect;
mod refresh_token;
mod request;
mod response;
mod signed_in;
mod social_sign_in;
mod store;
mod totp;

pub use api::AuthApi;
pub use config::{AuthConfig, AuthSettings, ProviderSettings, RateLimits};
pub use error::AuthError;
pub use password::hash_password;
pub use person_rights::{Answer, PersonRights, PersonRightsError};
pub use personal_keys::personal_keys;
pub use tenantry_app::PasswordAlgorithm;

/// The migrations of the schema `auth`: (file name, text), each revision's up and down.
pub fn migrations() -> Vec<(&'static str, &'static str)> {
    vec![
        ("0001_identity.up.sql", include_str!("../migrations/0001_identity.up.sql")),
        ("0001_identity.down.sql", include_str!("../migrations/0001_identity.down.sql")),
        ("0002_flows.up.sql", include_str!("../migrations/0002_flows.up.sql")),
        ("0002_flows.down.sql", include_str!("../migrations/0002_flows.down.sql")),
        ("0003_keys.up.sql", include_str!("../migrations/0003_keys.up.sql")),
        ("0003_keys.down.sql", include_str!("../migrations/0003_keys.down.sql")),
        ("0004_mail.up.sql", include_str!("../migrations/0004_mail.up.sql")),
        ("0004_mail.down.sql", include_str!("../migrations/0004_mail.down.sql")),
        ("0005_administration.up.sql", include_str!("../migrations/0005_administration.up.sql")),
        (
            "0005_administration.down.sql",
            include_str!("../migrations/0005_administration.down.sql"),
        ),
        ("0006_erasures.up.sql", include_str!("../migrations/0006_erasures.up.sql")),
        ("0006_erasures.down.sql", include_str!("../migrations/0006_erasures.down.sql")),
        ("0007_proofs.up.sql", include_str!("../migrations/0007_proofs.up.sql")),
        ("0007_proofs.down.sql", include_str!("../migrations/0007_proofs.down.sql")),
    ]
}
