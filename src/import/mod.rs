//! Import owns the way from what a newsroom already has to story files in the store; it never touches the rest of the
//! flow: no catalog, no feeds, no clock, no terminal.
//!
//! source text -> [`listing`] -> [`caption`], [`language`], [`topics`] -> [`entries`] -> [`recall`], [`names`] ->
//! [`stored`], [`write`] -> [`report`]
//!
//! All up to `entries` is pure. What stands behind it reads and writes the folder that is imported into, where
//! `_imported.toml` ([`record`]) remembers what came from where. So a second import changes nothing, a longer source
//! adds what is new, a correction reaches the files that nobody edited, and no entry is ever lost without a word.

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
use std::fmt;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

pub use report::Report;

use entries::{Prepared, Source};
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

/// Why an import could not be made. What is wrong with one entry is in the [`Report`] instead.
#[derive(Debug)]
pub enum Error {
    /// No source was named.
    NoSource,
    /// The configuration has no language.
    NoLanguage,
    /// `--language` names a language that the configuration does not have.
    UnknownLanguage {
        /// What was given.
        tag: String,
        /// What is configured.
        known: Vec<String>,
    },
    /// A source is not there.
    NoSuchSource {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A source is a folder.
    IsFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A source is not UTF-8 text.
    NotText {
        /// The source's name.
        name: String,
        /// The line of the first byte that is wrong, counted from 1.
        line: usize,
    },
    /// A source has no entry.
    NoEntries {
        /// The source's name.
        name: String,
    },
    /// The record of earlier imports cannot be understood.
    Record {
        /// The record.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// A newer tidings wrote the record.
    NewerRecord {
        /// The record.
        path: PathBuf,
    },
    /// A file could not be read.
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file could not be written.
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
}

/// Whose fault an [`Error`] is, for the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// What was read has problems (1).
    Input,
    /// What was asked for is wrong (2).
    Usage,
    /// The machine failed (3).
    Machine,
}

impl Error {
    /// Whose fault it is.
    pub fn fault(&self) -> Fault {
        match self {
            Error::NoSource | Error::UnknownLanguage { .. } | Error::NoSuchSource { .. } | Error::IsFolder { .. } => {
                Fault::Usage
            }
            Error::NoLanguage
            | Error::NotText { .. }
            | Error::NoEntries { .. }
            | Error::Record { .. }
            | Error::NewerRecord { .. } => Fault::Input,
            Error::Read { .. } | Error::Write { .. } => Fault::Machine,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NoSource => f.write_str("nothing to import: name a file, or `-` for standard input"),
            Error::NoLanguage => f.write_str("the configuration has no language: add one, as in [languages.en]"),
            Error::UnknownLanguage { tag, known } => {
                write!(
                    f,
                    "--language {tag}: the configuration does not have this language; it has {}",
                    known.join(", ")
                )
            }
            Error::NoSuchSource { path } => write!(f, "{}: there is no such file", path.display()),
            Error::IsFolder { path } => {
                write!(f, "{}: this is a folder; name the file with the listing", path.display())
            }
            Error::NotText { name, line } => {
                write!(f, "{name}:{line}: this is not UTF-8 text; save the file as UTF-8 and import it again")
            }
            Error::NoEntries { name } => write!(
                f,
                "{name}: no entry found; a listing's entries begin with a line that opens with a date, such as `• 16/04/2015`"
            ),
            Error::Record { path, message } => write!(
                f,
                "{}: {}; mend it, or delete it: then files that are as the sources say are taken as imported, all others as your own",
                path.display(),
                message.trim()
            ),
            Error::NewerRecord { path } => {
                write!(f, "{}: a newer tidings wrote this; import with that version", path.display())
            }
            Error::Read { path, source } => write!(f, "{}: cannot be read: {source}", path.display()),
            Error::Write { path, source } => write!(f, "{}: cannot be written: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Error::Read { source, .. } | Error::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// Brings the entries of listings into a folder of stories.
///
/// `standard_input` is the text for a source named `-`. Nothing is written before every source has been read.
pub fn run(setting: &Setting, request: &Request, standard_input: Option<&[u8]>) -> Result<Report, Error> {
    if setting.languages.is_empty() {
        return Err(Error::NoLanguage);
    }
    if request.sources.is_empty() {
        return Err(Error::NoSource);
    }
    let request = with_known_language(setting, request)?;
    let mut sources = Vec::new();
    for path in &request.sources {
        sources.push(read_source(path, standard_input)?);
    }
    let (accounts, mut prepared) = entries::read(setting, &request, &sources);
    if let Some(empty) = accounts.iter().find(|source| source.entries == 0) {
        return Err(Error::NoEntries { name: empty.name.clone() });
    }

    let (ready, names): (Vec<_>, Vec<_>) = prepared
        .iter()
        .filter_map(|entry| entry.ready.as_ref().map(|ready| (ready, entry.report.source.as_str())))
        .unzip();
    let outcomes = stored::store(&ready, &names, &request.into, request.dry_run)?;
    let ready = prepared.iter_mut().filter(|entry| entry.ready.is_some());
    for (entry, outcome) in ready.zip(outcomes) {
        entry.report.outcome = outcome;
    }
    Ok(account(&request, accounts, prepared))
}

/// `--language` as the configuration writes it.
fn with_known_language(setting: &Setting, request: &Request) -> Result<Request, Error> {
    let mut request = request.clone();
    if let Some(tag) = request.language.take() {
        let known = setting.languages.iter().find(|known| known.eq_ignore_ascii_case(&tag)).cloned();
        request.language = Some(known.ok_or_else(|| Error::UnknownLanguage { tag, known: setting.languages.clone() })?);
    }
    Ok(request)
}

fn read_source(path: &Path, standard_input: Option<&[u8]>) -> Result<Source, Error> {
    let (name, bytes) = if path == Path::new("-") {
        ("standard input".to_owned(), standard_input.unwrap_or_default().to_vec())
    } else if path.is_dir() {
        return Err(Error::IsFolder { path: path.to_owned() });
    } else {
        let bytes = std::fs::read(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => Error::NoSuchSource { path: path.to_owned() },
            _ => Error::Read { path: path.to_owned(), source },
        })?;
        (path.display().to_string(), bytes)
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { name, text }),
        Err(error) => {
            let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
            Err(Error::NotText { name, line: good.iter().filter(|byte| **byte == b'\n').count() + 1 })
        }
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
    Report { into: request.into.clone(), dry_run: request.dry_run, sources, entries, languages, topics }
}

#[cfg(test)]
mod tests;
