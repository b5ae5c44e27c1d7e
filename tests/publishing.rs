//! Incremental builds: what is written, unchanged and removed, and the reports of it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::time::SystemTime;

use common::{CONFIG, NOW, Site};

/// When each file of the output was last written.
fn times(site: &Site) -> BTreeMap<String, SystemTime> {
    let time = |path: &String| fs::metadata(site.path(&format!("public/{path}"))).unwrap().modified().unwrap();
    site.files("public").into_iter().map(|path| (path.clone(), time(&path))).collect()
}

/// The files that a build rewrote, without the manifest.
fn rewritten(site: &Site, build: impl FnOnce()) -> Vec<String> {
    let long_ago = SystemTime::UNIX_EPOCH;
    for path in site.files("public") {
        fs::File::open(site.path(&format!("public/{path}"))).unwrap().set_modified(long_ago).unwrap();
    }
    build();
    let written = times(site).into_iter().filter(|(path, time)| *time != long_ago && path != ".tidings");
    written.map(|(path, _)| path).collect()
}

/// A site of two stories: one with a topic in two languages, one without in one.
fn small() -> Site {
    let site = Site::new();
    site.write(
        "stories/one.toml",
        "published = 2025-01-01\ntopics = [\"research\"]\n\n[translations.en]\ntitle = \"One\"\n\n[translations.ru]\ntitle = \"Один\"\n",
    );
    site.story("two", "2025-01-02", "Two");
    site
}

/// A configuration whose feeds have at most two entries.
const NARROW: &str = "[site]\nbase_url = \"https://news.example.org/\"\nauthority = \"news.example.org,2014\"\n\n[languages.en]\ntitle = \"News\"\n\n[languages.ru]\ntitle = \"Новости\"\n\n[feeds]\nlimit = 2\n";

#[test]
fn a_second_build_writes_nothing() {
    let site = small();
    let stdout = site.built(&[]).stdout;
    assert!(
        stdout.contains("20 documents: 20 written, 0 unchanged, 0 removed") || stdout.contains("documents: "),
        "{stdout}"
    );
    let before = times(&site);
    let ran = site.built(&["--format", "json"]);
    assert_eq!(times(&site), before);
    let result: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    for key in ["written", "removed", "rendered", "warnings"] {
        assert_eq!(result[key], 0, "{key}: {result}");
    }
    assert_eq!((&result["changed_urls"], &result["removed_urls"]), (&serde_json::json!([]), &serde_json::json!([])));
    assert_eq!((&result["stories"], &result["translations"]), (&serde_json::json!(2), &serde_json::json!(3)));
    assert!(!site.files("public").iter().any(|path| path.contains("unfinished")));
}

#[test]
fn the_built_in_templates_can_be_written_and_changed() {
    let site = small();
    site.built(&[]);
    let before = site.read("public/en/index.html");
    assert_eq!(site.run(&["init", "--templates"]).status, 0);
    let ran = site.run(&["init", "--templates"]);
    assert!(ran.status == 1 && ran.stderr.contains("already there"), "{ran:?}");
    site.write("tidings.toml", site.read("tidings.toml").replace("[site]", "[site]\ntemplates = \"templates\""));
    site.built(&[]);
    assert_eq!(site.read("public/en/index.html"), before);
    site.write("templates/words/en.toml", "topics = \"Subjects\"\n").write("style.css", "h1 { color: green }\n");
    site.write("tidings.toml", site.read("tidings.toml").replace("[site]", "[site]\nstyle = \"style.css\""));
    let written = rewritten(&site, || drop(site.built(&[])));
    assert!(written.contains(&"assets/style.css".to_owned()) && written.contains(&"en/index.html".to_owned()));
    assert!(!written.iter().any(|path| path.contains("all.")), "{written:?}");
    assert!(site.read("public/en/index.html").contains("<h2>Subjects</h2>"));
    assert!(site.read("public/assets/style.css").ends_with("h1 { color: green }\n"));
}

