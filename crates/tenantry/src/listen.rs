//! The HTTP server itself: connections, their limits, and how they end.

use std::fmt;
use std::fs::Permissions;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;

use crate::lenient::Lenient;
use crate::postgrest::serve_config::Endpoint;

/// How long requests may take to finish after the program was told to stop.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);
/// A client has so long to send a request's headers; after that the connection is closed, also one
/// that is kept open and asks for nothing.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// Headers and URL together may have so many bytes.
const MOST_HEADER_BYTES: usize = 64 * 1024;
/// Connections beyond these wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 4096;
/// So many connections wait in that queue.
const BACKLOG: u32 = 1024;
/// After a failed accept (no file descriptors left, say) the next one waits.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Where connections come in.
pub enum Door {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Door {
    /// Opens one; what went wrong says where.
    pub async fn open(endpoint: &Endpoint) -> Result<Self> {
        match endpoint {
            Endpoint::Tcp { host, port, shares_port } => {
                let refused = || format!("{host}:{port} cannot be listened on");
                let address = tokio::net::lookup_host((host.as_str(), *port))
                    .await
                    .with_context(refused)?
                    .next()
                    .with_context(refused)?;
                let socket = match address {
                    SocketAddr::V4(_) => TcpSocket::new_v4(),
                    SocketAddr::V6(_) => TcpSocket::new_v6(),
                }?;
                socket.set_reuseaddr(true)?;
                socket.set_reuseport(*shares_port)?;
                socket.bind(address).with_context(refused)?;
                Ok(Door::Tcp(socket.listen(BACKLOG).with_context(refused)?))
            }
            Endpoint::Unix { path, mode } => {
                let refused = || format!("{} cannot be listened on", path.display());
                // What is left of a program that was killed.
                if UnixStream::connect(path).await.is_err() {
                    let _ = std::fs::remove_file(path);
                }
                let listener = UnixListener::bind(path).with_context(refused)?;
                std::fs::set_permissions(path, Permissions::from_mode(*mode))
                    .with_context(refused)?;
                Ok(Door::Unix(listener, path.clone()))
            }
        }
    }

    /// The endpoint with the port that was found where any was good.
    pub fn endpoint(&self, asked: &Endpoint) -> Endpoint {
        match (self, asked) {
            (Door::Tcp(listener), Endpoint::Tcp { host, port, shares_port }) => Endpoint::Tcp {
                host: host.clone(),
                port: listener.local_addr().map_or(*port, |address| address.port()),
                shares_port: *shares_port,
            },
            (_, asked) => asked.clone(),
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Door::Tcp(listener) => match listener.local_addr() {
                Ok(address) => write!(formatter, "http://{address}"),
                Err(_) => formatter.write_str("http://"),
            },
            Door::Unix(_, path) => write!(formatter, "unix:{}", path.display()),
        }
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Door::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Serves until `stop` says so, then lets running requests finish.
pub async fn serve(door: Door, router: Router, mut stop: watch::Receiver<bool>) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { break };
        let accepted = tokio::select! {
            accepted = door.accept() => accepted,
            _ = stop.wait_for(|stopped| *stopped) => break,
        };
        match accepted {
            Ok(Accepted::Tcp(stream, peer)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "small answers may be delayed");
                }
                spawn_connection(stream, Some(peer), router.clone(), &graceful, permit);
            }
            Ok(Accepted::Unix(stream)) => {
                spawn_connection(stream, None, router.clone(), &graceful, permit);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(door);
    if tokio::time::timeout(DRAIN_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still ran after {} s and were cut off", DRAIN_TIMEOUT.as_secs());
    }
}

/// A connection that came in.
enum Accepted {
    Tcp(TcpStream, SocketAddr),
    Unix(UnixStream),
}

impl Door {
    async fn accept(&self) -> std::io::Result<Accepted> {
        match self {
            Door::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                Ok(Accepted::Tcp(stream, peer))
            }
            Door::Unix(listener, _) => Ok(Accepted::Unix(listener.accept().await?.0)),
        }
    }
}

/// Answers one connection's requests until it ends.
fn spawn_connection<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Option<SocketAddr>,
    router: Router,
    graceful: &GracefulShutdown,
    permit: OwnedSemaphorePermit,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let head = request.method() == Method::HEAD;
        let answered = router.clone().oneshot(request);
        async move { answered.await.map(|response| without_false_length(response, head)) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MOST_HEADER_BYTES)
        .serve_connection(TokioIo::new(Lenient::new(stream)), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        // Clients hang up all the time; what a request did is in its own log line.
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
        drop(permit);
    });
}

/// The router writes the length of every body, also where there is none: but 204 has no length
/// (RFC 9110, 8.6), and that of a HEAD would be the length of what was left out.
fn without_false_length(mut response: Response<Body>, head: bool) -> Response<Body> {
    if head || response.status() == StatusCode::NO_CONTENT {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response
}
