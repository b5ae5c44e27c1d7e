//! Warnings about what subscribers would notice, or miss, in the step from one publication to the next.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::manifest::{Manifest, PreviousEntry};
use crate::diagnostics::Diagnostic;
use crate::site::{EntryFingerprint, Site};

/// The most warnings of one kind that are reported; the others are counted.
const MAX_WARNINGS: usize = 20;

/// Warns of entries that no subscriber would see, and of entries whose id changed. `entries` is in the order of a manifest.
pub fn warnings<'a>(
    site: &'a Site,
    previous: &'a Manifest,
    entries: impl Iterator<Item = EntryFingerprint<'a>>,
) -> Vec<Diagnostic> {
    if previous.entries().next().is_none() {
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
    let Difference { added, removed, changed_guid: with_new_guid } = difference(previous, entries);
    let removed_by_text: HashMap<(u64, &str), &str> = removed
        .into_iter()
        .filter_map(|entry| {
            let (story, language) = entry.key.rsplit_once('/')?;
            Some(((entry.text, language), story))
        })
        .collect();
    let (renamed, new): (Vec<_>, Vec<_>) = added
        .into_iter()
        .map(|entry| (entry, removed_by_text.get(&(entry.text, entry.language))))
        .partition(|(_, previous_id)| previous_id.is_some());
    let renamed = renamed.into_iter().filter_map(|(entry, previous_id)| Some(changed_id(site, &entry, previous_id?)));
    let unseen = new.into_iter().filter_map(|(entry, _)| unseen(site, previous, &entry));
    let mut out = truncated(renamed.collect());
    out.extend(truncated(with_new_guid.into_iter().map(|entry| changed_guid(site, &entry)).collect()));
    out.extend(truncated(unseen.collect()));
    out
}

/// How the entries of two publications differ. Every list is sorted.
#[derive(Default)]
struct Difference<'a> {
    added: Vec<EntryFingerprint<'a>>,
    removed: Vec<PreviousEntry<'a>>,
    changed_guid: Vec<EntryFingerprint<'a>>,
}

/// Merges two sorted lists.
fn difference<'a>(previous: &'a Manifest, entries: impl Iterator<Item = EntryFingerprint<'a>>) -> Difference<'a> {
    let mut out = Difference::default();
    let mut previous = previous.entries().peekable();
    for entry in entries {
        let key = format!("{}/{}", entry.story, entry.language);
        loop {
            match previous.peek().map(|before| before.key.cmp(key.as_str())) {
                Some(Ordering::Less) => out.removed.extend(previous.next()),
                Some(Ordering::Equal) => {
                    out.changed_guid.extend(previous.next().filter(|before| before.guid != entry.guid).map(|_| entry));
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

fn changed_id(site: &Site, entry: &EntryFingerprint<'_>, previous_id: &str) -> Diagnostic {
    let message = format!(
        "the entry `{previous_id}` ({}) has become `{}`: its subscribers see it once more",
        entry.language, entry.story
    );
    Diagnostic::warning(site.location(entry.entry), message).help(format!("write `id = \"{previous_id}\"` here"))
}

fn changed_guid(site: &Site, entry: &EntryFingerprint<'_>) -> Diagnostic {
    let message = format!(
        "the entry `{}` ({}) has another `guid` than before: its subscribers see it once more",
        entry.story, entry.language
    );
    Diagnostic::warning(site.location(entry.entry), message)
        .help("give it the `guid` that it had, or none if it had none")
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

/// The first warnings of a kind, and how many more there are.
fn truncated(mut warnings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = warnings.len().saturating_sub(MAX_WARNINGS);
    if more > 0 {
        warnings.truncate(MAX_WARNINGS);
        warnings.push(Diagnostic::warning(None, format!("… and {more} more warnings like those above")));
    }
    warnings
}
