//! The thread that follows a configuration and its store: it collects file events, polls, and decides when to reload.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use notify::Event;

use super::publisher::Publisher;
use super::watch::{PendingReload, Watch};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Diagnostics, OutputFormat, show};
use crate::site::Site;

/// How often the cheap checks run.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);
/// How long to wait before stories that changed during rendering are read again.
pub const RETRY: Duration = Duration::from_millis(100);
/// After so many retries in a row the error is reported.
pub const MAX_RETRIES: u32 = 20;

/// What a follower's thread receives.
#[derive(Debug)]
pub enum Message {
    /// The system reports a change.
    FileEvent(notify::Result<Event>),
    Reload,
    Stop,
}

/// Reloads the configuration of a [`Source`](super::Source), and what it follows.
#[derive(Debug, Clone)]
pub struct ReloadHandle(Sender<Message>);

impl ReloadHandle {
    pub(super) fn new(sender: Sender<Message>) -> ReloadHandle {
        ReloadHandle(sender)
    }

    /// Asks for a reload, without waiting for it.
    pub fn reload(&self) {
        // A follower that has ended has nothing to reload.
        let _ = self.0.send(Message::Reload);
    }
}

/// A running follower. Dropping it stops the thread.
pub struct FollowerHandle(Sender<Message>);

impl FollowerHandle {
    pub fn new(sender: Sender<Message>) -> FollowerHandle {
        FollowerHandle(sender)
    }
}

impl Drop for FollowerHandle {
    fn drop(&mut self) {
        let _ = self.0.send(Message::Stop);
    }
}

/// Changes that are applied to a configuration whenever it is read.
pub type Overrides = Box<dyn Fn(Config) -> Result<Config, Diagnostics> + Send>;

/// The configuration, the watch over it and its store, and the channel of their events.
pub struct Inputs {
    config_path: PathBuf,
    overrides: Overrides,
    watch: Watch,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

impl Inputs {
    /// Reads a configuration, and starts to watch.
    ///
    /// # Errors
    /// Every diagnostic of the configuration.
    pub fn open(config_path: &Path, overrides: Overrides) -> Result<(Inputs, Config), Diagnostics> {
        let (sender, receiver) = channel();
        let config = Config::load(config_path).and_then(&overrides)?;
        let watch = watch(config_path, &config, &sender);
        Ok((Inputs { config_path: config_path.to_owned(), overrides, watch, sender, receiver }, config))
    }

    pub fn reload_handle(&self) -> ReloadHandle {
        ReloadHandle(self.sender.clone())
    }

    fn load_config(&self) -> Result<Config, Diagnostics> {
        Config::load(&self.config_path).and_then(&self.overrides)
    }

    fn restart_watch(&mut self, config: &Config) {
        self.watch = watch(&self.config_path, config, &self.sender);
    }
}

fn watch(config_path: &Path, config: &Config, sender: &Sender<Message>) -> Watch {
    let sender = sender.clone();
    let on_event = Arc::new(move |event| drop(sender.send(Message::FileEvent(event))));
    Watch::new(&config.site.stories, config_path, config.files(), on_event)
}

/// Starts to follow, in a thread of its own.
pub fn start(inputs: Inputs, publisher: Publisher) -> FollowerHandle {
    let handle = FollowerHandle(inputs.sender.clone());
    let follower = Follower {
        site: publisher.site().clone(),
        inputs,
        publisher,
        config_errors: Vec::new(),
        retry_at: None,
        retries: 0,
        polling: Polling { next: Instant::now(), difference: None },
    };
    std::thread::spawn(move || follower.run());
    handle
}

struct Follower {
    inputs: Inputs,
    publisher: Publisher,
    /// The site as last read, with or without errors.
    site: Site,
    /// Errors of the newest configuration, while the last good one is in use.
    config_errors: Vec<Diagnostic>,
    /// When to reload after a story changed during rendering, and how often that was in a row.
    retry_at: Option<Instant>,
    retries: u32,
    polling: Polling,
}

/// When files are polled next, and the difference last seen that is not yet reloaded.
#[derive(Debug)]
struct Polling {
    next: Instant,
    difference: Option<u64>,
}

impl Follower {
    fn run(mut self) {
        let mut next_check = Instant::now() + CHECK_INTERVAL;
        loop {
            let now = Instant::now();
            let until_retry = self.retry_at.map(|at| at.saturating_duration_since(now));
            let until_check = next_check.saturating_duration_since(now);
            let wait =
                [self.inputs.watch.wait(now), until_retry].into_iter().flatten().fold(until_check, Duration::min);
            match self.inputs.receiver.recv_timeout(wait) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(message) => self.handle(message),
                Err(RecvTimeoutError::Timeout) => {}
            }
            // Independent of messages: other files beside the configuration may change all the time.
            if Instant::now() >= next_check {
                self.inputs.watch.check(Instant::now());
                next_check = Instant::now() + CHECK_INTERVAL;
            }
            while let Ok(message) = self.inputs.receiver.try_recv() {
                match message {
                    Message::Stop => return,
                    message => self.handle(message),
                }
            }
            self.poll();
            if self.retry_at.is_some_and(|at| Instant::now() >= at) {
                self.retry_at = None;
                self.inputs.watch.mark_all(Instant::now());
            }
            if let Some(pending) = self.inputs.watch.take_pending(Instant::now()) {
                self.reload(&pending);
            }
            self.apply_schedule();
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::FileEvent(event) => self.inputs.watch.record(event, Instant::now()),
            Message::Reload => {
                tracing::info!("reloading configuration and store");
                self.publisher.reset_moment();
                self.reload_config();
            }
            Message::Stop => {}
        }
    }

