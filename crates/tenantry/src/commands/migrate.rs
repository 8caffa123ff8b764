use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tenantry_app::{App, owner_role};
use tenantry_auth::binding;
use tenantry_migrate::{
    Direction, HistoryEntry, Migrator, Progress, Revision, Status, Step, new_pair,
};
use tokio_postgres::Client;

use super::{HomeArgument, ServerArgument};
use crate::apps;
use crate::home::Home;
use crate::platform::{Platform, announce_schema_change, bind};

/// `tenantry migrate`
#[derive(clap::Args)]
pub struct Migrate {
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
    /// Apply revisions: all, up to one, or the next N
    Up {
        /// A revision's number, name or identifier, `head`, or `+N`
        #[arg(default_value = "head", allow_hyphen_values = true)]
        target: String,
    },
    /// Undo revisions: the last, down to one, the last N, or all (`base`)
    Down {
        /// A revision's number, name or identifier, `base`, or `-N`
        #[arg(default_value = "-1", allow_hyphen_values = true)]
        target: String,
    },
    /// Say which revision the database is at
    Current,
    /// List the folder's revisions
    History,
    /// Make the files of a new revision
    New {
        /// What it does, such as add_invoices
        name: String,
    },
    /// Say which revisions are applied and whether their files are unchanged
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Migrate {
    pub async fn run(self) -> Result<()> {
        let app = apps::named(&self.app)?;
        if let Verb::New { name } = &self.verb {
            return make_files(&app, name);
        }
        let home = Home::open(&self.home.home)?;
        let mut platform = Platform::join_or_start(home, &self.server, app.name()).await?;
        let outcome = self.run_on(&mut platform, &app).await;
        platform.stop().await;
        outcome
    }

    async fn run_on(&self, platform: &mut Platform, app: &App) -> Result<()> {
        platform.prepare_database(app).await?;
        let mut client = platform.admin_client(app.name()).await?;
        let migrator = Platform::migrator(app)?.with_progress(Arc::new(PrintedProgress));
        match &self.verb {
            Verb::Up { target } => {
                let target = target.parse()?;
                let outcome = migrator.up(&mut client, &target).await;
                settle(&migrator, &mut client, app).await?;
                report(app.name(), "applied", &outcome?);
            }
            Verb::Down { target } => {
                let target = target.parse()?;
                binding::uninstall(&client, &owner_role(app.name())).await?;
                let outcome = migrator.down(&mut client, &target).await;
                settle(&migrator, &mut client, app).await?;
                report(app.name(), "undone", &outcome?);
            }
            Verb::Current => match migrator.current(&mut client).await? {
                Some(revision) => println!("{:04}_{}", revision.number, revision.name),
                None => println!("base (nothing is applied)"),
            },
            Verb::History => {
                for entry in migrator.history(&mut client).await? {
                    println!("{}", history_line(&entry));
                }
            }
            Verb::Status { json } => {
                let status = migrator.status(&mut client).await?;
                if *json {
                    println!("{}", serde_json::to_string_pretty(&status)?);
                } else {
                    print_status(&status);
                }
            }
            Verb::New { .. } => {}
        }
        Ok(())
    }
}

/// A revision with what a reader of the history wants to know: its names, and when it was applied.
fn history_line(entry: &HistoryEntry) -> String {
    let version =
        entry.version.as_ref().map(|version| format!("  version {version}")).unwrap_or_default();
    let identifier =
        entry.identifier.as_ref().map(|identifier| format!("  ({identifier})")).unwrap_or_default();
    let applied = match &entry.applied {
        Some(row) => format!("  applied {} by {}", row.applied_at, row.applied_by),
        None => "  not applied".into(),
    };
    format!("{}{version}{identifier}{applied}", entry.revision)
}

fn print_status(status: &Status) {
    println!("current  {}", status.current.as_deref().unwrap_or("base (nothing is applied)"));
    println!("head     {}", status.head.as_deref().unwrap_or("the folder has no revisions"));
    if !status.pending.is_empty() {
        println!("pending  {}", status.pending.join(", "));
    }
    if let Some(unfinished) = &status.unfinished {
        println!("unfinished  {unfinished}");
    }
    for problem in &status.problems {
        println!("problem  {problem}");
    }
}

/// After a move, failed or not: the bindings are there exactly when the whole schema is, and whoever
/// serves the database reads its catalog again.
async fn settle(migrator: &Migrator, client: &mut Client, app: &App) -> Result<()> {
    if migrator.status(client).await?.is_current() {
        bind(client, app).await?;
    }
    announce_schema_change(client).await
}

fn make_files(app: &App, name: &str) -> Result<()> {
    let folder = app
        .folder()
        .with_context(|| {
            format!("{} ships inside the program; name its folder instead", app.name())
        })?
        .join("migrations");
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let head = Platform::migrator(app)?.revisions().head().map_or(0, Revision::number);
    for (file, text) in new_pair(name, head)? {
        let path = folder.join(file);
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        println!("{}", path.display());
    }
    Ok(())
}

/// One line for each revision, when it is done.
struct PrintedProgress;

impl Progress for PrintedProgress {
    fn applied(&self, direction: Direction, revision: &Revision, duration: Duration) {
        eprintln!("{} {revision}  {} ms", direction.verb(), duration.as_millis());
    }
}

fn report(app: &str, what: &str, steps: &[Step]) {
    let noun = if steps.len() == 1 { "revision" } else { "revisions" };
    println!("{app}: {} {noun} {what}", steps.len());
}
