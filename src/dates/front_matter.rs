//! Owns parsing dates of front matter and file names.

use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

use super::EntryDate;
use super::names::ENGLISH_MONTHS;

/// A date, and whether a part after it could not be parsed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FrontMatterDate {
    pub date: EntryDate,
    pub is_partial: bool,
}

/// Parses a date of front matter.
pub fn read(text: &str) -> Option<FrontMatterDate> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let (day, rest) = year_first(text).or_else(|| with_month_name(text))?;
    let rest = rest.trim_start_matches([',', ' ']);
    let rest = rest.strip_prefix(['T', 't']).unwrap_or(rest).trim_start();
    if rest.is_empty() {
        return Some(FrontMatterDate { date: EntryDate::Day(day), is_partial: false });
    }
    let Some((time, rest)) = time_of_day(rest) else {
        let is_partial = rest.chars().any(char::is_alphanumeric);
        return Some(FrontMatterDate { date: EntryDate::Day(day), is_partial });
    };
    let local = NaiveDateTime::new(day, time);
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(FrontMatterDate { date: EntryDate::Local(local), is_partial: false });
    }
    let instant = zone(rest).and_then(|zone| local.and_local_timezone(zone).single());
    Some(match instant {
        Some(instant) => FrontMatterDate { date: EntryDate::Instant(instant), is_partial: false },
        None => FrontMatterDate { date: EntryDate::Local(local), is_partial: true },
    })
}

/// The day at the start of a file name, and the rest: `2024-01-31-name`, `2024-1-31_name`.
pub fn from_file_name(name: &str) -> Option<(NaiveDate, &str)> {
    let (day, rest) = year_first(name)?;
    if rest.is_empty() {
        return Some((day, rest));
    }
    let rest = rest.strip_prefix(['-', '_', ' '])?;
    Some((day, rest))
}

/// The day in a path: `2024/01/31/name`, `section/2024/01/31/name`.
pub fn from_path(path: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.windows(3).find_map(|window| {
        let [year, month, day] = window else { return None };
        let is_number = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let is_valid = is_number(year, 4..=4) && is_number(month, 1..=2) && is_number(day, 1..=2);
        let date = || NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
        is_valid.then(date).flatten()
    })
}

