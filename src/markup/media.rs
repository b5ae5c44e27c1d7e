//! Images, sounds and films: their addresses, also those that a script would fill in.

use ego_tree::NodeId;

use super::addresses::Addresses;
use super::frames::is_tiny;
use super::losses::{Loss, MAX_SHOWN};
use super::tree::Tree;

/// Where scripts find the address of an image that they load later.
const LAZY_ADDRESSES: [&str; 6] =
    ["data-src", "data-lazy-src", "data-original", "data-lazy", "data-full-src", "data-orig-file"];
const LAZY_SETS: [&str; 3] = ["data-srcset", "data-lazy-srcset", "data-original-set"];
/// Parts of the names of images that stand for one that is loaded later.
const PLACEHOLDERS: [&str; 9] =
    ["placeholder", "blank.", "spacer", "loading", "loader", "lazy", "transparent", "pixel", "1x1"];

/// Gives images and media their addresses. What has none is replaced by its alternative text or its fallback.
pub fn rewrite(tree: &mut Tree, addresses: &Addresses<'_>, losses: &mut Vec<Loss>) {
    let mut lazy: Vec<String> = Vec::new();
    tree.for_each(|tree, id, name| match name {
        "img" | "image" => image(tree, id, addresses, losses, &mut lazy),
        "source" => source(tree, id, addresses),
        "track" => {
            let address = tree.attribute(id, "src").and_then(|src| addresses.file(src));
            match address {
                Some(address) if tree.parent_is(id, &["audio", "video"]) => {
                    tree.set_attribute(id, "src", Some(&address))
                }
                _ => tree.remove(id),
            }
        }
        _ => {}
    });
    // After their sources.
    tree.for_each(|tree, id, name| {
        if matches!(name, "audio" | "video") {
            player(tree, id, addresses, losses);
        }
    });
}

fn image(tree: &mut Tree, id: NodeId, addresses: &Addresses<'_>, losses: &mut Vec<Loss>, lazy: &mut Vec<String>) {
    if is_tiny(tree, id) {
        tree.remove(id);
        return;
    }
    let usable = |name: &&str| tree.attribute(id, name).and_then(|written| addresses.file(written));
    let set = |name: &&str| tree.attribute(id, name).and_then(|written| addresses.set(written));
    let later = LAZY_ADDRESSES.iter().find_map(usable);
    let later_set = LAZY_SETS.iter().find_map(set);
    let own = usable(&"src").filter(|address| (later.is_none() && later_set.is_none()) || !is_placeholder(address));
    let of_set =
        || LAZY_SETS.iter().chain(&["srcset"]).find_map(|name| addresses.first_of_set(tree.attribute(id, name)?));
    let is_lazy = own.is_none() && later.is_some();
    let address = own.or(later).or_else(of_set);
    let set = later_set.or_else(|| set(&"srcset"));
    match address {
        // The same image for readers without scripts.
        Some(address) if lazy.contains(&address) && tree.ancestors(id).any(|name| name == "noscript") => {
            tree.remove(id)
        }
        Some(address) => {
            tree.rename(id, "img");
            tree.set_attribute(id, "src", Some(&address));
            tree.set_attribute(id, "srcset", set.as_deref());
            if set.is_none() {
                tree.set_attribute(id, "sizes", None);
            }
            if is_lazy {
                lazy.push(address);
            }
        }
        None => {
            let written = tree.attribute(id, "src").unwrap_or_default();
            losses.push(Loss::Image(crate::text::ellipsis(written, MAX_SHOWN)));
            let alternative = tree.attribute(id, "alt").unwrap_or_default().trim().to_owned();
            tree.replace_by_text(id, &alternative);
        }
    }
}

/// Whether an image stands for one that is loaded later.
fn is_placeholder(address: &str) -> bool {
    let name = address.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|part| name.contains(part))
}

fn source(tree: &mut Tree, id: NodeId, addresses: &Addresses<'_>) {
    let is_of = |names: &[&str]| tree.parent_is(id, names);
    if is_of(&["picture"]) {
        let names = LAZY_SETS.iter().chain(&["srcset"]);
        let set = names.filter_map(|name| tree.attribute(id, name)).find_map(|written| addresses.set(written));
        match set {
            Some(set) => {
                tree.set_attribute(id, "srcset", Some(&set));
                tree.set_attribute(id, "src", None);
            }
            None => tree.remove(id),
        }
        return;
    }
    let written = ["src", "data-src"].iter().filter_map(|name| tree.attribute(id, name));
    let address = written.filter_map(|written| addresses.file(written)).next();
    match address {
        Some(address) if is_of(&["audio", "video"]) => {
            tree.set_attribute(id, "src", Some(&address));
            tree.set_attribute(id, "srcset", None);
        }
        _ => tree.remove(id),
    }
}

fn player(tree: &mut Tree, id: NodeId, addresses: &Addresses<'_>, losses: &mut Vec<Loss>) {
    let poster = tree.attribute(id, "poster").and_then(|poster| addresses.file(poster));
    tree.set_attribute(id, "poster", poster.as_deref());
    let written = ["src", "data-src"].iter().filter_map(|name| tree.attribute(id, name));
    let written: Vec<String> = written.map(str::to_owned).collect();
    let address = written.iter().find_map(|written| addresses.file(written));
    tree.set_attribute(id, "src", address.as_deref());
    let has_source = tree.element(id).is_some_and(|element| {
        element.children().any(|child| child.value().as_element().is_some_and(|child| child.name() == "source"))
    });
    // Without them nobody could start it.
    tree.set_attribute(id, "controls", Some(""));
    if address.is_none() && !has_source {
        losses.push(Loss::Media(crate::text::ellipsis(written.first().map_or("", String::as_str), MAX_SHOWN)));
        tree.unwrap(id);
    }
}
