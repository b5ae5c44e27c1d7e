//! No import takes over, loses or breaks a story, whatever its source says.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::report::{EntryReport, Outcome};
use super::*;
use crate::site::Site;

const CONFIG: &str = "[site]\nbase_url = 'https://news.example.org/feeds/'\nauthority = 'news.example.org,2014'\n\
    title = 'N'\n[languages.en]\ntitle = 'N'\n[languages.ru]\ntitle = 'Н'\n";
const OFFICIAL: &str =
    "published = 2018-01-01\n[translations.en]\ntitle = 'Official'\nsummary = 'What the office says.'\nguid = 'g9'\n";

struct Newsroom {
    folder: tempfile::TempDir,
    config: Config,
}

impl Newsroom {
    fn new() -> Newsroom {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tidings.toml"), CONFIG).unwrap();
        std::fs::create_dir_all(folder.path().join("stories/2018")).unwrap();
        std::fs::write(folder.path().join("stories/2018/official.toml"), OFFICIAL).unwrap();
        let config = Config::load(folder.path().join("tidings.toml")).unwrap();
        Newsroom { folder, config }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn options(&self, source: &str) -> ImportOptions {
        let folder = self.folder.path().to_owned();
        ImportOptions {
            sources: vec![self.path(source)],
            into: self.path("stories"),
            language: Some("en".to_owned()),
            folder,
            ..ImportOptions::default()
        }
    }

    fn import_with(&self, options: &ImportOptions) -> Report {
        run(&self.config, &Store::load(&self.config), options, None, &|_| {}).unwrap()
    }

    fn import(&self, name: &str, feed: &str) -> Report {
        std::fs::write(self.path(name), feed).unwrap();
        self.import_with(&self.options(name))
    }

    /// The errors that `check` has.
    fn errors(&self) -> Vec<String> {
        let now = "2030-01-01T00:00:00Z".parse().unwrap();
        let (_, diagnostics) = Site::load(&self.config, now);
        diagnostics.into_iter().filter(Diagnostic::is_error).map(|diagnostic| format!("{diagnostic:?}")).collect()
    }

    /// All files below the store.
    fn files(&self) -> BTreeMap<String, String> {
        let root = self.path("stories");
        let found = walkdir::WalkDir::new(&root).into_iter().filter_map(Result::ok);
        let files = found.filter(|file| file.file_type().is_file());
        let name = |path: &Path| path.strip_prefix(&root).unwrap().display().to_string();
        files.map(|file| (name(file.path()), std::fs::read_to_string(file.path()).unwrap())).collect()
    }

    fn stories(&self) -> BTreeMap<String, String> {
        self.files().into_iter().filter(|(name, _)| name != "_imported.toml").collect()
    }
}

fn feed(id: &str, items: &[serde_json::Value]) -> String {
    json!({"version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "en", "feed_url": id, "items": items})
        .to_string()
}

fn item(id: &str, title: &str, link: &str, day: u32, text: &str) -> serde_json::Value {
    json!({"id": id, "title": title, "url": link, "date_published": format!("2019-01-{day:02}T10:00:00Z"), "content_text": text})
}

const A: &str = "https://a.example/feed.json";
const B: &str = "https://b.example/feed.json";

fn kinds(report: &Report) -> Vec<&'static str> {
    let kind = |entry: &EntryReport| match entry.outcome.as_ref().unwrap() {
        Outcome::Written { .. } => "written",
        Outcome::Updated { .. } => "updated",
        Outcome::Unchanged { .. } => "unchanged",
        Outcome::Quoted { .. } => "quoted",
        Outcome::AlreadyThere { .. } => "already there",
        Outcome::LeftOut { .. } => "left out",
        _ => "other",
    };
    report.entries.iter().map(kind).collect()
}

#[test]
fn entries_that_share_everything_but_their_ids_are_stories_of_their_own() {
    let room = Newsroom::new();
    let items: Vec<_> = (0..9).map(|n| json!({"id": format!("n{n}"), "content_text": "A short note", "date_published": "2019-01-05T10:00:00Z"})).collect();
    let report = room.import("in.json", &feed(A, &items));
    assert_eq!(kinds(&report), ["written"; 9]);
    assert_eq!(room.stories().len(), 10);
    assert_eq!(room.errors(), [""; 0]);
    let before = room.files();
    assert_eq!(kinds(&room.import("in.json", &feed(A, &items))), ["unchanged"; 9]);
    assert_eq!(room.files(), before);
}

#[test]
fn the_languages_of_one_item_stay_what_they_are_in_the_next_import() {
    let of = |items: &[(&str, &str, &str)]| {
        let items = items.iter().map(|(id, title, text)| item(id, title, &format!("https://a.example/{id}"), 5, text));
        feed(A, &items.collect::<Vec<_>>())
    };
    let room = Newsroom::new();
    let first = of(&[
        ("17", "[:ru]Мост открыт[:en]The bridge is open[:]", "[:ru]Первый текст.[:en]The first text.[:]"),
        ("18", "[:ru]Мост открыт[:en]The bridge is open[:]", "[:ru]Другой текст.[:en]Another text.[:]"),
    ]);
    let report = room.import("a.json", &first);
    assert_eq!(kinds(&report), ["written"; 4]);
    assert_eq!(room.errors(), [""; 0]);
    let stories = room.stories();
    assert_eq!(stories.len(), 3, "{stories:?}");
    for (name, story) in stories.iter().filter(|(name, _)| !name.contains("official")) {
        // English is the language of the feed, so it has the id.
        let (_, english) = story.split_once("[translations.en]").unwrap();
        let (english, russian) = english.split_once("[translations.ru]").unwrap();
        assert!(english.contains("guid = \"1") && !russian.contains("guid"), "{name}: {story}");
        assert!(russian.contains("Мост") && !story.contains("[:"), "{name}: {story}");
    }
    let before = room.files();
    assert_eq!(kinds(&room.import("a.json", &first)), ["unchanged"; 4]);
    assert_eq!(room.files(), before);
    // A correction of one language, title and text, is known by its key; order and style of the marks do not matter.
    let corrected = of(&[
        ("17", "{:en}The bridge is open{:}{:ru}Открытие{:}", "[:en]The first text.[:ru]Совсем другой.[:]"),
        ("18", "[:ru]Мост открыт[:en]The bridge is open[:]", "[:ru]Другой текст.[:en]Another text.[:]"),
    ]);
    assert_eq!(kinds(&room.import("a.json", &corrected)), ["updated", "updated", "unchanged", "unchanged"]);
    let after = room.stories();
    assert_eq!(after.keys().collect::<Vec<_>>(), stories.keys().collect::<Vec<_>>());
    assert_eq!(after.values().filter(|story| story.contains("Открытие")).count(), 1);
}

#[test]
fn a_language_that_is_new_in_an_item_joins_the_story_of_the_one_that_has_its_id() {
    const TEXTS: [(&str, &str, &str); 2] = [
        ("en", "The bridge is open", "Everybody can cross the river on foot again, and the ferry rests in winter."),
        ("ru", "Мост открыт для всех жителей", "Все жители снова могут перейти реку пешком, а паром зимой отдыхает."),
    ];
    for [(first, title, text), (_, other_title, other_text)] in [TEXTS, [TEXTS[1], TEXTS[0]]] {
        let room = Newsroom::new();
        let item = |title: &str, text: &str| feed(A, &[item("17", title, "https://a.example/17", 5, text)]);
        assert_eq!(kinds(&room.import("a.json", &item(title, text))), ["written"]);
        let name = room.stories().keys().find(|name| name.starts_with("2019")).cloned().unwrap();
        let second = if first == "en" { "ru" } else { "en" };
        let marked = |one: &str, other: &str| format!("[:{first}]{one}[:{second}]{other}[:]");
        let both = item(&marked(title, other_title), &marked(text, other_text));
        let report = room.import("a.json", &both);
        assert_eq!(kinds(&report), ["updated"; 2], "{first}");
        assert_eq!(report.diagnostics.len(), 0, "{:?}", report.diagnostics);
        assert_eq!(room.stories().len(), 2, "{:?}", room.stories());
        let story = room.stories()[&name].clone();
        let start = story.find(&format!("[translations.{first}]")).unwrap();
        let end = story[start + 1..].find("[translations.").map_or(story.len(), |end| start + 1 + end);
        assert!(story[start..end].contains("guid = \"17\"") && story.matches("guid").count() == 1, "{story}");
        let before = room.files();
        assert_eq!(kinds(&room.import("a.json", &both)), ["unchanged"; 2], "{first}");
        assert_eq!(room.files(), before);
        assert_eq!(room.errors(), [""; 0]);
    }
}

#[test]
fn the_same_id_of_another_source_is_a_quotation_or_another_story() {
    for (title, link, day, expected) in [
        ("As B tells it", "http://www.a.example/17/", 7, "quoted"),
        ("The bridge is open", "https://b.example/1", 5, "quoted"),
        ("The bridge is open", "https://b.example/1", 7, "written"),
        ("Quite another thing", "https://b.example/1", 5, "written"),
    ] {
        let room = Newsroom::new();
        room.import(
            "a.json",
            &feed(A, &[item("17", "The bridge is open", "https://a.example/17", 5, "The first text.")]),
        );
        let before = room.stories();
        let of_b = feed(B, &[item("17", title, link, day, "The second text.")]);
        for _ in 0..2 {
            let report = room.import("b.json", &of_b);
            assert!(kinds(&report) == [expected] || kinds(&report) == ["unchanged"], "{title} {link}");
            assert!(before.iter().all(|(name, text)| room.stories().get(name) == Some(text)), "{title} {link}");
        }
        assert_eq!(room.stories().len(), before.len() + usize::from(expected == "written"));
        assert_eq!(room.errors(), [""; 0]);
        // The source's own correction comes in.
        let corrected = feed(A, &[item("17", "The bridge is open", "https://a.example/17", 5, "Corrected.")]);
        assert_eq!(kinds(&room.import("a.json", &corrected)), ["updated"]);
        assert_eq!(room.errors(), [""; 0]);
    }
}

#[test]
fn a_quotation_is_a_warning_and_a_recorded_source_can_be_named() {
    let room = Newsroom::new();
    room.import("a.json", &feed(A, &[item("17", "Bridge", "https://a.example/17", 5, "The first text.")]));
    let report =
        room.import("b.json", &feed(B, &[item("17", "Bridge", "https://a.example/17", 5, "The second text.")]));
    let [warning] = &report.diagnostics[..] else { panic!("{:?}", report.diagnostics) };
    let help = warning.help.clone().unwrap();
    assert!(!warning.is_error() && help.contains(&format!("--as 'feed:{A}'")), "{warning:?}");
    let options = ImportOptions { name: Some(format!("feed:{A}")), ..room.options("b.json") };
    assert_eq!(kinds(&room.import_with(&options)), ["updated"]);
}

#[test]
fn ids_of_the_own_tag_space_count_only_in_own_documents() {
    let own = |rest: &str| format!("tag:news.example.org,2014:{rest}");
    let of = |rest: &str, title: &str| feed(A, &[item(&own(rest), title, "https://b.example/1", 3, "Another text.")]);
    for (id, is_valid) in [
        ("2019/fresh/en", true),
        (".git/hooks/x/en", false),
        ("_imported/en", false),
        ("con/en", false),
        ("a/LPT1.x/en", false),
        ("feeds/x/en", false),
        ("a/index.html/en", false),
        ("../x/en", false),
    ] {
        let room = Newsroom::new();
        let before = room.stories();
        let report = room.import("in.json", &of(id, "Another one"));
        assert_eq!(kinds(&report), ["written"], "{id}");
        assert_eq!(report.diagnostics.iter().filter(|diagnostic| !diagnostic.is_error()).count(), 1, "{id}");
        let new: Vec<_> = room.stories().into_iter().filter(|(name, _)| !before.contains_key(name)).collect();
        assert!(new.len() == 1 && new[0].0 == "2019/another-one.toml" && !new[0].1.contains("guid"), "{new:?}");
        let room = Newsroom::new();
        std::fs::write(room.path("in.json"), of(id, "Another one")).unwrap();
        let report = room.import_with(&ImportOptions { own: true, ..room.options("in.json") });
        assert_eq!(kinds(&report), [if is_valid { "written" } else { "left out" }], "{id}");
        assert_eq!(room.stories().contains_key("2019/fresh.toml"), is_valid);
        assert_eq!(room.errors(), [""; 0]);
    }
    let room = Newsroom::new();
    let before = room.files();
    assert_eq!(kinds(&room.import("in.json", &of("2018/official/en", "Official"))), ["already there"]);
    assert_eq!(room.files(), before);
    assert_eq!(kinds(&room.import("in.json", &of("2018/official/en", "A takeover"))), ["written"]);
    assert_eq!(room.errors(), [""; 0]);
}

#[test]
fn values_that_the_store_refuses_are_dropped_with_a_warning() {
    let room = Newsroom::new();
    let mut refused = item("1", "The case of it", "javascript:alert(1)", 3, "Some text.");
    refused["attachments"] = json!([
        {"url": "https://a.example/a", "mime_type": "audio/*"},
        {"url": "ftp://a.example/a", "mime_type": "audio/mpeg"},
        {"url": "https://a.example/b", "mime_type": "audio/ogg; codecs=opus"},
    ]);
    refused["image"] = json!("data:image/png;base64,AA==");
    refused["authors"] = json!([{"name": "N", "url": "ftp://x/y"}]);
    let report = room.import("in.json", &feed(A, &[refused]));
    assert_eq!(report.entries[0].warnings.len(), 5, "{:?}", report.entries[0].warnings);
    assert!(
        report.diagnostics.iter().all(|diagnostic| !diagnostic.is_error() && diagnostic.message.contains("The case"))
    );
    let text = &room.stories()["2019/the-case-of-it.toml"];
    assert!(text.contains("codecs=opus") && !text.contains("audio/*") && !text.contains("ftp:"), "{text}");
    assert_eq!(room.errors(), [""; 0]);
}

#[test]
fn dates_and_titles_that_are_none_count_as_none() {
    let room = Newsroom::new();
    let mut items: Vec<_> = ["0000-01-05T10:00:00Z", "9999-12-31T23:59:59-12:00"]
        .iter()
        .map(|date| json!({"id": date, "title": "Bad date", "content_text": "x", "date_published": date}))
        .collect();
    items.push(item("t", "\u{200b}\u{2060}", "https://a.example/t", 3, "\u{200b}\nSome words of it."));
    let report = room.import("in.json", &feed(A, &items));
    assert_eq!(kinds(&report), ["left out", "left out", "written"]);
    assert_eq!(report.entries[2].title, "Some words of it.");
    assert_eq!(room.errors(), [""; 0]);
}

#[test]
fn a_record_of_version_1_is_read_and_gets_full_sources() {
    let room = Newsroom::new();
    let of_a = feed(A, &[item("17", "Bridge", "https://a.example/17", 5, "The first text.")]);
    room.import("in.json", &of_a);
    let stories = room.stories();
    let record = room.files()["_imported.toml"].clone();
    let old = record.replace("version = 2", "version = 1").replace(&format!("feed:{A}"), "in.json");
    assert_ne!(old, record);
    std::fs::write(room.path("stories/_imported.toml"), &old).unwrap();
    // Another site's document of the same name is another story.
    std::fs::create_dir(room.path("b")).unwrap();
    let of_b = feed(B, &[item("17", "Quite another", "https://b.example/9", 9, "Of B.")]);
    assert_eq!(kinds(&room.import("b/in.json", &of_b)), ["written"]);
    assert_eq!(kinds(&room.import("in.json", &of_a)), ["unchanged"]);
    assert!(stories.iter().all(|(name, text)| room.stories()[name] == *text));
    assert!(room.files()["_imported.toml"].contains(&format!("source = \"feed:{A}\"")));
}

/// An entry of a hostile feed.
fn any_item() -> impl Strategy<Value = serde_json::Value> {
    let own = "tag:news.example.org,2014:";
    let id = prop::sample::select(vec![
        None,
        Some("g1".to_owned()),
        Some("g2".to_owned()),
        Some("g3".to_owned()),
        Some("g9".to_owned()),
        Some(" g1 ".to_owned()),
        Some(format!("{own}2018/official/en")),
        Some(format!("{own}2018/official/ru")),
        Some(format!("{own}_x/en")),
        Some(format!("{own}con/en")),
        Some(format!("{own}2019/a/en")),
        Some(format!("{own}2019/A/en")),
        Some(format!("{own}2019/a.toml/b/en")),
        Some(format!("{own}feeds/en/all")),
        Some(format!("{own}../x/en")),
    ]);
    let title = prop::sample::select(vec![
        None,
        Some("Bridge"),
        Some("BRIDGE"),
        Some("Bridge!"),
        Some("Official"),
        Some("con"),
        Some("\u{200b}"),
        Some("Another title"),
    ]);
    let link = prop::sample::select(vec![
        None,
        Some("https://a.example/1"),
        Some("http://www.a.example/1/"),
        Some("https://a.example/2"),
        Some("ftp://x/y"),
        Some("www.example.org/x"),
    ]);
    let date = prop::sample::select(vec![
        "2018-01-01", "2019-01-05T10:00:00Z", "2019-01-05T11:00:00Z", "2019-01-06", "0000-01-01",
        "9999-12-31T23:59:59-12:00", "never",
    ]);
    let text = prop::sample::select(vec![
        "One text of it.", "Another text of it.", "What the office says.", "\u{1}\u{200b}", "",
    ]);
    let media = prop::sample::select(vec![None, Some("audio/mpeg"), Some("audio/*"), Some("mp3")]);
    let is_russian = prop::bool::weighted(0.4);
    (id, title, link, date, text, media, is_russian).prop_map(|(id, title, link, date, text, media, is_russian)| {
        let mut item = json!({"date_published": date, "content_text": text});
        if is_russian {
            item["language"] = json!("ru");
        }
        if let Some(id) = id {
            item["id"] = json!(id);
        }
        if let Some(title) = title {
            item["title"] = json!(title);
        }
        if let Some(link) = link {
            item["url"] = json!(link);
        }
        if let Some(media) = media {
            item["attachments"] = json!([{"url": "https://a.example/f", "mime_type": media}]);
        }
        item
    })
}

/// A feed: the number of its source, whether it is imported as the site's own, its entries.
fn any_feed() -> impl Strategy<Value = (usize, bool, Vec<serde_json::Value>)> {
    (0..4_usize, prop::bool::weighted(0.2), prop::collection::vec(any_item(), 0..5))
}

/// Which source a record says a file was written from, by language.
fn sources_of(room: &Newsroom) -> BTreeMap<String, Vec<String>> {
    let state = ImportState::load(&room.path("stories")).unwrap();
    let sources = |story: &state::StoryState| story.entries.iter().map(|entry| entry.source.to_string()).collect();
    state.stories.iter().map(|story| (story.file.clone(), sources(story))).collect()
}

/// The texts of a story's translations, by language.
fn texts(story: &str) -> BTreeMap<String, (String, String)> {
    let table: toml::Table = toml::from_str(story).unwrap();
    let text = |own: &toml::Value, key: &str| own.get(key).and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let translations = table["translations"].as_table().unwrap().iter();
    translations
        .map(|(tag, own)| (tag.clone(), (text(own, "title"), text(own, "content_text") + &text(own, "summary"))))
        .collect()
}

fn no_import_breaks_a_store(feeds: &[(usize, bool, Vec<serde_json::Value>)]) -> Result<(), TestCaseError> {
    let room = Newsroom::new();
    let sources = [A, B, "https://a.example/other.json", ""];
    for (number, is_own, items) in feeds {
        let name = format!("{number}.json");
        std::fs::write(room.path(&name), feed(sources[*number], items)).unwrap();
        let options = ImportOptions { own: *is_own, ..room.options(&name) };
        let source = match sources[*number] {
            "" => format!("path:{name}"),
            url => format!("feed:{url}"),
        };
        let (before, of_before) = (room.stories(), sources_of(&room));
        let Ok(report) = run(&room.config, &Store::load(&room.config), &options, None, &|_| {}) else {
            prop_assert!(items.is_empty(), "an import failed");
            continue;
        };
        prop_assert_eq!(room.errors(), Vec::<String>::new());
        let after = room.stories();
        for (file, text) in &before {
            let of_source = of_before.get(file).is_some_and(|sources| sources.contains(&source));
            let now = after.get(file).map(|text| texts(text));
            if !of_source {
                let now = now.ok_or_else(|| TestCaseError::fail(format!("{file} is gone")))?;
                for (tag, own) in texts(text) {
                    prop_assert_eq!(now.get(&tag), Some(&own), "{} was taken over", file);
                }
            }
        }
        prop_assert_eq!(report.entries.len(), items.len());
        for entry in &report.entries {
            let outcome = entry.outcome.as_ref();
            prop_assert!(outcome.is_some());
            if let Some(file) = outcome.and_then(Outcome::file) {
                prop_assert!(after.contains_key(file), "{} is not there", file);
            }
        }
        let all = room.files();
        room.import_with(&options);
        prop_assert_eq!(room.files(), all, "the same import changes something");
    }
    Ok(())
}

proptest! {
    // The same cases each time; PROPTEST_RNG_SEED gives others.
    #![proptest_config(ProptestConfig {
        cases: cases(),
        max_shrink_iters: 4_000,
        failure_persistence: None,
        rng_seed: seed(),
        ..ProptestConfig::default()
    })]
    #[test]
    fn any_sequence_of_feeds_leaves_a_valid_store(feeds in prop::collection::vec(any_feed(), 1..5)) {
        no_import_breaks_a_store(&feeds)?;
    }
}

