//! Owns links to what a post embeds from other sites by an address.

use std::fmt::Write as _;

use html_escape::{encode_double_quoted_attribute, encode_text};

use crate::import::html_tag::{self, HtmlTag};

/// Whether a text is an address alone.
pub fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_delimiter = |letter: char| letter.is_whitespace() || letter.is_control() || "<>\"[]".contains(letter);
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_alphanumeric()) && !rest.contains(is_delimiter))
}

/// Writes a link to an address.
pub fn link(url: &str, out: &mut String) {
    let _ = write!(out, "<a href=\"{}\">{}</a>", encode_double_quoted_attribute(url), encode_text(url));
}

/// The content of the first `figcaption` of a text.
pub fn caption(html: &str) -> Option<&str> {
    let mut at = 0;
    while let Some(next) = html[at..].find('<') {
        at += next;
        match HtmlTag::parse(&html[at..]) {
            Some(tag) if tag.is("figcaption") && !tag.is_end => {
                let inner = &html[at + tag.length..];
                let end = html_tag::end_tag(&inner.to_ascii_lowercase(), "figcaption")?.start;
                return Some(inner[..end].trim()).filter(|caption| !caption.is_empty());
            }
            Some(tag) => at += tag.length,
            None => at += 1,
        }
    }
    None
}
