//! The bytes of a connection: rejects what the parser would let pass, and counts progress.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::connection_slots::Activity;

/// The progress of a connection.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of requests.
    pub read: AtomicU64,
    /// Bytes of responses that the system has taken.
    pub written: AtomicU64,
    /// Requests with a response.
    pub requests: AtomicU64,
    /// The value of `read` when the last request was parsed.
    pub parsed: AtomicU64,
    /// Whether a response waits for the client to read.
    pub is_blocked: AtomicBool,
}

/// A connection that counts its progress.
#[derive(Debug)]
pub struct Stream {
    inner: TokioIo<TcpStream>,
    progress: Arc<Progress>,
    activity: Arc<Activity>,
    /// The last byte that was read.
    last_byte: u8,
}

impl Stream {
    pub fn new(inner: TcpStream, progress: Arc<Progress>, activity: Arc<Activity>) -> Stream {
        Stream { inner: TokioIo::new(inner), progress, activity, last_byte: 0 }
    }

    pub fn into_inner(self) -> TcpStream {
        self.inner.into_inner()
    }

    fn count_written(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.activity.written();
        self.progress.is_blocked.store(outcome.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(count)) = &outcome {
            self.progress.written.fetch_add(*count as u64, Ordering::Relaxed);
        }
        outcome
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // A buffer of its own, so that bytes are checked before the parser sees them; requests are small.
        let mut bytes = [MaybeUninit::uninit(); 4096];
        let capacity = buffer.remaining().min(bytes.len());
        let mut filled = tokio::io::ReadBuf::uninit(&mut bytes[..capacity]);
        let stream = Pin::new(self.inner.inner_mut());
        if tokio::io::AsyncRead::poll_read(stream, context, &mut filled)?.is_pending() {
            return Poll::Pending;
        }
        let read = filled.filled_mut();
        if !read.is_empty() {
            self.activity.received();
        }
        reject_bare_lf(read, self.last_byte);
        self.last_byte = read.last().copied().unwrap_or(self.last_byte);
        self.progress.read.fetch_add(read.len() as u64, Ordering::Relaxed);
        buffer.put_slice(read);
        Poll::Ready(Ok(()))
    }
}

/// Replaces each bare LF by a byte that the parser rejects. RFC 9112 §2.2 lets a recipient accept it as a line end, which
/// allows request smuggling past a proxy that does not.
fn reject_bare_lf(bytes: &mut [u8], before: u8) {
    let mut next = 0;
    while let Some(offset) = memchr::memchr(b'\n', &bytes[next..]) {
        let index = next + offset;
        if index.checked_sub(1).map_or(before, |before| bytes[before]) != b'\r' {
            bytes[index] = 0;
        }
        next = index + 1;
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.count_written(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.count_written(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // The server flushes when it has written all that it has.
        self.activity.flushed();
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_lf_is_rejected() {
        for (before, text, expected) in [
            (0, "a\r\nb\r\n", "a\r\nb\r\n"),
            (0, "a\nb\r\n", "a\0b\r\n"),
            (b'\r', "\nb", "\nb"),
            (b'a', "\nb", "\0b"),
            (0, "\r\n\n\n", "\r\n\0\0"),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            reject_bare_lf(&mut bytes, before);
            assert_eq!(bytes, expected.as_bytes(), "{text:?}");
        }
    }
}