/// The same cases each time; `PROPTEST_RNG_SEED` asks for others.
pub fn seed() -> proptest::test_runner::RngSeed {
    let seed = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|seed| seed.parse().ok());
    proptest::test_runner::RngSeed::Fixed(seed.unwrap_or(1))
}

/// How many sequences are tried; `PROPTEST_CASES` says more.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000)
}

#[test]
fn entries_of_two_languages_without_ids_stay_where_they_are() {
    let own = "tag:news.example.org,2014:";
    let text = "What the office says.";
    let of_b = [
        json!({"language": "ru", "content_text": text, "date_published": "2018-01-01"}),
        json!({"id": format!("{own}2018/official/ru"), "content_text": text, "date_published": "2019-01-05T10:00:00Z"}),
    ];
    let of_a = [
        json!({"title": "Official", "content_text": text, "date_published": "2018-01-01"}),
        json!({"language": "ru", "content_text": text, "date_published": "2019-01-06"}),
    ];
    no_import_breaks_a_store(&[(1, false, of_b.to_vec()), (0, false, of_a.to_vec())]).unwrap();
}

#[test]
fn an_entry_without_id_takes_nothing_from_a_story_of_another_source() {
    let of_b =
        json!({"content_text": "Some text.", "date_published": "2019-01-05", "id": "g2", "url": "https://a.example/1"});
    let same = json!({"content_text": "Some text.", "date_published": "2019-01-05"});
    no_import_breaks_a_store(&[(1, false, vec![of_b.clone()]), (0, false, vec![same])]).unwrap();
    let room = Newsroom::new();
    room.import("b.json", &feed(B, &[of_b]));
    let before = room.files();
    room.import("a.json", &feed(A, &[json!({"content_text": "Some text.", "date_published": "2019-01-05"})]));
    assert_eq!(room.files(), before);
}

