//! A publication: an immutable set of documents.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::header::HeaderValue;
use percent_encoding::percent_decode_str;

use super::document::Document;
use super::lazy::{LazyPage, LazyPages, PageCache};
use super::metrics::Metrics;
use super::replica::{Contents, Documents, Upstream, fetch};
use super::resource::{HeaderTemplate, Resource};
use crate::config::Config;
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;
use crate::plan::{DocumentKey, PlannedDocument};
use crate::publish::Origin;
use crate::render::Rendered;
use crate::site::{BodyLosses, Site};

/// What is served at a time. A request sees one publication only.
#[derive(Debug)]
pub struct Publication {
    pub config: Arc<Config>,
    resources: HashMap<String, Arc<Resource>>,
    lazy_pages: LazyPages,
    page_cache: Arc<PageCache>,
    /// What lazy pages are made from.
    pages_from: PageSource,
    /// The `Location` of each redirected path.
    redirects: HashMap<String, HeaderValue>,
    /// The path of `base_url`, percent-decoded and without its first slash; documents are served below it too.
    base_path: String,
}

/// What lazy pages are made from.
#[derive(Debug)]
enum PageSource {
    /// Rendered from stories.
    Site(Box<Site>),
    /// Fetched from where another process writes them.
    Origin(Arc<Origin>, Arc<Upstream>),
}

