//! Atom 1.0: RFC 4287, and the deletions of RFC 6721. Sections are RFC 4287's where nothing else is named.
//!
//! A relative URL is a warning only in this format: Atom allows it and resolves it against the URL of the document, which an
//! aggregator or a saved file no longer knows.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};

use super::value::{excerpt, is_absolute_iri, is_media_type, rfc3339};
use super::xml::Cardinality::{Optional, Repeatable, Required};
use super::xml::{
    ATOM, Node, RelativeUrl, Rule, check_url, child, children, content_span, elements, has_base, html_body, is_blank,
    link, media_type, own_language, relation, require_language, require_self_link, required, text_of,
};
use super::{Findings, html};

const TOMBSTONES: &str = "http://purl.org/atompub/tombstones/1.0";
const XHTML: &str = "http://www.w3.org/1999/xhtml";

const FEED: &[Rule] = &[
    ("id", Required, id),
    ("title", Required, title),
    ("updated", Required, date),
    ("author", Repeatable, person),
    ("category", Repeatable, category),
    ("contributor", Repeatable, person),
    ("generator", Optional, generator),
    ("icon", Optional, uri),
    ("link", Repeatable, link),
    ("logo", Optional, uri),
    ("rights", Optional, text),
    ("subtitle", Optional, text),
    ("entry", Repeatable, entry),
];
const ENTRY: &[Rule] = &[
    ("id", Required, id),
    ("title", Required, title),
    ("updated", Required, date),
    ("author", Repeatable, person),
    ("category", Repeatable, category),
    ("content", Optional, content),
    ("contributor", Repeatable, person),
    ("link", Repeatable, link),
    ("published", Optional, date),
    ("rights", Optional, text),
    ("source", Optional, source),
    ("summary", Optional, text),
];
/// The metadata of the feed that an entry was copied from (§4.2.11).
const SOURCE: &[Rule] = &[
    ("id", Optional, id),
    ("title", Optional, title),
    ("updated", Optional, date),
    ("author", Repeatable, person),
    ("category", Repeatable, category),
    ("contributor", Repeatable, person),
    ("generator", Optional, generator),
    ("icon", Optional, uri),
    ("link", Repeatable, link),
    ("logo", Optional, uri),
    ("rights", Optional, text),
    ("subtitle", Optional, text),
];
const PERSON: &[Rule] = &[("name", Required, name), ("uri", Optional, uri), ("email", Optional, email)];

/// Checks a feed; returns the number of its entries.
pub fn lint(findings: &mut Findings<'_>, feed: Node<'_>) -> usize {
    elements(findings, feed, Some(ATOM), FEED, "RFC 4287 §4.1.1");
    alternates(findings, feed);
    require_self_link(findings, feed, "link", "RFC 4287 §4.1.1");
    let entries: Vec<Node<'_>> = children(feed, Some(ATOM), "entry").collect();
    let declares = |node: Node<'_>| own_language(node).is_some_and(|tag| !tag.is_empty());
    let is_marked = declares(feed) || (!entries.is_empty() && entries.iter().all(|entry| declares(*entry)));
    require_language(findings, feed, is_marked, "write `<feed xml:lang=\"en\" …>`");
    authors(findings, feed, &entries);
    dates_in_order(findings, feed, &entries);
    unique_ids(findings, &entries);
    children(feed, Some(TOMBSTONES), "deleted-entry").for_each(|deleted| tombstone(findings, deleted));
    entries.len()
}

fn entry(findings: &mut Findings<'_>, entry: Node<'_>) {
    elements(findings, entry, Some(ATOM), ENTRY, "RFC 4287 §4.1.2");
    alternates(findings, entry);
    let has_page = children(entry, Some(ATOM), "link").any(|link| relation(link) == "alternate");
    if !has_page && child(entry, Some(ATOM), "content").is_none() {
        let message =
            "the entry has neither `<content>` nor a link to its page: there is nothing to read (RFC 4287 §4.1.2)";
        findings.error(entry, message).help("write `<link href=\"…\"/>` or `<content>`");
    }
}

fn source(findings: &mut Findings<'_>, source: Node<'_>) {
    elements(findings, source, Some(ATOM), SOURCE, "RFC 4287 §4.2.11");
    alternates(findings, source);
}

