//! One connection: responds to requests, counts and logs them, and closes what is idle or slow.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper::{Method, Request, Response, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::client::Client;
use super::connection_slots::Activity;
use super::encoders::Unavailable;
use super::preview;
use super::respond::{self, Body, Reply, close_after, has_cheaper, in_cheaper, respond, text, with_header};
use super::server::Server;
use super::stream::{Progress, Stream};
use super::{access_log, aggregators};
use crate::diagnostics::{OutputFormat, show};

/// The interval of the watchdog.
const TICK: Duration = Duration::from_secs(5);
/// How long a connection may have no request, or an incomplete one.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// A client that reads fewer bytes of a response in a tick is slow.
const MIN_BYTES_PER_TICK: u64 = 5 << 10;
/// After so many slow ticks in a row the connection is closed.
const MAX_SLOW_TICKS: u32 = 4;
/// When a connection ends: for how long, and how much, unread input is discarded.
const LINGER: Duration = Duration::from_secs(2);
const MAX_LINGER_BYTES: usize = 4 << 20;
const MAX_HEADER_BYTES: usize = 32 << 10;

/// How often a lazy page is rendered again while stories change, and the pause between attempts.
const MAX_RENDER_ATTEMPTS: usize = 40;
const RENDER_RETRY: Duration = Duration::from_millis(50);

/// Serves a connection until it ends, or has to make place for another one.
pub async fn serve(stream: TcpStream, peer: IpAddr, server: Arc<Server>, activity: Arc<Activity>) {
    // Responses are written at once, so there is nothing to coalesce.
    let _ = stream.set_nodelay(true);
    let progress = Arc::new(Progress::default());
    let mut closing = server.closing.subscribe();
    let handler =
        Handler { peer, server: Arc::clone(&server), progress: Arc::clone(&progress), activity: Arc::clone(&activity) };
    let mut connection = http1::Builder::new()
        .max_buf_size(MAX_HEADER_BYTES)
        .header_read_timeout(None)
        .auto_date_header(false)
        // A client that closes its sending side after a request still gets the response.
        .half_close(true)
        .serve_connection(Stream::new(stream, Arc::clone(&progress), Arc::clone(&activity)), handler);
    let mut watchdog = Watchdog::new(&progress);
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + TICK, TICK);
    let outcome = loop {
        tokio::select! {
            biased;
            outcome = &mut connection => break outcome,
            _ = closing.changed() => {
                Pin::new(&mut connection).graceful_shutdown();
                break (&mut connection).await;
            }
            () = activity.evicted.notified() => match (activity.is_idle(), activity.has_partial_request()) {
                (true, true) => {
                    access_log::refuse(&server, peer, StatusCode::REQUEST_TIMEOUT);
                    return time_out(connection.into_parts().io.into_inner()).await;
                }
                (true, false) => return,
                (false, _) => Pin::new(&mut connection).graceful_shutdown(),
            },
            _ = tick.tick() => match watchdog.tick(&progress) {
                IdlePolicy::Wait => {}
                IdlePolicy::Close => return close(connection.into_parts().io.into_inner()).await,
                IdlePolicy::TimeOut => {
                    access_log::refuse(&server, peer, StatusCode::REQUEST_TIMEOUT);
                    return time_out(connection.into_parts().io.into_inner()).await;
                }
            },
        }
    };
    // Other errors mean that the client disconnected.
    if let Some(status) = outcome.err().as_ref().and_then(access_log::refused_status) {
        access_log::refuse(&server, peer, status);
    }
    tokio::select! {
        () = linger(connection.into_parts().io.into_inner()) => {}
        () = activity.evicted.notified() => {}
    }
}

/// Discards unread input before the connection is closed: a reset would make the client lose the last response (RFC 9112
/// §9.6).
async fn linger(mut stream: TcpStream) {
    let mut discarded = [0; 4096];
    let read_all = async {
        for _ in 0..MAX_LINGER_BYTES / discarded.len() {
            if !matches!(stream.read(&mut discarded).await, Ok(count) if count > 0) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, read_all).await;
}

/// Closes an idle or slow connection. What the client has not read after a while is dropped.
async fn close(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let mut discarded = [0; 1];
    let has_ended = tokio::time::timeout(LINGER, stream.read(&mut discarded)).await.is_ok();
    if !has_ended {
        let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }
}

/// Sends a 408 (RFC 9110 §15.5.9) and closes the connection.
async fn time_out(mut stream: TcpStream) {
    let response = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    // The client was slow before, so this does not wait for it.
    let _ = stream.try_write(response);
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.shutdown()).await;
}

/// Refuses a connection of a client that has too many (RFC 6585 §4).
pub fn refuse(stream: &TcpStream) {
    let response =
        b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 30\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    // It fits into the buffer of a new connection.
    let _ = stream.try_write(response);
}

/// What the watchdog does with a connection.
#[derive(Debug, PartialEq, Eq)]
enum IdlePolicy {
    Wait,
    Close,
    TimeOut,
}

