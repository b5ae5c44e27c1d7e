//! RSS 2.0: the specification, and the RSS Advisory Board's Best Practices Profile.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset};

use super::Findings;
use super::html::check_title;
use super::value::{excerpt, is_absolute_url, is_email, rfc822};
use super::xml::Cardinality::{Optional, Repeatable, Required};
use super::xml::{
    ATOM, Node, RelativeUrl, Rule, check_url, child, children, content_span, elements, html_body, is_blank, length,
    link, media_type, no_check, own_language, require_language, require_self_link, required, text_of,
};

const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const DUBLIN_CORE: &str = "http://purl.org/dc/elements/1.1/";

const ROOT: &[Rule] = &[("channel", Required, channel)];
const CHANNEL: &[Rule] = &[
    ("title", Required, title),
    ("link", Required, url),
    ("description", Required, non_empty),
    ("language", Optional, language),
    ("copyright", Optional, no_check),
    ("managingEditor", Optional, email),
    ("webMaster", Optional, email),
    ("pubDate", Optional, date),
    ("lastBuildDate", Optional, date),
    ("category", Repeatable, category),
    ("generator", Optional, no_check),
    ("docs", Optional, url),
    ("cloud", Optional, no_check),
    ("ttl", Optional, minutes),
    ("image", Optional, image),
    ("rating", Optional, no_check),
    ("textInput", Optional, no_check),
    ("skipHours", Optional, no_check),
    ("skipDays", Optional, no_check),
    ("item", Repeatable, item),
];
const IMAGE: &[Rule] = &[
    ("url", Required, url),
    ("title", Required, no_check),
    ("link", Required, url),
    ("width", Optional, no_check),
    ("height", Optional, no_check),
    ("description", Optional, no_check),
];
const ITEM: &[Rule] = &[
    ("title", Optional, plain_title),
    ("link", Optional, url),
    ("description", Optional, html),
    ("author", Optional, email),
    ("category", Repeatable, category),
    ("comments", Optional, url),
    ("enclosure", Repeatable, enclosure),
    ("guid", Optional, guid),
    ("pubDate", Optional, date),
    ("source", Optional, source),
];

/// Checks a feed; returns the number of its items.
pub fn lint(findings: &mut Findings<'_>, root: Node<'_>) -> usize {
    if let Some(version) = required(findings, root, "version", "RSS 2.0").filter(|version| version.value() != "2.0") {
        let message = format!("RSS `{}`, which is judged here by the rules of 2.0", excerpt(version.value()));
        findings.warning(version, message).help("write `version=\"2.0\"`");
    }
    elements(findings, root, None, ROOT, "RSS 2.0");
    child(root, None, "channel").map_or(0, |channel| children(channel, None, "item").count())
}

fn channel(findings: &mut Findings<'_>, channel: Node<'_>) {
    elements(findings, channel, None, CHANNEL, "RSS 2.0");
    extensions(findings, channel);
    require_self_link(findings, channel, "atom:link", "RSS Best Practices");
    let items: Vec<Node<'_>> = children(channel, None, "item").collect();
    let declares =
        |node: Node<'_>| child(node, Some(DUBLIN_CORE), "language").is_some() || own_language(node).is_some();
    let is_marked =
        child(channel, None, "language").is_some() || declares(channel) || items.iter().all(|item| declares(*item));
    require_language(findings, channel, is_marked, "write `<language>en</language>`");
    dates_in_order(findings, channel, &items);
    unique_ids(findings, &items);
}

/// Checks the elements of other namespaces in channels and items.
fn extensions(findings: &mut Findings<'_>, node: Node<'_>) {
    children(node, Some(ATOM), "link").for_each(|node| link(findings, node));
    children(node, Some(DUBLIN_CORE), "language").for_each(|node| language(findings, node));
    children(node, Some(CONTENT), "encoded").for_each(|node| html(findings, node));
}

