//! The forms of a date, read one after the other by a cursor over the text.

use chrono::{NaiveDate, Weekday};

use super::cursor::Reader;
use super::names::{is_weekday, month};
use super::{DateMatch, Doubt, EntryDate, FieldOrder, NumericDate, ParsedDate};
use crate::pairing::digit_value;

/// How far into a text a date is searched for, in characters.
const SEARCHED_CHARS: usize = 500;
/// Words between a year and a month or a day: Russian, Belarusian, Kazakh, Armenian, Mongolian, Lithuanian, Latvian, Basque.
const YEAR_WORDS: [&str; 18] =
    ["г", "год", "года", "году", "гг", "р", "року", "ж", "й", "թ", "оны", "m", "d", "gada", "e", "ko", "د", "metų"];
/// Words between a day and a month, or a month and a year.
const ARTICLES: [&str; 10] = ["de", "del", "di", "da", "of", "dhen", "den", "د", "năm", "oṣù"];
const ORDINALS: [&str; 10] = ["st", "nd", "rd", "th", "er", "eme", "ème", "e", "a", "mh"];
/// Vietnamese months have numbers.
const VIETNAMESE_MONTHS: [&str; 2] = ["tháng", "thg"];

/// Parses a text that is a date, as a field of a document is. A few words may stand before it.
pub fn parse(text: &str) -> Option<DateMatch> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let before_digit = text.find(|letter| digit_value(letter).is_some())?;
    let words = word_starts(text).take_while(|at| *at <= before_digit);
    words.take(8).find_map(|at| Reader { text, at, is_field: true }.date())
}

/// Parses the date at the start of a text, which goes on after it.
pub fn parse_prefix(text: &str) -> Option<DateMatch> {
    Reader { text, at: 0, is_field: false }.date()
}

/// The first date in a text.
pub fn find(text: &str) -> Option<DateMatch> {
    let end = text.char_indices().nth(SEARCHED_CHARS).map_or(text.len(), |(end, _)| end);
    word_starts(text).take_while(|at| *at < end).find_map(|at| parse_prefix(&text[at..]))
}

/// Where the words of a text begin.
fn word_starts(text: &str) -> impl Iterator<Item = usize> + '_ {
    let mut before = ' ';
    text.char_indices().filter_map(move |(at, letter)| {
        let is_start = letter.is_alphanumeric() && !before.is_alphanumeric();
        before = letter;
        (is_start || at == 0).then_some(at)
    })
}

/// A day, or two numbers and a year, before its time.
enum Date {
    /// `None` if there is no such day.
    Day(Option<NaiveDate>),
    Numeric(NumericDate),
    /// A day with its time, because the year is last (asctime).
    Whole(Option<EntryDate>),
}

type Form<'a> = fn(&mut Reader<'a>, &mut Option<Doubt>) -> Option<Date>;

impl<'a> Reader<'a> {
    fn date(&mut self) -> Option<DateMatch> {
        let forms: [Form<'a>; 7] = [
            Reader::iso,
            Reader::year_first,
            Reader::year_and_name,
            Reader::day_and_name,
            Reader::numbers,
            Reader::name_and_day,
            Reader::reduced,
        ];
        let bracket = self.eat(&['(', '[']);
        let start = self.at;
        self.weekday();
        let behind_weekday = self.at;
        let mut doubt = None;
        // The abbreviations of some months are those of weekdays in other languages.
        let starts = [start, behind_weekday].into_iter().take(1 + usize::from(behind_weekday > start));
        let date = starts.flat_map(|start| forms.map(|form| (start, form))).find_map(|(start, form)| {
            self.at = start;
            form(self, &mut doubt).filter(|_| self.is_at_end_of_date())
        })?;
        let time = if matches!(date, Date::Whole(_)) { None } else { self.time() };
        self.comments();
        if bracket && !self.eat(&[')', ']']) {
            return None;
        }
        if self.is_field {
            self.eat(&['.', ',', '،']);
            self.blanks();
            self.weekday();
            if self.text[self.at..].chars().any(char::is_alphanumeric) {
                doubt = Some(Doubt::Rest);
            }
        }
        let date = match date {
            Date::Day(day) => day.map(|day| EntryDate::new(day, time).into()),
            Date::Numeric(numbers) => Some(ParsedDate::Numeric(NumericDate { time, ..numbers })),
            Date::Whole(date) => date.map(ParsedDate::Exact),
        };
        Some(DateMatch { length: self.at, date, doubt })
    }

