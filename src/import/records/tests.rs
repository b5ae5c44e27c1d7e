use proptest::prelude::*;

use super::*;
use crate::import::entry::{Body, EntryDate};

fn is_language(tag: &str) -> bool {
    matches!(tag.get(..2).unwrap_or(tag), "en" | "fr" | "ru" | "zh")
}

fn read_as(kind: Kind, options: &RecordOptions, text: &str) -> Result<(Vec<ParsedEntry>, Head), String> {
    let mut entries = Vec::new();
    let head = read(kind, || Ok(text.as_bytes()), options, &is_language, &mut |entry| entries.push(entry));
    head.map(|head| (entries, head)).map_err(|error| error.message)
}

fn json(text: &str) -> (Vec<ParsedEntry>, Head) {
    read_as(Kind::Json, &RecordOptions::default(), text).unwrap()
}

fn csv(text: &str) -> (Vec<ParsedEntry>, Head) {
    read_as(Kind::Csv, &RecordOptions::default(), text).unwrap()
}

fn titles(entries: &[ParsedEntry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.title.as_deref().unwrap_or("-")).collect()
}

/// The first entry in short: key, language, title, body, and its days.
fn short(entries: &[ParsedEntry]) -> String {
    let entry = &entries[0];
    let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let body = match &entry.body {
        Some(Body::Html(body) | Body::Markdown(body) | Body::Text(body)) => body.as_str(),
        None => "-",
    };
    let day =
        |date: Option<crate::dates::ParsedDate>| date.map_or("-".to_owned(), |date| date.day_first().day().to_string());
    let (published, updated) = (day(entry.published), day(entry.updated));
    format!("{} {} {} | {body} | {published} {updated}", text(&entry.key), text(&entry.language), text(&entry.title))
}

#[test]
fn the_usual_names_of_many_systems_are_recognized() {
    for (system, record, expected) in [
        (
            "Drupal JSON:API",
            r#"{"data": [{"type": "node--article", "id": "0f1", "attributes": {"drupal_internal__nid": 7, "langcode": "en", "status": true, "title": "Rain", "created": "2024-05-06T10:00:00+00:00", "changed": "2024-06-06T10:00:00+00:00", "body": {"value": "<p>x</p>", "format": "basic_html", "processed": "<p>X</p>", "summary": ""}}}]}"#,
            "7/en en Rain | <p>X</p> | 2024-05-06 2024-06-06",
        ),
        (
            "Drupal REST",
            r#"[{"nid": [{"value": 7}], "langcode": [{"value": "fr"}], "status": [{"value": true}], "title": [{"value": "Pluie"}], "created": [{"value": "2024-05-06T10:00:00+00:00"}], "body": [{"value": "<p>x</p>"}]}]"#,
            "7/fr fr Pluie | <p>x</p> | 2024-05-06 -",
        ),
        (
            "WordPress REST",
            r#"[{"id": 12, "date": "2024-05-06T12:00:00", "date_gmt": "2024-05-06T10:00:00", "modified_gmt": "2024-05-07T10:00:00", "slug": "rain", "status": "publish", "link": "https://a.example/rain/", "title": {"rendered": "Rain &#8211; and sun"}, "content": {"rendered": "<p>x</p>", "protected": false}, "excerpt": {"rendered": "<p>short</p>"}, "guid": {"rendered": "https://a.example/?p=12"}}]"#,
            "12 - Rain – and sun | <p>x</p> | 2024-05-06 2024-05-07",
        ),
        (
            "Ghost",
            r#"{"posts": [{"id": "5f", "uuid": "a-b", "title": "Rain", "html": "<p>x</p>", "published_at": "2024-05-06T10:00:00.000+00:00", "updated_at": "2024-05-08T10:00:00.000+00:00", "feature_image": "https://a.example/x.jpg"}], "meta": {"pagination": {"page": 1}}}"#,
            "5f - Rain | <p>x</p> | 2024-05-06 2024-05-08",
        ),
        (
            "Contentful",
            r#"{"items": [{"sys": {"id": "c1"}, "fields": {"id": {"en-US": "c1"}, "title": {"en-US": "Rain", "fr": "Pluie"}, "body": {"en-US": "words", "fr": "mots"}, "date": {"en-US": "2024-05-06"}}}]}"#,
            "c1/en-US en-US Rain | words | 2024-05-06 -",
        ),
        (
            "seconds, empty texts and null",
            r#"[{"ID": 3, "Headline": " Rain ", "pubDate": "1714989600", "lang": null, "summary": "", "text": "words", "modified": null}]"#,
            "3 - Rain | words | 2024-05-06 -",
        ),
        (
            "one a line",
            "{\"id\": 1, \"title\": \"One\", \"date\": \"2024-05-06\"}\n\n{\"id\": 2, \"title\": \"Two\"}\n",
            "1 - One | - | 2024-05-06 -",
        ),
        (
            "one alone",
            r#"{"title": "Alone", "tags": [{"name": "x"}], "date": "2024-05-06"}"#,
            "- - Alone | - | 2024-05-06 -",
        ),
    ] {
        assert_eq!(short(&json(record).0), expected, "{system}");
    }
}

