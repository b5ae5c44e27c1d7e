//! `tidings new`, `tidings list` and `tidings man`.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::Site;

#[test]
fn a_new_story_is_a_draft_that_can_be_filled_in() {
    let site = Site::new();
    let run =
        site.run(&["new", "L’eau & \"the\" lakes", "--language", "ru", "--language", "en", "--topic", "research"]);
    assert_eq!(run.status, 0, "{run:?}");
    let path = run.stdout.trim();
    assert!(
        path.starts_with("stories/20") && path.ends_with("/l-eau-the-lakes.toml")
            || path.ends_with("leau-the-lakes.toml"),
        "{path}"
    );
    let text = site.read(path);
    for part in
        ["draft     = true", "topics    = [\"research\"]", "[translations.ru]", "[translations.en]", "title   = \"…\""]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert_eq!(site.run(&["check"]).status, 0);
    let again = site.run(&["new", "L’eau & \"the\" lakes"]);
    assert!(again.status == 0 && again.stdout.trim().ends_with("-2.toml"), "{again:?}");
    for arguments in [&["new", " "][..], &["new", "A", "--language", "es"], &["new", "A", "--topic", "water"]] {
        let run = site.run(arguments);
        assert!(run.status == 2 && run.stderr.contains("help: "), "{run:?}");
    }
}

fn newsroom() -> Site {
    let site = Site::new();
    let story = |name: &str, head: &str, text: &str| {
        site.write(&format!("stories/{name}.toml"), format!("{head}\n[translations.en]\n{text}\n"));
    };
    story(
        "a",
        "published = 2024-03-01\ntopics = [\"research\"]",
        "title = \"Water, \\\"blue\\\"\"\n[translations.ru]\ntitle = \"Вода\"",
    );
    story("b", "published = 2999-01-01", "title = \"Later\"");
    story("c", "published = 2025-01-01\ndraft = true", "title = \"=Draft\"");
    story("d", "published = 2023-01-01\nwithdrawn = { on = 2024-01-01 }", "");
    story("e", "published = 2022-01-01\nexpires = 2023-01-01", "title = \"Over\"");
    site
}

#[test]
fn stories_are_listed_with_their_state() {
    let site = newsroom();
    insta::assert_snapshot!(site.run(&["list"]).stdout);
    let json: serde_json::Value = serde_json::from_str(&site.run(&["list", "--format", "json"]).stdout).unwrap();
    assert_eq!((json.as_array().unwrap().len(), &json[2]["state"]), (5, &"published".into()), "{json:#}");
    let csv = site.run(&["list", "--format", "csv"]).stdout;
    assert!(csv.contains("\"Water, \"\"blue\"\"\"") && csv.contains("\"'=Draft\""), "{csv}");
    for (arguments, expected) in [
        (&["--state", "draft"][..], "draft"),
        (&["--language", "ru"], "published"),
        (&["--topic", "research"], "published"),
        (&["--since", "2025-06-01"], "scheduled"),
    ] {
        let run = site.run(&[&["list"], arguments].concat());
        let states: Vec<&str> = run
            .stdout
            .lines()
            .filter(|line| line.contains("stories/"))
            .map(|line| line.split(' ').next().unwrap())
            .collect();
        assert_eq!(states, [expected], "{run:?}");
    }
    for arguments in [&["--state", "gone"][..], &["--language", "es"], &["--topic", "x"], &["--since", "soon"]] {
        assert_eq!(site.run(&[&["list"], arguments].concat()).status, 2);
    }
    let run = site.run(&["check", "--format", "csv"]);
    assert!(run.status == 2 && run.stderr.contains("no such form"), "{run:?}");
}

#[test]
fn every_command_has_a_manual_page() {
    let site = Site::new();
    let whole = site.run(&["man"]);
    assert_eq!(whole.status, 0, "{whole:?}");
    for command in ["init", "import", "check", "build", "serve", "ping", "new", "list", "coverage", "schema", "man"] {
        assert!(whole.stdout.contains(&format!("tidings\\-{command}(1)")), "{command} in {}", whole.stdout);
        let page = site.run(&["man", command]);
        assert!(page.status == 0 && page.stdout.contains(&format!(".TH tidings-{command} 1")), "{page:?}");
        assert!(page.stdout.contains(&format!("  tidings {command}")), "{page:?}");
    }
    let unknown = site.run(&["man", "publish"]);
    assert!(unknown.status == 2 && unknown.stderr.contains("help: write one of init, import"), "{unknown:?}");
}
