//! Owns which topics a text speaks of, by the configuration's `match` words; never touches languages or files.
//!
//! A word of five letters and more matches the words that begin with it (`traffick` finds `trafficking`), a shorter one
//! itself alone; several words match where they follow each other. Where a script has no blanks between words, the
//! word may stand anywhere.

use std::collections::HashMap;

use super::Topic;
use crate::pairing::Script;
use crate::pairing::fold;

/// The match words of all topics, made ready.
pub struct Topics {
    topics: Vec<(String, Vec<Pattern>)>,
    /// Ids and titles without regard to case.
    names: HashMap<String, String>,
}

enum Pattern {
    Words(Vec<String>),
    Anywhere(String),
}

impl Topics {
    /// Makes the words of each topic ready.
    pub fn new(topics: &[Topic]) -> Topics {
        let ready = |topic: &Topic| {
            let patterns = topic.words.iter().map(|word| Pattern::new(word)).filter(|pattern| !pattern.is_empty());
            (topic.id.clone(), patterns.collect())
        };
        let names = topics.iter().rev().flat_map(|topic| {
            let names = topic.titles.iter().chain([&topic.id]);
            names.map(|name| (fold(name), topic.id.clone()))
        });
        Topics { topics: topics.iter().map(ready).collect(), names: names.collect() }
    }

    /// The topic that has an id, or a title in any language.
    pub fn named(&self, name: &str) -> Option<String> {
        self.names.get(&fold(name)).cloned()
    }

    /// The topics that a text speaks of, in the order of the configuration.
    pub fn of(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let words = words(&lower);
        let speaks = |(_, patterns): &&(String, Vec<Pattern>)| {
            patterns.iter().any(|pattern| match pattern {
                Pattern::Anywhere(part) => lower.contains(part.as_str()),
                Pattern::Words(wanted) => words.windows(wanted.len()).any(|found| {
                    found.iter().zip(wanted).all(|(found, wanted)| {
                        *found == wanted || (wanted.chars().count() >= 5 && found.starts_with(wanted.as_str()))
                    })
                }),
            })
        };
        self.topics.iter().filter(speaks).map(|(id, _)| id.clone()).collect()
    }
}

impl Pattern {
    fn new(word: &str) -> Pattern {
        let lower = word.trim().to_lowercase();
        let unspaced = |letter| matches!(Script::of(letter), Some(Script::Han | Script::Kana | Script::Thai));
        if lower.chars().any(unspaced) {
            return Pattern::Anywhere(lower);
        }
        Pattern::Words(words(&lower).into_iter().map(str::to_owned).collect())
    }

    fn is_empty(&self) -> bool {
        match self {
            Pattern::Words(words) => words.is_empty(),
            Pattern::Anywhere(part) => part.is_empty(),
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topics() -> Topics {
        let list = |id: &str, words: &[&str]| Topic {
            id: id.to_owned(),
            titles: vec![format!("The {id}")],
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        };
        Topics::new(&[
            list("lakes", &["lake", "озер", "Glacier", "湖"]),
            list("rights", &["water rights", ""]),
            list("none", &[]),
        ])
    }

    #[test]
    fn whole_words_prefixes_and_phrases() {
        assert_eq!(topics().of("The Lake, at last"), ["lakes"]);
        assert!(topics().of("Lakeside and snowflake").is_empty());
        assert_eq!(topics().of("Two GLACIERS"), ["lakes"]);
        assert_eq!(topics().of("Water  rights for all; 湖水"), ["lakes", "rights"]);
        assert!(topics().of("water, wind and rights").is_empty());
        assert!(topics().of("озера").is_empty(), "four letters match whole words only");
    }
}
