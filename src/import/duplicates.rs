//! Entries that several sources have, or one source twice: which of them counts.

use std::collections::HashMap;

use chrono::NaiveDate;
use url::Url;

use super::normalize::NormalizedEntry;
use super::report::Outcome;
use crate::pairing::fold;

/// Of entries with the same key, date, title and text the first counts. Of entries in different documents of
/// one source with the same key and language, or without a key the same date, language and title, the last counts.
pub fn skip_duplicates(entries: &mut [NormalizedEntry]) {
    let mut same: HashMap<(Option<String>, NaiveDate, String, String), usize> = HashMap::new();
    let mut alike: HashMap<(Option<String>, NaiveDate, String, String), Vec<usize>> = HashMap::new();
    for index in 0..entries.len() {
        let entry = &entries[index];
        if entry.is_skipped() {
            continue;
        }
        let exact = (entry.key.clone(), entry.date(), entry.title().to_owned(), entry.text_hash.clone());
        if let Some(&first) = same.get(&exact) {
            let (of, of_line) = location(&entries[first]);
            entries[index].report.outcome = Some(Outcome::Duplicate { of, of_line });
            continue;
        }
        same.insert(exact, index);
        let key = match &entry.key {
            Some(_) => (entry.key.clone(), NaiveDate::MIN, entry.source.to_string(), String::new()),
            None => (None, entry.date(), entry.language().to_owned(), fold(entry.title())),
        };
        let earlier = alike.entry(key).or_default();
        let is_elsewhere = |other: &usize| entries[*other].report.source != entry.report.source;
        // In another language it is no correction.
        let is_older = |other: &usize| is_elsewhere(other) && entries[*other].language() == entry.language();
        let superseded = earlier.iter().position(is_older).map(|position| earlier.remove(position));
        let is_repeated = earlier.iter().any(|other| !is_elsewhere(other));
        earlier.push(index);
        if let Some(other) = superseded {
            // The one that its source changed later, else the later one.
            let is_newer = entries[other].updated.zip(entry.updated).is_some_and(|(other, own)| other.is_after(own));
            let (older, newer) = if is_newer { (index, other) } else { (other, index) };
            let (by, line) = location(&entries[newer]);
            entries[older].report.outcome = Some(Outcome::Superseded { by, by_line: Some(line) });
            if is_newer {
                if let Some(newest) = earlier.last_mut() {
                    *newest = other;
                }
                continue;
            }
        }
        // A key that one source uses twice identifies nothing.
        let entry = &mut entries[index];
        if is_repeated && entry.key.is_some() {
            (entry.key, entry.guid, entry.story_id) = (None, None, None);
            entry.report.warnings.push("imported without its id, which another entry of its source has too".to_owned());
            let exact = (None, entry.date(), entry.title().to_owned(), entry.text_hash.clone());
            match same.get(&exact) {
                Some(&first) => {
                    let (of, of_line) = location(&entries[first]);
                    entries[index].report.outcome = Some(Outcome::Duplicate { of, of_line });
                }
                None => drop(same.insert(exact, index)),
            }
        }
    }
}

/// Joins the entries that this site's feeds name differently: Atom names an entry whose guid is no IRI by the id that the site
/// mints, the other formats by its guid. The one with the guid counts, and goes into the story of the other's id.
pub fn join_own_ids(entries: &mut [NormalizedEntry]) {
    let key =
        |entry: &NormalizedEntry| (entry.date(), entry.language().to_owned(), fold(entry.title()), entry.link.clone());
    let is_own = |entry: &NormalizedEntry| entry.is_own && !entry.is_skipped();
    let minted = (0..entries.len()).filter(|index| is_own(&entries[*index]) && entries[*index].story_id.is_some());
    let minted: HashMap<_, usize> = minted.map(|index| (key(&entries[index]), index)).collect();
    for index in 0..entries.len() {
        let entry = &entries[index];
        let is_no_iri = entry.guid.as_deref().is_some_and(|guid| Url::parse(guid).is_err());
        let Some(&other) = minted.get(&key(entry)).filter(|_| is_own(entry) && is_no_iri) else { continue };
        let (of, of_line) = location(entry);
        entries[index].story_id = entries[other].story_id.clone();
        entries[other].report.outcome = Some(Outcome::Duplicate { of, of_line });
    }
}

fn location(entry: &NormalizedEntry) -> (String, usize) {
    (entry.report.source.clone(), entry.report.line)
}
