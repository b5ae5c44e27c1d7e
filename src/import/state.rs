//! The state of earlier imports, `_imported.toml`: which entries of which sources each file was made from, and a hash of
//! the file as the import left it.

use std::fmt::{self, Write as _};
use std::path::{Component, Path};

use chrono::NaiveDate;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::file_error;
use super::source_id::SourceId;
use super::toml_text::string;
use crate::diagnostics::{Diagnostic, Location};
use crate::files::{self, read_regular_file};
use crate::limits::MAX_RECORD;
use crate::source::{decode, undecodable};

/// The state file in the folder that is imported into.
pub const FILE_NAME: &str = "_imported.toml";

/// In version 1 a source was the last segment of a path or an address.
const VERSION: u32 = 2;

/// What earlier imports wrote into a folder.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct ImportState {
    #[serde(default)]
    pub stories: Vec<StoryState>,
    /// Reviewed pairs.
    #[serde(default)]
    pub decisions: Vec<Decision>,
    /// How far the sources were read that are asked for changes alone.
    #[serde(default)]
    pub sources: Vec<SourceState>,
}

/// How far a source was read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct SourceState {
    pub source: SourceId,
    /// When the last of its entries was changed, as it writes it.
    #[serde(default)]
    pub changed: Option<String>,
    /// The day on which it was last read as a whole.
    #[serde(default, deserialize_with = "optional_day")]
    pub complete: Option<NaiveDate>,
    /// The tag of its document.
    #[serde(default)]
    pub etag: Option<String>,
    /// A hash of how it was read: what is read otherwise is read as a whole.
    pub options: String,
}

/// A reviewed pair: whether its entries are one story.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Decision {
    pub same: bool,
    pub entries: [EntryRef; 2],
}

/// What identifies an entry for a reviewer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub struct EntryRef {
    #[serde(deserialize_with = "day", serialize_with = "day_text")]
    pub date: NaiveDate,
    pub language: String,
    pub title: String,
}

impl Decision {
    /// Whether it is about these two entries, in either order.
    pub fn is_about(&self, [one, other]: &[EntryRef; 2]) -> bool {
        let [left, right] = &self.entries;
        (left, right) == (one, other) || (left, right) == (other, one)
    }
}

impl fmt::Display for EntryRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.date, self.language, self.title)
    }
}

impl EntryRef {
    /// An inline table.
    pub fn to_toml(&self) -> String {
        format!("{{ date = {}, language = {}, title = {} }}", self.date, string(&self.language), string(&self.title))
    }
}

/// A file that an import wrote.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct StoryState {
    /// Relative to the folder, with its extension.
    pub file: String,
    /// The hash of its bytes as the import left them.
    #[serde(rename = "written")]
    pub file_hash: String,
    /// What was decided about it, if it was imported as a draft.
    #[serde(default)]
    pub review: Option<Review>,
    /// The hash of the correction that was proposed last, whatever was decided about it.
    #[serde(default)]
    pub correction: Option<String>,
    /// The source entries that it was made from.
    pub entries: Vec<SourceEntry>,
}

/// What was decided about a story that was imported as a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Review {
    Pending,
    Approved,
    Rejected,
}

impl Review {
    fn name(self) -> &'static str {
        match self {
            Review::Pending => "pending",
            Review::Approved => "approved",
            Review::Rejected => "rejected",
        }
    }
}

impl StoryState {
    /// The story's id.
    pub fn id(&self) -> &str {
        self.file.strip_suffix(".toml").unwrap_or(&self.file)
    }
}

/// An entry of a source, as far as the next import needs it to match entries.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct SourceEntry {
    #[serde(deserialize_with = "day")]
    pub date: NaiveDate,
    pub language: String,
    pub title: String,
    /// Empty for an entry without text.
    #[serde(rename = "text")]
    pub text_hash: String,
    pub source: SourceId,
    /// Its stable id in its source.
    #[serde(default)]
    pub key: Option<String>,
    /// The id that all translations of its story have in its source.
    #[serde(default, rename = "record")]
    pub record_id: Option<String>,
    /// When its source last changed it.
    #[serde(default)]
    pub updated: Option<String>,
    /// The last complete pass of its source lacked it.
    #[serde(default, rename = "missing")]
    pub is_missing: bool,
    /// It was unpublished because its source has it no more.
    #[serde(default, rename = "gone")]
    pub is_gone: bool,
    /// Whether its story may have its guid; another story has the same one if not.
    #[serde(default = "is_kept", rename = "guid")]
    pub keeps_guid: bool,
    /// The id of the story that was merged into this one.
    #[serde(default, rename = "former")]
    pub merged_from: Option<String>,
}

