//! JSON Feed 1.1, and 1.0 by the same rules.

use std::collections::HashMap;
use std::ops::Range;

use super::value::{excerpt, is_absolute_url, is_media_type, rfc3339};
use super::{Findings, MAX_NODES, Spanned, html};
use crate::diagnostics::suggestion;
use crate::source::{Kind, Node, SpannedDocument, Syntax};

const VERSIONS: [&str; 2] = ["https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1"];

/// A key of the format, whether it is required, the check of its value.
type Rule = (&'static str, bool, fn(&mut Findings<'_>, &Node, &str));

const FEED: &[Rule] = &[
    ("version", true, version),
    ("title", true, feed_title),
    ("home_page_url", false, url),
    ("feed_url", false, url),
    ("description", false, text),
    ("user_comment", false, text),
    ("next_url", false, url),
    ("icon", false, url),
    ("favicon", false, url),
    ("author", false, author),
    ("authors", false, authors),
    ("language", false, language),
    ("expired", false, boolean),
    ("hubs", false, hubs),
    ("items", true, items),
];
const ITEM: &[Rule] = &[
    ("id", true, non_empty),
    ("url", false, url),
    ("external_url", false, url),
    ("title", false, title),
    ("content_html", false, html_body),
    ("content_text", false, text),
    ("summary", false, text),
    ("image", false, url),
    ("banner_image", false, url),
    ("date_published", false, date),
    ("date_modified", false, date),
    ("author", false, author),
    ("authors", false, authors),
    ("tags", false, tags),
    ("language", false, language),
    ("attachments", false, attachments),
];
const AUTHOR: &[Rule] = &[("name", false, text), ("url", false, url), ("avatar", false, url)];
const HUB: &[Rule] = &[("type", true, non_empty), ("url", true, url)];
const ATTACHMENT: &[Rule] = &[
    ("url", true, url),
    ("mime_type", true, media_type),
    ("title", false, text),
    ("size_in_bytes", false, number),
    ("duration_in_seconds", false, number),
];

impl Spanned for &Node {
    fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// Checks a JSON document; returns the number of items, or `None` if it is not a feed.
pub fn lint(findings: &mut Findings<'_>) -> Option<usize> {
    if let Some(at) = first_excess_value(findings.text) {
        let message = format!("more than {MAX_NODES} values; no reader takes that");
        findings.error(at..at + 1, message).help("split the feed with `next_url`");
        return Some(0);
    }
    let spanned = SpannedDocument::parse(findings.text, Syntax::Json);
    for error in spanned.errors {
        findings.error(error.span, error.message).help("readers refuse the whole feed for it");
    }
    let root = &spanned.root;
    if root.span.is_empty() {
        return Some(0);
    }
    let claims = text_at(root, "version").is_some_and(|version| version.contains("jsonfeed.org"));
    if !claims && get(root, "items").is_none() {
        let message = "this JSON document is no feed: it has neither the `version` of JSON Feed nor `items`";
        findings.error(start_of(root), message);
        return None;
    }
    keys(findings, root, FEED, "the feed");
    feed(findings, root);
    Some(list_at(root, "items").len())
}

/// The offset of the first value beyond the limit.
fn first_excess_value(text: &str) -> Option<usize> {
    let (mut count, mut is_string, mut is_escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b',' | b'[' | b'{' if !is_string => count += 1,
            _ => {}
        }
        if count > MAX_NODES {
            return Some(at);
        }
    }
    None
}

/// Checks the keys of an object by the rules of the format; messages name it `owner`.
fn keys(findings: &mut Findings<'_>, node: &Node, rules: &[Rule], owner: &str) {
    let Kind::Table(rows) = &node.kind else {
        findings.error(node, format!("{owner} is an object (JSON Feed)"));
        return;
    };
    for (key, span, value) in rows.iter().filter(|(.., value)| !matches!(value.kind, Kind::Null)) {
        if let Some((_, _, check)) = rules.iter().find(|(name, ..)| name == key) {
            check(findings, value, key);
        } else if !key.starts_with('_') {
            let names: Vec<&str> = rules.iter().map(|(name, ..)| *name).collect();
            let near = suggestion(key, &names).filter(|help| help.starts_with("did you mean"));
            let help = near.unwrap_or_else(|| "the name of an extension begins with `_`".to_owned());
            findings.warning(span.clone(), format!("`{}` is no key of {owner} (JSON Feed)", excerpt(key))).help(help);
        }
    }
    for (key, ..) in rules.iter().filter(|(key, is_needed, _)| *is_needed && get(node, key).is_none()) {
        findings
            .error(start_of(node), format!("{owner} has no `{key}`, which readers need (JSON Feed)"))
            .help("write it");
    }
}

