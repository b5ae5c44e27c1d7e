//! The store: finding and reading stories, with the place of every value.
//!
//! Owns: the directory tree of `.toml`, `.json` and `.jsonl` files, what a record means, and reading its text again.
//! Never touches: how stories are ordered, joined or published.

mod body;
mod find;
mod raw;
mod scan;
mod story;

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use body::body;
use find::Found;
pub use find::{Stamp, can_be_story};
use raw::RawRecord;
pub use raw::{RawEnclosure, RawPerson};
pub use scan::{Fact, Record, Scan};
pub use story::{Story, Translation, page};

use crate::config::Config;
use crate::diagnostics::{Place, Problem};
use crate::source::{Careful, Step, Syntax, decode, fast, scrub};

/// All that was kept of the store.
#[derive(Debug, Default)]
pub struct Store {
    /// Sorted by their paths.
    files: Vec<Found>,
    /// In the order of the files.
    pub scans: Vec<Part>,
    /// What stood in the way of finding files.
    problems: Vec<Problem>,
}

/// What was kept of a file, or of a part of one, shared by every state of the store in which it is the same.
#[derive(Debug, Clone)]
pub struct Part {
    /// The index of the file.
    pub file: u32,
    scan: Arc<Scan>,
}

impl Deref for Part {
    type Target = Scan;

    fn deref(&self) -> &Scan {
        &self.scan
    }
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

impl Store {
    /// Reads every story.
    pub fn load(config: &Config) -> Store {
        Store::default().after(&Changes { anywhere: true, ..Changes::default() }, config)
    }

    /// The store as it is after changes, of which only what may be another than before is read. The configuration is the same.
    pub fn after(&self, changes: &Changes, config: &Config) -> Store {
        let (mut files, problems) = match changes.anywhere {
            true => find::files(&config.site.stories),
            false => (self.found_after(changes, &config.site.stories), self.problems.clone()),
        };
        files.retain(|file| !changes.unfinished.contains(&file.path) || self.index(&file.below).is_some());
        for file in files.iter_mut().filter(|file| changes.unfinished.contains(&file.path)) {
            if let Some(index) = self.index(&file.below) {
                file.clone_from(&self.files[index]);
            }
        }
        let same = |file: &Found| {
            let index = self.index(&file.below)?;
            let is_same = self.files[index].stamp == file.stamp && !changes.files.contains(&file.path);
            is_same.then_some(index)
        };
        let same: Vec<Option<usize>> = files.iter().map(same).collect();
        let fresh: Vec<&Found> =
            files.iter().zip(&same).filter(|(_, same)| same.is_none()).map(|(file, _)| file).collect();
        let mut read = scan::all(&fresh, config).into_iter().peekable();
        let mut scans = Vec::with_capacity(self.scans.len() + read.len());
        let mut next = 0;
        for (file, same) in same.into_iter().enumerate() {
            let file = file as u32;
            match same {
                Some(index) => scans.extend(self.parts(index).iter().map(|part| Part { file, ..part.clone() })),
                None => {
                    while let Some((_, scan)) = read.next_if(|(index, _)| *index == next) {
                        scans.push(Part { file, scan: Arc::new(scan) });
                    }
                    next += 1;
                }
            }
        }
        Store { files, scans, problems }
    }

    /// The files after changes to some of them.
    fn found_after(&self, changes: &Changes, root: &Path) -> Vec<Found> {
        let changed = &changes.files;
        let mut files: Vec<Found> = self.files.iter().filter(|file| !changed.contains(&file.path)).cloned().collect();
        files.extend(changed.iter().filter_map(|path| find::file(root, path)));
        files.sort_by(|one, other| one.below.cmp(&other.below));
        files
    }

    /// What the files are by their looks, where they are not those that were read; those being written aside.
    pub fn differs_on_disk(&self, root: &Path, unfinished: &BTreeSet<PathBuf>) -> Option<u64> {
        let (files, problems) = find::files(root);
        let look = |files: &[Found]| {
            let mut hasher = std::hash::DefaultHasher::new();
            let finished = files.iter().filter(|file| !unfinished.contains(&file.path));
            finished.for_each(|file| (&file.below, file.stamp).hash(&mut hasher));
            hasher.finish()
        };
        let now = look(&files);
        (now != look(&self.files) || problems != self.problems).then_some(now)
    }

    fn index(&self, below: &str) -> Option<usize> {
        self.files.binary_search_by(|file| file.below.as_str().cmp(below)).ok()
    }

    fn parts(&self, file: usize) -> &[Part] {
        let start = self.scans.partition_point(|part| (part.file as usize) < file);
        let end = self.scans.partition_point(|part| (part.file as usize) <= file);
        &self.scans[start..end]
    }

