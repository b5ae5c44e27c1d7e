//! Language identification, and record linkage: which entries of different languages are one story. Entries in, languages
//! and groups out, each pair with its score and its reasons. No I/O, no files, no store.
//!
//! The steps are those of Fellegi and Sunter's record linkage. For each pair of languages, an entry is compared with those
//! near it in time ([`scorer`]): by shared [`features`], where a rare one weighs more than a frequent one, by the days
//! between them, and by other [`evidence`]. How rare a feature is counts over all entries, because there are few of one
//! language. The score of a pair also depends on the competing candidates of both entries. Entries are merged into
//! [`groups`] by the [`links`] between them, and train a bilingual [`lexicon`] for the next round.

mod concepts;
mod evidence;
mod explain;
mod features;
mod groups;
mod language;
mod lexicon;
mod links;
mod matcher;
mod numbers;
mod phonetic;
mod scorer;
mod script;
mod transliterate;

use std::collections::BTreeMap;

use chrono::NaiveDate;

pub use evidence::MAX_DAYS_APART;
use explain::Explainer;
use features::{Features, Vocabulary};
use groups::Groups;
pub use language::{Detection, Languages};
use lexicon::Lexicon;
use matcher::Matcher;
pub use script::Script;
pub use transliterate::{digit_value, fold, transliterate};

/// An entry to group. Everywhere else in this module an entry is an index into the slice of them.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub language: &'a str,
    pub date: NaiveDate,
    pub title: &'a str,
    pub text: &'a str,
    /// The alternative text of its image.
    pub alt: Option<&'a str>,
    /// The URL of its image.
    pub image: Option<&'a str>,
    pub link: Option<&'a str>,
}

/// What earlier imports and reviewers have decided; scores never overrule it.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    pub must_link: Vec<(usize, usize)>,
    pub cannot_link: Vec<(usize, usize)>,
    /// By entry: the story it was already in, under an arbitrary number. Two such stories are never merged automatically.
    pub previous_story: Vec<Option<usize>>,
}

/// Two entries that may be one story.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredPair {
    pub left: usize,
    pub right: usize,
    /// The probability that they are, from 0 to 1.
    pub score: f64,
    /// The natural logarithm of the odds, from this pair's evidence alone.
    pub log_odds: f64,
    /// Never merged automatically, whatever the score.
    pub needs_review: bool,
    /// The strongest first.
    pub reasons: Vec<String>,
}

/// The result of [`pair`].
#[derive(Clone, Debug, Default)]
pub struct Pairing {
    /// The stories of more than one entry.
    pub stories: Vec<Vec<usize>>,
    /// Pairs that were merged.
    pub joined: Vec<ScoredPair>,
    /// Pairs for review, the most probable first.
    pub likely: Vec<ScoredPair>,
    /// Pairs below the threshold for review.
    pub near_misses: Vec<ScoredPair>,
}

/// The least score for review.
const MIN_LIKELY_SCORE: f64 = 0.15;
/// How often pairs are scored; each round but the first uses the lexicon of the round before.
const ROUNDS: usize = 3;

/// Groups entries into stories.
///
/// Likely pairs always come with their reasons; joined pairs and near misses only when `explain_all` is set, because
/// explaining all of them is slow.
pub fn pair(entries: &[Entry<'_>], constraints: &Constraints, explain_all: bool) -> Pairing {
    let languages = entries.iter().map(|entry| entry.language).collect();
    let mut vocabulary = Vocabulary::new(&languages);
    let features: Vec<Features> = entries.iter().map(|entry| vocabulary.extract(entry)).collect();
    let matcher = Matcher::new(entries, features, vocabulary);
    let mut lexicons: BTreeMap<(usize, usize), Lexicon> = BTreeMap::new();
    let mut translated: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    let mut groups = Groups::new(entries, constraints);
    let mut pairs = Vec::new();
    for round in 0..ROUNDS {
        pairs = matcher.score_pairs(&lexicons, &translated, groups.by_entry());
        groups = Groups::new(entries, constraints);
        groups.merge_certain(&pairs, |left, right| matcher.is_possible(left, right));
        if round + 1 < ROUNDS {
            lexicons = matcher.learn_lexicons(&groups);
            translated = matcher.translated_shares(&pairs);
        }
    }
    let (joined, open): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|pair| groups.is_merged(pair));
    let open = open.into_iter().filter(|pair| groups.are_mergeable(pair.left, pair.right));
    let (likely, near_misses): (Vec<_>, Vec<_>) = open.partition(|pair| pair.score >= MIN_LIKELY_SCORE);
    let mut explainer = Explainer::new(&matcher, &lexicons);
    let mut explain = |pairs: Vec<ScoredPair>| -> Vec<ScoredPair> {
        pairs.into_iter().map(|pair| ScoredPair { reasons: explainer.reasons(&pair), ..pair }).collect()
    };
    Pairing {
        stories: groups.stories().cloned().collect(),
        likely: explain(likely),
        joined: if explain_all { explain(joined) } else { joined },
        near_misses: if explain_all { explain(near_misses) } else { near_misses },
    }
}

#[cfg(test)]
mod tests;
