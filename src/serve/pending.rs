//! What caches and the hub are still to be told, kept where the next start of the server finds it.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use crate::diagnostics::{OutputFormat, show};
use crate::publish::{Pending, PendingStorage};

/// What is still to be told. Where it cannot be stored it is forgotten when the server stops.
#[derive(Debug, Default)]
pub struct PendingNotifications {
    storage: Option<PendingStorage>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    pending: Pending,
    /// Whether the log says that it cannot be stored.
    has_failed: bool,
}

impl PendingNotifications {
    /// What the server that ran before could not tell, if that is stored.
    pub fn load(storage: Option<PendingStorage>) -> PendingNotifications {
        let pending =
            storage.as_ref().map_or(Ok(Pending::default()), PendingStorage::load).unwrap_or_else(|diagnostic| {
                let text = show(&diagnostic, OutputFormat::Text);
                tracing::warn!("what was still to be told when the server stopped is not known:\n{text}");
                Pending::default()
            });
        PendingNotifications { storage, state: Mutex::new(State { pending, has_failed: false }) }
    }

    pub fn pending(&self) -> Pending {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).pending.clone()
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
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A change adds or removes, so that the counts say whether there is one.
        let counts = |pending: &Pending| (pending.purges.len(), pending.topics.len());
        let before = counts(&state.pending);
        change(&mut state.pending);
        let Some(storage) = self.storage.as_ref().filter(|_| counts(&state.pending) != before) else { return };
        match storage.save(&state.pending) {
            Ok(()) => state.has_failed = false,
            Err(diagnostic) if !state.has_failed => {
                state.has_failed = true;
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
        let storage = || Some(PendingStorage::File(folder.path().join("pending")));
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
        let first = PendingNotifications::load(storage());
        first.add(&set(&["en/all.json", "index.html"]), &set(&["https://a.example/x", "https://a.example/y"]));
        first.notified(&["https://a.example/x".to_owned()]);
        let second = PendingNotifications::load(storage());
        assert_eq!(second.pending().purges, set(&["en/all.json", "index.html"]));
        assert_eq!(second.pending().topics, set(&["https://a.example/y"]));
        second.purged();
        second.notified(&["https://a.example/y".to_owned()]);
        assert!(PendingNotifications::load(storage()).pending().is_empty() && !folder.path().join("pending").exists());
    }
}