fn is_kept() -> bool {
    true
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    use serde::de::Error as _;
    let written = toml::value::Datetime::deserialize(deserializer)?;
    let date = written.date.ok_or_else(|| D::Error::custom("a date is missing"))?;
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        .ok_or_else(|| D::Error::custom("there is no such day"))
}

fn optional_day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    day(deserializer).map(Some)
}

fn day_text<S: serde::Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

/// Whether a path stays below the folder.
fn is_inside(file: &str) -> bool {
    file.ends_with(".toml") && Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
}

impl ImportState {
    /// Reads the state of a folder; without a state file nothing was imported into it.
    pub fn load(folder: &Path) -> Result<ImportState, Diagnostic> {
        let path = folder.join(FILE_NAME);
        let Some(bytes) = read_regular_file(&path, MAX_RECORD)? else { return Ok(ImportState::default()) };
        let shown = path.display().to_string();
        let help = "mend it, or delete it: then files that are as the sources say are taken as imported, all others as your own";
        let text = decode(&bytes).map_err(|error| undecodable(&shown, &bytes, 0, error).help(help))?;
        let invalid =
            |span, message: String| Diagnostic::error(Location::in_text(&*shown, text, span), message).help(help);
        let (version, mut state) = match parse_fast(text) {
            Some(versioned) => versioned,
            None => {
                let version = parse::<Version>(text, invalid)?.version;
                if version > VERSION {
                    return Err(file_error(&path, "a newer tidings wrote this").help("import with that version"));
                }
                (version, parse::<ImportState>(text, invalid)?)
            }
        };
        if let Some(story) = state.stories.iter().find(|story| !is_inside(&story.file)) {
            let start = text.find(&story.file).unwrap_or_default();
            let message = format!("{} is no .toml file below this folder", string(&story.file));
            return Err(invalid(start..start + story.file.len(), message));
        }
        if version < VERSION {
            for entry in state.stories.iter_mut().flat_map(|story| &mut story.entries) {
                entry.source = SourceId::of_segment(entry.source.as_str());
            }
        }
        Ok(state)
    }

    /// Writes the state, unless the file has the same bytes. Call it after writing the files that it names.
    pub fn save(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        self.stories.sort_by(|one, other| one.file.cmp(&other.file));
        if self.stories.is_empty() && self.decisions.is_empty() && self.sources.is_empty() {
            return Ok(());
        }
        let path = folder.join(FILE_NAME);
        let text = self.to_toml();
        if std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(());
        }
        files::replace(&path, text.as_bytes())
    }

    /// Replaces what is known of a source.
    pub fn set_source(&mut self, state: SourceState) {
        self.sources.retain(|other| other.source != state.source);
        self.sources.push(state);
        self.sources.sort_by(|one, other| one.source.as_str().cmp(other.source.as_str()));
    }

    fn to_toml(&self) -> String {
        let mut text = String::from(
            "# What `tidings import` wrote here, and from where, so that the next import changes only what is new.\n\
             # A story that you deleted stays away as long as it is named here.\n\n",
        );
        let _ = writeln!(text, "version = {VERSION}");
        for StoryState { file, file_hash, review, correction, entries } in &self.stories {
            let (file, hash) = (string(file), string(file_hash));
            let _ = write!(text, "\n[[stories]]\nfile = {file}\nwritten = {hash}\n");
            text.extend(review.iter().map(|review| format!("review = {}\n", string(review.name()))));
            text.extend(correction.iter().map(|hash| format!("correction = {}\n", string(hash))));
            text.push_str("entries = [\n");
            for entry in entries {
                let optional = |key: &str, value: &Option<String>| {
                    value.as_ref().map(|value| format!(", {key} = {}", string(value))).unwrap_or_default()
                };
                let _ = writeln!(
                    text,
                    "  {{ date = {}, language = {}, title = {}, text = {}, source = {}{}{}{}{}{}{}{} }},",
                    entry.date,
                    string(&entry.language),
                    string(&entry.title),
                    string(&entry.text_hash),
                    string(entry.source.as_str()),
                    optional("key", &entry.key),
                    optional("record", &entry.record_id),
                    optional("updated", &entry.updated),
                    if entry.is_missing { ", missing = true" } else { "" },
                    if entry.is_gone { ", gone = true" } else { "" },
                    if entry.keeps_guid { "" } else { ", guid = false" },
                    optional("former", &entry.merged_from)
                );
            }
            text.push_str("]\n");
        }
        for SourceState { source, changed, complete, etag, options } in &self.sources {
            let _ = write!(text, "\n[[sources]]\nsource = {}\n", string(source.as_str()));
            text.extend(complete.iter().map(|day| format!("complete = {day}\n")));
            let texts = [("changed", changed), ("etag", etag)].into_iter();
            text.extend(texts.filter_map(|(key, value)| Some(format!("{key} = {}\n", string(value.as_ref()?)))));
            let _ = writeln!(text, "options = {}", string(options));
        }
        for Decision { same, entries: [one, other] } in &self.decisions {
            let (one, other) = (one.to_toml(), other.to_toml());
            let _ = write!(text, "\n[[decisions]]\nsame = {same}\nentries = [\n  {one},\n  {other},\n]\n");
        }
        text
    }
}

