use tenantry_app::Problems;

/// Why a binding cannot be installed.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// The manifest names what the database does not have.
    #[error("{0}")]
    Manifest(#[from] Problems),
    /// PostgreSQL refused a statement.
    #[error("the identity binding cannot be installed: {0}")]
    Database(#[from] tokio_postgres::Error),
}
