#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;

use super::report::Outcome;
use super::*;
use crate::diagnostics::{Cause, OutputFormat, show};

type Outcomes = Vec<(String, String)>;

const LISTING: &str = include_str!("../../tests/fixtures/import/listing.txt");

/// A configuration with languages, and more TOML.
pub fn config_with(languages: &[&str], more: &str) -> Config {
    let folder = tempfile::tempdir().unwrap();
    let editions: String = languages.iter().map(|tag| format!("[languages.{tag}]\ntitle = 'E'\n")).collect();
    let site = "[site]\nbase_url = 'https://e.example/'\nauthority = 'e.example,2014'\ntitle = 'E'\n";
    let path = folder.path().join("tidings.toml");
    std::fs::write(&path, format!("{site}{editions}{more}")).unwrap();
    Config::load(path).unwrap()
}

fn config() -> Config {
    let topics = "[topics.lakes]\nmatch = ['lakes', 'lacs', 'озер']\n[topics.snow]\nmatch = ['nieve', '测雪']\n";
    config_with(&["en", "fr", "ru", "es", "ar", "zh"], topics)
}

/// An import into a folder that is in no store.
fn run(options: &ImportOptions, input: Option<&File>) -> Result<Report, Vec<Diagnostic>> {
    super::run(&config(), &Store::default(), options, input, &|_| {})
}

/// A text as standard input has it.
fn file_of(text: &str) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Imports a text from standard input.
fn import(text: &str, into: &Path) -> Report {
    let options = ImportOptions { sources: vec!["-".into()], into: into.to_owned(), ..ImportOptions::default() };
    run(&options, Some(&file_of(text))).unwrap()
}

/// The outcome of each entry, with its file or reason.
fn outcomes(report: &Report) -> Outcomes {
    let describe = |outcome: &Outcome| match outcome {
        Outcome::Written { file } => ("written", file.clone()),
        Outcome::Unchanged { file } => ("unchanged", file.clone()),
        Outcome::Updated { file } => ("updated", file.clone()),
        Outcome::Edited { file, correction_waits: false, .. } => ("edited", file.clone()),
        Outcome::Edited { file, .. } => ("conflict", file.clone()),
        Outcome::Older { file } => ("older", file.clone()),
        Outcome::Proposed { file } => ("proposed", file.clone()),
        Outcome::Deleted { file } => ("deleted", file.clone()),
        Outcome::Duplicate { of_line, .. } => ("duplicate", of_line.to_string()),
        Outcome::Superseded { by, by_line } => ("superseded", by_line.map_or(by.clone(), |line| line.to_string())),
        Outcome::AlreadyThere { path } => ("already there", path.display().to_string()),
        Outcome::Quoted { of, .. } => ("quoted", of.clone()),
        Outcome::Unpublished { reason } => ("unpublished", reason.clone()),
        Outcome::LeftOut { reason } => ("left out", reason.clone()),
    };
    let outcomes = report.entries.iter().map(|entry| describe(entry.outcome.as_ref().unwrap()));
    outcomes.map(|(kind, file)| (kind.to_owned(), file)).collect()
}

fn kinds(report: &Report) -> Vec<String> {
    outcomes(report).into_iter().map(|(kind, _)| kind).collect()
}

fn left_out(report: &Report) -> usize {
    report.diagnostics.iter().filter(|diagnostic| diagnostic.is_error()).count()
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let found =
        walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok).filter(|file| file.file_type().is_file());
    let name = |path: &Path| path.strip_prefix(folder).unwrap().display().to_string();
    found.map(|file| (name(file.path()), std::fs::read(file.path()).unwrap())).collect()
}

fn story(folder: &Path, file: &str) -> toml::Table {
    toml::from_str(&std::fs::read_to_string(folder.join(file)).unwrap()).unwrap()
}

#[test]
fn what_a_feed_says_after_its_items_applies_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let item = r#"{"id": "1", "title": "2026", "url": "a", "date_published": "2026-01-05T10:00:00Z"}"#;
    let report = import(
        &format!(
            r#"{{"items": [{item}], "language": "ru", "home_page_url": "https://h.example/n/", "authors": [{{"name": "Ana"}}]}}"#
        ),
        folder.path(),
    );
    assert_eq!(report.entries[0].language.as_deref(), Some("ru"));
    let story = std::fs::read_to_string(folder.path().join("2026/2026.toml")).unwrap();
    assert!(story.contains("'https://h.example/n/a'") || story.contains("\"https://h.example/n/a\""), "{story}");
    assert!(story.contains("Ana"), "{story}");
}