#[test]
fn entries_whose_language_changed_are_found_again() {
    let item = |id: &str, language: &str, title: &str| {
        let mut item = json!({"content_text": "Some text.", "date_published": "2019-01-05", "title": title});
        item["language"] = json!(language);
        if !id.is_empty() {
            item["id"] = json!(id);
        }
        item
    };
    let before = vec![item("g1", "en", "Bridge"), item("g2", "ru", "Some text.")];
    let after = vec![item("g1", "en", "Bridge"), item("g2", "en", "Some text."), item("", "en", "Some text.")];
    no_import_breaks_a_store(&[(1, false, before), (1, false, after)]).unwrap();
}

#[test]
fn an_own_id_that_came_in_by_chance_is_not_given_at_the_second_import() {
    let room = Newsroom::new();
    let own = "tag:news.example.org,2014:2026/a-note/en";
    let text = "Some English text here, about the new bridge";
    let items = [
        json!({"id": "urn:x:1", "title": "Открытие моста", "content_text": text, "date_published": "2026-01-05", "language": "ru"}),
        json!({"id": own, "title": "A note", "content_text": text, "date_published": "2026-01-05"}),
    ];
    for items in [&items[..], &items[1..]] {
        let feed = feed(A, items);
        room.import("a.json", &feed);
        let before = room.files();
        room.import("a.json", &feed);
        assert_eq!(room.files(), before);
        assert!(!before.values().any(|text| text.contains("guid = \"tag:")), "{before:?}");
    }
}

