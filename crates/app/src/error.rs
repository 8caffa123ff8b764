use std::fmt;
use std::io;

/// Something that has to be changed, with the place where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the reader would open it.
    pub file: String,
    /// The line, counted from 1, where one is known.
    pub line: Option<usize>,
    /// What is wrong and what to change.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.message),
            None => write!(formatter, "{}: {}", self.file, self.message),
        }
    }
}

/// Everything that is wrong at once, so that nobody mends a file one run at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl Problems {
    /// An error when there is at least one problem.
    pub(crate) fn into_result(self) -> Result<(), Problems> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(Problem::to_string).collect();
        formatter.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for Problems {}

/// Why an application cannot be loaded, or one of its files cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The manifest says something that cannot be.
    #[error("{0}")]
    Manifest(#[from] Problems),
    /// A file or folder cannot be read.
    #[error("{path}: {cause}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// What the operating system says.
        cause: io::Error,
    },
    /// The application has no such file.
    #[error("{path}: no such file in the application's folder")]
    Missing {
        /// The path, relative to the folder.
        path: String,
    },
    /// The path leads out of the application's folder.
    #[error("{path}: the path leads out of the application's folder; use one below it")]
    Outside {
        /// The path that was asked for.
        path: String,
    },
    /// The file is no UTF-8 text.
    #[error("{path}: the file is not UTF-8 text")]
    NotText {
        /// The path, relative to the folder.
        path: String,
    },
}
