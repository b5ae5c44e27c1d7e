//! Localization: messages, numbers and dates in the language of a page.
//!
//! Messages are in `locales/`, one file a language. A message that a language lacks falls back to English, which pages mark with
//! `lang`. Numbers and dates are formatted by the Unicode CLDR, in the Gregorian calendar, like the paths of the pages.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use icu_calendar::cal::Gregorian;
use icu_datetime::fieldsets::{Y, YM, YMD, YMDE};
use icu_datetime::{DateTimeFormatterPreferences, FixedCalendarDateTimeFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale::Locale;
use icu_plurals::{PluralCategory, PluralRules};
use serde::Deserialize;

use crate::model::Language;
use crate::plan::Period;

/// The pattern of a message of the interface.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "this is neither text nor a table of texts by number (zero, one, two, few, many, other)")]
pub enum Pattern {
    One(String),
    /// By plural category: `zero`, `one`, `two`, `few`, `many`, `other`.
    Plural(BTreeMap<String, String>),
}

/// The patterns of a language, by key.
pub type Patterns = BTreeMap<String, Pattern>;

/// The values of the placeholders `{name}` in a pattern.
pub type Arguments<'v> = [(&'v str, String)];

type DateFormatter<F> = FixedCalendarDateTimeFormatter<Gregorian, F>;

/// Localizes pages into one language.
#[derive(Debug)]
pub struct Localizer {
    own: Messages,
    /// The fallback for missing messages.
    english: Arc<Messages>,
    day: Option<DateFormatter<YMDE>>,
    date: Option<DateFormatter<YMD>>,
    month: Option<DateFormatter<YM>>,
    year: Option<DateFormatter<Y>>,
}

/// The messages of a language, with the rules that formatting them needs.
#[derive(Debug)]
pub struct Messages {
    patterns: Patterns,
    plurals: Option<PluralRules>,
    numbers: Option<DecimalFormatter>,
}

/// A formatted message, and whether it is the English fallback.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    pub text: String,
    pub is_fallback: bool,
}

impl Messages {
    pub fn new(locale: &Locale, patterns: Patterns) -> Messages {
        Messages {
            patterns,
            plurals: PluralRules::try_new_cardinal(locale.into()).ok(),
            numbers: DecimalFormatter::try_new(locale.into(), Default::default()).ok(),
        }
    }

    fn number(&self, number: u64) -> String {
        let formatted = self.numbers.as_ref().map(|numbers| formatted(numbers.format(&Decimal::from(number))));
        formatted.unwrap_or_else(|| number.to_string())
    }

    fn translate(&self, key: &str, number: Option<u64>, arguments: &Arguments<'_>) -> Option<String> {
        let pattern = match self.patterns.get(key)? {
            Pattern::One(pattern) => pattern,
            Pattern::Plural(forms) => {
                let plurals = self.plurals.as_ref();
                let category = plurals.map_or("other", |rules| category(rules.category_for(number.unwrap_or(0))));
                forms.get(category).or_else(|| forms.get("other"))?
            }
        };
        let mut text = pattern.clone();
        if let Some(number) = number {
            text = text.replace("{number}", &self.number(number));
        }
        // In one pass, so that placeholders in values are not replaced.
        Some(interpolate(&text, arguments))
    }
}

