//! Owns splitting off the image caption that a copied page concatenates with the text.
//!
//! A caption is recognized by a label (`Photo:`), missing white space, a change of script, or a credit that the listing
//! repeats; otherwise the text stays whole. Caption and text together always contain every character of the original
//! but white space, in order.

mod boundary;
mod credits;
mod label;

pub use credits::Credits;

use boundary::BoundaryKind;
use label::Label;

const MAX_ALT_CHARS: usize = 320;
/// How far after a label the text may begin.
const MAX_TAIL_CHARS: usize = 220;
const MAX_CREDIT_CHARS: usize = 60;

/// The caption of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// What the image shows.
    pub alt: Option<String>,
    /// Who made it, with the label as written.
    pub credit: Option<String>,
}

/// A text without its caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub caption: Option<Caption>,
    pub paragraphs: Vec<String>,
}

impl Credits {
    /// Splits the caption off a text.
    pub fn split(&self, paragraphs: &[String]) -> Split {
        let Some((first, others)) = paragraphs.split_first() else {
            return Split { caption: None, paragraphs: Vec::new() };
        };
        let (line, lines) = match first.split_once('\n') {
            Some((line, lines)) => (line, Some(lines)),
            None => (first.as_str(), None),
        };
        let has_more = lines.is_some() || !others.is_empty();
        if let Some(span) = self.find_caption(line, has_more) {
            let (caption, rest) = (span.caption(line), line[span.end..].trim());
            let mut head =
                [span.text(line), rest, lines.unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
            let mut first = head.next().unwrap_or_default().to_owned();
            head.for_each(|part| first = format!("{first}\n{part}"));
            let text = Some(first).filter(|first| !first.is_empty()).into_iter().chain(others.iter().cloned());
            return Split { caption: Some(caption), paragraphs: text.collect() };
        }
        if let Some((last, before)) = others.split_last()
            && !last.contains('\n')
            && let Some(span) = trailing_credit(last)
        {
            let text = Some(span.text(last)).filter(|text| !text.is_empty()).map(str::to_owned);
            let paragraphs = std::iter::once(first).chain(before).cloned().chain(text);
            return Split { caption: Some(span.caption(last)), paragraphs: paragraphs.collect() };
        }
        Split { caption: None, paragraphs: paragraphs.to_vec() }
    }

    /// The caption in the first line of a text. `has_more`: other lines follow it.
    fn find_caption(&self, line: &str, has_more: bool) -> Option<CaptionSpan> {
        let Some(label) = label::find(line).filter(|label| within(&line[..label.start], MAX_ALT_CHARS)) else {
            return self.first_sentence(line).map(|end| CaptionSpan { alt: 0, credit: end, end });
        };
        if label.bracketed {
            return in_brackets(line, label);
        }
        let tail = &line[label.end..];
        if let Some(end) = self.end_of_credit(tail) {
            return Some(CaptionSpan { alt: 0, credit: label.start, end: label.end + end });
        }
        let name = is_name(tail);
        match (label.start, has_more) {
            (0, true) if within(tail, MAX_TAIL_CHARS) && !tail.trim().is_empty() => {
                Some(CaptionSpan { alt: 0, credit: 0, end: line.len() })
            }
            (0, false) if name => Some(CaptionSpan { alt: 0, credit: 0, end: line.len() }),
            (0, _) => None,
            (_, true) if name => Some(CaptionSpan { alt: 0, credit: label.start, end: line.len() }),
            (_, false) => trailing_credit(line),
            _ => None,
        }
    }

    /// Where the text begins after a label.
    fn end_of_credit(&self, tail: &str) -> Option<usize> {
        if let Some(end) = self.end_of_repeated_credit(tail).or_else(|| end_of_doubled_name(tail)) {
            return Some(end).filter(|end| !tail[*end..].trim().is_empty());
        }
        let mut sentences = 0;
        for (offset, letter) in tail.char_indices().skip(1).take(MAX_TAIL_CHARS) {
            if letter.is_whitespace() && ends_sentence(tail, offset) {
                if sentences == 0 && is_name(&tail[..offset]) && all_capitalised(&tail[..offset]) {
                    return Some(offset);
                }
                sentences += 1;
                if sentences > 1 {
                    return None;
                }
            }
            let is_boundary = match boundary::at(tail, offset) {
                Some(BoundaryKind::Case) => self.count(&joined(tail, offset)) < 2,
                Some(_) => true,
                None => self.splits_two_acronyms(tail, offset),
            };
            if is_boundary {
                return Some(offset);
            }
        }
        None
    }

    /// Whether the text before and after are acronyms that the listing also uses alone.
    fn splits_two_acronyms(&self, text: &str, offset: usize) -> bool {
        let (left, right) = (boundary::last_word(&text[..offset]), boundary::first_word(&text[offset..]));
        let capitals = |word: &str| !word.is_empty() && word.chars().all(char::is_uppercase);
        let long = left.chars().count() > 2 && right.chars().count() > 1;
        long && capitals(left) && capitals(right) && self.count(left) > 1 && self.count(right) > 1
    }

    /// A first sentence followed by text without white space is a caption: `… at the lake.On 17 August …`.
    fn first_sentence(&self, line: &str) -> Option<usize> {
        let mut end = None;
        for (offset, letter) in line.char_indices().skip(1) {
            if end.is_none()
                && ((letter.is_whitespace() && ends_sentence(line, offset)) || !within(&line[..offset], MAX_ALT_CHARS))
            {
                return None;
            }
            let is_boundary = match boundary::at(line, offset) {
                Some(BoundaryKind::Stop) => {
                    let inner = line[..offset].trim_end_matches(|last: char| !last.is_alphanumeric());
                    inner.ends_with(|last: char| last.is_lowercase() || last.is_ascii_digit()) && !self.omits_spaces()
                }
                Some(BoundaryKind::Case) => {
                    let (left, right) = (boundary::last_word(&line[..offset]), boundary::first_word(&line[offset..]));
                    // An initial capital makes it a name: `GoodWater`.
                    left.starts_with(char::is_lowercase) && self.count(left) > 0 && self.count(right) > 0
                }
                Some(BoundaryKind::Script) => line[offset..].chars().nth(1).is_some_and(char::is_lowercase),
                _ => false,
            };
            if is_boundary && end.is_some() {
                return None; // twice: that is how its author writes
            }
            if is_boundary {
                end = Some(offset);
            }
        }
        let end = end?;
        let (caption, text) = line.split_at_checked(end)?;
        let is_plausible = caption.split_whitespace().count() > 4 && text.chars().count() > 40;
        is_plausible.then_some(end)
    }
}

/// The offsets of a caption in a line: description from `alt`, credit from `credit` to `end`; the rest is text.
#[derive(Debug)]
struct CaptionSpan {
    alt: usize,
    credit: usize,
    end: usize,
}

impl CaptionSpan {
    fn caption(&self, line: &str) -> Caption {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (alt, credit) = (some(&line[self.alt..self.credit]), some(&line[self.credit..self.end]));
        // A long text after a label is a description, not a credit.
        let name = credit
            .as_deref()
            .is_some_and(|credit| is_name(credit.split_once([':', '：']).map_or(credit, |(_, name)| name)));
        if name || credit.is_none() {
            return Caption { alt, credit };
        }
        Caption { alt: some(&line[self.alt..self.end]), credit: None }
    }

