//! Owns which entries are brought before [`crate::pairing`], and what follows from what it finds: entries whose source does not say which are
//! one story, beside those of earlier imports; never touches what pairs them.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use chrono::NaiveDate;

use super::entries::Prepared;
use super::entry::Body;
use super::record::{Decision, Named, Record};
use super::report::{EntryReport, Member, Pair, Pairs};
use super::review::Open;
use super::story_file::{Story, Text};
use super::texts::Texts;
use crate::diagnostics::Diagnostic;
use crate::pairing::{self, Constraints, ScoredPair};

/// So much of a text is compared, in characters.
const LONGEST: usize = 600;

/// Which entries are one story, as far as that was found.
#[derive(Debug, Default)]
pub struct Joined {
    /// Places of entries that are one story.
    pub sets: Vec<Vec<usize>>,
    /// By place of an entry: its story in the record.
    pub recalled: Vec<Option<usize>>,
    pub pairs: Pairs,
    /// What a person may decide.
    pub open: Vec<Open>,
    /// Decisions that cannot be followed.
    pub diagnostics: Vec<Diagnostic>,
}

/// An entry, or a text of an earlier import, as it is compared.
struct Candidate {
    /// The place of the entry; none for an earlier text.
    place: Option<usize>,
    /// The story in the record.
    story: Option<usize>,
    named: Named,
    source: String,
    line: usize,
    text: String,
    alt: Option<String>,
    image: Option<String>,
    link: Option<String>,
}

/// Takes in what a person decided of pairs, and tells what names no entry.
pub fn decide(record: &mut Record, decisions: Vec<Decision>, prepared: &[Prepared]) -> Vec<Diagnostic> {
    let ready = prepared.iter().filter_map(|entry| entry.ready.as_ref());
    let new = ready.map(|ready| (ready.date(), ready.language.as_str(), ready.title.as_str()));
    let old = record.stories.iter().flat_map(|story| &story.entries);
    let old = old.map(|origin| (origin.date, origin.language.as_str(), origin.title.as_str()));
    let known: HashSet<(NaiveDate, &str, &str)> = new.chain(old).collect();
    let is_astray = |named: &&Named| !known.contains(&(named.date, named.language.as_str(), named.title.as_str()));
    let astray = decisions.iter().flat_map(|decision| &decision.entries).filter(is_astray).map(|named| {
        let message = format!("a reviewed pair names no entry: {named}");
        Diagnostic::warning(None, message).help("change nothing but `same` in the list")
    });
    let astray = astray.collect();
    for decision in decisions {
        record.decisions.retain(|other| !other.is_of(&decision.entries));
        record.decisions.push(decision);
    }
    astray
}

/// Finds the stories of unmarked entries. `recalled`: by place of an entry its story in the record.
pub fn of(
    prepared: &[Prepared],
    texts: &Texts,
    record: &Record,
    into: &Path,
    recalled: Vec<Option<usize>>,
    is_explained: bool,
) -> Result<Joined, Diagnostic> {
    let mut joined = Joined { recalled, ..Joined::default() };
    let unmarked = || prepared.iter().filter_map(|entry| entry.ready.as_ref()).filter(|ready| ready.is_unmarked);
    let earlier_ones = record.stories.iter().flat_map(|story| &story.entries).map(|origin| origin.language.as_str());
    let languages: HashSet<&str> = unmarked().map(|ready| ready.language.as_str()).chain(earlier_ones).collect();
    if languages.len() < 2 || unmarked().next().is_none() {
        return Ok(joined);
    }
    let mut candidates = Vec::new();
    for (place, entry) in prepared.iter().enumerate() {
        if let Some(ready) = entry.ready.as_ref().filter(|ready| ready.is_unmarked) {
            let text = texts.get(ready.kept)?;
            let named = Named { date: ready.date(), language: ready.language.clone(), title: ready.title.clone() };
            let EntryReport { source, line, .. } = &entry.report;
            let of_entry = Candidate::new(named, (source.clone(), *line), text);
            candidates.push(Candidate { place: Some(place), story: joined.recalled[place], ..of_entry });
        }
    }
    candidates.extend(earlier(&candidates, record, into));
    let constraints = constraints(&candidates, &record.decisions);
    let items: Vec<pairing::Entry<'_>> = candidates.iter().map(Candidate::entry).collect();
    let pairing = pairing::pair(&items, &constraints, is_explained);
    for story in &pairing.stories {
        let places: Vec<usize> = story.iter().filter_map(|item| candidates[*item].place).collect();
        let earlier =
            story.iter().find_map(|item| candidates[*item].story.filter(|_| candidates[*item].place.is_none()));
        for place in &places {
            joined.recalled[*place] = joined.recalled[*place].or(earlier);
        }
        joined.sets.push(places);
    }
    for (one, other) in &constraints.must_link {
        if !pairing.stories.iter().any(|story| story.contains(one) && story.contains(other)) {
            joined.diagnostics.push(cannot_join(&candidates[*one].named, &candidates[*other].named));
        }
    }
    let decided: HashSet<(usize, usize)> =
        constraints.cannot_link.iter().chain(&constraints.must_link).copied().collect();
    let is_open =
        |pair: &&ScoredPair| !decided.contains(&(pair.left, pair.right)) && !decided.contains(&(pair.right, pair.left));
    let member = |item: usize| {
        let Candidate { named, source, line, .. } = &candidates[item];
        Member {
            source: source.clone(),
            line: *line,
            date: named.date.to_string(),
            language: named.language.clone(),
            title: named.title.clone(),
        }
    };
    let told = |links: &[ScoredPair]| {
        let pair = |pair: &ScoredPair| Pair {
            score: (pair.score * 1000.0).round() / 1000.0,
            reasons: pair.reasons.clone(),
            one: member(pair.left),
            other: member(pair.right),
        };
        links.iter().filter(is_open).map(pair).collect()
    };
    joined.pairs =
        Pairs { joined: told(&pairing.joined), likely: told(&pairing.likely), missed: told(&pairing.near_misses) };
    let open = |pair: &ScoredPair| Open {
        score: pair.score,
        reasons: pair.reasons.clone(),
        entries: [candidates[pair.left].named.clone(), candidates[pair.right].named.clone()],
    };
    joined.open = pairing.likely.iter().filter(is_open).map(open).collect();
    Ok(joined)
}

