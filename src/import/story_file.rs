//! A story file as an import writes it and reads it back.
//!
//! Values that all translations share are written once, at the story, as an editor would; reading gives them to each
//! translation again.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use toml::value::Datetime;

use super::entry::{Author, Body, Enclosure, Image};
use super::toml_text::{multiline, string};
use crate::config::{Config, LanguageIndex};

/// A story with its translations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Story {
    pub topics: Vec<String>,
    /// One a language.
    pub translations: Vec<Translation>,
}

/// A missing date.
pub const NO_DATE: Datetime = Datetime { date: None, time: None, offset: None };

fn no_date() -> Datetime {
    NO_DATE
}

/// A story in one language.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Translation {
    pub language: String,
    pub title: String,
    #[serde(skip, default = "no_date")]
    pub published: Datetime,
    #[serde(skip)]
    pub updated: Option<Datetime>,
    pub expires: Option<Datetime>,
    pub is_draft: bool,
    pub link: Option<String>,
    #[serde(skip)]
    pub guid: Option<String>,
    pub summary: Option<String>,
    pub content: Option<Body>,
    pub authors: Vec<Author>,
    pub image: Option<Image>,
    pub enclosures: Vec<Enclosure>,
}

/// The keys of a story and of each of its translations.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default)]
struct Fields {
    title: Option<String>,
    published: Option<Datetime>,
    updated: Option<Datetime>,
    expires: Option<Datetime>,
    draft: Option<bool>,
    link: Option<String>,
    guid: Option<String>,
    summary: Option<String>,
    content_html: Option<String>,
    content_markdown: Option<String>,
    content_text: Option<String>,
    authors: Option<Vec<Author>>,
    image: Option<Image>,
    enclosures: Option<Vec<Enclosure>>,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    topics: Vec<String>,
    #[serde(flatten)]
    story: Fields,
    #[serde(default)]
    translations: BTreeMap<String, Fields>,
}

impl Story {
    /// Reads what [`to_toml`](Self::to_toml) wrote; `None` for anything else. The translations are sorted by their tags.
    pub fn from_toml(text: &str) -> Option<Story> {
        let Document { topics, story, translations } = toml::from_str(text).ok()?;
        let translations = translations.into_iter().map(|(language, own)| own.into_translation(language, &story));
        Some(Story { topics, translations: translations.collect::<Option<_>>()? })
    }

    /// Adds the translations of another story in languages that this one lacks, and its topics.
    pub fn merge_over(mut self, other: Story, config: &Config) -> Story {
        let own: Vec<String> = self.translations.iter().map(|own| own.language.clone()).collect();
        self.translations.extend(other.translations.into_iter().filter(|other| !own.contains(&other.language)));
        self.translations.sort_by_key(|own| config.language(&own.language).unwrap_or(LanguageIndex::MAX));
        let topics: Vec<String> = other.topics.into_iter().filter(|topic| !self.topics.contains(topic)).collect();
        self.topics.extend(topics);
        self
    }

    /// The content of the story's file.
    pub fn to_toml(&self, id: &str) -> String {
        let story = self.shared();
        let mut out = format!("id        = {}\n", string(id));
        story.write_dates(&mut out, "          ");
        if !self.topics.is_empty() {
            let topics: Vec<String> = self.topics.iter().map(|topic| string(topic)).collect();
            let _ = writeln!(out, "topics    = [{}]", topics.join(", "));
        }
        story.write_rest(&mut out);
        for text in &self.translations {
            let own = Fields::of(text).minus(&story);
            let _ = write!(out, "\n[translations.{}]\n", text.language);
            let _ = writeln!(out, "title = {}", string(&text.title));
            own.write_dates(&mut out, "");
            own.write_texts(&mut out);
            own.write_rest(&mut out);
        }
        out
    }

    /// The values that all translations share, and the earliest date.
    fn shared(&self) -> Fields {
        let all: Vec<Fields> = self.translations.iter().map(Fields::of).collect();
        let Some(first) = all.first() else { return Fields::default() };
        fn same<T: PartialEq + Clone>(all: &[Fields], of: impl Fn(&Fields) -> Option<T>) -> Option<T> {
            let first = of(all.first()?);
            first.filter(|first| all.iter().all(|other| of(other).as_ref() == Some(first)))
        }
        let image = same(&all, |text| {
            let Image { url, width, height, .. } = text.image.clone()?;
            Some(Image { url: Some(url?), width, height, ..Image::default() })
        });
        let dates = all.iter().filter_map(|text| text.published.as_ref());
        Fields {
            published: dates.min_by_key(|date| date.to_string()).copied().or(first.published),
            updated: same(&all, |text| text.updated),
            expires: same(&all, |text| text.expires),
            draft: same(&all, |text| text.draft),
            authors: same(&all, |text| text.authors.clone()),
            image,
            enclosures: same(&all, |text| text.enclosures.clone()),
            ..Fields::default()
        }
    }
}

