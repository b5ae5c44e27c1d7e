//! Pages of what is older. There are many and each is seldom asked for, so it is made when somebody asks, and let go when
//! others have taken its place.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::resource::Resource;
use crate::model::Timestamp;
use crate::plan::{DocumentKey, Leaf, Planned};

/// So many bytes of them are kept, before codings.
const MOST_BYTES: usize = 32 << 20;

/// A page that is made when it is asked for.
#[derive(Debug)]
pub struct Later {
    pub planned: Planned,
    pub path: String,
    /// Since when it is made of what it is made of.
    pub changed: Timestamp,
    made: Mutex<Option<Arc<Resource>>>,
}

impl Later {
    /// Whether a document is one of these.
    pub fn is(key: DocumentKey) -> bool {
        matches!(key, DocumentKey::Page { leaf: Leaf::Period { .. }, .. })
    }

    /// The page that follows another, or the first at its path. A client may ask by the date that it was given: two versions
    /// never share one.
    pub fn new(planned: Planned, path: String, before: Option<&Later>, now: Timestamp) -> Later {
        let earliest = before.map_or(i64::MIN, |before| before.changed.0.saturating_add(1));
        Later { planned, path, changed: Timestamp(now.0.max(earliest)), made: Mutex::default() }
    }

    /// The page, if it is made.
    pub fn ready(&self) -> Option<Arc<Resource>> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Resource>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All of them, with their paths.
#[derive(Debug, Default)]
pub struct Pages {
    pages: Vec<Arc<Later>>,
    /// Which page stands at a path.
    paths: Arc<HashMap<String, usize>>,
}

impl Pages {
    /// The pages that follow others: one that is made of the same as before stays. `path` gives those of new ones; where
    /// `is_same_site` no path has changed.
    pub fn after(
        before: Option<&Pages>,
        planned: Vec<Planned>,
        path: impl Fn(DocumentKey) -> String,
        is_same_site: bool,
        now: Timestamp,
    ) -> Pages {
        let same = before.filter(|before| {
            let keys = before.pages.iter().map(|page| page.planned.key);
            is_same_site && keys.eq(planned.iter().map(|planned| planned.key))
        });
        let follow = |planned: Planned, path: &str, before: Option<&Arc<Later>>| {
            let stays = before.filter(|page| page.planned.source == planned.source && page.path == path);
            stays.map_or_else(
                || Arc::new(Later::new(planned, path.to_owned(), before.map(Arc::as_ref), now)),
                Arc::clone,
            )
        };
        if let Some(same) = same {
            let pages =
                planned.into_iter().zip(&same.pages).map(|(planned, page)| follow(planned, &page.path, Some(page)));
            return Pages { pages: pages.collect(), paths: Arc::clone(&same.paths) };
        }
        let pages: Vec<Arc<Later>> = planned
            .into_iter()
            .map(|planned| {
                let path = path(planned.key);
                follow(planned, &path, before.and_then(|before| before.get(&path)))
            })
            .collect();
        let paths = pages.iter().enumerate().map(|(index, page)| (page.path.clone(), index)).collect();
        Pages { pages, paths: Arc::new(paths) }
    }

    /// What is at a path.
    pub fn get(&self, path: &str) -> Option<&Arc<Later>> {
        self.pages.get(*self.paths.get(path)?)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pages.len()
    }
}

/// The pages that are made, oldest first, and how many bytes they have.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Made>);

#[derive(Debug, Default)]
struct Made {
    pages: VecDeque<(Weak<Later>, usize)>,
    bytes: usize,
}

impl Kept {
    /// Makes a page unless it is made, and lets others go that take too much room.
    ///
    /// # Errors
    /// What `make` returns.
    pub fn make<E>(&self, later: &Arc<Later>, make: impl FnOnce() -> Result<Resource, E>) -> Result<(), E> {
        let mut made = later.lock();
        if made.is_some() {
            return Ok(());
        }
        let resource = make()?;
        let size = resource.document.size();
        *made = Some(Arc::new(resource));
        drop(made);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.pages.push_back((Arc::downgrade(later), size));
        kept.bytes += size;
        while kept.bytes > MOST_BYTES && kept.pages.len() > 1 {
            let Some((page, size)) = kept.pages.pop_front() else { break };
            kept.bytes -= size;
            if let Some(page) = page.upgrade() {
                *page.lock() = None;
            }
        }
        Ok(())
    }
}
