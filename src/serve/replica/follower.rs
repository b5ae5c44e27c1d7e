//! The thread that follows the source of a replica: it polls, and swaps the publication.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::{Answer, Loaded, Loader, LocalCopy, Upstream, load_copy};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Diagnostics, OutputFormat, show};
use crate::model::Timestamp;
use crate::publish::Origin;
use crate::serve::document::Document;
use crate::serve::follower::{FollowerHandle, Message, Overrides, ReloadHandle};
use crate::serve::metrics::Metrics;
use crate::serve::publication::{Publication, Replicated};
use crate::serve::publisher::start_encoder;
use crate::serve::server::Server;

/// How often the source is asked for its manifest. With what is fetched then, a change is served within two seconds.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// A publication that takes longer to be written is reported.
const LONGEST_WRITING: Duration = Duration::from_secs(60);

/// What a replica is made from.
pub struct Inputs {
    config_path: PathBuf,
    overrides: Overrides,
    loader: Loader,
    origin: Arc<Origin>,
    copy: Option<LocalCopy>,
    upstream: Arc<Upstream>,
    /// Why the first publication is not that of the source.
    failure: Option<Diagnostic>,
    sender: Sender<Message>,
    receiver: Receiver<Message>,
}

impl Inputs {
    /// Reads a configuration. Nothing is asked of the source yet.
    ///
    /// # Errors
    /// Every diagnostic of the configuration.
    pub fn open(
        config_path: &Path,
        overrides: Overrides,
        origin: Origin,
        copy: Option<LocalCopy>,
    ) -> Result<(Inputs, Config), Diagnostics> {
        let config = Config::load(config_path).and_then(&overrides)?;
        let (sender, receiver) = channel();
        let origin = Arc::new(origin);
        let upstream = Arc::new(Upstream::new(origin.address()));
        let loader = Loader::new(Arc::clone(&origin));
        let config_path = config_path.to_owned();
        let inputs = Inputs { config_path, overrides, loader, origin, copy, upstream, failure: None, sender, receiver };
        Ok((inputs, config))
    }

    pub fn reload_handle(&self) -> ReloadHandle {
        ReloadHandle::new(self.sender.clone())
    }

    /// The first publication, with the counts of its stories and translations: that of the source, else that of the local copy,
    /// else none. Logs why it is not that of the source.
    pub fn first(&mut self, config: &Arc<Config>, metrics: &Metrics, now: Timestamp) -> (Publication, (usize, usize)) {
        let failure = match self.loader.load(config, |_, _| false, now) {
            Ok(Answer::Whole(loaded)) => return self.replicate_first(config, *loaded, metrics),
            Ok(Answer::Same) => Diagnostic::error(None, "the source has nothing to tell"),
            Ok(Answer::Unfinished(failure)) | Err(failure) => failure,
        };
        self.upstream.set_reason(Some(failure.message.clone()));
        let text = show(&failure, OutputFormat::Text);
        self.failure = Some(failure);
        let Some(loaded) = self.copy.as_ref().and_then(|copy| load_copy(copy, config)) else {
            tracing::warn!("nothing is served until the source has a publication:\n{text}");
            let (origin, upstream) = (Arc::clone(&self.origin), Arc::clone(&self.upstream));
            return (Publication::unready(Arc::clone(config), origin, upstream), (0, 0));
        };
        let age = now.0.saturating_sub(loaded.confirmed.0).max(0);
        tracing::warn!("the local copy of {age} s ago is served until the source has a publication:\n{text}");
        self.replicate_first(config, loaded, metrics)
    }

    fn replicate_first(
        &mut self,
        config: &Arc<Config>,
        loaded: Loaded,
        metrics: &Metrics,
    ) -> (Publication, (usize, usize)) {
        let counts = loaded.contents.counts;
        (self.replicate(None, config, loaded, metrics).publication, counts)
    }

    /// Makes a publication of what was loaded, and keeps a copy.
    fn replicate(
        &mut self,
        previous: Option<&Publication>,
        config: &Arc<Config>,
        loaded: Loaded,
        metrics: &Metrics,
    ) -> Replicated {
        if let Some(paths) = loaded.contents.unknown_paths() {
            tracing::warn!(
                "{paths} belong to no language, topic or redirect of this configuration, and are not served; \
                 give this server the configuration that they were built with"
            );
        }
        let Loaded { manifest, contents, documents, written, confirmed } = loaded;
        self.upstream.replace(written, confirmed);
        let (origin, upstream) = (Arc::clone(&self.origin), Arc::clone(&self.upstream));
        let replicated =
            Publication::replicated(previous, Arc::clone(config), contents, documents, (origin, upstream), metrics);
        if let Some(copy) = &mut self.copy {
            let kept = copy.replace(manifest.bytes(), replicated.publication.stored(), confirmed);
            if let Err(diagnostic) = kept {
                tracing::warn!("{}", show(&diagnostic, OutputFormat::Text));
            }
        }
        replicated
    }
}

