//! The report as text.

use std::collections::BTreeMap;
use std::fmt;

use super::{EntryReport, MAX_SHOWN, Member, Outcome, Pairs, Report, SourceReport, rounded};
use crate::config::SourceKind as Kind;
use crate::diagnostics::escape;
use crate::text::{count, ellipsis};

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_counts(f)?;
        self.sources.iter().try_for_each(|source| write_source(f, source))?;
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for category in self.entries.iter().flat_map(|entry| &entry.other_categories) {
            *others.entry(category.clone()).or_insert(0) += 1;
        }
        if !others.is_empty() {
            writeln!(f, "Categories that are no topic: {}", list(&others))?;
        }
        write_pairs(f, &self.pairs)?;
        self.write_entries(f, "Guessed or lost:", |entry| {
            let remarks = Some(&entry.remarks).filter(|remarks| !remarks.is_empty())?;
            Some(format!("{}: {}", remarks.join("; "), entry.short_title()))
        })?;
        SECTIONS.iter().try_for_each(|section| {
            self.write_entries(f, section, |entry| {
                let (of_section, line) = outcome_line(entry, entry.outcome.as_ref()?)?;
                (of_section == *section).then_some(line)
            })
        })
    }
}

const UNPUBLISHED: &str = "Not published by their source, and so not brought in:";
const CORRECTED: &str = "Corrected as their source was:";
const PROPOSED: &str = "Corrected, and to be approved with `tidings review`:";
const OLDER: &str = "Older than the text that is here, and so not brought in:";
const EDITED: &str = "Edited by hand, and not overwritten:";
const DELETED: &str =
    "Deleted by hand, and not written again (to have them back, remove their paragraph from _imported.toml):";
const DUPLICATE: &str = "Twice in the sources:";
const SUPERSEDED: &str = "With another text than an earlier import, which counts (to change that, import both sources at once, the better one last):";
const QUOTED: &str = "From another source already, and so not imported again:";
const ELSEWHERE: &str = "Already in the store:";
/// The lists of entries, in their order.
const SECTIONS: [&str; 10] =
    [UNPUBLISHED, CORRECTED, PROPOSED, OLDER, EDITED, DELETED, DUPLICATE, SUPERSEDED, QUOTED, ELSEWHERE];

/// The section and the text of an entry that is not simply imported.
fn outcome_line(entry: &EntryReport, outcome: &Outcome) -> Option<(&'static str, String)> {
    let title = entry.short_title();
    Some(match outcome {
        Outcome::Unpublished { reason } => (UNPUBLISHED, format!("{reason}: {title}")),
        Outcome::Edited { file, correction_waits: true, differences } => {
            let differences: String = differences.iter().map(|difference| format!("\n    {difference}")).collect();
            (EDITED, format!("{file}; the source now says something else, compare the two{differences}"))
        }
        Outcome::Updated { file } => (CORRECTED, format!("{file}: {title}")),
        Outcome::Proposed { file } => (PROPOSED, format!("{file}: {title}")),
        Outcome::Older { file } => (OLDER, format!("{file}: {title}")),
        Outcome::Edited { file, .. } => (EDITED, file.clone()),
        Outcome::Deleted { file } => (DELETED, file.clone()),
        Outcome::Duplicate { of, of_line } => (DUPLICATE, format!("the same as {}: {title}", location(of, *of_line))),
        Outcome::Superseded { by, by_line: Some(line) } => {
            (DUPLICATE, format!("with another text at {}, which counts: {title}", location(by, *line)))
        }
        Outcome::Superseded { by, by_line: None } => (SUPERSEDED, format!("from {by}: {title}")),
        Outcome::Quoted { of, .. } => (QUOTED, format!("{of}: {title}")),
        Outcome::AlreadyThere { path } => (ELSEWHERE, format!("in {}: {title}", path.display())),
        _ => return None,
    })
}

impl Report {
    /// How many entries became what.
    pub fn summary(&self) -> String {
        let mut states: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for state in self.entries.iter().filter_map(|entry| entry.outcome.as_ref()).map(state) {
            *states.entry(state).or_insert(0) += 1;
        }
        let states: Vec<String> = states.iter().map(|((_, state), count)| format!("{count} {state}")).collect();
        if states.is_empty() { "none".to_owned() } else { states.join(", ") }
    }

