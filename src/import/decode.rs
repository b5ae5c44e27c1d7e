//! Owns finding the encoding of a document, and decoding it to UTF-8 as it is read.
//!
//! The encoding is that of the byte order mark, else of the server, else of the document's declaration, else UTF-8. Where the
//! bytes are malformed in it, it is found by what the text looks like, with a warning. A few malformed bytes in a document
//! that is otherwise UTF-8 are decoded as windows-1252. Characters that XML forbids are dropped.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    CoderResult, Decoder, DecoderResult, Encoding, GB18030, GBK, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252,
};

use super::html;

const CHUNK: usize = 16 << 10;
/// How much of a document is searched for a declaration, in bytes.
const DECLARATION: usize = 1024;
/// A document stays in its encoding while at most one of so many characters beyond ASCII is malformed.
const CHARACTERS_FOR_A_MALFORMED_ONE: usize = 4;
/// The same in the other multi-byte encodings, in which most bytes of a text in another encoding happen to be characters too.
const CHARACTERS_FOR_A_MALFORMED_ONE_OF_MANY_BYTES: usize = 20;
/// The labels of ASCII, which the encoding standard reads as windows-1252.
const ASCII_LABELS: [&str; 3] = ["us-ascii", "ascii", "ansi_x3.4-1968"];

/// What a document is declared to be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    /// A text beyond ASCII breaks the declaration, so it is UTF-8 or has to be found.
    Ascii,
    In(&'static Encoding),
}

impl Declared {
    fn for_label(label: &[u8]) -> Option<Declared> {
        let is_ascii = |name: &&str| label.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
        if ASCII_LABELS.iter().any(is_ascii) {
            return Some(Declared::Ascii);
        }
        Encoding::for_label(label).map(Declared::In)
    }

    fn encoding(self) -> &'static Encoding {
        match self {
            Declared::Ascii => UTF_8,
            Declared::In(encoding) => encoding,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Declared::Ascii => ASCII_LABELS[0],
            Declared::In(encoding) => encoding.name(),
        }
    }
}

/// How a document is decoded.
#[derive(Debug, Clone)]
pub struct Decoding {
    encoding: &'static Encoding,
    /// The length of the byte order mark.
    mark: usize,
    /// Why its letters should be checked, if they should.
    pub warning: Option<String>,
}

impl Default for Decoding {
    fn default() -> Decoding {
        Decoding { encoding: UTF_8, mark: 0, warning: None }
    }
}

impl Decoding {
    /// Finds the encoding of a document, which is opened once or twice. `content_type`: as the server says.
    pub fn detect<R: Read>(open: impl Fn() -> io::Result<R>, content_type: Option<&str>) -> io::Result<Decoding> {
        let mut head = Vec::new();
        let mut input = open()?;
        input.by_ref().take(CHUNK as u64).read_to_end(&mut head)?;
        let (declared, mark) = declared_encoding(&head, content_type);
        let encoding = declared.map_or(UTF_8, Declared::encoding);
        let decoding = Decoding { encoding, mark, warning: None };
        let (characters, malformed) = count(encoding, (&head[mark..]).chain(input))?;
        if malformed == 0 {
            return Ok(decoding);
        }
        let places = if malformed == 1 { "1 place".to_owned() } else { format!("{malformed} places") };
        let kept = if encoding == UTF_8 { "were read as windows-1252" } else { "show as \u{fffd}" };
        let kept = format!("{places} of it are malformed in {}, its encoding, and {kept}", encoding.name());
        let kept = Decoding { warning: Some(kept), ..decoding.clone() };
        let is_regular = encoding == UTF_8 || encoding.is_single_byte();
        let least =
            if is_regular { CHARACTERS_FOR_A_MALFORMED_ONE } else { CHARACTERS_FOR_A_MALFORMED_ONE_OF_MANY_BYTES };
        if mark > 0 || malformed * least <= characters {
            return Ok(kept);
        }
        let guess = guess(open()?)?;
        if guess == encoding {
            return Ok(kept);
        }
        let why = match declared {
            Some(declared) => format!("it says that its encoding is {}, in which it is malformed", declared.name()),
            None => "it does not say in which encoding it is, and it is not UTF-8".to_owned(),
        };
        let warning = Some(format!("{why}; by its letters it was read as {}", guess.name()));
        Ok(Decoding { encoding: guess, warning, ..decoding })
    }

