//! The server on real sockets, with a clock that the test sets.

#![allow(clippy::expect_used, clippy::unwrap_used)]

mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use common::Site;
use tidings::serve::{Options, Reread, Source, listen, run};
use tokio::sync::oneshot;

const START: &str = "2025-06-01T12:00:00Z";

/// A site, its server, and the clock that it looks at.
struct Served {
    site: Site,
    address: SocketAddr,
    clock: Arc<AtomicI64>,
    /// Whether whoever asks for the time meets a mistake of ours.
    is_broken: Arc<AtomicBool>,
    reread: Reread,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn new(site: Site) -> Served {
        let clock = Arc::new(AtomicI64::new(START.parse::<DateTime<Utc>>().unwrap().timestamp()));
        let is_broken = Arc::new(AtomicBool::new(false));
        let (time, broken) = (Arc::clone(&clock), Arc::clone(&is_broken));
        let tell = move || {
            let is_asked_by_a_request = std::thread::current().name().is_some_and(|name| name.contains("tokio"));
            assert!(!(is_asked_by_a_request && broken.load(Ordering::Relaxed)), "no panic but the one that is wanted");
            DateTime::from_timestamp(time.load(Ordering::Relaxed), 0).unwrap()
        };
        let options = Options { config: site.path("tidings.toml"), base_url: None, drafts: false };
        let (source, _) = Source::open(options, Arc::new(tell)).unwrap();
        let reread = source.rereader();
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = listen("127.0.0.1:0".parse().unwrap()).await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                run(listener, source, async { drop(stopped.await) }).await.unwrap();
            });
        });
        let address = address.recv().unwrap();
        Served { site, address, clock, is_broken, reread, stop: Some(stop), thread: Some(thread) }
    }

    fn pass(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        ask(&mut stream, path, "connection: close\r\n");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits until an answer holds a text, or does not.
    fn wait(&self, text: &str, is_there: bool) {
        let start = Instant::now();
        while self.get("/en/all.atom.xml").contains(text) != is_there {
            assert!(start.elapsed() < Duration::from_secs(20), "{text}: {is_there}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if self.thread.is_some() {
            self.stop();
        }
    }
}

fn ask(stream: &mut TcpStream, path: &str, fields: &str) {
    write!(stream, "GET {path} HTTP/1.1\r\nhost: h\r\n{fields}\r\n").unwrap();
}

/// Reads one answer of a connection that stays open.
fn answer(stream: &mut TcpStream) -> String {
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
        assert!(count > 0, "the answer ends early: {text}");
        bytes.extend_from_slice(&buffer[..count]);
    }
}

/// Faults 18: stories appear and leave when their time comes, whatever else the clock does.
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
    served.pass(31);
    served.wait("Soon", true);
    served.wait("Brief", true);
    // What has appeared stays, and what comes meanwhile comes.
    served.pass(-3600);
    served.site.story("other", "2025-02-01", "Other");
    served.wait("Other", true);
    served.wait("Soon", true);
    served.pass(3600 + 30);
    served.wait("Brief", false);
    let years = 20 * 365 * 86_400;
    served.pass(years);
    served.wait("Soon", true);
    served.pass(-years);
    served.site.story("last", "2025-03-01", "Last");
    served.wait("Last", true);
    // When everything is read anew, the clock is believed.
    served.pass(-31 - 30);
    served.reread.reread();
    served.wait("Soon", false);
    served.wait("Brief", true);
}

/// Fault 27: a request at which the server fails gets a 500, and no other is harmed.
#[test]
fn a_mistake_harms_one_request_alone() {
    let site = Site::new();
    site.story("now", "2025-01-01", "Now");
    let served = Served::new(site);
    let mut stream = TcpStream::connect(served.address).unwrap();
    ask(&mut stream, "/en/all.atom.xml", "");
    assert!(answer(&mut stream).starts_with("HTTP/1.1 200 "));
    served.is_broken.store(true, Ordering::Relaxed);
    let failed = served.get("/en/all.atom.xml");
    assert!(failed.starts_with("HTTP/1.1 500 ") && !failed.contains("wanted"), "{failed}");
    served.is_broken.store(false, Ordering::Relaxed);
    ask(&mut stream, "/en/all.atom.xml", "");
    assert!(answer(&mut stream).starts_with("HTTP/1.1 200 "));
}

/// Fault 25: what is under way when the server stops is finished, and what was sent is answered.
#[test]
fn requests_are_answered_when_the_server_stops() {
    let site = Site::new();
    site.story("now", "2025-01-01", "Now");
    let mut served = Served::new(site);
    let mut streams: Vec<TcpStream> = (0..20).map(|_| TcpStream::connect(served.address).unwrap()).collect();
    for stream in &mut streams {
        ask(stream, "/en/all.json", "");
        assert!(answer(stream).starts_with("HTTP/1.1 200 "));
    }
    let waiting: Vec<_> = streams
        .into_iter()
        .map(|mut stream| {
            std::thread::spawn(move || {
                let start = Instant::now();
                while start.elapsed() < Duration::from_secs(10) {
                    ask(&mut stream, "/en/all.json", "");
                    let answer = answer(&mut stream);
                    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
                    if answer.contains("connection: close") {
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
