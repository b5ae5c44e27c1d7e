//! Owns lenient parsing of XML into a small tree for each entry.
//!
//! An open entry ends when the next begins or its parent ends; one that is open where the document ends is cut, and is not
//! emitted. Unmatched end tags, undeclared prefixes, bare ampersands and HTML entities are tolerated; a DTD is never
//! expanded. Depth, attributes and sizes are bounded.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::markup::decode_references;

/// Elements nested deeper are ignored.
const MAX_DEPTH: usize = 200;
/// Further attributes of an element are ignored.
const MAX_ATTRIBUTES: usize = 100;
/// The limit of an entry, and of one token of markup or text.
pub const MAX_ENTRY_BYTES: u64 = 64 << 20;
/// How much is retained outside of entries.
const MAX_HEAD_BYTES: usize = 4 << 20;

/// The namespace of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// No namespace, or one of RSS.
    Plain,
    Atom,
    Content,
    Dc,
    DcTerms,
    Feedburner,
    Itunes,
    Media,
    Rdf,
    Xhtml,
    Wordpress,
    Excerpt,
    Other,
}

/// An element with its content.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    pub namespace: Namespace,
    /// In lower case, without its prefix.
    pub name: String,
    /// By lower-case name, prefix included.
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Node>,
    pub line: usize,
}

/// A child of an element.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    /// The trimmed value of an attribute, unless it is empty.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(other, _)| other == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// The child elements.
    pub fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The child elements with a name.
    pub fn children_named<'e>(&'e self, namespace: Namespace, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.elements().filter(move |element| element.namespace == namespace && element.name == name)
    }

    /// The first child element with a name.
    pub fn child<'e>(&'e self, namespace: Namespace, name: &'e str) -> Option<&'e Element> {
        self.children_named(namespace, name).next()
    }

    /// The text of the element and its descendants.
    pub fn text(&self) -> Cow<'_, str> {
        match &self.children[..] {
            [] => Cow::Borrowed(""),
            [Node::Text(text)] => Cow::Borrowed(text),
            several => Cow::Owned(several.iter().map(Node::text).collect()),
        }
    }

    /// Its text without outer white space.
    pub fn trimmed_text(&self) -> String {
        self.text().trim().to_owned()
    }

    /// The content, serialized as HTML.
    pub fn inner_html(&self) -> String {
        let mut out = String::new();
        self.children.iter().for_each(|node| node.write(&mut out));
        out
    }
}

impl Node {
    fn text(&self) -> String {
        match self {
            Node::Text(text) => text.clone(),
            Node::Element(element) => element.text().into_owned(),
        }
    }

    fn write(&self, out: &mut String) {
        let element = match self {
            Node::Text(text) => return out.push_str(&html_escape::encode_text(text)),
            Node::Element(element) => element,
        };
        let attributes = element.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        write_start_tag(&element.name, attributes.filter(|(name, _)| !name.starts_with("xmlns")), out);
        let is_void = matches!(element.name.as_str(), "br" | "img" | "hr" | "input" | "wbr" | "source");
        if !is_void || !element.children.is_empty() {
            element.children.iter().for_each(|node| node.write(out));
            out.push_str(&format!("</{}>", element.name));
        }
    }
}

/// Writes a start tag of HTML.
pub fn write_start_tag<'a>(name: &str, attributes: impl Iterator<Item = (&'a str, &'a str)>, out: &mut String) {
    out.push('<');
    out.push_str(name);
    for (name, value) in attributes {
        out.push_str(&format!(" {name}=\"{}\"", html_escape::encode_double_quoted_attribute(value)));
    }
    out.push('>');
}

/// Receives the entries of a document.
pub trait EntryHandler {
    /// Whether an element is an entry.
    fn is_entry(&self, namespace: Namespace, name: &str) -> bool;
    /// Handles an entry; its ancestors come innermost first, as far as they are parsed.
    fn entry(&mut self, entry: Element, around: &[&Element]);
}

/// The result of parsing a document.
#[derive(Debug)]
pub struct ReadOutcome {
    /// The root element without its entries; `None` if there was none.
    pub root: Option<Element>,
    /// Why the document was not read to its end, if it was not.
    pub truncation: Option<String>,
}

