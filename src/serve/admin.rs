//! The admin address: health, readiness, status and metrics.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde_json::json;
use tokio::net::TcpListener;

use super::listener::ACCEPT_RETRY;
use super::server::Server;
use crate::diagnostics::{OutputFormat, escape_json, show};

/// How long a connection may take to send the header of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, server: Arc<Server>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(ACCEPT_RETRY).await;
            continue;
        };
        let server = Arc::clone(&server);
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let response = respond(&server, request.method(), request.uri().path());
                async move { Ok::<_, Infallible>(response) }
            });
            let mut builder = http1::Builder::new();
            // An error of a connection concerns its client only.
            let _ = builder
                .timer(TokioTimer::new())
                .header_read_timeout(HEADER_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

fn respond(server: &Server, method: &Method, path: &str) -> Response<Full<Bytes>> {
    if method != Method::GET && method != Method::HEAD {
        let mut response =
            text(StatusCode::METHOD_NOT_ALLOWED, "these can only be read\n".to_owned(), "text/plain; charset=utf-8");
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    match path {
        "/healthz" => text(StatusCode::OK, "healthy\n".to_owned(), "text/plain; charset=utf-8"),
        "/readyz" if server.is_stopping() => {
            text(StatusCode::SERVICE_UNAVAILABLE, "stopping\n".to_owned(), "text/plain; charset=utf-8")
        }
        "/readyz" => text(StatusCode::OK, "ready\n".to_owned(), "text/plain; charset=utf-8"),
        "/status" => text(StatusCode::OK, status(server), "application/json"),
        "/metrics" => text(StatusCode::OK, server.metrics.text(), "text/plain; version=0.0.4; charset=utf-8"),
        _ => text(
            StatusCode::NOT_FOUND,
            "there are /healthz, /readyz, /status and /metrics\n".to_owned(),
            "text/plain; charset=utf-8",
        ),
    }
}

fn text(status: StatusCode, text: String, media_type: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Whether the publication is current, and the diagnostics.
fn status(server: &Server) -> String {
    let status = server.status();
    let diagnostics: Vec<serde_json::Value> = status
        .diagnostics
        .iter()
        .filter_map(|diagnostic| serde_json::from_str(&show(diagnostic, OutputFormat::Json)).ok())
        .collect();
    let (stories, translations) = status.counts;
    let value = json!({
        "is_current": status.is_current,
        "stories": stories,
        "translations": translations,
        "documents": server.publication().len(),
        "problems": diagnostics,
        "hub_pending": server.metrics.hub_pending.load(std::sync::atomic::Ordering::Relaxed),
    });
    escape_json(&format!("{value:#}\n")).into_owned()
}
