//! Finds the story files of a store.

use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

use crate::diagnostics::{Diagnostic, Location};
use crate::source::Syntax;

/// A story file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFile {
    pub path: PathBuf,
    /// The path below the store, with `/` between its parts.
    pub below: String,
    pub fingerprint: FileFingerprint,
}

impl StoreFile {
    pub fn syntax(&self) -> Syntax {
        if self.below.ends_with(".toml") { Syntax::Toml } else { Syntax::Json }
    }

    pub fn is_jsonl(&self) -> bool {
        self.below.ends_with(".jsonl")
    }

    /// The id of the file's only story, if the story has none: the path without its extension.
    pub fn default_id(&self) -> Option<&str> {
        self.below.rsplit_once('.').map(|(stem, _)| stem)
    }
}

/// Tells one version of a file from another without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileFingerprint {
    pub length: u64,
    file: (u64, u64),
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileFingerprint {
    /// The fingerprint of a file; symbolic links are followed.
    pub fn of(metadata: &Metadata) -> FileFingerprint {
        FileFingerprint {
            length: metadata.len(),
            file: (metadata.dev(), metadata.ino()),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// All story files, sorted by their path below the store. Symbolic links are followed; hidden names and other extensions are
/// ignored.
pub fn files(store: &Path) -> (Vec<StoreFile>, Vec<Diagnostic>) {
    let mut files = Vec::new();
    let mut diagnostics = Vec::new();
    let is_visible = |entry: &DirEntry| entry.depth() == 0 || !is_hidden(entry.file_name());
    for entry in WalkDir::new(store).follow_links(true).into_iter().filter_entry(is_visible) {
        match entry {
            Ok(entry) => match regular(store, &entry) {
                Ok(Some(file)) => files.push(file),
                Ok(None) => {}
                Err(diagnostic) => diagnostics.push(diagnostic),
            },
            Err(error) => diagnostics.push(unreadable(store, &error)),
        }
    }
    files.sort_by(|one, other| one.below.cmp(&other.below));
    (files, diagnostics)
}

/// The story file at a path, if there is one. Only [`files`] reports why a path is not one.
pub fn file(store: &Path, path: &Path) -> Option<StoreFile> {
    let metadata = path.metadata().ok().filter(|metadata| metadata.is_file() && has_story_extension(path))?;
    Some(StoreFile { path: path.to_owned(), below: below(store, path)?, fingerprint: FileFingerprint::of(&metadata) })
}

/// Whether a path is one of a story file: below the store, not hidden, and with the right extension.
pub fn is_story_path(store: &Path, path: &Path) -> bool {
    has_story_extension(path) && path.strip_prefix(store).is_ok_and(|below| !below.iter().any(is_hidden))
}

/// Whether the store ignores files and folders of this name.
pub fn is_hidden(name: &OsStr) -> bool {
    name.to_string_lossy().starts_with(['.', '_'])
}

/// The part of a path below the store, with `/` between its parts.
pub fn below(store: &Path, path: &Path) -> Option<String> {
    Some(path.strip_prefix(store).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/"))
}

fn has_story_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["toml", "json", "jsonl"].iter().any(|known| extension == *known))
}

fn regular(store: &Path, entry: &DirEntry) -> Result<Option<StoreFile>, Diagnostic> {
    let path = entry.path();
    if entry.file_type().is_dir() || (entry.depth() > 0 && !has_story_extension(path)) {
        return Ok(None);
    }
    let location = || Location::file(path.display().to_string());
    if !entry.file_type().is_file() {
        return Err(Diagnostic::error(location(), "this is not a regular file, so it was not read")
            .help("remove it from the store"));
    }
    if entry.depth() == 0 {
        return Err(Diagnostic::error(location(), "the store must be a directory"));
    }
    let Some(below) = below(store, path) else {
        return Err(Diagnostic::error(location(), "this file's name is not UTF-8").help("rename it"));
    };
    let metadata = entry.metadata().map_err(|error| unreadable(store, &error))?;
    Ok(Some(StoreFile { path: path.to_owned(), below, fingerprint: FileFingerprint::of(&metadata) }))
}

fn unreadable(store: &Path, error: &walkdir::Error) -> Diagnostic {
    let path = error.path().unwrap_or(store);
    let location = Location::file(path.display().to_string());
    if let Some(ancestor) = error.loop_ancestor() {
        let message = format!("this link leads in a circle, back to {}", ancestor.display());
        return Diagnostic::error(location, message).help("remove the link from the store");
    }
    match error.io_error() {
        Some(io) if path == store && io.kind() == std::io::ErrorKind::NotFound => {
            Diagnostic::error(location, "the store does not exist").help("make the directory, or set `site.stories`")
        }
        Some(io) if error.path().is_some_and(Path::is_symlink) && io.kind() == std::io::ErrorKind::NotFound => {
            Diagnostic::error(location, "this link leads nowhere").help("mend or remove it")
        }
        Some(io) => Diagnostic::machine(path, "read this", io),
        None => Diagnostic::error(location, "this cannot be read"),
    }
}