/// Checks that involve several keys of a feed.
fn feed(findings: &mut Findings<'_>, root: &Node) {
    let (own, next) = (text_at(root, "feed_url"), text_at(root, "next_url"));
    if own.is_none() {
        let message = "no `feed_url`: readers that were handed the file cannot subscribe (JSON Feed)";
        findings.warning(start_of(root), message).help("write the feed's own address");
    } else if own == next {
        let message = "`next_url` is the feed itself, so a reader never comes to the end (JSON Feed)";
        findings.error(start_of(root), message).help("leave it out of the last document");
    }
    let items = list_at(root, "items");
    if get(root, "language").is_none() && items.iter().any(|item| get(item, "language").is_none()) {
        let message =
            "the feed does not say its language: readers guess font, direction and translation (JSON Feed 1.1)";
        findings.warning(start_of(root), message).help("write `\"language\": \"en\"`");
    }
    if get(root, "author").is_some() && get(root, "authors").is_none() {
        let message = "`author` alone is JSON Feed 1.0; readers of 1.1 look for `authors`";
        findings.warning(start_of(root), message).help("write `\"authors\": [{…}]`");
    }
    let mut seen = HashMap::new();
    for (item, id) in items.iter().filter_map(|item| Some((get(item, "id")?, text_at(item, "id")?))) {
        if let Some(first) = seen.insert(id, item) {
            let message = "two items have the same `id`; readers show one of them (JSON Feed)";
            findings.error(item, message).help("give each its own").related("the other", first);
        }
    }
}

fn items(findings: &mut Findings<'_>, node: &Node, key: &str) {
    for item in list(findings, node, key) {
        keys(findings, item, ITEM, "the item");
        let has_body = get(item, "content_html").or(get(item, "content_text")).is_some();
        if !has_body && matches!(item.kind, Kind::Table(_)) {
            let message =
                "the item has neither `content_html` nor `content_text`, one of which is required (JSON Feed)";
            findings.error(start_of(item), message).help("write the summary, or the title, as `content_text`");
        }
    }
}

fn version(findings: &mut Findings<'_>, node: &Node, _: &str) {
    if !matches!(&node.kind, Kind::Text(text) if VERSIONS.contains(&text.as_str())) {
        let message = "this is no version of JSON Feed, by which readers know it (JSON Feed)";
        findings.error(node, message).help(format!("write `\"{}\"`", VERSIONS[0]));
    }
}

fn author(findings: &mut Findings<'_>, node: &Node, _: &str) {
    keys(findings, node, AUTHOR, "the author");
    let is_identified = AUTHOR.iter().any(|(key, ..)| get(node, key).is_some());
    if !is_identified && matches!(node.kind, Kind::Table(_)) {
        findings.error(start_of(node), "an author has a `name`, a `url` or an `avatar` (JSON Feed)");
    }
}

fn authors(findings: &mut Findings<'_>, node: &Node, key: &str) {
    list(findings, node, key).iter().for_each(|node| author(findings, node, key));
}

fn hubs(findings: &mut Findings<'_>, node: &Node, key: &str) {
    list(findings, node, key).iter().for_each(|hub| keys(findings, hub, HUB, "the hub"));
}

fn attachments(findings: &mut Findings<'_>, node: &Node, key: &str) {
    list(findings, node, key).iter().for_each(|attachment| keys(findings, attachment, ATTACHMENT, "the attachment"));
}

fn tags(findings: &mut Findings<'_>, node: &Node, key: &str) {
    list(findings, node, key).iter().for_each(|tag| text(findings, tag, "a tag"));
}

fn text(findings: &mut Findings<'_>, node: &Node, key: &str) {
    string(findings, node, key);
}

/// The text of a value that must be a string.
fn string<'n>(findings: &mut Findings<'_>, node: &'n Node, key: &str) -> Option<&'n str> {
    if let Kind::Text(text) = &node.kind {
        return Some(text);
    }
    findings.error(node, format!("`{key}` is a string (JSON Feed)")).help("put it into quotes");
    None
}

fn non_empty(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if string(findings, node, key).is_some_and(|text| text.trim().is_empty()) {
        findings.error(node, format!("an empty `{key}` (JSON Feed)"));
    }
}

fn feed_title(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if matches!(&node.kind, Kind::Text(text) if !text.trim().is_empty()) {
        title(findings, node, key);
    } else {
        non_empty(findings, node, key);
    }
}

fn title(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if let Some(text) = string(findings, node, key) {
        html::check_title(findings, node.span.clone(), text);
    }
}

