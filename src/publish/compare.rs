//! What a person should know of the step from one publication to the next.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::manifest::{Manifest, Old};
use crate::diagnostics::Diagnostic;
use crate::site::{Known, Site};

/// No more warnings than these of one kind are written out.
const MOST: usize = 20;

/// Warns of entries that no subscriber would see, and of entries whose id changed. `known` is sorted as in a manifest.
pub fn warnings<'a>(site: &'a Site, old: &'a Manifest, known: impl Iterator<Item = Known<'a>>) -> Vec<Diagnostic> {
    if old.entries().next().is_none() {
        return Vec::new();
    }
    let authority = &site.config().site.authority;
    if let Some(before) = old.authority().filter(|before| before != authority) {
        let message = format!(
            "the authority was `{before}` and is `{authority}`: every id changes, and subscribers see everything anew"
        );
        let help =
            format!("write `authority = \"{before}\"` again, or choose another `output` if this is another site");
        return vec![Diagnostic::warning(None, message).help(help)];
    }
    let Differences { fresh, vanished, renamed } = differences(old, known);
    let by_text: HashMap<(u64, &str), &str> = vanished
        .into_iter()
        .filter_map(|old| {
            let (story, language) = old.key.rsplit_once('/')?;
            Some(((old.text, language), story))
        })
        .collect();
    let (moved, new): (Vec<_>, Vec<_>) = fresh
        .into_iter()
        .map(|entry| (entry, by_text.get(&(entry.text, entry.language))))
        .partition(|(_, old)| old.is_some());
    let moved = moved.into_iter().filter_map(|(entry, old)| Some(changed_id(site, &entry, old?)));
    let late = new.into_iter().filter_map(|(entry, _)| unseen(site, old, &entry));
    let mut out = capped(moved.collect());
    out.extend(capped(renamed.into_iter().map(|entry| changed_guid(site, &entry)).collect()));
    out.extend(capped(late.collect()));
    out
}

/// What two publications do not have in common; every list is sorted.
#[derive(Default)]
struct Differences<'a> {
    /// Entries that are here and were not.
    fresh: Vec<Known<'a>>,
    /// Entries that were and are not.
    vanished: Vec<Old<'a>>,
    /// Entries whose guid is another.
    renamed: Vec<Known<'a>>,
}

fn differences<'a>(old: &'a Manifest, known: impl Iterator<Item = Known<'a>>) -> Differences<'a> {
    let mut out = Differences::default();
    let mut old = old.entries().peekable();
    for entry in known {
        let key = format!("{}/{}", entry.story, entry.language);
        loop {
            match old.peek().map(|other| other.key.cmp(key.as_str())) {
                Some(Ordering::Less) => out.vanished.extend(old.next()),
                Some(Ordering::Equal) => {
                    out.renamed.extend(old.next().filter(|old| old.guid != entry.guid).map(|_| entry));
                    break;
                }
                _ => {
                    out.fresh.push(entry);
                    break;
                }
            }
        }
    }
    out.vanished.extend(old);
    out
}

fn changed_id(site: &Site, entry: &Known<'_>, old: &str) -> Diagnostic {
    let message = format!(
        "the entry `{old}` ({}) has become `{}`: its subscribers see it once more",
        entry.language, entry.story
    );
    Diagnostic::warning(site.location(entry.entry), message).help(format!("write `id = \"{old}\"` here"))
}

fn changed_guid(site: &Site, entry: &Known<'_>) -> Diagnostic {
    let message = format!(
        "the entry `{}` ({}) has another `guid` than before: its subscribers see it once more",
        entry.story, entry.language
    );
    Diagnostic::warning(site.location(entry.entry), message)
        .help("give it the `guid` that it had, or none if it had none")
}

fn unseen(site: &Site, old: &Manifest, entry: &Known<'_>) -> Option<Diagnostic> {
    let mut feeds = site.feeds_that_miss(entry.entry);
    feeds.retain(|feed| old.line(feed).is_some());
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
fn capped(mut warnings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = warnings.len().saturating_sub(MOST);
    if more > 0 {
        warnings.truncate(MOST);
        warnings.push(Diagnostic::warning(None, format!("… and {more} more warnings like those above")));
    }
    warnings
}
