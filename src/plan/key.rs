//! One key type names every document: its path, address, media type and id follow from it.

use url::Url;

use crate::catalog::{Catalog, EntryId};
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::model::{Format, Text};
use crate::store::Store;

/// What the paths of documents are made of: the configuration, and the ids of stories.
#[derive(Debug, Clone, Copy)]
pub struct Names<'s> {
    pub config: &'s Config,
    pub catalog: &'s Catalog,
    pub store: &'s Store,
}

/// The name of a page in its folder.
const INDEX: &str = "index.html";

/// A feed in any format: a language, or all of them, and a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedKey {
    /// `None`: every language (`mul`).
    pub language: Option<LanguageIndex>,
    /// `None`: every topic (`all`).
    pub topic: Option<TopicIndex>,
}

/// A calendar period of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    pub year: i32,
    /// `None`: the whole year.
    pub month: Option<u32>,
}

/// A document of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DocumentKey {
    /// A feed, or with a period one of its archives.
    Feed { feed: FeedKey, period: Option<Period>, format: Format },
    /// The list of the feeds of one language, or of all, in OPML.
    Opml(Option<LanguageIndex>),
    /// The page of all languages.
    Home,
    /// A listing of a language and a scope, or one of its years or months.
    Page { feed: FeedKey, kind: PageKind },
    /// The page of a story in a language.
    Story { entry: EntryId, language: LanguageIndex, kind: StoryKind },
    /// How to follow the feeds of a language.
    Subscribe(LanguageIndex),
    /// A stylesheet.
    Style(Style),
    /// The addresses of the pages, for search engines; where they are many, the index of its parts.
    Sitemap,
    /// A part of the sitemap.
    SitemapPart(SitemapPart),
    /// `robots.txt`, where the site is the root of its host.
    Robots,
    /// What is shown where nothing is, in a language or in the default one at the root.
    NotFound(Option<LanguageIndex>),
    /// `_redirects`, for static hosts.
    Redirects,
    /// A page that redirects browsers from an old path. The number is the index of the redirect.
    RedirectPage(u16),
}

/// A kind of page of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageKind {
    /// The newest entries.
    Newest,
    /// The months of a year, or the entries of a month. A long month has several parts, of which 0 is the newest.
    Period { period: Period, part: u16 },
}

/// A kind of page of a story.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoryKind {
    /// With its text.
    Visible,
    /// It was withdrawn; the page says so.
    Withdrawn,
}

/// The pages of a language and a period in the sitemap of a large site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitemapPart {
    pub language: LanguageIndex,
    pub period: Period,
    /// 0, except for a month that is too large for one file.
    pub number: u16,
}

/// A stylesheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// Of the pages.
    Pages,
    /// Of the feeds of a language, for browsers.
    Feeds(LanguageIndex),
}

impl Format {
    /// The extension of a path.
    pub fn extension(self) -> &'static str {
        match self {
            Format::Atom => "atom.xml",
            Format::Rss => "rss.xml",
            Format::Json => "json",
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.month {
            Some(month) => write!(out, "{:04}-{month:02}", self.year),
            None => write!(out, "{:04}", self.year),
        }
    }
}

impl FeedKey {
    /// The language in paths and ids.
    fn tag(self, config: &Config) -> &str {
        self.language.map_or("mul", |language| language_tag(config, language))
    }

    /// The scope in paths and ids.
    fn scope(self, config: &Config) -> &str {
        self.topic.map_or("all", |topic| config.topics[usize::from(topic)].id.as_str())
    }

    /// The language of the feed's title and interface: its own, else the first of the site.
    pub fn interface_language(self) -> LanguageIndex {
        self.language.unwrap_or(0)
    }

    /// `tag:{authority}:feeds/{language}/{scope}`.
    pub fn id(self, config: &Config) -> String {
        format!("tag:{}:feeds/{}/{}", config.site.authority, self.tag(config), self.scope(config))
    }

    /// The edition's title, or the site's for all languages, followed by the topic's if there is one.
    pub fn title(self, config: &Config) -> Text {
        let interface_language = usize::from(self.interface_language());
        let edition = match self.language {
            Some(_) => &config.languages[interface_language].title,
            None => &config.site.title,
        };
        let Some(topic) = self.topic else { return edition.clone() };
        let topic = &config.topics[usize::from(topic)].titles[interface_language];
        Text::line(&format!("{edition} – {topic}")).unwrap_or_else(|| edition.clone())
    }

    /// The topic's description, else the edition's, else the title.
    pub fn description(self, config: &Config) -> Text {
        let interface_language = usize::from(self.interface_language());
        let of_topic =
            self.topic.and_then(|topic| config.topics[usize::from(topic)].descriptions[interface_language].clone());
        of_topic
            .or_else(|| config.languages[interface_language].description.clone())
            .unwrap_or_else(|| self.title(config))
    }

    /// The page that the feed belongs to: the configured home page, else the listing.
    pub fn home_page(self, config: &Config) -> Url {
        config.home_page(self.interface_language()).unwrap_or_else(|| below(config, &self.folder(config)))
    }

    /// The folder of its listing, ending in a slash; the root for feeds of all languages, which have no listing.
    fn folder(self, config: &Config) -> String {
        match (self.language, self.topic) {
            (None, _) => String::new(),
            (Some(_), None) => format!("{}/", self.tag(config)),
            (Some(_), Some(_)) => format!("{}/{}/", self.tag(config), self.scope(config)),
        }
    }
}

