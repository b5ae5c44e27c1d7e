//! Owns stripping attribute lists in braces and HTML comments.

use super::code::{CodeScope, CodeSpans, replace_at, rewrite};

/// Strips comments and attribute lists outside code.
pub fn strip(text: &str) -> String {
    if !text.contains('{') && !text.contains("<!--") {
        return text.to_owned();
    }
    let code = CodeSpans::find(text, CodeScope::All);
    rewrite(text, &code, strip_piece)
}

const MAX_LIST_BYTES: usize = 400;

fn strip_piece(piece: &str, out: &mut String) {
    let mut has_comment_end = true;
    replace_at(piece, *b"{<", out, |rest, out| {
        if has_comment_end && rest.starts_with("<!--") {
            let end = rest.find("-->");
            has_comment_end = end.is_some();
            if let Some(end) = end {
                return Some(end + 3);
            }
        }
        let length = attributes(rest, out)?;
        let trimmed = out.trim_end_matches([' ', '\t']).len();
        if trimmed > 0 && !out[..trimmed].ends_with('\n') {
            out.truncate(trimmed);
        }
        Some(length)
    });
}

/// The length of the attribute list at the start of a text, if the context leaves no other reading.
fn attributes(text: &str, before: &str) -> Option<usize> {
    let inner = text.strip_prefix('{')?;
    let end = inner.bytes().take(MAX_LIST_BYTES).position(|byte| matches!(byte, b'}' | b'\n' | b'{'))?;
    if inner.as_bytes()[end] != b'}' {
        return None;
    }
    let list = inner[..end].trim();
    let length = end + 2;
    if list.starts_with(':') && !list.starts_with(": ") || list.starts_with(": ") && is_list(list[1..].trim()) {
        return Some(length);
    }
    if !is_list(list) {
        return None;
    }
    let line = last(before).rsplit('\n').next().unwrap_or_default();
    let behind = first(&text[length..]).split('\n').next().unwrap_or_default().trim();
    let is_alone = line.trim_matches([' ', '\t', '>']).is_empty() && behind.is_empty();
    let is_heading = line.trim_start().starts_with('#') && behind.trim_matches('#').trim().is_empty();
    let follows = line.ends_with([')', ']', '`', '*', '_']);
    let is_bare = list.starts_with(['.', '#']);
    (is_alone || is_heading || follows || (is_bare && behind.is_empty())).then_some(length)
}

/// How much of a line is considered as context.
const MAX_LINE_BYTES: usize = 2000;

fn last(text: &str) -> &str {
    let mut start = text.len().saturating_sub(MAX_LINE_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

fn first(text: &str) -> &str {
    let mut end = text.len().min(MAX_LINE_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Whether a text consists of `.class`, `#id` and `key=value`.
fn is_list(text: &str) -> bool {
    let mut rest = text;
    let is_name = |letter: char| letter.is_alphanumeric() || "_-:./".contains(letter);
    while !rest.is_empty() {
        let start = rest.strip_prefix(['.', '#']);
        let body = start.unwrap_or(rest);
        let end = body.find(|letter: char| !is_name(letter)).unwrap_or(body.len());
        if end == 0 {
            return false;
        }
        let behind = &body[end..];
        match behind.strip_prefix('=') {
            Some(value) => {
                let quote = value.chars().next().filter(|quote| "\"'".contains(*quote));
                let length = match quote {
                    Some(quote) => value[1..].find(quote).map(|end| end + 2),
                    None => Some(value.find(char::is_whitespace).unwrap_or(value.len())),
                };
                let Some(length) = length else { return false };
                rest = &value[length..];
            }
            None if start.is_none() => return false,
            None => rest = behind,
        }
        if !(rest.is_empty() || rest.starts_with(char::is_whitespace)) {
            return false;
        }
        rest = rest.trim_start();
    }
    !text.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_and_comments_are_stripped() {
        for (text, expected) in [
            ("# A {#a .b}\nx", "# A\nx"),
            ("# A {#a} #\nx", "# A #\nx"),
            ("[a](b){:target=\"_blank\"} c", "[a](b) c"),
            ("p\n{: .c}\nq", "p\n\nq"),
            ("p\n{.c}", "p\n"),
            ("p {.c}", "p"),
            ("![a](b){width=100 .x}", "![a](b)"),
            ("{class=\"x y\"}\n", "\n"),
            ("a {b} c", "a {b} c"),
            ("`{.c}` {#x y}", "`{.c}` {#x y}"),
            ("```\n{.c}\n```", "```\n{.c}\n```"),
            ("a<!--more-->b<!-- \n -->", "ab"),
            ("a <!-- b", "a <!-- b"),
            ("json {\"a\": 1}", "json {\"a\": 1}"),
        ] {
            assert_eq!(strip(text), expected, "{text}");
        }
    }
}
