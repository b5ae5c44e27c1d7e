//! Which of some languages of one script a text is in: naive Bayes on the n-grams of its words.

use icu_properties::props::Script as UnicodeScript;

use super::model::Part;
use super::ngrams::{MAX_LEVEL, NATS_PER_LEVEL, for_each_ngram, for_each_word};

/// The most levels that a word can cost a language more than it costs English: English words stand in texts of all
/// languages.
const MAX_LOAN_COST: u32 = 48;
/// Neighbouring n-grams say much the same, so that the sum of their logarithms is worth only this share.
const INDEPENDENCE: f64 = 0.07;
/// Stands for a free slot; keys have fewer bits.
const FREE: u32 = u32::MAX;

/// Scores the languages of some columns.
pub struct Scorer {
    script: UnicodeScript,
    columns: usize,
    /// The column of English.
    english: Option<usize>,
    /// A hash table with linear probing: the keys of n-grams.
    slots: Vec<u32>,
    /// For each slot a level in each column.
    levels: Vec<u8>,
}

impl Scorer {
    /// A scorer for languages of a part of the model, by their codes; each is a column.
    pub fn new(script: UnicodeScript, part: &Part<'_>, codes: &[&str]) -> Scorer {
        let column = |code: &&str| codes.iter().position(|other| other == code);
        let columns_of_languages: Vec<Option<usize>> = part.codes.iter().map(column).collect();
        let (mut keys, mut levels) = (Vec::new(), Vec::new());
        let of_absence = |code: &&str| part.codes.iter().position(|other| other == code);
        let of_absence = |code| of_absence(code).and_then(|language| part.levels_of_absence.get(language).copied());
        let absent: Vec<u8> = codes.iter().map(|code| of_absence(code).unwrap_or(MAX_LEVEL)).collect();
        let mut row = absent.clone();
        part.for_each_ngram(|key, cells| {
            row.clone_from_slice(&absent);
            for (language, level) in cells {
                let column = columns_of_languages.get(language).copied().flatten();
                if let Some(own) = column.and_then(|column| row.get_mut(column)) {
                    *own = level;
                }
            }
            // Only differences count.
            let least = row.iter().copied().min().unwrap_or(0);
            if row.iter().any(|level| *level != least) {
                keys.push(key);
                levels.extend(row.iter().map(|level| level - least));
            }
        });
        let english = codes.iter().position(|code| *code == "en");
        let mut scorer = Scorer { script, columns: codes.len(), english, slots: Vec::new(), levels: Vec::new() };
        scorer.fill(&keys, &levels);
        scorer
    }

    fn fill(&mut self, keys: &[u32], levels: &[u8]) {
        let size = (keys.len() * 2).next_power_of_two();
        self.slots = vec![FREE; size];
        self.levels = vec![0; size * self.columns];
        for (key, row) in keys.iter().zip(levels.chunks_exact(self.columns.max(1))) {
            let slot = self.slot(*key);
            self.slots[slot] = *key;
            self.levels[slot * self.columns..][..self.columns].copy_from_slice(row);
        }
    }

    /// The slot that has a key, else the free one for it.
    fn slot(&self, key: u32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = (key.wrapping_mul(0x9E37_79B1) >> 7) as usize & mask;
        while self.slots[slot] != key && self.slots[slot] != FREE {
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// The most probable language and its probability; `None` if nothing in the text tells them apart.
    ///
    /// `columns` says for each column which language it stands for; several columns may stand for one.
    pub fn best(&self, text: &str, columns: &[usize]) -> Option<(usize, f64)> {
        let costs = self.costs(text)?;
        let least = costs.iter().copied().min()?;
        let likelihood = |cost: u32| (-f64::from(cost - least) * NATS_PER_LEVEL * INDEPENDENCE).exp();
        let likelihoods: Vec<f64> = costs.iter().map(|cost| likelihood(*cost)).collect();
        let best = columns.iter().zip(&costs).find(|(_, cost)| **cost == least).map(|(language, _)| *language)?;
        let own = columns.iter().zip(&likelihoods).filter(|(language, _)| **language == best);
        Some((best, own.map(|(_, likelihood)| likelihood).sum::<f64>() / likelihoods.iter().sum::<f64>()))
    }

    /// How many levels a text costs in each column; `None` if it has no n-gram of the model.
    fn costs(&self, text: &str) -> Option<Vec<u32>> {
        let mut costs = vec![0_u32; self.columns];
        let mut of_word = vec![0_u32; self.columns];
        let mut is_known = false;
        for_each_word(text, self.script, |word| {
            of_word.fill(0);
            for_each_ngram(word, |key, _| {
                let slot = self.slot(key);
                if self.slots[slot] == key {
                    is_known = true;
                    let row = &self.levels[slot * self.columns..][..self.columns];
                    of_word.iter_mut().zip(row).for_each(|(cost, level)| *cost += u32::from(*level));
                }
            });
            let most = self.english.map_or(u32::MAX, |english| of_word[english] + MAX_LOAN_COST);
            costs.iter_mut().zip(&of_word).for_each(|(cost, own)| *cost += (*own).min(most));
        });
        is_known.then_some(costs)
    }
}
