//! Pairs the entries whose sources do not say which are translations of each other, by [`crate::pairing`]: with each
//! other, and with the translations of earlier imports.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::NaiveDate;

use super::ImportOptions;
use super::entry::{Body, Image};
use super::group::Grouping;
use super::normalize::Normalized;
use super::report::{Member, Pair, Pairs};
use super::state::{Decision, EntryRef, ImportState};
use super::story_file::{Story, Translation};
use crate::diagnostics::Diagnostic;
use crate::pairing::{self, Constraints, Entry, ScoredPair};

/// How much of a text is compared, in characters.
const MAX_COMPARED: usize = 600;

/// An entry, or a translation of an earlier import, with what is compared.
struct Candidate {
    /// The index of the entry; none for an earlier translation.
    entry: Option<usize>,
    /// The index of its story in the state.
    story: Option<usize>,
    /// What is reported of it.
    member: Member,
    text: String,
    image: Option<Image>,
    link: Option<String>,
    /// Whether it is a story of the store that no import wrote.
    is_existing: bool,
}

/// Adds decisions to the state. Returns a warning for each one that names no entry.
pub fn apply_decisions(state: &mut ImportState, decisions: Vec<Decision>, normalized: &Normalized) -> Vec<Diagnostic> {
    let new = normalized.imported().map(|(_, entry)| (entry.date(), entry.language(), entry.title()));
    let earlier = state.stories.iter().flat_map(|story| &story.entries);
    let earlier = earlier.map(|entry| (entry.date, entry.language.as_str(), entry.title.as_str()));
    let entries: HashSet<(NaiveDate, &str, &str)> = new.chain(earlier).collect();
    let is_unmatched = |id: &&EntryRef| !entries.contains(&(id.date, id.language.as_str(), id.title.as_str()));
    let unmatched = decisions.iter().flat_map(|decision| &decision.entries).filter(is_unmatched).map(|id| {
        let message = format!("a reviewed pair names no entry: {id}");
        Diagnostic::warning(None, message).help("change nothing but `same` in the list")
    });
    let unmatched = unmatched.collect();
    for decision in decisions {
        state.decisions.retain(|other| !other.is_about(&decision.entries));
        state.decisions.push(decision);
    }
    unmatched
}

/// Returns the sets of entries that are one story. An entry that is paired with an earlier translation continues its
/// story (`previous`). Pairs to report or to review are added to `grouping`.
pub fn pair_entries(
    normalized: &Normalized,
    state: &ImportState,
    options: &ImportOptions,
    previous: &mut [Option<usize>],
    grouping: &mut Grouping,
) -> Result<Vec<Vec<usize>>, Diagnostic> {
    let ungrouped = || normalized.imported().filter(|(_, entry)| !entry.is_grouped_by_source);
    let earlier = state.stories.iter().flat_map(|story| &story.entries).map(|entry| entry.language.as_str());
    let languages: HashSet<&str> = ungrouped().map(|(_, entry)| entry.language()).chain(earlier).collect();
    if languages.len() < 2 || ungrouped().next().is_none() {
        return Ok(Vec::new());
    }
    let mut candidates = Vec::new();
    for (index, entry) in ungrouped() {
        let Some(translation) = entry.translation(&normalized.spool)? else { continue };
        let candidate = Candidate::new(entry.date(), translation, (entry.report.source.clone(), entry.report.line));
        let is_existing = entry.existing.is_some();
        candidates.push(Candidate { entry: Some(index), story: previous[index], is_existing, ..candidate });
    }
    candidates.extend(earlier_candidates(&candidates, state, &options.into));
    let constraints = constraints(&candidates, &state.decisions);
    let compared: Vec<Entry<'_>> = candidates.iter().map(Candidate::compared).collect();
    let pairing = pairing::pair(&compared, &constraints, options.explain);

    let mut sets = Vec::new();
    for story in &pairing.stories {
        let members = || story.iter().map(|index| &candidates[*index]);
        let earlier = members().filter(|member| member.entry.is_none()).find_map(|member| member.story);
        let set: Vec<usize> = members().filter_map(|member| member.entry).collect();
        set.iter().for_each(|entry| previous[*entry] = previous[*entry].or(earlier));
        sets.push(set);
    }
    for (one, other) in &constraints.must_link {
        if !pairing.stories.iter().any(|story| story.contains(one) && story.contains(other)) {
            grouping.diagnostics.push(cannot_join(&candidates[*one].member.id, &candidates[*other].member.id));
        }
    }
    let decided: HashSet<(usize, usize)> =
        constraints.cannot_link.iter().chain(&constraints.must_link).copied().collect();
    let is_open =
        |pair: &ScoredPair| !decided.contains(&(pair.left, pair.right)) && !decided.contains(&(pair.right, pair.left));
    let member = |index: usize| candidates[index].member.clone();
    let reported = |pairs: Vec<ScoredPair>| -> Vec<Pair> {
        let open = pairs.into_iter().filter(|pair| is_open(pair));
        let pair = |ScoredPair { left, right, score, reasons, .. }: ScoredPair| Pair {
            score,
            reasons,
            one: member(left),
            other: member(right),
        };
        open.map(pair).collect()
    };
    grouping.pairs = Pairs { likely: reported(pairing.likely), ..Pairs::default() };
    if options.explain {
        (grouping.pairs.joined, grouping.pairs.missed) = (reported(pairing.joined), reported(pairing.near_misses));
    }
    Ok(sets)
}

