//! What is still to be told about a publication: `.tidings-pending` beside its documents, while there is something.

use std::collections::BTreeSet;
use std::path::Path;

use crate::diagnostics::Diagnostic;
use crate::files::{read_regular_file, replace};
use crate::limits::MAX_MANIFEST;

/// The name of the file.
pub const NAME: &str = ".tidings-pending";

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

    /// Whether nothing is to be told.
    pub fn is_empty(&self) -> bool {
        self.purges.is_empty() && self.topics.is_empty()
    }

    /// Reads what a folder has.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn load(folder: &Path) -> Result<Pending, Diagnostic> {
        let bytes = read_regular_file(&folder.join(NAME), MAX_MANIFEST)?.unwrap_or_default();
        Ok(Pending::parse(&String::from_utf8_lossy(&bytes)))
    }

    /// Writes it into a folder; the file is removed once there is nothing.
    ///
    /// # Errors
    /// The file cannot be written or removed.
    pub fn save(&self, folder: &Path) -> Result<(), Diagnostic> {
        let path = folder.join(NAME);
        if !self.is_empty() {
            return replace(&path, self.to_string().as_bytes());
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Diagnostic::machine(&path, "remove this file", &error))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Pending {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.purges.iter().try_for_each(|path| writeln!(out, "purge\t{path}"))?;
        self.topics.iter().try_for_each(|topic| writeln!(out, "topic\t{topic}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pending_round_trips_and_its_file_is_gone_when_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let load = || Pending::load(folder.path()).unwrap();
        assert_eq!(load(), Pending::default());
        let set = |names: [&str; 2]| names.into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        let pending = Pending { purges: set(["en/all.json", "b"]), topics: set(["https://a.example/x", "y"]) };
        pending.save(folder.path()).unwrap();
        assert_eq!(load(), pending);
        std::fs::write(folder.path().join(NAME), format!("{pending}purge\nother\tx\n\u{0}")).unwrap();
        assert_eq!(load(), pending);
        for _ in 0..2 {
            Pending::default().save(folder.path()).unwrap();
            assert!(!folder.path().join(NAME).exists());
        }
    }
}
