//! Owns the plain text of a title, a name or a summary with inline markup.

use std::borrow::Cow;

pub use crate::import::source_text::collapse_whitespace as collapsed;
use crate::markup;

/// Capitalizes the first letter.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).collect()
}

/// The plain text on one line.
pub fn line(text: &str) -> String {
    collapsed(&without_tags(&without_links(text)))
}

/// The text of HTML; `a < b` stays.
pub fn without_tags(text: &str) -> Cow<'_, str> {
    if markup::has_tags(text) { Cow::Owned(markup::visible_text(text)) } else { markup::decode_references(text) }
}

/// Replaces Markdown links by their labels.
pub fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, label, _, behind)) = next_link(rest) {
        out.push_str(before);
        out.push_str(label);
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// The text before the first Markdown link, its label, its URL, and the text after it.
pub fn next_link(text: &str) -> Option<(&str, &str, &str, &str)> {
    let middle = text.find("](")?;
    let open = text[..middle].rfind('[')?;
    let address = &text[middle + 2..];
    let end = address.find(')')?;
    let before = text[..open].strip_suffix('!').unwrap_or(&text[..open]);
    Some((before, &text[open + 1..middle], address[..end].trim(), &address[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_removed() {
        assert_eq!(line("A <em>b</em>\n &amp; [c](https://x)"), "A b & c");
        assert_eq!(line("1 < 2 > 0"), "1 < 2 > 0");
        assert_eq!(line("a<br>b <span title='>'>c</span> <!-- d -->e"), "a b c e");
    }
}
