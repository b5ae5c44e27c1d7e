//! The manifest, `.tidings`: what a publication holds, to be compared with the next.
//!
//! A line of text each, sorted by bytes below the first, which is `tidings 1`, the hash of everything read and the authority
//! that mints the ids: `path TAB hash of its bytes TAB hash of what it was made from` for each document, and
//! `@story/language TAB hash of its texts` for each entry that is shown, with the hash of its guid where it has one. Hashes
//! are XXH3, in hexadecimal. No clock.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use crate::site::Known;

/// Its name in the output.
pub const NAME: &str = ".tidings";

const HEAD: &str = "tidings 1";

/// What is known of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The hash of its bytes.
    pub content: u128,
    /// The hash of what it was made from.
    pub source: u128,
}

/// An entry of the publication that is replaced.
#[derive(Debug, Clone, Copy)]
pub struct Old<'m> {
    /// `story/language`.
    pub key: &'m str,
    /// The hash of its texts.
    pub text: u64,
    /// The hash of its guid, where it had one.
    pub guid: Option<u128>,
}

/// A manifest that was read. What cannot be understood is passed over: its documents are made again.
#[derive(Debug, Default)]
pub struct Manifest {
    text: String,
    lines: HashMap<String, Line>,
}

impl Manifest {
    /// Reads a manifest.
    pub fn parse(bytes: Vec<u8>) -> Manifest {
        let text = String::from_utf8(bytes).unwrap_or_default();
        if !text.starts_with(HEAD) {
            return Manifest { text, lines: HashMap::new() };
        }
        let document = |line: &str| {
            let mut fields = line.split('\t');
            let path = fields.next().filter(|path| is_safe(path))?;
            let mut hash = || u128::from_str_radix(fields.next()?, 16).ok();
            Some((path.to_owned(), Line { content: hash()?, source: hash()? }))
        };
        let lines = text.lines().skip(1).filter(|line| !line.starts_with('@')).filter_map(document).collect();
        Manifest { text, lines }
    }

    /// The bytes that were read.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// What is known of a document.
    pub fn line(&self, path: &str) -> Option<Line> {
        self.lines.get(path).copied()
    }

    /// Every document that it names.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.lines.keys().map(String::as_str)
    }

    /// The hash of everything that the publication was made from.
    pub fn sources(&self) -> Option<u128> {
        u128::from_str_radix(self.head().next()?, 16).ok()
    }

    /// The authority that minted the ids of the publication.
    pub fn authority(&self) -> Option<&str> {
        self.head().nth(1)
    }

    fn head(&self) -> impl Iterator<Item = &str> {
        self.text.lines().next().and_then(|line| line.strip_prefix(HEAD)).unwrap_or_default().split_whitespace()
    }

    /// The entries, sorted by their keys.
    pub fn entries(&self) -> impl Iterator<Item = Old<'_>> {
        self.text.lines().skip(1).filter_map(|line| {
            let mut fields = line.strip_prefix('@')?.split('\t');
            let key = fields.next()?;
            let text = u64::from_str_radix(fields.next()?, 16).ok()?;
            Some(Old { key, text, guid: fields.next().and_then(|hash| u128::from_str_radix(hash, 16).ok()) })
        })
    }

    /// Takes paths for its own of which nothing is known but that a build that died may have written them.
    pub fn adopt(&mut self, paths: impl Iterator<Item = String>) {
        for path in paths.filter(|path| is_safe(path)) {
            self.lines.entry(path).or_insert(Line { content: 0, source: 0 });
        }
    }
}

/// The order of entries in a manifest, each by its story and language: by the bytes of `story/language`.
pub fn by_key(one: (&str, &str), other: (&str, &str)) -> Ordering {
    let (a, b) = (one.0.as_bytes(), other.0.as_bytes());
    let common = a.len().min(b.len());
    let rest = |(story, language): (&str, &str)| format!("{}/{language}", &story[common..]);
    a[..common].cmp(&b[..common]).then_with(|| rest(one).cmp(&rest(other)))
}

/// Writes a manifest; the entries are sorted [`by_key`].
pub fn write<'k>(
    sources: u128,
    authority: &str,
    lines: &BTreeMap<String, Line>,
    known: impl Iterator<Item = Known<'k>> + Clone,
) -> String {
    let length =
        |entry: Known<'_>| entry.story.len() + entry.language.len() + if entry.guid.is_some() { 53 } else { 20 };
    let rows = |path: &String| path.len() + 67;
    let length = known.clone().map(length).sum::<usize>() + lines.keys().map(rows).sum::<usize>();
    let mut out = String::with_capacity(length + authority.len() + 64);
    let _ = writeln!(out, "{HEAD} {sources:032x} {authority}");
    let document = |out: &mut String, (path, line): (&String, &Line)| {
        let _ = writeln!(out, "{path}\t{:032x}\t{:032x}", line.content, line.source);
    };
    let is_before = |path: &str| path < "@";
    lines.iter().filter(|(path, _)| is_before(path)).for_each(|row| document(&mut out, row));
    for entry in known {
        let _ = write!(out, "@{}/{}\t{:016x}", entry.story, entry.language, entry.text);
        let _ = match entry.guid {
            Some(guid) => writeln!(out, "\t{guid:032x}"),
            None => writeln!(out),
        };
    }
    lines.iter().filter(|(path, _)| !is_before(path)).for_each(|row| document(&mut out, row));
    out
}

/// Whether a path stays below the output, whoever wrote it.
fn is_safe(path: &str) -> bool {
    !path.is_empty() && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(story: &'static str, language: &'static str) -> Known<'static> {
        Known { story, language, text: 7, guid: (story == "a").then_some(9), entry: crate::catalog::EntryId::new(0) }
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let lines = BTreeMap::from([("en/all.json".to_owned(), Line { content: 1, source: u128::MAX })]);
        let mut entries = vec![known("a/b", "en"), known("a", "ru"), known("a-b", "en"), known("a", "en")];
        entries.sort_by(|one, other| by_key((one.story, one.language), (other.story, other.language)));
        let text = write(3, "a.example,2014", &lines, entries.into_iter());
        let sorted: Vec<&str> = text.lines().skip(1).collect();
        assert!(sorted.is_sorted(), "{text}");
        let read = Manifest::parse(text.into_bytes());
        assert_eq!((read.sources(), read.authority()), (Some(3), Some("a.example,2014")));
        assert_eq!(read.line("en/all.json"), lines.get("en/all.json").copied());
        let entries: Vec<_> = read.entries().map(|old| (old.key, old.text, old.guid)).collect();
        assert_eq!(entries, [("a-b/en", 7, None), ("a/b/en", 7, None), ("a/en", 7, Some(9)), ("a/ru", 7, Some(9))]);
        let mut more = read;
        more.adopt(["ru/all.json", "en/all.json", "../x"].map(str::to_owned).into_iter());
        assert_eq!((more.paths().count(), more.line("en/all.json").map(|line| line.content)), (2, Some(1)));
    }

    #[test]
    fn paths_cannot_lead_out() {
        for text in ["tidings 1 0\n../x\t0\t0\n", "tidings 1 0\n/etc/x\t0\t0\n", "tidings 1 0\na/./b\t0\t0", "x"] {
            assert_eq!(Manifest::parse(text.as_bytes().to_vec()).paths().count(), 0, "{text}");
        }
    }
}