    /// Compares every file with what was read, for changes that the system did not report.
    fn poll(&mut self) {
        if Instant::now() < self.polling.next {
            return;
        }
        let start = Instant::now();
        let difference = self.site.differs_on_disk(self.inputs.watch.unfinished());
        // Files that are still being written differ from one poll to the next, and have to wait.
        let is_settled = difference.is_some() && difference == self.polling.difference;
        if is_settled {
            self.inputs.watch.mark_all(Instant::now());
        }
        let (least, per_duration) = match self.inputs.watch.has_events() {
            true => (Duration::from_secs(2), 50),
            false => (Duration::from_millis(400), 10),
        };
        self.polling.difference = difference.filter(|_| !is_settled);
        let pause = match self.polling.difference {
            Some(_) => CHECK_INTERVAL,
            None => least.max(start.elapsed() * per_duration),
        };
        self.polling.next = Instant::now() + pause;
    }

    fn reload(&mut self, pending: &PendingReload) {
        if pending.config {
            return self.reload_config();
        }
        let _reloading = self.publisher.server.begin_reload();
        let start = Instant::now();
        let moment = self.publisher.advance();
        let (site, diagnostics) = self.site.after(&pending.changes, moment);
        self.site = site;
        self.publish(diagnostics, start);
    }

    fn reload_config(&mut self) {
        let _reloading = self.publisher.server.begin_reload();
        let start = Instant::now();
        let config = match self.inputs.load_config() {
            Ok(config) => config,
            Err(diagnostics) => {
                self.config_errors = diagnostics.to_vec();
                return self.fail(diagnostics.into());
            }
        };
        self.config_errors.clear();
        let running = &self.publisher.server.publication().config;
        let schedule = |config: &Config| -> Vec<(String, Option<Duration>)> {
            config.imports.iter().map(|source| (source.name.clone(), source.every)).collect()
        };
        if schedule(running) != schedule(&config) {
            tracing::warn!(
                "new names of sources, and how often they are imported, count when the server is started again"
            );
        }
        let (old, new) = (&running.server, &config.server);
        if (new.listen, new.admin, new.max_connections, new.access_log)
            != (old.listen, old.admin, old.max_connections, old.access_log)
        {
            tracing::warn!(
                "`listen`, `admin`, `max_connections` and `access_log` change when the server is started again"
            );
        }
        self.inputs.restart_watch(&config);
        let (site, diagnostics) = Site::load(&config, self.publisher.advance().utc());
        self.site = site.with_text_cache();
        self.publish(diagnostics.into(), start);
    }

    /// Publishes the site as last read, unless it has errors.
    fn publish(&mut self, diagnostics: Vec<Diagnostic>, start: Instant) {
        if diagnostics.iter().any(Diagnostic::is_error) {
            return self.fail(diagnostics);
        }
        match self.publisher.publish(&self.site, start) {
            Ok(()) => {
                self.retries = 0;
                let server = &self.publisher.server;
                match self.config_errors.is_empty() {
                    true => server.mark_current(self.site.counts(), diagnostics),
                    false => server.mark_stale(self.config_errors.clone()),
                }
            }
            Err(diagnostic) => self.retry(diagnostic),
        }
    }

    /// Publishes what appears or expires by itself.
    fn apply_schedule(&mut self) {
        if !self.publisher.is_due() {
            return;
        }
        match self.publisher.apply_schedule() {
            Ok(()) => self.retries = 0,
            Err(diagnostic) => self.retry(diagnostic),
        }
    }

    /// Schedules a reload after a story changed during rendering, or could not be read.
    fn retry(&mut self, diagnostic: Diagnostic) {
        self.retry_at = Some(Instant::now() + RETRY);
        self.retries += 1;
        if self.retries > MAX_RETRIES {
            self.fail(vec![diagnostic]);
        }
    }

    /// Keeps the last good publication, and logs new diagnostics.
    fn fail(&mut self, diagnostics: Vec<Diagnostic>) {
        let server = &self.publisher.server;
        server.metrics.failed_reloads.fetch_add(1, Ordering::Relaxed);
        if !server.has_failed_with(&diagnostics) {
            let text: String = diagnostics.iter().map(|diagnostic| show(diagnostic, OutputFormat::Text)).collect();
            tracing::error!("the change is not served, the last good publication stays:\n{text}");
        }
        server.mark_stale(diagnostics);
    }
}
