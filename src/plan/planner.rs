//! The planner: accumulates the entries of each feed in one pass, then plans feeds, archives and listings.

use std::collections::BTreeMap;

use rayon::prelude::*;
use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

use super::key::{FeedKey, Period};
use super::months::{Calendar, input_hash, months_past_window, shown_months};
use super::pages::Listing;
use super::{Badge, EntryState, FeedPlan, period_code};
use crate::catalog::{Catalog, EntryId};
use crate::config::{Archives, Config, LanguageIndex, TopicIndex};
use crate::model::Timestamp;
use crate::store::EntryMeta;

/// When an entry last changed: by its own date, or because it was withdrawn or expired.
fn last_change(meta: &EntryMeta, now: Timestamp) -> Timestamp {
    let passed = |at: Timestamp| if at <= now { at } else { Timestamp(i64::MIN) };
    meta.updated.max(passed(meta.withdrawn)).max(passed(meta.expires))
}

/// The entries of one feed, collected in one pass over the catalog.
#[derive(Default)]
pub struct FeedAccumulator {
    /// The newest visible entries, up to the limit of a feed.
    window: Vec<EntryId>,
    withdrawn: Vec<EntryId>,
    /// If there are archives: every entry that has ever belonged to the feed.
    all: Vec<EntryId>,
    /// If there are pages: every visible entry.
    visible: Vec<EntryId>,
    pub updated: Option<Timestamp>,
}

/// For each language, the languages that fall back to it.
fn fallback_targets(config: &Config) -> Vec<Vec<LanguageIndex>> {
    let mut out = vec![Vec::new(); config.languages.len()];
    for (language, edition) in config.languages.iter().enumerate() {
        for other in &edition.fallback {
            out[usize::from(*other)].push(language as LanguageIndex);
        }
    }
    out
}

/// What planning needs of every entry.
pub struct Planner<'a> {
    pub(super) config: &'a Config,
    pub(super) catalog: &'a Catalog,
    now: Timestamp,
    pub(super) states: &'a [EntryState],
    fallback_targets: Vec<Vec<LanguageIndex>>,
    /// By entry; empty without archives and pages.
    pub(super) input_hashes: Vec<u64>,
    /// By entry; empty without archives and pages.
    months: Vec<Period>,
}

impl<'a> Planner<'a> {
    pub fn new(config: &'a Config, catalog: &'a Catalog, now: Timestamp, states: &'a [EntryState]) -> Self {
        let fallback_targets = fallback_targets(config);
        let mut planner =
            Planner { config, catalog, now, states, fallback_targets, input_hashes: Vec::new(), months: Vec::new() };
        if config.site.pages || config.feeds.archives != Archives::Off {
            let entries = catalog.entries();
            planner.input_hashes =
                (0..catalog.len()).into_par_iter().map(|index| planner.input_hash_of(EntryId::new(index))).collect();
            let mut calendar = Calendar::new(&config.site.zone);
            planner.months = entries.map(|entry| calendar.month(catalog.meta(entry).published)).collect();
        }
        planner
    }

    /// Gives each entry to its feeds, in one pass in the order of the catalog.
    pub fn accumulate(&self) -> Vec<(FeedKey, FeedAccumulator)> {
        let (languages, scopes) = (self.config.languages.len(), self.config.topics.len() + 1);
        let mut feeds: Vec<FeedAccumulator> =
            (0..(languages + 1) * scopes).map(|_| FeedAccumulator::default()).collect();
        let has_archives = self.config.feeds.archives != Archives::Off;
        for entry in self.catalog.entries() {
            let state = self.states[entry.index()];
            if state == EntryState::Hidden {
                continue;
            }
            let meta = self.catalog.meta(entry);
            let topics = self.catalog.topics(entry);
            let at = last_change(meta, self.now);
            let mut add_to_language = |language: usize, belongs: bool| {
                let scope = |topic: &TopicIndex| usize::from(*topic) + 1;
                for scope in std::iter::once(0).chain(topics.iter().map(scope)) {
                    let feed = &mut feeds[language * scopes + scope];
                    feed.updated = feed.updated.max(Some(at));
                    if belongs {
                        feed.push(entry, state, self.config.feeds.limit);
                    }
                    if has_archives && language < languages {
                        feed.all.push(entry);
                    }
                    if belongs && state == EntryState::Visible && self.config.site.pages && language < languages {
                        feed.visible.push(entry);
                    }
                }
            };
            add_to_language(usize::from(meta.language), true);
            add_to_language(languages, true);
            for other in &self.fallback_targets[usize::from(meta.language)] {
                add_to_language(usize::from(*other), self.is_fallback(entry, *other));
            }
        }
        let key = |index: usize| FeedKey {
            language: (index / scopes < languages).then_some((index / scopes) as LanguageIndex),
            topic: (index % scopes).checked_sub(1).map(|topic| topic as TopicIndex),
        };
        feeds.into_iter().enumerate().map(|(index, feed)| (key(index), feed)).collect()
    }

