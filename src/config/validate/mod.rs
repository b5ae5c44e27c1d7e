//! Validation: a [`RawConfig`] becomes a [`Config`], or a list of diagnostics.

mod feeds;
mod imports;
mod languages;
mod publish;
mod server;
mod theme;

use std::path::Path;

use serde::Deserialize;
use url::Url;

use super::StoryPages;
use super::raw::{RawAuthor, RawConfig, RawSite};
use super::{Config, Edition, Lint, Preview, Site, hash};
use crate::diagnostics::{Diagnostic, suggestion};
use crate::model::{Person, Text, Timestamp, Zone, absolute, is_email};
use crate::source::{ParseError, SpannedDocument, Step, Syntax, decode, strip_control_characters, undecodable};

/// Parses and validates a configuration.
pub fn read(path: &Path, bytes: &[u8]) -> (Option<Config>, Vec<Diagnostic>) {
    let shown_path = path.display().to_string();
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => return (None, vec![undecodable(&shown_path, bytes, 0, error)]),
    };
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let syntax = if is_json { Syntax::Json } else { Syntax::Toml };
    let (text, mut errors) = strip_control_characters(text, syntax);
    let mut document = SpannedDocument::parse(&text, syntax);
    let is_parsed = document.errors.is_empty();
    document.prune_invalid(|node| RawConfig::deserialize(node).map(drop));
    let raw: RawConfig = document.value().unwrap_or_default();
    let mut validator = Validator { document: &document, path: &shown_path, text: &text, errors: Vec::new() };
    let fingerprint = hash(hash(0, text.as_bytes()), env!("TIDINGS_REVISION").as_bytes());
    let config = if is_parsed { validator.config(path, &raw, fingerprint) } else { None };
    errors.extend(validator.errors);
    errors.extend(document.errors);
    (config, errors.into_iter().map(|error| error.diagnostic(&shown_path, &text)).collect())
}

/// Why a value is invalid, completing "`key` …", and what to do about it.
#[derive(Debug)]
pub struct Invalid {
    pub why: String,
    pub help: Option<String>,
}

impl From<&str> for Invalid {
    fn from(why: &str) -> Invalid {
        why.to_owned().into()
    }
}

impl From<String> for Invalid {
    fn from(why: String) -> Invalid {
        Invalid { why, help: None }
    }
}

impl Invalid {
    fn with_help(why: &str, help: impl Into<String>) -> Invalid {
        Invalid { why: why.to_owned(), help: Some(help.into()) }
    }
}

/// Parses an absolute http or https URL.
fn http_url(written: &str) -> Result<Url, Invalid> {
    let written = written.trim();
    if let Some(rest) = without_scheme(written) {
        return Err(Invalid::with_help(
            "has no scheme, so it is not an absolute URL",
            format!("write `https://{rest}`"),
        ));
    }
    let url = Url::parse(written).map_err(|error| {
        let example = "write one such as `https://news.example.org/`";
        Invalid::with_help(&format!("is not an absolute URL ({error})"), example)
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Invalid::with_help("must be an http or https URL", "write one that begins with `https://`"));
    }
    Ok(url)
}

/// What follows the slashes of an address that lacks its scheme, such as `news.example.org:8080/feeds`.
fn without_scheme(written: &str) -> Option<&str> {
    let rest = written.strip_prefix("//").unwrap_or(written);
    let authority = rest.split('/').next().unwrap_or_default();
    let is_host = authority.starts_with(|c: char| c.is_alphanumeric() || c == '[');
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    // Otherwise what stands before the colon is a scheme.
    let has_port = authority.rsplit_once(':').is_none_or(|(_, port)| is_port(port) || port.contains(['@', ']']));
    (is_host && has_port).then_some(rest)
}

/// An http or https URL without a user and a password, which every reader of a feed would see.
fn public_url(written: &str) -> Result<Url, Invalid> {
    let url = http_url(written)?;
    if !url.username().is_empty() || url.password().is_some() {
        let help = "remove what stands before the `@`: feeds and pages name this address in public";
        return Err(Invalid::with_help("must not have a user or a password", help));
    }
    Ok(url)
}

