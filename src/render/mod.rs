//! One file a format, each a pure function from a resolved feed to bytes.
//!
//! An entry is rendered once a format, however many feeds it is in. An [`EntryFragment`] is extracted from a feed of this one
//! entry, which the format's crate wrote; a document is a feed without entries, written by the crate, into which fragments are
//! inserted. It is byte for byte what the crate writes for the whole feed (for Atom, with extensions moved before the entries).
//!
//! Owns: bytes. Never touches: settings, clock, files; nor does one format touch another.

mod atom;
mod element;
mod escape;
mod json;
#[cfg(all(test, feature = "pages"))]
#[allow(dead_code, reason = "its stylesheet is compared with the engine's")]
mod no_pages;
mod opml;
#[cfg_attr(not(feature = "pages"), path = "no_pages.rs")]
pub mod pages;
mod redirects;
mod rss;
mod sitemap;

use std::ops::Range;

pub use opml::{Opml, Outline, opml};
pub use redirects::{redirect_page, redirects};
pub use sitemap::{SitemapUrl, sitemap, sitemap_index};

use crate::model::{Entry, Feed, Format};

/// An entry in one format, to be inserted into documents.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryFragment(String);

/// Renders an entry.
pub fn entry(entry: &Entry, format: Format) -> EntryFragment {
    EntryFragment(match format {
        Format::Atom => atom::entry_fragment(entry),
        Format::Rss => rss::entry_fragment(entry),
        Format::Json => json::entry_fragment(entry),
    })
}

/// A document, and the byte ranges of its entries. Between entries there is always the same separator.
#[derive(Debug, Clone, Default)]
pub struct Rendered {
    pub bytes: Vec<u8>,
    pub entry_ranges: Vec<Range<usize>>,
}

impl From<Vec<u8>> for Rendered {
    fn from(bytes: Vec<u8>) -> Self {
        Rendered { bytes, entry_ranges: Vec::new() }
    }
}

/// Assembles a feed.
pub fn document(feed: &Feed, fragments: &[&EntryFragment], format: Format) -> Rendered {
    let (envelope, separator) = match format {
        Format::Atom => (atom::envelope(feed), ""),
        Format::Rss => (rss::envelope(feed), ""),
        Format::Json => (json::envelope(feed, fragments.is_empty()), ","),
    };
    let length = envelope.before.len()
        + envelope.after.len()
        + fragments.iter().map(|fragment| fragment.0.len() + 1).sum::<usize>();
    let mut out = String::with_capacity(length);
    let mut ranges = Vec::with_capacity(fragments.len());
    out.push_str(&envelope.before);
    for (index, fragment) in fragments.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        ranges.push(out.len()..out.len() + fragment.0.len());
        out.push_str(&fragment.0);
    }
    out.push_str(&envelope.after);
    Rendered { bytes: out.into_bytes(), entry_ranges: ranges }
}

/// A feed without its entries.
struct FeedEnvelope {
    before: String,
    after: String,
}

/// Inserts a stylesheet for browsers after the XML declaration (Associating Style Sheets with XML §1).
fn styled(before: &str, href: &str) -> String {
    let at = before.find("?>").map_or(0, |end| end + 2);
    let (declaration, rest) = before.split_at(at);
    format!("{declaration}\n<?xml-stylesheet type=\"text/css\" href=\"{}\"?>{rest}", escape::escaped(href))
}

