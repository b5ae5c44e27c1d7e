//! RSS 2.0 by the RSS Advisory Board's Best Practices Profile, with Atom links, Dublin Core, Media RSS and archives (RFC 5005).
//!
//! An item's `description` is its summary; it is read as HTML, so the plain text is escaped. `content:encoded` is the body.
//! Gaps: deletions cannot be said; one enclosure alone, further ones are Atom links.

use std::collections::BTreeMap;

use rss::extension::dublincore::DublinCoreExtension;
use rss::extension::{Extension, ExtensionMap};

use super::{Shell, element};
use crate::model::{Enclosure, Entry, Feed, Image};

const TYPE: &str = "application/rss+xml";

/// An item with the indentation that it has in its document.
pub fn piece(entry: &Entry) -> String {
    let document = write(&rss::Channel { items: vec![item(entry)], ..rss::Channel::default() });
    element(&document, "item").1.to_owned()
}

/// A channel without its items.
pub fn shell(feed: &Feed) -> Shell {
    let mut document = channel(feed);
    document.items = vec![rss::Item::default()];
    let document = write(&document);
    let (before, _, after) = element(&document, "item");
    Shell(before.to_owned(), format!("{after}\n"))
}

/// What the crate writes. Writing into memory does not fail.
fn write(channel: &rss::Channel) -> String {
    String::from_utf8(channel.pretty_write_to(Vec::new(), b' ', 2).unwrap_or_default()).unwrap_or_default()
}

fn channel(feed: &Feed) -> rss::Channel {
    let mut extensions = ExtensionMap::new();
    add(&mut extensions, "atom", link("self", feed.url.as_str(), Some(TYPE), None));
    let more = [("hub", &feed.hub), ("current", &feed.current), ("prev-archive", &feed.previous)];
    for (rel, url) in more {
        let media_type = (rel != "hub").then_some(TYPE);
        url.iter().for_each(|url| add(&mut extensions, "atom", link(rel, url.as_str(), media_type, None)));
    }
    if feed.current.is_some() {
        add(&mut extensions, "fh", extension("fh:archive", None, &[]));
    }
    let namespaces = [
        ("atom", "http://www.w3.org/2005/Atom"),
        ("content", "http://purl.org/rss/1.0/modules/content/"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("dcterms", "http://purl.org/dc/terms/"),
        ("fh", "http://purl.org/syndication/history/1.0"),
        ("media", "http://search.yahoo.com/mrss/"),
    ];
    rss::Channel {
        title: feed.title.to_string(),
        link: feed.home_page.to_string(),
        description: feed.description.to_string(),
        language: feed.is_one_language.then(|| feed.language.to_string()),
        copyright: feed.rights.as_ref().map(ToString::to_string),
        last_build_date: feed.has_news.then(|| feed.updated.rfc822()),
        generator: Some("tidings".to_owned()),
        docs: Some("https://www.rssboard.org/rss-specification".to_owned()),
        ttl: Some(feed.ttl.to_string()),
        image: feed.logo.as_ref().map(|logo| rss::Image {
            url: logo.to_string(),
            title: feed.title.to_string(),
            link: feed.home_page.to_string(),
            ..rss::Image::default()
        }),
        extensions,
        namespaces: namespaces.iter().map(|(prefix, uri)| ((*prefix).to_owned(), (*uri).to_owned())).collect(),
        ..rss::Channel::default()
    }
}

fn item(entry: &Entry) -> rss::Item {
    let mut extensions = ExtensionMap::new();
    for sibling in &entry.translations {
        for url in &sibling.url {
            let rel = "https://schema.org/workTranslation";
            add(&mut extensions, "atom", link(rel, url.as_str(), None, Some(sibling.language.as_str())));
        }
    }
    for enclosure in entry.enclosures.iter().skip(1) {
        add(&mut extensions, "atom", further(enclosure));
    }
    if entry.updated != entry.published {
        add(&mut extensions, "dcterms", extension("dcterms:modified", Some(&entry.updated.rfc3339()), &[]));
    }
    if let Some(image) = &entry.image {
        add(&mut extensions, "media", media(image));
    }
    rss::Item {
        title: Some(entry.title.to_string()),
        link: entry.link.as_ref().map(ToString::to_string),
        description: entry.summary.as_ref().map(|summary| html(summary.as_str())),
        categories: entry
            .topics
            .iter()
            .map(|topic| rss::Category { name: topic.title.to_string(), domain: Some(topic.scheme.clone()) })
            .collect(),
        enclosure: entry.enclosures.first().map(|enclosure| rss::Enclosure {
            url: enclosure.url.to_string(),
            length: enclosure.length.unwrap_or(0).to_string(),
            mime_type: enclosure.media_type.clone(),
        }),
        guid: Some(rss::Guid { value: entry.id.clone(), permalink: false }),
        pub_date: Some(entry.published.rfc822()),
        content: entry.content.as_ref().map(|content| content.as_str().to_owned()),
        extensions,
        dublin_core_ext: Some(DublinCoreExtension {
            creators: entry.authors.iter().map(|author| author.name.to_string()).collect(),
            languages: vec![entry.language.to_string()],
            ..DublinCoreExtension::default()
        }),
        ..rss::Item::default()
    }
}

/// Plain text as the HTML that a description is.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn link(rel: &str, href: &str, media_type: Option<&str>, language: Option<&str>) -> Extension {
    extension("atom:link", None, &[("rel", Some(rel)), ("href", Some(href)), ("type", media_type), ("hreflang", language)])
}

