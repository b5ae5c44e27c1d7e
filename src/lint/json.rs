//! JSON Feed 1.1, and 1.0 by the same rules.

use std::collections::HashMap;
use std::ops::Range;

use super::value::{is_absolute, is_media_type, rfc3339, shown};
use super::{At, MOST_PARTS, Notes, html};
use crate::diagnostics::suggestion;
use crate::source::{Kind, Node, SpannedDocument, Syntax};

const VERSIONS: [&str; 2] = ["https://jsonfeed.org/version/1.1", "https://jsonfeed.org/version/1"];

/// A key that the format has, whether it has to be there, what judges its value.
type Rule = (&'static str, bool, fn(&mut Notes<'_>, &Node, &str));

const FEED: &[Rule] = &[
    ("version", true, version),
    ("title", true, filled),
    ("home_page_url", false, address),
    ("feed_url", false, address),
    ("description", false, text),
    ("user_comment", false, text),
    ("next_url", false, address),
    ("icon", false, address),
    ("favicon", false, address),
    ("author", false, author),
    ("authors", false, authors),
    ("language", false, language),
    ("expired", false, boolean),
    ("hubs", false, hubs),
    ("items", true, items),
];
const ITEM: &[Rule] = &[
    ("id", true, filled),
    ("url", false, address),
    ("external_url", false, address),
    ("title", false, text),
    ("content_html", false, body),
    ("content_text", false, text),
    ("summary", false, text),
    ("image", false, address),
    ("banner_image", false, address),
    ("date_published", false, date),
    ("date_modified", false, date),
    ("author", false, author),
    ("authors", false, authors),
    ("tags", false, tags),
    ("language", false, language),
    ("attachments", false, attachments),
];
const AUTHOR: &[Rule] = &[("name", false, text), ("url", false, address), ("avatar", false, address)];
const HUB: &[Rule] = &[("type", true, filled), ("url", true, address)];
const ATTACHMENT: &[Rule] = &[
    ("url", true, address),
    ("mime_type", true, media_type),
    ("title", false, text),
    ("size_in_bytes", false, number),
    ("duration_in_seconds", false, number),
];

/// The whole value, or its first line.
impl At for &Node {
    fn span(&self) -> Range<usize> {
        self.span.clone()
    }
}

/// Judges a JSON document; gives the number of items, or none where it is no feed.
pub fn lint(notes: &mut Notes<'_>) -> Option<usize> {
    if let Some(at) = excess(notes.text) {
        let message = format!("more than {MOST_PARTS} values; no reader takes that");
        notes.error(at..at + 1, message).help("split the feed with `next_url`");
        return Some(0);
    }
    let spanned = SpannedDocument::parse(notes.text, Syntax::Json);
    for fault in spanned.errors {
        notes.error(fault.span, fault.message).help("readers refuse the whole feed for it");
    }
    let root = &spanned.root;
    if root.span.is_empty() {
        return Some(0);
    }
    let claims = text_at(root, "version").is_some_and(|version| version.contains("jsonfeed.org"));
    if !claims && get(root, "items").is_none() {
        let message = "this JSON document is no feed: it has neither the `version` of JSON Feed nor `items`";
        notes.error(opening(root), message);
        return None;
    }
    keys(notes, root, FEED, "the feed");
    feed(notes, root);
    Some(list_at(root, "items").len())
}

/// Where a document has more values than may be read.
fn excess(text: &str) -> Option<usize> {
    let (mut count, mut is_string, mut is_escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_string => is_escaped = true,
            b'"' => is_string = !is_string,
            b',' | b'[' | b'{' if !is_string => count += 1,
            _ => {}
        }
        if count > MOST_PARTS {
            return Some(at);
        }
    }
    None
}

/// Judges the keys of an object by what the format has.
fn keys(notes: &mut Notes<'_>, node: &Node, rules: &[Rule], whose: &str) {
    let Kind::Table(rows) = &node.kind else {
        notes.error(node, format!("{whose} is an object (JSON Feed)"));
        return;
    };
    for (key, span, value) in rows.iter().filter(|(.., value)| !matches!(value.kind, Kind::Null)) {
        if let Some((_, _, judge)) = rules.iter().find(|(name, ..)| name == key) {
            judge(notes, value, key);
        } else if !key.starts_with('_') {
            let names: Vec<&str> = rules.iter().map(|(name, ..)| *name).collect();
            let near = suggestion(key, &names).filter(|help| help.starts_with("did you mean"));
            let help = near.unwrap_or_else(|| "the name of an extension begins with `_`".to_owned());
            notes.warning(span.clone(), format!("`{}` is no key of {whose} (JSON Feed)", shown(key))).help(help);
        }
    }
    for (key, ..) in rules.iter().filter(|(key, is_needed, _)| *is_needed && get(node, key).is_none()) {
        notes.error(opening(node), format!("{whose} has no `{key}`, which readers need (JSON Feed)")).help("write it");
    }
}

