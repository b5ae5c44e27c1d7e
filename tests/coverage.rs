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
fn text_lists_the_newest_gaps_first() {
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

#[test]
fn translations_older_than_a_correction_are_stale() {
    let site = site();
    let text = "published = 2024-05-01\n[translations.en]\ntitle = \"T\"\nupdated = 2024-06-01\n[translations.ru]\ntitle = \"T\"\n";
    site.write("stories/corrected.toml", text);
    let run = site.run(&["coverage", "--stale", "--language", "ru"]);
    assert!(run.stdout.contains("ru has an older text in 1 story:\n  2024-05-01  corrected"), "{run:?}");
    assert!(!run.stdout.contains("lacks"), "{run:?}");
    let csv = site.run(&["coverage", "--format", "csv"]).stdout;
    assert!(csv.contains("\"ru\",\"stale\",\"2024-05-01\",\"corrected\",\"en ru\",\"\"\n"), "{csv}");
}

#[test]
fn coverage_can_be_filtered_and_can_fail() {
    let site = site();
    let count = |arguments: &[&str]| {
        let run = site.run(&[&["coverage", "--format", "json"], arguments].concat());
        let value: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        (value["stories"].as_u64().unwrap(), value["languages"].as_array().unwrap().len(), run.status)
    };
    assert_eq!(count(&[]), (3, 3, 0));
    assert_eq!(count(&["--topic", "research", "--language", "en"]), (2, 1, 0));
    assert_eq!(count(&["--since", "2024-12-31"]), (1, 3, 0));
    assert_eq!(count(&["--language", "en", "--fail-under", "66"]), (3, 1, 0));
    let run = site.run(&["coverage", "--fail-under", "67"]);
    assert!(run.status == 1 && run.stderr.contains("2 of 3 stories have `en`, fewer than 67 %"), "{run:?}");
    assert_eq!(site.run(&["coverage", "--fail-under", "101"]).status, 2);
}

#[test]
fn coverage_is_a_table_for_a_wiki_and_a_page() {
    let site = site();
    insta::assert_snapshot!("markdown", site.run(&["coverage", "--format", "markdown"]).stdout);
    insta::assert_snapshot!("html", site.run(&["coverage", "--format", "html"]).stdout);
}
