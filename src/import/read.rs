//! Step 1, read: every source is opened and parsed into entries by the reader of its format.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::decode::{Decoding, Utf8Reader};
use super::entry::ParsedEntry;
use super::markdown::{self, SourceTree, Tree};
use super::parse_error::ParseError;
use super::report::SourceReport;
use super::source_id::{SourceId, is_below};
use super::source_request::SourceRequest;
use super::state::SourceState;
use super::{ImportOptions, feed, file_error, html, language_marks, listing, read_api, wordpress};
use crate::config::Config;
pub use crate::config::SourceKind as Kind;
use crate::diagnostics::{Diagnostic, Location};
use crate::source::undecodable;

/// The longest listing, in bytes.
const MAX_LISTING: u64 = 64 << 20;
const FEED_EXTENSIONS: [&str; 5] = ["atom", "json", "rdf", "rss", "xml"];
const MARKDOWN_EXTENSIONS: [&str; 4] = ["md", "markdown", "mdx", "mkd"];
const HTML_EXTENSIONS: [&str; 3] = ["html", "htm", "xhtml"];
const JSON_EXTENSIONS: [&str; 3] = ["json", "jsonl", "ndjson"];
const CSV_EXTENSIONS: [&str; 2] = ["csv", "tsv"];
const XLSX_EXTENSIONS: [&str; 2] = ["xlsx", "xlsm"];
/// How much of a document is read to detect its kind, in bytes.
const HEAD: u64 = 4096;
/// The magic numbers of gzip, zip, zstd, xz and bzip2.
const COMPRESSED: [&[u8]; 5] = [b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh"];
/// How many entries are handed on at once.
const BATCH: usize = 256;

/// A document, or a tree of Markdown files by the path that the user gave.
enum Input {
    Document(PathBuf),
    /// A document of a folder, in which not all may be feeds.
    InFolder(PathBuf),
    Tree(PathBuf, SourceTree),
}

/// Parsed entries of one source.
pub struct Batch<'b> {
    /// The name of the document, or the root of the tree.
    pub source: &'b str,
    pub kind: Kind,
    pub entries: Vec<ParsedEntry>,
}

