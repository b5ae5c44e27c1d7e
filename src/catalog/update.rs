//! Derives the catalog of a changed store from the one before, without sorting everything again.

use std::cmp::Reverse;

use super::conflicts::Conflicts;
use super::{Catalog, EntryRow, StoryEntries, case_insensitive_hash};
use crate::config::Config;
use crate::store::{Difference, EntryMeta, FileId, RecordId, Store};

/// With more changed files than this, building a new catalog is as fast.
const MAX_CHANGED_FILES: usize = 1000;

impl Catalog {
    /// The catalog of a later state of a store, if whole stories were added and removed and there are no conflicts; otherwise
    /// [`Catalog::new`] has to build it.
    pub fn after(&self, old: &Store, store: &Store, config: &Config) -> Option<Catalog> {
        let difference = old.difference(store);
        if !self.is_sound || difference.removed.len() + difference.added.len() > MAX_CHANGED_FILES {
            return None;
        }
        let mut next = Catalog {
            stories: self.stories.clone(),
            topics: self.topics.clone(),
            ids: self.ids.clone(),
            free: self.free.clone(),
            is_sound: true,
            ..Catalog::default()
        };
        next.remove(self, old, &difference)?;
        let rows = next.insert(store, &difference.added)?;
        next.merge(store, rows);
        let mut conflicts = Conflicts::new(store);
        next.group_by_story(&mut conflicts);
        next.compare_guids(store, config, &mut conflicts);
        conflicts.into_diagnostics().is_empty().then_some(next)
    }

    /// Copies the entries that remain and frees the stories of removed files; `None` if a story loses only some of its
    /// records.
    fn remove(&mut self, before: &Catalog, old: &Store, difference: &Difference) -> Option<()> {
        let moved_to = |file: FileId| difference.moved_to(file);
        for record in difference.removed.iter().flat_map(|file| old.records_of(*file)) {
            let id = old.story_id(record);
            let has_id = |story: &u32| old.story_id(before.stories[*story as usize].record) == id;
            let Ok(slot) = self.ids.find_entry(case_insensitive_hash(id), has_id) else { continue };
            let story = *slot.get();
            let of_entries = before.entries_of(story).iter().map(|entry| before.entries[entry.index()].file);
            let mut files = of_entries.chain([before.stories[story as usize].record.file]);
            if files.any(|file| moved_to(file).is_some()) {
                return None;
            }
            slot.remove();
            self.free.push(story);
            self.stories[story as usize] = StoryEntries::default();
        }
        for story in &mut self.stories {
            let moved = |id: RecordId| Some(RecordId { file: moved_to(id.file)?, ..id });
            story.record = moved(story.record).unwrap_or_default();
            story.topics_record = story.topics_record.and_then(moved);
        }
        for (row, meta) in before.entries.iter().zip(&before.meta) {
            if let Some(file) = moved_to(row.file) {
                self.entries.push(EntryRow { file, ..*row });
                self.meta.push(*meta);
            }
        }
        Some(())
    }

    /// Adds the stories of added files, and returns their entries; `None` if one of them exists already.
    fn insert(&mut self, store: &Store, added: &[FileId]) -> Option<Vec<EntryRow>> {
        let mut rows = Vec::new();
        for record in added.iter().flat_map(|file| store.records_of(*file)) {
            let id = store.story_id(record);
            let Catalog { ids, stories, .. } = self;
            let id_of = |story: &u32| store.story_id(stories[*story as usize].record);
            if ids.find(case_insensitive_hash(id), |story| id_of(story).eq_ignore_ascii_case(id)).is_some() {
                return None;
            }
            let story = self.free.pop().unwrap_or(self.stories.len() as u32);
            if story as usize == self.stories.len() {
                self.stories.push(StoryEntries::default());
            }
            let topics = store.topics(record);
            self.stories[story as usize] = StoryEntries {
                record,
                topics_record: topics.map(|_| record),
                first: 0,
                topics: (self.topics.len() as u32, topics.map_or(0, <[_]>::len) as u16),
            };
            self.topics.extend(topics.unwrap_or_default());
            let stories = &self.stories;
            let hash_of = |story: &u32| case_insensitive_hash(store.story_id(stories[*story as usize].record));
            self.ids.insert_unique(case_insensitive_hash(id), story, hash_of);
            rows.extend(store.record(record).entries().map(|meta| EntryRow::new(record, meta, story)));
        }
        Some(rows)
    }

    /// Merges new entries into the publication order.
    fn merge(&mut self, store: &Store, mut rows: Vec<EntryRow>) {
        let key = |row: &EntryRow, meta: &EntryMeta| {
            (Reverse(meta.published), store.story_id(row.record_id()), meta.language, *row)
        };
        rows.sort_unstable_by_key(|row| key(row, store.meta(row.meta_id())));
        let (old_rows, old_meta) = (std::mem::take(&mut self.entries), std::mem::take(&mut self.meta));
        self.entries.reserve_exact(old_rows.len() + rows.len());
        self.meta.reserve_exact(old_rows.len() + rows.len());
        let mut next = 0;
        for row in rows {
            let own = *store.meta(row.meta_id());
            let mut end = next + old_meta[next..].partition_point(|other| other.published > own.published);
            while end < old_rows.len() && key(&old_rows[end], &old_meta[end]) < key(&row, &own) {
                end += 1;
            }
            self.entries.extend_from_slice(&old_rows[next..end]);
            self.meta.extend_from_slice(&old_meta[next..end]);
            self.entries.push(row);
            self.meta.push(own);
            next = end;
        }
        self.entries.extend_from_slice(&old_rows[next..]);
        self.meta.extend_from_slice(&old_meta[next..]);
    }
}
