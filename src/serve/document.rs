//! A document as it is served: its bytes in every coding, its validators, and deltas from its previous versions.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::OnceLock;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::HeaderValue;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::coding::{CODINGS, Coding};
use crate::model::Timestamp;
use crate::publish::StoredDocument;
use crate::render::Rendered;

/// How many previous versions are kept as base instances of deltas.
const MAX_PREVIOUS_VERSIONS: usize = 100;

/// Part of the entity tags of encoded bytes. They are strong (RFC 9110 §8.8.1), so this changes when an encoder writes other
/// bytes.
const EDITION: u8 = 3;

/// One version of a document; immutable.
#[derive(Debug)]
pub struct Document {
    bytes: Bytes,
    hash: u128,
    rendered: Rendered,
    /// The number of this version of its path.
    number: u64,
    entries: Vec<VersionedEntry>,
    /// The hashes of the versions before, the last one of `number - 1`, oldest first.
    previous: VecDeque<u128>,
    /// When its bytes were written.
    pub written: Timestamp,
    /// The same, but at least a second later than that of the previous version; or later than any time, if it is not told.
    pub last_modified: Timestamp,
    pub last_modified_text: HeaderValue,
    /// Identity first.
    tags: [HeaderValue; 1 + CODINGS.len()],
    /// The same for responses that a delta may follow.
    delta_tags: [HeaderValue; 1 + CODINGS.len()],
    coded: [OnceLock<Bytes>; CODINGS.len()],
}

/// An entry of a feed, and since which version it is as it is. So a delta from any previous version needs no more than a
/// number for each entry, however many versions there are.
#[derive(Debug, Clone, Copy)]
struct VersionedEntry {
    hash: u64,
    since: u64,
}

/// A representation of a document (RFC 9110 §3.2): full, or a delta (RFC 3229), in a content coding or identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Representation {
    /// The hash of the base instance of a delta.
    pub base: Option<u128>,
    pub coding: Option<Coding>,
}

impl Document {
    /// The next version after `previous`, or the first.
    pub fn new(rendered: Rendered, previous: Option<&Document>, now: Timestamp) -> Document {
        let Rendered { bytes, entry_ranges } = rendered;
        let bytes = without_spare_capacity(bytes);
        let hash = xxh3_128(&bytes);
        let number = previous.map_or(0, |previous| previous.number + 1);
        let before: HashMap<u64, u64> =
            previous.iter().flat_map(|previous| &previous.entries).map(|entry| (entry.hash, entry.since)).collect();
        let entries = entry_ranges.iter().map(|range| {
            let hash = xxh3_64(&bytes[range.clone()]);
            VersionedEntry { hash, since: before.get(&hash).copied().unwrap_or(number) }
        });
        let entries = entries.collect();
        let mut versions = previous.map(|previous| previous.previous.clone()).unwrap_or_default();
        versions.extend(previous.map(|previous| previous.hash));
        versions.drain(..versions.len().saturating_sub(MAX_PREVIOUS_VERSIONS));
        // Two versions never share a date, because `If-Modified-Since` could not tell them apart.
        let earliest = previous.map_or(i64::MIN, |previous| previous.last_modified.0.saturating_add(1));
        let last_modified = Timestamp(now.0.max(earliest));
        Document {
            hash,
            number,
            entries,
            previous: versions,
            written: now,
            last_modified,
            last_modified_text: http_date(last_modified),
            tags: tags("", hash),
            delta_tags: tags(DELTA_TAG_PREFIX, hash),
            coded: Default::default(),
            rendered: Rendered { bytes: Vec::new(), entry_ranges },
            bytes,
        }
    }

    /// A document that another process has written at a moment, after `previous`. Of two versions with the same date the second
    /// has none.
    pub fn stored(stored: StoredDocument, previous: Option<&Document>) -> Document {
        let StoredDocument { bytes, written } = stored;
        let rendered = Rendered { bytes, entry_ranges: Vec::new() };
        let document = Document { written, ..Document::new(rendered, None, written) };
        match previous.is_some_and(|previous| previous.written >= written) {
            true => Document { last_modified: Timestamp::NEVER, ..document },
            false => document,
        }
    }

    pub fn has_bytes(&self, bytes: &[u8]) -> bool {
        self.bytes == bytes
    }

    /// The bytes, unencoded.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of bytes, unencoded.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// The hash of its bytes.
    pub fn hash(&self) -> u128 {
        self.hash
    }

