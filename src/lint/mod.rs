//! Feeds of any origin, judged by their specifications and by what their readers trip over.
//!
//! Owns: what RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1 ask for, each in its file; what they share stands in [`parse`],
//! [`xml`], [`value`] and [`html`]. An error is what a specification forbids; a warning is what it allows and some reader
//! takes amiss.
//! Never touches: how tidings makes its feeds, so that the two do not share a mistake; files; the network; the clock.
//!
//! Gaps: RSS 1.0 and Atom 0.3 are named and not judged; modules of RSS but content, Dublin Core's language and Atom's links
//! are passed over; no address is fetched; an XML feed in another encoding than UTF-8 is refused, as is one with a DTD.
//!
//! Whatever the input, memory stays within a small multiple of it, and nothing recurses deeper than a fixed number.

mod atom;
mod html;
mod json;
mod parse;
mod rss;
mod value;
mod xml;

use std::ops::Range;

use crate::diagnostics::{Diagnostic, Location, Severity};
use crate::source::{decode, undecodable};

/// No larger document is read; nor, for that matter, does any reader load one.
pub const MOST_BYTES: usize = 256 << 20;

/// No document with more elements, or values, is read.
const MOST_PARTS: usize = 8_000_000;

/// No more diagnostics than these, of each severity, are shown of one document.
const MOST_NOTES: usize = 100;

/// What became of a document.
#[derive(Debug)]
pub struct Verdict {
    /// Whether it is meant to be a feed; else it is a well-formed document of another kind, and the one diagnostic says so.
    pub is_feed: bool,
    /// How many entries it holds.
    pub entries: usize,
    /// What is wrong with it, in the order of the places.
    pub diagnostics: Vec<Diagnostic>,
}

/// Judges a document; `path` is how it is shown.
pub fn lint(path: &str, bytes: &[u8]) -> Verdict {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(wrong) => {
            return Verdict { is_feed: true, entries: 0, diagnostics: vec![undecodable(path, bytes, 0, wrong)] };
        }
    };
    let mut notes = Notes { text, kept: Vec::new(), count: [0; 2], spare: Note::new(Severity::Error, 0..0, "") };
    let entries = match text.trim_start().bytes().next() {
        Some(b'<') => parse::lint(&mut notes),
        Some(b'{' | b'[') => json::lint(&mut notes),
        Some(_) => {
            notes.error(0..1, "this is neither XML nor JSON, so it is no feed");
            None
        }
        None => {
            notes.error(0..0, "this document is empty");
            Some(0)
        }
    };
    Verdict { is_feed: entries.is_some(), entries: entries.unwrap_or(0), diagnostics: notes.diagnostics(path) }
}

/// Something wrong at a range of bytes.
struct Note {
    severity: Severity,
    span: Range<usize>,
    message: String,
    help: Option<String>,
    related: Option<(&'static str, Range<usize>)>,
}

impl Note {
    fn new(severity: Severity, span: Range<usize>, message: impl Into<String>) -> Self {
        Note { severity, span, message: message.into(), help: None, related: None }
    }

    /// What to do about it.
    fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Another place that belongs to it.
    fn related(&mut self, label: &'static str, at: impl At) -> &mut Self {
        self.related = Some((label, at.span()));
        self
    }

    fn diagnostic(self, path: &str, text: &str) -> Diagnostic {
        let location = |span| Location::in_text(path, text, span);
        let diagnostic = Diagnostic { severity: self.severity, ..Diagnostic::error(location(self.span), self.message) };
        let diagnostic = Diagnostic { help: self.help, ..diagnostic };
        match self.related {
            Some((label, span)) => diagnostic.related(label, location(span)),
            None => diagnostic,
        }
    }
}

/// What stands somewhere in the text of a document.
trait At {
    /// The bytes to show.
    fn span(&self) -> Range<usize>;
}

impl At for Range<usize> {
    fn span(&self) -> Range<usize> {
        self.clone()
    }
}

/// What was found in a document so far.
struct Notes<'a> {
    text: &'a str,
    kept: Vec<Note>,
    /// How many errors and warnings there were, kept or not.
    count: [usize; 2],
    /// The last that was not kept.
    spare: Note,
}

