//! Atom 1.0: RFC 4287, and the deletions of RFC 6721. Sections are RFC 4287's where nothing else is named.
//!
//! A relative address is a warning here alone: Atom allows it, and resolves it against the address from which the document
//! was fetched, which an aggregator or a saved file no longer knows.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};

use super::value::{is_absolute_id, is_media_type, rfc3339, shown};
use super::xml::Times::{Any, Maybe, One};
use super::xml::{
    ATOM, Node, Relative, Rule, address, body, child, children, elements, has_base, inside, is_blank, link, marked,
    media_type, own_language, relation, required, self_link, text_of,
};
use super::{Notes, html};

const TOMBSTONES: &str = "http://purl.org/atompub/tombstones/1.0";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

const FEED: &[Rule] = &[
    ("id", One, id),
    ("title", One, title),
    ("updated", One, date),
    ("author", Any, person),
    ("category", Any, category),
    ("contributor", Any, person),
    ("generator", Maybe, generator),
    ("icon", Maybe, uri),
    ("link", Any, link),
    ("logo", Maybe, uri),
    ("rights", Maybe, text),
    ("subtitle", Maybe, text),
    ("entry", Any, entry),
];
const ENTRY: &[Rule] = &[
    ("id", One, id),
    ("title", One, title),
    ("updated", One, date),
    ("author", Any, person),
    ("category", Any, category),
    ("content", Maybe, content),
    ("contributor", Any, person),
    ("link", Any, link),
    ("published", Maybe, date),
    ("rights", Maybe, text),
    ("source", Maybe, source),
    ("summary", Maybe, text),
];
/// The head of the feed from which an entry was taken.
const SOURCE: &[Rule] = &[
    ("id", Maybe, id),
    ("title", Maybe, title),
    ("updated", Maybe, date),
    ("author", Any, person),
    ("category", Any, category),
    ("contributor", Any, person),
    ("generator", Maybe, generator),
    ("icon", Maybe, uri),
    ("link", Any, link),
    ("logo", Maybe, uri),
    ("rights", Maybe, text),
    ("subtitle", Maybe, text),
];
const PERSON: &[Rule] = &[("name", One, name), ("uri", Maybe, uri), ("email", Maybe, email)];

/// Judges a feed; gives its number of entries.
pub fn lint(notes: &mut Notes<'_>, feed: Node<'_>) -> usize {
    elements(notes, feed, Some(ATOM), FEED, "RFC 4287 §4.1.1");
    alternates(notes, feed);
    self_link(notes, feed, "link", "RFC 4287 §4.1.1");
    let entries: Vec<Node<'_>> = children(feed, Some(ATOM), "entry").collect();
    let says = |node: Node<'_>| own_language(node).is_some_and(|tag| !tag.is_empty());
    let is_marked = says(feed) || (!entries.is_empty() && entries.iter().all(|entry| says(*entry)));
    marked(notes, feed, is_marked, "write `<feed xml:lang=\"en\" …>`");
    authors(notes, feed, &entries);
    dates(notes, feed, &entries);
    unique(notes, &entries);
    children(feed, Some(TOMBSTONES), "deleted-entry").for_each(|deleted| deletion(notes, deleted));
    entries.len()
}

fn entry(notes: &mut Notes<'_>, entry: Node<'_>) {
    elements(notes, entry, Some(ATOM), ENTRY, "RFC 4287 §4.1.2");
    alternates(notes, entry);
    let has_page = children(entry, Some(ATOM), "link").any(|link| relation(link) == "alternate");
    if !has_page && child(entry, Some(ATOM), "content").is_none() {
        let message =
            "the entry has neither `<content>` nor a link to its page: there is nothing to read (RFC 4287 §4.1.2)";
        notes.error(entry, message).help("write `<link href=\"…\"/>` or `<content>`");
    }
}

fn source(notes: &mut Notes<'_>, source: Node<'_>) {
    elements(notes, source, Some(ATOM), SOURCE, "RFC 4287 §4.2.11");
    alternates(notes, source);
}

