//! The pages of stories: which translations have one, what they show, and how they come and go.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use common::{CONFIG, NOW, Site};

const CONFIG_FR: &str = "\n[languages.fr]\ntitle = \"Actualités\"\n";

/// Two stories without a link and one with, in two languages.
fn site(story_pages: &str) -> Site {
    let site = Site::with(&CONFIG.replace("[site]", &format!("[site]\n{story_pages}")));
    site.write(
        "stories/2025/water.toml",
        "published = 2025-03-01\nupdated = 2025-03-02T09:30:00Z\ntopics = [\"research\"]\n\
         image = { url = \"https://i.example/w.jpg\", alt = \"A <well>\", credit = \"Photo: A\", width = 800, height = 600 }\n\
         enclosures = [\n  { url = \"https://i.example/talk.mp3\", type = \"audio/mpeg\", length = 2400000, title = \"The talk\" },\n\
         \x20 { url = \"https://i.example/a%20b.pdf\", type = \"application/pdf\", length = 812345 },\n\
         \x20 { url = \"https://i.example/%E2%80%AEfdp.exe\" },\n]\n\
         [translations.en]\ntitle = \"Water & <wells>\"\nsummary = \"Twelve wells.\"\n\
         content_markdown = \"See[^1] the **well**.\\n\\n[^1]: Deep.\"\n\
         [translations.ru]\ntitle = \"Вода\"\nauthors = [{ name = \"И. Автор\" }]\n",
    );
    site.write(
        "stories/2024/light.toml",
        "published = 2024-05-01\ntopics = [\"research\"]\n[translations.en]\ntitle = \"Light\"\n",
    );
    site.write(
        "stories/linked.toml",
        "published = 2024-08-01\ntopics = [\"research\"]\nlink = \"https://news.example.org/{language}/linked\"\n\
         [translations.en]\ntitle = \"Linked\"\n",
    );
    site
}

fn build(site: &Site) -> (String, String) {
    let run = site.run(&["build", "--now", NOW]);
    assert_eq!(run.status, 0, "{run:?}");
    (run.stdout, run.stderr)
}

fn story_pages(site: &Site) -> Vec<String> {
    site.files("public").into_iter().filter(|path| path.contains("/stories/")).collect()
}

/// The address of an entry's page in each format.
fn links(site: &Site, title: &str) -> [String; 3] {
    let atom = site.read("public/en/all.atom.xml");
    let entry = atom.split("<entry>").find(|entry| entry.contains(&format!(">{title}<"))).unwrap().to_owned();
    let between = |text: &str, start: &str, end: &str| {
        text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map(|(found, _)| found.to_owned())
    };
    let rss = site.read("public/en/all.rss.xml");
    let item = rss.split("<item>").find(|item| item.contains(&format!(">{title}<"))).unwrap().to_owned();
    let json: serde_json::Value = serde_json::from_str(&site.read("public/en/all.json")).unwrap();
    let item_of_json = json["items"].as_array().unwrap().iter().find(|item| item["title"] == title).unwrap();
    [
        between(&entry, "<link href=\"", "\" rel=\"alternate\"").unwrap_or_default(),
        between(&item, "<link>", "</link>").unwrap_or_default(),
        item_of_json["url"].as_str().unwrap_or_default().to_owned(),
    ]
}

#[test]
fn a_translation_without_a_link_has_a_page_that_every_format_links() {
    let site = site("");
    build(&site);
    assert_eq!(
        story_pages(&site),
        ["en/stories/2024/light/index.html", "en/stories/2025/water/index.html", "ru/stories/2025/water/index.html"]
    );
    for url in links(&site, "Light") {
        assert_eq!(url, "https://news.example.org/feeds/en/stories/2024/light/");
    }
    assert_eq!(links(&site, "Linked")[0], "https://news.example.org/en/linked");
    let atom = site.read("public/en/all.atom.xml");
    assert!(atom.contains("<id>tag:news.example.org,2014:2024/light/en</id>"), "ids do not depend on pages");
    let translation = "<link href=\"https://news.example.org/feeds/ru/stories/2025/water/\" rel=\"https://schema.org/workTranslation\" hreflang=\"ru\"/>";
    assert!(atom.contains(translation), "{atom}");
    let listing = site.read("public/en/research/index.html");
    assert!(
        listing
            .contains("<a class=\"p-name u-url\" href=\"../../en/stories/2025/water/\">Water &amp; &lt;wells&gt;</a>"),
        "{listing}"
    );
    let sitemap = site.read("public/sitemap.xml");
    let water = sitemap.split("<url>").find(|url| url.contains("/en/stories/2025/water/</loc>")).unwrap();
    assert!(
        water.contains("hreflang=\"ru\" href=\"https://news.example.org/feeds/ru/stories/2025/water/\""),
        "{water}"
    );
}

