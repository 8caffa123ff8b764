//! Sends what is due: claim, commit, send, mark. One task for each application.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tenantry_caller::Seal;
use tenantry_postgres::{Address, Database, RunError, admin::Listener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use crate::MailKind;
use crate::message::{SenderAddress, compose};
use crate::queue::{ClaimedMail, Failure, LEASE, Queue};
use crate::template::TemplateFault;
use crate::templates::{MailTemplate, Templates, Written};
use crate::transport::Transport;

/// Told by the database when mail was enqueued.
const CHANNEL: &str = "tenantry_mail";

/// How often the table is looked at without being told: what failed is due again, and a
/// notification may have been missed.
const POLL: Duration = Duration::from_secs(5);

/// How long a lost connection for notifications rests.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// How often old rows are deleted.
const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// How many mails are under way at once.
const MOST_AT_ONCE: usize = 4;

/// Sending ends this long before the lease does, so that nobody else has the mail yet.
const MARGIN: Duration = Duration::from_secs(10);

/// The language where nothing else is asked for.
const DEFAULT_LOCALE: &str = "en";

/// What a sender needs to know.
pub struct MailSender {
    /// The application's name, for the log.
    pub app: String,
    /// Where its mails wait.
    pub database: Database,
    /// The same for listening.
    pub address: Address,
    /// Opens the variables.
    pub seal: Seal,
    /// What mails are written from.
    pub templates: Templates,
    /// Whether the application has a table of templates, whose wording goes first.
    pub has_stored_templates: bool,
    /// How mails leave.
    pub transport: Transport,
    /// Whom they are from.
    pub from: SenderAddress,
}

impl MailSender {
    /// Sends until told to stop, and then ends what it began.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let sending =
            Arc::new(Sending { queue: Queue::new(self.database.clone()), settings: self });
        let mut wake = Wake { address: sending.settings.address.clone(), listener: None };
        let mut under_way = JoinSet::new();
        let mut next_sweep = Instant::now();
        while !*stop.borrow() {
            let free = MOST_AT_ONCE - under_way.len();
            for mail in sending.claim(free).await {
                under_way.spawn(sending.clone().deliver(mail));
            }
            if Instant::now() >= next_sweep {
                sending.sweep().await;
                next_sweep = Instant::now() + SWEEP_EVERY;
            }
            tokio::select! {
                Some(_) = under_way.join_next() => {}
                () = wake.told(), if under_way.len() < MOST_AT_ONCE => {}
                () = sleep(POLL) => {}
                _ = stop.wait_for(|stopped| *stopped) => break,
            }
        }
        while under_way.join_next().await.is_some() {}
    }
}

struct Sending {
    queue: Queue,
    settings: MailSender,
}

impl Sending {
    async fn claim(&self, free: usize) -> Vec<ClaimedMail> {
        if free == 0 {
            return Vec::new();
        }
        self.queue.claim(free).await.unwrap_or_else(|error| {
            tracing::warn!(app = self.settings.app, %error, "the mails cannot be looked at");
            Vec::new()
        })
    }

    async fn sweep(&self) {
        match self.queue.sweep().await {
            Ok(0) => {}
            Ok(mails) => tracing::info!(app = self.settings.app, mails, "old mails are deleted"),
            Err(error) => {
                tracing::warn!(app = self.settings.app, %error, "old mails cannot be deleted");
            }
        }
    }

    async fn deliver(self: Arc<Self>, mail: ClaimedMail) {
        let (app, id) = (&*self.settings.app, mail.id);
        let kind = mail.kind.map_or("unknown", MailKind::name);
        let Err(failure) = self.send(&mail).await else {
            tracing::info!(app, %id, kind, attempts = mail.attempts, "mail sent");
            return self.mark_sent(&mail).await;
        };
        let reason = &*failure.reason;
        match self.queue.failed(&mail, &failure).await {
            Ok(true) => tracing::error!(app, %id, kind, reason, "mail given up"),
            Ok(false) => {
                tracing::warn!(app, %id, kind, attempts = mail.attempts, reason, "mail will be tried again")
            }
            Err(error) => {
                tracing::warn!(app, %id, kind, reason, %error, "a failed mail cannot be marked")
            }
        }
    }

    async fn send(&self, mail: &ClaimedMail) -> Result<(), Failure> {
        let message = compose(mail, self.write(mail).await?, &self.settings.from)?;
        let deadline = Instant::from_std(mail.claimed_at) + LEASE - MARGIN;
        timeout_at(deadline, self.settings.transport.send(mail, message))
            .await
            .unwrap_or_else(|_| Err(Failure::temporary("the mail server took too long")))
    }

