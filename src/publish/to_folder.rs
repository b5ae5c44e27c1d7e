//! Publishing to a folder.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use super::folder::{Folder, OnDisk};
use super::job::{Job, has_generator_marker, kept};
use super::manifest::{self, Manifest, ManifestEntry, Objects};
use super::pending::{self, Pending, PendingStorage};
use super::{EntryChanges, Observer, Options, Outcome, compress, one, poisoned};
use crate::diagnostics::{Cause, Diagnostic, Location, sort};
use crate::limits::MAX_MANIFEST;
use crate::plan::PlannedDocument;
use crate::site::{BodyLosses, Site};

/// Publishes a site into a folder. Waits while another build is at work there.
///
/// # Errors
/// Why it cannot be published. Every file of the previous publication is then intact.
pub fn build(
    site: &Site,
    output: &Path,
    options: Options,
    observer: &dyn Observer,
) -> Result<Outcome, Vec<Diagnostic>> {
    let folder = Folder::open(output, &|| observer.waits()).map_err(one)?;
    let job = FolderJob::new(site, &folder, options)?;
    let pending = PendingFile::load(&job.job, output).map_err(one)?;
    let stale = job.stale_documents().map_err(one)?;
    let (entries, mut warnings) = job.compare_entries(stale.kept).map_err(one)?;
    if options.strict {
        // Otherwise they are known only when the documents are rendered.
        warnings.extend(site.loss_warnings(&site.body_losses().map_err(one)?));
    }
    if options.strict && !warnings.is_empty() {
        return Err(warnings);
    }
    job.reject_foreign_files(options)?;
    let outcome = job.publish(options, stale.removable, &pending, observer).map_err(one)?;
    Ok(Outcome { entries, warnings: [warnings, outcome.warnings].concat(), ..outcome })
}

/// Where builds into a folder remember what is still to be told.
pub fn pending_storage(output: &Path) -> PendingStorage {
    PendingStorage::File(output.join(pending::OF_BUILDS))
}

/// Compares a site with what is published, and writes nothing.
///
/// # Errors
/// Why it cannot be compared.
pub fn check(
    site: &Site,
    output: &Path,
    options: Options,
    observer: &dyn Observer,
) -> Result<Outcome, Vec<Diagnostic>> {
    let folder = Folder::open_read_only(output).map_err(one)?;
    let job = FolderJob::new(site, &folder, options)?;
    let stale = job.stale_documents().map_err(one)?;
    let (entries, warnings) = job.compare_entries(stale.kept).map_err(one)?;
    let outcome = job.compare(options, stale.removable, stale.is_intact, observer).map_err(one)?;
    Ok(Outcome { entries, warnings: [warnings, outcome.warnings].concat(), ..outcome })
}

/// What is published in a folder. No symbolic link below it is followed.
pub struct Published {
    folder: Folder,
    /// The sorted paths of the documents; none if nothing is published.
    pub paths: Vec<String>,
}

impl Published {
    /// # Errors
    /// The folder or its manifest cannot be read.
    pub fn open(output: &Path) -> Result<Published, Diagnostic> {
        let folder = Folder::open_read_only(output)?;
        let (manifest, _) = read_manifest(&folder)?;
        let mut paths: Vec<String> = manifest.paths().map(str::to_owned).collect();
        paths.sort();
        Ok(Published { folder, paths })
    }

