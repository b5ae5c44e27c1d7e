//! The evidence that two entries in different languages are one story, each piece weighted by its log-likelihood ratio in
//! natural logarithms (Fellegi and Sunter, *A Theory for Record Linkage*, 1969).

use super::features::{FeatureKind, Features, Vocabulary};
use super::{Entry, features, numbers};

/// A piece of evidence beyond features and dates.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub text: String,
    pub weight: f64,
}

/// The longest time from an entry to its translation, in days.
pub const MAX_DAYS_APART: i64 = 160;
/// How many translations are of the same day; some follow within days or weeks, and a third months later.
const SAME_DAY_SHARE: f64 = 0.5;
/// Entries come in clusters, so that a coincidence of dates is likelier than one in `2 * MAX_DAYS_APART`.
const COINCIDENCE_DAYS: f64 = 150.0;

/// How often a feature recurs in the translation, if its language uses it at all; measured on news archives.
fn recurrence(kind: FeatureKind) -> f64 {
    match kind {
        FeatureKind::Number => 0.88,
        FeatureKind::Url => 0.7,
        FeatureKind::Name => 0.6,
        FeatureKind::Word => 0.45,
        FeatureKind::Concept => 0.35,
        FeatureKind::Bigram => 0.25,
        FeatureKind::Phonetic => 0.13,
    }
}

/// The weight of a shared feature that occurs in `count` of `all` stories.
pub fn feature_weight(kind: FeatureKind, count: u32, all: usize) -> f32 {
    (recurrence(kind) * (all as f64 + 1.0) / (f64::from(count.max(1)) - 0.5)).ln().max(0.0) as f32
}

/// An upper bound of that weight by document frequency among entries near in time, because a topic in the news makes a
/// feature frequent for a while.
pub fn local_weight(kind: FeatureKind, left: (usize, usize), right: (usize, usize)) -> f32 {
    let weight = |(count, near): (usize, usize)| match count {
        0 | 1 => None,
        count => Some((recurrence(kind) * near as f64 / (count as f64 - 1.0)).ln()),
    };
    let weights: Vec<f64> = [weight(left), weight(right)].into_iter().flatten().collect();
    if weights.is_empty() { f32::MAX } else { (weights.iter().sum::<f64>() / weights.len() as f64).max(0.0) as f32 }
}

/// The (negative) weight of a feature that only one of two entries has, although both languages use it.
pub fn feature_absence_penalty(kind: FeatureKind) -> f32 {
    (1.0 - recurrence(kind)).ln() as f32
}

/// The weight of a lexicon word whose translation is present; `(count, all)` is the document frequency of the translation.
pub fn word_weight(strength: f32, (count, all): (u32, usize)) -> f32 {
    (f64::from(strength) * (all as f64 + 1.0) / (f64::from(count) + 0.5)).ln().max(0.0) as f32
}

/// The (negative) weight of a lexicon word none of whose translations is present.
pub fn absence_penalty(strength: f32) -> f32 {
    (1.0 - strength.min(0.9)).ln()
}

/// The weight of a common date that `same_day` of the `near` candidates have.
pub fn same_day_weight((same_day, near): (usize, usize)) -> f64 {
    let coincidence = same_day as f64 - 1.0 + near as f64 / COINCIDENCE_DAYS;
    (SAME_DAY_SHARE * near as f64 / coincidence).ln()
}

/// The weight of a distance of one day or more.
pub fn distance_weight(days: i64) -> f64 {
    let (share, width) = match days {
        ..=3 => (0.10, 6.0),
        4..=14 => (0.10, 22.0),
        15..=45 => (0.12, 62.0),
        _ => (0.18, 230.0),
    };
    let all = 2.0 * MAX_DAYS_APART as f64 + 1.0;
    (share / width * all).ln()
}

/// The evidence beyond features and dates.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PairEvidence {
    pub reasons: Vec<Reason>,
    /// Their titles differ in a number or code, as those of a release and its first update do.
    pub needs_review: bool,
}

