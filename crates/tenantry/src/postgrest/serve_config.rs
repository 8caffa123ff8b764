//! PostgREST's settings with their types.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::HeaderName;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use tenantry_caller::{Authenticator, RoleClaim, TokenKeys};
use tenantry_catalog::QualifiedName;
use tenantry_data_api::{DataApiConfig, Description, RoleSettings, TransactionEnd};
use tenantry_postgres::{Address, DatabaseOptions};
use tokio::sync::Semaphore;

use super::settings::Settings;

/// The default of `db-hoisted-tx-settings`.
const HOISTED: &str =
    "statement_timeout, plan_filter.statement_cost_limit, default_transaction_isolation";

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// A host and a port.
    Tcp { host: String, port: u16, shares_port: bool },
    /// A socket file with its permissions.
    Unix { path: PathBuf, mode: u32 },
}

/// The settings that hold from the start to the end.
pub struct ServeConfig {
    pub address: Address,
    pub listens_at: Endpoint,
    pub admin_listens_at: Option<Endpoint>,
    /// The channel on which reloads are asked for.
    pub channel: Option<String>,
    /// Whether the database may set settings.
    pub asks_database: bool,
    /// Called before the database's settings are read.
    pub pre_config: Option<QualifiedName>,
    pub log_level: String,
}

impl ServeConfig {
    pub fn of(settings: &Settings) -> Result<Self> {
        let address = settings
            .text_or_file("db-uri")?
            .unwrap_or_else(|| "postgresql://".into())
            .parse()
            .context("db-uri (PGRST_DB_URI) has to say which database is served")?;
        let host = settings.text("server-host");
        let admin_host = settings.text("admin-server-host").or_else(|| host.clone());
        let unix = |name: &str| {
            let Some(path) = settings.text(name) else { return Ok(None) };
            let mode = settings.text(&format!("{name}-mode")).unwrap_or_else(|| "660".into());
            let mode = u32::from_str_radix(&mode, 8)
                .ok()
                .filter(|mode| (0o600..=0o777).contains(mode))
                .with_context(|| format!("{name}-mode must be between 600 and 777: {mode}"))?;
            anyhow::Ok(Some(Endpoint::Unix { path: path.into(), mode }))
        };
        let shares_port = settings.is_on("server-reuseport", false)?;
        let port = settings.number("server-port")?.unwrap_or(3000);
        let listens_at = match unix("server-unix-socket")? {
            Some(endpoint) => endpoint,
            None => Endpoint::Tcp { host: interface(host), port, shares_port },
        };
        let admin_port: Option<u16> = settings.number("admin-server-port")?;
        if admin_port.is_some_and(|admin| admin == port && admin != 0) {
            bail!("admin-server-port must differ from server-port");
        }
        let admin_listens_at = match (unix("admin-server-unix-socket")?, admin_port) {
            (Some(endpoint), _) => Some(endpoint),
            (None, Some(port)) => {
                Some(Endpoint::Tcp { host: interface(admin_host), port, shares_port })
            }
            (None, None) => None,
        };
        let channel = settings.text("db-channel").unwrap_or_else(|| "pgrst".into());
        Ok(ServeConfig {
            address,
            listens_at,
            admin_listens_at,
            channel: settings.is_on("db-channel-enabled", true)?.then_some(channel),
            asks_database: settings.is_on("db-config", true)?,
            pre_config: settings.text("db-pre-config").map(|name| function(&name, "")),
            log_level: match settings.text("log-level").as_deref() {
                None | Some("error" | "crit") => "error".into(),
                Some(level @ ("warn" | "info" | "debug")) => level.into(),
                Some(other) => {
                    bail!("log-level must be crit, error, warn, info or debug: {other}")
                }
            },
        })
    }
}

