//! Owns mapping the elements of RSS, RDF, Atom and their extension modules to entries.

use super::tree::{Element, Namespace};
use crate::dates::feed as date;
use crate::import::entry::{Author, Body, Category, Enclosure, EntryDate, Image, ParsedEntry};
use crate::import::visible_text;

/// The link relation of a translation.
const TRANSLATION: &str = "https://schema.org/workTranslation";

/// Maps an entry element; its ancestors come innermost first.
pub fn parse_entry(item: &Element, around: &[&Element]) -> ParsedEntry {
    let mut entry = ParsedEntry { line: item.line, ..ParsedEntry::default() };
    // In RDF the channel is a sibling of the entries.
    let beside = around.last().and_then(|root| root.elements().find(|element| element.name == "channel"));
    let around = || around.iter().copied().chain(beside);
    entry.language = own_language(item);
    entry.inherited_language = around().find_map(language);
    entry.base = base(item)
        .or_else(|| around().find_map(base))
        .or_else(|| around().find_map(|element| link(element, "alternate")));
    entry.title = title(item);
    texts(item, &mut entry);
    entry.guid = id(item);
    entry.link = address(item);
    entry.authors = authors(item);
    entry.categories = categories(item);
    dates(item, &mut entry);
    media(item, &mut entry);
    files(item, &mut entry);
    let translations = links(item).filter(|link| link.attribute("rel") == Some(TRANSLATION));
    entry.translations = translations.filter_map(|link| link.attribute("href").map(str::to_owned)).collect();
    entry
}

/// The element with the feed's metadata: `channel` in RSS and RDF, the root in Atom.
pub fn channel(root: &Element) -> Option<&Element> {
    match root.name.as_str() {
        "feed" => Some(root),
        _ => root.elements().find(|element| element.name == "channel").or(Some(root)),
    }
}

/// The language that an element declares.
pub fn language(element: &Element) -> Option<String> {
    let text_of = element.attribute("xml:lang").map(str::to_owned);
    let plain = || element.child(Namespace::Plain, "language").map(Element::trimmed_text);
    let dublin = || element.child(Namespace::Dc, "language").map(Element::trimmed_text);
    text_of.or_else(plain).or_else(dublin).filter(|tag| !tag.is_empty())
}

fn own_language(item: &Element) -> Option<String> {
    let of_texts = item.elements().filter(|element| matches!(element.name.as_str(), "title" | "content" | "summary"));
    let text_of = of_texts.filter_map(|element| element.attribute("xml:lang")).next().map(str::to_owned);
    language(item).or(text_of)
}

fn base(element: &Element) -> Option<String> {
    element.attribute("xml:base").map(str::to_owned)
}

fn is_atom(element: &Element) -> bool {
    element.namespace == Namespace::Atom
}

/// The visible text of an element that may hold HTML: by its type in Atom, by its content in RSS.
fn plain(element: &Element) -> String {
    if is_atom(element) && (element.attribute("type").is_some() || element.attribute("mode").is_some()) {
        return match content(element) {
            Body::Html(html) => visible_text::from_html(&html),
            Body::Markdown(text) | Body::Text(text) => text,
        };
    }
    let text = element.text();
    if !is_atom(element) && visible_text::is_html(&text) {
        visible_text::from_html(&text)
    } else {
        text.trim().to_owned()
    }
}

