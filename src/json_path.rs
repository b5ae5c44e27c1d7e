//! Where a value is within a document or a record of JSON.

use std::fmt;

use serde_json::Value;
use serde_json_path::JsonPath as Query;

/// A JSONPath (RFC 9535), with or without `$.`; without it, also the name of a member or of a column as it stands.
#[derive(Clone, Debug)]
pub struct JsonPath {
    written: String,
    query: Option<Query>,
}

impl JsonPath {
    /// # Errors
    /// Why it is no path.
    pub fn parse(written: &str) -> Result<JsonPath, String> {
        let written = written.trim();
        let query = match written.starts_with('$') {
            true => Query::parse(written),
            false if written.starts_with('[') => Query::parse(&format!("${written}")),
            false => Query::parse(&format!("$.{written}")),
        };
        match query {
            Ok(query) => Ok(JsonPath { written: written.to_owned(), query: Some(query) }),
            // The name of a column, such as `Date of publication`.
            Err(_) if !written.is_empty() && !written.starts_with(['$', '[', '@']) => Ok(JsonPath::name(written)),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The member with this name.
    pub fn name(name: &str) -> JsonPath {
        JsonPath { written: name.to_owned(), query: None }
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The name of the member that the path begins with.
    pub fn first_name(&self) -> &str {
        let path = self.written.trim_start_matches(['$', '.', '[', '\'', '"']);
        &path[..path.find(['.', '[', '\'', '"']).unwrap_or(path.len())]
    }

    /// The values in a document, or in a record, that are not `null`.
    pub fn values<'v>(&self, record: &'v Value) -> Vec<&'v Value> {
        let found = match (record.get(&self.written), &self.query) {
            (Some(member), _) => vec![member],
            (None, Some(query)) => query.query(record).all(),
            (None, None) => dotted(record, &self.written).into_iter().collect(),
        };
        found.into_iter().filter(|value| !value.is_null()).collect()
    }
}

/// A member of a member, by names that a JSONPath would have to quote: `field-image.url`.
fn dotted<'v>(record: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(record, |value, name| value.get(name))
}

impl PartialEq for JsonPath {
    fn eq(&self, other: &JsonPath) -> bool {
        self.written == other.written
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}
