use std::fmt;

/// An error that PostgreSQL reported, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerError {
    /// The five characters of SQLSTATE, such as `23505`.
    pub code: String,
    /// The primary message.
    pub message: String,
    /// The detail, where there is one.
    pub detail: Option<String>,
    /// The hint, where there is one.
    pub hint: Option<String>,
    /// The name of the violated constraint, where there is one.
    pub constraint: Option<String>,
    /// The table that the error is about, where there is one.
    pub table: Option<String>,
    /// The column that the error is about, where there is one.
    pub column: Option<String>,
}

impl fmt::Display for ServerError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.message, self.code)
    }
}

impl std::error::Error for ServerError {}

/// Why work for a caller did not come back with rows.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RunError {
    /// PostgreSQL refused it; everything was rolled back.
    #[error("{0}")]
    Server(Box<ServerError>),
    /// No socket became free in time. Nothing was sent.
    #[error("no database connection became free within {waited_ms} ms")]
    Busy {
        /// How long the request waited, in milliseconds.
        waited_ms: u64,
    },
    /// No answer within the limit. A write was cancelled at the server.
    #[error("the database did not answer within {limit_ms} ms")]
    TimedOut {
        /// The limit, in milliseconds.
        limit_ms: u64,
    },
    /// The connection broke, or none can be made. Work that was already sent may or may not have
    /// been committed.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
}

impl RunError {
    /// The error that PostgreSQL reported, if it is one.
    pub fn server(&self) -> Option<&ServerError> {
        match self {
            RunError::Server(error) => Some(error),
            _ => None,
        }
    }
}

impl From<ServerError> for RunError {
    fn from(error: ServerError) -> Self {
        RunError::Server(Box::new(error))
    }
}
