//! A folder on disk as a destination.

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, fchmod, fstat, mkdirat, openat, unlinkat};
use rustix::io::Errno;
use xxhash_rust::xxh3::Xxh3;

use super::tree::{FILE, FOLDER, Obstacle, Tree};
use crate::diagnostics::{Cause, Diagnostic, Location};
use crate::files::FolderLock;
use crate::limits::MAX_MANIFEST;
use crate::model::Timestamp;

/// The folder of temporary files. Builds hold the lock of the output, so what is here before a build is left of an interrupted one.
pub const UNFINISHED: &str = ".tidings-unfinished";

/// The write-ahead journal in that folder: the paths that a build is about to write for the first time, one a line.
const JOURNAL: &str = "announced";

/// An output folder, locked while it is open for writing. No symbolic link below it is followed.
pub struct Folder {
    root: PathBuf,
    tree: Tree,
    /// `None` if the folder is open for reading alone.
    lock: Option<FolderLock>,
    /// The folder of temporary files, once it is open.
    unfinished: Mutex<Option<Arc<OwnedFd>>>,
    /// Temporary files have names that nobody can foresee: a number, hashed with random keys.
    names: RandomState,
    count: AtomicUsize,
}

/// What is on disk at the path of a document that is no longer published.
pub enum OnDisk {
    Missing,
    /// A file, with the hash of its bytes.
    File(u128),
    /// A folder, a pipe or a device.
    Other,
}

impl Folder {
    /// Opens a folder for writing, and creates it if it is missing. Waits until no other build has it open, and calls `on_wait`
    /// before.
    pub fn open(root: &Path, on_wait: &dyn Fn()) -> Result<Folder, Diagnostic> {
        let lock = FolderLock::acquire(root, "the output folder", on_wait)?;
        let handle = lock.handle().map_err(|error| Diagnostic::machine(root, "open the output folder", &error))?;
        Ok(Folder::new(root, Some(handle), Some(lock)))
    }

    /// Opens a folder for reading. It need not exist.
    pub fn open_read_only(root: &Path) -> Result<Folder, Diagnostic> {
        let flags = FOLDER.difference(OFlags::NOFOLLOW);
        match openat(CWD, root, flags, Mode::empty()) {
            Ok(handle) => Ok(Folder::new(root, Some(handle), None)),
            Err(Errno::NOENT) => Ok(Folder::new(root, None, None)),
            Err(error) => Err(Diagnostic::machine(root, "open the output folder", &error.into())),
        }
    }

    fn new(root: &Path, handle: Option<OwnedFd>, lock: Option<FolderLock>) -> Folder {
        Folder {
            root: root.to_owned(),
            tree: Tree::new(handle),
            lock,
            unfinished: Mutex::default(),
            names: RandomState::new(),
            count: AtomicUsize::new(0),
        }
    }

    /// A path in diagnostics.
    pub fn display_path(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }

    fn machine(&self, path: &str, what: &str, error: impl Into<io::Error>) -> Diagnostic {
        Diagnostic::machine(&self.root.join(path), what, &error.into())
    }

    fn diagnostic(&self, obstacle: Obstacle, what: &str) -> Diagnostic {
        let move_away = "move it away, or choose another `output`";
        match obstacle {
            Obstacle::Link(path) => self.link(&path),
            Obstacle::NotAFolder(path) => {
                let location = Location::file(self.display_path(&path));
                Diagnostic::error(location, "this stands where a folder has to be, and it is none").help(move_away)
            }
            Obstacle::NotAFile(path) => {
                let location = Location::file(self.display_path(&path));
                Diagnostic::error(location, "this stands where a document has to go, and it is no file").help(move_away)
            }
            Obstacle::System(path, error) => self.machine(&path, what, error),
        }
    }

    fn link(&self, path: &str) -> Diagnostic {
        let message = "this is a symbolic link, and links below the output are not followed";
        let diagnostic = Diagnostic::error(Location::file(self.display_path(path)), message);
        let help = "remove it, or choose another `output`; the output itself may be a link";
        Diagnostic { cause: Cause::Machine, ..diagnostic.help(help) }
    }

    /// An error for each symbolic link at these paths or on the way to them.
    pub fn links(&self, paths: &[&str]) -> Vec<Diagnostic> {
        let links: BTreeSet<String> = paths.par_iter().filter_map(|path| self.tree.link(path)).collect();
        links.iter().map(|link| self.link(link)).collect()
    }

