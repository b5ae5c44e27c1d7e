//! Import owns the way from what a newsroom already has to story files in the store; it never touches the rest of the
//! flow: no catalog, no feeds, no clock, no terminal.
//!
//! [`sources`] -> [`listing`], [`html`], [`feed`], [`wordpress`] or [`markdown`] ->
//! [`entry`] -> [`entries`] ([`crate::pairing`], [`topics`]) -> [`texts`], [`recall`] ->
//! [`joining`] ([`crate::pairing`], [`review`]), [`bundles`] -> [`names`], [`stored`], [`story_file`], [`write`] -> [`report`]
//!
//! All up to `entries` is pure. What stands behind it reads and writes the folder that is imported into, where
//! `_imported.toml` ([`record`]) remembers what came from where. So a second import changes nothing, a longer source
//! adds what is new, a correction reaches the files that nobody edited, and no entry is ever lost without a word.
//! What stands in the store elsewhere is told by the caller ([`Standing`]): its ids are never written again.

mod bundles;
mod dates;
mod decode;
mod entries;
mod entry;
mod feed;
mod html;
mod joining;
mod listing;
mod markdown;
mod parse_error;
mod recall;
mod record;
mod report;
mod review;
mod slug;
mod sources;
mod stored;
mod story_file;
mod texts;
mod toml_text;
mod topics;
mod visible_text;
mod wordpress;

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use rayon::prelude::*;
use url::Url;

pub use html::SelectorOptions as Selectors;
pub use report::Report;

use crate::diagnostics::{Diagnostic, Location};
use crate::pairing::Languages;
use entries::{Prepared, Reading};
use entry::ParsedEntry;
use report::{EntryReport, Source, SourceReport};
pub use sources::Kind;
use texts::Texts;
use topics::Topics;

/// What an import needs to know of the configuration.
#[derive(Clone, Debug, Default)]
pub struct Setting {
    /// The configured languages as BCP 47 tags; the first is the default one.
    pub languages: Vec<String>,
    /// The topics in the configured order.
    pub topics: Vec<Topic>,
    /// By language: the page against which relative addresses are resolved.
    pub homes: Vec<Url>,
    /// What mints the site's ids.
    pub authority: String,
}

/// A topic, as far as an import needs to know it.
#[derive(Clone, Debug, Default)]
pub struct Topic {
    pub id: String,
    /// In every language that has one.
    pub titles: Vec<String>,
    /// The words by which it is found.
    pub words: Vec<String>,
}

impl Setting {
    /// The configured language that a tag means: itself, or the one of its primary language.
    fn language(&self, tag: &str) -> Option<String> {
        let tag = tag.trim().replace('_', "-").to_ascii_lowercase();
        let exact = self.languages.iter().find(|known| known.eq_ignore_ascii_case(&tag));
        let primary = |tag: &str| tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
        let is_like = |known: &&String| {
            let scripts = (written_in(known), written_in(&tag));
            primary(known) == primary(&tag) && (scripts.0 == scripts.1 || scripts.0.is_none() || scripts.1.is_none())
        };
        let mut alike = self.languages.iter().filter(is_like);
        let only = alike.next().filter(|_| alike.next().is_none());
        exact.or(only).cloned()
    }

    fn home(&self, language: &str) -> Option<&Url> {
        let place = self.languages.iter().position(|known| known == language)?;
        self.homes.get(place)
    }
}

/// The script of a tag, in small letters, where it has one; Chinese has one by its region too.
fn written_in(tag: &str) -> Option<String> {
    let tag = tag.to_ascii_lowercase();
    let mut parts = tag.split('-');
    let is_chinese = parts.next() == Some("zh");
    parts.find_map(|part| match part {
        "cn" | "sg" | "my" if is_chinese => Some("hans".to_owned()),
        "tw" | "hk" | "mo" if is_chinese => Some("hant".to_owned()),
        part if part.len() == 4 && part.bytes().all(|byte| byte.is_ascii_alphabetic()) => Some(part.to_owned()),
        _ => None,
    })
}

