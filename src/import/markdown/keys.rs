//! Owns mapping the keys of front matter to the fields of an entry.

use chrono::{DateTime, NaiveDateTime, NaiveTime, Utc};

use super::inline_text;
use super::site::{Kind, Site};
use super::source_file::{self, SourceFile};
use super::tree::parent;
use super::value::Value;
use crate::dates::{self, DateMatch, path};
use crate::import::entry::{Category, EntryDate, ParsedDate, ParsedEntry};
use crate::model::Timestamp;

/// Keys of the publication date; the first valid one counts.
const PUBLISHED: [&str; 6] = ["date", "publishDate", "pubDate", "published", "created", "published_at"];
const UPDATED: [&str; 8] =
    ["lastmod", "updated", "modified", "last_modified_at", "lastUpdated", "modified_time", "last_modified", "update"];
const SUMMARY: [&str; 4] = ["description", "summary", "excerpt", "lead"];
/// Maps in front matter for custom keys.
const CUSTOM: [&str; 2] = ["params", "extra"];
const TRANSLATION_KEY: [&str; 6] =
    ["translationKey", "translation_id", "translation_key", "page_id", "lang-ref", "lang_ref"];

/// Fills the fields of an entry from its front matter and its name.
pub fn fill(entry: &mut ParsedEntry, site: &Site, configured: &[String], file: &SourceFile, values: &Value) {
    entry.title = title(values);
    entry.summary = values
        .with_maps(&CUSTOM)
        .find_map(|values| values.first_text(&SUMMARY))
        .map(inline_text::line)
        .filter(|text| !text.is_empty());
    entry.guid = values.text("guid").map(str::to_owned);
    fill_language(entry, site, configured, file, values);
    fill_dates(entry, site, file, values);
    entry.is_draft = is_draft(file, values);
    let category = |term| Category { term, label: None };
    entry.categories = categories(site, file, values).into_iter().map(category).collect();
    entry.unpublished_reason = entry.unpublished_reason.take().or_else(|| hidden_from_lists(values));
}

fn title(values: &Value) -> Option<String> {
    let title = values.first_text(&["title", "linkTitle", "name"])?;
    Some(inline_text::line(title)).filter(|title| !title.is_empty())
}

fn fill_language(entry: &mut ParsedEntry, site: &Site, configured: &[String], file: &SourceFile, values: &Value) {
    entry.inherited_language = site.default_language.clone();
    entry.translation_key = Some(file.translation_key.clone());
    entry.language = file.language.clone();
    for (key, is_sure) in [("lang", true), ("language", false), ("locale", true)] {
        let tag = values.with_maps(&CUSTOM).find_map(|values| values.text(key));
        let Some(tag) =
            tag.filter(|tag| source_file::is_known_language(site, configured, tag) || (is_sure && is_tag(tag)))
        else {
            continue;
        };
        entry.language = Some(tag.to_owned());
        break;
    }
    let key = values.with_maps(&CUSTOM).find_map(|values| values.first_text(&TRANSLATION_KEY));
    let reference = values.text("ref").filter(|_| site.kind == Kind::Jekyll && values.get("lang").is_some());
    if let Some(key) = key.or(reference) {
        entry.translation_key = Some(key.to_owned());
    }
}

