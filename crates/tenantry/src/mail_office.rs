//! How the home's mail leaves: what the settings say, and one sender for each application.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use tenantry_app::App;
use tenantry_mail::{
    MailSender, Mailbox, SenderAddress, SmtpServer, Templates, Transport, mailbox_page,
};
use tenantry_postgres::Database;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::home::Home;
use crate::platform::Platform;
use crate::settings::MailSettings;

/// The folder of the mailboxes in a home.
pub const MAIL_FOLDER: &str = "mail";

/// Whom mail is from that stays in the home.
const NOBODY: &str = "no-reply@localhost";

/// How long mails that are under way may take after the program was told to stop. What takes
/// longer is sent again at the next start, with the same `Message-ID`.
const CLOSING_TIME: Duration = Duration::from_secs(15);

/// How mail leaves, and who sends it.
pub struct MailOffice {
    server: Option<SmtpServer>,
    mailboxes: PathBuf,
    from: BTreeMap<String, SenderAddress>,
    templates: BTreeMap<String, Templates>,
    senders: JoinSet<()>,
}

impl MailOffice {
    /// Reads the settings and the applications' templates; what is wrong is said before anything
    /// is started.
    pub fn open(settings: &MailSettings, home: &Home, apps: &[App]) -> Result<Self> {
        let server = settings
            .smtp_url
            .as_deref()
            .map(|url| SmtpServer::new(url).context("the settings, [mail] smtp_url"))
            .transpose()?;
        let from = match (&settings.from, &server) {
            (Some(from), _) => from,
            (None, None) => NOBODY,
            (None, Some(_)) => {
                anyhow::bail!(
                    "the settings have [mail] smtp_url, but not [mail] from: whom is mail from?"
                )
            }
        };
        let mut office = MailOffice {
            server,
            mailboxes: home.file(MAIL_FOLDER),
            from: BTreeMap::new(),
            templates: BTreeMap::new(),
            senders: JoinSet::new(),
        };
        for app in apps {
            let name = app.name().to_owned();
            let address = SenderAddress::parse(from, &app.manifest().title)
                .context("the settings, [mail] from")?;
            office.from.insert(name.clone(), address);
            office.templates.insert(name, Templates::load(app)?);
        }
        Ok(office)
    }

    /// Whether mail stays in the home.
    pub fn keeps_mail(&self) -> bool {
        self.server.is_none()
    }

    /// The page of the mailbox; no page where mail leaves.
    pub fn page(&self, key: &str, apps: &[App]) -> Router {
        if !self.keeps_mail() {
            return Router::new();
        }
        let mailboxes = apps.iter().map(|app| (app.name().to_owned(), self.mailbox(app.name())));
        mailbox_page(key, mailboxes.collect())
    }

    /// Starts an application's sender.
    pub fn start_sender(
        &mut self,
        platform: &mut Platform,
        app: &App,
        database: &Database,
        stop: watch::Receiver<bool>,
    ) -> Result<()> {
        let name = app.name();
        let secrets = platform.secrets.app(name)?;
        let sender = MailSender {
            app: name.to_owned(),
            database: database.clone(),
            address: platform.request_address(name, &secrets.server_password)?,
            seal: secrets.seal()?,
            templates: self.templates.remove(name).context("a sender is started once")?,
            has_stored_templates: app.manifest().mail_templates.is_some(),
            transport: match &self.server {
                Some(server) => Transport::Smtp(server.clone()),
                None => Transport::Mailbox(self.mailbox(name)),
            },
            from: self.from.remove(name).context("a sender is started once")?,
        };
        self.senders.spawn(sender.run(stop));
        Ok(())
    }

    /// Waits for the mails that are under way.
    pub async fn close(self) {
        let mut senders = self.senders;
        let _ = timeout(CLOSING_TIME, async { while senders.join_next().await.is_some() {} }).await;
    }

    fn mailbox(&self, app: &str) -> Mailbox {
        Mailbox::new(&self.mailboxes, app)
    }
}
