//! Step 1, read: every source is opened and parsed into entries by the reader of its format.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::entry::ParsedEntry;
use super::markdown::{self, SourceTree, Tree};
use super::parse_error::ParseError;
use super::report::SourceReport;
use super::{ImportOptions, feed, file_error, html, listing, wordpress};
use crate::config::Config;
use crate::diagnostics::{Diagnostic, Location};
use crate::fetch;
use crate::source::{decode, undecodable};

/// The largest document that is fetched, in bytes.
const MAX_FETCHED: u64 = 256 << 20;
/// The longest listing, in bytes.
const MAX_LISTING: u64 = 64 << 20;
const FEED_EXTENSIONS: [&str; 5] = ["atom", "json", "rdf", "rss", "xml"];
const MARKDOWN_EXTENSIONS: [&str; 4] = ["md", "markdown", "mdx", "mkd"];
const HTML_EXTENSIONS: [&str; 3] = ["html", "htm", "xhtml"];
/// How much of a document is read to detect its kind, in bytes.
const HEAD: u64 = 4096;
/// The magic numbers of gzip, zip, zstd, xz and bzip2.
const COMPRESSED: [&[u8]; 5] = [b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh"];
/// How many entries are handed on at once.
const BATCH: usize = 256;

/// The format of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// The text of a news page.
    #[default]
    Listing,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// An export of WordPress (WXR).
    Wordpress,
    /// A folder of Markdown files with front matter, or one of them.
    Markdown,
    /// A news page.
    Html,
}

