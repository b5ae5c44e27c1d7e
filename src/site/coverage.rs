//! Coverage: which stories lack which languages.

use super::Site;
use crate::config::{LanguageIndex, TopicIndex};
use crate::model::Timestamp;
use crate::plan::EntryState;

/// A story that is visible in some language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryCoverage<'s> {
    pub id: &'s str,
    /// When its first translation was published.
    pub published: Timestamp,
    /// Sorted.
    pub topics: &'s [TopicIndex],
    /// The languages in which it is visible, sorted.
    pub languages: Vec<LanguageIndex>,
    /// Those of them whose text is older than a correction in another language.
    pub stale: Vec<LanguageIndex>,
}

impl Site {
    /// Every visible story with its languages, newest first.
    pub(crate) fn coverage(&self) -> Vec<StoryCoverage<'_>> {
        let mut out = Vec::new();
        for entry in self.catalog.entries() {
            let translations = self.catalog.translations(entry);
            // Count each story once, at its first entry.
            if translations.iter().min() != Some(&entry) {
                continue;
            }
            let visible = || translations.iter().filter(|other| self.plan.state(**other) == EntryState::Visible);
            let metas = || visible().map(|other| self.catalog.meta(*other));
            let Some(published) = metas().map(|meta| meta.published).min() else { continue };
            out.push(StoryCoverage {
                id: self.catalog.story_id(&self.store, entry),
                published,
                topics: self.catalog.topics(entry),
                languages: metas().map(|meta| meta.language).collect(),
                stale: {
                    let corrections = metas().filter(|meta| meta.updated > meta.published).map(|meta| meta.updated);
                    let corrected = corrections.max();
                    let is_older = |updated: Timestamp| corrected.is_some_and(|corrected| updated < corrected);
                    metas().filter(|meta| is_older(meta.updated)).map(|meta| meta.language).collect()
                },
            });
        }
        out.sort_by(|one, other| other.published.cmp(&one.published).then_with(|| one.id.cmp(other.id)));
        out
    }
}
