//! Atom 1.0 (RFC 4287), with archives (RFC 5005), deletions (RFC 6721) and pictures (Media RSS).
//!
//! Gaps: no `source`, no `contributor`; all text is plain except the content, which is HTML.

use atom_syndication as atom;

use super::element::{self, Element, HISTORY, MEDIA};
use super::{FeedEnvelope, extract_element, styled};
use crate::model::{Deleted, Entry, Feed, Format, Language, Person, Text};

const TYPE: &str = Format::Atom.media_type();
const END: &str = "\n</feed>";
const TOMBSTONES: (&str, &str) = ("at", "http://purl.org/atompub/tombstones/1.0");

/// An entry with the indentation that it has in a feed.
pub fn entry_fragment(entry: &Entry) -> String {
    let document = write(&atom::Feed { entries: vec![atom_entry(entry)], ..atom::Feed::default() });
    extract_element(&document, "entry").1.to_owned()
}

/// A feed without its entries.
pub fn envelope(feed: &Feed) -> FeedEnvelope {
    let mut document = atom_feed(feed);
    document.entries = vec![atom::Entry::default()];
    let document = write(&document);
    let (before, _, after) = split(&document);
    FeedEnvelope { before: styled(&before, &feed.style), after }
}

/// Splits a document before and after its entries. The crate writes extensions after the entries; the schema of RFC 4287
/// requires entries last, so they are moved.
fn split(document: &str) -> (String, &str, String) {
    let (before, entries, after) = extract_element(document, "entry");
    let extensions = after.strip_suffix(END).unwrap_or_default();
    (format!("{before}{extensions}"), entries, format!("{END}\n"))
}

/// What the crate writes. Writing into memory does not fail.
fn write(feed: &atom::Feed) -> String {
    let config = atom::WriteConfig { write_document_declaration: true, indent_size: Some(2) };
    let bytes = feed.write_with_config(Vec::new(), config).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}

fn atom_feed(feed: &Feed) -> atom::Feed {
    let mut links = vec![link("self", feed.url.as_str(), Some(TYPE), None)];
    links.push(link("alternate", feed.home_page.as_str(), Some("text/html"), None));
    let more = [("hub", &feed.hub), ("current", &feed.current), ("prev-archive", &feed.previous)];
    links.extend(more.into_iter().filter_map(|(rel, url)| {
        let media_type = (rel != "hub").then_some(TYPE);
        url.as_ref().map(|url| link(rel, url.as_str(), media_type, None))
    }));
    let archive = feed.current.iter().map(|_| Element::new("fh:archive"));
    // Declared only if there are deletions: the common validators warn of this namespace.
    let of_archive = feed.current.iter().map(|_| HISTORY);
    let of_deletions = feed.deleted.first().into_iter().map(|_| TOMBSTONES);
    let namespaces: Vec<_> = of_archive.chain(of_deletions).chain([MEDIA]).collect();
    atom::Feed {
        title: atom::Text::plain(feed.title.as_str()),
        id: feed.id.clone(),
        updated: feed.updated.date_time(),
        authors: feed.authors.iter().map(person).collect(),
        generator: Some(atom::Generator { value: "tidings".to_owned(), uri: None, version: None }),
        icon: feed.icon.as_ref().map(ToString::to_string),
        links,
        logo: feed.logo.as_ref().map(ToString::to_string),
        rights: feed.rights.as_ref().map(|rights| atom::Text::plain(rights.as_str())),
        subtitle: Some(atom::Text::plain(feed.description.as_str())),
        extensions: element::atom(archive.chain(feed.deleted.iter().map(deleted_entry)).collect()),
        namespaces: element::namespaces(&namespaces),
        lang: Some(feed.language.to_string()),
        ..atom::Feed::default()
    }
}

