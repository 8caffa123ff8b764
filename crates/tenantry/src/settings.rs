//! The operator's settings: one TOML file, `settings.toml` in the home unless another is named.
//!
//! ```toml
//! [mail]
//! smtp_url = "smtps://user:password@smtp.example.com"
//! from = "Board <board@example.com>"
//!
//! [apps.board]
//! public_url = "https://api.board.example.com"
//! site_url = "https://board.example.com"
//! redirect_urls = ["https://*.board.example.com/**"]
//! hostnames = ["api.board.example.com"]
//!
//! [apps.board.auth]
//! confirm_email = true
//!
//! [apps.board.auth.providers.google]
//! client_id = "..."
//! client_secret = "..."
//! ```

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use tenantry_auth::AuthSettings;

use crate::home::Home;
use crate::platform::tell;

const FILE: &str = "settings.toml";
/// Ended login sessions are remembered for a day, so no token may live longer.
const LONGEST_TOKEN_SECONDS: i64 = 23 * 3600;

/// Everything that an operator may decide. Nothing has to be decided.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How mail leaves.
    pub mail: MailSettings,
    /// By application.
    pub apps: BTreeMap<String, AppSettings>,
}

/// How mail leaves; without a server it stays in the home's mailbox.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailSettings {
    /// `smtps://user:password@host:465`, `smtp://user:password@host:587?tls=required`, or
    /// `smtp://localhost:25`.
    pub smtp_url: Option<String>,
    /// Whom mail is from.
    pub from: Option<String>,
}

impl std::fmt::Debug for MailSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("MailSettings").field("from", &self.from).finish_non_exhaustive()
    }
}

/// One application.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AppSettings {
    /// The base URL that clients reach the application at, where that is not this program's own:
    /// what links in mails and ways back from identity providers begin with.
    pub public_url: Option<String>,
    /// Where people use it: where links in mails lead in the end.
    pub site_url: Option<String>,
    /// Where else links may lead, as globs.
    pub redirect_urls: Vec<String>,
    /// Who gets a mail when something happens to the security of anybody's account.
    pub security_contact: Option<String>,
    /// Names that the application answers on by itself, beside `NAME.localhost`.
    pub hostnames: Vec<String>,
    /// The auth API.
    pub auth: AuthSettings,
}

impl Settings {
    /// The settings in `file`, or in the home where none is named and there is one.
    pub fn load(home: &Home, file: Option<&Path>) -> Result<Self> {
        let path = file.map_or_else(|| home.file(FILE), Path::to_owned);
        if file.is_none() && !path.exists() {
            return Ok(Settings::default());
        }
        let shown = path.display();
        let text = std::fs::read_to_string(&path).with_context(|| shown.to_string())?;
        let mode =
            std::fs::metadata(&path).with_context(|| shown.to_string())?.permissions().mode();
        if mode & 0o077 != 0 {
            tell(&format!("{shown} may hold secrets and others can read it: chmod 600 {shown}"));
        }
        // The parser's own message would quote the line, secrets included.
        let settings: Settings = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            let message = error.message();
            // Other messages quote the value, which may be a secret.
            let names_keys = ["unknown field", "missing field", "duplicate key"];
            let message = match names_keys.iter().any(|start| message.starts_with(start)) {
                true => message,
                false => "this is no TOML, or a value of another kind than the setting has",
            };
            anyhow::anyhow!("{shown}, line {line}: {message}")
        })?;
        settings.check().with_context(|| shown.to_string())?;
        Ok(settings)
    }

    /// Says which settings are for applications that are not served: probably a slip of the pen.
    pub fn name_unserved(&self, served: &[&str]) {
        for name in self.apps.keys().filter(|name| !served.contains(&name.as_str())) {
            tell(&format!("there are settings for {name}, which is not served"));
        }
    }

    /// What each setting by itself does not show.
    fn check(&self) -> Result<()> {
        let mut hosts = std::collections::BTreeSet::new();
        for (name, app) in &self.apps {
            let seconds = app.auth.access_token_seconds;
            if !(60..=LONGEST_TOKEN_SECONDS).contains(&seconds) {
                bail!(
                    "apps.{name}.auth.access_token_seconds is {seconds}; it has to be from 60 to {LONGEST_TOKEN_SECONDS}"
                );
            }
            for host in &app.hostnames {
                let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
                let is_plain = host.bytes().all(is_name) && !host.ends_with('.');
                if host.is_empty() || !is_plain || host.ends_with(".localhost") {
                    bail!(
                        "apps.{name}.hostnames has {host:?}; a hostname is letters, digits, dots and hyphens, and NAME.localhost is each application's own"
                    );
                }
                if !hosts.insert(host.to_ascii_lowercase()) {
                    bail!("apps.{name}.hostnames has {host:?}, which is there before");
                }
            }
        }
        Ok(())
    }

    /// What is decided about an application.
    pub fn app(&self, name: &str) -> AppSettings {
        self.apps.get(name).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_stand_together_are_refused() {
        let check = |text: &str| {
            let settings: Settings = toml::from_str(text).unwrap();
            settings.check().map_err(|error| error.to_string())
        };
        assert_eq!(check("[apps.a]\nhostnames = [\"a.example.com\", \"b.example.com\"]"), Ok(()));
        for (text, expected) in [
            ("[apps.a.auth]\naccess_token_seconds = 90000", "access_token_seconds is 90000"),
            ("[apps.a.auth]\naccess_token_seconds = 0", "access_token_seconds is 0"),
            ("[apps.a]\nhostnames = [\"a.example.com:80\"]", "a.example.com:80"),
            ("[apps.a]\nhostnames = [\"b.localhost\"]", "b.localhost"),
            (
                "[apps.a]\nhostnames = [\"x.com\"]\n[apps.b]\nhostnames = [\"X.com\"]",
                "there before",
            ),
        ] {
            let refused = check(text).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        }
    }
}
