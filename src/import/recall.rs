//! Owns which entry of a source is which story of an earlier import, corrected or not; never touches files.
//!
//! An entry is known again, most certain first, by: the id that its source has for it; date, title and text; date, language and text (its title was
//! corrected); date, language and title (its text was); date, language and a title that differs in a few letters but in
//! no number; language, title and text within a month (its date was corrected). Each story is known again once.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::entries::{Prepared, Ready};
use super::record::{Origin, Record};
use crate::pairing::fold;

/// How alike two titles must be, from 0 to 1, to be one title and its correction.
const ALIKE: f64 = 0.75;
/// How far a corrected date may be from the earlier one, in days.
const DAYS: i64 = 31;

/// For each entry, stored or not, the place of its story in the record.
pub fn of(prepared: &[Prepared], record: &Record) -> Vec<Option<usize>> {
    let ready: Vec<&Ready> = prepared.iter().filter_map(|entry| entry.ready.as_ref()).collect();
    let mut recalled = recall(&ready, record).into_iter();
    prepared.iter().map(|entry| entry.ready.as_ref().and_then(|_| recalled.next().flatten())).collect()
}

/// For each entry the place of its story in the record.
fn recall(entries: &[&Ready], record: &Record) -> Vec<Option<usize>> {
    let origins: Vec<(usize, &Origin)> = record
        .stories
        .iter()
        .enumerate()
        .flat_map(|(place, story)| story.entries.iter().map(move |origin| (place, origin)))
        .collect();
    let mut recalling =
        Recalling { found: vec![None; entries.len()], used: vec![false; origins.len()], entries, origins };
    recalling.by_key(|entry| entry.key.clone(), |origin| origin.key.clone());
    let exact = |date: NaiveDate, title: &str, text: &str| Some(format!("{date}\n{title}\n{text}"));
    recalling.by_key(
        |entry| exact(entry.date(), &entry.title, &entry.text),
        |origin| exact(origin.date, &origin.title, &origin.text),
    );
    let text =
        |date: NaiveDate, language: &str, text: &str| (!text.is_empty()).then(|| format!("{date}\n{language}\n{text}"));
    recalling.by_key(
        |entry| text(entry.date(), &entry.language, &entry.text),
        |origin| text(origin.date, &origin.language, &origin.text),
    );
    let title = |date: NaiveDate, language: &str, title: &str| Some(format!("{date}\n{language}\n{}", fold(title)));
    recalling.by_key(
        |entry| title(entry.date(), &entry.language, &entry.title),
        |origin| title(origin.date, &origin.language, &origin.title),
    );
    recalling.by_likeness();
    recalling.by_moved_date();
    recalling.found
}

struct Recalling<'a> {
    entries: &'a [&'a Ready],
    origins: Vec<(usize, &'a Origin)>,
    found: Vec<Option<usize>>,
    used: Vec<bool>,
}

impl Recalling<'_> {
    fn take(&mut self, entry: usize, origin: usize) {
        self.found[entry] = Some(self.origins[origin].0);
        self.used[origin] = true;
    }

    fn by_key(&mut self, entry_key: impl Fn(&Ready) -> Option<String>, origin_key: impl Fn(&Origin) -> Option<String>) {
        let mut open: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, (_, origin)) in self.origins.iter().enumerate().rev() {
            if let Some(key) = origin_key(origin).filter(|_| !self.used[place]) {
                open.entry(key).or_default().push(place);
            }
        }
        for place in 0..self.entries.len() {
            if self.found[place].is_none()
                && let Some(origin) = entry_key(self.entries[place]).and_then(|key| open.get_mut(&key)?.pop())
            {
                self.take(place, origin);
            }
        }
    }

    fn by_likeness(&mut self) {
        let mut pairs = Vec::new();
        for (origin, entry, like) in self.open_pairs(|entry, origin| {
            if entry.date() != origin.date {
                return None;
            }
            let (one, other) = (fold(&entry.title), fold(&origin.title));
            let like = strsim::normalized_levenshtein(&one, &other);
            (like >= ALIKE && numbers(&one) == numbers(&other)).then_some(like)
        }) {
            pairs.push((like, entry, origin));
        }
        pairs.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)).then(one.2.cmp(&other.2)));
        for (_, entry, origin) in pairs {
            if self.found[entry].is_none() && !self.used[origin] {
                self.take(entry, origin);
            }
        }
    }

    fn by_moved_date(&mut self) {
        let mut pairs = self.open_pairs(|entry, origin| {
            let days = (entry.date() - origin.date).num_days().abs();
            let same = !entry.text.is_empty() && entry.text == origin.text && fold(&entry.title) == fold(&origin.title);
            (same && days <= DAYS).then_some(days)
        });
        pairs.sort_by_key(|(origin, entry, days)| (*days, *entry, *origin));
        for (origin, entry, _) in pairs {
            if self.found[entry].is_none() && !self.used[origin] {
                self.take(entry, origin);
            }
        }
    }

    /// What a comparison says of each pair that is still open, has one language and lies within a month.
    fn open_pairs<T>(&self, compare: impl Fn(&Ready, &Origin) -> Option<T>) -> Vec<(usize, usize, T)> {
        let mut open: Vec<usize> = (0..self.origins.len()).filter(|place| !self.used[*place]).collect();
        open.sort_by_key(|place| self.origins[*place].1.date);
        let mut pairs = Vec::new();
        for (place, entry) in self.entries.iter().enumerate().filter(|(place, _)| self.found[*place].is_none()) {
            let first = open.partition_point(|origin| (entry.date() - self.origins[*origin].1.date).num_days() > DAYS);
            for &origin in &open[first..] {
                let other = self.origins[origin].1;
                if (other.date - entry.date()).num_days() > DAYS {
                    break;
                }
                if other.language == entry.language
                    && let Some(said) = compare(entry, other)
                {
                    pairs.push((origin, place, said));
                }
            }
        }
        pairs
    }
}

fn numbers(text: &str) -> Vec<&str> {
    text.split(|letter: char| !letter.is_numeric()).filter(|part| !part.is_empty()).collect()
}
