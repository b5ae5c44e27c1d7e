//! Imports what a newsroom already has as story files into a folder of the store, in five steps:
//!
//! | step | file | result |
//! | --- | --- | --- |
//! | read | [`read`], by the reader of each format: [`listing`], [`html`], [`feed`], [`wordpress`], [`markdown`], [`records`], [`api`]; [`language_marks`] | [`entry::ParsedEntry`] |
//! | normalize | [`normalize`] with [`language`], [`topics`], [`duplicates`]; texts in the [`spool`] | [`normalize::NormalizedEntry`] |
//! | group | [`group`] with [`identify`], [`match_previous`], [`link`], [`review`] | [`group::StoryDraft`] |
//! | reconcile | [`reconcile`] with [`assign_ids`], [`check_store`], [`slug`], [`story_file`], [`state`] | files, and an [`report::Outcome`] for each story |
//! | report | [`report`] | [`Report`] |
//!
//! The first three only read. `_imported.toml` ([`state`]) says which entry became which file, so a second import
//! changes nothing, a longer source adds what is new, and a correction reaches the files that nobody edited.
//!
//! Before anything is written, the store's own reader and the catalog have accepted all of it ([`check_store`]).
//!
//! Never touches: feeds, the clock, the terminal.

mod api;
mod assign_ids;
mod check_store;
mod dates;
mod decode;
mod duplicates;
mod embeds;
mod entry;
mod feed;
mod gone;
mod group;
mod html;
mod html_code;
mod html_tag;
mod identify;
mod json_scanner;
mod language;
mod language_marks;
mod link;
mod listing;
mod markdown;
mod match_previous;
mod moderation;
mod normalize;
mod parse_error;
mod read;
mod read_api;
mod reconcile;
mod records;
mod report;
mod review;
mod slug;
mod source_id;
mod source_request;
mod source_text;
mod spool;
mod state;
mod story_file;
mod toml_text;
mod topics;
mod wordpress;

use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};

pub use html::SelectorOptions as Selectors;
pub use moderation::{Pending, decide, pending};
pub use read::{Kind, expand};
pub use records::RecordOptions;
pub use report::Report;
pub use slug::slug;

use crate::config::{Config, OnGone};
use crate::diagnostics::{Diagnostic, Location};
use crate::files::FolderLock;
use crate::store::Store;
use group::Grouping;
use normalize::{Normalized, Normalizer};
use reconcile::Reconciler;
use source_request::SourceRequest;
use state::ImportState;

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Files, folders and URLs; `-` is standard input.
    pub sources: Vec<PathBuf>,
    /// The format of the sources; detected if missing.
    pub from: Option<Kind>,
    /// The folder that the stories go into.
    pub into: PathBuf,
    /// Report what would be done, and write nothing.
    pub dry_run: bool,
    /// The date of undated entries.
    pub date: Option<NaiveDate>,
    /// Topics of all stories, beside their own.
    pub topics: Vec<String>,
    /// The language of entries whose language cannot be detected with certainty.
    pub language: Option<String>,
    /// The review file.
    pub review: Option<PathBuf>,
    /// Follow redirects from public hosts to private addresses.
    pub allow_private: bool,
    /// The name of the sources; without it their addresses, ids or paths identify them.
    pub name: Option<String>,
    /// The sources are this site's own, so ids that this site minted count.
    pub own: bool,
    /// The folder of the configuration, which paths are relative to.
    pub folder: PathBuf,
    /// The path of the schema of story files, relative to `into`, for editors; without it, files do not name one.
    pub schema: Option<String>,
    /// Report why entries were joined, and why not.
    pub explain: bool,
    /// Import WordPress pages too.
    pub pages: bool,
    /// The selectors for a news page.
    pub selectors: Selectors,
    /// What the members of records are.
    pub records: RecordOptions,
    /// New stories are drafts, and so are corrections of those that were approved.
    pub is_moderated: bool,
    /// What becomes of entries that a complete source has no more.
    pub on_gone: OnGone,
    /// Ask addresses only for what was changed since the last import, and again while they are overloaded.
    pub is_repeated: bool,
    /// The `Authorization` of requests.
    pub authorization: Option<String>,
    /// Entries dated later are in the future.
    pub now: Option<DateTime<Utc>>,
}

/// The progress of an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another import is at work in the folder.
    Waiting,
    /// So many entries have been read.
    Read(usize),
    /// So many stories are done, of so many.
    Stored(usize, usize),
}

