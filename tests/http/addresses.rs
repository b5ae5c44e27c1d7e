//! Starts that fail: addresses that cannot be had, and a broken store.

use std::net::TcpListener;

use crate::common::Site;
use crate::server::{put, put_story, run, site, site_with_story};

fn assert_refused(site: &Site, status: i32, named: &str, arguments: &[&str]) {
    let (found, _, stderr) = run(site, "serve", arguments, "");
    assert!(found == status && stderr.contains(named), "exit {found} instead of {status}, without {named}: {stderr}");
}

#[test]
fn an_address_that_cannot_be_had_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let site = site_with_story("");
    // 192.0.2.0/24 is of no machine (RFC 5737).
    for (status, listen) in
        [(3, &*address), (3, "192.0.2.1:80"), (2, "nonsense"), (2, "127.0.0.1"), (2, "127.0.0.1:99999")]
    {
        assert_refused(&site, status, listen, &["--listen", listen]);
    }
    put(
        &site,
        "tidings.toml",
        &site.read("tidings.toml").replace("admin = \"127.0.0.1:0\"", &format!("admin = \"{address}\"")),
    );
    assert_refused(&site, 3, &address, &["--listen", "127.0.0.1:0"]);
}

/// The lines of the errors in a text, sorted.
fn errors(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().filter(|line| line.contains(": error: ")).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn a_broken_store_is_not_served_and_all_that_is_wrong_is_said() {
    let site = site("", "");
    put_story(&site, "good", "Good", &["en"]);
    put(
        &site,
        "stories/topic.toml",
        "published = 2020-01-01\ntopics = [\"resarch\"]\n[translations.en]\ntitle = \"A\"\n",
    );
    put(&site, "stories/syntax.toml", "this is not TOML");
    put(
        &site,
        "stories/date.json",
        r#"{"id": "date", "published": "2020-13-45", "translations": {"en": {"title": "A"}}}"#,
    );
    let (_, _, checked) = run(&site, "check", &[""; 0], "");
    let (status, _, served) = run(&site, "serve", &["--listen", "127.0.0.1:0"], "");
    assert_eq!(status, 1, "{served}");
    assert!(errors(&served).len() >= 3, "{served}");
    assert_eq!(errors(&served), errors(&checked));
}
