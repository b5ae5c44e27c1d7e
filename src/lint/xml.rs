//! Elements, and what Atom and RSS have in common.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::value::{is_absolute, is_media_type, shown};
use super::{At, Notes, html};
use crate::diagnostics::suggestion;

/// The namespace of Atom.
pub const ATOM: &str = "http://www.w3.org/2005/Atom";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// An element or what it holds.
pub type Node<'d> = roxmltree::Node<'d, 'd>;
/// An attribute.
pub type Attribute<'d> = roxmltree::Attribute<'d, 'd>;

/// The opening of an element, `<name`.
impl At for Node<'_> {
    fn span(&self) -> Range<usize> {
        let range = self.range();
        let source = self.document().input_text().get(range.clone()).unwrap_or_default();
        let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
        range.start..range.start + source.find(is_end).unwrap_or(source.len())
    }
}

impl At for Attribute<'_> {
    fn span(&self) -> Range<usize> {
        self.range()
    }
}

/// What an element holds, without blanks around it; its opening where it is empty.
pub fn inside(node: Node<'_>) -> Range<usize> {
    let (Some(first), Some(last)) = (node.first_child(), node.last_child()) else { return node.span() };
    let range = first.range().start..last.range().end;
    let source = node.document().input_text().get(range.clone()).unwrap_or_default();
    let start = range.start + source.len() - source.trim_start().len();
    start..(start + source.trim().len()).max(start + 1)
}

/// Every `xml:lang` is a language tag.
pub fn languages(notes: &mut Notes<'_>, root: Node<'_>) {
    for tag in root.descendants().filter_map(|node| node.attribute_node((XML, "lang"))) {
        if !tag.value().is_empty() {
            notes.language(tag, tag.value());
        }
    }
}

/// The language that an element is marked with itself.
pub fn own_language<'d>(node: Node<'d>) -> Option<&'d str> {
    node.attribute((XML, "lang"))
}

/// Whether an address at this element has an absolute `xml:base` to be resolved against.
pub fn has_base(node: Node<'_>) -> bool {
    let base = |node: Node<'_>| node.attribute((XML, "base")).is_some_and(|base| is_absolute(base) == Ok(true));
    node.ancestors().any(base)
}

/// The elements of a name directly within another.
pub fn children<'d>(node: Node<'d>, namespace: Option<&'d str>, name: &'d str) -> impl Iterator<Item = Node<'d>> {
    let is_wanted =
        move |child: &Node<'d>| child.tag_name().name() == name && child.tag_name().namespace() == namespace;
    node.children().filter(Node::is_element).filter(is_wanted)
}

/// The first element of a name directly within another.
pub fn child<'d>(node: Node<'d>, namespace: Option<&'d str>, name: &'d str) -> Option<Node<'d>> {
    children(node, namespace, name).next()
}

/// The text directly within an element.
pub fn text_of(node: Node<'_>) -> Cow<'_, str> {
    let mut parts = node.children().filter(Node::is_text).filter_map(|part| part.text());
    match (parts.next(), parts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(one), None) => Cow::Borrowed(one),
        (Some(one), Some(other)) => Cow::Owned([one, other].into_iter().chain(parts).collect()),
    }
}

/// Whether nothing is written within an element, at whatever depth.
pub fn is_blank(node: Node<'_>) -> bool {
    !node.descendants().any(|part| part.is_text() && part.text().is_some_and(|text| !text.trim().is_empty()))
}

/// How often an element stands in its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// Exactly once.
    One,
    /// At most once.
    Maybe,
    /// As often as one likes.
    Any,
}

/// An element that a format has: its name, how often it stands in its parent, what judges it.
pub type Rule = (&'static str, Times, fn(&mut Notes<'_>, Node<'_>));

/// Judges nothing.
pub fn anything(_: &mut Notes<'_>, _: Node<'_>) {}

/// Judges the elements of one namespace within another by what a format has; `whose` names its specification.
pub fn elements(notes: &mut Notes<'_>, parent: Node<'_>, namespace: Option<&str>, rules: &[Rule], whose: &str) {
    let mut first: HashMap<&str, Node<'_>> = HashMap::new();
    for node in parent.children().filter(|node| node.is_element() && node.tag_name().namespace() == namespace) {
        let name = node.tag_name().name();
        let before = *first.entry(name).or_insert(node);
        let Some((_, times, judge)) = rules.iter().find(|(known, ..)| *known == name) else {
            if before != node {
                continue;
            }
            let names: Vec<&str> = rules.iter().map(|(name, ..)| *name).collect();
            let near = suggestion(name, &names).filter(|help| help.starts_with("did you mean"));
            let help = near.unwrap_or_else(|| "an element of your own needs a namespace and a prefix".to_owned());
            let parent = parent.tag_name().name();
            notes.error(node, format!("`<{}>` has no place in `<{parent}>` ({whose})", shown(name))).help(help);
            continue;
        };
        judge(notes, node);
        if before != node && *times != Times::Any {
            let message =
                format!("a second `<{name}>`; there may be one, and readers differ in which they take ({whose})");
            notes.error(node, message).help("leave one").related("the first", before);
        }
    }
    for (name, ..) in rules.iter().filter(|(name, times, _)| *times == Times::One && !first.contains_key(name)) {
        let message = format!("`<{}>` has no `<{name}>` ({whose})", parent.tag_name().name());
        notes.error(parent, message).help("write one; readers need it to show or to know the feed and its entries");
    }
}

/// What a relative address is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Relative {
    /// Forbidden.
    Wrong,
    /// Allowed, and uncertain unless `xml:base` says what it is relative to.
    Uncertain,
}

