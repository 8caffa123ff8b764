//! What a request asks of the database, and what comes back: plain values without any I/O.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

/// One SQL statement with its parameters.
///
/// Parameters are in text format and of unknown type, so PostgreSQL infers their types from the
/// statement as it does for quoted literals. `None` is null.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The text, with `$1`, `$2`, ... for the parameters.
    pub sql: Arc<str>,
    /// The values, in order.
    pub parameters: Vec<Option<Bytes>>,
    /// Whether the names of its columns are asked for.
    pub names_columns: bool,
}

impl Statement {
    /// A statement without parameters.
    pub fn new(sql: impl Into<Arc<str>>) -> Self {
        Statement { sql: sql.into(), parameters: Vec::new(), names_columns: false }
    }

    /// The same statement with one more parameter.
    pub fn bind(mut self, value: impl Into<Bytes>) -> Self {
        self.parameters.push(Some(value.into()));
        self
    }

    /// The same statement with one more parameter, which may be null.
    pub fn bind_option(mut self, value: Option<impl Into<Bytes>>) -> Self {
        self.parameters.push(value.map(Into::into));
        self
    }
}

/// The facts about a request that its statements can read with `current_setting`.
///
/// Every one is written on every request, so nothing of an earlier request can be seen.
#[derive(Debug, Clone, Default)]
pub struct RequestSettings {
    /// `request.method`, such as `GET`.
    pub method: String,
    /// `request.path`, such as `/posts`.
    pub path: String,
    /// `request.headers`: a JSON object with lower-case names.
    pub headers: String,
    /// `request.cookies`: a JSON object.
    pub cookies: String,
    /// The session's time zone; the server's own when absent.
    pub time_zone: Option<String>,
    /// Settings that the login may make but the caller's role may not: those of the role itself.
    /// A `statement_timeout` among them takes the place of the database's.
    pub of_role: Arc<[(String, String)]>,
    /// Settings that the caller's role makes: those of a function, and `app.settings.*`.
    pub of_work: Vec<(String, String)>,
}

impl RequestSettings {
    /// The role's own statement timeout: as it is set, and how long that is.
    pub(crate) fn statement_timeout(&self) -> Option<(&str, Duration)> {
        let (_, text) = self.of_role.iter().find(|(name, _)| name == "statement_timeout")?;
        Some((text, duration(text)))
    }
}

/// A time as PostgreSQL's settings have it ("Setting Parameters"), of milliseconds without a unit;
/// zero, and what is none, do not end.
fn duration(text: &str) -> Duration {
    let text = text.trim();
    let digits = text.find(|found: char| !found.is_ascii_digit() && found != '.');
    let (number, unit) = text.split_at(digits.unwrap_or(text.len()));
    let seconds = match unit.trim() {
        "us" => 1e-6,
        "" | "ms" => 1e-3,
        "s" => 1.0,
        "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Duration::MAX,
    };
    match number.parse::<f64>().map(|number| Duration::try_from_secs_f64(number * seconds)) {
        Ok(Ok(duration)) if !duration.is_zero() => duration,
        _ => Duration::MAX,
    }
}

/// Which sockets may carry the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// A cheap prepared read that calls no user-defined or volatile function: it shares a socket
    /// with the reads of other callers. It may time out, but it is never cancelled, because a
    /// cancel could hit a neighbour.
    SharedRead,
    /// A socket of its own, read-only.
    Read,
    /// A socket of its own, read-write.
    Write,
}

/// Everything that one request does to the database: its settings and then its statements, sent as
/// one buffer under one `Sync`.
#[derive(Debug, Clone)]
pub struct Work {
    /// Which sockets may carry it.
    pub lane: Lane,
    /// `search_path`, already quoted, such as `"public", "extensions"`.
    pub search_path: Arc<str>,
    /// What `current_setting` shows.
    pub settings: RequestSettings,
    /// The statements, in order.
    pub statements: Vec<Statement>,
    /// How isolated it is from others; only looked at where a verdict ends the transaction.
    pub isolation: Isolation,
    /// Whether user-defined functions may run, which may leave traces in the session (settings,
    /// advisory locks, temporary tables): the socket is then cleaned before anybody else gets it.
    pub runs_user_functions: bool,
}

