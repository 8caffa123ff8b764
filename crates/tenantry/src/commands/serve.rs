use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tenantry_caller::{Authenticator, JwtSecret};
use tenantry_catalog::{Catalog, CatalogHandle};
use tenantry_data_api::{DataApi, DataApiConfig};
use tenantry_postgres::{Address, Database, DatabaseOptions, admin};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};

use crate::commands::up::start_log;
use crate::http;
use crate::listen;

/// `tenantry serve`
#[derive(clap::Args)]
pub struct Serve {
    /// PostgREST's configuration file: `name = value` lines
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub async fn run(self) -> Result<()> {
        start_log(false);
        let text = std::fs::read_to_string(&self.config)
            .with_context(|| format!("the configuration {}", self.config.display()))?;
        let settings = Settings::parse(&text).with_context(|| self.config.display().to_string())?;
        let address: Address = settings.required("db-uri")?.parse()?;
        let schemas = settings.list("db-schemas", "public");
        let client = admin::connect(&address).await.map_err(|error| {
            anyhow::anyhow!("db-uri: {}", tenantry_postgres::provision::describe(&error))
        })?;
        let catalog = CatalogHandle::new(Catalog::read(&client, &schemas).await?);
        let connections = settings.number("db-pool", 10)?;
        let database = Database::new(DatabaseOptions {
            exclusive_sockets: connections,
            ..DatabaseOptions::new(address, Arc::new(Semaphore::new(connections)))
        });
        let anonymous_role = settings.text("db-anon-role");
        let secret = settings.text("jwt-secret").map(JwtSecret::new);
        let config = DataApiConfig {
            schemas,
            extra_search_path: settings.list("db-extra-search-path", "public"),
            anonymous_role: anonymous_role.clone().unwrap_or_default(),
            max_rows: settings
                .text("db-max-rows")
                .map(|text| text.parse())
                .transpose()
                .context("db-max-rows")?,
            ..DataApiConfig::default()
        };
        let authenticator = Authenticator::new(secret, anonymous_role);
        let router = DataApi::new(config, authenticator, database, catalog).router();
        let host = match settings.text("server-host").as_deref() {
            None | Some("!4" | "*4") => "0.0.0.0".to_owned(),
            Some("*" | "!6" | "*6") => "::".to_owned(),
            Some(host) => host.to_owned(),
        };
        let port = u16::try_from(settings.number("server-port", 3000)?).context("server-port")?;
        let listener = TcpListener::bind((host.as_str(), port))
            .await
            .with_context(|| format!("{host}:{port} cannot be listened on; set server-port"))?;
        println!("ready  http://{}", listener.local_addr()?);
        let (sender, stop) = watch::channel(false);
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            let _ = sender.send(true);
            std::future::pending::<()>().await;
        });
        listen::serve(listener, http::surround(router, Vec::new()), stop).await;
        Ok(())
    }
}

/// The names of PostgREST's settings that are understood so far.
const KNOWN: [&str; 10] = [
    "db-uri",
    "db-schemas",
    "db-schema",
    "db-anon-role",
    "db-extra-search-path",
    "db-max-rows",
    "db-pool",
    "jwt-secret",
    "server-host",
    "server-port",
];

/// PostgREST's configuration format: a name, `=`, and a value that is quoted, a number or a word.
struct Settings(BTreeMap<String, String>);

impl Settings {
    fn parse(text: &str) -> Result<Self> {
        let mut values = BTreeMap::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let Some((name, value)) = line.split_once('=') else {
                bail!("line {}: expected `name = value`", number + 1);
            };
            let name = if name.trim() == "db-schema" { "db-schemas" } else { name.trim() };
            if !KNOWN.contains(&name) {
                bail!("line {}: the setting {name} is not supported", number + 1);
            }
            values.insert(name.to_owned(), unquote(value.trim()));
        }
        Ok(Settings(values))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    fn required(&self, name: &str) -> Result<String> {
        self.text(name).with_context(|| format!("the setting {name} is missing"))
    }

    fn list(&self, name: &str, default: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_else(|| default.to_owned());
        text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
    }

    fn number(&self, name: &str, default: usize) -> Result<usize> {
        self.text(name).map_or(Ok(default), |text| {
            text.parse().with_context(|| format!("the setting {name} must be a number"))
        })
    }
}

/// A value without its quotes, with `\"` and `\\` resolved; a comment may follow a quoted value.
fn unquote(value: &str) -> String {
    let Some(rest) = value.strip_prefix('"') else {
        return value.split('#').next().unwrap_or("").trim().to_owned();
    };
    let mut text = String::new();
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            '\\' => text.extend(characters.next()),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_read() {
        let settings = Settings::parse(
            "# a comment\ndb-uri = \"postgres://a:b@h/d\" # why\ndb-schema = \"one, two\"\nserver-port = 3001\n",
        )
        .unwrap();
        assert_eq!(settings.text("db-uri").as_deref(), Some("postgres://a:b@h/d"));
        assert_eq!(settings.list("db-schemas", "public"), ["one", "two"]);
        assert_eq!(settings.number("server-port", 3000).unwrap(), 3001);
        assert_eq!(settings.number("db-pool", 10).unwrap(), 10);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for (text, said) in [("db-uri", "line 1"), ("\nfavourite-colour = 1", "favourite-colour")] {
            let error = Settings::parse(text).map(drop).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
