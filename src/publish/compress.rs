//! Compressed copies beside each document, for hosts that serve them as they lie.

use std::collections::BTreeMap;

use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use super::folder::Folder;
use super::lost;
use super::manifest::{Line, Manifest};
use crate::coding::{CODINGS, Coding};
use crate::diagnostics::Diagnostic;

/// Whether a path is that of a copy.
pub fn is_copy(path: &str) -> bool {
    CODINGS.iter().any(|coding| path.rsplit_once('.').is_some_and(|(_, last)| last == coding.extension()))
}

/// The paths of the copies of a document.
pub fn copies(path: &str) -> impl Iterator<Item = String> {
    CODINGS.iter().map(move |coding| format!("{path}.{}", coding.extension()))
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
fn split(folder: &Folder, old: &Manifest, lines: &mut BTreeMap<String, Line>) -> Result<Vec<Copy>, Diagnostic> {
    let mut missing = Vec::new();
    let mut there = Vec::new();
    for (of, line) in lines.iter() {
        for coding in CODINGS {
            let path = format!("{of}.{}", coding.extension());
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
pub fn missing(folder: &Folder, old: &Manifest, lines: &mut BTreeMap<String, Line>) -> Result<Vec<Copy>, Diagnostic> {
    let missing = split(folder, old, lines)?;
    lines.extend(missing.iter().map(|copy| (copy.path.clone(), Line { content: 0, source: copy.source })));
    Ok(missing)
}

/// Writes the copies of all documents, and adds them to the lines.
pub fn all(folder: &Folder, old: &Manifest, lines: &mut BTreeMap<String, Line>) -> Result<(), Diagnostic> {
    let missing = split(folder, old, lines)?;
    folder.announce(missing.iter().map(|copy| copy.path.as_str()).filter(|path| old.line(path).is_none()))?;
    let made = missing.into_par_iter().map(|copy| {
        let bytes = folder.read(&copy.of)?.ok_or_else(lost)?;
        let encoded = copy.coding.encode(&bytes).map_err(|_| lost())?;
        folder.put(&copy.path, &encoded)?;
        Ok((copy.path, Line { content: xxh3_128(&encoded), source: copy.source }))
    });
    lines.extend(made.collect::<Result<Vec<_>, Diagnostic>>()?);
    Ok(())
}
