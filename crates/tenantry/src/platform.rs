//! A home with its PostgreSQL: started by this program, joined where another runs, or elsewhere by
//! URL. Brings an application from nothing to a database that can be served.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use tenantry_app::{App, owner_role};
use tenantry_auth::binding;
use tenantry_auth::keys::KeyChanges;
use tenantry_mail::install_stored_templates;
use tenantry_migrate::{Migrator, Revisions, SourceFile, Target};
use tenantry_postgres::{Address, Distribution, EmbeddedServer, SUPERUSER, admin, provision};
use tokio_postgres::Client;

use crate::commands::ServerArgument;
use crate::home::{Home, HomeLock};
use crate::secrets::Secrets;
use crate::status::{Dsns, RunningStatus};

/// A home and the servers behind it.
pub struct Platform {
    /// The folder.
    pub home: Home,
    /// Its passwords and keys.
    pub secrets: Secrets,
    server: Server,
    /// Applications whose databases are on servers of their own.
    elsewhere: BTreeMap<String, Server>,
    _lock: Option<HomeLock>,
}

enum Server {
    /// Our own child.
    Embedded(EmbeddedServer),
    /// Somebody else's, or another program's child.
    At(Address),
    /// Every application is on a server of its own.
    None,
}

impl Server {
    /// How this program reaches it, as its administrator.
    fn own_address(&self) -> Result<Address> {
        match self {
            Server::Embedded(server) => Ok(server.address().clone()),
            Server::At(address) => Ok(address.clone()),
            Server::None => bail!("there is no server for this application"),
        }
    }

    async fn connect(&self) -> Result<Client> {
        admin::connect(&self.own_address()?).await.map_err(|error| {
            anyhow::anyhow!("PostgreSQL cannot be reached: {}", provision::describe(&error))
        })
    }

    fn admin_dsn(&self, secrets: &Secrets) -> Option<String> {
        match self {
            Server::Embedded(server) => {
                Some(server.loopback_address(SUPERUSER, &secrets.superuser_password).url())
            }
            Server::At(address) => Some(address.url()),
            Server::None => None,
        }
    }
}

/// The applications that `DATABASE_URL_<NAME>` puts on servers of their own.
fn elsewhere(argument: &ServerArgument, apps: &[&str]) -> Result<BTreeMap<String, Server>> {
    let mut servers = BTreeMap::new();
    for (name, url) in &argument.app_database_urls {
        if apps.contains(&name.as_str()) {
            servers.insert(name.clone(), Server::At(url.parse()?));
        }
    }
    for app in apps {
        let variable = format!("DATABASE_URL_{}", app.to_uppercase());
        if let Ok(url) = std::env::var(&variable) {
            let address = url.parse().with_context(|| variable.clone())?;
            servers.entry((*app).to_owned()).or_insert(Server::At(address));
        }
    }
    Ok(servers)
}

/// Says what takes time: on a terminal or in a log, one line each.
pub fn tell(message: &str) {
    eprintln!("tenantry: {message}");
}

impl Platform {
    /// Takes the home and starts the server of these applications, for a program that stays.
    pub async fn start(home: Home, argument: &ServerArgument, apps: &[&str]) -> Result<Self> {
        let lock = home.lock()?;
        let mut secrets = Secrets::load(&home)?;
        let elsewhere = elsewhere(argument, apps)?;
        let server = match &argument.database_url {
            Some(url) => Server::At(url.parse()?),
            None if elsewhere.len() == apps.len() => Server::None,
            None => {
                let distribution = Distribution::install(home.root(), &tell)?;
                let embedded =
                    EmbeddedServer::start(home.root(), &distribution, secrets.postgres_port, &tell)
                        .await?;
                secrets.postgres_port = Some(embedded.port());
                Server::Embedded(embedded)
            }
        };
        let platform = Platform { home, secrets, server, elsewhere, _lock: Some(lock) };
        platform.secrets.save(&platform.home)?;
        for server in platform.elsewhere.values().chain([&platform.server]) {
            platform.prepare_server(server).await?;
        }
        Ok(platform)
    }

    /// The home for the time of one command: joins the program that runs on it, if one does.
    pub async fn join_or_start(home: Home, argument: &ServerArgument, app: &str) -> Result<Self> {
        let Some(running) = RunningStatus::of_running(&home)? else {
            return Platform::start(home, argument, &[app]).await;
        };
        let own = running.apps.get(app).and_then(|status| status.admin_dsn.clone());
        let dsn =
            own.or(running.admin_dsn).context("the running program has no server of its own")?;
        let secrets = Secrets::load(&home)?;
        let server = Server::At(dsn.parse()?);
        Ok(Platform { home, secrets, server, elsewhere: BTreeMap::new(), _lock: None })
    }

    fn server_of(&self, app: &str) -> &Server {
        self.elsewhere.get(app).unwrap_or(&self.server)
    }

    /// Returns when the embedded server ended by itself; never for a server by URL.
    pub async fn server_ended(&mut self) {
        match &mut self.server {
            Server::Embedded(server) => server.ended().await,
            Server::At(_) | Server::None => std::future::pending().await,
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
            Server::At(_) | Server::None => None,
        }
    }

    /// How this program itself reaches an application's database, as its server's administrator.
    pub fn admin_address(&self, app: &str) -> Result<Address> {
        Ok(self.server_of(app).own_address()?.with_database(app))
    }

    /// How any driver reaches the home's server as its administrator.
    pub fn admin_dsn(&self) -> Option<String> {
        self.server.admin_dsn(&self.secrets)
    }

