//! Warnings about what subscribers would notice, or miss, in the step from one publication to the next.

use std::cmp::Ordering;

use super::manifest::{self, Manifest};
use crate::diagnostics::Diagnostic;
use crate::site::{Difference, EntryFingerprint, Site, truncated};

/// An entry, by its story and its language.
pub type EntryKey = (String, String);

/// The entries that appear, change and leave in the step from one publication to the next. Every list is sorted.
#[derive(Debug, Default)]
pub struct EntryChanges {
    pub added: Vec<EntryKey>,
    /// Those whose text changed.
    pub changed: Vec<EntryKey>,
    pub removed: Vec<EntryKey>,
}

impl EntryChanges {
    pub fn of(difference: &Difference<'_>) -> EntryChanges {
        let key = |story: &str, language: &str| (story.to_owned(), language.to_owned());
        EntryChanges {
            added: difference.added.iter().map(|entry| key(entry.story, entry.language)).collect(),
            changed: difference.changed.iter().map(|entry| key(entry.story, entry.language)).collect(),
            removed: difference.removed.iter().map(|entry| key(entry.story, entry.language)).collect(),
        }
    }
}

/// Warns of entries that no subscriber would see, of entries that are gone, and of entries whose id changed.
pub fn warnings(site: &Site, previous: &Manifest, mut difference: Difference<'_>) -> Vec<Diagnostic> {
    // Nobody changed anything: what differs does so because time has passed, or was set back.
    if previous.entries().next().is_none() || previous.input_hash() == Some(site.input_hash()) {
        return Vec::new();
    }
    let authority = &site.config().site.authority;
    if let Some(before) = previous.authority().filter(|before| before != authority) {
        let message = format!(
            "the authority was `{before}` and is `{authority}`: every id changes, and subscribers see everything anew"
        );
        let help =
            format!("write `authority = \"{before}\"` again, or choose another `output` if this is another site");
        return vec![Diagnostic::warning(None, message).help(help)];
    }
    let mut out = site.id_warnings(&mut difference);
    out.extend(truncated(difference.added.iter().filter_map(|entry| unseen(site, previous, entry)).collect()));
    out
}

/// How the entries differ from those of the previous publication: merges two lists that are in the order of a manifest.
pub fn difference<'a>(previous: &'a Manifest, entries: impl Iterator<Item = EntryFingerprint<'a>>) -> Difference<'a> {
    let mut out = Difference::default();
    let mut previous = previous.entries().peekable();
    for entry in entries {
        let key = (entry.story, entry.language);
        loop {
            match previous.peek().map(|before| manifest::compare_keys((before.story, before.language), key)) {
                Some(Ordering::Less) => out.removed.extend(previous.next()),
                Some(Ordering::Equal) => {
                    if let Some(before) = previous.next() {
                        out.changed.extend((before.text != entry.text).then_some(entry));
                        out.changed_guid.extend((before.guid != entry.guid).then_some(entry));
                    }
                    break;
                }
                _ => {
                    out.added.push(entry);
                    break;
                }
            }
        }
    }
    out.removed.extend(previous);
    out
}

/// A warning if an entry is new, but too old for a feed that was published before.
fn unseen(site: &Site, previous: &Manifest, entry: &EntryFingerprint<'_>) -> Option<Diagnostic> {
    let mut feeds = site.feeds_past_window(entry.entry);
    feeds.retain(|feed| previous.document(feed).is_some());
    let first = feeds.first()?;
    let more = if feeds.len() > 1 { format!(" and {} more", feeds.len() - 1) } else { String::new() };
    let message = format!(
        "`{}` ({}) is new here, yet older than what is shown by {first}{more}: no subscriber of that feed would see it",
        entry.story, entry.language
    );
    let help = format!(
        "if it is a late translation, give it a date of its own: `published` in `[translations.{}]`",
        entry.language
    );
    Some(Diagnostic::warning(site.location(entry.entry), message).help(help))
}
