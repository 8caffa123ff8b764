use std::collections::HashMap;
use std::path::PathBuf;

use anyhow::{Context, Result};
use axum::middleware;
use tenantry_catalog::{Catalog, CatalogHandle};
use tenantry_data_api::DataApi;
use tenantry_postgres::admin::{self, Listener};
use tenantry_postgres::{Address, Database};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_postgres::Client;

use crate::commands::up::{start_log_at, stop_signal};
use crate::http;
use crate::listen::{self, Door};
use crate::platform::RECONNECT_PAUSE;
use crate::postgrest::admin_server::{self, Watched};
use crate::postgrest::database_settings;
use crate::postgrest::origins::{self, Origins};
use crate::postgrest::serve_config::{
    Endpoint, ServeConfig, authenticator, data_api_config, database_options,
};
use crate::postgrest::settings::Settings;
use crate::role_settings;

/// `tenantry serve`
#[derive(clap::Args)]
pub struct Serve {
    /// PostgREST's configuration file: `name = value` lines. Environment variables `PGRST_NAME` come
    /// before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Serve {
    pub async fn run(self) -> Result<()> {
        let settings = self.settings()?;
        let config = ServeConfig::of(&settings)?;
        start_log_at(false, &config.log_level);
        let database = Database::new(database_options(config.address.clone(), &settings)?);
        let catalog = CatalogHandle::default();
        let door = Door::open(&config.listens_at).await?;
        let endpoint = door.endpoint(&config.listens_at);
        let api_config = data_api_config(&settings, &endpoint, HashMap::new())?;
        let api =
            DataApi::new(api_config, authenticator(&settings)?, database.clone(), catalog.clone());
        let origins = Origins::default();
        let router = api
            .clone()
            .router()
            .layer(middleware::from_fn_with_state(origins.clone(), origins::allow));
        let stop = stop_signal()?;
        if let Some(endpoint) = &config.admin_listens_at {
            let door = Door::open(endpoint).await.context("the administration server")?;
            let watched = Watched { database: database.clone(), catalog: catalog.clone() };
            tokio::spawn(listen::serve(door, admin_server::router(watched), stop.clone()));
        }
        let ready = format!("ready  {door}");
        let current =
            Current { serve: self, config, endpoint, api, origins, database, catalog, settings };
        current.apply(&Settings::default(), HashMap::new())?;
        let connection = current.first_look().await;
        tokio::spawn(current.follow(connection, Signals::listen()?));
        println!("{ready}");
        listen::serve(door, http::surround(router, Vec::new(), false), stop).await;
        Ok(())
    }

    /// The settings of the file and the environment.
    fn settings(&self) -> Result<Settings> {
        let of_file = match &self.config {
            None => Settings::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .with_context(|| format!("the configuration {}", path.display()))?;
                Settings::of_file(&text).with_context(|| path.display().to_string())?
            }
        };
        Ok(of_file.overridden_by(Settings::of_environment(std::env::vars())))
    }
}

/// SIGUSR1 reads the schema again, SIGUSR2 the settings.
struct Signals {
    schema: Signal,
    settings: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        Ok(Signals {
            schema: signal(SignalKind::user_defined1())?,
            settings: signal(SignalKind::user_defined2())?,
        })
    }
}

/// What was asked to be read again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reload {
    Schema,
    Settings,
    Both,
}

impl Reload {
    /// What notifications ask for; those without a text ask for the schema.
    fn of(said: &[String]) -> Option<Self> {
        let settings = said.iter().any(|said| said == "reload config");
        let schema = said.iter().any(|said| said == "reload schema" || said.is_empty());
        match (settings, schema) {
            (true, true) => Some(Reload::Both),
            (true, false) => Some(Reload::Settings),
            (false, true) => Some(Reload::Schema),
            (false, false) => None,
        }
    }
}

/// A connection on which changes are heard, or only looked for.
enum Connection {
    Hearing(Listener),
    Deaf(Client),
}

impl Connection {
    async fn open(config: &ServeConfig) -> Result<Self, tokio_postgres::Error> {
        Ok(match &config.channel {
            Some(channel) => {
                Connection::Hearing(Listener::connect(&config.address, channel).await?)
            }
            None => Connection::Deaf(admin::connect(&config.address).await?),
        })
    }

    fn client(&self) -> &Client {
        match self {
            Connection::Hearing(listener) => listener.client(),
            Connection::Deaf(client) => client,
        }
    }

    /// What is to be read again; `None` when the connection ended.
    async fn asked(&mut self) -> Option<Reload> {
        match self {
            Connection::Hearing(listener) => loop {
                if let Some(reload) = Reload::of(&listener.notified().await?) {
                    return Some(reload);
                }
            },
            Connection::Deaf(client) => {
                while !client.is_closed() {
                    tokio::time::sleep(RECONNECT_PAUSE).await;
                }
                None
            }
        }
    }
}