fn url(findings: &mut Findings<'_>, node: &Node, key: &str) {
    let Some(text) = string(findings, node, key) else { return };
    let why = match is_absolute_url(text) {
        Ok(true) => return,
        Ok(false) => "is relative, and JSON Feed has nothing that it could be relative to".to_owned(),
        Err(why) => why,
    };
    findings.error(node, format!("`{}` {why}", excerpt(text))).help("write the whole address, `https://…`");
}

fn date(findings: &mut Findings<'_>, node: &Node, key: &str) {
    let Some(text) = string(findings, node, key) else { return };
    // RFC 3339 itself allows lower case.
    if let Err(why) = rfc3339(&text.to_ascii_uppercase()) {
        let help = "readers that cannot read a date sort the item wrongly, or drop it";
        findings.error(node, format!("`{}` {why} (JSON Feed)", excerpt(text))).help(help);
    }
}

fn language(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if let Some(tag) = string(findings, node, key) {
        findings.language(node, tag);
    }
}

fn html_body(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if let Some(html) = string(findings, node, key) {
        html::report(findings, node.span.clone(), &html::scan(html), false);
    }
}

fn media_type(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if string(findings, node, key).is_some_and(|kind| !is_media_type(kind)) {
        findings.error(node, "this is no media type (JSON Feed)").help("write one such as `audio/mpeg`");
    }
}

fn number(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if !matches!(node.kind, Kind::Integer(0..) | Kind::Float(0.0..)) {
        findings.error(node, format!("`{key}` is a number (JSON Feed)"));
    }
}

fn boolean(findings: &mut Findings<'_>, node: &Node, key: &str) {
    if !matches!(node.kind, Kind::Bool(_)) {
        findings.error(node, format!("`{key}` is true or false (JSON Feed)"));
    }
}

/// The items of a value that must be a list; any other value is a finding, and has none.
fn list<'n>(findings: &mut Findings<'_>, node: &'n Node, key: &str) -> &'n [Node] {
    if let Kind::List(items) = &node.kind {
        return items;
    }
    findings.error(node, format!("`{key}` is a list (JSON Feed)"));
    &[]
}

/// The value of a key; `null` counts as absent.
fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Table(rows) = &node.kind else { return None };
    let value = rows.iter().find(|(name, ..)| name == key).map(|(.., node)| node);
    value.filter(|node| !matches!(node.kind, Kind::Null))
}

fn text_at<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    get(node, key).and_then(|node| if let Kind::Text(text) = &node.kind { Some(text.as_str()) } else { None })
}

fn list_at<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    get(node, key).map_or(&[], |node| if let Kind::List(items) = &node.kind { items } else { &[] })
}

/// The first byte of a value.
fn start_of(node: &Node) -> Range<usize> {
    node.span.start..node.span.start + 1
}

#[cfg(test)]
pub mod tests {
    use super::super::harness::{ValidFeed, assert_single, findings};

