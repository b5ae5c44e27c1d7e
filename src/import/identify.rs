//! Identifies entries: which earlier entry of the same source each is, which ones other sources have already, and whose
//! the ids are that several claim.
//!
//! The same entry has the same source and the same id. The same id from another source is a quotation if the link, or
//! title and day, agree: it is not imported. Otherwise it is another story, which comes without that id. Ids that this
//! site mints count only in its own documents. Entries without ids are matched by what they say ([`match_previous`]).

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::entry::Body;
use super::language_marks;
use super::match_previous::match_previous;
use super::normalize::{Normalized, NormalizedEntry, own_tag_prefix};
use super::report::Outcome;
use super::slug::{hash, is_portable_id, story_ids_of};
use super::source_id::{SourceId, normalized_address};
use super::state::{ImportState, SourceEntry};
use super::story_file::Story;
use crate::config::Config;
use crate::dates::{self, ParsedDate};
use crate::markup::Content;
use crate::model::entry_tag_uri;
use crate::pairing::fold;
use crate::store::{StoredTranslation, StoryLookup};

/// An earlier entry: the index of its story in the state, and its index there.
type Earlier = (usize, usize);

/// Decides for each entry which story of the state it continues. Entries that are not to be imported get an outcome.
pub fn identify(
    config: &Config,
    lookup: &StoryLookup<'_>,
    into: &Path,
    normalized: &mut Normalized,
    state: &mut ImportState,
) -> Vec<Option<usize>> {
    language_marks::ids::keep(&mut normalized.entries, state);
    let count = normalized.entries.len();
    let links = Links { into, state, of_stories: HashMap::new() };
    let mut identifier =
        Identifier { config, lookup, entries: &mut normalized.entries, links, matches: vec![None; count] };
    identifier.match_ids();
    identifier.resolve_claims();
    identifier.resolve_own_ids();
    let Identifier { matches, .. } = identifier;
    for (index, (story, entry)) in matches.iter().enumerate().filter_map(|(index, found)| Some((index, (*found)?))) {
        // A record of version 1 gets the full source.
        let earlier = &mut state.stories[story].entries[entry];
        if earlier.source.segment().is_some() {
            earlier.source = normalized.entries[index].source.clone();
        }
    }
    find_quoted(lookup, normalized, &matches);
    let mut previous = match_previous(normalized, state, &matches);
    skip_corrections_of_others(normalized, state, &mut previous);
    skip_older(normalized, state, &mut previous);
    for (index, found) in previous.iter().enumerate() {
        let entry = &normalized.entries[index];
        let Some((story, earlier)) = found else { continue };
        let earlier = &mut state.stories[*story].entries[*earlier];
        if earlier.source.segment() == Some(&*entry.segment) {
            earlier.source = entry.source.clone();
        }
    }
    let previous: Vec<Option<usize>> = previous.into_iter().map(|found| found.map(|(story, _)| story)).collect();
    finish_guids(config, lookup, normalized, state, &previous);
    find_existing(lookup, normalized, state, &previous);
    previous
}

/// The links of earlier entries, which are in the files of their stories.
struct Links<'a> {
    into: &'a Path,
    state: &'a ImportState,
    of_stories: HashMap<usize, Vec<(String, String)>>,
}

impl Links<'_> {
    /// Whether an earlier entry has a link.
    fn agree(&mut self, (story, entry): Earlier, link: Option<&str>) -> bool {
        let Some(link) = link else { return false };
        let StoredIn { file, language } = StoredIn::of(self.state, (story, entry));
        let links = self.of_stories.entry(story).or_insert_with(|| {
            let read = std::fs::read_to_string(self.into.join(file)).ok().and_then(|text| Story::from_toml(&text));
            let translations = read.into_iter().flat_map(|story| story.translations);
            translations.filter_map(|own| Some((own.language, normalized_address(&own.link?)))).collect()
        });
        links.iter().any(|(of, other)| of == language && *other == normalized_address(link))
    }
}

/// Where an earlier entry is stored.
struct StoredIn<'a> {
    file: &'a str,
    language: &'a str,
}

