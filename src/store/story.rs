//! Validation of a record: its translations, each complete with what it inherits from its story.
//!
//! A [`Translation`] borrows its texts from the record, because all stories are read but few are rendered.

use url::Url;

use super::fields::{FieldError, Fields, Owner, key_path};
use super::raw::{RawEnclosure, RawImage, RawPerson, RawRecord, Str};
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::diagnostics::suggestion;
use crate::markup::Content;
use crate::model::{Timestamp, absolute, forbidden};
use crate::source::{Step, Table};

/// A valid record: a story with all its translations, or with the one of a flat record.
#[derive(Debug)]
pub struct Story<'r> {
    pub id: &'r str,
    /// `None` if the record names none; other records of the story may.
    pub topics: Option<Vec<TopicIndex>>,
    pub translations: Vec<Translation<'r>>,
}

/// A translation, with what it inherits from its story.
#[derive(Debug)]
pub struct Translation<'r> {
    pub language: LanguageIndex,
    pub published: Timestamp,
    /// Never before `published`.
    pub updated: Timestamp,
    /// As it is written, its own or the story's.
    pub written_update: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub withdrawn: Option<Withdrawn<'r>>,
    pub draft: bool,
    /// `None` only if it is withdrawn.
    pub title: Option<&'r str>,
    pub summary: Option<&'r str>,
    pub content: Option<Content<'r>>,
    pub guid: Option<&'r str>,
    pub link: Option<&'r str>,
    /// `None`: the authors of the site.
    pub authors: Option<&'r [Table<RawPerson<'r>>]>,
    pub image: Image<'r>,
    pub images: Vec<Image<'r>>,
    pub correction: Option<Correction<'r>>,
    pub enclosures: &'r [Table<RawEnclosure<'r>>],
}

/// `withdrawn`.
#[derive(Debug, Clone, Copy)]
pub struct Withdrawn<'r> {
    pub on: Timestamp,
    pub reason: Option<&'r str>,
    /// Whether it is the translation's own. The reason of a story is in the default language.
    pub is_own: bool,
}

/// `correction`.
#[derive(Debug, Clone, Copy)]
pub struct Correction<'r> {
    pub on: Timestamp,
    pub text: &'r str,
    /// Whether it is the translation's own. The text of a story's is in the default language.
    pub is_own: bool,
}

/// The image of a story, with the keys that the translation overrides.
#[derive(Debug, Clone, Copy, Default)]
pub struct Image<'r> {
    pub url: Option<&'r str>,
    pub alt: Option<&'r str>,
    pub caption: Option<&'r str>,
    pub credit: Option<&'r str>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// Validates a record. `default_id` is the id from the path of its file, if the file has only this story.
///
/// Returns the story if there are only warnings.
pub fn read<'r>(
    record: &'r RawRecord<'r>,
    default_id: Option<&'r str>,
    config: &Config,
) -> (Option<Story<'r>>, Vec<FieldError>) {
    let mut reader = Reader { config, errors: Vec::new() };
    let story = reader.story(record, default_id);
    let is_valid = reader.errors.iter().all(|error| error.is_warning);
    (story.filter(|_| is_valid), reader.errors)
}

/// Why an id is invalid; `None` if it is valid.
pub fn id_error(id: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    if id.len() > 200 {
        Some("is longer than 200 characters")
    } else if !id.bytes().all(allowed) {
        Some("may only have ASCII letters, digits, `-`, `_`, `.` and `/`")
    } else if id.split('/').any(|part| matches!(part, "" | "." | "..")) {
        Some("has a part that is empty, `.` or `..`")
    } else if id.split('/').any(|part| part.starts_with(['.', '_'])) {
        Some("has a part that begins with `.` or `_`")
    } else if id.split('/').any(|part| part.starts_with("index.html")) {
        Some("has a part that begins with `index.html`, the name of pages")
    } else if id.split('/').next() == Some("feeds") {
        Some("cannot begin with `feeds`, which the ids of feeds begin with")
    } else {
        None
    }
}

/// An id that is like a path, with hyphens for what an id cannot have.
fn proposed_id(path: &str) -> String {
    let part = |part: &str| {
        let is_kept = |letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter);
        let letters: String = part.chars().map(|letter| if is_kept(letter) { letter } else { '-' }).collect();
        let words: Vec<&str> = letters.split('-').filter(|word| !word.is_empty()).collect();
        words.join("-").trim_start_matches(['.', '_']).to_owned()
    };
    let parts: Vec<String> = path.split('/').map(part).filter(|part| !part.is_empty()).collect();
    let id: String = parts.join("/").chars().take(200).collect();
    if id.is_empty() { "a-name-of-letters".to_owned() } else { id }
}

pub struct Reader<'c> {
    pub(super) config: &'c Config,
    pub(super) errors: Vec<FieldError>,
}

