//! Passwords and keys of a home, made once and kept in `secrets.toml` (0600).

use std::collections::BTreeMap;
use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use rand::Rng;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};
use tenantry_auth::keys::HomeKeys;
use tenantry_caller::{JwtSecret, KeyText, OpaqueKind, Seal};

use crate::home::Home;

const FILE: &str = "secrets.toml";
/// API keys are valid for ten years, as Supabase's are.
const KEY_LIFETIME_SECONDS: u64 = 10 * 365 * 24 * 3600;
/// The role of callers without a person's token.
pub const ANONYMOUS_ROLE: &str = "anon";
/// The role of the application's own servers.
const SERVICE_ROLE: &str = "service_role";

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
    /// The shared secret (HS256), as Supabase has it: its tokens are accepted until it is off.
    pub jwt_secret: String,
    /// The key of callers without rights of their own.
    pub anon_key: String,
    /// The key that bypasses row security.
    pub service_key: String,
    /// The opaque key of callers without rights of their own; the database knows its hash.
    #[serde(default)]
    pub publishable_key: String,
    /// The opaque key that bypasses row security; the database knows its hash.
    #[serde(default)]
    pub secret_key: String,
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
            // A home that is older than these secrets.
            if present.sealing_secret.is_empty() {
                present.sealing_secret = random_text(48);
            }
            if present.publishable_key.is_empty() {
                present.publishable_key = opaque(OpaqueKind::Publishable)?;
                present.secret_key = opaque(OpaqueKind::Secret)?;
            }
            return Ok(present.clone());
        }
        let made = AppSecrets::generate(name)?;
        self.apps.insert(name.to_owned(), made.clone());
        Ok(made)
    }

    /// Other keys for an application, as its database has them.
    pub fn set_keys(&mut self, name: &str, keys: HomeKeys) -> Result<AppSecrets> {
        let secrets = self.apps.get_mut(name).with_context(|| format!("no secrets of {name}"))?;
        if secrets.jwt_secret != keys.shared_secret {
            secrets.anon_key = token_key(&keys.shared_secret, name, ANONYMOUS_ROLE)?;
            secrets.service_key = token_key(&keys.shared_secret, name, SERVICE_ROLE)?;
            secrets.jwt_secret = keys.shared_secret;
        }
        secrets.publishable_key = keys.publishable.as_str().to_owned();
        secrets.secret_key = keys.secret.as_str().to_owned();
        Ok(secrets.clone())
    }
}

impl AppSecrets {
    fn generate(app: &str) -> Result<Self> {
        let jwt_secret = random_text(48);
        Ok(AppSecrets {
            anon_key: token_key(&jwt_secret, app, ANONYMOUS_ROLE)?,
            service_key: token_key(&jwt_secret, app, SERVICE_ROLE)?,
            publishable_key: opaque(OpaqueKind::Publishable)?,
            secret_key: opaque(OpaqueKind::Secret)?,
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

    /// The keys that the database knows, too.
    pub fn keys(&self) -> HomeKeys {
        HomeKeys {
            shared_secret: self.jwt_secret.clone(),
            publishable: KeyText::known(OpaqueKind::Publishable, &self.publishable_key),
            secret: KeyText::known(OpaqueKind::Secret, &self.secret_key),
        }
    }
}

/// A key of the application that is a token, as Supabase's legacy keys are.
fn token_key(jwt_secret: &str, app: &str, role: &str) -> Result<String> {
    let issued = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs());
    Ok(JwtSecret::new(jwt_secret).sign(&serde_json::json!({
        "iss": "tenantry",
        "ref": app,
        "role": role,
        "iat": issued,
        "exp": issued + KEY_LIFETIME_SECONDS,
    }))?)
}

fn opaque(kind: OpaqueKind) -> Result<String> {
    Ok(KeyText::opaque(kind)?.as_str().to_owned())
}

/// Letters and digits from the operating system's generator; 48 of them carry 285 bits.
pub fn random_text(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}
