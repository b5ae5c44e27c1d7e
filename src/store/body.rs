//! The body of an entry: Markdown, HTML or text, converted to sanitized HTML.
//!
//! Scripts, styles, frames and event handlers are removed; every URL is absolute; language and direction are marked. A frame
//! becomes a link to its source.

use std::borrow::Cow;
use std::collections::HashSet;

use ammonia::UrlRelative;
use pulldown_cmark::{Options, Parser, html};
use url::Url;

use super::complexity::exceeded_limit;
use super::story::Content;
use crate::model::{Html, Language, clean};

/// Converts a body; `None` if it is empty.
pub fn body(content: Content<'_>, base: &Url, language: &Language) -> Option<Html> {
    let inner = match content {
        Content::Markdown(text) => sanitized(&markdown(&clean(text)), base),
        Content::Html(text) => sanitized(&clean(text), base),
        Content::Text(text) => paragraphs(&clean(text)),
    };
    let inner = inner.trim();
    if inner.is_empty() {
        return None;
    }
    Some(Html::of_sanitized(format!("<div lang=\"{language}\" dir=\"{}\">{inner}</div>", language.direction())))
}

/// Converts CommonMark with tables, footnotes and strikethrough to HTML.
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

/// The allowed schemes of links.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Limits nesting, because the time to parse grows with the square of the depth.
const MAX_DEPTH: usize = 200;

/// Resolves a URL of a body; `None` removes the attribute.
fn absolute(base: &Url, written: &str) -> Option<String> {
    let url = base.join(written.trim()).ok()?;
    SCHEMES.contains(&url.scheme()).then(|| url.into())
}

/// Sanitizes HTML, and resolves its URLs.
pub fn sanitized(html: &str, base: &Url) -> String {
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

/// Replaces each `<iframe>` by a link to its source.
fn frames_as_links(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut out = String::with_capacity(html.len());
    let mut at = 0;
    while let Some(start) = lower[at..].find("<iframe").map(|offset| at + offset) {
        let Some(end) = lower[start..].find('>').map(|offset| start + offset + 1) else { break };
        out.push_str(&html[at..start]);
        if let Some(source) = attribute(&html[start..end], "src") {
            out.push_str(&format!("<p><a href=\"{source}\">{source}</a></p>"));
        }
        at = end;
    }
    out.push_str(&html[at..]);
    out
}

/// The quoted value of an attribute, not unescaped.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let lower = tag.to_ascii_lowercase();
    let value = lower.find(&format!(" {name}=")).map(|at| &tag[at + name.len() + 2..])?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let inner = &value[1..];
    inner.find(quote).map(|end| &inner[..end])
}

/// Converts plain text to paragraphs, which are separated by blank lines.
fn paragraphs(text: &str) -> String {
    let mut out = String::new();
    let mut is_open = false;
    for line in text.lines().map(str::trim) {
        let before = match (line.is_empty(), is_open) {
            (true, true) => "</p>\n",
            (true, false) => "",
            (false, true) => "<br>\n",
            (false, false) => "<p>",
        };
        out.push_str(before);
        is_open = !line.is_empty();
        escape_into(&mut out, line);
    }
    if is_open {
        out.push_str("</p>\n");
    }
    out
}

/// Adds text, escaped for HTML.
fn escape_into(out: &mut String, text: &str) {
    for part in text.split_inclusive(['&', '<', '>']) {
        let plain = part.trim_end_matches(['&', '<', '>']);
        out.push_str(plain);
        out.push_str(match &part[plain.len()..] {
            "&" => "&amp;",
            "<" => "&lt;",
            ">" => "&gt;",
            _ => "",
        });
    }
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
            "<div lang=\"en\" dir=\"ltr\"><h1>A</h1>\n<p><em>b</em> <a href=\"https://example.org/en/d.html\">c</a> <img src=\"https://example.org/f.png\" alt=\"e\"></p></div>"
        );
        assert_eq!(
            html(Content::Text("a <b>\nc & d\n\n\ne"), "ar"),
            "<div lang=\"ar\" dir=\"rtl\"><p>a &lt;b&gt;<br>\nc &amp; d</p>\n<p>e</p></div>"
        );
        assert_eq!(html(Content::Html("  "), "en"), "");
    }

    #[test]
    fn active_content_is_removed() {
        let hostile =
            "<p onclick=x>a</p><script>b</script><style>c</style><a href='javascript:d'>e</a><img src=//h/i onerror=j>";
        assert_eq!(
            html(Content::Html(hostile), "en"),
            "<div lang=\"en\" dir=\"ltr\"><p>a</p><a>e</a><img src=\"https://h/i\"></div>"
        );
        assert_eq!(html(Content::Html("&#11;&#xFFFF;a"), "en"), "<div lang=\"en\" dir=\"ltr\">a</div>");
    }

    #[test]
    fn every_url_is_absolute() {
        let html_of = |text| html(Content::Html(text), "en");
        assert_eq!(
            html_of("<blockquote cite=c.html>a</blockquote>"),
            "<div lang=\"en\" dir=\"ltr\"><blockquote cite=\"https://example.org/en/c.html\">a</blockquote></div>"
        );
        assert_eq!(
            html_of("<a href='HTTP:/x'>a</a>"),
            "<div lang=\"en\" dir=\"ltr\"><a href=\"https://x/\">a</a></div>".replace("https", "http")
        );
    }

    #[test]
    fn excessive_nesting_is_shown_as_text() {
        for content in [Content::Html(&"<div>".repeat(100_000)), Content::Markdown(&"> ".repeat(50_000))] {
            assert!(html(content, "en").contains("&gt;"));
        }
    }

    #[test]
    fn a_frame_becomes_a_link() {
        assert_eq!(
            html(Content::Html("<IFRAME width=1 src=\"https://v.example/1?a=1&amp;b\"></IFRAME>x"), "en"),
            "<div lang=\"en\" dir=\"ltr\"><p><a href=\"https://v.example/1?a=1&amp;b\">https://v.example/1?a=1&amp;b</a></p>x</div>"
        );
    }
}