/// Parses a document.
pub fn read(input: impl BufRead, handler: &mut dyn EntryHandler) -> io::Result<ReadOutcome> {
    let mut reader = Reader::from_reader(BoundedReader { inner: input, left: MAX_ENTRY_BYTES, line: 1 });
    let config = reader.config_mut();
    config.allow_dangling_amp = true;
    config.allow_unmatched_ends = true;
    config.check_end_names = false;
    config.check_comments = false;
    let mut builder =
        Builder { open: Vec::new(), too_deep: 0, namespaces: Vec::new(), size: 0, entry: None, root: None, handler };
    let mut buffer = Vec::new();
    let mut truncation = None;
    let mut entry_start = 0;
    loop {
        buffer.clear();
        let line = reader.get_ref().line;
        let used = reader.buffer_position() - entry_start;
        let is_in_entry = builder.entry.is_some();
        if !is_in_entry {
            entry_start = reader.buffer_position();
        } else if used > MAX_ENTRY_BYTES {
            let size = MAX_ENTRY_BYTES >> 20;
            truncation = Some(format!("its entry in line {} is longer than {size} MB", builder.line()));
            break;
        }
        reader.get_mut().left = MAX_ENTRY_BYTES;
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(start)) => builder.start(&start, line),
            Ok(Event::Empty(start)) => {
                builder.start(&start, line);
                builder.end(&lower(start.name().as_ref()));
            }
            Ok(Event::End(end)) => builder.end(&lower(end.name().as_ref())),
            Ok(Event::Text(text)) => builder.text(&String::from_utf8_lossy(&text)),
            Ok(Event::CData(text)) => builder.text(&String::from_utf8_lossy(&text)),
            Ok(Event::GeneralRef(name)) => {
                let written = format!("&{};", String::from_utf8_lossy(&name));
                builder.text(&decode_references(&written));
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(quick_xml::Error::Io(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
                truncation =
                    Some(format!("what begins in its line {line} is longer than {} MB", MAX_ENTRY_BYTES >> 20));
                break;
            }
            Err(quick_xml::Error::Io(error)) => return Err(io::Error::new(error.kind(), error.to_string())),
            // Skips malformed markup and resumes after it.
            Err(_) if reader.buffer_position() > entry_start || !is_in_entry => {
                if reader.get_mut().fill_buf()?.is_empty() {
                    break;
                }
            }
            Err(_) => {
                truncation = Some(format!("it is malformed after line {line}"));
                break;
            }
        }
    }
    let truncation = builder.cut(truncation, reader.get_ref().line);
    builder.close_all();
    Ok(ReadOutcome { root: builder.root, truncation })
}

fn lower(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_lowercase()
}

struct Builder<'t> {
    /// The open elements with their qualified names, the root first.
    open: Vec<(String, Element)>,
    /// The number of open elements beyond the depth limit.
    too_deep: usize,
    /// The declared prefixes with the depth of their elements.
    namespaces: Vec<(usize, String, Namespace)>,
    /// How much is retained outside of entries.
    size: usize,
    /// The index in `open` of the entry.
    entry: Option<usize>,
    root: Option<Element>,
    handler: &'t mut dyn EntryHandler,
}

