//! The records of a file: its index, and reading the text of a record again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Deref;
use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::file_index::{FileIndex, Record};
use super::find::StoreFile;
use super::raw::RawRecord;
use super::story::{self, Story};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::source::{SpannedDocument, Step, Syntax, decode, parse_fast, strip_control_characters};

/// The index of a file, or of a chunk of one, shared by all states of the store in which the file is unchanged.
#[derive(Debug, Clone)]
pub struct FileRecords {
    pub(super) file: Arc<StoreFile>,
    index: Arc<FileIndex>,
    /// Copied from the index, so that scanning all files does not follow a pointer into each.
    has_diagnostics: bool,
    has_guids: bool,
}

impl Deref for FileRecords {
    type Target = FileIndex;

    fn deref(&self) -> &FileIndex {
        &self.index
    }
}

/// The keys of a body, of which a translation has one.
const BODY_KEYS: [&str; 3] = ["content_html", "content_markdown", "content_text"];

impl FileRecords {
    pub(super) fn new(file: &Arc<StoreFile>, index: FileIndex) -> FileRecords {
        FileRecords {
            file: Arc::clone(file),
            has_diagnostics: !index.diagnostics.is_empty(),
            has_guids: !index.guids.is_empty(),
            index: Arc::new(index),
        }
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.file.path
    }

    pub(super) fn has_same_index(&self, other: &FileRecords) -> bool {
        Arc::ptr_eq(&self.index, &other.index)
    }

    pub(super) fn has_diagnostics(&self) -> bool {
        self.has_diagnostics
    }

    pub(super) fn has_guids(&self) -> bool {
        self.has_guids
    }

