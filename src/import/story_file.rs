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
use crate::source::Step;

/// How often the values that the store refuses are dropped before the story is given up.
const MAX_ROUNDS: usize = 8;

/// A story with its translations.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Story {
    pub topics: Vec<String>,
    /// One a language.
    pub translations: Vec<Translation>,
}

/// A story in one language; also the values that all translations of a story share.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Translation {
    pub language: String,
    pub title: String,
    pub published: Option<Datetime>,
    pub updated: Option<Datetime>,
    pub expires: Option<Datetime>,
    pub draft: bool,
    pub withdrawn: Option<Withdrawn>,
    pub link: Option<String>,
    pub guid: Option<String>,
    pub summary: Option<String>,
    #[serde(flatten)]
    pub content: Option<Body>,
    pub authors: Vec<Author>,
    pub image: Option<Image>,
    pub images: Vec<Image>,
    pub enclosures: Vec<Enclosure>,
}

/// When a translation was withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Withdrawn {
    pub on: Datetime,
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    topics: Vec<String>,
    #[serde(flatten)]
    shared: Translation,
    #[serde(default)]
    translations: BTreeMap<String, Translation>,
}

impl Story {
    /// Reads what [`to_toml`](Self::to_toml) wrote; `None` for anything else. The translations are sorted by their tags.
    pub fn from_toml(text: &str) -> Option<Story> {
        let Document { topics, shared, translations } = toml::from_str(text).ok()?;
        let translations =
            translations.into_iter().map(|(language, own)| Translation { language, ..own.plus(&shared) });
        let translations: Vec<Translation> = translations.collect();
        let is_complete = |own: &Translation| !own.title.is_empty() && own.published.is_some();
        translations.iter().all(is_complete).then_some(Story { topics, translations })
    }

    /// The same of the bytes of a file.
    pub fn from_bytes(bytes: &[u8]) -> Option<Story> {
        std::str::from_utf8(bytes).ok().and_then(Story::from_toml)
    }

    /// Drops the values that the store's reader refuses, and returns why.
    ///
    /// # Errors
    /// Why it refuses the story, where that is no value that can be dropped.
    pub fn drop_refused(&mut self, config: &Config) -> Result<Vec<String>, String> {
        // Bodies, which can be large, are sanitized text that is never refused.
        let contents: Vec<Option<Body>> = self.translations.iter_mut().map(|own| own.content.take()).collect();
        let dropped = self.drop_refused_values(config);
        self.translations.iter_mut().zip(contents).for_each(|(own, content)| own.content = content);
        dropped
    }

    fn drop_refused_values(&mut self, config: &Config) -> Result<Vec<String>, String> {
        let mut dropped = Vec::new();
        for _ in 0..MAX_ROUNDS {
            let errors = crate::store::record_errors(&self.to_toml("a"), config);
            let Some(first) = errors.first() else { return Ok(dropped) };
            let first = first.message.clone();
            // The last first, so that indexes stay valid.
            let mut is_better = false;
            for error in errors.iter().rev() {
                if self.drop_value(&error.path) {
                    is_better = true;
                    dropped.push(format!("a value is dropped, because {}", error.message));
                }
            }
            if !is_better {
                return Err(first);
            }
        }
        Err("too many of its values are invalid".to_owned())
    }

    /// Drops a value by its path in the file, if the story can do without it.
    fn drop_value(&mut self, path: &[Step]) -> bool {
        let (language, path) = match path {
            [Step::Key(key), Step::Key(tag), rest @ ..] if key == "translations" => (Some(tag), rest),
            _ => (None, path),
        };
        let mut is_dropped = false;
        for own in self.translations.iter_mut().filter(|own| language.is_none_or(|tag| *tag == own.language)) {
            is_dropped |= own.drop_value(path);
        }
        is_dropped
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
        let shared = self.shared();
        let mut out = format!("id        = {}\n", string(id));
        shared.write_dates(&mut out, "          ");
        if !self.topics.is_empty() {
            let topics: Vec<String> = self.topics.iter().map(|topic| string(topic)).collect();
            let _ = writeln!(out, "topics    = [{}]", topics.join(", "));
        }
        shared.write_rest(&mut out);
        for translation in &self.translations {
            let own = translation.minus(&shared);
            let _ = write!(out, "\n[translations.{}]\n", own.language);
            let _ = writeln!(out, "title = {}", string(&translation.title));
            own.write_dates(&mut out, "");
            translation.write_texts(&mut out);
            own.write_rest(&mut out);
        }
        out
    }

