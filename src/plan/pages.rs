//! Pages: listings, their years and months, and the hash of what each page is rendered from.

use xxhash_rust::xxh3::{Xxh3, xxh3_128_with_seed};

use super::key::{DocumentKey, FeedKey, PageKind, Period};
use super::months::Month;
use super::{FeedPlan, Plan, PlannedDocument, period_code};
use crate::catalog::{Catalog, EntryId};
use crate::config::{Config, LanguageIndex};

/// The pages of a language and a scope.
#[derive(Debug)]
pub struct Listing {
    pub feed: FeedKey,
    /// The index of the plan of its feed.
    pub feed_plan: usize,
    /// How many visible entries there are.
    pub count: usize,
    /// How many of them are in its language; the others are fallbacks.
    pub own: usize,
    /// Those that it shows itself.
    pub newest: Box<[EntryId]>,
    pub(super) newest_hash: u128,
    /// The months with an entry past those, newest first.
    pub months: Vec<Month>,
    /// The months of which it shows every entry itself, newest first, with their numbers of entries. They have no page.
    pub shown_months: Vec<(Period, usize)>,
}

impl Listing {
    /// The months of a year.
    pub fn months_of(&self, year: i32) -> impl Iterator<Item = &Month> {
        self.months.iter().filter(move |month| month.period.year == year)
    }

    /// The months of a year that it shows itself, with their numbers of entries.
    pub fn shown_months_of(&self, year: i32) -> impl Iterator<Item = &(Period, usize)> {
        self.shown_months.iter().filter(move |(month, _)| month.year == year)
    }

    /// The month of its newest entry.
    pub fn newest_month(&self) -> Option<Period> {
        let shown = self.shown_months.first().map(|(month, _)| *month);
        shown.max(self.months.first().map(|month| month.period))
    }

    /// The index of a month.
    pub fn month(&self, period: Period) -> Option<usize> {
        self.months.binary_search_by(|month| period.cmp(&month.period)).ok()
    }

    /// The years of its months, newest first.
    pub fn years(&self) -> Vec<i32> {
        let mut years: Vec<i32> = self.months.iter().map(|month| month.period.year).collect();
        years.dedup();
        years
    }
}

impl Plan {
    /// Plans the pages of a listing: the newest entries, and the years and months past the window.
    pub(super) fn pages(&self, config: &Config, index: usize, out: &mut Vec<PlannedDocument>) {
        let listing = &self.listings[index];
        let feed = listing.feed;
        let mut page = |kind: PageKind, numbers: &[u128]| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            let input_hash = xxh3_128_with_seed(&bytes, config.fingerprint());
            out.push(PlannedDocument { key: DocumentKey::Page { feed, kind }, feed_plan: None, input_hash });
        };
        let counts: Vec<u128> = listing.months.iter().map(month_code).collect();
        page(
            PageKind::Newest,
            &[&[listing.newest_hash, listing.count as u128, listing.own as u128], &counts[..]].concat(),
        );
        // Every page links to its neighbours.
        let neighbours = |index: usize| [index.checked_sub(1), Some(index + 1)];
        let years = listing.years();
        for (index, year) in years.iter().enumerate() {
            let period = Period { year: *year, month: None };
            let mut numbers: Vec<u128> = listing.months_of(*year).map(month_code).collect();
            numbers.extend(listing.shown_months_of(*year).map(|(month, count)| counted(*month, *count)));
            numbers.push(self.language_set(config, feed, period));
            let years = neighbours(index).map(|index| index.and_then(|index| years.get(index)));
            numbers.extend(years.map(|year| year.map_or(0, |year| *year as u128)));
            page(PageKind::Period { period, part: 0 }, &numbers);
        }
        for (index, month) in listing.months.iter().enumerate() {
            let months = neighbours(index).map(|index| index.and_then(|index| listing.months.get(index)));
            let [newer, older] = months.map(|month| period_code(month.map(|month| month.period)).into());
            let language_set = self.language_set(config, feed, month.period);
            for (part, input_hash) in month.input_hashes.iter().enumerate() {
                let kind = PageKind::Period { period: month.period, part: part as u16 };
                page(kind, &[*input_hash, month.entries.len() as u128, language_set, newer, older]);
            }
        }
    }

    /// A hash of the languages that have a page of the same scope and period, because every page links to them.
    pub(super) fn language_set(&self, config: &Config, feed: FeedKey, period: Period) -> u128 {
        let languages = 0..config.languages.len() as LanguageIndex;
        let has =
            |language: &LanguageIndex| self.has_page(config, FeedKey { language: Some(*language), ..feed }, period);
        languages.filter(has).fold(1, |hash: u128, language| hash.wrapping_mul(65_537).wrapping_add(language.into()))
    }

    /// Whether there is a page for a year or a month.
    pub fn has_page(&self, config: &Config, feed: FeedKey, period: Period) -> bool {
        self.listing(config, feed).is_some_and(|listing| match period.month {
            Some(_) => listing.month(period).is_some(),
            None => listing.months_of(period.year).next().is_some(),
        })
    }

    /// The listing of a language and a scope.
    pub fn listing(&self, config: &Config, feed: FeedKey) -> Option<&Listing> {
        let scope = feed.topic.map_or(0, |topic| usize::from(topic) + 1);
        self.listings.get(usize::from(feed.language?) * (config.topics.len() + 1) + scope)
    }

    /// The hash of what the home page shows: the newest entries of each language, and how many it has.
    pub(super) fn home_input_hash(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for listing in self.listings.iter().filter(|listing| listing.feed.topic.is_none()) {
            hasher.update(&listing.newest_hash.to_le_bytes());
            hasher.update(&(listing.count as u64).to_le_bytes());
        }
        hasher.digest()
    }

    /// The hash of what the page of a language about its feeds shows: which of them have something to listen to.
    pub(super) fn subscribe_input_hash(&self, catalog: &Catalog, language: LanguageIndex) -> u64 {
        let of_language = self.feed_plans.iter().filter(|feed_plan| feed_plan.feed.language == Some(language));
        let mut hasher = Xxh3::new();
        for feed_plan in of_language.filter(|feed_plan| feed_plan.period.is_none()) {
            hasher.update(&[u8::from(feed_plan.has_audio(catalog))]);
        }
        hasher.digest()
    }

    /// Whether something in a feed can be listened to.
    pub fn has_audio(&self, config: &Config, catalog: &Catalog, feed: FeedKey) -> bool {
        self.listing(config, feed).is_some_and(|listing| self.feed_plans[listing.feed_plan].has_audio(catalog))
    }
}

impl FeedPlan {
    fn has_audio(&self, catalog: &Catalog) -> bool {
        self.entries.iter().any(|entry| catalog.meta(*entry).has_audio)
    }
}

/// A month and its number of entries, to be hashed.
fn month_code(month: &Month) -> u128 {
    counted(month.period, month.entries.len())
}

fn counted(month: Period, count: usize) -> u128 {
    (u128::from(period_code(Some(month))) << 64) + count as u128
}
