//! The plan: which documents a publication has, which entries each holds, and the hash of what each is rendered from.
//!
//! Owns: the state of each entry at a moment, fallbacks, windows, archives, months, deletions, the dates of feeds.
//! Never touches: bytes, files, the clock.

mod delivery;
mod key;
mod months;
mod pages;
mod parse;
mod planner;
mod sitemap;
mod stories;

use xxhash_rust::xxh3::Xxh3;

/// What an open page of a preview asks for, below the root.
pub const PREVIEW_STATE: &str = "preview/state.json";

pub use delivery::{Stage, document_tag, kind_tags};
pub use key::{DocumentKey, FeedKey, Names, PageKind, Period, SitemapPart, StoryKind, Style};
pub use pages::Listing;
use planner::Planner;
pub use sitemap::Sitemap;
pub use stories::StoryPage;

use crate::catalog::{Catalog, EntryId};
use crate::config::{Config, LanguageIndex, Preview};
use crate::model::Timestamp;
use crate::store::EntryMeta;

/// What a publication holds.
#[derive(Debug)]
pub struct Plan {
    /// Sorted by language and topic, the feeds of all languages last. Each feed is followed by its archives.
    pub feed_plans: Vec<FeedPlan>,
    /// How many entries are visible.
    pub visible: usize,
    /// Sorted by language and topic; empty if the site has no pages.
    pub listings: Vec<Listing>,
    /// In the order of their entries.
    story_pages: Vec<StoryPage>,
    /// Empty if the site has no pages.
    pub sitemap: Sitemap,
    states: Vec<EntryState>,
    /// The time of the publication.
    now: Timestamp,
    /// The newest date of the feeds of each language; the last element is that of the feeds of all languages.
    newest: Vec<Timestamp>,
}

/// A feed, or an archive of it, in all its formats.
#[derive(Debug)]
pub struct FeedPlan {
    pub feed: FeedKey,
    /// The period of an archive.
    pub period: Option<Period>,
    /// Newest first.
    pub entries: Vec<EntryId>,
    /// Withdrawn entries, announced as deleted.
    pub deleted: Vec<EntryId>,
    pub updated: Timestamp,
    /// Whether `updated` comes from an entry.
    pub has_news: bool,
    /// The newest archive; for an archive, the one before it.
    pub previous: Option<Period>,
    /// The hash of what it is rendered from.
    input_hash: u128,
}

/// A document of the publication.
#[derive(Debug, Clone, Copy)]
pub struct PlannedDocument {
    pub key: DocumentKey,
    /// The index of its feed plan, if it is a feed.
    pub feed_plan: Option<usize>,
    /// The hash of what it is rendered from: as long as it is the same, so are the bytes.
    pub input_hash: u128,
}

/// The state of an entry at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryState {
    /// A draft, or published in the future.
    Hidden,
    /// In the feeds.
    Visible,
    /// Announced as deleted.
    Withdrawn,
    /// In no document any more.
    Expired,
}

impl EntryState {
    fn of(meta: &EntryMeta, now: Timestamp, config: &Config) -> EntryState {
        let is_preview = config.preview != Preview::Off;
        if (meta.published > now && !is_preview) || (meta.draft && !config.drafts) {
            EntryState::Hidden
        } else if meta.withdrawn <= now {
            EntryState::Withdrawn
        } else if (meta.expires <= now && !is_preview) || !meta.has_text {
            EntryState::Expired
        } else {
            EntryState::Visible
        }
    }
}

/// Why an entry is in a preview alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Badge {
    Draft,
    /// It will be published at its date.
    Scheduled,
    Expired,
}

impl Badge {
    /// The badge of an entry at a moment; none outside a preview, and for what readers see.
    fn of(meta: &EntryMeta, now: Timestamp, config: &Config) -> Option<Badge> {
        if config.preview == Preview::Off {
            None
        } else if meta.draft {
            Some(Badge::Draft)
        } else if meta.published > now {
            Some(Badge::Scheduled)
        } else if meta.expires <= now {
            Some(Badge::Expired)
        } else {
            None
        }
    }
}