#[test]
fn a_page_shows_the_whole_story() {
    let site = site("");
    build(&site);
    insta::assert_snapshot!("page_en", site.read("public/en/stories/2025/water/index.html"));
    insta::assert_snapshot!("page_ru", site.read("public/ru/stories/2025/water/index.html"));
    let page = site.read("public/en/stories/2025/water/index.html");
    let body = page.split("e-content\">").nth(1).unwrap().split("</div>\n<h2>").next().unwrap();
    let json: serde_json::Value = serde_json::from_str(&site.read("public/en/all.json")).unwrap();
    let of_feed = json["items"][0]["content_html"].as_str().unwrap();
    assert_eq!(body, of_feed, "the body is that of the feed, ids included");
    let data = page.split("application/ld+json\">").nth(1).unwrap().split("</script>").next().unwrap();
    let data: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(data["workTranslation"][0]["inLanguage"], "ru");
    assert_eq!((&data["headline"], &data["@type"]), (&"Water & <wells>".into(), &"NewsArticle".into()));
}

#[test]
fn with_all_every_story_has_a_page_and_with_none_no_story() {
    let site = site("story_pages = \"all\"");
    build(&site);
    assert!(story_pages(&site).contains(&"en/stories/linked/index.html".to_owned()));
    assert_eq!(links(&site, "Linked")[0], "https://news.example.org/en/linked", "feeds keep the link");
    let page = site.read("public/en/stories/linked/index.html");
    assert!(page.contains("<link rel=\"canonical\" href=\"https://news.example.org/en/linked\">"), "{page}");
    assert!(
        site.read("public/en/index.html")
            .contains("<a class=\"p-name u-url\" href=\"../en/stories/linked/\">Linked</a>")
    );
    assert!(!site.read("public/sitemap.xml").contains("stories/linked/"));
    let before = site.read("public/en/stories/2024/light/index.html");
    // Both neighbours are stories with a page, of the same topic.
    assert!(
        before.contains("<a href=\"../../../../en/stories/linked/\" rel=\"prev\"><bdi>Linked</bdi></a>"),
        "{before}"
    );
    site.write("tidings.toml", site.read("tidings.toml").replace("\"all\"", "\"none\""));
    build(&site);
    assert_eq!(story_pages(&site), Vec::<String>::new());
    assert_eq!(links(&site, "Light")[0], "");
    let check = site.run(&["check"]);
    assert!(check.stdout.contains("; 3 translations have neither a `link` nor a page; "), "{check:?}");
    site.write("tidings.toml", site.read("tidings.toml").replace("\"none\"", "\"some\""));
    let run = site.run(&["check"]);
    assert!(run.status == 1 && run.stderr.contains("`story_pages` must be one of"), "{run:?}");
}

#[test]
fn a_withdrawn_story_says_so_and_an_expired_one_is_gone() {
    let site = site("");
    site.write("tidings.toml", site.read("tidings.toml") + CONFIG_FR);
    build(&site);
    let water = site.read("stories/2025/water.toml");
    site.write(
        "stories/2025/water.toml",
        format!("withdrawn = {{ on = 2025-06-01, reason = \"Wrong <place>\" }}\n{water}"),
    );
    let light = site.read("stories/2024/light.toml");
    site.write("stories/2024/light.toml", format!("expires = 2025-06-01\n{light}"));
    build(&site);
    assert_eq!(story_pages(&site), ["en/stories/2025/water/index.html", "ru/stories/2025/water/index.html"]);
    let page = site.read("public/ru/stories/2025/water/index.html");
    assert!(page.contains("<h1>Материал снят с публикации</h1>"), "{page}");
    assert!(page.contains("<p class=\"lead\" lang=\"en\" dir=\"ltr\">Wrong &lt;place&gt;</p>"), "{page}");
    assert!(page.contains("<meta name=\"robots\" content=\"noindex\">") && !page.contains("Вода"), "{page}");
    assert!(!site.read("public/sitemap.xml").contains("/stories/"));
}