/// Checks the options before any source is read.
pub fn validate(config: &Config, options: &ImportOptions) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if options.sources.is_empty() {
        diagnostics.push(Diagnostic::error(None, "nothing to import: name a file, or `-` for standard input"));
    }
    for path in options.sources.iter().filter(|path| *path != Path::new("-")) {
        if !read::is_url(path) && std::fs::metadata(path).is_err_and(|error| is_not_found(&error)) {
            diagnostics.push(file_error(path, "there is no such file"));
        }
    }
    if let Err(why) = html::Selectors::read(&options.selectors) {
        diagnostics.push(Diagnostic::error(None, why));
    }
    let existing = options.into.ancestors().find(|part| part.exists());
    if let Some(file) = existing.filter(|part| !part.is_dir()) {
        let message = format!("this is a file, so nothing can be imported into {}", options.into.display());
        diagnostics.push(file_error(file, &message).help("name a folder of the store with --into, new or not"));
    }
    if let Some(tag) = options.language.as_ref().filter(|tag| config.language(tag).is_none()) {
        let message = format!("--language {tag}: the configuration does not have this language");
        let configured: Vec<&str> = config.languages.iter().map(|edition| edition.language.as_str()).collect();
        diagnostics.push(Diagnostic::error(None, message).help(format!("it has {}", configured.join(", "))));
    }
    diagnostics
}

/// An error about a file as a whole.
fn file_error(path: &Path, message: &str) -> Diagnostic {
    Diagnostic::error(Location::file(path.display().to_string()), message)
}

fn is_not_found(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

/// Imports the entries of sources into a folder of stories. Nothing is written before every source has been read.
///
/// `standard_input` has what the source `-` is; `store` is the store that the folder is in, empty if it is in none.
///
/// # Errors
/// Why nothing, or not all, could be imported. What is wrong with one entry is in the [`Report`] instead.
pub fn run(
    config: &Config,
    store: &Store,
    options: &ImportOptions,
    standard_input: Option<&File>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Report, Vec<Diagnostic>> {
    let mut normalizer = Normalizer::new(config, options, progress);
    let known = match options.is_repeated {
        true => ImportState::load(&options.into).map_err(|diagnostic| vec![diagnostic])?.sources,
        false => Vec::new(),
    };
    let mut sources = read::read(config, options, standard_input, &known, &mut |batch| normalizer.push(batch))?;
    let mut normalized = normalizer.finish(&mut sources);
    let lookup = store.lookup(config);
    let stories = move || -> Result<Report, Diagnostic> {
        let may_be_gone = options.on_gone != OnGone::Keep;
        let is_written = !options.dry_run && (may_be_gone || normalized.imported().next().is_some());
        let _lock = is_written
            .then(|| FolderLock::acquire(&options.into, "this folder", &|| progress(Progress::Waiting)))
            .transpose()?;
        let mut state = ImportState::load(&options.into)?;
        sources.iter().filter_map(|source| source.state.clone()).for_each(|source| state.set_source(source));
        let request = SourceRequest::new(config, options, &[]);
        gone::warn_of_unpublished(&mut normalized, &state);
        gone::unpublish(options, &request, &mut sources, &normalized, &mut state)?;
        let mut grouping = group::group(config, options, &lookup, &mut normalized, &mut state)?;
        check_store::refuse_links(
            &options.into,
            possible_ids(&grouping, &normalized, &state).iter().map(String::as_str),
        )?;
        let reconciler = Reconciler::new(config, store, &lookup, options, &sources, &normalized, progress);
        let outcomes = reconciler.reconcile(&mut grouping.drafts, &mut state)?;
        report::report(options, sources, normalized, grouping, outcomes)
    };
    stories().map_err(|diagnostic| vec![diagnostic])
}

/// The ids that the stories may get or have.
fn possible_ids(grouping: &Grouping, normalized: &Normalized, state: &ImportState) -> Vec<String> {
    let mut ids = Vec::new();
    for draft in &grouping.drafts {
        ids.extend(draft.id.clone());
        ids.extend(draft.previous.map(|story| state.stories[story].id().to_owned()));
        let entries = draft.entries.iter().map(|entry| &normalized.entries[*entry]);
        let new = entries.filter(|entry| draft.previous.is_none() && entry.existing.is_none());
        ids.extend(new.flat_map(slug::story_ids_of));
    }
    ids
}

#[cfg(test)]
mod convergence_tests;
#[cfg(test)]
mod identity_tests;
#[cfg(test)]
mod tests;
