//! The context of templates: its keys are a public interface. Links to the site's own documents are relative to the page.

use serde::Serialize;

/// What all pages have.
#[derive(Debug, Default, Serialize)]
pub struct Page {
    /// The tag of its language.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// For `<title>`.
    pub title: String,
    pub heading: String,
    pub description: Option<String>,
    /// Its canonical URL.
    pub url: String,
    /// The relative path to the root: empty, or `../` once or several times.
    pub root: String,
    /// Links to the same page in each language, labelled by the language's own name; where a language has none, to its listing.
    pub languages: Vec<Link>,
    /// The languages that have this page: tags and absolute addresses, for search engines.
    pub alternates: Vec<Alternate>,
    /// Whether search engines are to leave the page out.
    pub noindex: bool,
    /// What a link to the page is shown with (Open Graph, Twitter cards).
    pub card: Card,
    /// The page for machines (schema.org), as JSON: `{{ page.json_ld | safe }}`.
    pub json_ld: String,
    /// Its hash for the Content Security Policy, which allows nothing else in a script element.
    pub json_ld_hash: String,
    /// The feed of the page, in each format.
    pub feeds: Vec<Feed>,
    /// Further feeds for autodiscovery.
    pub other_feeds: Vec<Feed>,
    /// The path of the OPML of its language, or of all.
    pub opml: String,
    /// The WebSub hub that is told of its changes.
    pub hub: Option<String>,
    pub site: Site,
}

/// The site, on every page.
#[derive(Debug, Default, Serialize)]
pub struct Site {
    pub title: String,
    pub rights: Option<String>,
    /// The address of the small square picture.
    pub icon: Option<String>,
}

/// A link to a page.
#[derive(Debug, Serialize)]
pub struct Link {
    pub href: String,
    pub text: String,
    /// The language and direction of the text, if they differ from the page's.
    pub lang: Option<String>,
    pub dir: Option<&'static str>,
    /// Whether it links to the page itself.
    pub current: bool,
    /// How many entries the page has.
    pub count: Option<u64>,
}

/// What a link to a page is shown with.
#[derive(Debug, Default, Serialize)]
pub struct Card {
    /// `article` or `website`.
    pub kind: &'static str,
    pub title: String,
    pub description: Option<String>,
    pub image: Option<Image>,
    /// The locale, such as `pt_BR`, and those of the same page in other languages.
    pub locale: String,
    pub other_locales: Vec<String>,
}

/// The same page in a language.
#[derive(Debug, Serialize)]
pub struct Alternate {
    pub lang: String,
    pub url: String,
}

/// A feed in one format.
#[derive(Debug, Serialize)]
pub struct Feed {
    pub href: String,
    /// The absolute URL, to be copied.
    pub url: String,
    /// Its media type.
    pub media_type: &'static str,
    /// `Atom`, `RSS`, `JSON Feed`.
    pub format: &'static str,
    pub title: String,
    /// None: all languages.
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

/// A language on the home page.
#[derive(Debug, Serialize)]
pub struct Edition {
    pub href: String,
    pub lang: String,
    pub dir: &'static str,
    pub name: String,
    pub title: String,
    pub description: Option<String>,
    /// How many entries it has, as a message in this language.
    pub count: String,
}

/// How many entries each language has: by month as a chart, and by year as a table.
#[derive(Debug, Serialize)]
pub struct Coverage {
    pub width: usize,
    pub height: usize,
    pub rows: Vec<CoverageRow>,
    /// The first months of years.
    pub marks: Vec<Mark>,
    pub years: Vec<String>,
}

/// A language in the chart and in the table.
#[derive(Debug, Serialize)]
pub struct CoverageRow {
    pub lang: String,
    pub dir: &'static str,
    pub name: String,
    /// The bars, as an SVG path.
    pub bars: String,
    /// The y coordinate of its baseline.
    pub base: usize,
    /// By year, as [`Coverage::years`].
    pub counts: Vec<String>,
    pub total: String,
}

/// A label on the time axis.
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
    /// How many entries the listing, the year or the month has.
    pub count: u64,
    /// All topics first.
    pub topics: Vec<Link>,
    /// Newest first.
    pub days: Vec<Day>,
    /// The years past the window of the listing; on the page of a year, this one.
    pub years: Vec<Year>,
    /// The previous and the next year or month, and the parts of a month.
    pub older: Option<Link>,
    pub newer: Option<Link>,
    pub parts: Vec<Link>,
    /// A link to the listing, on pages of years and months.
    pub listing: Option<Link>,
}