#[test]
fn a_link_that_comes_later_is_told_with_the_redirect_to_write() {
    let site = site("");
    build(&site);
    let light = site.read("stories/2024/light.toml");
    site.write("stories/2024/light.toml", format!("link = \"https://news.example.org/light\"\n{light}"));
    let (_, warnings) = build(&site);
    let line = "\"en/stories/2024/light/index.html\" = \"https://news.example.org/light\"";
    assert!(
        warnings.contains("has a `link` now") && warnings.contains(&format!("help: write `{line}` in [redirects]")),
        "{warnings}"
    );
    assert!(!story_pages(&site).contains(&"en/stories/2024/light/index.html".to_owned()));
    site.write("tidings.toml", site.read("tidings.toml") + &format!("\n[redirects]\n{line}\n"));
    let (_, warnings) = build(&site);
    assert_eq!(warnings, "");
    assert!(site.read("public/en/stories/2024/light/index.html").contains("https://news.example.org/light"));
    // Without the link the page is there again, and the redirect is none.
    site.write("stories/2024/light.toml", light);
    let (_, warnings) = build(&site);
    assert!(warnings.contains("is the page of a story, so it is not redirected"), "{warnings}");
    let config = site.read("tidings.toml");
    for form in ["en/stories/2024/light/", "en/stories/2024/light"] {
        site.write("tidings.toml", config.replace("en/stories/2024/light/index.html", form));
        let (_, warnings) = build(&site);
        assert!(warnings.contains("is the page of a story, so it is not redirected"), "{form}: {warnings}");
    }
    assert!(site.read("public/en/stories/2024/light/index.html").contains("<h1 class=\"p-name\">Light</h1>"));
}

#[test]
fn a_change_renders_only_the_pages_that_show_it() {
    let site = site("");
    build(&site);
    let json = |site: &Site| -> serde_json::Value {
        let run = site.run(&["build", "--now", NOW, "--format", "json"]);
        assert_eq!(run.status, 0, "{run:?}");
        serde_json::from_str(&run.stdout).unwrap()
    };
    assert_eq!(json(&site)["rendered"], 0);
    let light = site.read("stories/2024/light.toml");
    site.write("stories/2024/light.toml", light.replace("\"Light\"", "\"Lights\""));
    let changed = json(&site)["changed_urls"].to_string();
    // Its own page, and that of its neighbour.
    assert!(changed.contains("/en/stories/2024/light/") && changed.contains("/en/stories/2025/water/"), "{changed}");
    assert!(!changed.contains("/ru/stories/"), "{changed}");
    site.write(
        "stories/2024/other.toml",
        "published = 2024-04-01\ntopics = [\"children\"]\n[translations.en]\ntitle = \"Other\"\n",
    );
    let changed = json(&site)["changed_urls"].to_string();
    assert!(changed.contains("/en/stories/2024/other/") && !changed.contains("/en/stories/2024/light/"), "{changed}");
}

#[test]
fn reserved_names_are_refused_with_the_cure() {
    let site = site("");
    site.write("tidings.toml", site.read("tidings.toml") + "\n[topics.stories]\n");
    let run = site.run(&["check"]);
    assert!(run.status == 1 && run.stderr.contains("the topic id `stories` is reserved"), "{run:?}");
    assert!(run.stderr.contains("\"en/stories.atom.xml\" = \"en/stories-news.atom.xml\""), "{run:?}");
    let site = Site::new();
    site.write(
        "stories/a.toml",
        "id = \"2024/index.html\"\npublished = 2024-01-01\n[translations.en]\ntitle = \"A\"\n",
    );
    let run = site.run(&["check"]);
    assert!(run.status == 1 && run.stderr.contains("begins with `index.html`"), "{run:?}");
}

