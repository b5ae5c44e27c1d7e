//! Dates that others wrote: in feeds, front matter, pages and listings, and in the names of files ([`path`]). A text has one
//! result, wherever it is from. Never touches the clock or the store's own dates.
//!
//! - RFC 822 and RFC 2822 §3.3 with their obsolete forms and common mistakes, names of zones too; asctime.
//! - RFC 3339 and ISO 8601: calendar, week and ordinal dates, basic and extended, with reduced precision.
//! - Days with the name of the month, in the languages that the CLDR covers well: `16 de abril de 2015`, `2015. április 16.`
//! - Numbers: `16/04/2015`, `04-16-2015`, `16.04.15`, `2015年4月16日`. Whether the day or the month is first is inferred from all
//!   dates of a source ([`infer_field_order`]).
//!
//! What is not there: other calendars than the Gregorian one, relative dates (`yesterday`), and names of zones that several
//! places use for different offsets (`IST`).

mod cursor;
mod field_order;
mod names;
mod parser;
pub mod path;
mod time;
mod zone;

use std::fmt;

use chrono::{DateTime, Days, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

pub use field_order::{FieldOrder, NumericDate, field_order_note, infer_field_order};
pub use parser::{find, parse, parse_prefix};

/// A date as exactly as the source gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EntryDate {
    Instant(DateTime<FixedOffset>),
    /// Without an offset.
    Local(NaiveDateTime),
    Day(NaiveDate),
}

/// A date, as far as it can be known on its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParsedDate {
    Exact(EntryDate),
    /// Day and month as numbers, in either order.
    Numeric(NumericDate),
}

/// A date in a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DateMatch {
    /// In bytes.
    pub length: usize,
    /// `None` if there is no such day (31 April).
    pub date: Option<ParsedDate>,
    /// What is not sure about it.
    pub doubt: Option<Doubt>,
}

/// Why a date may not be what was meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Doubt {
    /// Text after it could not be read.
    Rest,
    /// The name of the month means another one elsewhere: `10:hr`.
    Month(&'static str),
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq)]
struct TimeOfDay {
    time: NaiveTime,
    /// Midnight at the end of the day (ISO 8601, `24:00`).
    is_end_of_day: bool,
    offset: Option<FixedOffset>,
}

impl EntryDate {
    fn new(day: NaiveDate, time: Option<TimeOfDay>) -> EntryDate {
        let Some(TimeOfDay { time, is_end_of_day, offset }) = time else { return EntryDate::Day(day) };
        let day = day.checked_add_days(Days::new(u64::from(is_end_of_day))).unwrap_or(day);
        let local = day.and_time(time);
        let instant = offset.and_then(|offset| offset.from_local_datetime(&local).single());
        instant.map_or(EntryDate::Local(local), EntryDate::Instant)
    }

    /// The day, in the date's own time zone.
    pub fn day(self) -> NaiveDate {
        match self {
            EntryDate::Instant(at) => at.date_naive(),
            EntryDate::Local(at) => at.date(),
            EntryDate::Day(day) => day,
        }
    }

    /// Whether it is after another date, as exactly as both say it.
    pub fn is_after(self, other: EntryDate) -> bool {
        match (self, other) {
            (EntryDate::Instant(one), EntryDate::Instant(other)) => one > other,
            (EntryDate::Local(one), EntryDate::Local(other)) => one > other,
            (one, other) => one.day() > other.day(),
        }
    }
}

impl fmt::Display for EntryDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryDate::Instant(at) => f.write_str(&at.to_rfc3339()),
            EntryDate::Local(at) => write!(f, "{at}"),
            EntryDate::Day(day) => write!(f, "{day}"),
        }
    }
}

impl ParsedDate {
    /// The date, with the day first unless only the other order is one.
    pub fn day_first(self) -> EntryDate {
        self.resolve(FieldOrder::DayFirst)
    }

    /// The date in this order of day and month, else in the other one.
    pub fn resolve(self, order: FieldOrder) -> EntryDate {
        match self {
            ParsedDate::Exact(date) => date,
            ParsedDate::Numeric(numbers) => numbers.resolve(order).unwrap_or(EntryDate::Day(NaiveDate::default())),
        }
    }

    /// Its numbers, if their order is to be inferred.
    pub fn numbers(self) -> Option<NumericDate> {
        match self {
            ParsedDate::Exact(_) => None,
            ParsedDate::Numeric(numbers) => Some(numbers),
        }
    }
}

impl From<EntryDate> for ParsedDate {
    fn from(date: EntryDate) -> ParsedDate {
        ParsedDate::Exact(date)
    }
}

impl DateMatch {
    /// Why a date may not be what was meant, in words that complete "`5 lis 2015` …".
    pub fn remark(&self) -> Option<String> {
        let date = self.date?;
        Some(match (self.doubt.as_ref()?, date) {
            (Doubt::Rest, ParsedDate::Exact(date)) => format!("is no whole date; read as {date}"),
            (Doubt::Rest, ParsedDate::Numeric(_)) => "is no whole date; only its day is read".to_owned(),
            (Doubt::Month(other), date) => {
                let (month, languages) = other.split_once(':').unwrap_or((other, ""));
                format!("is read as {}; in {languages} its month is number {month}", date.day_first())
            }
        })
    }
}

#[cfg(test)]
mod tests;
