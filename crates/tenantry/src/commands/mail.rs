use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tenantry_app::App;
use tenantry_mail::{Mailbox, StoredMail};

use super::{HomeArgument, ServerArgument};
use crate::home::Home;
use crate::mail_office::MAIL_FOLDER;
use crate::platform::Platform;
use crate::status::RunningStatus;

/// How the mails of an application stand, and those that wait or failed.
const STATUS: &str = "\
select json_build_object(
    'pending', count(*) filter (where sent_at is null and given_up_at is null),
    'failed', count(*) filter (where given_up_at is not null),
    'sent', count(*) filter (where sent_at is not null),
    'troubled', coalesce(
        json_agg(
            json_build_object(
                'id', id,
                'kind', kind,
                'created_at', created_at,
                'attempts', attempts,
                'next_attempt_at', case when given_up_at is null then next_attempt_at end,
                'error', last_error
            )
            order by created_at
        ) filter (where sent_at is null and last_error is not null),
        '[]'
    )
)
from auth.mails";

/// `tenantry mail`
#[derive(clap::Args)]
pub struct Mail {
    #[command(flatten)]
    home: HomeArgument,
    #[command(flatten)]
    server: ServerArgument,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the mails in the home's mailbox, the newest first
    List {
        /// The application
        app: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one mail of the mailbox: headers, text, links
    Show {
        /// The application
        app: String,
        /// The mail's id, as `list` prints it, or `latest`
        id: String,
        /// Print JSON, the HTML part included
        #[arg(long)]
        json: bool,
    },
    /// Say how many mails wait, failed and were sent
    Status {
        /// The application
        app: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Mail {
    pub async fn run(self) -> Result<()> {
        let home = Home::existing(&self.home.home)?;
        match &self.verb {
            Verb::List { app, json } => list(&home, &name_of(app)?, *json),
            Verb::Show { app, id, json } => show(&mailbox(&home, &name_of(app)?), id, *json),
            Verb::Status { app, json } => {
                let name = name_of(app)?;
                let mut platform = Platform::join_or_start(home, &self.server, &name).await?;
                let outcome = read_status(&mut platform, &name).await;
                platform.stop().await;
                print_status(&outcome?, *json)
            }
        }
    }
}

/// An application is named by its name or by its folder.
fn name_of(name_or_path: &str) -> Result<String> {
    let path = Path::new(name_or_path);
    match path.join("app.toml").exists() {
        true => Ok(App::load(path)?.name().to_owned()),
        false => Ok(name_or_path.to_owned()),
    }
}

fn mailbox(home: &Home, app: &str) -> Mailbox {
    Mailbox::new(&home.file(MAIL_FOLDER), app)
}

fn list(home: &Home, app: &str, json: bool) -> Result<()> {
    let mails = mailbox(home, app).newest(usize::MAX).context("the mailbox")?;
    if json {
        let brief = mails.iter().map(|mail| {
            json!({ "id": mail.id, "date": mail.date, "from": mail.from, "to": mail.to, "subject": mail.subject })
        });
        println!("{}", serde_json::to_string_pretty(&brief.collect::<Vec<Value>>())?);
        return Ok(());
    }
    for mail in &mails {
        println!(
            "{}  {}  {:<28} {}",
            mail.id,
            mail.date,
            harmless(&mail.to),
            harmless(&mail.subject)
        );
    }
    if mails.is_empty() {
        println!("no mail of {app} is in the mailbox");
    }
    if let Some(url) = RunningStatus::of_running(home)?.and_then(|status| status.mailbox_url) {
        println!("in the browser: {url}");
    }
    Ok(())
}

fn show(mailbox: &Mailbox, id: &str, json: bool) -> Result<()> {
    let mail = match id {
        "latest" => mailbox.newest(1).context("the mailbox")?.pop(),
        id => {
            let id = id.parse().with_context(|| {
                format!("{id} is no mail's id; `tenantry mail list` prints them")
            })?;
            mailbox.find(id).context("the mailbox")?
        }
    };
    let mail = mail.context("there is no such mail in the mailbox")?;
    if json {
        println!("{}", serde_json::to_string_pretty(&mail)?);
    } else {
        print_mail(&mail);
    }
    Ok(())
}

fn print_mail(mail: &StoredMail) {
    for (name, value) in
        [("From", &mail.from), ("To", &mail.to), ("Subject", &mail.subject), ("Date", &mail.date)]
    {
        println!("{name}: {}", harmless(value));
    }
    println!("\n{}", harmless(mail.text.trim_end()));
    if !mail.links.is_empty() {
        println!("\nLinks:");
        for link in &mail.links {
            println!("  {}", harmless(link));
        }
    }
}

/// What strangers typed must not steer a terminal.
fn harmless(text: &str) -> String {
    text.replace(|found: char| found.is_control() && found != '\n', "\u{FFFD}")
}

async fn read_status(platform: &mut Platform, app: &str) -> Result<Value> {
    Ok(platform.admin_client(app).await?.query_one(STATUS, &[]).await?.get(0))
}

fn print_status(status: &Value, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(status)?);
        return Ok(());
    }
    println!(
        "pending  {}\nfailed   {}\nsent     {}",
        status["pending"], status["failed"], status["sent"]
    );
    for mail in status["troubled"].as_array().into_iter().flatten() {
        let text = |key: &str| harmless(mail[key].as_str().unwrap_or_default());
        let next = match mail["next_attempt_at"].as_str() {
            Some(time) => format!("next {time}"),
            None => "given up".to_owned(),
        };
        println!(
            "{}  {:<16} attempts {}, {next}: {}",
            text("id"),
            text("kind"),
            mail["attempts"],
            text("error")
        );
    }
    Ok(())
}
