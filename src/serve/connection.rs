//! One connection: requests are read, answered and counted, and a client that keeps others waiting is let go.

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

use super::Server;
use super::conditional::lines;
use super::limit::client;
use super::respond::{Answer, Content, last, plain, respond, with};
use super::stream::{Progress, Stream};

/// How often a connection is looked after.
const TICK: Duration = Duration::from_secs(5);
/// For how long a connection may be without a request, or with one that does not end.
const IDLE: Duration = Duration::from_secs(30);
/// What a client must take of an answer in a tick; one that took less this many times in a row is let go.
const SLOWEST: u64 = 5 << 10;
const PATIENCE: u32 = 4;
/// When a connection ends: for how long, and how much, is read of what nobody answers any more.
const LINGER: Duration = Duration::from_secs(2);
const LEFT_OVER: usize = 4 << 20;
/// The head of a request is at most this long.
const LONGEST_HEAD: usize = 32 << 10;

/// How often a page is tried to be made while stories change, and how long after one try comes the next.
const LATER_TRIES: usize = 40;
const LATER_PAUSE: Duration = Duration::from_millis(50);

/// Answers the requests of a connection until it ends.
pub async fn serve(stream: TcpStream, peer: IpAddr, server: Arc<Server>) {
    // Answers are written whole, so there is nothing to wait for.
    let _ = stream.set_nodelay(true);
    let progress = Arc::new(Progress::default());
    let mut closing = server.closing.subscribe();
    let handler = Handler { peer, server, progress: Arc::clone(&progress) };
    let mut connection = http1::Builder::new()
        .max_buf_size(LONGEST_HEAD)
        .header_read_timeout(None)
        .auto_date_header(false)
        .serve_connection(Stream::new(stream, Arc::clone(&progress)), handler);
    let mut keeper = Keeper::new(&progress);
    let mut tick = tokio::time::interval_at(tokio::time::Instant::now() + TICK, TICK);
    loop {
        tokio::select! {
            biased;
            // A client that goes away in the middle is no news.
            _ = &mut connection => break,
            _ = closing.changed() => {
                Pin::new(&mut connection).graceful_shutdown();
                let _ = (&mut connection).await;
                break;
            }
            _ = tick.tick() => match keeper.look(&progress) {
                Care::Wait => {}
                Care::Close => return cut_off(connection.into_parts().io.into_inner()).await,
                Care::TimeOut => return time_out(connection.into_parts().io.into_inner()).await,
            },
        }
    }
    linger(connection.into_parts().io.into_inner()).await;
}

