//! Sockets of one database: a few shared ones for cheap reads, exclusive ones for the rest.
//!
//! Both start empty, connect on demand and let go of what nobody used for a minute, because every
//! application has a database, and so pools, of its own.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::address::Address;
use crate::error::RunError;
use crate::wire::exclusive::ExclusiveSocket;
use crate::wire::handshake;
use crate::wire::shared::SharedSocket;

/// How a database's pools are sized.
#[derive(Debug, Clone)]
pub(crate) struct PoolLimits {
    pub(crate) shared_sockets: usize,
    pub(crate) exclusive_sockets: usize,
    pub(crate) wait: Duration,
    pub(crate) sockets: SocketLimits,
}

/// How long a socket is kept, and what is kept on it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SocketLimits {
    /// Unused for so long, it is closed.
    pub(crate) idle: Duration,
    /// After so long, it is replaced: the server process behind it never gives back the memory
    /// that its caches grew by.
    pub(crate) longest_life: Duration,
    /// Whether statements are prepared on it.
    pub(crate) prepares: bool,
}

/// The sockets that carry one request at a time.
pub(crate) struct ExclusivePool {
    address: Address,
    idle: Mutex<Vec<ExclusiveSocket>>,
    permits: Arc<Semaphore>,
    server_permits: Arc<Semaphore>,
    wait: Duration,
    limits: SocketLimits,
    generation: AtomicU64,
}

/// A socket taken from the pool. Dropping it gives it back, if it is in order; a socket dropped
/// while the server still works on it gets that work cancelled.
pub(crate) struct Lease {
    socket: Option<ExclusiveSocket>,
    pool: Arc<ExclusivePool>,
    _permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

impl ExclusivePool {
    pub(crate) fn new(
        address: Address,
        limits: &PoolLimits,
        server_permits: Arc<Semaphore>,
    ) -> Arc<Self> {
        Arc::new(ExclusivePool {
            address,
            idle: Mutex::new(Vec::new()),
            permits: Arc::new(Semaphore::new(limits.exclusive_sockets)),
            server_permits,
            wait: limits.wait,
            limits: limits.sockets,
            generation: AtomicU64::new(0),
        })
    }

    /// A socket, waiting a bounded time for one to become free.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Lease, RunError> {
        let busy = RunError::Busy { waited_ms: self.wait.as_millis() as u64 };
        let both = async {
            let own = self.permits.clone().acquire_owned().await.ok()?;
            let server = self.server_permits.clone().acquire_owned().await.ok()?;
            Some((own, server))
        };
        let Ok(Some(permits)) = tokio::time::timeout(self.wait, both).await else {
            return Err(busy);
        };
        let socket = match self.take_idle() {
            Some(socket) => socket,
            None => {
                let SocketLimits { prepares, longest_life, .. } = self.limits;
                ExclusiveSocket::connect(&self.address, self.generation(), prepares, longest_life)
                    .await?
            }
        };
        Ok(Lease { socket: Some(socket), pool: self.clone(), _permits: permits })
    }

    fn take_idle(&self) -> Option<ExclusiveSocket> {
        let mut idle = self.lock_idle();
        // The newest first, so that the others can grow old and close.
        while let Some(mut socket) = idle.pop() {
            if socket.generation == self.generation() && socket.is_alive() {
                return Some(socket);
            }
        }
        None
    }

    fn give_back(&self, mut socket: ExclusiveSocket) {
        if socket.is_reusable() && socket.generation == self.generation() {
            socket.idle_since = Instant::now();
            self.lock_idle().push(socket);
        }
    }

    fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    fn close_idle(&self) {
        self.lock_idle().retain(|socket| socket.idle_since.elapsed() < self.limits.idle);
    }

    fn lock_idle(&self) -> std::sync::MutexGuard<'_, Vec<ExclusiveSocket>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Lease {
    type Target = ExclusiveSocket;

