//! The store: finding and reading stories, with the location of every value.
//!
//! Owns: the directory tree of `.toml`, `.json` and `.jsonl` files, what a record means, and reading its text again.
//! Never touches: how stories are ordered, grouped or published.

mod body;
mod fields;
mod file_index;
mod file_records;
mod find;
mod id;
mod lookup;
mod raw;
mod read;
mod story;
mod story_record;
mod text_lint;
mod update;

pub use body::{body, gallery};
pub use fields::{parse_duration, write_duration};
pub use file_index::{EntryMeta, Record, guid_hash};
pub use file_records::FileRecords;
pub use find::{FileFingerprint, is_hidden, is_story_path};
pub use id::{FileId, MetaId, RecordId};
pub use lookup::{StoredTranslation, StoryLookup};
pub use raw::{RawEnclosure, RawPerson, Str};
pub use read::record_errors;
pub use story::{Image, Translation, id_error, page};
pub use story_record::StoryRecord;
pub use text_lint::WrongLanguage;
pub use update::{Changes, Difference, Draft};

use crate::config::{Config, TopicIndex};
use crate::diagnostics::{Diagnostic, Location};
use crate::source::Step;

/// The indexes of all story files. Texts are read again when they are rendered.
#[derive(Debug, Default)]
pub struct Store {
    /// Sorted by path.
    files: Vec<FileRecords>,
    /// Diagnostics of the directory tree; those of a file are in its index.
    diagnostics: Vec<Diagnostic>,
    /// Warnings of files that are not read.
    other_files: Vec<Diagnostic>,
}

impl Store {
    /// Reads every story.
    pub fn load(config: &Config) -> Store {
        Store::default().after(&Changes { anywhere: true, ..Changes::default() }, config)
    }

    /// Whether it has no file, and none that should be one.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.diagnostics.is_empty()
    }

    /// The records of a file.
    pub fn file(&self, id: FileId) -> &FileRecords {
        &self.files[id.index()]
    }

    /// The ids of the records of a file.
    pub fn records_of(&self, id: FileId) -> impl Iterator<Item = RecordId> + use<> {
        (0..self.file(id).records.len() as u32).map(move |index| RecordId { file: id, index })
    }

    /// The ids of all records, by file.
    pub fn record_ids(&self) -> impl Iterator<Item = RecordId> {
        (0..self.files.len()).map(FileId::new).flat_map(|file| self.records_of(file))
    }

    /// A record.
    pub fn record(&self, id: RecordId) -> &Record {
        &self.file(id.file).records[id.index as usize]
    }

    /// The id of a record's story.
    pub fn story_id(&self, id: RecordId) -> &str {
        let file = self.file(id.file);
        file.id(&file.records[id.index as usize])
    }

    /// The topics of a record, sorted; `None` if it names none.
    pub fn topics(&self, id: RecordId) -> Option<&[TopicIndex]> {
        let file = self.file(id.file);
        file.topics(&file.records[id.index as usize])
    }

    /// The metadata of an entry.
    pub fn meta(&self, id: MetaId) -> &EntryMeta {
        &self.file(id.file).entries[id.index as usize]
    }

    /// The record that holds an entry.
    pub fn record_of(&self, id: MetaId) -> RecordId {
        let records = &self.file(id.file).records;
        let index = records.partition_point(|record| record.entries().end <= id.index as usize);
        RecordId { file: id.file, index: index as u32 }
    }

    /// The hash of an entry's own guid, if it has one.
    pub fn guid_hash(&self, id: MetaId) -> Option<u128> {
        let guids = &self.file(id.file).guids;
        guids.binary_search_by_key(&id.index, |(index, _)| *index).ok().map(|at| guids[at].1)
    }

    /// The hashes of all guids.
    pub fn guid_hashes(&self) -> impl Iterator<Item = (MetaId, u128)> {
        let files = self.files.iter().enumerate().filter(|(_, file)| file.has_guids());
        files.flat_map(|(file, records)| {
            let file = FileId::new(file);
            records.guids.iter().map(move |(index, guid)| (MetaId { file, index: *index }, *guid))
        })
    }

    /// Whether a guid is a tag URI, so that it could equal one that is minted for another entry.
    pub fn has_own_tag_uri(&self) -> bool {
        self.files.iter().any(|file| file.has_guids() && file.has_own_tag_uri)
    }

    /// The location of a value in a record.
    pub fn location(&self, id: RecordId, path: &[Step]) -> Location {
        self.file(id.file).location(self.record(id), path)
    }

    /// The location of the body of a record in a language.
    pub fn body_location(&self, id: RecordId, language: &str) -> Location {
        self.file(id.file).body_location(self.record(id), language)
    }

    /// The key of the nth translation of a record as it is written; `None` for a flat record.
    pub fn translation_key(&self, id: RecordId, nth: usize) -> Option<String> {
        self.file(id.file).translation_key(self.record(id), nth)
    }

    /// All diagnostics of the store.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let of_files = self.files.iter().filter(|file| file.has_diagnostics()).flat_map(|file| &file.diagnostics);
        self.diagnostics.iter().chain(&self.other_files).chain(of_files).cloned().collect()
    }
}