    /// The same for an application that is on a server of its own.
    pub fn own_admin_dsn(&self, app: &str) -> Option<String> {
        self.elsewhere.get(app)?.admin_dsn(&self.secrets)
    }

    /// How requests reach an application's database.
    pub fn request_address(&self, app: &str, server_password: &str) -> Result<Address> {
        let server = self.server_of(app);
        // Peer login: no password is asked on the embedded server's socket.
        let password = (!matches!(server, Server::Embedded(_))).then_some(server_password);
        Ok(server.own_address()?.with_login(&format!("{app}_server"), password).with_database(app))
    }

    /// The DSNs of an application's logins, as printed for other drivers.
    pub fn dsns(&mut self, app: &str) -> Result<Dsns> {
        let secrets = self.secrets.app(app)?;
        let server = self.server_of(app);
        let dsn = |role: &str, password: &str| -> Result<String> {
            let address = match server {
                Server::Embedded(server) => {
                    server.loopback_address(&format!("{app}_{role}"), password)
                }
                other => other.own_address()?.with_login(&format!("{app}_{role}"), Some(password)),
            };
            Ok(address.with_database(app).url())
        };
        Ok(Dsns {
            owner: dsn("owner", &secrets.owner_password)?,
            server: dsn("server", &secrets.server_password)?,
            analyst: dsn("analyst", &secrets.analyst_password)?,
        })
    }

    /// An administrator's connection to an application's database.
    pub async fn admin_client(&self, app: &str) -> Result<Client> {
        admin::connect(&self.admin_address(app)?).await.map_err(|error| {
            anyhow::anyhow!("the database {app} cannot be reached: {}", provision::describe(&error))
        })
    }

    async fn prepare_server(&self, server: &Server) -> Result<()> {
        if matches!(server, Server::None) {
            return Ok(());
        }
        let client = server.connect().await?;
        provision::provision_cluster(&client).await?;
        if let Server::Embedded(_) = server {
            let password = &self.secrets.superuser_password;
            provision::ensure_superuser_password(&client, SUPERUSER, password).await?;
        }
        Ok(())
    }

    /// Makes the application's logins, database, extensions and the schema `auth`. Safe to repeat.
    pub async fn prepare_database(&mut self, app: &App) -> Result<()> {
        let name = app.name().to_owned();
        let secrets = self.secrets.app(&name)?;
        // Kept before they are used: a crash in between must not lock anybody out.
        self.secrets.save(&self.home)?;
        let client = self.server_of(&name).connect().await?;
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
        let missing = provision::provision_extensions(&client)
            .await
            .with_context(|| format!("the database of {name}"))?;
        for extension in missing {
            tell(&format!(
                "{name}: the server has no extension {extension}; what needs it will fail"
            ));
        }
        self.admit_server_login(&name, &secrets.server_password).await?;
        Platform::auth_migrator(app)?
            .up(&mut client, &Target::Head)
            .await
            .with_context(|| format!("the schema auth of {name}"))?;
        Ok(())
    }

    /// On a server by URL the logins may be older than this home: its passwords count.
    async fn admit_server_login(&self, app: &str, password: &str) -> Result<()> {
        let address = self.request_address(app, password)?;
        match admin::connect(&address).await {
            Err(error) if error.code().is_some_and(|code| code.code() == "28P01") => {
                let client = self.server_of(app).connect().await?;
                let secrets = self.secrets.clone().app(app)?;
                for (role, password) in [
                    ("owner", &secrets.owner_password),
                    ("server", &secrets.server_password),
                    ("analyst", &secrets.analyst_password),
                ] {
                    provision::set_password(&client, &format!("{app}_{role}"), password).await?;
                }
                Ok(())
            }
            Err(error) => Err(anyhow::anyhow!(
                "{app}_server cannot log in to the database {app}: {}",
                provision::describe(&error)
            )),
            Ok(_) => Ok(()),
        }
    }

    /// Makes the application's keys, in its database and in the home, and lets both agree. Safe to
    /// repeat.
    pub async fn prepare_keys(&mut self, app: &str) -> Result<()> {
        let secrets = self.secrets.app(app)?;
        let seal = secrets.seal()?;
        let mut client = self.admin_client(app).await?;
        let changes = KeyChanges::begin(&mut client, &owner_role(app), &seal).await?;
        let keys = secrets.keys().settle(&changes).await?;
        self.secrets.set_keys(app, keys)?;
        // Kept before the database knows them, for nobody else does.
        self.secrets.save(&self.home)?;
        Ok(changes.commit().await?)
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
        self.prepare_keys(app.name()).await?;
        let mut client = self.admin_client(app.name()).await?;
        let migrator = Platform::migrator(app)?;
        let applied = migrator
            .up(&mut client, &Target::Head)
            .await
            .with_context(|| format!("the migrations of {}", app.name()))?;
        bind(&mut client, app).await?;
        crate::commands::seed::load_seeds(&mut client, app).await?;
        if !applied.is_empty() {
            announce_schema_change(&client).await?;
        }
        Ok(())
    }
}

/// Binds the capabilities to the application's tables, after checking that these exist.
pub async fn bind(client: &mut Client, app: &App) -> Result<()> {
    let owner = owner_role(app.name());
    binding::install(client, &owner, app).await?;
    Ok(install_stored_templates(client, &owner, app.manifest()).await?)
}

/// Tells every program that serves this database to read its catalog again.
pub async fn announce_schema_change(client: &Client) -> Result<()> {
    Ok(client.batch_execute("notify pgrst, 'reload schema'").await?)
}

/// How long a program waits before it looks for a lost server again.
pub const RECONNECT_PAUSE: Duration = Duration::from_secs(1);
