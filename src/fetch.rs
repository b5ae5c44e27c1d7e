//! An HTTP client with bounded time and size. It follows redirects to `http` and `https` only, and not from a public host into
//! a private network, whatever name that has (server-side request forgery).

use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::{Response, Uri};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use url::{Host, Url};

/// Limits the time of a request with all its redirects.
const TIMEOUT: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: u32 = 10;
/// The first pause before a request is repeated; each further one is twice as long.
const RETRY: Duration = Duration::from_millis(500);
/// The longest pause, whatever the server asks for.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// What is asked for, and how.
#[derive(Debug, Clone, Default)]
pub struct Request<'r> {
    pub url: &'r str,
    /// The longest answer, in bytes.
    pub limit: u64,
    /// Follow redirects from public hosts to private addresses.
    pub allow_private: bool,
    /// The address was named by a public host.
    pub is_from_public: bool,
    /// Fields of the request. They are not sent on to another host.
    pub headers: &'r [(&'static str, String)],
    /// How often it is asked again while the server is overloaded or breaks off.
    pub retries: u32,
}

/// A document that was fetched.
#[derive(Debug)]
pub struct Fetched {
    pub file: File,
    /// The `Content-Type` of the response.
    pub content_type: Option<String>,
    /// Where it is, redirects followed.
    pub address: String,
    /// Whether the host is a public one.
    pub is_public: bool,
    /// The document is as its tag says (304), so there is nothing in the file.
    pub is_unchanged: bool,
    pub etag: Option<String>,
    /// The address of the next page, as a `Link` field says (RFC 8288).
    pub next: Option<String>,
}

/// Why a document could not be fetched.
#[derive(Debug)]
pub struct FetchError {
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    pub message: String,
    /// How long to wait before the next attempt, if there may be one.
    wait: Option<Duration>,
}

impl From<String> for FetchError {
    fn from(message: String) -> FetchError {
        FetchError { status: None, message, wait: None }
    }
}

/// Downloads at most `limit + 1` bytes, so that the caller can tell when the limit is exceeded.
///
/// # Errors
/// Why the request failed.
pub fn get(url: &str, limit: usize) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let request = Request { url, ..Request::default() };
    let opened = open(&request, &Arc::new(DefaultResolver::default()), None, TIMEOUT).and_then(Opened::accepted);
    let body = opened.map_err(|failure| failure.message)?.response.into_body();
    body.into_reader().take(limit as u64 + 1).read_to_end(&mut bytes).map_err(interrupted)?;
    Ok(bytes)
}

/// Downloads into a temporary file.
///
/// # Errors
/// Why the request failed.
pub fn to_file(request: &Request<'_>) -> Result<Fetched, FetchError> {
    let mut retries = 0;
    loop {
        match try_to_file(request) {
            Err(FetchError { wait: Some(wait), .. }) if retries < request.retries => {
                std::thread::sleep(wait.max(RETRY * 2_u32.pow(retries)).min(MAX_WAIT));
                retries += 1;
            }
            done => return done,
        }
    }
}

fn try_to_file(request: &Request<'_>) -> Result<Fetched, FetchError> {
    let mut file = tempfile::tempfile().map_err(|error| format!("no temporary file can be made: {error}"))?;
    let opened = open(request, &Arc::new(DefaultResolver::default()), None, TIMEOUT)?;
    let is_unchanged = opened.response.status() == 304;
    let Opened { response, address, is_public } = if is_unchanged { opened } else { opened.accepted()? };
    let field = |name: &str| response.headers().get(name).and_then(|value| Some(value.to_str().ok()?.to_owned()));
    let (content_type, etag) = (field("content-type"), field("etag"));
    let links = response.headers().get_all("link").iter().filter_map(|value| value.to_str().ok());
    let next = links.into_iter().find_map(next_link).and_then(|next| address.join(&next).ok()).map(String::from);
    let mut body = response.into_body().into_reader().take(request.limit + 1);
    let broken = |error| FetchError { wait: Some(Duration::ZERO), ..FetchError::from(interrupted(error)) };
    let length = std::io::copy(&mut body, &mut file).map_err(broken)?;
    if length > request.limit {
        let megabytes = request.limit >> 20;
        return Err(format!("the answer is longer than {megabytes} MB; save it to a file, and name that").into());
    }
    Ok(Fetched { file, content_type, address: address.into(), is_public, is_unchanged, etag, next })
}

