//! What all stories need: one pass over every file, on all cores, that checks each story and keeps a few dozen bytes of it.
//!
//! Two speeds: a record that is sound is read by serde alone; one with a diagnostic again, with the location of every value.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use memchr::memchr_iter;
use rayon::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::{Xxh3, xxh3_64_with_seed, xxh3_128};

use super::find::StoreFile;
use super::raw::RawRecord;
use super::story::{self, Content, Story, Translation, Wrong};
use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::diagnostics::Diagnostic;
use crate::model::{Text, Timestamp};
use crate::source::{
    ParseError, SpannedDocument, Step, Syntax, Table, decode, parse_fast, strip_control_characters, undecodable,
};

/// JSONL files are read in parts of about this many bytes, so that one large file keeps all cores at work in little memory.
const PART: u64 = 4 << 20;

/// No more errors and no more warnings than these are kept of one part of a file.
const MOST_PROBLEMS: usize = 200;

/// What was kept of a file, or of a part of one.
#[derive(Debug, Default)]
pub struct FileIndex {
    pub records: Vec<Record>,
    pub facts: Vec<EntryMeta>,
    /// The ids of the records, one after the other.
    ids: String,
    /// The topics of the records, one after the other.
    topics: Vec<TopicIndex>,
    /// By fact: the hash of its guid, where it has one.
    pub guids: Vec<(u32, u128)>,
    /// Whether a guid has the form of the ids that are minted here, and so could be one.
    pub imitates: bool,
    pub diagnostics: Vec<Diagnostic>,
    /// By offset: texts of records that were read again and are to be at hand, whatever becomes of the file.
    pub texts: Mutex<BTreeMap<u64, Arc<[u8]>>>,
    /// How many lines the part has; the places of its diagnostics are counted from its own first line until it is put in order.
    lines: usize,
}

/// One record: where its text lies, and the facts of its translations.
#[derive(Debug)]
pub struct Record {
    /// Where it begins in its file.
    pub offset: u64,
    pub length: u32,
    /// Which of the file's stories it is; only TOML needs it, where a story cannot be read alone.
    pub index: u32,
    /// A hash of its text.
    pub hash: u64,
    id: (u32, u8),
    /// `None`: the record is silent about topics.
    topics: Option<(u32, u16)>,
    facts: (u32, u16),
}

/// What is kept of a translation.
#[derive(Debug, Clone, Copy)]
pub struct EntryMeta {
    pub published: Timestamp,
    pub updated: Timestamp,
    pub expires: Timestamp,
    pub withdrawn: Timestamp,
    /// A hash of title, summary and body, to know a text by when its id has changed.
    pub text: u64,
    /// A hash of the id and of all that stands in the record.
    pub source: u64,
    pub language: LanguageIndex,
    pub draft: bool,
    /// Whether there is a title: a takedown can have removed it.
    pub has_text: bool,
}

impl FileIndex {
    pub fn id(&self, record: &Record) -> &str {
        let (start, length) = record.id;
        &self.ids[start as usize..start as usize + usize::from(length)]
    }

    pub fn topics(&self, record: &Record) -> Option<&[TopicIndex]> {
        record.topics.map(|(start, count)| &self.topics[start as usize..start as usize + usize::from(count)])
    }

    /// The indexes of a record's facts.
    pub fn facts_of(record: &Record) -> Range<usize> {
        let (start, count) = record.facts;
        start as usize..start as usize + usize::from(count)
    }
}

/// Reads files: the parts of each in order, with the index of the file, whatever order they were read in.
pub fn all(files: &[&StoreFile], config: &Config) -> Vec<(usize, FileIndex)> {
    let parts: Vec<(usize, Range<u64>)> =
        files.iter().enumerate().flat_map(|(index, file)| parts(file).map(move |part| (index, part))).collect();
    let mut scans: Vec<(usize, FileIndex)> =
        parts.into_par_iter().map(|(index, part)| (index, one(files[index], part, config))).collect();
    let mut line = 0;
    let mut before = None;
    for (file, scan) in &mut scans {
        if before != Some(*file) {
            (line, before) = (0, Some(*file));
        }
        for location in scan.diagnostics.iter_mut().filter_map(|diagnostic| diagnostic.location.as_mut()) {
            location.line += line;
        }
        line += scan.lines;
    }
    scans
}

/// The parts in which a file is read.
fn parts(file: &StoreFile) -> impl Iterator<Item = Range<u64>> {
    let size = if is_lines(file) { PART } else { u64::MAX };
    let count = file.stamp.length.div_ceil(size).max(1);
    (0..count).map(move |part| part * size..(part.saturating_add(1)).saturating_mul(size))
}

fn is_lines(file: &StoreFile) -> bool {
    file.below.ends_with(".jsonl")
}

