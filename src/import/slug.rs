//! Owns the names of imported stories: readable, ASCII, distinct, the same next time; never touches the disk.
//!
//! A name is the year and the title: `2014/panama-joins-the-campaign`. A title in a script that this file cannot
//! spell in Latin letters (Arabic, Han and others) gives the date, the language and a few digits of the title's hash.

use chrono::{Datelike, NaiveDate};
use xxhash_rust::xxh3::xxh3_64;

use crate::pairing::transliterate;

/// The longest that a title may be in a name.
const LONGEST: usize = 60;

/// What a story's name is made from.
#[derive(Clone, Debug)]
pub struct Naming<'a> {
    pub date: NaiveDate,
    pub language: &'a str,
    pub title: &'a str,
    /// A hash of all that the story says.
    pub content: &'a str,
}

impl Naming<'_> {
    /// The names that this story could have, the nicest first. Each is made from the story alone, never from its
    /// place among the others; the last is as distinct as the story's content.
    pub fn candidates(&self) -> [String; 4] {
        let year = self.date.year();
        let language = self.language.to_ascii_lowercase();
        let slug = match slug(self.title) {
            Some(slug) => slug,
            None => format!("{}-{language}-{}", self.date, &hash(self.title)[..8]),
        };
        let (month, day) = (self.date.month(), self.date.day());
        let content: String = self.content.chars().take(8).collect();
        [
            format!("{year}/{slug}"),
            format!("{year}/{slug}-{month:02}-{day:02}"),
            format!("{year}/{slug}-{month:02}-{day:02}-{language}"),
            format!("{year}/{slug}-{content}"),
        ]
    }
}

/// Sixteen hexadecimal digits of a text's hash.
pub fn hash(text: &str) -> String {
    format!("{:016x}", xxh3_64(text.as_bytes()))
}

/// A title in ASCII letters, digits and hyphens; nothing where too few of its letters can be spelled so.
fn slug(title: &str) -> Option<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let (mut spelled, mut lost) = (0, 0);
    let letters: Vec<char> = title.chars().collect();
    for (place, &letter) in letters.iter().enumerate() {
        let before = word.len();
        if letter.is_ascii_alphanumeric() {
            word.push(letter.to_ascii_lowercase());
        } else {
            transliterate(letter, &mut word);
        }
        if word.len() > before {
            spelled += 1;
        } else if letter.is_alphabetic() && !is_silent(letter) {
            lost += 1;
        } else if !is_silent(letter) && !is_possessive(&letters, place) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
    }
    words.push(word);
    if lost * 2 > spelled {
        return None;
    }
    let mut slug = String::new();
    for word in words.iter().filter(|word| !word.is_empty()) {
        if !slug.is_empty() && slug.len() + 1 + word.len() > LONGEST {
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(word);
    }
    slug.truncate(LONGEST); // one word alone may be longer; all of it is ASCII
    let readable = slug.bytes().any(|byte| byte.is_ascii_alphabetic());
    (!is_device(&slug) && (readable || (slug.len() > 2 && lost == 0))).then_some(slug)
}

/// Whether no file of this name, whatever its extension, can be made on Windows.
fn is_device(name: &str) -> bool {
    let numbered = |kind| name.strip_prefix(kind).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']));
    matches!(name, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

/// The apostrophe of `institute's`: it joins what it stands between.
fn is_possessive(letters: &[char], place: usize) -> bool {
    let after = |steps: usize| letters.get(place + steps);
    matches!(letters.get(place), Some('\'' | '’'))
        && after(1).is_some_and(|next| next.is_alphabetic())
        && !after(2).is_some_and(|next| next.is_alphanumeric())
}

/// Marks and letters that have no sound of their own.
fn is_silent(letter: char) -> bool {
    matches!(letter, 'ь' | 'Ь' | 'ъ' | 'Ъ' | '\u{300}'..='\u{36F}' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(title: &str) -> String {
        let date = NaiveDate::from_ymd_opt(2019, 3, 7).unwrap_or_default();
        Naming { date, language: "zh", title, content: "0123456789abcdef" }.candidates()[0].clone()
    }

    #[test]
    fn titles_become_readable_names() {
        assert_eq!(first("Institute opens the “High Lakes” station"), "2019/institute-opens-the-high-lakes-station");
        assert_eq!(first("L’Institut ouvre une école à Nîmes"), "2019/l-institut-ouvre-une-ecole-a-nimes");
        assert_eq!(first("The Institute's 5th year"), "2019/the-institutes-5th-year");
        assert_eq!(first("Вода — это жизнь: новый объект"), "2019/voda-eto-zhizn-novyy-obekt");
        assert_eq!(first("Το νερό είναι ζωή"), "2019/to-nero-einai-zoi");
        assert_eq!(first("Nước là sự sống"), "2019/nuoc-la-su-song");
    }

    #[test]
    fn scripts_without_a_spelling_give_date_language_and_hash() {
        let name = first("山水研究所的新站");
        assert!(name.starts_with("2019/2019-03-07-zh-") && name.len() == 27, "{name}");
        assert!(first("محطة جديدة").starts_with("2019/2019-03-07-zh-"));
        // Names of devices on Windows.
        for title in ["Con", "NUL!", "Com 1", "LPT9", "aux"] {
            assert!(first(title).starts_with("2019/2019-03-07-zh-") || first(title) == "2019/com-1", "{title}");
        }
        assert_eq!(first("Connections"), "2019/connections");
        assert!(first("★★★").starts_with("2019/2019-03-07-zh-"));
    }

    #[test]
    fn long_titles_are_cut_at_a_word() {
        let name = first(&"water and ".repeat(20));
        assert!(name.len() <= 65 && !name.ends_with('-'), "{name}");
        assert_eq!(first(&"w".repeat(90)).len(), 65);
    }

    #[test]
    fn names_satisfy_the_contract() {
        for title in ["", "..", "./x", "a/b", "\u{0}", "ʼ", "Ǆ", "½ price", "ﬁne"] {
            let name = first(title);
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte)), "{name}");
            assert!(name.split('/').all(|part| !part.is_empty()), "{name}");
        }
    }
}