    /// Its entity tag in a coding.
    pub fn tag(&self, coding: Option<Coding>) -> &HeaderValue {
        &self.tags[coding_index(coding)]
    }

    /// The entity tag of a `no-store` response that a delta may follow.
    pub fn delta_tag(&self, coding: Option<Coding>) -> &HeaderValue {
        &self.delta_tags[coding_index(coding)]
    }

    /// The base instance that a [`delta_tag`](Self::delta_tag) names, if it is a previous version that is still kept.
    pub fn delta_base(&self, tag: &str) -> Option<u128> {
        let hash = tag.strip_prefix('"')?.strip_prefix(DELTA_TAG_PREFIX)?.get(..32)?;
        let hash = u128::from_str_radix(hash, 16).ok()?;
        self.previous.contains(&hash).then_some(hash)
    }

    /// The bytes of a full representation that is encoded already.
    pub fn encoded(&self, representation: Representation) -> Option<Bytes> {
        match representation {
            Representation { base: None, coding: None } => Some(self.bytes.clone()),
            Representation { base: None, coding } => self.coded[coding_index(coding) - 1].get().cloned(),
            _ => None,
        }
    }

    /// The bytes of a representation, encoded if need be. This blocks: requests have [`Encoders`](super::encoders::Encoders).
    ///
    /// # Errors
    /// An encoder failed.
    pub fn encode(&self, representation: Representation) -> io::Result<Bytes> {
        if let Some(bytes) = self.encoded(representation) {
            return Ok(bytes);
        }
        match (representation.base, representation.coding) {
            (None, None) => Ok(self.bytes.clone()),
            (None, Some(coding)) => {
                let coded = &self.coded[coding_index(Some(coding)) - 1];
                let bytes = without_spare_capacity(coding.encode(&self.bytes)?);
                Ok(coded.get_or_init(|| bytes).clone())
            }
            (Some(base), None) => Ok(self.delta(base)),
            // There are many deltas, each for few clients.
            (Some(base), Some(coding)) => Ok(without_spare_capacity(coding.encode_fast(&self.delta(base))?)),
        }
    }

    /// The feed with only the entries that are new or changed since the base instance.
    fn delta(&self, base: u128) -> Bytes {
        let ranges = &self.rendered.entry_ranges;
        let newer = self.previous.iter().rev().zip(0..).find(|(version, _)| **version == base).map(|(_, newer)| newer);
        let base = newer.map(|newer: u64| self.number - 1 - newer);
        let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return self.bytes.clone() };
        let separator = ranges.get(1).map(|second| &self.bytes[first.end..second.start]).unwrap_or_default();
        let changed =
            ranges.iter().zip(&self.entries[..]).filter(|(_, entry)| base.is_none_or(|base| entry.since > base));
        let mut out = self.bytes[..first.start].to_vec();
        for (index, (range, _)) in changed.enumerate() {
            if index > 0 {
                out.extend_from_slice(separator);
            }
            out.extend_from_slice(&self.bytes[range.clone()]);
        }
        out.extend_from_slice(&self.bytes[last.end..]);
        without_spare_capacity(out)
    }
}

/// Bytes that take as much memory as they say. An encoder reserves what its input could take at worst, which no budget counts.
fn without_spare_capacity(bytes: Vec<u8>) -> Bytes {
    Bytes::from(bytes.into_boxed_slice())
}

const DELTA_TAG_PREFIX: &str = "im-";

/// The entity tags of all codings, identity first.
fn tags(prefix: &str, hash: u128) -> [HeaderValue; 1 + CODINGS.len()] {
    std::array::from_fn(|index| match index.checked_sub(1).map(|index| CODINGS[index]) {
        Some(coding) => header_value(&format!("\"{prefix}{hash:032x}-{}{EDITION}\"", coding.token())),
        None => header_value(&format!("\"{prefix}{hash:032x}\"")),
    })
}