fn cannot_join(one: &Named, other: &Named) -> Diagnostic {
    let message =
        format!("a reviewed pair cannot be one story, because a story has one entry in each language: {one}; {other}");
    Diagnostic::warning(None, message)
        .help("part them from the entries of the same language first, with `same = false`")
}

impl Candidate {
    /// A text as it is compared. `at`: its source, and the line in it.
    fn new(named: Named, at: (String, usize), text: Text) -> Candidate {
        let (source, line) = at;
        let shown = shown(&text);
        let image = text.image.unwrap_or_default();
        Candidate {
            place: None,
            story: None,
            named,
            source,
            line,
            text: shown,
            alt: image.alt,
            image: image.url,
            link: text.link,
        }
    }

    fn entry(&self) -> pairing::Entry<'_> {
        pairing::Entry {
            language: &self.named.language,
            date: self.named.date,
            title: &self.named.title,
            text: &self.text,
            alt: self.alt.as_deref(),
            image: self.image.as_deref(),
            link: self.link.as_deref(),
        }
    }
}

/// What people read of a text, its beginning.
fn shown(text: &Text) -> String {
    let body = text.content.as_ref().map(Body::visible_text).unwrap_or_default();
    let all = [text.summary.as_deref().unwrap_or_default(), &body].join("\n");
    all.trim().chars().take(LONGEST).collect()
}

/// The texts of earlier imports that are near in time and not among these.
fn earlier(candidates: &[Candidate], record: &Record, into: &Path) -> Vec<Candidate> {
    let dates =
        || candidates.iter().filter(|candidate| candidate.story.is_none()).map(|candidate| candidate.named.date);
    let (Some(first), Some(last)) = (dates().min(), dates().max()) else { return Vec::new() };
    let is_near = |date: NaiveDate| {
        (first - date).num_days() <= pairing::MAX_DAYS_APART && (date - last).num_days() <= pairing::MAX_DAYS_APART
    };
    let there: HashSet<(usize, &str)> =
        candidates.iter().filter_map(|candidate| Some((candidate.story?, candidate.named.language.as_str()))).collect();
    let mut found = Vec::new();
    for (story, remembered) in record.stories.iter().enumerate() {
        if !remembered.entries.iter().any(|origin| is_near(origin.date)) {
            continue;
        }
        let read = std::fs::read_to_string(into.join(&remembered.file)).ok();
        let Some(read) = read.and_then(|text| Story::from_toml(&text, &[])) else { continue };
        for text in read.texts {
            let origin = remembered.entries.iter().find(|origin| origin.language == text.language);
            let Some(origin) = origin.filter(|_| !there.contains(&(story, text.language.as_str()))) else { continue };
            let named = Named { date: origin.date, language: text.language.clone(), title: text.title.clone() };
            let source = into.join(&remembered.file).display().to_string();
            found.push(Candidate { story: Some(story), ..Candidate::new(named, (source, 0), text) });
        }
    }
    found
}

/// The constraints of the record and of the review file.
fn constraints(candidates: &[Candidate], decisions: &[Decision]) -> Constraints {
    let mut by_name: HashMap<&Named, usize> = HashMap::new();
    for (item, candidate) in candidates.iter().enumerate() {
        by_name.entry(&candidate.named).or_insert(item);
    }
    let previous_story = candidates.iter().map(|candidate| candidate.story).collect();
    let mut constraints = Constraints { previous_story, ..Constraints::default() };
    for Decision { same, entries: [one, other] } in decisions {
        let (Some(one), Some(other)) = (by_name.get(one), by_name.get(other)) else { continue };
        if *same { &mut constraints.must_link } else { &mut constraints.cannot_link }.push((*one, *other));
    }
    constraints
}