/// Reads one part of one file.
fn one(file: &StoreFile, part: Range<u64>, config: &Config) -> FileIndex {
    let mut reader =
        Reader { noted: [0, 0], shown: file.path.display().to_string(), config, scan: FileIndex::default() };
    let outcome = if is_lines(file) { lines(file, &part) } else { std::fs::read(&file.path).map(|bytes| (0, bytes)) };
    match outcome {
        // It was removed after it was found.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => reader.scan.diagnostics.push(Diagnostic::machine(&file.path, "read this file", &error)),
        Ok((offset, bytes)) if is_lines(file) => reader.jsonl(offset, &bytes),
        Ok((_, bytes)) => reader.whole(file, &bytes),
    }
    reader.scan.shrink()
}

impl FileIndex {
    /// Gives back what was reserved and not used, because the scan is kept.
    fn shrink(mut self) -> Self {
        self.records.shrink_to_fit();
        self.facts.shrink_to_fit();
        self.ids.shrink_to_fit();
        self.topics.shrink_to_fit();
        self
    }
}

/// The lines that begin within a part of a file, and where the first of them begins.
fn lines(file: &StoreFile, part: &Range<u64>) -> std::io::Result<(u64, Vec<u8>)> {
    let mut source = File::open(&file.path)?;
    // The byte before the part tells whether a line begins at its start.
    let lead = part.start.saturating_sub(1);
    source.seek(SeekFrom::Start(lead))?;
    let mut bytes = Vec::new();
    source.by_ref().take(part.end - lead).read_to_end(&mut bytes)?;
    let is_end = (bytes.len() as u64) < part.end - lead;
    let skipped = match part.start {
        0 => 0,
        _ => match bytes.iter().position(|byte| *byte == b'\n') {
            Some(at) => at + 1,
            None => return Ok((part.start, Vec::new())),
        },
    };
    while !is_end && bytes.last() != Some(&b'\n') {
        let before = bytes.len();
        source.by_ref().take(PART / 16).read_to_end(&mut bytes)?;
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
    /// How many warnings and how many errors there were so far.
    noted: [usize; 2],
    shown: String,
    config: &'c Config,
    scan: FileIndex,
}

/// Where a record's text lies.
struct Spot {
    offset: u64,
    length: usize,
    index: u32,
    hash: u64,
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
                Err(wrong) => {
                    let diagnostic = undecodable(&self.shown, line, offset + start as u64, wrong);
                    self.note(diagnostic, self.scan.lines);
                    self.scan.lines += 1;
                    continue;
                }
            };
            let lead = line.len() - text.len() + (text.len() - text.trim_start().len());
            let text = text.trim();
            if !text.is_empty() {
                let spot = Spot {
                    offset: offset + (start + lead) as u64,
                    length: text.len(),
                    index: 0,
                    hash: xxh3_64_with_seed(text.as_bytes(), 0),
                };
                self.record(text, text, 0, Syntax::Json, &spot, None);
            }
            self.scan.lines += 1;
        }
    }

    fn whole(&mut self, file: &StoreFile, bytes: &[u8]) {
        let text = match decode(bytes) {
            Ok(text) => text,
            Err(wrong) => {
                let diagnostic = undecodable(&self.shown, bytes, 0, wrong);
                return self.note(diagnostic, 0);
            }
        };
        let id = file.below.rsplit_once('.').map(|(stem, _)| stem);
        if text.trim().is_empty() {
            let fault = ParseError::new(0..0, "this file is empty");
            return self.note(fault.diagnostic(&self.shown, text), 0);
        }
        let lead = bytes.len() - text.len();
        if file.below.ends_with(".toml") { self.toml(bytes, text, id) } else { self.json(lead, text, id) }
    }

    fn toml(&mut self, bytes: &[u8], text: &str, id: Option<&str>) {
        let spot = |index: usize| Spot {
            offset: 0,
            length: bytes.len(),
            index: index as u32,
            hash: xxh3_64_with_seed(bytes, index as u64),
        };
        match parse_fast::<RawRecord<'_>>(text, Syntax::Toml) {
            Some(raw) if raw.has_only_stories() => {
                let mark = self.scan.mark();
                for (index, raw) in raw.stories.iter().flatten().enumerate() {
                    if !self.sound(raw, &spot(index), None) {
                        self.scan.back_to(mark);
                        return self.spanned(text, text, 0, Syntax::Toml, id, spot);
                    }
                }
            }
            Some(raw) if raw.stories.is_none() && self.sound(&raw, &spot(0), id) => {}
            _ => self.spanned(text, text, 0, Syntax::Toml, id, spot),
        }
    }

    fn json(&mut self, lead: usize, text: &str, id: Option<&str>) {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Several<'a> {
            #[serde(borrow)]
            stories: Vec<&'a RawValue>,
        }
        let trimmed = text.trim();
        let several = if trimmed.starts_with('[') {
            parse_fast::<Vec<&RawValue>>(trimmed, Syntax::Json)
        } else {
            parse_fast::<Several<'_>>(trimmed, Syntax::Json).map(|several| several.stories)
        };
        let spot = |part: &str, index: usize| Spot {
            offset: (lead + offset_in(text, part)) as u64,
            length: part.len(),
            index: index as u32,
            hash: xxh3_64_with_seed(part.as_bytes(), 0),
        };
        match several {
            Some(items) => {
                for (index, item) in items.into_iter().enumerate() {
                    let part = item.get();
                    self.record(text, part, offset_in(text, part), Syntax::Json, &spot(part, index), None);
                }
            }
            None => self.record(text, trimmed, offset_in(text, trimmed), Syntax::Json, &spot(trimmed, 0), id),
        }
    }

    /// Reads one story that stands alone in a part of a text.
    fn record(&mut self, whole: &str, part: &str, start: usize, syntax: Syntax, spot: &Spot, id: Option<&str>) {
        if let Some(raw) = parse_fast::<Table<RawRecord<'_>>>(part, syntax)
            && raw.stories.is_none()
            && self.sound(&raw, spot, id)
        {
            return;
        }
        let again = |_| Spot { offset: spot.offset, length: spot.length, index: spot.index, hash: spot.hash };
        self.spanned(whole, part, start, syntax, id, again);
    }

    /// Keeps a record if there is nothing to say about it.
    fn sound(&mut self, raw: &RawRecord<'_>, spot: &Spot, id: Option<&str>) -> bool {
        match story::read(raw, id, self.config) {
            (Some(story), wrongs) if wrongs.is_empty() => {
                self.scan.keep(&story, spot);
                true
            }
            _ => false,
        }
    }

    /// Reads a text with the location of every value: its diagnostics are noted, and what is sound but for warnings is kept.
    fn spanned(
        &mut self,
        whole: &str,
        part: &str,
        start: usize,
        syntax: Syntax,
        id: Option<&str>,
        spot: impl Fn(usize) -> Spot,
    ) {
        let (text, mut faults) = strip_control_characters(part, syntax);
        let mut spanned = SpannedDocument::parse(&text, syntax);
        let is_parsed = spanned.faults.is_empty();
        let is_record = spanned.prune_invalid(|node| <Table<RawRecord<'_>>>::deserialize(node).map(drop));
        let is_sound = spanned.faults.is_empty();
        let raw: RawRecord<'_> = spanned.value().unwrap_or_default();
        if is_parsed && is_record {
            // Only a file can hold several stories; they stand alone in it.
            let several = raw.stories.as_deref().filter(|_| id.is_some());
            let all: Vec<&RawRecord<'_>> = several.map_or(vec![&raw], |all| all.iter().map(|raw| &**raw).collect());
            for (index, raw) in all.into_iter().enumerate() {
                let (story, wrongs) = story::read(raw, id.filter(|_| several.is_none()), self.config);
                if let Some(story) = story.filter(|_| is_sound) {
                    self.scan.keep(&story, &spot(index));
                }
                let lead =
                    several.map(|_| vec![Step::Key("stories".to_owned()), Step::Index(index)]).unwrap_or_default();
                faults.extend(enough(wrongs).filter_map(|wrong| fault(&spanned, lead.clone(), wrong)));
            }
            if several.is_some() {
                faults.extend(beside_stories(&spanned));
            }
        }
        faults.extend(spanned.faults);
        let is_moved = matches!(text, Cow::Owned(_));
        for mut fault in faults {
            // Finding a place looks through the text, which nobody asked for once enough is known.
            if self.is_full(fault.harmless) {
                continue;
            }
            // Places are shown in the whole text, unless characters were taken out of the part.
            let diagnostic = if is_moved {
                fault.diagnostic(&self.shown, &text)
            } else {
                fault.span = fault.span.start + start..fault.span.end + start;
                fault.diagnostic(&self.shown, whole)
            };
            let above = if is_moved { whole[..start].matches('\n').count() } else { 0 };
            self.note(diagnostic, above + self.scan.lines);
        }
    }

    /// Whether enough warnings, or errors, are known of this part.
    fn is_full(&self, harmless: bool) -> bool {
        self.noted[usize::from(!harmless)] > MOST_PROBLEMS
    }

    /// Notes a diagnostic whose line is counted from a line of this part.
    fn note(&mut self, mut diagnostic: Diagnostic, lines: usize) {
        let noted = &mut self.noted[usize::from(diagnostic.is_error())];
        *noted += 1;
        if *noted > MOST_PROBLEMS + 1 {
            return;
        }
        if let Some(location) = &mut diagnostic.location {
            location.line += lines;
        }
        if *noted == MOST_PROBLEMS + 1 {
            diagnostic.message = "there are more errors of this kind in this file".to_owned();
            diagnostic.help = Some("mend those above first".to_owned());
        }
        self.scan.diagnostics.push(diagnostic);
    }
}

