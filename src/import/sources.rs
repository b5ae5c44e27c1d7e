//! Owns the sources of an import: found, opened and read into entries, each by its kind; never touches the store.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::found::{Found, When};
use super::report::{Source, SourceReport};
use super::{at, feed, listed};
use crate::diagnostics::{Place, Problem};
use crate::fetch;
use crate::source::{decode, undecodable};

/// The largest document that is fetched from another server.
const LARGEST: usize = 1 << 30;
/// What the names of feeds end in, in a folder.
const FEEDS: [&str; 5] = ["atom", "json", "rdf", "rss", "xml"];

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The text of a news page.
    Listing,
    /// RSS, Atom or JSON Feed.
    Feed,
}

/// A source that was read.
pub struct ReadSource {
    pub kind: Kind,
    pub source: Source,
    pub report: SourceReport,
    pub entries: Vec<Found>,
    /// The date of those that have none.
    pub date: Option<When>,
}

/// Whether a source is an address.
pub fn is_address(path: &Path) -> bool {
    path.to_str().is_some_and(|text| text.starts_with("http://") || text.starts_with("https://"))
}

/// The files of the sources: of a folder the feeds in it.
pub fn files(sources: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    for source in sources {
        if is_address(source) || !source.is_dir() {
            files.push(source.clone());
            continue;
        }
        for entry in WalkDir::new(source).sort_by_file_name() {
            let entry = entry.map_err(|error| at(source, &format!("this folder cannot be read: {error}")))?;
            let kind = entry.path().extension().map(|kind| kind.to_string_lossy().to_ascii_lowercase());
            if entry.file_type().is_file() && kind.is_some_and(|kind| FEEDS.contains(&kind.as_str())) {
                files.push(entry.into_path());
            }
        }
    }
    Ok(files)
}

/// Reads a source: as what it is said to be, else as what it looks like.
pub fn read(path: &Path, kind: Option<Kind>, standard_input: Option<&[u8]>) -> Result<ReadSource, Problem> {
    let (name, mut input): (String, Box<dyn Read + '_>) = if path == Path::new("-") {
        ("standard input".to_owned(), Box::new(Cursor::new(standard_input.unwrap_or_default())))
    } else if is_address(path) {
        let url = path.to_string_lossy();
        let bytes = fetch::get(&url, LARGEST).map_err(|why| Problem::error(Place::file(&*url), why))?;
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
            Ok(ReadSource { kind, source: Source { name, text: text.to_owned() }, report, entries, date: None })
        }
        Kind::Feed => {
            let mut entries = Vec::new();
            let head = feed::read(&mut input, &mut |found| entries.push(found))
                .map_err(|failure| Problem::error(Place::file(&*name), failure.message))?;
            let report = SourceReport {
                name: name.clone(),
                entries: entries.len(),
                heading: Vec::new(),
                dated: Vec::new(),
                notes: head.remarks,
            };
            Ok(ReadSource { kind, source: Source { name, text: String::new() }, report, entries, date: head.date })
        }
    }
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
