//! Owns lines: their numbers, their indentation, and which breaks only a narrow page made; never touches dates.

use crate::pairing::Script;

/// A line that is not blank.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: usize,
    /// Without the blanks around it.
    pub text: &'a str,
    /// Blanks before it, a tab for four.
    pub indent: usize,
    /// A blank line, or nothing at all, stands before it.
    pub after_blank: bool,
}

/// All lines of a text: a lone carriage return ends one, before a line feed it belongs to it.
pub fn physical(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The lines of a text that are not blank, whatever ends them.
pub fn split(text: &str) -> Vec<Line<'_>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let mut lines = Vec::new();
    let mut after_blank = true;
    for (place, raw) in physical(text).enumerate() {
        let text = raw.trim();
        if text.is_empty() {
            after_blank = true;
            continue;
        }
        let indent =
            raw.chars().take_while(|blank| blank.is_whitespace()).map(|blank| if blank == '\t' { 4 } else { 1 }).sum();
        lines.push(Line { number: place + 1, text, indent, after_blank });
        after_blank = false;
    }
    lines
}

/// Runs of blanks and tabs become one blank; a no-break space stays what it is.
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

/// Whether, and how wide, a page was when its lines were broken.
#[derive(Debug)]
pub struct Wrapping {
    width: Option<usize>,
}

impl Wrapping {
    /// A listing is wrapped where nearly every break inside a paragraph stands where the next word had no more room.
    /// `heads`: the places of lines that begin an entry, in order.
    pub fn of(lines: &[Line], heads: &[usize]) -> Wrapping {
        let width = lines.iter().map(|line| line.text.chars().count()).max().unwrap_or(0);
        if width > 100 {
            return Wrapping { width: None };
        }
        let wrapping = Wrapping { width: Some(width) };
        let is_head = |place: usize| heads.binary_search(&place).is_ok();
        let (mut all, mut full) = (0, 0);
        for (place, pair) in lines.windows(2).enumerate() {
            let one_paragraph = !pair[1].after_blank && pair[0].indent == pair[1].indent;
            if !one_paragraph || is_head(place) || is_head(place + 1) {
                continue;
            }
            all += 1;
            full += usize::from(wrapping.breaks(pair[0].text, pair[1].text));
        }
        let wrapped = width >= 30 && full >= 5 && full * 5 >= all * 4;
        Wrapping { width: wrapped.then_some(width) }
    }

    /// Whether the break between two lines is only the page's.
    pub fn breaks(&self, line: &str, next: &str) -> bool {
        let Some(width) = self.width else {
            return false;
        };
        let word = next.split_whitespace().next().unwrap_or_default();
        line.chars().count() + 1 + word.chars().count() > width
    }
}

/// Joins a broken line to what stands before it; scripts without blanks between words get none.
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
