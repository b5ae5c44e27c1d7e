//! Writing and removing single documents by conditional requests.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_128;

use super::lease::Lease;
use crate::diagnostics::{Diagnostic, Location};
use crate::publish::compress;
use crate::publish::job::{has_generator_marker, kept};
use crate::publish::manifest::{ManifestEntry, ObjectEntry};
use crate::storage::{Attributes, Condition, Fetched, ObjectInfo, Storage, Tag, Written};

/// How often a document that somebody else writes to is read and written again.
const MAX_ATTEMPTS: usize = 3;

/// What all requests of a publication share.
pub struct Writer {
    pub storage: Storage,
    pub lease: Arc<Lease>,
    /// Replaces what somebody changed.
    pub overwrite: bool,
    pub record: Mutex<Record>,
}

/// What became of the documents.
#[derive(Debug, Default)]
pub struct Record {
    /// Those that are stored, with their objects.
    pub stored: Vec<(String, ManifestEntry, ObjectEntry)>,
    /// The paths that were written or found written.
    pub written: Vec<String>,
    pub removed: Vec<String>,
    /// Paths that somebody changed, which are left as they are.
    pub kept: Vec<String>,
    /// Warnings about them.
    pub warnings: Vec<Diagnostic>,
}

/// A document to be written.
pub struct Upload {
    pub path: String,
    pub bytes: Bytes,
    pub attributes: Attributes,
    pub entry: ManifestEntry,
    /// The hash of the attributes.
    pub attributes_hash: u64,
    /// The tag that the object should have; `None` if there should be none.
    pub expected: Option<Tag>,
    /// Whether the previous publication, or a builder that did not finish, had this path.
    pub is_known: bool,
}

impl Writer {
    fn record(&self, change: impl FnOnce(&mut Record)) {
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Writes a document, unless somebody changed it.
    pub async fn upload(&self, upload: Upload) -> Result<(), Diagnostic> {
        self.lease.check().await?;
        let mut condition = upload.expected.clone().map_or(Condition::Missing, Condition::Unchanged);
        for _ in 0..MAX_ATTEMPTS {
            let bytes = upload.bytes.clone();
            if let Written::Done(tag) = self.storage.put(&upload.path, bytes, &upload.attributes, &condition).await? {
                let object = ObjectEntry { tag: tag.to_string(), attributes: upload.attributes_hash };
                self.record(|record| {
                    record.written.push(upload.path.clone());
                    record.stored.push((upload.path, upload.entry, object));
                });
                return Ok(());
            }
            condition = match self.storage.get(&upload.path, None, u64::MAX).await? {
                Fetched::Object(bytes, info) if self.may_replace(&upload, &bytes) => Condition::Unchanged(info.tag),
                Fetched::Object(..) => break,
                Fetched::Missing | Fetched::NotModified => Condition::Missing,
            };
            self.lease.confirm().await?;
        }
        let warning = changed(self.storage.location(&upload.path), upload.is_known);
        self.record(|record| {
            record.kept.push(upload.path);
            record.warnings.push(warning);
        });
        Ok(())
    }

    /// Whether what is at the path of a document is tidings' own: these very bytes, as where the answer to a first try was lost,
    /// or with the marker at a path that no manifest names, as where the manifest was lost.
    fn may_replace(&self, upload: &Upload, bytes: &[u8]) -> bool {
        self.overwrite
            || xxh3_128(bytes) == upload.entry.content_hash
            || (!upload.is_known && has_generator_marker(bytes))
    }

    /// Removes a document that is no longer published, if it still has a tag. `None`: whatever it has.
    pub async fn remove(&self, path: String, remembered: Option<Tag>) -> Result<(), Diagnostic> {
        match self.storage.head(&path).await? {
            Some(ObjectInfo { tag, .. }) if remembered.is_some_and(|remembered| remembered != tag) => {
                let warning = kept(self.storage.location(&path));
                self.record(|record| record.warnings.push(warning));
                return Ok(());
            }
            Some(_) => {
                self.lease.check().await?;
                self.storage.delete(&path).await?;
            }
            None => {}
        }
        self.record(|record| record.removed.push(path));
        Ok(())
    }

    /// Removes what a builder that did not finish wrote to a path that no manifest names.
    pub async fn remove_unfinished(&self, path: String) -> Result<(), Diagnostic> {
        if let Fetched::Object(bytes, _) = self.storage.get(&path, None, u64::MAX).await?
            && (compress::is_copy(&path) || has_generator_marker(&bytes))
        {
            self.lease.check().await?;
            self.storage.delete(&path).await?;
        }
        Ok(())
    }
}

fn changed(location: Location, is_known: bool) -> Diagnostic {
    let message = match is_known {
        true => "somebody changed this document since it was published, so it is kept",
        false => "tidings did not write this, and it stands where a document has to go, so it is kept",
    };
    Diagnostic::warning(location, message).help("remove it, or replace it with `tidings build --overwrite`")
}
