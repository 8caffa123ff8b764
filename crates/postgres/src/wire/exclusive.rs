use std::pin::Pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use tenantry_caller::Caller;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::conversation::{
    Ending, Finished, Limits, Reply, StatementCache, TransactionState, encode, encode_command,
};
use super::handshake::{self, CancelKey, Connection};
use super::stream::Stream;
use crate::address::Address;
use crate::error::RunError;
use crate::work::{Rows, Verdict, Work};

/// After so many prepared statements a socket is replaced: the server process behind it never
/// gives back the memory that its caches grew by.
const MOST_STATEMENTS: usize = 500;

/// What user-defined functions may leave behind in a session.
const CLEANING: [&str; 3] = ["reset all", "select pg_advisory_unlock_all()", "discard temp"];

/// A socket that carries one request at a time.
pub(crate) struct ExclusiveSocket {
    stream: Stream,
    incoming: BytesMut,
    outgoing: BytesMut,
    cache: StatementCache,
    cancel_key: CancelKey,
    born: Instant,
    longest_life: Duration,
    /// The schema generation that its plans were made for.
    pub(crate) generation: u64,
    /// When it was last given back.
    pub(crate) idle_since: Instant,
    in_order: bool,
}

impl ExclusiveSocket {
    pub(crate) async fn connect(
        address: &Address,
        generation: u64,
        prepares: bool,
        longest_life: Duration,
    ) -> Result<Self, RunError> {
        let Connection { stream, cancel_key, read_ahead } =
            handshake::log_in(address, prepares).await?;
        Ok(ExclusiveSocket {
            stream,
            incoming: read_ahead,
            outgoing: BytesMut::with_capacity(4096),
            cache: StatementCache::new(prepares),
            cancel_key,
            born: Instant::now(),
            longest_life,
            generation,
            idle_since: Instant::now(),
            in_order: true,
        })
    }

    /// Whether its last conversation came to its end.
    pub(crate) fn is_in_order(&self) -> bool {
        self.in_order
    }

    pub(crate) fn cancel_key(&self) -> CancelKey {
        self.cancel_key
    }

    /// Whether another request may use it: nothing is half said, and it is not worn.
    pub(crate) fn is_reusable(&self) -> bool {
        self.in_order
            && self.cache.len() < MOST_STATEMENTS
            && self.born.elapsed() < self.longest_life
    }

    /// Whether the server still holds the other end. An idle server says nothing, so anything that
    /// can be read (its end, or a farewell such as "terminating connection") means no.
    pub(crate) fn is_alive(&mut self) -> bool {
        let mut bytes = [0_u8; 1];
        let mut buffer = ReadBuf::new(&mut bytes);
        let mut context = Context::from_waker(Waker::noop());
        Pin::new(&mut self.stream).poll_read(&mut context, &mut buffer).is_pending()
    }

    /// One round trip, one implicit transaction.
    pub(crate) async fn run(
        &mut self,
        caller: &Caller,
        work: &Work,
        limits: &Limits<'_>,
    ) -> Result<Vec<Rows>, RunError> {
        self.outgoing.clear();
        let reply =
            encode(&mut self.outgoing, &mut self.cache, caller, work, Ending::Implicit, limits)
                .map_err(broken)?;
        self.converse(reply).await?.outcome
    }

    /// An explicit transaction: the work, a look at its rows, then COMMIT or ROLLBACK.
    pub(crate) async fn run_deciding(
        &mut self,
        caller: &Caller,
        work: &Work,
        limits: &Limits<'_>,
        decide: impl FnOnce(&[Rows]) -> Verdict + Send,
    ) -> Result<(Vec<Rows>, Verdict), RunError> {
        self.outgoing.clear();
        let reply =
            encode(&mut self.outgoing, &mut self.cache, caller, work, Ending::Explicit, limits)
                .map_err(broken)?;
        let finished = self.converse(reply).await?;
        let rows = match finished.outcome {
            Ok(rows) => rows,
            Err(error) => {
                if finished.state != TransactionState::Idle {
                    self.command("rollback").await?;
                }
                return Err(error);
            }
        };
        let verdict = decide(&rows);
        match verdict {
            Verdict::Commit => self.command("commit").await?,
            // Deferred constraints speak in a rolled back transaction too, as they do for PostgREST.
            Verdict::Rollback => match self.command("set constraints all immediate").await {
                Ok(()) => self.command("rollback").await?,
                Err(error) => {
                    self.command("rollback").await?;
                    return Err(error);
                }
            },
        }
        Ok((rows, verdict))
    }

    /// Removes what user-defined functions may have left in the session.
    pub(crate) async fn clean(&mut self) -> Result<(), RunError> {
        for command in CLEANING {
            self.command(command).await?;
        }
        Ok(())
    }

    async fn command(&mut self, sql: &str) -> Result<(), RunError> {
        self.outgoing.clear();
        let reply = encode_command(&mut self.outgoing, &mut self.cache, sql).map_err(broken)?;
        self.converse(reply).await?.outcome.map(drop)
    }

    /// Sends what is in `outgoing` and reads until the server is ready again. A socket whose
    /// conversation did not end (an error, a dropped future) is never used again.
    async fn converse(&mut self, mut reply: Reply) -> Result<Finished, RunError> {
        self.in_order = false;
        self.stream.write_all(&self.outgoing).await.map_err(broken)?;
        self.stream.flush().await.map_err(broken)?;
        loop {
            while let Some(message) = Message::parse(&mut self.incoming).map_err(broken)? {
                if let Some(finished) = reply.accept(message, &mut self.cache).map_err(broken)? {
                    self.in_order = true;
                    return Ok(finished);
                }
            }
            self.incoming.reserve(16 * 1024);
            if self.stream.read_buf(&mut self.incoming).await.map_err(broken)? == 0 {
                return Err(reply.cut_off());
            }
        }
    }
}

fn broken(error: std::io::Error) -> RunError {
    RunError::Unreachable(error.to_string())
}
