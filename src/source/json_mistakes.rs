//! Mistakes in JSON, in plain words.

use super::ParseError;

/// Explains why a text is not JSON. `at`: where the parser stopped, in bytes.
pub fn explain(text: &str, at: usize, message: &str) -> ParseError {
    let message = message.split(" at line ").next().unwrap_or_default();
    let rest = text.get(at..).unwrap_or_default();
    let before = text.get(..at).unwrap_or_default().trim_end();
    let comma = before.len().saturating_sub(1);
    let (span, what, help) = if message.starts_with("EOF") {
        let last = text.trim_end();
        let start = last.char_indices().next_back().map_or(0, |(at, _)| at);
        let help = "close what is open, with `\"`, `]` or `}`; if the file was cut off, save it again";
        (start..last.len(), "the text ends before all is closed", help)
    } else if rest.starts_with(['}', ']']) && before.ends_with(',') {
        (comma..comma + 1, "a comma stands before the closing bracket", "remove the comma")
    } else if rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#') {
        (at..at + 1, "JSON has no comments", "remove it, or write the file as TOML, which has them")
    } else if rest.starts_with(['\'', '“', '”', '„', '«', '‘', '’']) {
        let length = rest.chars().next().map_or(1, char::len_utf8);
        (at..at + length, "keys and texts stand in straight double quotation marks", "write `\"` instead")
    } else if message.starts_with("expected `,`") {
        (at..at + 1, "a comma is missing before this", "write a comma behind the value before it")
    } else if message.starts_with("key must be a string") {
        (at..at + 1, "a key stands in double quotation marks", "write it as `\"key\"`")
    } else if message.starts_with("expected `:`") {
        (at..at + 1, "a colon is missing between a key and its value", "write `\"key\": value`")
    } else {
        return ParseError::new(at..at + 1, format!("not JSON: {message}"));
    };
    ParseError { help: Some(help.to_owned()), ..ParseError::new(span, what) }
}