/// The entries of a day.
#[derive(Debug, Serialize)]
pub struct Day {
    /// In ISO 8601.
    pub date: String,
    pub text: String,
    pub entries: Vec<Entry>,
}

/// An entry.
#[derive(Debug, Default, Serialize)]
pub struct Entry {
    pub title: String,
    pub href: Option<String>,
    /// The language of its text, the direction and the language's own name, if they differ from the page's.
    pub lang: Option<String>,
    pub dir: Option<&'static str>,
    pub language: Option<String>,
    pub summary: Option<String>,
    pub image: Option<Image>,
    pub topics: Vec<Link>,
    /// Links to its translations, labelled by the names of their languages.
    pub also: Vec<Link>,
}

/// `story.html`.
#[derive(Debug, Serialize)]
pub struct Story {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    /// The title, the summary, the picture, the topics, and links to the story in other languages.
    pub entry: Entry,
    /// Its text, sanitized HTML: `{{ body | safe }}`.
    pub body: Option<String>,
    pub published: Moment,
    /// If it was corrected after it was published.
    pub updated: Option<Moment>,
    pub authors: Vec<Author>,
    /// Sound and video, with players.
    pub media: Vec<File>,
    /// Other files.
    pub files: Vec<File>,
    pub correction: Option<Correction>,
    /// If it was withdrawn, and then there is nothing else of it.
    pub withdrawn: Option<Withdrawn>,
    /// The previous and the next story of its first topic, else of its language.
    pub newer: Option<Link>,
    pub older: Option<Link>,
    /// The listing of its first topic, else of its language.
    pub listing: Link,
}

/// `404.html`.
#[derive(Debug, Serialize)]
pub struct NotFound {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    /// The newest stories of the language.
    pub listing: Link,
    pub topics: Vec<Link>,
}

/// A day, and the time where there is one.
#[derive(Debug, Default, Serialize)]
pub struct Moment {
    /// In ISO 8601, for `<time datetime>`.
    pub date: String,
    pub text: String,
}

/// An author.
#[derive(Debug, Serialize)]
pub struct Author {
    pub name: String,
    pub url: Option<String>,
}

/// An attached file.
#[derive(Debug, Serialize)]
pub struct File {
    pub url: String,
    /// Its own title, else its name.
    pub title: String,
    /// Its media type.
    pub media_type: String,
    /// `audio`, `video` or `file`.
    pub kind: &'static str,
    /// Its size, such as `2.4 MB`.
    pub size: Option<String>,
    /// How long it takes, such as `22:10`.
    pub duration: Option<String>,
    /// The address of the text of what is said.
    pub captions: Option<String>,
    /// The picture before a video plays.
    pub poster: Option<String>,
}

/// What was corrected.
#[derive(Debug, Serialize)]
pub struct Correction {
    pub on: Moment,
    pub text: String,
    /// The language and direction of the text, if they differ from the page's.
    pub lang: Option<String>,
    pub dir: Option<&'static str>,
}

/// Why a story was withdrawn.
#[derive(Debug, Serialize)]
pub struct Withdrawn {
    pub reason: Option<String>,
    /// The language and direction of the reason, if they differ from the page's.
    pub lang: Option<String>,
    pub dir: Option<&'static str>,
}

/// Its picture.
#[derive(Debug, Clone, Serialize)]
pub struct Image {
    pub url: String,
    pub alt: String,
    pub caption: Option<String>,
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

/// The language and direction of the feeds that the stylesheet is for.
#[derive(Debug, Serialize)]
pub struct StylePage {
    pub lang: String,
    pub dir: &'static str,
}