fn item(findings: &mut Findings<'_>, item: Node<'_>) {
    elements(findings, item, None, ITEM, "RSS 2.0");
    extensions(findings, item);
    let has = |name| child(item, None, name).is_some_and(|node| !is_blank(node));
    if !has("title") && !has("description") {
        let message = "the item has neither title nor description: readers have nothing to show (RSS 2.0)";
        findings.error(item, message).help("write a `<title>`");
    }
    if child(item, None, "guid").is_none() {
        let message = "the item has no `<guid>`: when its title or link is corrected, readers show it twice (RSS 2.0)";
        findings.warning(item, message).help("write `<guid isPermaLink=\"false\">` with an id that never changes");
    }
    let mut enclosures = children(item, None, "enclosure");
    if let (Some(first), Some(second)) = (enclosures.next(), enclosures.next()) {
        let message = "a second `<enclosure>`: readers differ in which they play (RSS Best Practices)";
        let help = "leave one; further ones may be `<atom:link rel=\"enclosure\">`";
        findings.warning(second, message).help(help).related("the first", first);
    }
    let Some(full) = child(item, Some(CONTENT), "encoded").filter(|full| !is_blank(*full)) else { return };
    let short = child(item, None, "description").filter(|short| short.range().start < full.range().start);
    if short.is_none() {
        let message =
            "no `<description>` before `<content:encoded>`: not all readers know the latter (RSS Best Practices)";
        findings.warning(full, message).help("put a summary into `<description>`");
    } else if short.is_some_and(|short| text_of(short).trim() == text_of(full).trim()) {
        let message =
            "`<description>` and `<content:encoded>` say the same: readers show it twice (RSS Best Practices)";
        findings.warning(full, message).help("put a summary into `<description>`");
    }
}

fn non_empty(findings: &mut Findings<'_>, node: Node<'_>) {
    if is_blank(node) {
        findings.warning(node, format!("an empty `<{}>`: readers list the feed by it", node.tag_name().name()));
    }
}

fn title(findings: &mut Findings<'_>, node: Node<'_>) {
    non_empty(findings, node);
    plain_title(findings, node);
}

fn plain_title(findings: &mut Findings<'_>, node: Node<'_>) {
    check_title(findings, content_span(node), &text_of(node));
}

fn category(findings: &mut Findings<'_>, node: Node<'_>) {
    if is_blank(node) {
        findings
            .warning(node, "an empty `<category>`: readers that list categories list it (RSS 2.0)")
            .help("leave it out");
    }
}

fn url(findings: &mut Findings<'_>, node: Node<'_>) {
    check_url(findings, node, None, RelativeUrl::Forbidden);
    let text = text_of(node);
    if !text.is_ascii() && is_absolute_url(text.trim()) == Ok(true) {
        let message = format!("`{}` has letters that a URL does not have (RSS 2.0, RFC 3986 §2)", excerpt(&text));
        findings.warning(content_span(node), message).help("encode them: the host as `xn--…`, the rest as `%C3%A9`");
    }
}

fn language(findings: &mut Findings<'_>, node: Node<'_>) {
    findings.language(content_span(node), text_of(node).trim());
}

fn minutes(findings: &mut Findings<'_>, node: Node<'_>) {
    if text_of(node).trim().parse::<u32>().is_err() {
        findings.error(
            content_span(node),
            format!("`{}` is no number of minutes (RSS 2.0, `<ttl>`)", excerpt(&text_of(node))),
        );
    }
}

fn image(findings: &mut Findings<'_>, image: Node<'_>) {
    elements(findings, image, None, IMAGE, "RSS 2.0");
}

fn source(findings: &mut Findings<'_>, source: Node<'_>) {
    if let Some(url) = required(findings, source, "url", "RSS 2.0") {
        check_url(findings, source, Some(url), RelativeUrl::Forbidden);
    }
}

