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

pub use key::{DocumentKey, FeedKey, Leaf, Period, Style};
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
    pub sheets: Vec<Sheet>,
    /// How many entries are shown somewhere.
    pub shown: usize,
    /// The listings, in the order of languages and topics; none where there are no pages.
    pub listings: Vec<Listing>,
    /// For each language its own entries by month; none where there are no pages.
    pub by_month: Vec<BTreeMap<Period, u32>>,
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
    pub entries: Vec<EntryId>,
    /// Withdrawn entries that are announced.
    pub deleted: Vec<EntryId>,
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
    fn of(meta: &EntryMeta, now: Timestamp, drafts: bool) -> State {
        if meta.published > now || (meta.draft && !drafts) {
            State::Hidden
        } else if meta.withdrawn <= now {
            State::Withdrawn
        } else if meta.expires <= now || !meta.has_text {
            State::Expired
        } else {
            State::Shown
        }
    }
}

impl Plan {
    /// Plans the publication of a moment.
    pub fn new(config: &Config, catalog: &Catalog, now: Timestamp) -> Plan {
        let entries = catalog.entries();
        let states: Vec<State> = entries.map(|entry| State::of(catalog.meta(entry), now, config.drafts)).collect();
        let planner = Planner::new(config, catalog, now, &states);
        let feeds = planner.gather();
        let mut newest = vec![config.site.authority_date; config.languages.len() + 1];
        let mut sheets = Vec::new();
        let mut listings = Vec::new();
        for (feed, gathered) in feeds {
            let at = feed.language.map_or(config.languages.len(), usize::from);
            newest[at] = newest[at].max(gathered.updated.unwrap_or(config.site.authority_date));
            if config.site.pages && feed.language.is_some() {
                listings.push(planner.listing(feed, sheets.len(), &gathered));
            }
            sheets.extend(planner.sheets(feed, &gathered));
        }
        let by_month = planner.by_month();
        let shown = states.iter().filter(|state| **state == State::Shown).count();
        Plan { sheets, shown, listings, by_month, states, newest }
    }

    /// What has become of an entry.
    pub fn state(&self, entry: EntryId) -> State {
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
    pub fn documents(&self, config: &Config) -> Vec<Planned> {
        let mut out = Vec::with_capacity(self.sheets.len() * config.feeds.formats.len() + config.languages.len() + 1);
        for (index, sheet) in self.sheets.iter().enumerate() {
            out.extend(config.feeds.formats.iter().map(|format| Planned {
                key: DocumentKey::Feed { feed: sheet.feed, period: sheet.period, format: *format },
                sheet: Some(index),
                source: sheet.source,
            }));
        }
        let languages = || 0..config.languages.len() as LanguageIndex;
        (0..self.listings.len()).for_each(|listing| self.pages(config, listing, &mut out));
        let mut without_sheet = |key, source: &[u8]| {
            let mut hasher = Xxh3::with_seed(config.fingerprint());
            hasher.update(source);
            out.push(Planned { key, sheet: None, source: hasher.digest128() });
        };
        for language in languages().map(Some).chain([None]) {
            without_sheet(DocumentKey::Outlines(language), &self.newest(language).0.to_le_bytes());
        }
        for language in languages() {
            without_sheet(DocumentKey::Style(Style::Feeds(language)), &[]);
        }
        if config.site.pages {
            without_sheet(DocumentKey::Style(Style::Pages), &[]);
            without_sheet(DocumentKey::Home, &self.source_of_home().to_le_bytes());
            without_sheet(DocumentKey::Sitemap, &self.source_of_sitemap().to_le_bytes());
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
        let metas = catalog.entries().map(|entry| catalog.meta(entry));
        let moments = metas.flat_map(|meta| [meta.published, meta.withdrawn, meta.expires]);
        moments.filter(|at| *at > now && *at != Timestamp::NEVER).min()
    }

    /// Whether a feed has more entries than its window, and this one is older than those within.
    pub fn is_older_than_window(&self, feed: FeedKey, entry: EntryId, limit: usize) -> bool {
        let at = self.sheets.partition_point(|sheet| order(sheet.feed) < order(feed));
        self.sheets.get(at).is_some_and(|sheet| {
            sheet.feed == feed && sheet.entries.len() == limit && sheet.entries.last().is_some_and(|last| entry > *last)
        })
    }
}

/// A period as a number.
fn code(period: Option<Period>) -> u64 {
    period.map_or(0, |period| period.year as u64 * 100 + u64::from(period.month.unwrap_or(0)) + 1)
}

/// Feeds in the order of languages and topics; those of every language, and within a language all topics, have their own place.
fn order(feed: FeedKey) -> (usize, usize) {
    (feed.language.map_or(usize::MAX, usize::from), feed.topic.map_or(0, |topic| usize::from(topic) + 1))
}