impl<'a> StoredIn<'a> {
    fn of(state: &'a ImportState, (story, entry): Earlier) -> StoredIn<'a> {
        let story = &state.stories[story];
        StoredIn { file: &story.file, language: &story.entries[entry].language }
    }
}

struct Identifier<'a> {
    config: &'a Config,
    lookup: &'a StoryLookup<'a>,
    entries: &'a mut Vec<NormalizedEntry>,
    links: Links<'a>,
    matches: Vec<Option<Earlier>>,
}

impl<'a> Identifier<'a> {
    fn earlier(&self, (story, entry): Earlier) -> &'a SourceEntry {
        &self.links.state.stories[story].entries[entry]
    }

    /// The earlier entries by their ids.
    fn by_key(&self) -> HashMap<&'a str, Vec<Earlier>> {
        let mut by_key: HashMap<&str, Vec<Earlier>> = HashMap::new();
        for (story, of_story) in self.links.state.stories.iter().enumerate() {
            for (entry, earlier) in of_story.entries.iter().enumerate() {
                if let Some(key) = &earlier.key {
                    by_key.entry(key).or_default().push((story, entry));
                }
            }
        }
        by_key
    }

    /// Whether an entry and an earlier one have the same link, or the same title and day.
    fn agrees(&mut self, index: usize, found: Earlier) -> bool {
        let (entry, earlier) = (&self.entries[index], self.earlier(found));
        let is_same_day = entry.date() == earlier.date && fold(entry.title()) == fold(&earlier.title);
        is_same_day || self.links.agree(found, self.entries[index].link.as_deref())
    }

    /// Matches by source and id, the exact source first.
    fn match_ids(&mut self) {
        let by_key = self.by_key();
        let mut is_used: HashSet<Earlier> = HashSet::new();
        for is_exact in [true, false] {
            for index in 0..self.entries.len() {
                let entry = &self.entries[index];
                if entry.is_skipped() || self.matches[index].is_some() {
                    continue;
                }
                let Some(candidates) = entry.key.as_deref().and_then(|key| by_key.get(key)) else { continue };
                let unused: Vec<Earlier> =
                    candidates.iter().copied().filter(|found| !is_used.contains(found)).collect();
                let near = unused.into_iter().filter(|found| {
                    let (earlier, entry) = (self.earlier(*found), &self.entries[index]);
                    if is_exact {
                        return earlier.source == entry.source;
                    }
                    let is_segment = earlier.source.segment() == Some(&*entry.segment);
                    let is_same_text = is_segment
                        && (fold(&earlier.title) == fold(entry.title())
                            || (!entry.text_hash.is_empty() && earlier.text_hash == entry.text_hash));
                    let is_near = is_segment || earlier.source.is_on_same_host(&entry.source);
                    is_same_text || (is_near && self.agrees(index, *found))
                });
                let near: Vec<Earlier> = near.collect();
                // An entry in another language is the earlier one only if it says the same.
                let is_possible = |found: &Earlier| {
                    let (earlier, entry) = (self.earlier(*found), &self.entries[index]);
                    earlier.language == entry.language()
                        || fold(&earlier.title) == fold(entry.title())
                        || (!entry.text_hash.is_empty() && earlier.text_hash == entry.text_hash)
                };
                // Of several the one that says the same comes first, then the one in the same language.
                let found = near.into_iter().filter(is_possible).min_by_key(|found| {
                    let (earlier, entry) = (self.earlier(*found), &self.entries[index]);
                    let is_other_language = earlier.language != entry.language();
                    (is_other_language || !entry.is_unchanged(earlier), is_other_language)
                });
                // A source whose own entry has a foreign id may quote the entry that has it.
                let is_quotation = found.is_some_and(|found| {
                    let others = candidates.iter().copied().filter(|other| *other != found);
                    let has_foreign_id = !self.earlier(found).keeps_guid && !self.agrees(index, found);
                    has_foreign_id && others.into_iter().any(|other| self.agrees(index, other))
                });
                if let Some(found) = found.filter(|_| !is_quotation) {
                    is_used.insert(found);
                    self.matches[index] = Some(found);
                    let earlier = self.earlier(found);
                    let entry = &mut self.entries[index];
                    entry.keeps_guid = earlier.keeps_guid;
                    entry.previous_language = Some(earlier.language.clone()).filter(|of| of != entry.language());
                }
            }
        }
    }

    /// Of sources that have the same id the one of an earlier import counts, else the first.
    fn resolve_claims(&mut self) {
        let by_key = self.by_key();
        let mut claims: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, entry) in self.entries.iter().enumerate().filter(|(index, _)| self.matches[*index].is_some()) {
            entry.key.iter().for_each(|key| claims.entry(key.clone()).or_default().push(index));
        }
        for index in 0..self.entries.len() {
            let entry = &self.entries[index];
            let Some(key) = entry.key.clone().filter(|_| !entry.is_skipped() && self.matches[index].is_none()) else {
                continue;
            };
            let earlier = by_key.get(&*key).cloned().unwrap_or_default();
            let in_run = claims.get(&key).cloned().unwrap_or_default();
            let is_foreign = |of: &SourceId| *of != self.entries[index].source;
            let foreign: Vec<Earlier> =
                earlier.iter().copied().filter(|found| is_foreign(&self.earlier(*found).source)).collect();
            if let Some(found) = foreign.into_iter().find(|found| self.agrees(index, *found)) {
                let of = StoredIn::of(self.links.state, found).file.to_owned();
                let from = self.earlier(found).source.clone();
                self.entries[index].report.outcome = Some(quoted(of, &from));
                continue;
            }
            let is_quoted = |other: &usize| {
                let (own, other) = (&self.entries[index], &self.entries[*other]);
                other.source != own.source && agree(own, other)
            };
            if let Some(other) = in_run.iter().copied().find(is_quoted) {
                let other = &self.entries[other];
                let of = other.report.source.clone();
                // Several feeds of one site have its entries.
                self.entries[index].report.outcome = Some(match self.entries[index].is_own && other.is_own {
                    true => Outcome::Duplicate { of, of_line: other.report.line },
                    false => quoted(of, &other.source),
                });
                continue;
            }
            if !earlier.is_empty() || !in_run.is_empty() {
                self.entries[index].drop_guid("another entry has the same id");
            }
            claims.entry(key).or_default().push(index);
        }
    }

    /// Ids that this site mints: without the site's own word they prove nothing.
    fn resolve_own_ids(&mut self) {
        let prefix = own_tag_prefix(self.config);
        let mut ids: HashMap<String, String> = HashMap::new();
        for index in 0..self.entries.len() {
            let entry = &self.entries[index];
            let Some(guid) = entry.guid.clone().filter(|guid| !entry.is_skipped() && guid.starts_with(&prefix)) else {
                continue;
            };
            let own = guid[prefix.len()..].rsplit_once('/').map(|(story, tag)| (story.to_owned(), tag.to_owned()));
            let story = self.matches[index].map(|(story, _)| self.links.state.stories[story].id().to_owned());
            if let Some(story) = story {
                // It continues its story, which may have been imported as this site's own.
                let entry = &mut self.entries[index];
                // Not if it came without its id.
                let is_of_story = entry.keeps_guid && own.is_some_and(|(own, _)| own == story);
                entry.story_id = entry.story_id.take().filter(|_| is_of_story);
                entry.guid = entry.guid.take().filter(|_| is_of_story);
                continue;
            }
            let is_own = entry.is_own;
            if let Some((id, tag)) = &own
                && let Some(path) = self.lookup.file_of(id)
            {
                let is_in_state = self.links.state.stories.iter().any(|story| story.id() == id);
                let is_same = self.lookup.has_id(id)
                    && self.lookup.any_translation(id, |stored| {
                        stored.language.eq_ignore_ascii_case(tag) && says_the_same(entry, &stored)
                    });
                let entry = &mut self.entries[index];
                if is_same && !(is_in_state && is_own) {
                    entry.report.outcome = Some(Outcome::AlreadyThere { path });
                } else if !(is_in_state && is_own) {
                    entry.drop_own_id("its id is one of a story that is in the store with another text");
                }
                continue;
            }
            let entry = &mut self.entries[index];
            match own {
                _ if !is_own => entry.drop_own_id(
                    "its id is one that this site mints, which counts with --own or from below the base URL only",
                ),
                Some((id, _)) if !is_portable_id(&id) => {
                    let reason =
                        format!("its id `{guid}` would give a file that the store refuses; give it another id");
                    entry.report.outcome = Some(Outcome::LeftOut { reason });
                }
                None => {
                    let reason = format!("its id `{guid}` names no story; give it another id");
                    entry.report.outcome = Some(Outcome::LeftOut { reason });
                }
                Some((id, _)) if ids.get(&id.to_ascii_lowercase()).is_some_and(|other| *other != id) => {
                    entry.drop_own_id(
                        "its id differs from another entry's in case alone, and file systems may not tell them apart",
                    );
                }
                _ if entry.story_id.is_none() => {
                    entry.drop_own_id("its id is one that this site mints, in a language that is not configured");
                }
                Some((id, _)) => drop(ids.insert(id.to_ascii_lowercase(), id)),
            }
        }
        for entry in self.entries.iter_mut() {
            entry.is_grouped_by_source |= entry.story_id.is_some();
        }
    }
}

