//! A record as it is written. Unknown keys are errors; values are not validated.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use crate::model::media_type_of;
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
    pub images: Option<Vec<Table<RawImage<'a>>>>,
    #[serde(borrow)]
    pub enclosures: Option<Vec<Table<RawEnclosure<'a>>>>,
    pub draft: Option<bool>,
    #[serde(borrow)]
    pub expires: Option<Date<'a>>,
    #[serde(borrow)]
    pub withdrawn: Option<Table<RawWithdrawn<'a>>>,
    #[serde(borrow)]
    pub correction: Option<Table<RawCorrection<'a>>>,
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
                images: None,
                enclosures: None,
                draft: None,
                expires: None,
                withdrawn: None,
                correction: None,
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
    pub caption: Option<Str<'a>>,
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
    #[serde(borrow)]
    pub duration: Option<Str<'a>>,
    #[serde(borrow)]
    pub captions: Option<Str<'a>>,
    #[serde(borrow)]
    pub poster: Option<Str<'a>>,
}

impl RawEnclosure<'_> {
    /// Its media type as it is written, else by the extension of its path.
    pub fn media_type_at(&self, path: &str) -> &str {
        self.media_type.as_ref().map_or_else(|| media_type_of(path), |written| written.0.trim())
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawCorrection<'a> {
    #[serde(borrow)]
    pub on: Option<Date<'a>>,
    #[serde(borrow)]
    pub text: Option<Str<'a>>,
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
    use proptest::prelude::*;

    use super::*;
    use crate::source::keys::{keys, schema_keys};
    use crate::source::{SpannedDocument, Syntax, parse_fast};

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
        assert_eq!(keys::<RawCorrection<'_>>(), described(&["/definitions/correction"]));
        assert_eq!(
            keys::<RawRecord<'_>>(),
            described(&["/definitions/story", "/definitions/record", "/definitions/translation", "/else/then"])
        );
    }

    /// A text that is nearly a record, or one.
    fn nearly(syntax: Syntax) -> impl Strategy<Value = String> {
        let keys = [
            "id", "published", "topics", "title", "link", "language", "image", "authors", "draft", "titel",
            "withdrawn", "translations",
        ];
        let toml = [
            "'a'", r#""b\u00e9""#, "2026-01-02", "2026-01-02T03:04:05Z", "17", "true", "[]", "['x', 'y']",
            "{ url = 'u', alt = '' }", "[{ name = 'n' }]", "{ on = 2026-01-01 }", "{ en = { title = 'T' } }", "1.5",
            "'''c\n'''", r#""""d""""#, "nan",
        ];
        let json = [
            r#""a""#, r#""b\u00e9""#, r#""2026-01-02""#, "17", "-0", "1e400", "true", "null", "[]", r#"["x", "y"]"#,
            r#"{"url": "u"}"#, r#"[{"name": "n"}]"#, r#"{"on": "2026-01-01"}"#, r#"{"en": {"title": "T"}}"#,
            r#""\ud83d\ude00""#, r#""\ud83d""#,
        ];
        let values = if syntax == Syntax::Toml { toml } else { json };
        let pair = (prop::sample::select(keys.to_vec()), prop::sample::select(values.to_vec()));
        prop::collection::vec(pair, 0..6).prop_map(move |pairs| match syntax {
            Syntax::Toml => pairs.iter().map(|(key, value)| format!("{key} = {value}\n")).collect(),
            Syntax::Json => {
                let pairs: Vec<String> = pairs.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        /// What the fast reader accepts the reader with spans accepts, with the same values.
        #[test]
        fn both_readers_agree(toml in nearly(Syntax::Toml), json in nearly(Syntax::Json)) {
            for (text, syntax) in [(&toml, Syntax::Toml), (&json, Syntax::Json)] {
                let Some(fast) = parse_fast::<RawRecord<'_>>(text, syntax) else { continue };
                let mut document = SpannedDocument::parse(text, syntax);
                prop_assert!(document.errors.is_empty(), "{}: {:?}", text, document.errors);
                prop_assert!(document.prune_invalid(|node| RawRecord::deserialize(node).map(drop)), "{}", text);
                prop_assert!(document.errors.is_empty(), "{}: {:?}", text, document.errors);
                let spanned = document.value::<RawRecord<'_>>();
                prop_assert_eq!(format!("{spanned:?}"), format!("{:?}", Some(fast)), "{}", text);
            }
        }
    }
}
