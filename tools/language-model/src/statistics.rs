//! How often a language has each n-gram.

use std::collections::{BTreeMap, HashMap};

use fst::Streamer;

use crate::ngrams::{EDGE, Key, MAX_ORDER};

/// Frequencies are those in a text of so many letters.
pub const TEXT_LETTERS: f64 = 2_000_000.0;
/// Rarer n-grams are left out.
const MIN_FREQUENCY: f64 = 0.05;

/// The frequencies of n-grams by key, each with its order.
#[derive(Default)]
pub struct Statistics {
    frequencies: BTreeMap<u32, (usize, f64)>,
}

impl Statistics {
    pub fn iter(&self) -> impl Iterator<Item = (u32, usize, f64)> {
        let frequent = self.frequencies.iter().filter(|(_, (_, frequency))| *frequency >= MIN_FREQUENCY);
        frequent.map(|(key, (order, frequency))| (*key, *order, *frequency))
    }

    fn add(&mut self, ngram: impl Iterator<Item = char>, frequency: f64) {
        let (mut key, mut order) = (Key::default(), 0);
        for symbol in ngram {
            key.push(symbol);
            order += 1;
        }
        if frequency > 0.0 {
            self.frequencies.entry(key.value()).or_insert((order, 0.0)).1 += frequency;
        }
    }

    /// The statistics of n-grams of letters, with those at the edges of words worked out.
    pub fn of_counts(counts: &LetterCounts) -> Statistics {
        let mut statistics = Statistics::default();
        counts.for_each_with_edges(|ngram, frequency| statistics.add(ngram.chars(), frequency));
        statistics
    }
}

/// How often n-grams of letters occur within words, scaled to a text of `TEXT_LETTERS`.
pub struct LetterCounts {
    counts: BTreeMap<String, f64>,
}

impl LetterCounts {
    /// Reads a model of `lingua`: a finite-state map of each n-gram to the logarithm of its probability given the letters
    /// before its last, over all their occurrences.
    pub fn read(model: &[u8]) -> Result<LetterCounts, fst::Error> {
        let map = fst::Map::new(model)?;
        let mut by_order = vec![Vec::new(); MAX_ORDER + 1];
        let mut stream = map.stream();
        while let Some((ngram, bits)) = stream.next() {
            let ngram = String::from_utf8_lossy(ngram).into_owned();
            let order = ngram.chars().count();
            by_order[order].push((ngram, f64::from_bits(bits).exp()));
        }
        // The rarest letter occurred once, so that all counts can be told; they are whole numbers.
        let once = by_order[1].iter().map(|(_, probability)| *probability).fold(1.0, f64::min);
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        for (ngram, probability) in by_order.into_iter().flatten() {
            let before = without_last(&ngram);
            let of_before = if before.is_empty() { 1.0 / once } else { counts.get(before).copied().unwrap_or(0.0) };
            counts.insert(ngram, (probability * of_before).round());
        }
        let letters: f64 = counts.iter().filter(|(ngram, _)| without_last(ngram).is_empty()).map(|(_, count)| count).sum();
        counts.values_mut().for_each(|count| *count *= TEXT_LETTERS / letters);
        Ok(LetterCounts { counts })
    }

    /// Calls `each` with every n-gram of letters and edges.
    ///
    /// What no letter precedes begins a word, and what no letter follows ends one; so the edges follow from the counts of the
    /// n-grams that are one letter longer.
    pub fn for_each_with_edges(&self, mut each: impl FnMut(&str, f64)) {
        let (mut preceded, mut followed, mut enclosed) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (ngram, count) in &self.counts {
            let after = without_first(ngram);
            *preceded.entry(after).or_insert(0.0) += count;
            *followed.entry(without_last(ngram)).or_insert(0.0) += count;
            if !after.is_empty() {
                *enclosed.entry(without_last(after)).or_insert(0.0) += count;
            }
        }
        let of = |map: &HashMap<&str, f64>, ngram: &str| map.get(ngram).copied().unwrap_or(0.0);
        for (ngram, count) in &self.counts {
            let order = ngram.chars().count();
            let (preceded, followed) = (of(&preceded, ngram), of(&followed, ngram));
            each(ngram, *count);
            if order < MAX_ORDER {
                each(&format!("{EDGE}{ngram}"), count - preceded);
                each(&format!("{ngram}{EDGE}"), count - followed);
            }
            if order + 1 < MAX_ORDER {
                each(&format!("{EDGE}{ngram}{EDGE}"), count - preceded - followed + of(&enclosed, ngram));
            }
        }
    }
}

fn without_first(ngram: &str) -> &str {
    let mut letters = ngram.chars();
    letters.next();
    letters.as_str()
}

fn without_last(ngram: &str) -> &str {
    let mut letters = ngram.chars();
    letters.next_back();
    letters.as_str()
}
