//! A server in a thread of the test, with a clock that the test sets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;

use chrono::{DateTime, Utc};
use tidings::serve::{ReloadHandle, Source, listen, run};
use tokio::sync::oneshot;

use crate::common::Site;

/// What the clock says first.
pub const START: &str = "2025-06-01T12:00:00Z";

/// A site, its server, and the clock of both.
#[allow(dead_code, reason = "each test program uses a part")]
pub struct Served {
    pub site: Site,
    pub address: SocketAddr,
    clock: Arc<AtomicI64>,
    /// Whether reading the clock panics in a request.
    pub is_broken: Arc<AtomicBool>,
    pub reload: ReloadHandle,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    pub fn new(site: Site) -> Served {
        let clock = Arc::new(AtomicI64::new(START.parse::<DateTime<Utc>>().unwrap().timestamp()));
        let is_broken = Arc::new(AtomicBool::new(false));
        let (time, broken) = (Arc::clone(&clock), Arc::clone(&is_broken));
        let now = move || {
            let is_request = std::thread::current().name().is_some_and(|name| name.contains("tokio"));
            assert!(!(is_request && broken.load(Ordering::Relaxed)), "the clock of this test panics");
            DateTime::from_timestamp(time.load(Ordering::Relaxed), 0).unwrap()
        };
        let (source, _) = Source::new(site.path("tidings.toml"), Arc::new(now)).unwrap();
        let reload = source.reload_handle();
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                run(listener, source, async { drop(stopped.await) }).await.unwrap();
            });
        });
        let address = address.recv().unwrap();
        Served { site, address, clock, is_broken, reload, stop: Some(stop), thread: Some(thread) }
    }

    pub fn advance(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    pub fn stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.stop();
        }
    }
}