impl Builder<'_> {
    fn line(&self) -> usize {
        self.entry.map_or(0, |entry| self.open[entry].1.line)
    }

    fn start(&mut self, start: &BytesStart<'_>, line: usize) {
        if self.open.len() >= MAX_DEPTH {
            self.too_deep += 1;
            return;
        }
        let written = lower(start.name().as_ref());
        let mut attributes = Vec::new();
        for attribute in start.html_attributes().with_checks(false).flatten().take(MAX_ATTRIBUTES) {
            let value = String::from_utf8_lossy(&attribute.value).into_owned();
            attributes.push((lower(attribute.key.as_ref()), decode_references(&value).into_owned()));
        }
        let depth = self.open.len();
        for (name, value) in &attributes {
            match name.strip_prefix("xmlns") {
                Some("") => self.namespaces.push((depth, String::new(), namespace_of_uri(value))),
                Some(prefix) if prefix.starts_with(':') => {
                    self.namespaces.push((depth, prefix[1..].to_owned(), namespace_of_uri(value)))
                }
                _ => {}
            }
        }
        let (prefix, name) = written.split_once(':').unwrap_or(("", &written));
        let namespace = self.namespace(prefix);
        let is_entry = self.handler.is_entry(namespace, name);
        if is_entry && let Some(entry) = self.entry {
            // The previous entry was not closed.
            while self.open.len() > entry {
                self.close();
            }
        }
        if is_entry {
            self.entry = Some(self.open.len());
        }
        let element = Element { namespace, name: name.to_owned(), attributes, children: Vec::new(), line };
        self.open.push((written, element));
    }

    /// The namespace of a prefix: as declared, else the conventional one.
    fn namespace(&self, prefix: &str) -> Namespace {
        let declared = self.namespaces.iter().rev().find(|(_, other, _)| other == prefix);
        declared.map_or_else(|| namespace_of_prefix(prefix), |(_, _, namespace)| *namespace)
    }

    fn end(&mut self, written: &str) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        // An unmatched end tag is ignored.
        let Some(at) = self.open.iter().rposition(|(open, _)| open == written) else { return };
        while self.open.len() > at {
            self.close();
        }
    }

    /// Closes the innermost element.
    fn close(&mut self) {
        let Some((_, element)) = self.open.pop() else { return };
        let depth = self.open.len();
        while self.namespaces.last().is_some_and(|(of, ..)| *of >= depth) {
            self.namespaces.pop();
        }
        if self.entry == Some(depth) {
            self.entry = None;
            let around: Vec<&Element> = self.open.iter().rev().map(|(_, element)| element).collect();
            return self.handler.entry(element, &around);
        }
        match self.open.last_mut() {
            Some((_, outer)) => {
                let is_kept = self.entry.is_some() || self.size < MAX_HEAD_BYTES;
                self.size += if self.entry.is_none() { 64 } else { 0 };
                if is_kept {
                    outer.children.push(Node::Element(element));
                }
            }
            None => {
                self.root.get_or_insert(element);
            }
        }
    }

    /// Why the document was not read to its end, with what that costs: the entry that is open is dropped. `line`: the
    /// last one that was read.
    fn cut(&mut self, why: Option<String>, line: usize) -> Option<String> {
        let why = why.or_else(|| {
            let (root, _) = self.open.first()?;
            Some(format!("it ends early, in line {line}, without `</{root}>`"))
        })?;
        let Some(entry) = self.entry.take() else { return Some(why) };
        let start = self.open[entry].1.line;
        self.open.truncate(entry);
        Some(format!("{why}; the entry that begins in line {start} is cut, and left out"))
    }

    fn close_all(&mut self) {
        while !self.open.is_empty() {
            self.close();
        }
    }

    fn text(&mut self, text: &str) {
        if self.entry.is_none() {
            self.size += text.len();
            if self.size > MAX_HEAD_BYTES {
                return;
            }
        }
        let Some((_, element)) = self.open.last_mut() else { return };
        match element.children.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => element.children.push(Node::Text(text.to_owned())),
        }
    }
}

/// Conventional prefixes, and what the URIs of their namespaces contain; the first match counts.
const NAMESPACES: [(&str, &[&str], Namespace); 13] = [
    ("atom", &["purl.org/atom/ns", "w3.org/2005/atom"], Namespace::Atom),
    ("content", &["purl.org/rss/1.0/modules/content"], Namespace::Content),
    ("dcterms", &["purl.org/dc/terms", "purl.org/rss/1.0/modules/dcterms"], Namespace::DcTerms),
    ("dc", &["purl.org/dc/elements", "purl.org/metadata/dublin_core"], Namespace::Dc),
    ("feedburner", &["feedburner"], Namespace::Feedburner),
    ("itunes", &["itunes"], Namespace::Itunes),
    ("media", &["search.yahoo.com/mrss"], Namespace::Media),
    ("rdf", &["22-rdf-syntax-ns"], Namespace::Rdf),
    ("xhtml", &["w3.org/1999/xhtml"], Namespace::Xhtml),
    ("wp", &["wordpress.org/export"], Namespace::Wordpress),
    ("", &["purl.org/rss/1.0/modules"], Namespace::Other),
    ("", &["purl.org/rss/", "purl.org/net/rss1.1", "netscape.com/rdf"], Namespace::Plain),
    ("", &["backend.userland.com", "blogs.law.harvard.edu"], Namespace::Plain),
];