fn further(enclosure: &Enclosure) -> Extension {
    let length = enclosure.length.map(|length| length.to_string());
    let title = enclosure.title.as_ref().map(ToString::to_string);
    let attributes = [
        ("rel", Some("enclosure")),
        ("href", Some(enclosure.url.as_str())),
        ("type", Some(enclosure.media_type.as_str())),
        ("length", length.as_deref()),
        ("title", title.as_deref()),
    ];
    extension("atom:link", None, &attributes)
}

fn media(image: &Image) -> Extension {
    let number = |number: Option<u32>| number.map(|number| number.to_string());
    let (width, height) = (number(image.width), number(image.height));
    let attributes = [
        ("url", Some(image.url.as_str())),
        ("medium", Some("image")),
        ("width", width.as_deref()),
        ("height", height.as_deref()),
    ];
    let mut media = extension("media:content", None, &attributes);
    for (name, text) in [("credit", &image.credit), ("description", &image.alt)] {
        if let Some(text) = text {
            let child = extension(&format!("media:{name}"), Some(text.as_str()), &[]);
            media.children.insert(name.to_owned(), vec![child]);
        }
    }
    media
}

fn extension(name: &str, value: Option<&str>, attributes: &[(&str, Option<&str>)]) -> Extension {
    let attributes = attributes.iter().filter_map(|(key, value)| value.map(|value| ((*key).to_owned(), value.to_owned())));
    Extension {
        name: name.to_owned(),
        value: value.map(str::to_owned),
        attrs: attributes.collect::<BTreeMap<_, _>>(),
        children: BTreeMap::new(),
    }
}

/// Adds an element after those of its name.
fn add(extensions: &mut ExtensionMap, prefix: &str, extension: Extension) {
    let name = extension.name.clone();
    extensions.entry(prefix.to_owned()).or_default().entry(name).or_default().push(extension);
}

#[cfg(test)]
mod tests {
    use super::super::{Piece, document, tests::fixture};
    use super::*;
    use crate::config::Format;

    #[test]
    fn pieces_make_what_the_crate_writes() {
        let (feed, entries) = fixture();
        let pieces: Vec<Piece> = entries.iter().map(|entry| Piece(piece(entry))).collect();
        let assembled = document(&feed, &pieces.iter().collect::<Vec<_>>(), Format::Rss);
        let mut whole = channel(&feed);
        whole.items = entries.iter().map(item).collect();
        assert_eq!(String::from_utf8(assembled).unwrap(), write(&whole) + "\n");
    }
}
