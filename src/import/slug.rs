//! Story ids from titles: readable, ASCII, distinct, and the same in the next import.
//!
//! An id is the year and a slug of the title: `2014/panama-joins-the-campaign`. A title in a script that is not
//! transliterated (Arabic, Han and others) gives the date, the language and a part of the title's hash.

use chrono::{Datelike, NaiveDate};
use xxhash_rust::xxh3::xxh3_64;

use super::normalize::NormalizedEntry;
use crate::pairing::transliterate;

/// The longest slug, in bytes.
const MAX_LENGTH: usize = 60;

/// The ids that a story may get, the most readable first. They depend on the story alone, not on its order among
/// others; the last is as distinct as the hash of the story's content.
pub fn story_ids(date: NaiveDate, language: &str, title: &str, content_hash: &str) -> [String; 4] {
    let year = date.year();
    let language = language.to_ascii_lowercase();
    let slug = slug(title).unwrap_or_else(|| format!("{date}-{language}-{}", &hash(title)[..8]));
    let (month, day) = (date.month(), date.day());
    let content: String = content_hash.chars().take(8).collect();
    [
        format!("{year}/{slug}"),
        format!("{year}/{slug}-{month:02}-{day:02}"),
        format!("{year}/{slug}-{month:02}-{day:02}-{language}"),
        format!("{year}/{slug}-{content}"),
    ]
}

/// The ids that the story of an entry may get.
pub fn story_ids_of(entry: &NormalizedEntry) -> [String; 4] {
    story_ids(entry.date(), entry.language(), entry.title(), &content_hash(entry))
}

/// A hash of what an entry is: date, language, title and text.
pub fn content_hash(entry: &NormalizedEntry) -> String {
    hash(format!("{}\n{}\n{}\n{}", entry.date(), entry.language(), entry.title(), entry.text_hash))
}

/// A hash in sixteen hexadecimal digits.
pub fn hash(bytes: impl AsRef<[u8]>) -> String {
    format!("{:016x}", xxh3_64(bytes.as_ref()))
}

/// A title in ASCII letters, digits and hyphens; `None` if too few of its letters can be transliterated.
pub fn slug(title: &str) -> Option<String> {
    let mut words = Vec::new();
    let mut word = Word::default();
    let (mut transliterated, mut lost) = (0, 0);
    let letters: Vec<char> = title.chars().collect();
    for (index, &letter) in letters.iter().enumerate() {
        let before = word.text.len();
        if letter.is_ascii_alphanumeric() {
            word.text.push(letter.to_ascii_lowercase());
        } else {
            transliterate(letter, &mut word.text);
        }
        if word.text.len() > before {
            transliterated += 1;
        } else if letter.is_alphabetic() && !is_silent(letter) {
            lost += 1;
        } else if !is_silent(letter) && !is_possessive(&letters, index) && !word.text.is_empty() {
            let is_joined = is_joiner(&letters, index);
            words.push(std::mem::replace(&mut word, Word { text: String::new(), is_joined }));
        }
    }
    words.push(word);
    if lost * 2 > transliterated {
        return None;
    }
    let slug = joined(words.iter().filter(|word| !word.text.is_empty()));
    let is_readable = slug.bytes().any(|byte| byte.is_ascii_alphabetic());
    (!is_reserved(&slug) && (is_readable || (slug.len() > 2 && lost == 0))).then_some(slug)
}

/// A word of a slug.
#[derive(Debug, Default)]
struct Word {
    text: String,
    /// Whether a hyphen or an apostrophe joins it to the one before, as in `Nord-Ostsee` or `l’école`.
    is_joined: bool,
}

/// As many words as the longest slug has room for. It does not end within a word, nor within a compound of several,
/// unless it is the first.
fn joined<'w>(words: impl Iterator<Item = &'w Word>) -> String {
    let (mut slug, mut end_of_whole) = (String::new(), 0);
    for Word { text, is_joined } in words {
        if !is_joined {
            end_of_whole = slug.len();
        }
        if !slug.is_empty() && slug.len() + 1 + text.len() > MAX_LENGTH {
            if end_of_whole > 0 {
                slug.truncate(end_of_whole);
            }
            break;
        }
        if !slug.is_empty() {
            slug.push('-');
        }
        slug.push_str(text);
    }
    slug.truncate(MAX_LENGTH); // a single word may be longer; all of it is ASCII
    slug
}

