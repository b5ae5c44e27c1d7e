//! TOML strings in the style an editor would choose.
//!
//! `toml_writer` is not used: it escapes tabs, which would change every imported file that has one.

/// A string on one line: basic (`"…"`), or literal (`'…'`) to save escapes.
pub fn string(text: &str) -> String {
    let quotes = text.contains(['"', '\\']);
    if quotes && !text.contains(['\'', '\n']) && !text.chars().any(must_be_escaped) {
        return format!("'{text}'");
    }
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for letter in text.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            other => push_escaped(other, &mut written),
        }
    }
    written.push('"');
    written
}

/// A key: bare where it can be.
pub fn key(text: &str) -> String {
    let is_bare =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if is_bare { text.to_owned() } else { string(text) }
}

/// A multi-line basic string; the closing `"""` follows the last character.
pub fn multiline(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 8);
    written.push_str("\"\"\"\n");
    let mut quotes = 0;
    for (index, letter) in text.char_indices() {
        let last = index + letter.len_utf8() == text.len();
        quotes = if letter == '"' { quotes + 1 } else { 0 };
        match letter {
            // Three quotes in a row, or one before the closing delimiter, would end the string.
            '"' if quotes == 3 || last => {
                written.push_str("\\\"");
                quotes = 0;
            }
            '\\' => written.push_str("\\\\"),
            '\r' => written.push_str("\\r"),
            other => push_escaped(other, &mut written),
        }
    }
    written.push_str("\"\"\"");
    written
}

fn push_escaped(letter: char, out: &mut String) {
    if must_be_escaped(letter) {
        out.push_str(&format!("\\u{:04X}", u32::from(letter)));
    } else {
        out.push(letter);
    }
}

/// Control characters that TOML forbids in any string; line breaks are up to the caller.
fn must_be_escaped(letter: char) -> bool {
    matches!(letter, '\u{0}'..='\u{8}' | '\u{B}'..='\u{1F}' | '\u{7F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn styles() {
        assert_eq!(string("Water"), "\"Water\"");
        assert_eq!(string("\"Our goal\""), "'\"Our goal\"'");
        assert_eq!(string("it's \"so\""), "\"it's \\\"so\\\"\"");
        assert_eq!(multiline("one\n\n\"two\""), "\"\"\"\none\n\n\"two\\\"\"\"\"");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_round_trips(text in "(?s)[\"\\\\'\n\ra-\u{7f}\u{0}-\u{1f} é]{0,24}") {
            for written in [string(&text), multiline(&text)] {
                let table: toml::Table = toml::from_str(&format!("x = {written}\n")).map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(table.get("x").and_then(toml::Value::as_str), Some(text.as_str()));
            }
        }
    }
}
