//! Owns the text of a copied news page taken apart into entries; never touches captions, languages or files.
//!
//! An entry begins with a line that opens with a date, with or without a bullet; the rest of that line or the next one
//! is its title, and what follows is its text. What the page does most of the time decides what an odd line is, so a
//! date inside a text begins no entry. Every line that is not blank ends up in the heading or in an entry.

pub mod caption;
mod entries;
mod lines;

use std::cmp::Reverse;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::dates::{self, FieldOrder, ParsedDate};
pub use caption::Credits;
pub use entries::{read, summary_or_body};
pub use lines::physical;
use lines::{Line, Wrapping};

/// A listing taken apart.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// What stands before the first entry.
    pub heading: Vec<(usize, String)>,
    pub entries: Vec<Entry>,
    /// Lines that open with a date and begin no entry: each stands in the heading or in a text.
    pub dated: Vec<(usize, String)>,
    /// What a person should know of how the dates were read.
    pub notes: Vec<String>,
}

/// An entry as it stands in the source.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The line of the source, counted from 1.
    pub line: usize,
    /// Bullet, date and what parts them from the title, as they stood.
    pub mark: String,
    pub date: Date,
    /// Empty where the source has none.
    pub title: String,
    pub paragraphs: Vec<String>,
}

/// An entry's date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Date {
    Known(NaiveDate),
    /// The entry has none.
    Missing,
    /// What stands there is no day of any calendar.
    Impossible,
}

/// A line that could begin an entry.
#[derive(Clone, Copy, Debug)]
struct Head {
    place: usize,
    bullet: Option<char>,
    /// Nothing but the date stands on the line.
    alone: bool,
    /// What stands behind the date can be a title: a dash or a colon parts it, or it does not go on as a sentence.
    titled: bool,
    numeric: bool,
    date: Option<ParsedDate>,
    /// Where the title begins in the line.
    title: usize,
}

impl Listing {
    /// Takes a text apart.
    pub fn parse(text: &str) -> Listing {
        let lines = lines::split(text);
        let (heads, dated) = choose(&lines);
        let numbered = |place: usize| (lines[place].number, lines[place].text.to_owned());
        let mut listing = Listing { dated: dated.into_iter().map(numbered).collect(), ..Listing::default() };
        let first = heads.first().map_or(lines.len(), |head| head.place);
        let heading = lines[..first].iter().map(|line| (line.number, line.text.to_owned()));
        listing.heading = heading.collect();

        let numbers: Vec<(usize, dates::NumericDate)> = heads
            .iter()
            .filter_map(|head| match head.date {
                Some(ParsedDate::Ambiguous(numbers)) => Some((lines[head.place].number, numbers)),
                _ => None,
            })
            .collect();
        let (order, evidence) =
            dates::infer_field_order(&numbers.iter().map(|(_, numbers)| *numbers).collect::<Vec<_>>());
        listing.notes.extend(dates::field_order_note(order, evidence, &numbers, "lines"));

        let wrapping = Wrapping::of(&lines, &heads.iter().map(|head| head.place).collect::<Vec<_>>());
        let ends = heads.iter().skip(1).map(|head| head.place).chain([lines.len()]);
        for (head, end) in heads.iter().zip(ends) {
            listing.entries.push(entry(head, &lines[head.place..end], order, &wrapping));
        }
        listing
    }
}

fn entry(head: &Head, lines: &[Line], order: FieldOrder, wrapping: &Wrapping) -> Entry {
    let date = match head.date {
        None => Date::Missing,
        Some(ParsedDate::Exact(date)) => date.map_or(Date::Impossible, Date::Known),
        Some(ParsedDate::Ambiguous(numbers)) => numbers.resolve_leniently(order).map_or(Date::Impossible, Date::Known),
    };
    let mut entry = Entry { line: 0, mark: String::new(), date, title: String::new(), paragraphs: Vec::new() };
    let Some((first, rest)) = lines.split_first() else {
        return entry;
    };
    entry.line = first.number;
    let (mark, title) = first.text.split_at_checked(head.title).unwrap_or((first.text, ""));
    entry.mark = mark.trim().to_owned();

    // The title: what stands on the date's line, else the next line; and lines that only a narrow page broke off.
    let mut rest = rest.iter().peekable();
    let mut last = title;
    if title.is_empty() {
        last = rest.next().map_or("", |line| line.text);
    }
    entry.title = lines::collapse(last);
    while let Some(line) = rest.peek().filter(|line| !line.after_blank && wrapping.breaks(last, line.text)) {
        lines::join(&mut entry.title, &lines::collapse(line.text));
        last = line.text;
        rest.next();
    }

    let mut last = "";
    for (place, line) in rest.enumerate() {
        let text = lines::collapse(line.text);
        match entry.paragraphs.last_mut().filter(|_| place > 0 && !line.after_blank) {
            None => entry.paragraphs.push(text),
            Some(paragraph) if wrapping.breaks(last, line.text) => lines::join(paragraph, &text),
            Some(paragraph) => {
                paragraph.push('\n');
                paragraph.push_str(&text);
            }
        }
        last = line.text;
    }
    entry
}

