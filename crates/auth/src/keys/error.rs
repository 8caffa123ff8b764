use tenantry_caller::{KeyError, SealError};

/// Why keys could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// What PostgreSQL said.
    #[error("{}", tenantry_postgres::provision::describe(.0))]
    Database(#[from] tokio_postgres::Error),
    /// A private key could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A key could not be made or used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There is no such key, or it was revoked before.
    #[error("there is no key {0} that could be revoked; `list` shows those there are")]
    NotFound(String),
    /// New tokens are signed with the key.
    #[error("new tokens are signed with this key; `rotate` first")]
    InUse,
    /// The shared secret has a command of its own.
    #[error("this is the shared secret; `shared-secret off` turns it off")]
    SharedSecret,
    /// There is no shared secret that this home can open.
    #[error("this home knows no shared secret; `shared-secret rotate` makes one")]
    NoSharedSecret,
}