#[test]
fn an_entry_with_the_marks_of_several_languages_is_one_story_in_every_format() {
    const MARKED: [&str; 3] =
        ["[:en]Bridge[:ru]Мост[:]", "<!--:en-->Bridge<!--:--><!--:ru-->Мост<!--:-->", "{:en}Bridge{:}{:ru}Мост{:}"];
    const ENTRY: [(&str, &str); 2] = [("A new bridge", "MARKED"), ("MARKED", "A new bridge")];
    for ((title, text), marked) in ENTRY.into_iter().flat_map(|entry| MARKED.map(|marked| (entry, marked))) {
        let (title, text) = (title.replace("MARKED", marked), text.replace("MARKED", marked));
        let escaped = |text: &str| text.replace('<', "&lt;");
        let json = |key: &str| {
            serde_json::json!({"items": [{"id": "1", "title": title, key: text, "date_published": "2026-01-05T10:00:00Z"}]}).to_string()
        };
        let rss = |key: &str| {
            format!(
                "<rss><channel><item><title>{}</title><{key}>{}</{key}><pubDate>2026-01-05</pubDate></item></channel></rss>",
                escaped(&title),
                escaped(&text)
            )
        };
        let documents = [
            json("content_html"),
            json("content_text"),
            json("summary"),
            rss("description"),
            format!("• 05/01/2026 - {title}\n{text}\n"),
        ];
        for document in documents {
            let folder = tempfile::tempdir().unwrap();
            let report = import(&document, folder.path());
            let languages: Vec<_> = report.entries.iter().map(|entry| entry.language.as_deref().unwrap()).collect();
            assert_eq!(languages, ["en", "ru"], "{document}");
            let [(kind, file), (_, other)] = &outcomes(&report)[..] else { panic!("{document}") };
            assert_eq!((kind.as_str(), file), ("written", other), "{document}");
            let story = std::fs::read_to_string(folder.path().join(file)).unwrap();
            let russian = story.split_once("[translations.ru]").unwrap().1;
            assert!(story.contains("Bridge") && russian.contains("Мост"), "{story}");
            assert!(!russian.contains("Bridge") && !story.contains(":en"), "{story}");
            let before = files(folder.path());
            assert_eq!(kinds(&import(&document, folder.path())), ["unchanged"; 2], "{document}");
            assert_eq!(files(folder.path()), before);
        }
    }
}

#[test]
fn a_listing_becomes_stories() {
    let folder = tempfile::tempdir().unwrap();
    let report = import(LISTING, folder.path());
    let languages: Vec<_> = report.entries.iter().map(|entry| entry.language.as_deref().unwrap()).collect();
    assert_eq!(languages, ["en", "fr", "ru", "es", "ar", "zh", "en"]);
    let credits: Vec<_> = report.entries.iter().map(|entry| entry.image_credit.as_deref().unwrap_or("-")).collect();
    assert_eq!(credits, ["Photo: IMW", "Photo: IMW", "Photo: IMW", "Photo: IMW", "صورة: المعهد", "-", "-"]);
    assert_eq!(report.topics, BTreeMap::from([("lakes".into(), 3), ("snow".into(), 2)]));
    assert_eq!(left_out(&report), 0);

    let spanish = story(folder.path(), "2019/el-instituto-forma-a-jovenes-hidrologos.toml");
    assert_eq!(spanish["id"].as_str(), Some("2019/el-instituto-forma-a-jovenes-hidrologos"));
    assert_eq!(spanish["published"].to_string(), "2019-09-12");
    let text = &spanish["translations"]["es"];
    assert!(text["content_text"].as_str().unwrap().starts_with("Doce jóvenes") && text.get("summary").is_none());
    assert!(text["image"]["alt"].as_str().unwrap().ends_with("in the town of Ostrel."));

    let shown = report.to_string();
    for line in [
        "7 entries",
        "7 new",
        "ar 1, en 2, es 1, fr 1, ru 1, zh 1",
        "lakes 3, snow 2; 2 without a topic",
        "(7 of 212 entries)",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["entries"][0]["outcome"], "written");
    assert_eq!(json["entries"][0]["line"], 5);
}

