//! Pages of stories, withdrawn ones, and what is not found.

use crate::server::{Served, put, site};

const PAGE: &str = "/en/stories/2024/light/";

fn story(head: &str) -> String {
    format!("published = 2024-05-01\ntopics = [\"research\"]\n{head}\n[translations.en]\ntitle = \"Light\"\n")
}

#[test]
fn a_page_is_served_as_it_is_built_and_follows_its_story() {
    let site = site("", "");
    put(&site, "stories/2024/light.toml", &story(""));
    let built = site.run(&["build"]);
    assert_eq!(built.status, 0, "{built:?}");
    let bytes = site.read("public/en/stories/2024/light/index.html");
    let served = Served::new(site);
    let page = served.get(PAGE);
    assert_eq!((page.status, &*page.text()), (200, &*bytes));
    assert_eq!(page.field("content-language"), Some("en"));
    assert_eq!(page.field("link"), Some("<https://feeds.example.org/en/stories/2024/light/>; rel=\"self\""));
    let unchanged = served.request("GET", PAGE, &format!("if-none-match: {}\r\n", page.tag()));
    assert_eq!(unchanged.status, 304);
    for (path, location) in
        [("/en/stories/2024/light", "light/"), ("/en/stories/", "../"), ("/fr/stories", "./"), ("/en", "en/")]
    {
        let response = served.get(path);
        assert_eq!((response.status, response.field("location")), (308, Some(location)), "{path}");
    }
    put(&served.site, "stories/2024/light.toml", &story("").replace("Light", "Lights"));
    crate::server::wait_until("the page changes", || {
        served.get(PAGE).text().contains("<h1 class=\"p-name\">Lights</h1>")
    });
}

#[test]
fn a_withdrawn_story_is_gone_and_says_why() {
    let site = site("", "");
    put(&site, "stories/2024/light.toml", &story("withdrawn = { on = 2024-06-01, reason = \"A mistake.\" }"));
    let served = Served::new(site);
    let page = served.get(PAGE);
    assert_eq!(page.status, 410);
    assert!(page.text().contains("A mistake.") && page.field("content-type") == Some("text/html; charset=utf-8"));
    assert_eq!(served.request("HEAD", PAGE, "").status, 410);
    // A status that is no success is not confirmed as unchanged.
    let again = served.request("GET", PAGE, &format!("if-none-match: {}\r\n", page.tag()));
    assert_eq!(again.status, 410);
}

#[test]
fn what_is_not_found_has_a_page_in_the_language_of_its_path() {
    let site = site("", "");
    put(&site, "stories/2024/light.toml", &story(""));
    let served = Served::new(site);
    for (path, language) in
        [("/fr/nothing", "fr"), ("/en/stories/nothing/", "en"), ("/nothing.html", "en"), ("/de/all.atom.xml", "en")]
    {
        let response = served.get(path);
        assert_eq!(response.status, 404, "{path}");
        assert!(response.text().contains(&format!("<html lang=\"{language}\"")), "{path}: {}", response.text());
        assert_eq!(response.field("cache-control"), Some("no-store"), "{path}");
        assert!(response.text().contains("href=\"/assets/style.css\""), "{path}");
    }
    assert_eq!(served.request("HEAD", "/fr/nothing", "").status, 404);
}
