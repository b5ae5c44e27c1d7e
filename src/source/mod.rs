//! TOML and JSON read into serde types, with every diagnostic and its location.
//!
//! Owns: decoding bytes, the TOML and JSON syntaxes, the span of every value. [`parse_fast`] is plain serde and only tells
//! whether it succeeded; [`SpannedDocument`] has the span of every value and collects all errors, because serde stops at the
//! first and serde_json has no spans.
//! Never touches: what the values mean.

mod control_characters;
mod dates;
mod de;
mod json_mistakes;
#[cfg(test)]
pub mod keys;
mod mistakes;
mod tables;
mod tree;

use std::ops::Range;

use serde::Deserialize;

pub use control_characters::strip_control_characters;
pub use dates::date_readings;
pub use de::{DATETIME, Error};
pub use tables::{Ordered, Table};
pub use tree::{Kind, Node};

use crate::diagnostics::{Diagnostic, Location, suggestion};

/// The syntax of a story file or a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// TOML 1.1.
    Toml,
    /// JSON (RFC 8259).
    Json,
}

/// An error, or a warning, at a span of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseError {
    /// The bytes that are invalid.
    pub span: Range<usize>,
    /// What happened.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Whether the rest of the text is used nevertheless.
    pub is_warning: bool,
    /// Another place that it is about, with its label.
    pub related: Option<(String, Range<usize>)>,
}

impl ParseError {
    /// An error without help.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        ParseError { span, message: message.into(), help: None, is_warning: false, related: None }
    }

    /// Converts it into a diagnostic of the file with this text.
    pub fn diagnostic(self, path: &str, text: &str) -> Diagnostic {
        let location = Location::in_text(path, text, self.span);
        let diagnostic = if self.is_warning {
            Diagnostic::warning(location, self.message)
        } else {
            Diagnostic::error(location, self.message)
        };
        let diagnostic = match self.related {
            Some((label, span)) => diagnostic.related(label, Location::in_text(path, text, span)),
            None => diagnostic,
        };
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// One step of a path to a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A key of a table.
    Key(String),
    /// The index of an array.
    Index(usize),
}

/// Limits the errors that are collected from one text.
const MAX_ERRORS: usize = 100;

/// Decodes UTF-8, with or without a byte order mark.
///
/// # Errors
/// The offset of the first invalid byte, and a message with the placeholder `{at}` for that offset.
pub fn decode(bytes: &[u8]) -> Result<&str, (usize, String)> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err((0, "this file is UTF-16; save it as UTF-8 (at byte {at})".to_owned()));
    }
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let mark = bytes.len() - text.len();
    match std::str::from_utf8(text) {
        Ok(text) => match text.find('\0') {
            Some(at) => Err((mark + at, "NUL byte at byte {at}; this is not a text file".to_owned())),
            None => Ok(text),
        },
        Err(error) => {
            let at = error.valid_up_to();
            let message =
                format!("text that is not UTF-8 (byte 0x{:02X} at byte {{at}}); save the file as UTF-8", text[at]);
            Err((mark + at, message))
        }
    }
}

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The diagnostic of an error of [`decode`]. `start` is the offset of the bytes in their file.
pub fn undecodable(path: &str, bytes: &[u8], start: u64, (at, message): (usize, String)) -> Diagnostic {
    let before = &bytes[..at.min(bytes.len())];
    let good = String::from_utf8_lossy(before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before));
    let location = Location::in_text(path, &good, good.len()..good.len());
    Diagnostic::error(location, message.replace("{at}", &(start + at as u64).to_string()))
}

/// Parses a text without spans; `None` on any error.
pub fn parse_fast<'a, T: Deserialize<'a>>(text: &'a str, syntax: Syntax) -> Option<T> {
    match syntax {
        Syntax::Toml => toml::from_str(text).ok(),
        Syntax::Json => serde_json::from_str(text).ok(),
    }
}

/// A parsed text with the span of every value.
pub struct SpannedDocument {
    /// The values, without those that [`SpannedDocument::prune_invalid`] removed.
    pub root: Node,
    /// All values, to look up spans in.
    original: Node,
    /// The errors so far.
    pub errors: Vec<ParseError>,
}

impl SpannedDocument {
    /// Parses a text. After a syntax error there are no values.
    pub fn parse(text: &str, syntax: Syntax) -> Self {
        let (root, errors) = match syntax {
            Syntax::Toml => tree::from_toml(text),
            Syntax::Json => tree::from_json(text),
        };
        SpannedDocument { original: root.clone(), root, errors }
    }

    /// Removes values that cannot be deserialized and records an error for each, until the rest can; `false` if nothing is
    /// left. `attempt` deserializes the target type.
    pub fn prune_invalid(&mut self, attempt: impl Fn(&Node) -> Result<(), Error>) -> bool {
        while let Some(error) = attempt(&self.root).err() {
            let span = error.span.clone().unwrap_or(self.root.span.clone());
            let removed = self.root.remove(&span);
            self.errors.push(error.into_parse_error(span));
            if !removed || self.errors.len() >= MAX_ERRORS {
                self.root = Node { span: self.root.span.clone(), kind: Kind::Table(Vec::new()) };
                return false;
            }
        }
        true
    }