/// An id is an absolute IRI, which readers compare character by character (§4.2.6).
fn id(notes: &mut Notes<'_>, id: Node<'_>) {
    let text = text_of(id);
    let value = text.trim();
    let why = match is_absolute_id(value) {
        Ok(true) if value.len() == text.len() => return,
        Ok(true) => {
            let message = "blanks around the id, which some readers take for a part of it (RFC 4287 §4.2.6.1)";
            notes.warning(inside(id), message).help("remove them");
            return;
        }
        Ok(false) => "is not absolute: it has no scheme".to_owned(),
        Err(why) => why,
    };
    let message = format!("the id `{}` {why} (RFC 4287 §4.2.6)", shown(value));
    notes.error(inside(id), message).help("write an id that never changes, such as `tag:example.org,2014:a`");
}

fn title(notes: &mut Notes<'_>, title: Node<'_>) {
    if is_blank(title) {
        notes.warning(title, "an empty title: readers show the address, or nothing, in its place").help("write one");
    }
    text(notes, title);
}

fn date(notes: &mut Notes<'_>, node: Node<'_>) {
    let text = text_of(node);
    if let Err(why) = rfc3339(&text) {
        let message = format!("`{}` {why} (RFC 4287 §3.3)", shown(&text));
        notes.error(inside(node), message).help("readers that cannot read a date sort the entry wrongly, or drop it");
    }
}

/// A person (§3.2).
fn person(notes: &mut Notes<'_>, person: Node<'_>) {
    elements(notes, person, Some(ATOM), PERSON, "RFC 4287 §3.2");
}

fn name(notes: &mut Notes<'_>, name: Node<'_>) {
    if is_blank(name) {
        notes.error(name, "an empty `<name>` (RFC 4287 §3.2.1)");
    }
}

fn uri(notes: &mut Notes<'_>, node: Node<'_>) {
    address(notes, node, None, Relative::Uncertain);
}

fn email(notes: &mut Notes<'_>, email: Node<'_>) {
    let text = text_of(email);
    if !text.trim().split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) {
        notes.error(inside(email), format!("`{}` is no email address (RFC 4287 §3.2.3)", shown(&text)));
    }
}

fn category(notes: &mut Notes<'_>, category: Node<'_>) {
    required(notes, category, "term", "RFC 4287 §4.2.2.1");
    if let Some(scheme) = category.attribute_node("scheme") {
        address(notes, category, Some(scheme), Relative::Uncertain);
    }
}

fn generator(notes: &mut Notes<'_>, generator: Node<'_>) {
    if let Some(uri) = generator.attribute_node("uri") {
        address(notes, generator, Some(uri), Relative::Uncertain);
    }
}

/// The feed has an author, or each of its entries.
fn authors(notes: &mut Notes<'_>, feed: Node<'_>, entries: &[Node<'_>]) {
    let has_author = |node: Node<'_>| child(node, Some(ATOM), "author").is_some();
    let lacks =
        |entry: &&Node<'_>| !has_author(**entry) && !child(**entry, Some(ATOM), "source").is_some_and(has_author);
    if let Some(entry) = entries.iter().find(lacks).filter(|_| !has_author(feed)) {
        let message = "neither the feed nor this entry has an `<author>` (RFC 4287 §4.1.1)";
        let help = "write `<author><name>…</name></author>` in the feed, for all entries that have none of their own";
        notes.error(*entry, message).help(help);
    }
}

/// When a feed or an entry changed, and where it says so.
fn updated<'d>(node: Node<'d>) -> Option<(Node<'d>, DateTime<FixedOffset>)> {
    let node = child(node, Some(ATOM), "updated")?;
    Some((node, rfc3339(&text_of(node)).ok()?))
}

/// No entry changed after its feed did.
fn dates(notes: &mut Notes<'_>, feed: Node<'_>, entries: &[Node<'_>]) {
    let Some((_, newest)) = updated(feed) else { return };
    for (node, _) in entries.iter().filter_map(|entry| updated(*entry)).filter(|(_, at)| *at > newest) {
        let message = "the entry changed after its feed did: readers that go by the feed's `<updated>` miss it";
        notes.warning(inside(node), message).help("the feed's is the newest of its entries'");
    }
}

/// Entries have different ids, or at least different dates (§4.1.1).
fn unique(notes: &mut Notes<'_>, entries: &[Node<'_>]) {
    let mut seen = HashMap::new();
    for entry in entries {
        let Some(id) = child(*entry, Some(ATOM), "id") else { continue };
        let updated = child(*entry, Some(ATOM), "updated").map(|updated| text_of(updated).trim().to_owned());
        let Some((first, before)) = seen.insert(text_of(id).trim().to_owned(), (id, updated.clone())) else { continue };
        let note = if updated == before {
            notes.error(inside(id), "two entries have the same id and date; readers show one of them (RFC 4287 §4.1.1)")
        } else {
            notes.warning(inside(id), "two entries have the same id; most readers show one of them (RFC 4287 §4.1.1)")
        };
        note.help("give each story its own id, or publish its newest version alone")
            .related("the other", inside(first));
    }
}

