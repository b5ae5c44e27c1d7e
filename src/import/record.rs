//! Owns `_imported.toml`, the memory of an import: which file each entry of a source became, and how the file was left;
//! never touches the story files themselves.

use std::fmt::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;

use super::at;
use super::toml_text::string;
use crate::diagnostics::{Diagnostic, Location};
use crate::files;
use crate::source::{decode, undecodable};

/// The record's name in the folder that is imported into.
pub const NAME: &str = "_imported.toml";

const VERSION: u32 = 1;

/// What earlier imports wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub stories: Vec<Remembered>,
    /// What a person said of pairs of entries.
    pub decisions: Vec<Decision>,
}

/// What a person said of a pair.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Decision {
    pub same: bool,
    pub entries: [Named; 2],
}

/// An entry as people name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
pub struct Named {
    #[serde(deserialize_with = "day")]
    pub date: NaiveDate,
    pub language: String,
    pub title: String,
}

impl Decision {
    /// Whether it is of these two.
    pub fn is_of(&self, [one, other]: &[Named; 2]) -> bool {
        let [left, right] = &self.entries;
        (left, right) == (one, other) || (left, right) == (other, one)
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.date, self.language, self.title)
    }
}

impl Named {
    /// In TOML.
    pub fn to_toml(&self) -> String {
        format!("{{ date = {}, language = {}, title = {} }}", self.date, string(&self.language), string(&self.title))
    }
}

/// A file that an import wrote.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Remembered {
    /// Below the folder, with its extension.
    pub file: String,
    /// The hash of its bytes as the import left them.
    pub written: String,
    /// The entries of the sources that it was made from.
    pub entries: Vec<Origin>,
}

/// An entry of a source, as far as it must be known again.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Origin {
    #[serde(deserialize_with = "day")]
    pub date: NaiveDate,
    pub language: String,
    pub title: String,
    /// The hash of its text, empty where it has none.
    pub text: String,
    /// Where it was found first.
    pub source: String,
    /// How its source knows it, where it has an id for it.
    #[serde(default)]
    pub key: Option<String>,
    /// The story that it was, before a person joined it with this one.
    #[serde(default)]
    pub former: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "version")]
    _version: u32,
    #[serde(default)]
    stories: Vec<Remembered>,
    #[serde(default)]
    decisions: Vec<Decision>,
}

fn day<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
    use serde::de::Error as _;
    let written = toml::value::Datetime::deserialize(deserializer)?;
    let date = written.date.ok_or_else(|| D::Error::custom("a date is missing"))?;
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
        .ok_or_else(|| D::Error::custom("there is no such day"))
}

/// Whether a file's name leads to a place below the folder.
fn is_inside(file: &str) -> bool {
    let plain = |part: Component| matches!(part, Component::Normal(_));
    file.ends_with(".toml") && Path::new(file).components().all(plain)
}