/// Keeps schema and settings as they are in the database.
struct Current {
    serve: Serve,
    config: ServeConfig,
    endpoint: Endpoint,
    api: DataApi,
    origins: Origins,
    database: Database,
    catalog: CatalogHandle,
    /// Of the file and the environment.
    settings: Settings,
}

impl Current {
    /// Everything for the first time. A database that is not there yet is waited for later.
    async fn first_look(&self) -> Option<Connection> {
        let connection = match Connection::open(&self.config).await {
            Ok(connection) => connection,
            Err(error) => {
                let error = tenantry_postgres::provision::describe(&error);
                tracing::error!(%error, "the database does not answer; trying again");
                return None;
            }
        };
        self.read_all(connection.client()).await.then_some(connection)
    }

    /// Follows changes for as long as the program runs.
    async fn follow(mut self, mut connection: Option<Connection>, mut signals: Signals) {
        loop {
            let Some(current) = &mut connection else {
                tokio::time::sleep(RECONNECT_PAUSE).await;
                connection = self.first_look().await;
                continue;
            };
            let reload = tokio::select! {
                asked = current.asked() => asked,
                _ = signals.schema.recv() => Some(Reload::Schema),
                _ = signals.settings.recv() => Some(Reload::Settings),
            };
            match reload {
                // After a lost connection something may have changed unheard.
                None => connection = None,
                Some(reload) => {
                    let schemas = self.api.schemas();
                    if reload != Reload::Schema {
                        self.reload_settings(current.client()).await;
                    }
                    if reload != Reload::Settings || schemas != self.api.schemas() {
                        self.read_catalog(current.client()).await;
                    }
                }
            }
        }
    }

    async fn read_all(&self, client: &Client) -> bool {
        self.read_settings(client).await && self.read_catalog(client).await
    }

    /// Reads the file again, then what the database says.
    async fn reload_settings(&mut self, client: &Client) {
        match self.serve.settings() {
            Ok(settings) => self.settings = settings,
            Err(error) => {
                tracing::error!(error = %format!("{error:#}"), "the settings could not be read; the old ones stay");
                return;
            }
        }
        self.read_settings(client).await;
    }

    /// The settings that the database makes, on top of the others.
    async fn read_settings(&self, client: &Client) -> bool {
        let read = async {
            let roles = role_settings::read(client, None).await?;
            let settings = if self.config.asks_database {
                of_database(&self.config.address, &self.config).await?
            } else {
                Settings::default()
            };
            Ok::<_, tokio_postgres::Error>((settings, roles))
        };
        let outcome = match read.await {
            Ok((settings, roles)) => self.apply(&settings, roles),
            Err(error) => Err(anyhow::anyhow!(tenantry_postgres::provision::describe(&error))),
        };
        if let Err(error) = &outcome {
            tracing::error!(error = %format!("{error:#}"), "the settings could not be read; the old ones stay");
        } else {
            tracing::info!("the settings were read");
        }
        outcome.is_ok()
    }

    fn apply(
        &self,
        of_database: &Settings,
        roles: HashMap<String, tenantry_data_api::RoleSettings>,
    ) -> Result<()> {
        let settings = self.settings.clone().overridden_by(of_database.clone());
        let config = data_api_config(&settings, &self.endpoint, roles)?;
        let authenticator = authenticator(&settings)?;
        self.origins.replace(settings.list("server-cors-allowed-origins", ""));
        self.api.reconfigure(config, authenticator);
        Ok(())
    }

    async fn read_catalog(&self, client: &Client) -> bool {
        match Catalog::read(client, &self.api.schemas()).await {
            Ok(fresh) => {
                self.catalog.replace(fresh);
                self.database.schema_changed();
                tracing::info!("the schema was read");
                true
            }
            Err(error) => {
                tracing::error!(%error, "the schema could not be read; the old one stays");
                false
            }
        }
    }
}

/// In a session of its own: the login's settings are made when it begins.
async fn of_database(
    address: &Address,
    config: &ServeConfig,
) -> Result<Settings, tokio_postgres::Error> {
    let mut client = admin::connect(address).await?;
    database_settings::read(&mut client, config.pre_config.as_ref()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notifications_say_what_changed() {
        for (said, expected) in [
            (vec!["reload schema"], Some(Reload::Schema)),
            (vec![""], Some(Reload::Schema)),
            (vec!["reload config"], Some(Reload::Settings)),
            (vec!["reload config", "reload schema"], Some(Reload::Both)),
            (vec!["something else"], None),
        ] {
            let said: Vec<String> = said.into_iter().map(str::to_owned).collect();
            assert_eq!(Reload::of(&said), expected, "{said:?}");
        }
    }
}