    /// The bytes of a file, which must not be more than `limit`; `None` if it does not exist.
    pub fn read(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Diagnostic> {
        match self.tree.file(path) {
            Ok(Some(file)) => self.read_all(file, path, limit).map(Some),
            Ok(None) => Ok(None),
            Err(obstacle) => Err(self.diagnostic(obstacle, "read this file")),
        }
    }

    /// The same, with the second in which it was last modified.
    pub fn read_dated(&self, path: &str, limit: u64) -> Result<Option<(Vec<u8>, Timestamp)>, Diagnostic> {
        let Some(file) = self.tree.file(path).map_err(|obstacle| self.diagnostic(obstacle, "read this file"))? else {
            return Ok(None);
        };
        let modified = file.metadata().map_err(|error| self.machine(path, "read this file", error))?.mtime();
        Ok(Some((self.read_all(file, path, limit)?, Timestamp(modified))))
    }

    /// What changes when a file is replaced; `None` if it does not exist.
    pub fn fingerprint(&self, path: &str) -> Result<Option<String>, Diagnostic> {
        let Some(file) = self.tree.file(path).map_err(|obstacle| self.diagnostic(obstacle, "read this file"))? else {
            return Ok(None);
        };
        let data = file.metadata().map_err(|error| self.machine(path, "read this file", error))?;
        let (length, seconds, nanoseconds) = (data.len(), data.mtime(), data.mtime_nsec());
        Ok(Some(format!("{}-{}-{length}-{seconds}.{nanoseconds}", data.dev(), data.ino())))
    }

    /// The bytes of a file up to `limit`; `None` if it does not exist.
    pub fn read_up_to(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, Diagnostic> {
        let Some(file) = self.tree.file(path).map_err(|obstacle| self.diagnostic(obstacle, "read this file"))? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let read = file.take(limit).read_to_end(&mut bytes);
        read.map_err(|error| self.machine(path, "read this file", error))?;
        Ok(Some(bytes))
    }

    fn read_all(&self, file: File, path: &str, limit: u64) -> Result<Vec<u8>, Diagnostic> {
        let failed = |error| self.machine(path, "read this file", error);
        let length = file.metadata().map_err(failed)?.len();
        let mut bytes = Vec::new();
        if length <= limit {
            file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
        }
        if length > limit || bytes.len() as u64 > limit {
            let message = format!("this file is larger than {limit} bytes");
            return Err(Diagnostic::error(Location::file(self.display_path(path)), message));
        }
        Ok(bytes)
    }

    /// The hash of the bytes of a file; `None` if it does not exist.
    pub fn hash(&self, path: &str) -> Result<Option<u128>, Diagnostic> {
        self.try_hash(path).map_err(|obstacle| self.diagnostic(obstacle, "read this file"))
    }

    fn try_hash(&self, path: &str) -> Result<Option<u128>, Obstacle> {
        let Some(mut file) = self.tree.file(path)? else { return Ok(None) };
        let mut hasher = Xxh3::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(Some(hasher.digest128())),
                Ok(count) => hasher.update(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Obstacle::System(path.to_owned(), error)),
            }
        }
    }

    /// What is at the path of a document that is no longer published; nothing has to be there.
    pub fn on_disk(&self, path: &str) -> Result<OnDisk, Diagnostic> {
        match self.try_hash(path) {
            Ok(Some(hash)) => Ok(OnDisk::File(hash)),
            Ok(None) | Err(Obstacle::NotAFolder(_)) => Ok(OnDisk::Missing),
            Err(Obstacle::NotAFile(_)) => Ok(OnDisk::Other),
            Err(obstacle) => Err(self.diagnostic(obstacle, "read this file")),
        }
    }

