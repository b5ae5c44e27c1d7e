//! What a person should know of the step from one publication to the next.

use std::cmp::Ordering;
use std::collections::HashMap;

use super::manifest::Manifest;
use crate::diagnostics::{Place, Problem};
use crate::site::{Known, Site};

/// No more warnings than these of one kind are written out.
const MOST: usize = 20;

/// Warns of entries that no subscriber would see, and of entries whose id changed. `known` is sorted as in a manifest.
pub fn warnings(site: &Site, old: &Manifest, known: &[Known<'_>]) -> Vec<Problem> {
    if old.entries().next().is_none() {
        return Vec::new();
    }
    let (fresh, vanished) = differences(old, known);
    let by_text: HashMap<(u64, &str), &str> = vanished
        .into_iter()
        .filter_map(|(key, text)| {
            let (story, language) = key.rsplit_once('/')?;
            Some(((text, language), story))
        })
        .collect();
    let (moved, new): (Vec<_>, Vec<_>) = fresh
        .into_iter()
        .map(|entry| (entry, by_text.get(&(entry.text, entry.language))))
        .partition(|(_, old)| old.is_some());
    let moved = moved.into_iter().filter_map(|(entry, old)| Some(changed_id(site, entry, old?)));
    let late = new.into_iter().filter_map(|(entry, _)| unseen(site, old, entry));
    let mut out = capped(moved.collect());
    out.extend(capped(late.collect()));
    out
}

/// The entries that are here and were not, and those that were and are not: both lists are sorted.
fn differences<'a>(old: &'a Manifest, known: &'a [Known<'a>]) -> (Vec<&'a Known<'a>>, Vec<(&'a str, u64)>) {
    let (mut fresh, mut vanished) = (Vec::new(), Vec::new());
    let mut old = old.entries().peekable();
    for entry in known {
        let key = format!("{}/{}", entry.story, entry.language);
        loop {
            match old.peek().map(|(other, _)| (*other).cmp(key.as_str())) {
                Some(Ordering::Less) => vanished.extend(old.next()),
                Some(Ordering::Equal) => {
                    old.next();
                    break;
                }
                _ => {
                    fresh.push(entry);
                    break;
                }
            }
        }
    }
    vanished.extend(old);
    (fresh, vanished)
}

fn changed_id(site: &Site, entry: &Known<'_>, old: &str) -> Problem {
    let message = format!(
        "the entry `{old}` ({}) has become `{}`: its subscribers would see it once more",
        entry.language, entry.story
    );
    Problem::warning(Place::file(site.file(entry.entry)), message)
        .help(format!("write `id = \"{old}\"` into this file"))
}

fn unseen(site: &Site, old: &Manifest, entry: &Known<'_>) -> Option<Problem> {
    let mut feeds = site.feeds_that_miss(entry.entry);
    feeds.retain(|feed| old.line(feed).is_some());
    let first = feeds.first()?;
    let more = if feeds.len() > 1 { format!(" and {} more", feeds.len() - 1) } else { String::new() };
    let message = format!(
        "`{}` ({}) is new here, yet older than all that {first}{more} shows: no subscriber of that feed would see it",
        entry.story, entry.language
    );
    let help = format!(
        "if it is a late translation, give it a date of its own: `published` in `[translations.{}]`",
        entry.language
    );
    Some(Problem::warning(Place::file(site.file(entry.entry)), message).help(help))
}

/// The first warnings of a kind, and how many more there are.
fn capped(mut warnings: Vec<Problem>) -> Vec<Problem> {
    let more = warnings.len().saturating_sub(MOST);
    if more > 0 {
        warnings.truncate(MOST);
        warnings.push(Problem::warning(None, format!("… and {more} more warnings like those above")));
    }
    warnings
}
