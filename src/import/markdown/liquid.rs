//! Owns expanding Liquid in Jekyll's posts; unknown tags are removed, and the text between them stays.

use super::code::{CodeScope, fenced, replace_at};
use super::post_context::PostContext;
use super::template_scanner::{self, TemplateLanguage};
use super::template_tags::{self, Tag};

/// Expands the Liquid in a body.
pub fn resolve(text: &str, page: &mut PostContext<'_>) -> String {
    template_scanner::expand(text, CodeScope::All, &mut Liquid { text, page, is_raw: false, unclosed: Vec::new() })
}

struct Liquid<'a, 'b> {
    text: &'a str,
    page: &'a mut PostContext<'b>,
    /// Between `{% raw %}` and `{% endraw %}`.
    is_raw: bool,
    /// Names of closing tags that do not occur in the rest.
    unclosed: Vec<String>,
}

impl TemplateLanguage for Liquid<'_, '_> {
    fn end(&self, start: usize) -> Option<usize> {
        let closing = if self.text[start..].starts_with("{{") { "}}" } else { "%}" };
        Some(template_tags::find_closing(self.text, start + 2, closing, b"\"'")? + 2)
    }

    fn replace(&mut self, start: usize, end: usize, out: &mut String) -> Option<usize> {
        let inside = self.text[start + 2..end - 2].trim_matches(|next: char| next == '-' || next.is_whitespace());
        let is_tag = self.text[start..].starts_with("{%");
        if self.is_raw {
            self.is_raw = !(is_tag && inside == "endraw");
            return (!self.is_raw).then_some(end);
        }
        if !is_tag {
            let value = self.value(inside);
            out.push_str(&value);
            return Some(end);
        }
        let tag = template_tags::parse(inside);
        match tag.name.as_str() {
            "raw" => self.is_raw = true,
            "comment" => {
                if let Some((_, behind)) = self.closing(&["endcomment"], end) {
                    return Some(behind);
                }
            }
            "highlight" | "codeblock" => {
                if let Some((from, behind)) = self.closing(&["endhighlight", "endcodeblock"], end) {
                    let inner = without_raw(&self.text[end..from]);
                    out.push_str(&fenced(&inner, tag.positional.first().map(String::as_str).unwrap_or_default()));
                    return Some(behind);
                }
            }
            _ => self.expand_tag(&tag, inside, out),
        }
        Some(end)
    }

    fn code(&self, piece: &str, out: &mut String) {
        out.push_str(&without_raw(piece));
    }
}

/// Removes `raw` tags from code and expands string literals.
fn without_raw(piece: &str) -> String {
    if !piece.contains("{%") && !piece.contains("{{") {
        return piece.to_owned();
    }
    let mut out = String::with_capacity(piece.len());
    replace_at(piece, *b"{{", &mut out, |rest, out| {
        let is_tag = rest.starts_with("{%");
        if !is_tag && !rest.starts_with("{{") {
            return None;
        }
        let end = template_tags::find_closing(rest, 2, if is_tag { "%}" } else { "}}" }, b"\"'")?;
        let inside = rest[2..end].trim_matches(|next: char| next == '-' || next.is_whitespace());
        match literal(inside) {
            Some(text) if !is_tag => out.push_str(text),
            _ if is_tag && matches!(inside, "raw" | "endraw") => {}
            _ => return None,
        }
        Some(end + 2)
    });
    out
}

/// The content of a string literal.
fn literal(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|quote| "\"'".contains(*quote))?;
    text[1..].strip_suffix(quote).filter(|inner| !inner.contains(quote))
}

impl Liquid<'_, '_> {
    /// The range of the next closing tag.
    fn closing(&mut self, names: &[&str], from: usize) -> Option<(usize, usize)> {
        if self.unclosed.iter().any(|unclosed| unclosed == names[0]) {
            return None;
        }
        let result = self.text[from..].match_indices("{%").map(|(at, _)| from + at).find_map(|start| {
            let inside = self.text[start + 2..].trim_start_matches(['-', ' ', '\t']);
            let behind = names.iter().find_map(|name| inside.strip_prefix(name))?;
            let end = behind.trim_start_matches(['-', ' ', '\t']).strip_prefix("%}")?;
            Some((start, self.text.len() - end.len()))
        });
        if result.is_none() {
            self.unclosed.push(names[0].to_owned());
        }
        result
    }

