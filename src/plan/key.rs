//! One key type names every document: its path, address, media type and id follow from it.

use url::Url;

use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::model::{Format, Text};

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
    /// The opml of one language, or of all.
    Opml(Option<LanguageIndex>),
    /// The page of all languages.
    Home,
    /// A listing of a language and a scope, or what is older.
    Page { feed: FeedKey, kind: PageKind },
    /// A stylesheet.
    Style(Style),
    /// The addresses of the pages, for search engines.
    Sitemap,
    /// The redirects, as static hosts read them.
    Redirects,
    /// What stands where a page was: the index of the redirect.
    RedirectPage(u16),
}

/// Which page of a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PageKind {
    /// The newest entries.
    Newest,
    /// All of a year by its months, or all of a month; a month that is too long is parted, and its newest part is 0.
    Period { period: Period, part: u16 },
}

/// A stylesheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Style {
    /// Of the pages.
    Pages,
    /// Of the feeds of a language when they are opened in a browser.
    Feeds(LanguageIndex),
}

impl Format {
    /// What a path of this format ends in.
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
    /// The language as it stands in paths and ids.
    fn tag(self, config: &Config) -> &str {
        self.language.map_or("mul", |language| language_tag(config, language))
    }

    /// The scope as it stands in paths and ids.
    fn scope(self, config: &Config) -> &str {
        self.topic.map_or("all", |topic| config.topics[usize::from(topic)].id.as_str())
    }

    /// The language whose words and rules the feed uses.
    pub fn interface_language(self) -> LanguageIndex {
        self.language.unwrap_or(0)
    }

    /// `tag:{authority}:feeds/{language}/{scope}`.
    pub fn id(self, config: &Config) -> String {
        format!("tag:{}:feeds/{}/{}", config.site.authority, self.tag(config), self.scope(config))
    }

    /// The edition's title, with the topic's where there is one; for every language the site's.
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

    /// The page that the feed is the feed of: the site's own, else the listing.
    pub fn home_page(self, config: &Config) -> Url {
        config.home_page(self.interface_language()).unwrap_or_else(|| below(config, &self.folder(config)))
    }

    /// The folder of its listing; of the feeds of every language, which have none, the root.
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
    pub fn path(self, config: &Config) -> String {
        match self {
            DocumentKey::Feed { feed, period, format } => {
                let (tag, scope, extension) = (feed.tag(config), feed.scope(config), format.extension());
                match period {
                    Some(period) => format!("{tag}/{scope}/{period}.{extension}"),
                    None => format!("{tag}/{scope}.{extension}"),
                }
            }
            DocumentKey::Opml(language) => in_folder_of(config, language, "feeds.opml"),
            DocumentKey::Home => "index.html".to_owned(),
            DocumentKey::Page { .. } => format!("{}index.html", self.folder(config)),
            DocumentKey::Style(Style::Pages) => "assets/style.css".to_owned(),
            DocumentKey::Style(Style::Feeds(language)) => {
                format!("assets/feed-{}.css", language_tag(config, language))
            }
            DocumentKey::Sitemap => "sitemap.xml".to_owned(),
            DocumentKey::Redirects => "_redirects".to_owned(),
            DocumentKey::RedirectPage(redirect) => config.redirects[usize::from(redirect)].from.clone(),
        }
    }

    /// The folder that a page is the index of; ends in a slash, but for the root.
    fn folder(self, config: &Config) -> String {
        let DocumentKey::Page { feed, kind } = self else { return String::new() };
        let listing = feed.folder(config);
        match kind {
            PageKind::Newest => listing,
            PageKind::Period { period, part: 0 } => format!("{listing}{period}/"),
            PageKind::Period { period, part } => format!("{listing}{period}/{part}/"),
        }
    }

    /// The address of a page, as links name it.
    pub fn page_url(self, config: &Config) -> Url {
        below(config, &self.folder(config))
    }

    /// The way from a document's folder up to the root: `../` for each folder.
    pub fn root(self, config: &Config) -> String {
        "../".repeat(self.path(config).matches('/').count())
    }

    /// The language it is for; `None`: for every one, or for none.
    pub fn language(self) -> Option<LanguageIndex> {
        match self {
            DocumentKey::Feed { feed, .. } => feed.language,
            DocumentKey::Page { feed, .. } => feed.language,
            DocumentKey::Opml(language) => language,
            DocumentKey::Style(Style::Feeds(language)) => Some(language),
            _ => None,
        }
    }

    /// Whether it is a page that people read.
    pub fn is_page(self) -> bool {
        matches!(self, DocumentKey::Home | DocumentKey::Page { .. })
    }

    /// Whether it is a feed, or an archive of one.
    pub fn is_feed(self) -> bool {
        matches!(self, DocumentKey::Feed { .. })
    }

    /// The address.
    pub fn url(self, config: &Config) -> Url {
        below(config, &self.path(config))
    }

    /// The media type by which it is served (contract §6): browsers show XML feeds only as `application/xml`.
    pub fn media_type(self) -> &'static str {
        match self {
            DocumentKey::Feed { format: Format::Json, .. } => "application/feed+json; charset=utf-8",
            DocumentKey::Feed { .. } => "application/xml; charset=utf-8",
            DocumentKey::Opml(_) => "text/x-opml; charset=utf-8",
            DocumentKey::Home | DocumentKey::Page { .. } | DocumentKey::RedirectPage(_) => "text/html; charset=utf-8",
            DocumentKey::Style(_) => "text/css; charset=utf-8",
            DocumentKey::Sitemap => "application/xml; charset=utf-8",
            DocumentKey::Redirects => "text/plain; charset=utf-8",
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

/// The address of a path below the site's.
fn below(config: &Config, path: &str) -> Url {
    let base = &config.site.base_url;
    base.join(path).unwrap_or_else(|_| base.clone())
}
