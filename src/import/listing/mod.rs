//! Owns parsing the copied text of a news page; never touches languages or files.
//!
//! An entry begins with a line that opens with a date, with or without a bullet. The rest of that line or the next one
//! is its title, and what follows is its text. The page's most common pattern decides ambiguous lines, so a date inside
//! a text begins no entry. Every line that is not blank ends up in the heading or in an entry.

pub mod caption;
mod entries;
mod lines;

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::dates::{self, DateMatch, ParsedDate};
pub use caption::Credits;
pub use entries::{read, summary_or_body};
pub use lines::physical;
use lines::{Line, Wrapping};

/// A parsed listing.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The lines before the first entry, with their numbers.
    pub heading: Vec<(usize, String)>,
    pub entries: Vec<Entry>,
    /// Lines that open with a date but begin no entry.
    pub dated: Vec<(usize, String)>,
}

/// An entry as the source has it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its line, from 1.
    pub line: usize,
    /// Bullet, date and separators before the title.
    pub marker: String,
    /// None if the source has none.
    pub date: Option<DateMatch>,
    /// Empty if the source has none.
    pub title: String,
    pub paragraphs: Vec<String>,
}

/// A line that could begin an entry.
#[derive(Clone, Copy, Debug)]
struct EntryStart {
    index: usize,
    bullet: Option<char>,
    /// The line holds the date alone.
    alone: bool,
    /// What follows the date can be a title: a dash or a colon separates it, or it is no sentence.
    titled: bool,
    numeric: bool,
    date: Option<DateMatch>,
    /// The byte at which the title begins.
    title: usize,
}

impl EntryStart {
    fn undated(index: usize, bullet: char, title: usize) -> EntryStart {
        EntryStart { index, bullet: Some(bullet), alone: false, titled: false, numeric: false, date: None, title }
    }
}

impl Listing {
    /// Parses a text.
    pub fn parse(text: &str) -> Listing {
        let lines = lines::split(text);
        let (starts, dated) = find_starts(&lines);
        let numbered = |index: usize| (lines[index].number, lines[index].text.to_owned());
        let mut listing = Listing { dated: dated.into_iter().map(numbered).collect(), ..Listing::default() };
        let first = starts.first().map_or(lines.len(), |start| start.index);
        let heading = lines[..first].iter().map(|line| (line.number, line.text.to_owned()));
        listing.heading = heading.collect();

        let wrapping = Wrapping::of(&lines, &starts.iter().map(|start| start.index).collect::<Vec<_>>());
        let ends = starts.iter().skip(1).map(|start| start.index).chain([lines.len()]);
        for (start, end) in starts.iter().zip(ends) {
            listing.entries.push(entry(start, &lines[start.index..end], &wrapping));
        }
        listing
    }
}

fn entry(start: &EntryStart, lines: &[Line], wrapping: &Wrapping) -> Entry {
    let date = start.date;
    let mut entry = Entry { line: 0, marker: String::new(), date, title: String::new(), paragraphs: Vec::new() };
    let Some((first, rest)) = lines.split_first() else {
        return entry;
    };
    entry.line = first.number;
    let (marker, title) = first.text.split_at_checked(start.title).unwrap_or((first.text, ""));
    entry.marker = marker.trim().to_owned();

    // The title is on the date's line, else on the next one; soft breaks continue it.
    let mut rest = rest.iter().peekable();
    let mut last = title;
    if title.is_empty() {
        last = rest.next().map_or("", |line| line.text);
    }
    entry.title = lines::collapse(last);
    while let Some(line) = rest.peek().filter(|line| !line.after_blank && wrapping.is_soft_break(last, line.text)) {
        lines::join(&mut entry.title, &lines::collapse(line.text));
        last = line.text;
        rest.next();
    }

    let mut last = "";
    for (index, line) in rest.enumerate() {
        let text = lines::collapse(line.text);
        match entry.paragraphs.last_mut().filter(|_| index > 0 && !line.after_blank) {
            None => entry.paragraphs.push(text),
            Some(paragraph) if wrapping.is_soft_break(last, line.text) => lines::join(paragraph, &text),
            Some(paragraph) => {
                paragraph.push('\n');
                paragraph.push_str(&text);
            }
        }
        last = line.text;
    }
    entry
}

