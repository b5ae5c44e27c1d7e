//! Mistakes that people make in story files: each has one message in plain words, and doing what its help says mends it.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::fmt::Write as _;

use common::Site;

const CONFIG: &str = "[site]\nbase_url = 'https://news.example.org/feeds/'\nauthority = 'news.example.org,2014'\n\
    [languages.en]\ntitle = 'News'\n[languages.fr]\ntitle = 'Nouvelles'\n\
    [check]\nallow = ['missing-alt', 'no-length']\n[topics.health]\n";

/// How a reader does what the help says.
enum Cure {
    /// The line is written as the help has it.
    Line,
    /// The key gets the name that the help has.
    Key,
    /// What the help says is done by hand: from, to.
    Replace(&'static str, &'static str),
    /// The configuration gets what the help names.
    Configure(&'static str),
}
use Cure::{Configure, Key, Line, Replace};

/// A story with a line in place of its date, and one with a line below its title.
fn dated(line: &str) -> String {
    format!("{line}\n[translations.en]\ntitle = \"Water\"\n")
}

fn with(line: &str) -> String {
    format!("published = 2026-01-01\n{line}\n[translations.en]\ntitle = \"Water\"\n")
}

fn titled(line: &str) -> String {
    format!("published = 2026-01-01\n[translations.en]\n{line}\n")
}

/// Name, extension, text, cure.
fn mistakes() -> Vec<(&'static str, &'static str, String, Cure)> {
    let toml = |name, text, cure| (name, "toml", text, cure);
    let json = |name, text: &str, cure| (name, "json", text.to_owned(), cure);
    vec![
        toml("quotation mark missing", titled("title = \"Water"), Line),
        toml("quotation mark within", titled("title = \"The \"blue\" heart\""), Line),
        toml("typographic quotation marks", titled("title = “Water”"), Line),
        toml("guillemets", titled("title = « Eau »"), Line),
        toml("apostrophe within", titled("title = 'L'eau'"), Line),
        toml("no quotation marks", titled("title = Water for all"), Line),
        toml(
            "text without end",
            titled("title = \"W\"\ncontent_markdown = \"\"\"\nText.\n"),
            Replace("Text.\n", "Text.\n\"\"\"\n"),
        ),
        toml("backslash", titled("title = \"C:\\Users\\x\""), Line),
        toml("slashed date", dated("published = 12/05/2024"), Line),
        toml("dotted date", dated("published = 05.12.2024"), Line),
        toml("dotted date with one reading", dated("published = 24.04.2026"), Line),
        toml("month of one digit", dated("published = 2026-4-24"), Line),
        toml("month by name", dated("published = 24 April 2026"), Line),
        toml("offset of one digit", dated("published = 2026-04-24T23:10:00+2"), Line),
        toml("UTC", dated("published = 2026-04-24 22:40 UTC"), Line),
        toml("date as text", dated("published = \"24/04/2026\""), Replace("24/04/2026", "2026-04-24")),
        toml("no such day", dated("published = \"2026-02-31\""), Replace("2026-02-31", "2026-01-31")),
        toml("yes", with("draft = yes"), Line),
        toml("True", with("draft = True"), Line),
        toml("colons", "published: 2026-01-01\n[translations.en]\ntitle: \"W\"\n".to_owned(), Line),
        toml("comma at the end", dated("published = 2026-01-01,"), Line),
        toml(
            "table twice",
            titled("title = \"W\"\n[translations.en]\nsummary = \"S\""),
            Replace("\n[translations.en]\nsummary", "\nsummary"),
        ),
        toml("key twice", with("published = 2026-01-02"), Replace("published = 2026-01-02\n", "")),
        toml(
            "name of a table not closed",
            "published = 2026-01-01\n[translations.en\ntitle = \"W\"\n".to_owned(),
            Line,
        ),
        toml("no-break space", titled("title\u{a0}= \"Water\""), Replace("\u{a0}", " ")),
        toml("list not closed", with("topics = [\"health\""), Line),
        toml("list without quotation marks", with("topics = [health]"), Line),
        toml("line of text", titled("title = \"W\"\nA line of text."), Replace("A line", "# A line")),
        toml("no value", with("updated ="), Replace("updated =\n", "")),
        toml("one topic", with("topics = \"health\""), Line),
        toml("author as text", with("authors = \"Jane\""), Line),
        toml("authors as texts", with("authors = [\"Jane\", \"Ada\"]"), Line),
        toml("image as text", with("image = \"https://a.example/x.jpg\""), Line),
        toml("enclosures as texts", with("enclosures = [\"https://a.example/x.mp3\"]"), Line),
        toml("withdrawn as date", with("withdrawn = 2026-02-01"), Line),
        toml("withdrawn as true", with("withdrawn = true"), Line),
        toml("draft as text", with("draft = \"no\""), Line),
        toml("date for published", dated("date = 2026-01-01"), Key),
        toml("body for content", titled("title = \"W\"\nbody = \"x\""), Key),
        toml("tags for topics", with("tags = [\"health\"]"), Key),
        toml("url for link", with("url = \"https://a.example/\""), Key),
        toml("lastmod for updated", with("lastmod = 2026-01-02"), Key),
        toml("pinned", with("pinned = true"), Replace("pinned = true\n", "")),
        toml("title with a typing error", titled("titel = \"Water\""), Replace("titel", "title")),
        toml(
            "title of a story",
            "published = 2026-01-01\ntitle = \"W\"\n".to_owned(),
            Replace("title", "[translations.en]\ntitle"),
        ),
        toml(
            "language that is not configured",
            "published = 2026-01-01\n[translations.es]\ntitle = \"W\"\n".to_owned(),
            Configure("\n[languages.es]\ntitle = 'N'\n"),
        ),
        toml(
            "language with a region",
            "published = 2026-01-01\n[translations.fr-FR]\ntitle = \"W\"\n".to_owned(),
            Replace("fr-FR", "fr"),
        ),
        toml(
            "language by name",
            "published = 2026-01-01\n[translations.english]\ntitle = \"W\"\n".to_owned(),
            Replace("english", "en"),
        ),
        toml("topic that is not configured", with("topics = [\"water\"]"), Configure("\n[topics.water]\n")),
        toml("address without scheme", with("link = \"www.example.org/x\""), Replace("www", "https://www")),
        json(
            "comma before the end",
            "{\"published\": \"2026-01-01\", \"title\": \"W\", \"language\": \"en\",}",
            Replace(",}", "}"),
        ),
        json(
            "comment",
            "{\n// why\n\"published\": \"2026-01-01\", \"title\": \"W\", \"language\": \"en\"}",
            Replace("// why\n", ""),
        ),
        json(
            "single quotation marks",
            "{'published': \"2026-01-01\", \"title\": \"W\", \"language\": \"en\"}",
            Replace("'", "\""),
        ),
        json(
            "cut off",
            "{\"published\": \"2026-01-01\", \"title\": \"W\", \"language\": \"en\"",
            Replace("\"en\"", "\"en\"}"),
        ),
        json(
            "comma missing",
            "{\"published\": \"2026-01-01\" \"title\": \"W\", \"language\": \"en\"}",
            Replace("\" \"title", "\", \"title"),
        ),
    ]
}

#[test]
fn every_mistake_has_a_message_whose_help_mends_it() {
    let mut messages = String::new();
    for (name, extension, text, cure) in mistakes() {
        let site = Site::with(CONFIG);
        let file = format!("stories/a.{extension}");
        site.write(&file, &text);
        let run = site.run(&["check"]);
        assert_eq!(run.status, 1, "{name}: {run:?}");
        let helps = run.stderr.matches("= help:").count();
        assert_eq!(run.stderr.matches(": error: ").count(), helps, "{name}: {}", run.stderr);
        // Both colons are mistakes; everything else is one.
        assert!(helps == 1 || name == "colons", "{name}: {}", run.stderr);
        writeln!(messages, "## {name}\n\n{}", run.stderr.trim_end()).unwrap();
        messages.push('\n');
        let mended = match cure {
            Line => lines_of_help(&text, &run.stderr),
            Key => {
                let here =
                    run.stderr.split("here it is called `").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
                let written = run.stderr.split("unknown key `").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
                text.replace(&format!("\n{written} ="), &format!("\n{here} =")).replacen(
                    &format!("{written} ="),
                    &format!("{here} ="),
                    1,
                )
            }
            Replace(from, to) => text.replace(from, to),
            Configure(more) => {
                site.write("tidings.toml", format!("{CONFIG}{more}"));
                text
            }
        };
        site.write(&file, &mended);
        let run = site.run(&["check"]);
        let is_clean = run.status == 0 && !run.stderr.contains(": error:") && !run.stderr.contains(": warning:");
        assert!(is_clean, "{name}: {run:?}\n{mended}");
    }
    insta::assert_snapshot!(messages);
}

/// The text with each line of an error written as its help has it.
fn lines_of_help(text: &str, shown: &str) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let mut number = 0;
    for line in shown.lines() {
        if let Some(rest) = line.strip_prefix("stories/a.toml:") {
            number = rest.split(':').next().unwrap().parse().unwrap();
        } else if let Some(help) = line.trim().strip_prefix("= help: ") {
            let written = help.split_once('`').unwrap().1;
            let written = written.split("` or `").next().unwrap().trim_end_matches(", whichever is meant");
            lines[number - 1] = written.trim_end_matches('`').to_owned();
        }
    }
    lines.join("\n")
}