/// Checks an id: an absolute IRI, compared character by character (§4.2.6).
fn id(findings: &mut Findings<'_>, id: Node<'_>) {
    let text = text_of(id);
    let value = text.trim();
    let why = match is_absolute_iri(value) {
        Ok(true) if value.len() == text.len() => return,
        Ok(true) => {
            let message = "blanks around the id, which some readers take for a part of it (RFC 4287 §4.2.6.1)";
            findings.warning(content_span(id), message).help("remove them");
            return;
        }
        Ok(false) => "is not absolute: it has no scheme".to_owned(),
        Err(why) => why,
    };
    let message = format!("the id `{}` {why} (RFC 4287 §4.2.6)", excerpt(value));
    findings.error(content_span(id), message).help("write an id that never changes, such as `tag:example.org,2014:a`");
}

fn title(findings: &mut Findings<'_>, title: Node<'_>) {
    if is_blank(title) {
        findings.warning(title, "an empty title: readers show the address, or nothing, in its place").help("write one");
    }
    text(findings, title);
}

fn date(findings: &mut Findings<'_>, node: Node<'_>) {
    let text = text_of(node);
    if let Err(why) = rfc3339(&text) {
        let message = format!("`{}` {why} (RFC 4287 §3.3)", excerpt(&text));
        findings
            .error(content_span(node), message)
            .help("readers that cannot read a date sort the entry wrongly, or drop it");
    }
}

/// Checks a person construct (§3.2).
fn person(findings: &mut Findings<'_>, person: Node<'_>) {
    elements(findings, person, Some(ATOM), PERSON, "RFC 4287 §3.2");
}

fn name(findings: &mut Findings<'_>, name: Node<'_>) {
    if is_blank(name) {
        findings.error(name, "an empty `<name>` (RFC 4287 §3.2.1)");
    }
}

fn uri(findings: &mut Findings<'_>, node: Node<'_>) {
    check_url(findings, node, None, RelativeUrl::Discouraged);
}

fn email(findings: &mut Findings<'_>, email: Node<'_>) {
    let text = text_of(email);
    if !text.trim().split_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()) {
        findings.error(content_span(email), format!("`{}` is no email address (RFC 4287 §3.2.3)", excerpt(&text)));
    }
}

fn category(findings: &mut Findings<'_>, category: Node<'_>) {
    let term = required(findings, category, "term", "RFC 4287 §4.2.2.1");
    if let Some(term) = term.filter(|term| term.value().trim().is_empty()) {
        findings
            .warning(term, "an empty `term`: readers that list categories list it (RFC 4287 §4.2.2.1)")
            .help("leave it out");
    }
    if let Some(scheme) = category.attribute_node("scheme") {
        check_url(findings, category, Some(scheme), RelativeUrl::Discouraged);
    }
}

fn generator(findings: &mut Findings<'_>, generator: Node<'_>) {
    if let Some(uri) = generator.attribute_node("uri") {
        check_url(findings, generator, Some(uri), RelativeUrl::Discouraged);
    }
}

/// Requires an author of the feed or of every entry.
fn authors(findings: &mut Findings<'_>, feed: Node<'_>, entries: &[Node<'_>]) {
    let has_author = |node: Node<'_>| child(node, Some(ATOM), "author").is_some();
    let lacks =
        |entry: &&Node<'_>| !has_author(**entry) && !child(**entry, Some(ATOM), "source").is_some_and(has_author);
    if let Some(entry) = entries.iter().find(lacks).filter(|_| !has_author(feed)) {
        let message = "neither the feed nor this entry has an `<author>` (RFC 4287 §4.1.1)";
        let help = "write `<author><name>…</name></author>` in the feed, for all entries that have none of their own";
        findings.error(*entry, message).help(help);
    }
}

/// The `<updated>` element of a feed or an entry, and its value.
fn updated<'d>(node: Node<'d>) -> Option<(Node<'d>, DateTime<FixedOffset>)> {
    let node = child(node, Some(ATOM), "updated")?;
    Some((node, rfc3339(&text_of(node)).ok()?))
}