    /// Deserializes the values; call [`SpannedDocument::prune_invalid`] first.
    pub fn value<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        T::deserialize(&self.root).ok()
    }

    /// Whether the text has a key, even if its value was removed.
    pub fn has(&self, table: &[Step], key: &str) -> bool {
        match &self.original.at(table).kind {
            Kind::Table(rows) => rows.iter().any(|(name, ..)| name == key),
            _ => false,
        }
    }

    /// The nth key of a table in source order.
    pub fn key(&self, table: &[Step], nth: usize) -> Option<String> {
        match &self.original.at(table).kind {
            Kind::Table(rows) => rows.get(nth).map(|(name, ..)| name.clone()),
            _ => None,
        }
    }

    /// The span of the value at a path, or of its nearest ancestor that exists.
    pub fn span(&self, path: &[Step]) -> Range<usize> {
        self.original.at(path).span.clone()
    }
}

/// How the comment of a file begins that tells an editor where its schema is.
pub const SCHEMA_COMMENT: &str = "#:schema ";

/// What other systems call a key, and what it is called here.
const SYNONYMS: [(&str, &str); 34] = [
    ("date", "published"),
    ("pubdate", "published"),
    ("pub_date", "published"),
    ("publish_at", "published"),
    ("publishdate", "published"),
    ("embargo", "published"),
    ("created", "published"),
    ("lastmod", "updated"),
    ("modified", "updated"),
    ("changed", "updated"),
    ("body", "content_markdown"),
    ("content", "content_markdown"),
    ("markdown", "content_markdown"),
    ("html", "content_html"),
    ("text", "content_text"),
    ("tags", "topics"),
    ("tag", "topics"),
    ("categories", "topics"),
    ("category", "topics"),
    ("url", "link"),
    ("href", "link"),
    ("permalink", "link"),
    ("lang", "language"),
    ("langcode", "language"),
    ("slug", "id"),
    ("author", "authors"),
    ("headline", "title"),
    ("name", "title"),
    ("description", "summary"),
    ("excerpt", "summary"),
    ("lead", "summary"),
    ("picture", "image"),
    ("attachments", "enclosures"),
    ("expiry", "expires"),
];

/// What people look for that is not there on purpose.
const ABSENT: [(&str, &str); 3] = [
    ("pinned", "remove it: stories are in the order of their dates"),
    ("sticky", "remove it: stories are in the order of their dates"),
    ("weight", "remove it: stories are in the order of their dates"),
];

/// The names by which other systems know a key.
pub fn synonyms(key: &str) -> impl Iterator<Item = &'static str> {
    SYNONYMS.iter().filter(move |(_, own)| *own == key).map(|(name, _)| *name)
}

/// The message and the help for an unknown name.
fn unknown(what: &str, name: &str, known: &[&str]) -> (String, Option<String>) {
    let shown: String = name.chars().take(80).collect();
    let lower = name.to_ascii_lowercase();
    let of = |table: &[(&str, &'static str)]| table.iter().find(|(other, _)| *other == lower).map(|(_, here)| *here);
    let synonym = of(&SYNONYMS).filter(|own| known.contains(own)).map(|own| format!("here it is called `{own}`"));
    let absent = of(&ABSENT).filter(|_| known.contains(&"published")).map(str::to_owned);
    (format!("unknown {what} `{shown}`"), synonym.or(absent).or_else(|| suggestion(name, known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug, PartialEq, Default)]
    #[serde(deny_unknown_fields, default)]
    struct Thing {
        title: Option<String>,
        count: Option<i64>,
        inner: Option<Box<Thing>>,
        list: Option<Vec<Thing>>,
    }

    fn errors(text: &str, syntax: Syntax) -> Vec<(String, String)> {
        let mut document = SpannedDocument::parse(text, syntax);
        document.prune_invalid(|node| Thing::deserialize(node).map(drop));
        document.errors.iter().map(|f| (text[f.span.clone()].to_owned(), f.message.clone())).collect()
    }

    #[test]
    fn every_error_has_its_span() {
        let toml = "titel = 'a'\ncount = 'x'\n[inner]\ntitle = 3\n[[list]]\nkount = 1\n";
        let expected = [
            ("titel", "unknown key `titel`"),
            ("'x'", "`count` must be an integer, not a text"),
            ("3", "`title` must be a text, not an integer"),
            ("kount", "unknown key `kount`"),
        ];
        let actual = errors(toml, Syntax::Toml);
        for (at, message) in expected {
            assert!(actual.contains(&(at.to_owned(), message.to_owned())), "{at} {message} in {actual:?}");
        }
        let json = r#"{"titel": "a", "count": "x", "inner": {"title": 3}, "list": [{"kount": 1}]}"#;
        let actual = errors(json, Syntax::Json);
        assert_eq!(actual.len(), 4, "{actual:?}");
        assert!(actual.contains(&("\"titel\"".to_owned(), "unknown key `titel`".to_owned())), "{actual:?}");
    }

    #[test]
    fn valid_values_survive_pruning() {
        let mut document = SpannedDocument::parse("title = 'a'\ncount = 'x'", Syntax::Toml);
        document.prune_invalid(|node| Thing::deserialize(node).map(drop));
        assert_eq!(document.value::<Thing>(), Some(Thing { title: Some("a".into()), ..Thing::default() }));
    }

    #[test]
    fn syntax_errors_have_a_span() {
        let errors = SpannedDocument::parse("title = \"a\ncount = 1", Syntax::Toml).errors;
        assert!(!errors.is_empty());
        let errors = SpannedDocument::parse("{\"title\": \"a\",,}", Syntax::Json).errors;
        assert_eq!(errors[0].span.start, 14);
        let deep = "[".repeat(100_000);
        assert!(!SpannedDocument::parse(&deep, Syntax::Json).errors.is_empty());
        assert!(!SpannedDocument::parse(&format!("a = {deep}"), Syntax::Toml).errors.is_empty());
    }
}
