//! Recognizes what the members of records are, by their names and by what their values look like.

use std::collections::BTreeMap;

use serde_json::Value;

use super::names::{ENVELOPES, NAMES, NO_DRAFT, TEXTS, folded};
use super::value;
use crate::config::{Field, Mapping, WrittenAs};
use crate::import::parse_error::ParseError;
use crate::import::source_text::is_html;
use crate::json_path::JsonPath;

/// How many members are named where none is a title.
const MAX_NAMED: usize = 20;
/// Days that spreadsheets count: 1954 to 2118.
const EXCEL_DAYS: std::ops::Range<f64> = 20_000.0..80_000.0;

/// A member of the records, with its values in those that have it.
struct Member<'v> {
    path: String,
    name: String,
    values: Vec<&'v Value>,
}

/// What the members of records are, and those that are nothing known.
///
/// # Errors
/// None of them is a title.
pub fn mapping(records: &[&Value], is_language: &dyn Fn(&str) -> bool) -> Result<(Mapping, Vec<String>), ParseError> {
    let mut members = members(records, is_language);
    let mut mapping = Mapping::default();
    for (key, names) in NAMES {
        let suiting = names.iter().find_map(|name| {
            let name = folded(name);
            members.iter().position(|member| member.name == name && suits(key, member, is_language))
        });
        if let Some(index) = suiting {
            let member = members.remove(index);
            let (key, field) = field(key, &member);
            mapping.insert(key, field);
        }
    }
    if mapping.get("title").is_none() {
        let names: Vec<String> = members.iter().take(MAX_NAMED).map(|member| format!("`{}`", member.path)).collect();
        return Err(ParseError::new(format!(
            "none of the members of its records is known as a title: {}; say what they are with `[import.NAME.map]` in the configuration",
            names.join(", ")
        )));
    }
    let unused = members.iter().filter(|member| member.values.iter().any(|value| value::text(value).is_some()));
    Ok((mapping, unused.map(|member| member.path.clone()).collect()))
}

/// The members of records and of the envelopes within them, in the order of the first record that has them.
fn members<'v>(records: &[&'v Value], is_language: &dyn Fn(&str) -> bool) -> Vec<Member<'v>> {
    let mut out: Vec<Member<'v>> = Vec::new();
    let mut indices: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |prefix: &str, record: &'v Value| {
        for (name, value) in record.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let index = *indices.entry(path.clone()).or_insert_with(|| {
                // Drupal's own fields.
                let name = folded(name.strip_prefix("field_").unwrap_or(name));
                out.push(Member { path, name, values: Vec::new() });
                out.len() - 1
            });
            match value.as_object().filter(|_| !value::languages(value, is_language).is_empty()) {
                Some(texts) => out[index].values.extend(texts.values()),
                None => out[index].values.push(value),
            }
        }
    };
    for record in records {
        for envelope in ENVELOPES {
            record.get(envelope).into_iter().for_each(|inner| add(envelope, inner));
        }
        add("", record);
    }
    out.retain(|member| !ENVELOPES.contains(&&*member.path) || !member.values.iter().any(|value| value.is_object()));
    out
}

/// Whether the values of a member are what a key has.
fn suits(key: &str, member: &Member<'_>, is_language: &dyn Fn(&str) -> bool) -> bool {
    let texts = || member.values.iter().filter_map(|value| value::text(value));
    let are = |is: &dyn Fn(&str) -> bool| texts().next().is_some() && texts().all(|text| is(&text));
    let are_mostly = |is: &dyn Fn(&str) -> bool| {
        let (count, yes) = (texts().count(), texts().filter(|text| is(text)).count());
        count > 0 && yes * 2 >= count
    };
    match key {
        "id" => texts().next().is_some() && member.values.iter().all(|value| !value.is_boolean()),
        "language" => are_mostly(&|text| is_language(text)),
        "published" | "updated" | "expires" => {
            let is_date = |value: &&&Value| value::date(value, written_as(member), &mut Vec::new()).is_some();
            let values = || member.values.iter().filter(|value| !value.is_boolean() && value::text(value).is_some());
            let dates = values().filter(is_date).count();
            dates > 0 && dates * 2 >= values().count()
        }
        "state" => {
            are(&|text| text.len() <= 20 && text.parse::<f64>().is_ok_and(|number| number <= 9.0) || is_word(text))
        }
        "link" => member.values.iter().filter_map(|value| value::address(value)).any(|address| is_address(&address)),
        "image" => {
            member.values.iter().filter_map(|value| value::image(value)?.url).any(|address| is_address(&address))
        }
        _ => texts().next().is_some() || member.values.iter().any(|value| value.is_array()),
    }
}

fn is_word(text: &str) -> bool {
    text.len() <= 20 && text.chars().all(|letter| letter.is_alphabetic() || matches!(letter, '_' | '-'))
}

fn is_address(text: &str) -> bool {
    let text = text.trim();
    text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/')
}

/// How the dates of a member are written, if most of them are numbers: one slip among them changes nothing for the others.
fn written_as(member: &Member<'_>) -> Option<WrittenAs> {
    let texts: Vec<String> = member.values.iter().filter_map(|value| value::text(value)).collect();
    let are_mostly = |is: &dyn Fn(f64) -> bool| {
        texts.iter().filter(|text| text.parse::<f64>().is_ok_and(is)).count() * 2 > texts.len()
    };
    match () {
        () if are_mostly(&|number| EXCEL_DAYS.contains(&number)) => Some(WrittenAs::Excel),
        () if are_mostly(&|number| number >= 1e11) => Some(WrittenAs::UnixMilliseconds),
        () if are_mostly(&|number| number >= 1e8) => Some(WrittenAs::Unix),
        () => None,
    }
}

/// The key of a story that a member is, and how it is read.
fn field(key: &str, member: &Member<'_>) -> (&'static str, Field) {
    let mut field = Field::at(JsonPath::parse(&member.path).unwrap_or_else(|_| JsonPath::name(&member.path)));
    // `body` is an object with the text and its format.
    let inner =
        TEXTS.iter().find(|name| member.values.iter().any(|value| value.get(**name).is_some_and(Value::is_string)));
    if let Some(inner) = inner.filter(|_| matches!(key, "title" | "summary" | "content" | "content_markdown")) {
        field.path = JsonPath::parse(&format!("{}.{inner}", member.path)).unwrap_or(field.path);
    }
    match key {
        "published" | "updated" | "expires" => field.written_as = written_as(member),
        "state" if member.name.ends_with("draft") => {
            field.published = NO_DRAFT.iter().map(|text| Value::String((*text).to_owned())).collect();
        }
        _ => {}
    }
    let has_markup = || member.values.iter().filter_map(|value| value::text(value)).any(|text| is_html(&text));
    let key = match key {
        "content" if has_markup() => "content_html",
        "content" => "content_text",
        key => NAMES.iter().map(|(known, _)| *known).find(|known| *known == key).unwrap_or_default(),
    };
    (key, field)
}
