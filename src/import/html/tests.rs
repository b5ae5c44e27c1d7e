#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::import::entry::{EntryDate, ParsedDate};

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en"><head><title>News</title><link rel="canonical" href="https://www.example.org/news/"></head><body>
<nav><a href="/">Home</a></nav>
<ul class="news">
<li class="item"><a class="pic" href="/en/a"><figure><img src="small.jpg" data-src="/pics/a.jpg" alt="" width="640" height="480">
  <figcaption>A lake at dawn. Photo: B. Rossi</figcaption></figure></a>
  <span class="when">Published 05/04/2015 | 10:00</span><h3><a href="/en/a">Water &amp; <em>land</em></a></h3>
  <p class="lead">The lake rises.</p></li>
<li class="item" lang="fr"><h3><a href="b">L’eau monte</a></h3><span class="when">16/04/2015</span>
  <div class="lead"><p>Premier <b>alinéa</b>.</p><figure><figcaption>Rien</figcaption></figure><p>Second.</p><script>x()</script></div></li>
<li class="item"><h3>Снег лежит</h3><time datetime="2015-04-17T08:00:00+03:00">вчера</time>
  <p class="lead">Horses by the river. Photo: IMWIMW opens a station.</p></li>
<li class="item"><h3>No day</h3><span class="when">31/04/2015</span></li>
<li class="item"><h3>No date</h3><span class="when">yesterday</span></li>
<li class="item"></li>
</ul></body></html>"#;

fn given(item: &str, date: &str, summary: &str) -> SelectorOptions {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    SelectorOptions { item: some(item), date: some(date), summary: some(summary), ..SelectorOptions::default() }
}

fn read_all(page: &str, given: &SelectorOptions) -> Vec<ParsedEntry> {
    let mut all = Vec::new();
    read(page.as_bytes(), None, &Selectors::read(given).unwrap(), &mut |entry| all.push(entry)).unwrap();
    all
}

fn day(text: &str) -> Option<ParsedDate> {
    Some(EntryDate::Day(text.parse().unwrap()).into())
}

#[test]
fn a_page_is_scraped_by_selectors() {
    let all = read_all(PAGE, &given("li.item", ".when, time", ".lead"));
    assert_eq!(all.len(), 6);
    let [water, french, snow, no_day, no_date, empty] = &all[..] else { panic!() };
    assert_eq!(water.title.as_deref(), Some("Water & land"));
    assert_eq!(water.published.map(|date| date.day_first().day()), "2015-04-05".parse().ok());
    assert_eq!(water.link.as_deref(), Some("/en/a"));
    assert_eq!(water.base.as_deref(), Some("https://www.example.org/news/"));
    assert_eq!(water.summary.as_deref(), Some("The lake rises."));
    assert_eq!((water.language.as_deref(), water.inherited_language.as_deref()), (None, Some("en")));
    let picture = water.image.as_ref().unwrap();
    assert_eq!(picture.url.as_deref(), Some("/pics/a.jpg"));
    assert_eq!(picture.alt.as_deref(), Some("A lake at dawn."));
    assert_eq!(picture.credit.as_deref(), Some("Photo: B. Rossi"));
    assert_eq!((picture.width, picture.height), (Some(640), Some(480)));

    assert_eq!(
        (french.language.as_deref(), french.published.map(|date| date.day_first().to_string())),
        (Some("fr"), Some("2015-04-16".to_owned()))
    );
    let Some(Body::Html(html)) = &french.body else { panic!("{french:?}") };
    assert_eq!(html, "<div class=\"lead\"><p>Premier <b>alinéa</b>.</p><p>Second.</p></div>");

    assert!(matches!(snow.published, Some(ParsedDate::Exact(EntryDate::Instant(_)))), "{snow:?}");
    assert_eq!(snow.summary.as_deref(), Some("IMW opens a station."));
    assert_eq!(snow.image.as_ref().unwrap().credit.as_deref(), Some("Photo: IMW"));
    assert_eq!(snow.link, None);

    assert!(no_day.skip_reason.as_ref().unwrap().contains("no such day"), "{no_day:?}");
    assert_eq!((no_date.published, no_date.remarks.len()), (None, 1));
    assert!(empty.skip_reason.as_ref().unwrap().starts_with("entry 6 of the page"), "{empty:?}");
}

#[test]
fn credits_end_without_a_separator() {
    let page = "<html><body><ul><li class='item'><h3>A</h3><figure><img src='/a.jpg'><figcaption>A lake. Photo: B. Rossi / \
        </figcaption></figure><p class='lead'>It rises.</p></li>\
        <li class='item'><h3>B</h3><p class='lead'>Photo: Far Agency /На озере открыта станция.</p></li></ul></body></html>";
    let all = read_all(page, &given("li.item", "", ".lead"));
    let credits: Vec<_> = all.iter().map(|entry| entry.image.as_ref().unwrap().credit.as_deref()).collect();
    assert_eq!(credits, [Some("Photo: B. Rossi"), Some("Photo: Far Agency")]);
}

