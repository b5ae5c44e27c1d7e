//! Step 3, group: which entries are translations of one story, and which earlier story it continues.
//!
//! Sources say so by translation keys, by the guids or links of translations, or by guids that this site minted; other
//! entries are paired by what they say ([`link`]).

use std::collections::{BTreeSet, HashMap, HashSet};

use super::identify::identify;
use super::normalize::Normalized;
use super::report::Pairs;
use super::source_id::SourceId;
use super::state::ImportState;
use super::{ImportOptions, link, review};
use crate::config::{Config, LanguageIndex};
use crate::diagnostics::Diagnostic;
use crate::store::StoryLookup;

/// The entries of one story, one a language.
#[derive(Debug, Default)]
pub struct StoryDraft {
    /// Their indices, in the configured order of languages.
    pub entries: Vec<usize>,
    /// The id that the story had where its entries come from.
    pub id: Option<String>,
    /// The earlier story that it continues: an index in the state, as in the fields below.
    pub previous: Option<usize>,
    /// Other earlier stories that are merged into it.
    pub merged: Vec<usize>,
    /// Languages of the earlier story that are in another draft now.
    pub moved_languages: Vec<String>,
}

/// All stories, in the order of their first entries.
#[derive(Debug, Default)]
pub struct Grouping {
    pub drafts: Vec<StoryDraft>,
    /// Entries that were paired, and pairs for review.
    pub pairs: Pairs,
    /// Decisions that cannot be applied.
    pub diagnostics: Vec<Diagnostic>,
}

/// Groups entries into stories. The decisions of the review file are added to the state.
pub fn group(
    config: &Config,
    options: &ImportOptions,
    lookup: &StoryLookup<'_>,
    normalized: &mut Normalized,
    state: &mut ImportState,
) -> Result<Grouping, Diagnostic> {
    let decisions = options.review.as_deref().map(review::read).transpose()?.unwrap_or_default();
    let diagnostics = link::apply_decisions(state, decisions, normalized);
    let mut grouping = Grouping { diagnostics, ..Grouping::default() };
    let mut previous = identify(config, lookup, &options.into, normalized, state);
    continue_records(normalized, state, &mut previous);
    let paired = link::pair_entries(normalized, state, options, &mut previous, &mut grouping)?;
    grouping.drafts = drafts(config, normalized, &paired);
    link_previous(&mut grouping.drafts, normalized, &previous);
    Ok(grouping)
}

/// A record continues the story that has its id from its source. Where ids are those of stories, as several translations with
/// the same show, nothing else tells which records are one.
fn continue_records(normalized: &mut Normalized, state: &ImportState, previous: &mut [Option<usize>]) {
    let mut stories: HashMap<(&SourceId, &str), usize> = HashMap::new();
    let mut counts: HashMap<(SourceId, String), usize> = HashMap::new();
    for (index, story) in state.stories.iter().enumerate() {
        for entry in &story.entries {
            let Some(id) = entry.record_id.as_deref() else { continue };
            stories.entry((&entry.source, id)).or_insert(index);
            *counts.entry((entry.source.clone(), id.to_owned())).or_insert(0) += 1;
        }
    }
    for (index, entry) in normalized.imported() {
        let Some(id) = &entry.record_id else { continue };
        previous[index] = previous[index].or_else(|| stories.get(&(&entry.source, id.as_str())).copied());
        if previous[index].is_none_or(|story| state.stories[story].entries.iter().all(|other| other.key != entry.key)) {
            *counts.entry((entry.source.clone(), id.clone())).or_insert(0) += 1;
        }
    }
    let of_stories: HashSet<&SourceId> =
        counts.iter().filter(|(_, count)| **count > 1).map(|((source, _), _)| source).collect();
    for entry in normalized.entries.iter_mut().filter(|entry| entry.record_id.is_some()) {
        entry.is_grouped_by_source |= of_stories.contains(&entry.source);
    }
}

