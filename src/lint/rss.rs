//! RSS 2.0: the specification, and the RSS Advisory Board's Best Practices Profile.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};

use super::Notes;
use super::value::{is_absolute, is_email, rfc822, shown};
use super::xml::Times::{Any, Maybe, One};
use super::xml::{
    ATOM, Node, Relative, Rule, address, anything, body, child, children, elements, inside, is_blank, length, link,
    marked, media_type, own_language, required, self_link, text_of,
};

const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";

const ROOT: &[Rule] = &[("channel", One, channel)];
const CHANNEL: &[Rule] = &[
    ("title", One, filled),
    ("link", One, url),
    ("description", One, filled),
    ("language", Maybe, language),
    ("copyright", Maybe, anything),
    ("managingEditor", Maybe, contact),
    ("webMaster", Maybe, contact),
    ("pubDate", Maybe, date),
    ("lastBuildDate", Maybe, date),
    ("category", Any, anything),
    ("generator", Maybe, anything),
    ("docs", Maybe, url),
    ("cloud", Maybe, anything),
    ("ttl", Maybe, minutes),
    ("image", Maybe, image),
    ("rating", Maybe, anything),
    ("textInput", Maybe, anything),
    ("skipHours", Maybe, anything),
    ("skipDays", Maybe, anything),
    ("item", Any, item),
];
const IMAGE: &[Rule] = &[
    ("url", One, url),
    ("title", One, anything),
    ("link", One, url),
    ("width", Maybe, anything),
    ("height", Maybe, anything),
    ("description", Maybe, anything),
];
const ITEM: &[Rule] = &[
    ("title", Maybe, anything),
    ("link", Maybe, url),
    ("description", Maybe, html),
    ("author", Maybe, contact),
    ("category", Any, anything),
    ("comments", Maybe, url),
    ("enclosure", Any, enclosure),
    ("guid", Maybe, guid),
    ("pubDate", Maybe, date),
    ("source", Maybe, source),
];

/// Judges a feed; gives its number of items.
pub fn lint(notes: &mut Notes<'_>, root: Node<'_>) -> usize {
    if let Some(version) = required(notes, root, "version", "RSS 2.0").filter(|version| version.value() != "2.0") {
        let message = format!("RSS `{}`, which is judged here by the rules of 2.0", shown(version.value()));
        notes.warning(version, message).help("write `version=\"2.0\"`");
    }
    elements(notes, root, None, ROOT, "RSS 2.0");
    child(root, None, "channel").map_or(0, |channel| children(channel, None, "item").count())
}

fn channel(notes: &mut Notes<'_>, channel: Node<'_>) {
    elements(notes, channel, None, CHANNEL, "RSS 2.0");
    extensions(notes, channel);
    self_link(notes, channel, "atom:link", "RSS Best Practices");
    let items: Vec<Node<'_>> = children(channel, None, "item").collect();
    let says = |node: Node<'_>| child(node, Some(DUBLIN_CORE), "language").is_some() || own_language(node).is_some();
    let is_marked = child(channel, None, "language").is_some() || says(channel) || items.iter().all(|item| says(*item));
    marked(notes, channel, is_marked, "write `<language>en</language>`");
    dates(notes, channel, &items);
    unique(notes, &items);
}

/// What channels and items have of other namespaces.
fn extensions(notes: &mut Notes<'_>, node: Node<'_>) {
    children(node, Some(ATOM), "link").for_each(|node| link(notes, node));
    children(node, Some(DUBLIN_CORE), "language").for_each(|node| language(notes, node));
    children(node, Some(CONTENT), "encoded").for_each(|node| html(notes, node));
}