impl Fields {
    fn of(text: &Translation) -> Fields {
        let (html, markdown, plain) = match &text.content {
            Some(Body::Html(body)) => (Some(body), None, None),
            Some(Body::Markdown(body)) => (None, Some(body), None),
            Some(Body::Text(body)) => (None, None, Some(body)),
            None => (None, None, None),
        };
        Fields {
            title: Some(text.title.clone()),
            published: Some(text.published),
            updated: text.updated,
            expires: text.expires,
            draft: text.is_draft.then_some(true),
            link: text.link.clone(),
            guid: text.guid.clone(),
            summary: text.summary.clone(),
            content_html: html.cloned(),
            content_markdown: markdown.cloned(),
            content_text: plain.cloned(),
            authors: Some(text.authors.clone()).filter(|authors| !authors.is_empty()),
            image: text.image.clone(),
            enclosures: Some(text.enclosures.clone()).filter(|files| !files.is_empty()),
        }
    }

    /// The values that differ from the story's.
    fn minus(self, story: &Fields) -> Fields {
        fn differing<T: PartialEq>(own: Option<T>, story: &Option<T>) -> Option<T> {
            own.filter(|own| Some(own) != story.as_ref())
        }
        Fields {
            published: differing(self.published, &story.published),
            updated: differing(self.updated, &story.updated),
            expires: differing(self.expires, &story.expires),
            draft: differing(self.draft, &story.draft),
            authors: differing(self.authors, &story.authors),
            enclosures: differing(self.enclosures, &story.enclosures),
            image: self.image.map(|image| match story.image.is_some() {
                true => Image { url: None, width: None, height: None, ..image },
                false => image,
            }),
            ..self
        }
    }

    fn into_translation(self, language: String, story: &Fields) -> Option<Translation> {
        let html = self.content_html.map(Body::Html);
        let content = html.or(self.content_markdown.map(Body::Markdown)).or(self.content_text.map(Body::Text));
        let image = match (self.image, story.image.clone()) {
            (Some(own), Some(story)) => Some(Image {
                url: own.url.or(story.url),
                alt: own.alt.or(story.alt),
                credit: own.credit.or(story.credit),
                width: own.width.or(story.width),
                height: own.height.or(story.height),
            }),
            (own, story) => own.or(story),
        };
        Some(Translation {
            language,
            title: self.title?,
            published: self.published.or(story.published)?,
            updated: self.updated.or(story.updated),
            expires: self.expires.or(story.expires),
            is_draft: self.draft.or(story.draft).unwrap_or(false),
            link: self.link,
            guid: self.guid,
            summary: self.summary,
            content,
            authors: self.authors.or_else(|| story.authors.clone()).unwrap_or_default(),
            image,
            enclosures: self.enclosures.or_else(|| story.enclosures.clone()).unwrap_or_default(),
        })
    }

    /// `pad` aligns the equals signs.
    fn write_dates(&self, out: &mut String, pad: &str) {
        for (key, date) in [("published", &self.published), ("updated", &self.updated), ("expires", &self.expires)] {
            if let Some(date) = date {
                let _ = writeln!(out, "{key}{} = {date}", pad.get(key.len()..9).unwrap_or_default());
            }
        }
    }

    fn write_texts(&self, out: &mut String) {
        for (key, text) in [("link", &self.link), ("guid", &self.guid), ("summary", &self.summary)] {
            if let Some(text) = text {
                // A summary of several lines is easier to read on several lines.
                let written = if text.contains('\n') { multiline(text) } else { string(text) };
                let _ = writeln!(out, "{key} = {written}");
            }
        }
        let bodies = [
            ("content_html", &self.content_html),
            ("content_markdown", &self.content_markdown),
            ("content_text", &self.content_text),
        ];
        for (key, body) in bodies.into_iter().filter_map(|(key, body)| Some((key, body.as_ref()?))) {
            let _ = writeln!(out, "{key} = {}", multiline(body));
        }
    }

    fn write_rest(&self, out: &mut String) {
        if let Some(authors) = &self.authors {
            let author = |author: &Author| {
                table(&[
                    ("name", Some(string(&author.name))),
                    ("url", author.url.as_deref().map(string)),
                    ("email", author.email.as_deref().map(string)),
                ])
            };
            let _ = writeln!(out, "authors = [{}]", authors.iter().map(author).collect::<Vec<_>>().join(", "));
        }
        if let Some(image) = self.image.as_ref().filter(|image| **image != Image::default()) {
            let number = |number: Option<u32>| number.map(|number| number.to_string());
            let written = table(&[
                ("url", image.url.as_deref().map(string)),
                ("alt", image.alt.as_deref().map(string)),
                ("credit", image.credit.as_deref().map(string)),
                ("width", number(image.width)),
                ("height", number(image.height)),
            ]);
            let _ = writeln!(out, "image = {written}");
        }
        if let Some(enclosures) = &self.enclosures {
            let enclosure = |file: &Enclosure| {
                table(&[
                    ("url", Some(string(&file.url))),
                    ("type", file.media_type.as_deref().map(string)),
                    ("length", file.length.map(|length| length.to_string())),
                    ("title", file.title.as_deref().map(string)),
                ])
            };
            let _ = writeln!(out, "enclosures = [{}]", enclosures.iter().map(enclosure).collect::<Vec<_>>().join(", "));
        }
        if let Some(true) = self.draft {
            out.push_str("draft = true\n");
        }
    }
}

