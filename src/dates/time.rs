//! The time of day behind a date, and its offset.

use chrono::{FixedOffset, NaiveTime, TimeDelta};

use super::cursor::Reader;
use super::{TimeOfDay, zone};

/// Words before a time of day.
const TIME_WORDS: [&str; 9] = ["at", "à", "um", "kl", "в", "alle", "las", "om", "ore"];

impl<'a> Reader<'a> {
    /// The time of day after a date: `T14:30:00Z`, ` 14:30`, `, 14:30 +02:00`.
    pub(super) fn time(&mut self) -> Option<TimeOfDay> {
        self.optional(|reader| {
            let is_joined = reader.eat(&['T', 't']);
            if !is_joined {
                reader.eat(&[',', '،']);
                let is_parted = reader.blanks() || (reader.is_field && reader.eat(&['-', '_']));
                is_parted.then_some(())?;
                if reader.is_field {
                    reader.eat(&['-', '–', '|', 'T', 't']);
                    reader.blanks();
                    if reader.word_of(&TIME_WORDS) {
                        reader.eat(&['.']);
                        reader.blanks();
                    }
                }
            }
            let mut time = reader.clock(is_joined)?;
            time.offset = reader.optional(|reader| {
                reader.blanks();
                reader.offset()
            });
            Some(time)
        })
    }

    /// `14:30`, `14:30:00.5`, `2:30 pm`; in a field `14h30` too, and behind `T` the forms of ISO 8601: `1430`, `143000`, `14`.
    pub(super) fn clock(&mut self, is_iso: bool) -> Option<TimeOfDay> {
        let rest = &self.text[self.at..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_basic = self.is_field && (is_iso || digits == 6) && matches!(digits, 4 | 6);
        let (hour, mut minute, mut second) = if is_basic {
            let number = |range: std::ops::Range<usize>| rest.get(range).and_then(|digits| digits.parse().ok());
            self.at += digits;
            (number(0..2)?, number(2..4), number(4..6))
        } else {
            (self.number_of(1..=2)?, None, None)
        };
        if !is_basic && (self.eat(&[':']) || (self.is_field && self.eat(&['h', 'H']))) {
            minute = Some(self.number_of(2..=2)?);
            if self.eat(&[':']) {
                second = Some(self.number_of(1..=2)?);
            }
        }
        (minute.is_some() || (is_iso && self.is_field)).then_some(())?;
        // A fraction is one of the smallest unit that is given.
        let unit: u64 = if second.is_some() {
            1
        } else if minute.is_some() {
            60
        } else {
            3600
        };
        let fraction = self.fraction().filter(|_| second.is_some() || is_iso).unwrap_or(0) * unit;
        let (minute, second) = (minute.unwrap_or(0), second.unwrap_or(0));
        let hour = self.half_of_day(hour);
        let is_end_of_day = (hour, minute, second) == (24, 0, 0);
        let hour = if is_end_of_day { 0 } else { hour };
        // A leap second is the second before it.
        let time = NaiveTime::from_hms_opt(hour, minute, second.min(if second == 60 { 59 } else { 60 }))?;
        let time = time.overflowing_add_signed(TimeDelta::nanoseconds(i64::try_from(fraction).ok()?)).0;
        Some(TimeOfDay { time, is_end_of_day, offset: None })
    }

    /// The digits behind a point or a comma, as billionths.
    pub(super) fn fraction(&mut self) -> Option<u64> {
        self.optional(|reader| {
            reader.eat(&['.', ',']).then_some(())?;
            let rest = &reader.text[reader.at..];
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let billionths = format!("{:0<9}", &rest[..digits.min(9)]).parse().ok().filter(|_| digits > 0)?;
            reader.at += digits;
            Some(billionths)
        })
    }

    /// The hour of `am` or `pm`.
    pub(super) fn half_of_day(&mut self, hour: u32) -> u32 {
        let read = |reader: &mut Self| {
            reader.blanks();
            let word = reader.word().to_ascii_lowercase();
            let is_afternoon = match &*word.replace('.', "") {
                "am" => false,
                "pm" => true,
                _ => return None,
            };
            if word.contains('.') {
                reader.eat(&['.']);
            }
            Some(is_afternoon)
        };
        match self.optional(read) {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        }
    }

    /// `Z`, `+02:00`, `+0200`, `+2`, `UTC`, `GMT+2`; in a field the other names of zones too.
    pub(super) fn offset(&mut self) -> Option<FixedOffset> {
        let name = self.word();
        let named = match name {
            "" => None,
            "Z" | "z" | "UTC" | "GMT" | "UT" | "utc" | "gmt" => Some(0),
            name if self.is_field => Some(zone::by_name(name)?),
            _ => return None,
        };
        let signed = self.optional(|reader| {
            let sign = reader.eat_if(|next| "+-−".contains(next))?;
            let digits = reader.ascii_digits();
            let minutes = reader.optional(|reader| {
                reader.eat(&[':']).then_some(())?;
                Some(reader.ascii_digits()).filter(|minutes| minutes.len() == 2)
            });
            zone::by_digits(sign != '+', digits, minutes)
        });
        let is_ended = !self.peek().is_some_and(char::is_alphanumeric);
        FixedOffset::east_opt(signed.or(named).filter(|_| is_ended)?)
    }

    pub(super) fn ascii_digits(&mut self) -> &'a str {
        let start = self.at;
        while self.eat_if(|next| next.is_ascii_digit()).is_some() {}
        &self.text[start..self.at]
    }

    /// Skips the comments of RFC 2822 and the suffixes of RFC 9557: `(CEST)`, `[Europe/Vienna]`.
    pub(super) fn comments(&mut self) {
        if !self.is_field {
            return;
        }
        for (open, close) in [('(', ')'), ('[', ']'), ('(', ')')] {
            self.skip(|reader| {
                reader.blanks();
                let is_open = reader.eat(&[open]);
                let length = reader.text[reader.at..].find(close);
                reader.at += length.map_or(0, |length| length + 1);
                is_open && length.is_some()
            });
        }
    }
}