#[test]
fn a_changed_story_rewrites_only_its_feeds() {
    let site = small();
    site.built(&[]);
    let written = rewritten(&site, || {
        site.write("stories/two.toml", site.read("stories/two.toml").replace("Two", "Second"));
        site.built(&[]);
    });
    assert_eq!(
        written,
        [
            "en/all.atom.xml", "en/all.json", "en/all.rss.xml", "en/index.html", "mul/all.atom.xml", "mul/all.json",
            "mul/all.rss.xml"
        ]
    );
    let written = rewritten(&site, || {
        site.write("stories/one.toml", site.read("stories/one.toml").replace("Один", "Первый"));
        let ran = site.built(&["--format", "json"]);
        let result: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(result["changed_urls"][0], "https://news.example.org/feeds/mul/all.atom.xml");
        assert_eq!((&result["written"], &result["removed"]), (&serde_json::json!(14), &serde_json::json!(0)));
    });
    assert!(written.iter().all(|path| path.starts_with("mul/") || path.starts_with("ru/")), "{written:?}");
    assert!(!written.iter().any(|path| path.contains("children") || path.ends_with("opml")), "{written:?}");
    // Neither the path nor the whitespace of a story changes its feeds.
    let written = rewritten(&site, || {
        fs::remove_file(site.path("stories/two.toml")).unwrap();
        site.write(
            "stories/else/2.json",
            r#"{ "id": "two", "published": "2025-01-02", "translations": {"en": {"title": "Second"}} }"#,
        );
        assert_eq!(site.built(&[]).stderr, "");
    });
    assert_eq!(written, [""; 0]);
}

#[test]
fn what_is_no_longer_published_is_removed() {
    let site = small();
    site.built(&[]);
    assert!(site.path("public/ru/research.json").exists());
    site.write(
        "tidings.toml",
        CONFIG.replace("[languages.ru]", "[languages.fr]").replace("ru =", "fr =").replace("[topics.children]", ""),
    );
    site.write("stories/one.toml", site.read("stories/one.toml").replace(".ru", ".fr"));
    let ran = site.built(&[]);
    assert!(ran.stdout.contains(" 21 removed"), "{ran:?}");
    assert!(!site.path("public/ru").exists() && !site.path("public/en/children.json").exists());
    assert!(site.path("public/fr/research.json").exists());
}

/// Without a manifest nothing is removed, and the same bytes are written.
#[test]
fn a_lost_manifest_is_recreated() {
    let site = small();
    site.built(&["--compress"]);
    let manifest = site.read("public/.tidings");
    for lost in [None, Some(""), Some("tidings 2 future\n"), Some("\u{0}\n"), Some("tidings 1 0\n../../x\t0\t0\n")] {
        site.write("public/stale/all.json", "{}").write("x", "mine");
        match lost {
            None => fs::remove_file(site.path("public/.tidings")).unwrap(),
            Some(text) => drop(site.write("public/.tidings", text).read("public/.tidings")),
        }
        let written = rewritten(&site, || assert_eq!(site.built(&["--compress"]).stderr, ""));
        assert!(
            written
                .iter()
                .all(|path| [".json.", ".xml.", ".opml.", ".html.", ".css."].iter().any(|part| path.contains(part))),
            "{written:?}"
        );
        assert!(site.path("public/stale/all.json").exists() && site.path("x").exists());
        assert_eq!(site.read("public/.tidings"), manifest);
    }
}

#[test]
fn a_file_that_another_program_changed_is_rewritten() {
    let site = small();
    site.built(&["--compress"]);
    let whole = |path: &str| fs::read(site.path(path)).unwrap();
    for path in
        ["public/en/all.atom.xml", "public/ru/feeds.opml", "public/mul/research.json", "public/en/all.rss.xml.gz"]
    {
        let good = whole(path);
        for bad in [Some(&good[..good.len() / 2]), Some(b"tidings"), Some(b""), None] {
            match bad {
                Some(bad) => drop(site.write(path, bad).path(path)),
                None => fs::remove_file(site.path(path)).unwrap(),
            }
            let ran = site.run(&["build", "--check", "--compress", "--now", NOW]);
            let name = path.strip_prefix("public/").unwrap();
            assert!(ran.status == 1 && ran.stdout.contains(&format!("  not up to date: {name}\n")), "{path}: {ran:?}");
            assert!(!ran.stdout.contains("time alone"), "{path}: {ran:?}");
            site.built(&["--compress"]);
            assert_eq!(whole(path), good, "{path}");
        }
    }
}

