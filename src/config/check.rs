//! From what was typed to what is usable, with every diagnostic on the way.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

use ipnet::IpNet;
use serde::Deserialize;
use url::Url;

use super::raw::{RawAuthor, RawConfig, RawSite, RawTopic};
use super::redirect::{self, Redirect, Target};
use super::theme::{self, Theme};
use super::{AccessLog, Archives, Config, Edition, Feeds, RateLimit, Server, Site, Topic, hash};
use crate::diagnostics::{Diagnostic, Location, suggestion};
use crate::model::{Format, Language, Person, Text, Timestamp, Zone, absolute, is_email};
use crate::source::{ParseError, SpannedDocument, Step, Syntax, decode, strip_control_characters, undecodable};

/// Names that a topic cannot have because paths use them.
const RESERVED: [&str; 4] = ["all", "index", "feeds", "mul"];

/// Reads a configuration as far as it can be read.
pub fn read(path: &Path, bytes: &[u8]) -> (Option<Config>, Vec<Diagnostic>) {
    let shown = path.display().to_string();
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(wrong) => return (None, vec![undecodable(&shown, bytes, 0, wrong)]),
    };
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let syntax = if is_json { Syntax::Json } else { Syntax::Toml };
    let (text, mut errors) = strip_control_characters(text, syntax);
    let mut document = SpannedDocument::parse(&text, syntax);
    let is_sound = document.errors.is_empty();
    document.prune_invalid(|node| RawConfig::deserialize(node).map(drop));
    let raw: RawConfig = document.value().unwrap_or_default();
    let mut check = Check { document: &document, shown: &shown, text: &text, errors: Vec::new() };
    let fingerprint = hash(hash(0, text.as_bytes()), env!("TIDINGS_REVISION").as_bytes());
    let config = if is_sound { check.config(path, &raw, fingerprint) } else { None };
    errors.extend(check.errors);
    errors.extend(document.errors);
    (config, errors.into_iter().map(|fault| fault.diagnostic(&shown, &text)).collect())
}

