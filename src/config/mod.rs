//! The configuration: as it is written ([`raw`]), then validated ([`Config`]).
//!
//! Owns: every key of `tidings.toml`, its default and its limits.
//! Never touches: stories.

mod destination;
mod imports;
mod purge;
mod raw;
mod redirect;
mod theme;
mod validate;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub(crate) use destination::{Destination, StoreAddress, StoreKind};
pub use imports::SourceKind;
pub(crate) use imports::{Field, ImportSource, Mapping, OnGone, WrittenAs, secret_prefix};
use ipnet::IpNet;
pub(crate) use purge::Purge;
pub(crate) use redirect::{Redirect, Target};
pub(crate) use theme::TemplateOverride;
use theme::Theme;

use url::Url;
use xxhash_rust::xxh3::Xxh3;

use crate::diagnostics::{Diagnostic, Diagnostics, sort, suggestion};
use crate::files::read_regular_file;
use crate::limits::MAX_CONFIG;
use crate::model::{Format, Language, Person, Text, Timestamp, Zone, entry_tag_uri};

/// The index of a configured language; the first is the default language.
pub type LanguageIndex = u16;

/// The index of a configured topic.
pub type TopicIndex = u16;

/// A valid configuration: required values are present, URLs are absolute, names are resolved.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) site: Site,
    /// In the configured order; never empty.
    pub(crate) languages: Vec<Edition>,
    /// In the configured order.
    pub(crate) topics: Vec<Topic>,
    pub(crate) feeds: Feeds,
    /// Lints that are not reported.
    pub(crate) allowed: Vec<Lint>,
    pub(crate) server: Server,
    pub(crate) publish: Publish,
    /// Sorted by their old paths.
    pub(crate) redirects: Vec<Redirect>,
    /// In the configured order.
    pub(crate) imports: Vec<ImportSource>,
    /// Whether drafts are published, for a preview.
    pub(crate) drafts: bool,
    /// Whether scheduled and expired stories are shown too, and who may see them.
    pub(crate) preview: Preview,
    /// Whether it is published for a preview, to which nobody subscribes.
    pub(crate) is_preview: bool,
    /// Warnings from reading it.
    pub(crate) warnings: Vec<Diagnostic>,
    /// A hash of the configuration and the theme; part of every input hash.
    fingerprint: u64,
}

/// `[site]`.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Where the output is published; ends in `/`.
    pub base_url: Url,
    /// The tagging entity of RFC 4151: a name and a date.
    pub authority: String,
    /// The first instant of the authority's date.
    pub authority_date: Timestamp,
    pub title: Text,
    pub zone: Zone,
    pub stories: PathBuf,
    /// Whether symbolic links out of the store are followed.
    pub follow_links: bool,
    pub output: Destination,
    /// May contain `{language}`.
    pub home_page: Option<String>,
    pub authors: Vec<Person>,
    pub rights: Option<Text>,
    pub icon: Option<Url>,
    pub logo: Option<Url>,
    /// Whether HTML pages are published beside the feeds.
    pub pages: bool,
    pub story_pages: StoryPages,
    /// How many entries the page of a listing has.
    pub page_size: usize,
    pub theme: Theme,
}

/// Which translations have a page of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoryPages {
    /// Those without a link.
    Missing,
    All,
    None,
}

/// Whether pages are a preview for editors (`serve --preview`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Preview {
    Off,
    /// For this machine alone.
    Loopback,
    /// For whoever can reach it.
    Open,
}

/// The letters of the pages, from the fonts of the reader's system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Font {
    #[default]
    Sans,
    Serif,
}

/// One of `[languages]`: all that is published in one language.
#[derive(Debug, Clone)]
pub(crate) struct Edition {
    pub language: Language,
    pub title: Text,
    pub description: Option<Text>,
    /// The language's own name.
    pub name: Text,
    /// The language, with the region whose dates and numbers its pages have.
    pub locale: Language,
    pub fallback: Vec<LanguageIndex>,
}

/// One of `[topics]`.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    pub id: String,
    /// By language: its own title, else that of the default language, else the id.
    pub titles: Vec<Text>,
    /// By language: the language of its title; `None` if it is the id.
    pub title_languages: Vec<Option<LanguageIndex>>,
    pub descriptions: Vec<Option<Text>>,
    pub words: Vec<String>,
}

