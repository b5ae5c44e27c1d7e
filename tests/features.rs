//! What a program does without its cargo features: it refuses what needs them, by name, and never publishes something else.

#![allow(clippy::unwrap_used)]

mod common;

use common::Site;

#[test]
fn a_configuration_with_pages_needs_the_feature() {
    let site = Site::new();
    let run = site.run(&["check"]);
    if cfg!(feature = "pages") {
        assert_eq!(run.status, 0, "{}", run.stderr);
        return;
    }
    assert_eq!(run.status, 1, "{}", run.stderr);
    assert!(run.stderr.contains("needs the feature `pages`"), "{}", run.stderr);
    assert!(run.stderr.contains("help: set `pages = false` and a `home_page`"), "{}", run.stderr);
}

#[test]
fn commands_need_their_features() {
    let site = Site::new();
    for (feature, is_there, arguments) in [
        ("import", cfg!(feature = "import"), vec!["import", "missing.xml", "--into", "stories"]),
        ("serve", cfg!(feature = "serve"), vec!["serve", "--config", "missing.toml"]),
        ("serve", cfg!(feature = "serve"), vec!["ping"]),
    ] {
        let run = site.run(&arguments);
        let names = run.stderr.contains(&format!("built without the feature `{feature}`"));
        assert_eq!(names, !is_there, "{arguments:?}: {}", run.stderr);
        assert!(is_there || run.status == 2, "{arguments:?}: {}", run.status);
    }
}

#[test]
fn an_object_store_needs_the_feature() {
    let site = Site::with(
        "[site]\nbase_url = 'https://news.example.org/feeds/'\nauthority = 'news.example.org,2014'\npages = false\n\
         home_page = 'https://news.example.org/'\n[languages.en]\ntitle = 'News'\n",
    );
    for address in ["s3://a-bucket/feeds", "az://a-container"] {
        let run = site.run(&["build", "--output", address, "--now", common::NOW]);
        let names = run.stderr.contains("built without the feature `cloud`");
        assert!(names != cfg!(feature = "cloud") && run.stderr.contains(address), "{}", run.stderr);
        assert!(names == (run.status == 2) || cfg!(feature = "cloud"), "{}", run.status);
    }
    let run = site.run(&["build", "--output", "gs://a-bucket", "--now", common::NOW]);
    assert_eq!(run.status, 2);
    assert!(run.stderr.contains("Google Cloud Storage, which is not supported"), "{}", run.stderr);
}

#[test]
fn feeds_need_no_feature() {
    let site = Site::with(
        "[site]\nbase_url = 'https://news.example.org/feeds/'\nauthority = 'news.example.org,2014'\npages = false\n\
         home_page = 'https://news.example.org/'\n[languages.en]\ntitle = 'News'\n[languages.ar]\ntitle = 'أخبار'\n",
    );
    site.write("stories/a.toml", "published = 2026-01-01\n[translations.en]\ntitle = 'A'\ncontent_markdown = '*b*'\n");
    let run = site.run(&["build", "--now", common::NOW]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    for path in ["en/all.atom.xml", "ar/all.json", "mul/all.rss.xml", "assets/feed-ar.css"] {
        assert!(site.path("public").join(path).is_file(), "{path}");
    }
}
