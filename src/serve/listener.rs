//! The listening socket, and the connections that come from it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use tokio::net::{TcpListener, TcpStream};

use super::access_log;
use super::client::{is_trusted, network};
use super::connection;
use super::connection_slots::{ConnectionSlot, ConnectionSlots};
use super::server::Server;
use crate::diagnostics::{Cause, Diagnostic};
use crate::limits::{MIN_CONNECTIONS_PER_CLIENT, MIN_RESERVED_FILES};

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
            match self.socket.accept().await {
                Ok((stream, peer)) => connections.accept(stream, peer.ip()).await,
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
            if let (Ok(stream), Some(slot)) = (stream, connections.slots.try_take(None)) {
                connections.spawn_connection(stream, peer.ip(), slot);
            }
        }
        None
    }
}

/// The open connections; each has a slot.
pub struct Connections {
    server: Arc<Server>,
    slots: Arc<ConnectionSlots>,
}

impl Connections {
    pub fn new(server: Arc<Server>) -> Connections {
        let configured = server.publication().config.server.max_connections;
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let limit = files.map_or(configured, |files| configured.min(max_connections(files)));
        let slots = Arc::new(ConnectionSlots::new(limit));
        let connections = Connections { server, slots };
        let of_one_client = connections.max_of_one_client();
        match files.filter(|_| limit < configured) {
            Some(files) => tracing::info!(
                "at most {limit} connections at once, {of_one_client} of one client: `max_connections` is {configured}, \
                 but this process may open {files} files only (`ulimit -n`, `LimitNOFILE`)"
            ),
            None => tracing::info!("at most {limit} connections at once, {of_one_client} of one client"),
        }
        connections
    }

    /// How many connections one client may have.
    fn max_of_one_client(&self) -> usize {
        let configured = self.server.publication().config.server.max_connections_per_client;
        configured.unwrap_or((self.slots.limit() / 10).max(MIN_CONNECTIONS_PER_CLIENT))
    }

    /// Accepts a connection once it has a slot, or refuses it.
    async fn accept(&self, stream: TcpStream, peer: IpAddr) {
        let is_proxy = is_trusted(peer, &self.server.publication().config.server.trusted_proxies);
        let client = (!is_proxy).then(|| (network(peer), self.max_of_one_client()));
        match self.slots.take(client).await {
            Some(slot) => self.spawn_connection(stream, peer, slot),
            None => {
                access_log::refuse(&self.server, peer, StatusCode::TOO_MANY_REQUESTS);
                connection::refuse(&stream);
            }
        }
    }

    fn spawn_connection(&self, stream: TcpStream, client: IpAddr, slot: ConnectionSlot) {
        let server = Arc::clone(&self.server);
        server.metrics.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            connection::serve(stream, client, Arc::clone(&server), Arc::clone(&slot.activity)).await;
            server.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            drop(slot);
        });
    }

    /// Waits until all connections have ended, or the time for them is up.
    pub async fn finish(&self) {
        let ended = || tokio::time::timeout(REQUEST_GRACE, self.slots.all_free());
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

/// How many connections a process may have that may open so many files: a quarter, at least [`MIN_RESERVED_FILES`], stays
/// for the store, the admin address and the hub.
fn max_connections(files: u64) -> usize {
    let limit = files.saturating_sub((files / 4).max(MIN_RESERVED_FILES));
    usize::try_from(limit).unwrap_or(usize::MAX).max(1)
}

/// Whether a client disconnected before it was accepted.
fn is_client_error(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_files_is_reserved() {
        for (files, expected) in [(256, 192), (1024, 768), (96, 64), (128, 96), (33, 1), (32, 1), (0, 1)] {
            assert_eq!(max_connections(files), expected, "{files}");
        }
        assert!(max_connections(u64::MAX) > 1 << 40);
    }
}
