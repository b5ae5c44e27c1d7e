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
/// Limits the elements that reopened formatting can add.
const MAX_REOPENED: usize = 1_000_000;

/// A limit that HTML exceeds. Its message completes "it cannot be read: …".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComplexityLimit {
    /// Elements are nested deeper than this.
    Depth(usize),
    /// There are too many elements.
    Elements,
    /// Unclosed formatting would be reopened too often.
    Formatting,
}

impl fmt::Display for ComplexityLimit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ComplexityLimit::Depth(depth) => write!(out, "its elements are nested more than {depth} deep"),
            ComplexityLimit::Elements => write!(out, "it has more than {MAX_ELEMENTS} tags"),
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
    (reopened > MAX_REOPENED).then_some(ComplexityLimit::Formatting)
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
