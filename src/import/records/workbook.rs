//! The records of spreadsheets: XLSX as Excel and LibreOffice save it (ECMA-376). The first sheet with a heading is read.

use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use chrono::{Duration, NaiveDate};
use serde_json::Value;

use super::table::Table;
use super::{Head, RecordSink};
use crate::config::Mapping;
use crate::import::parse_error::ParseError;

/// The largest workbook, in bytes: a sheet is held in memory.
const MAX_BYTES: u64 = 32 << 20;

/// Reads the rows of a workbook.
///
/// # Errors
/// It is none, or no sheet has a heading.
pub fn read(
    input: impl Read,
    mapping: Option<&Mapping>,
    is_language: &dyn Fn(&str) -> bool,
    record: RecordSink<'_>,
) -> Result<Head, ParseError> {
    let mut bytes = Vec::new();
    input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(ParseError::new(format!(
            "a workbook may have {} MB, and this is longer; save it as CSV",
            MAX_BYTES >> 20
        )));
    }
    let invalid =
        |error: calamine::XlsxError| ParseError::new(format!("this is no workbook that can be read: {error}"));
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(invalid)?;
    let mut failure = ParseError::new("it has no sheet");
    let names = workbook.sheet_names();
    for (index, name) in names.iter().enumerate() {
        let range = workbook.worksheet_range(name).map_err(invalid)?;
        let first_row = range.start().map_or(1, |(row, _)| row as usize + 1);
        let mut table = Table::new(mapping, is_language);
        for (number, row) in range.rows().enumerate() {
            table.row(first_row + number, row.iter().map(value).collect(), record)?;
        }
        match table.finish() {
            Ok(()) => {
                let others: Vec<&str> = names
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != index)
                    .map(|(_, name)| name.as_str())
                    .collect();
                let mut notes = vec![format!("read from the sheet `{name}`")];
                if !others.is_empty() {
                    notes.push(format!("other sheets, which are not read: {}", others.join(", ")));
                }
                return Ok(Head { notes, ..Head::default() });
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// The value of a cell; what a formula shows, and a date as text.
fn value(cell: &Data) -> Value {
    match cell {
        Data::Empty | Data::Error(_) => Value::Null,
        Data::String(text) => Value::String(text.trim().replace("\r\n", "\n")),
        Data::Bool(flag) => Value::Bool(*flag),
        Data::Int(number) => Value::from(*number),
        // An id is no fraction.
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Value::from(*number as i64),
        Data::Float(number) => Value::from(*number),
        Data::DateTime(at) => date(at.as_f64()).map_or(Value::Null, Value::String),
        Data::DateTimeIso(text) | Data::DurationIso(text) => Value::String(text.clone()),
    }
}

/// A day, or a time of one, by days since 1899-12-30.
fn date(days: f64) -> Option<String> {
    let first = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_hms_opt(0, 0, 0)?;
    let at = first.checked_add_signed(Duration::try_seconds((days * 86_400.0).round() as i64)?)?;
    Some(if days.fract() == 0.0 { at.date().to_string() } else { at.format("%Y-%m-%dT%H:%M:%S").to_string() })
}
