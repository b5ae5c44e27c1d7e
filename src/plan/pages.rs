//! Pages: listings, their years and months, and the hash of what each page is rendered from.

use xxhash_rust::xxh3::{Xxh3, xxh3_128_with_seed};

use super::key::{DocumentKey, FeedKey, PageKind, Period};
use super::months::Month;
use super::{Plan, PlannedDocument, period_code};
use crate::config::{Config, LanguageIndex};

/// The pages of a language and a scope.
#[derive(Debug)]
pub struct Listing {
    pub feed: FeedKey,
    /// The index of the feed plan with its newest entries.
    pub feed_plan: usize,
    /// How many visible entries there are, including those past the window.
    pub count: usize,
    /// The months with an entry past the window, newest first.
    pub months: Vec<Month>,
}

impl Listing {
    /// The months of a year.
    pub fn months_of(&self, year: i32) -> impl Iterator<Item = &Month> {
        self.months.iter().filter(move |month| month.period.year == year)
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
            &[&[self.feed_plans[listing.feed_plan].input_hash, listing.count as u128], &counts[..]].concat(),
        );
        // Every page links to its neighbours.
        let neighbours = |index: usize| [index.checked_sub(1), Some(index + 1)];
        let years = listing.years();
        for (index, year) in years.iter().enumerate() {
            let period = Period { year: *year, month: None };
            let mut numbers: Vec<u128> = listing.months_of(*year).map(month_code).collect();
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

    /// The hash of what the home page shows: how many entries each language has, by month.
    pub(super) fn home_input_hash(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for (language, months) in self.by_month.iter().enumerate() {
            for (period, count) in months {
                hasher.update(&(language as u64).to_le_bytes());
                hasher.update(&period_code(Some(*period)).to_le_bytes());
                hasher.update(&count.to_le_bytes());
            }
        }
        self.listings.iter().for_each(|listing| hasher.update(&(listing.count as u64).to_le_bytes()));
        hasher.digest()
    }
}

/// A month and its number of entries, to be hashed.
fn month_code(month: &Month) -> u128 {
    (u128::from(period_code(Some(month.period))) << 64) + month.entries.len() as u128
}
