//! Feeds that were published, imported into an empty store and published again.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::Site;
use serde_json::{Value, json};

/// The sample site without pages and redirects.
fn newsroom() -> Site {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/config");
    let site = Site::empty();
    for entry in walkdir::WalkDir::new(folder).into_iter().map(Result::unwrap) {
        let below = entry.path().strip_prefix(folder).unwrap();
        if entry.file_type().is_file() && !below.starts_with("public") {
            site.write(below.to_str().unwrap(), std::fs::read(entry.path()).unwrap());
        }
    }
    let config = site.read("tidings.toml");
    let config = config.split("[redirects]").next().unwrap();
    site.write("tidings.toml", config);
    site
}

/// The entries of every JSON feed, without the keys that a format cannot express (`but`).
fn entries(site: &Site, but: &[&str]) -> BTreeMap<String, Vec<Value>> {
    let feeds = site.files("public").into_iter().filter(|path| path.ends_with(".json"));
    let items = |path: &String| {
        let feed: Value = serde_json::from_str(&site.read(&format!("public/{path}"))).unwrap();
        let mut items = feed["items"].as_array().unwrap().clone();
        for item in &mut items {
            let item = item.as_object_mut().unwrap();
            but.iter().for_each(|key| drop(item.remove(*key)));
            // Equal after Unicode normalization.
            if let Some(Value::String(body)) = item.get_mut("content_html") {
                *body = body.replace("&nbsp;", "\u{a0}");
            }
        }
        items
    };
    feeds.map(|path| (path.clone(), items(&path))).collect()
}

/// Imports the feeds of each language, with their archives, into a new store.
fn imported(from: &Site, extension: &str) -> Site {
    let site = Site::empty();
    site.write("tidings.toml", from.read("tidings.toml"));
    let feeds: Vec<String> = from
        .files("public")
        .into_iter()
        .filter(|path| path.ends_with(extension) && path.contains("/all") && !path.starts_with("mul/"))
        .map(|path| from.path(&format!("public/{path}")).display().to_string())
        .collect();
    let command: Vec<&str> =
        ["import"].into_iter().chain(feeds.iter().map(String::as_str)).chain(["--into", "stories", "--own"]).collect();
    let first = site.run(&command);
    assert_eq!((first.status, first.stderr.as_str()), (0, ""), "{first:?}");
    let before: Vec<_> = site.files("stories").iter().map(|file| site.read(&format!("stories/{file}"))).collect();
    let second = site.run(&command);
    let counts = second.stdout.lines().find(|line| line.starts_with("Stories in ")).unwrap_or_default();
    let is_unchanged = counts.contains(" unchanged") && !counts.contains(" new") && !counts.contains(" updated");
    assert!(is_unchanged && second.status == 0, "{counts}");
    let after: Vec<_> = site.files("stories").iter().map(|file| site.read(&format!("stories/{file}"))).collect();
    assert!(before == after);
    assert_eq!(site.run(&["check"]).stderr, "");
    site
}

#[test]
fn json_feeds_keep_everything() {
    let newsroom = newsroom();
    newsroom.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    let again = imported(&newsroom, ".json");
    again.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    assert_eq!(json!(entries(&again, &[])), json!(entries(&newsroom, &[])));
}

/// A folder of all formats, in which an entry has one id in Atom and another in the others.
#[test]
fn a_published_folder_keeps_everything() {
    let newsroom = newsroom();
    newsroom.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    let again = Site::empty();
    again.write("tidings.toml", newsroom.read("tidings.toml"));
    let public = newsroom.path("public").display().to_string();
    let import = || again.run(&["import", &public, "--into", "stories", "--own"]);
    let first = import();
    assert_eq!((first.status, first.stderr.as_str()), (0, ""), "{}", first.stderr);
    let files = |site: &Site| {
        site.files("stories").into_iter().map(|file| (site.read(&format!("stories/{file}")), file)).collect::<Vec<_>>()
    };
    let before = files(&again);
    assert_eq!(import().status, 0);
    assert_eq!(before, files(&again));
    again.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    // Atom has no lengths of attachments in full; the ids are those of every format.
    assert_eq!(json!(entries(&again, &["attachments"])), json!(entries(&newsroom, &["attachments"])));
    let ids = |site: &Site| -> Vec<String> {
        let atom = site.read("public/mul/all.atom.xml");
        atom.match_indices("<id>").map(|(at, _)| atom[at..].split("</id>").next().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&again), ids(&newsroom));
}

/// RSS has no author URL and no attachment title.
#[test]
fn rss_keeps_all_but_author_urls_and_attachment_titles() {
    let newsroom = newsroom();
    newsroom.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    let again = imported(&newsroom, ".rss.xml");
    again.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    let but = ["authors", "attachments"];
    assert_eq!(json!(entries(&again, &but)), json!(entries(&newsroom, &but)));
}

/// Atom ids are IRIs: an entry with another id gets a generated one.
#[test]
fn atom_keeps_all_but_ids_that_are_not_iris() {
    let newsroom = newsroom();
    let story = newsroom.files("stories").into_iter().find(|file| file.ends_with("cms-2019.jsonl")).unwrap();
    let story = format!("stories/{story}");
    newsroom.write(&story, newsroom.read(&story).replace("node-1187", "https://old.example.org/node-1187"));
    newsroom.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    let again = imported(&newsroom, ".atom.xml");
    again.run(&["build", "--now", "2026-11-25T00:00:00Z"]);
    assert_eq!(json!(entries(&again, &[])), json!(entries(&newsroom, &[])));
}

/// The files below some folders of a site, with their bytes.
fn bytes(site: &Site) -> BTreeMap<String, Vec<u8>> {
    let files = ["stories", "sources"]
        .into_iter()
        .flat_map(|folder| site.files(folder).into_iter().map(move |file| format!("{folder}/{file}")));
    let files = files.chain(["review.toml".to_owned()]);
    files.map(|file| (file.clone(), std::fs::read(site.path(&file)).unwrap())).collect()
}

/// `tests/sites/imported` was imported by an earlier version: pairs that were reviewed, a feed for each language, a tree
/// of Markdown; then one file was edited and one deleted.
#[test]
fn files_of_an_earlier_version_are_unchanged() {
    let site = Site::copy_of("imported");
    let before = bytes(&site);
    let sources = ["sources/news.txt", "sources/feed.xml", "sources/actualites.json", "sources/blog"];
    let options = ["--into", "stories", "--review", "review.toml", "--format", "json"];
    let ran = site.run(&[&["import"], &sources[..], &options[..]].concat());
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.lines().all(|line| line.contains("\"severity\":\"warning\"")), "{ran:?}");
    // The record alone gets the full sources, once.
    let stories = |mut files: BTreeMap<String, Vec<u8>>| {
        files.remove("stories/_imported.toml");
        files
    };
    let after = bytes(&site);
    assert_eq!(stories(after.clone()), stories(before));
    site.run(&[&["import"], &sources[..], &options[..]].concat());
    assert_eq!(bytes(&site), after);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let outcomes: Vec<&str> =
        report["entries"].as_array().unwrap().iter().map(|entry| entry["outcome"].as_str().unwrap()).collect();
    let count = |outcome: &str| outcomes.iter().filter(|other| **other == outcome).count();
    assert_eq!((count("unchanged"), count("edited"), count("deleted"), outcomes.len()), (13, 1, 1, 15));
}
