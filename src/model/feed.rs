//! Entries and feeds, before any format. Doc comments name the elements of each format.

use url::Url;

use super::{Html, Language, Moment, Text, medium_of};

/// The id of an entry without a guid: `tag:{authority}:{story}/{language}` (RFC 4151).
pub fn entry_tag_uri(authority: &str, story: &str, language: &str) -> String {
    format!("tag:{authority}:{story}/{language}")
}

/// A feed format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Atom 1.0 (RFC 4287).
    Atom,
    /// RSS 2.0.
    Rss,
    /// JSON Feed 1.1.
    Json,
}

impl Format {
    /// Its display name.
    pub fn name(self) -> &'static str {
        match self {
            Format::Atom => "Atom",
            Format::Rss => "RSS",
            Format::Json => "JSON Feed",
        }
    }

    /// Its media type in links.
    pub const fn media_type(self) -> &'static str {
        match self {
            Format::Atom => "application/atom+xml",
            Format::Rss => "application/rss+xml",
            Format::Json => "application/feed+json",
        }
    }
}

/// An author: a person or an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Atom `name`, RSS `dc:creator`, JSON Feed `name`.
    pub name: Text,
    /// Atom `uri`, JSON Feed `url`.
    pub url: Option<Url>,
    /// Atom `email`.
    pub email: Option<Text>,
}

/// The picture of an entry: `media:content` in Atom and RSS, `image` in JSON Feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Its address.
    pub url: Url,
    /// `media:description`: the text alternative.
    pub alt: Option<Text>,
    /// `media:title`: what is said about it.
    pub caption: Option<Text>,
    /// `media:credit`: its creator.
    pub credit: Option<Text>,
    /// In pixels.
    pub width: Option<u32>,
    /// In pixels.
    pub height: Option<u32>,
}

/// A file attached to an entry: Atom `link rel="enclosure"`, RSS `enclosure` (the first; others as `atom:link`), JSON
/// Feed `attachments`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enclosure {
    /// Its address.
    pub url: Url,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub length: Option<u64>,
    /// Atom `title`, JSON Feed `title`.
    pub title: Option<Text>,
    /// In seconds: `media:content` in Atom and RSS, JSON Feed `duration_in_seconds`.
    pub duration: Option<u64>,
    /// Text of what is said, as WebVTT: `media:subTitle`, `_tidings.attachments` in JSON Feed.
    pub captions: Option<Url>,
    /// The picture before a video plays: `media:thumbnail`, `_tidings.attachments` in JSON Feed.
    pub poster: Option<Url>,
}

impl Enclosure {
    /// `audio` or `video`, if it is one.
    pub fn medium(&self) -> Option<&'static str> {
        medium_of(&self.media_type)
    }
}

/// A correction of a story, on its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// When it was made.
    pub on: Moment,
    /// What was corrected.
    pub text: Text,
    /// The language of the text.
    pub language: Language,
}

/// A topic of an entry: Atom `category` with `term`, `scheme` and `label`; RSS `category` with `domain`; JSON Feed `tags`
/// and, for its id, `_tidings.topics`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicLabel {
    /// The language-neutral id.
    pub id: String,
    /// The title in the entry's language.
    pub title: Text,
    /// The URI of the scheme that the id belongs to.
    pub scheme: String,
}

/// The same story in another language: `link rel="https://schema.org/workTranslation"` in Atom and RSS,
/// `_tidings.translations` in JSON Feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sibling {
    /// Its language.
    pub language: Language,
    /// Its entry's id.
    pub id: String,
    /// Its page.
    pub url: Option<Url>,
}

/// One translation of one story.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// RSS `guid`, JSON Feed `id`.
    pub id: String,
    /// Atom `id`: the same if that is an IRI, else a `tag:` URI.
    pub iri: String,
    /// `xml:lang` of the Atom title, summary and content; `dc:language` in RSS; `language` in JSON Feed.
    pub language: Language,
    /// `title` everywhere.
    pub title: Text,
    /// Atom `summary`, RSS `description`, JSON Feed `summary`.
    pub summary: Option<Text>,
    /// Atom `content`, RSS `content:encoded` (`description` if there is no summary), JSON Feed `content_html`.
    pub content: Option<Html>,
    /// Atom `link rel="alternate"`, RSS `link`, JSON Feed `url`.
    pub link: Option<Url>,
    /// Atom `published`, RSS `pubDate`, JSON Feed `date_published`.
    pub published: Moment,
    /// Atom `updated`, RSS `dcterms:modified`, JSON Feed `date_modified`.
    pub updated: Moment,
    /// See [`Person`].
    pub authors: Vec<Person>,
    /// See [`Image`].
    pub image: Option<Image>,
    /// A gallery: `media:content` in Atom and RSS, attachments and `_tidings.images` in JSON Feed; figures in the
    /// content.
    pub images: Vec<Image>,
    /// See [`Correction`].
    pub correction: Option<Correction>,
    /// See [`Enclosure`].
    pub enclosures: Vec<Enclosure>,
    /// See [`TopicLabel`].
    pub topics: Vec<TopicLabel>,
    /// See [`Sibling`].
    pub translations: Vec<Sibling>,
}

/// A withdrawn entry: `at:deleted-entry` (RFC 6721) in Atom. RSS and JSON Feed have no such element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The Atom id of the entry.
    pub iri: String,
    /// `when`.
    pub when: Moment,
    /// `at:comment`.
    pub reason: Option<(Text, Language)>,
}

/// A feed document without its entries.
#[derive(Debug, Clone, PartialEq)]
pub struct Feed {
    /// Atom `id`.
    pub id: String,
    /// `title` everywhere.
    pub title: Text,
    /// Atom `subtitle`, RSS and JSON Feed `description`.
    pub description: Text,
    /// `xml:lang` of the Atom feed.
    pub language: Language,
    /// Whether the feed is of one language: only then RSS and JSON Feed have `language`.
    pub is_one_language: bool,
    /// The URL of the document: `link rel="self"`, `feed_url`.
    pub url: Url,
    /// The relative URL of the stylesheet for browsers, in Atom and RSS.
    pub style: String,
    /// The page of the same entries: `link rel="alternate"`, RSS `link`, `home_page_url`.
    pub home_page: Url,
    /// Atom `updated`, RSS `lastBuildDate`.
    pub updated: Moment,
    /// Whether `updated` comes from an entry; otherwise RSS has no date.
    pub has_news: bool,
    /// Atom `author`, JSON Feed `authors`.
    pub authors: Vec<Person>,
    /// Atom `rights`, RSS `copyright`.
    pub rights: Option<Text>,
    /// Atom `icon`, JSON Feed `favicon`.
    pub icon: Option<Url>,
    /// Atom `logo`, RSS `image`, JSON Feed `icon`.
    pub logo: Option<Url>,
    /// `link rel="hub"`, JSON Feed `hubs`.
    pub hub: Option<Url>,
    /// RSS `ttl`, in minutes.
    pub ttl: u64,
    /// For an archive (RFC 5005), the URL of its current feed: `link rel="current"`.
    pub current: Option<Url>,
    /// The previous archive: `link rel="prev-archive"`, JSON Feed `next_url`.
    pub previous: Option<Url>,
    /// Withdrawn entries.
    pub deleted: Vec<Deleted>,
}
