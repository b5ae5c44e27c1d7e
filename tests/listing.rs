//! A listing imported and published, and its feeds read by other parsers.
//!
//! `LISTING=FILE` replaces the fixture.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::Site;
use serde_json::Value;

const CONFIG: &str = r#"
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
timezone = "Europe/Vienna"

[languages]
en = { title = "News" }
ar = { title = "الأخبار" }
es = { title = "Noticias" }
fr = { title = "Actualités" }
ru = { title = "Новости" }
zh = { title = "新闻" }

[topics.people]
title = { en = "People" }
match = ["children", "enfants", "people"]

[topics.reports]
title = { en = "Reports" }
match = ["report", "rapport", "доклад"]
"#;

#[test]
fn feeds_of_a_listing_are_read_alike() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/import/listing.txt").to_owned();
    let listing = std::env::var("LISTING").unwrap_or(fixture);
    let site = Site::with(CONFIG);
    let import = ["import", "--from", "listing", &listing, "--into", "stories", "--format", "json"];
    let report: Value = serde_json::from_str(&site.run(&import).stdout).unwrap();
    let entries = report["entries"].as_array().unwrap();
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry["outcome"] == "written"), "{report}");
    site.built(&[]);
    let feeds = site.files("public").into_iter().filter(|path| path.ends_with(".json"));
    let mut shown = 0;
    for json in feeds {
        let expected = of_json(&site.read(&format!("public/{json}")));
        shown += if json == "mul/all.json" { expected.len() } else { 0 };
        for extension in ["atom.xml", "rss.xml"] {
            let path = format!("public/{}.{extension}", json.strip_suffix(".json").unwrap());
            let text = site.read(&path);
            roxmltree::Document::parse(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            assert_eq!(of_feed_rs(&text), expected, "{path}");
        }
    }
    assert_eq!(shown, entries.len().min(50));
}

/// Title, date and link of the entries of a feed, by their ids.
type Entries = BTreeMap<String, (String, i64, Option<String>)>;

fn of_json(text: &str) -> Entries {
    let feed: Value = serde_json::from_str(text).unwrap();
    let entry = |item: &Value| {
        let text = |key: &str| item[key].as_str().map(str::to_owned);
        let date = chrono::DateTime::parse_from_rfc3339(&text("date_published").unwrap()).unwrap();
        (text("id").unwrap(), (text("title").unwrap(), date.timestamp(), text("url")))
    };
    feed["items"].as_array().unwrap().iter().map(entry).collect()
}

fn of_feed_rs(text: &str) -> Entries {
    let feed = feed_rs::parser::parse(text.as_bytes()).unwrap();
    let entry = |entry: feed_rs::model::Entry| {
        let link = entry.links.iter().find(|link| link.rel.as_deref().is_none_or(|rel| rel == "alternate"));
        let link = link.map(|link| link.href.clone());
        (entry.id, (entry.title.unwrap().content, entry.published.unwrap().timestamp(), link))
    };
    feed.entries.into_iter().map(entry).collect()
}