#[test]
fn what_was_recognized_can_be_pasted() {
    let (_, head) =
        json(r#"{"data": [{"nid": "7", "title": "T", "created": "1714989600", "is_draft": false, "x": 1}]}"#);
    assert_eq!(head.items.as_deref(), Some("$.data[*]"));
    assert_eq!(
        to_toml(&head.mapping),
        "id = \"nid\"\ntitle = \"title\"\npublished = { path = \"created\", as = \"unix\" }\n\
         state = { path = \"is_draft\", published = [\"0\", \"false\", \"no\", \"n\"] }\n"
    );
    assert_eq!(head.notes[1], "not used: `x`");
    assert!(head.notes[0].contains("`created` as published (unix)"), "{:?}", head.notes);
}

#[test]
fn a_record_in_several_languages_is_one_story() {
    let (entries, _) =
        json(r#"[{"id": 1, "title": {"en": "Rain", "fr": "Pluie", "ru": ""}, "body": {"en": "a", "fr": "b"}}]"#);
    assert_eq!(titles(&entries), ["Rain", "Pluie"]);
    assert!(entries.iter().all(|entry| entry.translation_key.as_deref() == Some("1")));
    assert_ne!(entries[0].key, entries[1].key);
    let (entries, _) = csv("date,title_en,title_fr,text_en\n2024-01-02,Rain,Pluie,Words\n2024-01-03,Snow,,\n");
    assert_eq!(titles(&entries), ["Rain", "Pluie", "Snow"]);
    assert_eq!(entries[0].translation_key, entries[1].translation_key);
    assert_ne!(entries[0].translation_key, entries[2].translation_key);
    assert_eq!(entries[1].body, None);
}

#[test]
fn records_that_are_not_public_are_told() {
    let reasons = |text: &str| -> Vec<Option<String>> {
        json(text).0.into_iter().map(|entry| entry.unpublished_reason).collect()
    };
    assert_eq!(
        reasons(r#"[{"title": "a", "status": "publish"}, {"title": "b", "status": "future"}, {"title": "c"}]"#),
        [None, Some("its `status` is `future`".to_owned()), None]
    );
    assert_eq!(
        reasons(r#"[{"title": "a", "draft": false}, {"title": "b", "draft": true}]"#)[1].as_deref(),
        Some("its `draft` is `true`")
    );
    // A date is no state.
    assert_eq!(reasons(r#"[{"title": "a", "published": "2024-01-02"}]"#), [None]);
    let (entries, _) = json(r#"[{"title": "a", "published": true, "date": "2024-01-02"}]"#);
    assert!(entries[0].published.is_some() && entries[0].unpublished_reason.is_none());
}

#[test]
fn tables_are_read_as_desks_make_them() {
    for (what, text, expected) in [
        (
            "semicolons",
            "id;titre;date;texte\n1;Pluie;06/05/2024;\"mots; virgules,\"\n",
            "1 - Pluie | mots; virgules, | 2024-05-06 -",
        ),
        ("tabs, and lines above", "News 2024\n\nID\tTitle\tDate\n1\tRain\t2024-05-06\n", "1 - Rain | - | 2024-05-06 -"),
        ("a line sep=", "sep=|\nTitle|Date\nRain|2024-05-06\n", "- - Rain | - | 2024-05-06 -"),
        (
            "line breaks and quotes in cells",
            "Title,Date,Text\r\nRain,2024-05-06,\"one \"\"two\"\"\r\nthree\"\r\n",
            "- - Rain | one \"two\"\nthree | 2024-05-06 -",
        ),
        ("days of spreadsheets", "Title,Date\nRain,45418\nSnow,45419.5\n", "- - Rain | - | 2024-05-06 -"),
        ("Russian names", "Заголовок;Дата;Текст\nДождь;06.05.2024;слова\n", "- - Дождь | слова | 2024-05-06 -"),
    ] {
        assert_eq!(short(&csv(text).0), expected, "{what}");
    }
    let (entries, _) = csv("Title,Date\nRain,45418\nSnow,45419.5\n");
    let snow = entries[1].published.map(crate::dates::ParsedDate::day_first);
    assert!(matches!(snow, Some(EntryDate::Local(at)) if at.to_string() == "2024-05-07 12:00:00"), "{snow:?}");
}

#[test]
fn what_cannot_be_read_is_reported_with_its_line() {
    let (entries, _) = csv("Title,Date\nRain,2024-05-06\nSnow,2024-05-07,x,y\nHail,2024-05-08\n");
    assert_eq!(titles(&entries), ["Rain", "-", "Hail"]);
    assert_eq!((entries[1].line, entries[1].skip_reason.as_deref().map(|why| &why[..14])), (3, Some("it has 4 cells")));
    let (entries, _) = json("[{\"title\": \"a\"},\n{\"title\": b},\n3,\n{\"title\": \"c\"}]");
    assert_eq!(titles(&entries), ["a", "-", "-", "c"]);
    assert!(entries[1].skip_reason.is_some() && entries[1].line == 2 && entries[2].skip_reason.is_some());
    let (entries, head) = json("[{\"title\": \"a\"}, {\"title\": \"b");
    assert!(titles(&entries) == ["a"] && head.truncation.is_some());
    for (kind, text, part) in [
        (Kind::Json, "", "it is empty"),
        (Kind::Json, "{\"a\": ", "it ends early"),
        (Kind::Json, r#"[{"foo": 1, "bar": 2}]"#, "known as a title: `bar`, `foo`"),
        (Kind::Csv, "a,b\n1,2\n", "no row of it names its columns"),
        (Kind::Csv, "", "no row of it names its columns"),
    ] {
        let error = read_as(kind, &RecordOptions::default(), text).err().unwrap_or_default();
        assert!(error.contains(part), "{text}: {error}");
    }
    assert!(json("[]").0.is_empty());
}

#[test]
fn one_slip_in_a_column_of_dates_changes_nothing_for_the_others() {
    let days = |table: &str| -> Vec<String> {
        let date =
            |entry: &ParsedEntry| entry.published.map_or("-".to_owned(), |date| date.day_first().day().to_string());
        csv(table).0.iter().map(date).collect()
    };
    assert_eq!(days("Title,Date\na,45418\nb,4e30\nc,45420\n"), ["2024-05-06", "-", "2024-05-08"]);
    assert_eq!(
        days("Title,Date\na,2024-05-06\nb,99999999999999999999\nc,2024-05-08\n"),
        ["2024-05-06", "-", "2024-05-08"]
    );
    assert_eq!(days("Title,Date\na,45418\nb,7 May 2024\nc,45420\n"), ["2024-05-06", "2024-05-07", "2024-05-08"]);
}

#[test]
fn paths_are_json_paths_or_names() {
    let record: Value = serde_json::from_str(
        r#"{"a": {"b": [{"c": 1}, {"c": 2}], "field-x": {"y": 4}}, "a.b": 3, "Date of issue": 5, "n": null}"#,
    )
    .unwrap();
    for (path, expected) in [
        ("a.b[*].c", "[1,2]"),
        ("$.a.b[1].c", "[2]"),
        ("$..c", "[1,2]"),
        ("a.b", "[3]"),
        ("Date of issue", "[5]"),
        ("a.field-x.y", "[4]"),
        ("['a']['field-x'].y", "[4]"),
        ("$.a.b[?@.c > 1].c", "[2]"),
        ("n", "[]"),
        ("nothing.here", "[]"),
    ] {
        let found = JsonPath::parse(path).unwrap();
        assert_eq!(serde_json::to_string(&found.values(&record)).unwrap(), expected, "{path}");
    }
    assert!(JsonPath::parse("$.a[").is_err() && JsonPath::parse("").is_err() && JsonPath::parse("$[?").is_err());
}

fn any_options() -> impl Strategy<Value = RecordOptions> {
    let path = prop::sample::select(vec![
        "a", "$.a", "$..a", "a[*].b", "$[?@.a > 1]", "Title", "['x']", "$.a[-1:]", "@", "a.b.c",
    ]);
    let key =
        prop::sample::select(vec!["id", "title", "content_html", "published", "topics", "image", "state", "authors"]);
    let mapping = prop::collection::vec((key, path), 0..5).prop_map(|fields| {
        let mut mapping = Mapping::default();
        for (key, path) in fields {
            if let Ok(path) = JsonPath::parse(path) {
                mapping.insert(key, crate::config::Field::at(path));
            }
        }
        mapping
    });
    let items = prop::option::of(prop::sample::select(vec!["$[*]", "$.a[*]", "a", "$..*"]));
    (items, prop::option::of(mapping)).prop_map(|(items, mapping)| RecordOptions {
        items: items.and_then(|items| JsonPath::parse(items).ok()),
        mapping,
    })
}

fn any_document() -> impl Strategy<Value = Vec<u8>> {
    let whole = prop::sample::select(vec![
        r#"[{"id": 1, "title": "a", "date": "2024-05-06", "tags": ["x", {"name": "y"}]}, {"title": {"en": "b", "fr": "c"}, "created": 1714989600}]"#,
        r#"{"data": [{"attributes": {"title": "a", "status": 1, "body": {"value": "<p>x</p>"}}}], "links": {"next": {"href": "?page=2"}}}"#,
        "{\"title\": \"a\"}\n{\"title\": \"b\", \"image\": {\"url\": \"https://a.example/x.png\"}}\n",
        "id;title_en;title_fr;date;text\r\n1;\"a;\"\"b\r\nc\";d;06.05.2024;x\r\n2;e;;45418;\r\n",
        "sep=,\nTitle,Date\nA,2024-05-06\n",
        "Title\tDate\n\u{feff}\0\u{202e}A\t-1e308\n",
    ]);
    whole.prop_flat_map(|text| crate::damage::damaged(text.as_bytes().to_vec()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn damaged_records_are_read_or_reported(document in any_document(), options in any_options(), is_table in any::<bool>()) {
        let text = String::from_utf8_lossy(&document).into_owned();
        let kind = if is_table { Kind::Csv } else { Kind::Json };
        match read_as(kind, &options, &text) {
            Ok((entries, head)) => {
                let _ = to_toml(&head.mapping);
                for entry in entries {
                    prop_assert!(entry.skip_reason.is_none() || entry.title.is_none());
                }
            }
            Err(why) => prop_assert!(!why.is_empty()),
        }
    }
}
