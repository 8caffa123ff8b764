use anyhow::Result;
use tenantry_app::App;
use tenantry_auth::administrator::{self, MadeAdministrator};

use super::{HomeArgument, ServerArgument};
use crate::apps;
use crate::home::Home;
use crate::platform::Platform;

/// `tenantry admin`
#[derive(clap::Args)]
pub struct Admin {
    /// The application
    app: String,
    /// The e-mail address; an account that has it becomes the administrator
    email: String,
    #[command(flatten)]
    home: HomeArgument,
    #[command(flatten)]
    server: ServerArgument,
    /// Answer with JSON
    #[arg(long)]
    json: bool,
}

impl Admin {
    pub async fn run(self) -> Result<()> {
        let app = apps::named(&self.app)?;
        let home = Home::existing(&self.home.home)?;
        let platform = Platform::join_or_start(home, &self.server, app.name()).await?;
        let made = self.make(&platform, &app).await;
        platform.stop().await;
        let made = made?;
        if self.json {
            let answer = serde_json::json!({
                "id": made.id, "email": made.email, "one_time_password": made.one_time_password,
            });
            println!("{answer}");
            return Ok(());
        }
        println!("{} administers {} now (account {})", made.email, app.name(), made.id);
        match made.one_time_password {
            Some(password) => {
                println!("one-time password  {password}");
                println!("It opens one login session, in which a password of one's own is set.");
            }
            None => println!("The account was there before; its password stays."),
        }
        Ok(())
    }

    async fn make(&self, platform: &Platform, app: &App) -> Result<MadeAdministrator> {
        let mut client = platform.admin_client(app.name()).await?;
        Ok(administrator::make(&mut client, app, &self.email).await?)
    }
}