/// Checks that no entry is newer than its feed.
fn dates_in_order(findings: &mut Findings<'_>, feed: Node<'_>, entries: &[Node<'_>]) {
    let Some((_, newest)) = updated(feed) else { return };
    for (node, _) in entries.iter().filter_map(|entry| updated(*entry)).filter(|(_, at)| *at > newest) {
        let message = "the entry changed after its feed did: readers that go by the feed's `<updated>` miss it";
        findings.warning(content_span(node), message).help("the feed's is the newest of its entries'");
    }
}

/// Checks that ids, or at least ids with dates, are unique (§4.1.1).
fn unique_ids(findings: &mut Findings<'_>, entries: &[Node<'_>]) {
    let mut seen = HashMap::new();
    for entry in entries {
        let Some(id) = child(*entry, Some(ATOM), "id") else { continue };
        let updated = child(*entry, Some(ATOM), "updated").map(|updated| text_of(updated).trim().to_owned());
        let Some((first, before)) = seen.insert(text_of(id).trim().to_owned(), (id, updated.clone())) else { continue };
        let finding = if updated == before {
            findings.error(
                content_span(id),
                "two entries have the same id and date; readers show one of them (RFC 4287 §4.1.1)",
            )
        } else {
            findings.warning(
                content_span(id),
                "two entries have the same id; most readers show one of them (RFC 4287 §4.1.1)",
            )
        };
        finding
            .help("give each story its own id, or publish its newest version alone")
            .related("the other", content_span(first));
    }
}

/// Checks that no two `alternate` links have one type and language (§4.1.1, §4.1.2).
fn alternates(findings: &mut Findings<'_>, parent: Node<'_>) {
    let mut seen: HashMap<(String, String), Node<'_>> = HashMap::new();
    for node in children(parent, Some(ATOM), "link").filter(|link| relation(*link) == "alternate") {
        let lower = |name| node.attribute(name).unwrap_or_default().to_ascii_lowercase();
        if let Some(first) = seen.insert((lower("type"), lower("hreflang")), node) {
            let message = "a second `alternate` link of the same type and hreflang; readers differ in which they open (RFC 4287 §4.1)";
            findings.error(node, message).help("leave one, or give it another `rel`").related("the other", first);
        }
    }
}

/// Checks a text construct: plain text, HTML or XHTML by its `type` (§3.1).
fn text(findings: &mut Findings<'_>, node: Node<'_>) {
    match node.attribute("type").unwrap_or("text") {
        "text" => {
            no_child_elements(findings, node, "text");
            if node.tag_name().name() == "title" {
                html::check_title(findings, content_span(node), &text_of(node));
            }
        }
        "html" => {
            no_child_elements(findings, node, "html");
            html_body(findings, node, has_base(node));
        }
        "xhtml" => xhtml(findings, node),
        other => {
            let message =
                format!("`type=\"{}\"` is neither `text`, `html` nor `xhtml` (RFC 4287 §3.1.1)", excerpt(other));
            findings.error(node, message).help("write `type=\"html\"` for escaped markup");
        }
    }
}

/// Checks that text and escaped HTML have no child elements.
fn no_child_elements(findings: &mut Findings<'_>, node: Node<'_>, kind: &str) {
    if let Some(element) = node.children().find(Node::is_element) {
        let message =
            format!("an element within `type=\"{kind}\"`: readers drop it, and the text with it (RFC 4287 §3.1.1)");
        let help = "escape the markup with `type=\"html\"`, or say `type=\"xhtml\"` and put it into one `<div>`";
        findings.error(element, message).help(help);
    }
}

fn xhtml(findings: &mut Findings<'_>, node: Node<'_>) {
    let mut inner = node.children().filter(Node::is_element);
    let is_div = inner.next().is_some_and(|first| first.has_tag_name((XHTML, "div")));
    if !is_div || inner.next().is_some() {
        let message = "`type=\"xhtml\"` holds exactly one `<div>` of XHTML (RFC 4287 §3.1.1.3)";
        findings.error(node, message).help(format!("write `<div xmlns=\"{XHTML}\">…</div>` around it"));
    }
    let mut in_body = Vec::new();
    for element in node.descendants().skip(1).filter(Node::is_element) {
        let attributes = element.attributes().filter(|attribute| attribute.namespace().is_none());
        let pairs = attributes.map(|attribute| (attribute.name(), attribute.value()));
        html::check(element.tag_name().name(), pairs, &mut in_body);
    }
    html::report(findings, node.range(), &in_body, node.descendants().any(has_base));
}

