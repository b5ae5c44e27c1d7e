//! `tidings coverage`: which stories lack which languages.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::Site;

/// One published story has a gap; a complete one, a future one and a draft have none.
fn site() -> Site {
    let site = Site::new();
    let languages = "[languages.en]\ntitle = \"News\"\n\n[languages.ru]\ntitle = \"Новости\"\n\n[languages.zh-Hans]\ntitle = \"新闻\"\n";
    site.write(
        "tidings.toml",
        format!("[site]\nbase_url = \"https://a.example/\"\nauthority = \"a.example,2020\"\n\n{languages}\n[topics.research]\n"),
    );
    let story = |name: &str, head: &str, languages: &[&str]| {
        let texts = languages.iter().map(|tag| format!("[translations.{tag}]\ntitle = \"T\"\n")).collect::<String>();
        site.write(&format!("stories/{name}.toml"), format!("{head}\n{texts}"));
    };
    story("both", "published = 2024-03-01\ntopics = [\"research\"]", &["en", "ru"]);
    story("late", "published = 2025-01-01", &["ru"]);
    story("old", "published = 2020-05-06\ntopics = [\"research\"]", &["en"]);
    story("future", "published = 2999-01-01", &["en"]);
    story("draft", "published = 2020-01-01\ndraft = true", &["en"]);
    site
}

#[test]
fn text_lists_the_oldest_gaps_first() {
    insta::assert_snapshot!(site().run(&["coverage"]).stdout);
}

#[test]
fn json_lists_every_gap() {
    let ran = site().run(&["coverage", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    insta::assert_snapshot!(format!("{value:#}"));
}

#[test]
fn errors_in_the_store_are_reported() {
    let site = site();
    site.write("stories/x.toml", "published = 2020-01-01\n[translations.xx]\ntitle = \"T\"\n");
    let ran = site.run(&["coverage"]);
    assert_eq!((ran.status, ran.stdout.as_str()), (1, ""), "{ran:?}");
    assert!(ran.stderr.starts_with("stories/x.toml:2:"), "{ran:?}");
}
