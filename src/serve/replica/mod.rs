//! A replica: serves what another process publishes, in a folder or in an object store.
//!
//! Owns: when the manifest is asked for, which documents are fetched, and that each is the one that the manifest names.
//! Never touches: what documents say.
//!
//! A manifest is written after its documents, and the documents of the next publication before the next manifest. So a
//! document that is not the one which the manifest names means that the publication is being replaced: the last whole one
//! stays until the next manifest. What was fetched until then is kept, because the next manifest names most of it.

mod contents;
mod copy;
mod follower;
mod upstream;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::xxh3_128;

pub use self::contents::Contents;
pub use self::copy::LocalCopy;
pub use self::follower::{Inputs, start};
pub use self::upstream::Upstream;
use crate::config::Config;
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;
use crate::publish::{Manifest, ManifestVersion, Origin, StoredDocument, Tag};

/// How many documents are fetched at a time.
const FETCHERS: usize = 16;

/// Documents by their paths, with the hash of their bytes.
pub type Documents = HashMap<String, (u128, StoredDocument)>;

/// A publication that is whole: what the manifest lists, and the documents that were not held before.
pub struct Loaded {
    pub manifest: Manifest,
    pub contents: Contents,
    pub documents: Documents,
    /// When the manifest was written, by the clock of the source.
    pub written: Timestamp,
    /// When the source had it, by the clock of this machine.
    pub confirmed: Timestamp,
}

/// What an origin has.
pub enum Answer {
    /// The publication that was loaded last.
    Same,
    /// Another one.
    Whole(Box<Loaded>),
    /// One that is being written, or was not finished: documents are not those which the manifest names.
    Unfinished(Diagnostic),
}

/// Reads the publications of an origin, one after the other.
pub struct Loader {
    origin: Arc<Origin>,
    /// The manifest that was read last.
    tag: Option<Tag>,
    /// Whether that was one of an unfinished publication.
    is_unfinished: bool,
    /// What was fetched for a publication that was not whole yet.
    fetched: Documents,
}

impl Loader {
    pub fn new(origin: Arc<Origin>) -> Loader {
        Loader { origin, tag: None, is_unfinished: false, fetched: Documents::new() }
    }

    /// Has the manifest read again, also if it did not change.
    pub fn forget(&mut self) {
        self.tag = None;
    }

    /// The publication. `is_held`: whether a document is held already, by its path and the hash of its bytes. `now` is the time
    /// before anything is asked for.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn load(
        &mut self,
        config: &Config,
        is_held: impl Fn(&str, u128) -> bool,
        now: Timestamp,
    ) -> Result<Answer, Diagnostic> {
        let (bytes, tag, written) = match self.origin.manifest(self.tag.as_ref())? {
            ManifestVersion::Unchanged if self.is_unfinished => {
                return Ok(Answer::Unfinished(unfinished(&self.origin)));
            }
            ManifestVersion::Unchanged => return Ok(Answer::Same),
            ManifestVersion::Missing => return Err(missing(&self.origin)),
            ManifestVersion::Changed { bytes, tag, written } => (bytes, tag, written),
        };
        let manifest = Manifest::parse(bytes).map_err(|damage| {
            let diagnostic = Diagnostic::error(self.origin.location(".tidings"), damage.message());
            diagnostic.help("build again where this publication is made")
        })?;
        self.is_unfinished = manifest.is_unfinished();
        if self.is_unfinished {
            self.tag = Some(tag);
            return Ok(Answer::Unfinished(unfinished(&self.origin)));
        }
        let contents = Contents::of(&manifest, config);
        let listed = || contents.eager.iter().map(|(path, planned)| (path.as_str(), planned.input_hash));
        let is_fetched = |path: &str, hash: u128| self.fetched.get(path).is_some_and(|(found, _)| *found == hash);
        let missing: Vec<(&str, u128)> =
            listed().filter(|(path, hash)| !is_held(path, *hash) && !is_fetched(path, *hash)).collect();
        let paths: HashSet<&str> = listed().map(|(path, _)| path).collect();
        self.fetched.retain(|path, _| paths.contains(path.as_str()));
        if let Some(path) = fetch_all(&self.origin, &missing, &mut self.fetched)? {
            return Ok(Answer::Unfinished(replaced(&self.origin, &path)));
        }
        self.tag = Some(tag);
        let documents = std::mem::take(&mut self.fetched);
        Ok(Answer::Whole(Box::new(Loaded { manifest, contents, documents, written, confirmed: now })))
    }
}

/// The publication of a local copy, if it is whole.
pub fn load_copy(copy: &LocalCopy, config: &Config) -> Option<Loaded> {
    let (bytes, confirmed) = copy.manifest()?;
    let manifest = Manifest::parse(bytes).ok()?;
    let contents = Contents::of(&manifest, config);
    let documents = contents.eager.iter().map(|(path, planned)| {
        let hash = planned.input_hash;
        copy.document(hash).map(|document| (path.clone(), (hash, document)))
    });
    let documents = documents.collect::<Option<Documents>>()?;
    // The copy does not say when the manifest was written: at the earliest with the last document.
    let written = documents.values().map(|(_, document)| document.written).max()?;
    Some(Loaded { manifest, contents, documents, written, confirmed })
}

/// A document, if it is the one that the manifest names.
///
/// # Errors
/// It cannot be read, or is another one.
pub fn fetch(origin: &Origin, path: &str, hash: u128) -> Result<StoredDocument, Diagnostic> {
    let document = origin.document(path)?;
    document.filter(|document| xxh3_128(&document.bytes) == hash).ok_or_else(|| replaced(origin, path))
}

/// Fetches documents, several at a time; returns the path of one that is not the one which the manifest names. Those that are
/// are kept.
fn fetch_all(origin: &Origin, wanted: &[(&str, u128)], fetched: &mut Documents) -> Result<Option<String>, Diagnostic> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new((fetched, Ok(None)));
    let work = || {
        while let Some((path, hash)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            let document = origin.document(path);
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            let (fetched, outcome) = &mut *results;
            match document {
                Ok(document) => {
                    let found = document.map(|document| (xxh3_128(&document.bytes), document));
                    if found.as_ref().is_none_or(|(found, _)| found != hash) && outcome.is_ok() {
                        *outcome = Ok(Some((*path).to_owned()));
                    }
                    // If it is another one, the next manifest is likely to name it.
                    fetched.extend(found.map(|found| ((*path).to_owned(), found)));
                }
                Err(diagnostic) => {
                    *outcome = Err(diagnostic);
                    // The others would fail in the same way, each after its time-out.
                    next.store(wanted.len(), Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        (1..FETCHERS.min(wanted.len())).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).1
}

fn missing(origin: &Origin) -> Diagnostic {
    let message = "there is no publication here yet, or one that is not finished: it has no manifest";
    Diagnostic::error(origin.location(".tidings"), message).help("run `tidings build` with this as its output")
}

fn unfinished(origin: &Origin) -> Diagnostic {
    let message = "a publication is being written here, or one was not finished";
    let help = "wait for the build that is at work; if none is, build again";
    Diagnostic::error(origin.location(".tidings"), message).help(help)
}

fn replaced(origin: &Origin, path: &str) -> Diagnostic {
    let message = "this is not the document that the manifest names: the publication is being replaced";
    let help = "wait for the build that is at work; if none is, build again";
    Diagnostic::error(origin.location(path), message).help(help)
}