/// Splits a document around the elements of a name, from the line break before the first opening tag to the last closing tag.
/// Safe because the crates escape all text before the first tag, and write no such tag after the last.
fn extract_element<'a>(document: &'a str, name: &str) -> (&'a str, &'a str, &'a str) {
    let start = document.find(&format!("<{name}>")).unwrap_or(document.len());
    let start = document[..start].rfind('\n').unwrap_or(start);
    let closing = format!("</{name}>");
    let end = document.rfind(&closing).map_or(document.len(), |at| at + closing.len()).max(start);
    (&document[..start], &document[start..end], &document[end..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use crate::model::{
        Deleted, Enclosure, Entry, Feed, Html, Image, Language, Person, Sibling, Text, TopicLabel, Zone,
    };

    /// Entries of any texts, each field there or not.
    pub fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
        let piece = prop::sample::select(vec![
            "</item>", "<item>", "</entry>", "<entry>", "]]>", "&", "<", "\"", "\n", " ", "a", "é", "\u{2028}",
            "</channel>", "</feed>", "},{", "]",
        ]);
        let text = prop::collection::vec(prop_oneof![3 => piece.prop_map(str::to_owned), 1 => "\\PC{0,3}"], 0..8);
        let text = text.prop_map(|pieces| crate::model::clean(&pieces.concat()).into_owned());
        let entry = (text.clone(), text.clone(), text.clone(), text, 0..64_u8);
        let entry = entry.prop_map(|(title, summary, body, other, has)| {
            let is = |bit: u8| has & (1 << bit) != 0;
            let mut entry = fixture().1.swap_remove(0);
            entry.title = Text::line(&title).unwrap_or_else(|| entry.title.clone());
            entry.summary = Text::block(&summary).filter(|_| is(0));
            entry.content = is(1).then(|| Html::of_sanitized(body));
            entry.link = entry.link.filter(|_| is(2));
            entry.image = entry.image.filter(|_| is(3));
            entry.enclosures.truncate(usize::from(has >> 4));
            entry.id = Text::guid(&other).map_or(entry.id, |guid| guid.to_string());
            entry
        });
        prop::collection::vec(entry, 0..5)
    }

    /// A feed and entries with every field, and text that looks like markup.
    pub fn fixture() -> (Feed, Vec<Entry>) {
        let zone = Zone::named("Europe/Vienna").unwrap();
        let at = |text: &str| zone.moment(zone.read(text).unwrap());
        let url = |text: &str| Url::parse(text).unwrap();
        let line = |text: &str| Text::line(text).unwrap();
        let language = |tag: &str| Language::parse(tag).unwrap();
        let hostile = "</item></entry><item><entry> ]]> & <b>\" '";
        let person =
            Person { name: line(hostile), url: Some(url("https://a.example/?a&b")), email: Some(line("a@b.example")) };
        let entry = Entry {
            id: "old & 1".to_owned(),
            iri: "tag:example.org,2014:a/en".to_owned(),
            language: language("en"),
            title: line(hostile),
            summary: Some(line(hostile)),
            content: Some(Html::of_sanitized("<p>]]> </item></p>\n<p>b &amp; c</p>".to_owned())),
            link: Some(url("https://example.org/a?b&c")),
            published: at("2014-11-24"),
            updated: at("2014-12-01"),
            authors: vec![person.clone()],
            image: Some(Image {
                url: url("https://example.org/i"),
                alt: Some(line(hostile)),
                caption: Some(line("d")),
                credit: Some(line("c")),
                width: Some(1),
                height: None,
            }),
            enclosures: ["a", "b"]
                .map(|name| Enclosure {
                    url: url(&format!("https://example.org/{name}")),
                    media_type: "text/x".to_owned(),
                    length: (name == "a").then_some(7),
                    title: Some(line(name)),
                    duration: (name == "a").then_some(1330),
                    captions: (name == "a").then(|| url("https://example.org/a.vtt")),
                    poster: (name == "a").then(|| url("https://example.org/a.jpg?x&y")),
                })
                .to_vec(),
            images: vec![Image {
                url: url("https://example.org/g.png"),
                alt: None,
                caption: Some(line(hostile)),
                credit: None,
                width: None,
                height: None,
            }],
            correction: None,
            topics: vec![TopicLabel {
                id: "t".to_owned(),
                title: line(hostile),
                scheme: "tag:x,2014:topics".to_owned(),
            }],
            translations: vec![
                Sibling { language: language("ru"), id: "r".to_owned(), url: Some(url("https://example.org/r")) },
                Sibling { language: language("fr"), id: "f".to_owned(), url: None },
            ],
        };
        let bare = Entry {
            id: "tag:example.org,2014:b/en".to_owned(),
            iri: "tag:example.org,2014:b/en".to_owned(),
            summary: None,
            content: None,
            link: None,
            updated: entry.published,
            authors: Vec::new(),
            image: None,
            images: Vec::new(),
            enclosures: Vec::new(),
            topics: Vec::new(),
            translations: Vec::new(),
            ..entry.clone()
        };
        let feed = Feed {
            id: "tag:example.org,2014:feeds/en/all".to_owned(),
            style: "../assets/feed-en.css".to_owned(),
            title: line(hostile),
            description: line(hostile),
            language: language("en"),
            is_one_language: true,
            url: url("https://example.org/en/all"),
            home_page: url("https://example.org/en/"),
            updated: at("2014-12-01"),
            has_news: true,
            authors: vec![person],
            rights: Some(line(hostile)),
            icon: Some(url("https://example.org/icon")),
            logo: Some(url("https://example.org/logo")),
            hub: Some(url("https://hub.example/")),
            ttl: 5,
            current: Some(url("https://example.org/c")),
            previous: Some(url("https://example.org/p")),
            deleted: vec![Deleted {
                iri: "tag:x".to_owned(),
                when: at("2015-01-01"),
                reason: Some((line(hostile), language("fr"))),
            }],
        };
        (feed, vec![entry.clone(), bare, entry])
    }
}
