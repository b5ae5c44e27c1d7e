//! Owns parsing the authors of a post: names, ids, links, lists and maps.

use super::inline_text;
use super::value::Value;
use crate::import::entry::Author;
use crate::markup;

/// The distinct authors of front matter; `registry` has the site's authors by id.
pub fn read(values: &Value, registry: &Value) -> Vec<Author> {
    let mut authors: Vec<Author> = Vec::new();
    for map in values.with_maps(&["taxonomies", "params", "extra"]) {
        for key in ["author", "authors"] {
            let Some(value) = map.get(key) else { continue };
            for author in from_value(value, registry) {
                if !authors.iter().any(|other| other.name.to_lowercase() == author.name.to_lowercase()) {
                    authors.push(author);
                }
            }
        }
        if !authors.is_empty() {
            break;
        }
    }
    authors
}

fn from_value(value: &Value, registry: &Value) -> Vec<Author> {
    match value {
        Value::Nothing => Vec::new(),
        Value::List(values) => values.iter().flat_map(|value| from_value(value, registry)).collect(),
        Value::Map(_) => from_map(value, registry).into_iter().collect(),
        Value::Text(text) => match registry.get(text.trim()) {
            Some(entry) => vec![from_registry(text.trim(), entry)],
            None => from_text(text, registry),
        },
    }
}

fn from_map(value: &Value, registry: &Value) -> Option<Author> {
    let id = value.first_text(&["key", "id"]).and_then(|id| registry.get(id));
    let own = value.first_text(&["name", "display_name", "display", "title"]);
    let name = own.or_else(|| id?.text("name"))?;
    let field = |keys: &[&str]| value.first_text(keys).or_else(|| id?.first_text(keys)).map(str::to_owned);
    Some(Author {
        name: inline_text::line(name),
        url: field(&["url", "link", "website", "uri"]),
        email: field(&["email"]),
    })
}

fn from_registry(id: &str, entry: &Value) -> Author {
    let name = entry.as_text().or_else(|| entry.first_text(&["name", "display_name", "display"])).unwrap_or(id);
    Author {
        name: inline_text::line(name),
        url: entry.first_text(&["url", "link", "website", "uri", "web"]).map(str::to_owned),
        email: entry.text("email").map(str::to_owned),
    }
}

/// Names in a text: Markdown links, HTML links, or names separated by a comma, a slash or `and`.
fn from_text(text: &str, registry: &Value) -> Vec<Author> {
    let mut authors = Vec::new();
    let mut rest = text;
    for link in markup::links(text) {
        push(&mut authors, Author { name: inline_text::line(&link.text), url: link.href, email: None });
    }
    if !authors.is_empty() {
        return authors;
    }
    while let Some((before, label, address, behind)) = inline_text::next_link(rest) {
        push_names(&mut authors, before, registry);
        push(&mut authors, Author { name: inline_text::line(label), url: Some(address.to_owned()), email: None });
        // Parentheses after a linked name hold a company.
        let company = behind.trim_start().strip_prefix('(').and_then(|company| company.split_once(')'));
        rest = company.map_or(behind, |(_, behind)| behind);
    }
    push_names(&mut authors, rest, registry);
    authors
}

const MAX_AUTHORS: usize = 200;

fn push(authors: &mut Vec<Author>, author: Author) {
    if !author.name.is_empty() && authors.len() < MAX_AUTHORS {
        authors.push(author);
    }
}

/// Adds the names of a text, split at separators outside brackets.
fn push_names(authors: &mut Vec<Author>, text: &str, registry: &Value) {
    let text = inline_text::without_tags(&mail_in_brackets(text))
        .replace(" and ", ",")
        .replace(" & ", ",")
        .replace(" / ", ",");
    let mut depth = 0_usize;
    let parts = text.split(|letter: char| {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && (letter == ',' || letter == ';' || letter == '\n')
    });
    for part in parts {
        let part = part.trim_matches(|letter: char| letter.is_whitespace() || letter == ',');
        let part = part.strip_prefix("and ").unwrap_or(part);
        let author = match registry.get(part) {
            Some(entry) => from_registry(part, entry),
            None => with_mail(part),
        };
        if author.name.chars().any(char::is_alphanumeric) {
            push(authors, author);
        }
    }
}

/// Rewrites `Name <mail@host>` so that the address is not taken for a tag.
fn mail_in_brackets(text: &str) -> String {
    if text.contains('@') { text.replace('<', "[mail:").replace('>', "]") } else { text.to_owned() }
}

/// Splits a name from its email address.
fn with_mail(text: &str) -> Author {
    let Some((name, mail)) = text.split_once("[mail:") else {
        return Author { name: inline_text::line(text), ..Author::default() };
    };
    let email = Some(mail.trim_end_matches(']').trim().to_owned()).filter(|mail| mail.contains('@'));
    Author { name: inline_text::line(name), url: None, email }
}

#[cfg(test)]
mod tests {
    use super::super::yaml;
    use super::*;

    #[test]
    fn author_formats() {
        let registry = yaml::strict("jo:\n  name: Jo Doe\n  url: https://jo\nann: Ann Lee").unwrap_or_default();
        for (text, expected) in [
            ("author: A B", "A B"),
            ("author: A, B, C", "A|B|C"),
            ("author: >-\n  [A B](https://a) (Company, Inc),\n  [C](https://c)", "A B https://a|C https://c"),
            ("author: |\n  <a href=\"https://a\">A</a>", "A https://a"),
            ("author: a / b", "a|b"),
            ("author: A and B", "A|B"),
            ("authors: [jo, ann]", "Jo Doe https://jo|Ann Lee"),
            ("authors: jo", "Jo Doe https://jo"),
            ("authors:\n  - name: X\n    url: https://x\n  - jo", "X https://x|Jo Doe https://jo"),
            ("author: {name: X, email: x@y}", "X x@y"),
            ("author: X <x@y.z>", "X x@y.z"),
            ("Author: A B (Company)", "A B (Company)"),
            ("taxonomies:\n  authors: [A]", "A"),
            ("author:", ""),
        ] {
            let values = yaml::strict(text).unwrap_or_default();
            let shown: Vec<String> = read(&values, &registry)
                .into_iter()
                .map(|author| {
                    [Some(author.name), author.url, author.email].into_iter().flatten().collect::<Vec<_>>().join(" ")
                })
                .collect();
            assert_eq!(shown.join("|"), expected, "{text}");
        }
    }
}
