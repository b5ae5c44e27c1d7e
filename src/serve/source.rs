//! What is served, and how it follows the store: a thread that reads what changed, and swaps the publication in one step.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use notify::Event;

use super::document::{Document, Wanted};
use super::hub::Teller;
use super::metrics::Metrics;
use super::publication::{Next, Publication};
use super::watch::{Due, Watch};
use super::{Clock, Server};
use crate::coding::CODINGS;
use crate::config::Config;
use crate::diagnostics::{Diagnostic, OutputFormat, show};
use crate::model::Timestamp;
use crate::site::Site;

/// How often the cheap things are looked at.
const LOOK: Duration = Duration::from_millis(250);
/// A story that changes while it is read is read again after this long.
const RETRY: Duration = Duration::from_millis(100);
/// What fails this often in a row is worth a word; at the start there is nothing to serve meanwhile.
const MOST_TRIES: u32 = 20;

/// What is to be served.
#[derive(Debug, Clone)]
pub struct Options {
    /// The configuration.
    pub config: PathBuf,
    /// The address of a preview.
    pub base_url: Option<String>,
    /// Whether drafts are served, for a preview.
    pub drafts: bool,
}

/// What a [`Source`] is told.
#[derive(Debug)]
pub enum Message {
    /// The system reports a change.
    Event(notify::Result<Event>),
    /// Everything is to be read anew.
    Reread,
    Stop,
}

/// A publication that follows its store.
pub struct Source {
    options: Options,
    clock: Clock,
    server: Arc<Server>,
    teller: Teller,
    warmer: Sender<Weak<Document>>,
    watch: Watch,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
    /// The store as it was read last, sound or not.
    site: Site,
    /// The site as it was published last.
    published: Site,
    /// What is wrong with the configuration, while the last good one is in use.
    broken_config: Vec<Diagnostic>,
    /// The moment of the publication, which does not go back: what has appeared stays.
    moment: Timestamp,
    next_change: Option<Timestamp>,
    /// When to try again what failed because a file changed meanwhile, and how often that was in a row.
    retry: Option<Instant>,
    tries: u32,
    polling: Polling,
}

/// Has a [`Source`] read everything anew.
#[derive(Debug, Clone)]
pub struct Reread(Sender<Message>);

impl Reread {
    /// Reads everything anew.
    pub fn reread(&self) {
        // A source that has ended has nothing to read.
        let _ = self.0.send(Message::Reread);
    }
}

impl Source {
    /// Reads a site, and makes its first publication.
    ///
    /// # Errors
    /// Every diagnostic that stands in the way. The others are returned beside the source.
    pub fn open(options: Options, clock: Clock) -> Result<(Source, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (sender, receiver) = channel();
        let config = load(&options)?;
        let watch = Watch::new(&config.site.stories, &options.config, config.files(), sender.clone());
        let now = Timestamp(clock().timestamp());
        let metrics = Arc::new(Metrics::default());
        let start = Instant::now();
        let mut tries = 0;
        let (site, diagnostics, next) = loop {
            let (site, diagnostics) = Site::load_live(&config, now);
            if diagnostics.iter().any(Diagnostic::is_error) {
                return Err(diagnostics);
            }
            match Publication::after(None, &site, &metrics, now) {
                Ok(next) => break (site, diagnostics, next),
                // A story changed meanwhile.
                Err(_) if tries < MOST_TRIES => tries += 1,
                Err(diagnostic) => return Err(vec![diagnostic]),
            }
            std::thread::sleep(RETRY);
        };
        count(&metrics, &next, start);
        let server = Arc::new(Server::new(next.publication, &site, Arc::clone(&metrics), Arc::clone(&clock)));
        let (warmer, documents) = channel();
        std::thread::spawn(move || warm(&documents));
        let source = Source {
            warmer,
            teller: Teller::start(metrics),
            options,
            clock,
            server,
            watch,
            sender,
            receiver,
            published: site.clone(),
            broken_config: Vec::new(),
            moment: now,
            next_change: site.next_change(now),
            site,
            retry: None,
            tries: 0,
            polling: Polling::default(),
        };
        Ok((source, diagnostics))
    }

    /// The address that the configuration names for readers.
    pub fn listen(&self) -> SocketAddr {
        self.server.publication().config.server.listen
    }

    /// A handle by which everything is read anew.
    pub fn rereader(&self) -> Reread {
        Reread(self.sender.clone())
    }