/// No two pages of one type and language (§4.1.1, §4.1.2).
fn alternates(notes: &mut Notes<'_>, parent: Node<'_>) {
    let mut seen: HashMap<(String, String), Node<'_>> = HashMap::new();
    for node in children(parent, Some(ATOM), "link").filter(|link| relation(*link) == "alternate") {
        let lower = |name| node.attribute(name).unwrap_or_default().to_ascii_lowercase();
        if let Some(first) = seen.insert((lower("type"), lower("hreflang")), node) {
            let message = "a second `alternate` link of the same type and hreflang; readers differ in which they open (RFC 4287 §4.1)";
            notes.error(node, message).help("leave one, or give it another `rel`").related("the other", first);
        }
    }
}

/// Plain text, HTML or XHTML, as `type` says (§3.1).
fn text(notes: &mut Notes<'_>, node: Node<'_>) {
    match node.attribute("type").unwrap_or("text") {
        "text" => flat(notes, node, "text"),
        "html" => {
            flat(notes, node, "html");
            body(notes, node, has_base(node));
        }
        "xhtml" => xhtml(notes, node),
        other => {
            let message =
                format!("`type=\"{}\"` is neither `text`, `html` nor `xhtml` (RFC 4287 §3.1.1)", shown(other));
            notes.error(node, message).help("write `type=\"html\"` for escaped markup");
        }
    }
}

/// Text and escaped HTML hold no elements.
fn flat(notes: &mut Notes<'_>, node: Node<'_>, kind: &str) {
    if let Some(element) = node.children().find(Node::is_element) {
        let message =
            format!("an element within `type=\"{kind}\"`: readers drop it, and the text with it (RFC 4287 §3.1.1)");
        let help = "escape the markup with `type=\"html\"`, or say `type=\"xhtml\"` and put it into one `<div>`";
        notes.error(element, message).help(help);
    }
}

fn xhtml(notes: &mut Notes<'_>, node: Node<'_>) {
    let mut inner = node.children().filter(Node::is_element);
    let is_div = inner.next().is_some_and(|first| first.has_tag_name((XHTML, "div")));
    if !is_div || inner.next().is_some() {
        let message = "`type=\"xhtml\"` holds exactly one `<div>` of XHTML (RFC 4287 §3.1.1.3)";
        notes.error(node, message).help(format!("write `<div xmlns=\"{XHTML}\">…</div>` around it"));
    }
    let mut troubles = Vec::new();
    for element in node.descendants().skip(1).filter(Node::is_element) {
        let attributes = element.attributes().filter(|attribute| attribute.namespace().is_none());
        let pairs = attributes.map(|attribute| (attribute.name(), attribute.value()));
        html::judge(element.tag_name().name(), pairs, &mut troubles);
    }
    html::report(notes, node.range(), &troubles, node.descendants().any(has_base));
}

fn content(notes: &mut Notes<'_>, node: Node<'_>) {
    let kind = node.attribute("type").unwrap_or("text");
    let has_summary = node.parent().is_some_and(|entry| child(entry, Some(ATOM), "summary").is_some());
    let source = node.attribute_node("src");
    if let Some(source) = source {
        address(notes, node, Some(source), Relative::Uncertain);
        node.attribute_node("type").into_iter().for_each(|kind| media_type(notes, kind));
        if node.has_children() {
            let message = "content with `src` is empty (RFC 4287 §4.1.3.2)";
            notes.error(node, message).help("remove `src`, or what is written here");
        }
    } else if kind == "text/html" || kind == "application/xhtml+xml" {
        body(notes, node, has_base(node));
    } else if !is_media_type(kind) {
        text(notes, node);
    }
    if !has_summary && (source.is_some() || (is_media_type(kind) && !is_text(kind))) {
        let message = "content that lies elsewhere, or is no text, needs a `<summary>` (RFC 4287 §4.1.2)";
        notes.error(node, message).help("write one, for readers that do not show it");
    }
}

