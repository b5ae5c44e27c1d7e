//! How often one client may ask: a token bucket by client address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;

use super::conditional::lines;
use crate::config::RateLimit;

/// No more clients than these are kept apart, whatever an attacker pretends.
const MOST_CLIENTS: usize = 100_000;

/// The buckets of all clients.
#[derive(Debug, Default)]
pub struct Buckets(Mutex<HashMap<IpAddr, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    since: Instant,
}

impl Bucket {
    fn at(self, limit: RateLimit, now: Instant) -> Bucket {
        let passed = now.saturating_duration_since(self.since).as_secs_f64();
        Bucket { tokens: (self.tokens + passed * limit.per_second).min(limit.burst), since: now }
    }
}

impl Buckets {
    /// Takes a token for a request.
    ///
    /// # Errors
    /// There is none, and how long it takes until there is.
    pub fn take(&self, client: IpAddr, limit: RateLimit, now: Instant) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_CLIENTS {
            // A full bucket says nothing.
            all.retain(|_, bucket| bucket.at(limit, now).tokens < limit.burst);
            if all.len() >= MOST_CLIENTS {
                all.clear();
            }
        }
        let bucket = all.entry(network(client)).or_insert(Bucket { tokens: limit.burst, since: now });
        *bucket = bucket.at(limit, now);
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / limit.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

/// What one client is likely to have to itself: an IPv4 address, or the first 64 bits of an IPv6 one.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// The address of a client: of those that a request came through, the last that is no trusted proxy.
///
/// A proxy that sets one of the two fields may hand on what the client wrote in the other. So where both stand and differ,
/// neither is believed.
pub fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    let last = |named: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for address in named.into_iter().rev() {
            // What is before an unknown hop is hearsay.
            let Some(address) = address else { break };
            client = address.to_canonical();
            if !is_trusted(client) {
                break;
            }
        }
        client
    };
    let by_x = headers
        .contains_key(FORWARDED_FOR)
        .then(|| last(lines(headers, FORWARDED_FOR).flat_map(|line| line.split(',')).map(address).collect()));
    let by_standard = headers.contains_key(header::FORWARDED).then(|| last(forwarded(headers)));
    match (by_x, by_standard) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => peer,
    }
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The `for` of each element of `Forwarded` (RFC 7239 §4).
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let elements = lines(headers, header::FORWARDED).flat_map(|line| line.split(','));
    let named = elements.map(|element| {
        let pair = element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then_some(value)
        });
        pair.and_then(|value| address(value.trim().trim_matches('"')))
    });
    named.collect()
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split(']').next()?.parse().ok();
    }
    text.parse().ok().or_else(|| text.rsplit_once(':')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills() {
        let (buckets, limit) = (Buckets::default(), RateLimit { per_second: 2.0, burst: 3.0 });
        let (start, here) = (Instant::now(), "192.0.2.1".parse().unwrap());
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        assert!((0..3).all(|_| buckets.take(here, limit, start).is_ok()));
        assert_eq!(buckets.take(here, limit, start), Err(Duration::from_millis(500)));
        assert!(buckets.take("192.0.2.2".parse().unwrap(), limit, start).is_ok());
        assert!(buckets.take(here, limit, after(0.5)).is_ok());
        assert!(buckets.take(here, limit, after(0.6)).is_err());
        assert!((0..3).all(|_| buckets.take(here, limit, after(60.0)).is_ok()));
        assert!(buckets.take(here, limit, after(60.0)).is_err());
        // A clock that goes back gives nothing and takes nothing.
        assert!(buckets.take(here, limit, start).is_err());
    }

    #[test]
    fn many_clients_need_bounded_memory() {
        let (buckets, limit, start) = (Buckets::default(), RateLimit { per_second: 1.0, burst: 2.0 }, Instant::now());
        for number in 0..(MOST_CLIENTS as u32 + 5000) {
            let _ = buckets.take(IpAddr::V4(number.into()), limit, start);
        }
        assert!(buckets.0.lock().unwrap().len() <= MOST_CLIENTS);
    }

    #[test]
    fn the_client_is_the_last_that_is_not_trusted() {
        let trusted: Vec<IpNet> = ["10.0.0.0/8", "127.0.0.1/32", "::1/128"].map(|net| net.parse().unwrap()).to_vec();
        for (peer, fields, expected) in [
            ("192.0.2.9", vec![("x-forwarded-for", "198.51.100.1")], "192.0.2.9"),
            ("127.0.0.1", vec![("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
            ("::ffff:127.0.0.1", vec![("x-forwarded-for", "198.51.100.1")], "198.51.100.1"),
            ("127.0.0.1", vec![("x-forwarded-for", "203.0.113.5, 198.51.100.1, 10.1.1.1")], "198.51.100.1"),
            (
                "127.0.0.1",
                vec![("x-forwarded-for", "203.0.113.5"), ("x-forwarded-for", "198.51.100.1:80")],
                "198.51.100.1",
            ),
            ("127.0.0.1", vec![("x-forwarded-for", "198.51.100.1, unknown")], "127.0.0.1"),
            ("127.0.0.1", vec![("forwarded", "for=198.51.100.1;proto=https, For=\"10.0.0.1:99\"")], "198.51.100.1"),
            ("::1", vec![("forwarded", "for=\"[2001:db8::1]:1234\"")], "2001:db8::1"),
            ("127.0.0.1", vec![("forwarded", "proto=https")], "127.0.0.1"),
            ("127.0.0.1", vec![("forwarded", "for=1.2.3.4"), ("x-forwarded-for", "198.51.100.1")], "127.0.0.1"),
            ("127.0.0.1", vec![("forwarded", "for=1.2.3.4"), ("x-forwarded-for", "1.2.3.4")], "1.2.3.4"),
            ("127.0.0.1", vec![], "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &fields {
                headers.append(HeaderName::from_static(name), value.parse().unwrap());
            }
            assert_eq!(
                client(peer.parse().unwrap(), &headers, &trusted),
                expected.parse::<IpAddr>().unwrap(),
                "{fields:?}"
            );
        }
        assert_eq!(network("2001:db8::1".parse().unwrap()), network("2001:db8::ffff:1".parse().unwrap()));
    }
}
