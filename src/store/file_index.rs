//! A file index: of each story in a file the few dozen bytes that ordering and planning need.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed, xxh3_128};

use super::raw::RawEnclosure;
use super::story::{Story, Translation};
use crate::config::{LanguageIndex, TopicIndex};
use crate::diagnostics::Diagnostic;
use crate::markup::Content;
use crate::model::{Text, Timestamp, medium_of};

/// The index of a file, or of a chunk of a large JSONL file.
#[derive(Debug, Default)]
pub struct FileIndex {
    pub records: Vec<Record>,
    /// The entries of the records, consecutive.
    pub entries: Vec<EntryMeta>,
    /// The ids of the records, concatenated.
    ids: String,
    /// The topics of the records, consecutive.
    topics: Vec<TopicIndex>,
    /// The hashes of guids, by the index of their entry.
    pub guids: Vec<(u32, u128)>,
    /// Whether a guid is a tag URI, as the ids are that this site mints.
    pub has_own_tag_uri: bool,
    pub diagnostics: Vec<Diagnostic>,
    /// Cached texts of records, by offset.
    pub texts: Mutex<BTreeMap<u64, Arc<[u8]>>>,
    /// The number of lines. Until all chunks of a file are read, diagnostics count lines from the start of their chunk.
    pub(super) lines: usize,
}

/// A record: the span of its text, and the ranges of what the index has of it.
#[derive(Debug)]
pub struct Record {
    /// The offset of its text in the file.
    pub offset: u64,
    pub length: u32,
    /// Its index among the stories of its file. Only TOML uses it, because there the whole file has to be parsed.
    pub index: u32,
    /// A hash of its text.
    pub hash: u64,
    id: (u32, u8),
    /// `None`: the record names no topics.
    topics: Option<(u32, u16)>,
    entries: (u32, u16),
}

/// The metadata of an entry.
#[derive(Debug, Clone, Copy)]
pub struct EntryMeta {
    pub published: Timestamp,
    pub updated: Timestamp,
    pub expires: Timestamp,
    pub withdrawn: Timestamp,
    /// A hash of title, summary and body, which recognizes a text whose id has changed.
    pub text_hash: u64,
    /// A hash of the story's id and of the whole record.
    pub record_hash: u64,
    pub language: LanguageIndex,
    pub draft: bool,
    /// Whether it has a title; a withdrawn entry may have none.
    pub has_text: bool,
    pub has_link: bool,
    /// Whether something can be listened to.
    pub has_audio: bool,
}

/// The span of a record's text in its file.
#[derive(Debug, Clone, Copy)]
pub struct RecordSpan {
    pub offset: u64,
    pub length: usize,
    pub index: u32,
    pub hash: u64,
}

/// The lengths of an index, to roll back to.
#[derive(Debug, Clone, Copy)]
pub struct Checkpoint {
    records: usize,
    entries: usize,
    ids: usize,
    topics: usize,
    guids: usize,
}

impl Record {
    /// The range of its entries in the index.
    pub fn entries(&self) -> Range<usize> {
        let (start, count) = self.entries;
        start as usize..start as usize + usize::from(count)
    }
}

impl FileIndex {
    pub fn id(&self, record: &Record) -> &str {
        let (start, length) = record.id;
        &self.ids[start as usize..start as usize + usize::from(length)]
    }

    pub fn topics(&self, record: &Record) -> Option<&[TopicIndex]> {
        record.topics.map(|(start, count)| &self.topics[start as usize..start as usize + usize::from(count)])
    }

    /// Adds a record.
    pub(super) fn push(&mut self, story: &Story<'_>, span: &RecordSpan) {
        let first = self.entries.len() as u32;
        let record_hash = xxh3_64_with_seed(story.id.as_bytes(), span.hash);
        for translation in &story.translations {
            if let Some(guid) = translation.guid {
                self.has_own_tag_uri |= guid.starts_with("tag:");
                self.guids.push((self.entries.len() as u32, guid_hash(guid)));
            }
            self.entries.push(EntryMeta::of(translation, record_hash));
        }
        let topics = story.topics.as_ref().map(|topics| {
            let start = self.topics.len() as u32;
            self.topics.extend(topics);
            (start, topics.len() as u16)
        });
        let id = (self.ids.len() as u32, story.id.len() as u8);
        self.ids.push_str(story.id);
        self.records.push(Record {
            offset: span.offset,
            length: span.length as u32,
            index: span.index,
            hash: span.hash,
            id,
            topics,
            entries: (first, story.translations.len() as u16),
        });
    }

    pub(super) fn checkpoint(&self) -> Checkpoint {
        Checkpoint {
            records: self.records.len(),
            entries: self.entries.len(),
            ids: self.ids.len(),
            topics: self.topics.len(),
            guids: self.guids.len(),
        }
    }

    /// Removes the records that were added after a checkpoint.
    pub(super) fn rollback(&mut self, checkpoint: Checkpoint) {
        self.records.truncate(checkpoint.records);
        self.entries.truncate(checkpoint.entries);
        self.ids.truncate(checkpoint.ids);
        self.topics.truncate(checkpoint.topics);
        self.guids.truncate(checkpoint.guids);
    }

    /// Frees unused capacity, because the index lives as long as the store.
    pub(super) fn shrink(mut self) -> Self {
        self.records.shrink_to_fit();
        self.entries.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.topics.shrink_to_fit();
        self
    }
}

impl EntryMeta {
    fn of(translation: &Translation<'_>, record_hash: u64) -> Self {
        EntryMeta {
            published: translation.published,
            updated: translation.updated,
            expires: translation.expires.unwrap_or(Timestamp::NEVER),
            withdrawn: translation.withdrawn.map_or(Timestamp::NEVER, |withdrawn| withdrawn.on),
            text_hash: text_hash(translation),
            record_hash,
            language: translation.language,
            draft: translation.draft,
            has_text: translation.title.is_some(),
            has_link: translation.link.is_some(),
            has_audio: translation.enclosures.iter().any(|enclosure| is_audio(enclosure)),
        }
    }
}

fn is_audio(enclosure: &RawEnclosure<'_>) -> bool {
    let path = enclosure.url.as_ref().map_or("", |url| url.0.split(['?', '#']).next().unwrap_or_default());
    medium_of(enclosure.media_type_at(path)) == Some("audio")
}

/// The hash of a guid as it is published: trimmed, without characters that XML forbids.
pub fn guid_hash(guid: &str) -> u128 {
    let guid = Text::guid(guid).map_or(String::new(), |guid| guid.to_string());
    xxh3_128(guid.as_bytes())
}

fn text_hash(translation: &Translation<'_>) -> u64 {
    let mut hasher = Xxh3::new();
    let content = translation.content.map(|content| match content {
        Content::Markdown(text) | Content::Html(text) | Content::Text(text) => text,
    });
    for text in [translation.title, translation.summary, content] {
        hasher.update(text.unwrap_or_default().as_bytes());
        hasher.update(&[0xFF]);
    }
    if translation.summary.is_none() && content.is_none() {
        // A title alone is often the same every year.
        hasher.update(&translation.published.0.to_le_bytes());
    }
    hasher.digest()
}