    pub const VALID: ValidFeed = ValidFeed(
        r#"{
  "version": "https://jsonfeed.org/version/1.1",
  "title": "News",
  "home_page_url": "https://example.org/",
  "feed_url": "https://example.org/feed.json",
  "next_url": "https://example.org/feed-2.json",
  "language": "en",
  "authors": [{"name": "Press", "url": "https://example.org/"}],
  "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
  "_own": {"about": "x"},
  "items": [
    {
      "id": "1",
      "url": "https://example.org/1",
      "title": "One",
      "content_html": "<p lang=\"en\">Long</p>",
      "date_published": "2014-11-24T09:30:00+01:00",
      "tags": ["a"],
      "attachments": [{"url": "https://example.org/1.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 1}]
    }
  ]
}
"#,
    );

    #[test]
    fn a_valid_feed_has_no_findings() {
        VALID.is_valid();
        let old = VALID.replace("/1.1\"", "/1\"");
        assert_eq!(findings(&old), [""; 0]);
    }

    #[test]
    fn titles_are_plain_text() {
        VALID.changed("\"title\": \"News\"", "\"title\": \"A &amp; B\"", "warning: the title is plain text");
        VALID.changed("\"title\": \"News\"", "\"title\": 3", "error");
    }

    #[test]
    fn syntax_and_kind() {
        assert_single("{\"version\": \"https://jsonfeed.org/version/1.1\",", "the text ends without its closing");
        VALID.changed(
            "\"title\": \"News\",",
            "\"title\": \"News\", \"title\": \"x\",",
            "the key `title` is written twice",
        );
        let result = super::super::lint("f", b"{\"name\": \"package\"}");
        assert!(!result.is_feed && result.diagnostics.len() == 1);
        assert!(!super::super::lint("f", b"[1]").is_feed);
        assert_single(&"[".repeat(1_000_000), "the text ends without its closing");
        assert_single(&format!("[{}1]", "1,".repeat(super::MAX_NODES)), "more than 8000000 values");
    }

    #[test]
    fn feeds() {
        VALID.changed(
            "\"version\": \"https://jsonfeed.org/version/1.1\",",
            "",
            "f:1:1: error: the feed has no `version`",
        );
        VALID.changed("version/1.1", "version/2", "f:2:14: error: this is no version");
        VALID.changed("\"title\": \"News\",", "", "the feed has no `title`");
        VALID.changed("\"title\": \"News\",", "\"title\": 1,", "`title` is a string");
        VALID.changed("\"title\": \"News\",", "\"title\": \"\",", "error: an empty `title`");
        VALID.changed("https://example.org/\",\n  \"feed_url", "/\",\n  \"feed_url", "`/` is relative");
        VALID.changed("\"feed_url\": \"https://example.org/feed.json\",", "", "warning: no `feed_url`");
        VALID.changed("feed-2.json", "feed.json", "`next_url` is the feed itself");
        VALID.changed("\"items\"", "\"expired\": 1, \"items\"", "`expired` is true or false");
        VALID.changed("\"items\"", "\"descripton\": \"\", \"items\"", "warning: `descripton` is no key of the feed");
        VALID.changed("\"type\": \"WebSub\", ", "", "the hub has no `type`");
        assert_single(
            "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"a\", \"feed_url\": \"https://e.example\"}",
            "no `items`",
        );
        assert_single(
            "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"a\", \"feed_url\": \"https://e.example\", \"items\": {}}",
            "`items` is a list",
        );
    }

    #[test]
    fn languages() {
        VALID.changed("\"language\": \"en\",", "", "warning: the feed does not say its language");
        VALID.changed("\"language\": \"en\",", "\"language\": \"en_US\",", "write `-` instead of `_`");
        let each = VALID.replace("\"language\": \"en\",", "").replace("\"id\"", "\"language\": \"ru\", \"id\"");
        assert_eq!(findings(&each), [""; 0]);
        VALID.changed("\"id\"", "\"language\": 1, \"id\"", "`language` is a string");
    }

    #[test]
    fn people() {
        VALID.changed("{\"name\": \"Press\", \"url\": \"https://example.org/\"}", "{}", "an author has a `name`");
        VALID.changed(
            "\"authors\": [{\"name\": \"Press\", \"url\": \"https://example.org/\"}]",
            "\"author\": {\"name\": \"Press\"}",
            "warning: `author` alone",
        );
        VALID.changed(
            "\"Press\", \"url\": \"https://example.org/\"",
            "\"Press\", \"url\": \"example.org\"",
            "is relative",
        );
    }

    #[test]
    fn items() {
        VALID.changed("\"id\": \"1\",", "", "f:12:5: error: the item has no `id`");
        VALID.changed("\"id\": \"1\"", "\"id\": 1", "f:13:13: error: `id` is a string");
        VALID.changed("\"id\": \"1\"", "\"id\": \" \"", "an empty `id`");
        VALID.changed(
            "\"items\": [",
            "\"items\": [{\"id\": \"1\", \"content_text\": \"a\"},",
            "two items have the same `id`",
        );
        VALID.changed("\"items\": [", "\"items\": [1,", "the item is an object");
        VALID.changed(
            "\"content_html\": \"<p lang=\\\"en\\\">Long</p>\",",
            "",
            "neither `content_html` nor `content_text`",
        );
        VALID.changed("2014-11-24T09:30:00+01:00", "2014-11-24", "f:17:25: error: `2014-11-24` is no RFC 3339 date");
        VALID.changed("T09:30:00+01:00\"", "t09:30:00z\", \"date_modified\": 1", "`date_modified` is a string");
        VALID.changed("[\"a\"]", "[1]", "`a tag` is a string");
        VALID.changed("\"https://example.org/1\"", "\"/1\"", "is relative");
    }

    #[test]
    fn attachments() {
        VALID.changed(", \"mime_type\": \"audio/mpeg\"", "", "the attachment has no `mime_type`");
        VALID.changed("audio/mpeg", "mp3", "this is no media type");
        VALID.changed("\"size_in_bytes\": 1", "\"size_in_bytes\": \"1\"", "`size_in_bytes` is a number");
        VALID.changed("{\"url\": \"https://example.org/1.mp3\", ", "{", "the attachment has no `url`");
    }

    #[test]
    fn bodies() {
        VALID.changed("Long", "<img src='/x.png'>", "f:16:49: warning: `src=\"/x.png\"` is relative");
        VALID.changed("Long", "<script>", "warning: the body holds `<script>`");
    }
}
