//! The context of templates: its keys are a public interface. Links to the site's own documents are relative to the page.

use serde::Serialize;

/// `home.html`
#[derive(Debug, Serialize)]
pub struct Home {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    /// The newest entries of the default language, the first of which leads.
    pub entries: Vec<Entry>,
    /// The listing of the default language, with the number of its entries.
    pub listing: Link,
    /// The other languages with their newest entries.
    pub editions: Vec<Edition>,
}

/// `listing.html`, `month.html` and `year.html`
#[derive(Debug, Serialize)]
pub struct Listing {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    /// How many entries the listing, the year or the month has, in words.
    pub count: String,
    /// The entries of the page, newest first.
    pub entries: Vec<Entry>,
    /// The years with entries that the listing does not show itself; on the page of a year, this one.
    pub years: Vec<Year>,
    /// How many entries a listing has that it does not show itself.
    pub older_count: u64,
    /// The previous year or month.
    pub older: Option<Link>,
    /// The next year or month.
    pub newer: Option<Link>,
    /// The parts of a long month.
    pub parts: Vec<Link>,
    /// The listing, on pages of years and months.
    pub listing: Option<Link>,
}

/// `story.html`
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
    /// When it was published, with the time where it has one.
    pub published: Moment,
    /// When it was corrected, if it was after it was published.
    pub updated: Option<Moment>,
    pub authors: Vec<Author>,
    /// Sound and video, with players.
    pub media: Vec<File>,
    /// Other files.
    pub files: Vec<File>,
    pub correction: Option<Correction>,
    /// If it was withdrawn, and then there is nothing else of it.
    pub withdrawn: Option<Withdrawn>,
    /// The next newer story of its first topic, else of its language.
    pub newer: Option<Link>,
    /// The next older one.
    pub older: Option<Link>,
    /// The listing of its first topic, else of its language.
    pub listing: Link,
}

/// `subscribe.html`
#[derive(Debug, Serialize)]
pub struct Subscribe {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    /// The feed of all topics.
    pub all: Subscription,
    /// Those of the topics.
    pub topics: Vec<Subscription>,
    /// The feed of all languages, where there are several.
    pub everything: Vec<Feed>,
    /// The script of the button that copies an address, which the page's Content Security Policy allows by its hash.
    pub script: String,
}

/// `404.html`
#[derive(Debug, Serialize)]
pub struct NotFound {
    pub page: Page,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
    /// The newest stories of the language.
    pub listing: Link,
}

/// `style.css`
#[derive(Debug, Serialize)]
pub struct Style {
    /// The site's colour.
    pub accent: String,
    /// White or black: text on that colour.
    pub on_accent: String,
    /// The site's colour, or the nearest one that can be read on light pages.
    pub link: String,
    /// The same for dark pages.
    pub link_dark: String,
    /// `sans` or `serif`.
    pub font: &'static str,
}

/// `feed.css`
#[derive(Debug, Serialize)]
pub struct FeedStyle {
    pub page: FeedStylePage,
    /// The index of the language whose messages it uses; templates know it as `voice`.
    #[serde(rename = "voice")]
    pub interface_language: usize,
}

/// The feeds that a stylesheet is for.
#[derive(Debug, Serialize)]
pub struct FeedStylePage {
    /// The tag of their language.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
}

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
    /// A sentence or two about it.
    pub description: Option<String>,
    /// Its canonical URL.
    pub url: String,
    /// The relative path to the root: empty, or `../` once or several times.
    pub root: String,
    /// The home page of the site, or of the language where it has a page of its own.
    pub home: String,
    /// The same page in each language, labelled by the language's own name; where a language has none, its listing.
    pub languages: Vec<Link>,
    /// The topics of the language, all topics first; none if there are no topics.
    pub topics: Vec<Link>,
    /// How to follow the feeds of the language, at the place of this page's topic.
    pub subscribe: String,
    /// The languages that have this page, for search engines.
    pub alternates: Vec<Alternate>,
    /// Whether search engines are to leave the page out.
    pub noindex: bool,
    /// What a link to the page is shown with (Open Graph, Twitter cards).
    pub card: Card,
    /// The page for machines (schema.org), as JSON: `{{ page.json_ld | safe }}`.
    pub json_ld: String,
    /// The hashes by which its Content Security Policy allows scripts, separated by spaces; nothing else runs.
    pub scripts: String,
    /// The feed of the page, in each format.
    pub feeds: Vec<Feed>,
    /// Further feeds for autodiscovery.
    pub other_feeds: Vec<Feed>,
    /// The path of the OPML of its language, or of all.
    pub opml: String,
    /// The WebSub hub that is told of its changes.
    pub hub: Option<String>,
    /// In a preview for editors.
    pub preview: Option<Preview>,
    pub site: Site,
}

