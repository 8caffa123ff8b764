//! Opens one application for requests.

use std::sync::Arc;

use anyhow::Result;
use tenantry_app::App;
use tenantry_auth::alerts::SecurityAlerts;
use tenantry_auth::{AuthApi, AuthConfig, personal_keys};
use tenantry_catalog::{Catalog, CatalogHandle};
use tenantry_data_api::{DataApi, DataApiConfig, TransactionEnd};
use tenantry_postgres::{Database, DatabaseOptions};
use tokio::sync::Semaphore;

use crate::follow::Followed;
use crate::follow_keys::FollowedKeys;
use crate::http::AppRoutes;
use crate::identity_watch::IdentityWatch;
use crate::person_rights::OwnersRights;
use crate::platform::Platform;
use crate::role_settings;
use crate::settings::Settings;
use crate::status::AppStatus;

/// Opens one application for requests: its catalog, its pools, its routers.
pub async fn open_app(
    platform: &mut Platform,
    settings: &Settings,
    app: &App,
    url: &str,
    sockets: Arc<Semaphore>,
) -> Result<(AppRoutes, AppStatus)> {
    let name = app.name().to_owned();
    let secrets = platform.secrets.app(&name)?;
    let manifest = app.manifest();
    let schemas: Vec<String> = manifest.schema_names().map(str::to_owned).collect();
    let app_url = format!("{url}/{name}");
    let app_settings = settings.app(&name);
    let public_url = match &app_settings.public_url {
        Some(public_url) => public_url.trim_end_matches('/').to_owned(),
        None => app_url.clone(),
    };
    let address = platform.request_address(&name, &secrets.server_password)?;
    let login = address.user.clone();
    let database = Database::new(DatabaseOptions::new(address, sockets));
    let client = platform.admin_client(&name).await?;
    let catalog = CatalogHandle::new(Catalog::read(&client, &schemas).await?);
    let config = DataApiConfig {
        schemas,
        extra_search_path: manifest.extra_search_path.clone(),
        public_is_default: true,
        transaction_end: TransactionEnd { rolls_back: false, may_be_chosen: true },
        roles: role_settings::read(&client, Some(&login)).await?,
        public_url: Some(format!("{public_url}/rest/v1")),
        ..DataApiConfig::default()
    };
    let keys = FollowedKeys {
        app: name.clone(),
        address: platform.request_address(&name, &secrets.server_password)?,
        seal: secrets.seal()?,
        accepts_shared_secret: app_settings.auth.accept_shared_secret,
    };
    let bound_keys = manifest.identity.as_ref().and_then(|identity| identity.api_keys.as_ref());
    let personal_prefix = bound_keys.map_or(format!("{name}_"), |keys| keys.prefix.clone());
    let authenticator = keys
        .follow(&client)
        .await?
        .with_personal_keys(&personal_prefix, personal_keys(database.clone()));
    let watch = IdentityWatch {
        app: name.clone(),
        address: platform.request_address(&name, &secrets.server_password)?,
        ended: authenticator.ended_sessions().clone(),
        token_seconds: app_settings.auth.access_token_seconds,
        alerts: SecurityAlerts {
            seal: secrets.seal()?,
            site_url: app_settings.site_url.clone().unwrap_or_else(|| url.to_owned()),
            contact: app_settings.security_contact.clone(),
        },
    };
    watch.follow(&client).await?;
    let data_api =
        DataApi::new(config.clone(), authenticator.clone(), database.clone(), catalog.clone());
    let followed = Followed {
        app: name.clone(),
        login,
        config,
        authenticator: authenticator.clone(),
        data_api: data_api.clone(),
        catalog,
        database: database.clone(),
    };
    tokio::spawn(followed.follow(platform.admin_address(&name)?));
    let mut auth_config = AuthConfig::new(
        format!("{public_url}/auth/v1"),
        app_settings.site_url.as_deref().unwrap_or(url),
    );
    auth_config.redirect_urls = app_settings.redirect_urls;
    auth_config.mail_leaves = settings.mail.smtp_url.is_some();
    auth_config.settings = app_settings.auth;
    auth_config.personal_key_prefix = bound_keys.is_none().then_some(personal_prefix);
    if let Some(identity) = &manifest.identity {
        auth_config.password_algorithm = identity.options.password_algorithm;
    }
    let rights = OwnersRights::new(
        app.clone(),
        platform.admin_address(&name)?,
        platform.home.erasures(&name)?,
    );
    let auth = AuthApi::new(auth_config, authenticator, secrets.seal()?, database.clone())
        .with_person_rights(rights)
        .router();
    let status = AppStatus {
        url: app_url,
        anon_key: secrets.anon_key,
        service_key: secrets.service_key,
        publishable_key: secrets.publishable_key,
        secret_key: secrets.secret_key,
        jwt_secret: secrets.jwt_secret,
        dsn: platform.dsns(&name)?,
        admin_dsn: platform.own_admin_dsn(&name),
    };
    let mut hostnames = app_settings.hostnames;
    hostnames.push(format!("{name}.localhost"));
    let routes = AppRoutes { name, hostnames, data_api: data_api.router(), auth, database };
    Ok((routes, status))
}
