//! Owns the statistics of a listing that help to split captions: repeated credits and word counts.

use std::collections::{HashMap, HashSet};

use super::{boundary, label};
use crate::pairing::Script;

/// How much of the text after a label is compared.
const TAIL_CHARS: usize = 160;

/// Repeated credits and word counts of a listing.
#[derive(Debug, Default)]
pub struct Credits {
    /// Credits followed by several different texts; the longest first.
    repeated: Vec<String>,
    /// Credits that end in a slash (`Agency /`) and are followed by two or more texts; the longest first.
    ending_in_slash: Vec<String>,
    words: HashMap<String, usize>,
    /// Full stops without white space after them, beyond first sentences.
    missing_blanks: usize,
}

impl Credits {
    /// Collects them from the titles and paragraphs of a listing.
    pub fn learn<'a>(texts: impl Iterator<Item = (&'a str, &'a [String])>) -> Credits {
        let mut credits = Credits::default();
        let mut tails = Vec::new();
        let mut seen = HashSet::new();
        for (title, paragraphs) in texts {
            for text in std::iter::once(title).chain(paragraphs.iter().map(String::as_str)) {
                if seen.insert(text) {
                    credits.read(text);
                }
            }
            if let Some(first) = paragraphs.first()
                && let Some(label) = label::find(first)
            {
                tails.push(first[label.end..].chars().take(TAIL_CHARS).collect::<String>());
            }
        }
        tails.sort_unstable();
        tails.dedup();
        credits.find_repeated(&tails);
        credits
    }

    fn read(&mut self, text: &str) {
        for word in text.split(|letter: char| !letter.is_alphabetic()).filter(|word| !word.is_empty()) {
            *self.words.entry(word.to_owned()).or_insert(0) += 1;
        }
        let after_first_sentence = text.find(". ").unwrap_or(text.len());
        let rest = text.char_indices().map(|(offset, _)| offset).filter(|offset| *offset > after_first_sentence);
        self.missing_blanks +=
            rest.filter(|offset| boundary::at(text, *offset) == Some(boundary::BoundaryKind::Stop)).count();
    }

    /// Finds the common prefixes of sorted tails, which neighbours share.
    fn find_repeated(&mut self, tails: &[String]) {
        let mut heads: Vec<&str> = tails.windows(2).map(|pair| common(&pair[0], &pair[1])).collect();
        heads.extend(heads.clone().iter().filter_map(|head| head.rfind(['/', '|']).map(|stroke| &head[..=stroke])));
        heads.sort_unstable();
        heads.dedup();
        for head in heads {
            if head.chars().filter(|letter| letter.is_alphabetic()).count() < 2 {
                continue;
            }
            let first = tails.partition_point(|tail| tail.as_str() < head);
            let followers = tails[first..].iter().map_while(|tail| tail.strip_prefix(head));
            if head.ends_with(['/', '|']) {
                let different: HashSet<&str> = followers.filter_map(|text| text.split_whitespace().next()).collect();
                if different.len() > 1 {
                    self.ending_in_slash.push(head.to_owned());
                }
                continue;
            }
            let begins: HashSet<String> =
                followers.filter(|text| begins_a_text(head, text)).map(|text| text.chars().take(2).collect()).collect();
            let scripts: HashSet<Option<Script>> =
                begins.iter().map(|text| text.chars().find_map(Script::of)).collect();
            if begins.len() > 2 || (begins.len() > 1 && scripts.len() > 1) {
                self.repeated.push(head.to_owned());
            }
        }
        self.repeated.sort_by_key(|credit| std::cmp::Reverse(credit.len()));
        self.ending_in_slash.sort_by_key(|credit| std::cmp::Reverse(credit.len()));
    }

    /// The end of a repeated credit at the start of a text, if another text follows without white space.
    pub fn end_of_repeated_credit(&self, tail: &str) -> Option<usize> {
        for credit in &self.repeated {
            let Some(rest) = tail.strip_prefix(credit.as_str()) else {
                continue;
            };
            let stop = rest.chars().next().filter(|next| ".;".contains(*next)).map_or(0, char::len_utf8);
            let (end, after) = (credit.len() + stop, rest[stop..].chars().next());
            let follows = match after {
                None => false,
                Some(next) if next.is_whitespace() => stop > 0,
                Some(next) => {
                    Script::of(next).is_some_and(|script| !script.has_capitals())
                        || next.is_uppercase()
                        || "«“„¿¡".contains(next)
                        || (next.is_ascii_digit() && !credit.ends_with(|last: char| last.is_ascii_digit()))
                }
            };
            if follows {
                return Some(end);
            }
        }
        self.ending_in_slash.iter().find(|credit| tail.starts_with(credit.as_str())).map(String::len)
    }

    /// How often a word occurs in the listing.
    pub fn count(&self, word: &str) -> usize {
        self.words.get(word).copied().unwrap_or(0)
    }

    /// Whether the space after a full stop is often missing, so that it is no sign of a boundary.
    pub fn omits_spaces(&self) -> bool {
        self.missing_blanks > 2
    }
}