/// Parses a state table by table, as the tree of a whole document takes ten times its bytes. `None` if it has to be parsed as a
/// whole: it has an error, is of another version, or is not as [`ImportState::save`] writes it.
fn parse_fast(text: &str) -> Option<(u32, ImportState)> {
    const HEADER: &str = "\n[[";
    let head = &text[..text.find(HEADER).map_or(text.len(), |at| at + 1)];
    let version = toml::from_str::<Version>(head).ok()?.version;
    if version > VERSION {
        return None;
    }
    let mut state = ImportState::default();
    let mut rest = &text[head.len()..];
    while !rest.is_empty() {
        let (table, after) = rest.split_at(rest.find(HEADER).map_or(rest.len(), |at| at + 1));
        let ImportState { stories, decisions, sources } = toml::from_str(table).ok()?;
        state.stories.extend(stories);
        state.decisions.extend(decisions);
        state.sources.extend(sources);
        rest = after;
    }
    Some((version, state))
}

fn parse<T: DeserializeOwned>(
    text: &str,
    invalid: impl Fn(std::ops::Range<usize>, String) -> Diagnostic,
) -> Result<T, Diagnostic> {
    toml::from_str(text).map_err(|error| {
        invalid(error.span().unwrap_or_default(), error.message().lines().collect::<Vec<_>>().join("; "))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn state_round_trips() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let load = || ImportState::load(folder.path()).map_err(|diagnostic| diagnostic.message);
        assert_eq!(load()?, ImportState::default());
        let entry = SourceEntry {
            date: NaiveDate::from_ymd_opt(2019, 3, 7).unwrap_or_default(),
            language: "fr".into(),
            title: "L’« eau » \"vive\" \\ '\u{7f}".into(),
            text_hash: "00ff".into(),
            source: SourceId::of_name("partners"),
            key: Some("https://a.example/?p=1".into()),
            record_id: Some("1".into()),
            updated: Some("2019-03-08".into()),
            is_missing: true,
            is_gone: true,
            keeps_guid: false,
            merged_from: Some("2018/x".into()),
        };
        let entry_ref =
            |language: &str| EntryRef { date: entry.date, language: language.into(), title: "T \"x\"".into() };
        let decision = Decision { same: false, entries: [entry_ref("en"), entry_ref("fr")] };
        let story = |file: &str| StoryState {
            file: file.into(),
            file_hash: "1".into(),
            review: Some(Review::Approved),
            correction: Some("2".into()),
            entries: vec![entry.clone()],
        };
        let stories = vec![story("2019/b.toml"), story("2019/a.toml")];
        let source = SourceState {
            source: SourceId::of_name("cms"),
            changed: Some("2026-11-01T10:00:00+00:00".into()),
            complete: NaiveDate::from_ymd_opt(2026, 11, 2),
            etag: Some("\"a\"".into()),
            options: "0f".into(),
        };
        let mut state = ImportState { stories, decisions: vec![decision], sources: vec![source] };
        state.save(folder.path()).map_err(|diagnostic| diagnostic.message)?;
        assert_eq!(load()?, state);
        assert_eq!(state.stories[0].file, "2019/a.toml");
        Ok(())
    }

    #[test]
    fn a_damaged_or_newer_state_is_reported() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        for (text, location, part) in [
            ("version = 1\n[[stories]]\nfile = 3\n", (3, 8), "expected a string"),
            ("version = 1\n<<<<<<< HEAD\n", (2, 9), ""),
            ("version = 1\n[[stories]]\nfile = '../a.toml'\nwritten = ''\nentries = []\n", (3, 9), "below this folder"),
            ("version = 3\nnew = 1\n", (1, 1), "a newer tidings"),
        ] {
            std::fs::write(folder.path().join(FILE_NAME), text)?;
            let diagnostic = ImportState::load(folder.path()).err().ok_or("no diagnostic")?;
            let actual = diagnostic.location.as_ref().map(|location| (location.line, location.column));
            assert_eq!(actual, Some(location), "{diagnostic:?}");
            assert!(diagnostic.message.contains(part) && diagnostic.help.is_some(), "{diagnostic:?}");
        }
        Ok(())
    }

    fn any_state() -> impl Strategy<Value = ImportState> {
        let text =
            || prop::sample::select(vec!["", "fr", "L’« eau » \"vive\"", "a\nb", "\u{7f}\\", "'''", "\u{202e}x"]);
        let text = move || text().prop_map(str::to_owned);
        let entry =
            (0_i32..20_000, text(), text(), text(), prop::option::of(text()), any::<bool>(), prop::option::of(text()));
        let entry = entry.prop_map(|(days, language, title, source, key, keeps_guid, merged_from)| SourceEntry {
            date: NaiveDate::from_num_days_from_ce_opt(700_000 + days).unwrap_or_default(),
            language,
            title,
            text_hash: "00ff".to_owned(),
            source: SourceId::of_name(&source),
            record_id: key.clone(),
            updated: key.clone(),
            is_missing: keeps_guid,
            is_gone: !keeps_guid,
            key,
            keeps_guid,
            merged_from,
        });
        let story =
            ("[a-z]{1,3}(/[a-z]{1,3})?", prop::collection::vec(entry, 0..4)).prop_map(|(id, entries)| StoryState {
                file: format!("{id}.toml"),
                file_hash: "1".to_owned(),
                review: None,
                correction: None,
                entries,
            });
        let entry_ref = |title: String| EntryRef { date: NaiveDate::default(), language: "en".to_owned(), title };
        let decision = (any::<bool>(), text(), text())
            .prop_map(move |(same, one, other)| Decision { same, entries: [entry_ref(one), entry_ref(other)] });
        (prop::collection::vec(story, 1..4), prop::collection::vec(decision, 0..3))
            .prop_map(|(stories, decisions)| ImportState { stories, decisions, sources: Vec::new() })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn any_state_round_trips_and_a_damaged_one_is_read_or_reported(
            (mut state, damaged) in any_state().prop_flat_map(|state| {
                let text = state.to_toml().into_bytes();
                (Just(state), crate::damage::damaged(text))
            })
        ) {
            let folder = tempfile::tempdir()?;
            prop_assert!(state.save(folder.path()).is_ok());
            prop_assert_eq!(parse_fast(&state.to_toml()), Some((VERSION, state.clone())));
            prop_assert_eq!(ImportState::load(folder.path()).ok(), Some(state));
            // Table by table nothing is read that is not read as a whole, nor otherwise.
            if let Some((_, fast)) = std::str::from_utf8(&damaged).ok().and_then(parse_fast) {
                let whole: Option<ImportState> = std::str::from_utf8(&damaged).ok().and_then(|text| toml::from_str(text).ok());
                prop_assert_eq!(Some(fast), whole);
            }
            std::fs::write(folder.path().join(FILE_NAME), damaged)?;
            match ImportState::load(folder.path()) {
                Ok(read) => {
                    let is_below = |file: &str| !file.starts_with('/') && file.split('/').all(|part| part != "..");
                    let is_safe = read.stories.iter().all(|story| is_below(&story.file));
                    prop_assert!(is_safe);
                }
                Err(diagnostic) => prop_assert!(diagnostic.location.is_some() && diagnostic.help.is_some()),
            }
        }
    }
}
