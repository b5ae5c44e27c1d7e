//! An entry as its source has it, before anything is decided: what every format is parsed into.

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

pub use crate::dates::{EntryDate, ParsedDate};
use crate::markup;
use crate::store::write_duration;

/// An entry as its source has it. Texts are as the source means them, without the source's own markup around them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedEntry {
    /// The line of the source at which it begins, from 1; 0 if unknown.
    pub line: usize,
    /// Its file, if the source is a tree of files: relative to the tree, with `/`.
    pub file: Option<String>,
    /// What identifies it in its source, if that is not the id that subscribers have seen.
    pub key: Option<String>,
    /// The id that subscribers have seen.
    pub guid: Option<String>,
    /// A hash of its text in the source, if that is more than what is parsed here.
    pub fingerprint: Option<String>,
    /// Entries of one source with the same key are translations of one story.
    pub translation_key: Option<String>,
    /// Its language, as the source writes the tag.
    pub language: Option<String>,
    /// The language of its feed, page or site, for when it has none of its own.
    pub inherited_language: Option<String>,
    /// Plain text on one line.
    pub title: Option<String>,
    /// Plain text.
    pub summary: Option<String>,
    pub body: Option<Body>,
    /// Its page, absolute or relative to `base`.
    pub link: Option<String>,
    /// The base of its relative URLs.
    pub base: Option<String>,
    /// The base of the relative URLs in its body, where the document declares one; else its link is.
    pub body_base: Option<String>,
    pub published: Option<ParsedDate>,
    pub updated: Option<ParsedDate>,
    pub expires: Option<ParsedDate>,
    pub authors: Vec<Author>,
    pub image: Option<Image>,
    /// A gallery.
    pub images: Vec<Image>,
    pub enclosures: Vec<Enclosure>,
    /// Files beside it that it does not show: relative to the tree, with `/`.
    pub unreferenced_files: Vec<String>,
    /// Categories, tags and keywords, in the order of the source, each once.
    pub categories: Vec<Category>,
    /// The ids or URLs of the same story in other languages.
    pub translations: Vec<String>,
    pub is_draft: bool,
    /// Why its source does not publish it, in words that complete "not published: …".
    pub unpublished_reason: Option<String>,
    /// Why it cannot be imported, in words that complete "left out: …".
    pub skip_reason: Option<String>,
    /// What was lost or guessed, for the report.
    pub remarks: Vec<String>,
    /// What was dropped, and what should be corrected by hand: reported as warnings.
    pub warnings: Vec<String>,
}

/// A text and the markup it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Body {
    #[serde(rename = "content_html")]
    Html(String),
    #[serde(rename = "content_markdown")]
    Markdown(String),
    #[serde(rename = "content_text")]
    Text(String),
}

impl Body {
    /// The text without its markup.
    pub fn visible_text(&self) -> String {
        match self {
            Body::Html(html) => markup::visible_text(html),
            Body::Markdown(markdown) => markup::visible_text(&markup::markdown(markdown)),
            Body::Text(text) => text.clone(),
        }
    }
}

/// A category: its term for machines, and its label for people if the source has both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Category {
    pub term: String,
    pub label: Option<String>,
}

/// An author.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Author {
    pub name: String,
    pub url: Option<String>,
    pub email: Option<String>,
}

/// An image. One without a URL keeps its caption and credit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Image {
    pub url: Option<String>,
    pub alt: Option<String>,
    pub caption: Option<String>,
    pub credit: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// A credit without the separators at its ends, which once stood between it and a text: `Photo: A /`.
pub fn trimmed_credit(credit: &str) -> Option<String> {
    let is_separator = |letter: char| letter.is_whitespace() || "/\\|·•–—-,;".contains(letter);
    Some(credit.trim_matches(is_separator).to_owned()).filter(|credit| !credit.is_empty())
}

/// An attached file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Enclosure {
    pub url: String,
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    pub length: Option<u64>,
    pub title: Option<String>,
    /// As a story file has it: `22:10`.
    pub duration: Option<String>,
    /// The address of a text of what is said, as WebVTT.
    pub captions: Option<String>,
    /// The address of the picture before a video plays.
    pub poster: Option<String>,
}

/// A duration as a story file has it; none for 0, which is how some feeds say that they do not know it.
pub fn duration(seconds: f64) -> Option<String> {
    let seconds = seconds.round() as u64;
    (seconds > 0).then(|| write_duration(seconds))
}

/// A date as a story file has it.
pub fn datetime(date: EntryDate) -> Option<Datetime> {
    let text = match date {
        EntryDate::Instant(at) => at.format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        EntryDate::Local(at) => at.format("%Y-%m-%dT%H:%M:%S").to_string(),
        EntryDate::Day(day) => day.to_string(),
    };
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_lose_the_separators_at_their_ends() {
        for (written, credit) in [
            ("Photo: A / ", Some("Photo: A")),
            ("/ Photo: A |", Some("Photo: A")),
            (" – Photo: A / B —", Some("Photo: A / B")),
            ("(Photo: Jean-Luc A.)", Some("(Photo: Jean-Luc A.)")),
            ("© A", Some("© A")),
            (" / ", None),
        ] {
            assert_eq!(trimmed_credit(written).as_deref(), credit, "{written}");
        }
    }
}
