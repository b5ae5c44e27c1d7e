//! The admin address: health, readiness, status and metrics; and what may be asked of the server by who knows its token.
//!
//! A page of another site can lead a browser here by a name that it lets resolve to this address (DNS rebinding). So a request
//! needs a host that no site can own: an IP literal, `localhost`, or one of `admin_hosts`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::SecondsFormat;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use super::control::{AuthorizationError, Control};
use super::listener::ACCEPT_RETRY;
use super::server::Server;
use crate::diagnostics::{OutputFormat, escape_json, show};
use crate::limits::MIN_RESERVED_FILES;
use crate::model::Timestamp;

/// Half of the files that are reserved at least, so that the store and the hub have the other half.
const MAX_CONNECTIONS: usize = MIN_RESERVED_FILES as usize / 2;

/// How long a connection may take to send the header of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves until it is dropped. At the limit the oldest connection is closed, so that idle ones never keep a request waiting.
pub async fn serve(listener: TcpListener, server: Arc<Server>, control: Arc<Control>) {
    let mut open: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_RETRY).await;
            continue;
        };
        open.retain(|connection| !connection.is_finished());
        if open.len() >= MAX_CONNECTIONS
            && let Some(oldest) = open.pop_front()
        {
            oldest.abort();
        }
        let (server, control) = (Arc::clone(&server), Arc::clone(&control));
        let connection = tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = respond(&server, &control, &request);
                async move { Ok::<_, Infallible>(response) }
            });
            let mut builder = http1::Builder::new();
            // An error of a connection concerns its client only.
            let _ = builder
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .half_close(true)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
        open.push_back(connection.abort_handle());
    }
}

fn respond<B>(server: &Server, control: &Control, request: &Request<B>) -> Response<Full<Bytes>> {
    if let Some(response) = reject(request, &server.publication().config.server.admin_hosts) {
        return response;
    }
    let path = request.uri().path();
    let source = path.strip_prefix("/import/");
    let is_order = path == "/reload" || source.is_some();
    if is_order != (request.method() == Method::POST) {
        return wrong_method(if is_order { "POST" } else { "GET, HEAD" });
    }
    if is_order {
        return match control.authorize(request.headers(), server.now().at) {
            Ok(()) => order(control, source),
            Err(refusal) => refused(&refusal),
        };
    }
    match path {
        "/healthz" => text(StatusCode::OK, "healthy\n"),
        "/readyz" if server.is_stopping() => text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        "/readyz" => ready(server),
        "/status" => content(StatusCode::OK, status(server, control), "application/json"),
        "/metrics" => {
            let text = server.metrics.text(server.now().at) + &task_metrics(control);
            content(StatusCode::OK, text, "text/plain; version=0.0.4; charset=utf-8")
        }
        _ => text(
            StatusCode::NOT_FOUND,
            "there are /healthz, /readyz, /status and /metrics; and to POST to /reload and /import/NAME\n",
        ),
    }
}

/// Whether there is something to serve; of a replica also the age of that, and why it is not renewed.
fn ready(server: &Server) -> Response<Full<Bytes>> {
    let publication = server.publication();
    let Some(upstream) = publication.upstream() else { return text(StatusCode::OK, "ready\n") };
    let reason = upstream.reason().map(|reason| format!("{}: {reason}\n", upstream.address())).unwrap_or_default();
    let age = upstream.age(server.now().at).filter(|_| publication.is_ready());
    match age {
        Some(age) => text(StatusCode::OK, &format!("ready, with what the source had {age} s ago\n{reason}")),
        None => text(StatusCode::SERVICE_UNAVAILABLE, &format!("nothing to serve yet\n{reason}")),
    }
}

