//! Step 5, report: what happened to every entry, as data, as text ([`display`]) and as diagnostics.

mod display;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::entry::ParsedDate;
use super::group::Grouping;
use super::normalize::Normalized;
use super::read::Kind;
use super::source_id::SourceId;
use super::state::{EntryRef, SourceState};
use super::toml_text::{key, string};
use super::{ImportOptions, listing, records, review};
use crate::config::Mapping;
use crate::diagnostics::{Diagnostic, Location, mask_secrets};
use crate::files::{lexical, relative};
use crate::text::ellipsis;

/// A longer title is shortened in a message.
const MAX_SHOWN: usize = 72;

/// What an import did, or would do.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The folder that was imported into.
    pub into: PathBuf,
    /// Nothing was written.
    pub dry_run: bool,
    /// The sources, in the order given.
    pub sources: Vec<SourceReport>,
    /// The entries of all sources, in their order.
    pub entries: Vec<EntryReport>,
    /// How many entries have a file, by language.
    pub languages: BTreeMap<String, usize>,
    /// The same by topic.
    pub topics: BTreeMap<String, usize>,
    /// Pairs of entries in different languages that are one story, or may be.
    pub pairs: Pairs,
    /// What was left out, and what should be checked.
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
}

/// Pairs of entries whose sources do not say whether they are one story.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Pairs {
    /// Joined automatically.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub joined: Vec<Pair>,
    /// To be reviewed.
    pub likely: Vec<Pair>,
    /// Near misses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missed: Vec<Pair>,
}

/// Two entries that may be one story.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// The probability that they are, from 0 to 1.
    #[serde(serialize_with = "three_decimals")]
    pub score: f64,
    /// The evidence for and against it, the strongest first.
    pub reasons: Vec<String>,
    pub one: Member,
    pub other: Member,
}

/// An entry of a pair.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// A source, or a file of an earlier import.
    #[serde(serialize_with = "masked")]
    pub source: String,
    /// The line in it, from 1; 0 if unknown.
    pub line: usize,
    #[serde(flatten)]
    pub id: EntryRef,
}

/// An address without what proves who asks.
fn masked<S: serde::Serializer>(name: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&mask_secrets(name))
}

fn three_decimals<S: serde::Serializer>(score: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(rounded(*score))
}

fn rounded(score: f64) -> f64 {
    (score * 1000.0).round() / 1000.0
}

/// A source as a whole.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SourceReport {
    /// Its path, or `standard input`.
    #[serde(serialize_with = "masked")]
    pub name: String,
    /// How many entries it has.
    pub entries: usize,
    /// The lines before its first entry: they belong to no story.
    pub heading: Vec<SourceLine>,
    /// Lines that begin with a date, in the heading or in the text of an entry.
    pub dated: Vec<SourceLine>,
    /// Remarks on the whole source, such as how ambiguous dates were read.
    pub notes: Vec<String>,
    /// Errors and warnings about the whole source.
    #[serde(skip)]
    pub diagnostics: Vec<Diagnostic>,
    /// It was read to its end, and holds all its entries.
    #[serde(skip)]
    pub is_complete: bool,
    /// Other pages follow its first one.
    #[serde(skip)]
    pub has_pages: bool,
    /// It names a next page that cannot be asked for.
    #[serde(skip)]
    pub lacks_pages: bool,
    /// How far it was read, if it is asked for changes alone.
    #[serde(skip)]
    pub state: Option<SourceState>,
    /// It says that it is as it was when it was last imported.
    #[serde(skip)]
    pub is_unchanged: bool,
    /// What identifies it in the state.
    #[serde(skip)]
    pub id: SourceId,
    /// What it says of itself.
    #[serde(skip)]
    pub feed_id: Option<String>,
    /// Where it was fetched, redirects followed.
    #[serde(skip)]
    pub address: Option<String>,
    /// Whether ids that this site minted count in it.
    #[serde(skip)]
    pub is_own: bool,
    #[serde(skip)]
    pub kind: Kind,
    /// Where its records are, and what their members are.
    #[serde(skip)]
    pub mapping: Option<(Option<String>, Mapping)>,
    /// The text of a listing, to quote in diagnostics.
    #[serde(skip)]
    pub text: String,
    /// The date of its undated entries.
    #[serde(skip)]
    pub default_date: Option<ParsedDate>,
}

