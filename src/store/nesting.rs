//! Owns whether HTML can be parsed in reasonable time and room, told before it is parsed: the standard's parser takes them with the
//! square of the depth (HTML §13.2.4.2), and with the open formatting that each new paragraph repeats (§13.2.4.3).

/// Elements without content (HTML §13.1.2), and those whose end people leave out.
const FLAT: [&str; 21] = [
    "area", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "option", "p", "source",
    "td", "th", "tr", "track", "tbody", "wbr",
];
/// Elements that are opened again in each paragraph until they end.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// So many elements nobody writes.
const MOST: usize = 400_000;
/// So many elements may come of formatting that is opened again.
const MOST_REPEATED: usize = 1_000_000;

/// Why it cannot be parsed, in words that complete "it cannot be read: …". `deepest`: how deep elements may be nested.
pub fn fault(html: &str, deepest: usize) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    // Of those that are alike, three are opened again.
    let (mut formatting, mut repeated): (Vec<(&str, &str)>, usize) = (Vec::new(), 0);
    let mut count = 0_usize;
    let is_formatting = |name: &str| FORMATTING.iter().any(|known| known.eq_ignore_ascii_case(name));
    let is_flat = |name: &str| FLAT.iter().any(|known| known.eq_ignore_ascii_case(name));
    for tag in html.split('<').skip(1) {
        let (tag, is_end) = tag.strip_prefix('/').map_or((tag, false), |tag| (tag, true));
        if !tag.starts_with(|first: char| first.is_ascii_alphabetic()) {
            continue;
        }
        let name = &tag[..tag.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(tag.len())];
        repeated += formatting.len();
        count += 1;
        if is_flat(name) {
            continue;
        }
        if !is_end {
            open.push(name);
            let whole = (name, &tag[..tag.find('>').unwrap_or(tag.len())]);
            if is_formatting(name) && formatting.iter().filter(|open| **open == whole).count() < 3 {
                formatting.push(whole);
            }
        } else {
            // Formatting stays open when only what it stands in ends.
            if let Some(at) = formatting.iter().rposition(|(open, _)| open.eq_ignore_ascii_case(name)) {
                formatting.remove(at);
            }
            if let Some(at) = open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
                open.truncate(at);
            }
        }
        if open.len() > deepest || formatting.len() > deepest {
            return Some(format!("its elements are nested more than {deepest} deep"));
        }
    }
    if count > MOST {
        return Some(format!("it has more than {MOST} tags"));
    }
    (repeated > MOST_REPEATED).then(|| "its formatting is opened again and again, and never closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nested_too_deeply() {
        for deep in [
            "<div>".repeat(300),
            "<DIV></p>".repeat(300),
            "<div></span>".repeat(300),
            "<ul><li>".repeat(300),
            "<svg/><g/>".repeat(300),
            (0..150).map(|size| format!("<font size={size}>")).chain((0..10_000).map(|_| "<p>".to_owned())).collect(),
            "<p>a</p>".repeat(300_000),
            (0..300).map(|size| format!("<div><font size={size}></div>")).collect(),
        ] {
            assert!(fault(&deep, 200).is_some(), "{}", &deep[..40]);
        }
        for flat in [
            "<p>".repeat(100_000),
            "<li><b>x</b>".repeat(100_000),
            "<div><b>x</div>".repeat(100_000),
            "<div><p>x</div>".repeat(10_000),
            "<img><br><hr>".repeat(1000),
            "1 < 2 <3 </".repeat(1000),
            "<ul><li><a href='x'>y</a></li></ul>".repeat(50_000),
        ] {
            assert!(fault(&flat, 200).is_none(), "{}", &flat[..12]);
        }
    }
}
