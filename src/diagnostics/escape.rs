//! Text of unknown origin, escaped for output: it neither controls a terminal nor commands a workflow runner, stays on its
//! line, and shows no password.

use std::borrow::Cow;

/// Escapes one field of a line: control characters, line breaks, bidirectional controls, and the two forms of workflow
/// commands. User names and passwords in addresses are masked.
///
/// Escaping a text twice is the same as escaping it once.
pub fn escape(text: &str) -> Cow<'_, str> {
    let masked = mask_credentials(text);
    let is_plain = !masked.contains("::") && !masked.contains("##[") && !masked.chars().any(is_active);
    if is_plain {
        return masked;
    }
    let chars: Vec<char> = masked.chars().collect();
    Cow::Owned(escape_workflow_command(escape_each(&chars).concat()))
}

/// Escapes a text of several lines; its line breaks remain.
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// Escapes serialized JSON by JSON's own escapes, which leave every value as it is. Credentials are masked.
pub fn escape_json(json: &str) -> Cow<'_, str> {
    let masked = mask_credentials(json);
    // The serializer has escaped the control characters of ASCII but one; those that are left are white space between values.
    let is_structural = |c: char| matches!(c, '\n' | '\t' | '\r');
    if !masked.contains("##[") && !masked.chars().any(|c| is_active(c) && !is_structural(c)) {
        return masked;
    }
    let escaped = masked.replace("##[", "#\\u0023[");
    let each = escaped.chars().map(|c| match is_active(c) && !is_structural(c) {
        true => Cow::Owned(format!("\\u{:04x}", u32::from(c))),
        false => Cow::Owned(String::from(c)),
    });
    Cow::Owned(each.collect::<Vec<Cow<'_, str>>>().concat())
}

/// Each character as it is shown within a line.
pub fn escape_each(chars: &[char]) -> Vec<String> {
    let shown = |(index, c): (usize, &char)| match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        '#' if index > 0 && chars[index - 1] == '#' && chars.get(index + 1) == Some(&'[') => "\\#".to_owned(),
        c if is_active(*c) => format!("\\u{{{:x}}}", u32::from(*c)),
        c => c.to_string(),
    };
    chars.iter().enumerate().map(shown).collect()
}

/// Replaces the user and the password of every address (RFC 3986 §3.2.1).
pub fn mask_credentials(text: &str) -> Cow<'_, str> {
    replace_credentials(text, |_| "***".to_owned())
}

/// The same with as many characters as before, so that columns remain.
pub fn blank_credentials(text: &str) -> Cow<'_, str> {
    replace_credentials(text, |credentials| "*".repeat(credentials.chars().count()))
}

fn replace_credentials(text: &str, replacement: impl Fn(&str) -> String) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let is_end = |c: char| matches!(c, '/' | '?' | '#' | '\\' | '"' | '<' | '>') || c.is_whitespace() || c.is_control();
    let mut out = String::new();
    let mut copied = 0;
    for (at, slashes) in text.match_indices("//") {
        let start = at + slashes.len();
        if start < copied {
            continue;
        }
        let authority = text[start..].split(is_end).next().unwrap_or_default();
        // The last one: a password may contain it.
        if let Some(length) = authority.rfind('@').filter(|length| *length > 0) {
            out += &text[copied..start];
            out += &replacement(&text[start..start + length]);
            copied = start + length;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    out += &text[copied..];
    Cow::Owned(out)
}

/// Whether a character acts on a terminal or on the order of the others instead of showing something.
///
/// The marks U+200C to U+200F and U+061C are needed by Arabic, Hebrew and Persian text, and act on their neighbours only.
fn is_active(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Escapes `::` at the start of a line, before which a runner ignores blanks.
fn escape_workflow_command(text: String) -> String {
    let is_blank = |c: char| c.is_whitespace() || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{feff}');
    let command = text.trim_start_matches(is_blank);
    if !command.starts_with("::") {
        return text;
    }
    let blanks = &text[..text.len() - command.len()];
    format!("{blanks}\\{command}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_inert() {
        for (text, expected) in [
            ("plain: text, 100% #1", "plain: text, 100% #1"),
            ("\u{1b}[31mred\u{7}\u{7f}", "\\u{1b}[31mred\\u{7}\\u{7f}"),
            ("a\u{9b}b\u{85}c", "a\\u{9b}b\\u{85}c"),
            ("a\nb\r\nc\td", "a\\nb\\r\\nc\\td"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("\u{202a}\u{202e}\u{2066}\u{2069}", "\\u{202a}\\u{202e}\\u{2066}\\u{2069}"),
            ("می\u{200c}خواهم \u{200f}\u{200e}\u{61c}\u{200d}", "می\u{200c}خواهم \u{200f}\u{200e}\u{61c}\u{200d}"),
            ("::error::x", "\\::error::x"),
            (" \u{a0} ::error::x", " \u{a0} \\::error::x"),
            ("\u{feff}::error::x", "\u{feff}\\::error::x"),
            ("a ::error::x", "a ::error::x"),
            ("a ##[error]x", "a #\\#[error]x"),
            ("###[error]x", "##\\#[error]x"),
            ("https://user:p@ss@example.org/@a", "https://***@example.org/@a"),
            ("//u:p@a.example and http://t@b.example?x@y", "//***@a.example and http://***@b.example?x@y"),
            ("https://example.org/a@b mailto:a@b.org a // b@c", "https://example.org/a@b mailto:a@b.org a // b@c"),
        ] {
            assert_eq!(escape(text), expected, "{text:?}");
        }
        assert_eq!(escape_lines("a\n ::b\n\u{1b}\n"), "a\n \\::b\n\\u{1b}\n");
        assert_eq!(blank_credentials("x = 'https://u:pé@h/'"), "x = 'https://****@h/'");
    }

    proptest! {
        #[test]
        fn nothing_active_is_left(text in "(::|##|\\[|#|//|@|a|[ \\t]|\\PC|\\pC){0,12}") {
            let escaped = escape(&text);
            prop_assert!(!escaped.chars().any(is_active));
            prop_assert!(!escaped.contains("##["));
            prop_assert!(!escaped.trim_start().starts_with("::"));
            prop_assert_eq!(&escape(&escaped), &escaped);
        }

        #[test]
        fn json_values_are_unchanged(text in "(##|\\[|\\\\|\"|a|\\PC|\\pC){0,12}") {
            let json = serde_json::json!({ "a": [&text] }).to_string();
            let escaped = escape_json(&json);
            prop_assert!(!escaped.contains("##[") && !escaped.chars().any(is_active));
            let value: serde_json::Value = serde_json::from_str(&escaped).unwrap();
            prop_assert_eq!(value["a"][0].as_str(), Some(&*text));
        }
    }

    #[test]
    fn json_shows_no_password() {
        let json = serde_json::json!({ "hub": "https://u:p@hub.example/", "by": "a@b" }).to_string();
        let value: serde_json::Value = serde_json::from_str(&escape_json(&json)).unwrap();
        assert_eq!((value["hub"].as_str(), value["by"].as_str()), (Some("https://***@hub.example/"), Some("a@b")));
    }
}
