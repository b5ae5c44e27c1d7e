//! The body of an entry: sanitized HTML, with its language and direction, and the figures of a gallery after it.

use html_escape::{encode_double_quoted_attribute, encode_text};
use url::Url;

use crate::markup::{self, Content, Loss, Sanitized};
use crate::model::{Html, Image, Language};

/// Converts a body, `None` if it is empty, and says what it loses. `anchors` is put before each of its ids.
pub fn body(content: Content<'_>, base: &Url, language: &Language, anchors: &str) -> (Option<Html>, Vec<Loss>) {
    let Sanitized { html, losses } = markup::sanitize(content, base, anchors);
    let inner = html.trim();
    if inner.is_empty() {
        return (None, losses);
    }
    (Some(Html::of_sanitized(in_language(inner, language))), losses)
}

/// HTML with its language and direction.
fn in_language(html: &str, language: &Language) -> String {
    format!("<div lang=\"{language}\" dir=\"{}\">{html}</div>", language.direction())
}

/// The figures of a gallery, which follow a body; none without pictures.
pub fn gallery(images: &[Image], language: &Language) -> Option<String> {
    let figures: String = images.iter().map(figure).collect();
    (!figures.is_empty()).then(|| in_language(&figures, language))
}

fn figure(image: &Image) -> String {
    let attribute = |name: &str, value: &str| format!(" {name}=\"{}\"", encode_double_quoted_attribute(value));
    let size = |name: &str, size: Option<u32>| size.map(|size| format!(" {name}=\"{size}\"")).unwrap_or_default();
    let source = attribute("src", image.url.as_str());
    let alt = attribute("alt", image.alt.as_ref().map_or("", |alt| alt.as_str()));
    let sizes = size("width", image.width) + &size("height", image.height);
    let words: Vec<_> =
        [&image.caption, &image.credit].into_iter().flatten().map(|text| encode_text(text.as_str())).collect();
    let caption =
        if words.is_empty() { String::new() } else { format!("<figcaption>{}</figcaption>", words.join(" · ")) };
    format!("<figure><img{source}{alt}{sizes}>{caption}</figure>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(content: Content<'_>, tag: &str) -> String {
        let base = Url::parse("https://example.org/en/a.html").unwrap();
        body(content, &base, &Language::parse(tag).unwrap(), "x-")
            .0
            .map_or(String::new(), |html| html.as_str().to_owned())
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
}
