//! Named sources of `import`, and what the members of their records are.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;

use crate::json_path::JsonPath;

/// `[import.NAME]`.
#[derive(Debug, Clone)]
pub(crate) struct ImportSource {
    pub name: String,
    /// An address, a path or a glob.
    pub source: String,
    /// Its format; detected if missing.
    pub from: Option<SourceKind>,
    /// The folder of the store that its stories go into.
    pub into: PathBuf,
    /// The language of entries without one.
    pub language: Option<String>,
    /// Topics of all its stories, beside their own.
    pub topics: Vec<String>,
    /// Its stories are drafts until somebody approves them.
    pub is_moderated: bool,
    /// What becomes of entries that it has no more.
    pub on_gone: OnGone,
    /// How often `serve` imports it.
    pub every: Option<Duration>,
    /// Where the records are in a JSON document.
    pub items: Option<JsonPath>,
    /// What the members of its records are.
    pub mapping: Option<Mapping>,
    /// CSS selectors of its pages, by what they select.
    pub selectors: BTreeMap<String, String>,
}

/// What the names of a source's secrets begin with in the environment.
pub(crate) fn secret_prefix(source: &str) -> String {
    format!("TIDINGS_IMPORT_{}", source.to_ascii_uppercase().replace('-', "_"))
}

/// What becomes of entries that a source has no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum OnGone {
    /// They stay.
    #[default]
    Keep,
    /// They become drafts.
    Draft,
    /// They are withdrawn, and announced as deleted.
    Withdraw,
}

// The comments are the help of `import --from` too.
/// The format of a source.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum SourceKind {
    /// The text of a news page: dates, titles, texts
    #[default]
    Listing,
    /// RSS, Atom and JSON Feed
    Feed,
    /// An export of WordPress (WXR)
    Wordpress,
    /// Markdown files with front matter, as Hugo, Jekyll and Zola hold them
    Markdown,
    /// A news page of HTML, by CSS selectors
    Html,
    /// Records of a CMS in JSON, or one a line
    Json,
    /// Rows of a spreadsheet as comma-separated values
    Csv,
    /// Rows of a workbook, as Excel and LibreOffice save it
    Xlsx,
    /// The JSON:API of a site made with Drupal
    Drupal,
    /// The REST API of a site made with WordPress
    WordpressApi,
}

impl SourceKind {
    pub const NAMES: [(&'static str, SourceKind); 10] = [
        ("listing", SourceKind::Listing),
        ("feed", SourceKind::Feed),
        ("wordpress", SourceKind::Wordpress),
        ("markdown", SourceKind::Markdown),
        ("html", SourceKind::Html),
        ("json", SourceKind::Json),
        ("csv", SourceKind::Csv),
        ("xlsx", SourceKind::Xlsx),
        ("drupal", SourceKind::Drupal),
        ("wordpress-api", SourceKind::WordpressApi),
    ];
}

/// The keys of a story that records can have.
pub(crate) const RECORD_KEYS: [&str; 18] = [
    "id", "language", "title", "summary", "content_html", "content_markdown", "content_text", "link", "published",
    "updated", "expires", "topics", "authors", "image", "images", "enclosures", "guid", "state",
];

/// What an image has, which can be mapped one by one.
pub(crate) const IMAGE_KEYS: [&str; 4] = ["url", "alt", "caption", "credit"];

/// CSS selectors of a page.
pub(crate) const SELECTOR_KEYS: [&str; 5] = ["item", "title", "date", "link", "summary"];

/// How a value is written, where its type does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WrittenAs {
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMilliseconds,
    /// Days since 1899-12-30, as spreadsheets count.
    Excel,
}

impl WrittenAs {
    pub const NAMES: [(&'static str, WrittenAs); 3] =
        [("unix", WrittenAs::Unix), ("unix-ms", WrittenAs::UnixMilliseconds), ("excel", WrittenAs::Excel)];

    pub fn name(self) -> &'static str {
        WrittenAs::NAMES.iter().find(|(_, other)| *other == self).map_or("", |(name, _)| name)
    }
}

/// Where the value of a key is, and how it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub path: JsonPath,
    pub written_as: Option<WrittenAs>,
    /// What its values mean.
    pub meanings: BTreeMap<String, String>,
    /// Of a state: the values with which a record is published.
    pub published: Vec<Value>,
}

impl Field {
    pub fn at(path: JsonPath) -> Field {
        Field { path, written_as: None, meanings: BTreeMap::new(), published: Vec::new() }
    }
}

/// Fields by keys of a story; those of an image are `image.alt` and so on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mapping {
    fields: BTreeMap<String, Field>,
}

impl Mapping {
    pub fn insert(&mut self, key: &str, field: Field) {
        self.fields.insert(key.to_owned(), field);
    }

    pub fn remove(&mut self, key: &str) {
        self.fields.remove(key);
    }

    pub fn get(&self, key: &str) -> Option<&Field> {
        self.fields.get(key)
    }

    /// The fields in the order of [`RECORD_KEYS`].
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Field)> {
        let order = |key: &str| RECORD_KEYS.iter().position(|known| key.split('.').next() == Some(*known));
        let mut fields: Vec<(&str, &Field)> = self.fields.iter().map(|(key, field)| (key.as_str(), field)).collect();
        fields.sort_by_key(|(key, _)| order(key).unwrap_or(RECORD_KEYS.len()));
        fields.into_iter()
    }
}