    /// Whether an entry is the fallback for a language that its story lacks, or was until it was withdrawn.
    fn is_fallback(&self, entry: EntryId, language: LanguageIndex) -> bool {
        let of_language = |wanted: LanguageIndex| {
            let mut siblings = self.catalog.translations(entry).iter();
            siblings.find(|sibling| self.catalog.meta(**sibling).language == wanted)
        };
        if of_language(language).is_some_and(|own| self.states[own.index()] != EntryState::Hidden) {
            return false;
        }
        let fallback = &self.config.languages[usize::from(language)].fallback;
        let first = fallback
            .iter()
            .filter_map(|other| of_language(*other))
            .find(|sibling| self.states[sibling.index()] == EntryState::Visible || **sibling == entry);
        first == Some(&entry)
    }

    /// Whether an entry is in a feed, or was, in its own language or as a fallback.
    fn belongs(&self, entry: EntryId, feed: FeedKey) -> bool {
        let own = self.catalog.meta(entry).language;
        feed.language.is_none_or(|language| language == own || self.is_fallback(entry, language))
    }

    /// The pages of a language and a scope. `feed_plan` is the index of its feed, which is planned next.
    pub fn listing(&self, feed: FeedKey, feed_plan: usize, accumulated: &FeedAccumulator) -> Listing {
        let month_of = |entry: EntryId| self.months[entry.index()];
        let input_hash_of = |entry: EntryId| self.input_hashes[entry.index()];
        let page_size = self.config.site.page_size;
        let newest: Box<[EntryId]> = accumulated.visible.iter().copied().take(page_size).collect();
        let months = months_past_window(&accumulated.visible, page_size, month_of, input_hash_of);
        let of_language =
            accumulated.visible.iter().filter(|entry| Some(self.catalog.meta(**entry).language) == feed.language);
        Listing {
            feed,
            feed_plan,
            count: accumulated.visible.len(),
            own: of_language.count(),
            newest_hash: input_hash(newest.iter().map(|entry| input_hash_of(*entry))),
            shown_months: shown_months(&newest, &months, month_of),
            newest,
            months,
        }
    }

    /// Plans a feed and its archives.
    pub fn feed_plans(&self, feed: FeedKey, accumulated: &FeedAccumulator) -> Vec<FeedPlan> {
        let last = accumulated.window.last().copied();
        let oldest = last.map(|last| self.catalog.meta(last).published);
        // A deletion is announced as long as an entry of its date would be in the window.
        let is_recent = |entry: &EntryId| oldest.is_none_or(|oldest| self.catalog.meta(*entry).withdrawn >= oldest);
        let archives = last.map(|last| self.archives(feed, accumulated, last)).unwrap_or_default();
        let mut feed_plans = vec![self.feed_plan(
            feed,
            None,
            accumulated.window.clone(),
            accumulated.withdrawn.iter().copied().filter(is_recent).collect(),
            accumulated.updated,
            archives.last().map(|(period, _)| *period),
        )];
        let mut previous = None;
        for (period, all) in archives {
            let of_state = |state: EntryState| {
                all.iter()
                    .copied()
                    .filter(move |entry| self.states[entry.index()] == state && self.belongs(*entry, feed))
            };
            let updated = all.iter().map(|entry| last_change(self.catalog.meta(*entry), self.now)).max();
            let entries = of_state(EntryState::Visible).collect();
            let deleted = of_state(EntryState::Withdrawn).collect();
            feed_plans.push(self.feed_plan(feed, Some(period), entries, deleted, updated, previous));
            previous = Some(period);
        }
        feed_plans
    }

