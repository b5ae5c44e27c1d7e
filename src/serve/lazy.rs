//! Pages of stories and of older periods. There are many and each is seldom requested, so they are rendered on demand, or fetched
//! by a replica, and cached within a byte budget.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::lru::LruMap;
use super::resource::Resource;
use crate::model::Timestamp;
use crate::plan::{DocumentKey, PageKind, PlannedDocument};

/// The size of the cache, before codings.
const MAX_CACHED_BYTES: usize = 32 << 20;

/// A page that is rendered on demand.
#[derive(Debug)]
pub struct LazyPage {
    /// The hash of its inputs.
    pub input_hash: u128,
    pub path: String,
    /// When its inputs last changed.
    pub last_modified: Timestamp,
    rendered: Mutex<Option<Arc<Resource>>>,
    /// Held by who renders it. Others look up `rendered` meanwhile, and do not wait.
    rendering: Mutex<()>,
    /// Whether the log says that it cannot be rendered.
    has_failed: AtomicBool,
}

impl LazyPage {
    /// Whether a document is rendered on demand.
    pub fn is_lazy(key: DocumentKey) -> bool {
        let is_period = matches!(key, DocumentKey::Page { kind: PageKind::Period { .. }, .. });
        is_period || matches!(key, DocumentKey::Story { .. } | DocumentKey::SitemapPart(_))
    }

    /// The next version after `previous`, or the first at its path. Two versions never share a date, because
    /// `If-Modified-Since` could not tell them apart.
    pub fn new(input_hash: u128, path: String, previous: Option<&LazyPage>, now: Timestamp) -> LazyPage {
        let earliest = previous.map_or(i64::MIN, |previous| previous.last_modified.0.saturating_add(1));
        let last_modified = Timestamp(now.0.max(earliest));
        LazyPage {
            input_hash,
            path,
            last_modified,
            rendered: Mutex::default(),
            rendering: Mutex::default(),
            has_failed: AtomicBool::new(false),
        }
    }

