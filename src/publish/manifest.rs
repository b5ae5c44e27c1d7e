//! The manifest, `.tidings`: what a publication holds, to be compared with the next.
//!
//! Text in lines. The first is `tidings 1`, the hash of all input and the authority that mints the ids. The others are sorted
//! by bytes: `path TAB content hash TAB input hash` for each document, and `@story/language TAB hash of its texts` for each
//! visible entry, followed by the hash of its guid if it has one. Hashes are XXH3, in hexadecimal. There is no time in it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use crate::site::EntryFingerprint;

/// Its name in the output.
pub const NAME: &str = ".tidings";

const HEAD: &str = "tidings 1";

/// A document in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The hash of its bytes.
    pub content_hash: u128,
    /// The hash of what it was rendered from.
    pub input_hash: u128,
}

/// An entry of the previous publication.
#[derive(Debug, Clone, Copy)]
pub struct PreviousEntry<'m> {
    /// `story/language`.
    pub key: &'m str,
    /// The hash of its texts.
    pub text: u64,
    /// The hash of its guid, if it had one.
    pub guid: Option<u128>,
}

/// A manifest that was read. Invalid lines are ignored: their documents are rendered again.
#[derive(Debug, Default)]
pub struct Manifest {
    text: String,
    documents: HashMap<String, ManifestEntry>,
}

impl Manifest {
    /// Reads a manifest.
    pub fn parse(bytes: Vec<u8>) -> Manifest {
        let text = String::from_utf8(bytes).unwrap_or_default();
        if !text.starts_with(HEAD) {
            return Manifest { text, documents: HashMap::new() };
        }
        let document = |line: &str| {
            let mut fields = line.split('\t');
            let path = fields.next().filter(|path| is_safe(path))?;
            let mut hash = || u128::from_str_radix(fields.next()?, 16).ok();
            Some((path.to_owned(), ManifestEntry { content_hash: hash()?, input_hash: hash()? }))
        };
        let documents = text.lines().skip(1).filter(|line| !line.starts_with('@')).filter_map(document).collect();
        Manifest { text, documents }
    }

    /// The bytes that were read.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// A document by its path.
    pub fn document(&self, path: &str) -> Option<ManifestEntry> {
        self.documents.get(path).copied()
    }

    /// The paths of all documents.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.documents.keys().map(String::as_str)
    }

    /// The hash of everything that the publication was made from.
    pub fn input_hash(&self) -> Option<u128> {
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
    pub fn entries(&self) -> impl Iterator<Item = PreviousEntry<'_>> {
        self.text.lines().skip(1).filter_map(|line| {
            let mut fields = line.strip_prefix('@')?.split('\t');
            let key = fields.next()?;
            let text = u64::from_str_radix(fields.next()?, 16).ok()?;
            Some(PreviousEntry { key, text, guid: fields.next().and_then(|hash| u128::from_str_radix(hash, 16).ok()) })
        })
    }

    /// Adds the paths that an interrupted build may have written. Their hashes are unknown.
    pub fn claim(&mut self, paths: impl Iterator<Item = String>) {
        for path in paths.filter(|path| is_safe(path)) {
            self.documents.entry(path).or_insert(ManifestEntry { content_hash: 0, input_hash: 0 });
        }
    }
}

/// The order of entries in a manifest, given story and language: by the bytes of `story/language`.
pub fn compare_keys(one: (&str, &str), other: (&str, &str)) -> Ordering {
    let (a, b) = (one.0.as_bytes(), other.0.as_bytes());
    let common = a.len().min(b.len());
    let rest = |(story, language): (&str, &str)| format!("{}/{language}", &story[common..]);
    a[..common].cmp(&b[..common]).then_with(|| rest(one).cmp(&rest(other)))
}