/// Whether Windows reserves a file name, whatever its extension.
fn is_reserved(name: &str) -> bool {
    let name = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let numbered = |kind| name.strip_prefix(kind).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']));
    matches!(&*name, "con" | "prn" | "aux" | "nul" | "conin$" | "conout$") || numbered("com") || numbered("lpt")
}

/// Whether a story may have an id, and its file the name, on every system.
pub fn is_portable_id(id: &str) -> bool {
    let is_portable = |part: &str| {
        !part.starts_with(['.', '_'])
            && !part.ends_with('.')
            && !part.to_ascii_lowercase().starts_with("index.html")
            && !is_reserved(part)
    };
    let is_of_feed = id.split('/').next().is_some_and(|first| first.eq_ignore_ascii_case("feeds"));
    crate::store::id_error(id).is_none() && !is_of_feed && id.split('/').all(is_portable)
}

/// The apostrophe of `institute's`, which does not end a word.
fn is_possessive(letters: &[char], index: usize) -> bool {
    let after = |steps: usize| letters.get(index + steps);
    matches!(letters.get(index), Some('\'' | '’'))
        && after(1).is_some_and(|next| next.is_alphabetic())
        && !after(2).is_some_and(|next| next.is_alphanumeric())
}

/// Whether a hyphen or an apostrophe stands between two letters or digits.
fn is_joiner(letters: &[char], index: usize) -> bool {
    matches!(letters[index], '-' | '\u{2010}' | '\u{2011}' | '\'' | '’')
        && letters.get(index + 1).is_some_and(|next| next.is_alphanumeric())
        && index.checked_sub(1).is_some_and(|before| letters[before].is_alphanumeric())
}

/// Combining marks, invisible characters and letters without a sound of their own.
fn is_silent(letter: char) -> bool {
    matches!(letter, 'ь' | 'Ь' | 'ъ' | 'Ъ' | '\u{300}'..='\u{36F}' | '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(title: &str) -> String {
        let date = NaiveDate::from_ymd_opt(2019, 3, 7).unwrap_or_default();
        story_ids(date, "zh", title, "0123456789abcdef")[0].clone()
    }

    #[test]
    fn titles_become_readable_ids() {
        assert_eq!(first("Institute opens the “High Lakes” station"), "2019/institute-opens-the-high-lakes-station");
        assert_eq!(first("L’Institut ouvre une école à Nîmes"), "2019/l-institut-ouvre-une-ecole-a-nimes");
        assert_eq!(first("The Institute's 5th year"), "2019/the-institutes-5th-year");
        assert_eq!(first("Вода — это жизнь: новый объект"), "2019/voda-eto-zhizn-novyy-obekt");
        assert_eq!(first("Το νερό είναι ζωή"), "2019/to-nero-einai-zoi");
        assert_eq!(first("Nước là sự sống"), "2019/nuoc-la-su-song");
    }

    #[test]
    fn scripts_without_transliteration_give_date_language_and_hash() {
        let name = first("山水研究所的新站");
        assert!(name.starts_with("2019/2019-03-07-zh-") && name.len() == 27, "{name}");
        assert!(first("محطة جديدة").starts_with("2019/2019-03-07-zh-"));
        // Reserved on Windows.
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
        let start = "The institute has measured all the lakes of the valley";
        for (end, expected) in [
            ("with care", "the-institute-has-measured-all-the-lakes-of-the-valley-with"),
            ("of Ostrel", "the-institute-has-measured-all-the-lakes-of-the-valley-of"),
            ("Nord-Ostsee", "the-institute-has-measured-all-the-lakes-of-the-valley"),
            ("l’Institut", "the-institute-has-measured-all-the-lakes-of-the-valley"),
            ("in - winter", "the-institute-has-measured-all-the-lakes-of-the-valley-in"),
        ] {
            assert_eq!(first(&format!("{start} {end}")), format!("2019/{expected}"));
        }
        let compound = first(&"hoch-wasser-".repeat(9));
        assert_eq!(compound, "2019/hoch-wasser-hoch-wasser-hoch-wasser-hoch-wasser-hoch-wasser");
        assert_eq!(first(&"w".repeat(90)).len(), 65);
    }

    #[test]
    fn ids_are_valid() {
        for title in ["", "..", "./x", "a/b", "\u{0}", "ʼ", "Ǆ", "½ price", "ﬁne"] {
            let name = first(title);
            assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte)), "{name}");
            assert!(name.split('/').all(|part| !part.is_empty()), "{name}");
        }
    }
}
