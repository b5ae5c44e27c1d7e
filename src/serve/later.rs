//! Pages of what is older. There are many and each is seldom asked for, so it is made when somebody asks, and let go when
//! others have taken its place.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::publication::Resource;
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

/// The pages that are made, oldest first, and how many bytes they have.
#[derive(Debug, Default)]
pub struct Kept(Mutex<(VecDeque<(Weak<Later>, usize)>, usize)>);

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
        let (pages, bytes) = &mut *kept;
        pages.push_back((Arc::downgrade(later), size));
        *bytes += size;
        while *bytes > MOST_BYTES && pages.len() > 1 {
            let Some((page, size)) = pages.pop_front() else { break };
            *bytes -= size;
            if let Some(page) = page.upgrade() {
                *page.lock() = None;
            }
        }
        Ok(())
    }
}
