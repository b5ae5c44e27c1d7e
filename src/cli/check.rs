//! `tidings check`, of the store or of feeds.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::Utc;
use rayon::prelude::*;
use serde_json::json;
use walkdir::WalkDir;

use super::args::CheckOptions;
use super::configuration;
use super::language_check::wrong_language;
use super::report::Report;
use crate::diagnostics::{Cause, Diagnostic, Location};
use crate::fetch;
use crate::lint::{self, LintResult};
use crate::model::Timestamp;
use crate::publish::Published;
use crate::site::Site;
use crate::text::count;

const FEED_SUFFIXES: [&str; 3] = [".atom.xml", ".rss.xml", ".json"];

/// Reads everything, writes nothing, reports every diagnostic.
pub fn run(config: Option<&Path>, options: &CheckOptions, report: &mut Report) -> u8 {
    if options.feeds { feeds(config, options, report) } else { store(config, options, report) }
}

fn store(config: Option<&Path>, options: &CheckOptions, report: &mut Report) -> u8 {
    let config = match configuration(config) {
        Ok(config) => config,
        Err(diagnostics) => {
            report.diagnostics(&diagnostics, options.strict);
            return report.status();
        }
    };
    let now = Utc::now();
    let (site, mut diagnostics) = Site::load(&config, now);
    if !diagnostics.has_errors() {
        let found = site.text_lints(Timestamp(now.timestamp()), &*wrong_language(&config));
        diagnostics.extend(found.unwrap_or_else(|diagnostic| vec![diagnostic]));
    }
    match site.body_losses() {
        Ok(losses) => diagnostics.extend(site.loss_warnings(&losses)),
        Err(diagnostic) => diagnostics.extend([diagnostic]),
    }
    report.diagnostics(&diagnostics, options.strict);
    let (stories, translations) = site.counts();
    let without_page = site.without_page();
    let text = if report.is_json() {
        let value = json!({
            "stories": stories,
            "translations": translations,
            "without_page": without_page,
            "problems": diagnostics.len(),
            "warnings": report.warnings(),
        });
        format!("{value}\n")
    } else {
        let shown = format!("{}, {} shown now", count(stories, "story"), count(translations, "translation"));
        let unreadable = match without_page {
            0 => String::new(),
            number => format!("; {} have neither a `link` nor a page", count(number, "translation")),
        };
        format!("{shown}{unreadable}; {}\n", report.counts())
    };
    report.result(&text);
    report.status()
}

/// Lints the named feeds, or else the published ones.
fn feeds(config: Option<&Path>, options: &CheckOptions, report: &mut Report) -> u8 {
    let named = &options.named;
    let (documents, mut diagnostics) = if named.is_empty() { published(config) } else { find(named) };
    let results: Vec<_> = documents.par_iter().map(lint_document).collect();
    let (mut feeds, mut entries) = (0, 0);
    for result in results {
        match result {
            Ok(None) => {}
            Ok(Some(result)) => {
                feeds += 1;
                entries += result.entries;
                diagnostics.extend(result.diagnostics);
            }
            Err(diagnostic) => diagnostics.extend([diagnostic]),
        }
    }
    if diagnostics.is_empty() && feeds == 0 {
        let diagnostic = Diagnostic::error(None, "there is no feed in what was named");
        diagnostics.push(diagnostic.help("name feeds, or folders that hold some"));
    }
    report.diagnostics(&diagnostics, options.strict);
    let text = if report.is_json() {
        let warnings = report.warnings();
        let value = json!({"feeds": feeds, "entries": entries, "problems": diagnostics.len(), "warnings": warnings});
        format!("{value}\n")
    } else {
        format!("{}, {}; {}\n", count(feeds, "feed"), count(entries, "entry"), report.counts())
    };
    report.result(&text);
    report.status()
}

/// A document that may be a feed.
struct Document {
    path: PathBuf,
    origin: Origin,
}

/// Where a document comes from.
enum Origin {
    /// A file on the command line.
    File,
    /// A file in a folder on the command line; it may not be a feed.
    Folder,
    /// A document in the manifest of the output, and its path there.
    Manifest(Arc<Published>, String),
    /// A URL on the command line.
    Url,
}

