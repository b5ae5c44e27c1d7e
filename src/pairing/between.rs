//! Owns how probable each pair of two languages is; never touches groups.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::evidence::{self, DAMPED_TITLES, DAMPED_WORDS, WINDOW};
use super::groups::Link;
use super::lexicon::Lexicon;
use super::{Edition, MISSED, MOST, Matcher, features};

/// Titles that say so much against a pair make it doubtful.
const DOUBTFUL: f64 = -0.7;
/// So much what they say must say for it, whatever their days do.
const LEAST_SAID: f64 = 0.5;
/// Where the days differ, the titles must say so much for it, and all together so much.
const LEAST_TITLES: f64 = 1.0;
const LEAST_WEIGHT: f64 = 9.0;
/// What a candidate must have against none at all.
const NONE: f64 = 1.0;

/// Two languages, and what is known of them.
pub struct Between<'m> {
    pub matcher: &'m Matcher<'m>,
    pub one: &'m Edition,
    pub other: &'m Edition,
    /// By sign: what it says that both have it.
    pub weights: Vec<f32>,
    pub lexicon: Option<&'m Lexicon>,
    /// How many entries have a translation in the other language.
    pub share: f64,
    /// By entry: its story, as far as that was known when the words were learned.
    pub stories: &'m [usize],
}

/// The places of a sorted list that lie in a range.
fn within<'p>(places: &'p [u32], range: &Range<usize>) -> &'p [u32] {
    let start = places.partition_point(|at| (*at as usize) < range.start);
    let length = places[start..].partition_point(|at| (*at as usize) < range.end);
    &places[start..start + length]
}

/// An entry that may be a translation, by its place in its edition.
struct Candidate {
    at: usize,
    weight: f64,
    /// They are not of the same day.
    is_late: bool,
    is_doubtful: bool,
}