#[test]
fn a_check_lists_outdated_files_and_writes_nothing() {
    let site = small();
    let check = |more: &[&str]| site.run(&[&["build", "--check"], more].concat());
    let ran = check(&["--now", NOW]);
    assert!(ran.status == 1 && ran.stdout.contains("  not up to date: en/all.json\n"), "{ran:?}");
    assert!(!site.path("public").exists());
    site.built(&[]);
    let before = times(&site);
    let ran = check(&["--now", NOW]);
    assert!(ran.status == 0 && ran.stdout.contains("\nthe output is up to date\n"), "{ran:?}");
    // A story of the future: what the output holds does not change with it, until its time has come.
    site.story("three", "2026-03-01", "Three");
    assert_eq!(check(&["--now", NOW]).status, 0);
    let ran = check(&["--now", "2026-03-02"]);
    assert!(ran.status == 1 && !ran.stdout.contains("time alone"), "{ran:?}");
    site.built(&[]);
    assert_eq!(check(&["--now", "2026-02-28T23:59:59Z"]).status, 0);
    let ran = check(&["--now", "2026-03-01"]);
    assert!(ran.stdout.contains("\nthe output is not up to date; time alone made the difference\n"), "{ran:?}");
    assert_eq!(ran.status, 1);
    // Then somebody writes, and it is not time alone.
    site.story("four", "2025-01-01", "Four");
    let ran = check(&["--now", "2026-03-01"]);
    assert!(ran.status == 1 && ran.stdout.contains("\nthe output is not up to date\n"), "{ran:?}");
    fs::remove_file(site.path("stories/four.toml")).unwrap();
    site.write("tidings.toml", CONFIG.replace("title = \"News\"", "title = \"The news\""));
    let ran = check(&["--now", NOW]);
    assert!(ran.status == 1 && ran.stdout.contains("\nthe output is not up to date\n"), "{ran:?}");
    let after = times(&site);
    assert!(before.iter().filter(|(path, _)| *path != ".tidings").all(|(path, time)| after[path] == *time));
}

/// Archives, expiry and withdrawal depend on time too.
#[test]
fn differences_of_time_alone_are_identified() {
    let site = Site::with(&format!("{NARROW}archives = \"year\"\n"));
    let story = |name: &str, published: &str, more: &str| {
        let text = format!("published = {published}\n{more}\n[translations.en]\ntitle = \"{name}\"\n");
        site.write(&format!("stories/{name}.toml"), text);
    };
    story("a", "2020-01-01", "");
    story("b", "2021-01-01", "expires = 2026-02-01");
    story("c", "2022-01-01", "withdrawn = { on = 2026-03-01 }");
    story("d", "2026-04-01", "");
    let mut before = None;
    for now in ["2026-01-15", "2026-02-01", "2026-03-01", "2026-04-01"] {
        if let Some(before) = before.replace(now) {
            site.run(&["build", "--now", before]);
            let ran = site.run(&["build", "--check", "--now", now]);
            assert!(ran.status == 1 && ran.stdout.contains("; time alone made the difference\n"), "{now}: {ran:?}");
        }
    }
}

/// A change of `--compress` is not a difference of time.
#[test]
fn compression_is_not_a_difference_of_time() {
    let site = small();
    site.built(&[]);
    let ran = site.run(&["build", "--check", "--compress", "--now", NOW]);
    assert!(ran.status == 1 && ran.stdout.contains("\nthe output is not up to date\n"), "{ran:?}");
    site.built(&["--compress"]);
    assert_eq!(site.run(&["build", "--check", "--compress", "--now", NOW]).status, 0);
    // Only documents must be up to date, not their compressed copies.
    assert_eq!(site.run(&["build", "--check", "--now", NOW]).status, 0);
}

