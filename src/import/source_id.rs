//! Identifies the source of an entry: a kind and a text, so that no document can name itself as another kind does.
//!
//! | kind | text |
//! | --- | --- |
//! | `name:` | the name that the user gave |
//! | `url:` | the address, without scheme, user, password, `www.`, default port, fragment and final slash |
//! | `feed:` | of a file or standard input: the document's feed id, else its self link, else its channel's link |
//! | `path:` | otherwise: the path relative to the configuration; standard input is `-` |
//! | `segment:` | of an entry in a record of version 1: the last segment of its path or address |

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use crate::files::{lexical, relative};

const KINDS: [&str; 5] = ["name:", "url:", "feed:", "path:", SEGMENT];
const SEGMENT: &str = "segment:";

/// A kind and a text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct SourceId(String);

impl SourceId {
    /// A name that the user gave, or a source as a record or a report writes it.
    pub fn of_name(name: &str) -> SourceId {
        let is_whole = KINDS.iter().any(|kind| name.starts_with(kind));
        SourceId(if is_whole { name.to_owned() } else { format!("name:{name}") })
    }

    pub fn of_address(url: &str) -> SourceId {
        SourceId(format!("url:{}", normalized_address(url)))
    }

    /// What a document says of itself.
    pub fn of_feed(id: &str) -> SourceId {
        SourceId(format!("feed:{}", id.trim()))
    }

    /// A file or a folder; `folder` is the configuration's.
    pub fn of_path(path: &Path, folder: &Path) -> SourceId {
        if path == Path::new("-") {
            return SourceId("path:-".to_owned());
        }
        SourceId(format!("path:{}", relative(&resolved(path), &resolved(folder)).display()))
    }

    /// The source of an entry in a record of version 1.
    pub fn of_segment(segment: &str) -> SourceId {
        SourceId(format!("{SEGMENT}{segment}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The source as version 1 wrote it, if a record of that version named it.
    pub fn segment(&self) -> Option<&str> {
        self.0.strip_prefix(SEGMENT)
    }

    /// Whether both are addresses that differ in their paths alone.
    pub fn is_on_same_host(&self, other: &SourceId) -> bool {
        let parts = |source: &SourceId| {
            let address = source.0.strip_prefix("url:")?;
            let (path, query) = address.split_once('?').unwrap_or((address, ""));
            Some((path.split('/').next()?.to_owned(), query.to_owned()))
        };
        parts(self).is_some_and(|of_one| parts(other) == Some(of_one))
    }
}

impl fmt::Display for SourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address without scheme, user, password, `www.`, default port, fragment and final slash.
pub fn normalized_address(written: &str) -> String {
    let Ok(url) = Url::parse(written.trim()) else { return written.trim().to_owned() };
    let Some(host) = url.host_str() else { return written.trim().to_owned() };
    let host = host.strip_prefix("www.").unwrap_or(host);
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    format!("{host}{port}{}{query}", url.path().trim_end_matches('/'))
}

/// Whether a document at an address is below another address.
pub fn is_below(written: &str, base: &Url) -> bool {
    let Ok(url) = Url::parse(written.trim()) else { return false };
    let host = |url: &Url| url.host_str().map(|host| host.strip_prefix("www.").unwrap_or(host).to_owned());
    let is_encoded_traversal = url.path().to_ascii_lowercase().contains("%2e");
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let is_same_host = host(&url) == host(base) && url.port() == base.port() && is_web(&url) && is_web(base);
    is_same_host && !is_encoded_traversal && url.path().starts_with(base.path())
}

/// An absolute path with symbolic links resolved as far as it exists, without `.` and `..`.
fn resolved(path: &Path) -> PathBuf {
    let here = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    here.canonicalize().unwrap_or_else(|_| lexical(here))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn addresses_are_normalized() {
        for written in [
            "https://a.example/feed",
            "http://www.a.example:80/feed/",
            "https://u:p@A.example:443/feed#latest",
            "http://a.example/./feed//",
        ] {
            assert_eq!(SourceId::of_address(written).as_str(), "url:a.example/feed", "{written}");
        }
        assert_eq!(SourceId::of_address("http://a.example:8080/f/?b=/&a#x").as_str(), "url:a.example:8080/f?b=/&a");
        let on_one_host =
            |one: &str, other: &str| SourceId::of_address(one).is_on_same_host(&SourceId::of_address(other));
        assert!(on_one_host("http://a.example/feed", "https://www.a.example/rss.xml"));
        assert!(!on_one_host("http://a.example/feed", "http://a.example:8080/feed"));
        assert!(!on_one_host("http://a.example/feed?site=1", "http://a.example/feed?site=2"));
        assert!(!on_one_host("http://a.example/feed", "http://news.a.example/feed"));
        assert!(!SourceId::of_feed("a.example/feed").is_on_same_host(&SourceId::of_address("http://a.example/feed")));
    }

    #[test]
    fn names_and_paths_keep_their_kind() {
        assert_eq!(SourceId::of_name("partners").as_str(), "name:partners");
        assert_eq!(SourceId::of_name("feed:https://a.example/").as_str(), "feed:https://a.example/");
        assert_eq!(SourceId::of_feed("name:partners").as_str(), "feed:name:partners");
        assert_eq!(SourceId::of_path(Path::new("-"), Path::new("/x")).as_str(), "path:-");
        let path = |path: &str| SourceId::of_path(Path::new(path), Path::new("/none/site")).as_str().to_owned();
        assert_eq!(path("/none/site/a/./b/../in.xml"), "path:a/in.xml");
        assert_eq!(path("/none/other/in.xml"), "path:../other/in.xml");
        assert_eq!(path("/none/site"), "path:.");
    }

    #[test]
    fn own_documents_are_below_the_base_url() {
        let base = Url::parse("https://news.example.org/feeds/").unwrap();
        for (address, expected) in [
            ("https://news.example.org/feeds/en/all.json", true),
            ("http://www.news.example.org/feeds/", true),
            ("https://news.example.org/feedsevil/all.json", false),
            ("https://news.example.org/feeds/../other", false),
            ("https://news.example.org/feeds/%2e%2e/other", false),
            ("https://news.example.org/x?/feeds/", false),
            ("https://news.example.org:8443/feeds/en", false),
            ("https://evil.example/feeds/", false),
            ("ftp://news.example.org/feeds/en", false),
        ] {
            assert_eq!(is_below(address, &base), expected, "{address}");
        }
    }
}
