//! What a manifest lists, told apart by how a replica serves it.

use std::collections::HashSet;

use crate::catalog::EntryId;
use crate::config::Config;
use crate::plan::{DocumentKey, PlannedDocument, StoryKind};
use crate::publish::{Manifest, document_of_copy};
use crate::serve::lazy::LazyPage;

/// How many paths a message names.
const MAX_NAMED: usize = 3;

/// The documents of a publication that are served, each with the hash of its bytes as its input hash.
#[derive(Debug, Default)]
pub struct Contents {
    /// Those that are held in memory and swapped together, sorted by path.
    pub eager: Vec<(String, PlannedDocument)>,
    /// Those that are fetched on demand, sorted by path.
    pub lazy: Vec<(String, PlannedDocument)>,
    /// The paths that belong to nothing in the configuration, sorted.
    pub unknown: Vec<String>,
    /// Stories, and visible translations.
    pub counts: (usize, usize),
}

impl Contents {
    /// What a manifest lists. A server makes compressed copies itself, and redirects without the pages of static hosts.
    pub fn of(manifest: &Manifest, config: &Config) -> Contents {
        let visible: HashSet<(&str, &str)> = manifest.entries().map(|entry| (entry.story, entry.language)).collect();
        let stories: HashSet<&str> = visible.iter().map(|(story, _)| *story).collect();
        let mut contents = Contents { counts: (stories.len(), visible.len()), ..Contents::default() };
        let mut paths: Vec<&str> = manifest.paths().collect();
        paths.sort_unstable();
        for (index, path) in paths.into_iter().enumerate() {
            let Some(entry) = manifest.document(path) else { continue };
            if document_of_copy(path).is_some_and(|document| manifest.document(document).is_some()) {
                continue;
            }
            // There is no catalog, so the entry of a story's page is the number of its path. Whoever is not visible and has a
            // page was withdrawn.
            let story = |id: &str, language: &str| match visible.contains(&(id, language)) {
                true => (EntryId::new(index), StoryKind::Visible),
                false => (EntryId::new(index), StoryKind::Withdrawn),
            };
            let documents = match DocumentKey::of_path(path, config, story) {
                Some(DocumentKey::RedirectPage(_)) => continue,
                None => {
                    contents.unknown.push(path.to_owned());
                    continue;
                }
                Some(key) => {
                    let planned = PlannedDocument { key, feed_plan: None, input_hash: entry.content_hash };
                    let is_archive = matches!(key, DocumentKey::Feed { period: Some(_), .. });
                    let documents = match is_archive || LazyPage::is_lazy(key) {
                        true => &mut contents.lazy,
                        false => &mut contents.eager,
                    };
                    (documents, planned)
                }
            };
            let (documents, planned) = documents;
            documents.push((path.to_owned(), planned));
        }
        contents
    }

    /// The unknown paths for a message; `None` if there are none.
    pub fn unknown_paths(&self) -> Option<String> {
        let (named, others) = self.unknown.split_at(self.unknown.len().min(MAX_NAMED));
        let others = if others.is_empty() { String::new() } else { format!(" and {} more", others.len()) };
        (!named.is_empty()).then(|| format!("`{}`{others}", named.join("`, `")))
    }
}
