//! Requests and their responses, without a socket.

use std::path::Path;
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use proptest::prelude::*;

use super::document::Representation;
use super::metrics::Metrics;
use super::publication::Publication;
use super::respond::{Body, Now, Reply, Response, in_cheaper, respond};
use crate::coding::Coding;
use crate::config::Config;
use crate::model::Timestamp;
use crate::site::Site;

const CONFIG: &str = r#"
[site]
base_url = "https://news.example.org/feeds/"
authority = "news.example.org,2014"
[languages.en]
title = "News"
[languages.fr]
title = "Nouvelles"
[topics.research]
[feeds]
hub = "https://hub.example.org/"
[server]
max_age = 60
[redirects]
"old.html" = "en/all.rss.xml"
"feed/" = "en/all.atom.xml"
"else" = "https://other.example/x"
"#;

/// The time of the first publication, and a later time.
const PUBLISHED: Timestamp = Timestamp(1_700_000_000);
const LATER: Timestamp = Timestamp(1_700_000_100);
const PUBLISHED_TEXT: &str = "Tue, 14 Nov 2023 22:13:20 GMT";
const BEFORE_TEXT: &str = "Tue, 14 Nov 2023 22:13:19 GMT";
const LATER_TEXT: &str = "Tue, 14 Nov 2023 22:15:00 GMT";

const FEED: &str = "/en/all.atom.xml";

/// A site in a temporary folder, and its publication.
struct Served {
    folder: tempfile::TempDir,
    publication: Publication,
    metrics: Metrics,
}

impl Served {
    fn new() -> Served {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("tidings.toml"), CONFIG).unwrap();
        std::fs::create_dir(folder.path().join("stories")).unwrap();
        write(folder.path(), "a", "First");
        let metrics = Metrics::default();
        let publication = publish(folder.path(), None, &metrics, PUBLISHED);
        Served { folder, publication, metrics }
    }

    fn story(&mut self, name: &str, title: &str, now: Timestamp) {
        write(self.folder.path(), name, title);
        self.publication = publish(self.folder.path(), Some(&self.publication), &self.metrics, now);
    }

    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)], now: Timestamp) -> Received {
        let request = request(method, path, headers);
        let mut response = respond(&request, &self.publication, &Now::new(now));
        if let Response::NeedsRender(page) = &response {
            self.publication.render(page, &self.metrics).unwrap();
            response = respond(&request, &self.publication, &Now::new(now));
        }
        Received::new(ready(response))
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Received {
        self.request(Method::GET, path, headers, LATER)
    }
}

fn write(folder: &Path, name: &str, title: &str) {
    let text = format!(
        "published = 2020-01-01\ntopics = [\"research\"]\n[translations.en]\ntitle = \"{title}\"\nsummary = \"S\"\n"
    );
    std::fs::write(folder.join(format!("stories/{name}.toml")), text).unwrap();
}

fn publish(folder: &Path, before: Option<&Publication>, metrics: &Metrics, now: Timestamp) -> Publication {
    let config = Config::load(folder.join("tidings.toml")).unwrap();
    let (site, diagnostics) = Site::load(&config, DateTime::from_timestamp(now.0, 0).unwrap());
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
    Publication::after(before, &site, metrics, now).unwrap().publication
}

fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Request<()> {
    let mut request = Request::builder().method(method).uri(path).header("host", "h");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(()).unwrap()
}

fn ready(response: Response) -> Reply {
    match response {
        Response::Ready(reply) => reply,
        Response::NeedsRender(_) => panic!("the page is not rendered"),
    }
}

/// A response with the bytes of its body.
#[derive(Debug)]
struct Received {
    status: StatusCode,
    headers: Vec<(HeaderName, String)>,
    body: Vec<u8>,
}

impl Received {
    /// Checks that a response has the headers of its kind, and no other.
    fn new(reply: Reply) -> Received {
        let headers: Vec<_> =
            reply.headers.iter().map(|(name, value)| (name.clone(), value.to_str().unwrap().to_owned())).collect();
        let body = match &reply.body {
            Body::Bytes(bytes) => bytes.to_vec(),
            Body::Document(document, representation) => document.encode(*representation).unwrap().to_vec(),
        };
        let received = Received { status: reply.status, headers, body };
        received.assert_headers(matches!(reply.body, Body::Document(..)));
        received
    }