fn quoted(of: String, from: &SourceId) -> Outcome {
    Outcome::Quoted { of, from: Some(from.to_string()).filter(|_| from.segment().is_none()) }
}

/// Whether two entries have the same link, or the same title and day.
fn agree(one: &NormalizedEntry, other: &NormalizedEntry) -> bool {
    let link = |entry: &NormalizedEntry| entry.link.as_deref().map(normalized_address);
    (one.date() == other.date() && fold(one.title()) == fold(other.title()))
        || link(one).is_some_and(|of_one| link(other) == Some(of_one))
}

/// Whether a translation in the store has the title or the text of an entry.
fn says_the_same(entry: &NormalizedEntry, stored: &StoredTranslation<'_>) -> bool {
    let is_same_title = stored.translation.title.is_some_and(|title| fold(title) == fold(entry.title()));
    is_same_title || (!entry.text_hash.is_empty() && has_same_text(entry, stored))
}

/// Whether a translation in the store has the text of an entry, or neither has any.
fn has_same_text(entry: &NormalizedEntry, stored: &StoredTranslation<'_>) -> bool {
    let own = stored.translation;
    let body = own.content.map(|content| match content {
        Content::Html(text) => Body::Html(text.to_owned()),
        Content::Markdown(text) => Body::Markdown(text.to_owned()),
        Content::Text(text) => Body::Text(text.to_owned()),
    });
    let body = body.map(|body| body.visible_text()).unwrap_or_default();
    let summary = own.summary.unwrap_or_default();
    let text = [summary, &body].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
    if text.is_empty() { entry.text_hash.is_empty() } else { hash(&text) == entry.text_hash }
}