/// What several keys of a feed say together.
fn feed(notes: &mut Notes<'_>, root: &Node) {
    let (own, next) = (text_at(root, "feed_url"), text_at(root, "next_url"));
    if own.is_none() {
        let message = "no `feed_url`: readers that were handed the file cannot subscribe (JSON Feed)";
        notes.warning(opening(root), message).help("write the feed's own address");
    } else if own == next {
        let message = "`next_url` is the feed itself, so a reader never comes to the end (JSON Feed)";
        notes.error(opening(root), message).help("leave it out of the last document");
    }
    let items = list_at(root, "items");
    if get(root, "language").is_none() && items.iter().any(|item| get(item, "language").is_none()) {
        let message =
            "the feed does not say its language: readers guess font, direction and translation (JSON Feed 1.1)";
        notes.warning(opening(root), message).help("write `\"language\": \"en\"`");
    }
    if get(root, "author").is_some() && get(root, "authors").is_none() {
        let message = "`author` alone is JSON Feed 1.0; readers of 1.1 look for `authors`";
        notes.warning(opening(root), message).help("write `\"authors\": [{…}]`");
    }
    let mut seen = HashMap::new();
    for (item, id) in items.iter().filter_map(|item| Some((get(item, "id")?, text_at(item, "id")?))) {
        if let Some(first) = seen.insert(id, item) {
            let message = "two items have the same `id`; readers show one of them (JSON Feed)";
            notes.error(item, message).help("give each its own").related("the other", first);
        }
    }
}

fn items(notes: &mut Notes<'_>, node: &Node, key: &str) {
    for item in list(notes, node, key) {
        keys(notes, item, ITEM, "the item");
        let has_body = get(item, "content_html").or(get(item, "content_text")).is_some();
        if !has_body && matches!(item.kind, Kind::Table(_)) {
            let message =
                "the item has neither `content_html` nor `content_text`, one of which is required (JSON Feed)";
            notes.error(opening(item), message).help("write the summary, or the title, as `content_text`");
        }
    }
}

fn version(notes: &mut Notes<'_>, node: &Node, _: &str) {
    if !matches!(&node.kind, Kind::Text(text) if VERSIONS.contains(&text.as_str())) {
        let message = "this is no version of JSON Feed, by which readers know it (JSON Feed)";
        notes.error(node, message).help(format!("write `\"{}\"`", VERSIONS[0]));
    }
}

fn author(notes: &mut Notes<'_>, node: &Node, _: &str) {
    keys(notes, node, AUTHOR, "the author");
    let says = AUTHOR.iter().any(|(key, ..)| get(node, key).is_some());
    if !says && matches!(node.kind, Kind::Table(_)) {
        notes.error(opening(node), "an author has a `name`, a `url` or an `avatar` (JSON Feed)");
    }
}

fn authors(notes: &mut Notes<'_>, node: &Node, key: &str) {
    list(notes, node, key).iter().for_each(|node| author(notes, node, key));
}

fn hubs(notes: &mut Notes<'_>, node: &Node, key: &str) {
    list(notes, node, key).iter().for_each(|hub| keys(notes, hub, HUB, "the hub"));
}

fn attachments(notes: &mut Notes<'_>, node: &Node, key: &str) {
    list(notes, node, key).iter().for_each(|attachment| keys(notes, attachment, ATTACHMENT, "the attachment"));
}

fn tags(notes: &mut Notes<'_>, node: &Node, key: &str) {
    list(notes, node, key).iter().for_each(|tag| text(notes, tag, "a tag"));
}

fn text(notes: &mut Notes<'_>, node: &Node, key: &str) {
    string(notes, node, key);
}

