//! Entries that a complete source has no more: they stay, or are unpublished, as the configuration says.
//!
//! An entry is gone when two complete passes in a row lack it, and its own address answers 404 or 410 where it has one. More than
//! a tenth at once is a fault of the source sooner than the wish of its editors, and is refused.

use std::collections::HashSet;
use std::path::Path;

use toml::value::Datetime;

use super::normalize::{Normalized, NormalizedEntry};
use super::report::{Outcome, SourceReport};
use super::slug::hash;
use super::source_id::SourceId;
use super::source_request::SourceRequest;
use super::state::{ImportState, SourceEntry};
use super::story_file::{Story, Translation};
use super::{ImportOptions, file_error, reconcile};
use crate::config::OnGone;
use crate::diagnostics::{Diagnostic, Location};
use crate::files;

/// So many titles are named in a message.
const MAX_NAMED: usize = 5;

/// An entry by its story in the state, and its number there.
type Index = (usize, usize);

/// Notes which entries the sources lack, and unpublishes those that are gone. What was done is noted in the sources' reports.
///
/// # Errors
/// A file cannot be read or written.
pub fn unpublish(
    options: &ImportOptions,
    request: &SourceRequest<'_>,
    sources: &mut [SourceReport],
    normalized: &Normalized,
    state: &mut ImportState,
) -> Result<(), Diagnostic> {
    let is_whole = !sources.is_empty() && sources.iter().all(|source| source.is_complete);
    let Some(source) = sources.first_mut().filter(|_| is_whole && options.on_gone != OnGone::Keep && !options.dry_run)
    else {
        return Ok(());
    };
    let id = source.id.clone();
    let published = normalized.entries.iter().filter(|entry| !is_unpublished(entry));
    let here: HashSet<&str> = published.filter_map(|entry| entry.key.as_deref()).collect();
    let (total, mut missing) = mark_missing(state, &id, &here);
    // What is not published here either needs nothing more.
    for index in std::mem::take(&mut missing) {
        match is_published_here(options, state, index)? {
            true => missing.push(index),
            false => state.stories[index.0].entries[index.1].is_gone = true,
        }
    }
    let (mut gone, mut unsure): (Vec<Index>, Vec<String>) = (Vec::new(), Vec::new());
    if missing.len() > 1 && missing.len() * 10 > total {
        source.diagnostics.push(refusal(&source.name, &missing, total, state));
        return Ok(());
    }
    for index in missing {
        match is_gone(options, request, state, index)? {
            Some(true) => gone.push(index),
            Some(false) => {}
            None => unsure.push(state.stories[index.0].entries[index.1].title.clone()),
        }
    }
    if !unsure.is_empty() {
        source
            .notes
            .push(format!("missing, but their addresses do not answer, so nothing is done: {}", named(&unsure)));
    }
    for index in gone {
        let note = unpublish_one(options, state, index)?;
        source.notes.push(note);
    }
    Ok(())
}

fn is_unpublished(entry: &NormalizedEntry) -> bool {
    matches!(entry.report.outcome, Some(Outcome::Unpublished { .. }))
}

/// Warns of entries that their source has unpublished since they were imported.
pub fn warn_of_unpublished(normalized: &mut Normalized, state: &ImportState) {
    for entry in normalized.entries.iter_mut().filter(|entry| is_unpublished(entry)) {
        let is_it = |earlier: &SourceEntry| {
            earlier.key.is_some() && earlier.key == entry.key && earlier.source == entry.source && !earlier.is_gone
        };
        if let Some(story) = state.stories.iter().find(|story| story.entries.iter().any(is_it)) {
            entry
                .report
                .warnings
                .push(format!("its source does not publish it any more, and it is still here, in {}", story.file));
        }
    }
}

/// Marks the entries of a source that it lacks. Returns how many it has or had, and those that it lacked before too.
fn mark_missing(state: &mut ImportState, id: &SourceId, here: &HashSet<&str>) -> (usize, Vec<Index>) {
    let (mut total, mut missing) = (0, Vec::new());
    for (story, of_story) in state.stories.iter_mut().enumerate() {
        for (number, entry) in of_story.entries.iter_mut().enumerate().filter(|(_, entry)| entry.source == *id) {
            let Some(key) = entry.key.as_deref() else { continue };
            total += usize::from(!entry.is_gone);
            let is_here = here.contains(key);
            if entry.is_missing && !is_here && !entry.is_gone {
                missing.push((story, number));
            }
            entry.is_missing = !is_here;
            entry.is_gone &= !is_here;
        }
    }
    (total, missing)
}