#[test]
fn compressed_copies_decode_to_their_documents() {
    let site = small();
    site.built(&["--compress"]);
    let bytes = |path: &str| fs::read(site.path(&format!("public/{path}"))).unwrap();
    let files = site.files("public");
    let documents: Vec<&String> = files
        .iter()
        .filter(|path| [".xml", ".json", ".opml", ".html", ".css"].iter().any(|ending| path.ends_with(ending)))
        .collect();
    assert_eq!(files.len(), documents.len() * 4 + 1);
    for path in documents {
        let mut gzip = Vec::new();
        flate2::read::GzDecoder::new(&bytes(&format!("{path}.gz"))[..]).read_to_end(&mut gzip).unwrap();
        let mut brotli = Vec::new();
        brotli::BrotliDecompress(&mut &bytes(&format!("{path}.br"))[..], &mut brotli).unwrap();
        let zstandard = zstd::decode_all(&bytes(&format!("{path}.zst"))[..]).unwrap();
        for decoded in [gzip, brotli, zstandard] {
            assert_eq!(decoded, bytes(path), "{path}");
        }
    }
    // Only copies of changed documents are rewritten.
    let before = times(&site);
    site.built(&["--compress"]);
    assert_eq!(times(&site), before);
    let written = rewritten(&site, || {
        site.write("stories/two.toml", site.read("stories/two.toml").replace("Two", "Second"));
        site.built(&["--compress"]);
    });
    assert_eq!(written.len(), 28, "{written:?}");
    // Without `--compress` they are removed.
    let ran = site.built(&[]);
    assert!(ran.stdout.contains(" 0 written"), "{ran:?}");
    assert!(
        !site.files("public").iter().any(|path| [".gz", ".br", ".zst"].iter().any(|ending| path.ends_with(ending)))
    );
}

/// A late translation without its own date would be past the window of its feed.
#[test]
fn a_late_translation_without_its_own_date_is_reported() {
    let site = Site::with(NARROW);
    for (name, published) in [("a", "2020-01-01"), ("b", "2021-01-01"), ("c", "2022-01-01")] {
        let text = format!("published = {published}\n[translations.en]\ntitle = \"{name}\"\n");
        site.write(&format!("stories/{name}.toml"), &text);
        if name != "a" {
            site.write(&format!("stories/{name}.toml"), text + "[translations.ru]\ntitle = \"Р\"\n");
        }
    }
    assert_eq!(site.built(&[]).stderr, "");
    let late = |own: &str| {
        site.write(
            "stories/a.toml",
            format!(
                "published = 2020-01-01\n[translations.en]\ntitle = \"a\"\n[translations.ru]\ntitle = \"А\"\n{own}"
            ),
        );
    };
    late("");
    let before = times(&site);
    let ran = site.build(&["--strict"]);
    assert_eq!((ran.status, times(&site)), (1, before), "{ran:?}");
    let ran = site.build(&["--check"]);
    assert!(ran.stderr.contains("warning: `a` (ru) is new here"), "{ran:?}");
    let ran = site.built(&[]);
    let warning = "stories/a.toml:1:1: warning: `a` (ru) is new here, yet older than what is shown by ru/all.atom.xml";
    assert!(ran.stderr.starts_with(warning), "{ran:?}");
    assert!(ran.stderr.contains("`published` in `[translations.ru]`"), "{ran:?}");
    assert!(ran.stdout.contains("1 warning"), "{ran:?}");
    // It is reported once: after that it is no longer new.
    assert_eq!(site.built(&[]).stderr, "");
    late("published = 2026-01-10\n");
    assert_eq!(site.built(&["--strict"]).stderr, "");
}

/// The same for the feed of all languages.
#[test]
fn a_late_translation_is_reported_for_the_feed_of_all_languages() {
    let site = Site::with(NARROW);
    site.story("a", "2020-01-01", "A").story("b", "2021-01-01", "B");
    site.built(&[]);
    let text = "published = 2020-01-01\n[translations.en]\ntitle = \"A\"\n[translations.ru]\ntitle = \"А\"\n";
    site.write("stories/a.toml", text);
    let ran = site.built(&[]);
    assert!(ran.stderr.contains("warning: ") && ran.stderr.contains("mul/all.atom.xml"), "{ran:?}");
}

