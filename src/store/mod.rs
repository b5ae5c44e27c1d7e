//! The store: finding and reading stories, with the location of every value.
//!
//! Owns: the directory tree of `.toml`, `.json` and `.jsonl` files, what a record means, and reading its text again.
//! Never touches: how stories are ordered, joined or published.

mod body;
mod complexity;
mod find;
mod raw;
mod scan;
mod story;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, MutexGuard, PoisonError};

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use body::{body, markdown, sanitised};
pub use complexity::exceeded_limit;
use find::StoreFile;
pub use find::{FileFingerprint, can_be_story, is_hidden};
use raw::RawRecord;
pub use raw::{RawEnclosure, RawPerson};
pub use scan::{EntryMeta, FileIndex, Record};
pub use story::{Story, Translation, page};

use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::source::{SpannedDocument, Step, Syntax, decode, parse_fast, strip_control_characters};

/// All that was kept of the store.
#[derive(Debug, Default)]
pub struct Store {
    /// Sorted by the paths of their files; every file has at least one.
    pub scans: Vec<Part>,
    /// What stood in the way of finding files.
    diagnostics: Vec<Diagnostic>,
}

/// What was kept of a file, or of a part of one, shared by every state of the store in which it is the same.
#[derive(Debug, Clone)]
pub struct Part {
    file: Arc<StoreFile>,
    scan: Arc<FileIndex>,
    /// Whether it has diagnostics, and guids: of a store that changes often, few scans need be touched.
    has_diagnostics: bool,
    pub has_guids: bool,
}

/// What is known of the difference between a store as it was read and as it is now.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Whether more may have changed than the files that are named.
    pub anywhere: bool,
    /// Files that may have changed, come or gone.
    pub files: BTreeSet<PathBuf>,
    /// Files that somebody is writing: they stay as they were read, or unread.
    pub unfinished: BTreeSet<PathBuf>,
}

/// The step from one state of a store to a later one, in scans.
#[derive(Debug, Default)]
pub struct Difference {
    /// For each scan of the one its index in the other, if it is there.
    pub kept: Vec<Option<u32>>,
    /// Scans of the one alone.
    pub gone: Vec<u32>,
    /// Scans of the other alone.
    pub fresh: Vec<u32>,
}

impl Store {
    /// Reads every story.
    pub fn load(config: &Config) -> Store {
        Store::default().after(&Changes { anywhere: true, ..Changes::default() }, config)
    }

    /// The store as it is after changes, of which only what may be another than before is read. The configuration is the same.
    pub fn after(&self, changes: &Changes, config: &Config) -> Store {
        let root = &config.site.stories;
        let named = changes.files.difference(&changes.unfinished);
        let named: Vec<_> = named.filter_map(|path| Some((find::below(root, path)?, find::file(root, path)))).collect();
        // What stands at a path and is no story, or did, is found by looking at everything alone.
        let is_strange = |path: &PathBuf| path.symlink_metadata().is_ok() && find::file(root, path).is_none();
        let look = changes.anywhere || !self.diagnostics.is_empty() || changes.files.iter().any(is_strange);
        let (kept, fresh, diagnostics) = if look {
            let (files, diagnostics) = find::files(root);
            let (kept, fresh) = self.compare(files, changes);
            (kept, fresh, diagnostics)
        } else {
            let (kept, fresh) = self.replace(named);
            (kept, fresh, Vec::new())
        };
        let borrowed: Vec<&StoreFile> = fresh.iter().map(Arc::as_ref).collect();
        let read = scan::all(&borrowed, config).into_iter();
        let read = read.map(|(index, scan)| Part::new(&fresh[index], scan));
        let mut scans: Vec<Part> = Vec::with_capacity(kept.len() + fresh.len());
        let mut kept = kept.into_iter().peekable();
        for part in read {
            while let Some(before) = kept.next_if(|before| before.file.below < part.file.below) {
                scans.push(before);
            }
            scans.push(part);
        }
        scans.extend(kept);
        Store { scans, diagnostics }
    }