    /// The periods that have an archive, oldest first, each with every entry that ever belonged to it. `last` is the last
    /// entry of the window.
    fn archives(&self, feed: FeedKey, accumulated: &FeedAccumulator, last: EntryId) -> Vec<(Period, Vec<EntryId>)> {
        let mut periods: BTreeMap<Period, (bool, Vec<EntryId>)> = BTreeMap::new();
        for entry in &accumulated.all {
            let Period { year, month } = self.months[entry.index()];
            let month = month.filter(|_| self.config.feeds.archives == Archives::Month);
            let (is_archived, all) = periods.entry(Period { year, month }).or_default();
            all.push(*entry);
            let is_published = matches!(self.states[entry.index()], EntryState::Visible | EntryState::Withdrawn);
            *is_archived |= *entry > last && is_published && self.belongs(*entry, feed);
        }
        periods
            .into_iter()
            .filter(|(_, (is_archived, _))| *is_archived)
            .map(|(period, (_, all))| (period, all))
            .collect()
    }

    fn feed_plan(
        &self,
        feed: FeedKey,
        period: Option<Period>,
        entries: Vec<EntryId>,
        deleted: Vec<EntryId>,
        updated: Option<Timestamp>,
        previous: Option<Period>,
    ) -> FeedPlan {
        let mut hasher = Xxh3::with_seed(self.config.fingerprint());
        let mut number = |number: u64| hasher.update(&number.to_le_bytes());
        number(feed.language.map_or(u64::MAX, u64::from));
        number(feed.topic.map_or(u64::MAX, u64::from));
        number(period_code(period));
        number(period_code(previous));
        number(updated.map_or(u64::MAX, |at| at.0 as u64));
        number(entries.len() as u64);
        for entry in entries.iter().chain(&deleted) {
            number(self.input_hashes.get(entry.index()).copied().unwrap_or_else(|| self.input_hash_of(*entry)));
        }
        let input_hash = hasher.digest128();
        let has_news = updated.is_some();
        let updated = updated.unwrap_or(self.config.site.authority_date);
        FeedPlan { feed, period, entries, deleted, updated, has_news, previous, input_hash }
    }

    /// The hash of what an entry is rendered from: its record, those of its visible translations, and its topics.
    fn input_hash_of(&self, entry: EntryId) -> u64 {
        let mut hash = 0;
        let mut number = |number: u64| hash = combine(hash, number);
        let meta = self.catalog.meta(entry);
        number(u64::from(meta.language));
        number(meta.record_hash);
        // Valid stores have at most one translation a language; the limit bounds the work for invalid ones.
        for sibling in self.catalog.translations(entry).iter().take(self.config.languages.len()) {
            if *sibling != entry && self.states[sibling.index()] == EntryState::Visible {
                let meta = self.catalog.meta(*sibling);
                number(u64::from(meta.language));
                number(meta.record_hash);
            }
        }
        let topics = self.catalog.topics(entry);
        number(topics.len() as u64);
        topics.iter().for_each(|topic| number(u64::from(*topic)));
        if let Some(badge) = Badge::of(meta, self.now, self.config) {
            number(1 + badge as u64);
        }
        hash
    }
}

/// Extends a hash by a number.
fn combine(hash: u64, number: u64) -> u64 {
    xxh3_64_with_seed(&number.to_le_bytes(), hash)
}

impl FeedAccumulator {
    fn push(&mut self, entry: EntryId, state: EntryState, limit: usize) {
        match state {
            EntryState::Visible if self.window.len() < limit => self.window.push(entry),
            EntryState::Withdrawn => self.withdrawn.push(entry),
            _ => {}
        }
    }
}