    /// The values that all translations share, and the earliest date.
    fn shared(&self) -> Translation {
        fn same<T: PartialEq>(all: &[Translation], of: impl Fn(&Translation) -> Option<T>) -> Option<T> {
            let first = of(all.first()?)?;
            all.iter().all(|other| of(other).as_ref() == Some(&first)).then_some(first)
        }
        let all = &self.translations[..];
        let image = |own: &Translation| {
            let Image { url, width, height, .. } = own.image.clone()?;
            Some(Image { url: Some(url?), width, height, ..Image::default() })
        };
        Translation {
            published: all.iter().filter_map(|own| own.published).min_by_key(Datetime::to_string),
            updated: same(all, |own| own.updated),
            expires: same(all, |own| own.expires),
            draft: same(all, |own| Some(own.draft)).unwrap_or_default(),
            authors: same(all, |own| Some(own.authors.clone())).unwrap_or_default(),
            image: same(all, image),
            images: same(all, |own| Some(own.images.clone())).unwrap_or_default(),
            enclosures: same(all, |own| Some(own.enclosures.clone())).unwrap_or_default(),
            ..Translation::default()
        }
    }
}

impl Translation {
    /// Drops a value by its path, and returns whether there was one.
    fn drop_value(&mut self, path: &[Step]) -> bool {
        let key = |step: &Step| if let Step::Key(key) = step { key.clone() } else { String::new() };
        match path {
            [Step::Key(name)] => match name.as_str() {
                "link" => self.link.take().is_some(),
                "guid" => self.guid.take().is_some(),
                "summary" => self.summary.take().is_some(),
                "updated" => self.updated.take().is_some(),
                "expires" => self.expires.take().is_some(),
                "image" => self.image.take().is_some(),
                "images" => !std::mem::take(&mut self.images).is_empty(),
                "authors" => !std::mem::take(&mut self.authors).is_empty(),
                "enclosures" => !std::mem::take(&mut self.enclosures).is_empty(),
                _ => false,
            },
            [Step::Key(name), Step::Key(of_image)] if name == "image" => {
                let Some(image) = &mut self.image else { return false };
                match of_image.as_str() {
                    "url" => image.url.take().is_some(),
                    "alt" => image.alt.take().is_some(),
                    "caption" => image.caption.take().is_some(),
                    "credit" => image.credit.take().is_some(),
                    "width" => image.width.take().is_some(),
                    _ => image.height.take().is_some(),
                }
            }
            // A picture of a gallery is nothing without its URL, the only value that can be refused.
            [Step::Key(name), Step::Index(index), ..] if name == "images" && *index < self.images.len() => {
                self.images.remove(*index);
                true
            }
            [Step::Key(name), Step::Index(index), rest @ ..] if name == "authors" => {
                let of_author = rest.first().map(key).unwrap_or_default();
                match (self.authors.get_mut(*index), of_author.as_str()) {
                    (None, _) => false,
                    (Some(author), "url") => author.url.take().is_some(),
                    (Some(author), "email") => author.email.take().is_some(),
                    (Some(_), _) => {
                        self.authors.remove(*index);
                        true
                    }
                }
            }
            [Step::Key(name), Step::Index(index), rest @ ..] if name == "enclosures" => {
                let of_file = rest.first().map(key).unwrap_or_default();
                match (self.enclosures.get_mut(*index), of_file.as_str()) {
                    (None, _) => false,
                    (Some(file), "type") => file.media_type.take().is_some(),
                    (Some(file), "length") => file.length.take().is_some(),
                    (Some(file), "title") => file.title.take().is_some(),
                    (Some(file), "duration") => file.duration.take().is_some(),
                    (Some(file), "captions") => file.captions.take().is_some(),
                    (Some(file), "poster") => file.poster.take().is_some(),
                    (Some(_), _) => {
                        self.enclosures.remove(*index);
                        true
                    }
                }
            }
            _ => false,
        }
    }

    /// Without the shared values.
    fn minus(&self, shared: &Translation) -> Translation {
        let date = |own: Option<Datetime>, shared: Option<Datetime>| own.filter(|_| own != shared);
        let mut own = Translation {
            language: self.language.clone(),
            published: date(self.published, shared.published),
            updated: date(self.updated, shared.updated),
            expires: date(self.expires, shared.expires),
            draft: self.draft && !shared.draft,
            withdrawn: self.withdrawn,
            authors: self.authors.clone(),
            image: self.image.clone(),
            images: self.images.clone(),
            enclosures: self.enclosures.clone(),
            // Texts are never shared, and a body can be long.
            ..Translation::default()
        };
        if own.authors == shared.authors {
            own.authors.clear();
        }
        if own.images == shared.images {
            own.images.clear();
        }
        if own.enclosures == shared.enclosures {
            own.enclosures.clear();
        }
        if let Some(image) = own.image.as_mut().filter(|_| shared.image.is_some()) {
            (image.url, image.width, image.height) = (None, None, None);
        }
        own
    }

