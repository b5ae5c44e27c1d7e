//! Documents to a destination: replace atomically, skip what is unchanged, remove what is stale.
//!
//! Owns: the manifest, the order of writing, the comparison with the previous publication.
//! Never touches: what documents say, HTTP. Only [`to_folder`] knows of folders, only [`to_store`] of object stores; [`job`] is
//! what both share.
//!
//! A build can be killed at any moment. In a folder, files are replaced one by one, each atomically. New paths go into a write-ahead
//! journal before the first is written, so that the next build recognizes them as its own. The manifest is written last and
//! has the hash of every document, so that the next build renders again what does not match it.
//!
//! Nothing outside the destination is touched: symbolic links below it are refused before anything is written. Nothing that
//! others wrote is lost: a document that is no longer published is removed only if it is as the manifest remembers it.

mod compare;
mod compress;
mod folder;
mod job;
mod manifest;
mod origin;
mod pending;
mod to_folder;
#[cfg(feature = "cloud")]
mod to_store;
mod tree;

use std::path::PathBuf;

pub use self::compare::{EntryChanges, EntryKey};
pub use self::compress::document_of as document_of_copy;
pub use self::manifest::Manifest;
pub use self::origin::{ManifestVersion, Origin, StoreOrigin, StoredDocument, Tag};
pub use self::pending::{OF_SERVERS as PENDING_OF_SERVERS, Pending, PendingStorage};
pub use self::to_folder::Published;
#[cfg(feature = "cloud")]
pub use self::to_store::runtime as store_runtime;
use crate::diagnostics::Diagnostic;
use crate::site::Site;
use crate::storage::Storage;

/// Where a publication goes.
#[derive(Debug, Clone)]
pub enum Destination {
    Folder(PathBuf),
    /// An object store, and the one in which the manifest and the lease are: the same, if nothing else is configured.
    Store {
        documents: Storage,
        state: Storage,
    },
}

impl Destination {
    /// Remembers for the next build what is still to be told about the publication.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn remember(&self, pending: &Pending) -> Result<(), Diagnostic> {
        match self {
            Destination::Folder(folder) => to_folder::pending_storage(folder).save(pending),
            #[cfg(feature = "cloud")]
            Destination::Store { state, .. } => to_store::remember(state, pending),
            #[cfg(not(feature = "cloud"))]
            Destination::Store { state, .. } => match *state {},
        }
    }
}

/// What a build did, or what a comparison says that it would do. All paths are sorted.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Documents that are new or whose bytes changed.
    pub written: Vec<String>,
    /// How many documents did not change.
    pub unchanged: usize,
    /// Documents that were removed.
    pub removed: Vec<String>,
    /// How many documents were rendered to find out.
    pub rendered: usize,
    /// The entries that appear, change and leave.
    pub entries: EntryChanges,
    /// Warnings about the difference from the previous publication.
    pub warnings: Vec<Diagnostic>,
    /// Whether the only reason for the difference is that time has passed.
    pub time_alone: bool,
    /// What caches and the hub are still to be told, about this publication and earlier ones.
    pub pending: Pending,
}

impl Outcome {
    /// Whether nothing differs.
    pub fn is_current(&self) -> bool {
        self.differing() == 0
    }

    /// How many files were written or removed.
    pub fn differing(&self) -> usize {
        self.written.len() + self.removed.len()
    }
}

/// How to publish.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Writes compressed copies beside each document.
    pub compress: bool,
    /// Treats warnings as errors: if the comparison with the previous publication warns, nothing is written.
    pub strict: bool,
    /// In an object store, replaces documents that somebody changed.
    pub overwrite: bool,
    /// In an object store, allows removing most of the documents.
    pub delete_many: bool,
    /// Remembers what caches and the hub are to be told.
    pub is_public: bool,
}

/// What a build tells while it is at work.
pub trait Observer: Sync {
    /// Another build is at work in the same folder, and is waited for.
    fn waits(&self);
    /// One more of `total` documents is rendered.
    fn rendered(&self, total: usize);
}

/// Publishes a site. Waits while another build is at work in the same folder; in an object store that is an error.
///
/// # Errors
/// Why it cannot be published. Every file of the previous publication is then whole.
pub fn build(
    site: &Site,
    destination: &Destination,
    options: Options,
    observer: &dyn Observer,
) -> Result<Outcome, Vec<Diagnostic>> {
    match destination {
        Destination::Folder(folder) => to_folder::build(site, folder, options, observer),
        #[cfg(feature = "cloud")]
        Destination::Store { documents, state } => to_store::build(site, documents, state, options, observer),
        #[cfg(not(feature = "cloud"))]
        Destination::Store { documents, .. } => match *documents {},
    }
}

/// Compares a site with what is published, and writes nothing.
///
/// # Errors
/// Why it cannot be compared.
pub fn check(
    site: &Site,
    destination: &Destination,
    options: Options,
    observer: &dyn Observer,
) -> Result<Outcome, Vec<Diagnostic>> {
    match destination {
        Destination::Folder(folder) => to_folder::check(site, folder, options, observer),
        #[cfg(feature = "cloud")]
        Destination::Store { documents, state } => to_store::check(site, documents, state, options, observer),
        #[cfg(not(feature = "cloud"))]
        Destination::Store { documents, .. } => match *documents {},
    }
}

fn one(diagnostic: Diagnostic) -> Vec<Diagnostic> {
    vec![diagnostic]
}

/// The mutex is poisoned because another thread panicked; that thread's own message is printed beside this.
fn poisoned() -> Diagnostic {
    Diagnostic::error(None, "the build stopped because a part of it failed")
}
