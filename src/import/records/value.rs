//! What the values of records say, whichever way a system writes them: plain, in a list of one, or in an object.

use chrono::{DateTime, Duration, NaiveDate};
use serde_json::Value;

use super::names::{ADDRESSES, TEXTS};
use crate::config::WrittenAs;
use crate::dates::{self, EntryDate, ParsedDate};
use crate::import::entry::{Author, Category, Enclosure, Image, duration};
use crate::import::source_text::{collapse_whitespace, is_html};
use crate::markup;

/// Numbers from here on are seconds since 1970, not years or days.
const FIRST_SECOND: f64 = 1e8;
/// Numbers from here on are milliseconds.
const FIRST_MILLISECOND: f64 = 1e11;

/// A text as it is written; none if it is empty.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(list) => list.iter().find_map(text),
        Value::Object(members) => TEXTS.iter().find_map(|name| text(members.get(*name)?)),
        Value::Null => None,
    }
}

/// A text without markup, on one line.
pub fn line(value: &Value) -> Option<String> {
    plain(value).map(|text| collapse_whitespace(&text))
}

/// A text without markup.
pub fn plain(value: &Value) -> Option<String> {
    let text = text(value)?;
    let plain = if is_html(&text) { markup::visible_text(&text) } else { text };
    Some(plain).filter(|text| !text.trim().is_empty())
}

/// An address, of an object by the name that it has there.
pub fn address(value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => {
            ADDRESSES.iter().find_map(|name| address(members.get(*name)?)).or_else(|| text(value))
        }
        Value::Array(list) => list.iter().find_map(address),
        value => text(value),
    }
}

/// The values of a list; a text is one value.
pub fn elements(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().filter(|value| !value.is_null()).collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

/// Names in a list, or in a text between semicolons, bars or line breaks, else commas.
pub fn categories(value: &Value) -> Vec<Category> {
    let mut names: Vec<String> = Vec::new();
    for element in elements(value) {
        match element {
            Value::String(text) if !value.is_array() => {
                let signs: &[char] = if text.contains([';', '|', '\n']) { &[';', '|', '\n'] } else { &[','] };
                names.extend(text.split(signs).map(|name| name.trim().to_owned()));
            }
            element => names.extend(line(element)),
        }
    }
    let mut out: Vec<Category> = Vec::new();
    for term in names.into_iter().filter(|name| !name.is_empty()) {
        let category = Category { term, label: None };
        if !out.contains(&category) {
            out.push(category);
        }
    }
    out
}

/// Names of people, between semicolons or in a list.
pub fn authors(value: &Value) -> Vec<Author> {
    let author = |value: &Value| {
        let part = |name: &str| value.get(name).and_then(text);
        Some(Author { name: line(value)?, url: part("url").or_else(|| part("link")), email: part("email") })
    };
    match value {
        Value::String(names) => {
            let names = names.split(';').map(collapse_whitespace).filter(|name| !name.is_empty());
            names.map(|name| Author { name, url: None, email: None }).collect()
        }
        value => elements(value).into_iter().filter_map(author).collect(),
    }
}

/// An image: its address, or an object with more.
pub fn image(value: &Value) -> Option<Image> {
    let value = elements(value).into_iter().next()?;
    let part = |names: &[&str]| names.iter().find_map(|name| line(value.get(*name)?));
    let number = |name: &str| value.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    Some(Image {
        url: Some(address(value)?),
        alt: part(&["alt", "alt_text"]),
        caption: part(&["caption", "description"]),
        credit: part(&["credit", "copyright"]),
        width: number("width"),
        height: number("height"),
    })
}

/// A file: its address, or an object with more.
pub fn enclosure(value: &Value) -> Option<Enclosure> {
    let part = |names: &[&str]| names.iter().find_map(|name| text(value.get(*name)?));
    let number = |names: &[&str]| part(names).and_then(|number| number.parse::<f64>().ok());
    let seconds = part(&["duration"]).filter(|written| written.contains(':'));
    Some(Enclosure {
        url: address(value)?,
        media_type: part(&["type", "mime_type", "media_type", "filemime", "content_type"]),
        length: number(&["length", "size", "size_in_bytes", "filesize"]).map(|bytes| bytes as u64),
        title: value.as_object().and_then(|members| line(members.get("title").or_else(|| members.get("name"))?)),
        duration: seconds.or_else(|| number(&["duration", "duration_in_seconds"]).and_then(duration)),
        captions: part(&["captions"]),
        poster: part(&["poster"]),
    })
}

/// A date; why it is none is a remark.
pub fn date(value: &Value, written_as: Option<WrittenAs>, remarks: &mut Vec<String>) -> Option<ParsedDate> {
    let text = text(value)?;
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
    let found = match (written_as, number) {
        (Some(WrittenAs::Unix), Some(number)) => instant(number),
        (Some(WrittenAs::UnixMilliseconds), Some(number)) => instant(number / 1000.0),
        (Some(WrittenAs::Excel), Some(number)) => excel(number),
        (None, Some(number)) if number >= FIRST_MILLISECOND => instant(number / 1000.0),
        (None, Some(number)) if !(0.0..FIRST_SECOND).contains(&number) => instant(number),
        _ => {
            let found = dates::parse(&text);
            remarks.extend(found.as_ref().and_then(|found| found.remark()).map(|remark| format!("`{text}` {remark}")));
            found.and_then(|found| found.date)
        }
    };
    if found.is_none() {
        remarks.push(format!("`{text}` is no date"));
    }
    found
}

/// An instant by seconds since 1970.
fn instant(seconds: f64) -> Option<ParsedDate> {
    let at = DateTime::from_timestamp_millis((seconds * 1000.0).round() as i64)?;
    Some(ParsedDate::Exact(EntryDate::Instant(at.fixed_offset())))
}

/// A day, or a time of one, by days since 1899-12-30.
fn excel(days: f64) -> Option<ParsedDate> {
    let first = NaiveDate::from_ymd_opt(1899, 12, 30)?.and_hms_opt(0, 0, 0)?;
    let seconds = Duration::try_seconds((days * 86_400.0).round() as i64)?;
    let at = first.checked_add_signed(seconds)?;
    let is_day = days.fract() == 0.0;
    Some(ParsedDate::Exact(if is_day { EntryDate::Day(at.date()) } else { EntryDate::Local(at) }))
}

/// The languages of an object whose members are languages: `{"en": …, "fr": …}`.
pub fn languages<'v>(value: &'v Value, is_language: &dyn Fn(&str) -> bool) -> Vec<&'v str> {
    let Value::Object(members) = value else { return Vec::new() };
    let is_tag = |name: &str| {
        let code = name.split(['-', '_']).next().unwrap_or_default();
        (2..=3).contains(&code.len()) && code.bytes().all(|letter| letter.is_ascii_alphabetic())
    };
    let is_map = members.keys().all(|name| is_tag(name)) && members.keys().any(|name| is_language(name));
    if is_map { members.keys().map(String::as_str).collect() } else { Vec::new() }
}