impl Between<'_> {
    /// The probable pairs.
    pub fn links(&self) -> Vec<Link> {
        let Between { matcher, one, other, weights, lexicon, .. } = self;
        let mut rows: Vec<Vec<Candidate>> = Vec::new();
        let mut said = vec![0.0_f32; other.items.len()];
        let mut learned = vec![0.0_f32; other.items.len()];
        let mut seen: HashSet<u32> = HashSet::new();
        let translations = |word: &u32| lexicon.map(|lexicon| lexicon.of(*word)).unwrap_or_default();
        let of_other: Vec<f32> = other.items.iter().map(|item| self.missed(*item)).collect();
        for &item in &one.items {
            let near = other.near(matcher.items[item].date, WINDOW);
            let around = one.near(matcher.items[item].date, WINDOW);
            let of_one = self.missed(item);
            near.clone().for_each(|at| said[at] = 0.5 * (of_one + of_other[at]));
            let words = &matcher.features[item].words;
            let missed = words.iter().filter_map(|word| translations(word).first());
            learned[near.clone()].fill(missed.map(|word| evidence::missed_word(word.strength(false))).sum());
            for sign in matcher.features[item].signs.iter().filter(|sign| weights[**sign as usize] > 0.0) {
                let places = within(&other.signs[*sign as usize], &near);
                let kind = matcher.vocabulary.kinds[*sign as usize];
                let count = within(&one.signs[*sign as usize], &around).len();
                let now = evidence::now(kind, (count, around.len()), (places.len(), near.len()));
                let weight = weights[*sign as usize].min(now) - evidence::missed_sign(kind);
                places.iter().for_each(|at| said[*at as usize] += weight);
            }
            for translations in words.iter().map(translations) {
                // Of several translations the best that is there counts.
                seen.clear();
                let missed = translations.first().map_or(0.0, |word| evidence::missed_word(word.strength(false)));
                for translation in translations {
                    let places = &other.words[translation.word as usize];
                    let count = (places.len() as u32, other.items.len());
                    let weight = evidence::word(translation.strength(false), count) - missed;
                    for at in within(places, &near) {
                        if seen.insert(*at) {
                            learned[*at as usize] += weight;
                        }
                    }
                }
            }
            let signs = |at: usize| f64::from(said[at]) + DAMPED_WORDS * f64::from(learned[at]);
            rows.push(self.row(item, near, signs));
        }
        self.probable(&rows)
    }

    /// What the signs of an entry say where the other has none of them.
    fn missed(&self, item: usize) -> f32 {
        let signs = self.matcher.features[item].signs.iter();
        let signs = signs.filter(|sign| self.weights[**sign as usize] > 0.0);
        signs.map(|sign| evidence::missed_sign(self.matcher.vocabulary.kinds[*sign as usize])).sum()
    }

    /// The best candidates of an entry, and what speaks for each.
    fn row(&self, item: usize, near: Range<usize>, said: impl Fn(usize) -> f64) -> Vec<Candidate> {
        let Between { matcher, other, .. } = self;
        let date = matcher.items[item].date;
        let share = (other.near(date, 0).len(), near.len());
        let prior = -(near.len().max(1) as f64).ln();
        let same_day = evidence::same_day(share);
        let days = |at: usize| match (date - other.dates[at]).num_days().unsigned_abs() as usize {
            0 => same_day,
            days => matcher.late.get(days).copied().unwrap_or(f64::NEG_INFINITY),
        };
        let weight = |at: usize| prior + said(at) + days(at);
        let mut row: Vec<(usize, f64)> = near.map(|at| (at, weight(at))).collect();
        if row.len() > MOST {
            row.select_nth_unstable_by(MOST, |one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
            row.truncate(MOST);
        }
        row.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        row.into_iter().filter_map(|(at, weight)| self.candidate(item, at, said(at), weight - said(at))).collect()
    }

    /// A candidate looked at closely; none where they cannot be one story. `said`: what its signs and words say; `weight`: what else
    /// does.
    fn candidate(&self, item: usize, at: usize, said: f64, weight: f64) -> Option<Candidate> {
        let (matcher, found) = (self.matcher, self.other.items[at]);
        let seen = matcher.others(item, found)?;
        let is_own = self.stories[item] == self.stories[found];
        // What a pair has taught must not prove the pair.
        let own = if is_own { self.words(item, at, false, true) - self.words(item, at, false, false) } else { 0.0 };
        let titles = DAMPED_TITLES * self.words(item, at, true, is_own);
        let in_titles = titles + self.title_signs(item, found);
        let reasons = seen.reasons.iter().map(|reason| reason.weight).sum::<f64>();
        let is_late = matcher.items[item].date != matcher.items[found].date;
        let has = |known: &[bool]| known[item] || known[found];
        let is_untold = !has(&matcher.series) && in_titles < LEAST_TITLES;
        let said = said + DAMPED_WORDS * own + reasons + titles;
        let is_doubtful = seen.is_doubtful
            || in_titles < DOUBTFUL
            || said < LEAST_SAID
            || is_late && (has(&matcher.has_twin) || is_untold);
        Some(Candidate { at, weight: weight + said, is_late, is_doubtful })
    }

    /// What the signs say that two titles share.
    fn title_signs(&self, one: usize, other: usize) -> f64 {
        let of = |item: usize| &self.matcher.features[item].title_signs;
        let shared = features::common(of(one), of(other));
        shared.map(|sign| DAMPED_TITLES * f64::from(self.weights[*sign as usize])).sum()
    }

    /// What the words of an entry say beside another one, as far as they have been learned; those of the titles alone, or all.
    fn words(&self, item: usize, at: usize, is_title: bool, is_own: bool) -> f64 {
        let (Some(lexicon), other) = (self.lexicon, self.other) else { return 0.0 };
        let of = |item: usize| {
            let features = &self.matcher.features[item];
            if is_title { features.title() } else { features.words.as_slice() }
        };
        let others = of(other.items[at]);
        let mut said = 0.0;
        for word in of(item) {
            let translations = lexicon.of(*word);
            let strongest = translations.iter().map(|known| known.strength(is_own)).fold(0.0, f32::max);
            if strongest == 0.0 {
                continue;
            }
            let found = translations.iter().find(|known| known.strength(is_own) > 0.0 && others.contains(&known.word));
            said += f64::from(match found {
                Some(known) => {
                    let word = known.word as usize;
                    let count = if is_title { other.titles[word] } else { other.words[word].len() as u32 };
                    evidence::word(known.strength(is_own), (count, other.items.len()))
                }
                None => evidence::missed_word(strongest),
            });
        }
        said
    }

    /// How probable each pair is, by what speaks for it and for the other candidates of both.
    fn probable(&self, rows: &[Vec<Candidate>]) -> Vec<Link> {
        let mut columns: HashMap<usize, f64> = HashMap::new();
        let none = ((1.0 - self.share) / self.share).ln().max(0.0) + NONE;
        let odds = |weight: f64| (weight - none).clamp(-50.0, 50.0).exp();
        for Candidate { at, weight, .. } in rows.iter().flatten() {
            *columns.entry(*at).or_insert(1.0) += odds(*weight);
        }
        let mut links = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let all: f64 = 1.0 + row.iter().map(|candidate| odds(candidate.weight)).sum::<f64>();
            for Candidate { at, weight, is_late, is_doubtful } in row {
                let score = odds(*weight) / all.max(columns[at]);
                if score >= MISSED {
                    links.push(Link {
                        one: self.one.items[place],
                        other: self.other.items[*at],
                        score,
                        weight: *weight,
                        is_doubtful: *is_doubtful || *is_late && weight - none < LEAST_WEIGHT,
                        reasons: Vec::new(),
                    });
                }
            }
        }
        links
    }
}
