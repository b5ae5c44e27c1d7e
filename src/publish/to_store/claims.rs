//! Paths to which a builder that lost its lease has written, or may still write.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::Publication;
use super::lease::Lease;
use super::requests::Requests;
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;
use crate::publish::compress;
use crate::storage::Tag;

/// After so many seconds, what a builder had begun to write when it lost its lease has arrived.
const PENDING_SECONDS: i64 = 60;

/// The tags of paths that were looked at.
#[derive(Default)]
pub struct Claims {
    /// What is there now; `None` for nothing.
    now: HashMap<String, Option<Tag>>,
    /// The paths whose tag is not the one that the manifest remembers.
    differing: BTreeSet<String>,
    /// What the next manifest says of pending paths.
    pub pending: BTreeMap<String, Timestamp>,
}

impl Claims {
    pub fn contains(&self, path: &str) -> bool {
        self.now.contains_key(path)
    }

    /// Whether an object is not the one that the manifest remembers.
    pub fn is_differing(&self, path: &str) -> bool {
        self.differing.contains(path)
    }

    /// Whether a document has to be rendered again, for itself or for a compressed copy.
    pub fn differ_at(&self, path: &str) -> bool {
        !self.differing.is_empty()
            && (self.is_differing(path) || compress::copies(path).any(|copy| self.is_differing(&copy)))
    }

    /// The tag that a path has now, where it was looked at; else the remembered one.
    pub fn tag(&self, path: &str, remembered: Option<Tag>) -> Option<Tag> {
        self.now.get(path).cloned().unwrap_or(remembered)
    }

    /// The paths at which something is.
    pub fn existing(&self) -> impl Iterator<Item = &String> {
        self.now.iter().filter(|(_, tag)| tag.is_some()).map(|(path, _)| path)
    }
}

impl Publication<'_> {
    /// Looks at the paths that a builder before announced and did not finish, and at those that have been pending for long
    /// enough; with `--overwrite` at all.
    pub fn claims(&self, lease: &Arc<Lease>) -> Result<Claims, Diagnostic> {
        let mut announced = lease.inherited.clone();
        let all = || {
            let files = self.job.files.iter().map(|file| file.path.as_str());
            self.job.previous.paths().chain(files).map(str::to_owned)
        };
        // The lease with the names of these paths is gone.
        if self.job.previous.is_unfinished() && announced.is_empty() {
            announced.extend(all());
        }
        let mut paths = announced.clone();
        if self.job.options.overwrite {
            paths.extend(all());
        }
        let mut claims = Claims::default();
        if paths.is_empty() && self.objects.pending.is_empty() {
            return Ok(claims);
        }
        let now = self.runtime.block_on(lease.store_time())?;
        for (path, since) in &self.objects.pending {
            if now.0.saturating_sub(since.0) > PENDING_SECONDS {
                paths.insert(path.clone());
            } else {
                claims.pending.insert(path.clone(), *since);
            }
        }
        claims.now = self.tags(paths)?;
        for (path, tag) in &claims.now {
            let remembered = self.objects.by_path.get(path).map(|object| Tag::new(&object.tag));
            if *tag != remembered {
                claims.differing.insert(path.clone());
            }
            let was_pending = self.objects.pending.contains_key(path);
            if announced.contains(path) || (was_pending && *tag != remembered) {
                claims.pending.insert(path.clone(), now);
            }
        }
        Ok(claims)
    }

    /// The tags of objects; `None` where there is none.
    fn tags(&self, paths: BTreeSet<String>) -> Result<HashMap<String, Option<Tag>>, Diagnostic> {
        let requests = Requests::new(self.runtime);
        let tags: Arc<Mutex<HashMap<String, Option<Tag>>>> = Arc::default();
        let started = paths.into_iter().try_for_each(|path| {
            let (tags, storage) = (Arc::clone(&tags), self.documents.clone());
            requests.start(async move {
                let tag = storage.head(&path).await?.map(|info| info.tag);
                tags.lock().unwrap_or_else(PoisonError::into_inner).insert(path, tag);
                Ok(())
            })
        });
        requests.wait().and(started)?;
        Ok(std::mem::take(&mut *tags.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}