/// Decides which entry keeps a guid that a story of the store, or another entry, has too.
fn finish_guids(
    config: &Config,
    lookup: &StoryLookup<'_>,
    normalized: &mut Normalized,
    state: &ImportState,
    previous: &[Option<usize>],
) {
    let mut claimed: HashMap<String, usize> = HashMap::new();
    let is_earlier = |index: &usize| previous[*index].is_some();
    let order: Vec<usize> =
        (0..previous.len()).filter(is_earlier).chain((0..previous.len()).filter(|i| !is_earlier(i))).collect();
    for index in order {
        let entry = &normalized.entries[index];
        let Some(guid) = entry.guid.clone().filter(|_| !entry.is_skipped() && entry.keeps_guid) else { continue };
        let story = previous[index].map(|story| state.stories[story].id());
        let own = entry.story_id.as_deref().or(story);
        let is_own_tag = own.is_some_and(|id| entry_tag_uri(&config.site.authority, id, entry.language()) == guid);
        if guid.starts_with(&own_tag_prefix(config)) && !is_own_tag {
            normalized.entries[index].drop_own_id("its id is one that this site mints for another entry");
            continue;
        }
        let owner = lookup.story_with_guid(&guid).filter(|owner| Some(*owner) != story);
        if owner.is_some() && entry.existing.is_none() {
            normalized.entries[index].drop_guid("a story in the store has the same id");
            continue;
        }
        if claimed.insert(guid, index).is_some() {
            normalized.entries[index].drop_guid("another entry has the same id");
        }
    }
}

/// Skips the entries that would correct a text of another source, which is not read now: otherwise two sources would change it
/// in turn. Their translations are paired without them.
fn skip_corrections_of_others(normalized: &mut Normalized, state: &ImportState, previous: &mut [Option<Earlier>]) {
    let all = &normalized.entries;
    let sources: HashSet<SourceId> =
        all.iter().flat_map(|entry| [entry.source.clone(), SourceId::of_segment(&entry.segment)]).collect();
    for (entry, found) in normalized.entries.iter_mut().zip(previous) {
        let Some(earlier) = found.map(|(story, earlier)| &state.stories[story].entries[earlier]) else { continue };
        if !entry.is_unchanged(earlier) && !corrects(entry, earlier, &sources) {
            let by = earlier.source.segment().unwrap_or(earlier.source.as_str()).to_owned();
            entry.report.outcome = Some(Outcome::Superseded { by, by_line: None });
            *found = None;
        }
    }
}

