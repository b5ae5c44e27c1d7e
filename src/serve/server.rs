//! The state that connections, the admin address and the publisher share.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tokio::sync::Semaphore;

use super::Clock;
use super::encoders::Encoders;
use super::metrics::Metrics;
use super::publication::Publication;
use super::rate_limit::RateLimiter;
use super::respond::Now;
use crate::config::{AccessLog, Preview};
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;
use crate::site::NextChange;

/// How many pages are rendered on demand at a time.
const RENDERERS: usize = 2;

/// How many a replica fetches on demand at a time.
const FETCHERS: usize = 16;

/// A running server.
pub struct Server {
    publication: RwLock<Arc<Publication>>,
    /// How often it was replaced.
    replaced: AtomicU64,
    status: Mutex<Status>,
    pub metrics: Arc<Metrics>,
    pub rate_limiter: RateLimiter,
    pub encoders: Arc<Encoders>,
    /// How many pages are rendered on demand at a time.
    pub renderers: Semaphore,
    /// The threads that render them: others are busy for a while when the store changes.
    pub render_threads: Option<Arc<ThreadPool>>,
    pub clock: Clock,
    pub start: Timestamp,
    /// The time of the last request, so that its header is formatted once a second.
    now: Mutex<Now>,
    pub has_access_log: bool,
    pub is_preview: bool,
    pub stopping: AtomicBool,
    /// When the reload at work began, in seconds since the epoch; 0 if none is at work.
    reload_start: AtomicI64,
    /// Tells idle connections to close.
    pub closing: tokio::sync::watch::Sender<bool>,
}

/// How the publication relates to the store.
#[derive(Debug, Default)]
pub struct Status {
    pub is_current: bool,
    pub diagnostics: Vec<Diagnostic>,
    /// Stories, and visible translations.
    pub counts: (usize, usize),
    /// When a document last changed since the start.
    pub last_change: Option<Timestamp>,
    /// What appears or expires next.
    pub next_change: Option<NextChange>,
}

/// A reload at work.
pub struct Reloading(Arc<Server>);

impl Drop for Reloading {
    fn drop(&mut self) {
        self.0.reload_start.store(0, Ordering::Relaxed);
    }
}

impl Server {
    /// `counts`: stories, and visible translations.
    pub fn new(publication: Publication, counts: (usize, usize), metrics: Arc<Metrics>, clock: Clock) -> Server {
        metrics.is_current.store(1, Ordering::Relaxed);
        let is_replica = publication.upstream().is_some();
        let start = Timestamp(clock().timestamp());
        Server {
            is_preview: publication.config.preview != Preview::Off,
            has_access_log: publication.config.server.access_log != AccessLog::Off,
            now: Mutex::new(Now::new(start)),
            start,
            publication: RwLock::new(Arc::new(publication)),
            replaced: AtomicU64::new(0),
            status: Mutex::new(Status { is_current: true, counts, ..Status::default() }),
            metrics,
            rate_limiter: RateLimiter::default(),
            encoders: Arc::default(),
            renderers: Semaphore::new(if is_replica { FETCHERS } else { RENDERERS }),
            // To fetch is to wait, which needs no threads of its own.
            render_threads: match is_replica {
                true => None,
                false => ThreadPoolBuilder::new().num_threads(RENDERERS).build().ok().map(Arc::new),
            },
            clock,
            stopping: AtomicBool::new(false),
            reload_start: AtomicI64::new(0),
            closing: tokio::sync::watch::Sender::new(false),
        }
    }

    pub fn publication(&self) -> Arc<Publication> {
        Arc::clone(&self.publication.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn replace(&self, publication: Publication) {
        *self.publication.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(publication);
        self.replaced.fetch_add(1, Ordering::Relaxed);
    }

    /// Names the publication that is served.
    pub fn version(&self) -> String {
        format!("{}-{}", self.start.0, self.replaced.load(Ordering::Relaxed))
    }

    /// Records that a reload is at work until the result is dropped.
    pub fn begin_reload(self: &Arc<Self>) -> Reloading {
        self.reload_start.store((self.clock)().timestamp().max(1), Ordering::Relaxed);
        Reloading(Arc::clone(self))
    }

    /// For how many seconds a reload has been at work.
    pub fn reloading_seconds(&self) -> Option<i64> {
        let start = Some(self.reload_start.load(Ordering::Relaxed)).filter(|start| *start > 0)?;
        Some(((self.clock)().timestamp() - start).max(0))
    }

    pub fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the newest state of the store, or of the source of a replica, is served.
    pub fn mark_current(&self, counts: (usize, usize), diagnostics: Vec<Diagnostic>) {
        self.metrics.is_current.store(1, Ordering::Relaxed);
        let mut status = self.status();
        (status.is_current, status.diagnostics, status.counts) = (true, diagnostics, counts);
    }

    /// Records that the newest state of the store has errors, and an older one is served.
    pub fn mark_stale(&self, diagnostics: Vec<Diagnostic>) {
        self.metrics.is_current.store(0, Ordering::Relaxed);
        let mut status = self.status();
        (status.is_current, status.diagnostics) = (false, diagnostics);
    }

    /// Whether the same diagnostics made the publication stale already.
    pub fn has_failed_with(&self, diagnostics: &[Diagnostic]) -> bool {
        let status = self.status();
        !status.is_current && status.diagnostics == diagnostics
    }

    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The current time.
    pub fn now(&self) -> Now {
        let at = Timestamp((self.clock)().timestamp());
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        if now.at != at {
            *now = Now::new(at);
        }
        now.clone()
    }
}
