//! The sitemap: the pages it lists, and by which parts where they are many.

use std::collections::BTreeMap;

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::key::{DocumentKey, FeedKey, Names, PageKind, Period, SitemapPart, StoryKind};
use super::months::Calendar;
use super::pages::Listing;
use super::{Plan, period_code};
use crate::catalog::EntryId;
use crate::config::LanguageIndex;
use crate::model::Timestamp;

/// Past one of these a sitemap is divided, so that a new story changes one part of it. They are far below what the protocol
/// allows, 50,000 addresses and 50 MB.
const MAX_ADDRESSES: usize = 10_000;
const MAX_BYTES: usize = 10_000_000;

/// How many bytes an address takes in a sitemap, and each of its alternates, beside the URLs and language tags.
const ADDRESS_BYTES: usize = 90;
const ALTERNATE_BYTES: usize = 60;

/// A sitemap.
#[derive(Debug)]
pub enum Sitemap {
    Whole(PageList),
    Index(BTreeMap<SitemapPart, PageList>),
}

/// The pages of a sitemap, or of a part of one.
#[derive(Debug, Default)]
pub struct PageList {
    pub pages: Vec<DocumentKey>,
    /// The newest change of one of them.
    pub updated: Option<Timestamp>,
    input_hash: u128,
}

/// A page that is in the sitemap.
struct Address {
    page: DocumentKey,
    language: LanguageIndex,
    /// The month it belongs to.
    month: Period,
    updated: Option<Timestamp>,
    /// About how many bytes it takes.
    bytes: usize,
    /// The hash of what is said about it.
    input_hash: u64,
}

impl Default for Sitemap {
    fn default() -> Self {
        Sitemap::Whole(PageList::default())
    }
}

impl Sitemap {
    fn of(addresses: Vec<Address>) -> Sitemap {
        if fits(&addresses) {
            return Sitemap::Whole(PageList::of(&addresses));
        }
        let mut years: BTreeMap<(LanguageIndex, i32), BTreeMap<Period, Vec<Address>>> = BTreeMap::new();
        for address in addresses {
            let year = years.entry((address.language, address.month.year)).or_default();
            year.entry(address.month).or_default().push(address);
        }
        let mut parts = BTreeMap::new();
        for ((language, year), months) in years {
            let part = |period: Period, number: usize| SitemapPart { language, period, number: number as u16 };
            if fits(months.values().flatten()) {
                let all: Vec<Address> = months.into_values().rev().flatten().collect();
                parts.insert(part(Period { year, month: None }, 0), PageList::of(&all));
                continue;
            }
            for (month, addresses) in months {
                let chunks = chunks(&addresses);
                let chunks =
                    chunks.iter().enumerate().map(|(number, chunk)| (part(month, number), PageList::of(chunk)));
                parts.extend(chunks);
            }
        }
        Sitemap::Index(parts)
    }

    /// The pages of a part; of the whole if it has none.
    pub fn list(&self, part: Option<SitemapPart>) -> Option<&PageList> {
        match (self, part) {
            (Sitemap::Whole(list), None) => Some(list),
            (Sitemap::Index(parts), Some(part)) => parts.get(&part),
            _ => None,
        }
    }
}

impl PageList {
    fn of(addresses: &[Address]) -> PageList {
        let mut hasher = Xxh3::new();
        addresses.iter().for_each(|address| hasher.update(&address.input_hash.to_le_bytes()));
        PageList {
            pages: addresses.iter().map(|address| address.page).collect(),
            updated: addresses.iter().filter_map(|address| address.updated).max(),
            input_hash: hasher.digest128(),
        }
    }
}

/// Whether addresses are few enough for one file.
fn fits<'a>(addresses: impl IntoIterator<Item = &'a Address>) -> bool {
    let (mut count, mut bytes) = (0, 0);
    for address in addresses {
        count += 1;
        bytes += address.bytes;
    }
    count <= MAX_ADDRESSES && bytes <= MAX_BYTES
}

/// The addresses of a month in files, counted from the oldest: then a new story changes the last or the first alone. Number 0
/// is the newest, which has the name of the month.
fn chunks(addresses: &[Address]) -> Vec<&[Address]> {
    let mut oldest_first = Vec::new();
    let (mut end, mut bytes) = (addresses.len(), 0);
    for (index, address) in addresses.iter().enumerate().rev() {
        bytes += address.bytes;
        if end - index > MAX_ADDRESSES || bytes > MAX_BYTES {
            oldest_first.push(&addresses[index + 1..end]);
            (end, bytes) = (index + 1, address.bytes);
        }
    }
    std::iter::once(&addresses[..end]).chain(oldest_first).collect()
}

