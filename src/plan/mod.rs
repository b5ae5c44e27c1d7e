//! The plan: which documents a publication has, which entries each holds, and what each is made from.
//!
//! Owns: what has appeared, what has left, fallbacks, windows, archives, months, deletions, the times that feeds name.
//! Never touches: bytes, files, the clock.

mod key;
mod months;
mod pages;
mod planner;

use std::collections::BTreeMap;

use xxhash_rust::xxh3::Xxh3;

pub use key::{DocumentKey, FeedKey, PageKind, Period, Style};
pub use pages::Listing;
use planner::Planner;

use crate::catalog::{Catalog, EntryId};
use crate::config::{Config, LanguageIndex};
use crate::model::Timestamp;
use crate::store::EntryMeta;

/// What a publication holds.
#[derive(Debug, Default)]
pub struct Plan {
    /// The feeds, in the order of languages and topics, those of every language last; each followed by its archives.
    pub feed_plans: Vec<FeedPlan>,
    /// How many entries are shown somewhere.
    pub visible: usize,
    /// The listings, in the order of languages and topics; none where there are no pages.
    pub listings: Vec<Listing>,
    /// For each language its own entries by month; none where there are no pages.
    pub by_month: Vec<BTreeMap<Period, u32>>,
    states: Vec<EntryState>,
    /// The newest time that a feed of each language names; the last is that of all.
    newest: Vec<Timestamp>,
}

/// A feed, or an archive of it, in all its formats.
#[derive(Debug)]
pub struct FeedPlan {
    pub feed: FeedKey,
    /// For an archive its period.
    pub period: Option<Period>,
    /// Newest first.
    pub entries: Vec<EntryId>,
    /// Withdrawn entries that are announced.
    pub deleted: Vec<EntryId>,
    pub updated: Timestamp,
    /// Whether `updated` comes from an entry.
    pub has_news: bool,
    /// The newest archive, or for an archive the one before it.
    pub previous: Option<Period>,
    /// The hash of what it is made from.
    input_hash: u128,
}

/// A document and the hash of what it is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlannedDocument {
    pub key: DocumentKey,
    /// The index of its feed_plan, where it has one.
    pub feed_plan: Option<usize>,
    pub input_hash: u128,
}

/// What has become of an entry by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryState {
    /// A draft, or of the future.
    Hidden,
    /// In the feeds.
    Visible,
    /// Announced as deleted.
    Withdrawn,
    /// It has left.
    Expired,
}

impl EntryState {
    fn of(meta: &EntryMeta, now: Timestamp, drafts: bool) -> EntryState {
        if meta.published > now || (meta.draft && !drafts) {
            EntryState::Hidden
        } else if meta.withdrawn <= now {
            EntryState::Withdrawn
        } else if meta.expires <= now || !meta.has_text {
            EntryState::Expired
        } else {
            EntryState::Visible
        }
    }
}

impl Plan {
    /// Plans the publication of a moment.
    pub fn new(config: &Config, catalog: &Catalog, now: Timestamp) -> Plan {
        let entries = catalog.entries();
        let states: Vec<EntryState> =
            entries.map(|entry| EntryState::of(catalog.meta(entry), now, config.drafts)).collect();
        let planner = Planner::new(config, catalog, now, &states);
        let feeds = planner.accumulate();
        let mut newest = vec![config.site.authority_date; config.languages.len() + 1];
        let mut feed_plans = Vec::new();
        let mut listings = Vec::new();
        for (feed, accumulated) in feeds {
            let at = feed.language.map_or(config.languages.len(), usize::from);
            newest[at] = newest[at].max(accumulated.updated.unwrap_or(config.site.authority_date));
            if config.site.pages && feed.language.is_some() {
                listings.push(planner.listing(feed, feed_plans.len(), &accumulated));
            }
            feed_plans.extend(planner.feed_plans(feed, &accumulated));
        }
        let by_month = planner.by_month();
        let visible = states.iter().filter(|state| **state == EntryState::Visible).count();
        Plan { feed_plans, visible, listings, by_month, states, newest }
    }