/// An inline table of the values that are present.
fn table(values: &[(&str, Option<String>)]) -> String {
    let present = values.iter().filter_map(|(key, value)| Some(format!("{key} = {}", value.as_ref()?)));
    format!("{{ {} }}", present.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(language: &str) -> Translation {
        Translation {
            language: language.to_owned(),
            title: "Station opens".to_owned(),
            published: "2019-03-07".parse().unwrap(),
            updated: None,
            expires: None,
            is_draft: false,
            link: None,
            guid: None,
            summary: None,
            content: None,
            authors: Vec::new(),
            image: None,
            enclosures: Vec::new(),
        }
    }

    #[test]
    fn looks_hand_written() {
        let image =
            Image { url: Some("https://a.example/i.jpg".into()), credit: Some("Photo: A".into()), ..Image::default() };
        let authors = vec![Author { name: "A".into(), ..Author::default() }];
        let english = Translation {
            summary: Some("The station is \"new\".".into()),
            image: Some(image.clone()),
            authors: authors.clone(),
            link: Some("https://a.example/en".into()),
            ..text("en")
        };
        let french = Translation {
            published: "2019-04-01T10:00:00+02:00".parse().unwrap(),
            image: Some(Image { credit: Some("Photo : A".into()), ..image }),
            authors,
            content: Some(Body::Text("Un.\n\nDeux.".into())),
            ..text("fr")
        };
        let story = Story { topics: vec!["lakes".into()], translations: vec![english, french] };
        let written = story.to_toml("2019/station-opens");
        assert_eq!(
            written,
            "id        = \"2019/station-opens\"\npublished = 2019-03-07\ntopics    = [\"lakes\"]\nauthors = [{ name = \"A\" }]\n\
             image = { url = \"https://a.example/i.jpg\" }\n\n[translations.en]\ntitle = \"Station opens\"\n\
             link = \"https://a.example/en\"\nsummary = 'The station is \"new\".'\nimage = { credit = \"Photo: A\" }\n\n\
             [translations.fr]\ntitle = \"Station opens\"\npublished = 2019-04-01T10:00:00+02:00\n\
             content_text = \"\"\"\nUn.\n\nDeux.\"\"\"\nimage = { credit = \"Photo : A\" }\n"
        );
        assert_eq!(Story::from_toml(&written), Some(story));
    }

    fn some(text: &'static str) -> impl Strategy<Value = Option<String>> {
        prop::option::of(text)
    }

    prop_compose! {
        fn any_text(language: &'static str)(
            title in "[a-z\"'\\\\ é]{1,9}", day in 1..28_u8, updated in prop::bool::ANY, is_draft in prop::bool::ANY,
            link in some("https://a\\.example/[a-z]{0,3}"), guid in some("[a-z\"]{1,4}"), summary in some("[a-z\n\"]{1,9}"),
            kind in 0..4, body in "(?s)[a-z\n\"\\\\\\[\\]=]{1,30}", author in prop::option::of("[ab]"),
            url in some("https://a\\.example/[ij]"), alt in some("[a-z]{1,3}"), width in prop::option::of(1..3_u32), files in 0..2_usize,
        ) -> Translation {
            let date = |hour: u8| format!("2019-03-{day:02}T{hour:02}:00:00Z").parse::<Datetime>().unwrap();
            let image = Image { url, alt, width, ..Image::default() };
            Translation {
                language: language.to_owned(),
                title,
                published: date(1),
                updated: updated.then(|| date(2)),
                is_draft,
                link,
                guid,
                summary,
                content: match kind {
                    0 => None,
                    1 => Some(Body::Html(body)),
                    2 => Some(Body::Markdown(body)),
                    _ => Some(Body::Text(body)),
                },
                authors: author.into_iter().map(|name| Author { name, ..Author::default() }).collect(),
                image: Some(image).filter(|image| *image != Image::default()),
                enclosures: vec![Enclosure { url: "https://a.example/f".into(), ..Enclosure::default() }; files],
                ..text(language)
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn story_files_round_trip(english in any_text("en"), french in prop::option::of(any_text("fr"))) {
            let story = Story { topics: Vec::new(), translations: [Some(english), french].into_iter().flatten().collect() };
            let written = story.to_toml("a/b");
            let read = Story::from_toml(&written);
            prop_assert_eq!(read.as_ref().map(|story| story.to_toml("a/b")), Some(written.clone()), "{}", written);
            prop_assert_eq!(read, Some(story), "{}", written);
        }
    }
}
