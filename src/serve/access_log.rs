//! A line of the access log for each response, also where the request was refused before it was read.

use std::net::IpAddr;

use hyper::header;
use hyper::{Request, StatusCode};

use super::client::Client;
use super::server::Server;

/// The target of the access log's events.
pub const ACCESS: &str = "tidings::access";

/// Logs a request. Its query and most of its headers may contain secrets, and are left out.
pub fn log<B>(server: &Server, client: impl FnOnce() -> Client, request: &Request<B>, status: StatusCode, bytes: u64) {
    if !server.has_access_log {
        return;
    }
    let agent = request.headers().get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
    tracing::info!(
        target: ACCESS,
        client = %client(),
        time = server.now().at.0,
        method = %request.method(),
        path = request.uri().path(),
        version = ?request.version(),
        status = status.as_u16(),
        bytes,
        agent = agent.as_deref().unwrap_or("-"),
    );
}

/// Counts and logs a request that was refused before its head was complete and valid, so that nothing of it is known.
pub fn refuse(server: &Server, peer: IpAddr, status: StatusCode) {
    server.metrics.others.count(status, 0);
    if !server.has_access_log {
        return;
    }
    tracing::info!(
        target: ACCESS,
        client = %peer.to_canonical(),
        time = server.now().at.0,
        method = "-",
        path = "-",
        version = "-",
        status = status.as_u16(),
        bytes = 0_u64,
        agent = "-",
    );
}

/// The status that the parser sent for an error of a connection, if it sent one.
pub fn refused_status(error: &hyper::Error) -> Option<StatusCode> {
    if error.is_parse_too_large() {
        return Some(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
    }
    // The preface of HTTP/2 gets no response.
    (error.is_parse() && !error.is_parse_version_h2()).then_some(StatusCode::BAD_REQUEST)
}
