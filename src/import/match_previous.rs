//! Matches entries to the stories of earlier imports, corrected or not.
//!
//! Entries with the same id are matched already ([`super::identify`]). The most certain first: date, language,
//! title and text; date, title and text; date, language and text (a corrected title); date,
//! language and title (a corrected text); date, language and a title that differs in a few letters but in no number;
//! language, title and text within a month (a corrected date). Each earlier entry is matched once.

use std::collections::{HashMap, HashSet};

use chrono::{Datelike, NaiveDate};

use super::normalize::{Normalized, NormalizedEntry};
use super::source_id::SourceId;
use super::state::{ImportState, SourceEntry};
use crate::pairing::fold;

/// The least similarity of a title and its correction, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.75;
/// The most days between a date and its correction.
const MAX_DAYS: i64 = 31;
/// Groups of at most so many pairs are compared pair by pair.
const MAX_COMPARED: usize = 4096;
/// In a larger group an entry is compared with so many on each side.
const NEIGHBOURS: usize = 8;

/// For each entry its earlier entry: the indices of its story in the state, and of the entry there. `known`: those that
/// are matched already.
pub fn match_previous(
    normalized: &Normalized,
    state: &ImportState,
    known: &[Option<(usize, usize)>],
) -> Vec<Option<(usize, usize)>> {
    let (indices, entries): (Vec<usize>, Vec<&NormalizedEntry>) =
        normalized.imported().filter(|(_, entry)| entry.existing.is_none()).unzip();
    let stories = state.stories.iter().enumerate();
    let earlier: Vec<((usize, usize), &SourceEntry)> = stories
        .flat_map(|(index, story)| story.entries.iter().enumerate().map(move |(nth, entry)| ((index, nth), entry)))
        .collect();
    let used: HashSet<(usize, usize)> = known.iter().flatten().copied().collect();
    let is_used = earlier.iter().map(|(index, _)| used.contains(index)).collect();
    let matches = indices.iter().map(|index| known[*index]).collect();
    let keys = entries.iter().filter_map(|entry| Some((&entry.source, entry.key.as_deref()?))).collect();
    let mut matcher = Matcher { matches, is_used, entries, earlier, keys };
    let exact = |date: NaiveDate, title: &str, text: &str| Some(format!("{date}\n{title}\n{text}"));
    matcher.by_key(
        |entry| exact(entry.date(), entry.title(), &format!("{}\n{}", entry.text_hash, entry.language())),
        |earlier| exact(earlier.date, &earlier.title, &format!("{}\n{}", earlier.text_hash, earlier.language)),
    );
    // Its language may have been decided anew.
    matcher.by_key(
        |entry| exact(entry.date(), entry.title(), &entry.text_hash),
        |earlier| exact(earlier.date, &earlier.title, &earlier.text_hash),
    );
    let text =
        |date: NaiveDate, language: &str, text: &str| (!text.is_empty()).then(|| format!("{date}\n{language}\n{text}"));
    matcher.by_key(
        |entry| text(entry.date(), entry.language(), &entry.text_hash),
        |earlier| text(earlier.date, &earlier.language, &earlier.text_hash),
    );
    let title = |date: NaiveDate, language: &str, title: &str| Some(format!("{date}\n{language}\n{}", fold(title)));
    matcher.by_key(
        |entry| title(entry.date(), entry.language(), entry.title()),
        |earlier| title(earlier.date, &earlier.language, &earlier.title),
    );
    matcher.by_similar_title();
    matcher.by_moved_date();
    let mut previous = vec![None; normalized.entries.len()];
    for (index, story) in indices.into_iter().zip(matcher.matches) {
        previous[index] = story;
    }
    previous
}

