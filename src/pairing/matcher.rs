//! Inverted indexes of all languages, and the passes over every pair of languages.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use chrono::NaiveDate;

use super::evidence::{self, MAX_DAYS_APART, PairEvidence};
use super::features::{self, FeatureKind, Features, Vocabulary};
use super::groups::Groups;
use super::lexicon::Lexicon;
use super::scorer::{MAX_CANDIDATES, Scorer};
use super::{Entry, ScoredPair};

/// The share of entries assumed to have a translation, before the first round gives an estimate.
const INITIAL_TRANSLATED_SHARE: f64 = 0.5;
/// Entries of one title whose features have this Jaccard similarity are near duplicates.
const MIN_NEAR_DUPLICATE_SIMILARITY: f64 = 0.4;

/// The entries of one language by date, with inverted indexes. A posting is a position in `entries`.
pub struct Corpus {
    pub entries: Vec<usize>,
    pub dates: Vec<NaiveDate>,
    /// By feature: its postings, ascending.
    pub feature_postings: Vec<Vec<u32>>,
    /// By word: its postings, ascending.
    pub word_postings: Vec<Vec<u32>>,
    /// By word: the number of titles that contain it.
    pub title_counts: Vec<u32>,
}

impl Corpus {
    fn new(mut members: Vec<usize>, entries: &[Entry<'_>], features: &[Features], vocabulary: &Vocabulary) -> Self {
        members.sort_by_key(|entry| (entries[*entry].date, *entry));
        let mut feature_postings = vec![Vec::new(); vocabulary.kinds.len()];
        let mut word_postings = vec![Vec::new(); vocabulary.word_count()];
        let mut title_counts = vec![0; vocabulary.word_count()];
        for (position, entry) in members.iter().enumerate() {
            let of_entry = &features[*entry];
            of_entry.ids.iter().for_each(|id| feature_postings[*id as usize].push(position as u32));
            of_entry.words.iter().for_each(|word| word_postings[*word as usize].push(position as u32));
            of_entry.title_words().iter().for_each(|word| title_counts[*word as usize] += 1);
        }
        let dates = members.iter().map(|entry| entries[*entry].date).collect();
        Corpus { dates, entries: members, feature_postings, word_postings, title_counts }
    }

    /// The positions of entries at most `days` from a date.
    pub fn near(&self, date: NaiveDate, days: i64) -> Range<usize> {
        let start = self.dates.partition_point(|other| (date - *other).num_days() > days);
        start..self.dates.partition_point(|other| (*other - date).num_days() <= days)
    }
}

pub struct Matcher<'a> {
    pub entries: &'a [Entry<'a>],
    pub features: Vec<Features>,
    pub vocabulary: Vocabulary,
    pub corpora: Vec<Corpus>,
    /// By entry: its index in `corpora`.
    pub corpus_of: Vec<usize>,
    /// By days apart: the log odds of that distance.
    pub distance_weights: Vec<f64>,
    /// By entry: whether a near duplicate exists, so that only the date can decide.
    pub has_near_duplicate: Vec<bool>,
    /// By feature: in how many stories it occurs, as far as dates and languages tell.
    story_counts: Vec<u32>,
    /// The number of stories, at least: the most entries of one language.
    story_count: usize,
    /// By image URL and by caption: the most entries of one language that share it.
    image_counts: HashMap<&'a str, usize>,
}