/// Detects idle and slow connections by their progress.
struct Watchdog {
    requests: u64,
    written: u64,
    /// Ticks in a row without a request.
    idle_ticks: u32,
    /// Ticks in a row with a response that was hardly read.
    slow_ticks: u32,
}

impl Watchdog {
    fn new(progress: &Progress) -> Watchdog {
        let number = |value: &std::sync::atomic::AtomicU64| value.load(Ordering::Relaxed);
        Watchdog {
            requests: number(&progress.requests),
            written: number(&progress.written),
            idle_ticks: 0,
            slow_ticks: 0,
        }
    }

    fn tick(&mut self, progress: &Progress) -> IdlePolicy {
        let now = Watchdog::new(progress);
        let is_blocked = progress.is_blocked.load(Ordering::Relaxed);
        let is_slow = is_blocked && now.written - self.written < MIN_BYTES_PER_TICK;
        self.slow_ticks = if is_slow { self.slow_ticks + 1 } else { 0 };
        self.idle_ticks = if is_blocked || now.requests != self.requests { 0 } else { self.idle_ticks + 1 };
        (self.requests, self.written) = (now.requests, now.written);
        if self.slow_ticks >= MAX_SLOW_TICKS {
            return IdlePolicy::Close;
        }
        if TICK * self.idle_ticks < IDLE_TIMEOUT {
            return IdlePolicy::Wait;
        }
        let is_incomplete = progress.read.load(Ordering::Relaxed) > progress.parsed.load(Ordering::Relaxed);
        if is_incomplete { IdlePolicy::TimeOut } else { IdlePolicy::Close }
    }
}

/// Responds to the requests of one connection.
struct Handler {
    peer: IpAddr,
    server: Arc<Server>,
    progress: Arc<Progress>,
    activity: Arc<Activity>,
}

impl Service<Request<Incoming>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn call(&self, request: Request<Incoming>) -> ResponseFuture {
        // A panic harms this request only.
        let response = catch_unwind(AssertUnwindSafe(|| self.respond(&request)));
        let progress = &self.progress;
        progress.parsed.store(progress.read.load(Ordering::Relaxed), Ordering::Relaxed);
        progress.requests.fetch_add(1, Ordering::Relaxed);
        // Where the response is not ready, it says so itself when it is.
        self.activity.requested(false);
        let activity = Arc::clone(&self.activity);
        let response = response.unwrap_or_else(|_| respond::Response::Ready(internal_error()));
        if let respond::Response::Ready(reply) = &response
            && let Some(bytes) = body(&self.server, reply)
            && let respond::Response::Ready(reply) = response
        {
            self.activity.requested(true);
            return ResponseFuture::Ready(ready(Ok(finish(&self.server, self.peer, &request, reply, bytes))));
        }
        let answer = answer(Arc::clone(&self.server), self.peer, request.map(drop), response);
        // A task of its own, so that a panic harms this request only.
        ResponseFuture::Waiting(tokio::spawn(answer), activity)
    }
}

impl Handler {
    fn respond(&self, request: &Request<Incoming>) -> respond::Response {
        let now = self.server.now();
        let publication = self.server.publication();
        let config = &publication.config.server;
        if let Some(limit) = config.rate_limit {
            let client = Client::new(self.peer, request.headers(), config);
            if let Err(wait) = self.server.rate_limiter.try_take(client, limit, Instant::now()) {
                let mut reply = text(StatusCode::TOO_MANY_REQUESTS, "you ask too often\n");
                reply.headers.insert(header::DATE, now.text);
                // RFC 6585 §4.
                let seconds = wait.as_secs_f64().ceil().to_string();
                return respond::Response::Ready(with_header(reply, header::RETRY_AFTER, &seconds));
            }
        }
        match preview::respond(request, &publication, &self.server) {
            Some(mut reply) => {
                reply.headers.insert(header::DATE, now.text);
                respond::Response::Ready(reply)
            }
            None => respond(request, &publication, &now),
        }
    }
}

/// The bytes of a reply that are there already.
fn body(server: &Server, reply: &Reply) -> Option<Bytes> {
    match &reply.body {
        Body::Bytes(bytes) => Some(bytes.clone()),
        Body::Document(document, representation) => server.encoders.encoded(document, *representation),
    }
}

/// Responds to a request whose response has to be rendered or encoded first.
async fn answer(
    server: Arc<Server>,
    peer: IpAddr,
    request: Request<()>,
    response: respond::Response,
) -> Response<Full<Bytes>> {
    let mut reply = match response {
        respond::Response::Ready(reply) => reply,
        respond::Response::NeedsRender(_) => render(&server, &request).await,
    };
    loop {
        let (document, representation) = match &reply.body {
            Body::Bytes(bytes) => {
                let bytes = bytes.clone();
                return finish(&server, peer, &request, reply, bytes);
            }
            Body::Document(document, representation) => (Arc::clone(document), *representation),
        };
        let has_cheaper = has_cheaper(&request, representation);
        match server.encoders.encode(&document, representation, !has_cheaper).await {
            Ok(bytes) => return finish(&server, peer, &request, reply, bytes),
            Err(Unavailable::Saturated) if has_cheaper => reply = in_cheaper(reply),
            Err(_) => return finish(&server, peer, &request, internal_error(), Bytes::new()),
        }
    }
}

