//! Documents to a destination: replace atomically, skip what is unchanged, remove what is stale.
//!
//! Owns: the manifest, the order of writing, the comparison with the previous publication.
//! Never touches: what documents say, HTTP. Only [`folder`] knows that the destination is a folder.
//!
//! A build can be killed at any moment. Files are replaced one by one, each atomically. New paths go into a write-ahead
//! journal before the first is written, so that the next build recognizes them as its own. The manifest is written last and
//! has the hash of every document, so that the next build renders again what does not match it.

mod compare;
mod compress;
mod folder;
mod manifest;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use self::folder::Folder;
use self::manifest::{Manifest, ManifestEntry};
use crate::catalog::EntryId;
use crate::diagnostics::{Diagnostic, Location};
use crate::plan::PlannedDocument;
use crate::site::{EntryFingerprint, Site};

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
    /// Warnings about the difference from the previous publication.
    pub warnings: Vec<Diagnostic>,
    /// Whether the only reason for the difference is that time has passed.
    pub time_alone: bool,
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
}

/// Publishes a site into a folder.
///
/// # Errors
/// Why it cannot be published. Every file of the previous publication is then intact.
pub fn build(site: &Site, output: &Path, options: Options) -> Result<Outcome, Vec<Diagnostic>> {
    let folder = Folder::open(output).map_err(|diagnostic| vec![diagnostic])?;
    let job = Job::new(site, &folder).map_err(|diagnostic| vec![diagnostic])?;
    let warnings = compare::warnings(site, &job.previous, job.entry_fingerprints());
    if options.strict && !warnings.is_empty() {
        return Err(warnings);
    }
    job.reject_foreign_files(options)?;
    let outcome = job.publish(options).map_err(|diagnostic| vec![diagnostic])?;
    Ok(Outcome { warnings, ..outcome })
}

/// Compares a site with what is published, and writes nothing.
///
/// # Errors
/// Why it cannot be compared.
pub fn check(site: &Site, output: &Path, options: Options) -> Result<Outcome, Diagnostic> {
    let folder = Folder::open_read_only(output);
    let job = Job::new(site, &folder)?;
    let warnings = compare::warnings(site, &job.previous, job.entry_fingerprints());
    let outcome = job.compare(options)?;
    Ok(Outcome { warnings, ..outcome })
}

/// The sorted paths of the published documents; none if nothing is published.
pub fn published(output: &Path) -> Result<Vec<String>, Diagnostic> {
    let manifest = Manifest::parse(Folder::open_read_only(output).read(manifest::NAME)?.unwrap_or_default());
    let mut paths: Vec<String> = manifest.paths().map(str::to_owned).collect();
    paths.sort();
    Ok(paths)
}

/// One file of the new publication.
struct OutputFile {
    path: String,
    planned: PlannedDocument,
    /// The hash of its content, if it is up to date on disk.
    up_to_date: Option<u128>,
}

/// The documents that were rendered.
#[derive(Default)]
struct Rendering {
    manifest: BTreeMap<String, ManifestEntry>,
    /// The paths of those whose bytes differ from the file on disk.
    written: Vec<String>,
}

struct Job<'a> {
    site: &'a Site,
    folder: &'a Folder,
    previous: Manifest,
    files: Vec<OutputFile>,
    /// The visible entries, in the order of a manifest.
    entries: Vec<EntryId>,
}

impl<'a> Job<'a> {
    fn new(site: &'a Site, folder: &'a Folder) -> Result<Self, Diagnostic> {
        let mut previous = Manifest::parse(folder.read(manifest::NAME)?.unwrap_or_default());
        previous.claim(folder.pending()?.into_iter());
        let files = site.planned_documents().into_par_iter().map(|planned| {
            let path = site.path(planned.key);
            let before = previous.document(&path).filter(|before| before.input_hash == planned.input_hash);
            let up_to_date = match before {
                Some(before) => folder.hash(&path)?.filter(|hash| *hash == before.content_hash),
                None => None,
            };
            Ok(OutputFile { path, planned, up_to_date })
        });
        let files = files.collect::<Result<Vec<_>, Diagnostic>>()?;
        let mut entries: Vec<EntryId> = site.visible_entries().collect();
        entries.par_sort_unstable_by(|one, other| manifest::compare_keys(site.key(*one), site.key(*other)));
        Ok(Job { site, folder, previous, files, entries })
    }

