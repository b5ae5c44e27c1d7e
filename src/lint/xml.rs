//! Elements and checks that Atom and RSS share.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use super::value::{excerpt, is_absolute_url, is_media_type};
use super::{Findings, Spanned, html};
use crate::diagnostics::suggestion;

pub const ATOM: &str = "http://www.w3.org/2005/Atom";
const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// An element or text.
pub type Node<'d> = roxmltree::Node<'d, 'd>;
pub type Attribute<'d> = roxmltree::Attribute<'d, 'd>;

/// The start of an element's tag, `<name`.
impl Spanned for Node<'_> {
    fn span(&self) -> Range<usize> {
        let range = self.range();
        let source = self.document().input_text().get(range.clone()).unwrap_or_default();
        let is_end = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>');
        range.start..range.start + source.find(is_end).unwrap_or(source.len())
    }
}

impl Spanned for Attribute<'_> {
    fn span(&self) -> Range<usize> {
        self.range()
    }
}

/// The content of an element without surrounding whitespace; of an empty element, the start of its tag.
pub fn content_span(node: Node<'_>) -> Range<usize> {
    let (Some(first), Some(last)) = (node.first_child(), node.last_child()) else { return node.span() };
    let range = first.range().start..last.range().end;
    let source = node.document().input_text().get(range.clone()).unwrap_or_default();
    let start = range.start + source.len() - source.trim_start().len();
    start..(start + source.trim().len()).max(start + 1)
}

/// Checks every `xml:lang`.
pub fn languages(findings: &mut Findings<'_>, root: Node<'_>) {
    for tag in root.descendants().filter_map(|node| node.attribute_node((XML, "lang"))) {
        if !tag.value().is_empty() {
            findings.language(tag, tag.value());
        }
    }
}

/// The `xml:lang` of an element itself, not inherited.
pub fn own_language<'d>(node: Node<'d>) -> Option<&'d str> {
    node.attribute((XML, "lang"))
}

/// Whether relative URLs in this element have an absolute `xml:base`.
pub fn has_base(node: Node<'_>) -> bool {
    let base = |node: Node<'_>| node.attribute((XML, "base")).is_some_and(|base| is_absolute_url(base) == Ok(true));
    node.ancestors().any(base)
}

/// The child elements of a name.
pub fn children<'d>(node: Node<'d>, namespace: Option<&'d str>, name: &'d str) -> impl Iterator<Item = Node<'d>> {
    let is_wanted =
        move |child: &Node<'d>| child.tag_name().name() == name && child.tag_name().namespace() == namespace;
    node.children().filter(Node::is_element).filter(is_wanted)
}

/// The first child element of a name.
pub fn child<'d>(node: Node<'d>, namespace: Option<&'d str>, name: &'d str) -> Option<Node<'d>> {
    children(node, namespace, name).next()
}

/// The text of an element, without that of its descendants.
pub fn text_of(node: Node<'_>) -> Cow<'_, str> {
    let mut parts = node.children().filter(Node::is_text).filter_map(|part| part.text());
    match (parts.next(), parts.next()) {
        (None, _) => Cow::Borrowed(""),
        (Some(one), None) => Cow::Borrowed(one),
        (Some(one), Some(other)) => Cow::Owned([one, other].into_iter().chain(parts).collect()),
    }
}

/// Whether an element and its descendants have no text.
pub fn is_blank(node: Node<'_>) -> bool {
    !node.descendants().any(|part| part.is_text() && part.text().is_some_and(|text| !text.trim().is_empty()))
}

/// How often an element may occur in its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// Exactly once.
    Required,
    /// At most once.
    Optional,
    /// Any number of times.
    Repeatable,
}

/// An element of a format: its name, its cardinality, the check of its content.
pub type Rule = (&'static str, Cardinality, fn(&mut Findings<'_>, Node<'_>));

/// The check of an element whose content is free.
pub fn no_check(_: &mut Findings<'_>, _: Node<'_>) {}

/// Checks the child elements of one namespace by the rules of a format; messages cite `reference`.
pub fn elements(
    findings: &mut Findings<'_>,
    parent: Node<'_>,
    namespace: Option<&str>,
    rules: &[Rule],
    reference: &str,
) {
    let mut first: HashMap<&str, Node<'_>> = HashMap::new();
    for node in parent.children().filter(|node| node.is_element() && node.tag_name().namespace() == namespace) {
        let name = node.tag_name().name();
        let before = *first.entry(name).or_insert(node);
        let Some((_, cardinality, check)) = rules.iter().find(|(known, ..)| *known == name) else {
            if before != node {
                continue;
            }
            let names: Vec<&str> = rules.iter().map(|(name, ..)| *name).collect();
            let near = suggestion(name, &names).filter(|help| help.starts_with("did you mean"));
            let help = near.unwrap_or_else(|| "an element of your own needs a namespace and a prefix".to_owned());
            let parent = parent.tag_name().name();
            findings
                .error(node, format!("`<{}>` has no place in `<{parent}>` ({reference})", excerpt(name)))
                .help(help);
            continue;
        };
        check(findings, node);
        if before != node && *cardinality != Cardinality::Repeatable {
            let message =
                format!("a second `<{name}>`; there may be one, and readers differ in which they take ({reference})");
            findings.error(node, message).help("leave one").related("the first", before);
        }
    }
    for (name, ..) in
        rules.iter().filter(|(name, cardinality, _)| *cardinality == Cardinality::Required && !first.contains_key(name))
    {
        let message = format!("`<{}>` has no `<{name}>` ({reference})", parent.tag_name().name());
        findings.error(parent, message).help("write one; readers need it to show or to know the feed and its entries");
    }
}

/// Whether a relative URL is allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum RelativeUrl {
    Forbidden,
    /// A warning unless `xml:base` sets its base URL.
    Discouraged,
}

