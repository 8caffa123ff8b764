//! A home with its PostgreSQL: started by this program, joined where another runs, or elsewhere by
//! URL. Brings an application from nothing to a database that can be served.

use std::time::Duration;

use anyhow::{Context, Result};
use tenantry_app::{App, owner_role};
use tenantry_auth::binding;
use tenantry_migrate::{Migrator, Revisions, SourceFile, Target};
use tenantry_postgres::{Address, Distribution, EmbeddedServer, SUPERUSER, admin, provision};
use tokio_postgres::Client;

use crate::commands::ServerArgument;
use crate::home::{Home, HomeLock};
use crate::secrets::Secrets;
use crate::status::{Dsns, RunningStatus};

/// A home and the server behind it.
pub struct Platform {
    /// The folder.
    pub home: Home,
    /// Its passwords and keys.
    pub secrets: Secrets,
    server: Server,
    _lock: Option<HomeLock>,
}

enum Server {
    /// Our own child.
    Embedded(EmbeddedServer),
    /// Somebody else's, or another program's child.
    At(Address),
}

/// Says what takes time: on a terminal or in a log, one line each.
pub fn tell(message: &str) {
    eprintln!("tenantry: {message}");
}

impl Platform {
    /// Takes the home and starts its server, for a program that stays.
    pub async fn start(home: Home, server: &ServerArgument) -> Result<Self> {
        let lock = home.lock()?;
        let mut secrets = Secrets::load(&home)?;
        let server = match &server.database_url {
            Some(url) => Server::At(url.parse()?),
            None => {
                let distribution = Distribution::install(home.root(), &tell)?;
                let embedded =
                    EmbeddedServer::start(home.root(), &distribution, secrets.postgres_port, &tell)
                        .await?;
                secrets.postgres_port = Some(embedded.port());
                Server::Embedded(embedded)
            }
        };
        let platform = Platform { home, secrets, server, _lock: Some(lock) };
        platform.secrets.save(&platform.home)?;
        platform.prepare_server().await?;
        Ok(platform)
    }

    /// The home for the time of one command: joins the program that runs on it, if one does.
    pub async fn join_or_start(home: Home, server: &ServerArgument) -> Result<Self> {
        match RunningStatus::of_running(&home)? {
            Some(running) => {
                let secrets = Secrets::load(&home)?;
                let address = running.admin_dsn.parse()?;
                Ok(Platform { home, secrets, server: Server::At(address), _lock: None })
            }
            None => Platform::start(home, server).await,
        }
    }

    /// Returns when the embedded server ended by itself; never for a server by URL.
    pub async fn server_ended(&mut self) {
        match &mut self.server {
            Server::Embedded(server) => server.ended().await,
            Server::At(_) => std::future::pending().await,
        }
    }

    /// Stops what this program started.
    pub async fn stop(self) {
        if let Server::Embedded(server) = self.server {
            server.stop().await;
        }
    }

    /// The embedded server's process id.
    pub fn postmaster_pid(&self) -> Option<i32> {
        match &self.server {
            Server::Embedded(server) => Some(server.postmaster_pid()),
            Server::At(_) => None,
        }
    }

    /// How this program itself reaches the server, as its administrator.
    pub fn admin_address(&self) -> Address {
        match &self.server {
            Server::Embedded(server) => server.address().clone(),
            Server::At(address) => address.clone(),
        }
    }

    /// How any driver reaches the server as its administrator.
    pub fn admin_dsn(&self) -> String {
        self.dsn_address(None).url()
    }

    /// How requests reach an application's database.
    pub fn request_address(&self, app: &str, server_password: &str) -> Address {
        let login = format!("{app}_server");
        let address = match &self.server {
            // Peer login: no password is asked on the socket.
            Server::Embedded(server) => server.address().with_login(&login, None),
            Server::At(address) => address.with_login(&login, Some(server_password)),
        };
        address.with_database(app)
    }

    /// The DSNs of an application's logins, as printed for other drivers.
    pub fn dsns(&mut self, app: &str) -> Result<Dsns> {
        let secrets = self.secrets.app(app)?;
        let dsn = |role: &str, password: &str| {
            self.dsn_address(Some((&format!("{app}_{role}"), password))).with_database(app).url()
        };
        Ok(Dsns {
            owner: dsn("owner", &secrets.owner_password),
            server: dsn("server", &secrets.server_password),
            analyst: dsn("analyst", &secrets.analyst_password),
        })
    }

