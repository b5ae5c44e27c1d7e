//! Rate limiting: a token bucket per client address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;

use super::conditional::lines;
use crate::config::RateLimit;

/// Bounds the memory, however many addresses an attacker uses.
const MAX_CLIENTS: usize = 100_000;

/// The token buckets of all clients.
#[derive(Debug, Default)]
pub struct RateLimiter(Mutex<HashMap<IpAddr, TokenBucket>>);

#[derive(Debug, Clone, Copy)]
struct TokenBucket {
    tokens: f64,
    updated: Instant,
}

impl TokenBucket {
    fn refill(self, limit: RateLimit, now: Instant) -> TokenBucket {
        let elapsed = now.saturating_duration_since(self.updated).as_secs_f64();
        TokenBucket { tokens: (self.tokens + elapsed * limit.per_second).min(limit.burst), updated: now }
    }
}

impl RateLimiter {
    /// Takes a token for a request.
    ///
    /// # Errors
    /// The bucket is empty: how long until the next token.
    pub fn try_take(&self, client: IpAddr, limit: RateLimit, now: Instant) -> Result<(), Duration> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MAX_CLIENTS {
            // A full bucket is equal to none.
            all.retain(|_, bucket| bucket.refill(limit, now).tokens < limit.burst);
            if all.len() >= MAX_CLIENTS {
                all.clear();
            }
        }
        let bucket = all.entry(network(client)).or_insert(TokenBucket { tokens: limit.burst, updated: now });
        *bucket = bucket.refill(limit, now);
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / limit.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

/// The key of a client: its IPv4 address, or the /64 of its IPv6 address.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// The address of a client: the last hop that is not a trusted proxy.
///
/// A proxy that sets one of the two headers may forward the client's own value of the other. So where they differ, neither
/// is believed.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !is_trusted(peer) {
        return peer;
    }
    let last_untrusted = |hops: Vec<Option<IpAddr>>| {
        let mut client = peer;
        for address in hops.into_iter().rev() {
            // Hops before an unknown one cannot be trusted.
            let Some(address) = address else { break };
            client = address.to_canonical();
            if !is_trusted(client) {
                break;
            }
        }
        client
    };
    let x_forwarded_for = headers
        .contains_key(FORWARDED_FOR)
        .then(|| last_untrusted(lines(headers, FORWARDED_FOR).flat_map(|line| line.split(',')).map(address).collect()));
    let forwarded = headers.contains_key(header::FORWARDED).then(|| last_untrusted(forwarded(headers)));
    match (x_forwarded_for, forwarded) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => peer,
    }
}

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The `for` of each element of `Forwarded` (RFC 7239 §4).
fn forwarded(headers: &HeaderMap) -> Vec<Option<IpAddr>> {
    let elements = lines(headers, header::FORWARDED).flat_map(|line| line.split(','));
    let addresses = elements.map(|element| {
        let pair = element.split(';').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            name.trim().eq_ignore_ascii_case("for").then_some(value)
        });
        pair.and_then(|value| address(value.trim().trim_matches('"')))
    });
    addresses.collect()
}

/// Parses an address with an optional port.
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
    fn buckets_empty_and_refill() {
        let (limiter, limit) = (RateLimiter::default(), RateLimit { per_second: 2.0, burst: 3.0 });
        let (start, client) = (Instant::now(), "192.0.2.1".parse().unwrap());
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        assert!((0..3).all(|_| limiter.try_take(client, limit, start).is_ok()));
        assert_eq!(limiter.try_take(client, limit, start), Err(Duration::from_millis(500)));
        assert!(limiter.try_take("192.0.2.2".parse().unwrap(), limit, start).is_ok());
        assert!(limiter.try_take(client, limit, after(0.5)).is_ok());
        assert!(limiter.try_take(client, limit, after(0.6)).is_err());
        assert!((0..3).all(|_| limiter.try_take(client, limit, after(60.0)).is_ok()));
        assert!(limiter.try_take(client, limit, after(60.0)).is_err());
        // A clock that goes backwards changes nothing.
        assert!(limiter.try_take(client, limit, start).is_err());
    }

    #[test]
    fn memory_is_bounded() {
        let (limiter, limit, start) =
            (RateLimiter::default(), RateLimit { per_second: 1.0, burst: 2.0 }, Instant::now());
        for number in 0..(MAX_CLIENTS as u32 + 5000) {
            let _ = limiter.try_take(IpAddr::V4(number.into()), limit, start);
        }
        assert!(limiter.0.lock().unwrap().len() <= MAX_CLIENTS);
    }

    #[test]
    fn the_client_is_the_last_untrusted_hop() {
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
                client_address(peer.parse().unwrap(), &headers, &trusted),
                expected.parse::<IpAddr>().unwrap(),
                "{fields:?}"
            );
        }
        assert_eq!(network("2001:db8::1".parse().unwrap()), network("2001:db8::ffff:1".parse().unwrap()));
    }
}
