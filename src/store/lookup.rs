//! Looks up stories by id, for the importer.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::{RecordId, Store};
use crate::config::Config;

/// An index of the records by id, ignoring case.
#[derive(Debug)]
pub struct StoryLookup<'s> {
    store: &'s Store,
    config: &'s Config,
    records: HashMap<String, Vec<RecordId>>,
}

impl Store {
    /// Indexes all records by id.
    pub fn lookup<'s>(&'s self, config: &'s Config) -> StoryLookup<'s> {
        let mut records: HashMap<String, Vec<RecordId>> = HashMap::new();
        for record in self.record_ids() {
            records.entry(self.story_id(record).to_ascii_lowercase()).or_default().push(record);
        }
        StoryLookup { store: self, config, records }
    }
}

impl StoryLookup<'_> {
    fn records(&self, id: &str) -> &[RecordId] {
        self.records.get(&id.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The file that has a story.
    pub fn file_of(&self, id: &str) -> Option<PathBuf> {
        self.records(id).first().map(|record| self.store.file(record.file).path().to_owned())
    }

    /// Whether a story has a translation of this day, in this language, with this title.
    pub fn has_translation(&self, id: &str, day: NaiveDate, language: &str, title: &str) -> bool {
        self.records(id).iter().any(|id| {
            let record = self.store.record(*id);
            let matches = self.store.file(id.file).read_again(&[record], self.config, false, |_, story| {
                story.translations.iter().any(|translation| {
                    let published = self.config.site.zone.moment(translation.published).date_time().date_naive();
                    let tag = self.config.languages[usize::from(translation.language)].language.as_str();
                    translation.title == Some(title) && published == day && tag == language
                })
            });
            matches.is_ok_and(|matches| matches.contains(&true))
        })
    }
}