/// What a person asked for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The files, folders and addresses to read; `-` is standard input, whose text the caller passes.
    pub sources: Vec<PathBuf>,
    /// What they are; found from each where it is not said.
    pub from: Option<Kind>,
    /// The folder that the stories go into.
    pub into: PathBuf,
    /// Tell what would be done, and write nothing.
    pub dry_run: bool,
    /// The date of entries that have none.
    pub date: Option<NaiveDate>,
    /// The language of entries whose own cannot be found, or is unsure.
    pub language: Option<String>,
    /// Where the pairs are that a person decides.
    pub review: Option<PathBuf>,
    /// Tell why entries were joined, and why not.
    pub explain: bool,
    /// Bring pages of WordPress in too.
    pub pages: bool,
    /// What the parts of a news page of HTML are found by.
    pub selectors: Selectors,
    /// What is dated later is in the future.
    pub now: Option<DateTime<Utc>>,
}

/// The stories that stand in the store before an import.
pub struct Standing<'a> {
    /// The file that has an id, in whatever case.
    pub file: &'a (dyn Fn(&str) -> Option<PathBuf> + Sync),
    /// Whether the story of an id has a translation of this date, in this language, with this title.
    pub says: &'a (dyn Fn(&str, NaiveDate, &str, &str) -> bool + Sync),
}

impl Default for Standing<'_> {
    fn default() -> Self {
        Standing { file: &|_| None, says: &|_, _, _, _| false }
    }
}

/// How far an import has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many entries have been read.
    Read(usize),
    /// So many stories are done, of so many.
    Stored(usize, usize),
}

/// What is wrong with a request, whatever the sources say.
pub fn misused(setting: &Setting, request: &Request) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if request.sources.is_empty() {
        diagnostics.push(Diagnostic::error(None, "nothing to import: name a file, or `-` for standard input"));
    }
    for path in request.sources.iter().filter(|path| *path != Path::new("-")) {
        if !sources::is_address(path) && std::fs::metadata(path).is_err_and(|error| is_nothing(&error)) {
            diagnostics.push(at(path, "there is no such file"));
        }
    }
    if let Err(why) = html::Selectors::read(&request.selectors) {
        diagnostics.push(Diagnostic::error(None, why));
    }
    let there = request.into.ancestors().find(|part| part.exists());
    if let Some(file) = there.filter(|part| !part.is_dir()) {
        let message = format!("this is a file, so nothing can be imported into {}", request.into.display());
        diagnostics.push(at(file, &message).help("name a folder of the store with --into, new or not"));
    }
    if let Some(tag) = request.language.as_ref().filter(|tag| known_language(setting, tag).is_none()) {
        let message = format!("--language {tag}: the configuration does not have this language");
        diagnostics.push(Diagnostic::error(None, message).help(format!("it has {}", setting.languages.join(", "))));
    }
    diagnostics
}

fn known_language(setting: &Setting, tag: &str) -> Option<String> {
    setting.languages.iter().find(|known| known.eq_ignore_ascii_case(tag)).cloned()
}

/// A diagnostic of a file as a whole.
fn at(path: &Path, message: &str) -> Diagnostic {
    Diagnostic::error(Location::file(path.display().to_string()), message)
}