/// The period of an archive.
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

/// A lint that `[check] allow` can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lint {
    /// Published entries that are gone without `withdrawn` or `expires`.
    GoneEntry,
    /// Bodies that lose something that a reader of the original sees.
    BodyLoss,
    /// Files of the store that are not read.
    OtherFile,
    /// Texts that are in another language than they say.
    WrongLanguage,
    /// Translations with the text of another one.
    SameText,
    /// Titles and summaries with tags, entities or Markdown.
    MarkupInText,
    /// Titles and summaries with characters that nobody sees.
    ControlCharacters,
    /// Images without a text alternative.
    MissingAlt,
    /// Dates more than a year ahead.
    FarFuture,
    /// Corrections that are dated before the publication.
    UpdatedBeforePublished,
    /// Titles that readers cut.
    LongTitle,
    /// Links that are not absolute.
    RelativeLink,
    /// Files whose size is not said.
    NoLength,
}

impl Lint {
    /// Every lint, by its name.
    pub const NAMES: [(&str, Lint); 13] = [
        ("body-loss", Lint::BodyLoss),
        ("control-characters", Lint::ControlCharacters),
        ("far-future", Lint::FarFuture),
        ("gone-entry", Lint::GoneEntry),
        ("long-title", Lint::LongTitle),
        ("markup-in-text", Lint::MarkupInText),
        ("missing-alt", Lint::MissingAlt),
        ("no-length", Lint::NoLength),
        ("other-file", Lint::OtherFile),
        ("relative-link", Lint::RelativeLink),
        ("same-text", Lint::SameText),
        ("updated-before-published", Lint::UpdatedBeforePublished),
        ("wrong-language", Lint::WrongLanguage),
    ];
}

/// `[server]`.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub listen: SocketAddr,
    /// `max-age` of `Cache-Control`, in seconds.
    pub max_age: u64,
    /// `stale-while-revalidate` of `Cache-Control`, in seconds.
    pub stale_while_revalidate: u64,
    pub admin: Option<SocketAddr>,
    /// Names by which the admin address may be requested, in lower case.
    pub admin_hosts: Vec<String>,
    pub rate_limit: Option<RateLimit>,
    /// Networks whose `client_ip_header` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    pub client_ip_header: ClientIpHeader,
    pub max_connections: usize,
    /// Default: a tenth of the connections that there may be.
    pub max_connections_per_client: Option<usize>,
    pub access_log: AccessLog,
}

/// `[publish]`: object stores.
#[derive(Debug, Clone, Default)]
pub(crate) struct Publish {
    /// Where stores are asked, if not at Amazon's or Azure's own addresses.
    pub endpoint: Option<Url>,
    pub region: Option<String>,
    /// Where the manifest, the lease and pending notifications are; else beside the documents.
    pub state: Option<StoreAddress>,
    /// The caches that are purged after a publication.
    pub purge: Option<Purge>,
}

/// Limits the requests of one client.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RateLimit {
    /// Sustained requests per second.
    pub per_second: f64,
    /// Requests in a burst.
    pub burst: f64,
}

/// The header in which a trusted proxy names the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientIpHeader {
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
    XRealIp,
}

/// The format of the access log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccessLog {
    Off,
    /// The common log format.
    Common,
    Json,
}

impl Config {
    /// Reads a configuration: JSON if the name ends in `.json`, else TOML. Relative paths in it are relative to its folder.
    ///
    /// # Errors
    /// All its diagnostics.
    pub fn load(path: impl AsRef<Path>) -> Result<Config, Diagnostics> {
        let path = path.as_ref();
        let bytes = read_regular_file(path, MAX_CONFIG)?;
        let bytes = bytes.ok_or_else(|| {
            let diagnostic = Diagnostic::machine(path, "read the configuration", &ErrorKind::NotFound.into());
            diagnostic.help("name another with --config, or make a site with `tidings init`")
        })?;
        Config::read(path, &bytes)
    }

