//! Owns TOML strings as a person would write them; never touches files or stories.

/// A string on one line: `"…"`, or `'…'` where that saves escapes.
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
            other => character(other, &mut written),
        }
    }
    written.push('"');
    written
}

/// A string on several lines, `"""` on lines of its own but for the last, which ends the text where it ends.
pub fn lines(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 8);
    written.push_str("\"\"\"\n");
    let mut quotes = 0;
    for (place, letter) in text.char_indices() {
        let last = place + letter.len_utf8() == text.len();
        quotes = if letter == '"' { quotes + 1 } else { 0 };
        match letter {
            // Neither three together nor one that would join the closing ones.
            '"' if quotes == 3 || last => {
                written.push_str("\\\"");
                quotes = 0;
            }
            '\\' => written.push_str("\\\\"),
            '\r' => written.push_str("\\r"),
            other => character(other, &mut written),
        }
    }
    written.push_str("\"\"\"");
    written
}

fn character(letter: char, out: &mut String) {
    if must_be_escaped(letter) {
        out.push_str(&format!("\\u{:04X}", u32::from(letter)));
    } else {
        out.push(letter);
    }
}

/// What TOML does not take as it stands, but line breaks where they are allowed.
fn must_be_escaped(letter: char) -> bool {
    matches!(letter, '\u{0}'..='\u{8}' | '\u{B}'..='\u{1F}' | '\u{7F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn as_a_person_would_write_it() {
        assert_eq!(string("Water"), "\"Water\"");
        assert_eq!(string("\"Our goal\""), "'\"Our goal\"'");
        assert_eq!(string("it's \"so\""), "\"it's \\\"so\\\"\"");
        assert_eq!(lines("one\n\n\"two\""), "\"\"\"\none\n\n\"two\\\"\"\"\"");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_text_comes_back(text in "(?s)[\"\\\\'\n\ra-\u{7f}\u{0}-\u{1f} é]{0,24}") {
            for written in [string(&text), lines(&text)] {
                let table: toml::Table = toml::from_str(&format!("x = {written}\n")).map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(table.get("x").and_then(toml::Value::as_str), Some(text.as_str()));
            }
        }
    }
}
