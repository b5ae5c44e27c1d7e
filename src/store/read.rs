//! Reads files into indexes, on all cores.
//!
//! A valid record is parsed by serde alone; one with a diagnostic is parsed again with the location of every value.

use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;

use memchr::memchr_iter;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::fields::FieldError;
use super::file_index::{FileIndex, RecordSpan};
use super::find::StoreFile;
use super::raw::RawRecord;
use super::story;
use crate::config::Config;
use crate::diagnostics::{Diagnostic, nearest};
use crate::source::{
    Kind, ParseError, SpannedDocument, Step, Syntax, Table, decode, parse_fast, strip_control_characters, synonyms,
    undecodable,
};

/// JSONL files are read in chunks of about this many bytes, so that one large file keeps all cores busy in little memory.
const CHUNK_SIZE: u64 = 4 << 20;

/// Limits the errors, and the warnings, that are reported of one chunk.
const MAX_DIAGNOSTICS: usize = 200;

/// Reads files: the indexes of their chunks in order, each with the index of its file in `files`.
pub fn all(files: &[&StoreFile], config: &Config) -> Vec<(usize, FileIndex)> {
    let chunks: Vec<(usize, Range<u64>)> =
        files.iter().enumerate().flat_map(|(index, file)| chunks(file).map(move |chunk| (index, chunk))).collect();
    let mut indexes: Vec<(usize, FileIndex)> =
        chunks.into_par_iter().map(|(index, chunk)| (index, read_chunk(files[index], chunk, config))).collect();
    let mut line = 0;
    let mut previous = None;
    for (file, index) in &mut indexes {
        if previous != Some(*file) {
            (line, previous) = (0, Some(*file));
        }
        for location in index.diagnostics.iter_mut().filter_map(|diagnostic| diagnostic.location.as_mut()) {
            location.line += line;
        }
        line += index.lines;
    }
    indexes
}

/// The index of a text that is not in a file.
pub fn of_text(file: &StoreFile, text: &str, config: &Config) -> FileIndex {
    let mut reader =
        Reader { counts: [0, 0], path: file.path.display().to_string(), config, index: FileIndex::default() };
    reader.file(file, text.as_bytes());
    reader.index.shrink()
}

/// The errors, without warnings, of a TOML file of one story, each with its path.
pub fn record_errors(text: &str, config: &Config) -> Vec<FieldError> {
    let errors = match parse_fast::<RawRecord<'_>>(text, Syntax::Toml) {
        Some(raw) => story::read(&raw, None, config).1,
        None => {
            let errors = SpannedDocument::parse(text, Syntax::Toml).errors;
            let message = errors.first().map_or_else(|| "a value has the wrong type".to_owned(), |e| e.message.clone());
            vec![FieldError { path: Vec::new(), message, help: None, is_warning: false, missing: None }]
        }
    };
    errors.into_iter().filter(|error| !error.is_warning).collect()
}

/// The byte ranges in which a file is read.
fn chunks(file: &StoreFile) -> impl Iterator<Item = Range<u64>> {
    let size = if file.is_jsonl() { CHUNK_SIZE } else { u64::MAX };
    let count = file.fingerprint.length.div_ceil(size).max(1);
    (0..count).map(move |chunk| chunk * size..(chunk.saturating_add(1)).saturating_mul(size))
}

fn read_chunk(file: &StoreFile, chunk: Range<u64>, config: &Config) -> FileIndex {
    let mut reader =
        Reader { counts: [0, 0], path: file.path.display().to_string(), config, index: FileIndex::default() };
    let bytes = if file.is_jsonl() { lines(file, &chunk) } else { std::fs::read(&file.path).map(|bytes| (0, bytes)) };
    match bytes {
        // It was removed after the directory was listed.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => reader.index.diagnostics.push(Diagnostic::machine(&file.path, "read this file", &error)),
        Ok((offset, bytes)) if file.is_jsonl() => reader.jsonl(offset, &bytes),
        Ok((_, bytes)) => reader.file(file, &bytes),
    }
    reader.index.shrink()
}

