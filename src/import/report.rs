//! Owns what an import tells: one line of account for every entry, as data, in words and as diagnostics; never touches files.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::listing;
use crate::diagnostics::{Diagnostic, Location};
use crate::text::{count, ellipsis};

/// A longer title is shortened in a message.
const LONGEST_SHOWN: usize = 72;

/// A source's text and what to call it.
#[derive(Clone, Debug)]
pub struct Source {
    pub name: String,
    pub text: String,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The folder that was imported into.
    pub into: PathBuf,
    /// Nothing was written.
    pub dry_run: bool,
    /// Each source, in the order given.
    pub sources: Vec<SourceReport>,
    /// Each entry of each source, in their order.
    pub entries: Vec<EntryReport>,
    /// Stories in the store from these sources, by language.
    pub languages: BTreeMap<String, usize>,
    /// The same by topic.
    pub topics: BTreeMap<String, usize>,
    /// Entries that are one story in different languages, or may be.
    pub pairs: Pairs,
    /// What was left out, and what a person should look at.
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
}

/// Pairs of entries whose sources do not say whether they are one story.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pairs {
    /// Beyond doubt, and joined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Pair>,
    /// Probable; a person decides.
    pub likely: Vec<Pair>,
    /// Not probable.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Pair>,
}

/// A pair.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// How probable it is that they are one story, from 0 to 1.
    pub score: f64,
    /// What speaks for it and against it, the most telling first.
    pub reasons: Vec<String>,
    pub one: Member,
    pub other: Member,
}

/// An entry of a pair.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// Where it stands: a source, or a file of an earlier import.
    pub source: String,
    /// The line in it, counted from 1; 0 where that is not known.
    pub line: usize,
    pub date: String,
    pub language: String,
    pub title: String,
}

/// A source as a whole.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SourceReport {
    /// Its path, or `standard input`.
    pub name: String,
    /// How many entries it has.
    pub entries: usize,
    /// The lines before its first entry: they belong to no story.
    pub heading: Vec<SourceLine>,
    /// Lines that open with a date, where no entry begins: they stand in the heading or in a story's text.
    pub dated: Vec<SourceLine>,
    /// How its dates were read, where that is not certain.
    pub notes: Vec<String>,
}

/// A line of a source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceLine {
    /// Counted from 1.
    pub line: usize,
    /// The line without the blanks around it.
    pub text: String,
}

/// An entry of a source.
#[derive(Clone, Debug, Serialize)]
pub struct EntryReport {
    /// The source's name.
    pub source: String,
    /// The line where the entry begins, counted from 1.
    pub line: usize,
    /// Year first; none where the source has none and no default was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// As it stands in the source.
    pub title: String,
    /// One of the configured languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// How sure the language is, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why a person should look at the language; none where it is sure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsure: Option<String>,
    /// Topics that its categories name, or whose words occur.
    pub topics: Vec<String>,
    /// Categories that are no topic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_categories: Vec<String>,
    /// What the picture shows, where a caption was split off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_alt: Option<String>,
    /// The picture's credit, where a caption was split off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_credit: Option<String>,
    /// What was lost of it, and what was guessed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of an entry. Files are named below the folder that was imported into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A new story.
    Written {
        /// The new file.
        file: String,
    },
    /// The story is there, and says what the source says.
    Unchanged {
        /// The story's file.
        file: String,
    },
    /// The source was corrected, and nobody had touched the file.
    Updated {
        /// The story's file.
        file: String,
    },
    /// A person edited the file, so it was left as it is.
    Edited {
        /// The story's file.
        file: String,
        /// The source says something new, which the file does not have.
        correction_waits: bool,
    },
    /// A person deleted the file, so it was not written again.
    Deleted {
        /// The file that is gone.
        file: String,
    },
    /// The story is in the store already, in a file that this folder's imports did not write.
    AlreadyThere {
        /// Its path.
        path: PathBuf,
    },
    /// The same date, title and text stand elsewhere in the sources; one story was made of them.
    Duplicate {
        /// The other's source.
        of: String,
        /// The other's line.
        of_line: usize,
    },
    /// Another source has the same date, language and title with another text, which counts.
    Superseded {
        /// The other's source.
        by: String,
        /// The other's line; none where it was imported earlier.
        #[serde(skip_serializing_if = "Option::is_none")]
        by_line: Option<usize>,
    },
    /// Its source does not publish it, so no story was made of it.
    Unpublished {
        /// Why not.
        reason: String,
    },
    /// No story was made of it.
    LeftOut {
        /// Why, and what helps.
        reason: String,
    },
}