/// Reads what is still on its way, for a while: to close a connection before would take the last answer from the client
/// (RFC 9112 §9.6).
async fn linger(mut stream: TcpStream) {
    let mut nobody_reads_this = [0; 4096];
    let read_all = async {
        for _ in 0..LEFT_OVER / nobody_reads_this.len() {
            if !matches!(stream.read(&mut nobody_reads_this).await, Ok(count) if count > 0) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(LINGER, read_all).await;
}

/// Ends a connection that was idle, or whose client takes what it was sent so slowly that it may never have it all: whatever
/// is left in the system's hands by then is dropped.
async fn cut_off(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    let mut nobody_reads_this = [0; 1];
    let has_ended = tokio::time::timeout(LINGER, stream.read(&mut nobody_reads_this)).await.is_ok();
    if !has_ended {
        let _ = socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }
}

/// RFC 9110 §15.5.9.
async fn time_out(mut stream: TcpStream) {
    let answer = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    // It was slow before, so it is not waited for now.
    let _ = stream.try_write(answer);
    let _ = tokio::time::timeout(Duration::from_secs(1), stream.shutdown()).await;
}

/// What is to be done with a connection.
#[derive(Debug, PartialEq, Eq)]
enum Care {
    Wait,
    Close,
    TimeOut,
}

/// Looks at the progress of a connection from time to time.
struct Keeper {
    requests: u64,
    written: u64,
    /// For how many ticks there was no request, and for how many an answer was hardly taken.
    idle: u32,
    slow: u32,
}

impl Keeper {
    fn new(progress: &Progress) -> Keeper {
        let number = |value: &std::sync::atomic::AtomicU64| value.load(Ordering::Relaxed);
        Keeper { requests: number(&progress.requests), written: number(&progress.written), idle: 0, slow: 0 }
    }

    fn look(&mut self, progress: &Progress) -> Care {
        let now = Keeper::new(progress);
        let is_blocked = progress.is_blocked.load(Ordering::Relaxed);
        let is_slow = is_blocked && now.written - self.written < SLOWEST;
        self.slow = if is_slow { self.slow + 1 } else { 0 };
        self.idle = if is_blocked || now.requests != self.requests { 0 } else { self.idle + 1 };
        (self.requests, self.written) = (now.requests, now.written);
        if self.slow >= PATIENCE {
            return Care::Close;
        }
        if TICK * self.idle < IDLE {
            return Care::Wait;
        }
        let has_begun = progress.read.load(Ordering::Relaxed) > progress.understood.load(Ordering::Relaxed);
        if has_begun { Care::TimeOut } else { Care::Close }
    }
}

/// Answers the requests of one connection.
struct Handler {
    peer: IpAddr,
    server: Arc<Server>,
    progress: Arc<Progress>,
}

impl Service<Request<Incoming>> for Handler {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        let answered = catch_unwind(AssertUnwindSafe(|| self.answer(&request)));
        let mut answer = answered.unwrap_or_else(|_| failed());
        let progress = &self.progress;
        progress.understood.store(progress.read.load(Ordering::Relaxed), Ordering::Relaxed);
        progress.requests.fetch_add(1, Ordering::Relaxed);
        if self.server.is_stopping() {
            answer = last(answer);
        }
        let (document, wanted) = match std::mem::replace(&mut answer.content, Content::Bytes(Bytes::new())) {
            Content::Bytes(bytes) => return self.finish(&request, answer, bytes),
            Content::Document(document, wanted) => (document, wanted),
            Content::Later(_) => {
                let (server, peer) = (Arc::clone(&self.server), self.peer);
                return Answering::Making(tokio::task::spawn_blocking(move || {
                    let (answer, bytes) = answer_later(&server, &request);
                    finish(&server, peer, &request, answer, bytes)
                }));
            }
        };
        if let Some(bytes) = document.ready(wanted) {
            return self.finish(&request, answer, bytes);
        }
        let (server, peer) = (Arc::clone(&self.server), self.peer);
        Answering::Making(tokio::task::spawn_blocking(move || {
            let (answer, bytes) = match document.make(wanted) {
                Ok(bytes) => (answer, bytes),
                Err(_) => (failed(), Bytes::new()),
            };
            finish(&server, peer, &request, answer, bytes)
        }))
    }
}

impl Handler {
    fn answer(&self, request: &Request<Incoming>) -> Answer {
        let now = self.server.now();
        let publication = self.server.publication();
        let limits = &publication.config.server;
        if let Some(limit) = limits.rate_limit {
            let client = client(self.peer, request.headers(), &limits.trusted_proxies);
            if let Err(wait) = self.server.buckets.take(client, limit, Instant::now()) {
                let mut answer = plain(StatusCode::TOO_MANY_REQUESTS, "you ask too often\n");
                answer.headers.insert(header::DATE, now.text);
                // RFC 6585 §4.
                return with(answer, header::RETRY_AFTER, &wait.as_secs_f64().ceil().to_string());
            }
        }
        respond(request, &publication, &now)
    }

    fn finish(&self, request: &Request<Incoming>, answer: Answer, bytes: Bytes) -> Answering {
        Answering::Ready(ready(Ok(finish(&self.server, self.peer, request, answer, bytes))))
    }
}

/// Makes what is asked for, which takes its time. If a story has changed meanwhile, the next publication is about to have it.
fn answer_later(server: &Server, request: &Request<Incoming>) -> (Answer, Bytes) {
    for _ in 0..LATER_TRIES {
        let publication = server.publication();
        let mut answer = respond(request, &publication, &server.now());
        if server.is_stopping() {
            answer = last(answer);
        }
        match std::mem::replace(&mut answer.content, Content::Bytes(Bytes::new())) {
            Content::Bytes(bytes) => return (answer, bytes),
            Content::Document(document, wanted) => {
                return document.make(wanted).map_or_else(|_| (failed(), Bytes::new()), |bytes| (answer, bytes));
            }
            Content::Later(later) => {
                if publication.make(&later, &server.metrics).is_err() {
                    std::thread::sleep(LATER_PAUSE);
                }
            }
        }
    }
    let mut answer = with(plain(StatusCode::SERVICE_UNAVAILABLE, ""), header::RETRY_AFTER, "1");
    answer.headers.insert(header::DATE, server.now().text);
    (last(answer), Bytes::from_static(b"this page changes just now; ask again\n"))
}

/// Counts and logs an answer, and puts it together.
fn finish(
    server: &Server,
    peer: IpAddr,
    request: &Request<Incoming>,
    answer: Answer,
    bytes: Bytes,
) -> Response<Full<Bytes>> {
    let sent = if request.method() == Method::HEAD { 0 } else { bytes.len() as u64 };
    let counters = answer.counters.as_deref().unwrap_or(&server.metrics.others);
    counters.count(answer.status, sent);
    if request.method() == Method::GET
        && let Some(agent) = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok())
    {
        counters.listen(agent);
    }
    if server.is_logging {
        log(server, peer, request, answer.status, sent);
    }
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

/// What stands in a query or in other fields may be secret, and is not logged.
fn log(server: &Server, peer: IpAddr, request: &Request<Incoming>, status: StatusCode, bytes: u64) {
    let trusted = &server.publication().config.server.trusted_proxies;
    tracing::info!(
        target: super::ACCESS,
        client = %client(peer, request.headers(), trusted),
        time = server.now().at.0,
        method = %request.method(),
        path = request.uri().path(),
        version = ?request.version(),
        status = status.as_u16(),
        bytes,
        agent = lines(request.headers(), header::USER_AGENT).next().unwrap_or("-"),
    );
}

/// An answer to a request at which the program failed: that one alone is harmed.
fn failed() -> Answer {
    last(plain(StatusCode::INTERNAL_SERVER_ERROR, "this server made a mistake\n"))
}

/// An answer that is there, or is being made beside the other connections.
pub enum Answering {
    Ready(Ready<Result<Response<Full<Bytes>>, Infallible>>),
    Making(JoinHandle<Response<Full<Bytes>>>),
}

impl Future for Answering {
    type Output = Result<Response<Full<Bytes>>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Answering::Ready(ready) => Pin::new(ready).poll(context),
            Answering::Making(making) => Pin::new(making).poll(context).map(|made| {
                let mut error = Response::default();
                *error.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                Ok(made.unwrap_or(error))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_idle_and_the_slow_are_let_go() {
        let progress = Progress::default();
        let mut keeper = Keeper::new(&progress);
        let looks = |keeper: &mut Keeper, times: usize| (0..times).map(|_| keeper.look(&progress)).last();
        assert_eq!(looks(&mut keeper, 5), Some(Care::Wait));
        assert_eq!(looks(&mut keeper, 1), Some(Care::Close));
        progress.requests.store(1, Ordering::Relaxed);
        assert_eq!(looks(&mut keeper, 6), Some(Care::Wait));
        progress.read.store(10, Ordering::Relaxed);
        assert_eq!(looks(&mut keeper, 1), Some(Care::TimeOut));
        progress.is_blocked.store(true, Ordering::Relaxed);
        assert_eq!(looks(&mut keeper, 3), Some(Care::Wait));
        progress.written.store(SLOWEST, Ordering::Relaxed);
        assert_eq!(looks(&mut keeper, 4), Some(Care::Wait));
        assert_eq!(looks(&mut keeper, 1), Some(Care::Close));
    }
}
