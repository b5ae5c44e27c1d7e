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

/// The sample without what time will change.
fn sample() -> Site {
    let site = Site::empty();
    assert_eq!(site.run(&["init", "--sample"]).status, 0);
    for name in ["2025/call-for-fellows", "2026/youth-prize", "2027/night-index"] {
        std::fs::remove_file(site.path(&format!("stories/{name}.toml"))).unwrap();
    }
    site
}

#[test]
fn the_sample_is_listed() {
    let site = sample();
    let output = |arguments: &[&str]| {
        let run = site.run(arguments);
        assert!(run.status == 0 && run.stderr.is_empty(), "{run:?}");
        run.stdout
    };
    insta::assert_snapshot!("sample_list", output(&["list"]));
    insta::assert_snapshot!("sample_list_csv", output(&["list", "--language", "ar", "--format", "csv"]));
    insta::assert_snapshot!("sample_coverage", output(&["coverage"]));
    insta::assert_snapshot!(
        "sample_coverage_markdown",
        output(&["coverage", "--language", "zh-Hans", "--format", "markdown"])
    );
    insta::assert_snapshot!("sample_coverage_html", output(&["coverage", "--format", "html"]));
    insta::assert_snapshot!("man", output(&["man"]));
    insta::assert_snapshot!("man_build", output(&["man", "build"]));
    let path = output(&["new", "Light and the sea", "--language", "en", "--language", "ar", "--topic", "research"]);
    // Its day is that of the site's time zone, which is not that of the test.
    let written = site.read(path.trim());
    let day = written.split("published = ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    let distance = (day.parse::<chrono::NaiveDate>().unwrap() - chrono::Utc::now().date_naive()).num_days();
    assert!((-1..=1).contains(&distance), "{day}");
    insta::assert_snapshot!("sample_new", written.replace(day, "2026-01-15"));
}

#[test]
fn init_writes_what_is_asked_for() {
    let site = Site::empty();
    let made = site.run(&["init", "news"]);
    insta::assert_snapshot!("init", made.stdout);
    for name in ["tidings.toml", "stories/2026/welcome.toml"] {
        let text = site.read(&format!("news/{name}"));
        let schema = text.lines().next().unwrap().strip_prefix("#:schema ").unwrap();
        let folder = site.path(&format!("news/{name}"));
        assert!(folder.parent().unwrap().join(schema).is_file(), "{name}: {schema}");
    }
    assert_eq!(site.read("news/schema/story.json"), site.run(&["schema", "story"]).stdout);
    let run = site.run(&["init", "--github", "news"]);
    assert_eq!(run.status, 0, "{run:?}");
    let workflow = site.read("news/.github/workflows/tidings.yml");
    let action = format!("uses: tidings-feeds/tidings@v{}\n", env!("CARGO_PKG_VERSION"));
    assert!(workflow.contains(&action) && !workflow.contains("@ACTION@"), "{workflow}");
    let again = site.run(&["init", "--github", "news"]);
    assert!(again.status == 1 && again.stderr.contains("this file is already there"), "{again:?}");
    assert_eq!(site.run(&["init", "--github", "--sample", "x"]).status, 2);
    assert!(!site.path("x").exists());
    let run = site.run(&["init", "--editor", "news"]);
    assert!(run.status == 0 && run.stderr.is_empty(), "{run:?}");
    insta::assert_snapshot!("init_editor", site.read("news/admin/config.yml"));
    std::fs::remove_file(site.path("news/admin/index.html")).unwrap();
    let again = site.run(&["init", "--editor", "news"]);
    assert!(again.status == 1 && again.stderr.contains("help: delete it"), "{again:?}");
    assert!(!site.path("news/admin/index.html").exists());
    let nowhere = site.run(&["init", "--editor", "nowhere"]);
    assert!(nowhere.status == 2 && nowhere.stderr.contains("--config PATH"), "{nowhere:?}");
    let outside = site.run(&["init", "--editor", "nowhere", "--config", "news/tidings.toml"]);
    assert!(outside.status == 1 && outside.stderr.contains("outside the folder"), "{outside:?}");
    assert!(!site.path("nowhere").exists());
    let above = site.run(&["init", "--editor", "--config", "news/tidings.toml"]);
    assert!(above.status == 0 && site.read("admin/config.yml").contains("folder: \"news/stories\""), "{above:?}");
    let sample = site.run(&["init", "--sample", "sample"]);
    assert_eq!(sample.status, 0, "{sample:?}");
    let check = site.run(&["check", "--strict", "--config", "sample/tidings.toml"]);
    assert_eq!((check.status, &*check.stderr), (0, ""));
}

#[test]
fn an_imported_story_names_its_schema() {
    let site = Site::new();
    site.write("page.txt", "12 May 2024\nWater in the valley\nA new well was opened by the council today.\n");
    let run = site.run(&["import", "page.txt", "--from", "listing", "--into", "stories/old", "--language", "en"]);
    assert_eq!(run.status, 0, "{run:?}");
    let path = site.files("stories").into_iter().find(|path| !path.contains("_imported")).unwrap();
    let text = site.read(&format!("stories/{path}"));
    assert!(text.starts_with("#:schema ../../../schema/story.json\n"), "{path}: {text}");
    assert!(site.path("schema/story.json").is_file());
    // A file of an earlier version has no such line; an import leaves it as it is.
    let state = site.read("stories/old/_imported.toml");
    let again = site.run(&["import", "page.txt", "--from", "listing", "--into", "stories/old", "--language", "en"]);
    assert!(again.status == 0 && site.read("stories/old/_imported.toml") == state, "{again:?}");
    assert_eq!(site.read(&format!("stories/{path}")), text);
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
