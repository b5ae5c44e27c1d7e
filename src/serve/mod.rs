//! A publication over HTTP: a small caching server that follows its store.
//!
//! Owns: `run`, from a request to its answer, conditional requests, the store as it changes.
//! Never touches: what documents say.
//!
//! | file | what it does |
//! | --- | --- |
//! | `document` | one version of a document: its codings, tags and date, and what changed since earlier versions |
//! | `resource` | a document at its path, with its headers |
//! | `publication` | all documents of a moment; the next publication from the one before |
//! | `later` | pages that are made when they are asked for |
//! | `accept`, `conditional` | what a request accepts, and what it has already |
//! | `respond` | from a request to its answer, a pure function |
//! | `stream`, `connection`, `limit` | connections, and manners under abuse |
//! | `watch`, `source` | what changes on disk and with time, and the step to the next publication |
//! | `hub` | WebSub |
//! | `metrics`, `admin` | what those who run it see |
//!
//! HTTP is that of RFC 9110, 9111 and 9112; the section stands at each rule.

mod accept;
mod admin;
mod conditional;
mod connection;
mod document;
mod hub;
mod later;
mod limit;
mod metrics;
mod publication;
mod resource;
mod respond;
mod source;
mod stream;
#[cfg(test)]
mod tests;
mod watch;

use std::cell::Cell;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub use hub::tell as tell_hub;
pub use source::{Options, Reread, Source};

use self::limit::Buckets;
use self::metrics::Metrics;
use self::publication::Publication;
use self::respond::Now;
use crate::config::AccessLog;
use crate::diagnostics::{Cause, Diagnostic};
use crate::model::Timestamp;
use crate::site::Site;

/// What tells the time.
pub type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// The target of the access log's events.
pub const ACCESS: &str = "tidings::access";

/// After a failure to accept, there is nothing to accept with for a while.
const PAUSE: Duration = Duration::from_millis(100);
const WARN_AGAIN: Duration = Duration::from_secs(10);
/// What the system holds of the answers of one connection.
const SEND_BUFFER: usize = 64 << 10;
const ADMIN_IDLE: Duration = Duration::from_secs(30);
/// When a server stops, no more connections than these are let in that were on their way.
const MOST_LAST: usize = 100_000;
/// For how long connections may still bring requests, and how long it takes at most.
const LAST_REQUESTS: Duration = Duration::from_secs(1);
const LAST_ANSWERS: Duration = Duration::from_secs(7);

/// What connections share.
struct Server {
    publication: RwLock<Arc<Publication>>,
    state: Mutex<State>,
    metrics: Arc<Metrics>,
    buckets: Buckets,
    clock: Clock,
    /// The moment as it was when somebody last asked for it.
    now: Mutex<Now>,
    /// Whether requests are logged.
    is_logging: bool,
    stopping: AtomicBool,
    /// Whether connections are to end that have no request.
    closing: tokio::sync::watch::Sender<bool>,
}

/// How what is served stands to the store.
#[derive(Debug, Default)]
struct State {
    is_current: bool,
    diagnostics: Vec<Diagnostic>,
    /// Stories, and translations that are shown.
    counts: (usize, usize),
}

impl Server {
    fn new(publication: Publication, site: &Site, metrics: Arc<Metrics>, clock: Clock) -> Server {
        metrics.is_current.store(1, Ordering::Relaxed);
        Server {
            is_logging: publication.config.server.access_log != AccessLog::Off,
            now: Mutex::new(Now::new(Timestamp(clock().timestamp()))),
            publication: RwLock::new(Arc::new(publication)),
            state: Mutex::new(State { is_current: true, diagnostics: Vec::new(), counts: site.counts() }),
            metrics,
            buckets: Buckets::default(),
            clock,
            stopping: AtomicBool::new(false),
            closing: tokio::sync::watch::Sender::new(false),
        }
    }

