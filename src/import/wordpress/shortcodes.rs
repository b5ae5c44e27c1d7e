//! Owns the tags of shortcodes, and what becomes of those that show something.
//!
//! `[sic]`, `[1]` and `[…]` are no shortcodes.

use super::body::Resolver;
use super::embeds::{is_address, link};
use super::gallery;
use crate::import::embeds::{ANY_USER, is_id, post_url, vimeo_url, youtube_url};
use crate::markup::decode_references;

/// Shortcodes recognized without attributes or an end tag.
const BARE_SHORTCODES: [&str; 16] = [
    "audio", "caption", "contact-form", "embed", "gallery", "jetpack-related-posts", "more", "playlist", "products",
    "slideshow", "toc", "tweet", "video", "vimeo", "wp_caption", "youtube",
];

/// A shortcode's tag.
pub struct Tag<'t> {
    pub name: &'t str,
    pub attributes: &'t str,
    pub is_end: bool,
    /// Its length with the brackets.
    pub length: usize,
}

impl Tag<'_> {
    /// Whether it is one. `end_tags`: those of its body.
    pub fn is_shortcode(&self, end_tags: &[&str]) -> bool {
        self.is_end
            || BARE_SHORTCODES.contains(&self.name)
            || self.attributes.contains('=')
            || end_tags.binary_search(&self.name).is_ok()
    }
}

/// The sorted names of all end tags; a tag with one of them is a shortcode.
pub fn end_tags(html: &str) -> Vec<&str> {
    let mut names: Vec<&str> =
        html.match_indices("[/").filter_map(|(at, _)| tag(&html[at..])).map(|tag| tag.name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

const MAX_TAG_CHARS: usize = 4000;

/// The shortcode tag at the start of a text.
pub fn tag(text: &str) -> Option<Tag<'_>> {
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
pub fn attribute(attributes: &str, name: &str) -> Option<String> {
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

/// The address between the tags of a shortcode.
pub struct Embedded {
    pub url: String,
    /// The length of the address and the end tag.
    pub length: usize,
}

/// The address that a shortcode embeds: `[embed]https://…[/embed]`. `rest`: the text behind its tag.
pub fn embedded(opening: &Tag<'_>, rest: &str) -> Option<Embedded> {
    if opening.is_end || !["embed", "youtube", "vimeo", "tweet"].contains(&opening.name) {
        return None;
    }
    let inner = &rest[..rest.find('[')?];
    let end = tag(&rest[inner.len()..]).filter(|tag| tag.is_end && tag.name == opening.name)?;
    let url = decode_references(inner.trim()).into_owned();
    is_address(&url).then_some(Embedded { url, length: inner.len() + end.length })
}

/// Writes the HTML for a shortcode.
pub fn write(tag: &Tag<'_>, resolver: &mut Resolver<'_>) {
    if tag.name == "gallery" {
        return gallery::read_shortcode(tag.attributes, resolver);
    }
    let out = &mut resolver.body.html;
    match tag.name {
        "embed" => {
            if let Some(url) = attribute(tag.attributes, "src").filter(|url| is_address(url)) {
                link(&url, out);
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
