//! `[import.NAME]`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::{Validator, keys};
use crate::config::imports::{
    Field, IMAGE_KEYS, ImportSource, Mapping, OnGone, RECORD_KEYS, SELECTOR_KEYS, SourceKind, WrittenAs, secret_prefix,
};
use crate::config::raw::{RawConfig, RawImport};
use crate::config::{Config, Edition, Topic};
use crate::diagnostics::suggestion;
use crate::json_path::JsonPath;
use crate::model::Language;
use crate::source::Step;

/// The keys of a table that says where a value is.
const FIELD_KEYS: [&str; 4] = ["path", "as", "map", "published"];

impl Validator<'_> {
    pub(super) fn imports(
        &mut self,
        path: &Path,
        raw: &RawConfig,
        languages: &[Edition],
        topics: &[Topic],
    ) -> Vec<ImportSource> {
        for (index, (name, _)) in raw.imports.0.iter().enumerate() {
            if let Some((other, _)) =
                raw.imports.0[..index].iter().find(|(other, _)| secret_prefix(other) == secret_prefix(name))
            {
                let help = "rename one: their secrets would have the same names in the environment".to_owned();
                self.error_at(
                    &keys(&["import", name]),
                    format!("`{name}` and `{other}` are too much alike"),
                    Some(help),
                );
            }
        }
        raw.imports.0.iter().filter_map(|(name, source)| self.import(path, name, source, languages, topics)).collect()
    }

    fn import(
        &mut self,
        path: &Path,
        name: &str,
        raw: &RawImport,
        languages: &[Edition],
        topics: &[Topic],
    ) -> Option<ImportSource> {
        let table = ["import", name];
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        if name.is_empty() || !name.chars().all(is_name) {
            let help = "write letters, digits, `-` and `_`: the names of its secrets are made from it".to_owned();
            self.error_at(&keys(&table), format!("`{name}` is no name of a source"), Some(help));
        }
        let source = self.required(&["import", name, "source"], raw.source.as_deref(), |text| Ok(text.to_owned()));
        let into = self.required(&["import", name, "into"], raw.into.as_deref(), |text| Ok(text.to_owned()));
        let kind = |text| self.one_of(&["import", name, "from"], Some(text), &SourceKind::NAMES);
        let from = raw.from.as_deref().and_then(kind);
        if let Some(tag) = &raw.language {
            let is_known = Language::parse(tag).is_ok_and(|tag| languages.iter().any(|own| own.language == tag));
            if !is_known {
                let help = format!("add `[languages.{tag}]`, or write one that is configured");
                self.error_at(
                    &keys(&["import", name, "language"]),
                    format!("the language `{tag}` is not configured"),
                    Some(help),
                );
            }
        }
        for (index, topic) in
            raw.topics.iter().enumerate().filter(|(_, topic)| topics.iter().all(|own| own.id != **topic))
        {
            let known: Vec<&str> = topics.iter().map(|own| own.id.as_str()).collect();
            let place = [keys(&["import", name, "topics"]), vec![Step::Index(index)]].concat();
            self.error_at(&place, format!("unknown topic `{topic}`"), suggestion(topic, &known));
        }
        let statuses = [("published", false), ("draft", true)];
        let is_moderated =
            self.one_of(&["import", name, "status"], raw.status.as_deref(), &statuses).unwrap_or_default();
        let policies = [("keep", OnGone::Keep), ("draft", OnGone::Draft), ("withdraw", OnGone::Withdraw)];
        let on_gone = self.one_of(&["import", name, "on_gone"], raw.on_gone.as_deref(), &policies).unwrap_or_default();
        let is_window = matches!(from, Some(SourceKind::Feed | SourceKind::Listing | SourceKind::Html));
        if on_gone != OnGone::Keep && is_window {
            let help = "remove it: what is not in a feed or on a page any more is only older".to_owned();
            self.error_at(&keys(&["import", name, "on_gone"]), "only a complete source says what is gone", Some(help));
        }
        let items = raw.items.as_deref().and_then(|items| self.json_path(&keys(&["import", name, "items"]), items));
        let is_page = from == Some(SourceKind::Html)
            || from.is_none() && raw.map.keys().any(|key| matches!(&**key, "item" | "date"));
        let place = keys(&["import", name, "map"]);
        let (mapping, selectors) = match is_page {
            true => (None, self.selectors(&place, &raw.map)),
            false if raw.map.is_empty() => (None, BTreeMap::new()),
            false => (Some(self.mapping(&place, &raw.map)), BTreeMap::new()),
        };
        Some(ImportSource {
            name: name.to_owned(),
            source: source?,
            from,
            into: Config::resolve_path(path, &into?),
            language: raw.language.clone(),
            topics: raw.topics.clone(),
            is_moderated,
            on_gone,
            every: raw.every.as_deref().and_then(|every| self.every(name, every)),
            items,
            mapping,
            selectors,
        })
    }

    fn every(&mut self, name: &str, written: &str) -> Option<Duration> {
        let (digits, unit) =
            written.split_at(written.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(written.len()));
        let seconds = match unit.trim() {
            "s" => Some(1),
            "m" => Some(60),
            "h" => Some(3600),
            "d" => Some(86_400),
            _ => None,
        };
        let number = digits.parse::<u32>().ok().filter(|number| *number > 0);
        let every = number.zip(seconds).map(|(number, seconds)| Duration::from_secs(u64::from(number) * seconds));
        if every.is_none() {
            let help = "write a number and `s`, `m`, `h` or `d`, such as `30m`".to_owned();
            self.error_at(&keys(&["import", name, "every"]), format!("`{written}` is no time"), Some(help));
        }
        every
    }

    fn json_path(&mut self, place: &[Step], written: &str) -> Option<JsonPath> {
        JsonPath::parse(written)
            .map_err(|why| {
                let help = "RFC 9535 says how: `data.items[*]`, `attributes.nid`, `tags[*].name`".to_owned();
                self.error_at(place, format!("`{written}` is no JSONPath: {why}"), Some(help));
            })
            .ok()
    }

    fn selectors(&mut self, place: &[Step], map: &BTreeMap<String, Value>) -> BTreeMap<String, String> {
        let mut selectors = BTreeMap::new();
        for (key, value) in map {
            let place = step_into(place, key);
            match value {
                _ if !SELECTOR_KEYS.contains(&key.as_str()) => {
                    let help = suggestion(key, &SELECTOR_KEYS);
                    self.error_at(&place, format!("a page has no `{key}` to select"), help);
                }
                Value::String(selector) => drop(selectors.insert(key.clone(), selector.clone())),
                _ => self.error_at(&place, format!("`{key}` must be a CSS selector"), None),
            }
        }
        selectors
    }

    fn mapping(&mut self, place: &[Step], map: &BTreeMap<String, Value>) -> Mapping {
        let mut mapping = Mapping::default();
        for (key, value) in map {
            let place = step_into(place, key);
            let inner = value.as_object().filter(|table| key == "image" && !table.contains_key("path"));
            if !RECORD_KEYS.contains(&key.as_str()) {
                self.error_at(&place, format!("a record has no key `{key}`"), suggestion(key, &RECORD_KEYS));
            } else if let Some(inner) = inner {
                for (key, value) in inner {
                    let place = step_into(&place, key);
                    match IMAGE_KEYS.contains(&key.as_str()) {
                        true => drop(
                            self.field(&place, key, value).map(|field| mapping.insert(&format!("image.{key}"), field)),
                        ),
                        false => {
                            self.error_at(&place, format!("an image has no `{key}`"), suggestion(key, &IMAGE_KEYS))
                        }
                    }
                }
            } else if let Some(field) = self.field(&place, key, value) {
                mapping.insert(key, field);
            }
        }
        mapping
    }

    /// Where the value of a key is: a path, or a table with more.
    fn field(&mut self, place: &[Step], key: &str, value: &Value) -> Option<Field> {
        let table = match value {
            Value::String(path) => return self.json_path(place, path).map(Field::at),
            Value::Object(table) => table,
            _ => {
                let help = format!("write `{key} = \"path.within.the.record\"`");
                self.error_at(place, format!("`{key}` must be a path"), Some(help));
                return None;
            }
        };
        for unknown in table.keys().filter(|key| !FIELD_KEYS.contains(&key.as_str())) {
            self.error_at(
                &step_into(place, unknown),
                format!("unknown key `{unknown}`"),
                suggestion(unknown, &FIELD_KEYS),
            );
        }
        let Some(Value::String(path)) = table.get("path") else {
            self.error_at(place, format!("`{key}` needs a `path`"), Some("write `{ path = \"…\" }`".to_owned()));
            return None;
        };
        let mut field = Field::at(self.json_path(&step_into(place, "path"), path)?);
        if let Some(written) = table.get("as") {
            let known = WrittenAs::NAMES.map(|(name, _)| name);
            field.written_as =
                WrittenAs::NAMES.iter().find(|(name, _)| written.as_str() == Some(name)).map(|(_, known)| *known);
            if field.written_as.is_none() {
                let help = suggestion(written.as_str().unwrap_or_default(), &known);
                self.error_at(&step_into(place, "as"), format!("`as` cannot be {written}"), help);
            }
        }
        for (from, to) in table.get("map").and_then(Value::as_object).into_iter().flatten() {
            match to {
                Value::String(to) => drop(field.meanings.insert(from.clone(), to.clone())),
                _ => {
                    self.error_at(&step_into(&step_into(place, "map"), from), format!("`{from}` must be a text"), None)
                }
            }
        }
        match table.get("published") {
            Some(_) if key != "state" => {
                self.error_at(&step_into(place, "published"), "only a `state` says when a record is published", None);
            }
            Some(Value::Array(values)) => field.published.clone_from(values),
            Some(value) => field.published = vec![value.clone()],
            None => {}
        }
        Some(field)
    }
}

fn step_into(place: &[Step], key: &str) -> Vec<Step> {
    [place, &keys(&[key])].concat()
}
