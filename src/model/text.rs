//! Text without characters that XML 1.0 forbids.

use std::borrow::Cow;
use std::fmt;

/// Plain text without characters that XML 1.0 forbids (§2.2), never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(String);

impl Text {
    /// Clean text with its line breaks; `None` if nothing is left.
    pub fn block(text: &str) -> Option<Self> {
        let text = clean(text);
        let text = text.trim();
        (!text.is_empty()).then(|| Text(text.to_owned()))
    }

    /// Clean text on one line, for titles and names; `None` if nothing is left.
    pub fn line(text: &str) -> Option<Self> {
        let text = clean(text);
        let mut out = String::with_capacity(text.len());
        // No-break spaces are intentional and remain.
        for word in text.split([' ', '\t', '\n']).filter(|word| !word.is_empty()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
        (!out.trim().is_empty()).then_some(Text(out))
    }

    /// A guid: clean text whose ends are trimmed, with its inside as it is; `None` if nothing is left.
    pub fn guid(text: &str) -> Option<Self> {
        Text::block(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// Sanitized HTML with absolute URLs and without characters that XML 1.0 forbids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Wraps sanitized HTML, without forbidden characters.
    pub fn of_sanitized(html: String) -> Self {
        match clean(&html) {
            Cow::Borrowed(_) => Html(html),
            Cow::Owned(html) => Html(html),
        }
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a text is an email address as Atom defines it (RFC 4287 §3.2.3).
pub fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty()) && !text.contains(char::is_whitespace)
}

/// The first character that XML 1.0 forbids, if any.
pub fn forbidden(text: &str) -> Option<char> {
    // Every text is checked, so the loop over blocks is written for vectorization. In UTF-8, U+FFFE and U+FFFF begin with 0xEF,
    // as do many allowed characters.
    let is_control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r');
    let is_suspicious = |block: &[u8]| block.iter().fold(false, |any, byte| any | is_control(*byte) | (*byte == 0xEF));
    if !text.as_bytes().chunks(64).any(is_suspicious) {
        return None;
    }
    text.chars().find(|character| is_forbidden(*character))
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '\u{0}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Removes forbidden characters and normalizes line ends to `\n`, as an XML parser does (XML 1.0 §2.11).
pub fn clean(text: &str) -> Cow<'_, str> {
    if forbidden(text).is_none() && !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(unix.chars().filter(|c| !is_forbidden(*c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cleaned() {
        assert_eq!(Text::line(" a\u{b}b\r\n  c\u{a0}\u{ffff} ").unwrap().as_str(), "ab c\u{a0}");
        assert_eq!(Text::block("a\r\nb\rc\u{0}").unwrap().as_str(), "a\nb\nc");
        assert_eq!(Text::line(" \u{1} "), None);
        assert_eq!(forbidden("日本 ﷺ \u{feff}"), None);
        assert_eq!(forbidden("a\u{c}"), Some('\u{c}'));
    }
}