impl DocumentKey {
    /// The path below the output, and below the address where it is published.
    pub fn path(self, names: Names<'_>) -> String {
        let config = names.config;
        match self {
            DocumentKey::Feed { feed, period, format } => {
                let (tag, scope, extension) = (feed.tag(config), feed.scope(config), format.extension());
                match period {
                    Some(period) => format!("{tag}/{scope}/{period}.{extension}"),
                    None => format!("{tag}/{scope}.{extension}"),
                }
            }
            DocumentKey::Opml(language) => in_folder_of(config, language, "feeds.opml"),
            DocumentKey::Home | DocumentKey::Page { .. } | DocumentKey::Story { .. } | DocumentKey::Subscribe(_) => {
                format!("{}{INDEX}", self.folder(names))
            }
            DocumentKey::Style(Style::Pages) => "assets/style.css".to_owned(),
            DocumentKey::Style(Style::Feeds(language)) => {
                format!("assets/feed-{}.css", language_tag(config, language))
            }
            DocumentKey::Sitemap => "sitemap.xml".to_owned(),
            DocumentKey::SitemapPart(SitemapPart { language, period, number }) => {
                let language = language_tag(config, language);
                match number {
                    0 => format!("sitemap/{language}-{period}.xml"),
                    _ => format!("sitemap/{language}-{period}-{number}.xml"),
                }
            }
            DocumentKey::Robots => "robots.txt".to_owned(),
            DocumentKey::NotFound(language) => in_folder_of(config, language, "404.html"),
            DocumentKey::Redirects => "_redirects".to_owned(),
            DocumentKey::RedirectPage(redirect) => config.redirects[usize::from(redirect)].from.clone(),
        }
    }

    /// The folder of which a page is the index, ending in a slash; the root is empty.
    fn folder(self, names: Names<'_>) -> String {
        match self {
            DocumentKey::Page { feed, kind } => {
                let listing = feed.folder(names.config);
                match kind {
                    PageKind::Newest => listing,
                    PageKind::Period { period, part: 0 } => format!("{listing}{period}/"),
                    PageKind::Period { period, part } => format!("{listing}{period}/{part}/"),
                }
            }
            DocumentKey::Story { entry, language, .. } => {
                let id = names.catalog.story_id(names.store, entry);
                format!("{}/stories/{id}/", language_tag(names.config, language))
            }
            DocumentKey::Subscribe(language) => format!("{}/subscribe/", language_tag(names.config, language)),
            _ => String::new(),
        }
    }

    /// The canonical URL of a page.
    pub fn page_url(self, names: Names<'_>) -> Url {
        below(names.config, &self.folder(names))
    }

    /// The relative path from a document to the root: `../` for each folder. The page for what is not found stands at any
    /// address, so it has the path of the site.
    pub fn root(self, names: Names<'_>) -> String {
        if let DocumentKey::NotFound(_) = self {
            return names.config.site.base_url.path().to_owned();
        }
        "../".repeat(self.path(names).matches('/').count())
    }

    /// Its language; `None` if it has all or none.
    pub fn language(self) -> Option<LanguageIndex> {
        match self {
            DocumentKey::Feed { feed, .. } => feed.language,
            DocumentKey::Page { feed, .. } => feed.language,
            DocumentKey::Story { language, .. } => Some(language),
            DocumentKey::Opml(language) => language,
            DocumentKey::NotFound(language) => Some(language.unwrap_or(0)),
            DocumentKey::Style(Style::Feeds(language)) | DocumentKey::Subscribe(language) => Some(language),
            DocumentKey::SitemapPart(part) => Some(part.language),
            _ => None,
        }
    }

    /// Whether it is a page that is read in a browser.
    pub fn is_page(self) -> bool {
        matches!(
            self,
            DocumentKey::Home | DocumentKey::Page { .. } | DocumentKey::Story { .. } | DocumentKey::Subscribe(_)
        )
    }

    /// Whether it is a feed, or an archive of one.
    pub fn is_feed(self) -> bool {
        matches!(self, DocumentKey::Feed { .. })
    }

    /// The URL.
    pub fn url(self, names: Names<'_>) -> Url {
        self.url_of_path(names.config, &self.path(names))
    }

    /// The URL, given the path. That of a page is its canonical one.
    pub fn url_of_path(self, config: &Config, path: &str) -> Url {
        below(config, path.strip_suffix(INDEX).filter(|_| self.is_page()).unwrap_or(path))
    }

    /// The media type by which it is served (contract §6): browsers show XML feeds only as `application/xml`.
    pub fn media_type(self) -> &'static str {
        match self {
            DocumentKey::Feed { format: Format::Json, .. } => "application/feed+json; charset=utf-8",
            DocumentKey::Feed { .. } => "application/xml; charset=utf-8",
            DocumentKey::Opml(_) => "text/x-opml; charset=utf-8",
            DocumentKey::Home
            | DocumentKey::Page { .. }
            | DocumentKey::Story { .. }
            | DocumentKey::Subscribe(_)
            | DocumentKey::NotFound(_)
            | DocumentKey::RedirectPage(_) => "text/html; charset=utf-8",
            DocumentKey::Style(_) => "text/css; charset=utf-8",
            DocumentKey::Sitemap | DocumentKey::SitemapPart(_) => "application/xml; charset=utf-8",
            DocumentKey::Robots | DocumentKey::Redirects => "text/plain; charset=utf-8",
        }
    }
}

fn language_tag(config: &Config, language: LanguageIndex) -> &str {
    config.languages[usize::from(language)].language.as_str()
}

fn in_folder_of(config: &Config, language: Option<LanguageIndex>, name: &str) -> String {
    match language {
        Some(language) => format!("{}/{name}", language_tag(config, language)),
        None => name.to_owned(),
    }
}

/// The URL of a path below the site's base URL.
fn below(config: &Config, path: &str) -> Url {
    let base = &config.site.base_url;
    base.join(path).unwrap_or_else(|_| base.clone())
}
