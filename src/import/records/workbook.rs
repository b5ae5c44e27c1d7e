//! The records of workbooks: XLSX as Excel and LibreOffice save it (ECMA-376). The first sheet with a heading is read, cell by cell.

use std::io::{self, Cursor, Read};

use calamine::{DataRef, Reader, Xlsx, XlsxError};
use serde_json::Value;
use zip::ZipArchive;

use super::table::Table;
use super::{Head, RecordSink};
use crate::config::Mapping;
use crate::import::parse_error::ParseError;

/// The largest workbook, in bytes.
const MAX_BYTES: u64 = 32 << 20;
/// The most bytes that it may be unpacked: the texts of all cells are held in memory.
const MAX_UNPACKED: u64 = 512 << 20;
/// The most columns of a sheet, as in Excel.
const MAX_COLUMNS: usize = 16_384;

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
        return Err(too_long(MAX_BYTES));
    }
    check_unpacked_size(&bytes)?;
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(invalid)?;
    let names = workbook.sheet_names();
    let mut failure = ParseError::new("it has no sheet");
    for name in &names {
        let mut table = Table::new(mapping, is_language);
        match read_sheet(&mut workbook, name, &mut table, record).and_then(|()| table.finish()) {
            Ok(()) => return Ok(Head { notes: notes(&names, name), ..Head::default() }),
            // Another sheet may have a heading.
            Err(error) if table.finish().is_err() => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

fn notes(names: &[String], read: &str) -> Vec<String> {
    let others: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != read).collect();
    let others = (!others.is_empty()).then(|| format!("other sheets, which are not read: {}", others.join(", ")));
    [format!("read from the sheet `{read}`")].into_iter().chain(others).collect()
}

fn read_sheet(
    workbook: &mut Xlsx<Cursor<Vec<u8>>>,
    name: &str,
    table: &mut Table<'_>,
    record: RecordSink<'_>,
) -> Result<(), ParseError> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(invalid)?;
    let (mut line, mut row) = (0, Vec::new());
    while let Some(cell) = cells.next_cell().map_err(invalid)? {
        let (number, column) = cell.get_position();
        let (number, column) = (number as usize + 1, column as usize);
        if number != line {
            table.row(line, std::mem::take(&mut row), record)?;
            line = number;
        }
        if column >= MAX_COLUMNS {
            return Err(ParseError::new(format!(
                "its row {number} has more than {MAX_COLUMNS} columns; save it as CSV"
            )));
        }
        row.resize(row.len().max(column + 1), Value::Null);
        row[column] = value(cell.get_value());
    }
    table.row(line, row, record)
}

/// A few bytes can be unpacked to many, and the sizes that an archive names may be wrong.
fn check_unpacked_size(bytes: &[u8]) -> Result<(), ParseError> {
    let damaged =
        |error: &dyn std::fmt::Display| ParseError::new(format!("this is no workbook that can be read: {error}"));
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).map_err(|error| damaged(&error))?.take(left + 1);
        let size = io::copy(&mut part, &mut io::sink()).map_err(|error| damaged(&error))?;
        left = left.checked_sub(size).ok_or_else(|| too_long(MAX_UNPACKED))?;
    }
    Ok(())
}

fn too_long(limit: u64) -> ParseError {
    ParseError::new(format!("a workbook may have {} MB, and this has more; save it as CSV", limit >> 20))
}

fn invalid(error: XlsxError) -> ParseError {
    ParseError::new(format!("this is no workbook that can be read: {error}"))
}

/// The value of a cell: what a formula shows, and a date as text.
fn value(cell: &DataRef<'_>) -> Value {
    let text = |text: &str| Value::String(text.trim().replace("\r\n", "\n"));
    match cell {
        DataRef::Empty | DataRef::Error(_) => Value::Null,
        DataRef::String(own) => text(own),
        DataRef::SharedString(shared) => text(shared),
        DataRef::Bool(flag) => Value::Bool(*flag),
        DataRef::Int(number) => Value::from(*number),
        // An id is no fraction.
        DataRef::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Value::from(*number as i64),
        DataRef::Float(number) => Value::from(*number),
        DataRef::DateTime(at) => {
            let (year, month, day, hour, minute, second, _) = at.to_ymd_hms_milli();
            let date = format!("{year:04}-{month:02}-{day:02}");
            let is_day = (hour, minute, second) == (0, 0, 0);
            Value::String(if is_day { date } else { format!("{date}T{hour:02}:{minute:02}:{second:02}") })
        }
        DataRef::DateTimeIso(own) | DataRef::DurationIso(own) => text(own),
    }
}