#[test]
fn a_second_import_changes_nothing_and_a_longer_one_only_adds() {
    let folder = tempfile::tempdir().unwrap();
    import(LISTING, folder.path());
    let before = files(folder.path());
    assert!(kinds(&import(LISTING, folder.path())).iter().all(|kind| kind == "unchanged"));
    assert_eq!(files(folder.path()), before);

    // A new entry of the same day with the same title, above the old ones.
    let longer = LISTING.replacen(
        "  • 21/09/2019",
        "  • 22/09/2019\n    Small grants 2020\n\n    Apply now.\n  • 21/09/2019",
        1,
    );
    let report = import(&longer, folder.path());
    assert_eq!(kinds(&report).iter().filter(|kind| *kind == "written").count(), 1);
    assert_eq!(outcomes(&report)[0], ("written".into(), "2019/small-grants-2020-09-22.toml".into()));
    let after = files(folder.path());
    assert_eq!(after.len(), before.len() + 1);
    assert!(before.iter().all(|(name, bytes)| name.starts_with('_') || after[name] == *bytes));
}

/// Feeds whose entries are odd: each comes in or is named.
#[test]
fn no_entry_of_a_feed_is_lost_silently() {
    let folder = tempfile::tempdir().unwrap();
    let feed = "<rss><channel><title>T</title><language>en-us</language><category>x</category>\
        <item><title>The rain falls on the mountains and the sea</title><guid>1</guid><pubDate>Wed, 11 Jan 2006 10:00:00 GMT</pubDate>\
        <category>lakes</category><category>Odd</category><description>&lt;p onclick='x()'&gt;About &lt;a href='/a'&gt;it&lt;/a&gt;&lt;/p&gt;</description></item>\
        <item><title>The same id, and a different story altogether</title><guid>1</guid><pubDate>Wed, 11 Jan 2006 10:00:00 GMT</pubDate></item>\
        <item><description>Without a title there is still the text of the story to be read</description><pubDate>2006-01-12</pubDate></item>\
        <item><title>Without a date of any kind in this feed</title></item>\
        <item><title>Un titre en français, pour que la langue se trouve</title><pubDate>no date</pubDate></item>\
        <item></item></channel></rss>";
    let report = import(feed, folder.path());
    assert_eq!(kinds(&report), ["written", "written", "written", "left out", "left out", "left out"]);
    assert_eq!(left_out(&report), 3);
    let rain = story(folder.path(), "2006/the-rain-falls-on-the-mountains-and-the-sea.toml");
    assert_eq!(rain["published"].to_string(), "2006-01-11T10:00:00+00:00");
    assert_eq!(rain["topics"].to_string(), "[\"lakes\"]");
    let text = &rain["translations"]["en"];
    assert_eq!(text["guid"].as_str(), Some("1"));
    assert_eq!(text["content_html"].as_str(), Some("<p>About <a href=\"https://e.example/a\">it</a></p>"));
    let twice = story(folder.path(), "2006/the-same-id-and-a-different-story-altogether.toml");
    assert!(twice["translations"]["en"].get("guid").is_none());
    let shown = report.to_string();
    for part in ["Categories that are no topic: Odd 1", "`no date` is no date"] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(report.diagnostics.iter().any(|diagnostic| diagnostic.message.contains("another entry of its source")));
    // A correction is known by its id, whatever changed; an edited file is left alone.
    let corrected = feed.replace("The rain falls on the mountains and the sea", "Snow").replace("About", "All about");
    let report = import(&corrected, folder.path());
    let file = "2006/the-rain-falls-on-the-mountains-and-the-sea.toml".into();
    assert_eq!(report.entries[0].outcome, Some(Outcome::Updated { file }));
    assert!(kinds(&report).iter().all(|kind| kind != "written"));
}

