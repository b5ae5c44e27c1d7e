//! The configuration: what was typed ([`raw`]), then what is usable ([`Config`]).
//!
//! Owns: every key of `tidings.toml`, its default and its limits.
//! Never touches: stories.

mod check;
mod raw;
mod redirect;
mod theme;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;
pub(crate) use redirect::{Redirect, Target};
pub(crate) use theme::TemplateOverride;
use theme::Theme;

use url::Url;
use xxhash_rust::xxh3::Xxh3;

use crate::diagnostics::{Diagnostic, sort};
use crate::model::{Format, Language, Person, Text, Timestamp, Zone, entry_tag_uri};

/// The index of a configured language; the first is the default language.
pub type LanguageIndex = u16;

/// The index of a configured topic.
pub type TopicIndex = u16;

/// A usable configuration: required values are there, URLs are absolute, names are known.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) site: Site,
    /// In the configured order; never empty.
    pub(crate) languages: Vec<Edition>,
    /// In the configured order.
    pub(crate) topics: Vec<Topic>,
    pub(crate) feeds: Feeds,
    pub(crate) server: Server,
    /// Sorted by their old paths.
    pub(crate) redirects: Vec<Redirect>,
    /// Whether drafts are published, for a preview.
    pub(crate) drafts: bool,
    /// What is worth a word in it.
    pub(crate) warnings: Vec<Diagnostic>,
    /// A hash of all that was typed, so that what is made from it can be known to be current.
    fingerprint: u64,
}

/// `[site]`.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Where the output will be reachable; ends in `/`.
    pub base_url: Url,
    /// RFC 4151: a name and a date.
    pub authority: String,
    /// The first instant of the authority's date.
    pub authority_date: Timestamp,
    pub title: Text,
    pub zone: Zone,
    pub stories: PathBuf,
    pub output: PathBuf,
    /// With `{language}` still in it.
    pub home_page: Option<String>,
    pub authors: Vec<Person>,
    pub rights: Option<Text>,
    pub icon: Option<Url>,
    pub logo: Option<Url>,
    /// Whether HTML pages are published beside the feeds.
    pub pages: bool,
    /// The site's own templates and stylesheet.
    pub theme: Theme,
}

/// One of `[languages]`: all that is published in one language.
#[derive(Debug, Clone)]
pub(crate) struct Edition {
    pub language: Language,
    pub title: Text,
    pub description: Option<Text>,
    /// The language's own name.
    pub name: Text,
    pub fallback: Vec<LanguageIndex>,
}

/// One of `[topics]`.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub id: String,
    /// By language; the default language's where one has none of its own, else the id.
    pub titles: Vec<Text>,
    /// By language: the language that its title is in; `None` where it is the id.
    pub title_languages: Vec<Option<LanguageIndex>>,
    pub descriptions: Vec<Option<Text>>,
    pub words: Vec<String>,
}

/// How archives are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Archives {
    Off,
    Year,
    Month,
}

/// `[feeds]`.
#[derive(Debug, Clone)]
pub(crate) struct Feeds {
    pub formats: Vec<Format>,
    pub limit: usize,
    pub full_content: bool,
    pub archives: Archives,
    pub hub: Option<Url>,
}

/// `[server]`.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub listen: SocketAddr,
    /// Seconds that a document may be kept without asking again.
    pub max_age: u64,
    /// Seconds that a cache may hand it out for after that, while it asks.
    pub stale_while_revalidate: u64,
    pub admin: Option<SocketAddr>,
    pub rate_limit: Option<RateLimit>,
    /// Whose word on the address of a client is believed.
    pub trusted_proxies: Vec<IpNet>,
    pub max_connections: usize,
    pub access_log: AccessLog,
}

/// How often one client may ask.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RateLimit {
    /// Requests a second in the long run.
    pub per_second: f64,
    /// Requests at once.
    pub burst: f64,
}

/// What is written of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessLog {
    Off,
    /// The common log format.
    Common,
    Json,
}

impl Config {
    /// Reads a configuration, TOML or, where the name ends in `.json`, JSON.
    ///
    /// # Errors
    /// Every diagnostic in it.
    pub fn load(path: impl AsRef<Path>) -> Result<Config, Vec<Diagnostic>> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).map_err(|error| {
            let missing = error.kind() == std::io::ErrorKind::NotFound;
            let diagnostic = Diagnostic::machine(path, "read the configuration", &error);
            vec![if missing {
                diagnostic.help("name another with --config, or make a site with `tidings init`")
            } else {
                diagnostic
            }]
        })?;
        let (config, mut diagnostics) = check::read(path, &bytes);
        sort(&mut diagnostics);
        match config {
            Some(config) if !diagnostics.iter().any(Diagnostic::is_error) => {
                Ok(Config { warnings: diagnostics, ..config })
            }
            _ => Err(diagnostics),
        }
    }

    /// The same site below another address, for a preview.
    ///
    /// # Errors
    /// What is wrong with the address.
    pub fn with_base_url(mut self, url: &str) -> Result<Config, String> {
        self.site.base_url = check::base_url(url)?;
        self.fingerprint = hash(self.fingerprint, url.as_bytes());
        Ok(self)
    }

    /// The same site with its drafts, for a preview.
    pub fn with_drafts(mut self) -> Config {
        self.drafts = true;
        self.fingerprint = hash(self.fingerprint, b"drafts");
        self
    }

    /// A hash of everything that was typed and of the revision of this program.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The files and folders beside the configuration that it is read from.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.site.theme.files
    }

    /// The path of a file that the configuration names, against the configuration's own folder.
    fn beside(path: &Path, named: &str) -> PathBuf {
        path.parent().unwrap_or(Path::new("")).join(named)
    }

    /// The id of an entry that has no guid of its own (RFC 4151).
    pub(crate) fn entry_tag_uri(&self, story: &str, language: LanguageIndex) -> String {
        entry_tag_uri(&self.site.authority, story, self.languages[usize::from(language)].language.as_str())
    }

    /// The language of a tag in any case.
    pub(crate) fn language(&self, tag: &str) -> Option<LanguageIndex> {
        let found = self.languages.iter().position(|edition| edition.language.as_str().eq_ignore_ascii_case(tag));
        found.map(|index| index as LanguageIndex)
    }

    /// The topic of an id.
    pub(crate) fn topic(&self, id: &str) -> Option<TopicIndex> {
        self.topics.iter().position(|topic| topic.id == id).map(|index| index as TopicIndex)
    }

    /// The page that an edition is the feed of, where the site has its own: against it relative addresses are resolved.
    pub(crate) fn home_page(&self, language: LanguageIndex) -> Option<Url> {
        let page = self.site.home_page.as_ref()?;
        Url::parse(&page.replace("{language}", self.languages[usize::from(language)].language.as_str())).ok()
    }
}

fn hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut hasher = Xxh3::with_seed(seed);
    hasher.update(bytes);
    hasher.digest()
}
