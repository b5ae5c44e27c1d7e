//! Purges caches of what changed, in a thread of its own, and then has the hub notified: subscribers are not to fetch old documents.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::Clock;
use super::hub::HubNotifier;
use super::metrics::Metrics;
use super::pending::PendingNotifications;
use crate::config::Config;
use crate::publish::{Pending, PendingStorage};
use crate::purge::{Credentials, purge};

/// What failed is repeated after so long, if nothing changes before.
const RETRY: Duration = Duration::from_secs(60);

/// What the environment and the configuration say of those who are told of changes.
#[derive(Default)]
pub struct NotificationSettings {
    pub credentials: Credentials,
    /// Where it is remembered what they are still to be told.
    pub pending: Option<PendingStorage>,
}

/// A publication that replaced another.
pub struct Change {
    pub config: Arc<Config>,
    /// The paths of its documents that differ.
    pub paths: BTreeSet<String>,
    /// The addresses of its feeds that differ.
    pub topics: BTreeSet<String>,
}

/// Tells caches, then the hub.
pub struct CachePurger(Sender<Change>);

impl CachePurger {
    /// Starts the thread, and tells what could not be told before. The thread ends when this is dropped.
    pub fn start(
        settings: NotificationSettings,
        config: Arc<Config>,
        metrics: Arc<Metrics>,
        clock: Clock,
    ) -> CachePurger {
        let notifications = Arc::new(PendingNotifications::load(settings.pending));
        let (sender, receiver) = channel();
        let Pending { purges: paths, topics } = notifications.pending();
        let notifier = HubNotifier::start(metrics, Arc::clone(&notifications));
        let credentials = settings.credentials;
        let mut worker = Worker { notifier, credentials, clock, notifications, config, paths, topics };
        std::thread::spawn(move || {
            worker.tell();
            worker.run(&receiver);
        });
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
    notifications: Arc<PendingNotifications>,
    /// That of the last change.
    config: Arc<Config>,
    /// What is still to be purged.
    paths: BTreeSet<String>,
    /// The feeds of which the hub is notified after that: a subscriber that asks a cache before would get the old document.
    topics: BTreeSet<String>,
}

impl Worker {
    fn run(mut self, changes: &Receiver<Change>) {
        loop {
            let change = match self.paths.is_empty() {
                true => changes.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => changes.recv_timeout(RETRY),
            };
            match change {
                Ok(change) => {
                    self.apply(change);
                    self.tell();
                }
                Err(RecvTimeoutError::Timeout) => self.tell(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn apply(&mut self, change: Change) {
        self.config = change.config;
        if self.config.publish.purge.is_some() {
            self.paths.extend(change.paths);
        }
        if self.config.feeds.hub.is_some() {
            self.topics.extend(change.topics);
        }
        self.notifications.add(&self.paths, &self.topics);
    }

    fn tell(&mut self) {
        self.purge();
        if self.paths.is_empty() && !self.topics.is_empty() {
            let topics = std::mem::take(&mut self.topics);
            match &self.config.feeds.hub {
                Some(hub) => self.notifier.notify(hub, topics),
                None => self.notifications.notified(&topics.into_iter().collect::<Vec<_>>()),
            }
        }
    }

    fn purge(&mut self) {
        let paths: Vec<String> = self.paths.iter().cloned().collect();
        let failures = match &self.config.publish.purge {
            Some(caches) => purge(caches, &self.credentials, &self.config.site.base_url, &paths, (self.clock)()),
            None => Vec::new(),
        };
        if failures.is_empty() {
            self.paths.clear();
            self.notifications.purged();
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