fn date(findings: &mut Findings<'_>, node: Node<'_>) {
    let text = text_of(node);
    match rfc822(&text) {
        Ok(date) if date.has_short_year => {
            findings
                .warning(content_span(node), "a year of two digits: readers guess the century (RSS 2.0)")
                .help("write four");
        }
        Ok(_) => {}
        Err(why) => {
            let help = "readers that cannot read a date sort the item wrongly, or drop it";
            findings.error(content_span(node), format!("`{}` {why} (RSS 2.0)", excerpt(&text))).help(help);
        }
    }
}

/// The child element of a name, and its date.
fn dated<'d>(node: Node<'d>, name: &'d str) -> Option<(Node<'d>, DateTime<FixedOffset>)> {
    let node = child(node, None, name)?;
    Some((node, rfc822(&text_of(node)).ok()?.instant))
}

/// Checks that no item is newer than its feed.
fn dates_in_order(findings: &mut Findings<'_>, channel: Node<'_>, items: &[Node<'_>]) {
    let Some((_, built)) = dated(channel, "lastBuildDate") else { return };
    for (node, _) in items.iter().filter_map(|item| dated(*item, "pubDate")).filter(|(_, at)| *at > built) {
        let message = "the item is newer than its feed: readers that go by `<lastBuildDate>` miss it";
        findings.warning(content_span(node), message).help("`<lastBuildDate>` is the newest of the items' dates");
    }
}

fn email(findings: &mut Findings<'_>, node: Node<'_>) {
    let text = text_of(node);
    if !is_email(&text) {
        let name = node.tag_name().name();
        let message = format!("`{}` is no email address, which `<{name}>` is (RSS 2.0)", excerpt(&text));
        findings
            .error(content_span(node), message)
            .help("write `a@example.org (Name)`, or a name alone in `<dc:creator>`");
    }
}

/// Checks a guid: a URL unless `isPermaLink` is `false`.
fn guid(findings: &mut Findings<'_>, guid: Node<'_>) {
    let text = text_of(guid);
    let value = text.trim();
    let is_link = guid.attribute("isPermaLink").unwrap_or("true");
    if value.is_empty() {
        findings.error(guid, "an empty `<guid>` (RSS 2.0)").help("write an id that never changes");
    } else if !matches!(is_link, "true" | "false") {
        findings.error(guid, format!("isPermaLink `{}` is neither `true` nor `false` (RSS 2.0)", excerpt(is_link)));
    } else if is_link == "true" && !(value.starts_with("http") && is_absolute_url(value) == Ok(true)) {
        let message =
            format!("`{}` is no web address, but a `<guid>` is one unless it says otherwise (RSS 2.0)", excerpt(value));
        findings.error(content_span(guid), message).help("write `<guid isPermaLink=\"false\">`");
    }
}

/// Checks that guids are unique.
fn unique_ids(findings: &mut Findings<'_>, items: &[Node<'_>]) {
    let mut seen = HashMap::new();
    for guid in items.iter().filter_map(|item| child(*item, None, "guid")) {
        if let Some(first) = seen.insert(text_of(guid).trim().to_owned(), guid) {
            let message = "two items have the same `<guid>`; readers show one of them (RSS 2.0)";
            findings
                .error(content_span(guid), message)
                .help("give each its own")
                .related("the other", content_span(first));
        }
    }
}

fn enclosure(findings: &mut Findings<'_>, enclosure: Node<'_>) {
    if let Some(url) = required(findings, enclosure, "url", "RSS 2.0") {
        check_url(findings, enclosure, Some(url), RelativeUrl::Forbidden);
    }
    if let Some(size) = required(findings, enclosure, "length", "RSS 2.0; `0` where it is not known") {
        length(findings, size);
    }
    if let Some(kind) = required(findings, enclosure, "type", "RSS 2.0") {
        media_type(findings, kind);
    }
}

/// Checks an HTML body, escaped or in CDATA.
fn html(findings: &mut Findings<'_>, node: Node<'_>) {
    if let Some(element) = node.children().find(Node::is_element) {
        let message = "an element within text: readers drop it, and the text with it (RSS 2.0)";
        findings.error(element, message).help("escape the markup, or put it into `<![CDATA[…]]>`");
    }
    html_body(findings, node, false);
}