/// How much of what others commit meanwhile the work may see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Isolation {
    /// What was committed before each statement.
    #[default]
    ReadCommitted,
    /// What was committed before the first statement.
    RepeatableRead,
    /// As if nobody else were there.
    Serializable,
}

impl Isolation {
    /// By the name that PostgreSQL gives it; everything else is read committed.
    pub fn named(name: &str) -> Self {
        match name {
            "repeatable read" => Isolation::RepeatableRead,
            "serializable" => Isolation::Serializable,
            _ => Isolation::ReadCommitted,
        }
    }

    /// The command that starts such a transaction.
    pub(crate) fn begin(self) -> &'static str {
        match self {
            Isolation::ReadCommitted => "begin",
            Isolation::RepeatableRead => "begin isolation level repeatable read",
            Isolation::Serializable => "begin isolation level serializable",
        }
    }
}

/// The rows of one statement.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The rows, in the order they came.
    pub rows: Vec<Row>,
    /// The number in the command tag: rows returned or affected.
    pub affected: u64,
    /// The names of the columns, where the statement asked for them.
    pub columns: Vec<String>,
}

impl Rows {
    /// The first row.
    pub fn first(&self) -> Option<&Row> {
        self.rows.first()
    }
}

/// One row; values are in text format.
///
/// They stay as they came, each behind its length (PostgreSQL's `DataRow` message), because most are
/// looked at once or handed on.
#[derive(Debug, Clone)]
pub struct Row(pub(crate) Bytes);

impl Row {
    /// The value at `index` as text; `None` for null, for a column that does not exist and for
    /// bytes that are no UTF-8 (a UTF-8 database never sends such).
    pub fn text(&self, index: usize) -> Option<&str> {
        self.values().nth(index)?.and_then(|value| std::str::from_utf8(value).ok())
    }

    /// The value at `index` as it came.
    pub fn bytes(&self, index: usize) -> Option<Bytes> {
        self.values().nth(index)?.map(|value| self.0.slice_ref(value))
    }

    /// Every value in order; `None` for null.
    pub fn values(&self) -> impl Iterator<Item = Option<&[u8]>> {
        let mut rest: &[u8] = &self.0;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            let (value, behind) = match usize::try_from(i32::from_be_bytes(*length)) {
                Ok(length) => {
                    let (value, behind) = behind.split_at_checked(length)?;
                    (Some(value), behind)
                }
                // -1 is null.
                Err(_) => (None, behind),
            };
            rest = behind;
            Some(value)
        })
    }
}

/// Whether work whose result was looked at may stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Keep what was done.
    Commit,
    /// Undo it.
    Rollback,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_settings_have_them() {
        for (text, expected) in [
            ("200", Duration::from_millis(200)),
            ("200ms", Duration::from_millis(200)),
            ("1.5 s", Duration::from_millis(1500)),
            ("2min", Duration::from_secs(120)),
            ("0", Duration::MAX),
            ("-1", Duration::MAX),
            ("soon", Duration::MAX),
        ] {
            assert_eq!(duration(text), expected, "{text}");
        }
    }

    #[test]
    fn rows_are_read_where_they_lie() {
        let row = Row(Bytes::from_static(b"\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\0"));
        assert_eq!(row.values().collect::<Vec<_>>(), [Some(&b"ab"[..]), None, Some(&b""[..])]);
        assert_eq!((row.text(0), row.text(1), row.text(2)), (Some("ab"), None, Some("")));
        assert_eq!(row.bytes(0), Some(Bytes::from_static(b"ab")));
        assert_eq!(row.text(3), None);
        assert_eq!(Row(Bytes::from_static(b"\0\0\0\x09ab")).values().count(), 0, "cut off");
    }
}