    /// Decodes a whole document, with all its characters.
    pub fn text(&self, mut bytes: Vec<u8>) -> String {
        bytes.drain(..self.mark.min(bytes.len()));
        if self.encoding != UTF_8 {
            return self.encoding.decode_without_bom_handling(&bytes).0.into_owned();
        }
        // A valid text is not copied: it can be long.
        String::from_utf8(bytes).unwrap_or_else(|error| {
            let bytes = error.into_bytes();
            let mut out = String::with_capacity(bytes.len());
            decode_lossy_utf8(&bytes, true, &mut out);
            out
        })
    }
}

/// How many characters beyond ASCII a text has, and how many malformed sequences. An incomplete character at its end is
/// neither: the document is cut there.
fn count(encoding: &'static Encoding, mut input: impl Read) -> io::Result<(usize, usize)> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (mut raw, mut out) = (vec![0; CHUNK], vec![0; CHUNK * 3 + 16]);
    let (mut characters, mut malformed) = (0, 0);
    loop {
        let length = match input.read(&mut raw) {
            Ok(0) => return Ok((characters, malformed)),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut rest = &raw[..length];
        loop {
            let (result, read, written) = decoder.decode_to_utf8_without_replacement(rest, &mut out, false);
            characters += out[..written].iter().filter(|byte| **byte >= 0xc0).count();
            rest = &rest[read..];
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => malformed += 1,
            }
        }
    }
}

