//! Who is told of a security event: the person whose account it is about, where they should look at
//! it, and the contact that the operator named.

use tenantry_caller::Seal;
use tenantry_mail::{Mail, MailError, MailKind, MailVariables, enqueue_once};
use tokio_postgres::Client;

const ENTRY: &str = "\
select entry.payload ->> 'action', account.email::text
from auth.audit_log_entries as entry
left join auth.users as account on account.id::text = entry.payload ->> 'actor_id'
where entry.id = $1::text::uuid";

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// The event cannot be read.
    #[error("a security event cannot be read: {0}")]
    Database(#[from] tokio_postgres::Error),
    /// The mail cannot be enqueued.
    #[error(transparent)]
    Mail(#[from] MailError),
}

/// Tells of one application's security events.
pub struct SecurityAlerts {
    /// Seals what mails say.
    pub seal: Seal,
    /// Where people use the application.
    pub site_url: String,
    /// Who is told of what happens to anybody's account.
    pub contact: Option<String>,
}

/// Whether an event is one of many that mean nothing alone.
pub fn is_routine(action: &str) -> bool {
    action == "sign_in_failed"
}

impl SecurityAlerts {
    /// Enqueues the mails about an event, each once, whichever servers heard of it. `client` is
    /// `tenantry_auth`.
    ///
    /// # Errors
    /// [`AlertError`].
    pub async fn tell(&self, client: &Client, entry: &str) -> Result<(), AlertError> {
        let Some(row) = client.query_opt(ENTRY, &[&entry]).await? else { return Ok(()) };
        let action: String = row.get::<_, Option<String>>(0).unwrap_or_default();
        let email: Option<String> = row.get(1);
        if let (Some(notice), Some(email)) = (notice(&action), &email) {
            let mail = self.mail(notice.0, email, email, notice.1, entry);
            enqueue_once(client, entry, &mail, &self.seal).await?;
        }
        if let (Some(contact), false) = (&self.contact, is_routine(&action)) {
            let about = email.as_deref().unwrap_or_default();
            let mail = self.mail(MailKind::SecurityEvent, contact, about, sentence(&action), entry);
            enqueue_once(client, &format!("{entry} contact"), &mail, &self.seal).await?;
        }
        Ok(())
    }

    fn mail(&self, kind: MailKind, to: &str, email: &str, reason: &str, entry: &str) -> Mail {
        let variables = MailVariables {
            site_url: self.site_url.clone(),
            email: email.to_owned(),
            reason: reason.to_owned(),
            reference: entry.to_owned(),
            ..MailVariables::default()
        };
        Mail { kind, recipient: to.to_owned(), variables }
    }
}

/// What the person is told, if anything.
fn notice(action: &str) -> Option<(MailKind, &'static str)> {
    match action {
        "account_locked" => Some((MailKind::AccountLocked, "")),
        "refresh_token_reused" => Some((
            MailKind::SecurityAlert,
            "A sign-in of yours was used from two places at once, so that sign-in was ended.",
        )),
        _ => None,
    }
}

/// The event in words; never anything that somebody typed.
fn sentence(action: &str) -> &'static str {
    match action {
        "account_locked" => "An account was locked after wrong passwords.",
        "refresh_token_reused" => "A refresh token was used again, so its login session was ended.",
        "administrator_made" => "Somebody became an administrator.",
        "administrator_unmade" => "Somebody is no administrator any more.",
        "role_granted" => "Somebody was given a role.",
        "role_revoked" => "A role was taken from somebody.",
        "role_changed" => "Somebody's role was changed.",
        _ => "Something happened that is kept as a security event.",
    }
}