#[test]
fn a_file_name_that_is_no_id_gets_a_proposal() {
    let site = Site::with(CONFIG);
    let text = "published = 2026-01-01\n[translations.en]\ntitle = \"W\"\n";
    site.write("stories/2026/Blue heart & co.toml", text);
    let run = site.run(&["check"]);
    assert!(run.stderr.contains("write `id = \"2026/Blue-heart-co\"` into it"), "{}", run.stderr);
    site.write("stories/2026/Blue heart & co.toml", format!("id = \"2026/Blue-heart-co\"\n{text}"));
    assert_eq!(site.run(&["check"]).status, 0);
}

#[test]
fn without_a_configuration_the_usage_is_wrong() {
    let site = Site::empty();
    let run = site.run(&["check"]);
    assert_eq!(run.status, 2, "{run:?}");
    assert!(
        run.stderr.starts_with("error: there is no configuration here") && run.stderr.contains("tidings init"),
        "{run:?}"
    );
}

#[test]
fn an_address_to_listen_on_has_short_forms() {
    let site = Site::empty();
    for address in [":8080", "8080", "localhost:8080", "127.0.0.1:8080", "[::1]:8080"] {
        let run = site.run(&["serve", "--listen", address]);
        assert!(run.stderr.contains("there is no configuration here"), "{address}: {run:?}");
    }
    for address in ["example.org:8080", "80800", "x"] {
        let run = site.run(&["serve", "--listen", address]);
        assert!(run.status == 2 && run.stderr.contains("127.0.0.1:8080"), "{address}: {run:?}");
    }
}
