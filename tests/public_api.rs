//! The public interface of the library, as a snapshot, so that a change of it is seen.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{File, ImplItem, Item, ItemUse, Type, UseTree, Visibility};

#[test]
fn the_public_interface_changes_on_purpose() {
    let mut lines = BTreeSet::new();
    module(&source().join("lib.rs"), &source(), "tidings", &mut lines);
    insta::assert_snapshot!(lines.into_iter().collect::<Vec<_>>().join("\n"));
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn parse(path: &Path) -> File {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Collects what a module exports. `folder`: where its submodules are.
fn module(file: &Path, folder: &Path, shown: &str, lines: &mut BTreeSet<String>) {
    for item in parse(file).items {
        match &item {
            Item::Use(export) if is_public(&export.vis) => {
                for (path, name) in names(export) {
                    let module = path.first().cloned().unwrap_or_default();
                    define(&folder.join(&module), &name, shown, lines);
                }
            }
            Item::Mod(module_item) if is_public(&module_item.vis) => {
                let name = module_item.ident.to_string();
                module(&file_of(&folder.join(&name)), &folder.join(&name), &format!("{shown}::{name}"), lines);
            }
            other => describe(other, None, shown, lines),
        }
    }
}

/// Describes an exported name and its methods, wherever below a module they are.
fn define(module: &Path, name: &str, shown: &str, lines: &mut BTreeSet<String>) {
    let mut files = vec![file_of(module)];
    if module.is_dir() {
        files.extend(
            fs::read_dir(module).unwrap().map(|entry| entry.unwrap().path()).filter(|path| {
                path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("mod.rs")
            }),
        );
    }
    let before = lines.len();
    // A function is where the module says, the methods of a type may be beside it.
    let uses = parse(&files[0])
        .items
        .into_iter()
        .filter_map(|item| if let Item::Use(item) = item { Some(item) } else { None });
    let from = uses.flat_map(|item| names(&item)).find(|(_, exported)| exported == name);
    let from = from.and_then(|(path, _)| path.first().map(|module| format!("{module}.rs")));
    for (index, file) in files.iter().enumerate() {
        let is_home = from.as_ref().map_or(index == 0, |from| file.ends_with(from));
        let items = parse(file).items;
        let items = items.iter().filter(|item| is_home || !matches!(item, Item::Fn(_)));
        items.for_each(|item| describe(item, Some(name), shown, lines));
    }
    assert!(lines.len() > before, "{name} is not found in {}", module.display());
}

fn file_of(module: &Path) -> PathBuf {
    let file = module.with_extension("rs");
    if file.exists() { file } else { module.join("mod.rs") }
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// The exported names with the modules that they come from.
fn names(export: &ItemUse) -> Vec<(Vec<String>, String)> {
    fn walk(tree: &UseTree, path: &[String], found: &mut Vec<(Vec<String>, String)>) {
        match tree {
            UseTree::Path(inner) if inner.ident == "self" => walk(&inner.tree, path, found),
            UseTree::Path(inner) => walk(&inner.tree, &[path, &[inner.ident.to_string()]].concat(), found),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, path, found)),
            UseTree::Name(name) => found.push((path.to_vec(), name.ident.to_string())),
            UseTree::Rename(name) => found.push((path.to_vec(), name.ident.to_string())),
            UseTree::Glob(_) => {}
        }
    }
    let mut found = Vec::new();
    walk(&export.tree, &[], &mut found);
    found
}

/// Adds the lines of a public item with this name, or of any.
fn describe(item: &Item, name: Option<&str>, shown: &str, lines: &mut BTreeSet<String>) {
    let is_named = |ident: &syn::Ident| name.is_none_or(|name| ident == name);
    let mut add = |text: String| lines.extend([format!("{shown}::{text}")]);
    match item {
        Item::Struct(item) if is_public(&item.vis) && is_named(&item.ident) => {
            add(format!("{} (struct)", item.ident));
            for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                let field_name = field.ident.as_ref().map_or_else(|| "0".to_owned(), ToString::to_string);
                add(format!("{}.{field_name}: {}", item.ident, text(&field.ty)));
            }
        }
        Item::Enum(item) if is_public(&item.vis) && is_named(&item.ident) => {
            add(format!("{} (enum)", item.ident));
            item.variants.iter().for_each(|variant| add(format!("{}::{}", item.ident, variant.ident)));
        }
        Item::Type(item) if is_public(&item.vis) && is_named(&item.ident) => {
            add(format!("{} = {}", item.ident, text(&item.ty)));
        }
        Item::Const(item) if is_public(&item.vis) && is_named(&item.ident) => {
            add(format!("{}: {}", item.ident, text(&item.ty)));
        }
        Item::Fn(item) if is_public(&item.vis) && is_named(&item.sig.ident) => add(text(&item.sig)),
        Item::Impl(item) => {
            let Type::Path(of) = &*item.self_ty else { return };
            let Some(of) = of.path.segments.last().filter(|of| name.is_some_and(|name| of.ident == name)) else {
                return;
            };
            if let Some((_, of_trait, _)) = &item.trait_ {
                add(format!("{}: {}", of.ident, text(of_trait)));
                return;
            }
            for method in &item.items {
                if let ImplItem::Fn(method) = method
                    && is_public(&method.vis)
                {
                    add(format!("{}::{}", of.ident, text(&method.sig)));
                }
            }
        }
        _ => {}
    }
}

fn text(tokens: &impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let tight = [
        (" :: ", "::"),
        (" < ", "<"),
        (" >", ">"),
        ("< ", "<"),
        (" ,", ","),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        ("& ", "&"),
        (" : ", ": "),
    ];
    tight.iter().fold(spaced, |text, (from, to)| text.replace(from, to))
}