/// An older text of a source replaces no newer one, whichever was imported first.
fn skip_older(normalized: &mut Normalized, state: &ImportState, previous: &mut [Option<Earlier>]) {
    for (entry, found) in normalized.entries.iter_mut().zip(previous) {
        let Some((story, earlier)) = *found else { continue };
        let (file, earlier) = (&state.stories[story].file, &state.stories[story].entries[earlier]);
        let known =
            earlier.updated.as_deref().and_then(|written| dates::parse(written)?.date).map(ParsedDate::day_first);
        let is_older = known.zip(entry.updated).is_some_and(|(known, own)| known.is_after(own));
        if is_older && !entry.is_skipped() {
            entry.report.outcome = Some(Outcome::Older { file: file.clone() });
            *found = None;
        }
    }
}

/// Whether an entry may correct an earlier one. Only its own source corrects what has an id. `sources`: those that are read now.
pub fn corrects(entry: &NormalizedEntry, earlier: &SourceEntry, sources: &HashSet<SourceId>) -> bool {
    match &earlier.key {
        Some(_) => {
            earlier.source == entry.source
                || earlier.source.segment() == Some(&*entry.segment)
                || (earlier.key == entry.key && earlier.source.is_on_same_host(&entry.source))
        }
        None => sources.contains(&earlier.source),
    }
}

/// Finds the entries that a story of the store has already: it has their guid, and their link, or title and day.
fn find_quoted(lookup: &StoryLookup<'_>, normalized: &mut Normalized, matches: &[Option<Earlier>]) {
    for (entry, _) in normalized.entries.iter_mut().zip(matches).filter(|(_, found)| found.is_none()) {
        let Some(guid) = entry.guid.as_deref().filter(|_| !entry.is_skipped() && entry.keeps_guid) else { continue };
        let Some(owner) = lookup.story_with_guid(guid) else { continue };
        let agrees = lookup.any_translation(owner, |stored| {
            let is_same_title = stored.translation.title.is_some_and(|title| fold(title) == fold(entry.title()));
            let is_near = (stored.day - entry.date()).num_days().abs() <= 1;
            let link = stored.translation.link.map(|link| link.replace("{language}", stored.language));
            let is_same_link = link.is_some_and(|link| {
                entry.link.as_deref().is_some_and(|own| normalized_address(own) == normalized_address(&link))
            });
            is_same_link || (is_same_title && is_near)
        });
        entry.existing = agrees.then(|| Outcome::Quoted { of: owner.to_owned(), from: None });
    }
}

/// Finds the entries that the store has under an id that they would get: a translation of the same day, language and
/// title, in a file that no import wrote. Each translation is one entry.
fn find_existing(
    lookup: &StoryLookup<'_>,
    normalized: &mut Normalized,
    state: &ImportState,
    previous: &[Option<usize>],
) {
    let imported: HashSet<String> = state.stories.iter().map(|story| story.id().to_ascii_lowercase()).collect();
    let mut found: HashSet<(String, String)> = HashSet::new();
    for (entry, _) in normalized.entries.iter_mut().zip(previous).filter(|(_, previous)| previous.is_none()) {
        if entry.is_skipped() || entry.existing.is_some() {
            continue;
        }
        let ids = entry.story_id.iter().cloned().chain(story_ids_of(entry));
        let path = ids.filter(|id| !imported.contains(&id.to_ascii_lowercase())).find_map(|id| {
            let path = lookup.file_of(&id)?;
            let is_same = |stored: StoredTranslation<'_>| {
                (stored.day, stored.language) == (entry.date(), entry.language())
                    && stored.translation.title == Some(entry.title())
                    // An entry with an id of its own may have the title of another.
                    && (entry.key.is_none() || has_same_text(entry, &stored))
            };
            (lookup.any_translation(&id, is_same) && found.insert((id, entry.language().to_owned()))).then_some(path)
        });
        entry.existing = path.map(|path| Outcome::AlreadyThere { path });
    }
}
