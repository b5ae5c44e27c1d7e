//! WebSub: telling a hub which feeds changed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use url::Url;

use super::metrics::Metrics;

/// A hub that says nothing for this long is down.
const TIME_OUT: Duration = Duration::from_secs(10);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// Tells a hub that a feed changed: the publisher's notification that hubs agree on (WebSub §6 leaves its form open).
///
/// # Errors
/// What the hub answered, or why it could not be asked.
pub fn tell(hub: &Url, topic: &str) -> Result<(), String> {
    let config = ureq::Agent::config_builder().timeout_global(Some(TIME_OUT)).user_agent("tidings").build();
    let form = [("hub.mode", "publish"), ("hub.url", topic)];
    match ureq::Agent::new_with_config(config).post(hub.as_str()).send_form(form) {
        Ok(_) => Ok(()),
        Err(ureq::Error::StatusCode(status)) => Err(format!("it answered with status {status}")),
        Err(error) => Err(error.to_string()),
    }
}

/// A thread of its own, so that no reader waits for a hub.
pub struct Teller(Sender<(Url, Vec<String>)>);

impl Teller {
    /// Begins to wait for what is to be told.
    pub fn start(metrics: Arc<Metrics>) -> Teller {
        let (sender, receiver) = channel();
        std::thread::spawn(move || Pending::new(metrics).follow(&receiver));
        Teller(sender)
    }

    /// Has a hub told of feeds, now or as soon as it can be.
    pub fn tell(&self, hub: &Url, topics: Vec<String>) {
        // The thread ends with the server alone.
        let _ = self.0.send((hub.clone(), topics));
    }
}

/// What has still to be told.
struct Pending {
    hub: Option<Url>,
    topics: BTreeSet<String>,
    /// How long to wait after the next failure.
    pause: Duration,
    /// When to try again.
    next: Instant,
    metrics: Arc<Metrics>,
}

impl Pending {
    fn new(metrics: Arc<Metrics>) -> Pending {
        Pending { hub: None, topics: BTreeSet::new(), pause: SHORTEST_PAUSE, next: Instant::now(), metrics }
    }

    /// A feed that changes again before the hub was told is told of once.
    fn follow(mut self, news: &Receiver<(Url, Vec<String>)>) {
        loop {
            let wait = match self.topics.is_empty() {
                true => LONGEST_PAUSE,
                false => self.next.saturating_duration_since(Instant::now()),
            };
            match news.recv_timeout(wait) {
                Ok((hub, topics)) => {
                    self.hub = Some(hub);
                    self.topics.extend(topics);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.metrics.hub_pending.store(self.topics.len() as u64, Ordering::Relaxed);
            if Instant::now() >= self.next {
                self.try_next();
            }
        }
    }

    fn try_next(&mut self) {
        let (Some(hub), Some(topic)) = (&self.hub, self.topics.first().cloned()) else { return };
        match tell(hub, &topic) {
            Ok(()) => {
                if self.pause > SHORTEST_PAUSE {
                    tracing::info!("the hub {hub} answers again");
                }
                self.topics.remove(&topic);
                self.pause = SHORTEST_PAUSE;
            }
            Err(why) => {
                let waiting = self.topics.len();
                tracing::warn!(
                    "the hub {hub} could not be told of {topic}: {why}; {waiting} waiting, next try in {} s",
                    self.pause.as_secs()
                );
                self.next = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            }
        }
        self.metrics.hub_pending.store(self.topics.len() as u64, Ordering::Relaxed);
    }
}
