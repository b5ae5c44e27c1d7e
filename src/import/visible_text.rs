//! Owns the visible text of HTML, for titles and summaries.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

/// Elements that begin a new line.
const LINE_ELEMENTS: [&str; 6] = ["li", "tr", "dt", "dd", "option", "caption"];
const PARAGRAPH_ELEMENTS: [&str; 20] = [
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "section",
    "article", "figure", "figcaption", "header", "hr",
];
/// Elements whose content is not displayed.
const HIDDEN_ELEMENTS: [&str; 4] = ["script", "style", "template", "noscript"];

/// Whether a text contains a tag or an entity.
pub fn is_html(text: &str) -> bool {
    tokens(text).any(|token| matches!(token, Token::Tag { .. })) || decode_references(text) != text
}

/// Whether a text contains a tag.
pub fn has_tags(text: &str) -> bool {
    tokens(text).any(|token| matches!(token, Token::Tag { .. }))
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

/// White space that collapses; no-break spaces do not.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() && !matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2007}')
}

/// The visible text of HTML, with blank lines between paragraphs.
pub fn from_html(html: &str) -> String {
    let mut out = String::new();
    // The line breaks and white space pending before the next character.
    let (mut breaks, mut blank) = (0_usize, false);
    let mut hidden_in: Option<&str> = None;
    for token in tokens(html) {
        match token {
            Token::Tag { name, is_end, .. } => {
                let find_in =
                    |list: &[&'static str]| list.iter().copied().find(|listed| listed.eq_ignore_ascii_case(name));
                if let Some(hidden) = find_in(&HIDDEN_ELEMENTS) {
                    hidden_in = (!is_end).then_some(hidden);
                }
                if find_in(&PARAGRAPH_ELEMENTS).is_some() {
                    breaks = 2;
                } else if name.eq_ignore_ascii_case("br") {
                    breaks = (breaks + 1).min(2);
                } else if find_in(&LINE_ELEMENTS).is_some() {
                    breaks = breaks.max(1);
                }
            }
            Token::Text(text) if hidden_in.is_none() => {
                for letter in decode_references(text).chars() {
                    if is_blank(letter) {
                        blank = true;
                        continue;
                    }
                    if !out.is_empty() {
                        match breaks {
                            0 if blank => out.push(' '),
                            0 => {}
                            breaks => out.push_str(&"\n\n"[..breaks]),
                        }
                    }
                    (breaks, blank) = (0, false);
                    out.push(letter);
                }
            }
            Token::Text(_) | Token::Comment => {}
        }
    }
    out
}

/// Whether every start tag of an element has its end tag after it, and every end tag a start tag before it.
pub fn is_balanced(html: &str, name: &str) -> bool {
    let depth = tokens(html).try_fold(0_usize, |depth, token| match token {
        Token::Tag { name: other, is_end } if other.eq_ignore_ascii_case(name) => {
            if is_end {
                depth.checked_sub(1)
            } else {
                Some(depth + 1)
            }
        }
        _ => Some(depth),
    });
    depth == Some(0)
}

enum Token<'a> {
    Text(&'a str),
    Tag { name: &'a str, is_end: bool },
    Comment,
}

/// Splits HTML into tags, comments and text.
fn tokens(html: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = html;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(rest.len(), |at| at + 3);
            rest = &rest[end..];
            return Some(Token::Comment);
        }
        if let Some((length, name, is_end)) = parse_tag(rest) {
            rest = &rest[length..];
            return Some(Token::Tag { name, is_end });
        }
        // Text up to the next `<`.
        let skip = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest[skip..].find('<').map_or(rest.len(), |at| skip + at);
        let (text, after) = rest.split_at(end);
        rest = after;
        Some(Token::Text(text))
    })
}

/// The tag at the start of a text: its length, its name, and whether it is an end tag.
pub fn parse_tag(text: &str) -> Option<(usize, &str, bool)> {
    let inner = text.strip_prefix('<')?;
    let (inner, is_end) = inner.strip_prefix('/').map_or((inner, false), |inner| (inner, true));
    let inner = inner.strip_prefix(['!', '?']).unwrap_or(inner);
    if !inner.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return None;
    }
    let name = &inner[..inner.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(inner.len())];
    // An unterminated tag is text.
    let mut quote = None;
    for (at, letter) in text.char_indices().take(20_000) {
        match (quote, letter) {
            (None, '>') => return Some((at + 1, name, is_end)),
            (None, '<') if at > 0 => return None,
            (None, '"' | '\'') if text[..at].ends_with('=') => quote = Some(letter),
            (Some(open), letter) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_text_of_html() {
        for (html, expected) in [
            ("a <b>b</b>&amp;c", "a b&c"),
            ("<p>One\n two</p><p>Three<br>four</p>", "One two\n\nThree\nfour"),
            ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
            ("<script>x</script>a<style>y</style> b<!-- c -->", "a b"),
            ("<a title=\"a > b\" href=x>link</a>", "link"),
            ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
            ("<", "<"),
            ("", ""),
        ] {
            assert_eq!(from_html(html), expected, "{html}");
        }
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
