//! Owns parsing WordPress exports (WXR, all versions) into entries; never touches topics or files.
//!
//! An export is read twice, because attachments may come after the posts that use them.

mod blocks;
mod body;
mod code_samples;
mod embeds;
mod footnotes;
mod gallery;
mod item;
mod media;
mod paragraphs;
mod shortcodes;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufReader, Read};

use item::Item;
use media::Media;

use super::entry::{Author, ParsedEntry};
use super::feed::tree::{self, Element, EntryHandler, Namespace, ReadOutcome};
use super::language_marks;
use super::parse_error::ParseError;
use super::source_text;

/// The first pass: attachments and counts.
#[derive(Debug, Default)]
struct MediaIndex {
    files: Media,
    /// The number of items of each internal post type.
    skipped_types: BTreeMap<String, usize>,
    /// It has the marks of an export.
    is_export: bool,
    /// The address of the site.
    site: Option<String>,
}

/// The metadata of an export.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Head {
    /// Remarks on the whole export.
    pub notes: Vec<String>,
    /// Why it was not read to its end, if it was not.
    pub truncation: Option<String>,
    /// The address of the site.
    pub site: Option<String>,
}

/// Parses an export, which is opened twice.
pub fn read<R: Read>(
    open: impl Fn() -> Result<R, ParseError>,
    pages: bool,
    emit: &mut dyn FnMut(ParsedEntry),
) -> Result<Head, ParseError> {
    let mut media = MediaIndex::default();
    let outcome = read_items(open()?, &mut media)?;
    let channel = outcome.root.as_ref().and_then(|root| root.elements().find(|element| element.name == "channel"));
    media.is_export |= channel.is_some_and(|channel| wp_text(channel, "wxr_version").is_some());
    if !media.is_export
        && let Some(why) = outcome.truncation
    {
        return Err(ParseError::new(why));
    }
    if !media.is_export {
        return Err(ParseError::new("this is no export of WordPress"));
    }
    let mut posts = PostReader { media: &media, pages, authors: None, emit };
    let truncation = read_items(open()?, &mut posts)?.truncation;
    let mut notes = Vec::new();
    if !media.skipped_types.is_empty() {
        let counts: Vec<String> = media.skipped_types.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        notes.push(format!("parts of the site that are no stories, and were passed over: {}", counts.join(", ")));
    }
    Ok(Head { site: media.site, notes, truncation })
}

/// Reads all items of an export.
fn read_items(input: impl Read, handler: &mut dyn EntryHandler) -> Result<ReadOutcome, ParseError> {
    Ok(tree::read(BufReader::new(input), handler)?)
}

fn is_item(namespace: Namespace, name: &str) -> bool {
    namespace == Namespace::Plain && name == "item"
}

/// The text of a child in the `wp` namespace.
fn wp_text(element: &Element, name: &str) -> Option<String> {
    element.child(Namespace::Wordpress, name).map(Element::trimmed_text).filter(|text| !text.is_empty())
}

impl EntryHandler for MediaIndex {
    fn is_entry(&self, namespace: Namespace, name: &str) -> bool {
        is_item(namespace, name)
    }

    fn entry(&mut self, entry: Element, around: &[&Element]) {
        if self.site.is_none() {
            let channel = around.iter().find(|element| element.name == "channel");
            let link = channel.and_then(|channel| channel.child(Namespace::Plain, "link")).map(Element::trimmed_text);
            self.site = link.filter(|link| !link.is_empty());
        }
        self.is_export |= around.iter().any(|element| wp_text(element, "wxr_version").is_some())
            || wp_text(&entry, "post_type").is_some();
        let kind = wp_text(&entry, "post_type").unwrap_or_default();
        if !item::is_content(&kind) {
            *self.skipped_types.entry(kind.clone()).or_insert(0) += 1;
        }
        let file = Item { element: &entry }.attachment().filter(|_| kind == "attachment");
        if let (Some(id), Some(file)) = (wp_text(&entry, "post_id"), file) {
            if let Some(post) = wp_text(&entry, "post_parent") {
                let position = wp_text(&entry, "menu_order").and_then(|position| position.parse().ok());
                self.files.attach(id.clone(), post, position.unwrap_or_default());
            }
            self.files.insert(id, file);
        }
    }
}

struct PostReader<'p> {
    media: &'p MediaIndex,
    pages: bool,
    /// By login; read from the channel at the first item.
    authors: Option<HashMap<String, Author>>,
    emit: &'p mut dyn FnMut(ParsedEntry),
}

impl EntryHandler for PostReader<'_> {
    fn is_entry(&self, namespace: Namespace, name: &str) -> bool {
        is_item(namespace, name)
    }

    fn entry(&mut self, entry: Element, around: &[&Element]) {
        if !item::is_content(&wp_text(&entry, "post_type").unwrap_or_default()) {
            return;
        }
        let channel = around.iter().find(|element| element.name == "channel");
        let authors = self.authors.get_or_insert_with(|| channel.map(|channel| authors(channel)).unwrap_or_default());
        let parse =
            |entry: &Element| Item { element: entry }.parse(channel.copied(), authors, &self.media.files, self.pages);
        language_marks::parse_each(&entry, parse).into_iter().for_each(&mut self.emit);
    }
}

/// The authors by login, with their display names.
fn authors(channel: &Element) -> HashMap<String, Author> {
    let named = channel.children_named(Namespace::Wordpress, "author").filter_map(|author| {
        let login = wp_text(author, "author_login")?;
        let parts = [wp_text(author, "author_first_name"), wp_text(author, "author_last_name")];
        let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = wp_text(author, "author_display_name").or(Some(whole).filter(|name| !name.is_empty()));
        let name = name.map_or_else(|| login.clone(), |name| source_text::collapse_whitespace(&name));
        Some((login, Author { name, url: None, email: None }))
    });
    named.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod body_tests;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
