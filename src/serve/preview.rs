//! A preview for editors: who may see it, and what an open page asks for to know of changes.
//!
//! It shows what is not published yet. So it is for this machine alone: a request that a proxy or a tunnel forwards is
//! refused, and so is one by a name that another site may let resolve to this address (DNS rebinding).

use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, Request, StatusCode};
use serde_json::json;

use super::admin::is_local_name;
use super::publication::Publication;
use super::respond::{Body, Reply, text, with_header};
use super::server::Server;
use crate::config::Preview;
use crate::diagnostics::{OutputFormat, escape_json, show};
use crate::plan::PREVIEW_STATE;

const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// The reply to a request that concerns the preview itself, or that may not see it.
pub fn respond<B>(request: &Request<B>, publication: &Publication, server: &Server) -> Option<Reply> {
    let preview = publication.config.preview;
    if preview == Preview::Off {
        return None;
    }
    if preview == Preview::Loopback {
        if is_forwarded(request.headers()) {
            let message = "this preview is for its own machine; `--preview-open` opens it to forwarded requests\n";
            return Some(text(StatusCode::FORBIDDEN, message));
        }
        let hosts = request.headers().get_all(header::HOST).iter().map(|host| host.as_bytes());
        let target = request.uri().authority().map(|authority| authority.as_str().as_bytes());
        if !hosts.chain(target).all(|host| is_local_name(host, &[])) {
            let message = "ask by an IP address or as localhost; `--preview-open` opens the preview to other names\n";
            return Some(text(StatusCode::MISDIRECTED_REQUEST, message));
        }
    }
    if request.method() == Method::OPTIONS {
        return Some(with_header(
            text(StatusCode::METHOD_NOT_ALLOWED, "a preview is for its own pages\n"),
            header::ALLOW,
            "GET, HEAD",
        ));
    }
    let path = request.uri().path().trim_start_matches('/');
    let base = publication.config.site.base_url.path().trim_start_matches('/');
    let is_state = path == PREVIEW_STATE || path.strip_prefix(base) == Some(PREVIEW_STATE);
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    (is_state && is_read).then(|| state(server))
}

/// Whether a proxy or a tunnel sent a request.
fn is_forwarded(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        matches!(name.as_str(), "forwarded" | "via" | "x-real-ip") || name.as_str().starts_with("x-forwarded-")
    })
}

/// Which publication is served, and what is wrong in the store.
fn state(server: &Server) -> Reply {
    let (problems, is_current): (Vec<String>, bool) = {
        let status = server.status();
        (status.diagnostics.iter().map(|problem| show(problem, OutputFormat::Text)).collect(), status.is_current)
    };
    let value = json!({ "version": server.version(), "current": is_current, "problems": problems });
    let reply =
        Reply { body: Body::Bytes(escape_json(&value.to_string()).into_owned().into()), ..text(StatusCode::OK, "") };
    with_header(reply, header::CONTENT_TYPE, "application/json")
}

/// A reply of a preview is neither kept nor found.
pub fn sealed(reply: Reply) -> Reply {
    with_header(with_header(reply, header::CACHE_CONTROL, "no-store"), X_ROBOTS_TAG, "noindex")
}