/// The lines that begin within a chunk of a file, and the offset of the first.
fn lines(file: &StoreFile, chunk: &Range<u64>) -> std::io::Result<(u64, Vec<u8>)> {
    let mut source = File::open(&file.path)?;
    // The byte before the chunk tells whether a line begins at its start.
    let lead = chunk.start.saturating_sub(1);
    source.seek(SeekFrom::Start(lead))?;
    let mut bytes = Vec::new();
    source.by_ref().take(chunk.end - lead).read_to_end(&mut bytes)?;
    let is_end = (bytes.len() as u64) < chunk.end - lead;
    let skipped = match chunk.start {
        0 => 0,
        _ => match bytes.iter().position(|byte| *byte == b'\n') {
            Some(at) => at + 1,
            None => return Ok((chunk.start, Vec::new())),
        },
    };
    while !is_end && bytes.last() != Some(&b'\n') {
        let before = bytes.len();
        source.by_ref().take(CHUNK_SIZE / 16).read_to_end(&mut bytes)?;
        let added = &bytes[before..];
        match added.iter().position(|byte| *byte == b'\n') {
            Some(at) => bytes.truncate(before + at + 1),
            None if added.is_empty() => break,
            None => {}
        }
    }
    bytes.drain(..skipped);
    Ok((lead + skipped as u64, bytes))
}

struct Reader<'c> {
    /// The number of warnings and of errors so far.
    counts: [usize; 2],
    path: String,
    config: &'c Config,
    index: FileIndex,
}

/// A part of a file's text that is parsed alone.
#[derive(Clone, Copy)]
struct Part<'t> {
    /// The text in which locations are shown.
    whole: &'t str,
    text: &'t str,
    /// The offset of `text` in `whole`.
    start: usize,
    syntax: Syntax,
    /// The id of a story without one, if the part is a whole file.
    default_id: Option<&'t str>,
}