fn refusal(name: &str, missing: &[Index], total: usize, state: &ImportState) -> Diagnostic {
    let titles: Vec<String> =
        missing.iter().map(|(story, entry)| state.stories[*story].entries[*entry].title.clone()).collect();
    let message = format!(
        "{} of {total} entries are gone at once, more than a tenth, so none is unpublished: {}",
        missing.len(),
        named(&titles)
    );
    Diagnostic::error(Location::file(name), message)
        .help("look whether the source is whole; if it is, withdraw them in their files, or set `on_gone = \"keep\"`")
}

fn named(titles: &[String]) -> String {
    let more = titles.len().saturating_sub(MAX_NAMED);
    let shown = titles.iter().take(MAX_NAMED).map(|title| format!("`{title}`")).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

fn is_published_here(options: &ImportOptions, state: &ImportState, (story, entry): Index) -> Result<bool, Diagnostic> {
    let story = &state.stories[story];
    let Some(bytes) = reconcile::read(&options.into.join(&story.file))? else { return Ok(false) };
    let texts = Story::from_bytes(&bytes).unwrap_or_default();
    let own = texts.translations.iter().find(|own| own.language == story.entries[entry].language);
    Ok(own.is_none_or(|own| !own.draft && own.withdrawn.is_none()))
}

/// Whether the address of an entry says that it is gone; none if it cannot be asked.
fn is_gone(
    options: &ImportOptions,
    request: &SourceRequest<'_>,
    state: &ImportState,
    (story, entry): Index,
) -> Result<Option<bool>, Diagnostic> {
    let (file, language) = (&state.stories[story].file, &state.stories[story].entries[entry].language);
    let story = stories_of(&options.into.join(file))?.map(|(_, story)| story).unwrap_or_default();
    let link = story.translations.into_iter().find(|own| own.language == *language).and_then(|own| own.link);
    // One without an address of its own is gone with its place in the source.
    let Some(link) = link else { return Ok(Some(true)) };
    Ok(match request.of_page(&link, false).fetch(&link) {
        Ok(_) => Some(false),
        Err(failure) => failure.status.map(|status| matches!(status, 404 | 410)).filter(|is_gone| *is_gone),
    })
}

/// Unpublishes an entry in its file, unless somebody edited that.
fn unpublish_one(
    options: &ImportOptions,
    state: &mut ImportState,
    (story, entry): Index,
) -> Result<String, Diagnostic> {
    let previous = &mut state.stories[story];
    let (language, title) = (previous.entries[entry].language.clone(), previous.entries[entry].title.clone());
    let path = options.into.join(&previous.file);
    let file = previous.file.clone();
    previous.entries[entry].is_gone = true;
    let Some((bytes, mut texts)) = stories_of(&path)? else {
        return Ok(format!("gone at the source, and here already: {file} ({language}): {title}"));
    };
    if hash(&bytes) != previous.file_hash {
        return Ok(format!("gone at the source, but its file was edited and stays: {file} ({language}): {title}"));
    }
    let today = options.now.and_then(|now| now.date_naive().to_string().parse::<Datetime>().ok());
    let done = match options.on_gone {
        OnGone::Withdraw => "withdrawn",
        _ => "a draft now",
    };
    for own in texts.translations.iter_mut().filter(|own: &&mut Translation| own.language == language) {
        match options.on_gone {
            OnGone::Withdraw => own.withdrawn = today.map(|on| super::story_file::Withdrawn { on }),
            _ => own.draft = true,
        }
    }
    let text = reconcile::schema_line_of(&bytes) + &texts.to_toml(previous.id());
    files::replace(&path, text.as_bytes())?;
    previous.file_hash = hash(&text);
    Ok(format!("gone at the source, and {done}: {file} ({language}): {title}"))
}

/// A file with its story, if an import wrote it.
fn stories_of(path: &Path) -> Result<Option<(Vec<u8>, Story)>, Diagnostic> {
    let Some(bytes) = reconcile::read(path)? else { return Ok(None) };
    let text = std::str::from_utf8(&bytes).map_err(|_| file_error(path, "this is not UTF-8"))?;
    Ok(Story::from_toml(text).map(|story| (bytes.clone(), story)))
}
