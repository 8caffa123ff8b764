//! The program `tenantry`: commands and wiring, nothing else.

mod apps;
mod commands;
mod erasures;
mod follow;
mod follow_keys;
mod home;
mod hosts;
mod http;
mod identity_watch;
mod lenient;
mod listen;
mod mail_office;
mod open_app;
mod person_rights;
mod platform;
mod postgrest;
mod role_settings;
mod secrets;
mod settings;
mod status;
mod typescript;

use std::num::NonZero;

use clap::{Parser, Subcommand};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Makes a database's design document run, and proves that it does.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start PostgreSQL and serve the applications, in the foreground
    Up(commands::up::Up),
    /// Serve an existing database, configured by a PostgREST configuration file
    Serve(commands::serve::Serve),
    /// Say what runs on a home: URLs, keys, DSNs
    Status(commands::status::Status),
    /// Open psql on an application's database
    Psql(commands::psql::Psql),
    /// Move an application's database up and down its revisions
    Migrate(commands::migrate::Migrate),
    /// Export or erase a person, with all that an application holds about them
    Person(commands::person::Person),
    /// Load an application's seed data, or its demo data
    Seed(commands::seed::Seed),
    /// List, make, revoke and rotate an application's keys
    Keys(commands::keys::Keys),
    /// Print the types of an application's schema, for typed clients
    Types(commands::types::Types),
    /// Read the mail that stayed in a home, or say how mail stands
    Mail(commands::mail::Mail),
    /// Make somebody the administrator of an application
    Admin(commands::admin::Admin),
    /// Say what is wrong with this machine or a home, and how to mend it
    Doctor(commands::doctor::Doctor),
}

/// The exit code for a command that could not do its work; clap uses 2 for one used wrongly.
const FAILED: u8 = 1;

fn main() -> std::process::ExitCode {
    let command = Arguments::parse().command;
    // The runtime's main future stays on the main thread, where the embedded server has to be started.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(worker_threads())
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(command)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tenantry: {error:#}");
            std::process::ExitCode::from(FAILED)
        }
    }
}

/// Half of the cores: PostgreSQL, which does more of the work, has the others, and requests that
/// meet on one thread reach it in larger batches. `TOKIO_WORKER_THREADS` overrules it.
fn worker_threads() -> usize {
    let told = std::env::var("TOKIO_WORKER_THREADS").ok().and_then(|text| text.parse().ok());
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    told.filter(|threads| *threads > 0).unwrap_or(cores.div_ceil(2))
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Up(command) => command.run().await,
        Command::Serve(command) => command.run().await,
        Command::Status(command) => command.run(),
        Command::Psql(command) => command.run().await,
        Command::Migrate(command) => command.run().await,
        Command::Person(command) => command.run().await,
        Command::Seed(command) => command.run().await,
        Command::Keys(command) => command.run().await,
        Command::Types(command) => command.run().await,
        Command::Mail(command) => command.run().await,
        Command::Admin(command) => command.run().await,
        Command::Doctor(command) => command.run(),
    }
}
