//! Owns the marks of qTranslate and its successors in a text: `[:en]…[:de]…[:]`, `<!--:en-->…<!--:-->` and `{:en}…{:}`. What is
//! outside of them belongs to all languages.

use std::ops::Range;

use crate::import::html_code::CodeScanner;
use crate::import::markdown::code::{CodeScope, CodeSpans};

/// How marks begin and end.
const STYLES: [(&str, &str); 3] = [("[:", "]"), ("<!--:", "-->"), ("{:", "}")];
/// The style that is always closed; Kramdown's `{:toc}` looks like it.
const BRACES: usize = 2;
/// The longest language tag, in bytes.
const MAX_LANGUAGE_BYTES: usize = 8;

/// The markup of a text, in whose code there are no marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    None,
    Html,
    Markdown,
}

/// A mark: the beginning of a language, or the end of all.
#[derive(Debug, Clone, PartialEq)]
struct Mark<'t> {
    range: Range<usize>,
    style: usize,
    language: Option<&'t str>,
}

/// A text with marks.
#[derive(Debug)]
pub struct MarkedText<'t> {
    text: &'t str,
    marks: Vec<Mark<'t>>,
}

impl<'t> MarkedText<'t> {
    /// The marks of a text, if it has any. Those of a style count if they are closed, or begin two languages or more, as
    /// qTranslate-X writes them.
    pub fn parse(text: &'t str, markup: Markup) -> Option<MarkedText<'t>> {
        if !STYLES.iter().any(|(start, _)| text.contains(start)) {
            return None;
        }
        let code = code(text, markup);
        let all: Vec<Mark<'_>> = candidates(text).filter(|mark| !is_in(mark.range.start, &code)).collect();
        let of_style = |style| marks_of_style(text, all.iter().filter(move |mark| mark.style == style));
        let mut marks: Vec<Mark<'_>> = (0..STYLES.len()).flat_map(of_style).collect();
        marks.sort_by_key(|mark| mark.range.start);
        (!marks.is_empty()).then_some(MarkedText { text, marks })
    }

    /// The languages of its marks, each once.
    pub fn languages(&self) -> Vec<&'t str> {
        let mut languages: Vec<&str> = Vec::new();
        for language in self.marks.iter().filter_map(|mark| mark.language) {
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        languages
    }

    /// What it has in a language alone.
    pub fn own(&self, language: &str) -> String {
        self.parts().filter(|(of, _)| *of == Some(language)).map(|(_, text)| text).collect()
    }

    /// The text in a language, with what belongs to all.
    pub fn in_language(&self, language: &str) -> String {
        self.parts().filter(|(of, _)| of.is_none_or(|of| of == language)).map(|(_, text)| text).collect()
    }

    /// The texts between the marks, with their languages.
    fn parts(&self) -> impl Iterator<Item = (Option<&'t str>, &'t str)> {
        let starts = std::iter::once((0, None)).chain(self.marks.iter().map(|mark| (mark.range.end, mark.language)));
        let ends = self.marks.iter().map(|mark| mark.range.start).chain([self.text.len()]);
        starts.zip(ends).map(|((start, language), end)| (language, &self.text[start..end]))
    }
}

/// All that looks like a mark.
fn candidates(text: &str) -> impl Iterator<Item = Mark<'_>> {
    memchr::memchr3_iter(b'[', b'<', b'{', text.as_bytes()).filter_map(|at| {
        let (style, (start, end)) = STYLES.iter().enumerate().find(|(_, (start, _))| text[at..].starts_with(start))?;
        let rest = &text[at + start.len()..];
        let is_of_tag = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let length = rest.bytes().take(MAX_LANGUAGE_BYTES + 1).take_while(|byte| is_of_tag(*byte)).count();
        // The hyphens of `-->` are of no tag.
        let tag = rest[..length].trim_end_matches('-');
        let range = at..at + start.len() + tag.len() + end.len();
        let is_mark = rest[tag.len()..].starts_with(end) && (tag.is_empty() || is_language(tag));
        is_mark.then(|| Mark { range, style, language: Some(tag).filter(|tag| !tag.is_empty()) })
    })
}

/// Whether a text is the tag of a language as the plugins have them: `en`, `fil`, `pt-br`, `zh_TW`.
fn is_language(tag: &str) -> bool {
    let (language, region) =
        tag.split_once(['-', '_']).map_or((tag, None), |(language, region)| (language, Some(region)));
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.is_none_or(|region| {
            (2..=4).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// The marks of one style, if they are well-formed.
fn marks_of_style<'t, 'm>(text: &str, all: impl Iterator<Item = &'m Mark<'t>>) -> Vec<Mark<'t>>
where
    't: 'm,
{
    let mut marks: Vec<Mark<'_>> = Vec::new();
    for mark in all {
        let is_open = marks.last().is_some_and(|last| last.language.is_some());
        // `list[:no]` is an index, and `[:]` without a beginning a slice.
        let follows_mark = marks.last().is_some_and(|last| last.range.end == mark.range.start);
        let is_index =
            text[..mark.range.start].ends_with(|last: char| last.is_ascii_alphanumeric() || "_)]".contains(last));
        if is_open || (mark.language.is_some() && (follows_mark || !is_index)) {
            marks.push(mark.clone());
        }
    }
    let first = marks.iter().find_map(|mark| mark.language);
    let has_others = marks.iter().any(|mark| mark.language.is_some() && mark.language != first);
    let is_closed = marks.iter().any(|mark| mark.language.is_none());
    let is_braces = marks.first().is_some_and(|mark| mark.style == BRACES);
    if is_closed || (has_others && !is_braces) { marks } else { Vec::new() }
}

/// Where the code of a text is: sorted and disjoint.
fn code(text: &str, markup: Markup) -> Vec<Range<usize>> {
    match markup {
        Markup::None => Vec::new(),
        Markup::Markdown => {
            let spans = CodeSpans::find(text, CodeScope::Delimited);
            let next = |before: Option<&Range<usize>>| spans.next(before.map_or(0, |before| before.end));
            std::iter::successors(next(None), |before| next(Some(before))).collect()
        }
        Markup::Html => {
            let mut scanner = CodeScanner::new(text);
            let mut ranges: Vec<Range<usize>> = Vec::new();
            for at in memchr::memchr_iter(b'<', text.as_bytes()) {
                if ranges.last().is_some_and(|last| at < last.end) {
                    continue;
                }
                ranges.extend(scanner.length(&text[at..]).map(|length| at..at + length));
            }
            ranges
        }
    }
}

fn is_in(at: usize, ranges: &[Range<usize>]) -> bool {
    let index = ranges.partition_point(|range| range.end <= at);
    ranges.get(index).is_some_and(|range| range.start <= at)
}
