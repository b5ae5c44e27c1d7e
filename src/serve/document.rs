//! A document as it is served: its bytes in every coding, its validators, and the versions that it had before.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use hyper::header::HeaderValue;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::coding::{CODINGS, Coding};
use crate::model::Timestamp;
use crate::render::Rendered;

/// How many earlier versions of a document are known, to name what changed since.
const KNOWN: usize = 100;

/// Stands in the tags of coded bytes. A tag is strong (RFC 9110 §8.8.1), so that when an encoder comes to write other bytes
/// this has to change.
const EDITION: u8 = 1;

/// One version of a document. It never changes.
#[derive(Debug)]
pub struct Document {
    bytes: Bytes,
    hash: u128,
    rendered: Rendered,
    /// The hashes of its entries.
    entries: Arc<[u64]>,
    /// Oldest first.
    past: Vec<Past>,
    /// When it last changed: later, by a second at least, than for any version before it.
    pub last_modified: Timestamp,
    pub last_modified_text: HeaderValue,
    /// Identity first.
    tags: [HeaderValue; 1 + CODINGS.len()],
    /// The same for answers that may be followed by what changed since.
    delta_tags: [HeaderValue; 1 + CODINGS.len()],
    coded: [OnceLock<Bytes>; CODINGS.len()],
    /// Held while something is made, so that many who want it at once have it made once.
    making: Mutex<()>,
    /// What changed since earlier versions, as it was asked for.
    deltas: Mutex<HashMap<Wanted, Bytes>>,
}

/// An earlier version.
#[derive(Debug, Clone)]
struct Past {
    hash: u128,
    entries: Arc<[u64]>,
}

/// A document whole, or what changed since an earlier version, in a coding or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The hash of the earlier version.
    pub since: Option<u128>,
    pub coding: Option<Coding>,
}

impl Document {
    /// The version that follows another, or the first.
    pub fn new(rendered: Rendered, before: Option<&Document>, now: Timestamp) -> Document {
        let Rendered { bytes, pieces } = rendered;
        let bytes = Bytes::from(bytes);
        let hash = xxh3_128(&bytes);
        let entries = pieces.iter().map(|piece| xxh3_64(&bytes[piece.clone()])).collect();
        let mut past = before.map(|before| before.past.clone()).unwrap_or_default();
        past.extend(before.map(|before| Past { hash: before.hash, entries: Arc::clone(&before.entries) }));
        past.drain(..past.len().saturating_sub(KNOWN));
        // A client may ask by the date that it was given: two versions never share one.
        let earliest = before.map_or(i64::MIN, |before| before.last_modified.0.saturating_add(1));
        let last_modified = Timestamp(now.0.max(earliest));
        Document {
            hash,
            entries,
            past,
            last_modified,
            last_modified_text: http_date(last_modified),
            tags: tags("", hash),
            delta_tags: tags(MARK, hash),
            coded: Default::default(),
            making: Mutex::default(),
            deltas: Mutex::default(),
            rendered: Rendered { bytes: Vec::new(), pieces },
            bytes,
        }
    }

    /// Whether it has these bytes.
    pub fn is(&self, bytes: &[u8]) -> bool {
        self.bytes == bytes
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// Its entity tag in a coding.
    pub fn tag(&self, coding: Option<Coding>) -> &HeaderValue {
        &self.tags[place(coding)]
    }

    /// The entity tag of an answer that may be followed by what changed since: nothing may store such an answer.
    pub fn delta_tag(&self, coding: Option<Coding>) -> &HeaderValue {
        &self.delta_tags[place(coding)]
    }

    /// The version that a tag of [`delta_tag`](Self::delta_tag) names, if it is an earlier one that is known.
    pub fn since(&self, tag: &str) -> Option<u128> {
        let hash = tag.strip_prefix('"')?.strip_prefix(MARK)?.get(..32)?;
        let hash = u128::from_str_radix(hash, 16).ok()?;
        self.past.iter().any(|past| past.hash == hash).then_some(hash)
    }

    /// Bytes that are made already.
    pub fn ready(&self, wanted: Wanted) -> Option<Bytes> {
        match wanted {
            Wanted { since: None, coding: None } => Some(self.bytes.clone()),
            Wanted { since: None, coding } => self.coded[place(coding) - 1].get().cloned(),
            _ => self.deltas().get(&wanted).cloned(),
        }
    }

    /// Bytes that are made if need be, which takes its time.
    ///
    /// # Errors
    /// An encoder failed.
    pub fn make(&self, wanted: Wanted) -> io::Result<Bytes> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bytes) = self.ready(wanted) {
            return Ok(bytes);
        }
        let plain = wanted.since.map_or_else(|| self.bytes.clone(), |since| self.changed_since(since));
        let made = match wanted.coding {
            Some(coding) => Bytes::from(coding.encode(&plain)?),
            None => plain,
        };
        match wanted {
            Wanted { since: None, coding } => drop(self.coded[place(coding) - 1].set(made.clone())),
            _ => drop(self.deltas().insert(wanted, made.clone())),
        }
        Ok(made)
    }

    fn deltas(&self) -> MutexGuard<'_, HashMap<Wanted, Bytes>> {
        self.deltas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The feed with the entries that an earlier version did not have, or not as they are now.
    fn changed_since(&self, hash: u128) -> Bytes {
        let pieces = &self.rendered.pieces;
        let known = self.past.iter().rfind(|past| past.hash == hash).map(|past| &past.entries[..]).unwrap_or_default();
        let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return self.bytes.clone() };
        let separator = pieces.get(1).map(|second| &self.bytes[first.end..second.start]).unwrap_or_default();
        let changed = pieces.iter().zip(&self.entries[..]).filter(|(_, entry)| !known.contains(entry));
        let mut out = self.bytes[..first.start].to_vec();
        for (index, (piece, _)) in changed.enumerate() {
            if index > 0 {
                out.extend_from_slice(separator);
            }
            out.extend_from_slice(&self.bytes[piece.clone()]);
        }
        out.extend_from_slice(&self.bytes[last.end..]);
        Bytes::from(out)
    }
}

