//! Work into messages, replies into rows: pure, so that it can be tested without a server.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::IsNull;
use postgres_protocol::message::backend::{ErrorResponseBody, Message, RowDescriptionBody};
use postgres_protocol::message::frontend;
use tenantry_caller::Caller;

use super::handshake::VALUE_STYLE;
use crate::error::{RunError, ServerError};
use crate::work::{Lane, Row, Rows, Statement, Work};

/// Sets what a request's statements can see. The role comes last: what stands before it is set with
/// the login's rights. As a condition it returns no bytes of what was set.
const SETTINGS: &str = "\
select
where set_config('search_path', $1, true) is not null
  and set_config('request.jwt.claims', $2, true) is not null
  and set_config('app.current_user_id', $3, true) is not null
  and set_config('request.method', $4, true) is not null
  and set_config('request.path', $5, true) is not null
  and set_config('request.headers', $6, true) is not null
  and set_config('request.cookies', $7, true) is not null
  and set_config('timezone', $8, true) is not null
  and set_config('statement_timeout', $9, true) is not null
  and set_config('transaction_read_only', $10, true) is not null
  and set_config('role', $11, true) is not null";

/// The prepared statements of one socket.
///
/// A plan depends on the role (row security) and on the search path (names), so both belong to the
/// key beside the text.
#[derive(Default)]
pub(crate) struct StatementCache {
    by_sql: HashMap<Arc<str>, Vec<Prepared>>,
    size: usize,
    next: u64,
    /// Whether nothing is kept: behind a pooler, the next transaction may meet another server.
    is_off: bool,
}

struct Prepared {
    role: Box<str>,
    search_path: Arc<str>,
    name: Box<str>,
}

impl StatementCache {
    /// A cache that keeps nothing where statements are not to be prepared.
    pub(crate) fn new(prepares: bool) -> Self {
        StatementCache { is_off: !prepares, ..StatementCache::default() }
    }

    /// How many statements are prepared.
    pub(crate) fn len(&self) -> usize {
        self.size
    }

    fn get(&self, role: &str, search_path: &str, sql: &str) -> Option<&str> {
        let prepared = self.by_sql.get(sql)?;
        let found =
            prepared.iter().find(|one| &*one.role == role && &*one.search_path == search_path)?;
        Some(&found.name)
    }

    fn insert(&mut self, preparing: Preparing) {
        if self.is_off {
            return;
        }
        self.size += 1;
        self.by_sql.entry(preparing.sql).or_default().push(preparing.prepared);
    }

    fn fresh_name(&mut self) -> Box<str> {
        if self.is_off {
            return Box::default();
        }
        self.next += 1;
        format!("t{}", self.next).into_boxed_str()
    }
}

/// A `Parse` that was sent and not yet acknowledged.
struct Preparing {
    sql: Arc<str>,
    prepared: Prepared,
}

/// Whether the work runs in the implicit transaction of its `Sync` or in an explicit one that a
/// later message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Implicit,
    Explicit,
}

/// Limits that hold for one piece of work on its socket.
pub(crate) struct Limits<'a> {
    /// In milliseconds, as text.
    pub(crate) statement_timeout: &'a str,
    /// The longest on a shared socket.
    pub(crate) shared: Duration,
    /// Used where the request asks for no time zone.
    pub(crate) time_zone: &'a str,
}

/// Writes the messages of `work` as `caller` to `buffer`, and says what replies they will have.
///
/// # Errors
/// A value too long for a message (2 GiB); nothing must be sent then.
pub(crate) fn encode(
    buffer: &mut BytesMut,
    cache: &mut StatementCache,
    caller: &Caller,
    work: &Work,
    ending: Ending,
    limits: &Limits<'_>,
) -> io::Result<Reply> {
    let mut reply = Reply::default();
    if ending == Ending::Explicit {
        encode_plain(buffer, cache, &mut reply, work.isolation.begin())?;
    }
    if cache.is_off {
        let style = VALUE_STYLE.map(|(name, value)| (name.to_owned(), value.to_owned()));
        encode_settings(buffer, cache, &mut reply, &style)?;
    }
    let of_role = &work.settings.of_role;
    encode_settings(buffer, cache, &mut reply, of_role)?;
    let statement_timeout = match work.settings.statement_timeout() {
        // A shared socket has to be free again soon, whatever the role may do elsewhere.
        Some((_, of_role)) if work.lane == Lane::SharedRead && of_role >= limits.shared => {
            limits.statement_timeout
        }
        Some((text, _)) => text,
        None => limits.statement_timeout,
    };
    let read_only = if work.lane == Lane::Write { "off" } else { "on" };
    let settings: [&str; 11] = [
        &work.search_path,
        caller.claims(),
        caller.user_id(),
        &work.settings.method,
        &work.settings.path,
        &work.settings.headers,
        &work.settings.cookies,
        work.settings.time_zone.as_deref().unwrap_or(limits.time_zone),
        statement_timeout,
        read_only,
        caller.role(),
    ];
    let name = prepare(buffer, cache, &mut reply, "", &Arc::from(""), SETTINGS, None)?;
    bind_and_execute(buffer, &name, settings.iter().map(|value| Some(value.as_bytes())))?;
    encode_settings(buffer, cache, &mut reply, &work.settings.of_work)?;
    for statement in &work.statements {
        encode_statement(buffer, cache, &mut reply, caller, work, statement)?;
    }
    frontend::sync(buffer);
    Ok(reply)
}

