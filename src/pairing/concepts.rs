//! Prior knowledge: words for one concept in several languages, such as *hospital* and *больница*, from the Unicode CLDR.
//!
//! `tools/concepts` makes the embedded file and describes it.

use std::collections::{BTreeSet, HashMap};

use super::script::Script;
use super::transliterate::fold;

/// The compressed words.
const CONCEPTS: &[u8] = include_bytes!("concepts.bin");
/// More than their size; a limit for the decompression.
const MAX_BYTES: usize = 4 << 20;
/// Words are compared by at most this many letters, and without the last one of a long word, where inflection is.
const KEY_CHARS: usize = 6;
/// A word with more concepts says little.
const MAX_CONCEPTS: usize = 2;

/// By key of a word: the numbers of its concepts.
type Words = HashMap<String, Vec<usize>>;

/// The concepts of words in some languages.
#[derive(Debug, Default)]
pub struct Concepts(HashMap<String, Words>);

impl Concepts {
    /// Reads those of the languages with these tags. A file that cannot be read has none, which a test excludes.
    pub fn of_languages(tags: &BTreeSet<&str>) -> Concepts {
        let wanted: BTreeSet<&str> = tags.iter().map(|tag| primary(tag)).collect();
        let text = String::from_utf8(zstd::bulk::decompress(CONCEPTS, MAX_BYTES).unwrap_or_default());
        let text = text.unwrap_or_default();
        let parts = text.split("= ").filter_map(|part| part.split_once('\n'));
        let of_wanted = parts.filter(|(language, _)| wanted.contains(language));
        Concepts(of_wanted.map(|(language, lines)| (language.to_owned(), read_words(lines))).collect())
    }

    /// The concepts of a word.
    pub fn of_word(&self, language: &str, word: &str) -> Vec<usize> {
        let Some(words) = self.0.get(primary(language)) else { return Vec::new() };
        let script = word.chars().find_map(Script::of);
        let concepts = match script {
            Some(Script::Han | Script::Kana) => within(words, &word.chars().collect::<Vec<_>>(), true),
            // Particles follow a word without a space.
            Some(Script::Hangul) => within(words, &word.chars().collect::<Vec<_>>(), false),
            _ => words.get(&key(word)).cloned().unwrap_or_default(),
        };
        if matches!(script, Some(Script::Han | Script::Kana)) || concepts.len() <= MAX_CONCEPTS {
            concepts
        } else {
            Vec::new()
        }
    }
}

/// The concepts of the longest known words within letters without spaces, or of the one that they begin with.
fn within(words: &Words, letters: &[char], everywhere: bool) -> Vec<usize> {
    let mut concepts = Vec::new();
    let mut start = 0;
    while start < letters.len() {
        let longest = (2..=(KEY_CHARS + 1).min(letters.len() - start)).rev().find_map(|count| {
            let part: String = letters[start..start + count].iter().collect();
            words.get(&key(&part)).map(|concepts| (count, concepts))
        });
        start += longest.map_or(1, |(count, _)| count);
        let known = longest.map(|(_, concepts)| concepts).filter(|concepts| concepts.len() <= MAX_CONCEPTS);
        concepts.extend(known.into_iter().flatten());
        if !everywhere {
            break;
        }
    }
    concepts
}

/// Line by line the words for each concept.
fn read_words(lines: &str) -> Words {
    let mut words = Words::new();
    for (concept, line) in lines.lines().enumerate() {
        for word in line.split_whitespace() {
            let concepts = words.entry(key(word)).or_default();
            if !concepts.contains(&concept) {
                concepts.push(concept);
            }
        }
    }
    words
}

/// What is compared of a word.
fn key(word: &str) -> String {
    let folded = fold(word);
    let count = folded.chars().count();
    let kept = if count < 5 { count } else { KEY_CHARS.min(count - 1) };
    folded.chars().take(kept).collect()
}

/// The language of a tag without script and region.
fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_concepts() {
        let checksum: String = Sha256::digest(CONCEPTS).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(include_str!("concepts.txt").contains(&checksum), "{checksum}");
        assert!(CONCEPTS.len() <= 150_000, "{} bytes", CONCEPTS.len());
    }

    #[test]
    fn words_of_several_languages_have_one_concept() {
        let concepts = Concepts::of_languages(&BTreeSet::from(["de", "en", "fr", "ja", "ko", "ru", "zh-Hans"]));
        let of = |language: &str, word: &str| concepts.of_word(language, word);
        for (english, language, word) in [
            ("hospital", "fr", "hôpital"),
            ("snow", "ru", "снега"),
            ("hospital", "ja", "大学病院"),
            ("tree", "de", "Baum"),
            ("Germany", "de", "Deutschland"),
            ("Germany", "ru", "Германии"),
            ("Germany", "zh-Hans", "在德国"),
            ("Germany", "ko", "독일에서"),
        ] {
            let shared = of(language, word).iter().any(|concept| of("en", english).contains(concept));
            assert!(shared, "{language} {word}: {:?}", of(language, word));
        }
        assert!(of("en", "ostrel").is_empty() && of("sv", "sjukhus").is_empty());
    }
}