fn cannot_join(one: &EntryRef, other: &EntryRef) -> Diagnostic {
    let message =
        format!("a reviewed pair cannot be one story, because a story has one entry in each language: {one}; {other}");
    Diagnostic::warning(None, message)
        .help("part them from the entries of the same language first, with `same = false`")
}

impl Candidate {
    /// `location`: a source, and the line in it.
    fn new(date: NaiveDate, translation: Translation, location: (String, usize)) -> Candidate {
        let (source, line) = location;
        let id = EntryRef { date, language: translation.language.clone(), title: translation.title.clone() };
        let body = translation.content.as_ref().map(Body::visible_text).unwrap_or_default();
        let text = [translation.summary.as_deref().unwrap_or_default(), &body].join("\n");
        let text = text.trim().chars().take(MAX_COMPARED).collect();
        let Translation { image, link, .. } = translation;
        Candidate {
            entry: None,
            story: None,
            member: Member { source, line, id },
            text,
            image,
            link,
            is_existing: false,
        }
    }

    fn compared(&self) -> Entry<'_> {
        let image = self.image.as_ref();
        Entry {
            language: &self.member.id.language,
            date: self.member.id.date,
            title: &self.member.id.title,
            text: &self.text,
            alt: image.and_then(|image| image.alt.as_deref()),
            image: image.and_then(|image| image.url.as_deref()),
            link: self.link.as_deref(),
        }
    }
}

/// Translations of earlier imports that are near in time and that no candidate replaces.
fn earlier_candidates(candidates: &[Candidate], state: &ImportState, into: &Path) -> Vec<Candidate> {
    let dates =
        || candidates.iter().filter(|candidate| candidate.story.is_none()).map(|candidate| candidate.member.id.date);
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else { return Vec::new() };
    let is_near = |date: NaiveDate| {
        (first - date).num_days() <= pairing::MAX_DAYS_APART && (date - last).num_days() <= pairing::MAX_DAYS_APART
    };
    let replaced: HashSet<(usize, &str)> = candidates
        .iter()
        .filter_map(|candidate| Some((candidate.story?, candidate.member.id.language.as_str())))
        .collect();
    let mut earlier = Vec::new();
    for (index, story) in state.stories.iter().enumerate() {
        if !story.entries.iter().any(|entry| is_near(entry.date)) {
            continue;
        }
        let path = into.join(&story.file);
        let read = std::fs::read_to_string(&path).ok().and_then(|text| Story::from_toml(&text));
        for translation in read.into_iter().flat_map(|read| read.translations) {
            let entry = story.entries.iter().find(|entry| entry.language == translation.language);
            if let Some(entry) = entry.filter(|_| !replaced.contains(&(index, translation.language.as_str()))) {
                let candidate = Candidate::new(entry.date, translation, (path.display().to_string(), 0));
                earlier.push(Candidate { story: Some(index), ..candidate });
            }
        }
    }
    earlier
}

/// What earlier imports and reviews decided about the candidates.
fn constraints(candidates: &[Candidate], decisions: &[Decision]) -> Constraints {
    let mut by_id: HashMap<&EntryRef, usize> = HashMap::new();
    for (index, candidate) in candidates.iter().enumerate() {
        by_id.entry(&candidate.member.id).or_insert(index);
    }
    let previous_story = candidates.iter().enumerate().map(|(index, candidate)| {
        // A story of the store that no import wrote joins no other.
        candidate.story.or(candidate.is_existing.then_some(usize::MAX - index))
    });
    let previous_story = previous_story.collect();
    let mut constraints = Constraints { previous_story, ..Constraints::default() };
    for Decision { same, entries: [one, other] } in decisions {
        let (Some(one), Some(other)) = (by_id.get(one), by_id.get(other)) else { continue };
        if *same { &mut constraints.must_link } else { &mut constraints.cannot_link }.push((*one, *other));
    }
    constraints
}