/// Writes one plain command (`begin`, `commit`, ...) and a `Sync`.
pub(crate) fn encode_command(
    buffer: &mut BytesMut,
    cache: &mut StatementCache,
    sql: &str,
) -> io::Result<Reply> {
    let mut reply = Reply::default();
    encode_plain(buffer, cache, &mut reply, sql)?;
    frontend::sync(buffer);
    Ok(reply)
}

/// Settings by name; they hold until the transaction ends.
fn encode_settings(
    buffer: &mut BytesMut,
    cache: &mut StatementCache,
    reply: &mut Reply,
    settings: &[(String, String)],
) -> io::Result<()> {
    if settings.is_empty() {
        return Ok(());
    }
    let conditions: Vec<String> = (0..settings.len())
        .map(|place| {
            format!("set_config(${}, ${}, true) is not null", 2 * place + 1, 2 * place + 2)
        })
        .collect();
    let sql = format!("select where {}", conditions.join(" and "));
    let name = prepare(buffer, cache, reply, "", &Arc::from(""), &sql, None)?;
    let values = settings.iter().flat_map(|(name, value)| [name, value]);
    bind_and_execute(buffer, &name, values.map(|value| Some(value.as_bytes())))
}

fn encode_plain(
    buffer: &mut BytesMut,
    cache: &mut StatementCache,
    reply: &mut Reply,
    sql: &str,
) -> io::Result<()> {
    let name = prepare(buffer, cache, reply, "", &Arc::from(""), sql, None)?;
    bind_and_execute(buffer, &name, std::iter::empty::<Option<&[u8]>>())
}

fn encode_statement(
    buffer: &mut BytesMut,
    cache: &mut StatementCache,
    reply: &mut Reply,
    caller: &Caller,
    work: &Work,
    statement: &Statement,
) -> io::Result<()> {
    let sql = &statement.sql;
    let name = if statement.names_columns {
        // Its columns change with the schema, and a kept plan must not: it would be refused.
        frontend::parse("", sql, std::iter::empty(), buffer)?;
        reply.steps.push(Step::default());
        Box::default()
    } else {
        prepare(buffer, cache, reply, caller.role(), &work.search_path, sql, Some(sql))?
    };
    if let Some(step) = reply.steps.last_mut() {
        step.keeps_rows = true;
    }
    bind(buffer, &name, statement.parameters.iter().map(Option::as_deref))?;
    if statement.names_columns {
        frontend::describe(b'P', "", buffer)?;
    }
    frontend::execute("", 0, buffer)
}

/// The statement's name on this socket; a `Parse` goes first where it has none.
fn prepare(
    buffer: &mut BytesMut,
    cache: &mut StatementCache,
    reply: &mut Reply,
    role: &str,
    search_path: &Arc<str>,
    sql: &str,
    shared_sql: Option<&Arc<str>>,
) -> io::Result<Box<str>> {
    if let Some(name) = cache.get(role, search_path, sql) {
        reply.steps.push(Step::default());
        return Ok(name.into());
    }
    let name = cache.fresh_name();
    frontend::parse(&name, sql, std::iter::empty(), buffer)?;
    let prepared =
        Prepared { role: role.into(), search_path: search_path.clone(), name: name.clone() };
    let sql = shared_sql.cloned().unwrap_or_else(|| sql.into());
    reply.steps.push(Step { preparing: Some(Preparing { sql, prepared }), keeps_rows: false });
    Ok(name)
}

fn bind_and_execute<'a>(
    buffer: &mut BytesMut,
    name: &str,
    values: impl Iterator<Item = Option<&'a [u8]>>,
) -> io::Result<()> {
    bind(buffer, name, values)?;
    frontend::execute("", 0, buffer)
}

/// Gives a prepared statement its parameters, as the portal without a name.
fn bind<'a>(
    buffer: &mut BytesMut,
    name: &str,
    values: impl Iterator<Item = Option<&'a [u8]>>,
) -> io::Result<()> {
    let text_formats = std::iter::empty();
    let write = |value: Option<&[u8]>, out: &mut BytesMut| match value {
        Some(bytes) => {
            out.extend_from_slice(bytes);
            Ok(IsNull::No)
        }
        None => Ok(IsNull::Yes),
    };
    frontend::bind("", name, text_formats, values, write, std::iter::empty(), buffer).map_err(
        |error| match error {
            frontend::BindError::Conversion(cause) => {
                io::Error::new(io::ErrorKind::InvalidInput, cause)
            }
            frontend::BindError::Serialization(cause) => cause,
        },
    )
}

