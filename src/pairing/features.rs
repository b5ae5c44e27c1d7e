//! Owns what of an entry can be known again in another language: its numbers, addresses, names and words; never touches pairs.

use std::collections::HashMap;

use super::script::Script;
use super::transliterate::fold;
use super::{Item, numbers, sound};

/// So much of a text is read, in characters.
const LONGEST: usize = 2000;
/// So many words of a text are learned from, each once.
const MOST_WORDS: usize = 50;
/// So many letters of a word are compared, so that its endings do not matter.
const STEM: usize = 5;

/// What kind of sign it is, which says how telling it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A number of two digits and more.
    Number,
    /// An address in the text.
    Address,
    /// A word in capitals, or in Latin letters within another script.
    Name,
    /// The beginning of any other word.
    Word,
    /// Two letters of a script whose words have no blanks between them.
    Letters,
    /// A word by how it sounds, for other scripts.
    Sound,
}

/// What is known of an entry.
#[derive(Debug, Default)]
pub struct Features {
    /// Numbers of signs, sorted.
    pub signs: Vec<u32>,
    /// The numbers in its title, and in all of it.
    pub title_numbers: Vec<String>,
    pub numbers: Vec<String>,
    /// Words of letters and digits (`RC1`) in its title, and in all of it.
    pub codes: Vec<String>,
    pub all_codes: Vec<String>,
    /// The words that are learned from: numbers of words, each once, those of the title first.
    pub words: Vec<u32>,
    /// How many of these are of the title.
    pub title_words: usize,
    /// The signs of its title, sorted.
    pub title_signs: Vec<u32>,
    /// How much is said, in letters of an alphabet.
    pub length: f64,
    /// The script of most of it.
    pub script: Option<Script>,
}

impl Features {
    /// The words of its title.
    pub fn title(&self) -> &[u32] {
        &self.words[..self.title_words]
    }
}

/// The signs that two sorted lists share.
pub fn common<'s>(one: &'s [u32], other: &'s [u32]) -> impl Iterator<Item = &'s u32> {
    one.iter().filter(|sign| other.binary_search(sign).is_ok())
}

/// Signs and words by number, over all entries.
#[derive(Debug, Default)]
pub struct Vocabulary {
    signs: HashMap<(Kind, String), u32>,
    pub kinds: Vec<Kind>,
    pub texts: Vec<String>,
    words: HashMap<String, u32>,
}

impl Vocabulary {
    fn sign(&mut self, kind: Kind, text: String) -> u32 {
        let next = self.kinds.len() as u32;
        *self.signs.entry((kind, text)).or_insert_with_key(|(kind, text)| {
            self.kinds.push(*kind);
            self.texts.push(text.clone());
            next
        })
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.words.len()
    }

    fn word(&mut self, text: &str) -> u32 {
        let next = self.words.len() as u32;
        match self.words.get(text) {
            Some(word) => *word,
            None => *self.words.entry(text.to_owned()).or_insert(next),
        }
    }

    /// Reads an entry.
    pub fn read(&mut self, item: &Item<'_>) -> Features {
        let text: String = item.text.chars().take(LONGEST).collect();
        let all = format!("{}\n{text}", item.title);
        let mut features = Features {
            title_numbers: numbers::telling(item.title),
            numbers: numbers::of(&all),
            codes: codes(item.title),
            all_codes: codes(&all),
            length: length(&format!("{}{}", item.title, item.text)),
            script: script(&all),
            ..Features::default()
        };
        for number in features.numbers.iter().filter(|number| number.len() > 1) {
            features.signs.push(self.sign(Kind::Number, number.clone()));
        }
        self.read_part(item.title, &mut features);
        features.title_words = features.words.len();
        features.title_signs = features.signs.clone();
        features.title_signs.sort_unstable();
        self.read_part(&text, &mut features);
        features.signs.sort_unstable();
        features.signs.dedup();
        features
    }

    /// Reads the title of an entry, or its text.
    fn read_part(&mut self, part: &str, features: &mut Features) {
        let (addresses, rest) = addresses(part);
        for address in addresses {
            features.signs.push(self.sign(Kind::Address, address));
        }
        for word in words(&rest) {
            self.word_signs(&word, features);
        }
    }

    fn word_signs(&mut self, word: &str, features: &mut Features) {
        for (kind, text) in signs(word, features.script) {
            let sign = self.sign(kind, text);
            features.signs.push(sign);
        }
        for learned in learned(word) {
            let word = self.word(&learned);
            if features.words.len() < MOST_WORDS && !features.words.contains(&word) {
                features.words.push(word);
            }
        }
    }

