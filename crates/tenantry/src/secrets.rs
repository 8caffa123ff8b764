//! Passwords and keys of a home, made once and kept in `secrets.toml` (0600).

use std::collections::BTreeMap;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rand::Rng;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};
use tenantry_caller::{Authenticator, JwtSecret, Seal};

use crate::home::Home;

const FILE: &str = "secrets.toml";
/// API keys are valid for ten years, as Supabase's are.
const KEY_LIFETIME_SECONDS: u64 = 10 * 365 * 24 * 3600;
/// The role of callers without a person's token.
pub const ANONYMOUS_ROLE: &str = "anon";

/// Everything secret of one home. Its `Debug` shows nothing.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Secrets {
    /// The embedded server's superuser, for loopback.
    #[serde(default)]
    pub superuser_password: String,
    /// What the address of the mailbox's page holds.
    #[serde(default)]
    pub mailbox_key: String,
    /// The TCP port of the embedded server's last start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postgres_port: Option<u16>,
    #[serde(default)]
    apps: BTreeMap<String, AppSecrets>,
}

/// The secrets of one application.
#[derive(Clone, Serialize, Deserialize)]
pub struct AppSecrets {
    /// Signs and checks the application's tokens (HS256).
    pub jwt_secret: String,
    /// The key of callers without rights of their own.
    pub anon_key: String,
    /// The key that bypasses row security.
    pub service_key: String,
    /// Keys for what the database holds sealed or marked follow from it.
    #[serde(default)]
    pub sealing_secret: String,
    /// `<app>_owner`'s password.
    pub owner_password: String,
    /// `<app>_server`'s password.
    pub server_password: String,
    /// `<app>_analyst`'s password.
    pub analyst_password: String,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets(hidden)")
    }
}

impl fmt::Debug for AppSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AppSecrets(hidden)")
    }
}

impl Secrets {
    /// The secrets of a home; an empty set for a new one.
    pub fn load(home: &Home) -> Result<Self> {
        let path = home.file(FILE);
        let mut secrets: Secrets = match std::fs::read_to_string(&path) {
            // The parser's own message would quote the line, secret included.
            Ok(text) => toml::from_str(&text).ok().with_context(|| {
                format!("{} is damaged; restore it from a copy", path.display())
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Secrets::default(),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        };
        if secrets.superuser_password.is_empty() {
            secrets.superuser_password = random_text(32);
        }
        if secrets.mailbox_key.is_empty() {
            secrets.mailbox_key = random_text(32);
        }
        Ok(secrets)
    }

    /// Keeps them.
    pub fn save(&self, home: &Home) -> Result<()> {
        let text = toml::to_string(self).context("secrets.toml")?;
        if std::fs::read_to_string(home.file(FILE)).is_ok_and(|present| present == text) {
            return Ok(());
        }
        home.write_private(FILE, &text)
    }

    /// The secrets of an application, made on the first call.
    pub fn app(&mut self, name: &str) -> Result<AppSecrets> {
        if let Some(present) = self.apps.get_mut(name) {
            if present.sealing_secret.is_empty() {
                present.sealing_secret = random_text(48);
            }
            return Ok(present.clone());
        }
        let made = AppSecrets::generate(name)?;
        self.apps.insert(name.to_owned(), made.clone());
        Ok(made)
    }
}

impl AppSecrets {
    fn generate(app: &str) -> Result<Self> {
        let jwt_secret = random_text(48);
        let authenticator = authenticator(&jwt_secret);
        let issued = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
        let key = |role: &str| {
            authenticator.sign(&serde_json::json!({
                "iss": "tenantry",
                "ref": app,
                "role": role,
                "iat": issued,
                "exp": issued + KEY_LIFETIME_SECONDS,
            }))
        };
        Ok(AppSecrets {
            anon_key: key(ANONYMOUS_ROLE)?,
            service_key: key("service_role")?,
            owner_password: random_text(32),
            sealing_secret: random_text(48),
            server_password: random_text(32),
            analyst_password: random_text(32),
            jwt_secret,
        })
    }

    /// Seals what the database must not hold in the clear.
    pub fn seal(&self) -> Result<Seal> {
        Ok(Seal::new(self.sealing_secret.as_bytes())?)
    }

    /// Checks this application's tokens.
    pub fn authenticator(&self) -> Authenticator {
        authenticator(&self.jwt_secret)
    }
}

fn authenticator(jwt_secret: &str) -> Authenticator {
    Authenticator::new(Some(JwtSecret::new(jwt_secret)), Some(ANONYMOUS_ROLE.into()))
}

/// Letters and digits from the operating system's generator; 48 of them carry 285 bits.
fn random_text(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
