//! Plain text of sources: character references and white space.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use crate::markup::{has_tags, tags};

/// The longest title that is made from a text, in characters.
const MAX_TITLE_FROM_TEXT: usize = 80;

/// Whether a text contains a tag or an entity.
pub fn is_html(text: &str) -> bool {
    has_tags(text) || decode_references(text) != text
}

/// The content of markup that is one element which says its language, as published texts are wrapped.
pub struct Wrapped<'h> {
    pub language: &'h str,
    pub has_direction: bool,
    pub inner: &'h str,
}

/// Markup that is one such element, with nothing around it.
pub fn wrapped<'h>(html: &'h str, element: &str) -> Option<Wrapped<'h>> {
    let start = html.trim().strip_prefix('<')?.strip_prefix(element)?.strip_prefix(" lang=\"")?;
    let (attributes, inner) = start.split_once("\">")?;
    let direction = [" dir=\"ltr", " dir=\"rtl"].map(|direction| attributes.strip_suffix(direction)?.strip_suffix('"'));
    let language = direction.into_iter().flatten().next();
    let inner = inner.strip_suffix('>')?.strip_suffix(element)?.strip_suffix("</")?;
    Some(Wrapped { language: language.unwrap_or(attributes), has_direction: language.is_some(), inner })
}

/// Decodes character references as browsers do: numbers from 128 to 159 are windows-1252 (HTML §13.2.5.80).
pub fn decode_references(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("&#") {
        let (before, reference) = rest.split_at(at);
        let digits = &reference[2..];
        let (digits, radix) = digits.strip_prefix(['x', 'X']).map_or((digits, 10), |digits| (digits, 16));
        let end = digits.find(|letter: char| !letter.is_digit(radix)).unwrap_or(digits.len());
        let byte = u8::from_str_radix(digits[..end].trim_start_matches('0'), radix).ok();
        out.push_str(before);
        match byte.filter(|byte| (0x80..=0x9f).contains(byte)) {
            Some(byte) => {
                out.push_str(&WINDOWS_1252.decode_without_bom_handling(&[byte]).0);
                let after = &digits[end..];
                rest = after.strip_prefix(';').unwrap_or(after);
            }
            None => {
                out.push_str("&#");
                rest = &reference[2..];
            }
        }
    }
    if out.is_empty() {
        return html_escape::decode_html_entities(text);
    }
    out.push_str(rest);
    Cow::Owned(html_escape::decode_html_entities(&out).into_owned())
}

/// Plain text on one line. Blanks of a width of their own stay, as typographers set them.
pub fn collapse_whitespace(text: &str) -> String {
    let is_plain = |letter: char| {
        letter.is_ascii_whitespace()
            || letter.is_ascii_control()
            || matches!(letter, '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    text.trim().split(is_plain).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether every start tag of an element has its end tag after it, and every end tag a start tag before it.
pub fn is_balanced(html: &str, name: &str) -> bool {
    let depth = tags(html)
        .unwrap_or_default()
        .into_iter()
        .filter(|(other, _)| other == name)
        .try_fold(0_usize, |depth, (_, is_end)| if is_end { depth.checked_sub(1) } else { Some(depth + 1) });
    depth == Some(0)
}

/// Whether a text has a letter that is seen: neither white space nor invisible nor punctuation.
pub fn has_visible_letter(text: &str) -> bool {
    let is_invisible = |letter: char| {
        matches!(letter, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2010}'..='\u{206F}' | '\u{2800}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFF}' | '\u{300}'..='\u{36F}'
            | '\u{E0000}'..='\u{E0FFF}')
    };
    text.chars().any(|letter| {
        !letter.is_whitespace() && !letter.is_control() && !letter.is_ascii_punctuation() && !is_invisible(letter)
    })
}

/// The first line of a text, cut at a word.
pub fn title_from_text(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| has_visible_letter(line))?;
    if line.chars().count() <= MAX_TITLE_FROM_TEXT {
        return Some(line.to_owned());
    }
    let cut: String = line.chars().take(MAX_TITLE_FROM_TEXT).collect();
    let words = cut.rsplit_once(char::is_whitespace).map_or(cut.as_str(), |(words, _)| words);
    Some(format!("{}…", words.trim_end_matches([',', ';', ':', '.', ' '])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_as_browsers_do() {
        for (written, expected) in [
            ("&#146;&#x92;&#X092;&#0146;", "’’’’"),
            ("&#128; &#159 &#160;&#8217;&#1460;", "€ Ÿ \u{a0}’ִ"),
            ("&amp;#146; &#; &#x; &# &#99999999999;", "&#146; &#; &#x; &# &#99999999999;"),
        ] {
            assert_eq!(decode_references(written), expected);
        }
        assert!(is_html("a<br>b") && is_html("a &amp; b") && !is_html("1 < 2 & 3") && !has_tags("a &amp; b"));
    }
}
