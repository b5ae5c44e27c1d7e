//! Owns lines: their numbers, their indentation, and which of their breaks are soft; never touches dates.

use crate::pairing::Script;

/// A line that is not blank.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// From 1.
    pub number: usize,
    /// Trimmed.
    pub text: &'a str,
    /// Leading white space in columns; a tab counts four.
    pub indent: usize,
    /// It is the first line, or the one before is blank.
    pub after_blank: bool,
}

/// All lines of a text; LF, CRLF and a lone CR end one.
pub fn physical(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The lines of a text that are not blank.
pub fn split(text: &str) -> Vec<Line<'_>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut lines = Vec::new();
    let mut after_blank = true;
    for (index, raw) in physical(text).enumerate() {
        let text = raw.trim();
        if text.is_empty() {
            after_blank = true;
            continue;
        }
        let indent =
            raw.chars().take_while(|blank| blank.is_whitespace()).map(|blank| if blank == '\t' { 4 } else { 1 }).sum();
        lines.push(Line { number: index + 1, text, indent, after_blank });
        after_blank = false;
    }
    lines
}

/// Collapses white space; a no-break space stays.
pub fn collapse(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    for letter in text.trim().chars() {
        let blank = matches!(letter, ' ' | '\t' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}');
        if !blank {
            collapsed.push(letter);
        } else if !collapsed.ends_with(' ') {
            collapsed.push(' ');
        }
    }
    collapsed
}

/// The width at which a page was hard-wrapped, if it was.
#[derive(Debug)]
pub struct Wrapping {
    width: Option<usize>,
}

impl Wrapping {
    /// A page is wrapped if nearly every break within a paragraph is where the next word did not fit.
    /// `starts`: the sorted indices of lines that begin an entry.
    pub fn of(lines: &[Line], starts: &[usize]) -> Wrapping {
        let width = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
        if width > 100 {
            return Wrapping { width: None };
        }
        let wrapping = Wrapping { width: Some(width) };
        let is_start = |index: usize| starts.binary_search(&index).is_ok();
        let (mut all, mut full) = (0, 0);
        for (index, pair) in lines.windows(2).enumerate() {
            let one_paragraph = !pair[1].after_blank && pair[0].indent == pair[1].indent;
            if !one_paragraph || is_start(index) || is_start(index + 1) {
                continue;
            }
            all += 1;
            full += usize::from(wrapping.is_soft_break(pair[0].text, pair[1].text));
        }
        let wrapped = width >= 30 && full >= 5 && full * 5 >= all * 4;
        Wrapping { width: wrapped.then_some(width) }
    }

    /// Whether the break between two lines is a soft one, made by wrapping.
    pub fn is_soft_break(&self, line: &str, next: &str) -> bool {
        let Some(width) = self.width else {
            return false;
        };
        let word = next.split_whitespace().next().unwrap_or_default();
        line.chars().count() + 1 + word.chars().count() > width
    }
}

/// Joins a wrapped line to the text before it; scripts without spaces between words get none.
pub fn join(text: &mut String, next: &str) {
    let unspaced = |letter: Option<char>| {
        letter.and_then(Script::of).is_some_and(|script| matches!(script, Script::Han | Script::Kana))
    };
    let none = unspaced(text.chars().next_back()) && unspaced(next.chars().next());
    if !text.is_empty() && !none {
        text.push(' ');
    }
    text.push_str(next);
}
