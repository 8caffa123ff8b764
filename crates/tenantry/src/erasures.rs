//! What a home holds of an erasure, and of a person, outside of the database.

use std::io;

use tenantry_mail::Mailbox;
use tenantry_person::{Erasure, Journal};
use tokio::task::spawn_blocking;

/// One application's.
#[derive(Debug, Clone)]
pub struct Erasures {
    /// Who was erased.
    pub journal: Journal,
    /// Mails that were not sent, for want of a mail server.
    pub mailbox: Mailbox,
}

impl Erasures {
    /// Remembers an erasure, and forgets the mails to these addresses.
    pub async fn remember(&self, erasure: Erasure, addresses: Vec<String>) -> io::Result<()> {
        let Erasures { journal, mailbox } = self.clone();
        let work = move || {
            journal.append(&erasure)?;
            mailbox.forget(&addresses)
        };
        spawn_blocking(work).await.map_err(io::Error::other)?
    }

    /// Forgets the mails to these addresses.
    pub async fn forget(&self, addresses: Vec<String>) -> io::Result<()> {
        let mailbox = self.mailbox.clone();
        spawn_blocking(move || mailbox.forget(&addresses)).await.map_err(io::Error::other)?
    }
}