#[test]
fn dates_are_found_in_texts() {
    let read =
        |date: &str| read_all(&format!("<article><h2>T</h2><b class=d>{date}</b></article>"), &given("", ".d", ""));
    let published = |date: &str| read(date)[0].published;
    assert!(published("03/04/2015").and_then(ParsedDate::numbers).is_some_and(|numbers| numbers.is_ambiguous()));
    assert_eq!(published("Am 3. April 2015, Wien"), day("2015-04-03"));
    assert_eq!(published("Tue, 03 Mar 2015"), day("2015-03-03"));
}

#[test]
fn default_selectors() {
    let page = "<article><a href=c>Category</a><h2><a href='/x'>X</a></h2><time datetime=2015-04-16>16 Apr</time><p>One.</p></article>\
        <a href='/y'><article><h2>Y</h2><time>16 April 2015</time></article></a>";
    let all = read_all(page, &SelectorOptions::default());
    let links: Vec<_> = all.iter().map(|entry| entry.link.as_deref().unwrap()).collect();
    assert_eq!(links, ["/x", "/y"]);
    assert!(all.iter().all(|entry| entry.published == day("2015-04-16")), "{all:?}");
    assert_eq!(all[0].summary.as_deref(), Some("One."));
}

#[test]
fn an_item_can_match_its_part_selectors() {
    let page = "<base href='https://e.example/n/'><a class=card href=1>One <time>2015-04-16</time></a>";
    let card = Some("a.card".to_owned());
    let given = SelectorOptions { item: card.clone(), title: card.clone(), link: card, ..SelectorOptions::default() };
    let all = read_all(page, &given);
    assert_eq!(all[0].title.as_deref(), Some("One 2015-04-16"));
    assert_eq!((all[0].link.as_deref(), all[0].base.as_deref()), (Some("1"), Some("https://e.example/n/")));
}

#[test]
fn base_urls() {
    let base = |page: &str, at: Option<&str>| parts::base(&Html::parse_document(page), at);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(base("<p>", None), None);
    assert_eq!(base("<base href='/x/'>", Some("https://e.example/a")), some("https://e.example/x/"));
    assert_eq!(base("<!-- saved from url=(0020)https://e.example/a/ --><p>", None), some("https://e.example/a/"));
    assert_eq!(base("<meta property='og:url' content='https://e.example/b'>", None), some("https://e.example/b"));
}

#[test]
fn html_is_detected() {
    for page in ["<!DOCTYPE html>", "\n<html lang=en>", "<?xml version='1.0'?><!-- x --><!doctype HTML PUBLIC"] {
        assert!(is_page(page.as_bytes()), "{page}");
    }
    for other in ["<?xml version='1.0'?><rss>", "<feed>", "{", "", "16/04/2015 <html>", "<!-- <html>"] {
        assert!(!is_page(other.as_bytes()), "{other}");
    }
}

#[test]
fn invalid_selectors_are_named() {
    let wrong = |given: &SelectorOptions| Selectors::read(given).unwrap_err();
    assert!(wrong(&given("li[", "", "")).starts_with("--item `li[` is no CSS selector: "));
    assert!(wrong(&given("", "2015-4-16", "")).starts_with("--date `2015-4-16` is neither a date"));
}

#[test]
fn hostile_pages_terminate() {
    let started = std::time::Instant::now();
    let read = |page: &str| {
        let page = format!("<article><h1>x</h1><p>{page}");
        read(page.as_bytes(), None, &Selectors::read(&SelectorOptions::default()).unwrap(), &mut |_| {}).is_ok()
    };
    for (page, is_read) in [
        ("<div>".repeat(500_000), false),
        ("<b><i>".repeat(2_000), false),
        ("</p><table><a>".repeat(900), true),
        ("<".repeat(200_000), true),
        ("<p>".repeat(100_000), true),
    ] {
        assert_eq!(read(&page), is_read, "{}", &page[..12]);
    }
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_page_parses(pieces in prop::collection::vec(prop::sample::select(vec![
        "<article>", "</article>", "<h2>", "</h2>", "<p>", "<time>", "03/04/2015", "<time datetime='2015-02-31'>", "31 June 2015", "<img src=a>",
        "<figcaption>Photo: ", "</figcaption>", "<a href='//x'>", "</a>", "<table>", "<svg>", "<template>", "<!--", "-->", "<![CDATA[", "&amp", "текст ", "(", "<article lang=ru>", "\0",
    ]), 0..40)) {
        let page: String = pieces.concat();
        let all = read_all(&page, &SelectorOptions::default());
        for entry in all {
            prop_assert!(entry.skip_reason.is_some() || entry.title.is_some() || entry.summary.is_some() || entry.body.is_some());
        }
    }
}
