//! Warnings about bodies that lose something when they are published (`body-loss`).

use std::collections::BTreeMap;

use super::Site;
use super::compare::truncated;
use super::render::ResolvedEntries;
use crate::catalog::EntryId;
use crate::config::{Lint, StoryPages};
use crate::diagnostics::{Diagnostic, sort};
use crate::markup::Loss;

/// Bodies are read in batches of this many entries.
const BATCH: usize = 4096;
/// How to say that it is meant.
const HELP: &str = "write it in another way, or write `allow = [\"body-loss\"]` in `[check]`";

/// What bodies lose, by entry, once a kind.
#[derive(Debug, Default)]
pub(crate) struct BodyLosses(BTreeMap<EntryId, Vec<Loss>>);

impl BodyLosses {
    /// Adds what other bodies lose.
    pub(crate) fn merge(&mut self, other: BodyLosses) {
        self.0.extend(other.0);
    }

    pub(super) fn add(&mut self, resolved: &ResolvedEntries) {
        let lossy = resolved.iter().filter(|(_, entry)| !entry.losses.is_empty());
        self.0.extend(lossy.map(|(entry, of)| (*entry, Loss::one_of_each(&of.losses).cloned().collect())));
    }
}

impl Site {
    /// What the bodies of all translations lose, also of those that are not visible now.
    ///
    /// # Errors
    /// A story could not be read again, or has changed meanwhile.
    pub(crate) fn body_losses(&self) -> Result<BodyLosses, Diagnostic> {
        let mut losses = BodyLosses::default();
        if !self.config.allows(Lint::BodyLoss) {
            let entries: Vec<EntryId> = self.catalog.entries().collect();
            for batch in entries.chunks(BATCH) {
                losses.add(&self.resolve_entries(batch, false, self.shows_bodies())?);
            }
        }
        Ok(losses)
    }

    /// Whether bodies are in feeds, or on pages.
    fn shows_bodies(&self) -> bool {
        self.config.feeds.full_content || self.config.site.story_pages != StoryPages::None
    }

    /// Warnings about losses, one for each story and kind.
    pub(crate) fn loss_warnings(&self, losses: &BodyLosses) -> Vec<Diagnostic> {
        if self.config.allows(Lint::BodyLoss) {
            return Vec::new();
        }
        let mut of_stories: BTreeMap<(&str, &str), (EntryId, &Loss)> = BTreeMap::new();
        for (entry, losses) in &losses.0 {
            for loss in losses {
                of_stories.entry((self.key(*entry).0, loss.kind())).or_insert((*entry, loss));
            }
        }
        let mut warnings: Vec<Diagnostic> = of_stories
            .into_values()
            .map(|(entry, loss)| {
                let language = self.key(entry).1;
                let location = self.store.body_location(self.catalog.record_id(entry), language);
                Diagnostic::warning(location, format!("in the body {loss}")).help(HELP)
            })
            .collect();
        sort(&mut warnings);
        truncated(warnings)
    }
}
