//! A document at its path, with the headers that it is served with.

use std::sync::Arc;

use hyper::header::{self, HeaderMap, HeaderValue};

use super::document::{Document, place, value};
use super::metrics::{Counters, Metrics};
use crate::coding::{CODINGS, Coding};
use crate::config::Config;
use crate::plan::{DocumentKey, Planned};

/// A document at its path.
#[derive(Debug)]
pub struct Resource {
    pub document: Arc<Document>,
    /// The hash of what it was made from.
    pub source: u128,
    /// Whether it is a feed, which other sites may read and of which changes can be told.
    pub is_feed: bool,
    /// The header of a whole answer but for its dates, identity first.
    whole: [HeaderMap; 1 + CODINGS.len()],
    /// The header of a 304 but for its date, identity first.
    not_modified: [HeaderMap; 1 + CODINGS.len()],
    pub counters: Arc<Counters>,
}

impl Resource {
    /// The header of a whole answer but for its dates.
    pub fn whole(&self, coding: Option<Coding>) -> &HeaderMap {
        &self.whole[place(coding)]
    }

    /// The header of a 304 but for its date.
    pub fn not_modified(&self, coding: Option<Coding>) -> &HeaderMap {
        &self.not_modified[place(coding)]
    }
}

/// What the headers of all documents have in common.
pub struct Heads<'c> {
    config: &'c Config,
    cache_control: HeaderValue,
}

impl Heads<'_> {
    pub fn new(config: &Config) -> Heads<'_> {
        let server = &config.server;
        // RFC 5861: seven days during which a cache may stand in for a server that fails.
        let text = format!(
            "public, max-age={}, stale-while-revalidate={}, stale-if-error=604800",
            server.max_age, server.stale_while_revalidate
        );
        Heads { config, cache_control: value(&text) }
    }

    /// A document with its headers.
    pub fn resource(&self, document: Arc<Document>, planned: Planned, path: &str, metrics: &Metrics) -> Resource {
        let is_feed = planned.key.is_feed();
        let mut not_modified = HeaderMap::with_capacity(8);
        not_modified.insert(header::CACHE_CONTROL, self.cache_control.clone());
        not_modified.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if is_feed {
            not_modified.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            not_modified.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Link"));
        }
        let mut of_all = not_modified.clone();
        of_all.reserve(10);
        of_all.insert(header::CONTENT_TYPE, HeaderValue::from_static(planned.key.media_type()));
        of_all.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        of_all.insert(header::LINK, self.link(planned.key));
        if !matches!(planned.key, DocumentKey::Redirects) {
            of_all.insert(header::CONTENT_LANGUAGE, self.language(planned.key));
        }
        let whole = std::array::from_fn(|index| {
            let coding = index.checked_sub(1).map(|index| CODINGS[index]);
            let mut head = of_all.clone();
            head.insert(header::ETAG, document.tag(coding).clone());
            if let Some(coding) = coding {
                head.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.token()));
            }
            head
        });
        let not_modified = std::array::from_fn(|index| {
            let mut head = not_modified.clone();
            head.insert(header::ETAG, document.tag(index.checked_sub(1).map(|index| CODINGS[index])).clone());
            head
        });
        Resource { document, source: planned.source, is_feed, whole, not_modified, counters: metrics.of(path) }
    }

    /// RFC 8288, and for feeds the discovery of WebSub §4.
    fn link(&self, key: DocumentKey) -> HeaderValue {
        let mut text = format!("<{}>; rel=\"self\"", key.url(self.config));
        if let Some(hub) = self.config.feeds.hub.as_ref().filter(|_| key.is_feed()) {
            text += &format!(", <{hub}>; rel=\"hub\"");
        }
        value(&text)
    }

    /// RFC 9110 §8.5: for whom it is written.
    fn language(&self, key: DocumentKey) -> HeaderValue {
        let editions = &self.config.languages;
        let of = |index: usize| editions[index].language.as_str();
        match key.language() {
            Some(language) => value(of(usize::from(language))),
            None => value(&(0..editions.len()).map(of).collect::<Vec<_>>().join(", ")),
        }
    }
}