    /// The bytes of a document up to `limit`; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be read, or there is a symbolic link at its path or on the way to it.
    pub fn read_up_to(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Diagnostic> {
        self.folder.read_up_to(path, limit)
    }
}

/// The manifest of a folder. It is empty if there is none, and with a warning if the file is empty.
fn read_manifest(folder: &Folder) -> Result<(Manifest, Option<Diagnostic>), Diagnostic> {
    let location = || Location::file(folder.display_path(manifest::NAME));
    let help = "remove it and build again; documents that are no longer published then stay until you remove them";
    let bytes = folder.read(manifest::NAME, MAX_MANIFEST).map_err(|diagnostic| match diagnostic.help {
        None if diagnostic.cause == Cause::Input => diagnostic.help(help),
        _ => diagnostic,
    })?;
    match bytes {
        None => Ok((Manifest::default(), None)),
        Some(bytes) if bytes.is_empty() => {
            let message = "this manifest is empty, so documents that are no longer published stay";
            let warning = Diagnostic::warning(location(), message);
            Ok((Manifest::default(), Some(warning.help("remove what is no longer published yourself"))))
        }
        Some(bytes) => match Manifest::parse(bytes) {
            Ok(manifest) => Ok((manifest, None)),
            Err(damage) => Err(Diagnostic::error(location(), damage.message()).help(help)),
        },
    }
}

/// The documents that were rendered.
#[derive(Default)]
struct Rendering {
    manifest: BTreeMap<String, ManifestEntry>,
    /// The paths of those whose bytes differ from the file on disk.
    written: Vec<String>,
    losses: BodyLosses,
}

/// The documents that the manifest names and that are no longer published.
struct Stale {
    /// Sorted. Some may be missing already.
    removable: Vec<String>,
    /// Warnings about those that somebody has changed.
    kept: Vec<Diagnostic>,
    /// Whether every one is on disk as the manifest remembers it.
    is_intact: bool,
}

/// What is still to be told. It is written before the documents, so that also a build that is killed is told of by the next.
struct PendingFile {
    storage: Option<PendingStorage>,
    before: Pending,
}

impl PendingFile {
    fn load(job: &Job<'_>, output: &Path) -> Result<PendingFile, Diagnostic> {
        let purge = job.site.config().publish.purge.as_ref().filter(|_| job.options.is_public);
        let storage = purge.map(|_| pending_storage(output));
        let before = storage.as_ref().map(PendingStorage::load).transpose()?.unwrap_or_default();
        Ok(PendingFile { storage, before })
    }

    fn save(&self, pending: &Pending) -> Result<(), Diagnostic> {
        match &self.storage {
            Some(storage) => storage.save(pending),
            None => Ok(()),
        }
    }
}

/// A site, and the folder that it is published to.
struct FolderJob<'a> {
    job: Job<'a>,
    folder: &'a Folder,
    /// About the manifest.
    warning: Option<Diagnostic>,
}

impl<'a> FolderJob<'a> {
    fn new(site: &'a Site, folder: &'a Folder, options: Options) -> Result<Self, Vec<Diagnostic>> {
        let (mut previous, warning) = read_manifest(folder).map_err(one)?;
        previous.claim(folder.pending().map_err(one)?.into_iter());
        let (job, obstacles) = Job::new(site, previous, options, |_, path, before| {
            Ok(folder.hash(path)?.filter(|hash| *hash == before.content_hash))
        });
        let job = FolderJob { job, folder, warning };
        let mut obstacles = [obstacles, job.links()].concat();
        sort(&mut obstacles);
        if obstacles.is_empty() { Ok(job) } else { Err(obstacles) }
    }

    /// An error for each symbolic link at the paths that would be read, written or removed. Documents that are up to date were
    /// read without following one.
    fn links(&self) -> Vec<Diagnostic> {
        let outdated = self.job.files.iter().filter(|file| file.up_to_date.is_none()).map(|file| file.path.as_str());
        let copies: Vec<String> = match self.job.options.compress {
            true => self.job.files.iter().flat_map(|file| compress::copies(&file.path)).collect(),
            false => Vec::new(),
        };
        let stale = self.job.stale_paths.iter().map(String::as_str);
        let paths: Vec<&str> = outdated.chain(copies.iter().map(String::as_str)).chain(stale).collect();
        self.folder.links(&paths)
    }