impl Reader<'_> {
    fn jsonl(&mut self, offset: u64, bytes: &[u8]) {
        let ends = memchr_iter(b'\n', bytes).map(|at| at + 1).chain([bytes.len()]);
        let mut at = 0;
        for end in ends {
            let (start, line) = (at, &bytes[at..end]);
            at = end;
            if line.is_empty() {
                continue;
            }
            let text = match decode(line) {
                Ok(text) => text,
                Err(error) => {
                    let diagnostic = undecodable(&self.path, line, offset + start as u64, error);
                    self.report(diagnostic, self.index.lines);
                    self.index.lines += 1;
                    continue;
                }
            };
            let lead = line.len() - text.len() + (text.len() - text.trim_start().len());
            let text = text.trim();
            if !text.is_empty() {
                let span = RecordSpan {
                    offset: offset + (start + lead) as u64,
                    length: text.len(),
                    index: 0,
                    hash: xxh3_64_with_seed(text.as_bytes(), 0),
                };
                self.record(Part { whole: text, text, start: 0, syntax: Syntax::Json, default_id: None }, span);
            }
            self.index.lines += 1;
        }
    }

    /// Reads a TOML or JSON file.
    fn file(&mut self, file: &StoreFile, bytes: &[u8]) {
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(error) => {
                let diagnostic = undecodable(&self.path, bytes, 0, error);
                return self.report(diagnostic, 0);
            }
        };
        if text.trim().is_empty() {
            let error = ParseError::new(0..0, "this file is empty");
            return self.report(error.diagnostic(&self.path, text), 0);
        }
        match file.syntax() {
            Syntax::Toml => self.toml(bytes, text, file.default_id()),
            Syntax::Json => self.json(bytes.len() - text.len(), text, file.default_id()),
        }
    }

    fn toml(&mut self, bytes: &[u8], text: &str, default_id: Option<&str>) {
        let span = |index: usize| RecordSpan {
            offset: 0,
            length: bytes.len(),
            index: index as u32,
            hash: xxh3_64_with_seed(bytes, index as u64),
        };
        let part = Part { whole: text, text, start: 0, syntax: Syntax::Toml, default_id };
        match parse_fast::<RawRecord<'_>>(text, Syntax::Toml) {
            Some(raw) if raw.has_only_stories() => {
                let checkpoint = self.index.checkpoint();
                for (index, raw) in raw.stories.iter().flatten().enumerate() {
                    if !self.push_if_valid(raw, &span(index), None) {
                        self.index.rollback(checkpoint);
                        return self.with_spans(part, span);
                    }
                }
            }
            Some(raw) if raw.stories.is_none() && self.push_if_valid(&raw, &span(0), default_id) => {}
            _ => self.with_spans(part, span),
        }
    }

    fn json(&mut self, lead: usize, text: &str, default_id: Option<&str>) {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Stories<'a> {
            #[serde(borrow)]
            stories: Vec<&'a RawValue>,
        }
        let trimmed = text.trim();
        let stories = if trimmed.starts_with('[') {
            parse_fast::<Vec<&RawValue>>(trimmed, Syntax::Json)
        } else {
            parse_fast::<Stories<'_>>(trimmed, Syntax::Json).map(|file| file.stories)
        };
        let mut record = |story: &str, index: usize, default_id| {
            let start = offset_in(text, story);
            let span = RecordSpan {
                offset: (lead + start) as u64,
                length: story.len(),
                index: index as u32,
                hash: xxh3_64_with_seed(story.as_bytes(), 0),
            };
            self.record(Part { whole: text, text: story, start, syntax: Syntax::Json, default_id }, span);
        };
        match stories {
            Some(stories) => stories.iter().enumerate().for_each(|(index, story)| record(story.get(), index, None)),
            None => record(trimmed, 0, default_id),
        }
    }

    /// Reads one record that can be parsed alone.
    fn record(&mut self, part: Part<'_>, span: RecordSpan) {
        if let Some(raw) = parse_fast::<Table<RawRecord<'_>>>(part.text, part.syntax)
            && raw.stories.is_none()
            && self.push_if_valid(&raw, &span, part.default_id)
        {
            return;
        }
        self.with_spans(part, |_| span);
    }

    /// Adds a record if it has neither errors nor warnings, and returns whether it did.
    fn push_if_valid(&mut self, raw: &RawRecord<'_>, span: &RecordSpan, default_id: Option<&str>) -> bool {
        match story::read(raw, default_id, self.config) {
            (Some(story), errors) if errors.is_empty() => {
                self.index.push(&story, span);
                true
            }
            _ => false,
        }
    }

    /// Reads records with the location of every value: reports all diagnostics, and adds records that have only warnings.
    fn with_spans(&mut self, part: Part<'_>, span: impl Fn(usize) -> RecordSpan) {
        let (text, mut errors) = strip_control_characters(part.text, part.syntax);
        let mut document = SpannedDocument::parse(&text, part.syntax);
        let is_parsed = document.errors.is_empty();
        let is_record = document.prune_invalid(|node| <Table<RawRecord<'_>>>::deserialize(node).map(drop));
        let is_valid = document.errors.is_empty();
        let raw: RawRecord<'_> = document.value().unwrap_or_default();
        if is_parsed && is_record {
            // Only a file can hold several stories, not a line or an item of a list.
            let stories = raw.stories.as_deref().filter(|_| part.default_id.is_some());
            let records: Vec<&RawRecord<'_>> =
                stories.map_or(vec![&raw], |stories| stories.iter().map(|raw| &**raw).collect());
            for (index, raw) in records.into_iter().enumerate() {
                let default_id = part.default_id.filter(|_| stories.is_none());
                let (story, field_errors) = story::read(raw, default_id, self.config);
                if let Some(story) = story.filter(|_| is_valid) {
                    self.index.push(&story, &span(index));
                }
                let root =
                    stories.map(|_| vec![Step::Key("stories".to_owned()), Step::Index(index)]).unwrap_or_default();
                let located = truncated(field_errors).filter_map(|error| locate(&document, &root, error));
                errors.extend(located);
            }
            if stories.is_some() {
                errors.extend(keys_beside_stories(&document));
            }
        }
        errors.extend(document.errors);
        let is_stripped = matches!(text, Cow::Owned(_));
        self.report_all(errors, part, &text, is_stripped);
    }

    /// Reports errors of a part that was parsed as `text`, perhaps stripped of control characters.
    fn report_all(&mut self, errors: Vec<ParseError>, part: Part<'_>, text: &str, is_stripped: bool) {
        // After stripping, offsets do not match the whole text, so the part alone is shown.
        let lines_before = if is_stripped { part.whole[..part.start].matches('\n').count() } else { 0 };
        for mut error in errors {
            // Locating an error scans the text, so it is not done for errors that are not reported.
            if self.is_full(error.is_warning) {
                continue;
            }
            let diagnostic = if is_stripped {
                error.diagnostic(&self.path, text)
            } else {
                error.span = error.span.start + part.start..error.span.end + part.start;
                error.diagnostic(&self.path, part.whole)
            };
            self.report(diagnostic, lines_before + self.index.lines);
        }
    }

    /// Whether the limit of warnings, or of errors, is exceeded.
    fn is_full(&self, is_warning: bool) -> bool {
        self.counts[usize::from(!is_warning)] > MAX_DIAGNOSTICS
    }

    /// Reports a diagnostic that is preceded by this many lines of the chunk.
    fn report(&mut self, mut diagnostic: Diagnostic, lines: usize) {
        let count = &mut self.counts[usize::from(diagnostic.is_error())];
        *count += 1;
        if *count > MAX_DIAGNOSTICS + 1 {
            return;
        }
        if let Some(location) = &mut diagnostic.location {
            location.line += lines;
        }
        if *count == MAX_DIAGNOSTICS + 1 {
            let kind = if diagnostic.is_error() { "errors" } else { "warnings" };
            diagnostic.message = format!("there are more {kind} in this file");
            diagnostic.help = Some("fix those above first".to_owned());
        }
        self.index.diagnostics.push(diagnostic);
    }
}

