//! How often a language has each n-gram.

use std::collections::{BTreeMap, HashMap};

use fst::Streamer;
use icu_properties::props::Script;

use crate::ngrams::{EDGE, Key, MAX_ORDER, for_each_ngram, for_each_word};

/// Frequencies are those in a text of so many letters.
pub const TEXT_LETTERS: f64 = 2_000_000.0;
/// Rarer n-grams are left out.
const MIN_FREQUENCY: f64 = 0.5;
/// The least smoothing.
pub const MIN_SMOOTHING: f64 = 0.2;
/// What an n-gram that a text lacks counts as.
const UNSEEN_OCCURRENCES: f64 = 0.05;

/// The frequencies of n-grams by key, each with its order.
#[derive(Default)]
pub struct Statistics {
    frequencies: BTreeMap<u32, (usize, f64)>,
    /// Added to each frequency, so that an n-gram that a language lacks is improbable instead of impossible. The less is known
    /// of a language, the more.
    pub smoothing: f64,
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

    /// The statistics of the words of a text in one script.
    pub fn of_text(text: &str, script: Script) -> Statistics {
        let mut statistics = Statistics::default();
        let mut letters = 0;
        for_each_word(text, script, |word| {
            letters += word.len();
            for_each_ngram(word, |key, order| {
                if order <= max_order(script) {
                    statistics.frequencies.entry(key).or_insert((order, 0.0)).1 += 1.0;
                }
            });
        });
        let scale = TEXT_LETTERS / letters.max(1) as f64;
        statistics.frequencies.values_mut().for_each(|(_, frequency)| *frequency *= scale);
        statistics.smoothing = (scale * UNSEEN_OCCURRENCES).max(MIN_SMOOTHING);
        statistics
    }

    /// The statistics of several sources with their weights.
    pub fn mixed(sources: Vec<(Statistics, f64)>) -> Statistics {
        let sum: f64 = sources.iter().map(|(_, weight)| weight).sum();
        let smoothing = sources.iter().map(|(source, _)| source.smoothing).fold(f64::MAX, f64::min);
        let mut mixed = Statistics { smoothing, ..Statistics::default() };
        for (source, weight) in sources {
            for (key, (order, frequency)) in source.frequencies {
                mixed.frequencies.entry(key).or_insert((order, 0.0)).1 += frequency * weight / sum;
            }
        }
        mixed
    }

    /// The statistics of n-grams of letters, with those at the edges of words worked out.
    pub fn of_counts(counts: &LetterCounts) -> Statistics {
        let mut statistics = Statistics { smoothing: MIN_SMOOTHING, ..Statistics::default() };
        counts.for_each_with_edges(|ngram, frequency| statistics.add(ngram.chars(), frequency));
        statistics
    }

    /// Statistics of Serbian in Cyrillic as those of Serbian in Latin letters.
    ///
    /// A letter can become two, so that the n-grams are those at the start of the longest ones: of those that have all symbols or
    /// end a word.
    pub fn transliterated(counts: &LetterCounts) -> Statistics {
        let mut statistics = Statistics { smoothing: MIN_SMOOTHING, ..Statistics::default() };
        counts.for_each_with_edges(|ngram, frequency| {
            if ngram.chars().count() < MAX_ORDER && !ngram.ends_with(EDGE) {
                return;
            }
            let mut symbols: Vec<char> = Vec::new();
            let mut of_first = 0;
            for letter in ngram.chars() {
                symbols.extend(transliteration(letter));
                of_first = if of_first == 0 { symbols.len() } else { of_first };
            }
            for start in 0..of_first {
                for end in start..symbols.len().min(start + MAX_ORDER) {
                    if (start, end) != (0, 0) || symbols[0] != EDGE {
                        statistics.add(symbols[start..=end].iter().copied(), frequency);
                    }
                }
            }
        });
        statistics
    }
}

/// The Latin letters of a Serbian one.
fn transliteration(letter: char) -> impl Iterator<Item = char> {
    const CYRILLIC: &str = "абвгдђежзијклљмнњопрстћуфхцчџш";
    const LATIN: [&str; 30] = [
        "a", "b", "v", "g", "d", "đ", "e", "ž", "z", "i", "j", "k", "l", "lj", "m", "n", "nj", "o", "p", "r", "s", "t",
        "ć", "u", "f", "h", "c", "č", "dž", "š",
    ];
    let known = CYRILLIC.chars().position(|own| own == letter).map_or("", |index| LATIN[index]);
    known.chars().chain(known.is_empty().then_some(letter))
}

/// The most symbols of an n-gram in a script: two for Han, where a letter tells much more.
fn max_order(script: Script) -> usize {
    if script == Script::Han { 2 } else { MAX_ORDER }
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
        let letters: f64 =
            counts.iter().filter(|(ngram, _)| without_last(ngram).is_empty()).map(|(_, count)| count).sum();
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
