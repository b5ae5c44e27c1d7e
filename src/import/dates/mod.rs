//! Owns dates as people write them at the head of a line; never touches the clock, the line's other text, or time zones.
//!
//! `16/04/2015`, `04-16-2015`, `2015.04.16`, `16.04.15`, `16 April 2015`, `April 16th, 2015`, `16 de abril de 2015`,
//! `16 апреля 2015 г.`, `2015年4月16日`, a weekday before and a time of day behind. Whether the day or the month stands
//! first is never guessed from one date: [`decide`] looks at all of them.

mod reader;
mod words;

use chrono::NaiveDate;

pub use reader::at_start;

/// A date found at the head of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DateMatch {
    /// How many bytes of the text it takes.
    pub length: usize,
    pub written: Written,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Written {
    /// Month by name, or the year first: only one reading. None where there is no such day (31 April).
    Sure(Option<NaiveDate>),
    /// Day and month as numbers, in an order that this date alone may not tell.
    Numbers(Numbers),
}

/// Two numbers and a year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    first: u32,
    second: u32,
    year: i32,
    separator: char,
}

/// What stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    DayFirst,
    MonthFirst,
}

impl Order {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Order::DayFirst => "the day first",
            Order::MonthFirst => "the month first",
        }
    }

    fn other(self) -> Order {
        match self {
            Order::DayFirst => Order::MonthFirst,
            Order::MonthFirst => Order::DayFirst,
        }
    }
}

/// Why an order was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No date needs it.
    NotNeeded,
    /// The date at this place of the list has only one reading.
    Proof(usize),
    /// In this order the dates run one way, in the other they do not.
    Sequence,
    /// Dates with dots put the day first.
    Dots,
    /// Some dates have only the one reading, some only the other.
    Contradiction,
    /// Nothing tells.
    Unknown,
}

impl Numbers {
    /// The day that is meant where `order` holds.
    pub fn read(&self, order: Order) -> Option<NaiveDate> {
        match order {
            Order::DayFirst => NaiveDate::from_ymd_opt(self.year, self.second, self.first),
            Order::MonthFirst => NaiveDate::from_ymd_opt(self.year, self.first, self.second),
        }
    }

    /// The day that is meant: in this order, else in the other one where only that makes a day.
    pub fn read_leniently(&self, order: Order) -> Option<NaiveDate> {
        self.read(order).or_else(|| self.read(order.other()))
    }

    /// Whether both orders make a day, and not the same.
    pub fn is_ambiguous(&self) -> bool {
        let (day, month) = (self.read(Order::DayFirst), self.read(Order::MonthFirst));
        day.is_some() && month.is_some() && day != month
    }
}

/// The order that all dates of a listing, in their order, speak for.
pub fn decide(dates: &[Numbers]) -> (Order, Reason) {
    let proves = |date: &Numbers, order: Order| date.read(order).is_some() && date.read(order.other()).is_none();
    let proof = |order: Order| dates.iter().position(|date| proves(date, order));
    match (proof(Order::DayFirst), proof(Order::MonthFirst)) {
        (Some(place), None) => return (Order::DayFirst, Reason::Proof(place)),
        (None, Some(place)) => return (Order::MonthFirst, Reason::Proof(place)),
        (Some(_), Some(_)) => {
            let count = |order: Order| dates.iter().filter(|date| proves(date, order)).count();
            let month_first = count(Order::MonthFirst) > count(Order::DayFirst);
            let order = if month_first { Order::MonthFirst } else { Order::DayFirst };
            return (order, Reason::Contradiction);
        }
        (None, None) => {}
    }
    if !dates.iter().any(Numbers::is_ambiguous) {
        return (Order::DayFirst, Reason::NotNeeded);
    }
    if dates.iter().all(|date| date.separator == '.') {
        return (Order::DayFirst, Reason::Dots);
    }
    match (runs_one_way(dates, Order::DayFirst), runs_one_way(dates, Order::MonthFirst)) {
        (true, false) => (Order::DayFirst, Reason::Sequence),
        (false, true) => (Order::MonthFirst, Reason::Sequence),
        _ => (Order::DayFirst, Reason::Unknown),
    }
}

fn runs_one_way(dates: &[Numbers], order: Order) -> bool {
    let days: Vec<_> = dates.iter().filter_map(|date| date.read(order)).collect();
    days.len() > 2 && (days.is_sorted() || days.iter().rev().is_sorted())
}

