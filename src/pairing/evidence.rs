//! Owns what two entries in different languages have in common, and how much each thing says, in natural logarithms of odds (as
//! Fellegi and Sunter link records); never touches other pairs.

use super::features::{Features, Kind, Vocabulary};
use super::{Item, features, numbers};

/// One thing that speaks for or against.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    pub text: String,
    pub weight: f64,
}

/// Words that were learned go together, so that each says less than it would alone.
pub const DAMPED_WORDS: f64 = 0.5;
/// So do the words of titles.
pub const DAMPED_TITLES: f64 = 0.5;

/// How often a sign of an entry stands in its translation too, where its language knows it; as counted in archives of news.
fn kept(kind: Kind) -> f64 {
    match kind {
        Kind::Number => 0.88,
        Kind::Address => 0.7,
        Kind::Name => 0.6,
        Kind::Word => 0.45,
        Kind::Letters => 0.25,
        Kind::Sound => 0.13,
    }
}

/// What a shared sign says that is in so many of so many entries.
pub fn sign(kind: Kind, (of_one, one): (u32, usize), (of_other, other): (u32, usize)) -> f32 {
    let says = |count: u32, all: usize| (kept(kind) * (all as f64 + 1.0) / (f64::from(count.max(1)) - 0.5)).ln();
    (0.5 * (says(of_one, one) + says(of_other, other))).max(0.0) as f32
}

/// What a shared sign says at most, as many entries near in time have it, of so many: what is in the news for a while tells less.
pub fn now(kind: Kind, one: (usize, usize), other: (usize, usize)) -> f32 {
    let says = |(count, near): (usize, usize)| match count {
        0 | 1 => None,
        count => Some((kept(kind) * near as f64 / (count as f64 - 1.0)).ln()),
    };
    let said: Vec<f64> = [says(one), says(other)].into_iter().flatten().collect();
    if said.is_empty() { f32::MAX } else { (said.iter().sum::<f64>() / said.len() as f64).max(0.0) as f32 }
}

/// What a sign says that stands in one of two entries, where both languages know it.
pub fn missed_sign(kind: Kind) -> f32 {
    (1.0 - kept(kind)).ln() as f32
}

/// What a learned word says whose translation is found.
pub fn word(strength: f32, (count, all): (u32, usize)) -> f32 {
    (f64::from(strength) * (all as f64 + 1.0) / (f64::from(count) + 0.5)).ln().max(0.0) as f32
}

/// What a learned word says whose translations are all missing.
pub fn missed_word(strength: f32) -> f32 {
    (1.0 - strength.min(0.9)).ln()
}

/// How long after one entry its translation comes, at most, in days.
pub const WINDOW: i64 = 160;

/// What it says that two entries are of the same day, as so many are of those near them.
pub fn same_day((same_day, near): (usize, usize)) -> f64 {
    // Besides those that are there, one of as many may come on any day by chance.
    let chance = same_day as f64 - 1.0 + near as f64 / CHANCE;
    (ON_THE_DAY * near as f64 / chance).ln()
}

/// A translation is of the same day in half of all cases; some come within days or weeks, and a third months late.
const ON_THE_DAY: f64 = 0.5;
/// Entries come in clusters, so that chance is greater than one in as many days as are looked at.
const CHANCE: f64 = 150.0;

/// What it says that two entries are so many days apart, besides none.
pub fn days(days: i64) -> f64 {
    let (share, width) = match days {
        ..=3 => (0.10, 6.0),
        4..=14 => (0.10, 22.0),
        15..=45 => (0.12, 62.0),
        _ => (0.18, 230.0),
    };
    let all = 2.0 * WINDOW as f64 + 1.0;
    (share / width * all).ln()
}

/// What is seen of two entries besides signs and days.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub reasons: Vec<Reason>,
    /// A person must decide, however much they share: their titles do not have the same numbers, as those of a release and its first
    /// update.
    pub is_doubtful: bool,
}

/// What is seen besides signs and days. Nothing where they cannot be one story.
pub fn others<'a>(
    one: (&Item<'a>, &Features),
    other: (&Item<'a>, &Features),
    rare: impl Fn(&str) -> f64,
) -> Option<Seen> {
    let mut reasons = Vec::new();
    let mut say = |text: String, weight: f64| reasons.push(Reason { text, weight });
    if numbers::differ(&one.1.title_numbers, &other.1.title_numbers) {
        return None;
    }
    let both = |of: fn(&Item<'a>) -> Option<&'a str>| Some((of(one.0)?, of(other.0)?));
    if let Some((left, right)) = both(|item| item.image)
        && left == right
    {
        say("the same picture".to_owned(), rare(left));
    }
    if let Some((left, right)) = both(|item| item.alt)
        && left == right
    {
        say("the same caption".to_owned(), rare(left));
    }
    if let Some((left, right)) = both(|item| item.link)
        && features::without_language(left) == features::without_language(right)
    {
        say("the same address but for the language".to_owned(), 8.0);
    }
    // A number or a code (`RC1`) that stands in one title, and nowhere in the other entry.
    let missing = |one: &Features, other: &Features| -> Vec<String> {
        let codes = one.codes.iter().filter(|code| !other.all_codes.contains(code));
        let numbers = one.title_numbers.iter().filter(|number| !other.title_numbers.contains(number));
        let is_in_text = |number: &String| number.len() > 1 && other.numbers.contains(number);
        let numbers = numbers.filter(|number| !is_in_text(number));
        codes.chain(numbers).cloned().collect()
    };
    let missing = [missing(one.1, other.1), missing(other.1, one.1)].concat();
    if !missing.is_empty() {
        say(format!("{} stands in one title alone", missing.join(", ")), -2.0);
    }
    let has_text = !one.0.text.trim().is_empty() && !other.0.text.trim().is_empty();
    let ratio = (one.1.length / other.1.length.max(1.0)).ln().abs();
    if has_text && ratio > 0.7 {
        say("one is much longer than the other".to_owned(), -(ratio - 0.7).min(2.0));
    }
    if one.0.text.trim().is_empty() != other.0.text.trim().is_empty() {
        say("only one has a text".to_owned(), -0.5);
    }
    Some(Seen { reasons, is_doubtful: !missing.is_empty() })
}

/// The signs that two entries share, the most telling first.
pub fn shared(one: &Features, other: &Features, vocabulary: &Vocabulary, weights: &[f32]) -> Vec<(u32, f32)> {
    let same_script = one.script == other.script;
    let mut shared: Vec<(u32, f32)> = features::common(&one.signs, &other.signs)
        .filter(|sign| counts(vocabulary.kinds[**sign as usize], same_script))
        .map(|sign| (*sign, weights[*sign as usize]))
        .filter(|(_, weight)| *weight > 0.0)
        .collect();
    shared.sort_by(|one, other| other.1.total_cmp(&one.1));
    shared
}

/// Whether a kind of sign counts between two texts: words are for one script, sounds for different ones.
pub fn counts(kind: Kind, same_script: bool) -> bool {
    match kind {
        Kind::Word => same_script,
        Kind::Sound => !same_script,
        _ => true,
    }
}
