//! Elements of other namespaces, shared by Atom and RSS.

use std::collections::BTreeMap;

use crate::model::{Enclosure, Entry, Image};

/// An element with a prefixed name, from which the extensions of both crates are made.
pub struct Element {
    name: String,
    value: Option<String>,
    attributes: BTreeMap<String, String>,
    children: Vec<Element>,
}

/// The namespaces of the elements that Atom and RSS share.
pub const HISTORY: (&str, &str) = ("fh", "http://purl.org/syndication/history/1.0");
/// Media RSS.
pub const MEDIA: (&str, &str) = ("media", "http://search.yahoo.com/mrss/");

impl Element {
    /// An empty element.
    pub fn new(name: &str) -> Self {
        Element { name: name.to_owned(), value: None, attributes: BTreeMap::new(), children: Vec::new() }
    }

    /// Sets the text.
    pub fn text(mut self, text: &str) -> Self {
        self.value = Some(text.to_owned());
        self
    }

    /// Adds an attribute, if it has a value.
    pub fn attribute<'v>(mut self, key: &str, value: impl Into<Option<&'v str>>) -> Self {
        if let Some(value) = value.into() {
            self.attributes.insert(key.to_owned(), value.to_owned());
        }
        self
    }

    /// Adds a child.
    pub fn child(mut self, child: Element) -> Self {
        self.children.push(child);
        self
    }

    /// An image (Media RSS).
    pub fn image(image: &Image) -> Self {
        let number = |number: Option<u32>| number.map(|number| number.to_string());
        let mut media = Element::new("media:content")
            .attribute("url", image.url.as_str())
            .attribute("medium", "image")
            .attribute("width", number(image.width).as_deref())
            .attribute("height", number(image.height).as_deref());
        let texts =
            [("media:credit", &image.credit), ("media:description", &image.alt), ("media:title", &image.caption)];
        for (name, text) in texts {
            if let Some(text) = text {
                media = media.child(Element::new(name).text(text.as_str()));
            }
        }
        media
    }

    /// The pictures of an entry, and what an enclosure cannot say of sound and video (Media RSS).
    pub fn media(entry: &Entry) -> Vec<Self> {
        let pictures = entry.image.iter().chain(&entry.images).map(Element::image);
        pictures.chain(entry.enclosures.iter().filter_map(Element::player)).collect()
    }

    /// What an enclosure cannot say: how long it takes, the text of what is said, and the picture before it plays.
    fn player(file: &Enclosure) -> Option<Self> {
        if file.duration.is_none() && file.captions.is_none() && file.poster.is_none() {
            return None;
        }
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let mut media = Element::new("media:content")
            .attribute("url", file.url.as_str())
            .attribute("type", file.media_type.as_str())
            .attribute("medium", file.medium())
            .attribute("fileSize", number(file.length).as_deref())
            .attribute("duration", number(file.duration).as_deref());
        if let Some(captions) = &file.captions {
            let captions =
                Element::new("media:subTitle").attribute("type", "text/vtt").attribute("href", captions.as_str());
            media = media.child(captions);
        }
        if let Some(poster) = &file.poster {
            media = media.child(Element::new("media:thumbnail").attribute("url", poster.as_str()));
        }
        Some(media)
    }

    fn prefix(&self) -> String {
        self.name.split(':').next().unwrap_or_default().to_owned()
    }

    /// Converts to an extension of Atom. Attributes are escaped here, because that crate does not.
    fn atom(self) -> atom_syndication::extension::Extension {
        let escaped = |(key, value): (String, String)| (key, quick_xml::escape::escape(value).into_owned());
        let mut children: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for child in self.children {
            children.entry(child.name.clone()).or_default().push(child.atom());
        }
        let attrs = self.attributes.into_iter().map(escaped).collect();
        atom_syndication::extension::Extension { name: self.name, value: self.value, attrs, children }
    }

    /// Converts to an extension of RSS.
    fn rss(self) -> rss::extension::Extension {
        let mut children: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for child in self.children {
            children.entry(child.name.clone()).or_default().push(child.rss());
        }
        rss::extension::Extension { name: self.name, value: self.value, attrs: self.attributes, children }
    }
}

/// The extensions of an Atom feed or entry.
pub fn atom(elements: Vec<Element>) -> atom_syndication::extension::ExtensionMap {
    let mut out = atom_syndication::extension::ExtensionMap::new();
    for element in elements {
        let of_prefix = out.entry(element.prefix()).or_default();
        of_prefix.entry(element.name.clone()).or_default().push(element.atom());
    }
    out
}

/// The extensions of an RSS channel or item.
pub fn rss(elements: Vec<Element>) -> rss::extension::ExtensionMap {
    let mut out = rss::extension::ExtensionMap::new();
    for element in elements {
        let of_prefix = out.entry(element.prefix()).or_default();
        of_prefix.entry(element.name.clone()).or_default().push(element.rss());
    }
    out
}

/// Namespace declarations, in the type of both crates.
pub fn namespaces(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(prefix, uri)| ((*prefix).to_owned(), (*uri).to_owned())).collect()
}