/// The target of a link with the relation `next` (RFC 8288 §3).
fn next_link(field: &str) -> Option<String> {
    field.split(",").find_map(|link| {
        let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is_next =
            parameters.split(';').filter_map(|parameter| parameter.trim().split_once('=')).any(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value
                        .trim()
                        .trim_matches('"')
                        .split_ascii_whitespace()
                        .any(|rel| rel.eq_ignore_ascii_case("next"))
            });
        is_next.then(|| target.to_owned())
    })
}

/// An answer, whatever its status.
struct Opened {
    response: Response<ureq::Body>,
    address: Url,
    is_public: bool,
}

impl Opened {
    fn accepted(self) -> Result<Opened, FetchError> {
        let status = self.response.status().as_u16();
        if status < 300 {
            return Ok(self);
        }
        let after = self.response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let is_passing = matches!(status, 429 | 500 | 502 | 503 | 504);
        Err(FetchError {
            status: Some(status),
            message: format!("the server answered with status {status}"),
            wait: is_passing.then(|| Duration::from_secs(after.unwrap_or_default())),
        })
    }
}

/// Requests a URL, and follows redirects. `dial`: where to connect whatever the names say, for tests.
fn open(
    asked: &Request<'_>,
    names: &Arc<impl Resolver>,
    dial: Option<SocketAddr>,
    timeout: Duration,
) -> Result<Opened, FetchError> {
    let end = Instant::now() + timeout;
    let mut address = Url::parse(asked.url).map_err(|error| format!("this is no address: {error}"))?;
    let origin = address.origin();
    let mut is_from_public = asked.is_from_public;
    for _ in 0..=MAX_REDIRECTS {
        let is_guarded = is_from_public && !asked.allow_private;
        if is_guarded && is_private_name(&address) {
            return Err(refusal(&address).into());
        }
        let guard = Arc::new(Guard {
            names: names.clone(),
            dial,
            is_guarded,
            has_refused: AtomicBool::new(false),
            is_public: OnceLock::new(),
        });
        let left = end.saturating_duration_since(Instant::now());
        // What proves who asks is nobody else's to see.
        let headers = if address.origin() == origin { asked.headers } else { &[] };
        let response = request(&address, headers, guard.clone(), left).map_err(|error| match error {
            _ if guard.has_refused.load(Ordering::Relaxed) => refusal(&address),
            error => error.to_string(),
        })?;
        // Behind a proxy the name is not resolved here.
        let is_public = *guard.is_public.get_or_init(|| !is_private_name(&address));
        is_from_public |= is_public;
        let status = response.status().as_u16();
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        match location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) {
            Some(location) => address = target(&address, location)?,
            None => return Ok(Opened { response, address, is_public }),
        }
    }
    Err(format!("it redirects more than {MAX_REDIRECTS} times").into())
}

fn request(
    address: &Url,
    headers: &[(&'static str, String)],
    guard: Arc<Guard<impl Resolver>>,
    timeout: Duration,
) -> Result<Response<ureq::Body>, ureq::Error> {
    if timeout.is_zero() {
        return Err(ureq::Error::Timeout(ureq::Timeout::Global));
    }
    let config = Config::builder()
        .timeout_global(Some(timeout))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent("tidings")
        .build();
    let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), Shared(guard));
    headers.iter().fold(agent.get(address.as_str()), |request, (name, value)| request.header(*name, value)).call()
}

/// Where a redirect leads.
fn target(from: &Url, location: &str) -> Result<Url, String> {
    let to = from.join(location).map_err(|error| format!("it redirects to what is no address: {error}"))?;
    if matches!(to.scheme(), "http" | "https") {
        return Ok(to);
    }
    Err(format!("it redirects to an address of the kind `{}:`, which is not followed", to.scheme()))
}

