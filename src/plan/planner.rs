//! Planning: one pass over all entries gives each to its feeds, from which their feed_plans and listings are made.

use std::collections::BTreeMap;

use rayon::prelude::*;
use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed};

use super::key::{FeedKey, Period};
use super::months::{Calendar, older};
use super::pages::Listing;
use super::{EntryState, FeedPlan, period_code};
use crate::catalog::{Catalog, EntryId};
use crate::config::{Archives, Config, LanguageIndex, TopicIndex};
use crate::model::Timestamp;
use crate::store::EntryMeta;

/// The newest time that has to do with an entry and has come.
fn newest(meta: &EntryMeta, now: Timestamp) -> Timestamp {
    let passed = |at: Timestamp| if at <= now { at } else { Timestamp(i64::MIN) };
    meta.updated.max(passed(meta.withdrawn)).max(passed(meta.expires))
}

/// What one feed gathers while the entries pass by in order.
#[derive(Default)]
pub struct FeedAccumulator {
    window: Vec<EntryId>,
    withdrawn: Vec<EntryId>,
    /// With archives: everything that has ever belonged to the feed.
    all: Vec<EntryId>,
    /// With pages: everything that is shown.
    shown: Vec<EntryId>,
    pub updated: Option<Timestamp>,
}

/// For each language, those that fall back to it.
fn fallback_targets(config: &Config) -> Vec<Vec<LanguageIndex>> {
    let mut out = vec![Vec::new(); config.languages.len()];
    for (language, edition) in config.languages.iter().enumerate() {
        for other in &edition.fallback {
            out[usize::from(*other)].push(language as LanguageIndex);
        }
    }
    out
}