/// What is at a path.
pub enum Lookup<'p> {
    Resource(&'p Arc<Resource>),
    Lazy(&'p Arc<LazyPage>),
    Redirect(HeaderValue),
    NotFound,
}

/// A publication and how it differs from the previous one.
pub struct Next {
    pub publication: Publication,
    /// The paths whose bytes changed, including new and removed ones.
    pub changed: Vec<String>,
    /// How many documents were rendered.
    pub rendered: usize,
    /// Warnings about what the rendered bodies lose.
    pub losses: Vec<Diagnostic>,
}

/// A publication of a replica, and how it differs from the previous one.
pub struct Replicated {
    pub publication: Publication,
    /// The paths in memory whose bytes changed, including new and removed ones.
    pub changed: Vec<String>,
}

impl Publication {
    /// What is the same for every source. The pages that `previous` has cached stay.
    fn new(
        previous: Option<&Publication>,
        config: Arc<Config>,
        resources: HashMap<String, Arc<Resource>>,
        lazy_pages: LazyPages,
        pages_from: PageSource,
    ) -> Publication {
        Publication {
            redirects: redirects(&config),
            base_path: base_path(&config),
            page_cache: previous.map(|previous| Arc::clone(&previous.page_cache)).unwrap_or_default(),
            config,
            resources,
            lazy_pages,
            pages_from,
        }
    }

    /// The publication of a site. A document with unchanged inputs is not rendered again, and one with unchanged bytes
    /// keeps its codings, its entity tags and its date.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub fn after(
        previous: Option<&Publication>,
        site: &Site,
        metrics: &Metrics,
        now: Timestamp,
    ) -> Result<Next, Diagnostic> {
        let config = site.shared_config();
        // This server redirects by itself, without the pages that static hosts need.
        let planned =
            site.planned_documents().into_iter().filter(|planned| !matches!(planned.key, DocumentKey::RedirectPage(_)));
        let (lazy, planned): (Vec<PlannedDocument>, Vec<PlannedDocument>) =
            planned.partition(|planned| LazyPage::is_lazy(planned.key));
        let lazy_pages = previous.map(|previous| &previous.lazy_pages);
        let lazy_pages = LazyPages::after(lazy_pages, lazy, |key| site.path(key), now);
        let mut previous_resources: HashMap<&str, &Arc<Resource>> = previous
            .iter()
            .flat_map(|previous| &previous.resources)
            .map(|(path, resource)| (path.as_str(), resource))
            .collect();
        let mut resources = HashMap::new();
        let mut outdated = Vec::new();
        for planned in planned {
            let path = site.path(planned.key);
            match previous_resources.get(path.as_str()).filter(|resource| resource.input_hash == planned.input_hash) {
                Some(same) => drop(resources.insert(path, Arc::clone(same))),
                None => outdated.push(planned),
            }
        }
        let mut changed = Vec::new();
        let template = HeaderTemplate::new(&config);
        let (documents, losses) = render(site, &outdated)?;
        for (planned, rendered) in documents {
            let path = site.path(planned.key);
            let earlier = previous_resources.get(path.as_str()).map(|resource| &resource.document);
            let document = match earlier.filter(|document| document.has_bytes(&rendered.bytes)) {
                Some(same) => Arc::clone(same),
                None => {
                    changed.push(path.clone());
                    Arc::new(Document::new(rendered, earlier.map(Arc::as_ref), now))
                }
            };
            resources.insert(path.clone(), Arc::new(template.resource(document, planned, &path, metrics)));
        }
        previous_resources.retain(|path, _| !resources.contains_key(*path));
        changed.extend(previous_resources.keys().map(|path| (*path).to_owned()));
        changed.sort();
        let pages_from = PageSource::Site(Box::new(site.clone()));
        let publication = Publication::new(previous, config, resources, lazy_pages, pages_from);
        Ok(Next { publication, changed, rendered: outdated.len(), losses: site.loss_warnings(&losses) })
    }

    /// The paths of the pages rendered on demand that differ from those of an earlier publication.
    pub fn changed_pages<'p>(&'p self, previous: &'p Publication) -> impl Iterator<Item = &'p str> {
        self.lazy_pages.changed_since(&previous.lazy_pages)
    }

    /// The publication of a replica before its source has one.
    pub fn unready(config: Arc<Config>, origin: Arc<Origin>, upstream: Arc<Upstream>) -> Publication {
        let pages_from = PageSource::Origin(origin, upstream);
        Publication::new(None, config, HashMap::new(), LazyPages::default(), pages_from)
    }

    /// The publication that another process has written: what its manifest lists, and the documents that `previous` does not
    /// hold. One with unchanged bytes keeps its codings.
    pub fn replicated(
        previous: Option<&Publication>,
        config: Arc<Config>,
        contents: Contents,
        mut documents: Documents,
        (origin, upstream): (Arc<Origin>, Arc<Upstream>),
        metrics: &Metrics,
    ) -> Replicated {
        let template = HeaderTemplate::new(&config).of_replica();
        // Headers follow from the configuration.
        let has_same_headers = previous.is_some_and(|previous| Arc::ptr_eq(&previous.config, &config));
        let mut resources = HashMap::with_capacity(contents.eager.len());
        let mut changed = Vec::new();
        for (path, planned) in contents.eager {
            let earlier = previous.and_then(|previous| previous.get(&path));
            let held = earlier.filter(|earlier| earlier.input_hash == planned.input_hash);
            let document = match (held, documents.remove(&path)) {
                (Some(held), _) if has_same_headers => {
                    resources.insert(path, Arc::clone(held));
                    continue;
                }
                (Some(held), _) => Arc::clone(&held.document),
                (None, Some((_, stored))) => {
                    changed.push(path.clone());
                    Arc::new(Document::stored(stored, earlier.map(|earlier| &*earlier.document)))
                }
                // It is not loaded without: this would be an error of the program.
                (None, None) => continue,
            };
            let resource = template.resource(document, planned, &path, metrics);
            resources.insert(path, Arc::new(resource));
        }
        let before = previous.iter().flat_map(|previous| previous.resources.keys());
        changed.extend(before.filter(|path| !resources.contains_key(*path)).cloned());
        changed.sort();
        let lazy_pages = previous.map(|previous| &previous.lazy_pages);
        // A page has the headers of the configuration by which it was first fetched.
        let lazy_pages = LazyPages::replicated(lazy_pages.filter(|_| has_same_headers), contents.lazy);
        let pages_from = PageSource::Origin(origin, upstream);
        let publication = Publication::new(previous, config, resources, lazy_pages, pages_from);
        Replicated { publication, changed }
    }

    /// Whether there is anything to serve.
    pub fn is_ready(&self) -> bool {
        !self.resources.is_empty()
    }

    /// The source of a replica.
    pub fn upstream(&self) -> Option<&Upstream> {
        match &self.pages_from {
            PageSource::Site(_) => None,
            PageSource::Origin(_, upstream) => Some(upstream),
        }
    }

    /// The latest date that a document can be known by.
    pub fn latest_date(&self, now: Timestamp) -> Timestamp {
        self.upstream().map_or(now, |upstream| upstream.latest_date(now))
    }

    /// Whether it has a document in memory, by its path and the hash of its bytes.
    pub fn holds(&self, path: &str, hash: u128) -> bool {
        self.get(path).is_some_and(|resource| resource.document.hash() == hash)
    }

    /// The documents in memory: the hash of their bytes, the bytes, and when they were written.
    pub fn stored(&self) -> impl Iterator<Item = (u128, &[u8], Timestamp)> {
        let documents = self.resources.values().map(|resource| &resource.document);
        documents.map(|document| (document.hash(), document.bytes(), document.written))
    }

    /// The number of documents.
    pub fn len(&self) -> usize {
        self.resources.len() + self.lazy_pages.len()
    }

    /// A lazy page, if it is cached.
    pub fn cached(&self, page: &Arc<LazyPage>) -> Option<Arc<Resource>> {
        self.page_cache.get(page)
    }

    /// Renders a lazy page into the cache, or fetches it.
    ///
    /// # Errors
    /// A story or the page could not be read again, or has changed meanwhile.
    pub fn render(&self, page: &Arc<LazyPage>, metrics: &Metrics) -> Result<(), Diagnostic> {
        // What is at its path in this publication: the page may have been planned for an earlier one.
        let Some((planned, _)) = self.lazy_pages.get(&page.path) else { return Ok(()) };
        self.page_cache.insert(page, || {
            let template = HeaderTemplate::new(&self.config);
            let (document, template) = match &self.pages_from {
                PageSource::Site(site) => {
                    let rendered = render(site, &[*planned])?.0.pop().map(|(_, rendered)| rendered);
                    (Document::new(rendered.unwrap_or_default(), None, page.last_modified), template)
                }
                PageSource::Origin(origin, _) => {
                    let stored = fetch(origin, &page.path, page.input_hash)?;
                    (Document::stored(stored, None), template.of_replica())
                }
            };
            Ok(template.resource(Arc::new(document), *planned, &page.path, metrics))
        })
    }

    /// The document at a path, unless it is lazy.
    pub fn get(&self, path: &str) -> Option<&Arc<Resource>> {
        self.resources.get(path)
    }

    /// What is at a path, below the root or below the path of `base_url`; the root takes precedence.
    pub fn find(&self, path: &str) -> Lookup<'_> {
        match self.find_below_root(path) {
            Lookup::NotFound if self.base_path.strip_suffix('/') == Some(path) => self.redirect_to_base(),
            Lookup::NotFound if !self.base_path.is_empty() => {
                path.strip_prefix(&self.base_path).map_or(Lookup::NotFound, |below| self.find_below_root(below))
            }
            lookup => lookup,
        }
    }

    /// The page for a path where nothing is, in the language of the path.
    pub fn not_found(&self, path: &str) -> Option<&Arc<Resource>> {
        let below = path.strip_prefix(&self.base_path).unwrap_or(path);
        let language = below.split('/').next().unwrap_or_default();
        self.get(&format!("{language}/404.html")).or_else(|| self.get("404.html"))
    }

    /// From the path of `base_url` without its final slash.
    fn redirect_to_base(&self) -> Lookup<'_> {
        let encoded = self.config.site.base_url.path().trim_end_matches('/');
        let name = encoded.rsplit('/').next().unwrap_or_default();
        HeaderValue::from_str(&format!("./{name}/")).map_or(Lookup::NotFound, Lookup::Redirect)
    }

    fn find_below_root(&self, path: &str) -> Lookup<'_> {
        // As static hosts do: a folder returns its index, which comes before a redirect from its address.
        let is_folder = path.is_empty() || path.ends_with('/');
        let index = || self.find_document(&format!("{path}index.html")).filter(|_| is_folder);
        if let Some(lookup) = self.find_document(path).or_else(index).or_else(|| self.find_redirect(path)) {
            return lookup;
        }
        // The folder of the stories of a language has no page of its own.
        if let Some((language, "stories" | "stories/")) = path.split_once('/')
            && self.config.language(language).is_some()
        {
            return Lookup::Redirect(HeaderValue::from_static(if is_folder { "../" } else { "./" }));
        }
        if is_folder {
            return self.find_redirect(&format!("{path}index.html")).unwrap_or(Lookup::NotFound);
        }
        // The name of a folder redirects to it.
        let name = path.rsplit('/').next().unwrap_or_default();
        let has_index = self.find_document(&format!("{path}/index.html")).is_some();
        match HeaderValue::from_str(&format!("{name}/")) {
            Ok(folder) if has_index => Lookup::Redirect(folder),
            _ => Lookup::NotFound,
        }
    }

    fn find_document(&self, path: &str) -> Option<Lookup<'_>> {
        let resource = self.resources.get(path).map(Lookup::Resource);
        resource.or_else(|| self.lazy_pages.get(path).map(|(_, page)| Lookup::Lazy(page)))
    }

    fn find_redirect(&self, path: &str) -> Option<Lookup<'_>> {
        self.redirects.get(path).map(|location| Lookup::Redirect(location.clone()))
    }
}

