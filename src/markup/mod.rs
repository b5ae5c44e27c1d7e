//! Markup that others wrote: HTML or Markdown in, sanitized HTML and a list of what is lost out.
//!
//! A body is parsed once, as a browser without scripts reads it (HTML §13, scripting off). Passes over the tree keep what
//! a reader sees: frames and players become links ([`frames`]), lazy images get their address ([`media`]), formulas and
//! drawings their text ([`formulas`]), references within the body stay ([`ids`]), and what has no place in a feed becomes
//! what means the same ([`elements`]). `ammonia` is the last step ([`policy`]), so that no mistake before it can publish
//! active content.
//!
//! Never touches: stories, feeds, files.

mod addresses;
mod elements;
mod formulas;
mod frames;
mod ids;
mod limits;
mod losses;
mod markdown;
mod media;
mod policy;
mod text;
mod tree;

#[cfg(test)]
mod tests;

use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::clean;
use addresses::Addresses;
pub use limits::exceeded_limit;
pub use losses::Loss;
pub use markdown::to_html as markdown;
pub use text::{decode_references, has_tags, links, tags, tokenize, visible_text};
use tree::Tree;

/// Limits nesting, because the time to parse grows with the square of the depth.
pub(crate) const MAX_DEPTH: usize = 200;

/// A body as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content<'r> {
    Markdown(&'r str),
    Html(&'r str),
    Text(&'r str),
}

/// A body that can be published, without an element around it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sanitized {
    /// Empty if nothing is left.
    pub html: String,
    /// What a reader of the original would see and a reader of this does not.
    pub losses: Vec<Loss>,
}

/// Makes a body publishable: sanitized, with absolute addresses. `anchors` is put before each id, so that bodies on one
/// page do not share any.
pub fn sanitize(content: Content<'_>, base: &Url, anchors: &str) -> Sanitized {
    match content {
        Content::Markdown(text) => sanitize_html(&markdown(&clean(text)), base, anchors),
        Content::Html(text) => sanitize_html(&clean(text), base, anchors),
        Content::Text(text) => Sanitized { html: text::paragraphs(&clean(text)), losses: Vec::new() },
    }
}

/// What is put before the ids in the body of an entry: short, and as distinct as the entry's own id.
pub fn anchor_prefix(entry_id: &str) -> String {
    format!("e{:08x}-", xxh3_64(entry_id.as_bytes()) >> 32)
}

fn sanitize_html(html: &str, base: &Url, anchors: &str) -> Sanitized {
    if exceeded_limit(html, MAX_DEPTH).is_some() {
        return Sanitized { html: text::paragraphs(html), losses: Vec::new() };
    }
    let mut tree = Tree::parse(html);
    let addresses = Addresses { base };
    let mut losses = Vec::new();
    elements::remove_hidden(&mut tree);
    elements::open_fallbacks(&mut tree);
    formulas::replace(&mut tree, &mut losses);
    frames::replace(&mut tree, &addresses, &mut losses);
    media::rewrite(&mut tree, &addresses, &mut losses);
    ids::rewrite(&mut tree, anchors);
    elements::rewrite(&mut tree, &addresses, &mut losses);
    Sanitized { html: policy::clean(&tree.into_html()), losses }
}