    /// Reads a configuration from its text: JSON if it begins with `{`, else TOML. Relative paths in it are relative to
    /// `folder`.
    ///
    /// # Errors
    /// All its diagnostics, as of a file `tidings.toml` or `tidings.json` in `folder`.
    pub fn parse(text: &str, folder: impl AsRef<Path>) -> Result<Config, Diagnostics> {
        let name = if text.trim_start().starts_with('{') { "tidings.json" } else { "tidings.toml" };
        Config::read(&folder.as_ref().join(name), text.as_bytes())
    }

    fn read(path: &Path, bytes: &[u8]) -> Result<Config, Diagnostics> {
        let (config, mut diagnostics) = validate::read(path, bytes);
        sort(&mut diagnostics);
        match config {
            Some(config) if !diagnostics.iter().any(Diagnostic::is_error) => {
                Ok(Config { warnings: diagnostics, ..config })
            }
            _ => Err(diagnostics.into()),
        }
    }

    /// Replaces the base URL, for a preview.
    ///
    /// # Errors
    /// The URL is invalid.
    pub fn with_base_url(mut self, url: &str) -> Result<Config, Diagnostic> {
        self.site.base_url = validate::base_url(url).map_err(|invalid| {
            let diagnostic = Diagnostic::usage(None, format!("the base URL `{url}` {}", invalid.why));
            Diagnostic { help: invalid.help, ..diagnostic }
        })?;
        self.is_preview = true;
        self.fingerprint = hash(self.fingerprint, url.as_bytes());
        Ok(self)
    }

    /// Publishes drafts, for a preview.
    pub fn with_drafts(mut self) -> Config {
        (self.drafts, self.is_preview) = (true, true);
        self.fingerprint = hash(self.fingerprint, b"drafts");
        self
    }

    /// Publishes drafts, scheduled and expired stories, for editors.
    pub(crate) fn with_preview(self, preview: Preview) -> Config {
        let fingerprint = hash(self.fingerprint, b"preview");
        Config { preview, fingerprint, ..self.with_drafts() }
    }

    /// A hash of the configuration, the theme and the revision of this program.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Whether a lint is not reported.
    pub(crate) fn allows(&self, lint: Lint) -> bool {
        self.allowed.contains(&lint)
    }

    /// The files and folders that were read beside the configuration.
    pub(crate) fn files(&self) -> &[PathBuf] {
        &self.site.theme.files
    }

    /// Resolves a path against the folder of the configuration.
    fn resolve_path(path: &Path, named: &str) -> PathBuf {
        path.parent().unwrap_or(Path::new("")).join(named)
    }

    /// The tag URI of an entry without a guid (RFC 4151).
    pub(crate) fn entry_tag_uri(&self, story: &str, language: LanguageIndex) -> String {
        entry_tag_uri(&self.site.authority, story, self.languages[usize::from(language)].language.as_str())
    }

    /// Finds a language by its tag, ignoring case.
    pub(crate) fn language(&self, tag: &str) -> Option<LanguageIndex> {
        let index = self.languages.iter().position(|edition| edition.language.as_str().eq_ignore_ascii_case(tag));
        index.map(|index| index as LanguageIndex)
    }

    /// What to do about a language that is not configured.
    pub(crate) fn unconfigured_help(&self, tag: &str) -> String {
        let configured = || self.languages.iter().map(|edition| &edition.language);
        // A tag that is no language's is a typing error.
        let language = Language::parse(tag).ok().filter(|language| language.name() != language.as_str());
        let Some(language) = language else {
            let known: Vec<&str> = configured().map(Language::as_str).collect();
            let of_name = self.languages.iter().find(|edition| edition.name.as_str().eq_ignore_ascii_case(tag));
            let of_name = of_name.map(|edition| format!("write its tag, `{}`", edition.language));
            return of_name
                .or_else(|| suggestion(tag, &known))
                .unwrap_or_else(|| "a tag is like `en` or `pt-BR`".to_owned());
        };
        match language.closest(configured()) {
            Some(close) => format!("did you mean `{close}`, which is configured?"),
            None => format!("add `[languages.{language}]` with a `title` to the configuration"),
        }
    }

    /// Finds a topic by its id.
    pub(crate) fn topic(&self, id: &str) -> Option<TopicIndex> {
        self.topics.iter().position(|topic| topic.id == id).map(|index| index as TopicIndex)
    }

    /// The configured home page of an edition; relative URLs are resolved against it.
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
