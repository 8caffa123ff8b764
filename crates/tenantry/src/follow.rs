//! Keeps what the program knows of an application's database as it is there.

use tenantry_caller::Authenticator;
use tenantry_catalog::{Catalog, CatalogHandle};
use tenantry_data_api::{DataApi, DataApiConfig};
use tenantry_postgres::{Address, Database, admin};
use tokio_postgres::Client;

use crate::platform::RECONNECT_PAUSE;
use crate::role_settings;

/// An application whose schema and roles are followed.
pub struct Followed {
    pub app: String,
    /// The login that requests come with.
    pub login: String,
    pub config: DataApiConfig,
    pub authenticator: Authenticator,
    pub data_api: DataApi,
    pub catalog: CatalogHandle,
    pub database: Database,
}

impl Followed {
    /// Reads everything again whenever somebody says `notify pgrst`, as migrations do.
    pub async fn follow(self, address: Address) {
        let app = &*self.app;
        // After a lost connection something may have changed unheard, so everything is read again.
        let mut missed = false;
        loop {
            match admin::Listener::connect(&address, "pgrst").await {
                Ok(mut listener) => {
                    if missed {
                        self.read(listener.client()).await;
                    }
                    while listener.notified().await.is_some() {
                        self.read(listener.client()).await;
                    }
                }
                Err(error) => tracing::debug!(app, %error, "nobody can be listened to"),
            }
            missed = true;
            tokio::time::sleep(RECONNECT_PAUSE).await;
        }
    }

    async fn read(&self, client: &Client) {
        let app = &*self.app;
        match role_settings::read(client, Some(&self.login)).await {
            Ok(roles) => {
                let config = DataApiConfig { roles, ..self.config.clone() };
                self.data_api.reconfigure(config, self.authenticator.clone());
            }
            Err(error) => {
                tracing::error!(app, %error, "the roles could not be read; the old settings stay")
            }
        }
        match Catalog::read(client, &self.config.schemas).await {
            Ok(fresh) => {
                self.catalog.replace(fresh);
                self.database.schema_changed();
                tracing::info!(app, "the schema was read again");
            }
            Err(error) => {
                tracing::error!(app, %error, "the schema could not be read; the old one stays")
            }
        }
    }
}
