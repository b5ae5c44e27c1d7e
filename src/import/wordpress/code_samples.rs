//! Owns finding code samples, in which neither shortcodes nor tags count.

use std::fmt::Write as _;

use html_escape::encode_text;

use super::shortcodes::tag;
use crate::import::html_tag::{self, HtmlTag};
use crate::markup::decode_references;

/// Finds code samples.
pub struct CodeScanner {
    /// The body in lower case.
    lower: String,
    /// The elements without an end tag in the rest.
    unclosed: Vec<&'static str>,
}

impl CodeScanner {
    pub fn new(html: &str) -> CodeScanner {
        CodeScanner { lower: html.to_ascii_lowercase(), unclosed: Vec::new() }
    }

    /// The length of the code sample at the start of the rest.
    pub fn length(&mut self, rest: &str) -> Option<usize> {
        let HtmlTag { length, name, is_end, .. } = HtmlTag::parse(rest)?;
        let mut names = ["pre", "code", "script", "style", "textarea"].into_iter();
        let name = names.find(|known| known.eq_ignore_ascii_case(name) && !self.unclosed.contains(known))?;
        let lower = &self.lower[self.lower.len() - rest.len()..];
        let end = html_tag::end_tag(lower, name).map(|end| end.start).filter(|_| !is_end);
        if end.is_none() && !is_end {
            self.unclosed.push(name);
        }
        end.filter(|end| *end >= length)
    }

    /// Writes the code sample at the start of the rest, if it is one of a plugin that shows its content as it is
    /// (SyntaxHighlighter, WP-Syntax): `[code]…[/code]`, `<pre lang="php">…</pre>`. Returns its length.
    pub fn write_sample(&mut self, rest: &str, out: &mut String) -> Option<usize> {
        let lower = &self.lower[self.lower.len() - rest.len()..];
        let (start, end) = if let Some(tag) = tag(rest).filter(|tag| !tag.is_end) {
            let name = CODE_SHORTCODES.into_iter().find(|name| *name == tag.name && !self.unclosed.contains(name))?;
            let Some(end) = lower.find(&format!("[/{name}]")) else {
                self.unclosed.push(name);
                return None;
            };
            (tag.length, end..end + name.len() + 3)
        } else {
            let tag = HtmlTag::parse(rest).filter(|tag| tag.is("pre") && !tag.is_end)?;
            let has = |name: &str| tag.attributes.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
            if !has("lang") || has("escaped") || self.unclosed.contains(&"pre") {
                return None;
            }
            (tag.length, html_tag::end_tag(lower, "pre")?)
        };
        let code = decode_references(rest.get(start..end.start)?);
        let _ = write!(out, "\n\n<pre><code>{}</code></pre>\n\n", encode_text(code.trim_matches(['\r', '\n'])));
        Some(end.end)
    }
}

/// Shortcodes whose content is code.
const CODE_SHORTCODES: [&str; 3] = ["code", "sourcecode", "source"];