/// What a page has in a preview for editors (`serve --preview`).
#[derive(Debug, Serialize)]
pub struct Preview {
    /// The path of what the page asks for to know of changes and of mistakes in the store.
    pub state: String,
    /// The script that asks, which the page's Content Security Policy allows by its hash.
    pub script: String,
}

/// The site, on every page.
#[derive(Debug, Default, Serialize)]
pub struct Site {
    pub title: String,
    /// The terms of use.
    pub rights: Option<String>,
    /// The address of the small square picture, if it is on the site's own host.
    pub icon: Option<String>,
    /// The address of the wide picture, if it is on the site's own host.
    pub logo: Option<String>,
    /// The site's colour.
    pub accent: String,
}

/// A link to a page.
#[derive(Debug, Default, Serialize)]
pub struct Link {
    pub href: String,
    pub text: String,
    /// The language of the text, if it differs from the page's.
    pub lang: Option<String>,
    /// Its direction.
    pub dir: Option<&'static str>,
    /// The language of what it links to, if that differs from the page's.
    pub hreflang: Option<String>,
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
    /// The locale, such as `pt_BR`.
    pub locale: String,
    /// Those of the same page in other languages.
    pub other_locales: Vec<String>,
}

/// The same page in a language.
#[derive(Debug, Serialize)]
pub struct Alternate {
    /// The tag of the language.
    pub lang: String,
    /// The absolute address.
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
    /// The tag of its language; none: all languages.
    pub lang: Option<String>,
}

/// A feed, and how to follow it.
#[derive(Debug, Serialize)]
pub struct Subscription {
    /// The fragment of its place on the page.
    pub id: String,
    /// The topic, or the title of the language's news.
    pub title: String,
    /// The language of the title, if it differs from the page's.
    pub lang: Option<String>,
    /// Its direction.
    pub dir: Option<&'static str>,
    pub description: Option<String>,
    /// The address to be copied.
    pub url: String,
    /// Well-known feed readers, by the addresses at which they add it.
    pub readers: Vec<Link>,
    /// Podcast apps, if there is something to listen to.
    pub podcasts: Vec<Link>,
    /// Services that send it by e-mail.
    pub mail: Vec<Link>,
    /// The feed in each format.
    pub feeds: Vec<Feed>,
}

/// A language on the home page, with its own words.
#[derive(Debug, Serialize)]
pub struct Edition {
    /// The tag of the language.
    pub lang: String,
    /// `ltr` or `rtl`.
    pub dir: &'static str,
    /// The language's own name.
    pub name: String,
    /// The title of its news.
    pub title: String,
    /// Its listing, with the number of its stories in its own words.
    pub listing: Link,
    /// Its newest entries.
    pub entries: Vec<Entry>,
}

/// An entry. What tidings itself says about it is in the language of the page, or of the part of the page where it stands.
#[derive(Debug, Default, Serialize)]
pub struct Entry {
    pub title: String,
    /// Its page, here or elsewhere.
    pub href: Option<String>,
    /// The language of its text, if it differs from the page's.
    pub lang: Option<String>,
    /// Its direction.
    pub dir: Option<&'static str>,
    /// In a preview: that it is a draft, scheduled or expired, in words.
    pub badge: Option<String>,
    /// That its text is in another language, in words.
    pub note: Option<String>,
    pub summary: Option<String>,
    pub image: Option<Image>,
    /// The day on which it was published.
    pub published: Moment,
    /// What can be listened to, watched or read in a file.
    pub medium: Option<Medium>,
    pub topics: Vec<Link>,
    /// `Also in`, in the form that the number of `also` needs.
    pub also_in: String,
    /// Its translations, labelled by the names of their languages.
    pub also: Vec<Link>,
}

/// What an entry offers beside its text.
#[derive(Debug, Serialize)]
pub struct Medium {
    /// `audio`, `video` or `file`.
    pub kind: &'static str,
    /// In words, with its length: `Listen · 22 min`.
    pub text: String,
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
    /// What kind of file it is, in short: `PDF`.
    pub label: String,
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
    /// The language of the text, if it differs from the page's.
    pub lang: Option<String>,
    /// Its direction.
    pub dir: Option<&'static str>,
}

/// Why a story was withdrawn.
#[derive(Debug, Serialize)]
pub struct Withdrawn {
    pub reason: Option<String>,
    /// The language of the reason, if it differs from the page's.
    pub lang: Option<String>,
    /// Its direction.
    pub dir: Option<&'static str>,
}

/// A picture.
#[derive(Debug, Clone, Serialize)]
pub struct Image {
    pub url: String,
    /// What it shows, for those who do not see it.
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