fn content(findings: &mut Findings<'_>, node: Node<'_>) {
    let kind = node.attribute("type").unwrap_or("text");
    let has_summary = node.parent().is_some_and(|entry| child(entry, Some(ATOM), "summary").is_some());
    let source = node.attribute_node("src");
    if let Some(source) = source {
        check_url(findings, node, Some(source), RelativeUrl::Discouraged);
        node.attribute_node("type").into_iter().for_each(|kind| media_type(findings, kind));
        if node.has_children() {
            let message = "content with `src` is empty (RFC 4287 §4.1.3.2)";
            findings.error(node, message).help("remove `src`, or what is written here");
        }
    } else if kind == "text/html" || kind == "application/xhtml+xml" {
        html_body(findings, node, has_base(node));
    } else if !is_media_type(kind) {
        text(findings, node);
    }
    if !has_summary && (source.is_some() || (is_media_type(kind) && !is_text(kind))) {
        let message = "content that lies elsewhere, or is no text, needs a `<summary>` (RFC 4287 §4.1.2)";
        findings.error(node, message).help("write one, for readers that do not show it");
    }
}

/// Whether content of a media type is text or XML, not Base64 (§4.1.3.3).
fn is_text(media_type: &str) -> bool {
    let lower = media_type.to_ascii_lowercase();
    let kind = lower.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/") || kind.ends_with("+xml") || kind.ends_with("/xml")
}

/// Checks a tombstone (RFC 6721 §3).
fn tombstone(findings: &mut Findings<'_>, node: Node<'_>) {
    if let Some(id) = required(findings, node, "ref", "RFC 6721 §3")
        && is_absolute_iri(id.value()) != Ok(true)
    {
        let message = format!("`{}` is no id of an entry (RFC 6721 §3)", excerpt(id.value()));
        findings.error(id, message).help("write the id that the entry had");
    }
    if let Some(when) = required(findings, node, "when", "RFC 6721 §3")
        && let Err(why) = rfc3339(when.value())
    {
        findings.error(when, format!("`{}` {why} (RFC 6721 §3)", excerpt(when.value())));
    }
}

#[cfg(test)]
pub mod tests {
    use super::super::harness::{ValidFeed, assert_single, findings};

    pub const VALID: ValidFeed = ValidFeed(
        r#"<?xml version="1.0" encoding="utf-8"?>
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
"#,
    );

    #[test]
    fn a_valid_feed_has_no_findings() {
        VALID.is_valid();
    }

    #[test]
    fn what_is_required() {
        VALID.changed(
            "  <id>tag:example.org,2014:feed</id>\n",
            "",
            "f:2:1: error: `<feed>` has no `<id>` (RFC 4287 §4.1.1)",
        );
        VALID.changed("<title>News</title>", "", "`<feed>` has no `<title>`");
        VALID.changed("<updated>2014-12-01T00:00:00+01:00</updated>", "", "`<feed>` has no `<updated>`");
        VALID.changed("<id>tag:example.org,2014:a</id>", "", "`<entry>` has no `<id>` (RFC 4287 §4.1.2)");
        VALID.changed("<title>News</title>", "<title> </title>", "warning: an empty title");
        VALID.changed("<title>News</title>", "<title>A &amp;amp; B</title>", "warning: the title is plain text");
        VALID.changed("term=\"a\"", "term=\" \"", "warning: an empty `term`");
        VALID.changed("<summary>", "<title>x</title><summary>", "a second `<title>`");
        VALID.changed("<summary>Short</summary>", "<description/>", "`<description>` has no place in `<entry>`");
        VALID.changed(" xml:lang=\"en\"", "", "warning: the feed does not say its language");
        VALID.changed(" xml:lang=\"en\"", " xml:lang=\"en_US\"", "write `-` instead of `_`");
        VALID.changed("rel=\"self\"", "rel=\"via\"", "warning: no `<link rel=\"self\">`");
    }

    #[test]
    fn people() {
        let author = "<author><name>Press</name><uri>https://example.org/</uri><email>a@example.org</email></author>";
        VALID.changed(author, "", "f:10:3: error: neither the feed nor this entry has an `<author>`");
        let of_entry = VALID.replace(author, "").replace("<summary>", "<author><name>A</name></author><summary>");
        assert_eq!(findings(&of_entry), [""; 0]);
        VALID.changed("<name>Press</name>", "", "`<author>` has no `<name>` (RFC 4287 §3.2)");
        VALID.changed("a@example.org", "a", "`a` is no email address");
        VALID.changed("<uri>https://example.org/", "<uri>example.org", "warning: `example.org` is relative");
    }

