//! Sources that the configuration names, and records.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::{CONFIG, Site};

fn site(sources: &str) -> Site {
    Site::with(&format!("{CONFIG}\n{sources}"))
}

#[test]
fn sources_of_the_configuration_are_imported_by_name() {
    let site = site(
        "[import.cms]\nsource = 'exports/*.json'\ninto = 'stories/cms'\ntopics = ['research']\n\
         [import.page]\nsource = 'page.html'\ninto = 'stories/page'\nlanguage = 'en'\n\
         [import.page.map]\nitem = 'li'\ntitle = 'a'\ndate = 'i'\n\
         [import.gone]\nsource = 'nothing.xml'\ninto = 'stories/gone'\n",
    );
    site.write("exports/a.json", r#"[{"id": 1, "title": "Rain over the delta", "date": "2024-05-06", "lang": "en"}]"#);
    site.write(
        "page.html",
        "<!DOCTYPE html><li><a href='https://a.example/x'>Snow in the north</a> <i>3 May 2019</i></li>",
    );
    let run = site.run(&["import", "cms", "page"]);
    assert!(run.status == 0 && run.stdout.matches(": 1 new").count() == 2, "{run:?}");
    assert!(site.read("stories/cms/2024/rain-over-the-delta.toml").contains("topics    = [\"research\"]"));
    assert!(site.read("stories/page/2019/snow-in-the-north.toml").contains("https://a.example/x"));
    // One that cannot be had keeps no other from being imported.
    site.write("exports/a.json", r#"[{"id": 1, "title": "Rain over the delta!", "date": "2024-05-06", "lang": "en"}]"#);
    let run = site.run(&["import", "--all"]);
    assert!(run.status == 1 && run.stderr.contains("nothing.xml") && run.stdout.contains("1 updated"), "{run:?}");
    for (arguments, part) in [
        (&["import", "csm"][..], "did you mean `cms`?"),
        (&["import", "page.html"], "name a folder of the store with --into"),
        (&["import"], "required"),
        (&["import", "cms", "--as", "x"], "--into"),
        (&["import", "--all", "cms"], "cannot be used with"),
    ] {
        let run = site.run(arguments);
        assert!(run.status == 2 && run.stderr.contains(part), "{arguments:?}: {run:?}");
    }
    let run = Site::new().run(&["import", "--all"]);
    assert!(run.status == 2 && run.stderr.contains("[import.NAME]"), "{run:?}");
}

#[test]
fn what_is_explained_can_be_pasted() {
    let site = site("");
    let sheet = "Datum;Überschrift (EN);Nummer;Farbe\n06.05.2024;Rain over the delta;1;red\n";
    site.write("sheet.csv", sheet);
    let unknown = site.run(&["import", "sheet.csv", "--into", "stories/sheet"]);
    assert!(unknown.status == 1 && unknown.stderr.contains("[import.NAME.map]"), "{unknown:?}");
    site.write("sheet.csv", sheet.replace("Überschrift", "Title"));
    let run = site.run(&["import", "sheet.csv", "--into", "stories/sheet", "--as", "sheet", "--explain-mapping"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert!(!site.path("stories/sheet").exists());
    let pasted = run.stdout + "id = 'Nummer'\n";
    site.write("tidings.toml", format!("{}\n{pasted}", site.read("tidings.toml")));
    let run = site.run(&["import", "sheet"]);
    assert!(run.status == 0 && run.stdout.contains("1 new"), "{run:?}\n{pasted}");
    assert!(site.read("stories/sheet/_imported.toml").contains("key = \"1/en\""));
    // A correction of the title is one of the same story, as its id says.
    site.write("sheet.csv", sheet.replace("Überschrift", "Title").replace("Rain over the delta", "Storm in the hills"));
    let run = site.run(&["import", "sheet"]);
    assert!(run.status == 0 && run.stdout.contains("1 updated"), "{run:?}");
}

#[test]
fn mistakes_in_sources_have_their_place_and_cure() {
    for (source, place, help) in [
        ("source = 'a.json'", ":", "`into` is missing"),
        ("into = 'x'", ":", "`source` is missing"),
        ("source = 'a'\ninto = 'x'\nfrom = 'jsom'", "from", "must be one of `listing`"),
        ("source = 'a'\ninto = 'x'\nlanguage = 'de'", "language", "add `[languages.de]`"),
        ("source = 'a'\ninto = 'x'\ntopics = ['reserch']", "reserch", "did you mean `research`?"),
        ("source = 'a'\ninto = 'x'\nitems = '$.a['", "items", "RFC 9535"),
        ("source = 'a'\ninto = 'x'\nevry = '3m'", "evry", "evry"),
        ("source = 'a'\ninto = 'x'\n[import.x.map]\ntitel = 'a'", "titel", "did you mean `title`?"),
        ("source = 'a'\ninto = 'x'\n[import.x.map]\ntitle = 3", "title", "must be a path"),
        ("source = 'a'\ninto = 'x'\n[import.x.map]\ntitle = { pat = 'a' }", "pat", "did you mean `path`?"),
        (
            "source = 'a'\ninto = 'x'\n[import.x.map]\ntitle = { path = 'a', as = 'unux' }",
            "unux",
            "did you mean `unix`?",
        ),
        (
            "source = 'a'\ninto = 'x'\n[import.x.map]\nid = { path = 'a', published = [1] }",
            "published",
            "only a `state`",
        ),
        ("source = 'a'\ninto = 'x'\n[import.x.map]\nimage = { ulr = 'a' }", "ulr", "did you mean `url`?"),
        ("source = 'a'\ninto = 'x'\n[import.x.map]\nitem = 'li'\ntitel = 'a'", "titel", "did you mean `title`?"),
    ] {
        let run = site(&format!("[import.x]\n{source}\n")).run(&["check"]);
        assert!(run.status == 1 && run.stderr.contains(place) && run.stderr.contains(help), "{source}: {run:?}");
        assert!(run.stderr.contains("tidings.toml:"), "{run:?}");
    }
}

#[test]
fn a_translation_that_comes_later_joins_the_record_with_its_id() {
    let site = site("[import.cms]\nsource = 'a.json'\ninto = 'stories'\n");
    let record = |id: u8, lang: &str, title: &str| {
        format!("{{\"id\": {id}, \"lang\": \"{lang}\", \"title\": \"{title}\", \"date\": \"2024-05-06\"}}")
    };
    let import = |records: &[String]| {
        site.write("a.json", format!("[{}]", records.join(",")));
        let run = site.run(&["import", "cms"]);
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout
    };
    import(&[record(1, "en", "Rain over the delta"), record(2, "en", "Snow"), record(2, "ru", "Neige")]);
    // Only what is new is handed out.
    assert!(import(&[record(1, "ru", "Il pleut")]).contains("1 updated"));
    let text = site.read("stories/2024/rain-over-the-delta.toml");
    assert!(text.contains("Rain over the delta") && text.contains("Il pleut"), "{text}");
    assert!(import(&[record(1, "ru", "Il pleut"), record(1, "en", "Rain over the delta")]).contains("2 unchanged"));
    // Another story stays one, however much alike they are.
    assert!(import(&[record(3, "ru", "Дождь над дельтой")]).contains("1 new"));
}

#[test]
fn the_newer_text_counts_and_what_people_wrote_stays() {
    let site = site("[import.page]\nsource = 'saved/*.json'\ninto = 'stories'\n");
    let record = |title: &str, updated: &str| {
        format!("[{{\"id\": 1, \"lang\": \"en\", \"title\": \"{title}\", \"date\": \"2024-05-06\"{updated}}}]")
    };
    let updated = |day: u8| format!(", \"updated\": \"2024-06-{day:02}\"");
    let file = "stories/2024/rain.toml";
    let import = |name: &str, text: String| {
        site.write(&format!("saved/{name}.json"), text);
        let run = site.run(&["import", "page"]);
        assert_eq!(run.status, 0, "{run:?}");
        std::fs::remove_file(site.path(&format!("saved/{name}.json"))).unwrap();
        run.stdout
    };
    import("2024-06-02", record("Rain", &updated(2)));
    let corrected = import("2024-06-01", record("Rain in the north", &updated(9)));
    assert!(
        corrected.contains("Corrected as their source was") && corrected.contains("Rain in the north"),
        "{corrected}"
    );
    // An older one, whatever its file is called, and however late it comes.
    let older = import("2024-06-30", record("Rain in the south", &updated(3)));
    assert!(
        older.contains("1 older than what is here") && older.contains(file.strip_prefix("stories/").unwrap()),
        "{older}"
    );
    assert!(site.read(file).contains("Rain in the north"));
    // Without a date of the source the order of imports decides.
    import("2024-01-01", record("Rain in the west", ""));
    assert!(site.read(file).contains("Rain in the west"));
    // Both at once.
    site.write("saved/z.json", record("Rain in the east", &updated(20)));
    site.write("saved/a.json", record("Rain, corrected", &updated(25)));
    site.write("saved/zz.json", record("Rain at home", &updated(22)));
    let run = site.run(&["import", "page"]);
    assert!(run.status == 0 && site.read(file).contains("Rain, corrected"), "{run:?}");
    for name in ["z", "zz", "a"] {
        std::fs::remove_file(site.path(&format!("saved/{name}.json"))).unwrap();
    }
    // What somebody wrote stays, and both texts are shown.
    site.write(file, site.read(file).replace("Rain, corrected", "Rain, as we say"));
    let conflict = import("x", record("Rain, as they say", &updated(26)));
    assert!(conflict.contains("1 edited by hand and left alone"), "{conflict}");
    assert!(conflict.contains("en title: here `Rain, as we say`, in the source `Rain, as they say`"), "{conflict}");
    assert!(site.read(file).contains("Rain, as we say"));
}

#[test]
fn a_page_that_is_saved_each_week_under_another_name_is_one_source() {
    let site = Site::new();
    let page = |text: &str| {
        format!(
            "<!DOCTYPE html><html lang='en'><li><i>3 May 2019</i> <a href='https://a.example/x'>Snow in the north</a> <p>{text}</p></li>"
        )
    };
    let import = |name: &str| {
        let run = site.run(&[
            "import", name, "--into", "stories", "--as", "weekly", "--item", "li", "--title", "a", "--date", "i",
            "--summary", "p",
        ]);
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout
    };
    site.write("news-2024-05-13.html", page("It is deep."));
    site.write("news-2024-05-20.html", page("It is very deep, as we were told again."));
    site.write("news-2024-05-06.html", page("It is gone."));
    assert!(import("news-2024-05-13.html").contains("1 new"));
    assert!(import("news-2024-05-20.html").contains("1 updated"));
    assert!(site.read("stories/2019/snow-in-the-north.toml").contains("very deep"));
    assert!(import("news-2024-05-06.html").contains("1 updated"));
    assert!(site.read("stories/2019/snow-in-the-north.toml").contains("It is gone."));
}

#[test]
fn drafts_wait_for_approval_and_so_do_corrections_of_what_was_approved() {
    let site = site("[import.partner]\nsource = 'a.json'\ninto = 'stories/partner'\nstatus = 'draft'\n");
    let import = |titles: [&str; 2]| {
        let record = |id: usize| {
            format!(
                "{{\"id\": {id}, \"lang\": \"en\", \"title\": \"{}\", \"date\": \"2024-05-06\", \"guid\": \"urn:x:{id}\"}}",
                titles[id]
            )
        };
        site.write("a.json", format!("[{}, {}]", record(0), record(1)));
        let run = site.run(&["import", "partner"]);
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout
    };
    let feed = || {
        site.built(&[]);
        site.read("public/en/all.atom.xml")
    };
    let review = |arguments: &[&str]| {
        let run = site.run(&[&["review"], arguments].concat());
        assert_eq!(run.status, 0, "{run:?}");
        run.stdout
    };
    import(["Rain", "Snow"]);
    assert!(!feed().contains("Rain") && site.run(&["list", "--state", "draft"]).stdout.lines().count() == 3);
    let waiting = review(&[]);
    assert!(waiting.contains("new         2024/rain") && waiting.contains("new         2024/snow"), "{waiting}");
    assert!(review(&["--approve", "2024/rain", "--reject", "2024/snow"]).contains("rejected    2024/snow"));
    assert!(
        feed().contains("<title xml:lang=\"en\">Rain</title>") && !site.path("stories/partner/2024/snow.toml").exists()
    );
    assert_eq!(review(&[]), "Nothing waits for approval.\n");
    // Decisions are remembered.
    let again = import(["Rain", "Snow"]);
    assert!(again.contains("1 unchanged") && again.contains("1 deleted by hand"), "{again}");
    // A correction is a draft, and the approved text stays until it is approved.
    let corrected = import(["Rain, corrected", "Snow"]);
    assert!(corrected.contains("1 corrected, to be approved"), "{corrected}");
    assert!(feed().contains(">Rain<") && !feed().contains("corrected"));
    let preview = site.run(&["build", "--drafts", "--output", "preview"]);
    assert!(preview.status == 0 && site.read("preview/en/all.atom.xml").contains("Rain, corrected"), "{preview:?}");
    assert!(review(&[]).contains("correction  2024/rain"));
    assert!(import(["Rain, corrected", "Snow"]).contains("1 unchanged"));
    review(&["--reject", "2024/rain"]);
    assert!(import(["Rain, corrected", "Snow"]).contains("1 unchanged") && review(&[]).starts_with("Nothing waits"));
    import(["Rain, corrected again", "Snow"]);
    let before = feed();
    review(&["--approve", "2024/rain"]);
    let after = feed();
    assert!(after.contains("Rain, corrected again") && after.contains("urn:x:0") && before.contains("urn:x:0"));
    assert!(!site.path("stories/partner/2024/rain-correction.toml").exists());
    assert!(import(["Rain, corrected again", "Snow"]).contains("1 unchanged"));
    // What a reviewer improved counts, and is not proposed again as the source has it.
    import(["Rain, corected", "Snow"]);
    let proposal = "stories/partner/2024/rain-correction.toml";
    site.write(proposal, site.read(proposal).replace("corected", "spelled right"));
    review(&["--approve", "2024/rain"]);
    assert!(feed().contains("Rain, spelled right"));
    import(["Rain, corected", "Snow"]);
    assert!(review(&[]).starts_with("Nothing waits") && feed().contains("Rain, spelled right"));
    // What somebody wrote is never replaced.
    site.write(
        "stories/partner/2024/rain.toml",
        site.read("stories/partner/2024/rain.toml").replace("spelled right", "as we say"),
    );
    assert!(import(["Rain, as they say", "Snow"]).contains("1 edited by hand"));
    assert!(feed().contains("as we say"));
    let unknown = site.run(&["review", "--approve", "2024/rian"]);
    assert!(unknown.status == 2 && unknown.stderr.contains("waits for approval"), "{unknown:?}");
}

#[test]
fn what_a_complete_source_has_no_more_is_unpublished_if_that_is_wanted() {
    for (policy, mark) in [("draft", "draft = true"), ("withdraw", "withdrawn = { on = ")] {
        let site = site(&format!("[import.cms]\nsource = 'a.json'\ninto = 'stories'\non_gone = '{policy}'\n"));
        let import = |ids: std::ops::Range<usize>| {
            let record =
                |id| format!("{{\"id\": {id}, \"lang\": \"en\", \"title\": \"Story {id}\", \"date\": \"2024-05-06\"}}");
            site.write("a.json", format!("[{}]", ids.map(record).collect::<Vec<_>>().join(",")));
            site.run(&["import", "cms"])
        };
        let is_marked = |id: usize| site.read(&format!("stories/2024/story-{id}.toml")).contains(mark);
        assert_eq!(import(0..30).status, 0);
        // Once may be an accident.
        assert!(import(1..30).status == 0 && !is_marked(0));
        let second = import(1..30);
        assert!(second.status == 0 && is_marked(0) && second.stdout.contains("gone at the source"), "{second:?}");
        assert!(!is_marked(1) && import(1..30).status == 0);
        assert_eq!(site.run(&["check"]).status, 0);
        // It comes back.
        assert!(import(0..30).stdout.contains("1 updated") && !is_marked(0));
        // Many at once are refused by name.
        import(0..20);
        let many = import(0..20);
        assert!(many.status == 1 && many.stderr.contains("10 of 30 entries are gone at once"), "{many:?}");
        assert!(many.stderr.contains("`Story 20`") && !is_marked(25), "{many:?}");
        // What somebody edited stays.
        import(0..30);
        site.write("stories/2024/story-3.toml", site.read("stories/2024/story-3.toml").replace("Story 3", "Our story"));
        let without_3 = || {
            let records = (0..30).filter(|id| *id != 3).map(|id| {
                format!("{{\"id\": {id}, \"lang\": \"en\", \"title\": \"Story {id}\", \"date\": \"2024-05-06\"}}")
            });
            site.write("a.json", format!("[{}]", records.collect::<Vec<_>>().join(",")));
            site.run(&["import", "cms"])
        };
        without_3();
        assert!(without_3().stdout.contains("its file was edited and stays") && !is_marked(3));
    }
    let wrong = site("[import.x]\nsource = 'https://a.example/'\nfrom = 'feed'\ninto = 'x'\non_gone = 'draft'\n")
        .run(&["check"]);
    assert!(wrong.status == 1 && wrong.stderr.contains("only a complete source"), "{wrong:?}");
}

#[test]
fn what_a_tester_found_stays_mended() {
    // A path of the mapping that leads nowhere, parts of a text, an inexact id.
    let site = site(
        "[import.a]\nsource = 'a.json'\ninto = 'stories/a'\n[import.a.map]\ntitle = 't'\npublished = 'd'\ncontent_text = 'body'\nlanguage = 'lng'\n\
         [import.b]\nsource = 'b.json'\ninto = 'stories/b'\nstatus = 'draft'\n",
    );
    site.write("a.json", r#"[{"t": "The first bridge", "d": "2024-01-01", "body": ["Part one.", "Part two."]}]"#);
    let run = site.run(&["import", "a"]);
    assert!(run.status == 0 && run.stderr.contains("no record has anything at `lng`"), "{run:?}");
    assert!(site.read("stories/a/2024/the-first-bridge.toml").contains("Part one.\n\nPart two."));
    site.write("b.json", r#"[{"id": 100000000000000000001, "title": "Big", "date": "2024-01-02"}]"#);
    let run = site.run(&["import", "b"]);
    assert!(run.status == 0 && run.stdout.contains("cannot be read exactly"), "{run:?}");
    // What somebody edited is not removed, and what somebody published is not listed.
    let file = "stories/b/2024/big.toml";
    site.write(file, site.read(file).replace("\"Big\"", "\"Bigger\""));
    let run = site.run(&["review", "--reject", "2024/big"]);
    assert!(run.status == 1 && run.stderr.contains("somebody edited this file") && site.path(file).exists(), "{run:?}");
    site.write(file, site.read(file).replace("draft = true\n", ""));
    assert!(site.run(&["review"]).stdout.starts_with("Nothing waits"));
    // Nothing is no mistake, and a broken document says so.
    for (text, status, part) in
        [("{\"data\": []}", 0, ""), ("[]", 0, ""), ("{\"data\": [", 1, "it ends early"), ("{nothing}", 1, "no JSON")]
    {
        site.write("a.json", text);
        let run = site.run(&["import", "a"]);
        assert!(run.status == status && run.stderr.contains(part), "{text}: {run:?}");
    }
    let alike = Site::with(&format!(
        "{CONFIG}\n[import.a-b]\nsource = 'x'\ninto = 'x'\n[import.A_b]\nsource = 'y'\ninto = 'y'\n"
    ));
    let run = alike.run(&["check"]);
    assert!(run.status == 1 && run.stderr.contains("too much alike"), "{run:?}");
}

#[test]
fn what_a_document_has_beside_its_records_is_told() {
    let site = site("[import.a]\nsource = 'a.json'\ninto = 'stories/a'\n");
    let news = r#"{"news": [{"title": "Rain", "date": "2024-01-01"}, {"title": "Snow", "date": "2024-01-02"}]"#;
    // Where no line tells which record it is, its title does.
    site.write(
        "a.json",
        r#"{"news": [{"title": "Rain", "date": "2024-01-01"}, {"title": "Undated", "date": "soon"}]}"#,
    );
    let run = site.run(&["import", "a"]);
    assert!(run.status == 1 && run.stderr.contains("left out: it has no date: Undated"), "{run:?}");
    for (rest, told) in [
        (
            r#", "events": [{"title": "Fair", "date": "2024-01-03"}]}"#,
            Some("other lists, which are not read unless `items` names them: `$.events[*]` (1)"),
        ),
        (r#", "next": 2}"#, Some("its `next` is `2`, which is no address")),
        (r#", "next": "eyJhIjoxfQ"}"#, Some("its `next` is `eyJhIjoxfQ`")),
        (
            r#", "links": {"next": {"href": "https://a.example/?page=2"}}}"#,
            Some("https://a.example/?page=2, which is not read from a file"),
        ),
        (r#", "next": null}"#, None),
        (r#", "next": ""}"#, None),
        (r#", "next": false}"#, None),
    ] {
        site.write("a.json", format!("{news}{rest}"));
        let run = site.run(&["import", "a"]);
        let output = format!("{}{}", run.stdout, run.stderr);
        assert_eq!(run.status, 0, "{run:?}");
        match told {
            Some(told) => assert!(output.contains(told), "{rest}: {output}"),
            None => assert!(!output.contains("warning") && !output.contains("not read"), "{rest}: {output}"),
        }
    }
}

#[test]
fn secrets_that_cannot_be_sent_are_named() {
    let site = site("[import.a]\nsource = 'http://127.0.0.1:9/a.json'\ninto = 'stories/a'\n");
    for (name, value, told) in [
        ("TIDINGS_IMPORT_A_USER", "desk", "no TIDINGS_IMPORT_A_PASSWORD"),
        ("TIDINGS_IMPORT_A_PASSWORD", "secret", "no TIDINGS_IMPORT_A_USER"),
        ("TIDINGS_IMPORT_A_TOKEN", "one\ntwo", "the secret TIDINGS_IMPORT_A_TOKEN has a line break"),
    ] {
        let run = site.run_with(&[(name, value)], &["import", "a"]);
        assert!(run.status == 2 && run.stderr.contains(told) && !run.stderr.contains("secret\""), "{name}: {run:?}");
        assert!(!run.stderr.contains("two"), "{run:?}");
    }
}

#[test]
fn what_its_source_unpublishes_is_told_and_a_correction_that_is_taken_back_waits_no_more() {
    let site = site(
        "[import.a]\nsource = 'a.json'\ninto = 'stories'\non_gone = 'draft'\n[import.b]\nsource = 'b.json'\ninto = 'stories/b'\nstatus = 'draft'\n",
    );
    let records = |status: &str| -> String {
        let record = |id: usize| {
            let status = if id == 0 { status } else { "1" };
            format!(
                "{{\"id\": {id}, \"title\": \"Story {id}\", \"date\": \"2024-05-06\", \"lang\": \"en\", \"status\": \"{status}\"}}"
            )
        };
        format!("[{}]", (0..12).map(record).collect::<Vec<_>>().join(","))
    };
    site.write("a.json", records("1"));
    assert_eq!(site.run(&["import", "a"]).status, 0);
    site.write("a.json", records("0"));
    let told = site.run(&["import", "a"]);
    assert!(
        told.stderr.contains("does not publish it any more, and it is still here, in 2024/story-0.toml"),
        "{told:?}"
    );
    site.run(&["import", "a"]);
    assert!(site.read("stories/2024/story-0.toml").contains("draft = true"));
    let write = |title: &str| {
        site.write(
            "b.json",
            format!("[{{\"id\": 1, \"title\": \"{title}\", \"date\": \"2024-05-07\", \"lang\": \"en\"}}]"),
        )
    };
    write("Hail");
    site.run(&["import", "b"]);
    site.run(&["review", "--approve", "2024/hail"]);
    write("Hail, korrected");
    site.run(&["import", "b"]);
    assert!(site.run(&["review"]).stdout.contains("correction"));
    write("Hail");
    site.run(&["import", "b"]);
    assert!(
        site.run(&["review"]).stdout.starts_with("Nothing waits")
            && !site.path("stories/b/2024/hail-correction.toml").exists()
    );
}
