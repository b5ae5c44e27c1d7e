//! The names of months and weekdays in the languages that the CLDR covers well.

use crate::pairing::fold;

/// Lines of a name and its meanings, sorted by name, as `names.mjs` writes them.
const NAMES: &str = include_str!("names.tsv");

/// The shortest abbreviation that is understood though the CLDR has not got it, in letters.
const SHORTEST_PREFIX: usize = 3;

/// The month that a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    pub number: u32,
    /// In which languages it means which other month, such as `10:hr`.
    pub other: Option<&'static str>,
}

/// The month of a name, or of the beginning of names of one month. `is_ordinal`: whether the day before it has a dot, as in
/// Croatian and not in Polish, which call different months `listopada`.
pub fn month(word: &str, is_ordinal: bool) -> Option<Month> {
    spellings(word).iter().find_map(|name| match meanings(name) {
        Some(meanings) => of_meanings(meanings, is_ordinal),
        None => of_prefix(name),
    })
}

/// Whether a word is the name of a weekday.
pub fn is_weekday(word: &str) -> bool {
    spellings(word).iter().any(|name| meanings(name).is_some_and(|meanings| meanings.split(' ').any(|one| one == "w")))
}

/// How the names of a word may stand in the table.
fn spellings(word: &str) -> Vec<String> {
    let lower: String =
        word.to_lowercase().chars().filter(|letter| !matches!(letter, '.' | '\u{307}' | '׳' | '॰')).collect();
    let folded = fold(&lower);
    // Hebrew prefixes the month with `in`, Catalan elides `of`, Basque has a genitive.
    let elided = || lower.split_once(['’', '\'']).map(|(_, name)| name);
    let bare = lower.strip_prefix('ב').or_else(elided).or_else(|| lower.strip_suffix("ren")).map(str::to_owned);
    let mut spellings = vec![lower];
    spellings.extend([folded].into_iter().chain(bare));
    spellings
}

fn of_meanings(meanings: &'static str, is_ordinal: bool) -> Option<Month> {
    let mut months = meanings.split(' ').filter(|meaning| *meaning != "w").map(|meaning| {
        let (number, languages) = meaning.split_once(':').unwrap_or((meaning, ""));
        (number, languages, meaning)
    });
    let (number, _, only) = months.next()?;
    let Some((other_number, other_languages, other)) = months.next() else {
        return Some(Month { number: number.parse().ok()?, other: None });
    };
    let is_other = (other_languages == "hr") == is_ordinal;
    let (number, other) = if is_other { (other_number, only) } else { (number, other) };
    Some(Month { number: number.parse().ok()?, other: Some(other) })
}

/// The month that all names mean which begin so.
fn of_prefix(word: &str) -> Option<Month> {
    if word.chars().count() < SHORTEST_PREFIX {
        return None;
    }
    let mut months = NAMES[start_of(word)..].lines().map_while(|line| line.strip_prefix(word)?.split_once(' '));
    let (_, first) = months.next()?;
    let number = first.parse().ok()?;
    months.all(|(_, meanings)| meanings == first).then_some(Month { number, other: None })
}

fn meanings(name: &str) -> Option<&'static str> {
    NAMES[start_of(name)..].lines().next()?.strip_prefix(name)?.strip_prefix(' ')
}

/// Where the first line stands that is not before a name.
fn start_of(name: &str) -> usize {
    let (mut low, mut high) = (0, NAMES.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = NAMES.as_bytes()[..middle].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let length = memchr::memchr(b'\n', &NAMES.as_bytes()[start..]).map_or(NAMES.len() - start, |length| length + 1);
        let line = &NAMES[start..start + length];
        let known = line.split(' ').next().unwrap_or_default();
        if line.starts_with('#') || known < name {
            low = start + length;
        } else {
            high = start;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for line in NAMES.lines().skip(1) {
            let (name, found) = line.split_once(' ').unwrap();
            assert_eq!(meanings(name), Some(found), "{name}");
        }
        for missing in ["", "a", "zzz", "juny1", "𐍈"] {
            assert_eq!(meanings(missing), None, "{missing}");
        }
    }

    #[test]
    fn months_of_names() {
        let number = |word| month(word, false).map(|month| month.number);
        for (word, expected) in [
            ("April", Some(4)),
            ("FÉVRIER", Some(2)),
            ("fevrier", Some(2)),
            ("Novem", Some(11)),
            ("Sept", Some(9)),
            ("ju", None),
            ("ma", None),
            ("באפריל", Some(4)),
            ("d’abril", Some(4)),
            ("İyun", Some(6)),
            ("Thursday", None),
            ("Aprils", None),
        ] {
            assert_eq!(number(word), expected, "{word}");
        }
        assert_eq!(month("listopada", false), Some(Month { number: 11, other: Some("10:hr") }));
        assert_eq!(month("listopada", true), Some(Month { number: 10, other: Some("11:pl") }));
        assert!(is_weekday("Thursday") && is_weekday("jeudi") && !is_weekday("April"));
    }
}
