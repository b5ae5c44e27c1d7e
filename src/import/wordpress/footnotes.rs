//! Owns the footnotes of the block editor: the references are in the body, the notes in a field of the post.

use std::collections::HashSet;
use std::fmt::Write as _;

use html_escape::encode_double_quoted_attribute;
use serde::Deserialize;

/// A note.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Footnote {
    /// HTML.
    content: String,
    /// The id that the reference in the body names.
    id: String,
}

/// Parses the field of a post.
///
/// # Errors
/// Why it is no list of notes.
pub fn parse(field: &str) -> Result<Vec<Footnote>, String> {
    serde_json::from_str(field).map_err(|error| error.to_string())
}

/// Writes the list of the notes, each with a link back to its reference, and leaves none.
pub fn write(notes: &mut Vec<Footnote>, out: &mut String) {
    if notes.is_empty() {
        return;
    }
    out.push_str("\n\n<ol>");
    for Footnote { content, id } in notes.drain(..) {
        let id = encode_double_quoted_attribute(&id);
        let _ = write!(out, "<li id=\"{id}\">{} <a href=\"#{id}-link\">↩\u{fe0e}</a></li>", content.trim());
    }
    out.push_str("</ol>\n\n");
}

/// Writes the notes that a body without their block refers to.
pub fn write_missing(notes: &mut Vec<Footnote>, out: &mut String) {
    let references: HashSet<&str> =
        out.split("data-fn=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0)).collect();
    let mut missing: Vec<Footnote> = notes.drain(..).filter(|note| references.contains(&*note.id)).collect();
    write(&mut missing, out);
}
