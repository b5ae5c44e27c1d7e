//! From a request to its answer: a pure function of the head of the request, the publication and the moment.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;

use super::accept::Accepted;
use super::conditional::{Verdict, asks_for_delta, lines, weigh};
use super::document::{Document, Wanted, http_date};
use super::later::Later;
use super::metrics::Counters;
use super::publication::{IM, Lookup, Publication};
use super::resource::Resource;
use crate::coding::Coding;
use crate::model::Timestamp;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub content: Content,
    /// Where it is counted, if it is about a document.
    pub counters: Option<Arc<Counters>>,
}

/// What an answer holds.
#[derive(Debug)]
pub enum Content {
    Bytes(Bytes),
    /// Bytes of a document, which may have to be made.
    Document(Arc<Document>, Wanted),
    /// Nothing yet: the document has to be made before it is known what to answer.
    Later(Arc<Later>),
}

/// Longer paths than this are none of ours.
const LONGEST_PATH: usize = 8192;
const METHODS: &str = "GET, HEAD, OPTIONS";

/// A moment, and how a header writes it.
#[derive(Debug, Clone)]
pub struct Now {
    pub at: Timestamp,
    pub text: HeaderValue,
}

impl Now {
    pub fn new(at: Timestamp) -> Now {
        Now { at, text: http_date(at) }
    }
}

/// Answers a request.
pub fn respond<B>(request: &Request<B>, publication: &Publication, now: &Now) -> Answer {
    let mut answer = route(request, publication, now.at);
    answer.headers.insert(header::DATE, now.text.clone());
    answer
}

fn route<B>(request: &Request<B>, publication: &Publication, now: Timestamp) -> Answer {
    let headers = request.headers();
    // RFC 9112 §3.2: a request of HTTP/1.1 names one host, and any other no more than that.
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    if more.is_some() || host.map_or(request.version() == hyper::Version::HTTP_11, |host| !is_host(host.as_bytes())) {
        return last(plain(StatusCode::BAD_REQUEST, "a request names one host\n"));
    }
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !reads {
        let answer = plain(StatusCode::METHOD_NOT_ALLOWED, "feeds can only be read\n");
        return last(with(answer, header::ALLOW, METHODS));
    }
    // What is asked for here needs no body, and one without a length is how requests are smuggled (RFC 9112 §11.2).
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return last(plain(StatusCode::BAD_REQUEST, "requests have no body here\n"));
    }
    if request.method() == Method::OPTIONS {
        return options(headers);
    }
    if request.uri().path().len() > LONGEST_PATH {
        return plain(StatusCode::URI_TOO_LONG, "there are no paths as long as this\n");
    }
    let Some(path) = path(request.uri().path()) else {
        return plain(StatusCode::BAD_REQUEST, "this is no path\n");
    };
    match publication.find(&path) {
        Lookup::Resource(resource) => document(request, resource, now),
        Lookup::Later(later) => match later.ready() {
            Some(resource) => document(request, &resource, now),
            None => Answer { content: Content::Later(Arc::clone(later)), ..plain(StatusCode::SERVICE_UNAVAILABLE, "") },
        },
        Lookup::Moved(to) => moved(to, publication),
        Lookup::Nothing => plain(StatusCode::NOT_FOUND, "there is nothing here\n"),
    }
}

/// Whether a host can be named so (RFC 3986 §3.2.2), perhaps with a port.
fn is_host(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(byte))
}

/// The path without its first slash, its escapes resolved; `None` where it is malformed or hides a slash.
fn path(written: &str) -> Option<Cow<'_, str>> {
    let written = written.strip_prefix('/')?;
    if !written.contains('%') {
        return Some(Cow::Borrowed(written));
    }
    let is_escape = |rest: &[u8]| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit);
    let mut escapes = written.split('%').skip(1).map(str::as_bytes);
    if !escapes.all(|rest| is_escape(rest) && !rest[..2].eq_ignore_ascii_case(b"2f")) {
        return None;
    }
    let path = percent_decode_str(written).decode_utf8().ok()?;
    (!path.contains(char::is_control)).then_some(path)
}

