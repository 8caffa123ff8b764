//! One file per command.

pub mod admin;
pub mod doctor;
pub mod keys;
pub mod mail;
pub mod migrate;
pub mod person;
pub mod psql;
pub mod seed;
pub mod serve;
pub mod status;
pub mod types;
pub mod up;

use std::path::PathBuf;

/// Where the data is, for every command that works on a home.
#[derive(clap::Args)]
pub struct HomeArgument {
    /// The folder that holds PostgreSQL, its data, keys and logs
    #[arg(
        long,
        value_name = "DIR",
        default_value = ".tenantry",
        env = "TENANTRY_HOME",
        global = true
    )]
    pub home: PathBuf,
}

/// Which PostgreSQL is used instead of the embedded one.
#[derive(clap::Args, Clone)]
pub struct ServerArgument {
    /// Use an existing PostgreSQL (15 or later) instead of the embedded one: a URL with a login that
    /// may make roles and databases
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true, global = true)]
    pub database_url: Option<String>,
    /// The same for one application, as NAME=URL; the environment's DATABASE_URL_<NAME> does too
    #[arg(long = "app-database-url", value_name = "NAME=URL", value_parser = name_and_url, global = true)]
    pub app_database_urls: Vec<(String, String)>,
}

fn name_and_url(text: &str) -> Result<(String, String), String> {
    let (name, url) = text.split_once('=').ok_or("expected NAME=URL")?;
    Ok((name.to_owned(), url.to_owned()))
}

/// Which applications are meant.
#[derive(clap::Args)]
pub struct AppArguments {
    /// Only these of the applications that ship with tenantry; "" for none of them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub apps: Option<Vec<String>>,
    /// An application folder of your own, served beside them; may be given several times
    #[arg(long = "app", value_name = "PATH")]
    pub folders: Vec<PathBuf>,
}
