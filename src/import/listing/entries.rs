//! Owns turning a parsed listing into entries, with captions split off.

use super::caption::Credits;
use super::{Date, Entry, Listing};
use crate::import::entry::{Body, EntryDate, Image, ParsedEntry};
use crate::import::report::{SourceLine, SourceReport};
use crate::import::slug::hash;

/// The longest text that counts as a summary, in characters.
const MAX_SUMMARY_CHARS: usize = 1000;

/// Parses a listing into entries, with a report on the whole.
pub fn read(name: &str, text: &str) -> (SourceReport, Vec<ParsedEntry>) {
    let listing = Listing::parse(text);
    let texts = listing.entries.iter().map(|entry| (entry.title.as_str(), entry.paragraphs.as_slice()));
    let credits = Credits::learn(texts);
    let entries: Vec<ParsedEntry> = listing.entries.iter().map(|entry| parsed_entry(entry, &credits)).collect();
    let line = |(line, text): (usize, String)| SourceLine { line, text };
    let report = SourceReport {
        name: name.to_owned(),
        entries: entries.len(),
        heading: listing.heading.into_iter().map(line).collect(),
        dated: listing.dated.into_iter().map(line).collect(),
        notes: listing.notes,
        ..SourceReport::default()
    };
    (report, entries)
}

/// One short paragraph on one line is a summary; anything longer is a body.
pub fn summary_or_body(paragraphs: &[String]) -> (Option<String>, Option<Body>) {
    match paragraphs {
        [] => (None, None),
        [one] if !one.contains('\n') && one.chars().nth(MAX_SUMMARY_CHARS).is_none() => (Some(one.clone()), None),
        several => (None, Some(Body::Text(several.join("\n\n")))),
    }
}

fn parsed_entry(entry: &Entry, credits: &Credits) -> ParsedEntry {
    let split = credits.split(&entry.paragraphs);
    let original = entry.paragraphs.join("\n\n");
    let (summary, body) = summary_or_body(&split.paragraphs);
    let (published, skip_reason) = match entry.date {
        Date::Valid(date) => (Some(EntryDate::Day(date)), None),
        Date::Missing => (None, None),
        Date::Impossible => (None, Some("there is no such day; correct the date in the source".to_owned())),
    };
    ParsedEntry {
        line: entry.line,
        title: Some(entry.title.clone()).filter(|title| !title.is_empty()),
        fingerprint: Some(if original.is_empty() { original } else { hash(&original) }),
        published,
        skip_reason,
        summary,
        body,
        image: split.caption.map(|caption| Image { alt: caption.alt, credit: caption.credit, ..Image::default() }),
        ..ParsedEntry::default()
    }
}