/// The address that an element holds as its text, or in an attribute.
pub fn address(notes: &mut Notes<'_>, node: Node<'_>, attribute: Option<Attribute<'_>>, relative: Relative) {
    let text = text_of(node);
    let (value, span) = match &attribute {
        Some(attribute) => (attribute.value(), attribute.range()),
        None => (text.trim(), inside(node)),
    };
    match is_absolute(value) {
        Ok(true) => {}
        Ok(false) if relative == Relative::Uncertain && has_base(node) => {}
        Ok(false) => {
            let what = if value.is_empty() { "an empty address".to_owned() } else { format!("`{}`", shown(value)) };
            let message = format!("{what} is relative, and readers do not agree on what to");
            let is_wrong = relative == Relative::Wrong;
            let note = if is_wrong { notes.error(span, message) } else { notes.warning(span, message) };
            note.help("write the whole address, `https://…`");
        }
        Err(why) => drop(notes.error(span, format!("`{}` {why}", shown(value)))),
    }
}

/// An attribute that has to be there.
pub fn required<'d>(notes: &mut Notes<'_>, node: Node<'d>, name: &str, whose: &str) -> Option<Attribute<'d>> {
    let found = node.attribute_node(name);
    if found.is_none() {
        let message = format!("`<{}>` has no `{name}` ({whose})", node.tag_name().name());
        notes.error(node, message).help(format!("write `{name}=\"…\"`"));
    }
    found
}

/// An attribute that is a media type.
pub fn media_type(notes: &mut Notes<'_>, attribute: Attribute<'_>) {
    if !is_media_type(attribute.value()) {
        let message = format!("`{}` is no media type", shown(attribute.value()));
        notes.error(attribute, message).help("write one such as `text/html` or `audio/mpeg`");
    }
}

/// An attribute that is a number of bytes.
pub fn length(notes: &mut Notes<'_>, attribute: Attribute<'_>) {
    if attribute.value().trim().parse::<u64>().is_err() {
        notes.error(attribute, format!("`{}` is no number of bytes", shown(attribute.value())));
    }
}

/// A link of Atom, wherever it stands.
pub fn link(notes: &mut Notes<'_>, node: Node<'_>) {
    if let Some(href) = required(notes, node, "href", "RFC 4287 §4.2.7.1") {
        address(notes, node, Some(href), Relative::Uncertain);
    }
    if let Some(kind) = node.attribute_node("type") {
        media_type(notes, kind);
    }
    if let Some(size) = node.attribute_node("length") {
        length(notes, size);
    }
    if let Some(tag) = node.attribute_node("hreflang") {
        notes.language(tag, tag.value());
    }
}

/// What a link is, by its short name.
pub fn relation<'d>(link: Node<'d>) -> &'d str {
    let relation = link.attribute("rel").unwrap_or("alternate");
    relation.strip_prefix("http://www.iana.org/assignments/relation/").unwrap_or(relation)
}

/// A feed says where it lives.
pub fn self_link(notes: &mut Notes<'_>, feed: Node<'_>, element: &str, whose: &str) {
    if !children(feed, Some(ATOM), "link").any(|link| relation(link) == "self") {
        let message =
            format!("no `<{element} rel=\"self\">`: readers that were handed the file cannot subscribe ({whose})");
        notes
            .warning(feed, message)
            .help(format!("write `<{element} rel=\"self\" href=\"…\"/>` with the feed's own address"));
    }
}

/// A feed says its language, or each of its entries does.
pub fn marked(notes: &mut Notes<'_>, feed: Node<'_>, is_marked: bool, help: &str) {
    if !is_marked {
        let message = "the feed does not say its language: readers guess font, direction and translation";
        notes.warning(feed, message).help(help);
    }
}

/// A body of HTML that is escaped, or in CDATA.
pub fn body(notes: &mut Notes<'_>, node: Node<'_>, has_base: bool) {
    html::report(notes, node.range(), &html::scan(&text_of(node)), has_base);
}