/// Earlier versions cut long titles elsewhere: such a story keeps its id and its file.
#[test]
fn a_story_that_was_imported_before_keeps_the_id_that_its_title_had_then() {
    const TITLE: &str = "The institute has measured all the lakes of the valley Nord-Ostsee";
    const ID: &str = "2019/the-institute-has-measured-all-the-lakes-of-the-valley";
    let feed = |text: &str| {
        let item = serde_json::json!({"id": "1", "title": TITLE, "content_text": text, "date_published": "2019-03-07"});
        serde_json::json!({"language": "en", "items": [item]}).to_string()
    };
    let folder = tempfile::tempdir().unwrap();
    let report = import(&feed("All of them."), folder.path());
    assert_eq!(outcomes(&report), [("written".to_owned(), format!("{ID}.toml"))]);
    let (file, old_id) = (folder.path().join(format!("{ID}.toml")), format!("{ID}-nord"));
    let written = std::fs::read_to_string(&file).unwrap();
    let renamed = written.replace(ID, &old_id);
    std::fs::remove_file(&file).unwrap();
    std::fs::write(folder.path().join(format!("{old_id}.toml")), &renamed).unwrap();
    let state = folder.path().join("_imported.toml");
    let record = std::fs::read_to_string(&state).unwrap();
    let record = record.replace(ID, &old_id).replace(&slug::hash(&written), &slug::hash(&renamed));
    std::fs::write(&state, record).unwrap();
    let before = files(folder.path());
    let unchanged = [("unchanged".to_owned(), format!("{old_id}.toml"))];
    assert_eq!(outcomes(&import(&feed("All of them."), folder.path())), unchanged);
    assert_eq!(files(folder.path()), before);
    let updated = [("updated".to_owned(), format!("{old_id}.toml"))];
    assert_eq!(outcomes(&import(&feed("All of them, twice."), folder.path())), updated);
    assert_eq!(files(folder.path()).len(), 2);
}

#[test]
fn dry_run_writes_nothing_and_reports_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("stories");
    let mut options =
        ImportOptions { sources: vec!["-".into()], into: into.clone(), dry_run: true, ..ImportOptions::default() };
    let dry = run(&options, Some(&file_of(LISTING))).unwrap();
    assert!(!into.exists());
    options.dry_run = false;
    let wet = run(&options, Some(&file_of(LISTING))).unwrap();
    assert_eq!(outcomes(&dry), outcomes(&wet));
}

#[test]
fn corrections_reach_files_that_nobody_edited() {
    let folder = tempfile::tempdir().unwrap();
    let station = folder.path().join("2019/institute-opens-a-station-at-the-high-lakes.toml");
    import(LISTING, folder.path());
    for (wrong, right) in [
        ("metres today", "metres on Saturday"),
        ("Institute opens a station", "Institute opens its station"),
        ("21/09/2019", "19/09/2019"),
    ] {
        let corrected = LISTING.replacen(wrong, right, 1);
        let report = import(&corrected, folder.path());
        assert_eq!(
            kinds(&report),
            ["updated", "updated", "unchanged", "unchanged", "unchanged", "unchanged", "unchanged"],
            "{right}: the first two are one story"
        );
        assert!(kinds(&import(&corrected, folder.path())).iter().all(|kind| kind == "unchanged"));
        import(LISTING, folder.path());
    }

    let edited = std::fs::read_to_string(&station).unwrap().replace("glaciers", "ice");
    std::fs::write(&station, &edited).unwrap();
    assert_eq!(kinds(&import(LISTING, folder.path()))[0], "edited");
    let report = import(&LISTING.replace("metres today", "metres on Saturday"), folder.path());
    assert_eq!(kinds(&report)[0], "conflict");
    assert!(report.to_string().contains("2019/institute-opens-a-station-at-the-high-lakes.toml; the source now says"));
    assert_eq!(std::fs::read_to_string(&station).unwrap(), edited);

    std::fs::remove_file(&station).unwrap();
    let report = import(LISTING, folder.path());
    assert_eq!(kinds(&report)[0], "deleted");
    assert!(!station.exists() && left_out(&report) == 0);
}

#[test]
fn killed_at_any_moment_the_next_import_completes() {
    let whole = tempfile::tempdir().unwrap();
    import(LISTING, whole.path());
    let wanted = files(whole.path());
    let corrected = LISTING.replace("metres today", "metres on Saturday");
    for written in 0..wanted.len() {
        // Killed before the state was written.
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in wanted.iter().filter(|(name, _)| *name != state::FILE_NAME).take(written) {
            std::fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        import(LISTING, folder.path());
        assert_eq!(files(folder.path()), wanted);
    }
    // Killed between a corrected file and the state: the file was not edited by hand.
    let state = std::fs::read(whole.path().join(state::FILE_NAME)).unwrap();
    import(&corrected, whole.path());
    std::fs::write(whole.path().join(state::FILE_NAME), state).unwrap();
    assert!(kinds(&import(&corrected, whole.path())).iter().all(|kind| kind == "unchanged"));
    assert_eq!(kinds(&import(LISTING, whole.path()))[0], "updated");
}

#[test]
fn a_failure_names_the_file_and_keeps_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("2018"), "a file where a folder should be").unwrap();
    let text = "• 01/02/2019\n  Lakes\n• 31/12/2018\n  Rain";
    let options =
        ImportOptions { sources: vec!["-".into()], into: folder.path().to_owned(), ..ImportOptions::default() };
    let diagnostics = run(&options, Some(&file_of(text))).unwrap_err();
    let shown = show(&diagnostics[0], OutputFormat::Text);
    assert!(shown.contains("2018") && diagnostics[0].cause == Cause::Machine, "{shown}");
    std::fs::remove_file(folder.path().join("2018")).unwrap();
    assert_eq!(kinds(&import(text, folder.path())), ["unchanged", "written"]);
}