#[cfg(test)]
pub mod tests {
    use super::super::harness::{ValidFeed, assert_single, findings};

    pub const VALID: ValidFeed = ValidFeed(
        r#"<?xml version="1.0"?>
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
"#,
    );

    #[test]
    fn a_valid_feed_has_no_findings() {
        VALID.is_valid();
    }

    #[test]
    fn what_readers_show_as_it_stands() {
        for (title, shown) in [
            ("One &lt;b&gt;only&lt;/b&gt;", "`<b>`"),
            ("<![CDATA[One<br/>two]]>", "`<br>`"),
            ("A &amp;amp; B", "`&amp;`"),
            ("A &amp;#8217; B", "`&#8217;`"),
            ("A &amp;nbsp; B", "`&nbsp;`"),
        ] {
            let expected = format!("f:14:12: warning: the title is plain text, so readers show {shown}");
            VALID.changed("<title>One", &format!("<title>{title}"), &expected);
        }
        for title in ["AT&amp;T", "x &lt; y &gt; z", "a&amp;b;c", "&lt;tidings&gt;", "R&amp;D; more"] {
            assert_eq!(findings(&VALID.replace("<title>One", &format!("<title>{title}"))), [""; 0], "{title}");
        }
        VALID.changed(
            "<link>https://example.org/1",
            "<link>https://example.org/é",
            "f:15:11: warning: `https://example.org/é` has letters",
        );
        VALID.changed("<guid", "<category> </category><guid", "warning: an empty `<category>`");
        VALID.changed("Short", "Sho\u{85}rt", "f:16:21: warning: the character U+0085, which no text has");
        VALID.changed(
            "Short",
            "\u{fffd}\u{fffd}",
            "the character U+FFFD, which no text has: it was decoded wrongly (1 more",
        );
        VALID.changed("<p>Long</p>", "<math><mi>x</mi></math>", "warning: the body holds `<math>`");
        VALID.changed("<p>Long</p>", "<bdo dir='rtl'>x</bdo>", "warning: the body holds `<bdo>`");
    }

    #[test]
    fn channels() {
        assert_single("<rss version='2.0'/>", "`<rss>` has no `<channel>`");
        VALID.changed(" version=\"2.0\"", "", "`<rss>` has no `version`");
        VALID.changed("\"2.0\"", "\"0.92\"", "warning: RSS `0.92`");
        VALID.changed("  <title>News</title>\n", "", "f:3:1: error: `<channel>` has no `<title>`");
        VALID.changed("<link>https://example.org/</link>\n  <desc", "<desc", "`<channel>` has no `<link>`");
        VALID.changed("<description>All of it</description>", "<description/>", "warning: an empty `<description>`");
        VALID.changed(
            "<link>https://example.org/</link>",
            "<link>example.org</link>",
            "error: `example.org` is relative",
        );
        VALID.changed("<ttl>60", "<ttl>1h", "`1h` is no number of minutes");
        VALID.changed("<url>https://example.org/i.png</url>", "", "`<image>` has no `<url>`");
        VALID.changed("<ttl>60</ttl>", "<ttl>60</ttl><ttl>60</ttl>", "a second `<ttl>`");
        VALID.changed("<ttl>60</ttl>", "<lastbuilddate/>", "`<lastbuilddate>` has no place in `<channel>`");
        VALID.changed("rel=\"self\"", "rel=\"via\"", "warning: no `<atom:link rel=\"self\">`");
        VALID.changed("</channel>", "</channel><item/>", "`<item>` has no place in `<rss>`");
    }

    #[test]
    fn languages() {
        VALID.changed("<language>en-us</language>", "", "warning: the feed does not say its language");
        VALID.changed("en-us", "English", "is not a language tag");
        let each =
            VALID.replace("<language>en-us</language>", "").replace("<item>", "<item><dc:language>ru</dc:language>");
        assert_eq!(findings(&each), [""; 0]);
        VALID.changed("<item>", "<item><dc:language>ru_RU</dc:language>", "write `-` instead of `_`");
    }

