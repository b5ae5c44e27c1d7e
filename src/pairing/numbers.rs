//! Owns the numbers of a text, as every language writes them: `1,000`, `1.000` and `1 000` are one number, and so are `8.5` and `8,5`.

use super::transliterate::digit_value;

/// The numbers of a text in their order, each once.
pub fn of(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().map(digit).collect();
    let mut numbers: Vec<String> = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if !letters[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut number = String::new();
        while at < letters.len() {
            let letter = letters[at];
            let group = letters[at + 1..].iter().take_while(|next| next.is_ascii_digit()).count();
            if letter.is_ascii_digit() {
                number.push(letter);
            } else if matches!(letter, '.' | ',' | '٫' | '٬') && group > 0 && group != 3 {
                number.push('.');
            } else if matches!(letter, '.' | ',' | '٬' | ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’')
                && group == 3
                && number.len() <= 3 + 4 * number.matches('_').count()
            {
                // Thousands; marked, until the number is whole.
                number.push('_');
            } else {
                break;
            }
            at += 1;
        }
        let number = number.replace('_', "");
        let plain = number.trim_start_matches('0');
        let plain = if plain.is_empty() || plain.starts_with('.') { &number } else { plain };
        if !numbers.iter().any(|known| known == plain) {
            numbers.push(plain.to_owned());
        }
    }
    numbers
}

/// The numbers of a title but those that another one begins with: `Debian 8: 8.6 is out` says no more than `8.6`.
pub fn telling(title: &str) -> Vec<String> {
    let all = of(title);
    let is_part = |number: &String| all.iter().any(|other| other.starts_with(&format!("{number}.")));
    all.iter().filter(|number| !is_part(number)).cloned().collect()
}

/// Digits of other scripts as ASCII, those of Devanagari too.
fn digit(letter: char) -> char {
    let value = match letter {
        '०'..='९' => Some(u32::from(letter) - 0x966),
        _ => digit_value(letter),
    };
    value.and_then(|value| char::from_digit(value, 10)).unwrap_or(letter)
}

/// Whether two titles speak of different things, as their numbers say: both have some, and each has one that the other lacks.
pub fn differ(one: &[String], other: &[String]) -> bool {
    let lacks = |one: &[String], other: &[String]| one.iter().any(|number| !other.contains(number));
    !one.is_empty() && !other.is_empty() && lacks(one, other) && lacks(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_languages() {
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
            assert_eq!(of(text), expected, "{text}");
        }
    }

    #[test]
    fn a_series_says_no_more_than_its_release() {
        assert_eq!(telling("Debian 8: 8.6 is out"), ["8.6"]);
        assert_eq!(telling("8, 86 and 8"), ["8", "86"]);
    }

    #[test]
    fn titles_with_other_numbers_differ() {
        let differ = |one: &str, other: &str| differ(&of(one), &of(other));
        assert!(differ("Release 8.5", "Version 8.6"));
        assert!(differ("Report 2013", "Rapport 2014"));
        assert!(!differ("Report 2013", "Rapport"));
        assert!(!differ("The 13th congress, 2015", "Congrès de 2015"));
    }
}
