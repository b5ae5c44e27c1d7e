//! Why a source could not be parsed.

use std::io;

/// Why a source could not be parsed, as a clause about it: "it is empty".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    pub message: String,
}

impl ParseError {
    pub fn new(message: impl Into<String>) -> ParseError {
        ParseError { message: message.into() }
    }
}

impl From<io::Error> for ParseError {
    fn from(error: io::Error) -> Self {
        ParseError::new(format!("it cannot be read: {error}"))
    }
}
