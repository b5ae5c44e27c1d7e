//! The server on real sockets, with a clock that the test sets.

#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "common/clocked.rs"]
mod clocked;
mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clocked::Served;
use common::Site;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// What these tests ask of a server.
trait Ask {
    fn get(&self, path: &str) -> String;
    fn wait(&self, text: &str, is_present: bool);
}

impl Ask for Served {
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        send(&mut stream, path, "connection: close\r\n");
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Waits until a response contains a text, or does not.
    fn wait(&self, text: &str, is_present: bool) {
        let start = Instant::now();
        while self.get("/en/all.atom.xml").contains(text) != is_present {
            assert!(start.elapsed() < Duration::from_secs(20), "{text}: {is_present}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn send(stream: &mut TcpStream, path: &str, fields: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: h\r\n{fields}\r\n").unwrap();
}

/// Reads one response of a connection that stays open.
fn receive(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 65_536];
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
            if body.len() >= length.parse::<usize>().unwrap() {
                return text;
            }
        }
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "the response ends early: {text}");
        bytes.extend_from_slice(&buffer[..count]);
    }
}

/// Stories appear and expire at their time, whatever else the clock does.
#[test]
fn time_alone_changes_what_is_served() {
    let site = Site::new();
    site.story("now", "2025-01-01", "Now");
    site.story("soon", "2025-06-01T12:00:30Z", "Soon");
    site.write(
        "stories/brief.toml",
        "published = 2025-01-01\nexpires = 2025-06-01T12:01:00Z\n[translations.en]\ntitle = \"Brief\"\n",
    );
    let served = Served::new(site);
    assert!(!served.get("/en/all.atom.xml").contains("Soon"));
    served.wait("Brief", true);
    served.advance(31);
    served.wait("Soon", true);
    served.wait("Brief", true);
    // With a clock set back, what has appeared stays, and new stories still appear.
    served.advance(-3600);
    served.site.story("other", "2025-02-01", "Other");
    served.wait("Other", true);
    served.wait("Soon", true);
    served.advance(3600 + 30);
    served.wait("Brief", false);
    let years = 20 * 365 * 86_400;
    served.advance(years);
    served.wait("Soon", true);
    served.advance(-years);
    served.site.story("last", "2025-03-01", "Last");
    served.wait("Last", true);
    // A reload by hand accepts a clock that was set back.
    served.advance(-31 - 30);
    served.reload.reload();
    served.wait("Soon", false);
    served.wait("Brief", true);
}

/// A request that panics gets a 500, and no other is affected.
#[test]
fn a_panic_affects_one_request_only() {
    let site = Site::new();
    site.story("now", "2025-01-01", "Now");
    let served = Served::new(site);
    let mut stream = TcpStream::connect(served.address).unwrap();
    send(&mut stream, "/en/all.atom.xml", "");
    assert!(receive(&mut stream).starts_with("HTTP/1.1 200 "));
    served.is_broken.store(true, Ordering::Relaxed);
    let failed = served.get("/en/all.atom.xml");
    assert!(failed.starts_with("HTTP/1.1 500 ") && !failed.contains("panics"), "{failed}");
    served.is_broken.store(false, Ordering::Relaxed);
    send(&mut stream, "/en/all.atom.xml", "");
    assert!(receive(&mut stream).starts_with("HTTP/1.1 200 "));
}

/// Requests in progress at shutdown are finished, and those already sent get a response.
#[test]
fn requests_get_responses_at_shutdown() {
    let site = Site::new();
    site.story("now", "2025-01-01", "Now");
    let mut served = Served::new(site);
    let mut streams: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(served.address).unwrap()).collect();
    for stream in &mut streams {
        send(stream, "/en/all.json", "");
        assert!(receive(stream).starts_with("HTTP/1.1 200 "));
    }
    let waiting: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            std::thread::spawn(move || {
                let start = Instant::now();
                while start.elapsed() < Duration::from_secs(10) {
                    send(&mut stream, "/en/all.json", "");
                    let response = receive(&mut stream);
                    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
                    if response.contains("connection: close") {
                        return true;
                    }
                }
                false
            })
        })
        .collect();
    std::thread::sleep(Duration::from_millis(100));
    let start = Instant::now();
    served.stop();
    assert!(start.elapsed() < Duration::from_secs(9), "{:?}", start.elapsed());
    assert!(waiting.into_iter().all(|thread| thread.join().unwrap()));
    assert!(TcpStream::connect(served.address).is_err());
}

