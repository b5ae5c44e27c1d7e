//! Owns parsing YAML: strictly if it is valid, else key by key, so that one invalid line loses no post.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::value::Value;

const MAX_DEPTH: usize = 64;

/// How much aliases may expand.
const MAX_ALIAS_BYTES: usize = 1 << 20;

/// Why YAML or front matter cannot be parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    pub reason: String,
}

/// Parses a text; if it is invalid YAML, key by key, with the error beside the value.
pub fn read(text: &str) -> Result<(Value, Option<ParseError>), ParseError> {
    let error = match strict(text) {
        Ok(value @ Value::Map(_)) => return Ok((value, None)),
        Ok(Value::Nothing) => return Ok((Value::Map(Vec::new()), None)),
        Ok(_) => ParseError { line: 1, reason: "it holds no keys".to_owned() },
        Err(error) => error,
    };
    let pairs = read_key_by_key(text);
    if pairs.is_empty() { Err(error) } else { Ok((Value::Map(pairs), Some(error))) }
}

/// A map or list that is not yet closed.
struct OpenCollection {
    value: Value,
    key: Option<String>,
    anchor: usize,
}

/// Parses valid YAML within limits of nesting and aliases.
pub fn strict(text: &str) -> Result<Value, ParseError> {
    let mut opened: Vec<OpenCollection> = Vec::new();
    let mut anchors: HashMap<usize, (Value, usize)> = HashMap::new();
    let mut aliased = 0;
    if let Some(line) = too_deep(text) {
        return Err(ParseError { line, reason: "its brackets are nested too deep".to_owned() });
    }
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| ParseError { line: error.marker().line(), reason: error.info().to_owned() })?;
        let (value, anchor) = match event {
            Event::Scalar(scalar, style, anchor, _) => (scalar_value(&scalar, style), anchor),
            Event::Alias(id) => {
                let Some((value, size)) = anchors.get(&id) else { continue };
                aliased += size;
                if aliased > MAX_ALIAS_BYTES {
                    return Err(ParseError {
                        line: span.start.line(),
                        reason: "its aliases repeat too much".to_owned(),
                    });
                }
                (value.clone(), 0)
            }
            Event::SequenceStart(anchor, _) => {
                opened.push(OpenCollection { value: Value::List(Vec::new()), key: None, anchor });
                continue;
            }
            Event::MappingStart(anchor, _) => {
                opened.push(OpenCollection { value: Value::Map(Vec::new()), key: None, anchor });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = opened.pop() else { continue };
                (open.value, open.anchor)
            }
            Event::DocumentEnd => break,
            _ => continue,
        };
        if opened.len() > MAX_DEPTH {
            return Err(ParseError { line: span.start.line(), reason: "it is nested too deep".to_owned() });
        }
        if anchor > 0 {
            let size = size(&value);
            aliased += size;
            anchors.insert(anchor, (value.clone(), size));
        }
        match opened.last_mut() {
            None => return Ok(value),
            Some(open) => add(open, value),
        }
    }
    Ok(Value::Nothing)
}

fn add(open: &mut OpenCollection, value: Value) {
    match &mut open.value {
        Value::List(values) => values.push(value),
        Value::Map(pairs) => match open.key.take() {
            None => open.key = Some(key_text(value)),
            Some(key) if key == "<<" => {
                let merged = value.items().iter().flat_map(|part| part.pairs().iter().cloned());
                let new: Vec<_> = merged.filter(|(name, _)| !pairs.iter().any(|(own, _)| own == name)).collect();
                pairs.splice(0..0, new);
            }
            Some(key) => pairs.push((key, value)),
        },
        _ => {}
    }
}

fn key_text(value: Value) -> String {
    match value {
        Value::Text(text) => text,
        _ => String::new(),
    }
}

fn scalar_value(scalar: &str, style: ScalarStyle) -> Value {
    let is_nothing = matches!(scalar, "" | "~" | "null" | "Null" | "NULL");
    if style == ScalarStyle::Plain && is_nothing { Value::Nothing } else { Value::Text(scalar.to_owned()) }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Nothing => 1,
        Value::Text(text) => text.len() + 1,
        Value::List(values) => 1 + values.iter().map(size).sum::<usize>(),
        Value::Map(pairs) => 1 + pairs.iter().map(|(key, value)| key.len() + size(value)).sum::<usize>(),
    }
}

/// The line at which an upper bound of the nesting exceeds the limit.
fn too_deep(text: &str) -> Option<usize> {
    let mut brackets = 0_usize;
    for (line, content) in text.lines().enumerate() {
        let markers = content.split(' ').take_while(|word| matches!(*word, "-" | "?" | "")).count();
        for letter in content.bytes() {
            match letter {
                b'[' | b'{' => brackets += 1,
                b']' | b'}' => brackets = brackets.saturating_sub(1),
                _ => {}
            }
        }
        let written_nesting = content.split(' ').filter(|word| matches!(*word, "-" | "?")).count();
        if brackets > 4 * MAX_DEPTH || (markers > 4 * MAX_DEPTH && written_nesting > MAX_DEPTH) {
            return Some(line + 1);
        }
    }
    None
}

