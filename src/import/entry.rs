//! What a source says of an entry, before anything is decided.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};
use serde::{Deserialize, Serialize};

use super::plain;

/// An entry as its source has it. Texts are as the source means them, without the source's own markup around them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParsedEntry {
    /// The line of the source at which it begins, from 1; 0 where that is not known.
    pub line: usize,
    /// The file that it stands in, where the source is a tree of files: below the tree, with `/`.
    pub file: Option<String>,
    /// The id by which subscribers know it.
    pub guid: Option<String>,
    /// A hash of what the source says of it, where that is more than what stands here.
    pub fingerprint: Option<String>,
    /// What joins it with its translations: entries of one source with the same text here are one story.
    pub story: Option<String>,
    /// Its language, as the source writes the tag.
    pub language: Option<String>,
    /// The language of what it stands in, where it has none of its own.
    pub surrounding_language: Option<String>,
    /// Plain text on one line.
    pub title: Option<String>,
    /// Plain text.
    pub summary: Option<String>,
    pub body: Option<Body>,
    /// Its page, absolute or against `base`.
    pub link: Option<String>,
    /// What relative addresses in it are against.
    pub base: Option<String>,
    pub published: Option<When>,
    pub updated: Option<When>,
    /// When it must go again.
    pub expires: Option<When>,
    pub authors: Vec<Author>,
    pub image: Option<Picture>,
    pub enclosures: Vec<Enclosure>,
    /// Files that stand beside it and that it does not show: below the tree, with `/`.
    pub files: Vec<String>,
    /// Categories, tags and keywords, in the order of the source, each once.
    pub categories: Vec<Category>,
    /// The ids or addresses of the same story in other languages.
    pub translations: Vec<String>,
    pub is_draft: bool,
    /// Why its source does not publish it, in words that complete "not published: …".
    pub unpublished: Option<String>,
    /// Why it must not come in, in words that complete "left out: …".
    pub left_out: Option<String>,
    /// What a person should know of it: what was lost, and what was guessed.
    pub remarks: Vec<String>,
}

/// A text with the markup that it is in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Body {
    Html(String),
    Markdown(String),
    Text(String),
}

impl Body {
    /// What people read of it.
    pub fn seen(&self) -> String {
        match self {
            Body::Html(html) => plain::paragraphs(html),
            Body::Markdown(markdown) => plain::paragraphs(&crate::store::markdown(markdown)),
            Body::Text(text) => text.clone(),
        }
    }
}

/// A date as exactly as the source says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum When {
    Instant(DateTime<FixedOffset>),
    /// Without an offset.
    Local(NaiveDateTime),
    Day(NaiveDate),
}

/// A category: what machines call it, and what people do, where the source has both.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Category {
    pub term: String,
    pub label: Option<String>,
}

/// Who wrote it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Author {
    pub name: String,
    pub url: Option<String>,
    pub email: Option<String>,
}

/// Its picture; one without an address is kept for its words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    pub url: Option<String>,
    pub alt: Option<String>,
    pub credit: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// A file that goes with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Enclosure {
    pub url: String,
    pub media_type: Option<String>,
    pub length: Option<u64>,
    pub title: Option<String>,
}
