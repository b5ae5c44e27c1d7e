//! Clients that keep many connections.

use std::net::{Ipv4Addr, Shutdown};

use crate::client::Connection;
use crate::server::{FEED, Served, put_story, serve_by_shell, site_with_story, wait_until};

/// The response to a request that was not complete in time.
pub const TIMED_OUT: &str = "408\nconnection: close\ncontent-length: 0\n";

/// At the limit a connection with half a request makes place, and is told why.
#[test]
fn a_connection_that_makes_place_with_half_a_request_gets_408() {
    let served = Served::new(site_with_story("max_connections = 1\n"));
    let mut outcome = None;
    wait_until("a 408", || {
        let mut half = Connection::open(served.address);
        half.send("GET / HTTP/1.1\r\nhost: a\r\n");
        assert_eq!(served.get(FEED).status, 200);
        // Without one where the server had not read the half when it needed the place.
        outcome = half.receive(false);
        outcome.is_some()
    });
    assert_eq!(outcome.unwrap().head(), TIMED_OUT);
}

/// At the limit the connection that has been idle for longest makes place for a new one, and the admin address responds.
#[test]
fn the_longest_idle_connection_makes_place() {
    let served = Served::new(site_with_story("max_connections = 20\n"));
    let mut idle: Vec<Connection> = (0..20).map(|_| Connection::open(served.address)).collect();
    for connection in &mut idle {
        assert_eq!(connection.get(FEED).status, 200);
    }
    // The first is now the last that was used.
    assert_eq!(idle[0].get(FEED).status, 200);
    let mut late = Connection::open(served.address);
    assert_eq!(late.get(FEED).status, 200);
    assert_eq!(served.ask_admin("/healthz").status, 200);
    // Those that were used within the same moment may be taken for each other.
    wait_until("one of the first is closed", || idle[1..11].iter().any(Connection::is_closed));
    assert_eq!(idle.iter().filter(|connection| connection.is_closed()).count(), 1);
    drop(idle);
    let mut connection = Connection::open(served.address);
    for _ in 0..50 {
        assert_eq!(connection.get(FEED).status, 200);
    }
}

/// A client at its own limit, none of whose connections is idle, gets no further one; others do.
#[test]
fn a_client_with_too_many_connections_is_refused() {
    let served = Served::new(site_with_story("max_connections_per_client = 2\n"));
    let mut refusal = None;
    wait_until("a 429", || {
        let mut halves: Vec<Connection> = (0..2).map(|_| Connection::open(served.address)).collect();
        for half in &mut halves {
            half.send("GET / HTTP/1.1\r\nhost: a\r\n");
        }
        // Until the server has read both halves it may close one of them instead.
        let mut third = Connection::open(served.address);
        third.stream.shutdown(Shutdown::Write).unwrap();
        refusal = third.receive(false);
        refusal.is_some()
    });
    assert_eq!(refusal.unwrap().head(), "429\nconnection: close\ncontent-length: 0\nretry-after: 30\n");
    let mut other = Connection::open_from(Ipv4Addr::new(127, 0, 0, 2), served.address);
    assert_eq!(other.get(FEED).status, 200);
}

/// More idle connections than files may be open, of clients that each stay below their own limit.
#[test]
fn idle_connections_leave_files_for_the_store_and_the_admin_address() {
    let site = site_with_story("");
    let command = serve_by_shell(&site, "ulimit -n 256 && exec \"$@\"");
    let served = Served::by(site, command);
    let mut open = Vec::new();
    for number in 0..340_u32 {
        let client = Ipv4Addr::new(127, 0, 1, 1 + (number % 34) as u8);
        let mut connection = Connection::open_from(client, served.address);
        if number % 2 == 1 {
            assert_eq!(connection.get(FEED).status, 200, "connection {number}");
        }
        open.push(connection);
    }
    assert_eq!(served.ask_admin("/healthz").status, 200);
    put_story(&served.site, "first", "Changed meanwhile", &["en"]);
    served.wait_to_show("Changed meanwhile");
    assert!(served.log().contains("at most 192 connections at once"), "{}", served.log());
}