pub struct Planner<'a> {
    config: &'a Config,
    catalog: &'a Catalog,
    now: Timestamp,
    states: &'a [EntryState],
    fallback_targets: Vec<Vec<LanguageIndex>>,
    /// Where every entry stands in a period: the hash of what it is made from, and its month.
    input_hashes: Vec<u64>,
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
            let mut calendar = Calendar::new(config.site.zone);
            planner.months = entries.map(|entry| calendar.month(catalog.meta(entry).published)).collect();
        }
        planner
    }

    /// One pass over all entries in order: each goes to its feeds.
    pub fn accumulate(&self) -> Vec<(FeedKey, FeedAccumulator)> {
        let (languages, scopes) = (self.config.languages.len(), self.config.topics.len() + 1);
        let mut feeds: Vec<FeedAccumulator> =
            (0..(languages + 1) * scopes).map(|_| FeedAccumulator::default()).collect();
        let keeps_all = self.config.feeds.archives != Archives::Off;
        for entry in self.catalog.entries() {
            let state = self.states[entry.index()];
            if state == EntryState::Hidden {
                continue;
            }
            let meta = self.catalog.meta(entry);
            let topics = self.catalog.topics(entry);
            let at = newest(meta, self.now);
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
                    if belongs && state == EntryState::Visible && self.config.site.pages && language < languages {
                        feed.shown.push(entry);
                    }
                }
            };
            give(usize::from(meta.language), true);
            give(languages, true);
            for other in &self.fallback_targets[usize::from(meta.language)] {
                give(usize::from(*other), self.is_fallback(entry, *other));
            }
        }
        let key = |index: usize| FeedKey {
            language: (index / scopes < languages).then_some((index / scopes) as LanguageIndex),
            topic: (index % scopes).checked_sub(1).map(|topic| topic as TopicIndex),
        };
        feeds.into_iter().enumerate().map(|(index, feed)| (key(index), feed)).collect()
    }

    /// Whether an entry belongs to a language that its story lacks: it is shown there, or was before it was withdrawn.
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

    /// Whether an entry is in a feed, or was: in its own language, or as a fallback.
    fn belongs(&self, entry: EntryId, feed: FeedKey) -> bool {
        let own = self.catalog.meta(entry).language;
        feed.language.is_none_or(|language| language == own || self.is_fallback(entry, language))
    }

    /// What the pages of a language and a scope show. Its feed_plan comes next.
    pub fn listing(&self, feed: FeedKey, feed_plan: usize, accumulated: &FeedAccumulator) -> Listing {
        let month_of = |entry: EntryId| self.months[entry.index()];
        let input_hash_of = |entry: EntryId| self.input_hashes[entry.index()];
        let months = older(&accumulated.shown, self.config.feeds.limit, month_of, input_hash_of);
        Listing { feed, feed_plan, count: accumulated.shown.len(), months }
    }

    /// For each language its own entries by month.
    pub fn by_month(&self) -> Vec<BTreeMap<Period, u32>> {
        let mut out = vec![BTreeMap::new(); self.config.languages.len()];
        if !self.config.site.pages {
            return out;
        }
        for (entry, month) in
            self.months.iter().enumerate().filter(|(entry, _)| self.states[*entry] == EntryState::Visible)
        {
            let language = self.catalog.meta(EntryId::new(entry)).language;
            *out[usize::from(language)].entry(*month).or_default() += 1;
        }
        out
    }

    /// A feed and its archives.
    pub fn feed_plans(&self, feed: FeedKey, accumulated: &FeedAccumulator) -> Vec<FeedPlan> {
        let last = accumulated.window.last().copied();
        let oldest = last.map(|last| self.catalog.meta(last).published);
        let is_announced = |entry: &EntryId| oldest.is_none_or(|oldest| self.catalog.meta(*entry).withdrawn >= oldest);
        let archives = last.map(|last| self.archives(feed, accumulated, last)).unwrap_or_default();
        let mut feed_plans = vec![self.feed_plan(
            feed,
            None,
            accumulated.window.clone(),
            accumulated.withdrawn.iter().copied().filter(is_announced).collect(),
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
            let updated = all.iter().map(|entry| newest(self.catalog.meta(*entry), self.now)).max();
            let entries = of_state(EntryState::Visible).collect();
            let deleted = of_state(EntryState::Withdrawn).collect();
            feed_plans.push(self.feed_plan(feed, Some(period), entries, deleted, updated, previous));
            previous = Some(period);
        }
        feed_plans
    }

    /// The periods that have an archive, oldest first, each with everything that ever belonged to it.
    fn archives(&self, feed: FeedKey, accumulated: &FeedAccumulator, last: EntryId) -> Vec<(Period, Vec<EntryId>)> {
        let mut periods: BTreeMap<Period, (bool, Vec<EntryId>)> = BTreeMap::new();
        for entry in &accumulated.all {
            let Period { year, month } = self.months[entry.index()];
            let month = month.filter(|_| self.config.feeds.archives == Archives::Month);
            let (is_archived, all) = periods.entry(Period { year, month }).or_default();
            all.push(*entry);
            let can_stand = matches!(self.states[entry.index()], EntryState::Visible | EntryState::Withdrawn);
            *is_archived |= *entry > last && can_stand && self.belongs(*entry, feed);
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

    /// The hash of what an entry is made from: the texts of its story that are shown, and its topics.
    fn input_hash_of(&self, entry: EntryId) -> u64 {
        let mut hash = 0;
        let mut number = |number: u64| hash = combine(hash, number);
        let meta = self.catalog.meta(entry);
        number(u64::from(meta.language));
        number(meta.record_hash);
        // There is one a language; where there are more, that is an error, and may be a very large one.
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
        hash
    }
}

/// A hash and one number more.
fn combine(hash: u64, number: u64) -> u64 {
    xxh3_64_with_seed(&number.to_le_bytes(), hash)
}

impl FeedAccumulator {
    fn take(&mut self, entry: EntryId, state: EntryState, limit: usize) {
        match state {
            EntryState::Visible if self.window.len() < limit => self.window.push(entry),
            EntryState::Withdrawn => self.withdrawn.push(entry),
            _ => {}
        }
    }
}