    /// What has become of an entry.
    pub fn state(&self, entry: EntryId) -> EntryState {
        self.states[entry.index()]
    }

    /// The newest time that a feed of a language names, or any feed.
    pub fn newest(&self, language: Option<LanguageIndex>) -> Timestamp {
        match language {
            Some(language) => self.newest[usize::from(language)],
            None => self.newest.iter().copied().max().unwrap_or(Timestamp(0)),
        }
    }

    /// Every document, with the hash of what it is made from.
    pub fn documents(&self, config: &Config) -> Vec<PlannedDocument> {
        let mut out =
            Vec::with_capacity(self.feed_plans.len() * config.feeds.formats.len() + config.languages.len() + 1);
        for (index, feed_plan) in self.feed_plans.iter().enumerate() {
            out.extend(config.feeds.formats.iter().map(|format| PlannedDocument {
                key: DocumentKey::Feed { feed: feed_plan.feed, period: feed_plan.period, format: *format },
                feed_plan: Some(index),
                input_hash: feed_plan.input_hash,
            }));
        }
        let languages = || 0..config.languages.len() as LanguageIndex;
        (0..self.listings.len()).for_each(|listing| self.pages(config, listing, &mut out));
        let mut without_feed_plan = |key, input_hash: &[u8]| {
            let mut hasher = Xxh3::with_seed(config.fingerprint());
            hasher.update(input_hash);
            out.push(PlannedDocument { key, feed_plan: None, input_hash: hasher.digest128() });
        };
        for language in languages().map(Some).chain([None]) {
            without_feed_plan(DocumentKey::Opml(language), &self.newest(language).0.to_le_bytes());
        }
        for language in languages() {
            without_feed_plan(DocumentKey::Style(Style::Feeds(language)), &[]);
        }
        if config.site.pages {
            without_feed_plan(DocumentKey::Style(Style::Pages), &[]);
            without_feed_plan(DocumentKey::Home, &self.home_input_hash().to_le_bytes());
            without_feed_plan(DocumentKey::Sitemap, &self.sitemap_input_hash().to_le_bytes());
        }
        if !config.redirects.is_empty() {
            without_feed_plan(DocumentKey::Redirects, &[]);
        }
        for (index, _) in config.redirects.iter().enumerate().filter(|(_, redirect)| redirect.from.ends_with(".html")) {
            without_feed_plan(DocumentKey::RedirectPage(index as u16), &[]);
        }
        out
    }

    /// The first moment after this one at which something appears or leaves by itself.
    pub fn next_change(&self, catalog: &Catalog, now: Timestamp) -> Option<Timestamp> {
        let metas = catalog.entries().map(|entry| catalog.meta(entry));
        let moments = metas.flat_map(|meta| [meta.published, meta.withdrawn, meta.expires]);
        moments.filter(|at| *at > now && *at != Timestamp::NEVER).min()
    }

    /// Whether a feed has more entries than its window, and this one is older than those within.
    pub fn is_older_than_window(&self, feed: FeedKey, entry: EntryId, limit: usize) -> bool {
        let at = self.feed_plans.partition_point(|feed_plan| feed_order(feed_plan.feed) < feed_order(feed));
        self.feed_plans.get(at).is_some_and(|feed_plan| {
            feed_plan.feed == feed
                && feed_plan.entries.len() == limit
                && feed_plan.entries.last().is_some_and(|last| entry > *last)
        })
    }
}

/// A period as a number.
fn period_code(period: Option<Period>) -> u64 {
    period.map_or(0, |period| period.year as u64 * 100 + u64::from(period.month.unwrap_or(0)) + 1)
}

/// Feeds in the order of languages and topics; those of every language, and within a language all topics, have their own index.
fn feed_order(feed: FeedKey) -> (usize, usize) {
    (feed.language.map_or(usize::MAX, usize::from), feed.topic.map_or(0, |topic| usize::from(topic) + 1))
}
