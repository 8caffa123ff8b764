//! PostgREST's settings as text: from a file, the environment and the database.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// Every name that has a meaning.
const NAMES: [&str; 51] = [
    "admin-server-host",
    "admin-server-port",
    "admin-server-unix-socket",
    "admin-server-unix-socket-mode",
    "client-error-verbosity",
    "db-aggregates-enabled",
    "db-anon-role",
    "db-channel",
    "db-channel-enabled",
    "db-config",
    "db-extra-search-path",
    "db-hoisted-tx-settings",
    "db-max-rows",
    "db-plan-enabled",
    "db-pool",
    "db-pool-acquisition-timeout",
    "db-pool-automatic-recovery",
    "db-pool-max-idletime",
    "db-pool-max-lifetime",
    "db-pre-config",
    "db-pre-request",
    "db-prepared-statements",
    "db-root-spec",
    "db-schemas",
    "db-timezone-enabled",
    "db-tx-end",
    "db-uri",
    "jwt-aud",
    "jwt-cache-max-entries",
    "jwt-role-claim-key",
    "jwt-secret",
    "jwt-secret-is-base64",
    "log-level",
    "log-query",
    "openapi-mode",
    "openapi-security-active",
    "openapi-server-proxy-uri",
    "server-cors-allowed-origins",
    "server-host",
    "server-port",
    "server-reuseport",
    "server-timing-enabled",
    "server-trace-header",
    "server-unix-socket",
    "server-unix-socket-mode",
    "url-use-legacy-target-names",
    // Understood by older versions of PostgREST; they change nothing any more.
    "db-embed-default-join",
    "db-pool-timeout-enabled",
    "db-load-guc-config",
    "jwt-cache-max-lifetime",
    "raw-media-types",
];

/// Other names of the same settings.
const ALIASES: [(&str, &str); 8] = [
    ("db-pool-timeout", "db-pool-max-idletime"),
    ("db-schema", "db-schemas"),
    ("max-rows", "db-max-rows"),
    ("pre-request", "db-pre-request"),
    ("root-spec", "db-root-spec"),
    ("secret-is-base64", "jwt-secret-is-base64"),
    ("role-claim-key", "jwt-role-claim-key"),
    ("server-proxy-uri", "openapi-server-proxy-uri"),
];

/// Names that the database may set, by `alter role ... set pgrst.name` or the pre-config function.
const OF_DATABASE: [&str; 24] = [
    "client-error-verbosity",
    "db-aggregates-enabled",
    "db-anon-role",
    "db-extra-search-path",
    "db-hoisted-tx-settings",
    "db-max-rows",
    "db-plan-enabled",
    "db-pre-request",
    "db-prepared-statements",
    "db-root-spec",
    "db-schemas",
    "db-tx-end",
    "jwt-aud",
    "jwt-cache-max-entries",
    "jwt-role-claim-key",
    "jwt-secret",
    "jwt-secret-is-base64",
    "openapi-mode",
    "openapi-security-active",
    "openapi-server-proxy-uri",
    "server-cors-allowed-origins",
    "server-timing-enabled",
    "server-trace-header",
    "url-use-legacy-target-names",
];

/// What applications find with `current_setting`.
const APP_SETTINGS: &str = "app.settings.";