    /// Reads the texts of some records again, and passes each story to `each` with its index among them. With `cache` the texts
    /// are cached, so that they remain readable when the file is removed or half-written.
    ///
    /// # Errors
    /// The file cannot be read, or has changed since it was first read.
    pub fn read_again<T>(
        &self,
        records: &[&Record],
        config: &Config,
        cache: bool,
        mut each: impl FnMut(usize, &Story<'_>) -> T,
    ) -> Result<Vec<T>, Diagnostic> {
        let syntax = self.file.syntax();
        let default_id = self.file.default_id();
        let mut out = Vec::with_capacity(records.len());
        let mut source = None;
        let mut bytes: Arc<[u8]> = Arc::default();
        let mut offset = None;
        for (index, record) in records.iter().enumerate() {
            if offset != Some(record.offset) {
                bytes = self.text(record, &mut source)?;
                offset = Some(record.offset);
                if cache {
                    self.texts().insert(record.offset, Arc::clone(&bytes));
                }
            }
            let text = decode(&bytes).map_err(|_| self.changed())?;
            let result = with_record(text, syntax, |raw| {
                let nth = raw.stories.as_deref().and_then(|stories| stories.get(record.index as usize));
                let (raw, id) = nth.map_or((raw, default_id), |raw| (&**raw, None));
                story::read(raw, id, config).0.map(|story| each(index, &story))
            });
            out.push(result.ok_or_else(|| self.changed())?);
        }
        Ok(out)
    }

    /// The text of a record, from the cache or from the file, which is opened once.
    fn text(&self, record: &Record, source: &mut Option<File>) -> Result<Arc<[u8]>, Diagnostic> {
        if let Some(text) = self.texts().get(&record.offset) {
            return Ok(Arc::clone(text));
        }
        if let Some(text) = &self.file.text {
            let start = record.offset as usize;
            let bytes = text.as_bytes().get(start..start + record.length as usize);
            return bytes.map(Arc::from).ok_or_else(|| self.changed());
        }
        let machine = |error: std::io::Error| Diagnostic::machine(&self.file.path, "read this file again", &error);
        let source = match source {
            Some(source) => source,
            None => source.insert(File::open(&self.file.path).map_err(machine)?),
        };
        let mut bytes = vec![0; record.length as usize];
        source.seek(SeekFrom::Start(record.offset)).map_err(machine)?;
        source.read_exact(&mut bytes).map_err(|_| self.changed())?;
        let seed = if self.file.syntax() == Syntax::Toml { u64::from(record.index) } else { 0 };
        if xxh3_64_with_seed(&bytes, seed) != record.hash {
            return Err(self.changed());
        }
        Ok(bytes.into())
    }

    fn texts(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<[u8]>>> {
        self.index.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) -> Diagnostic {
        let location = Location::file(self.file.path.display().to_string());
        Diagnostic::error(location, "this file changed while it was being read").help("run the command again")
    }

    /// The location of a value in a record. Reads the file again, because indexes have no locations.
    pub fn location(&self, record: &Record, path: &[Step]) -> Location {
        let shown = self.file.path.display().to_string();
        let location = self.with_spans(record, |document, lead, root, text| {
            let span = document.span(&[root, path].concat());
            Location::in_text(shown.clone(), text, span.start + lead..span.end + lead)
        });
        location.unwrap_or_else(|| Location::file(shown))
    }

    /// Whether a record has a value at a path.
    pub fn has(&self, record: &Record, path: &[Step]) -> bool {
        let Some((Step::Key(key), table)) = path.split_last() else { return false };
        self.with_spans(record, |document, _, root, _| document.has(&[root, table].concat(), key)).unwrap_or(false)
    }

    /// The location of the body of a record in a language: the translation's own, else the story's.
    pub fn body_location(&self, record: &Record, language: &str) -> Location {
        let translations = Step::Key("translations".to_owned());
        let path = self.with_spans(record, |document, _, root, _| {
            let all = [root, std::slice::from_ref(&translations)].concat();
            let mut keys = (0..).map_while(|nth| document.key(&all, nth));
            let own = keys.find(|key| key.eq_ignore_ascii_case(language));
            let own = own.map(|key| vec![translations.clone(), Step::Key(key)]);
            let tables = own.into_iter().chain([Vec::new()]);
            let mut bodies = tables.flat_map(|table| BODY_KEYS.map(|key| (table.clone(), key)));
            let (table, key) = bodies.find(|(table, key)| document.has(&[root, table].concat(), key))?;
            Some([table, vec![Step::Key(key.to_owned())]].concat())
        });
        self.location(record, &path.flatten().unwrap_or_default())
    }

    /// The key of the nth translation of a record as it is written; `None` for a flat record.
    pub fn translation_key(&self, record: &Record, nth: usize) -> Option<String> {
        self.with_spans(record, |document, _, root, _| {
            document.key(&[root, &[Step::Key("translations".to_owned())]].concat(), nth)
        })?
    }

    /// Reads a record with the location of every value, and passes on the document, its offset in the file's text, the path of
    /// the record in the document, and the file's text.
    fn with_spans<T>(
        &self,
        record: &Record,
        then: impl FnOnce(&SpannedDocument, usize, &[Step], &str) -> T,
    ) -> Option<T> {
        let bytes = match &self.file.text {
            Some(text) => text.as_bytes().to_vec(),
            None => std::fs::read(&self.file.path).ok()?,
        };
        let text = decode(&bytes).ok()?;
        let syntax = self.file.syntax();
        let is_toml = syntax == Syntax::Toml;
        let lead = if is_toml { 0 } else { (record.offset as usize).checked_sub(bytes.len() - text.len())? };
        let length = if is_toml { text.len() } else { record.length as usize };
        let document = SpannedDocument::parse(text.get(lead..lead + length)?, syntax);
        let nth_story = [Step::Key("stories".to_owned()), Step::Index(record.index as usize)];
        let root = if document.has(&[], "stories") { &nth_story[..] } else { &[] };
        Some(then(&document, lead, root, text))
    }
}

/// Parses a text as a record: fast, or where that fails, with spans and without what is invalid.
fn with_record<T>(text: &str, syntax: Syntax, then: impl FnOnce(&RawRecord<'_>) -> Option<T>) -> Option<T> {
    if let Some(raw) = parse_fast::<RawRecord<'_>>(text, syntax) {
        return then(&raw);
    }
    let (text, _) = strip_control_characters(text, syntax);
    let mut document = SpannedDocument::parse(&text, syntax);
    document.prune_invalid(|node| RawRecord::deserialize(node).map(drop));
    document.value::<RawRecord<'_>>().and_then(|raw| then(&raw))
}
