//! A cursor over the text of a date.

use crate::pairing::digit_value;

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Whether the text is a date and nothing else, so that short forms are dates too.
    pub(super) is_field: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    pub(super) fn eat(&mut self, any: &[char]) -> bool {
        self.eat_if(|next| any.contains(&next)).is_some()
    }

    pub(super) fn eat_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let next = self.peek().filter(|next| wanted(*next))?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Reads something, or nothing at all.
    pub(super) fn optional<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<T> {
        let start = self.at;
        let value = read(self);
        if value.is_none() {
            self.at = start;
        }
        value
    }

    /// Skips something, or nothing at all; whether it was there.
    pub(super) fn skip(&mut self, read: impl Fn(&mut Self) -> bool) -> bool {
        self.optional(|reader| read(reader).then_some(())).is_some()
    }

    /// White space, and the marks of direction that stand within dates of Arabic and Hebrew.
    pub(super) fn blanks(&mut self) -> bool {
        let start = self.at;
        while self.eat_if(|next| next.is_whitespace() || matches!(next, '\u{200e}' | '\u{200f}' | '\u{61c}')).is_some()
        {
        }
        self.at > start
    }

    /// A number of at most four digits, and how many they are.
    pub(super) fn number(&mut self) -> Option<(u32, usize)> {
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

    pub(super) fn number_of(&mut self, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
        self.number().filter(|(_, count)| digits.contains(count)).map(|(value, _)| value)
    }

    pub(super) fn marks(&mut self) {
        while self.eat(&['\u{200e}', '\u{200f}', '\u{61c}']) {}
    }

    /// A word, which may have dots within: `เม.ย.`
    pub(super) fn word(&mut self) -> &'a str {
        let start = self.at;
        loop {
            if self.eat_if(is_letter).is_some() {
                continue;
            }
            let mut next = self.text[self.at..].chars();
            if !(next.next() == Some('.') && next.next().is_some_and(is_letter) && self.at > start) {
                return &self.text[start..self.at];
            }
            self.at += 1;
        }
    }

    pub(super) fn word_of(&mut self, known: &[&str]) -> bool {
        self.skip(|reader| known.contains(&&*reader.word().to_lowercase()))
    }
}

/// Whether a character is part of a word: marks on letters and apostrophes too.
fn is_letter(letter: char) -> bool {
    let is_mark = letter >= '\u{300}'
        && !letter.is_numeric()
        && !letter.is_whitespace()
        && !('\u{2000}'..='\u{2bff}').contains(&letter)
        && !('\u{3000}'..='\u{303f}').contains(&letter)
        && !matches!(letter, '،' | '٬' | '፣' | '।' | '年' | '月' | '日' | '\u{61c}');
    letter.is_alphabetic() || is_mark || matches!(letter, '’' | '\'' | '\u{200c}' | '\u{200d}')
}
