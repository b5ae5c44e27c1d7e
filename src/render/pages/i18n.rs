//! Patterns, numbers and dates as a language writes them.
//!
//! The words are in `words/`, a file for each language; a language without a word of its own has the English one, which
//! pages mark as such. Dates and numbers are those of the Unicode CLDR, by the Gregorian calendar, as the paths of the pages are.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use icu_calendar::cal::Gregorian;
use icu_datetime::fieldsets::{Y, YM, YMDE};
use icu_datetime::{DateTimeFormatterPreferences, FixedCalendarDateTimeFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use serde::Deserialize;

use crate::model::Language;
use crate::plan::Period;

/// A word or sentence of the interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "this is neither text nor a table of texts by number (zero, one, two, few, many, other)")]
pub enum Pattern {
    One(String),
    /// By the category of its number: `zero`, `one`, `two`, `few`, `many`, `other`.
    Forms(BTreeMap<String, String>),
}

/// The words of a language.
pub type Patterns = BTreeMap<String, Pattern>;

/// What takes the place of `{name}` in a pattern.
pub type Arguments<'v> = [(&'v str, String)];

type DateFormatter<F> = FixedCalendarDateTimeFormatter<Gregorian, F>;

/// How pages of a language speak.
#[derive(Debug)]
pub struct Localizer {
    own: Messages,
    /// Speaks where a word is missing.
    english: Arc<Messages>,
    day: Option<DateFormatter<YMDE>>,
    month: Option<DateFormatter<YM>>,
    year: Option<DateFormatter<Y>>,
}

/// Patterns and numbers.
#[derive(Debug)]
pub struct Messages {
    words: Patterns,
    plurals: Option<PluralRules>,
    numbers: Option<DecimalFormatter>,
}

/// What is said, and whether that is English for want of a word of one's own.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    pub text: String,
    pub is_fallback: bool,
}

/// A tag as the CLDR knows it; what it does not know is written as if in no language.
fn locale(language: &str) -> Locale {
    language.parse().unwrap_or(Locale::UNKNOWN)
}

impl Messages {
    pub fn new(language: &str, words: Patterns) -> Messages {
        let locale = locale(language);
        Messages {
            words,
            plurals: PluralRules::try_new_cardinal((&locale).into()).ok(),
            numbers: DecimalFormatter::try_new((&locale).into(), Default::default()).ok(),
        }
    }

    fn number(&self, number: u64) -> String {
        let formatted = self.numbers.as_ref().map(|numbers| formatted(numbers.format(&Decimal::from(number))));
        formatted.unwrap_or_else(|| number.to_string())
    }

    fn translate(&self, name: &str, number: Option<u64>, values: &Arguments<'_>) -> Option<String> {
        let pattern = match self.words.get(name)? {
            Pattern::One(pattern) => pattern,
            Pattern::Forms(forms) => {
                let plurals = self.plurals.as_ref();
                let category = plurals.map_or("other", |rules| category(rules.category_for(number.unwrap_or(0))));
                forms.get(category).or_else(|| forms.get("other"))?
            }
        };
        let mut text = pattern.clone();
        if let Some(number) = number {
            text = text.replace("{number}", &self.number(number));
        }
        // In one pass, so that what is put in is not looked through for more.
        Some(interpolate(&text, values))
    }
}

