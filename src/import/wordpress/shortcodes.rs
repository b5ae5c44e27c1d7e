//! Owns resolving shortcodes and block comments; unknown ones are removed, and the text between them stays.
//!
//! `[sic]`, `[1]` and `[…]` are no shortcodes, nor is anything in code samples or in a tag.

use std::collections::HashMap;
use std::fmt::Write as _;

use html_escape::{encode_double_quoted_attribute, encode_text};

use super::Attachment;
use crate::import::embeds::{ANY_USER, is_id, post_url, vimeo_url, youtube_url};
use crate::import::html_tag::{self, HtmlTag};
use crate::markup::decode_references;

/// Shortcodes recognized without attributes or an end tag.
const BARE_SHORTCODES: [&str; 16] = [
    "audio", "caption", "contact-form", "embed", "gallery", "jetpack-related-posts", "more", "playlist", "products",
    "slideshow", "toc", "tweet", "video", "vimeo", "wp_caption", "youtube",
];

/// A shortcode's tag.
struct Tag<'t> {
    name: &'t str,
    attributes: &'t str,
    is_end: bool,
    /// Its length with the brackets.
    length: usize,
}

/// Resolves the shortcodes and block comments of a body.
pub fn resolve(html: &str, files: &HashMap<String, Attachment>) -> String {
    let end_tags = end_tags(html);
    let mut code = CodeScanner { lower: html.to_ascii_lowercase(), unclosed: Vec::new() };
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // The text for the end of the open caption.
    let mut caption: Option<String> = None;
    while let Some(at) = rest.find(['<', '[']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(length) = comment(rest) {
            rest = &rest[length..];
        } else if let Some(length) = code.write_sample(rest, &mut out) {
            rest = &rest[length..];
        } else if let Some(length) = code.length(rest).or_else(|| HtmlTag::parse(rest).map(|tag| tag.length)) {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if let Some(inner) = rest.strip_prefix("[[") {
            // An escaped shortcode.
            let shown = tag(&rest[1..]).filter(|tag| rest[1 + tag.length..].starts_with(']'));
            let length = shown.map_or(1, |tag| tag.length);
            out.push_str(&rest[1..1 + length]);
            rest = &inner[length - 1..];
            rest = rest.strip_prefix(']').filter(|_| length > 1).unwrap_or(rest);
        } else if let Some(tag) = tag(rest).filter(|tag| is_shortcode(tag, &end_tags)) {
            rest = &rest[tag.length..];
            match (tag.name, tag.is_end) {
                ("caption" | "wp_caption", false) => {
                    if let Some(text) = caption.take() {
                        close_caption(&mut out, &text);
                    }
                    out.push_str("\n\n<figure>");
                    caption = Some(attribute(tag.attributes, "caption").unwrap_or_default());
                }
                ("caption" | "wp_caption", true) => {
                    if let Some(text) = caption.take() {
                        close_caption(&mut out, &text);
                    }
                }
                (_, true) => {}
                (_, false) => write_shortcode(&tag, files, &mut out),
            }
        } else {
            let first = &rest[..1];
            out.push_str(first);
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    if let Some(text) = caption {
        close_caption(&mut out, &text);
    }
    out
}

/// The sorted names of all end tags; a tag with one of them is a shortcode.
fn end_tags(html: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        html.match_indices("[/").filter_map(|(at, _)| tag(&html[at..])).map(|tag| tag.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn is_shortcode(tag: &Tag<'_>, end_tags: &[&str]) -> bool {
    tag.is_end
        || BARE_SHORTCODES.contains(&tag.name)
        || tag.attributes.contains('=')
        || end_tags.binary_search(&tag.name).is_ok()
}

/// The length of the comment at the start of a text.
fn comment(text: &str) -> Option<usize> {
    text.starts_with("<!--").then(|| text.find("-->").map_or(text.len(), |end| end + 3))
}

/// Finds code samples.
struct CodeScanner {
    /// The body in lower case.
    lower: String,
    /// The elements without an end tag in the rest.
    unclosed: Vec<&'static str>,
}

impl CodeScanner {
    /// The length of the code sample at the start of the rest.
    fn length(&mut self, rest: &str) -> Option<usize> {
        let HtmlTag { length, name, is_end, .. } = HtmlTag::parse(rest)?;
        let mut names = ["pre", "code", "script", "style", "textarea"].into_iter();
        let name = names.find(|known| known.eq_ignore_ascii_case(name) && !self.unclosed.contains(known))?;
        let lower = &self.lower[self.lower.len() - rest.len()..];
        let end = html_tag::end_tag(lower, name).map(|end| end.start).filter(|_| !is_end);
        if end.is_none() && !is_end {
            self.unclosed.push(name);
        }
        end.filter(|end| *end >= length)
    }

    /// Writes the code sample at the start of the rest, if it is one of a plugin that shows its content as it is
    /// (SyntaxHighlighter, WP-Syntax): `[code]…[/code]`, `<pre lang="php">…</pre>`. Returns its length.
    fn write_sample(&mut self, rest: &str, out: &mut String) -> Option<usize> {
        let lower = &self.lower[self.lower.len() - rest.len()..];
        let (start, end) = if let Some(tag) = tag(rest).filter(|tag| !tag.is_end) {
            let name = CODE_SHORTCODES.into_iter().find(|name| *name == tag.name && !self.unclosed.contains(name))?;
            let Some(end) = lower.find(&format!("[/{name}]")) else {
                self.unclosed.push(name);
                return None;
            };
            (tag.length, end..end + name.len() + 3)
        } else {
            let tag = HtmlTag::parse(rest).filter(|tag| tag.is("pre") && !tag.is_end)?;
            let has = |name: &str| tag.attributes.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            if !has("lang") || has("escaped") || self.unclosed.contains(&"pre") {
                return None;
            }
            (tag.length, html_tag::end_tag(lower, "pre")?)
        };
        let code = decode_references(rest.get(start..end.start)?);
        let _ = write!(out, "\n\n<pre><code>{}</code></pre>\n\n", encode_text(code.trim_matches(['\r', '\n'])));
        Some(end.end)
    }
}

/// Shortcodes whose content is code.
const CODE_SHORTCODES: [&str; 3] = ["code", "sourcecode", "source"];

const MAX_TAG_CHARS: usize = 4000;

/// The shortcode tag at the start of a text.
fn tag(text: &str) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('[')?;
    let (inner, is_end) = inner.strip_prefix('/').map_or((inner, false), |inner| (inner, true));
    let end = inner.find(|letter: char| !(letter.is_ascii_alphanumeric() || "_-".contains(letter)))?;
    let name = &inner[..end];
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return None;
    }
    let start = text.len() - inner.len() + end;
    let mut quote = None;
    for (at, letter) in text[start..].char_indices().take(MAX_TAG_CHARS) {
        match (quote, letter) {
            (None, ']') => {
                let attributes = text[start..start + at].trim_end_matches('/').trim();
                let is_apart = at == 0 || text[start..].starts_with([' ', '\n', '\t', '/', '\u{a0}']);
                return is_apart.then_some(Tag { name, attributes, is_end, length: start + at + 1 });
            }
            (None, '[') => return None,
            (None, '"' | '\'') if text[..start + at].ends_with('=') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

/// The value of an attribute.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let mut from = 0;
    while let Some(at) = attributes[from..].find(name).map(|at| from + at) {
        from = at + name.len();
        let begins = attributes[..at].chars().next_back().is_none_or(char::is_whitespace);
        let Some(value) = attributes[from..].strip_prefix('=').filter(|_| begins) else { continue };
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split_whitespace().next(),
        };
        return value.map(str::to_owned).filter(|value| !value.is_empty());
    }
    None
}

/// Writes the HTML for a shortcode.
fn write_shortcode(tag: &Tag<'_>, files: &HashMap<String, Attachment>, out: &mut String) {
    match tag.name {
        "gallery" => {
            let ids =
                attribute(tag.attributes, "ids").or_else(|| attribute(tag.attributes, "include")).unwrap_or_default();
            for file in ids.split(',').filter_map(|id| files.get(id.trim())) {
                let alt = file.alt.as_deref().unwrap_or_default();
                let (url, alt) = (encode_double_quoted_attribute(&file.url), encode_double_quoted_attribute(alt));
                let _ = write!(out, "\n\n<figure><img src=\"{url}\" alt=\"{alt}\">");
                close_caption(out, &encode_text(file.caption.as_deref().unwrap_or_default()));
            }
        }
        "audio" | "video" => {
            let keys = ["src", "mp4", "mp3", "webm", "ogv", "ogg", "m4v", "m4a", "wav"];
            if let Some(url) = keys.iter().find_map(|key| attribute(tag.attributes, key)) {
                link(&url, out);
            }
        }
        "youtube" | "vimeo" | "tweet" => {
            let video = ["url", "id"].iter().find_map(|key| attribute(tag.attributes, key)).unwrap_or_else(|| {
                let first = tag.attributes.split_whitespace().next().unwrap_or_default();
                first.trim_start_matches('=').trim_matches(['"', '\'']).to_owned()
            });
            match tag.name {
                _ if video.contains("://") => link(&video, out),
                _ if !is_id(&video) => {}
                "youtube" => link(&youtube_url(&video), out),
                "vimeo" => link(&vimeo_url(&video), out),
                _ => link(&post_url(ANY_USER, &video), out),
            }
        }
        _ => {}
    }
}

fn link(url: &str, out: &mut String) {
    let _ = write!(out, "<a href=\"{}\">{}</a>", encode_double_quoted_attribute(url), encode_text(url));
}

/// Closes a figure: the content after its image becomes its caption.
fn close_caption(out: &mut String, text: &str) {
    let start = out.rfind("<figure>").map_or(out.len(), |at| at + "<figure>".len());
    let figure = out.split_off(start);
    let end = html_tag::last_start_tag(&figure, "img").map_or(0, |picture| {
        let behind = figure[picture.end..].trim_start();
        let link = HtmlTag::parse(behind).filter(|tag| tag.is_end && tag.is("a"));
        link.map_or(picture.end, |link| figure.len() - behind.len() + link.length)
    });
    let (picture, behind) = figure.split_at(end);
    let words = [behind.trim(), text.trim()].into_iter().find(|words| !words.is_empty()).unwrap_or_default();
    out.push_str(picture.trim());
    if !words.is_empty() {
        let _ = write!(out, "<figcaption>{words}</figcaption>");
    }
    out.push_str("</figure>\n\n");
}
