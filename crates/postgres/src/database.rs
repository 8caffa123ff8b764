use std::sync::Arc;
use std::time::Duration;

use tenantry_caller::Caller;
use tokio::sync::Semaphore;

use crate::address::Address;
use crate::pool::{self, ExclusivePool, PoolLimits, SharedPool, SocketLimits};
use crate::wire::conversation::Limits;
use crate::{Lane, Rows, RunError, Verdict, Work};

/// How long the answer may take beyond the statement timeout, which the server keeps itself.
const GRACE: Duration = Duration::from_secs(2);

/// A role may have a statement timeout of its own, up to this.
const LONGEST_ROLE_TIMEOUT: Duration = Duration::from_secs(600);

/// SQLSTATE of a statement that was ended, by its timeout or by request.
const QUERY_CANCELED: &str = "57014";

/// How requests reach one database.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// The server's login in this database. It must be able to become every caller's role.
    pub address: Address,
    /// How many sockets cheap reads share. Few are faster: see `bench/README.md`. With none, those
    /// reads go to the exclusive ones.
    pub shared_sockets: usize,
    /// How many sockets carry one request at a time.
    pub exclusive_sockets: usize,
    /// How long a request waits for a free socket.
    pub wait: Duration,
    /// The longest a statement may run.
    pub statement_timeout: Duration,
    /// The longest a read on a shared socket may run, during which the reads behind it wait. One
    /// that needs longer is run again on a socket of its own.
    pub shared_statement_timeout: Duration,
    /// How long a socket stays open unused.
    pub idle: Duration,
    /// How long a socket is used before it is replaced.
    pub longest_life: Duration,
    /// Whether statements are prepared and kept. Not behind a pooler that gives each transaction
    /// another connection.
    pub prepared_statements: bool,
    /// The time zone of requests that ask for none.
    pub time_zone: String,
    /// Bounds the exclusive sockets of all databases of one server together.
    pub server_sockets: Arc<Semaphore>,
}

impl DatabaseOptions {
    /// The defaults for a database at `address`.
    pub fn new(address: Address, server_sockets: Arc<Semaphore>) -> Self {
        DatabaseOptions {
            address,
            shared_sockets: 2,
            exclusive_sockets: 16,
            wait: Duration::from_secs(10),
            statement_timeout: Duration::from_secs(30),
            shared_statement_timeout: Duration::from_secs(1),
            idle: Duration::from_secs(60),
            longest_life: Duration::from_secs(30 * 60),
            prepared_statements: true,
            time_zone: "UTC".into(),
            server_sockets,
        }
    }
}

/// One application's database, as requests see it.
///
/// A handle is cheap to clone. It is the only way to the database for a request, and it always
/// takes a [`Caller`].
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    exclusive: Arc<ExclusivePool>,
    shared: Arc<SharedPool>,
    time_zone: String,
    statement_timeout: Duration,
    shared_statement_timeout: Duration,
    statement_timeout_text: String,
    shared_statement_timeout_text: String,
}

impl Database {
    /// A database whose sockets are opened when they are needed. Must be called within a runtime.
    pub fn new(options: DatabaseOptions) -> Self {
        let limits = PoolLimits {
            shared_sockets: options.shared_sockets,
            exclusive_sockets: options.exclusive_sockets,
            wait: options.wait,
            sockets: SocketLimits {
                idle: options.idle,
                longest_life: options.longest_life,
                prepares: options.prepared_statements,
            },
        };
        let exclusive =
            ExclusivePool::new(options.address.clone(), &limits, options.server_sockets);
        let shared = SharedPool::new(options.address, &limits);
        pool::spawn_reaper(&exclusive, &shared);
        Database {
            inner: Arc::new(Inner {
                exclusive,
                shared,
                time_zone: options.time_zone,
                statement_timeout: options.statement_timeout,
                shared_statement_timeout: options.shared_statement_timeout,
                statement_timeout_text: options.statement_timeout.as_millis().to_string(),
                shared_statement_timeout_text: options
                    .shared_statement_timeout
                    .as_millis()
                    .to_string(),
            }),
        }
    }

