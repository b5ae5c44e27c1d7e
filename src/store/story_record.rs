//! Stories that are not in files.

use std::path::PathBuf;
use std::sync::Arc;

use super::find::{FileFingerprint, StoreFile};
use super::{FileRecords, Store, read};
use crate::config::Config;

/// A story that is not in a file: the text of one, as JSON or TOML, for [`Site::from_stories`](crate::Site::from_stories).
///
/// The text is what a `.json` or `.toml` file of the store would be: one story with its translations, several, or a flat
/// record of one translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryRecord {
    name: String,
    extension: &'static str,
    text: String,
}

impl StoryRecord {
    /// A story as JSON. `name` is shown in diagnostics, and is the story's id if the text has none: ASCII letters, digits,
    /// `-`, `_`, `.` and `/`.
    pub fn json(name: impl Into<String>, text: impl Into<String>) -> StoryRecord {
        StoryRecord { name: name.into(), extension: "json", text: text.into() }
    }

    /// A story as TOML 1.0. `name` is shown in diagnostics, and is the story's id if the text has none.
    pub fn toml(name: impl Into<String>, text: impl Into<String>) -> StoryRecord {
        StoryRecord { name: name.into(), extension: "toml", text: text.into() }
    }
}

impl Store {
    /// The store of stories that are not in files. Their texts stay in memory.
    pub fn of_records(records: impl IntoIterator<Item = StoryRecord>, config: &Config) -> Store {
        let files = records.into_iter().map(|record| {
            let below = format!("{}.{}", record.name, record.extension);
            let file = Arc::new(StoreFile {
                path: PathBuf::from(record.name),
                below,
                fingerprint: FileFingerprint::default(),
                text: Some(record.text.into()),
            });
            let text = file.text.as_deref().unwrap_or_default();
            FileRecords::new(&file, read::of_text(&file, text, config))
        });
        let mut files: Vec<FileRecords> = files.collect();
        // The order in which they come makes no difference.
        files.sort_by(|one, other| (&one.file.below, &one.file.text).cmp(&(&other.file.below, &other.file.text)));
        Store { files, ..Store::default() }
    }
}
