//! Owns adding paragraphs to a body at its blank lines, as WordPress does (`wpautop`).

use super::embeds::{self, is_address};
use crate::import::html_tag::{self, HtmlTag};
use crate::markup::decode_references;

/// Block-level elements.
const BLOCK_ELEMENTS: [&str; 38] = [
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav",
    "ol", "p", "section", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
];

/// Block elements whose text is wrapped in paragraphs.
const PARAGRAPH_CONTAINERS: [&str; 11] =
    ["article", "aside", "blockquote", "center", "details", "div", "footer", "form", "header", "main", "section"];

/// Elements whose content is copied verbatim.
const VERBATIM_ELEMENTS: [&str; 4] = ["pre", "script", "style", "textarea"];

/// Adds paragraphs to a body.
pub fn autop(html: &str) -> String {
    let html = html.replace("\r\n", "\n").replace('\r', "\n");
    let mut writer = Writer { out: String::with_capacity(html.len() * 9 / 8), open: Vec::new(), text: String::new() };
    let lower = html.to_ascii_lowercase();
    let mut rest = html.as_str();
    while let Some(at) = rest.find('<') {
        writer.text.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(HtmlTag { length, name, is_end, .. }) = HtmlTag::parse(rest) else {
            writer.text.push('<');
            rest = &rest[1..];
            continue;
        };
        let find_in = |list: &[&'static str]| list.iter().copied().find(|listed| listed.eq_ignore_ascii_case(name));
        if let Some(name) = find_in(&VERBATIM_ELEMENTS).filter(|_| !is_end) {
            let end = html_tag::end_tag(&lower[html.len() - rest.len()..], name);
            let end = end.map_or(rest.len(), |tag| tag.end);
            writer.flush();
            writer.out.push_str(&rest[..end]);
            writer.out.push('\n');
            rest = &rest[end..];
        } else if let Some(block) = find_in(&BLOCK_ELEMENTS) {
            writer.block(block, is_end, &rest[..length]);
            rest = &rest[length..];
        } else {
            // A line break within a tag is white space.
            writer.text.push_str(&rest[..length].replace('\n', " "));
            rest = &rest[length..];
        }
    }
    writer.text.push_str(rest);
    writer.flush();
    writer.out.trim().to_owned()
}

struct Writer {
    out: String,
    /// The open block elements.
    open: Vec<&'static str>,
    /// The content since the last block tag.
    text: String,
}

impl Writer {
    fn block(&mut self, name: &'static str, is_end: bool, tag: &str) {
        self.flush();
        self.out.push_str(tag);
        if is_end {
            if let Some(at) = self.open.iter().rposition(|open| *open == name) {
                self.open.truncate(at);
            }
            self.out.push('\n');
        } else if name != "hr" && !tag.ends_with("/>") {
            self.open.push(name);
        }
    }

    /// Writes the text, in paragraphs if the open element may contain them.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        let holds = self.open.last().is_none_or(|open| PARAGRAPH_CONTAINERS.contains(open));
        let parts = split_at_blank_lines(&text);
        if !holds {
            self.out
                .push_str(&parts.iter().map(|part| with_line_breaks(part)).collect::<Vec<_>>().join("<br /><br />"));
            return;
        }
        for part in parts {
            self.out.push_str(&format!("<p>{}</p>\n", with_line_breaks(part)));
        }
    }
}

fn split_at_blank_lines(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            parts.push(text[start..at].trim());
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// A part of a text with its line breaks. An address on a line of its own becomes a link, as WordPress shows what is there.
fn with_line_breaks(part: &str) -> String {
    let lines: Vec<&str> = part.lines().map(str::trim).collect();
    let mut out = String::new();
    let mut is_in_link = false;
    for (index, line) in lines.iter().enumerate() {
        if !is_in_link && is_address(line) {
            embeds::link(&decode_references(line), &mut out);
        } else {
            out.push_str(line);
        }
        is_in_link = is_link_open(line).unwrap_or(is_in_link);
        if index + 1 < lines.len() {
            let has_break = ["<br>", "<br/>", "<br />"].iter().any(|tag| line.to_ascii_lowercase().ends_with(tag));
            out.push_str(if has_break { "\n" } else { "<br />\n" });
        }
    }
    out
}

/// Whether a link is open behind a text; `None` if it neither opens nor closes one.
fn is_link_open(text: &str) -> Option<bool> {
    let tags = memchr::memrchr_iter(b'<', text.as_bytes()).filter_map(|at| HtmlTag::parse(&text[at..]));
    tags.into_iter().find(|tag| tag.is("a")).map(|tag| !tag.is_end)
}
