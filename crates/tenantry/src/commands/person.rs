use std::io::{IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use tenantry_app::{App, TableName};
use tenantry_person::{Choices, Erasure, Outcome, Who};
use tokio_postgres::Client;

use super::{HomeArgument, ServerArgument};
use crate::apps;
use crate::erasures::Erasures;
use crate::home::Home;
use crate::platform::Platform;

/// `tenantry person`
#[derive(clap::Args)]
pub struct Person {
    /// The application: one that ships, or the path of its folder
    app: String,
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    home: HomeArgument,
    #[command(flatten)]
    server: ServerArgument,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Print everything that the application holds about somebody, as JSON
    Export {
        /// The person: id, e-mail address, username or telephone number
        user: String,
        /// Write to this file, which only you may read
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Erase somebody, with all that is theirs
    Erase {
        /// The person: id, e-mail address, username or telephone number
        user: String,
        #[command(flatten)]
        choices: ChoiceArguments,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Erase again, after a restore, whoever was erased since the backup
    Replay {
        #[command(flatten)]
        choices: ChoiceArguments,
    },
}

#[derive(clap::Args)]
struct ChoiceArguments {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Who gets the rows that do not go with the person
    #[arg(long, value_name = "USER", conflicts_with = "erase_all")]
    hand_over_to: Option<String>,
    /// Erase those rows, too
    #[arg(long)]
    erase_all: bool,
}

impl ChoiceArguments {
    fn choices(&self, dry_run: bool) -> Choices {
        Choices {
            hand_over_to: self.hand_over_to.clone(),
            erase_all: self.erase_all,
            dry_run: self.dry_run || dry_run,
            statement_timeout: None,
        }
    }
}

impl Person {
    pub async fn run(self) -> Result<()> {
        let app = apps::named(&self.app)?;
        let home = Home::existing(&self.home.home)?;
        let mut platform = Platform::join_or_start(home, &self.server, app.name()).await?;
        let outcome = self.run_on(&mut platform, &app).await;
        platform.stop().await;
        outcome
    }

    async fn run_on(&self, platform: &mut Platform, app: &App) -> Result<()> {
        platform.prepare_database(app).await?;
        let mut client = platform.admin_client(app.name()).await?;
        let erasures = platform.home.erasures(app.name())?;
        match &self.verb {
            Verb::Export { user, output } => export(&mut client, app, user, output.as_ref()).await,
            Verb::Erase { user, choices, yes } => {
                erase(&mut client, app, &erasures, user, choices, *yes).await
            }
            Verb::Replay { choices } => {
                let choices = choices.choices(false);
                let journal = &erasures.journal;
                let steps = tenantry_person::replay(&mut client, app, journal, &choices).await?;
                if !choices.dry_run {
                    let addresses = steps.iter().flat_map(|step| step.addresses.clone());
                    erasures.forget(addresses.collect()).await?;
                }
                let again: Vec<&Erasure> =
                    steps.iter().filter_map(|step| step.erased.as_ref()).collect();
                again.iter().for_each(|erasure| print(erasure));
                let would = if choices.dry_run { "would be" } else { "were" };
                println!("{} of {} people {would} erased again", again.len(), steps.len());
                Ok(())
            }
        }
    }
}

async fn erase(
    client: &mut Client,
    app: &App,
    erasures: &Erasures,
    user: &str,
    arguments: &ChoiceArguments,
    yes: bool,
) -> Result<()> {
    tenantry_person::settle(client, app, &erasures.journal).await?;
    // The plan is the erasure itself, undone at its end: its counts, or its refusal, are exact.
    let look = arguments.choices(true);
    let planned = match tenantry_person::erase(client, app, Who::Called(user), &look).await? {
        Outcome::Done { erasure, .. } => erasure,
        Outcome::DoneBefore(erasure) => {
            println!("{} was erased at {}", erasure.user_id, erasure.erased_at);
            return Ok(());
        }
    };
    print(&planned);
    if arguments.dry_run {
        return Ok(());
    }
    if !yes && !confirmed(&planned.user_id)? {
        bail!("nothing was erased");
    }
    // By id, so that it is the person who was shown.
    let choices = arguments.choices(false);
    let outcome = tenantry_person::erase(client, app, Who::Id(&planned.user_id), &choices).await?;
    let (erasure, addresses) = match outcome {
        Outcome::Done { erasure, addresses } => (erasure, addresses),
        Outcome::DoneBefore(erasure) => (erasure, Vec::new()),
    };
    let said = format!("{} was erased at {}", erasure.user_id, erasure.erased_at);
    erasures.remember(erasure, addresses).await?;
    println!("{said}");
    Ok(())
}

async fn export(client: &mut Client, app: &App, user: &str, path: Option<&PathBuf>) -> Result<()> {
    let shows_progress = std::io::stderr().is_terminal();
    let progress = |table: &TableName, rows: u64| {
        if shows_progress {
            eprintln!("{rows:>10}  {table}");
        }
    };
    let output: std::fs::File = match path {
        // A file that is there may be readable by others, so it is never written into.
        Some(path) => std::fs::File::options()
            .create_new(true)
            .write(true)
            .mode(0o600)
            .open(path)
            .with_context(|| path.display().to_string())?,
        None => std::io::stdout().as_fd().try_clone_to_owned()?.into(),
    };
    let output = tokio::fs::File::from_std(output);
    let outcome = tenantry_person::export(client, app, Who::Called(user), output, &progress).await;
    if let (Err(_), Some(path)) = (&outcome, path) {
        // Half an export would look like a whole one.
        let _ = std::fs::remove_file(path);
    }
    Ok(outcome?)
}

fn print(erasure: &Erasure) {
    println!("{}", erasure.user_id);
    for (table, deeds) in &erasure.counts.0 {
        for (deed, rows) in deeds {
            println!("{rows:>10}  {table}  {deed}");
        }
    }
}

fn confirmed(user_id: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        bail!("say --yes to erase {user_id}, or --dry-run to look only");
    }
    print!("This cannot be undone. Erase {user_id}? [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
