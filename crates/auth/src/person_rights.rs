//! What a person may ask about themselves: everything that the application holds, and its erasure.
//!
//! Both reach rows that no caller reaches (audit trails, rows that others own), so they are not
//! this room's: whoever wires the application hands in what does them, and this room only makes
//! sure that it is the person who asks.

use std::pin::Pin;

/// An answer that takes a while.
pub type Answer<T> = Pin<Box<dyn Future<Output = Result<T, PersonRightsError>> + Send>>;

/// Does what a person asks about themselves. The id is that of an account whose person was just
/// seen to be who they are.
pub trait PersonRights: Send + Sync {
    /// Everything about the person, as a JSON document.
    fn export(&self, user_id: String) -> Answer<Vec<u8>>;

    /// Erases the person.
    fn erase(&self, user_id: String) -> Answer<()>;
}

/// Why it was not done. Nothing has changed then.
#[derive(Debug, thiserror::Error)]
pub enum PersonRightsError {
    /// Somebody else is changing the same rows.
    #[error("rows of the person are being changed")]
    Busy,
    /// A rule of the application stands against it; the text is for the person.
    #[error("refused: {0}")]
    Refused(String),
    /// Anything else; the text is for the log.
    #[error("failed: {0}")]
    Failed(String),
}
