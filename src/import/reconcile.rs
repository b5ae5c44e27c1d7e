//! Step 4, reconcile: every story is compared with its file, and written where it is new or corrected. A file that an
//! editor changed or deleted is left alone, and so is every file that no import wrote.
//!
//! The stories are written first, each atomically, then the state. After a crash in between, the next import finds
//! files with the bytes that it would write, and takes them as its own.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::assign_ids::NewStory;
use super::group::StoryDraft;
use super::normalize::{Normalized, NormalizedEntry, file_name};
use super::report::{Outcome, SourceReport};
use super::slug::hash;
use super::state::{ImportState, SourceEntry, StoryState};
use super::story_file::Story;
use super::{ImportOptions, Progress, is_not_found};
use crate::config::Config;
use crate::diagnostics::Diagnostic;
use crate::files;
use crate::model::entry_tag_uri;
use crate::store::{Store, StoryLookup};

/// Reconciles drafts with the files of a folder.
pub struct Reconciler<'a> {
    pub config: &'a Config,
    pub options: &'a ImportOptions,
    pub normalized: &'a Normalized,
    pub lookup: StoryLookup<'a>,
    /// The sources of this import, as [`SourceEntry::source`] names them.
    sources: HashSet<String>,
    progress: &'a (dyn Fn(Progress) + Sync),
}

/// What happened to a story.
struct Reconciled {
    outcome: Outcome,
    /// None if the story is not in this folder.
    state: Option<StoryState>,
    /// Whether the earlier stories that its draft merges are gone.
    has_merged: bool,
}

impl Reconciled {
    fn new(outcome: Outcome, state: StoryState) -> Reconciled {
        Reconciled { outcome, state: Some(state), has_merged: false }
    }
}

