//! Escaping for HTML and CSS.

/// Escapes text for an element or a double-quoted attribute. Control characters that HTML forbids become spaces.
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{7f}'..='\u{9f}' => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// Escapes and quotes text as a CSS string (CSS Syntax §4.3.5).
pub fn css(text: &str) -> String {
    let escaped = text.chars().map(|letter| match letter {
        '"' | '\\' | '<' | '\n' | '\r' | '\u{c}' => format!("\\{:x} ", u32::from(letter)),
        letter => letter.to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}
