//! WebSub: notifies a hub of changed feeds.

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use url::Url;

use super::metrics::Metrics;
use super::pending::PendingNotifications;

const TIMEOUT: Duration = Duration::from_secs(10);
const MIN_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(300);
/// The topics that wait for the hub, each once; further ones are dropped.
const MAX_PENDING_TOPICS: usize = 100_000;
/// Bounds the response of a hub, which is read so that its connection is used again.
const MAX_RESPONSE_BYTES: u64 = 64 << 10;

/// The client of a hub: one for all pings, so that they share connections.
#[derive(Debug)]
pub struct HubClient(ureq::Agent);

/// How a hub responded to a ping.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Accepted,
    /// It does not want this topic.
    Refused(String),
    /// It cannot be reached, or cannot serve requests for now.
    Unavailable(String),
}

/// What came of notifying a hub of several topics.
#[derive(Debug, Default)]
pub struct Notified {
    pub accepted: usize,
    pub refused: Vec<RefusedTopic>,
    /// Why the other topics remain, if some do.
    pub failure: Option<String>,
}

/// A topic that the hub does not want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedTopic {
    /// Its URL.
    pub topic: String,
    /// Why, by the hub's response.
    pub reason: String,
}

impl Notified {
    /// Records the outcome of a ping, and returns the topic if it remains.
    fn record(&mut self, topic: String, outcome: Outcome) -> Option<String> {
        match outcome {
            Outcome::Accepted => self.accepted += 1,
            Outcome::Refused(reason) => self.refused.push(RefusedTopic { topic, reason }),
            Outcome::Unavailable(reason) => {
                self.failure = Some(format!("of {topic}: {reason}"));
                return Some(topic);
            }
        }
        None
    }
}

impl Default for HubClient {
    fn default() -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(TIMEOUT)).user_agent("tidings");
        // A followed redirect would lose the form.
        let config = config.http_status_as_error(false).max_redirects(0).max_redirects_will_error(false);
        HubClient(ureq::Agent::new_with_config(config.build()))
    }
}

impl HubClient {
    /// Notifies a hub of topics until it is unavailable. Those that it accepted or refused are removed.
    pub fn notify(&self, hub: &Url, topics: &mut BTreeSet<String>) -> Notified {
        let mut notified = Notified::default();
        while let Some(topic) = topics.pop_first() {
            let outcome = self.ping(hub, &topic);
            if let Some(topic) = notified.record(topic, outcome) {
                topics.insert(topic);
                break;
            }
        }
        notified
    }

    /// The publish ping that hubs agree on (WebSub §6 leaves its format open): some read `hub.url`, others `hub.topic`.
    fn ping(&self, hub: &Url, topic: &str) -> Outcome {
        let form = [("hub.mode", "publish"), ("hub.url", topic), ("hub.topic", topic)];
        let address = without_credentials(hub);
        let mut request = self.0.post(address.as_str());
        if let Some(authorization) = authorization(hub) {
            request = request.header("authorization", authorization);
        }
        let mut response = match request.send_form(form) {
            Ok(response) => response,
            Err(error) => return Outcome::Unavailable(error.to_string().replace(address.as_str(), &displayed(hub))),
        };
        // A response that breaks off has its status all the same.
        let _ = response.body_mut().with_config().limit(MAX_RESPONSE_BYTES).read_to_vec();
        let status = response.status();
        let location = response.headers().get("location").and_then(|location| hub.join(location.to_str().ok()?).ok());
        match location {
            _ if status.is_success() => Outcome::Accepted,
            Some(location) if status.is_redirection() => {
                let location = displayed(&location);
                Outcome::Unavailable(format!("it has moved to {location}; write that as `hub` in `[feeds]`"))
            }
            _ if status.is_client_error() && !matches!(status.as_u16(), 408 | 429) => {
                Outcome::Refused(format!("it responded with status {status}"))
            }
            _ => Outcome::Unavailable(format!("it responded with status {status}")),
        }
    }
}

fn without_credentials(hub: &Url) -> Url {
    let mut address = hub.clone();
    // These fail for addresses that cannot have any.
    let _ = address.set_username("");
    let _ = address.set_password(None);
    address
}

