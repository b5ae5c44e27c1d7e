//! Owns parsing trees of Markdown files with front matter, as static site generators have them; never touches the store.
//!
//! [`source_tree`] -> [`site`], [`source_file`] -> [`tree`] -> [`front_matter`] ([`yaml`], [`value`]) -> [`keys`],
//! [`authors`], [`images`], [`permalink`] -> [`body`] ([`shortcodes`] or [`liquid`] by [`template_scanner`] and
//! [`template_tags`], [`attributes`], [`admonitions`], [`links`])

mod admonitions;
mod attributes;
mod authors;
mod body;
pub mod code;
mod front_matter;
mod images;
mod inline_text;
mod keys;
mod links;
mod liquid;
mod permalink;
mod post_context;
mod read;
mod shortcodes;
mod site;
mod source_file;
mod source_tree;
mod template_scanner;
mod template_tags;
mod tree;
mod value;
mod yaml;

pub use site::Kind;
pub use source_tree::SourceTree;
pub use tree::Tree;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