/// A number at the start of a text, and the rest.
fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<(u32, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    if !digits.contains(&end) {
        return None;
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

fn year_first(text: &str) -> Option<(NaiveDate, &str)> {
    let (year, rest) = number(text, 4..=4)?;
    let separator = rest.chars().next().filter(|next| "-/._".contains(*next))?;
    let (month, rest) = number(&rest[separator.len_utf8()..], 1..=2)?;
    let rest = rest.strip_prefix(separator)?;
    let (day, rest) = number(rest, 1..=2)?;
    Some((NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?, rest))
}

/// `May 3, 2024`, `3 May 2024`, `Fri, 03 May 2024`, `Fri May 3 2024`.
fn with_month_name(text: &str) -> Option<(NaiveDate, &str)> {
    let (mut day, mut month, mut year) = (None, None, None);
    let mut rest = text;
    for _ in 0..5 {
        rest = rest.trim_start_matches([' ', ',', '.', '-']);
        if let Some((value, behind)) = number(rest, 4..=4) {
            (year, rest) = (Some(value), behind);
        } else if let Some((value, behind)) = number(rest, 1..=2) {
            let suffix = ["st", "nd", "rd", "th"].iter().find_map(|suffix| behind.strip_prefix(suffix));
            (day, rest) = (Some(value), suffix.unwrap_or(behind));
        } else {
            let end = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let word = rest[..end].to_ascii_lowercase();
            let named = ENGLISH_MONTHS.iter().zip(1..).find(|(name, _)| word.starts_with(&name[..3]));
            month = month.or(named.map(|(_, month)| month));
            rest = &rest[end..];
        }
        if let (Some(day), Some(month), Some(year)) = (day, month, year) {
            return Some((NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?, rest));
        }
    }
    None
}

fn time_of_day(text: &str) -> Option<(NaiveTime, &str)> {
    let (hour, rest) = number(text, 1..=2)?;
    let (minute, rest) = number(rest.strip_prefix(':')?, 1..=2)?;
    let (mut second, mut nanos, mut rest) = (0, 0, rest);
    if let Some((value, behind)) = rest.strip_prefix(':').and_then(|rest| number(rest, 1..=2)) {
        (second, rest) = (value.min(59), behind);
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let end = fraction.bytes().take_while(u8::is_ascii_digit).count();
            let digits = &fraction[..end.min(9)];
            nanos = format!("{digits:0<9}").parse().unwrap_or(0);
            rest = &fraction[end..];
        }
    }
    let lower = rest.trim_start().get(..2).map(str::to_ascii_lowercase);
    let (hour, rest) = match lower.as_deref() {
        Some("pm") if hour <= 12 => (hour % 12 + 12, &rest.trim_start()[2..]),
        Some("am") if hour <= 12 => (hour % 12, &rest.trim_start()[2..]),
        _ => (hour, rest),
    };
    Some((NaiveTime::from_hms_nano_opt(hour, minute, second, nanos)?, rest))
}

/// `Z`, `UTC`, `+02:00`, `+0200`, `+2`.
fn zone(text: &str) -> Option<FixedOffset> {
    if ["z", "utc", "gmt"].contains(&text.to_ascii_lowercase().as_str()) {
        return FixedOffset::east_opt(0);
    }
    let text = text.strip_prefix("UTC").or_else(|| text.strip_prefix("GMT")).unwrap_or(text);
    let (sign, digits) = match text.chars().next()? {
        '+' => (1, &text[1..]),
        '-' => (-1, &text[1..]),
        '−' => (-1, &text['−'.len_utf8()..]),
        _ => return None,
    };
    let (hours, minutes) = match digits.split_once(':') {
        Some((hours, minutes)) => (number(hours, 1..=2)?, number(minutes, 2..=2)?),
        None if digits.len() == 4 && digits.is_ascii() => (number(&digits[..2], 2..=2)?, number(&digits[2..], 2..=2)?),
        None => (number(digits, 1..=2)?, (0, "")),
    };
    let is_valid = hours.1.is_empty() && minutes.1.is_empty() && minutes.0 < 60;
    let seconds = i32::try_from(hours.0 * 3600 + minutes.0 * 60).ok().filter(|_| is_valid)?;
    FixedOffset::east_opt(sign * seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match read(text) {
            None => "none".to_owned(),
            Some(FrontMatterDate { date, is_partial }) => {
                let odd = if is_partial { " odd" } else { "" };
                match date {
                    EntryDate::Instant(instant) => format!("{}{odd}", instant.to_rfc3339()),
                    EntryDate::Local(local) => format!("{local}{odd}"),
                    EntryDate::Day(day) => format!("{day}{odd}"),
                }
            }
        }
    }

    #[test]
    fn date_formats() {
        for (text, expected) in [
            ("2024-05-03", "2024-05-03"),
            ("2024-05-03T00:00:00Z", "2024-05-03T00:00:00+00:00"),
            ("2024-05-03T10:00:01+01:00", "2024-05-03T10:00:01+01:00"),
            ("2019-06-14 00:58:05.044 +0200", "2019-06-14T00:58:05.044+02:00"),
            ("2010-05-06 13:00:57+00:00", "2010-05-06T13:00:57+00:00"),
            ("2010-05-06 13:00:57+16:00", "2010-05-06T13:00:57+16:00"),
            ("2010-05-06 13:00", "2010-05-06 13:00:00"),
            ("2020-03-01 09:15-:00+09:15", "2020-03-01 09:15:00 odd"),
            ("2023-2-07T00:00:00.000Z", "2023-02-07T00:00:00+00:00"),
            ("2024/5/3", "2024-05-03"),
            ("May 3, 2024", "2024-05-03"),
            ("Fri, 03 May 2024 10:00:00 +0200", "2024-05-03T10:00:00+02:00"),
            ("2024-05-03 10:00 PM UTC", "2024-05-03T22:00:00+00:00"),
            ("2024-02-31", "none"),
            ("soon", "none"),
            ("", "none"),
        ] {
            assert_eq!(shown(text), expected, "{text}");
        }
    }

    #[test]
    fn days_in_names_and_paths() {
        let day = NaiveDate::from_ymd_opt(2024, 1, 31);
        assert_eq!(from_file_name("2024-01-31-name").map(|(day, rest)| (Some(day), rest)), Some((day, "name")));
        assert_eq!(from_file_name("06-06-name"), None);
        assert_eq!(from_path("section/2024/01/31/name"), day);
        assert_eq!(from_path("2024/01"), None);
    }
}
