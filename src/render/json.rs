//! JSON Feed 1.1, with the extension `_tidings` for what it lacks.
//!
//! `_tidings` of an item holds
//!
//! - `topics` (ids) and `translations` (language, id, url);
//! - `image` (alt, caption, credit, width, height), and `images`: a gallery, whose pictures have the same members and
//!   `url`. They are the last attachments too, in the same order, for readers that know no more than attachments;
//! - `attachments` (url, captions, poster), of those that have captions or a poster.
//!
//! Each is there only if it has something to say. `_tidings` of a feed holds its `id` and, in an archive, `archive_of`:
//! the `feed_url` of the feed that it belongs to. Gaps: deletions cannot be expressed.

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use super::FeedEnvelope;
use crate::model::{Enclosure, Entry, Feed, Image, Person, media_type_of};

/// An item with the indentation that it has in a feed.
pub fn entry_fragment(entry: &Entry) -> String {
    indented(&pretty(&Item::of(entry)), "\n    ")
}

/// A feed without its items.
pub fn envelope(feed: &Feed, is_empty: bool) -> FeedEnvelope {
    let document = pretty(&Document::of(feed));
    // `items` is the last member and empty.
    let before = document.strip_suffix("]\n}").unwrap_or_default();
    let after = if is_empty { "]\n}\n" } else { "\n  ]\n}\n" };
    FeedEnvelope { before: before.to_owned(), after: after.to_owned() }
}

/// Serializes with an indentation of two spaces. Writing into memory does not fail.
fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Indents a document. Line breaks in strings are escaped, so every line break is between tokens.
fn indented(json: &str, lead: &str) -> String {
    format!("{lead}{}", json.replace('\n', lead))
}

#[derive(Serialize)]
struct Document<'a> {
    version: &'static str,
    title: &'a str,
    home_page_url: &'a str,
    feed_url: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icon: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    favicon: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hubs: Option<[Hub<'a>; 1]>,
    _tidings: Extra<'a>,
    items: [(); 0],
}

#[derive(Serialize)]
struct Extra<'a> {
    about: &'static str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_of: Option<&'a str>,
}

#[derive(Serialize)]
struct Hub<'a> {
    r#type: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Author<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

impl<'a> Author<'a> {
    fn all(people: &'a [Person]) -> Vec<Self> {
        people.iter().map(|p| Author { name: p.name.as_str(), url: p.url.as_ref().map(url::Url::as_str) }).collect()
    }
}

impl<'a> Document<'a> {
    fn of(feed: &'a Feed) -> Self {
        Document {
            version: "https://jsonfeed.org/version/1.1",
            title: feed.title.as_str(),
            home_page_url: feed.home_page.as_str(),
            feed_url: feed.url.as_str(),
            description: feed.description.as_str(),
            next_url: feed.previous.as_ref().map(url::Url::as_str),
            icon: feed.logo.as_ref().map(url::Url::as_str),
            favicon: feed.icon.as_ref().map(url::Url::as_str),
            authors: Author::all(&feed.authors),
            language: feed.is_one_language.then(|| feed.language.as_str()),
            hubs: feed.hub.as_ref().map(|hub| [Hub { r#type: "WebSub", url: hub.as_str() }]),
            _tidings: Extra {
                about: "written by tidings",
                id: &feed.id,
                archive_of: feed.current.as_ref().map(url::Url::as_str),
            },
            items: [],
        }
    }
}

#[derive(Serialize)]
struct Item<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    title: &'a str,
    #[serde(flatten)]
    content: Content<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    date_published: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_modified: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Author<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    language: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Attachment<'a>>,
    #[serde(skip_serializing_if = "ItemExtra::is_empty")]
    _tidings: ItemExtra<'a>,
}

/// One of the two is required: without a body, it is the summary or the title.
enum Content<'a> {
    Html(&'a str),
    Text(&'a str),
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Content::Html(html) => map.serialize_entry("content_html", html)?,
            Content::Text(text) => map.serialize_entry("content_text", text)?,
        }
        map.end()
    }
}

#[derive(Serialize)]
struct Attachment<'a> {
    url: &'a str,
    mime_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size_in_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_in_seconds: Option<u64>,
}

#[derive(Serialize)]
struct ItemExtra<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    topics: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    translations: Vec<Translation<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Picture<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<GalleryPicture<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<Player<'a>>,
}

impl ItemExtra<'_> {
    fn is_empty(&self) -> bool {
        self.topics.is_empty()
            && self.translations.is_empty()
            && self.image.is_none()
            && self.images.is_empty()
            && self.attachments.is_empty()
    }
}

