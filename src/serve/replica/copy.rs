//! The local copy of what a replica holds in memory, from which it starts while its source is away.
//!
//! Each document is a file that is named by the hash of its bytes, so that a copy which was interrupted is still whole: the
//! manifest is replaced last, and what it does not name is removed after that.

use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use xxhash_rust::xxh3::xxh3_128;

use crate::diagnostics::Diagnostic;
use crate::files::{FolderLock, read_regular_file};
use crate::limits::{MAX_DOCUMENT, MAX_MANIFEST};
use crate::model::Timestamp;
use crate::publish::StoredDocument;

const MANIFEST: &str = "manifest";

/// How often it is recorded that the copy is still current.
const CONFIRM_INTERVAL: i64 = 60;

/// A folder with a copy. Other processes may read it, one writes.
#[derive(Debug)]
pub struct LocalCopy {
    folder: PathBuf,
    lock: Option<FolderLock>,
    /// When it was last recorded that the copy is current.
    confirmed: Timestamp,
}

impl LocalCopy {
    /// Opens a copy, and creates its folder. Without the lock, because another replica has it, nothing is written.
    ///
    /// # Errors
    /// The folder cannot be created or opened.
    pub fn open(folder: PathBuf) -> Result<LocalCopy, Diagnostic> {
        let lock = FolderLock::try_acquire(&folder, "the folder of the local copy")?;
        Ok(LocalCopy { folder, lock, confirmed: Timestamp(i64::MIN) })
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether this process keeps it up to date.
    pub fn is_kept(&self) -> bool {
        self.lock.is_some()
    }

    /// The bytes of the manifest, and when the source last had the same; `None` if there is no copy.
    pub fn manifest(&self) -> Option<(Vec<u8>, Timestamp)> {
        let path = self.folder.join(MANIFEST);
        let bytes = read_regular_file(&path, MAX_MANIFEST).ok()??;
        Some((bytes, Timestamp(fs::metadata(&path).ok()?.mtime())))
    }

    /// The document with a hash, if it is whole.
    pub fn document(&self, hash: u128) -> Option<StoredDocument> {
        let path = self.folder.join(name(hash));
        let bytes = read_regular_file(&path, MAX_DOCUMENT).ok()??;
        let written = Timestamp(fs::metadata(&path).ok()?.mtime());
        (xxh3_128(&bytes) == hash).then_some(StoredDocument { bytes, written })
    }

    /// Replaces the copy, as the source has it now. Documents are their hashes, bytes and dates.
    ///
    /// # Errors
    /// It cannot be written. The copy before is whole then.
    pub fn replace<'d>(
        &mut self,
        manifest: &[u8],
        documents: impl Iterator<Item = (u128, &'d [u8], Timestamp)>,
        now: Timestamp,
    ) -> Result<(), Diagnostic> {
        if !self.is_kept() {
            return Ok(());
        }
        let failed = |error: io::Error| Diagnostic::machine(&self.folder, "keep a local copy", &error);
        let present = self.names().map_err(failed)?;
        let mut current = HashSet::from([MANIFEST.to_owned()]);
        for (hash, bytes, written) in documents {
            let name = name(hash);
            // A torn file is found by its length here, and by its hash when it is read.
            let is_there = present.contains(&name)
                && fs::metadata(self.folder.join(&name)).is_ok_and(|data| data.len() == bytes.len() as u64);
            if !is_there && !current.contains(&name) {
                self.write(&name, bytes, written).map_err(failed)?;
            }
            current.insert(name);
        }
        self.write(MANIFEST, manifest, now).map_err(failed)?;
        for name in present.difference(&current) {
            fs::remove_file(self.folder.join(name)).map_err(failed)?;
        }
        self.confirmed = now;
        Ok(())
    }

    /// Records that the source still has what is copied.
    pub fn confirm(&mut self, now: Timestamp) {
        if !self.is_kept() || now.0.saturating_sub(self.confirmed.0).abs() < CONFIRM_INTERVAL {
            return;
        }
        self.confirmed = now;
        // The copy then looks older than it is.
        let _ =
            File::options().write(true).open(self.folder.join(MANIFEST)).and_then(|file| file.set_modified(time(now)));
    }

    fn names(&self) -> io::Result<HashSet<String>> {
        let names = fs::read_dir(&self.folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    /// Replaces a file atomically, with a date.
    fn write(&self, name: &str, bytes: &[u8], at: Timestamp) -> io::Result<()> {
        let permissions = Permissions::from_mode(0o600);
        let mut file = tempfile::Builder::new().prefix(".").permissions(permissions).tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().set_modified(time(at))?;
        file.persist(self.folder.join(name))?;
        Ok(())
    }
}

fn name(hash: u128) -> String {
    format!("{hash:032x}")
}

fn time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(u64::try_from(at.0).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_whole_and_has_nothing_that_its_manifest_does_not_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut copy = LocalCopy::open(folder.path().join("a/b")).unwrap();
        assert!(copy.is_kept() && copy.manifest().is_none());
        let document = |text: &'static str, at: i64| (xxh3_128(text.as_bytes()), text.as_bytes(), Timestamp(at));
        copy.replace(b"one", [document("x", 5), document("y", 6)].into_iter(), Timestamp(100)).unwrap();
        copy.replace(b"two", [document("y", 7), document("z", 8)].into_iter(), Timestamp(200)).unwrap();
        // Another reads it meanwhile, and does not write.
        let mut other = LocalCopy::open(folder.path().join("a/b")).unwrap();
        other.replace(b"three", [].into_iter(), Timestamp(300)).unwrap();
        assert_eq!(other.manifest(), Some((b"two".to_vec(), Timestamp(200))));
        let read = |text: &str| other.document(xxh3_128(text.as_bytes())).map(|document| document.written.0);
        assert_eq!((read("x"), read("y"), read("z")), (None, Some(6), Some(8)));
        assert_eq!(copy.names().unwrap().len(), 3);
        copy.confirm(Timestamp(250));
        assert_eq!(copy.manifest().map(|(_, at)| at.0), Some(200));
        copy.confirm(Timestamp(260));
        assert_eq!(copy.manifest().map(|(_, at)| at.0), Some(260));
        fs::write(folder.path().join("a/b").join(name(xxh3_128(b"z"))), "torn").unwrap();
        assert!(copy.document(xxh3_128(b"z")).is_none());
    }
}
