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

/// Why a hub was not told.
enum Failure {
    /// It cannot be reached, or cannot serve anybody for now.
    Down(String),
    /// It does not want this one.
    Refused(String),
}

/// Tells a hub of feeds that changed, and takes those out that it was told of.
///
/// # Errors
/// Some are left: why, in the hub's words.
pub fn tell(hub: &Url, topics: &mut BTreeSet<String>) -> Result<(), String> {
    let mut refused = None;
    for topic in topics.clone() {
        match tell_one(hub, &topic) {
            Ok(()) => drop(topics.remove(&topic)),
            Err(Failure::Refused(why)) => refused = Some(format!("of {topic}: {why}")),
            Err(Failure::Down(why)) => return Err(format!("of {topic}: {why}")),
        }
    }
    refused.map_or(Ok(()), Err)
}

/// The publisher's notification that hubs agree on (WebSub §6 leaves its form open).
fn tell_one(hub: &Url, topic: &str) -> Result<(), Failure> {
    let config = ureq::Agent::config_builder().timeout_global(Some(TIME_OUT)).user_agent("tidings");
    // A redirect would lose the form on its way.
    let config = config.http_status_as_error(false).max_redirects(0).max_redirects_will_error(false).build();
    let form = [("hub.mode", "publish"), ("hub.url", topic)];
    let answer = ureq::Agent::new_with_config(config).post(hub.as_str()).send_form(form);
    let answer = answer.map_err(|error| Failure::Down(error.to_string()))?;
    let status = answer.status();
    let elsewhere = answer.headers().get("location").and_then(|place| place.to_str().ok());
    match elsewhere {
        _ if status.is_success() => Ok(()),
        Some(place) if status.is_redirection() => {
            Err(Failure::Down(format!("it has moved to {place}; write that as `hub` in `[feeds]`")))
        }
        _ if status.is_client_error() && !matches!(status.as_u16(), 408 | 429) => {
            Err(Failure::Refused(format!("it answered with status {status}")))
        }
        _ => Err(Failure::Down(format!("it answered with status {status}"))),
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
                self.try_all();
            }
        }
    }

    fn try_all(&mut self) {
        let Some(hub) = self.hub.as_ref().filter(|_| !self.topics.is_empty()) else { return };
        match tell(hub, &mut self.topics) {
            Ok(()) => {
                if self.pause > SHORTEST_PAUSE {
                    tracing::info!("the hub {hub} has been told of everything now");
                }
                self.pause = SHORTEST_PAUSE;
            }
            Err(why) => {
                let (waiting, seconds) = (self.topics.len(), self.pause.as_secs());
                tracing::warn!("the hub {hub} could not be told {why}; {waiting} waiting, next try in {seconds} s");
                self.next = Instant::now() + self.pause;
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
            }
        }
        self.metrics.hub_pending.store(self.topics.len() as u64, Ordering::Relaxed);
    }
}