    /// Runs the work as `caller`: one round trip, one implicit transaction, committed when every
    /// statement succeeded (deferred constraints included) and rolled back otherwise.
    ///
    /// Answers one [`Rows`] for each statement.
    ///
    /// # Errors
    /// Every [`RunError`].
    pub async fn run_as(&self, caller: &Caller, work: Work) -> Result<Vec<Rows>, RunError> {
        let first = self.attempt(caller, &work).await;
        match first {
            // It was not as cheap as it looked: with a socket of its own it may take longer.
            Err(RunError::Server(error))
                if work.lane == Lane::SharedRead
                    && error.code == QUERY_CANCELED
                    && self.may_take_longer(&work) =>
            {
                self.attempt(caller, &Work { lane: Lane::Read, ..work }).await
            }
            // A read can be asked again: the first connection after the server came back may be
            // one that broke while it was away.
            Err(RunError::Unreachable(_)) if work.lane != Lane::Write => {
                self.attempt(caller, &work).await
            }
            outcome => outcome,
        }
    }

    /// Runs the work as `caller` in an explicit transaction whose outcome `decide` chooses after
    /// it has seen the rows.
    ///
    /// # Errors
    /// Every [`RunError`]; a constraint that is checked at COMMIT may fail then.
    pub async fn run_deciding(
        &self,
        caller: &Caller,
        work: Work,
        decide: impl FnOnce(&[Rows]) -> Verdict + Send,
    ) -> Result<(Vec<Rows>, Verdict), RunError> {
        let limits = self.limits(Lane::Write);
        let mut lease = self.inner.exclusive.take().await?;
        let outcome = self
            .bounded(&work, Lane::Write, lease.run_deciding(caller, &work, &limits, decide))
            .await;
        if work.runs_user_functions && lease.is_in_order() {
            lease.clean_and_give_back();
        }
        outcome
    }

    /// Forgets every prepared statement, after the schema changed: sockets are replaced as they
    /// become free.
    pub fn schema_changed(&self) {
        pool::start_new_generation(&self.inner.exclusive, &self.inner.shared);
    }

    /// Whether the role lets a read run for longer than a shared socket does.
    fn may_take_longer(&self, work: &Work) -> bool {
        let of_role = work.settings.statement_timeout();
        of_role.is_none_or(|(_, longest)| longest > self.inner.shared_statement_timeout)
    }

    async fn attempt(&self, caller: &Caller, work: &Work) -> Result<Vec<Rows>, RunError> {
        let limits = self.limits(work.lane);
        if work.lane == Lane::SharedRead && !self.inner.shared.is_empty() {
            let socket = self.inner.shared.take().await?;
            return self.bounded(work, work.lane, socket.run(caller, work, &limits)).await;
        }
        let mut lease = self.inner.exclusive.take().await?;
        let outcome = self.bounded(work, work.lane, lease.run(caller, work, &limits)).await;
        if work.runs_user_functions && lease.is_in_order() {
            lease.clean_and_give_back();
        }
        outcome
    }

    fn limits(&self, lane: Lane) -> Limits<'_> {
        let statement_timeout = match lane {
            Lane::SharedRead => &self.inner.shared_statement_timeout_text,
            Lane::Read | Lane::Write => &self.inner.statement_timeout_text,
        };
        Limits {
            statement_timeout,
            shared: self.inner.shared_statement_timeout,
            time_zone: &self.inner.time_zone,
        }
    }

    /// The server ends a statement that takes too long; this ends the wait for a server that does
    /// not answer at all.
    async fn bounded<T>(
        &self,
        work: &Work,
        lane: Lane,
        running: impl Future<Output = Result<T, RunError>>,
    ) -> Result<T, RunError> {
        let of_role = work.settings.of_role.iter().any(|(name, _)| name == "statement_timeout");
        let limit = match lane {
            Lane::SharedRead => self.inner.shared_statement_timeout * 2,
            Lane::Read | Lane::Write if of_role => LONGEST_ROLE_TIMEOUT,
            Lane::Read | Lane::Write => self.inner.statement_timeout,
        } + GRACE;
        tokio::time::timeout(limit, running)
            .await
            .unwrap_or(Err(RunError::TimedOut { limit_ms: limit.as_millis() as u64 }))
    }
}
