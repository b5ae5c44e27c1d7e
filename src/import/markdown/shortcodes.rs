//! Owns expanding the shortcodes of Hugo and Zola; unknown ones are removed, and their inner text stays.

use std::collections::HashMap;

use super::code::{CodeScope, fenced};
use super::post_context::PostContext;
use super::template_scanner::{self, TemplateLanguage};
use super::template_tags::{self, Tag};

/// Expands Hugo's shortcodes: `{{< x >}}` and `{{% x %}}`.
pub fn hugo(text: &str, page: &mut PostContext<'_>) -> String {
    let closings = closings(text);
    template_scanner::expand(text, CodeScope::Delimited, &mut Hugo { text, page, closings })
}

/// Expands Zola's shortcodes: `{{ x() }}` and `{% x() %}…{% end %}`.
pub fn zola(text: &str, page: &mut PostContext<'_>) -> String {
    template_scanner::expand(text, CodeScope::Delimited, &mut Zola { text, page })
}

struct Hugo<'a, 'b> {
    text: &'a str,
    page: &'a mut PostContext<'b>,
    /// The ranges of closing tags by name.
    closings: HashMap<String, Vec<(usize, usize)>>,
}

/// The closing delimiter of the shortcode at an offset.
fn closing_delimiter(text: &str, start: usize) -> Option<&'static str> {
    match text.as_bytes().get(start..start + 3)? {
        b"{{<" => Some(">}}"),
        b"{{%" => Some("%}}"),
        _ => None,
    }
}

fn closings(text: &str) -> HashMap<String, Vec<(usize, usize)>> {
    let mut closings: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    for (start, _) in text.match_indices("{{") {
        let Some(closing) = closing_delimiter(text, start) else { continue };
        let Some(name) = text[start + 3..].trim_start().strip_prefix('/') else { continue };
        let Some(end) = template_tags::find_closing(text, start + 3, closing, b"") else { continue };
        let name = name.trim_start();
        let length = name.find(|next: char| !is_name(next)).unwrap_or(name.len());
        closings.entry(name[..length].to_owned()).or_default().push((start, end + 3));
    }
    closings
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || "_-/.".contains(letter)
}

impl TemplateLanguage for Hugo<'_, '_> {
    fn end(&self, start: usize) -> Option<usize> {
        let closing = closing_delimiter(self.text, start)?;
        let inside = self.text[start + 3..].trim_start();
        let begins = inside.strip_prefix('/').unwrap_or(inside).trim_start();
        if !begins.starts_with(|first: char| first.is_alphanumeric() || first == '_' || first == '*') {
            return None;
        }
        Some(template_tags::find_closing(self.text, start + 3, closing, b"\"`")? + 3)
    }

    fn replace(&mut self, start: usize, end: usize, out: &mut String) -> Option<usize> {
        let inside = self.text[start + 3..end - 3].trim();
        if let Some(escaped) = inside.strip_prefix("/*") {
            let (open, close) = if self.text[start..].starts_with("{{<") { ("&lt;", "&gt;") } else { ("%", "&#37;") };
            let escaped = escaped.strip_suffix("*/").unwrap_or(escaped);
            out.push_str(&format!("&#123;&#123;{open}{}{close}}}}}", html_escape::encode_text(escaped)));
            return Some(end);
        }
        if inside.starts_with('/') {
            return Some(end);
        }
        let (inside, is_whole) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let tag = template_tags::parse(inside);
        let closing = self.closing(&tag.name, end).filter(|_| !is_whole);
        match (tag.name.as_str(), closing) {
            ("comment", Some((_, behind))) => return Some(behind),
            ("highlight" | "code" | "mermaid" | "codeblock", Some((from, behind))) if from >= end => {
                let language = tag.positional.first().cloned().unwrap_or_else(|| tag.name.clone());
                out.push_str(&fenced(&self.text[end..from], if language == "highlight" { "" } else { &language }));
                return Some(behind);
            }
            _ => {}
        }
        self.expand_tag(&tag, closing.is_some(), template_scanner::is_alone(self.text, start, end), out);
        Some(end)
    }

