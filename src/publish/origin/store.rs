//! A publication in an object store, read by threads that wait for it.

use tokio::runtime::Runtime;

use super::{ManifestVersion, StoredDocument, Tag};
use crate::diagnostics::{Diagnostic, Location};
use crate::limits::{MAX_DOCUMENT, MAX_MANIFEST};
use crate::publish::{manifest, store_runtime};
use crate::storage::{self, Fetched, Storage};

/// The documents of a publication, and its manifest, which may be in another store.
#[derive(Debug)]
pub struct StoreOrigin {
    documents: Storage,
    state: Storage,
    /// `None` only while this is dropped.
    runtime: Option<Runtime>,
}

impl StoreOrigin {
    /// Nothing is asked of the stores yet.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn new(documents: Storage, state: Storage) -> Result<StoreOrigin, Diagnostic> {
        let runtime = Some(store_runtime(&state)?);
        Ok(StoreOrigin { documents, state, runtime })
    }

    pub fn address(&self) -> String {
        self.documents.address().to_string()
    }

    pub fn location(&self, path: &str) -> Location {
        let storage = if path == manifest::NAME { &self.state } else { &self.documents };
        storage.location(path)
    }

    /// The manifest, unless it is still the one with a tag.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn manifest(&self, known: Option<&Tag>) -> Result<ManifestVersion, Diagnostic> {
        let known = known.map(|tag| storage::Tag::new(&tag.0));
        Ok(match self.get(&self.state, manifest::NAME, known.as_ref(), MAX_MANIFEST)? {
            Fetched::Object(bytes, info) => {
                let tag = Tag(info.tag.to_string());
                ManifestVersion::Changed { bytes: bytes.into(), tag, written: info.last_modified }
            }
            Fetched::NotModified => ManifestVersion::Unchanged,
            Fetched::Missing => ManifestVersion::Missing,
        })
    }

    /// A document; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn document(&self, path: &str) -> Result<Option<StoredDocument>, Diagnostic> {
        Ok(match self.get(&self.documents, path, None, MAX_DOCUMENT)? {
            Fetched::Object(bytes, info) => Some(StoredDocument { bytes: bytes.into(), written: info.last_modified }),
            Fetched::NotModified | Fetched::Missing => None,
        })
    }

    fn get(
        &self,
        storage: &Storage,
        path: &str,
        known: Option<&storage::Tag>,
        limit: u64,
    ) -> Result<Fetched, Diagnostic> {
        match &self.runtime {
            Some(runtime) => runtime.block_on(storage.get(path, known, limit)),
            None => Ok(Fetched::Missing),
        }
    }
}

/// The last reference may be a request's, which must not wait for threads.
impl Drop for StoreOrigin {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
