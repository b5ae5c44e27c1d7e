//! Purges caches of what changed, in a thread of its own, and then has the hub notified: subscribers are not to fetch old documents.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use url::Url;

use super::Clock;
use super::hub::HubNotifier;
use crate::config::Config;
use crate::purge::{Credentials, purge};

/// What failed is repeated after so long, if nothing changes before.
const RETRY: Duration = Duration::from_secs(60);

/// A publication that replaced another.
pub struct Change {
    pub config: Arc<Config>,
    /// The paths of its documents that differ.
    pub paths: Vec<String>,
    /// The hub, and the addresses of its feeds that differ.
    pub topics: Option<(Url, Vec<String>)>,
}

/// Tells caches, then the hub.
pub struct CachePurger(Sender<Change>);

impl CachePurger {
    /// Starts the thread. It ends when this is dropped.
    pub fn start(notifier: HubNotifier, credentials: Credentials, clock: Clock) -> CachePurger {
        let (sender, receiver) = channel();
        let worker = Worker { notifier, credentials, clock, config: None, paths: BTreeSet::new() };
        std::thread::spawn(move || worker.run(&receiver));
        CachePurger(sender)
    }

    /// Tells of a change, without waiting.
    pub fn tell(&self, change: Change) {
        let _ = self.0.send(change);
    }
}

struct Worker {
    notifier: HubNotifier,
    credentials: Credentials,
    clock: Clock,
    /// That of the last change.
    config: Option<Arc<Config>>,
    /// What is still to be purged.
    paths: BTreeSet<String>,
}

impl Worker {
    fn run(mut self, changes: &Receiver<Change>) {
        loop {
            let change = match self.paths.is_empty() {
                true => changes.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => changes.recv_timeout(RETRY),
            };
            match change {
                Ok(change) => self.apply(change),
                Err(RecvTimeoutError::Timeout) => self.purge(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn apply(&mut self, change: Change) {
        self.paths.extend(change.paths);
        self.config = Some(change.config);
        self.purge();
        if let Some((hub, topics)) = change.topics {
            self.notifier.notify(&hub, topics);
        }
    }

    fn purge(&mut self) {
        let Some(config) = &self.config else { return };
        let Some(caches) = &config.publish.purge else { return self.paths.clear() };
        let paths: Vec<String> = self.paths.iter().cloned().collect();
        let failures = purge(caches, &self.credentials, &config.site.base_url, &paths, (self.clock)());
        if failures.is_empty() {
            self.paths.clear();
        }
        for failure in failures {
            let (seconds, count) = (RETRY.as_secs(), paths.len());
            tracing::warn!(
                "{} was not purged of {count} documents: {}; again in {seconds} s",
                failure.service,
                failure.why
            );
        }
    }
}
