//! Writing into folders that other processes write into as well.
//!
//! Owns: the lock of a folder, replacing a file atomically, and reading a regular file of bounded size.
//! Never touches: which files there are, or what they hold.

use std::fs::{self, File, FileType, TryLockError};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::OFlags;

use crate::diagnostics::{Diagnostic, Location};

/// An exclusive lock on a folder. The system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

impl FolderLock {
    /// Creates the folder if it is missing, and waits until no other process holds its lock; calls `on_wait` before it waits.
    /// Diagnostics call the folder `name`.
    pub fn acquire(folder: &Path, name: &str, on_wait: &dyn Fn()) -> Result<FolderLock, Diagnostic> {
        let (file, is_locked) = open_and_try(folder, name)?;
        if !is_locked {
            on_wait();
            file.lock().map_err(|error| lock_error(folder, name, "lock", &error))?;
        }
        Ok(FolderLock { file })
    }

    /// The same without waiting: none if another process holds the lock.
    pub fn try_acquire(folder: &Path, name: &str) -> Result<Option<FolderLock>, Diagnostic> {
        let (file, is_locked) = open_and_try(folder, name)?;
        Ok(is_locked.then_some(FolderLock { file }))
    }

    /// A handle of the folder itself, even if another takes its path.
    pub fn handle(&self) -> io::Result<OwnedFd> {
        self.file.try_clone().map(OwnedFd::from)
    }
}

/// Opens a folder, which is created if it is missing, and locks it unless another process holds its lock.
fn open_and_try(folder: &Path, name: &str) -> Result<(File, bool), Diagnostic> {
    fs::create_dir_all(folder).map_err(|error| lock_error(folder, name, "make", &error))?;
    let file = File::open(folder).map_err(|error| lock_error(folder, name, "open", &error))?;
    match file.try_lock() {
        Ok(()) => Ok((file, true)),
        Err(TryLockError::WouldBlock) => Ok((file, false)),
        Err(TryLockError::Error(error)) => Err(lock_error(folder, name, "lock", &error)),
    }
}

fn lock_error(folder: &Path, name: &str, verb: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::machine(folder, &format!("{verb} {name}"), error)
}

/// Replaces a file atomically, through a temporary file beside it. Its name begins with a dot, so that the store ignores
/// what a killed process leaves behind, and depends on the target alone, so that the next attempt overwrites it. Creates the
/// folder.
pub fn replace(target: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let temporary = target.with_file_name(format!(".{name}.part"));
    let write = || -> io::Result<()> {
        target.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(&temporary, bytes)?;
        fs::rename(&temporary, target)
    };
    write().map_err(|error| {
        // The error that matters is the first; what remains is overwritten or removed by the next attempt.
        let _ = fs::remove_file(&temporary);
        Diagnostic::machine(target, "write this file", &error)
    })
}

/// Creates a file whole, through a temporary file beside it. Creates the folder.
///
/// # Errors
/// There is one already (`AlreadyExists`), which stays as it is; or it cannot be written.
pub fn create(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    // The umask takes from these permissions, as from those of any new file.
    let permissions = fs::Permissions::from_mode(0o666);
    let mut file = tempfile::Builder::new().prefix(".").permissions(permissions).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist_noclobber(target)?;
    Ok(())
}

/// An absolute path without `.` and `..`; symbolic links stay.
pub fn lexical(path: &Path) -> PathBuf {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let mut plain = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// A path relative to a folder, with `..` where it is not below it.
pub fn relative(path: &Path, folder: &Path) -> PathBuf {
    let shared = path.components().zip(folder.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    let relative: PathBuf = up.chain(path.components().skip(shared)).collect();
    if relative.as_os_str().is_empty() { PathBuf::from(".") } else { relative }
}

/// Reads a regular file of at most `limit` bytes; `None` if there is no file. Symbolic links are followed.
///
/// # Errors
/// It cannot be read, is larger, or is something else. A FIFO or a device is not waited for.
pub fn read_regular_file(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, Diagnostic> {
    let invalid = |message: String| Diagnostic::error(Location::file(path.display().to_string()), message);
    let irregular = |kind: FileType| {
        let help = "put a regular file in its place, or name another path";
        invalid(format!("this is {}, not a regular file", kind_name(kind))).help(help)
    };
    let open = || -> io::Result<Result<Vec<u8>, Diagnostic>> {
        let kind = fs::metadata(path)?.file_type();
        if !kind.is_file() {
            return Ok(Err(irregular(kind)));
        }
        // Something else may have taken its place meanwhile.
        let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits() as i32).open(path)?;
        let kind = file.metadata()?.file_type();
        if !kind.is_file() {
            return Ok(Err(irregular(kind)));
        }
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        Ok(Ok(bytes))
    };
    match open() {
        Ok(Ok(bytes)) if bytes.len() as u64 > limit => {
            Err(invalid(format!("this file is larger than {}", megabytes(limit))).help("make it smaller"))
        }
        Ok(Ok(bytes)) => Ok(Some(bytes)),
        Ok(Err(diagnostic)) => Err(diagnostic),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Diagnostic::machine(path, "read this file", &error)),
    }
}

fn kind_name(kind: FileType) -> &'static str {
    match kind {
        _ if kind.is_dir() => "a folder",
        _ if kind.is_fifo() => "a FIFO",
        _ if kind.is_socket() => "a socket",
        _ => "a device",
    }
}

fn megabytes(bytes: u64) -> String {
    if bytes >= 1 << 20 { format!("{} MB", bytes >> 20) } else { format!("{bytes} bytes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("small"), "1234").unwrap();
        fs::write(path("large"), "12345").unwrap();
        std::os::unix::fs::symlink("small", path("link")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", path("zero")).unwrap();
        std::os::unix::fs::symlink("nowhere", path("dangling")).unwrap();
        let mkfifo = std::process::Command::new("mkfifo").arg(path("fifo")).status().unwrap();
        assert!(mkfifo.success());
        let _socket = std::os::unix::net::UnixListener::bind(path("socket")).unwrap();
        let read = |name: &str| read_regular_file(&path(name), 4).map_err(|diagnostic| diagnostic.message);
        for name in ["small", "link"] {
            assert_eq!(read(name).unwrap().as_deref(), Some(b"1234".as_slice()), "{name}");
        }
        for name in ["none", "dangling"] {
            assert_eq!(read(name), Ok(None), "{name}");
        }
        for (name, why) in
            [("large", "4 bytes"), ("fifo", "a FIFO"), ("zero", "a device"), ("", "a folder"), ("socket", "a socket")]
        {
            assert!(read(name).unwrap_err().contains(why), "{name}");
        }
    }
}
