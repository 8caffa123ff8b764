use std::borrow::Cow;
use std::fmt;

/// A text file, as its reader found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The path that errors show, such as `apps/board/migrations/0001_initial_schema.up.sql`.
    pub path: String,
    /// The content.
    pub text: String,
}

impl SourceFile {
    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit(['/', '\\']).next().unwrap_or(&self.path)
    }

    /// The content without a byte order mark and with `\n` at the line ends, so that a checksum
    /// does not depend on the editor or on how a version control system checked the file out.
    pub(crate) fn normal_text(&self) -> Cow<'_, str> {
        let text = self.text.strip_prefix('\u{feff}').unwrap_or(&self.text);
        if text.contains("\r\n") {
            Cow::Owned(text.replace("\r\n", "\n"))
        } else {
            Cow::Borrowed(text)
        }
    }
}

/// A place in a file. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file's path.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column, where it is known.
    pub column: Option<usize>,
}

impl Place {
    pub(crate) fn line(file: &str, line: usize) -> Self {
        Place { file: file.into(), line, column: None }
    }

    pub(crate) fn column(file: &str, line: usize, column: usize) -> Self {
        Place { file: file.into(), line, column: Some(column) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)?;
        match self.column {
            Some(column) => write!(formatter, ":{column}"),
            None => Ok(()),
        }
    }
}

/// The line and column (from 1) of a byte offset in a text.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_become_lines_and_columns() {
        let text = "ab\nçd\n";
        for (offset, expected) in [(0, (1, 1)), (2, (1, 3)), (3, (2, 1)), (5, (2, 2)), (7, (3, 1))]
        {
            assert_eq!(line_and_column(text, offset), expected, "{offset}");
        }
    }

    #[test]
    fn places_read_as_editors_take_them() {
        assert_eq!(Place::line("a/b.sql", 3).to_string(), "a/b.sql:3");
        assert_eq!(Place::column("a/b.sql", 3, 7).to_string(), "a/b.sql:3:7");
    }
}
