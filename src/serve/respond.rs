//! From a request to its response: a pure function of the request header, the publication and the time.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;

use super::accept::Accepted;
use super::conditional::{Precondition, accepts_delta, evaluate_preconditions, lines};
use super::document::{Document, Representation, http_date};
use super::lazy::LazyPage;
use super::metrics::Counters;
use super::publication::{Lookup, Publication};
use super::resource::{CACHE_TAGS, Resource};
use crate::coding::Coding;
use crate::model::Timestamp;

/// The response to a request.
#[derive(Debug)]
pub enum Response {
    Ready(Reply),
    /// A page has to be rendered first; then the same request gets a reply.
    NeedsRender(Arc<LazyPage>),
}

/// A response whose status and headers are known.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Body,
    /// Where it is counted, if it is about a document.
    pub counters: Option<Arc<Counters>>,
}

/// The body of a reply.
#[derive(Debug)]
pub enum Body {
    Bytes(Bytes),
    /// A representation of a document, which may have to be encoded.
    Document(Arc<Document>, Representation),
}

const MAX_PATH_LENGTH: usize = 8192;
const METHODS: &str = "GET, HEAD, OPTIONS";
/// RFC 3229 §10.5.2.
const IM: HeaderName = HeaderName::from_static("im");

/// A time, and the same as a header value.
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

/// Responds to a request.
pub fn respond<B>(request: &Request<B>, publication: &Publication, now: &Now) -> Response {
    let latest_date = publication.latest_date(now.at);
    let mut reply = match (reject(request), path(request.uri().path())) {
        (Some(reply), _) => reply,
        (None, None) => text(StatusCode::BAD_REQUEST, "this is no path\n"),
        (None, Some(_)) if !publication.is_ready() => {
            let reply = text(StatusCode::SERVICE_UNAVAILABLE, "nothing is published here yet; ask again\n");
            with_header(reply, header::RETRY_AFTER, "1")
        }
        (None, Some(path)) => match publication.find(&path) {
            Lookup::Resource(resource) => document(request, resource, latest_date),
            Lookup::Lazy(page) => match publication.cached(page) {
                Some(resource) => document(request, &resource, latest_date),
                None => return Response::NeedsRender(Arc::clone(page)),
            },
            Lookup::Redirect(location) => redirect(location, publication),
            Lookup::NotFound => match publication.not_found(&path) {
                Some(resource) => with_status(request, resource, StatusCode::NOT_FOUND, now.at),
                None => text(StatusCode::NOT_FOUND, "there is nothing here\n"),
            },
        },
    };
    reply.headers.insert(header::DATE, now.text.clone());
    Response::Ready(reply)
}

/// The reply to OPTIONS, and to an invalid request.
fn reject<B>(request: &Request<B>) -> Option<Reply> {
    let headers = request.headers();
    // RFC 9112 §3.2: HTTP/1.1 requires exactly one `Host`, earlier versions allow one.
    let mut hosts = headers.get_all(header::HOST).iter();
    let (host, more) = (hosts.next(), hosts.next());
    if more.is_some() || host.map_or(request.version() == hyper::Version::HTTP_11, |host| !is_host(host.as_bytes())) {
        return Some(close_after(text(StatusCode::BAD_REQUEST, "a request names one host\n")));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        let reply = text(StatusCode::METHOD_NOT_ALLOWED, "feeds can only be read\n");
        return Some(close_after(with_header(reply, header::ALLOW, METHODS)));
    }
    // None of these methods needs a body, and a chunked one allows request smuggling (RFC 9112 §11.2).
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Some(close_after(text(StatusCode::BAD_REQUEST, "requests have no body here\n")));
    }
    if request.method() == Method::OPTIONS {
        return Some(options(headers));
    }
    if request.uri().path().len() > MAX_PATH_LENGTH {
        return Some(text(StatusCode::URI_TOO_LONG, "there are no paths as long as this\n"));
    }
    None
}

