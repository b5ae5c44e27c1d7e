//! Characters in a source that its syntax refuses but that people paste all the same.

use std::borrow::Cow;

use super::{ParseError, Syntax};

/// A text without the control characters that TOML and JSON refuse within text and XML forbids anyway, with the location of
/// each in the text that is returned, so that one vertical tab from a word processor stops nothing.
///
/// In JSON only those within strings are taken, and the escaped lone surrogates (`\ud83d` without its other half) that a
/// CMS leaves when it cuts a string in the middle of an emoji.
pub fn strip_control_characters(text: &str, syntax: Syntax) -> (Cow<'_, str>, Vec<ParseError>) {
    let mut out = String::new();
    let mut errors = Vec::new();
    let mut kept = 0;
    let mut take = |from: usize, to: usize, name: String| {
        out.push_str(&text[kept..from]);
        kept = to;
        let mut error =
            ParseError::new(out.len()..out.len() + 1, format!("{name}, which XML 1.0 forbids, was removed"));
        error.is_warning = true;
        errors.push(error);
    };
    let mut inside = syntax == Syntax::Toml;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if syntax == Syntax::Json => inside = !inside,
            b'\\' if syntax == Syntax::Json && inside => {
                match surrogate(bytes, at) {
                    Some(0xD800..=0xDBFF) if matches!(surrogate(bytes, at + 6), Some(0xDC00..=0xDFFF)) => at += 12,
                    Some(unit @ 0xD800..=0xDFFF) => {
                        take(at, at + 6, format!("half of a surrogate pair (\\u{unit:04x})"));
                        at += 6;
                    }
                    _ => at += 2,
                }
                continue;
            }
            control @ (0x01..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F) if inside => {
                take(at, at + 1, format!("character U+{control:04X}"));
            }
            _ => {}
        }
        at += 1;
    }
    if errors.is_empty() {
        return (Cow::Borrowed(text), errors);
    }
    out.push_str(&text[kept..]);
    (Cow::Owned(out), errors)
}

/// The code unit of a `\uXXXX` escape at an offset.
fn surrogate(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_control_characters_go() {
        let (text, errors) = strip_control_characters("title = 'a\u{b}b\u{1f}'", Syntax::Toml);
        assert_eq!((text.as_ref(), errors.len()), ("title = 'ab'", 2));
        let (text, errors) = strip_control_characters("{\"a\u{b}\": \"x\u{1}\"}", Syntax::Json);
        assert_eq!((text.as_ref(), errors.len()), ("{\"a\": \"x\"}", 2));
    }

    #[test]
    fn what_is_not_within_text_stays_an_error() {
        assert!(strip_control_characters("[\u{c}]", Syntax::Json).1.is_empty());
        assert!(strip_control_characters("{\"a\": \"\\\\\"}", Syntax::Json).1.is_empty());
    }

    #[test]
    fn halves_of_pairs_go_and_pairs_stay() {
        let (text, errors) = strip_control_characters(r#"["\ud83d\ude00 \ud83d \uDE00 \\ud83d"]"#, Syntax::Json);
        assert_eq!((text.as_ref(), errors.len()), (r#"["\ud83d\ude00   \\ud83d"]"#, 2));
    }
}