/// A document, or a tree of Markdown files by the path that the user gave.
enum Input {
    Document(PathBuf),
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

/// Reads all sources, and hands their entries to `sink` in batches.
///
/// # Errors
/// Every source that cannot be read, or has no entry.
pub fn read(
    config: &Config,
    options: &ImportOptions,
    standard_input: Option<&File>,
    sink: Sink<'_>,
) -> Result<Vec<SourceReport>, Vec<Diagnostic>> {
    let (mut reports, mut diagnostics) = (Vec::new(), Vec::new());
    for input in inputs(options).map_err(|diagnostic| vec![diagnostic])? {
        let read = match &input {
            Input::Tree(name, tree) => read_tree(name, tree, config, options, sink),
            Input::Document(path) => read_document(path, options, standard_input, sink),
        };
        match read {
            Ok(report) => {
                if report.entries == 0 {
                    diagnostics.push(no_entries(&report));
                }
                reports.push(report);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let has_page = reports.iter().any(|report| report.kind == Kind::Html);
    if options.selectors.is_any() && !has_page && diagnostics.is_empty() {
        let diagnostic = Diagnostic::usage(None, "CSS selectors are for pages of HTML, and no source is one");
        diagnostics.push(diagnostic.help(
            "leave --item, --title, --link, --summary and a --date that is no date (2015-04-16) out, or say --from html",
        ));
    }
    if diagnostics.is_empty() { Ok(reports) } else { Err(diagnostics) }
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
            from => {
                let feeds = files(source, &FEED_EXTENSIONS)?;
                let is_tree = || {
                    let kind = SourceTree::locate(source).kind;
                    Ok(kind != markdown::Kind::Plain || files(source, &MARKDOWN_EXTENSIONS)?.len() > feeds.len())
                };
                if from.is_none() && is_tree()? {
                    inputs.push(tree());
                } else {
                    inputs.extend(feeds.into_iter().map(Input::Document));
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
fn read_document(
    path: &Path,
    options: &ImportOptions,
    standard_input: Option<&File>,
    sink: Sink<'_>,
) -> Result<SourceReport, Diagnostic> {
    let document = Document::new(path, standard_input)?;
    let name = document.name.clone();
    let failed = |error: std::io::Error| Diagnostic::machine(path, "read this file", &error);
    let mut head = Vec::new();
    document.open().and_then(|input| input.take(HEAD).read_to_end(&mut head)).map_err(failed)?;
    if COMPRESSED.iter().any(|magic| head.starts_with(magic)) {
        return Err(file_error(Path::new(&name), "this is compressed").help("unpack it, and import what is in it"));
    }
    let kind = options.from.unwrap_or_else(|| detect_kind(&head));
    let invalid = |error: ParseError| file_error(Path::new(&document.name), &error.message);
    let mut batches = Batches { source: &document.name, kind, pending: Vec::new(), count: 0, failure: None, sink };
    let mut report = SourceReport { name: name.clone(), ..SourceReport::default() };
    match kind {
        Kind::Listing => {
            let text = listing_text(&document)?;
            let (listing, entries) = listing::read(&name, &text);
            entries.into_iter().for_each(|entry| batches.push(entry));
            report = SourceReport { text, ..listing };
        }
        Kind::Feed => {
            let mut input = document.open().map_err(failed)?;
            let head = feed::read(&mut input, &mut |entry| batches.push(entry)).map_err(invalid)?;
            (report.notes, report.default_date) = (head.remarks, head.date);
        }
        Kind::Wordpress => {
            let open = || document.open().map_err(ParseError::from);
            report.notes = wordpress::read(open, options.pages, &mut |entry| batches.push(entry)).map_err(invalid)?;
        }
        Kind::Html => {
            let selectors = html::Selectors::read(&options.selectors).map_err(|why| Diagnostic::usage(None, why))?;
            let input = document.open().map_err(failed)?;
            let url = Some(&*name).filter(|_| is_url(path));
            report.notes = html::read(input, url, &selectors, &mut |entry| batches.push(entry)).map_err(invalid)?;
        }
        Kind::Markdown => {
            let diagnostic = file_error(path, "Markdown is read from files and folders alone");
            return Err(diagnostic.help("save it in a folder, and name the folder"));
        }
    }
    Ok(SourceReport { kind, entries: batches.finish()?, ..report })
}

fn listing_text(document: &Document<'_>) -> Result<String, Diagnostic> {
    let failed = |error: std::io::Error| Diagnostic::machine(document.path, "read this file", &error);
    let mut bytes = Vec::new();
    let input = document.open().map_err(failed)?;
    input.take(MAX_LISTING + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_LISTING {
        let message = format!("a listing may be {} MB long, and this is longer", MAX_LISTING >> 20);
        let diagnostic = file_error(Path::new(&document.name), &message);
        return Err(diagnostic.help("split it, or say with --from what else it is"));
    }
    let text = decode(&bytes).map_err(|error| undecodable(&document.name, &bytes, 0, error))?;
    Ok(text.to_owned())
}

/// A document that can be opened more than once.
struct Document<'d> {
    name: String,
    path: &'d Path,
    /// A temporary copy, if it is no file.
    copy: Option<File>,
}

impl<'d> Document<'d> {
    fn new(path: &'d Path, standard_input: Option<&File>) -> Result<Document<'d>, Diagnostic> {
        let (name, copy) = if path == Path::new("-") {
            let copy = standard_input.map(File::try_clone).transpose();
            ("standard input".to_owned(), copy.map_err(|error| Diagnostic::machine(path, "read it", &error))?)
        } else if is_url(path) {
            let url = path.to_string_lossy().into_owned();
            let copy = fetch::to_file(&url, MAX_FETCHED).map_err(|why| file_error(path, &why))?;
            (url, Some(copy))
        } else {
            (path.display().to_string(), None)
        };
        Ok(Document { name, path, copy })
    }

    fn open(&self) -> std::io::Result<Box<dyn Read + '_>> {
        Ok(match &self.copy {
            Some(copy) => {
                let mut copy: &File = copy;
                copy.seek(SeekFrom::Start(0))?;
                Box::new(copy)
            }
            None => Box::new(File::open(self.path)?),
        })
    }
}

/// Collects entries into batches for the sink, until it fails.
struct Batches<'b> {
    source: &'b str,
    kind: Kind,
    pending: Vec<ParsedEntry>,
    count: usize,
    failure: Option<Diagnostic>,
    sink: Sink<'b>,
}

impl Batches<'_> {
    fn push(&mut self, entry: ParsedEntry) {
        self.count += 1;
        self.pending.push(entry);
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
    fn finish(mut self) -> Result<usize, Diagnostic> {
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
    for batch in posts.chunks(BATCH) {
        let entries = batch.par_iter().map(|file| tree.read(file)).collect();
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
    Ok(SourceReport { name, kind: Kind::Markdown, entries: posts.len(), notes, ..SourceReport::default() })
}

/// The kind of a document by its first bytes.
fn detect_kind(head: &[u8]) -> Kind {
    let byte_order_marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    let head = byte_order_marks.iter().find_map(|mark| head.strip_prefix(*mark)).unwrap_or(head);
    match head.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0) {
        Some(b'<') if memchr::memmem::find(head, b"wordpress.org/export").is_some() => Kind::Wordpress,
        Some(b'<') if html::is_page(head) => Kind::Html,
        Some(b'<' | b'{') => Kind::Feed,
        _ => Kind::Listing,
    }
}
