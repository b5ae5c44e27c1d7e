//! A hub on loopback that records pings, and responds as a test wants it to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use socket2::{Domain, Socket, Type};

use crate::client::Connection;
use crate::server::{BASE, wait_until};

/// How a hub responds.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Accepting,
    /// 503.
    TurningAway,
    /// A redirect.
    Moved,
    /// No response.
    Hanging,
}

#[derive(Debug, Default)]
pub struct State {
    pub mode: Mode,
    /// Topics that get a 404.
    pub rejected: BTreeSet<String>,
    /// The topics that came, each with the body that was served at that time, empty without a server.
    pub pings: Vec<(String, Vec<u8>)>,
    pub rejections: Vec<String>,
    pub turned_away: usize,
    pub hanging: usize,
    pub moved: usize,
    /// Requests that are no pings.
    pub malformed: Vec<String>,
    server: Option<SocketAddr>,
}

/// A hub. Its port is its own from the start; before [`open`](Hub::open) connections are refused.
pub struct Hub {
    pub url: String,
    socket: Mutex<Option<Socket>>,
    shared: Arc<(Mutex<State>, Condvar)>,
}

impl Hub {
    /// A hub that nobody can reach.
    pub fn closed() -> Hub {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        Hub { url: format!("http://{address}/"), socket: Mutex::new(Some(socket)), shared: Arc::default() }
    }

    /// A hub that accepts every ping.
    pub fn new() -> Hub {
        let hub = Hub::closed();
        hub.open();
        hub
    }

    /// Listens from here on.
    pub fn open(&self) {
        let socket = self.socket.lock().unwrap().take().unwrap();
        socket.listen(100).unwrap();
        let (listener, shared) = (TcpListener::from(socket), Arc::clone(&self.shared));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
    }

    /// The server whose feeds the hub reads at each ping.
    pub fn read_from(&self, server: SocketAddr) {
        self.state().server = Some(server);
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.0.lock().unwrap()
    }

    /// Responds otherwise from here on, also to the requests that hang.
    pub fn set_mode(&self, mode: Mode) {
        self.state().mode = mode;
        self.shared.1.notify_all();
    }

    /// Forgets what came.
    pub fn forget(&self) {
        let mut state = self.state();
        *state = State { mode: state.mode, server: state.server, ..State::default() };
    }

    /// How many pings of each topic came.
    pub fn counts(&self) -> BTreeMap<String, usize> {
        let state = self.state();
        assert_eq!(state.malformed, [""; 0]);
        let mut counts = BTreeMap::new();
        for (topic, _) in &state.pings {
            *counts.entry(topic.clone()).or_default() += 1;
        }
        counts
    }

    /// Waits for a ping of each topic.
    pub fn wait_for(&self, topics: &BTreeSet<String>) {
        wait_until(&format!("a ping of each of {topics:?}"), || {
            let counts = self.counts();
            topics.iter().all(|topic| counts.contains_key(topic))
        });
    }

    /// Asserts that there was one ping of each of these topics, and of no other.
    pub fn assert_pings(&self, topics: &BTreeSet<String>) {
        assert_eq!(self.counts(), topics.iter().map(|topic| (topic.clone(), 1)).collect());
    }

    /// Asserts that at the last ping of each topic its feed was served as it is now.
    pub fn assert_served(&self, feeds: &BTreeMap<String, Vec<u8>>) {
        let last: BTreeMap<String, Vec<u8>> = self.state().pings.iter().cloned().collect();
        for (topic, body) in last {
            assert!(feeds.get(&topic) == Some(&body), "{topic} was not yet served at its ping as it is now");
        }
    }
}

/// Responds to the requests of a connection.
fn serve(mut stream: TcpStream, shared: &(Mutex<State>, Condvar)) {
    while let Some((head, form)) = read(&mut stream) {
        let Some(status) = status(&head, &form, shared) else { return };
        let location = if status == 301 { "location: /elsewhere\r\n" } else { "" };
        let response = format!("HTTP/1.1 {status} x\r\n{location}content-length: 0\r\n\r\n");
        if stream.write_all(response.as_bytes()).is_err() {
            return;
        }
    }
}

/// The status of the response to a request; `None` where it has hung.
fn status(head: &str, form: &str, shared: &(Mutex<State>, Condvar)) -> Option<u16> {
    let mut state = shared.0.lock().unwrap();
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(form.as_bytes()).into_owned().collect();
    let topic = match &fields[..] {
        [(mode, publish), (url, topic), (second, same)]
            if (&**mode, &**publish, &**url, &**second) == ("hub.mode", "publish", "hub.url", "hub.topic")
                && topic == same
                && head.starts_with("POST / HTTP/1.1\r\n")
                && head.contains("content-type: application/x-www-form-urlencoded\r\n") =>
        {
            topic.clone()
        }
        _ => {
            state.malformed.push(format!("{head}{form}"));
            return Some(400);
        }
    };
    match state.mode {
        Mode::Hanging => {
            state.hanging += 1;
            drop(shared.1.wait_while(state, |state| state.mode == Mode::Hanging));
            return None;
        }
        Mode::TurningAway => {
            state.turned_away += 1;
            return Some(503);
        }
        Mode::Moved => {
            state.moved += 1;
            return Some(301);
        }
        Mode::Accepting if state.rejected.contains(&topic) => {
            state.rejections.push(topic);
            return Some(404);
        }
        Mode::Accepting => {}
    }
    let server = state.server;
    drop(state);
    let path = topic.strip_prefix(BASE).unwrap_or(&topic);
    let body = server.map(|server| Connection::open(server).get(&format!("/{path}")).body);
    shared.0.lock().unwrap().pings.push((topic, body.unwrap_or_default()));
    Some(202)
}

/// The head of the next request of a connection, its names in lower case, and the form.
fn read(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut head, mut byte) = (String::new(), [0]);
    while !head.ends_with("\r\n\r\n") {
        stream.read_exact(&mut byte).ok()?;
        head.push(char::from(byte[0]));
    }
    let lower = head.to_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
    let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    let (start, fields) = head.split_once("\r\n")?;
    Some((format!("{start}\r\n{}", fields.to_lowercase()), String::from_utf8(body).ok()?))
}