    /// Compares the documents that are no longer published with the manifest.
    fn stale_documents(&self) -> Result<Stale, Diagnostic> {
        let paths = &self.job.stale_paths;
        let compared: Result<Vec<_>, Diagnostic> = paths.par_iter().map(|path| self.compare_stale(path)).collect();
        let mut stale = Stale { removable: Vec::new(), kept: Vec::new(), is_intact: true };
        for (path, (is_removable, is_intact)) in paths.iter().zip(compared?) {
            stale.is_intact &= is_intact || (!self.job.options.compress && compress::is_copy(path));
            if is_removable {
                stale.removable.push(path.clone());
            } else {
                stale.kept.push(kept(Location::file(self.folder.display_path(path))));
            }
        }
        Ok(stale)
    }

    /// Whether a document that is no longer published can be removed, and whether it is as the manifest remembers it.
    fn compare_stale(&self, path: &str) -> Result<(bool, bool), Diagnostic> {
        let before = self.job.previous.document(path).unwrap_or(ManifestEntry::CLAIMED);
        Ok(match self.folder.on_disk(path)? {
            OnDisk::Missing => (true, false),
            OnDisk::File(hash) if hash == before.content_hash => (true, true),
            // An interrupted build announced it; its bytes are not known.
            OnDisk::File(_) if before == ManifestEntry::CLAIMED => {
                (compress::is_copy(path) || self.is_marked(path)?, false)
            }
            OnDisk::File(_) | OnDisk::Other => (false, false),
        })
    }

    /// How the entries differ from those of the previous publication, with the warnings about that and about stale documents
    /// that are kept.
    fn compare_entries(&self, kept: Vec<Diagnostic>) -> Result<(EntryChanges, Vec<Diagnostic>), Diagnostic> {
        let (changes, compared) = self.job.compare_entries()?;
        Ok((changes, self.warning.iter().cloned().chain(compared).chain(kept).collect()))
    }

