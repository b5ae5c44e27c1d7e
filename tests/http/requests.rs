//! Odd, broken and hostile requests.

use std::net::SocketAddr;

use crate::client::{Response, exchange};
use crate::common::Site;
use crate::server::{FEED, Served, put, put_story, site};

const HOST: &str = "Host: feeds.example.org\r\n";
const SECRET: &str = "keep-this-to-yourself";
const SECOND: &str = "GET /fr/all.json HTTP/1.1\r\nHost: feeds.example.org\r\n\r\n";
const CHUNKED: &str = "Transfer-Encoding: chunked\r\n";
/// In the place of a status: closed without a response.
const CLOSED: u16 = 0;
const REFUSED: &[u16] = &[400, CLOSED];
const REFUSED_CODING: &[u16] = &[400, 501, CLOSED];
const REFUSED_VERSION: &[u16] = &[400, 505, CLOSED];
const BAD_CHUNKS: &[u16] = &[200, 400, 413, CLOSED];
const BODIES: &[u16] = &[200, 400, 413];

/// A site with a draft, and files beside its stories that nobody may have.
fn guarded_site() -> Site {
    let site = site("", "");
    put_story(&site, "first", "First", &["en", "fr"]);
    put_story(&site, "second", "Second", &["en", "fr"]);
    put(&site, "stories/.hidden.toml", SECRET);
    let draft = format!("published = 2020-01-01\ndraft = true\n[translations.en]\ntitle = \"{SECRET}\"\n");
    put(&site, "stories/draft.toml", &draft);
    put(&site, "secret.txt", SECRET);
    put(&site, "tidings.toml", &format!("# {SECRET}\n{}", site.read("tidings.toml")));
    site
}

/// The bytes of a request.
fn request(method: &str, path: impl AsRef<[u8]>, fields: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    let parts: [&[u8]; 8] = [
        method.as_bytes(),
        b" ",
        path.as_ref(),
        b" HTTP/1.1\r\n",
        HOST.as_bytes(),
        fields.as_ref(),
        b"\r\n",
        body.as_ref(),
    ];
    parts.concat()
}

fn get(fields: impl AsRef<[u8]>, body: impl AsRef<[u8]>) -> Vec<u8> {
    request("GET", FEED, fields, body)
}

/// The only response to one request; `None` where the connection was closed instead.
fn only_response(
    address: SocketAddr,
    data: &[u8],
    expected: &[u16],
    is_to_head: bool,
) -> Result<Option<Response>, String> {
    let (mut responses, rest) = exchange(address, [data], is_to_head);
    let shown = format!("{responses:?}");
    if shown.contains(SECRET) || responses.iter().any(|response| response.text().contains(SECRET)) {
        return Err(format!("a file of the disk: {shown}"));
    }
    if !rest.is_empty() {
        return Err(format!("bytes that are no whole response: {:?}", String::from_utf8_lossy(&rest)));
    }
    if responses.len() > 1 {
        return Err(format!("{} responses to one request: {shown}", responses.len()));
    }
    let status = responses.first().map_or(CLOSED, |response| response.status);
    if !expected.contains(&status) {
        return Err(format!("{status} instead of one of {expected:?}"));
    }
    Ok(responses.pop())
}

/// Asserts that there are no failures, and that the server goes on as it was.
fn assert_unharmed(mut served: Served, failures: &[String], whole: &Response) {
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(served.is_running());
    assert_eq!(served.get(FEED).body, whole.body);
}