    fn assert_headers(&self, is_document: bool) {
        let cors = ["access-control-allow-origin", "access-control-expose-headers"];
        let (needed, allowed): (Vec<&str>, Vec<&str>) = match self.status.as_u16() {
            200 | 226 if is_document => (
                vec![
                    "content-type", "x-content-type-options", "link", "etag", "vary", "cache-control", "cache-tag",
                    "surrogate-key", "xkey", "cache-groups",
                ],
                [&["content-language", "content-encoding", "last-modified", "im"], &cors[..]].concat(),
            ),
            304 => (vec!["etag", "vary", "cache-control"], cors.to_vec()),
            204 => (
                vec!["allow"],
                vec![
                    "access-control-allow-origin", "access-control-allow-methods", "access-control-allow-headers",
                    "access-control-max-age",
                ],
            ),
            404 if is_document => (
                vec!["content-type", "x-content-type-options", "cache-control", "content-language", "vary"],
                vec!["content-encoding"],
            ),
            _ => (
                vec!["content-type", "x-content-type-options", "cache-control"],
                vec!["location", "allow", "vary", "connection", "retry-after"],
            ),
        };
        assert!(self.header("date").is_some(), "{self:?}");
        for name in &needed {
            assert!(self.header(name).is_some(), "{name} is missing: {self:?}");
        }
        for (name, _) in &self.headers {
            let name = name.as_str();
            assert!(
                name == "date" || needed.contains(&name) || allowed.contains(&name),
                "{name} is not expected: {self:?}"
            );
            let count = self.headers.iter().filter(|(other, _)| other.as_str() == name).count();
            assert_eq!(count, 1, "{name} is repeated: {self:?}");
        }
        assert_eq!(self.status == StatusCode::IM_USED, self.header("im") == Some("feed"), "{self:?}");
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.as_str() == name).map(|(_, value)| value.as_str())
    }

    fn tag(&self) -> String {
        self.header("etag").unwrap_or_default().to_owned()
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

const CODINGS: [Option<Coding>; 4] = [None, Some(Coding::Gzip), Some(Coding::Brotli), Some(Coding::Zstandard)];

/// A coding, or identity.
type Choice = Option<Coding>;
/// An `Accept-Encoding`, the coding that it prefers (`None` where no coding is acceptable), and all that are acceptable.
type Acceptance = (Option<&'static str>, Option<Choice>, &'static [Choice]);

const ACCEPTED: [Acceptance; 9] = [
    (None, Some(None), &[None]),
    (Some(""), Some(None), &[None]),
    (Some("gzip, deflate"), Some(Some(Coding::Gzip)), &[None, Some(Coding::Gzip)]),
    (Some("gzip, deflate, br, zstd"), Some(Some(Coding::Brotli)), &CODINGS),
    (Some("br;q=0.5, gzip;q=0.9"), Some(Some(Coding::Gzip)), &[None, Some(Coding::Gzip), Some(Coding::Brotli)]),
    (Some("identity;q=0, zstd"), Some(Some(Coding::Zstandard)), &[Some(Coding::Zstandard)]),
    (Some("*"), Some(Some(Coding::Brotli)), &CODINGS),
    (Some("gzip;q=0, *;q=0.1"), Some(Some(Coding::Brotli)), &[None, Some(Coding::Brotli), Some(Coding::Zstandard)]),
    (Some("*;q=0"), None, &[]),
];

/// The validator of a request.
#[derive(Debug, Clone, PartialEq)]
enum Validator {
    Nothing,
    /// The entity tag of a coding.
    Tag(Option<Coding>, TagSyntax),
    OtherTag,
    Any,
    Malformed,
    Date(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum TagSyntax {
    Plain,
    Weak,
    List,
}

fn validators() -> Vec<Validator> {
    let forms = [TagSyntax::Plain, TagSyntax::Weak, TagSyntax::List];
    let tags = CODINGS.into_iter().flat_map(|coding| forms.map(|form| Validator::Tag(coding, form)));
    let dates = ["yesterday", BEFORE_TEXT, PUBLISHED_TEXT, LATER_TEXT].map(Validator::Date);
    [Validator::Nothing, Validator::OtherTag, Validator::Any, Validator::Malformed]
        .into_iter()
        .chain(tags)
        .chain(dates)
        .collect()
}

/// The value of `If-Match` or `If-None-Match`.
fn listed(has: &Validator, tag: impl Fn(Option<Coding>) -> String) -> String {
    match has {
        Validator::Tag(coding, TagSyntax::Plain) => tag(*coding),
        Validator::Tag(coding, TagSyntax::Weak) => format!("W/{}", tag(*coding)),
        Validator::Tag(coding, TagSyntax::List) => format!("\"x,y\" , W/\"z\",{}", tag(*coding)),
        Validator::OtherTag => "\"0123\"".to_owned(),
        Validator::Any => "*".to_owned(),
        Validator::Malformed => "0123, \"".to_owned(),
        Validator::Nothing | Validator::Date(_) => unreachable!(),
    }
}

/// Every method with every precondition, with each `Accept-Encoding`, with and without `A-IM`.
#[test]
fn every_precondition_is_evaluated() {
    let served = Served::new();
    let document = Arc::clone(&served.publication.get("en/all.atom.xml").unwrap().document);
    let tag = |coding: Option<Coding>| document.tag(coding).to_str().unwrap().to_owned();
    let mut requests = 0;
    for method in [Method::GET, Method::HEAD] {
        for (accepts, best, taken) in ACCEPTED {
            for has in validators() {
                for (name, is_match) in [("if-none-match", false), ("if-match", true)] {
                    for a_im in [false, true] {
                        let mut fields = Vec::new();
                        fields.extend(accepts.map(|accepts| ("accept-encoding", accepts.to_owned())));
                        fields.extend(a_im.then(|| ("a-im", "feed".to_owned())));
                        match &has {
                            Validator::Nothing => {}
                            Validator::Date(date) if is_match => {
                                fields.push(("if-unmodified-since", (*date).to_owned()))
                            }
                            Validator::Date(date) => fields.push(("if-modified-since", (*date).to_owned())),
                            has => fields.push((name, listed(has, tag))),
                        }
                        let borrowed: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
                        let response = served.request(method.clone(), FEED, &borrowed, LATER);
                        let (status, expected_tag) = expected(&has, is_match, best, taken);
                        assert_eq!(response.status.as_u16(), status, "{method} {fields:?}");
                        let is_delta = a_im && method == Method::GET && status == 200;
                        match (status, expected_tag) {
                            (200, _) if is_delta => {
                                assert_eq!(
                                    response.tag(),
                                    document.delta_tag(best.unwrap()).to_str().unwrap(),
                                    "{fields:?}"
                                )
                            }
                            (200 | 304, coding) => assert_eq!(response.tag(), tag(coding), "{method} {fields:?}"),
                            _ => {}
                        }
                        if status == 200 {
                            let coding = best.unwrap();
                            assert_eq!(response.body, document.encode(Representation { base: None, coding }).unwrap());
                            assert_eq!(response.header("content-encoding"), coding.map(Coding::token));
                            assert_eq!(response.header("last-modified"), Some(PUBLISHED_TEXT));
                            let no_store = response.header("cache-control") == Some("no-store");
                            assert_eq!(no_store, is_delta, "{fields:?}");
                        } else if status == 304 {
                            assert!(response.body.is_empty());
                        }
                        requests += 1;
                    }
                }
            }
        }
    }
    assert_eq!(requests, 2 * 9 * 20 * 2 * 2);
}

/// RFC 9110 §13.2.2, written independently of the code: the status, and the coding of the entity tag.
fn expected(
    has: &Validator,
    is_match: bool,
    best: Option<Option<Coding>>,
    taken: &[Option<Coding>],
) -> (u16, Option<Coding>) {
    let Some(best) = best else { return (406, None) };
    let status = match (has, is_match) {
        (Validator::Nothing | Validator::Date("yesterday"), _) => 200,
        (Validator::Any, true) => 200,
        (Validator::Any, false) => 304,
        (Validator::OtherTag | Validator::Malformed, true) => 412,
        (Validator::OtherTag | Validator::Malformed, false) => 200,
        // Strong comparison, with the entity tags of acceptable codings.
        (Validator::Tag(coding, form), true) => {
            if *form != TagSyntax::Weak && taken.contains(coding) {
                200
            } else {
                412
            }
        }
        (Validator::Tag(coding, _), false) => {
            if taken.contains(coding) {
                304
            } else {
                200
            }
        }
        (Validator::Date(date), true) => {
            if *date == BEFORE_TEXT {
                412
            } else {
                200
            }
        }
        (Validator::Date(date), false) => {
            if *date == BEFORE_TEXT {
                200
            } else {
                304
            }
        }
    };
    match (has, status) {
        (Validator::Tag(coding, _), 304) => (304, *coding),
        _ => (status, best),
    }
}

#[test]
fn entity_tags_take_precedence_over_dates() {
    let served = Served::new();
    let tag = served.get(FEED, &[]).tag();
    let status = |headers: &[(&str, &str)]| served.get(FEED, headers).status.as_u16();
    assert_eq!(status(&[("if-none-match", "\"x\""), ("if-modified-since", LATER_TEXT)]), 200);
    assert_eq!(status(&[("if-none-match", &tag), ("if-modified-since", BEFORE_TEXT)]), 304);
    assert_eq!(status(&[("if-match", &tag), ("if-unmodified-since", BEFORE_TEXT)]), 200);
    assert_eq!(status(&[("if-match", &tag), ("if-none-match", &tag)]), 304);
    assert_eq!(status(&[("if-match", "\"x\""), ("if-none-match", &tag)]), 412);
    assert_eq!(status(&[("if-modified-since", LATER_TEXT), ("if-modified-since", LATER_TEXT)]), 200);
    assert_eq!(status(&[("range", "bytes=0-5"), ("if-range", &tag)]), 200);
}

#[test]
fn a_delta_needs_a_delta_tag() {
    let mut served = Served::new();
    let plain = served.get(FEED, &[]).tag();
    let delta = |served: &Served, tag: &str| served.get(FEED, &[("a-im", "feed"), ("if-none-match", tag)]);
    assert_eq!(delta(&served, &plain).status, 304);
    served.story("b", "Second", LATER);
    // A cache may have sent the plain entity tag, so it gets no delta.
    let whole = delta(&served, &plain);
    assert_eq!((whole.status.as_u16(), whole.header("cache-control")), (200, Some("no-store")));
    let own = whole.tag();
    assert!(own.starts_with("\"im-"));
    assert_eq!(delta(&served, &own).status, 304);
    assert_eq!(delta(&served, &own).tag(), own);
    served.story("c", "Third", LATER);
    let changed = delta(&served, &own);
    assert_eq!((changed.status.as_u16(), changed.header("cache-control")), (226, Some("no-store, im")));
    let text = changed.text();
    assert!(text.contains("Third") && !text.contains("Second") && !text.contains("First"));
    assert_eq!(
        roxmltree::Document::parse(&text)
            .unwrap()
            .descendants()
            .filter(|node| node.has_tag_name("entry") || node.tag_name().name() == "entry")
            .count(),
        1
    );
    assert_eq!(delta(&served, &changed.tag()).status, 304);
    // Without `A-IM`, and with HEAD, the response is that of the full feed.
    assert_eq!(served.get(FEED, &[("if-none-match", &own)]).status, 200);
    let head = served.request(Method::HEAD, FEED, &[("a-im", "feed"), ("if-none-match", &own)], LATER);
    assert_eq!((head.status.as_u16(), head.tag()), (200, served.get(FEED, &[]).tag()));
    let compressed = served.get(FEED, &[("a-im", "feed"), ("if-none-match", &own), ("accept-encoding", "gzip")]);
    assert_eq!((compressed.status.as_u16(), compressed.header("content-encoding")), (226, Some("gzip")));
    assert!(compressed.tag().starts_with("\"im-") && compressed.tag() != changed.tag());
    assert_eq!(
        served.get("/feeds.opml", &[("a-im", "feed")]).header("cache-control").map(|text| text.starts_with("public")),
        Some(true)
    );
}

#[test]
fn every_format_has_deltas() {
    let mut served = Served::new();
    for path in ["/en/all.rss.xml", "/en/all.json", "/mul/research.atom.xml"] {
        let own = served.get(path, &[("a-im", "feed")]).tag();
        served.story("b", &format!("New of {path}"), LATER);
        let text = served.get(path, &[("a-im", "feed"), ("if-none-match", &own)]).text();
        assert!(text.contains("New of") && !text.contains("First"), "{text}");
        if path.ends_with("json") {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["items"].as_array().map(Vec::len), Some(1));
        } else {
            assert!(roxmltree::Document::parse(&text).is_ok());
        }
    }
}

/// `Last-Modified` is never in the future and never repeated, whatever the clock does.
#[test]
fn last_modified_strictly_increases() {
    let mut served = Served::new();
    let mut seen = Vec::new();
    for (number, now) in [100, 100, 100, 40, 41, 5000, 90, 5003, 5004].into_iter().enumerate() {
        let now = Timestamp(PUBLISHED.0 + now);
        served.story("b", &format!("Version {number}"), now);
        for later in [0, 1, 2, 100, -1000] {
            let now = Timestamp(now.0 + later);
            let response = served.request(Method::GET, FEED, &[], now);
            let read = |text: &str| httpdate::parse_http_date(text).unwrap();
            if let Some(date) = response.header("last-modified") {
                assert!(read(date) <= read(response.header("date").unwrap()), "{response:?}");
                seen.push((read(date), number));
                // The date identifies this version.
                let again = served.request(Method::GET, FEED, &[("if-modified-since", date)], now);
                assert_eq!(again.status, 304);
            } else {
                let again = served.request(Method::GET, FEED, &[("if-modified-since", LATER_TEXT)], now);
                assert_eq!(again.status, 200);
            }
            assert_eq!(served.request(Method::GET, FEED, &[("if-none-match", &response.tag())], now).status, 304);
        }
    }
    seen.sort();
    seen.dedup();
    assert!(seen.windows(2).all(|pair| pair[0].0 < pair[1].0), "{seen:?}");
    assert!(seen.len() > 3, "{seen:?}");
}

#[test]
fn an_unchanged_document_keeps_its_validators() {
    let mut served = Served::new();
    let feeds = ["/fr/all.atom.xml", "/fr/feeds.opml", "/fr/", FEED];
    let before = feeds.map(|path| served.get(path, &[("accept-encoding", "br")]));
    served.story("b", "Second", LATER);
    for (path, before) in feeds.iter().zip(before) {
        let after = served.get(path, &[("accept-encoding", "br")]);
        assert_eq!(after.tag() == before.tag(), *path != FEED, "{path}");
        assert_eq!(after.header("last-modified") == before.header("last-modified"), *path != FEED, "{path}");
    }
}

#[test]
fn a_base_path_that_needs_encoding_is_served() {
    for (written, encoded) in [("новости и «feeds»", None), ("a%20b%C3%A9/c", Some("a%20b%C3%A9/c"))] {
        let folder = tempfile::TempDir::new().unwrap();
        let config = CONFIG.replace("/feeds/\"", &format!("/{written}/\""));
        std::fs::write(folder.path().join("tidings.toml"), config).unwrap();
        std::fs::create_dir(folder.path().join("stories")).unwrap();
        let metrics = Metrics::default();
        let publication = publish(folder.path(), None, &metrics, PUBLISHED);
        let served = Served { folder, publication, metrics };
        let base = served.publication.config.site.base_url.path().to_owned();
        assert!(encoded.is_none_or(|encoded| base == format!("/{encoded}/")), "{base}");
        for path in [base.clone(), format!("{base}en/all.atom.xml"), format!("{base}en/")] {
            assert_eq!(served.get(&path, &[]).status, StatusCode::OK, "{path}");
        }
        let without_slash = served.get(base.trim_end_matches('/'), &[]);
        assert_eq!(without_slash.status, StatusCode::PERMANENT_REDIRECT);
        let last = base.trim_end_matches('/').rsplit('/').next().unwrap();
        assert_eq!(without_slash.header("location"), Some(format!("./{last}/").as_str()));
    }
}

#[test]
fn paths_find_documents_and_nothing_else() {
    let served = Served::new();
    let long = format!("/{}", "x".repeat(10_000));
    for (path, status, to) in [
        ("/", 200, None),
        ("/index.html", 200, None),
        ("/en/", 200, None),
        ("/en", 308, Some("en/")),
        ("/feeds/en", 308, Some("en/")),
        ("/feeds", 308, Some("./feeds/")),
        ("/feeds/", 200, None),
        ("/feeds/en/all.atom.xml?x=1", 200, None),
        ("/en/all%2Eatom.xml", 200, None),
        ("/%65n/all.atom.xml", 200, None),
        ("http://other.example/en/all.json", 200, None),
        ("/old.html", 308, Some("en/all.rss.xml")),
        ("/feed/", 308, Some("../en/all.atom.xml")),
        ("/else", 308, Some("https://other.example/x")),
        ("/_redirects", 200, None),
        ("/EN/all.atom.xml", 404, None),
        ("/feeds/feeds/", 404, None),
        ("/fr/nothing.json", 404, None),
        ("/.tidings", 404, None),
        ("/../tidings.toml", 404, None),
        ("/%2e%2e/tidings.toml", 404, None),
        ("//en/all.atom.xml", 404, None),
        ("/en//all.atom.xml", 404, None),
        ("/en/all.atom.xml/", 404, None),
        ("/en/all.atom.xml;a", 404, None),
        ("/en%2Fall.atom.xml", 400, None),
        ("/%00", 400, None),
        ("/%0a", 400, None),
        ("/%", 400, None),
        ("/%zz", 400, None),
        ("/%ff", 400, None),
        ("*", 400, None),
        (&long, 414, None),
    ] {
        let response = served.get(path, &[]);
        assert_eq!((response.status.as_u16(), response.header("location")), (status, to), "{path}");
    }
}

#[test]
fn headers_describe_documents() {
    let served = Served::new();
    for (path, media_type, language, is_feed) in [
        (FEED, "application/xml; charset=utf-8", Some("en"), true),
        ("/fr/all.rss.xml", "application/xml; charset=utf-8", Some("fr"), true),
        ("/mul/all.json", "application/feed+json; charset=utf-8", Some("en, fr"), true),
        ("/feeds.opml", "text/x-opml; charset=utf-8", Some("en, fr"), false),
        ("/fr/index.html", "text/html; charset=utf-8", Some("fr"), false),
        ("/_redirects", "text/plain; charset=utf-8", None, false),
    ] {
        let response = served.get(path, &[]);
        assert_eq!(response.header("content-type"), Some(media_type), "{path}");
        assert_eq!(response.header("content-language"), language, "{path}");
        assert_eq!(response.header("access-control-allow-origin"), is_feed.then_some("*"), "{path}");
        assert_eq!(response.header("access-control-expose-headers"), is_feed.then_some("ETag, Link"), "{path}");
        // That of a page is its canonical address.
        let canonical = path.trim_end_matches("index.html");
        let own = format!("<https://news.example.org/feeds{canonical}>; rel=\"self\"");
        let hub = if is_feed || path.ends_with(".html") { ", <https://hub.example.org/>; rel=\"hub\"" } else { "" };
        assert_eq!(response.header("link"), Some(&*format!("{own}{hub}")), "{path}");
        assert_eq!(response.header("vary"), Some("Accept-Encoding"));
        let cache = "public, max-age=60, stale-while-revalidate=3600, stale-if-error=604800";
        assert_eq!(response.header("cache-control"), Some(cache));
        // The last tag is that of the document alone.
        let tags = response.header("xkey").unwrap();
        let own = crate::plan::document_tag(&path[1..]);
        assert!(tags.starts_with("kind-") && tags.ends_with(&own), "{tags}");
        assert_eq!(response.header("surrogate-key"), Some(tags));
        assert_eq!(response.header("cache-tag"), Some(&*tags.replace(' ', ",")));
        let groups: Vec<String> = tags.split(' ').map(|tag| format!("\"{tag}\"")).collect();
        assert_eq!(response.header("cache-groups"), Some(&*groups.join(", ")));
    }
    let tags = served.get("/fr/all.rss.xml", &[]).header("xkey").unwrap().to_owned();
    assert!(tags.starts_with("kind-feed language-fr scope-all document-"), "{tags}");
}

#[test]
fn other_methods_are_rejected() {
    let served = Served::new();
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "QUUX"] {
        let response = served.request(method.parse().unwrap(), FEED, &[], LATER);
        assert_eq!((response.status.as_u16(), response.header("allow")), (405, Some("GET, HEAD, OPTIONS")), "{method}");
    }
    let response = served.request(Method::OPTIONS, "*", &[], LATER);
    assert_eq!((response.status.as_u16(), response.header("allow")), (204, Some("GET, HEAD, OPTIONS")));
    let preflight = [("origin", "https://a.example"), ("access-control-request-method", "GET")];
    let response = served.request(Method::OPTIONS, FEED, &preflight, LATER);
    assert_eq!(response.header("access-control-allow-headers"), Some("If-None-Match, If-Modified-Since, A-IM"));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    let response = served.get(FEED, &[("transfer-encoding", "chunked")]);
    assert_eq!((response.status.as_u16(), response.header("connection")), (400, Some("close")));
    let mut twice = request(Method::GET, FEED, &[]);
    twice.headers_mut().append("host", HeaderValue::from_static("other"));
    assert_eq!(ready(respond(&twice, &served.publication, &Now::new(LATER))).status, 400);
}

/// The bytes over HTTP equal those of a build.
#[test]
fn served_bytes_equal_built_bytes() {
    let served = Served::new();
    let config = Config::load(served.folder.path().join("tidings.toml")).unwrap();
    let (site, _) = Site::load(&config, DateTime::from_timestamp(PUBLISHED.0, 0).unwrap());
    let seen = Mutex::new(0);
    for document in site.documents() {
        let document = document.unwrap();
        if document.path == "old.html" {
            continue;
        }
        let response = served.get(&format!("/{}", document.path), &[]);
        assert_eq!(
            (response.status.as_u16(), response.header("content-type")),
            (200, Some(document.media_type)),
            "{}",
            document.path
        );
        assert!(response.body == document.bytes, "{}", document.path);
        *seen.lock().unwrap() += 1;
    }
    // Home, listings, pages about feeds, those for what does not exist, and that of a story.
    let (feeds, outlines, pages, styles, others) = (3 * 2 * 3, 3, 1 + 2 * 2 + 2 + 3 + 1, 1 + 2, 2);
    assert_eq!(*seen.lock().unwrap(), feeds + outlines + pages + styles + others);
}

#[test]
fn older_pages_are_rendered_on_demand() {
    let folder = tempfile::TempDir::new().unwrap();
    let config = "[site]\nbase_url = \"https://a.example/\"\nauthority = \"a.example,2020\"\n\
        page_size = 1\n[languages.en]\ntitle = \"A\"\n";
    std::fs::create_dir(folder.path().join("stories")).unwrap();
    std::fs::write(folder.path().join("tidings.toml"), config).unwrap();
    let story = |month: u32, title: &str| {
        let text = format!("published = 2020-0{month}-01\n[translations.en]\ntitle = \"{title}\"\n");
        std::fs::write(folder.path().join(format!("stories/{month}.toml")), text).unwrap();
    };
    (1..5).for_each(|month| story(month, "old"));
    let metrics = Metrics::default();
    let publication = publish(folder.path(), None, &metrics, PUBLISHED);
    let mut served = Served { folder, publication, metrics };
    let first = ["/en/2020-01/", "/en/2020-02/"].map(|path| served.get(path, &[]));
    assert!(
        first.iter().all(|response| response.status == 200 && response.header("last-modified") == Some(PUBLISHED_TEXT))
    );
    assert_eq!(served.get("/en/2020-01", &[]).header("location"), Some("2020-01/"));
    assert_eq!(served.get("/en/2020-05/", &[]).status, 404);
    // A changed page has another tag and a later date, even within a second; the other is unchanged.
    let path = served.folder.path().to_owned();
    std::fs::write(path.join("stories/1.toml"), "published = 2020-01-01\n[translations.en]\ntitle = \"new\"\n")
        .unwrap();
    served.publication = publish(&path, Some(&served.publication), &served.metrics, PUBLISHED);
    let again = ["/en/2020-01/", "/en/2020-02/"].map(|path| served.get(path, &[]));
    assert!(String::from_utf8_lossy(&again[0].body).contains("new"));
    assert!(again[0].tag() != first[0].tag() && again[0].header("last-modified") != Some(PUBLISHED_TEXT));
    assert_eq!((again[1].tag(), again[1].header("last-modified")), (first[1].tag(), Some(PUBLISHED_TEXT)));
    let not_modified = served.get("/en/2020-02/", &[("if-none-match", &first[1].tag())]);
    assert_eq!(not_modified.status, 304);
}

/// A page that nobody has requested yet is that of its own story, whatever came and went meanwhile.
#[test]
fn pages_of_stories_are_of_their_stories_after_every_change() {
    let folder = tempfile::TempDir::new().unwrap();
    let config =
        "[site]\nbase_url = \"https://a.example/\"\nauthority = \"a.example,2020\"\n[languages.en]\ntitle = \"A\"\n";
    std::fs::create_dir(folder.path().join("stories")).unwrap();
    std::fs::write(folder.path().join("tidings.toml"), config).unwrap();
    let path = folder.path().to_owned();
    let write = |name: &str, day: u32, more: &str| {
        let text = format!("published = 2020-01-{day:02}\n{more}[translations.en]\ntitle = \"Story {name}\"\n");
        std::fs::write(path.join(format!("stories/{name}.toml")), text).unwrap();
    };
    let remove = |name: &str| std::fs::remove_file(path.join(format!("stories/{name}.toml"))).unwrap();
    ["a", "b", "c", "d", "e"].iter().zip(1..).for_each(|(name, day)| write(name, day * 2, ""));
    let metrics = Metrics::default();
    let publication = publish(&path, None, &metrics, PUBLISHED);
    let mut served = Served { folder, publication, metrics };
    let changes: [&dyn Fn(); 5] = [
        &|| write("secret", 28, "draft = true\n"),
        &|| remove("c"),
        // The entries have the numbers of before, and are others.
        &|| {
            remove("b");
            write("f", 3, "");
        },
        &|| write("a", 27, ""),
        &|| remove("secret"),
    ];
    for change in changes {
        change();
        served.publication = publish(&path, Some(&served.publication), &served.metrics, PUBLISHED);
    }
    for name in ["a", "b", "c", "d", "e", "f", "secret"] {
        let response = served.get(&format!("/en/stories/{name}/"), &[]);
        let is_there = !matches!(name, "b" | "c" | "secret");
        assert_eq!(response.status, if is_there { 200 } else { 404 }, "{name}");
        let page = String::from_utf8_lossy(&response.body).into_owned();
        assert_eq!(page.contains(&format!("<h1 class=\"p-name\">Story {name}</h1>")), is_there, "{name}");
    }
}

/// What a test logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// What is logged by this thread while `work` is done.
    fn of(work: impl FnOnce()) -> String {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
        tracing::subscriber::with_default(subscriber, work);
        String::from_utf8(log.0.lock().unwrap().clone()).unwrap()
    }
}