    /// Of all files as they were found: what can be kept, and what has to be read. Both lists are sorted.
    fn compare(&self, files: Vec<StoreFile>, changes: &Changes) -> (Vec<Part>, Vec<Arc<StoreFile>>) {
        let (mut kept, mut fresh) = (Vec::with_capacity(self.scans.len()), Vec::new());
        let mut old = self.scans.chunk_by(|one, other| Arc::ptr_eq(&one.file, &other.file)).peekable();
        for file in files {
            while old.next_if(|parts| parts[0].file.below < file.below).is_some() {}
            let parts = old.next_if(|parts| parts[0].file.below == file.below);
            let is_unfinished = changes.unfinished.contains(&file.path);
            let is_same = |parts: &&[Part]| parts[0].file.stamp == file.stamp && !changes.files.contains(&file.path);
            match parts.filter(|parts| is_unfinished || is_same(parts)) {
                Some(parts) => kept.extend_from_slice(parts),
                None if is_unfinished => {}
                None => fresh.push(Arc::new(file)),
            }
        }
        (kept, fresh)
    }

    /// The same of files that are named, with what was found there.
    fn replace(&self, mut named: Vec<(String, Option<StoreFile>)>) -> (Vec<Part>, Vec<Arc<StoreFile>>) {
        named.sort_by(|one, other| one.0.cmp(&other.0));
        let mut kept = Vec::with_capacity(self.scans.len());
        let mut next = 0;
        for (below, _) in &named {
            let start = self.scans.partition_point(|part| part.file.below < *below);
            kept.extend_from_slice(&self.scans[next..start]);
            next = self.scans.partition_point(|part| part.file.below <= *below);
        }
        kept.extend_from_slice(&self.scans[next..]);
        (kept, named.into_iter().filter_map(|(_, found)| found).map(Arc::new).collect())
    }

    /// What became of each scan in a later state of this store, and which scans of that are new.
    pub fn difference(&self, later: &Store) -> Difference {
        let (old, new) = (&self.scans, &later.scans);
        let mut difference = Difference { kept: vec![None; old.len()], ..Difference::default() };
        let (mut at, mut to) = (0, 0);
        while at < old.len() || to < new.len() {
            let same = at < old.len() && to < new.len() && Arc::ptr_eq(&old[at].scan, &new[to].scan);
            if same {
                difference.kept[at] = Some(to as u32);
                (at, to) = (at + 1, to + 1);
            } else if to == new.len() || (at < old.len() && old[at].file.below <= new[to].file.below) {
                difference.gone.push(at as u32);
                at += 1;
            } else {
                difference.fresh.push(to as u32);
                to += 1;
            }
        }
        difference
    }

    /// What the files are by their looks, where they are not those that were read; those being written aside.
    pub fn differs_on_disk(&self, root: &Path, unfinished: &BTreeSet<PathBuf>) -> Option<u64> {
        let (files, diagnostics) = find::files(root);
        let files: Vec<&StoreFile> = files.iter().collect();
        let mut known: Vec<&StoreFile> = self.scans.iter().map(|part| &*part.file).collect();
        known.dedup_by_key(|file| &file.below);
        let look = |files: &[&StoreFile]| {
            let mut hasher = std::hash::DefaultHasher::new();
            let finished = files.iter().filter(|file| !unfinished.contains(&file.path));
            finished.for_each(|file| (&file.below, file.stamp).hash(&mut hasher));
            hasher.finish()
        };
        let now = look(&files);
        (now != look(&known) || diagnostics != self.diagnostics).then_some(now)
    }

    /// Every diagnostic in it.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let read = self.scans.iter().filter(|part| part.has_diagnostics).flat_map(|part| &part.diagnostics);
        self.diagnostics.iter().chain(read).cloned().collect()
    }
}

impl Deref for Part {
    type Target = FileIndex;

    fn deref(&self) -> &FileIndex {
        &self.scan
    }
}

impl Part {
    fn new(file: &Arc<StoreFile>, scan: FileIndex) -> Part {
        Part {
            file: Arc::clone(file),
            has_diagnostics: !scan.diagnostics.is_empty(),
            has_guids: !scan.guids.is_empty(),
            scan: Arc::new(scan),
        }
    }

