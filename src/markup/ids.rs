//! Ids and the references to them. Each id gets a prefix, so that the bodies on one page or in one feed share none.

use std::collections::{HashMap, HashSet};

use super::tree::Tree;

/// Attributes with a list of ids.
const REFERENCES: [&str; 1] = ["headers"];

/// Prefixes ids, leads references to them, and unwraps links to targets that the body does not have.
pub fn rewrite(tree: &mut Tree, prefix: &str) {
    let mut new_ids: HashMap<String, String> = HashMap::new();
    tree.for_each(|tree, id, name| {
        let of_link = (name == "a").then(|| tree.attribute(id, "name")).flatten();
        let Some(written) = tree.attribute(id, "id").or(of_link).map(str::to_owned) else { return };
        tree.set_attribute(id, "name", None);
        let is_usable = !written.is_empty() && !written.contains(|letter: char| letter.is_whitespace());
        if !is_usable || new_ids.contains_key(&written) {
            tree.set_attribute(id, "id", None);
            return;
        }
        let new = if written.starts_with(prefix) { written.clone() } else { format!("{prefix}{written}") };
        // The W3C's validator takes a reference for a relative address unless another attribute stands before it.
        tree.set_first_attribute(id, "id", &new);
        new_ids.insert(written, new);
    });
    let mut used: HashSet<String> = new_ids.values().cloned().collect();
    tree.for_each(|tree, id, name| {
        for attribute in REFERENCES {
            if let Some(written) = tree.attribute(id, attribute) {
                let targets: Vec<&str> =
                    written.split_whitespace().filter_map(|of| Some(&**new_ids.get(of)?)).collect();
                let targets = targets.join(" ");
                tree.set_attribute(id, attribute, Some(&*targets).filter(|targets| !targets.is_empty()));
            }
        }
        if name != "a" {
            return;
        }
        let Some(fragment) = tree.attribute(id, "href").and_then(|href| href.trim().strip_prefix('#')) else { return };
        let decoded = percent_encoding::percent_decode_str(fragment).decode_utf8_lossy();
        match new_ids.get(fragment).or_else(|| new_ids.get(&*decoded)) {
            Some(target) => {
                let target = format!("#{target}");
                tree.set_attribute(id, "href", Some(&target));
                if tree.attribute(id, "id").is_none() {
                    // Its own id, so that an attribute stands before the reference here, too.
                    let names = (1..).map(|number| format!("{prefix}ref{number}"));
                    let own = names.into_iter().find(|name| used.insert(name.clone())).unwrap_or_default();
                    tree.set_first_attribute(id, "id", &own);
                }
            }
            None if tree.attribute(id, "id").is_some() => tree.set_attribute(id, "href", None),
            None => tree.unwrap(id),
        }
    });
}