/// As many errors and warnings as can be noted, and one more of each. Finding a place looks through the text.
fn enough(wrongs: Vec<Wrong>) -> impl Iterator<Item = Wrong> {
    let mut seen = [0, 0];
    wrongs.into_iter().filter(move |wrong| {
        seen[usize::from(wrong.harmless)] += 1;
        seen[usize::from(wrong.harmless)] <= MOST_PROBLEMS + 1
    })
}

/// The fault that a wrong is, unless it says that a key is missing that was there and unusable, which has been said.
fn fault(spanned: &SpannedDocument, lead: Vec<Step>, wrong: Wrong) -> Option<ParseError> {
    let place = [lead.clone(), wrong.path].concat();
    if let Some(key) = wrong.missing
        && (spanned.has(&place, key) || (key == "published" && spanned.has(&lead, key)))
    {
        return None;
    }
    Some(ParseError { span: spanned.span(&place), message: wrong.message, help: wrong.help, harmless: wrong.harmless })
}

/// The keys that stand beside `stories`, where they say nothing.
fn beside_stories(spanned: &SpannedDocument) -> Vec<ParseError> {
    let crate::source::Kind::Table(rows) = &spanned.root.kind else { return Vec::new() };
    let others = rows.iter().filter(|(key, ..)| key != "stories");
    others
        .map(|(key, span, _)| ParseError::new(span.clone(), format!("`{key}` cannot stand beside `stories`")))
        .collect()
}

