//! A publication: an immutable set of documents, each with the headers that it is served with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::document::{Document, place, value};
use super::later::{Kept, Later, Pages};
use super::metrics::{Counters, Metrics};
use crate::coding::{CODINGS, Coding};
use crate::config::Config;
use crate::diagnostics::Problem;
use crate::model::Timestamp;
use crate::plan::{DocumentKey, Planned};
use crate::render::Rendered;
use crate::site::Site;

/// What is served at a time. A request sees one publication only.
#[derive(Debug)]
pub struct Publication {
    pub config: Arc<Config>,
    resources: HashMap<String, Arc<Resource>>,
    /// What is made when it is asked for, from this.
    later: Pages,
    kept: Arc<Kept>,
    site: Site,
    /// Where each old path leads.
    redirects: HashMap<String, HeaderValue>,
    /// The path of `base_url` without its first slash, below which the paths answer too.
    base: String,
}

/// A document at its path.
#[derive(Debug)]
pub struct Resource {
    pub document: Arc<Document>,
    /// The hash of what it was made from.
    source: u128,
    /// Whether it is a feed, which other sites may read and of which changes can be told.
    pub is_feed: bool,
    /// The header of a whole answer but for its dates, identity first.
    whole: [HeaderMap; 1 + CODINGS.len()],
    /// The header of a 304 but for its date, identity first.
    not_modified: [HeaderMap; 1 + CODINGS.len()],
    pub counters: Arc<Counters>,
}

