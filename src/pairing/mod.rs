//! Owns which entries of unmarked sources are one story in different languages: entries in, groups out, each join with its score and
//! its reasons; no I/O, and nothing known of the sources.
//!
//! For each pair of languages every entry is compared with those near it in time, by the signs that they share ([`features`]), rare ones
//! saying more than frequent ones, by the days between them, and by what else is seen ([`evidence`]). How probable a pair is follows from what the
//! other candidates of both say. Pairs that are beyond doubt teach words ([`lexicon`]), which are evidence for the next round.

mod between;
mod evidence;
mod explained;
mod features;
mod groups;
mod language;
mod lexicon;
mod numbers;
mod script;
mod sound;
mod transliterate;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use chrono::NaiveDate;

use between::Between;
use evidence::Seen;
pub use evidence::WINDOW;
use explained::Explained;
use features::{Features, Kind, Vocabulary};
use groups::Groups;
pub use groups::Link;
pub use language::{Detection, Languages};
use lexicon::Lexicon;
pub use script::Script;
pub use transliterate::{digit_value, fold, transliterate};

/// An entry.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    pub language: &'a str,
    pub date: NaiveDate,
    pub title: &'a str,
    pub text: &'a str,
    /// The words of its picture.
    pub alt: Option<&'a str>,
    /// The address of its picture.
    pub image: Option<&'a str>,
    pub link: Option<&'a str>,
}

/// What is known before: by an earlier import, or by a person.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Pairs that are one story.
    pub joined: Vec<(usize, usize)>,
    /// Pairs that are not.
    pub parted: Vec<(usize, usize)>,
    /// By entry: the story that it has long been in, by any number.
    pub settled: Vec<Option<usize>>,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Pairing {
    /// The stories of more than one entry.
    pub stories: Vec<Vec<usize>>,
    /// Beyond doubt, and joined.
    pub joined: Vec<Link>,
    /// Probable, for a person to decide; the most probable first.
    pub likely: Vec<Link>,
    /// Not probable enough to be shown to a person unasked.
    pub missed: Vec<Link>,
}

/// A pair this probable is joined.
const CERTAIN: f64 = 0.97;
/// So is one of the same day, because chance is rarely of one day.
const CERTAIN_ON_THE_DAY: f64 = 0.8;
/// A pair this probable is shown to a person.
const LIKELY: f64 = 0.15;
/// A pair this probable is a near miss; what is less so is not looked at.
const MISSED: f64 = 0.02;
/// So many candidates of an entry in one language are looked at.
const MOST: usize = 8;
/// How often what was learned is used to look again.
const ROUNDS: usize = 3;
/// So many entries have a translation in another language, before more is known.
const SHARE: f64 = 0.5;
/// Entries with the same title that share so many of their signs are twins.
const TWINS: f64 = 0.4;
/// How much a third entry, that both of a pair go with, is believed.
const SUPPORT: f64 = 0.7;

/// Finds the stories of entries.
///
/// What is likely comes with its reasons; the rest where it must be explained.
pub fn pair(items: &[Item<'_>], known: &Known, is_explained: bool) -> Pairing {
    let mut vocabulary = Vocabulary::default();
    let features: Vec<Features> = items.iter().map(|item| vocabulary.read(item)).collect();
    let matcher = Matcher::new(items, features, vocabulary);
    let mut lexicons: BTreeMap<(usize, usize), Lexicon> = BTreeMap::new();
    let mut shares: BTreeMap<(usize, usize), f64> = BTreeMap::new();
    let mut groups = Groups::new(items, known);
    let mut links = Vec::new();
    for round in 0..ROUNDS {
        links = matcher.links(&lexicons, &shares, groups.by_entry());
        groups = Groups::new(items, known);
        groups.join(&links, |one, other| matcher.is_possible(one, other));
        if round + 1 < ROUNDS {
            lexicons = matcher.learn(&groups);
            shares = matcher.shares(&links);
        }
    }
    let mut explained = Explained::new(&matcher, &lexicons);
    let (joined, open): (Vec<Link>, Vec<Link>) = links.iter().cloned().partition(|link| groups.has_joined(link));
    let open = open.into_iter().filter(|link| groups.are_apart(link.one, link.other));
    let (likely, missed): (Vec<Link>, Vec<Link>) = open.partition(|link| link.score >= LIKELY);
    let mut explain = |links: Vec<Link>, is_explained: bool| -> Vec<Link> {
        let mut reasons = |link: &Link| if is_explained { explained.reasons(link) } else { Vec::new() };
        links.into_iter().map(|link| Link { reasons: reasons(&link), ..link }).collect()
    };
    let stories = groups.stories().cloned().collect();
    Pairing {
        stories,
        joined: explain(joined, is_explained),
        likely: explain(likely, true),
        missed: explain(missed, is_explained),
    }
}

/// The entries of one language, in the order of their dates.
struct Edition {
    items: Vec<usize>,
    dates: Vec<NaiveDate>,
    /// By sign and by word: the places of those that have it, in their order.
    signs: Vec<Vec<u32>>,
    words: Vec<Vec<u32>>,
    /// By word: how many titles have it.
    titles: Vec<u32>,
}

impl Edition {
    /// The places of those near a date.
    fn near(&self, date: NaiveDate, days: i64) -> Range<usize> {
        let start = self.dates.partition_point(|other| (date - *other).num_days() > days);
        start..self.dates.partition_point(|other| (*other - date).num_days() <= days)
    }
}

struct Matcher<'a> {
    items: &'a [Item<'a>],
    features: Vec<Features>,
    vocabulary: Vocabulary,
    editions: Vec<Edition>,
    /// By entry: its edition.
    edition_of: Vec<usize>,
    /// By entry: whether another one near it has its title and says nearly the same, so that only the day tells them apart.
    has_twin: Vec<bool>,
    /// By days: what it says that two entries are so far apart.
    late: Vec<f64>,
    /// By entry: whether another one near it has its title, which says nothing then.
    series: Vec<bool>,
    /// By address and caption of a picture: how many entries of one language have it at most.
    pictures: HashMap<&'a str, usize>,
}

