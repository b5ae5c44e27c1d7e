//! Owns which words of two languages stand for each other, learned from stories that are joined; never touches entries.

use std::collections::HashMap;

/// So often a pair of words must have been seen together.
const LEAST: u32 = 2;
/// A word in a larger share of the texts says nothing.
const FREQUENT: f32 = 0.3;
/// So much of the time they must stand together.
const TOGETHER: f32 = 0.35;
/// So many translations of a word are kept.
const MOST: usize = 3;

/// By word of one language: its translations in another.
#[derive(Debug, Default)]
pub struct Lexicon(Vec<Vec<Translation>>);

/// A word that stands where another one does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Translation {
    pub word: u32,
    /// In so many pairs both stand.
    together: u32,
    /// In so many pairs each stands, both together.
    alone: u32,
}

impl Translation {
    /// How surely it is one, as Dice's coefficient has it; one more of each, because twice of two is less sure than ten of ten.
    /// `is_own`: asked of a pair that it was learned from, which must not prove itself.
    pub fn strength(&self, is_own: bool) -> f32 {
        let own = u32::from(is_own);
        let (together, alone) = (self.together - own, self.alone - 2 * own);
        if together < LEAST { 0.0 } else { 2.0 * together as f32 / (alone + 2) as f32 }
    }
}

impl Lexicon {
    /// Learns from pairs of texts, each a list of words.
    pub fn learn(pairs: &[(&[u32], &[u32])]) -> Lexicon {
        let most = (FREQUENT * pairs.len() as f32).max(LEAST as f32) as u32;
        let count = |words: &mut dyn Iterator<Item = &u32>| {
            let mut counts: HashMap<u32, u32> = HashMap::new();
            words.for_each(|word| *counts.entry(*word).or_insert(0) += 1);
            counts.retain(|_, count| (LEAST..=most).contains(count));
            counts
        };
        let ones = count(&mut pairs.iter().flat_map(|(one, _)| one.iter()));
        let others = count(&mut pairs.iter().flat_map(|(_, other)| other.iter()));
        // Sorted, what is the same stands together: faster than a table of all of it.
        let mut together: Vec<u64> = Vec::new();
        for (one, other) in pairs {
            let other: Vec<u32> = other.iter().copied().filter(|word| others.contains_key(word)).collect();
            for word in one.iter().filter(|word| ones.contains_key(word)) {
                together.extend(other.iter().map(|other| u64::from(*word) << 32 | u64::from(*other)));
            }
        }
        together.sort_unstable();
        let last = ones.keys().max().map_or(0, |last| *last as usize + 1);
        let mut words: Vec<Vec<Translation>> = vec![Vec::new(); last];
        for same in together.chunk_by(|one, other| one == other).filter(|same| same.len() >= LEAST as usize) {
            let (one, other) = ((same[0] >> 32) as u32, same[0] as u32);
            let (together, alone) = (same.len() as u32, ones[&one] + others[&other]);
            let translation = Translation { word: other, together, alone };
            if translation.strength(false) >= TOGETHER {
                words[one as usize].push(translation);
            }
        }
        for translations in &mut words {
            let strength = |translation: &Translation| translation.strength(false);
            translations
                .sort_by(|one, other| strength(other).total_cmp(&strength(one)).then(one.word.cmp(&other.word)));
            translations.truncate(MOST);
        }
        Lexicon(words)
    }

    /// The translations of a word.
    pub fn of(&self, word: u32) -> &[Translation] {
        self.0.get(word as usize).map(Vec::as_slice).unwrap_or_default()
    }
}
