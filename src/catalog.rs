//! The catalog: all entries of the store in the order of publication, joined into stories.
//!
//! Owns: unique ids and guids, records of one id made one story, order, and which entries are translations of each other.
//! Never touches: files, except to name the places of a contradiction.

use std::cmp::Reverse;
use std::collections::HashMap;

use hashbrown::HashTable;
use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::diagnostics::Diagnostic;
use crate::source::Step;
use crate::store::{Difference, EntryMeta, FileIndex, Record, Store};

/// The index of an entry in the order of publication.
pub type EntryIndex = u32;

/// All entries. It holds indexes into the [`Store`] alone; whoever uses it has both.
#[derive(Debug, Default)]
pub struct Catalog {
    /// Newest first; equal times by story id, then in the configured order of languages.
    entries: Vec<Row>,
    /// What is kept of each entry. It stands here too because everything is looked through for every publication.
    facts: Vec<EntryMeta>,
    stories: Vec<StoryRow>,
    /// The entries of each story, one after the other, in the order of languages.
    of_stories: Vec<EntryIndex>,
    /// The topics of the stories, one after the other.
    topics: Vec<TopicIndex>,
    /// Stories by their id in lower case, because two that differ in case alone are an error.
    ids: HashTable<u32>,
    /// Places in `stories` that are free.
    free: Vec<u32>,
    /// Whether nothing in the store contradicts something else.
    is_sound: bool,
}

/// Where an entry's facts lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    scan: u32,
    record: u32,
    fact: u32,
    story: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct StoryRow {
    /// A record that has its id.
    named: (u32, u32),
    /// A record that has its topics.
    topics: Option<(u32, u32)>,
    /// Where its entries begin in `of_stories`.
    first: u32,
    /// Where its topics begin in `topics`, and how many there are.
    own_topics: (u32, u16),
}

/// A change of more scans than these is no small one.
const MOST_CHANGED: usize = 1000;

/// No more contradictions than these are named, because each reads two files again.
const MOST_CONTRADICTIONS: usize = 50;

impl Catalog {
    /// Joins and orders everything that was read, and returns what is sound, with every contradiction.
    pub fn new(store: &Store, config: &Config) -> (Catalog, Vec<Diagnostic>) {
        let mut builder = Builder { store, catalog: Catalog::default(), diagnostics: Vec::new() };
        for scan in 0..store.scans.len() as u32 {
            builder.add(scan);
        }
        let Builder { mut catalog, diagnostics, .. } = builder;
        let mut contradictions = Contradictions { store, diagnostics };
        catalog.order(store);
        catalog.gather_topics(store);
        catalog.group(&mut contradictions);
        catalog.compare_guids(store, config, &mut contradictions);
        catalog.is_sound = contradictions.diagnostics.is_empty();
        (catalog, contradictions.diagnostics)
    }

