//! Owns `_imported.toml`, the memory of an import: which file each entry of a source became, and how the file was left;
//! never touches the story files themselves.

use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use chrono::NaiveDate;
use serde::Deserialize;

use super::Error;
use super::toml_text::string;
use super::write;

/// The record's name in the folder that is imported into.
pub const NAME: &str = "_imported.toml";

const VERSION: u32 = 1;

/// What earlier imports wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    pub stories: Vec<Remembered>,
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
}

#[derive(Deserialize)]
struct Document {
    version: u32,
    #[serde(default)]
    stories: Vec<Remembered>,
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
    pub fn load(folder: &Path) -> Result<Record, Error> {
        let path = folder.join(NAME);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Record::default()),
            Err(source) => return Err(Error::Read { path, source }),
        };
        let document: Document =
            toml::from_str(&text).map_err(|error| Error::Record { path: path.clone(), message: error.to_string() })?;
        if let Some(story) = document.stories.iter().find(|story| !is_inside(&story.file)) {
            let message = format!("{} is no .toml file below this folder", string(&story.file));
            return Err(Error::Record { path, message });
        }
        if document.version > VERSION {
            return Err(Error::NewerRecord { path });
        }
        Ok(Record { stories: document.stories })
    }

    /// Writes the record, unless its bytes are there already. The files that it names must have been written before.
    pub fn save(&mut self, folder: &Path) -> Result<(), Error> {
        self.stories.sort_by(|one, other| one.file.cmp(&other.file));
        if self.stories.is_empty() {
            return Ok(());
        }
        let path: PathBuf = folder.join(NAME);
        let text = self.to_text();
        if std::fs::read(&path).is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(());
        }
        write::replace(&path, &text)
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
                let _ = writeln!(
                    text,
                    "  {{ date = {}, language = {}, title = {}, text = {}, source = {} }},",
                    origin.date,
                    string(&origin.language),
                    string(&origin.title),
                    string(&origin.text),
                    string(&origin.source)
                );
            }
            text.push_str("]\n");
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
        assert_eq!(Record::load(folder.path())?, Record::default());
        let origin = Origin {
            date: NaiveDate::from_ymd_opt(2019, 3, 7).unwrap_or_default(),
            language: "fr".into(),
            title: "L’« eau » \"vive\" \\ '\u{7f}".into(),
            text: "00ff".into(),
            source: "news.txt".into(),
        };
        let story = |file: &str| Remembered { file: file.into(), written: "1".into(), entries: vec![origin.clone()] };
        let mut record = Record { stories: vec![story("2019/b.toml"), story("2019/a.toml")] };
        record.save(folder.path())?;
        assert_eq!(Record::load(folder.path())?, record);
        assert_eq!(record.stories[0].file, "2019/a.toml");
        Ok(())
    }

    #[test]
    fn a_damaged_or_newer_record_is_named() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        std::fs::write(folder.path().join(NAME), "version = 1\n[[stories]]\nfile = 3\n")?;
        let message = Record::load(folder.path()).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(message.contains("_imported.toml") && message.contains("line 3"), "{message}");
        let outside = "version = 1\n[[stories]]\nfile = '../a.toml'\nwritten = ''\nentries = []\n";
        std::fs::write(folder.path().join(NAME), outside)?;
        assert!(matches!(Record::load(folder.path()), Err(Error::Record { .. })));
        std::fs::write(folder.path().join(NAME), "version = 2\n")?;
        assert!(matches!(Record::load(folder.path()), Err(Error::NewerRecord { .. })));
        Ok(())
    }
}