/// Lengths, bodies and codings that are broken or hide another request.
fn bodies() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let chunked = |body: &str| get(CHUNKED, format!("{body}{SECOND}"));
    let both = format!("Content-Length: {}\r\n{CHUNKED}", SECOND.len() + 5);
    let last = format!("0\r\n\r\n{SECOND}");
    let length = |length: &str| format!("Content-Length: {length}\r\n");
    vec![
        ("a body on GET", get(length("5"), "hello"), BODIES),
        ("a body on GET that does not come", get(length("50"), ""), BODIES),
        ("a body of 2^64 bytes", get(length("18446744073709551616"), ""), &[400, 413, CLOSED]),
        ("a length below zero", get(length("-1"), ""), REFUSED),
        ("a length with a plus", get(length("+5"), "hello"), REFUSED),
        ("two lengths", get(length("5") + &length("6"), format!("hello{SECOND}")), REFUSED),
        ("two lengths in a list", get(length("5, 6"), format!("hello{SECOND}")), REFUSED),
        ("length, then chunked", get(length("5") + CHUNKED, &last), REFUSED),
        ("chunked, then length", get(format!("{CHUNKED}Content-Length: 5\r\n"), &last), REFUSED),
        ("length and chunked hide a request", get(both, &last), REFUSED),
        (
            "a coding that is not chunked",
            get("Transfer-Encoding: cow\r\n", format!("5\r\nhello\r\n{last}")),
            REFUSED_CODING,
        ),
        ("chunked, then a coding", get("Transfer-Encoding: chunked, cow\r\n", &last), REFUSED_CODING),
        ("chunked nonsense", chunked("nonsense\r\n\r\n"), BAD_CHUNKS),
        ("a chunk of 2^64 bytes", chunked("10000000000000000\r\na\r\n0\r\n\r\n"), BAD_CHUNKS),
        ("a chunk that is longer than it says", chunked("1\r\nabc\r\n0\r\n\r\n"), BAD_CHUNKS),
        ("a chunk without an end", chunked("1\n"), BAD_CHUNKS),
    ]
}