/// What one `Sync`'s worth of messages will be answered with, and what has come so far.
#[derive(Default)]
pub(crate) struct Reply {
    steps: Vec<Step>,
    current: usize,
    results: Vec<Rows>,
    rows: Vec<Row>,
    columns: Vec<String>,
    error: Option<ServerError>,
}

#[derive(Default)]
struct Step {
    preparing: Option<Preparing>,
    keeps_rows: bool,
}

/// Where a socket's transaction stands after `ReadyForQuery`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransactionState {
    Idle,
    Open,
    Failed,
}

/// A whole reply.
pub(crate) struct Finished {
    pub(crate) outcome: Result<Vec<Rows>, RunError>,
    pub(crate) state: TransactionState,
}

impl Reply {
    /// Takes the next message; answers once `ReadyForQuery` came.
    pub(crate) fn accept(
        &mut self,
        message: Message,
        cache: &mut StatementCache,
    ) -> io::Result<Option<Finished>> {
        match message {
            Message::ParseComplete => {
                if let Some(preparing) =
                    self.steps.get_mut(self.current).and_then(|step| step.preparing.take())
                {
                    cache.insert(preparing);
                }
            }
            Message::RowDescription(body) => match names(&body) {
                Ok(names) => self.columns = names,
                // A database of another encoding may cut a name in the middle of a letter. That is
                // the fault of this request, not of those behind it.
                Err(error) => {
                    self.error = Some(ServerError {
                        code: "22021".into(),
                        message: format!("the name of a column cannot be read: {error}"),
                        ..ServerError::default()
                    });
                }
            },
            Message::DataRow(body) if self.keeps_rows() => {
                self.rows.push(Row(body.buffer_bytes().clone()));
            }
            Message::CommandComplete(body) => self.complete(affected(body.tag()?)),
            Message::EmptyQueryResponse => self.complete(0),
            Message::ErrorResponse(body) => self.error = Some(server_error(&body)),
            Message::ReadyForQuery(body) => {
                let state = match body.status() {
                    b'I' => TransactionState::Idle,
                    b'T' => TransactionState::Open,
                    _ => TransactionState::Failed,
                };
                let results = std::mem::take(&mut self.results);
                let outcome = self.error.take().map_or(Ok(results), |error| Err(error.into()));
                return Ok(Some(Finished { outcome, state }));
            }
            _ => {}
        }
        Ok(None)
    }

    /// The error for a connection that ended before the reply did: what the server said last, such
    /// as `57P01` when it is stopped, or that it is gone.
    pub(crate) fn cut_off(&mut self) -> RunError {
        match self.error.take() {
            Some(error) => RunError::Unreachable(error.to_string()),
            None => RunError::Unreachable("the server closed the connection".into()),
        }
    }

    fn keeps_rows(&self) -> bool {
        self.steps.get(self.current).is_some_and(|step| step.keeps_rows)
    }

    fn complete(&mut self, affected: u64) {
        if self.keeps_rows() {
            self.results.push(Rows {
                rows: std::mem::take(&mut self.rows),
                affected,
                columns: std::mem::take(&mut self.columns),
            });
        }
        self.current += 1;
    }
}

fn names(body: &RowDescriptionBody) -> io::Result<Vec<String>> {
    body.fields().map(|field| Ok(field.name().to_owned())).collect()
}

/// The number at the end of a command tag, such as 3 in `INSERT 0 3`.
fn affected(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The fields of an error report (PostgreSQL's "Error and Notice Message Fields").
pub(crate) fn server_error(body: &ErrorResponseBody) -> ServerError {
    let mut error = ServerError::default();
    let mut fields = body.fields();
    while let Ok(Some(field)) = fields.next() {
        let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'C' => error.code = value,
            b'M' => error.message = value,
            b'D' => error.detail = Some(value),
            b'H' => error.hint = Some(value),
            b'n' => error.constraint = Some(value),
            b't' => error.table = Some(value),
            b'c' => error.column = Some(value),
            _ => {}
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_tags_carry_counts() {
        for (tag, expected) in [("INSERT 0 3", 3), ("SELECT 20", 20), ("BEGIN", 0), ("UPDATE 0", 0)]
        {
            assert_eq!(affected(tag), expected, "{tag}");
        }
    }

    #[test]
    fn plans_of_one_role_are_not_used_for_another() {
        let mut cache = StatementCache::default();
        let path: Arc<str> = "public".into();
        cache.insert(Preparing {
            sql: "select 1".into(),
            prepared: Prepared {
                role: "anon".into(),
                search_path: path.clone(),
                name: "t1".into(),
            },
        });
        assert_eq!(cache.get("anon", &path, "select 1"), Some("t1"));
        assert_eq!(cache.get("authenticated", &path, "select 1"), None);
        assert_eq!(cache.get("anon", "private", "select 1"), None);
    }
}
