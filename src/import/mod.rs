//! Import owns the way from what a newsroom already has to story files in the store; it never touches the rest of the
//! flow: no catalog, no feeds, no clock, no terminal.
//!
//! source text -> [`listing`] -> [`caption`], [`language`], [`topics`] -> [`entries`] -> [`recall`], [`names`] ->
//! [`stored`], [`write`] -> [`report`]
//!
//! All up to `entries` is pure. What stands behind it reads and writes the folder that is imported into, where
//! `_imported.toml` ([`record`]) remembers what came from where. So a second import changes nothing, a longer source
//! adds what is new, a correction reaches the files that nobody edited, and no entry is ever lost without a word.
//! What stands in the store elsewhere is told by the caller ([`Standing`]): its ids are never written again.

mod caption;
mod dates;
mod entries;
mod language;
mod listing;
mod names;
mod recall;
mod record;
mod report;
mod script;
mod stored;
mod toml_text;
mod topics;
mod write;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

pub use report::Report;

use crate::diagnostics::{Place, Problem};
use crate::source::{decode, undecodable};
use entries::Prepared;
use report::Source;
use report::{EntryReport, SourceReport};

/// What an import needs to know of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// The configured languages as BCP 47 tags; the first is the default one.
    pub languages: Vec<String>,
    /// The topics in the configured order: id and `match` words.
    pub topics: Vec<(String, Vec<String>)>,
}

/// What a person asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The files to read; `-` is standard input, whose text the caller passes.
    pub sources: Vec<PathBuf>,
    /// The folder that the stories go into.
    pub into: PathBuf,
    /// Tell what would be done, and write nothing.
    pub dry_run: bool,
    /// The date of entries that have none.
    pub date: Option<NaiveDate>,
    /// The language of entries whose own cannot be found, or is unsure.
    pub language: Option<String>,
}

/// The stories that stand in the store before an import.
pub struct Standing<'a> {
    /// The file that has an id, in whatever case.
    pub file: &'a dyn Fn(&str) -> Option<PathBuf>,
    /// Whether the story of an id has a translation of this date, in this language, with this title.
    pub says: &'a dyn Fn(&str, NaiveDate, &str, &str) -> bool,
}

impl Default for Standing<'_> {
    fn default() -> Self {
        Standing { file: &|_| None, says: &|_, _, _, _| false }
    }
}

/// What is wrong with a request, whatever the sources say.
pub fn misused(setting: &Setting, request: &Request) -> Vec<Problem> {
    let mut problems = Vec::new();
    if request.sources.is_empty() {
        problems.push(Problem::error(None, "nothing to import: name a file, or `-` for standard input"));
    }
    for path in request.sources.iter().filter(|path| *path != Path::new("-")) {
        if path.is_dir() {
            problems.push(at(path, "this is a folder").help("name the file with the listing"));
        } else if std::fs::metadata(path).is_err_and(|error| is_nothing(&error)) {
            problems.push(at(path, "there is no such file"));
        }
    }
    let there = request.into.ancestors().find(|part| part.exists());
    if let Some(file) = there.filter(|part| !part.is_dir()) {
        let message = format!("this is a file, so nothing can be imported into {}", request.into.display());
        problems.push(at(file, &message).help("name a folder of the store with --into, new or not"));
    }
    if let Some(tag) = request.language.as_ref().filter(|tag| known_language(setting, tag).is_none()) {
        let message = format!("--language {tag}: the configuration does not have this language");
        problems.push(Problem::error(None, message).help(format!("it has {}", setting.languages.join(", "))));
    }
    problems
}

fn known_language(setting: &Setting, tag: &str) -> Option<String> {
    setting.languages.iter().find(|known| known.eq_ignore_ascii_case(tag)).cloned()
}

/// A problem of a file as a whole.
fn at(path: &Path, message: &str) -> Problem {
    Problem::error(Place::file(path.display().to_string()), message)
}

/// Whether the system says that there is no such file.
fn is_nothing(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Brings the entries of listings into a folder of stories.
///
/// `standard_input` is the text for a source named `-`. Nothing is written before every source has been read.
///
/// # Errors
/// Why nothing, or not all, could be imported. What is wrong with one entry is in the [`Report`] instead.
pub fn run(
    setting: &Setting,
    request: &Request,
    standard_input: Option<&[u8]>,
    standing: &Standing,
) -> Result<Report, Vec<Problem>> {
    let mut request = request.clone();
    request.language = request.language.and_then(|tag| known_language(setting, &tag));
    let (mut sources, mut problems) = (Vec::new(), Vec::new());
    for path in &request.sources {
        match read_source(path, standard_input) {
            Ok(source) => sources.push(source),
            Err(problem) => problems.push(problem),
        }
    }
    let (accounts, mut prepared) = entries::read(setting, &request, &sources);
    for empty in accounts.iter().filter(|source| source.entries == 0) {
        let problem = Problem::error(Place::file(&*empty.name), "no entry found");
        let help = "a listing's entries begin with a line that opens with a date, such as `• 16/04/2015`";
        problems.push(problem.help(help));
    }
    if !problems.is_empty() {
        return Err(problems);
    }

    let (ready, names): (Vec<_>, Vec<_>) = prepared
        .iter()
        .filter_map(|entry| entry.ready.as_ref().map(|ready| (ready, entry.report.source.as_str())))
        .unzip();
    let run = stored::Run { into: &request.into, dry_run: request.dry_run, standing, sources: &sources };
    let outcomes = run.store(&ready, &names).map_err(|problem| vec![problem])?;
    let ready = prepared.iter_mut().filter(|entry| entry.ready.is_some());
    for (entry, outcome) in ready.zip(outcomes) {
        entry.report.outcome = outcome;
    }
    let mut report = account(&request, accounts, prepared);
    report.problems = report.find_problems(&sources);
    Ok(report)
}

fn read_source(path: &Path, standard_input: Option<&[u8]>) -> Result<Source, Problem> {
    let (name, bytes) = if path == Path::new("-") {
        ("standard input".to_owned(), standard_input.unwrap_or_default().to_vec())
    } else {
        let bytes = std::fs::read(path).map_err(|error| Problem::machine(path, "read this file", &error))?;
        (path.display().to_string(), bytes)
    };
    match decode(&bytes) {
        Ok(text) => Ok(Source { name, text: text.to_owned() }),
        Err(wrong) => Err(undecodable(&name, &bytes, 0, wrong)),
    }
}

fn account(request: &Request, sources: Vec<SourceReport>, prepared: Vec<Prepared>) -> Report {
    let entries: Vec<EntryReport> = prepared.into_iter().map(|entry| entry.report).collect();
    let (mut languages, mut topics) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries.iter().filter(|entry| entry.outcome.file().is_some()) {
        if let Some(language) = &entry.language {
            *languages.entry(language.clone()).or_insert(0) += 1;
        }
        for topic in &entry.topics {
            *topics.entry(topic.clone()).or_insert(0) += 1;
        }
    }
    Report {
        into: request.into.clone(),
        dry_run: request.dry_run,
        sources,
        entries,
        languages,
        topics,
        problems: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