/// The lines that begin an entry, and the places of those that open with a date all the same.
fn choose(lines: &[Line]) -> (Vec<Head>, Vec<usize>) {
    let found: Vec<Head> = lines.iter().enumerate().filter_map(|(place, line)| head(place, line)).collect();
    let kind = |head: &Head| (head.bullet, head.alone, head.numeric);
    let mut counts = HashMap::new();
    for head in &found {
        *counts.entry(kind(head)).or_insert(0) += 1;
    }
    // The first of the commonest; of those as common, the outermost.
    let rank = |head: &&Head| (counts.get(&kind(head)).copied(), Reverse(lines[head.place].indent));
    let Some(usual) = found.iter().rev().max_by_key(rank).copied() else {
        return (undated(lines), Vec::new());
    };
    let usual_indent = lines[usual.place].indent;
    let mut heads: Vec<Head> = found
        .iter()
        .filter(|head| {
            let line = &lines[head.place];
            let deeper = usual.bullet.is_some() && line.indent > usual_indent + 1;
            kind(head) == kind(&usual)
                || (head.alone && line.after_blank)
                || (head.bullet.is_some() && head.bullet == usual.bullet && !deeper)
                || is_odd_head(head, &usual, lines)
        })
        .copied()
        .collect();
    let is_head = |heads: &[Head], place: usize| heads.binary_search_by_key(&place, |head| head.place).is_ok();
    let dated = found.iter().map(|head| head.place).filter(|place| !is_head(&heads, *place)).collect();
    // Where all texts are indented deeper than the bullets, a bullet without a date is an entry that has none.
    if let Some(bullet) = usual.bullet {
        let first = heads.first().map_or(0, |head| head.place);
        let is_bullet = |line: &Line| bulleted(line.text).is_some_and(|(other, _)| other == bullet);
        let hanging = lines
            .iter()
            .enumerate()
            .skip(first)
            .all(|(place, line)| line.indent > usual_indent || is_bullet(line) || is_head(&heads, place));
        let without = lines.iter().enumerate().skip(first).filter_map(|(place, line)| {
            let (_, title) = bulleted(line.text).filter(|_| is_bullet(line) && line.indent == usual_indent)?;
            let known = found.binary_search_by_key(&place, |head| head.place).is_ok();
            (hanging && !known).then_some(Head {
                place,
                bullet: Some(bullet),
                alone: false,
                titled: false,
                numeric: false,
                date: None,
                title,
            })
        });
        heads.extend(without.collect::<Vec<_>>());
        heads.sort_by_key(|head| head.place);
    }
    (heads, dated)
}

/// Whether a line begins an entry, though most of the listing's entries begin otherwise: it is indented no deeper than
/// they are, and it reads as a date with a title, not as a text that goes on.
fn is_odd_head(head: &Head, usual: &Head, lines: &[Line]) -> bool {
    let line = &lines[head.place];
    let indent = lines[usual.place].indent;
    let stands_out = line.after_blank || head.bullet.is_some() || (!usual.alone && line.indent == indent);
    let goes_on = lines.get(head.place + 1).is_some_and(|next| next.text.starts_with(char::is_lowercase));
    line.indent <= indent + 1 && stands_out && if head.alone { !goes_on } else { head.titled }
}

/// A listing without any date: its bullets begin the entries.
fn undated(lines: &[Line]) -> Vec<Head> {
    let bullets: Vec<(usize, char, usize)> = lines
        .iter()
        .enumerate()
        .filter_map(|(place, line)| bulleted(line.text).map(|(bullet, title)| (place, bullet, title)))
        .collect();
    let Some(&(outermost, usual, _)) = bullets.iter().min_by_key(|(place, ..)| lines[*place].indent) else {
        return Vec::new();
    };
    let indent = lines[outermost].indent;
    let entries = bullets.into_iter().filter(|(place, bullet, _)| *bullet == usual && lines[*place].indent == indent);
    entries
        .map(|(place, bullet, title)| Head {
            place,
            bullet: Some(bullet),
            alone: false,
            titled: false,
            numeric: false,
            date: None,
            title,
        })
        .collect()
}

fn head(place: usize, line: &Line) -> Option<Head> {
    let plain = dates::parse_prefix(line.text).map(|found| (None, 0, found));
    let (bullet, start, found) = plain.or_else(|| {
        let (bullet, start) = opening(line.text)?;
        Some((Some(bullet), start, dates::parse_prefix(&line.text[start..])?))
    })?;
    let end = start + found.length;
    let behind = &line.text[end..];
    let title = behind.trim_start_matches(|next: char| next.is_whitespace() || "-–—:|.,·•*/".contains(next));
    let parting = &behind[..behind.len() - title.len()];
    let sentence =
        title.starts_with(char::is_lowercase) || (bullet.is_none() && title.ends_with(['.', '。', '।', '؟', '?', ';']));
    Some(Head {
        place,
        bullet,
        alone: title.is_empty(),
        titled: !title.is_empty() && (parting.contains(['-', '–', '—', ':', '|']) || !sentence),
        numeric: matches!(found.date, ParsedDate::Ambiguous(_)),
        date: Some(found.date),
        title: line.text.len() - title.len(),
    })
}

/// A bullet and where what follows it begins; `#` for a Markdown heading, `1` for any number.
fn opening(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    let rest = if "•-*·–—‣◦▪▫●○■□►▶»+".contains(first) {
        &text[first.len_utf8()..]
    } else if first == '#' {
        text.trim_start_matches('#')
    } else if first.is_ascii_digit() {
        let number = text.trim_start_matches(|next: char| next.is_ascii_digit());
        let rest = number.strip_prefix(['.', ')'])?;
        return rest.starts_with(char::is_whitespace).then(|| ('1', text.len() - rest.trim_start().len()));
    } else {
        return None;
    };
    Some((first, text.len() - rest.trim_start().len()))
}

/// A bullet with a blank behind it, whatever follows.
fn bulleted(text: &str) -> Option<(char, usize)> {
    opening(text)
        .filter(|(bullet, _)| *bullet == '1' || text.trim_start_matches(*bullet).starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests;
