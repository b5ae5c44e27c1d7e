//! Owns reading records, as a CMS exports them and as spreadsheets have them, into entries: JSON, JSONL, CSV and XLSX; never touches
//! topics or files.
//!
//! A record is a JSON object, whatever the format: the cells of a row are members by the names of their columns. A [`Mapping`] says
//! which members are what; without one the usual names are recognized in the first records ([`recognize`]).

mod convert;
mod explain;
mod json;
mod names;
mod recognize;
mod table;
mod value;
mod workbook;

use std::io::{self, BufReader, Read};

use serde_json::Value;

use super::api::pages::Next;
use super::entry::ParsedEntry;
use super::parse_error::ParseError;
use super::read::Kind;
use crate::config::Mapping;
use crate::json_path::JsonPath;
pub use explain::to_toml;

/// How many records are looked at to recognize names.
const SAMPLE: usize = 200;

/// What the user says of records.
#[derive(Clone, Debug, Default)]
pub struct RecordOptions {
    /// Where the records are in a JSON document.
    pub items: Option<JsonPath>,
    /// What the members of a record are.
    pub mapping: Option<Mapping>,
}

/// What is known of a document when its records have been read.
#[derive(Debug, Default)]
pub struct Head {
    /// How its members were understood.
    pub notes: Vec<String>,
    /// What the mapping names and no record has.
    pub warnings: Vec<String>,
    /// Where its records are, and what their members are, as they were recognized or given.
    pub items: Option<String>,
    pub mapping: Mapping,
    /// The next page, if the document names one.
    pub next: Option<Next>,
    /// Why it was not read to its end, if it was not.
    pub truncation: Option<String>,
}

/// A value of a document in the place of an entry.
type Record = Result<Value, String>;

/// Takes the line at which a record begins, and the record, or why it is none.
type RecordSink<'s> = &'s mut dyn FnMut(usize, Record) -> Result<(), ParseError>;

/// Reads the records of a document. `is_language`: whether a tag means a language of the site.
///
/// # Errors
/// Why it has no records, or what they are cannot be told.
pub fn read<R: Read>(
    kind: Kind,
    open: impl Fn() -> io::Result<R>,
    options: &RecordOptions,
    is_language: &dyn Fn(&str) -> bool,
    emit: &mut dyn FnMut(ParsedEntry),
) -> Result<Head, ParseError> {
    let mut input = BufReader::new(open()?);
    let unmatched = options.mapping.iter().flat_map(Mapping::fields).map(|(key, _)| key.to_owned());
    // Others may be missing in a few records.
    let unmatched = unmatched.filter(|key| EXPECTED.contains(&key.as_str())).collect();
    let mut records = Records {
        is_language,
        sample: Vec::new(),
        mapping: options.mapping.clone(),
        notes: Vec::new(),
        unmatched,
        first: None,
        emit,
    };
    let mut head = match kind {
        Kind::Csv => table::read_csv(input, options.mapping.as_ref(), is_language, &mut |line, record| {
            records.push(line, record)
        })?,
        Kind::Xlsx => workbook::read(input, options.mapping.as_ref(), is_language, &mut |line, record| {
            records.push(line, record)
        })?,
        _ => json::read(&mut input, options.items.as_ref(), &mut |line, record| records.push(line, record))?,
    };
    let (mapping, notes, warnings) = records.finish()?;
    head.notes.extend(notes);
    head.warnings = warnings;
    Ok(Head { mapping, ..head })
}

/// Hands on the entry of a record whose members are known.
pub fn convert(mapping: &Mapping, record: Value, emit: &mut dyn FnMut(ParsedEntry)) {
    convert::entries(mapping, 0, Ok(record), &|_| false, emit);
}

/// Keys that every record is expected to have.
const EXPECTED: [&str; 7] =
    ["id", "title", "language", "published", "content_html", "content_markdown", "content_text"];

/// How many members are named.
const MAX_NAMED: usize = 20;

fn member_names(record: &Value) -> Vec<String> {
    record.as_object().map(|members| members.keys().take(MAX_NAMED).cloned().collect()).unwrap_or_default()
}

/// Collects records until their members are understood, and converts them.
struct Records<'r> {
    is_language: &'r dyn Fn(&str) -> bool,
    sample: Vec<(usize, Record)>,
    mapping: Option<Mapping>,
    notes: Vec<String>,
    /// Keys of the mapping of which no record had a value yet.
    unmatched: Vec<String>,
    /// The members of the first record.
    first: Option<Vec<String>>,
    emit: &'r mut dyn FnMut(ParsedEntry),
}

impl Records<'_> {
    fn push(&mut self, line: usize, record: Record) -> Result<(), ParseError> {
        match &self.mapping {
            Some(mapping) => {
                if let Ok(record) = &record {
                    let lacks =
                        |key: &String| mapping.get(key).is_none_or(|field| field.path.values(record).is_empty());
                    self.unmatched.retain(lacks);
                    self.first.get_or_insert_with(|| member_names(record));
                }
                convert::entries(mapping, line, record, self.is_language, self.emit);
            }
            None => {
                self.sample.push((line, record));
                if self.sample.len() == SAMPLE {
                    self.convert_sample()?;
                }
            }
        }
        Ok(())
    }

    /// Recognizes the members of the sample, and converts it.
    fn convert_sample(&mut self) -> Result<(), ParseError> {
        let records: Vec<&Value> = self.sample.iter().filter_map(|(_, record)| record.as_ref().ok()).collect();
        let mut mapping = Mapping::default();
        if !records.is_empty() {
            let unused;
            (mapping, unused) = recognize::mapping(&records, self.is_language)?;
            self.notes = explain::notes(&mapping, &unused);
        }
        for (line, record) in self.sample.drain(..) {
            convert::entries(&mapping, line, record, self.is_language, self.emit);
        }
        self.mapping = Some(mapping);
        Ok(())
    }

    /// The mapping, and how it was understood.
    fn finish(mut self) -> Result<(Mapping, Vec<String>, Vec<String>), ParseError> {
        if self.mapping.is_none() {
            self.convert_sample()?;
        }
        let mapping = self.mapping.unwrap_or_default();
        let names = self.first.unwrap_or_default();
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let unmatched = self.unmatched.iter().filter(|_| !names.is_empty());
        let warning = |key: &String| {
            let path = mapping.get(key).map(|field| field.path.to_string()).unwrap_or_default();
            format!("no record has anything at `{path}`, where {key} should be; the first has {}", names.join(", "))
        };
        let warnings = unmatched.map(warning).collect();
        Ok((mapping, self.notes, warnings))
    }
}

#[cfg(test)]
mod tests;
