//! Owns decoding bytes of any encoding to UTF-8 as they are read.
//!
//! The encoding is that of the byte order mark, else of the XML declaration, else UTF-8. Invalid UTF-8 is decoded as
//! windows-1252 byte by byte. Characters that XML forbids are dropped.

use std::io::{self, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

const CHUNK: usize = 16 << 10;

/// A reader that decodes another one to UTF-8.
pub struct Utf8Reader<R> {
    inner: R,
    raw: Vec<u8>,
    is_at_end: bool,
    decoder: Option<Decoder>,
    out: String,
    position: usize,
}

impl<R: Read> Utf8Reader<R> {
    /// Detects the encoding from the first bytes.
    pub fn new(mut inner: R) -> io::Result<Self> {
        let mut raw = Vec::with_capacity(CHUNK);
        let is_at_end = fill(&mut inner, &mut raw)?;
        let (encoding, bom_length) = detect_encoding(&raw);
        raw.drain(..bom_length);
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_without_bom_handling());
        Ok(Utf8Reader { inner, raw, is_at_end, decoder, out: String::new(), position: 0 })
    }

    /// Decodes the next bytes into `out`.
    fn advance(&mut self) -> io::Result<()> {
        self.out.clear();
        self.position = 0;
        while self.out.is_empty() {
            if self.raw.len() < CHUNK / 2 && !self.is_at_end {
                self.is_at_end = fill(&mut self.inner, &mut self.raw)?;
            }
            if self.raw.is_empty() {
                return Ok(());
            }
            let consumed = match &mut self.decoder {
                Some(decoder) => decode_chunk(decoder, &self.raw, self.is_at_end, &mut self.out),
                None => decode_lossy_utf8(&self.raw, self.is_at_end, &mut self.out),
            };
            self.raw.drain(..consumed);
            self.out.retain(is_xml_char);
            if consumed == 0 && self.is_at_end {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.position == self.out.len() {
            self.advance()?;
        }
        let rest = &self.out.as_bytes()[self.position..];
        let length = rest.len().min(into.len());
        into[..length].copy_from_slice(&rest[..length]);
        self.position += length;
        Ok(length)
    }
}

/// Reads at least a chunk; returns whether the input has ended.
fn fill(inner: &mut impl Read, raw: &mut Vec<u8>) -> io::Result<bool> {
    while raw.len() < CHUNK {
        let start = raw.len();
        raw.resize(start + CHUNK, 0);
        let read = inner.read(&mut raw[start..]);
        raw.truncate(start + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(false)
}

/// The encoding, and the length of its byte order mark.
fn detect_encoding(raw: &[u8]) -> (&'static Encoding, usize) {
    if let Some((encoding, length)) = Encoding::for_bom(raw) {
        return (encoding, length);
    }
    match raw {
        [b'<', 0, ..] | [b'{', 0, ..] => return (UTF_16LE, 0),
        [0, b'<', ..] | [0, b'{', ..] => return (UTF_16BE, 0),
        _ => {}
    }
    let declared = declared_encoding(&raw[..raw.len().min(1024)]);
    match declared.and_then(Encoding::for_label) {
        // The declaration was readable as ASCII, so it is not UTF-16.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => (UTF_8, 0),
        Some(encoding) => (encoding, 0),
        None => (UTF_8, 0),
    }
}

/// The encoding label of the XML declaration.
fn declared_encoding(head: &[u8]) -> Option<&[u8]> {
    let find = |text: &[u8], wanted: &[u8]| text.windows(wanted.len()).position(|window| window == wanted);
    let start = find(head, b"<?xml")?;
    let declaration = &head[start..start + find(&head[start..], b"?>")?];
    let value = &declaration[find(declaration, b"encoding")? + b"encoding".len()..];
    let value = &value[value.iter().position(|byte| matches!(byte, b'"' | b'\''))? + 1..];
    Some(&value[..value.iter().position(|byte| matches!(byte, b'"' | b'\''))?])
}

fn decode_chunk(decoder: &mut Decoder, raw: &[u8], last: bool, out: &mut String) -> usize {
    out.reserve(raw.len() * 3 + 16);
    let mut consumed = 0;
    loop {
        let (result, read, _) = decoder.decode_to_string(&raw[consumed..], out, last);
        consumed += read;
        match result {
            CoderResult::InputEmpty => return consumed,
            CoderResult::OutputFull => out.reserve(CHUNK),
        }
    }
}

/// Decodes UTF-8, and invalid bytes as windows-1252.
fn decode_lossy_utf8(raw: &[u8], last: bool, out: &mut String) -> usize {
    let mut consumed = 0;
    loop {
        match std::str::from_utf8(&raw[consumed..]) {
            Ok(text) => {
                out.push_str(text);
                return raw.len();
            }
            Err(error) => {
                let valid = error.valid_up_to();
                out.push_str(std::str::from_utf8(&raw[consumed..consumed + valid]).unwrap_or_default());
                consumed += valid;
                let invalid = match error.error_len() {
                    Some(length) => length,
                    // An incomplete character at the end of the chunk.
                    None if !last => return consumed,
                    None => raw.len() - consumed,
                };
                out.push_str(&WINDOWS_1252.decode_without_bom_handling(&raw[consumed..consumed + invalid]).0);
                consumed += invalid;
            }
        }
    }
}

/// Whether XML allows a character (XML 1.0 §2.2).
fn is_xml_char(letter: char) -> bool {
    !matches!(letter, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> String {
        let mut out = String::new();
        Utf8Reader::new(bytes).unwrap().read_to_string(&mut out).unwrap();
        out
    }

    #[test]
    fn encodings_are_decoded() {
        let utf16 = |text: &str, big: bool| -> Vec<u8> {
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
        };
        for (bytes, expected) in [
            (
                b"<?xml version='1.0' encoding='iso-8859-1'?><a>\xe9</a>".to_vec(),
                "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>",
            ),
            (b"<a>\xe9\xc3\xa9\x93</a>".to_vec(), "<a>éé“</a>"),
            ([b"\xef\xbb\xbf".to_vec(), b"<a>\xc3\xa9</a>".to_vec()].concat(), "<a>é</a>"),
            ([b"\xff\xfe".to_vec(), utf16("<?xml encoding='utf-8'?>é", false)].concat(), "<?xml encoding='utf-8'?>é"),
            (utf16("<a>é</a>", true), "<a>é</a>"),
            (b"<?xml encoding='utf-16'?><a/>".to_vec(), "<?xml encoding='utf-16'?><a/>"),
            (b"<?xml encoding=\"windows-1251\"?>\xcf".to_vec(), "<?xml encoding=\"windows-1251\"?>П"),
            (b"a\x00\x0bb\x1fc".to_vec(), "abc"),
            (b"cut \xe2\x82".to_vec(), "cut â‚"),
            (b"".to_vec(), ""),
        ] {
            assert_eq!(read(&bytes), expected);
        }
        let long = "é€😀".repeat(20_000);
        assert_eq!(read(long.as_bytes()), long);
    }
}
