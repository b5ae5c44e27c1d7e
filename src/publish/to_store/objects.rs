//! The objects beside the documents: the manifest, and what a server remembers.

use bytes::Bytes;

use super::lease::own_attributes;
use super::runtime;
use crate::diagnostics::Diagnostic;
use crate::limits::MAX_MANIFEST;
use crate::publish::manifest::{self, Manifest};
use crate::publish::pending::Pending;
use crate::storage::{Condition, Fetched, Storage, Tag, Written};

/// The manifest of a store with its tag; empty if there is none.
///
/// # Errors
/// It cannot be read, or is damaged.
pub async fn read_manifest(state: &Storage) -> Result<(Manifest, Option<Tag>), Diagnostic> {
    let (bytes, info) = match state.get(manifest::NAME, None, MAX_MANIFEST).await? {
        Fetched::Object(bytes, info) => (bytes, info),
        Fetched::Missing | Fetched::NotModified => return Ok((Manifest::default(), None)),
    };
    let manifest = Manifest::parse(bytes.into()).map_err(|damage| {
        let help = "remove it and build again; documents that are no longer published then stay until you remove them";
        Diagnostic::error(state.location(manifest::NAME), damage.message()).help(help)
    })?;
    Ok((manifest, Some(info.tag)))
}

/// Writes the manifest if it has a tag, or none if there is to be none; returns the new tag, or `None` if it has not.
///
/// # Errors
/// The store cannot be reached, or refuses.
pub async fn write_manifest(state: &Storage, text: String, expected: Option<&Tag>) -> Result<Option<Tag>, Diagnostic> {
    let bytes = Bytes::from(text);
    let condition = expected.cloned().map_or(Condition::Missing, Condition::Unchanged);
    let put = state.put(manifest::NAME, bytes.clone(), &own_attributes(), &condition).await?;
    if let Written::Done(tag) = put {
        return Ok(Some(tag));
    }
    // The answer to an earlier try may have been lost; no other build writes these bytes.
    match state.get(manifest::NAME, None, MAX_MANIFEST).await? {
        Fetched::Object(now, info) if now == bytes => Ok(Some(info.tag)),
        _ => Ok(None),
    }
}

/// Remembers what is still to be told in the manifest. While another build is at work, that one tells it: it has read what this
/// one remembered.
///
/// # Errors
/// The manifest cannot be read or written.
pub fn remember(state: &Storage, pending: &Pending) -> Result<(), Diagnostic> {
    runtime(state)?.block_on(async {
        let (manifest, tag) = read_manifest(state).await?;
        let Some(tag) = tag.filter(|_| !manifest.is_unfinished()) else { return Ok(()) };
        let bytes = Bytes::from(manifest.with_notifications(pending));
        state.put(manifest::NAME, bytes, &own_attributes(), &Condition::Unchanged(tag)).await.map(drop)
    })
}

/// The bytes of an object beside the documents; none if there is none.
///
/// # Errors
/// It cannot be read.
pub fn load_object(state: &Storage, name: &str) -> Result<Vec<u8>, Diagnostic> {
    Ok(match runtime(state)?.block_on(state.get(name, None, MAX_MANIFEST))? {
        Fetched::Object(bytes, _) => bytes.into(),
        Fetched::Missing | Fetched::NotModified => Vec::new(),
    })
}

/// Writes an object beside the documents, or removes it if there is nothing.
///
/// # Errors
/// It cannot be written or removed.
pub fn save_object(state: &Storage, name: &str, pending: &Pending) -> Result<(), Diagnostic> {
    runtime(state)?.block_on(async {
        match pending.is_empty() {
            true => state.delete(name).await,
            false => {
                let bytes = Bytes::from(pending.to_string());
                state.put(name, bytes, &own_attributes(), &Condition::Always).await.map(drop)
            }
        }
    })
}
