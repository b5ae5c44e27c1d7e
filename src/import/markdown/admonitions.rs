//! Owns converting admonitions, which only some renderers support: alerts and `:::` become block quotes.

use super::code::{CodeScope, CodeSpans};
use super::inline_text;

const MAX_QUOTE_DEPTH: usize = 6;

/// Converts alerts and `:::` blocks to block quotes.
pub fn to_block_quotes(text: &str) -> String {
    if !text.contains(":::") && !text.contains("[!") {
        return text.to_owned();
    }
    let code = CodeSpans::find(text, CodeScope::Delimited);
    let lines = lines(text, &code);
    let delimiters = delimiters(&lines);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut depth = 0_usize;
    for (line, delimiter) in lines.iter().zip(delimiters) {
        let prefix = "> ".repeat(depth.min(MAX_QUOTE_DEPTH));
        match delimiter {
            Delimiter::Opens { name, is_closed } => {
                if is_closed {
                    depth += 1;
                }
                let inner = "> ".repeat(depth.min(MAX_QUOTE_DEPTH));
                out.push_str(&format!("{prefix}\n{inner}**{name}**\n{inner}\n"));
            }
            Delimiter::Closes => {
                depth = depth.saturating_sub(1);
                out.push_str(&"> ".repeat(depth.min(MAX_QUOTE_DEPTH)));
                out.push('\n');
            }
            Delimiter::None => {
                out.push_str(&prefix);
                match alert(line.text).filter(|_| !line.is_code) {
                    Some((markers, title)) => {
                        out.push_str(&format!("{markers}**{title}**\n{prefix}{}\n", markers.trim_end()))
                    }
                    None => out.push_str(line.whole),
                }
            }
        }
    }
    out
}

#[derive(Clone, Copy)]
struct Line<'a> {
    /// With its line break.
    whole: &'a str,
    text: &'a str,
    is_code: bool,
}

enum Delimiter {
    None,
    Opens { name: String, is_closed: bool },
    Closes,
}

fn lines<'a>(text: &'a str, code: &CodeSpans) -> Vec<Line<'a>> {
    let mut at = 0;
    let line = |whole: &'a str| {
        let first = at + whole.len() - whole.trim_start().len();
        at += whole.len();
        Line { whole, text: whole.trim(), is_code: code.contains(first) }
    };
    text.split_inclusive('\n').map(line).collect()
}

/// The delimiter that each line is.
fn delimiters(lines: &[Line<'_>]) -> Vec<Delimiter> {
    let mut delimiters: Vec<Delimiter> = Vec::with_capacity(lines.len());
    let mut opened: Vec<usize> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let rest = line.text.trim_start_matches(':');
        if line.is_code || line.text.len() - rest.len() < 3 {
            delimiters.push(Delimiter::None);
        } else if rest.trim().is_empty() {
            match opened.pop() {
                Some(start) => {
                    if let Some(Delimiter::Opens { is_closed, .. }) = delimiters.get_mut(start) {
                        *is_closed = true;
                    }
                    delimiters.push(Delimiter::Closes);
                }
                None => delimiters.push(Delimiter::None),
            }
        } else {
            match name(rest) {
                Some(name) => {
                    opened.push(index);
                    delimiters.push(Delimiter::Opens { name, is_closed: false });
                }
                None => delimiters.push(Delimiter::None),
            }
        }
    }
    delimiters
}

/// The title after `:::`, else the kind of block.
fn name(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches(':');
    let text = text.split('{').next().unwrap_or_default().trim();
    let end = text.find(|next: char| !next.is_alphanumeric() && next != '-').unwrap_or(text.len());
    let (kind, rest) = text.split_at(end);
    if kind.is_empty() {
        return (!rest.is_empty() || text.is_empty()).then(|| "Note".to_owned());
    }
    let title = rest.trim().trim_start_matches('[').trim_end_matches(']').replace('*', "");
    Some(if title.trim().is_empty() { inline_text::capitalised(&kind.to_lowercase()) } else { title.trim().to_owned() })
}

/// The quote markers and the title of an alert: `> [!NOTE] Title`.
fn alert(line: &str) -> Option<(&str, String)> {
    let rest = line.trim_start_matches(['>', ' ', '\t']);
    let markers = &line[..line.len() - rest.len()];
    let (kind, title) = rest.strip_prefix("[!")?.split_once(']')?;
    let is_valid = markers.contains('>')
        && !kind.is_empty()
        && kind.chars().all(|letter| letter.is_alphanumeric() || letter == '-');
    let title = title.trim_start_matches(['+', '-']).trim().replace('*', "");
    is_valid.then(|| (markers, if title.is_empty() { inline_text::capitalised(&kind.to_lowercase()) } else { title }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admonitions_become_block_quotes() {
        for (text, expected) in [
            ("> [!NOTE]\n> a\n", "> **Note**\n>\n> a\n"),
            (">[!tip] B *c*\n>a", ">**B c**\n>\n>a"),
            (":::info Title\na\n:::\nb", "\n> **Title**\n> \n> a\n\nb"),
            (":::warning\n:::tip[T]\na\n:::\n:::\n", "\n> **Warning**\n> \n> \n> > **T**\n> > \n> > a\n> \n\n"),
            (":::info\nopen", "\n**Info**\n\nopen"),
            ("```\n:::info\n:::\n```\n:::", "```\n:::info\n:::\n```\n:::"),
            ("[!NOTE]", "[!NOTE]"),
        ] {
            assert_eq!(to_block_quotes(text), expected, "{text}");
        }
    }
}
