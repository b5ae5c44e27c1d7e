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
    /// Whether it is a feed: other sites may read it.
    pub is_feed: bool,
    /// Whether deltas may be requested.
    pub has_deltas: bool,
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

/// The headers with cache tags: of Cloudflare and CloudFront, of Fastly, of Varnish, and of RFC 9875.
pub const CACHE_TAGS: [&str; 4] = ["cache-tag", "surrogate-key", "xkey", "cache-groups"];

/// The headers that all documents share.
pub struct HeaderTemplate<'c> {
    config: &'c Config,
    /// Whether another process wrote the documents, so that their entries and previous versions are not known.
    is_replica: bool,
}

impl HeaderTemplate<'_> {
    /// The headers of a replica.
    pub fn of_replica(self) -> Self {
        HeaderTemplate { is_replica: true, ..self }
    }

    pub fn new(config: &Config) -> HeaderTemplate<'_> {
        HeaderTemplate { config, is_replica: false }
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
        not_modified.insert(header::CACHE_CONTROL, header_value(&planned.key.cache_control(self.config)));
        not_modified.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        // What is not published yet is not for the pages of others.
        if is_feed && !self.config.drafts {
            not_modified.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            not_modified.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("ETag, Link"));
        }
        let mut shared = not_modified.clone();
        shared.reserve(14);
        shared.insert(header::CONTENT_TYPE, HeaderValue::from_static(planned.key.media_type()));
        shared.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        shared.insert(header::LINK, self.link(planned.key, path));
        self.add_cache_tags(&mut shared, planned.key, path);
        if let Some(languages) = planned.key.content_language(self.config) {
            shared.insert(header::CONTENT_LANGUAGE, header_value(&languages));
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
            has_deltas: is_feed && !self.is_replica,
            full,
            not_modified,
            counters: metrics.counters(path, is_feed),
        }
    }

    /// The tags by which caches purge it.
    fn add_cache_tags(&self, headers: &mut HeaderMap, key: DocumentKey, path: &str) {
        let tags = key.cache_tags(self.config, path);
        let groups: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
        let values = [tags.join(","), tags.join(" "), tags.join(" "), groups.join(", ")];
        for (name, value) in CACHE_TAGS.into_iter().zip(values) {
            headers.insert(name, header_value(&value));
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
}
