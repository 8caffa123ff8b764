/// Why the catalog could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// PostgreSQL or the connection to it failed.
    #[error("the catalog cannot be read: {}", .0.as_db_error().map_or_else(|| .0.to_string(), ToString::to_string))]
    Database(#[from] tokio_postgres::Error),
    /// PostgreSQL answered something that was not asked for.
    #[error("the catalog's answer cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}
