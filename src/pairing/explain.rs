//! Reasons for the score of a pair, in words.

use std::collections::{BTreeMap, HashMap};

use super::lexicon::{Lexicon, Translation};
use super::matcher::Matcher;
use super::{ScoredPair, evidence};

/// How many shared features a reason lists.
const MAX_LISTED_FEATURES: usize = 6;

/// Explains pairs; caches what several pairs need.
pub struct Explainer<'e> {
    matcher: &'e Matcher<'e>,
    lexicons: &'e BTreeMap<(usize, usize), Lexicon>,
    /// By pair of corpora: the weights of all features.
    weights: HashMap<(usize, usize), Vec<f32>>,
    /// By entry: its words as written, by the feature made from them.
    surface_forms: HashMap<usize, HashMap<u32, String>>,
}

impl<'e> Explainer<'e> {
    pub fn new(matcher: &'e Matcher<'e>, lexicons: &'e BTreeMap<(usize, usize), Lexicon>) -> Self {
        Explainer { matcher, lexicons, weights: HashMap::new(), surface_forms: HashMap::new() }
    }

    /// The reasons for the score of a pair, the strongest first.
    pub fn reasons(&mut self, pair: &ScoredPair) -> Vec<String> {
        let (left, right) = (pair.left, pair.right);
        let mut reasons = Vec::new();
        reasons.extend(self.shared_features(left, right));
        reasons.extend(self.known_words(left, right));
        let matcher = self.matcher;
        reasons.push(match (matcher.entries[left].date - matcher.entries[right].date).num_days().abs() {
            0 => "the same day".to_owned(),
            1 => "a day apart".to_owned(),
            days => format!("{days} days apart"),
        });
        match matcher.pair_evidence(left, right) {
            Some(evidence) => reasons.extend(evidence.reasons.into_iter().map(|reason| reason.text)),
            None => reasons.push("their titles have different numbers".to_owned()),
        }
        reasons
    }

    fn shared_features(&mut self, left: usize, right: usize) -> Option<String> {
        let Explainer { matcher, weights, surface_forms, .. } = self;
        let corpora = (matcher.corpus_of[left], matcher.corpus_of[right]);
        let weights = weights
            .entry(corpora)
            .or_insert_with(|| matcher.feature_weights(&matcher.corpora[corpora.0], &matcher.corpora[corpora.1]));
        for entry in [left, right] {
            let forms = || matcher.vocabulary.surface_forms(&matcher.entries[entry], &matcher.features[entry]);
            surface_forms.entry(entry).or_insert_with(forms);
        }
        let (left_forms, right_forms) = (&surface_forms[&left], &surface_forms[&right]);
        let (left, right) = (&matcher.features[left], &matcher.features[right]);
        let shared = evidence::shared_features(left, right, &matcher.vocabulary, weights);
        let name = |feature: &u32| match (left_forms.get(feature), right_forms.get(feature)) {
            (Some(left), Some(right)) if left.to_lowercase() != right.to_lowercase() => format!("{left}/{right}"),
            (Some(word), _) | (_, Some(word)) => word.clone(),
            (None, None) => matcher.vocabulary.texts[*feature as usize].clone(),
        };
        let names: Vec<String> = shared.iter().take(MAX_LISTED_FEATURES).map(|(feature, _)| name(feature)).collect();
        let more = shared.len().saturating_sub(MAX_LISTED_FEATURES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        (!names.is_empty()).then(|| format!("both have {}{more}", names.join(", ")))
    }

    /// How many words of the left entry have a learned translation in the right one.
    fn known_words(&self, left: usize, right: usize) -> Option<String> {
        let matcher = self.matcher;
        let lexicon = self.lexicons.get(&(matcher.corpus_of[left], matcher.corpus_of[right]))?;
        let words = &matcher.features[right].words;
        let translations = matcher.features[left].words.iter().map(|word| lexicon.translations(*word));
        let known: Vec<_> = translations.filter(|translations| !translations.is_empty()).collect();
        let is_present =
            |translations: &&&[Translation]| translations.iter().any(|translation| words.contains(&translation.word));
        let count = known.iter().filter(is_present).count();
        let all = known.len();
        (count > 0).then(|| format!("{count} of {all} known words stand beside theirs, as in other stories"))
    }
}