    fn text<'a>(&self, line: &'a str) -> &'a str {
        line[..self.alt].trim()
    }
}

/// Parses a standalone caption into description and credit.
pub fn parse(text: &str) -> Caption {
    let text = text.trim();
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    match label::find(text).filter(|label| is_name(text[label.end..].trim_end_matches([')', ']', '）']))) {
        Some(label) if label.bracketed => {
            let (alt, credit) =
                (text[..label.start].trim_end(), text[label.start..].trim_end_matches([')', ']', '）']));
            Caption { alt: some(alt.trim_end_matches(['(', '[', '（'])), credit: some(credit) }
        }
        Some(label) => Caption { alt: some(&text[..label.start]), credit: some(&text[label.start..]) },
        None => Caption { alt: some(text), credit: None },
    }
}

/// A bracketed credit ends a caption only at the start of a line or if text follows without white space.
fn in_brackets(line: &str, label: Label) -> Option<CaptionSpan> {
    let open = line[..label.start].rfind(['(', '[', '（'])?;
    let close = label.end + line[label.end..].find([')', ']', '）'])?;
    let end = close + line[close..].chars().next()?.len_utf8();
    if open == 0 || boundary::at(line, end).is_some() {
        return Some(CaptionSpan { alt: 0, credit: open, end });
    }
    None
}

/// A credit that ends a paragraph.
fn trailing_credit(line: &str) -> Option<CaptionSpan> {
    let label = label::find(line).filter(|label| !label.bracketed && is_name(&line[label.end..]))?;
    Some(CaptionSpan { alt: label.start, credit: label.start, end: line.len() })
}

/// The end of a credit that the text repeats: `IMWIMW opens a station`.
fn end_of_doubled_name(tail: &str) -> Option<usize> {
    let ends = tail.char_indices().map(|(offset, _)| offset).skip(2).take(MAX_CREDIT_CHARS);
    let mut last = None;
    for end in ends {
        let (name, rest) = tail.split_at_checked(end)?;
        let whole = rest.strip_prefix(name).is_some_and(|after| !after.starts_with(char::is_alphanumeric));
        let begins = rest.starts_with(|first: char| first.is_uppercase()) && !name.ends_with(char::is_whitespace);
        if whole && begins && name.chars().filter(|letter| letter.is_alphabetic()).count() > 1 {
            last = Some(end);
        }
    }
    last
}

/// Whether white space at this offset separates two sentences.
fn ends_sentence(text: &str, offset: usize) -> bool {
    let left = &text[..offset];
    let Some(inner) = left.strip_suffix(['.', '!', '?', '…']) else {
        return false;
    };
    let next = text[offset..].trim_start().chars().next();
    let begins = next.is_some_and(|next| next.is_uppercase() || "«“„¿¡\"‘".contains(next));
    begins && (boundary::last_word(inner).chars().count() > 2 || inner.ends_with(|last: char| !last.is_alphabetic()))
}

/// The word that a boundary at this offset would split.
fn joined(text: &str, offset: usize) -> String {
    format!("{}{}", boundary::last_word(&text[..offset]), boundary::first_word(&text[offset..]))
}

/// Whether a text is short enough for a name or a few.
fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && within(text, MAX_CREDIT_CHARS) && text.split_whitespace().count() < 8
}

/// Whether each word is capitalized or a particle of names.
fn all_capitalised(text: &str) -> bool {
    const SMALL: [&str; 14] = ["of", "de", "du", "des", "la", "von", "the", "and", "et", "y", "und", "и", "&", "/"];
    text.split_whitespace().all(|word| SMALL.contains(&word) || !word.starts_with(char::is_lowercase))
}

fn within(text: &str, longest: usize) -> bool {
    text.chars().nth(longest).is_none()
}

#[cfg(test)]
mod tests;
