//! The ids of new stories, and whether a story is in the folder or in the store already.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use walkdir::WalkDir;

use super::group::StoryDraft;
use super::normalize::NormalizedEntry;
use super::reconcile::{Reconciler, read, without_schema};
use super::report::Outcome;
use super::slug::{content_hash, hash, is_portable_id, story_ids_of};
use super::state::ImportState;
use crate::diagnostics::Diagnostic;

/// How many stories that share even their hashes are numbered; a name that stays taken fails when it is written.
const MAX_NUMBERED: usize = 100_000;

/// Where a new story goes.
#[derive(Debug, Clone)]
pub enum NewStory {
    /// To a file of this id.
    Free(String),
    /// Its file has the same bytes: an earlier import stopped before it wrote its state.
    AlreadyWritten(String),
    /// It is a story of the store that no import wrote.
    Existing(Outcome),
}

/// The names that files and folders below a folder have, as a file system without case sees them.
struct Names {
    /// Of story files, without their extensions.
    ids: HashSet<String>,
    /// Of all files.
    files: HashSet<String>,
    folders: HashSet<String>,
}

impl Names {
    fn of_folder(folder: &Path) -> Names {
        let mut names = Names { ids: HashSet::new(), files: HashSet::new(), folders: HashSet::new() };
        for entry in WalkDir::new(folder).min_depth(1).into_iter().filter_map(Result::ok) {
            let Some(below) = entry.path().strip_prefix(folder).ok().and_then(Path::to_str) else { continue };
            let below = below.to_ascii_lowercase();
            if entry.file_type().is_dir() {
                names.folders.insert(below);
                continue;
            }
            let stem = below.rsplit_once('.').filter(|(_, end)| ["toml", "json", "jsonl"].contains(end));
            names.ids.extend(stem.map(|(stem, _)| stem.to_owned()));
            names.files.insert(below);
        }
        names
    }

    /// Takes the name of a story's file, unless it is taken.
    fn take(&mut self, id: &str) -> bool {
        let id = id.to_ascii_lowercase();
        let file = format!("{id}.toml");
        let mut folders = file.match_indices('/').map(|(at, _)| &file[..at]);
        if self.ids.contains(&id)
            || self.files.contains(&file)
            || self.folders.contains(&file)
            || folders.any(|folder| self.files.contains(folder))
        {
            return false;
        }
        let folders: Vec<String> = file.match_indices('/').map(|(at, _)| file[..at].to_owned()).collect();
        self.folders.extend(folders);
        self.ids.insert(id);
        self.files.insert(file);
        true
    }
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
                let ids = story_ids_of(entry);
                let identity =
                    hash(format!("{content}\n{}\n{}", entry.source, entry.key.as_deref().unwrap_or_default()));
                let last = format!("{}-{}", ids[0], &identity[..8]);
                draft.id.iter().cloned().chain(ids).chain([last]).filter(|id| is_portable_id(id)).collect()
            })
            .collect();
        let mut taken: HashSet<String> = state.stories.iter().map(|story| story.file.to_ascii_lowercase()).collect();
        let mut names = Names::of_folder(&self.options.into);
        for story in &state.stories {
            names.take(story.id());
        }
        let mut assigned: Vec<Option<NewStory>> = Vec::new();
        for (draft, ids) in drafts.iter().zip(&candidates) {
            assigned.push(self.existing(draft, ids, &mut taken)?);
        }
        for rank in 0..candidates.iter().map(Vec::len).max().unwrap_or(0) {
            let ids: Vec<Option<&String>> = candidates.iter().map(|ids| ids.get(rank)).collect();
            let mut wanted: HashMap<String, usize> = HashMap::new();
            let open = ids.iter().zip(&assigned).filter(|(_, assigned)| assigned.is_none());
            open.flat_map(|(id, _)| *id).for_each(|id| *wanted.entry(id.to_ascii_lowercase()).or_insert(0) += 1);
            for (id, new) in ids.iter().zip(&mut assigned).filter(|(_, assigned)| assigned.is_none()) {
                let is_free = |id: &&String| wanted.get(&*id.to_ascii_lowercase()) == Some(&1) && self.is_free(id);
                let Some(id) = id.filter(is_free) else { continue };
                if names.take(id) {
                    *new = Some(NewStory::Free(id.clone()));
                }
            }
        }
        // The entries share even their hashes, so they are numbered.
        let mut numbered = |index: usize| {
            let year = self.first(drafts[index]).date().format("%Y").to_string();
            let mut id = format!("{year}/{}", contents[index]);
            for number in 2..MAX_NUMBERED {
                if self.is_free(&id) && names.take(&id) {
                    break;
                }
                id = format!("{year}/{}-{number}", contents[index]);
            }
            NewStory::Free(id)
        };
        let assigned = assigned.into_iter().enumerate();
        Ok(assigned.map(|(index, new)| new.unwrap_or_else(|| numbered(index))).collect())
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
                && without_schema(&bytes) == self.story(draft)?.to_toml(id).as_bytes()
            {
                taken.insert(file_key(id));
                return Ok(Some(NewStory::AlreadyWritten(id.clone())));
            }
        }
        let existing = draft.entries.iter().find_map(|index| self.normalized.entries[*index].existing.clone());
        Ok(existing.map(NewStory::Existing))
    }

    /// Splits off the entries that are stories of the store already from those of their drafts that are not, unless an
    /// earlier import wrote the whole draft.
    pub fn split_existing(&self, drafts: &mut Vec<StoryDraft>, state: &ImportState) -> Result<(), Diagnostic> {
        let is_existing = |index: &usize| self.normalized.entries[*index].existing.is_some();
        let taken: HashSet<String> = state.stories.iter().map(|story| story.file.to_ascii_lowercase()).collect();
        let mut split_off = Vec::new();
        for draft in drafts.iter_mut().filter(|draft| draft.entries.iter().any(is_existing)) {
            let is_whole = draft.previous.is_none() && draft.entries.iter().all(is_existing);
            if is_whole || (draft.previous.is_none() && self.is_written(draft, &taken)?) {
                continue;
            }
            let (existing, rest): (Vec<usize>, Vec<usize>) = draft.entries.iter().partition(|index| is_existing(index));
            draft.entries = rest;
            split_off
                .extend(existing.into_iter().map(|index| StoryDraft { entries: vec![index], ..StoryDraft::default() }));
        }
        drafts.retain(|draft| !draft.entries.is_empty());
        drafts.extend(split_off);
        Ok(())
    }

    /// Whether an earlier import wrote a draft.
    fn is_written(&self, draft: &StoryDraft, taken: &HashSet<String>) -> Result<bool, Diagnostic> {
        let entry = self.first(draft);
        let ids = story_ids_of(entry).to_vec();
        let existing = self.existing(draft, &ids, &mut taken.clone())?;
        Ok(matches!(existing, Some(NewStory::AlreadyWritten(_))))
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