/// Starts to follow, in a thread of its own.
pub fn start(mut inputs: Inputs, server: Arc<Server>) -> FollowerHandle {
    let handle = FollowerHandle::new(inputs.sender.clone());
    let encoder = start_encoder(&server);
    if let Some(failure) = inputs.failure.take() {
        server.mark_stale(vec![failure]);
    }
    let config = Arc::clone(&server.publication().config);
    std::thread::spawn(move || Follower { inputs, server, config, encoder, unfinished_since: None }.run());
    handle
}

struct Follower {
    inputs: Inputs,
    server: Arc<Server>,
    /// The newest good configuration. The one that is served with may be older while the source is away.
    config: Arc<Config>,
    encoder: Sender<Weak<Document>>,
    /// Since when the source has nothing whole.
    unfinished_since: Option<Instant>,
}

impl Follower {
    fn run(mut self) {
        let mut next_poll = Instant::now() + POLL_INTERVAL;
        loop {
            match self.inputs.receiver.recv_timeout(next_poll.saturating_duration_since(Instant::now())) {
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(Message::Reload) => self.reload(),
                Ok(Message::FileEvent(_)) => {}
                Err(RecvTimeoutError::Timeout) => {
                    next_poll = Instant::now() + POLL_INTERVAL;
                    self.poll();
                }
            }
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp((self.server.clock)().timestamp())
    }

    /// Reads the configuration again, and with it what the source has.
    fn reload(&mut self) {
        tracing::info!("reloading the configuration and the publication");
        match Config::load(&self.inputs.config_path).and_then(&self.inputs.overrides) {
            Ok(config) => {
                self.inputs.loader.forget();
                self.config = Arc::new(config);
                self.poll();
            }
            Err(diagnostics) => self.fail(&diagnostics),
        }
    }

    /// Asks the source, and serves what it has.
    fn poll(&mut self) {
        let config = Arc::clone(&self.config);
        let start = Instant::now();
        let now = self.now();
        let previous = self.server.publication();
        let loaded = self.inputs.loader.load(&config, |path, hash| previous.holds(path, hash), now);
        match loaded {
            Ok(Answer::Same) => {
                self.inputs.upstream.confirm(now);
                if let Some(copy) = &mut self.inputs.copy {
                    copy.confirm(now);
                }
                self.succeed(None);
            }
            Ok(Answer::Whole(loaded)) => {
                let counts = loaded.contents.counts;
                let next = self.inputs.replicate(Some(&previous), &config, *loaded, &self.server.metrics);
                self.publish(next, start);
                self.succeed(Some(counts));
            }
            Ok(Answer::Unfinished(diagnostic)) => self.wait(diagnostic, start),
            Err(diagnostic) => self.fail(&[diagnostic]),
        }
    }

    /// Keeps the last whole publication while the next is written. That it takes long is a failure.
    fn wait(&mut self, diagnostic: Diagnostic, now: Instant) {
        let since = *self.unfinished_since.get_or_insert(now);
        match now.saturating_duration_since(since) > LONGEST_WRITING {
            true => self.fail(&[diagnostic]),
            false => self.inputs.upstream.set_reason(Some(diagnostic.message)),
        }
    }

    fn publish(&mut self, next: Replicated, start: Instant) {
        let Replicated { publication, changed } = next;
        let documents: Vec<Weak<Document>> =
            changed.iter().filter_map(|path| Some(Arc::downgrade(&publication.get(path)?.document))).collect();
        self.server.metrics.record_reload(0, start.elapsed());
        self.server.replace(publication);
        if !changed.is_empty() {
            self.server.status().last_change = Some(self.now());
            tracing::info!("{} documents changed, in {:.3} s", changed.len(), start.elapsed().as_secs_f64());
        }
        documents.into_iter().for_each(|document| drop(self.encoder.send(document)));
    }

    /// Records that what the source has is served; with new counts if that is another publication.
    fn succeed(&mut self, counts: Option<(usize, usize)>) {
        self.unfinished_since = None;
        self.inputs.upstream.set_reason(None);
        let (was_current, known) = {
            let status = self.server.status();
            (status.is_current, status.counts)
        };
        if !was_current {
            tracing::info!("what the source has is served");
        }
        if !was_current || counts.is_some() {
            self.server.mark_current(counts.unwrap_or(known), Vec::new());
        }
    }

    /// Keeps the last whole publication, and logs new diagnostics.
    fn fail(&self, diagnostics: &[Diagnostic]) {
        let server = &self.server;
        server.metrics.failed_reloads.fetch_add(1, Ordering::Relaxed);
        self.inputs.upstream.set_reason(diagnostics.first().map(|diagnostic| diagnostic.message.clone()));
        if !server.has_failed_with(diagnostics) {
            let text: String = diagnostics.iter().map(|diagnostic| show(diagnostic, OutputFormat::Text)).collect();
            tracing::warn!("the last whole publication stays:\n{text}");
        }
        server.mark_stale(diagnostics.to_vec());
    }
}