    fn code(&self, piece: &str, out: &mut String) {
        if !piece.contains("/*") {
            out.push_str(piece);
            return;
        }
        let piece = piece.replace("{{</*", "{{<").replace("*/>}}", ">}}");
        out.push_str(&piece.replace("{{%/*", "{{%").replace("*/%}}", "%}}"));
    }
}

impl Hugo<'_, '_> {
    fn closing(&self, name: &str, from: usize) -> Option<(usize, usize)> {
        let ranges = self.closings.get(name)?;
        ranges.get(ranges.partition_point(|(start, _)| *start < from)).copied()
    }

    /// Writes the expansion of an opening tag.
    fn expand_tag(&mut self, tag: &Tag, is_paired: bool, is_alone: bool, out: &mut String) {
        match tag.name.as_str() {
            "param" => {
                let key = tag.positional.first().map(String::as_str).unwrap_or_default();
                match self.page.parameter(key) {
                    Some(value) => out.push_str(&value),
                    None => self.page.remark(format!("the parameter \"{key}\" is not known, and was left out")),
                }
            }
            "ref" | "relref" => {
                let reference = tag.get_or(&["path"], 0).unwrap_or_default();
                match self.page.reference(reference, tag.get(&["lang"])) {
                    Some(address) => out.push_str(&address.replace(' ', "%20")),
                    None => {
                        self.page.remark(format!(
                            "no page \"{reference}\" is in the tree, so that a link to it may lead nowhere"
                        ));
                        out.push_str(&reference.replace(' ', "%20"));
                    }
                }
            }
            _ => expand_other(self.page, tag, is_paired, is_alone, out),
        }
    }
}

/// Writes the expansion of a shortcode without a rule of its own.
fn expand_other(page: &mut PostContext<'_>, tag: &Tag, is_paired: bool, is_alone: bool, out: &mut String) {
    if let Some(text) = template_tags::render_embed(tag, page) {
        out.push_str(&text);
    } else if let Some(heading) = template_tags::heading(tag) {
        out.push_str(&heading);
        out.push_str(if is_alone { "\n\n" } else { " " });
    } else if !is_paired {
        page.remark(format!("the shortcode \"{}\" is not known, and was left out", tag.name));
    }
}

struct Zola<'a, 'b> {
    text: &'a str,
    page: &'a mut PostContext<'b>,
}

impl TemplateLanguage for Zola<'_, '_> {
    fn end(&self, start: usize) -> Option<usize> {
        let closing = if self.text[start..].starts_with("{{") { "}}" } else { "%}" };
        let inside = self.text[start + 2..].trim_start().trim_start_matches("/*").trim_start();
        inside.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_').then_some(())?;
        Some(template_tags::find_closing(self.text, start + 2, closing, b"\"'`")? + 2)
    }

    fn replace(&mut self, start: usize, end: usize, out: &mut String) -> Option<usize> {
        let inside = self.text[start + 2..end - 2].trim();
        if let Some(escaped) = inside.strip_prefix("/*").and_then(|inside| inside.strip_suffix("*/")) {
            let is_block = self.text[start..].starts_with("{%");
            let (open, close) = if is_block { ("&#123;%", "&#37;}") } else { ("&#123;&#123;", "}}") };
            out.push_str(&format!("{open} {} {close}", html_escape::encode_text(escaped.trim())));
            return Some(end);
        }
        if inside == "end" {
            return Some(end);
        }
        let inside = inside.strip_suffix(')').filter(|inside| inside.contains('('))?;
        let is_paired = !self.text[start..].starts_with("{{");
        expand_other(self.page, &template_tags::parse(inside), is_paired, true, out);
        Some(end)
    }

    fn code(&self, piece: &str, out: &mut String) {
        out.push_str(&piece.replace("{{/*", "{{").replace("*/}}", "}}").replace("{%/*", "{%").replace("*/%}", "%}"));
    }
}