fn item(notes: &mut Notes<'_>, item: Node<'_>) {
    elements(notes, item, None, ITEM, "RSS 2.0");
    extensions(notes, item);
    let says = |name| child(item, None, name).is_some_and(|node| !is_blank(node));
    if !says("title") && !says("description") {
        let message = "the item has neither title nor description: readers have nothing to show (RSS 2.0)";
        notes.error(item, message).help("write a `<title>`");
    }
    if child(item, None, "guid").is_none() {
        let message = "the item has no `<guid>`: when its title or link is corrected, readers show it twice (RSS 2.0)";
        notes.warning(item, message).help("write `<guid isPermaLink=\"false\">` with an id that never changes");
    }
    let mut enclosures = children(item, None, "enclosure");
    if let (Some(first), Some(second)) = (enclosures.next(), enclosures.next()) {
        let message = "a second `<enclosure>`: readers differ in which they play (RSS Best Practices)";
        let help = "leave one; further ones may be `<atom:link rel=\"enclosure\">`";
        notes.warning(second, message).help(help).related("the first", first);
    }
    let Some(full) = child(item, Some(CONTENT), "encoded").filter(|full| !is_blank(*full)) else { return };
    let short = child(item, None, "description").filter(|short| short.range().start < full.range().start);
    if short.is_none() {
        let message =
            "no `<description>` before `<content:encoded>`: not all readers know the latter (RSS Best Practices)";
        notes.warning(full, message).help("put a summary into `<description>`");
    } else if short.is_some_and(|short| text_of(short).trim() == text_of(full).trim()) {
        let message =
            "`<description>` and `<content:encoded>` say the same: readers show it twice (RSS Best Practices)";
        notes.warning(full, message).help("put a summary into `<description>`");
    }
}

/// Readers list a feed by this.
fn filled(notes: &mut Notes<'_>, node: Node<'_>) {
    if is_blank(node) {
        notes.warning(node, format!("an empty `<{}>`: readers list the feed by it", node.tag_name().name()));
    }
}

fn url(notes: &mut Notes<'_>, node: Node<'_>) {
    address(notes, node, None, Relative::Wrong);
}

fn language(notes: &mut Notes<'_>, node: Node<'_>) {
    notes.language(inside(node), text_of(node).trim());
}

fn minutes(notes: &mut Notes<'_>, node: Node<'_>) {
    if text_of(node).trim().parse::<u32>().is_err() {
        notes.error(inside(node), format!("`{}` is no number of minutes (RSS 2.0, `<ttl>`)", shown(&text_of(node))));
    }
}

fn image(notes: &mut Notes<'_>, image: Node<'_>) {
    elements(notes, image, None, IMAGE, "RSS 2.0");
}

fn source(notes: &mut Notes<'_>, source: Node<'_>) {
    if let Some(url) = required(notes, source, "url", "RSS 2.0") {
        address(notes, source, Some(url), Relative::Wrong);
    }
}

fn date(notes: &mut Notes<'_>, node: Node<'_>) {
    let text = text_of(node);
    match rfc822(&text) {
        Ok(date) if date.is_short => {
            notes.warning(inside(node), "a year of two digits: readers guess the century (RSS 2.0)").help("write four");
        }
        Ok(_) => {}
        Err(why) => {
            let help = "readers that cannot read a date sort the item wrongly, or drop it";
            notes.error(inside(node), format!("`{}` {why} (RSS 2.0)", shown(&text))).help(help);
        }
    }
}

/// The date of an element, and where it stands.
fn dated<'d>(node: Node<'d>, name: &'d str) -> Option<(Node<'d>, DateTime<FixedOffset>)> {
    let node = child(node, None, name)?;
    Some((node, rfc822(&text_of(node)).ok()?.at))
}

/// No item is newer than its feed.
fn dates(notes: &mut Notes<'_>, channel: Node<'_>, items: &[Node<'_>]) {
    let Some((_, built)) = dated(channel, "lastBuildDate") else { return };
    for (node, _) in items.iter().filter_map(|item| dated(*item, "pubDate")).filter(|(_, at)| *at > built) {
        let message = "the item is newer than its feed: readers that go by `<lastBuildDate>` miss it";
        notes.warning(inside(node), message).help("`<lastBuildDate>` is the newest of the items' dates");
    }
}

/// Whom to write to.
fn contact(notes: &mut Notes<'_>, node: Node<'_>) {
    let text = text_of(node);
    if !is_email(&text) {
        let name = node.tag_name().name();
        let message = format!("`{}` is no email address, which `<{name}>` is (RSS 2.0)", shown(&text));
        notes.error(inside(node), message).help("write `a@example.org (Name)`, or a name alone in `<dc:creator>`");
    }
}

/// An id is a web address, unless it says otherwise.
fn guid(notes: &mut Notes<'_>, guid: Node<'_>) {
    let text = text_of(guid);
    let value = text.trim();
    let is_link = guid.attribute("isPermaLink").unwrap_or("true");
    if value.is_empty() {
        notes.error(guid, "an empty `<guid>` (RSS 2.0)").help("write an id that never changes");
    } else if !matches!(is_link, "true" | "false") {
        notes.error(guid, format!("isPermaLink `{}` is neither `true` nor `false` (RSS 2.0)", shown(is_link)));
    } else if is_link == "true" && !(value.starts_with("http") && is_absolute(value) == Ok(true)) {
        let message =
            format!("`{}` is no web address, but a `<guid>` is one unless it says otherwise (RSS 2.0)", shown(value));
        notes.error(inside(guid), message).help("write `<guid isPermaLink=\"false\">`");
    }
}

/// Each item has its own id.
fn unique(notes: &mut Notes<'_>, items: &[Node<'_>]) {
    let mut seen = HashMap::new();
    for guid in items.iter().filter_map(|item| child(*item, None, "guid")) {
        if let Some(first) = seen.insert(text_of(guid).trim().to_owned(), guid) {
            let message = "two items have the same `<guid>`; readers show one of them (RSS 2.0)";
            notes.error(inside(guid), message).help("give each its own").related("the other", inside(first));
        }
    }
}

