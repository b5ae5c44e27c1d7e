//! Limits on HTML that are checked before it is parsed. The standard's parser needs time and memory that grow with the square
//! of the depth (HTML §13.2.4.2), and with the active formatting elements that each paragraph reopens (§13.2.4.3).

use std::fmt;

/// Void elements (HTML §13.1.2), and those whose end tag is optional.
const UNNESTED: [&str; 21] = [
    "area", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p", "source",
    "td", "th", "tr", "track", "tbody", "wbr",
];
/// Active formatting elements: reopened in each paragraph until they end.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const MAX_ELEMENTS: usize = 400_000;
/// The attributes of one element: the parser compares each with all before it (HTML §13.2.5.33).
const MAX_ATTRIBUTES: u32 = 1000;
/// Limits the elements that reopened formatting can add.
const MAX_REOPENED: usize = 1_000_000;

/// A limit that HTML exceeds. Its message completes "it cannot be read: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComplexityLimit {
    /// Elements are nested deeper than this.
    Depth(usize),
    /// There are too many elements.
    Elements,
    /// An element has too many attributes.
    Attributes,
    /// Unclosed formatting would be reopened too often.
    Formatting,
}

impl fmt::Display for ComplexityLimit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComplexityLimit::Depth(depth) => write!(out, "its elements are nested more than {depth} deep"),
            ComplexityLimit::Elements => write!(out, "it has more than {MAX_ELEMENTS} tags"),
            ComplexityLimit::Attributes => write!(out, "one of its tags has more than {MAX_ATTRIBUTES} attributes"),
            ComplexityLimit::Formatting => out.write_str("its formatting is opened again and again, and never closed"),
        }
    }
}

/// The limit that a document exceeds, if any.
pub fn exceeded_limit(html: &str, max_depth: usize) -> Option<ComplexityLimit> {
    let mut open: Vec<&str> = Vec::new();
    // Of equal elements at most three are reopened.
    let (mut formatting, mut reopened): (Vec<(&str, &str)>, usize) = (Vec::new(), 0);
    let mut count = 0_usize;
    let is_formatting = |name: &str| FORMATTING.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_unnested = |name: &str| UNNESTED.iter().any(|known| known.eq_ignore_ascii_case(name));
    for tag in html.split('<').skip(1) {
        let (tag, is_end) = tag.strip_prefix('/').map_or((tag, false), |tag| (tag, true));
        if !tag.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let name = &tag[..tag.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(tag.len())];
        reopened += formatting.len();
        count += 1;
        if is_unnested(name) {
            continue;
        }
        if !is_end {
            open.push(name);
            let whole = (name, &tag[..tag.find('>').unwrap_or(tag.len())]);
            if is_formatting(name) && formatting.iter().filter(|open| **open == whole).count() < 3 {
                formatting.push(whole);
            }
        } else {
            // Formatting stays active when only its parent ends.
            if let Some(at) = formatting.iter().rposition(|(open, _)| open.eq_ignore_ascii_case(name)) {
                formatting.remove(at);
            }
            if let Some(at) = open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
                open.truncate(at);
            }
        }
        if open.len() > max_depth || formatting.len() > max_depth {
            return Some(ComplexityLimit::Depth(max_depth));
        }
    }
    if count > MAX_ELEMENTS {
        return Some(ComplexityLimit::Elements);
    }
    if attributes(html.as_bytes()) > MAX_ATTRIBUTES {
        return Some(ComplexityLimit::Attributes);
    }
    (reopened > MAX_REOPENED).then_some(ComplexityLimit::Formatting)
}

/// Where a tag is (HTML §13.2.5.8 and §13.2.5.32 to §13.2.5.40).
#[derive(Clone, Copy, PartialEq, Eq)]
enum InTag {
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    DoubleQuoted,
    SingleQuoted,
    Unquoted,
}

impl InTag {
    const ALL: [InTag; 8] = [
        InTag::TagName,
        InTag::BeforeName,
        InTag::Name,
        InTag::AfterName,
        InTag::BeforeValue,
        InTag::DoubleQuoted,
        InTag::SingleQuoted,
        InTag::Unquoted,
    ];

