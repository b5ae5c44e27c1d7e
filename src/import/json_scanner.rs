//! Splits JSON into values without interpreting them, so that memory is bounded by the longest value, and a malformed one does
//! not lose the others.

use std::io::{self, BufRead};

use super::parse_error::ParseError;

/// Takes the line and the source text of an item.
pub type ItemSink<'s> = &'s mut dyn FnMut(usize, &[u8]);

/// Splits JSON into values without interpreting them.
pub struct Scanner<'r> {
    input: &'r mut dyn BufRead,
    /// The longest value.
    max_bytes: u64,
    pub line: usize,
    peeked: Option<u8>,
    /// The document ends within the last value.
    pub is_cut: bool,
}

impl<'r> Scanner<'r> {
    pub fn new(input: &'r mut dyn BufRead, max_bytes: u64) -> Scanner<'r> {
        Scanner { input, max_bytes, line: 1, peeked: None, is_cut: false }
    }

    pub fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.peeked.is_none() {
            self.peeked = self.input.fill_buf()?.first().copied();
            if self.peeked.is_some() {
                self.input.consume(1);
            }
        }
        Ok(self.peeked)
    }

    pub fn next(&mut self) -> io::Result<Option<u8>> {
        let next = self.peek()?;
        self.peeked = None;
        self.line += usize::from(next == Some(b'\n'));
        Ok(next)
    }

    /// Why the document cannot be read on here, where `wanted` should be.
    pub fn truncation(&mut self, wanted: &str) -> io::Result<String> {
        let line = self.line;
        Ok(match self.peek()? {
            None => format!("it ends early, in line {line}, without `{wanted}`"),
            Some(_) => format!(
                "it is no JSON in line {line}, where `{wanted}` or a value is missing; what follows was not read"
            ),
        })
    }

    pub fn skip(&mut self, bytes: &[u8]) -> io::Result<()> {
        while self.peek()?.is_some_and(|byte| bytes.contains(&byte)) {
            self.next()?;
        }
        Ok(())
    }

    pub fn skip_blanks(&mut self) -> io::Result<()> {
        self.skip(b" \t\r\n")
    }

    /// The source text of the next value; empty if there is none.
    pub fn value(&mut self) -> Result<Vec<u8>, ParseError> {
        let mut out = Vec::new();
        let (mut depth, mut is_in_string, mut is_escaped) = (0_usize, false, false);
        while let Some(byte) = self.peek()? {
            if out.len() as u64 > self.max_bytes {
                let message = format!("what begins in line {} is longer than {} MB", self.line, self.max_bytes >> 20);
                return Err(ParseError::new(message));
            }
            if is_in_string {
                self.next()?;
                out.push(byte);
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => {
                        is_in_string = false;
                        if depth == 0 {
                            break;
                        }
                    }
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => is_in_string = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth == 0 => break,
                b'}' | b']' => depth -= 1,
                b',' | b':' if depth == 0 => break,
                _ => {}
            }
            self.next()?;
            out.push(byte);
            if depth == 0 && matches!(byte, b'}' | b']') {
                break;
            }
        }
        // A number or a word ends with what follows it.
        let is_bare = out.last().is_some_and(|last| !b"\"}]".contains(last));
        self.is_cut = self.peek()?.is_none() && (depth > 0 || is_in_string || is_bare);
        Ok(out.trim_ascii().to_vec())
    }

    /// Hands on the values of an array whose bracket was read. Returns why they were not read to their end, if they were not.
    pub fn items(&mut self, item: ItemSink<'_>) -> Result<Option<String>, ParseError> {
        loop {
            self.skip(b" \t\r\n,")?;
            match self.peek()? {
                None => return Ok(Some(self.truncation("]")?)),
                Some(b']') => {
                    self.next()?;
                    return Ok(None);
                }
                Some(_) => {}
            }
            let line = self.line;
            let value = self.value()?;
            if self.is_cut {
                let why = self.truncation("]")?;
                return Ok(Some(format!("{why}; the entry that begins in line {line} is cut, and left out")));
            }
            if value.is_empty() {
                return Ok(Some(self.truncation("]")?));
            }
            item(line, &value);
        }
    }

    /// The rest of the line.
    pub fn rest_of_line(&mut self) -> Result<Vec<u8>, ParseError> {
        let mut out = Vec::new();
        while let Some(byte) = self.next()?.filter(|byte| *byte != b'\n') {
            if out.len() as u64 > self.max_bytes {
                let message = format!("line {} is longer than {} MB", self.line, self.max_bytes >> 20);
                return Err(ParseError::new(message));
            }
            out.push(byte);
        }
        Ok(out)
    }
}