/// A client that closes its sending side after a request gets its response, also where it has to be rendered or encoded first.
#[test]
fn a_half_closed_connection_gets_its_response() {
    let site = Site::new();
    for number in 0..60 {
        site.story(&format!("s{number}"), &format!("20{:02}-01-01", number % 25), "A story");
    }
    let served = Served::new(site);
    let paths = ["/en/all.atom.xml", "/en/all.json", "/", "/en/2003/", "/en/2004/", "/nothing", "/en"];
    for number in 0..1000 {
        let (path, coding) = (paths[number % paths.len()], ["br", "zstd", "gzip", "identity"][number % 4]);
        let mut stream = TcpStream::connect(served.address).unwrap();
        send(&mut stream, path, &format!("accept-encoding: {coding}\r\n"));
        if number % 2 == 0 {
            send(&mut stream, path, "");
        }
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        let expected = 2 - number % 2;
        let responses = response.windows(9).filter(|bytes| *bytes == b"HTTP/1.1 ").count();
        assert_eq!(responses, expected, "request {number}, {path} in {coding}");
    }
}

/// A valid request head, and what may be wrong with one.
fn any_head() -> impl Strategy<Value = Vec<u8>> {
    let value = prop::sample::select(vec![
        "en/all.atom.xml",
        "/",
        "//",
        "/en/../en/all.json",
        "/%2e%2e/x",
        "/%",
        "/%00",
        "/en/all.atom.xml?x=1#y",
        "*",
        "\"",
        "W/\"",
        "\"x\", W/\"y\",, *",
        "*/*;q=2",
        "gzip;q=0, *;q=0",
        "br;q=1.0000",
        "identity;q=-1",
        "feed",
        "feed, , x",
        "bytes=0-1",
        "Sat, 01 Jan 0000 00:00:00 GMT",
        "Sat, 32 Foo 99999 99:99:99 GMT",
        "1, 2, 3",
        "[::1]:x",
        "for=\"[::1]\";by=\"",
        "-1",
        "18446744073709551616",
        "chunked",
        "gzip, chunked",
        "h:99999",
        "\u{e9}\u{202e}",
    ]);
    let name = prop_oneof![
        30 => prop::sample::select(vec![
            "if-none-match", "if-modified-since", "accept-encoding", "a-im", "range", "x-forwarded-for", "forwarded", "user-agent",
        ]),
        // Most of their values are no request.
        1 => prop::sample::select(vec![
            "host", "content-length", "transfer-encoding", "connection", "expect", "upgrade", " ", "a b", "", "host ",
        ]),
    ];
    let method = prop_oneof![
        9 => prop::sample::select(vec!["GET", "HEAD", "OPTIONS", "POST"]),
        1 => prop::sample::select(vec!["CONNECT", "PRI", "get", ""]),
    ];
    let target = prop_oneof![
        4 => prop::sample::select(vec!["/en/all.atom.xml", "/en/", "/en", "/feeds/en/all.json", "/old"]),
        1 => prop::sample::select(vec!["http://h/en/all.json", "h:80", "*", "", "/\u{e9}", "/%ff"]),
    ];
    let fields = prop::collection::vec((name, value), 0..6);
    let head = (method, target, fields).prop_map(|(method, target, fields)| {
        let fields: String = fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("{method} {target} HTTP/1.1\r\nhost: h\r\n{fields}\r\n").into_bytes()
    });
    let damage = (
        any::<prop::sample::Index>(),
        0_usize..9,
        prop::sample::select(vec![&b""[..], b"\0", b"\n", b"\r", b" ", b"\xff"]),
    );
    (head, prop::option::weighted(0.3, damage)).prop_map(|(mut head, damage)| {
        if let Some((at, length, piece)) = damage {
            let start = at.index(head.len());
            head.splice(start..(start + length).min(head.len()), piece.iter().copied());
        }
        head
    })
}

/// Whatever a client sends, it gets whole responses or none, at once, and the server goes on.
#[test]
fn any_request_head_is_answered_or_refused() {
    let site = Site::new();
    site.story("a", "2025-01-01", "A");
    let served = Served::new(site);
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_000);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let mut runner = TestRunner::new(config);
    let result = runner.run(&any_head(), |head| {
        let mut stream = TcpStream::connect(served.address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        // The server may have refused the head before all of it was sent.
        let _ = stream.write_all(&head).and_then(|()| stream.shutdown(std::net::Shutdown::Write));
        let mut response = Vec::new();
        if let Err(error) = stream.read_to_end(&mut response) {
            prop_assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        let response = String::from_utf8_lossy(&response).into_owned();
        if !response.is_empty() {
            let status: u16 = response.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
            prop_assert!(
                response.starts_with("HTTP/1.")
                    && [200, 204, 226, 304, 308, 400, 404, 405, 406, 412, 414, 431].contains(&status),
                "{}",
                response
            );
            prop_assert!(response.contains("\r\n\r\n"), "{}", response);
        }
        Ok(())
    });
    result.unwrap();
    assert!(served.get("/en/all.json").starts_with("HTTP/1.1 200"));
}