    #[test]
    fn dates() {
        VALID.changed(
            "2014-12-01T00:00:00+01:00",
            "2014-12-01",
            "f:5:12: error: `2014-12-01` is no RFC 3339 date: it lacks the time",
        );
        VALID.changed("<published>2014-11-24T00:00:00Z", "<published>Mon, 24 Nov 2014", "is no RFC 3339 date");
        VALID.changed("<updated>2014-11-24", "<updated>2015-11-24", "warning: the entry changed after its feed did");
        VALID.changed("when=\"2014-11-30T00:00:00Z\"", "when=\"2014-11-30\"", "(RFC 6721 §3)");
        VALID.changed(" when=\"2014-11-30T00:00:00Z\"", "", "has no `when` (RFC 6721 §3)");
    }

    #[test]
    fn ids() {
        VALID.changed("<id>tag:example.org,2014:a", "<id>a", "the id `a` is not absolute");
        VALID.changed("<id>tag:example.org,2014:a", "<id>https://example.org/a b", "holds ' '");
        VALID.changed("<id>tag:example.org,2014:a", "<id> tag:example.org,2014:a", "warning: blanks around the id");
        let entry = VALID.between("<entry>", "</feed>");
        VALID.changed("</feed>", &format!("{entry}</feed>"), "error: two entries have the same id and date");
        let newer = entry.replace("<updated>2014-11-24", "<updated>2014-11-25");
        VALID.changed("</feed>", &format!("{newer}</feed>"), "warning: two entries have the same id;");
        VALID.changed("ref=\"tag:example.org,2014:b\"", "ref=\"b\"", "`b` is no id of an entry");
    }

    #[test]
    fn links() {
        let link = "<link href=\"https://example.org/a\" type=\"text/html\"/>";
        VALID.changed(
            link,
            &format!("{link}<link rel='alternate' type='text/HTML' href='https://example.org/b'/>"),
            "a second `alternate`",
        );
        VALID.changed(link, "<link/>", "`<link>` has no `href`");
        VALID.changed("href=\"https://example.org/a\"", "href=\"/a\"", "warning: `/a` is relative");
        let based = VALID
            .replace("<entry>", "<entry xml:base='https://example.org/'>")
            .replace("\"https://example.org/a\"", "\"/a\"");
        assert_eq!(findings(&based), [""; 0]);
        VALID.changed("type=\"text/html\"", "type=\"html\"", "`html` is no media type");
        VALID.changed("hreflang=\"en\"", "hreflang=\"english\"", "is not a language tag");
        VALID.changed(" term=\"a\"", "", "`<category>` has no `term`");
        let empty = VALID.replace(link, "");
        assert_eq!(findings(&empty), [""; 0]);
        let content = VALID.between("<content", "</entry>");
        assert_single(&empty.replacen(content, "", 1), "neither `<content>` nor a link");
    }

    #[test]
    fn texts() {
        VALID.changed("<summary>", "<summary type=\"text/plain\">", "neither `text`, `html` nor `xhtml`");
        VALID.changed("Short", "<b>Short</b>", "an element within `type=\"text\"`");
        VALID.changed("<div xmlns=\"http://www.w3.org/1999/xhtml\">", "<div>", "exactly one `<div>` of XHTML");
        VALID.changed("<a href=\"https://example.org/\">", "<a onclick=\"y\">", "`onclick=\"y\"` runs a script");
    }

    #[test]
    fn bodies() {
        VALID.changed(
            "<a href=\"https://example.org/\">",
            "<a href=\"/x\">",
            "f:18:78: warning: `href=\"/x\"` is relative",
        );
        VALID.changed("&lt;b>only", "&lt;script>only", "warning: the body holds `<script>`");
        let content = VALID.between("<content", "</entry>");
        VALID.changed(
            content,
            "<content src=\"https://example.org/a.pdf\" type=\"application/pdf\">x</content>",
            "with `src` is empty",
        );
        let bare = VALID.replace("<summary>Short</summary>", "");
        assert_single(
            &bare.replacen(content, "<content src=\"https://example.org/a.pdf\"/>", 1),
            "needs a `<summary>`",
        );
        assert_single(&bare.replacen(content, "<content type=\"image/png\">AA</content>", 1), "needs a `<summary>`");
        VALID.changed(content, "<content type=\"htm\">a</content>", "neither `text`");
    }
}
