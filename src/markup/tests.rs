//! Bodies before and after.

#![allow(clippy::unwrap_used)]

use url::Url;

use super::*;

fn sanitized(html: &str) -> Sanitized {
    let base = Url::parse("https://x.example/en/a.html").unwrap();
    sanitize(Content::Html(html), &base, "e1-")
}

fn html(html: &str) -> String {
    sanitized(html).html
}

#[test]
fn debug_cases() {
    for case in ["body-addresses", "body-dir", "body-footnotes", "body-iframe", "body-math-svg", "body-noscript"] {
        let text = std::fs::read_to_string(format!("/work/shared/cases/{case}/stories/s.toml")).unwrap();
        let table: toml::Table = toml::from_str(&text).unwrap();
        for (_, own) in table["translations"].as_table().unwrap() {
            let base = Url::parse("https://news.example.org/s.html").unwrap();
            let content = match (own.get("content_html"), own.get("content_markdown")) {
                (Some(html), _) => Content::Html(html.as_str().unwrap()),
                (_, Some(text)) => Content::Markdown(text.as_str().unwrap()),
                _ => panic!(),
            };
            println!("== {case}\n{:?}", sanitize(content, &base, "e1-"));
        }
    }
    println!("{}", html("<p>a</p>"));
}