/// A header value; empty where the text has characters that no header may contain.
pub fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// An HTTP date (RFC 9110 §5.6.7).
pub fn http_date(at: Timestamp) -> HeaderValue {
    // The format has four digits for a year.
    let seconds = u64::try_from(at.0).unwrap_or(0).min(253_402_300_799);
    header_value(&httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// The index of a coding in arrays that hold identity first.
pub fn coding_index(coding: Option<Coding>) -> usize {
    CODINGS.iter().position(|other| Some(*other) == coding).map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(entries: &[&str], previous: Option<&Document>, now: i64) -> Document {
        let mut bytes = b"[".to_vec();
        let mut entry_ranges = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            bytes.extend_from_slice(if index > 0 { b"," } else { b"" });
            entry_ranges.push(bytes.len()..bytes.len() + entry.len());
            bytes.extend_from_slice(entry.as_bytes());
        }
        bytes.push(b']');
        Document::new(Rendered { bytes, entry_ranges }, previous, Timestamp(now))
    }

    fn delta(document: &Document, base: &Document) -> String {
        let base = document.delta_base(base.delta_tag(None).to_str().unwrap());
        let bytes = document.encode(Representation { base, coding: None }).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn deltas_from_each_previous_version() {
        let one = version(&["a", "b"], None, 10);
        let two = version(&["c", "a", "b"], Some(&one), 10);
        let three = version(&["d", "c", "B"], Some(&two), 5);
        assert_eq!(delta(&two, &one), "[c]");
        assert_eq!(delta(&three, &one), "[d,c,B]");
        assert_eq!(delta(&three, &two), "[d,B]");
        assert_eq!(three.delta_base(three.delta_tag(None).to_str().unwrap()), None);
        assert_eq!(three.delta_base(three.tag(None).to_str().unwrap()), None);
        assert_eq!([one, two, three].map(|version| version.last_modified.0), [10, 11, 12]);
    }

    /// The memory of a hundred versions is that of a few: each entry is kept once.
    #[test]
    fn previous_versions_take_hardly_any_memory() {
        let entries: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        let mut newest = version(&entries.iter().map(String::as_str).collect::<Vec<_>>(), None, 0);
        for change in 0..200 {
            let mut entries = entries.clone();
            entries[change] = "changed".to_owned();
            newest = version(&entries.iter().map(String::as_str).collect::<Vec<_>>(), Some(&newest), 0);
        }
        let kept =
            newest.entries.capacity() * size_of::<VersionedEntry>() + newest.previous.capacity() * size_of::<u128>();
        assert!(kept < 20_000, "{kept}");
    }

    #[test]
    fn an_entry_that_returns_is_sent_again() {
        let one = version(&["a", "b"], None, 0);
        let two = version(&["A", "b"], Some(&one), 0);
        let three = version(&["a", "b", "c"], Some(&two), 0);
        assert_eq!(delta(&three, &one), "[a,c]");
        assert_eq!(delta(&three, &two), "[a,c]");
        // The base is the newest version of these bytes.
        let four = version(&["A", "b"], Some(&three), 0);
        let five = version(&["A", "b", "c"], Some(&four), 0);
        assert_eq!(delta(&five, &two), "[c]");
    }

    #[test]
    fn a_hundred_previous_versions_are_kept() {
        let mut newest = version(&["0"], None, 0);
        let first = newest.delta_tag(Some(Coding::Gzip)).to_str().unwrap().to_owned();
        for number in 1..=MAX_PREVIOUS_VERSIONS {
            newest = version(&[&number.to_string()], Some(&newest), 0);
        }
        assert!(newest.delta_base(&first).is_some());
        newest = version(&["x"], Some(&newest), 0);
        assert_eq!(newest.delta_base(&first), None);
    }

    /// Budgets count bytes, so there must not be more memory behind them.
    #[test]
    fn bytes_have_no_spare_capacity() {
        let long = "entry ".repeat(1000);
        let one = version(&["a"], None, 0);
        let two = version(&["a", &long, "b"], Some(&one), 0);
        let base = two.delta_base(one.delta_tag(None).to_str().unwrap());
        assert!(base.is_some());
        for base in [base, None] {
            for coding in [None, Some(Coding::Brotli), Some(Coding::Zstandard), Some(Coding::Gzip)] {
                // A document keeps its full representations, so that only its last owner has the memory itself.
                let document = version(&["a", &long, "b"], Some(&one), 0);
                let bytes = document.encode(Representation { base, coding }).unwrap();
                drop(document);
                let length = bytes.len();
                let owned = bytes.try_into_mut().unwrap();
                assert_eq!(owned.capacity(), length, "{base:?} {coding:?}");
            }
        }
    }

    #[test]
    fn a_coding_is_encoded_once() {
        let document = version(&["a"], None, 0);
        let gzip = Representation { base: None, coding: Some(Coding::Gzip) };
        assert_eq!(document.encoded(gzip), None);
        let bytes = document.encode(gzip).unwrap();
        assert_eq!(document.encoded(gzip).map(|bytes| bytes.as_ptr()), Some(bytes.as_ptr()));
        assert_eq!(document.encode(gzip).unwrap().as_ptr(), bytes.as_ptr());
    }
}
