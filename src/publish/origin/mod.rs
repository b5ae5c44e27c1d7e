//! Where a publication is read from, by whoever serves what another process publishes.

#[cfg_attr(not(feature = "cloud"), path = "absent/store.rs")]
mod store;

use std::path::PathBuf;

pub use self::store::StoreOrigin;
use super::folder::Folder;
use super::manifest;
use crate::diagnostics::{Diagnostic, Location};
use crate::files::lexical;
use crate::limits::{MAX_DOCUMENT, MAX_MANIFEST};
use crate::model::Timestamp;

/// A place that holds a publication.
#[derive(Debug)]
pub enum Origin {
    /// A folder on disk.
    Folder(PathBuf),
    Store(StoreOrigin),
}

/// Names a version of a manifest, to ask for it only when it has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(String);

/// What an origin says about its manifest.
#[derive(Debug)]
pub enum ManifestVersion {
    /// There is none.
    Missing,
    /// It is still the one with the tag that is known.
    Unchanged,
    Changed {
        bytes: Vec<u8>,
        tag: Tag,
        /// When it was written, by the clock of who holds it.
        written: Timestamp,
    },
}

/// A document as it is stored.
#[derive(Debug, Clone)]
pub struct StoredDocument {
    pub bytes: Vec<u8>,
    /// When it was written.
    pub written: Timestamp,
}

impl Origin {
    /// The address in messages.
    pub fn address(&self) -> String {
        match self {
            Origin::Folder(folder) => folder.display().to_string(),
            Origin::Store(store) => store.address(),
        }
    }

    /// The address by which it is told from others, from whichever folder it is named.
    pub fn identity(&self) -> String {
        match self {
            Origin::Folder(folder) => lexical(folder).display().to_string(),
            Origin::Store(store) => store.address(),
        }
    }

    /// The location of a document in diagnostics.
    pub fn location(&self, path: &str) -> Location {
        match self {
            Origin::Folder(folder) => Location::file(folder.join(path).display().to_string()),
            Origin::Store(store) => store.location(path),
        }
    }

    /// The manifest, unless it is still the one with a tag.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn manifest(&self, known: Option<&Tag>) -> Result<ManifestVersion, Diagnostic> {
        let folder = match self {
            // Opened each time: the path may lead to another folder meanwhile.
            Origin::Folder(folder) => Folder::open_read_only(folder)?,
            Origin::Store(store) => return store.manifest(known),
        };
        let Some(tag) = folder.fingerprint(manifest::NAME)?.map(Tag) else {
            return Ok(ManifestVersion::Missing);
        };
        if known == Some(&tag) {
            return Ok(ManifestVersion::Unchanged);
        }
        // A newer one that takes its place between the two is read once more the next time.
        let Some((bytes, written)) = folder.read_dated(manifest::NAME, MAX_MANIFEST)? else {
            return Ok(ManifestVersion::Missing);
        };
        Ok(ManifestVersion::Changed { bytes, tag, written })
    }

    /// A document; `None` if it does not exist.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn document(&self, path: &str) -> Result<Option<StoredDocument>, Diagnostic> {
        match self {
            Origin::Folder(folder) => {
                let document = Folder::open_read_only(folder)?.read_dated(path, MAX_DOCUMENT)?;
                Ok(document.map(|(bytes, written)| StoredDocument { bytes, written }))
            }
            Origin::Store(store) => store.document(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_manifest_is_read_again_only_when_it_was_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let origin = Origin::Folder(folder.path().to_owned());
        assert!(matches!(origin.manifest(None), Ok(ManifestVersion::Missing)));
        let replace = |text: &str| {
            fs::write(folder.path().join("new"), text).unwrap();
            fs::rename(folder.path().join("new"), folder.path().join(".tidings")).unwrap();
        };
        replace("one");
        let Ok(ManifestVersion::Changed { bytes, tag, .. }) = origin.manifest(None) else { panic!() };
        assert_eq!(bytes, b"one");
        assert!(matches!(origin.manifest(Some(&tag)), Ok(ManifestVersion::Unchanged)));
        // As long, and within the same moment.
        replace("two");
        let Ok(ManifestVersion::Changed { bytes, .. }) = origin.manifest(Some(&tag)) else { panic!() };
        assert_eq!(bytes, b"two");
        let gone = Origin::Folder(folder.path().join("none"));
        assert!(matches!(gone.manifest(None), Ok(ManifestVersion::Missing)));
    }

    #[test]
    fn documents_are_read_with_their_date_and_through_no_link() {
        let folder = tempfile::tempdir().unwrap();
        let origin = Origin::Folder(folder.path().to_owned());
        fs::write(folder.path().join("a"), "text").unwrap();
        let date = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_600_000_000_900);
        fs::File::options().write(true).open(folder.path().join("a")).unwrap().set_modified(date).unwrap();
        std::os::unix::fs::symlink("a", folder.path().join("link")).unwrap();
        let document = origin.document("a").unwrap().unwrap();
        assert_eq!((document.bytes.as_slice(), document.written.0), (b"text".as_slice(), 1_600_000_000));
        assert!(origin.document("none").unwrap().is_none() && origin.document("link").is_err());
    }
}
