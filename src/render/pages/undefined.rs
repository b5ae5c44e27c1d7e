//! What is known where a template has a name that does not exist.

use std::collections::BTreeSet;
use std::ops::Range;

use minijinja::value::{Value, ValueKind};

use crate::diagnostics::nearest;

/// How deep names are looked for in a context: deeper than any context is.
const MAX_DEPTH: usize = 8;

/// Says which names are known where an expression has an unknown one. `span` is where the engine saw it in `text`.
pub fn help(text: &str, span: Range<usize>, context: &Value) -> Option<String> {
    let path = path_at(text, span.start);
    let names: Vec<&str> = path.split('.').collect();
    let mut value = context.clone();
    let mut is_known = names.iter().map(|name| {
        value = value.get_attr(name).unwrap_or_default();
        !value.is_undefined()
    });
    let unknown = is_known.position(|is_known| !is_known)?;
    let owner = names[..unknown].iter().try_fold(context.clone(), |value, name| value.get_attr(name)).ok()?;
    if unknown == 0 && names.len() > 1 {
        // A variable of the template itself, such as that of a loop: what it holds is somewhere in the context.
        let mut all = BTreeSet::new();
        add_names(context, 0, &mut all);
        let near = nearest(names[names.len() - 1], all.iter().map(String::as_str));
        return near.map(|near| format!("did you mean `{near}`?"));
    }
    let known = keys(&owner);
    let near = nearest(names[unknown], known.iter().map(String::as_str));
    let near = near.map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Some(match unknown {
        0 => format!("{near}this template is given {known}"),
        _ if known.is_empty() => format!("`{}` has no names", names[..unknown].join(".")),
        _ => format!("{near}`{}` has {known}", names[..unknown].join(".")),
    })
}

/// The names joined by dots at a place, or before it if a filter or a bracket stands there.
fn path_at(text: &str, at: usize) -> &str {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    let (before, after) = text.split_at_checked(at).unwrap_or((text, ""));
    // Of a filter, the engine sees the filter and not what it filters.
    let before = match before.trim_end().strip_suffix('|') {
        Some(filtered) => filtered.trim_end(),
        None if after.starts_with(is_part) => before,
        None => before.trim_end(),
    };
    let start = before.trim_end_matches(is_part).len();
    let rest = &text[start..];
    rest[..rest.find(|letter| !is_part(letter)).unwrap_or(rest.len())].trim_matches('.')
}

/// The names that a value has, sorted.
fn keys(value: &Value) -> Vec<String> {
    let is_map = value.kind() == ValueKind::Map;
    let keys = value.try_iter().into_iter().flatten().filter(|_| is_map);
    let mut keys: Vec<String> = keys.filter(|key| key.as_str() != Some("voice")).map(|key| key.to_string()).collect();
    keys.sort();
    keys
}

/// Adds every name within a value.
fn add_names(value: &Value, depth: usize, out: &mut BTreeSet<String>) {
    if depth > MAX_DEPTH {
        return;
    }
    for key in keys(value) {
        add_names(&value.get_attr(&key).unwrap_or_default(), depth + 1, out);
        out.insert(key);
    }
    if value.kind() == ValueKind::Seq {
        value.try_iter().into_iter().flatten().for_each(|item| add_names(&item, depth + 1, out));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_at_a_place_is_found_from_anywhere_in_it() {
        let cases = [
            ("{{ page.titel }}", 3, "page.titel"),
            ("{{ page.foo.bar }}", 7, "page.foo.bar"),
            ("{{ page.nme | upper }}", 14, "page.nme"),
            ("{{ page.nme|upper }}", 12, "page.nme"),
            ("{{ page.nme | upper }}", 12, "page.nme"),
            ("{{ page[\"foo\"] }}", 3, "page"),
            ("é{{ x }}", 5, "x"),
            ("", 0, ""),
            ("é", 1, ""),
        ];
        for (text, at, expected) in cases {
            assert_eq!(path_at(text, at), expected, "{text} {at}");
        }
    }
}
