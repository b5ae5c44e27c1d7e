//! Owns the texts of entries while all sources are read: in memory while they are few, else in a temporary file, so that
//! memory does not grow with the length of what is imported; never touches what they say.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use tempfile::SpooledTempFile;

use super::story_file::Text;
use crate::diagnostics::Diagnostic;

/// So many bytes of texts are kept in memory.
const MOST: usize = 32 << 20;

/// The texts, in the order in which they came.
pub struct Texts {
    file: Mutex<SpooledTempFile>,
    end: u64,
}

/// Where a text is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    start: u64,
    length: u64,
}

impl Texts {
    /// No texts yet.
    pub fn new() -> Texts {
        Texts { file: Mutex::new(SpooledTempFile::new(MOST)), end: 0 }
    }

    /// Keeps a text.
    pub fn keep(&mut self, text: &Text) -> Result<Kept, Diagnostic> {
        let mut kept = || {
            let bytes = serde_json::to_vec(text)?;
            let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.end))?;
            file.write_all(&bytes)?;
            Ok(Kept { start: self.end, length: bytes.len() as u64 })
        };
        let kept = kept().map_err(failed)?;
        self.end += kept.length;
        Ok(kept)
    }

    /// A text as it was kept, but for its dates and its id.
    pub fn get(&self, kept: Kept) -> Result<Text, Diagnostic> {
        let read = || {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(kept.start))?;
            let mut bytes = Vec::new();
            Read::by_ref(&mut *file).take(kept.length).read_to_end(&mut bytes)?;
            drop(file);
            Ok(serde_json::from_slice(&bytes)?)
        };
        read().map_err(failed)
    }
}

fn failed(error: io::Error) -> Diagnostic {
    Diagnostic::machine(&std::env::temp_dir().join("imported texts"), "keep the texts that are imported", &error)
        .help("set TMPDIR to a folder with more room")
}