    /// Whether this is the first time that it could not be rendered, so that many requests are one line of the log.
    pub fn is_first_failure(&self) -> bool {
        !self.has_failed.swap(true, Ordering::Relaxed)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Resource>>> {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lazy pages of a publication.
#[derive(Debug, Default)]
pub struct LazyPages {
    /// Each with what it is in this publication: the number of an entry in the key is another one in the next.
    pages: Vec<(PlannedDocument, Arc<LazyPage>)>,
    /// The index of the page at a path.
    paths: HashMap<String, usize>,
}

impl LazyPages {
    /// The pages of the next publication: one whose inputs are unchanged stays. `path` returns the path of a key.
    pub fn after(
        previous: Option<&LazyPages>,
        planned: Vec<PlannedDocument>,
        path: impl Fn(DocumentKey) -> String,
        now: Timestamp,
    ) -> LazyPages {
        let page = |planned: PlannedDocument| {
            let path = path(planned.key);
            let (_, previous) = previous.and_then(|previous| previous.get(&path)).unzip();
            let unchanged = previous.filter(|page| page.input_hash == planned.input_hash).cloned();
            let next = || Arc::new(LazyPage::new(planned.input_hash, path, previous.map(Arc::as_ref), now));
            (planned, unchanged.unwrap_or_else(next))
        };
        LazyPages::new(planned.into_iter().map(page).collect())
    }

    /// The pages of the next publication of a replica, with their paths: one whose bytes are unchanged stays.
    pub fn replicated(previous: Option<&LazyPages>, listed: Vec<(String, PlannedDocument)>) -> LazyPages {
        let page = |(path, planned): (String, PlannedDocument)| {
            let previous = previous.and_then(|previous| previous.get(&path)).map(|(_, page)| page);
            let unchanged = previous.filter(|page| page.input_hash == planned.input_hash).cloned();
            // Its date is known when it is fetched.
            let next = || Arc::new(LazyPage::new(planned.input_hash, path, None, Timestamp::NEVER));
            (planned, unchanged.unwrap_or_else(next))
        };
        LazyPages::new(listed.into_iter().map(page).collect())
    }

    fn new(pages: Vec<(PlannedDocument, Arc<LazyPage>)>) -> LazyPages {
        let paths = pages.iter().enumerate().map(|(index, (_, page))| (page.path.clone(), index)).collect();
        LazyPages { pages, paths }
    }

    /// The page at a path, with what it is.
    pub fn get(&self, path: &str) -> Option<(&PlannedDocument, &Arc<LazyPage>)> {
        self.pages.get(*self.paths.get(path)?).map(|(planned, page)| (planned, page))
    }

    /// The paths of the pages that differ from those of an earlier publication, and of those that are gone.
    pub fn changed_since<'p>(&'p self, previous: &'p LazyPages) -> impl Iterator<Item = &'p str> {
        let is_same =
            |page: &LazyPage| previous.get(&page.path).is_some_and(|(_, before)| before.input_hash == page.input_hash);
        let changed = self.pages.iter().map(|(_, page)| page).filter(move |page| !is_same(page));
        let gone = previous.pages.iter().map(|(_, page)| page).filter(|page| !self.paths.contains_key(&page.path));
        changed.chain(gone).map(|page| page.path.as_str())
    }

    pub fn len(&self) -> usize {
        self.pages.len()
    }
}

/// A cache of rendered pages, bounded in bytes; the least recently used is evicted first.
#[derive(Debug)]
pub struct PageCache {
    max_bytes: usize,
    cached: Mutex<Cached>,
}

/// The pages that are rendered. It is locked before a page is, so that both agree.
#[derive(Debug, Default)]
struct Cached {
    /// Each page and its size, by its address in memory: that is no other page's while there is a reference.
    pages: LruMap<usize, (Weak<LazyPage>, usize)>,
    bytes: usize,
}

impl Default for PageCache {
    fn default() -> Self {
        PageCache::new(MAX_CACHED_BYTES)
    }
}

impl PageCache {
    fn new(max_bytes: usize) -> PageCache {
        PageCache { max_bytes, cached: Mutex::default() }
    }

    /// The page, if it is cached.
    pub fn get(&self, page: &Arc<LazyPage>) -> Option<Arc<Resource>> {
        let mut cached = self.lock();
        let resource = page.lock().clone()?;
        cached.pages.get(&address(page));
        Some(resource)
    }

    /// Renders a page unless it is cached, and evicts others beyond the budget.
    ///
    /// # Errors
    /// Those of `render`.
    pub fn insert<E>(&self, page: &Arc<LazyPage>, render: impl FnOnce() -> Result<Resource, E>) -> Result<(), E> {
        let _rendering = page.rendering.lock().unwrap_or_else(PoisonError::into_inner);
        if page.lock().is_some() {
            return Ok(());
        }
        let resource = render()?;
        let size = resource.document.size();
        let mut cached = self.lock();
        *page.lock() = Some(Arc::new(resource));
        cached.pages.insert(address(page), (Arc::downgrade(page), size));
        cached.bytes += size;
        while cached.bytes > self.max_bytes && cached.pages.len() > 1 {
            let Some((_, (page, size))) = cached.pages.evict() else { break };
            cached.bytes -= size;
            if let Some(page) = page.upgrade() {
                *page.lock() = None;
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, Cached> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn address(page: &Arc<LazyPage>) -> usize {
    Arc::as_ptr(page).addr()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::render::Rendered;
    use crate::serve::document::Document;
    use crate::serve::metrics::Metrics;
    use crate::serve::resource::HeaderTemplate;

    fn config() -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tidings.toml");
        let site = "[site]\nbase_url = \"https://a.example/\"\nauthority = \"a.example,2020\"";
        std::fs::write(&path, format!("{site}\n[languages.en]\ntitle = \"A\"\n")).unwrap();
        Config::load(path).unwrap()
    }

    fn page(path: &str) -> Arc<LazyPage> {
        Arc::new(LazyPage::new(0, path.to_owned(), None, Timestamp(0)))
    }

    fn resource(page: &LazyPage, config: &Config) -> Resource {
        let rendered = Rendered { bytes: vec![b'x'; 10], entry_ranges: Vec::new() };
        let document = Arc::new(Document::new(rendered, None, page.last_modified));
        let planned = PlannedDocument { key: DocumentKey::Sitemap, feed_plan: None, input_hash: 0 };
        HeaderTemplate::new(config).resource(document, planned, &page.path, &Metrics::default())
    }

    #[test]
    fn the_least_recently_used_page_is_evicted() {
        let config = config();
        let cache = PageCache::new(30);
        let pages = ["a", "b", "c", "d", "e"].map(page);
        let insert = |page: &Arc<LazyPage>| cache.insert(page, || Ok::<_, ()>(resource(page, &config))).unwrap();
        let cached = || pages.each_ref().map(|page| page.lock().is_some());
        pages[..3].iter().for_each(insert);
        assert!(cache.get(&pages[0]).is_some() && cache.get(&pages[3]).is_none());
        insert(&pages[3]);
        assert_eq!(cached(), [true, false, true, true, false]);
        assert!(cache.get(&pages[2]).is_some());
        insert(&pages[4]);
        assert_eq!(cached(), [false, false, true, true, true]);
        insert(&pages[1]);
        assert_eq!(cached(), [false, true, true, false, true]);
        let cached = cache.lock();
        assert_eq!((cached.bytes, cached.pages.len()), (30, 3));
    }

    /// Requests look a page up on threads that must not block, also while it is rendered.
    #[test]
    fn a_page_that_is_being_rendered_blocks_nobody() {
        let config = config();
        let (cache, page) = (Arc::new(PageCache::default()), page("a"));
        let render = || {
            let (sender, found) = std::sync::mpsc::channel();
            let (cache, wanted) = (Arc::clone(&cache), Arc::clone(&page));
            std::thread::spawn(move || sender.send(cache.get(&wanted).is_none()));
            assert_eq!(found.recv_timeout(std::time::Duration::from_secs(10)), Ok(true));
            Ok::<_, ()>(resource(&page, &config))
        };
        cache.insert(&page, render).unwrap();
        assert!(cache.get(&page).is_some());
    }
}