    /// The catalog of a later state of a store, where it follows from this one by stories that leave and stories that come,
    /// each with all its records, and nothing contradicts; otherwise it has to be made anew.
    pub fn after(&self, old: &Store, store: &Store, config: &Config) -> Option<Catalog> {
        let difference = old.difference(store);
        if !self.is_sound || difference.gone.len() + difference.fresh.len() > MOST_CHANGED {
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
        next.leave(self, old, &difference)?;
        let rows = next.come(store, &difference.fresh)?;
        next.insert(store, rows);
        let mut contradictions = Contradictions { store, diagnostics: Vec::new() };
        next.group(&mut contradictions);
        next.compare_guids(store, config, &mut contradictions);
        contradictions.diagnostics.is_empty().then_some(next)
    }

    /// Takes over what stays, and frees the places of stories that leave; `None` where one leaves only in part.
    fn leave(&mut self, before: &Catalog, old: &Store, difference: &Difference) -> Option<()> {
        let kept = |scan: u32| difference.kept.get(scan as usize).copied().flatten();
        for scan_index in &difference.gone {
            let scan = &old.scans[*scan_index as usize];
            for id in scan.records.iter().map(|record| scan.id(record)) {
                let has_id = |story: &u32| id_at(old, before.stories[*story as usize].named) == id;
                let Ok(found) = self.ids.find_entry(case_hash(id), has_id) else { continue };
                let story = *found.get();
                let rows = before.entries_of(story).iter().map(|entry| before.entries[*entry as usize]);
                if rows
                    .map(|row| row.scan)
                    .chain([before.stories[story as usize].named.0])
                    .any(|scan| kept(scan).is_some())
                {
                    return None;
                }
                found.remove();
                self.free.push(story);
                self.stories[story as usize] = StoryRow::default();
            }
        }
        for story in &mut self.stories {
            let moved = |(scan, record): (u32, u32)| Some((kept(scan)?, record));
            story.named = moved(story.named).unwrap_or_default();
            story.topics = story.topics.and_then(moved);
        }
        for (row, fact) in before.entries.iter().zip(&before.facts) {
            if let Some(scan) = kept(row.scan) {
                self.entries.push(Row { scan, ..*row });
                self.facts.push(*fact);
            }
        }
        Some(())
    }

    /// Finds places for the stories of new scans; `None` where one of them is known.
    fn come(&mut self, store: &Store, fresh: &[u32]) -> Option<Vec<Row>> {
        let mut rows = Vec::new();
        for scan_index in fresh {
            let scan = &store.scans[*scan_index as usize];
            for (record_index, record) in scan.records.iter().enumerate() {
                let (id, here) = (scan.id(record), (*scan_index, record_index as u32));
                let Catalog { ids, stories, .. } = self;
                let id_of = |story: &u32| id_at(store, stories[*story as usize].named);
                if ids.find(case_hash(id), |story| id_of(story).eq_ignore_ascii_case(id)).is_some() {
                    return None;
                }
                let story = self.free.pop().unwrap_or(self.stories.len() as u32);
                if story as usize == self.stories.len() {
                    self.stories.push(StoryRow::default());
                }
                let topics = scan.topics(record);
                self.stories[story as usize] = StoryRow {
                    named: here,
                    topics: topics.map(|_| here),
                    first: 0,
                    own_topics: (self.topics.len() as u32, topics.map_or(0, <[_]>::len) as u16),
                };
                self.topics.extend(topics.unwrap_or_default());
                let stories = &self.stories;
                let hash_of = |story: &u32| case_hash(id_at(store, stories[*story as usize].named));
                self.ids.insert_unique(case_hash(id), story, hash_of);
                let row = |fact: usize| Row { scan: here.0, record: here.1, fact: fact as u32, story };
                rows.extend(FileIndex::facts_of(record).map(row));
            }
        }
        Some(rows)
    }

    /// Puts entries into the order.
    fn insert(&mut self, store: &Store, mut rows: Vec<Row>) {
        let fact = |row: &Row| store.scans[row.scan as usize].facts[row.fact as usize];
        let key = |row: &Row, fact: &EntryMeta| {
            (Reverse(fact.published), id_at(store, (row.scan, row.record)), fact.language, *row)
        };
        rows.sort_unstable_by_key(|row| key(row, &fact(row)));
        let (old_rows, old_facts) = (std::mem::take(&mut self.entries), std::mem::take(&mut self.facts));
        self.entries.reserve_exact(old_rows.len() + rows.len());
        self.facts.reserve_exact(old_rows.len() + rows.len());
        let mut next = 0;
        for row in rows {
            let own = fact(&row);
            let mut end = next + old_facts[next..].partition_point(|other| other.published > own.published);
            while end < old_rows.len() && key(&old_rows[end], &old_facts[end]) < key(&row, &own) {
                end += 1;
            }
            self.entries.extend_from_slice(&old_rows[next..end]);
            self.facts.extend_from_slice(&old_facts[next..end]);
            self.entries.push(row);
            self.facts.push(own);
            next = end;
        }
        self.entries.extend_from_slice(&old_rows[next..]);
        self.facts.extend_from_slice(&old_facts[next..]);
    }

    /// How many entries there are, shown or not.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many stories there are.
    pub fn stories(&self) -> usize {
        self.stories.len() - self.free.len()
    }

    /// What is kept of an entry.
    pub fn fact(&self, entry: EntryIndex) -> &EntryMeta {
        &self.facts[entry as usize]
    }

    /// The scan and the record of an entry's text.
    pub fn record<'s>(&self, store: &'s Store, entry: EntryIndex) -> (u32, &'s Record) {
        let row = self.entries[entry as usize];
        (row.scan, &store.scans[row.scan as usize].records[row.record as usize])
    }