/// The namespace of a URI, by the variants found in feeds.
pub fn namespace_of_uri(uri: &str) -> Namespace {
    let uri = uri.trim().to_ascii_lowercase();
    let known = NAMESPACES.iter().find(|(_, parts, _)| parts.iter().any(|part| uri.contains(part)));
    match known {
        _ if uri.is_empty() => Namespace::Plain,
        Some((.., Namespace::Wordpress)) if uri.contains("excerpt") => Namespace::Excerpt,
        known => known.map_or(Namespace::Other, |(.., namespace)| *namespace),
    }
}

/// The conventional namespace of an undeclared prefix.
fn namespace_of_prefix(prefix: &str) -> Namespace {
    match prefix {
        "" => Namespace::Plain,
        "a10" => Namespace::Atom,
        "excerpt" => Namespace::Excerpt,
        _ => NAMESPACES
            .iter()
            .find(|(known, ..)| *known == prefix)
            .map_or(Namespace::Other, |(.., namespace)| *namespace),
    }
}

/// A reader that counts lines and limits the size of one token.
struct BoundedReader<R> {
    inner: R,
    /// The bytes left for the current token.
    left: u64,
    line: usize,
}

impl<R: BufRead> Read for BoundedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(into.len());
        into[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for BoundedReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(buffer) = self.inner.fill_buf() {
            self.line += buffer[..amount.min(buffer.len())].iter().filter(|byte| **byte == b'\n').count();
        }
        self.left = self.left.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Titles(Vec<(usize, String)>);

    impl EntryHandler for Titles {
        fn is_entry(&self, _: Namespace, name: &str) -> bool {
            name == "item"
        }

        fn entry(&mut self, entry: Element, _: &[&Element]) {
            let title = entry.child(Namespace::Plain, "title").map(|title| title.text().into_owned());
            self.0.push((entry.line, title.unwrap_or_default()));
        }
    }

    fn titles(text: &str) -> Vec<(usize, String)> {
        let mut titles = Titles::default();
        read(text.as_bytes(), &mut titles).unwrap();
        titles.0
    }

    #[test]
    fn malformed_xml_keeps_its_entries() {
        let one = |title: &str| vec![(1, title.to_owned())];
        for (text, expected) in [
            ("<rss><channel><item><title>a</title></item></channel></rss>", one("a")),
            ("<rss><channel><item><title>a</title>", vec![]),
            ("<rss><channel><item><title>a</title></item><item><title>b", one("a")),
            ("<rss><channel><item><title>a</channel></rss>", one("a")),
            ("<item><title>a & b &amp; c &eacute; &nosuch; &#233;</title></item>", one("a & b & c é &nosuch; é")),
            ("junk <rss></wrong><item><title><![CDATA[<b>]]> x</title></item>", one("<b> x")),
            ("<RSS><ITEM><Title>a</Title></ITEM></RSS>", one("a")),
            ("<!DOCTYPE x [<!ENTITY a \"aa\"><!ENTITY b \"&a;&a;\">]><item><title>&b;</title></item>", one("&b;")),
            ("<item a=b c='d' a=b><title>a</title></item>", one("a")),
        ] {
            assert_eq!(titles(text), expected, "{text}");
        }
        let lost = "<rss>\n<item><title>a</title>\n<item><title>b</title></item>\n</item><item><title>c</title></rss>";
        assert_eq!(titles(lost), [(2, "a".to_owned()), (3, "b".to_owned()), (4, "c".to_owned())]);
    }

    #[test]
    fn depth_and_attributes_are_bounded() {
        let deep = format!("<rss><item><title>{}x</title></item></rss>", "<b>x</b>".repeat(100_000));
        assert_eq!(titles(&deep).len(), 1);
        let deep =
            format!("<rss><item><title>{}x{}</title></item></rss>", "<b>".repeat(100_000), "</b>".repeat(100_000));
        assert_eq!(titles(&deep).len(), 1);
        let wide = format!("<item {}><title>a</title></item>", "a='b' ".repeat(200_000));
        assert_eq!(titles(&wide), [(1, "a".to_owned())]);
        let ends = format!("<item><title>a</title>{}</item>", "</x>".repeat(100_000));
        assert_eq!(titles(&ends), [(1, "a".to_owned())]);
    }
}