/// What a person should know of how dates were read; each comes with the number of its place, which `places` names.
pub fn note(order: Order, reason: Reason, dates: &[(usize, Numbers)], places: &str) -> Option<String> {
    let cure = "If that is wrong, write the dates with the year first (2015-04-16) and import again.";
    let first = order.words();
    match reason {
        Reason::NotNeeded | Reason::Dots | Reason::Proof(_) => None,
        Reason::Sequence => Some(format!(
            "No date tells whether the day or the month stands first; read with {first}, because only so do the dates run one way. {cure}"
        )),
        Reason::Unknown => {
            let lines: Vec<String> =
                dates.iter().filter(|(_, date)| date.is_ambiguous()).map(|(line, _)| line.to_string()).collect();
            let shown = lines.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
            let more = if lines.len() > 10 { format!(" and {} more", lines.len() - 10) } else { String::new() };
            Some(format!(
                "No date tells whether the day or the month stands first ({places} {shown}{more}); read with {first}. {cure}"
            ))
        }
        Reason::Contradiction => {
            let other: Vec<String> =
                dates.iter().filter(|(_, date)| date.read(order).is_none()).map(|(line, _)| line.to_string()).collect();
            Some(format!(
                "Some dates can only have the day first, some only the month ({places} {}); dates with both readings are read with {first}. {cure}",
                other.iter().take(10).cloned().collect::<Vec<_>>().join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sure(text: &str) -> Option<String> {
        match at_start(text)?.written {
            Written::Sure(date) => Some(date.map_or("none".into(), |date| date.to_string())),
            Written::Numbers(_) => Some("numbers".into()),
        }
    }

    #[test]
    fn forms_with_one_reading() {
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
    fn what_is_no_date() {
        for text in [
            "",
            "8.5.10.2",
            "16/04",
            "Mars 2015",
            "16 Aprils of 2015",
            "2015",
            "12345/01/01",
            "16/04/20155",
            "June",
            "(16/04/2015",
            "1.2.3",
        ] {
            assert_eq!(at_start(text), None, "{text}");
        }
    }

    #[test]
    fn length_takes_the_time_with_it() {
        assert_eq!(at_start("16/04/2015 14:30 Title").map(|found| found.length), Some(16));
        assert_eq!(at_start("2015-04-16 14:30:00 +0200 Title").map(|found| found.length), Some(25));
        assert_eq!(at_start("16/04/2015 12 wells").map(|found| found.length), Some(10));
        for (text, rest) in [
            ("4 мая 2014 года. Второе", ". Второе"),
            ("16.04.2015г. Заголовок", " Заголовок"),
            ("16.04.2015 г. Заголовок", " Заголовок"),
            ("4 травня 2014 року Друге", " Друге"),
            ("16.04.2015 Рыба", " Рыба"),
        ] {
            assert_eq!(at_start(text).map(|found| &text[found.length..]), Some(rest));
        }
        assert_eq!(at_start("16/04/2015 Zebra").map(|found| found.length), Some(10));
    }

    fn numbers(texts: &[&str]) -> Vec<Numbers> {
        texts
            .iter()
            .filter_map(|text| match at_start(text)?.written {
                Written::Numbers(numbers) => Some(numbers),
                Written::Sure(_) => None,
            })
            .collect()
    }

    #[test]
    fn order_is_told_over_the_whole_listing() {
        let told = |texts: &[&str]| decide(&numbers(texts));
        assert_eq!(told(&["05/04/2015", "16/04/2015"]), (Order::DayFirst, Reason::Proof(1)));
        assert_eq!(told(&["04/16/2015", "04/05/2015"]), (Order::MonthFirst, Reason::Proof(0)));
        assert_eq!(told(&["04/04/2015"]), (Order::DayFirst, Reason::NotNeeded));
        assert_eq!(told(&["05.04.2015", "06.04.2015"]), (Order::DayFirst, Reason::Dots));
        assert_eq!(told(&["05/04/2015"]), (Order::DayFirst, Reason::Unknown));
        assert_eq!(told(&["04/09/2015", "04/05/2015", "03/12/2015"]), (Order::MonthFirst, Reason::Sequence));
        assert_eq!(told(&["16/04/2015", "04/16/2015"]), (Order::DayFirst, Reason::Contradiction));
    }
}
