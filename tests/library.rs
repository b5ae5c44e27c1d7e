//! The library: records that are not files, one document, what a site consists of, and its public interface.

#![allow(clippy::unwrap_used)]

use std::fs;

use tidings::{Config, Diagnostics, Document, Site, StoryRecord};

const CONFIG: &str = "[site]\nbase_url = 'https://news.example.org/feeds/'\nauthority = 'news.example.org,2014'\npages = false\n\
    home_page = 'https://news.example.org/{language}/'\n[languages.en]\ntitle = 'News'\n[languages.ar]\ntitle = 'أخبار'\n\
    fallback = ['en']\n[topics.water]\ntitle = { en = 'Water', ar = 'مياه' }\n[feeds]\narchives = 'year'\nlimit = 2\n";
const NOW: &str = "2026-06-01T00:00:00Z";

/// Stories as files have them, by their names without extensions.
const STORIES: [(&str, &str, &str); 4] = [
    (
        "2024/lake",
        "toml",
        "published = 2024-05-03\ntopics = ['water']\n[translations.en]\ntitle = 'Lake'\ncontent_markdown = '*deep*'\n[translations.ar]\ntitle = 'بحيرة'\n",
    ),
    (
        "2025/rain",
        "json",
        r#"{"published": "2025-02-03", "title": "Rain", "language": "en", "link": "https://e.example/r"}"#,
    ),
    (
        "several",
        "json",
        r#"[{"id": "a/1", "published": "2025-04-01", "title": "One", "language": "en"}, {"id": "a/2", "published": "2025-04-02", "title": "Two", "language": "en"}]"#,
    ),
    (
        "gone",
        "toml",
        "published = 2023-01-01\nwithdrawn = { on = 2025-04-03, reason = 'Not so.' }\n[translations.en]\n",
    ),
];

fn record((name, extension, text): (&str, &str, &str)) -> StoryRecord {
    if extension == "toml" { StoryRecord::toml(name, text) } else { StoryRecord::json(name, text) }
}

fn site_of(records: Vec<StoryRecord>) -> Result<Site, Diagnostics> {
    let config = Config::parse(CONFIG, ".")?;
    let (site, diagnostics) = Site::from_stories(&config, records, NOW.parse().unwrap());
    diagnostics.check(site)
}

fn all(site: &Site) -> Vec<Document> {
    site.documents().collect::<Result<_, _>>().unwrap()
}

#[test]
fn records_are_published_as_files_are() {
    let folder = tempfile::tempdir().unwrap();
    for (name, extension, text) in STORIES {
        let path = folder.path().join("stories").join(format!("{name}.{extension}"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let config = Config::parse(CONFIG, folder.path()).unwrap();
    let (of_files, diagnostics) = Site::load(&config, NOW.parse().unwrap());
    let of_files = all(&diagnostics.check(of_files).unwrap());
    let of_records = all(&site_of(STORIES.map(record).to_vec()).unwrap());
    assert!(of_files.len() > 20);
    assert_eq!(of_files, of_records);
    let mut reversed = STORIES.map(record).to_vec();
    reversed.reverse();
    assert_eq!(all(&site_of(reversed).unwrap()), of_records);
}

#[test]
fn a_document_is_the_one_of_the_publication() {
    let site = site_of(STORIES.map(record).to_vec()).unwrap();
    let documents = all(&site);
    assert!(documents.is_sorted_by_key(|document| &document.path));
    for document in &documents {
        assert_eq!(site.document(&document.path).unwrap().as_ref(), Some(document));
    }
    assert_eq!(site.document("en/nothing.atom.xml").unwrap(), None);
}

#[test]
fn errors_of_records_name_the_record() {
    let broken =
        StoryRecord::json("cms 17", r#"{"id": "a", "published": "2025-01-01", "titel": "T", "language": "en"}"#);
    let diagnostics = site_of(vec![broken]).unwrap_err();
    assert!(diagnostics.has_errors() && !diagnostics.is_empty());
    let shown = diagnostics.to_string();
    assert!(shown.contains("cms 17:1:40: error:") && shown.contains("did you mean `title`?"), "{shown}");
    let twice = vec![record(STORIES[0]), record(STORIES[0])];
    assert!(site_of(twice).unwrap_err().has_errors());
}

#[test]
fn a_site_can_be_looked_at() {
    let site = site_of(STORIES.map(record).to_vec()).unwrap();
    let languages: Vec<_> =
        site.languages().map(|edition| (edition.language, edition.name, edition.direction)).collect();
    assert_eq!(languages, [("en", "English", "ltr"), ("ar", "العربية", "rtl")]);
    assert_eq!(
        site.topics().map(|topic| (topic.id, topic.titles)).collect::<Vec<_>>(),
        [("water", vec!["Water", "مياه"])]
    );
    let feeds: Vec<_> = site.feeds().collect();
    let shown: Vec<_> = feeds.iter().map(|feed| (feed.language, feed.topic, feed.entry_count)).collect();
    assert_eq!(
        shown,
        [
            (Some("en"), None, 2),
            (Some("en"), Some("water"), 1),
            (Some("ar"), None, 2),
            (Some("ar"), Some("water"), 1),
            (None, None, 2),
            (None, Some("water"), 2)
        ]
    );
    assert_eq!(feeds[1].title, "News – Water");
    assert_eq!(feeds[1].paths, ["en/water.atom.xml", "en/water.rss.xml", "en/water.json"]);
    let entries = site.entries(&feeds[1]).unwrap();
    assert_eq!(entries[0].id, "tag:news.example.org,2014:2024/lake/en");
    assert_eq!((&*entries[0].story, &*entries[0].topics[0]), ("2024/lake", "water"));
    assert_eq!(entries[0].content_html.as_deref(), Some("<div lang=\"en\" dir=\"ltr\"><p><em>deep</em></p></div>"));
    assert_eq!(entries[0].published.to_rfc3339(), "2024-05-03T00:00:00+00:00");
    // A fallback keeps its own language.
    assert_eq!(site.entries(&feeds[2]).unwrap()[0].language, "en");
}