    pub(super) fn server(&self) -> Arc<Server> {
        Arc::clone(&self.server)
    }

    /// Follows the store in a thread of its own until what is returned goes.
    pub(super) fn follow(self) -> Following {
        let sender = self.sender.clone();
        std::thread::spawn(move || self.work());
        Following(sender)
    }

    fn work(mut self) {
        let mut next_look = Instant::now() + LOOK;
        loop {
            let now = Instant::now();
            let retry = self.retry.map(|at| at.saturating_duration_since(now));
            let wait = [self.watch.wait(now), retry]
                .into_iter()
                .flatten()
                .min()
                .unwrap_or(LOOK)
                .min(next_look.saturating_duration_since(now));
            match self.receiver.recv_timeout(wait) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // Other files may change beside the configuration all the time: that must not keep from looking.
            if Instant::now() >= next_look {
                self.watch.look(Instant::now());
                next_look = Instant::now() + LOOK;
            }
            while let Ok(message) = self.receiver.try_recv() {
                match message {
                    Message::Stop => return,
                    message => self.take(message),
                }
            }
            self.poll();
            if self.retry.is_some_and(|at| Instant::now() >= at) {
                self.retry = None;
                self.watch.everything(Instant::now());
            }
            if let Some(due) = self.watch.due(Instant::now()) {
                self.read(&due);
            }
            self.pass_time();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.watch.note(event, Instant::now()),
            Message::Reread => {
                tracing::info!("reading everything anew");
                self.moment = Timestamp(i64::MIN);
                self.read_config();
            }
            Message::Stop => {}
        }
    }

    /// Looks at every file for what was not reported.
    fn poll(&mut self) {
        if Instant::now() < self.polling.next {
            return;
        }
        let start = Instant::now();
        let seen = self.site.differs_on_disk(self.watch.unfinished());
        // What is being written differs from look to look, and is left alone.
        let is_settled = seen.is_some() && seen == self.polling.seen;
        if is_settled {
            self.watch.everything(Instant::now());
        }
        let pace = if self.watch.is_told() { (Duration::from_secs(2), 50) } else { (Duration::from_millis(400), 10) };
        self.polling.seen = seen.filter(|_| !is_settled);
        let pause = if self.polling.seen.is_some() { LOOK } else { pace.0.max(start.elapsed() * pace.1) };
        self.polling.next = Instant::now() + pause;
    }

    fn read(&mut self, due: &Due) {
        if due.config {
            return self.read_config();
        }
        let start = Instant::now();
        self.moment = self.moment.max(self.now());
        let (site, diagnostics) = self.site.after(&due.changes, self.moment);
        self.site = site;
        self.publish(diagnostics, start);
    }

    fn read_config(&mut self) {
        let start = Instant::now();
        let config = match load(&self.options) {
            Ok(config) => config,
            Err(diagnostics) => {
                self.broken_config.clone_from(&diagnostics);
                return self.fail(diagnostics);
            }
        };
        self.broken_config.clear();
        let old = &self.server.publication().config.server;
        let new = &config.server;
        if (new.listen, new.admin, new.max_connections, new.access_log)
            != (old.listen, old.admin, old.max_connections, old.access_log)
        {
            tracing::warn!(
                "`listen`, `admin`, `max_connections` and `access_log` change when the server is started again"
            );
        }
        self.watch = Watch::new(&config.site.stories, &self.options.config, config.files(), self.sender.clone());
        self.moment = self.moment.max(self.now());
        let (site, diagnostics) = Site::load_live(&config, self.moment);
        self.site = site;
        self.publish(diagnostics, start);
    }

    /// Serves the site as it was read last, if it is sound.
    fn publish(&mut self, diagnostics: Vec<Diagnostic>, start: Instant) {
        if diagnostics.iter().any(Diagnostic::is_error) {
            return self.fail(diagnostics);
        }
        let site = self.site.clone();
        match self.swap(&site, start) {
            Ok(()) => {
                self.published = site;
                match self.broken_config.is_empty() {
                    true => self.server.is_current(&self.published, diagnostics),
                    false => self.server.is_behind(self.broken_config.clone()),
                }
            }
            Err(diagnostic) => self.try_again(diagnostic),
        }
    }

    /// A story changed while it was being read, or cannot be read for now.
    fn try_again(&mut self, diagnostic: Diagnostic) {
        self.retry = Some(Instant::now() + RETRY);
        self.tries += 1;
        if self.tries > MOST_TRIES {
            self.fail(vec![diagnostic]);
        }
    }

