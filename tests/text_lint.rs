//! Warnings of `tidings check` about texts that are valid, and probably not what was meant.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::{CONFIG, Site};

const LONG: &str =
    "The institute opens a new station at the high lakes and measures how fast the glaciers of the range are melting.";

/// A story for each lint, and the line and column that its warning has.
fn newsroom() -> Site {
    let site = Site::new();
    let story = |name: &str, text: &str| {
        site.write(&format!("stories/{name}.toml"), text);
    };
    story(
        "wrong-language",
        &format!(
            "published = 2024-01-01\n[translations.en]\ntitle = \"A\"\n[translations.ru]\ntitle = \"B\"\nsummary = \"{LONG}\"\n"
        ),
    );
    story(
        "same-text",
        "published = 2024-01-02\n[translations.en]\ntitle = \"S\"\nsummary = \"X\"\n[translations.ru]\ntitle = \"S\"\nsummary = \"X\"\n",
    );
    story("markup-in-text", "published = 2024-01-03\n[translations.en]\ntitle = \"Fish &amp; <b>chips</b>\"\n");
    story("control-characters", "published = 2024-01-04\n[translations.en]\ntitle = \"A\u{202e}b\"\n");
    story(
        "missing-alt",
        "published = 2024-01-05\nimage = { url = \"https://a.example/i.jpg\" }\n[translations.en]\ntitle = \"C\"\n",
    );
    story("far-future", "published = 2062-01-06\n[translations.en]\ntitle = \"D\"\n");
    story(
        "updated-before-published",
        "published = 2024-01-07\nupdated = 2023-01-01\n[translations.en]\ntitle = \"E\"\n",
    );
    story("long-title", &format!("published = 2024-01-08\n[translations.en]\ntitle = \"{LONG} {LONG}\"\n"));
    story("relative-link", "published = 2024-01-09\nlink = \"/news/f.html\"\n[translations.en]\ntitle = \"F\"\n");
    story(
        "no-length",
        "published = 2024-01-10\nenclosures = [{ url = \"https://a.example/t.mp3\" }]\n[translations.en]\ntitle = \"G\"\n",
    );
    site
}

const LINTS: [&str; 10] = [
    "control-characters", "far-future", "long-title", "markup-in-text", "missing-alt", "no-length", "relative-link",
    "same-text", "updated-before-published", "wrong-language",
];

#[test]
fn each_lint_names_its_place_and_its_cure() {
    let site = newsroom();
    let run = site.run(&["check"]);
    assert_eq!(run.status, 0, "{run:?}");
    insta::assert_snapshot!(run.stderr);
    for lint in LINTS {
        let warnings: Vec<&str> = run
            .stderr
            .lines()
            .filter(|line| line.contains(": warning: ") && line.contains(&format!("stories/{lint}.toml:")))
            .collect();
        assert_eq!(warnings.len(), 1, "{lint}: {warnings:?}");
    }
    // Only `check` has them.
    assert_eq!(site.run(&["build"]).stderr, "");
}

#[test]
fn each_lint_can_be_allowed() {
    let site = newsroom();
    for lint in LINTS {
        site.write("tidings.toml", format!("{CONFIG}\n[check]\nallow = [\"{lint}\"]\n"));
        let run = site.run(&["check"]);
        assert!(!run.stderr.contains(&format!("stories/{lint}.toml:")), "{lint}: {}", run.stderr);
    }
    site.write("tidings.toml", format!("{CONFIG}\n[check]\nallow = {LINTS:?}\n"));
    assert_eq!(site.run(&["check", "--strict"]).stderr, "");
}