/// The encoding that a text is most probably in, as browsers guess it.
fn guess(mut input: impl Read) -> io::Result<&'static Encoding> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut raw = Vec::new();
    loop {
        raw.clear();
        let is_at_end = input.by_ref().take(CHUNK as u64).read_to_end(&mut raw)? < CHUNK;
        // A character that is cut at the end says nothing about the others.
        detector.feed(&raw, false);
        if is_at_end {
            let guess = detector.guess(None, Utf8Detection::Deny);
            // Its superset, which both are decoded as.
            return Ok(if guess == GBK { GB18030 } else { guess });
        }
    }
}

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
    pub fn new(mut inner: R, decoding: &Decoding) -> io::Result<Self> {
        let mut raw = Vec::with_capacity(CHUNK);
        let is_at_end = fill(&mut inner, &mut raw)?;
        raw.drain(..decoding.mark.min(raw.len()));
        let decoder = (decoding.encoding != UTF_8).then(|| decoding.encoding.new_decoder_without_bom_handling());
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

/// The encoding that a document is declared to be in, and the length of its byte order mark.
fn declared_encoding(raw: &[u8], content_type: Option<&str>) -> (Option<Declared>, usize) {
    if let Some((encoding, length)) = Encoding::for_bom(raw) {
        return (Some(Declared::In(encoding)), length);
    }
    match raw {
        [b'<', 0, ..] | [b'{', 0, ..] => return (Some(Declared::In(UTF_16LE)), 0),
        [0, b'<', ..] | [0, b'{', ..] => return (Some(Declared::In(UTF_16BE)), 0),
        _ => {}
    }
    let head = &raw[..raw.len().min(DECLARATION)];
    // The declaration was readable as ASCII, so it is not UTF-16.
    let readable = |declared| match declared {
        Declared::In(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Declared::In(UTF_8),
        declared => declared,
    };
    let of_server = content_type.and_then(|kind| charset(kind.as_bytes())).and_then(Declared::for_label);
    let of_page = || if html::is_page(head) { meta_charset(head) } else { None };
    let own = xml_declaration(head).or_else(of_page).and_then(Declared::for_label).map(readable);
    // A server that knows better than a document that is UTF-8 as it says is mistaken.
    let is_utf_8 = own == Some(Declared::In(UTF_8)) && !raw.is_ascii() && is_utf_8(raw);
    // ASCII is what a server says that knows nothing of a document.
    let is_default = of_server == Some(Declared::Ascii) && own.is_some();
    (if is_utf_8 || is_default { own } else { of_server.or(own) }, 0)
}

/// Whether a beginning of a document is UTF-8.
fn is_utf_8(head: &[u8]) -> bool {
    std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The encoding label of the XML declaration.
fn xml_declaration(head: &[u8]) -> Option<&[u8]> {
    let find = |text: &[u8], wanted: &[u8]| text.windows(wanted.len()).position(|window| window == wanted);
    let start = find(head, b"<?xml")?;
    let declaration = &head[start..start + find(&head[start..], b"?>")?];
    let value = &declaration[find(declaration, b"encoding")? + b"encoding".len()..];
    let value = &value[value.iter().position(|byte| matches!(byte, b'"' | b'\''))? + 1..];
    Some(&value[..value.iter().position(|byte| matches!(byte, b'"' | b'\''))?])
}

/// The encoding label of a `meta` element of a page.
fn meta_charset(head: &[u8]) -> Option<&[u8]> {
    let is_meta = |at: &usize| head[*at..].get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case(b"<meta"));
    memchr::memchr_iter(b'<', head).filter(is_meta).find_map(|at| {
        let tag = &head[at..];
        charset(&tag[..tag.iter().position(|byte| *byte == b'>')?])
    })
}

/// The label after `charset=`.
fn charset(text: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"charset";
    let at = text.windows(NAME.len()).position(|window| window.eq_ignore_ascii_case(NAME))?;
    let value = text[at + NAME.len()..].trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"").or(value.strip_prefix(b"'")).unwrap_or(value);
    let end = value.iter().position(|byte| byte.is_ascii_whitespace() || b"\"';,/>".contains(byte));
    Some(&value[..end.unwrap_or(value.len())])
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

    fn detect(bytes: &[u8], content_type: Option<&str>) -> Decoding {
        Decoding::detect(|| Ok(bytes), content_type).unwrap()
    }

    fn read(bytes: &[u8]) -> String {
        let mut out = String::new();
        Utf8Reader::new(bytes, &detect(bytes, None)).unwrap().read_to_string(&mut out).unwrap();
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
            ("<a>éèüö…“”".bytes().chain(*b"\xe9\x93</a>").collect(), "<a>éèüö…“”é“</a>"),
            ([b"\xef\xbb\xbf".to_vec(), b"<a>\xc3\xa9</a>".to_vec()].concat(), "<a>é</a>"),
            ([b"\xff\xfe".to_vec(), utf16("<?xml encoding='utf-8'?>é", false)].concat(), "<?xml encoding='utf-8'?>é"),
            (utf16("<a>é</a>", true), "<a>é</a>"),
            (b"<?xml encoding='utf-16'?><a/>".to_vec(), "<?xml encoding='utf-16'?><a/>"),
            (b"<?xml encoding=\"windows-1251\"?>\xcf".to_vec(), "<?xml encoding=\"windows-1251\"?>П"),
            (
                b"<html><META content='text/html; charset=windows-1251'>\xcf".to_vec(),
                "<html><META content='text/html; charset=windows-1251'>П",
            ),
            (b"a\x00\x0bb\x1fc".to_vec(), "abc"),
            (b"cut \xe2\x82".to_vec(), "cut â‚"),
            (b"".to_vec(), ""),
        ] {
            assert_eq!(read(&bytes), expected);
        }
        let long = "é€😀".repeat(20_000);
        assert_eq!(read(long.as_bytes()), long);
    }

    #[test]
    fn an_encoding_that_is_not_declared_is_found_and_named() {
        const RUSSIAN: &str = "Открыта новая обсерватория в долине, сообщила пресс-служба института";
        for (label, text) in [
            ("windows-1251", RUSSIAN),
            ("KOI8-U", RUSSIAN),
            ("windows-1256", "افتتاح مرصد جديد في الوادي، كما أعلن المعهد في بيان صحفي اليوم"),
            ("gb18030", "河谷新天文台正式启用，科学家将全年观测夜空，并向公众开放参观"),
            ("Shift_JIS", "谷に新しい天文台が開館した。科学者たちは一年を通して夜空を観測するという"),
            ("windows-1250", "Naukowcy będą przez cały rok obserwować nocne niebo. Źródło: ćwiczenia, żółty, świt"),
        ] {
            let encoding = Encoding::for_label(label.as_bytes()).unwrap();
            for declaration in ["", "<?xml version='1.0' encoding='utf-8'?>"] {
                let text = format!("{declaration}<rss><title>{text}</title></rss>");
                let bytes = encoding.encode(&text).0.into_owned();
                let decoding = detect(&bytes, None);
                assert_eq!(decoding.text(bytes.clone()), text, "{label}");
                let warning = decoding.warning.unwrap_or_default().to_ascii_lowercase();
                assert!(warning.contains(&label.to_ascii_lowercase()), "{label}: {warning}");
            }
            let bytes = encoding.encode(text).0.into_owned();
            let decoding = detect(&bytes, Some(&format!("text/xml; Charset=\"{label}\"")));
            assert_eq!((decoding.text(bytes.clone()).as_str(), decoding.warning), (text, None), "{label}");
        }
    }

    #[test]
    fn a_wrong_declaration_of_a_multi_byte_encoding_is_found() {
        const RUSSIAN: &str = "Открыта новая обсерватория в долине, сообщила пресс-служба института. Учёные будут \
            круглый год наблюдать ночное небо, и вход для посетителей свободный.";
        let bytes_of = |declared: &str, text: &str, label: &str| {
            let text = format!("<?xml version='1.0' encoding='{declared}'?><rss><title>{text}</title></rss>");
            (Encoding::for_label(label.as_bytes()).unwrap().encode(&text).0.into_owned(), text)
        };
        for declared in ["gb2312", "gb18030", "big5", "euc-kr", "euc-jp", "shift_jis", "us-ascii", "ascii"] {
            let (bytes, text) = bytes_of(declared, RUSSIAN, "windows-1251");
            let decoding = detect(&bytes, None);
            assert_eq!(decoding.text(bytes.clone()), text, "{declared}");
            let warning = decoding.warning.unwrap_or_default();
            assert!(warning.contains("windows-1251"), "{declared}: {warning}");
            if declared.contains("ascii") {
                assert!(warning.contains("us-ascii"), "{declared}: {warning}");
            }
        }
        // A server that says ASCII by default knows less than the document.
        let (bytes, text) = bytes_of("windows-1251", RUSSIAN, "windows-1251");
        let decoding = detect(&bytes, Some("text/xml; charset=us-ascii"));
        assert_eq!((decoding.text(bytes), decoding.warning), (text, None));
        let (bytes, text) = bytes_of("us-ascii", RUSSIAN, "utf-8");
        assert_eq!(detect(&bytes, None).text(bytes), text);
        // Some damage does not make it another encoding.
        const CHINESE: &str = "河谷新天文台正式启用，科学家将全年观测夜空，并向公众开放参观";
        let (mut bytes, _) = bytes_of("gb2312", &CHINESE.repeat(2), "gb18030");
        bytes.truncate(bytes.len() - "</title></rss>".len());
        bytes.extend(b"\xff</title></rss>");
        let decoding = detect(&bytes, None);
        assert!(decoding.warning.unwrap().contains("1 place"));
        assert_eq!(decoding.encoding, GBK);
    }

    #[test]
    fn good_documents_have_no_warning() {
        let document = "<?xml version='1.0' encoding='utf-8'?><a>é</a>";
        for content_type in [None, Some("text/xml"), Some("text/xml; charset=iso-8859-1"), Some("text/xml; charset=?")]
        {
            let decoding = detect(document.as_bytes(), content_type);
            assert_eq!((decoding.text(document.as_bytes().to_vec()).as_str(), decoding.warning), (document, None));
        }
        // Cut in the middle of a character.
        assert_eq!(detect(&document.as_bytes()[..document.len() - 5], None).warning, None);
        let damaged = [document.as_bytes(), "ü".repeat(9).as_bytes(), b"\xff"].concat();
        assert!(detect(&damaged, None).warning.unwrap().contains("1 place"));
    }
}
