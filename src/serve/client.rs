//! The client of a request, also behind trusted proxies.

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hyper::header::{self, HeaderMap, HeaderName};
use ipnet::IpNet;

use crate::config::{ClientIpHeader, Server};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");

/// The sender of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    Address(IpAddr),
    /// A client that this trusted proxy does not name. It is never the proxy itself: what others sent is not charged to it.
    UnknownBehind(IpAddr),
}

impl Client {
    /// The client of a request: the peer, or behind a trusted proxy the last address in its header that is not of a trusted
    /// proxy.
    ///
    /// Other headers are ignored, because a proxy that sets one forwards the client's own value of the others.
    pub fn new(peer: IpAddr, headers: &HeaderMap, config: &Server) -> Client {
        let peer = peer.to_canonical();
        let trusted = &config.trusted_proxies;
        if !is_trusted(peer, trusted) {
            return Client::Address(peer);
        }
        let client = match config.client_ip_header {
            ClientIpHeader::XForwardedFor => {
                let lines = lines_from_last(headers, X_FORWARDED_FOR);
                let hops: Vec<Option<IpAddr>> =
                    lines.flat_map(|line| line.rsplit(',').map(address).collect::<Vec<_>>()).collect();
                last_untrusted(hops, trusted)
            }
            ClientIpHeader::Forwarded => {
                let lines = lines_from_last(headers, header::FORWARDED);
                let hops: Vec<Option<IpAddr>> = lines
                    .flat_map(|line| rsplit_unquoted(&line, b',').map(forwarded_for).collect::<Vec<_>>())
                    .collect();
                last_untrusted(hops, trusted)
            }
            // One address, of the proxy itself: what stands before it is the client's.
            ClientIpHeader::XRealIp => {
                let line = lines_from_last(headers, X_REAL_IP).next();
                line.and_then(|line| address(line.rsplit(',').next()?)).map(|address| address.to_canonical())
            }
        };
        client.map_or(Client::UnknownBehind(peer), Client::Address)
    }

    /// What limits are counted by: an IPv4 address, or the /64 of an IPv6 address.
    pub fn network(self) -> Client {
        match self {
            Client::Address(address) => Client::Address(network(address)),
            Client::UnknownBehind(proxy) => Client::UnknownBehind(network(proxy)),
        }
    }
}

/// The address, or that of the proxy where only that is known.
impl fmt::Display for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Client::Address(address) | Client::UnknownBehind(address)) = self;
        address.fmt(formatter)
    }
}

/// An IPv4 address, or the /64 of an IPv6 address.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        address => address,
    }
}

/// Whether an address is of a trusted proxy.
pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The first address that is not of a trusted proxy, of hops from the last to the first; where all are trusted, the first
/// hop's. `None` where it is unknown: hops before an unknown one cannot be believed.
fn last_untrusted(hops: impl IntoIterator<Item = Option<IpAddr>>, trusted: &[IpNet]) -> Option<IpAddr> {
    let mut client = None;
    for address in hops {
        let address = address?.to_canonical();
        client = Some(address);
        if !is_trusted(address, trusted) {
            break;
        }
    }
    client
}

fn lines_from_last(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = Cow<'_, str>> {
    headers.get_all(name).into_iter().rev().map(|line| String::from_utf8_lossy(line.as_bytes()))
}

/// The `for` of an element of `Forwarded` (RFC 7239 §4), if it is an address.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut values = rsplit_unquoted(element, b';').filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    });
    // Of two it is unclear who wrote which.
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    match value.strip_prefix('"') {
        Some(quoted) => address(quoted.strip_suffix('"')?),
        None => address(value),
    }
}

/// The parts of a text from the last to the first, by a separator that is not in a quoted string (RFC 9110 §5.6.4).
///
/// From the last, so that no quotation mark of a client changes the element that its proxy appended.
fn rsplit_unquoted(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let bytes = text.as_bytes();
        let is_escaped = |at: usize| bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1;
        let mut is_quoted = false;
        for at in (0..bytes.len()).rev() {
            if bytes[at] == b'"' && !is_escaped(at) {
                is_quoted = !is_quoted;
            } else if bytes[at] == separator && !is_quoted {
                rest = Some(&text[..at]);
                return Some(&text[at + 1..]);
            }
        }
        rest.take()
    })
}

