//! Mail: enqueued by the transaction that causes it, written from templates, and handed over once.
//!
//! [`enqueue`] is the statement for the transaction. [`MailSender`] claims what is due, writes it
//! from the application's [`Templates`] and hands it to a mail server or to the [`Mailbox`] of the
//! home, which [`mailbox_page`] shows in a browser.
//!
//! This room may never know an application's name, and never sends inside a transaction.

mod kind;
mod mail;
mod mailbox;
mod message;
mod page;
mod queue;
mod reason;
mod sender;
mod stored;
mod template;
mod templates;
mod transport;

pub use kind::MailKind;
pub use mail::{Mail, MailError, MailVariables, enqueue, enqueue_once};
pub use mailbox::{Mailbox, StoredMail};
pub use message::{SenderAddress, SenderAddressError};
pub use page::mailbox_page;
pub use sender::MailSender;
pub use stored::install_stored_templates;
pub use templates::{TemplateError, Templates};
pub use transport::{SmtpServer, SmtpUrlError, Transport};
