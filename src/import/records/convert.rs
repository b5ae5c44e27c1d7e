//! A record becomes an entry, or one entry for each language that it has.

use serde_json::Value;

use super::Record;
use super::names::PUBLISHED;
use super::value;
use crate::config::{Field, Mapping};
use crate::import::entry::{Body, Image, ParsedDate, ParsedEntry};
use crate::json_path::JsonPath;

/// Hands on the entries of a record.
pub fn entries(
    mapping: &Mapping,
    line: usize,
    record: Record,
    is_language: &dyn Fn(&str) -> bool,
    emit: &mut dyn FnMut(ParsedEntry),
) {
    let record = match record {
        Ok(record @ Value::Object(_)) => record,
        Ok(_) => {
            let skip_reason = Some("it is no object with members".to_owned());
            return emit(ParsedEntry { line, skip_reason, ..ParsedEntry::default() });
        }
        Err(why) => return emit(ParsedEntry { line, skip_reason: Some(why), ..ParsedEntry::default() }),
    };
    let title = first(mapping, "title", &record);
    let languages = title.map_or_else(Vec::new, |title| value::languages(title, is_language));
    if languages.is_empty() {
        let reader = Reader { mapping, record: &record, language: None, is_language };
        return emit(reader.entry(line));
    }
    let number = format!("line {line}");
    for language in languages {
        let reader = Reader { mapping, record: &record, language: Some(language), is_language };
        let entry = reader.entry(line);
        let translation_key = entry.translation_key.clone().or_else(|| (line > 0).then(|| number.clone()));
        // A language of the site's system into which nothing was translated.
        if entry.title.is_some() || entry.body.is_some() {
            emit(ParsedEntry { translation_key, ..entry });
        }
    }
}

fn first<'v>(mapping: &Mapping, key: &str, record: &'v Value) -> Option<&'v Value> {
    mapping.get(key)?.path.values(record).into_iter().next()
}

/// Reads a record, in one of its languages if it has several.
struct Reader<'r> {
    mapping: &'r Mapping,
    record: &'r Value,
    language: Option<&'r str>,
    is_language: &'r dyn Fn(&str) -> bool,
}

