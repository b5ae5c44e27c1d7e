//! A site and its first publication, loaded before the server runs.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use super::Clock;
use super::follower::{Inputs, MAX_RETRIES, RETRY, ReloadHandle};
use super::metrics::Metrics;
use super::publication::{Next, Publication};
use super::purger::NotificationSettings;
use super::replica::{self, LocalCopy};
use super::tasks::{RunTask, Task};
use crate::config::Config;
use crate::diagnostics::Diagnostics;
use crate::model::Timestamp;
use crate::publish::Origin;
use crate::site::Site;

/// A publication that follows its store once [`run`](super::run) serves it.
pub struct Source {
    pub(super) followed: Followed,
    pub(super) publication: Publication,
    /// Stories, and visible translations.
    pub(super) counts: (usize, usize),
    pub(super) metrics: Arc<Metrics>,
    pub(super) clock: Clock,
    pub(super) tasks: Option<(Vec<Task>, RunTask)>,
    pub(super) admin_token: Option<String>,
    pub(super) notification_settings: NotificationSettings,
}

/// What a server follows.
pub enum Followed {
    /// A store, with its site as published at a moment.
    Store { inputs: Box<Inputs>, site: Box<Site>, moment: Timestamp },
    /// What another process publishes.
    Replica(Box<replica::Inputs>),
}

impl Followed {
    pub fn reload_handle(&self) -> ReloadHandle {
        match self {
            Followed::Store { inputs, .. } => inputs.reload_handle(),
            Followed::Replica(inputs) => inputs.reload_handle(),
        }
    }
}

impl Source {
    /// Reads a configuration and its store, and renders the first publication. Returns the warnings too.
    ///
    /// # Errors
    /// Every diagnostic, where one is an error.
    pub fn new(config_path: impl AsRef<Path>, clock: Clock) -> Result<(Source, Diagnostics), Diagnostics> {
        Source::with_overrides(config_path, Ok, clock)
    }

    /// The same, with changes that are applied to the configuration whenever it is read.
    ///
    /// # Errors
    /// Every diagnostic, where one is an error; and those of `overrides`.
    pub fn with_overrides(
        config_path: impl AsRef<Path>,
        overrides: impl Fn(Config) -> Result<Config, Diagnostics> + Send + 'static,
        clock: Clock,
    ) -> Result<(Source, Diagnostics), Diagnostics> {
        let (inputs, config) = Inputs::open(config_path.as_ref(), Box::new(overrides))?;
        let moment = Timestamp(clock().timestamp());
        let metrics = Arc::new(Metrics::default());
        let start = Instant::now();
        let (site, diagnostics, next) = first_publication(&config, &metrics, moment)?;
        metrics.record_reload(next.rendered, start.elapsed());
        let source = Source {
            counts: site.counts(),
            followed: Followed::Store { inputs: Box::new(inputs), site: Box::new(site), moment },
            publication: next.publication,
            metrics,
            clock,
            tasks: None,
            admin_token: None,
            notification_settings: NotificationSettings::default(),
        };
        Ok((source, diagnostics))
    }

    /// Reads a configuration, and follows what another process publishes at an origin. Where that cannot be read, the local copy
    /// is served, or nothing until it can.
    ///
    /// # Errors
    /// Every diagnostic of the configuration.
    pub(crate) fn replica(
        config_path: impl AsRef<Path>,
        overrides: impl Fn(Config) -> Result<Config, Diagnostics> + Send + 'static,
        origin: Origin,
        copy: Option<LocalCopy>,
        clock: Clock,
    ) -> Result<Source, Diagnostics> {
        let (mut inputs, config) = replica::Inputs::open(config_path.as_ref(), Box::new(overrides), origin, copy)?;
        let metrics = Arc::new(Metrics::default());
        let start = Instant::now();
        let (publication, counts) = inputs.first(&Arc::new(config), &metrics, Timestamp(clock().timestamp()));
        metrics.record_reload(0, start.elapsed());
        let followed = Followed::Replica(Box::new(inputs));
        Ok(Source {
            followed,
            publication,
            counts,
            metrics,
            clock,
            tasks: None,
            admin_token: None,
            notification_settings: NotificationSettings::default(),
        })
    }

    /// The configured address for readers.
    pub fn listen_address(&self) -> SocketAddr {
        self.publication.config.server.listen
    }

    /// The same source, with work beside the server.
    pub(crate) fn with_tasks(self, tasks: Vec<Task>, run: RunTask) -> Source {
        Source { tasks: Some((tasks, run)), ..self }
    }

    /// The same source; who knows the token may ask the admin address for more than to tell.
    pub(crate) fn with_admin_token(self, token: Option<String>) -> Source {
        Source { admin_token: token, ..self }
    }

    /// The same source, with those who are told of changes.
    pub(crate) fn with_notification_settings(self, notification_settings: NotificationSettings) -> Source {
        Source { notification_settings, ..self }
    }

    /// A handle that reloads configuration and store.
    pub fn reload_handle(&self) -> ReloadHandle {
        self.followed.reload_handle()
    }
}

fn first_publication(
    config: &Config,
    metrics: &Metrics,
    now: Timestamp,
) -> Result<(Site, Diagnostics, Next), Diagnostics> {
    let mut retries = 0;
    loop {
        let (site, mut diagnostics) = Site::load(config, now.utc());
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let site = site.with_text_cache();
        match Publication::after(None, &site, metrics, now) {
            Ok(next) => {
                diagnostics.extend(next.losses.iter().cloned());
                return Ok((site, diagnostics, next));
            }
            // A story changed meanwhile, and there is no earlier publication to serve.
            Err(_) if retries < MAX_RETRIES => retries += 1,
            Err(diagnostic) => return Err(diagnostic.into()),
        }
        std::thread::sleep(RETRY);
    }
}

impl std::fmt::Debug for Source {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Source").field("listen_address", &self.listen_address()).finish_non_exhaustive()
    }
}