/// Whether a text looks like a language tag: `pt`, `pt-BR`, `zh_Hant`.
fn is_tag(text: &str) -> bool {
    let mut parts = text.split(['-', '_']);
    let first = parts
        .next()
        .is_some_and(|first| (2..=3).contains(&first.len()) && first.bytes().all(|byte| byte.is_ascii_alphabetic()));
    first && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

fn fill_dates(entry: &mut ParsedEntry, site: &Site, file: &SourceFile, values: &Value) {
    let keys = |names: &[&str]| -> Vec<(String, String)> {
        let pairs = names.iter().filter_map(|key| Some(((*key).to_owned(), values.text(key)?.to_owned())));
        pairs.filter(|(_, text)| Value::Text(text.clone()).as_bool().is_none()).collect()
    };
    for (key, text) in keys(&PUBLISHED) {
        let found = dates::parse(&text);
        let remark = found.as_ref().and_then(DateMatch::remark);
        entry.published = found.and_then(|found| found.date);
        match remark {
            Some(remark) => entry.remarks.push(format!("\"{key}: {text}\" {remark}")),
            None if entry.published.is_none() => {
                entry.remarks.push(format!("\"{key}: {text}\" is no date that can be read"));
            }
            None => {}
        }
        if entry.published.is_some() {
            break;
        }
    }
    if entry.published.is_none() {
        let path_of_page = values.text("path").filter(|_| site.kind == Kind::Zola);
        let day = file.day.or_else(|| path_of_page.and_then(path::from_path));
        let day = day.or_else(|| path::from_file_name(&file.slug).map(|(day, _)| day));
        entry.published = day.map(|day| EntryDate::Day(day).into());
    }
    let date = |text: &str| dates::parse(text)?.date;
    let last = || date(values.get("last_update")?.text("date")?);
    let first_date = |names: &[&str]| keys(names).iter().find_map(|(_, text)| date(text));
    entry.updated = first_date(&UPDATED).or_else(last);
    entry.expires = first_date(&["expiryDate", "unpublishDate", "expires"]);
    for date in [&mut entry.published, &mut entry.updated, &mut entry.expires] {
        *date = date.map(|date| match date {
            ParsedDate::Exact(date) => with_site_offset(site, date).into(),
            numeric => numeric,
        });
    }
}

/// The instant of a date; UTC if it has no offset.
pub fn instant(date: EntryDate) -> DateTime<Utc> {
    match date {
        EntryDate::Instant(instant) => instant.to_utc(),
        EntryDate::Local(local) => local.and_utc(),
        EntryDate::Day(day) => day.and_time(NaiveTime::MIN).and_utc(),
    }
}

/// Gives a local time the offset of the configured time zone.
fn with_site_offset(site: &Site, date: EntryDate) -> EntryDate {
    let (EntryDate::Local(local), Some(zone)) = (date, &site.timezone) else { return date };
    EntryDate::Instant(zone.moment(Timestamp(zone.instant(local))).date_time())
}

/// The time of a post in permalinks; `None` if it depends on the time zone of the build machine.
pub fn generator_time(site: &Site, published: Option<EntryDate>) -> Option<NaiveDateTime> {
    match published? {
        EntryDate::Day(day) => day.and_hms_opt(0, 0, 0),
        EntryDate::Local(local) => Some(local),
        EntryDate::Instant(instant) if site.kind == Kind::Hugo => Some(instant.naive_local()),
        EntryDate::Instant(instant) => match &site.timezone {
            Some(zone) => Some(zone.local(Timestamp(instant.timestamp()))),
            None => Some(instant.naive_local()).filter(|local| local.date() == instant.naive_utc().date()),
        },
    }
}

fn is_draft(file: &SourceFile, values: &Value) -> bool {
    file.is_draft
        || values.bool("draft") == Some(true)
        || values.bool("published") == Some(false)
        || values.bool("unlisted") == Some(true)
}

/// Why a page is not published, if it is excluded from all lists.
fn hidden_from_lists(values: &Value) -> Option<String> {
    let build = values.get("build").or_else(|| values.get("_build"));
    let is_hidden = |value: &Value| matches!(value.as_text(), Some("never" | "false"));
    let never = build.and_then(|build| build.get("list").or_else(|| build.get("render"))).is_some_and(is_hidden);
    let headless = values.bool("headless") == Some(true);
    (never || headless).then(|| "its front matter keeps it out of all lists".to_owned())
}

/// The categories in Jekyll's permalinks: folders above `_posts`, then the post's own.
pub fn address_categories(file: &SourceFile, values: &Value) -> Vec<String> {
    let mut all: Vec<String> = folder_categories(file);
    let own = [values.get("category"), values.get("categories")].into_iter().flatten();
    for (index, value) in own.enumerate() {
        let is_plural = index > 0 || values.get("category").is_none();
        all.extend(names_in(value, is_plural));
    }
    let mut distinct = std::collections::HashSet::new();
    all.retain(|name| distinct.insert(name.to_lowercase()));
    all
}

fn folder_categories(file: &SourceFile) -> Vec<String> {
    let inner = file.path.get(file.folder.len()..).unwrap_or_default();
    let Some((above, _)) = inner.trim_start_matches('/').split_once("_posts/") else { return Vec::new() };
    above.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

fn categories(site: &Site, file: &SourceFile, values: &Value) -> Vec<String> {
    let mut all = if site.kind == Kind::Jekyll { folder_categories(file) } else { Vec::new() };
    let mut keys = vec!["categories", "category", "tags", "tag", "keywords"];
    let own = site.values.get("taxonomies").map(Value::pairs).unwrap_or_default();
    let own = own.iter().filter_map(|(_, plural)| plural.as_text());
    keys.extend(own.filter(|key| site.kind == Kind::Hugo && !key.to_ascii_lowercase().starts_with("author")));
    for map in values.with_maps(&["taxonomies"]) {
        for key in &keys {
            let Some(value) = map.get(key) else { continue };
            let splits = site.kind == Kind::Jekyll && matches!(*key, "categories" | "tags");
            all.extend(names_in(value, splits));
        }
    }
    let taxonomies = values.get("taxonomies").map(Value::pairs).unwrap_or_default();
    for (key, value) in taxonomies {
        if !keys.iter().any(|known| known.eq_ignore_ascii_case(key)) && !key.to_ascii_lowercase().starts_with("author")
        {
            all.extend(names_in(value, false));
        }
    }
    let all = all.into_iter().map(|name| inline_text::line(&name));
    let mut distinct = std::collections::HashSet::new();
    all.filter(|name| !name.is_empty() && distinct.insert(name.to_lowercase())).collect()
}

/// The names in a list, a map with a label, or a text separated by commas or white space.
fn names_in(value: &Value, splits_at_blanks: bool) -> Vec<String> {
    match value {
        Value::Nothing => Vec::new(),
        Value::List(values) => values
            .iter()
            .flat_map(|value| match value {
                Value::Text(text) => vec![text.trim().to_owned()],
                other => names_in(other, false),
            })
            .collect(),
        Value::Map(_) => value.first_text(&["label", "name", "title"]).map(str::to_owned).into_iter().collect(),
        Value::Text(text) if text.contains(',') => text.split(',').map(|name| name.trim().to_owned()).collect(),
        Value::Text(text) if splits_at_blanks => text.split_whitespace().map(str::to_owned).collect(),
        Value::Text(text) => vec![text.trim().to_owned()],
    }
}

/// Merges a post's values over the configured defaults.
pub fn with_defaults(site: &Site, file: &SourceFile, own: Value) -> Value {
    if site.kind != Kind::Jekyll {
        return own;
    }
    let mut values = Value::Map(Vec::new());
    for default in site.values.get("defaults").map(Value::items).unwrap_or_default() {
        let kind = default.get_path(&["scope", "type"]).and_then(Value::as_text);
        let path = default.get_path(&["scope", "path"]).and_then(Value::as_text).unwrap_or_default().trim_matches('/');
        let applies = kind.is_none_or(|kind| kind == "posts")
            && (source_file::is_below(&file.path, path) || parent(&file.path) == path);
        if let Some(given) = default.get("values").filter(|_| applies && !path.contains('*')) {
            values.merge(given.clone());
        }
    }
    values.merge(own);
    values
}
