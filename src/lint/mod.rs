//! A linter for feeds of any origin: RSS 2.0, Atom (RFC 4287) and JSON Feed 1.1, each in its file.
//!
//! An error is a violation of a specification; a warning is valid, but some feed readers handle it badly. No code is shared
//! with the renderers but the tokenizer of HTML, so that a bug in them is not repeated here. No I/O, no clock.
//!
//! Gaps: RSS 1.0 and Atom 0.3 are recognized and not checked; of RSS modules only content, `dc:language` and `atom:link` are
//! checked; no URL is fetched; an XML feed with a DTD or in another encoding than UTF-8 is rejected.
//!
//! For any input, memory stays within a small multiple of its size, and recursion depth is bounded.

mod atom;
#[cfg(test)]
mod harness;
mod html;
mod json;
mod parse;
mod rss;
mod value;
mod xml;

use std::ops::Range;

use crate::diagnostics::{Diagnostic, Location, Severity};
use crate::source::{decode, undecodable};

/// The largest document that is read; no feed reader loads a larger one.
pub const MAX_BYTES: usize = 256 << 20;

/// The most elements or JSON values of a document.
const MAX_NODES: usize = 8_000_000;

/// The most findings of each severity that are reported for a document.
const MAX_FINDINGS: usize = 100;

/// The findings of a document.
#[derive(Debug)]
pub struct LintResult {
    /// Otherwise it is a well-formed document of another kind, and has one diagnostic.
    pub is_feed: bool,
    /// The number of its entries.
    pub entries: usize,
    /// In document order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks a document; diagnostics show it as `path`.
pub fn lint(path: &str, bytes: &[u8]) -> LintResult {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => {
            return LintResult { is_feed: true, entries: 0, diagnostics: vec![undecodable(path, bytes, 0, error)] };
        }
    };
    let mut findings =
        Findings { text, reported: Vec::new(), counts: [0; 2], overflow: Finding::new(Severity::Error, 0..0, "") };
    characters(&mut findings);
    let entries = match text.trim_start().bytes().next() {
        Some(b'<') => parse::lint(&mut findings),
        Some(b'{' | b'[') => json::lint(&mut findings),
        Some(_) => {
            findings.error(0..1, "this is neither XML nor JSON, so it is no feed");
            None
        }
        None => {
            findings.error(0..0, "this document is empty");
            Some(0)
        }
    };
    LintResult { is_feed: entries.is_some(), entries: entries.unwrap_or(0), diagnostics: findings.diagnostics(path) }
}

/// Warns of characters that say that a text was decoded wrongly: C1 controls, and the replacement character.
fn characters(findings: &mut Findings<'_>) {
    let is_damage = |letter: char| matches!(letter, '\u{80}'..='\u{9f}' | '\u{fffd}');
    let mut found = findings.text.match_indices(is_damage);
    let Some((at, damage)) = found.next() else { return };
    let (code, more) = (damage.chars().next().map_or(0, u32::from), found.count());
    let more = if more == 0 { String::new() } else { format!(" ({more} more of the kind)") };
    let message = format!("the character U+{code:04X}, which no text has: it was decoded wrongly{more}");
    findings.warning(at..at + damage.len(), message).help("read the source in the encoding that it was written in");
}

/// An error or a warning at a span of bytes.
struct Finding {
    severity: Severity,
    span: Range<usize>,
    message: String,
    help: Option<String>,
    related: Option<(&'static str, Range<usize>)>,
}

impl Finding {
    fn new(severity: Severity, span: Range<usize>, message: impl Into<String>) -> Self {
        Finding { severity, span, message: message.into(), help: None, related: None }
    }

