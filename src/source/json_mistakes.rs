//! Mistakes in JSON, in plain words.

use super::ParseError;

/// Explains why a text is not JSON. `at`: where the parser stopped, in bytes.
pub fn explain(text: &str, at: usize, message: &str) -> ParseError {
    let message = message.split(" at line ").next().unwrap_or_default();
    let rest = text.get(at..).unwrap_or_default();
    let before = text.get(..at).unwrap_or_default().trim_end();
    let comma = before.len().saturating_sub(1);
    let (span, what, help) = if message.starts_with("EOF") {
        let end = text.trim_end().len();
        let missing = unclosed(text);
        let help = format!("write `{missing}` at the end; if the file was cut off, save it again");
        let error =
            ParseError::new(end.saturating_sub(1)..end, format!("the text ends without its closing `{missing}`"));
        return ParseError { help: Some(help), ..error };
    } else if rest.starts_with(['}', ']']) && before.ends_with(',') {
        (comma..comma + 1, "a comma stands before the closing bracket", "remove the comma")
    } else if rest.starts_with("//") || rest.starts_with("/*") || rest.starts_with('#') {
        (at..at + 1, "JSON has no comments", "remove it, or write the file as TOML, which has them")
    } else if rest.starts_with(['\'', '“', '”', '„', '«', '‘', '’']) {
        let length = rest.chars().next().map_or(1, char::len_utf8);
        (
            at..at + length,
            "keys and texts must stand in straight double quotation marks",
            "write `\"` in place of each of these marks",
        )
    } else if message.starts_with("expected `,`") {
        (at..at + 1, "a comma is missing before this", "write `,` before it")
    } else if message.starts_with("key must be a string") {
        (at..at + 1, "a key must stand in double quotation marks", "write it as `\"key\"`")
    } else if message.starts_with("expected `:`") {
        (at..at + 1, "a colon is missing between a key and its value", "write `\"key\": value`")
    } else {
        return ParseError::new(at..at + 1, format!("not JSON: {message}"));
    };
    ParseError { help: Some(help.to_owned()), ..ParseError::new(span, what) }
}

/// What closes all that is open at the end of a text, at most eight marks of it.
fn unclosed(text: &str) -> String {
    let (mut open, mut in_text, mut letters) = (Vec::new(), false, text.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if in_text => drop(letters.next()),
            '"' => in_text = !in_text,
            '{' if !in_text => open.push('}'),
            '[' if !in_text => open.push(']'),
            '}' | ']' if !in_text => drop(open.pop()),
            _ => {}
        }
    }
    in_text.then_some('"').into_iter().chain(open.into_iter().rev()).take(8).collect()
}
