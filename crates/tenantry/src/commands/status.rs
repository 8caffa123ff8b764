use anyhow::{Result, bail};

use super::HomeArgument;
use crate::home::Home;
use crate::status::RunningStatus;

/// `tenantry status`
#[derive(clap::Args)]
pub struct Status {
    #[command(flatten)]
    home: HomeArgument,
    /// Print JSON, keys and DSNs included
    #[arg(long)]
    json: bool,
}

impl Status {
    pub fn run(self) -> Result<()> {
        let home = Home::existing(&self.home.home)?;
        let Some(status) = RunningStatus::of_running(&home)? else {
            if self.json {
                println!("{}", serde_json::json!({ "ready": false }));
            }
            bail!("nothing runs on {}", home.root().display());
        };
        if self.json {
            println!("{}", serde_json::to_string_pretty(&status)?);
            return Ok(());
        }
        println!("ready  {}  (version {}, process {})", status.url, status.version, status.pid);
        for (name, app) in &status.apps {
            println!("  {name:<10} {}", app.url);
            println!("    publishable key  {}", app.publishable_key);
            println!("    secret key       {}", app.secret_key);
        }
        println!("tokens as keys, and DSNs: tenantry status --json");
        Ok(())
    }
}