/// The text of a value that has to be text.
fn string<'n>(notes: &mut Notes<'_>, node: &'n Node, key: &str) -> Option<&'n str> {
    if let Kind::Text(text) = &node.kind {
        return Some(text);
    }
    notes.error(node, format!("`{key}` is a string (JSON Feed)")).help("put it into quotes");
    None
}

fn filled(notes: &mut Notes<'_>, node: &Node, key: &str) {
    if string(notes, node, key).is_some_and(|text| text.trim().is_empty()) {
        notes.error(node, format!("an empty `{key}` (JSON Feed)"));
    }
}

fn address(notes: &mut Notes<'_>, node: &Node, key: &str) {
    let Some(text) = string(notes, node, key) else { return };
    let why = match is_absolute(text) {
        Ok(true) => return,
        Ok(false) => "is relative, and JSON Feed has nothing that it could be relative to".to_owned(),
        Err(why) => why,
    };
    notes.error(node, format!("`{}` {why}", shown(text))).help("write the whole address, `https://…`");
}

fn date(notes: &mut Notes<'_>, node: &Node, key: &str) {
    let Some(text) = string(notes, node, key) else { return };
    // RFC 3339 itself allows small letters.
    if let Err(why) = rfc3339(&text.to_ascii_uppercase()) {
        let help = "readers that cannot read a date sort the item wrongly, or drop it";
        notes.error(node, format!("`{}` {why} (JSON Feed)", shown(text))).help(help);
    }
}

fn language(notes: &mut Notes<'_>, node: &Node, key: &str) {
    if let Some(tag) = string(notes, node, key) {
        notes.language(node, tag);
    }
}

fn body(notes: &mut Notes<'_>, node: &Node, key: &str) {
    if let Some(html) = string(notes, node, key) {
        html::report(notes, node.span.clone(), &html::scan(html), false);
    }
}

fn media_type(notes: &mut Notes<'_>, node: &Node, key: &str) {
    if string(notes, node, key).is_some_and(|kind| !is_media_type(kind)) {
        notes.error(node, "this is no media type (JSON Feed)").help("write one such as `audio/mpeg`");
    }
}

fn number(notes: &mut Notes<'_>, node: &Node, key: &str) {
    if !matches!(node.kind, Kind::Integer(0..) | Kind::Float(0.0..)) {
        notes.error(node, format!("`{key}` is a number (JSON Feed)"));
    }
}

fn boolean(notes: &mut Notes<'_>, node: &Node, key: &str) {
    if !matches!(node.kind, Kind::Bool(_)) {
        notes.error(node, format!("`{key}` is true or false (JSON Feed)"));
    }
}

/// The values of a list; none where it is something else, which is said.
fn list<'n>(notes: &mut Notes<'_>, node: &'n Node, key: &str) -> &'n [Node] {
    if let Kind::List(items) = &node.kind {
        return items;
    }
    notes.error(node, format!("`{key}` is a list (JSON Feed)"));
    &[]
}

/// The value of a key; `null` is as good as none.
fn get<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Kind::Table(rows) = &node.kind else { return None };
    let found = rows.iter().find(|(name, ..)| name == key).map(|(.., node)| node);
    found.filter(|node| !matches!(node.kind, Kind::Null))
}

fn text_at<'n>(node: &'n Node, key: &str) -> Option<&'n str> {
    get(node, key).and_then(|node| if let Kind::Text(text) = &node.kind { Some(text.as_str()) } else { None })
}

fn list_at<'n>(node: &'n Node, key: &str) -> &'n [Node] {
    get(node, key).map_or(&[], |node| if let Kind::List(items) = &node.kind { items } else { &[] })
}

/// Where a value begins.
fn opening(node: &Node) -> Range<usize> {
    node.span.start..node.span.start + 1
}

#[cfg(test)]
pub mod tests {
    use super::super::parse::tests::{only, said};

