use std::io;

use tenantry_app::TableName;

use crate::plan::PlanError;

/// Why a person cannot be exported or erased. The database is as it was.
#[derive(Debug, thiserror::Error)]
pub enum PersonError {
    /// Nobody has this id, address or name.
    #[error("there is no person {0}; name them by id, e-mail address, username or telephone")]
    Unknown(String),
    /// Several have it.
    #[error("{user} could be {first} or {second}; name the person by id")]
    Ambiguous {
        /// What was asked for.
        user: String,
        /// One id.
        first: String,
        /// Another.
        second: String,
    },
    /// Rows are in the way that neither go nor stay by themselves.
    #[error(
        "{table} has rows of this person that the foreign key {key} does not let go: hand them over (--hand-over-to USER) or erase them, too (--erase-all)"
    )]
    Blocked {
        /// The table.
        table: TableName,
        /// The foreign key.
        key: String,
    },
    /// A rule of the application refuses.
    #[error("the application refuses: {message}{}", .hint.as_ref().map(|hint| format!(". {hint}")).unwrap_or_default())]
    Refused {
        /// What it says.
        message: String,
        /// What it advises.
        hint: Option<String>,
    },
    /// Somebody else is changing the same rows.
    #[error("rows of this person are being changed by somebody else; try again")]
    Busy,
    /// The rows are still there after they were deleted.
    #[error("a trigger of {0} kept the person's row; it has to let rows be deleted")]
    Stays(TableName),
    /// The catalog and the manifest do not go together.
    #[error("{0}")]
    Plan(#[from] PlanError),
    /// PostgreSQL refused a statement.
    #[error("the database: {}", describe(.0))]
    Database(tokio_postgres::Error),
    /// The export cannot be written, or the copy of the erasures.
    #[error("{0}")]
    Output(#[from] io::Error),
}

impl From<tokio_postgres::Error> for PersonError {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(server) = error.as_db_error() else { return PersonError::Database(error) };
        match server.code().code() {
            "40001" | "40P01" | "55P03" => PersonError::Busy,
            "23503" => match (server.schema(), server.table(), server.constraint()) {
                (Some(schema), Some(table), Some(key)) => PersonError::Blocked {
                    table: TableName { schema: schema.into(), table: table.into() },
                    key: key.into(),
                },
                _ => PersonError::Database(error),
            },
            // What a trigger raises: a rule of the application, in its own words.
            "P0001" | "23514" | "23001" | "23000" | "42501"
                if server.where_().is_some_and(|place| place.contains("PL/pgSQL")) =>
            {
                PersonError::Refused {
                    message: server.message().to_owned(),
                    hint: server.hint().map(str::to_owned),
                }
            }
            _ => PersonError::Database(error),
        }
    }
}

/// The client's own message says only that there was an error. Details may quote rows, so they stay
/// out.
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => {
            let constraint = server
                .constraint()
                .map(|constraint| format!(", constraint {constraint}"))
                .unwrap_or_default();
            format!("{} ({}{constraint})", server.message(), server.code().code())
        }
        None => error.to_string(),
    }
}