fn title(item: &Element) -> Option<String> {
    let own = |namespace| item.child(namespace, "title");
    let element = own(Namespace::Atom)
        .or_else(|| own(Namespace::Plain))
        .or_else(|| own(Namespace::Dc))
        .or_else(|| own(Namespace::Media))?;
    some(visible_text::collapse_whitespace(&plain(element)))
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

/// An Atom text construct or content (RFC 4287 §3.1, §4.1.3; Atom 0.3 §3.1).
fn content(element: &Element) -> Body {
    let kind = element.attribute("type").unwrap_or("text").to_ascii_lowercase();
    let mode = element.attribute("mode").unwrap_or_default().to_ascii_lowercase();
    if mode == "base64" || (!kind.starts_with("text") && is_foreign(&kind)) {
        let encoded: String = element.text().split_whitespace().collect();
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        return if kind.contains("html") || visible_text::has_tags(&text) {
            Body::Html(text)
        } else {
            Body::Text(text)
        };
    }
    let has_elements = element.elements().next().is_some();
    let is_markup = matches!(kind.as_str(), "xhtml")
        || kind.contains("xhtml")
        || (mode == "xml" || mode.is_empty()) && has_elements;
    if is_markup && mode != "escaped" {
        // The outer `div` is not part of the content.
        let mut inner = element.elements().filter(|inner| inner.name == "div");
        let html = match (inner.next(), inner.next()) {
            (Some(div), None) if element.elements().count() == 1 => div.inner_html(),
            _ => element.inner_html(),
        };
        return Body::Html(html.trim().to_owned());
    }
    let text = element.trimmed_text();
    let is_html = kind.contains("html") || (mode == "escaped" && visible_text::has_tags(&text));
    if is_html { Body::Html(text) } else { Body::Text(text) }
}

/// Whether content of this media type is in base64.
fn is_foreign(kind: &str) -> bool {
    kind.contains('/') && !kind.contains("html") && !kind.contains("xml")
}

/// Fills summary and body.
fn texts(item: &Element, entry: &mut ParsedEntry) {
    let encoded = item.child(Namespace::Content, "encoded").map(Element::trimmed_text);
    let xhtml = || {
        item.child(Namespace::Xhtml, "body").or_else(|| item.child(Namespace::Xhtml, "div")).map(Element::inner_html)
    };
    let full = || item.elements().find(|element| element.name == "fullitem").map(Element::trimmed_text);
    let atom = || {
        let element = item.child(Namespace::Atom, "content")?;
        match content(element) {
            Body::Text(text) if text.is_empty() && element.attribute("src").is_some() => None,
            body => Some(body),
        }
    };
    let body = encoded.filter(|body| !body.is_empty()).or_else(xhtml).or_else(full);
    entry.body = body.map(Body::Html).or_else(atom).filter(|body| !is_empty(body));
    let summary = item.child(Namespace::Atom, "summary").or_else(|| item.child(Namespace::Itunes, "summary"));
    let description = item.child(Namespace::Plain, "description").or_else(|| item.child(Namespace::Dc, "description"));
    match description {
        // A description with markup is the body if there is no other.
        Some(description)
            if entry.body.is_none()
                && (visible_text::has_tags(&description.text()) || description.elements().next().is_some()) =>
        {
            let html = match description.elements().next() {
                Some(_) => description.inner_html(),
                None => description.trimmed_text(),
            };
            entry.body = Some(Body::Html(html));
            entry.summary = summary.and_then(|summary| some(plain(summary)));
        }
        description => entry.summary = description.or(summary).and_then(|summary| some(plain(summary))),
    }
    if entry.summary.is_none() && entry.body.is_none() {
        let media = item
            .child(Namespace::Media, "description")
            .or_else(|| item.child(Namespace::Media, "group")?.child(Namespace::Media, "description"));
        entry.summary = media.and_then(|description| some(plain(description)));
    }
}

fn is_empty(body: &Body) -> bool {
    let (Body::Html(text) | Body::Markdown(text) | Body::Text(text)) = body;
    text.trim().is_empty()
}

fn id(item: &Element) -> Option<String> {
    let named = ["guid", "id"].iter().find_map(|name| {
        item.elements().find(|element| element.name == *name && element.namespace != Namespace::Other)
    });
    let about = || item.attribute("rdf:about").map(str::to_owned);
    named.map(Element::trimmed_text).filter(|id| !id.is_empty()).or_else(about)
}

fn links(element: &Element) -> impl Iterator<Item = &Element> {
    element.children_named(Namespace::Atom, "link")
}

/// The URL of a page: the link of RSS, or the one of Atom with this relation, HTML first.
fn link(element: &Element, rel: &str) -> Option<String> {
    let plain = element.child(Namespace::Plain, "link").map(Element::trimmed_text).filter(|link| !link.is_empty());
    let of_relation = || links(element).filter(|link| link.attribute("rel").unwrap_or("alternate") == rel);
    let is_html = |link: &&Element| link.attribute("type").is_none_or(|kind| kind.contains("html"));
    let entry = of_relation().find(is_html).or_else(|| of_relation().next());
    plain.or_else(|| entry.and_then(|link| link.attribute("href")).map(str::to_owned))
}

fn address(item: &Element) -> Option<String> {
    let original = item.child(Namespace::Feedburner, "origlink").map(Element::trimmed_text);
    let permanent = || {
        let guid = item.child(Namespace::Plain, "guid")?;
        let is_link = guid.attribute("ispermalink").is_none_or(|value| value.eq_ignore_ascii_case("true"));
        let text = guid.trimmed_text();
        (is_link && (text.starts_with("http://") || text.starts_with("https://"))).then_some(text)
    };
    let about = || item.attribute("rdf:about").map(str::to_owned);
    original.filter(|link| !link.is_empty()).or_else(|| link(item, "alternate")).or_else(permanent).or_else(about)
}

fn authors(item: &Element) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    let persons = item.elements().filter(|element| match element.name.as_str() {
        "author" => true,
        "creator" => element.namespace == Namespace::Dc,
        _ => false,
    });
    for person in persons {
        let author = match person.elements().next() {
            Some(_) => {
                let part = |name: &str| {
                    let part = person.elements().find(|part| part.name == name)?;
                    some(visible_text::collapse_whitespace(&part.text()))
                };
                let email = part("email");
                Author {
                    name: part("name").or_else(|| email.clone()).unwrap_or_default(),
                    url: part("uri").or_else(|| part("url")),
                    email,
                }
            }
            None => parse_author(&visible_text::collapse_whitespace(&person.text())),
        };
        if !author.name.is_empty() && !authors.iter().any(|other| other.name == author.name) {
            authors.push(author);
        }
    }
    authors
}

