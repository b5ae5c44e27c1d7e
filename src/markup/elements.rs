//! Elements and attributes that a feed has no place for: what is hidden goes, and the rest becomes what means the same.

use ego_tree::NodeId;

use super::addresses::Addresses;
use super::losses::{Loss, MAX_SHOWN};
use super::policy::is_allowed;
use super::tree::Tree;

/// Elements that are never displayed.
const NEVER_SHOWN: [&str; 8] = ["script", "style", "template", "title", "meta", "link", "base", "datalist"];
/// Blocks that become a `div`.
const DIVISIONS: [&str; 10] =
    ["address", "dialog", "fieldset", "form", "main", "search", "section", "optgroup", "frameset", "marquee"];
/// Other elements, and what says the same.
const SYNONYMS: [(&str, &str); 8] = [
    ("legend", "p"),
    ("menu", "ul"),
    ("dir", "ul"),
    ("listing", "pre"),
    ("xmp", "pre"),
    ("plaintext", "pre"),
    ("multicol", "div"),
    ("option", "div"),
];
/// Controls of forms.
const CONTROLS: [&str; 5] = ["button", "input", "select", "textarea", "keygen"];
/// How often a fallback may stand in the text of another.
const MAX_FALLBACKS: usize = 3;
const ALIGNMENTS: [&str; 4] = ["left", "right", "center", "justify"];

/// Whether an element says that it is not shown.
pub fn is_hidden(tree: &Tree, id: NodeId) -> bool {
    tree.attribute(id, "hidden").is_some_and(|value| !value.eq_ignore_ascii_case("until-found"))
        || tree.styles(id).iter().any(|(property, value)| {
            let value = value.trim_end_matches("!important");
            matches!((&**property, value), ("display", "none") | ("visibility", "hidden"))
        })
}

/// Removes what a reader does not see.
pub fn remove_hidden(tree: &mut Tree) {
    tree.for_each(|tree, id, name| {
        let is_anchor = || {
            // A link to the heading that it stands in, for the mouse alone.
            tree.attribute(id, "aria-hidden") == Some("true")
                && tree.ancestors(id).any(|name| matches!(name, "h1" | "h2" | "h3" | "h4" | "h5" | "h6"))
        };
        if NEVER_SHOWN.contains(&name) && !tree.ancestors(id).any(|name| matches!(name, "svg" | "math"))
            || is_hidden(tree, id)
            || name == "a" && is_anchor()
            || name == "dialog" && tree.attribute(id, "open").is_none()
        {
            tree.remove(id);
        }
    });
}

/// Opens what readers without frames see: the parser gives it as text.
pub fn open_fallbacks(tree: &mut Tree) {
    for _ in 0..MAX_FALLBACKS {
        let mut is_done = true;
        tree.for_each(|tree, id, name| {
            if matches!(name, "noembed" | "noframes") {
                is_done = false;
                let text = tree.text(id);
                if super::exceeded_limit(&text, super::MAX_DEPTH).is_some() {
                    tree.replace_by_text(id, &text);
                } else {
                    tree.replace_by_tree(id, Tree::parse(&text));
                }
            }
        });
        if is_done {
            return;
        }
    }
    tree.for_each(|tree, id, name| {
        if matches!(name, "noembed" | "noframes") {
            tree.remove(id);
        }
    });
}

/// Gives elements their names and attributes in the published body.
pub fn rewrite(tree: &mut Tree, addresses: &Addresses<'_>, losses: &mut Vec<Loss>) {
    tree.for_each(|tree, id, name| {
        language(tree, id);
        if CONTROLS.contains(&name) {
            control(tree, id, name, losses);
        } else if DIVISIONS.contains(&name) {
            tree.rename(id, "div");
        } else if let Some((_, synonym)) = SYNONYMS.iter().find(|(other, _)| *other == name) {
            tree.rename(id, synonym);
        }
        match name {
            "a" => link(tree, id, addresses, losses),
            "area" => area(tree, id, addresses),
            "blockquote" | "q" | "del" | "ins" => {
                let cite = tree.attribute(id, "cite").and_then(|cite| addresses.link(cite));
                tree.set_attribute(id, "cite", cite.as_deref());
            }
            "bdo" => tree.rename(id, "bdi"),
            "table" | "thead" | "tbody" | "tfoot" | "tr" | "td" | "th" => alignment(tree, id),
            _ => {}
        }
        // What is left is unwrapped here, because the last step drops the content of elements that it takes for those of
        // a formula or a drawing.
        if tree.element(id).is_some_and(|element| !is_allowed(element.value().name())) {
            tree.unwrap(id);
        }
    });
}

/// `xml:lang` is the language where `lang` is missing; a direction that means nothing goes.
fn language(tree: &mut Tree, id: NodeId) {
    if let Some(language) = tree.attribute(id, "xml:lang").map(str::to_owned) {
        if tree.attribute(id, "lang").is_none() {
            tree.set_attribute(id, "lang", Some(&language));
        }
        tree.set_attribute(id, "xml:lang", None);
    }
    if let Some(direction) = tree.attribute(id, "dir").map(str::to_ascii_lowercase) {
        let is_known = matches!(&*direction, "ltr" | "rtl" | "auto");
        tree.set_attribute(id, "dir", Some(&*direction).filter(|_| is_known));
    }
}

/// The text of a control stays; nobody can use it.
fn control(tree: &mut Tree, id: NodeId, name: &str, losses: &mut Vec<Loss>) {
    let kind = tree.attribute(id, "type").unwrap_or_default().to_ascii_lowercase();
    match name {
        "input" if kind == "hidden" => {}
        "button" => {}
        _ => losses.push(Loss::Form(name.to_owned())),
    }
    match name {
        "input" => tree.remove(id),
        _ => {
            tree.insert_text_before(id, " ");
            tree.unwrap(id);
        }
    }
}

fn link(tree: &mut Tree, id: NodeId, addresses: &Addresses<'_>, losses: &mut Vec<Loss>) {
    // A reference within the body stays as it is.
    let Some(written) = tree.attribute(id, "href").filter(|href| !href.starts_with('#')) else { return };
    let address = addresses.link(written);
    if address.is_none() {
        losses.push(Loss::Link(crate::text::ellipsis(written, MAX_SHOWN)));
    }
    tree.set_attribute(id, "href", address.as_deref());
}

/// A part of an image that is a link.
fn area(tree: &mut Tree, id: NodeId, addresses: &Addresses<'_>) {
    let text = tree.attribute(id, "alt").unwrap_or_default().trim().to_owned();
    let address = tree.attribute(id, "href").and_then(|href| addresses.link(href));
    match address.filter(|_| !text.is_empty()) {
        Some(address) => {
            tree.rename(id, "a");
            tree.set_attribute(id, "href", Some(&address));
            tree.set_text(id, &text);
            tree.insert_text_before(id, " ");
        }
        None => tree.remove(id),
    }
}

/// The alignment of cells, which may stand in their style.
fn alignment(tree: &mut Tree, id: NodeId) {
    let of_style = tree.styles(id).into_iter().find(|(property, _)| property == "text-align").map(|(_, value)| value);
    let own = tree.attribute(id, "align").map(|align| align.trim().to_ascii_lowercase());
    let align = of_style.or(own).filter(|align| ALIGNMENTS.contains(&&**align));
    tree.set_attribute(id, "align", align.as_deref());
}
