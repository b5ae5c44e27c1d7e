//! The manifest, `.tidings`: what a publication holds, to be compared with the next.
//!
//! Text in lines. The first is `tidings 2`, the hash of all input and the authority that mints the ids. Then follow, sorted by
//! bytes, `path TAB content hash TAB input hash` for each document, and `@story/language TAB hash of its texts` for each
//! visible entry, followed by the hash of its guid, if it has one, and the topics of its story, if it has some. The last line is `# ` and the hash of all bytes before it.
//! Hashes are XXH3, in hexadecimal. There is no time in it.
//!
//! In an object store, the line of a document goes on: `TAB entity tag TAB hash of its attributes`. Before all documents stand
//! `TAB unfinished TAB id of the lease` while a publication is written, and `TAB pending TAB path TAB time` for each path that a
//! builder which lost its lease may still write to; the time is the store's own, when that was noticed; then `TAB purge TAB path`
//! and `TAB topic TAB address` for what caches and the hub are still to be told.
//!
//! Version 1 has no last line. What is read of it is what is well-formed.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use xxhash_rust::xxh3::xxh3_128;

use super::pending::Pending;
use crate::config::TopicIndex;
use crate::model::Timestamp;
use crate::site::{EntryFingerprint, PreviousEntry};

/// Its name in the output.
pub const NAME: &str = ".tidings";

/// The lease of a publication in an object store.
pub const LEASE: &str = ".tidings-lease";

const HEAD: &str = "tidings 2";
const HEAD_BEFORE: &str = "tidings 1";
const UNFINISHED_LINE: &str = "\tunfinished\t";

/// A document in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestEntry {
    /// The hash of its bytes.
    pub content_hash: u128,
    /// The hash of what it was rendered from.
    pub input_hash: u128,
}

impl ManifestEntry {
    /// Of a path that an interrupted build may have written.
    pub const CLAIMED: ManifestEntry = ManifestEntry { content_hash: 0, input_hash: 0 };
}

/// An object of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectEntry {
    /// Its entity tag, without quotes.
    pub tag: String,
    /// The hash of its attributes.
    pub attributes: u64,
}

/// What a manifest in an object store says beside the documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Objects {
    pub by_path: HashMap<String, ObjectEntry>,
    /// The paths that a builder which lost its lease may still write to, with the time at which that was noticed.
    pub pending: BTreeMap<String, Timestamp>,
    /// What caches and the hub are still to be told.
    pub notifications: Pending,
}

/// A manifest that was read. Lines that are not well-formed are ignored: their documents are rendered again.
#[derive(Debug, Default)]
pub struct Manifest {
    text: String,
    documents: HashMap<String, ManifestEntry>,
}

/// Why a manifest is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// It holds NUL, or is not UTF-8.
    Binary,
    /// It holds the marks of a merge, first on this line.
    Merged(usize),
    /// It does not begin as a manifest of this version or the one before does.
    Unknown,
    /// Its bytes are not those that were written.
    Changed,
}

