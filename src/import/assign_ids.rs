//! The ids of new stories, and whether a story is in the folder or in the store already.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use super::group::StoryDraft;
use super::normalize::NormalizedEntry;
use super::reconcile::{Reconciler, read};
use super::slug::{hash, story_ids};
use super::state::ImportState;
use crate::diagnostics::Diagnostic;

/// Where a new story goes.
#[derive(Debug)]
pub enum NewStory {
    /// To a file of this id.
    Free(String),
    /// Its file has the same bytes: an earlier import stopped before it wrote its state.
    AlreadyWritten(String),
    /// Another file of the store has it.
    Elsewhere(PathBuf),
}

impl Reconciler<'_> {
    /// Gives each new story the most readable id that no other story and no file has. Stories that want the same id
    /// all take their next one, so that the order of the entries does not matter.
    pub fn assign_ids(&self, drafts: &[&StoryDraft], state: &ImportState) -> Result<Vec<NewStory>, Diagnostic> {
        let contents: Vec<String> = drafts.iter().map(|draft| content_hash(self.first(draft))).collect();
        let candidates: Vec<Vec<String>> = drafts
            .iter()
            .zip(&contents)
            .map(|(draft, content)| {
                let entry = self.first(draft);
                let ids = story_ids(entry.date(), entry.language(), entry.title(), content);
                draft.id.iter().cloned().chain(ids).collect()
            })
            .collect();
        let mut taken: HashSet<String> = state.stories.iter().map(|story| story.file.to_ascii_lowercase()).collect();
        let mut assigned: Vec<Option<NewStory>> = Vec::new();
        for (draft, ids) in drafts.iter().zip(&candidates) {
            assigned.push(self.existing(draft, ids, &mut taken)?);
        }
        for rank in 0..candidates.iter().map(Vec::len).max().unwrap_or(0) {
            let ids: Vec<Option<&String>> = candidates.iter().map(|ids| ids.get(rank)).collect();
            let mut wanted: HashMap<&str, usize> = HashMap::new();
            let open = ids.iter().zip(&assigned).filter(|(_, assigned)| assigned.is_none());
            open.flat_map(|(id, _)| *id).for_each(|id| *wanted.entry(id).or_insert(0) += 1);
            for (id, new) in ids.iter().zip(&mut assigned).filter(|(_, assigned)| assigned.is_none()) {
                let Some(id) = id.filter(|id| wanted.get(id.as_str()) == Some(&1) && self.is_free(id)) else {
                    continue;
                };
                if taken.insert(file_key(id)) {
                    *new = Some(NewStory::Free(id.clone()));
                }
            }
        }
        // An id of the whole content hash: what has this id has the same content.
        let last = |index: usize| {
            let id = format!("{}/{}", self.first(drafts[index]).date().format("%Y"), contents[index]);
            self.lookup.file_of(&id).map_or(NewStory::Free(id), NewStory::Elsewhere)
        };
        let assigned = assigned.into_iter().enumerate();
        Ok(assigned.map(|(index, new)| new.unwrap_or_else(|| last(index))).collect())
    }

    /// The story if it was written already, else if the store has it elsewhere.
    fn existing(
        &self,
        draft: &StoryDraft,
        ids: &[String],
        taken: &mut HashSet<String>,
    ) -> Result<Option<NewStory>, Diagnostic> {
        for id in ids.iter().filter(|id| !taken.contains(&file_key(id))) {
            if let Some(bytes) = read(&self.path(id))?
                && bytes == self.story(draft)?.to_toml(id).as_bytes()
            {
                taken.insert(file_key(id));
                return Ok(Some(NewStory::AlreadyWritten(id.clone())));
            }
        }
        let entry = self.first(draft);
        for id in ids.iter().filter(|id| !taken.contains(&file_key(id))) {
            if let Some(path) = self.lookup.file_of(id)
                && self.lookup.has_translation(id, entry.date(), entry.language(), entry.title())
            {
                taken.insert(file_key(id));
                return Ok(Some(NewStory::Elsewhere(path)));
            }
        }
        Ok(None)
    }

    /// The entry that names the story.
    fn first(&self, draft: &StoryDraft) -> &NormalizedEntry {
        &self.normalized.entries[draft.entries[0]]
    }

    fn is_free(&self, id: &str) -> bool {
        let has_file = |extension| self.options.into.join(format!("{id}.{extension}")).exists();
        self.lookup.file_of(id).is_none() && !["toml", "json", "jsonl"].into_iter().any(has_file)
    }
}

/// The file of a story as a file system without case sees it.
fn file_key(id: &str) -> String {
    format!("{id}.toml").to_ascii_lowercase()
}

fn content_hash(entry: &NormalizedEntry) -> String {
    hash(format!("{}\n{}\n{}\n{}", entry.date(), entry.language(), entry.title(), entry.text_hash))
}