/// Subscribers keep an entry that is gone, so the log says so: with the publication that lacks it, and not again.
#[tokio::test]
async fn a_gone_entry_is_logged_once() {
    let served = Served::new();
    let folder = served.folder.path();
    write(folder, "b", "Second");
    let config = Config::load(folder.join("tidings.toml")).unwrap();
    let site = || Site::load(&config, PUBLISHED.utc()).0;
    let first = site();
    let metrics = Arc::new(Metrics::default());
    let publication = Publication::after(None, &first, &metrics, PUBLISHED).unwrap().publication;
    let server = super::server::Server::new(publication, first.counts(), metrics, Arc::new(|| PUBLISHED.utc()));
    let mut publisher = super::publisher::Publisher::new(Arc::new(server), first, PUBLISHED, Default::default());
    let mut publish = |site: &Site| Log::of(|| publisher.publish(site, std::time::Instant::now()).unwrap());
    let gone = "the entry `b` (en) is gone without `withdrawn` or `expires`: its subscribers keep it";

    assert!(!publish(&site()).contains("warning"));
    std::fs::remove_file(folder.join("stories/b.toml")).unwrap();
    let log = publish(&site());
    assert!(log.contains("subscribers will notice") && log.matches(gone).count() == 1, "{log}");
    assert!(!publish(&site()).contains(gone));
    write(folder, "a", "Changed");
    assert!(!publish(&site()).contains(gone));
    // It is there again, and gone again.
    write(folder, "b", "Second");
    assert!(!publish(&site()).contains("warning"));
    std::fs::remove_file(folder.join("stories/b.toml")).unwrap();
    assert_eq!(publish(&site()).matches(gone).count(), 1);
}

