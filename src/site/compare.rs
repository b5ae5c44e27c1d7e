//! What subscribers notice in the step from one publication to the next.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{EntryFingerprint, Site};
use crate::catalog::EntryId;
use crate::config::Lint;
use crate::diagnostics::Diagnostic;
use crate::model::Timestamp;
use crate::plan::EntryState;
use crate::store::FileId;
use crate::text::count;

/// The most warnings of one kind that are reported; the others are counted.
const MAX_WARNINGS: usize = 20;

/// An entry of the previous publication.
#[derive(Debug, Clone)]
pub(crate) struct PreviousEntry<'m> {
    pub story: &'m str,
    pub language: &'m str,
    /// The hash of its texts.
    pub text: u64,
    /// The hash of its guid, if it had one.
    pub guid: Option<u128>,
    /// The ids of its story's topics, with commas between them.
    pub topics: Cow<'m, str>,
}

/// How the entries of two publications differ. Every list is sorted.
#[derive(Debug, Default)]
pub(crate) struct Difference<'a> {
    pub added: Vec<EntryFingerprint<'a>>,
    pub removed: Vec<PreviousEntry<'a>>,
    /// Those whose text changed.
    pub changed: Vec<EntryFingerprint<'a>>,
    pub changed_guid: Vec<EntryFingerprint<'a>>,
}

impl<'a> Difference<'a> {
    /// Takes out the entries whose text appears under another id: the new entry, and the story it belonged to. What remains is
    /// new, or gone.
    fn take_moved(&mut self) -> Vec<(EntryFingerprint<'a>, PreviousEntry<'a>)> {
        let by_text: HashMap<(u64, &str), PreviousEntry<'a>> =
            self.removed.iter().map(|entry| ((entry.text, entry.language), entry.clone())).collect();
        let previous = |entry: &EntryFingerprint<'a>| by_text.get(&(entry.text, entry.language)).cloned();
        let moved: Vec<_> = self.added.iter().filter_map(|entry| Some((*entry, previous(entry)?))).collect();
        self.added.retain(|entry| previous(entry).is_none());
        let texts: HashSet<(u64, &str)> = moved.iter().map(|(entry, _)| (entry.text, entry.language)).collect();
        self.removed.retain(|entry| !texts.contains(&(entry.text, entry.language)));
        moved
    }
}

/// Entries that are gone because of the configuration: how many, and the names of what was removed from it.
#[derive(Debug, Default)]
struct Unconfigured {
    entries: usize,
    names: Vec<String>,
}

impl Unconfigured {
    fn add(&mut self, name: &str) {
        self.entries += 1;
        let name = format!("`{name}`");
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn warning(&self, kind: &str) -> Option<Diagnostic> {
        let (entries, names) = (count(self.entries, "entry"), self.names.join(", "));
        let message = format!("{entries} of {kind} no longer configured ({names}), gone: their subscribers keep them");
        let help = format!("withdraw the stories before that is removed from the configuration, or {ALLOW}");
        (self.entries > 0).then(|| Diagnostic::warning(None, message).help(help))
    }
}

impl Site {
    /// How the visible entries differ from those of a site before this one. Looks at changed files alone.
    pub(crate) fn difference_from<'a>(&'a self, previous: &'a Site) -> Difference<'a> {
        let is_other_site = previous.config.site.authority != self.config.site.authority;
        if is_other_site || Arc::ptr_eq(&previous.store, &self.store) {
            return Difference::default();
        }
        let files = previous.store.difference(&self.store);
        let mut difference = Difference::default();
        for entry in previous.visible_entries().filter(|entry| previous.is_of(*entry, &files.removed)) {
            let before = previous.entry_fingerprint(entry);
            match self.visible_entry(before.story, before.language) {
                None => difference.removed.push(previous.previous_entry(&before)),
                Some(after) => {
                    let after = self.entry_fingerprint(after);
                    difference.changed.extend((after.text != before.text).then_some(after));
                    difference.changed_guid.extend((after.guid != before.guid).then_some(after));
                }
            }
        }
        let new = self.visible_entries().filter(|entry| self.is_of(*entry, &files.added));
        let new = new.map(|entry| self.entry_fingerprint(entry));
        difference.added = new.filter(|entry| previous.visible_entry(entry.story, entry.language).is_none()).collect();
        difference.added.sort_by_key(|entry| (entry.story, entry.language));
        difference.changed.sort_by_key(|entry| (entry.story, entry.language));
        difference.changed_guid.sort_by_key(|entry| (entry.story, entry.language));
        difference.removed.sort_by_key(|entry| (entry.story, entry.language));
        difference
    }

