//! The plan: which documents a publication has, which entries each holds, and what each is made from.
//!
//! Owns: what has appeared, what has left, fallbacks, windows, archives, deletions, the times that feeds name.
//! Never touches: bytes, files, the clock.

mod key;

use std::collections::BTreeMap;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

pub use key::{DocumentKey, FeedKey, Period};

use crate::catalog::{Catalog, EntryIndex};
use crate::config::{Archives, Config, LanguageIndex, TopicIndex};
use crate::model::Timestamp;
use crate::store::{Fact, Store};

/// What a publication holds.
#[derive(Debug, Default)]
pub struct Plan {
    /// The feeds, in the order of languages and topics, those of every language last; each followed by its archives.
    pub sheets: Vec<Sheet>,
    /// How many entries are shown somewhere.
    pub shown: usize,
    states: Vec<State>,
    /// The newest time that a feed of each language names; the last is that of all.
    newest: Vec<Timestamp>,
}

/// A feed, or an archive of it, in all its formats.
#[derive(Debug)]
pub struct Sheet {
    pub feed: FeedKey,
    /// For an archive its period.
    pub period: Option<Period>,
    /// Newest first.
    pub entries: Vec<EntryIndex>,
    /// Withdrawn entries that are announced.
    pub deleted: Vec<EntryIndex>,
    pub updated: Timestamp,
    /// Whether `updated` comes from an entry.
    pub has_news: bool,
    /// The newest archive, or for an archive the one before it.
    pub previous: Option<Period>,
    /// The hash of what it is made from.
    source: u128,
}

/// A document and the hash of what it is made from.
#[derive(Debug, Clone, Copy)]
pub struct Planned {
    pub key: DocumentKey,
    /// The index of its sheet, where it has one.
    pub sheet: Option<usize>,
    pub source: u128,
}

/// What has become of an entry by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A draft, or of the future.
    Hidden,
    /// In the feeds.
    Shown,
    /// Announced as deleted.
    Withdrawn,
    /// It has left.
    Expired,
}

impl State {
    fn of(fact: &Fact, now: Timestamp, drafts: bool) -> State {
        if fact.published > now || (fact.draft && !drafts) {
            State::Hidden
        } else if fact.withdrawn <= now {
            State::Withdrawn
        } else if fact.expires <= now || !fact.has_text {
            State::Expired
        } else {
            State::Shown
        }
    }
}

/// The newest time that has to do with an entry and has come.
fn newest(fact: &Fact, now: Timestamp) -> Timestamp {
    let passed = |at: Timestamp| if at <= now { at } else { Timestamp(i64::MIN) };
    fact.updated.max(passed(fact.withdrawn)).max(passed(fact.expires))
}

/// What one feed gathers while the entries pass by in order.
#[derive(Default)]
struct Gathered {
    window: Vec<EntryIndex>,
    withdrawn: Vec<EntryIndex>,
    /// With archives: everything that has ever belonged to the feed.
    all: Vec<EntryIndex>,
    updated: Option<Timestamp>,
}

impl Plan {
    /// Plans the publication of a moment.
    pub fn new(config: &Config, store: &Store, catalog: &Catalog, now: Timestamp) -> Plan {
        let entries = 0..catalog.len() as EntryIndex;
        let states: Vec<State> = entries.map(|entry| State::of(catalog.fact(entry), now, config.drafts)).collect();
        let planner = Planner { config, store, catalog, now, states: &states, falls_to: falls_to(config) };
        let feeds = planner.gather();
        let mut newest = vec![config.site.authority_date; config.languages.len() + 1];
        let mut sheets = Vec::new();
        for (feed, gathered) in feeds {
            let at = feed.language.map_or(config.languages.len(), usize::from);
            newest[at] = newest[at].max(gathered.updated.unwrap_or(config.site.authority_date));
            sheets.extend(planner.sheets(feed, &gathered));
        }
        let shown = states.iter().filter(|state| **state == State::Shown).count();
        Plan { sheets, shown, states, newest }
    }

    /// What has become of an entry.
    pub fn state(&self, entry: EntryIndex) -> State {
        self.states[entry as usize]
    }

    /// The newest time that a feed of a language names, or any feed.
    pub fn newest(&self, language: Option<LanguageIndex>) -> Timestamp {
        match language {
            Some(language) => self.newest[usize::from(language)],
            None => self.newest.iter().copied().max().unwrap_or(Timestamp(0)),
        }
    }