/// The credentials of a URL (RFC 7617).
fn authorization(hub: &Url) -> Option<String> {
    if hub.username().is_empty() && hub.password().is_none() {
        return None;
    }
    let mut credentials: Vec<u8> = percent_decode_str(hub.username()).collect();
    credentials.push(b':');
    credentials.extend(percent_decode_str(hub.password().unwrap_or_default()));
    Some(format!("Basic {}", STANDARD.encode(credentials)))
}

/// The address of a hub in messages: its user, password and query may be secret.
pub fn displayed(hub: &Url) -> String {
    let mut displayed = without_credentials(hub);
    displayed.set_query(None);
    displayed.set_fragment(None);
    displayed.into()
}

/// Notifies a hub in a thread of its own, so that nothing waits for it. Dropping it stops the thread.
pub struct HubNotifier(Arc<Queue>);

impl HubNotifier {
    /// Starts the thread. What the hub accepted or refused is no longer notifications.
    pub fn start(metrics: Arc<Metrics>, notifications: Arc<PendingNotifications>) -> HubNotifier {
        let queue = Arc::new(Queue { pending: Mutex::default(), changed: Condvar::new(), metrics, notifications });
        let thread = Arc::clone(&queue);
        std::thread::spawn(move || thread.run(&HubClient::default()));
        HubNotifier(queue)
    }

    /// Notifies a hub of topics in the background, with retries.
    pub fn notify(&self, hub: &Url, topics: BTreeSet<String>) {
        self.0.add(hub, topics);
    }
}

impl Drop for HubNotifier {
    fn drop(&mut self) {
        self.0.lock().is_stopped = true;
        self.0.changed.notify_all();
    }
}

/// The topics that the hub has yet to accept, and their thread.
struct Queue {
    pending: Mutex<Pending>,
    changed: Condvar,
    metrics: Arc<Metrics>,
    notifications: Arc<PendingNotifications>,
}

#[derive(Default)]
struct Pending {
    hub: Option<Url>,
    /// A topic that changes again before it was sent is sent once.
    topics: BTreeSet<String>,
    /// The topic that failed last; the next attempt begins after it, so that no topic keeps the others waiting.
    last_failed: String,
    is_stopped: bool,
}

impl Pending {
    fn take(&mut self) -> Option<(Url, String)> {
        let hub = self.hub.clone()?;
        let after = (Bound::Excluded(self.last_failed.as_str()), Bound::Unbounded);
        let topic = self.topics.range::<str, _>(after).next().or_else(|| self.topics.first())?.clone();
        self.topics.remove(&topic);
        Some((hub, topic))
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, hub: &Url, topics: BTreeSet<String>) {
        // Again: an earlier change of a feed may have been told since.
        self.notifications.add(&BTreeSet::new(), &topics);
        let mut pending = self.lock();
        pending.hub = Some(hub.clone());
        let mut dropped = 0;
        for topic in topics {
            if pending.topics.len() < MAX_PENDING_TOPICS || pending.topics.contains(&topic) {
                pending.topics.insert(topic);
            } else {
                dropped += 1;
            }
        }
        self.record_pending(&pending, 0);
        drop(pending);
        if dropped > 0 {
            self.metrics.hub_dropped.fetch_add(dropped, Ordering::Relaxed);
            let hub = displayed(hub);
            tracing::warn!("{MAX_PENDING_TOPICS} feeds wait for the hub {hub}; it is not notified of {dropped} others");
        }
        self.changed.notify_all();
    }

    /// Sends until it is stopped.
    fn run(&self, client: &HubClient) {
        let mut backoff = MIN_BACKOFF;
        let mut next_attempt = Instant::now();
        loop {
            let mut pending = self.lock();
            loop {
                let wait = next_attempt.saturating_duration_since(Instant::now());
                if pending.is_stopped {
                    return;
                }
                if !pending.topics.is_empty() && wait.is_zero() {
                    break;
                }
                let wait = if pending.topics.is_empty() { MAX_BACKOFF } else { wait };
                pending = self.changed.wait_timeout(pending, wait).unwrap_or_else(PoisonError::into_inner).0;
            }
            drop(pending);
            let Some((hub, notified)) = self.send_all(client) else { continue };
            let hub = displayed(&hub);
            log_refused(&hub, &notified.refused);
            let has_progress = notified.accepted + notified.refused.len() > 0;
            if has_progress && backoff > MIN_BACKOFF && notified.failure.is_none() {
                tracing::info!("the hub {hub} has been notified of everything now");
            }
            backoff = if has_progress { MIN_BACKOFF } else { backoff };
            if let Some(reason) = notified.failure {
                let (waiting, seconds) = (self.lock().topics.len(), backoff.as_secs());
                tracing::warn!(
                    "the hub {hub} could not be notified {reason}; {waiting} waiting, next try in {seconds} s"
                );
                next_attempt = Instant::now() + backoff;
                backoff = (backoff * 2).min(MAX_BACKOFF);
            }
        }
    }

