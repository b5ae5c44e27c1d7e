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
    let in_code = ["all_topics", "month_part"];
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
