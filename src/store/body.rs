//! The body of an entry: Markdown, HTML or text as it was written, made into HTML that is safe in any reader.
//!
//! No script, style, frame or event attribute is left; every URL is absolute; the language and the direction are marked.
//! An embedded frame, which feeds cannot carry, becomes a link to what it showed.

use std::borrow::Cow;
use std::collections::HashSet;

use ammonia::UrlRelative;
use pulldown_cmark::{Options, Parser, html};
use url::Url;

use super::complexity::exceeded_limit;
use super::story::Content;
use crate::model::{Html, Language, clean};

/// Makes a body; `None` where nothing is to be seen.
pub fn body(content: Content<'_>, base: &Url, language: &Language) -> Option<Html> {
    let inner = match content {
        Content::Markdown(text) => sanitised(&markdown(&clean(text)), base),
        Content::Html(text) => sanitised(&clean(text), base),
        Content::Text(text) => paragraphs(&clean(text)),
    };
    let inner = inner.trim();
    if inner.is_empty() {
        return None;
    }
    let direction = if language.is_right_to_left() { " dir=\"rtl\"" } else { "" };
    Some(Html::of_sanitised(format!("<div lang=\"{language}\"{direction}>{inner}</div>")))
}

/// CommonMark with tables, footnotes and strikethrough, as HTML.
pub fn markdown(text: &str) -> String {
    let markers =
        |line: &str| line.chars().take_while(|c| " \t>-+*".contains(*c)).filter(|c| !c.is_whitespace()).count();
    if text.lines().any(|line| (MAX_DEPTH..line.len()).contains(&markers(line))) {
        return paragraphs(text);
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let mut out = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut out, Parser::new_ext(text, options));
    out
}

/// The schemes of links that a reader can follow.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Nesting beyond this is no text that anybody wrote; parsing it would take longer than reading all the rest.
const MAX_DEPTH: usize = 200;

/// An address in a body, resolved; `None` drops it.
fn absolute(base: &Url, written: &str) -> Option<String> {
    let url = base.join(written.trim()).ok()?;
    SCHEMES.contains(&url.scheme()).then(|| url.into())
}

/// HTML without anything that is not text, pictures and links, every address made absolute.
pub fn sanitised(html: &str, base: &Url) -> String {
    if exceeded_limit(html, MAX_DEPTH).is_some() {
        return paragraphs(html);
    }
    let media = ["audio", "source", "video"];
    let base = base.clone();
    let html = frames_as_links(html);
    ammonia::Builder::default()
        .add_tags(media)
        .add_tag_attributes("audio", ["controls", "src"])
        .add_tag_attributes("video", ["controls", "height", "poster", "src", "width"])
        .add_tag_attributes("source", ["src", "type"])
        .link_rel(None)
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::PassThrough)
        .attribute_filter(move |_, name, value| match name {
            "href" | "src" | "poster" | "cite" => absolute(&base, value).map(Cow::Owned),
            _ => Some(Cow::Borrowed(value)),
        })
        .clean(&html)
        .to_string()
}

/// Puts a link to its source in the place of each `<iframe>`.
fn frames_as_links(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    while let Some(start) = lower[at..].find("<iframe").map(|found| at + found) {
        let Some(end) = lower[start..].find('>').map(|found| start + found + 1) else { break };
        out.push_str(&html[at..start]);
        if let Some(source) = attribute(&html[start..end], "src") {
            out.push_str(&format!("<p><a href=\"{source}\">{source}</a></p>"));
        }
        at = end;
    }
    out.push_str(&html[at..]);
    out
}

/// The quoted value of an attribute, still escaped.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let lower = tag.to_ascii_lowercase();
    let value = lower.find(&format!(" {name}=")).map(|at| &tag[at + name.len() + 2..])?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = &value[1..];
    inner.find(quote).map(|end| &inner[..end])
}

/// Plain text as paragraphs, which blank lines part.
fn paragraphs(text: &str) -> String {
    let mut out = String::new();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().chain([""]) {
        if !line.trim().is_empty() {
            lines.push(escaped(line.trim()));
        } else if !lines.is_empty() {
            out.push_str(&format!("<p>{}</p>\n", lines.join("<br>\n")));
            lines.clear();
        }
    }
    out
}

/// Text as HTML.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(content: Content<'_>, tag: &str) -> String {
        let base = Url::parse("https://example.org/en/a.html").unwrap();
        body(content, &base, &Language::parse(tag).unwrap()).map_or(String::new(), |html| html.as_str().to_owned())
    }

    #[test]
    fn every_kind_of_body_becomes_html() {
        assert_eq!(
            html(Content::Markdown("# A\n\n*b* [c](d.html) ![e](/f.png)"), "en"),
            "<div lang=\"en\"><h1>A</h1>\n<p><em>b</em> <a href=\"https://example.org/en/d.html\">c</a> <img src=\"https://example.org/f.png\" alt=\"e\"></p></div>"
        );
        assert_eq!(
            html(Content::Text("a <b>\nc & d\n\n\ne"), "ar"),
            "<div lang=\"ar\" dir=\"rtl\"><p>a &lt;b&gt;<br>\nc &amp; d</p>\n<p>e</p></div>"
        );
        assert_eq!(html(Content::Html("  "), "en"), "");
    }

    #[test]
    fn nothing_is_live() {
        let hostile =
            "<p onclick=x>a</p><script>b</script><style>c</style><a href='javascript:d'>e</a><img src=//h/i onerror=j>";
        assert_eq!(
            html(Content::Html(hostile), "en"),
            "<div lang=\"en\"><p>a</p><a>e</a><img src=\"https://h/i\"></div>"
        );
        assert_eq!(html(Content::Html("&#11;&#xFFFF;a"), "en"), "<div lang=\"en\">a</div>");
    }

    #[test]
    fn every_address_is_absolute() {
        let html_of = |text| html(Content::Html(text), "en");
        assert_eq!(
            html_of("<blockquote cite=c.html>a</blockquote>"),
            "<div lang=\"en\"><blockquote cite=\"https://example.org/en/c.html\">a</blockquote></div>"
        );
        assert_eq!(
            html_of("<a href='HTTP:/x'>a</a>"),
            "<div lang=\"en\"><a href=\"https://x/\">a</a></div>".replace("https", "http")
        );
    }

    #[test]
    fn endless_nesting_is_text() {
        for content in [Content::Html(&"<div>".repeat(100_000)), Content::Markdown(&"> ".repeat(50_000))] {
            assert!(html(content, "en").contains("&gt;"));
        }
    }

    #[test]
    fn a_frame_becomes_a_link() {
        assert_eq!(
            html(Content::Html("<IFRAME width=1 src=\"https://v.example/1?a=1&amp;b\"></IFRAME>x"), "en"),
            "<div lang=\"en\"><p><a href=\"https://v.example/1?a=1&amp;b\">https://v.example/1?a=1&amp;b</a></p>x</div>"
        );
    }
}
