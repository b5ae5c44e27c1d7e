//! Incremental builds: what is written, unchanged and removed, and the reports of it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{PermissionsExt, symlink};
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
fn a_build_ends_with_what_changed_and_what_comes_next() {
    let site = Site::new();
    let story = |name: &str, head: &str, title: &str| {
        site.write(&format!("stories/{name}.toml"), format!("{head}\n[translations.en]\ntitle = \"{title}\"\n"));
    };
    let build = |form: &str, now: &str| {
        let run = site.run(&["build", "--now", now, "--format", form]);
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout
    };
    let entries = |stdout: &str| -> Vec<String> {
        let lines = stdout
            .lines()
            .filter(|line| line.starts_with("entries") || line.starts_with("  ") || line.starts_with("next"));
        lines.map(str::to_owned).collect()
    };
    story("a", "published = 2024-01-01", "One");
    story("b", "published = 2024-01-02\nexpires = 2026-01-01", "Two");
    story("c", "published = 2024-01-03\n[translations.ru]\ntitle = \"Три\"", "Three");
    // A draft is not what comes next.
    story("d", "published = 2024-06-01\ndraft = true", "Four");
    story("e", "published = 2024-07-01", "Five");
    assert_eq!(
        entries(&build("text", "2024-03-01")),
        ["entries: 4 new, 0 changed, 0 gone", "next: e (en) appears at 2024-07-01T00:00:00+00:00"]
    );
    story("a", "published = 2024-01-01", "One, corrected");
    story("c", "published = 2024-01-03\nwithdrawn = { on = 2024-03-01 }", "Three");
    assert_eq!(
        entries(&build("text", "2024-08-01")),
        [
            "entries: 1 new, 1 changed, 2 gone",
            "  new: e (en)",
            "  changed: a (en)",
            "  gone: c (en, ru)",
            "next: b (en) expires at 2026-01-01T00:00:00+00:00",
        ]
    );
    assert_eq!(entries(&build("text", "2026-02-01")), ["entries: 0 new, 0 changed, 1 gone", "  gone: b (en)"]);
    story("f", "published = 2025-01-01\n[translations.ru]\ntitle = \"Шесть\"", "Six");
    assert_eq!(
        build("markdown", "2026-02-01"),
        "| language | new | changed | gone |\n| --- | ---: | ---: | ---: |\n| en | 1 | 0 | 0 |\n| ru | 1 | 0 | 0 |\n\nnew:\n\n- `f` (en, ru)\n"
    );
    assert!(build("markdown", "2026-02-01").starts_with("No entry is new"));
    std::fs::rename(site.path("stories/f.toml"), site.path("stories/h.toml")).unwrap();
    let moved = build("markdown", "2026-02-01");
    assert!(moved.contains("\nwarnings:\n\n- the entry `f` (en) has become `h`"), "{moved}");
    assert!(moved.contains("– write `id = \"f\"` here"), "{moved}");
    std::fs::rename(site.path("stories/h.toml"), site.path("stories/f.toml")).unwrap();
    build("markdown", "2026-02-01");
    for number in 0..12 {
        story(&format!("g{number:02}"), "published = 2025-02-01", "Seven");
    }
    let json: serde_json::Value = serde_json::from_str(&build("json", "2025-12-01")).unwrap();
    assert_eq!(json["entries"]["new"].as_array().unwrap().len(), 13, "{json:#}");
    assert_eq!(json["entries"]["new"][0], serde_json::json!({ "story": "b", "language": "en" }));
    assert_eq!((&json["next_change"]["story"], &json["next_change"]["what"]), (&"b".into(), &"expires".into()));
    (0..12).for_each(|number| std::fs::remove_file(site.path(&format!("stories/g{number:02}.toml"))).unwrap());
    assert!(entries(&build("text", "2025-12-01")).contains(&"  gone: and 2 more stories".to_owned()));
}

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
    assert!(site.read("public/en/index.html").contains("aria-label=\"Subjects\""));
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
            "en/all.atom.xml", "en/all.json", "en/all.rss.xml", "en/index.html", "en/stories/two/index.html",
            "index.html", "mul/all.atom.xml", "mul/all.json", "mul/all.rss.xml"
        ]
    );
    let written = rewritten(&site, || {
        site.write("stories/one.toml", site.read("stories/one.toml").replace("Один", "Первый"));
        let ran = site.built(&["--format", "json"]);
        let result: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(result["changed_urls"][1], "https://news.example.org/feeds/mul/all.atom.xml");
        assert_eq!((&result["written"], &result["removed"]), (&serde_json::json!(16), &serde_json::json!(0)));
    });
    assert!(
        written.iter().all(|path| path.starts_with("mul/") || path.starts_with("ru/") || path == "index.html"),
        "{written:?}"
    );
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
    assert!(ran.stdout.contains(" 24 removed"), "{ran:?}");
    assert!(!site.path("public/ru").exists() && !site.path("public/en/children.json").exists());
    assert!(site.path("public/fr/research.json").exists());
}

