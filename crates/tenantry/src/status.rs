//! What runs on a home: written by `tenantry up` when it serves, read by every other command.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::home::Home;
use crate::secrets::AppSecrets;

const FILE: &str = "status.json";

/// The answer of `tenantry status --json`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RunningStatus {
    /// Whether requests are served.
    pub ready: bool,
    /// The base URL.
    pub url: String,
    /// The program's version.
    pub version: String,
    /// The program's process id.
    pub pid: u32,
    /// The embedded server's process id; absent with a server by URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postmaster_pid: Option<i32>,
    /// A DSN for administration; absent where every application is on a server of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_dsn: Option<String>,
    /// Where mail is read that stays in the home; absent where it leaves over SMTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailbox_url: Option<String>,
    /// By name.
    pub apps: BTreeMap<String, AppStatus>,
}

/// One application.
#[derive(Clone, Serialize, Deserialize)]
pub struct AppStatus {
    /// What Supabase clients take as their URL.
    pub url: String,
    /// The key for callers without rights of their own.
    pub anon_key: String,
    /// The key that bypasses row security.
    pub service_key: String,
    /// The same two as opaque keys.
    #[serde(default)]
    pub publishable_key: String,
    /// Bypasses row security.
    #[serde(default)]
    pub secret_key: String,
    /// The HS256 secret, whose tokens are accepted until it is switched off.
    pub jwt_secret: String,
    /// One for each login.
    pub dsn: Dsns,
    /// A DSN for administration, where the application is on a server of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admin_dsn: Option<String>,
}

/// The logins of one application's database.
#[derive(Clone, Serialize, Deserialize)]
pub struct Dsns {
    /// Owns the objects; may become the callers' roles.
    pub owner: String,
    /// The server's own login.
    pub server: String,
    /// Reads only, and no secrets.
    pub analyst: String,
}

impl RunningStatus {
    /// Keeps it where other commands look.
    pub fn save(&self, home: &Home) -> Result<()> {
        home.write_private(FILE, &serde_json::to_string_pretty(self)?)
    }

    /// What the program that runs on this home wrote; `None` when none runs.
    pub fn of_running(home: &Home) -> Result<Option<Self>> {
        let path = home.file(FILE);
        if !home.is_in_use() || !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let status: RunningStatus =
            serde_json::from_str(&text).with_context(|| path.display().to_string())?;
        Ok(std::path::Path::new(&format!("/proc/{}", status.pid)).exists().then_some(status))
    }

    /// Shows other keys of an application, where a program runs on the home.
    pub fn show_keys(home: &Home, app: &str, secrets: &AppSecrets) -> Result<()> {
        let Some(mut status) = RunningStatus::of_running(home)? else { return Ok(()) };
        let Some(shown) = status.apps.get_mut(app) else { return Ok(()) };
        shown.anon_key.clone_from(&secrets.anon_key);
        shown.service_key.clone_from(&secrets.service_key);
        shown.publishable_key.clone_from(&secrets.publishable_key);
        shown.secret_key.clone_from(&secrets.secret_key);
        shown.jwt_secret.clone_from(&secrets.jwt_secret);
        status.save(home)
    }

    /// Takes it away when the program stops.
    pub fn remove(home: &Home) {
        let _ = std::fs::remove_file(home.file(FILE));
    }
}