    #[test]
    fn dates() {
        VALID.changed(
            "Mon, 24 Nov",
            "Sun, 24 Nov",
            "f:19:14: error: `Sun, 24 Nov 2014 09:30:00 +0100` is no RFC 822 date: the day was a Mon",
        );
        VALID.changed("24 Nov 2014", "24 ноября 2014", "`ноября` is no month");
        VALID.changed("24 Nov 2014", "24 Nov 14", "warning: a year of two digits");
        VALID.changed("Tue, 25 Nov 2014 00:00:00 GMT", "2014-11-25", "is no RFC 822 date");
        VALID.changed("Tue, 25 Nov", "Sun, 23 Nov", "warning: the item is newer than its feed");
    }

    #[test]
    fn items() {
        let bare = VALID.replace("<title>One</title>", "");
        assert_eq!(findings(&bare), [""; 0]);
        let empty = bare.replace("<description>Short</description>", "<description/>");
        assert_single(&empty, "neither title nor description");
        VALID.changed("<link>https://example.org/1", "<link>/1", "error: `/1` is relative");
        VALID.changed("<author>a@example.org", "<author>Ann", "`Ann` is no email address, which `<author>` is");
        VALID.changed("<pubDate>", "<pubdate/><pubDate>", "`<pubdate>` has no place in `<item>`");
        VALID.changed(" url=\"https://example.org/rss.xml\">", ">", "`<source>` has no `url`");
        VALID.changed("<pubDate>", "<atom:link/><pubDate>", "`<link>` has no `href`");
    }

    #[test]
    fn guids() {
        let guid = "<guid isPermaLink=\"false\">1</guid>";
        VALID.changed(guid, "", "f:13:3: warning: the item has no `<guid>`");
        VALID.changed(guid, "<guid>1</guid>", "`1` is no web address, but a `<guid>` is one");
        VALID.changed(guid, "<guid>tag:example.org,2014:1</guid>", "is no web address");
        VALID.changed(guid, "<guid isPermaLink='no'>1</guid>", "neither `true` nor `false`");
        VALID.changed(guid, "<guid isPermaLink='false'/>", "an empty `<guid>`");
        let item = VALID.between("<item>", "</channel>");
        VALID.changed("</channel>", &format!("{item}</channel>"), "error: two items have the same `<guid>`");
    }

    #[test]
    fn enclosures() {
        VALID.changed(" url=\"https://example.org/1.mp3\"", "", "`<enclosure>` has no `url`");
        VALID.changed("https://example.org/1.mp3", "1.mp3", "error: `1.mp3` is relative");
        VALID.changed("length=\"1\"", "", "`<enclosure>` has no `length`");
        VALID.changed("length=\"1\"", "length=\"1 MB\"", "`1 MB` is no number of bytes");
        VALID.changed("audio/mpeg", "mp3", "`mp3` is no media type");
        let more = "<enclosure url='https://example.org/2.mp3' length='0' type='audio/mpeg'/><source";
        VALID.changed("<source", more, "warning: a second `<enclosure>`");
    }

    #[test]
    fn bodies() {
        VALID.changed(
            "<p>Long</p>",
            "<p>a<img src='/b.png'><a href='c'>d</a></p>",
            "f:22:45: warning: `src=\"/b.png\"` is relative, and in a reader there is no page that it could be relative to (1 more",
        );
        VALID.changed("<p>Long</p>", "<script>Long</script>", "f:22:31: warning: the body holds `<script>`");
        VALID.changed("<p>Long</p>", "<p onmouseover='x'>a</p>", "runs a script");
        VALID.changed("<p>Long</p>", "Short", "say the same");
        VALID.changed("<description>Short</description>", "", "no `<description>` before");
        VALID.changed("Short", "Short <b>and</b> long", "an element within text");
        VALID.changed("Short", "&lt;iframe src='https://e.example'>", "f:16:18: warning: the body holds `<iframe>`");
    }
}
