//! Renders what changed in a site, swaps the publication in one step, and has caches purged and the hub notified.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Weak};
use std::time::Instant;

use tokio::runtime::Handle;

use super::document::{Document, Representation};
use super::encoders::Encoders;
use super::publication::{Next, Publication};
use super::purger::{CachePurger, Change, NotificationSettings};
use super::server::Server;
use crate::coding::CODINGS;
use crate::diagnostics::{Diagnostic, OutputFormat, show};
use crate::model::Timestamp;
use crate::site::{NextChange, Site};

/// Publishes sites to a server.
pub struct Publisher {
    pub server: Arc<Server>,
    purger: CachePurger,
    encoder: Sender<Weak<Document>>,
    /// The site as last published.
    site: Site,
    /// The time of the publication. It never goes backwards, so that what has appeared stays.
    moment: Timestamp,
    /// What appears or expires next.
    next_change: Option<NextChange>,
}

impl Publisher {
    /// A publisher that follows the first publication, which is that of `site` at `moment`.
    pub fn new(
        server: Arc<Server>,
        site: Site,
        moment: Timestamp,
        notification_settings: NotificationSettings,
    ) -> Publisher {
        let encoder = start_encoder(&server);
        let config = Arc::clone(&server.publication().config);
        let purger =
            CachePurger::start(notification_settings, config, Arc::clone(&server.metrics), Arc::clone(&server.clock));
        let next_change = site.next_change(moment);
        server.status().next_change = next_change.clone();
        Publisher { server, purger, encoder, next_change, site, moment }
    }

    /// Advances the time of the publication to the clock's, and returns it.
    pub fn advance(&mut self) -> Timestamp {
        self.moment = self.moment.max(self.now());
        self.moment
    }

    /// Lets the time of the publication go backwards once, for a clock that was wrong.
    pub fn reset_moment(&mut self) {
        self.moment = Timestamp(i64::MIN);
    }

    /// Replaces the publication by that of a site.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub fn publish(&mut self, site: &Site, start: Instant) -> Result<(), Diagnostic> {
        let previous = self.server.publication();
        let metrics = &self.server.metrics;
        let next = Publication::after(Some(&previous), site, metrics, self.now())?;
        metrics.record_reload(next.rendered, start.elapsed());
        let Next { publication, changed, rendered, losses } = next;
        log_warnings("readers will miss", &losses);
        let replaced = changed.iter().filter(|path| previous.get(path).is_some());
        let documents: Vec<Weak<Document>> =
            replaced.filter_map(|path| Some(Arc::downgrade(&publication.get(path)?.document))).collect();
        let is_feed = |path: &&String| {
            publication.get(path).or_else(|| previous.get(path)).is_some_and(|resource| resource.is_feed)
        };
        let base_url = &publication.config.site.base_url;
        let topics: BTreeSet<String> =
            changed.iter().filter(is_feed).filter_map(|path| base_url.join(path).ok()).map(String::from).collect();
        let warnings = site.id_warnings(&mut site.difference_from(&self.site));
        log_warnings("subscribers will notice", &warnings);
        // Nobody subscribes to what is not published yet.
        let config = Arc::clone(&publication.config);
        // Only who purges needs them.
        let pages: Vec<String> = match config.publish.purge {
            Some(_) => publication.changed_pages(&previous).map(str::to_owned).collect(),
            None => Vec::new(),
        };
        self.server.replace(publication);
        self.next_change = site.next_change(self.moment);
        {
            let mut status = self.server.status();
            status.next_change.clone_from(&self.next_change);
            if !changed.is_empty() {
                status.last_change = Some(self.now());
            }
        }
        self.site = site.clone();
        if !changed.is_empty() {
            let seconds = start.elapsed().as_secs_f64();
            tracing::info!("{} documents changed, {rendered} were rendered, in {seconds:.3} s", changed.len());
        }
        let paths: BTreeSet<String> = changed.into_iter().chain(pages).collect();
        if !paths.is_empty() && !config.is_preview {
            self.purger.tell(Change { config, paths, topics });
        }
        // The encoder's thread ends with this one.
        documents.into_iter().for_each(|document| drop(self.encoder.send(document)));
        Ok(())
    }

    /// The site as last published.
    pub fn site(&self) -> &Site {
        &self.site
    }

    /// Whether a scheduled change is due.
    pub fn is_due(&self) -> bool {
        self.next_change.as_ref().is_some_and(|next| self.now() >= next.at)
    }

    /// Publishes the same site at the current time.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub fn apply_schedule(&mut self) -> Result<(), Diagnostic> {
        let start = Instant::now();
        let moment = self.advance();
        let site = self.site.at(moment);
        // Set first, so that a failure is not repeated at once.
        self.next_change = site.next_change(moment);
        self.publish(&site, start)
    }

    fn now(&self) -> Timestamp {
        Timestamp((self.server.clock)().timestamp())
    }
}

/// Logs warnings about a publication under a heading, if there are any.
fn log_warnings(heading: &str, warnings: &[Diagnostic]) {
    if !warnings.is_empty() {
        let text: String = warnings.iter().map(|warning| show(warning, OutputFormat::Text)).collect();
        tracing::warn!("{heading}:\n{text}");
    }
}

/// Starts the thread that encodes changed documents. It ends when the sender is dropped.
pub fn start_encoder(server: &Server) -> Sender<Weak<Document>> {
    let (encoder, documents) = channel();
    let (encoders, runtime) = (Arc::clone(&server.encoders), Handle::current());
    std::thread::spawn(move || encode_all(&documents, &encoders, &runtime));
    encoder
}

/// Encodes changed documents before they are requested, one at a time; one that was replaced meanwhile is skipped.
fn encode_all(documents: &Receiver<Weak<Document>>, encoders: &Arc<Encoders>, runtime: &Handle) {
    while let Ok(document) = documents.recv() {
        for coding in CODINGS {
            if let Some(document) = document.upgrade() {
                // An error occurs again, and is reported, when the document is requested.
                let representation = Representation { base: None, coding: Some(coding) };
                let _ = runtime.block_on(encoders.encode(&document, representation, true));
            }
        }
    }
}
