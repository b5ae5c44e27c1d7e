//! Golden documents: the output of `sites/good`, byte for byte.
//!
//! Run with `INSTA_UPDATE=always` to accept a change, and read it with `git diff`.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::{NOW, Site};

/// Compares a text with the one in `sites/good/golden`.
fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("sites/good/golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.replace('/', "_"), text));
}

#[test]
fn documents_equal_the_golden_ones() {
    let site = Site::copy_of("good");
    let ran = site.built(&[]);
    golden("warnings", &ran.stderr);
    for feed in ["en/all", "ru/all", "ar/all", "mul/all", "en/research", "ar/nothing", "en/all/2012", "ru/all/2012"] {
        for extension in ["atom.xml", "rss.xml", "json"] {
            let path = format!("{feed}.{extension}");
            golden(&path, &site.read(&format!("public/{path}")));
        }
    }
    for path in ["feeds.opml", "ru/feeds.opml", "sitemap.xml", "assets/feed-ar.css"] {
        golden(path, &site.read(&format!("public/{path}")));
    }
    for page in ["index.html", "en/index.html", "ar/research/index.html", "en/2012/index.html", "ru/2012-05/index.html"]
    {
        golden(page, &site.read(&format!("public/{page}")));
    }
}

/// Hashes are replaced by their length.
#[test]
fn the_manifest_equals_the_golden_one() {
    let site = Site::copy_of("good");
    site.built(&[]);
    let is_hash = |field: &str| matches!(field.len(), 16 | 32) && field.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shown = |field: &str| if is_hash(field) { format!("({} digits)", field.len()) } else { field.to_owned() };
    let fields = |line: &str| line.split(['\t', ' ']).map(shown).collect::<Vec<_>>().join(" ");
    let text = site.read("public/.tidings");
    let (head, rest) = text.split_once('\n').unwrap();
    let head = head.split(' ').map(shown).collect::<Vec<_>>().join(" ");
    golden("manifest", &format!("{head}\n{}", rest.lines().map(fields).collect::<Vec<_>>().join("\n")));
    let (rest, last) = rest.trim_end().rsplit_once('\n').unwrap();
    assert!(last.starts_with("# "), "{last}");
    assert!(rest.lines().is_sorted_by(|one, other| one.as_bytes() < other.as_bytes()));
}

#[test]
fn all_documents_are_published() {
    let site = Site::copy_of("good");
    site.built(&[]);
    golden("paths", &site.files("public").join("\n"));
}

#[test]
fn summaries_alone_are_published_on_request() {
    let site = Site::copy_of("good");
    site.write("tidings.toml", site.read("tidings.toml").replace("[feeds]", "[feeds]\ncontent = \"summary\""));
    site.built(&[]);
    for extension in ["atom.xml", "rss.xml", "json"] {
        golden(&format!("summary/en/children.{extension}"), &site.read(&format!("public/en/children.{extension}")));
    }
}

#[test]
fn archives_can_be_monthly() {
    let site = Site::copy_of("good");
    site.write("tidings.toml", site.read("tidings.toml").replace("archives = \"year\"", "archives = \"month\""));
    site.built(&[]);
    let archives = site.files("public").into_iter().filter(|path| path.starts_with("en/all/")).collect::<Vec<_>>();
    golden("monthly", &archives.join("\n"));
}

#[test]
fn results_are_text_or_json() {
    let site = Site::copy_of("good");
    let ran = site.built(&["--format", "json", "--output", "other"]);
    golden("build.json", &ran.stdout.replace(',', ",\n"));
    let ran = site.built(&["--output", "third"]);
    let (summary, time) = ran.stdout.trim_end().rsplit_once(", ").unwrap();
    assert!(time.ends_with(" s"), "{time}");
    golden("build.txt", summary);
    let ran = site.run(&["build", "--check", "--now", NOW, "--output", "third"]);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
}

/// Readers and other sites link these: a path that goes away is seen here.
#[test]
fn paths_of_the_sample() {
    let site = Site::empty();
    let output = site.path("public").display().to_string();
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/config/tidings.toml");
    let ran = site.run(&["build", "--config", config, "--output", &output, "--now", "2026-11-01T00:00:00Z"]);
    assert_eq!(ran.status, 0, "{}", ran.stderr);
    golden("sample-paths", &site.files("public").join("\n"));
}