/// The lines that begin an entry, and the indices of the other lines that open with a date.
fn find_starts(lines: &[Line]) -> (Vec<EntryStart>, Vec<usize>) {
    let candidates: Vec<EntryStart> =
        lines.iter().enumerate().filter_map(|(index, line)| entry_start(index, line)).collect();
    let kind = |start: &EntryStart| (start.bullet, start.alone, start.numeric);
    let mut counts = HashMap::new();
    for start in &candidates {
        *counts.entry(kind(start)).or_insert(0) += 1;
    }
    // The most common kind; on a tie, the least indented.
    let rank = |start: &&EntryStart| (counts.get(&kind(start)).copied(), Reverse(lines[start.index].indent));
    let Some(usual) = candidates.iter().rev().max_by_key(rank).copied() else {
        return (undated_starts(lines), Vec::new());
    };
    let usual_indent = lines[usual.index].indent;
    let begins_entry = |start: &&EntryStart| {
        let line = &lines[start.index];
        let deeper = usual.bullet.is_some() && line.indent > usual_indent + 1;
        kind(start) == kind(&usual)
            || (start.alone && line.after_blank)
            || (start.bullet.is_some() && start.bullet == usual.bullet && !deeper)
            || is_unusual_start(start, &usual, lines)
    };
    let mut starts: Vec<EntryStart> = candidates.iter().filter(begins_entry).copied().collect();
    let contains =
        |starts: &[EntryStart], index: usize| starts.binary_search_by_key(&index, |start| start.index).is_ok();
    let dated = candidates.iter().map(|start| start.index).filter(|index| !contains(&starts, *index)).collect();
    // If all texts are indented deeper than the bullets, a bullet without a date is an undated entry.
    if let Some(bullet) = usual.bullet {
        let first = starts.first().map_or(0, |start| start.index);
        let is_bullet = |line: &Line| bullet_item(line.text).is_some_and(|(other, _)| other == bullet);
        let rest = lines.iter().enumerate().skip(first);
        if rest.clone().all(|(index, line)| line.indent > usual_indent || is_bullet(line) || contains(&starts, index)) {
            let undated = rest.filter_map(|(index, line)| {
                let (_, title) = bullet_item(line.text).filter(|_| is_bullet(line) && line.indent == usual_indent)?;
                (!contains(&candidates, index)).then_some(EntryStart::undated(index, bullet, title))
            });
            starts.extend(undated.collect::<Vec<_>>());
            starts.sort_by_key(|start| start.index);
        }
    }
    (starts, dated)
}

/// Whether a line begins an entry although most entries begin otherwise: it is indented no deeper than they are, and
/// reads as a date with a title rather than as running text.
fn is_unusual_start(start: &EntryStart, usual: &EntryStart, lines: &[Line]) -> bool {
    let line = &lines[start.index];
    let indent = lines[usual.index].indent;
    let stands_out = line.after_blank || start.bullet.is_some() || (!usual.alone && line.indent == indent);
    let continues = lines.get(start.index + 1).is_some_and(|next| next.text.starts_with(char::is_lowercase));
    line.indent <= indent + 1 && stands_out && if start.alone { !continues } else { start.titled }
}

/// The entries of a listing without any date: those of its least indented bullets.
fn undated_starts(lines: &[Line]) -> Vec<EntryStart> {
    let bullets: Vec<(usize, char, usize)> = lines
        .iter()
        .enumerate()
        .filter_map(|(index, line)| bullet_item(line.text).map(|(bullet, title)| (index, bullet, title)))
        .collect();
    let Some(&(outermost, usual, _)) = bullets.iter().min_by_key(|(index, ..)| lines[*index].indent) else {
        return Vec::new();
    };
    let indent = lines[outermost].indent;
    let entries = bullets.into_iter().filter(|(index, bullet, _)| *bullet == usual && lines[*index].indent == indent);
    entries.map(|(index, bullet, title)| EntryStart::undated(index, bullet, title)).collect()
}

fn entry_start(index: usize, line: &Line) -> Option<EntryStart> {
    let without_bullet = dates::parse_prefix(line.text).map(|date| (None, 0, date));
    let (bullet, start, date) = without_bullet.or_else(|| {
        let (bullet, start) = bullet_prefix(line.text)?;
        Some((Some(bullet), start, dates::parse_prefix(&line.text[start..])?))
    })?;
    let end = start + date.length;
    let behind = &line.text[end..];
    let title = behind.trim_start_matches(|next: char| next.is_whitespace() || "-–—:|.,·•*/".contains(next));
    let parting = &behind[..behind.len() - title.len()];
    let sentence =
        title.starts_with(char::is_lowercase) || (bullet.is_none() && title.ends_with(['.', '。', '।', '؟', '?', ';']));
    Some(EntryStart {
        index,
        bullet,
        alone: title.is_empty(),
        titled: !title.is_empty() && (parting.contains(['-', '–', '—', ':', '|']) || !sentence),
        numeric: matches!(date.date, Some(ParsedDate::Numeric(_))),
        date: Some(date),
        title: line.text.len() - title.len(),
    })
}

/// A bullet and the byte after it; `#` for a Markdown heading, `1` for any number.
fn bullet_prefix(text: &str) -> Option<(char, usize)> {
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

/// A bullet followed by white space.
fn bullet_item(text: &str) -> Option<(char, usize)> {
    bullet_prefix(text)
        .filter(|(bullet, _)| *bullet == '1' || text.trim_start_matches(*bullet).starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests;
