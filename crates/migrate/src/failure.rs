use std::fmt;

use crate::{Direction, Place};

/// A statement of a file that the server refused.
#[derive(Debug)]
pub struct StatementError {
    /// The line of the statement, or the exact place where the server names it.
    pub place: Place,
    /// The first line of the statement.
    pub statement: String,
    /// SQLSTATE, where the server answered at all.
    pub code: Option<String>,
    /// The server's message, or the driver's where the connection broke.
    pub message: String,
    /// The server's detail.
    pub detail: Option<String>,
    /// The server's hint.
    pub hint: Option<String>,
    /// In which function it happened, as the server says it.
    pub context: Option<String>,
    /// What is left of the file's work.
    pub stays: Stays,
}

/// What a failed file leaves behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stays {
    /// Nothing: its transaction was rolled back. The text says where the database stands.
    Nothing(String),
    /// The statements before the failing one, since the file runs without a transaction.
    Statements {
        /// The revision.
        revision: String,
        /// How many are done.
        done: usize,
        /// How many the file has.
        total: usize,
        /// The way it was going.
        direction: Direction,
    },
}

impl std::error::Error for StatementError {}

impl fmt::Display for StatementError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.message)?;
        if let Some(code) = &self.code {
            write!(formatter, " ({code})")?;
        }
        if !self.statement.is_empty() {
            write!(formatter, "\n  statement: {}", self.statement)?;
        }
        for (name, text) in
            [("detail", &self.detail), ("hint", &self.hint), ("context", &self.context)]
        {
            if let Some(text) = text {
                write!(formatter, "\n  {name}: {}", text.replace('\n', "\n    "))?;
            }
        }
        write!(formatter, "\n{}", self.stays)
    }
}

impl fmt::Display for Stays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stays::Nothing(stands) => formatter.write_str(stands),
            Stays::Statements { revision, done, total, direction } => write!(
                formatter,
                "Revision {revision} runs without a transaction: {done} of its {total} statements are done and stay. \
                 Mend the cause (an index that could not be built stays invalid and must be dropped), then run {} \
                 again: it goes on with this statement.",
                direction.verb()
            ),
        }
    }
}

/// A driver's error in one line: what the server said, or the chain of causes.
pub(crate) fn describe(error: &tokio_postgres::Error) -> String {
    if let Some(server) = error.as_db_error() {
        return format!("{} ({})", server.message(), server.code().code());
    }
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_statement_reads_from_place_to_advice() {
        let error = StatementError {
            place: Place::column("m/0002_b.up.sql", 7, 3),
            statement: "alter table t".into(),
            code: Some("42703".into()),
            message: "column \"x\" does not exist".into(),
            detail: None,
            hint: Some("Perhaps \"y\".".into()),
            context: None,
            stays: Stays::Statements {
                revision: "0002_b".into(),
                done: 1,
                total: 3,
                direction: Direction::Up,
            },
        };
        let expected = "m/0002_b.up.sql:7:3: column \"x\" does not exist (42703)
  statement: alter table t
  hint: Perhaps \"y\".
Revision 0002_b runs without a transaction: 1 of its 3 statements are done and stay. \
Mend the cause (an index that could not be built stays invalid and must be dropped), then run up \
again: it goes on with this statement.";
        assert_eq!(error.to_string(), expected);
    }
}
