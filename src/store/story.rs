//! From what was typed to what is usable: a story's translations, each with all that it takes from its story.
//!
//! Nothing is copied: a [`Translation`] borrows its texts from the record, because all stories are read and few are shown.

use url::Url;

use super::raw::{Date, RawEnclosure, RawImage, RawPerson, RawRecord, Str};
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::diagnostics::suggestion;
use crate::model::{Timestamp, absolute, forbidden, is_email, is_plainly_absolute};
use crate::source::{Step, Table};

/// Something wrong with a record, by the path of keys to it.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    pub path: Vec<Step>,
    pub message: String,
    pub help: Option<String>,
    /// Whether the record is used all the same.
    pub is_warning: bool,
    /// The key that is not there, where that is what is wrong.
    pub missing: Option<&'static str>,
}

/// What one record says of one story: all its translations, or, where it is flat, one of them.
#[derive(Debug)]
pub struct Story<'r> {
    pub id: &'r str,
    /// `None` where the record names none, which agrees with any other.
    pub topics: Option<Vec<TopicIndex>>,
    pub translations: Vec<Translation<'r>>,
}

/// A translation, complete.
#[derive(Debug)]
pub struct Translation<'r> {
    pub language: LanguageIndex,
    pub published: Timestamp,
    /// Never before `published`.
    pub updated: Timestamp,
    pub expires: Option<Timestamp>,
    pub withdrawn: Option<Withdrawn<'r>>,
    pub draft: bool,
    /// Only a withdrawn translation can be without.
    pub title: Option<&'r str>,
    pub summary: Option<&'r str>,
    pub content: Option<Content<'r>>,
    pub guid: Option<&'r str>,
    pub link: Option<&'r str>,
    /// `None`: the site's.
    pub authors: Option<&'r [Table<RawPerson<'r>>]>,
    pub image: Image<'r>,
    pub enclosures: &'r [Table<RawEnclosure<'r>>],
}

/// `withdrawn`.
#[derive(Debug, Clone, Copy)]
pub struct Withdrawn<'r> {
    pub on: Timestamp,
    pub reason: Option<&'r str>,
    /// Whether the translation itself says so; what its story says is in the default language.
    pub is_own: bool,
}

/// The body of a translation as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content<'r> {
    Markdown(&'r str),
    Html(&'r str),
    Text(&'r str),
}

/// A picture, put together from the story's and what the translation says otherwise.
#[derive(Debug, Clone, Copy, Default)]
pub struct Image<'r> {
    pub url: Option<&'r str>,
    pub alt: Option<&'r str>,
    pub credit: Option<&'r str>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// Reads a record. `default_id` is the one that its file's path gives, where the file holds one story.
///
/// The story is there if nothing is wrong with it that is more than a warning.
pub fn read<'r>(
    record: &'r RawRecord<'r>,
    default_id: Option<&'r str>,
    config: &Config,
) -> (Option<Story<'r>>, Vec<FieldError>) {
    let mut reader = Reader { config, errors: Vec::new() };
    let story = reader.story(record, default_id);
    let is_sound = reader.errors.iter().all(|error| error.is_warning);
    (story.filter(|_| is_sound), reader.errors)
}

/// What is wrong with an id, if anything is.
pub fn id_error(id: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if id.len() > 200 {
        Some("is longer than 200 characters")
    } else if !id.bytes().all(allowed) {
        Some("may only have ASCII letters, digits, `-`, `_`, `.` and `/`")
    } else if id.split('/').any(|part| matches!(part, "" | "." | "..")) {
        Some("has a part that is empty, `.` or `..`")
    } else if id.split('/').next() == Some("feeds") {
        Some("cannot begin with `feeds`, which the ids of feeds begin with")
    } else {
        None
    }
}

/// One level of a record, its values read: a story's, or a translation's.
struct Layer<'r> {
    raw: &'r RawRecord<'r>,
    published: Option<Timestamp>,
    updated: Option<Timestamp>,
    expires: Option<Timestamp>,
    withdrawn: Option<Withdrawn<'r>>,
}

