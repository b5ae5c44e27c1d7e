//! Owns parsing dates of feeds: RFC 822 with its common mistakes, ISO 8601 and asctime.
//!
//! An impossible date is `None`; a date is as precise as it is written.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone};

use super::EntryDate;
use super::names::english_month;

/// Parses a date.
pub fn read(text: &str) -> Option<EntryDate> {
    let text = text.trim();
    iso(text).or_else(|| textual(text))
}

/// A token of a date.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token<'a> {
    Number(&'a str),
    Word(&'a str),
    Sign(char),
}

fn tokenize(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let same = |kind: fn(char) -> bool| rest.find(|letter| !kind(letter)).unwrap_or(rest.len());
        let length = if first.is_ascii_digit() {
            let length = same(|letter| letter.is_ascii_digit());
            out.push(Token::Number(&rest[..length]));
            length
        } else if first.is_alphabetic() {
            let length = same(char::is_alphabetic);
            out.push(Token::Word(&rest[..length]));
            length
        } else {
            if !first.is_whitespace() && first != ',' {
                out.push(Token::Sign(first));
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}

/// `2006-01-11T16:43:21-08:00`, with or without hyphens, `T` and seconds; a year alone or with its month.
fn iso(text: &str) -> Option<EntryDate> {
    use Token::{Number, Sign, Word};
    let tokens = tokenize(text);
    let (year, month, day, rest): (&str, &str, &str, &[Token<'_>]) = match &tokens[..] {
        [Number(year), Sign('-' | '/'), Number(month), Sign('-' | '/'), Number(day), rest @ ..] => {
            (year, month, day, rest)
        }
        [Number(year), Sign('-'), Number(month)] => (year, month, "1", &[]),
        [Number(date), rest @ ..] if date.len() == 8 => (&date[..4], &date[4..6], &date[6..], rest),
        [Number(year)] if year.len() == 4 => (year, "1", "1", &[]),
        _ => return None,
    };
    if year.len() != 4 {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    let rest = match rest {
        [Word("T" | "t"), rest @ ..] => rest,
        rest => rest,
    };
    with_time(date, rest)
}

/// `Wed, 11 Jan 2006 16:43:21 -0800`, `Jan 11, 2006`, `Wed Jan 11 16:43:21 2006`.
fn textual(text: &str) -> Option<EntryDate> {
    use Token::{Number, Sign, Word};
    let mut tokens = tokenize(text);
    tokens.retain(|token| !matches!(token, Sign('.')));
    let month_at = tokens.iter().position(|token| matches!(token, Word(word) if english_month(word).is_some()))?;
    let Word(name) = tokens[month_at] else { return None };
    // The day comes before the month, after a weekday that may be wrong, or right after it.
    let before = tokens[..month_at].iter().rev().find_map(|token| match token {
        Number(number) => Some(*number),
        _ => None,
    });
    let mut rest: Vec<Token<'_>> = tokens[month_at + 1..].to_vec();
    // WordPress writes a missing date as `30 Nov -0001`.
    if let [Sign('-'), Number(year), ..] = rest[..]
        && year.len() == 4
        && year.starts_with('0')
    {
        return None;
    }
    if let Some(Sign('-' | '/')) = rest.first() {
        rest.remove(0);
    }
    let day = match before {
        Some(day) => day,
        None => {
            let Some(Number(day)) = rest.first().copied() else { return None };
            rest.remove(0);
            if let Some(Word("st" | "nd" | "rd" | "th")) = rest.first() {
                rest.remove(0);
            }
            day
        }
    };
    // asctime has the year at the end, or before a zone.
    let year_at = rest.iter().enumerate().position(|(index, token)| {
        let clock =
            matches!(rest.get(index + 1), Some(Sign(':'))) || index > 0 && matches!(rest[index - 1], Sign(':' | '+'));
        let offset = index > 0 && matches!(rest[index - 1], Sign('-')) && index > 1;
        matches!(token, Number(number) if matches!(number.len(), 2 | 4)) && !clock && !offset
    })?;
    let Number(year) = rest.remove(year_at) else { return None };
    let year = match (year.len(), year.parse::<i32>().ok()?) {
        // RFC 2822 §4.3.
        (2, year) if year < 50 => 2000 + year,
        (2, year) => 1900 + year,
        (4, year) => year,
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(year, english_month(name)?, day.parse().ok()?)?;
    with_time(date, &rest)
}

/// Adds the time of day and the zone.
fn with_time(date: NaiveDate, tokens: &[Token<'_>]) -> Option<EntryDate> {
    use Token::{Number, Sign, Word};
    let (time, rest) = match tokens {
        [Number(hour), Sign(':'), Number(minute), Sign(':'), Number(second), rest @ ..] => {
            (clock(hour, minute, second)?, rest)
        }
        [Number(hour), Sign(':'), Number(minute), rest @ ..] => (clock(hour, minute, "0")?, rest),
        [Number(time), rest @ ..] if time.len() == 6 => (clock(&time[..2], &time[2..4], &time[4..])?, rest),
        // A zone without a time is ignored.
        _ => return Some(EntryDate::Day(date)),
    };
    // Fractions of a second.
    let rest = match rest {
        [Sign('.'), Number(_), rest @ ..] => rest,
        rest => rest,
    };
    let (time, rest) = match rest {
        [Word("am" | "AM"), rest @ ..] if time.0 == 12 => ((0, time.1, time.2), rest),
        [Word("pm" | "PM"), rest @ ..] if time.0 < 12 => ((time.0 + 12, time.1, time.2), rest),
        [Word("am" | "AM" | "pm" | "PM"), rest @ ..] => (time, rest),
        rest => (time, rest),
    };
    let local: NaiveDateTime = date.and_time(NaiveTime::from_hms_opt(time.0, time.1, time.2)?);
    match zone(rest) {
        Some(seconds) => {
            let offset = FixedOffset::east_opt(seconds)?;
            Some(EntryDate::Instant(offset.from_local_datetime(&local).single()?))
        }
        None => Some(EntryDate::Local(local)),
    }
}

/// Hours, minutes and seconds; a leap second becomes 59, and 24:00:00 becomes 23:59:59.
fn clock(hour: &str, minute: &str, second: &str) -> Option<(u32, u32, u32)> {
    let (hour, minute, second): (u32, u32, u32) = (hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?);
    match (hour, minute, second) {
        (24, 0, 0) => Some((23, 59, 59)),
        (_, _, 60) => Some((hour, minute, 59)),
        _ => Some((hour, minute, second)),
    }
}

/// The offset in seconds; `None` if it is missing or unknown.
fn zone(tokens: &[Token<'_>]) -> Option<i32> {
    use Token::{Number, Sign, Word};
    match tokens {
        [Sign(sign @ ('+' | '-' | '−')), Number(hours), Sign(':'), Number(minutes), ..] => {
            offset(*sign, hours.parse().ok()?, minutes.parse().ok()?)
        }
        [Sign(sign @ ('+' | '-' | '−')), Number(digits), ..] => {
            let number: i32 = digits.parse().ok()?;
            match digits.len() {
                1 | 2 => offset(*sign, number, 0),
                3 | 4 => offset(*sign, number / 100, number % 100),
                _ => None,
            }
        }
        [Word("UT" | "UTC" | "GMT" | "utc" | "gmt"), rest @ ..] if matches!(rest, [Sign('+' | '-'), Number(_), ..]) => {
            zone(rest)
        }
        [Word(name), ..] => zone_by_name(name),
        [_, rest @ ..] => zone(rest),
        [] => None,
    }
}

fn offset(sign: char, hours: i32, minutes: i32) -> Option<i32> {
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if sign == '+' { seconds } else { -seconds })
}

/// The zones of RFC 822 §5.1 and other common ones.
fn zone_by_name(name: &str) -> Option<i32> {
    let hours = match name.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "EST" | "CDT" => -5,
        "EDT" => -4,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        "CET" | "BST" | "MEZ" | "WEST" => 1,
        "CEST" | "EET" | "MESZ" => 2,
        "EEST" | "MSK" => 3,
        "JST" | "KST" => 9,
        _ => return None,
    };
    Some(hours * 3600)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn display(text: &str) -> String {
        match read(text) {
            Some(EntryDate::Instant(at)) => at.to_rfc3339(),
            Some(EntryDate::Local(at)) => at.to_string(),
            Some(EntryDate::Day(day)) => day.to_string(),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn date_formats() {
        for (text, expected) in [
            ("Wed, 11 Jan 2006 16:43:21 -0800", "2006-01-11T16:43:21-08:00"),
            ("Mon, 11 Jan 2006 16:43:21 GMT", "2006-01-11T16:43:21+00:00"),
            ("11 January 06 16:43 EST", "2006-01-11T16:43:00-05:00"),
            ("Wed, 1 Sept 1999 16:43:21 Z", "1999-09-01T16:43:21+00:00"),
            ("Wed, 11-Jan-2006 16:43:21 +000", "2006-01-11T16:43:21+00:00"),
            ("Wed Jan 11 16:43:21 2006", "2006-01-11 16:43:21"),
            ("Wed Jan 11 16:43:21 PST 2006", "2006-01-11T16:43:21-08:00"),
            ("January 11, 2006", "2006-01-11"),
            ("Jan 11th, 2006 4:43 pm", "2006-01-11 16:43:00"),
            ("2006-01-11T16:43:21Z", "2006-01-11T16:43:21+00:00"),
            ("2006-01-11T16:43:21.52-08:00", "2006-01-11T16:43:21-08:00"),
            ("2006-01-11T16:43-0800", "2006-01-11T16:43:00-08:00"),
            ("2006-01-11 16:43:21 -0800", "2006-01-11T16:43:21-08:00"),
            ("2006-01-11 T 16:43:21 Z", "2006-01-11T16:43:21+00:00"),
            ("20060111T164321Z", "2006-01-11T16:43:21+00:00"),
            ("2006/01/11", "2006-01-11"),
            ("2006-01-11", "2006-01-11"),
            ("2006-01", "2006-01-01"),
            ("2006", "2006-01-01"),
            ("2006-01-11T24:00:00Z", "2006-01-11T23:59:59+00:00"),
            ("2006-01-11T16:43:60Z", "2006-01-11T16:43:59+00:00"),
            ("Thu, 05 Sep 2002 0:00:01 GMT", "2002-09-05T00:00:01+00:00"),
            ("2 May 2004 10:00:00 GMT+0200", "2004-05-02T10:00:00+02:00"),
        ] {
            assert_eq!(display(text), expected, "{text}");
        }
        for text in
            ["", "yesterday", "2006-13-01", "31 Feb 2006", "20081-01-01", "Tue, 40 Jan 2006", "12:00", "١١ يناير"]
        {
            assert_eq!(display(text), "none", "{text}");
        }
    }
}