/// Without a manifest nothing is removed, and the same bytes are written.
#[test]
fn a_lost_manifest_is_recreated() {
    let site = small();
    site.built(&["--compress"]);
    let manifest = site.read("public/.tidings");
    for lost in [None, Some(""), Some("tidings 1 0\n../../x\t0\t0\n")] {
        site.write("public/stale/all.json", "{}").write("x", "mine");
        match lost {
            None => fs::remove_file(site.path("public/.tidings")).unwrap(),
            Some(text) => drop(site.write("public/.tidings", text).read("public/.tidings")),
        }
        let written = rewritten(&site, || {
            let warnings = if lost == Some("") { 1 } else { 0 };
            assert_eq!(site.built(&["--compress"]).stderr.matches("warning: ").count(), warnings);
        });
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

/// All files below a folder, with the targets of links and the times of the others.
fn snapshot(site: &Site, folder: &str) -> BTreeMap<String, String> {
    let files = site.files(folder).into_iter();
    files
        .map(|name| {
            let path = site.path(&format!("{folder}/{name}"));
            let state = match fs::read_link(&path) {
                Ok(target) => target.display().to_string(),
                Err(_) => {
                    format!("{:?} {:?}", fs::metadata(&path).unwrap().modified().unwrap(), fs::read(&path).unwrap())
                }
            };
            (name, state)
        })
        .collect()
}

/// A site whose topic `children` is published, but will not be any more, and a folder outside its output.
fn retired() -> Site {
    let site = small();
    site.built(&["--compress"]);
    site.write("tidings.toml", CONFIG.replace("[topics.children]", ""));
    site.write("outside/all.json", "mine").write("outside/index.html", "mine").write("outside/0", "mine");
    site.write("stories/two.toml", site.read("stories/two.toml").replace("Two", "Second"));
    site
}

/// Links below the output are refused, whether a document there would be read, written or removed. Nothing is written first.
#[test]
fn links_below_the_output_are_refused() {
    for (link, target) in [
        ("en", "../outside"),
        ("en", "ru"),
        ("mul", "../nowhere"),
        ("en/all.json", "../../outside/all.json"),
        ("en/all.json.gz", "../../outside/all.json"),
        ("index.html", "../outside/index.html"),
        ("feeds.opml", "../nowhere"),
        ("en/children", "../../outside"),
        ("en/children/index.html", "../../../outside/index.html"),
        ("ru/children.json.br", "../../outside/all.json"),
        (".tidings", "../manifest"),
        (".tidings-unfinished", "../outside"),
    ] {
        for command in [&["build", "--compress"][..], &["build", "--check", "--compress"]] {
            let site = retired();
            let path = site.path(&format!("public/{link}"));
            if path.is_dir() {
                fs::remove_dir_all(&path).unwrap();
            } else if path.exists() {
                fs::rename(&path, site.path("manifest")).unwrap();
            }
            symlink(target, &path).unwrap();
            let before = [snapshot(&site, "public"), snapshot(&site, "outside")];
            let ran = site.run(&[command, &["--now", NOW]].concat());
            assert!(ran.status == 3 && ran.stderr.contains(&format!("public/{link}:1:1: error: ")), "{link}: {ran:?}");
            assert_eq!([snapshot(&site, "public"), snapshot(&site, "outside")], before, "{link}");
            assert!(!site.path("nowhere").exists());
        }
    }
    // Every link is named at once; a link where no document is does not matter.
    let site = retired();
    for link in ["en/all.json", "ru/all.json"] {
        fs::remove_file(site.path(&format!("public/{link}"))).unwrap();
        symlink("/dev/null", site.path(&format!("public/{link}"))).unwrap();
    }
    symlink("../outside", site.path("public/elsewhere")).unwrap();
    let ran = site.build(&[]);
    assert!(ran.stderr.contains("public/en/all.json:") && ran.stderr.contains("public/ru/all.json:"), "{ran:?}");
    for link in ["en/all.json", "ru/all.json"] {
        fs::remove_file(site.path(&format!("public/{link}"))).unwrap();
    }
    site.built(&[]);
    assert!(site.path("public/elsewhere").is_symlink());
}

/// `check --feeds` reads what is published, and follows no link there.
#[test]
fn published_feeds_are_checked_without_following_links() {
    let site = small();
    site.built(&[]);
    let check = || site.run(&["check", "--feeds"]);
    assert_eq!(check().status, 0);
    fs::rename(site.path("public/en"), site.path("elsewhere")).unwrap();
    for target in ["../elsewhere", "ru"] {
        symlink(target, site.path("public/en")).unwrap();
        let ran = check();
        assert!(ran.status == 3 && ran.stderr.contains("public/en:1:1: error: this is a symbolic link"), "{ran:?}");
        fs::remove_file(site.path("public/en")).unwrap();
    }
    fs::rename(site.path("elsewhere"), site.path("public/en")).unwrap();
    fs::rename(site.path("public/en/all.json"), site.path("all.json")).unwrap();
    symlink("../../all.json", site.path("public/en/all.json")).unwrap();
    let ran = check();
    assert!(ran.status == 3 && ran.stderr.contains("public/en/all.json:1:1: error: this is a symbolic"), "{ran:?}");
    fs::remove_file(site.path("public/en/all.json")).unwrap();
    assert!(check().stderr.contains("the manifest names this feed, but it is not there"));
    // The output itself may be a link.
    fs::rename(site.path("all.json"), site.path("public/en/all.json")).unwrap();
    fs::rename(site.path("public"), site.path("disk")).unwrap();
    symlink("disk", site.path("public")).unwrap();
    assert_eq!(check().status, 0);
}

/// Temporary files are in a folder that is this user's alone. What others may have put there is not trusted.
#[test]
fn a_folder_of_temporary_files_that_others_can_write_to_is_refused() {
    let site = small();
    site.write("public/mine", "mine").write("public/.tidings-unfinished/announced", "mine");
    let mode =
        |mode| fs::set_permissions(site.path("public/.tidings-unfinished"), Permissions::from_mode(mode)).unwrap();
    mode(0o777);
    let ran = site.build(&[]);
    assert!(ran.status == 3 && ran.stderr.starts_with("public/.tidings-unfinished:1:1: error: "), "{ran:?}");
    assert_eq!(site.files("public"), [".tidings-unfinished/announced", "mine"]);
    // A build that was interrupted leaves it like this.
    mode(0o755);
    site.write("public/.tidings-unfinished/announced", "");
    site.built(&[]);
    assert!(!site.path("public/.tidings-unfinished").exists());
}

/// A stale document that somebody replaced is kept, and reported once.
#[test]
fn a_stale_document_that_somebody_changed_is_kept() {
    let site = retired();
    site.write("public/en/children/index.html", "my own page").write("public/ru/children.json.gz", "mine");
    let before = snapshot(&site, "public");
    let ran = site.build(&["--strict", "--compress"]);
    assert_eq!((ran.status, snapshot(&site, "public")), (1, before), "{ran:?}");
    let ran = site.run(&["build", "--check", "--compress", "--now", NOW]);
    assert!(ran.stderr.contains("public/en/children/index.html:1:1: warning: "), "{ran:?}");
    let ran = site.built(&["--compress"]);
    for kept in ["public/en/children/index.html", "public/ru/children.json.gz"] {
        assert!(ran.stderr.contains(&format!("{kept}:1:1: warning: ")), "{kept}: {ran:?}");
    }
    assert_eq!(ran.stderr.matches("warning: ").count(), 2, "{ran:?}");
    assert_eq!(site.read("public/en/children/index.html"), "my own page");
    assert!(!site.path("public/ru/children.json").exists() && !site.path("public/ru/children/index.html").exists());
    assert_eq!(site.built(&["--compress"]).stderr, "");
    assert_eq!(site.read("public/en/children/index.html"), "my own page");
    assert_eq!(site.run(&["build", "--check", "--compress", "--now", NOW]).status, 0);
    // So is a folder that took its place.
    let site = retired();
    fs::remove_file(site.path("public/en/children.json")).unwrap();
    site.write("public/en/children.json/mine", "mine");
    assert!(site.built(&[]).stderr.contains("public/en/children.json:1:1: warning: "));
    assert_eq!(site.read("public/en/children.json/mine"), "mine");
}

/// A manifest that is damaged is an error with the way out. Nothing is removed on its word, nor written.
#[test]
fn a_damaged_manifest_is_refused() {
    let site = retired();
    let manifest = site.read("public/.tidings");
    let half = manifest.len() / 2;
    for damaged in [
        manifest.replace("en/children.json\t", "en/children.xml\t"),
        manifest.replace("2014", "2015"),
        manifest[..half].to_owned(),
        manifest.replace('\n', "\r\n"),
        format!("{}\0\0{}", &manifest[..half], &manifest[half..]),
        format!("<<<<<<< HEAD\n{manifest}=======\n{manifest}>>>>>>> other\n"),
        manifest.replace("tidings 2", "tidings 1"),
        "tidings 3 0 a\n".to_owned(),
        "\n".to_owned(),
    ] {
        site.write("public/.tidings", &damaged);
        let before = snapshot(&site, "public");
        for command in [&["build"][..], &["build", "--check"], &["check", "--feeds"]] {
            let ran = site.run(command);
            assert!(ran.status == 1 && ran.stderr.starts_with("public/.tidings:1:1: error: "), "{damaged}: {ran:?}");
            assert!(ran.stderr.contains("= help: remove it and build again; "), "{damaged}: {ran:?}");
        }
        assert_eq!(snapshot(&site, "public"), before);
    }
    // Sparse: it takes no room.
    fs::File::options().write(true).open(site.path("public/.tidings")).unwrap().set_len((1 << 30) + 1).unwrap();
    let ran = site.build(&[]);
    assert!(ran.status == 1 && ran.stderr.contains("larger than") && ran.stderr.contains("remove it"), "{ran:?}");
    fs::remove_file(site.path("public/.tidings")).unwrap();
    site.built(&[]);
    assert!(site.path("public/en/children.json").exists() && site.path("public/.tidings").exists());
}

/// The version before had no hash of its own. It is read, and replaced.
#[test]
fn a_manifest_of_the_version_before_is_read() {
    let site = retired();
    let manifest = site.read("public/.tidings").replace("tidings 2", "tidings 1");
    let (lines, _) = manifest.trim_end().rsplit_once('\n').unwrap();
    site.write("public/.tidings", format!("{lines}\n")).write("public/en/children.json", "mine");
    let ran = site.built(&[]);
    assert!(ran.stderr.contains("public/en/children.json:1:1: warning: "), "{ran:?}");
    assert!(site.path("public/en/children.json").exists() && !site.path("public/ru/children.json").exists());
    assert!(site.read("public/.tidings").starts_with("tidings 2 "));
}

/// A build that has to wait says so, in the form of its diagnostics.
#[test]
fn waiting_for_another_build_is_announced() {
    let site = small();
    site.built(&[]);
    let lock = fs::File::open(site.path("public")).unwrap();
    for (format, line) in [
        ("text", "public:1:1: note: another build is at work here; waiting for it\n"),
        ("json", "\"severity\":\"note\""),
        ("github", "::notice file=public,"),
    ] {
        lock.lock().unwrap();
        let ran = std::thread::scope(|scope| {
            let build = scope.spawn(|| site.build(&["--strict", "--format", format]));
            std::thread::sleep(std::time::Duration::from_secs(2));
            assert!(!build.is_finished());
            lock.unlock().unwrap();
            build.join().unwrap()
        });
        assert!(ran.status == 0 && ran.stderr.contains(line) && ran.stderr.lines().count() == 1, "{ran:?}");
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

/// A document that somebody changed is not a difference of time, even if it is no longer published.
#[test]
fn a_changed_document_is_not_a_difference_of_time() {
    let site = Site::with(&format!("{NARROW}archives = \"year\"\n"));
    for (name, published) in [("a", "2020-01-01"), ("b", "2021-01-01"), ("c", "2022-01-01")] {
        let text = format!("published = {published}\nexpires = 2026-02-01\n[translations.en]\ntitle = \"{name}\"\n");
        site.write(&format!("stories/{name}.toml"), text);
    }
    site.built(&[]);
    let check = || site.run(&["build", "--check", "--now", "2026-02-01"]);
    assert!(check().stdout.contains("; time alone made the difference\n"));
    for path in ["public/en/all/2020.json", "public/en/all.json", "public/assets/style.css"] {
        let whole = site.read(path);
        site.write(path, format!("{whole} "));
        let ran = check();
        assert!(ran.status == 1 && !ran.stdout.contains("time alone"), "{path}: {ran:?}");
        fs::remove_file(site.path(path)).unwrap();
        let ran = check();
        assert!(ran.status == 1 && !ran.stdout.contains("time alone"), "{path}: {ran:?}");
        site.write(path, whole);
    }
    assert!(check().stdout.contains("; time alone made the difference\n"));
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
    assert_eq!(written.len(), 36, "{written:?}");
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
    // Nor is anything if it has a guid, by which subscribers know it.
    site.write("stories/first.toml", site.read("stories/first.toml").replace("\"One\"", "\"One\"\nguid = \"x\""));
    site.built(&[]);
    site.write(
        "stories/first.toml",
        site.read("stories/first.toml").replace("[translations.ru]\ntitle = \"Один\"", ""),
    );
    site.built(&[]);
    site.write("stories/first.toml", site.read("stories/first.toml").replace("id = \"one\"", "id = \"else\""));
    assert_eq!(site.built(&["--strict"]).stderr, "");
}

/// Published entries that disappear without `withdrawn` or `expires` stay with their subscribers.
#[test]
fn a_gone_entry_is_reported_once() {
    let said = "warning: the entry `two` (en) is gone without `withdrawn` or `expires`";
    let two = "stories/two.toml";
    let deleted = |site: &Site| fs::remove_file(site.path(two)).unwrap();
    let edited = |site: &Site, head: &str| {
        site.write(two, format!("{head}\n{}", site.read(two)));
    };
    let site = small();
    site.built(&[]);
    deleted(&site);
    let before = times(&site);
    let ran = site.build(&["--strict"]);
    assert_eq!((ran.status, times(&site)), (1, before), "{ran:?}");
    for _ in 0..2 {
        let ran = site.build(&["--check"]);
        assert!(ran.status == 1 && ran.stderr.starts_with(said), "{ran:?}");
    }
    let ran = site.built(&[]);
    assert!(ran.stderr.starts_with(said) && ran.stderr.contains("gone-entry"), "{ran:?}");
    assert_eq!(site.built(&[]).stderr, "");
    // A translation, a draft, and one that is set to a later date.
    type Change<'a> = &'a dyn Fn(&Site);
    let changes: [(Change<'_>, &str); 8] = [
        (
            &|site| {
                site.write("stories/one.toml", "published = 2025-01-01\n[translations.en]\ntitle = \"One\"\n");
            },
            "`one` (ru)",
        ),
        (&|site| edited(site, "draft = true"), "stories/two.toml:1:1: warning: the entry `two` (en)"),
        (
            &|site| {
                site.write(two, site.read(two).replace("2025", "2027"));
            },
            "`two` (en)",
        ),
        (&|site| edited(site, "withdrawn = { on = 2025-06-01 }"), ""),
        (&|site| edited(site, "expires = 2025-06-01"), ""),
        (
            &|site| {
                site.write(two, site.read(two).replace("Two", "Second"));
            },
            "",
        ),
        (
            &|site| {
                site.write("stories/else.toml", format!("id = \"two\"\n{}", site.read(two)));
                deleted(site);
            },
            "",
        ),
        (
            &|site| {
                site.write("tidings.toml", format!("{CONFIG}\n[check]\nallow = [\"gone-entry\"]\n"));
                deleted(site);
            },
            "",
        ),
    ];
    for (index, (change, expected)) in changes.iter().enumerate() {
        let site = small();
        site.built(&[]);
        change(&site);
        let ran = site.built(&[]);
        let lines = usize::from(!expected.is_empty());
        assert!(ran.stderr.matches("warning: ").count() == lines && ran.stderr.contains(expected), "{index}: {ran:?}");
    }
    // Not in a preview, nor where nothing is known of an earlier publication.
    let site = small();
    let preview = ["--drafts", "--output", "preview"];
    site.built(&preview);
    site.built(&[]);
    deleted(&site);
    fs::remove_file(site.path("public/.tidings")).unwrap();
    assert_eq!((site.built(&preview).stderr, site.built(&[]).stderr), (String::new(), String::new()));
    let site = small();
    let preview = ["--base-url", "https://preview.example/", "--output", "preview"];
    site.built(&preview);
    deleted(&site);
    assert_eq!(site.built(&preview).stderr, "");
}

/// Many are counted, and those that the configuration takes away have one line.
#[test]
fn many_gone_entries_are_counted() {
    let site = Site::new();
    for number in 0..40 {
        let text = format!(
            "published = 2025-01-01\n[translations.en]\ntitle = \"T {number}\"\n[translations.ru]\ntitle = \"Т {number}\"\n"
        );
        let topics = if number < 10 { "topics = [\"children\"]\n" } else { "" };
        site.write(&format!("stories/{number}.toml"), format!("{topics}{text}"));
    }
    site.built(&[]);
    site.write(
        "tidings.toml",
        CONFIG.replace("[languages.ru]\ntitle = \"Новости\"", "").replace(", ru = \"Исследования\"", ""),
    );
    for number in 0..40 {
        let path = format!("stories/{number}.toml");
        site.write(&path, site.read(&path).split("[translations.ru]").next().unwrap());
    }
    let ran = site.built(&[]);
    assert_eq!(ran.stderr.matches("warning: ").count(), 1, "{ran:?}");
    assert!(ran.stderr.starts_with("warning: 40 entries of a language no longer configured (`ru`), gone"), "{ran:?}");
    // The topic leaves with its ten stories, and twenty-five others do.
    site.write("tidings.toml", site.read("tidings.toml").replace("[topics.children]", ""));
    (0..35).for_each(|number| fs::remove_file(site.path(&format!("stories/{number}.toml"))).unwrap());
    let ran = site.built(&[]);
    assert_eq!(ran.stderr.matches("warning: the entry `").count(), 20, "{ran:?}");
    assert!(ran.stderr.contains("warning: … and 5 more"), "{ran:?}");
    assert!(ran.stderr.contains("warning: 10 entries of a topic no longer configured (`children`), gone"), "{ran:?}");
}

#[test]
fn allowed_lints_are_known() {
    let site = Site::with(&format!("{CONFIG}\n[check]\nallow = [\"gone-entry\", \"gone-entri\"]\n"));
    let ran = site.build(&[]);
    assert!(ran.status == 1 && ran.stderr.contains("error: unknown lint `gone-entri`"), "{ran:?}");
    assert!(ran.stderr.contains("did you mean `gone-entry`?"), "{ran:?}");
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

/// What a reader would miss is reported once a story and kind, at the line of the body.
#[test]
fn bodies_that_lose_something_are_reported() {
    let site = Site::new();
    site.write(
        "stories/one.toml",
        "published = 2025-01-01\n\n[translations.en]\ntitle = \"One\"\n\
         content_html = '<form><input></form><form><input></form><a href=\"javascript:x\">a</a>'\n\n\
         [translations.RU]\ntitle = \"Один\"\ncontent_html = '<input>'\n",
    );
    site.write("stories/two.jsonl", "{\"id\":\"two\",\"language\":\"en\",\"published\":\"2025-01-01\",\"title\":\"T\",\"content_html\":\"<p>a</p>\"}\n{\"id\":\"three\",\"language\":\"en\",\"published\":\"2025-01-01\",\"title\":\"T\",\"content_html\":\"<svg></svg>\"}\n");
    let warnings = |stderr: &str| stderr.matches(": warning: in the body").count();
    assert_eq!(warnings(&site.run(&["check"]).stderr), 3);
    let strict = site.build(&["--strict"]);
    assert_eq!((strict.status, warnings(&strict.stderr), site.path("public/index.html").exists()), (1, 0, false));
    let ran = site.built(&[]);
    assert_eq!(warnings(&ran.stderr), 3, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("stories/one.toml:5:") && ran.stderr.contains("stories/two.jsonl:2:"),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains("allow = [\"body-loss\"]"), "{}", ran.stderr);
    // A document that is not rendered again is not reported again, but by `check`.
    assert_eq!(site.built(&[]).stderr, "");
    assert_eq!(warnings(&site.run(&["check"]).stderr), 3);
    site.write("tidings.toml", format!("{CONFIG}\n[check]\nallow = [\"body-loss\"]\n"));
    assert_eq!(site.run(&["check", "--strict"]).stderr, "");
    assert_eq!(site.built(&["--strict"]).stderr, "");
}

/// Why nothing is published is said, and is no fault.
#[test]
fn an_empty_store_and_one_of_drafts_are_reported() {
    let site = Site::new();
    let run = site.run(&["check", "--strict"]);
    assert!(run.status == 0 && run.stderr.contains("note: the store has no stories yet"), "{run:?}");
    site.write("stories/a.toml", "published = 2024-01-01\ndraft = true\n[translations.en]\ntitle = 'A'\n");
    let run = site.run(&["build"]);
    assert!(run.status == 0 && run.stderr.contains("note: all stories are drafts"), "{run:?}");
    let run = site.run(&["build", "--drafts", "--output", "preview"]);
    assert!(!run.stderr.contains("drafts"), "{run:?}");
    std::fs::remove_dir_all(site.path("stories")).unwrap();
    let run = site.run(&["check"]);
    assert!(run.status == 1 && run.stderr.contains("the store does not exist"), "{run:?}");
}

/// A file that nobody reads is named by every command, until it is allowed.
#[test]
fn other_files_are_warnings() {
    let site = Site::new();
    site.write("stories/a.TOML", "published = 2024-01-01\n[translations.en]\ntitle = 'Capital'\n");
    site.write("stories/b.toml.txt", "published = 2024-01-01");
    for command in ["check", "build"] {
        let run = site.run(&[command]);
        assert!(run.status == 0 && run.stderr.contains("b.toml.txt:1:1: warning: this file is not read"), "{run:?}");
        assert!(run.stderr.contains("help: rename it to `b.toml`"), "{run:?}");
    }
    assert!(site.read("public/en/all.json").contains("Capital"));
    site.write("tidings.toml", format!("{}\n[check]\nallow = ['other-file']\n", common::CONFIG));
    assert_eq!(site.run(&["check"]).stderr, "");
}
