use super::*;

/// The text in each of its languages; empty for one without marks.
fn split_text(text: &str, markup: Markup) -> Vec<String> {
    let Some(marked) = MarkedText::parse(text, markup) else { return Vec::new() };
    marked.languages().into_iter().map(|language| format!("{language}: {}", marked.in_language(language))).collect()
}

#[test]
fn marks_that_are_well_formed_split_a_text() {
    for (text, parts) in [
        ("[:en]Bridge[:ru]Мост[:]", &["en: Bridge", "ru: Мост"][..]),
        ("[:en]Bridge[:ru]Мост", &["en: Bridge", "ru: Мост"]),
        ("<!--:en-->Bridge<!--:--><!--:ru-->Мост<!--:-->", &["en: Bridge", "ru: Мост"]),
        ("{:en}Bridge{:}{:ru}Мост{:}", &["en: Bridge", "ru: Мост"]),
        ("<!--:en-->Bridge<!--:-->", &["en: Bridge"]),
        ("A [:en]B[:] C [:de]D[:] E", &["en: A B C  E", "de: A  C D E"]),
        ("[:en]A[:de]B[:en]C[:] 2", &["en: AC 2", "de: B 2"]),
        ("[:pt-br]A[:zh_TW]B[:fil]C[:]", &["pt-br: A", "zh_TW: B", "fil: C"]),
        ("<p>[:en]A[:de]B[:]</p>\n<p>[:en]C[:]</p>", &["en: <p>A</p>\n<p>C</p>", "de: <p>B</p>\n<p></p>"]),
        ("[:en][:de]B[:]", &["en: ", "de: B"]),
        // An index is none, even beside marks.
        ("[:en]A [1][:] {:toc} a[:no] [:de]B[:]", &["en: A [1] {:toc} a[:no] ", "de:  {:toc} a[:no] B"]),
    ] {
        assert_eq!(split_text(text, Markup::Html), parts, "{text}");
    }
}

#[test]
fn what_merely_looks_like_marks_is_text() {
    for text in [
        "The list[:10], [:no] and <!--more-->",
        "a[:], b[:no] and c[:en][:]",
        "{:toc} and {:.note} and {:id}",
        "[: en] [:EN] [:x] [:english] [:en-]",
        "<!-- :en -->",
        "<p>Write <code>[:en]English[:de]Deutsch[:]</code></p><pre>{:en}x{:}</pre>",
    ] {
        assert_eq!(split_text(text, Markup::Html), [""; 0], "{text}");
    }
    let markdown = "Write `[:en]English[:de]Deutsch[:]`:\n\n```\n<!--:en-->x<!--:-->\n```\n";
    assert_eq!(split_text(markdown, Markup::Markdown), [""; 0]);
}

#[test]
fn marks_are_found_in_linear_time() {
    for piece in ["[:en]", "[:]", "<!--:", "<!--:en-->a", "{:en}", "<code>[:en]", "<pre>", "a[:no]", "[:en]a[:]"] {
        let text = piece.repeat(400_000 / piece.len());
        let start = std::time::Instant::now();
        for markup in [Markup::None, Markup::Html] {
            text_in(&text, markup, "en");
        }
        assert!(start.elapsed().as_secs() < 5, "{piece:?} took {:?}", start.elapsed());
    }
}

fn entry(title: &str, summary: &str, body: &str) -> ParsedEntry {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    ParsedEntry {
        guid: some("g"),
        title: some(title),
        summary: some(summary),
        body: some(body).map(Body::Html),
        inherited_language: some("de-AT"),
        ..ParsedEntry::default()
    }
}

#[test]
fn each_language_is_an_entry_of_one_story() {
    let image = Image { alt: Some("[:en]Lake[:de]See[:]".into()), ..Image::default() };
    let category = Category { term: "[:en]News[:de]Neues[:]".into(), label: None };
    let both = ParsedEntry {
        image: Some(image),
        categories: vec![category],
        ..entry("[:en]Bridge [:de] Brücke[:]", "", "<!--:en--><p>New</p><!--:--><!--:de--><p>Neu</p><!--:--><p>2</p>")
    };
    let [german, english] = &split(both)[..] else { panic!() };
    assert_eq!((german.title.as_deref(), english.title.as_deref()), (Some("Brücke"), Some("Bridge")));
    assert_eq!(german.body, Some(Body::Html("<p>Neu</p><p>2</p>".into())));
    assert_eq!(english.body, Some(Body::Html("<p>New</p><p>2</p>".into())));
    assert_eq!((german.language.as_deref(), english.language.as_deref()), (Some("de"), Some("en")));
    assert_eq!(english.image.as_ref().and_then(|image| image.alt.as_deref()), Some("Lake"));
    assert_eq!(german.categories[0].term, "Neues");
    // The language of the source keeps the id.
    assert_eq!((german.guid.as_deref(), german.key.as_deref()), (Some("g"), None));
    assert_eq!((english.guid.as_deref(), english.key.as_deref()), (None, Some("g#en")));
    assert!(german.translation_key.is_some() && german.translation_key == english.translation_key);
}

#[test]
fn a_language_without_a_text_of_its_own_is_no_entry() {
    let titles = |title: &str, summary: &str, body: &str| -> Vec<String> {
        let shown = |entry: ParsedEntry| {
            let title = entry.title.unwrap_or_default();
            format!("{} {title}", entry.language.unwrap_or_default())
        };
        split(entry(title, summary, body)).into_iter().map(shown).collect()
    };
    assert_eq!(titles("[:en]A[:de][:]", "", "[:en]B[:de]<p> </p>[:]"), ["en A"]);
    assert_eq!(titles("A", "", "[:en]B[:de][:]"), ["en A"]);
    assert_eq!(titles("A", "", "[:en]B[:de]C[:]"), ["de A", "en A"]);
    assert_eq!(titles("[:en]A[:]", "", "[:en]B[:de]<img src=x>[:]"), ["de ", "en A"]);
    assert_eq!(titles("[:en]A[:]", "[:de]S[:]", "[:en]B[:]"), ["en A"]);
    assert_eq!(titles("A [:en][:de][:]", "", ""), [" A"]);
    assert_eq!(titles("A", "", "B"), [" A"]);
}

#[test]
fn entries_of_files_and_listings_stay_distinct() {
    let of_file = ParsedEntry { file: Some("a.md".into()), guid: None, ..entry("[:en]A[:de]B[:]", "", "") };
    let keys: Vec<_> = split(of_file).into_iter().map(|entry| (entry.file.unwrap(), entry.key)).collect();
    assert_eq!(keys, [("a.md".into(), None), ("a.md".into(), Some("a.md#en".into()))]);
    let of_listing = ParsedEntry { fingerprint: Some("f".into()), guid: None, ..entry("T", "[:en]A[:de]B[:]", "x") };
    let entries = split(of_listing);
    assert_eq!((entries.len(), &entries[1].key), (2, &None));
    assert!(entries[0].fingerprint.is_some() && entries[0].fingerprint != entries[1].fingerprint);
    let other_line = split(ParsedEntry { line: 9, ..entry("[:en]A[:de]B[:]", "", "") });
    assert_ne!(other_line[0].translation_key, split(entry("[:en]A[:de]B[:]", "", ""))[0].translation_key);
}
