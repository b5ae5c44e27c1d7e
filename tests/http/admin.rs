//! The admin address: health, and metrics that count what was asked.

use std::net::Ipv4Addr;

use crate::client::Connection;
use crate::prometheus::{Samples, read};
use crate::server::{FEED, Served, put_story, site_with_story, wait_until};

const OTHER: &str = "/fr/all.rss.xml";
const THIRD: &str = "/en/research.json";

/// The metrics of a server, in the right format.
pub fn metrics(served: &Served) -> Samples {
    let response = served.ask_admin("/metrics");
    let expected = "200\ncache-control: no-store\ncontent-length: LENGTH\n\
        content-type: text/plain; version=0.0.4; charset=utf-8\ndate\nx-content-type-options: nosniff\n";
    assert_eq!(response.head(), expected.replace("LENGTH", &response.body.len().to_string()));
    let text = response.text();
    read(&text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// How many requests for a document had a status; an empty document stands for all other paths.
fn requests(samples: &Samples, path: &str, status: &str) -> f64 {
    samples.sum("tidings_requests_total", &[("feed", path.trim_start_matches('/')), ("status", status)])
}

#[test]
fn health_readiness_and_status_are_served_and_nothing_else() {
    let served = Served::new(site_with_story(""));
    for (path, expected, body) in [
        ("/healthz", 200, "healthy\n"),
        ("/readyz", 200, "ready\n"),
        (FEED, 404, "there are /healthz, /readyz, /status and /metrics; and to POST to /reload and /import/NAME\n"),
        ("/", 404, "there are /healthz, /readyz, /status and /metrics; and to POST to /reload and /import/NAME\n"),
        (
            "/../secret",
            404,
            "there are /healthz, /readyz, /status and /metrics; and to POST to /reload and /import/NAME\n",
        ),
    ] {
        let response = served.ask_admin(path);
        assert_eq!((response.status, &*response.text()), (expected, body), "{path}");
    }
    let status = served.ask_admin("/status");
    assert_eq!((status.status, status.field("content-type")), (200, Some("application/json")));
    let status: serde_json::Value = serde_json::from_slice(&status.body).unwrap();
    assert_eq!(
        (&status["is_current"], &status["stories"], &status["translations"]),
        (&true.into(), &1.into(), &2.into())
    );
    assert_eq!((&status["problems"], &status["hub_pending"]), (&serde_json::json!([]), &0.into()));
    assert_eq!((&status["version"], &status["last_change"]), (&env!("CARGO_PKG_VERSION").into(), &().into()));
    assert_eq!(status["next_change"], serde_json::Value::Null);
    let start = chrono::DateTime::parse_from_rfc3339(status["start"].as_str().unwrap()).unwrap();
    assert!((chrono::Utc::now() - start.to_utc()).num_minutes() < 10, "{status:#}");
    for path in ["/healthz", "/readyz", "/metrics", "/status"] {
        assert_eq!(served.get(path).status, 404, "the public address responds for the admin address: {path}");
    }
}

#[test]
fn requests_are_counted_by_feed_and_status_and_bytes() {
    let served = Served::new(site_with_story(""));
    let first = metrics(&served);
    assert_eq!(first.sum("tidings_requests_total", &[]), 0.0);
    let full = served.get(FEED);
    for _ in 0..6 {
        served.get(FEED);
    }
    for _ in 0..3 {
        served.request("GET", FEED, &format!("if-none-match: {}\r\n", full.tag()));
    }
    served.request("HEAD", FEED, "");
    for path in [OTHER, OTHER, "/nothing"] {
        served.get(path);
    }
    let now = metrics(&served);
    let counted =
        [(FEED, "200"), (FEED, "304"), (OTHER, "200"), ("", "404")].map(|(path, status)| requests(&now, path, status));
    assert_eq!(counted, [8.0, 3.0, 2.0, 1.0]);
    assert_eq!(now.sum("tidings_requests_total", &[]), 14.0);
    let bytes = now.sum("tidings_response_bytes_total", &[("feed", FEED.trim_start_matches('/'))]);
    assert_eq!(bytes, (7 * full.body.len()) as f64);
    assert_eq!(now.sum("tidings_not_modified_share", &[]), 3.0 / 13.0);
    assert_eq!(now.sum("tidings_reload_ok", &[]), 1.0);
}

#[test]
fn subscribers_that_aggregators_report_are_shown_by_feed() {
    let served = Served::new(site_with_story(""));
    let feedly = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 42 subscribers; like FeedFetcher-Google)";
    for (path, agent) in [
        (FEED, feedly),
        (FEED, feedly),
        (OTHER, "Feedbin feed-id:1 - 7 subscribers"),
        (THIRD, "NewsBlur Feed Fetcher - 1 subscriber - http://www.newsblur.com/"),
    ] {
        served.request("GET", path, &format!("user-agent: {agent}\r\n"));
    }
    let now = metrics(&served);
    for (path, expected) in [(FEED, 42.0), (OTHER, 7.0), (THIRD, 1.0)] {
        assert_eq!(now.sum("tidings_subscribers", &[("feed", path.trim_start_matches('/'))]), expected, "{path}");
    }
    assert_eq!(now.sum("tidings_subscribers", &[]), 50.0);
}

#[test]
fn what_clients_invent_neither_breaks_the_metrics_nor_makes_them_grow() {
    let served = Served::new(site_with_story(""));
    served.get(FEED);
    let (count, memory) = (metrics(&served).0.len(), served.memory());
    let mut connection = Connection::open(served.address);
    for number in 0..3000 {
        let agent = match number % 2 {
            1 => format!("\"}}\\{number}/1.0 {number} subscribers"),
            _ => format!("Reader{number}/1 (9{} subscribers)", "9".repeat(number % 40)),
        };
        let path = if number % 3 == 0 { FEED.to_owned() } else { format!("/nothing-{number}") };
        connection.request("GET", &path, &format!("user-agent: {agent}\r\n"));
    }
    let more = metrics(&served).0.len() - count;
    assert!(more <= 500, "{more} samples more");
    let grown = served.memory().saturating_sub(memory);
    assert!(grown <= 20_000, "{grown} kB more");
}

#[test]
fn invented_aggregators_do_not_displace_real_ones() {
    let served = Served::new(site_with_story(""));
    let most = u64::MAX;
    let mut bots = Connection::open(served.address);
    for number in 0..20_u8 {
        for bot in 0..150 {
            bots.request("GET", FEED, &format!("user-agent: Bot{number}-{bot}/1.0 ({most} subscribers)\r\n"));
        }
        let agent = format!("user-agent: Real{number}/1.0 ({} subscribers)\r\n", u32::from(number) + 100);
        let client = Ipv4Addr::new(127, 0, 0, number + 10);
        Connection::open_from(client, served.address).request("GET", FEED, &agent);
    }
    let now = metrics(&served);
    for number in 0..20 {
        let name = format!("Real{number}");
        assert_eq!(now.sum("tidings_subscribers", &[("aggregator", &name)]), f64::from(number + 100), "{name}");
    }
    let counts: Vec<f64> =
        now.0.iter().filter(|((name, _), _)| name == "tidings_subscribers").map(|(_, count)| *count).collect();
    assert!(counts.len() <= 200 && counts.iter().all(|count| *count <= 1e9), "{counts:?}");
}

#[test]
fn the_admin_address_is_asked_by_addresses_and_known_names_only() {
    let served = Served::new(site_with_story("admin_hosts = [\"monitor.example\"]\n"));
    for (host, expected) in [
        ("127.0.0.1", 200),
        ("[::1]:8081", 200),
        ("localhost", 200),
        ("Monitor.example", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8081", 421),
        ("monitor.example.evil", 421),
    ] {
        for path in ["/healthz", "/status", "/metrics"] {
            let response = Connection::open(served.admin).request("GET", path, &format!("host: {host}\r\n"));
            assert_eq!(
                (response.status, response.field("x-content-type-options")),
                (expected, Some("nosniff")),
                "{host}"
            );
            assert!(expected == 200 || !response.text().contains("tidings"), "{host}: {}", response.text());
        }
    }
    assert_eq!(served.request("GET", FEED, "host: evil.example\r\n").status, 200);
    let refused = Connection::open(served.admin).request("POST", "/status", "");
    assert_eq!((refused.status, refused.field("allow")), (405, Some("GET, HEAD")));
}

#[test]
fn publications_are_counted_and_their_time() {
    let served = Served::new(site_with_story(""));
    let reloads = || metrics(&served).sum("tidings_reloads_total", &[("outcome", "ok")]);
    let (before, rendered) = (reloads(), metrics(&served).sum("tidings_documents_rendered_total", &[]));
    put_story(&served.site, "second", "Second", &["en"]);
    served.wait_to_show("Second");
    wait_until("the publication is counted", || reloads() > before);
    let now = metrics(&served);
    assert!(now.sum("tidings_documents_rendered_total", &[]) > rendered);
    assert!(now.sum("tidings_reload_seconds", &[]) > 0.0);
    assert_eq!(now.sum("tidings_reloads_total", &[("outcome", "failed")]), 0.0);
}
