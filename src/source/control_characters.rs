//! Removal of control characters that were pasted into a text and that its syntax rejects.

use std::borrow::Cow;

use super::{ParseError, Syntax};

/// Removes the control characters that TOML and JSON reject in strings and that XML forbids, so that a vertical tab from a word
/// processor is a warning, not an error. Returns a warning for each, at its offset in the returned text.
///
/// In JSON only strings are changed. Escaped lone surrogates (`\ud83d` alone) are removed too; a CMS leaves them when it
/// truncates a string in the middle of an emoji.
pub fn strip_control_characters(text: &str, syntax: Syntax) -> (Cow<'_, str>, Vec<ParseError>) {
    let mut out = String::new();
    let mut errors = Vec::new();
    let mut copied = 0;
    let mut remove = |from: usize, to: usize, name: String| {
        out.push_str(&text[copied..from]);
        copied = to;
        let mut error =
            ParseError::new(out.len()..out.len() + 1, format!("{name}, which XML 1.0 forbids, was removed"));
        error.is_warning = true;
        errors.push(error);
    };
    let mut in_string = syntax == Syntax::Toml;
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' if syntax == Syntax::Json => in_string = !in_string,
            b'\\' if syntax == Syntax::Json && in_string => {
                match escaped_code_unit(bytes, at) {
                    Some(0xD800..=0xDBFF) if matches!(escaped_code_unit(bytes, at + 6), Some(0xDC00..=0xDFFF)) => {
                        at += 12
                    }
                    Some(unit @ 0xD800..=0xDFFF) => {
                        remove(at, at + 6, format!("half of a surrogate pair (\\u{unit:04x})"));
                        at += 6;
                    }
                    _ => at += 2,
                }
                continue;
            }
            control @ (0x01..=0x08 | 0x0B | 0x0C | 0x0E..=0x1F) if in_string => {
                remove(at, at + 1, format!("character U+{control:04X}"));
            }
            _ => {}
        }
        at += 1;
    }
    if errors.is_empty() {
        return (Cow::Borrowed(text), errors);
    }
    out.push_str(&text[copied..]);
    (Cow::Owned(out), errors)
}

/// The code unit of a `\uXXXX` escape at an offset.
fn escaped_code_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let escape = bytes.get(at..at + 6)?;
    let digits = escape.strip_prefix(b"\\u")?;
    digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_removed() {
        let (text, errors) = strip_control_characters("title = 'a\u{b}b\u{1f}'", Syntax::Toml);
        assert_eq!((text.as_ref(), errors.len()), ("title = 'ab'", 2));
        let (text, errors) = strip_control_characters("{\"a\u{b}\": \"x\u{1}\"}", Syntax::Json);
        assert_eq!((text.as_ref(), errors.len()), ("{\"a\": \"x\"}", 2));
    }

    #[test]
    fn only_strings_are_changed() {
        assert!(strip_control_characters("[\u{c}]", Syntax::Json).1.is_empty());
        assert!(strip_control_characters("{\"a\": \"\\\\\"}", Syntax::Json).1.is_empty());
    }

    #[test]
    fn lone_surrogates_are_removed() {
        let (text, errors) = strip_control_characters(r#"["\ud83d\ude00 \ud83d \uDE00 \\ud83d"]"#, Syntax::Json);
        assert_eq!((text.as_ref(), errors.len()), (r#"["\ud83d\ude00   \\ud83d"]"#, 2));
    }
}