impl Notes<'_> {
    /// Notes what a specification forbids.
    fn error(&mut self, at: impl At, message: impl Into<String>) -> &mut Note {
        self.add(Note::new(Severity::Error, at.span(), message))
    }

    /// Notes what some reader takes amiss.
    fn warning(&mut self, at: impl At, message: impl Into<String>) -> &mut Note {
        self.add(Note::new(Severity::Warning, at.span(), message))
    }

    fn add(&mut self, note: Note) -> &mut Note {
        let count = &mut self.count[usize::from(note.severity == Severity::Warning)];
        *count += 1;
        if *count > MOST_NOTES {
            self.spare = note;
            return &mut self.spare;
        }
        self.kept.push(note);
        self.kept.last_mut().unwrap_or(&mut self.spare)
    }

    /// Judges a language tag.
    fn language(&mut self, at: impl At, tag: &str) {
        if let Err(why) = value::language(tag) {
            let help = "readers choose voice, font and direction by it; write one such as `en` or `pt-BR`";
            self.error(at, why).help(help);
        }
    }

    fn diagnostics(mut self, path: &str) -> Vec<Diagnostic> {
        self.kept.sort_by_key(|note| note.span.start);
        let mut out: Vec<Diagnostic> = self.kept.into_iter().map(|note| note.diagnostic(path, self.text)).collect();
        let severities = [(Severity::Error, "errors"), (Severity::Warning, "warnings")];
        let too_many = severities.into_iter().zip(self.count).filter(|(_, count)| *count > MOST_NOTES);
        for ((severity, what), count) in too_many {
            let message = format!("this document has {} more {what}, which are not shown", count - MOST_NOTES);
            out.push(Diagnostic { severity, ..Diagnostic::error(Location::file(path), message) });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: [&str; 3] = [atom::tests::GOOD, rss::tests::GOOD, json::tests::GOOD];

    /// What breaks documents where it is put in.
    const BREAKS: [&str; 16] = [
        "",
        "<",
        ">",
        "\"",
        "'",
        "&",
        "]]>",
        "<![CDATA[",
        "<!--",
        "é\u{10ffff}",
        "\u{b}",
        "{",
        "]",
        "\\u",
        "1e999",
        "xmlns:a=''",
    ];

    fn sound(bytes: &[u8]) {
        let verdict = lint("f", bytes);
        for diagnostic in &verdict.diagnostics {
            crate::diagnostics::show(diagnostic, Default::default());
        }
        assert!(verdict.diagnostics.len() <= 2 * MOST_NOTES + 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            sound(&bytes);
            sound(&[b"<rss>", &bytes[..]].concat());
            sound(&[b"{", &bytes[..]].concat());
        }

        #[test]
        fn broken_feeds_are_judged(
            which in 0..3_usize,
            changes in proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::sample::select(&BREAKS)), 1..8),
        ) {
            let mut bytes = GOOD[which].as_bytes().to_vec();
            for (at, length, with) in changes {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, with.bytes());
            }
            sound(&bytes);
        }

        #[test]
        fn values_in_any_place_are_judged(which in 0..3_usize, value in "\\PC{0,30}", at in any::<prop::sample::Index>()) {
            // A text in the location of another, so that the document stays well-formed.
            let escaped = value.replace(['&', '<', '"', '\\', '>'], "x");
            let parts: Vec<&str> = GOOD[which].split(['"', '>', '<']).collect();
            let part = parts[at.index(parts.len())];
            sound(GOOD[which].replace(if part.is_empty() { "News" } else { part }, &escaped).as_bytes());
        }
    }
}