    fn deref(&self) -> &ExclusiveSocket {
        self.socket.as_ref().expect("a lease holds its socket until it is dropped")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut ExclusiveSocket {
        self.socket.as_mut().expect("a lease holds its socket until it is dropped")
    }
}

impl Lease {
    /// Gives the socket back after removing what user functions left in its session. The next
    /// request does not wait for this, and neither does the answer of the last.
    pub(crate) fn clean_and_give_back(mut self) {
        tokio::spawn(async move {
            if self.clean().await.is_err()
                && let Some(socket) = self.socket.take()
            {
                drop(socket);
            }
        });
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(socket) = self.socket.take() else { return };
        if socket.is_in_order() {
            self.pool.give_back(socket);
            return;
        }
        let (address, key) = (self.pool.address.clone(), socket.cancel_key());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                handshake::cancel(&address, key).await;
                drop(socket);
            });
        }
    }
}

/// The few sockets that cheap reads share.
pub(crate) struct SharedPool {
    address: Address,
    slots: Vec<Slot>,
    next: AtomicUsize,
    limits: SocketLimits,
    generation: AtomicU64,
}

#[derive(Default)]
struct Slot {
    socket: Mutex<Option<Arc<SharedSocket>>>,
    /// Held while connecting, so that a burst makes one connection.
    connecting: tokio::sync::Mutex<()>,
    last_used_s: AtomicU64,
}

impl SharedPool {
    pub(crate) fn new(address: Address, limits: &PoolLimits) -> Arc<Self> {
        Arc::new(SharedPool {
            address,
            slots: (0..limits.shared_sockets).map(|_| Slot::default()).collect(),
            next: AtomicUsize::new(0),
            limits: limits.sockets,
            generation: AtomicU64::new(0),
        })
    }

    /// Whether there are none, so that cheap reads go to exclusive sockets too.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The next socket in turn. There has to be one.
    pub(crate) async fn take(&self) -> Result<Arc<SharedSocket>, RunError> {
        let slot = &self.slots[self.next.fetch_add(1, Ordering::Relaxed) % self.slots.len()];
        slot.last_used_s.store(seconds_of_process(), Ordering::Relaxed);
        if let Some(socket) = self.usable(slot) {
            return Ok(socket);
        }
        let _connecting = slot.connecting.lock().await;
        if let Some(socket) = self.usable(slot) {
            return Ok(socket);
        }
        let generation = self.generation.load(Ordering::Acquire);
        let SocketLimits { prepares, longest_life, .. } = self.limits;
        let socket =
            SharedSocket::connect(&self.address, generation, prepares, longest_life).await?;
        *slot.lock() = Some(socket.clone());
        Ok(socket)
    }

    fn usable(&self, slot: &Slot) -> Option<Arc<SharedSocket>> {
        let mut held = slot.lock();
        let socket = held.as_ref()?;
        if socket.is_usable() && socket.generation == self.generation.load(Ordering::Acquire) {
            return Some(socket.clone());
        }
        socket.retire();
        *held = None;
        None
    }

    fn close_idle(&self) {
        let now = seconds_of_process();
        for slot in &self.slots {
            if now.saturating_sub(slot.last_used_s.load(Ordering::Relaxed))
                > self.limits.idle.as_secs()
                && let Some(socket) = slot.lock().take()
            {
                socket.retire();
            }
        }
    }
}

impl Slot {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<SharedSocket>>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Both pools: after a schema change, every socket is replaced when it is next looked at.
pub(crate) fn start_new_generation(exclusive: &ExclusivePool, shared: &SharedPool) {
    exclusive.generation.fetch_add(1, Ordering::AcqRel);
    exclusive.lock_idle().clear();
    shared.generation.fetch_add(1, Ordering::AcqRel);
}

/// Closes idle sockets until both pools are gone.
pub(crate) fn spawn_reaper(exclusive: &Arc<ExclusivePool>, shared: &Arc<SharedPool>) {
    let pause = (exclusive.limits.idle / 4).max(Duration::from_secs(1));
    let (exclusive, shared) = (Arc::downgrade(exclusive), Arc::downgrade(shared));
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(pause);
        loop {
            tick.tick().await;
            let (Some(exclusive), Some(shared)) = (exclusive.upgrade(), shared.upgrade()) else {
                return;
            };
            exclusive.close_idle();
            shared.close_idle();
        }
    });
}

/// A coarse monotonic clock that fits an atomic.
fn seconds_of_process() -> u64 {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_secs()
}
