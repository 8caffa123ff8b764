use tenantry_app::Problems;

/// Why a binding cannot be installed.
#[derive(Debug, thiserror::Error)]
pub enum BindingError {
    /// The manifest names what the database does not have.
    #[error("{0}")]
    Manifest(#[from] Problems),
    /// PostgreSQL refused a statement.
    #[error("the identity binding: {}", describe(.0))]
    Database(#[from] tokio_postgres::Error),
}

/// The client's own message says only that there was an error.
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => {
            let place = server.where_().map(|place| format!(" at {place}")).unwrap_or_default();
            format!("{} ({}){place}", server.message(), server.code().code())
        }
        None => error.to_string(),
    }
}
