//! Owns what MDX adds to Markdown: imports, components and expressions go, the text in them stays.

use super::code::{Code, Which, rewrite};
use super::inline_text;

/// A body as Markdown.
pub fn removed(text: &str) -> String {
    let text = without_modules(text);
    let code = Code::of(&text, Which::Marked);
    rewrite(&text, &code, without_components, |piece, out| out.push_str(piece))
}

/// A body without its imports and exports.
fn without_modules(text: &str) -> String {
    let code = Code::of(text, Which::Marked);
    let mut out = String::with_capacity(text.len());
    let (mut at, mut is_inside) = (0, false);
    for line in text.split_inclusive('\n') {
        let starts = (line.starts_with("import ") && (line.contains(" from ") || line.contains(['\'', '"', '{'])))
            || ["export const ", "export default ", "export function ", "export let ", "export {"]
                .iter()
                .any(|start| line.starts_with(start));
        is_inside = (is_inside || starts) && !line.trim().is_empty() && !code.holds(at);
        if !is_inside {
            out.push_str(line);
        }
        at += line.len();
    }
    out
}

/// A tag longer than this is none.
const LONGEST: usize = 4096;

fn without_components(piece: &str, out: &mut String) {
    let bytes = piece.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr2(b'<', b'{', &bytes[at..]).map(|found| at + found) {
        out.push_str(&piece[at..found]);
        let rest = &piece[found..];
        let handled = if rest.starts_with('<') { tag(rest, out) } else { expression(rest) };
        at = match handled {
            Some(length) => found + length,
            None => {
                out.push_str(&piece[found..=found]);
                found + 1
            }
        };
    }
    out.push_str(&piece[at..]);
}

/// An expression that shows nothing or a text: `{/* … */}`, `{" "}`.
fn expression(text: &str) -> Option<usize> {
    if text.starts_with("{/*") {
        return text.get(..LONGEST).unwrap_or(text).find("*/}").map(|end| end + 3);
    }
    ["{\" \"}", "{' '}"].iter().find(|blank| text.starts_with(**blank)).map(|blank| blank.len())
}

/// Writes what is left of a tag, and says how long it was.
fn tag(text: &str, out: &mut String) -> Option<usize> {
    let name = text[1..].trim_start_matches('/');
    let is_component =
        name.starts_with(|first: char| first.is_ascii_uppercase()) || text.starts_with("<>") || text.starts_with("</>");
    let is_element = name.starts_with(|first: char| first.is_ascii_lowercase());
    if !is_component && !is_element {
        return None;
    }
    let name_end = name.find(|next: char| !(next.is_alphanumeric() || ".-_".contains(next))).unwrap_or(name.len());
    if name[name_end..].starts_with([':', '@']) {
        return None;
    }
    let length = end(text)?;
    let whole = &text[..length];
    if is_component {
        if let Some(label) =
            inline_text::attribute(whole, "label").filter(|_| !whole.starts_with("</") && !whole.contains("label={"))
        {
            out.push_str(&format!("\n\n**{}**\n\n", inline_text::collapsed(&label).replace('*', "")));
        } else if let Some(source) = inline_text::attribute(&values_quoted(whole), "src") {
            out.push_str(&super::tags::image(&source, &inline_text::attribute(whole, "alt").unwrap_or_default()));
        }
    } else {
        out.push_str(&values_quoted(whole));
    }
    Some(length)
}

/// The length of a tag, with a look at quotes and braces.
fn end(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, byte) in text.bytes().enumerate().take(LONGEST) {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') => depth = depth.saturating_sub(1),
            (None, b'>') if depth == 0 => return Some(at + 1),
            (None, b'<') if at > 0 && depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// A tag with the text in `src={require('./x.png').default}` in quotes, and without its other expressions.
fn values_quoted(tag: &str) -> String {
    let mut out = String::with_capacity(tag.len());
    let mut rest = tag;
    while let Some(start) = rest.find("={") {
        let mut depth = 0_usize;
        let length = rest[start + 1..].bytes().position(|byte| {
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        let Some(length) = length else { break };
        let inner = &rest[start + 2..start + 1 + length];
        let text = inner.split(['"', '\'', '`']).nth(1).filter(|text| !inner.starts_with('{') && !text.contains('$'));
        match text {
            Some(text) => out.push_str(&format!("{}=\"{text}\"", &rest[..start])),
            None => {
                let name = rest[..start]
                    .trim_end_matches(|letter: char| letter.is_alphanumeric() || letter == '-' || letter == ':');
                out.push_str(name.trim_end());
            }
        }
        rest = &rest[start + 2 + length..];
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_go_and_text_stays() {
        for (text, expected) in [
            ("import X from 'x';\n\na", "\na"),
            ("import {\n  A,\n} from 'x';\n\na", "\na"),
            ("<Tabs>\n<TabItem value=\"a\" label=\"A b\">\nc\n</TabItem>\n</Tabs>", "\n\n\n**A b**\n\n\nc\n\n"),
            (
                "<img src={require('./x.png').default} style={{width: 1}} alt=\"a\" />",
                "<img src=\"./x.png\" alt=\"a\" />",
            ),
            ("`<Tabs>` {/* c */}d", "`<Tabs>` d"),
            ("a < B and <https://x>", "a < B and <https://x>"),
            ("```\nimport X from 'x'\n```", "```\nimport X from 'x'\n```"),
            ("important words", "important words"),
        ] {
            assert_eq!(removed(text), expected, "{text}");
        }
    }
}
