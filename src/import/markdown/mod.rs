//! Owns trees of Markdown files with front matter, as static site generators hold them; never touches the store.
//!
//! [`place`] -> [`site`], [`names`] -> [`tree`] -> [`front_matter`] ([`yaml`], [`value`]) -> [`keys`], [`authors`], [`pictures`],
//! [`address`] -> [`body`] ([`shortcodes`] or [`liquid`] by [`walk`] and [`tags`], [`attributes`], [`blocks`], [`addresses`])

mod address;
mod addresses;
mod attributes;
mod authors;
mod blocks;
mod body;
mod code;
mod dates;
mod front_matter;
mod inline_text;
mod keys;
mod liquid;
mod pictures;
mod post_context;
mod read;
mod shortcodes;
mod site;
mod source_file;
mod source_tree;
mod tags;
mod template_scanner;
mod tree;
mod value;
mod yaml;

pub use site::Kind;
pub use source_tree::SourceTree;
pub use tree::Tree;

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests;