/// Parses `base_url`, and adds the final slash if it is missing.
pub fn base_url(written: &str) -> Result<Url, Invalid> {
    if written.contains(['{', '}']) {
        let help = "write the address of the folder that holds the folders of all languages";
        return Err(Invalid::with_help("cannot have a placeholder: no `{` and no `}`", help));
    }
    let mut url = public_url(written)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Invalid::with_help("cannot have a query or a fragment", "remove what begins with `?` or `#`"));
    }
    let path = url.path().trim_end_matches('/');
    if let Some((folder, last)) = path.rsplit_once('/')
        && last.eq_ignore_ascii_case("index.html")
    {
        let mut parent = url.clone();
        parent.set_path(&format!("{folder}/"));
        return Err(Invalid::with_help("names a page, not a folder", format!("write `{parent}`")));
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Collects every error while values are validated.
struct Validator<'a> {
    document: &'a SpannedDocument,
    path: &'a str,
    text: &'a str,
    errors: Vec<ParseError>,
}

fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|key| Step::Key((*key).to_owned())).collect()
}

impl Validator<'_> {
    /// Whether the file has a key, even if its value was invalid and removed.
    fn is_written(&self, table: &[&str], key: &str) -> bool {
        self.document.has(&keys(table), key)
    }

    fn error(&mut self, path: &[&str], message: impl Into<String>) {
        self.error_at(&keys(path), message, None);
    }

    fn error_at(&mut self, path: &[Step], message: impl Into<String>, help: Option<String>) {
        let mut error = ParseError::new(self.document.span(path), message);
        error.help = help;
        self.errors.push(error);
    }

    fn warning(&mut self, path: &[&str], message: impl Into<String>, help: &str) {
        self.error_at(&keys(path), message, Some(help.to_owned()));
        if let Some(error) = self.errors.last_mut() {
            error.is_warning = true;
        }
    }

    fn config(&mut self, path: &Path, raw: &RawConfig, fingerprint: u64) -> Option<Config> {
        let languages = self.languages(raw);
        let topics = self.topics(raw, &languages);
        let feeds = self.feeds(raw);
        let allowed = self.allowed(raw);
        let server = self.server(raw);
        let publish = self.publish(raw);
        let redirects = self.redirects(raw);
        let imports = self.imports(path, raw, &languages, &topics);
        let Some(raw_site) = &raw.site else {
            if !self.is_written(&[], "site") {
                self.error(&[], "the table `[site]` is missing: it needs `base_url` and `authority`");
            }
            return None;
        };
        let site = self.site(path, raw_site, languages.first())?;
        let fingerprint = site.theme.fingerprint(fingerprint);
        Some(Config {
            site,
            languages,
            topics,
            feeds: feeds?,
            allowed,
            server: server?,
            publish: publish?,
            redirects,
            imports,
            drafts: false,
            preview: Preview::Off,
            is_preview: false,
            warnings: Vec::new(),
            fingerprint,
        })
    }

    fn site(&mut self, path: &Path, raw: &RawSite, default: Option<&Edition>) -> Option<Site> {
        let zone = match raw.timezone.as_deref() {
            None => Zone::named("UTC"),
            Some(name) => Zone::named(name).or_else(|| {
                let names: Vec<_> = Zone::names().collect();
                self.error_at(
                    &keys(&["site", "timezone"]),
                    format!("unknown time zone `{name}`"),
                    suggestion(name, &names),
                );
                None
            }),
        };
        let base_url = self.required(&["site", "base_url"], raw.base_url.as_deref(), base_url);
        let authority_zone = zone.clone().or(Zone::named("UTC"))?;
        let authority = self
            .required(&["site", "authority"], raw.authority.as_deref(), |text| Ok(authority(text, &authority_zone)?));
        if let Some(page) = &raw.home_page
            && let Err(Invalid { why, help }) = home_page(page)
        {
            self.error_at(&keys(&["site", "home_page"]), format!("`home_page` {why}"), help);
        }
        if raw.pages == Some(false) && raw.home_page.is_none() {
            self.error(&["site", "pages"], "`pages = false` needs `home_page`: a feed must say whose feed it is");
        }
        let policies = [("missing", StoryPages::Missing), ("all", StoryPages::All), ("none", StoryPages::None)];
        let story_pages = self.one_of(&["site", "story_pages"], raw.story_pages.as_deref(), &policies);
        if raw.pages == Some(false) && raw.story_pages.as_deref().is_some_and(|policy| policy != "none") {
            let help = "remove `story_pages`, or `pages = false`".to_owned();
            self.error_at(
                &keys(&["site", "story_pages"]),
                "with `pages = false` there are no pages of stories",
                Some(help),
            );
        }
        if cfg!(not(feature = "pages")) && (raw.pages != Some(false) || raw.templates.is_some()) {
            let key = if raw.pages == Some(false) { "templates" } else { "pages" };
            let message = "this configuration needs the feature `pages`, without which this program was built";
            let help = "set `pages = false` and a `home_page`, without `templates`; or use a program with the feature";
            self.error_at(&keys(&["site", key]), message, Some(help.to_owned()));
        }
        let authors = self.authors(raw);
        let base = base_url.clone().or_else(|| Url::parse("https://example.org/").ok())?;
        let output = self.output(path, raw);
        let icon = self.url(&base, "icon", raw.icon.as_deref());
        let logo = self.url(&base, "logo", raw.logo.as_deref());
        let title = raw.title.as_deref().and_then(Text::line).or_else(|| default.map(|edition| edition.title.clone()));
        let (authority, authority_date) = authority?;
        Some(Site {
            base_url: base_url?,
            authority,
            authority_date,
            title: title?,
            zone: zone?,
            stories: Config::resolve_path(path, raw.stories.as_deref().unwrap_or("stories")),
            follow_links: raw.follow_links.unwrap_or(false),
            output: output?,
            home_page: raw.home_page.clone(),
            authors,
            rights: raw.rights.as_deref().and_then(Text::block),
            icon,
            logo,
            pages: raw.pages.unwrap_or(true),
            story_pages: story_pages.filter(|_| raw.pages != Some(false)).unwrap_or(StoryPages::None),
            page_size: self.page_size(raw),
            theme: self.theme(path, raw),
        })
    }

    /// The lints of `[check] allow`.
    fn allowed(&mut self, raw: &RawConfig) -> Vec<Lint> {
        let mut allowed = Vec::new();
        for (index, name) in raw.check.allow.iter().enumerate() {
            match Lint::NAMES.iter().find(|(known, _)| known == name) {
                Some((_, lint)) => allowed.push(*lint),
                None => {
                    let path = [keys(&["check", "allow"]), vec![Step::Index(index)]].concat();
                    let help = suggestion(name, &Lint::NAMES.map(|(known, _)| known));
                    self.error_at(&path, format!("unknown lint `{name}`"), help);
                }
            }
        }
        allowed
    }

    /// Parses a required value; reports it if it is missing or invalid.
    fn required<T>(
        &mut self,
        path: &[&str],
        text: Option<&str>,
        read: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let key = path.last()?;
        match text.map(read) {
            Some(Ok(value)) => Some(value),
            Some(Err(Invalid { why, help })) => {
                self.error_at(&keys(path), format!("`{key}` {why}"), help);
                None
            }
            None => {
                let table = &path[..path.len() - 1];
                if !self.is_written(table, key) {
                    self.error(table, format!("`{key}` is missing"));
                }
                None
            }
        }
    }

    fn url(&mut self, base: &Url, key: &str, text: Option<&str>) -> Option<Url> {
        match absolute(base, text?) {
            Ok(url) => Some(url),
            Err(why) => {
                self.error(&["site", key], format!("`{key}` {why}"));
                None
            }
        }
    }

    fn authors(&mut self, raw: &RawSite) -> Vec<Person> {
        let mut authors = Vec::new();
        for (index, author) in raw.authors.iter().enumerate() {
            let path = [keys(&["site", "authors"]), vec![Step::Index(index)]].concat();
            match person(author) {
                Ok(person) => authors.push(person),
                Err(why) => self.error_at(&path, why, None),
            }
        }
        authors
    }

    /// One of several values; the first is the default.
    fn one_of<T: Copy>(&mut self, path: &[&str], text: Option<&str>, known: &[(&str, T)]) -> Option<T> {
        let Some(text) = text else { return known.first().map(|(_, value)| *value) };
        let value = known.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if value.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            let key = path.last().copied().unwrap_or_default();
            let listed = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            self.error_at(&keys(path), format!("`{key}` must be one of {listed}, not `{text}`"), None);
        }
        value
    }
}