/// What stands at a path.
pub enum Found<'p> {
    Resource(&'p Arc<Resource>),
    Later(&'p Arc<Later>),
    /// Something that is elsewhere.
    Moved(HeaderValue),
    Nothing,
}

/// The publication that follows another.
pub struct Next {
    pub publication: Publication,
    /// The paths whose bytes changed, those that are new or gone among them.
    pub changed: Vec<String>,
    /// How many documents were made to know it.
    pub rendered: usize,
}

impl Publication {
    /// The publication of a site: a document that is made from the same as before is not made again, and one that has the
    /// same bytes keeps its codings, its tags and its date.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub fn after(
        before: Option<&Publication>,
        site: &Site,
        metrics: &Metrics,
        now: Timestamp,
    ) -> Result<Next, Problem> {
        let config = site.shared_config();
        // Where a page moved from, this server answers itself.
        let planned = site.planned().into_iter().filter(|planned| !matches!(planned.key, DocumentKey::Moved(_)));
        let mut known: HashMap<&str, &Arc<Resource>> = before
            .iter()
            .flat_map(|before| &before.resources)
            .map(|(path, resource)| (path.as_str(), resource))
            .collect();
        let (later, planned): (Vec<Planned>, Vec<Planned>) = planned.partition(|planned| Later::is(planned.key));
        let is_same_site = before.is_some_and(|before| Arc::ptr_eq(&before.config, &config));
        let later = Pages::after(before.map(|before| &before.later), later, |key| site.path(key), is_same_site, now);
        let mut resources = HashMap::new();
        let mut wanted = Vec::new();
        for planned in planned {
            let path = site.path(planned.key);
            match known.get(path.as_str()).filter(|resource| resource.source == planned.source) {
                Some(same) => drop(resources.insert(path, Arc::clone(same))),
                None => wanted.push(planned),
            }
        }
        let made: Mutex<Vec<(Planned, Rendered)>> = Mutex::default();
        site.render(&wanted, |planned, rendered| {
            made.lock().unwrap_or_else(PoisonError::into_inner).push((*planned, rendered));
            Ok(())
        })?;
        let mut changed = Vec::new();
        let heads = Heads::new(&config);
        for (planned, rendered) in made.into_inner().unwrap_or_else(PoisonError::into_inner) {
            let path = site.path(planned.key);
            let earlier = known.get(path.as_str()).map(|resource| &resource.document);
            let document = match earlier.filter(|document| document.is(&rendered.bytes)) {
                Some(same) => Arc::clone(same),
                None => {
                    changed.push(path.clone());
                    Arc::new(Document::new(rendered, earlier.map(Arc::as_ref), now))
                }
            };
            resources.insert(path.clone(), Arc::new(heads.resource(document, planned, &path, metrics)));
        }
        known.retain(|path, _| !resources.contains_key(*path));
        changed.extend(known.keys().map(|path| (*path).to_owned()));
        changed.sort();
        let redirects = config
            .redirects
            .iter()
            .filter_map(|redirect| Some((redirect.from.clone(), HeaderValue::from_str(&redirect.relative()).ok()?)));
        let redirects = redirects.collect();
        let base = config.site.base_url.path().trim_start_matches('/').to_owned();
        let kept = before.map(|before| Arc::clone(&before.kept)).unwrap_or_default();
        let publication = Publication { config, resources, later, kept, site: site.clone(), redirects, base };
        Ok(Next { publication, changed, rendered: wanted.len() })
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.resources.len() + self.later.len()
    }

    /// Makes a page that was not made before it was asked for.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub fn make(&self, later: &Arc<Later>, metrics: &Metrics) -> Result<(), Problem> {
        self.kept.make(later, || {
            let made = Mutex::new(Rendered::default());
            self.site.render(&[later.planned], |_, rendered| {
                *made.lock().unwrap_or_else(PoisonError::into_inner) = rendered;
                Ok(())
            })?;
            let rendered = made.into_inner().unwrap_or_else(PoisonError::into_inner);
            let document = Arc::new(Document::new(rendered, None, later.changed));
            Ok(Heads::new(&self.config).resource(document, later.planned, &later.path, metrics))
        })
    }

    /// What is at a path.
    pub fn get(&self, path: &str) -> Option<&Arc<Resource>> {
        self.resources.get(path)
    }

    /// What answers a path, below the root or below the path of `base_url`; a path as it stands wins.
    pub fn find(&self, path: &str) -> Found<'_> {
        match self.find_here(path) {
            Found::Nothing if !self.base.is_empty() => {
                path.strip_prefix(&self.base).map_or(Found::Nothing, |below| self.find_here(below))
            }
            found => found,
        }
    }

    /// What stands at a path as it is written.
    fn at(&self, path: &str) -> Option<Found<'_>> {
        let resource = self.resources.get(path).map(Found::Resource);
        let later = || self.later.get(path).map(Found::Later);
        let moved = || self.redirects.get(path).map(|new| Found::Moved(new.clone()));
        resource.or_else(later).or_else(moved)
    }

    fn find_here(&self, path: &str) -> Found<'_> {
        if let Some(found) = self.at(path) {
            return found;
        }
        // As a static host does: a folder answers its index, and the name of a folder leads to it.
        if path.is_empty() || path.ends_with('/') {
            return self.at(&format!("{path}index.html")).unwrap_or(Found::Nothing);
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_folder = !matches!(self.at(&format!("{path}/index.html")), None | Some(Found::Moved(_)));
        match HeaderValue::from_str(&format!("{name}/")) {
            Ok(folder) if is_folder => Found::Moved(folder),
            _ => Found::Nothing,
        }
    }
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
struct Heads<'c> {
    config: &'c Config,
    cache_control: HeaderValue,
}

impl Heads<'_> {
    fn new(config: &Config) -> Heads<'_> {
        let server = &config.server;
        // RFC 5861: seven days during which a cache may stand in for a server that fails.
        let text = format!(
            "public, max-age={}, stale-while-revalidate={}, stale-if-error=604800",
            server.max_age, server.stale_while_revalidate
        );
        Heads { config, cache_control: value(&text) }
    }

    fn resource(&self, document: Arc<Document>, planned: Planned, path: &str, metrics: &Metrics) -> Resource {
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

/// RFC 3229 §10.5.2.
pub const IM: HeaderName = HeaderName::from_static("im");