/// Reads `base_url`, which ends in a slash whether or not it was written with one.
pub fn base_url(written: &str) -> Result<Url, String> {
    let mut url = Url::parse(written).map_err(|error| format!("is not an absolute URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must be an http or https URL".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("cannot have a query or a fragment".to_owned());
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Ok(url)
}

/// Every diagnostic that is found, by the path of keys to it.
struct Check<'a> {
    document: &'a SpannedDocument,
    shown: &'a str,
    text: &'a str,
    errors: Vec<ParseError>,
}

fn keys(path: &[&str]) -> Vec<Step> {
    path.iter().map(|key| Step::Key((*key).to_owned())).collect()
}

impl Check<'_> {
    /// Whether something stands at a key, whatever became of it.
    fn is_written(&self, table: &[&str], key: &str) -> bool {
        self.document.has(&keys(table), key)
    }

    fn wrong(&mut self, path: &[&str], message: impl Into<String>) {
        self.fault(&keys(path), message, None);
    }

    fn fault(&mut self, path: &[Step], message: impl Into<String>, help: Option<String>) {
        let mut fault = ParseError::new(self.document.span(path), message);
        fault.help = help;
        self.errors.push(fault);
    }

    fn config(&mut self, path: &Path, raw: &RawConfig, fingerprint: u64) -> Option<Config> {
        let languages = self.languages(raw);
        let topics = self.topics(raw, &languages);
        let feeds = self.feeds(raw);
        let server = self.server(raw);
        let redirects = self.redirects(raw);
        let Some(raw_site) = &raw.site else {
            if !self.is_written(&[], "site") {
                self.wrong(&[], "the table `[site]` is missing: it needs `base_url` and `authority`");
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
            server: server?,
            redirects,
            drafts: false,
            warnings: Vec::new(),
            fingerprint,
        })
    }

    fn site(&mut self, path: &Path, raw: &RawSite, default: Option<&Edition>) -> Option<Site> {
        let zone = match raw.timezone.as_deref() {
            None => Zone::named("UTC"),
            Some(name) => Zone::named(name).or_else(|| {
                let names: Vec<_> = Zone::names().collect();
                self.fault(
                    &keys(&["site", "timezone"]),
                    format!("unknown time zone `{name}`"),
                    suggestion(name, &names),
                );
                None
            }),
        };
        let base_url = self.required(&["site", "base_url"], raw.base_url.as_deref(), base_url);
        let authority_zone = zone.or(Zone::named("UTC"))?;
        let authority =
            self.required(&["site", "authority"], raw.authority.as_deref(), |text| authority(text, authority_zone));
        if let Some(page) = &raw.home_page
            && let Err(why) = base_url_of_page(page)
        {
            self.wrong(&["site", "home_page"], format!("`home_page` {why}"));
        }
        if raw.pages == Some(false) && raw.home_page.is_none() {
            self.wrong(&["site", "pages"], "`pages = false` needs `home_page`: a feed must say whose feed it is");
        }
        let authors = self.authors(raw);
        let base = base_url.clone().or_else(|| Url::parse("https://example.org/").ok())?;
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
            stories: Config::beside(path, raw.stories.as_deref().unwrap_or("stories")),
            output: Config::beside(path, raw.output.as_deref().unwrap_or("public")),
            home_page: raw.home_page.clone(),
            authors,
            rights: raw.rights.as_deref().and_then(Text::block),
            icon,
            logo,
            pages: raw.pages.unwrap_or(true),
            theme: self.theme(path, raw),
        })
    }

    /// Reads the site's own templates and stylesheet.
    fn theme(&mut self, path: &Path, raw: &RawSite) -> Theme {
        let mut theme = Theme::default();
        let named = [("templates", &raw.templates), ("style", &raw.style)];
        for (key, named) in named.into_iter().filter_map(|(key, named)| Some((key, named.as_ref()?))) {
            let named = Config::beside(path, named);
            let read =
                if key == "style" { theme::style(&mut theme, &named) } else { theme::templates(&mut theme, &named) };
            if let Err(why) = read {
                self.wrong(&["site", key], format!("`{key}`: {why}"));
            }
        }
        theme
    }

    /// A value that must be there and must be readable.
    fn required<T>(
        &mut self,
        path: &[&str],
        text: Option<&str>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let key = path.last()?;
        match text.map(read) {
            Some(Ok(value)) => Some(value),
            Some(Err(why)) => {
                self.wrong(path, format!("`{key}` {why}"));
                None
            }
            None => {
                let table = &path[..path.len() - 1];
                if !self.is_written(table, key) {
                    self.wrong(table, format!("`{key}` is missing"));
                }
                None
            }
        }
    }

    fn url(&mut self, base: &Url, key: &str, text: Option<&str>) -> Option<Url> {
        match absolute(base, text?) {
            Ok(url) => Some(url),
            Err(why) => {
                self.wrong(&["site", key], format!("`{key}` {why}"));
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
                Err(why) => self.fault(&path, why, None),
            }
        }
        authors
    }

    fn languages(&mut self, raw: &RawConfig) -> Vec<Edition> {
        if raw.languages.0.is_empty() && (self.document.errors.is_empty() || !self.is_written(&[], "languages")) {
            self.wrong(&[], "at least one language is needed, such as `[languages.en]` with a `title`");
        }
        if raw.languages.0.len() >= usize::from(u16::MAX) || raw.topics.0.len() >= usize::from(u16::MAX) {
            self.wrong(&[], "there are too many languages or topics");
            return Vec::new();
        }
        let mut editions: Vec<Edition> = Vec::new();
        for (tag, language) in &raw.languages.0 {
            let path = ["languages", tag.as_str()];
            let parsed = match Language::parse(tag) {
                Ok(parsed) => parsed,
                Err(why) => {
                    self.wrong(&path, why);
                    continue;
                }
            };
            if editions.iter().any(|edition| edition.language == parsed) {
                self.wrong(&path, format!("the language `{parsed}` is configured twice"));
                continue;
            }
            let title = language.title.as_deref().and_then(Text::line);
            if title.is_none() && (language.title.is_some() || !self.is_written(&path, "title")) {
                self.wrong(&path, format!("the language `{parsed}` has no `title`"));
            }
            let unnamed = || Text::line(parsed.as_str());
            let name = language.name.as_deref().and_then(Text::line).or_else(|| Text::line(parsed.own_name()));
            let (Some(title), Some(name)) = (title.or_else(unnamed), name) else { continue };
            editions.push(Edition {
                title,
                description: language.description.as_deref().and_then(Text::block),
                name,
                fallback: Vec::new(),
                language: parsed,
            });
        }
        part_equal_names(&mut editions);
        let tags: Vec<String> = editions.iter().map(|edition| edition.language.to_string()).collect();
        for (tag, language) in &raw.languages.0 {
            let Some(own) = position(&tags, tag) else { continue };
            let mut fallback = Vec::new();
            for (index, other) in language.fallback.iter().enumerate() {
                match position(&tags, other) {
                    Some(other) if other == own => self.fault(
                        &[keys(&["languages", tag, "fallback"]), vec![Step::Index(index)]].concat(),
                        format!("`{tag}` cannot fall back to itself"),
                        None,
                    ),
                    Some(other) if !fallback.contains(&(other as u16)) => fallback.push(other as u16),
                    Some(_) => {}
                    None => self.unconfigured(
                        &[keys(&["languages", tag, "fallback"]), vec![Step::Index(index)]].concat(),
                        other,
                        &tags,
                    ),
                }
            }
            editions[own].fallback = fallback;
        }
        editions
    }

    fn unconfigured(&mut self, path: &[Step], tag: &str, tags: &[String]) {
        let known: Vec<&str> = tags.iter().map(String::as_str).collect();
        self.fault(path, format!("the language `{tag}` is not configured"), suggestion(tag, &known));
    }

    fn topics(&mut self, raw: &RawConfig, languages: &[Edition]) -> Vec<Topic> {
        let tags: Vec<String> = languages.iter().map(|edition| edition.language.to_string()).collect();
        let mut topics = Vec::new();
        for (id, topic) in &raw.topics.0 {
            if let Err(why) = topic_id(id) {
                self.wrong(&["topics", id], format!("the topic id `{id}` {why}"));
                continue;
            }
            let Some(title) = self.in_languages(id, "title", topic, &tags) else { continue };
            let Some(description) = self.in_languages(id, "description", topic, &tags) else { continue };
            let Some(fallback) = title.first().cloned().flatten().or_else(|| Text::line(id)) else { continue };
            topics.push(Topic {
                id: id.clone(),
                title_languages: title
                    .iter()
                    .enumerate()
                    .map(|(index, own)| own.as_ref().map(|_| index as u16).or(title[0].as_ref().map(|_| 0)))
                    .collect(),
                titles: title.into_iter().map(|title| title.unwrap_or_else(|| fallback.clone())).collect(),
                descriptions: description,
                words: topic.words.clone(),
            });
        }
        topics
    }

    /// A text of a topic by language.
    fn in_languages(&mut self, id: &str, key: &str, topic: &RawTopic, tags: &[String]) -> Option<Vec<Option<Text>>> {
        let texts: &BTreeMap<String, String> = if key == "title" { &topic.title } else { &topic.description };
        let mut out = vec![None; tags.len()];
        for (tag, text) in texts {
            match position(tags, tag) {
                Some(index) => out[index] = if key == "title" { Text::line(text) } else { Text::block(text) },
                None => self.unconfigured(&keys(&["topics", id, key, tag]), tag, tags),
            }
        }
        Some(out)
    }

    fn feeds(&mut self, raw: &RawConfig) -> Option<Feeds> {
        const FORMATS: [(&str, Format); 3] = [("atom", Format::Atom), ("rss", Format::Rss), ("json", Format::Json)];
        let feeds = &raw.feeds;
        let mut formats = Vec::new();
        for (index, name) in feeds.formats.iter().flatten().enumerate() {
            match FORMATS.iter().find(|(known, _)| known == name) {
                Some((_, format)) if !formats.contains(format) => formats.push(*format),
                Some(_) => {}
                None => {
                    let path = [keys(&["feeds", "formats"]), vec![Step::Index(index)]].concat();
                    self.fault(&path, format!("unknown format `{name}`"), suggestion(name, &["atom", "rss", "json"]));
                }
            }
        }
        if feeds.formats.is_none() {
            formats = FORMATS.map(|(_, format)| format).to_vec();
        } else if feeds.formats.as_ref().is_some_and(Vec::is_empty) {
            self.wrong(&["feeds", "formats"], "`formats` needs at least one of `atom`, `rss` and `json`");
        }
        let limit = feeds.limit.unwrap_or(50);
        if !(1..=1000).contains(&limit) {
            self.wrong(&["feeds", "limit"], format!("`limit` must be from 1 to 1000, not {limit}"));
        }
        let content =
            self.one_of(&["feeds", "content"], feeds.content.as_deref(), &[("full", true), ("summary", false)]);
        let cuts = [("off", Archives::Off), ("year", Archives::Year), ("month", Archives::Month)];
        let archives = self.one_of(&["feeds", "archives"], feeds.archives.as_deref(), &cuts);
        let hub = feeds.hub.as_deref().and_then(|hub| match Url::parse(hub).ok().filter(|url| url.has_host()) {
            Some(url) if matches!(url.scheme(), "http" | "https") => Some(url),
            _ => {
                self.wrong(&["feeds", "hub"], "`hub` must be an absolute http or https URL");
                None
            }
        });
        Some(Feeds { formats, limit: usize::try_from(limit).ok()?, full_content: content?, archives: archives?, hub })
    }

    /// One of several words; the first is the default.
    fn one_of<T: Copy>(&mut self, path: &[&str], text: Option<&str>, known: &[(&str, T)]) -> Option<T> {
        let Some(text) = text else { return known.first().map(|(_, value)| *value) };
        let found = known.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let key = path.last().copied().unwrap_or_default();
            let listed = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
            self.fault(&keys(path), format!("`{key}` must be one of {listed}, not `{text}`"), None);
        }
        found
    }

    fn server(&mut self, raw: &RawConfig) -> Option<Server> {
        let server = &raw.server;
        let access_log = self.one_of(
            &["server", "access_log"],
            server.access_log.as_deref(),
            &[("off", AccessLog::Off), ("common", AccessLog::Common), ("json", AccessLog::Json)],
        );
        let listen = self.socket("listen", server.listen.as_deref().unwrap_or("127.0.0.1:8080"));
        let admin = server.admin.as_deref().map(|text| self.socket("admin", text));
        if server.max_connections == Some(0) {
            self.wrong(&["server", "max_connections"], "`max_connections` must be at least 1");
        }
        Some(Server {
            listen: listen?,
            max_age: server.max_age.unwrap_or(300),
            stale_while_revalidate: server.stale_while_revalidate.unwrap_or(3600),
            admin: match admin {
                Some(admin) => Some(admin?),
                None => None,
            },
            rate_limit: self.rate_limit(raw),
            trusted_proxies: self.trusted_proxies(raw),
            max_connections: server.max_connections.map_or(10_000, |most| usize::try_from(most).unwrap_or(usize::MAX)),
            access_log: access_log.unwrap_or(AccessLog::Off),
        })
    }

    fn socket(&mut self, key: &str, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            self.wrong(&["server", key], format!("`{key}` must be an address and a port such as `127.0.0.1:8080`"));
        }
        address
    }

    fn rate_limit(&mut self, raw: &RawConfig) -> Option<RateLimit> {
        let limit = raw.server.rate_limit.as_ref()?;
        let place = ["server", "rate_limit"];
        let Some(per_second) = limit.per_second else {
            self.wrong(&place, "`rate_limit` needs `per_second`");
            return None;
        };
        let burst = limit.burst.unwrap_or(per_second.saturating_mul(10));
        if per_second == 0 || burst == 0 {
            self.wrong(&place, "`per_second` and `burst` must be at least 1");
            return None;
        }
        Some(RateLimit { per_second: per_second as f64, burst: burst as f64 })
    }

    /// Networks, or addresses that stand for themselves.
    fn trusted_proxies(&mut self, raw: &RawConfig) -> Vec<IpNet> {
        let mut out = Vec::new();
        for (index, text) in raw.server.trusted_proxies.iter().enumerate() {
            match text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) {
                Some(network) => out.push(network),
                None => {
                    let mut place = keys(&["server", "trusted_proxies"]);
                    place.push(Step::Index(index));
                    self.fault(
                        &place,
                        format!("`{text}` is no address with a prefix length such as `10.0.0.0/8`"),
                        None,
                    );
                }
            }
        }
        out
    }

    fn redirects(&mut self, raw: &RawConfig) -> Vec<Redirect> {
        let mut out = Vec::new();
        for (from, to) in &raw.redirects {
            let steps = keys(&["redirects", from]);
            let location = Location::in_text(self.shown, self.text, self.document.span(&steps));
            let url = Url::parse(to).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let target = match url {
                Some(url) => Ok(Target::Url(url)),
                None => redirect::path(to).map(|()| Target::Path(to.clone())),
            };
            let is_redirected =
                |path: &str| raw.redirects.keys().any(|old| old.trim_end_matches('/') == path.trim_end_matches('/'));
            match (redirect::path(from), target) {
                (Err(why), _) => self.fault(&steps, format!("the old path {why}"), None),
                (_, Err(why)) => self.fault(&steps, format!("the new path {why}"), None),
                (Ok(()), Ok(_)) if from.is_empty() => self.fault(&steps, "the old path is empty", None),
                (Ok(()), Ok(Target::Path(to))) if is_redirected(&to) => {
                    self.fault(&steps, format!("`{to}` is redirected itself"), Some("name where it leads".to_owned()));
                }
                (Ok(()), Ok(to)) => out.push(Redirect { from: from.clone(), to, location }),
            }
        }
        out
    }
}

