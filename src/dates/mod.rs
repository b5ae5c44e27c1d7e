//! Owns parsing dates that others wrote: at the start of a line, in feeds ([`feed`]) and in front matter
//! ([`front_matter`]); never touches the clock or the store's own dates.
//!
//! `16/04/2015`, `04-16-2015`, `2015.04.16`, `16.04.15`, `16 April 2015`, `April 16th, 2015`, `16 de abril de 2015`,
//! `16 апреля 2015 г.`, `2015年4月16日`, with a weekday before and a time of day after. Whether the day or the month is
//! first is never guessed from one date: [`infer_field_order`] considers all of them.

pub mod feed;
pub mod front_matter;
mod names;
mod parser;

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime};

pub use parser::parse_prefix;

/// A date as exactly as the source gives it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EntryDate {
    Instant(DateTime<FixedOffset>),
    /// Without an offset.
    Local(NaiveDateTime),
    Day(NaiveDate),
}

/// A date at the start of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DateMatch {
    /// In bytes.
    pub length: usize,
    pub date: ParsedDate,
}

/// A date, as far as it can be known on its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParsedDate {
    /// With a month name or the year first; `None` if there is no such day (31 April).
    Exact(Option<NaiveDate>),
    /// Day and month as numbers, in either order.
    Ambiguous(NumericDate),
}

/// A date written as two numbers and a year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NumericDate {
    first: u32,
    second: u32,
    year: i32,
    separator: char,
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
    pub fn resolve(&self, order: FieldOrder) -> Option<NaiveDate> {
        match order {
            FieldOrder::DayFirst => NaiveDate::from_ymd_opt(self.year, self.second, self.first),
            FieldOrder::MonthFirst => NaiveDate::from_ymd_opt(self.year, self.first, self.second),
        }
    }

    /// The day in this order, else in the other one.
    pub fn resolve_leniently(&self, order: FieldOrder) -> Option<NaiveDate> {
        self.resolve(order).or_else(|| self.resolve(order.other()))
    }

    /// Whether the two orders give different valid days.
    pub fn is_ambiguous(&self) -> bool {
        let (day, month) = (self.resolve(FieldOrder::DayFirst), self.resolve(FieldOrder::MonthFirst));
        day.is_some() && month.is_some() && day != month
    }
}

/// Infers the order of day and month from all dates of a source.
pub fn infer_field_order(dates: &[NumericDate]) -> (FieldOrder, Evidence) {
    let requires =
        |date: &NumericDate, order: FieldOrder| date.resolve(order).is_some() && date.resolve(order.other()).is_none();
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
    let days: Vec<_> = dates.iter().filter_map(|date| date.resolve(order)).collect();
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
            listed(&numbers_of(|date, order| date.resolve(order).is_none()))
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(text: &str) -> Option<String> {
        match parse_prefix(text)?.date {
            ParsedDate::Exact(date) => Some(date.map_or("none".into(), |date| date.to_string())),
            ParsedDate::Ambiguous(_) => Some("numbers".into()),
        }
    }

    #[test]
    fn exact_dates() {
        for text in [
            "2015-04-16",
            "2015/4/16 Title",
            "2015.04.16",
            "2015年4月16日 标题",
            "2015년 4월 16일",
            "16 April 2015",
            "16-Apr-2015: x",
            "April 16, 2015",
            "Apr. 16th, 2015",
            "16 de abril de 2015",
            "16 avril 2015 - x",
            "16 апреля 2015 г. Вода",
            "16. April 2015",
            "Thursday, 16 April 2015",
            "(16 April 2015)",
            "2015-04-16T14:30:00Z",
            "16 avr. 2015",
            "١٦ نيسان ٢٠١٥",
            "jeudi 16 avril 2015",
            "16 Απριλίου 2015",
            "16 Nisan 2015",
            "16. huhtikuuta 2015",
            "16. dubna 2015",
            "16 април 2015 г.",
            "16 aprilie 2015",
            "16 באפריל 2015",
            "16 آوریل 2015",
        ] {
            assert_eq!(sure(text).as_deref(), Some("2015-04-16"), "{text}");
        }
        assert_eq!(sure("1er mai 2015").as_deref(), Some("2015-05-01"));
        assert_eq!(sure("31 April 2015").as_deref(), Some("none"));
    }

    #[test]
    fn texts_that_are_no_date() {
        for text in [
            "", "8.5.10.2", "16/04", "Mars 2015", "16 Aprils of 2015", "2015", "12345/01/01", "16/04/20155", "June",
            "(16/04/2015", "1.2.3",
        ] {
            assert_eq!(parse_prefix(text), None, "{text}");
        }
    }

    #[test]
    fn length_includes_the_time_of_day() {
        assert_eq!(parse_prefix("16/04/2015 14:30 Title").map(|date| date.length), Some(16));
        assert_eq!(parse_prefix("2015-04-16 14:30:00 +0200 Title").map(|date| date.length), Some(25));
        assert_eq!(parse_prefix("16/04/2015 12 wells").map(|date| date.length), Some(10));
        for (text, rest) in [
            ("4 мая 2014 года. Второе", ". Второе"),
            ("16.04.2015г. Заголовок", " Заголовок"),
            ("16.04.2015 г. Заголовок", " Заголовок"),
            ("4 травня 2014 року Друге", " Друге"),
            ("16.04.2015 Рыба", " Рыба"),
        ] {
            assert_eq!(parse_prefix(text).map(|date| &text[date.length..]), Some(rest));
        }
        assert_eq!(parse_prefix("16/04/2015 Zebra").map(|date| date.length), Some(10));
    }

    fn numbers(texts: &[&str]) -> Vec<NumericDate> {
        texts
            .iter()
            .filter_map(|text| match parse_prefix(text)?.date {
                ParsedDate::Ambiguous(numbers) => Some(numbers),
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
