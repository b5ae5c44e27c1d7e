//! What caches and the hub are still to be told about a publication.
//!
//! A build remembers it in the manifest of an object store, and in a folder in [`OF_BUILDS`]; a server in [`OF_SERVERS`]. So
//! each has one writer.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use crate::diagnostics::Diagnostic;
use crate::files::{read_regular_file, replace};
use crate::limits::MAX_MANIFEST;
use crate::storage::Storage;

/// The file in which builds into a folder remember which documents are to be purged.
pub const OF_BUILDS: &str = ".tidings-purge";

/// The file or the object in which a server remembers what is to be told.
pub const OF_SERVERS: &str = ".tidings-pending";

/// What is still to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pending {
    /// The paths of changed documents of which caches are to be purged.
    pub purges: BTreeSet<String>,
    /// The addresses of changed feeds of which the hub is to be notified.
    pub topics: BTreeSet<String>,
}

impl Pending {
    /// Reads it; a line that is none is left out, as telling too little is no more than a delay.
    pub fn parse(text: &str) -> Pending {
        let mut pending = Pending::default();
        for (kind, what) in text.lines().filter_map(|line| line.split_once('\t')).filter(|(_, what)| !what.is_empty()) {
            match kind {
                "purge" => drop(pending.purges.insert(what.to_owned())),
                "topic" => drop(pending.topics.insert(what.to_owned())),
                _ => {}
            }
        }
        pending
    }

    /// A line for each, after a prefix.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_lines(&self, out: &mut impl fmt::Write, prefix: &str) -> fmt::Result {
        self.purges.iter().try_for_each(|path| writeln!(out, "{prefix}purge\t{path}"))?;
        self.topics.iter().try_for_each(|topic| writeln!(out, "{prefix}topic\t{topic}"))
    }

    /// Whether nothing is to be told.
    pub fn is_empty(&self) -> bool {
        self.purges.is_empty() && self.topics.is_empty()
    }
}

/// Where it is kept. Who finds nothing there has nothing to tell.
#[derive(Debug, Clone)]
pub enum PendingStorage {
    File(PathBuf),
    /// An object of this name.
    Object(Storage, &'static str),
}

impl PendingStorage {
    /// Reads it.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn load(&self) -> Result<Pending, Diagnostic> {
        let bytes = match self {
            PendingStorage::File(path) => read_regular_file(path, MAX_MANIFEST)?.unwrap_or_default(),
            #[cfg(feature = "cloud")]
            PendingStorage::Object(storage, name) => super::to_store::load_object(storage, name)?,
            #[cfg(not(feature = "cloud"))]
            PendingStorage::Object(storage, _) => match *storage {},
        };
        Ok(Pending::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Writes it; it is removed once there is nothing.
    ///
    /// # Errors
    /// It cannot be written or removed.
    pub fn save(&self, pending: &Pending) -> Result<(), Diagnostic> {
        let path = match self {
            PendingStorage::File(path) => path,
            #[cfg(feature = "cloud")]
            PendingStorage::Object(storage, name) => return super::to_store::save_object(storage, name, pending),
            #[cfg(not(feature = "cloud"))]
            PendingStorage::Object(storage, _) => match *storage {},
        };
        if !pending.is_empty() {
            return replace(path, pending.to_string().as_bytes());
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Diagnostic::machine(path, "remove this file", &error))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_lines(out, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_round_trips_and_its_file_is_gone_when_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(OF_SERVERS);
        let storage = PendingStorage::File(file.clone());
        let load = || storage.load().unwrap();
        assert_eq!(load(), Pending::default());
        let set = |names: [&str; 2]| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let pending = Pending { purges: set(["en/all.json", "b"]), topics: set(["https://a.example/x", "y"]) };
        storage.save(&pending).unwrap();
        assert_eq!(load(), pending);
        std::fs::write(&file, format!("{pending}purge\nother\tx\n\u{0}")).unwrap();
        assert_eq!(load(), pending);
        for _ in 0..2 {
            storage.save(&Pending::default()).unwrap();
            assert!(!file.exists());
        }
    }
}