/// Renders the page that a request needs, and responds. Where a story changed meanwhile, the next publication is about to
/// contain it.
async fn render(server: &Arc<Server>, request: &Request<()>) -> Reply {
    let mut failure = None;
    for _ in 0..MAX_RENDER_ATTEMPTS {
        // Those that wait need no thread, and never wait for an encoder.
        let permit = server.renderers.acquire().await;
        // The publication may have been replaced, so that the page is another one, or rendered already.
        let publication = server.publication();
        let page = match respond(request, &publication, &server.now()) {
            respond::Response::Ready(reply) => return reply,
            respond::Response::NeedsRender(page) => page,
        };
        let metrics = Arc::clone(&server.metrics);
        let renderers = server.render_threads.clone();
        let rendering = Arc::clone(&page);
        let rendered = tokio::task::spawn_blocking(move || match &renderers {
            Some(threads) => threads.install(|| publication.render(&rendering, &metrics)),
            None => publication.render(&rendering, &metrics),
        });
        let rendered = rendered.await;
        drop(permit);
        match rendered {
            Ok(Ok(())) => {}
            Ok(Err(diagnostic)) => {
                failure = Some((page, diagnostic));
                tokio::time::sleep(RENDER_RETRY).await;
            }
            Err(_) => return internal_error(),
        }
    }
    if let Some((page, diagnostic)) = failure.filter(|(page, _)| page.is_first_failure()) {
        tracing::error!("/{} cannot be made:\n{}", page.path, show(&diagnostic, OutputFormat::Text));
    }
    let reply = text(StatusCode::SERVICE_UNAVAILABLE, "this page cannot be made just now; ask again\n");
    let mut reply = with_header(reply, header::RETRY_AFTER, "1");
    reply.headers.insert(header::DATE, server.now().text);
    close_after(reply)
}

/// Counts and logs a reply, and assembles the response.
fn finish<B>(server: &Server, peer: IpAddr, request: &Request<B>, reply: Reply, body: Bytes) -> Response<Full<Bytes>> {
    let reply = if server.is_stopping() { close_after(reply) } else { reply };
    let reply = if server.is_preview { preview::sealed(reply) } else { reply };
    let sent = if request.method() == Method::HEAD { 0 } else { body.len() as u64 };
    let client = || Client::new(peer, request.headers(), &server.publication().config.server);
    let counters = reply.counters.as_deref().unwrap_or(&server.metrics.others);
    counters.count(reply.status, sent);
    if request.method() == Method::GET
        && let Some(agent) = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok())
        && let Some(report) = aggregators::parse(agent)
    {
        counters.record_subscribers(report, client(), server.now().at);
    }
    access_log::log(server, client, request, reply.status, sent);
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response
}

fn internal_error() -> Reply {
    close_after(text(StatusCode::INTERNAL_SERVER_ERROR, "this server made a mistake\n"))
}

/// A response that is ready, or that has to be rendered or encoded.
pub enum ResponseFuture {
    Ready(Ready<Result<Response<Full<Bytes>>, Infallible>>),
    Waiting(JoinHandle<Response<Full<Bytes>>>, Arc<Activity>),
}

impl Future for ResponseFuture {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            ResponseFuture::Ready(ready) => Pin::new(ready).poll(context),
            ResponseFuture::Waiting(handle, activity) => Pin::new(handle).poll(context).map(|response| {
                activity.responded();
                Ok(response.unwrap_or_else(|_| {
                    let mut error = Response::default();
                    *error.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                    error
                }))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn idle_and_slow_connections_are_closed() {
        let progress = Progress::default();
        let mut watchdog = Watchdog::new(&progress);
        let ticks = |watchdog: &mut Watchdog, times: usize| (0..times).map(|_| watchdog.tick(&progress)).last();
        assert_eq!(ticks(&mut watchdog, 5), Some(IdlePolicy::Wait));
        assert_eq!(ticks(&mut watchdog, 1), Some(IdlePolicy::Close));
        progress.requests.store(1, Ordering::Relaxed);
        assert_eq!(ticks(&mut watchdog, 6), Some(IdlePolicy::Wait));
        progress.read.store(10, Ordering::Relaxed);
        assert_eq!(ticks(&mut watchdog, 1), Some(IdlePolicy::TimeOut));
        progress.is_blocked.store(true, Ordering::Relaxed);
        assert_eq!(ticks(&mut watchdog, 3), Some(IdlePolicy::Wait));
        progress.written.store(MIN_BYTES_PER_TICK, Ordering::Relaxed);
        assert_eq!(ticks(&mut watchdog, 4), Some(IdlePolicy::Wait));
        assert_eq!(ticks(&mut watchdog, 1), Some(IdlePolicy::Close));
    }
}