fn offset_in(whole: &str, part: &str) -> usize {
    part.as_ptr() as usize - whole.as_ptr() as usize
}

/// How far a scan had come.
#[derive(Clone, Copy)]
struct Mark(usize, usize, usize, usize, usize);

impl FileIndex {
    fn mark(&self) -> Mark {
        Mark(self.records.len(), self.facts.len(), self.ids.len(), self.topics.len(), self.guids.len())
    }

    fn back_to(&mut self, mark: Mark) {
        self.records.truncate(mark.0);
        self.facts.truncate(mark.1);
        self.ids.truncate(mark.2);
        self.topics.truncate(mark.3);
        self.guids.truncate(mark.4);
    }

    fn keep(&mut self, story: &Story<'_>, spot: &Spot) {
        let first = self.facts.len() as u32;
        let source = xxh3_64_with_seed(story.id.as_bytes(), spot.hash);
        for translation in &story.translations {
            if let Some(guid) = translation.guid {
                self.imitates |= guid.starts_with("tag:");
                // As it is published: on one line, without what XML forbids.
                let guid = Text::line(guid).map_or(String::new(), |guid| guid.to_string());
                self.guids.push((self.facts.len() as u32, xxh3_128(guid.as_bytes())));
            }
            self.facts.push(EntryMeta::of(translation, source));
        }
        let topics = story.topics.as_ref().map(|topics| {
            let start = self.topics.len() as u32;
            self.topics.extend(topics);
            (start, topics.len() as u16)
        });
        let id = (self.ids.len() as u32, story.id.len() as u8);
        self.ids.push_str(story.id);
        self.records.push(Record {
            offset: spot.offset,
            length: spot.length as u32,
            index: spot.index,
            hash: spot.hash,
            id,
            topics,
            facts: (first, story.translations.len() as u16),
        });
    }
}

impl EntryMeta {
    fn of(translation: &Translation<'_>, source: u64) -> Self {
        EntryMeta {
            published: translation.published,
            updated: translation.updated,
            expires: translation.expires.unwrap_or(Timestamp::NEVER),
            withdrawn: translation.withdrawn.map_or(Timestamp::NEVER, |withdrawn| withdrawn.on),
            text: text_hash(translation),
            source,
            language: translation.language,
            draft: translation.draft,
            has_text: translation.title.is_some(),
        }
    }
}

fn text_hash(translation: &Translation<'_>) -> u64 {
    let mut hasher = Xxh3::new();
    let content = translation.content.map(|content| match content {
        Content::Markdown(text) | Content::Html(text) | Content::Text(text) => text,
    });
    for text in [translation.title, translation.summary, content] {
        hasher.update(text.unwrap_or_default().as_bytes());
        hasher.update(&[0xFF]);
    }
    if translation.summary.is_none() && content.is_none() {
        // Titles alone repeat from year to year.
        hasher.update(&translation.published.0.to_le_bytes());
    }
    hasher.digest()
}