/// Whether the system says that there is no such file.
fn is_nothing(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Brings the entries of sources into a folder of stories.
///
/// `standard_input` holds what a source named `-` says. Nothing is written before every source has been read.
///
/// # Errors
/// Why nothing, or not all, could be imported. What is wrong with one entry is in the [`Report`] instead.
pub fn run(
    setting: &Setting,
    request: &Request,
    standard_input: Option<&File>,
    standing: &Standing,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Vec<Diagnostic>> {
    let mut request = request.clone();
    request.language = request.language.and_then(|tag| known_language(setting, &tag));
    let (mut accounts, mut diagnostics) = (Vec::new(), Vec::new());
    let (languages, topics) = (Languages::new(&setting.languages), Topics::new(&setting.topics));
    let mut gathered =
        Gathered { prepared: Vec::new(), texts: Texts::new(), read: HashSet::new(), sources: Vec::new() };
    let mut has_pages = false;
    for input in sources::inputs(&request).map_err(|diagnostic| vec![diagnostic])? {
        let before = gathered.prepared.len();
        let read = sources::read(&input, setting, &request, standard_input, &mut |source, found| {
            let reading = Reading { request: &request, setting, languages: &languages, topics: &topics, source };
            gathered.add(&reading, found)?;
            progress(Progress::Read(gathered.prepared.len()));
            Ok(())
        });
        match read {
            Ok(read) => {
                if read.report.entries == 0 {
                    diagnostics.push(nothing_found(&read));
                }
                entries::settle(&mut gathered.prepared[before..], read.date, request.date);
                if matches!(read.kind, Kind::Listing | Kind::Feed | Kind::Html) {
                    bundles::mark(setting, &mut gathered.prepared[before..]);
                }
                has_pages |= read.kind == Kind::Html;
                gathered.read.insert(entries::name_of(&read.source.name));
                gathered.sources.push(read.source);
                accounts.push(read.report);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    if request.selectors.is_any() && !has_pages && diagnostics.is_empty() {
        let diagnostic = Diagnostic::usage(None, "CSS selectors are for pages of HTML, and no source is one");
        diagnostics.push(diagnostic.help(
            "leave --item, --title, --link, --summary and a --date that is no date (2015-04-16) out, or say --from html",
        ));
    }
    let Gathered { mut prepared, texts, read, sources } = gathered;
    entries::join_duplicates(&mut prepared);
    if !diagnostics.is_empty() {
        return Err(diagnostics);
    }

    let told = |diagnostic| vec![diagnostic];
    let is_written = !request.dry_run && prepared.iter().any(|entry| entry.ready.is_some());
    let mut folder = stored::Folder::open(&request.into, is_written).map_err(told)?;
    let reviewed = request.review.as_deref().map(review::read).transpose().map_err(told)?.unwrap_or_default();
    let astray = joining::decide(&mut folder.record, reviewed, &prepared);
    let recalled = recall::of(&prepared, &folder.record);
    let joined =
        joining::of(&prepared, &texts, &folder.record, &request.into, recalled, request.explain).map_err(told)?;
    let bundled = bundles::of(setting, &prepared, &joined);
    let run = stored::Run {
        into: &request.into,
        dry_run: request.dry_run,
        standing,
        read: &read,
        texts: &texts,
        progress,
        languages: &setting.languages,
        authority: &setting.authority,
    };
    let bundles = bundled.iter().map(|bundled| bundled.bundle(&prepared)).collect();
    let outcomes = run.store(bundles, &mut folder.record).map_err(told)?;
    if let Some(path) = request.review.as_ref().filter(|_| !request.dry_run) {
        review::write(path, &joined.open).map_err(told)?;
    }
    for (bundled, outcome) in bundled.iter().zip(outcomes) {
        for place in &bundled.places {
            prepared[*place].report.outcome = outcome.clone();
        }
    }
    let mut report = account(&request, accounts, prepared);
    report.pairs = joined.pairs;
    if !request.explain {
        (report.pairs.joined, report.pairs.missed) = (Vec::new(), Vec::new());
    }
    report.diagnostics = report.find_diagnostics(&sources);
    report.diagnostics.extend(astray.into_iter().chain(joined.diagnostics));
    Ok(report)
}

/// What is read of all sources before anything is written.
struct Gathered {
    prepared: Vec<Prepared>,
    texts: Texts,
    /// What was read, as [`entries::Ready::origin`] has it.
    read: HashSet<String>,
    sources: Vec<Source>,
}

impl Gathered {
    fn add(&mut self, reading: &Reading<'_>, found: Vec<ParsedEntry>) -> Result<(), Diagnostic> {
        let prepared: Vec<_> = found.into_par_iter().map(|found| reading.entry(found)).collect();
        for (mut prepared, text) in prepared {
            if let (Some(ready), Some(text)) = (&mut prepared.ready, text) {
                ready.kept = self.texts.keep(&text)?;
                self.read.insert(ready.origin.clone());
            }
            self.prepared.push(prepared);
        }
        Ok(())
    }
}

fn nothing_found(read: &sources::ReadSource) -> Diagnostic {
    let why = read.report.notes.first().map_or_else(String::new, |note| format!(": {note}"));
    let diagnostic = Diagnostic::error(Location::file(&*read.source.name), format!("no entry found{why}"));
    match read.kind {
        Kind::Listing => {
            diagnostic.help("a listing's entries begin with a line that opens with a date, such as `• 16/04/2015`")
        }
        Kind::Html => diagnostic.help("say with --item which elements the entries are, such as `--item li.news`"),
        _ => diagnostic,
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
        pairs: report::Pairs::default(),
        diagnostics: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
