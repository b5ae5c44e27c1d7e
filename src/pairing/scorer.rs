//! Scores every pair of entries of two languages.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::ScoredPair;
use super::evidence::{self, ContentEvidence, MAX_DAYS_APART};
use super::lexicon::{Lexicon, Translation};
use super::matcher::{Corpus, Matcher};

/// How many candidates of an entry are scored in full.
pub const MAX_CANDIDATES: usize = 8;
/// Pairs below this score are dropped.
const MIN_SCORE: f64 = 0.01;
/// How much the evidence of lexicon words counts where candidates are ranked.
const WORD_DAMPING: f64 = 0.5;

/// Two languages, and the state of the current round.
pub struct Scorer<'m> {
    pub matcher: &'m Matcher<'m>,
    pub left: &'m Corpus,
    pub right: &'m Corpus,
    /// By feature: its weight when both entries have it.
    pub weights: Vec<f32>,
    pub lexicon: Option<&'m Lexicon>,
    /// The estimated share of entries that have a translation in the other language.
    pub translated_share: f64,
    /// By entry: the story it was in when the lexicon was trained.
    pub stories: &'m [usize],
}

/// A possible translation; `position` is its position in the right corpus.
struct Candidate {
    position: usize,
    log_odds: f64,
    needs_review: bool,
}

/// The postings within a range of positions.
fn within<'p>(postings: &'p [u32], range: &Range<usize>) -> &'p [u32] {
    let start = postings.partition_point(|position| (*position as usize) < range.start);
    let length = postings[start..].partition_point(|position| (*position as usize) < range.end);
    &postings[start..start + length]
}