    fn write_counts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for source in &self.sources {
            let page = if source.kind == Kind::Html { "a page with " } else { "" };
            writeln!(f, "{}: {page}{}", escape(&source.name), count(source.entries, "entry"))?;
        }
        let dry_run = if self.dry_run { " (dry run: nothing was written)" } else { "" };
        let states = self.summary();
        writeln!(f, "Stories in {}: {states}{dry_run}", escape(&self.into.display().to_string()))?;
        if !self.languages.is_empty() {
            writeln!(f, "Languages: {}", list(&self.languages))?;
        }
        let without = self.entries.iter().filter(|entry| entry.has_file() && entry.topics.is_empty()).count();
        match (self.topics.is_empty(), without) {
            (true, _) => Ok(()),
            (false, 0) => writeln!(f, "Topics: {}", list(&self.topics)),
            (false, without) => writeln!(f, "Topics: {}; {without} without a topic", list(&self.topics)),
        }
    }

    /// Writes a section with a line for each entry that has one.
    fn write_entries(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        line: impl Fn(&EntryReport) -> Option<String>,
    ) -> fmt::Result {
        let lines = self.entries.iter().filter_map(|entry| Some((entry, line(entry)?)));
        for (index, (entry, line)) in lines.enumerate() {
            if index == 0 {
                writeln!(f, "{title}")?;
            }
            let mut lines = line.lines();
            writeln!(f, "  {}: {}", location(&entry.source, entry.line), escape(lines.next().unwrap_or_default()))?;
            lines.try_for_each(|line| writeln!(f, "{}", escape(line)))?;
        }
        Ok(())
    }
}

/// What is counted of an outcome, and its rank in the list.
fn state(outcome: &Outcome) -> (usize, &'static str) {
    match outcome {
        Outcome::Written { .. } => (0, "new"),
        Outcome::Updated { .. } => (1, "updated"),
        Outcome::Proposed { .. } => (1, "corrected, to be approved"),
        Outcome::Unchanged { .. } => (2, "unchanged"),
        Outcome::Edited { .. } => (3, "edited by hand and left alone"),
        Outcome::AlreadyThere { .. } => (4, "elsewhere in the store"),
        Outcome::Quoted { .. } => (5, "from another source already"),
        Outcome::Superseded { .. } => (6, "with another text that counts"),
        Outcome::Older { .. } => (7, "older than what is here"),
        Outcome::Duplicate { .. } => (8, "twice in the sources"),
        Outcome::Deleted { .. } => (9, "deleted by hand"),
        Outcome::Unpublished { .. } => (10, "not published by their source"),
        Outcome::LeftOut { .. } => (11, "left out"),
    }
}

fn write_source(f: &mut fmt::Formatter<'_>, source: &SourceReport) -> fmt::Result {
    let SourceReport { name, heading, dated, notes, .. } = source;
    let name = escape(name);
    if !heading.is_empty() {
        writeln!(f, "Before the first entry of {name}, and in no story:")?;
    }
    for line in heading {
        writeln!(f, "  {name}:{}: {}", line.line, escape(&ellipsis(&line.text, MAX_SHOWN)))?;
    }
    let in_text = dated.iter().filter(|dated| !heading.iter().any(|line| line.line == dated.line));
    for (index, line) in in_text.enumerate() {
        if index == 0 {
            writeln!(f, "Lines of {name} that open with a date and were taken as text:")?;
        }
        writeln!(f, "  {name}:{}: {}", line.line, escape(&ellipsis(&line.text, MAX_SHOWN)))?;
    }
    notes.iter().try_for_each(|note| writeln!(f, "{name}: {}", escape(note)))
}

fn write_pairs(f: &mut fmt::Formatter<'_>, pairs: &Pairs) -> fmt::Result {
    let Pairs { joined, likely, missed } = pairs;
    let sections =
        [("Joined as one story:", joined), ("Perhaps one story:", likely), ("Near misses, which stay apart:", missed)];
    for (title, pairs) in sections.into_iter().filter(|(_, pairs)| !pairs.is_empty()) {
        writeln!(f, "{title}")?;
        for pair in pairs {
            writeln!(f, "  {:.3}: {}", rounded(pair.score), escape(&pair.reasons.join("; ")))?;
            for Member { source, line, id } in [&pair.one, &pair.other] {
                let title = ellipsis(&id.title, MAX_SHOWN);
                let location = location(source, *line);
                writeln!(f, "    {location}: {} {}: {}", id.date, escape(&id.language), escape(&title))?;
            }
        }
    }
    Ok(())
}

/// A source, and the line in it if known.
fn location(source: &str, line: usize) -> String {
    let source = escape(source);
    if line == 0 { source.into_owned() } else { format!("{source}:{line}") }
}

fn list(counts: &BTreeMap<String, usize>) -> String {
    counts.iter().map(|(name, count)| format!("{} {count}", escape(name))).collect::<Vec<_>>().join(", ")
}
