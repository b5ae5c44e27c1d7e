//! Pages of older periods. There are many and each is seldom requested, so they are rendered on demand and cached within a
//! byte budget.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::resource::Resource;
use crate::model::Timestamp;
use crate::plan::{DocumentKey, PageKind, PlannedDocument};

/// The size of the cache, before codings.
const MAX_CACHED_BYTES: usize = 32 << 20;

/// A page that is rendered on demand.
#[derive(Debug)]
pub struct LazyPage {
    pub planned: PlannedDocument,
    pub path: String,
    /// When its inputs last changed.
    pub last_modified: Timestamp,
    rendered: Mutex<Option<Arc<Resource>>>,
}

impl LazyPage {
    /// Whether a document is rendered on demand.
    pub fn is_lazy(key: DocumentKey) -> bool {
        matches!(key, DocumentKey::Page { kind: PageKind::Period { .. }, .. })
    }

    /// The next version after `previous`, or the first at its path. Two versions never share a date, because
    /// `If-Modified-Since` could not tell them apart.
    pub fn new(planned: PlannedDocument, path: String, previous: Option<&LazyPage>, now: Timestamp) -> LazyPage {
        let earliest = previous.map_or(i64::MIN, |previous| previous.last_modified.0.saturating_add(1));
        LazyPage { planned, path, last_modified: Timestamp(now.0.max(earliest)), rendered: Mutex::default() }
    }

    /// The page, if it is cached.
    pub fn cached(&self) -> Option<Arc<Resource>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Resource>>> {
        self.rendered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The lazy pages of a publication, by path.
#[derive(Debug, Default)]
pub struct LazyPages {
    pages: Vec<Arc<LazyPage>>,
    /// The index of the page at a path.
    paths: Arc<HashMap<String, usize>>,
}

impl LazyPages {
    /// The pages of the next publication: one whose inputs are unchanged stays. `path` returns the path of a key; with
    /// `has_same_config` no path has changed.
    pub fn after(
        previous: Option<&LazyPages>,
        planned: Vec<PlannedDocument>,
        path: impl Fn(DocumentKey) -> String,
        has_same_config: bool,
        now: Timestamp,
    ) -> LazyPages {
        let same_keys = previous.filter(|previous| {
            let keys = previous.pages.iter().map(|page| page.planned.key);
            has_same_config && keys.eq(planned.iter().map(|planned| planned.key))
        });
        let next = |planned: PlannedDocument, path: &str, previous: Option<&Arc<LazyPage>>| {
            let unchanged = previous.filter(|page| page.planned.input_hash == planned.input_hash && page.path == path);
            unchanged.map_or_else(
                || Arc::new(LazyPage::new(planned, path.to_owned(), previous.map(Arc::as_ref), now)),
                Arc::clone,
            )
        };
        if let Some(same) = same_keys {
            let pages =
                planned.into_iter().zip(&same.pages).map(|(planned, page)| next(planned, &page.path, Some(page)));
            return LazyPages { pages: pages.collect(), paths: Arc::clone(&same.paths) };
        }
        let pages: Vec<Arc<LazyPage>> = planned
            .into_iter()
            .map(|planned| {
                let path = path(planned.key);
                next(planned, &path, previous.and_then(|previous| previous.get(&path)))
            })
            .collect();
        let paths = pages.iter().enumerate().map(|(index, page)| (page.path.clone(), index)).collect();
        LazyPages { pages, paths: Arc::new(paths) }
    }

    pub fn get(&self, path: &str) -> Option<&Arc<LazyPage>> {
        self.pages.get(*self.paths.get(path)?)
    }

    pub fn len(&self) -> usize {
        self.pages.len()
    }
}

/// A cache of rendered pages, bounded in bytes; the oldest is evicted first.
#[derive(Debug, Default)]
pub struct PageCache(Mutex<Cached>);

#[derive(Debug, Default)]
struct Cached {
    /// Oldest first, each with its size.
    pages: VecDeque<(Weak<LazyPage>, usize)>,
    bytes: usize,
}

impl PageCache {
    /// Renders a page unless it is cached, and evicts others beyond the budget.
    ///
    /// # Errors
    /// Those of `render`.
    pub fn insert<E>(&self, page: &Arc<LazyPage>, render: impl FnOnce() -> Result<Resource, E>) -> Result<(), E> {
        let mut rendered = page.lock();
        if rendered.is_some() {
            return Ok(());
        }
        let resource = render()?;
        let size = resource.document.size();
        *rendered = Some(Arc::new(resource));
        drop(rendered);
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cached.pages.push_back((Arc::downgrade(page), size));
        cached.bytes += size;
        while cached.bytes > MAX_CACHED_BYTES && cached.pages.len() > 1 {
            let Some((page, size)) = cached.pages.pop_front() else { break };
            cached.bytes -= size;
            if let Some(page) = page.upgrade() {
                *page.lock() = None;
            }
        }
        Ok(())
    }
}
