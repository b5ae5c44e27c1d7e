//! The listening socket, and the connections that come from it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connection;
use super::server::Server;
use crate::diagnostics::{Cause, Diagnostic};

/// How long to wait after `accept` failed, so that a lack of descriptors does not become a busy loop.
pub const ACCEPT_RETRY: Duration = Duration::from_millis(100);
const ACCEPT_WARNING_INTERVAL: Duration = Duration::from_secs(10);
/// Small, so that a client that stops reading is noticed soon.
const SEND_BUFFER_BYTES: usize = 64 << 10;
/// At shutdown, how many connections of the backlog are accepted at most.
const MAX_DRAINED: usize = 100_000;
/// At shutdown, how long an open connection may send another request.
const REQUEST_GRACE: Duration = Duration::from_secs(1);
/// After that, how long responses may take.
const RESPONSE_GRACE: Duration = Duration::from_secs(7);

/// A listening socket.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    /// From socket activation: the service manager keeps it open and hands its backlog to the next process.
    is_inherited: bool,
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Listener { socket, is_inherited: false }
    }
}

impl Listener {
    /// A socket that a service manager passed on (socket activation).
    pub fn inherited(socket: TcpListener) -> Self {
        Listener { socket, is_inherited: true }
    }

    /// Accepts connections for as long as it is polled.
    pub(super) async fn accept_all(&self, connections: &Connections) {
        let _ = socket2::SockRef::from(&self.socket).set_send_buffer_size(SEND_BUFFER_BYTES);
        let mut warned = None::<Instant>;
        loop {
            let Ok(permit) = Arc::clone(&connections.permits).acquire_owned().await else { return };
            match self.socket.accept().await {
                Ok((stream, peer)) => connections.spawn_connection(stream, peer.ip(), permit),
                Err(error) if is_client_error(&error) => {}
                Err(error) => {
                    if warned.is_none_or(|at| at.elapsed() > ACCEPT_WARNING_INTERVAL) {
                        tracing::warn!("connections cannot be accepted for now: {error}");
                        warned = Some(Instant::now());
                    }
                    tokio::time::sleep(ACCEPT_RETRY).await;
                }
            }
        }
    }

    /// Drains the accept backlog, whose clients may have sent a request, then closes the listener. An inherited one is
    /// returned as it is.
    ///
    /// Nothing here awaits, so that hardly a connection arrives between the last `accept` and the close.
    pub(super) fn drain(self, connections: &Connections) -> Option<Listener> {
        if self.is_inherited {
            return Some(self);
        }
        // A backlog of zero refuses most new connections.
        let _ = socket2::SockRef::from(&self.socket).listen(0);
        let listener = self.socket.into_std().ok()?;
        for _ in 0..MAX_DRAINED {
            let (stream, peer) = listener.accept().ok()?;
            let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
            if let (Ok(stream), Ok(permit)) = (stream, Arc::clone(&connections.permits).try_acquire_owned()) {
                connections.spawn_connection(stream, peer.ip(), permit);
            }
        }
        None
    }
}

/// The open connections; each holds a permit.
pub struct Connections {
    server: Arc<Server>,
    permits: Arc<Semaphore>,
    limit: u32,
}

impl Connections {
    pub fn new(server: Arc<Server>, max_connections: usize) -> Connections {
        let limit = u32::try_from(max_connections.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        Connections { server, permits: Arc::new(Semaphore::new(limit as usize)), limit }
    }

    fn spawn_connection(&self, stream: TcpStream, client: IpAddr, permit: OwnedSemaphorePermit) {
        let server = Arc::clone(&self.server);
        server.metrics.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            connection::serve(stream, client, Arc::clone(&server)).await;
            server.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            drop(permit);
        });
    }

    /// Waits until all connections have ended, or the time for them is up.
    pub async fn finish(&self) {
        let ended = || tokio::time::timeout(REQUEST_GRACE, self.permits.acquire_many(self.limit));
        if ended().await.is_ok() {
            return;
        }
        // Each response closes its connection from here on; the others are idle.
        self.server.closing.send_replace(true);
        let end = Instant::now() + RESPONSE_GRACE;
        while Instant::now() < end && ended().await.is_err() {}
    }
}

/// Listens on an address.
///
/// # Errors
/// The address is in use, not of this machine, or not permitted.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Diagnostic> {
    TcpListener::bind(address).await.map_err(|error| {
        let reason = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
            std::io::ErrorKind::AddrNotAvailable => "it is not an address of this machine".to_owned(),
            std::io::ErrorKind::PermissionDenied => "that needs more rights than this user has".to_owned(),
            _ => error.to_string(),
        };
        let diagnostic = Diagnostic {
            cause: Cause::Machine,
            ..Diagnostic::error(None, format!("cannot listen on {address}: {reason}"))
        };
        diagnostic.help("choose another address with --listen, or in `[server]`")
    })
}

/// Whether a client disconnected before it was accepted.
fn is_client_error(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset)
}
