//! Owns the sources of an import: found, opened and read into entries, each by its kind; never touches the store.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::entry::{EntryDate, ParsedEntry};
use super::markdown::{self, SourceTree, Tree};
use super::parse_error::ParseError;
use super::report::{Source, SourceReport};
use super::{Request, Setting, at, feed, html, listing, wordpress};
use crate::diagnostics::Diagnostic;
use crate::fetch;
use crate::source::{decode, undecodable};

/// The largest document that is fetched from another server.
const LARGEST: u64 = 256 << 20;
/// The longest listing, in bytes.
const LONGEST_LISTING: u64 = 64 << 20;
/// What the names of feeds end in, in a folder.
const FEEDS: [&str; 5] = ["atom", "json", "rdf", "rss", "xml"];
/// What the names of Markdown files end in.
const MARKDOWN: [&str; 4] = ["md", "markdown", "mdx", "mkd"];
/// What the names of pages end in.
const PAGES: [&str; 3] = ["html", "htm", "xhtml"];
/// So much of a document tells what it is.
const HEAD: u64 = 4096;
/// How files begin that gzip, zip, zstd, xz and bzip2 make.
const COMPRESSED: [&[u8]; 5] = [b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd", b"\xfd7zXZ", b"BZh"];
/// So many entries are handed on at once.
const BATCH: usize = 256;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The text of a news page.
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

/// What is read at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Document(PathBuf),
    /// A tree of files, by the name that a person gave.
    Tree(PathBuf, SourceTree),
}

/// A source that was read.
pub struct ReadSource {
    pub kind: Kind,
    pub source: Source,
    pub report: SourceReport,
    /// The date of those that have none.
    pub date: Option<EntryDate>,
}

/// Takes entries of the source of a name.
pub type Take<'t> = &'t mut dyn FnMut(&str, Vec<ParsedEntry>) -> Result<(), Diagnostic>;

/// Whether a source is an address.
pub fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"))
}