impl Damage {
    /// What happened, for a diagnostic.
    pub fn message(self) -> String {
        match self {
            Damage::Binary => "this manifest has bytes that are not text, as a power failure leaves them".to_owned(),
            Damage::Merged(line) => format!("this manifest has the marks of a merge in line {line}"),
            Damage::Unknown => "this is no manifest, or one that a newer version wrote".to_owned(),
            Damage::Changed => "this manifest was cut or changed since a build wrote it: its hash differs".to_owned(),
        }
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// It is damaged, so that no line of it is believed.
    pub fn parse(bytes: Vec<u8>) -> Result<Manifest, Damage> {
        if memchr::memchr(0, &bytes).is_some() {
            return Err(Damage::Binary);
        }
        let text = String::from_utf8(bytes).map_err(|_| Damage::Binary)?;
        let is_mark = |line: &str| line.starts_with("<<<<<<<") || line.starts_with(">>>>>>>");
        if let Some(index) = text.lines().position(is_mark) {
            return Err(Damage::Merged(index + 1));
        }
        let version = [HEAD, HEAD_BEFORE].into_iter().find(|head| text.starts_with(&format!("{head} ")));
        let is_sound = match version {
            Some(HEAD) => is_sealed(&text),
            // The last line of version 2 under the name of version 1.
            Some(_) => !text.lines().any(|line| line.starts_with("# ") && !line.contains('\t')),
            None => return Err(Damage::Unknown),
        };
        if !is_sound {
            return Err(Damage::Changed);
        }
        let document = |line: &str| {
            let mut fields = line.split('\t');
            let path = fields.next().filter(|path| is_safe(path))?;
            let mut hash = || u128::from_str_radix(fields.next()?, 16).ok();
            Some((path.to_owned(), ManifestEntry { content_hash: hash()?, input_hash: hash()? }))
        };
        let documents = text.lines().skip(1).filter(|line| !line.starts_with('@')).filter_map(document).collect();
        Ok(Manifest { text, documents })
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
        let line = self.text.lines().next().unwrap_or_default();
        let rest = line.strip_prefix(HEAD).or_else(|| line.strip_prefix(HEAD_BEFORE));
        rest.unwrap_or_default().split_whitespace()
    }

    /// The entries, sorted by their keys.
    pub fn entries(&self) -> impl Iterator<Item = PreviousEntry<'_>> {
        self.text.lines().skip(1).filter_map(|line| {
            let mut fields = line.strip_prefix('@')?.split('\t');
            let (story, language) = fields.next()?.rsplit_once('/')?;
            let text = u64::from_str_radix(fields.next()?, 16).ok()?;
            let guid = fields.next().and_then(|hash| u128::from_str_radix(hash, 16).ok());
            let topics = fields.next().unwrap_or_default().into();
            Some(PreviousEntry { story, language, text, guid, topics })
        })
    }

    /// What it says of the objects of a store.
    pub fn objects(&self) -> Objects {
        let mut objects = Objects::default();
        for line in self.text.lines().skip(1).filter(|line| !line.starts_with('@')) {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields[..] {
                ["", "pending", path, since] if is_safe(path) => {
                    let since = Timestamp(since.parse().unwrap_or(i64::MAX));
                    objects.pending.insert(path.to_owned(), since);
                }
                ["", "purge", path] => drop(objects.notifications.purges.insert(path.to_owned())),
                ["", "topic", address] => drop(objects.notifications.topics.insert(address.to_owned())),
                [path, _, _, tag, attributes] if is_safe(path) => {
                    let attributes = u64::from_str_radix(attributes, 16).unwrap_or_default();
                    objects.by_path.insert(path.to_owned(), ObjectEntry { tag: tag.to_owned(), attributes });
                }
                _ => {}
            }
        }
        objects
    }

    /// Whether a publication is being written, or was and never finished: documents may not match it.
    pub fn is_unfinished(&self) -> bool {
        self.text.lines().nth(1).is_some_and(|line| line.starts_with(UNFINISHED_LINE))
    }

    /// The manifest while the next publication is written under a lease. `authority` is that of a first publication.
    pub fn to_unfinished(&self, lease: &str, authority: &str) -> String {
        let mut lines = self.text.lines();
        let head = lines.next().map_or_else(|| format!("{HEAD} {:032x} {authority}", 0), str::to_owned);
        let mut out = format!("{head}\n{UNFINISHED_LINE}{lease}\n");
        for line in lines.filter(|line| !line.starts_with(UNFINISHED_LINE) && !line.starts_with("# ")) {
            out.push_str(line);
            out.push('\n');
        }
        let seal = seal(&out);
        out + &seal
    }

    /// The manifest with something else that is still to be told.
    pub fn with_notifications(&self, notifications: &Pending) -> String {
        let is_notification = |line: &&str| line.starts_with("\tpurge\t") || line.starts_with("\ttopic\t");
        let lines = self.text.lines().filter(|line| !is_notification(line) && !line.starts_with("# "));
        let (head, documents): (Vec<_>, Vec<_>) =
            lines.enumerate().partition(|(index, line)| *index == 0 || line.starts_with('\t'));
        let add = |out: String, (_, line): (usize, &str)| out + line + "\n";
        let mut out = head.into_iter().fold(String::with_capacity(self.text.len()), add);
        let _ = notifications.write_lines(&mut out, "\t");
        let out = documents.into_iter().fold(out, add);
        let seal = seal(&out);
        out + &seal
    }

