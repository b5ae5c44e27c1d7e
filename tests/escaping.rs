//! Text of unknown origin in every output: it stays on its line, controls nothing, and shows no password.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::{CONFIG, RunOutput, Site};

/// What may not be in an output, whatever its format.
fn assert_inert(run: &RunOutput) {
    for text in [&run.stdout, &run.stderr] {
        let is_active =
            |c: char| c.is_control() && c != '\n' || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!text.contains(is_active), "{run:?}");
        assert!(!text.contains("##["), "{run:?}");
        let own = ["::error ", "::warning ", "::notice ", "::error::", "::warning::"];
        for line in text.lines().map(str::trim_start).filter(|line| line.starts_with("::")) {
            assert!(own.iter().any(|own| line.starts_with(own)) && !line.starts_with("::error::pwned"), "{line}");
        }
        assert!(!text.contains("secret"), "{run:?}");
    }
}

const NASTY: &str = "\\u001B[31mred\\u0007 \\u009B\\n::error::pwned\\r##[error]pwned\\u202E\\u2028";

#[test]
fn values_of_a_store_are_escaped() {
    let site = Site::new();
    site.write(
        "stories/a.toml",
        format!("published = \"{NASTY}\"\ntopics = [\"{NASTY}\"]\nlink = \"https://u:secret@\"\n"),
    );
    site.write("stories/b.json", format!("{{\"{NASTY}\": 1, \"published\": \"2014\", \"id\": \"{NASTY}\"}}"));
    site.write("stories/::error::pwned\u{1b}\n::error::pwned ##[x].toml", "published = 2014-01-01\n");
    for format in ["text", "json", "github"] {
        let run = site.run(&["check", "--format", format]);
        assert_eq!(run.status, 1, "{run:?}");
        assert_inert(&run);
        let shown = ["\\u{1b}[31mred\\u{7} \\u{9b}\\n", "\\u001b[31mred\\u0007 \\u009b\\n"];
        assert!(shown.iter().any(|shown| run.stderr.contains(shown)), "{run:?}");
    }
}

#[test]
fn entries_of_a_feed_are_escaped() {
    let site = Site::new();
    let item = |id: &str, more: &str| {
        format!("{{\"id\": \"{id}\", \"title\": \"A {NASTY}\", \"content_text\": \"x y z\", {more}}}")
    };
    let items = [
        item("1", &format!("\"date_published\": \"{NASTY}\"")),
        item("2", &format!("\"date_published\": \"2015-04-16\", \"url\": \"https://u:secret@ {NASTY}\"")),
        item("3", &format!("\"date_published\": \"2015-04-17\", \"language\": \"{NASTY}\", \"tags\": [\"{NASTY}\"]")),
    ];
    let feed = format!(
        "{{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"T\", \"items\": [{}]}}",
        items.join(", ")
    );
    site.write("::error::pwned\u{9b}.json", feed);
    for format in ["text", "json", "github"] {
        let run =
            site.run(&["import", "::error::pwned\u{9b}.json", "--into", "stories", "--dry-run", "--format", format]);
        assert_eq!(run.status, 1, "{run:?}");
        assert_inert(&run);
    }
}

#[test]
fn the_manifest_is_escaped() {
    let site = Site::new();
    site.story("a", "2014-01-01", "A");
    site.built(&[]);
    let manifest = site.read("public/.tidings");
    let path = manifest.lines().find_map(|line| line.split_whitespace().find(|word| word.ends_with(".atom.xml")));
    site.write("public/.tidings", manifest.replace(path.unwrap(), "::error::pwned\u{1b}##[x].atom.xml"));
    for format in ["text", "json", "github"] {
        assert_inert(&site.build(&["--check", "--format", format]));
    }
}

#[test]
fn passwords_of_a_configuration_are_in_no_output() {
    for (before, after) in [
        ("base_url = \"https://", "base_url = \"https://me:secret@"),
        ("[languages.en]", "home_page = \"https://me:secret@news.example.org/{language}/\"\n[languages.en]"),
        ("[topics.children]", "[topics.children]\n[feeds]\nhub = \"https://me:secret@hub.example.org/#a\""),
        ("[topics.children]", "[topics.children]\n[feeds]\nhub = \"https://me:secret@hub.example.org/\""),
        ("[topics.children]", "[topics.children]\n[redirects]\n\"/https://me:secret@x\" = \"https://me:secret@x/\""),
    ] {
        let site = Site::with(&CONFIG.replace(before, after));
        for format in ["text", "json", "github"] {
            let run = site.run(&["check", "--format", format]);
            assert!(!run.stderr.is_empty(), "{after}");
            assert_inert(&run);
        }
    }
    let run = Site::new().run(&["check", "--feeds", "https://me:secret@127.0.0.1:1/feed.xml"]);
    assert!(run.status != 0 && run.stderr.contains("https://***@127.0.0.1:1/feed.xml"), "{run:?}");
    assert_inert(&run);
    for source in ["me:secret@127.0.0.1:1/feed.xml", "http:me:secret@127.0.0.1:1/feed.xml"] {
        for command in [&["import", source, "--into", "stories"][..], &["check", "--feeds", source]] {
            for format in ["text", "json", "github"] {
                let run = Site::new().run(&[command, &["--format", format]].concat());
                assert!(run.status != 0 && run.stderr.contains("***@127.0.0.1"), "{run:?}");
                assert_inert(&run);
            }
        }
    }
    let run = Site::new().run(&["build", "--base-url", "https://me:secret@news.example.org/"]);
    assert_eq!(run.status, 2, "{run:?}");
    assert_inert(&run);
}

#[test]
fn a_guid_is_the_same_in_every_format() {
    let site = Site::new();
    let story =
        "published = 2026-01-10\n[translations.en]\ntitle = \"T\"\nguid = \" 2023-03-27  |  Two\t blanks\\n\"\n";
    site.write("stories/a.toml", story);
    site.built(&[]);
    let guid = "2023-03-27  |  Two\t blanks";
    assert!(site.read("public/en/all.rss.xml").contains(&format!(">{guid}<")));
    assert!(site.read("public/en/all.json").contains(&guid.replace('\t', "\\t")));
}

#[test]
fn a_theme_is_of_regular_files() {
    for (key, name, make) in [
        ("style = \"x.css\"", "x.css", "mkfifo x.css"),
        ("style = \"x.css\"", "x.css", "ln -s /dev/zero x.css"),
        ("style = \"x.css\"", "x.css", "mkdir x.css"),
        ("style = \"x.css\"", "x.css", "true"),
        ("style = \"x.css\"", "x.css", "head -c 1048577 /dev/zero > x.css"),
        ("templates = \"t\"", "base.html", "mkdir t && mkfifo t/base.html"),
        ("templates = \"t\"", "base.html", "mkdir t && ln -s /dev/zero t/base.html"),
        ("templates = \"t\"", "base.html", "mkdir t && echo x > base.html && ln -s ../base.html t/base.html"),
        ("templates = \"t\"", "base.html", "mkdir t && head -c 1048577 /dev/zero > t/base.html"),
    ] {
        let site = Site::with(&CONFIG.replace("[languages.en]", &format!("{key}\n[languages.en]")));
        let made = std::process::Command::new("sh").args(["-c", make]).current_dir(site.path(".")).status().unwrap();
        assert!(made.success());
        let run = site.run(&["build"]);
        assert!(
            run.status == 1 && run.stderr.contains(name) && run.stderr.contains("tidings.toml:"),
            "{make}: {run:?}"
        );
    }
}
