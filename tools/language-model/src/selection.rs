//! Which n-grams tell the languages of a script apart best.

use std::collections::{BTreeMap, BTreeSet};

use crate::ngrams::{MAX_LEVEL, MAX_ORDER, NATS_PER_LEVEL};
use crate::sources::Language;
use crate::statistics::MIN_SMOOTHING;

/// How many n-grams are kept for each language.
const NGRAMS_A_LANGUAGE: usize = 6_000;
/// The share of them that is chosen to tell a language from its nearest relatives rather than from all others.
const NEAR_SHARE: f64 = 0.5;
/// The higher, the more the nearest relatives outweigh the others.
const NEARNESS_EXPONENT: i32 = 6;
/// An n-gram that is rarer in a language is not kept for it.
const MIN_FREQUENCY: f64 = 2.0;
/// Larger differences of logarithms count as this.
const MAX_DIFFERENCE: f64 = 8.0;
/// From this level on, levels are multiples of `COARSE_STEP`.
const FINE_LEVELS: f64 = 8.0;
const COARSE_STEP: f64 = 3.0;
/// What an n-gram of each order is worth: short ones are common to all languages.
const ORDER_WEIGHTS: [f64; MAX_ORDER + 1] = [0.0, 0.2, 0.5, 1.0, 1.0, 1.0];

/// The frequencies of all n-grams in all languages of a script.
pub struct Table {
    languages: usize,
    smoothing: Vec<f64>,
    /// By language and order: the sum of the frequencies.
    totals: Vec<[f64; MAX_ORDER + 1]>,
    rows: Vec<Row>,
}

struct Row {
    key: u32,
    order: usize,
    /// The languages that have the n-gram, each with its frequency.
    frequencies: Vec<(usize, f64)>,
}

/// An n-gram of the model: its key, and the languages that have it with their levels.
pub struct Selected {
    pub key: u32,
    pub levels: Vec<(usize, u8)>,
}

impl Table {
    pub fn new(languages: &[Language]) -> Table {
        let mut totals = vec![[0.0; MAX_ORDER + 1]; languages.len()];
        let mut cells = Vec::new();
        for (index, language) in languages.iter().enumerate() {
            for (key, order, frequency) in language.statistics.iter() {
                totals[index][order] += frequency;
                cells.push((key, index, order, frequency));
            }
        }
        cells.sort_by_key(|(key, index, ..)| (*key, *index));
        let mut rows: Vec<Row> = Vec::new();
        for (key, index, order, frequency) in cells {
            match rows.last_mut() {
                Some(row) if row.key == key => row.frequencies.push((index, frequency)),
                _ => rows.push(Row { key, order, frequencies: vec![(index, frequency)] }),
            }
        }
        let smoothing = languages.iter().map(|language| language.statistics.smoothing).collect();
        Table { languages: languages.len(), smoothing, totals, rows }
    }

    /// The n-grams of the model, in the order of their keys.
    pub fn select(&self) -> Vec<Selected> {
        let nearness = self.nearness();
        let mut candidates = vec![(Vec::new(), Vec::new()); self.languages];
        let mut logs = vec![0.0; self.languages];
        for (index, row) in self.rows.iter().enumerate() {
            self.fill_logs(row, &mut logs);
            for (language, _) in row.frequencies.iter().filter(|(_, frequency)| *frequency > MIN_FREQUENCY) {
                let own = logs[*language];
                let (mut from_all, mut from_near) = (0.0, 0.0);
                for (other, nearness) in logs.iter().zip(&nearness[*language]) {
                    let difference = (own - other).abs().min(MAX_DIFFERENCE);
                    from_all += difference;
                    from_near += difference * nearness;
                }
                let worth = own.exp() * ORDER_WEIGHTS[row.order];
                candidates[*language].0.push((worth * from_all, index));
                candidates[*language].1.push((worth * from_near, index));
            }
        }
        let near = (NGRAMS_A_LANGUAGE as f64 * NEAR_SHARE) as usize;
        let mut kept = BTreeSet::new();
        for (from_all, from_near) in candidates {
            keep_best(&mut kept, from_all, NGRAMS_A_LANGUAGE - near);
            keep_best(&mut kept, from_near, near);
        }
        let absence = self.levels_of_absence();
        let rows = kept.into_iter().filter_map(|index| self.rows.get(index));
        rows.filter_map(|row| self.levels(row, &absence, &mut logs)).collect()
    }

