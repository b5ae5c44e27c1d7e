//! Owns the code samples of plugins that show their content as it is.

use std::fmt::Write as _;

use html_escape::encode_text;

use super::shortcodes::tag;
use crate::import::html_code::CodeScanner;
use crate::import::html_tag::{self, HtmlTag};
use crate::markup::decode_references;

/// Shortcodes whose content is code.
const CODE_SHORTCODES: [&str; 3] = ["code", "sourcecode", "source"];

/// Writes the code sample at the start of the rest of a body, if it is one of such a plugin (SyntaxHighlighter, WP-Syntax):
/// `[code]…[/code]`, `<pre lang="php">…</pre>`. Returns its length.
pub fn write(code: &mut CodeScanner, rest: &str, out: &mut String) -> Option<usize> {
    let (start, end) = if let Some(tag) = tag(rest).filter(|tag| !tag.is_end) {
        let name = CODE_SHORTCODES.into_iter().find(|name| *name == tag.name && !code.is_unclosed(name))?;
        let Some(end) = code.lower(rest).find(&format!("[/{name}]")) else {
            code.note_unclosed(name);
            return None;
        };
        (tag.length, end..end + name.len() + 3)
    } else {
        let tag = HtmlTag::parse(rest).filter(|tag| tag.is("pre") && !tag.is_end)?;
        let has = |name: &str| tag.attributes.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if !has("lang") || has("escaped") || code.is_unclosed("pre") {
            return None;
        }
        (tag.length, html_tag::end_tag(code.lower(rest), "pre")?)
    };
    let sample = decode_references(rest.get(start..end.start)?);
    let _ = write!(out, "\n\n<pre><code>{}</code></pre>\n\n", encode_text(sample.trim_matches(['\r', '\n'])));
    Some(end.end)
}