    /// The fingerprints of the visible entries, in the order of a manifest.
    fn entry_fingerprints(&self) -> impl Iterator<Item = EntryFingerprint<'a>> + Clone {
        self.entries.iter().map(|entry| self.site.entry_fingerprint(*entry))
    }

    /// Refuses to overwrite files that tidings did not write. A file that the manifest does not name must have the
    /// generator's marker, so that a publication whose manifest was lost can be published again.
    fn reject_foreign_files(&self, options: Options) -> Result<(), Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        for file in &self.files {
            let is_ours = self.is_ours(&file.path).unwrap_or_else(|diagnostic| {
                diagnostics.push(diagnostic);
                true
            });
            let mut foreign = if is_ours { Vec::new() } else { vec![file.path.clone()] };
            if options.compress {
                // A compressed copy has no marker, so it is judged by its document.
                let exists = |path: &str| self.folder.hash(path).is_ok_and(|hash| hash.is_some());
                let is_manifest_lost = self.previous.paths().next().is_none() && exists(&file.path);
                let unknown = compress::copies(&file.path).filter(|path| self.previous.document(path).is_none());
                foreign.extend(unknown.filter(|path| !(is_manifest_lost && is_ours) && exists(path)));
            }
            diagnostics.extend(foreign.into_iter().map(|path| {
                let message = "this file was not written by tidings, and it stands where a document has to go";
                let location = Location::file(self.folder.display_path(&path));
                Diagnostic::error(location, message).help("move it away, or choose another `output`")
            }));
        }
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    /// Whether tidings may write to a path: the manifest names it, nothing is there, or what is there has the marker.
    fn is_ours(&self, path: &str) -> Result<bool, Diagnostic> {
        Ok(self.previous.document(path).is_some()
            || self.folder.read(path)?.is_none_or(|bytes| has_generator_marker(&bytes)))
    }

    fn publish(&self, options: Options) -> Result<Outcome, Diagnostic> {
        let new_paths = self.files.iter().map(|file| file.path.as_str());
        self.folder.record_pending(new_paths.filter(|path| self.previous.document(path).is_none()))?;
        let stale = self.stale();
        let Rendering { mut manifest, written } = self.render(&stale, |path, bytes, _| self.folder.put(path, bytes))?;
        let documents = manifest.len();
        if options.compress {
            compress::write_all(self.folder, &self.previous, &mut manifest)?;
        }
        let mut removed: Vec<String> =
            self.previous.paths().filter(|path| !manifest.contains_key(*path)).map(str::to_owned).collect();
        for path in &removed {
            self.folder.remove(path)?;
        }
        removed.sort();
        let authority = &self.site.config().site.authority;
        let text = manifest::write(self.site.input_hash(), authority, &manifest, self.entry_fingerprints());
        if text.as_bytes() != self.previous.bytes() {
            self.folder.put(manifest::NAME, text.as_bytes())?;
        }
        self.folder.finish()?;
        removed.retain(|path| !compress::is_copy(path));
        Ok(Outcome {
            unchanged: documents - written.len(),
            rendered: stale.len(),
            written,
            removed,
            ..Outcome::default()
        })
    }

    fn compare(&self, options: Options) -> Result<Outcome, Diagnostic> {
        let stale = self.stale();
        // Whether every file on disk is what the manifest says.
        let is_intact = AtomicBool::new(true);
        let Rendering { mut manifest, mut written } = self.render(&stale, |path, _, on_disk| {
            if on_disk != self.previous.document(path).map(|document| document.content_hash) {
                is_intact.store(false, Ordering::Relaxed);
            }
            Ok(())
        })?;
        let mut is_intact = is_intact.into_inner();
        let documents = manifest.len();
        if options.compress {
            let missing = compress::missing(self.folder, &self.previous, &mut manifest)?;
            // Unless its document changed as well, a copy was modified or deleted.
            is_intact &= missing.iter().all(|copy| written.contains(&copy.document));
            written.extend(missing.into_iter().map(|copy| copy.path));
        }
        let is_stale = |path: &&str| !manifest.contains_key(*path) && (options.compress || !compress::is_copy(path));
        let mut removed: Vec<String> = self.previous.paths().filter(is_stale).map(str::to_owned).collect();
        removed.sort();
        written.sort();
        let differs = !written.is_empty() || !removed.is_empty();
        let has_same_input = self.previous.input_hash() == Some(self.site.input_hash());
        Ok(Outcome {
            unchanged: documents.saturating_sub(written.len()),
            rendered: stale.len(),
            time_alone: differs && is_intact && has_same_input,
            written,
            removed,
            warnings: Vec::new(),
        })
    }

    /// Renders documents, and passes those that differ from the file on disk to `on_difference`: path, bytes and the hash of
    /// that file. The manifest that it returns names the other documents, too.
    fn render(
        &self,
        documents: &[PlannedDocument],
        on_difference: impl Fn(&str, &[u8], Option<u128>) -> Result<(), Diagnostic> + Sync,
    ) -> Result<Rendering, Diagnostic> {
        let rendering = Mutex::new(Rendering::default());
        self.site.render(documents, |planned, rendered| {
            let path = self.site.path(planned.key);
            let content_hash = xxh3_128(&rendered.bytes);
            let on_disk = self.folder.hash(&path)?;
            let differs = on_disk != Some(content_hash);
            if differs {
                on_difference(&path, &rendered.bytes, on_disk)?;
            }
            let mut rendering = rendering.lock().map_err(|_| poisoned())?;
            if differs {
                rendering.written.push(path.clone());
            }
            rendering.manifest.insert(path, ManifestEntry { content_hash, input_hash: planned.input_hash });
            Ok(())
        })?;
        let mut rendering = rendering.into_inner().map_err(|_| poisoned())?;
        rendering.written.sort();
        rendering.manifest.extend(self.files.iter().filter_map(|file| {
            let entry = ManifestEntry { content_hash: file.up_to_date?, input_hash: file.planned.input_hash };
            Some((file.path.clone(), entry))
        }));
        Ok(rendering)
    }

    /// The documents that are not up to date.
    fn stale(&self) -> Vec<PlannedDocument> {
        self.files.iter().filter(|file| file.up_to_date.is_none()).map(|file| file.planned).collect()
    }
}

/// Whether a document names tidings as what wrote it. Every format has a field or a comment for it.
fn has_generator_marker(bytes: &[u8]) -> bool {
    let markers = ["<generator>tidings</generator>", "written by tidings"];
    markers.iter().any(|marker| memchr::memmem::find(bytes, marker.as_bytes()).is_some())
}

/// The mutex is poisoned because another thread panicked; that thread's own message is printed beside this.
fn poisoned() -> Diagnostic {
    Diagnostic::error(None, "the build stopped because a part of it failed")
}
