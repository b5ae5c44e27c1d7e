//! The key of a document from its path: the inverse of [`DocumentKey::path`], for whoever has a publication without its store.

use super::key::{DocumentKey, FeedKey, PageKind, Period, SitemapPart, StoryKind, Style};
use crate::catalog::EntryId;
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::model::Format;

impl DocumentKey {
    /// The key of the document at a path; `None` if it belongs to no language, topic or redirect of the configuration.
    /// `story` says which entry the page of a story is of, given the story's id and the language.
    pub fn of_path(
        path: &str,
        config: &Config,
        story: impl FnOnce(&str, &str) -> (EntryId, StoryKind),
    ) -> Option<DocumentKey> {
        let root = match path {
            "index.html" => Some(DocumentKey::Home),
            "feeds.opml" => Some(DocumentKey::Opml(None)),
            "404.html" => Some(DocumentKey::NotFound(None)),
            "sitemap.xml" => Some(DocumentKey::Sitemap),
            "robots.txt" => Some(DocumentKey::Robots),
            "_redirects" => Some(DocumentKey::Redirects),
            _ => None,
        };
        root.or_else(|| match path.split_once('/')? {
            ("assets", name) => style(name, config),
            ("sitemap", name) => sitemap_part(name, config),
            ("mul", rest) => feed(None, rest, config),
            (tag, rest) => of_language(language(tag, config)?, tag, rest, config, story),
        })
        .or_else(|| redirect_page(path, config))
    }
}

/// The document at a path below the folder of a language.
fn of_language(
    language: LanguageIndex,
    tag: &str,
    rest: &str,
    config: &Config,
    story: impl FnOnce(&str, &str) -> (EntryId, StoryKind),
) -> Option<DocumentKey> {
    match rest {
        "feeds.opml" => return Some(DocumentKey::Opml(Some(language))),
        "404.html" => return Some(DocumentKey::NotFound(Some(language))),
        "subscribe/index.html" => return Some(DocumentKey::Subscribe(language)),
        _ => {}
    }
    if let Some(id) = rest.strip_prefix("stories/") {
        let (entry, kind) = story(id.strip_suffix("/index.html")?, tag);
        return Some(DocumentKey::Story { entry, language, kind });
    }
    feed(Some(language), rest, config).or_else(|| page(language, rest, config))
}

/// `{scope}.{extension}` or `{scope}/{period}.{extension}`.
fn feed(language: Option<LanguageIndex>, rest: &str, config: &Config) -> Option<DocumentKey> {
    let formats = [Format::Atom, Format::Rss, Format::Json].into_iter();
    let mut formats = formats.filter_map(|format| Some((format, rest.strip_suffix(format.extension())?)));
    let (format, name) = formats.next()?;
    let name = name.strip_suffix('.')?;
    let (scope, period) = match name.split_once('/') {
        Some((scope, written)) => (scope, Some(period(written)?)),
        None => (name, None),
    };
    let topic = if scope == "all" { None } else { Some(topic(scope, config)?) };
    Some(DocumentKey::Feed { feed: FeedKey { language, topic }, period, format })
}

/// `[{topic}/][{period}/[{part}/]]index.html`.
fn page(language: LanguageIndex, rest: &str, config: &Config) -> Option<DocumentKey> {
    let mut parts: Vec<&str> = rest.strip_suffix("index.html")?.split_terminator('/').collect();
    let topic = parts.first().and_then(|id| topic(id, config));
    if topic.is_some() {
        parts.remove(0);
    }
    let kind = match parts[..] {
        [] => PageKind::Newest,
        [written] => PageKind::Period { period: period(written)?, part: 0 },
        [written, part] => PageKind::Period { period: period(written)?, part: part.parse().ok()? },
        _ => return None,
    };
    Some(DocumentKey::Page { feed: FeedKey { language: Some(language), topic }, kind })
}

fn style(name: &str, config: &Config) -> Option<DocumentKey> {
    if name == "style.css" {
        return Some(DocumentKey::Style(Style::Pages));
    }
    let tag = name.strip_prefix("feed-")?.strip_suffix(".css")?;
    Some(DocumentKey::Style(Style::Feeds(language(tag, config)?)))
}

/// `{language}-{period}.xml`, and for a month with several parts `{language}-{period}-{number}.xml`.
fn sitemap_part(name: &str, config: &Config) -> Option<DocumentKey> {
    let name = name.strip_suffix(".xml")?;
    let mut parts = config.languages.iter().enumerate().filter_map(|(index, edition)| {
        let rest = name.strip_prefix(edition.language.as_str())?.strip_prefix('-')?;
        let (period, number) = match period(rest) {
            Some(period) => (period, 0),
            None => {
                let (written, number) = rest.rsplit_once('-')?;
                (period(written)?, number.parse().ok()?)
            }
        };
        Some(DocumentKey::SitemapPart(SitemapPart { language: index as LanguageIndex, period, number }))
    });
    parts.next()
}

fn redirect_page(path: &str, config: &Config) -> Option<DocumentKey> {
    let index = config.redirects.iter().position(|redirect| redirect.from == path)?;
    u16::try_from(index).ok().map(DocumentKey::RedirectPage)
}

/// A language as it is written in paths.
fn language(tag: &str, config: &Config) -> Option<LanguageIndex> {
    config.language(tag).filter(|index| config.languages[usize::from(*index)].language.as_str() == tag)
}

fn topic(id: &str, config: &Config) -> Option<TopicIndex> {
    config.topic(id)
}

/// A year or a month, as it is written in paths.
fn period(written: &str) -> Option<Period> {
    let (year, month) = match written.split_once('-') {
        Some((year, month)) => (year, Some(month.parse().ok()?)),
        None => (written, None),
    };
    let period = Period { year: year.parse().ok()?, month };
    (period.to_string() == written).then_some(period)
}

#[cfg(all(test, feature = "pages"))]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_sitemap_are_told_from_years() {
        let config = "[site]\nbase_url = 'https://a.example/'\nauthority = 'a.example,2014'\n[languages.pt]\ntitle = 'A'\n[languages.pt-BR]\ntitle = 'B'";
        let config = Config::parse(config, ".").unwrap();
        let part = |path: &str| match DocumentKey::of_path(path, &config, |_, _| panic!()) {
            Some(DocumentKey::SitemapPart(part)) => Some((part.language, part.period.to_string(), part.number)),
            None => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(part("sitemap/pt-2014.xml"), Some((0, "2014".to_owned(), 0)));
        assert_eq!(part("sitemap/pt-BR-2014-11.xml"), Some((1, "2014-11".to_owned(), 0)));
        assert_eq!(part("sitemap/pt-BR-2014-11-2.xml"), Some((1, "2014-11".to_owned(), 2)));
        assert_eq!(part("sitemap/fr-2014.xml"), None);
        for path in
            ["fr/all.json", "pt/none.json", "pt/all/x.json", "PT/all.json", "pt/x/y/index.html", "x", "mul/index.html"]
        {
            assert_eq!(part(path), None, "{path}");
        }
    }
}
