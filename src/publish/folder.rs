//! A folder on disk as a destination.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use xxhash_rust::xxh3::Xxh3;

use crate::diagnostics::{Diagnostic, Location};
use crate::files::{self, FolderLock};

/// The folder of temporary files. Builds hold the lock of the output, so what is here before a build is left of an interrupted one.
const UNFINISHED: &str = ".tidings-unfinished";

/// The write-ahead journal: the paths that a build is about to write for the first time, one a line.
const JOURNAL: &str = ".tidings-unfinished/announced";

/// An output folder, locked while it is open for writing.
pub struct Folder {
    root: PathBuf,
    /// `None` if the folder is open for reading alone.
    _lock: Option<FolderLock>,
    count: AtomicUsize,
}

impl Folder {
    /// Opens a folder for writing, and creates it if it is missing. Waits until no other build has it open.
    pub fn open(root: &Path) -> Result<Folder, Diagnostic> {
        let lock = FolderLock::acquire(root, "the output folder")?;
        Ok(Folder { root: root.to_owned(), _lock: Some(lock), count: AtomicUsize::new(0) })
    }

    /// Opens a folder for reading. It need not exist.
    pub fn open_read_only(root: &Path) -> Folder {
        Folder { root: root.to_owned(), _lock: None, count: AtomicUsize::new(0) }
    }

    /// Removes temporary files and the journal, after a complete build.
    pub fn finish(&self) -> Result<(), Diagnostic> {
        match fs::remove_dir_all(self.root.join(UNFINISHED)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.diagnostic(UNFINISHED, "remove unfinished files")(error))
            }
            _ => Ok(()),
        }
    }

    /// Adds paths to the journal before they are written for the first time. If this build is interrupted, the next one
    /// recognizes them as its own.
    pub fn record_pending<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Result<(), Diagnostic> {
        let mut all = self.pending()?;
        let before = all.len();
        all.extend(paths.map(str::to_owned));
        if all.len() == before { Ok(()) } else { self.put(JOURNAL, all.join("\n").as_bytes()) }
    }

    /// The paths in the journal, left by interrupted builds.
    pub fn pending(&self) -> Result<Vec<String>, Diagnostic> {
        let text = self.read(JOURNAL)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// A path in diagnostics.
    pub fn display_path(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }

    fn diagnostic<'p>(&self, path: &'p str, what: &'p str) -> impl Fn(io::Error) -> Diagnostic + use<'p> {
        let full = self.root.join(path);
        move |error| Diagnostic::machine(&full, what, &error)
    }

    /// The bytes of a file; `None` if it does not exist.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        let Some(mut file) = self.file(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(self.diagnostic(path, "read this file"))?;
        Ok(Some(bytes))
    }

    /// The hash of the bytes of a file; `None` if it does not exist.
    pub fn hash(&self, path: &str) -> Result<Option<u128>, Diagnostic> {
        let Some(mut file) = self.file(path)? else { return Ok(None) };
        let mut hasher = Xxh3::new();
        let mut buffer = vec![0; 64 << 10];
        loop {
            match file.read(&mut buffer).map_err(self.diagnostic(path, "read this file"))? {
                0 => return Ok(Some(hasher.digest128())),
                count => hasher.update(&buffer[..count]),
            }
        }
    }

    fn file(&self, path: &str) -> Result<Option<File>, Diagnostic> {
        let full = self.root.join(path);
        match fs::metadata(&full) {
            Ok(metadata) if metadata.is_file() => {
                File::open(&full).map(Some).map_err(self.diagnostic(path, "read this file"))
            }
            Ok(_) => {
                let message = "this stands where a document has to go, and it is no file";
                Err(Diagnostic::error(Location::file(self.display_path(path)), message)
                    .help("move it away, or choose another `output`"))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                let message = "a file stands where a folder on the way to this has to be";
                Err(Diagnostic::error(Location::file(self.display_path(path)), message)
                    .help("move it away, or choose another `output`"))
            }
            Err(error) => Err(self.diagnostic(path, "read this file")(error)),
        }
    }

    /// Replaces a file atomically.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(UNFINISHED).join(number.to_string());
        files::replace_through(&temporary, &self.root.join(path), bytes)
    }

    /// Removes a file and the folders that it leaves empty.
    pub fn remove(&self, path: &str) -> Result<(), Diagnostic> {
        match fs::remove_file(self.root.join(path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(self.diagnostic(path, "remove this file")(error));
            }
            _ => {}
        }
        let parents = Path::new(path).ancestors().skip(1).take_while(|parent| !parent.as_os_str().is_empty());
        for parent in parents {
            // Fails for the first folder that is not empty.
            if fs::remove_dir(self.root.join(parent)).is_err() {
                break;
            }
        }
        Ok(())
    }
}