    /// Sends what is pending until the hub is unavailable.
    fn send_all(&self, client: &HubClient) -> Option<(Url, Notified)> {
        let mut notified = Notified::default();
        let mut last_hub = None;
        let mut told = Vec::new();
        loop {
            let mut pending = self.lock();
            let next = if pending.is_stopped { None } else { pending.take() };
            self.record_pending(&pending, usize::from(next.is_some()));
            drop(pending);
            let Some((hub, topic)) = next else { break };
            let outcome = client.ping(&hub, &topic);
            last_hub = Some(hub);
            told.push(topic.clone());
            if let Some(topic) = notified.record(topic, outcome) {
                told.pop();
                let mut pending = self.lock();
                pending.last_failed.clone_from(&topic);
                pending.topics.insert(topic);
                self.record_pending(&pending, 0);
                break;
            }
        }
        // What changed again meanwhile is still to be told.
        let waiting = self.lock().topics.clone();
        told.retain(|topic| !waiting.contains(topic));
        self.notifications.notified(&told);
        self.metrics.hub_accepted.fetch_add(notified.accepted as u64, Ordering::Relaxed);
        self.metrics.hub_refused.fetch_add(notified.refused.len() as u64, Ordering::Relaxed);
        self.metrics.hub_failed.fetch_add(u64::from(notified.failure.is_some()), Ordering::Relaxed);
        last_hub.map(|hub| (hub, notified))
    }

    fn record_pending(&self, pending: &Pending, sending: usize) {
        self.metrics.hub_pending.store((pending.topics.len() + sending) as u64, Ordering::Relaxed);
    }
}