#[test]
fn the_same_id_in_another_language_is_a_story_of_its_own_or_a_corrected_language() {
    let item = |title: &str, text: &str, language: &str| json!({"id": "7", "title": title, "content_text": text, "date_published": "2026-01-05", "language": language});
    let english = item("A note", "About the new bridge", "en");
    let russian = item("Объявление", "О тихом вечере", "ru");
    // In two imports, and in one.
    let room = Newsroom::new();
    room.import("a.json", &feed(A, std::slice::from_ref(&english)));
    let report = room.import("b.json", &feed(A, std::slice::from_ref(&russian)));
    assert_eq!((kinds(&report), room.stories().len()), (vec!["written"], 3));
    assert!(report.entries[0].warnings[0].contains("without its id"), "{report:?}");
    assert_eq!(kinds(&room.import("b.json", &feed(A, std::slice::from_ref(&russian)))), ["unchanged"]);
    let room = Newsroom::new();
    std::fs::write(room.path("a.json"), feed(A, &[english])).unwrap();
    std::fs::write(room.path("b.json"), feed(A, &[russian])).unwrap();
    let options = ImportOptions { sources: vec![room.path("a.json"), room.path("b.json")], ..room.options("a.json") };
    assert_eq!(kinds(&room.import_with(&options)), ["written"; 2]);
    assert_eq!(room.errors(), [""; 0]);
    // The source corrects the language alone.
    let room = Newsroom::new();
    room.import("a.json", &feed(A, &[item("Bridge", "О новом мосте", "en")]));
    assert_eq!(kinds(&room.import("a.json", &feed(A, &[item("Bridge", "О новом мосте", "ru")]))), ["updated"]);
    let story = &room.stories()["2026/bridge.toml"];
    assert!(story.contains("[translations.ru]") && !story.contains("[translations.en]"), "{story}");
    assert_eq!(room.errors(), [""; 0]);
}