    /// The id of an entry's story.
    pub fn story_id<'s>(&self, store: &'s Store, entry: EntryIndex) -> &'s str {
        let row = self.entries[entry as usize];
        id_at(store, (row.scan, row.record))
    }

    /// The hash of an entry's own guid, where it has one.
    pub fn guid(&self, store: &Store, entry: EntryIndex) -> Option<u128> {
        let row = self.entries[entry as usize];
        let guids = &store.scans[row.scan as usize].guids;
        guids.binary_search_by_key(&row.fact, |(fact, _)| *fact).ok().map(|at| guids[at].1)
    }

    /// The topics of an entry's story, sorted.
    pub fn topics(&self, entry: EntryIndex) -> &[TopicIndex] {
        let (start, count) = self.stories[self.entries[entry as usize].story as usize].own_topics;
        &self.topics[start as usize..start as usize + usize::from(count)]
    }

    /// All entries of an entry's story, itself among them, in the order of languages.
    pub fn translations(&self, entry: EntryIndex) -> &[EntryIndex] {
        self.entries_of(self.entries[entry as usize].story)
    }

    fn entries_of(&self, story: u32) -> &[EntryIndex] {
        let story = story as usize;
        let end = self.stories.get(story + 1).map_or(self.of_stories.len(), |next| next.first as usize);
        &self.of_stories[self.stories[story].first as usize..end]
    }

    fn order(&mut self, store: &Store) {
        let key = |row: &Row| {
            let fact = &store.scans[row.scan as usize].facts[row.fact as usize];
            (Reverse(fact.published), id_at(store, (row.scan, row.record)), fact.language, *row)
        };
        let mut keyed: Vec<_> = self.entries.par_iter().map(key).collect();
        keyed.par_sort_unstable();
        self.entries = keyed.into_iter().map(|(.., row)| row).collect();
        let fact = |row: &Row| store.scans[row.scan as usize].facts[row.fact as usize];
        self.facts = self.entries.par_iter().map(fact).collect();
    }

    /// Gathers the topics of each story.
    fn gather_topics(&mut self, store: &Store) {
        for story in &mut self.stories {
            let topics = story.topics.and_then(|at| topics_at(store, at)).unwrap_or_default();
            story.own_topics = (self.topics.len() as u32, topics.len() as u16);
            self.topics.extend(topics);
        }
    }

    /// Gathers the entries of each story, and takes out those that stand twice in one language.
    fn group(&mut self, contradictions: &mut Contradictions<'_>) {
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
        self.of_stories = vec![0; self.entries.len()];
        for (index, row) in self.entries.iter().enumerate() {
            let slot = &mut next[row.story as usize];
            self.of_stories[*slot as usize] = index as EntryIndex;
            *slot += 1;
        }
        let language = |entry: EntryIndex| -> LanguageIndex { self.facts[entry as usize].language };
        let mut first = 0;
        for end in next.iter().take(self.stories.len()) {
            let entries = &mut self.of_stories[first..*end as usize];
            entries.sort_by_key(|entry| language(*entry));
            for pair in entries.windows(2).filter(|pair| language(pair[0]) == language(pair[1])) {
                let (one, other) = (self.entries[pair[0] as usize], self.entries[pair[1] as usize]);
                contradictions.same_language(one, other);
            }
            first = *end as usize;
        }
    }

    /// Names entries that would have one id: by their guids, or by a guid that is what another entry's id is by rule.
    fn compare_guids(&self, store: &Store, config: &Config, contradictions: &mut Contradictions<'_>) {
        let mut seen: HashMap<u128, (u32, u32)> = HashMap::new();
        let having_guids = || store.scans.iter().enumerate().filter(|(_, scan)| scan.has_guids);
        for (scan_index, scan) in having_guids() {
            for (fact, guid) in &scan.guids {
                let here = (scan_index as u32, *fact);
                match seen.entry(*guid) {
                    std::collections::hash_map::Entry::Vacant(slot) => drop(slot.insert(here)),
                    std::collections::hash_map::Entry::Occupied(slot) => contradictions.same_guid(*slot.get(), here),
                }
            }
        }
        if !having_guids().any(|(_, scan)| scan.imitates) {
            return;
        }
        for (index, row) in
            self.entries.iter().enumerate().filter(|(index, _)| self.guid(store, *index as u32).is_none())
        {
            let story = id_at(store, (row.scan, row.record));
            let id = config.entry_id(story, self.fact(index as EntryIndex).language);
            if let Some((scan, fact)) = seen.get(&xxh3_128(id.as_bytes())) {
                contradictions.same_guid((row.scan, row.fact), (*scan, *fact));
            }
        }
    }
}

fn id_at(store: &Store, (scan, record): (u32, u32)) -> &str {
    let scan = &store.scans[scan as usize];
    scan.id(&scan.records[record as usize])
}

fn topics_at(store: &Store, (scan, record): (u32, u32)) -> Option<&[TopicIndex]> {
    let scan = &store.scans[scan as usize];
    scan.topics(&scan.records[record as usize])
}

struct Builder<'s> {
    store: &'s Store,
    catalog: Catalog,
    diagnostics: Vec<Diagnostic>,
}

fn case_hash(id: &str) -> u64 {
    if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        xxh3_64(id.to_ascii_lowercase().as_bytes())
    } else {
        xxh3_64(id.as_bytes())
    }
}