/// Parses a text key by key: the lines of a key as YAML if they are valid, else as text.
fn read_key_by_key(text: &str) -> Vec<(String, Value)> {
    let mut pairs = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((key, rest)) = key_line(line) else { continue };
        let mut block = line.replace('\t', " ");
        let mut below = Vec::new();
        while let Some(next) = lines.peek().copied().filter(|next| is_continuation(next)) {
            block.push('\n');
            block.push_str(&next.replace('\t', "  "));
            below.push(next);
            lines.next();
        }
        let value = match strict(&block) {
            Ok(Value::Map(mut read)) if read.len() == 1 => read.pop().map(|(_, value)| value).unwrap_or_default(),
            _ => lenient_value(rest, &below),
        };
        pairs.push((key.to_owned(), value));
    }
    pairs
}

/// Whether a line continues the key above it.
fn is_continuation(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with([' ', '\t']) || line.starts_with("- ") || line == "-"
}

/// The key at the start of a line, and the text after its colon.
fn key_line(line: &str) -> Option<(&str, &str)> {
    let end = line.match_indices(':').map(|(at, _)| at).find(|at| {
        let behind = &line[at + 1..];
        behind.is_empty() || behind.starts_with([' ', '\t'])
    })?;
    let key = line[..end].trim_end().trim_matches(['"', '\'']);
    let is_valid = key.chars().all(|letter| letter.is_alphanumeric() || "_-:.@ ".contains(letter));
    let starts = key.starts_with(|first: char| first.is_alphanumeric() || first == '_');
    (is_valid && starts && key.len() <= 64 && !line.starts_with([' ', '\t'])).then(|| (key, line[end + 1..].trim()))
}

/// The value of a key that is no valid YAML.
fn lenient_value(rest: &str, below: &[&str]) -> Value {
    let below: Vec<&str> = below.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    if !below.is_empty() && below.iter().all(|line| line.starts_with('-')) {
        let items = below.iter().map(|line| Value::Text(unquoted(line.trim_start_matches('-').trim()).to_owned()));
        return Value::List(items.collect());
    }
    if let Some(inner) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let items = inner.split(',').map(|item| unquoted(item.trim())).filter(|item| !item.is_empty());
        return Value::List(items.map(|item| Value::Text(item.to_owned())).collect());
    }
    let first = rest.trim_start_matches(['|', '>']);
    let first = if first.len() < rest.len() { first.trim_start_matches(['-', '+']) } else { first };
    let words: Vec<&str> = [first].into_iter().chain(below).filter(|part| !part.is_empty()).collect();
    let joined = words.join(" ");
    let text = unquoted(&joined);
    if text.is_empty() { Value::Nothing } else { Value::Text(text.to_owned()) }
}

fn unquoted(text: &str) -> &str {
    let inner = |quote: char| text.strip_prefix(quote).map(|rest| rest.strip_suffix(quote).unwrap_or(rest));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(yaml: &str, key: &str) -> Option<String> {
        read(yaml).ok()?.0.text(key).map(str::to_owned)
    }

    #[test]
    fn scalars_keep_their_text() {
        for (yaml, expected) in [
            ("title: A", "A"),
            ("title: 'It''s'", "It's"),
            ("title: &name >-\n  a\n  b", "a b"),
            ("x: &n Y\ntitle: *n", "Y"),
            ("title: 2024-05-03", "2024-05-03"),
            ("cSpell:ignore: x\ntitle: A", "A"),
            ("# note\ntitle: A", "A"),
            ("\n\ntitle: A\n\n", "A"),
            ("title: \tA", "A"),
            ("title: A: B", "A: B"),
            ("title: \"A \\d\"", "A \\d"),
            ("title: @A", "@A"),
            ("title: A\nx: [a, b", "A"),
            ("title: 'A\nx: y", "A"),
        ] {
            assert_eq!(text_of(yaml, "title").as_deref(), Some(expected), "{yaml}");
        }
    }

    #[test]
    fn nesting_and_aliases_are_limited() {
        let mut bomb = "a0: &a0 xxxxxxxxxx\n".to_owned();
        for level in 1..40 {
            let refs = format!("*a{},", level - 1).repeat(10);
            bomb.push_str(&format!("a{level}: &a{level} [{refs}]\n"));
        }
        bomb.push_str("title: T\n");
        assert!(strict(&bomb).is_err());
        assert_eq!(text_of(&bomb, "title").as_deref(), Some("T"));
        assert!(strict(&"[".repeat(100_000)).is_err());
        assert!(strict(&"- ".repeat(100_000)).is_err());
    }
}
