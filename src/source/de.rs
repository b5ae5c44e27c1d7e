//! A serde deserializer over [`Node`] whose errors have a span.

use std::fmt;
use std::ops::Range;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::{Kind, Node, ParseError, unknown};

/// The key under which `toml` passes a date to serde.
pub const DATETIME: &str = "$__toml_private_datetime";

/// A deserialization error.
#[derive(Debug)]
pub struct Error {
    message: String,
    help: Option<String>,
    /// The span of the value, or of the unknown key; `None` until a container adds it.
    pub span: Option<Range<usize>>,
    /// Whether the name of the key has yet to be added to the message.
    lacks_key: bool,
}

impl Error {
    fn with_span(mut self, span: &Range<usize>) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }

    fn with_key(mut self, key: &str) -> Self {
        if self.lacks_key {
            self.message = format!("`{key}` {}", self.message);
            self.lacks_key = false;
        }
        self
    }

    /// Converts it into a parse error at a span.
    pub fn into_parse_error(self, span: Range<usize>) -> ParseError {
        let message = if self.lacks_key { format!("this {}", self.message) } else { self.message };
        ParseError { help: self.help, ..ParseError::new(span, message) }
    }
}

/// How the value of a key is written, with what was written.
fn shape(key: &str, node: &Node) -> Option<String> {
    let text = |node: &Node| match &node.kind {
        Kind::Text(text) if text.len() <= 120 && !text.contains(['"', '\\', '\n']) => Some(text.clone()),
        _ => None,
    };
    let all = |node: &Node| match &node.kind {
        Kind::List(items) => items.iter().map(text).collect::<Option<Vec<_>>>(),
        _ => text(node).map(|text| vec![text]),
    };
    let tables = |name: &str| {
        let tables: Vec<String> = all(node)?.iter().map(|text| format!("{{ {name} = \"{text}\" }}")).collect();
        (!tables.is_empty()).then(|| format!("[{}]", tables.join(", ")))
    };
    let value = match (key, &node.kind) {
        ("topics" | "match" | "fallback" | "formats" | "allow" | "trusted_proxies" | "admin_hosts", Kind::Text(_)) => {
            format!("[\"{}\"]", text(node)?)
        }
        ("authors", _) => tables("name")?,
        ("images" | "enclosures", _) => tables("url")?,
        ("image", Kind::Text(_)) => format!("{{ url = \"{}\" }}", text(node)?),
        ("withdrawn" | "correction", Kind::Datetime(date)) => format!("{{ on = {date} }}"),
        ("withdrawn", _) => "{ on = 2026-01-31 }".to_owned(),
        ("title" | "description", Kind::Text(_)) => format!("{{ en = \"{}\" }}", text(node)?),
        ("draft" | "pages" | "follow_links", Kind::Text(written)) => {
            let is_no = matches!(&*written.to_ascii_lowercase(), "no" | "false" | "off" | "n");
            if is_no { "false" } else { "true" }.to_owned()
        }
        ("rate_limit", _) => "{ per_second = 10, burst = 100 }".to_owned(),
        _ => return None,
    };
    Some(format!("write `{key} = {value}`"))
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error { message: message.to_string(), help: None, span: None, lacks_key: false }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let (message, help) = unknown("key", field, expected);
        Error { message, help, span: None, lacks_key: false }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let (message, help) = unknown("value", variant, expected);
        Error { message, help, span: None, lacks_key: false }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("must be {}, not {}", describe(&expected.to_string()), kind(&unexpected));
        Error { message, help: None, span: None, lacks_key: true }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let message = format!("must be {}, not {unexpected}", describe(&expected.to_string()));
        Error { message, help: None, span: None, lacks_key: true }
    }
}

/// A description of what serde expects, without Rust's type names.
fn describe(expected: &str) -> String {
    match expected {
        "a boolean" => "true or false".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        "a string" => "a text".to_owned(),
        "i64" => "an integer".to_owned(),
        "u16" | "u32" | "u64" | "usize" => "a whole number that is not negative".to_owned(),
        text if text.starts_with("struct ") => "a table".to_owned(),
        text => text.to_owned(),
    }
}

fn kind(unexpected: &Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "true or false",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a fraction",
        Unexpected::Str(_) => "a text",
        Unexpected::Seq => "a list",
        Unexpected::Map => "a table",
        Unexpected::Unit => "null",
        _ => "this",
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = match &self.kind {
            Kind::Null => visitor.visit_unit(),
            Kind::Bool(value) => visitor.visit_bool(*value),
            Kind::Integer(value) => match (u64::try_from(*value), i64::try_from(*value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => visitor.visit_f64(*value as f64),
            },
            Kind::Float(value) => visitor.visit_f64(*value),
            Kind::Text(text) => visitor.visit_borrowed_str(text),
            Kind::Datetime(text) => visitor.visit_map(MapDeserializer::new(std::iter::once((DATETIME, text.as_str())))),
            Kind::List(items) => visitor.visit_seq(Items(items.iter())),
            Kind::Table(rows) => visitor.visit_map(Rows { rows: rows.iter(), value: None }),
        };
        result.map_err(|mut error: Error| {
            if error.lacks_key && matches!(self.kind, Kind::Datetime(_)) {
                error.message = error.message.replace("not a table", "not a date");
            }
            error.with_span(&self.span)
        })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.kind {
            Kind::List(_) => Err(self.not_a_table("a list")),
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.kind {
            Kind::Datetime(_) => Err(self.not_a_table("a date")),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let result = match &self.kind {
            Kind::Text(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            _ => Err(Error { message: "must be a string".to_owned(), help: None, span: None, lacks_key: true }),
        };
        result.map_err(|error: Error| error.with_span(&self.span))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct identifier ignored_any
    }
}

impl Node {
    fn not_a_table(&self, kind: &str) -> Error {
        let message = format!("must be a table, not {kind}");
        Error { message, help: None, span: Some(self.span.clone()), lacks_key: true }
    }
}

struct Items<'de>(std::slice::Iter<'de, Node>);

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let item = |node| {
            seed.deserialize(node).map_err(|mut error: Error| {
                if error.lacks_key {
                    error.message = format!("has a value that {}", error.message);
                }
                error
            })
        };
        self.0.next().map(item).transpose()
    }
}

struct Rows<'de> {
    rows: std::slice::Iter<'de, (String, Range<usize>, Node)>,
    value: Option<(&'de str, &'de Node)>,
}

impl<'de> MapAccess<'de> for Rows<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((key, span, node)) = self.rows.next() else { return Ok(None) };
        self.value = Some((key, node));
        let name: StrDeserializer<'de, Error> = key.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|error| error.with_span(span))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some((key, node)) = self.value.take() else {
            return Err(de::Error::custom("a value without a key"));
        };
        seed.deserialize(node).map_err(|mut error| {
            // Only of this value, not of one within it.
            if error.lacks_key || error.message.starts_with("has a value that") {
                // The whole value is written anew, so that one message is enough.
                let shape = shape(key, node).filter(|_| error.help.is_none());
                error.span = shape.as_ref().map(|_| node.span.clone()).or(error.span);
                error.help = error.help.or(shape);
            }
            error.with_key(key)
        })
    }
}
