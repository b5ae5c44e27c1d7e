//! Step 4, reconcile: every story is compared with its file, and written where it is new or corrected. A file that an
//! editor changed or deleted is left alone, and so is every file that no import wrote.
//!
//! All stories are made once without being written, so that the store's reader can refuse them ([`check_store`]); their
//! texts are made again when they are written, so that memory does not grow with the sources.
//!
//! The stories are written first, each atomically, then the state. After a crash in between, the next import finds
//! files with the bytes that it would write, and takes them as its own.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rayon::prelude::*;

use super::assign_ids::NewStory;
use super::entry::{Body, datetime};
use super::group::StoryDraft;
use super::identify::corrects;
use super::normalize::{Normalized, NormalizedEntry, file_name, own_tag_prefix};
use super::report::{Outcome, SourceReport};
use super::slug::hash;
use super::source_id::SourceId;
use super::state::{ImportState, Review, SourceEntry, StoryState};
use super::story_file::Story;
use super::{ImportOptions, Progress, check_store, is_not_found, moderation};
use crate::config::Config;
use crate::diagnostics::Diagnostic;
use crate::files;
use crate::model::entry_tag_uri;
use crate::source::SCHEMA_COMMENT;
use crate::store::{Draft, Store, StoryLookup};
use crate::text::ellipsis;

/// How much of a text is shown where two differ, in characters.
const MAX_SHOWN: usize = 72;

/// Reconciles drafts with the files of a folder.
pub struct Reconciler<'a> {
    pub config: &'a Config,
    pub options: &'a ImportOptions,
    pub normalized: &'a Normalized,
    pub lookup: &'a StoryLookup<'a>,
    store: &'a Store,
    /// The sources of this import.
    sources: HashSet<SourceId>,
    /// The path of the folder below the store.
    prefix: String,
    progress: &'a (dyn Fn(Progress) + Sync),
}

/// What happened to a story.
struct Reconciled {
    outcome: Outcome,
    /// None if the story is not in this folder.
    state: Option<StoryState>,
    /// Whether the earlier stories that its draft merges are gone.
    has_merged: bool,
    changes: Vec<Change>,
}

/// A file that is to be written, or removed if it has no text.
struct Change {
    file: String,
    text: Option<String>,
}

/// A draft with the place of a new story.
struct Target<'d> {
    draft: &'d StoryDraft,
    new: Option<NewStory>,
}

impl Reconciled {
    fn new(outcome: Outcome, state: StoryState) -> Reconciled {
        Reconciled { outcome, state: Some(state), has_merged: false, changes: Vec::new() }
    }
}

