//! Owns mapping the elements of RSS, RDF, Atom and their extension modules to entries.

use url::Url;

use super::base::{Base, base_of_body};
use super::gallery::cut_figures;
use super::media::{files, media};
use super::tree::{Element, Namespace};
use crate::dates::{self, ParsedDate};
use crate::import::entry::{Author, Body, Category, ParsedEntry};
use crate::import::source_text;
use crate::markup;

/// The link relation of a translation.
const TRANSLATION: &str = "https://schema.org/workTranslation";

/// Maps an entry element; its ancestors come innermost first. `address`: where the document was fetched. `is_own`: it
/// is this site's own, even if it does not say that tidings generated it.
pub fn parse_entry(item: &Element, around: &[&Element], address: Option<&str>, is_own: bool) -> ParsedEntry {
    let mut entry = ParsedEntry { line: item.line, ..ParsedEntry::default() };
    // In RDF the channel is a sibling of the entries.
    let beside = around.last().and_then(|root| root.elements().find(|element| element.name == "channel"));
    let ancestors = around;
    let around = || around.iter().copied().chain(beside);
    entry.language = own_language(item);
    entry.inherited_language = around().find_map(language);
    let page = || around().find_map(|element| link(element, "alternate"));
    let of_itself = || around().find_map(|element| link(element, "self"));
    let undeclared = page().or_else(|| address.map(str::to_owned)).or_else(of_itself);
    let document = address.or(undeclared.as_deref()).and_then(|address| Url::parse(address).ok());
    let document = Base::of_document(document);
    let base = ancestors.iter().rev().fold(document, |base, element| base.within(element)).within(item);
    entry.base = base.clone().declared().map(String::from).or(undeclared);
    entry.title = title(item);
    texts(item, &base, &mut entry);
    entry.guid = id(item);
    entry.link = page_of_entry(item, &base);
    entry.authors = authors(item, &base);
    entry.categories = categories(item);
    dates(item, &mut entry);
    let is_own = is_own || around().any(is_by_tidings);
    media(item, &base, is_own, &mut entry);
    files(item, &base, is_own, &mut entry);
    if is_own {
        cut_figures(&mut entry);
    }
    let translations = links(item).filter(|link| link.attribute("rel") == Some(TRANSLATION));
    entry.translations = translations.filter_map(|link| Some(base.resolve(link, link.attribute("href")?))).collect();
    entry
}

fn is_by_tidings(channel: &Element) -> bool {
    channel.elements().any(|element| element.name == "generator" && element.trimmed_text() == "tidings")
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

fn is_atom(element: &Element) -> bool {
    element.namespace == Namespace::Atom
}

/// The visible text of an element that may hold HTML: by its type in Atom, by its content in RSS.
pub fn plain(element: &Element) -> String {
    if is_atom(element) && (element.attribute("type").is_some() || element.attribute("mode").is_some()) {
        return match content(element).unwrap_or_else(|_| Body::Text(String::new())) {
            Body::Html(html) => markup::visible_text(&html),
            Body::Markdown(text) | Body::Text(text) => text,
        };
    }
    let text = element.text();
    if !is_atom(element) && source_text::is_html(&text) { markup::visible_text(&text) } else { text.trim().to_owned() }
}

fn title(item: &Element) -> Option<String> {
    let own = |namespace| item.child(namespace, "title");
    let element = own(Namespace::Atom)
        .or_else(|| own(Namespace::Plain))
        .or_else(|| own(Namespace::Dc))
        .or_else(|| own(Namespace::Media))?;
    some(source_text::collapse_whitespace(&plain(element)))
}

pub fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.trim().is_empty())
}

/// An Atom text construct or content (RFC 4287 §3.1, §4.1.3; Atom 0.3 §3.1).
///
/// # Errors
/// Why it is no text.
fn content(element: &Element) -> Result<Body, String> {
    let kind = element.attribute("type").unwrap_or("text").to_ascii_lowercase();
    let mode = element.attribute("mode").unwrap_or_default().to_ascii_lowercase();
    if mode == "base64" || (!kind.starts_with("text") && is_foreign(&kind)) {
        let encoded: String = element.text().split_whitespace().collect();
        use base64::Engine as _;
        let bytes = base64::engine::general_purpose::STANDARD.decode(encoded).ok();
        let is_control = |letter: char| letter.is_control() && !letter.is_whitespace();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains(is_control));
        let is_text = |kind: &str| kind.starts_with("text") || kind.contains("html");
        let text = text
            .filter(|_| is_text(&kind))
            .ok_or_else(|| format!("its content is no text ({kind}), and is dropped"))?;
        return Ok(if kind.contains("html") || markup::has_tags(&text) { Body::Html(text) } else { Body::Text(text) });
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
        return Ok(Body::Html(html.trim().to_owned()));
    }
    let text = element.trimmed_text();
    let is_html = kind.contains("html") || (mode == "escaped" && markup::has_tags(&text));
    Ok(if is_html { Body::Html(text) } else { Body::Text(text) })
}

/// Whether content of this media type is in base64.
fn is_foreign(kind: &str) -> bool {
    kind.contains('/') && !kind.contains("html") && !kind.contains("xml")
}

/// Whether a description is plain text in a paragraph that says its language and direction, as published summaries are.
fn is_marked_summary(description: &str) -> bool {
    source_text::wrapped(description, "p")
        .is_some_and(|wrapped| wrapped.has_direction && !markup::has_tags(&wrapped.inner.replace("<br>", "")))
}