    /// The state after a byte, and whether an attribute begins there; none at the end of the tag.
    fn after(self, byte: u8) -> Option<(InTag, bool)> {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0xc);
        Some(match (self, byte) {
            (InTag::DoubleQuoted, b'"') | (InTag::SingleQuoted, b'\'') => (InTag::BeforeName, false),
            (InTag::DoubleQuoted | InTag::SingleQuoted, _) => (self, false),
            (_, b'>') => return None,
            (InTag::BeforeValue, b'"') => (InTag::DoubleQuoted, false),
            (InTag::BeforeValue, b'\'') => (InTag::SingleQuoted, false),
            (InTag::BeforeValue, _) => (if is_blank { self } else { InTag::Unquoted }, false),
            (InTag::Unquoted, _) => (if is_blank { InTag::BeforeName } else { self }, false),
            (InTag::TagName, _) if is_blank || byte == b'/' => (InTag::BeforeName, false),
            (InTag::TagName, _) => (self, false),
            (InTag::Name, _) if is_blank => (InTag::AfterName, false),
            (InTag::Name | InTag::AfterName, b'=') => (InTag::BeforeValue, false),
            (_, b'/') => (InTag::BeforeName, false),
            (InTag::Name, _) => (self, false),
            (InTag::BeforeName | InTag::AfterName, _) if is_blank => (self, false),
            (InTag::BeforeName | InTag::AfterName, _) => (InTag::Name, true),
        })
    }
}

/// The most attributes of one tag. A tag may begin at each `<` and a letter, whether in a comment, a script or another tag:
/// all of them are followed at once, so that none can hide another; of those in one state the longest counts.
fn attributes(html: &[u8]) -> u32 {
    let (mut open, mut most, mut at): ([Option<u32>; 8], u32, usize) = ([None; 8], 0, 0);
    while at < html.len() {
        if open.iter().all(Option::is_none) {
            let Some(offset) = memchr::memchr2(b'<', b'/', &html[at..]) else { break };
            at += offset;
        }
        let byte = html[at];
        let mut next = [None; 8];
        for state in InTag::ALL {
            if let (Some(count), Some((state, is_new))) = (open[state as usize], state.after(byte)) {
                let count = count + u32::from(is_new);
                most = most.max(count);
                next[state as usize] = next[state as usize].max(Some(count));
            }
        }
        let is_letter = |byte: &u8| byte.is_ascii_alphabetic();
        let is_start = byte == b'<' || byte == b'/' && at > 0 && html[at - 1] == b'<';
        if is_start && html.get(at + 1).is_some_and(is_letter) {
            next[InTag::TagName as usize] = next[InTag::TagName as usize].max(Some(0));
        }
        open = next;
        at += 1;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complex_documents_exceed_a_limit() {
        for complex in [
            "<div>".repeat(300),
            "<DIV></p>".repeat(300),
            "<div></span>".repeat(300),
            "<ul><li>".repeat(300),
            "<svg/><g/>".repeat(300),
            (0..150).map(|size| format!("<font size={size}>")).chain((0..10_000).map(|_| "<p>".to_owned())).collect(),
            "<p>a</p>".repeat(300_000),
            (0..300).map(|size| format!("<div><font size={size}></div>")).collect(),
        ] {
            assert!(exceeded_limit(&complex, 200).is_some(), "{}", &complex[..40]);
        }
        for (tag, expected) in [
            ("<p>a b c</p>", 0),
            ("<a b c=d e='f > g' h=\"<i j k>\"l / m=n>", 6),
            ("<a b = c d= 'e f' g>", 3),
            ("<!-- <a ' --><p x y>", 2),
            ("</a b c>", 2),
            ("1 < 2 and 3 > 2", 0),
        ] {
            assert_eq!(attributes(tag.as_bytes()), expected, "{tag}");
        }
        let wide = |before: &str, attribute: &str| {
            let attributes: String = (0..300_000).map(|number| attribute.replace('#', &number.to_string())).collect();
            format!("{before}<p{attributes}>x</p>")
        };
        for (before, attribute) in [
            ("", " a#"),
            ("", " a#=b"),
            ("", "/a#"),
            ("", " a#='>'"),
            ("", " <a#"),
            ("<!-- <a ' -->", " a#"),
            ("<script>'<a \"</script>", " a#"),
            ("<title><b =</title>", "\na#=\"x\""),
        ] {
            let wide = wide(before, attribute);
            let is_counted = attributes(wide.as_bytes()) > MAX_ATTRIBUTES;
            assert!(is_counted && exceeded_limit(&wide, 2000).is_some(), "{before} {attribute}");
        }
        for simple in [
            "<p>".repeat(100_000),
            "<li><b>x</b>".repeat(100_000),
            "<div><b>x</div>".repeat(100_000),
            "<div><p>x</div>".repeat(10_000),
            "<img><br><hr>".repeat(1000),
            "1 < 2 <3 </".repeat(1000),
            "<ul><li><a href='x'>y</a></li></ul>".repeat(50_000),
        ] {
            assert!(exceeded_limit(&simple, 200).is_none(), "{}", &simple[..12]);
        }
    }
}
