//! Connections whose clients say nothing, or not all of a request.

use std::time::{Duration, Instant};

use crate::admin::metrics;
use crate::client::Connection;
use crate::connections::TIMED_OUT;
use crate::prometheus::Samples;
use crate::server::{FEED, Served, site_with_story, wait_until};

/// Waits for real seconds: 30 of them, and the interval in which the server looks.
#[test]
fn a_connection_without_a_complete_request_is_closed_in_time() {
    let served = Served::new(site_with_story("access_log = \"common\"\n"));
    let start = Instant::now();
    let mut half_line = Connection::open(served.address);
    half_line.send("GET /");
    let mut half_head = Connection::open(served.address);
    half_head.get(FEED);
    half_head.send("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ");
    let mut silent = Connection::open(served.address);
    let mut idle = Connection::open(served.address);
    idle.get(FEED);
    let mut slow = Connection::open(served.address);
    slow.send("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ");
    // A byte now and then is no reason to wait longer.
    let mut bytes = 0;
    wait_until("20 s are over", || {
        if start.elapsed() > Duration::from_secs(bytes) {
            slow.send("a");
            bytes += 1;
        }
        start.elapsed() > Duration::from_secs(20)
    });
    let mut halves = [("half a line", half_line), ("half a head", half_head), ("slow", slow)];
    // Where this process was halted meanwhile, more time may have passed.
    let is_early = start.elapsed() < Duration::from_secs(25);
    assert!(!(is_early && halves.iter().any(|(_, connection)| connection.is_closed())), "closed after 20 s already");
    for (name, connection) in &mut halves {
        let response = connection.receive(false).unwrap_or_else(|| panic!("{name}: closed without a 408"));
        assert_eq!(response.head(), TIMED_OUT, "{name}");
        assert!(connection.receive(false).is_none(), "{name}");
    }
    for (name, connection) in [("silent", &mut silent), ("idle", &mut idle)] {
        assert!(connection.receive(false).is_none(), "{name}: not closed, or not silently");
    }
    let count = |metrics: Samples| metrics.sum("tidings_requests_total", &[("status", "408")]);
    assert_eq!(count(metrics(&served)), 3.0);
    let logged = || served.access_log().iter().filter(|line| line.contains("] \"-\" 408 0")).count();
    wait_until("each 408 is logged", || logged() == 3);
    assert_eq!(served.get(FEED).status, 200);
}
