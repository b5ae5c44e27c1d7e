//! Drafts that were imported for somebody to approve, and corrections of approved stories, each in a file beside the story's:
//! `rain-correction.toml`, a draft that previews show. What was decided is in `_imported.toml`.

use std::path::Path;

use super::slug::hash;
use super::state::{ImportState, Review, StoryState};
use super::story_file::{Story, Translation};
use super::{file_error, reconcile};
use crate::diagnostics::Diagnostic;
use crate::files::{self, FolderLock};

/// What the id of a correction ends with.
const CORRECTION: &str = "-correction";

/// What waits for a decision.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Pending {
    /// The id of the story.
    pub id: String,
    /// Below the folder.
    pub file: String,
    /// The text is to replace one that was approved.
    pub is_correction: bool,
    pub languages: Vec<String>,
    pub title: String,
}

/// The id of the correction of a story.
pub fn correction_id(id: &str) -> String {
    format!("{id}{CORRECTION}")
}

/// The file of the correction of a story.
pub fn correction_file(id: &str) -> String {
    format!("{}.toml", correction_id(id))
}

/// What waits in a folder, sorted by id.
///
/// # Errors
/// The state cannot be read.
pub fn pending(folder: &Path) -> Result<Vec<Pending>, Diagnostic> {
    let state = ImportState::load(folder)?;
    let mut out = Vec::new();
    for story in &state.stories {
        let new = (story.review == Some(Review::Pending)).then(|| (story.file.clone(), false));
        let correction = story.correction.as_ref().map(|_| (correction_file(story.id()), true));
        for (file, is_correction) in new.into_iter().chain(correction) {
            // One that somebody removed waits no more.
            let Some(bytes) = reconcile::read(&folder.join(&file))? else { continue };
            let texts = Story::from_bytes(&bytes).unwrap_or_default();
            // Somebody published it by hand.
            if !texts.translations.iter().any(|own| own.draft) {
                continue;
            }
            out.push(Pending {
                id: story.id().to_owned(),
                file,
                is_correction,
                languages: texts.translations.iter().map(|own| own.language.clone()).collect(),
                title: texts.translations.first().map(|own| own.title.clone()).unwrap_or_default(),
            });
        }
    }
    Ok(out)
}

/// Decides about those of some stories that wait in a folder: each is approved, or rejected.
///
/// # Errors
/// A file cannot be read or written, or somebody edited a text that was to be replaced.
pub fn decide(folder: &Path, ids: &[String], is_approved: bool) -> Result<(), Diagnostic> {
    let waiting: Vec<String> = pending(folder)?.into_iter().map(|one| one.id).filter(|id| ids.contains(id)).collect();
    if waiting.is_empty() {
        return Ok(());
    }
    let _lock = FolderLock::acquire(folder, "this folder", &|| {})?;
    let mut state = ImportState::load(folder)?;
    let mut stories = state.stories.iter_mut().filter(|story| waiting.iter().any(|id| id == story.id()));
    let decided =
        stories.try_for_each(|story| if is_approved { approve(folder, story) } else { reject(folder, story) });
    // What was decided before a failure is kept.
    state.save(folder)?;
    decided
}

fn approve(folder: &Path, story: &mut StoryState) -> Result<(), Diagnostic> {
    let (path, correction) = (folder.join(&story.file), folder.join(correction_file(story.id())));
    let own = reconcile::read(&path)?.unwrap_or_default();
    let proposed = reconcile::read(&correction)?.filter(|_| story.correction.is_some());
    // What a reviewer improved is not proposed again as the source has it.
    let is_improved = |written: &String| proposed.as_ref().is_some_and(|proposed| hash(proposed) != *written);
    let improved = story.correction.clone().filter(is_improved);
    let head = reconcile::schema_line_of(&own);
    let text = match proposed {
        Some(proposed) => {
            let is_edited = hash(&own) != story.file_hash;
            let texts = Story::from_bytes(&proposed);
            let Some(mut texts) = texts.filter(|_| !is_edited) else {
                let help = format!("take over by hand what is right of {}, and reject it", correction.display());
                return Err(
                    file_error(&path, "somebody edited this file, so the correction cannot replace it").help(help)
                );
            };
            let earlier = Story::from_bytes(&own).unwrap_or_default();
            for own in &mut texts.translations {
                let same = |other: &&Translation| other.language == own.language;
                own.guid = earlier.translations.iter().find(same).and_then(|earlier| earlier.guid.clone());
                own.draft = false;
            }
            head + &texts.to_toml(story.id())
        }
        None => {
            match Story::from_bytes(&own).filter(|_| hash(&own) == story.file_hash) {
                Some(mut texts) => {
                    texts.translations.iter_mut().for_each(|own| own.draft = false);
                    head + &texts.to_toml(story.id())
                }
                // Somebody's own words stay as they are.
                None => {
                    let text = String::from_utf8_lossy(&own);
                    let is_draft = |line: &str| {
                        line.split_once('=').is_some_and(|(key, value)| key.trim() == "draft" && value.trim() == "true")
                    };
                    let published: String = text.split_inclusive('\n').filter(|line| !is_draft(line)).collect();
                    files::replace(&path, published.as_bytes())?;
                    story.review = Some(Review::Approved);
                    return Ok(());
                }
            }
        }
    };
    files::replace(&path, text.as_bytes())?;
    story.file_hash = hash(&text);
    if story.correction.is_some() {
        reconcile::remove(&correction)?;
        story.correction = improved;
    }
    story.review = Some(Review::Approved);
    Ok(())
}

/// Removes the file of what is rejected; a text that is rejected once is not proposed again.
fn reject(folder: &Path, story: &mut StoryState) -> Result<(), Diagnostic> {
    let (path, written) = match &story.correction {
        Some(proposed) => (folder.join(correction_file(story.id())), proposed),
        None => (folder.join(&story.file), &story.file_hash),
    };
    if reconcile::read(&path)?.is_some_and(|bytes| hash(&bytes) != *written) {
        let diagnostic = file_error(&path, "somebody edited this file, so it is not removed");
        return Err(diagnostic.help("remove it by hand, if nothing of it is needed; it does not come again"));
    }
    reconcile::remove(&path)?;
    if story.correction.is_none() {
        story.review = Some(Review::Rejected);
    }
    Ok(())
}