impl Plan {
    /// Plans the sitemap: the home page, the listings, and the pages of stories that have no other.
    pub(super) fn sitemap_of(&self, names: Names<'_>) -> Sitemap {
        let plain = |page: DocumentKey, language: LanguageIndex| Address {
            page,
            language,
            month: self.newest_month(names, language),
            updated: None,
            bytes: ADDRESS_BYTES
                + names.config.languages.len() * (ALTERNATE_BYTES + page.page_url(names).as_str().len()),
            input_hash: 0,
        };
        let languages = 0..names.config.languages.len() as LanguageIndex;
        let subscribe = languages.map(|language| plain(DocumentKey::Subscribe(language), language));
        let newest = self.listings.iter().map(|listing| self.listing_address(names, listing, PageKind::Newest));
        let periods = self.listings.iter().flat_map(|listing| {
            let years = listing.years().into_iter().map(|year| (Period { year, month: None }, 1));
            let periods = years.chain(listing.months.iter().map(|month| (month.period, month.parts())));
            let kinds =
                periods.flat_map(|(period, parts)| (0..parts).map(move |part| PageKind::Period { period, part }));
            kinds.map(|kind| self.listing_address(names, listing, kind))
        });
        let mut calendar = Calendar::new(&names.config.site.zone);
        let stories = self.story_pages.iter().filter_map(|page| self.story_address(names, &mut calendar, page.entry));
        let fixed = std::iter::once(plain(DocumentKey::Home, 0)).chain(subscribe);
        Sitemap::of(fixed.chain(newest).chain(periods).chain(stories).collect())
    }

    fn listing_address(&self, names: Names<'_>, listing: &Listing, kind: PageKind) -> Address {
        let feed = listing.feed;
        let language = feed.interface_language();
        let page = DocumentKey::Page { feed, kind };
        let newest_of = |year: i32| listing.months_of(year).next().map(|month| month.period);
        let (month, updated, languages) = match kind {
            PageKind::Newest => {
                let feed_plan = &self.feed_plans[listing.feed_plan];
                (self.newest_month(names, language), feed_plan.has_news.then_some(feed_plan.updated), 0)
            }
            PageKind::Period { period: period @ Period { month: Some(_), .. }, .. } => {
                (period, None, self.language_set(names.config, feed, period))
            }
            PageKind::Period { period, .. } => {
                (newest_of(period.year).unwrap_or(period), None, self.language_set(names.config, feed, period))
            }
        };
        let url = page.page_url(names);
        let input_hash = {
            let mut hasher = Xxh3::new();
            hasher.update(url.as_str().as_bytes());
            hasher.update(&languages.to_le_bytes());
            hasher.update(&updated.map_or(i64::MIN, |at| at.0).to_le_bytes());
            hasher.digest()
        };
        let bytes =
            ADDRESS_BYTES + url.as_str().len() + names.config.languages.len() * (ALTERNATE_BYTES + url.as_str().len());
        Address { page, language, month, updated, bytes, input_hash }
    }

    fn story_address(&self, names: Names<'_>, calendar: &mut Calendar<'_>, entry: EntryId) -> Option<Address> {
        let page = self.listed_story(names, entry)?;
        let meta = names.catalog.meta(entry);
        let id = names.catalog.story_id(names.store, entry);
        let mut hasher = Xxh3::new();
        hasher.update(&xxh3_64(id.as_bytes()).to_le_bytes());
        hasher.update(&meta.updated.0.to_le_bytes());
        let url_bytes = names.config.site.base_url.as_str().len() + "en/stories//".len() + id.len();
        let mut bytes = ADDRESS_BYTES + url_bytes;
        // Valid stores have at most one translation a language; the limit bounds the work for invalid ones.
        for sibling in names.catalog.translations(entry).iter().take(names.config.languages.len()) {
            if self.listed_story(names, *sibling).is_some() {
                hasher.update(&names.catalog.meta(*sibling).language.to_le_bytes());
                bytes += ALTERNATE_BYTES + url_bytes;
            }
        }
        Some(Address {
            page,
            language: meta.language,
            month: calendar.month(meta.published),
            updated: Some(meta.updated),
            bytes,
            input_hash: hasher.digest(),
        })
    }

