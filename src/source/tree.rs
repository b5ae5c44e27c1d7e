//! Values with their spans, of either syntax.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

use super::json_mistakes::explain as explain_json;
use super::mistakes::explain;
use super::{ParseError, Step};

/// Limits nesting. No valid file is deeper than six.
const MAX_DEPTH: usize = 64;

/// A value and its span.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The span of the value.
    pub span: Range<usize>,
    /// The value.
    pub kind: Kind,
}

/// The values that TOML and JSON have.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// JSON's `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// Any other number.
    Float(f64),
    /// Text.
    Text(String),
    /// A date or time of TOML, as written.
    Datetime(String),
    /// An array.
    List(Vec<Node>),
    /// A table: key, span of the key, value.
    Table(Vec<(String, Range<usize>, Node)>),
}

impl Node {
    /// The value at a path, or its nearest ancestor that exists.
    pub fn at(&self, path: &[Step]) -> &Node {
        let Some((step, rest)) = path.split_first() else { return self };
        let next = match (step, &self.kind) {
            (Step::Key(key), Kind::Table(rows)) => rows.iter().find(|(name, ..)| name == key).map(|(.., node)| node),
            (Step::Index(index), Kind::List(items)) => items.get(*index),
            _ => None,
        };
        next.map_or(self, |node| node.at(rest))
    }

    /// Removes the value, or the key with its value, at a span; returns whether there was one.
    pub fn remove(&mut self, span: &Range<usize>) -> bool {
        match &mut self.kind {
            Kind::List(items) => {
                let before = items.len();
                items.retain(|item| item.span != *span);
                items.len() < before || items.iter_mut().any(|item| item.remove(span))
            }
            Kind::Table(rows) => {
                let before = rows.len();
                rows.retain(|(_, key, node)| key != span && node.span != *span);
                rows.len() < before || rows.iter_mut().any(|(.., node)| node.remove(span))
            }
            _ => false,
        }
    }
}

fn empty() -> Node {
    Node { span: 0..0, kind: Kind::Table(Vec::new()) }
}

/// Parses TOML.
pub fn from_toml(text: &str) -> (Node, Vec<ParseError>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return (empty(), explain(text, &errors));
    }
    let span = table.span();
    (Node { span, kind: toml_table(table.into_inner()) }, Vec::new())
}

fn toml_table(table: DeTable<'_>) -> Kind {
    let mut rows: Vec<_> = table
        .into_iter()
        .map(|(key, value)| {
            let span = value.span();
            (key.get_ref().to_string(), key.span(), Node { span, kind: toml_value(value.into_inner()) })
        })
        .collect();
    rows.sort_by_key(|(_, key, _)| key.start);
    Kind::Table(rows)
}

fn toml_value(value: DeValue<'_>) -> Kind {
    match value {
        DeValue::String(text) => Kind::Text(text.into_owned()),
        DeValue::Integer(number) => {
            i128::from_str_radix(number.as_str(), number.radix()).map_or_else(|_| Kind::Float(f64::MAX), Kind::Integer)
        }
        DeValue::Float(number) => Kind::Float(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Kind::Bool(value),
        DeValue::Datetime(value) => Kind::Datetime(value.to_string()),
        DeValue::Array(items) => Kind::List(
            items.into_iter().map(|item| Node { span: item.span(), kind: toml_value(item.into_inner()) }).collect(),
        ),
        DeValue::Table(table) => toml_table(table),
    }
}

/// Parses JSON. serde_json has no spans, but the raw text of a value borrows from the source, which gives its offset.
pub fn from_json(text: &str) -> (Node, Vec<ParseError>) {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        let at = offset(text, error.line(), error.column());
        return (empty(), vec![explain_json(text, at, &error.to_string())]);
    }
    let start = text.len() - text.trim_start().len();
    let mut reader = JsonReader { whole: text, errors: Vec::new() };
    let node = reader.value(&text[start..text.trim_end().len()], 0);
    (node, reader.errors)
}

/// The byte offset of a line and a column of serde_json, which counts bytes from 1.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    (start + column.saturating_sub(1)).min(text.len())
}

struct JsonReader<'a> {
    whole: &'a str,
    errors: Vec<ParseError>,
}

impl<'a> JsonReader<'a> {
    /// The offset of a part of the text.
    fn start(&self, part: &str) -> usize {
        part.as_ptr() as usize - self.whole.as_ptr() as usize
    }

    fn value(&mut self, part: &'a str, depth: usize) -> Node {
        let start = self.start(part);
        let span = start..start + part.len();
        let kind = match part.as_bytes().first() {
            Some(b'{' | b'[') if depth == MAX_DEPTH => {
                self.errors.push(ParseError::new(start..start + 1, format!("nested more than {MAX_DEPTH} deep")));
                Kind::Null
            }
            Some(b'{') => self.table(part, depth),
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(part).unwrap_or_default();
                Kind::List(items.into_iter().map(|item| self.value(item.get(), depth + 1)).collect())
            }
            Some(b'"') => match serde_json::from_str(part) {
                Ok(text) => Kind::Text(text),
                Err(error) => {
                    let message = error.to_string();
                    let message = message.split(" at line ").next().unwrap_or_default();
                    self.errors.push(ParseError::new(span.clone(), format!("not JSON: {message}")));
                    Kind::Null
                }
            },
            Some(b't') => Kind::Bool(true),
            Some(b'f') => Kind::Bool(false),
            Some(b'n') => Kind::Null,
            _ => match part.parse() {
                Ok(number) => Kind::Integer(number),
                Err(_) => Kind::Float(part.parse().unwrap_or(f64::NAN)),
            },
        };
        Node { span, kind }
    }

    fn table(&mut self, part: &'a str, depth: usize) -> Kind {
        let pairs = serde_json::from_str::<Pairs>(part).map(|pairs| pairs.0).unwrap_or_default();
        let mut rows: Vec<(String, Range<usize>, Node)> = Vec::with_capacity(pairs.len());
        let mut seen = std::collections::HashSet::new();
        let mut end = self.start(part) + 1;
        for (key, raw) in pairs {
            let node = self.value(raw.get(), depth + 1);
            let between = &self.whole[end..node.span.start];
            let quote = |at: Option<usize>| end + at.unwrap_or(0);
            let key_span = quote(between.find('"'))..quote(between.rfind('"')) + 1;
            end = node.span.end;
            if seen.insert(key.clone()) {
                rows.push((key.into_owned(), key_span, node));
            } else {
                self.errors.push(ParseError::new(key_span, format!("the key `{key}` is written twice")));
            }
        }
        Kind::Table(rows)
    }
}

/// The keys of a JSON object and the raw text of their values.
struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs<'de>;
            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    pairs.push((Cow::Owned(key), map.next_value()?));
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