/// Whether a media type is written as text or XML (§4.1.3.3).
fn is_text(media_type: &str) -> bool {
    let lower = media_type.to_ascii_lowercase();
    let kind = lower.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") || kind.ends_with("+xml") || kind.ends_with("/xml")
}

/// Which entry was deleted, and when (RFC 6721 §3).
fn deletion(notes: &mut Notes<'_>, node: Node<'_>) {
    if let Some(id) = required(notes, node, "ref", "RFC 6721 §3")
        && is_absolute_id(id.value()) != Ok(true)
    {
        let message = format!("`{}` is no id of an entry (RFC 6721 §3)", shown(id.value()));
        notes.error(id, message).help("write the id that the entry had");
    }
    if let Some(when) = required(notes, node, "when", "RFC 6721 §3")
        && let Err(why) = rfc3339(when.value())
    {
        notes.error(when, format!("`{}` {why} (RFC 6721 §3)", shown(when.value())));
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::parse::tests::{only, said};

    pub const GOOD: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0" xml:lang="en">
  <title>News</title>
  <id>tag:example.org,2014:feed</id>
  <updated>2014-12-01T00:00:00+01:00</updated>
  <author><name>Press</name><uri>https://example.org/</uri><email>a@example.org</email></author>
  <link rel="self" href="https://example.org/atom.xml" type="application/atom+xml"/>
  <link href="https://example.org/" hreflang="en"/>
  <at:deleted-entry ref="tag:example.org,2014:b" when="2014-11-30T00:00:00Z"/>
  <entry>
    <title type="html">One &amp;amp; &lt;b>only&lt;/b></title>
    <id>tag:example.org,2014:a</id>
    <updated>2014-11-24T00:00:00Z</updated>
    <published>2014-11-24T00:00:00Z</published>
    <category term="a" scheme="tag:example.org,2014:topics"/>
    <link href="https://example.org/a" type="text/html"/>
    <summary>Short</summary>
    <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><a href="https://example.org/">a</a></div></content>
  </entry>
</feed>
"#;

    /// The good feed with one thing changed has this one diagnostic.
    #[track_caller]
    fn changed(from: &str, to: &str, expected: &str) {
        assert!(GOOD.contains(from), "{from}");
        only(&GOOD.replacen(from, to, 1), expected);
    }

    #[test]
    fn a_good_feed_passes() {
        assert_eq!(said(GOOD), [""; 0]);
        assert_eq!(super::super::lint("f", GOOD.as_bytes()).entries, 1);
    }

    #[test]
    fn what_is_required() {
        changed("  <id>tag:example.org,2014:feed</id>\n", "", "f:2:1: error: `<feed>` has no `<id>` (RFC 4287 §4.1.1)");
        changed("<title>News</title>", "", "`<feed>` has no `<title>`");
        changed("<updated>2014-12-01T00:00:00+01:00</updated>", "", "`<feed>` has no `<updated>`");
        changed("<id>tag:example.org,2014:a</id>", "", "`<entry>` has no `<id>` (RFC 4287 §4.1.2)");
        changed("<title>News</title>", "<title> </title>", "warning: an empty title");
        changed("<summary>", "<title>x</title><summary>", "a second `<title>`");
        changed("<summary>Short</summary>", "<description/>", "`<description>` has no place in `<entry>`");
        changed(" xml:lang=\"en\"", "", "warning: the feed does not say its language");
        changed(" xml:lang=\"en\"", " xml:lang=\"en_US\"", "write `-` instead of `_`");
        changed("rel=\"self\"", "rel=\"via\"", "warning: no `<link rel=\"self\">`");
    }

    #[test]
    fn people() {
        let author = "<author><name>Press</name><uri>https://example.org/</uri><email>a@example.org</email></author>";
        changed(author, "", "f:10:3: error: neither the feed nor this entry has an `<author>`");
        let of_entry = GOOD.replacen(author, "", 1).replace("<summary>", "<author><name>A</name></author><summary>");
        assert_eq!(said(&of_entry), [""; 0]);
        changed("<name>Press</name>", "", "`<author>` has no `<name>` (RFC 4287 §3.2)");
        changed("a@example.org", "a", "`a` is no email address");
        changed("<uri>https://example.org/", "<uri>example.org", "warning: `example.org` is relative");
    }

    #[test]
    fn dates() {
        changed(
            "2014-12-01T00:00:00+01:00",
            "2014-12-01",
            "f:5:12: error: `2014-12-01` is no RFC 3339 date: it lacks the time",
        );
        changed("<published>2014-11-24T00:00:00Z", "<published>Mon, 24 Nov 2014", "is no RFC 3339 date");
        changed("<updated>2014-11-24", "<updated>2015-11-24", "warning: the entry changed after its feed did");
        changed("when=\"2014-11-30T00:00:00Z\"", "when=\"2014-11-30\"", "(RFC 6721 §3)");
        changed(" when=\"2014-11-30T00:00:00Z\"", "", "has no `when` (RFC 6721 §3)");
    }

    #[test]
    fn ids() {
        changed("<id>tag:example.org,2014:a", "<id>a", "the id `a` is not absolute");
        changed("<id>tag:example.org,2014:a", "<id>https://example.org/a b", "holds ' '");
        changed("<id>tag:example.org,2014:a", "<id> tag:example.org,2014:a", "warning: blanks around the id");
        let entry = &GOOD[GOOD.find("<entry>").unwrap()..GOOD.find("</feed>").unwrap()];
        changed("</feed>", &format!("{entry}</feed>"), "error: two entries have the same id and date");
        let newer = entry.replace("<updated>2014-11-24", "<updated>2014-11-25");
        changed("</feed>", &format!("{newer}</feed>"), "warning: two entries have the same id;");
        changed("ref=\"tag:example.org,2014:b\"", "ref=\"b\"", "`b` is no id of an entry");
    }

    #[test]
    fn links() {
        let link = "<link href=\"https://example.org/a\" type=\"text/html\"/>";
        changed(
            link,
            &format!("{link}<link rel='alternate' type='text/HTML' href='https://example.org/b'/>"),
            "a second `alternate`",
        );
        changed(link, "<link/>", "`<link>` has no `href`");
        changed("href=\"https://example.org/a\"", "href=\"/a\"", "warning: `/a` is relative");
        let based = GOOD
            .replace("<entry>", "<entry xml:base='https://example.org/'>")
            .replace("\"https://example.org/a\"", "\"/a\"");
        assert_eq!(said(&based), [""; 0]);
        changed("type=\"text/html\"", "type=\"html\"", "`html` is no media type");
        changed("hreflang=\"en\"", "hreflang=\"english\"", "is not a language tag");
        changed(" term=\"a\"", "", "`<category>` has no `term`");
        let empty = GOOD.replacen(link, "", 1);
        assert_eq!(said(&empty), [""; 0]);
        let content = &GOOD[GOOD.find("<content").unwrap()..GOOD.find("</entry>").unwrap()];
        only(&empty.replacen(content, "", 1), "neither `<content>` nor a link");
    }

    #[test]
    fn texts() {
        changed("<summary>", "<summary type=\"text/plain\">", "neither `text`, `html` nor `xhtml`");
        changed("Short", "<b>Short</b>", "an element within `type=\"text\"`");
        changed("<div xmlns=\"http://www.w3.org/1999/xhtml\">", "<div>", "exactly one `<div>` of XHTML");
        changed("<a href=\"https://example.org/\">", "<a onclick=\"y\">", "`onclick=\"y\"` runs a script");
    }

    #[test]
    fn bodies() {
        changed("<a href=\"https://example.org/\">", "<a href=\"/x\">", "f:18:78: warning: `href=\"/x\"` is relative");
        changed("&lt;b>only", "&lt;script>only", "warning: the body holds `<script>`");
        let content = &GOOD[GOOD.find("<content").unwrap()..GOOD.find("</entry>").unwrap()];
        changed(
            content,
            "<content src=\"https://example.org/a.pdf\" type=\"application/pdf\">x</content>",
            "with `src` is empty",
        );
        let bare = GOOD.replace("<summary>Short</summary>", "");
        only(&bare.replacen(content, "<content src=\"https://example.org/a.pdf\"/>", 1), "needs a `<summary>`");
        only(&bare.replacen(content, "<content type=\"image/png\">AA</content>", 1), "needs a `<summary>`");
        changed(content, "<content type=\"htm\">a</content>", "neither `text`");
    }
}