impl<'a> Reconciler<'a> {
    pub fn new(
        config: &'a Config,
        store: &'a Store,
        lookup: &'a StoryLookup<'a>,
        options: &'a ImportOptions,
        sources: &[SourceReport],
        normalized: &'a Normalized,
        progress: &'a (dyn Fn(Progress) + Sync),
    ) -> Reconciler<'a> {
        let spooled = normalized.entries.iter().filter(|entry| entry.text.is_some());
        let segments = spooled.map(|entry| SourceId::of_segment(&entry.segment));
        let names = sources.iter().map(|source| SourceId::of_segment(&file_name(&source.name)));
        let sources = sources.iter().map(|source| source.id.clone()).chain(names).chain(segments).collect();
        let prefix = check_store::prefix(&options.into, &config.site.stories);
        Reconciler { config, options, normalized, lookup, store, sources, prefix, progress }
    }

    /// Writes the stories and the state. Returns the outcome of each draft; entries that the store has already become
    /// drafts of their own.
    pub fn reconcile(&self, drafts: &mut Vec<StoryDraft>, state: &mut ImportState) -> Result<Vec<Outcome>, Diagnostic> {
        self.split_existing(drafts, state)?;
        let new: Vec<&StoryDraft> = drafts.iter().filter(|draft| draft.previous.is_none()).collect();
        let mut assigned = self.assign_ids(&new, state)?.into_iter();
        let target = |draft| Target { draft, new: draft.previous.is_none().then(|| assigned.next()).flatten() };
        let targets: Vec<Target<'_>> = drafts.iter().map(target).collect();
        let tried = targets.par_iter().map(|target| self.try_out(target, state));
        let (mut tried, files): (Vec<Option<Reconciled>>, Vec<Vec<Draft>>) =
            tried.collect::<Result<Vec<_>, Diagnostic>>()?.into_iter().unzip();
        let refused = check_store::refusals(self.config, self.store, &files)?;
        drop(files);
        let mut outcomes: Vec<Outcome> =
            tried.iter().map(|tried| tried.as_ref().map_or_else(unplaced, |tried| tried.outcome.clone())).collect();
        for (index, reason) in refused {
            outcomes[index] = Outcome::LeftOut { reason: format!("the store would refuse its file: {reason}") };
            tried[index] = None;
        }
        if self.options.dry_run {
            return Ok(outcomes);
        }
        let failure = self.write_all(&targets, &mut tried, state);
        let mut merged = HashSet::<usize>::new();
        for (draft, reconciled) in drafts.iter().zip(tried) {
            let Some(reconciled) = reconciled else { continue };
            merged.extend(draft.merged.iter().filter(|_| reconciled.has_merged));
            match (draft.previous, reconciled.state) {
                (Some(story), Some(updated)) => state.stories[story] = updated,
                (None, Some(created)) => state.stories.push(created),
                (_, None) => {}
            }
        }
        let mut index = 0..;
        state.stories.retain(|_| index.next().is_none_or(|index| !merged.contains(&index)));
        // The files that were written before a failure are in the state too.
        let saved = state.save(&self.options.into);
        failure.map_or(saved.map(|()| outcomes), Err)
    }

    /// What becomes of a draft, and its files as the store would read them.
    fn try_out(
        &self,
        target: &Target<'_>,
        state: &ImportState,
    ) -> Result<(Option<Reconciled>, Vec<Draft>), Diagnostic> {
        let Some(mut reconciled) = self.make(target, state)? else { return Ok((None, Vec::new())) };
        let files = reconciled.changes.iter_mut().map(|Change { file, text }| {
            let below = format!("{}{file}", self.prefix);
            Draft::new(self.options.into.join(&*file), below, text.take().as_deref(), self.config)
        });
        let files = files.collect();
        Ok((Some(reconciled), files))
    }

    fn make(&self, Target { draft, new }: &Target<'_>, state: &ImportState) -> Result<Option<Reconciled>, Diagnostic> {
        match (draft.previous, new) {
            (Some(story), _) => self.update(draft, &state.stories[story], state).map(Some),
            (None, Some(new)) => self.create(draft, new).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Makes the files again and writes them. What was not written because of a failure is taken off `tried`.
    fn write_all(
        &self,
        targets: &[Target<'_>],
        tried: &mut [Option<Reconciled>],
        state: &ImportState,
    ) -> Option<Diagnostic> {
        let (has_failed, done) = (AtomicBool::new(false), AtomicUsize::new(0));
        let failures = targets.par_iter().zip(tried).map(|(target, tried)| {
            let write = || -> Result<(), Diagnostic> {
                let made = self.make(target, state)?;
                made.iter().flat_map(|made| &made.changes).try_for_each(|change| self.write(change))
            };
            let has_changes = tried.as_ref().is_some_and(|tried| !tried.changes.is_empty());
            let mut failure = None;
            if has_changes && has_failed.load(Ordering::Relaxed) {
                // After a failure nothing more is written.
                *tried = None;
            } else if has_changes {
                failure = write().err();
                has_failed.fetch_or(failure.is_some(), Ordering::Relaxed);
                *tried = tried.take().filter(|_| failure.is_none());
            }
            (self.progress)(Progress::Stored(done.fetch_add(1, Ordering::Relaxed) + 1, targets.len()));
            failure
        });
        let failures: Vec<Option<Diagnostic>> = failures.collect();
        failures.into_iter().flatten().next()
    }

    fn create(&self, draft: &StoryDraft, new: &NewStory) -> Result<Reconciled, Diagnostic> {
        let (id, is_written) = match new.clone() {
            NewStory::Existing(outcome) => {
                return Ok(Reconciled { outcome, state: None, has_merged: false, changes: Vec::new() });
            }
            NewStory::AlreadyWritten(id) => (id, true),
            NewStory::Free(id) => (id, false),
        };
        let mut story = self.story(draft)?;
        self.drop_other_own_guids(&mut story, &id);
        let review = self.options.is_moderated.then_some(Review::Pending);
        story.translations.iter_mut().for_each(|own| own.draft |= review.is_some());
        let file = format!("{id}.toml");
        let written = if is_written { read(&self.path(&id))? } else { None };
        let head = written.as_deref().map_or_else(|| self.schema_line(&id), schema_line_of);
        let text = head + &story.to_toml(&id);
        let entries = self.entries(draft).map(source_entry).collect();
        let state = StoryState { file: file.clone(), file_hash: hash(&text), review, correction: None, entries };
        if is_written {
            return Ok(Reconciled::new(Outcome::Unchanged { file }, state));
        }
        let changes = vec![Change { file: file.clone(), text: Some(text) }];
        Ok(Reconciled { changes, ..Reconciled::new(Outcome::Written { file }, state) })
    }

    /// The first line of the file of a new story, by which an editor finds the schema.
    fn schema_line(&self, id: &str) -> String {
        let up = "../".repeat(id.matches('/').count());
        self.options.schema.as_ref().map(|path| format!("{SCHEMA_COMMENT}{up}{path}\n")).unwrap_or_default()
    }

    /// Drops guids that this site mints for another story or language.
    fn drop_other_own_guids(&self, story: &mut Story, id: &str) {
        let prefix = own_tag_prefix(self.config);
        for own in &mut story.translations {
            let tag = entry_tag_uri(&self.config.site.authority, id, &own.language);
            own.guid = own.guid.take().filter(|guid| !guid.starts_with(&prefix) || *guid == tag);
        }
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
        // Where the file stays as it is, so does what is known of it.
        if let Some(edited) = self.merge(&merged, &mut existing, &mut state)? {
            return Ok(Reconciled::new(edited, previous.clone()));
        }
        let mut story = self.story(draft)?;
        self.drop_other_own_guids(&mut story, id);
        if let Some(existing) = existing {
            story = story.merge_over(existing, self.config);
        }
        self.keep_guids(&mut story, &state);
        let is_pending = self.options.is_moderated && previous.review == Some(Review::Pending);
        story.translations.iter_mut().for_each(|own| own.draft |= is_pending);
        // A file of an earlier version that names no schema goes on without one.
        let text = schema_line_of(&bytes) + &story.to_toml(id);
        let wanted = hash(&text);
        let mut changes: Vec<Change> = Vec::new();
        let outcome = if file_hash == wanted {
            Outcome::Unchanged { file }
        } else if let Some(by) = self.other_source(draft, &state) {
            return Ok(Reconciled::new(Outcome::Superseded { by, by_line: None }, previous.clone()));
        } else if file_hash != state.file_hash {
            let correction_waits = wanted != state.file_hash;
            let differences = if correction_waits { differences(&bytes, &story) } else { Vec::new() };
            let edited = Outcome::Edited { file, correction_waits, differences };
            return Ok(Reconciled::new(edited, previous.clone()));
        } else if self.options.is_moderated && !is_pending {
            return self.propose(story, previous);
        } else {
            changes.push(Change { file: file.clone(), text: Some(text) });
            Outcome::Updated { file }
        };
        state.file_hash = wanted;
        // The source says what is here again, so nothing waits any more.
        if let Some(proposed) = state.correction.take() {
            let file = moderation::correction_file(id);
            let is_own = read(&self.options.into.join(&file))?.is_some_and(|bytes| hash(&bytes) == proposed);
            changes.extend(is_own.then_some(Change { file, text: None }));
        }
        self.update_entries(draft, &mut state);
        changes.extend(merged.iter().map(|other| Change { file: other.file.clone(), text: None }));
        Ok(Reconciled { outcome, state: Some(state), has_merged: true, changes })
    }

    /// Proposes a correction of what was approved, in a file of its own; once, whatever is decided about it.
    fn propose(&self, mut story: Story, previous: &StoryState) -> Result<Reconciled, Diagnostic> {
        let id = moderation::correction_id(previous.id());
        for own in &mut story.translations {
            // The id is that of the story until the correction replaces it.
            (own.draft, own.guid) = (true, None);
        }
        let text = self.schema_line(&id) + &story.to_toml(&id);
        let (file, proposed) = (format!("{id}.toml"), hash(&text));
        if previous.correction.as_ref() == Some(&proposed) {
            return Ok(Reconciled::new(Outcome::Unchanged { file: previous.file.clone() }, previous.clone()));
        }
        let written = read(&self.path(&id))?;
        if written.is_some_and(|bytes| previous.correction.as_ref() != Some(&hash(&bytes))) {
            let edited = Outcome::Edited { file, correction_waits: true, differences: Vec::new() };
            return Ok(Reconciled::new(edited, previous.clone()));
        }
        let state = StoryState { correction: Some(proposed), ..previous.clone() };
        let changes = vec![Change { file: file.clone(), text: Some(text) }];
        Ok(Reconciled { changes, ..Reconciled::new(Outcome::Proposed { file }, state) })
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
                    let (file, differences) = (other.file.clone(), Vec::new());
                    return Ok(Some(Outcome::Edited { file, correction_waits: true, differences }));
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
        let is_replaced =
            |earlier: &&SourceEntry| self.entries(draft).any(|entry| entry.language() == earlier.language);
        let replaced: Vec<&SourceEntry> = state.entries.iter().filter(is_replaced).collect();
        let is_own = |earlier: &SourceEntry| {
            (earlier.key.is_none() && self.entries(draft).any(|entry| entry.is_unchanged(earlier)))
                || self.entries(draft).any(|entry| corrects(entry, earlier, &self.sources))
        };
        let is_ours = replaced.iter().any(|earlier| is_own(earlier));
        let source = |earlier: &SourceEntry| earlier.source.segment().unwrap_or(earlier.source.as_str()).to_owned();
        replaced.first().filter(|_| !is_ours).map(|earlier| source(earlier))
    }

    fn update_entries(&self, draft: &StoryDraft, state: &mut StoryState) {
        for entry in self.entries(draft) {
            match state.entries.iter_mut().find(|earlier| earlier.language == entry.language()) {
                Some(earlier) => {
                    let next = SourceEntry { merged_from: earlier.merged_from.clone(), ..source_entry(entry) };
                    if !entry.is_unchanged(earlier) || earlier.key != entry.key || earlier.updated != next.updated {
                        *earlier = next;
                    }
                }
                None => state.entries.push(source_entry(entry)),
            }
        }
    }

    fn write(&self, change: &Change) -> Result<(), Diagnostic> {
        let path = self.options.into.join(&change.file);
        match &change.text {
            Some(text) => files::replace(&path, text.as_bytes()),
            None => remove(&path),
        }
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
}

/// What the texts of an edited file say, and what its source says.
fn differences(bytes: &[u8], story: &Story) -> Vec<String> {
    let here = Story::from_bytes(bytes).unwrap_or_default();
    let mut out = Vec::new();
    for there in &story.translations {
        let Some(here) = here.translations.iter().find(|here| here.language == there.language) else { continue };
        let text = |body: &Option<Body>| body.as_ref().map(Body::visible_text).unwrap_or_default();
        let texts = [
            ("title", here.title.clone(), there.title.clone()),
            ("summary", here.summary.clone().unwrap_or_default(), there.summary.clone().unwrap_or_default()),
            ("text", text(&here.content), text(&there.content)),
        ];
        for (name, own, other) in texts.iter().filter(|(_, own, other)| own != other) {
            let (own, other) = first_difference(own, other);
            out.push(format!("{} {name}: here `{own}`, in the source `{other}`", there.language));
        }
    }
    out
}

/// The first lines that differ, shortened.
fn first_difference(one: &str, other: &str) -> (String, String) {
    let same = one.lines().zip(other.lines()).take_while(|(one, other)| one == other).count();
    let line = |text: &str| ellipsis(text.lines().nth(same).unwrap_or_default(), MAX_SHOWN);
    (line(one), line(other))
}

/// The line of a file that names its schema, or nothing.
pub fn schema_line_of(bytes: &[u8]) -> String {
    let line = &bytes[..bytes.len() - without_schema(bytes).len()];
    String::from_utf8_lossy(line).into_owned()
}

/// A file without the line that names its schema.
pub fn without_schema(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr(b'\n', bytes).filter(|_| bytes.starts_with(SCHEMA_COMMENT.as_bytes()));
    end.map_or(bytes, |end| &bytes[end + 1..])
}

fn unplaced() -> Outcome {
    Outcome::LeftOut { reason: "there is no place for its file".to_owned() }
}

/// Removes a file, if there is one.
pub fn remove(path: &Path) -> Result<(), Diagnostic> {
    match std::fs::remove_file(path) {
        Err(error) if !is_not_found(&error) => Err(Diagnostic::machine(path, "remove this file", &error)),
        _ => Ok(()),
    }
}

/// The bytes of a file, if there is one.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, Diagnostic> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_not_found(&error) || error.kind() == ErrorKind::IsADirectory => Ok(None),
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
        record_id: entry.record_id.clone(),
        updated: entry.updated.and_then(datetime).map(|updated| updated.to_string()),
        is_missing: false,
        is_gone: false,
        keeps_guid: entry.keeps_guid,
        merged_from: None,
        source: entry.source.clone(),
    }
}