/// One line for all, because a hub that refuses one topic often refuses each.
fn log_refused(hub: &str, refused: &[RefusedTopic]) {
    if let Some(RefusedTopic { topic, reason }) = refused.first() {
        let others = match refused.len() {
            1 => String::new(),
            count => format!(" and {} other feeds", count - 1),
        };
        tracing::warn!(
            "the hub {hub} refused {topic}{others}: {reason}; it is notified again when the feed changes again"
        );
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// A hub that responds with the status that stands in a topic, 202 without one. What it receives: the number of the
    /// connection, and the request.
    fn hub() -> (Url, Receiver<(usize, String)>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://user:secret@{}/hub?token=secret", listener.local_addr().unwrap());
        let (sender, received) = channel();
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (mut stream, sender) = (stream.unwrap(), sender.clone());
                std::thread::spawn(move || {
                    while let Some(request) = read(&mut stream) {
                        // The port in the header may have these digits too.
                        let form = request.rsplit("\r\n\r\n").next().unwrap_or_default();
                        let status = ["404", "429", "503"].into_iter().find(|status| form.contains(status));
                        let response = format!("HTTP/1.1 {} x\r\ncontent-length: 2\r\n\r\nok", status.unwrap_or("202"));
                        sender.send((number, request)).unwrap();
                        stream.write_all(response.as_bytes()).unwrap();
                    }
                });
            }
        });
        (url.parse().unwrap(), received)
    }

    /// The next request of a connection.
    fn read(stream: &mut TcpStream) -> Option<String> {
        let (mut text, mut byte) = (String::new(), [0]);
        while !text.ends_with("\r\n\r\n") {
            stream.read_exact(&mut byte).ok()?;
            text.push(char::from(byte[0]));
        }
        let length = text.to_lowercase().split("content-length: ").nth(1)?.split("\r\n").next()?.parse().ok()?;
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        Some(text + &String::from_utf8(body).unwrap())
    }

    fn topics(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| format!("https://a.example/{name}")).collect()
    }

    fn queue() -> Queue {
        Queue {
            pending: Mutex::default(),
            changed: Condvar::new(),
            metrics: Arc::default(),
            notifications: Arc::default(),
        }
    }

    fn number(value: &std::sync::atomic::AtomicU64) -> u64 {
        value.load(Ordering::Relaxed)
    }

    #[test]
    fn a_ping_names_its_topic_twice_and_all_share_a_connection() {
        let (hub, received) = hub();
        let mut left = topics(&["1", "2", "3"]);
        let notified = HubClient::default().notify(&hub, &mut left);
        assert!((notified.accepted, notified.failure) == (3, None) && left.is_empty() && notified.refused.is_empty());
        for name in ["1", "2", "3"] {
            let (connection, request) = received.recv().unwrap();
            let topic = format!("https%3A%2F%2Fa.example%2F{name}");
            let form = format!("hub.mode=publish&hub.url={topic}&hub.topic={topic}");
            assert!(connection == 0 && request.ends_with(&form), "{connection}: {request}");
            assert!(request.starts_with("POST /hub?token=secret "), "{request}");
            assert!(request.contains("authorization: Basic dXNlcjpzZWNyZXQ="), "{request}");
        }
    }

    #[test]
    fn a_refused_topic_is_dropped_and_another_failure_remains() {
        let (hub, received) = hub();
        let mut left = topics(&["1", "2-404", "3", "4-429", "5"]);
        let notified = HubClient::default().notify(&hub, &mut left);
        let reason = "it responded with status 404 Not Found".to_owned();
        assert_eq!(notified.refused, [RefusedTopic { topic: "https://a.example/2-404".to_owned(), reason }]);
        assert_eq!((notified.accepted, left), (2, topics(&["4-429", "5"])));
        let failure = notified.failure.unwrap();
        assert!(failure.contains("4-429") && !failure.contains("secret"), "{failure}");
        assert_eq!(received.try_iter().count(), 4);
    }

    #[test]
    fn messages_show_no_secret() {
        let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let hub: Url = format!("http://user:secret@{closed}/hub?token=secret#secret").parse().unwrap();
        assert_eq!(displayed(&hub), format!("http://{closed}/hub"));
        let notified = HubClient::default().notify(&hub, &mut topics(&["1"]));
        assert!(notified.failure.is_some_and(|failure| !failure.contains("secret")));
    }

    #[test]
    fn the_queue_merges_topics_and_no_topic_keeps_the_others_waiting() {
        let (hub, received) = hub();
        let (queue, client) = (queue(), HubClient::default());
        for _ in 0..3 {
            queue.add(&hub, topics(&["1-503", "2", "3-404"]).into_iter().collect());
        }
        assert_eq!(number(&queue.metrics.hub_pending), 3);
        let (_, notified) = queue.send_all(&client).unwrap();
        assert!(notified.failure.is_some() && number(&queue.metrics.hub_pending) == 3);
        let (_, notified) = queue.send_all(&client).unwrap();
        assert!(notified.failure.is_some() && (notified.accepted, notified.refused.len()) == (1, 1));
        assert_eq!(queue.lock().topics, topics(&["1-503"]));
        assert_eq!(queue.notifications.pending().topics, topics(&["1-503"]));
        let metrics = &queue.metrics;
        let counted =
            [&metrics.hub_pending, &metrics.hub_accepted, &metrics.hub_refused, &metrics.hub_failed].map(number);
        assert_eq!(counted, [1, 1, 1, 2]);
        assert_eq!(received.try_iter().count(), 4);
    }

    #[test]
    fn the_queue_is_bounded() {
        let queue = queue();
        let hub: Url = "http://127.0.0.1:9/".parse().unwrap();
        queue.add(&hub, (0..MAX_PENDING_TOPICS + 5).map(|number| number.to_string()).collect());
        queue.add(&hub, ["0".to_owned(), "another".to_owned()].into());
        assert_eq!((queue.lock().topics.len(), number(&queue.metrics.hub_dropped)), (MAX_PENDING_TOPICS, 6));
    }
}