/// Checks the URL in an attribute or in the text of an element.
pub fn check_url(findings: &mut Findings<'_>, node: Node<'_>, attribute: Option<Attribute<'_>>, relative: RelativeUrl) {
    let text = text_of(node);
    let (value, span) = match &attribute {
        Some(attribute) => (attribute.value(), attribute.range()),
        None => (text.trim(), content_span(node)),
    };
    match is_absolute_url(value) {
        Ok(true) => {}
        Ok(false) if relative == RelativeUrl::Discouraged && has_base(node) => {}
        Ok(false) => {
            let what = if value.is_empty() { "an empty address".to_owned() } else { format!("`{}`", excerpt(value)) };
            let message = format!("{what} is relative, and readers do not agree on what to");
            let is_forbidden = relative == RelativeUrl::Forbidden;
            let finding = if is_forbidden { findings.error(span, message) } else { findings.warning(span, message) };
            finding.help("write the whole address, `https://…`");
        }
        Err(why) => drop(findings.error(span, format!("`{}` {why}", excerpt(value)))),
    }
}

/// A required attribute.
pub fn required<'d>(findings: &mut Findings<'_>, node: Node<'d>, name: &str, reference: &str) -> Option<Attribute<'d>> {
    let attribute = node.attribute_node(name);
    if attribute.is_none() {
        let message = format!("`<{}>` has no `{name}` ({reference})", node.tag_name().name());
        findings.error(node, message).help(format!("write `{name}=\"…\"`"));
    }
    attribute
}

/// Checks an attribute that is a media type.
pub fn media_type(findings: &mut Findings<'_>, attribute: Attribute<'_>) {
    if !is_media_type(attribute.value()) {
        let message = format!("`{}` is no media type", excerpt(attribute.value()));
        findings.error(attribute, message).help("write one such as `text/html` or `audio/mpeg`");
    }
}

/// Checks an attribute that is a length in bytes.
pub fn length(findings: &mut Findings<'_>, attribute: Attribute<'_>) {
    if attribute.value().trim().parse::<u64>().is_err() {
        findings.error(attribute, format!("`{}` is no number of bytes", excerpt(attribute.value())));
    }
}

/// Checks an Atom link, of Atom or of RSS.
pub fn link(findings: &mut Findings<'_>, node: Node<'_>) {
    if let Some(href) = required(findings, node, "href", "RFC 4287 §4.2.7.1") {
        check_url(findings, node, Some(href), RelativeUrl::Discouraged);
    }
    if let Some(kind) = node.attribute_node("type") {
        media_type(findings, kind);
    }
    if let Some(size) = node.attribute_node("length") {
        length(findings, size);
    }
    if let Some(tag) = node.attribute_node("hreflang") {
        findings.language(tag, tag.value());
    }
}

/// The relation of a link, with the IANA prefix removed.
pub fn relation<'d>(link: Node<'d>) -> &'d str {
    let relation = link.attribute("rel").unwrap_or("alternate");
    relation.strip_prefix("http://www.iana.org/assignments/relation/").unwrap_or(relation)
}

/// Requires a link to the feed itself.
pub fn require_self_link(findings: &mut Findings<'_>, feed: Node<'_>, element: &str, reference: &str) {
    if !children(feed, Some(ATOM), "link").any(|link| relation(link) == "self") {
        let message =
            format!("no `<{element} rel=\"self\">`: readers that were handed the file cannot subscribe ({reference})");
        findings
            .warning(feed, message)
            .help(format!("write `<{element} rel=\"self\" href=\"…\"/>` with the feed's own address"));
    }
}

/// Requires that a feed or all its entries declare a language.
pub fn require_language(findings: &mut Findings<'_>, feed: Node<'_>, is_marked: bool, help: &str) {
    if !is_marked {
        let message = "the feed does not say its language: readers guess font, direction and translation";
        findings.warning(feed, message).help(help);
    }
}

/// Checks an HTML body that is escaped or in CDATA.
pub fn html_body(findings: &mut Findings<'_>, node: Node<'_>, has_base: bool) {
    html::report(findings, node.range(), &html::scan(&text_of(node)), has_base);
}