/// Names and values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Those of a configuration file: a name, `=`, and a value that is quoted, a number or a word.
    pub fn of_file(text: &str) -> Result<Self> {
        let mut settings = Settings::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                bail!("line {}: expected `name = value`", number + 1);
            };
            let name = name.trim();
            if !settings.set(name, unquote(value.trim())) {
                bail!("line {}: there is no setting {name}", number + 1);
            }
        }
        Ok(settings)
    }

    /// Those of the environment: `PGRST_DB_URI`, `PGRST_APP_SETTINGS_MOTTO`.
    pub fn of_environment(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut settings = Settings::default();
        for (name, value) in variables {
            let Some(name) = name.strip_prefix("PGRST_") else { continue };
            match name.strip_prefix("APP_SETTINGS_") {
                Some(name) => {
                    settings.set(&format!("{APP_SETTINGS}{}", name.to_lowercase()), value)
                }
                None => settings.set(&name.to_lowercase().replace('_', "-"), value),
            };
        }
        settings
    }

    /// The names that the database is asked for, as it spells them.
    pub fn names_of_database() -> Vec<String> {
        OF_DATABASE.iter().map(|name| format!("pgrst.{}", name.replace('-', "_"))).collect()
    }

    /// Those of the database, by the names of [`Settings::names_of_database`].
    pub fn of_database(found: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut settings = Settings::default();
        for (name, value) in found {
            settings.set(&name.trim_start_matches("pgrst.").replace('_', "-"), value);
        }
        settings
    }

    /// The same, where `stronger` says nothing else.
    pub fn overridden_by(mut self, stronger: Settings) -> Self {
        self.0.extend(stronger.0);
        self
    }

    fn set(&mut self, name: &str, value: String) -> bool {
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, name)| name);
        let is_known = NAMES.contains(&name) || name.starts_with(APP_SETTINGS);
        if is_known {
            self.0.insert(name.to_owned(), value);
        }
        is_known
    }

    /// A value, if there is one that is not empty.
    pub fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// A value that may be in a file of its own, as `@path`.
    pub fn text_or_file(&self, name: &str) -> Result<Option<String>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let Some(path) = text.strip_prefix('@') else { return Ok(Some(text)) };
        let content = std::fs::read_to_string(Path::new(path))
            .with_context(|| format!("{name}: the file {path}"))?;
        Ok(Some(content.trim_end_matches(['\n', '\r']).to_owned()))
    }

    /// The parts of a value that is a list; an empty value is an empty list.
    pub fn list(&self, name: &str, default: &str) -> Vec<String> {
        let text = self.0.get(name).map_or(default, String::as_str);
        text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    /// A number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>> {
        self.text(name)
            .map(|text| {
                text.parse().map_err(|_| anyhow::anyhow!("{name} must be a number: {text}"))
            })
            .transpose()
    }

    /// Yes or no, in the words that PostgREST takes.
    pub fn is_on(&self, name: &str, default: bool) -> Result<bool> {
        let Some(text) = self.text(name) else { return Ok(default) };
        match text.to_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => bail!("{name} must be true or false: {text}"),
        }
    }

    /// `app.settings.*`
    pub fn of_app(&self) -> Vec<(String, String)> {
        self.0
            .iter()
            .filter(|(name, _)| name.starts_with(APP_SETTINGS))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// A value without its quotes, with `\"` and `\\` resolved; a comment may follow.
fn unquote(value: &str) -> String {
    let Some(rest) = value.strip_prefix('"') else {
        return value.split('#').next().unwrap_or("").trim().to_owned();
    };
    let mut text = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                other => text.extend(other),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read() {
        let settings = Settings::of_file(
            "# a comment\ndb-uri = \"postgres://a:b@h/d\" # why\ndb-schema = \"one, two\"\nserver-port = 3001\napp.settings.motto = \"x = \\\"y\\\"\"\ndb-extra-search-path = \"\"\n",
        )
        .unwrap();
        assert_eq!(settings.text("db-uri").as_deref(), Some("postgres://a:b@h/d"));
        assert_eq!(settings.list("db-schemas", "public"), ["one", "two"]);
        assert!(settings.list("db-extra-search-path", "public").is_empty());
        assert_eq!(settings.number("server-port").unwrap(), Some(3001));
        assert_eq!(settings.number::<u16>("db-pool").unwrap(), None);
        assert_eq!(settings.of_app(), [("app.settings.motto".into(), "x = \"y\"".into())]);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, said) in [("db-uri", "line 1"), ("\nfavourite-colour = 1", "favourite-colour")] {
            let error = Settings::of_file(text).map(drop).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
        let settings = Settings::of_file("db-max-rows = many\ndb-plan-enabled = perhaps").unwrap();
        assert!(settings.number::<u64>("db-max-rows").is_err());
        assert!(settings.is_on("db-plan-enabled", false).is_err());
    }

    #[test]
    fn the_database_is_stronger_than_the_environment_and_that_than_the_file() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let file = Settings::of_file("db-max-rows = 1\ndb-pool = 3\njwt-aud = a").unwrap();
        let environment = Settings::of_environment([
            pair("PGRST_DB_MAX_ROWS", "2"),
            pair("PGRST_JWT_AUD", "b"),
            pair("PGRST_APP_SETTINGS_MOTTO", "loud"),
            pair("HOME", "/nowhere"),
        ]);
        let database = Settings::of_database([pair("pgrst.db_max_rows", "3")]);
        let settings = file.overridden_by(environment).overridden_by(database);
        assert_eq!(settings.number("db-max-rows").unwrap(), Some(3));
        assert_eq!(settings.number("db-pool").unwrap(), Some(3));
        assert_eq!(settings.text("jwt-aud").as_deref(), Some("b"));
        assert_eq!(settings.of_app(), [("app.settings.motto".into(), "loud".into())]);
    }
}
