use super::super::escape::css;
use super::*;

fn languages(tags: &[&str]) -> Vec<Language> {
    tags.iter().map(|tag| Language::parse(tag).unwrap()).collect()
}

#[derive(Serialize)]
struct View {
    #[serde(rename = "voice")]
    interface_language: usize,
    text: &'static str,
}

fn rendered(tag: &str, template: &str) -> Result<String, Diagnostic> {
    let overrides =
        [TemplateOverride { name: "home.html".into(), path: "templates/home.html".into(), text: template.into() }];
    let templates =
        Templates::new(&languages(&[tag]), &overrides, None).map_err(|mut diagnostics| diagnostics.remove(0))?;
    let bytes = templates.page("home.html", &View { interface_language: 0, text: "<b> & \"c\" \u{85}/" })?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// The location of the first error, and its message.
fn error(template: &str) -> (String, usize, String) {
    let diagnostic = rendered("en", template).unwrap_err();
    let location = diagnostic.location.unwrap();
    (location.path, location.line, diagnostic.message)
}

#[test]
fn every_locale_has_every_message() {
    let words = |name: &str| -> Patterns {
        toml::from_str(BUILT_IN.iter().find(|(file, _)| *file == name).unwrap().1).unwrap()
    };
    let english = words("words/en.toml");
    let names: Vec<_> = english.keys().collect();
    for (name, _) in BUILT_IN.iter().filter(|(name, _)| name.starts_with("words/")) {
        assert_eq!(words(name).keys().collect::<Vec<_>>(), names, "{name}");
    }
    let templates: String =
        BUILT_IN.iter().filter(|(name, _)| !name.starts_with("words/")).map(|(_, text)| *text).collect();
    let in_code = [
        "all_topics", "also_in", "badge_draft", "badge_expired", "badge_scheduled", "in_language", "listen", "minutes",
        "month_part", "not_found", "of_which", "seconds", "stories", "watch", "withdrawn",
    ];
    for name in names.iter().filter(|name| !in_code.contains(&name.as_str())) {
        assert!(templates.contains(&format!("(\"{name}\"")), "no template uses `{name}`");
    }
}

#[test]
fn text_is_escaped_and_nothing_else() {
    assert_eq!(rendered("en", "{{ text }}").unwrap(), "&lt;b&gt; &amp; &quot;c&quot;  /");
    assert_eq!(rendered("en", "{{ text|safe }}").unwrap(), "<b> & \"c\" \u{85}/");
    assert_eq!(css("a\"b\\c\nd"), "\"a\\22 b\\5c c\\a d\"");
}

#[test]
fn missing_messages_fall_back_to_marked_english() {
    let say = "{{ say('topics') }} {{ plain('topics') }} {{ say('in_language', language=text) }}";
    assert_eq!(
        rendered("de", say).unwrap(),
        "<span lang=\"en\" dir=\"ltr\">Topics</span> Topics \
         <span lang=\"en\" dir=\"ltr\">In &lt;b&gt; &amp; &quot;c&quot;  /</span>"
    );
    assert!(rendered("en-GB", say).unwrap().starts_with("Topics Topics"));
    assert!(rendered("zh-Hans", say).unwrap().starts_with("主题"));
    for (tag, is_known) in
        [("zh", true), ("zh-CN", true), ("zh-Hans-HK", true), ("zh-Hant-TW", false), ("zh-TW", false), ("fr-CA", true)]
    {
        assert_eq!(!rendered(tag, say).unwrap().starts_with("<span"), is_known, "{tag}");
    }
}

#[test]
fn template_errors_have_locations() {
    for (template, line, part) in [
        ("a\n{% if %}", 2, "syntax error"),
        ("a\n\n{{ txet }}", 3, "undefined"),
        ("{{ say('topcis') }}", 1, "no word `topcis`"),
        ("\n{% include 'nothing.html' %}", 2, "nothing.html"),
        ("\n{% include 'feed.css' %}", 0, ""),
    ] {
        if line == 0 {
            // An error in a built-in template has no location in the site's files.
            assert!(rendered("en", template).unwrap_err().message.contains("feed.css"));
            continue;
        }
        let (path, actual, message) = error(template);
        assert_eq!((path.as_str(), actual), ("templates/home.html", line), "{message}");
        assert!(message.contains(part), "{message}");
    }
    let words = |text: &str| {
        let overrides =
            [TemplateOverride { name: "words/de.toml".into(), path: "w/de.toml".into(), text: text.into() }];
        Templates::new(&languages(&["de"]), &overrides, None).map(drop).map_err(|diagnostics| diagnostics[0].clone())
    };
    assert_eq!(words("topics = 'Themen'"), Ok(()));
    let diagnostic = words("topics = 'Themen'\ntopcs = 'x'").unwrap_err();
    assert_eq!((diagnostic.location.unwrap().line, diagnostic.help.as_deref()), (2, Some("did you mean `topics`?")));
    assert_eq!(words("topics = ").unwrap_err().location.unwrap().path, "w/de.toml");
}

#[test]
fn templates_are_bounded() {
    let doubled = "{% set a = a ~ a %}".repeat(40);
    let list = "{% set a = a + a %}".repeat(40);
    let long = format!("{{% macro m() %}}{}{{% endmacro %}}", "x".repeat(100_000));
    let deep = format!("{{{{ {}1{} }}}}", "(".repeat(1000), ")".repeat(1000));
    for (template, why) in [
        ("{{ 'x' * 100000000 }}", "a text of more than 4 MB"),
        ("{{ 100000000 * 'x' }}", "a text of more than 4 MB"),
        ("{{ ('x' * 1000) * 100000 }}", "a text of more than 4 MB"),
        ("{% set a = [1] * 100000000 %}", "`*` is for numbers"),
        ("{{ range(100000000) }}", "range has too many elements"),
        ("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "does a loop not end?"),
        ("{% for a in range(100000) %}{{ 'x' * 1000 }}{% endfor %}", "more than 64 MB"),
        ("{% set a %}{% for a in range(100000) %}{{ 'x' * 1000 }}{% endfor %}{% endset %}", "more than 64 MB"),
        (&*format!("{{% set a = 'x' %}}{doubled}"), "a text of more than 4 MB"),
        (&*format!("{{% set a = [1] %}}{list}{{{{ a }}}}"), "a list of more than 100000 items"),
        ("{{ ('x' * 100000)|replace('x', 'y' * 100000) }}", "a text of more than 4 MB"),
        ("{{ 'x'|indent(100000000, true) }}", "a text of more than 4 MB"),
        ("{{ 'x'|indent(width=100000000, first=true) }}", "a text of more than 4 MB"),
        ("{{ range(100000)|join('x' * 100000) }}", "a text of more than 4 MB"),
        ("{{ '%100000000d'|format(1) }}", "a text of more than 4 MB"),
        ("{{ range(9)|slice(100000000) }}", "more than"),
        ("{{ range(9)|batch(100000000, 'x') }}", "more than"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "recursion limit exceeded"),
        ("{% include 'home.html' %}", "recursion"),
        (
            &*format!("{long}{{% set a %}}{{% for a in range(100000) %}}{{{{ m() }}}}{{% endfor %}}{{% endset %}}"),
            "64 MB",
        ),
        (
            &*format!("{{% set a %}}{{% for a in range(100000) %}}{}{{% endfor %}}{{% endset %}}", "x".repeat(99_999)),
            "64 MB",
        ),
        (&*deep, "more than 250 operators"),
    ] {
        let (path, line, message) = error(template);
        assert!(path == "templates/home.html" && line == 1, "{template:.80}: {path}:{line}: {message}");
        assert!(message.contains(why), "{template:.80}: {message}");
    }
}

#[test]
fn bounded_templates_do_what_they_did() {
    for (template, expected) in [
        ("{{ 2 * 3 }} {{ 2 * 1.5 }} {{ 2 * 3 * 4 + 1 }} {{ 'ab' * 3 }} {{ 2 * 'x' ~ '<' }}", "6 3.0 25 ababab xx&lt;"),
        ("{% for a in [1] + [2] %}\n  {{ a * 2 }}\n{% endfor %}\n", "  2\n  4\n"),
        ("{%- for a in range(3) -%}  x  {%- endfor %}", "xxx"),
        ("{% for a in [1] +%}\n{{ a }}{% endfor %}", "\n1"),
        ("{{ 'a-b'|replace('-', '+') }} {{ [1, 2]|join(', ') }} {{ 'a\nb'|indent(2) }}", "a+b 1, 2 a\n  b"),
        ("{{ '%s: %03d'|format('a', 7) }} {{ [1, 2, 3]|batch(2)|list }}", "a: 007 [[1, 2], [3]]"),
        ("{{ ['a', 1] }}", "[&quot;a&quot;, 1]"),
    ] {
        assert_eq!(rendered("en", template).unwrap(), expected, "{template}");
    }
}

#[test]
fn an_unknown_name_is_told_with_the_known_ones() {
    for (template, help) in [
        ("{{ txet }}", "did you mean `text`? this template is given `text`"),
        ("{{ zzz | upper }}", "this template is given `text`"),
        ("{{ text.size }}", "`text` has no names"),
        ("{% for item in [{'text': 1}] %}{{ item.tex }}{% endfor %}", "did you mean `text`?"),
    ] {
        assert_eq!(rendered("en", template).unwrap_err().help.as_deref(), Some(help), "{template}");
    }
}

#[test]
fn files_that_no_page_is_made_from_are_reported() {
    let file = |name: &str, text: &str| TemplateOverride { name: name.into(), path: name.into(), text: text.into() };
    let overrides = [
        file("storys.html", ""),
        file("story.html", "{% include 'logo.html' %}"),
        file("logo.html", ""),
        file("words/FR.toml", "topics = \"Sujets\""),
        file("words/french.toml", "topics = \"Sujets\""),
        file("words/ru.toml", ""),
        file("words.toml", ""),
    ];
    let templates = Templates::new(&languages(&["fr-CA", "en"]), &overrides, None).unwrap();
    let warned = |name: &str| {
        let of_file = |warning: &&Diagnostic| warning.location.as_ref().is_some_and(|location| location.path == name);
        templates.warnings.iter().find(of_file).and_then(|warning| warning.help.as_deref())
    };
    assert_eq!(warned("storys.html"), Some("did you mean `story.html`?"));
    assert!(warned("words/french.toml").is_some() && warned("words.toml").is_some());
    assert_eq!(templates.warnings.len(), 3, "{:?}", templates.warnings);
    let word = |key: &str| templates.localizer(0).translate(key, None, &[]).unwrap().text;
    assert_eq!(word("topics"), "Sujets");
    assert_eq!(word("languages"), "Langues");
}