#[test]
fn galleries_corrections_and_players_are_in_every_format_and_on_the_page() {
    let site = Site::new();
    site.write(
        "stories/a.toml",
        "published = 2025-03-01\n\
         image = { url = \"https://i.example/a.jpg\", alt = \"A\", caption = \"A & <b>\" }\n\
         images = [{ url = \"https://i.example/1.png\", alt = \"One\", caption = \"The \\\"first\\\"\", credit = \"C\", width = 8, height = 6 }, { url = \"https://i.example/2.jpg\" }]\n\
         enclosures = [{ url = \"https://i.example/t.mp4\", length = 9, title = \"Talk\", duration = \"1:02:10\", captions = \"https://i.example/t.vtt\", poster = \"https://i.example/t.jpg\" }]\n\
         correction = { on = 2025-03-05, text = \"Not <ten>.\" }\n\
         [translations.en]\ntitle = \"T\"\ncontent_text = \"Body\"\n[translations.ru]\ntitle = \"Т\"\nimage = { caption = \"Подпись\" }\n",
    );
    build(&site);
    let figures = "<figure><img src=\"https://i.example/1.png\" alt=\"One\" width=\"8\" height=\"6\"><figcaption>The \"first\" · C</figcaption></figure><figure><img src=\"https://i.example/2.jpg\" alt=\"\"></figure>";
    let json: serde_json::Value = serde_json::from_str(&site.read("public/en/all.json")).unwrap();
    let item = &json["items"][0];
    assert!(item["content_html"].as_str().unwrap().contains(figures), "{item:#}");
    assert_eq!(item["_tidings"]["image"]["caption"], "A & <b>");
    let gallery = serde_json::json!([
        {
            "url": "https://i.example/1.png", "alt": "One", "caption": "The \"first\"", "credit": "C",
            "width": 8, "height": 6,
        },
        { "url": "https://i.example/2.jpg" },
    ]);
    assert_eq!(item["_tidings"]["images"], gallery);
    let player = serde_json::json!([
        {
            "url": "https://i.example/t.mp4", "captions": "https://i.example/t.vtt",
            "poster": "https://i.example/t.jpg",
        },
    ]);
    assert_eq!(item["_tidings"]["attachments"], player);
    assert_eq!(item["attachments"][0]["duration_in_seconds"], 3730);
    assert_eq!(
        (&item["attachments"][1]["mime_type"], &item["attachments"][2]["url"]),
        (&"image/png".into(), &"https://i.example/2.jpg".into())
    );
    for path in ["public/en/all.atom.xml", "public/en/all.rss.xml"] {
        let feed = site.read(path);
        let document = roxmltree::Document::parse(&feed).unwrap();
        let media: Vec<_> = document.descendants().filter(|node| node.has_tag_name((MEDIA, "content"))).collect();
        let urls: Vec<_> = media.iter().map(|node| node.attribute("url").unwrap()).collect();
        assert_eq!(
            urls,
            [
                "https://i.example/a.jpg", "https://i.example/1.png", "https://i.example/2.jpg",
                "https://i.example/t.mp4"
            ],
            "{path}"
        );
        assert_eq!(child(&media[0], "title").text(), Some("A & <b>"), "{path}");
        assert_eq!(
            (media[3].attribute("duration"), media[3].attribute("medium")),
            (Some("3730"), Some("video")),
            "{path}"
        );
        assert_eq!(child(&media[3], "subTitle").attribute("href"), Some("https://i.example/t.vtt"), "{path}");
        assert_eq!(child(&media[3], "thumbnail").attribute("url"), Some("https://i.example/t.jpg"), "{path}");
    }
    let page = site.read("public/en/stories/a/index.html");
    for part in [
        figures,
        "<figcaption>A &amp; &lt;b&gt;</figcaption>",
        "<strong>Correction</strong> · <time datetime=\"2025-03-05\">Wednesday, March 5, 2025</time><br><span>Not &lt;ten&gt;.</span>",
        "poster=\"https://i.example/t.jpg\"",
        "<bdi>1:02:10</bdi>",
        "<a href=\"https://i.example/t.vtt\" type=\"text/vtt\">Transcript</a>",
        "\"correction\":{\"@type\":\"CorrectionComment\"",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    let russian = site.read("public/ru/stories/a/index.html");
    assert!(russian.contains("<figcaption>Подпись</figcaption>"), "{russian}");
    assert!(russian.contains("<br><span lang=\"en\" dir=\"ltr\">Not &lt;ten&gt;.</span>"), "{russian}");
}

fn child<'a, 'i>(node: &roxmltree::Node<'a, 'i>, name: &str) -> roxmltree::Node<'a, 'i> {
    node.children().find(|child| child.has_tag_name((MEDIA, name))).unwrap_or_else(|| panic!("no {name}"))
}

const MEDIA: &str = "http://search.yahoo.com/mrss/";

#[test]
fn mistakes_in_media_are_errors_with_their_cure() {
    for (line, message) in [
        ("enclosures = [{ url = \"https://a.example/a.mp3\", duration = \"22\" }]", "`22` is not a duration"),
        ("enclosures = [{ url = \"https://a.example/a.mp3\", duration = \"1:60\" }]", "such as `22:10` or `1:02:10`"),
        (
            "enclosures = [{ url = \"https://a.example/a.mp3\", poster = \"www.a.example/a.jpg\" }]",
            "`poster` begins like",
        ),
        ("images = [{ alt = \"A\" }]", "an image of a gallery needs a `url`"),
        ("images = [\"https://a.example/a.jpg\"]", "must be a table"),
        ("correction = { on = 2025-01-01 }", "needs the date `on` which it was made, and its `text`"),
        ("correction = \"Not ten.\"", "`correction` must be a table"),
    ] {
        let site = Site::new();
        site.write("stories/a.toml", format!("published = 2025-01-01\n{line}\n[translations.en]\ntitle = \"A\"\n"));
        let run = site.run(&["check"]);
        assert!(run.status == 1 && run.stderr.contains(message), "{line}: {run:?}");
    }
}

#[test]
fn a_picture_of_a_gallery_without_alt_is_a_warning() {
    let site = Site::new();
    let story = |alt: &str| {
        let images = format!(
            "images = [{{ url = \"https://a.example/1.jpg\", alt = \"A\" }}, {{ url = \"https://a.example/2.jpg\"{alt} }}]"
        );
        site.write("stories/a.toml", format!("published = 2025-01-01\n{images}\n[translations.en]\ntitle = \"A\"\n"));
        site.run(&["check"]).stderr
    };
    assert!(story("").contains("a picture of the gallery has no `alt`"));
    assert_eq!(story(", alt = \"B\""), "");
}

/// A large site, as a library makes it: one story each hour from 2020 on, every third of them in two languages.
fn large(stories: u32) -> tidings::Site {
    let config = tidings::Config::parse(&format!("{CONFIG}{CONFIG_FR}"), ".").unwrap();
    let start = chrono::DateTime::parse_from_rfc3339("2020-01-01T00:00:00Z").unwrap();
    let record = |number: u32| {
        let published = (start + chrono::Duration::hours(number.into())).to_rfc3339();
        let french = if number.is_multiple_of(3) { r#", "fr": {"title": "A"}"# } else { "" };
        let text = format!(r#"{{"published": "{published}", "translations": {{"en": {{"title": "A"}}{french}}}}}"#);
        tidings::StoryRecord::json(number.to_string(), &text)
    };
    tidings::Site::from_stories(&config, (0..stories).map(record), NOW.parse().unwrap()).0
}

/// The parts of a sitemap, by their paths.
fn sitemap_parts(site: &tidings::Site) -> std::collections::BTreeMap<String, String> {
    let text = |path: &str| String::from_utf8(site.document(path).unwrap().unwrap().bytes).unwrap();
    let index = text("sitemap.xml");
    assert!(index.contains("<sitemapindex xmlns="), "{index}");
    let addresses = index.split("<loc>").skip(1).map(|rest| rest.split("</loc>").next().unwrap().to_owned());
    let paths = addresses.map(|address| address.strip_prefix("https://news.example.org/feeds/").unwrap().to_owned());
    paths.map(|path| (path.clone(), text(&path))).collect()
}

#[test]
fn a_large_sitemap_has_parts_and_a_story_changes_one_of_them() {
    let before = sitemap_parts(&large(9_000));
    let paths: Vec<&str> = before.keys().map(String::as_str).collect();
    assert_eq!(
        paths[..4],
        ["sitemap/en-2020.xml", "sitemap/en-2021.xml", "sitemap/fr-2020.xml", "sitemap/fr-2021.xml"]
    );
    assert_eq!(paths[4..], ["sitemap/ru-2014.xml"]);
    let addresses = |parts: &std::collections::BTreeMap<String, String>| -> Vec<String> {
        let all = parts.values().flat_map(|part| part.split("<loc>").skip(1));
        all.map(|rest| rest.split("</loc>").next().unwrap().to_owned()).collect()
    };
    let mut all = addresses(&before);
    assert_eq!(all.iter().filter(|address| address.contains("/stories/")).count(), 9_000 + 3_000);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), addresses(&before).len());
    let after = sitemap_parts(&large(9_001));
    let changed: Vec<&String> =
        after.iter().filter(|(path, text)| before.get(*path) != Some(text)).map(|(path, _)| path).collect();
    assert_eq!(changed, ["sitemap/en-2021.xml", "sitemap/fr-2021.xml"]);
    let after = sitemap_parts(&large(9_002));
    let before = sitemap_parts(&large(9_001));
    let changed: Vec<&String> =
        after.iter().filter(|(path, text)| before.get(*path) != Some(text)).map(|(path, _)| path).collect();
    assert_eq!(changed, ["sitemap/en-2021.xml"]);
}
