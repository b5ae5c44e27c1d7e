//! Owns exports of WordPress (WXR, all versions) read into entries; never touches languages, topics or files.
//!
//! An export is read twice: what its pictures are called stands anywhere in it, before the posts or behind them.

mod item;
mod paragraphs;
mod shortcodes;

use std::collections::{BTreeMap, HashMap};
use std::io::{BufReader, Read};

use item::Item;

use super::decode::Decoded;
use super::entry::{Author, Image, ParsedEntry};
use super::feed::tree::{self, Element, Space, Taker};
use super::parse_error::ParseError;
use super::visible_text;

/// What an export has besides its entries.
#[derive(Debug, Default)]
struct Media {
    /// Pictures and other files by the ids of their items.
    files: HashMap<String, Attachment>,
    /// How many items there are of each kind that is never a story.
    others: BTreeMap<String, usize>,
    /// The outermost element was there.
    is_export: bool,
}

/// A file that was uploaded.
#[derive(Debug, Clone, Default)]
struct Attachment {
    url: String,
    alt: Option<String>,
    caption: Option<String>,
}

impl Attachment {
    /// The caption says what is shown where nothing else does, else whose picture it is.
    fn picture(&self) -> Image {
        let alt = self.alt.clone().or_else(|| self.caption.clone());
        let credit = self.caption.clone().filter(|_| self.alt.is_some());
        Image { url: Some(self.url.clone()), alt, credit, ..Image::default() }
    }
}

/// Reads an export, which is opened twice; hands on its entries, and tells what a person should know of the rest.
///
/// # Errors
/// It is none, or it cannot be read.
pub fn read<R: Read>(
    open: impl Fn() -> Result<R, ParseError>,
    pages: bool,
    take: &mut dyn FnMut(ParsedEntry),
) -> Result<Vec<String>, ParseError> {
    let mut media = Media::default();
    through(open()?, &mut media)?;
    if !media.is_export {
        return Err(ParseError::new("this is no export of WordPress"));
    }
    let mut posts = Posts { media: &media, pages, authors: None, take };
    let cut = through(open()?, &mut posts)?;
    let mut remarks: Vec<String> = cut.into_iter().collect();
    if !media.others.is_empty() {
        let counts: Vec<String> = media.others.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        remarks.push(format!("parts of the site that are no stories, and were passed over: {}", counts.join(", ")));
    }
    Ok(remarks)
}

/// Takes all items of an export; what is told is why not all was read.
fn through(input: impl Read, taker: &mut dyn Taker) -> Result<Option<String>, ParseError> {
    let mut input = input;
    Ok(tree::read(BufReader::new(Decoded::new(&mut input)?), taker)?.cut)
}

fn is_item(space: Space, name: &str) -> bool {
    space == Space::Plain && name == "item"
}

/// The text of an element of WordPress's own.
fn own(element: &Element, name: &str) -> Option<String> {
    element.first(Space::Wordpress, name).map(|inner| inner.text().trim().to_owned()).filter(|text| !text.is_empty())
}

impl Taker for Media {
    fn is_entry(&self, space: Space, name: &str) -> bool {
        is_item(space, name)
    }

    fn entry(&mut self, entry: Element, around: &[&Element]) {
        self.is_export |=
            around.iter().any(|element| own(element, "wxr_version").is_some()) || own(&entry, "post_type").is_some();
        let kind = own(&entry, "post_type").unwrap_or_default();
        if !item::is_story(&kind) {
            *self.others.entry(kind.clone()).or_insert(0) += 1;
        }
        let file = Item { element: &entry }.attachment().filter(|_| kind == "attachment");
        if let (Some(id), Some(file)) = (own(&entry, "post_id"), file) {
            self.files.insert(id, file);
        }
    }
}

struct Posts<'p> {
    media: &'p Media,
    pages: bool,
    /// By their logins; known as soon as an item comes.
    authors: Option<HashMap<String, Author>>,
    take: &'p mut dyn FnMut(ParsedEntry),
}

impl Taker for Posts<'_> {
    fn is_entry(&self, space: Space, name: &str) -> bool {
        is_item(space, name)
    }

    fn entry(&mut self, entry: Element, around: &[&Element]) {
        if !item::is_story(&own(&entry, "post_type").unwrap_or_default()) {
            return;
        }
        let channel = around.iter().find(|element| element.name == "channel");
        let authors = self.authors.get_or_insert_with(|| channel.map(|channel| authors(channel)).unwrap_or_default());
        let item = Item { element: &entry };
        (self.take)(item.found(channel.copied(), authors, &self.media.files, self.pages));
    }
}

/// The authors of a site by their logins, by the names that people know them by.
fn authors(channel: &Element) -> HashMap<String, Author> {
    let named = channel.all(Space::Wordpress, "author").filter_map(|author| {
        let login = own(author, "author_login")?;
        let parts = [own(author, "author_first_name"), own(author, "author_last_name")];
        let whole = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let name = own(author, "author_display_name").or(Some(whole).filter(|name| !name.is_empty()));
        let name = name.map_or_else(|| login.clone(), |name| visible_text::collapse_whitespace(&name));
        Some((login, Author { name, url: None, email: None }))
    });
    named.collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