/// Heads that are too large, broken, or of another protocol.
fn heads() -> Vec<(&'static str, Vec<u8>, &'static [u16])> {
    let many: String = (0..1000).map(|number| format!("X-{number}: 1\r\n")).collect();
    let half = get("", "");
    let line = |line: &str| line.replace("PATH", FEED).into_bytes();
    let tls = [&b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"[..], &[0x5a; 200]].concat();
    vec![
        ("fields of 1 MB", get(format!("X-Long: {}\r\n", "a".repeat(1_000_000)), ""), &[400, 431, CLOSED]),
        ("fields of 40 kB", get(format!("X-Long: {}\r\n", "a".repeat(40_000)), ""), &[431]),
        ("1,000 fields", get(&many, ""), &[431]),
        ("a path of 100 kB", request("GET", format!("/{}", "a".repeat(100_000)), "", ""), &[414, 431]),
        ("a path of 9 kB", request("GET", format!("/{}", "a".repeat(9_000)), "", ""), &[414]),
        ("1 MB without an end of line", vec![b'a'; 1_000_000], &[400, 431, CLOSED]),
        ("a request and half of another", [half.clone(), half[..half.len() - 5].to_vec()].concat(), &[200]),
        ("bare LF", line("GET PATH HTTP/1.1\nHost: a\n\n"), REFUSED),
        ("bare LF between fields", line("GET PATH HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"), REFUSED),
        ("bare CR in a field", get("X: a\rY: b\r\n", ""), REFUSED),
        ("NUL in a field", get("X: a\0b\r\n", ""), REFUSED),
        ("NUL in a field's name", get("X\0Y: a\r\n", ""), REFUSED),
        ("a control byte in a field", get("X: a\x01b\x7f\r\n", ""), REFUSED),
        ("a field without a colon", get("nonsense\r\n", ""), REFUSED),
        ("a space before the colon", get("Content-Length : 5\r\n", "hello"), REFUSED),
        ("a folded field", get("X: a\r\n b\r\n", ""), &[200, 400, CLOSED]),
        ("HTTP/0.9", line("GET PATH\r\n"), REFUSED_VERSION),
        ("HTTP/0.9 by name", line("GET PATH HTTP/0.9\r\n\r\n"), REFUSED_VERSION),
        ("HTTP/1.0", line("GET PATH HTTP/1.0\r\n\r\n"), &[200]),
        ("HTTP/2.0 by name", line("GET PATH HTTP/2.0\r\nHost: a\r\n\r\n"), REFUSED_VERSION),
        ("HTTP/1.10", line("GET PATH HTTP/1.10\r\nHost: a\r\n\r\n"), REFUSED_VERSION),
        (
            "the preface of HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
            &[400, 405, 505, CLOSED],
        ),
        ("TLS", tls, REFUSED),
        ("all bytes", (0..=255).cycle().take(256 * 20).collect(), REFUSED),
        ("absolute form", request("GET", format!("http://feeds.example.org{FEED}"), "", ""), &[200]),
        ("absolute form, another host", request("GET", format!("http://elsewhere.example:81{FEED}"), "", ""), &[200]),
        ("asterisk form of GET", request("GET", "*", "", ""), &[400, 404, 405]),
        ("CONNECT", request("CONNECT", "news.example.org:443", "", ""), &[400, 404, 405, 501]),
        ("a method in lower case", request("get", FEED, "", ""), &[400, 405, 501]),
        ("a method that is no token", request("G@T", FEED, "", ""), &[400, 405, 501, CLOSED]),
        ("empty lines before", [b"\r\n\r\n".to_vec(), get("", "")].concat(), &[200]),
        ("no Host", line("GET PATH HTTP/1.1\r\n\r\n"), &[400]),
        ("two Hosts", get(HOST, ""), &[400]),
        ("a Host that is none", line("GET PATH HTTP/1.1\r\nHost: a b/c@d\r\n\r\n"), &[400]),
    ]
}

#[test]
fn broken_requests_get_one_response_or_none() {
    let served = Served::new(guarded_site());
    let whole = served.get(FEED);
    let mut failures = Vec::new();
    for (name, data, expected) in bodies().into_iter().chain(heads()) {
        if let Err(why) = only_response(served.address, &data, expected, false) {
            failures.push(format!("{name}: {why}"));
        }
    }
    assert_unharmed(served, &failures, &whole);
}

/// Paths at which there is nothing. `PATH` stands for that of a feed.
const PATHS: &[&[u8]] = &[
    b"/../",
    b"/../tidings.toml",
    b"/../secret.txt",
    b"/%2e%2e/tidings.toml",
    b"/%2e%2e%2fsecret.txt",
    b"/en/../../tidings.toml",
    b"/en/%2E%2E/%2E%2E/secret.txt",
    b"/./en/all.atom.xml",
    b"/..;/tidings.toml",
    b"/%252e%252e/tidings.toml",
    b"/%c0%ae%c0%ae/secret.txt",
    b"/..%00/secret.txt",
    b"/%00",
    b"/en/all.atom.xml%00",
    b"/en/all.atom.xml%00.html",
    b"/%",
    b"/%2",
    b"/%zz",
    b"/en/%",
    b"//",
    b"//en/all.atom.xml",
    b"/en//all.atom.xml",
    b"//elsewhere.example/..",
    b"//elsewhere.example/%2e%2e",
    b"/\\",
    b"/..\\tidings.toml",
    b"/en\\all.atom.xml",
    b"/%5c..%5csecret.txt",
    b"/\xff\xfe",
    b"/en/\xc3\x28",
    b"/%ff%fe",
    b"/en/%C3%28",
    b"/en/all.atom.xml;x",
    b"/en;x/all.atom.xml",
    b"/en/all.atom.xml/",
    b"/en/all.atom.xml%20",
    b"/en/all.atom.xml.",
    b"/EN/all.atom.xml",
    b"/en/ALL.atom.xml",
    b"/en/all.ATOM.xml",
    b"/.tidings",
    b"/en/.tidings",
    b"/%2etidings",
    b"/en%2Fall.atom.xml",
    b"/%2Fen/all.atom.xml",
    b"/en/all%2Fatom.xml",
    b"/stories/first.toml",
    b"/tidings.toml",
    b"/secret.txt",
    b"/.hidden.toml",
    b"/proc/self/environ",
    b"file:///etc/passwd",
    b"en/all.atom.xml",
    b"/en/all.atom.xml.gz",
    b"/metrics",
    b"/status",
    b"/~",
    b"/:",
    b"/en/all.atom.xml%0d%0aX-Injected:%20yes",
];

#[test]
fn other_paths_find_nothing() {
    let served = Served::new(guarded_site());
    let whole = served.get(FEED);
    let long = [format!("/{}", "a/".repeat(5000)), format!("/{}secret.txt", "%2e%2e/".repeat(500))];
    let long = long.iter().map(|path| (path.as_bytes(), &[400, 404, 414][..]));
    let mut failures = Vec::new();
    for (path, expected) in PATHS.iter().map(|path| (*path, &[400, 404][..])).chain(long) {
        let response = only_response(served.address, &request("GET", path, "", ""), expected, false);
        let shown = String::from_utf8_lossy(&path[..path.len().min(60)]);
        match response {
            Ok(Some(response)) if response.field("x-injected").is_none() => {}
            Ok(response) => failures.push(format!("{shown}: the path became a field: {response:?}")),
            Err(why) => failures.push(format!("{shown}: {why}")),
        }
    }
    assert_unharmed(served, &failures, &whole);
}

/// Fields that are odd, long or nonsense, and the statuses that are right.
fn odd_fields() -> Vec<(Vec<u8>, &'static [u16])> {
    let old = "Mon, 01 Jan 2001 00:00:00 GMT";
    let codings = "gzip;q=0.1,br;q=0.01,zstd;q=0.001,identity;q=0.9,".repeat(2500);
    let texts: Vec<(String, &[u16])> = vec![
        ("Range: bytes=0-9\r\n".to_owned(), &[200]),
        (format!("Range: bytes={}\r\n", "0-1,".repeat(1000)), &[200]),
        ("If-Range: \"wrong\"\r\nRange: bytes=0-9\r\n".to_owned(), &[200]),
        ("If-Match: \"wrong\"\r\n".to_owned(), &[412]),
        ("If-Match: *\r\n".to_owned(), &[200]),
        // In the second of the start there is no date to compare with.
        (format!("If-Unmodified-Since: {old}\r\n"), &[200, 412]),
        ("If-Unmodified-Since: nonsense\r\n".to_owned(), &[200]),
        ("If-Modified-Since: Mon, 99 Foo 2001 99:99:99 GMT\r\n".to_owned(), &[200]),
        ("If-None-Match: \"\"\",,W/,\"a\r\n".to_owned(), &[200]),
        (format!("If-None-Match: {}\r\n", "\"a\", ".repeat(5000)), &[200, 400, 431]),
        ("TE: trailers, deflate;q=0.5, cow\r\nConnection: TE\r\n".to_owned(), &[200]),
        ("Expect: 100-continue\r\n".to_owned(), &[200, 417]),
        ("Expect: nonsense\r\n".to_owned(), &[200, 417]),
        (
            "Upgrade: h2c, websocket\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
                .to_owned(),
            &[200],
        ),
        ("Accept: application/x-nonsense;q=1, ;;;\r\n".to_owned(), &[200, 406]),
        ("Accept-Language: ;q=,,xx-;-q=1\r\n".to_owned(), &[200]),
        (format!("Accept-Language: {}\r\n", "fr;q=0.1,".repeat(10_000)), &[200, 400, 431]),
        ("Accept-Encoding: ;;q=,gzip;x;q,=\r\n".to_owned(), &[200, 406]),
        ("Accept-Encoding: gzip;q=9\r\n".to_owned(), &[200, 406]),
        ("Accept-Encoding: br;q=NaN, gzip;q=1e9, zstd;q=-1\r\n".to_owned(), &[200, 406]),
        ("Accept-Encoding: identity;q=0, *;q=0\r\n".to_owned(), &[406]),
        (format!("Accept-Encoding: {codings}\r\n"), &[200, 400, 431]),
        ("A-IM: ;;feed;q=9,,nonsense\r\n".to_owned(), &[200]),
        ("X-HTTP-Method-Override: DELETE\r\n".to_owned(), &[200]),
        ("X-Original-URL: /../secret.txt\r\nX-Rewrite-URL: /secret.txt\r\n".to_owned(), &[200]),
    ];
    let mut fields: Vec<(Vec<u8>, &[u16])> =
        texts.into_iter().map(|(text, expected)| (text.into_bytes(), expected)).collect();
    let forwarded = b"Forwarded: for=\"[[[\";;by=,\r\nX-Forwarded-For: nonsense, 1.2.3.4.5.6, \xff\r\n";
    fields.push((forwarded.to_vec(), &[200, 400]));
    fields
}

#[test]
fn odd_fields_change_no_body() {
    let served = Served::new(guarded_site());
    let whole = served.get(FEED);
    let mut failures = Vec::new();
    for (fields, expected) in odd_fields() {
        let shown = String::from_utf8_lossy(&fields[..fields.len().min(60)]).into_owned();
        match only_response(served.address, &get(&fields, ""), expected, false) {
            Ok(Some(response)) if response.status == 200 && response.field("content-encoding").is_none() => {
                if response.body != whole.body {
                    failures.push(format!("{shown}: {} bytes instead of {}", response.body.len(), whole.body.len()));
                }
            }
            Ok(_) => {}
            Err(why) => failures.push(format!("{shown}: {why}")),
        }
    }
    assert_unharmed(served, &failures, &whole);
}

#[test]
fn other_methods_are_refused_and_nothing_of_them_comes_back() {
    let served = Served::new(guarded_site());
    let whole = served.get(FEED);
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "COW"] {
        let with_length = request(method, FEED, format!("Content-Length: {}\r\n", SECOND.len()), SECOND);
        let fields = format!("{CHUNKED}Expect: 100-continue\r\n");
        let with_chunks = request(method, FEED, fields, format!("0\r\n\r\n{SECOND}"));
        for data in [request(method, FEED, "", ""), with_length, with_chunks] {
            let response = only_response(served.address, &data, &[405], false).unwrap().unwrap();
            assert_eq!(response.field("allow"), Some("GET, HEAD, OPTIONS"), "{method}");
            assert_eq!(response.text(), "feeds can only be read\n", "{method}");
        }
    }
    for target in ["*", FEED] {
        let response = only_response(served.address, &request("OPTIONS", target, "", ""), &[204], false);
        assert_eq!(response.unwrap().unwrap().field("allow"), Some("GET, HEAD, OPTIONS"), "{target}");
    }
    assert_unharmed(served, &[], &whole);
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let served = Served::new(guarded_site());
    let paths = [FEED, "/fr/all.json", "/mul/all.rss.xml"];
    let whole = paths.map(|path| served.get(path));
    let asked: Vec<u8> = paths
        .iter()
        .cycle()
        .take(60)
        .flat_map(|path| request("GET", path, "Accept-Encoding: identity\r\n", ""))
        .collect();
    let few = &asked[..2000];
    for (how, data, size) in
        [("in one piece", &asked[..], asked.len()), ("in odd pieces", &asked, 1009), ("byte by byte", few, 1)]
    {
        let (responses, rest) = exchange(served.address, data.chunks(size), false);
        let count = data.windows(4).filter(|bytes| bytes == b"\r\n\r\n").count();
        assert!(rest.is_empty() && responses.len() == count && count > 10, "{how}: {} of {count}", responses.len());
        for (number, response) in responses.iter().enumerate() {
            assert_eq!(response.body, whole[number % 3].body, "{how}, number {number}");
        }
    }
    let hidden = get(format!("Content-Length: {}\r\n", SECOND.len()), SECOND);
    let data = [hidden, request("GET", paths[2], "Accept-Encoding: identity\r\n", "")].concat();
    let (responses, _) = exchange(served.address, [&data[..]], false);
    let bodies: Vec<&[u8]> = responses.iter().map(|response| &response.body[..]).collect();
    assert!(
        bodies == [&whole[0].body[..], &whole[2].body] || bodies == [&whole[0].body[..]],
        "a body was taken for the next request: {responses:?}"
    );
    assert_unharmed(served, &[], &whole[0]);
}