impl Scorer<'_> {
    /// All pairs above the minimal score.
    pub fn pairs(&self) -> Vec<ScoredPair> {
        let Scorer { matcher, left, right, .. } = self;
        let mut rows: Vec<Vec<Candidate>> = Vec::new();
        let mut by_features = vec![0.0_f32; right.entries.len()];
        let mut by_words = vec![0.0_f32; right.entries.len()];
        let right_penalties: Vec<f32> = right.entries.iter().map(|entry| self.absence_penalty(*entry)).collect();
        for &entry in &left.entries {
            let near = right.near(matcher.entries[entry].date, MAX_DAYS_APART);
            self.add_feature_weights(entry, &near, &right_penalties, &mut by_features);
            self.add_word_weights(entry, &near, &mut by_words);
            let evidence =
                |position: usize| f64::from(by_features[position]) + WORD_DAMPING * f64::from(by_words[position]);
            rows.push(self.candidates(entry, near, evidence));
        }
        self.normalize(&rows)
    }

    /// Sets, by position in the right corpus, the evidence of features. It starts at the mean penalty for lacking all of
    /// them, so that one pass over the postings is enough.
    fn add_feature_weights(&self, entry: usize, near: &Range<usize>, right_penalties: &[f32], evidence: &mut [f32]) {
        let Scorer { matcher, left, right, weights, .. } = self;
        let left_near = left.near(matcher.entries[entry].date, MAX_DAYS_APART);
        let penalty = self.absence_penalty(entry);
        near.clone().for_each(|position| evidence[position] = 0.5 * (penalty + right_penalties[position]));
        for feature in self.weighted_features(entry) {
            let postings = within(&right.feature_postings[feature], near);
            let kind = matcher.vocabulary.kinds[feature];
            let count = within(&left.feature_postings[feature], &left_near).len();
            let local = evidence::local_weight(kind, (count, left_near.len()), (postings.len(), near.len()));
            let weight = weights[feature].min(local) - evidence::feature_absence_penalty(kind);
            postings.iter().for_each(|position| evidence[*position as usize] += weight);
        }
    }

    /// Sets, by position in the right corpus, the evidence of lexicon words. It starts at the penalty for lacking all
    /// translations.
    fn add_word_weights(&self, entry: usize, near: &Range<usize>, evidence: &mut [f32]) {
        let Scorer { matcher, right, lexicon, .. } = self;
        let words = &matcher.features[entry].words;
        let translations = |word: &u32| lexicon.map(|lexicon| lexicon.translations(*word)).unwrap_or_default();
        let penalty = |translation: &Translation| evidence::absence_penalty(translation.strength(false));
        evidence[near.clone()].fill(words.iter().filter_map(|word| translations(word).first()).map(penalty).sum());
        let mut counted: HashSet<u32> = HashSet::new();
        for translations in words.iter().map(translations) {
            // Only the strongest translation that is present counts.
            counted.clear();
            let penalty = translations.first().map_or(0.0, penalty);
            for translation in translations {
                let postings = &right.word_postings[translation.word as usize];
                let frequency = (postings.len() as u32, right.entries.len());
                let weight = evidence::word_weight(translation.strength(false), frequency) - penalty;
                for position in within(postings, near) {
                    if counted.insert(*position) {
                        evidence[*position as usize] += weight;
                    }
                }
            }
        }
    }

    /// The features of an entry that both languages use.
    fn weighted_features(&self, entry: usize) -> impl Iterator<Item = usize> {
        let features = self.matcher.features[entry].ids.iter().map(|feature| *feature as usize);
        features.filter(|feature| self.weights[*feature] > 0.0)
    }

    /// The penalty for a candidate that has none of an entry's features.
    fn absence_penalty(&self, entry: usize) -> f32 {
        let kinds = self.weighted_features(entry).map(|feature| self.matcher.vocabulary.kinds[feature]);
        kinds.map(evidence::feature_absence_penalty).sum()
    }

    /// The best candidates of an entry. `evidence`: by position, the evidence of features and words.
    fn candidates(&self, entry: usize, near: Range<usize>, evidence: impl Fn(usize) -> f64) -> Vec<Candidate> {
        let Scorer { matcher, right, .. } = self;
        let date = matcher.entries[entry].date;
        let same_day = evidence::same_day_weight((right.near(date, 0).len(), near.len()));
        let date_weight = |position: usize| match (date - right.dates[position]).num_days().unsigned_abs() as usize {
            0 => same_day,
            days => matcher.distance_weights.get(days).copied().unwrap_or(f64::NEG_INFINITY),
        };
        let weight = |position: usize| evidence(position) + date_weight(position);
        let mut ranked: Vec<(usize, f64)> = near.map(|position| (position, weight(position))).collect();
        let descending = |one: &(usize, f64), other: &(usize, f64)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
        if ranked.len() > MAX_CANDIDATES {
            ranked.select_nth_unstable_by(MAX_CANDIDATES, descending);
            ranked.truncate(MAX_CANDIDATES);
        }
        ranked.sort_by(descending);
        let candidate = |(position, _): (usize, f64)| self.candidate(entry, position, date_weight(position));
        ranked.into_iter().filter_map(candidate).collect()
    }

    /// Scores a candidate in full; `None` if the two cannot be one story. `date_weight`: the evidence of the dates.
    fn candidate(&self, entry: usize, position: usize, date_weight: f64) -> Option<Candidate> {
        let (matcher, other) = (self.matcher, self.right.entries[position]);
        let pair = matcher.pair_evidence(entry, other)?;
        // What the lexicon learned from this pair must not confirm it.
        let is_training = self.stories[entry] == self.stories[other];
        let content = ContentEvidence {
            title_words: self.word_evidence(entry, position, true, is_training),
            words: self.word_evidence(entry, position, false, is_training),
            ..ContentEvidence::of_features(
                &matcher.features[entry], &matcher.features[other], &matcher.vocabulary, &self.weights,
            )
        };
        let reasons = pair.reasons.iter().map(|reason| reason.weight).sum::<f64>();
        let is_other_day = matcher.entries[entry].date != matcher.entries[other].date;
        let has_near_duplicate = matcher.has_near_duplicate[entry] || matcher.has_near_duplicate[other];
        Some(Candidate {
            position,
            log_odds: (content.log_odds() + date_weight + reasons).min(content.ceiling() + reasons),
            needs_review: pair.needs_review || is_other_day && has_near_duplicate,
        })
    }

    /// The evidence of lexicon words, of the titles alone or of all text. `is_training`: the lexicon was trained on this pair.
    fn word_evidence(&self, entry: usize, position: usize, is_title: bool, is_training: bool) -> f64 {
        let (Some(lexicon), right) = (self.lexicon, self.right) else { return 0.0 };
        let of = |entry: usize| {
            let features = &self.matcher.features[entry];
            if is_title { features.title_words() } else { features.words.as_slice() }
        };
        let right_words = of(right.entries[position]);
        let mut evidence = 0.0;
        for word in of(entry) {
            let translations = lexicon.translations(*word);
            let strength = |translation: &Translation| translation.strength(is_training);
            let strongest = translations.iter().map(strength).fold(0.0, f32::max);
            if strongest == 0.0 {
                continue;
            }
            let mut present = translations.iter().filter(|known| right_words.contains(&known.word));
            evidence += f64::from(match present.find(|known| strength(known) > 0.0) {
                Some(known) => {
                    let word = known.word as usize;
                    let count =
                        if is_title { right.title_counts[word] } else { right.word_postings[word].len() as u32 };
                    evidence::word_weight(strength(known), (count, right.entries.len()))
                }
                None => evidence::absence_penalty(strongest),
            });
        }
        evidence
    }

    /// Turns log odds into probabilities, in competition with the other candidates of both entries and with no translation.
    fn normalize(&self, rows: &[Vec<Candidate>]) -> Vec<ScoredPair> {
        let mut columns: HashMap<usize, f64> = HashMap::new();
        let share = self.translated_share;
        let no_translation = ((1.0 - share) / share).ln();
        let odds = |log_odds: f64| (log_odds - no_translation).clamp(-50.0, 50.0).exp();
        for candidate in rows.iter().flatten() {
            *columns.entry(candidate.position).or_insert(1.0) += odds(candidate.log_odds);
        }
        let mut pairs = Vec::new();
        for (row, &entry) in rows.iter().zip(&self.left.entries) {
            let all: f64 = 1.0 + row.iter().map(|candidate| odds(candidate.log_odds)).sum::<f64>();
            for Candidate { position, log_odds, needs_review } in row {
                let score = odds(*log_odds) / all.max(columns[position]);
                if score >= MIN_SCORE {
                    pairs.push(ScoredPair {
                        left: entry,
                        right: self.right.entries[*position],
                        score,
                        log_odds: *log_odds,
                        needs_review: *needs_review,
                        reasons: Vec::new(),
                    });
                }
            }
        }
        pairs
    }
}