    /// Adds the paths that an interrupted build may have written. Their hashes are unknown.
    pub fn claim(&mut self, paths: impl Iterator<Item = String>) {
        for path in paths.filter(|path| is_safe(path)) {
            self.documents.entry(path).or_insert(ManifestEntry::CLAIMED);
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
pub fn write<'e, 't>(
    input_hash: u128,
    authority: &str,
    documents: &BTreeMap<String, ManifestEntry>,
    objects: &Objects,
    entries: impl Iterator<Item = EntryFingerprint<'e>> + Clone,
    topic_id: impl Fn(TopicIndex) -> &'t str,
) -> String {
    let topics_length =
        |entry: &EntryFingerprint<'_>| entry.topics.iter().map(|topic| topic_id(*topic).len() + 1).sum::<usize>();
    let entry_length = |entry: EntryFingerprint<'_>| {
        entry.story.len() + entry.language.len() + topics_length(&entry) + if entry.guid.is_some() { 54 } else { 21 }
    };
    let object_length = if objects.by_path.is_empty() { 0 } else { 60 };
    let document_length = |path: &String| path.len() + 67 + object_length;
    let length =
        entries.clone().map(entry_length).sum::<usize>() + documents.keys().map(document_length).sum::<usize>();
    let mut out = String::with_capacity(length + authority.len() + 96);
    let _ = writeln!(out, "{HEAD} {input_hash:032x} {authority}");
    let write_document = |out: &mut String, (path, entry): (&String, &ManifestEntry)| {
        let _ = write!(out, "{path}\t{:032x}\t{:032x}", entry.content_hash, entry.input_hash);
        if let Some(object) = objects.by_path.get(path) {
            let _ = write!(out, "\t{}\t{:016x}", object.tag, object.attributes);
        }
        out.push('\n');
    };
    for (path, since) in &objects.pending {
        let _ = writeln!(out, "\tpending\t{path}\t{}", since.0);
    }
    let _ = objects.notifications.write_lines(&mut out, "\t");
    // Lines of entries begin with `@`, and all lines are sorted.
    let is_before_entries = |path: &str| path < "@";
    documents
        .iter()
        .filter(|(path, _)| is_before_entries(path))
        .for_each(|document| write_document(&mut out, document));
    for entry in entries {
        let _ = write!(out, "@{}/{}\t{:016x}", entry.story, entry.language, entry.text);
        let _ = match entry.guid {
            Some(guid) => write!(out, "\t{guid:032x}"),
            None if !entry.topics.is_empty() => write!(out, "\t"),
            None => Ok(()),
        };
        for (index, topic) in entry.topics.iter().enumerate() {
            let _ = write!(out, "{}{}", if index == 0 { '\t' } else { ',' }, topic_id(*topic));
        }
        out.push('\n');
    }
    documents
        .iter()
        .filter(|(path, _)| !is_before_entries(path))
        .for_each(|document| write_document(&mut out, document));
    let seal = seal(&out);
    out += &seal;
    out
}

/// The last line of a manifest.
fn seal(text: &str) -> String {
    format!("# {:032x}\n", xxh3_128(text.as_bytes()))
}

/// Whether the last line is the hash of what is before it.
fn is_sealed(text: &str) -> bool {
    let last = text.strip_suffix('\n').and_then(|text| text.rfind('\n')).map_or(0, |at| at + 1);
    text[last..] == seal(&text[..last])
}

/// Whether a path is that of a document: it leads neither out of the output nor to the files of the builds themselves. A
/// manifest is a file that anybody may have edited.
fn is_safe(path: &str) -> bool {
    let is_own = path.starts_with(NAME);
    !path.is_empty() && !is_own && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
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
            topics: if story == "a" {
                &[0, 1]
            } else if story == "b" {
                &[1]
            } else {
                &[]
            },
            entry: crate::catalog::EntryId::new(0),
        }
    }

