//! A document at its path, with its response headers.

use std::sync::Arc;

use hyper::header::{self, HeaderMap, HeaderValue};

use super::document::{Document, coding_index, header_value};
use super::metrics::{Counters, Metrics};
use crate::coding::{CODINGS, Coding};
use crate::config::Config;
use crate::plan::{DocumentKey, PlannedDocument, StoryKind};

/// A document at its path.
#[derive(Debug)]
pub struct Resource {
    pub document: Arc<Document>,
    /// The hash of its inputs.
    pub input_hash: u128,
    /// Whether it says that a story was withdrawn.
    pub is_gone: bool,
    /// Whether it is a feed: other sites may read it, and deltas may be requested.
    pub is_feed: bool,
    /// The headers of a 200 except for dates, identity first.
    full: [HeaderMap; 1 + CODINGS.len()],
    /// The headers of a 304 except for `Date`, identity first.
    not_modified: [HeaderMap; 1 + CODINGS.len()],
    pub counters: Arc<Counters>,
}

impl Resource {
    /// The headers of a 200 except for dates.
    pub fn full(&self, coding: Option<Coding>) -> &HeaderMap {
        &self.full[coding_index(coding)]
    }

    /// The headers of a 304 except for `Date`.
    pub fn not_modified(&self, coding: Option<Coding>) -> &HeaderMap {
        &self.not_modified[coding_index(coding)]
    }
}

/// The headers that all documents share.
pub struct HeaderTemplate<'c> {
    config: &'c Config,
    cache_control: HeaderValue,
}

impl HeaderTemplate<'_> {
    pub fn new(config: &Config) -> HeaderTemplate<'_> {
        let server = &config.server;
        // RFC 5861: a cache may serve a stale response for seven days while this server fails.
        let text = format!(
            "public, max-age={}, stale-while-revalidate={}, stale-if-error=604800",
            server.max_age, server.stale_while_revalidate
        );
        HeaderTemplate { config, cache_control: header_value(&text) }
    }

    /// A document with its headers.
    pub fn resource(
        &self,
        document: Arc<Document>,
        planned: PlannedDocument,
        path: &str,
        metrics: &Metrics,
    ) -> Resource {
        let is_feed = planned.key.is_feed();
        let mut not_modified = HeaderMap::with_capacity(8);
        not_modified.insert(header::CACHE_CONTROL, self.cache_control.clone());
        not_modified.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        // What is not published yet is not for the pages of others.
        if is_feed && !self.config.drafts {
            not_modified.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            not_modified.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Link"));
        }
        let mut shared = not_modified.clone();
        shared.reserve(10);
        shared.insert(header::CONTENT_TYPE, HeaderValue::from_static(planned.key.media_type()));
        shared.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        shared.insert(header::LINK, self.link(planned.key, path));
        if !matches!(planned.key, DocumentKey::Redirects | DocumentKey::Robots) {
            shared.insert(header::CONTENT_LANGUAGE, self.language(planned.key));
        }
        let full = std::array::from_fn(|index| {
            let coding = index.checked_sub(1).map(|index| CODINGS[index]);
            let mut headers = shared.clone();
            headers.insert(header::ETAG, document.tag(coding).clone());
            if let Some(coding) = coding {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.token()));
            }
            headers
        });
        let not_modified = std::array::from_fn(|index| {
            let mut headers = not_modified.clone();
            headers.insert(header::ETAG, document.tag(index.checked_sub(1).map(|index| CODINGS[index])).clone());
            headers
        });
        Resource {
            document,
            input_hash: planned.input_hash,
            is_gone: matches!(planned.key, DocumentKey::Story { kind: StoryKind::Withdrawn, .. }),
            is_feed,
            full,
            not_modified,
            counters: metrics.counters(path, is_feed),
        }
    }

    /// The `Link` header (RFC 8288); for feeds and pages also the hub (WebSub §4).
    fn link(&self, key: DocumentKey, path: &str) -> HeaderValue {
        let mut text = format!("<{}>; rel=\"self\"", key.url_of_path(self.config, path));
        if let Some(hub) = self.config.feeds.hub.as_ref().filter(|_| key.is_feed() || key.is_page()) {
            text += &format!(", <{hub}>; rel=\"hub\"");
        }
        header_value(&text)
    }

    /// The languages of its intended audience (RFC 9110 §8.5).
    fn language(&self, key: DocumentKey) -> HeaderValue {
        let languages = &self.config.languages;
        let tag = |index: usize| languages[index].language.as_str();
        match key.language() {
            Some(language) => header_value(tag(usize::from(language))),
            None => header_value(&(0..languages.len()).map(tag).collect::<Vec<_>>().join(", ")),
        }
    }
}