    /// For each language: how near each other language is, in sum 1, by the n-grams of middle length that they share.
    fn nearness(&self) -> Vec<Vec<f64>> {
        let mut shared = BTreeMap::new();
        for row in self.rows.iter().filter(|row| (3..=4).contains(&row.order)) {
            for (position, (one, of_one)) in row.frequencies.iter().enumerate() {
                for (other, of_other) in &row.frequencies[..position] {
                    let share = of_one / self.totals[*one][row.order] * of_other / self.totals[*other][row.order];
                    *shared.entry((*one, *other)).or_insert(0.0) += share.sqrt();
                }
            }
        }
        let between =
            |one: usize, other: usize| shared.get(&(one.max(other), one.min(other))).copied().unwrap_or(0.0_f64);
        let all = 0..self.languages;
        let of = |one: usize| {
            let near = |other| if one == other { 0.0 } else { between(one, other).powi(NEARNESS_EXPONENT) };
            let weights: Vec<f64> = all.clone().map(near).collect();
            let sum: f64 = weights.iter().sum();
            weights.into_iter().map(|weight| if sum > 0.0 { weight / sum } else { 0.0 }).collect()
        };
        all.clone().map(of).collect()
    }

    /// The natural logarithms of an n-gram's probability in each language.
    fn fill_logs(&self, row: &Row, logs: &mut [f64]) {
        for ((log, totals), smoothing) in logs.iter_mut().zip(&self.totals).zip(&self.smoothing) {
            *log = (smoothing / totals[row.order].max(1.0)).ln();
        }
        for (language, frequency) in &row.frequencies {
            let total = self.totals[*language][row.order];
            logs[*language] = ((frequency + self.smoothing[*language]) / total).ln();
        }
    }

    /// By language: the level of the n-grams that it lacks. Not the highest for one that little is known of.
    pub fn levels_of_absence(&self) -> Vec<u8> {
        let level = |smoothing: &f64| f64::from(MAX_LEVEL) - (smoothing / MIN_SMOOTHING).ln() / NATS_PER_LEVEL;
        self.smoothing.iter().map(|smoothing| level(smoothing).round() as u8).collect()
    }

    /// The levels of a row; `None` if they are all the same.
    fn levels(&self, row: &Row, absence: &[u8], logs: &mut [f64]) -> Option<Selected> {
        self.fill_logs(row, logs);
        let best = logs.iter().copied().fold(f64::MIN, f64::max);
        let level = |language: usize| rounded((best - logs[language]) / NATS_PER_LEVEL);
        let all = row.frequencies.iter().map(|(language, _)| (*language, level(*language)));
        let levels: Vec<(usize, u8)> = all.filter(|(language, level)| *level < absence[*language]).collect();
        let first = levels.first()?.1;
        let is_even = levels.len() == self.languages && levels.iter().all(|(_, level)| *level == first);
        (!is_even).then_some(Selected { key: row.key, levels })
    }
}

/// Keeps the rows with the highest worth; of equal ones the first.
fn keep_best(kept: &mut BTreeSet<usize>, mut candidates: Vec<(f64, usize)>, count: usize) {
    candidates.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    kept.extend(candidates.into_iter().take(count).map(|(_, index)| index));
}

/// The nearest level of the model. High ones are coarse, because the model compresses better so.
fn rounded(levels: f64) -> u8 {
    let step = if levels < FINE_LEVELS { 1.0 } else { COARSE_STEP };
    ((levels / step).round() * step).min(f64::from(MAX_LEVEL)) as u8
}