    /// The page of a story, unless it was withdrawn, or the story has another page.
    pub fn listed_story(&self, names: Names<'_>, entry: EntryId) -> Option<DocumentKey> {
        let key = self.story_key(names.config, names.catalog, entry)?;
        let is_visible = matches!(key, DocumentKey::Story { kind: StoryKind::Visible, .. });
        (is_visible && !names.catalog.meta(entry).has_link).then_some(key)
    }

    /// The month of the newest entry of a language; without one, that of the authority's date.
    fn newest_month(&self, names: Names<'_>, language: LanguageIndex) -> Period {
        let listing = self.listing(names.config, FeedKey { language: Some(language), topic: None });
        let site = &names.config.site;
        listing.and_then(Listing::newest_month).unwrap_or_else(|| Calendar::new(&site.zone).month(site.authority_date))
    }

    /// The sitemap and its parts, each with the hash of what it is rendered from.
    pub(super) fn sitemap_documents(&self, mut planned: impl FnMut(DocumentKey, &[u8])) {
        match &self.sitemap {
            Sitemap::Whole(list) => planned(DocumentKey::Sitemap, &list.input_hash.to_le_bytes()),
            Sitemap::Index(parts) => {
                let mut hasher = Xxh3::new();
                for (part, list) in parts {
                    hasher.update(&u64::from(part.language).to_le_bytes());
                    hasher.update(&period_code(Some(part.period)).to_le_bytes());
                    hasher.update(&part.number.to_le_bytes());
                    hasher.update(&list.updated.map_or(i64::MIN, |at| at.0).to_le_bytes());
                    planned(DocumentKey::SitemapPart(*part), &list.input_hash.to_le_bytes());
                }
                planned(DocumentKey::Sitemap, &hasher.digest128().to_le_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(months: &[(u32, usize)], bytes: usize) -> Vec<Address> {
        let address = |month: u32| Address {
            page: DocumentKey::Home,
            language: 0,
            month: Period { year: 2024, month: Some(month) },
            updated: None,
            bytes,
            input_hash: 0,
        };
        months.iter().flat_map(|(month, count)| (0..*count).map(move |_| address(*month))).collect()
    }

    #[test]
    fn a_large_sitemap_is_divided_by_year_then_by_month_then_by_number() {
        /// The month, the number and the pages of a part.
        type Expected<'a> = &'a [(Option<u32>, u16, usize)];
        type Case<'a> = (&'a [(u32, usize)], usize, Expected<'a>);
        let cases: [Case; 6] = [
            (&[(2, 4_000), (1, 6_000)], 1_000, &[]),
            (&[(2, 4_000), (1, 6_001)], 100, &[(Some(1), 0, 6_001), (Some(2), 0, 4_000)]),
            (&[(2, 4_000), (1, 6_000)], 1_001, &[(Some(1), 0, 6_000), (Some(2), 0, 4_000)]),
            (&[(2, 10_001)], 100, &[(Some(2), 0, 1), (Some(2), 1, 10_000)]),
            (&[(2, 25_000)], 100, &[(Some(2), 0, 5_000), (Some(2), 1, 10_000), (Some(2), 2, 10_000)]),
            (&[(2, 5_000)], 4_000, &[(Some(2), 0, 2_500), (Some(2), 1, 2_500)]),
        ];
        for (months, bytes, expected) in cases {
            let found: Vec<_> = match Sitemap::of(addresses(months, bytes)) {
                Sitemap::Whole(_) => Vec::new(),
                Sitemap::Index(parts) => {
                    parts.iter().map(|(part, list)| (part.period.month, part.number, list.pages.len())).collect()
                }
            };
            assert_eq!(found, expected, "{months:?} {bytes}");
        }
        // A year that fits is one part, beside one that does not.
        let mut two_years = addresses(&[(2, 9_999)], 100);
        two_years.extend(
            addresses(&[(2, 10_001)], 100)
                .into_iter()
                .map(|address| Address { month: Period { year: 2023, month: Some(2) }, ..address }),
        );
        let Sitemap::Index(parts) = Sitemap::of(two_years) else { panic!("not divided") };
        let periods: Vec<_> = parts.keys().map(|part| (part.period.to_string(), part.number)).collect();
        assert_eq!(periods, [("2023-02".to_owned(), 0), ("2023-02".to_owned(), 1), ("2024".to_owned(), 0)]);
    }
}