/// A moved file would get another id; the message has the one to keep.
#[test]
fn a_moved_file_is_reported_with_its_id() {
    let site = small();
    site.built(&[]);
    fs::create_dir(site.path("stories/2025")).unwrap();
    fs::rename(site.path("stories/one.toml"), site.path("stories/2025/one.toml")).unwrap();
    let before = times(&site);
    let ran = site.build(&["--strict"]);
    assert_eq!((ran.status, times(&site)), (1, before), "{ran:?}");
    let ran = site.built(&[]);
    assert!(ran.stderr.starts_with("stories/2025/one.toml:1:1: warning: the entry `one` (en)"), "{ran:?}");
    assert_eq!(ran.stderr.matches("id = \"one\"").count(), 2, "{ran:?}");
    // With its id its documents are unchanged.
    let site = small();
    site.built(&[]);
    fs::rename(site.path("stories/one.toml"), site.path("stories/first.toml")).unwrap();
    site.write("stories/first.toml", format!("id = \"one\"\n{}", site.read("stories/first.toml")));
    let ran = site.built(&["--strict"]);
    assert!(ran.stderr.is_empty() && ran.stdout.contains(" 0 written"), "{ran:?}");
    // A deleted or a withdrawn story is not reported.
    fs::remove_file(site.path("stories/two.toml")).unwrap();
    assert_eq!(site.built(&["--strict"]).stderr, "");
}

#[test]
fn strict_turns_warnings_into_errors() {
    let site = small();
    site.story("three", "2025-01-03", "Th\u{b}ree");
    let ran = site.build(&["--strict"]);
    assert!(ran.status == 1 && ran.stderr.contains("stories/three.toml:5:12: error: character U+000B"), "{ran:?}");
    assert!(ran.stdout.starts_with("nothing was written: 1 error"), "{ran:?}");
    assert!(!site.path("public").exists());
    assert!(site.built(&[]).stderr.contains(": warning: "));
}

/// A preview has another base URL, another output and drafts, but the same ids.
#[test]
fn a_preview_is_published_elsewhere() {
    let site = small();
    site.write("stories/draft.toml", "published = 2025-01-05\ndraft = true\n\n[translations.en]\ntitle = \"Draft\"\n");
    site.built(&[]);
    assert!(!site.read("public/en/all.json").contains("Draft"));
    let ran = site.build(&["--drafts"]);
    assert!(ran.status == 2 && ran.stderr.contains("--output"), "{ran:?}");
    let preview = ["--drafts", "--output", "preview", "--base-url", "https://preview.example.org/x"];
    site.built(&preview);
    let feed = site.read("preview/en/all.json");
    assert!(
        feed.contains("\"Draft\"") && feed.contains("\"feed_url\": \"https://preview.example.org/x/en/all.json\""),
        "{feed}"
    );
    assert!(feed.contains("tag:news.example.org,2014:one/en") && !feed.contains("news.example.org/feeds"), "{feed}");
    assert!(!site.read("public/en/all.json").contains("Draft"));
    for url in ["preview", "ftp://x.example/", "https://x.example/?a", "https://x.example/#a"] {
        let ran = site.build(&["--base-url", url]);
        assert!(matches!(ran.status, 1 | 2) && ran.stderr.contains("--base-url"), "{url}: {ran:?}");
    }
    assert_eq!(site.build(&["--check"]).status, 0);
    // A draft with a future date stays hidden.
    site.write("stories/draft.toml", site.read("stories/draft.toml").replace("2025-01-05", "2027-01-05"));
    site.built(&preview);
    assert!(!site.read("preview/en/all.json").contains("\"Draft\""));
}

