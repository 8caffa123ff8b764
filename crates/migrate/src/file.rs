use sha2::{Digest, Sha256};

use crate::directives::{self, Directives};
use crate::refused::refused;
use crate::source::line_and_column;
use crate::statements::{Span, split};
use crate::{MigrateError, Place, SourceFile};

/// A file of SQL that was read: its directives, its statements and its checksum.
#[derive(Debug, Clone)]
pub(crate) struct SqlFile {
    pub path: String,
    pub directives: Directives,
    pub checksum: String,
    text: String,
    spans: Vec<Span>,
}

/// One statement with its place in its file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement<'a> {
    pub text: &'a str,
    file: &'a SqlFile,
    start: usize,
}

impl SqlFile {
    /// Reads a file.
    ///
    /// # Errors
    /// [`MigrateError::Directive`] and [`MigrateError::Sql`], with the place.
    pub fn read(source: &SourceFile) -> Result<Self, MigrateError> {
        let text = source.normal_text().into_owned();
        let path = source.path.clone();
        let directives =
            directives::read(&text).map_err(|(line, problem)| MigrateError::Directive {
                place: Place::line(&path, line),
                problem: problem.to_string(),
            })?;
        let unreadable = |at: usize, problem: String| {
            let (line, column) = line_and_column(&text, at);
            MigrateError::Sql { place: Place::column(&path, line, column), problem }
        };
        let spans = split(&text).map_err(|(error, at)| unreadable(at, error.to_string()))?;
        for span in &spans {
            if let Some(reason) = refused(&text[span.start..span.end]) {
                return Err(unreadable(span.start, reason.to_string()));
            }
        }
        Ok(SqlFile { checksum: checksum([text.as_str()]), path, directives, text, spans })
    }

    /// The statements, in order.
    pub fn statements(&self) -> impl ExactSizeIterator<Item = Statement<'_>> {
        self.spans.iter().map(|span| Statement {
            text: &self.text[span.start..span.end],
            file: self,
            start: span.start,
        })
    }

    /// The checksum of the first `count` statements; what stands between them does not count.
    pub fn checksum_of_first(&self, count: usize) -> String {
        checksum(self.statements().take(count).map(|statement| statement.text))
    }

    /// The file's last line, where an error belongs that comes at commit.
    pub fn last_place(&self) -> Place {
        Place::line(&self.path, self.text.lines().count().max(1))
    }
}

impl Statement<'_> {
    /// Where the statement begins.
    pub fn place(&self) -> Place {
        let (line, _) = line_and_column(&self.file.text, self.start);
        Place::line(&self.file.path, line)
    }

    /// The place of the statement's character number `position` (from 1), as the server counts.
    pub fn place_of_character(&self, position: u32) -> Place {
        let index = usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(1);
        let offset = self.text.char_indices().nth(index).map_or(self.text.len(), |(at, _)| at);
        let (line, column) = line_and_column(&self.file.text, self.start + offset);
        Place::column(&self.file.path, line, column)
    }
}

/// The SHA-256 of some texts, each ended by a zero byte when there is more than one, as hex.
fn checksum<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hash = Sha256::new();
    for (index, text) in texts.into_iter().enumerate() {
        if index > 0 {
            hash.update([0]);
        }
        hash.update(text);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<SqlFile, String> {
        SqlFile::read(&SourceFile { path: "m/0001_a.up.sql".into(), text: text.into() })
            .map_err(|error| error.to_string())
    }

    #[test]
    fn places_are_those_of_the_file() {
        let file = file("-- why\nselect 1;\n\n  select ü,\n    wrong;\n").unwrap();
        let second = file.statements().nth(1).unwrap();
        assert_eq!(second.place().to_string(), "m/0001_a.up.sql:4");
        for (position, expected) in [(1, "4:3"), (8, "4:10"), (15, "5:5"), (999, "5:10")] {
            let place = second.place_of_character(position).to_string();
            assert_eq!(place, format!("m/0001_a.up.sql:{expected}"), "{position}");
        }
        assert_eq!(file.last_place().to_string(), "m/0001_a.up.sql:5");
    }

    #[test]
    fn checksums_are_sha_256_and_do_not_depend_on_line_ends() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(file("abc").unwrap().checksum, abc);
        assert_eq!(file("\u{feff}a\r\nb").unwrap().checksum, file("a\nb").unwrap().checksum);
        let (before, after) = (file("a; b;\nc").unwrap(), file("a; -- x\nb; d").unwrap());
        assert_eq!(before.checksum_of_first(2), after.checksum_of_first(2));
        assert_ne!(before.checksum_of_first(3), after.checksum_of_first(3));
    }

    #[test]
    fn files_that_cannot_run_are_refused_with_their_place() {
        for (text, expected) in [
            ("-- tenantry: fast", "m/0001_a.up.sql:1: unknown directive `fast`"),
            ("a;\n \\i b.sql", "m/0001_a.up.sql:2:2: psql's commands"),
            ("a;\nb 'c", "m/0001_a.up.sql:2:3: a string is opened here"),
            ("\n\ncommit;", "m/0001_a.up.sql:3:1: the runner begins and ends transactions itself"),
            ("copy t from stdin;\n1\n\\.", "m/0001_a.up.sql:3:1: psql's commands"),
            ("copy t from stdin;", "m/0001_a.up.sql:1:1: there is no input to copy from"),
        ] {
            let error = file(text).unwrap_err();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