/// As many errors and warnings as are reported, and one more of each. Locating an error scans the text.
fn truncated(errors: Vec<FieldError>) -> impl Iterator<Item = FieldError> {
    let mut counts = [0, 0];
    errors.into_iter().filter(move |error| {
        let count = &mut counts[usize::from(error.is_warning)];
        *count += 1;
        *count <= MAX_DIAGNOSTICS + 1
    })
}

/// A field error with its span; `None` if a key counts as missing only because its value was invalid, which is reported.
fn locate(document: &SpannedDocument, root: &[Step], error: FieldError) -> Option<ParseError> {
    let path = [root, &error.path].concat();
    if let Some(key) = error.missing
        && (document.has(&path, key)
            || (key == "published" && document.has(root, key))
            || synonyms(key).any(|name| document.has(&path, name) || document.has(root, name))
            || has_similar(document, &path, key))
    {
        return None;
    }
    let span = document.span(&path);
    Some(ParseError { help: error.help, is_warning: error.is_warning, ..ParseError::new(span, error.message) })
}

/// Whether a table has a key that is this one with a typing error, which is reported.
fn has_similar(document: &SpannedDocument, table: &[Step], key: &str) -> bool {
    let mut keys = (0..).map_while(|nth| document.key(table, nth));
    keys.any(|written| nearest(&written, [key]).is_some())
}

/// Reports the keys of a file of several stories other than `stories`.
fn keys_beside_stories(document: &SpannedDocument) -> Vec<ParseError> {
    let Kind::Table(rows) = &document.root.kind else { return Vec::new() };
    let others = rows.iter().filter(|(key, ..)| key != "stories");
    others
        .map(|(key, span, _)| ParseError::new(span.clone(), format!("`{key}` is not allowed beside `stories`")))
        .collect()
}

/// The offset of a part in the text that it borrows from.
fn offset_in(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}
