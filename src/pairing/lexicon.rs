//! A bilingual lexicon, learned from the co-occurrence of words in joined stories.

use std::collections::HashMap;

/// The fewest co-occurrences of a translation.
const MIN_COUNT: u32 = 2;
/// A word in a larger share of the texts is a stop word.
const MAX_DOCUMENT_FREQUENCY: f32 = 0.3;
/// The least strength of a translation.
const MIN_STRENGTH: f32 = 0.35;
const MAX_TRANSLATIONS: usize = 3;

/// By word of one language: its translations in another, the strongest first.
#[derive(Debug, Default)]
pub struct Lexicon(Vec<Vec<Translation>>);

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Translation {
    pub word: u32,
    /// In how many pairs of texts both words occur.
    co_occurrences: u32,
    /// In how many each occurs, added up.
    occurrences: u32,
}

impl Translation {
    /// Dice's coefficient, smoothed because two of two is weaker evidence than ten of ten. `is_training`: for a pair of texts
    /// that it was learned from, whose own occurrence must not count.
    pub fn strength(&self, is_training: bool) -> f32 {
        let own = u32::from(is_training);
        let (co_occurrences, occurrences) = (self.co_occurrences - own, self.occurrences - 2 * own);
        if co_occurrences < MIN_COUNT { 0.0 } else { 2.0 * co_occurrences as f32 / (occurrences + 2) as f32 }
    }
}

impl Lexicon {
    /// Learns from pairs of texts, each a list of distinct words.
    pub fn learn(pairs: &[(&[u32], &[u32])]) -> Lexicon {
        let max_count = (MAX_DOCUMENT_FREQUENCY * pairs.len() as f32).max(MIN_COUNT as f32) as u32;
        let count = |words: &mut dyn Iterator<Item = &u32>| {
            let mut counts: HashMap<u32, u32> = HashMap::new();
            words.for_each(|word| *counts.entry(*word).or_insert(0) += 1);
            counts.retain(|_, count| (MIN_COUNT..=max_count).contains(count));
            counts
        };
        let left_counts = count(&mut pairs.iter().flat_map(|(left, _)| left.iter()));
        let right_counts = count(&mut pairs.iter().flat_map(|(_, right)| right.iter()));
        // Sorting and counting runs is faster than a hash map of all pairs of words.
        let mut co_occurring: Vec<u64> = Vec::new();
        for (left, right) in pairs {
            let right: Vec<u32> = right.iter().copied().filter(|word| right_counts.contains_key(word)).collect();
            for word in left.iter().filter(|word| left_counts.contains_key(word)) {
                co_occurring.extend(right.iter().map(|other| u64::from(*word) << 32 | u64::from(*other)));
            }
        }
        co_occurring.sort_unstable();
        let size = left_counts.keys().max().map_or(0, |last| *last as usize + 1);
        let mut words: Vec<Vec<Translation>> = vec![Vec::new(); size];
        for run in co_occurring.chunk_by(|one, other| one == other).filter(|run| run.len() >= MIN_COUNT as usize) {
            let (left, right) = ((run[0] >> 32) as u32, run[0] as u32);
            let occurrences = left_counts[&left] + right_counts[&right];
            let translation = Translation { word: right, co_occurrences: run.len() as u32, occurrences };
            if translation.strength(false) >= MIN_STRENGTH {
                words[left as usize].push(translation);
            }
        }
        for translations in &mut words {
            let strength = |translation: &Translation| translation.strength(false);
            translations
                .sort_by(|one, other| strength(other).total_cmp(&strength(one)).then(one.word.cmp(&other.word)));
            translations.truncate(MAX_TRANSLATIONS);
        }
        Lexicon(words)
    }

    pub fn translations(&self, word: u32) -> &[Translation] {
        self.0.get(word as usize).map(Vec::as_slice).unwrap_or_default()
    }
}
