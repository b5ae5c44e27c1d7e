//! The pages of stories: which translations have one, what is next to each, and the hash of what it is rendered from.

use xxhash_rust::xxh3::Xxh3;

use super::planner::Planner;
use super::{DocumentKey, EntryState, Plan, PlannedDocument, StoryKind};
use crate::catalog::{Catalog, EntryId};
use crate::config::{Config, StoryPages};

/// The page of a story in a language.
#[derive(Debug, Clone, Copy)]
pub struct StoryPage {
    pub entry: EntryId,
    /// The next newer and the next older story with a page, of the same language and first topic.
    pub newer: Option<EntryId>,
    pub older: Option<EntryId>,
    pub(super) input_hash: u128,
}

impl Planner<'_> {
    fn has_story_page(&self, entry: EntryId) -> bool {
        story_kind(self.config, self.catalog, entry, self.states[entry.index()]).is_some()
    }

    /// The pages of stories, in the order of their entries.
    pub fn story_pages(&self) -> Vec<StoryPage> {
        if self.config.site.story_pages == StoryPages::None {
            return Vec::new();
        }
        let scopes = self.config.topics.len() + 1;
        // The newer neighbour of the next entry in a language and a scope, by its index in `pages`.
        let mut last: Vec<Option<usize>> = vec![None; self.config.languages.len() * scopes];
        let mut pages: Vec<StoryPage> = Vec::new();
        for entry in self.catalog.entries().filter(|entry| self.has_story_page(*entry)) {
            let mut page = StoryPage { entry, newer: None, older: None, input_hash: 0 };
            if self.states[entry.index()] == EntryState::Visible {
                let scope = self.catalog.topics(entry).first().map_or(0, |topic| usize::from(*topic) + 1);
                let last = &mut last[usize::from(self.catalog.meta(entry).language) * scopes + scope];
                page.newer = last.map(|index| pages[index].entry);
                if let Some(index) = *last {
                    pages[index].older = Some(entry);
                }
                *last = Some(pages.len());
            }
            pages.push(page);
        }
        for page in &mut pages {
            page.input_hash = self.story_page_hash(page);
        }
        pages
    }

    /// The hash of what a page shows: its entry with its translations, and the titles and ids of its neighbours.
    fn story_page_hash(&self, page: &StoryPage) -> u128 {
        let mut hasher = Xxh3::with_seed(self.config.fingerprint());
        let mut number = |number: u64| hasher.update(&number.to_le_bytes());
        number(self.input_hashes[page.entry.index()]);
        number(u64::from(self.states[page.entry.index()] == EntryState::Withdrawn));
        for neighbour in [page.newer, page.older] {
            number(neighbour.map_or(0, |entry| self.catalog.meta(entry).record_hash));
        }
        hasher.digest128()
    }
}

/// The kind of page that an entry has; `None` if it has none.
fn story_kind(config: &Config, catalog: &Catalog, entry: EntryId, state: EntryState) -> Option<StoryKind> {
    let is_wanted = match config.site.story_pages {
        StoryPages::None => false,
        StoryPages::Missing => !catalog.meta(entry).has_link,
        StoryPages::All => true,
    };
    match state {
        EntryState::Visible if is_wanted => Some(StoryKind::Visible),
        EntryState::Withdrawn if is_wanted => Some(StoryKind::Withdrawn),
        _ => None,
    }
}

impl Plan {
    /// The page of an entry, if it has one.
    pub fn story_key(&self, config: &Config, catalog: &Catalog, entry: EntryId) -> Option<DocumentKey> {
        let kind = story_kind(config, catalog, entry, self.state(entry))?;
        Some(DocumentKey::Story { entry, language: catalog.meta(entry).language, kind })
    }

    /// What is next to the page of an entry: newer, older.
    pub fn story_neighbours(&self, entry: EntryId) -> [Option<EntryId>; 2] {
        let index = self.story_pages.binary_search_by_key(&entry, |page| page.entry);
        index.map_or([None; 2], |index| [self.story_pages[index].newer, self.story_pages[index].older])
    }

    /// Plans the pages of stories.
    pub(super) fn story_documents(&self, config: &Config, catalog: &Catalog, out: &mut Vec<PlannedDocument>) {
        out.extend(self.story_pages.iter().filter_map(|page| {
            let key = self.story_key(config, catalog, page.entry)?;
            Some(PlannedDocument { key, feed_plan: None, input_hash: page.input_hash })
        }));
    }
}
