//! How a document is delivered, by `serve` and by object stores: languages, cache policy, cache tags, and when it is written.

use xxhash_rust::xxh3::xxh3_64;

use super::{DocumentKey, PageKind};
use crate::config::{Config, LanguageIndex};

/// A longer cache tag is hashed.
const MAX_TAG_LENGTH: usize = 60;

/// The order in which documents are written: what others link to comes before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    Assets,
    StoryPages,
    Archives,
    Feeds,
    Listings,
}

impl DocumentKey {
    /// When it is written.
    pub fn stage(self) -> Stage {
        match self {
            DocumentKey::Style(_) => Stage::Assets,
            DocumentKey::Story { .. } => Stage::StoryPages,
            DocumentKey::Feed { period: Some(_), .. } | DocumentKey::Page { kind: PageKind::Period { .. }, .. } => {
                Stage::Archives
            }
            DocumentKey::Feed { period: None, .. } => Stage::Feeds,
            _ => Stage::Listings,
        }
    }

    /// The languages of its intended audience (RFC 9110 §8.5); `None` for what programs read.
    pub fn content_language(self, config: &Config) -> Option<String> {
        if matches!(self, DocumentKey::Redirects | DocumentKey::Robots) {
            return None;
        }
        let tag = |index: usize| config.languages[index].language.as_str();
        Some(match self.language() {
            Some(language) => tag(usize::from(language)).to_owned(),
            None => (0..config.languages.len()).map(tag).collect::<Vec<_>>().join(", "),
        })
    }

    /// `Cache-Control`. Every kind may change at any time under its address: a story is corrected, an archive with it.
    pub fn cache_control(self, config: &Config) -> String {
        let server = &config.server;
        // RFC 5861: a cache may serve a stale response for seven days while its origin fails.
        format!(
            "public, max-age={}, stale-while-revalidate={}, stale-if-error=604800",
            server.max_age, server.stale_while_revalidate
        )
    }

    /// The tags by which caches purge it: its kind, language and scope, the story of a page, and one of its own.
    pub fn cache_tags(self, config: &Config, path: &str) -> Vec<String> {
        let language = |index: LanguageIndex| config.languages[usize::from(index)].language.as_str();
        let mut tags = vec![format!("kind-{}", self.kind())];
        let scope = match self {
            DocumentKey::Feed { feed, .. } | DocumentKey::Page { feed, .. } => Some(feed),
            _ => None,
        };
        match self.language() {
            Some(index) => tags.push(format!("language-{}", language(index))),
            None if scope.is_some() => tags.push("language-mul".to_owned()),
            None => {}
        }
        if let Some(feed) = scope {
            let topic = feed.topic.map_or("all", |topic| config.topics[usize::from(topic)].id.as_str());
            tags.push(format!("scope-{topic}"));
        }
        let story = path.split_once("/stories/").and_then(|(_, rest)| rest.rsplit_once('/'));
        if let (DocumentKey::Story { .. }, Some((story, _))) = (self, story) {
            tags.push(format!("story-{story}"));
        }
        tags.push(document_tag(path));
        tags.into_iter().map(shortened).collect()
    }

    fn kind(self) -> &'static str {
        match self {
            DocumentKey::Feed { period: None, .. } => "feed",
            DocumentKey::Feed { .. } => "archive",
            DocumentKey::Opml(_) => "opml",
            DocumentKey::Home | DocumentKey::Page { .. } => "listing",
            DocumentKey::Story { .. } => "story",
            DocumentKey::Subscribe(_) | DocumentKey::NotFound(_) => "page",
            DocumentKey::Style(_) => "asset",
            DocumentKey::Sitemap | DocumentKey::SitemapPart(_) | DocumentKey::Robots => "sitemap",
            DocumentKey::Redirects | DocumentKey::RedirectPage(_) => "redirect",
        }
    }
}

/// A tag that every cache accepts: a long one is replaced by its hash.
fn shortened(tag: String) -> String {
    match tag.len() > MAX_TAG_LENGTH {
        true => format!("hash-{:016x}", xxh3_64(tag.as_bytes())),
        false => tag,
    }
}

/// The kinds of documents.
pub const KINDS: [&str; 9] = ["archive", "asset", "feed", "listing", "opml", "page", "redirect", "sitemap", "story"];

/// The tag of one document alone, by its path.
pub fn document_tag(path: &str) -> String {
    format!("document-{:016x}", xxh3_64(path.as_bytes()))
}

/// The tags of all documents together.
pub fn kind_tags() -> Vec<String> {
    KINDS.iter().map(|kind| format!("kind-{kind}")).collect()
}