    /// Replaces what is served by the publication of a site.
    fn swap(&mut self, site: &Site, start: Instant) -> Result<(), Diagnostic> {
        let before = self.server.publication();
        let metrics = &self.server.metrics;
        let next = Publication::after(Some(&before), site, metrics, self.now())?;
        self.tries = 0;
        count(metrics, &next, start);
        let Next { publication, changed, rendered } = next;
        let replaced = changed.iter().filter(|path| before.get(path).is_some());
        let new: Vec<Weak<Document>> =
            replaced.filter_map(|path| Some(Arc::downgrade(&publication.get(path)?.document))).collect();
        let is_feed =
            |path: &&String| publication.get(path).or_else(|| before.get(path)).is_some_and(|found| found.is_feed);
        let base = &publication.config.site.base_url;
        let topics: Vec<String> =
            changed.iter().filter(is_feed).filter_map(|path| base.join(path).ok()).map(String::from).collect();
        let hub = publication.config.feeds.hub.clone();
        self.server.replace(publication);
        self.next_change = site.next_change(self.moment);
        if !changed.is_empty() {
            let took = start.elapsed().as_secs_f64();
            tracing::info!("{} documents changed, {rendered} were made, in {took:.3} s", changed.len());
        }
        if let Some(hub) = hub.filter(|_| !topics.is_empty()) {
            self.teller.tell(&hub, topics);
        }
        // That thread ends with this one.
        new.into_iter().for_each(|document| drop(self.warmer.send(document)));
        Ok(())
    }

    /// Keeps what is served, and says why.
    fn fail(&mut self, diagnostics: Vec<Diagnostic>) {
        self.server.metrics.failed_reloads.fetch_add(1, Ordering::Relaxed);
        if !self.server.has_failed_with(&diagnostics) {
            let text: String = diagnostics.iter().map(|diagnostic| show(diagnostic, OutputFormat::Text)).collect();
            tracing::error!("the change is not served, the last good publication stays:\n{text}");
        }
        self.server.is_behind(diagnostics);
    }

    /// Publishes what appears, and takes back what leaves, by itself.
    fn pass_time(&mut self) {
        let now = self.now();
        if self.next_change.is_none_or(|at| now < at) {
            return;
        }
        let start = Instant::now();
        self.moment = self.moment.max(now);
        let site = self.published.at(self.moment);
        // Not again at every look, if it cannot be.
        self.next_change = site.next_change(self.moment);
        match self.swap(&site, start) {
            Ok(()) => self.published = site,
            Err(diagnostic) => self.try_again(diagnostic),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp((self.clock)().timestamp())
    }
}

/// When files are looked at, and what was seen of them that is not served.
#[derive(Debug)]
struct Polling {
    next: Instant,
    seen: Option<u64>,
}

impl Default for Polling {
    fn default() -> Self {
        Polling { next: Instant::now(), seen: None }
    }
}

/// A source at work. It stops when this goes.
pub struct Following(Sender<Message>);

impl Drop for Following {
    fn drop(&mut self) {
        let _ = self.0.send(Message::Stop);
    }
}

fn load(options: &Options) -> Result<Config, Vec<Diagnostic>> {
    let mut config = Config::load(&options.config)?;
    if let Some(url) = &options.base_url {
        config = config
            .with_base_url(url)
            .map_err(|why| vec![Diagnostic::usage(None, format!("--base-url: `{url}` {why}"))])?;
    }
    Ok(if options.drafts { config.with_drafts() } else { config })
}

fn count(metrics: &Metrics, next: &Next, start: Instant) {
    metrics.reloads.fetch_add(1, Ordering::Relaxed);
    metrics.rendered.fetch_add(next.rendered as u64, Ordering::Relaxed);
    metrics.reload_micros.store(u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
}

/// Makes the codings of documents before they are asked for, one after the other, unless they have been replaced by then.
fn warm(documents: &Receiver<Weak<Document>>) {
    while let Ok(document) = documents.recv() {
        for coding in CODINGS {
            if let Some(document) = document.upgrade() {
                // What fails here fails again, and is reported, when it is asked for.
                let _ = document.make(Wanted { since: None, coding: Some(coding) });
            }
        }
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Source").field("options", &self.options).finish_non_exhaustive()
    }
}
