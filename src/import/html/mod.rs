//! Owns scraping an HTML news page into entries by CSS selectors; never touches topics or files.
//!
//! The document is parsed as browsers do (WHATWG HTML §13.2).

mod parts;
mod selectors;

use std::io::Read;

use scraper::{ElementRef, Html, Selector};

use super::entry::{Body, ParsedEntry, trimmed_credit};
use super::listing::Credits;
use super::listing::summary_or_body;
use super::parse_error::ParseError;
use crate::markup::{self, exceeded_limit};
use parts::{VisibleHtml, attribute};
pub use selectors::{SelectorOptions, Selectors};

const MAX_PAGE_BYTES: u64 = 64 << 20;

/// Deeper nesting is refused.
const MAX_DEPTH: usize = 2000;

/// A document without the declarations and comments before its first element.
pub fn after_prologue(head: &str) -> &str {
    let mut rest = head.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}');
    while let Some(end) = ["<?", "<!--"].into_iter().zip(["?>", "-->"]).find_map(|(start, end)| {
        let inner = rest.strip_prefix(start)?;
        inner.find(end).map(|at| start.len() + at + end.len())
    }) {
        rest = rest[end..].trim_start();
    }
    rest
}

/// Whether a document with this beginning is HTML.
pub fn is_page(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head);
    let rest = after_prologue(&head);
    let begins = |start: &str| rest.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start));
    begins("<!doctype html") || begins("<html")
}

/// Scrapes a page. `at`: its URL, if it was fetched.
pub fn read(
    input: impl Read,
    at: Option<&str>,
    selectors: &Selectors,
    emit: &mut dyn FnMut(ParsedEntry),
) -> Result<(), ParseError> {
    let mut text = String::new();
    input.take(MAX_PAGE_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_PAGE_BYTES {
        return Err(ParseError::new(format!("a page may be {} MB long, and this is longer", MAX_PAGE_BYTES >> 20)));
    }
    if let Some(why) = exceeded_limit(&text, MAX_DEPTH) {
        return Err(ParseError::new(format!("this is no news page: {why}")));
    }
    let page = Html::parse_document(&text);
    let base = parts::base(&page, at);
    let mut items: Vec<ScrapedItem> = page.select(&selectors.item).map(|item| scrape(item, selectors)).collect();
    let texts: Vec<(String, Vec<String>)> =
        items.iter().map(|item| (item.entry.title.clone().unwrap_or_default(), item.paragraphs.clone())).collect();
    let credits = Credits::learn(texts.iter().map(|(title, paragraphs)| (title.as_str(), paragraphs.as_slice())));
    for (index, item) in items.iter_mut().enumerate() {
        item.split_caption(&credits);
        item.entry.base.clone_from(&base);
        item.entry.skip_reason = item.skip_reason(index + 1);
    }
    items.into_iter().for_each(|item| emit(item.entry));
    Ok(())
}

/// An entry before the whole page is known.
struct ScrapedItem {
    entry: ParsedEntry,
    /// Whether its date is no day of the calendar.
    is_impossible: bool,
    /// Its visible text.
    paragraphs: Vec<String>,
}

impl ScrapedItem {
    /// Splits an image caption off the text.
    fn split_caption(&mut self, credits: &Credits) {
        if self.entry.body.is_some() {
            return;
        }
        let split = credits.split(&self.paragraphs);
        (self.entry.summary, self.entry.body) = summary_or_body(&split.paragraphs);
        if let Some(caption) = split.caption {
            let picture = self.entry.image.get_or_insert_default();
            picture.alt = picture.alt.take().or(caption.alt);
            picture.credit = picture.credit.take().or(caption.credit.as_deref().and_then(trimmed_credit));
        }
    }

    /// Why it cannot be imported. `number`: its position on the page, from 1.
    fn skip_reason(&self, number: usize) -> Option<String> {
        let title = || self.entry.title.clone().unwrap_or_else(|| format!("entry {number}"));
        if self.is_impossible {
            return Some(format!("there is no such day as the date of `{}` says; correct it in the source", title()));
        }
        let is_empty = self.entry.title.is_none() && self.entry.summary.is_none() && self.entry.body.is_none();
        is_empty.then(|| {
            format!("entry {number} of the page has neither title nor text; see whether --item, --title and --summary name them")
        })
    }
}

fn scrape(item: ElementRef, selectors: &Selectors) -> ScrapedItem {
    let title = selectors::first(item, &selectors.title);
    let date = selectors::first(item, &selectors.date);
    let link = match &selectors.link {
        Some(selector) => selectors::first(item, selector).and_then(parts::link_at),
        None => title.and_then(parts::link_at).or_else(|| first_link(item)),
    };
    let line = title.map(parts::line);
    let mut entry = ParsedEntry {
        title: line.filter(|line| !line.is_empty()),
        link: link.and_then(|link| attribute(link, "href")),
        language: parts::own_language(item, title, link),
        inherited_language: parts::language_around(item),
        ..ParsedEntry::default()
    };
    let mut is_impossible = false;
    match date.map(parts::date) {
        Some(Ok(found)) => {
            (entry.published, is_impossible) = (found.date, found.date.is_none());
            entry.remarks.extend(found.remark().map(|remark| format!("its date {remark}")));
        }
        Some(Err(text)) => entry.remarks.push(format!("its date is not understood: `{text}`")),
        None => {}
    }
    let caption = parts::caption(item);
    let visible = VisibleHtml::without(item, [title, date, caption].into_iter().flatten());
    entry.image = parts::image(item, caption);
    let summaries = selectors::all(item, &selectors.summary);
    let texts: Vec<String> = summaries.iter().map(|element| visible.html(*element)).collect();
    let paragraphs: Vec<String> = texts
        .iter()
        .flat_map(|html| markup::visible_text(html).split("\n\n").map(str::to_owned).collect::<Vec<_>>())
        .filter(|paragraph| !paragraph.is_empty())
        .collect();
    let is_marked_up = paragraphs.len() > 1 && texts.iter().any(|html| markup::has_tags(html));
    entry.body = is_marked_up.then(|| Body::Html(texts.join("\n")));
    ScrapedItem { entry, is_impossible, paragraphs }
}

fn first_link(item: ElementRef) -> Option<ElementRef> {
    let selector = Selector::parse("a[href]").ok()?;
    selectors::first(item, &selector).or_else(|| parts::link_at(item))
}

#[cfg(test)]
mod tests;