    /// A year of four digits. At the start of a text only those of news are years.
    fn year(&mut self) -> Option<i32> {
        let year = self.number_of(4..=4)?;
        (self.is_field || (1900..2200).contains(&year)).then_some(i32::try_from(year).ok()?)
    }

    /// A year of four digits, or of two in a field (RFC 2822 §4.3).
    fn year_after_month(&mut self) -> Option<i32> {
        if self.is_field {
            self.eat(&['\'', '’']);
        }
        match self.optional(Self::year) {
            Some(year) => Some(year),
            None if self.is_field => {
                let year = of_two_digits(self.number_of(2..=2)?);
                (self.peek() != Some(':')).then_some(year)
            }
            None => None,
        }
    }

    /// The month of a name, with its doubt.
    fn month_name(&mut self, is_ordinal: bool, doubt: &mut Option<Doubt>) -> Option<u32> {
        let word = self.word();
        if self.is_field && VIETNAMESE_MONTHS.contains(&&*word.to_lowercase()) {
            self.blanks();
            return self.number_of(1..=2).filter(|month| (1..=12).contains(month));
        }
        let month = month(word, is_ordinal)?;
        *doubt = month.other.map(Doubt::Month);
        self.eat(&['.', '׳']);
        Some(month.number)
    }

    /// Skips `Thursday, `, `Thu `, `jeudi `.
    fn weekday(&mut self) {
        self.skip(|reader| {
            let is_known = is_weekday(reader.word());
            reader.eat(&['.']);
            let is_parted = reader.eat(&[',', '،', '፣']) | reader.blanks();
            reader.blanks();
            is_known && (is_parted || reader.peek().is_none())
        });
    }

