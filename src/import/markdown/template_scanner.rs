//! Owns scanning a body for template tags; those in code are text.

use super::code::{CodeScope, CodeSpans};

/// A template language.
pub trait TemplateLanguage {
    /// The end of the tag at an offset; `None` if there is no tag.
    fn end(&self, start: usize) -> Option<usize>;
    /// Writes the expansion of a tag and returns where to continue; `None` if the tag is text.
    fn replace(&mut self, start: usize, end: usize, out: &mut String) -> Option<usize>;
    /// Writes a range of code.
    fn code(&self, piece: &str, out: &mut String);
}

/// Expands the tags of a text.
pub fn expand(text: &str, scope: CodeScope, templates: &mut impl TemplateLanguage) -> String {
    let code = CodeSpans::find(text, scope);
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let mut at = 0;
    loop {
        let opening = next_opening(text, at);
        let range = code.next(at).filter(|range| range.start < opening.unwrap_or(text.len()));
        if let Some(range) = range.filter(|range| range.start >= at) {
            // A backtick within a tag does not delimit code.
            let hides =
                opening.filter(|start| *start < range.end && code_is_mistaken(text, *start, range.end, templates));
            out.push_str(&text[at..range.start]);
            match hides {
                None => {
                    templates.code(&text[range.clone()], &mut out);
                    at = range.end;
                    continue;
                }
                Some(start) => {
                    out.push_str(&text[range.start..start]);
                    at = start;
                }
            }
        }
        let Some(start) = opening else { break };
        out.push_str(&text[at..start]);
        let next = templates.end(start).and_then(|end| templates.replace(start, end, &mut out));
        at = match next {
            Some(next) => next.max(start + 2),
            None => {
                out.push_str(if text[start..].starts_with("{{") { "&#123;&#123;" } else { "&#123;%" });
                start + 2
            }
        };
    }
    out.push_str(&text[at..]);
    out
}

fn code_is_mistaken(text: &str, start: usize, code_end: usize, templates: &impl TemplateLanguage) -> bool {
    let is_span = !text[start..code_end].contains("\n\n");
    is_span && templates.end(start).is_some_and(|end| end > code_end && !text[start..end].contains("\n\n"))
}

/// The offset of the next `{{` or `{%`.
fn next_opening(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'{', &bytes[at..])
        .map(|found| at + found)
        .find(|start| matches!(bytes.get(start + 1), Some(b'{' | b'%')))
}

/// Whether a tag is alone on its line.
pub fn is_alone(text: &str, start: usize, end: usize) -> bool {
    let before = text[..start].rsplit('\n').next().unwrap_or_default();
    let behind = text[end..].split('\n').next().unwrap_or_default();
    before.trim().is_empty() && behind.trim().is_empty()
}
