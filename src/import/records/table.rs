//! The records of tables: CSV as spreadsheets and systems write it. The first row that names a title is the heading.

use std::io::{BufReader, Read};

use csv::{ReaderBuilder, StringRecord};
use serde_json::{Map, Value};

use super::names::{NAMES, folded};
use super::{Head, RecordSink};
use crate::config::Mapping;
use crate::import::parse_error::ParseError;

/// Signs between the cells of a row.
const SEPARATORS: [u8; 4] = *b",;\t|";
/// So many rows may stand above the heading.
const MAX_ABOVE: usize = 20;
/// How much of a document is looked at to find its separator, in bytes.
const HEAD: usize = 64 << 10;

/// Reads the rows of CSV (RFC 4180, with other separators too).
///
/// # Errors
/// It has no heading.
pub fn read_csv(
    mut input: impl Read,
    mapping: Option<&Mapping>,
    is_language: &dyn Fn(&str) -> bool,
    record: RecordSink<'_>,
) -> Result<Head, ParseError> {
    let mut head = Vec::new();
    input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    let (separator, skipped) = separator(&head);
    let input = std::io::Cursor::new(head.split_off(skipped)).chain(input);
    let mut reader =
        ReaderBuilder::new().delimiter(separator).flexible(true).has_headers(false).from_reader(BufReader::new(input));
    let mut table = Table::new(mapping, is_language);
    let mut row = StringRecord::new();
    loop {
        match reader.read_record(&mut row) {
            Ok(false) => break,
            Ok(true) => {
                let line = row.position().map_or(0, |position| position.line() as usize) + usize::from(skipped > 0);
                table.row(
                    line,
                    row.iter().map(|cell| Value::String(cell.trim().replace("\r\n", "\n"))).collect(),
                    record,
                )?;
            }
            Err(error) => return Err(ParseError::new(format!("it cannot be read: {error}"))),
        }
    }
    table.finish()?;
    Ok(Head { notes: vec![format!("its cells are separated by {}", name_of(separator))], ..Head::default() })
}

fn name_of(separator: u8) -> &'static str {
    match separator {
        b',' => "commas",
        b';' => "semicolons",
        b'\t' => "tabs",
        _ => "bars",
    }
}

/// The sign between cells, and how many bytes of a line `sep=;` are to be skipped.
fn separator(head: &[u8]) -> (u8, usize) {
    let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
    if let Some([sign]) = first.trim_ascii().strip_prefix(b"sep=") {
        return (*sign, head.iter().position(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1));
    }
    // Whichever makes most rows as long as most others.
    let score = |separator: &u8| {
        let reader = ReaderBuilder::new().delimiter(*separator).flexible(true).has_headers(false).from_reader(head);
        let lengths: Vec<usize> = reader.into_records().take(100).filter_map(|row| Some(row.ok()?.len())).collect();
        let usual =
            lengths.iter().copied().max_by_key(|length| lengths.iter().filter(|other| *other == length).count());
        let usual = usual.unwrap_or(1);
        if usual == 1 { (0, 0) } else { (lengths.iter().filter(|length| **length == usual).count(), usual) }
    };
    (SEPARATORS.into_iter().rev().max_by_key(score).unwrap_or(b','), 0)
}

/// Rows that become records.
pub struct Table<'t> {
    heading: Option<Vec<Column>>,
    /// How many rows stand above the heading.
    above: usize,
    is_language: &'t dyn Fn(&str) -> bool,
    mapping: Option<&'t Mapping>,
}

/// A column, of one language if its name ends with it: `title_fr`, `Title (FR)`.
struct Column {
    name: String,
    language: Option<String>,
}

