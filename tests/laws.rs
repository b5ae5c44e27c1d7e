//! Property tests of the whole program on random stores. PROPTEST_CASES sets the number of cases.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use chrono::{DateTime, Days, Utc};
use proptest::collection::{hash_set, vec};
use proptest::prelude::*;
use proptest::sample::select;
use roxmltree::Node;
use serde_json::{Value, json};
use tidings::{Config, Document};

use common::{NOW, Site};

const ATOM: &str = "http://www.w3.org/2005/Atom";
const CONTENT: &str = "http://purl.org/rss/1.0/modules/content/";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const MEDIA: &str = "http://search.yahoo.com/mrss/";

/// Strings that have broken feeds before.
const HOSTILE: [&str; 34] = [
    "]]>", "<![CDATA[", "&", "&amp;", "&#11;", "&#xFFFE;", "&nosuch;", "<script>alert(1)</script>", "</item></entry>",
    "<item>", "<entry>", "</title>", "</", "<!--", "-->", "<?xml", "?>", "\"", "'", "\\", "{language}", "%00", "\u{0}",
    "\u{b}", "\u{1f}", "\u{85}", "\u{2028}", "\u{202e}", "\u{feff}", "\u{ffff}", "\r\n", "\r", "😀👩\u{200d}🚀",
    "e\u{301} עברית",
];

/// Any text: hostile strings, spaces, and arbitrary characters.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        3 => select(&HOSTILE[..]).prop_map(str::to_owned),
        1 => select(&[" ", "  ", "\t", "\n", "\u{a0}", "\u{3000}"][..]).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => "[a-z ]{1,8}",
    ];
    vec(word, 0..8).prop_map(|words| words.concat())
}

/// Text that is not empty after normalization.
fn title() -> impl Strategy<Value = String> {
    text().prop_map(|text| format!("{text}x"))
}

/// A text without control characters, with the line ends of XML.
fn clean(text: &str) -> String {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_allowed = |c: &char| matches!(c, '\t' | '\n') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    unix.chars().filter(is_allowed).collect()
}

