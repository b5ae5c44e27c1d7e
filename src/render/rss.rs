//! RSS 2.0 by the RSS Advisory Board's Best Practices Profile, with Atom links, Dublin Core, Media RSS and archives (RFC 5005).
//!
//! The `description` of an item is its summary. Readers parse it as HTML, so it is a paragraph that says its language and
//! direction. `content:encoded` is the body; without a summary, the body is the description, as the profile recommends.
//! Gaps: deletions cannot be expressed; an item has one enclosure, and further ones are Atom links.

use rss::extension::dublincore::DublinCoreExtension;

use super::element::{self, Element, HISTORY, MEDIA};
use super::{FeedEnvelope, extract_element, styled};
use crate::model::{Enclosure, Entry, Feed, Format, Language, Sibling};

const TYPE: &str = Format::Rss.media_type();
const NAMESPACES: [(&str, &str); 6] = [
    ("atom", "http://www.w3.org/2005/Atom"),
    ("content", "http://purl.org/rss/1.0/modules/content/"),
    ("dc", "http://purl.org/dc/elements/1.1/"),
    ("dcterms", "http://purl.org/dc/terms/"),
    HISTORY,
    MEDIA,
];

/// An item with the indentation that it has in a feed.
pub fn entry_fragment(entry: &Entry) -> String {
    let document = write(&rss::Channel { items: vec![item(entry)], ..rss::Channel::default() });
    encode_plain_text(extract_element(&document, "item").1)
}

/// A channel without its items.
pub fn envelope(feed: &Feed) -> FeedEnvelope {
    let mut document = channel(feed);
    document.items = vec![rss::Item::default()];
    let document = write(&document);
    let (before, _, after) = extract_element(&document, "item");
    FeedEnvelope { before: styled(&encode_plain_text(before), &feed.style), after: format!("{after}\n") }
}

/// Encodes `<` and `&` in elements of plain text as hexadecimal references, which tell readers that they are no markup (profile,
/// "Character Data").
fn encode_plain_text(document: &str) -> String {
    const PLAIN: [&str; 6] = ["<title>", "<description>", "<copyright>", "<category", "<dc:creator>", "<media:"];
    let mut out = String::with_capacity(document.len());
    let mut is_in_cdata = false;
    for line in document.split_inclusive('\n') {
        let was_in_cdata = is_in_cdata;
        is_in_cdata = match (line.rfind("<![CDATA["), line.rfind("]]>")) {
            (Some(start), end) => end.is_none_or(|end| end < start),
            (None, Some(_)) => false,
            (None, None) => is_in_cdata,
        };
        let element = line.trim_start();
        if was_in_cdata || line.contains("<![CDATA[") || !PLAIN.iter().any(|name| element.starts_with(name)) {
            out.push_str(line);
        } else {
            // Attributes are left alone: simple parsers expect `&amp;` in URLs.
            let (tag, text) = element.split_at(element.find('>').unwrap_or(0));
            out.push_str(&line[..line.len() - element.len()]);
            out.push_str(tag);
            out.push_str(&text.replace("&lt;", "&#x3C;").replace("&amp;", "&#x26;"));
        }
    }
    out
}

/// What the crate writes. Writing into memory does not fail.
fn write(channel: &rss::Channel) -> String {
    String::from_utf8(channel.pretty_write_to(Vec::new(), b' ', 2).unwrap_or_default()).unwrap_or_default()
}

fn channel(feed: &Feed) -> rss::Channel {
    let mut elements = vec![link("self", feed.url.as_str()).attribute("type", TYPE)];
    let more = [("hub", &feed.hub), ("current", &feed.current), ("prev-archive", &feed.previous)];
    elements.extend(more.into_iter().filter_map(|(rel, url)| {
        let media_type = (rel != "hub").then_some(TYPE);
        url.as_ref().map(|url| link(rel, url.as_str()).attribute("type", media_type))
    }));
    elements.extend(feed.current.iter().map(|_| Element::new("fh:archive")));
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
        extensions: element::rss(elements),
        namespaces: element::namespaces(&NAMESPACES),
        ..rss::Channel::default()
    }
}

fn item(entry: &Entry) -> rss::Item {
    let body = entry.content.as_ref().map(|content| content.as_str().to_owned());
    let (description, content) = match &entry.summary {
        Some(summary) => (Some(paragraph(summary.as_str(), &entry.language)), body),
        None => (body, None),
    };
    let translation = |sibling: &Sibling| {
        let url = sibling.url.as_ref()?;
        Some(link("https://schema.org/workTranslation", url.as_str()).attribute("hreflang", sibling.language.as_str()))
    };
    let mut elements: Vec<Element> = entry.translations.iter().filter_map(translation).collect();
    elements.extend(entry.enclosures.iter().skip(1).map(enclosure_link));
    if entry.updated != entry.published {
        elements.push(Element::new("dcterms:modified").text(&entry.updated.rfc3339()));
    }
    elements.extend(Element::media(entry));
    rss::Item {
        title: Some(entry.title.to_string()),
        link: entry.link.as_ref().map(ToString::to_string),
        description,
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
        content,
        extensions: element::rss(elements),
        dublin_core_ext: Some(DublinCoreExtension {
            creators: entry.authors.iter().map(|author| author.name.to_string()).collect(),
            languages: vec![entry.language.to_string()],
            ..DublinCoreExtension::default()
        }),
        ..rss::Item::default()
    }
}

/// Plain text as HTML, with its lines. Bodies are a `div`, so import can tell a summary from a body.
fn paragraph(text: &str, language: &Language) -> String {
    let escaped = html_escape::encode_text(text).replace('\n', "<br>\n");
    format!("<p lang=\"{language}\" dir=\"{}\">{escaped}</p>", language.direction())
}

fn link(rel: &str, href: &str) -> Element {
    Element::new("atom:link").attribute("rel", rel).attribute("href", href)
}

/// An enclosure after the first, as an Atom link.
fn enclosure_link(enclosure: &Enclosure) -> Element {
    link("enclosure", enclosure.url.as_str())
        .attribute("type", enclosure.media_type.as_str())
        .attribute("length", enclosure.length.map(|length| length.to_string()).as_deref())
        .attribute("title", enclosure.title.as_ref().map(|title| title.as_str()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{any_entries, fixture};
    use super::super::{EntryFragment, document};
    use super::*;
    use crate::model::Format;

    #[test]
    fn fragments_equal_what_the_crate_writes() {
        let (feed, entries) = fixture();
        let assembled = assembled(&feed, &entries);
        assert!(assembled.contains("<title>&#x3C;/item&gt;"), "{assembled}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

        #[test]
        fn any_entries_are_assembled_as_the_crate_writes_them(entries in any_entries()) {
            assembled(&fixture().0, &entries);
        }
    }

    /// A feed of fragments, which has to be the whole as the crate writes it.
    fn assembled(feed: &Feed, entries: &[Entry]) -> String {
        let fragments: Vec<EntryFragment> = entries.iter().map(|entry| EntryFragment(entry_fragment(entry))).collect();
        let assembled = document(feed, &fragments.iter().collect::<Vec<_>>(), Format::Rss);
        let mut whole = channel(feed);
        whole.items = entries.iter().map(item).collect();
        let assembled = String::from_utf8(assembled.bytes).unwrap();
        roxmltree::Document::parse(&assembled).unwrap();
        let same = |text: &str| text.replace("&#x3C;", "&lt;").replace("&#x26;", "&amp;");
        assert_eq!(same(&assembled), styled(&write(&whole), &feed.style) + "\n");
        assembled
    }
}
