//! Documents to a destination: replace in one step, skip what is unchanged, remove what is stale.
//!
//! Owns: the manifest, the order of writing, the comparison with the publication that is replaced.
//! Never touches: what documents say, HTTP. Only [`folder`] knows that the destination is a folder.
//!
//! A build can be killed at any moment. What is published is replaced file by file, each in one step; paths that are new
//! are announced before the first is written, so that a later build knows them for its own; and the manifest, written last,
//! names the bytes of each document, so that what is not what it says is made again.

mod compare;
mod compress;
mod folder;
mod manifest;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use self::folder::Folder;
use self::manifest::{Line, Manifest};
use crate::catalog::EntryId;
use crate::diagnostics::{Diagnostic, Location};
use crate::plan::Planned;
use crate::site::{Known, Site};

/// What a build did, or, of a comparison, what one would do. All paths are sorted.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Documents that are new or whose bytes changed.
    pub written: Vec<String>,
    /// How many documents are as they were.
    pub unchanged: usize,
    /// Documents that are gone.
    pub removed: Vec<String>,
    /// How many documents had to be made to know it.
    pub rendered: usize,
    /// What a person should know of the step from the old publication to this one.
    pub warnings: Vec<Diagnostic>,
    /// Whether nothing but time made the difference.
    pub time_alone: bool,
}

impl Outcome {
    /// Whether nothing had to be done.
    pub fn is_current(&self) -> bool {
        self.differing() == 0
    }

    /// How many files had to be written or removed.
    pub fn differing(&self) -> usize {
        self.written.len() + self.removed.len()
    }
}

/// How to publish.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Compressed copies beside each document.
    pub compress: bool,
    /// Warnings are errors: if the comparison with the old publication warns, nothing is written.
    pub strict: bool,
}

/// Publishes a site into a folder.
///
/// # Errors
/// What stands in the way; what was published before is then intact, file by file.
pub fn build(site: &Site, output: &Path, options: Options) -> Result<Outcome, Vec<Diagnostic>> {
    let folder = Folder::open(output).map_err(|diagnostic| vec![diagnostic])?;
    let job = Job::new(site, &folder).map_err(|diagnostic| vec![diagnostic])?;
    let warnings = compare::warnings(site, &job.old, job.known());
    if options.strict && !warnings.is_empty() {
        return Err(warnings);
    }
    job.refuse_foreign(options)?;
    let outcome = job.publish(options).map_err(|diagnostic| vec![diagnostic])?;
    Ok(Outcome { warnings, ..outcome })
}

/// Says what a build would do, and writes nothing.
///
/// # Errors
/// What stands in the way.
pub fn check(site: &Site, output: &Path, options: Options) -> Result<Outcome, Diagnostic> {
    let folder = Folder::look(output);
    let job = Job::new(site, &folder)?;
    let warnings = compare::warnings(site, &job.old, job.known());
    let outcome = job.compare(options)?;
    Ok(Outcome { warnings, ..outcome })
}

/// The paths of the documents of a publication, sorted; none where nothing is published.
pub fn published(output: &Path) -> Result<Vec<String>, Diagnostic> {
    let manifest = Manifest::parse(Folder::look(output).read(manifest::NAME)?.unwrap_or_default());
    let mut paths: Vec<String> = manifest.paths().map(str::to_owned).collect();
    paths.sort();
    Ok(paths)
}

/// One document of the new publication.
struct Item {
    path: String,
    planned: Planned,
    /// The hash of its bytes, where they lie there already.
    kept: Option<u128>,
}

struct Job<'a> {
    site: &'a Site,
    folder: &'a Folder,
    old: Manifest,
    items: Vec<Item>,
    /// The entries that are shown, as they are sorted in a manifest.
    shown: Vec<EntryId>,
}

impl<'a> Job<'a> {
    fn new(site: &'a Site, folder: &'a Folder) -> Result<Self, Diagnostic> {
        let mut old = Manifest::parse(folder.read(manifest::NAME)?.unwrap_or_default());
        old.adopt(folder.announced()?.into_iter());
        let planned = site.planned();
        let items = planned.into_par_iter().map(|planned| {
            let path = site.path(planned.key);
            let line = old.line(&path).filter(|line| line.source == planned.source);
            let kept = match line {
                Some(line) => folder.hash(&path)?.filter(|hash| *hash == line.content),
                None => None,
            };
            Ok(Item { path, planned, kept })
        });
        let items = items.collect::<Result<Vec<_>, Diagnostic>>()?;
        let mut shown: Vec<EntryId> = site.shown().collect();
        shown.par_sort_unstable_by(|one, other| manifest::by_key(site.key(*one), site.key(*other)));
        Ok(Job { site, folder, old, items, shown })
    }

