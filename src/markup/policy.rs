//! The last step: what may stand in a published body. Everything else is removed here, whatever the steps before did.

use std::borrow::Cow;
use std::collections::HashSet;

use ammonia::{Builder, UrlRelative};

/// The elements of a published body. Others are replaced by their content, or by what means the same.
const ELEMENTS: [&str; 77] = [
    "a", "abbr", "acronym", "article", "aside", "audio", "b", "bdi", "blockquote", "br", "caption", "center", "cite",
    "code", "col", "colgroup", "data", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "i", "img", "ins", "kbd", "li", "mark",
    "nav", "ol", "p", "picture", "pre", "q", "rp", "rt", "ruby", "s", "samp", "small", "source", "span", "strike",
    "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "track", "tt",
    "u", "ul", "var", "video", "wbr",
];
/// The schemes of addresses; each kind of attribute has been held to its own before.
const SCHEMES: [&str; 9] = ["http", "https", "mailto", "tel", "sms", "geo", "ftp", "xmpp", "magnet"];
/// Attributes beside those that `ammonia` allows, by element.
const MORE_ATTRIBUTES: [(&str, &[&str]); 14] = [
    ("audio", &["controls", "src"]),
    ("details", &["open"]),
    ("img", &["sizes", "srcset"]),
    ("li", &["value"]),
    ("ol", &["reversed", "start", "type"]),
    ("source", &["media", "sizes", "src", "srcset", "type"]),
    ("table", &["align"]),
    ("tbody", &["align"]),
    ("td", &["align"]),
    ("th", &["align"]),
    ("time", &["datetime"]),
    ("tr", &["align"]),
    ("track", &["default", "kind", "label", "src", "srclang"]),
    ("video", &["controls", "height", "poster", "src", "width"]),
];

/// Whether an element may stand in a published body.
pub fn is_allowed(element: &str) -> bool {
    ELEMENTS.binary_search(&element).is_ok()
}

/// Removes everything that is not allowed. The addresses are absolute already, or fragments.
pub fn clean(html: &str) -> String {
    let mut builder = Builder::default();
    builder
        .tags(HashSet::from(ELEMENTS))
        .add_generic_attributes(["dir", "id"])
        .link_rel(None)
        .url_schemes(HashSet::from(SCHEMES))
        .url_relative(UrlRelative::PassThrough)
        .attribute_filter(|element, name, value| match name {
            "href" | "src" | "poster" | "cite" => {
                // A browser strips these before it reads the scheme.
                let is_plain = !value.contains(|letter: char| letter.is_ascii_control());
                let is_fragment = element == "a" && value.starts_with('#');
                (is_plain && (is_fragment || value.contains(':'))).then_some(Cow::Borrowed(value))
            }
            _ => Some(Cow::Borrowed(value)),
        });
    for (element, attributes) in MORE_ATTRIBUTES {
        builder.add_tag_attributes(element, attributes);
    }
    builder.clean(html).to_string()
}
