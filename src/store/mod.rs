//! The store: finding and reading stories, with the place of every value.
//!
//! Owns: the directory tree of `.toml`, `.json` and `.jsonl` files, what a record means, and reading its text again.
//! Never touches: how stories are ordered, joined or published.

mod body;
mod find;
mod raw;
mod scan;
mod story;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub use body::body;
use find::Found;
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
    files: Vec<Found>,
    /// In the order of the files.
    pub scans: Vec<Scan>,
}

impl Store {
    /// Reads every story, and returns what could be read, with every problem.
    pub fn load(config: &Config) -> (Store, Vec<Problem>) {
        let (files, mut problems) = find::files(&config.site.stories);
        let mut scans = scan::all(&files, config);
        problems.extend(scans.iter_mut().flat_map(|scan| std::mem::take(&mut scan.problems)));
        (Store { files, scans }, problems)
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