/// Whether bytes can be a host with an optional port (RFC 3986 §3.2.2).
fn is_host(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~:[]%!$&'()*+,;=".contains(byte))
}

/// The path without its first slash, percent-decoded; `None` where it is malformed or has an encoded slash.
fn path(encoded: &str) -> Option<Cow<'_, str>> {
    let path = encoded.strip_prefix('/')?;
    if !path.contains('%') {
        return Some(Cow::Borrowed(path));
    }
    let is_escape = |rest: &[u8]| rest.len() >= 2 && rest[..2].iter().all(u8::is_ascii_hexdigit);
    let mut escapes = path.split('%').skip(1).map(str::as_bytes);
    if !escapes.all(|rest| is_escape(rest) && !rest[..2].eq_ignore_ascii_case(b"2f")) {
        return None;
    }
    let path = percent_decode_str(path).decode_utf8().ok()?;
    (!path.contains(char::is_control)).then_some(path)
}

fn document<B>(request: &Request<B>, resource: &Resource, now: Timestamp) -> Reply {
    let counters = Some(Arc::clone(&resource.counters));
    let accepted = Accepted::read(lines(request.headers(), header::ACCEPT_ENCODING));
    let Some(coding) = accepted.best() else {
        let reply = text(StatusCode::NOT_ACCEPTABLE, "this is served in br, zstd, gzip and identity\n");
        return Reply { counters, ..with_header(reply, header::VARY, "Accept-Encoding") };
    };
    if resource.is_gone {
        return Reply { status: StatusCode::GONE, counters, ..full(resource, coding, false, now) };
    }
    // A response to HEAD is that of the full document.
    let may_send_delta = resource.has_deltas && request.method() == Method::GET && accepts_delta(request.headers());
    let reply = match evaluate_preconditions(request.headers(), &resource.document, accepted, may_send_delta, now) {
        Precondition::Full => full(resource, coding, may_send_delta, now),
        Precondition::Delta(base) => delta(resource, base, coding, now),
        Precondition::NotModified { coding, delta } => not_modified(resource, coding, delta),
        Precondition::Failed => text(StatusCode::PRECONDITION_FAILED, "this is not what it was\n"),
    };
    Reply { counters, ..reply }
}

/// A page that explains a status. Preconditions do not concern it (RFC 9110 §13.2.1), and caches ask again soon.
fn with_status<B>(request: &Request<B>, resource: &Resource, status: StatusCode, now: Timestamp) -> Reply {
    let accepted = Accepted::read(lines(request.headers(), header::ACCEPT_ENCODING));
    let mut reply = full(resource, accepted.best().flatten(), false, now);
    for name in [header::LINK, header::LAST_MODIFIED, header::ETAG] {
        reply.headers.remove(name);
    }
    // No cache keeps it.
    for name in CACHE_TAGS {
        reply.headers.remove(name);
    }
    Reply { status, ..with_header(reply, header::CACHE_CONTROL, "no-store") }
}