    /// What is known of the entries that are shown, sorted as in a manifest.
    fn known(&self) -> impl Iterator<Item = Known<'a>> + Clone {
        self.shown.iter().map(|entry| self.site.known(*entry))
    }

    /// Nothing that tidings did not write is touched: a file that the manifest does not name must bear its mark, as one does
    /// whose manifest was lost.
    fn refuse_foreign(&self, options: Options) -> Result<(), Vec<Diagnostic>> {
        let mut diagnostics = Vec::new();
        for item in &self.items {
            let is_ours = self.old.line(&item.path).is_some() || self.is_marked(&item.path, &mut diagnostics);
            let mut foreign = if is_ours { Vec::new() } else { vec![item.path.clone()] };
            if options.compress {
                // A copy bears no mark of its own; it is as its document is.
                let is_there = |path: &String| self.folder.hash(path).is_ok_and(|hash| hash.is_some());
                let is_lost =
                    self.old.paths().next().is_none() && self.folder.hash(&item.path).is_ok_and(|hash| hash.is_some());
                let unknown = compress::copies(&item.path).filter(|path| self.old.line(path).is_none());
                foreign.extend(unknown.filter(|path| !(is_lost && is_ours) && is_there(path)));
            }
            diagnostics.extend(foreign.into_iter().map(|path| {
                let message = "this file was not written by tidings, and it stands where a document has to go";
                let location = Location::file(self.folder.shown(&path));
                Diagnostic::error(location, message).help("move it away, or choose another `output`")
            }));
        }
        if diagnostics.is_empty() { Ok(()) } else { Err(diagnostics) }
    }

    /// Whether a file is not there, or bears the mark of tidings.
    fn is_marked(&self, path: &str, diagnostics: &mut Vec<Diagnostic>) -> bool {
        match self.folder.read(path) {
            Ok(bytes) => bytes.is_none_or(|bytes| bears_mark(&bytes)),
            Err(diagnostic) => {
                diagnostics.push(diagnostic);
                true
            }
        }
    }

    fn publish(&self, options: Options) -> Result<Outcome, Diagnostic> {
        let made = Mutex::new((BTreeMap::new(), Vec::new()));
        let wanted = self.wanted();
        let paths = self.items.iter().map(|item| item.path.as_str());
        self.folder.announce(paths.filter(|path| self.old.line(path).is_none()))?;
        self.site.render(&wanted, |planned, rendered| {
            let bytes = rendered.bytes;
            let path = self.site.path(planned.key);
            let content = xxh3_128(&bytes);
            let is_new = self.folder.hash(&path)? != Some(content);
            if is_new {
                self.folder.put(&path, &bytes)?;
            }
            let mut made = made.lock().map_err(|_| lost())?;
            if is_new {
                made.1.push(path.clone());
            }
            made.0.insert(path, Line { content, source: planned.source });
            Ok(())
        })?;
        let (mut lines, mut written) = made.into_inner().map_err(|_| lost())?;
        lines.extend(self.kept());
        let documents = lines.len();
        if options.compress {
            compress::all(self.folder, &self.old, &mut lines)?;
        }
        let mut removed: Vec<String> =
            self.old.paths().filter(|path| !lines.contains_key(*path)).map(str::to_owned).collect();
        for path in &removed {
            self.folder.remove(path)?;
        }
        removed.sort();
        let authority = &self.site.config().site.authority;
        let manifest = manifest::write(self.site.sources(), authority, &lines, self.known());
        if manifest.as_bytes() != self.old.bytes() {
            self.folder.put(manifest::NAME, manifest.as_bytes())?;
        }
        self.folder.finish()?;
        written.sort();
        removed.retain(|path| !compress::is_copy(path));
        Ok(Outcome {
            unchanged: documents - written.len(),
            rendered: wanted.len(),
            written,
            removed,
            ..Outcome::default()
        })
    }

    fn compare(&self, options: Options) -> Result<Outcome, Diagnostic> {
        let wanted = self.wanted();
        let made = Mutex::new((BTreeMap::new(), Vec::new(), true));
        self.site.render(&wanted, |planned, rendered| {
            let bytes = rendered.bytes;
            let path = self.site.path(planned.key);
            let content = xxh3_128(&bytes);
            let found = self.folder.hash(&path)?;
            let mut made = made.lock().map_err(|_| lost())?;
            if found != Some(content) {
                made.2 &= found == self.old.line(&path).map(|line| line.content);
                made.1.push(path.clone());
            }
            made.0.insert(path, Line { content, source: planned.source });
            Ok(())
        })?;
        let (mut lines, mut written, mut is_intact) = made.into_inner().map_err(|_| lost())?;
        lines.extend(self.kept());
        let documents = lines.len();
        if options.compress {
            let missing = compress::missing(self.folder, &self.old, &mut lines)?;
            // A copy is as old as its document, unless something happened to the copy.
            is_intact &= missing.iter().all(|copy| written.contains(&copy.of));
            written.extend(missing.into_iter().map(|copy| copy.path));
        }
        let is_gone = |path: &&str| !lines.contains_key(*path) && (options.compress || !compress::is_copy(path));
        let mut removed: Vec<String> = self.old.paths().filter(is_gone).map(str::to_owned).collect();
        removed.sort();
        written.sort();
        let differs = !written.is_empty() || !removed.is_empty();
        Ok(Outcome {
            unchanged: documents.saturating_sub(written.len()),
            rendered: wanted.len(),
            time_alone: differs && is_intact && self.old.sources() == Some(self.site.sources()),
            written,
            removed,
            warnings: Vec::new(),
        })
    }

    fn wanted(&self) -> Vec<Planned> {
        self.items.iter().filter(|item| item.kept.is_none()).map(|item| item.planned).collect()
    }

    fn kept(&self) -> impl Iterator<Item = (String, Line)> {
        let kept = |item: &Item| Some((item.path.clone(), Line { content: item.kept?, source: item.planned.source }));
        self.items.iter().filter_map(kept)
    }
}

/// Every document names what wrote it.
fn bears_mark(bytes: &[u8]) -> bool {
    let marks = ["<generator>tidings</generator>", "written by tidings"];
    marks.iter().any(|mark| memchr::memmem::find(bytes, mark.as_bytes()).is_some())
}

/// Another thread failed while it held what was made so far; its own error is reported beside this.
fn lost() -> Diagnostic {
    Diagnostic::error(None, "the build stopped because a part of it failed")
}
