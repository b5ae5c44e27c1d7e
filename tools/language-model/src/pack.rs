//! The format of the model, which `src/pairing/language/model.rs` reads.
//!
//! Compressed with zstd: the number of parts in one byte, then the parts, one for each script. A part: the code of its script
//! (ISO 15924), the number of its languages in one byte, and for each the length of its code in
//! one byte, the code, and the level of the n-grams that it lacks in one byte; then four streams, each with its length before it in four bytes, the lowest first:
//!
//! 1. the differences between successive keys, in groups of seven bits, the lowest first, the eighth bit set on all but the last
//!    group of each;
//! 2. for each n-gram, how many languages have it;
//! 3. the indexes of these languages, each as the difference to the one before;
//! 4. their levels.

use icu_properties::props::{NamedEnumeratedProperty, Script};

use crate::selection::Selected;

/// The part of the model for one script.
pub struct Part {
    pub script: Script,
    pub codes: Vec<String>,
    bytes: Vec<u8>,
}

pub fn part(script: Script, languages: &[(&str, u8)], selected: &[Selected]) -> Part {
    let mut bytes = script.short_name().as_bytes().to_vec();
    bytes.push(languages.len() as u8);
    for (code, level_of_absence) in languages {
        bytes.push(code.len() as u8);
        bytes.extend(code.bytes());
        bytes.push(*level_of_absence);
    }
    let codes = languages.iter().map(|(code, _)| (*code).to_owned()).collect();
    let (mut keys, mut counts, mut indexes, mut levels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut previous_key = 0;
    for ngram in selected {
        push_number(&mut keys, ngram.key - previous_key);
        previous_key = ngram.key;
        counts.push(ngram.levels.len() as u8);
        let mut previous = 0;
        for (language, level) in &ngram.levels {
            indexes.push((language - previous) as u8);
            previous = *language;
            levels.push(*level);
        }
    }
    for stream in [keys, counts, indexes, levels] {
        bytes.extend((stream.len() as u32).to_le_bytes());
        bytes.extend(stream);
    }
    Part { script, codes, bytes }
}

fn push_number(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 128 {
        bytes.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The whole model.
pub fn compress(parts: &[Part]) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![parts.len() as u8];
    for part in parts {
        bytes.extend(&part.bytes);
    }
    zstd::bulk::compress(&bytes, 22)
}