impl Builder<'_> {
    fn add(&mut self, scan_index: u32) {
        let scan = &self.store.scans[scan_index as usize];
        for (record_index, record) in scan.records.iter().enumerate() {
            let here = (scan_index, record_index as u32);
            let story = self.story(here, scan.id(record));
            self.topics(here, story, scan.topics(record).is_some());
            let row = |fact: usize| Row { scan: here.0, record: here.1, fact: fact as u32, story };
            self.catalog.entries.extend(FileIndex::facts_of(record).map(row));
        }
    }

    /// The story of an id, new or known.
    fn story(&mut self, here: (u32, u32), id: &str) -> u32 {
        let Builder { store, catalog, .. } = self;
        let Catalog { ids, stories, .. } = catalog;
        let known = |story: u32| id_at(store, stories[story as usize].named);
        let hash = case_hash(id);
        if let Some(story) = ids.find(hash, |story| known(*story).eq_ignore_ascii_case(id)).copied() {
            if known(story) != id {
                let first = stories[story as usize].named;
                self.differ(here, first, "id", "two ids differ in case alone");
            }
            return story;
        }
        let story = stories.len() as u32;
        stories.push(StoryRow { named: here, ..StoryRow::default() });
        ids.insert_unique(hash, story, |story| case_hash(id_at(store, stories[*story as usize].named)));
        story
    }

    fn topics(&mut self, here: (u32, u32), story: u32, has_topics: bool) {
        let row = &mut self.catalog.stories[story as usize];
        match row.topics {
            None if has_topics => row.topics = Some(here),
            Some(first) if has_topics && topics_at(self.store, first) != topics_at(self.store, here) => {
                let id = id_at(self.store, here).to_owned();
                self.differ(here, first, "topics", &format!("the records of `{id}` name different topics"));
            }
            _ => {}
        }
    }

    fn differ(&mut self, here: (u32, u32), first: (u32, u32), key: &str, message: &str) {
        let mut contradictions =
            Contradictions { store: self.store, diagnostics: std::mem::take(&mut self.diagnostics) };
        contradictions.add(here, first, &[Step::Key(key.to_owned())], &[Step::Key(key.to_owned())], message);
        self.diagnostics = contradictions.diagnostics;
    }
}

/// What two records say that cannot both be so.
struct Contradictions<'s> {
    store: &'s Store,
    diagnostics: Vec<Diagnostic>,
}

impl Contradictions<'_> {
    fn add(&mut self, here: (u32, u32), first: (u32, u32), path: &[Step], first_path: &[Step], message: &str) {
        if self.is_full() {
            return;
        }
        let location = |(scan, record): (u32, u32), path: &[Step]| {
            let scan = &self.store.scans[scan as usize];
            scan.location(&scan.records[record as usize], path)
        };
        let diagnostic =
            Diagnostic::error(location(here, path), message).related("the other is here", location(first, first_path));
        self.diagnostics.push(diagnostic);
    }

    /// Whether enough are named. It is asked before places are sought, because those are read from the files.
    fn is_full(&mut self) -> bool {
        if self.diagnostics.len() == MOST_CONTRADICTIONS {
            let diagnostic = Diagnostic::error(None, "there are more contradictions between stories");
            self.diagnostics.push(diagnostic.help("mend those above first"));
        }
        self.diagnostics.len() > MOST_CONTRADICTIONS
    }

    fn same_language(&mut self, one: Row, other: Row) {
        if self.is_full() {
            return;
        }
        let (first, here) = ((one.scan, one.record), (other.scan, other.record));
        let id = id_at(self.store, here).to_owned();
        let message = format!("the story `{id}` stands twice in one language");
        let path = |row: Row| self.translation_path(row.scan, row.fact, row.record);
        let (path, first_path) = (path(other), path(one));
        self.add(here, first, &path, &first_path, &message);
    }

    fn same_guid(&mut self, first: (u32, u32), here: (u32, u32)) {
        if self.is_full() {
            return;
        }
        let record = |(scan, fact): (u32, u32)| {
            let records = &self.store.scans[scan as usize].records;
            (scan, records.iter().position(|r| FileIndex::facts_of(r).contains(&(fact as usize))).unwrap_or(0) as u32)
        };
        let path = |(scan, fact): (u32, u32), record: (u32, u32)| {
            let mut path = self.translation_path(scan, fact, record.1);
            path.push(Step::Key("guid".to_owned()));
            path
        };
        let (here_record, first_record) = (record(here), record(first));
        let (here_path, first_path) = (path(here, here_record), path(first, first_record));
        self.add(here_record, first_record, &here_path, &first_path, "two entries have the same id");
    }

    /// The keys that lead from a record to one of its translations; a flat record is its translation.
    fn translation_path(&self, scan: u32, fact: u32, record: u32) -> Vec<Step> {
        let scan = &self.store.scans[scan as usize];
        let record = &scan.records[record as usize];
        let nth = fact as usize - FileIndex::facts_of(record).start;
        scan.translation_key(record, nth)
            .map(|tag| vec![Step::Key("translations".to_owned()), Step::Key(tag)])
            .unwrap_or_default()
    }
}
