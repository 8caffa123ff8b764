/// Why the catalog could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// PostgreSQL or the connection to it failed.
    #[error("the catalog cannot be read: {0}")]
    Database(#[from] tokio_postgres::Error),
}