#[test]
fn a_reload_at_work_is_shown() {
    use std::sync::atomic::{AtomicI64, Ordering};

    let served = Served::new();
    let config = Config::load(served.folder.path().join("tidings.toml")).unwrap();
    let (site, _) = Site::load(&config, DateTime::from_timestamp(PUBLISHED.0, 0).unwrap());
    let time = Arc::new(AtomicI64::new(PUBLISHED.0));
    let clock = Arc::clone(&time);
    let now = move || DateTime::from_timestamp(clock.load(Ordering::Relaxed), 0).unwrap();
    let metrics = Arc::new(Metrics::default());
    let server = Arc::new(super::server::Server::new(served.publication, site.counts(), metrics, Arc::new(now)));
    assert_eq!(server.reloading_seconds(), None);
    let reload = server.begin_reload();
    time.fetch_add(90, Ordering::Relaxed);
    assert_eq!(server.reloading_seconds(), Some(90));
    drop(reload);
    assert_eq!(server.reloading_seconds(), None);
}

/// Where no encoder is free, the response is that to a request for what is sent instead.
#[test]
fn a_cheaper_representation_has_its_own_headers() {
    let mut served = Served::new();
    let first = served.get(FEED, &[("a-im", "feed")]).tag();
    served.story("b", "Second", LATER);
    let fields = [("a-im", "feed"), ("accept-encoding", "br"), ("if-none-match", first.as_str())];
    let delta = || ready(respond(&request(Method::GET, FEED, &fields), &served.publication, &Now::new(LATER)));
    assert_eq!(delta().status, StatusCode::IM_USED);
    let coded = ready(respond(&request(Method::GET, FEED, &fields[1..2]), &served.publication, &Now::new(LATER)));
    for (reply, fields) in
        [(in_cheaper(delta()), &fields[..2]), (in_cheaper(in_cheaper(delta())), &fields[..1]), (in_cheaper(coded), &[])]
    {
        let (mut sent, mut expected) = (Received::new(reply), served.get(FEED, fields));
        sent.headers.sort_by_key(|(name, _)| name.to_string());
        expected.headers.sort_by_key(|(name, _)| name.to_string());
        assert_eq!((sent.status, sent.headers, sent.body), (expected.status, expected.headers, expected.body));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// A 304 has a tag that the client named, and that a 200 in an acceptable coding would carry.
    #[test]
    fn a_304_repeats_a_tag_that_a_200_would_carry(
        accepted in prop::sample::select(ACCEPTED.to_vec()),
        named in prop::collection::vec((0..7_usize, any::<bool>()), 0..4),
        path in prop::sample::select(vec![FEED, "/en/", "/assets/style.css"]),
    ) {
        thread_local!(static SERVED: Served = Served::new());
        SERVED.with(|served| {
            let in_coding = |coding: Choice| {
                let accepted = coding.map_or("identity".to_owned(), |coding| format!("identity;q=0, {}", coding.token()));
                served.get(path, &[("accept-encoding", &accepted)]).tag()
            };
            let current = CODINGS.map(in_coding);
            let old = ["\"0-old\"".to_owned(), current[0].replace('-', "_"), "\"\"".to_owned()];
            let tags = named.iter().map(|(index, is_weak)| {
                let tag = current.iter().chain(&old).nth(*index).unwrap();
                if *is_weak { format!("W/{tag}") } else { tag.clone() }
            });
            let tags: Vec<String> = tags.collect();
            let list = tags.join(", ");
            let mut headers = vec![("if-none-match", &*list)];
            headers.extend(accepted.0.map(|accepted| ("accept-encoding", accepted)));
            let response = served.get(path, &headers);
            let would_carry: Vec<String> = accepted.2.iter().map(|coding| in_coding(*coding)).collect();
            let is_named = |tag: &String| tags.iter().any(|named| named.trim_start_matches("W/") == tag);
            let is_right = match response.status.as_u16() {
                304 => would_carry.contains(&response.tag()) && is_named(&response.tag()),
                _ => !would_carry.iter().any(is_named),
            };
            prop_assert!(is_right, "{:?} {:?}", headers, response);
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(12) })]

    /// The server has the bytes of a build, for any store.
    #[test]
    fn any_store_is_served_as_it_is_built(
        stories in prop::collection::vec((0..6_u8, any::<bool>(), 1..28_u8, 1..12_u8, "[a-z<&]{1,6}"), 1..12),
    ) {
        let folder = tempfile::TempDir::new().unwrap();
        let config = CONFIG.replace("[topics.research]", "fallback = ['en']\n[topics.research]");
        let config = config.replace("[feeds]\n", "[feeds]\nlimit = 2\narchives = 'month'\n");
        std::fs::write(folder.path().join("tidings.toml"), config).unwrap();
        std::fs::create_dir(folder.path().join("stories")).unwrap();
        for (id, is_french, day, month, title) in &stories {
            let language = if *is_french { "fr" } else { "en" };
            let record = serde_json::json!({
                "id": format!("s/{id}"), "language": language, "title": title, "content_markdown": "*b*",
                "published": format!("2022-{month:02}-{day:02}"), "link": "https://news.example.org/a",
            });
            std::fs::write(folder.path().join(format!("stories/{id}{language}.jsonl")), record.to_string()).unwrap();
        }
        let metrics = Metrics::default();
        let publication = publish(folder.path(), None, &metrics, PUBLISHED);
        let site = Site::load(&Config::load(folder.path().join("tidings.toml")).unwrap(), PUBLISHED.utc()).0;
        let served = Served { folder, publication, metrics };
        for document in site.documents() {
            let document = document.unwrap();
            let is_same = || served.get(&format!("/{}", document.path), &[]).body == document.bytes;
            prop_assert!(document.path == "old.html" || is_same(), "{}", document.path);
        }
    }
}
