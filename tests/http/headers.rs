//! The status and every field of each kind of response: an unexpected field fails too.

use std::time::Duration;

use crate::client::Response;
use crate::server::{FEED, Served, put, site_with_story, wait_until};

/// A feed is served with these fields, sorted; `last-modified` is there from the second after the start on.
const FULL: &str = "\
200
access-control-allow-origin: *
access-control-expose-headers: ETag, Link
cache-control: public, max-age=60, stale-while-revalidate=300, stale-if-error=604800
cache-groups: \"kind-feed\", \"language-en\", \"scope-all\", \"document-362b80e1c39c28e2\"
cache-tag: kind-feed,language-en,scope-all,document-362b80e1c39c28e2
content-language: en
content-length: LENGTH
content-type: application/xml; charset=utf-8
date
etag
last-modified
link: <https://feeds.example.org/en/all.atom.xml>; rel=\"self\"
surrogate-key: kind-feed language-en scope-all document-362b80e1c39c28e2
vary: Accept-Encoding
x-content-type-options: nosniff
xkey: kind-feed language-en scope-all document-362b80e1c39c28e2
";

const NOT_MODIFIED: &str = "\
304
access-control-allow-origin: *
access-control-expose-headers: ETag, Link
cache-control: public, max-age=60, stale-while-revalidate=300, stale-if-error=604800
date
etag
vary: Accept-Encoding
";

const TEXT: &str = "\
cache-control: no-store
content-length: LENGTH
content-type: text/plain; charset=utf-8
date
x-content-type-options: nosniff
";

fn assert_head(response: &Response, expected: &str) {
    assert_eq!(response.head(), expected.replace("LENGTH", &response.body.len().to_string()));
}

fn served() -> Served {
    let served = Served::new(site_with_story("max_age = 60\nstale_while_revalidate = 300\n"));
    wait_until("the start's second is over", || served.get(FEED).field("last-modified").is_some());
    served
}

#[test]
fn a_feed_has_these_fields() {
    let served = served();
    let full = served.get(FEED);
    assert_head(&full, FULL);
    let coded = served.request("GET", FEED, "accept-encoding: gzip\r\n");
    let expected = FULL.replace("content-language", "content-encoding: gzip\ncontent-language");
    assert_head(&coded, &expected);
    assert_ne!(coded.tag(), full.tag());
    let head = served.request("HEAD", FEED, "");
    let length = full.body.len().to_string();
    assert_eq!(head.head(), FULL.replace("LENGTH", &length));
    assert!(head.tag() == full.tag() && head.body.is_empty());
}

#[test]
fn what_is_not_modified_has_these_fields_and_no_body() {
    let served = served();
    let full = served.get(FEED);
    let tag = full.tag();
    let date = full.field("last-modified").unwrap().to_owned();
    for (method, fields) in [
        ("GET", format!("if-none-match: {tag}\r\n")),
        ("HEAD", format!("if-none-match: {tag}\r\n")),
        ("GET", format!("if-none-match: \"other\", W/{tag}\r\n")),
        ("GET", "if-none-match: *\r\n".to_owned()),
        ("GET", format!("if-modified-since: {date}\r\n")),
        ("GET", format!("if-none-match: {tag}\r\nif-modified-since: Mon, 01 Jan 2001 00:00:00 GMT\r\n")),
        ("GET", format!("accept-encoding: gzip\r\nif-none-match: {tag}\r\n")),
    ] {
        let mut connection = crate::client::Connection::open(served.address);
        let response = connection.request(method, FEED, &fields);
        assert_eq!(response.head(), NOT_MODIFIED, "{method} {fields}");
        assert_eq!(response.tag(), tag, "{method} {fields}");
        // A body would be taken for the next response.
        assert_eq!(connection.get(FEED).body, full.body, "{method} {fields}");
    }
    for fields in [
        "if-none-match: \"other\"\r\n".to_owned(),
        format!("if-none-match: \"other\"\r\nif-modified-since: {date}\r\n"),
        "if-modified-since: Mon, 01 Jan 2001 00:00:00 GMT\r\n".to_owned(),
    ] {
        assert_head(&served.request("GET", FEED, &fields), FULL);
    }
    let coded = served.request("GET", FEED, "accept-encoding: gzip\r\n");
    let fields = format!("accept-encoding: gzip\r\nif-none-match: {}\r\n", coded.tag());
    assert_eq!(served.request("GET", FEED, &fields).tag(), coded.tag());
}

