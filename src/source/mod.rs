//! Text that a person wrote, read into serde types with every diagnostic and its place.
//!
//! Owns: decoding bytes, the TOML and JSON syntaxes, the location of every value. Two speeds: [`parse_fast`] is plain serde
//! and says only whether it worked; [`SpannedDocument`] keeps the location of every value and collects all diagnostics, because
//! serde stops at the first and serde_json has no places.
//! Never touches: what the values mean.

mod control_characters;
mod de;
#[cfg(test)]
pub mod keys;
mod tables;
mod tree;

use std::ops::Range;

use serde::Deserialize;

pub use control_characters::strip_control_characters;
pub use de::{DATETIME, Error};
pub use tables::{Ordered, Table};
pub use tree::{Kind, Node};

use crate::diagnostics::{Diagnostic, Location, suggestion};

/// The languages in which people write stories and configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// TOML 1.1.
    Toml,
    /// JSON (RFC 8259).
    Json,
}

/// Something wrong at a range of bytes of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct ParseError {
    /// Where.
    pub span: Range<usize>,
    /// What.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Whether what was read is used all the same.
    pub is_warning: bool,
}

impl ParseError {
    /// A error that is an error.
    pub fn new(span: Range<usize>, message: impl Into<String>) -> Self {
        ParseError { span, message: message.into(), help: None, is_warning: false }
    }

    /// As a diagnostic of the file whose text this is.
    pub fn diagnostic(self, path: &str, text: &str) -> Diagnostic {
        let location = Location::in_text(path, text, self.span);
        let diagnostic = if self.is_warning {
            Diagnostic::warning(location, self.message)
        } else {
            Diagnostic::error(location, self.message)
        };
        match self.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }
}

/// One step from a value to a value within it.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A key of a table.
    Key(String),
    /// The index of an array.
    Index(usize),
}

/// No more diagnostics than these are collected of one text; a file with more is not what it seems.
const MAX_ERRORS: usize = 100;

/// Bytes as text: UTF-8, with or without a byte order mark.
///
/// # Errors
/// The offset of the first byte that is not text, and what is wrong with it, with `{at}` where that offset is to stand.
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
            let what =
                format!("text that is not UTF-8 (byte 0x{:02X} at byte {{at}}); save the file as UTF-8", text[at]);
            Err((mark + at, what))
        }
    }
}

/// The byte order mark of UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// The diagnostic of bytes that are not text, at its line. `start` is where the bytes begin in their file.
pub fn undecodable(path: &str, bytes: &[u8], start: u64, (at, message): (usize, String)) -> Diagnostic {
    let before = &bytes[..at.min(bytes.len())];
    let good = String::from_utf8_lossy(before.strip_prefix(BYTE_ORDER_MARK).unwrap_or(before));
    let location = Location::in_text(path, &good, good.len()..good.len());
    Diagnostic::error(location, message.replace("{at}", &(start + at as u64).to_string()))
}

/// Reads a text the quick way; `None` where anything at all is wrong with it.
pub fn parse_fast<'a, T: Deserialize<'a>>(text: &'a str, syntax: Syntax) -> Option<T> {
    match syntax {
        Syntax::Toml => toml::from_str(text).ok(),
        Syntax::Json => serde_json::from_str(text).ok(),
    }
}

/// A text read with the location of every value.
pub struct SpannedDocument {
    /// The values, without those that were not of the wanted form.
    pub root: Node,
    /// The values as they were written, to find places in.
    written: Node,
    /// What is wrong so far.
    pub errors: Vec<ParseError>,
}

impl SpannedDocument {
    /// Parses a text; what breaks the syntax is among the errors, and the values then are none.
    pub fn parse(text: &str, syntax: Syntax) -> Self {
        let (root, errors) = match syntax {
            Syntax::Toml => tree::from_toml(text),
            Syntax::Json => tree::from_json(text),
        };
        SpannedDocument { written: root.clone(), root, errors }
    }

    /// Takes from the values all that does not fit, noting each as a error, until the rest fits; `false` if nothing is left.
    /// `attempt` deserializes the wanted type.
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

    /// The typed values; call [`SpannedDocument::fit`] first.
    pub fn value<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        T::deserialize(&self.root).ok()
    }

    /// Whether a key was written, whatever became of its value.
    pub fn has(&self, table: &[Step], key: &str) -> bool {
        match &self.written.at(table).kind {
            Kind::Table(rows) => rows.iter().any(|(name, ..)| name == key),
            _ => false,
        }
    }

    /// The nth key of a table, in the order in which they stand.
    pub fn key(&self, table: &[Step], nth: usize) -> Option<String> {
        match &self.written.at(table).kind {
            Kind::Table(rows) => rows.get(nth).map(|(name, ..)| name.clone()),
            _ => None,
        }
    }

    /// The bytes of the value at the end of a path, or of the nearest value before it that exists. A path that ends in a
    /// key gives the value of that key.
    pub fn span(&self, path: &[Step]) -> Range<usize> {
        self.written.at(path).span.clone()
    }
}

/// An unknown name, with the nearest known one.
fn unknown(what: &str, name: &str, known: &[&str]) -> (String, Option<String>) {
    let shown: String = name.chars().take(80).collect();
    (format!("unknown {what} `{shown}`"), suggestion(name, known))
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
        let mut spanned = SpannedDocument::parse(text, syntax);
        spanned.prune_invalid(|node| Thing::deserialize(node).map(drop));
        spanned.errors.iter().map(|f| (text[f.span.clone()].to_owned(), f.message.clone())).collect()
    }

    #[test]
    fn every_error_is_found_at_its_place() {
        let toml = "titel = 'a'\ncount = 'x'\n[inner]\ntitle = 3\n[[list]]\nkount = 1\n";
        let expected = [
            ("titel", "unknown key `titel`"),
            ("'x'", "`count` must be an integer, not a string"),
            ("3", "`title` must be a string, not an integer"),
            ("kount", "unknown key `kount`"),
        ];
        let found = errors(toml, Syntax::Toml);
        for (at, message) in expected {
            assert!(found.contains(&(at.to_owned(), message.to_owned())), "{at} {message} in {found:?}");
        }
        let json = r#"{"titel": "a", "count": "x", "inner": {"title": 3}, "list": [{"kount": 1}]}"#;
        let found = errors(json, Syntax::Json);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found.contains(&("\"titel\"".to_owned(), "unknown key `titel`".to_owned())), "{found:?}");
    }

    #[test]
    fn what_is_sound_is_kept() {
        let mut spanned = SpannedDocument::parse("title = 'a'\ncount = 'x'", Syntax::Toml);
        spanned.prune_invalid(|node| Thing::deserialize(node).map(drop));
        assert_eq!(spanned.value::<Thing>(), Some(Thing { title: Some("a".into()), ..Thing::default() }));
    }

    #[test]
    fn broken_syntax_names_its_place() {
        let found = SpannedDocument::parse("title = \"a\ncount = 1", Syntax::Toml).errors;
        assert!(!found.is_empty());
        let found = SpannedDocument::parse("{\"title\": \"a\",,}", Syntax::Json).errors;
        assert_eq!(found[0].span.start, 14);
        let deep = "[".repeat(100_000);
        assert!(!SpannedDocument::parse(&deep, Syntax::Json).errors.is_empty());
        assert!(!SpannedDocument::parse(&format!("a = {deep}"), Syntax::Toml).errors.is_empty());
    }
}
