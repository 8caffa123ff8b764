//! Mail: enqueued by the transaction that causes it, written from templates, and handed over once.
//!
//! [`enqueue`] is the statement for the transaction.
//!
//! This room may never know an application's name, and never sends inside a transaction.

mod kind;
mod mail;
mod template;
mod templates;

pub use kind::MailKind;
pub use mail::{Mail, MailError, MailVariables, enqueue};
pub use templates::{TemplateError, Templates};
