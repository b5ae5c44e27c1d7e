//! Owns what an import tells: one line of account for every entry, as data and in words; never touches files.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

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
}

/// A source as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct SourceReport {
    /// Its path, or `standard input`.
    pub name: String,
    /// How many entries it has.
    pub entries: usize,
    /// The lines before its first entry: they belong to no story.
    pub heading: Vec<HeadingLine>,
    /// How its dates were read, where that is not certain.
    pub notes: Vec<String>,
}

/// A line before the first entry.
#[derive(Clone, Debug, Serialize)]
pub struct HeadingLine {
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
    /// Topics whose words occur.
    pub topics: Vec<String>,
    /// What the picture shows, where a caption was split off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_alt: Option<String>,
    /// The picture's credit, where a caption was split off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_credit: Option<String>,
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
    /// The same date, title and text stand elsewhere in the sources; one story was made of them.
    Duplicate {
        /// The other's source.
        of: String,
        /// The other's line.
        of_line: usize,
    },
    /// A later source has the same date, language and title with another text, which counts.
    Superseded {
        /// The other's source.
        by: String,
        /// The other's line.
        by_line: usize,
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
    /// How many entries were left out, which makes an import end with status 1.
    pub fn left_out(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::LeftOut { .. }))
    }

    fn count(&self, wanted: impl Fn(&Outcome) -> bool) -> usize {
        self.entries.iter().filter(|entry| wanted(&entry.outcome)).count()
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
            writeln!(f, "  {}:{}: {line}", entry.source, entry.line)?;
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for source in &self.sources {
            writeln!(f, "{}: {}", source.name, counted(source.entries, "entry", "entries"))?;
        }
        let would = if self.dry_run { " (dry run: nothing was written)" } else { "" };
        let states = [
            (self.count(|outcome| matches!(outcome, Outcome::Written { .. })), "new"),
            (self.count(|outcome| matches!(outcome, Outcome::Updated { .. })), "updated"),
            (self.count(|outcome| matches!(outcome, Outcome::Unchanged { .. })), "unchanged"),
            (self.count(|outcome| matches!(outcome, Outcome::Edited { .. })), "edited by hand and left alone"),
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
                    writeln!(f, "  {}:{}: {}", source.name, heading.line, shortened(&heading.text))?;
                }
            }
            for note in &source.notes {
                writeln!(f, "{}: {note}", source.name)?;
            }
        }
        self.list(f, "Unsure of the language:", |entry| {
            let reason = entry.unsure.as_ref().filter(|_| entry.outcome.file().is_some())?;
            Some(format!("{}, {reason}: {}", entry.language.as_deref().unwrap_or("?"), shortened(&entry.title)))
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
                Some(format!("the same as {of}:{of_line}: {}", shortened(&entry.title)))
            }
            Outcome::Superseded { by, by_line } => {
                Some(format!("with another text at {by}:{by_line}, which counts: {}", shortened(&entry.title)))
            }
            _ => None,
        })?;
        self.list(f, "Left out:", |entry| match &entry.outcome {
            Outcome::LeftOut { reason } if entry.title.is_empty() => Some(reason.clone()),
            Outcome::LeftOut { reason } => Some(format!("{reason}: {}", shortened(&entry.title))),
            _ => None,
        })
    }
}

fn counts(counts: &BTreeMap<String, usize>) -> String {
    counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

fn counted(count: usize, one: &str, many: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {many}") }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 72 {
        return text.to_owned();
    }
    format!("{}…", text.chars().take(71).collect::<String>().trim_end())
}
