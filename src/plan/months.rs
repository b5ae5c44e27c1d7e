//! Months in the time zone of the site, and the months that a listing does not show in full.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::NaiveDate;
use xxhash_rust::xxh3::Xxh3;

use super::Period;
use crate::catalog::EntryId;
use crate::model::{Timestamp, Zone};

/// The most entries on a page of a month.
pub const MAX_PAGE_ENTRIES: usize = 50;

/// A month with an entry older than the window of its listing.
#[derive(Debug)]
pub struct Month {
    pub period: Period,
    /// Every entry of the month, newest first.
    pub entries: Box<[EntryId]>,
    /// By part: the hash of what its entries are rendered from.
    pub input_hashes: Vec<u128>,
}

impl Month {
    /// How many pages it has. Page 0 is the newest; the others are numbered from the oldest, so that a new entry changes page 0
    /// alone.
    pub fn parts(&self) -> u16 {
        parts(self.entries.len())
    }

    /// The entries of a part.
    pub fn part(&self, part: u16) -> &[EntryId] {
        &self.entries[range(self.entries.len(), part)]
    }
}

fn parts(entries: usize) -> u16 {
    u16::try_from(entries.saturating_sub(1) / MAX_PAGE_ENTRIES + 1).unwrap_or(u16::MAX)
}

fn range(entries: usize, part: u16) -> Range<usize> {
    match usize::from(part) {
        0 => 0..entries - usize::from(parts(entries) - 1) * MAX_PAGE_ENTRIES,
        part => entries - part * MAX_PAGE_ENTRIES..entries - (part - 1) * MAX_PAGE_ENTRIES,
    }
}

/// The months that have an entry past the newest `limit` ones, newest first.
pub fn months_past_window(
    visible: &[EntryId],
    limit: usize,
    month_of: impl Fn(EntryId) -> Period,
    input_hash_of: impl Fn(EntryId) -> u64,
) -> Vec<Month> {
    let Some(first) = visible.get(limit) else { return Vec::new() };
    // Entries are sorted by time, so months are contiguous, except where a clock is set back over midnight.
    let mut months: BTreeMap<Period, Vec<EntryId>> = BTreeMap::new();
    for of_month in visible.chunk_by(|one, other| month_of(*one) == month_of(*other)) {
        months.entry(month_of(of_month[0])).or_default().extend(of_month);
    }
    let has_older = |entries: &Vec<EntryId>| entries.last().is_some_and(|last| last >= first);
    let months = months.into_iter().rev().filter(|(_, entries)| has_older(entries));
    let month = |(period, entries): (Period, Vec<EntryId>)| {
        let of_part = |part: u16| {
            let entries = &entries[range(entries.len(), part)];
            input_hash(entries.iter().map(|entry| input_hash_of(*entry)))
        };
        let input_hashes = (0..parts(entries.len())).map(of_part).collect();
        Month { period, entries: entries.into_boxed_slice(), input_hashes }
    };
    months.map(month).collect()
}

/// The months of the newest entries that are not among those with a page, newest first, with their numbers of entries.
pub fn shown_months(
    newest: &[EntryId],
    with_page: &[Month],
    month_of: impl Fn(EntryId) -> Period,
) -> Vec<(Period, usize)> {
    let mut counts: BTreeMap<Period, usize> = BTreeMap::new();
    newest.iter().for_each(|entry| *counts.entry(month_of(*entry)).or_default() += 1);
    let has_page = |period: &Period| with_page.iter().any(|month| month.period == *period);
    counts.into_iter().rev().filter(|(period, _)| !has_page(period)).collect()
}

/// The hash of what several entries are rendered from.
pub fn input_hash(of_entries: impl Iterator<Item = u64>) -> u128 {
    let mut hasher = Xxh3::new();
    of_entries.for_each(|hash| hasher.update(&hash.to_le_bytes()));
    hasher.digest128()
}

/// Finds the months of instants. Caches the last month, because neighbouring entries are mostly of the same.
pub struct Calendar<'c> {
    zone: &'c Zone,
    month: Period,
    /// Instants that are in that month at any offset.
    within: Range<i64>,
}

impl Calendar<'_> {
    pub fn new(zone: &Zone) -> Calendar<'_> {
        Calendar { zone, month: Period { year: 1, month: None }, within: 0..0 }
    }

    /// The month of an instant.
    pub fn month(&mut self, at: Timestamp) -> Period {
        if !self.within.contains(&at.0) {
            let (year, month) = self.zone.moment(at).year_month();
            // Offsets are less than two days.
            let day = |day: u32| NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
            let instant = |day: NaiveDate| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
            self.month = Period { year, month: Some(month) };
            self.within = instant(day(3))..instant(day(27));
        }
        self.month
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_months_are_split_from_the_oldest_entry() {
        let month = |count: u32| Month {
            period: Period { year: 2024, month: Some(5) },
            entries: (0..count).map(|index| EntryId::new(index as usize)).collect(),
            input_hashes: Vec::new(),
        };
        let cases: [(u32, &[(u32, u32)]); 5] = [
            (1, &[(0, 0)]),
            (50, &[(0, 49)]),
            (51, &[(0, 0), (1, 50)]),
            (100, &[(0, 49), (50, 99)]),
            (125, &[(0, 24), (75, 124), (25, 74)]),
        ];
        for (count, expected) in cases {
            let month = month(count);
            let ends = |part: &[EntryId]| (part[0].index() as u32, part[part.len() - 1].index() as u32);
            assert_eq!((0..month.parts()).map(|part| ends(month.part(part))).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn months_follow_the_time_zone() {
        for name in ["Europe/Vienna", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"] {
            let zone = Zone::named(name).unwrap();
            let mut calendar = Calendar::new(&zone);
            for hour in 0..20_000 {
                let at = Timestamp(1_700_000_000 - hour * 3600);
                let (year, month) = zone.moment(at).year_month();
                assert_eq!(calendar.month(at), Period { year, month: Some(month) });
            }
        }
    }

    #[test]
    fn only_months_past_the_window_have_a_page() {
        let month_of = |entry: EntryId| Period { year: 2024, month: Some(12 - entry.index() as u32 / 2) };
        let periods = |count: u32, limit: usize| -> Vec<Option<u32>> {
            let visible: Vec<EntryId> = (0..count).map(|index| EntryId::new(index as usize)).collect();
            months_past_window(&visible, limit, month_of, |entry| entry.index() as u64)
                .iter()
                .map(|month| month.period.month)
                .collect()
        };
        assert_eq!(periods(4, 4), []);
        assert_eq!(periods(5, 4), [Some(10)]);
        assert_eq!(periods(5, 3), [Some(11), Some(10)]);
    }
}