/// Adds the tag to the names of languages that would be named alike, such as `zh-Hans` and `zh-Hant`.
fn part_equal_names(editions: &mut [Edition]) {
    let names: Vec<Text> = editions.iter().map(|edition| edition.name.clone()).collect();
    for edition in editions {
        if names.iter().filter(|name| **name == edition.name).count() > 1
            && let Some(name) = Text::line(&format!("{} ({})", edition.name, edition.language))
        {
            edition.name = name;
        }
    }
}

fn position(tags: &[String], tag: &str) -> Option<usize> {
    tags.iter().position(|known| known.eq_ignore_ascii_case(tag))
}

/// A home page with `{language}` in it is a URL once that is replaced.
fn base_url_of_page(page: &str) -> Result<(), String> {
    let page = page.replace("{language}", "en");
    if page.contains(['{', '}']) {
        return Err("has an unknown placeholder; `{language}` is the only one that is replaced".to_owned());
    }
    let url = Url::parse(&page).map_err(|error| format!("is not an absolute URL ({error})"))?;
    if matches!(url.scheme(), "http" | "https") { Ok(()) } else { Err("must be an http or https URL".to_owned()) }
}

/// `name,date` of RFC 4151 §2.1, with the first instant of its date.
fn authority(text: &str, zone: Zone) -> Result<(String, Timestamp), String> {
    let wrong = "must be a domain or an email address, a comma, and a date on which it was yours, such as `news.example.org,2014`";
    let (name, date) = text.split_once(',').ok_or(wrong)?;
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
    let full = match date.len() {
        4 => format!("{date}-01-01"),
        7 => format!("{date}-01"),
        10 => date.to_owned(),
        _ => return Err(wrong.to_owned()),
    };
    let instant = zone.read(&full).map_err(|why| format!("has a date that {why}"))?;
    if is_name { Ok((text.to_owned(), instant)) } else { Err(wrong.to_owned()) }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.has_host()
}

