//! The catalog: all entries of the store in publication order, grouped into stories.
//!
//! Owns: unique ids and guids, merging records with the same id into one story, order, and which entries are translations of
//! each other.
//! Never touches: files, except to locate a conflict.

mod build;
mod conflicts;
mod update;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::config::{LanguageIndex, TopicIndex};
use crate::store::{EntryMeta, FileId, MetaId, RecordId, Store};

/// An entry: its index in publication order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u32);

impl EntryId {
    /// The entry at an index in publication order.
    pub fn new(index: usize) -> EntryId {
        EntryId(index as u32)
    }

    /// Its index in publication order.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// All entries. It holds indexes into a [`Store`], so callers keep both.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Newest first; equal dates by story id, then in the configured order of languages.
    entries: Vec<EntryRow>,
    /// The metadata of `entries`. A copy, because planning scans all of it and the store has it in another order.
    meta: Vec<EntryMeta>,
    stories: Vec<StoryEntries>,
    /// The entries of each story, consecutive, in the configured order of languages.
    by_story: Vec<EntryId>,
    /// The topics of each story, consecutive.
    topics: Vec<TopicIndex>,
    /// Indexes of `stories` by lower-case id, because ids that differ in case alone are an error.
    ids: HashTable<u32>,
    /// Free indexes of `stories`.
    free: Vec<u32>,
    /// Whether the store has no conflicts.
    is_sound: bool,
}

/// Where the record and the metadata of an entry are in the store, and the index of its story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct EntryRow {
    file: FileId,
    record: u32,
    meta: u32,
    story: u32,
}

impl EntryRow {
    fn new(record: RecordId, meta: usize, story: u32) -> EntryRow {
        EntryRow { file: record.file, record: record.index, meta: meta as u32, story }
    }

    fn record_id(&self) -> RecordId {
        RecordId { file: self.file, index: self.record }
    }

    fn meta_id(&self) -> MetaId {
        MetaId { file: self.file, index: self.meta }
    }
}

/// A story: where its id, topics and entries are.
#[derive(Debug, Clone, Copy, Default)]
struct StoryEntries {
    /// A record with its id.
    record: RecordId,
    /// A record with its topics.
    topics_record: Option<RecordId>,
    /// The start of its entries in `by_story`.
    first: u32,
    /// The start and the number of its topics in `topics`.
    topics: (u32, u16),
}

impl Catalog {
    /// The number of entries, visible or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// All entries in publication order.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = EntryId> + Clone + use<> {
        (0..self.entries.len()).map(EntryId::new)
    }

    /// The number of stories.
    pub fn story_count(&self) -> usize {
        self.stories.len() - self.free.len()
    }

    /// The metadata of an entry.
    pub fn meta(&self, entry: EntryId) -> &EntryMeta {
        &self.meta[entry.index()]
    }

    /// The record that has an entry's text.
    pub fn record_id(&self, entry: EntryId) -> RecordId {
        self.entries[entry.index()].record_id()
    }

    /// The id of an entry's story.
    pub fn story_id<'s>(&self, store: &'s Store, entry: EntryId) -> &'s str {
        store.story_id(self.record_id(entry))
    }

    /// The hash of an entry's own guid, if it has one.
    pub fn guid_hash(&self, store: &Store, entry: EntryId) -> Option<u128> {
        store.guid_hash(self.entries[entry.index()].meta_id())
    }

    /// The entry of a story in a language, visible or not.
    pub fn find(&self, store: &Store, id: &str, language: LanguageIndex) -> Option<EntryId> {
        let id_of = |story: &u32| store.story_id(self.stories[*story as usize].record);
        let story = self.ids.find(case_insensitive_hash(id), |story| id_of(story) == id)?;
        self.entries_of(*story).iter().copied().find(|entry| self.meta(*entry).language == language)
    }

    /// The topics of an entry's story, sorted.
    pub fn topics(&self, entry: EntryId) -> &[TopicIndex] {
        let (start, count) = self.stories[self.entries[entry.index()].story as usize].topics;
        &self.topics[start as usize..start as usize + usize::from(count)]
    }

    /// All entries of an entry's story, including itself, in the configured order of languages.
    pub fn translations(&self, entry: EntryId) -> &[EntryId] {
        self.entries_of(self.entries[entry.index()].story)
    }

    fn entries_of(&self, story: u32) -> &[EntryId] {
        let story = story as usize;
        let end = self.stories.get(story + 1).map_or(self.by_story.len(), |next| next.first as usize);
        &self.by_story[self.stories[story].first as usize..end]
    }
}

/// A hash that is equal for ids that differ in case alone.
fn case_insensitive_hash(id: &str) -> u64 {
    if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        xxh3_64(id.to_ascii_lowercase().as_bytes())
    } else {
        xxh3_64(id.as_bytes())
    }
}
