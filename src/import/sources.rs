//! Owns the sources of an import: found, opened and read into entries, each by its kind; never touches the store.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::found::{Found, When};
use super::markdown::{self, Place, Tree};
use super::report::{Source, SourceReport};
use super::{Request, Setting, at, feed, listed};
use crate::diagnostics::Problem;
use crate::fetch;
use crate::source::{decode, undecodable};

/// The largest document that is fetched from another server.
const LARGEST: usize = 1 << 30;
/// What the names of feeds end in, in a folder.
const FEEDS: [&str; 5] = ["atom", "json", "rdf", "rss", "xml"];
/// What the names of Markdown files end in.
const MARKDOWN: [&str; 4] = ["md", "markdown", "mdx", "mkd"];
/// So many entries are handed on at once.
const BATCH: usize = 256;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The text of a news page.
    Listing,
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A folder of Markdown files with front matter, or one of them.
    Markdown,
}

/// What is read at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    Document(PathBuf),
    /// A tree of files, by the name that a person gave.
    Tree(PathBuf, Place),
}

/// A source that was read.
pub struct ReadSource {
    pub kind: Kind,
    pub source: Source,
    pub report: SourceReport,
    /// The date of those that have none.
    pub date: Option<When>,
}

/// Takes entries of the source of a name.
pub type Take<'t> = &'t mut dyn FnMut(&str, Vec<Found>) -> Result<(), Problem>;

/// Whether a source is an address.
pub fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"))
}

/// What is to be read: of a folder the feeds in it, or the Markdown files, whichever it is a folder of.
pub fn inputs(request: &Request) -> Result<Vec<Input>, Problem> {
    let mut inputs = Vec::new();
    for source in &request.sources {
        let tree = || Input::Tree(source.clone(), markdown::place(source));
        match request.from {
            _ if is_address(source) || source == Path::new("-") => inputs.push(Input::Document(source.clone())),
            Some(Kind::Markdown) => inputs.push(tree()),
            None if !source.is_dir() && ends_in(source, &MARKDOWN) => inputs.push(tree()),
            _ if !source.is_dir() => inputs.push(Input::Document(source.clone())),
            from => {
                let feeds = files(source, &FEEDS)?;
                let is_tree = || {
                    let place = markdown::place(source);
                    Ok(place.kind != markdown::Kind::Plain || files(source, &MARKDOWN)?.len() > feeds.len())
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
fn files(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, Problem> {
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
    standard_input: Option<&[u8]>,
    take: Take<'_>,
) -> Result<ReadSource, Problem> {
    match input {
        Input::Tree(name, place) => tree(name, place, setting, request, take),
        Input::Document(path) => document(path, request.from, standard_input, take),
    }
}

fn document(
    path: &Path,
    kind: Option<Kind>,
    standard_input: Option<&[u8]>,
    take: Take<'_>,
) -> Result<ReadSource, Problem> {
    let (name, mut input): (String, Box<dyn Read + '_>) = if path == Path::new("-") {
        ("standard input".to_owned(), Box::new(Cursor::new(standard_input.unwrap_or_default())))
    } else if is_address(path) {
        let url = path.to_string_lossy();
        let bytes = fetch::get(&url, LARGEST).map_err(|why| at(path, &why))?;
        (url.into_owned(), Box::new(Cursor::new(bytes)))
    } else {
        let file = File::open(path).map_err(|error| Problem::machine(path, "read this file", &error))?;
        (path.display().to_string(), Box::new(file))
    };
    let failed = |error: std::io::Error| Problem::machine(path, "read this file", &error);
    let mut head = Vec::new();
    input.by_ref().take(4096).read_to_end(&mut head).map_err(failed)?;
    let kind = kind.unwrap_or_else(|| kind_of(&head));
    let mut input = Cursor::new(head).chain(input);
    match kind {
        Kind::Listing => {
            let mut bytes = Vec::new();
            input.read_to_end(&mut bytes).map_err(failed)?;
            let text = decode(&bytes).map_err(|wrong| undecodable(&name, &bytes, 0, wrong))?;
            let (report, entries) = listed::read(&name, text);
            take(&name, entries)?;
            Ok(ReadSource { kind, source: Source { name, text: text.to_owned() }, report, date: None })
        }
        Kind::Feed => {
            let mut batches = Batches { name: &name, waiting: Vec::new(), count: 0, failure: None, take };
            let head = feed::read(&mut input, &mut |found| batches.add(found))
                .map_err(|failure| at(Path::new(&name), &failure.message))?;
            let entries = batches.end()?;
            let report = SourceReport { name: name.clone(), entries, notes: head.remarks, ..SourceReport::default() };
            Ok(ReadSource { kind, source: Source { name, text: String::new() }, report, date: head.date })
        }
        Kind::Markdown => {
            Err(at(path, "Markdown is read from files and folders alone")
                .help("save it in a folder, and name the folder"))
        }
    }
}

/// Entries on their way, many at once.
struct Batches<'b> {
    name: &'b str,
    waiting: Vec<Found>,
    count: usize,
    failure: Option<Problem>,
    take: Take<'b>,
}

impl Batches<'_> {
    fn add(&mut self, found: Found) {
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
    fn end(mut self) -> Result<usize, Problem> {
        self.hand_on();
        self.failure.map_or(Ok(self.count), Err)
    }
}

fn tree(
    name: &Path,
    place: &Place,
    setting: &Setting,
    request: &Request,
    take: Take<'_>,
) -> Result<ReadSource, Problem> {
    let home = setting.homes.first().ok_or_else(|| at(name, "the configuration names no language"))?;
    let tree = Tree::open(&place.root, &setting.languages, home, request.now)
        .map_err(|failure| at(name, &format!("this cannot be imported: {}", failure.message)))?;
    let posts: Vec<_> = tree.files().iter().filter(|file| place.holds(&file.path)).collect();
    let root = place.root.display().to_string();
    for batch in posts.chunks(BATCH) {
        take(&root, batch.par_iter().map(|file| tree.read(file)).collect())?;
    }
    let mut notes = tree.remarks.clone();
    if place.root != name {
        notes.insert(0, format!("read as a part of the {} site in {root}", tree.site.kind));
    }
    if tree.site.base.is_none() {
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
        Some(b'<' | b'{') => Kind::Feed,
        _ => Kind::Listing,
    }
}
