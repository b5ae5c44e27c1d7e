//! `tidings check --feeds`: own feeds have no findings, and foreign feeds are checked.

#![allow(clippy::expect_used, reason = "a test that cannot go on ends")]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn tidings(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_tidings")).args(arguments).current_dir(folder).output();
    output.expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// Asserts the exit status of a run, and returns its standard output and standard error.
#[track_caller]
fn run_expecting(folder: &Path, arguments: &[&str], status: i32) -> (String, String) {
    let output = tidings(folder, arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {out}{err}");
    (out, err)
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    fs::write(path, text).expect("a file");
}

const CONFIG: &str = r#"
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
title = "Všechny <zprávy> & \"víc\""
timezone = "Europe/Vienna"
home_page = "https://news.example.org/{language}/?a=1&b=2"
rights = "© <Example> & co"

[languages.en]
title = "News & <views>"
description = "All ]]> of it & more"
[languages.ar]
title = "الأخبار & <آراء>"
fallback = ["en"]
[languages.zh-Hans]
title = "新闻"

[topics.blue-heart]
title = { en = "Blue <Heart> & co" }
[topics.nothing-yet]

[feeds]
limit = 3
archives = "month"
hub = "https://hub.example.org/?a&b"
"#;

const HOSTILE: &str = r##"
published = 2014-11-24
updated = 2014-12-01T09:30:00Z
topics = ["blue-heart"]
link = "https://news.example.org/{language}/a b?c=<d>&e"
authors = [{ name = "A & <B>", email = "a@news.example.org", url = "https://news.example.org/?a&b" }]
image = { url = "https://news.example.org/ü.png", alt = "]]> \"x\"", credit = "<c>" }
enclosures = [{ url = "/r.pdf", type = "application/pdf" }, { url = "/s.mp3", type = "audio/mpeg", length = 7 }]

[translations.en]
title = "]]> <script>alert(1)</script> & & \u2028"
summary = "<b>bold</b> & more"
guid = "old id & 1"
content_html = """<script>x</script><iframe src="/y"></iframe><p onclick="z" style="a">b</p><a href="c">d</a><img src="e.png"
srcset="f.png 2x"><a href="javascript:g">h</a><object data="i"></object><a href="#fn1">1</a><video poster="j" src="//k/l"></video>]]>"""

[translations.ar]
title = "ضوء"
published = 2015-02-03
content_markdown = "[a](/b) ![c](d.png) <b onmouseover=e>f</b>"

[translations.zh-Hans]
title = "灯"
content_text = "<a href='x'>"
"##;

fn hostile_site(folder: &Path) {
    write(folder, "tidings.toml", CONFIG);
    write(folder, "stories/hostile.toml", HOSTILE);
    write(folder, "stories/tab.json", r#"{"published": "2014-11-26", "translations": {"en": {"title": "a\u000Bb"}}}"#);
    for year in 2010..2017 {
        write(
            folder,
            &format!("stories/{year}.toml"),
            &format!("published = {year}-03-04\ntranslations.en.title = \"x\""),
        );
    }
    let withdrawn = "published = 2014-11-25\nwithdrawn = { on = 2016-04-01, reason = \"<r> & \" }\n[translations.en]\n";
    write(folder, "stories/gone.toml", withdrawn);
}

#[test]
fn own_feeds_have_no_findings() {
    let folder = tempfile::tempdir().expect("a folder");
    hostile_site(folder.path());
    run_expecting(folder.path(), &["build", "--now", "2016-05-01"], 0);
    let (out, err) = run_expecting(folder.path(), &["check", "--feeds", "--strict"], 0);
    assert!(err.is_empty(), "{err}");
    assert!(out.ends_with("; 0 warnings\n") && out.contains(" feeds, "), "{out}");

    // The sample site, into another folder, linted by that folder's name: other documents in it are skipped.
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/tidings.toml");
    let config = ["--config", sample.to_str().expect("a path")];
    run_expecting(folder.path(), &[&config[..], &["build", "--now", "2026-11-01", "--output", "sample"]].concat(), 0);
    write(folder.path(), "sample/sitemap.xml", "<urlset/>");
    write(folder.path(), "sample/package.json", "{}");
    let (out, err) = run_expecting(folder.path(), &["check", "--feeds", "sample", "--format", "json", "--strict"], 0);
    assert!(err.is_empty(), "{err}");
    let summary: Value = serde_json::from_str(&out).expect("JSON");
    assert!(summary["feeds"].as_u64() > Some(100) && summary["entries"].as_u64() > Some(500), "{summary}");
    assert_eq!((&summary["problems"], &summary["warnings"]), (&Value::from(0), &Value::from(0)));
}

#[test]
fn foreign_feeds_are_checked_without_a_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let feed = "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'>\n<channel><title>a</title><link>/b</link>\
        <description>c</description><language>en</language>\n<atom:link rel='self' href='https://e.example/f'/></channel></rss>";
    write(folder, "feed.xml", feed);
    let (out, err) = run_expecting(folder, &["check", "--feeds", "feed.xml"], 1);
    assert_eq!(out, "1 feed, 0 entries; 1 error\n");
    assert!(err.starts_with("feed.xml:2:32: error: `/b` is relative, "), "{err}");
    assert!(err.contains("\n2 | <channel>") && err.contains("  = help: "), "{err}");

    // Warnings alone end with 0, except with --strict.
    write(
        folder,
        "warned/feed.xml",
        &feed
            .replace(">/b<", ">https://e.example/<")
            .replace("<language>en</language>", "<item><title>d</title></item>"),
    );
    let (out, _) = run_expecting(folder, &["check", "warned", "--feeds"], 0);
    assert_eq!(out, "1 feed, 1 entry; 2 warnings\n");
    run_expecting(folder, &["check", "--feeds", "--strict", "warned"], 1);

    let (out, err) = run_expecting(folder, &["check", "--feeds", "--format", "json", "feed.xml", "warned"], 1);
    let lines: Vec<Value> = err.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        (lines.len(), &lines[0]["line"], &lines[1]["path"]),
        (3, &Value::from(2), &Value::from("warned/feed.xml"))
    );
    let summary: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(summary, serde_json::json!({"feeds": 2, "entries": 1, "problems": 3, "warnings": 2}));
}