    /// Refuses to overwrite files that tidings did not write. A file that the manifest does not name must have the
    /// generator's marker, so that a publication whose manifest was lost can be published again.
    fn reject_foreign_files(&self, options: Options) -> Result<(), Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        for file in &self.job.files {
            let is_ours = self.is_ours(&file.path).unwrap_or_else(|diagnostic| {
                diagnostics.push(diagnostic);
                true
            });
            let mut foreign = if is_ours { Vec::new() } else { vec![file.path.clone()] };
            if options.compress {
                // A compressed copy has no marker, so it is judged by its document.
                let exists = |path: &str| self.folder.hash(path).is_ok_and(|hash| hash.is_some());
                let is_manifest_lost = self.job.previous.paths().next().is_none() && exists(&file.path);
                let unknown = compress::copies(&file.path).filter(|path| self.job.previous.document(path).is_none());
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
        Ok(self.job.previous.document(path).is_some() || self.is_marked(path)?)
    }

    /// Whether there is nothing at a path, or a file with the generator's marker.
    fn is_marked(&self, path: &str) -> Result<bool, Diagnostic> {
        Ok(self.folder.read(path, u64::MAX)?.is_none_or(|bytes| has_generator_marker(&bytes)))
    }

    fn publish(
        &self,
        options: Options,
        mut removed: Vec<String>,
        pending: &PendingFile,
        observer: &dyn Observer,
    ) -> Result<Outcome, Diagnostic> {
        let outdated = self.job.files.iter().filter(|file| file.up_to_date.is_none()).map(|file| &file.path);
        pending.save(&self.job.notifications(&pending.before, outdated.chain(&removed)))?;
        let new_paths = self.job.files.iter().map(|file| file.path.as_str());
        self.folder.record_pending(new_paths.filter(|path| self.job.previous.document(path).is_none()))?;
        let stale = self.job.outdated();
        let Rendering { mut manifest, written, losses } =
            self.render(&stale, observer, |path, bytes| self.folder.put(path, bytes))?;
        let documents = manifest.len();
        if options.compress {
            compress::write_all(self.folder, &self.job.previous, &mut manifest)?;
        }
        for path in &removed {
            self.folder.remove(path)?;
        }
        let text = self.job.manifest(&manifest, &Objects::default());
        if text.as_bytes() != self.job.previous.bytes() {
            self.folder.put(manifest::NAME, text.as_bytes())?;
        }
        self.folder.finish()?;
        removed.retain(|path| !compress::is_copy(path));
        let notifications = self.job.notifications(&pending.before, written.iter().chain(&removed));
        pending.save(&notifications)?;
        Ok(Outcome {
            unchanged: documents - written.len(),
            rendered: stale.len(),
            written,
            removed,
            warnings: self.job.site.loss_warnings(&losses),
            pending: notifications,
            ..Outcome::default()
        })
    }

    /// Compares with what is on disk. `is_intact`: whether stale documents are as the manifest remembers them.
    fn compare(
        &self,
        options: Options,
        mut removed: Vec<String>,
        is_intact: bool,
        observer: &dyn Observer,
    ) -> Result<Outcome, Diagnostic> {
        let stale = self.job.outdated();
        let Rendering { mut manifest, mut written, losses } = self.render(&stale, observer, |_, _| Ok(()))?;
        let mut is_intact = is_intact && self.outdated_are_intact()?;
        let documents = manifest.len();
        if options.compress {
            let missing = compress::missing(self.folder, &self.job.previous, &mut manifest)?;
            // Unless its document changed as well, a copy was modified or deleted.
            is_intact &= missing.iter().all(|copy| written.contains(&copy.document));
            written.extend(missing.into_iter().map(|copy| copy.path));
        }
        removed.retain(|path| options.compress || !compress::is_copy(path));
        written.sort();
        let differs = !written.is_empty() || !removed.is_empty();
        let has_same_input = self.job.previous.input_hash() == Some(self.job.site.input_hash());
        Ok(Outcome {
            unchanged: documents.saturating_sub(written.len()),
            rendered: stale.len(),
            time_alone: differs && is_intact && has_same_input,
            written,
            removed,
            warnings: self.job.site.loss_warnings(&losses),
            ..Outcome::default()
        })
    }

    /// Whether every document that is not up to date is on disk as the manifest remembers it, or in neither.
    fn outdated_are_intact(&self) -> Result<bool, Diagnostic> {
        let outdated = self.job.files.par_iter().filter(|file| file.up_to_date.is_none());
        let are_intact = outdated.map(|file| {
            let before = self.job.previous.document(&file.path).map(|document| document.content_hash);
            Ok(self.folder.hash(&file.path)? == before)
        });
        are_intact.try_reduce(|| true, |one, other| Ok(one && other))
    }

    /// Renders documents, and passes those that differ from the file on disk to `on_difference`: path and bytes. The manifest that it returns names the other documents, too.
    fn render(
        &self,
        documents: &[PlannedDocument],
        observer: &dyn Observer,
        on_difference: impl Fn(&str, &[u8]) -> Result<(), Diagnostic> + Sync,
    ) -> Result<Rendering, Diagnostic> {
        let rendering = Mutex::new(Rendering::default());
        let losses = self.job.site.render(documents, |planned, rendered| {
            let path = self.job.site.path(planned.key);
            let content_hash = xxh3_128(&rendered.bytes);
            let on_disk = self.folder.hash(&path)?;
            let differs = on_disk != Some(content_hash);
            if differs {
                on_difference(&path, &rendered.bytes)?;
            }
            observer.rendered(documents.len());
            let mut rendering = rendering.lock().map_err(|_| poisoned())?;
            if differs {
                rendering.written.push(path.clone());
            }
            rendering.manifest.insert(path, ManifestEntry { content_hash, input_hash: planned.input_hash });
            Ok(())
        })?;
        let mut rendering = rendering.into_inner().map_err(|_| poisoned())?;
        rendering.losses = losses;
        rendering.written.sort();
        rendering.manifest.extend(self.job.up_to_date());
        Ok(rendering)
    }
}
