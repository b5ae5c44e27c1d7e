//! Whether the day or the month is first in dates of two numbers and a year: never guessed from one date, but inferred from
//! all dates of a source.

use chrono::NaiveDate;

use super::{EntryDate, TimeOfDay};

/// A date written as two numbers and a year. At least one order gives a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumericDate {
    pub(super) first: u32,
    pub(super) second: u32,
    pub(super) year: i32,
    pub(super) separator: char,
    pub(super) time: Option<TimeOfDay>,
}

/// The order of day and month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldOrder {
    DayFirst,
    MonthFirst,
}

impl FieldOrder {
    /// Completes "read with …".
    pub fn description(self) -> &'static str {
        match self {
            FieldOrder::DayFirst => "the day first",
            FieldOrder::MonthFirst => "the month first",
        }
    }

    fn other(self) -> FieldOrder {
        match self {
            FieldOrder::DayFirst => FieldOrder::MonthFirst,
            FieldOrder::MonthFirst => FieldOrder::DayFirst,
        }
    }
}

/// Why an order was inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// No date is ambiguous.
    NotNeeded,
    /// The date at this index is valid in one order only.
    Unambiguous(usize),
    /// The dates are sorted in this order only.
    Sequence,
    /// Dotted dates put the day first.
    Dots,
    /// Some dates are valid in one order only, some in the other only.
    Conflict,
    /// There is none; the order is a default.
    Absent,
}

impl NumericDate {
    /// The day in this order.
    pub fn day(&self, order: FieldOrder) -> Option<NaiveDate> {
        match order {
            FieldOrder::DayFirst => NaiveDate::from_ymd_opt(self.year, self.second, self.first),
            FieldOrder::MonthFirst => NaiveDate::from_ymd_opt(self.year, self.first, self.second),
        }
    }

    /// The date in this order, else in the other one.
    pub fn resolve(&self, order: FieldOrder) -> Option<EntryDate> {
        let day = self.day(order).or_else(|| self.day(order.other()))?;
        Some(EntryDate::new(day, self.time))
    }

    /// Whether the two orders give different valid days.
    pub fn is_ambiguous(&self) -> bool {
        let (day, month) = (self.day(FieldOrder::DayFirst), self.day(FieldOrder::MonthFirst));
        day.is_some() && month.is_some() && day != month
    }
}

/// Infers the order of day and month from all dates of a source.
pub fn infer_field_order(dates: &[NumericDate]) -> (FieldOrder, Evidence) {
    let requires =
        |date: &NumericDate, order: FieldOrder| date.day(order).is_some() && date.day(order.other()).is_none();
    let first_requiring = |order: FieldOrder| dates.iter().position(|date| requires(date, order));
    match (first_requiring(FieldOrder::DayFirst), first_requiring(FieldOrder::MonthFirst)) {
        (Some(index), None) => return (FieldOrder::DayFirst, Evidence::Unambiguous(index)),
        (None, Some(index)) => return (FieldOrder::MonthFirst, Evidence::Unambiguous(index)),
        (Some(_), Some(_)) => {
            let count = |order: FieldOrder| dates.iter().filter(|date| requires(date, order)).count();
            let month_first = count(FieldOrder::MonthFirst) > count(FieldOrder::DayFirst);
            let order = if month_first { FieldOrder::MonthFirst } else { FieldOrder::DayFirst };
            return (order, Evidence::Conflict);
        }
        (None, None) => {}
    }
    if !dates.iter().any(NumericDate::is_ambiguous) {
        return (FieldOrder::DayFirst, Evidence::NotNeeded);
    }
    if dates.iter().all(|date| date.separator == '.') {
        return (FieldOrder::DayFirst, Evidence::Dots);
    }
    match (is_monotonic(dates, FieldOrder::DayFirst), is_monotonic(dates, FieldOrder::MonthFirst)) {
        (true, false) => (FieldOrder::DayFirst, Evidence::Sequence),
        (false, true) => (FieldOrder::MonthFirst, Evidence::Sequence),
        _ => (FieldOrder::DayFirst, Evidence::Absent),
    }
}

fn is_monotonic(dates: &[NumericDate], order: FieldOrder) -> bool {
    let days: Vec<_> = dates.iter().filter_map(|date| date.day(order)).collect();
    days.len() > 2 && (days.is_sorted() || days.iter().rev().is_sorted())
}

/// A note for the report on how dates were read; `unit` names what the numbers count, such as "lines".
pub fn field_order_note(
    order: FieldOrder,
    evidence: Evidence,
    dates: &[(usize, NumericDate)],
    unit: &str,
) -> Option<String> {
    let cure = "If that is wrong, write the dates with the year first (2015-04-16) and import again.";
    let first = order.description();
    let numbers_of = |is_meant: fn(&NumericDate, FieldOrder) -> bool| -> Vec<String> {
        dates.iter().filter(|(_, date)| is_meant(date, order)).map(|(number, _)| number.to_string()).collect()
    };
    let listed = |numbers: &[String]| numbers[..numbers.len().min(10)].join(", ");
    Some(match evidence {
        Evidence::NotNeeded | Evidence::Dots | Evidence::Unambiguous(_) => return None,
        Evidence::Sequence => format!(
            "No date tells whether the day or the month stands first; read with {first}, because only so do the dates run one way. {cure}"
        ),
        Evidence::Absent => {
            let numbers = numbers_of(|date, _| date.is_ambiguous());
            let shown = listed(&numbers);
            let more = if numbers.len() > 10 { format!(" and {} more", numbers.len() - 10) } else { String::new() };
            format!(
                "No date tells whether the day or the month stands first ({unit} {shown}{more}); read with {first}. {cure}"
            )
        }
        Evidence::Conflict => format!(
            "Some dates can only have the day first, some only the month ({unit} {}); dates with both readings are read with {first}. {cure}",
            listed(&numbers_of(|date, order| date.day(order).is_none()))
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::{ParsedDate, parse};

    fn numbers(texts: &[&str]) -> Vec<NumericDate> {
        texts
            .iter()
            .filter_map(|text| match parse(text)?.date? {
                ParsedDate::Numeric(numbers) => Some(numbers),
                ParsedDate::Exact(_) => None,
            })
            .collect()
    }

    #[test]
    fn field_order_is_inferred_from_all_dates() {
        let infer = |texts: &[&str]| infer_field_order(&numbers(texts));
        assert_eq!(infer(&["05/04/2015", "16/04/2015"]), (FieldOrder::DayFirst, Evidence::Unambiguous(1)));
        assert_eq!(infer(&["04/16/2015", "04/05/2015"]), (FieldOrder::MonthFirst, Evidence::Unambiguous(0)));
        assert_eq!(infer(&["04/04/2015"]), (FieldOrder::DayFirst, Evidence::NotNeeded));
        assert_eq!(infer(&["05.04.2015", "06.04.2015"]), (FieldOrder::DayFirst, Evidence::Dots));
        assert_eq!(infer(&["05/04/2015"]), (FieldOrder::DayFirst, Evidence::Absent));
        assert_eq!(infer(&["04/09/2015", "04/05/2015", "03/12/2015"]), (FieldOrder::MonthFirst, Evidence::Sequence));
        assert_eq!(infer(&["16/04/2015", "04/16/2015"]), (FieldOrder::DayFirst, Evidence::Conflict));
    }
}