    fn dsn_address(&self, login: Option<(&str, &str)>) -> Address {
        match (&self.server, login) {
            (Server::Embedded(server), Some((user, password))) => {
                server.loopback_address(user, password)
            }
            (Server::Embedded(server), None) => {
                server.loopback_address(SUPERUSER, &self.secrets.superuser_password)
            }
            (Server::At(address), Some((user, password))) => {
                address.with_login(user, Some(password))
            }
            (Server::At(address), None) => address.clone(),
        }
    }

    /// An administrator's connection to an application's database.
    pub async fn admin_client(&self, app: &str) -> Result<Client> {
        let address = self.admin_address().with_database(app);
        admin::connect(&address).await.map_err(|error| {
            anyhow::anyhow!("the database {app} cannot be reached: {}", provision::describe(&error))
        })
    }

    async fn prepare_server(&self) -> Result<()> {
        let client = admin::connect(&self.admin_address()).await.map_err(|error| {
            anyhow::anyhow!("PostgreSQL cannot be reached: {}", provision::describe(&error))
        })?;
        provision::provision_cluster(&client).await?;
        if let Server::Embedded(_) = self.server {
            provision::ensure_superuser_password(
                &client,
                SUPERUSER,
                &self.secrets.superuser_password,
            )
            .await?;
        }
        Ok(())
    }

    /// Makes the application's logins, database, extensions and the schema `auth`. Safe to repeat.
    pub async fn prepare_database(&mut self, app: &App) -> Result<()> {
        let name = app.name().to_owned();
        let secrets = self.secrets.app(&name)?;
        // Kept before they are used: a crash in between must not lock anybody out.
        self.secrets.save(&self.home)?;
        let client = admin::connect(&self.admin_address()).await.map_err(|error| {
            anyhow::anyhow!("PostgreSQL cannot be reached: {}", provision::describe(&error))
        })?;
        let roles = provision::AppRoles {
            app: &name,
            owner_password: &secrets.owner_password,
            server_password: &secrets.server_password,
            analyst_password: &secrets.analyst_password,
        };
        provision::provision_app(&client, &roles)
            .await
            .with_context(|| format!("the database of {name}"))?;
        let mut client = self.admin_client(&name).await?;
        provision::provision_extensions(&client)
            .await
            .with_context(|| format!("the database of {name}"))?;
        Platform::auth_migrator(app)?
            .up(&mut client, &Target::Head)
            .await
            .with_context(|| format!("the schema auth of {name}"))?;
        Ok(())
    }

    fn auth_migrator(app: &App) -> Result<Migrator> {
        let files = tenantry_auth::migrations()
            .into_iter()
            .map(|(path, text)| SourceFile { path: path.into(), text: text.into() });
        Ok(Migrator::new("auth", Some(&owner_role(app.name())), Revisions::parse(files)?))
    }

    /// Moves an application along its own revisions.
    pub fn migrator(app: &App) -> Result<Migrator> {
        let files = app.migrations()?.into_iter().map(|(path, text)| SourceFile { path, text });
        Ok(Migrator::new("app", Some(&owner_role(app.name())), Revisions::parse(files)?))
    }

    /// Everything an application needs before it is served: database, revisions, bindings, seeds.
    pub async fn bring_up(&mut self, app: &App) -> Result<()> {
        self.prepare_database(app).await?;
        let mut client = self.admin_client(app.name()).await?;
        let migrator = Platform::migrator(app)?;
        let applied = migrator
            .up(&mut client, &Target::Head)
            .await
            .with_context(|| format!("the migrations of {}", app.name()))?;
        bind(&client, app).await?;
        crate::commands::seed::load_seeds(&mut client, app).await?;
        if !applied.is_empty() {
            announce_schema_change(&client).await?;
        }
        Ok(())
    }
}

/// Binds the capabilities to the application's tables, after checking that these exist.
pub async fn bind(client: &Client, app: &App) -> Result<()> {
    Ok(binding::install(client, &owner_role(app.name()), app).await?)
}

/// Tells every program that serves this database to read its catalog again.
pub async fn announce_schema_change(client: &Client) -> Result<()> {
    Ok(client.batch_execute("notify pgrst, 'reload schema'").await?)
}

/// How long a program waits before it looks for a lost server again.
pub const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