fn interpolate(pattern: &str, arguments: &Arguments<'_>) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let value = after.split_once('}').and_then(|(name, rest)| {
            let (_, value) = arguments.iter().find(|(argument, _)| *argument == name)?;
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
    pub fn new(language: &Language, patterns: Patterns, english: Arc<Messages>) -> Localizer {
        let preferences: DateTimeFormatterPreferences = language.locale().into();
        Localizer {
            own: Messages::new(language.locale(), patterns),
            english,
            day: DateFormatter::try_new(preferences, YMDE::long()).ok(),
            date: DateFormatter::try_new(preferences, YMD::long()).ok(),
            month: DateFormatter::try_new(preferences, YM::long()).ok(),
            year: DateFormatter::try_new(preferences, Y::long()).ok(),
        }
    }

    /// Formats a message; `None` if there is none with this key.
    pub fn translate(&self, key: &str, number: Option<u64>, arguments: &Arguments<'_>) -> Option<Message> {
        let own = self.own.translate(key, number, arguments).map(|text| Message { text, is_fallback: false });
        own.or_else(|| Some(Message { text: self.english.translate(key, number, arguments)?, is_fallback: true }))
    }

    /// Formats a size in bytes: `812 kB`, `2.4 MB`.
    pub fn size(&self, bytes: u64) -> String {
        let units = ["kB", "MB", "GB"];
        let mut tenths = bytes.div_ceil(100);
        let mut unit = 0;
        while tenths >= 9995 && unit + 1 < units.len() {
            (tenths, unit) = (tenths.div_ceil(1000), unit + 1);
        }
        let mut number = Decimal::from(if tenths < 100 { tenths } else { tenths.div_ceil(10) * 10 });
        number.multiply_pow10(-1);
        number.absolute.trim_end();
        let number =
            self.own.numbers.as_ref().map_or_else(|| number.to_string(), |numbers| formatted(numbers.format(&number)));
        format!("{number} {}", units[unit])
    }

    /// Formats a day with its weekday.
    pub fn day(&self, day: NaiveDate) -> String {
        let date = gregorian(day.year(), day.month(), day.day());
        let text = self.day.as_ref().zip(date).map(|(day, date)| formatted(day.format(&date)));
        text.unwrap_or_else(|| day.to_string())
    }

    /// Formats a day without its weekday.
    pub fn date(&self, day: NaiveDate) -> String {
        let date = gregorian(day.year(), day.month(), day.day());
        let text = self.date.as_ref().zip(date).map(|(day, date)| formatted(day.format(&date)));
        text.unwrap_or_else(|| day.to_string())
    }

    /// Formats a year, or a month with its year.
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

    fn localizer(tag: &str, patterns: &str) -> Localizer {
        let english = "here = 'here'\nstories = { one = '{number} story', other = '{number} stories' }";
        let english = Arc::new(Messages::new(&icu_locale::locale!("en"), toml::from_str(english).unwrap()));
        Localizer::new(&Language::parse(tag).unwrap(), toml::from_str(patterns).unwrap(), english)
    }

    #[test]
    fn numbers_select_their_plural_form() {
        let russian = localizer(
            "ru",
            "stories = { one = '{number} материал', few = '{number} материала', many = '{number} материалов' }",
        );
        let translate = |number: u64| russian.translate("stories", Some(number), &[]).unwrap().text;
        assert_eq!([1, 2, 5, 21].map(translate), ["1 материал", "2 материала", "5 материалов", "21 материал"]);
        let german = localizer("de", "");
        let message = german.translate("stories", Some(1), &[]).unwrap();
        assert_eq!(message, Message { text: "1 story".to_owned(), is_fallback: true });
        let german_words = localizer("de", "stories = '{number}'");
        assert_eq!(german_words.translate("stories", Some(12_345), &[]).unwrap().text, "12.345");
        assert_eq!(german.translate("nothing", None, &[]), None);
    }

    #[test]
    fn sizes_have_a_unit() {
        let french = localizer("fr", "");
        for (bytes, expected) in [
            (0, "0 kB"),
            (1, "0,1 kB"),
            (812, "0,9 kB"),
            (9_900, "9,9 kB"),
            (812_345, "813 kB"),
            (2_400_000, "2,4 MB"),
            (999_600, "1 MB"),
            (123_456_789_000, "124 GB"),
        ] {
            assert_eq!(french.size(bytes), expected, "{bytes}");
        }
    }

    #[test]
    fn placeholders_in_values_are_not_replaced() {
        let localizer = localizer("en", "photo = '{credit} and {other} in {braces'");
        let values = [("credit", "{other}".to_owned()), ("other", "b".to_owned())];
        assert_eq!(localizer.translate("photo", None, &values).unwrap().text, "{other} and b in {braces");
    }

    #[test]
    fn dates_are_formatted_in_the_language() {
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
            let localizer = localizer(tag, "");
            assert_eq!((localizer.day(day).as_str(), localizer.period(month).as_str()), (expected_day, expected_month));
        }
    }
}
