//! Plain text of sources: character references and white space.

use crate::markup::{decode_references, has_tags, tags, visible_text};

/// The longest title that is made from a text, in characters.
const MAX_TITLE_FROM_TEXT: usize = 80;

/// Whether a text contains a tag or an entity.
pub fn is_html(text: &str) -> bool {
    has_tags(text) || decode_references(text) != text
}

/// Whether HTML has a text, or an element that shows something without one.
pub fn has_content(html: &str) -> bool {
    const MEDIA: [&str; 6] = ["img", "iframe", "video", "audio", "embed", "object"];
    let has_media = || tags(html).unwrap_or_default().iter().any(|(name, _)| MEDIA.contains(&&**name));
    !visible_text(html).is_empty() || has_media()
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
    fn tags_and_references_make_a_text_html() {
        assert!(is_html("a<br>b") && is_html("a &amp; b") && !is_html("1 < 2 & 3") && !has_tags("a &amp; b"));
    }
}