fn enclosure(notes: &mut Notes<'_>, enclosure: Node<'_>) {
    if let Some(url) = required(notes, enclosure, "url", "RSS 2.0") {
        address(notes, enclosure, Some(url), Relative::Wrong);
    }
    if let Some(size) = required(notes, enclosure, "length", "RSS 2.0; `0` where it is not known") {
        length(notes, size);
    }
    if let Some(kind) = required(notes, enclosure, "type", "RSS 2.0") {
        media_type(notes, kind);
    }
}

/// A body, escaped or in CDATA.
fn html(notes: &mut Notes<'_>, node: Node<'_>) {
    if let Some(element) = node.children().find(Node::is_element) {
        let message = "an element within text: readers drop it, and the text with it (RSS 2.0)";
        notes.error(element, message).help("escape the markup, or put it into `<![CDATA[…]]>`");
    }
    body(notes, node, false);
}

#[cfg(test)]
pub mod tests {
    use super::super::parse::tests::{only, said};

    pub const GOOD: &str = r#"<?xml version="1.0"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
  <title>News</title>
  <link>https://example.org/</link>
  <description>All of it</description>
  <language>en-us</language>
  <managingEditor>a@example.org (A)</managingEditor>
  <lastBuildDate>Tue, 25 Nov 2014 00:00:00 GMT</lastBuildDate>
  <ttl>60</ttl>
  <image><url>https://example.org/i.png</url><title>News</title><link>https://example.org/</link></image>
  <atom:link rel="self" href="https://example.org/rss.xml" type="application/rss+xml"/>
  <item>
    <title>One</title>
    <link>https://example.org/1</link>
    <description>Short</description>
    <author>a@example.org</author>
    <guid isPermaLink="false">1</guid>
    <pubDate>Mon, 24 Nov 2014 09:30:00 +0100</pubDate>
    <enclosure url="https://example.org/1.mp3" length="1" type="audio/mpeg"/>
    <source url="https://example.org/rss.xml">News</source>
    <content:encoded><![CDATA[<p>Long</p>]]></content:encoded>
  </item>
</channel>
</rss>
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
    fn channels() {
        only("<rss version='2.0'/>", "`<rss>` has no `<channel>`");
        changed(" version=\"2.0\"", "", "`<rss>` has no `version`");
        changed("\"2.0\"", "\"0.92\"", "warning: RSS `0.92`");
        changed("  <title>News</title>\n", "", "f:3:1: error: `<channel>` has no `<title>`");
        changed("<link>https://example.org/</link>\n  <desc", "<desc", "`<channel>` has no `<link>`");
        changed("<description>All of it</description>", "<description/>", "warning: an empty `<description>`");
        changed("<link>https://example.org/</link>", "<link>example.org</link>", "error: `example.org` is relative");
        changed("<ttl>60", "<ttl>1h", "`1h` is no number of minutes");
        changed("<url>https://example.org/i.png</url>", "", "`<image>` has no `<url>`");
        changed("<ttl>60</ttl>", "<ttl>60</ttl><ttl>60</ttl>", "a second `<ttl>`");
        changed("<ttl>60</ttl>", "<lastbuilddate/>", "`<lastbuilddate>` has no place in `<channel>`");
        changed("rel=\"self\"", "rel=\"via\"", "warning: no `<atom:link rel=\"self\">`");
        changed("</channel>", "</channel><item/>", "`<item>` has no place in `<rss>`");
    }

