//! Content codings (RFC 9110 §8.4.1), each at a fixed quality.

use std::io::{self, Write};

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coding {
    Brotli,
    Zstandard,
    Gzip,
}

/// All codings, in the order in which the server prefers them.
pub const CODINGS: [Coding; 3] = [Coding::Brotli, Coding::Zstandard, Coding::Gzip];

impl Coding {
    /// The name in `Accept-Encoding` and `Content-Encoding`.
    pub fn token(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstandard => "zstd",
            Coding::Gzip => "gzip",
        }
    }

    /// The file extension of encoded copies.
    pub fn extension(self) -> &'static str {
        match self {
            Coding::Brotli => "br",
            Coding::Zstandard => "zst",
            Coding::Gzip => "gz",
        }
    }

    /// Encodes bytes deterministically: no timestamp, and always the same quality.
    ///
    /// # Errors
    /// The encoder failed.
    pub fn encode(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Coding::Gzip => gzip(bytes, 9),
            // At 7 and above its tables take up to 32 MB, which a server would pay for with each document and the allocator
            // would keep; the bytes are about 1 % more.
            Coding::Brotli => brotli(bytes, 6),
            // The bulk API knows the length, so its tables are no larger than necessary.
            Coding::Zstandard => zstd::bulk::compress(bytes, 19),
        }
    }

    /// Encodes bytes that few clients need, for a fraction of the time.
    ///
    /// # Errors
    /// The encoder failed.
    pub fn encode_fast(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        match self {
            Coding::Gzip => gzip(bytes, 3),
            Coding::Brotli => brotli(bytes, 2),
            Coding::Zstandard => zstd::bulk::compress(bytes, 1),
        }
    }
}

fn gzip(bytes: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(level));
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8], quality: i32) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    // A window larger than the document finds nothing more.
    let lgwin = (usize::BITS - bytes.len().leading_zeros()).clamp(17, 22) as i32;
    let settings = brotli::enc::BrotliEncoderParams { quality, lgwin, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut out, &settings)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    /// The server derives entity tags from the document and the name of the coding. If an encoder changes its output, the tags
    /// must change too: `EDITION` in `serve` has to change with these numbers.
    #[test]
    fn the_encoders_write_what_their_tags_name() {
        let text: Vec<u8> =
            (0..5000_u32).flat_map(|n| format!("{} ", n.wrapping_mul(2_654_435_761) % 97).into_bytes()).collect();
        let hashes = CODINGS.map(|coding| xxh3_64(&coding.encode(&text).unwrap()));
        insta::assert_debug_snapshot!(hashes);
    }
}
