//! The topics of an entry: those that its categories name, else those whose `match` words its text contains.
//!
//! A word of five letters and more matches words with that prefix (`traffick` matches `trafficking`), a shorter one
//! whole words only; a phrase matches consecutive words. A word in a script without spaces matches anywhere.

use std::collections::HashMap;

use super::entry::Category;
use crate::config::{Config, Topic};
use crate::pairing::{Script, fold};

/// Words of at least so many letters match as a prefix.
const MIN_PREFIX: usize = 5;

/// The configured topics, prepared for matching.
pub struct TopicMatcher {
    /// In the configured order.
    topics: Vec<(String, Vec<Pattern>)>,
    /// Ids by folded ids and titles.
    by_name: HashMap<String, String>,
}

enum Pattern {
    Words(Vec<String>),
    Substring(String),
}

impl TopicMatcher {
    pub fn new(config: &Config) -> TopicMatcher {
        let patterns = |topic: &Topic| {
            let patterns = topic.words.iter().map(|word| Pattern::new(word)).filter(|pattern| !pattern.is_empty());
            (topic.id.clone(), patterns.collect())
        };
        let by_name = config.topics.iter().rev().flat_map(|topic| {
            let names = topic.titles.iter().map(|title| title.as_str()).chain([topic.id.as_str()]);
            names.map(|name| (fold(name), topic.id.clone()))
        });
        TopicMatcher { topics: config.topics.iter().map(patterns).collect(), by_name: by_name.collect() }
    }

    /// The topics of an entry, in the configured order, and the labels of its categories that are no topic.
    pub fn topics(&self, categories: &[Category], text: &str) -> (Vec<String>, Vec<String>) {
        let (mut named, mut others) = (Vec::new(), Vec::new());
        let by_name = |name: &str| self.by_name.get(&fold(name));
        for category in categories {
            match by_name(&category.term).or_else(|| by_name(category.label.as_deref()?)) {
                Some(topic) => named.push(topic),
                None => others.push(category.label.clone().unwrap_or_else(|| category.term.clone())),
            }
        }
        // Who names topics is taken to have named all of them.
        if named.is_empty() {
            return (self.matching(text), others);
        }
        let ids = self.topics.iter().map(|(id, _)| id);
        (ids.filter(|id| named.contains(id)).cloned().collect(), others)
    }

    fn matching(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        let words = words(&lower);
        let is_match = |word: &str, wanted: &String| {
            word == wanted || (wanted.chars().count() >= MIN_PREFIX && word.starts_with(wanted.as_str()))
        };
        let matches = |(_, patterns): &&(String, Vec<Pattern>)| {
            patterns.iter().any(|pattern| match pattern {
                Pattern::Substring(part) => lower.contains(part.as_str()),
                Pattern::Words(wanted) => words
                    .windows(wanted.len())
                    .any(|window| window.iter().zip(wanted).all(|(word, wanted)| is_match(word, wanted))),
            })
        };
        self.topics.iter().filter(matches).map(|(id, _)| id.clone()).collect()
    }
}

impl Pattern {
    fn new(word: &str) -> Pattern {
        let lower = word.trim().to_lowercase();
        let is_unspaced = |letter| matches!(Script::of(letter), Some(Script::Han | Script::Kana | Script::Thai));
        if lower.chars().any(is_unspaced) {
            return Pattern::Substring(lower);
        }
        Pattern::Words(words(&lower).into_iter().map(str::to_owned).collect())
    }

    fn is_empty(&self) -> bool {
        match self {
            Pattern::Words(words) => words.is_empty(),
            Pattern::Substring(part) => part.is_empty(),
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::config_with;

    fn matching(text: &str) -> Vec<String> {
        let topics = "[topics.lakes]\nmatch = ['lake', 'озер', 'Glacier', '湖']\n[topics.rights]\nmatch = ['water rights']\n[topics.none]\n";
        TopicMatcher::new(&config_with(&["en"], topics)).matching(text)
    }

    #[test]
    fn whole_words_prefixes_and_phrases() {
        assert_eq!(matching("The Lake, at last"), ["lakes"]);
        assert!(matching("Lakeside and snowflake").is_empty());
        assert_eq!(matching("Two GLACIERS"), ["lakes"]);
        assert_eq!(matching("Water  rights for all; 湖水"), ["lakes", "rights"]);
        assert!(matching("water, wind and rights").is_empty());
        assert!(matching("озера").is_empty(), "four letters match whole words only");
    }
}