impl SourceReport {
    /// Whether nothing of it could be read.
    pub fn is_failed(&self) -> bool {
        self.entries == 0 && self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A line of a source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceLine {
    /// From 1.
    pub line: usize,
    /// Trimmed.
    pub text: String,
}

/// An entry of a source.
#[derive(Clone, Debug, Serialize)]
pub struct EntryReport {
    /// The source's name.
    #[serde(serialize_with = "masked")]
    pub source: String,
    /// The line where the entry begins, from 1.
    pub line: usize,
    /// Year first; none if the source has none and no default was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    pub title: String,
    /// One of the configured languages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The confidence of the language detection, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    /// Why the language should be checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unsure: Option<String>,
    pub topics: Vec<String>,
    /// Categories that are no topic.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_categories: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_alt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_credit: Option<String>,
    /// What was lost or guessed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Values that were dropped, and why: reported as warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// None until it is decided; in a report every entry has one.
    #[serde(flatten)]
    pub outcome: Option<Outcome>,
}

/// What happened to an entry. Files are relative to the folder that was imported into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Outcome {
    /// A new story.
    Written { file: String },
    /// The file has what the source has.
    Unchanged { file: String },
    /// The source was corrected, and the file was as the import left it.
    Updated { file: String },
    /// The source was corrected, and the correction waits for approval in a file of its own.
    Proposed { file: String },
    /// The file was edited by hand, and is left alone.
    Edited {
        file: String,
        /// The source was corrected too, and the file does not have the correction.
        correction_waits: bool,
        /// What both say where they differ.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        differences: Vec<String>,
    },
    /// The file was deleted by hand, and is not written again.
    Deleted { file: String },
    /// Another file of the store has the story.
    AlreadyThere { path: PathBuf },
    /// Another source has the entry: it has the same id, and the same link, or title and day.
    Quoted {
        /// The file of its story, or the source.
        of: String,
        /// The source of that story, if it is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        from: Option<String>,
    },
    /// An earlier entry has the same date, title and text.
    Duplicate { of: String, of_line: usize },
    /// Another source has the entry with another text, which is used.
    Superseded {
        by: String,
        /// The line of the other entry; none for an earlier import.
        #[serde(skip_serializing_if = "Option::is_none")]
        by_line: Option<usize>,
    },
    /// An earlier import brought a text that its source changed later than this one.
    Older { file: String },
    /// Its source does not publish it.
    Unpublished { reason: String },
    /// It cannot be imported.
    LeftOut {
        /// Why; after a semicolon, what helps.
        reason: String,
    },
}

impl Outcome {
    /// The story's file, if there is one.
    pub fn file(&self) -> Option<&str> {
        match self {
            Outcome::Written { file }
            | Outcome::Unchanged { file }
            | Outcome::Updated { file }
            | Outcome::Proposed { file }
            | Outcome::Edited { file, .. } => Some(file),
            _ => None,
        }
    }
}

impl EntryReport {
    fn has_file(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.file().is_some())
    }

    fn short_title(&self) -> String {
        ellipsis(&self.title, MAX_SHOWN)
    }
}

/// Assembles the report, and writes the review file. `outcomes` are those of the drafts.
pub fn report(
    options: &ImportOptions,
    sources: Vec<SourceReport>,
    normalized: Normalized,
    grouping: Grouping,
    outcomes: Vec<Outcome>,
) -> Result<Report, Diagnostic> {
    if let Some(path) = options.review.as_ref().filter(|_| !options.dry_run) {
        review::write(path, &grouping.pairs.likely)?;
    }
    let mut entries: Vec<EntryReport> = normalized.entries.into_iter().map(|entry| entry.report).collect();
    for (draft, outcome) in grouping.drafts.iter().zip(outcomes) {
        for index in &draft.entries {
            entries[*index].outcome = Some(outcome.clone());
        }
    }
    let (mut languages, mut topics) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries.iter().filter(|entry| entry.has_file()) {
        entry.language.iter().for_each(|language| *languages.entry(language.clone()).or_insert(0) += 1);
        entry.topics.iter().for_each(|topic| *topics.entry(topic.clone()).or_insert(0) += 1);
    }
    let diagnostics = [diagnostics(&sources, &entries), grouping.diagnostics].concat();
    let (into, dry_run, pairs) = (options.into.clone(), options.dry_run, grouping.pairs);
    Ok(Report { into, dry_run, sources, entries, languages, topics, pairs, diagnostics })
}