fn full(resource: &Resource, coding: Option<Coding>, may_send_delta: bool, now: Timestamp) -> Reply {
    let mut headers = with_last_modified(resource, coding, now);
    if may_send_delta {
        // A tag that a delta may follow is sent only where no cache stores it, so that none combines the two.
        headers.insert(header::ETAG, resource.document.delta_tag(coding).clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    let body = Body::Document(Arc::clone(&resource.document), Representation { base: None, coding });
    Reply { status: StatusCode::OK, headers, body, counters: None }
}

/// RFC 3229 §10.4.1. `no-store` keeps caches from storing it as the feed.
fn delta(resource: &Resource, base: u128, coding: Option<Coding>, now: Timestamp) -> Reply {
    let mut headers = with_last_modified(resource, coding, now);
    headers.insert(header::ETAG, resource.document.delta_tag(coding).clone());
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store, im"));
    headers.insert(IM, HeaderValue::from_static("feed"));
    let body = Body::Document(Arc::clone(&resource.document), Representation { base: Some(base), coding });
    Reply { status: StatusCode::IM_USED, headers, body, counters: None }
}

/// Whether a document may be sent in a cheaper representation than the one that the request prefers.
pub fn has_cheaper<B>(request: &Request<B>, representation: Representation) -> bool {
    let allows_identity = || Accepted::read(lines(request.headers(), header::ACCEPT_ENCODING)).allows(None);
    representation.base.is_some() || representation.coding.is_some() && allows_identity()
}

/// The reply with a cheaper representation: the full document for a delta, its bytes as they are for a coding.
pub fn in_cheaper(mut reply: Reply) -> Reply {
    let Body::Document(document, representation) = reply.body else { return reply };
    let headers = &mut reply.headers;
    let coding = match representation.base {
        Some(_) => {
            reply.status = StatusCode::OK;
            headers.remove(IM);
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            representation.coding
        }
        None => {
            let may_precede_delta = headers.get(header::ETAG) == Some(document.delta_tag(representation.coding));
            let tag = if may_precede_delta { document.delta_tag(None) } else { document.tag(None) };
            headers.insert(header::ETAG, tag.clone());
            headers.remove(header::CONTENT_ENCODING);
            None
        }
    };
    reply.body = Body::Document(document, Representation { base: None, coding });
    reply
}

/// RFC 9110 §15.4.5: only the headers that concern caches.
fn not_modified(resource: &Resource, coding: Option<Coding>, delta: bool) -> Reply {
    let mut headers = resource.not_modified(coding).clone();
    if delta {
        headers.insert(header::ETAG, resource.document.delta_tag(coding).clone());
    }
    Reply { status: StatusCode::NOT_MODIFIED, headers, body: empty(), counters: None }
}

/// The headers of a 200, with `Last-Modified` unless it is in the future.
fn with_last_modified(resource: &Resource, coding: Option<Coding>, now: Timestamp) -> HeaderMap {
    let mut headers = resource.full(coding).clone();
    let last_modified = resource.document.last_modified;
    if last_modified <= now {
        headers.insert(header::LAST_MODIFIED, resource.document.last_modified_text.clone());
    }
    headers
}

fn redirect(location: HeaderValue, publication: &Publication) -> Reply {
    let mut reply = text(StatusCode::PERMANENT_REDIRECT, "this is elsewhere\n");
    reply.headers.insert(header::LOCATION, location);
    let age = format!("public, max-age={}", publication.config.server.max_age);
    with_header(reply, header::CACHE_CONTROL, &age)
}

/// The allowed methods, and the response to a CORS preflight (Fetch §3.2).
fn options(headers: &HeaderMap) -> Reply {
    let reply = Reply { status: StatusCode::NO_CONTENT, headers: HeaderMap::new(), body: empty(), counters: None };
    let mut reply = with_header(reply, header::ALLOW, METHODS);
    if headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        for (name, value) in [
            (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD"),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, "If-None-Match, If-Modified-Since, A-IM"),
            (header::ACCESS_CONTROL_MAX_AGE, "86400"),
        ] {
            reply = with_header(reply, name, value);
        }
    }
    reply
}

/// A reply of plain text, which no cache stores.
pub fn text(status: StatusCode, text: &'static str) -> Reply {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Reply { status, headers, body: Body::Bytes(Bytes::from_static(text.as_bytes())), counters: None }
}

/// Closes the connection after a reply.
pub fn close_after(reply: Reply) -> Reply {
    with_header(reply, header::CONNECTION, "close")
}

/// Sets a header.
pub fn with_header(mut reply: Reply, name: HeaderName, value: &str) -> Reply {
    if let Ok(value) = HeaderValue::from_str(value) {
        reply.headers.insert(name, value);
    }
    reply
}

fn empty() -> Body {
    Body::Bytes(Bytes::new())
}
