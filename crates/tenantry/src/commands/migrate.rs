use anyhow::{Context, Result};
use tenantry_auth::binding;

use super::{HomeArgument, ServerArgument};
use crate::home::Home;
use crate::platform::{Platform, announce_schema_change, bind};
use crate::apps;

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
        let migrator = Platform::migrator(&app)?;
        match &self.verb {
            Verb::History => {
                for revision in migrator.revisions() {
                    println!("{revision}");
                }
                return Ok(());
            }
            Verb::New { name } => {
                let folder = app
                    .folder()
                    .with_context(|| format!("{} ships inside the program; name its folder instead", app.name()))?
                    .join("migrations");
                std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
                for (file, text) in migrator.new_pair(name)? {
                    let path = folder.join(file);
                    std::fs::write(&path, text).with_context(|| path.display().to_string())?;
                    println!("{}", path.display());
                }
                return Ok(());
            }
            _ => {}
        }
        let home = Home::open(&self.home.home)?;
        let mut platform = Platform::join_or_start(home, &self.server).await?;
        let outcome = self.run_on(&mut platform, &app).await;
        platform.stop().await;
        outcome
    }

    async fn run_on(&self, platform: &mut Platform, app: &tenantry_app::App) -> Result<()> {
        platform.prepare_database(app).await?;
        let mut client = platform.admin_client(app.name()).await?;
        let migrator = Platform::migrator(app)?;
        match &self.verb {
            Verb::Up { target } => {
                let outcome = migrator.up(&mut client, target).await;
                // Bound or not, the database is in order for whatever was applied before a failure.
                if migrator.is_at_head(&client).await? {
                    bind(&client, app).await?;
                }
                announce_schema_change(&client).await?;
                report(app.name(), "applied", outcome?);
            }
            Verb::Down { target } => {
                binding::uninstall(&client, &app.owner_role(), app).await?;
                let outcome = migrator.down(&mut client, target).await;
                if migrator.is_at_head(&client).await? {
                    bind(&client, app).await?;
                }
                announce_schema_change(&client).await?;
                report(app.name(), "undone", outcome?);
            }
            Verb::Current => match migrator.current(&client).await? {
                Some(revision) => println!("{revision}"),
                None => println!("base (nothing is applied)"),
            },
            Verb::Status { json } => {
                let status = migrator.status(&client).await?;
                if *json {
                    println!("{}", serde_json::to_string_pretty(&status)?);
                } else {
                    for line in status {
                        println!("{line}");
                    }
                }
            }
            Verb::History | Verb::New { .. } => {}
        }
        Ok(())
    }
}

fn report(app: &str, what: &str, revisions: usize) {
    let noun = if revisions == 1 { "revision" } else { "revisions" };
    println!("{app}: {revisions} {noun} {what}");
}