    /// Writes the expansion of a tag.
    fn expand_tag(&mut self, tag: &Tag, inside: &str, out: &mut String) {
        let argument = inside.split_once(char::is_whitespace).map(|(_, rest)| rest.trim()).unwrap_or_default();
        match tag.name.as_str() {
            "post_url" | "link" => {
                let name = argument.trim_matches(['"', '\'']);
                let result = if tag.name == "link" {
                    self.page.reference(&format!("/{name}"), None)
                } else {
                    self.page.post(name)
                };
                match result {
                    Some(address) => out.push_str(&address),
                    None => self
                        .page
                        .remark(format!("no post \"{name}\" is in the tree, so that a link to it leads nowhere")),
                }
            }
            "include" | "include_relative" | "include_cached" | "render" => {
                let mut included = template_tags::parse(argument);
                included.named =
                    included.named.into_iter().map(|(key, value)| (key, self.resolved(value, argument))).collect();
                match template_tags::render_embed(&included, self.page) {
                    Some(text) => out.push_str(&text),
                    None => self.page.remark(format!("what \"{}\" includes was left out", included.name)),
                }
            }
            _ if tag.name.starts_with("end") || CONTROL_TAGS.contains(&tag.name.as_str()) => {}
            _ => match template_tags::render_embed(tag, self.page) {
                Some(text) => out.push_str(&text),
                None => self.page.remark(format!("the tag \"{}\" is not known, and was left out", tag.name)),
            },
        }
    }

    /// Evaluates an argument that is a variable; a quoted one is literal.
    fn resolved(&mut self, value: String, argument: &str) -> String {
        let is_name = ["page.", "site.", "include."].iter().any(|start| value.starts_with(start));
        let is_quoted = argument.contains(&format!("\"{value}\"")) || argument.contains(&format!("'{value}'"));
        if is_name && !is_quoted { self.value(&value) } else { value }
    }

    /// Evaluates an expression; empty if it is unknown.
    fn value(&mut self, expression: &str) -> String {
        let mut parts = split_filters(expression).into_iter();
        let subject = parts.next().unwrap_or_default().trim();
        let Some(mut value) = self.variable(subject) else {
            self.page.remark(format!("the value of \"{}\" is not known, and was left out", shortened(subject)));
            return String::new();
        };
        for filter in parts {
            let (name, argument) = filter.split_once(':').unwrap_or((filter, ""));
            match name.trim() {
                "relative_url" => value = against(&self.page.base_path(), &value),
                "absolute_url" => {
                    let base = format!("{}{}", self.page.origin(), self.page.base_path());
                    value = against(&base, &value);
                }
                "prepend" => value = self.variable(argument.trim()).unwrap_or_default() + &value,
                "append" => value += &self.variable(argument.trim()).unwrap_or_default(),
                "downcase" => value = value.to_lowercase(),
                "upcase" => value = value.to_uppercase(),
                "strip" => value = value.trim().to_owned(),
                "default" if value.is_empty() => value = self.variable(argument.trim()).unwrap_or_default(),
                "date" if subject != "page.date" => return String::new(),
                _ => {}
            }
        }
        value
    }

    fn variable(&self, name: &str) -> Option<String> {
        if let Some(text) = literal(name) {
            return Some(text.to_owned());
        }
        let page = &self.page;
        match name {
            "" | "nil" | "site.time" | "content" => Some(String::new()),
            "site.baseurl" => Some(page.base_path()),
            "site.url" => Some(page.origin()),
            "page.url" => page.link.map(|link| link.path().to_owned()),
            "page.lang" => page.file.language.clone(),
            _ => {
                let (object, key) = name.split_once('.')?;
                let keys: Vec<&str> = key.split('.').collect();
                let values = match object {
                    "page" | "post" => page.values,
                    "site" => &page.tree.site.values,
                    _ => return None,
                };
                let result = values.get_path(&keys).and_then(super::value::Value::as_text).map(str::to_owned);
                result.or_else(|| key.starts_with("baseurl").then(String::new))
            }
        }
    }
}

/// Control tags, which have no output.
const CONTROL_TAGS: [&str; 16] = [
    "if", "unless", "else", "elsif", "for", "case", "when", "assign", "capture", "break", "continue", "increment",
    "decrement", "cycle", "t", "tablerow",
];

/// Splits an expression at `|` outside quotes.
fn split_filters(expression: &str) -> Vec<&str> {
    let mut quote = None;
    expression
        .split(|letter: char| {
            match (quote, letter) {
                (None, '"' | '\'') => quote = Some(letter),
                (Some(open), _) if open == letter => quote = None,
                _ => {}
            }
            quote.is_none() && letter == '|'
        })
        .collect()
}

/// Joins a path to a base, unless it has a host.
fn against(base: &str, path: &str) -> String {
    if path.contains("://") || path.starts_with("//") {
        return path.to_owned();
    }
    format!("{base}/{}", path.trim_start_matches('/'))
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}
