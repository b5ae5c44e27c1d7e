//! Markdown to HTML: CommonMark with tables, footnotes and strikethrough.

use std::collections::HashMap;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::MAX_DEPTH;
use super::text::paragraphs;

/// Converts Markdown to HTML, which is not sanitized.
pub fn to_html(text: &str) -> String {
    let markers =
        |line: &str| line.chars().take_while(|c| " \t>-+*".contains(*c)).filter(|c| !c.is_whitespace()).count();
    if text.lines().any(|line| (MAX_DEPTH..line.len()).contains(&markers(line))) {
        return paragraphs(text);
    }
    let options = Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH;
    let mut out = String::with_capacity(text.len() * 3 / 2);
    let mut footnotes = Footnotes::default();
    let events = Parser::new_ext(text, options).flat_map(|event| footnotes.linked(event));
    html::push_html(&mut out, events);
    out
}

/// The footnotes of a text: the marks lead to the notes, and a note back to its first mark.
#[derive(Default)]
struct Footnotes<'t> {
    /// The number of each, in the order of their first marks.
    numbers: HashMap<CowStr<'t>, usize>,
    /// How many marks each has, by number from 1.
    marks: Vec<usize>,
    open: Option<usize>,
}

impl<'t> Footnotes<'t> {
    fn number(&mut self, name: &CowStr<'t>) -> usize {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(name.clone()).or_insert(next);
        if number == next {
            self.marks.push(0);
        }
        number
    }

    fn linked(&mut self, event: Event<'t>) -> Vec<Event<'t>> {
        match event {
            Event::FootnoteReference(name) => {
                let number = self.number(&name);
                self.marks[number - 1] += 1;
                let id = match self.marks[number - 1] {
                    1 => format!("fnref{number}"),
                    mark => format!("fnref{number}-{mark}"),
                };
                vec![Event::InlineHtml(format!("<sup><a id=\"{id}\" href=\"#fn{number}\">{number}</a></sup>").into())]
            }
            Event::Start(Tag::FootnoteDefinition(name)) => {
                let number = self.number(&name);
                self.open = Some(number);
                let label = format!("<div id=\"fn{number}\"><sup>{number}</sup> ");
                vec![Event::Html(label.into())]
            }
            Event::End(TagEnd::FootnoteDefinition) => {
                let number = self.open.take().unwrap_or_default();
                vec![Event::Html(format!("<a href=\"#fnref{number}\">↩</a></div>\n").into())]
            }
            event => vec![event],
        }
    }
}
