//! Owns finding code samples in HTML that is not parsed yet: nothing in them is markup, a shortcode or a mark.

use super::html_tag::{self, HtmlTag};

/// Elements whose content is code.
const CODE_ELEMENTS: [&str; 5] = ["pre", "code", "script", "style", "textarea"];

/// Finds code samples, from the start of a text to its end.
pub struct CodeScanner {
    /// The text in lower case.
    lower: String,
    /// The names without an end tag in the rest.
    unclosed: Vec<&'static str>,
}

impl CodeScanner {
    pub fn new(html: &str) -> CodeScanner {
        CodeScanner { lower: html.to_ascii_lowercase(), unclosed: Vec::new() }
    }

    /// The rest of the text in lower case.
    pub fn lower(&self, rest: &str) -> &str {
        &self.lower[self.lower.len() - rest.len()..]
    }

    /// Notes that a name has no end in the rest, so that it is not searched for again.
    pub fn note_unclosed(&mut self, name: &'static str) {
        self.unclosed.push(name);
    }

    pub fn is_unclosed(&self, name: &str) -> bool {
        self.unclosed.contains(&name)
    }

    /// The length of the start tag and the code at the start of the rest.
    pub fn length(&mut self, rest: &str) -> Option<usize> {
        let HtmlTag { length, name, is_end, .. } = HtmlTag::parse(rest)?;
        let mut names = CODE_ELEMENTS.into_iter();
        let name = names.find(|known| known.eq_ignore_ascii_case(name) && !self.is_unclosed(known))?;
        let end = html_tag::end_tag(self.lower(rest), name).map(|end| end.start).filter(|_| !is_end);
        if end.is_none() && !is_end {
            self.note_unclosed(name);
        }
        end.filter(|end| *end >= length)
    }
}