/// Renders documents, in any order.
fn render(
    site: &Site,
    planned: &[PlannedDocument],
) -> Result<(Vec<(PlannedDocument, Rendered)>, BodyLosses), Diagnostic> {
    let documents: Mutex<Vec<(PlannedDocument, Rendered)>> = Mutex::default();
    let losses = site.render(planned, |planned, mut rendered| {
        // All of them are held at once.
        rendered.bytes.shrink_to_fit();
        documents.lock().unwrap_or_else(PoisonError::into_inner).push((*planned, rendered));
        Ok(())
    })?;
    Ok((documents.into_inner().unwrap_or_else(PoisonError::into_inner), losses))
}

/// A request's path is decoded before it is looked up.
fn base_path(config: &Config) -> String {
    let path = config.site.base_url.path().trim_start_matches('/');
    percent_decode_str(path).decode_utf8().map_or_else(|_| path.to_owned(), Cow::into_owned)
}

fn redirects(config: &Config) -> HashMap<String, HeaderValue> {
    let location = |text: String| HeaderValue::from_str(&text).ok();
    let configured = config.redirects.iter().map(|redirect| (redirect.from.clone(), redirect.relative()));
    // Browsers ask for it without being told to.
    let icon = config.site.icon.iter().map(|icon| ("favicon.ico".to_owned(), icon.to_string()));
    icon.chain(configured).filter_map(|(from, to)| Some((from, location(to)?))).collect()
}
