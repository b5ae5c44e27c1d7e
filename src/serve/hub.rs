//! WebSub: notifies a hub of changed feeds.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use url::Url;

use super::metrics::Metrics;

const TIMEOUT: Duration = Duration::from_secs(10);
const MIN_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(300);

/// Why a notification failed.
enum NotifyError {
    /// The hub cannot be reached, or cannot serve requests for now.
    Unavailable(String),
    /// The hub rejects this topic.
    Rejected(String),
}

/// Notifies a hub of changed topics, and removes those that it accepted.
///
/// # Errors
/// The reason why some topics are left.
pub fn notify(hub: &Url, topics: &mut BTreeSet<String>) -> Result<(), String> {
    let mut rejected = None;
    for topic in topics.clone() {
        match notify_topic(hub, &topic) {
            Ok(()) => drop(topics.remove(&topic)),
            Err(NotifyError::Rejected(why)) => rejected = Some(format!("of {topic}: {why}")),
            Err(NotifyError::Unavailable(why)) => return Err(format!("of {topic}: {why}")),
        }
    }
    rejected.map_or(Ok(()), Err)
}

/// The publish ping that hubs agree on (WebSub §6 leaves its format open).
fn notify_topic(hub: &Url, topic: &str) -> Result<(), NotifyError> {
    let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).user_agent("tidings");
    // A followed redirect would lose the form.
    let config = config.http_status_as_error(false).max_redirects(0).max_redirects_will_error(false).build();
    let form = [("hub.mode", "publish"), ("hub.url", topic)];
    let response = ureq::Agent::new_with_config(config).post(hub.as_str()).send_form(form);
    let response = response.map_err(|error| NotifyError::Unavailable(error.to_string()))?;
    let status = response.status();
    let location = response.headers().get("location").and_then(|location| location.to_str().ok());
    match location {
        _ if status.is_success() => Ok(()),
        Some(location) if status.is_redirection() => {
            Err(NotifyError::Unavailable(format!("it has moved to {location}; write that as `hub` in `[feeds]`")))
        }
        _ if status.is_client_error() && !matches!(status.as_u16(), 408 | 429) => {
            Err(NotifyError::Rejected(format!("it answered with status {status}")))
        }
        _ => Err(NotifyError::Unavailable(format!("it answered with status {status}"))),
    }
}

/// A thread that notifies hubs, so that no request waits for one.
pub struct HubNotifier(Sender<(Url, Vec<String>)>);

impl HubNotifier {
    /// Starts the thread.
    pub fn start(metrics: Arc<Metrics>) -> HubNotifier {
        let (sender, receiver) = channel();
        std::thread::spawn(move || PendingTopics::new(metrics).run(&receiver));
        HubNotifier(sender)
    }

    /// Notifies a hub of topics in the background, with retries.
    pub fn notify(&self, hub: &Url, topics: Vec<String>) {
        // The thread lives as long as this sender.
        let _ = self.0.send((hub.clone(), topics));
    }
}

/// Topics that the hub has yet to accept.
struct PendingTopics {
    hub: Option<Url>,
    topics: BTreeSet<String>,
    /// How long to wait after the next failure.
    backoff: Duration,
    /// When to try next.
    next_attempt: Instant,
    metrics: Arc<Metrics>,
}

impl PendingTopics {
    fn new(metrics: Arc<Metrics>) -> PendingTopics {
        PendingTopics {
            hub: None,
            topics: BTreeSet::new(),
            backoff: MIN_BACKOFF,
            next_attempt: Instant::now(),
            metrics,
        }
    }

    /// A topic that changes again before it was accepted is sent once.
    fn run(mut self, changes: &Receiver<(Url, Vec<String>)>) {
        loop {
            let wait = match self.topics.is_empty() {
                true => MAX_BACKOFF,
                false => self.next_attempt.saturating_duration_since(Instant::now()),
            };
            match changes.recv_timeout(wait) {
                Ok((hub, topics)) => {
                    self.hub = Some(hub);
                    self.topics.extend(topics);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.metrics.hub_pending.store(self.topics.len() as u64, Ordering::Relaxed);
            if Instant::now() >= self.next_attempt {
                self.send_all();
            }
        }
    }

    fn send_all(&mut self) {
        let Some(hub) = self.hub.as_ref().filter(|_| !self.topics.is_empty()) else { return };
        match notify(hub, &mut self.topics) {
            Ok(()) => {
                if self.backoff > MIN_BACKOFF {
                    tracing::info!("the hub {hub} has been notified of everything now");
                }
                self.backoff = MIN_BACKOFF;
            }
            Err(why) => {
                let (waiting, seconds) = (self.topics.len(), self.backoff.as_secs());
                tracing::warn!("the hub {hub} could not be notified {why}; {waiting} waiting, next try in {seconds} s");
                self.next_attempt = Instant::now() + self.backoff;
                self.backoff = (self.backoff * 2).min(MAX_BACKOFF);
            }
        }
        self.metrics.hub_pending.store(self.topics.len() as u64, Ordering::Relaxed);
    }
}