struct Matcher<'a> {
    entries: Vec<&'a NormalizedEntry>,
    /// The entries of earlier imports, with the indices of their stories.
    earlier: Vec<((usize, usize), &'a SourceEntry)>,
    /// By entry: the indices of its earlier entry.
    matches: Vec<Option<(usize, usize)>>,
    /// By earlier entry: whether it is matched.
    is_used: Vec<bool>,
    /// The sources and ids of the entries.
    keys: HashSet<(&'a SourceId, &'a str)>,
}

impl Matcher<'_> {
    /// Whether an entry may be an earlier one without having its id. Two entries of one source with ids are never one, unless the
    /// source gave the same text another id; the id of a record is the record.
    fn may_be(&self, entry: usize, earlier: usize) -> bool {
        let (entry, earlier) = (self.entries[entry], self.earlier[earlier].1);
        if let (Some(record), Some(other)) = (&entry.record_id, &earlier.record_id)
            && record != other
        {
            return false;
        }
        let (Some(_), Some(key)) = (&entry.key, &earlier.key) else { return true };
        entry.is_unchanged(earlier)
            && earlier.source == entry.source
            && !self.keys.contains(&(&earlier.source, key.as_str()))
    }

    /// Matches an entry and an earlier one, unless one of them is matched already, or their ids differ.
    fn add(&mut self, entry: usize, earlier: usize) {
        if self.matches[entry].is_none() && !self.is_used[earlier] && self.may_be(entry, earlier) {
            self.matches[entry] = Some(self.earlier[earlier].0);
            self.is_used[earlier] = true;
        }
    }

    fn by_key(
        &mut self,
        entry_key: impl Fn(&NormalizedEntry) -> Option<String>,
        earlier_key: impl Fn(&SourceEntry) -> Option<String>,
    ) {
        let mut unused: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, (_, earlier)) in self.earlier.iter().enumerate().rev() {
            if let Some(key) = earlier_key(earlier).filter(|_| !self.is_used[index]) {
                unused.entry(key).or_default().push(index);
            }
        }
        for index in 0..self.entries.len() {
            if self.matches[index].is_none()
                && let Some(open) = entry_key(self.entries[index]).and_then(|key| unused.get_mut(&key))
                && let Some(at) = open.iter().rposition(|earlier| self.may_be(index, *earlier))
            {
                let earlier = open.remove(at);
                self.add(index, earlier);
            }
        }
    }

    fn by_similar_title(&mut self) {
        let key = |date: NaiveDate, language: &str, title: &str| {
            let folded = fold(title);
            (format!("{date}\n{language}\n{}", numbers(&folded).join(" ")), folded)
        };
        let groups = self.unmatched(
            |entry| key(entry.date(), entry.language(), entry.title()),
            |earlier| key(earlier.date, &earlier.language, &earlier.title),
        );
        let mut pairs = Vec::new();
        for group in groups.into_values() {
            for (entry, earlier) in group.neighbours() {
                let similarity = strsim::normalized_levenshtein(&entry.1, &earlier.1);
                if similarity >= MIN_SIMILARITY {
                    pairs.push((entry.0, earlier.0, similarity));
                }
            }
        }
        pairs.sort_by(|one, other| other.2.total_cmp(&one.2).then(one.0.cmp(&other.0)).then(one.1.cmp(&other.1)));
        pairs.into_iter().for_each(|(entry, earlier, _)| self.add(entry, earlier));
    }

    fn by_moved_date(&mut self) {
        let key = |date: NaiveDate, language: &str, text_hash: &str, title: &str| {
            let is_unknown = text_hash.is_empty();
            let same = if is_unknown { String::new() } else { format!("{language}\n{text_hash}\n{}", fold(title)) };
            // Padded, so that texts sort as the days do.
            (same, format!("{:010}", date.num_days_from_ce()))
        };
        let mut groups = self.unmatched(
            |entry| key(entry.date(), entry.language(), &entry.text_hash, entry.title()),
            |earlier| key(earlier.date, &earlier.language, &earlier.text_hash, &earlier.title),
        );
        groups.remove("");
        let mut pairs = Vec::new();
        for group in groups.into_values() {
            for ((entry, _), (earlier, _)) in group.neighbours() {
                let days = (self.entries[*entry].date() - self.earlier[*earlier].1.date).num_days().abs();
                if days <= MAX_DAYS {
                    pairs.push((*entry, *earlier, days));
                }
            }
        }
        pairs.sort_by_key(|(entry, earlier, days)| (*days, *entry, *earlier));
        pairs.into_iter().for_each(|(entry, earlier, _)| self.add(entry, earlier));
    }

    /// The unmatched entries and the unmatched earlier ones, each with what it is compared by, grouped by a key.
    fn unmatched(
        &self,
        entry_key: impl Fn(&NormalizedEntry) -> (String, String),
        earlier_key: impl Fn(&SourceEntry) -> (String, String),
    ) -> HashMap<String, Group> {
        let mut groups: HashMap<String, Group> = HashMap::new();
        for (index, entry) in self.entries.iter().enumerate().filter(|(index, _)| self.matches[*index].is_none()) {
            let (key, text) = entry_key(entry);
            groups.entry(key).or_default().entries.push((index, text));
        }
        for (index, (_, earlier)) in self.earlier.iter().enumerate().filter(|(index, _)| !self.is_used[*index]) {
            let (key, text) = earlier_key(earlier);
            if let Some(group) = groups.get_mut(&key) {
                group.earlier.push((index, text));
            }
        }
        groups
    }
}