/// Parses `mail@x (Name)`, `Name <mail@x>` or a name.
pub fn parse_author(text: &str) -> Author {
    let is_mail = |text: &str| text.contains('@') && !text.contains(' ');
    let (before, inner) = match (text.split_once('('), text.split_once('<')) {
        (Some((before, inner)), _) => (before.trim(), inner.trim_end_matches(')').trim()),
        (None, Some((before, inner))) => (before.trim(), inner.trim_end_matches('>').trim()),
        (None, None) => (text.trim(), ""),
    };
    let (name, email) = if is_mail(before) && !inner.is_empty() {
        (inner, Some(before))
    } else if is_mail(inner) && !before.is_empty() {
        (before, Some(inner))
    } else if is_mail(text) {
        (text, Some(text))
    } else {
        (text, None)
    };
    let email = email.map(|email| email.trim_start_matches("mailto:").to_owned());
    Author { name: name.trim().to_owned(), url: None, email }
}

fn categories(item: &Element) -> Vec<Category> {
    let mut categories: Vec<Category> = Vec::new();
    let mut add = |term: &str, label: Option<&str>| {
        let term = visible_text::collapse_whitespace(term);
        if !term.is_empty() && !categories.iter().any(|other| other.term == term) {
            let label =
                label.map(visible_text::collapse_whitespace).filter(|label| *label != term && !label.is_empty());
            categories.push(Category { term, label });
        }
    };
    for element in item.elements() {
        match (element.namespace, element.name.as_str()) {
            (Namespace::Atom, "category") => {
                if let Some(term) = element.attribute("term").or(element.attribute("label")) {
                    add(term, element.attribute("label"));
                }
            }
            (Namespace::Plain | Namespace::Media, "category") | (Namespace::Dc, "subject") => {
                add(&plain(element), None)
            }
            (Namespace::Itunes, "keywords") | (Namespace::Media, "keywords") => {
                element.text().split(',').for_each(|word| add(word, None))
            }
            _ => {}
        }
    }
    categories
}

/// Fills the dates; an invalid one becomes a remark.
fn dates(item: &Element, entry: &mut ParsedEntry) {
    const PUBLISHED: [&str; 7] = ["published", "pubdate", "issued", "created", "date", "available", "datesubmitted"];
    const UPDATED: [&str; 2] = ["updated", "modified"];
    let mut invalid = Vec::new();
    let mut read = |names: &[&str]| -> Option<EntryDate> {
        names.iter().find_map(|name| {
            let dated = |element: &&Element| {
                element.name == *name && element.namespace != Namespace::Other && element.namespace != Namespace::Media
            };
            let text = item.elements().find(dated)?.trimmed_text();
            let when = date::read(&text);
            if when.is_none() && !text.is_empty() {
                invalid.push(text);
            }
            when
        })
    };
    let (published, updated) = (read(&PUBLISHED), read(&UPDATED));
    entry.published = published.or(updated);
    entry.updated = updated.filter(|_| published.is_some());
    entry.remarks.extend(invalid.into_iter().map(|text| format!("`{text}` is no date")));
}