/// Takes the entries as they are read.
pub type Sink<'s> = &'s mut dyn FnMut(Batch<'_>) -> Result<(), Diagnostic>;

/// Reads all sources, and hands their entries to `sink` in batches. A source that cannot be read, or not to its end, has an
/// error in its report.
///
/// # Errors
/// Why none can be read.
pub fn read(
    config: &Config,
    options: &ImportOptions,
    standard_input: Option<&File>,
    known: &[SourceState],
    sink: Sink<'_>,
) -> Result<Vec<SourceReport>, Vec<Diagnostic>> {
    let request = SourceRequest::new(config, options, known);
    let mut reports: Vec<SourceReport> = Vec::new();
    for input in inputs(options).map_err(|diagnostic| vec![diagnostic])? {
        let read = match &input {
            Input::Tree(name, tree) => read_tree(name, tree, config, options, sink),
            Input::Document(path) if matches!(options.from, Some(Kind::Drupal | Kind::WordpressApi)) => {
                read_api::read(path, config, options, &request, sink)
            }
            Input::Document(path) => read_document(path, false, config, options, &request, standard_input, sink),
            Input::InFolder(path) => read_document(path, true, config, options, &request, standard_input, sink),
        };
        let mut report = read.map_err(|diagnostic| vec![diagnostic])?;
        // A list may be empty for now.
        let is_feed = matches!(report.kind, Kind::Feed | Kind::Wordpress | Kind::Json);
        if report.entries == 0 && !is_feed && !report.is_failed() && !report.is_unchanged {
            report.diagnostics.push(no_entries(&report));
        }
        reports.push(identified(report, &input, config, options));
    }
    let has_page = reports.iter().any(|report| report.kind == Kind::Html);
    if options.selectors.is_any() && !has_page && !reports.iter().any(SourceReport::is_failed) {
        let diagnostic = Diagnostic::usage(None, "CSS selectors are for pages of HTML, and no source is one");
        return Err(vec![diagnostic.help(
            "leave --item, --title, --link, --summary and a --date that is no date (2015-04-16) out, or say --from html",
        )]);
    }
    if !reports.is_empty() && reports.iter().all(SourceReport::is_failed) {
        return Err(reports.into_iter().flat_map(|report| report.diagnostics).collect());
    }
    Ok(reports)
}

/// Completes what identifies a source. A name comes first, then an address, then what the document says of itself.
fn identified(mut report: SourceReport, input: &Input, config: &Config, options: &ImportOptions) -> SourceReport {
    let path = match input {
        Input::Document(path) | Input::InFolder(path) => path,
        Input::Tree(_, tree) => &tree.root,
    };
    let address = path.to_str().filter(|_| is_url(path));
    // A redirect may leave the site, to a document that only claims to be of it.
    let is_ours = |address: Option<&str>| address.is_some_and(|address| is_below(address, &config.site.base_url));
    report.is_own = options.own || is_ours(address) && is_ours(report.address.as_deref());
    report.id = match (&options.name, address, &report.feed_id) {
        (Some(name), ..) => SourceId::of_name(name),
        (_, Some(address), _) => SourceId::of_address(address),
        (.., Some(id)) => SourceId::of_feed(id),
        _ => SourceId::of_path(path, &options.folder),
    };
    report
}

fn no_entries(report: &SourceReport) -> Diagnostic {
    let why = report.notes.first().map_or_else(String::new, |note| format!(": {note}"));
    let diagnostic = Diagnostic::error(Location::file(&*report.name), format!("no entry found{why}"));
    match report.kind {
        Kind::Listing => {
            diagnostic.help("a listing's entries begin with a line that opens with a date, such as `• 16/04/2015`")
        }
        Kind::Html => diagnostic.help("say with --item which elements the entries are, such as `--item li.news`"),
        _ => diagnostic,
    }
}

/// Whether a source is a URL.
pub fn is_url(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"))
}

/// The paths that a source of the configuration stands for: those that its glob matches, the one that was last changed last, so that
/// of several texts of an entry the newest counts.
///
/// # Errors
/// It is no glob, or nothing matches it.
pub fn expand(source: &str, folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    if is_url(Path::new(source)) {
        return Ok(vec![PathBuf::from(source)]);
    }
    let path = folder.join(source);
    if path.exists() || !source.contains(['*', '?', '[']) {
        return Ok(vec![path]);
    }
    let pattern = path.to_string_lossy();
    let found = glob::glob(&pattern).map_err(|error| file_error(&path, &format!("this is no glob: {error}")))?;
    let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).collect();
    if paths.is_empty() {
        return Err(file_error(&path, "no file matches this").help("paths are relative to the configuration"));
    }
    let changed = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    paths.sort_by(|one, other| changed(one).cmp(&changed(other)).then_with(|| one.cmp(other)));
    Ok(paths)
}