/// How the database is reached. All sockets together are `db-pool`, so that an operator's limit
/// holds; cheap reads share a few of them.
pub fn database_options(address: Address, settings: &Settings) -> Result<DatabaseOptions> {
    let pool: usize = settings.number("db-pool")?.unwrap_or(10).max(1);
    let seconds = |name: &str, default| {
        Ok::<_, anyhow::Error>(Duration::from_secs(settings.number(name)?.unwrap_or(default)))
    };
    let shared_sockets = usize::min(2, pool / 2);
    let exclusive_sockets = pool - shared_sockets;
    let sockets = Arc::new(Semaphore::new(exclusive_sockets));
    Ok(DatabaseOptions {
        shared_sockets,
        exclusive_sockets,
        wait: seconds("db-pool-acquisition-timeout", 10)?,
        idle: seconds("db-pool-max-idletime", 30)?,
        longest_life: seconds("db-pool-max-lifetime", 1800)?,
        prepared_statements: settings.is_on("db-prepared-statements", true)?,
        ..DatabaseOptions::new(address, sockets)
    })
}

/// What the data API is told, and may be told again.
pub fn data_api_config(
    settings: &Settings,
    endpoint: &Endpoint,
    roles: HashMap<String, RoleSettings>,
) -> Result<DataApiConfig> {
    let schemas = settings.list("db-schemas", "public");
    let default_schema = schemas.first().cloned().unwrap_or_default();
    let transaction_end = match settings.text("db-tx-end").as_deref() {
        None | Some("commit") => TransactionEnd { rolls_back: false, may_be_chosen: false },
        Some("commit-allow-override") => TransactionEnd { rolls_back: false, may_be_chosen: true },
        Some("rollback") => TransactionEnd { rolls_back: true, may_be_chosen: false },
        Some("rollback-allow-override") => TransactionEnd { rolls_back: true, may_be_chosen: true },
        Some(other) => bail!(
            "db-tx-end must be commit, commit-allow-override, rollback or rollback-allow-override: {other}"
        ),
    };
    Ok(DataApiConfig {
        extra_search_path: settings.list("db-extra-search-path", "public"),
        max_rows: settings.number("db-max-rows")?,
        aggregates: settings.is_on("db-aggregates-enabled", false)?,
        plans: settings.is_on("db-plan-enabled", false)?,
        pre_request: settings.text("db-pre-request").map(|name| function(&name, "")),
        root_function: settings.text("db-root-spec").map(|name| function(&name, &default_schema)),
        transaction_end,
        app_settings: settings.of_app(),
        roles,
        hoisted_settings: settings.list("db-hoisted-tx-settings", HOISTED),
        errors_have_details: match settings.text("client-error-verbosity").as_deref() {
            None | Some("verbose") => true,
            Some("minimal") => false,
            Some(other) => bail!("client-error-verbosity must be verbose or minimal: {other}"),
        },
        legacy_target_names: settings.is_on("url-use-legacy-target-names", true)?,
        timing: settings.is_on("server-timing-enabled", false)?,
        trace_header: settings
            .text("server-trace-header")
            .map(|name| HeaderName::from_bytes(name.as_bytes()).context("server-trace-header"))
            .transpose()?,
        logs_queries: match settings.text("log-query").as_deref() {
            None | Some("disabled" | "false") => false,
            Some("main-query" | "true") => true,
            Some(other) => bail!("log-query must be disabled or main-query: {other}"),
        },
        description: match settings.text("openapi-mode").as_deref() {
            None | Some("follow-privileges") => Description::FollowPrivileges,
            Some("ignore-privileges") => Description::IgnorePrivileges,
            Some("disabled") => Description::Disabled,
            Some(other) => bail!(
                "openapi-mode must be follow-privileges, ignore-privileges or disabled: {other}"
            ),
        },
        description_names_token: settings.is_on("openapi-security-active", false)?,
        public_url: public_url(settings)?,
        listens_at: match endpoint {
            Endpoint::Tcp { host, port, .. } => (host.clone(), *port),
            Endpoint::Unix { .. } => ("localhost".into(), 80),
        },
        schemas,
        ..DataApiConfig::default()
    })
}

