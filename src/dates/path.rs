//! Days in the names and the paths of files.

use chrono::NaiveDate;

/// The day at the start of a file name, and the rest: `2024-01-31-name`, `2024-1-31_name`.
pub fn from_file_name(name: &str) -> Option<(NaiveDate, &str)> {
    let (year, rest) = number(name, 4..=4)?;
    let separator = rest.chars().next().filter(|next| "-/._".contains(*next))?;
    let (month, rest) = number(&rest[separator.len_utf8()..], 1..=2)?;
    let (day, rest) = number(rest.strip_prefix(separator)?, 1..=2)?;
    let day = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    if rest.is_empty() {
        return Some((day, rest));
    }
    Some((day, rest.strip_prefix(['-', '_', ' '])?))
}

/// The day in a path: `2024/01/31/name`, `section/2024/01/31/name`.
pub fn from_path(path: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    parts.windows(3).find_map(|window| {
        let [year, month, day] = window else { return None };
        let ((year, ""), (month, ""), (day, "")) = (number(year, 4..=4)?, number(month, 1..=2)?, number(day, 1..=2)?)
        else {
            return None;
        };
        NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
    })
}

/// A number at the start of a text, and the rest.
fn number(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<(u32, &str)> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    if !lengths.contains(&end) {
        return None;
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_names_and_paths() {
        let day = NaiveDate::from_ymd_opt(2024, 1, 31);
        assert_eq!(from_file_name("2024-01-31-name").map(|(day, rest)| (Some(day), rest)), Some((day, "name")));
        assert_eq!(from_file_name("06-06-name"), None);
        assert_eq!(from_path("section/2024/01/31/name"), day);
        assert_eq!(from_path("2024/01"), None);
    }
}
