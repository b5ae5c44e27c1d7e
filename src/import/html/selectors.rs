//! Owns the CSS selectors of a page's parts.

use scraper::{ElementRef, Selector};

/// The selectors given as options; missing ones have defaults.
#[derive(Clone, Debug, Default)]
pub struct SelectorOptions {
    pub item: Option<String>,
    pub title: Option<String>,
    pub date: Option<String>,
    pub link: Option<String>,
    pub summary: Option<String>,
}

impl SelectorOptions {
    /// Whether any is given.
    pub fn is_any(&self) -> bool {
        [&self.item, &self.title, &self.date, &self.link, &self.summary].iter().any(|options| options.is_some())
    }
}

/// The selectors of a page's parts.
#[derive(Debug)]
pub struct Selectors {
    pub item: Selector,
    pub title: Selector,
    pub date: Selector,
    /// Without it, the link in or around the title, else the first one.
    pub link: Option<Selector>,
    pub summary: Selector,
}

impl Selectors {
    /// Parses the selectors, or says which option is invalid and why.
    pub fn read(options: &SelectorOptions) -> Result<Selectors, String> {
        Ok(Selectors {
            item: read("--item", options.item.as_deref().unwrap_or("article"))?,
            title: read("--title", options.title.as_deref().unwrap_or("h1, h2, h3, h4, h5, h6"))?,
            date: read("--date", options.date.as_deref().unwrap_or("time, [itemprop=datePublished]"))?,
            link: options.link.as_deref().map(|link| read("--link", link)).transpose()?,
            summary: read("--summary", options.summary.as_deref().unwrap_or("p"))?,
        })
    }
}

fn read(option: &str, written: &str) -> Result<Selector, String> {
    let or_date = if option == "--date" { "neither a date (2015-04-16) nor a CSS selector" } else { "no CSS selector" };
    Selector::parse(written).map_err(|error| format!("{option} `{written}` is {or_date}: {error}"))
}

/// The item if it matches, else its outermost descendants that do, in document order.
pub fn all<'a>(item: ElementRef<'a>, selector: &Selector) -> Vec<ElementRef<'a>> {
    if selector.matches(&item) {
        return vec![item];
    }
    let mut elements: Vec<ElementRef<'a>> = Vec::new();
    for element in item.select(selector) {
        let is_within = elements.last().is_some_and(|last| element.ancestors().any(|node| node.id() == last.id()));
        if !is_within {
            elements.push(element);
        }
    }
    elements
}

/// The first of those.
pub fn first<'a>(item: ElementRef<'a>, selector: &Selector) -> Option<ElementRef<'a>> {
    all(item, selector).into_iter().next()
}
