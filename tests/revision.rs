//! The hash of the sources by which a build knows what another revision of the program rendered.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fs;
use std::process::Command;

const SOURCE: &str = r####"//! A module.

/// A function.
pub fn greet<'a>(name: &'a str) -> String {
    // A comment.
    let marks = ["// no comment", r#"/* "none" */"#, "\"//"];
    let quote = '"'; /* a /* nested */ comment */
    format!("{name}{quote}{}", marks[0])
}

struct Pair {
    #[cfg(test)]
    one: u8,
    other: u8,
}

#[cfg(test)]
#[derive(Debug)]
struct Fixture {
    value: u8,
}

#[cfg(test)]
mod cases;

#[cfg(test)]
mod tests {
    #[test]
    fn greets() {
        assert_eq!(super::greet("a"), "a");
    }
}
"####;

/// The hash of a small tree in which the first text is replaced by the second in one file.
fn with(path: &str, from: &str, to: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("Cargo.lock", "[[package]]\nname = \"rss\"\nversion = \"2.1.0\"\n"),
        ("Cargo.toml", "[package]\nname = \"tidings\"\n"),
        ("src/lib.rs", "mod render;\nmod serve;\n"),
        ("src/render/mod.rs", SOURCE),
        ("src/render/cases.rs", "const CASE: u8 = 1;\n"),
        ("src/render/broken.rs", "fn ( // unfinished\n"),
        ("src/render/page.html", "<p>{# A comment. #}</p>\n"),
        ("src/render/style.css", "p { color: red }\n"),
        ("src/render/locales/en.toml", "topics = \"Topics\"\n"),
        ("src/serve/mod.rs", "const PORT: u16 = 80;\n"),
        ("src/fetch.rs", "const LIMIT: u8 = 1;\n"),
    ];
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        assert!(name != path || text.contains(from), "{path} has no {from}");
        fs::write(file, if name == path { text.replacen(from, to, 1) } else { text.to_owned() }).unwrap();
    }
    let output =
        Command::new(env!("TIDINGS_BUILD_SCRIPT")).env_remove("OUT_DIR").current_dir(folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let revision = text.lines().find_map(|line| line.strip_prefix("cargo:rustc-env=TIDINGS_REVISION="));
    revision.unwrap().to_owned()
}

#[test]
fn changes_that_no_document_shows_keep_the_hash() {
    let before = with("", "", "");
    for (path, from, to) in [
        ("src/render/mod.rs", "// A comment.", "// Another, with a \" in it."),
        ("src/render/mod.rs", "    // A comment.\n", ""),
        ("src/render/mod.rs", "//! A module.", "//! Another module."),
        ("src/render/mod.rs", "/// A function.", "/// Another function.\n///\n/// ```\n/// greet(\"a\");\n/// ```"),
        ("src/render/mod.rs", "/* a /* nested */ comment */", "/* a /* deeply /* nested */ */ one */"),
        ("src/render/mod.rs", "    let quote", "\n\n        let quote"),
        ("src/render/mod.rs", "assert_eq!(super::greet(\"a\"), \"a\");", "assert!(true); // fixed"),
        ("src/render/mod.rs", "    value: u8,", "    value: u16,"),
        ("src/render/cases.rs", "1", "2"),
        ("src/serve/mod.rs", "80", "81"),
        ("src/fetch.rs", "1", "2"),
    ] {
        assert_eq!(with(path, from, to), before, "{path}: {from} -> {to}");
    }
}

#[test]
fn changes_that_a_document_may_show_change_the_hash() {
    let before = with("", "", "");
    for (path, from, to) in [
        ("src/render/mod.rs", "// no comment", "// no, comment"),
        ("src/render/mod.rs", "/* \"none\" */", "/* \"one\" */"),
        ("src/render/mod.rs", "\"\\\"//\"", "\"\\\"// \""),
        ("src/render/mod.rs", "'\"'", "'\\''"),
        ("src/render/mod.rs", "marks[0]", "marks[1]"),
        ("src/render/mod.rs", "    other: u8", "    other: u16"),
        ("src/render/mod.rs", "#[cfg(test)]\n#[derive", "#[cfg(unix)]\n#[derive"),
        ("src/render/broken.rs", "unfinished", "finished"),
        ("src/render/page.html", "A comment", "Another comment"),
        ("src/render/style.css", "red", "blue"),
        ("src/render/locales/en.toml", "\"Topics\"", "\"Subjects\""),
        ("Cargo.lock", "2.1.0", "2.1.1"),
    ] {
        assert_ne!(with(path, from, to), before, "{path}: {from} -> {to}");
    }
}

#[test]
fn the_hash_does_not_depend_on_where_the_tree_is() {
    assert_eq!(with("", "", ""), with("", "", ""));
}