impl Outcome {
    /// The story's file, where one stands in the store.
    pub fn file(&self) -> Option<&str> {
        match self {
            Outcome::Written { file }
            | Outcome::Unchanged { file }
            | Outcome::Updated { file }
            | Outcome::Edited { file, .. } => Some(file),
            _ => None,
        }
    }
}

impl Report {
    /// What was left out, as errors; what is unsure, as warnings; each at its line.
    pub fn find_diagnostics(&self, sources: &[Source]) -> Vec<Diagnostic> {
        let lines: HashMap<&str, Vec<&str>> =
            sources.iter().map(|source| (source.name.as_str(), listing::physical(&source.text).collect())).collect();
        let place = |name: &str, number: usize| {
            if number == 0 {
                return Location::file(name);
            }
            let line = lines.get(name).and_then(|lines| lines.get(number.checked_sub(1)?)).copied().unwrap_or_default();
            let start = line.len() - line.trim_start().len();
            Location { line: number, ..Location::in_text(name, line, start..line.len()) }
        };
        let mut diagnostics = Vec::new();
        for source in &self.sources {
            for heading in &source.heading {
                if source.dated.iter().any(|dated| dated.line == heading.line) {
                    let diagnostic = Diagnostic::error(
                        place(&source.name, heading.line),
                        "this dated line before the first entry is left out",
                    );
                    diagnostics.push(diagnostic.help("if it begins an entry, write it as the others are written"));
                }
            }
        }
        for entry in &self.entries {
            let place = || place(&entry.source, entry.line);
            if let Outcome::LeftOut { reason } = &entry.outcome {
                let (reason, help) = reason.split_once("; ").map_or((&**reason, None), |(one, two)| (one, Some(two)));
                let diagnostic = Diagnostic::error(place(), format!("this entry is left out: {reason}"));
                diagnostics.push(help.into_iter().fold(diagnostic, Diagnostic::help));
            }
            if let Some(reason) = entry.unsure.as_ref().filter(|_| entry.outcome.file().is_some()) {
                let language = entry.language.as_deref().unwrap_or("?");
                let message =
                    format!("unsure of the language: {language}, {reason}: {}", ellipsis(&entry.title, LONGEST_SHOWN));
                diagnostics.push(Diagnostic::warning(place(), message));
            }
        }
        diagnostics
    }

    fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        self.entries.iter().filter(|entry| wanted(&entry.outcome)).count()
    }

    fn explain(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Pairs { joined, likely, missed } = &self.pairs;
        let parts = [
            ("Joined as one story:", joined),
            ("Perhaps one story:", likely),
            ("Near misses, which stay apart:", missed),
        ];
        for (title, pairs) in parts.into_iter().filter(|(_, pairs)| !pairs.is_empty()) {
            writeln!(f, "{title}")?;
            for pair in pairs {
                writeln!(f, "  {:.3}: {}", pair.score, pair.reasons.join("; "))?;
                for Member { source, line, date, language, title } in [&pair.one, &pair.other] {
                    writeln!(f, "    {}: {date} {language}: {}", spot(source, *line), ellipsis(title, LONGEST_SHOWN))?;
                }
            }
        }
        Ok(())
    }

    fn list(
        &self,
        f: &mut fmt::Formatter<'_>,
        title: &str,
        line: impl Fn(&EntryReport) -> Option<String>,
    ) -> fmt::Result {
        let lines: Vec<(&EntryReport, String)> =
            self.entries.iter().filter_map(|entry| line(entry).map(|line| (entry, line))).collect();
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(f, "{title}")?;
        for (entry, line) in lines {
            writeln!(f, "  {}: {line}", spot(&entry.source, entry.line))?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for source in &self.sources {
            writeln!(f, "{}: {}", source.name, count(source.entries, "entry"))?;
        }
        let would = if self.dry_run { " (dry run: nothing was written)" } else { "" };
        let states = [
            (self.count(|outcome| matches!(outcome, Outcome::Written { .. })), "new"),
            (self.count(|outcome| matches!(outcome, Outcome::Updated { .. })), "updated"),
            (self.count(|outcome| matches!(outcome, Outcome::Unchanged { .. })), "unchanged"),
            (self.count(|outcome| matches!(outcome, Outcome::Edited { .. })), "edited by hand and left alone"),
            (self.count(|outcome| matches!(outcome, Outcome::AlreadyThere { .. })), "elsewhere in the store"),
            (self.count(|outcome| matches!(outcome, Outcome::Unpublished { .. })), "not published by their source"),
            (self.count(|outcome| matches!(outcome, Outcome::LeftOut { .. })), "left out"),
        ];
        let states: Vec<String> =
            states.iter().filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
        let states = if states.is_empty() { "none".to_owned() } else { states.join(", ") };
        writeln!(f, "Stories in {}: {states}{would}", self.into.display())?;
        if !self.languages.is_empty() {
            writeln!(f, "Languages: {}", counts(&self.languages))?;
        }
        let without =
            self.entries.iter().filter(|entry| entry.outcome.file().is_some() && entry.topics.is_empty()).count();
        match (self.topics.is_empty(), without) {
            (true, _) => {}
            (false, 0) => writeln!(f, "Topics: {}", counts(&self.topics))?,
            (false, without) => writeln!(f, "Topics: {}; {without} without a topic", counts(&self.topics))?,
        }
        for source in &self.sources {
            if !source.heading.is_empty() {
                writeln!(f, "Before the first entry of {}, and in no story:", source.name)?;
                for heading in &source.heading {
                    writeln!(f, "  {}:{}: {}", source.name, heading.line, ellipsis(&heading.text, LONGEST_SHOWN))?;
                }
            }
            let texts: Vec<_> = source
                .dated
                .iter()
                .filter(|dated| !source.heading.iter().any(|line| line.line == dated.line))
                .collect();
            if !texts.is_empty() {
                writeln!(f, "Lines of {} that open with a date and were taken as text:", source.name)?;
                for dated in texts {
                    writeln!(f, "  {}:{}: {}", source.name, dated.line, ellipsis(&dated.text, LONGEST_SHOWN))?;
                }
            }
            for note in &source.notes {
                writeln!(f, "{}: {note}", source.name)?;
            }
        }
        let mut others: BTreeMap<String, usize> = BTreeMap::new();
        for category in self.entries.iter().flat_map(|entry| &entry.other_categories) {
            *others.entry(category.clone()).or_insert(0) += 1;
        }
        if !others.is_empty() {
            writeln!(f, "Categories that are no topic: {}", counts(&others))?;
        }
        self.explain(f)?;
        self.list(f, "Guessed or lost:", |entry| {
            let remarks = Some(&entry.remarks).filter(|remarks| !remarks.is_empty())?;
            Some(format!("{}: {}", remarks.join("; "), ellipsis(&entry.title, LONGEST_SHOWN)))
        })?;
        self.list(f, "Not published by their source, and so not brought in:", |entry| match &entry.outcome {
            Outcome::Unpublished { reason } => Some(format!("{reason}: {}", ellipsis(&entry.title, LONGEST_SHOWN))),
            _ => None,
        })?;
        self.list(f, "Edited by hand, and not overwritten:", |entry| match &entry.outcome {
            Outcome::Edited { file, correction_waits: true } => {
                Some(format!("{file}; the source now says something else, compare the two"))
            }
            Outcome::Edited { file, .. } => Some(file.clone()),
            _ => None,
        })?;
        self.list(
            f,
            "Deleted by hand, and not written again (to have them back, remove their paragraph from _imported.toml):",
            |entry| match &entry.outcome {
                Outcome::Deleted { file } => Some(file.clone()),
                _ => None,
            },
        )?;
        self.list(f, "Twice in the sources:", |entry| match &entry.outcome {
            Outcome::Duplicate { of, of_line } => {
                Some(format!("the same as {}: {}", spot(of, *of_line), ellipsis(&entry.title, LONGEST_SHOWN)))
            }
            Outcome::Superseded { by, by_line: Some(by_line) } => {
                let title = ellipsis(&entry.title, LONGEST_SHOWN);
                Some(format!("with another text at {}, which counts: {title}", spot(by, *by_line)))
            }
            _ => None,
        })?;
        self.list(
            f,
            "With another text than an earlier import, which counts (to change that, import both sources at once, the better one last):",
            |entry| match &entry.outcome {
                Outcome::Superseded { by, by_line: None } => Some(format!("from {by}: {}", ellipsis(&entry.title, LONGEST_SHOWN))),
                _ => None,
            },
        )?;
        self.list(f, "Already in the store:", |entry| match &entry.outcome {
            Outcome::AlreadyThere { path } => {
                Some(format!("in {}: {}", path.display(), ellipsis(&entry.title, LONGEST_SHOWN)))
            }
            _ => None,
        })
    }
}

/// A source, and the line in it where that is known.
fn spot(source: &str, line: usize) -> String {
    if line == 0 { source.to_owned() } else { format!("{source}:{line}") }
}

fn counts(counts: &BTreeMap<String, usize>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