    /// With the shared values again.
    fn plus(self, shared: &Translation) -> Translation {
        fn or<T: Clone>(own: Vec<T>, shared: &[T]) -> Vec<T> {
            if own.is_empty() { shared.to_vec() } else { own }
        }
        let image = match (self.image, shared.image.clone()) {
            (Some(own), Some(shared)) => Some(Image {
                url: own.url.or(shared.url),
                alt: own.alt.or(shared.alt),
                caption: own.caption.or(shared.caption),
                credit: own.credit.or(shared.credit),
                width: own.width.or(shared.width),
                height: own.height.or(shared.height),
            }),
            (own, shared) => own.or(shared),
        };
        Translation {
            published: self.published.or(shared.published),
            updated: self.updated.or(shared.updated),
            expires: self.expires.or(shared.expires),
            draft: self.draft || shared.draft,
            withdrawn: self.withdrawn.or(shared.withdrawn),
            authors: or(self.authors, &shared.authors),
            image,
            images: or(self.images, &shared.images),
            enclosures: or(self.enclosures, &shared.enclosures),
            ..self
        }
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
        let body = self.content.as_ref().map(|content| match content {
            Body::Html(body) => ("content_html", body),
            Body::Markdown(body) => ("content_markdown", body),
            Body::Text(body) => ("content_text", body),
        });
        if let Some((key, body)) = body {
            let _ = writeln!(out, "{key} = {}", multiline(body));
        }
    }

    fn write_rest(&self, out: &mut String) {
        if !self.authors.is_empty() {
            let author = |author: &Author| {
                table(&[
                    ("name", Some(string(&author.name))),
                    ("url", author.url.as_deref().map(string)),
                    ("email", author.email.as_deref().map(string)),
                ])
            };
            let _ = writeln!(out, "authors = [{}]", self.authors.iter().map(author).collect::<Vec<_>>().join(", "));
        }
        let image = |image: &Image| {
            let number = |number: Option<u32>| number.map(|number| number.to_string());
            table(&[
                ("url", image.url.as_deref().map(string)),
                ("alt", image.alt.as_deref().map(string)),
                ("caption", image.caption.as_deref().map(string)),
                ("credit", image.credit.as_deref().map(string)),
                ("width", number(image.width)),
                ("height", number(image.height)),
            ])
        };
        if let Some(main) = self.image.as_ref().filter(|image| **image != Image::default()) {
            let _ = writeln!(out, "image = {}", image(main));
        }
        if !self.images.is_empty() {
            let images = self.images.iter().map(image).collect::<Vec<_>>();
            let _ = writeln!(out, "images = [{}]", images.join(", "));
        }
        if !self.enclosures.is_empty() {
            let enclosure = |file: &Enclosure| {
                table(&[
                    ("url", Some(string(&file.url))),
                    ("type", file.media_type.as_deref().map(string)),
                    ("length", file.length.map(|length| length.to_string())),
                    ("title", file.title.as_deref().map(string)),
                    ("duration", file.duration.as_deref().map(string)),
                    ("captions", file.captions.as_deref().map(string)),
                    ("poster", file.poster.as_deref().map(string)),
                ])
            };
            let files = self.enclosures.iter().map(enclosure).collect::<Vec<_>>();
            let _ = writeln!(out, "enclosures = [{}]", files.join(", "));
        }
        if self.draft {
            out.push_str("draft = true\n");
        }
        if let Some(Withdrawn { on }) = self.withdrawn {
            let _ = writeln!(out, "withdrawn = {{ on = {on} }}");
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
            published: "2019-03-07".parse().ok(),
            ..Translation::default()
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
            published: "2019-04-01T10:00:00+02:00".parse().ok(),
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
            title in "[a-z\"'\\\\ é]{1,9}", day in 1..28_u8, updated in prop::bool::ANY, draft in prop::bool::ANY,
            link in some("https://a\\.example/[a-z]{0,3}"), guid in some("[a-z\"]{1,4}"), summary in some("[a-z\n\"]{1,9}"),
            kind in 0..4, body in "(?s)[a-z\n\"\\\\\\[\\]=]{1,30}", author in prop::option::of("[ab]"),
            url in some("https://a\\.example/[ij]"), alt in some("[a-z]{1,3}"), caption in some("[a-z]{1,3}"),
            width in prop::option::of(1..3_u32), images in 0..3_usize, files in 0..2_usize,
            duration in some("[0-9]:[0-5][0-9]"),
        ) -> Translation {
            let date = |hour: u8| format!("2019-03-{day:02}T{hour:02}:00:00Z").parse::<Datetime>().unwrap();
            let image = Image { url, alt, caption, width, ..Image::default() };
            let picture = Image { url: Some("https://a.example/p".into()), ..image.clone() };
            let file = Enclosure { url: "https://a.example/f".into(), duration, ..Enclosure::default() };
            Translation {
                language: language.to_owned(),
                title,
                published: Some(date(1)),
                updated: updated.then(|| date(2)),
                draft,
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
                images: vec![picture; images],
                enclosures: vec![file; files],
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
