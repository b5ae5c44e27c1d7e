//! Builds a catalog from all records of a store.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

use super::conflicts::Conflicts;
use super::{Catalog, EntryId, EntryRow, StoryEntries, case_insensitive_hash};
use crate::config::{Config, LanguageIndex};
use crate::diagnostics::Diagnostic;
use crate::store::{MetaId, RecordId, Store};

impl Catalog {
    /// Groups and orders all records, and reports conflicts between them.
    pub fn new(store: &Store, config: &Config) -> (Catalog, Vec<Diagnostic>) {
        let mut builder = Builder { store, catalog: Catalog::default(), conflicts: Conflicts::new(store) };
        for record in store.record_ids() {
            builder.add(record);
        }
        let Builder { mut catalog, mut conflicts, .. } = builder;
        catalog.sort_entries(store);
        catalog.collect_topics(store);
        catalog.group_by_story(&mut conflicts);
        catalog.compare_guids(store, config, &mut conflicts);
        let diagnostics = conflicts.into_diagnostics();
        catalog.is_sound = diagnostics.is_empty();
        (catalog, diagnostics)
    }

    fn sort_entries(&mut self, store: &Store) {
        let key = |row: &EntryRow| {
            let meta = store.meta(row.meta_id());
            (Reverse(meta.published), store.story_id(row.record_id()), meta.language, *row)
        };
        let mut keyed: Vec<_> = self.entries.par_iter().map(key).collect();
        keyed.par_sort_unstable();
        self.entries = keyed.into_iter().map(|(.., row)| row).collect();
        self.meta = self.entries.par_iter().map(|row| *store.meta(row.meta_id())).collect();
    }

    fn collect_topics(&mut self, store: &Store) {
        for story in &mut self.stories {
            let topics = story.topics_record.and_then(|record| store.topics(record)).unwrap_or_default();
            story.topics = (self.topics.len() as u32, topics.len() as u16);
            self.topics.extend(topics);
        }
    }

    /// Groups the entries by story with a counting sort, and reports two entries of a story in one language.
    pub(super) fn group_by_story(&mut self, conflicts: &mut Conflicts<'_>) {
        let mut starts = vec![0_u32; self.stories.len() + 1];
        for row in &self.entries {
            starts[row.story as usize + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        for (story, first) in self.stories.iter_mut().zip(&starts) {
            story.first = *first;
        }
        let mut next = starts;
        self.by_story = vec![EntryId(0); self.entries.len()];
        for (index, row) in self.entries.iter().enumerate() {
            let slot = &mut next[row.story as usize];
            self.by_story[*slot as usize] = EntryId::new(index);
            *slot += 1;
        }
        let language = |entry: EntryId| -> LanguageIndex { self.meta[entry.index()].language };
        let mut first = 0;
        for end in next.iter().take(self.stories.len()) {
            let entries = &mut self.by_story[first..*end as usize];
            entries.sort_by_key(|entry| language(*entry));
            for pair in entries.windows(2).filter(|pair| language(pair[0]) == language(pair[1])) {
                conflicts.same_language(self.entries[pair[0].index()], self.entries[pair[1].index()]);
            }
            first = *end as usize;
        }
    }

    /// Reports entries with equal ids: two equal guids, or a guid that equals the tag URI of another entry.
    pub(super) fn compare_guids(&self, store: &Store, config: &Config, conflicts: &mut Conflicts<'_>) {
        let mut seen: HashMap<u128, MetaId> = HashMap::new();
        for (meta, guid) in store.guid_hashes() {
            match seen.entry(guid) {
                Entry::Vacant(slot) => drop(slot.insert(meta)),
                Entry::Occupied(slot) => conflicts.same_guid(*slot.get(), meta),
            }
        }
        if !store.has_own_tag_uri() {
            return;
        }
        for (row, meta) in self.entries.iter().zip(&self.meta) {
            if store.guid_hash(row.meta_id()).is_some() {
                continue;
            }
            let id = config.entry_tag_uri(store.story_id(row.record_id()), meta.language);
            if let Some(other) = seen.get(&xxh3_128(id.as_bytes())) {
                conflicts.same_guid(row.meta_id(), *other);
            }
        }
    }
}

struct Builder<'s> {
    store: &'s Store,
    catalog: Catalog,
    conflicts: Conflicts<'s>,
}

impl Builder<'_> {
    fn add(&mut self, id: RecordId) {
        let story = self.story(id);
        self.compare_topics(id, story);
        let metas = self.store.record(id).entries();
        self.catalog.entries.extend(metas.map(|meta| EntryRow::new(id, meta, story)));
    }

    /// The index of a record's story, which is added if it is new.
    fn story(&mut self, record: RecordId) -> u32 {
        let Builder { store, catalog: Catalog { ids, stories, .. }, conflicts } = self;
        let id = store.story_id(record);
        let id_of = |story: &u32| store.story_id(stories[*story as usize].record);
        let hash = case_insensitive_hash(id);
        if let Some(story) = ids.find(hash, |story| id_of(story).eq_ignore_ascii_case(id)).copied() {
            if id_of(&story) != id {
                conflicts.different_key(record, stories[story as usize].record, "id", "two ids differ in case alone");
            }
            return story;
        }
        let story = stories.len() as u32;
        stories.push(StoryEntries { record, ..StoryEntries::default() });
        ids.insert_unique(hash, story, |story| case_insensitive_hash(store.story_id(stories[*story as usize].record)));
        story
    }

    /// Takes the topics of a story from its first record that has some, and reports records that differ from it.
    fn compare_topics(&mut self, record: RecordId, story: u32) {
        let Some(topics) = self.store.topics(record) else { return };
        let story = &mut self.catalog.stories[story as usize];
        match story.topics_record {
            None => story.topics_record = Some(record),
            Some(first) if self.store.topics(first) != Some(topics) => {
                let message = format!("the records of `{}` name different topics", self.store.story_id(record));
                self.conflicts.different_key(record, first, "topics", &message);
            }
            Some(_) => {}
        }
    }
}
