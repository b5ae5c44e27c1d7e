//! All stories with their states, for the people who keep them.

use std::collections::BTreeMap;

use super::Site;
use crate::catalog::EntryId;
use crate::config::{LanguageIndex, TopicIndex};
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;
use crate::store::RecordId;

/// The state of a story: that of the translation that is furthest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StoryState {
    Published,
    Scheduled,
    Draft,
    Withdrawn,
    Expired,
}

impl StoryState {
    /// Every state, by its name.
    pub const NAMES: [(&str, StoryState); 5] = [
        ("published", StoryState::Published),
        ("scheduled", StoryState::Scheduled),
        ("draft", StoryState::Draft),
        ("withdrawn", StoryState::Withdrawn),
        ("expired", StoryState::Expired),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(_, state)| *state == self).map_or("", |(name, _)| name)
    }
}

/// A story in a list.
#[derive(Debug, Clone)]
pub(crate) struct StorySummary<'s> {
    pub id: &'s str,
    pub state: StoryState,
    /// When its first translation is published.
    pub published: Timestamp,
    /// Sorted.
    pub languages: Vec<LanguageIndex>,
    /// Sorted.
    pub topics: &'s [TopicIndex],
    /// In its first language; `None` if it has none.
    pub title: Option<String>,
    /// The file of its first translation.
    pub file: String,
}

impl Site {
    /// Every story of the store, newest first. Titles are read from the store.
    ///
    /// # Errors
    /// A file of the store could not be read again, or has changed meanwhile.
    pub(crate) fn stories(&self, now: Timestamp) -> Result<Vec<StorySummary<'_>>, Diagnostic> {
        let firsts: Vec<EntryId> = self
            .catalog
            .entries()
            .filter_map(|entry| {
                let all = self.catalog.translations(entry);
                let first = all.iter().min_by_key(|other| self.catalog.meta(**other).language).copied()?;
                (first == entry).then_some(entry)
            })
            .collect();
        let mut titles: BTreeMap<EntryId, String> = BTreeMap::new();
        let resolved = self.resolve_entries(&firsts, false, false)?;
        for (entry, parts) in resolved {
            titles.extend(parts.entry.map(|parts| (entry, parts.title.to_string())));
        }
        let mut stories: Vec<StorySummary<'_>> =
            firsts.iter().map(|first| self.summary(*first, now, &mut titles)).collect();
        stories.sort_by(|one, other| other.published.cmp(&one.published).then_with(|| one.id.cmp(other.id)));
        Ok(stories)
    }

    fn summary(&self, first: EntryId, now: Timestamp, titles: &mut BTreeMap<EntryId, String>) -> StorySummary<'_> {
        let all = self.catalog.translations(first);
        let metas = || all.iter().map(|entry| self.catalog.meta(*entry));
        let state = metas().map(|meta| {
            if meta.draft {
                StoryState::Draft
            } else if meta.withdrawn <= now {
                StoryState::Withdrawn
            } else if meta.expires <= now {
                StoryState::Expired
            } else if meta.published > now {
                StoryState::Scheduled
            } else {
                StoryState::Published
            }
        });
        let mut languages: Vec<LanguageIndex> = metas().map(|meta| meta.language).collect();
        languages.sort_unstable();
        let record: RecordId = self.catalog.record_id(first);
        StorySummary {
            id: self.catalog.story_id(&self.store, first),
            state: state.min().unwrap_or(StoryState::Draft),
            published: metas().map(|meta| meta.published).min().unwrap_or(Timestamp::NEVER),
            languages,
            topics: self.catalog.topics(first),
            title: titles.remove(&first),
            file: self.store.file(record.file).path().display().to_string(),
        }
    }
}