impl<'r> Reader<'r> {
    /// The values of a key; of one that has its languages as members the language's own.
    fn values(&self, key: &str) -> Vec<&'r Value> {
        let Some(field) = self.mapping.get(key) else { return Vec::new() };
        let values = field.path.values(self.record).into_iter();
        let is_text = matches!(key, "title" | "summary" | "content_html" | "content_markdown" | "content_text");
        let own = |value: &'r Value| match (self.language, value.as_object()) {
            (Some(language), Some(members)) if !value::languages(value, self.is_language).is_empty() => {
                // What is no text is often there for the first language alone.
                members.get(language).or_else(|| members.values().next().filter(|_| !is_text))
            }
            _ => Some(value),
        };
        values.filter_map(own).filter(|value| !value.is_null()).collect()
    }

    fn find<T>(&self, key: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        self.values(key).into_iter().find_map(read)
    }

    /// A text of which several values are parts.
    fn whole_text(&self, key: &str, between: &str) -> Option<String> {
        let parts: Vec<String> =
            self.values(key).into_iter().flat_map(value::elements).filter_map(value::text).collect();
        (!parts.is_empty()).then(|| parts.join(between))
    }

    /// A text as the mapping of its values says.
    fn meant(&self, key: &str) -> Option<String> {
        let text = self.find(key, value::text)?;
        Some(self.mapping.get(key).and_then(|field| field.meanings.get(&text)).cloned().unwrap_or(text))
    }

    fn entry(&self, line: usize) -> ParsedEntry {
        let mut remarks = Vec::new();
        let mut date = |key: &str| -> Option<ParsedDate> {
            let written_as = self.mapping.get(key).and_then(|field| field.written_as);
            value::date(self.values(key).into_iter().next()?, written_as, &mut remarks)
        };
        let (published, updated, expires) = (date("published"), date("updated"), date("expires"));
        let language = self.language.map(str::to_owned).or_else(|| self.meant("language"));
        let (whole, inexact): (Vec<&Value>, Vec<&Value>) =
            self.values("id").into_iter().partition(|id| !matches!(id, Value::Number(number) if number.is_f64()));
        if !inexact.is_empty() {
            remarks.push(
                "its id is a number that cannot be read exactly, so it has none; the source should write it as text"
                    .to_owned(),
            );
        }
        let id = whole.into_iter().find_map(value::text);
        let body = self
            .whole_text("content_html", "\n")
            .map(Body::Html)
            .or_else(|| self.whole_text("content_markdown", "\n\n").map(Body::Markdown))
            .or_else(|| self.whole_text("content_text", "\n\n").map(Body::Text));
        ParsedEntry {
            line,
            key: self.find("key", value::text).or_else(|| key_of(id.as_deref(), language.as_deref())),
            translation_key: id,
            guid: self.find("guid", value::text),
            title: self.find("title", value::line),
            summary: self.find("summary", value::plain),
            link: self.find("link", value::address),
            updated: updated.filter(|_| published.is_some()),
            published: published.or(updated),
            expires,
            authors: self.values("authors").into_iter().flat_map(value::authors).collect(),
            image: self.image(),
            images: self.values("images").into_iter().flat_map(value::elements).filter_map(value::image).collect(),
            enclosures: self
                .values("enclosures")
                .into_iter()
                .flat_map(value::elements)
                .filter_map(value::enclosure)
                .collect(),
            categories: self.categories(),
            unpublished_reason: self.unpublished_reason(),
            language,
            body,
            remarks,
            ..ParsedEntry::default()
        }
    }

    fn categories(&self) -> Vec<crate::import::entry::Category> {
        let mut categories: Vec<_> = self.values("topics").into_iter().flat_map(value::categories).collect();
        let meanings = self.mapping.get("topics").map(|field| &field.meanings);
        for category in &mut categories {
            if let Some(meaning) = meanings.and_then(|meanings| meanings.get(&category.term)) {
                category.term.clone_from(meaning);
            }
        }
        categories
    }

    /// The image, with what is said of it elsewhere in the record.
    fn image(&self) -> Option<Image> {
        let image = self.find("image", value::image);
        let url = self.find("image.url", value::address);
        let part = |key: &str| self.find(key, value::line);
        let mut image = image.or_else(|| url.map(|url| Image { url: Some(url), ..Image::default() }))?;
        for (key, part_of) in
            [("image.alt", &mut image.alt), ("image.caption", &mut image.caption), ("image.credit", &mut image.credit)]
        {
            *part_of = part(key).or(part_of.take());
        }
        Some(image)
    }

    /// Why the record is not public where it comes from.
    fn unpublished_reason(&self) -> Option<String> {
        let field: &Field = self.mapping.get("state")?;
        let state = self.find("state", value::text)?;
        let is_published = match field.published.is_empty() {
            true => PUBLISHED.contains(&state.to_lowercase().as_str()),
            false => field.published.iter().any(|published| is_same(published, &state)),
        };
        (!is_published).then(|| format!("its `{}` is `{state}`", name_of(&field.path)))
    }
}

/// What identifies a translation in its source.
fn key_of(id: Option<&str>, language: Option<&str>) -> Option<String> {
    Some([Some(id?), language].into_iter().flatten().collect::<Vec<_>>().join("/"))
}

/// Whether a value of the mapping is one of a record: `true` and `"true"` are the same, and so are `1` and `"1"`.
fn is_same(published: &Value, state: &str) -> bool {
    match published {
        Value::String(text) => text.trim().eq_ignore_ascii_case(state),
        other => other.to_string().eq_ignore_ascii_case(state),
    }
}

fn name_of(path: &JsonPath) -> &str {
    path.as_str().rsplit('.').next().unwrap_or_default()
}