/// The documents and trees to read. A folder is a tree if it looks like a site or has more Markdown files than feeds.
fn inputs(options: &ImportOptions) -> Result<Vec<Input>, Diagnostic> {
    let mut inputs = Vec::new();
    for source in &options.sources {
        let tree = || Input::Tree(source.clone(), SourceTree::locate(source));
        match options.from {
            _ if is_url(source) || source == Path::new("-") => inputs.push(Input::Document(source.clone())),
            Some(Kind::Markdown) => inputs.push(tree()),
            None if !source.is_dir() && has_extension(source, &MARKDOWN_EXTENSIONS) => inputs.push(tree()),
            _ if !source.is_dir() => inputs.push(Input::Document(source.clone())),
            Some(Kind::Html) => inputs.extend(files(source, &HTML_EXTENSIONS)?.into_iter().map(Input::Document)),
            Some(Kind::Json) => inputs.extend(files(source, &JSON_EXTENSIONS)?.into_iter().map(Input::Document)),
            Some(Kind::Xlsx) => inputs.extend(files(source, &XLSX_EXTENSIONS)?.into_iter().map(Input::Document)),
            Some(Kind::Csv) => inputs.extend(files(source, &CSV_EXTENSIONS)?.into_iter().map(Input::Document)),
            from => {
                let feeds = files(source, &FEED_EXTENSIONS)?;
                let is_tree = || {
                    let kind = SourceTree::locate(source).kind;
                    Ok(kind != markdown::Kind::Plain || files(source, &MARKDOWN_EXTENSIONS)?.len() > feeds.len())
                };
                if from.is_none() && is_tree()? {
                    inputs.push(tree());
                } else {
                    inputs.extend(feeds.into_iter().map(Input::InFolder));
                }
            }
        }
    }
    Ok(inputs)
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

/// The files below a folder with one of the extensions, sorted by name.
fn files(folder: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| file_error(folder, &format!("this folder cannot be read: {error}")))?;
        if entry.file_type().is_file() && has_extension(entry.path(), extensions) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Reads a document as the kind that the user names, else as the detected one.
///
/// # Errors
/// Why the entries cannot be kept. Why the document cannot be read is in the report.
fn read_document(
    path: &Path,
    is_in_folder: bool,
    config: &Config,
    options: &ImportOptions,
    request: &SourceRequest<'_>,
    standard_input: Option<&File>,
    sink: Sink<'_>,
) -> Result<SourceReport, Diagnostic> {
    let kind = options.from.unwrap_or(Kind::Feed);
    let failed = |name: String, diagnostic| {
        Ok(SourceReport { name, kind, diagnostics: vec![diagnostic], ..SourceReport::default() })
    };
    let opened = Document::new(path, request, standard_input).and_then(|document| Ok((document.head()?, document)));
    let (head, document) = match opened {
        Ok(opened) => opened,
        Err(diagnostic) => return failed(path.display().to_string(), diagnostic),
    };
    let address = document.address.clone();
    let mut report = SourceReport { name: document.name.clone(), kind, address, ..SourceReport::default() };
    if document.is_unchanged {
        report.is_unchanged = true;
        report.notes.push("not changed since it was last imported".to_owned());
        return Ok(report);
    }
    if let Some(what) = is_in_folder.then(|| no_feed(&head)).flatten() {
        report.notes.push(format!("skipped: this is {what}, not a feed"));
        return Ok(report);
    }
    report.kind = options.from.unwrap_or_else(|| detect_kind(path, &head));
    if let Some(why) = document.decoding.warning.as_ref().filter(|_| report.kind != Kind::Xlsx) {
        let warning = Diagnostic::warning(Location::file(&*report.name), why.clone());
        report
            .diagnostics
            .push(warning.help("see whether its letters are right; if not, convert it to UTF-8, and import that"));
    }
    let mut batches = Batches::new(&document.name, report.kind, sink);
    let read = read_entries(&document, config, options, request, &mut batches, &mut report);
    report.entries = batches.finish()?;
    if read.is_ok() {
        report.is_complete = !report.lacks_pages
            && matches!(report.kind, Kind::Json | Kind::Csv | Kind::Xlsx | Kind::Markdown | Kind::Wordpress);
        // The tag of the first of several pages says nothing of the others.
        let etag = document.etag.clone().filter(|_| !report.has_pages);
        report.state = request.state(SourceState { etag, ..SourceState::default() });
    }
    report.diagnostics.extend(read.err());
    Ok(report)
}

/// Hands on the entries of a document.
///
/// # Errors
/// Why it cannot be read, or not to its end.
fn read_entries(
    document: &Document<'_>,
    config: &Config,
    options: &ImportOptions,
    request: &SourceRequest<'_>,
    batches: &mut Batches<'_>,
    report: &mut SourceReport,
) -> Result<(), Diagnostic> {
    let failed = |error: std::io::Error| Diagnostic::machine(document.path, "read this file", &error);
    let invalid = |error: ParseError| file_error(Path::new(&document.name), &error.message);
    let truncation = match report.kind {
        Kind::Listing => {
            let text = listing_text(document)?;
            let (listing, entries) = listing::read(&document.name, &text);
            entries.into_iter().for_each(|entry| batches.push(entry));
            let diagnostics = std::mem::take(&mut report.diagnostics);
            *report = SourceReport { text, diagnostics, ..listing };
            None
        }
        Kind::Feed => {
            let address = document.address.as_deref();
            let head = feed::read(|| document.open(), address, options.own, &mut |entry| batches.push(entry));
            let head = head.map_err(invalid)?;
            (report.default_date, report.feed_id) = (head.date, head.id);
            head.truncation
        }
        Kind::Wordpress => {
            let open = || document.open().map_err(ParseError::from);
            let head = wordpress::read(open, options.pages, &mut |entry| batches.push(entry)).map_err(invalid)?;
            (report.notes, report.feed_id) = (head.notes, head.site);
            head.truncation
        }
        Kind::Html => {
            let selectors = html::Selectors::read(&options.selectors).map_err(|why| Diagnostic::usage(None, why))?;
            let input = document.open().map_err(failed)?;
            let address = document.address.as_deref();
            html::read(input, address, &selectors, &mut |entry| batches.push(entry)).map_err(invalid)?;
            None
        }
        Kind::Json | Kind::Csv | Kind::Xlsx => {
            read_api::read_records(document, config, options, request, &mut |entry| batches.push(entry), report)?
        }
        Kind::Drupal | Kind::WordpressApi => {
            let diagnostic = file_error(document.path, "an API is read from its address alone");
            return Err(diagnostic.help("name the address of the site, or say with --from what the file is"));
        }
        Kind::Markdown => {
            let diagnostic = file_error(document.path, "Markdown is read from files and folders alone");
            return Err(diagnostic.help("save it in a folder, and name the folder"));
        }
    };
    truncation.map_or(Ok(()), |why| {
        let diagnostic = file_error(Path::new(&document.name), &why);
        Err(diagnostic.help("its complete entries are imported; get the whole document, and import it again"))
    })
}

fn listing_text(document: &Document<'_>) -> Result<String, Diagnostic> {
    let failed = |error: std::io::Error| Diagnostic::machine(document.path, "read this file", &error);
    let mut bytes = Vec::new();
    let input = document.open_raw().map_err(failed)?;
    input.take(MAX_LISTING + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_LISTING {
        let message = format!("a listing may be {} MB long, and this is longer", MAX_LISTING >> 20);
        let diagnostic = file_error(Path::new(&document.name), &message);
        return Err(diagnostic.help("split it, or say with --from what else it is"));
    }
    let text = document.decoding.text(bytes);
    if let Some(at) = memchr::memchr(0, text.as_bytes()) {
        let message = "NUL byte at byte {at}; this is not a text file".to_owned();
        return Err(undecodable(&document.name, text.as_bytes(), 0, (at, message)));
    }
    Ok(text)
}

/// A document that can be opened more than once.
pub struct Document<'d> {
    pub name: String,
    path: &'d Path,
    /// A temporary copy, if it is no file.
    copy: Option<File>,
    /// Where it was fetched, redirects followed.
    pub address: Option<String>,
    /// Whether that is a public host.
    pub is_public: bool,
    /// It is as it was when it was last imported, and was not sent again.
    is_unchanged: bool,
    etag: Option<String>,
    /// The next page, as the answer's `Link` field says.
    next_link: Option<String>,
    decoding: Decoding,
}

impl<'d> Document<'d> {
    /// Opens a document, and finds its encoding.
    pub fn new(
        path: &'d Path,
        request: &SourceRequest<'_>,
        standard_input: Option<&File>,
    ) -> Result<Document<'d>, Diagnostic> {
        let decoding = Decoding::default();
        let mut document = Document {
            name: path.display().to_string(),
            path,
            copy: None,
            address: None,
            is_public: false,
            is_unchanged: false,
            etag: None,
            next_link: None,
            decoding,
        };
        let mut content_type = None;
        if path == Path::new("-") {
            let copy = standard_input.map(File::try_clone).transpose();
            document.name = "standard input".to_owned();
            document.copy = copy.map_err(|error| Diagnostic::machine(path, "read it", &error))?;
        } else if is_url(path) {
            let fetched = request.fetch(&document.name).map_err(|failure| file_error(path, &failure.message))?;
            content_type = fetched.content_type;
            (document.copy, document.address) = (Some(fetched.file), Some(fetched.address));
            (document.is_public, document.is_unchanged) = (fetched.is_public, fetched.is_unchanged);
            (document.etag, document.next_link) = (fetched.etag, fetched.next);
        }
        let decoding = Decoding::detect(|| document.open_raw(), content_type.as_deref());
        document.decoding = decoding.map_err(|error| Diagnostic::machine(path, "read this file", &error))?;
        Ok(document)
    }

    /// The address of the next page, as the document or the answer says.
    pub fn next(&self, written: Option<&str>) -> Option<String> {
        let base = url::Url::parse(self.address.as_ref()?).ok()?;
        written.or(self.next_link.as_deref()).and_then(|next| base.join(next).ok()).map(String::from)
    }

    fn open_raw(&self) -> std::io::Result<Box<dyn Read + '_>> {
        Ok(match &self.copy {
            Some(copy) => {
                let mut copy: &File = copy;
                copy.seek(SeekFrom::Start(0))?;
                Box::new(copy)
            }
            None => Box::new(File::open(self.path)?),
        })
    }

    /// Opens it, decoded unless it is a workbook, which is no text.
    pub fn open_as(&self, kind: Kind) -> std::io::Result<Box<dyn Read + '_>> {
        if kind == Kind::Xlsx { self.open_raw() } else { self.open() }
    }

    /// Opens it, decoded.
    pub fn open(&self) -> std::io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(Utf8Reader::new(self.open_raw()?, &self.decoding)?))
    }

    /// Its beginning, decoded.
    fn head(&self) -> Result<Vec<u8>, Diagnostic> {
        let failed = |error: std::io::Error| Diagnostic::machine(self.path, "read this file", &error);
        let (mut raw, mut head) = (Vec::new(), Vec::new());
        self.open_raw().and_then(|input| input.take(HEAD).read_to_end(&mut raw)).map_err(failed)?;
        if is_workbook(&raw) {
            return Ok(raw);
        }
        if COMPRESSED.iter().any(|magic| raw.starts_with(magic)) {
            return Err(
                file_error(Path::new(&self.name), "this is compressed").help("unpack it, and import what is in it")
            );
        }
        self.open().and_then(|input| input.take(HEAD).read_to_end(&mut head)).map_err(failed)?;
        Ok(head)
    }
}

