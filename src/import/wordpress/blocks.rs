//! Owns the comments of the block editor whose blocks are more than the HTML between them: footnotes, embeds and galleries.
//!
//! A block is `<!-- wp:name {"attribute": …} -->…<!-- /wp:name -->`, or `<!-- wp:name {…} /-->` without content.

use std::fmt::Write as _;

use memchr::memmem;
use serde_json::Value;

use super::body::Resolver;
use super::embeds::{self, is_address};
use super::footnotes;
use super::gallery::Gallery;

/// What the names of the blocks begin with, apart from their own.
const OPENING: &str = "<!-- wp:";
const CLOSING: &str = "<!-- /wp:";

/// A block with its content.
struct Block<'t> {
    attributes: Value,
    /// Empty for one without content.
    inner: &'t str,
    /// Its length with the comments.
    length: usize,
}

impl<'t> Block<'t> {
    /// The block at the start of a text, if its name begins with this, unless one like it is within.
    fn parse(text: &'t str, name: &str) -> Option<Block<'t>> {
        let written = text.strip_prefix(OPENING)?.strip_prefix(name)?;
        let end_of_opening = text.find("-->")? + 3;
        let opening = text.get(text.len() - written.len()..end_of_opening - 3)?.trim_end();
        let (opening, is_empty) = opening.strip_suffix('/').map_or((opening, false), |opening| (opening, true));
        let attributes = opening.find('{').and_then(|at| serde_json::from_str(&opening[at..]).ok()).unwrap_or_default();
        if is_empty {
            return Some(Block { attributes, inner: "", length: end_of_opening });
        }
        // The search ends at the next block of the name, so that the time for many open ones does not grow with their square.
        let rest = &text[end_of_opening..];
        let next = memmem::find(rest.as_bytes(), format!("wp:{name}").as_bytes())?;
        let inner = rest[..next].strip_suffix(CLOSING.strip_suffix("wp:")?)?;
        let length = end_of_opening + next + rest[next..].find("-->")? + 3;
        Some(Block { attributes, inner, length })
    }
}

/// Writes what the block at the start of a text shows, if it is one of these. Returns its length.
pub fn write(text: &str, resolver: &mut Resolver<'_>) -> Option<usize> {
    if !text.starts_with(OPENING) {
        return None;
    }
    if let Some(block) = Block::parse(text, "footnotes") {
        footnotes::write(&mut resolver.footnotes, &mut resolver.body.html);
        return Some(block.length);
    }
    if let Some(block) = ["embed", "core-embed/"].iter().find_map(|name| Block::parse(text, name)) {
        return embed(&block, resolver).then_some(block.length);
    }
    let block = Block::parse(text, "gallery")?;
    gallery(&block, resolver).then_some(block.length)
}

/// Takes the pictures of a gallery out of the text; what is written below all of them stays. Returns whether it has any.
fn gallery(block: &Block<'_>, resolver: &mut Resolver<'_>) -> bool {
    let gallery = Gallery::parse(block.inner, resolver.media);
    if gallery.images.is_empty() {
        return false;
    }
    gallery.images.into_iter().for_each(|image| resolver.add_image(image));
    for caption in gallery.captions {
        let _ = write!(resolver.body.html, "\n\n{caption}\n\n");
    }
    true
}

/// Writes a link to what a block embeds, with its caption. Returns whether the block says what that is.
fn embed(block: &Block<'_>, resolver: &mut Resolver<'_>) -> bool {
    let Some(url) = block.attributes.get("url").and_then(Value::as_str).filter(|url| is_address(url)) else {
        return false;
    };
    let out = &mut resolver.body.html;
    out.push_str("\n\n");
    match embeds::caption(block.inner) {
        Some(caption) => {
            out.push_str("<figure>");
            embeds::link(url, out);
            let _ = write!(out, "<figcaption>{caption}</figcaption></figure>");
        }
        None => embeds::link(url, out),
    }
    out.push_str("\n\n");
    true
}