    fn topic_id(topic: TopicIndex) -> &'static str {
        ["people", "rain"][usize::from(topic) % 2]
    }

    #[test]
    fn a_manifest_round_trips() {
        let documents =
            BTreeMap::from([("en/all.json".to_owned(), ManifestEntry { content_hash: 1, input_hash: u128::MAX })]);
        let mut entries =
            vec![fingerprint("a/b", "en"), fingerprint("a", "ru"), fingerprint("a-b", "en"), fingerprint("a", "en")];
        entries.sort_by(|one, other| compare_keys((one.story, one.language), (other.story, other.language)));
        let text = write(3, "a.example,2014", &documents, &Objects::default(), entries.into_iter(), topic_id);
        let mut lines: Vec<&str> = text.lines().skip(1).collect();
        assert!(lines.pop().is_some_and(|last| last.starts_with("# ")) && lines.is_sorted(), "{text}");
        let read = Manifest::parse(text.into_bytes()).unwrap();
        assert_eq!((read.input_hash(), read.authority()), (Some(3), Some("a.example,2014")));
        assert_eq!(read.document("en/all.json"), documents.get("en/all.json").copied());
        let entries: Vec<_> =
            read.entries().map(|entry| (entry.story, entry.language, entry.text, entry.guid)).collect();
        let nine = Some(9);
        assert_eq!(
            entries,
            [("a-b", "en", 7, None), ("a/b", "en", 7, None), ("a", "en", 7, nine), ("a", "ru", 7, nine)]
        );
        let mut more = read;
        more.claim(["ru/all.json", "en/all.json", "../x"].map(str::to_owned).into_iter());
        let content_hash = more.document("en/all.json").map(|document| document.content_hash);
        assert_eq!((more.paths().count(), content_hash), (2, Some(1)));
    }

    #[test]
    fn what_it_says_of_objects_is_read() {
        let documents =
            BTreeMap::from([("en/all.json".to_owned(), ManifestEntry { content_hash: 1, input_hash: u128::MAX })]);
        let object = ObjectEntry { tag: "0x8D".to_owned(), attributes: 3 };
        let mut objects = Objects::default();
        objects.by_path.insert("en/all.json".to_owned(), object);
        objects.pending.insert("en/old.json".to_owned(), Timestamp(1_700_000_000));
        objects.notifications = Pending::parse("purge\ten/all.json\ntopic\thttps://a.example/en/all.json\n");
        assert_eq!((objects.notifications.purges.len(), objects.notifications.topics.len()), (1, 1));
        let entries = [fingerprint("a", "en")];
        let text = write(3, "a.example,2014", &documents, &objects, entries.into_iter(), topic_id);
        let told = Objects { notifications: Pending::default(), ..objects.clone() };
        let told = write(3, "a.example,2014", &documents, &told, entries.into_iter(), topic_id);
        assert_eq!(Manifest::parse(text.clone().into_bytes()).unwrap().with_notifications(&Pending::default()), told);
        assert_eq!(Manifest::parse(told.into_bytes()).unwrap().with_notifications(&objects.notifications), text);
        let lines: Vec<&str> = text.lines().skip(1).filter(|line| !line.starts_with("# ")).collect();
        assert!(lines.is_sorted(), "{text}");
        let read = Manifest::parse(text.into_bytes()).unwrap();
        assert_eq!((read.objects(), read.is_unfinished(), read.paths().count()), (objects.clone(), false, 1));
        let unfinished = read.to_unfinished("one", "a.example,2014");
        let again = Manifest::parse(unfinished.clone().into_bytes()).unwrap();
        assert_eq!((again.objects(), again.is_unfinished(), again.input_hash()), (objects, true, Some(3)));
        // Two builds never write the same bytes, which would have the same entity tag.
        assert_ne!(again.to_unfinished("two", "a.example,2014"), unfinished);
        assert_eq!(again.to_unfinished("one", "a.example,2014"), unfinished);
        let first = Manifest::default().to_unfinished("one", "a.example,2014");
        assert!(Manifest::parse(first.into_bytes()).unwrap().is_unfinished());
    }

    #[test]
    fn paths_that_lead_out_of_the_folder_are_ignored() {
        for path in ["../x", "/etc/x", "a/./b", "a//b", "..", ".", "", "a\\b", ".tidings", ".tidings-unfinished/x"] {
            let text = format!("tidings 1 0\n{path}\t0\t0\n");
            assert_eq!(Manifest::parse(text.clone().into_bytes()).unwrap().paths().count(), 0, "{text}");
            let text = format!("tidings 2 0 a\n{path}\t0\t0\n");
            let text = text.clone() + &seal(&text);
            assert_eq!(Manifest::parse(text.clone().into_bytes()).unwrap().paths().count(), 0, "{text}");
        }
    }

    #[test]
    fn damage_is_told_by_its_kind() {
        for (text, damage) in [
            ("", Damage::Unknown),
            ("x", Damage::Unknown),
            ("tidings 2", Damage::Unknown),
            ("tidings 3 0 a\n", Damage::Unknown),
            ("tidings 10 0 a\n", Damage::Unknown),
            ("tidings 2 0 a\n", Damage::Changed),
            ("tidings 2 0 a\n# 0\n", Damage::Changed),
            ("tidings 1 0 a\n# 00000000000000000000000000000000\n", Damage::Changed),
            ("tidings 1 0 a\n<<<<<<< HEAD\n", Damage::Merged(2)),
            ("<<<<<<< HEAD\ntidings 2 0 a\n", Damage::Merged(1)),
            ("tidings 1 0 a\nx\t0\t0\n>>>>>>> other\n", Damage::Merged(3)),
            ("tidings 1 0 a\n\0\n", Damage::Binary),
        ] {
            assert_eq!(Manifest::parse(text.as_bytes().to_vec()).err(), Some(damage), "{text:?}");
        }
        assert_eq!(Manifest::parse(b"tidings 1 0 a\n\xff\n".to_vec()).err(), Some(Damage::Binary));
    }

    /// A path or an id as a site may have it.
    const NAME_PATTERN: &str = "[a-zA-Z0-9_@#-][a-zA-Z0-9._ é@#-]{0,12}(/[a-z0-9][a-z0-9.-]{0,8}){0,3}";

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]
        /// Nothing is removed on the word of a damaged manifest.
        #[test]
        fn a_damaged_manifest_is_refused(damaged in proptest::strategy::Strategy::prop_flat_map(0_u8..2, |version| {
            let manifest = manifest_of_two_documents();
            // Version 1 has no hash of its own.
            crate::damage::damaged(if version == 0 { manifest } else { as_version_1(&manifest) })
        })) {
            if let Ok(manifest) = Manifest::parse(damaged.clone()) {
                let is_whole = damaged == manifest_of_two_documents();
                proptest::prop_assert!(is_whole || damaged.is_empty() || damaged.starts_with(b"tidings 1 "));
                proptest::prop_assert!(manifest.paths().all(|path| manifest.document(path).is_some()));
                let _ = manifest.entries().count();
            }
        }
    }

    fn manifest_of_two_documents() -> Vec<u8> {
        let entry = |content_hash| ManifestEntry { content_hash, input_hash: 7 };
        let documents = BTreeMap::from([("en/all.json".to_owned(), entry(1)), ("index.html".to_owned(), entry(2))]);
        let fingerprint = EntryFingerprint {
            story: "2014/a",
            language: "en",
            text: 3,
            guid: None,
            topics: &[0],
            entry: crate::catalog::EntryId::new(0),
        };
        write(5, "a.example,2014", &documents, &Objects::default(), [fingerprint].into_iter(), topic_id).into_bytes()
    }

    fn as_version_1(manifest: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(manifest).replacen("tidings 2", "tidings 1", 1);
        text.lines()
            .filter(|line| !line.starts_with("# "))
            .flat_map(|line| [line, "\n"])
            .collect::<String>()
            .into_bytes()
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            input_hash: u128,
            paths in proptest::collection::btree_map(NAME_PATTERN, (1_u128.., 1_u128..), 0..20),
            entries in proptest::collection::btree_map(
                ("[a-z0-9][a-z0-9._-]{0,8}(/[a-z0-9-]{1,8}){0,2}", "[a-z]{2}(-[A-Z]{2})?"),
                (
                    proptest::num::u64::ANY,
                    proptest::option::of(proptest::num::u128::ANY),
                    proptest::collection::vec(0_u16..2, 0..3),
                ),
                0..20,
            ),
        ) {
            let documents: BTreeMap<String, ManifestEntry> = paths
                .into_iter()
                // A line that begins with `@` is that of an entry, and no document has such a path.
                .filter(|(path, _)| !path.starts_with('@'))
                .map(|(path, (content_hash, input_hash))| (path, ManifestEntry { content_hash, input_hash }))
                .collect();
            let mut fingerprints: Vec<EntryFingerprint<'_>> = entries
                .iter()
                .map(|((story, language), (text, guid, topics))| EntryFingerprint {
                    story, language, text: *text, guid: *guid, topics, entry: crate::catalog::EntryId::new(0),
                })
                .collect();
            fingerprints.sort_by(|one, other| compare_keys((one.story, one.language), (other.story, other.language)));
            let text = write(input_hash, "a.example,2014", &documents, &Objects::default(), fingerprints.iter().copied(), topic_id);
            let read = Manifest::parse(text.into_bytes()).unwrap();
            proptest::prop_assert_eq!((read.input_hash(), read.authority()), (Some(input_hash), Some("a.example,2014")));
            let read_documents: BTreeMap<String, ManifestEntry> =
                read.paths().map(|path| (path.to_owned(), read.document(path).unwrap())).collect();
            proptest::prop_assert_eq!(read_documents, documents);
            let topics = |entry: &EntryFingerprint<'_>| entry.topics.iter().map(|topic| topic_id(*topic)).collect::<Vec<_>>();
            let written = fingerprints
                .iter()
                .map(|entry| (entry.story, entry.language, entry.text, entry.guid, topics(entry).join(",")));
            let entries = read
                .entries()
                .map(|entry| (entry.story, entry.language, entry.text, entry.guid, entry.topics.into_owned()));
            proptest::prop_assert_eq!(entries.collect::<Vec<_>>(), written.collect::<Vec<_>>());
        }

        /// Whatever is read, nothing of it leads out of the folder.
        #[test]
        fn any_bytes_are_read_or_refused(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
            parts in proptest::collection::vec("tidings [12] |\\.\\./|[\t\n/.@# ]|[0-9a-f]{1,32}|\\PC", 0..40),
        ) {
            for bytes in [bytes, parts.concat().into_bytes(), format!("tidings 1 {}", parts.concat()).into_bytes()] {
                let sealed = String::from_utf8(bytes.clone()).map(|text| text.clone() + &seal(&text));
                for bytes in [bytes, sealed.unwrap_or_default().into_bytes()] {
                    let Ok(read) = Manifest::parse(bytes) else { continue };
                    proptest::prop_assert!(read.paths().all(is_safe));
                    read.entries().for_each(drop);
                    let _ = (read.input_hash(), read.authority());
                }
            }
        }

        #[test]
        fn a_change_of_one_byte_is_noticed(at: proptest::sample::Index, byte: u8) {
            let documents =
                BTreeMap::from([("en/all.json".to_owned(), ManifestEntry { content_hash: 1, input_hash: u128::MAX })]);
            let entries = [fingerprint("a", "en"), fingerprint("b", "ru")];
            let mut bytes =
                write(3, "a.example,2014", &documents, &Objects::default(), entries.into_iter(), topic_id).into_bytes();
            let at = at.index(bytes.len());
            let changed = if bytes[at] == byte { byte ^ 1 } else { byte };
            bytes[at] = changed;
            proptest::prop_assert!(Manifest::parse(bytes.clone()).is_err());
            bytes.remove(at);
            proptest::prop_assert!(Manifest::parse(bytes.clone()).is_err());
        }
    }
}
