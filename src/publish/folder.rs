//! A folder of the disk as a destination.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use xxhash_rust::xxh3::Xxh3;

use crate::diagnostics::{Diagnostic, Location};
use crate::files::{self, FolderLock};

/// Where files lie until they are whole. One build at a time works in a folder, so what is found there is of one that died.
const UNFINISHED: &str = ".tidings-unfinished";

/// Within it, the paths that a build is about to write for the first time, a line each.
const JOURNAL: &str = ".tidings-unfinished/announced";

/// An output folder, locked while it is open for writing.
pub struct Folder {
    root: PathBuf,
    /// `None` if the folder is open for reading alone.
    _lock: Option<FolderLock>,
    count: AtomicUsize,
}

impl Folder {
    /// Opens a folder for writing, making it if need be; waits while another build is at work in it.
    pub fn open(root: &Path) -> Result<Folder, Diagnostic> {
        let lock = FolderLock::acquire(root, "the output folder")?;
        Ok(Folder { root: root.to_owned(), _lock: Some(lock), count: AtomicUsize::new(0) })
    }

    /// Opens a folder for reading; it need not exist.
    pub fn open_read_only(root: &Path) -> Folder {
        Folder { root: root.to_owned(), _lock: None, count: AtomicUsize::new(0) }
    }

    /// Puts away what a build needs while it works, once it is whole.
    pub fn finish(&self) -> Result<(), Diagnostic> {
        match fs::remove_dir_all(self.root.join(UNFINISHED)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(self.diagnostic(UNFINISHED, "remove unfinished files")(error))
            }
            _ => Ok(()),
        }
    }

    /// Names paths that are about to be written for the first time, so that if this build dies a later one knows them for
    /// its own; those announced before stay.
    pub fn record_pending<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Result<(), Diagnostic> {
        let mut all = self.pending()?;
        let before = all.len();
        all.extend(paths.map(str::to_owned));
        if all.len() == before { Ok(()) } else { self.put(JOURNAL, all.join("\n").as_bytes()) }
    }

    /// The paths that builds which died had announced.
    pub fn pending(&self) -> Result<Vec<String>, Diagnostic> {
        let text = self.read(JOURNAL)?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&text).lines().map(str::to_owned).collect())
    }

    /// A path as it is shown.
    pub fn display_path(&self, path: &str) -> String {
        self.root.join(path).display().to_string()
    }

    fn diagnostic<'p>(&self, path: &'p str, what: &'p str) -> impl Fn(io::Error) -> Diagnostic + use<'p> {
        let full = self.root.join(path);
        move |error| Diagnostic::machine(&full, what, &error)
    }

    /// A file's bytes; `None` where there is none.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Diagnostic> {
        let Some(mut file) = self.file(path)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(self.diagnostic(path, "read this file"))?;
        Ok(Some(bytes))
    }

    /// The hash of a file's bytes; `None` where there is none.
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
            Ok(found) if found.is_file() => {
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

    /// Replaces a file in one step.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let temporary = self.root.join(UNFINISHED).join(number.to_string());
        files::replace_through(&temporary, &self.root.join(path), bytes)
    }

    /// Removes a file, and the folders that it leaves empty.
    pub fn remove(&self, path: &str) -> Result<(), Diagnostic> {
        match fs::remove_file(self.root.join(path)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(self.diagnostic(path, "remove this file")(error));
            }
            _ => {}
        }
        let parents = Path::new(path).ancestors().skip(1).take_while(|parent| !parent.as_os_str().is_empty());
        for parent in parents {
            // A folder that is not empty stays.
            if fs::remove_dir(self.root.join(parent)).is_err() {
                break;
            }
        }
        Ok(())
    }
}