impl Reader<'_> {
    pub(super) fn error(&mut self, path: Vec<Step>, message: impl Into<String>, help: Option<String>) {
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
            self.error(key_path(None, &["stories"]), "`stories` must be the only key of its file", None);
        }
        let translations = match (&raw.language, &raw.translations) {
            (Some(_), Some(_)) => {
                let message = "a story has either `language` or `translations`, not both";
                self.error(key_path(None, &["language"]), message, None);
                return None;
            }
            (Some(tag), None) => self.flat(raw, &tag.0),
            (None, Some(rows)) if !rows.0.is_empty() => self.nested(raw, &rows.0),
            (None, _) => {
                let tag = self.config.languages.first().map_or("en", |edition| edition.language.as_str());
                let help = match raw.title {
                    Some(_) => format!("put `[translations.{tag}]` above `title`, or add `language = \"{tag}\"`"),
                    None => format!("add a table such as `[translations.{tag}]` with a `title`"),
                };
                self.error(Vec::new(), "this story has no translation", Some(help));
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
                    Some(why) => {
                        let shown: String = id.chars().take(80).collect();
                        self.error(key_path(None, &["id"]), format!("the id `{shown}` {why}"), None);
                    }
                }
            }
            (None, Some(id)) => match id_error(id) {
                None => return Some(id),
                Some(why) => {
                    let message = format!("the file's path is not a valid id: `{id}` {why}");
                    self.error(
                        Vec::new(),
                        message,
                        Some(format!("rename the file, or write `id = \"{}\"` into it", proposed_id(id))),
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
                    let path = [key_path(None, &["topics"]), vec![Step::Index(index)]].concat();
                    let add = format!("add `[topics.{}]` to the configuration", topic.0);
                    let help = match suggestion(&topic.0, &known) {
                        Some(similar) if similar.starts_with("did you mean") || id_error(&topic.0).is_some() => similar,
                        Some(known) => format!("{known}; or {add}"),
                        None => add,
                    };
                    self.error(path, format!("unknown topic `{}`", topic.0), Some(help));
                }
            }
        }
        out.sort_unstable();
        out
    }

    fn language(&mut self, tag: &str, path: Vec<Step>) -> Option<LanguageIndex> {
        let language = self.config.language(tag);
        if language.is_none() {
            let help = self.config.unconfigured_help(tag);
            self.error(path, format!("the language `{tag}` is not configured"), Some(help));
        }
        language
    }

    fn flat<'r>(&mut self, raw: &'r RawRecord<'r>, tag: &str) -> Vec<Translation<'r>> {
        let fields = self.fields(raw, None);
        let language = self.language(tag, key_path(None, &["language"]));
        language.and_then(|language| self.translation(language, None, &fields, &fields)).into_iter().collect()
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
            self.error(key_path(None, &[key]), format!("`{key}` belongs to a translation"), None);
        }
        let story = self.fields(raw, None);
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
                    key_path(Some(tag), &[key]),
                    format!("`{key}` belongs to the story, not to a translation"),
                    None,
                );
            }
            let fields = self.fields(raw, Some(tag));
            let Some(language) = self.language(tag, key_path(Some(tag), &[])) else { continue };
            if out.iter().any(|other| other.language == language) {
                self.error(key_path(Some(tag), &[]), format!("duplicate language `{tag}`"), None);
                continue;
            }
            out.extend(self.translation(language, Some(tag), &story, &fields));
        }
        out
    }

    /// Merges the fields of a translation over those of its story; a flat record is both.
    fn translation<'r>(
        &mut self,
        language: LanguageIndex,
        at: Owner<'_>,
        story: &Fields<'r>,
        own: &Fields<'r>,
    ) -> Option<Translation<'r>> {
        let raw = own.raw;
        let of_story = story.withdrawn.map(|withdrawn| Withdrawn { is_own: false, ..withdrawn });
        let withdrawn = own.withdrawn.or(of_story);
        let title = raw.title.as_ref().map(|title| title.0.as_ref()).filter(|title| !is_blank(title));
        if title.is_none() && withdrawn.is_none() {
            match raw.title {
                Some(_) => self.error(key_path(at, &["title"]), "`title` is empty", None),
                None => self.missing(key_path(at, &[]), "title", Some("write `title = \"…\"`")),
            }
        }
        let published = own.published.or(story.published);
        if published.is_none() && raw.published.is_none() && story.raw.published.is_none() {
            self.missing(key_path(at, &[]), "published", Some("write a date such as `published = 2014-11-24`"));
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
            // A late translation is later than the corrections of its story.
            written_update: own.updated.or(story.updated.filter(|_| own.published.is_none())),
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
            images: raw
                .images
                .iter()
                .chain(&story.raw.images)
                .take(1)
                .flatten()
                .map(|image| Image::of(Some(image), None))
                .collect(),
            correction: own
                .correction
                .or(story.correction.map(|correction| Correction { is_own: false, ..correction })),
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
            caption: text(|image| &image.caption),
            credit: text(|image| &image.credit),
            width: levels().find_map(|image| image.width),
            height: levels().find_map(|image| image.height),
        }
    }
}

/// The absolute URL of a translation's page.
pub fn page(link: &str, base: &Url, tag: &str) -> Option<Url> {
    absolute(base, &link.replace("{language}", tag)).ok()
}

/// Whether a text is empty after cleaning.
fn is_blank(text: &str) -> bool {
    text.chars().all(|character| character.is_whitespace() || forbidden(character.encode_utf8(&mut [0; 4])).is_some())
}