#[derive(Serialize)]
struct Translation<'a> {
    language: &'a str,
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// What `image` of an item, which is only a URL, cannot express.
#[derive(Serialize, PartialEq, Default)]
struct Picture<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    alt: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
}

impl<'a> Picture<'a> {
    fn of(image: &'a Image) -> Self {
        Picture {
            alt: image.alt.as_ref().map(|alt| alt.as_str()),
            caption: image.caption.as_ref().map(|caption| caption.as_str()),
            credit: image.credit.as_ref().map(|credit| credit.as_str()),
            width: image.width,
            height: image.height,
        }
    }
}

#[derive(Serialize)]
struct GalleryPicture<'a> {
    url: &'a str,
    #[serde(flatten)]
    picture: Picture<'a>,
}

/// What an attachment cannot express of sound and video.
#[derive(Serialize)]
struct Player<'a> {
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    captions: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    poster: Option<&'a str>,
}

impl<'a> Player<'a> {
    fn of(file: &'a Enclosure) -> Option<Self> {
        let (captions, poster) = (file.captions.as_ref(), file.poster.as_ref());
        (captions.is_some() || poster.is_some()).then(|| Player {
            url: file.url.as_str(),
            captions: captions.map(url::Url::as_str),
            poster: poster.map(url::Url::as_str),
        })
    }
}

impl<'a> Item<'a> {
    fn of(entry: &'a Entry) -> Self {
        let instead = entry.summary.as_ref().unwrap_or(&entry.title).as_str();
        Item {
            id: &entry.id,
            url: entry.link.as_ref().map(url::Url::as_str),
            title: entry.title.as_str(),
            content: entry.content.as_ref().map_or(Content::Text(instead), |html| Content::Html(html.as_str())),
            summary: entry.summary.as_ref().map(|summary| summary.as_str()),
            image: entry.image.as_ref().map(|image| image.url.as_str()),
            date_published: entry.published.rfc3339(),
            date_modified: (entry.updated != entry.published).then(|| entry.updated.rfc3339()),
            authors: Author::all(&entry.authors),
            tags: entry.topics.iter().map(|topic| topic.title.as_str()).collect(),
            language: entry.language.as_str(),
            attachments: entry
                .enclosures
                .iter()
                .map(|enclosure| Attachment {
                    url: enclosure.url.as_str(),
                    mime_type: &enclosure.media_type,
                    title: enclosure.title.as_ref().map(|title| title.as_str()),
                    size_in_bytes: enclosure.length,
                    duration_in_seconds: enclosure.duration,
                })
                .chain(entry.images.iter().map(|image| Attachment {
                    url: image.url.as_str(),
                    mime_type: media_type_of(image.url.path()),
                    title: image.caption.as_ref().map(|caption| caption.as_str()),
                    size_in_bytes: None,
                    duration_in_seconds: None,
                }))
                .collect(),
            _tidings: ItemExtra {
                topics: entry.topics.iter().map(|topic| topic.id.as_str()).collect(),
                translations: entry
                    .translations
                    .iter()
                    .map(|sibling| Translation {
                        language: sibling.language.as_str(),
                        id: &sibling.id,
                        url: sibling.url.as_ref().map(url::Url::as_str),
                    })
                    .collect(),
                image: entry.image.as_ref().map(Picture::of).filter(|picture| *picture != Picture::default()),
                images: entry
                    .images
                    .iter()
                    .map(|image| GalleryPicture { url: image.url.as_str(), picture: Picture::of(image) })
                    .collect(),
                attachments: entry.enclosures.iter().filter_map(Player::of).collect(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_entries, fixture};
    use super::super::{EntryFragment, document};
    use super::*;
    use crate::model::Format;

    #[test]
    fn fragments_equal_what_serde_writes() {
        let (feed, entries) = fixture();
        (0..=entries.len()).for_each(|count| assert_assembled(&feed, &entries[..count]));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

        #[test]
        fn any_entries_are_assembled_as_serde_writes_them(entries in any_entries()) {
            assert_assembled(&fixture().0, &entries);
        }
    }

    /// Compares a feed of fragments with the whole.
    fn assert_assembled(feed: &Feed, entries: &[Entry]) {
        let fragments: Vec<EntryFragment> = entries.iter().map(|entry| EntryFragment(entry_fragment(entry))).collect();
        let assembled = document(feed, &fragments.iter().collect::<Vec<_>>(), Format::Json);
        let mut whole = serde_json::to_value(Document::of(feed)).unwrap();
        let items: Vec<_> = entries.iter().map(|entry| serde_json::to_value(Item::of(entry)).unwrap()).collect();
        whole["items"] = items.into();
        let assembled = String::from_utf8(assembled.bytes).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&assembled).unwrap(), whole);
        assert!(!assembled.contains("\n\n"), "{assembled}");
    }
}
