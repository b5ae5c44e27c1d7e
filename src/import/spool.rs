//! The texts of all entries while the sources are read: in memory up to a limit, then in a temporary file, so that
//! memory does not grow with the length of the sources.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use tempfile::SpooledTempFile;

use super::story_file::Translation;
use crate::diagnostics::Diagnostic;

/// More bytes than this go to a temporary file.
const MAX_IN_MEMORY: usize = 32 << 20;

/// Translations in the order in which they were pushed.
pub struct Spool {
    file: Mutex<SpooledTempFile>,
    end: u64,
}

/// Where a translation is in the spool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpoolRange {
    start: u64,
    length: u64,
}

impl Spool {
    pub fn new() -> Spool {
        Spool { file: Mutex::new(SpooledTempFile::new(MAX_IN_MEMORY)), end: 0 }
    }

    pub fn push(&mut self, translation: &Translation) -> Result<SpoolRange, Diagnostic> {
        let mut write = || {
            let bytes = serde_json::to_vec(translation)?;
            let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.end))?;
            file.write_all(&bytes)?;
            Ok(SpoolRange { start: self.end, length: bytes.len() as u64 })
        };
        let range = write().map_err(failed)?;
        self.end += range.length;
        Ok(range)
    }

    /// A translation as it was pushed, but without its dates and its guid.
    pub fn get(&self, range: SpoolRange) -> Result<Translation, Diagnostic> {
        let read = || {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(range.start))?;
            let mut bytes = Vec::new();
            Read::by_ref(&mut *file).take(range.length).read_to_end(&mut bytes)?;
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