fn document<B>(request: &Request<B>, resource: &Arc<Resource>, now: Timestamp) -> Answer {
    let counters = Some(Arc::clone(&resource.counters));
    let accepted = Accepted::read(lines(request.headers(), header::ACCEPT_ENCODING));
    let Some(coding) = accepted.best() else {
        let answer = plain(StatusCode::NOT_ACCEPTABLE, "this is served in br, zstd, gzip and identity\n");
        return Answer { counters, ..with(answer, header::VARY, "Accept-Encoding") };
    };
    // Contract §6: HEAD ignores `A-IM`.
    let delta = resource.is_feed && request.method() == Method::GET && asks_for_delta(request.headers());
    let answer = match weigh(request.headers(), &resource.document, accepted, delta, now) {
        Verdict::Whole => whole(resource, coding, delta, now),
        Verdict::NotModified { coding, delta } => not_modified(resource, coding, delta),
        Verdict::Since(version) => since(resource, version, coding, now),
        Verdict::Failed => plain(StatusCode::PRECONDITION_FAILED, "this is not what it was\n"),
    };
    Answer { counters, ..answer }
}

fn whole(resource: &Resource, coding: Option<Coding>, delta: bool, now: Timestamp) -> Answer {
    let mut headers = dated(resource, coding, now);
    if delta {
        // RFC 3229, by the contract's rule: a tag that may be followed by a 226 is given where nothing stores the answer.
        headers.insert(header::ETAG, resource.document.delta_tag(coding).clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let content = Content::Document(Arc::clone(&resource.document), Wanted { since: None, coding });
    Answer { status: StatusCode::OK, headers, content, counters: None }
}

/// RFC 3229 §10.4.1. Nothing on the way may take it for the feed.
fn since(resource: &Resource, version: u128, coding: Option<Coding>, now: Timestamp) -> Answer {
    let mut headers = dated(resource, coding, now);
    headers.insert(header::ETAG, resource.document.delta_tag(coding).clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, im"));
    headers.insert(IM, HeaderValue::from_static("feed"));
    let content = Content::Document(Arc::clone(&resource.document), Wanted { since: Some(version), coding });
    Answer { status: StatusCode::IM_USED, headers, content, counters: None }
}

/// RFC 9110 §15.4.5: what the whole answer would say of caching, and no more.
fn not_modified(resource: &Resource, coding: Option<Coding>, delta: bool) -> Answer {
    let mut headers = resource.not_modified(coding).clone();
    if delta {
        headers.insert(header::ETAG, resource.document.delta_tag(coding).clone());
    }
    Answer { status: StatusCode::NOT_MODIFIED, headers, content: empty(), counters: None }
}

/// The header of a document, with its date once that has come.
fn dated(resource: &Resource, coding: Option<Coding>, now: Timestamp) -> HeaderMap {
    let mut headers = resource.whole(coding).clone();
    let last_modified = resource.document.last_modified;
    if last_modified <= now {
        headers.insert(header::LAST_MODIFIED, resource.document.last_modified_text.clone());
    }
    headers
}

fn moved(to: HeaderValue, publication: &Publication) -> Answer {
    let mut answer = plain(StatusCode::PERMANENT_REDIRECT, "this is elsewhere\n");
    answer.headers.insert(header::LOCATION, to);
    let age = format!("public, max-age={}", publication.config.server.max_age);
    with(answer, header::CACHE_CONTROL, &age)
}

/// What may be asked, and of other sites' pages what a browser may ask for them (Fetch §3.2).
fn options(headers: &HeaderMap) -> Answer {
    let answer = Answer { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), content: empty(), counters: None };
    let mut answer = with(answer, header::ALLOW, METHODS);
    if headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        for (name, text) in [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "If-None-Match, If-Modified-Since, A-IM"),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ] {
            answer = with(answer, name, text);
        }
    }
    answer
}

/// A short answer in words, which nothing stores.
pub fn plain(status: StatusCode, text: &'static str) -> Answer {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Answer { status, headers, content: Content::Bytes(Bytes::from_static(text.as_bytes())), counters: None }
}

/// The same answer as the last of its connection.
pub fn last(answer: Answer) -> Answer {
    with(answer, header::CONNECTION, "close")
}

/// The same answer with a field more.
pub fn with(mut answer: Answer, name: HeaderName, text: &str) -> Answer {
    set(&mut answer.headers, name, text);
    answer
}

fn set(headers: &mut HeaderMap, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        headers.insert(name, value);
    }
}

fn empty() -> Content {
    Content::Bytes(Bytes::new())
}
