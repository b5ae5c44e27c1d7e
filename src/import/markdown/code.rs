//! Owns finding code in Markdown, with the renderer's parser.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag};

/// The sorted, disjoint byte ranges of code in a text.
#[derive(Clone, Debug, Default)]
pub struct CodeSpans {
    ranges: Vec<Range<usize>>,
}

/// Which code is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeScope {
    All,
    /// Without indented code, in which generators expand templates too.
    Delimited,
}

/// The renderer does not parse text nested deeper.
const MAX_DEPTH: usize = 200;

impl CodeSpans {
    pub fn find(text: &str, scope: CodeScope) -> CodeSpans {
        if !text.contains('`') && !text.contains("~~~") && (scope == CodeScope::Delimited || !has_indented(text)) {
            return CodeSpans::default();
        }
        if is_too_deep(text) {
            return CodeSpans::default();
        }
        let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            let counts = match event {
                Event::Code(_) => true,
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => true,
                Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => scope == CodeScope::All,
                _ => false,
            };
            if counts && ranges.last().is_none_or(|last| range.start >= last.end) {
                ranges.push(range);
            }
        }
        CodeSpans { ranges }
    }

    /// The first range that ends after an offset.
    pub fn next(&self, at: usize) -> Option<Range<usize>> {
        let index = self.ranges.partition_point(|range| range.end <= at);
        self.ranges.get(index).cloned()
    }

    /// Whether an offset is in code.
    pub fn contains(&self, at: usize) -> bool {
        self.next(at).is_some_and(|range| range.start <= at)
    }
}

fn has_indented(text: &str) -> bool {
    text.starts_with("    ") || text.contains("    ") || text.contains('\t')
}

/// Whether the renderer does not parse a text.
pub fn is_too_deep(text: &str) -> bool {
    let markers =
        |line: &str| line.chars().take_while(|c| " \t>-+*".contains(*c)).filter(|c| !c.is_whitespace()).count();
    text.lines().any(|line| (MAX_DEPTH..line.len()).contains(&markers(line)))
}

/// Rewrites the parts of a text that are no code.
pub fn rewrite(source: &str, code: &CodeSpans, mut text: impl FnMut(&str, &mut String)) -> String {
    let mut out = String::with_capacity(source.len() + source.len() / 8);
    let mut at = 0;
    for range in &code.ranges {
        text(&source[at..range.start], &mut out);
        out.push_str(&source[range.clone()]);
        at = range.end;
    }
    text(&source[at..], &mut out);
    out
}

/// Copies a text, calling `replace` with the rest of it at each of two ASCII bytes. That returns how many bytes of the
/// rest it has replaced, or `None` to copy one.
pub fn replace_at(
    text: &str,
    bytes: [u8; 2],
    out: &mut String,
    mut replace: impl FnMut(&str, &mut String) -> Option<usize>,
) {
    let mut at = 0;
    while let Some(offset) = memchr::memchr2(bytes[0], bytes[1], &text.as_bytes()[at..]) {
        let start = at + offset;
        out.push_str(&text[at..start]);
        at = match replace(&text[start..], out) {
            Some(length) => start + length,
            None => {
                out.push_str(&text[start..=start]);
                start + 1
            }
        };
    }
    out.push_str(&text[at..]);
}

/// Escapes the template delimiters left outside code.
pub fn escape_templates(source: &str) -> String {
    if !["{{", "{%", "%}"].iter().any(|closing| source.contains(closing)) {
        return source.to_owned();
    }
    let code = CodeSpans::find(source, CodeScope::All);
    let escape = |piece: &str, out: &mut String| {
        let mut letters = piece.chars().peekable();
        while let Some(letter) = letters.next() {
            match (letter, letters.peek()) {
                ('{', Some('{' | '%')) => out.push_str("&#123;"),
                ('{', _) if out.ends_with("&#123;") => out.push_str("&#123;"),
                ('%', Some('}')) => out.push_str("&#37;"),
                _ => out.push(letter),
            }
        }
    };
    rewrite(source, &code, escape)
}

/// A fenced code block.
pub fn fenced(inner: &str, language: &str) -> String {
    let longest = inner.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let language: String =
        language.chars().filter(|letter| letter.is_alphanumeric() || "+#-_.".contains(*letter)).collect();
    format!("\n{fence}{language}\n{}\n{fence}\n", inner.trim_matches(['\n', '\r']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_ranges() {
        let text = "a `b` c\n\n```\nd\n```\n\n    e\n";
        let all = CodeSpans::find(text, CodeScope::All);
        assert_eq!(
            all.ranges.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(),
            ["`b`", "```\nd\n```", "e\n"]
        );
        assert!(all.contains(3) && !all.contains(0));
        assert_eq!(CodeSpans::find(text, CodeScope::Delimited).ranges.len(), 2);
    }

    #[test]
    fn templates_outside_code_are_escaped() {
        assert_eq!(escape_templates("a {{ b }} `{{ c }}` {% d %}"), "a &#123;&#123; b }} `{{ c }}` &#123;% d &#37;}");
    }
}