/// Who may sign tokens.
pub fn authenticator(settings: &Settings) -> Result<Authenticator> {
    let keys = match settings.text_or_file("jwt-secret")? {
        None => TokenKeys::default(),
        Some(text) => {
            let bytes = if settings.is_on("jwt-secret-is-base64", false)? {
                from_base64(&text).context("jwt-secret is not base64")?
            } else {
                text.into_bytes()
            };
            TokenKeys::parse(&bytes).context("jwt-secret")?
        }
    };
    let role_claim: RoleClaim = match settings.text("jwt-role-claim-key") {
        Some(path) => path.parse().context("jwt-role-claim-key")?,
        None => RoleClaim::default(),
    };
    Ok(Authenticator::verifying(keys, settings.text("db-anon-role"))
        .for_audience(settings.text("jwt-aud"))
        .with_role_claim(role_claim)
        .with_cache(settings.number("jwt-cache-max-entries")?.unwrap_or(1000)))
}

/// Base64 of either alphabet, with or without padding.
fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(text).ok())
}

fn public_url(settings: &Settings) -> Result<Option<String>> {
    let Some(text) = settings.text("openapi-server-proxy-uri") else { return Ok(None) };
    let is_url = ["http://", "https://"]
        .iter()
        .any(|scheme| text.to_lowercase().starts_with(scheme) && text.len() > scheme.len());
    if !is_url {
        bail!("openapi-server-proxy-uri must be a URL such as https://example.com/api: {text}");
    }
    Ok(Some(text))
}

/// `schema.name` or `name`.
fn function(text: &str, default_schema: &str) -> QualifiedName {
    let unquoted = |part: &str| part.trim().trim_matches('"').to_owned();
    match text.split_once('.') {
        Some((schema, name)) => QualifiedName::new(unquoted(schema), unquoted(name)),
        None => QualifiedName::new(default_schema, unquoted(text)),
    }
}

/// PostgREST's marks for interfaces: `*` and `!` with 4 or 6.
fn interface(host: Option<String>) -> String {
    match host.as_deref() {
        None | Some("!4" | "*4") => "0.0.0.0".into(),
        Some("*" | "!6" | "*6") => "::".into(),
        Some(host) => host.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Result<ServeConfig> {
        let text = format!("db-uri = \"postgres://a:b@h/d\"\n{text}");
        ServeConfig::of(&Settings::of_file(&text).unwrap())
    }

    #[test]
    fn servers_listen_where_they_are_told_to() {
        let tcp = |host: &str, port| Endpoint::Tcp { host: host.into(), port, shares_port: false };
        for (text, expected) in [
            ("", tcp("0.0.0.0", 3000)),
            ("server-host = \"*6\"\nserver-port = 80", tcp("::", 80)),
            (
                "server-unix-socket = \"/run/api\"\nserver-unix-socket-mode = \"600\"",
                Endpoint::Unix { path: "/run/api".into(), mode: 0o600 },
            ),
        ] {
            assert_eq!(config(text).unwrap().listens_at, expected, "{text}");
        }
        for wrong in [
            "server-unix-socket = \"/run/api\"\nserver-unix-socket-mode = \"444\"",
            "admin-server-port = 3000",
            "log-level = loud",
        ] {
            assert!(config(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        let endpoint = Endpoint::Unix { path: "/run/api".into(), mode: 0o600 };
        for wrong in [
            "db-tx-end = sometimes",
            "openapi-mode = secret",
            "client-error-verbosity = loud",
            "openapi-server-proxy-uri = nowhere",
            "db-max-rows = many",
        ] {
            let settings = Settings::of_file(wrong).unwrap();
            assert!(data_api_config(&settings, &endpoint, HashMap::new()).is_err(), "{wrong}");
        }
        assert!(authenticator(&Settings::of_file("jwt-secret = short").unwrap()).is_err());
    }
}
