use anyhow::Result;
use tenantry_catalog::Catalog;

use super::{HomeArgument, ServerArgument};
use crate::apps;
use crate::home::Home;
use crate::platform::Platform;
use crate::typescript;

/// `tenantry types`
#[derive(clap::Args)]
pub struct Types {
    /// The application: one that ships, or the path of its folder
    app: String,
    /// The language
    #[arg(long, value_enum, default_value = "ts")]
    lang: Language,
    #[command(flatten)]
    home: HomeArgument,
    #[command(flatten)]
    server: ServerArgument,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Language {
    /// TypeScript, in the shape that supabase-js takes
    Ts,
}

impl Types {
    pub async fn run(self) -> Result<()> {
        let app = apps::named(&self.app)?;
        let home = Home::open(&self.home.home)?;
        let mut platform = Platform::join_or_start(home, &self.server, app.name()).await?;
        let read = async {
            platform.bring_up(&app).await?;
            let schemas: Vec<String> = app.manifest().schema_names().map(str::to_owned).collect();
            let client = platform.admin_client(app.name()).await?;
            anyhow::Ok((Catalog::read(&client, &schemas).await?, schemas))
        };
        let outcome = read.await;
        platform.stop().await;
        let (catalog, schemas) = outcome?;
        match self.lang {
            Language::Ts => print!("{}", typescript::generate(&catalog, &schemas)),
        }
        Ok(())
    }
}