/// Collects entries into batches for the sink, until it fails.
pub struct Batches<'b> {
    source: &'b str,
    kind: Kind,
    pending: Vec<ParsedEntry>,
    count: usize,
    failure: Option<Diagnostic>,
    sink: Sink<'b>,
}

impl<'b> Batches<'b> {
    pub fn new(source: &'b str, kind: Kind, sink: Sink<'b>) -> Batches<'b> {
        Batches { source, kind, pending: Vec::new(), count: 0, failure: None, sink }
    }

    pub fn push(&mut self, entry: ParsedEntry) {
        let entries = language_marks::split(entry);
        self.count += entries.len();
        self.pending.extend(entries);
        if self.pending.len() >= BATCH {
            self.flush();
        }
    }

    fn flush(&mut self) {
        let entries = std::mem::take(&mut self.pending);
        if self.failure.is_none() {
            self.failure = (self.sink)(Batch { source: self.source, kind: self.kind, entries }).err();
        }
    }

    /// The number of entries.
    pub fn finish(mut self) -> Result<usize, Diagnostic> {
        self.flush();
        self.failure.map_or(Ok(self.count), Err)
    }
}

fn read_tree(
    name: &Path,
    source: &SourceTree,
    config: &Config,
    options: &ImportOptions,
    sink: Sink<'_>,
) -> Result<SourceReport, Diagnostic> {
    let home = config.home_page(0).unwrap_or_else(|| config.site.base_url.clone());
    let languages: Vec<String> = config.languages.iter().map(|edition| edition.language.to_string()).collect();
    let tree = Tree::open(&source.root, &languages, &home, options.now)
        .map_err(|error| file_error(name, &format!("this cannot be imported: {}", error.message)))?;
    let posts: Vec<_> = tree.files().iter().filter(|file| source.contains(&file.path)).collect();
    let root = source.root.display().to_string();
    let mut count = 0;
    for batch in posts.chunks(BATCH) {
        let entries: Vec<ParsedEntry> =
            batch.par_iter().flat_map_iter(|file| language_marks::split(tree.read(file))).collect();
        count += entries.len();
        sink(Batch { source: &root, kind: Kind::Markdown, entries })?;
    }
    let mut notes = tree.remarks.clone();
    if source.root != name {
        notes.insert(0, format!("read as a part of the {} site in {root}", tree.site.kind));
    }
    if tree.site.base_url.is_none() {
        notes.push(format!(
            "its configuration names no public address, so its posts come without links, and root addresses are read against {home}"
        ));
    }
    let name = name.display().to_string();
    Ok(SourceReport { name, kind: Kind::Markdown, entries: count, notes, ..SourceReport::default() })
}

