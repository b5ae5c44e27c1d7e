//! The store after changes on disk: files that are unchanged keep their indexes, the others are read.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::find::{self, StoreFile, StoreFiles};
use super::{FileId, FileRecords, Store, read};
use crate::config::Config;
use crate::diagnostics::Diagnostic;

/// What may have changed on disk since a store was read.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Whether files that are not named may have changed too.
    pub anywhere: bool,
    /// Files that may have been changed, added or removed.
    pub files: BTreeSet<PathBuf>,
    /// Files that are being written: they keep the index that they have, if any.
    pub unfinished: BTreeSet<PathBuf>,
}

/// The difference between two states of a store.
#[derive(Debug, Default)]
pub struct Difference {
    /// By file of the old state: its id in the new one, if its index is the same.
    moved: Vec<Option<FileId>>,
    /// Files of the old state alone.
    pub removed: Vec<FileId>,
    /// Files of the new state alone.
    pub added: Vec<FileId>,
}

impl Difference {
    /// The id in the new state of a file of the old state, if its index is the same.
    pub fn moved_to(&self, old: FileId) -> Option<FileId> {
        self.moved.get(old.index()).copied().flatten()
    }
}

/// A file as it would be after an import: written, or removed.
#[derive(Debug, Clone)]
pub struct Draft {
    file: Arc<StoreFile>,
    /// `None` if it would be removed.
    records: Option<FileRecords>,
}

impl Draft {
    /// `below`: its path below the store, with `/`; `text`: its TOML, or `None` if it would be removed.
    pub fn new(path: PathBuf, below: String, text: Option<&str>, config: &Config) -> Draft {
        let file = Arc::new(StoreFile { path, below, fingerprint: find::FileFingerprint::default(), text: None });
        let records = text.map(|text| FileRecords::new(&file, read::of_text(&file, text, config)));
        Draft { file, records }
    }

    pub fn path(&self) -> &Path {
        &self.file.path
    }

    /// The first error in the file.
    pub fn error(&self) -> Option<&Diagnostic> {
        self.records.as_ref()?.diagnostics.iter().find(|diagnostic| diagnostic.is_error())
    }
}

impl Store {
    /// The store as it would be with drafts instead of the files at their paths.
    pub fn with_drafts(&self, drafts: Vec<Draft>) -> Store {
        let replaced: HashSet<&str> = drafts.iter().map(|draft| draft.file.below.as_str()).collect();
        let kept = self.files.iter().filter(|records| !replaced.contains(records.file.below.as_str()));
        let mut files: Vec<FileRecords> = kept.cloned().collect();
        files.extend(drafts.into_iter().filter_map(|draft| draft.records));
        files.sort_by(|one, other| one.file.below.cmp(&other.file.below));
        Store { files, diagnostics: self.diagnostics.clone(), other_files: self.other_files.clone() }
    }

    /// The store after changes. Only files that may have changed are read. The configuration must be the same.
    pub fn after(&self, changes: &Changes, config: &Config) -> Store {
        let root = &config.site.stories;
        let named = changes.files.difference(&changes.unfinished);
        let named: Vec<_> =
            named.filter_map(|path| Some((find::below(root, path)?, find::file(config, path)))).collect();
        // Only walking the whole tree reports a path that exists but is not a story file.
        let is_irregular = |path: &PathBuf| path.symlink_metadata().is_ok() && find::file(config, path).is_none();
        let must_walk = changes.anywhere || !self.diagnostics.is_empty() || changes.files.iter().any(is_irregular);
        let (unchanged, changed, diagnostics, other_files) = if must_walk {
            let StoreFiles { files, diagnostics, other_files } = find::files(config);
            let (unchanged, changed) = self.partition(files, changes);
            (unchanged, changed, diagnostics, other_files)
        } else {
            let (unchanged, changed) = self.replace(named);
            (unchanged, changed, Vec::new(), self.other_files.clone())
        };
        let borrowed: Vec<&StoreFile> = changed.iter().map(Arc::as_ref).collect();
        let read = read::all(&borrowed, config).into_iter();
        let read = read.map(|(index, records)| FileRecords::new(&changed[index], records));
        let mut files: Vec<FileRecords> = Vec::with_capacity(unchanged.len() + changed.len());
        let mut unchanged = unchanged.into_iter().peekable();
        for records in read {
            while let Some(before) = unchanged.next_if(|before| before.file.below < records.file.below) {
                files.push(before);
            }
            files.push(records);
        }
        files.extend(unchanged);
        Store { files, diagnostics, other_files }
    }

