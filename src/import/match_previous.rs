//! Matches entries to the stories of earlier imports, corrected or not.
//!
//! Entries with the same id are matched already ([`super::identify`]). The most certain first: date, title and text; date, language and text (a corrected title); date,
//! language and title (a corrected text); date, language and a title that differs in a few letters but in no number;
//! language, title and text within a month (a corrected date). Each earlier entry is matched once.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::normalize::{Normalized, NormalizedEntry};
use super::source_id::SourceId;
use super::state::{ImportState, SourceEntry};
use crate::pairing::fold;

/// The least similarity of a title and its correction, from 0 to 1.
const MIN_SIMILARITY: f64 = 0.75;
/// The most days between a date and its correction.
const MAX_DAYS: i64 = 31;

/// For each entry its earlier entry: the indices of its story in the state, and of the entry there. `known`: those that
/// are matched already.
pub fn match_previous(
    normalized: &Normalized,
    state: &ImportState,
    known: &[Option<(usize, usize)>],
) -> Vec<Option<(usize, usize)>> {
    let (indices, entries): (Vec<usize>, Vec<&NormalizedEntry>) = normalized.imported().unzip();
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
    /// Whether an entry may be an earlier one without having its id. Two entries of one source with ids are never one.
    fn may_be(&self, entry: usize, earlier: usize) -> bool {
        let (entry, earlier) = (self.entries[entry], self.earlier[earlier].1);
        let (Some(_), Some(key)) = (&entry.key, &earlier.key) else { return true };
        let is_same =
            (earlier.date, &*earlier.title, &*earlier.text_hash) == (entry.date(), entry.title(), &entry.text_hash);
        is_same && earlier.source == entry.source && !self.keys.contains(&(&earlier.source, key.as_str()))
    }

    /// Matches an entry and an earlier one, unless one of them is matched already.
    fn add(&mut self, entry: usize, earlier: usize) {
        if self.matches[entry].is_none() && !self.is_used[earlier] {
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
        let mut pairs = self.unmatched_pairs(|entry, earlier| {
            if entry.date() != earlier.date {
                return None;
            }
            let (one, other) = (fold(entry.title()), fold(&earlier.title));
            let similarity = strsim::normalized_levenshtein(&one, &other);
            (similarity >= MIN_SIMILARITY && numbers(&one) == numbers(&other)).then_some(similarity)
        });
        pairs.sort_by(|one, other| other.2.total_cmp(&one.2).then(one.0.cmp(&other.0)).then(one.1.cmp(&other.1)));
        pairs.into_iter().for_each(|(entry, earlier, _)| self.add(entry, earlier));
    }

    fn by_moved_date(&mut self) {
        let mut pairs = self.unmatched_pairs(|entry, earlier| {
            let days = (entry.date() - earlier.date).num_days().abs();
            let is_same = !entry.text_hash.is_empty()
                && entry.text_hash == earlier.text_hash
                && fold(entry.title()) == fold(&earlier.title);
            (is_same && days <= MAX_DAYS).then_some(days)
        });
        pairs.sort_by_key(|(entry, earlier, days)| (*days, *entry, *earlier));
        pairs.into_iter().for_each(|(entry, earlier, _)| self.add(entry, earlier));
    }

    /// Compares the unmatched entries with the unmatched earlier ones of the same language within a month.
    fn unmatched_pairs<T>(
        &self,
        compare: impl Fn(&NormalizedEntry, &SourceEntry) -> Option<T>,
    ) -> Vec<(usize, usize, T)> {
        let mut unused: Vec<usize> = (0..self.earlier.len()).filter(|index| !self.is_used[*index]).collect();
        unused.sort_by_key(|index| self.earlier[*index].1.date);
        let mut pairs = Vec::new();
        for (index, entry) in self.entries.iter().enumerate().filter(|(index, _)| self.matches[*index].is_none()) {
            let first =
                unused.partition_point(|earlier| (entry.date() - self.earlier[*earlier].1.date).num_days() > MAX_DAYS);
            for &earlier in &unused[first..] {
                let other = self.earlier[earlier].1;
                if (other.date - entry.date()).num_days() > MAX_DAYS {
                    break;
                }
                if other.language == entry.language()
                    && self.may_be(index, earlier)
                    && let Some(result) = compare(entry, other)
                {
                    pairs.push((index, earlier, result));
                }
            }
        }
        pairs
    }
}

fn numbers(text: &str) -> Vec<&str> {
    text.split(|letter: char| !letter.is_numeric()).filter(|part| !part.is_empty()).collect()
}
