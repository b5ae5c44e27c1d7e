//! A connection as bytes: what the parser would let pass is refused, and progress is kept count of.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What a connection has done so far.
#[derive(Debug, Default)]
pub struct Progress {
    /// Bytes of requests that were read.
    pub read: AtomicU64,
    /// Bytes of answers that were taken off our hands.
    pub written: AtomicU64,
    /// Requests that were answered.
    pub requests: AtomicU64,
    /// What `read` was when the last of them was understood.
    pub understood: AtomicU64,
    /// Whether the client lets us wait with an answer.
    pub is_blocked: AtomicBool,
}

/// A connection of which the progress is kept count of.
#[derive(Debug)]
pub struct Stream {
    inner: TokioIo<TcpStream>,
    progress: Arc<Progress>,
    /// The last byte that was read.
    last: u8,
}

impl Stream {
    pub fn new(inner: TcpStream, progress: Arc<Progress>) -> Stream {
        Stream { inner: TokioIo::new(inner), progress, last: 0 }
    }

    /// The connection itself.
    pub fn into_inner(self) -> TcpStream {
        self.inner.into_inner()
    }

    fn wrote(&self, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
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
        // Requests are small; what is read is looked at before the parser sees it.
        let mut bytes = [MaybeUninit::uninit(); 4096];
        let room = buffer.remaining().min(bytes.len());
        let mut own = tokio::io::ReadBuf::uninit(&mut bytes[..room]);
        let stream = Pin::new(self.inner.inner_mut());
        if tokio::io::AsyncRead::poll_read(stream, context, &mut own)?.is_pending() {
            return Poll::Pending;
        }
        let read = own.filled_mut();
        refuse_bare_feeds(read, self.last);
        self.last = read.last().copied().unwrap_or(self.last);
        self.progress.read.fetch_add(read.len() as u64, Ordering::Relaxed);
        buffer.put_slice(read);
        Poll::Ready(Ok(()))
    }
}

/// A line feed without its carriage return may be taken for the end of a line or not (RFC 9112 §2.2), and requests are
/// smuggled past proxies that see it otherwise. It becomes a byte that the parser refuses.
fn refuse_bare_feeds(bytes: &mut [u8], before: u8) {
    let mut next = 0;
    while let Some(found) = memchr::memchr(b'\n', &bytes[next..]) {
        let at = next + found;
        if at.checked_sub(1).map_or(before, |before| bytes[before]) != b'\r' {
            bytes[at] = 0;
        }
        next = at + 1;
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write(context, bytes);
        self.wrote(outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.inner).poll_write_vectored(context, parts);
        self.wrote(outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
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
    fn bare_line_feeds_are_made_unreadable() {
        for (before, text, expected) in [
            (0, "a\r\nb\r\n", "a\r\nb\r\n"),
            (0, "a\nb\r\n", "a\0b\r\n"),
            (b'\r', "\nb", "\nb"),
            (b'a', "\nb", "\0b"),
            (0, "\r\n\n\n", "\r\n\0\0"),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            refuse_bare_feeds(&mut bytes, before);
            assert_eq!(bytes, expected.as_bytes(), "{text:?}");
        }
    }
}
