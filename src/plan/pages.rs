//! Pages: the listings, what is older than they show, and what each page is made from.

use xxhash_rust::xxh3::{Xxh3, xxh3_128_with_seed};

use super::key::{DocumentKey, FeedKey, Leaf, Period};
use super::months::Month;
use super::{Plan, Planned, code};
use crate::config::{Config, LanguageIndex};

/// What the pages of a language and a scope show.
#[derive(Debug)]
pub struct Listing {
    pub feed: FeedKey,
    /// The index of the sheet that holds its newest entries.
    pub sheet: usize,
    /// How many entries it has, old ones among them.
    pub count: usize,
    /// Those with something older than the newest entries, newest first.
    pub months: Vec<Month>,
}

impl Listing {
    /// The months of a year.
    pub fn months_of(&self, year: i32) -> impl Iterator<Item = &Month> {
        self.months.iter().filter(move |month| month.period.year == year)
    }

    /// The place of a month among the months.
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
    /// The pages of a listing: the newest entries, and years and months for what is older.
    pub(super) fn pages(&self, config: &Config, index: usize, out: &mut Vec<Planned>) {
        let listing = &self.listings[index];
        let feed = listing.feed;
        let mut page = |leaf: Leaf, numbers: &[u128]| {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            let source = xxh3_128_with_seed(&bytes, config.fingerprint());
            out.push(Planned { key: DocumentKey::Page { feed, leaf }, sheet: None, source });
        };
        let counts: Vec<u128> = listing.months.iter().map(counted).collect();
        page(Leaf::Newest, &[&[self.sheets[listing.sheet].source, listing.count as u128], &counts[..]].concat());
        let near = |place: usize| [place.checked_sub(1), Some(place + 1)];
        let years = listing.years();
        for (place, year) in years.iter().enumerate() {
            let period = Period { year: *year, month: None };
            let mut numbers: Vec<u128> = listing.months_of(*year).map(counted).collect();
            numbers.push(self.having(config, feed, period));
            numbers
                .extend(near(place).map(|near| near.and_then(|near| years.get(near)).map_or(0, |year| *year as u128)));
            page(Leaf::Period { period, part: 0 }, &numbers);
        }
        for (place, month) in listing.months.iter().enumerate() {
            let near = near(place).map(|near| near.and_then(|near| listing.months.get(near)));
            let [newer, older] = near.map(|month| code(month.map(|month| month.period)).into());
            let having = self.having(config, feed, month.period);
            for (part, source) in month.sources.iter().enumerate() {
                let leaf = Leaf::Period { period: month.period, part: part as u16 };
                page(leaf, &[*source, month.entries.len() as u128, having, newer, older]);
            }
        }
    }

    /// A hash of the languages that have a page of the same scope and period.
    fn having(&self, config: &Config, feed: FeedKey, period: Period) -> u128 {
        let languages = 0..config.languages.len() as LanguageIndex;
        let has =
            |language: &LanguageIndex| self.has_page(config, FeedKey { language: Some(*language), ..feed }, period);
        languages.filter(has).fold(1, |hash: u128, language| hash.wrapping_mul(65_537).wrapping_add(language.into()))
    }

    /// Whether a listing has a page for a year or a month.
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

    /// What the first page is made from: how many entries there are of each month and language.
    pub(super) fn source_of_home(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for (language, months) in self.by_month.iter().enumerate() {
            for (period, count) in months {
                hasher.update(&(language as u64).to_le_bytes());
                hasher.update(&code(Some(*period)).to_le_bytes());
                hasher.update(&count.to_le_bytes());
            }
        }
        self.listings.iter().for_each(|listing| hasher.update(&(listing.count as u64).to_le_bytes()));
        hasher.digest()
    }

    /// Which pages there are, and when they changed.
    pub(super) fn source_of_sitemap(&self) -> u64 {
        let mut hasher = Xxh3::new();
        for listing in &self.listings {
            hasher.update(&self.sheets[listing.sheet].updated.0.to_le_bytes());
            for month in &listing.months {
                hasher.update(&code(Some(month.period)).to_le_bytes());
                hasher.update(&month.parts().to_le_bytes());
            }
        }
        hasher.digest()
    }
}

/// A month and how many entries it has, as a number.
fn counted(month: &Month) -> u128 {
    (u128::from(code(Some(month.period))) << 64) + month.entries.len() as u128
}