    /// What was sent is marked, whatever it takes: the database may be away for a moment.
    async fn mark_sent(&self, mail: &ClaimedMail) {
        let deadline = mail.claimed_at + LEASE;
        while let Err(error) = self.queue.sent(mail.id).await {
            let (app, id) = (&*self.settings.app, mail.id);
            tracing::warn!(app, %id, %error, "a sent mail cannot be marked");
            if std::time::Instant::now() > deadline {
                return;
            }
            sleep(RECONNECT_PAUSE).await;
        }
    }

    async fn write(&self, mail: &ClaimedMail) -> Result<Written, Failure> {
        let kind = mail.kind.ok_or_else(|| {
            Failure::temporary("this version does not know the kind; a newer one has to send it")
        })?;
        // Whoever has the secret may come yet: another program, or the right secrets.toml.
        let json = self
            .settings
            .seal
            .open(&mail.variables)
            .map_err(|_| Failure::temporary("the variables were sealed with another secret"))?;
        let variables: Value = serde_json::from_str(&json)
            .map_err(|_| Failure::permanent("the variables are no JSON"))?;
        let stored = match self.settings.has_stored_templates {
            true => self.stored_template(kind, &variables).await?,
            false => None,
        };
        let template = stored.as_ref().unwrap_or_else(|| self.settings.templates.of(kind));
        Ok(template.write(&variables))
    }

    /// The application's own wording. One that is wrong must not keep the mail from leaving: the
    /// folder's takes its place, and the log says why.
    async fn stored_template(
        &self,
        kind: MailKind,
        variables: &Value,
    ) -> Result<Option<MailTemplate>, Failure> {
        let app = &*self.settings.app;
        match self.queue.stored_template(kind, &locales(variables)).await {
            Ok(None) => Ok(None),
            Ok(Some([subject, text, html])) => Ok(MailTemplate::parse(&subject, &text, &html)
                .inspect_err(|fault: &TemplateFault| {
                    tracing::error!(app, kind = kind.name(), %fault, "a stored template is wrong and not used");
                })
                .ok()),
            Err(RunError::Server(error)) => {
                tracing::error!(app, kind = kind.name(), %error, "the stored templates cannot be read");
                Ok(None)
            }
            Err(_) => Err(Failure::temporary("the database could not be asked for the template")),
        }
    }
}

/// The languages to look for: what the user's metadata ask for (`locale`), less of it, English.
fn locales(variables: &Value) -> Vec<String> {
    let asked = variables.pointer("/Data/locale").and_then(Value::as_str).unwrap_or_default();
    let is_tag = !asked.is_empty()
        && asked.len() <= 35
        && asked.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let mut found = Vec::new();
    let mut tag = if is_tag { asked } else { "" };
    while !tag.is_empty() {
        found.push(tag.to_owned());
        tag = tag.rsplit_once('-').map_or("", |(language, _)| language);
    }
    found.push(DEFAULT_LOCALE.to_owned());
    found
}

/// Notifications, over a connection that is made again when it is lost.
struct Wake {
    address: Address,
    listener: Option<Listener>,
}

impl Wake {
    /// Returns when mail was enqueued, or may have been unheard.
    async fn told(&mut self) {
        loop {
            if let Some(listener) = &mut self.listener {
                if listener.notified().await.is_some() {
                    return;
                }
                self.listener = None;
                sleep(RECONNECT_PAUSE).await;
            }
            match Listener::connect(&self.address, CHANNEL).await {
                Ok(listener) => {
                    self.listener = Some(listener);
                    return;
                }
                Err(error) => {
                    tracing::debug!(%error, "nobody tells of mail");
                    sleep(RECONNECT_PAUSE).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn languages_are_looked_for_from_the_narrowest() {
        for (asked, expected) in [
            (json!("de-AT"), "de-AT de en"),
            (json!("de"), "de en"),
            (json!("x,y}"), "en"),
            (json!(7), "en"),
            (json!(""), "en"),
            (json!("-"), "- en"),
            (json!("a".repeat(40)), "en"),
        ] {
            let found = locales(&json!({ "Data": { "locale": asked } }));
            assert_eq!(found.join(" "), expected, "{asked}");
        }
        assert_eq!(locales(&json!({})), ["en"]);
    }
}