/// Fills summary and body.
fn texts(item: &Element, base: &Base, entry: &mut ParsedEntry) {
    let of_element = |namespace, name| item.child(namespace, name).and_then(|element| base_of_body(element, base));
    entry.body_base = of_element(Namespace::Content, "encoded")
        .or_else(|| of_element(Namespace::Atom, "content"))
        .or_else(|| of_element(Namespace::Plain, "description"))
        .or_else(|| base.clone().declared().map(String::from));
    let encoded = item.child(Namespace::Content, "encoded").map(Element::trimmed_text);
    let xhtml = || {
        item.child(Namespace::Xhtml, "body").or_else(|| item.child(Namespace::Xhtml, "div")).map(Element::inner_html)
    };
    let full = || item.elements().find(|element| element.name == "fullitem").map(Element::trimmed_text);
    let atom = || {
        let element = item.child(Namespace::Atom, "content")?;
        match content(element) {
            Ok(Body::Text(text)) if text.is_empty() && element.attribute("src").is_some() => None,
            Ok(body) => Some(body),
            Err(_) if element.attribute("src").is_some() => None,
            Err(why) => {
                entry.warnings.push(why);
                None
            }
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
                && !is_marked_summary(&description.text())
                && (markup::has_tags(&description.text()) || description.elements().next().is_some()) =>
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

fn page_of_entry(item: &Element, base: &Base) -> Option<String> {
    let original = item.child(Namespace::Feedburner, "origlink").map(Element::trimmed_text);
    let permanent = || {
        let guid = item.child(Namespace::Plain, "guid")?;
        let is_link = guid.attribute("ispermalink").is_none_or(|value| value.eq_ignore_ascii_case("true"));
        let text = guid.trimmed_text();
        (is_link && (text.starts_with("http://") || text.starts_with("https://"))).then_some(text)
    };
    let about = || item.attribute("rdf:about").map(str::to_owned);
    let written = original
        .filter(|link| !link.is_empty())
        .or_else(|| link(item, "alternate"))
        .or_else(permanent)
        .or_else(about)?;
    let is_written = |element: &&Element| {
        element.name == "link" && (element.attribute("href") == Some(&written) || element.text().trim() == written)
    };
    let base = item.elements().find(is_written).map_or_else(|| base.clone(), |element| base.within(element));
    Some(base.resolve_here(&written))
}

fn authors(item: &Element, base: &Base) -> Vec<Author> {
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
                    some(source_text::collapse_whitespace(&part.text()))
                };
                let email = part("email");
                Author {
                    name: part("name").or_else(|| email.clone()).unwrap_or_default(),
                    url: part("uri").or_else(|| part("url")).map(|url| base.resolve(person, &url)),
                    email,
                }
            }
            None => parse_author(&source_text::collapse_whitespace(&person.text())),
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
        let term = source_text::collapse_whitespace(term);
        if !term.is_empty() && !categories.iter().any(|other| other.term == term) {
            let label = label.map(source_text::collapse_whitespace).filter(|label| *label != term && !label.is_empty());
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
    let mut remarks = Vec::new();
    let mut read = |names: &[&str]| -> Option<ParsedDate> {
        names.iter().find_map(|name| {
            let dated = |element: &&Element| {
                element.name == *name && element.namespace != Namespace::Other && element.namespace != Namespace::Media
            };
            read_date(&item.elements().find(dated)?.trimmed_text(), &mut remarks)
        })
    };
    let (published, updated) = (read(&PUBLISHED), read(&UPDATED));
    entry.published = published.or(updated);
    entry.updated = updated.filter(|_| published.is_some());
    entry.remarks.extend(remarks);
}

/// Parses a date; what is wrong with it is remarked on.
pub fn read_date(text: &str, remarks: &mut Vec<String>) -> Option<ParsedDate> {
    let found = dates::parse(text);
    let date = found.as_ref().and_then(|found| found.date);
    match found.and_then(|found| found.remark()) {
        Some(remark) => remarks.push(format!("`{text}` {remark}")),
        None if date.is_none() && !text.is_empty() => remarks.push(format!("`{text}` is no date")),
        None => {}
    }
    date
}

/// The title of a feed.
pub fn heading(channel: &Element) -> Option<String> {
    title(channel)
}

/// The page of a feed.
pub fn page(channel: &Element) -> Option<String> {
    link(channel, "alternate")
}

/// What identifies a feed: its id, else its self link, else its page.
pub fn feed_id(channel: &Element) -> Option<String> {
    let own = channel.child(Namespace::Atom, "id").map(Element::trimmed_text);
    let of_self = || links(channel).find(|link| link.attribute("rel") == Some("self"));
    let of_self = || of_self().and_then(|link| link.attribute("href")).map(|href| href.trim().to_owned());
    let is_set = |text: &String| !text.is_empty();
    own.filter(is_set).or_else(|| of_self().filter(is_set)).or_else(|| page(channel).filter(is_set))
}

/// When a feed was published or updated.
pub fn date_of_feed(channel: &Element) -> Option<ParsedDate> {
    const NAMES: [&str; 6] = ["pubdate", "lastbuilddate", "updated", "modified", "date", "published"];
    NAMES.iter().find_map(|name| {
        let dated = |element: &&Element| element.name == *name && element.namespace != Namespace::Other;
        dates::parse(&channel.elements().find(dated)?.text())?.date
    })
}