fn refusal(address: &Url) -> String {
    format!(
        "a public host redirects to the private address `{}`, which is not followed; name that address itself, or import with --allow-private",
        address.host_str().unwrap_or_default()
    )
}

fn interrupted(error: std::io::Error) -> String {
    format!("the answer breaks off: {error}")
}

/// Resolves names, and refuses private addresses while it is guarded.
#[derive(Debug)]
struct Guard<R> {
    names: Arc<R>,
    dial: Option<SocketAddr>,
    is_guarded: bool,
    has_refused: AtomicBool,
    /// Whether the host is public; unset until it is resolved.
    is_public: OnceLock<bool>,
}

#[derive(Debug)]
struct Shared<R>(Arc<Guard<R>>);

impl<R: Resolver> Resolver for Shared<R> {
    fn resolve(&self, uri: &Uri, config: &Config, timeout: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let guard = &self.0;
        let mut addresses = guard.names.resolve(uri, config, timeout)?;
        guard.is_public.get_or_init(|| addresses.iter().any(|address| !is_private(address.ip())));
        if guard.is_guarded && addresses.iter().any(|address| is_private(address.ip())) {
            guard.has_refused.store(true, Ordering::Relaxed);
            return Err(ureq::Error::HostNotFound);
        }
        if let Some(dial) = guard.dial {
            addresses = self.empty();
            addresses.push(dial);
        }
        Ok(addresses)
    }
}

/// Whether a host is private by its name alone.
fn is_private_name(address: &Url) -> bool {
    match address.host() {
        Some(Host::Ipv4(address)) => is_private(address.into()),
        Some(Host::Ipv6(address)) => is_private(address.into()),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        None => false,
    }
}

/// Whether an address is not one of the public Internet (RFC 6890).
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_private_4(address),
        IpAddr::V6(address) => {
            let [first, second, .., seventh, eighth] = address.segments();
            let embedded = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                is_private_4(Ipv4Addr::new(a, b, c, d))
            };
            // Mapped and compatible addresses, NAT64, 6to4.
            let holds_4 = address.segments()[..5] == [0; 5] || address.segments()[..6] == [0x64, 0xff9b, 0, 0, 0, 0];
            address.is_multicast()
                || address == Ipv6Addr::LOCALHOST
                || address.is_unspecified()
                || first & 0xfe00 == 0xfc00
                || first & 0xff80 == 0xfe80
                || holds_4 && embedded(seventh, eighth)
                || first == 0x2002 && embedded(second, address.segments()[2])
        }
    }
}