    /// Whether an entry is in one of these files, which are sorted.
    fn is_of(&self, entry: EntryId, files: &[FileId]) -> bool {
        files.binary_search(&self.catalog.record_id(entry).file).is_ok()
    }

    fn visible_entry(&self, story: &str, language: &str) -> Option<EntryId> {
        let entry = self.catalog.find(&self.store, story, self.config.language(language)?)?;
        (self.plan.state(entry) == EntryState::Visible).then_some(entry)
    }

    fn previous_entry<'a>(&self, entry: &EntryFingerprint<'a>) -> PreviousEntry<'a> {
        let topics: Vec<&str> =
            entry.topics.iter().map(|topic| self.config.topics[usize::from(*topic)].id.as_str()).collect();
        let EntryFingerprint { story, language, text, guid, .. } = *entry;
        PreviousEntry { story, language, text, guid, topics: topics.join(",").into() }
    }

    /// Warns of ids that changed and of entries that are gone, and leaves what is new in the difference.
    pub(crate) fn id_warnings(&self, difference: &mut Difference<'_>) -> Vec<Diagnostic> {
        let moved = difference.take_moved();
        // An entry that kept its guid is the same for its subscribers, whatever its story is called.
        let has_new_id = |entry: &EntryFingerprint<'_>, before: &PreviousEntry<'_>| {
            entry.guid.is_none() || entry.guid != before.guid
        };
        let moved = moved.iter().filter(|(entry, before)| has_new_id(entry, before));
        let mut out = truncated(moved.map(|(entry, before)| self.changed_id(entry, before)).collect());
        out.extend(truncated(difference.changed_guid.iter().map(|entry| self.changed_guid(entry)).collect()));
        out.extend(self.gone(difference));
        out
    }

    fn changed_id(&self, entry: &EntryFingerprint<'_>, before: &PreviousEntry<'_>) -> Diagnostic {
        let message = format!(
            "the entry `{}` ({}) has become `{}`: its subscribers see it once more",
            before.story, entry.language, entry.story
        );
        Diagnostic::warning(self.location(entry.entry), message).help(format!("write `id = \"{}\"` here", before.story))
    }

    fn changed_guid(&self, entry: &EntryFingerprint<'_>) -> Diagnostic {
        let message = format!(
            "the entry `{}` ({}) has another `guid` than before: its subscribers see it once more",
            entry.story, entry.language
        );
        Diagnostic::warning(self.location(entry.entry), message)
            .help("give it the `guid` that it had, or none if it had none")
    }

    /// Warns of entries that are gone without `withdrawn` or `expires`: no feed announces that, so subscribers keep them.
    fn gone(&self, difference: &Difference<'_>) -> Vec<Diagnostic> {
        if self.config.is_preview || self.config.allows(Lint::GoneEntry) {
            return Vec::new();
        }
        let kept_guids: HashSet<u128> =
            difference.added.iter().chain(&difference.changed_guid).filter_map(|entry| entry.guid).collect();
        let has_gone = |entry: &&PreviousEntry<'_>| entry.guid.is_none_or(|guid| !kept_guids.contains(&guid));
        let (mut each, mut languages, mut topics) = (Vec::new(), Unconfigured::default(), Unconfigured::default());
        for entry in difference.removed.iter().filter(has_gone) {
            let is_removed = |topic: &&str| !topic.is_empty() && self.config.topic(topic).is_none();
            if self.config.language(entry.language).is_none() {
                languages.add(entry.language);
            } else if let Some(warning) = self.gone_entry(entry) {
                match entry.topics.split(',').find(is_removed) {
                    Some(topic) => topics.add(topic),
                    None => each.push(warning),
                }
            }
        }
        let mut out = truncated(each);
        out.extend(languages.warning("a language"));
        out.extend(topics.warning("a topic"));
        out
    }

    /// A warning if nothing explains that an entry is no longer published.
    fn gone_entry(&self, before: &PreviousEntry<'_>) -> Option<Diagnostic> {
        let language = self.config.language(before.language)?;
        let entry = self.catalog.find(&self.store, before.story, language);
        if let Some(entry) = entry {
            let meta = self.catalog.meta(entry);
            let is_announced = meta.withdrawn != Timestamp::NEVER || meta.expires != Timestamp::NEVER;
            if is_announced || self.plan.state(entry) != EntryState::Hidden {
                return None;
            }
        }
        let message = format!(
            "the entry `{}` ({}) is gone without `withdrawn` or `expires`: its subscribers keep it",
            before.story, before.language
        );
        let help = format!("keep its file, with `withdrawn = {{ on = … }}`, so that feeds announce it; or {ALLOW}");
        Some(Diagnostic::warning(entry.map(|entry| self.location(entry)), message).help(help))
    }
}