fn interpolate(pattern: &str, values: &Arguments<'_>) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after.split_once('}').and_then(|(name, rest)| {
            let (_, value) = values.iter().find(|(known, _)| *known == name)?;
            Some((value, rest))
        });
        match value {
            Some((value, after)) => {
                out.push_str(value);
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn category(category: PluralCategory) -> &'static str {
    match category {
        PluralCategory::Zero => "zero",
        PluralCategory::One => "one",
        PluralCategory::Two => "two",
        PluralCategory::Few => "few",
        PluralCategory::Many => "many",
        PluralCategory::Other => "other",
    }
}

impl Localizer {
    pub fn new(language: &Language, words: Patterns, english: Arc<Messages>) -> Localizer {
        let preferences: DateTimeFormatterPreferences = (&locale(language.as_str())).into();
        Localizer {
            own: Messages::new(language.as_str(), words),
            english,
            day: DateFormatter::try_new(preferences, YMDE::long()).ok(),
            month: DateFormatter::try_new(preferences, YM::long()).ok(),
            year: DateFormatter::try_new(preferences, Y::long()).ok(),
        }
    }

    /// A pattern by its name; `None` if there is none.
    pub fn translate(&self, name: &str, number: Option<u64>, values: &Arguments<'_>) -> Option<Message> {
        let own = self.own.translate(name, number, values).map(|text| Message { text, is_fallback: false });
        own.or_else(|| Some(Message { text: self.english.translate(name, number, values)?, is_fallback: true }))
    }

    /// A number.
    pub fn number(&self, number: u64) -> String {
        self.own.number(number)
    }

    /// A day with its weekday.
    pub fn day(&self, day: NaiveDate) -> String {
        let date = gregorian(day.year(), day.month(), day.day());
        let text = self.day.as_ref().zip(date).map(|(day, date)| formatted(day.format(&date)));
        text.unwrap_or_else(|| day.to_string())
    }

    /// A year, or a month with its year.
    pub fn period(&self, period: Period) -> String {
        let date = gregorian(period.year, period.month.unwrap_or(1), 1);
        let text = match period.month {
            Some(_) => self.month.as_ref().zip(date).map(|(month, date)| formatted(month.format(&date))),
            None => self.year.as_ref().zip(date).map(|(year, date)| formatted(year.format(&date))),
        };
        text.unwrap_or_else(|| period.to_string())
    }
}

fn gregorian(year: i32, month: u32, day: u32) -> Option<icu_calendar::Date<Gregorian>> {
    icu_calendar::Date::try_new_gregorian(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Writing into memory does not fail.
fn formatted(text: impl std::fmt::Display) -> String {
    let mut out = String::new();
    let _ = write!(out, "{text}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(tag: &str, words: &str) -> Localizer {
        let english = "here = 'here'\nstories = { one = '{number} story', other = '{number} stories' }";
        let english = Arc::new(Messages::new("en", toml::from_str(english).unwrap()));
        Localizer::new(&Language::parse(tag).unwrap(), toml::from_str(words).unwrap(), english)
    }

    #[test]
    fn numbers_choose_their_form() {
        let russian = voice(
            "ru",
            "stories = { one = '{number} материал', few = '{number} материала', many = '{number} материалов' }",
        );
        let say = |number: u64| russian.translate("stories", Some(number), &[]).unwrap().text;
        assert_eq!([1, 2, 5, 21].map(say), ["1 материал", "2 материала", "5 материалов", "21 материал"]);
        let german = voice("de", "");
        let said = german.translate("stories", Some(1), &[]).unwrap();
        assert_eq!(said, Message { text: "1 story".to_owned(), is_fallback: true });
        assert_eq!(german.number(12_345), "12.345");
        assert_eq!(german.translate("nothing", None, &[]), None);
    }

    #[test]
    fn what_is_put_in_is_not_looked_through() {
        let voice = voice("en", "photo = '{credit} and {other} in {braces'");
        let values = [("credit", "{other}".to_owned()), ("other", "b".to_owned())];
        assert_eq!(voice.translate("photo", None, &values).unwrap().text, "{other} and b in {braces");
    }

    #[test]
    fn dates_are_those_of_the_language() {
        let day = NaiveDate::from_ymd_opt(2024, 3, 5).unwrap();
        let month = Period { year: 2024, month: Some(3) };
        for (tag, expected_day, expected_month) in [
            ("en-GB", "Tuesday, 5 March 2024", "March 2024"),
            ("fr", "mardi 5 mars 2024", "mars 2024"),
            ("ar", "الثلاثاء، 5 مارس 2024", "مارس 2024"),
            ("pt-BR", "terça-feira, 5 de março de 2024", "março de 2024"),
            ("fa", "سه\u{200c}شنبه ۵ مارس ۲۰۲۴", "مارس ۲۰۲۴"),
            ("yi", "2024 M03 5, Tue", "2024 M03"),
            ("zh-Hans", "2024年3月5日星期二", "2024年3月"),
        ] {
            let voice = voice(tag, "");
            assert_eq!((voice.day(day).as_str(), voice.period(month).as_str()), (expected_day, expected_month));
        }
    }
}