#[test]
fn an_entry_with_an_id_is_not_another_story_of_the_same_title() {
    let room = Newsroom::new();
    let of = |id: &str, text: &str| {
        feed(id, &[json!({"id": id, "title": "Weekly news", "content_text": text, "date_published": "2026-01-05"})])
    };
    std::fs::write(room.path("a.json"), of(A, "Of the bridge")).unwrap();
    std::fs::write(room.path("b.json"), of(B, "Of boats")).unwrap();
    for (name, into) in [("a.json", "stories/a"), ("b.json", "stories/b")] {
        let options = ImportOptions { into: room.path(into), ..room.options(name) };
        assert_eq!(kinds(&room.import_with(&options)), ["written"], "{name}");
    }
    let texts: Vec<String> = room.stories().into_values().filter(|text| text.contains("Weekly")).collect();
    assert_eq!((texts.len(), room.errors()), (4, vec![]));
}

#[test]
fn a_quotation_of_another_folder_is_one_at_the_second_import_too() {
    let room = Newsroom::new();
    let original = json!({"id": "u1", "url": "https://one.example/1", "title": "First note", "content_text": "About the new bridge", "date_published": "2026-01-06"});
    std::fs::write(room.path("a.json"), feed(A, &[original])).unwrap();
    room.import_with(&ImportOptions { into: room.path("stories/sub"), ..room.options("a.json") });
    let boats = |id: &str, language: &str| json!({"id": id, "url": "https://one.example/1", "title": "Boats and the sea", "content_text": "Of boats and of the sea", "date_published": "2026-01-05", "language": language});
    let items = [
        boats("u1", "ru"),
        json!({"id": "g1", "title": "Other", "content_text": "Ministry opens the bridge", "date_published": "2026-01-05"}),
        boats("g1", "en"),
    ];
    room.import("b.json", &feed(B, &items));
    let before = room.files();
    assert_eq!(kinds(&room.import("b.json", &feed(B, &items)))[0], "quoted");
    assert_eq!(room.files(), before);
}

