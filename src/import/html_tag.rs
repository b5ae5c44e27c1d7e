//! Tags in texts that are not HTML yet: Markdown, and WordPress bodies whose line breaks are paragraphs and whose shortcodes
//! are text. A parser of HTML would change what stands around the tags, so they are read here, one at a time, by the rules of
//! HTML §13.2.5.6 to 13.2.5.40. Everything else about HTML is answered by `markup`.

use std::ops::Range;

/// The longest tag, in bytes: what is longer is text.
const MAX_TAG_BYTES: usize = 20_000;

/// A start or an end tag.
#[derive(Debug, PartialEq)]
pub struct HtmlTag<'t> {
    /// Its length with the brackets.
    pub length: usize,
    pub name: &'t str,
    pub is_end: bool,
    /// Names, and where their values are, without quotes.
    pub attributes: Vec<(&'t str, Range<usize>)>,
}

impl<'t> HtmlTag<'t> {
    /// The tag at the start of a text. An unterminated tag is text, and so is one with another within.
    pub fn parse(text: &'t str) -> Option<HtmlTag<'t>> {
        let bytes = &text.as_bytes()[..text.len().min(MAX_TAG_BYTES)];
        let is_end = bytes.get(1) == Some(&b'/');
        let start = 1 + usize::from(is_end);
        if bytes.first() != Some(&b'<') || !bytes.get(start)?.is_ascii_alphabetic() {
            return None;
        }
        let until = |from: usize, ends: fn(u8) -> bool| {
            bytes[from..].iter().position(|byte| ends(*byte)).map_or(bytes.len(), |length| from + length)
        };
        let mut at = until(start, |byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'<'));
        let name = &text[start..at];
        let mut attributes = Vec::new();
        loop {
            at = until(at, |byte| !byte.is_ascii_whitespace() && byte != b'/');
            match bytes.get(at)? {
                b'>' => return Some(HtmlTag { length: at + 1, name, is_end, attributes }),
                b'<' => return None,
                _ => {}
            }
            // An equals sign at the start belongs to the name.
            let end_of_name =
                until(at + 1, |byte| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=' | b'<'));
            let attribute = text.get(at..end_of_name)?;
            let equals = until(end_of_name, |byte| !byte.is_ascii_whitespace());
            at = end_of_name;
            let mut value = at..at;
            if bytes.get(equals) == Some(&b'=') {
                let start = until(equals + 1, |byte| !byte.is_ascii_whitespace());
                match bytes.get(start)? {
                    quote @ (b'"' | b'\'') => {
                        let length = memchr::memchr(*quote, &bytes[start + 1..])?;
                        value = start + 1..start + 1 + length;
                        at = value.end + 1;
                    }
                    _ => {
                        value = start..until(start, |byte| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'<'));
                        at = value.end;
                    }
                }
            }
            attributes.push((attribute, value));
        }
    }

    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Where the last start tag of an element begins and ends.
pub fn last_start_tag(text: &str, name: &str) -> Option<Range<usize>> {
    memchr::memrchr_iter(b'<', text.as_bytes()).find_map(|at| {
        let tag = HtmlTag::parse(&text[at..]).filter(|tag| tag.is(name) && !tag.is_end)?;
        Some(at..at + tag.length)
    })
}

/// Where the first end tag of an element begins and ends, in a text that is in lower case.
pub fn end_tag(lower: &str, name: &str) -> Option<Range<usize>> {
    memchr::memmem::find_iter(lower.as_bytes(), &format!("</{name}")).find_map(|at| {
        let tag = HtmlTag::parse(&lower[at..]).filter(|tag| tag.name == name)?;
        Some(at..at + tag.length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let shown = |text: &str| {
            let tag = HtmlTag::parse(text)?;
            let attributes = tag.attributes.iter().map(|(name, value)| format!("{name}={}", &text[value.clone()]));
            let name = format!("{}{}", if tag.is_end { "/" } else { "" }, tag.name);
            Some(format!("{} {}", tag.length, [name].into_iter().chain(attributes).collect::<Vec<_>>().join("|")))
        };
        for (text, expected) in [
            ("<b>x", Some("3 b")),
            ("</B >x", Some("5 /B")),
            ("<img src=a.png alt='1 > 0'/>x", Some("28 img|src=a.png|alt=1 > 0")),
            ("<iframe\tsrc\n= \"a\" allowfullscreen>", Some("34 iframe|src=a|allowfullscreen=")),
            ("<a title=it's href=b>", Some("21 a|title=it's|href=b")),
            ("<a href=/x/>", Some("12 a|href=/x/")),
            ("<br/>", Some("5 br")),
            ("<a b=\"é\">", Some("10 a|b=é")),
            ("<a <b>", None),
            ("<a b={<a b={>", None),
            ("<a href='x>", None),
            ("<a ", None),
            ("< a>", None),
            ("<3", None),
            ("<", None),
            ("</>", None),
            ("<!-- -->", None),
        ] {
            assert_eq!(shown(text).as_deref(), expected, "{text}");
        }
        assert_eq!(last_start_tag("<IMG src=a> <img> </img>", "img"), Some(12..17));
        assert_eq!(end_tag("<pre></preface></pre >", "pre"), Some(15..22));
    }
}