/// The feeds in the manifest of the configured output.
fn published(config: Option<&Path>) -> (Vec<Document>, Vec<Diagnostic>) {
    let output = match configuration(config) {
        Ok(config) => config.site.output,
        Err(diagnostics) => return (Vec::new(), diagnostics.into()),
    };
    let Some(output) = output.folder().map(Path::to_owned) else {
        let message = "the feeds in an object store are not checked by their manifest";
        let diagnostic = Diagnostic::usage(Location::file(output.to_string()), message);
        let help = "name their addresses, `tidings check --feeds URL…`, or build into a folder and name that";
        return (Vec::new(), vec![diagnostic.help(help)]);
    };
    let published = match Published::open(&output) {
        Ok(published) => Arc::new(published),
        Err(diagnostic) => return (Vec::new(), vec![diagnostic]),
    };
    let is_feed = |path: &&String| FEED_SUFFIXES.iter().any(|suffix| path.ends_with(suffix));
    let document = |path: &String| Document {
        path: output.join(path),
        origin: Origin::Manifest(Arc::clone(&published), path.clone()),
    };
    let documents: Vec<_> = published.paths.iter().filter(is_feed).map(document).collect();
    if documents.is_empty() {
        let location = Location::file(output.display().to_string());
        let diagnostic = Diagnostic::error(location, "no feed is published here").help("run `tidings build` first");
        return (documents, vec![diagnostic]);
    }
    (documents, Vec::new())
}

/// The named files and URLs, and all `.xml` and `.json` files in the named folders; hidden files are skipped.
fn find(named: &[PathBuf]) -> (Vec<Document>, Vec<Diagnostic>) {
    let (mut documents, mut diagnostics) = (Vec::new(), Vec::new());
    for path in named {
        if path.to_str().is_some_and(|path| path.starts_with("http://") || path.starts_with("https://")) {
            documents.push(Document { path: path.clone(), origin: Origin::Url });
        } else if let Some((scheme, _)) = path.to_str().and_then(|path| path.split_once("://")) {
            let message = format!("no feed can be read from an address that begins with `{scheme}://`");
            let diagnostic = Diagnostic::usage(Location::file(path.display().to_string()), message);
            diagnostics.push(diagnostic.help("name a file, a folder, or an address that begins with `https://`"));
        } else if path.is_dir() {
            let is_visible =
                |entry: &walkdir::DirEntry| entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.');
            let files = WalkDir::new(path).follow_links(true).sort_by_file_name();
            for entry in files.into_iter().filter_entry(is_visible) {
                match entry {
                    Ok(entry) if is_candidate(&entry) => {
                        documents.push(Document { path: entry.into_path(), origin: Origin::Folder });
                    }
                    Ok(_) => {}
                    Err(error) => {
                        let path = error.path().unwrap_or(path);
                        diagnostics.push(match error.io_error() {
                            Some(io) => Diagnostic::machine(path, "read this", io),
                            None => Diagnostic::error(
                                Location::file(path.display().to_string()),
                                "this link leads in a circle",
                            ),
                        });
                    }
                }
            }
        } else {
            documents.push(Document { path: path.clone(), origin: Origin::File });
        }
    }
    (documents, diagnostics)
}

fn is_candidate(entry: &walkdir::DirEntry) -> bool {
    entry.file_type().is_file() && entry.path().extension().is_some_and(|kind| kind == "xml" || kind == "json")
}

/// Lints a document; `None` if it is not a feed and only its folder was named.
fn lint_document(document: &Document) -> Result<Option<LintResult>, Diagnostic> {
    let path = document.path.display().to_string();
    let bytes = match &document.origin {
        Origin::Url => fetch::get(&path, lint::MAX_BYTES).map_err(|why| {
            let message = format!("cannot fetch {path}: {why}");
            Diagnostic { cause: Cause::Machine, ..Diagnostic::error(None, message) }
        })?,
        Origin::Manifest(published, below) => read_published(published, below, &path)?,
        Origin::File | Origin::Folder => read(&document.path)?,
    };
    if bytes.len() > lint::MAX_BYTES {
        let max = lint::MAX_BYTES >> 20;
        let message = format!("this document is larger than {max} MiB; no reader loads it");
        return Err(Diagnostic::error(Location::file(path), message).help("publish the newest entries, and archives"));
    }
    let result = lint::lint(&path, &bytes);
    Ok((result.is_feed || !matches!(document.origin, Origin::Folder)).then_some(result))
}

/// The content of a file, up to one byte more than the limit.
fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(lint::MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| Diagnostic::machine(path, "read this file", &error))
}

/// The same of a document in the output.
fn read_published(published: &Published, below: &str, path: &str) -> Result<Vec<u8>, Diagnostic> {
    published.read_up_to(below, lint::MAX_BYTES as u64 + 1)?.ok_or_else(|| {
        let diagnostic = Diagnostic::error(Location::file(path), "the manifest names this feed, but it is not there");
        diagnostic.help("run `tidings build`")
    })
}
