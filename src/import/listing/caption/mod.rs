//! Owns the picture's caption that a copied page runs together with the text; never touches languages or files.
//!
//! A caption is split off where it can be told: a label (`Photo:`), a missing blank, a change of script, a credit that
//! the listing repeats. Where it cannot be told the text stays whole. Caption and text together always hold every
//! character of the original but blanks, in its order.

mod boundary;
mod credits;
mod label;

pub use credits::Credits;

use boundary::Kind;
use label::Label;

/// The longest that a description is, in characters.
const LONG_ALT: usize = 320;
/// How far behind a label the text may begin, in characters.
const LONG_TAIL: usize = 220;
/// The longest that a name behind a label is, in characters.
const LONG_CREDIT: usize = 60;

/// What stood by a picture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caption {
    /// What the picture shows.
    pub alt: Option<String>,
    /// Who made it, with its label as it stood.
    pub credit: Option<String>,
}

/// A text and its caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub caption: Option<Caption>,
    pub paragraphs: Vec<String>,
}

impl Credits {
    /// Splits the caption off a story's text.
    pub fn split(&self, paragraphs: &[String]) -> Split {
        let Some((first, others)) = paragraphs.split_first() else {
            return Split { caption: None, paragraphs: Vec::new() };
        };
        let (line, lines) = match first.split_once('\n') {
            Some((line, lines)) => (line, Some(lines)),
            None => (first.as_str(), None),
        };
        let more = lines.is_some() || !others.is_empty();
        if let Some(cut) = self.cut(line, more) {
            let (caption, rest) = (cut.caption(line), line[cut.end..].trim());
            let mut head =
                [cut.text(line), rest, lines.unwrap_or_default()].into_iter().filter(|part| !part.is_empty());
            let mut first = head.next().unwrap_or_default().to_owned();
            head.for_each(|part| first = format!("{first}\n{part}"));
            let text = Some(first).filter(|first| !first.is_empty()).into_iter().chain(others.iter().cloned());
            return Split { caption: Some(caption), paragraphs: text.collect() };
        }
        if let Some((last, before)) = others.split_last()
            && !last.contains('\n')
            && let Some(cut) = at_the_end(last)
        {
            let text = Some(cut.text(last)).filter(|text| !text.is_empty()).map(str::to_owned);
            let paragraphs = std::iter::once(first).chain(before).cloned().chain(text);
            return Split { caption: Some(cut.caption(last)), paragraphs: paragraphs.collect() };
        }
        Split { caption: None, paragraphs: paragraphs.to_vec() }
    }

    /// Where the caption of a text's first line lies. `more`: other lines follow it.
    fn cut(&self, line: &str, more: bool) -> Option<Cut> {
        let Some(label) = label::find(line).filter(|label| within(&line[..label.start], LONG_ALT)) else {
            return self.first_sentence(line).map(|end| Cut { alt: 0, credit: end, end });
        };
        if label.bracketed {
            return in_brackets(line, label);
        }
        let tail = &line[label.end..];
        if let Some(end) = self.end_of_credit(tail) {
            return Some(Cut { alt: 0, credit: label.start, end: label.end + end });
        }
        let name = is_name(tail);
        match (label.start, more) {
            (0, true) if within(tail, LONG_TAIL) && !tail.trim().is_empty() => {
                Some(Cut { alt: 0, credit: 0, end: line.len() })
            }
            (0, false) if name => Some(Cut { alt: 0, credit: 0, end: line.len() }),
            (0, _) => None,
            (_, true) if name => Some(Cut { alt: 0, credit: label.start, end: line.len() }),
            (_, false) => at_the_end(line),
            _ => None,
        }
    }

    /// Where, behind a label, the text begins.
    fn end_of_credit(&self, tail: &str) -> Option<usize> {
        if let Some(end) = self.end_of_known(tail).or_else(|| doubled(tail)) {
            return Some(end).filter(|end| !tail[*end..].trim().is_empty());
        }
        let mut sentences = 0;
        for (place, letter) in tail.char_indices().skip(1).take(LONG_TAIL) {
            if letter.is_whitespace() && ends_sentence(tail, place) {
                if sentences == 0 && is_name(&tail[..place]) && all_capitalised(&tail[..place]) {
                    return Some(place);
                }
                sentences += 1;
                if sentences > 1 {
                    return None;
                }
            }
            let found = match boundary::at(tail, place) {
                Some(Kind::Case) => self.count(&joined(tail, place)) < 2,
                Some(_) => true,
                None => self.are_known_acronyms(tail, place),
            };
            if found {
                return Some(place);
            }
        }
        None
    }

    /// `ABCDEF`, where the listing knows both `ABC` and `DEF` as words.
    fn are_known_acronyms(&self, text: &str, place: usize) -> bool {
        let (left, right) = (boundary::last_word(&text[..place]), boundary::first_word(&text[place..]));
        let capitals = |word: &str| !word.is_empty() && word.chars().all(char::is_uppercase);
        let long = left.chars().count() > 2 && right.chars().count() > 1;
        long && capitals(left) && capitals(right) && self.count(left) > 1 && self.count(right) > 1
    }

