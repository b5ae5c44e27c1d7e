//! Compressed copies beside each document, for hosts that serve precompressed files.

use std::collections::BTreeMap;

use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

use super::folder::Folder;
use super::manifest::{Manifest, ManifestEntry};
use super::poisoned;
use crate::coding::{CODINGS, Coding};
use crate::diagnostics::Diagnostic;

/// Whether a path is that of a compressed copy.
pub fn is_copy(path: &str) -> bool {
    document_of(path).is_some()
}

/// The document that a compressed copy is of.
pub fn document_of(path: &str) -> Option<&str> {
    let (document, extension) = path.rsplit_once('.')?;
    CODINGS.iter().any(|coding| coding.extension() == extension).then_some(document)
}

/// The paths of the copies of a document.
pub fn copies(path: &str) -> impl Iterator<Item = String> {
    CODINGS.iter().map(move |coding| format!("{path}.{}", coding.extension()))
}

/// A copy that is missing or out of date.
pub struct Copy {
    /// The path of its document.
    pub document: String,
    pub path: String,
    coding: Coding,
    input_hash: u128,
}

/// Adds the copies that are up to date to the manifest, and returns the others.
fn partition(
    folder: &Folder,
    previous: &Manifest,
    manifest: &mut BTreeMap<String, ManifestEntry>,
) -> Result<Vec<Copy>, Diagnostic> {
    let mut missing = Vec::new();
    let mut up_to_date = Vec::new();
    for (document, entry) in manifest.iter() {
        for coding in CODINGS {
            let path = format!("{document}.{}", coding.extension());
            let input_hash = xxh3_128_with_seed(&entry.content_hash.to_le_bytes(), 1);
            match previous.document(&path).filter(|before| before.input_hash == input_hash) {
                Some(before) if folder.hash(&path)? == Some(before.content_hash) => up_to_date.push((path, before)),
                _ => missing.push(Copy { document: document.clone(), path, coding, input_hash }),
            }
        }
    }
    manifest.extend(up_to_date);
    Ok(missing)
}

/// Adds all copies to the manifest, and returns those that would be written.
pub fn missing(
    folder: &Folder,
    previous: &Manifest,
    manifest: &mut BTreeMap<String, ManifestEntry>,
) -> Result<Vec<Copy>, Diagnostic> {
    let missing = partition(folder, previous, manifest)?;
    let entry = |copy: &Copy| ManifestEntry { content_hash: 0, input_hash: copy.input_hash };
    manifest.extend(missing.iter().map(|copy| (copy.path.clone(), entry(copy))));
    Ok(missing)
}

/// Writes the copies of all documents, and adds them to the manifest.
pub fn write_all(
    folder: &Folder,
    previous: &Manifest,
    manifest: &mut BTreeMap<String, ManifestEntry>,
) -> Result<(), Diagnostic> {
    let missing = partition(folder, previous, manifest)?;
    let paths = missing.iter().map(|copy| copy.path.as_str());
    folder.record_pending(paths.filter(|path| previous.document(path).is_none()))?;
    let written = missing.into_par_iter().map(|copy| {
        let bytes = folder.read(&copy.document, u64::MAX)?.ok_or_else(poisoned)?;
        let encoded = copy.coding.encode(&bytes).map_err(|_| poisoned())?;
        folder.put(&copy.path, &encoded)?;
        Ok((copy.path, ManifestEntry { content_hash: xxh3_128(&encoded), input_hash: copy.input_hash }))
    });
    manifest.extend(written.collect::<Result<Vec<_>, Diagnostic>>()?);
    Ok(())
}