fn person(raw: &RawAuthor) -> Result<Person, String> {
    let name = raw.name.as_deref().and_then(Text::line).ok_or("an author needs a `name`")?;
    let url = match &raw.url {
        Some(url) => {
            Some(Url::parse(url).ok().filter(is_web).ok_or("`url` of an author is not an absolute http or https URL")?)
        }
        None => None,
    };
    if raw.email.as_deref().is_some_and(|email| !is_email(email.trim())) {
        return Err("`email` of an author is not an email address".to_owned());
    }
    Ok(Person { name, url, email: raw.email.as_deref().and_then(Text::line) })
}

/// `[a-z0-9][a-z0-9-]*`, short, and no word that paths use otherwise.
fn topic_id(id: &str) -> Result<(), &'static str> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || !id.bytes().all(allowed) || id.starts_with('-') {
        return Err("must be made of `a` to `z`, `0` to `9` and `-`, and not begin with `-`");
    }
    if id.len() > 64 {
        return Err("is longer than 64 characters");
    }
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_period =
        digits(id, 4) || id.split_once('-').is_some_and(|(year, month)| digits(year, 4) && digits(month, 2));
    if RESERVED.contains(&id) || is_period {
        return Err("is reserved: paths use it for something else");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostics(text: &str) -> Vec<String> {
        let (_, diagnostics) = read(Path::new("tidings.toml"), text.as_bytes());
        diagnostics.into_iter().map(|diagnostic| diagnostic.message).collect()
    }

    const SITE: &str = "[site]\nbase_url = 'https://example.org/feeds'\nauthority = 'example.org,2014'\n";

    #[test]
    fn a_small_configuration_is_enough() {
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
    fn every_error_is_named() {
        let found = diagnostics(
            "[site]\nbase_url = '/feeds'\nauthority = 'example.org'\ntimezone = 'Europe/Viena'\n[languages.en_US]\n[languages.fr]\ntitle = 'F'\nfallback = ['fr', 'de']\n\
             [topics.2014]\n[topics.a]\ntitle = { en = 'x' }\n[feeds]\nlimit = 0\nformats = ['atm']\ncontent = 'all'\n[server]\nlisten = 'x'\n",
        );
        assert_eq!(found.len(), 12, "{found:#?}");
    }

    #[test]
    fn authorities_are_those_of_rfc_4151() {
        let zone = Zone::named("UTC").unwrap();
        for good in ["example.org,2014", "a@example.org,2014-05", "x.example,2014-05-06"] {
            assert!(authority(good, zone).is_ok(), "{good}");
        }
        for bad in ["example.org", "example.org,14", "exa mple.org,2014", ",2014", "example.org,2014-13", "a/b,2014"] {
            assert!(authority(bad, zone).is_err(), "{bad}");
        }
    }

    #[test]
    fn topic_ids_leave_paths_free() {
        for good in ["blue-heart", "2014-report", "x", "201"] {
            assert!(topic_id(good).is_ok(), "{good}");
        }
        for bad in ["all", "mul", "feeds", "index", "2014", "2014-11", "A", "-a", "", "a/b", "é"] {
            assert!(topic_id(bad).is_err(), "{bad}");
        }
    }
}
