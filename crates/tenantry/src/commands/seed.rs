use anyhow::{Context, Result, bail};
use tenantry_app::{App, PasswordAlgorithm, owner_role};
use tenantry_migrate::{run_sql_seed, upsert_json_seed};
use tokio_postgres::Client;

use super::{HomeArgument, ServerArgument};
use crate::apps;
use crate::home::Home;
use crate::platform::Platform;

/// `tenantry seed`
#[derive(clap::Args)]
pub struct Seed {
    /// The application: one that ships, or the path of its folder
    app: String,
    /// Also load the demo data: believable people and their work
    #[arg(long)]
    demo: bool,
    /// Which demo data: the same number gives the same rows
    #[arg(long, default_value_t = 1, requires = "demo")]
    seed: u32,
    /// How much demo data
    #[arg(long, default_value_t = 1, requires = "demo", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    scale: u32,
    /// The password of every demo person; without one nobody of them can sign in
    #[arg(long, requires = "demo", env = "TENANTRY_DEMO_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    #[command(flatten)]
    home: HomeArgument,
    #[command(flatten)]
    server: ServerArgument,
}

impl Seed {
    pub async fn run(self) -> Result<()> {
        let app = apps::named(&self.app)?;
        let home = Home::open(&self.home.home)?;
        let mut platform = Platform::join_or_start(home, &self.server, app.name()).await?;
        let outcome = self.run_on(&mut platform, &app).await;
        platform.stop().await;
        outcome
    }

    async fn run_on(&self, platform: &mut Platform, app: &App) -> Result<()> {
        platform.bring_up(app).await?;
        println!("{}: seed data is loaded", app.name());
        if !self.demo {
            return Ok(());
        }
        let Some(demo) = &app.manifest().demo else {
            bail!("{} has no demo data; name a file under [demo] in its app.toml", app.name());
        };
        let algorithm =
            app.manifest().identity.as_ref().map_or_else(PasswordAlgorithm::default, |identity| {
                identity.options.password_algorithm
            });
        let hash = match &self.password {
            Some(password) => tenantry_auth::hash_password(algorithm, password)?,
            None => String::new(),
        };
        let mut client = platform.admin_client(app.name()).await?;
        let settings = [
            ("tenantry.demo_seed", self.seed.to_string()),
            ("tenantry.demo_scale", self.scale.to_string()),
            ("tenantry.demo_password_hash", hash),
        ];
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let source = source(app, &demo.file.value)?;
        let owner = owner_role(app.name());
        let changed = run_sql_seed(&mut client, Some(&owner), &source, &settings).await?;
        println!("{}: demo data {} at scale {}: {changed} rows", app.name(), self.seed, self.scale);
        Ok(())
    }
}

/// Loads the data that every installation has. Safe to repeat: rows that are there stay.
pub async fn load_seeds(client: &mut Client, app: &App) -> Result<()> {
    let owner = owner_role(app.name());
    for seed in &app.manifest().seeds {
        let source = source(app, &seed.file.value)?;
        match &seed.table {
            Some(table) => {
                let table = format!("{}.{}", table.value.schema, table.value.table);
                let key: Vec<String> = seed.key.iter().map(|column| column.value.clone()).collect();
                upsert_json_seed(client, Some(&owner), &table, &key, &source).await?;
            }
            None => {
                run_sql_seed(client, Some(&owner), &source, &[]).await?;
            }
        }
    }
    Ok(())
}

fn source(app: &App, file: &str) -> Result<tenantry_migrate::SourceFile> {
    let text = app.read(file).with_context(|| format!("{file} of {}", app.name()))?;
    Ok(tenantry_migrate::SourceFile { path: format!("{}/{file}", app.name()), text })
}