#[test]
fn ids_do_not_depend_on_the_order() {
    let entries = ["• 14/02/2019\n  Rain\n\n  One.\n", "• 14/02/2019\n  Rain\n\n  Two.\n", "• 15/02/2019\n  Rain\n"];
    let all = |order: [usize; 3]| {
        let folder = tempfile::tempdir().unwrap();
        import(&order.map(|place| entries[place]).concat(), folder.path());
        let mut files = files(folder.path());
        files.remove(state::FILE_NAME);
        files
    };
    let first = all([0, 1, 2]);
    assert_eq!(first.len(), 3);
    assert!(first.contains_key("2019/rain-02-15.toml"));
    assert_eq!(all([2, 1, 0]), first);
    assert_eq!(all([1, 2, 0]), first);
}

#[test]
fn a_file_of_somebody_else_is_never_touched() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("2019")).unwrap();
    std::fs::write(folder.path().join("2019/rain.toml"), "mine").unwrap();
    let report = import("• 14/02/2019\n  Rain\n", folder.path());
    assert_eq!(outcomes(&report)[0].1, "2019/rain-02-14.toml");
    assert_eq!(files(folder.path())["2019/rain.toml"], b"mine");
}

#[test]
fn the_same_entry_twice_is_one_story() {
    let folder = tempfile::tempdir().unwrap();
    let twice = "• 14/02/2019\n  Rain falls\n\n  One.\n";
    assert_eq!(outcomes(&import(&twice.repeat(2), folder.path()))[1], ("duplicate".into(), "1".into()));

    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.txt"), folder.path().join("new.txt"));
    std::fs::write(&old, twice).unwrap();
    std::fs::write(&new, format!("• 15/02/2019\n  Snow\n{}", twice.replace("One", "Two"))).unwrap();
    let options =
        ImportOptions { sources: vec![old, new], into: folder.path().join("stories"), ..ImportOptions::default() };
    let report = run(&options, None).unwrap();
    assert_eq!(kinds(&report), ["superseded", "written", "written"]);
    let again = run(&options, None).unwrap();
    assert_eq!(kinds(&again), ["superseded", "unchanged", "unchanged"]);
    assert!(again.to_string().contains("new.txt:3, which counts"));
}

#[test]
fn what_is_left_out_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let text = "  • 31/02/2019\n    Rain\n  • 14/02/2019\n  • Snow\n    falls\n  • 13/02/2019\n    Νερό\n  • 12/02/2019\n    2019\n  • 11/02/2019\n    Vex";
    let report = import(text, folder.path());
    assert_eq!(kinds(&report), ["left out", "left out", "left out", "left out", "left out", "written"]);
    assert_eq!(left_out(&report), 5);
    let shown: String = report.diagnostics.iter().map(|diagnostic| show(diagnostic, OutputFormat::Text)).collect();
    for part in [
        "standard input:1:3: error: this entry is left out: there is no such day\n  |\n1 |   • 31/02/2019\n  |   ^^^^^^^^^^^^\n  = help: correct the date in the source\n",
        "standard input:3:3: error: this entry is left out: it has neither title nor text\n",
        "standard input:4:3: error: this entry is left out: it has no date\n",
        "(Greek)",
        "no letters",
        "standard input:10:3: warning: unsure of the language: ",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }

    let date = NaiveDate::from_ymd_opt(2019, 2, 1);
    let options = ImportOptions {
        sources: vec!["-".into()],
        into: folder.path().join("given"),
        date,
        language: Some("FR".into()),
        ..ImportOptions::default()
    };
    let report = run(&options, Some(&file_of(text))).unwrap();
    assert_eq!(kinds(&report), ["left out", "left out", "written", "written", "written", "written"]);
    assert_eq!(report.entries[5].language.as_deref(), Some("fr"));
    assert_eq!(report.entries[2].date.as_deref(), Some("2019-02-01"));
}

