//! Frames and players of other sites. A feed cannot show them, so each becomes a link.

use ego_tree::NodeId;
use url::Url;

use super::addresses::Addresses;
use super::elements::is_hidden;
use super::losses::Loss;
use super::tree::Tree;

/// Elements that show another document.
const FRAMES: [&str; 7] = ["iframe", "frame", "embed", "object", "applet", "portal", "fencedframe"];
/// Where such an element has its address; some scripts fill it in when the reader arrives.
const ADDRESSES: [&str; 8] =
    ["src", "data-src", "data-lazy-src", "data-original", "data-litespeed-src", "data", "movie", "href"];
/// Names of the parameter that has the address of a player.
const PARAMETERS: [&str; 5] = ["movie", "src", "url", "filename", "href"];
/// Elements that a paragraph may stand in.
const PARENTS_OF_PARAGRAPHS: [&str; 16] = [
    "html", "div", "section", "article", "blockquote", "li", "td", "th", "figure", "main", "aside", "details", "dd",
    "header", "footer", "form",
];

/// Replaces frames and players by links with their title, else their host, as text.
pub fn replace(tree: &mut Tree, addresses: &Addresses<'_>, losses: &mut Vec<Loss>) {
    tree.for_each(|tree, id, name| {
        if !FRAMES.contains(&name) {
            return;
        }
        let written = ADDRESSES.iter().filter_map(|attribute| tree.attribute(id, attribute));
        let written: Vec<String> = written.map(str::to_owned).chain(parameters(tree, id)).collect();
        let is_blank = written.first().is_some_and(|address| address.trim().starts_with("about:"));
        if is_hidden(tree, id) || is_tiny(tree, id) || (is_blank && written.len() == 1) {
            tree.remove(id);
            return;
        }
        let Some(address) = written.iter().find_map(|address| addresses.file(address)) else {
            // What stands in a frame is text to the parser.
            let has_fallback = name != "iframe" && (!tree.text(id).trim().is_empty() || has_frame(tree, id));
            if has_fallback {
                tree.unwrap(id);
            } else {
                losses.push(Loss::Frame(name.to_owned()));
                tree.remove(id);
            }
            return;
        };
        let title = ["title", "aria-label", "alt"].iter().find_map(|attribute| {
            let title = tree.attribute(id, attribute)?.split_whitespace().collect::<Vec<_>>().join(" ");
            (!title.is_empty()).then_some(title)
        });
        let host = || Url::parse(&address).ok().and_then(|url| url.host_str().map(str::to_owned));
        let text = title.or_else(host).unwrap_or_else(|| address.clone());
        if tree.ancestors(id).any(|name| name == "a") {
            tree.replace_by_text(id, &text);
            return;
        }
        tree.attribute_names(id).iter().for_each(|name| tree.set_attribute(id, name, None));
        tree.rename(id, "a");
        tree.set_attribute(id, "href", Some(&address));
        tree.set_text(id, &text);
        if tree.parent_is(id, &PARENTS_OF_PARAGRAPHS) {
            tree.wrap(id, "p");
        }
    });
}

/// The addresses among the parameters of a player.
fn parameters(tree: &Tree, id: NodeId) -> Vec<String> {
    let Some(element) = tree.element(id) else { return Vec::new() };
    let parameters = element.descendants().filter_map(|node| node.value().as_element());
    let parameters = parameters.filter(|element| element.name() == "param").filter_map(|parameter| {
        let name = parameter.attr("name")?.to_ascii_lowercase();
        PARAMETERS.contains(&&*name).then_some(parameter.attr("value")?.to_owned())
    });
    parameters.collect()
}

/// Whether an element has another player within, for browsers that cannot show it.
fn has_frame(tree: &Tree, id: NodeId) -> bool {
    let within = tree.element(id).into_iter().flat_map(|element| element.descendants().skip(1).collect::<Vec<_>>());
    within.into_iter().any(|node| node.value().as_element().is_some_and(|element| FRAMES.contains(&element.name())))
}

/// Whether an element is too small to be seen: such frames and images count readers.
pub fn is_tiny(tree: &Tree, id: NodeId) -> bool {
    let styles = tree.styles(id);
    let is_small = |size: &str| {
        let size = size.trim().trim_end_matches("px").trim();
        size.parse::<f64>().is_ok_and(|size| size <= 1.0)
    };
    ["width", "height"].iter().any(|name| {
        tree.attribute(id, name).is_some_and(is_small)
            || styles.iter().any(|(property, value)| property == name && is_small(value))
    })
}