/// Parses an address with an optional port; an IPv6 address with a port is in brackets.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    // RFC 7239 §6.3: the port may be obfuscated.
    let is_port = |port: &str| {
        let is_number = port.len() <= 5 && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        is_number || port.starts_with('_')
    };
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let is_valid = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return address.parse().ok().filter(|_| is_valid).map(IpAddr::V6);
    }
    let with_port = || {
        let (address, _) = text.split_once(':').filter(|(_, port)| is_port(port))?;
        address.parse::<Ipv4Addr>().ok().map(IpAddr::V4)
    };
    text.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn server(header: &str) -> Server {
        let text = format!(
            "[site]\nbase_url = \"https://a.example/\"\nauthority = \"a.example,2020\"\n[languages.en]\ntitle = \"A\"\n\
             [server]\nclient_ip_header = \"{header}\"\ntrusted_proxies = [\"10.0.0.0/8\", \"127.0.0.1\", \"::1\"]\n"
        );
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("tidings.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(path).unwrap().server
    }

    /// The client, or `?` of an unknown one; headers are `name: value` lines.
    fn client(header: &str, peer: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            headers.append(HeaderName::try_from(name).unwrap(), value.as_bytes().try_into().unwrap());
        }
        match Client::new(peer.parse().unwrap(), &headers, &server(header)) {
            Client::Address(address) => address.to_string(),
            Client::UnknownBehind(proxy) => {
                assert_eq!(proxy, peer.parse::<IpAddr>().unwrap().to_canonical());
                "?".to_owned()
            }
        }
    }

    #[test]
    fn x_forwarded_for_names_the_last_untrusted_hop() {
        for (peer, values, expected) in [
            ("192.0.2.9", &["198.51.100.1"][..], "192.0.2.9"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.5, 198.51.100.1, 10.1.1.1"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.5", "198.51.100.1:80"], "198.51.100.1"),
            ("127.0.0.1", &["203.0.113.5, \u{ff}, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::1]:80"], "2001:db8::1"),
            ("127.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("127.0.0.1", &["10.1.1.1, 10.1.1.2"], "10.1.1.1"),
            ("127.0.0.1", &["198.51.100.1, unknown, 10.1.1.1"], "?"),
            ("127.0.0.1", &["198.51.100.1, unknown"], "?"),
            ("127.0.0.1", &["198.51.100.1,"], "?"),
            ("127.0.0.1", &["198.51.100.1", "\u{ff}"], "?"),
            ("127.0.0.1", &[""], "?"),
            ("127.0.0.1", &["198.51.100.1:http"], "?"),
            ("127.0.0.1", &["2001:db8::1::2"], "?"),
            ("127.0.0.1", &[], "?"),
        ] {
            let lines: Vec<String> = values.iter().map(|value| format!("x-forwarded-for: {value}")).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            assert_eq!(client("x-forwarded-for", peer, &lines), expected, "{values:?}");
        }
    }

    #[test]
    fn forwarded_names_the_last_untrusted_hop() {
        for (value, expected) in [
            ("for=198.51.100.1", "198.51.100.1"),
            ("for=1.1.1.1, proto=https;For=\"198.51.100.1:4711\";host=\"a,b\" , for=\"10.0.0.1\"", "198.51.100.1"),
            ("for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            ("for=\"[2001:db8::1]:_port\";by=_me", "2001:db8::1"),
            ("for=198.51.100.1, for=_hidden", "?"),
            ("for=198.51.100.1, for=unknown", "?"),
            ("for=198.51.100.1;for=198.51.100.2", "?"),
            ("by=198.51.100.1", "?"),
            ("for=\"198.51.100.1", "?"),
            // What a client writes cannot hide what its proxy appends, nor show something else.
            ("for=\"1.1.1.1, for=198.51.100.1", "198.51.100.1"),
            ("for=1.1.1.1;a=\", for=\"[2001:db8::1]\";by=\"_a\"", "2001:db8::1"),
            ("for=1.1.1.1;a=\"\\, for=\"198.51.100.1\"", "198.51.100.1"),
            ("for=198.51.100.1;host=\"a\\\",for=1.1.1.1;x=\\\"b\"", "198.51.100.1"),
        ] {
            assert_eq!(client("forwarded", "127.0.0.1", &[&format!("forwarded: {value}")]), expected, "{value}");
        }
    }

    #[test]
    fn the_other_headers_are_ignored() {
        let lines = ["x-forwarded-for: 192.0.2.1", "forwarded: for=192.0.2.2", "x-real-ip: 192.0.2.3"];
        for (header, own) in [("x-forwarded-for", 0), ("forwarded", 1), ("x-real-ip", 2)] {
            assert_eq!(client(header, "127.0.0.1", &lines), format!("192.0.2.{}", own + 1));
            let others: Vec<&str> = lines.iter().copied().filter(|line| *line != lines[own]).collect();
            assert_eq!(client(header, "127.0.0.1", &others), "?");
            assert_eq!(client(header, "192.0.2.9", &lines), "192.0.2.9");
        }
        let invented = ["x-real-ip: 1.1.1.1", "x-real-ip: 2.2.2.2, 192.0.2.3"];
        assert_eq!(client("x-real-ip", "127.0.0.1", &invented), "192.0.2.3");
        assert_eq!(client("x-real-ip", "127.0.0.1", &["x-real-ip: 1.1.1.1", "x-real-ip: none"]), "?");
    }

    #[test]
    fn a_network_of_ipv6_is_one_client() {
        let known = |text: &str| Client::Address(text.parse().unwrap());
        assert_eq!(known("2001:db8::1").network(), known("2001:db8::ffff:1").network());
        assert_ne!(known("2001:db8::1").network(), known("2001:db8:0:1::1").network());
        assert_ne!(known("::ffff:192.0.2.1").network(), known("::ffff:192.0.2.2").network());
        assert_ne!(known("192.0.2.1").network(), Client::UnknownBehind("192.0.2.1".parse().unwrap()).network());
    }
}