impl<'a> Reconciler<'a> {
    pub fn new(
        config: &'a Config,
        store: &'a Store,
        options: &'a ImportOptions,
        sources: &[SourceReport],
        normalized: &'a Normalized,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Reconciler<'a> {
        let spooled = normalized.entries.iter().filter(|entry| entry.text.is_some());
        let names = sources.iter().map(|source| file_name(&source.name));
        let sources = names.chain(spooled.map(|entry| entry.source.clone())).collect();
        Reconciler { config, options, normalized, lookup: store.lookup(config), sources, progress }
    }

    /// Writes the stories and the state. Returns the outcome of each draft.
    pub fn reconcile(&self, drafts: &[StoryDraft], state: &mut ImportState) -> Result<Vec<Outcome>, Diagnostic> {
        let new: Vec<&StoryDraft> = drafts.iter().filter(|draft| draft.previous.is_none()).collect();
        let mut assigned = self.assign_ids(&new, state)?.into_iter();
        let targets: Vec<(&StoryDraft, Option<NewStory>)> =
            drafts.iter().map(|draft| (draft, draft.previous.is_none().then(|| assigned.next()).flatten())).collect();
        let (has_failed, done) = (AtomicBool::new(false), AtomicUsize::new(0));
        let results: Vec<Result<Option<Reconciled>, Diagnostic>> = targets
            .into_par_iter()
            .map(|(draft, new)| {
                // After a failure nothing more is written.
                if has_failed.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                let result = match (draft.previous, new) {
                    (Some(story), _) => self.update(draft, &state.stories[story], state).map(Some),
                    (None, Some(new)) => self.create(draft, new).map(Some),
                    (None, None) => Ok(None),
                };
                has_failed.fetch_or(result.is_err(), Ordering::Relaxed);
                (self.progress)(Progress::Stored(done.fetch_add(1, Ordering::Relaxed) + 1, drafts.len()));
                result
            })
            .collect();
        let (mut outcomes, mut failure, mut merged) = (Vec::new(), None, HashSet::<usize>::new());
        for (draft, result) in drafts.iter().zip(results) {
            match result {
                Ok(Some(reconciled)) => {
                    outcomes.push(reconciled.outcome);
                    merged.extend(draft.merged.iter().filter(|_| reconciled.has_merged));
                    match (draft.previous, reconciled.state) {
                        (Some(story), Some(updated)) => state.stories[story] = updated,
                        (None, Some(created)) => state.stories.push(created),
                        (_, None) => {}
                    }
                }
                Ok(None) => {}
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let mut index = 0..;
        state.stories.retain(|_| index.next().is_none_or(|index| !merged.contains(&index)));
        // The files that were written before a failure are in the state too.
        let saved = if self.options.dry_run { Ok(()) } else { state.save(&self.options.into) };
        match failure {
            Some(error) => Err(error),
            None => saved.map(|()| outcomes),
        }
    }

    fn create(&self, draft: &StoryDraft, new: NewStory) -> Result<Reconciled, Diagnostic> {
        let (id, is_written) = match new {
            NewStory::Elsewhere(path) => {
                return Ok(Reconciled { outcome: Outcome::AlreadyThere { path }, state: None, has_merged: false });
            }
            NewStory::AlreadyWritten(id) => (id, true),
            NewStory::Free(id) => (id, false),
        };
        let text = self.story(draft)?.to_toml(&id);
        let file = format!("{id}.toml");
        if !is_written {
            self.write(&self.path(&id), &text)?;
        }
        let entries = self.entries(draft).map(source_entry).collect();
        let state = StoryState { file: file.clone(), file_hash: hash(&text), entries };
        Ok(Reconciled::new(if is_written { Outcome::Unchanged { file } } else { Outcome::Written { file } }, state))
    }

    /// Updates the file of an earlier story, unless it was edited, deleted, or written from another source.
    fn update(
        &self,
        draft: &StoryDraft,
        previous: &StoryState,
        states: &ImportState,
    ) -> Result<Reconciled, Diagnostic> {
        let (id, file, mut state) = (previous.id(), previous.file.clone(), previous.clone());
        let path = self.path(id);
        let Some(bytes) = read(&path)? else {
            let elsewhere = self.lookup.file_of(id).map(|path| Outcome::AlreadyThere { path });
            return Ok(Reconciled::new(elsewhere.unwrap_or(Outcome::Deleted { file }), state));
        };
        let file_hash = hash(&bytes);
        // Translations of an unedited file that are not in the draft stay.
        let mut existing = unedited(&bytes, previous);
        if let Some(existing) = &mut existing {
            existing.translations.retain(|translation| !draft.moved_languages.contains(&translation.language));
        }
        state.entries.retain(|entry| !draft.moved_languages.contains(&entry.language));
        let merged: Vec<&StoryState> = draft.merged.iter().map(|index| &states.stories[*index]).collect();
        if let Some(edited) = self.merge(&merged, &mut existing, &mut state)? {
            return Ok(Reconciled::new(edited, state));
        }
        let mut story = self.story(draft)?;
        if let Some(existing) = existing {
            story = story.merge_over(existing, self.config);
        }
        self.keep_guids(&mut story, &state);
        let text = story.to_toml(id);
        let wanted = hash(&text);
        let outcome = if file_hash == wanted {
            Outcome::Unchanged { file }
        } else if let Some(by) = self.other_source(draft, &state) {
            return Ok(Reconciled::new(Outcome::Superseded { by, by_line: None }, state));
        } else if file_hash != state.file_hash {
            let correction_waits = wanted != state.file_hash;
            return Ok(Reconciled::new(Outcome::Edited { file, correction_waits }, state));
        } else {
            self.write(&path, &text)?;
            Outcome::Updated { file }
        };
        state.file_hash = wanted;
        self.update_entries(draft, &mut state);
        self.remove(&merged)?;
        Ok(Reconciled { outcome, state: Some(state), has_merged: true })
    }

    /// Merges earlier stories into one. Returns an outcome if one of them was edited.
    fn merge(
        &self,
        merged: &[&StoryState],
        existing: &mut Option<Story>,
        state: &mut StoryState,
    ) -> Result<Option<Outcome>, Diagnostic> {
        for other in merged {
            if let Some(bytes) = read(&self.options.into.join(&other.file))? {
                let Some(story) = unedited(&bytes, other) else {
                    return Ok(Some(Outcome::Edited { file: other.file.clone(), correction_waits: true }));
                };
                *existing = Some(existing.take().unwrap_or_default().merge_over(story, self.config));
            }
            let merged_from = Some(other.id().to_owned());
            let entries = other.entries.iter().cloned();
            state.entries.extend(entries.map(|entry| SourceEntry { merged_from: merged_from.clone(), ..entry }));
        }
        Ok(None)
    }

    /// Gives translations of merged stories the guids that subscribers have seen.
    fn keep_guids(&self, story: &mut Story, state: &StoryState) {
        for translation in story.translations.iter_mut().filter(|translation| translation.guid.is_none()) {
            let entry = state.entries.iter().find(|entry| entry.language == translation.language);
            let merged_from = entry.and_then(|entry| entry.merged_from.as_ref());
            let authority = &self.config.site.authority;
            translation.guid = merged_from.map(|id| entry_tag_uri(authority, id, &translation.language));
        }
    }

    /// The source of the story's texts if it is not read now: otherwise two sources would change the story in turn.
    fn other_source(&self, draft: &StoryDraft, state: &StoryState) -> Option<String> {
        let is_same = |earlier: &SourceEntry| {
            self.entries(draft).any(|entry| {
                (earlier.date, &*earlier.title, &*earlier.text_hash) == (entry.date(), entry.title(), &*entry.text_hash)
            })
        };
        let is_replaced =
            |earlier: &&SourceEntry| self.entries(draft).any(|entry| entry.language() == earlier.language);
        let replaced: Vec<&SourceEntry> = state.entries.iter().filter(is_replaced).collect();
        let is_ours = replaced.iter().any(|earlier| is_same(earlier) || self.sources.contains(&earlier.source));
        replaced.first().filter(|_| !is_ours).map(|earlier| earlier.source.clone())
    }

    fn update_entries(&self, draft: &StoryDraft, state: &mut StoryState) {
        for entry in self.entries(draft) {
            match state.entries.iter_mut().find(|earlier| earlier.language == entry.language()) {
                Some(earlier) => {
                    let is_other = (&*earlier.title, &*earlier.text_hash) != (entry.title(), &*entry.text_hash);
                    if is_other || earlier.date != entry.date() || earlier.key != entry.key {
                        *earlier = SourceEntry { merged_from: earlier.merged_from.take(), ..source_entry(entry) };
                    }
                }
                None => state.entries.push(source_entry(entry)),
            }
        }
    }

    fn remove(&self, merged: &[&StoryState]) -> Result<(), Diagnostic> {
        for other in merged.iter().filter(|_| !self.options.dry_run) {
            let path = self.options.into.join(&other.file);
            match std::fs::remove_file(&path) {
                Err(error) if !is_not_found(&error) => {
                    return Err(Diagnostic::machine(&path, "remove this file", &error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The entries of a draft.
    pub fn entries<'s>(&'s self, draft: &'s StoryDraft) -> impl Iterator<Item = &'s NormalizedEntry> {
        draft.entries.iter().map(|index| &self.normalized.entries[*index])
    }

    /// The story of a draft.
    pub fn story(&self, draft: &StoryDraft) -> Result<Story, Diagnostic> {
        let mut story = Story::default();
        for entry in self.entries(draft) {
            let translations = entry.translation(&self.normalized.spool)?.into_iter().collect();
            story = Story { topics: entry.report.topics.clone(), translations }.merge_over(story, self.config);
        }
        Ok(story)
    }

    /// The file of a story.
    pub fn path(&self, id: &str) -> PathBuf {
        self.options.into.join(format!("{id}.toml"))
    }

    fn write(&self, path: &Path, text: &str) -> Result<(), Diagnostic> {
        if self.options.dry_run { Ok(()) } else { files::replace(path, text.as_bytes()) }
    }
}

/// The bytes of a file, if there is one.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Diagnostic> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(Diagnostic::machine(path, "read this file", &error)),
    }
}

/// The story in a file; `None` if the file is not as an import left it.
fn unedited(bytes: &[u8], state: &StoryState) -> Option<Story> {
    let text = std::str::from_utf8(bytes).ok().filter(|_| hash(bytes) == state.file_hash)?;
    Story::from_toml(text)
}

fn source_entry(entry: &NormalizedEntry) -> SourceEntry {
    SourceEntry {
        date: entry.date(),
        language: entry.language().to_owned(),
        title: entry.title().to_owned(),
        text_hash: entry.text_hash.clone(),
        key: entry.key.clone(),
        merged_from: None,
        source: entry.source.clone(),
    }
}