    pub const GOOD: &str = r#"{
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
        let old = GOOD.replace("/1.1\"", "/1\"");
        assert_eq!(said(&old), [""; 0]);
    }

    #[test]
    fn syntax_and_kind() {
        only("{\"version\": \"https://jsonfeed.org/version/1.1\",", "not JSON");
        changed("\"title\": \"News\",", "\"title\": \"News\", \"title\": \"x\",", "the key `title` is written twice");
        let verdict = super::super::lint("f", b"{\"name\": \"package\"}");
        assert!(!verdict.is_feed && verdict.diagnostics.len() == 1);
        assert!(!super::super::lint("f", b"[1]").is_feed);
        only(&"[".repeat(1_000_000), "not JSON");
        only(&format!("[{}1]", "1,".repeat(super::MOST_PARTS)), "more than 8000000 values");
    }

    #[test]
    fn feeds() {
        changed("\"version\": \"https://jsonfeed.org/version/1.1\",", "", "f:1:1: error: the feed has no `version`");
        changed("version/1.1", "version/2", "f:2:14: error: this is no version");
        changed("\"title\": \"News\",", "", "the feed has no `title`");
        changed("\"title\": \"News\",", "\"title\": 1,", "`title` is a string");
        changed("\"title\": \"News\",", "\"title\": \"\",", "error: an empty `title`");
        changed("https://example.org/\",\n  \"feed_url", "/\",\n  \"feed_url", "`/` is relative");
        changed("\"feed_url\": \"https://example.org/feed.json\",", "", "warning: no `feed_url`");
        changed("feed-2.json", "feed.json", "`next_url` is the feed itself");
        changed("\"items\"", "\"expired\": 1, \"items\"", "`expired` is true or false");
        changed("\"items\"", "\"descripton\": \"\", \"items\"", "warning: `descripton` is no key of the feed");
        changed("\"type\": \"WebSub\", ", "", "the hub has no `type`");
        only(
            "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"a\", \"feed_url\": \"https://e.example\"}",
            "no `items`",
        );
        only(
            "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"a\", \"feed_url\": \"https://e.example\", \"items\": {}}",
            "`items` is a list",
        );
    }

    #[test]
    fn languages() {
        changed("\"language\": \"en\",", "", "warning: the feed does not say its language");
        changed("\"language\": \"en\",", "\"language\": \"en_US\",", "write `-` instead of `_`");
        let each = GOOD.replace("\"language\": \"en\",", "").replace("\"id\"", "\"language\": \"ru\", \"id\"");
        assert_eq!(said(&each), [""; 0]);
        changed("\"id\"", "\"language\": 1, \"id\"", "`language` is a string");
    }

    #[test]
    fn people() {
        changed("{\"name\": \"Press\", \"url\": \"https://example.org/\"}", "{}", "an author has a `name`");
        changed(
            "\"authors\": [{\"name\": \"Press\", \"url\": \"https://example.org/\"}]",
            "\"author\": {\"name\": \"Press\"}",
            "warning: `author` alone",
        );
        changed("\"Press\", \"url\": \"https://example.org/\"", "\"Press\", \"url\": \"example.org\"", "is relative");
    }

    #[test]
    fn items() {
        changed("\"id\": \"1\",", "", "f:12:5: error: the item has no `id`");
        changed("\"id\": \"1\"", "\"id\": 1", "f:13:13: error: `id` is a string");
        changed("\"id\": \"1\"", "\"id\": \" \"", "an empty `id`");
        changed(
            "\"items\": [",
            "\"items\": [{\"id\": \"1\", \"content_text\": \"a\"},",
            "two items have the same `id`",
        );
        changed("\"items\": [", "\"items\": [1,", "the item is an object");
        changed("\"content_html\": \"<p lang=\\\"en\\\">Long</p>\",", "", "neither `content_html` nor `content_text`");
        changed("2014-11-24T09:30:00+01:00", "2014-11-24", "f:17:25: error: `2014-11-24` is no RFC 3339 date");
        changed("T09:30:00+01:00\"", "t09:30:00z\", \"date_modified\": 1", "`date_modified` is a string");
        changed("[\"a\"]", "[1]", "`a tag` is a string");
        changed("\"https://example.org/1\"", "\"/1\"", "is relative");
    }

    #[test]
    fn attachments() {
        changed(", \"mime_type\": \"audio/mpeg\"", "", "the attachment has no `mime_type`");
        changed("audio/mpeg", "mp3", "this is no media type");
        changed("\"size_in_bytes\": 1", "\"size_in_bytes\": \"1\"", "`size_in_bytes` is a number");
        changed("{\"url\": \"https://example.org/1.mp3\", ", "{", "the attachment has no `url`");
    }

    #[test]
    fn bodies() {
        changed("Long", "<img src='/x.png'>", "f:16:49: warning: `src=\"/x.png\"` is relative");
        changed("Long", "<script>", "warning: the body holds `<script>`");
    }
}