fn atom_entry(entry: &Entry) -> atom::Entry {
    let language = &entry.language;
    let mut links = Vec::new();
    if let Some(url) = &entry.link {
        links.push(link("alternate", url.as_str(), Some("text/html"), Some(language)));
    }
    for sibling in &entry.translations {
        let url = sibling.url.iter();
        links.extend(
            url.map(|url| link("https://schema.org/workTranslation", url.as_str(), None, Some(&sibling.language))),
        );
    }
    for enclosure in &entry.enclosures {
        links.push(atom::Link {
            title: enclosure.title.as_ref().map(ToString::to_string),
            length: enclosure.length.map(|length| length.to_string()),
            ..link("enclosure", enclosure.url.as_str(), Some(&enclosure.media_type), None)
        });
    }
    atom::Entry {
        title: text(&entry.title, language),
        id: entry.iri.clone(),
        updated: entry.updated.date_time(),
        authors: entry.authors.iter().map(person).collect(),
        categories: entry
            .topics
            .iter()
            .map(|topic| atom::Category {
                term: topic.id.clone(),
                scheme: Some(topic.scheme.clone()),
                label: Some(topic.title.to_string()),
            })
            .collect(),
        links,
        published: Some(entry.published.date_time()),
        summary: entry.summary.as_ref().map(|summary| text(summary, language)),
        content: content(entry),
        extensions: element::atom(Element::media(entry)),
        ..atom::Entry::default()
    }
}

/// The body. An entry without a link must have content (§4.1.2), and the W3C's validator wants one without a summary to have
/// content too: without a body it is the summary, else the title.
fn content(entry: &Entry) -> Option<atom::Content> {
    let (value, content_type) = match &entry.content {
        Some(html) => (html.as_str(), "html"),
        None if entry.link.is_none() || entry.summary.is_none() => {
            (entry.summary.as_ref().unwrap_or(&entry.title).as_str(), "text")
        }
        None => return None,
    };
    Some(atom::Content {
        lang: Some(entry.language.to_string()),
        value: Some(value.to_owned()),
        content_type: Some(content_type.to_owned()),
        ..atom::Content::default()
    })
}

fn text(text: &Text, language: &Language) -> atom::Text {
    atom::Text { lang: Some(language.to_string()), ..atom::Text::plain(text.as_str()) }
}

fn link(rel: &str, href: &str, media_type: Option<&str>, language: Option<&Language>) -> atom::Link {
    atom::Link {
        href: href.to_owned(),
        rel: rel.to_owned(),
        hreflang: language.map(ToString::to_string),
        mime_type: media_type.map(str::to_owned),
        title: None,
        length: None,
    }
}

fn person(person: &Person) -> atom::Person {
    atom::Person {
        name: person.name.to_string(),
        email: person.email.as_ref().map(ToString::to_string),
        uri: person.url.as_ref().map(ToString::to_string),
        ..atom::Person::default()
    }
}

/// `at:deleted-entry` (RFC 6721 §2).
fn deleted_entry(deleted: &Deleted) -> Element {
    let when = deleted.when.rfc3339();
    let element =
        Element::new("at:deleted-entry").attribute("ref", deleted.iri.as_str()).attribute("when", when.as_str());
    match &deleted.reason {
        Some((reason, language)) => {
            element.child(Element::new("at:comment").attribute("xml:lang", language.as_str()).text(reason.as_str()))
        }
        None => element,
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
    fn fragments_equal_what_the_crate_writes() {
        let (feed, entries) = fixture();
        let assembled = assembled(&feed, &entries);
        assert!(assembled.contains("<entry>"), "{assembled}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

        #[test]
        fn any_entries_are_assembled_as_the_crate_writes_them(entries in any_entries()) {
            // Without entries the extensions are in their own place.
            prop_assume!(!entries.is_empty());
            assembled(&fixture().0, &entries);
        }
    }

    /// A feed of fragments, which has to be the whole as the crate writes it.
    fn assembled(feed: &Feed, entries: &[Entry]) -> String {
        let fragments: Vec<EntryFragment> = entries.iter().map(|entry| EntryFragment(entry_fragment(entry))).collect();
        let assembled = document(feed, &fragments.iter().collect::<Vec<_>>(), Format::Atom);
        let mut whole = atom_feed(feed);
        whole.entries = entries.iter().map(atom_entry).collect();
        let assembled = String::from_utf8(assembled.bytes).unwrap();
        roxmltree::Document::parse(&assembled).unwrap();
        let whole = write(&whole);
        let (before, entries, after) = split(&whole);
        let before = styled(&before, &feed.style);
        assert_eq!(assembled, format!("{before}{entries}{after}"));
        assembled
    }
}
