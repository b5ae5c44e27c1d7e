//! Owns parsing one date at the start of a text.

use chrono::NaiveDate;

use super::names::{is_weekday, month};
use super::{DateMatch, NumericDate, ParsedDate};
use crate::pairing::{digit_value, fold};

/// Parses the date at the start of a text.
pub fn parse_prefix(text: &str) -> Option<DateMatch> {
    let mut reader = Reader { text, at: 0 };
    let bracket = reader.eat(&['(', '[']);
    reader.weekday();
    let start = reader.at;
    let mut date = None;
    for form in [Reader::year_first, Reader::day_and_name, Reader::numbers, Reader::name_and_day] {
        reader.at = start;
        date = form(&mut reader);
        if date.is_some() {
            break;
        }
    }
    let date = date?;
    let mut behind = text[reader.at..].chars();
    let (next, second) = (behind.next(), behind.next());
    let joined = |next: char| next.is_alphanumeric() && next != 'T';
    let numbered = |next: char| "./-".contains(next) && second.is_some_and(|second| second.is_ascii_digit());
    if next.is_some_and(|next| joined(next) || numbered(next)) {
        return None;
    }
    reader.time_of_day();
    if bracket && !reader.eat(&[')', ']']) {
        return None;
    }
    Some(DateMatch { length: reader.at, date })
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn eat(&mut self, any: &[char]) -> bool {
        self.eat_if(|next| any.contains(&next)).is_some()
    }

    fn eat_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|next| wanted(*next))?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn blanks(&mut self) -> bool {
        let start = self.at;
        while self.eat_if(char::is_whitespace).is_some() {}
        self.at > start
    }

    /// A number of at most four digits of any known script, and its digit count.
    fn number(&mut self) -> Option<(u32, usize)> {
        let (mut value, mut digits) = (0, 0);
        while let Some(digit) = self.peek().and_then(digit_value) {
            self.eat_if(|_| true);
            value = value * 10 + digit;
            digits += 1;
            if digits > 4 {
                return None;
            }
        }
        (digits > 0).then_some((value, digits))
    }

    fn number_of(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
        self.number().filter(|(_, count)| digits.contains(count)).map(|(value, _)| value)
    }

    fn year(&mut self) -> Option<i32> {
        let year = self.number_of(4..=4)?;
        (1900..2200).contains(&year).then_some(year as i32)
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.eat_if(char::is_alphabetic).is_some() {}
        fold(self.text.get(start..self.at).unwrap_or_default())
    }

    /// Skips `Thursday, `, `Thu `, `jeudi `.
    fn weekday(&mut self) {
        let start = self.at;
        let word = self.word();
        let is_known = is_weekday(&word);
        if is_known {
            self.eat(&['.', ',', '،']);
            self.eat(&[',']);
        }
        if !(is_known && self.blanks()) {
            self.at = start;
        }
    }

    /// `2015-04-16`, `2015/4/16`, `2015年4月16日`.
    fn year_first(&mut self) -> Option<ParsedDate> {
        let year = self.year()?;
        let separator = self.eat_if(|next| "-/.年년".contains(next))?;
        let asian = "年년".contains(separator);
        if asian {
            self.blanks();
        }
        let month = self.number_of(1..=2)?;
        self.eat_if(|next| if asian { "月월".contains(next) } else { next == separator })?;
        if asian {
            self.blanks();
        }
        let day = self.number_of(1..=2)?;
        if asian {
            self.eat_if(|next| "日号號일".contains(next))?;
        }
        Some(ParsedDate::Exact(NaiveDate::from_ymd_opt(year, month, day)))
    }

    /// `16/04/2015`, `16. 4. 2015`, `16.04.15`.
    fn numbers(&mut self) -> Option<ParsedDate> {
        let first = self.number_of(1..=2)?;
        let separator = self.eat_if(|next| "/-.".contains(next))?;
        let spaced = separator == '.' && self.blanks();
        let second = self.number_of(1..=2)?;
        self.eat(&[separator]).then_some(())?;
        if spaced {
            self.blanks();
        }
        let year = match self.number()? {
            (year, 4) if (1900..2200).contains(&year) => {
                self.year_mark();
                year as i32
            }
            (year, 2) if year < 70 => 2000 + year as i32,
            (year, 2) => 1900 + year as i32,
            _ => return None,
        };
        Some(ParsedDate::Ambiguous(NumericDate { first, second, year, separator }))
    }

    /// `16 April 2015`, `16-Apr-2015`, `1er mai 2015`, `16. April 2015`, `16 de abril de 2015`, `16 апреля 2015 г.`.
    fn day_and_name(&mut self) -> Option<ParsedDate> {
        let day = self.number_of(1..=2)?;
        self.ordinal();
        self.gap()?;
        let month = month(&self.word())?;
        self.eat(&['.']);
        self.eat(&[',']);
        self.gap()?;
        let year = self.year()?;
        self.year_mark();
        Some(ParsedDate::Exact(NaiveDate::from_ymd_opt(year, month, day)))
    }

    /// `April 16, 2015`, `Apr. 16th 2015`.
    fn name_and_day(&mut self) -> Option<ParsedDate> {
        let month = month(&self.word())?;
        self.eat(&['.']);
        self.gap()?;
        let day = self.number_of(1..=2)?;
        self.ordinal();
        self.eat(&[',']);
        self.gap()?;
        let year = self.year()?;
        Some(ParsedDate::Exact(NaiveDate::from_ymd_opt(year, month, day)))
    }

    /// The separator in a date with a month name: white space, a hyphen, a slash, `de`.
    fn gap(&mut self) -> Option<()> {
        if self.eat(&['-', '/']) {
            return Some(());
        }
        self.blanks().then_some(())?;
        let start = self.at;
        if !(matches!(self.word().as_str(), "de" | "del" | "di" | "of") && self.blanks()) {
            self.at = start;
        }
        Some(())
    }

    fn ordinal(&mut self) {
        if self.eat(&['.', 'º', 'ª', '°']) {
            return;
        }
        let start = self.at;
        if !matches!(self.word().as_str(), "st" | "nd" | "rd" | "th" | "er" | "eme" | "e") {
            self.at = start;
        }
    }

    /// Skips the word after a Russian or Ukrainian year: `г.`, `года`, `р.`, `року`.
    fn year_mark(&mut self) {
        let start = self.at;
        self.blanks();
        match self.word().as_str() {
            "г" | "р" => drop(self.eat(&['.'])),
            "год" | "года" | "году" | "року" => {}
            _ => self.at = start,
        }
    }

    /// Skips `T14:30:00Z`, ` 14:30`, `, 14:30 +02:00`.
    fn time_of_day(&mut self) {
        let start = self.at;
        if self.clock().is_none() {
            self.at = start;
            return;
        }
        let end = self.at;
        self.blanks();
        if self.eat(&['Z']) && !self.peek().is_some_and(char::is_alphanumeric) {
            return;
        }
        self.at = end;
        self.blanks();
        if self.zone().is_none() {
            self.at = end;
        }
    }

    fn clock(&mut self) -> Option<()> {
        if !self.eat(&['T']) {
            self.eat(&[',']);
            self.blanks().then_some(())?;
        }
        self.number_of(1..=2).filter(|hour| *hour < 25)?;
        self.eat(&[':']).then_some(())?;
        self.number_of(2..=2).filter(|minute| *minute < 60)?;
        if self.eat(&[':']) {
            self.number_of(2..=2)?;
            if self.eat(&['.']) {
                while self.eat_if(|next| next.is_ascii_digit()).is_some() {}
            }
        }
        Some(())
    }

    fn zone(&mut self) -> Option<()> {
        self.eat(&['+', '-']).then_some(())?;
        let digits = self.number()?.1;
        if digits == 2 {
            self.eat(&[':']).then_some(())?;
            self.number_of(2..=2)?;
        }
        Some(())
    }
}
