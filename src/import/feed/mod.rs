//! Owns parsing feeds into entries: RSS 0.90 to 2.0 and 1.1, Atom 0.3 and 1.0, JSON Feed; never touches topics or files.
//!
//! Entries are emitted one by one, so that memory is bounded by the longest entry. Incomplete entries are emitted too.

mod base;
mod gallery;
mod json;
mod media;
pub mod tree;
mod xml;

use std::io::{self, BufRead, BufReader, Read};

pub use media::is_image_url;
use tree::{Element, EntryHandler, Namespace};

use crate::import::entry::{ParsedDate, ParsedEntry};
use crate::import::language_marks;
use crate::import::parse_error::ParseError;

/// The metadata of a feed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Head {
    /// What identifies it: its id, else its self link, else its channel's link.
    pub id: Option<String>,
    pub title: Option<String>,
    pub language: Option<String>,
    pub link: Option<String>,
    /// When it was published or last changed.
    pub date: Option<ParsedDate>,
    /// Why it was not read to its end, if it was not.
    pub truncation: Option<String>,
}

/// Parses a feed, which is opened once or twice. `address`: where it was fetched. `is_own`: it is this site's own, even
/// if it does not say that tidings generated it.
pub fn read<R: Read>(
    open: impl Fn() -> io::Result<R>,
    address: Option<&str>,
    is_own: bool,
    emit: &mut dyn FnMut(ParsedEntry),
) -> Result<Head, ParseError> {
    let mut input = BufReader::new(open()?);
    match first_letter(&mut input)? {
        None => Err(ParseError::new("it is empty")),
        Some(b'{' | b'[') => json::read(&mut input, json::members(&mut BufReader::new(open()?)), address, emit),
        Some(_) => read_xml(input, address, is_own, emit),
    }
}

/// Skips white space and peeks at the next byte.
fn first_letter(input: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let buffer = input.fill_buf()?;
        if buffer.is_empty() {
            return Ok(None);
        }
        match buffer.iter().position(|byte| !byte.is_ascii_whitespace()) {
            Some(at) => {
                let first = buffer[at];
                input.consume(at);
                return Ok(Some(first));
            }
            None => {
                let length = buffer.len();
                input.consume(length);
            }
        }
    }
}

struct Entries<'t> {
    address: Option<&'t str>,
    is_own: bool,
    /// It is an export of WordPress, which says more of its entries than a feed: which of them are public.
    is_export: bool,
    emit: &'t mut dyn FnMut(ParsedEntry),
    count: usize,
}

impl EntryHandler for Entries<'_> {
    fn is_entry(&self, namespace: Namespace, name: &str) -> bool {
        matches!(
            (namespace, name),
            (Namespace::Plain | Namespace::Rdf, "item") | (Namespace::Atom | Namespace::Plain, "entry")
        )
    }

    fn entry(&mut self, entry: Element, around: &[&Element]) {
        self.count += 1;
        self.is_export |= around.iter().any(|element| is_of_export(element)) || is_of_export(&entry);
        if !self.is_export {
            let parse = |entry: &Element| xml::parse_entry(entry, around, self.address, self.is_own);
            language_marks::parse_each(&entry, parse).into_iter().for_each(&mut self.emit);
        }
    }
}

/// Whether an element is one of an export of WordPress, or declares the namespace of one.
fn is_of_export(element: &Element) -> bool {
    let is_declared = |(name, uri): &(String, String)| {
        name.starts_with("xmlns") && tree::namespace_of_uri(uri) == Namespace::Wordpress
    };
    element.attributes.iter().any(is_declared)
        || ["wxr_version", "post_type", "status", "post_password"]
            .iter()
            .any(|name| element.child(Namespace::Wordpress, name).is_some())
}

fn read_xml(
    input: impl BufRead,
    address: Option<&str>,
    is_own: bool,
    emit: &mut dyn FnMut(ParsedEntry),
) -> Result<Head, ParseError> {
    let mut entries = Entries { address, is_own, is_export: false, emit, count: 0 };
    let outcome = tree::read(input, &mut entries)?;
    let count = entries.count;
    let root = outcome.root.as_ref();
    let channel = root.and_then(xml::channel);
    if entries.is_export || [root, channel].into_iter().flatten().any(is_of_export) {
        return Err(ParseError::new(
            "this is an export of WordPress, and as a feed its drafts and protected posts would be public; read it with `--from wordpress`",
        ));
    }
    let is_feed = root.is_some_and(|root| matches!(root.name.as_str(), "rss" | "rdf" | "feed" | "channel"));
    if count == 0 && !is_feed {
        let message = match root.map(|root| root.name.as_str()) {
            Some("html") => "this is an HTML page, not a feed".to_owned(),
            Some("opml") => "this is a list of feeds (OPML), not a feed".to_owned(),
            Some("urlset" | "sitemapindex") => "this is a sitemap, not a feed".to_owned(),
            Some(name) => format!("this is XML of another kind (`{name}`), not a feed"),
            None if outcome.truncation.is_some() => "it ends early, in its first tag".to_owned(),
            None => "this is neither XML nor JSON, so it is no feed".to_owned(),
        };
        return Err(ParseError::new(message));
    }
    Ok(Head {
        id: channel.and_then(xml::feed_id),
        title: channel.and_then(xml::heading),
        language: root.and_then(xml::language).or_else(|| channel.and_then(xml::language)),
        link: channel.and_then(xml::page),
        date: channel.and_then(xml::date_of_feed),
        truncation: outcome.truncation,
    })
}

#[cfg(test)]
mod tests;