impl<'t> Table<'t> {
    pub fn new(mapping: Option<&'t Mapping>, is_language: &'t dyn Fn(&str) -> bool) -> Table<'t> {
        Table { heading: None, above: 0, is_language, mapping }
    }

    pub fn row(&mut self, line: usize, mut cells: Vec<Value>, record: RecordSink<'_>) -> Result<(), ParseError> {
        while cells.pop_if(|cell| is_empty(cell)).is_some() {}
        if cells.is_empty() {
            return Ok(());
        }
        let Some(heading) = &self.heading else { return self.above_heading(&cells) };
        if cells.len() > heading.len() {
            let why = format!(
                "it has {} cells, and the heading {}; is a quotation mark missing in this row or before it?",
                cells.len(),
                heading.len()
            );
            return record(line, Err(why));
        }
        let mut members = Map::new();
        for (column, cell) in heading.iter().zip(cells).filter(|(_, cell)| !is_empty(cell)) {
            match &column.language {
                None => drop(members.insert(column.name.clone(), cell)),
                Some(language) => {
                    let texts = members.entry(column.name.clone()).or_insert_with(|| Value::Object(Map::new()));
                    if let Value::Object(texts) = texts {
                        texts.insert(language.clone(), cell);
                    }
                }
            }
        }
        record(line, Ok(Value::Object(members)))
    }

    fn above_heading(&mut self, cells: &[Value]) -> Result<(), ParseError> {
        let names: Vec<&str> = cells.iter().map(|cell| cell.as_str().unwrap_or_default()).collect();
        if self.is_heading(&names) {
            self.heading = Some(self.columns(&names));
            return Ok(());
        }
        self.above += 1;
        if self.above > MAX_ABOVE { self.finish() } else { Ok(()) }
    }

    /// Whether a row names the columns: one that the mapping names, else one that is known as a title.
    fn is_heading(&self, names: &[&str]) -> bool {
        match self.mapping {
            Some(mapping) => {
                let title = mapping.get("title").map(|field| field.path.first_name());
                self.columns(names).iter().any(|column| title == Some(&*column.name))
            }
            None => names.len() > 1 && self.columns(names).iter().any(|column| is_known("title", &column.name)),
        }
    }

    /// The columns. Their languages are split off only where the rest of the name is known.
    fn columns(&self, names: &[&str]) -> Vec<Column> {
        let is_column = |name: &str| match self.mapping {
            Some(mapping) => mapping.fields().any(|(_, field)| field.path.first_name() == name),
            None => NAMES.iter().any(|(key, _)| is_known(key, name)),
        };
        let column = |name: &&str| {
            let split = split_language(name, self.is_language).filter(|_| self.mapping.is_none() || !is_column(name));
            match split.filter(|(rest, _)| is_column(rest)) {
                Some((rest, language)) => Column { name: rest, language: Some(language) },
                None => Column { name: (*name).to_owned(), language: None },
            }
        };
        names.iter().map(column).collect()
    }

    /// # Errors
    /// No row was a heading.
    pub fn finish(&self) -> Result<(), ParseError> {
        match self.heading {
            Some(_) => Ok(()),
            None => Err(ParseError::new(
                "no row of it names its columns, one of them a title; say what they are with `[import.NAME.map]` in the configuration",
            )),
        }
    }
}

fn is_empty(cell: &Value) -> bool {
    cell.is_null() || cell.as_str().is_some_and(|text| text.trim().is_empty())
}

fn is_known(key: &str, name: &str) -> bool {
    let name = folded(name);
    NAMES.iter().any(|(known, names)| *known == key && names.iter().any(|other| folded(other) == name))
}

/// The name of a column without the language at its end.
fn split_language(name: &str, is_language: &dyn Fn(&str) -> bool) -> Option<(String, String)> {
    let name = name.trim();
    let (rest, tag) = match name.strip_suffix([')', ']']) {
        Some(inner) => inner.rsplit_once(['(', '['])?,
        None => name.rsplit_once(['_', ' ', '-', ':', '.'])?,
    };
    let tag = tag.trim();
    ((2..=3).contains(&tag.len()) && is_language(tag)).then(|| (rest.trim().to_owned(), tag.to_lowercase()))
}
