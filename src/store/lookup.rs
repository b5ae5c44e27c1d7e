//! Looks up stories by id and by guid, for the importer.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::{MetaId, RecordId, Store, Translation, guid_hash};
use crate::config::Config;

/// An index of the records by id, ignoring case, and of the guids.
#[derive(Debug)]
pub struct StoryLookup<'s> {
    store: &'s Store,
    config: &'s Config,
    records: HashMap<String, Vec<RecordId>>,
    guids: HashMap<u128, MetaId>,
}

/// A translation of a story in the store.
#[derive(Debug)]
pub struct StoredTranslation<'t> {
    pub language: &'t str,
    /// Its day in the time zone of the site.
    pub day: NaiveDate,
    pub translation: &'t Translation<'t>,
}

impl Store {
    /// Indexes all records.
    pub fn lookup<'s>(&'s self, config: &'s Config) -> StoryLookup<'s> {
        let mut records: HashMap<String, Vec<RecordId>> = HashMap::new();
        for record in self.record_ids() {
            records.entry(self.story_id(record).to_ascii_lowercase()).or_default().push(record);
        }
        let guids = self.guid_hashes().map(|(meta, hash)| (hash, meta)).collect();
        StoryLookup { store: self, config, records, guids }
    }
}

impl<'s> StoryLookup<'s> {
    fn records(&self, id: &str) -> &[RecordId] {
        self.records.get(&id.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The file that has a story.
    pub fn file_of(&self, id: &str) -> Option<PathBuf> {
        self.records(id).first().map(|record| self.store.file(record.file).path().to_owned())
    }

    /// Whether a story has an id, in the same case.
    pub fn has_id(&self, id: &str) -> bool {
        self.records(id).iter().any(|record| self.store.story_id(*record) == id)
    }

    /// The id of the story that has a guid.
    pub fn story_with_guid(&self, guid: &str) -> Option<&'s str> {
        let meta = self.guids.get(&guid_hash(guid))?;
        Some(self.store.story_id(self.store.record_of(*meta)))
    }

    /// Whether a story has a translation that matches.
    pub fn any_translation(&self, id: &str, is_match: impl Fn(StoredTranslation<'_>) -> bool) -> bool {
        self.records(id).iter().any(|id| {
            let record = self.store.record(*id);
            let matches = self.store.file(id.file).read_again(&[record], self.config, false, |_, story| {
                story.translations.iter().any(|translation| {
                    let day = self.config.site.zone.moment(translation.published).date_time().date_naive();
                    let language = self.config.languages[usize::from(translation.language)].language.as_str();
                    is_match(StoredTranslation { language, day, translation })
                })
            });
            matches.is_ok_and(|matches| matches.contains(&true))
        })
    }
}
