//! `[server]`.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::{Validator, keys};
use crate::config::raw::RawConfig;
use crate::config::{AccessLog, ClientIpHeader, RateLimit, Server};
use crate::source::Step;

impl Validator<'_> {
    pub(super) fn server(&mut self, raw: &RawConfig) -> Option<Server> {
        let server = &raw.server;
        let access_log = self.one_of(
            &["server", "access_log"],
            server.access_log.as_deref(),
            &[("off", AccessLog::Off), ("common", AccessLog::Common), ("json", AccessLog::Json)],
        );
        let client_ip_header = self.one_of(
            &["server", "client_ip_header"],
            server.client_ip_header.as_deref(),
            &[
                ("x-forwarded-for", ClientIpHeader::XForwardedFor),
                ("forwarded", ClientIpHeader::Forwarded),
                ("x-real-ip", ClientIpHeader::XRealIp),
            ],
        );
        let listen = self.socket("listen", server.listen.as_deref().unwrap_or("127.0.0.1:8080"));
        let admin = server.admin.as_deref().map(|text| self.socket("admin", text));
        let connections = [
            ("max_connections", server.max_connections),
            ("max_connections_per_client", server.max_connections_per_client),
        ];
        for (key, _) in connections.into_iter().filter(|(_, limit)| *limit == Some(0)) {
            self.error(&["server", key], format!("`{key}` must be at least 1"));
        }
        let count = |limit: u64| usize::try_from(limit).unwrap_or(usize::MAX);
        Some(Server {
            listen: listen?,
            max_age: server.max_age.unwrap_or(300),
            stale_while_revalidate: server.stale_while_revalidate.unwrap_or(3600),
            admin: match admin {
                Some(admin) => Some(admin?),
                None => None,
            },
            admin_hosts: self.admin_hosts(raw),
            rate_limit: self.rate_limit(raw),
            trusted_proxies: self.trusted_proxies(raw),
            client_ip_header: client_ip_header.unwrap_or(ClientIpHeader::XForwardedFor),
            max_connections: server.max_connections.map_or(10_000, count),
            max_connections_per_client: server.max_connections_per_client.map(count),
            access_log: access_log.unwrap_or(AccessLog::Off),
        })
    }

    fn socket(&mut self, key: &str, text: &str) -> Option<SocketAddr> {
        let address = text.parse().ok();
        if address.is_none() {
            self.error(&["server", key], format!("`{key}` must be an address and a port such as `127.0.0.1:8080`"));
        }
        address
    }

    fn rate_limit(&mut self, raw: &RawConfig) -> Option<RateLimit> {
        let limit = raw.server.rate_limit.as_ref()?;
        let path = ["server", "rate_limit"];
        let Some(per_second) = limit.per_second else {
            self.error(&path, "`rate_limit` needs `per_second`");
            return None;
        };
        let burst = limit.burst.unwrap_or(per_second.saturating_mul(10));
        if per_second == 0 || burst == 0 {
            self.error(&path, "`per_second` and `burst` must be at least 1");
            return None;
        }
        Some(RateLimit { per_second: per_second as f64, burst: burst as f64 })
    }

    /// Host names in lower case, without a port.
    fn admin_hosts(&mut self, raw: &RawConfig) -> Vec<String> {
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        };
        for (index, name) in raw.server.admin_hosts.iter().enumerate() {
            if !is_name(name) {
                let mut path = keys(&["server", "admin_hosts"]);
                path.push(Step::Index(index));
                let help =
                    "write it as in `monitor.example.org`, without scheme and port; IP addresses are always allowed";
                self.error_at(&path, format!("`{name}` is not a host name"), Some(help.to_owned()));
            }
        }
        raw.server.admin_hosts.iter().map(|name| name.to_ascii_lowercase()).collect()
    }

    /// Parses networks; an address alone is a network of one host.
    fn trusted_proxies(&mut self, raw: &RawConfig) -> Vec<IpNet> {
        let mut out = Vec::new();
        for (index, text) in raw.server.trusted_proxies.iter().enumerate() {
            match text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from)) {
                Some(network) => out.push(network),
                None => {
                    let mut path = keys(&["server", "trusted_proxies"]);
                    path.push(Step::Index(index));
                    self.error_at(
                        &path,
                        format!("`{text}` is no address with a prefix length such as `10.0.0.0/8`"),
                        None,
                    );
                }
            }
        }
        out
    }
}
