//! Owns reading the APIs of content management systems, page by page: JSON:API of Drupal ([`drupal`]), the REST API of WordPress
//! ([`wordpress`]), and any JSON in pages ([`pages`]); never touches topics or files.
//!
//! What the system says of a story is put beside its record, below [`OWN`], so that a mapping of the configuration can name the
//! members of the record as they are.

mod drupal;
pub mod pages;
mod wordpress;

use std::collections::HashSet;

use serde_json::{Map, Value};
use url::Url;

use super::ImportOptions;
use super::entry::ParsedEntry;
use super::parse_error::ParseError;
use super::read::Kind;
use super::records;
use crate::config::{Field, Mapping};
use crate::fetch::FetchError;
use crate::json_path::JsonPath;

/// The member of a record under which stands what is known of it by its system.
const OWN: &str = "_";
/// What is put there: the keys of a story, in the same form in every system.
const OWN_KEYS: [&str; 14] = [
    "id", "key", "language", "title", "summary", "content_html", "link", "guid", "published", "updated", "topics",
    "authors", "state", "image",
];

/// A page of an API.
pub struct Page {
    pub document: Value,
    /// The next page, as the answer's `Link` field says.
    pub next: Option<String>,
}

/// Fetches a page.
pub type Fetch<'f> = &'f mut dyn FnMut(&str) -> Result<Page, FetchError>;

/// What was read.
#[derive(Debug, Default)]
pub struct Head {
    pub notes: Vec<String>,
    /// Why it was not read to its end, if it was not.
    pub truncation: Option<String>,
    /// When the records were last changed, as the system writes it.
    pub changed: Option<String>,
}

/// What is asked for.
pub struct Asked<'a> {
    pub kind: Kind,
    pub source: &'a str,
    pub options: &'a ImportOptions,
    /// The languages of the site.
    pub languages: &'a [String],
    /// What was changed since this time of the system; everything if missing.
    pub since: Option<&'a str>,
}

/// Reads the records of an API.
///
/// # Errors
/// Why none can be read.
pub fn read(asked: &Asked<'_>, fetch: Fetch<'_>, emit: &mut dyn FnMut(ParsedEntry)) -> Result<Head, ParseError> {
    let Asked { kind, source, options, languages, since } = *asked;
    let source = Url::parse(source).map_err(|error| ParseError::new(format!("this is no address: {error}")))?;
    let mapping = mapping(options.records.mapping.as_ref());
    let mut seen = HashSet::new();
    let mut record = |mut record: Value, own: Map<String, Value>| {
        let text = |name: &str| own.get(name).filter(|value| !value.is_null()).map(Value::to_string);
        let id = (text("key").or_else(|| text("id")), text("language"));
        // A story that is changed while it is read comes again, and one without a translation in the place of each.
        if seen.insert(id)
            && let Value::Object(members) = &mut record
        {
            members.insert(OWN.to_owned(), Value::Object(own));
            records::convert(&mapping, record, emit);
        }
    };
    match kind {
        Kind::Drupal => drupal::read(&source, languages, since, fetch, &mut record),
        _ => wordpress::read(&source, since, fetch, &mut record),
    }
}

/// Takes a record, and what its system says of it.
type RecordSink<'s> = &'s mut dyn FnMut(Value, Map<String, Value>);

/// What a system says, unless the configuration knows better.
fn mapping(own: Option<&Mapping>) -> Mapping {
    let mut mapping = Mapping::default();
    for key in OWN_KEYS {
        if let Ok(path) = JsonPath::parse(&format!("{OWN}.{key}")) {
            mapping.insert(key, Field::at(path));
        }
    }
    for (key, field) in own.into_iter().flat_map(Mapping::fields) {
        // One body instead of another.
        if key.starts_with("content_") {
            mapping.remove("content_html");
        }
        mapping.insert(key, field.clone());
    }
    mapping
}

/// A member of a member, or nothing.
fn at<'v>(value: &'v Value, path: &[&str]) -> &'v Value {
    path.iter().try_fold(value, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

/// Why a page could not be read, and which.
fn failed(address: &str, failure: &FetchError) -> ParseError {
    let help = match failure.status {
        Some(404) => "; is this the address of the API?",
        _ => "",
    };
    ParseError::new(format!("{address} cannot be read: {}{help}", failure.message))
}
