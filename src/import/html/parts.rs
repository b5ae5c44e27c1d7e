//! Owns the parts of an item: its date, link, language, image and text.

use std::collections::HashSet;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use scraper::node::Node;
use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::dates::{self, DateMatch};
use crate::import::entry::{Image, trimmed_credit};
use crate::import::feed::tree::write_start_tag;
use crate::import::listing::caption;
use crate::import::source_text;
use crate::markup;

/// Elements that are not part of the text.
const HIDDEN_ELEMENTS: [&str; 10] =
    ["figure", "figcaption", "script", "style", "template", "noscript", "nav", "form", "button", "svg"];

/// An attribute that is not blank.
pub fn attribute(element: ElementRef, name: &str) -> Option<String> {
    element.attr(name).map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned)
}

/// The visible text of an element on one line.
pub fn line(element: ElementRef) -> String {
    source_text::collapse_whitespace(&markup::visible_text(&element.inner_html()))
}

/// The language that an element declares.
fn language(element: ElementRef) -> Option<String> {
    attribute(element, "lang").or_else(|| attribute(element, "xml:lang"))
}

fn select<'a>(element: ElementRef<'a>, selector: &str) -> Option<ElementRef<'a>> {
    element.select(&Selector::parse(selector).ok()?).next()
}

fn around(element: ElementRef) -> impl Iterator<Item = ElementRef> {
    element.ancestors().filter_map(ElementRef::wrap)
}

/// The base of the page's relative URLs: its `base`, its own URL, its canonical one, or the one that a browser saved.
pub fn base(page: &Html, at: Option<&str>) -> Option<String> {
    let root = page.root_element();
    let own = at.map(str::to_owned).or_else(|| saved_from(page)).or_else(|| {
        let canonical = select(root, "link[rel~=canonical]").and_then(|link| attribute(link, "href"));
        canonical.or_else(|| select(root, "meta[property='og:url']").and_then(|meta| attribute(meta, "content")))
    });
    let base = select(root, "base[href]").and_then(|base| attribute(base, "href"));
    match (own.as_deref().and_then(|own| Url::parse(own).ok()), base) {
        (Some(own), Some(base)) => own.join(&base).ok().map(String::from),
        (own, base) => base.or(own.map(String::from)),
    }
}

/// `<!-- saved from url=(0023)https://www.example.org/ -->`
fn saved_from(page: &Html) -> Option<String> {
    page.tree.root().children().find_map(|node| {
        let Node::Comment(comment) = node.value() else { return None };
        let (_, address) = comment.trim().strip_prefix("saved from url=(")?.split_once(')')?;
        Some(address.trim().to_owned())
    })
}

/// The link that an element is, contains or is in.
pub fn link_at(element: ElementRef) -> Option<ElementRef> {
    let is_link = |element: &ElementRef| element.attr("href").is_some();
    let inner = || element.descendants().filter_map(ElementRef::wrap).find(is_link);
    Some(element).filter(is_link).or_else(inner).or_else(|| around(element).find(is_link))
}

/// The language of an item: that of its title, its own or its link's.
pub fn own_language(item: ElementRef, title: Option<ElementRef>, link: Option<ElementRef>) -> Option<String> {
    let inner = |title: ElementRef| title.select(&Selector::parse("[lang]").ok()?).find_map(language);
    let title = title.and_then(|title| language(title).or_else(|| inner(title)));
    let link = || link.and_then(|link| language(link).or_else(|| attribute(link, "hreflang")));
    title.or_else(|| language(item)).or_else(link)
}

/// The language that an item inherits.
pub fn language_around(item: ElementRef) -> Option<String> {
    around(item).find_map(language)
}

/// The date that an element holds, in its machine-readable attribute or in its text.
///
/// # Errors
/// The text, if it has no date.
pub fn date(element: ElementRef) -> Result<DateMatch, String> {
    let machine_date = |element: ElementRef| attribute(element, "datetime").or_else(|| attribute(element, "content"));
    let inner = || select(element, "[datetime], [content]").and_then(machine_date);
    let machine = machine_date(element).or_else(inner).and_then(|text| dates::parse(&text));
    let machine = machine.filter(|found| found.date.is_some());
    let text = line(element);
    machine.or_else(|| dates::find(&text)).or_else(|| dates::parse(&text)).ok_or(text)
}

/// The caption element of an item's image.
pub fn caption(item: ElementRef) -> Option<ElementRef> {
    select(item, "figcaption, [class*=caption]")
}

/// The image of an item, with alternative text and credit from its caption.
pub fn image(item: ElementRef, caption: Option<ElementRef>) -> Option<Image> {
    let image = select(item, "img, amp-img");
    let caption = caption.map(|caption| caption::parse(&line(caption))).unwrap_or_default();
    let size = |name: &str| image.and_then(|image| attribute(image, name)?.parse().ok());
    let alt = image.and_then(|image| attribute(image, "alt"));
    let image = Image {
        url: image.and_then(source),
        alt: alt.map(|alt| source_text::collapse_whitespace(&alt)).or(caption.alt),
        caption: None,
        credit: caption.credit.as_deref().and_then(trimmed_credit),
        width: size("width"),
        height: size("height"),
    };
    Some(image).filter(|image| image.url.is_some() || image.alt.is_some() || image.credit.is_some())
}

/// The URL of an image; lazy loading keeps it in a data attribute and a placeholder in `src`.
fn source(image: ElementRef) -> Option<String> {
    let late = ["data-src", "data-lazy-src", "data-original"].iter().find_map(|name| attribute(image, name));
    let source = || attribute(image, "src").filter(|source| !source.starts_with("data:"));
    let set = || ["srcset", "data-srcset"].iter().find_map(|name| attribute(image, name));
    late.or_else(source).or_else(|| set()?.split([' ', ',']).find(|part| !part.is_empty()).map(str::to_owned))
}

/// Serializes an item without some of its elements.
pub struct VisibleHtml(HashSet<NodeId>);

impl VisibleHtml {
    /// Excludes elements, except the item itself.
    pub fn without<'a>(item: ElementRef<'a>, parts: impl Iterator<Item = ElementRef<'a>>) -> VisibleHtml {
        VisibleHtml(parts.map(|part| part.id()).filter(|id| *id != item.id()).collect())
    }

    /// The HTML of an element without the excluded ones.
    pub fn html(&self, element: ElementRef) -> String {
        let mut out = String::new();
        let mut hidden = None;
        for edge in element.traverse() {
            match edge {
                Edge::Open(node) if hidden.is_none() => match node.value() {
                    Node::Text(text) => out.push_str(&html_escape::encode_text(&**text)),
                    Node::Element(value) if self.hides(node.id(), value.name()) && node.id() != element.id() => {
                        hidden = Some(node.id());
                    }
                    Node::Element(value) => write_start_tag(value.name(), value.attrs(), &mut out),
                    _ => {}
                },
                Edge::Close(node) if hidden == Some(node.id()) => hidden = None,
                Edge::Close(node) if hidden.is_none() => {
                    if let Node::Element(value) = node.value()
                        && !VOID_ELEMENTS.contains(&value.name())
                    {
                        out.push_str(&format!("</{}>", value.name()));
                    }
                }
                _ => {}
            }
        }
        out
    }

    fn hides(&self, id: NodeId, name: &str) -> bool {
        self.0.contains(&id) || HIDDEN_ELEMENTS.contains(&name)
    }
}

/// Elements without an end tag.
const VOID_ELEMENTS: [&str; 6] = ["br", "hr", "img", "wbr", "input", "source"];