    /// Every problem in it.
    pub fn problems(&self) -> Vec<Problem> {
        let read = self.scans.iter().flat_map(|part| &part.problems);
        self.problems.iter().chain(read).cloned().collect()
    }

    /// Reads the texts of some records of one file again, and hands each story to `each` with its index among them.
    ///
    /// # Errors
    /// The file cannot be read, or has changed since it was first read.
    pub fn read_again<T>(
        &self,
        file: u32,
        records: &[&Record],
        config: &Config,
        mut each: impl FnMut(usize, &Story<'_>) -> T,
    ) -> Result<Vec<T>, Problem> {
        let found = &self.files[file as usize];
        let machine = |error: std::io::Error| Problem::machine(&found.path, "read this file again", &error);
        let changed = || {
            Problem::error(Place::file(found.path.display().to_string()), "this file changed while it was being read")
                .help("run the command again")
        };
        let mut source = File::open(&found.path).map_err(machine)?;
        let syntax = syntax(found);
        let id = found.below.rsplit_once('.').map(|(stem, _)| stem);
        let mut out = Vec::with_capacity(records.len());
        let mut bytes = Vec::new();
        let mut is_read = None;
        for (index, record) in records.iter().enumerate() {
            let spot = (record.offset, record.length);
            if is_read != Some(spot) {
                bytes.resize(record.length as usize, 0);
                source.seek(SeekFrom::Start(record.offset)).map_err(machine)?;
                source.read_exact(&mut bytes).map_err(|_| changed())?;
                is_read = Some(spot);
            }
            let seed = if syntax == Syntax::Toml { u64::from(record.index) } else { 0 };
            if xxh3_64_with_seed(&bytes, seed) != record.hash {
                return Err(changed());
            }
            let text = decode(&bytes).map_err(|_| changed())?;
            let one = with_record(text, syntax, |raw| {
                let several = raw.stories.as_deref();
                let (raw, id) =
                    several.and_then(|all| all.get(record.index as usize)).map_or((raw, id), |raw| (&**raw, None));
                story::read(raw, id, config).0.map(|story| each(index, &story))
            });
            out.push(one.ok_or_else(changed)?);
        }
        Ok(out)
    }

    /// The place of a value of a record, read again for a problem that shows only beside other records.
    pub fn place(&self, file: u32, record: &Record, path: &[Step]) -> Place {
        let shown = self.files[file as usize].path.display().to_string();
        let found = self.careful(file, record, |careful, lead, root, text| {
            let span = careful.span(&[root, path].concat());
            Place::in_text(shown.clone(), text, span.start + lead..span.end + lead)
        });
        found.unwrap_or_else(|| Place::file(shown))
    }

    /// The key of the nth translation of a record, as it was written; `None` where the record is flat.
    pub fn translation_key(&self, file: u32, record: &Record, nth: usize) -> Option<String> {
        self.careful(file, record, |careful, _, root, _| {
            careful.key(&[root, &[Step::Key("translations".to_owned())]].concat(), nth)
        })?
    }

    /// Reads a record with the place of every value: those places, where its text begins, the path to it, the whole text.
    fn careful<T>(
        &self,
        file: u32,
        record: &Record,
        then: impl FnOnce(&Careful, usize, &[Step], &str) -> T,
    ) -> Option<T> {
        let found = &self.files[file as usize];
        let bytes = std::fs::read(&found.path).ok()?;
        let text = decode(&bytes).ok()?;
        let syntax = syntax(found);
        let is_toml = syntax == Syntax::Toml;
        let lead = if is_toml { 0 } else { (record.offset as usize).checked_sub(bytes.len() - text.len())? };
        let length = if is_toml { text.len() } else { record.length as usize };
        let careful = Careful::parse(text.get(lead..lead + length)?, syntax);
        let stories = [Step::Key("stories".to_owned()), Step::Index(record.index as usize)];
        let root = if careful.has(&[], "stories") { &stories[..] } else { &[] };
        Some(then(&careful, lead, root, text))
    }
}

fn syntax(file: &Found) -> Syntax {
    if file.below.ends_with(".toml") { Syntax::Toml } else { Syntax::Json }
}

/// Reads a text as a record, the quick way or the careful one.
fn with_record<T>(text: &str, syntax: Syntax, then: impl FnOnce(&RawRecord<'_>) -> Option<T>) -> Option<T> {
    if let Some(raw) = fast::<RawRecord<'_>>(text, syntax) {
        return then(&raw);
    }
    let (text, _) = scrub(text, syntax);
    let mut careful = Careful::parse(&text, syntax);
    careful.fit(|node| RawRecord::deserialize(node).map(drop));
    careful.value::<RawRecord<'_>>().and_then(|raw| then(&raw))
}