/// Joins entries into stories. Of two entries in one language the second gets a story of its own.
fn drafts(config: &Config, normalized: &Normalized, paired: &[Vec<usize>]) -> Vec<StoryDraft> {
    let entries = &normalized.entries;
    let mut sets = DisjointSets((0..entries.len()).collect());
    let (mut by_story, mut by_key) = (HashMap::new(), HashMap::new());
    // A translation is named by its guid or its link.
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    for (index, entry) in normalized.imported() {
        if let Some(story) = &entry.story_id {
            sets.union(index, *by_story.entry(story).or_insert(index));
        }
        if let Some(key) = &entry.translation_key {
            sets.union(index, *by_key.entry(key).or_insert(index));
        }
        for name in entry.guid.iter().chain(&entry.link) {
            by_name.entry(name).or_insert(index);
        }
    }
    for (index, entry) in normalized.imported() {
        for other in entry.translations.iter().filter_map(|other| by_name.get(other.as_str())) {
            sets.union(index, *other);
        }
    }
    for set in paired {
        set.iter().skip(1).for_each(|index| sets.union(*index, set[0]));
    }
    let mut drafts: Vec<StoryDraft> = Vec::new();
    let mut by_root: HashMap<usize, usize> = HashMap::new();
    for (index, entry) in normalized.imported() {
        let root = sets.find(index);
        let lacks_language =
            |draft: &StoryDraft| draft.entries.iter().all(|other| entries[*other].language() != entry.language());
        match by_root.get(&root).filter(|draft| lacks_language(&drafts[**draft])) {
            Some(draft) => drafts[*draft].entries.push(index),
            None => {
                by_root.entry(root).or_insert(drafts.len());
                drafts.push(StoryDraft { entries: vec![index], id: entry.story_id.clone(), ..StoryDraft::default() });
            }
        }
    }
    let order = |index: &usize| config.language(entries[*index].language()).unwrap_or(LanguageIndex::MAX);
    drafts.iter_mut().for_each(|draft| draft.entries.sort_by_key(order));
    drafts
}

/// Decides which earlier story each draft continues. `previous`: by entry, its earlier story.
fn link_previous(drafts: &mut [StoryDraft], normalized: &Normalized, previous: &[Option<usize>]) {
    let mut continued = HashSet::new();
    let mut claims: HashMap<usize, BTreeSet<usize>> = HashMap::new();
    for (index, draft) in drafts.iter_mut().enumerate() {
        let stories = || draft.entries.iter().filter_map(|entry| previous[*entry]);
        draft.previous = stories().find(|story| continued.insert(*story));
        for story in stories() {
            claims.entry(story).or_default().insert(index);
        }
    }
    for index in 0..drafts.len() {
        let Some(story) = drafts[index].previous else { continue };
        // An earlier story that has entries in another draft too goes on there.
        let is_only_here = |other: &usize| claims[other].iter().all(|claim| *claim == index);
        let others: BTreeSet<usize> = drafts[index].entries.iter().filter_map(|entry| previous[*entry]).collect();
        let merged = others.into_iter().filter(|other| *other != story && is_only_here(other)).collect();
        let elsewhere =
            claims[&story].iter().filter(|claim| **claim != index).flat_map(|claim| &drafts[*claim].entries);
        let moved = elsewhere.filter(|entry| previous[**entry] == Some(story));
        let mut moved_languages: Vec<String> =
            moved.map(|entry| normalized.entries[*entry].language().to_owned()).collect();
        // A translation whose language was corrected leaves nothing behind.
        let own = || drafts[index].entries.iter().map(|entry| &normalized.entries[*entry]);
        let left = own().filter_map(|entry| entry.previous_language.clone());
        moved_languages.extend(left.filter(|left| own().all(|entry| entry.language() != left)));
        (drafts[index].merged, drafts[index].moved_languages) = (merged, moved_languages);
    }
}

/// Disjoint sets of indices, each known by its smallest.
struct DisjointSets(Vec<usize>);

impl DisjointSets {
    fn find(&mut self, index: usize) -> usize {
        let mut root = index;
        while self.0[root] != root {
            self.0[root] = self.0[self.0[root]];
            root = self.0[root];
        }
        root
    }

    fn union(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.0[one.max(other)] = one.min(other);
    }
}
