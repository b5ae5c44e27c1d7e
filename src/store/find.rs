//! Which files the store holds.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use crate::diagnostics::{Place, Problem};

/// A file of the store: its path, and its path below the store with `/` between its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub path: std::path::PathBuf,
    pub below: String,
    pub length: u64,
}

/// All story files, sorted by their path below the store; links are followed, once. Names that begin with `.` or `_` are
/// passed over, and so is what is no `.toml`, `.json` or `.jsonl`.
pub fn files(store: &Path) -> (Vec<Found>, Vec<Problem>) {
    let mut found = Vec::new();
    let mut problems = Vec::new();
    let wanted = |entry: &DirEntry| entry.depth() == 0 || !is_passed_over(entry);
    for entry in WalkDir::new(store).follow_links(true).into_iter().filter_entry(wanted) {
        match entry {
            Ok(entry) => match regular(store, &entry) {
                Ok(Some(file)) => found.push(file),
                Ok(None) => {}
                Err(problem) => problems.push(problem),
            },
            Err(error) => problems.push(unreadable(store, &error)),
        }
    }
    found.sort_by(|one, other| one.below.cmp(&other.below));
    (found, problems)
}

fn is_passed_over(entry: &DirEntry) -> bool {
    entry.file_name().to_string_lossy().starts_with(['.', '_'])
}

/// The kinds of story files.
fn is_story(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["toml", "json", "jsonl"].iter().any(|known| extension == *known))
}

fn regular(store: &Path, entry: &DirEntry) -> Result<Option<Found>, Problem> {
    let path = entry.path();
    if entry.file_type().is_dir() || (entry.depth() > 0 && !is_story(path)) {
        return Ok(None);
    }
    let place = || Place::file(path.display().to_string());
    if !entry.file_type().is_file() {
        return Err(
            Problem::error(place(), "this is not a regular file, so it was not read").help("remove it from the store")
        );
    }
    if entry.depth() == 0 {
        return Err(Problem::error(place(), "the store must be a directory"));
    }
    let Some(below) = path.strip_prefix(store).ok().and_then(Path::to_str) else {
        return Err(Problem::error(place(), "this file's name is not UTF-8").help("rename it"));
    };
    let length = entry.metadata().map_err(|error| unreadable(store, &error))?.len();
    Ok(Some(Found { path: path.to_owned(), below: below.replace(std::path::MAIN_SEPARATOR, "/"), length }))
}

fn unreadable(store: &Path, error: &walkdir::Error) -> Problem {
    let path = error.path().unwrap_or(store);
    let place = Place::file(path.display().to_string());
    if let Some(ancestor) = error.loop_ancestor() {
        let message = format!("this link leads in a circle, back to {}", ancestor.display());
        return Problem::error(place, message).help("remove the link from the store");
    }
    match error.io_error() {
        Some(io) if path == store && io.kind() == std::io::ErrorKind::NotFound => {
            Problem::error(place, "the store does not exist").help("make the directory, or set `site.stories`")
        }
        Some(io) if error.path().is_some_and(Path::is_symlink) && io.kind() == std::io::ErrorKind::NotFound => {
            Problem::error(place, "this link leads nowhere").help("mend or remove it")
        }
        Some(io) => Problem::machine(path, "read this", io),
        None => Problem::error(place, "this cannot be read"),
    }
}