impl<'a> Matcher<'a> {
    pub fn new(entries: &'a [Entry<'a>], features: Vec<Features>, vocabulary: Vocabulary) -> Self {
        let mut by_language: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, entry) in entries.iter().enumerate() {
            by_language.entry(entry.language).or_default().push(index);
        }
        let corpus = |members| Corpus::new(members, entries, &features, &vocabulary);
        let corpora: Vec<Corpus> = by_language.into_values().map(corpus).collect();
        let mut corpus_of = vec![0; entries.len()];
        for (index, corpus) in corpora.iter().enumerate() {
            corpus.entries.iter().for_each(|entry| corpus_of[*entry] = index);
        }
        let has_near_duplicate = near_duplicates(entries, &features);
        let story_counts = story_counts(entries, &features, vocabulary.kinds.len());
        let story_count = corpora.iter().map(|corpus| corpus.entries.len()).max().unwrap_or_default();
        Matcher {
            story_counts,
            story_count,
            has_near_duplicate,
            distance_weights: (0..=MAX_DAYS_APART).map(evidence::distance_weight).collect(),
            image_counts: image_counts(entries),
            entries,
            features,
            vocabulary,
            corpora,
            corpus_of,
        }
    }

    /// The weight of a shared image or caption: low for one that several entries of a language share, such as a logo.
    fn image_weight(&self, image: &str) -> f64 {
        if self.image_counts.get(image).is_some_and(|count| *count > 1) { 0.5 } else { 5.0 }
    }

    pub fn pair_evidence(&self, left: usize, right: usize) -> Option<PairEvidence> {
        let of = |entry: usize| (&self.entries[entry], &self.features[entry]);
        evidence::of_pair(of(left), of(right), |image| self.image_weight(image))
    }

    /// Whether two entries may be in one group, even if no pair joins them directly.
    pub fn is_possible(&self, left: usize, right: usize) -> bool {
        let days = (self.entries[left].date - self.entries[right].date).num_days().abs();
        days <= 2 * MAX_DAYS_APART && self.pair_evidence(left, right).is_some_and(|evidence| !evidence.needs_review)
    }

    /// By feature: its weight when entries of two languages share it.
    pub fn feature_weights(&self, left: &Corpus, right: &Corpus) -> Vec<f32> {
        let script = |corpus: &Corpus| corpus.entries.first().and_then(|entry| self.features[*entry].script);
        let same_script = script(left) == script(right);
        let weight = |(id, kind): (usize, &FeatureKind)| {
            let is_used = |corpus: &Corpus| !corpus.feature_postings[id].is_empty();
            if is_used(left) && is_used(right) && kind.is_comparable(same_script) {
                evidence::feature_weight(*kind, self.story_counts[id], self.story_count)
            } else {
                0.0
            }
        };
        self.vocabulary.kinds.iter().enumerate().map(weight).collect()
    }

    /// All pairs above the minimal score, the most probable first. `stories`: by entry, its group in the round before.
    pub fn score_pairs(
        &self,
        lexicons: &BTreeMap<(usize, usize), Lexicon>,
        translated: &BTreeMap<(usize, usize), f64>,
        stories: &[usize],
    ) -> Vec<ScoredPair> {
        let mut pairs = Vec::new();
        for (index, left) in self.corpora.iter().enumerate() {
            for (offset, right) in self.corpora[index + 1..].iter().enumerate() {
                let corpora = (index, index + 1 + offset);
                let scorer = Scorer {
                    matcher: self,
                    left,
                    right,
                    weights: self.feature_weights(left, right),
                    lexicon: lexicons.get(&corpora),
                    translated_share: translated.get(&corpora).copied().unwrap_or(INITIAL_TRANSLATED_SHARE),
                    stories,
                };
                pairs.extend(scorer.pairs());
            }
        }
        pairs.sort_by(|one, other| {
            other
                .score
                .total_cmp(&one.score)
                .then(other.log_odds.total_cmp(&one.log_odds))
                .then((one.left, one.right).cmp(&(other.left, other.right)))
        });
        pairs
    }

    /// By pair of corpora: the estimated share of entries that have a translation.
    pub fn translated_shares(&self, pairs: &[ScoredPair]) -> BTreeMap<(usize, usize), f64> {
        let mut shares: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for pair in pairs.iter().filter(|pair| pair.score > 0.5) {
            *shares.entry((self.corpus_of[pair.left], self.corpus_of[pair.right])).or_insert(0.0) += 1.0;
        }
        for ((left, right), share) in &mut shares {
            let all = self.corpora[*left].entries.len().min(self.corpora[*right].entries.len());
            // Laplace smoothing.
            *share = (*share + 1.0) / (all as f64 + 2.0);
        }
        shares
    }

    /// By pair of corpora: a lexicon trained on the groups.
    pub fn learn_lexicons(&self, groups: &Groups) -> BTreeMap<(usize, usize), Lexicon> {
        let corpus_of = &self.corpus_of;
        let mut pairs: BTreeMap<(usize, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for story in groups.stories() {
            for (index, one) in story.iter().enumerate() {
                for other in &story[index + 1..] {
                    let is_ordered = corpus_of[*one] < corpus_of[*other];
                    let (left, right) = if is_ordered { (*one, *other) } else { (*other, *one) };
                    pairs.entry((corpus_of[left], corpus_of[right])).or_default().push((left, right));
                }
            }
        }
        let words = |entry: usize| self.features[entry].words.as_slice();
        let learn = |(corpora, pairs): (_, Vec<(usize, usize)>)| {
            let texts: Vec<_> = pairs.iter().map(|(left, right)| (words(*left), words(*right))).collect();
            (corpora, Lexicon::learn(&texts))
        };
        pairs.into_iter().map(learn).collect()
    }
}

