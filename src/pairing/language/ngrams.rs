//! The words of a text and the n-grams of a word, as the language model counts them.
//!
//! The generator of the model (`tools/language-model`) includes this file, so that both count alike.

use icu_properties::CodePointMapData;
use icu_properties::props::{GeneralCategory, GeneralCategoryGroup, Script};

/// The most symbols of an n-gram; the edges of a word count as symbols.
pub const MAX_ORDER: usize = 5;
/// The bits of an n-gram's key. A collision of two n-grams is rare enough to be harmless.
pub const KEY_BITS: u32 = 28;
/// The symbol for both edges of a word.
pub const EDGE: char = '_';
/// A level of the model stands for so much of the natural logarithm of a probability.
pub const NATS_PER_LEVEL: f64 = 0.5;
/// The level of the languages that have an n-gram rarely or never.
pub const MAX_LEVEL: u8 = 22;
/// Longer words are cut.
const MAX_WORD_LETTERS: usize = 40;

/// Calls `each` with every word of a script in a text, in lower case.
///
/// A word is a run of letters in the sense of Unicode's general category, so that vowel signs and other marks end it: the
/// statistics that the model is made from do not count marks.
pub fn for_each_word(text: &str, script: Script, mut each: impl FnMut(&[char])) {
    let mut word: Vec<char> = Vec::with_capacity(MAX_WORD_LETTERS);
    for letter in text.chars().chain([' ']) {
        if is_letter_of(letter, script) {
            let free = MAX_WORD_LETTERS.saturating_sub(word.len());
            word.extend(letter.to_lowercase().filter(|lower| *lower != '\u{307}').take(free));
        } else if !word.is_empty() {
            each(&word);
            word.clear();
        }
    }
}

/// Whether a character is a letter of a script, or one that several scripts share.
fn is_letter_of(letter: char, script: Script) -> bool {
    if letter.is_ascii() {
        return script == Script::Latin && letter.is_ascii_alphabetic();
    }
    let own = CodePointMapData::<Script>::new().get(letter);
    (own == script || own == Script::Common)
        && GeneralCategoryGroup::Letter.contains(CodePointMapData::<GeneralCategory>::new().get(letter))
}

/// Calls `each` with the key and the order of every n-gram of a word with its edges.
pub fn for_each_ngram(word: &[char], mut each: impl FnMut(u32, usize)) {
    let symbol = |index: usize| match index.checked_sub(1) {
        Some(index) => word.get(index).copied().unwrap_or(EDGE),
        None => EDGE,
    };
    let symbols = word.len() + 2;
    for start in 0..symbols - 1 {
        let mut key = Key::default();
        for end in start..symbols.min(start + MAX_ORDER) {
            key.push(symbol(end));
            // The edge alone tells nothing.
            if end > 0 {
                each(key.value(), end - start + 1);
            }
        }
    }
}

/// The key of an n-gram: a hash of its symbols.
#[derive(Clone, Copy)]
pub struct Key(u32);

impl Default for Key {
    fn default() -> Key {
        Key(0x811C_9DC5)
    }
}

impl Key {
    pub fn push(&mut self, symbol: char) {
        self.0 = (self.0 ^ u32::from(symbol)).wrapping_mul(0x9E37_79B1).rotate_left(13);
    }

    /// The upper bits of the hash, after a final mix that makes them depend on all symbols.
    pub fn value(self) -> u32 {
        let mixed = (self.0 ^ (self.0 >> 15)).wrapping_mul(0x85EB_CA6B);
        (mixed ^ (mixed >> 13)) >> (u32::BITS - KEY_BITS)
    }
}
