//! Owns turning a parsed listing into entries, with captions split off.

use super::caption::Credits;
use super::{Entry, Listing};
use crate::dates::DateMatch;
use crate::import::entry::{Body, Image, ParsedEntry, trimmed_credit};
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
    let published = entry.date.as_ref().and_then(|found| found.date);
    let is_impossible = entry.date.is_some() && published.is_none();
    let skip_reason = is_impossible.then(|| "there is no such day; correct the date in the source".to_owned());
    let remark = entry.date.as_ref().and_then(DateMatch::remark).map(|remark| format!("its date {remark}"));
    ParsedEntry {
        line: entry.line,
        title: Some(entry.title.clone()).filter(|title| !title.is_empty()),
        fingerprint: Some(if original.is_empty() { original } else { hash(&original) }),
        published,
        skip_reason,
        remarks: remark.into_iter().collect(),
        summary,
        body,
        image: split.caption.map(|caption| Image {
            alt: caption.alt,
            credit: caption.credit.as_deref().and_then(trimmed_credit),
            ..Image::default()
        }),
        ..ParsedEntry::default()
    }
}