/// A server that sends each of these responses once, each at its own URL.
fn serve_once(answers: Vec<String>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            stream.write_all(answer.as_bytes()).expect("written");
        }
    });
    format!("http://{address}/feed.xml")
}

#[test]
fn feeds_of_other_servers_are_fetched_and_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let feed =
        "<rss version='2.0'><channel><title>a</title><link>/b</link><description>c</description></channel></rss>";
    let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{feed}", feed.len());
    let url = serve_once(vec![whole.clone(), whole.replace("200 OK", "404 Not Found"), whole.replace("</rss>", "")]);
    let (_, err) = run_expecting(folder, &["check", "--feeds", &url], 1);
    assert!(err.contains(&format!("{url}:1:")), "{err}");
    let (_, err) = run_expecting(folder, &["check", "--feeds", &url], 3);
    assert!(err.contains(&url) && err.contains("404"), "{err}");
    let (_, err) = run_expecting(folder, &["check", "--feeds", &url], 3);
    assert!(err.contains("breaks off"), "{err}");
    let (_, err) = run_expecting(folder, &["check", "--feeds", &url], 3);
    assert!(err.contains(&format!("cannot fetch {url}")), "{err}");
}

#[test]
fn unreadable_documents_are_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let (_, err) = run_expecting(folder, &["check", "--feeds"], 2);
    assert!(err.contains("there is no configuration here"), "{err}");
    run_expecting(folder, &["check", "--feeds", "missing.xml"], 3);
    run_expecting(folder, &["check", "named-without-feeds.xml"], 2);
    fs::create_dir(folder.join("empty")).expect("a folder");
    let (_, err) = run_expecting(folder, &["check", "--feeds", "empty"], 1);
    assert!(err.contains("there is no feed"), "{err}");
    write(folder, "page.xml", "<html/>");
    let (_, err) = run_expecting(folder, &["check", "--feeds", "page.xml"], 1);
    assert!(err.contains("`<html>` begins no feed"), "{err}");

    hostile_site(folder);
    let (_, err) = run_expecting(folder, &["check", "--feeds"], 1);
    assert!(err.contains("public:1:1: error: no feed is published here"), "{err}");
    run_expecting(folder, &["build", "--now", "2016-05-01"], 0);
    fs::remove_file(folder.join("public/en/all.json")).expect("a file");
    let (_, err) = run_expecting(folder, &["check", "--feeds"], 1);
    assert!(err.contains("all.json:1:1: error: the manifest names this feed, but it is not there"), "{err}");
}

#[test]
fn an_address_of_another_scheme_is_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    let (_, err) = run_expecting(folder.path(), &["check", "--feeds", "s3://news-feeds/public"], 2);
    assert!(err.contains("begins with `s3://`") && err.contains("https://"), "{err}");
}
