use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};
use tenantry_postgres::Distribution;

use super::HomeArgument;
use crate::home::Home;
use crate::platform::tell;
use crate::status::RunningStatus;

/// `tenantry psql`
#[derive(clap::Args)]
pub struct Psql {
    /// The application
    app: String,
    #[command(flatten)]
    home: HomeArgument,
    /// Whom to log in as
    #[arg(long, value_enum, default_value = "owner")]
    role: Role,
    /// Arguments for psql itself, after `--`
    #[arg(last = true)]
    arguments: Vec<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Role {
    /// Owns the objects
    Owner,
    /// The server's own login
    Server,
    /// Reads only, and no secrets
    Analyst,
    /// The server's administrator
    Admin,
}

impl Psql {
    pub async fn run(self) -> Result<()> {
        let home = Home::existing(&self.home.home)?;
        let Some(status) = RunningStatus::of_running(&home)? else {
            bail!("nothing runs on {}; start it with `tenantry up`", home.root().display());
        };
        let app = status.apps.get(&self.app).with_context(|| {
            let names: Vec<&str> = status.apps.keys().map(String::as_str).collect();
            format!("{} is not served; what is: {}", self.app, names.join(", "))
        })?;
        let dsn = match self.role {
            Role::Owner => app.dsn.owner.clone(),
            Role::Server => app.dsn.server.clone(),
            Role::Analyst => app.dsn.analyst.clone(),
            Role::Admin => {
                let dsn = app.admin_dsn.as_ref().or(status.admin_dsn.as_ref());
                let dsn = dsn.context("no administrator's DSN is known")?;
                dsn.parse::<tenantry_postgres::Address>()?.with_database(&self.app).url()
            }
        };
        let program = match status.postmaster_pid {
            Some(_) => Distribution::install(home.root(), &tell)?.program("psql"),
            None => "psql".into(),
        };
        // The password travels in the environment, where other users cannot read it.
        let address: tenantry_postgres::Address = dsn.parse()?;
        let mut command = Command::new(&program);
        if let Some(password) = &address.password {
            command.env("PGPASSWORD", password);
        }
        let without_password = address.with_login(&address.user, None);
        Err(command.arg(without_password.url()).args(&self.arguments).exec())
            .with_context(|| format!("{} could not be started", program.display()))
    }
}
