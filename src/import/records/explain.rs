//! How records were understood: in words, and as the configuration would say it.

use serde_json::Value;

use crate::config::Mapping;
use crate::import::toml_text::{key, string};

/// How many unused members are named.
const MAX_UNUSED: usize = 20;

/// What was taken for what.
pub fn notes(mapping: &Mapping, unused: &[String]) -> Vec<String> {
    let taken: Vec<String> = mapping
        .fields()
        .map(|(key, field)| match field.written_as {
            Some(written) => format!("`{}` as {key} ({})", field.path, written.name()),
            None => format!("`{}` as {key}", field.path),
        })
        .collect();
    let mut notes = vec![format!("read {}", taken.join(", "))];
    if !unused.is_empty() {
        let names: Vec<String> = unused.iter().take(MAX_UNUSED).map(|name| format!("`{name}`")).collect();
        let more = unused.len().saturating_sub(MAX_UNUSED);
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        notes.push(format!("not used: {}{more}", names.join(", ")));
    }
    notes
}

/// The lines of `[import.NAME.map]`.
pub fn to_toml(mapping: &Mapping) -> String {
    let mut out = String::new();
    for (name, field) in mapping.fields() {
        let path = string(field.path.as_str());
        let mut parts = Vec::new();
        if let Some(written) = field.written_as {
            parts.push(format!("as = {}", string(written.name())));
        }
        if !field.meanings.is_empty() {
            let meanings = field.meanings.iter().map(|(from, to)| format!("{} = {}", key(from), string(to)));
            parts.push(format!("map = {{ {} }}", meanings.collect::<Vec<_>>().join(", ")));
        }
        if !field.published.is_empty() {
            let values = field.published.iter().map(|value| match value {
                Value::String(text) => string(text),
                other => other.to_string(),
            });
            parts.push(format!("published = [{}]", values.collect::<Vec<_>>().join(", ")));
        }
        let value = match parts.is_empty() {
            true => path,
            false => format!("{{ path = {path}, {} }}", parts.join(", ")),
        };
        out += &format!("{name} = {value}\n");
    }
    out
}