#[test]
fn errors_have_a_location_and_help() {
    let folder = tempfile::tempdir().unwrap();
    let latin = folder.path().join("latin.txt");
    std::fs::write(&latin, b"\n14/02/2019\nMont\xe9e").unwrap();
    let options = |source: &Path| ImportOptions {
        sources: vec![source.to_owned()],
        into: folder.path().join("x"),
        ..ImportOptions::default()
    };
    let wide = folder.path().join("wide.txt");
    std::fs::write(&wide, b"\xff\xfea\0").unwrap();
    let binary = folder.path().join("binary.txt");
    std::fs::write(&binary, b"\n14/02/2019\nMont\0e").unwrap();
    for (source, parts) in [
        (binary.as_path(), ["binary.txt:3:5: error: NUL byte at byte 16", "3 | Mont\n"]),
        (&wide, ["wide.txt:1:1: error: no entry found", "= help: a listing's entries begin"]),
        (Path::new("-"), ["standard input:1:1: error: no entry found", "= help: a listing's entries begin"]),
    ] {
        let diagnostics = run(&options(source), Some(&file_of("text"))).unwrap_err();
        let shown = show(&diagnostics[0], OutputFormat::Text);
        assert!(parts.iter().all(|part| shown.contains(part)), "{shown}");
    }
    assert!(!folder.path().join("x").exists());

    let validated = |options: &ImportOptions| {
        validate(&config(), options).iter().map(|diagnostic| show(diagnostic, OutputFormat::Text)).collect::<String>()
    };
    assert!(validated(&options(Path::new("nowhere.txt"))).starts_with("nowhere.txt:1:1: error: there is no such file"));
    let shown = validated(&ImportOptions { language: Some("de".into()), ..options(Path::new("-")) });
    assert!(shown.contains("it has en, fr, ru, es, ar, zh"), "{shown}");
    for into in [latin.clone(), latin.join("2019/deeper")] {
        let shown = validated(&ImportOptions { into, ..options(Path::new("-")) });
        assert!(shown.contains("latin.txt:1:1: error: this is a file, so nothing can be imported into"), "{shown}");
    }
    assert_eq!(validated(&options(&latin)), "");
}

#[test]
fn dated_lines_without_an_entry_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        "News\n    2014-12-03 Before\n• 16/04/2015\n  The lakes\n\n    3 May 2015 Inside\n• 15/04/2015\n  The rain";
    let report = import(text, folder.path());
    let diagnostics: Vec<String> =
        report.diagnostics.iter().map(|diagnostic| show(diagnostic, OutputFormat::Github)).collect();
    assert!(diagnostics[0].starts_with("::error file=standard input,line=2,col=5::this dated line"), "{diagnostics:?}");
    let shown = report.to_string();
    assert!(shown.contains("taken as text:\n  standard input:6: 3 May 2015 Inside\n"), "{shown}");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["sources"][0]["dated"][1]["line"], 6);
    // A file whose lines end in carriage returns alone, too.
    let shown = show(&import(&text.replace('\n', "\r"), folder.path()).diagnostics[0], OutputFormat::Text);
    assert!(shown.contains(":2:5: error") && shown.contains("2 |     2014-12-03 Before\n"), "{shown}");
}

#[test]
fn an_id_of_another_file_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let stories = folder.path().join("stories");
    let story = |id: &str, date: &str, title: &str| {
        format!("id = '{id}'\npublished = {date}\n[translations.en]\ntitle = '{title}'\n")
    };
    std::fs::create_dir(&stories).unwrap();
    std::fs::write(stories.join("one.toml"), story("2019/rain", "2019-02-14", "Rain")).unwrap();
    std::fs::write(stories.join("two.toml"), story("2019/Snow", "2019-02-12", "Ice")).unwrap();
    let mut config = config();
    config.site.stories = stories.clone();
    let text = "• 14/02/2019\n  Rain\n• 13/02/2019\n  Snow\n";
    let import_into = |into: &Path| {
        let options = ImportOptions {
            sources: vec!["-".into()],
            into: into.to_owned(),
            language: Some("en".into()),
            ..ImportOptions::default()
        };
        super::run(&config, &Store::load(&config), &options, Some(&file_of(text)), &|_| {}).unwrap()
    };
    let one = stories.join("one.toml").display().to_string();
    let report = import_into(&stories);
    let expected: Outcomes =
        vec![("already there".into(), one.clone()), ("written".into(), "2019/snow-02-13.toml".into())];
    assert_eq!(outcomes(&report), expected);
    let text_report = report.to_string();
    let line = format!("in {one}: Rain");
    assert!(text_report.contains("1 new, 1 elsewhere in the store") && text_report.contains(&line), "{text_report}");
    assert!(report.diagnostics.iter().all(|diagnostic| !diagnostic.is_error()));

    // A file that was moved is not a file that was deleted.
    let folder = tempfile::tempdir().unwrap();
    import(text, folder.path());
    std::fs::remove_file(folder.path().join("2019/rain.toml")).unwrap();
    assert_eq!(kinds(&import_into(folder.path()))[0], "already there");
}