/// Whether a document is an archive whose first member is that of a workbook (ECMA-376 part 2).
fn is_workbook(head: &[u8]) -> bool {
    let has = |name: &[u8]| memchr::memmem::find(head, name).is_some();
    head.starts_with(b"PK\x03\x04") && (has(b"[Content_Types].xml") || has(b"xl/") || has(b"_rels/.rels"))
}

/// The kind of a document by its beginning, and of a table by its name.
fn detect_kind(path: &Path, head: &[u8]) -> Kind {
    if has_extension(path, &CSV_EXTENSIONS) {
        return Kind::Csv;
    }
    if is_workbook(head) {
        return Kind::Xlsx;
    }
    if has_extension(path, &JSON_EXTENSIONS) && !is_json_feed(head) {
        return Kind::Json;
    }
    match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') if memchr::memmem::find(head, b"wordpress.org/export").is_some() => Kind::Wordpress,
        Some(b'<') if html::is_page(head) => Kind::Html,
        Some(b'<') => Kind::Feed,
        Some(b'{') if is_json_feed(head) => Kind::Feed,
        Some(b'{' | b'[') => Kind::Json,
        _ => Kind::Listing,
    }
}

/// Whether a JSON object with this beginning is a JSON Feed, which may lack its `version`.
fn is_json_feed(head: &[u8]) -> bool {
    let has = |word: &str| memchr::memmem::find(head, word.as_bytes()).is_some();
    let members = ["\"home_page_url\"", "\"feed_url\"", "\"content_html\"", "\"content_text\"", "\"date_published\""];
    let is_empty = || {
        let plain: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        memchr::memmem::find(&plain, b"\"items\":[]").is_some()
    };
    has("jsonfeed.org/version") || has("\"items\"") && (members.into_iter().any(has) || is_empty())
}