    /// Sets the advice that is shown with it.
    fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Sets another location that explains it.
    fn related(&mut self, label: &'static str, spanned: impl Spanned) -> &mut Self {
        self.related = Some((label, spanned.span()));
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

/// A part of a document with a span of its text.
trait Spanned {
    fn span(&self) -> Range<usize>;
}

impl Spanned for Range<usize> {
    fn span(&self) -> Range<usize> {
        self.clone()
    }
}

/// The findings of a document so far.
struct Findings<'a> {
    text: &'a str,
    reported: Vec<Finding>,
    /// All errors and all warnings, reported or not.
    counts: [usize; 2],
    /// The last one beyond the limit, so that `add` can return a reference.
    overflow: Finding,
}

impl Findings<'_> {
    /// Adds a violation of a specification.
    fn error(&mut self, spanned: impl Spanned, message: impl Into<String>) -> &mut Finding {
        self.add(Finding::new(Severity::Error, spanned.span(), message))
    }

    /// Adds something that some feed readers handle badly.
    fn warning(&mut self, spanned: impl Spanned, message: impl Into<String>) -> &mut Finding {
        self.add(Finding::new(Severity::Warning, spanned.span(), message))
    }

    fn add(&mut self, finding: Finding) -> &mut Finding {
        let count = &mut self.counts[usize::from(finding.severity == Severity::Warning)];
        *count += 1;
        if *count > MAX_FINDINGS {
            self.overflow = finding;
            return &mut self.overflow;
        }
        self.reported.push(finding);
        self.reported.last_mut().unwrap_or(&mut self.overflow)
    }

    /// Checks a language tag.
    fn language(&mut self, spanned: impl Spanned, tag: &str) {
        if let Err(why) = value::language(tag) {
            let help = "readers choose voice, font and direction by it; write one such as `en` or `pt-BR`";
            self.error(spanned, why).help(help);
        }
    }

    fn diagnostics(mut self, path: &str) -> Vec<Diagnostic> {
        self.reported.sort_by_key(|finding| finding.span.start);
        let mut out: Vec<Diagnostic> =
            self.reported.into_iter().map(|finding| finding.diagnostic(path, self.text)).collect();
        let severities = [(Severity::Error, "errors"), (Severity::Warning, "warnings")];
        let too_many = severities.into_iter().zip(self.counts).filter(|(_, count)| *count > MAX_FINDINGS);
        for ((severity, what), count) in too_many {
            let message = format!("this document has {} more {what}, which are not shown", count - MAX_FINDINGS);
            out.push(Diagnostic { severity, ..Diagnostic::error(Location::file(path), message) });
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALID: [&str; 3] = [atom::tests::VALID.0, rss::tests::VALID.0, json::tests::VALID.0];

    /// Insertions that often break a document.
    const BREAKS: [&str; 16] = [
        "", "<", ">", "\"", "'", "&", "]]>", "<![CDATA[", "<!--", "é\u{10ffff}", "\u{b}", "{", "]", "\\u", "1e999",
        "xmlns:a=''",
    ];

    fn check_invariants(bytes: &[u8]) {
        let result = lint("f", bytes);
        for diagnostic in &result.diagnostics {
            crate::diagnostics::show(diagnostic, Default::default());
        }
        assert!(result.diagnostics.len() <= 2 * MAX_FINDINGS + 2);
    }

    proptest! {
        #[test]
        fn any_bytes_are_checked(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            check_invariants(&bytes);
            check_invariants(&[b"<rss>", &bytes[..]].concat());
            check_invariants(&[b"{", &bytes[..]].concat());
        }

        #[test]
        fn broken_feeds_are_checked(
            which in 0..3_usize,
            changes in proptest::collection::vec((any::<prop::sample::Index>(), 0..40_usize, prop::sample::select(&BREAKS)), 1..8),
        ) {
            let mut bytes = VALID[which].as_bytes().to_vec();
            for (at, length, with) in changes {
                let at = at.index(bytes.len() + 1);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, with.bytes());
            }
            check_invariants(&bytes);
        }

        #[test]
        fn any_value_is_checked(which in 0..3_usize, value in "\\PC{0,30}", at in any::<prop::sample::Index>()) {
            // Replaces text only, so that the document stays well-formed.
            let escaped = value.replace(['&', '<', '"', '\\', '>'], "x");
            let parts: Vec<&str> = VALID[which].split(['"', '>', '<']).collect();
            let part = parts[at.index(parts.len())];
            check_invariants(VALID[which].replace(if part.is_empty() { "News" } else { part }, &escaped).as_bytes());
        }
    }
}