    /// A first sentence that the text was run together with describes the picture: `… at the lake.On 17 August …`.
    fn first_sentence(&self, line: &str) -> Option<usize> {
        let mut end = None;
        for (place, letter) in line.char_indices().skip(1) {
            if end.is_none()
                && ((letter.is_whitespace() && ends_sentence(line, place)) || !within(&line[..place], LONG_ALT))
            {
                return None;
            }
            let found = match boundary::at(line, place) {
                Some(Kind::Stop) => {
                    let inner = line[..place].trim_end_matches(|last: char| !last.is_alphanumeric());
                    inner.ends_with(|last: char| last.is_lowercase() || last.is_ascii_digit()) && !self.is_careless()
                }
                Some(Kind::Case) => {
                    let (left, right) = (boundary::last_word(&line[..place]), boundary::first_word(&line[place..]));
                    // A capital at its head makes it a name: `GoodWater`.
                    left.starts_with(char::is_lowercase) && self.count(left) > 0 && self.count(right) > 0
                }
                Some(Kind::Script) => line[place..].chars().nth(1).is_some_and(char::is_lowercase),
                _ => false,
            };
            if found && end.is_some() {
                return None; // twice: that is how its author writes
            }
            if found {
                end = Some(place);
            }
        }
        let end = end?;
        let (caption, text) = line.split_at_checked(end)?;
        let told = caption.split_whitespace().count() > 4 && text.chars().count() > 40;
        told.then_some(end)
    }
}

/// Places in a line: the description from `alt`, the credit from `credit`, both up to `end`. What stands before `alt`
/// and behind `end` is text.
#[derive(Debug)]
struct Cut {
    alt: usize,
    credit: usize,
    end: usize,
}

impl Cut {
    fn caption(&self, line: &str) -> Caption {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let (alt, credit) = (some(&line[self.alt..self.credit]), some(&line[self.credit..self.end]));
        // A long text behind a label says what is to be seen, not who made it.
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

/// A caption that stands by itself: what it shows, and its credit where a label says so.
pub fn of_picture(text: &str) -> Caption {
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

/// A credit in brackets ends with them; it closes a caption only where the text is run together with it.
fn in_brackets(line: &str, label: Label) -> Option<Cut> {
    let open = line[..label.start].rfind(['(', '[', '（'])?;
    let close = label.end + line[label.end..].find([')', ']', '）'])?;
    let end = close + line[close..].chars().next()?.len_utf8();
    if open == 0 || boundary::at(line, end).is_some() {
        return Some(Cut { alt: 0, credit: open, end });
    }
    None
}

/// A credit that ends a paragraph.
fn at_the_end(line: &str) -> Option<Cut> {
    let label = label::find(line).filter(|label| !label.bracketed && is_name(&line[label.end..]))?;
    Some(Cut { alt: label.start, credit: label.start, end: line.len() })
}

/// `IMWIMW opens a station`: a text that begins with the very words of its credit.
fn doubled(tail: &str) -> Option<usize> {
    let ends = tail.char_indices().map(|(place, _)| place).skip(2).take(LONG_CREDIT);
    let mut found = None;
    for end in ends {
        let (name, rest) = tail.split_at_checked(end)?;
        let whole = rest.strip_prefix(name).is_some_and(|after| !after.starts_with(char::is_alphanumeric));
        let begins = rest.starts_with(|first: char| first.is_uppercase()) && !name.ends_with(char::is_whitespace);
        if whole && begins && name.chars().filter(|letter| letter.is_alphabetic()).count() > 1 {
            found = Some(end);
        }
    }
    found
}

/// Whether a blank at this place stands behind a sentence, with another one to follow.
fn ends_sentence(text: &str, place: usize) -> bool {
    let left = &text[..place];
    let Some(inner) = left.strip_suffix(['.', '!', '?', '…']) else {
        return false;
    };
    let next = text[place..].trim_start().chars().next();
    let begins = next.is_some_and(|next| next.is_uppercase() || "«“„¿¡\"‘".contains(next));
    begins && (boundary::last_word(inner).chars().count() > 2 || inner.ends_with(|last: char| !last.is_alphabetic()))
}

/// The word that a boundary inside it would cut.
fn joined(text: &str, place: usize) -> String {
    format!("{}{}", boundary::last_word(&text[..place]), boundary::first_word(&text[place..]))
}

/// Short enough to be a name, or a few.
fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && within(text, LONG_CREDIT) && text.split_whitespace().count() < 8
}

/// Whether each word is one that a name has.
fn all_capitalised(text: &str) -> bool {
    const SMALL: [&str; 14] = ["of", "de", "du", "des", "la", "von", "the", "and", "et", "y", "und", "и", "&", "/"];
    text.split_whitespace().all(|word| SMALL.contains(&word) || !word.starts_with(char::is_lowercase))
}

fn within(text: &str, longest: usize) -> bool {
    text.chars().nth(longest).is_none()
}

#[cfg(test)]
mod tests;