    /// The words of an entry by the signs that they are.
    pub fn spelled(&self, item: &Item<'_>, features: &Features) -> HashMap<u32, String> {
        let mut spelled = HashMap::new();
        let (_, rest) = addresses(&format!("{}\n{}", item.title, item.text));
        for word in words(&rest) {
            for (kind, text) in signs(&word, features.script) {
                if let Some(sign) = self.signs.get(&(kind, text)) {
                    spelled.entry(*sign).or_insert_with(|| word.clone());
                }
            }
        }
        spelled
    }
}

/// Whether the words of a script have no blanks between them.
fn is_unspaced(script: Option<Script>) -> bool {
    matches!(script, Some(Script::Han | Script::Thai))
}

/// What of a word can be known again. `around`: the script of the text.
fn signs(word: &str, around: Option<Script>) -> Vec<(Kind, String)> {
    let script = word.chars().find_map(Script::of);
    if is_unspaced(script) {
        return pairs(word).map(|pair| (Kind::Letters, pair)).collect();
    }
    let count = word.chars().count();
    let stem: String = fold(word).chars().take(STEM).collect();
    let is_name = word.chars().next().is_some_and(char::is_uppercase);
    let is_foreign = script == Some(Script::Latin) && around != Some(Script::Latin);
    let is_acronym = word.chars().all(|letter| letter.is_uppercase() || letter.is_numeric());
    let mut signs = Vec::new();
    if count > 1 && (is_foreign || is_acronym) || count > 2 && is_name {
        signs.push((Kind::Name, stem));
    } else if count >= STEM {
        signs.push((Kind::Word, stem));
    }
    let has_case = matches!(script, Some(Script::Latin | Script::Cyrillic | Script::Greek));
    let least = if is_name || !has_case { 3 } else { 4 };
    let sound = if is_foreign { None } else { sound::of(word, least) };
    signs.extend(sound.map(|sound| (Kind::Sound, sound)));
    signs
}

/// What of a word is learned from: its beginning, or where words have no blanks between them, each two letters.
fn learned(word: &str) -> Vec<String> {
    if is_unspaced(word.chars().find_map(Script::of)) {
        return pairs(word).collect();
    }
    let stem: String = fold(word).chars().take(STEM + 1).collect();
    if word.chars().count() > 2 { vec![stem] } else { Vec::new() }
}

/// Each two letters that follow each other.
fn pairs(word: &str) -> impl Iterator<Item = String> {
    word.chars().zip(word.chars().skip(1)).map(|(one, other)| format!("{one}{other}"))
}

/// Words of Latin letters and digits, in small letters.
fn codes(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_code = |word: &&str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic()) && word.bytes().any(|byte| byte.is_ascii_digit())
    };
    words.filter(is_code).map(str::to_ascii_lowercase).collect()
}

/// The words of a text: letters of one script that follow each other.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut script = None;
    for letter in text.chars().chain([' ']) {
        let own = Script::of(letter);
        let goes_on = letter.is_alphanumeric() && (own == script || own.is_none() || script.is_none());
        let is_mark = matches!(letter, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | 'ー');
        if goes_on || (is_mark && !word.is_empty()) {
            word.push(letter);
            script = script.or(own);
            continue;
        }
        if script.is_some() {
            words.push(std::mem::take(&mut word));
        }
        word.clear();
        script = None;
        if letter.is_alphanumeric() {
            word.push(letter);
            script = own;
        }
    }
    words
}

/// The addresses in a text without what says their language, and the text without them.
fn addresses(text: &str) -> (Vec<String>, String) {
    let (mut found, mut rest) = (Vec::new(), String::new());
    for part in text.split(|letter: char| letter.is_whitespace() || "()<>\"'[]".contains(letter)) {
        match part.split_once("://") {
            Some((_, address)) => found.push(without_language(address.trim_end_matches(['.', ',', ';', ':', '/']))),
            None => {
                rest.push_str(part);
                rest.push(' ');
            }
        }
    }
    (found, rest)
}

/// An address without the parts of it that are languages.
pub fn without_language(address: &str) -> String {
    let address = address.split_once("://").map_or(address, |(_, rest)| rest);
    let is_language = |part: &&str| {
        let primary = part.split(['-', '_']).next().unwrap_or_default();
        (2..=3).contains(&primary.len()) && primary.len() == 2 && primary.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    address.split('/').filter(|part| !is_language(part)).collect::<Vec<_>>().join("/")
}

/// How much a text says, in letters of an alphabet: a letter of Han says about as much as three.
fn length(text: &str) -> f64 {
    let weight = |letter: char| match Script::of(letter) {
        Some(Script::Han | Script::Kana | Script::Hangul) => 2.5,
        Some(Script::Arabic | Script::Hebrew) => 1.2,
        _ => 1.0,
    };
    text.chars().map(weight).sum()
}

fn script(text: &str) -> Option<Script> {
    let mut counts: HashMap<Script, usize> = HashMap::new();
    for script in text.chars().filter_map(Script::of) {
        *counts.entry(script).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(script, count)| (*count, *script)).map(|(script, _)| script)
}