/// The response to a request with a foreign or malformed host, or with another method than GET and HEAD.
fn reject<B>(request: &Request<B>, allowed: &[String]) -> Option<Response<Full<Bytes>>> {
    // RFC 9112 §3.2: one `Host`, optional in HTTP/1.0, which no browser sends; the host of an absolute target takes precedence.
    let hosts: Vec<&[u8]> = request.headers().get_all(header::HOST).iter().map(HeaderValue::as_bytes).collect();
    if hosts.len() > 1 || hosts.is_empty() && request.version() == Version::HTTP_11 {
        return Some(text(StatusCode::BAD_REQUEST, "a request names one host\n"));
    }
    let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
    if !hosts.into_iter().chain(target).all(|host| is_local_name(host, allowed)) {
        let message = "ask by an IP address, as localhost, or by a name in `admin_hosts`\n";
        return Some(text(StatusCode::MISDIRECTED_REQUEST, message));
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
        return Some(wrong_method("GET, HEAD"));
    }
    None
}

fn wrong_method(allowed: &'static str) -> Response<Full<Bytes>> {
    let mut response = text(StatusCode::METHOD_NOT_ALLOWED, "this is asked in another way\n");
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// Does what is asked for: a reload, or the import of a source.
fn order(control: &Control, source: Option<&str>) -> Response<Full<Bytes>> {
    let Some(source) = source else {
        control.reload.reload();
        return text(StatusCode::ACCEPTED, "reloading; /status tells how it ends\n");
    };
    match control.tasks.as_ref().is_some_and(|tasks| tasks.trigger(source)) {
        true => text(StatusCode::ACCEPTED, "queued; /status tells how it ends\n"),
        false => text(StatusCode::NOT_FOUND, "the configuration names no such source\n"),
    }
}

fn refused(refusal: &AuthorizationError) -> Response<Full<Bytes>> {
    match refusal {
        AuthorizationError::NoToken => text(StatusCode::FORBIDDEN, "set TIDINGS_ADMIN_TOKEN, and send it\n"),
        AuthorizationError::WrongToken => {
            let mut response = text(StatusCode::UNAUTHORIZED, "send `Authorization: Bearer` and the token\n");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
        AuthorizationError::TooMany(seconds) => {
            let mut response = text(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens\n");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from((*seconds).max(1)));
            response
        }
    }
}

/// Whether a host, with an optional port, is an IP literal, `localhost` or one of the allowed names.
pub fn is_local_name(host: &[u8], allowed: &[String]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some((address, port)) = host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return address.parse::<Ipv6Addr>().is_ok() && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port));
    }
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let is_name = |allowed: &str| name.eq_ignore_ascii_case(allowed);
    is_port(port)
        && (name.parse::<Ipv4Addr>().is_ok() || is_name("localhost") || allowed.iter().any(|name| is_name(name)))
}

fn text(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    content(status, text.to_owned(), "text/plain; charset=utf-8")
}

fn content(status: StatusCode, text: String, media_type: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether the publication is current, and the diagnostics.
fn status(server: &Server, control: &Control) -> String {
    let status = server.status();
    let diagnostics: Vec<serde_json::Value> = status
        .diagnostics
        .iter()
        .filter_map(|diagnostic| serde_json::from_str(&show(diagnostic, OutputFormat::Json)).ok())
        .collect();
    let (stories, translations) = status.counts;
    let time = |at: Timestamp| at.utc().to_rfc3339_opts(SecondsFormat::Secs, true);
    let next_change = status.next_change.as_ref().map(|next| next.to_json(time(next.at)));
    let publication = server.publication();
    let source = publication.upstream().map(|upstream| {
        json!({ "address": upstream.address(), "age_seconds": upstream.age(server.now().at), "reason": upstream.reason() })
    });
    let value = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "start": time(server.start),
        "last_change": status.last_change.map(time),
        "next_change": next_change,
        "is_current": status.is_current,
        "reloading_seconds": server.reloading_seconds(),
        "stories": stories,
        "translations": translations,
        "documents": publication.len(),
        "problems": diagnostics,
        "source": source,
        "imports": task_statuses(control),
        "hub_pending": server.metrics.hub_pending.load(std::sync::atomic::Ordering::Relaxed),
    });
    escape_json(&format!("{value:#}\n")).into_owned()
}

