//! A record as it is written. Unknown keys are errors; values are not validated.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::source::{DATETIME, Ordered, Table};

/// A story, a flat record, a translation in a story, or a file of several stories. Their keys overlap, so one type serves all;
/// [`super::story`] rejects those that do not belong.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawRecord<'a> {
    #[serde(borrow)]
    pub id: Option<Name<'a>>,
    #[serde(borrow)]
    pub language: Option<Str<'a>>,
    #[serde(borrow)]
    pub topics: Option<Vec<Str<'a>>>,
    #[serde(borrow)]
    pub published: Option<Date<'a>>,
    #[serde(borrow)]
    pub updated: Option<Date<'a>>,
    #[serde(borrow)]
    pub link: Option<Str<'a>>,
    #[serde(borrow)]
    pub authors: Option<Vec<Table<RawPerson<'a>>>>,
    #[serde(borrow)]
    pub image: Option<Table<RawImage<'a>>>,
    #[serde(borrow)]
    pub enclosures: Option<Vec<Table<RawEnclosure<'a>>>>,
    pub draft: Option<bool>,
    #[serde(borrow)]
    pub expires: Option<Date<'a>>,
    #[serde(borrow)]
    pub withdrawn: Option<Table<RawWithdrawn<'a>>>,
    #[serde(borrow)]
    pub title: Option<Str<'a>>,
    #[serde(borrow)]
    pub summary: Option<Str<'a>>,
    #[serde(borrow)]
    pub content_markdown: Option<Str<'a>>,
    #[serde(borrow)]
    pub content_html: Option<Str<'a>>,
    #[serde(borrow)]
    pub content_text: Option<Str<'a>>,
    #[serde(borrow)]
    pub guid: Option<Name<'a>>,
    #[serde(borrow)]
    pub translations: Option<Ordered<Str<'a>, Table<RawRecord<'a>>>>,
    #[serde(borrow)]
    pub stories: Option<Vec<Table<RawRecord<'a>>>>,
}

impl RawRecord<'_> {
    /// Whether this is a file of several stories, without any other key.
    pub fn has_only_stories(&self) -> bool {
        matches!(
            self,
            RawRecord {
                stories: Some(_),
                id: None,
                language: None,
                topics: None,
                published: None,
                updated: None,
                link: None,
                authors: None,
                image: None,
                enclosures: None,
                draft: None,
                expires: None,
                withdrawn: None,
                title: None,
                summary: None,
                content_markdown: None,
                content_html: None,
                content_text: None,
                guid: None,
                translations: None,
            }
        )
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawPerson<'a> {
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    #[serde(borrow)]
    pub url: Option<Str<'a>>,
    #[serde(borrow)]
    pub email: Option<Str<'a>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawImage<'a> {
    #[serde(borrow)]
    pub url: Option<Str<'a>>,
    #[serde(borrow)]
    pub alt: Option<Str<'a>>,
    #[serde(borrow)]
    pub credit: Option<Str<'a>>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawEnclosure<'a> {
    #[serde(borrow)]
    pub url: Option<Str<'a>>,
    #[serde(borrow, rename = "type")]
    pub media_type: Option<Str<'a>>,
    pub length: Option<u64>,
    #[serde(borrow)]
    pub title: Option<Str<'a>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawWithdrawn<'a> {
    #[serde(borrow)]
    pub on: Option<Date<'a>>,
    #[serde(borrow)]
    pub reason: Option<Str<'a>>,
}

/// A string that borrows from the source if possible, in an `Option` too.
#[derive(Debug, Clone)]
pub struct Str<'a>(pub Cow<'a, str>);

/// A string, or an integer that is read as one, because many systems have integer ids.
#[derive(Debug, Clone)]
pub struct Name<'a>(pub Cow<'a, str>);

/// A date: a string, or a date of TOML.
#[derive(Debug, Clone)]
pub struct Date<'a>(pub Cow<'a, str>);

/// What a [`StrVisitor`] accepts besides strings.
#[derive(PartialEq)]
enum Accepts {
    Nothing,
    Integers,
    Dates,
}

struct StrVisitor(Accepts);

impl<'de> Visitor<'de> for StrVisitor {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0 == Accepts::Dates { "a date" } else { "a string" })
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.integer(number.to_string(), serde::de::Unexpected::Unsigned(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.integer(number.to_string(), serde::de::Unexpected::Signed(number))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if self.0 == Accepts::Dates
            && let Some((key, date)) = map.next_entry::<String, String>()?
            && key == DATETIME
        {
            return Ok(Cow::Owned(date));
        }
        Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self))
    }
}

impl StrVisitor {
    fn integer<'de, E: Error>(self, text: String, unexpected: serde::de::Unexpected<'_>) -> Result<Cow<'de, str>, E> {
        if self.0 == Accepts::Integers { Ok(Cow::Owned(text)) } else { Err(E::invalid_type(unexpected, &self)) }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(StrVisitor(Accepts::Nothing)).map(Str)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrVisitor(Accepts::Integers)).map(Name)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Date<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrVisitor(Accepts::Dates)).map(Date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::keys::{keys, schema_keys};

    /// The keys that the schema has at these JSON pointers.
    fn described(pointers: &[&str]) -> Vec<String> {
        schema_keys(include_str!("../cli/schema/story.json"), pointers)
    }

    #[test]
    fn the_schema_has_every_key() {
        assert_eq!(keys::<RawPerson<'_>>(), described(&["/definitions/person"]));
        assert_eq!(keys::<RawImage<'_>>(), described(&["/definitions/image"]));
        assert_eq!(keys::<RawEnclosure<'_>>(), described(&["/definitions/enclosure"]));
        assert_eq!(keys::<RawWithdrawn<'_>>(), described(&["/definitions/withdrawn"]));
        assert_eq!(
            keys::<RawRecord<'_>>(),
            described(&["/definitions/story", "/definitions/record", "/definitions/translation", "/else/then"])
        );
    }
}
