//! Invalid sites, and the exact diagnostics of each.
//!
//! A folder below `sites/failing` has the site, and `expected.snap` with the output. Without a configuration it gets the
//! default one; without a `command` file, the site is checked. Sites whose name begins with `warns` have only warnings. Run with `INSTA_UPDATE=always` to accept a change, and read it with `git diff`.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{CONFIG, Site};

/// The exit status and the output for a site.
fn output_of(name: &str) -> (i32, String) {
    let site = Site::copy_of(Path::new("failing").join(name));
    if !["tidings.toml", "tidings.json"].iter().any(|config| site.path(config).exists()) {
        site.write("tidings.toml", CONFIG);
    }
    let command = if site.path("command").exists() { site.read("command") } else { "check".to_owned() };
    let ran = site.run(&command.split_whitespace().collect::<Vec<_>>());
    assert!(!site.path("public").exists() && !site.path("out").exists(), "{name}: something was written");
    (ran.status, format!("tidings {}\n{}{}", command.trim(), ran.stderr, ran.stdout))
}

#[test]
fn every_error_is_reported() {
    let sites = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sites/failing");
    let mut names: Vec<String> =
        fs::read_dir(&sites).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    let mut failed = Vec::new();
    for name in names {
        let (status, text) = output_of(&name);
        let expected = match name.split('-').next() {
            Some("warns") => 0,
            Some("misused") => 2,
            _ => 1,
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(sites.join(&name));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let compare = || settings.bind(|| insta::assert_snapshot!("expected", text));
        let is_as_expected = std::panic::catch_unwind(std::panic::AssertUnwindSafe(compare)).is_ok();
        if !is_as_expected || status != expected {
            failed.push(format!("{name} (status {status})"));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn without_a_configuration_there_is_advice() {
    let ran = Site::empty().run(&["check"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("tidings.toml") && ran.stderr.contains("tidings init"), "{ran:?}");
}

#[test]
fn invalid_usage_and_invalid_input_have_their_own_status() {
    let site = Site::new();
    for arguments in [&["biuld"][..], &["build", "--nwo", "2025-01-01"], &["build", "--drafts"], &[]] {
        let ran = site.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}: {ran:?}");
    }
    assert!(!site.path("public").exists());
}

/// Asserts that a check fails, and that its output contains each of these.
fn fails_with(site: &Site, named: &[&str]) {
    let ran = site.run(&["check"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    for name in named {
        assert!(ran.stderr.contains(name), "{name} is not named: {ran:?}");
    }
}

/// A guid replaces the id of an entry, so that it must not equal the id of another one.
#[test]
fn a_guid_cannot_be_the_id_of_another_entry() {
    let site = Site::new();
    site.story("a", "2025-01-01", "A");
    site.write(
        "stories/b.toml",
        "published = 2025-01-01\n\n[translations.en]\ntitle = \"B\"\nguid = \"tag:news.example.org,2014:a/en\"\n",
    );
    fails_with(&site, &["stories/a.toml", "stories/b.toml:5:8"]);
}

/// Guids are compared as they are published: white space at their ends is removed, the inside stays as it is.
#[test]
fn guids_that_differ_in_white_space_at_their_ends_are_the_same() {
    let site = Site::new();
    let record = |id: &str, guid: &str| {
        format!(r#"{{"id": "{id}", "language": "en", "published": "2025-01-01", "title": "T", "guid": "{guid}"}}"#)
    };
    site.write("stories/a.jsonl", format!("{}\n{}\n", record("a", " post 17\\n"), record("b", "post 17")));
    fails_with(&site, &["stories/a.jsonl:1", "stories/a.jsonl:2"]);
    site.write("stories/a.jsonl", format!("{}\n{}\n", record("a", "post  17"), record("b", "post 17")));
    assert_eq!(site.run(&["check"]).status, 0);
}

/// Nested lists of stories are rejected: their ids would be ambiguous.
#[test]
fn nested_lists_of_stories_are_rejected() {
    let stories = r#"{"stories": [{"id": "c", "language": "en", "published": "2025-01-01", "title": "C"},
        {"id": "d", "language": "en", "published": "2025-01-01", "title": "D"}]}"#;
    for (name, text) in [
        ("a.json", format!("[{stories}]")),
        ("a.jsonl", stories.replace('\n', "")),
        ("b.json", format!("{{\"stories\": [{stories}]}}")),
    ] {
        let site = Site::new();
        site.write(&format!("stories/{name}"), text);
        fails_with(&site, &[name, "`stories`"]);
    }
}

#[test]
fn urls_in_the_configuration_are_http() {
    let site = r#"[site]
base_url = "https://news.example.org/"
authority = "news.example.org,2014"
title = "News"

[languages.en]
title = "News"
"#;
    let changes = [
        ("base_url = \"https", "base_url = \"ftp", "base_url"),
        ("title = \"News\"\n\n", "home_page = \"ftp://x.example/\"\n\n", "home_page"),
        ("title = \"News\"\n\n", "logo = \"ftp://x.example/\"\n\n", "logo"),
        ("title = \"News\"\n\n", "authors = [{ name = \"A\", url = \"ftp://x.example/\" }]\n\n", "url"),
        ("title = \"News\"\n\n", "authors = [{ name = \"A\", url = \"x\" }]\n\n", "url"),
        ("[languages", "[feeds]\nhub = \"ftp://x.example/\"\n[languages", "hub"),
    ];
    for (from, to, key) in changes {
        fails_with(&Site::with(&site.replace(from, to)), &["tidings.toml", key]);
    }
}

/// A missing configuration is invalid usage, not an I/O error.
#[test]
fn a_named_configuration_must_exist() {
    let site = Site::new();
    let ran = site.run(&["check", "--config", "other.toml"]);
    assert!(matches!(ran.status, 1 | 2), "{ran:?}");
    assert!(ran.stderr.contains("other.toml"), "{ran:?}");
}

/// Every text from which control characters are stripped is reported, in every field.
#[test]
fn control_characters_are_reported_in_every_text() {
    let hostile = |text: &str| text.replace('@', "\\u000B");
    let story = |more: &str, own: &str| {
        hostile(&format!("published = 2025-01-01\n{more}\n[translations.en]\ntitle = \"T\"\n{own}\n"))
    };
    let image = |more: &str| format!("image = {{ url = \"https://news.example.org/a.jpg\", {more} }}");
    for (text, line) in [
        (story("", "summary = \"S@\""), 5),
        (story("", "content_text = \"S@\""), 5),
        (story("", "guid = \"S@\""), 5),
        (story(&image("alt = \"A@\""), ""), 2),
        (story(&image("credit = \"A@\""), ""), 2),
        (story("authors = [{ name = \"A@\" }]", ""), 2),
        (story("enclosures = [{ url = \"https://news.example.org/a\", title = \"A@\" }]", ""), 2),
        (story("withdrawn = { on = 2030-01-01, reason = \"R@\" }", ""), 2),
    ] {
        let site = Site::new();
        site.write("stories/a.toml", &text);
        let ran = site.run(&["check"]);
        assert_eq!(ran.status, 0, "{text}: {ran:?}");
        let place = format!("stories/a.toml:{line}:");
        assert!(ran.stderr.contains(&place) && ran.stderr.contains("warning: character U+000B"), "{text}: {ran:?}");
        assert_eq!(site.run(&["check", "--strict"]).status, 1);
    }
}

/// One pasted control character is not an error, even beside a native TOML date.
#[test]
fn a_toml_date_is_read_beside_a_control_character() {
    let site = Site::new();
    let moments = "published = 2025-01-01\nupdated = 2025-01-02T10:00:00Z\nexpires = 2030-01-01T00:00:00";
    site.write("stories/a.toml", format!("{moments}\n[translations.en]\ntitle = \"A\u{b}\"\n"));
    let ran = site.built(&[]);
    assert!(ran.stderr.contains("warning: character U+000B"), "{ran:?}");
    assert!(site.read("public/en/all.json").contains("\"title\": \"A\""));
}

/// An id in JSON is the same with and without a warning about its record.
#[test]
fn large_numbers_are_ids_beside_a_warning_too() {
    let site = Site::new();
    let record = |title: &str| {
        format!(r#"{{"id": 18446744073709551615, "language": "en", "published": "2025-01-01", "title": "{title}"}}"#)
    };
    for title in ["A", "A\u{b}"] {
        site.write("stories/a.jsonl", record(title));
        site.built(&[]);
        assert!(site.read("public/en/all.json").contains("2014:18446744073709551615/en"), "{title}");
    }
}

#[test]
fn messages_use_the_terms_of_the_format() {
    let site = Site::new();
    site.write("stories/a.toml", "published = 2025-01-01\nwithdrawn = 2025-01-01\ntopics = [1]\n[translations.en]\n");
    let ran = site.run(&["check"]);
    assert_eq!(ran.status, 1);
    assert!(!ran.stderr.contains("private"), "{ran:?}");
    assert!(!ran.stderr.contains("`topics` must be a string"), "{ran:?}");
    site.write("stories/a.toml", "").write("stories/b.jsonl", "null\n");
    let ran = site.run(&["check"]);
    assert!(!ran.stderr.contains("not this"), "{ran:?}");
}

/// Any number of stripped control characters remains a warning.
#[test]
fn many_warnings_are_no_error() {
    let site = Site::new();
    let record = |index: usize, title: &str| {
        format!("{{\"id\": {index}, \"language\": \"en\", \"published\": \"2025-01-01\", \"title\": \"{title}\"}}\n")
    };
    site.write("stories/a.jsonl", (0..1000).map(|index| record(index, "A\u{b}")).collect::<String>());
    let text = format!(
        "published = 2025-01-01\n[translations.en]\ntitle = \"A\"\nsummary = '''{}'''\n",
        "a\u{b}\n".repeat(1000)
    );
    site.write("stories/b.toml", text);
    let ran = site.built(&[]);
    assert!(!ran.stderr.contains("error"), "{ran:?}");
    // An error after them is still reported.
    site.write("stories/a.jsonl", (0..1000).map(|index| record(index, "A\u{b}")).collect::<String>() + "{}\n");
    let ran = site.build(&[]);
    assert!(ran.status == 1 && ran.stderr.contains("stories/a.jsonl:1001:1: error"), "{}", ran.status);
}
