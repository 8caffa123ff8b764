use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use tenantry_caller::Caller;
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::sync::{Notify, oneshot};

use super::conversation::{Ending, Limits, Reply, StatementCache, encode};
use super::handshake::{self, Connection};
use super::stream::Stream;
use crate::address::Address;
use crate::error::RunError;
use crate::work::{Rows, Work};

/// See the limits of [`super::exclusive`]: a worn socket takes no new requests and closes when it
/// has answered those it has.
const MOST_STATEMENTS: usize = 500;

type Outcome = Result<Vec<Rows>, RunError>;

/// A socket on which the cheap reads of many callers are in flight at once.
///
/// Each request is one contiguous run of messages that ends in a `Sync`, so each is a transaction
/// of its own with its own settings, and replies come in the order of the requests. An error skips
/// to the `Sync` of its own request and touches no other.
pub(crate) struct SharedSocket {
    state: Mutex<State>,
    something_to_send: Notify,
    closed: AtomicBool,
    born: Instant,
    longest_life: Duration,
    pub(crate) generation: u64,
}

struct State {
    outgoing: BytesMut,
    cache: StatementCache,
    waiting: VecDeque<Waiting>,
    open: bool,
}

struct Waiting {
    reply: Reply,
    answer: oneshot::Sender<Outcome>,
}

impl SharedSocket {
    pub(crate) async fn connect(
        address: &Address,
        generation: u64,
        prepares: bool,
        longest_life: Duration,
    ) -> Result<Arc<Self>, RunError> {
        let Connection { stream, read_ahead, .. } = handshake::log_in(address, prepares).await?;
        let socket = Arc::new(SharedSocket {
            state: Mutex::new(State {
                outgoing: BytesMut::with_capacity(16 * 1024),
                cache: StatementCache::new(prepares),
                waiting: VecDeque::new(),
                open: true,
            }),
            something_to_send: Notify::new(),
            closed: AtomicBool::new(false),
            born: Instant::now(),
            longest_life,
            generation,
        });
        let (reader, writer) = tokio::io::split(stream);
        tokio::spawn(send_all(socket.clone(), writer));
        tokio::spawn(receive_all(socket.clone(), reader, read_ahead));
        Ok(socket)
    }

    /// Whether new requests may use it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
            && self.born.elapsed() < self.longest_life
            && self.lock().cache.len() < MOST_STATEMENTS
    }

    /// Lets it close once every request that it has is answered.
    pub(crate) fn retire(&self) {
        self.closed.store(true, Ordering::Release);
        self.something_to_send.notify_one();
    }

    /// Runs one request. Dropping the future gives up the answer, not the statement.
    pub(crate) async fn run(&self, caller: &Caller, work: &Work, limits: &Limits<'_>) -> Outcome {
        let (answer, answered) = oneshot::channel();
        self.enqueue(caller, work, limits, answer)?;
        self.something_to_send.notify_one();
        answered.await.unwrap_or_else(|_| Err(RunError::Unreachable("the connection broke".into())))
    }

    fn enqueue(
        &self,
        caller: &Caller,
        work: &Work,
        limits: &Limits<'_>,
        answer: oneshot::Sender<Outcome>,
    ) -> Result<(), RunError> {
        let mut state = self.lock();
        if !state.open {
            return Err(RunError::Unreachable("the connection broke".into()));
        }
        let State { outgoing, cache, waiting, .. } = &mut *state;
        let before = outgoing.len();
        match encode(outgoing, cache, caller, work, Ending::Implicit, limits) {
            Ok(reply) => waiting.push_back(Waiting { reply, answer }),
            Err(error) => {
                outgoing.truncate(before);
                return Err(RunError::Unreachable(error.to_string()));
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nothing is left to answer on a socket that takes nothing new.
    fn is_done(&self) -> bool {
        self.closed.load(Ordering::Acquire) && self.lock().waiting.is_empty()
    }

    /// Answers everybody who still waits, after the connection ended.
    fn fail(&self, reason: &str) {
        self.closed.store(true, Ordering::Release);
        let waiting = {
            let mut state = self.lock();
            state.open = false;
            std::mem::take(&mut state.waiting)
        };
        for one in waiting {
            let _ = one.answer.send(Err(RunError::Unreachable(reason.into())));
        }
        self.something_to_send.notify_one();
    }
}

/// Sends whatever has gathered: under load, many requests in one system call.
async fn send_all(socket: Arc<SharedSocket>, mut writer: WriteHalf<Stream>) {
    let mut batch = BytesMut::with_capacity(16 * 1024);
    loop {
        socket.something_to_send.notified().await;
        // Whatever else is ready now may have something to send, too.
        tokio::task::yield_now().await;
        loop {
            batch.clear();
            {
                let mut state = socket.lock();
                if !state.open {
                    return;
                }
                std::mem::swap(&mut batch, &mut state.outgoing);
            }
            if batch.is_empty() {
                break;
            }
            if let Err(error) = writer.write_all(&batch).await {
                socket.fail(&error.to_string());
                return;
            }
            let _ = writer.flush().await;
        }
        if socket.is_done() {
            let _ = writer.shutdown().await;
            return;
        }
    }
}

/// Hands each reply to whoever waits first in line.
async fn receive_all(
    socket: Arc<SharedSocket>,
    mut reader: ReadHalf<Stream>,
    mut incoming: BytesMut,
) {
    let reason = loop {
        match answer_complete(&socket, &mut incoming) {
            Ok(()) => {}
            Err(error) => break error.to_string(),
        }
        if socket.is_done() {
            socket.something_to_send.notify_one();
        }
        incoming.reserve(32 * 1024);
        match reader.read_buf(&mut incoming).await {
            Ok(0) => break "the server closed the connection".to_owned(),
            Ok(_) => {}
            Err(error) => break error.to_string(),
        }
    };
    socket.fail(&reason);
}

/// Takes every whole message out of the buffer. Answers are sent after the lock is gone.
fn answer_complete(socket: &SharedSocket, incoming: &mut BytesMut) -> std::io::Result<()> {
    let mut answers = Vec::new();
    {
        let mut state = socket.lock();
        let State { cache, waiting, .. } = &mut *state;
        while let Some(message) = Message::parse(incoming)? {
            let Some(first) = waiting.front_mut() else { continue };
            if let Some(finished) = first.reply.accept(message, cache)?
                && let Some(one) = waiting.pop_front()
            {
                answers.push((one.answer, finished.outcome));
            }
        }
    }
    for (answer, outcome) in answers {
        // Whoever gave up waiting does not want the answer.
        let _ = answer.send(outcome);
    }
    Ok(())
}