fn is_private_4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || a == 0
        || a == 100 && (64..128).contains(&b)
        || a == 198 && (18..20).contains(&b)
        || (a, b, c) == (192, 0, 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn the_next_page_is_that_of_a_link() {
        for (field, expected) in [
            ("<https://a.example/?page=2>; rel=\"next\"", Some("https://a.example/?page=2")),
            ("<?p=1>; rel=prev, </x?p=3>; title=\"a\"; rel=\"last next\"", Some("/x?p=3")),
            ("<https://a.example/>; rel=\"https://api.w.org/\"", None),
            ("https://a.example/; rel=next", None),
            ("", None),
        ] {
            assert_eq!(next_link(field).as_deref(), expected, "{field}");
        }
    }

    #[test]
    fn private_addresses() {
        for address in [
            "127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "0.1.2.3",
            "100.64.0.1", "100.127.255.255", "198.18.0.1", "255.255.255.255", "224.0.0.1", "::1", "::", "fe80::1",
            "fc00::1", "fd12::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
            "2002:7f00:1::", "fec0::1", "ff02::1",
        ] {
            assert!(is_private(address.parse().unwrap()), "{address}");
        }
        for address in [
            "93.184.216.34", "100.63.0.1", "100.128.0.1", "172.32.0.1", "2606:2800::1", "::ffff:8.8.8.8",
            "2002:808:808::",
        ] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
        for (url, expected) in [
            ("http://localhost/", true),
            ("http://a.LOCALHOST./", true),
            ("http://2130706433/", true),
            ("http://0x7f.1/", true),
            ("http://[::ffff:7f00:1]/", true),
            ("http://localhost.example/", false),
            ("http://8.8.8.8/", false),
        ] {
            assert_eq!(is_private_name(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    /// Made-up names: `inside.*` is private, `mixed.*` both, any other public.
    #[derive(Debug)]
    struct Names;

    impl Resolver for Names {
        fn resolve(&self, uri: &Uri, _: &Config, _: NextTimeout) -> Result<ResolvedSocketAddrs, ureq::Error> {
            let (private, public) = ("10.0.0.7:80".parse().unwrap(), "93.184.216.34:80".parse().unwrap());
            let mut addresses = self.empty();
            match uri.host().unwrap_or_default() {
                name if name.starts_with("inside.") => addresses.push(private),
                name => {
                    addresses.push(public);
                    if name.starts_with("mixed.") {
                        addresses.push(private);
                    }
                }
            }
            Ok(addresses)
        }
    }

    /// A server that answers `/to/URL` with a redirect to the URL, `/slowly` with one to itself after a pause, and anything else
    /// with a document.
    fn server() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 4096];
                let length = stream.read(&mut buffer).unwrap_or(0);
                let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
                let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
                let target = match path.as_str() {
                    "/slowly" => {
                        std::thread::sleep(Duration::from_millis(50));
                        Some("/slowly")
                    }
                    path => path.strip_prefix("/to/"),
                };
                let answer = match target {
                    Some(url) => format!(
                        "HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                    ),
                    None => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".to_owned(),
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        address
    }

    #[test]
    fn redirects_do_not_lead_from_public_hosts_into_private_networks() {
        let dial = Some(server());
        let fetch = |url: &str, allow_private| {
            let request = Request { url, allow_private, ..Request::default() };
            open(&request, &Arc::new(Names), dial, TIMEOUT)
                .map(|opened| opened.address.to_string())
                .map_err(|failure| failure.message)
        };
        for (url, part) in [
            ("http://a.test/to/http://inside.test/x", "private address `inside.test`"),
            ("http://a.test/to/http://mixed.test/x", "private address `mixed.test`"),
            ("http://a.test/to/http://127.0.0.1/x", "private address `127.0.0.1`"),
            ("http://a.test/to/http://[::ffff:10.0.0.1]/x", "private address"),
            ("http://a.test/to/http://localhost/x", "private address `localhost`"),
            ("http://a.test/to//to/http://inside.test/x", "private address `inside.test`"),
            ("http://inside.test/to/http://a.test/to/http://inside.test/x", "private address `inside.test`"),
            ("http://a.test/to/file:///etc/passwd", "`file:`"),
            ("http://inside.test/to/gopher://inside.test/", "`gopher:`"),
        ] {
            let refused = fetch(url, false).unwrap_err();
            assert!(refused.contains(part), "{url}: {refused}");
        }
        for (url, allow_private, end) in [
            ("http://inside.test/x", false, "http://inside.test/x"),
            ("http://inside.test/to/http://inside.test/x", false, "http://inside.test/x"),
            ("http://a.test/to/http://b.test/x", false, "http://b.test/x"),
            ("http://a.test/to/http://inside.test/x", true, "http://inside.test/x"),
        ] {
            assert_eq!(fetch(url, allow_private).as_deref(), Ok(end), "{url}");
        }
    }

    /// All redirects share one deadline; each of these ends within it.
    #[test]
    fn redirects_do_not_prolong_a_request() {
        let dial = Some(server());
        let request = Request { url: "http://a.test/slowly", ..Request::default() };
        let fetch = |timeout| match open(&request, &Arc::new(Names), dial, timeout) {
            Ok(_) => String::new(),
            Err(failure) => failure.message,
        };
        assert!(fetch(TIMEOUT).contains("redirects more than 10 times"));
        assert!(fetch(Duration::from_millis(300)).contains("timeout"));
        assert!(fetch(Duration::ZERO).contains("timeout"));
    }
}