#[test]
fn own_ids_that_differ_in_case_alone_are_reported() {
    let room = Newsroom::new();
    let item = |id: &str, title: &str| json!({"id": format!("tag:news.example.org,2014:2018/{id}/en"), "title": title, "content_text": "Some text", "date_published": "2026-01-05"});
    std::fs::write(room.path("f.json"), feed(A, &[item("ok", "One"), item("OK", "Two")])).unwrap();
    let report = room.import_with(&ImportOptions { own: true, ..room.options("f.json") });
    assert_eq!(kinds(&report), ["written"; 2]);
    assert!(
        report.entries[0].warnings.is_empty() && report.entries[1].warnings[0].contains("case alone"),
        "{report:?}"
    );
    assert!(room.stories().contains_key("2018/ok.toml"));
}

/// Found by longer runs of the property test.
#[test]
fn sequences_that_changed_something_at_a_second_import_do_not() {
    let own = "tag:news.example.org,2014:";
    let item = |id: &str, title: &str, text: &str, date: &str, language: &str| {
        let mut item = json!({"title": title, "content_text": text, "date_published": date, "language": language});
        if !id.is_empty() {
            item["id"] = json!(id);
        }
        item
    };
    let (one, another, day) = ("One text of it.", "Another text of it.", "2019-01-05T10:00:00Z");
    let sequences = [
        vec![
            (0, false, vec![item("", "Bridge", one, day, "en")]),
            (
                1,
                true,
                vec![
                    item("", "BRIDGE", one, day, "ru"),
                    item("", "Bridge", another, day, "en"),
                    item(&format!("{own}2019/a/en"), "Bridge", another, "2018-01-01", "ru"),
                ],
            ),
        ],
        vec![
            (1, false, vec![item("", "Bridge", one, day, "en"), item("", "Official", one, day, "en")]),
            (0, false, vec![item(&format!("{own}2019/A/en"), "Bridge!", one, day, "ru")]),
            (0, false, vec![item(&format!("{own}2019/A/en"), "Bridge!", one, "2019-01-06", "en")]),
        ],
        vec![
            (0, false, vec![item(&format!("{own}_x/en"), "One text", one, day, "ru")]),
            (0, false, vec![item(&format!("{own}_x/en"), "con", another, day, "en")]),
            (0, false, vec![item(&format!("{own}_x/en"), "One text", one, day, "en")]),
        ],
    ];
    for feeds in sequences {
        no_import_breaks_a_store(&feeds).unwrap();
    }
}