/// What a document of a site is that has no entries, by its beginning.
fn no_feed(head: &[u8]) -> Option<&'static str> {
    const ROOTS: [(&str, &str); 4] = [
        ("<urlset", "a sitemap"),
        ("<sitemapindex", "a list of sitemaps"),
        ("<opml", "a list of feeds (OPML)"),
        ("<browserconfig", "a configuration of browsers"),
    ];
    if html::is_page(head) {
        return Some("a page");
    }
    let root = html::after_prologue(&String::from_utf8_lossy(head)).to_ascii_lowercase();
    ROOTS.into_iter().find(|(name, _)| root.starts_with(name)).map(|(_, what)| what)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;
    use std::net::TcpListener;

    use super::*;
    use crate::import::tests::config_with;

    /// A server that gives one answer to each of so many requests. Returns its address.
    fn server(requests: usize, answer: impl Fn(&str) -> String + Send + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming().take(requests) {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                let length = stream.read(&mut request).unwrap();
                let path = String::from_utf8_lossy(&request[..length]).split(' ').nth(1).unwrap().to_owned();
                stream.write_all(answer(&path).as_bytes()).unwrap();
            }
        });
        address
    }

    #[test]
    fn a_document_that_was_fetched_elsewhere_is_not_our_own() {
        const FEED: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"items\": []}";
        let redirect = |to: &str| {
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        };
        let foreign = server(1, |_| FEED.to_owned());
        let elsewhere = format!("{foreign}/feeds/all.json");
        let own = server(6, move |path| match path {
            "/feeds/away.json" => redirect(&elsewhere),
            "/feeds/up.json" => redirect("/all.json"),
            "/feeds/old.json" => redirect("/feeds/all.json"),
            _ => FEED.to_owned(),
        });
        let config = config_with(&["en"], "").with_base_url(&format!("{own}/feeds/")).unwrap();
        for (path, is_own) in
            [("feeds/all.json", true), ("feeds/old.json", true), ("feeds/up.json", false), ("feeds/away.json", false)]
        {
            let sources = vec![format!("{own}/{path}").into()];
            let options = ImportOptions { sources, ..ImportOptions::default() };
            let reports = read(&config, &options, None, &[], &mut |_| Ok(())).unwrap();
            assert_eq!(reports[0].is_own, is_own, "{path}");
        }
    }
}
