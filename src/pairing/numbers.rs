//! Numbers in a text, independent of locale: `1,000`, `1.000` and `1 000` are one number, and so are `8.5` and `8,5`.

use super::transliterate::digit_value;

/// The distinct numbers of a text, in order.
pub fn extract(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().map(to_ascii_digit).collect();
    let mut numbers: Vec<String> = Vec::new();
    let mut index = 0;
    while index < letters.len() {
        if !letters[index].is_ascii_digit() {
            index += 1;
            continue;
        }
        let mut number = String::new();
        while index < letters.len() {
            let letter = letters[index];
            let group = letters[index + 1..].iter().take_while(|next| next.is_ascii_digit()).count();
            if letter.is_ascii_digit() {
                number.push(letter);
            } else if matches!(letter, '.' | ',' | '٫' | '٬') && group > 0 && group != 3 {
                number.push('.');
            } else if matches!(letter, '.' | ',' | '٬' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')
                && group == 3
                && number.len() <= 3 + 4 * number.matches('_').count()
            {
                // A thousands separator; `_` until the number is complete, because the check above counts them.
                number.push('_');
            } else {
                break;
            }
            index += 1;
        }
        let number = number.replace('_', "");
        let normalized = number.trim_start_matches('0');
        let normalized = if normalized.is_empty() || normalized.starts_with('.') { &number } else { normalized };
        if !numbers.iter().any(|known| known == normalized) {
            numbers.push(normalized.to_owned());
        }
    }
    numbers
}

/// The numbers of a title without those that are a prefix of a later one: `Debian 8: 8.6 is out` has `8.6`, but
/// `Ruby 3.2.0 Preview 3` has both.
pub fn most_specific(title: &str) -> Vec<String> {
    let all = extract(title);
    let is_prefix = |(index, number): &(usize, &String)| {
        let prefix = format!("{number}.");
        all[index + 1..].iter().any(|later| later.starts_with(&prefix))
    };
    all.iter().enumerate().filter(|number| !is_prefix(number)).map(|(_, number)| number.clone()).collect()
}

/// Digits as ASCII, those of Devanagari included; other letters unchanged.
fn to_ascii_digit(letter: char) -> char {
    let value = match letter {
        '०'..='९' => Some(u32::from(letter) - 0x966),
        _ => digit_value(letter),
    };
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(letter)
}

/// Whether the numbers of two titles exclude that they are one story: each title has one that the other lacks.
pub fn differ(one: &[String], other: &[String]) -> bool {
    let lacks = |one: &[String], other: &[String]| one.iter().any(|number| !other.contains(number));
    !one.is_empty() && !other.is_empty() && lacks(one, other) && lacks(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_and_digits_of_all_languages_are_normalized() {
        for (text, expected) in [
            ("1,000 or 1.000 or 1 000", &["1000"][..]),
            ("8.5, 8,5 and 8.6", &["8.5", "8.6"]),
            ("Ruby 2.1.0", &["2.1.0"]),
            ("в 2015 году, 13-й", &["2015", "13"]),
            ("٢٠١٥ و ۲۰۱۵", &["2015"]),
            ("2015年4月", &["2015", "4"]),
            ("12,345,678", &["12345678"]),
            ("07 and 7; 0", &["7", "0"]),
            ("in 2014 300 people", &["2014", "300"]),
            ("none", &[]),
        ] {
            assert_eq!(extract(text), expected, "{text}");
        }
    }

    #[test]
    fn the_prefix_of_a_version_is_dropped() {
        assert_eq!(most_specific("Debian 8: 8.6 is out"), ["8.6"]);
        assert_eq!(most_specific("8, 86 and 8"), ["8", "86"]);
        assert_eq!(most_specific("Ruby 3.2.0 Preview 3"), ["3.2.0", "3"]);
    }

    #[test]
    fn titles_with_contradicting_numbers_differ() {
        let differ = |one: &str, other: &str| differ(&extract(one), &extract(other));
        assert!(differ("Release 8.5", "Version 8.6"));
        assert!(differ("Report 2013", "Rapport 2014"));
        assert!(!differ("Report 2013", "Rapport"));
        assert!(!differ("The 13th congress, 2015", "Congrès de 2015"));
    }
}
