//! SIGTERM and SIGINT: the server ends soon and well, and no request that was sent is lost.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::client::Connection;
use crate::common::Site;
use crate::server::{FEED, LIMIT, Served, SetOnDrop, put_story, site, site_with_story, wait_until};

/// A feed of several megabytes, more than the buffers of a connection hold.
const LARGE: &str = "/en/all.json";
const REQUEST: &str = "GET /en/all.atom.xml HTTP/1.1\r\nhost: a\r\n\r\n";

fn site_with_large_feed() -> Site {
    let site = site("", "");
    put_story(&site, "first", "First", &["en"]);
    let text = "long ".repeat(40_000);
    for number in 0..40 {
        let translation = serde_json::json!({ "title": "Long", "content_text": text });
        let story = serde_json::json!({
            "id": format!("long-{number}"), "published": "2019-01-01", "translations": { "en": translation },
        });
        site.write(&format!("stories/long-{number}.json"), story.to_string());
    }
    site
}

/// What was sent before the signal gets its response, also on connections that the server has not accepted yet. The
/// server is halted meanwhile, so that it is certain that both come before the signal.
#[test]
fn what_was_sent_before_the_signal_gets_its_response() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut served = Served::new(site_with_story(""));
        let mut kept: Vec<Connection> = (0..20).map(|_| Connection::open(served.address)).collect();
        for connection in &mut kept {
            assert_eq!(connection.get(FEED).status, 200);
        }
        served.signal(Signal::STOP);
        let mut new: Vec<Connection> = (0..50).map(|_| Connection::open(served.address)).collect();
        for connection in kept.iter_mut().chain(&mut new) {
            connection.send(REQUEST);
        }
        served.signal(signal);
        served.signal(Signal::CONT);
        for (name, connections) in [("kept", &mut kept), ("new", &mut new)] {
            for (number, connection) in connections.iter_mut().enumerate() {
                let response = connection.receive(false).unwrap_or_else(|| panic!("{name} {number}: no response"));
                assert_eq!(response.status, 200, "{name} {number}");
            }
        }
        // The server waits for clients that do not close their side.
        drop((kept, new));
        served.assert_ends();
    }
}

/// What came of the requests under load.
#[derive(Default)]
struct Load {
    answered: AtomicU64,
    lost_on_new: AtomicU64,
    lost_on_kept: AtomicU64,
    /// When the signal was sent.
    signalled: OnceLock<Instant>,
    has_ended: AtomicBool,
}

impl Load {
    /// Asks without pause until nobody listens any more, on connections that are kept, or on one for each request.
    fn ask(&self, address: SocketAddr, keeps: bool) {
        let fields = if keeps { "" } else { "connection: close\r\n" };
        let request = format!("GET {FEED} HTTP/1.1\r\nhost: a\r\n{fields}\r\n");
        while let Ok(stream) = TcpStream::connect(address)
            && !self.has_ended.load(Ordering::Relaxed)
        {
            let mut connection = Connection::new(stream);
            let mut is_new = true;
            // On a connection that the server has closed there is no request to lose.
            while is_new || !connection.is_closed() {
                let sent = Instant::now();
                if connection.stream.write_all(request.as_bytes()).is_err() {
                    break;
                }
                let Some(response) = connection.receive(false).filter(|response| response.status == 200) else {
                    self.count_lost(is_new, sent);
                    break;
                };
                self.answered.fetch_add(1, Ordering::Relaxed);
                if !keeps || response.field("connection") == Some("close") || self.has_ended.load(Ordering::Relaxed) {
                    break;
                }
                is_new = false;
            }
        }
    }

    fn count_lost(&self, is_new: bool, sent: Instant) {
        // A connection that was silent for a second after the signal is closed, whatever its client sends just then.
        let may_be_late = self.signalled.get().is_some_and(|at| sent > *at + Duration::from_millis(500));
        if is_new {
            self.lost_on_new.fetch_add(1, Ordering::Relaxed);
        } else if !may_be_late {
            self.lost_on_kept.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[test]
fn under_load_no_request_is_lost() {
    for signal in [Signal::TERM, Signal::INT, Signal::TERM, Signal::INT] {
        let mut served = Served::new(site_with_story(""));
        let (load, address) = (Load::default(), served.address);
        let number = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        std::thread::scope(|scope| {
            for client in 0..20 {
                let load = &load;
                scope.spawn(move || load.ask(address, client % 2 == 0));
            }
            let _end = SetOnDrop(&load.has_ended);
            wait_until("many requests are answered", || number(&load.answered) > 500);
            load.signalled.get_or_init(Instant::now);
            served.stop(signal);
        });
        assert_eq!(number(&load.lost_on_kept), 0, "of {}", number(&load.answered));
        // A connection that the system lets in while the socket is being closed never reaches the server, and cannot be
        // told from one that does. The queue has one place then, or two where two processors fill it at once.
        assert!(number(&load.lost_on_new) <= 2, "{} of {}", number(&load.lost_on_new), number(&load.answered));
    }
}

/// Reads a response in small pieces, and the connection to its end. Returns how many bytes came, and how many it has.
fn read_slowly(connection: &mut Connection) -> (usize, usize) {
    let start = Instant::now();
    let (mut received, mut buffer) = (Vec::new(), [0; 16_384]);
    loop {
        let count = connection.stream.read(&mut buffer).unwrap();
        received.extend_from_slice(&buffer[..count]);
        assert!(start.elapsed() < LIMIT);
        if count == 0 {
            break;
        }
        std::thread::yield_now();
    }
    let head = received.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    let text = String::from_utf8_lossy(&received[..head]).into_owned();
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    (received.len() - head - 4, length.parse().unwrap())
}

#[test]
fn a_response_in_progress_comes_to_its_end() {
    let mut served = Served::new(site_with_large_feed());
    let mut connection = Connection::open(served.address);
    connection.send(format!("GET {LARGE} HTTP/1.1\r\nhost: a\r\n\r\n"));
    // It has begun, and cannot be complete.
    assert!(connection.stream.peek(&mut [0; 100]).unwrap() > 0);
    served.signal(Signal::TERM);
    wait_until("the server stops", || served.log().contains("stopping"));
    let (received, length) = read_slowly(&mut connection);
    assert!(received == length && length > 4_000_000, "{received} of {length} bytes");
    drop(connection);
    served.assert_ends();
}

#[test]
fn idle_connections_and_those_that_never_read_keep_nothing() {
    let mut served = Served::new(site_with_large_feed());
    let mut connections: Vec<Connection> = (0..50).map(|_| Connection::open(served.address)).collect();
    for connection in &mut connections[..10] {
        connection.send(format!("GET {LARGE} HTTP/1.1\r\nhost: a\r\n\r\n"));
        assert!(connection.stream.peek(&mut [0; 100]).unwrap() > 0);
    }
    for connection in &mut connections[10..20] {
        connection.send(&REQUEST[..REQUEST.len() - 10]);
    }
    for connection in &mut connections[20..30] {
        assert_eq!(connection.get(FEED).status, 200);
    }
    served.stop(Signal::TERM);
}

#[test]
fn further_signals_change_nothing() {
    let mut served = Served::new(site_with_story(""));
    // A connection, so that the end takes a while.
    let mut connection = Connection::open(served.address);
    assert_eq!(connection.get(FEED).status, 200);
    let start = Instant::now();
    for signal in [Signal::TERM, Signal::TERM, Signal::INT, Signal::HUP] {
        served.signal(signal);
    }
    served.assert_ends();
    assert!(start.elapsed() < Duration::from_secs(15));
}
