//! Clients that ask too often, and by what they are told apart.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use crate::client::{Connection, Response};
use crate::common::Site;
use crate::server::{FEED, Served, site_with_story, wait_until};

const BURST: usize = 10;
const OWN: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A request a second, so that also on a slow machine a client asks faster.
fn limited(server: &str) -> Site {
    site_with_story(&format!("rate_limit = {{ per_second = 1, burst = {BURST} }}\n{server}"))
}

/// One client asks until it is refused; `fields` are those of each request, by its number. Returns the refusal.
fn exhaust(served: &Served, client: Ipv4Addr, fields: impl Fn(usize) -> String) -> Response {
    let mut connection = Connection::open_from(client, served.address);
    let start = Instant::now();
    for number in 0..100 {
        let response = connection.request("GET", FEED, &fields(number));
        if response.status == 429 {
            assert!(number >= BURST, "refused after {number} requests");
            return response;
        }
        assert_eq!(response.status, 200, "{}", fields(number));
        let earned = start.elapsed().as_secs() as usize + 1;
        assert!(number < BURST + earned, "{} requests were served in {earned} s", number + 1);
    }
    panic!("100 requests of one client were served");
}

/// The statuses of some requests with the same fields.
fn statuses(served: &Served, count: usize, fields: &str) -> Vec<u16> {
    let mut connection = Connection::open(served.address);
    (0..count).map(|_| connection.request("GET", FEED, fields).status).collect()
}

#[test]
fn a_greedy_client_is_refused_for_a_while_and_no_other() {
    let served = Served::new(limited(""));
    let refusal = exhaust(&served, OWN, |_| String::new());
    let refused_at = Instant::now();
    let expected = "429\ncache-control: no-store\ncontent-length: 18\ncontent-type: text/plain; charset=utf-8\ndate\n\
        retry-after: 1\nx-content-type-options: nosniff\n";
    assert_eq!((refusal.head(), &*refusal.text()), (expected.to_owned(), "you ask too often\n"));
    let mut other = Connection::open_from(Ipv4Addr::new(127, 0, 0, 2), served.address);
    for _ in 0..5 {
        assert_eq!(other.get(FEED).status, 200, "another client is harmed");
    }
    let wait = Duration::from_secs(refusal.field("retry-after").unwrap().parse().unwrap());
    wait_until("the time that the client was told is over", || refused_at.elapsed() >= wait);
    assert_eq!(statuses(&served, 1, ""), [200]);
    // It is no proxy, so it cannot name others.
    exhaust(&served, Ipv4Addr::new(127, 0, 0, 3), |number| {
        format!(
            "x-forwarded-for: 203.0.113.{number}\r\nforwarded: for=203.0.113.{number}\r\nx-real-ip: 203.0.113.{number}\r\n"
        )
    });
}

#[test]
fn clients_behind_a_proxy_are_told_apart_by_x_forwarded_for() {
    let served = Served::new(limited("trusted_proxies = [\"127.0.0.1/32\"]\n"));
    let forwarded = |last: usize| format!("x-forwarded-for: 203.0.113.{last}\r\n");
    exhaust(&served, OWN, |_| forwarded(1));
    assert_eq!(statuses(&served, 1, &forwarded(2)), [200]);
    // What the client itself wrote is not believed, and harms nobody whom it names.
    exhaust(&served, OWN, |number| format!("x-forwarded-for: 198.51.100.{number}, 203.0.113.3\r\n"));
    assert_eq!(statuses(&served, BURST, "x-forwarded-for: 198.51.100.9\r\n"), [200; BURST]);
    // Fields that are not configured are ignored.
    let invented = |number: usize| format!("forwarded: for=198.51.100.{number}\r\nx-real-ip: 198.51.100.{number}\r\n");
    exhaust(&served, OWN, |number| forwarded(5) + &invented(number));
    exhaust(&served, OWN, invented);
    exhaust(&served, Ipv4Addr::new(127, 0, 0, 2), |number| {
        format!("{}forwarded: for=203.0.113.{number}\r\n", forwarded(number))
    });
}

#[test]
fn requests_without_a_usable_address_share_a_limit() {
    let served = Served::new(limited("trusted_proxies = [\"127.0.0.1/32\"]\n"));
    let long = "a".repeat(2000);
    let nonsense = ["unknown", "", ",,,", "[::", "\"", "1.2.3.4.5", &long, "_hidden"];
    exhaust(&served, OWN, |number| format!("x-forwarded-for: {}\r\n", nonsense[number % nonsense.len()]));
    assert_eq!(statuses(&served, BURST, "x-forwarded-for: 203.0.113.2\r\n"), [200; BURST], "another client is harmed");
}

#[test]
fn clients_behind_a_proxy_are_told_apart_by_forwarded() {
    let served = Served::new(limited("trusted_proxies = [\"127.0.0.1\"]\nclient_ip_header = \"forwarded\"\n"));
    let v6 =
        |address: &str| format!("forwarded: for=\"[{address}]:1234\";proto=https\r\nx-forwarded-for: 203.0.113.9\r\n");
    exhaust(&served, OWN, |_| v6("2001:db8::1"));
    assert_eq!(statuses(&served, BURST, &v6("2001:db8:0:1::1")), [200; BURST], "another network is harmed");
    // All addresses of a network have one limit.
    exhaust(&served, OWN, |number| v6(&format!("2001:db8:0:2::{number:x}")));
    // What the client itself wrote is not believed, also where it opens a quotation.
    exhaust(&served, OWN, |number| format!("forwarded: for=198.51.100.{number}, for=203.0.113.4\r\n"));
    exhaust(&served, OWN, |number| format!("forwarded: for=\"198.51.100.{number}, for=203.0.113.6\r\n"));
    assert_eq!(statuses(&served, BURST, "forwarded: for=198.51.100.9\r\n"), [200; BURST], "whom it named is harmed");
}

#[test]
fn clients_behind_a_proxy_are_told_apart_by_x_real_ip() {
    let served = Served::new(limited("trusted_proxies = [\"127.0.0.1\"]\nclient_ip_header = \"x-real-ip\"\n"));
    exhaust(&served, OWN, |number| format!("x-real-ip: 203.0.113.1\r\nx-forwarded-for: 198.51.100.{number}\r\n"));
    assert_eq!(statuses(&served, BURST, "x-real-ip: 203.0.113.2\r\n"), [200; BURST], "another client is harmed");
}
