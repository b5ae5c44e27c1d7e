//! Reads sources that come in pages: an API of a CMS, or records whose document names the next one.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::api::pages::{MAX_PAGES, Next};
use super::entry::ParsedEntry;
use super::read::{Batches, Document, Sink, is_url};
use super::records::{self, RecordOptions};
use super::report::SourceReport;
use super::source_request::SourceRequest;
use super::state::SourceState;
use super::{ImportOptions, api, file_error, language};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::json_path::JsonPath;

/// So many pages in a row may have nothing.
const MAX_EMPTY_PAGES: usize = 3;

/// Reads an API: as a whole once a day, else what was changed since.
///
/// # Errors
/// Why the entries cannot be kept. Why the API cannot be read is in the report.
pub fn read(
    path: &Path,
    config: &Config,
    options: &ImportOptions,
    request: &SourceRequest<'_>,
    sink: Sink<'_>,
) -> Result<SourceReport, Diagnostic> {
    let kind = options.from.unwrap_or_default();
    let source = path.display().to_string();
    let mut report = SourceReport { name: source.clone(), kind, ..SourceReport::default() };
    if !is_url(path) {
        let diagnostic = file_error(path, "an API is read from its address alone");
        report.diagnostics.push(diagnostic.help("name the address of the site, such as https://cms.example.org"));
        return Ok(report);
    }
    let today = options.now.map(|now| now.date_naive());
    let since = request.known.filter(|known| known.complete == today).and_then(|known| known.changed.clone());
    let languages: Vec<String> = config.languages.iter().map(|edition| edition.language.to_string()).collect();
    let mut batches = Batches::new(&source, kind, sink);
    let mut is_public = false;
    let read = api::read(
        &api::Asked { kind, source: &source, options, languages: &languages, since: since.as_deref() },
        &mut |address| request.json(address, &mut is_public),
        &mut |entry| batches.push(entry),
    );
    report.entries = batches.finish()?;
    let head = match read {
        Ok(head) => head,
        Err(error) => {
            report.diagnostics.push(file_error(path, &error.message));
            return Ok(report);
        }
    };
    report.notes = head.notes;
    if since.is_some() {
        report.notes.push("asked for what was changed since the last import".to_owned());
    }
    match head.truncation {
        Some(why) => {
            let diagnostic = file_error(path, &why);
            report.diagnostics.push(diagnostic.help("what was read is imported; import it again for the rest"));
        }
        None => {
            report.is_unchanged = report.entries == 0;
            report.is_complete = since.is_none();
            let changed = head.changed.or(since);
            report.state = request.state(SourceState { complete: today, changed, ..SourceState::default() });
        }
    }
    Ok(report)
}

/// Hands on the records of a document, and of the pages that follow it. Returns why they were not read to their end, if they were
/// not.
///
/// # Errors
/// Why the first page has no records.
pub fn read_records(
    document: &Document<'_>,
    config: &Config,
    options: &ImportOptions,
    request: &SourceRequest<'_>,
    emit: &mut dyn FnMut(ParsedEntry),
    report: &mut SourceReport,
) -> Result<Option<String>, Diagnostic> {
    let is_language = |tag: &str| language::closest_language(config, tag).is_some();
    let kind = report.kind;
    let head = records::read(kind, || document.open_as(kind), &options.records, &is_language, emit)
        .map_err(|error| file_error(Path::new(&document.name), &error.message))?;
    report.notes = head.notes;
    let warning = |why: String| Diagnostic::warning(Location::file(&*document.name), why);
    report.diagnostics.extend(head.warnings.into_iter().map(warning));
    let (mut next, mut truncation) = (next_page(document, head.next.as_ref(), report), head.truncation);
    let items = options.records.items.clone().or_else(|| JsonPath::parse(head.items.as_ref()?).ok());
    let later = RecordOptions { items, mapping: Some(head.mapping.clone()) };
    report.mapping = Some((head.items, head.mapping));
    report.has_pages = next.is_some();
    let mut seen: HashSet<String> = document.address.iter().cloned().collect();
    let (mut is_public, mut pages, mut empty) = (document.is_public, 1, 0);
    while let Some(address) = next.take().filter(|_| truncation.is_none()) {
        if !seen.insert(address.clone()) || empty > MAX_EMPTY_PAGES || pages == MAX_PAGES {
            truncation = Some(format!("its page {pages} leads on to {address}, where nothing new can be"));
            break;
        }
        pages += 1;
        let path = PathBuf::from(&address);
        let page = match Document::new(&path, &request.of_page(&address, is_public), None) {
            Ok(page) => page,
            Err(diagnostic) => {
                truncation = Some(format!("its page {pages} ({address}) is missing: {}", diagnostic.message));
                break;
            }
        };
        let mut count = 0;
        let mut counted = |entry| {
            count += 1;
            emit(entry);
        };
        match records::read(kind, || page.open_as(kind), &later, &is_language, &mut counted) {
            Ok(head) => (next, truncation) = (next_page(&page, head.next.as_ref(), report), head.truncation),
            Err(error) => truncation = Some(format!("its page {pages} ({address}) cannot be read: {}", error.message)),
        }
        empty = if count == 0 { empty + 1 } else { 0 };
        is_public |= page.is_public;
    }
    if pages > 1 {
        report.notes.push(format!("{pages} pages"));
    }
    Ok(truncation)
}

/// The address of the page after a document. That it names one which has no address is reported.
fn next_page(document: &Document<'_>, named: Option<&Next>, report: &mut SourceReport) -> Option<String> {
    let written = named.and_then(|named| match named {
        Next::Address(address) => Some(address.as_str()),
        Next::Code { .. } => None,
    });
    let address = document.next(written);
    if address.is_some() {
        return address;
    }
    let (what, help) = match named? {
        Next::Address(address) => (
            format!("it names a next page, {address}, which is not read from a file"),
            "import it from its address, or all its pages",
        ),
        Next::Code { member, code } => (
            format!("its `{member}` is `{code}`, which is no address, so what may follow is not read"),
            "if more follows, ask for all records in one document, or name the addresses of all pages",
        ),
    };
    report.lacks_pages = true;
    report.diagnostics.push(Diagnostic::warning(Location::file(&*document.name), what).help(help));
    None
}