    fn publication(&self) -> Arc<Publication> {
        Arc::clone(&self.publication.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn replace(&self, publication: Publication) {
        *self.publication.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(publication);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest state of the store is served.
    fn is_current(&self, site: &Site, diagnostics: Vec<Diagnostic>) {
        self.metrics.is_current.store(1, Ordering::Relaxed);
        *self.state() = State { is_current: true, diagnostics, counts: site.counts() };
    }

    /// The newest state of the store cannot be served.
    fn is_behind(&self, diagnostics: Vec<Diagnostic>) {
        self.metrics.is_current.store(0, Ordering::Relaxed);
        let mut state = self.state();
        (state.is_current, state.diagnostics) = (false, diagnostics);
    }

    fn has_failed_with(&self, diagnostics: &[Diagnostic]) -> bool {
        let state = self.state();
        !state.is_current && state.diagnostics == diagnostics
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    fn now(&self) -> Now {
        let at = Timestamp((self.clock)().timestamp());
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.at != at {
            *now = Now::new(at);
        }
        now.clone()
    }
}

/// Where connections come from.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    /// Whether another process goes on to hold it, and hands what waits there to whoever serves next.
    is_lent: bool,
}

impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Listener { socket, is_lent: false }
    }
}

impl Listener {
    /// A socket that a service manager holds and hands over.
    pub fn lent(socket: TcpListener) -> Self {
        Listener { socket, is_lent: true }
    }
}

/// Serves a source until `shutdown` is done; then finishes what is under way.
///
/// # Errors
/// The admin address cannot be listened on.
pub async fn run(
    listener: impl Into<Listener>,
    source: Source,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Diagnostic> {
    let Listener { socket: listener, is_lent } = listener.into();
    let server = source.server();
    let config = Arc::clone(&server.publication().config);
    if let Some(address) = config.server.admin.filter(|address| !address.ip().is_loopback()) {
        tracing::warn!(
            "the admin address {address} can be asked by other machines; if that is not meant, use 127.0.0.1"
        );
    }
    let admin = match config.server.admin {
        Some(address) => Some(tokio::spawn(admin::serve(listen(address).await?, Arc::clone(&server)))),
        None => None,
    };
    // A client that takes nothing is noticed when it leaves no room for more.
    let _ = socket2::SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER);
    let following = source.follow();
    let places = config.server.max_connections.min(Semaphore::MAX_PERMITS).min(u32::MAX as usize);
    let free = Arc::new(Semaphore::new(places));
    let welcome = |stream: TcpStream, client: IpAddr, place: OwnedSemaphorePermit| {
        let server = Arc::clone(&server);
        server.metrics.connections.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(async move {
            connection::serve(stream, client, Arc::clone(&server)).await;
            server.metrics.connections.fetch_sub(1, Ordering::Relaxed);
            drop(place);
        });
    };
    let warned = Cell::new(None::<Instant>);
    let accept = async || {
        let Ok(place) = Arc::clone(&free).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, peer)) => welcome(stream, peer.ip(), place),
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                if warned.get().is_none_or(|at| at.elapsed() > WARN_AGAIN) {
                    tracing::warn!("connections cannot be accepted for now: {error}");
                    warned.set(Some(Instant::now()));
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    };
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            () = accept() => {}
        }
    }
    tracing::info!("stopping");
    server.stopping.store(true, Ordering::Relaxed);
    if !is_lent {
        accept_the_last(listener, |stream, client| {
            if let Ok(place) = Arc::clone(&free).try_acquire_owned() {
                welcome(stream, client, place);
            }
        });
    }
    drop(following);
    let done = || tokio::time::timeout(LAST_REQUESTS, free.acquire_many(places as u32));
    if done().await.is_err() {
        // With each answer its connection ends; what is left waits for a request that may never come.
        server.closing.send_replace(true);
        let end = Instant::now() + LAST_ANSWERS;
        while Instant::now() < end && done().await.is_err() {}
    }
    if let Some(admin) = admin {
        admin.abort();
    }
    Ok(())
}

/// Lets those in whom the system has let in already, because they may have sent a request, and closes the door. Nothing is
/// waited for, so that hardly anybody comes between the last look and the end.
fn accept_the_last(listener: TcpListener, welcome: impl Fn(TcpStream, IpAddr)) {
    // The system is to let in no more than can be helped.
    let _ = socket2::SockRef::from(&listener).listen(0);
    let Ok(listener) = listener.into_std() else { return };
    for _ in 0..MOST_LAST {
        let Ok((stream, peer)) = listener.accept() else { return };
        let stream = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
        if let Ok(stream) = stream {
            welcome(stream, peer.ip());
        }
    }
}

/// Listens on an address.
///
/// # Errors
/// It is taken, or not ours.
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

/// A client that went away before it was let in.
fn is_of_the_client(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ConnectionAborted | std::io::ErrorKind::ConnectionReset)
}