    /// Replaces a file atomically.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        self.write(path, bytes, |folder, name| {
            self.tree.place(folder, name, path).map_err(|obstacle| self.diagnostic(obstacle, "write this file"))
        })
    }

    /// Writes a temporary file, and lets `place` move it; removes it if that fails.
    fn write(
        &self,
        path: &str,
        bytes: &[u8],
        place: impl FnOnce(&OwnedFd, &str) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        let folder = self.create_unfinished()?;
        let (name, mut file) = self.temporary(&folder).map_err(|error| self.machine(path, "write this file", error))?;
        let written = file.write_all(bytes).map_err(|error| self.machine(path, "write this file", error));
        drop(file);
        written.and_then(|()| place(&folder, &name)).inspect_err(|_| {
            // The error that matters is the first; what remains is removed by the next build.
            let _ = unlinkat(&folder, name.as_str(), AtFlags::empty());
        })
    }

    /// Creates a file under a name that was not there.
    fn temporary(&self, folder: &OwnedFd) -> Result<(String, File), Errno> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let name = format!("{:016x}", self.names.hash_one(self.count.fetch_add(1, Ordering::Relaxed)));
            match openat(folder, name.as_str(), flags, Mode::from_raw_mode(0o666)) {
                Ok(file) => return Ok((name, file.into())),
                Err(Errno::EXIST | Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Removes a file and the folders that it leaves empty.
    pub fn remove(&self, path: &str) -> Result<(), Diagnostic> {
        self.tree.remove(path).map_err(|obstacle| self.diagnostic(obstacle, "remove this file"))
    }

    /// The folder of temporary files, which is created if it is missing.
    fn create_unfinished(&self) -> Result<Arc<OwnedFd>, Diagnostic> {
        let failed = |error| self.machine(UNFINISHED, "make the folder of temporary files", error);
        if let Some(folder) = self.unfinished()? {
            return Ok(folder);
        }
        let root = self.tree.folder("").map_err(|obstacle| self.diagnostic(obstacle, "write this file"))?;
        let root = root.ok_or_else(|| failed(Errno::NOENT))?;
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*unfinished {
            return Ok(Arc::clone(folder));
        }
        mkdirat(&root, UNFINISHED, Mode::RWXU).map_err(failed)?;
        let folder = Arc::new(openat(&root, UNFINISHED, FOLDER, Mode::empty()).map_err(failed)?);
        Ok(Arc::clone(unfinished.insert(folder)))
    }

    /// The folder of temporary files, if it exists. One that somebody else owns or can write to is refused, because what is in
    /// it would be taken for this program's own.
    fn unfinished(&self) -> Result<Option<Arc<OwnedFd>>, Diagnostic> {
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = &*unfinished {
            return Ok(Some(Arc::clone(folder)));
        }
        let refused = |message: &str| {
            let diagnostic = Diagnostic::error(Location::file(self.display_path(UNFINISHED)), message);
            Diagnostic { cause: Cause::Machine, ..diagnostic.help("remove it, and build again") }
        };
        let folder = match self.tree.folder(UNFINISHED) {
            Ok(Some(folder)) => folder,
            Ok(None) => return Ok(None),
            Err(Obstacle::NotAFolder(_)) => {
                return Err(refused("this stands where the folder of temporary files has to be"));
            }
            Err(obstacle) => return Err(self.diagnostic(obstacle, "open the folder of temporary files")),
        };
        let failed = |error| self.machine(UNFINISHED, "open the folder of temporary files", error);
        let stat = fstat(&folder).map_err(failed)?;
        let mode = Mode::from_raw_mode(stat.st_mode);
        if stat.st_uid != rustix::process::geteuid().as_raw() || mode.intersects(Mode::WGRP | Mode::WOTH) {
            return Err(refused(
                "this folder of temporary files is not this user's alone, so what is in it is not trusted",
            ));
        }
        if self.lock.is_some() && mode.intersects(Mode::RWXG | Mode::RWXO) {
            fchmod(&folder, Mode::RWXU).map_err(failed)?;
        }
        Ok(Some(Arc::clone(unfinished.insert(folder))))
    }

    /// Adds paths to the journal before they are written for the first time. If this build is interrupted, the next one
    /// recognizes them as its own.
    pub fn record_pending<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Result<(), Diagnostic> {
        let mut all = self.pending()?;
        let before = all.len();
        all.extend(paths.map(str::to_owned));
        if all.len() == before {
            return Ok(());
        }
        let path = format!("{UNFINISHED}/{JOURNAL}");
        self.write(&path, all.join("\n").as_bytes(), |folder, name| {
            rustix::fs::renameat(folder, name, folder, JOURNAL)
                .map_err(|error| self.machine(&path, "write this file", error))
        })
    }

    /// The paths in the journal, left by interrupted builds.
    pub fn pending(&self) -> Result<Vec<String>, Diagnostic> {
        let Some(folder) = self.unfinished()? else { return Ok(Vec::new()) };
        let path = format!("{UNFINISHED}/{JOURNAL}");
        let file = match openat(&folder, JOURNAL, FILE, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(error) => return Err(self.machine(&path, "read this file", error)),
        };
        let text = self.read_all(file, &path, MAX_MANIFEST)?;
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// Removes temporary files and the journal, after a complete build.
    pub fn finish(&self) -> Result<(), Diagnostic> {
        let failed = |error: io::Error| self.machine(UNFINISHED, "remove unfinished files", error);
        let Some(folder) = self.unfinished()? else { return Ok(()) };
        let entries: Result<Vec<_>, Errno> = Dir::read_from(&folder).and_then(Iterator::collect);
        for entry in entries.map_err(|error| failed(error.into()))? {
            let name = entry.file_name();
            if !matches!(name.to_bytes(), b"." | b"..") {
                unlinkat(&folder, name, AtFlags::empty()).map_err(|error| failed(error.into()))?;
            }
        }
        let root = self.tree.folder("").map_err(|obstacle| self.diagnostic(obstacle, "remove unfinished files"))?;
        let removed = root.map_or(Ok(()), |root| unlinkat(root, UNFINISHED, AtFlags::REMOVEDIR));
        removed.map_err(|error| failed(error.into()))
    }
}