struct Reader<'c> {
    config: &'c Config,
    errors: Vec<FieldError>,
}

type Path<'p> = Option<&'p str>;

/// The path of a key of a story, or of a translation of it.
fn path(translation: Path<'_>, rest: &[&str]) -> Vec<Step> {
    let key = |key: &str| Step::Key(key.to_owned());
    let lead = translation.map(|tag| [key("translations"), key(tag)]).into_iter().flatten();
    lead.chain(rest.iter().map(|name| key(name))).collect()
}

impl Reader<'_> {
    fn error(&mut self, path: Vec<Step>, message: impl Into<String>, help: Option<String>) {
        self.errors.push(FieldError { path, message: message.into(), help, is_warning: false, missing: None });
    }

    fn missing(&mut self, path: Vec<Step>, key: &'static str, help: Option<&str>) {
        self.error(path, format!("`{key}` is missing"), help.map(str::to_owned));
        if let Some(error) = self.errors.last_mut() {
            error.missing = Some(key);
        }
    }

    fn story<'r>(&mut self, raw: &'r RawRecord<'r>, default_id: Option<&'r str>) -> Option<Story<'r>> {
        let id = self.id(raw, default_id);
        let topics = raw.topics.as_deref().map(|topics| self.topics(topics)).filter(|topics| !topics.is_empty());
        if raw.stories.is_some() {
            self.error(path(None, &["stories"]), "`stories` holds whole stories and stands alone in its file", None);
        }
        let translations = match (&raw.language, &raw.translations) {
            (Some(_), Some(_)) => {
                let message = "a story has either `language` or `translations`, not both";
                self.error(path(None, &["language"]), message, None);
                return None;
            }
            (Some(tag), None) => self.flat(raw, &tag.0),
            (None, Some(rows)) if !rows.0.is_empty() => self.nested(raw, &rows.0),
            (None, _) => {
                let help = match raw.title {
                    Some(_) => "add `language = \"…\"`, or put the text into `[translations.…]`",
                    None => "add a table such as `[translations.en]` with a `title`",
                };
                self.error(Vec::new(), "this story has no translation", Some(help.to_owned()));
                return None;
            }
        };
        Some(Story { id: id?, topics, translations })
    }

    fn id<'r>(&mut self, raw: &'r RawRecord<'r>, default: Option<&'r str>) -> Option<&'r str> {
        match (&raw.id, default) {
            (Some(id), _) => {
                let id = id.0.as_ref();
                match id_error(id) {
                    None => return Some(id),
                    Some(fault) => {
                        let shown: String = id.chars().take(80).collect();
                        self.error(path(None, &["id"]), format!("the id `{shown}` {fault}"), None);
                    }
                }
            }
            (None, Some(id)) => match id_error(id) {
                None => return Some(id),
                Some(fault) => {
                    let message = format!("the file's path makes no id: `{id}` {fault}");
                    self.error(
                        Vec::new(),
                        message,
                        Some("write an `id = \"…\"` into the file, or rename it".to_owned()),
                    );
                }
            },
            (None, None) => {
                self.missing(Vec::new(), "id", Some("a story needs one where its file holds several"));
            }
        }
        None
    }

    fn topics(&mut self, topics: &[Str<'_>]) -> Vec<TopicIndex> {
        let mut out = Vec::with_capacity(topics.len());
        for (index, topic) in topics.iter().enumerate() {
            match self.config.topic(&topic.0) {
                Some(topic) if !out.contains(&topic) => out.push(topic),
                Some(_) => {}
                None => {
                    let known: Vec<&str> = self.config.topics.iter().map(|topic| topic.id.as_str()).collect();
                    let place = [path(None, &["topics"]), vec![Step::Index(index)]].concat();
                    let help =
                        suggestion(&topic.0, &known).unwrap_or("add it to `[topics]` of the configuration".to_owned());
                    self.error(place, format!("unknown topic `{}`", topic.0), Some(help));
                }
            }
        }
        out.sort_unstable();
        out
    }

    fn language(&mut self, tag: &str, place: Vec<Step>) -> Option<LanguageIndex> {
        let found = self.config.language(tag);
        if found.is_none() {
            let known: Vec<&str> = self.config.languages.iter().map(|edition| edition.language.as_str()).collect();
            let help = suggestion(tag, &known).unwrap_or("add it to `[languages]` of the configuration".to_owned());
            self.error(place, format!("unknown language `{tag}`"), Some(help));
        }
        found
    }

    fn flat<'r>(&mut self, raw: &'r RawRecord<'r>, tag: &str) -> Vec<Translation<'r>> {
        let layer = self.layer(raw, None);
        let language = self.language(tag, path(None, &["language"]));
        language.and_then(|language| self.translation(language, None, &layer, &layer)).into_iter().collect()
    }

    fn nested<'r>(
        &mut self,
        raw: &'r RawRecord<'r>,
        rows: &'r [(Str<'r>, Table<RawRecord<'r>>)],
    ) -> Vec<Translation<'r>> {
        let texts = [
            ("title", raw.title.is_some()),
            ("summary", raw.summary.is_some()),
            ("content_markdown", raw.content_markdown.is_some()),
            ("content_html", raw.content_html.is_some()),
            ("content_text", raw.content_text.is_some()),
            ("guid", raw.guid.is_some()),
        ];
        for (key, _) in texts.iter().filter(|(_, is_set)| *is_set) {
            self.error(path(None, &[key]), format!("`{key}` belongs to a translation"), None);
        }
        let story = self.layer(raw, None);
        let mut out: Vec<Translation<'r>> = Vec::with_capacity(rows.len());
        for (tag, raw) in rows {
            let tag = tag.0.as_ref();
            let own = [
                ("id", raw.id.is_some()),
                ("topics", raw.topics.is_some()),
                ("language", raw.language.is_some()),
                ("translations", raw.translations.is_some()),
                ("stories", raw.stories.is_some()),
            ];
            for (key, _) in own.iter().filter(|(_, is_set)| *is_set) {
                self.error(
                    path(Some(tag), &[key]),
                    format!("`{key}` belongs to the story, not to a translation"),
                    None,
                );
            }
            let layer = self.layer(raw, Some(tag));
            let Some(language) = self.language(tag, path(Some(tag), &[])) else { continue };
            if out.iter().any(|other| other.language == language) {
                self.error(path(Some(tag), &[]), format!("the language `{tag}` stands here twice"), None);
                continue;
            }
            out.extend(self.translation(language, Some(tag), &story, &layer));
        }
        out
    }

    /// Reads the values of one level, and checks those that only a shown entry needs.
    fn layer<'r>(&mut self, raw: &'r RawRecord<'r>, at: Path<'_>) -> Layer<'r> {
        let texts = [("title", &raw.title), ("summary", &raw.summary), ("content_markdown", &raw.content_markdown)];
        let more = [("content_html", &raw.content_html), ("content_text", &raw.content_text)];
        for (key, text) in texts.into_iter().chain(more) {
            self.text(text.as_ref().map(|text| &*text.0), || path(at, &[key]));
        }
        self.text(raw.guid.as_ref().map(|guid| &*guid.0), || path(at, &["guid"]));
        let bodies = texts[2..].iter().chain(&more).filter(|(_, text)| text.is_some());
        if let Some((key, _)) = bodies.clone().nth(1) {
            let message = "a translation has at most one of `content_markdown`, `content_html` and `content_text`";
            self.error(path(at, &[key]), message, None);
        }
        if raw.guid.as_ref().is_some_and(|guid| guid.0.trim().is_empty()) {
            self.error(path(at, &["guid"]), "`guid` is empty", Some("leave it out".to_owned()));
        }
        let of_feeds = format!("tag:{}:feeds/", self.config.site.authority);
        if raw.guid.as_ref().is_some_and(|guid| guid.0.starts_with(&of_feeds)) {
            self.error(path(at, &["guid"]), "`guid` is the id of a feed", None);
        }
        self.url(at, &["link"], raw.link.as_ref());
        if let Some(image) = &raw.image {
            self.url(at, &["image", "url"], image.url.as_ref());
            for (key, text) in [("alt", &image.alt), ("credit", &image.credit)] {
                self.text(text.as_ref().map(|text| &*text.0), || path(at, &["image", key]));
            }
        }
        for (index, person) in raw.authors.iter().flatten().enumerate() {
            self.person(at, index, person);
        }
        for (index, enclosure) in raw.enclosures.iter().flatten().enumerate() {
            self.enclosure(at, index, enclosure);
        }
        Layer {
            raw,
            published: self.date(at, &["published"], raw.published.as_ref()),
            updated: self.date(at, &["updated"], raw.updated.as_ref()),
            expires: self.date(at, &["expires"], raw.expires.as_ref()),
            withdrawn: raw.withdrawn.as_ref().and_then(|withdrawn| {
                let reason = withdrawn.reason.as_ref().map(|reason| &*reason.0);
                self.text(reason, || path(at, &["withdrawn", "reason"]));
                let on = self.date(at, &["withdrawn", "on"], withdrawn.on.as_ref());
                if withdrawn.on.is_none() {
                    self.error(path(at, &["withdrawn"]), "`withdrawn` needs the date `on` which it was", None);
                }
                Some(Withdrawn { on: on?, reason, is_own: true })
            }),
        }
    }

    fn date(&mut self, at: Path<'_>, keys: &[&str], date: Option<&Date<'_>>) -> Option<Timestamp> {
        match self.config.site.zone.read(&date?.0) {
            Ok(instant) => Some(instant),
            Err(why) => {
                let shown: String = date?.0.chars().take(80).collect();
                self.error(path(at, keys), format!("`{shown}` {why}"), None);
                None
            }
        }
    }

    fn text(&mut self, text: Option<&str>, path: impl FnOnce() -> Vec<Step>) {
        if let Some(character) = text.and_then(forbidden) {
            let message = format!("character U+{:04X}, which XML 1.0 forbids, was removed", character as u32);
            self.errors.push(FieldError { path: path(), message, help: None, is_warning: true, missing: None });
        }
    }

    fn url(&mut self, at: Path<'_>, keys: &[&str], url: Option<&Str<'_>>) {
        let Some(url) = url else { return };
        if is_plainly_absolute(&url.0) {
            return;
        }
        let key = keys.last().copied().unwrap_or_default();
        let replaced = url.0.replace("{language}", "en");
        if replaced.contains(['{', '}']) {
            let help = "`{language}` is the only one that is replaced".to_owned();
            self.error(path(at, keys), format!("`{key}` has an unknown placeholder"), Some(help));
        } else if replaced.trim().is_empty() {
            self.error(path(at, keys), format!("`{key}` is empty"), Some("leave it out".to_owned()));
        } else if let Err(why) = absolute(&self.config.site.base_url, &replaced) {
            self.error(path(at, keys), format!("`{key}` {why}"), None);
        }
    }

    fn person(&mut self, at: Path<'_>, index: usize, person: &RawPerson<'_>) {
        let place = |keys: &[&str]| {
            let mut place = path(at, &["authors"]);
            place.push(Step::Index(index));
            place.extend(keys.iter().map(|key| Step::Key((*key).to_owned())));
            place
        };
        self.text(person.name.as_ref().map(|name| &*name.0), || place(&["name"]));
        if person.name.as_ref().is_none_or(|name| name.0.trim().is_empty()) {
            self.error(place(&[]), "an author needs a `name`", None);
        }
        if let Some(email) = &person.email
            && !is_email(email.0.trim())
        {
            self.error(place(&["email"]), "`email` is not an email address", None);
        }
        if let Some(url) = &person.url
            && let Err(why) = absolute(&self.config.site.base_url, &url.0)
        {
            self.error(place(&["url"]), format!("`url` {why}"), None);
        }
    }

    fn enclosure(&mut self, at: Path<'_>, index: usize, enclosure: &RawEnclosure<'_>) {
        let place = |keys: &[&str]| {
            let mut place = path(at, &["enclosures"]);
            place.push(Step::Index(index));
            place.extend(keys.iter().map(|key| Step::Key((*key).to_owned())));
            place
        };
        self.text(enclosure.title.as_ref().map(|title| &*title.0), || place(&["title"]));
        match &enclosure.url {
            None => self.error(place(&[]), "an enclosure needs a `url`", None),
            Some(url) => {
                if let Err(why) = absolute(&self.config.site.base_url, &url.0) {
                    self.error(place(&["url"]), format!("`url` {why}"), None);
                }
            }
        }
        if let Some(media_type) = &enclosure.media_type
            && !is_media_type(&media_type.0)
        {
            let message = format!("`{}` is not a media type", media_type.0);
            self.error(place(&["type"]), message, Some("write one such as `application/pdf`".to_owned()));
        }
    }

    /// Puts a translation together from its own level and its story's; a flat record is both.
    fn translation<'r>(
        &mut self,
        language: LanguageIndex,
        at: Path<'_>,
        story: &Layer<'r>,
        own: &Layer<'r>,
    ) -> Option<Translation<'r>> {
        let raw = own.raw;
        let of_story = story.withdrawn.map(|withdrawn| Withdrawn { is_own: false, ..withdrawn });
        let withdrawn = own.withdrawn.or(of_story);
        let title = raw.title.as_ref().map(|title| title.0.as_ref()).filter(|title| !is_blank(title));
        if title.is_none() && withdrawn.is_none() {
            match raw.title {
                Some(_) => self.error(path(at, &["title"]), "`title` is empty", None),
                None => self.missing(path(at, &[]), "title", None),
            }
        }
        let published = own.published.or(story.published);
        if published.is_none() && raw.published.is_none() && story.raw.published.is_none() {
            self.missing(path(at, &[]), "published", Some("write a date such as `published = 2014-11-24`"));
        }
        let published = published?;
        let content = match raw {
            RawRecord { content_markdown: Some(text), .. } => Some(Content::Markdown(&text.0)),
            RawRecord { content_html: Some(text), .. } => Some(Content::Html(&text.0)),
            RawRecord { content_text: Some(text), .. } => Some(Content::Text(&text.0)),
            _ => None,
        };
        Some(Translation {
            language,
            published,
            updated: own.updated.or(story.updated).unwrap_or(published).max(published),
            expires: own.expires.or(story.expires),
            withdrawn,
            draft: raw.draft.or(story.raw.draft).unwrap_or(false),
            title,
            summary: raw.summary.as_ref().map(|summary| summary.0.as_ref()),
            content,
            guid: raw.guid.as_ref().map(|guid| guid.0.trim()),
            link: raw.link.as_ref().or(story.raw.link.as_ref()).map(|link| link.0.as_ref()),
            authors: raw.authors.as_deref().or(story.raw.authors.as_deref()),
            image: Image::of(raw.image.as_deref(), story.raw.image.as_deref()),
            enclosures: raw.enclosures.as_deref().or(story.raw.enclosures.as_deref()).unwrap_or_default(),
        })
    }
}

impl<'r> Image<'r> {
    fn of(own: Option<&'r RawImage<'r>>, story: Option<&'r RawImage<'r>>) -> Self {
        let levels = || own.into_iter().chain(story);
        let text = |get: fn(&'r RawImage<'r>) -> &'r Option<Str<'r>>| {
            levels().find_map(|image| get(image).as_ref()).map(|text| text.0.as_ref())
        };
        Image {
            url: text(|image| &image.url),
            alt: text(|image| &image.alt),
            credit: text(|image| &image.credit),
            width: levels().find_map(|image| image.width),
            height: levels().find_map(|image| image.height),
        }
    }
}

/// The address of a translation's page, absolute.
pub fn page(link: &str, base: &Url, tag: &str) -> Option<Url> {
    absolute(base, &link.replace("{language}", tag)).ok()
}

/// Whether nothing would be left of a text once it is clean.
fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || forbidden(character.encode_utf8(&mut [0; 4])).is_some())
}

/// `type/subtype` of RFC 9110 §8.3.1, without parameters.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    text.split_once('/').is_some_and(|(one, other)| token(one) && token(other))
}
