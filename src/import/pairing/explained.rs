//! Owns why a pair is as probable as it is, in words.

use std::collections::{BTreeMap, HashMap};

use super::groups::Link;
use super::lexicon::Lexicon;
use super::{Matcher, evidence};

/// So many of the signs that two entries share are named.
const MOST: usize = 6;

impl Matcher<'_> {
    /// Why a pair is as probable as it is, the most telling first.
    pub fn reasons(
        &self,
        link: &Link,
        lexicons: &BTreeMap<(usize, usize), Lexicon>,
        weights: &mut HashMap<(usize, usize), Vec<f32>>,
    ) -> Vec<String> {
        let (one, other) = (link.one, link.other);
        let (from, to) = (self.edition_of[one], self.edition_of[other]);
        let weights =
            weights.entry((from, to)).or_insert_with(|| self.weights(&self.editions[from], &self.editions[to]));
        let shared = evidence::shared(&self.features[one], &self.features[other], &self.vocabulary, weights);
        let spelled = |item: usize| self.vocabulary.spelled(&self.items[item], &self.features[item]);
        let (left, right) = (spelled(one), spelled(other));
        let mut reasons = Vec::new();
        if !shared.is_empty() {
            let name = |sign: &u32| match (left.get(sign), right.get(sign)) {
                (Some(left), Some(right)) if left.to_lowercase() != right.to_lowercase() => format!("{left}/{right}"),
                (Some(word), _) | (_, Some(word)) => word.clone(),
                (None, None) => self.vocabulary.texts[*sign as usize].clone(),
            };
            let names: Vec<String> = shared.iter().take(MOST).map(|(sign, _)| name(sign)).collect();
            let more = shared.len().saturating_sub(MOST);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            reasons.push(format!("both have {}{more}", names.join(", ")));
        }
        if let Some(lexicon) = lexicons.get(&(from, to)) {
            let words = &self.features[other].words;
            let known: Vec<&u32> =
                self.features[one].words.iter().filter(|word| !lexicon.of(**word).is_empty()).collect();
            let is_there = |word: &&&u32| lexicon.of(***word).iter().any(|known| words.contains(&known.word));
            let count = known.iter().filter(is_there).count();
            if count > 0 {
                let all = known.len();
                reasons.push(format!("{count} of {all} known words stand beside theirs, as in other stories"));
            }
        }
        reasons.push(match (self.items[one].date - self.items[other].date).num_days().abs() {
            0 => "the same day".to_owned(),
            1 => "a day apart".to_owned(),
            days => format!("{days} days apart"),
        });
        match self.others(one, other) {
            Some(others) => reasons.extend(others.reasons.into_iter().map(|reason| reason.text)),
            None => reasons.push("their titles have different numbers".to_owned()),
        }
        reasons
    }
}
