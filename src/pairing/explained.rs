//! Owns why a pair is as probable as it is, in words.

use std::collections::{BTreeMap, HashMap};

use super::groups::Link;
use super::lexicon::Lexicon;
use super::{Matcher, evidence};

/// So many of the signs that two entries share are named.
const MOST: usize = 6;

/// What explanations are made from, each piece once.
pub struct Explained<'e> {
    matcher: &'e Matcher<'e>,
    lexicons: &'e BTreeMap<(usize, usize), Lexicon>,
    weights: HashMap<(usize, usize), Vec<f32>>,
    /// By entry: its words by the signs that they are.
    spelled: HashMap<usize, HashMap<u32, String>>,
}

impl<'e> Explained<'e> {
    /// Nothing explained yet.
    pub fn new(matcher: &'e Matcher<'e>, lexicons: &'e BTreeMap<(usize, usize), Lexicon>) -> Self {
        Explained { matcher, lexicons, weights: HashMap::new(), spelled: HashMap::new() }
    }

    /// Why a pair is as probable as it is, the most telling first.
    pub fn reasons(&mut self, link: &Link) -> Vec<String> {
        let Explained { matcher, lexicons, weights, spelled } = self;
        let (one, other) = (link.one, link.other);
        let (from, to) = (matcher.edition_of[one], matcher.edition_of[other]);
        let weights = weights
            .entry((from, to))
            .or_insert_with(|| matcher.weights(&matcher.editions[from], &matcher.editions[to]));
        for item in [one, other] {
            let spell = || matcher.vocabulary.spelled(&matcher.items[item], &matcher.features[item]);
            spelled.entry(item).or_insert_with(spell);
        }
        let (left, right) = (&spelled[&one], &spelled[&other]);
        let shared = evidence::shared(&matcher.features[one], &matcher.features[other], &matcher.vocabulary, weights);
        let mut reasons = Vec::new();
        if !shared.is_empty() {
            let name = |sign: &u32| match (left.get(sign), right.get(sign)) {
                (Some(left), Some(right)) if left.to_lowercase() != right.to_lowercase() => format!("{left}/{right}"),
                (Some(word), _) | (_, Some(word)) => word.clone(),
                (None, None) => matcher.vocabulary.texts[*sign as usize].clone(),
            };
            let names: Vec<String> = shared.iter().take(MOST).map(|(sign, _)| name(sign)).collect();
            let more = shared.len().saturating_sub(MOST);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            reasons.push(format!("both have {}{more}", names.join(", ")));
        }
        if let Some(lexicon) = lexicons.get(&(from, to)) {
            let words = &matcher.features[other].words;
            let known: Vec<&u32> =
                matcher.features[one].words.iter().filter(|word| !lexicon.of(**word).is_empty()).collect();
            let is_there = |word: &&&u32| lexicon.of(***word).iter().any(|known| words.contains(&known.word));
            let count = known.iter().filter(is_there).count();
            if count > 0 {
                let all = known.len();
                reasons.push(format!("{count} of {all} known words stand beside theirs, as in other stories"));
            }
        }
        reasons.push(match (matcher.items[one].date - matcher.items[other].date).num_days().abs() {
            0 => "the same day".to_owned(),
            1 => "a day apart".to_owned(),
            days => format!("{days} days apart"),
        });
        match matcher.others(one, other) {
            Some(others) => reasons.extend(others.reasons.into_iter().map(|reason| reason.text)),
            None => reasons.push("their titles have different numbers".to_owned()),
        }
        reasons
    }
}
