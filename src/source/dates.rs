//! Dates that are not written as TOML wants them, for the help.

use chrono::NaiveDate;

/// The dates that a text may mean, as they are to be written; one that names a month of its own has a single reading.
pub fn date_readings(text: &str) -> Vec<String> {
    let text = text.trim().trim_matches(['"', '\'']);
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || "/.-".contains(letter))).unwrap_or(text.len());
    // The hyphens of an offset belong to the time.
    let (date, time) = text.split_at(end.min(10));
    let parts: Vec<&str> = date.split(['/', '.', '-']).collect();
    let [one, two, three] = parts[..] else { return Vec::new() };
    let number = |part: &str| part.parse::<u32>().ok().filter(|_| part.len() <= 4);
    let (Some(one_number), Some(two_number), Some(three_number)) = (number(one), number(two), number(three)) else {
        return Vec::new();
    };
    let year = |year: u32| if year < 100 { 2000 + year } else { year };
    let candidates = match (one.len(), three.len()) {
        (4, _) => vec![(one_number, two_number, three_number)],
        (_, 2 | 4) => vec![(year(three_number), two_number, one_number), (year(three_number), one_number, two_number)],
        _ => Vec::new(),
    };
    let Some(time) = time_of_day(time) else { return Vec::new() };
    let dates = candidates.into_iter().filter_map(|(year, month, day)| {
        let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
        Some(format!("{date}{time}"))
    });
    let mut dates: Vec<String> = dates.collect();
    dates.dedup();
    dates
}

/// The time behind a date with seconds and an offset in full; `None` if it is no time.
fn time_of_day(text: &str) -> Option<String> {
    let text = text.trim_start_matches([' ', 'T', 't', ',']).trim();
    if text.is_empty() {
        return Some(String::new());
    }
    let end = text.find(|letter: char| !(letter.is_ascii_digit() || ":.".contains(letter))).unwrap_or(text.len());
    let (clock, zone) = text.split_at(end);
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, rest @ ..] = &parts[..] else { return None };
    let is_valid = |part: &str, limit: u32| part.parse::<u32>().is_ok_and(|number| number < limit) && part.len() <= 2;
    if !is_valid(hour, 24) || !is_valid(minute, 60) || rest.len() > 1 {
        return None;
    }
    let second = rest.first().copied().unwrap_or("00");
    let zone = match zone.trim() {
        "" => String::new(),
        "Z" | "z" | "UTC" | "GMT" | "utc" | "gmt" => "Z".to_owned(),
        zone => {
            let sign = zone.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
            let digits: String = zone[1..].chars().filter(|letter| *letter != ':').collect();
            let (hours, minutes) = match digits.len() {
                1 | 2 => (&*digits, "00"),
                4 => digits.split_at(2),
                _ => return None,
            };
            format!("{sign}{hours:0>2}:{minutes}")
        }
    };
    Some(format!("T{hour:0>2}:{minute}:{second:0>2}{zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_one_reading_or_two() {
        for (text, expected) in [
            ("12/05/2024", &["2024-05-12", "2024-12-05"][..]),
            ("05.12.2024", &["2024-12-05", "2024-05-12"]),
            ("24.04.2026", &["2026-04-24"]),
            ("04/24/26", &["2026-04-24"]),
            ("2026-4-24", &["2026-04-24"]),
            ("2026/04/24", &["2026-04-24"]),
            ("2026-04-24T23:10:00+2", &["2026-04-24T23:10:00+02:00"]),
            ("2026-04-24 22:40 UTC", &["2026-04-24T22:40:00Z"]),
            ("24.4.2026, 9:30", &["2026-04-24T09:30:00"]),
            ("31.02.2026", &[]),
            ("1.2", &[]),
            ("soon", &[]),
            ("2026-04-24T99:10", &[]),
        ] {
            assert_eq!(date_readings(text), expected, "{text}");
        }
    }
}