#[test]
fn imports_at_once_wait_for_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("new/stories");
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| left_out(&import(LISTING, &into)))).collect();
        assert!(runs.into_iter().all(|run| run.join().unwrap() == 0));
    });
    assert!(kinds(&import(LISTING, &into)).iter().all(|kind| kind == "unchanged"));
    // Two of the seven are one story; and the record.
    assert_eq!(files(&into).len(), 7);
}

#[test]
fn two_sources_do_not_change_a_story_in_turn() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old.txt"), folder.path().join("new.txt"));
    std::fs::write(&old, "• 14/02/2019\n  Rain falls\n\n  One.\n").unwrap();
    std::fs::write(&new, "• 14/02/2019\n  Rain falls\n\n  Two.\n").unwrap();
    let import = |sources: &[&PathBuf]| {
        let sources = sources.iter().map(|source| (*source).clone()).collect();
        let options = ImportOptions {
            sources,
            into: folder.path().join("stories"),
            folder: folder.path().to_owned(),
            ..ImportOptions::default()
        };
        run(&options, None).unwrap()
    };
    import(&[&old]);
    let before = files(&folder.path().join("stories"));
    let report = import(&[&new]);
    assert_eq!(outcomes(&report), [("superseded".to_owned(), "path:old.txt".to_owned())]);
    assert!(report.to_string().contains("from path:old.txt: Rain falls"), "{report}");
    assert_eq!(kinds(&import(&[&old])), ["unchanged"]);
    assert_eq!(files(&folder.path().join("stories")), before);
    // The later source of one import counts, from then on.
    assert_eq!(kinds(&import(&[&old, &new])), ["superseded", "updated"]);
    assert_eq!(kinds(&import(&[&old])), ["superseded"]);
    assert_eq!(kinds(&import(&[&new])), ["unchanged"]);
    // A correction within one source still arrives.
    std::fs::write(&new, "• 14/02/2019\n  Rain falls\n\n  Three.\n").unwrap();
    assert_eq!(kinds(&import(&[&new])), ["updated"]);
}

fn visible(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '\u{feff}').collect()
}

/// Pieces from which listings are made: heads, captions run together, all kinds of text.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just("\n  • 16/04/2015\n    ".to_owned()),
        1 => Just("\n- 3 May 2015 – ".to_owned()),
        1 => Just("\r\n31/02/2015\r\n".to_owned()),
        2 => Just("Photo: IMW".to_owned()),
        1 => Just("Фото: ИГВ".to_owned()),
        1 => Just("(Image: X) ".to_owned()),
        2 => Just("\n\n".to_owned()),
        3 => Just("The station 'High 365'Today is open.On Friday it rains. ".to_owned()),
        2 => Just("Станция открыта. ".to_owned()),
        1 => Just("山水研究所。".to_owned()),
        2 => "[\\PC\n]{0,12}",
        1 => "[^\\x00]{0,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn nothing_is_lost(pieces in prop::collection::vec(piece(), 0..16)) {
        let text = pieces.concat();
        let parsed = listing::Listing::parse(&text);
        let mut parts: String = parsed.heading.iter().map(|(_, line)| line.as_str()).collect();
        for entry in &parsed.entries {
            parts.push_str(&entry.marker);
            parts.push_str(&entry.title);
            parts.extend(entry.paragraphs.iter().map(String::as_str));
        }
        prop_assert_eq!(visible(&parts), visible(&text));

        let credits = listing::Credits::learn(parsed.entries.iter().map(|entry| (entry.title.as_str(), entry.paragraphs.as_slice())));
        for entry in &parsed.entries {
            let split = credits.split(&entry.paragraphs);
            let caption = split.caption.unwrap_or_default();
            let caption = visible(&[caption.alt.unwrap_or_default(), caption.credit.unwrap_or_default()].concat());
            let (rest, whole) = (visible(&split.paragraphs.concat()), visible(&entry.paragraphs.concat()));
            prop_assert!(format!("{caption}{rest}") == whole || format!("{rest}{caption}") == whole, "{:?}", entry);
        }
    }

    #[test]
    fn stories_have_what_the_listing_has(pieces in prop::collection::vec(piece(), 1..10)) {
        let text = format!("• 16/04/2015\n  {}", pieces.concat());
        let folder = tempfile::tempdir().unwrap();
        let report = import(&text, folder.path());
        let again = import(&text, folder.path());
        let before: Vec<_> = outcomes(&report).into_iter().map(|(kind, file)| (kind.replace("written", "unchanged"), file)).collect();
        prop_assert_eq!(before, outcomes(&again));
        for entry in &report.entries {
            let Some(file) = entry.outcome.as_ref().and_then(Outcome::file) else { continue };
            let story = story(folder.path(), file);
            let text = &story["translations"][entry.language.as_ref().unwrap()];
            prop_assert_eq!(text["title"].as_str(), Some(entry.title.as_str()));
        }
    }
}