/// Validates `home_page`, which must be a URL after `{language}` is replaced.
fn home_page(page: &str) -> Result<(), Invalid> {
    let replaced = page.replace("{language}", "en");
    if replaced.contains(['{', '}']) {
        return Err("has an unknown placeholder; `{language}` is the only one that is replaced".into());
    }
    // The help of a missing scheme shows the placeholder.
    let in_words = |invalid: Invalid| match invalid.help {
        Some(_) if !page.contains("://") => {
            Invalid { help: Some(format!("write `https://{}`", page.trim().trim_start_matches('/'))), ..invalid }
        }
        _ => invalid,
    };
    public_url(&replaced).map(drop).map_err(in_words)
}

/// `name,date` of RFC 4151 §2.1, with the first instant of its date.
fn authority(text: &str, zone: &Zone) -> Result<(String, Timestamp), String> {
    let expected = "must be a domain or an email address, a comma, and a date on which it was yours, such as `news.example.org,2014`";
    let (name, date) = text.split_once(',').ok_or(expected)?;
    let is_domain = |domain: &str| {
        let label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        domain.split('.').all(label)
    };
    let is_local = |local: &str| {
        !local.is_empty() && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    let is_name = match name.split_once('@') {
        Some((local, domain)) => is_local(local) && is_domain(domain),
        None => is_domain(name),
    };
    let date = match date.len() {
        4 => format!("{date}-01-01"),
        7 => format!("{date}-01"),
        10 => date.to_owned(),
        _ => return Err(expected.to_owned()),
    };
    let instant = zone.read(&date).map_err(|why| format!("has a date that {why}"))?;
    if is_name { Ok((text.to_owned(), instant)) } else { Err(expected.to_owned()) }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn person(raw: &RawAuthor) -> Result<Person, String> {
    let name = raw.name.as_deref().and_then(Text::line).ok_or("an author needs a `name`")?;
    let url = match &raw.url {
        Some(url) => Some(
            Url::parse(url).ok().filter(is_http).ok_or("`url` of an author is not an absolute http or https URL")?,
        ),
        None => None,
    };
    if raw.email.as_deref().is_some_and(|email| !is_email(email.trim())) {
        return Err("`email` of an author is not an email address".to_owned());
    }
    Ok(Person { name, url, email: raw.email.as_deref().and_then(Text::line) })
}

#[cfg(all(test, feature = "pages"))]
mod tests {
    use super::*;

    fn diagnostics(text: &str) -> Vec<String> {
        let (_, diagnostics) = read(Path::new("tidings.toml"), text.as_bytes());
        diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect()
    }

    const SITE: &str = "[site]\nbase_url = 'https://example.org/feeds'\nauthority = 'example.org,2014'\n";

    #[test]
    fn defaults_complete_a_minimal_configuration() {
        let (config, diagnostics) =
            read(Path::new("a/tidings.toml"), format!("{SITE}[languages.PT-br]\ntitle = 'Notícias'").as_bytes());
        let config = config.unwrap();
        assert!(diagnostics.is_empty(), "{diagnostics:?}");
        assert_eq!(config.site.base_url.as_str(), "https://example.org/feeds/");
        assert_eq!(config.languages[0].language.as_str(), "pt-BR");
        assert_eq!(config.site.title.as_str(), "Notícias");
        assert_eq!(config.site.stories, Path::new("a/stories"));
        assert_eq!(config.feeds.formats.len(), 3);
    }

    #[test]
    fn every_error_is_reported() {
        let diagnostics = diagnostics(
            "[site]\nbase_url = '/feeds'\nauthority = 'example.org'\ntimezone = 'Europe/Viena'\n[languages.en_US]\n[languages.fr]\ntitle = 'F'\nfallback = ['fr', 'de']\n\
             [topics.2014]\n[topics.a]\ntitle = { en = 'x' }\n[feeds]\nlimit = 0\nformats = ['atm']\ncontent = 'all'\n[server]\nlisten = 'x'\n",
        );
        assert_eq!(diagnostics.len(), 12, "{diagnostics:#?}");
    }

    #[test]
    fn addresses_are_public_and_complete() {
        let read = |written: &str| {
            let text =
                format!("[site]\nbase_url = {written:?}\nauthority = 'a.example,2014'\n[languages.en]\ntitle = 'E'\n");
            let (_, diagnostics) = read(Path::new("tidings.toml"), text.as_bytes());
            diagnostics.into_iter().map(|one| format!("{}; {}", one.message, one.help.unwrap_or_default())).next()
        };
        for (written, expected) in [
            ("https://user:pass@news.example.org/", "must not have a user or a password"),
            ("https://token@news.example.org/", "must not have a user or a password"),
            ("https://:pass@news.example.org/", "must not have a user or a password"),
            ("https://news.example.org/{language}/", "placeholder"),
            ("https://news.example.org/a}", "placeholder"),
            ("https://news.example.org/feeds/index.html", "write `https://news.example.org/feeds/`"),
            ("https://news.example.org/INDEX.html/", "write `https://news.example.org/`"),
            ("news.example.org/feeds/", "write `https://news.example.org/feeds/`"),
            ("news.example.org:8080/feeds/", "write `https://news.example.org:8080/feeds/`"),
            ("//news.example.org/feeds/", "write `https://news.example.org/feeds/`"),
            ("localhost", "write `https://localhost`"),
            ("/feeds/", "not an absolute URL"),
            ("ftp://news.example.org/", "must be an http or https URL"),
            ("https://news.example.org/?a", "query"),
            ("https://news.example.org/#a", "fragment"),
        ] {
            let found = read(written).unwrap_or_default();
            assert!(found.contains(expected), "{written}: {found}");
        }
        for written in ["https://news.example.org", "http://localhost:8080/index.html.d/", "https://a.example/é b/@x"]
        {
            assert_eq!(read(written), None, "{written}");
        }
    }

    #[test]
    fn home_pages_and_hubs_are_public_and_complete() {
        let found = |more: &str| diagnostics(&format!("{SITE}{more}"));
        let page = |page: &str| format!("home_page = {page:?}\n[languages.en]\ntitle = 'E'\n");
        assert!(found(&page("https://u:p@e.example/{language}/"))[0].contains("must not have a user"));
        assert!(found(&page("e.example/{language}/"))[0].contains("has no scheme"));
        assert!(found(&page("https://e.example/{lang}/"))[0].contains("unknown placeholder"));
        assert_eq!(found(&page("https://e.example/{language}/#a")), [""; 0]);
        let hub = |hub: &str| format!("[languages.en]\ntitle = 'E'\n[feeds]\nhub = {hub:?}\n");
        assert!(found(&hub("https://hub.example/#a"))[0].contains("fragment"));
        assert!(found(&hub("hub.example/"))[0].contains("has no scheme"));
        assert!(found(&hub("ftp://hub.example/"))[0].contains("http"));
        assert_eq!(found(&hub("https://hub.example/?a=b")), [""; 0]);
        let text = format!("{SITE}{}", hub("https://u:p@hub.example/"));
        let (config, warnings) = read(Path::new("tidings.toml"), text.as_bytes());
        assert!(config.unwrap().feeds.hub.is_some());
        assert!(warnings.len() == 1 && !warnings[0].is_error() && !format!("{}", warnings[0]).contains("u:p"));
    }

    #[test]
    fn authorities_follow_rfc_4151() {
        let zone = Zone::named("UTC").unwrap();
        for good in ["example.org,2014", "a@example.org,2014-05", "x.example,2014-05-06"] {
            assert!(authority(good, &zone).is_ok(), "{good}");
        }
        for bad in ["example.org", "example.org,14", "exa mple.org,2014", ",2014", "example.org,2014-13", "a/b,2014"] {
            assert!(authority(bad, &zone).is_err(), "{bad}");
        }
    }
}