/// A text normalized to one line, as for titles and names.
fn line(text: &str) -> String {
    clean(text).split([' ', '\t', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A text of several lines; `None` if nothing is visible.
fn block(text: &str) -> Option<String> {
    let text = clean(text);
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The visible text, without whitespace that a reader may change.
fn visible(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c == '\u{feff}')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// The number of random cases, unless PROPTEST_CASES sets it.
fn cases(few: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(few);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// All texts of a story and a configuration.
#[derive(Debug, Clone)]
struct Words {
    title: String,
    summary: String,
    body: String,
    kind: &'static str,
    author: String,
    alt: String,
    credit: String,
    attached: String,
    guid: String,
    reason: String,
    edition: String,
    topic: String,
    description: String,
    rights: String,
}

fn words() -> impl Strategy<Value = Words> {
    let kinds = select(&["content_text", "content_html", "content_markdown"][..]);
    let story = (title(), text(), text(), kinds, title(), text(), text());
    let rest = (text(), title(), text(), title(), title(), title(), text());
    (story, rest).prop_map(|((title, summary, body, kind, author, alt, credit), rest)| {
        let (attached, guid, reason, edition, topic, description, rights) = rest;
        Words {
            title,
            summary,
            body,
            kind,
            author,
            alt,
            credit,
            attached,
            guid,
            reason,
            edition,
            topic,
            description,
            rights,
        }
    })
}

/// A site of these texts: one visible story, one withdrawn.
fn site_of(words: &Words) -> Site {
    let site = Site::empty();
    let config = json!({
        "site": {
            "base_url": "https://news.example.org/", "authority": "news.example.org,2014", "title": words.edition,
            "rights": words.rights, "authors": [{"name": words.author}],
        },
        "languages": {"en": {"title": words.edition, "description": words.description}, "ar": {"title": words.edition}},
        "topics": {"topic": {"title": {"en": words.topic}, "description": {"en": words.description}}},
    });
    let mut story = json!({
        "id": "story", "published": "2025-01-01", "topics": ["topic"], "link": "https://news.example.org/{language}/a?b&c",
        "authors": [{"name": words.author}],
        "image": {"url": "https://news.example.org/i.jpg", "alt": words.alt, "credit": words.credit},
        "enclosures": [
            {"url": "https://news.example.org/1.pdf", "title": words.attached},
            {"url": "https://news.example.org/2.pdf", "title": words.attached},
        ],
        "translations": {"en": {"title": words.title, "summary": words.summary, "guid": words.guid}, "ar": {"title": words.title}},
    });
    story["translations"]["en"][words.kind] = words.body.clone().into();
    let withdrawn = json!({
        "id": "withdrawn", "published": "2025-01-01", "topics": ["topic"], "withdrawn": {"on": "2025-02-01", "reason": words.reason},
        "translations": {"en": {}},
    });
    site.write("tidings.json", config.to_string());
    site.write("stories/a.json", json!([story, withdrawn]).to_string());
    site
}

/// All documents of a site at a time.
fn documents(site: &Site, now: &str) -> BTreeMap<String, Document> {
    let path = site.path("tidings.json");
    let path = if path.exists() { path } else { site.path("tidings.toml") };
    let config = Config::load(path).unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"));
    let (site, diagnostics) = tidings::Site::load(&config, now.parse().unwrap());
    assert!(!diagnostics.iter().any(|diagnostic| diagnostic.is_error()), "{diagnostics:?}");
    let documents: Vec<_> =
        site.documents().collect::<Result<_, _>>().unwrap_or_else(|diagnostic| panic!("{diagnostic}"));
    documents.into_iter().map(|document| (document.path.clone(), document)).collect()
}

/// The first descendant element of a name.
fn below<'a, 'i>(node: Node<'a, 'i>, space: &str, name: &str) -> Option<Node<'a, 'i>> {
    node.descendants()
        .skip(1)
        .find(|node| node.tag_name().name() == name && node.tag_name().namespace().unwrap_or_default() == space)
}

/// The text of the first descendant element of a name.
fn text_below(node: Node<'_, '_>, space: &str, name: &str) -> Option<String> {
    below(node, space, name)
        .map(|node| node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect())
}

/// The text of HTML.
fn html_text(html: &str) -> String {
    let mut out = String::new();
    for (index, part) in html.split('<').enumerate() {
        out.push_str(if index == 0 { part } else { part.split_once('>').map_or(part, |(_, text)| text) });
        out.push(' ');
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

fn utf8(document: &Document) -> &str {
    std::str::from_utf8(&document.bytes).unwrap()
}

/// Asserts what strict XML and JSON parsers read from the documents.
fn assert_strict_parsers(words: &Words, documents: &BTreeMap<String, Document>) {
    for document in
        documents.values().filter(|document| document.media_type.contains("xml") || document.path.ends_with("opml"))
    {
        let text = utf8(document);
        roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", document.path));
    }
    let (title, summary) = (line(&words.title), block(&words.summary));
    let feed: Value = serde_json::from_str(utf8(&documents["en/topic.json"])).unwrap();
    let item = &feed["items"][0];
    let edition = line(&words.edition);
    let feed_title = format!("{edition} – {}", line(&words.topic));
    let description = block(&words.description).unwrap();
    let body = item["content_html"].as_str();
    assert_eq!(feed["title"], *feed_title);
    assert_eq!(feed["description"], *description);
    assert_eq!(item["title"], *title);
    assert_eq!(item["summary"].as_str(), summary.as_deref());
    assert_eq!(item["id"], *clean(&words.guid).trim());
    assert_eq!(item["authors"][0]["name"], *line(&words.author));
    assert_eq!(item["tags"][0], *line(&words.topic));
    if let Some(body) = body {
        let lower = body.to_ascii_lowercase();
        assert!(!["<script", "<style", "<iframe"].iter().any(|live| lower.contains(live)), "{body}");
    }
    match words.kind {
        "content_text" => assert_eq!(visible(&html_text(body.unwrap_or_default())), visible(&clean(&words.body))),
        _ => assert!(body.is_none_or(|body| body.starts_with("<div lang=\"en\" dir=\"ltr\">")), "{body:?}"),
    }

    let atom = roxmltree::Document::parse(utf8(&documents["en/topic.atom.xml"])).unwrap();
    let feed = atom.root_element();
    let entry = below(feed, ATOM, "entry").unwrap();
    assert_eq!(text_below(feed, ATOM, "title"), Some(feed_title.clone()));
    assert_eq!(text_below(feed, ATOM, "subtitle"), Some(description.clone()));
    assert_eq!(text_below(feed, ATOM, "rights"), block(&words.rights));
    assert_eq!(text_below(feed, "http://purl.org/atompub/tombstones/1.0", "comment"), block(&words.reason));
    assert_eq!(text_below(entry, ATOM, "title"), Some(title.clone()));
    assert_eq!(text_below(entry, ATOM, "name"), Some(line(&words.author)));
    assert_eq!(text_below(entry, ATOM, "summary"), summary.clone());
    // Without body and summary the title is the content.
    let content = body.map(str::to_owned).or_else(|| summary.is_none().then(|| title.clone()));
    assert_eq!(text_below(entry, ATOM, "content"), content);
    assert_eq!(below(entry, ATOM, "category").unwrap().attribute("label"), Some(&*line(&words.topic)));
    let enclosures = entry.children().filter(|node| node.attribute("rel") == Some("enclosure"));
    let attached = Some(line(&words.attached)).filter(|text| !text.trim().is_empty());
    assert!(enclosures.clone().all(|node| node.attribute("title") == attached.as_deref()));
    let id = text_below(entry, ATOM, "id").unwrap();
    assert!(id == clean(&words.guid).trim() || id == "tag:news.example.org,2014:story/en", "{id}");
    pictures_are_described(words, entry);

    let rss = roxmltree::Document::parse(utf8(&documents["en/topic.rss.xml"])).unwrap();
    let channel = rss.root_element();
    let item = below(channel, "", "item").unwrap();
    assert_eq!(text_below(channel, "", "title"), Some(feed_title));
    assert_eq!(text_below(channel, "", "description"), Some(description));
    assert_eq!(text_below(channel, "", "copyright"), block(&words.rights));
    assert_eq!(text_below(item, "", "title"), Some(title));
    let paragraph = |text: String| {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', "<br>\n");
        format!("<p lang=\"en\" dir=\"ltr\">{escaped}</p>")
    };
    // Without a summary the body is the description.
    assert_eq!(text_below(item, "", "description"), summary.clone().map(paragraph).or_else(|| body.map(str::to_owned)));
    assert_eq!(text_below(item, "", "guid"), Some(clean(&words.guid).trim().to_owned()));
    assert_eq!(text_below(item, "", "category"), Some(line(&words.topic)));
    assert_eq!(text_below(item, DC, "creator"), Some(line(&words.author)));
    assert_eq!(text_below(item, CONTENT, "encoded").as_deref(), body.filter(|_| summary.is_some()));
    pictures_are_described(words, item);
}

fn pictures_are_described(words: &Words, entry: Node<'_, '_>) {
    let some = |text: &str| Some(line(text)).filter(|text| !text.trim().is_empty());
    assert_eq!(text_below(entry, MEDIA, "description"), some(&words.alt));
    assert_eq!(text_below(entry, MEDIA, "credit"), some(&words.credit));
}

/// Asserts what feed-rs, which many feed readers use, reads from each format.
fn assert_feed_rs(words: &Words, documents: &BTreeMap<String, Document>) {
    for extension in ["atom.xml", "rss.xml", "json"] {
        let document = &documents[&format!("en/topic.{extension}")];
        let feed = feed_rs::parser::parse(&document.bytes[..]).unwrap_or_else(|error| panic!("{extension}: {error}"));
        assert_eq!(feed.entries.len(), 1);
        let entry = &feed.entries[0];
        let content = |text: &Option<feed_rs::model::Text>| text.as_ref().map(|text| visible(&text.content));
        assert_eq!(content(&entry.title), Some(visible(&line(&words.title))), "{extension}");
        let alternate =
            entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate")).unwrap();
        assert_eq!(alternate.href, "https://news.example.org/en/a?b&c", "{extension}");
        let is_guid = visible(&entry.id) == visible(&clean(&words.guid));
        assert!(
            is_guid || (extension == "atom.xml" && entry.id == "tag:news.example.org,2014:story/en"),
            "{}",
            entry.id
        );
        let summary = entry.summary.as_ref().map(|summary| summary.content.clone());
        let summary = summary.map(|summary| if extension == "rss.xml" { html_text(&summary) } else { summary });
        if let (Some(summary), Some(expected)) = (summary, block(&words.summary)) {
            assert_eq!(visible(&summary), visible(&expected), "{extension}");
        }
        let body = entry.content.as_ref().and_then(|content| content.body.as_deref());
        if words.kind == "content_text"
            && let Some(body) = body.filter(|body| body.starts_with("<div"))
        {
            assert_eq!(visible(&html_text(body)), visible(&clean(&words.body)), "{extension}");
        }
        assert!(entry.published.is_some_and(|at| at.to_rfc3339().starts_with("2025-01-01T00:00:00")), "{extension}");
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn any_text_round_trips(words in words()) {
        let documents = documents(&site_of(&words), NOW);
        assert_strict_parsers(&words, &documents);
        assert_feed_rs(&words, &documents);
    }
}

/// Every hostile string in every field at once.
#[test]
fn hostile_text_round_trips() {
    for (index, hostile) in HOSTILE.iter().enumerate() {
        let text = |field: &str| format!("{hostile}{field}{hostile}");
        let words = Words {
            title: text("a"),
            summary: text("b"),
            body: text("c"),
            kind: ["content_text", "content_html", "content_markdown"][index % 3],
            author: text("d"),
            alt: text("e"),
            credit: text("f"),
            attached: text("g"),
            guid: text("h"),
            reason: text("i"),
            edition: text("j"),
            topic: text("k"),
            description: text("l"),
            rights: text("m"),
        };
        let documents = documents(&site_of(&words), NOW);
        assert_strict_parsers(&words, &documents);
        assert_feed_rs(&words, &documents);
    }
}

/// Pasted HTML that could end a CDATA section early.
#[test]
fn html_round_trips_in_every_format() {
    for body in [
        "<p title=\"]]>\">a</p>",
        "<img src=\"a.png\" alt=\"]]> & <b>\">",
        "<p>a<!-- ]]> --></p>",
        "<pre>]]></pre>",
        "<p>&#13;a&#xD;&#xA;</p>",
        "<p>a\r\nb\rc</p>",
        "<a href=\"?a=]]>&b=<c>\">x</a>",
        "<b>unclosed",
        "</div></div><p>a</p>",
        "<table><tr><td>a",
        "<svg><script>a</script></svg>",
        "<math><mi xlink:href=\"data:x\">a</mi></math>",
        "<p onclick='x' style='y'>a</p>",
        "<iframe src='https://x.example/\"y'></iframe>a",
        "<iframe src=https://x.example/>a",
        "<IFRAME SRC=\"javascript:alert(1)\">a",
        "<p>\u{85}\u{2028}\u{fffd}</p>",
        "<p>a</p>\u{feff}",
    ] {
        let mut words = Words {
            title: "t".into(),
            summary: "s".into(),
            body: body.to_owned(),
            kind: "content_html",
            author: "a".into(),
            alt: "b".into(),
            credit: "c".into(),
            attached: "d".into(),
            guid: "g".into(),
            reason: "r".into(),
            edition: "e".into(),
            topic: "t".into(),
            description: "d".into(),
            rights: "r".into(),
        };
        for kind in ["content_html", "content_markdown"] {
            words.kind = kind;
            let documents = documents(&site_of(&words), NOW);
            assert_strict_parsers(&words, &documents);
            let feed: Value = serde_json::from_str(utf8(&documents["en/topic.json"])).unwrap();
            let html = feed["items"][0]["content_html"].as_str().unwrap_or_default().to_owned();
            assert!(!html.contains("\"javascript:") && !html.contains("onclick") && !html.contains('\r'), "{html}");
            assert_eq!(html.matches("<div").count(), html.matches("</div>").count(), "{html}");
        }
    }
}

/// A flat record.
#[derive(Debug, Clone)]
struct Flat(Value);

const TAGS: [&str; 3] = ["en", "ru", "fr"];
const TOPICS: [&str; 2] = ["research", "children"];

const THREE: &str = r#"
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
timezone = "Europe/Vienna"

[languages.en]
title = "News"

[languages.ru]
title = "Новости"
fallback = ["en"]

[languages.fr]
title = "Actualités"
fallback = ["ru", "en"]

[topics.research]

[topics.children]

[feeds]
limit = 3
archives = "year"
"#;

/// Records of a few stories in any languages, some of one day, some withdrawn.
fn records() -> impl Strategy<Value = Vec<Flat>> {
    let one = (0..8_u8, 0..3_usize, 0..40_u64, proptest::option::of(0..400_u64), "[a-z]{1,6}");
    vec(one, 1..24).prop_map(|all| {
        let mut seen = BTreeSet::new();
        let all = all.into_iter().filter(|(story, language, ..)| seen.insert((*story, *language)));
        all.map(|(story, language, day, withdrawn, title)| {
            let mut record = json!({
                "id": format!("story/{story}"), "language": TAGS[language], "published": day_of(day * 27), "title": title,
                "link": format!("https://news.example.org/{story}/{language}"), "topics": [TOPICS[usize::from(story) % 2]],
            });
            if let Some(day) = withdrawn {
                record["withdrawn"] = json!({"on": day_of(700 + 2 * day)});
            }
            Flat(record)
        })
        .collect()
    })
}

/// A day, counted from the beginning of 2023.
fn day_of(number: u64) -> String {
    let first: DateTime<Utc> = "2023-01-01T00:00:00Z".parse().unwrap();
    (first + Days::new(number)).format("%Y-%m-%d").to_string()
}

/// A site with its records distributed over these files.
fn site_of_files(records: &[Flat], names: &[&str]) -> Site {
    let site = Site::with(THREE);
    let mut files: BTreeMap<&str, String> = BTreeMap::new();
    for (index, Flat(record)) in records.iter().enumerate() {
        files.entry(names[index % names.len()]).or_default().push_str(&format!("{record}\n"));
    }
    for (name, text) in files {
        site.write(&format!("stories/{name}.jsonl"), text);
    }
    site
}

fn with_threads<T: Send>(count: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(count).build().unwrap().install(work)
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn file_layout_and_threads_do_not_change_documents(records in records(), shuffled in any::<prop::sample::Index>()) {
        let expected = documents(&site_of_files(&records, &["a"]), NOW);
        prop_assert_eq!(&documents(&site_of_files(&records, &["a"]), NOW), &expected);
        let mut other = records.clone();
        other.rotate_left(shuffled.index(records.len()));
        other.reverse();
        let site = site_of_files(&other, &["z", "b/c", "b"]);
        for threads in [1, 2, 7] {
            prop_assert_eq!(&with_threads(threads, || documents(&site, NOW)), &expected);
        }
    }

    /// Ids depend on the story's id, the language and the authority, and on nothing else.
    #[test]
    fn ids_never_change(records in records(), title in title(), day in 0..1000_u64) {
        let mut records = records;
        records.iter_mut().for_each(|Flat(record)| drop(record.as_object_mut().unwrap().remove("withdrawn")));
        let before = ids(&site_of_files(&records, &["a"]));
        let mut changed = records.clone();
        for Flat(record) in &mut changed {
            record["title"] = title.clone().into();
            record["link"] = "https://elsewhere.example/{language}".into();
            record["published"] = day_of(day).into();
        }
        let site = site_of_files(&changed, &["b"]);
        site.write("tidings.toml", THREE.replace("https://news.example.org/feeds/", "https://other.example/"));
        prop_assert_eq!(&ids(&site), &before);
        // A tombstone has the id of its entry.
        changed.iter_mut().for_each(|Flat(record)| record["withdrawn"] = json!({"on": "2026-01-14"}));
        prop_assert_eq!(&ids(&site_of_files(&changed, &["c"])), &before);
    }
}

proptest! {
    #![proptest_config(cases(6))]

    /// What a build leaves in a folder depends on what it publishes, and not on what was there.
    #[test]
    fn a_build_over_another_equals_one_into_an_empty_folder(before in records(), after in records()) {
        let site = site_of_files(&before, &["a"]);
        site.built(&["--compress"]);
        fs::remove_file(site.path("stories/a.jsonl")).unwrap();
        let fresh = site_of_files(&after, &["b"]);
        site.write("stories/b.jsonl", fresh.read("stories/b.jsonl"));
        site.built(&["--compress"]);
        fresh.built(&["--compress"]);
        let (left, expected) = (tree(&site.path("public")), tree(&fresh.path("public")));
        prop_assert!(expected.contains_key(".tidings") && expected.contains_key("en/all.atom.xml.br"));
        prop_assert_eq!(left.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
        for (path, bytes) in &expected {
            prop_assert!(left[path] == *bytes, "{} differs", path);
        }
        // The library renders what the command writes.
        for (path, document) in documents(&fresh, NOW) {
            prop_assert!(expected[&path] == document.bytes, "{} differs", path);
        }
    }
}

/// All files below a folder, hidden ones too.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.unwrap());
    let files = files.filter(|entry| entry.file_type().is_file()).map(|entry| entry.into_path());
    files.map(|path| (path.strip_prefix(folder).unwrap().display().to_string(), fs::read(&path).unwrap())).collect()
}

/// The ids of all feeds, visible entries and tombstones, in every format.
fn ids(site: &Site) -> BTreeSet<String> {
    let config = site.read("tidings.toml").replace("limit = 3", "limit = 1000");
    site.write("tidings.toml", config);
    let mut out = BTreeSet::new();
    for document in documents(site, NOW).values() {
        let text = utf8(document);
        match document.path.rsplit('.').next() {
            Some("json") => {
                let feed: Value = serde_json::from_str(text).unwrap();
                let items = feed["items"].as_array().unwrap().iter();
                out.extend(items.map(|item| item["id"].as_str().unwrap().to_owned()));
            }
            Some("xml") => {
                let parsed = roxmltree::Document::parse(text).unwrap();
                let ids = parsed.descendants().filter(|node| matches!(node.tag_name().name(), "id" | "guid"));
                out.extend(ids.filter_map(|node| node.text()).map(str::to_owned));
                out.extend(parsed.descendants().filter_map(|node| node.attribute("ref")).map(str::to_owned));
            }
            _ => {}
        }
    }
    out
}

/// An edit of the store, to one story and one of its languages.
#[derive(Debug, Clone)]
enum Edit {
    /// A new story in these languages, published so many days ago; negative is in the future.
    Add {
        days_ago: i64,
        languages: Vec<usize>,
        draft: bool,
    },
    /// A late translation: with a date of its own, or, as many write it, with its story's.
    Translate {
        is_dated: bool,
    },
    Correct,
    AddTopic,
    PublishDraft,
    Withdraw {
        in_days: i64,
        takedown: bool,
    },
    WithdrawTranslation {
        in_days: i64,
        takedown: bool,
    },
    Restore,
    Expire {
        in_days: i64,
    },
    Wait {
        hours: u64,
    },
}

fn edit() -> impl Strategy<Value = (Edit, usize, usize)> {
    use Edit::*;
    let languages = hash_set(0..3_usize, 1..4).prop_map(|set| set.into_iter().collect());
    let what = prop_oneof![
        5 => (-40..900_i64, languages, proptest::bool::weighted(0.2)).prop_map(|(days_ago, languages, draft)| Add { days_ago, languages, draft }),
        3 => any::<bool>().prop_map(|is_dated| Translate { is_dated }),
        4 => Just(Correct),
        1 => Just(AddTopic),
        1 => Just(PublishDraft),
        2 => (-5..20_i64, any::<bool>()).prop_map(|(in_days, takedown)| Withdraw { in_days, takedown }),
        2 => (-5..20_i64, any::<bool>()).prop_map(|(in_days, takedown)| WithdrawTranslation { in_days, takedown }),
        1 => Just(Restore),
        2 => (0..20_i64).prop_map(|in_days| Expire { in_days }),
        4 => (1..900_u64).prop_map(|hours| Wait { hours }),
    ];
    (what, 0..3_usize, 0..3_usize)
}

/// Applies an edit as a careful editor does: a later change has its date.
fn apply(stories: &mut Vec<Value>, now: &mut DateTime<Utc>, (what, story, language): (Edit, usize, usize)) {
    let days = |days: i64| (*now + chrono::TimeDelta::days(days)).to_rfc3339();
    let today = days(0);
    if let Edit::Add { days_ago, languages, draft } = what {
        let id = stories.len();
        let texts: serde_json::Map<_, _> =
            languages.iter().map(|language| (TAGS[*language].to_owned(), json!({"title": "A"}))).collect();
        stories.push(json!({
            "id": format!("s{id}"), "published": days(-days_ago), "topics": [TOPICS[id % 2]], "draft": draft, "translations": texts,
        }));
        return;
    }
    if let Edit::Wait { hours } = what {
        *now += chrono::TimeDelta::hours(hours as i64);
        return;
    }
    let count = stories.len().max(1);
    let Some(story) = stories.get_mut(story % count) else { return };
    let tag = TAGS[language];
    match what {
        Edit::Translate { is_dated } if story["translations"].get(tag).is_none() => {
            story["translations"][tag] =
                if is_dated { json!({"title": "T", "published": today}) } else { json!({"title": "T"}) };
        }
        Edit::Correct if story["translations"].get(tag).is_some() => {
            story["translations"][tag]["title"] = "C".into();
            story["translations"][tag]["updated"] = today.into();
        }
        Edit::AddTopic => {
            story["topics"] = json!(TOPICS);
            story["updated"] = today.into();
        }
        Edit::PublishDraft => story["draft"] = false.into(),
        Edit::Withdraw { in_days, takedown } if story.get("withdrawn").is_none() => {
            story["withdrawn"] = json!({"on": days(if takedown { 0 } else { in_days })});
            // A withdrawn translation has only its required keys.
            if takedown {
                for (_, text) in story["translations"].as_object_mut().unwrap() {
                    let published = text.get("published").cloned();
                    *text = published.map_or(json!({}), |published| json!({"published": published}));
                }
            }
        }
        Edit::WithdrawTranslation { in_days, takedown }
            if story["translations"].get(tag).is_some() && story.get("withdrawn").is_none() =>
        {
            let text = &mut story["translations"][tag];
            if text.get("withdrawn").is_none() {
                text["withdrawn"] = json!({"on": days(if takedown { 0 } else { in_days })});
                if takedown {
                    text.as_object_mut().unwrap().remove("title");
                }
            }
        }
        Edit::Restore if story.get("withdrawn").is_some() => {
            story.as_object_mut().unwrap().remove("withdrawn");
            for (_, text) in story["translations"].as_object_mut().unwrap() {
                text["title"] = "R".into();
                text["updated"] = today.clone().into();
            }
        }
        Edit::Expire { in_days } if story.get("expires").is_none() => story["expires"] = days(in_days).into(),
        _ => {}
    }
}

/// The `updated` of every Atom document.
fn updated(site: &Site, now: DateTime<Utc>) -> BTreeMap<String, DateTime<Utc>> {
    let documents = documents(site, &now.to_rfc3339());
    let feeds = documents.values().filter(|document| document.path.ends_with(".atom.xml"));
    feeds
        .map(|document| {
            let parsed = roxmltree::Document::parse(utf8(document)).unwrap();
            let updated = text_below(parsed.root_element(), ATOM, "updated").unwrap();
            (document.path.clone(), updated.parse().unwrap())
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_feeds_updated_never_goes_backwards(edits in vec(edit(), 4..20)) {
        let site = Site::with(&THREE.replace("[feeds]", "[feeds]\nformats = [\"atom\"]"));
        let mut now: DateTime<Utc> = "2025-06-01T12:00:00Z".parse().unwrap();
        let mut stories = Vec::new();
        let mut before = updated(&site, now);
        for edit in edits {
            apply(&mut stories, &mut now, edit.clone());
            site.write("stories/all.json", json!(stories).to_string());
            let after = updated(&site, now);
            for (path, at) in &after {
                prop_assert!(before.get(path).is_none_or(|before| before <= at), "{} went back from {} to {} by {:?}: {:#}", path, before[path], at, edit, json!(stories));
                prop_assert!(*at <= now, "{} is of the future, {}", path, at);
            }
            before = after;
        }
    }
}