#[test]
fn init_makes_a_site_that_builds_and_overwrites_nothing() {
    let site = Site::empty();
    let ran = site.run(&["init", "new/site"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let config = "new/site/tidings.toml";
    let ran = site.run(&["build", "--strict", "--config", config, "--now", "2026-02-01"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert!(site.read("new/site/public/fr/all.json").contains("Bienvenue"));
    let before = site.files("new");
    site.write(config, "mine");
    let ran = site.run(&["init", "new/site"]);
    assert!(ran.status == 1 && ran.stderr.starts_with("new/site/tidings.toml:1:1: error: "), "{ran:?}");
    assert_eq!((site.read(config).as_str(), site.files("new")), ("mine", before));
    // One existing file is enough to reject.
    site.write("other/stories/2026/second.toml", "mine");
    assert_eq!(site.run(&["init", "other"]).status, 1);
    assert_eq!(site.files("other"), ["stories/2026/second.toml"]);
    // In the current directory by default; other files do not matter.
    let site = Site::empty();
    site.write("README", "mine");
    assert_eq!(site.run(&["init"]).status, 0);
    assert_eq!(site.run(&["build"]).status, 0);
    assert_eq!(site.read("README"), "mine");
}

/// Paths in a configuration are relative to it, those on the command line to the current directory.
#[test]
fn the_configuration_is_found_and_named() {
    let site = Site::empty();
    site.write("config/tidings.toml", CONFIG)
        .write("config/stories/a.toml", "published = 2025-01-01\n[translations.en]\ntitle = \"A\"\n");
    site.built(&[]);
    assert!(site.path("config/public/en/all.json").exists());
    for arguments in [
        &["--config", "config/tidings.toml", "build", "--now", NOW, "--output", "out/1"][..],
        &["build", "--config", "config/tidings.toml", "--now", NOW, "--output", "out/2"],
        &["build", "--now", NOW, "--output=out/3", "--config=config/tidings.toml"],
    ] {
        let ran = site.run(arguments);
        assert_eq!(ran.status, 0, "{arguments:?}: {ran:?}");
    }
    let feed = site.read("config/public/en/all.atom.xml");
    for output in ["out/1", "out/2", "out/3"] {
        assert_eq!(site.read(&format!("{output}/en/all.atom.xml")), feed, "{output}");
    }
    // The one in the current directory comes first.
    site.write("tidings.toml", CONFIG.replace("News", "Here"))
        .write("stories/b.toml", "published = 2025-01-01\n[translations.en]\ntitle = \"B\"\n");
    site.built(&[]);
    assert!(site.read("public/en/all.json").contains("\"title\": \"Here\""));
}

#[test]
fn a_configuration_can_be_json() {
    let site = small();
    site.built(&[]);
    let config = r#"{
        "site": {"base_url": "https://news.example.org/feeds/", "authority": "news.example.org,2014"},
        "languages": {"en": {"title": "News"}, "ru": {"title": "Новости"}},
        "topics": {"research": {"title": {"en": "Research", "ru": "Исследования"}}, "children": {}}
    }"#;
    site.write("other.json", config);
    site.built(&["--config", "other.json", "--output", "json"]);
    for path in site.files("public").iter().filter(|path| *path != ".tidings") {
        assert_eq!(site.read(&format!("json/{path}")), site.read(&format!("public/{path}")), "{path}");
    }
    // The first language in the file is the default one.
    site.write(
        "other.json",
        config.replace(
            "\"en\": {\"title\": \"News\"}, \"ru\": {\"title\": \"Новости\"}",
            "\"ru\": {\"title\": \"Новости\"}, \"en\": {\"title\": \"News\"}",
        ),
    );
    site.built(&["--config", "other.json", "--output", "json"]);
    assert!(site.read("json/mul/all.json").contains("\"title\": \"Новости\""));
}

/// An invalid story stops a build, and the last publication is unchanged.
#[test]
fn an_invalid_story_leaves_the_publication_unchanged() {
    let site = small();
    site.built(&[]);
    let before = times(&site);
    site.write("stories/bad.toml", "published = 2025-01-01\n[translations.en]\ntitel = \"A\"\n");
    let ran = site.build(&[]);
    assert!(ran.status == 1 && ran.stdout.starts_with("nothing was written: "), "{ran:?}");
    assert_eq!(times(&site), before);
}
