//! The records of JSON and JSONL.

use std::io::BufRead;

use serde_json::{Map, Value};

use super::{Head, RecordSink};
use crate::import::api::pages;
use crate::import::json_scanner::Scanner;
use crate::import::parse_error::ParseError;
use crate::json_path::JsonPath;

/// The largest document that is not one list of records, in bytes, and the largest record.
const MAX_BYTES: u64 = 256 << 20;

/// How deep within a document its records are looked for.
const MAX_DEPTH: usize = 4;

/// Reads the records at `items`, else those of the longest list.
pub fn read(input: &mut dyn BufRead, items: Option<&JsonPath>, record: RecordSink<'_>) -> Result<Head, ParseError> {
    let mut scanner = Scanner::new(input, MAX_BYTES);
    scanner.skip_blanks()?;
    match scanner.peek()? {
        None => Err(ParseError::new("it is empty")),
        // One after the other, so that memory does not grow with their number.
        Some(b'[') if items.is_none_or(|items| items.as_str() == "$[*]") => {
            scanner.next()?;
            let mut failure = Ok(());
            let truncation = scanner.items(&mut |line, item| {
                if failure.is_ok() {
                    failure = record(line, serde_json::from_slice(item).map_err(no_json));
                }
            })?;
            failure?;
            Ok(Head { items: Some("$[*]".to_owned()), truncation, ..Head::default() })
        }
        Some(_) => document_or_lines(&mut scanner, items, record),
    }
}

fn no_json(error: serde_json::Error) -> String {
    format!("it is no JSON: {error}")
}

/// One document, or a record a line.
fn document_or_lines(
    scanner: &mut Scanner<'_>,
    items: Option<&JsonPath>,
    record: RecordSink<'_>,
) -> Result<Head, ParseError> {
    let first_line = scanner.line;
    let first = scanner.value()?;
    if scanner.is_cut {
        return Err(ParseError::new(scanner.truncation("}")?));
    }
    scanner.skip_blanks()?;
    if scanner.peek()?.is_none() {
        let document: Value =
            serde_json::from_slice(&first).map_err(|error| ParseError::new(format!("it is no JSON: {error}")))?;
        return of_document(&document, items, record);
    }
    record(first_line, serde_json::from_slice(&first).map_err(no_json))?;
    while scanner.peek()?.is_some() {
        let line = scanner.line;
        let text = scanner.rest_of_line()?;
        if !text.trim_ascii().is_empty() {
            record(line, serde_json::from_slice(&text).map_err(no_json))?;
        }
    }
    Ok(Head::default())
}

fn of_document(document: &Value, items: Option<&JsonPath>, record: RecordSink<'_>) -> Result<Head, ParseError> {
    let mut notes = Vec::new();
    let (path, records) = match items {
        Some(items) => (Some(items.as_str().to_owned()), items.values(document)),
        None => {
            let mut lists = Vec::new();
            find_lists(document, "$", MAX_DEPTH, &mut lists);
            let longest = (0..lists.len()).max_by_key(|index| lists[*index].1.len());
            let longest = longest.map(|index| lists.remove(index));
            if !lists.is_empty() {
                let others = lists.iter().map(|(path, list)| format!("`{path}[*]` ({})", list.len()));
                let others = others.collect::<Vec<_>>().join(", ");
                notes.push(format!("other lists, which are not read unless `items` names them: {others}"));
            }
            match longest {
                Some((path, list)) => (Some(format!("{path}[*]")), list.iter().collect()),
                // A list without a record, by itself or in the usual place.
                None if is_empty_list(document) => (None, Vec::new()),
                None => (None, vec![document]),
            }
        }
    };
    for found in records {
        record(0, Ok(found.clone()))?;
    }
    Ok(Head { items: path, next: pages::next(document), notes, ..Head::default() })
}

/// Whether a document is a list of nothing, or has one and is no record itself.
fn is_empty_list(document: &Value) -> bool {
    let is_empty = |value: &Value| value.as_array().is_some_and(Vec::is_empty);
    let has_title = |members: &Map<String, Value>| members.keys().any(|name| name.eq_ignore_ascii_case("title"));
    is_empty(document)
        || document.as_object().is_some_and(|members| !has_title(members) && members.values().any(is_empty))
}

/// Finds the lists of objects that are no part of a record, with their paths.
fn find_lists<'v>(value: &'v Value, path: &str, depth: usize, lists: &mut Vec<(String, &'v Vec<Value>)>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Array(list) if list.first().is_some_and(Value::is_object) => lists.push((path.to_owned(), list)),
        // A record by itself, with lists of its tags or pictures.
        Value::Object(members) if members.keys().any(|name| name.eq_ignore_ascii_case("title")) => {}
        Value::Object(members) => {
            members.iter().for_each(|(name, inner)| find_lists(inner, &child(path, name), depth, lists));
        }
        _ => {}
    }
}

/// The path of a member (RFC 9535 §2.5.1.1).
fn child(path: &str, name: &str) -> String {
    let is_plain = name.starts_with(|letter: char| letter.is_alphabetic() || letter == '_')
        && name.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    if is_plain {
        format!("{path}.{name}")
    } else {
        format!("{path}['{}']", name.replace('\\', "\\\\").replace('\'', "\\'"))
    }
}