/// By feature: the fewest stories that its entries can be in, because a story has one entry in each language, and all its
/// entries near in time.
fn story_counts(entries: &[Entry<'_>], features: &[Features], count: usize) -> Vec<u32> {
    let mut by_date: Vec<usize> = (0..entries.len()).collect();
    by_date.sort_by_key(|entry| entries[*entry].date);
    let mut counts = vec![0; count];
    // By feature: the date of the first entry of its last story, and the languages of that story.
    let mut open: Vec<Option<(NaiveDate, Vec<&str>)>> = vec![None; count];
    for entry in by_date {
        let Entry { date, language, .. } = entries[entry];
        for feature in features[entry].ids.iter().map(|feature| *feature as usize) {
            match &mut open[feature] {
                Some((first, languages))
                    if (date - *first).num_days() <= MAX_DAYS_APART && !languages.contains(&language) =>
                {
                    languages.push(language);
                }
                story => {
                    *story = Some((date, vec![language]));
                    counts[feature] += 1;
                }
            }
        }
    }
    counts
}

fn image_counts<'a>(entries: &[Entry<'a>]) -> HashMap<&'a str, usize> {
    let mut by_language: HashMap<(&str, &str), usize> = HashMap::new();
    for entry in entries {
        for image in entry.alt.into_iter().chain(entry.image) {
            *by_language.entry((image, entry.language)).or_insert(0) += 1;
        }
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for ((image, _), count) in by_language {
        let most = counts.entry(image).or_insert(0);
        *most = count.max(*most);
    }
    counts
}

/// By entry: whether another one of its language nearby has the same title and similar features.
fn near_duplicates(entries: &[Entry<'_>], features: &[Features]) -> Vec<bool> {
    let mut by_title: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        by_title.entry((entry.language, entry.title)).or_default().push(index);
    }
    let mut duplicate = vec![false; entries.len()];
    for mut same_title in by_title.into_values().filter(|same_title| same_title.len() > 1) {
        same_title.sort_by_key(|entry| entries[*entry].date);
        for (index, one) in same_title.iter().enumerate() {
            let is_near =
                |other: &&usize| (entries[**other].date - entries[*one].date).num_days() <= 2 * MAX_DAYS_APART;
            for other in same_title[index + 1..].iter().take_while(is_near).take(MAX_CANDIDATES) {
                let (left, right) = (&features[*one].ids, &features[*other].ids);
                let shared = features::common(left, right).count();
                if shared as f64 >= MIN_NEAR_DUPLICATE_SIMILARITY * (left.len() + right.len() - shared) as f64 {
                    (duplicate[*one], duplicate[*other]) = (true, true);
                }
            }
        }
    }
    duplicate
}
