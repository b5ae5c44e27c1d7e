//! What caches and the hub are still to be told, kept where the next start of the server finds it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::diagnostics::{OutputFormat, show};
use crate::publish::{Pending, PendingPlace};

/// What is still to be told. Without a place it is forgotten when the server stops.
#[derive(Debug, Default)]
pub struct Untold {
    place: Option<PendingPlace>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    pending: Pending,
    /// Whether the log says that it cannot be kept.
    has_failed: bool,
}

impl Untold {
    /// What the server that ran before could not tell, if there is a place.
    pub fn load(place: Option<PendingPlace>) -> Untold {
        let pending = place.as_ref().map_or(Ok(Pending::default()), PendingPlace::load).unwrap_or_else(|diagnostic| {
            let text = show(&diagnostic, OutputFormat::Text);
            tracing::warn!("what was still to be told when the server stopped is not known:\n{text}");
            Pending::default()
        });
        Untold { place, kept: Mutex::new(Kept { pending, has_failed: false }) }
    }

    pub fn pending(&self) -> Pending {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).pending.clone()
    }

    /// Remembers paths of which caches are to be purged, and feeds of which the hub is to be notified.
    pub fn add(&self, paths: &BTreeSet<String>, topics: &BTreeSet<String>) {
        self.change(|pending| {
            pending.purges.extend(paths.iter().cloned());
            pending.topics.extend(topics.iter().cloned());
        });
    }

    /// Forgets paths that were purged.
    pub fn purged(&self) {
        self.change(|pending| pending.purges.clear());
    }

    /// Forgets feeds of which the hub was notified.
    pub fn notified(&self, topics: &[String]) {
        self.change(|pending| {
            for topic in topics {
                pending.topics.remove(topic);
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Pending)) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.pending.clone();
        change(&mut kept.pending);
        let Some(place) = self.place.as_ref().filter(|_| kept.pending != before) else { return };
        match place.save(&kept.pending) {
            Ok(()) => kept.has_failed = false,
            Err(diagnostic) if !kept.has_failed => {
                kept.has_failed = true;
                let text = show(&diagnostic, OutputFormat::Text);
                tracing::warn!("what is still to be told would be forgotten if the server stopped now:\n{text}");
            }
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_start_finds_what_was_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let place = || Some(PendingPlace::File(folder.path().join("pending")));
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
        let first = Untold::load(place());
        first.add(&set(&["en/all.json", "index.html"]), &set(&["https://a.example/x", "https://a.example/y"]));
        first.notified(&["https://a.example/x".to_owned()]);
        let second = Untold::load(place());
        assert_eq!(second.pending().purges, set(&["en/all.json", "index.html"]));
        assert_eq!(second.pending().topics, set(&["https://a.example/y"]));
        second.purged();
        second.notified(&["https://a.example/y".to_owned()]);
        assert!(Untold::load(place()).pending().is_empty() && !folder.path().join("pending").exists());
    }
}