impl<'a> Matcher<'a> {
    fn new(items: &'a [Item<'a>], features: Vec<Features>, vocabulary: Vocabulary) -> Self {
        let mut by_language: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, item) in items.iter().enumerate() {
            by_language.entry(item.language).or_default().push(place);
        }
        let edition = |mut places: Vec<usize>| {
            places.sort_by_key(|place| (items[*place].date, *place));
            let mut signs = vec![Vec::new(); vocabulary.kinds.len()];
            let mut words = vec![Vec::new(); vocabulary.words()];
            let mut titles = vec![0; vocabulary.words()];
            for (at, place) in places.iter().enumerate() {
                features[*place].signs.iter().for_each(|sign| signs[*sign as usize].push(at as u32));
                features[*place].words.iter().for_each(|word| words[*word as usize].push(at as u32));
                features[*place].title().iter().for_each(|word| titles[*word as usize] += 1);
            }
            Edition {
                dates: places.iter().map(|place| items[*place].date).collect(),
                items: places,
                signs,
                words,
                titles,
            }
        };
        let editions: Vec<Edition> = by_language.into_values().map(edition).collect();
        let mut edition_of = vec![0; items.len()];
        for (edition, known) in editions.iter().enumerate() {
            known.items.iter().for_each(|item| edition_of[*item] = edition);
        }
        let (series, has_twin) = twins(items, &features);
        let mut shown: HashMap<(&str, &str), usize> = HashMap::new();
        for item in items {
            for said in item.alt.into_iter().chain(item.image) {
                *shown.entry((said, item.language)).or_insert(0) += 1;
            }
        }
        let mut pictures: HashMap<&str, usize> = HashMap::new();
        for ((said, _), count) in shown {
            let most = pictures.entry(said).or_insert(0);
            *most = count.max(*most);
        }
        Matcher {
            has_twin,
            series,
            late: (0..=WINDOW).map(evidence::days).collect(),
            items,
            features,
            vocabulary,
            editions,
            edition_of,
            pictures,
        }
    }

    /// What the same picture says: little where several entries of one language have it.
    fn picture(&self, said: &str) -> f64 {
        if self.pictures.get(said).is_some_and(|most| *most > 1) { 0.5 } else { 5.0 }
    }

    fn others(&self, one: usize, other: usize) -> Option<Seen> {
        let of = |place: usize| (&self.items[place], &self.features[place]);
        evidence::others(of(one), of(other), |said| self.picture(said))
    }

    fn is_possible(&self, one: usize, other: usize) -> bool {
        let days = (self.items[one].date - self.items[other].date).num_days().abs();
        days <= 2 * WINDOW && self.others(one, other).is_some_and(|seen| !seen.is_doubtful)
    }

    fn same_script(&self, one: &Edition, other: &Edition) -> bool {
        let script = |edition: &Edition| edition.items.first().and_then(|place| self.features[*place].script);
        script(one) == script(other)
    }

    /// What each sign says between two languages.
    fn weights(&self, one: &Edition, other: &Edition) -> Vec<f32> {
        let same_script = self.same_script(one, other);
        let weight = |(sign, kind): (usize, &Kind)| {
            let of = |edition: &Edition| (edition.signs[sign].len() as u32, edition.items.len());
            let is_shared = of(one).0 > 0 && of(other).0 > 0 && evidence::counts(*kind, same_script);
            if is_shared { evidence::sign(*kind, of(one), of(other)) } else { 0.0 }
        };
        self.vocabulary.kinds.iter().enumerate().map(weight).collect()
    }

    /// All pairs that are probable in some degree, the most probable first.
    fn links(
        &self,
        lexicons: &BTreeMap<(usize, usize), Lexicon>,
        shares: &BTreeMap<(usize, usize), f64>,
        stories: &[usize],
    ) -> Vec<Link> {
        let mut links = Vec::new();
        for (place, one) in self.editions.iter().enumerate() {
            for (beyond, other) in self.editions[place + 1..].iter().enumerate() {
                let editions = (place, place + 1 + beyond);
                let between = Between {
                    matcher: self,
                    one,
                    other,
                    weights: self.weights(one, other),
                    lexicon: lexicons.get(&editions),
                    share: shares.get(&editions).copied().unwrap_or(SHARE),
                    stories,
                };
                links.extend(between.links());
            }
        }
        supported(&mut links);
        links.sort_by(|one, other| {
            other
                .score
                .total_cmp(&one.score)
                .then(other.weight.total_cmp(&one.weight))
                .then((one.one, one.other).cmp(&(other.one, other.other)))
        });
        links
    }

    /// How many entries of two languages have a translation in the other, as far as it seems.
    fn shares(&self, links: &[Link]) -> BTreeMap<(usize, usize), f64> {
        let mut shares: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for link in links.iter().filter(|link| link.score > 0.5) {
            *shares.entry((self.edition_of[link.one], self.edition_of[link.other])).or_insert(0.0) += 1.0;
        }
        for ((one, other), share) in &mut shares {
            let all = self.editions[*one].items.len().min(self.editions[*other].items.len());
            *share = (*share + 1.0) / (all as f64 + 2.0);
        }
        shares
    }

    /// Learns words from the stories that are joined.
    fn learn(&self, groups: &Groups) -> BTreeMap<(usize, usize), Lexicon> {
        let mut lexicons = BTreeMap::new();
        let edition_of = &self.edition_of;
        let mut pairs: BTreeMap<(usize, usize), Vec<(usize, usize)>> = BTreeMap::new();
        for story in groups.stories() {
            for (place, one) in story.iter().enumerate() {
                for other in &story[place + 1..] {
                    let (one, other) =
                        if edition_of[*one] < edition_of[*other] { (*one, *other) } else { (*other, *one) };
                    pairs.entry((edition_of[one], edition_of[other])).or_default().push((one, other));
                }
            }
        }
        for (editions, pairs) in pairs {
            let words = |item: usize| self.features[item].words.as_slice();
            let texts: Vec<_> = pairs.iter().map(|(one, other)| (words(*one), words(*other))).collect();
            lexicons.insert(editions, Lexicon::learn(&texts));
        }
        lexicons
    }
}