/// Writes a manifest. The entries must be in the order of [`compare_keys`].
pub fn write<'e>(
    input_hash: u128,
    authority: &str,
    documents: &BTreeMap<String, ManifestEntry>,
    entries: impl Iterator<Item = EntryFingerprint<'e>> + Clone,
) -> String {
    let entry_length = |entry: EntryFingerprint<'_>| {
        entry.story.len() + entry.language.len() + if entry.guid.is_some() { 53 } else { 20 }
    };
    let document_length = |path: &String| path.len() + 67;
    let length =
        entries.clone().map(entry_length).sum::<usize>() + documents.keys().map(document_length).sum::<usize>();
    let mut out = String::with_capacity(length + authority.len() + 64);
    let _ = writeln!(out, "{HEAD} {input_hash:032x} {authority}");
    let write_document = |out: &mut String, (path, entry): (&String, &ManifestEntry)| {
        let _ = writeln!(out, "{path}\t{:032x}\t{:032x}", entry.content_hash, entry.input_hash);
    };
    // Lines of entries begin with `@`, and all lines are sorted.
    let is_before_entries = |path: &str| path < "@";
    documents
        .iter()
        .filter(|(path, _)| is_before_entries(path))
        .for_each(|document| write_document(&mut out, document));
    for entry in entries {
        let _ = write!(out, "@{}/{}\t{:016x}", entry.story, entry.language, entry.text);
        let _ = match entry.guid {
            Some(guid) => writeln!(out, "\t{guid:032x}"),
            None => writeln!(out),
        };
    }
    documents
        .iter()
        .filter(|(path, _)| !is_before_entries(path))
        .for_each(|document| write_document(&mut out, document));
    out
}

/// Whether a path cannot lead out of the output folder. A manifest is a file that anybody may have edited.
fn is_safe(path: &str) -> bool {
    !path.is_empty() && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(story: &'static str, language: &'static str) -> EntryFingerprint<'static> {
        EntryFingerprint {
            story,
            language,
            text: 7,
            guid: (story == "a").then_some(9),
            entry: crate::catalog::EntryId::new(0),
        }
    }

    #[test]
    fn a_manifest_round_trips() {
        let documents =
            BTreeMap::from([("en/all.json".to_owned(), ManifestEntry { content_hash: 1, input_hash: u128::MAX })]);
        let mut entries =
            vec![fingerprint("a/b", "en"), fingerprint("a", "ru"), fingerprint("a-b", "en"), fingerprint("a", "en")];
        entries.sort_by(|one, other| compare_keys((one.story, one.language), (other.story, other.language)));
        let text = write(3, "a.example,2014", &documents, entries.into_iter());
        let sorted: Vec<&str> = text.lines().skip(1).collect();
        assert!(sorted.is_sorted(), "{text}");
        let read = Manifest::parse(text.into_bytes());
        assert_eq!((read.input_hash(), read.authority()), (Some(3), Some("a.example,2014")));
        assert_eq!(read.document("en/all.json"), documents.get("en/all.json").copied());
        let entries: Vec<_> = read.entries().map(|entry| (entry.key, entry.text, entry.guid)).collect();
        assert_eq!(entries, [("a-b/en", 7, None), ("a/b/en", 7, None), ("a/en", 7, Some(9)), ("a/ru", 7, Some(9))]);
        let mut more = read;
        more.claim(["ru/all.json", "en/all.json", "../x"].map(str::to_owned).into_iter());
        let content_hash = more.document("en/all.json").map(|document| document.content_hash);
        assert_eq!((more.paths().count(), content_hash), (2, Some(1)));
    }

    #[test]
    fn paths_that_lead_out_of_the_folder_are_ignored() {
        for text in ["tidings 1 0\n../x\t0\t0\n", "tidings 1 0\n/etc/x\t0\t0\n", "tidings 1 0\na/./b\t0\t0", "x"] {
            assert_eq!(Manifest::parse(text.as_bytes().to_vec()).paths().count(), 0, "{text}");
        }
    }
}