    /// Reads the texts of some of its records again, and hands each story to `each` with its index among them. With `keep`
    /// the texts stay at hand: they can be had again when the file is gone or half-written.
    ///
    /// # Errors
    /// The file cannot be read, or has changed since it was first read.
    pub fn read_again<T>(
        &self,
        records: &[&Record],
        config: &Config,
        keep: bool,
        mut each: impl FnMut(usize, &Story<'_>) -> T,
    ) -> Result<Vec<T>, Diagnostic> {
        let syntax = syntax(&self.file);
        let id = self.file.below.rsplit_once('.').map(|(stem, _)| stem);
        let mut out = Vec::with_capacity(records.len());
        let mut source = None;
        let mut bytes: Arc<[u8]> = Arc::default();
        let mut is_read = None;
        for (index, record) in records.iter().enumerate() {
            if is_read != Some(record.offset) {
                bytes = self.text(record, &mut source)?;
                is_read = Some(record.offset);
                if keep {
                    self.texts().insert(record.offset, Arc::clone(&bytes));
                }
            }
            let text = decode(&bytes).map_err(|_| self.changed())?;
            let one = with_record(text, syntax, |raw| {
                let several = raw.stories.as_deref();
                let (raw, id) =
                    several.and_then(|all| all.get(record.index as usize)).map_or((raw, id), |raw| (&**raw, None));
                story::read(raw, id, config).0.map(|story| each(index, &story))
            });
            out.push(one.ok_or_else(|| self.changed())?);
        }
        Ok(out)
    }

    /// The text of a record: that which is at hand, or from the file, which is opened once.
    fn text(&self, record: &Record, source: &mut Option<File>) -> Result<Arc<[u8]>, Diagnostic> {
        if let Some(text) = self.texts().get(&record.offset) {
            return Ok(Arc::clone(text));
        }
        let machine = |error: std::io::Error| Diagnostic::machine(&self.file.path, "read this file again", &error);
        let source = match source {
            Some(source) => source,
            None => source.insert(File::open(&self.file.path).map_err(machine)?),
        };
        let mut bytes = vec![0; record.length as usize];
        source.seek(SeekFrom::Start(record.offset)).map_err(machine)?;
        source.read_exact(&mut bytes).map_err(|_| self.changed())?;
        let seed = if syntax(&self.file) == Syntax::Toml { u64::from(record.index) } else { 0 };
        if xxh3_64_with_seed(&bytes, seed) != record.hash {
            return Err(self.changed());
        }
        Ok(bytes.into())
    }

    fn texts(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<[u8]>>> {
        self.scan.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> Diagnostic {
        let location = Location::file(self.file.path.display().to_string());
        Diagnostic::error(location, "this file changed while it was being read").help("run the command again")
    }

    /// The place of a value of a record, read again for a diagnostic that shows only beside other records.
    pub fn location(&self, record: &Record, path: &[Step]) -> Location {
        let shown = self.file.path.display().to_string();
        let found = self.spanned(record, |spanned, lead, root, text| {
            let span = spanned.span(&[root, path].concat());
            Location::in_text(shown.clone(), text, span.start + lead..span.end + lead)
        });
        found.unwrap_or_else(|| Location::file(shown))
    }

    /// The key of the nth translation of a record, as it was written; `None` where the record is flat.
    pub fn translation_key(&self, record: &Record, nth: usize) -> Option<String> {
        self.spanned(record, |spanned, _, root, _| {
            spanned.key(&[root, &[Step::Key("translations".to_owned())]].concat(), nth)
        })?
    }

    /// Reads a record with the location of every value: those places, where its text begins, the path to it, the whole text.
    fn spanned<T>(&self, record: &Record, then: impl FnOnce(&SpannedDocument, usize, &[Step], &str) -> T) -> Option<T> {
        let found = &*self.file;
        let bytes = std::fs::read(&found.path).ok()?;
        let text = decode(&bytes).ok()?;
        let syntax = syntax(found);
        let is_toml = syntax == Syntax::Toml;
        let lead = if is_toml { 0 } else { (record.offset as usize).checked_sub(bytes.len() - text.len())? };
        let length = if is_toml { text.len() } else { record.length as usize };
        let spanned = SpannedDocument::parse(text.get(lead..lead + length)?, syntax);
        let stories = [Step::Key("stories".to_owned()), Step::Index(record.index as usize)];
        let root = if spanned.has(&[], "stories") { &stories[..] } else { &[] };
        Some(then(&spanned, lead, root, text))
    }
}

fn syntax(file: &StoreFile) -> Syntax {
    if file.below.ends_with(".toml") { Syntax::Toml } else { Syntax::Json }
}

/// Reads a text as a record, the quick way or the spanned one.
fn with_record<T>(text: &str, syntax: Syntax, then: impl FnOnce(&RawRecord<'_>) -> Option<T>) -> Option<T> {
    if let Some(raw) = parse_fast::<RawRecord<'_>>(text, syntax) {
        return then(&raw);
    }
    let (text, _) = strip_control_characters(text, syntax);
    let mut spanned = SpannedDocument::parse(&text, syntax);
    spanned.prune_invalid(|node| RawRecord::deserialize(node).map(drop));
    spanned.value::<RawRecord<'_>>().and_then(|raw| then(&raw))
}