    /// Partitions all files of the tree into those whose indexes are still valid and those that must be read. Both are sorted.
    fn partition(&self, files: Vec<StoreFile>, changes: &Changes) -> (Vec<FileRecords>, Vec<Arc<StoreFile>>) {
        let (mut unchanged, mut changed) = (Vec::with_capacity(self.files.len()), Vec::new());
        let mut old = self.files.chunk_by(|one, other| Arc::ptr_eq(&one.file, &other.file)).peekable();
        for file in files {
            while old.next_if(|chunks| chunks[0].file.below < file.below).is_some() {}
            let chunks = old.next_if(|chunks| chunks[0].file.below == file.below);
            let is_unfinished = changes.unfinished.contains(&file.path);
            let is_same = |chunks: &&[FileRecords]| {
                chunks[0].file.fingerprint == file.fingerprint && !changes.files.contains(&file.path)
            };
            match chunks.filter(|chunks| is_unfinished || is_same(chunks)) {
                Some(chunks) => unchanged.extend_from_slice(chunks),
                None if is_unfinished => {}
                None => changed.push(Arc::new(file)),
            }
        }
        (unchanged, changed)
    }

    /// The same when only the named files may have changed; `None` stands for a file that no longer exists.
    fn replace(&self, mut named: Vec<(String, Option<StoreFile>)>) -> (Vec<FileRecords>, Vec<Arc<StoreFile>>) {
        named.sort_by(|one, other| one.0.cmp(&other.0));
        let mut unchanged = Vec::with_capacity(self.files.len());
        let mut next = 0;
        for (below, _) in &named {
            let start = self.files.partition_point(|records| records.file.below < *below);
            unchanged.extend_from_slice(&self.files[next..start]);
            next = self.files.partition_point(|records| records.file.below <= *below);
        }
        unchanged.extend_from_slice(&self.files[next..]);
        (unchanged, named.into_iter().filter_map(|(_, file)| file).map(Arc::new).collect())
    }

    /// The difference between this state of the store and a later one.
    pub fn difference(&self, later: &Store) -> Difference {
        let (old, new) = (&self.files, &later.files);
        let mut difference = Difference { moved: vec![None; old.len()], ..Difference::default() };
        let (mut at, mut to) = (0, 0);
        while at < old.len() || to < new.len() {
            if at < old.len() && to < new.len() && old[at].has_same_index(&new[to]) {
                difference.moved[at] = Some(FileId::new(to));
                (at, to) = (at + 1, to + 1);
            } else if to == new.len() || (at < old.len() && old[at].file.below <= new[to].file.below) {
                difference.removed.push(FileId::new(at));
                at += 1;
            } else {
                difference.added.push(FileId::new(to));
                to += 1;
            }
        }
        difference
    }

    /// A hash of the fingerprints of all files on disk, if they are not those that were read. Files that are being written are
    /// ignored.
    pub fn differs_on_disk(&self, config: &Config, unfinished: &BTreeSet<PathBuf>) -> Option<u64> {
        let StoreFiles { files, diagnostics, .. } = find::files(config);
        let mut read: Vec<&StoreFile> = self.files.iter().map(|records| &*records.file).collect();
        read.dedup_by_key(|file| &file.below);
        let hash = |files: &[&StoreFile]| {
            let mut hasher = DefaultHasher::new();
            let finished = files.iter().filter(|file| !unfinished.contains(&file.path));
            finished.for_each(|file| (&file.below, file.fingerprint).hash(&mut hasher));
            hasher.finish()
        };
        let on_disk = hash(&files.iter().collect::<Vec<_>>());
        (on_disk != hash(&read) || diagnostics != self.diagnostics).then_some(on_disk)
    }
}