/// One string has one date, in whatever source it is.
#[test]
fn the_order_of_day_and_month_is_inferred_from_all_dates_of_a_source() {
    type WithDates = fn(&[&str]) -> String;
    let sources: [(&str, WithDates); 5] = [
        ("listing.txt", |dates| dates.iter().map(|date| format!("• {date} Lakes on {date}\n\n")).collect()),
        ("page.html", |dates| {
            let item = |date: &&str| format!("<article><h2>Lakes on {date}</h2><time>{date}</time></article>");
            format!("<!DOCTYPE html><html lang=en>{}</html>", dates.iter().map(item).collect::<String>())
        }),
        ("feed.xml", |dates| {
            let item = |date: &&str| format!("<item><title>Lakes on {date}</title><pubDate>{date}</pubDate></item>");
            format!(
                "<rss version='2.0'><channel><title>N</title>{}</channel></rss>",
                dates.iter().map(item).collect::<String>()
            )
        }),
        ("feed.json", |dates| {
            let item = |date: &&str| {
                format!("{{\"id\":\"{date}\",\"title\":\"Lakes on {date}\",\"date_published\":\"{date}\"}}")
            };
            format!("{{\"items\":[{}]}}", dates.iter().map(item).collect::<Vec<_>>().join(","))
        }),
        ("tree", |dates| dates.join("|")),
    ];
    let cases: [(&[&str], &[&str], bool); 5] = [
        (&["05/04/2019", "16/04/2019"], &["2019-04-05", "2019-04-16"], false),
        (&["05/04/2019", "04/16/2019"], &["2019-05-04", "2019-04-16"], false),
        (&["05.04.2019", "06.04.2019"], &["2019-04-05", "2019-04-06"], false),
        (&["05/04/2019", "03/04/2019"], &["2019-04-05", "2019-04-03"], true),
        (&["2019-04-05", "16 avril 2019"], &["2019-04-05", "2019-04-16"], false),
    ];
    for (name, text_of) in sources {
        for (written, expected, is_unsure) in cases {
            let folder = tempfile::tempdir().unwrap();
            let source = folder.path().join(name);
            if name == "tree" {
                std::fs::create_dir(&source).unwrap();
                for (index, date) in written.iter().enumerate() {
                    let post = format!("---\ntitle: Lakes on {date}\ndate: {date}\n---\nText.\n");
                    std::fs::write(source.join(format!("{index}.md")), post).unwrap();
                }
            } else {
                std::fs::write(&source, text_of(written)).unwrap();
            }
            let options = ImportOptions {
                sources: vec![source],
                into: folder.path().join("stories"),
                language: Some("en".to_owned()),
                ..ImportOptions::default()
            };
            let report = run(&options, None).unwrap();
            let dates: Vec<_> = report.entries.iter().map(|entry| entry.date.clone().unwrap()).collect();
            assert_eq!(dates, expected, "{name} {written:?}");
            let notes = &report.sources[0].notes;
            let is_noted = notes.iter().any(|note| note.contains("No date tells whether the day or the month"));
            assert_eq!(is_noted, is_unsure, "{name} {written:?} {notes:?}");
        }
    }
}