/// What is to be read: of a folder the feeds in it, or the Markdown files, whichever it is a folder of.
pub fn inputs(request: &Request) -> Result<Vec<Input>, Diagnostic> {
    let mut inputs = Vec::new();
    for source in &request.sources {
        let tree = || Input::Tree(source.clone(), SourceTree::locate(source));
        match request.from {
            _ if is_address(source) || source == Path::new("-") => inputs.push(Input::Document(source.clone())),
            Some(Kind::Markdown) => inputs.push(tree()),
            None if !source.is_dir() && ends_in(source, &MARKDOWN) => inputs.push(tree()),
            _ if !source.is_dir() => inputs.push(Input::Document(source.clone())),
            Some(Kind::Html) => inputs.extend(files(source, &PAGES)?.into_iter().map(Input::Document)),
            from => {
                let feeds = files(source, &FEEDS)?;
                let is_tree = || {
                    let source_tree = SourceTree::locate(source);
                    Ok(source_tree.kind != markdown::Kind::Plain || files(source, &MARKDOWN)?.len() > feeds.len())
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

fn ends_in(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_ascii_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

/// The files in a folder whose names end so, in their order.
fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| at(folder, &format!("this folder cannot be read: {error}")))?;
        if entry.file_type().is_file() && ends_in(entry.path(), endings) {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

/// Reads a source: as what it is said to be, else as what it looks like.
pub fn read(
    input: &Input,
    setting: &Setting,
    request: &Request,
    standard_input: Option<&File>,
    take: Take<'_>,
) -> Result<ReadSource, Diagnostic> {
    match input {
        Input::Tree(name, source_tree) => tree(name, source_tree, setting, request, take),
        Input::Document(path) => document(path, request, standard_input, take),
    }
}

fn document(
    path: &Path,
    request: &Request,
    standard_input: Option<&File>,
    take: Take<'_>,
) -> Result<ReadSource, Diagnostic> {
    let document = Document::new(path, standard_input)?;
    let name = document.name.clone();
    let failed = |error: std::io::Error| Diagnostic::machine(path, "read this file", &error);
    let mut head = Vec::new();
    document.open().and_then(|input| input.take(HEAD).read_to_end(&mut head)).map_err(failed)?;
    if COMPRESSED.iter().any(|mark| head.starts_with(mark)) {
        return Err(at(Path::new(&name), "this is compressed").help("unpack it, and import what is in it"));
    }
    let kind = request.from.unwrap_or_else(|| kind_of(&head));
    let ill = |error: ParseError| at(Path::new(&document.name), &error.message);
    let mut batches = Batches { name: &document.name, waiting: Vec::new(), count: 0, failure: None, take };
    let mut report = SourceReport { name: name.clone(), ..SourceReport::default() };
    let (mut text, mut date) = (String::new(), None);
    match kind {
        Kind::Listing => {
            let mut bytes = Vec::new();
            let input = document.open().map_err(failed)?;
            input.take(LONGEST_LISTING + 1).read_to_end(&mut bytes).map_err(failed)?;
            if bytes.len() as u64 > LONGEST_LISTING {
                let message = format!("a listing may be {} MB long, and this is longer", LONGEST_LISTING >> 20);
                return Err(at(Path::new(&name), &message).help("split it, or say with --from what else it is"));
            }
            text = decode(&bytes).map_err(|wrong| undecodable(&name, &bytes, 0, wrong))?.to_owned();
            let (listed, entries) = listing::read(&name, &text);
            entries.into_iter().for_each(|found| batches.add(found));
            report = listed;
        }
        Kind::Feed => {
            let mut input = document.open().map_err(failed)?;
            let head = feed::read(&mut input, &mut |found| batches.add(found)).map_err(ill)?;
            (report.notes, date) = (head.remarks, head.date);
        }
        Kind::Wordpress => {
            let open = || document.open().map_err(ParseError::from);
            report.notes = wordpress::read(open, request.pages, &mut |found| batches.add(found)).map_err(ill)?;
        }
        Kind::Html => {
            let selectors = html::Selectors::read(&request.selectors).map_err(|why| Diagnostic::usage(None, why))?;
            let input = document.open().map_err(failed)?;
            let address = Some(&*name).filter(|_| is_address(path));
            report.notes = html::read(input, address, &selectors, &mut |found| batches.add(found)).map_err(ill)?;
        }
        Kind::Markdown => {
            let diagnostic = at(path, "Markdown is read from files and folders alone");
            return Err(diagnostic.help("save it in a folder, and name the folder"));
        }
    }
    report.entries = batches.end()?;
    Ok(ReadSource { kind, source: Source { name, text }, report, date })
}

/// A document that can be opened more than once.
struct Document<'d> {
    name: String,
    path: &'d Path,
    /// What stands in it, where it is no file of its own.
    copy: Option<File>,
}

impl<'d> Document<'d> {
    fn new(path: &'d Path, standard_input: Option<&File>) -> Result<Document<'d>, Diagnostic> {
        let (name, copy) = if path == Path::new("-") {
            let copy = standard_input.map(File::try_clone).transpose();
            ("standard input".to_owned(), copy.map_err(|error| Diagnostic::machine(path, "read it", &error))?)
        } else if is_address(path) {
            let url = path.to_string_lossy().into_owned();
            let copy = fetch::to_file(&url, LARGEST).map_err(|why| at(path, &why))?;
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

/// Entries on their way, many at once.
struct Batches<'b> {
    name: &'b str,
    waiting: Vec<ParsedEntry>,
    count: usize,
    failure: Option<Diagnostic>,
    take: Take<'b>,
}

impl Batches<'_> {
    fn add(&mut self, found: ParsedEntry) {
        self.count += 1;
        self.waiting.push(found);
        if self.waiting.len() >= BATCH {
            self.hand_on();
        }
    }

    fn hand_on(&mut self) {
        let batch = std::mem::take(&mut self.waiting);
        if self.failure.is_none() {
            self.failure = (self.take)(self.name, batch).err();
        }
    }

    /// How many there were.
    fn end(mut self) -> Result<usize, Diagnostic> {
        self.hand_on();
        self.failure.map_or(Ok(self.count), Err)
    }
}

fn tree(
    name: &Path,
    source_tree: &SourceTree,
    setting: &Setting,
    request: &Request,
    take: Take<'_>,
) -> Result<ReadSource, Diagnostic> {
    let home = setting.homes.first().ok_or_else(|| at(name, "the configuration names no language"))?;
    let tree = Tree::open(&source_tree.root, &setting.languages, home, request.now)
        .map_err(|error| at(name, &format!("this cannot be imported: {}", error.message)))?;
    let posts: Vec<_> = tree.files().iter().filter(|file| source_tree.contains(&file.path)).collect();
    let root = source_tree.root.display().to_string();
    for batch in posts.chunks(BATCH) {
        take(&root, batch.par_iter().map(|file| tree.read(file)).collect())?;
    }
    let mut notes = tree.remarks.clone();
    if source_tree.root != name {
        notes.insert(0, format!("read as a part of the {} site in {root}", tree.site.kind));
    }
    if tree.site.base_url.is_none() {
        let why = format!(
            "its configuration names no public address, so its posts come without links, and root addresses are read against {home}"
        );
        notes.push(why);
    }
    let name = name.display().to_string();
    let report = SourceReport { name: name.clone(), entries: posts.len(), notes, ..SourceReport::default() };
    Ok(ReadSource { kind: Kind::Markdown, source: Source { name, text: String::new() }, report, date: None })
}

/// What a source is by its beginning.
fn kind_of(head: &[u8]) -> Kind {
    let marks: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];
    let head = marks.iter().find_map(|mark| head.strip_prefix(*mark)).unwrap_or(head);
    match head.iter().find(|byte| !byte.is_ascii_whitespace() && **byte != 0) {
        Some(b'<') if memchr::memmem::find(head, b"wordpress.org/export").is_some() => Kind::Wordpress,
        Some(b'<') if html::is_page(head) => Kind::Html,
        Some(b'<' | b'{') => Kind::Feed,
        _ => Kind::Listing,
    }
}
