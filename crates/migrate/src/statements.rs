//! Cuts a file into its statements, so that an error can name the line.

use crate::lexer::{Broken, Kind, Lexer, Token};

/// A statement's byte range in its file, without the semicolon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
}

/// Why a file cannot be cut into statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SplitError {
    #[error("a string is opened here and never closed")]
    OpenString,
    #[error("a quoted name is opened here and never closed")]
    OpenName,
    #[error("a dollar-quoted text is opened here and never closed")]
    OpenDollarQuote,
    #[error("a comment is opened here and never closed")]
    OpenComment,
    #[error("the body that begins here (begin atomic) has no end")]
    OpenBody,
    #[error(
        "psql's commands (\\i, \\set, ...) are not SQL and cannot run here; write plain SQL, and the content \
         of an included file instead of the command"
    )]
    PsqlCommand,
}

/// The statements of a text, in order; empty ones are left out.
///
/// A semicolon ends a statement unless it stands in quotes, in parentheses (`create rule ... do
/// (a; b)`) or in the body of a function (`begin atomic a; b; end`).
///
/// # Errors
/// What is wrong, and the byte offset of its start.
pub(crate) fn split(text: &str) -> Result<Vec<Span>, (SplitError, usize)> {
    let mut lexer = Lexer::new(text);
    let mut statements = Vec::new();
    let mut open = Open::default();
    while let Some(token) = lexer.next().map_err(|(broken, at)| (broken.into(), at))? {
        match token.kind {
            Kind::Symbol('\\') => return Err((SplitError::PsqlCommand, token.start)),
            Kind::Symbol(';') if open.may_end() => statements.extend(open.finish()),
            _ => open.take(text, token),
        }
    }
    if let Some(start) = open.body_start {
        return Err((SplitError::OpenBody, start));
    }
    statements.extend(open.finish());
    Ok(statements)
}

impl From<Broken> for SplitError {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::String => SplitError::OpenString,
            Broken::QuotedName => SplitError::OpenName,
            Broken::DollarQuote => SplitError::OpenDollarQuote,
            Broken::Comment => SplitError::OpenComment,
        }
    }
}

/// The statement that is being read.
#[derive(Default)]
struct Open {
    span: Option<Span>,
    parentheses: usize,
    /// How far "create or replace function" was seen.
    routine: Routine,
    body_start: Option<usize>,
    /// `begin atomic` and every `case` inside it wait for an `end`.
    ends_awaited: usize,
    previous: Option<Token>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum Routine {
    #[default]
    Start,
    Create,
    Or,
    Yes,
    No,
}

impl Open {
    fn may_end(&self) -> bool {
        self.parentheses == 0 && self.ends_awaited == 0
    }

    fn finish(&mut self) -> Option<Span> {
        std::mem::take(self).span
    }

    fn take(&mut self, text: &str, token: Token) {
        let start = self.span.map_or(token.start, |span| span.start);
        self.span = Some(Span { start, end: token.end });
        match token.kind {
            Kind::Symbol('(') => self.parentheses += 1,
            Kind::Symbol(')') => self.parentheses = self.parentheses.saturating_sub(1),
            Kind::Word => self.take_word(text, token),
            _ if self.routine != Routine::Yes => self.routine = Routine::No,
            _ => {}
        }
        self.previous = Some(token);
    }

    fn take_word(&mut self, text: &str, token: Token) {
        let word = text[token.start..token.end].to_ascii_lowercase();
        self.routine = match (self.routine, word.as_str()) {
            (Routine::Start, "create") => Routine::Create,
            (Routine::Create, "or") => Routine::Or,
            (Routine::Or, "replace") => Routine::Create,
            (Routine::Create, "function" | "procedure") | (Routine::Yes, _) => Routine::Yes,
            _ => Routine::No,
        };
        if self.routine != Routine::Yes || self.parentheses > 0 {
            return;
        }
        let previous = self.previous.map_or("", |previous| &text[previous.start..previous.end]);
        match word.as_str() {
            _ if previous == "." => {}
            "atomic" if self.ends_awaited == 0 && previous.eq_ignore_ascii_case("begin") => {
                self.body_start = self.previous.map(|begin| begin.start);
                self.ends_awaited = 1;
            }
            "case" if self.ends_awaited > 0 => self.ends_awaited += 1,
            "end" if self.ends_awaited > 0 => {
                self.ends_awaited -= 1;
                if self.ends_awaited == 0 {
                    self.body_start = None;
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Result<Vec<&str>, (SplitError, usize)> {
        Ok(split(text)?.into_iter().map(|span| &text[span.start..span.end]).collect())
    }

    #[test]
    fn files_become_statements() {
        for (text, expected) in [
            ("", vec![]),
            ("-- nothing\n;;/* at all; */;", vec![]),
            ("select 1", vec!["select 1"]),
            ("select 1; -- one;\nselect 2;", vec!["select 1", "select 2"]),
            ("select ';' || \";\";x", vec!["select ';' || \";\"", "x"]),
            ("do $$ begin a; end $$; b;", vec!["do $$ begin a; end $$", "b"]),
            (
                "create rule r as on insert to t do (a; b); c",
                vec!["create rule r as on insert to t do (a; b)", "c"],
            ),
            ("select 1); b", vec!["select 1)", "b"]),
            (
                "create function f() returns int begin atomic select case when a then 1 end; select 2; end; b",
                vec![
                    "create function f() returns int begin atomic select case when a then 1 end; select 2; end",
                    "b",
                ],
            ),
            (
                "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC insert into t values (case 1 when 1 then 2 end); END; b",
                vec![
                    "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC insert into t values (case 1 when 1 then 2 end); END",
                    "b",
                ],
            ),
            (
                "create function f() returns int begin atomic select t.case, t.end from t; end; b",
                vec![
                    "create function f() returns int begin atomic select t.case, t.end from t; end",
                    "b",
                ],
            ),
            (
                "create function f() returns int return case when a then 1 end; b",
                vec!["create function f() returns int return case when a then 1 end", "b"],
            ),
            ("begin; atomic; end;", vec!["begin", "atomic", "end"]),
            (
                "create table begin_atomic (begin int, atomic int); b",
                vec!["create table begin_atomic (begin int, atomic int)", "b"],
            ),
        ] {
            assert_eq!(texts(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_cut_is_named_with_its_start() {
        for (text, expected) in [
            ("select 1;\n\\i other.sql", (SplitError::PsqlCommand, 10)),
            ("a; 'b", (SplitError::OpenString, 3)),
            ("a; $x$ b $$", (SplitError::OpenDollarQuote, 3)),
            ("/* a", (SplitError::OpenComment, 0)),
            ("select \"a", (SplitError::OpenName, 7)),
            ("create function f() begin atomic select 1;", (SplitError::OpenBody, 20)),
        ] {
            assert_eq!(texts(text), Err(expected), "{text}");
        }
    }
}