impl Report {
    /// Whether every source was read to its end.
    pub fn is_whole(&self) -> bool {
        self.sources.iter().all(|source| !source.diagnostics.iter().any(Diagnostic::is_error))
    }

    /// The table of the configuration that says how the records of a source were understood.
    pub fn mapping_to_toml(&self, source: &str, options: &ImportOptions) -> String {
        let Some((items, mapping)) = self.sources.iter().find_map(|source| source.mapping.as_ref()) else {
            return "# None of the sources has records, so there is nothing to map.\n".to_owned();
        };
        let relative = |path: &Path| relative(&lexical(path), &lexical(&options.folder)).display().to_string();
        let name = options.name.clone().unwrap_or_else(|| "NAME".to_owned());
        let mut out = format!("[import.{}]\nsource = {}\n", key(&name), string(source));
        out += &format!("into = {}\n", string(&relative(&options.into)));
        if let Some(items) = items {
            out += &format!("items = {}\n", string(items));
        }
        out + &format!("\n[import.{}.map]\n{}", key(&name), records::to_toml(mapping))
    }
}

/// Errors for what was left out, and warnings for unsure languages, each with its line.
fn diagnostics(sources: &[SourceReport], entries: &[EntryReport]) -> Vec<Diagnostic> {
    let lines: HashMap<&str, Vec<&str>> =
        sources.iter().map(|source| (source.name.as_str(), listing::physical(&source.text).collect())).collect();
    let location = |name: &str, number: usize| {
        if number == 0 {
            return Location::file(name);
        }
        let line = lines.get(name).and_then(|lines| lines.get(number.checked_sub(1)?)).copied().unwrap_or_default();
        let start = line.len() - line.trim_start().len();
        Location { line: number, ..Location::in_text(name, line, start..line.len()) }
    };
    let mut diagnostics = Vec::new();
    for source in sources {
        diagnostics.extend_from_slice(&source.diagnostics);
        let is_dated = |line: &&SourceLine| source.dated.iter().any(|dated| dated.line == line.line);
        for heading in source.heading.iter().filter(is_dated) {
            let location = location(&source.name, heading.line);
            let diagnostic = Diagnostic::error(location, "this dated line before the first entry is left out");
            diagnostics.push(diagnostic.help("if it begins an entry, write it as the others are written"));
        }
    }
    for entry in entries {
        let location = || location(&entry.source, entry.line);
        if let Some(Outcome::LeftOut { reason }) = &entry.outcome {
            let (reason, help) = reason.split_once("; ").map_or((&**reason, None), |(one, two)| (one, Some(two)));
            // Of a listing its line is shown.
            let is_shown = entry.title.is_empty()
                || lines.get(&*entry.source).is_some_and(|lines| lines.iter().any(|line| !line.is_empty()));
            let title = if is_shown { String::new() } else { format!(": {}", entry.short_title()) };
            let diagnostic = Diagnostic::error(location(), format!("this entry is left out: {reason}{title}"));
            diagnostics.push(help.into_iter().fold(diagnostic, Diagnostic::help));
        }
        if let Some(Outcome::Quoted { of, from }) = &entry.outcome {
            let message =
                format!("this entry is in the store already, from another source ({of}): {}", entry.short_title());
            let diagnostic = Diagnostic::warning(location(), message);
            diagnostics.push(match from {
                Some(from) => {
                    diagnostic.help(format!("if its feed moved, import it with `--as '{from}'`; else nothing is to do"))
                }
                None => {
                    diagnostic.help("its text is left as it is; name the source of a feed that moved with `--as NAME`")
                }
            });
        }
        for warning in &entry.warnings {
            let message = format!("{warning}: {}", entry.short_title());
            diagnostics.push(Diagnostic::warning(location(), message));
        }
        if let Some(reason) = entry.unsure.as_ref().filter(|_| entry.has_file()) {
            let language = entry.language.as_deref().unwrap_or("?");
            let message = format!("unsure of the language: {language}, {reason}: {}", entry.short_title());
            diagnostics.push(Diagnostic::warning(location(), message));
        }
    }
    diagnostics
}
