//! What templates are given. Addresses of the site's own documents are relative to the page.

use serde::Serialize;

/// What every page says of itself.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The tag of its language.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// For the window and for search engines.
    pub title: String,
    pub heading: String,
    pub description: Option<String>,
    /// Its address.
    pub url: String,
    /// The way to the folder of the first page: empty, or `../` so many times.
    pub root: String,
    /// The same page in each language, by the language's own name.
    pub languages: Vec<Link>,
    /// The feeds of what it shows.
    pub feeds: Vec<Feed>,
    /// Feeds that a reader may look for here as well.
    pub other_feeds: Vec<Feed>,
    /// The list of its language's feeds, or of all.
    pub opml: String,
    pub site: Site,
}

/// What every page says of the site.
#[derive(Debug, Serialize)]
pub struct Site {
    pub title: String,
    pub rights: Option<String>,
}

/// A way to another page.
#[derive(Debug, Serialize)]
pub struct Link {
    pub href: String,
    pub text: String,
    /// The language and direction of the text, where it is another than the page's.
    pub lang: Option<String>,
    pub dir: Option<&'static str>,
    /// Whether it leads to where one is.
    pub current: bool,
    /// How many entries are there.
    pub count: Option<u64>,
}

/// A feed in one format.
#[derive(Debug, Serialize)]
pub struct Feed {
    pub href: String,
    /// The address to copy.
    pub url: String,
    /// Its media type.
    pub media_type: &'static str,
    /// `Atom`, `RSS`, `JSON Feed`.
    pub format: &'static str,
    pub title: String,
    /// `None`: it holds every language.
    pub lang: Option<String>,
}

/// `home.html`.
#[derive(Debug, Serialize)]
pub struct Home {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    pub editions: Vec<Edition>,
    pub topics: Vec<Link>,
    pub coverage: Option<Coverage>,
}

/// A language on the first page.
#[derive(Debug, Serialize)]
pub struct Edition {
    pub href: String,
    pub lang: String,
    pub dir: &'static str,
    pub name: String,
    pub title: String,
    pub description: Option<String>,
    /// How many entries it has, in its own words.
    pub count: String,
}

/// How many stories there are of each month and language: a picture, and the same by year as a table.
#[derive(Debug, Serialize)]
pub struct Coverage {
    pub width: usize,
    pub height: usize,
    pub rows: Vec<CoverageRow>,
    /// Where years begin.
    pub marks: Vec<Mark>,
    pub years: Vec<String>,
}

/// A language in it.
#[derive(Debug, Serialize)]
pub struct CoverageRow {
    pub lang: String,
    pub dir: &'static str,
    pub name: String,
    /// The bars, as a path of SVG.
    pub bars: String,
    /// Where its bars stand.
    pub base: usize,
    /// By year, as [`Coverage::years`].
    pub counts: Vec<String>,
    pub total: String,
}

/// A place on the axis of time.
#[derive(Debug, Serialize)]
pub struct Mark {
    pub x: usize,
    pub text: String,
}

/// `listing.html`, `month.html` and `year.html`.
#[derive(Debug, Serialize)]
pub struct Listing {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    /// How many entries there are: of the language and the scope, the year or the month.
    pub count: u64,
    /// All topics first.
    pub topics: Vec<Link>,
    /// Newest first.
    pub days: Vec<Day>,
    /// What is older than a listing, or the months of a year.
    pub years: Vec<Year>,
    /// The year or month before and after this, and the parts of a month.
    pub older: Option<Link>,
    pub newer: Option<Link>,
    pub parts: Vec<Link>,
    /// The listing, where this is not it.
    pub listing: Option<Link>,
}

/// The entries of a day.
#[derive(Debug, Serialize)]
pub struct Day {
    /// As machines read it.
    pub date: String,
    pub text: String,
    pub entries: Vec<Entry>,
}

/// An entry.
#[derive(Debug, Serialize)]
pub struct Entry {
    pub title: String,
    pub href: Option<String>,
    /// Where its text is in another language than the page: that, its direction and its own name.
    pub lang: Option<String>,
    pub dir: Option<&'static str>,
    pub language: Option<String>,
    pub summary: Option<String>,
    pub image: Option<Image>,
    pub topics: Vec<Link>,
    /// Its translations, by the names of their languages.
    pub also: Vec<Link>,
}

/// Its picture.
#[derive(Debug, Serialize)]
pub struct Image {
    pub url: String,
    pub alt: String,
    pub credit: Option<String>,
    pub width: Option<u32>,
    pub height: Option<u32>,
}

/// A year with its months.
#[derive(Debug, Serialize)]
pub struct Year {
    pub link: Link,
    pub months: Vec<Link>,
}

/// `feed.css`.
#[derive(Debug, Serialize)]
pub struct Style {
    pub page: StylePage,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
}

/// What a stylesheet is told of the feeds that it is for.
#[derive(Debug, Serialize)]
pub struct StylePage {
    pub lang: String,
    pub dir: &'static str,
}
