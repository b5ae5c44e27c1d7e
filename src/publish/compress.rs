//! Compressed copies beside each document, for hosts that serve them as they lie.
//!
//! One fixed quality each, and no time in them, so that the same document has the same copies.

use std::collections::BTreeMap;
use std::io::{self, Write};

use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use super::folder::Folder;
use super::lost;
use super::manifest::{Line, Manifest};
use crate::diagnostics::Problem;

/// A content coding (RFC 9110 §8.4.1).
#[derive(Debug, Clone, Copy)]
enum Coding {
    Gzip,
    Brotli,
    Zstandard,
}

const CODINGS: [(&str, Coding); 3] = [("gz", Coding::Gzip), ("br", Coding::Brotli), ("zst", Coding::Zstandard)];

impl Coding {
    fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Coding::Gzip => {
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(9));
                encoder.write_all(bytes)?;
                encoder.finish()
            }
            Coding::Brotli => {
                let mut out = Vec::new();
                let settings = brotli::enc::BrotliEncoderParams { quality: 9, lgwin: 22, ..Default::default() };
                brotli::BrotliCompress(&mut &*bytes, &mut out, &settings)?;
                Ok(out)
            }
            Coding::Zstandard => zstd::encode_all(bytes, 19),
        }
    }
}

/// Whether a path is that of a copy.
pub fn is_copy(path: &str) -> bool {
    CODINGS.iter().any(|(extension, _)| path.rsplit_once('.').is_some_and(|(_, last)| last == *extension))
}

/// The paths of the copies of a document.
pub fn copies(path: &str) -> impl Iterator<Item = String> {
    CODINGS.iter().map(move |(extension, _)| format!("{path}.{extension}"))
}

/// A copy that is not there as it should be.
pub struct Copy {
    /// The path of its document.
    pub of: String,
    pub path: String,
    coding: Coding,
    source: u128,
}

/// Adds the copies that are there to the lines, and returns the others.
fn split(folder: &Folder, old: &Manifest, lines: &mut BTreeMap<String, Line>) -> Result<Vec<Copy>, Problem> {
    let mut missing = Vec::new();
    let mut there = Vec::new();
    for (of, line) in lines.iter() {
        for (extension, coding) in CODINGS {
            let path = format!("{of}.{extension}");
            let source = xxh3_128_with_seed(&line.content.to_le_bytes(), 1);
            let known = old.line(&path).filter(|line| line.source == source);
            match known {
                Some(known) if folder.hash(&path)? == Some(known.content) => there.push((path, known)),
                _ => missing.push(Copy { of: of.clone(), path, coding, source }),
            }
        }
    }
    lines.extend(there);
    Ok(missing)
}

/// The copies that would be written.
pub fn missing(folder: &Folder, old: &Manifest, lines: &mut BTreeMap<String, Line>) -> Result<Vec<Copy>, Problem> {
    let missing = split(folder, old, lines)?;
    lines.extend(missing.iter().map(|copy| (copy.path.clone(), Line { content: 0, source: copy.source })));
    Ok(missing)
}

/// Writes the copies of all documents, and adds them to the lines.
pub fn all(folder: &Folder, old: &Manifest, lines: &mut BTreeMap<String, Line>) -> Result<(), Problem> {
    let missing = split(folder, old, lines)?;
    folder.announce(missing.iter().map(|copy| copy.path.as_str()).filter(|path| old.line(path).is_none()))?;
    let made = missing.into_par_iter().map(|copy| {
        let bytes = folder.read(&copy.of)?.ok_or_else(lost)?;
        let encoded = copy.coding.encode(&bytes).map_err(|_| lost())?;
        folder.put(&copy.path, &encoded)?;
        Ok((copy.path, Line { content: xxh3_128(&encoded), source: copy.source }))
    });
    lines.extend(made.collect::<Result<Vec<_>, Problem>>()?);
    Ok(())
}