/// The evidence beyond features and dates; `None` if the two cannot be one story. `image_weight`: the weight of a shared
/// image or caption.
pub fn of_pair<'a>(
    (left_entry, left): (&Entry<'a>, &Features),
    (right_entry, right): (&Entry<'a>, &Features),
    image_weight: impl Fn(&str) -> f64,
) -> Option<PairEvidence> {
    let mut reasons = Vec::new();
    let mut add = |text: String, weight: f64| reasons.push(Reason { text, weight });
    if numbers::differ(&left.title_numbers, &right.title_numbers) {
        return None;
    }
    let both = |of: fn(&Entry<'a>) -> Option<&'a str>| Some((of(left_entry)?, of(right_entry)?));
    if let Some((image, other)) = both(|entry| entry.image)
        && image == other
    {
        add("the same picture".to_owned(), image_weight(image));
    }
    if let Some((caption, other)) = both(|entry| entry.alt)
        && caption == other
    {
        add("the same caption".to_owned(), image_weight(caption));
    }
    if let Some((link, other)) = both(|entry| entry.link)
        && features::without_language(link) == features::without_language(other)
    {
        add("the same address but for the language".to_owned(), 8.0);
    }
    // A number or a code (`RC1`) of one title that occurs nowhere in the other entry.
    let missing = |one: &Features, other: &Features| -> Vec<String> {
        let codes = one.codes.iter().filter(|code| !other.all_codes.contains(code));
        let numbers = one.title_numbers.iter().filter(|number| !other.title_numbers.contains(number));
        let is_in_text = |number: &String| number.len() > 1 && other.numbers.contains(number);
        let numbers = numbers.filter(|number| !is_in_text(number));
        codes.chain(numbers).cloned().collect()
    };
    let missing = [missing(left, right), missing(right, left)].concat();
    if !missing.is_empty() {
        add(format!("{} stands in one title alone", missing.join(", ")), -2.0);
    }
    let has_text = !left_entry.text.trim().is_empty() && !right_entry.text.trim().is_empty();
    let ratio = (left.length / right.length.max(1.0)).ln().abs();
    if has_text && ratio > 0.7 {
        add("one is much longer than the other".to_owned(), -(ratio - 0.7).min(2.0));
    }
    if left_entry.text.trim().is_empty() != right_entry.text.trim().is_empty() {
        add("only one has a text".to_owned(), -0.5);
    }
    Some(PairEvidence { reasons, needs_review: !missing.is_empty() })
}

/// The weights of the evidence in the log odds of a pair: the coefficients of a logistic regression on pairs of known
/// truth, rounded. Words of one text are not independent, so that what the texts share counts for less than it would alone.
const BASE: f64 = -3.2;
const TITLE_FEATURES: f64 = 2.0;
const TEXT_FEATURES: f64 = 0.8;
const TITLE_ABSENCE: f64 = 1.0;
const TEXT_ABSENCE: f64 = 0.3;
const TITLE_WORDS: f64 = 0.7;
const WORDS: f64 = 0.1;
/// Of the features that only the texts share, each counts this much of the next heavier one.
const TEXT_DAMPING: f64 = 0.85;

/// What two entries say, by title and text.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContentEvidence {
    /// Of features that both titles have.
    pub title_features: f64,
    /// Of other features that both entries have.
    pub text_features: f64,
    /// Penalties for features of one title that the other entry lacks.
    pub title_absence: f64,
    /// The same for features of the texts.
    pub text_absence: f64,
    /// Of lexicon words in both titles.
    pub title_words: f64,
    /// Of lexicon words in both entries.
    pub words: f64,
}

impl ContentEvidence {
    /// The evidence of features; that of words remains to be added. `weights`: by feature, 0 where it cannot be compared.
    pub fn of_features(left: &Features, right: &Features, vocabulary: &Vocabulary, weights: &[f32]) -> ContentEvidence {
        let weight = |feature: &u32| f64::from(weights[*feature as usize]);
        let has = |ids: &[u32], feature: &u32| ids.binary_search(feature).is_ok();
        let is_concept = |feature: u32| vocabulary.kinds[feature as usize] == FeatureKind::Concept;
        let mut evidence = ContentEvidence::default();
        // Each with its weight, and whether it is in both titles.
        let (mut concepts, mut shared) = (Vec::new(), Vec::new());
        for feature in features::common(&left.ids, &right.ids) {
            let is_in_titles = has(&left.title_ids, feature) && has(&right.title_ids, feature);
            if !is_concept(*feature) {
                shared.push((weight(feature), is_in_titles));
            } else if !has_shared_mate(left, right, *feature, weights) {
                concepts.push((weight(feature), is_in_titles));
            }
        }
        if shared.iter().all(|(weight, _)| *weight <= 0.0) {
            remove_heaviest(&mut concepts);
        }
        shared.append(&mut concepts);
        let (in_titles, in_texts): (Vec<(f64, bool)>, Vec<_>) =
            shared.into_iter().partition(|(_, is_in_titles)| *is_in_titles);
        let mut of_texts: Vec<f64> = in_texts.into_iter().map(|(weight, _)| weight).collect();
        of_texts.sort_by(f64::total_cmp);
        evidence.title_features = in_titles.iter().map(|(weight, _)| weight).sum();
        evidence.text_features = of_texts.iter().fold(0.0, |sum, weight| weight + TEXT_DAMPING * sum);
        for (one, other) in [(left, right), (right, left)] {
            let lacking = one.ids.iter().filter(|feature| weight(feature) > 0.0 && !has(&other.ids, feature));
            for feature in lacking {
                let of_part =
                    if has(&one.title_ids, feature) { &mut evidence.title_absence } else { &mut evidence.text_absence };
                // The mean of both entries.
                *of_part += 0.5 * f64::from(feature_absence_penalty(vocabulary.kinds[*feature as usize]));
            }
        }
        evidence
    }

    /// The log odds without those of dates and of evidence beyond the content.
    pub fn log_odds(&self) -> f64 {
        BASE + TITLE_FEATURES * self.title_features
            + TEXT_FEATURES * self.text_features
            + TITLE_ABSENCE * self.title_absence
            + TEXT_ABSENCE * self.text_absence
            + TITLE_WORDS * self.title_words
            + WORDS * self.words
    }

    /// The highest log odds that dates can lead to: a common date alone proves nothing.
    pub fn ceiling(&self) -> f64 {
        let is_shared = self.title_features + self.text_features > 0.0 || self.title_words.max(self.words) > 0.0;
        if is_shared { f64::INFINITY } else { 0.0 }
    }
}

/// Removes the heaviest of the concepts, each with its weight. Two stories of one day share a common word by chance: one alone
/// proves nothing, two do.
fn remove_heaviest(concepts: &mut Vec<(f64, bool)>) {
    concepts.sort_by(|one, other| one.0.total_cmp(&other.0));
    concepts.pop();
}

/// Whether the words by which two entries share a concept share another feature, such as a stem.
fn has_shared_mate(left: &Features, right: &Features, concept: u32, weights: &[f32]) -> bool {
    let is_shared = |mate: u32| weights[mate as usize] > 0.0 && right.ids.binary_search(&mate).is_ok();
    left.mates_of_concept(concept).any(is_shared)
}

/// The features that two entries share, with their weights, the heaviest first.
pub fn shared_features(left: &Features, right: &Features, vocabulary: &Vocabulary, weights: &[f32]) -> Vec<(u32, f32)> {
    let same_script = left.script == right.script;
    let mut shared: Vec<(u32, f32)> = features::common(&left.ids, &right.ids)
        .filter(|id| vocabulary.kinds[**id as usize].is_comparable(same_script))
        .filter(|id| !has_shared_mate(left, right, **id, weights))
        .map(|id| (*id, weights[*id as usize]))
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    shared.sort_by(|one, other| other.1.total_cmp(&one.1));
    shared
}