const MARK: &str = "im-";

/// The tags of all codings, identity first.
fn tags(mark: &str, hash: u128) -> [HeaderValue; 1 + CODINGS.len()] {
    std::array::from_fn(|index| match index.checked_sub(1).map(|index| CODINGS[index]) {
        Some(coding) => value(&format!("\"{mark}{hash:032x}-{}{EDITION}\"", coding.token())),
        None => value(&format!("\"{mark}{hash:032x}\"")),
    })
}

/// A text of which it is certain that it can stand in a header.
pub fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// A date in the form of RFC 9110 §5.6.7.
pub fn http_date(at: Timestamp) -> HeaderValue {
    // Beyond these years the form has no room.
    let seconds = u64::try_from(at.0).unwrap_or(0).min(253_402_300_799);
    value(&httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// Identity first, then the codings in their order.
pub fn place(coding: Option<Coding>) -> usize {
    CODINGS.iter().position(|other| Some(*other) == coding).map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(entries: &[&str], before: Option<&Document>, now: i64) -> Document {
        let mut bytes = b"[".to_vec();
        let mut pieces = Vec::new();
        for (index, entry) in entries.iter().enumerate() {
            bytes.extend_from_slice(if index > 0 { b"," } else { b"" });
            pieces.push(bytes.len()..bytes.len() + entry.len());
            bytes.extend_from_slice(entry.as_bytes());
        }
        bytes.push(b']');
        Document::new(Rendered { bytes, pieces }, before, Timestamp(now))
    }

    fn since(document: &Document, other: &Document) -> String {
        let since = document.since(other.delta_tag(None).to_str().unwrap());
        let bytes = document.make(Wanted { since, coding: None }).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn what_changed_is_told_from_each_version() {
        let one = version(&["a", "b"], None, 10);
        let two = version(&["c", "a", "b"], Some(&one), 10);
        let three = version(&["d", "c", "B"], Some(&two), 5);
        assert_eq!(since(&two, &one), "[c]");
        assert_eq!(since(&three, &one), "[d,c,B]");
        assert_eq!(since(&three, &two), "[d,B]");
        assert_eq!(three.since(three.delta_tag(None).to_str().unwrap()), None);
        assert_eq!(three.since(three.tag(None).to_str().unwrap()), None);
        assert_eq!([one, two, three].map(|version| version.last_modified.0), [10, 11, 12]);
    }

    #[test]
    fn a_hundred_versions_are_known() {
        let mut version_of = version(&["0"], None, 0);
        let first = version_of.delta_tag(Some(Coding::Gzip)).to_str().unwrap().to_owned();
        for number in 1..=KNOWN {
            version_of = version(&[&number.to_string()], Some(&version_of), 0);
        }
        assert!(version_of.since(&first).is_some());
        version_of = version(&["x"], Some(&version_of), 0);
        assert_eq!(version_of.since(&first), None);
    }

    #[test]
    fn a_coding_is_made_once() {
        let document = version(&["a"], None, 0);
        let wanted = Wanted { since: None, coding: Some(Coding::Gzip) };
        assert_eq!(document.ready(wanted), None);
        let made = document.make(wanted).unwrap();
        assert_eq!(document.ready(wanted).map(|bytes| bytes.as_ptr()), Some(made.as_ptr()));
        assert_eq!(document.make(wanted).unwrap().as_ptr(), made.as_ptr());
    }
}