    #[test]
    fn languages() {
        changed("<language>en-us</language>", "", "warning: the feed does not say its language");
        changed("en-us", "English", "is not a language tag");
        let each =
            GOOD.replacen("<language>en-us</language>", "", 1).replace("<item>", "<item><dc:language>ru</dc:language>");
        assert_eq!(said(&each), [""; 0]);
        changed("<item>", "<item><dc:language>ru_RU</dc:language>", "write `-` instead of `_`");
    }

    #[test]
    fn dates() {
        changed(
            "Mon, 24 Nov",
            "Sun, 24 Nov",
            "f:19:14: error: `Sun, 24 Nov 2014 09:30:00 +0100` is no RFC 822 date: the day was a Mon",
        );
        changed("24 Nov 2014", "24 ноября 2014", "`ноября` is no month");
        changed("24 Nov 2014", "24 Nov 14", "warning: a year of two digits");
        changed("Tue, 25 Nov 2014 00:00:00 GMT", "2014-11-25", "is no RFC 822 date");
        changed("Tue, 25 Nov", "Sun, 23 Nov", "warning: the item is newer than its feed");
    }

    #[test]
    fn items() {
        let bare = GOOD.replacen("<title>One</title>", "", 1);
        assert_eq!(said(&bare), [""; 0]);
        let empty = bare.replace("<description>Short</description>", "<description/>");
        only(&empty, "neither title nor description");
        changed("<link>https://example.org/1", "<link>/1", "error: `/1` is relative");
        changed("<author>a@example.org", "<author>Ann", "`Ann` is no email address, which `<author>` is");
        changed("<pubDate>", "<pubdate/><pubDate>", "`<pubdate>` has no place in `<item>`");
        changed(" url=\"https://example.org/rss.xml\">", ">", "`<source>` has no `url`");
        changed("<pubDate>", "<atom:link/><pubDate>", "`<link>` has no `href`");
    }

    #[test]
    fn guids() {
        let guid = "<guid isPermaLink=\"false\">1</guid>";
        changed(guid, "", "f:13:3: warning: the item has no `<guid>`");
        changed(guid, "<guid>1</guid>", "`1` is no web address, but a `<guid>` is one");
        changed(guid, "<guid>tag:example.org,2014:1</guid>", "is no web address");
        changed(guid, "<guid isPermaLink='no'>1</guid>", "neither `true` nor `false`");
        changed(guid, "<guid isPermaLink='false'/>", "an empty `<guid>`");
        let item = &GOOD[GOOD.find("<item>").unwrap()..GOOD.find("</channel>").unwrap()];
        changed("</channel>", &format!("{item}</channel>"), "error: two items have the same `<guid>`");
    }

    #[test]
    fn enclosures() {
        changed(" url=\"https://example.org/1.mp3\"", "", "`<enclosure>` has no `url`");
        changed("https://example.org/1.mp3", "1.mp3", "error: `1.mp3` is relative");
        changed("length=\"1\"", "", "`<enclosure>` has no `length`");
        changed("length=\"1\"", "length=\"1 MB\"", "`1 MB` is no number of bytes");
        changed("audio/mpeg", "mp3", "`mp3` is no media type");
        let more = "<enclosure url='https://example.org/2.mp3' length='0' type='audio/mpeg'/><source";
        changed("<source", more, "warning: a second `<enclosure>`");
    }

    #[test]
    fn bodies() {
        changed(
            "<p>Long</p>",
            "<p>a<img src='/b.png'><a href='c'>d</a></p>",
            "f:22:45: warning: `src=\"/b.png\"` is relative, and in a reader there is no page that it could be relative to (1 more",
        );
        changed("<p>Long</p>", "<script>Long</script>", "f:22:31: warning: the body holds `<script>`");
        changed("<p>Long</p>", "<p onmouseover='x'>a</p>", "runs a script");
        changed("<p>Long</p>", "Short", "say the same");
        changed("<description>Short</description>", "", "no `<description>` before");
        changed("Short", "Short <b>and</b> long", "an element within text");
        changed("Short", "&lt;iframe src='https://e.example'>", "f:16:18: warning: the body holds `<iframe>`");
    }
}