impl Plan {
    /// Plans the publication of a moment.
    pub fn new(names: Names<'_>, now: Timestamp) -> Plan {
        let Names { config, catalog, .. } = names;
        let entries = catalog.entries();
        let states: Vec<EntryState> = entries.map(|entry| EntryState::of(catalog.meta(entry), now, config)).collect();
        let planner = Planner::new(config, catalog, now, &states);
        let feeds = planner.accumulate();
        let mut newest = vec![config.site.authority_date; config.languages.len() + 1];
        let mut feed_plans = Vec::new();
        let mut listings = Vec::new();
        for (feed, accumulated) in feeds {
            let index = feed.language.map_or(config.languages.len(), usize::from);
            newest[index] = newest[index].max(accumulated.updated.unwrap_or(config.site.authority_date));
            if config.site.pages && feed.language.is_some() {
                listings.push(planner.listing(feed, feed_plans.len(), &accumulated));
            }
            feed_plans.extend(planner.feed_plans(feed, &accumulated));
        }
        let visible = states.iter().filter(|state| **state == EntryState::Visible).count();
        let story_pages = planner.story_pages();
        let sitemap = Sitemap::default();
        let mut plan = Plan { feed_plans, visible, listings, story_pages, sitemap, states, now, newest };
        if config.site.pages {
            plan.sitemap = plan.sitemap_of(names);
        }
        plan
    }

    /// The state of an entry.
    pub fn state(&self, entry: EntryId) -> EntryState {
        self.states[entry.index()]
    }

    /// Why an entry is in a preview alone.
    pub fn badge(&self, config: &Config, catalog: &Catalog, entry: EntryId) -> Option<Badge> {
        Badge::of(catalog.meta(entry), self.now, config)
    }

    /// The newest date of the feeds of a language, or of all feeds.
    pub fn newest(&self, language: Option<LanguageIndex>) -> Timestamp {
        match language {
            Some(language) => self.newest[usize::from(language)],
            None => self.newest.iter().copied().max().unwrap_or(Timestamp(0)),
        }
    }

    /// Every document of the publication.
    pub fn documents(&self, config: &Config, catalog: &Catalog) -> Vec<PlannedDocument> {
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
        self.story_documents(config, catalog, &mut out);
        let mut without_feed_plan = |key, input: &[u8]| {
            let mut hasher = Xxh3::with_seed(config.fingerprint());
            hasher.update(input);
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
            for language in languages().map(Some).chain([None]) {
                without_feed_plan(DocumentKey::NotFound(language), &[]);
            }
            for language in languages() {
                let input = self.subscribe_input_hash(catalog, language);
                without_feed_plan(DocumentKey::Subscribe(language), &input.to_le_bytes());
            }
            if config.site.base_url.path() == "/" {
                without_feed_plan(DocumentKey::Robots, &[]);
            }
            without_feed_plan(DocumentKey::Home, &self.home_input_hash().to_le_bytes());
            self.sitemap_documents(&mut without_feed_plan);
        }
        if !config.redirects.is_empty() {
            without_feed_plan(DocumentKey::Redirects, &[]);
        }
        for (index, _) in config.redirects.iter().enumerate().filter(|(_, redirect)| redirect.from.ends_with(".html")) {
            without_feed_plan(DocumentKey::RedirectPage(index as u16), &[]);
        }
        out
    }

    /// The next moment at which an entry is published, withdrawn or expires, and the first such entry.
    pub fn next_change(&self, catalog: &Catalog, now: Timestamp, drafts: bool) -> Option<(Timestamp, EntryId)> {
        let entries = catalog.entries().filter(|entry| drafts || !catalog.meta(*entry).draft);
        let moments = entries.flat_map(|entry| {
            let meta = catalog.meta(entry);
            [meta.published, meta.withdrawn, meta.expires].map(|at| (at, entry))
        });
        moments.filter(|(at, _)| *at > now && *at != Timestamp::NEVER).min()
    }

    /// Whether the window of a feed is full and an entry is older than those in it.
    pub fn is_older_than_window(&self, feed: FeedKey, entry: EntryId, limit: usize) -> bool {
        let index = self.feed_plans.partition_point(|feed_plan| feed_order(feed_plan.feed) < feed_order(feed));
        self.feed_plans.get(index).is_some_and(|feed_plan| {
            feed_plan.feed == feed
                && feed_plan.entries.len() == limit
                && feed_plan.entries.last().is_some_and(|last| entry > *last)
        })
    }
}

/// A period as a number, to be hashed.
fn period_code(period: Option<Period>) -> u64 {
    period.map_or(0, |period| period.year as u64 * 100 + u64::from(period.month.unwrap_or(0)) + 1)
}

/// The order of feeds in a plan: all languages come last, all topics first.
fn feed_order(feed: FeedKey) -> (usize, usize) {
    (feed.language.map_or(usize::MAX, usize::from), feed.topic.map_or(0, |topic| usize::from(topic) + 1))
}
