//! Writing into folders that other processes write into as well.
//!
//! Owns: the lock of a folder, and replacing a file atomically.
//! Never touches: which files there are, or what they hold.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use crate::diagnostics::Diagnostic;

/// An exclusive lock on a folder. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Creates the folder if it is missing, and waits until no other process holds its lock. Diagnostics call it `name`.
    pub fn acquire(folder: &Path, name: &str) -> Result<FolderLock, Diagnostic> {
        let failed =
            |verb: &'static str| move |error: io::Error| Diagnostic::machine(folder, &format!("{verb} {name}"), &error);
        fs::create_dir_all(folder).map_err(failed("make"))?;
        let file = File::open(folder).map_err(failed("open"))?;
        file.lock().map_err(failed("lock"))?;
        Ok(FolderLock { _file: file })
    }
}

/// Replaces a file atomically, through a temporary file beside it. Its name begins with a dot, so that the store ignores
/// what a killed process leaves behind, and depends on the target alone, so that the next attempt overwrites it.
pub fn replace(target: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    replace_through(&target.with_file_name(format!(".{name}.part")), target, bytes)
}

/// Replaces a file atomically: writes a temporary file on the same file system, and renames it. Creates both folders.
pub fn replace_through(temporary: &Path, target: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let create_parent = |path: &Path| path.parent().map_or(Ok(()), fs::create_dir_all);
    let write = || -> io::Result<()> {
        create_parent(temporary)?;
        fs::write(temporary, bytes)?;
        create_parent(target)?;
        fs::rename(temporary, target)
    };
    write().map_err(|error| {
        // The error that matters is the first; what remains is overwritten or removed by the next attempt.
        let _ = fs::remove_file(temporary);
        Diagnostic::machine(target, "write this file", &error)
    })
}