    /// Every document, with the hash of what it is made from.
    pub fn documents(&self, config: &Config) -> Vec<Planned> {
        let mut out = Vec::with_capacity(self.sheets.len() * config.feeds.formats.len() + config.languages.len() + 1);
        for (index, sheet) in self.sheets.iter().enumerate() {
            out.extend(config.feeds.formats.iter().map(|format| Planned {
                key: DocumentKey::Feed { feed: sheet.feed, period: sheet.period, format: *format },
                sheet: Some(index),
                source: sheet.source,
            }));
        }
        let languages = 0..config.languages.len() as LanguageIndex;
        let mut without_sheet = |key, source: &[u8]| {
            let mut hasher = Xxh3::with_seed(config.fingerprint());
            hasher.update(source);
            out.push(Planned { key, sheet: None, source: hasher.digest128() });
        };
        for language in languages.map(Some).chain([None]) {
            without_sheet(DocumentKey::Outlines(language), &self.newest(language).0.to_le_bytes());
            if config.site.pages {
                without_sheet(DocumentKey::Page(language), &[]);
            }
        }
        if !config.redirects.is_empty() {
            without_sheet(DocumentKey::Redirects, &[]);
        }
        for (index, _) in config.redirects.iter().enumerate().filter(|(_, redirect)| redirect.from.ends_with(".html")) {
            without_sheet(DocumentKey::Moved(index as u16), &[]);
        }
        out
    }

    /// The first moment after this one at which something appears or leaves by itself.
    pub fn next_change(&self, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
        let facts = (0..catalog.len() as EntryIndex).map(|entry| catalog.fact(entry));
        let moments = facts.flat_map(|fact| [fact.published, fact.withdrawn, fact.expires]);
        moments.filter(|at| *at > now && *at != Timestamp::NEVER).min()
    }

    /// Whether a feed has more entries than its window, and this one is older than those within.
    pub fn is_older_than_window(&self, feed: FeedKey, entry: EntryIndex, limit: usize) -> bool {
        let at = self.sheets.partition_point(|sheet| order(sheet.feed) < order(feed));
        self.sheets.get(at).is_some_and(|sheet| {
            sheet.feed == feed && sheet.entries.len() == limit && sheet.entries.last().is_some_and(|last| entry > *last)
        })
    }
}

/// Feeds in the order of languages and topics; those of every language, and within a language all topics, have their own place.
fn order(feed: FeedKey) -> (usize, usize) {
    (feed.language.map_or(usize::MAX, usize::from), feed.topic.map_or(0, |topic| usize::from(topic) + 1))
}

/// For each language, those that fall back to it.
fn falls_to(config: &Config) -> Vec<Vec<LanguageIndex>> {
    let mut out = vec![Vec::new(); config.languages.len()];
    for (language, edition) in config.languages.iter().enumerate() {
        for other in &edition.fallback {
            out[usize::from(*other)].push(language as LanguageIndex);
        }
    }
    out
}

struct Planner<'a> {
    config: &'a Config,
    store: &'a Store,
    catalog: &'a Catalog,
    now: Timestamp,
    states: &'a [State],
    falls_to: Vec<Vec<LanguageIndex>>,
}