    /// Whether nothing follows that a date would go on with.
    fn is_at_end_of_date(&self) -> bool {
        let mut behind = self.text[self.at..].chars();
        let (next, second) = (behind.next(), behind.next());
        let is_digit = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_digit());
        match next {
            Some('T' | 't') => true,
            Some('/' | '.' | '-') => !is_digit(second),
            // No blank stands between a Chinese, Japanese or Korean date and what follows.
            _ if self.text[..self.at].ends_with(['日', '号', '號', '일']) => true,
            next => !next.is_some_and(char::is_alphanumeric),
        }
    }

    /// ISO 8601, basic, week and ordinal dates: `20150416`, `2015-W16-4`, `2015W164`, `2015-106`, `2015106`.
    fn iso(&mut self, _: &mut Option<Doubt>) -> Option<Date> {
        if !self.is_field {
            return None;
        }
        let rest = &self.text[self.at..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number = |range: std::ops::Range<usize>| rest.get(range)?.parse::<u32>().ok();
        let year = i32::try_from(number(0..4)?).ok()?;
        let (day, length) = match (digits, &rest.as_bytes()[digits..]) {
            (8, _) => (NaiveDate::from_ymd_opt(year, number(4..6)?, number(6..8)?), 8),
            (7, _) => (NaiveDate::from_yo_opt(year, number(4..7)?), 7),
            (4, [b'-', b'W' | b'w', ..]) => self.week(year, &rest[6..]).map(|(day, length)| (day, 6 + length))?,
            (4, [b'W' | b'w', ..]) => self.week(year, &rest[5..]).map(|(day, length)| (day, 5 + length))?,
            (4, [b'-', one, two, three, after @ ..])
                if [one, two, three].iter().all(|byte| byte.is_ascii_digit())
                    && !after.first().is_some_and(u8::is_ascii_digit) =>
            {
                (NaiveDate::from_yo_opt(year, number(5..8)?), 8)
            }
            _ => return None,
        };
        self.at += length;
        Some(Date::Day(day))
    }

    /// The week and its day, `16-4`, `164`, or the week alone, which is its Monday; and how long it is.
    fn week(&self, year: i32, text: &str) -> Option<(Option<NaiveDate>, usize)> {
        let week = text.get(..2)?.parse().ok()?;
        let rest = &text[2..];
        let (day, length) = match rest.strip_prefix('-').unwrap_or(rest).bytes().next().filter(u8::is_ascii_digit) {
            Some(day) => (day.wrapping_sub(b'1'), 3 + usize::from(rest.starts_with('-'))),
            None => (0, 2),
        };
        Some((Weekday::try_from(day).ok().and_then(|day| NaiveDate::from_isoywd_opt(year, week, day)), length))
    }

    /// `2015-04-16`, `2015/4/16`, `2015. 4. 16.`, `2015年4月16日`.
    fn year_first(&mut self, _: &mut Option<Doubt>) -> Option<Date> {
        let year = self.year()?;
        let separator = self.eat_if(|next| "-/.年년".contains(next))?;
        let is_spaced = matches!(separator, '年' | '년' | '.');
        let mut part = |after: &str| {
            if is_spaced {
                self.blanks();
            }
            let number = self.number_of(1..=2)?;
            let is_ended = self.eat_if(|next| after.contains(next)).is_some();
            Some((number, is_ended))
        };
        let is_asian = matches!(separator, '年' | '년');
        let separator = String::from(separator);
        let (month, is_ended) = part(if is_asian { "月월" } else { &separator })?;
        let (day, is_day) = part(if is_asian { "日号號일" } else { "" }).filter(|_| is_ended)?;
        (is_day || !is_asian).then_some(())?;
        Some(Date::Day(NaiveDate::from_ymd_opt(year, month, day)))
    }

    /// `2015. április 16.`, `2015 m. balandžio 16 d.`, `2015 ж. 16 сәуір`.
    fn year_and_name(&mut self, doubt: &mut Option<Doubt>) -> Option<Date> {
        let year = self.year()?;
        let start = self.at;
        self.year_words();
        (self.at > start).then_some(())?;
        let named = self.optional(|reader| {
            let month = reader.month_name(false, &mut None)?;
            reader.gap()?;
            let day = reader.number_of(1..=2)?;
            reader.ordinal();
            Some((month, day))
        });
        let (month, day) = match named {
            Some(found) => found,
            None => {
                let day = self.number_of(1..=2)?;
                let is_ordinal = self.ordinal();
                self.gap()?;
                (self.month_name(is_ordinal, doubt)?, day)
            }
        };
        Some(Date::Day(NaiveDate::from_ymd_opt(year, month, day)))
    }

    /// Skips what stands between a year and a name: dots, commas, blanks, `г.`, `gada`.
    fn year_words(&mut self) {
        for _ in 0..3 {
            while self.eat(&['.', ',', '،', '-', '(', ')']) || self.blanks() {}
            if !self.word_of(&YEAR_WORDS) {
                return;
            }
        }
    }

    /// `16/04/2015`, `16. 4. 2015`, `16.04.15`.
    fn numbers(&mut self, _: &mut Option<Doubt>) -> Option<Date> {
        let first = self.number_of(1..=2)?;
        self.marks();
        let separator = self.eat_if(|next| "/-.".contains(next))?;
        let is_spaced = separator == '.' && self.blanks();
        self.marks();
        let second = self.number_of(1..=2)?;
        self.marks();
        self.eat(&[separator]).then_some(())?;
        if is_spaced {
            self.blanks();
        }
        self.marks();
        let year = match self.number()? {
            (year, 4) if self.is_field || (1900..2200).contains(&year) => {
                self.year_mark();
                i32::try_from(year).ok()?
            }
            (year, 2) => of_two_digits(year),
            _ => return None,
        };
        let numbers = NumericDate { first, second, year, separator, time: None };
        let is_day = numbers.resolve(FieldOrder::DayFirst).is_some();
        Some(if is_day { Date::Numeric(numbers) } else { Date::Day(None) })
    }

    /// `16 April 2015`, `16-Apr-2015`, `1er mai 2015`, `16. April 2015`, `16 de abril de 2015`, `16 апреля 2015 г.`.
    fn day_and_name(&mut self, doubt: &mut Option<Doubt>) -> Option<Date> {
        let day = self.number_of(1..=2)?;
        let is_ordinal = self.ordinal();
        self.gap()?;
        let month = self.month_name(is_ordinal, doubt)?;
        self.eat(&[',', '،']);
        self.gap()?;
        self.weekday();
        let year = self.year_after_month()?;
        self.year_mark();
        Some(Date::Day(NaiveDate::from_ymd_opt(year, month, day)))
    }

    /// `April 16, 2015`, `Apr. 16th 2015`; in a field `Apr 16 14:30:00 PST 2015` (asctime).
    fn name_and_day(&mut self, doubt: &mut Option<Doubt>) -> Option<Date> {
        let month = self.month_name(false, doubt)?;
        self.gap()?;
        let day = self.number_of(1..=2)?;
        self.ordinal();
        self.eat(&[',', '،']);
        self.gap()?;
        if let Some(year) = self.optional(Self::year_after_month) {
            return Some(Date::Day(NaiveDate::from_ymd_opt(year, month, day)));
        }
        let mut time = self.clock(false)?;
        self.blanks();
        time.offset = self.optional(Self::offset);
        self.blanks();
        let year = self.year()?;
        self.is_field.then_some(())?;
        let day = NaiveDate::from_ymd_opt(year, month, day);
        Some(Date::Whole(day.map(|day| EntryDate::new(day, Some(time)))))
    }

    /// A year, or a year and a month, that is all of a field: its first day.
    fn reduced(&mut self, _: &mut Option<Doubt>) -> Option<Date> {
        (self.at == 0).then_some(())?;
        let year = self.year()?;
        let month = self.optional(|reader| reader.eat(&['-']).then(|| reader.number_of(2..=2))?).unwrap_or(1);
        let is_all = self.is_field && self.at == self.text.len();
        is_all.then_some(Date::Day(NaiveDate::from_ymd_opt(year, month, 1)))
    }

    /// The separator in a date with a month name: white space, a hyphen, a slash, `de`.
    fn gap(&mut self) -> Option<()> {
        let start = self.at;
        // A hyphen behind a blank is a minus: WordPress writes a missing date as `30 Nov -0001`.
        self.eat(&['-', '/']);
        while self.eat(&[',', '،']) || self.blanks() {}
        (self.at > start).then_some(())?;
        self.skip(|reader| reader.word_of(&ARTICLES) && reader.blanks());
        Some(())
    }

    /// Skips what makes a number an ordinal; whether it is a dot.
    fn ordinal(&mut self) -> bool {
        if self.eat(&['.']) {
            return true;
        }
        if self.eat(&['º', 'ª', '°']) {
            return false;
        }
        if !self.skip(|reader| reader.eat(&['(']) && reader.word_of(&["a", "e"]) && reader.eat(&[')'])) {
            self.word_of(&ORDINALS);
        }
        false
    }

    /// Skips the word after a year: `г.`, `года`, `р.`, `թ.`; in a field the dot that makes it an ordinal, too.
    fn year_mark(&mut self) {
        let is_word = self.skip(|reader| {
            reader.blanks();
            reader.word_of(&["г", "год", "года", "году", "р", "року", "թ", "й"])
        });
        if is_word {
            let is_short = self.text[..self.at].ends_with(['г', 'р', 'թ', 'й']);
            if is_short {
                self.eat(&['.']);
            }
        } else if self.is_field {
            self.eat(&['.']);
        }
    }
}

/// A year of two digits (RFC 2822 §4.3).
fn of_two_digits(year: u32) -> i32 {
    (if year < 50 { 2000 } else { 1900 }) + i32::try_from(year).unwrap_or_default()
}