/// Whether `text` can begin right after the credit `head`.
fn begins_a_text(head: &str, text: &str) -> bool {
    let mut letters = text.chars();
    let (Some(first), second) = (letters.next(), letters.next()) else {
        return false;
    };
    let Some(script) = Script::of(first) else {
        return "«“„¿¡".contains(first);
    };
    if !script.has_capitals() {
        return true;
    }
    let other_script = head.chars().rev().find_map(Script::of).is_some_and(|last| last != script);
    let word = match second {
        Some(second) if second.is_lowercase() => true,
        Some(second) if second.is_whitespace() => "AIYOÀÉÓАВИКОСУЯЕΗΟ".contains(first),
        Some(second) => "'’".contains(second) && !head.is_empty(),
        None => false,
    };
    first.is_uppercase() && (word || other_script)
}

/// The common prefix of two texts.
fn common<'a>(one: &'a str, other: &str) -> &'a str {
    let differs = one.char_indices().zip(other.chars()).find(|((_, a), b)| a != b).map(|((offset, _), _)| offset);
    &one[..differs.unwrap_or(one.len().min(other.len()))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(texts: &[&str]) -> Credits {
        let texts: Vec<Vec<String>> = texts.iter().map(|text| vec![(*text).to_owned()]).collect();
        Credits::learn(texts.iter().map(|paragraphs| ("", paragraphs.as_slice())))
    }

    #[test]
    fn a_repeated_credit_is_learnt() {
        let credits = learnt(&[
            "Photo: UNAThe lake", "Photo: UNAIn spring", "Photo: UNAUNA opens", "Photo: UNAОзеро",
            "Photo: UNA PeruSince",
        ]);
        assert_eq!(credits.end_of_repeated_credit("UNAA lake"), Some(3));
        assert_eq!(credits.end_of_repeated_credit("UNAUNA opens"), Some(3));
        assert_eq!(credits.end_of_repeated_credit("UNA. UNA opens"), Some(4));
        assert_eq!(credits.end_of_repeated_credit("UNA PeruSince"), None);
        assert_eq!(credits.end_of_repeated_credit("UNAnimous"), None);
    }

    #[test]
    fn a_common_prefix_of_acronyms_is_no_credit() {
        let credits = learnt(&["Photo: UNAThe lake", "Photo: UNIDOIn spring", "Photo: UNEPAt last"]);
        assert_eq!(credits.end_of_repeated_credit("UNOThe"), None);
    }

    #[test]
    fn slashes_and_scripts_without_capitals() {
        let credits = learnt(&["Photo: Big Agency / the first", "Photo: Big Agency / la primera"]);
        assert_eq!(credits.end_of_repeated_credit("Big Agency / after"), Some(12));
        let credits =
            learnt(&["صورة: معهد المياهأعلن المعهد", "صورة: معهد المياهقال المدير", "صورة: معهد المياهفي الربيع"]);
        assert_eq!(credits.end_of_repeated_credit("معهد المياهنظم"), Some("معهد المياه".len()));
    }
}
