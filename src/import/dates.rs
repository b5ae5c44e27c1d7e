//! The dates of entries, decided by all dates of their source.

use super::entry::{EntryDate, ParsedDate};
use super::normalize::NormalizedEntry;
use crate::dates::{NumericDate, field_order_note, infer_field_order};

/// The dates of an entry as its source has them.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    pub published: Option<ParsedDate>,
    pub updated: Option<ParsedDate>,
    pub expires: Option<ParsedDate>,
}

/// Fills the dates of a source's entries, with the day or the month first as their dates tell. Returns a note for the
/// report if that is not sure.
pub fn resolve(entries: &mut [NormalizedEntry], dates: &[Dates]) -> Option<String> {
    let has_lines = entries.iter().any(|entry| entry.report.line > 0);
    let numbers_of = |field: fn(&Dates) -> Option<ParsedDate>| -> Vec<(usize, NumericDate)> {
        let places =
            entries.iter().enumerate().map(|(index, entry)| if has_lines { entry.report.line } else { index + 1 });
        places.zip(dates).filter_map(|(place, dates)| Some((place, field(dates)?.numbers()?))).collect()
    };
    // The publication dates are in the order of the source; the others are not.
    let mut numbers = numbers_of(|dates| dates.published);
    if numbers.is_empty() {
        numbers = [numbers_of(|dates| dates.updated), numbers_of(|dates| dates.expires)].concat();
    }
    let (order, evidence) = infer_field_order(&numbers.iter().map(|(_, numbers)| *numbers).collect::<Vec<_>>());
    for (entry, dates) in entries.iter_mut().zip(dates) {
        let date = |date: Option<ParsedDate>| date.map(|date| date.resolve(order));
        (entry.published, entry.updated, entry.expires) =
            (date(dates.published), date(dates.updated), date(dates.expires));
        entry.report.date = entry.published.map(|date| EntryDate::day(date).to_string());
    }
    field_order_note(order, evidence, &numbers, if has_lines { "lines" } else { "entries" })
}