/// Fills the image with its alternative text and credit.
fn media(item: &Element, entry: &mut ParsedEntry) {
    let groups: Vec<&Element> = [item].into_iter().chain(item.children_named(Namespace::Media, "group")).collect();
    let all = |name: &'static str| groups.iter().flat_map(move |group| group.children_named(Namespace::Media, name));
    let is_image = |element: &&Element| {
        element.attribute("medium") == Some("image")
            || element.attribute("type").is_some_and(|kind| kind.starts_with("image/"))
            || element.attribute("medium").is_none()
                && element.attribute("type").is_none()
                && element.attribute("url").is_some_and(is_image_url)
    };
    let content = all("content").find(is_image);
    let thumbnail = all("thumbnail")
        .next()
        .or_else(|| all("content").find_map(|content| content.child(Namespace::Media, "thumbnail")));
    let podcast = item.child(Namespace::Itunes, "image");
    let Some(image) = content.or(thumbnail) else {
        entry.image = podcast
            .and_then(|image| image.attribute("href"))
            .map(|url| Image { url: Some(url.to_owned()), ..Image::default() });
        return;
    };
    let number = |name: &str| image.attribute(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0);
    let text_of = |name: &'static str| {
        let inner = image.child(Namespace::Media, name).or_else(|| all(name).next())?;
        some(visible_text::collapse_whitespace(&plain(inner)))
    };
    entry.image = image.attribute("url").map(|url| Image {
        url: Some(url.to_owned()),
        alt: text_of("description"),
        credit: text_of("credit"),
        width: number("width"),
        height: number("height"),
    });
}

fn is_image_url(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".svg", ".avif"].iter().any(|ending| path.ends_with(ending))
}

/// Fills the enclosures.
fn files(item: &Element, entry: &mut ParsedEntry) {
    let mut add = |url: Option<&str>, element: &Element| {
        let Some(url) = url else { return };
        if entry.enclosures.iter().any(|other| other.url == url) {
            return;
        }
        let media_type = element.attribute("type").map(str::to_owned);
        let length = element.attribute("length").or(element.attribute("filesize")).and_then(|text| text.parse().ok());
        entry.enclosures.push(Enclosure {
            url: url.to_owned(),
            media_type,
            length: length.filter(|length| *length > 0),
            title: element.attribute("title").map(str::to_owned),
        });
    };
    for element in item.elements() {
        match (element.namespace, element.name.as_str()) {
            (Namespace::Plain, "enclosure") => add(element.attribute("url"), element),
            (Namespace::Atom, "link") if element.attribute("rel") == Some("enclosure") => {
                add(element.attribute("href"), element)
            }
            (Namespace::Media, "content") => {
                let is_file =
                    element.attribute("medium").is_some_and(|medium| matches!(medium, "audio" | "video" | "document"))
                        || element
                            .attribute("type")
                            .is_some_and(|kind| kind.starts_with("audio/") || kind.starts_with("video/"));
                if is_file {
                    add(element.attribute("url"), element);
                }
            }
            _ => {}
        }
    }
}

/// The title of a feed.
pub fn heading(channel: &Element) -> Option<String> {
    title(channel)
}

/// The page of a feed.
pub fn page(channel: &Element) -> Option<String> {
    link(channel, "alternate")
}

/// When a feed was published or updated.
pub fn date_of_feed(channel: &Element) -> Option<EntryDate> {
    const NAMES: [&str; 6] = ["pubdate", "lastbuilddate", "updated", "modified", "date", "published"];
    NAMES.iter().find_map(|name| {
        let dated = |element: &&Element| element.name == *name && element.namespace != Namespace::Other;
        date::read(&channel.elements().find(dated)?.text())
    })
}