/// By entry: whether another one of its language and near it in time has its title, and whether it has much the same signs too.
fn twins(items: &[Item<'_>], features: &[Features]) -> (Vec<bool>, Vec<bool>) {
    let mut by_title: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        by_title.entry((item.language, item.title)).or_default().push(place);
    }
    let (mut series, mut has_twin) = (vec![false; items.len()], vec![false; items.len()]);
    for mut places in by_title.into_values().filter(|places| places.len() > 1) {
        places.sort_by_key(|place| items[*place].date);
        for (at, one) in places.iter().enumerate() {
            let is_near = |other: &&usize| (items[**other].date - items[*one].date).num_days() <= 2 * WINDOW;
            for other in places[at + 1..].iter().take_while(is_near).take(MOST) {
                (series[*one], series[*other]) = (true, true);
                let (left, right) = (&features[*one].signs, &features[*other].signs);
                let shared = features::common(left, right).count();
                if shared as f64 >= TWINS * (left.len() + right.len() - shared) as f64 {
                    (has_twin[*one], has_twin[*other]) = (true, true);
                }
            }
        }
    }
    (series, has_twin)
}

/// Makes pairs more probable whose entries both go with a third one, as far as they do.
fn supported(links: &mut [Link]) {
    let mut near: HashMap<usize, BTreeMap<usize, f64>> = HashMap::new();
    for link in links.iter() {
        near.entry(link.one).or_default().insert(link.other, link.score);
        near.entry(link.other).or_default().insert(link.one, link.score);
    }
    for link in links {
        let (one, other) = (&near[&link.one], &near[&link.other]);
        let (few, many) = if one.len() < other.len() { (one, other) } else { (other, one) };
        let doubts = few.iter().filter_map(|(third, score)| Some(1.0 - SUPPORT * score * many.get(third)?));
        link.score = 1.0 - (1.0 - link.score) * doubts.product::<f64>();
    }
}

#[cfg(test)]
mod tests;