/// What is known of each source that is imported.
fn task_statuses(control: &Control) -> serde_json::Value {
    let time = |at: Timestamp| at.utc().to_rfc3339_opts(SecondsFormat::Secs, true);
    let tasks = control.tasks.iter().flat_map(|tasks| tasks.statuses().clone());
    let tasks = tasks.map(|task| {
        let state = match (task.is_running, task.is_queued) {
            (true, _) => "running",
            (_, true) => "queued",
            _ => "idle",
        };
        let (done, error) = match task.outcome {
            Some(Ok(done)) => (Some(done), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        let value = json!({
            "state": state,
            "progress": task.progress,
            "last_start": task.last_start.map(time),
            "last_end": task.last_end.map(time),
            "last_success": task.last_success.map(time),
            "done": done,
            "error": error,
            "next": task.next.map(time),
        });
        (task.name, value)
    });
    serde_json::Value::Object(tasks.collect())
}

/// The metrics of the sources that are imported.
fn task_metrics(control: &Control) -> String {
    let tasks: Vec<_> = control.tasks.iter().flat_map(|tasks| tasks.statuses().clone()).collect();
    if tasks.is_empty() {
        return String::new();
    }
    let mut out =
        "# HELP tidings_imports_total Imports of a source, by outcome.\n# TYPE tidings_imports_total counter\n"
            .to_owned();
    for task in &tasks {
        for (outcome, count) in [("ok", task.succeeded), ("failed", task.failed)] {
            out += &format!("tidings_imports_total{{source=\"{}\",outcome=\"{outcome}\"}} {count}\n", task.name);
        }
    }
    out += "# HELP tidings_import_success_seconds When a source was last imported, in seconds since 1970.\n# TYPE tidings_import_success_seconds gauge\n";
    for task in &tasks {
        let at = task.last_success.map_or(0, |at| at.0);
        out += &format!("tidings_import_success_seconds{{source=\"{}\"}} {at}\n", task.name);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_that_no_site_can_own_is_local_name() {
        let allowed = ["monitor.example".to_owned()];
        for (host, expected) in [
            ("127.0.0.1", true),
            ("10.1.2.3:8081", true),
            ("[::1]", true),
            ("[2001:db8::1]:8081", true),
            ("LocalHost:8081", true),
            ("Monitor.example", true),
            ("", false),
            ("evil.example", false),
            ("evil.example:8081", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("evil.localhost", false),
            ("monitor.example.evil", false),
            ("monitor.example@evil.example", false),
            ("2130706433", false),
            ("127.0.0.1x", false),
            ("127.0.0.1:x", false),
            ("[::1]x", false),
            ("[evil.example]", false),
            ("::1", false),
        ] {
            assert_eq!(is_local_name(host.as_bytes(), &allowed), expected, "{host}");
        }
        assert!(!is_local_name(b"\xff", &allowed));
    }

    #[test]
    fn every_host_of_a_request_counts() {
        let status = |version: Version, target: &str, hosts: &[&str]| {
            let mut request = Request::builder().version(version).uri(target);
            for host in hosts {
                request = request.header(header::HOST, *host);
            }
            let response = reject(&request.body(()).unwrap(), &[]);
            response.map(|response| {
                assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
                response.status().as_u16()
            })
        };
        assert_eq!(status(Version::HTTP_11, "/status", &["localhost"]), None);
        assert_eq!(status(Version::HTTP_11, "/status", &["evil.example"]), Some(421));
        assert_eq!(status(Version::HTTP_11, "/status", &[]), Some(400));
        assert_eq!(status(Version::HTTP_11, "/status", &["localhost", "evil.example"]), Some(400));
        assert_eq!(status(Version::HTTP_10, "/healthz", &[]), None);
        assert_eq!(status(Version::HTTP_10, "/healthz", &["evil.example"]), Some(421));
        assert_eq!(status(Version::HTTP_11, "http://evil.example/status", &["localhost"]), Some(421));
        assert_eq!(status(Version::HTTP_11, "http://localhost/status", &["evil.example"]), Some(421));
        assert_eq!(status(Version::HTTP_11, "http://localhost/status", &["localhost"]), None);
    }
}