impl Site {
    /// The entry whose page is, or would be, at a path, with or without the name of the page in its folder.
    fn entry_of_story_path(&self, path: &str) -> Option<EntryId> {
        let folder = path.strip_suffix("/index.html").unwrap_or(path.trim_end_matches('/'));
        let (language, id) = folder.split_once("/stories/")?;
        self.catalog.find(&self.store, id, self.config.language(language)?)
    }

    /// Whether a path is that of a story's page.
    pub(super) fn is_story_page(&self, path: &str) -> bool {
        self.entry_of_story_path(path).is_some_and(|entry| self.story_key(entry).is_some())
    }

    /// A warning if the page of a story at this path is gone because the story has a `link` now.
    ///
    /// # Errors
    /// The story could not be read again, or has changed meanwhile.
    pub(crate) fn replaced_page(&self, path: &str) -> Result<Option<Diagnostic>, Diagnostic> {
        let is_redirected = self.config.redirects.iter().any(|redirect| redirect.from == path);
        let Some(entry) = self.entry_of_story_path(path).filter(|_| !is_redirected) else { return Ok(None) };
        let is_visible = self.plan.state(entry) == EntryState::Visible;
        if !is_visible || !self.catalog.meta(entry).has_link || self.story_key(entry).is_some() {
            return Ok(None);
        }
        let resolved = self.resolve_entries(&[entry], false, false)?;
        let link = self.entry(entry, &resolved).and_then(|entry| entry.link);
        let message = format!(
            "`{}` ({}) has a `link` now, so its own page is gone: who kept its address finds nothing there",
            self.key(entry).0,
            self.key(entry).1
        );
        let line = format!("\"{path}\" = \"{}\"", link.map(String::from).unwrap_or_default());
        Ok(Some(Diagnostic::warning(self.location(entry), message).help(format!("write `{line}` in [redirects]"))))
    }
}

/// How to say that it is meant.
const ALLOW: &str = "write `allow = [\"gone-entry\"]` in `[check]`";

/// The first warnings of a kind, and how many more there are.
pub(crate) fn truncated(mut warnings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let more = warnings.len().saturating_sub(MAX_WARNINGS);
    if more > 0 {
        warnings.truncate(MAX_WARNINGS);
        warnings.push(Diagnostic::warning(None, format!("… and {more} more warnings like those above")));
    }
    warnings
}