#[test]
fn what_is_no_document_has_these_fields() {
    let served = served();
    let with = |status: u16, line: &str| {
        let mut lines: Vec<&str> = TEXT.lines().chain(line.lines()).collect();
        lines.sort();
        format!("{status}\n{}\n", lines.join("\n"))
    };
    let request = |method: &str, path: &str, fields: &str| served.request(method, path, fields);
    assert_head(&request("POST", FEED, ""), &with(405, "allow: GET, HEAD, OPTIONS\nconnection: close"));
    assert_head(&request("GET", &format!("/{}", "a".repeat(9000)), ""), &with(414, ""));
    assert_head(&request("GET", "/%zz", ""), &with(400, ""));
    assert_head(&request("GET", FEED, "accept-encoding: *;q=0\r\n"), &with(406, "vary: Accept-Encoding"));
    for fields in ["if-match: \"other\"\r\n", "if-unmodified-since: Mon, 01 Jan 2001 00:00:00 GMT\r\n"] {
        assert_head(&request("GET", FEED, fields), &with(412, ""));
    }
    let page = with(404, "content-language: en\nvary: Accept-Encoding").replace("text/plain", "text/html");
    assert_head(&request("GET", "/nothing", ""), &page);
    let redirect = with(308, "location: en/").replace("no-store", "public, max-age=60");
    assert_head(&request("GET", "/en", ""), &redirect);
    let options = "204\nallow: GET, HEAD, OPTIONS\ndate\n";
    assert_head(&request("OPTIONS", FEED, ""), options);
    let preflight = "204\naccess-control-allow-headers: If-None-Match, If-Modified-Since, A-IM\n\
        access-control-allow-methods: GET, HEAD\naccess-control-allow-origin: *\naccess-control-max-age: 86400\n\
        allow: GET, HEAD, OPTIONS\ndate\n";
    let fields = "origin: https://elsewhere.example\r\naccess-control-request-method: GET\r\n";
    assert_head(&request("OPTIONS", FEED, fields), preflight);
}

/// What the parser refuses gets no more than a status; these are hyper's own responses.
#[test]
fn what_the_parser_refuses_has_these_fields() {
    let served = served();
    for (data, status) in [
        (format!("GET {FEED} HTTP/1.1\r\nhost: a\r\nx: {}\r\n\r\n", "a".repeat(40_000)), 431),
        (format!("GET {FEED} HTTP/1.1\r\nhost: a\r\nno colon\r\n\r\n"), 400),
    ] {
        let (responses, rest) = crate::client::exchange(served.address, [data.as_bytes()], false);
        assert!(responses.len() == 1 && rest.is_empty(), "{responses:?}");
        assert_eq!(responses[0].head(), format!("{status}\nconnection: close\ncontent-length: 0\n"));
    }
}

/// Validators follow the bytes: a change has another tag and a later date, and the same bytes have the same.
#[test]
fn a_change_has_other_validators() {
    let served = served();
    let before = served.get(FEED);
    put(&served.site, "stories/second.toml", "published = 2020-02-01\n[translations.en]\ntitle = \"Second\"\n");
    served.wait_to_show("Second");
    wait_until("the change has a date", || served.get(FEED).field("last-modified").is_some());
    let after = served.get(FEED);
    let date = |response: &Response| httpdate::parse_http_date(response.field("last-modified").unwrap()).unwrap();
    assert!(after.tag() != before.tag() && date(&after) >= date(&before) + Duration::from_secs(1));
    let fields = format!("if-none-match: {}\r\n", before.tag());
    assert_eq!(served.request("GET", FEED, &fields).body, after.body);
}
