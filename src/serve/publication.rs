//! A publication: an immutable set of documents.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::{HeaderName, HeaderValue};

use super::document::Document;
use super::later::{Kept, Later, Pages};
use super::metrics::Metrics;
use super::resource::{Heads, Resource};
use crate::config::Config;
use crate::diagnostics::Diagnostic;
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

/// What stands at a path.
pub enum Lookup<'p> {
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
    ) -> Result<Next, Diagnostic> {
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
    pub fn make(&self, later: &Arc<Later>, metrics: &Metrics) -> Result<(), Diagnostic> {
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
    pub fn find(&self, path: &str) -> Lookup<'_> {
        match self.find_here(path) {
            Lookup::Nothing if !self.base.is_empty() => {
                path.strip_prefix(&self.base).map_or(Lookup::Nothing, |below| self.find_here(below))
            }
            found => found,
        }
    }

    /// What stands at a path as it is written.
    fn at(&self, path: &str) -> Option<Lookup<'_>> {
        let resource = self.resources.get(path).map(Lookup::Resource);
        let later = || self.later.get(path).map(Lookup::Later);
        let moved = || self.redirects.get(path).map(|new| Lookup::Moved(new.clone()));
        resource.or_else(later).or_else(moved)
    }

    fn find_here(&self, path: &str) -> Lookup<'_> {
        if let Some(found) = self.at(path) {
            return found;
        }
        // As a static host does: a folder answers its index, and the name of a folder leads to it.
        if path.is_empty() || path.ends_with('/') {
            return self.at(&format!("{path}index.html")).unwrap_or(Lookup::Nothing);
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_folder = !matches!(self.at(&format!("{path}/index.html")), None | Some(Lookup::Moved(_)));
        match HeaderValue::from_str(&format!("{name}/")) {
            Ok(folder) if is_folder => Lookup::Moved(folder),
            _ => Lookup::Nothing,
        }
    }
}

/// RFC 3229 §10.5.2.
pub const IM: HeaderName = HeaderName::from_static("im");