impl Record {
    /// Reads the record of a folder; a folder without one has imported nothing.
    pub fn load(folder: &Path) -> Result<Record, Diagnostic> {
        let path = folder.join(NAME);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Record::default()),
            Err(error) => return Err(Diagnostic::machine(&path, "read this file", &error)),
        };
        let shown = path.display().to_string();
        let cure = "mend it, or delete it: then files that are as the sources say are taken as imported, all others as your own";
        let text = decode(&bytes).map_err(|wrong| undecodable(&shown, &bytes, 0, wrong).help(cure))?;
        if toml::from_str::<Version>(text).is_ok_and(|document| document.version > VERSION) {
            return Err(at(&path, "a newer tidings wrote this").help("import with that version"));
        }
        let wrong =
            |span, message: String| Diagnostic::error(Location::in_text(&*shown, text, span), message).help(cure);
        let document: Document = toml::from_str(text).map_err(|error| {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            wrong(error.span().unwrap_or_default(), message)
        })?;
        if let Some(story) = document.stories.iter().find(|story| !is_inside(&story.file)) {
            let start = text.find(&story.file).unwrap_or_default();
            let message = format!("{} is no .toml file below this folder", string(&story.file));
            return Err(wrong(start..start + story.file.len(), message));
        }
        Ok(Record { stories: document.stories, decisions: document.decisions })
    }

    /// Writes the record, unless its bytes are there already. The files that it names must have been written before.
    pub fn save(&mut self, folder: &Path) -> Result<(), Diagnostic> {
        self.stories.sort_by(|one, other| one.file.cmp(&other.file));
        if self.stories.is_empty() && self.decisions.is_empty() {
            return Ok(());
        }
        let path: PathBuf = folder.join(NAME);
        let text = self.to_text();
        if std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(());
        }
        files::replace(&path, text.as_bytes())
    }

    fn to_text(&self) -> String {
        let mut text = String::from(
            "# What `tidings import` wrote here, and from where, so that the next import changes only what is new.\n\
             # A story that you deleted stays away as long as it is named here.\n\n",
        );
        let _ = writeln!(text, "version = {VERSION}");
        for story in &self.stories {
            let _ = write!(
                text,
                "\n[[stories]]\nfile = {}\nwritten = {}\nentries = [\n",
                string(&story.file),
                string(&story.written)
            );
            for origin in &story.entries {
                let more = |name: &str, value: &Option<String>| {
                    value.as_ref().map(|value| format!(", {name} = {}", string(value))).unwrap_or_default()
                };
                let _ = writeln!(
                    text,
                    "  {{ date = {}, language = {}, title = {}, text = {}, source = {}{}{} }},",
                    origin.date,
                    string(&origin.language),
                    string(&origin.title),
                    string(&origin.text),
                    string(&origin.source),
                    more("key", &origin.key),
                    more("former", &origin.former)
                );
            }
            text.push_str("]\n");
        }
        for Decision { same, entries: [one, other] } in &self.decisions {
            let (one, other) = (one.to_toml(), other.to_toml());
            let _ = write!(text, "\n[[decisions]]\nsame = {same}\nentries = [\n  {one},\n  {other},\n]\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_comes_back_as_it_was_written() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let load = || Record::load(folder.path()).map_err(|diagnostic| diagnostic.message);
        assert_eq!(load()?, Record::default());
        let origin = Origin {
            date: NaiveDate::from_ymd_opt(2019, 3, 7).unwrap_or_default(),
            language: "fr".into(),
            title: "L’« eau » \"vive\" \\ '\u{7f}".into(),
            text: "00ff".into(),
            source: "news.txt".into(),
            key: Some("https://a.example/?p=1".into()),
            former: Some("2018/x".into()),
        };
        let named = |language: &str| Named { date: origin.date, language: language.into(), title: "T \"x\"".into() };
        let decision = Decision { same: false, entries: [named("en"), named("fr")] };
        let story = |file: &str| Remembered { file: file.into(), written: "1".into(), entries: vec![origin.clone()] };
        let stories = vec![story("2019/b.toml"), story("2019/a.toml")];
        let mut record = Record { stories, decisions: vec![decision] };
        record.save(folder.path()).map_err(|diagnostic| diagnostic.message)?;
        assert_eq!(load()?, record);
        assert_eq!(record.stories[0].file, "2019/a.toml");
        Ok(())
    }

    #[test]
    fn a_damaged_or_newer_record_is_named() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        for (text, place, part) in [
            ("version = 1\n[[stories]]\nfile = 3\n", (3, 8), "expected a string"),
            ("version = 1\n<<<<<<< HEAD\n", (2, 9), ""),
            ("version = 1\n[[stories]]\nfile = '../a.toml'\nwritten = ''\nentries = []\n", (3, 9), "below this folder"),
            ("version = 2\nnew = 1\n", (1, 1), "a newer tidings"),
        ] {
            std::fs::write(folder.path().join(NAME), text)?;
            let diagnostic = Record::load(folder.path()).err().ok_or("no diagnostic")?;
            let found = diagnostic.location.as_ref().map(|place| (place.line, place.column));
            assert_eq!(found, Some(place), "{diagnostic:?}");
            assert!(diagnostic.message.contains(part) && diagnostic.help.is_some(), "{diagnostic:?}");
        }
        Ok(())
    }
}