/// The index of an entry, and the text that it is compared by.
type Compared = (usize, String);

/// Entries and earlier ones that may be the same, each with the text that it is compared by.
#[derive(Default)]
struct Group {
    entries: Vec<Compared>,
    earlier: Vec<Compared>,
}

impl Group {
    /// The pairs to compare: all of a small group; of a large one those that are near each other in the order of their
    /// texts, read forward or backward, so that their number does not grow with the square of its size.
    fn neighbours(&self) -> Vec<(&Compared, &Compared)> {
        if self.entries.len() * self.earlier.len() <= MAX_COMPARED {
            return self
                .entries
                .iter()
                .flat_map(|entry| self.earlier.iter().map(move |earlier| (entry, earlier)))
                .collect();
        }
        let mut pairs = Vec::new();
        let orders: [fn(&str) -> String; 2] = [str::to_owned, |text| text.chars().rev().collect()];
        for order in orders {
            let mut earlier: Vec<(String, &Compared)> =
                self.earlier.iter().map(|earlier| (order(&earlier.1), earlier)).collect();
            earlier.sort();
            for entry in &self.entries {
                let text = order(&entry.1);
                let at = earlier.partition_point(|(other, _)| *other < text);
                let near = at.saturating_sub(NEIGHBOURS)..(at + NEIGHBOURS).min(earlier.len());
                pairs.extend(earlier[near].iter().map(|(_, earlier)| (entry, *earlier)));
            }
        }
        pairs
    }
}

fn numbers(text: &str) -> Vec<&str> {
    text.split(|letter: char| !letter.is_numeric()).filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_pairs_to_compare_do_not_grow_with_the_square() {
        let titles = |suffix: &str| (0..10_000).map(|n| (n, format!("{n:05} title {suffix}"))).collect::<Vec<_>>();
        let large = Group { entries: titles("new"), earlier: titles("old") };
        let pairs = large.neighbours();
        assert!(pairs.len() <= 10_000 * 4 * NEIGHBOURS, "{}", pairs.len());
        let same = pairs.iter().filter(|(entry, earlier)| entry.0 == earlier.0).map(|(entry, _)| entry.0);
        assert_eq!(same.collect::<HashSet<_>>().len(), 10_000);
        let small = Group { entries: large.entries[..3].to_vec(), earlier: large.earlier[..5].to_vec() };
        assert_eq!(small.neighbours().len(), 15);
    }
}