impl Planner<'_> {
    /// One pass over all entries in order: each goes to its feeds.
    fn gather(&self) -> Vec<(FeedKey, Gathered)> {
        let (languages, scopes) = (self.config.languages.len(), self.config.topics.len() + 1);
        let mut feeds: Vec<Gathered> = (0..(languages + 1) * scopes).map(|_| Gathered::default()).collect();
        let keeps_all = self.config.feeds.archives != Archives::Off;
        for entry in 0..self.catalog.len() as EntryIndex {
            let state = self.states[entry as usize];
            if state == State::Hidden {
                continue;
            }
            let fact = self.catalog.fact(entry);
            let topics = self.catalog.topics(entry);
            let at = newest(fact, self.now);
            let mut give = |language: usize, belongs: bool| {
                let scope = |topic: &TopicIndex| usize::from(*topic) + 1;
                for scope in std::iter::once(0).chain(topics.iter().map(scope)) {
                    let feed = &mut feeds[language * scopes + scope];
                    feed.updated = feed.updated.max(Some(at));
                    if belongs {
                        feed.take(entry, state, self.config.feeds.limit);
                    }
                    if keeps_all && language < languages {
                        feed.all.push(entry);
                    }
                }
            };
            give(usize::from(fact.language), true);
            give(languages, true);
            for other in &self.falls_to[usize::from(fact.language)] {
                give(usize::from(*other), self.stands_in(entry, *other));
            }
        }
        let key = |index: usize| FeedKey {
            language: (index / scopes < languages).then_some((index / scopes) as LanguageIndex),
            topic: (index % scopes).checked_sub(1).map(|topic| topic as TopicIndex),
        };
        feeds.into_iter().enumerate().map(|(index, feed)| (key(index), feed)).collect()
    }

    /// Whether an entry belongs to a language that its story lacks: it is shown there, or was before it was withdrawn.
    fn stands_in(&self, entry: EntryIndex, language: LanguageIndex) -> bool {
        let of_language = |wanted: LanguageIndex| {
            let mut siblings = self.catalog.translations(entry).iter();
            siblings.find(|sibling| self.catalog.fact(**sibling).language == wanted)
        };
        if of_language(language).is_some_and(|own| self.states[*own as usize] != State::Hidden) {
            return false;
        }
        let fallback = &self.config.languages[usize::from(language)].fallback;
        let first = fallback
            .iter()
            .filter_map(|other| of_language(*other))
            .find(|sibling| self.states[**sibling as usize] == State::Shown || **sibling == entry);
        first == Some(&entry)
    }

    /// Whether an entry is in a feed, or was: in its own language, or as a fallback.
    fn belongs(&self, entry: EntryIndex, feed: FeedKey) -> bool {
        let own = self.catalog.fact(entry).language;
        feed.language.is_none_or(|language| language == own || self.stands_in(entry, language))
    }

    /// A feed and its archives.
    fn sheets(&self, feed: FeedKey, gathered: &Gathered) -> Vec<Sheet> {
        let last = gathered.window.last().copied();
        let oldest = last.map(|last| self.catalog.fact(last).published);
        let is_announced =
            |entry: &EntryIndex| oldest.is_none_or(|oldest| self.catalog.fact(*entry).withdrawn >= oldest);
        let archives = last.map(|last| self.archives(feed, gathered, last)).unwrap_or_default();
        let mut sheets = vec![self.sheet(
            feed,
            None,
            gathered.window.clone(),
            gathered.withdrawn.iter().copied().filter(is_announced).collect(),
            gathered.updated,
            archives.last().map(|(period, _)| *period),
        )];
        let mut previous = None;
        for (period, all) in archives {
            let of_state = |state: State| {
                all.iter()
                    .copied()
                    .filter(move |entry| self.states[*entry as usize] == state && self.belongs(*entry, feed))
            };
            let updated = all.iter().map(|entry| newest(self.catalog.fact(*entry), self.now)).max();
            let entries = of_state(State::Shown).collect();
            let deleted = of_state(State::Withdrawn).collect();
            sheets.push(self.sheet(feed, Some(period), entries, deleted, updated, previous));
            previous = Some(period);
        }
        sheets
    }

    /// The periods that have an archive, oldest first, each with everything that ever belonged to it.
    fn archives(&self, feed: FeedKey, gathered: &Gathered, last: EntryIndex) -> Vec<(Period, Vec<EntryIndex>)> {
        let mut periods: BTreeMap<Period, (bool, Vec<EntryIndex>)> = BTreeMap::new();
        for entry in &gathered.all {
            let (year, month) = self.config.site.zone.moment(self.catalog.fact(*entry).published).year_month();
            let month = (self.config.feeds.archives == Archives::Month).then_some(month);
            let (is_archived, all) = periods.entry(Period { year, month }).or_default();
            all.push(*entry);
            let can_stand = matches!(self.states[*entry as usize], State::Shown | State::Withdrawn);
            *is_archived |= *entry > last && can_stand && self.belongs(*entry, feed);
        }
        periods
            .into_iter()
            .filter(|(_, (is_archived, _))| *is_archived)
            .map(|(period, (_, all))| (period, all))
            .collect()
    }

    fn sheet(
        &self,
        feed: FeedKey,
        period: Option<Period>,
        entries: Vec<EntryIndex>,
        deleted: Vec<EntryIndex>,
        updated: Option<Timestamp>,
        previous: Option<Period>,
    ) -> Sheet {
        let mut hasher = Xxh3::with_seed(self.config.fingerprint());
        let mut number = |number: u64| hasher.update(&number.to_le_bytes());
        let code =
            |period: Option<Period>| period.map_or(0, |p| p.year as u64 * 100 + u64::from(p.month.unwrap_or(0)) + 1);
        number(feed.language.map_or(u64::MAX, u64::from));
        number(feed.topic.map_or(u64::MAX, u64::from));
        number(code(period));
        number(code(previous));
        number(updated.map_or(u64::MAX, |at| at.0 as u64));
        number(entries.len() as u64);
        for entry in entries.iter().chain(&deleted) {
            self.source_of(*entry, &mut number);
        }
        let source = hasher.digest128();
        let has_news = updated.is_some();
        let updated = updated.unwrap_or(self.config.site.authority_date);
        Sheet { feed, period, entries, deleted, updated, has_news, previous, source }
    }

    /// What an entry is made from: the texts of its story that are shown, and its topics.
    fn source_of(&self, entry: EntryIndex, number: &mut impl FnMut(u64)) {
        let (_, record) = self.catalog.record(self.store, entry);
        number(u64::from(self.catalog.fact(entry).language));
        number(record.hash);
        number(xxh3_64(self.catalog.story_id(self.store, entry).as_bytes()));
        for sibling in self.catalog.translations(entry) {
            if *sibling != entry && self.states[*sibling as usize] == State::Shown {
                number(u64::from(self.catalog.fact(*sibling).language));
                number(self.catalog.record(self.store, *sibling).1.hash);
            }
        }
        let topics = self.catalog.topics(entry);
        number(topics.len() as u64);
        topics.iter().for_each(|topic| number(u64::from(*topic)));
    }
}

impl Gathered {
    fn take(&mut self, entry: EntryIndex, state: State, limit: usize) {
        match state {
            State::Shown if self.window.len() < limit => self.window.push(entry),
            State::Withdrawn => self.withdrawn.push(entry),
            _ => {}
        }
    }
}
