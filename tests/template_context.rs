//! The guide to templates lists what each is given. The list is made from the types that a template is given, so neither can
//! change without the other: `UPDATE_DOCS=1 cargo test --test template_context` writes it.

#![allow(clippy::expect_used, clippy::unwrap_used)]

use std::fmt::Write;

use syn::{Attribute, Expr, Fields, GenericArgument, Item, Lit, Meta, PathArguments, Type};

const GUIDE: &str = "docs/templates.md";
const START: &str = "<!-- what templates are given -->\n";
const END: &str = "<!-- end of what templates are given -->\n";

/// The text of `///` comments.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ")
}

/// A type in words, with a link to the table of a structure.
fn kind(kind: &Type) -> String {
    let path = match kind {
        Type::Reference(_) => return "text".to_owned(),
        Type::Path(path) => path.path.segments.last().unwrap(),
        _ => panic!("a template is given a type that the guide has no word for"),
    };
    let inner = || match &path.arguments {
        PathArguments::AngleBracketed(arguments) => match arguments.args.first().unwrap() {
            GenericArgument::Type(inner) => inner,
            _ => panic!("no type"),
        },
        _ => panic!("no type"),
    };
    match path.ident.to_string().as_str() {
        "String" => "text".to_owned(),
        "bool" => "true or false".to_owned(),
        "u32" | "u64" | "usize" => "number".to_owned(),
        "Option" => format!("{} or none", self::kind(inner())),
        "Vec" => format!("list of {}", self::kind(inner())),
        name => format!("[{name}](#{})", name.to_lowercase()),
    }
}

/// A table for each structure: first those of templates, then those within them.
fn reference() -> String {
    let source = std::fs::read_to_string("src/render/pages/view.rs").unwrap();
    let file = syn::parse_file(&source).unwrap();
    let structures = file.items.iter().filter_map(|item| match item {
        Item::Struct(structure) => Some(structure),
        _ => None,
    });
    let (mut of_templates, mut within) = (String::new(), String::new());
    for structure in structures {
        let about = doc(&structure.attrs);
        let is_template = about.starts_with('`');
        let out = if is_template { &mut of_templates } else { &mut within };
        match is_template {
            true => write!(out, "### {}\n\n", about.trim_end_matches('.')).unwrap(),
            false => write!(out, "### {}\n\n{about}\n\n", structure.ident).unwrap(),
        }
        out.push_str("| name | type | |\n| --- | --- | --- |\n");
        let Fields::Named(fields) = &structure.fields else { panic!("fields without names") };
        // What `say` needs to find its words.
        let is_internal =
            |attributes: &[Attribute]| attributes.iter().any(|attribute| attribute.path().is_ident("serde"));
        for field in fields.named.iter().filter(|field| !is_internal(&field.attrs)) {
            let name = field.ident.as_ref().unwrap();
            writeln!(out, "| `{name}` | {} | {} |", kind(&field.ty), doc(&field.attrs).replace('|', "\\|")).unwrap();
        }
        out.push('\n');
    }
    format!("{of_templates}{within}").trim_end().to_owned() + "\n"
}

#[test]
fn the_guide_lists_what_templates_are_given() {
    let guide = std::fs::read_to_string(GUIDE).unwrap();
    let (before, rest) = guide.split_once(START).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let expected = format!("\n{}\n", reference());
    if written != expected && std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(GUIDE, format!("{before}{START}{expected}{END}{after}")).unwrap();
    } else {
        assert!(
            written == expected,
            "{GUIDE} is not what the types say: UPDATE_DOCS=1 cargo test --test template_context"
        );
    }
}
